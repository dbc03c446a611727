/* SPDX-License-Identifier: Apache-2.0 */
/* sides.h -- which end of its conns each of two configurations is, where no facts of their hosts are given: made up from the addresses
 * that stand in them. */
#ifndef CLI_IPSEC_RUN_SIDES_H
#define CLI_IPSEC_RUN_SIDES_H

#include "include/ipsecc.h"

typedef VEC(const char *) address_list;

/* What is known of one side: its configuration, or, where its plan knows its ends already, that plan. */
struct host_side {
	const struct ir *ir;		/* NULL: the plan serves */
	const struct plan *plan;
	struct map own, other;		/* addresses, as text: of this side's host, and of those that it speaks with */
	address_list own_list, other_list;
	const char *by_word;		/* for %defaultroute and %eth0; NULL: none is needed */
};

/* Sets the lists of both. The first is the address that most of its conns share, the left one where that does not decide; the second is
 * the other end of the same conns. */
void sides_choose(struct arena *a, struct host_side sides[2]);
/* The facts of such a host (contract section 6). */
void side_write_facts(const struct host_side *side, struct buf *out);

#endif
