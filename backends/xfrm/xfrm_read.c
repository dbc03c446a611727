/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/xfrm/xfrm_read.h"

#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/xfrm.h>
#include <errno.h>
#include <string.h>

static struct ip_addr address(uint16_t family, const xfrm_address_t *from)
{
	struct ip_addr a = { .family = (sa_family_t)family };

	memcpy(a.bytes, from, ip_addr_size(&a));
	return a;
}

/* false: a mask that no policy of a plan can have. */
static bool take_port(__be16 port, __be16 mask, uint16_t *ret, bool *ret_set)
{
	*ret = ntohs(port & mask);
	*ret_set = mask != 0;
	return mask == 0 || mask == 0xffff;
}

static int take_selector(const struct xfrm_selector *sel, struct plan_policy *ret)
{
	if (sel->family != AF_INET && sel->family != AF_INET6)
		return -EBADMSG;
	ret->src = (struct ip_prefix){ .addr = address(sel->family, &sel->saddr), .len = sel->prefixlen_s };
	ret->dst = (struct ip_prefix){ .addr = address(sel->family, &sel->daddr), .len = sel->prefixlen_d };
	if (ret->src.len > ip_addr_bits(&ret->src.addr) || ret->dst.len > ip_addr_bits(&ret->dst.addr))
		return -EBADMSG;
	ret->proto = sel->proto;
	return take_port(sel->sport, sel->sport_mask, &ret->sport, &ret->sport_set) &&
	       take_port(sel->dport, sel->dport_mask, &ret->dport, &ret->dport_set) ? 0 : -EBADMSG;
}

static int take_template(struct arena *a, const struct xfrm_user_tmpl *t, struct plan_policy *ret)
{
	struct plan_tmpl to = { .mode = t->mode == XFRM_MODE_TUNNEL ? PLAN_MODE_TUNNEL : PLAN_MODE_TRANSPORT, .reqid = t->reqid,
				.level = t->optional ? PLAN_LEVEL_USE : PLAN_LEVEL_REQUIRED };

	if (t->id.proto != IPPROTO_ESP && t->id.proto != IPPROTO_AH && t->id.proto != IPPROTO_COMP)
		return -EBADMSG;
	to.proto = t->id.proto == IPPROTO_AH ? PLAN_TMPL_AH : t->id.proto == IPPROTO_COMP ? PLAN_TMPL_COMP : PLAN_TMPL_ESP;
	if (t->family == AF_INET || t->family == AF_INET6) {
		to.src = address(t->family, &t->saddr);
		to.dst = address(t->family, &t->id.daddr);
	}
	if (ip_addr_is_zero(&to.src) && ip_addr_is_zero(&to.dst))
		to.src = to.dst = (struct ip_addr){ 0 };
	vec_push(a, &ret->tmpl, to);
	return 0;
}

static int take_attribute(struct arena *a, uint16_t type, const char *data, size_t n, struct plan_policy *ret)
{
	struct xfrm_user_tmpl tmpl;
	struct xfrm_mark mark;
	int r = 0;

	switch (type) {
	case XFRMA_TMPL:
		for (; n >= sizeof tmpl && !r; data += sizeof tmpl, n -= sizeof tmpl) {
			memcpy(&tmpl, data, sizeof tmpl);
			r = take_template(a, &tmpl, ret);
		}
		return n ? -EBADMSG : r;
	case XFRMA_MARK:
		if (n != sizeof mark)
			return -EBADMSG;
		memcpy(&mark, data, sizeof mark);
		ret->mark = (struct plan_mark){ mark.v, mark.m };
		return 0;
	case XFRMA_IF_ID:
		if (n != sizeof ret->if_id)
			return -EBADMSG;
		memcpy(&ret->if_id, data, sizeof ret->if_id);
		return 0;
	default:			/* what says nothing about which packets it takes, and what becomes of them */
		return 0;
	}
}

static int take_attributes(struct arena *a, const char *p, size_t n, struct plan_policy *ret)
{
	while (n >= NLA_HDRLEN) {
		struct nlattr header;
		size_t step;
		int r;

		memcpy(&header, p, sizeof header);
		if (header.nla_len < NLA_HDRLEN || header.nla_len > n)
			return -EBADMSG;
		r = take_attribute(a, header.nla_type & NLA_TYPE_MASK, p + NLA_HDRLEN, header.nla_len - NLA_HDRLEN, ret);
		if (r)
			return r;
		step = NLA_ALIGN(header.nla_len);
		if (step > n)
			return 0;
		p += step;
		n -= step;
	}
	return 0;
}

int xfrm_read_policy(struct arena *a, const struct nlmsghdr *message, size_t size, struct plan_policy *ret)
{
	struct xfrm_userpolicy_info info;
	struct plan_policy p = { 0 };
	int r;

	if (size < NLMSG_HDRLEN + sizeof info || message->nlmsg_len < NLMSG_HDRLEN + sizeof info || message->nlmsg_len > size)
		return -EBADMSG;
	memcpy(&info, NLMSG_DATA(message), sizeof info);
	if (info.dir != XFRM_POLICY_IN && info.dir != XFRM_POLICY_OUT && info.dir != XFRM_POLICY_FWD)
		return -ENOENT;
	p.dir = info.dir == XFRM_POLICY_OUT ? PLAN_OUT : info.dir == XFRM_POLICY_IN ? PLAN_IN : PLAN_FWD;
	p.priority = info.priority;
	r = take_selector(&info.sel, &p);
	if (!r)
		r = take_attributes(a, (const char *)NLMSG_DATA(message) + NLMSG_ALIGN(sizeof info),
				    message->nlmsg_len - NLMSG_HDRLEN - NLMSG_ALIGN(sizeof info), &p);
	if (r)
		return r;
	p.action = info.action == XFRM_POLICY_BLOCK ? PLAN_BLOCK : p.tmpl.n ? PLAN_PROTECT : PLAN_PASS;
	p.mode = p.tmpl.n ? p.tmpl.v[0].mode : PLAN_MODE_TUNNEL;
	*ret = p;
	return 0;
}
