/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/lower/lowering.h"

#include "base/limits.h"
#include "base/map.h"
#include "plan/priority.h"

#define FIRST_REQID	16388u	/* E-080 */

/* --- origins --- */

static struct plan_origin origin_of_span(const struct lowering *l, struct span span)
{
	struct diag_place place;

	if (!span_known(span))
		return (struct plan_origin){ 0 };
	place = sources_locate(l->sources, span.start);
	return (struct plan_origin){ place.file, place.line, place.column };
}

struct plan_origin lower_conn_origin(const struct lowering *l, const struct ir_conn *conn)
{
	return origin_of_span(l, conn->span);
}

struct plan_origin lower_origin(const struct lowering *l, const struct ir_conn *conn, enum keyword_id keyword, enum side side)
{
	struct span span = ir_origin(conn, keyword, side);

	return origin_of_span(l, span_known(span) ? span : conn->span);
}

/* --- which conns --- */

static bool asked_for(const struct lower_options *options, const struct ir_conn *conn)
{
	if (!options->conns)
		return !conn->is_template && conn->start != PLAN_START_IGNORE;
	for (const char *const *name = options->conns; *name; name++)
		if (strcmp(*name, conn->name) == 0)
			return true;
	return false;
}

/* What the next stages of the program will carry; NULL: nothing of that kind is in the conn. */
static const char *not_planned(const struct ir_conn *conn, struct span *ret_span)
{
	for (unsigned side = 0; side < 2; side++) {
		const struct ir_end *end = &conn->end[side];

		if (end->host_kind == IR_HOST_OPPORTUNISTIC) {
			*ret_span = ir_origin(conn, KW_HOST, (enum side)side);
			return "opportunistic peers outside of a policy group";
		}
		if (is_group(conn) && end->subnets.n) {
			*ret_span = ir_origin(conn, KW_SUBNETS, (enum side)side);
			return "lists of subnets with a policy group";
		}
	}
	return NULL;
}

static bool loads(const struct ir_conn *conn)
{
	return !conn->is_template && conn->verdict != VERDICT_WILL_NOT_LOAD;	/* the checks have said why */
}

static bool can_be_planned(struct lowering *l, const struct ir_conn *conn)
{
	struct span span;
	const char *what;
	struct finding *f;

	if (!loads(conn))
		return false;
	what = not_planned(conn, &span);
	if (!what)
		return true;
	f = diag_report(l->diag, RULE_NOT_PLANNED_YET, span, "conn '%s' is left out: plans do not carry %s yet", conn->name, what);
	diag_set_conn(f, conn->name);
	return false;
}

/* A shunt is its policies and nothing else: without them nothing of the conn is in the plan. */
static void report_empty_shunt(struct lowering *l, const struct ir_conn *conn, const struct orientation *o)
{
	struct finding *f;

	l->incomplete = true;
	if (o->side == PLAN_SIDE_UNKNOWN)	/* said already */
		return;
	f = diag_report(l->diag, RULE_NO_POLICIES, conn->span,
			"conn '%s' matches no packet that is known: an end has neither an address nor a subnet", conn->name);
	diag_set_conn(f, conn->name);
	diag_help(l->diag, f, "give the end a subnet");
}

static void report_group_waits(struct lowering *l, const struct ir_conn *conn)
{
	struct finding *f = diag_report(l->diag, RULE_GROUP_NOT_ROUTED, conn->span,
					"conn '%s' cannot be routed: its peers have no address to call", conn->name);

	diag_set_conn(f, conn->name);
	diag_note(l->diag, f, "libreswan loads it, and answers peers from the networks of its group");
	diag_help(l->diag, f, "write %%opportunisticgroup, or type=passthrough with authby=never to leave the traffic as it is");
}

static void lower_conn(struct lowering *l, const struct ir_conn *conn, const lower_members *members)
{
	struct orientation o;

	if (!can_be_planned(l, conn) || !lower_orient(l, conn, &o)) {
		l->incomplete = true;
		return;
	}
	if (!ir_is_shunt(conn))
		lower_peer(l, conn, &o);
	if (members->n && group_waits(conn))
		report_group_waits(l, conn);
	for (size_t i = 0; i < members->n; i++) {
		if (!ir_is_shunt(conn) && !members->v[i].further)
			lower_child(l, conn, &o, &members->v[i]);
		if (!lower_policies(l, conn, &o, &members->v[i]) && ir_is_shunt(conn))
			report_empty_shunt(l, conn, &o);
	}
}

/* Policies of a connection: three of the strict rendering, a trap, three of an SA. */
#define POLICIES_PER_MEMBER	7

