/* SPDX-License-Identifier: Apache-2.0 */
/* orient.c -- which end of a conn is this host. left and right say nothing about it: the addresses do (E-117). */
#include "compiler/lower/lowering.h"

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

static struct ip_addr host_address(const struct host_facts *facts, const struct ir_conn *conn, unsigned i)
{
	const struct ir_end *end = &conn->end[i], *other = &conn->end[1 - i];
	sa_family_t family = other->host_kind == IR_HOST_ADDR ? other->host.family : AF_INET;

	if (end->host_kind == IR_HOST_ADDR)
		return end->host;
	if (facts && end->host_kind == IR_HOST_DEFAULTROUTE)
		return default_route_address(facts, family);
	if (facts && end->host_kind == IR_HOST_INTERFACE)
		return interface_address(facts, end->host_name, family);
	return (struct ip_addr){ .family = AF_UNSPEC };
}

/* What can be said without facts: %defaultroute and %eth0 mean this host, and an end that may be anybody never is this host. */
static bool is_here_by_words(const struct ir_conn *conn, unsigned i)
{
	const struct ir_end *end = &conn->end[i], *other = &conn->end[1 - i];

	return (is_here_by_word(end) && !is_here_by_word(other)) || (end->host_kind == IR_HOST_ADDR && ir_end_is_anybody(other));
}

struct lower_side lower_side_of(const struct host_facts *facts, const struct ir_conn *conn)
{
	struct lower_side ret = { .side = PLAN_SIDE_UNKNOWN };

	for (unsigned i = 0; i < 2; i++) {
		ret.host[i] = host_address(facts, conn, i);
		ret.here[i] = !facts ? is_here_by_words(conn, i) :
			ret.host[i].family != AF_UNSPEC && (is_here_by_word(&conn->end[i]) || facts_have_address(facts, &ret.host[i]));
	}
	if (ret.here[0] != ret.here[1])
		ret.side = ret.here[0] ? PLAN_SIDE_LEFT : PLAN_SIDE_RIGHT;
	return ret;
}

/* --- for the plan: what follows for those that are to be compiled ------------------------------------------------------------- */

static void report_elsewhere(struct lowering *l, const struct ir_conn *conn, const char *why)
{
	struct finding *f = diag_report(l->diag, RULE_SIDE_UNKNOWN, conn->span, "conn '%s': %s", conn->name, why);

	diag_set_conn(f, conn->name);
	diag_note(l->diag, f, "libreswan %s loads the conn, but can neither route nor start it", release_name(l->ir->release));
	diag_help(l->diag, f, "give one end an address of this host, or --host-facts=FILE of the host that this file is for");
}

static const char *why_elsewhere(struct lowering *l, const struct ir_conn *conn, const struct lower_side *o)
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

static void report_both(struct lowering *l, const struct ir_conn *conn)
{
	struct finding *f = diag_report(l->diag, RULE_BOTH_ENDS_HERE, conn->span, "both ends of conn '%s' are addresses of this host", conn->name);

	diag_set_conn(f, conn->name);
	diag_note(l->diag, f, "libreswan %s does not orient such a conn and ends it", release_name(l->ir->release));
}

bool lower_orient(struct lowering *l, const struct ir_conn *conn, struct orientation *ret)
{
	struct lower_side side = lower_side_of(l->options->facts, conn);

	*ret = (struct orientation){ .side = side.side, .local = side.side == PLAN_SIDE_RIGHT, .host = { side.host[0], side.host[1] } };
	if (side.side != PLAN_SIDE_UNKNOWN)
		return true;
	if (!l->options->facts) {
		ret->why = "no facts of the host were given";
		l->without_facts++;
		return true;
	}
	if (side.here[0]) {	/* and the other */
		report_both(l, conn);
		return false;
	}
	ret->why = why_elsewhere(l, conn, &side);
	report_elsewhere(l, conn, ret->why);
	return true;
}
