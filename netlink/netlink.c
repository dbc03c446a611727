/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "netlink/netlink.h"

#define RECEIVE_BYTES	32768	/* the kernel's largest dump part */

int netlink_open(struct netlink *nl, int bus, unsigned groups)
{
	int on = 1, error;

	memset(nl, 0, sizeof(*nl));
	nl->socket = mnl_socket_open2(bus, SOCK_CLOEXEC | (groups ? SOCK_NONBLOCK : 0));
	if (!nl->socket)
		return -errno;
	if (mnl_socket_bind(nl->socket, groups, MNL_SOCKET_AUTOPID) < 0) {
		error = -errno;
		netlink_close(nl);
		return error;
	}
	/* Both only make refusals more readable; an old kernel that lacks them still gives the errno. */
	mnl_socket_setsockopt(nl->socket, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->socket, NETLINK_CAP_ACK, &on, sizeof(on));
	return 0;
}

void netlink_close(struct netlink *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
}

struct nlmsghdr *netlink_start(void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *header = mnl_nlmsg_put_header(buffer);

	header->nlmsg_type = type;
	header->nlmsg_flags = NLM_F_REQUEST | flags;
	return header;
}

static int keep_message(const struct nlattr *attribute, void *context)
{
	struct netlink *nl = context;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
		snprintf(nl->why, sizeof(nl->why), "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

/* The end of an answer: 0 or -errno, with the kernel's text where there is one. */
static int read_acknowledgement(struct netlink *nl, const struct nlmsghdr *header)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	size_t offset = sizeof(*ack);

	if (header->nlmsg_len < NLMSG_HDRLEN + sizeof(*ack))
		return -EBADMSG;
	if (!ack->error)
		return 0;
	snprintf(nl->why, sizeof(nl->why), "%s", strerror(-ack->error));
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(ack->msg.nlmsg_len) - sizeof(struct nlmsghdr);
	if (header->nlmsg_flags & NLM_F_ACK_TLVS && header->nlmsg_len > NLMSG_HDRLEN + offset)
		mnl_attr_parse(header, (unsigned)offset, keep_message, nl);
	return ack->error;
}

/* 1: more is to come; 0 or -errno: the answer has ended. */
static int read_part(struct netlink *nl, const char *p, int n, mnl_cb_t each, void *context)
{
	const struct nlmsghdr *header = (const void *)p;

	for (; mnl_nlmsg_ok(header, n); header = mnl_nlmsg_next(header, &n)) {
		if (header->nlmsg_seq != nl->seq)
			continue;	/* of an earlier request that was given up */
		if (header->nlmsg_type == NLMSG_ERROR)
			return read_acknowledgement(nl, header);
		if (header->nlmsg_type == NLMSG_DONE)
			return 0;
		if (each)
			each(header, context);
	}
	return 1;
}

int netlink_call(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t each, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_BYTES];
	int result = 1;

	nl->why[0] = '\0';
	request->nlmsg_seq = ++nl->seq;
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)	/* two bits, each of which means something else in a change */
		request->nlmsg_flags |= NLM_F_ACK;	/* also ends the answer of a GET */
	if (mnl_socket_sendto(nl->socket, request, request->nlmsg_len) < 0)
		result = -errno;
	while (result > 0) {
		ssize_t n = mnl_socket_recvfrom(nl->socket, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		result = n < 0 ? -errno : read_part(nl, buffer, (int)n, each, context);
	}
	if (result < 0 && !nl->why[0])
		snprintf(nl->why, sizeof(nl->why), "%s", strerror(-result));
	return result;
}
