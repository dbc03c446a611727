/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <string.h>

#include "backends/xfrm/xfrm_msg.h"

_Static_assert(sizeof(struct xfrm_userpolicy_info) == 168, "X-010: the 64-bit layout is written");
_Static_assert(sizeof(struct xfrm_user_tmpl) == 64, "X-010: the 64-bit layout is written");

static void put_address(xfrm_address_t *to, const struct ip_addr *from)
{
	memcpy(to, from->bytes, sizeof(from->bytes));
}

static void fill_selector(struct xfrm_selector *sel, const struct plan_policy *p)
{
	put_address(&sel->saddr, &p->src.addr);
	put_address(&sel->daddr, &p->dst.addr);
	sel->prefixlen_s = p->src.len;
	sel->prefixlen_d = p->dst.len;
	sel->family = p->src.addr.family;
	sel->proto = p->proto;
	sel->sport = htons(p->sport);
	sel->sport_mask = p->sport || p->sport_set ? 0xffff : 0;
	sel->dport = htons(p->dport);
	sel->dport_mask = p->dport || p->dport_set ? 0xffff : 0;
}

static uint8_t direction(enum plan_dir dir)
{
	return dir == PLAN_OUT ? XFRM_POLICY_OUT : dir == PLAN_IN ? XFRM_POLICY_IN : XFRM_POLICY_FWD;
}

static void fill_policy(struct xfrm_userpolicy_info *info, const struct plan_policy *p)
{
	fill_selector(&info->sel, p);
	/* A limit of 0 would mean "used up by the first packet". */
	info->lft = (struct xfrm_lifetime_cfg){ XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 };
	info->priority = p->priority;
	info->dir = direction(p->dir);
	info->action = p->action == PLAN_BLOCK ? XFRM_POLICY_BLOCK : XFRM_POLICY_ALLOW;
}

static void fill_tmpl(struct xfrm_user_tmpl *to, const struct plan_policy *p, const struct plan_tmpl *from)
{
	to->id.proto = from->proto == PLAN_TMPL_AH ? IPPROTO_AH : from->proto == PLAN_TMPL_COMP ? IPPROTO_COMP : IPPROTO_ESP;
	put_address(&to->id.daddr, &from->dst);
	put_address(&to->saddr, &from->src);
	to->family = from->src.family != AF_UNSPEC ? from->src.family : p->src.addr.family;
	to->reqid = from->reqid;
	to->mode = from->mode == PLAN_MODE_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	to->optional = from->level == PLAN_LEVEL_USE;
	to->aalgos = to->ealgos = to->calgos = ~0u;
}

static void add_padded(struct buf *out, const void *p, size_t n)
{
	buf_add(out, p, n);
	buf_add_repeated(out, 0, NLMSG_ALIGN(n) - n);
}

static void add_attribute(struct buf *out, uint16_t type, const void *p, size_t n)
{
	struct nlattr header = { .nla_len = (uint16_t)(NLA_HDRLEN + n), .nla_type = type };

	buf_add(out, &header, sizeof(header));
	add_padded(out, p, n);
}

/* All of them: more than the kernel takes (6) is its refusal, not our silence. */
static void add_templates(struct buf *out, const struct plan_policy *p)
{
	struct nlattr header = { .nla_len = (uint16_t)(NLA_HDRLEN + p->tmpl.n * sizeof(struct xfrm_user_tmpl)),
				 .nla_type = XFRMA_TMPL };

	if (!p->tmpl.n)
		return;
	buf_add(out, &header, sizeof(header));
	for (size_t i = 0; i < p->tmpl.n; i++) {
		struct xfrm_user_tmpl tmpl = { 0 };

		fill_tmpl(&tmpl, p, &p->tmpl.v[i]);
		buf_add(out, &tmpl, sizeof(tmpl));
	}
}

void xfrm_msg_policy(struct buf *out, uint16_t type, uint32_t seq, const struct plan_policy *p)
{
	struct nlmsghdr header = { .nlmsg_type = type, .nlmsg_seq = seq,
				   .nlmsg_flags = NLM_F_REQUEST | (type == XFRM_MSG_GETPOLICY ? 0 : NLM_F_ACK) };
	size_t start = out->n;

	buf_add(out, &header, sizeof(header));
	if (type == XFRM_MSG_DELPOLICY || type == XFRM_MSG_GETPOLICY) {
		struct xfrm_userpolicy_id id = { .dir = direction(p->dir) };

		fill_selector(&id.sel, p);
		add_padded(out, &id, sizeof(id));
	} else {
		struct xfrm_userpolicy_info info = { 0 };

		fill_policy(&info, p);
		add_padded(out, &info, sizeof(info));
		add_templates(out, p);
	}
	if (p->mark.mask) {
		struct xfrm_mark mark = { .v = p->mark.value, .m = p->mark.mask };

		add_attribute(out, XFRMA_MARK, &mark, sizeof(mark));
	}
	if (p->if_id)
		add_attribute(out, XFRMA_IF_ID, &p->if_id, sizeof(p->if_id));
	if (!buf_failed(out)) {
		uint32_t length = (uint32_t)(out->n - start);

		memcpy(out->p + start, &length, sizeof(length));	/* nlmsg_len comes first; the buffer need not be aligned */
	}
}
