/* SPDX-License-Identifier: Apache-2.0 */
/* lower.h -- typed conns and host facts to a plan, by the E-rules: orientation, subnet products, selectors, reqids, priorities,
 * phases. */
#ifndef COMPILER_LOWER_H
#define COMPILER_LOWER_H

#include "compiler/lower/facts.h"
#include "compiler/sema/ir.h"

struct lower_options {
	const struct host_facts *facts;		/* NULL: sides are unknown */
	/* names asked for, NULL-terminated, all existing; NULL: all that are not templates and not auto=ignore */
	const char *const *conns;
	const char *secrets_file;		/* written into references; default /etc/ipsec.secrets */
};

/* The plan of everything that can be lowered. What cannot is a finding (8xxx), and *ret_incomplete is set when a conn that was
 * asked for is missing, or the plan is empty in spite of errors in the file. Never fails. */
struct plan *lower(struct arena *a, const struct ir *ir, const struct sources *sources, const struct lower_options *options,
		   struct diag *diag, bool *ret_incomplete);

/* Which end of a conn this host is, as far as facts (may be NULL) or its words tell, and the addresses that are known before run time
 * (AF_UNSPEC: not known). Reports nothing. */
struct lower_side {
	enum plan_side side;
	bool here[2];			/* this end is an address of this host, or says that it is; both: the side is unknown */
	struct ip_addr host[2];
};
struct lower_side lower_side_of(const struct host_facts *facts, const struct ir_conn *conn);
/* How an end authenticates, by leftauth= and authby= together. */
enum plan_auth lower_auth(const struct ir_conn *conn, const struct ir_end *end);

/* Whether the pairs that a conn's lists of subnets make are within the limits, after *total of the conns before it, to which they
 * are added; if not, reports that the conn is left out. */
bool lower_pairs_fit(struct diag *diag, const struct ir_conn *conn, size_t *total);

#endif
