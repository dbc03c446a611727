/* SPDX-License-Identifier: Apache-2.0 */
/* Rules between conns (part B of the X-rules): an index by what they protect, so that the cost is linear in the number of conns. */
#include <stdlib.h>

#include "base/map.h"
#include "compiler/sema/checks.h"

/* One end as part of the policy key: the network, or the host itself; with protocol and port. NULL: it is not known. */
static const char *client_text(struct arena *a, const struct ir_end *end)
{
	char text[IP_PREFIX_TEXT];
	struct ip_prefix p;

	if (end->subnets.n > 1 || end->virtual_subnet || end->port_any || end->addresspool.first.family != AF_UNSPEC)
		return NULL;
	if (end->has_subnet)
		p = end->subnet;
	else if (end->host_kind == IR_HOST_ADDR)
		p = ip_prefix_of_host(&end->host);
	else
		return NULL;
	return arena_printf(a, "%s %u %u", ip_prefix_format(&p, text), end->proto, end->port);
}

/* Both ends in one order, since either may be this host. NULL: the conn has no single policy, or is not routed by the file. */
static const char *policy_key(struct arena *a, const struct ir_conn *c)
{
	const char *left, *right;

	if (c->is_template || (c->start != PLAN_START_UP && c->start != PLAN_START_ROUTE) || check_is_shunt(c))
		return NULL;
	left = client_text(a, &c->end[SIDE_LEFT]);
	right = client_text(a, &c->end[SIDE_RIGHT]);
	if (!left || !right)
		return NULL;
	return arena_printf(a, "%s|%s|%u/%u %u/%u %u", strcmp(left, right) < 0 ? left : right, strcmp(left, right) < 0 ? right : left,
			    c->mark_in.value, c->mark_in.mask, c->mark_out.value, c->mark_out.mask, c->if_id);
}

static const char *peer_text(struct arena *a, const struct ir_end *end)
{
	char text[IP_ADDR_TEXT];

	if (end->host_kind == IR_HOST_ADDR)
		return arena_strdup(a, slice_of(ip_addr_format(&end->host, text)));
	return end->host_kind == IR_HOST_NAME ? end->host_name : NULL;
}

/* The end of `c` that is no end of `d`: the peer that differs. NULL: both conns run between the same addresses, or it is not known. */
static const char *other_peer(struct arena *a, const struct ir_conn *c, const struct ir_conn *d)
{
	const char *mine[2] = { peer_text(a, &c->end[0]), peer_text(a, &c->end[1]) };
	const char *theirs[2] = { peer_text(a, &d->end[0]), peer_text(a, &d->end[1]) };

	for (int i = 0; i < 2; i++) {
		if (!mine[i] || !theirs[0] || !theirs[1])
			continue;
		if (strcmp(mine[i], theirs[0]) != 0 && strcmp(mine[i], theirs[1]) != 0)
			return mine[i];
	}
	return NULL;
}

static const char *traffic_text(struct arena *a, const struct ir_conn *c)
{
	char left[IP_PREFIX_TEXT], right[IP_PREFIX_TEXT];
	struct ip_prefix l = c->end[0].has_subnet ? c->end[0].subnet : ip_prefix_of_host(&c->end[0].host);
	struct ip_prefix r = c->end[1].has_subnet ? c->end[1].subnet : ip_prefix_of_host(&c->end[1].host);

	return arena_printf(a, "%s <-> %s", ip_prefix_format(&l, left), ip_prefix_format(&r, right));
}

/* the second one that is routed fails, in all releases. Both load. */
static void report_same_traffic(struct arena *a, struct diag *diag, const struct ir_conn *c, const struct ir_conn *first, const char *peer)
{
	struct finding *f = diag_report(diag, RULE_SAME_TRAFFIC, c->span, "conns '%s' and '%s' protect the same traffic to different peers",
					first->name, c->name);
	const char *first_peer = other_peer(a, first, c);

	diag_set_conn(f, c->name);
	diag_caret(diag, f, "%s by %s", traffic_text(a, c), peer);
	diag_related(diag, f, first->span, "the same, by %s", first_peer ? first_peer : "another peer");
	diag_note(diag, f, "whichever is routed second fails with \"cannot route -- route already in use\"");
}

/* --- address pools --------------------------------------------------------------------------------------------------------------- */

struct pool {
	const struct ir_conn *conn;
	enum side side;
	const struct ip_range *range;
	size_t order;		/* of its conn in the file */
};

static int by_first(const void *a, const void *b)
{
	const struct pool *p = a, *q = b;
	int order = ip_addr_cmp(&p->range->first, &q->range->first);

	return order ? order : (p->order > q->order) - (p->order < q->order);
}

static bool same_range(const struct ip_range *a, const struct ip_range *b)
{
	return ip_addr_eq(&a->first, &b->first) && ip_addr_eq(&a->last, &b->last);
}

struct overlap {
	const struct pool *later, *earlier;	/* by the order of loading */
};

