/* SPDX-License-Identifier: Apache-2.0 */
/* Policies against those of a kernel, slot by slot. A plan allows more than it demands: a trap that stands while its SA is missing gives way to the policy
 * of the SA, and either is right. */
#include <stdlib.h>

#include "compare/parts.h"

struct side {
	struct policy_list demanded;	/* sorted by slot */
	struct policy_list allowed;	/* the same, several for a slot */
};

static int by_slot(const void *x, const void *y)
{
	const struct plan_policy *const *a = x, *const *b = y;

	return plan_slot_cmp(*a, *b);
}

static struct side side_of(struct arena *a, const struct compare_side *from, enum compare_phase phase)
{
	struct side side = { 0 };

	compare_standing(a, from->plan, phase == COMPARE_UP ? STANDING_UP : phase == COMPARE_ROUTE ? STANDING_ROUTED : STANDING_DOWN, &side.demanded);
	side.allowed = side.demanded;
	if (from->kernel || phase != COMPARE_EITHER)
		return side;
	side.allowed = (struct policy_list){ 0 };
	for (size_t i = 0; i < from->plan->policies.n; i++)
		vec_push(a, &side.allowed.list, &from->plan->policies.v[i]);
	if (side.allowed.list.n > 1)
		qsort(side.allowed.list.v, side.allowed.list.n, sizeof(*side.allowed.list.v), by_slot);
	return side;
}

/* --- one policy --------------------------------------------------------------------------------------------------------------- */

/* A kernel knows no other difference between protecting and passing than templates. */
static enum plan_action action_of(const struct plan_policy *p)
{
	return p->action == PLAN_BLOCK ? PLAN_BLOCK : p->tmpl.n ? PLAN_PROTECT : PLAN_PASS;
}

static bool addresses_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	bool none = a->family == AF_UNSPEC || ip_addr_is_zero(a);

	return none ? b->family == AF_UNSPEC || ip_addr_is_zero(b) : ip_addr_eq(a, b);
}

static bool templates_eq(const struct plan_policy *a, const struct plan_policy *b)
{
	for (size_t i = 0; i < a->tmpl.n && a->tmpl.n == b->tmpl.n; i++) {
		const struct plan_tmpl *s = &a->tmpl.v[i], *t = &b->tmpl.v[i];

		if (s->proto != t->proto || s->mode != t->mode || s->level != t->level || !compare_reqids_eq(s->reqid, t->reqid) ||
		    !addresses_eq(&s->src, &t->src) || !addresses_eq(&s->dst, &t->dst))
			return false;
	}
	return a->tmpl.n == b->tmpl.n;
}

static bool policies_eq(const struct plan_policy *a, const struct plan_policy *b)
{
	return action_of(a) == action_of(b) && a->priority == b->priority && templates_eq(a, b);
}

static const char *templates_text(struct arena *a, const struct plan_policy *p)
{
	static const char *const protos[] = { [PLAN_TMPL_ESP] = "esp", [PLAN_TMPL_AH] = "ah", [PLAN_TMPL_COMP] = "comp" };
	char src[IP_ADDR_TEXT], dst[IP_ADDR_TEXT];
	const char *text = NULL;

	for (size_t i = 0; i < p->tmpl.n; i++) {
		const struct plan_tmpl *t = &p->tmpl.v[i];
		const char *ends = t->src.family == AF_UNSPEC || ip_addr_is_zero(&t->src) ? "" :
			arena_printf(a, " %s-%s", ip_addr_format(&t->src, src), ip_addr_format(&t->dst, dst));

		text = arena_printf(a, "%s%s%s/%s%s reqid %u%s", text ? text : "", text ? ", " : "", protos[t->proto],
				    t->mode == PLAN_MODE_TUNNEL ? "tunnel" : "transport", ends, t->reqid,
				    t->level == PLAN_LEVEL_USE ? " use" : "");
	}
	return text;
}

const char *compare_policy_text(struct arena *a, const struct plan_policy *p)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];
	const char *text = arena_printf(a, "%s %s %s -> %s", plan_dir_words[p->dir], plan_action_words[action_of(p)], ip_prefix_format(&p->src, src),
					ip_prefix_format(&p->dst, dst));

	if (p->proto)
		text = proto_name(p->proto) ? arena_printf(a, "%s %s", text, proto_name(p->proto)) : arena_printf(a, "%s proto %u", text, p->proto);
	if (p->sport_set || p->sport)
		text = arena_printf(a, "%s sport %u", text, p->sport);
	if (p->dport_set || p->dport)
		text = arena_printf(a, "%s dport %u", text, p->dport);
	if (p->mark.mask)
		text = arena_printf(a, "%s mark 0x%x/0x%x", text, p->mark.value, p->mark.mask);
	return p->if_id ? arena_printf(a, "%s if_id 0x%x", text, p->if_id) : text;
}