/* Room for what most conns become: the lists are the largest part of a plan. */
static void reserve(struct lowering *l)
{
	vec_reserve(l->arena, &l->plan->peers, l->ir->conns.n);
	vec_reserve(l->arena, &l->plan->children, l->ir->conns.n);
	vec_reserve(l->arena, &l->plan->secrets, l->ir->conns.n);
	vec_reserve(l->arena, &l->plan->policies, l->ir->conns.n * POLICIES_PER_MEMBER);
}

/* E-080: numbers follow the order of loading, so a conn that is loaded and not asked for takes its numbers too. Those that only
 * the command line loads come after all others. */
static void lower_all(struct lowering *l)
{
	uint32_t next_reqid = FIRST_REQID;
	lower_members members = { 0 };
	size_t total = 0;

	for (unsigned by_hand = 0; by_hand < 2; by_hand++) {
		for (size_t i = 0; i < l->ir->conns.n; i++) {
			const struct ir_conn *conn = l->ir->conns.v[i];
			bool asked = asked_for(l->options, conn);

			members.n = 0;
			if ((conn->start == PLAN_START_IGNORE) != by_hand || (by_hand && !asked))
				continue;
			if (loads(conn) && (asked ? lower_pairs_fit(l->diag, conn, &total) : lower_pairs(conn) <= LIMIT_SUBNET_PAIRS))
				lower_product(l, conn, &next_reqid, &members);
			if (asked && (members.n || !loads(conn)))
				lower_conn(l, conn, &members);
			l->incomplete |= asked && !members.n && !is_group(conn);	/* an empty group stands for nothing */
		}
	}
}

/* --- the plan's head --- */

static void add_files(struct lowering *l)
{
	struct map seen;

	map_init(&seen, l->arena);
	for (size_t i = 0; i < l->sources->files.n; i++) {
		const struct source_file *file = &l->sources->files.v[i];
		struct plan_file *to;

		if (map_get(&seen, slice_of(file->path)))
			continue;
		map_set(&seen, slice_of(file->path), (void *)file);
		to = vec_add(l->arena, &l->plan->source.files);
		to->path = file->path;
		source_sha256(file, to->sha256);
	}
}

static void describe_host(struct lowering *l)
{
	const struct host_facts *facts = l->options->facts;

	l->plan->host.known = facts != NULL;
	if (!facts) {
		l->plan->host.why = "no facts of the host were given";
		return;
	}
	for (size_t i = 0; i < facts->addresses.n; i++)
		if (facts->addresses.v[i].up)
			vec_push(l->arena, &l->plan->host.addresses, facts->addresses.v[i].addr);
}

/* --- what is said once --- */

/* What is wrong in the file may be why there is no conn: then an empty plan is not what was written. */
static void report_nothing(struct lowering *l)
{
	const struct span nowhere = { 0, 0 };
	struct finding *f;

	l->incomplete |= l->diag->counts[SEVERITY_ERROR] > 0;
	if (!l->ir->conns.n) {
		diag_report(l->diag, RULE_NOTHING_TO_COMPILE, nowhere, "there is no conn, so the plan is empty");
		return;
	}
	f = diag_report(l->diag, RULE_NOTHING_TO_COMPILE, nowhere, "no conn is loaded by its auto=, so the plan is empty");
	diag_help(l->diag, f, "name the conns on the command line, or write auto=add into them");
}

static void report_once(struct lowering *l)
{
	const struct span nowhere = { 0, 0 };
	struct finding *f;
	bool any = false;

	if (l->without_facts) {
		f = diag_report(l->diag, RULE_NO_HOST_FACTS, nowhere,
				"which end this host is stays unknown for %u conn%s: no facts of the host were given",
				l->without_facts, l->without_facts == 1 ? "" : "s");
		diag_help(l->diag, f, "run 'ipsecc facts >host.json' on the host, then compile with --host-facts=host.json");
	}
	for (size_t i = 0; i < l->ir->conns.n; i++)
		any |= asked_for(l->options, l->ir->conns.v[i]);
	if (!any && !l->options->conns)
		report_nothing(l);
	if (l->plan->policies.n && !policy_priority_exact(l->ir->release)) {
		f = diag_report(l->diag, RULE_PRIORITY_OF_ANOTHER_RELEASE, nowhere,
				"priorities are those of libreswan 4.10, not of %s",
				release_name(l->ir->release));
		diag_note(l->diag, f, "both order the conns of one host alike, the numbers differ");
	}
}

struct plan *lower(struct arena *a, const struct ir *ir, const struct sources *sources, const struct lower_options *options,
		   struct diag *diag, bool *ret_incomplete)
{
	struct lowering l = { .arena = a, .ir = ir, .sources = sources, .options = options, .diag = diag };

	l.plan = arena_new(a, struct plan);
	l.plan->source.release = ir->release;
	add_files(&l);
	describe_host(&l);
	reserve(&l);
	lower_all(&l);
	plan_index(l.plan, a);
	report_once(&l);
	*ret_incomplete = l.incomplete;
	return l.plan;
}
