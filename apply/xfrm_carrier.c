/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_carrier.c -- policies over NETLINK_XFRM (X-001 ... X-007). */
#include <errno.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apply/change.h"
#include "apply/xfrm_carrier.h"
#include "backends/xfrm/xfrm_msg.h"

#define INFO_AT		NLMSG_HDRLEN
#define ATTRIBUTES_AT	(INFO_AT + sizeof(struct xfrm_userpolicy_info))

struct xfrm_link {
	struct netlink nl;
	struct change *change;
	const size_t *order;
	bool undo;
	int error;			/* of reading what stands */
	struct buf scratch;
};

static void explain(struct change *c, const char *what, const char *why)
{
	snprintf(c->why, sizeof(c->why), "%s: %.180s", what, why);
}

static int open_link(struct change *c, const struct netlink_io *io)
{
	struct xfrm_link *link = calloc(1, sizeof(*link));
	int error = link ? 0 : -ENOMEM;

	if (!error && !io)
		error = netlink_open(&link->nl, NETLINK_XFRM, 0);
	if (error) {
		explain(c, "no socket to the kernel's IPsec", strerror(-error));
		free(link);
		return error;
	}
	link->nl.io = io;
	link->change = c;
	c->link = link;
	return 0;
}

static int xfrm_open(struct change *c)
{
	return open_link(c, NULL);
}

int xfrm_carrier_open_io(struct change *c, const struct netlink_io *io)
{
	return open_link(c, io);
}

static void xfrm_close(struct change *c)
{
	struct xfrm_link *link = c->link;

	netlink_close(&link->nl);
	buf_release(&link->scratch);
	free(link);
	c->link = NULL;
}

/* --- what stands -------------------------------------------------------------------------------------------------------------- */

static const void *get_request(void *context, size_t i)
{
	struct xfrm_link *link = context;

	buf_clear(&link->scratch);
	xfrm_msg_policy(&link->scratch, XFRM_MSG_GETPOLICY, 0, link->change->steps[link->order[i]].policy);
	return buf_failed(&link->scratch) ? NULL : link->scratch.p;
}

/* The kernel tells the type of each policy where it knows others; a request for the main ones need not. */
static bool is_main_type(const struct nlattr *attribute)
{
	return mnl_attr_get_type(attribute) == XFRMA_POLICY_TYPE && mnl_attr_get_payload_len(attribute) > 0 &&
	       *(const uint8_t *)mnl_attr_get_payload(attribute) == XFRM_POLICY_TYPE_MAIN;
}

static int copy_attribute(const struct nlattr *attribute, void *context)
{
	if (mnl_attr_get_type(attribute) != XFRMA_PAD && !is_main_type(attribute)) {
		buf_add(context, attribute, attribute->nla_len);
		buf_add_repeated(context, 0, MNL_ALIGN(attribute->nla_len) - attribute->nla_len);
	}
	return MNL_CB_OK;
}

/* The request that puts back what the kernel says stands there. Its counters are the kernel's own. */
static void make_undo(struct buf *out, const struct nlmsghdr *object)
{
	struct nlmsghdr header = { .nlmsg_type = XFRM_MSG_UPDPOLICY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK };
	struct xfrm_userpolicy_info info;
	uint32_t length;

	memcpy(&info, mnl_nlmsg_get_payload(object), sizeof(info));
	info.curlft = (struct xfrm_lifetime_cur){ 0 };
	buf_clear(out);
	buf_add(out, &header, sizeof(header));
	buf_add(out, &info, sizeof(info));
	mnl_attr_parse(object, sizeof(info), copy_attribute, out);
	length = (uint32_t)out->n;
	if (!buf_failed(out))
		memcpy(out->p, &length, sizeof(length));
}