/* --- both lists --------------------------------------------------------------------------------------------------------------- */

static struct compare_difference *add(struct arena *a, struct comparison *c, enum compare_kind kind, const struct plan_policy *x,
				      const struct plan_policy *y)
{
	struct compare_difference *d = vec_add(a, &c->differences);

	*d = (struct compare_difference){
		.kind = kind, .name = x && x->conn && *x->conn ? x->conn : y ? y->conn : NULL, .summary = compare_policy_text(a, x ? x : y),
		.a = x ? &x->origin : NULL, .b = y ? &y->origin : NULL,
	};
	return d;
}

static void add_changed(struct arena *a, struct comparison *c, const struct plan_policy *x, const struct plan_policy *y)
{
	struct compare_difference *d = add(a, c, COMPARE_CHANGED, x, y);

	if (action_of(x) != action_of(y))
		vec_push(a, &d->changes, (struct compare_change){
			"action", action_of(y) == PLAN_PASS ? COMPARE_WEAKENED : action_of(x) == PLAN_PASS ? COMPARE_STRENGTHENED : COMPARE_DIFFERS,
			plan_action_words[action_of(x)], plan_action_words[action_of(y)] });
	if (x->priority != y->priority)
		vec_push(a, &d->changes, (struct compare_change){
			"priority", y->priority < x->priority ? COMPARE_AHEAD : COMPARE_BEHIND,
			arena_printf(a, "%u", x->priority), arena_printf(a, "%u", y->priority) });
	if (!templates_eq(x, y))
		vec_push(a, &d->changes, (struct compare_change){ "templates", COMPARE_DIFFERS, templates_text(a, x), templates_text(a, y) });
}

/* What stands beside `p` on a side: equal in meaning (*ret_same), else one of its slot, else NULL. */
static const struct plan_policy *beside(const struct side *s, const struct plan_policy *p, bool *ret_same)
{
	const struct plan_policy *found = NULL;

	*ret_same = false;
	for (size_t i = plan_slot_first(s->allowed.list.v, s->allowed.list.n, p); i < s->allowed.list.n && plan_slot_cmp(s->allowed.list.v[i], p) == 0; i++) {
		if (!found || s->allowed.list.v[i]->when == PLAN_WHEN_UP)
			found = s->allowed.list.v[i];
		if (policies_eq(s->allowed.list.v[i], p)) {
			*ret_same = true;
			return s->allowed.list.v[i];
		}
	}
	return found;
}

static bool has_slot(const struct policy_list *l, const struct plan_policy *p)
{
	size_t i = plan_slot_first(l->list.v, l->list.n, p);

	return i < l->list.n && plan_slot_cmp(l->list.v[i], p) == 0;
}

void compare_policies(struct arena *a, const struct compare_side *x, const struct compare_side *y, enum compare_phase phase, struct comparison *c)
{
	struct side one = side_of(a, x, phase), other = side_of(a, y, phase);
	/* the kernel's are all looked for on the other side; of that one only what must stand */
	const struct side *kernel = x->kernel ? &one : &other, *plan = x->kernel ? &other : &one;
	bool same;

	for (size_t i = 0; i < kernel->demanded.list.n; i++) {
		const struct plan_policy *p = kernel->demanded.list.v[i], *q = beside(plan, p, &same);

		if (same)
			continue;
		if (q)
			add_changed(a, c, x->kernel ? p : q, x->kernel ? q : p);
		else
			add(a, c, x->kernel ? COMPARE_REMOVED : COMPARE_ADDED, x->kernel ? p : NULL, x->kernel ? NULL : p);
	}
	for (size_t i = 0; i < plan->demanded.list.n; i++) {
		const struct plan_policy *p = plan->demanded.list.v[i];

		if (!has_slot(&kernel->demanded, p))
			add(a, c, x->kernel ? COMPARE_ADDED : COMPARE_REMOVED, x->kernel ? NULL : p, x->kernel ? p : NULL);
	}
}
