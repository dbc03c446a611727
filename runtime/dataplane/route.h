/* SPDX-License-Identifier: Apache-2.0 */
/* route.h -- the few things of rtnetlink that data planes need.
 *
 * Routes go to a table of their own, looked up by one rule per family before the main table (I-230): the user's routes stay
 * untouched, and those into a TUN device go with it, however we end.
 */
#ifndef RUNTIME_DATAPLANE_ROUTE_H
#define RUNTIME_DATAPLANE_ROUTE_H

#include <stdbool.h>

#include "netlink/netlink.h"
#include "proto/addr.h"

#define ROUTE_TABLE		4500u
#define ROUTE_RULE_PRIORITY	4500u	/* before main (32766) */

struct route_table {
	struct netlink nl;
	bool rules[2];			/* IPv4, IPv6: the rule stands */
};

struct route_way {
	int ifindex;
	struct ip_addr gateway;		/* AF_UNSPEC: on the link */
	struct ip_addr src;		/* source for packets of this host; AF_UNSPEC: the kernel chooses */
};

/* All: 0 or -errno with table->nl.why. */
int route_open(struct route_table *table);
void route_close(struct route_table *table);		/* removes the rules; routes are removed one by one, or with their device */
int route_add(struct route_table *table, const struct ip_prefix *dst, const struct route_way *way);	/* replaces */
int route_del(struct route_table *table, const struct ip_prefix *dst);
/* An address of the host itself, without a network around it. */
int route_add_address(struct route_table *table, int ifindex, const struct ip_addr *addr);
int route_del_address(struct route_table *table, int ifindex, const struct ip_addr *addr);
int route_link_up(struct route_table *table, int ifindex, unsigned mtu);
/* The first address of this host within the prefix; -ENOENT: none. */
int route_local_address(struct route_table *table, const struct ip_prefix *in, struct ip_addr *ret);
/* How the kernel would send to this address. */
int route_lookup(struct route_table *table, const struct ip_addr *to, struct route_way *ret);

#endif
