/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "netlink/netlink.h"

#define RECEIVE_BYTES	32768	/* the kernel's largest dump part */
/* Of one datagram of many requests: so many that their answers fit a socket's usual 208 KiB, at a kilobyte and more each. */
#define BATCH_REQUESTS	64
#define BATCH_BYTES	32768
#define ANSWER_BYTES	4096	/* the kernel's answers about one object are no larger than this page */
#define ERRNO_MAX	4095	/* the kernel's MAX_ERRNO */

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

/* libmnl takes a length of 2^31 and more for a negative one, which fits everywhere. */
bool netlink_whole(const struct nlmsghdr *header, int left)
{
	return mnl_nlmsg_ok(header, left) && header->nlmsg_len <= (unsigned)left;
}

static int keep_message(const struct nlattr *attribute, void *context)
{
	struct netlink *nl = context;

	if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) == 0)
		snprintf(nl->why, sizeof(nl->why), "%s", mnl_attr_get_str(attribute));
	return MNL_CB_OK;
}

static void keep_words(struct netlink *nl, const struct nlmsghdr *header)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	size_t offset = sizeof(*ack);

	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += NLMSG_ALIGN(ack->msg.nlmsg_len) - sizeof(struct nlmsghdr);
	if (header->nlmsg_flags & NLM_F_ACK_TLVS && header->nlmsg_len > NLMSG_HDRLEN + offset)
		mnl_attr_parse(header, (unsigned)offset, keep_message, nl);
}

/* The end of an answer: 0 or -errno, with the kernel's text where there is one. */
static int read_acknowledgement(struct netlink *nl, const struct nlmsghdr *header)
{
	const struct nlmsgerr *ack = mnl_nlmsg_get_payload(header);
	bool sound = header->nlmsg_len >= NLMSG_HDRLEN + sizeof(*ack) && ack->error <= 0 && ack->error >= -ERRNO_MAX;
	int error = sound ? ack->error : -EBADMSG;

	if (!error)
		return 0;
	snprintf(nl->why, sizeof(nl->why), "%s", strerror(-error));
	if (sound)
		keep_words(nl, header);
	return error;
}

