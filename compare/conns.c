/* SPDX-License-Identifier: Apache-2.0 */
/* Conns against conns: found again by name, or by what they do; then member by member, and traffic as sets. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "compare/parts.h"
#include "plan/differ.h"

struct flow {				/* one pair of selectors */
	struct traffic_selector local, remote;
};

struct conn_view {			/* a conn with all its subnet pairs, or a shunt */
	const char *name;
	const struct plan_origin *origin;
	const struct plan_peer *peer;	/* NULL: a shunt, or its peer is missing */
	const struct plan_child *child;	/* the first; NULL: a shunt, or there is none */
	enum plan_action action;	/* of a shunt */
	bool has_priority;
	uint32_t priority;		/* of its first policy out of this host */
	VEC(struct flow) flows;
	const struct conn_view *other;	/* on the other side; NULL: none */
};

struct views {
	struct arena *arena;
	VEC(struct conn_view *) list;
	struct map by_name, of_child;
};

/* --- from plan to views ------------------------------------------------------------------------------------------------------- */

static struct conn_view *view_of(struct views *v, const char *name, const struct plan_origin *origin)
{
	struct conn_view *view = map_get(&v->by_name, slice_of(name));

	if (view)
		return view;
	view = arena_new(v->arena, struct conn_view);
	view->name = name;
	view->origin = origin;
	vec_push(v->arena, &v->list, view);
	map_set(&v->by_name, slice_of(name), view);
	return view;
}

static void add_child(struct views *v, const struct plan_child *child)
{
	struct conn_view *view = view_of(v, child->peer, &child->origin);

	if (!view->child)
		view->child = child;
	map_set(&v->of_child, slice_of(child->name), view);
	for (size_t i = 0; i < child->local_ts.n; i++)
		for (size_t j = 0; j < child->remote_ts.n; j++)
			vec_push(v->arena, &view->flows, (struct flow){ child->local_ts.v[i], child->remote_ts.v[j] });
}

/* "hq/1x2" is one of the pairs of "hq". */
static const char *without_pair(struct arena *a, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t n = slash ? strspn(slash + 1, "0123456789") : 0;

	if (!n || slash[1 + n] != 'x' || strspn(slash + 2 + n, "0123456789") != strlen(slash + 2 + n) || !slash[2 + n])
		return name;
	return arena_strdup(a, (struct slice){ name, (size_t)(slash - name) });
}

static void add_policy(struct views *v, const struct plan_policy *p)
{
	struct conn_view *view = map_get(&v->of_child, slice_of(p->conn));

	if (p->dir != PLAN_OUT || p->strict)
		return;
	if (!view) {
		view = view_of(v, without_pair(v->arena, p->conn), &p->origin);
		view->action = p->action;
		vec_push(v->arena, &view->flows, (struct flow){
			ts_of_prefix(&p->src, p->proto, p->sport), ts_of_prefix(&p->dst, p->proto, p->dport) });
	}
	if (!view->has_priority)
		view->priority = p->priority;
	view->has_priority = true;
}

static void make_views(struct views *v, struct arena *a, const struct plan *plan)
{
	*v = (struct views){ .arena = a };
	map_init(&v->by_name, a);
	map_init(&v->of_child, a);
	for (size_t i = 0; i < plan->peers.n; i++)
		view_of(v, plan->peers.v[i].conn, &plan->peers.v[i].origin)->peer = &plan->peers.v[i];
	for (size_t i = 0; i < plan->children.n; i++)
		add_child(v, &plan->children.v[i]);
	for (size_t i = 0; i < plan->policies.n; i++)
		add_policy(v, &plan->policies.v[i]);
}

/* --- words -------------------------------------------------------------------------------------------------------------------- */

#define FLOWS_SHOWN 4

static const char *flow_text(struct arena *a, const struct flow *f)
{
	char local[TS_TEXT], remote[TS_TEXT];

	return arena_printf(a, "%s <-> %s", ts_format(&f->local, local), ts_format(&f->remote, remote));
}

