/* SPDX-License-Identifier: Apache-2.0 */
/* netlink.h -- one request, one answer, over libmnl; the kernel's extended acknowledgement as a sentence (X-001 ... X-005). */
#ifndef NETLINK_NETLINK_H
#define NETLINK_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

struct netlink {
	struct mnl_socket *socket;
	uint32_t seq;
	char why[240];			/* of the last failure: the kernel's words, or those of the errno */
};

#define NETLINK_MESSAGE_BYTES	8192	/* more than any request of ours */

/* bus: NETLINK_XFRM or NETLINK_ROUTE. groups: multicast mask (nl_groups), 0: none. 0 or -errno. */
int netlink_open(struct netlink *nl, int bus, unsigned groups);
void netlink_close(struct netlink *nl);

/* Starts a request in `buffer` (NETLINK_MESSAGE_BYTES): flags are added to NLM_F_REQUEST. */
struct nlmsghdr *netlink_start(void *buffer, uint16_t type, uint16_t flags);
/* Sends it and reads to the end of the answer; each message that is no acknowledgement goes to `each` (may be NULL). 0 or -errno
 * with nl->why. */
int netlink_call(struct netlink *nl, struct nlmsghdr *request, mnl_cb_t each, void *context);

#endif
