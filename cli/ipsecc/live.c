/* SPDX-License-Identifier: Apache-2.0 */
/* live.c -- the policies that the kernel has now. */
#include <errno.h>
#include <linux/xfrm.h>

#include "backends/xfrm/xfrm_read.h"
#include "cli/ipsecc/diff.h"
#include "netlink/netlink.h"

#define DUMP_TRIES 5	/* of a table that changes while it is read */

struct reading {
	struct arena *arena;
	struct plan *plan;
	bool interrupted, broken;
};

static int take(const struct nlmsghdr *message, void *context)
{
	struct reading *r = context;
	struct plan_policy p;
	int error;

	r->interrupted |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (message->nlmsg_type != XFRM_MSG_NEWPOLICY)
		return MNL_CB_OK;
	error = xfrm_read_policy(r->arena, message, message->nlmsg_len, &p);
	p.conn = "";
	if (!error)
		vec_push(r->arena, &r->plan->policies, p);
	r->broken |= error == -EBADMSG;
	return MNL_CB_OK;
}

int live_policies(struct arena *a, struct plan **ret, const char **ret_why)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct reading reading = { .arena = a, .interrupted = true };
	struct netlink nl = { 0 };
	struct nlmsghdr *request;
	int r = netlink_open(&nl, NETLINK_XFRM, 0);

	for (int i = 0; i < DUMP_TRIES && !r && reading.interrupted; i++) {
		reading.interrupted = false;
		reading.plan = arena_new(a, struct plan);
		request = netlink_start(buffer, XFRM_MSG_GETPOLICY, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(request, sizeof(struct xfrm_userpolicy_id));
		r = netlink_call(&nl, request, take, &reading);
	}
	*ret_why = r ? arena_strdup(a, slice_of(nl.why)) : reading.interrupted ? "the policies change all the time" :
		   "a policy of the kernel is not understood";
	netlink_close(&nl);
	if (!r && (reading.interrupted || reading.broken))
		r = -EBADMSG;
	*ret = reading.plan;
	return r;
}
