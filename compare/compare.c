/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/parts.h"

#include <stdlib.h>
#include <string.h>

#include "backends/backend.h"
#include "base/map.h"

const char *const compare_kind_words[COMPARE_KINDS] = {
	[COMPARE_ADDED] = "added", [COMPARE_REMOVED] = "removed", [COMPARE_CHANGED] = "changed", [COMPARE_RENAMED] = "renamed",
};
const char *const compare_effect_words[COMPARE_EFFECTS] = {
	[COMPARE_DIFFERS] = "changed", [COMPARE_WEAKENED] = "weakened", [COMPARE_STRENGTHENED] = "strengthened", [COMPARE_WIDENED] = "widened",
	[COMPARE_NARROWED] = "narrowed", [COMPARE_AHEAD] = "ahead", [COMPARE_BEHIND] = "behind",
};

#define FIRST_AUTOMATIC_REQID 16384u	/* IPSEC_MANUAL_REQID_MAX + 1 */

bool compare_reqids_eq(uint32_t a, uint32_t b)
{
	return a == b || (a >= FIRST_AUTOMATIC_REQID && b >= FIRST_AUTOMATIC_REQID);
}

static int by_slot(const void *x, const void *y)
{
	const struct plan_policy *const *a = x, *const *b = y;

	return plan_slot_cmp(*a, *b);
}

/* Names of the children that nothing routes by itself: auto=add waits for somebody to call. */
static void waiting_children(struct arena *a, const struct plan *plan, struct map *ret)
{
	map_init(ret, a);
	for (size_t i = 0; i < plan->children.n; i++)
		if (plan->children.v[i].start <= PLAN_START_ADD)
			map_set(ret, slice_of(plan->children.v[i].name), &plan->children.v[i]);
}

void compare_standing(struct arena *a, const struct plan *plan, enum compare_standing what, struct policy_list *ret)
{
	const struct backend_options options = { .phase = what == STANDING_UP ? PHASE_UP : PHASE_ROUTE };
	struct rendering r = rendering_of(plan, &options, a);
	const struct plan_policy *p;
	struct map waiting;

	waiting_children(a, plan, &waiting);
	ret->list.n = 0;
	while ((p = rendering_next(&r)))
		if (what != STANDING_DOWN || p->when != PLAN_WHEN_ROUTE || !map_get(&waiting, slice_of(p->conn)))
			vec_push(a, &ret->list, p);
	if (ret->list.n > 1)
		qsort(ret->list.v, ret->list.n, sizeof(*ret->list.v), by_slot);
}

/* Of two plans traffic is looked at twice: while all is up, and before anything is negotiated. A kernel has one state only: a plan that is to replace it
 * is taken as up, one that it is held against as what must stand at least. */
static bool wants(const struct compare_side *x, const struct compare_side *y, enum compare_phase phase, enum compare_standing what)
{
	bool kernel = x->kernel || y->kernel;

	switch (what) {
	case STANDING_UP:
		return phase == COMPARE_UP || (phase == COMPARE_EITHER && (!kernel || x->kernel));
	case STANDING_ROUTED:
		return phase == COMPARE_ROUTE;
	case STANDING_DOWN:
		break;
	}
	return phase == COMPARE_EITHER && !x->kernel;
}

static void find_gaps(struct arena *a, const struct compare_side *x, const struct compare_side *y, enum compare_phase phase,
		      struct comparison *c)
{
	struct policy_list one = { 0 }, other = { 0 };

	for (enum compare_standing what = STANDING_UP; what <= STANDING_DOWN; what++) {
		if (!wants(x, y, phase, what))
			continue;
		compare_standing(a, x->plan, what, &one);
		compare_standing(a, y->plan, what, &other);
		compare_gaps(a, &one, &other, what == STANDING_DOWN && !y->kernel, c);
	}
}

struct comparison *compare(struct arena *a, const struct compare_side *x, const struct compare_side *y, enum compare_phase phase)
{
	struct comparison *c = arena_new(a, struct comparison);

	if (x->kernel || y->kernel)
		compare_policies(a, x, y, phase, c);
	else
		compare_conns(a, x->plan, y->plan, c);
	find_gaps(a, x, y, phase, c);
	for (size_t i = 0; i < c->differences.n; i++)
		c->counts[c->differences.v[i].kind]++;
	return c;
}
