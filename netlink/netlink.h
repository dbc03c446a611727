/* SPDX-License-Identifier: Apache-2.0 */
/* netlink.h -- requests and answers over libmnl; the kernel's extended acknowledgement as a sentence (X-001 ... X-005). */
#ifndef NETLINK_NETLINK_H
#define NETLINK_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* How datagrams go out and come in; tests put another in place. Each returns what its system call does, with errno. */
struct netlink_io {
	void *context;
	ssize_t (*send)(void *context, const void *p, size_t n);
	int (*receive)(void *context, struct mmsghdr *into, unsigned max);	/* waits for one, takes what else is there */
};

struct netlink {
	struct mnl_socket *socket;
	const struct netlink_io *io;	/* NULL: the socket */
	uint32_t seq;
	char why[240];			/* of the last failure: the kernel's words, or those of the errno */
};

#define NETLINK_MESSAGE_BYTES	8192	/* more than any request of ours */

/* bus: NETLINK_XFRM or NETLINK_ROUTE. groups: multicast mask (nl_groups), 0: none. 0 or -errno. */
int netlink_open(struct netlink *nl, int bus, unsigned groups);
void netlink_close(struct netlink *nl);

/* Starts a request in `buffer` (NETLINK_MESSAGE_BYTES): flags are added to NLM_F_REQUEST. */
struct nlmsghdr *netlink_start(void *buffer, uint16_t type, uint16_t flags);
/* A whole message is at `header`, of which `left` bytes were received. */
bool netlink_whole(const struct nlmsghdr *header, int left);
/* Sends it and reads to the end of the answer; each message that is no acknowledgement goes to `each` (may be NULL). 0 or -errno
 * with nl->why. */
int netlink_call(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t each, void *context);

/* Requests of which each has one answer: a change with NLM_F_ACK, or a GET of one object without it. */
struct netlink_batch {
	void *context;
	const void *(*request)(void *context, size_t i);	/* a whole message; NULL: -ENOMEM */
	void (*sending)(void *context, size_t i);		/* from now on the kernel may have done it; may be NULL */
	/* error: 0 or the kernel's -errno, then with nl->why. object: what a GET is answered with, or NULL. False: send no more. */
	bool (*answer)(void *context, size_t i, int error, const struct nlmsghdr *object);
};

/* Sends n requests, many in one datagram, as `ip -batch` does not; the kernel works on all of a datagram, also behind one that it refuses.
 * 0 when each that was sent has its answer; else -errno of the socket with nl->why, and what was sent last may or may not be done. Needs no
 * memory. */
int netlink_batch(struct netlink *nl, size_t n, const struct netlink_batch *batch);

#endif