static const char *end_text(struct arena *a, const struct plan_end *end)
{
	char text[IP_ADDR_TEXT];

	switch (end->kind) {
	case PLAN_ADDRESS_FIXED:
		return arena_printf(a, "%s", ip_addr_format(&end->addr, text));
	case PLAN_ADDRESS_NAME:
		return end->name;
	case PLAN_ADDRESS_ANY:
		return "any peer";
	case PLAN_ADDRESS_OPPORTUNISTIC:
		break;
	}
	return "whoever the traffic is for";
}

static const char *type_text(const struct conn_view *v)
{
	if (!v->child && !v->peer)
		return v->action == PLAN_PASS ? "passthrough" : "drop";
	return v->child && v->child->mode == PLAN_MODE_TRANSPORT ? "transport" : "tunnel";
}

/* `flows` of which only those in `take` count; NULL: all. */
static const char *flows_text(struct arena *a, const struct conn_view *v, const bool *take)
{
	const char *text = NULL;
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < v->flows.n; i++) {
		if (take && !take[i])
			continue;
		if (shown == FLOWS_SHOWN) {
			more++;
			continue;
		}
		text = arena_printf(a, "%s%s%s", text ? text : "", text ? ", " : "", flow_text(a, &v->flows.v[i]));
		shown++;
	}
	return more ? arena_printf(a, "%s and %zu more", text, more) : text;
}

static const char *summary(struct arena *a, const struct conn_view *v)
{
	const char *flows = flows_text(a, v, NULL), *text = type_text(v);

	if (flows)
		text = arena_printf(a, "%s %s", text, flows);
	return v->peer ? arena_printf(a, "%s, peer %s", text, end_text(a, &v->peer->remote)) : text;
}

/* --- who is who --------------------------------------------------------------------------------------------------------------- */

static void pair(struct conn_view *x, struct conn_view *y)
{
	x->other = y;
	y->other = x;
}

#define DEED_FLOWS 16		/* enough to know a conn by; the differences of the others are told */

/* What a conn under another name is known by. */
static const char *deed(struct arena *a, const struct conn_view *v)
{
	const char *text = type_text(v);

	for (size_t i = 0; i < v->flows.n && i < DEED_FLOWS; i++)
		text = arena_printf(a, "%s|%s", text, flow_text(a, &v->flows.v[i]));
	text = arena_printf(a, "%s|%zu", text, v->flows.n);
	return v->peer ? arena_printf(a, "%s|%s|%s", text, end_text(a, &v->peer->remote), ident_format(a, &v->peer->remote.id)) : text;
}

static void pair_all(struct arena *a, struct views *x, struct views *y)
{
	struct map deeds;

	for (size_t i = 0; i < x->list.n; i++) {
		struct conn_view *other = map_get(&y->by_name, slice_of(x->list.v[i]->name));

		if (other)
			pair(x->list.v[i], other);
	}
	map_init(&deeds, a);
	for (size_t i = 0; i < y->list.n; i++)
		if (!y->list.v[i]->other)
			map_set(&deeds, slice_of(deed(a, y->list.v[i])), y->list.v[i]);
	for (size_t i = 0; i < x->list.n && deeds.n; i++) {
		struct conn_view *other = x->list.v[i]->other ? NULL : map_get(&deeds, slice_of(deed(a, x->list.v[i])));

		if (other && !other->other)
			pair(x->list.v[i], other);
	}
}

/* --- one pair ----------------------------------------------------------------------------------------------------------------- */

struct changes {
	struct arena *arena;
	struct compare_difference *difference;
	const char *prefix;		/* "ike.", "child." */
	const proposal_list *a, *b;
};

static void add_change(struct changes *c, const char *what, enum compare_effect effect, const char *a, const char *b)
{
	vec_push(c->arena, &c->difference->changes, (struct compare_change){ what, effect, a, b });
}

/* Values that protect less than all others of their member. */
static const struct weak_value {
	const char *what, *value;
} weak_values[] = {
	{ "ike.version", "1" }, { "ike.aggressive", "yes" }, { "ike.local.auth", "null" }, { "ike.remote.auth", "null" }, { "ike.remote.id", "%any" },
	{ "child.protocol", "ah" }, { "child.pfs", "no" }, { "child.replay_window", "0" },
	{ "child.negotiation_shunt", "passthrough" }, { "child.failure_shunt", "passthrough" },
};

