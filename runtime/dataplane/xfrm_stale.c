/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/xfrm.h>
#include <string.h>

#include "runtime/dataplane/xfrm_stale.h"

struct search {
	const struct plan *plan;
	struct buf requests; /* deletions, one netlink message after another: they may not go out while the dump comes in */
};

static bool ours(const struct plan *plan, uint32_t reqid)
{
	for (size_t i = 0; i < plan->children.n; i++)
		if (reqid && plan->children.v[i].reqid == reqid)
			return true;
	return false;
}

static void add_request(struct search *search, const struct nlmsghdr *message)
{
	buf_add(&search->requests, message, NLMSG_ALIGN(message->nlmsg_len));
}

/* Mark and interface are part of the key: without them another policy, or none, would be meant. */
static int copy_key_attribute(const struct nlattr *attribute, void *context)
{
	uint16_t type = mnl_attr_get_type(attribute), n = mnl_attr_get_payload_len(attribute);

	if ((type == XFRMA_MARK && n == sizeof(struct xfrm_mark)) || (type == XFRMA_IF_ID && n == sizeof(uint32_t)))
		mnl_attr_put_check(context, NETLINK_MESSAGE_BYTES, type, n, mnl_attr_get_payload(attribute));
	return MNL_CB_OK;
}

static int look_at_state(const struct nlmsghdr *header, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct xfrm_usersa_info info;		/* messages are aligned to 4 bytes, this to 8 */
	struct search *search = context;
	struct xfrm_usersa_id *id;
	struct nlmsghdr *m;

	if (header->nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(header) < sizeof(info))
		return MNL_CB_OK;
	memcpy(&info, mnl_nlmsg_get_payload(header), sizeof(info));
	if (!ours(search->plan, info.reqid))
		return MNL_CB_OK;
	m = netlink_start(buffer, XFRM_MSG_DELSA, 0);
	id = mnl_nlmsg_put_extra_header(m, sizeof(*id));
	id->daddr = info.id.daddr;
	id->spi = info.id.spi;
	id->proto = info.id.proto;
	id->family = info.family;
	mnl_attr_parse(header, sizeof(info), copy_key_attribute, m);
	add_request(search, m);
	return MNL_CB_OK;
}

struct tmpl_search {
	const struct plan *plan;
	bool found;
};

static int look_at_templates(const struct nlattr *attribute, void *context)
{
	const struct xfrm_user_tmpl *tmpl = mnl_attr_get_payload(attribute);
	size_t n = mnl_attr_get_payload_len(attribute) / sizeof(*tmpl);
	struct tmpl_search *search = context;

	for (size_t i = 0; mnl_attr_get_type(attribute) == XFRMA_TMPL && i < n; i++)
		search->found |= ours(search->plan, tmpl[i].reqid);
	return MNL_CB_OK;
}

static bool has_our_template(const struct search *search, const struct nlmsghdr *header)
{
	struct tmpl_search templates = { .plan = search->plan };

	mnl_attr_parse(header, sizeof(struct xfrm_userpolicy_info), look_at_templates, &templates);
	return templates.found;
}

static int look_at_policy(const struct nlmsghdr *header, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct xfrm_userpolicy_info info;		/* messages are aligned to 4 bytes, this to 8 */
	struct search *search = context;
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *m;

	if (header->nlmsg_type != XFRM_MSG_NEWPOLICY || mnl_nlmsg_get_payload_len(header) < sizeof(info) ||
	    !has_our_template(search, header))
		return MNL_CB_OK;
	memcpy(&info, mnl_nlmsg_get_payload(header), sizeof(info));
	m = netlink_start(buffer, XFRM_MSG_DELPOLICY, 0);
	id = mnl_nlmsg_put_extra_header(m, sizeof(*id));
	id->sel = info.sel;
	id->dir = info.dir;
	mnl_attr_parse(header, sizeof(info), copy_key_attribute, m);
	add_request(search, m);
	return MNL_CB_OK;
}

static int dump(struct netlink *nl, uint16_t type, size_t body, mnl_cb_t each, struct search *search)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, type, NLM_F_DUMP);

	mnl_nlmsg_put_extra_header(m, body);
	return netlink_call(nl, m, each, search);
}

int xfrm_remove_stale(struct netlink *nl, const struct plan *plan, unsigned *ret_removed)
{
	struct search search = { .plan = plan };
	int error = dump(nl, XFRM_MSG_GETPOLICY, sizeof(struct xfrm_userpolicy_id), look_at_policy, &search);

	if (!error)
		error = dump(nl, XFRM_MSG_GETSA, sizeof(struct xfrm_usersa_id), look_at_state, &search);
	if (!error && buf_failed(&search.requests))
		error = -ENOMEM;
	*ret_removed = 0;
	for (size_t at = 0; !error && at < search.requests.n; ) {
		_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
		struct nlmsghdr *m = (void *)buffer;

		memcpy(buffer, search.requests.p + at, sizeof(*m));
		memcpy(buffer, search.requests.p + at, m->nlmsg_len);
		at += NLMSG_ALIGN(m->nlmsg_len);
		if (netlink_call(nl, m, NULL, NULL) == 0)	/* gone meanwhile is as good */
			(*ret_removed)++;
	}
	buf_release(&search.requests);
	return error;
}
