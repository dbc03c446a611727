/* SPDX-License-Identifier: Apache-2.0 */
/* orient.c -- which end of a conn is this host. left and right say nothing about it: the addresses do (E-117). */
#include "compiler/lower/lowering.h"

static bool is_ours(const struct host_facts *facts, const struct ip_addr *addr)
{
	for (size_t i = 0; i < facts->addresses.n; i++)
		if (facts->addresses.v[i].up && ip_addr_eq(&facts->addresses.v[i].addr, addr))
			return true;
	return false;
}

static const struct fact_route *best_route(const struct host_facts *facts, sa_family_t family)
{
	const struct fact_route *best = NULL;

	for (size_t i = 0; i < facts->default_routes.n; i++) {
		const struct fact_route *r = &facts->default_routes.v[i];

		if (r->family == family && (!best || r->metric < best->metric))	/* E-120 */
			best = r;
	}
	return best;
}

static struct ip_addr interface_address(const struct host_facts *facts, const char *name, sa_family_t family)
{
	for (size_t i = 0; i < facts->addresses.n; i++) {
		const struct fact_address *a = &facts->addresses.v[i];

		if (a->up && a->addr.family == family && !a->link_local && strcmp(a->interface, name) == 0)
			return a->addr;
	}
	return (struct ip_addr){ .family = AF_UNSPEC };
}

/* E-119: the source address of the best default route, else the first address of its interface. */
static struct ip_addr default_route_address(const struct host_facts *facts, sa_family_t family)
{
	const struct fact_route *route = best_route(facts, family);

	if (!route)
		return (struct ip_addr){ .family = AF_UNSPEC };
	return route->source.family != AF_UNSPEC ? route->source : interface_address(facts, route->interface, family);
}

static bool is_here_by_word(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_DEFAULTROUTE || end->host_kind == IR_HOST_INTERFACE;
}

static bool is_anybody(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_ANY || end->host_kind == IR_HOST_GROUP || end->host_kind == IR_HOST_OPPORTUNISTIC ||
	       end->host_kind == IR_HOST_OPPORTUNISTICGROUP;
}

static struct ip_addr host_address(const struct lowering *l, const struct ir_conn *conn, unsigned i)
{
	const struct ir_end *end = &conn->end[i], *other = &conn->end[1 - i];
	const struct host_facts *facts = l->options->facts;
	sa_family_t family = other->host_kind == IR_HOST_ADDR ? other->host.family : AF_INET;

	if (end->host_kind == IR_HOST_ADDR)
		return end->host;
	if (facts && end->host_kind == IR_HOST_DEFAULTROUTE)
		return default_route_address(facts, family);
	if (facts && end->host_kind == IR_HOST_INTERFACE)
		return interface_address(facts, end->host_name, family);
	return (struct ip_addr){ .family = AF_UNSPEC };
}

static void set_side(struct orientation *o, unsigned local)
{
	o->side = local == 0 ? PLAN_SIDE_LEFT : PLAN_SIDE_RIGHT;
	o->local = local;
	o->why = NULL;
}

/* What can be said without facts: %defaultroute and %eth0 mean this host, and an end that may be anybody never is this host. */
static void orient_by_words(const struct ir_conn *conn, struct orientation *o)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct ir_end *end = &conn->end[i], *other = &conn->end[1 - i];

		if (is_here_by_word(end) && !is_here_by_word(other))
			set_side(o, i);
		else if (end->host_kind == IR_HOST_ADDR && is_anybody(other))
			set_side(o, i);
	}
}

static void report_elsewhere(struct lowering *l, const struct ir_conn *conn, const char *why)
{
	struct finding *f = diag_report(l->diag, RULE_SIDE_UNKNOWN, conn->span, "conn '%s': %s", conn->name, why);

	diag_set_conn(f, conn->name);
	diag_note(l->diag, f, "libreswan %s loads the conn, but can neither route nor start it", release_name(l->ir->release));
	diag_help(l->diag, f, "give one end an address of this host, or --host-facts=FILE of the host that this file is for");
}

static const char *why_elsewhere(struct lowering *l, const struct ir_conn *conn, const struct orientation *o)
{
	char left[IP_ADDR_TEXT], right[IP_ADDR_TEXT];

	for (unsigned i = 0; i < 2; i++) {
		if (conn->end[i].host_kind == IR_HOST_DEFAULTROUTE && o->host[i].family == AF_UNSPEC)
			return "the host has no default route, which '%defaultroute' asks for";
		if (conn->end[i].host_kind == IR_HOST_INTERFACE && o->host[i].family == AF_UNSPEC)
			return arena_printf(l->arena, "interface '%s' has no address", conn->end[i].host_name);
	}
	for (unsigned i = 0; i < 2; i++)
		if (o->host[i].family == AF_UNSPEC)
			return o->host[1 - i].family == AF_UNSPEC ? "neither end has an address that is known before run time" :
			       arena_printf(l->arena, "'%s' is no address of this host", ip_addr_format(&o->host[1 - i], left));
	return arena_printf(l->arena, "neither '%s' nor '%s' is an address of this host", ip_addr_format(&o->host[0], left),
			    ip_addr_format(&o->host[1], right));
}

static bool orient_by_facts(struct lowering *l, const struct ir_conn *conn, struct orientation *o)
{
	const struct host_facts *facts = l->options->facts;
	bool here[2];
	struct finding *f;

	for (unsigned i = 0; i < 2; i++)
		here[i] = o->host[i].family != AF_UNSPEC && (is_here_by_word(&conn->end[i]) || is_ours(facts, &o->host[i]));
	if (here[0] && here[1]) {
		f = diag_report(l->diag, RULE_BOTH_ENDS_HERE, conn->span, "both ends of conn '%s' are addresses of this host",
				conn->name);
		diag_set_conn(f, conn->name);
		diag_note(l->diag, f, "libreswan %s does not orient such a conn and ends it", release_name(l->ir->release));
		return false;
	}
	if (here[0] || here[1]) {
		set_side(o, here[0] ? 0 : 1);
		return true;
	}
	o->why = why_elsewhere(l, conn, o);
	report_elsewhere(l, conn, o->why);
	return true;
}

bool lower_orient(struct lowering *l, const struct ir_conn *conn, struct orientation *ret)
{
	struct orientation o = { .side = PLAN_SIDE_UNKNOWN, .why = "no facts of the host were given" };
	bool oriented = true;

	for (unsigned i = 0; i < 2; i++)
		o.host[i] = host_address(l, conn, i);
	if (!l->options->facts) {
		orient_by_words(conn, &o);
		l->without_facts += o.side == PLAN_SIDE_UNKNOWN;
	} else {
		oriented = orient_by_facts(l, conn, &o);
	}
	*ret = o;
	return oriented;
}

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

struct lower_side lower_side_of(struct arena *a, const struct ir *ir, const struct host_facts *facts, const struct ir_conn *conn)
{
	struct lower_options options = { .facts = facts };
	struct orientation o = { .side = PLAN_SIDE_UNKNOWN };
	struct lowering l = { .arena = a, .ir = ir, .options = &options };
	struct lower_side side;
	struct diag unheard;

	diag_init(&unheard, a, (struct diag_source){ NULL, nowhere });
	l.diag = &unheard;
	lower_orient(&l, conn, &o);
	side.side = o.side;
	memcpy(side.host, o.host, sizeof(side.host));
	return side;
}