static int by_loading(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;

	if (x->later->order != y->later->order)
		return x->later->order < y->later->order ? -1 : 1;
	return (x->earlier->order > y->earlier->order) - (x->earlier->order < y->earlier->order);
}

/* S-098, S-099, X-020: equal pools are shared, others must not touch; the conn that is loaded later is refused. */
static void report_overlap(struct diag *diag, const struct ir *ir, const struct overlap *o)
{
	const struct ir_conn *later = o->later->conn, *earlier = o->earlier->conn;
	struct finding *f = diag_report(diag, RULE_ADDRESSPOOLS_OVERLAP, ir_origin(later, KW_ADDRESSPOOL, o->later->side),
					"the address pool of conn '%s' overlaps that of conn '%s'", later->name, earlier->name);

	diag_set_conn(f, later->name);
	diag_related(diag, f, ir_origin(earlier, KW_ADDRESSPOOL, o->earlier->side), "the other one");
	diag_note(diag, f, "libreswan %s refuses the conn that is loaded second; only equal pools are shared", release_name(ir->release));
}

static void check_pools(struct arena *a, const struct ir *ir, struct diag *diag, bool *refused)
{
	VEC(struct pool) pools = { 0 };
	VEC(struct overlap) overlaps = { 0 };
	size_t reach = 0;	/* the pool so far that ends last */

	for (size_t i = 0; i < ir->conns.n; i++)
		for (int side = 0; side < 2; side++)
			if (ir->conns.v[i]->end[side].addresspool.first.family != AF_UNSPEC)
				vec_push(a, &pools, (struct pool){ ir->conns.v[i], (enum side)side, &ir->conns.v[i]->end[side].addresspool, i });
	if (pools.n)
		qsort(pools.v, pools.n, sizeof *pools.v, by_first);
	for (size_t i = 1; i < pools.n; i++) {
		const struct pool *p = &pools.v[reach], *q = &pools.v[i];

		if (ip_range_has(p->range, &q->range->first) && !same_range(p->range, q->range) && p->conn != q->conn)
			vec_push(a, &overlaps, p->order < q->order ? (struct overlap){ q, p } : (struct overlap){ p, q });
		if (!ip_range_has(p->range, &q->range->last))
			reach = i;
	}
	if (overlaps.n)
		qsort(overlaps.v, overlaps.n, sizeof *overlaps.v, by_loading);
	for (size_t i = 0; i < overlaps.n; i++) {
		const struct overlap *o = &overlaps.v[i];

		/* a conn that is not there is in nobody's way, and one reason is enough */
		if (refused[o->earlier->order] || refused[o->later->order])
			continue;
		refused[o->later->order] = true;
		report_overlap(diag, ir, o);
	}
}

/* --- numbers that two conns share ------------------------------------------------------------------------------------------------ */

/* the kernel finds an SA for a policy by the reqid. Both conns load, and subnets= shares one number by design; what is
 * wrong is two peers behind it. Each conn is compared with the first of its number only. */
static void check_reqids(struct arena *a, const struct ir *ir, struct diag *diag)
{
	struct map by_reqid;

	map_init(&by_reqid, a);
	for (size_t i = 0; i < ir->conns.n; i++) {
		struct ir_conn *c = ir->conns.v[i];
		const struct ir_conn *first;
		struct finding *f;
		const char *key;

		if (c->is_template || c->reqid == 0 || c->start == PLAN_START_IGNORE || check_is_shunt(c))
			continue;
		key = arena_printf(a, "%u", c->reqid);
		first = map_get(&by_reqid, slice_of(key));
		if (!first) {
			map_set(&by_reqid, slice_of(key), c);
			continue;
		}
		if (!other_peer(a, c, first) || strcmp(c->name, first->name) == 0)
			continue;
		f = diag_report(diag, RULE_SAME_REQID, ir_origin(c, KW_REQID, SIDE_NONE),
				"conns '%s' and '%s' have the same reqid and different peers", first->name, c->name);
		diag_set_conn(f, c->name);
		diag_related(diag, f, ir_origin(first, KW_REQID, SIDE_NONE), "the other one");
		diag_note(diag, f, "the kernel may send the traffic of one through the SA of the other");
		diag_help(diag, f, "give each peer a number of its own, or leave 'reqid' out");
	}
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

void checks_between(struct arena *a, const struct ir *ir, struct diag *diag, bool *refused)
{
	struct map by_policy;

	check_pools(a, ir, diag, refused);
	check_reqids(a, ir, diag);
	map_init(&by_policy, a);
	for (size_t i = 0; i < ir->conns.n; i++) {
		struct ir_conn *c = ir->conns.v[i];
		const char *key = policy_key(a, c), *peer;
		const struct ir_conn *first = key ? map_get(&by_policy, slice_of(key)) : NULL;

		if (!key)
			continue;
		if (!first) {
			map_set(&by_policy, slice_of(key), c);
			continue;
		}
		peer = other_peer(a, c, first);
		if (peer && strcmp(c->name, first->name) != 0)
			report_same_traffic(a, diag, c, first, peer);
	}
}
