/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h -- two plans by meaning: what was added, removed, changed, and which traffic would run in clear.
 *
 * A side that comes from a kernel has policies only. Order, files, comments and reqids that the daemon numbers itself (E-rules: from 16384 on) are no
 * difference. Pure; everything is in the arena, and the same plans give the same comparison.
 */
#ifndef COMPARE_COMPARE_H
#define COMPARE_COMPARE_H

#include "plan/plan.h"

enum compare_phase {
	COMPARE_EITHER,			/* of a plan against a kernel: what stands before negotiation must be there, what stands while up may */
	COMPARE_ROUTE, COMPARE_UP,
};

struct compare_side {
	const struct plan *plan;
	bool kernel;			/* it came from a kernel */
};

enum compare_kind { COMPARE_ADDED, COMPARE_REMOVED, COMPARE_CHANGED, COMPARE_RENAMED, COMPARE_KINDS };
enum compare_effect {
	COMPARE_DIFFERS,		/* neither of these */
	COMPARE_WEAKENED, COMPARE_STRENGTHENED,		/* of protection */
	COMPARE_WIDENED, COMPARE_NARROWED,		/* of traffic */
	COMPARE_AHEAD, COMPARE_BEHIND,			/* of priority: against others now earlier or later */
	COMPARE_EFFECTS
};
extern const char *const compare_kind_words[COMPARE_KINDS], *const compare_effect_words[COMPARE_EFFECTS];

struct compare_change {
	const char *what;		/* "ike.lifetime", "child.proposals", "traffic", "priority" */
	enum compare_effect effect;
	const char *a, *b;		/* NULL: nothing there */
};

/* A conn; or one policy, where a side is a kernel. */
struct compare_difference {
	enum compare_kind kind;
	const char *name;		/* of the conn, in b where it is there; NULL: a policy that no conn of the other side has */
	const char *old_name;		/* RENAMED */
	const char *summary;		/* "tunnel 10.1.0.0/16 <-> 10.2.0.0/16", "out 10.1.0.0/16 -> 10.2.0.0/16" */
	const struct plan_origin *a, *b;	/* NULL: not there */
	VEC(struct compare_change) changes;
};

/* Traffic out of this host that a protected or blocked and b lets pass. */
struct compare_gap {
	const char *traffic;		/* "10.1.0.0/16 -> 10.2.0.0/16 proto 6" */
	const char *conn;		/* of a */
	const struct plan_origin *a;
	const char *by;			/* conn of b that lets it pass; NULL: no policy is left */
	const struct plan_origin *b;	/* NULL with it */
	bool blocked;			/* a dropped it */
	bool while_down;		/* only while no SA stands */
};

struct comparison {
	VEC(struct compare_difference) differences;	/* conns by name */
	VEC(struct compare_gap) gaps;
	bool gaps_cut;			/* there may be more: a limit was reached */
	size_t counts[COMPARE_KINDS];
};

struct comparison *compare(struct arena *a, const struct compare_side *x, const struct compare_side *y, enum compare_phase phase);

/* The document of `diff --format=json` (docs/diff.schema.json). `names`: of the sides. */
void compare_write_json(const struct comparison *c, const char *const names[2], struct buf *out);

#endif
