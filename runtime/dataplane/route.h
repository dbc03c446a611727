/* SPDX-License-Identifier: Apache-2.0 */
/* route.h -- the few things of rtnetlink that the TUN data plane needs.
 *
 * Routes go to a table of their own, looked up by one rule per family before the main table (I-230): the user's routes stay untouched, and
 * the kernel removes ours with the device, however we end.
 */
#ifndef RUNTIME_DATAPLANE_ROUTE_H
#define RUNTIME_DATAPLANE_ROUTE_H

#include "proto/addr.h"
#include "runtime/dataplane/netlink.h"

#define ROUTE_TABLE		4500u
#define ROUTE_RULE_PRIORITY	4500u	/* before main (32766) */

/* All: 0 or -errno with nl->why. */
int route_link_up(struct netlink *nl, int ifindex, unsigned mtu);
int route_rule_set(struct netlink *nl, sa_family_t family, bool present);
/* src: source address for packets of this host, AF_UNSPEC: the kernel chooses. */
int route_add(struct netlink *nl, const struct ip_prefix *dst, int ifindex, const struct ip_addr *src);
int route_del(struct netlink *nl, const struct ip_prefix *dst, int ifindex);
/* The first address of this host within the prefix; -ENOENT: none. */
int route_local_address(struct netlink *nl, const struct ip_prefix *in, struct ip_addr *ret);

#endif
