/* SPDX-License-Identifier: Apache-2.0 */
/* proposals.h -- the text of ike=, esp=, ah= and phase2alg= to proposals, by the grammar and the tables of the chosen release (P-rules).
 *
 * Two steps, because "written" and "proposed" differ: proposals_parse() reads and fills in what is missing (a cipher without a size keeps key
 * size 0), proposals_expand() writes out the sizes that the release then proposes.
 */
#ifndef COMPILER_SEMA_PROPOSALS_H
#define COMPILER_SEMA_PROPOSALS_H

#include "diag/diag.h"
#include "proto/proposal.h"

struct proposal_text {
	struct slice text;
	enum ipsec_protocol protocol;
	enum release release;
	unsigned ike_version;		/* 1 or 2 */
	bool pfs;			/* of the conn; for ESP and AH */
};

struct proposal_problem {
	enum rule_id rule;
	bool fatal;			/* the release refuses the conn */
	size_t from, to;		/* in the text; equal: between two characters */
	const char *message, *label, *help;	/* label and help may be NULL */
};
typedef VEC(struct proposal_problem) proposal_problems;

/* True when nothing is fatal: then *ret holds the release's own list, else it is untouched. One fatal problem at most for each element between
 * commas, and all elements are looked at. Memory from the arena. */
bool proposals_parse(struct arena *a, const struct proposal_text *in, proposal_list *ret, proposal_problems *problems);

/* Writes out the two key sizes of ciphers without one: in place for IKEv2, as further proposals for IKEv1. */
void proposals_expand(struct arena *a, enum release release, unsigned ike_version, proposal_list *list);

/* What the release proposes when nothing is written (section 8 of the proposal rules), expanded. */
void proposals_default(struct arena *a, enum ipsec_protocol protocol, enum release release, unsigned ike_version, proposal_list *ret);

#endif