/* The same but for the number of the policy, which the kernel gives. */
static bool is_same(const char *put, size_t put_size, const char *undo, size_t undo_size)
{
	size_t index = INFO_AT + offsetof(struct xfrm_userpolicy_info, index), behind = index + sizeof(uint32_t);

	return put_size == undo_size && memcmp(put + INFO_AT, undo + INFO_AT, index - INFO_AT) == 0 &&
	       memcmp(put + behind, undo + behind, put_size - behind) == 0;
}

static bool save_object(struct xfrm_link *link, size_t step, const struct nlmsghdr *object)
{
	struct change_step *s = &link->change->steps[step];

	if (object->nlmsg_type != XFRM_MSG_NEWPOLICY || object->nlmsg_len < ATTRIBUTES_AT) {
		link->error = -EBADMSG;
		explain(link->change, "the kernel does not say which policy stands", strerror(EBADMSG));
		return false;
	}
	make_undo(&link->scratch, object);
	if (buf_failed(&link->scratch) || !change_save(link->change, step, link->scratch.p, link->scratch.n, true)) {
		link->error = -ENOMEM;
		return false;
	}
	s->unchanged = is_same(link->change->requests.p + s->put, s->put_size, link->scratch.p, link->scratch.n);
	return true;
}

static bool save_nothing(struct xfrm_link *link, size_t step)
{
	buf_clear(&link->scratch);
	xfrm_msg_policy(&link->scratch, XFRM_MSG_DELPOLICY, 0, link->change->steps[step].policy);
	if (!buf_failed(&link->scratch) && change_save(link->change, step, link->scratch.p, link->scratch.n, false))
		return true;
	link->error = -ENOMEM;
	return false;
}

static bool take_object(void *context, size_t i, int error, const struct nlmsghdr *object)
{
	struct xfrm_link *link = context;

	if (object)
		return save_object(link, link->order[i], object);
	if (error == -ENOENT)
		return save_nothing(link, link->order[i]);
	link->error = error ? error : -EBADMSG;
	explain(link->change, "the kernel does not say which policies stand", error ? link->nl.why : strerror(EBADMSG));
	return false;
}

static int xfrm_save(struct change *c)
{
	struct xfrm_link *link = c->link;
	struct netlink_batch batch = { .context = link, .request = get_request, .answer = take_object };
	size_t n = 0;
	int error;

	for (size_t i = 0; i < c->n; i++)
		if (!c->steps[i].superseded)
			c->order[n++] = i;
	link->order = c->order;
	link->error = 0;
	error = netlink_batch(&link->nl, n, &batch);
	if (error)
		explain(c, "the kernel does not say which policies stand", link->nl.why);
	return error ? error : link->error;
}

/* --- changes ------------------------------------------------------------------------------------------------------------------ */

static const void *change_request(void *context, size_t i)
{
	const struct xfrm_link *link = context;
	const struct change *c = link->change;
	const struct change_step *s = &c->steps[link->order[i]];

	return link->undo ? c->undos.p + s->undo : c->requests.p + s->put;
}

static void sending(void *context, size_t i)
{
	struct xfrm_link *link = context;

	change_sending(link->change, link->order[i], link->undo);
}

static bool take_answer(void *context, size_t i, int error, const struct nlmsghdr *object)
{
	struct xfrm_link *link = context;

	if (object) {
		error = -EBADMSG;
		snprintf(link->nl.why, sizeof(link->nl.why), "%s", strerror(EBADMSG));
	}
	return change_answered(link->change, link->order[i], link->undo, error, link->nl.why);
}

static int xfrm_send(struct change *c, const size_t *order, size_t n, bool undo)
{
	struct xfrm_link *link = c->link;
	struct netlink_batch batch = { .context = link, .request = change_request, .sending = sending, .answer = take_answer };
	int error;

	link->order = order;
	link->undo = undo;
	error = netlink_batch(&link->nl, n, &batch);
	if (error)
		explain(c, "the kernel could not be asked", link->nl.why);
	return error;
}

const struct carrier carrier_xfrm = {
	.target = "xfrm", .format = "netlink", .open = xfrm_open, .close = xfrm_close, .save = xfrm_save, .send = xfrm_send,
};