static bool is_weak(const char *what, const char *value)
{
	for (size_t i = 0; i < sizeof weak_values / sizeof *weak_values; i++)
		if (value && strcmp(weak_values[i].what, what) == 0 && strcmp(weak_values[i].value, value) == 0)
			return true;
	return false;
}

static enum compare_effect effect_of(const struct changes *c, const char *what, const char *a, const char *b)
{
	unsigned before, now;

	if (strcmp(what + strlen(c->prefix), "proposals") == 0) {
		before = proposals_weakest_bits(c->a);
		now = proposals_weakest_bits(c->b);
		return now < before ? COMPARE_WEAKENED : now > before ? COMPARE_STRENGTHENED : COMPARE_DIFFERS;
	}
	return is_weak(what, b) ? COMPARE_WEAKENED : is_weak(what, a) ? COMPARE_STRENGTHENED : COMPARE_DIFFERS;
}

static void take_member(void *context, const char *member, const char *a, const char *b)
{
	struct changes *c = context;
	const char *what = arena_printf(c->arena, "%s%s", c->prefix, member);

	add_change(c, what, effect_of(c, what, a, b), a, b);
}

static int selector_cmp(const struct traffic_selector *a, const struct traffic_selector *b)
{
	int order = ip_addr_cmp(&a->range.first, &b->range.first);

	order = order ? order : ip_addr_cmp(&a->range.last, &b->range.last);
	order = order ? order : (int)a->proto - b->proto;
	order = order ? order : (int)a->port_first - b->port_first;
	return order ? order : (int)a->port_last - b->port_last;
}

static int by_flow(const void *p, const void *q)
{
	const struct flow *a = p, *b = q;
	int order = selector_cmp(&a->local, &b->local);

	return order ? order : selector_cmp(&a->remote, &b->remote);
}

static bool flow_holds(const struct flow *outer, const struct flow *inner)
{
	return ts_contains(&outer->local, &inner->local) && ts_contains(&outer->remote, &inner->remote);
}

#define FLOW_PAIRS 1000000u	/* of two long lists only equal flows are looked for */

/* Marks the flows of x that y does not have, neither as such nor in a wider one; their number. Both are sorted. */
static size_t lacking(const struct conn_view *x, const struct conn_view *y, bool *ret)
{
	bool few = y->flows.n == 0 || x->flows.n < FLOW_PAIRS / y->flows.n;
	size_t n = 0;

	for (size_t i = 0; i < x->flows.n; i++) {
		bool found = y->flows.n && bsearch(&x->flows.v[i], y->flows.v, y->flows.n, sizeof(struct flow), by_flow);

		for (size_t j = 0; j < y->flows.n && few && !found; j++)
			found = flow_holds(&y->flows.v[j], &x->flows.v[i]);
		ret[i] = !found;
		n += !found;
	}
	return n;
}

static bool same_flows(const struct conn_view *x, const struct conn_view *y)
{
	bool same = x->flows.n == y->flows.n;

	for (size_t i = 0; i < x->flows.n && same; i++)
		same = ts_eq(&x->flows.v[i].local, &y->flows.v[i].local) && ts_eq(&x->flows.v[i].remote, &y->flows.v[i].remote);
	return same;
}

static void compare_flows(struct changes *c, const struct conn_view *x, const struct conn_view *y)
{
	bool *gone, *new;
	size_t less, more;

	if (same_flows(x, y))
		return;
	gone = arena_new_array(c->arena, x->flows.n + 1, bool);
	new = arena_new_array(c->arena, y->flows.n + 1, bool);
	less = lacking(x, y, gone);
	more = lacking(y, x, new);
	if (!less && !more)		/* the same written otherwise: a part of it twice */
		return;
	if (less && more)
		add_change(c, "traffic", COMPARE_DIFFERS, flows_text(c->arena, x, gone), flows_text(c->arena, y, new));
	else if (more)
		add_change(c, "traffic", COMPARE_WIDENED, flows_text(c->arena, x, NULL), flows_text(c->arena, y, NULL));
	else
		add_change(c, "traffic", COMPARE_NARROWED, flows_text(c->arena, x, NULL), flows_text(c->arena, y, NULL));
}