/* 1: more is to come; 0 or -errno: the answer has ended. */
static int read_part(struct netlink *nl, const char *p, int n, mnl_cb_t each, void *context)
{
	const struct nlmsghdr *header = (const void *)p;

	for (; netlink_whole(header, n); header = mnl_nlmsg_next(header, &n)) {
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

static ssize_t send_datagram(struct netlink *nl, const void *p, size_t n)
{
	return nl->io ? nl->io->send(nl->io->context, p, n) : mnl_socket_sendto(nl->socket, p, n);
}

/* --- many at once ------------------------------------------------------------------------------------------------------------- */

static int receive_datagrams(struct netlink *nl, struct mmsghdr *into, unsigned max)
{
	int n;

	do {
		if (nl->io)
			n = nl->io->receive(nl->io->context, into, max);
		else
			n = recvmmsg(mnl_socket_get_fd(nl->socket), into, max, MSG_WAITFORONE, NULL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* What is under way: the requests from `first` on, the n of one datagram, with the sequence numbers from `seq` on. */
struct portion {
	const struct netlink_batch *batch;
	size_t first, n, answered;
	uint32_t seq;
	bool stop;
	bool done[BATCH_REQUESTS];
};

static int send_portion(struct netlink *nl, struct portion *p, size_t end)
{
	_Alignas(struct nlmsghdr) char buffer[BATCH_BYTES];
	size_t used = 0;

	p->n = p->answered = 0;
	p->seq = nl->seq + 1;
	memset(p->done, 0, sizeof(p->done));
	for (; p->n < BATCH_REQUESTS && p->first + p->n < end; p->n++) {
		const void *request = p->batch->request(p->batch->context, p->first + p->n);
		struct nlmsghdr *message = (void *)(buffer + used);
		uint32_t length;

		if (!request)
			return -ENOMEM;
		memcpy(&length, request, sizeof(length));	/* nlmsg_len comes first; a request need not be aligned */
		if (used + NLMSG_ALIGN(length) > sizeof(buffer))
			break;
		memcpy(message, request, length);
		memset(buffer + used + length, 0, NLMSG_ALIGN(length) - length);
		message->nlmsg_seq = ++nl->seq;
		used += NLMSG_ALIGN(length);
	}
	if (p->n == 0)
		return -EMSGSIZE;
	for (size_t i = 0; p->batch->sending && i < p->n; i++)
		p->batch->sending(p->batch->context, p->first + i);
	return send_datagram(nl, buffer, used) < 0 ? -errno : 0;
}

static void take_answer(struct netlink *nl, struct portion *p, const struct nlmsghdr *header)
{
	uint32_t i = header->nlmsg_seq - p->seq;
	bool object = header->nlmsg_type != NLMSG_ERROR;

	if (i >= p->n || p->done[i])	/* of an earlier request that was given up */
		return;
	p->done[i] = true;
	p->answered++;
	nl->why[0] = '\0';
	if (!p->batch->answer(p->batch->context, p->first + i, object ? 0 : read_acknowledgement(nl, header), object ? header : NULL))
		p->stop = true;
}

static int receive_portion(struct netlink *nl, struct portion *p)
{
	/* a quarter of a megabyte is much for a stack */
	static _Thread_local _Alignas(struct nlmsghdr) char buffers[BATCH_REQUESTS][ANSWER_BYTES];
	struct mmsghdr messages[BATCH_REQUESTS] = { 0 };
	struct iovec vectors[BATCH_REQUESTS];

	for (unsigned i = 0; i < BATCH_REQUESTS; i++) {
		vectors[i] = (struct iovec){ buffers[i], sizeof(buffers[i]) };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &vectors[i], .msg_iovlen = 1 };
	}
	while (p->answered < p->n) {
		int n = receive_datagrams(nl, messages, (unsigned)(p->n - p->answered));

		if (n < 0)
			return n;
		for (int m = 0; m < n; m++) {
			int left = (int)messages[m].msg_len;
			const struct nlmsghdr *header = (const void *)buffers[m];

			for (; netlink_whole(header, left); header = mnl_nlmsg_next(header, &left))
				take_answer(nl, p, header);
			if (messages[m].msg_hdr.msg_flags & MSG_TRUNC)
				return -EMSGSIZE;
			messages[m].msg_hdr.msg_flags = 0;
		}
	}
	return 0;
}

int netlink_batch(struct netlink *nl, size_t n, const struct netlink_batch *batch)
{
	struct portion p = { .batch = batch };
	int error = 0;

	for (; !error && !p.stop && p.first < n; p.first += p.n) {
		error = send_portion(nl, &p, n);
		if (!error)
			error = receive_portion(nl, &p);
	}
	if (error)
		snprintf(nl->why, sizeof(nl->why), "%s", strerror(-error));
	return error;
}

/* --- one at a time ------------------------------------------------------------------------------------------------------------ */

/* As mnl_socket_recvfrom(): -1 with errno, ENOSPC of what was cut off. */
static ssize_t receive_datagram(struct netlink *nl, void *into, size_t room)
{
	struct iovec vector = { into, room };
	struct mmsghdr message = { .msg_hdr = { .msg_iov = &vector, .msg_iovlen = 1 } };

	if (!nl->io)
		return mnl_socket_recvfrom(nl->socket, into, room);
	if (nl->io->receive(nl->io->context, &message, 1) < 0)
		return -1;
	if (message.msg_hdr.msg_flags & MSG_TRUNC) {
		errno = ENOSPC;
		return -1;
	}
	return message.msg_len;
}

int netlink_call(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t each, void *context)
{
	_Alignas(struct nlmsghdr) char buffer[RECEIVE_BYTES];
	int result = 1;

	nl->why[0] = '\0';
	request->nlmsg_seq = ++nl->seq;
	if ((request->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)	/* two bits, each of which means something else in a change */
		request->nlmsg_flags |= NLM_F_ACK;	/* also ends the answer of a GET */
	if (send_datagram(nl, request, request->nlmsg_len) < 0)
		result = -errno;
	while (result > 0) {
		ssize_t n = receive_datagram(nl, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		result = n < 0 ? -errno : read_part(nl, buffer, (int)n, each, context);
	}
	if (result < 0 && !nl->why[0])
		snprintf(nl->why, sizeof(nl->why), "%s", strerror(-result));
	return result;
}
