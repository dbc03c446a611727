/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm_carrier.h -- the carrier for NETLINK_XFRM over something else than a socket: a kernel of tests, which fails when it is told to. */
#ifndef APPLY_XFRM_CARRIER_H
#define APPLY_XFRM_CARRIER_H

#include "apply/change.h"
#include "netlink/netlink.h"

int xfrm_carrier_open_io(struct change *c, const struct netlink_io *io);	/* as carrier.open() */

#endif