static enum compare_effect type_effect(const struct conn_view *x, const struct conn_view *y)
{
	bool was_clear = !x->peer && x->action == PLAN_PASS, is_clear = !y->peer && y->action == PLAN_PASS;

	return is_clear && !was_clear ? COMPARE_WEAKENED : was_clear && !is_clear ? COMPARE_STRENGTHENED : COMPARE_DIFFERS;
}

static void compare_pair(struct changes *c, const struct conn_view *x, const struct conn_view *y)
{
	if (strcmp(type_text(x), type_text(y)) != 0 && (!x->child || !y->child))
		add_change(c, "type", type_effect(x, y), type_text(x), type_text(y));
	if (x->peer && y->peer) {
		c->prefix = "ike.", c->a = &x->peer->proposals, c->b = &y->peer->proposals;
		plan_differ_peer(c->arena, x->peer, y->peer, take_member, c);
	}
	if (x->child && y->child) {
		c->prefix = "child.", c->a = &x->child->proposals, c->b = &y->child->proposals;
		plan_differ_child(c->arena, x->child, y->child, take_member, c);
		if (!compare_reqids_eq(x->child->reqid, y->child->reqid))
			add_change(c, "child.reqid", COMPARE_DIFFERS, arena_printf(c->arena, "%u", x->child->reqid),
				   arena_printf(c->arena, "%u", y->child->reqid));
	}
	compare_flows(c, x, y);
	if (x->has_priority && y->has_priority && x->priority != y->priority && same_flows(x, y))
		add_change(c, "priority", y->priority < x->priority ? COMPARE_AHEAD : COMPARE_BEHIND,
			   arena_printf(c->arena, "%u", x->priority), arena_printf(c->arena, "%u", y->priority));
}

/* --- all of them -------------------------------------------------------------------------------------------------------------- */

static void sort_flows(struct views *v)
{
	for (size_t i = 0; i < v->list.n; i++)
		if (v->list.v[i]->flows.n > 1)
			qsort(v->list.v[i]->flows.v, v->list.v[i]->flows.n, sizeof(struct flow), by_flow);
}

static void add_alone(struct arena *a, struct comparison *c, enum compare_kind kind, const struct conn_view *v)
{
	vec_push(a, &c->differences, (struct compare_difference){
		.kind = kind, .name = v->name, .summary = summary(a, v), .a = kind == COMPARE_REMOVED ? v->origin : NULL,
		.b = kind == COMPARE_ADDED ? v->origin : NULL,
	});
}

static void add_pair(struct arena *a, struct comparison *c, const struct conn_view *x)
{
	bool renamed = strcmp(x->name, x->other->name) != 0;
	struct compare_difference d = {
		.kind = renamed ? COMPARE_RENAMED : COMPARE_CHANGED, .name = x->other->name, .old_name = renamed ? x->name : NULL,
		.summary = summary(a, x->other), .a = x->origin, .b = x->other->origin,
	};

	compare_pair(&(struct changes){ .arena = a, .difference = &d }, x, x->other);
	if (renamed || d.changes.n)
		vec_push(a, &c->differences, d);
}

static int by_name(const void *p, const void *q)
{
	const struct compare_difference *a = p, *b = q;
	int order = strcmp(a->name, b->name);

	return order ? order : (int)a->kind - (int)b->kind;
}

void compare_conns(struct arena *a, const struct plan *x, const struct plan *y, struct comparison *c)
{
	struct views one, other;

	make_views(&one, a, x);
	make_views(&other, a, y);
	sort_flows(&one);
	sort_flows(&other);
	pair_all(a, &one, &other);
	for (size_t i = 0; i < one.list.n; i++)
		if (one.list.v[i]->other)
			add_pair(a, c, one.list.v[i]);
		else
			add_alone(a, c, COMPARE_REMOVED, one.list.v[i]);
	for (size_t i = 0; i < other.list.n; i++)
		if (!other.list.v[i]->other)
			add_alone(a, c, COMPARE_ADDED, other.list.v[i]);
	if (c->differences.n > 1)
		qsort(c->differences.v, c->differences.n, sizeof(*c->differences.v), by_name);
}
