/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h -- what compare() puts together. Private to compare/. */
#ifndef COMPARE_PARTS_H
#define COMPARE_PARTS_H

#include "compare/compare.h"

/* Policies as they stand in a phase, sorted by what the kernel tells them apart by. */
struct policy_list {
	VEC(const struct plan_policy *) list;
};
enum compare_standing {
	STANDING_UP,			/* while every conn is up */
	STANDING_ROUTED,		/* while every conn is routed, and none is up */
	STANDING_DOWN,			/* while those are routed that auto= routes or starts, and none is up */
};
void compare_standing(struct arena *a, const struct plan *plan, enum compare_standing what, struct policy_list *ret);
void compare_conns(struct arena *a, const struct plan *x, const struct plan *y, struct comparison *c);
void compare_policies(struct arena *a, const struct compare_side *x, const struct compare_side *y, enum compare_phase phase, struct comparison *c);
/* Adds what x, and not y, keeps out of the clear; what c has already is not told again. */
void compare_gaps(struct arena *a, const struct policy_list *x, const struct policy_list *y, bool while_down, struct comparison *c);
bool compare_reqids_eq(uint32_t a, uint32_t b);
const char *compare_policy_text(struct arena *a, const struct plan_policy *p);

#endif
