/* SPDX-License-Identifier: Apache-2.0 */
/* prefix_set.h -- many networks, of which the ones that hold an address or a network are asked for.
 *
 * Networks are nested or apart, never half in each other: sorted by address, each knows the next larger one that holds it. Sorting takes
 * n log n, a question log n and a step for each network on the way out. Equal ones stay side by side, in the order of adding.
 */
#ifndef PROTO_PREFIX_SET_H
#define PROTO_PREFIX_SET_H

#include "base/arena.h"
#include "proto/addr.h"

struct prefix_set_entry {
	struct ip_prefix prefix;
	const void *owner;		/* the caller's */
	size_t outer;			/* index + 1 of the next one that holds it, 0: none */
	size_t order;
};

struct prefix_set {
	VEC(struct prefix_set_entry) entries;
};

void prefix_set_add(struct prefix_set *s, struct arena *a, const struct ip_prefix *prefix, const void *owner);
/* After the last one was added, before the first question. */
void prefix_set_sort(struct prefix_set *s);
/* The smallest one that holds `inner` (which may be equal), or NULL. */
const struct prefix_set_entry *prefix_set_holding(const struct prefix_set *s, const struct ip_prefix *inner);
/* The next larger one that holds this one, or an equal one; NULL: none. */
const struct prefix_set_entry *prefix_set_outer(const struct prefix_set *s, const struct prefix_set_entry *e);
/* One that has addresses of the range: the first that begins in it, else the smallest that holds all of it up to its own end; NULL: none. */
const struct prefix_set_entry *prefix_set_touching(const struct prefix_set *s, const struct ip_range *range);

#endif
