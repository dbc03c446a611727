/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_stale.h -- what a daemon that died left in the kernel (I-231). */
#ifndef RUNTIME_DATAPLANE_XFRM_STALE_H
#define RUNTIME_DATAPLANE_XFRM_STALE_H

#include "netlink/netlink.h"
#include "plan/plan.h"

/* Removes SAs and policies with the reqid of a child of the plan, and nothing else. Only when the IKE port is ours: then no other
 * daemon can be using them. 0 or -errno; *ret_removed counts. */
int xfrm_remove_stale(struct netlink *nl, const struct plan *plan, unsigned *ret_removed);

#endif
