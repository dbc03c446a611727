/* SPDX-License-Identifier: Apache-2.0 */
/* Whether anything brings a conn up, and what its traffic does until then (section B.4 of the X-rules). */
#include "compiler/sema/between.h"

/* --- conns that nothing loads ---------------------------------------------------------------------------------------------------- */

/* Names that some conn includes, also those that add no line of their own. */
static void find_included(struct between *b, struct map *included)
{
	const char *const *before = NULL;

	map_init(included, b->arena);
	for (size_t i = 0; i < b->ir->conns.n; i++) {
		const struct resolved_conn *r = b->ir->conns.v[i]->resolved;

		for (size_t j = 0; j < r->settings.n; j++) {
			const struct setting *setting = r->settings.v[j];

			if (setting->source != SOURCE_ALSO || !setting->path || setting->path == before)
				continue;
			before = setting->path;
			for (const char *const *name = setting->path; *name; name++)
				map_set(included, slice_of(*name), b);
		}
	}
}

/* Where nothing at all is loaded, something other than auto= does it: 'ipsec auto' in a script, a network manager. */
static void check_unused(struct between *b, const struct map *included)
{
	live_list conns = { 0 };
	struct finding *f;
	bool any_live = false;

	for (size_t i = 0; i < b->live.n && !any_live; i++)
		any_live = b->live.v[i].conn->resolved->section != NULL;	/* not one of those that the release brings along */
	for (size_t i = 0; i < b->ir->conns.n && any_live; i++) {
		const struct ir_conn *c = b->ir->conns.v[i];
		struct live *l;

		if (c->is_template || b->refused[i] || c->start != PLAN_START_IGNORE || resolved_get(c->resolved, KW_AUTO, SIDE_NONE) ||
		    c->end[0].host_kind == IR_HOST_UNSET || c->end[1].host_kind == IR_HOST_UNSET || map_get(included, slice_of(c->name)))
			continue;
		l = arena_new(b->arena, struct live);
		*l = (struct live){ .conn = c, .order = i };
		vec_push(b->arena, &conns, l);
	}
	if (conns.n == 0)
		return;
	f = diag_report(b->diag, RULE_CONN_UNUSED, conns.v[0]->conn->span, conns.n == 1 ? "nothing loads conn %s" : "nothing loads conns %s",
			between_names(b, &conns));
	diag_set_conn(f, conns.v[0]->conn->name);
	for (size_t i = 1; i < conns.n && i < 8; i++)
		diag_related(b->diag, f, conns.v[i]->conn->span, "nor this one");
	diag_note(b->diag, f, "without auto= a conn is there for 'ipsec auto --add' only");
	diag_help(b->diag, f, "write auto=start, auto=ondemand or auto=add, or auto=ignore if that is meant");
}

/* --- traffic while there is no SA ------------------------------------------------------------------------------------------------ */

/* 3.18 routes what it starts before it starts it. What goes through a device of its own is lost there, not sent in clear. */
static bool starts_in_clear(const struct live *l)
{
	const struct ir_conn *c = l->conn;

	if (c->start != PLAN_START_UP || ir_is_shunt(c) || c->failure_shunt != PLAN_SHUNT_NONE || c->has_if_id || c->vti_interface)
		return false;
	return live_peer(l) && !live_local(l)->modecfg_client && !live_local(l)->port_any && !live_remote(l)->port_any;
}

/* */
static void check_clear_traffic(struct between *b)
{
	live_list conns = { 0 };
	struct finding *f;

	for (size_t i = 0; i < b->live.n && b->ir->release != RELEASE_3_18; i++)
		if (starts_in_clear(&b->live.v[i]))
			vec_push(b->arena, &conns, &b->live.v[i]);
	if (conns.n == 0)
		return;
	f = diag_report(b->diag, RULE_TRAFFIC_IN_CLEAR, between_place(conns.v[0]->conn, KW_AUTO, SIDE_NONE),
			conns.n == 1 ? "until conn %s is up, its traffic leaves in clear" : "until conns %s are up, their traffic leaves in clear",
			between_names(b, &conns));
	diag_set_conn(f, conns.v[0]->conn->name);
	diag_note(b->diag, f, "auto=start has no policy before the first SA, nor after a negotiation that failed");
	diag_help(b->diag, f, "auto=ondemand puts a trap there first; a firewall rule can drop what is not encrypted");
}

void between_reach(struct between *b)
{
	struct map included;

	if (b->diag->counts[SEVERITY_ERROR])
		return;		/* there are greater worries, and what loads is not settled */
	find_included(b, &included);
	check_unused(b, &included);
	check_clear_traffic(b);
}
