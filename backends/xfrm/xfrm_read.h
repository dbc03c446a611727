/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_read.h -- a policy as the kernel tells it (XFRM_MSG_NEWPOLICY of a dump; X-003), as one of a plan. */
#ifndef BACKENDS_XFRM_READ_H
#define BACKENDS_XFRM_READ_H

#include <linux/netlink.h>
#include <stddef.h>

#include "plan/plan.h"

/* `message` is a whole netlink message of `size` bytes. 0; -ENOENT: a policy of a socket, or of no direction that a plan has; -EBADMSG: it is cut off or not
 * understood. The templates are in the arena; the policy has no conn and no origin. */
int xfrm_read_policy(struct arena *a, const struct nlmsghdr *message, size_t size, struct plan_policy *ret);

#endif
