/* SPDX-License-Identifier: Apache-2.0 */
/* simulate.c -- the course of a simulation: conns are paired, brought up one after another, and watched until each SA has been
 * rekeyed; then the verdicts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/simulate/run.h"
#include "runtime/wire/wire.h"

#define STEP_MS		100u		/* between the beginnings of two IKE SAs: else each answers with a cookie */
#define LINGER_MS	2000u		/* after the last rekey, for the DELETE of the old SA */
#define GIVE_UP_MS	(3600u * 1000)	/* the longest that bringing up may take */

/* --- which conns -------------------------------------------------------------------------------------------------------------- */

static bool asked(const struct sim_options *o, const struct plan_child *child)
{
	if (!o->conns)
		return true;
	for (const char *const *name = o->conns; *name; name++)
		if (strcmp(*name, child->name) == 0 || strcmp(*name, child->peer) == 0)
			return true;
	return false;
}

static struct sim_conn *add_conn(struct run *run, unsigned side, size_t child, int other)
{
	struct sim_conn *c = vec_add(run->arena, &run->result->conns);
	const struct plan *plan = run->sides[side].plan, *theirs = run->sides[1 - side].plan;

	*c = (struct sim_conn){
		.name = plan->children.v[child].name, .side = side, .established_ms = SIM_NEVER, .failed_ms = SIM_NEVER,
		.child_rekeyed_ms = SIM_NEVER, .ike_rekeyed_ms = SIM_NEVER,
	};
	c->child[side] = &plan->children.v[child];
	c->peer[side] = plan_peer_by_conn(plan, c->child[side]->peer);
	if (other >= 0) {
		c->child[1 - side] = &theirs->children.v[other];
		c->peer[1 - side] = plan_peer_by_conn(theirs, c->child[1 - side]->peer);
		c->other_name = c->child[1 - side]->name;
	}
	return c;
}

static bool brings_up(const struct sim_conn *c, unsigned side)
{
	return c->peer[side] && c->peer[side]->remote.kind != PLAN_ADDRESS_ANY && c->peer[side]->remote.kind != PLAN_ADDRESS_OPPORTUNISTIC;
}

void run_compare(struct run *run, struct sim_conn *c)
{
	struct sim_compare cmp = {
		.arena = run->arena, .options = run->options, .sides = run->sides, .peer = { c->peer[0], c->peer[1] },
		.child = { c->child[0], c->child[1] }, .disputes = &c->disputes,
	};

	c->disputes.n = 0;
	if (c->peer[0] && c->peer[1])
		compare_pair(&cmp);
	else
		compare_alone(&cmp, c->side);
}

/* Also what the other side ignores is an address of its own. */
static bool meets(const struct run *run, const struct sim_lookup *lookup, unsigned side, const struct plan_peer *peer)
{
	struct sim_lookup with_ignored = *lookup;

	if (pair_meets(lookup, side, peer))
		return true;
	with_ignored.plan[1 - side] = run->sides[1 - side].ignored;
	return with_ignored.plan[1 - side] && pair_meets(&with_ignored, side, peer);
}

/* All of one side, then what only the other one has. */
static void pair_side(struct run *run, unsigned side, const struct sim_lookup *lookup, bool *met)
{
	const struct plan *plan = run->sides[side].plan;

	for (size_t i = 0; i < plan->children.n; i++) {
		const struct plan_child *child = &plan->children.v[i];
		const struct plan_peer *peer = plan_peer_by_conn(plan, child->peer);
		struct sim_conn *c;
		int other;

		if (side == 1 && met[i])
			continue;
		if (!asked(run->options, child) || !peer)
			continue;
		if (!meets(run, lookup, side, peer)) {
			run->result->elsewhere++;
			continue;
		}
		other = pair_child(lookup, side, child);
		c = add_conn(run, side, i, side == 0 ? other : -1);
		if (side == 0 && other >= 0)
			met[other] = true;
		if (side == 1 && other >= 0) {		/* what would meet it has met a better one */
			c->reason = arena_printf(run->arena, "'%s' of %s meets another conn already",
						 run->sides[0].plan->children.v[other].name, run->sides[0].name);
		}
	}
}

static void pair_all(struct run *run, const struct sim_lookup *lookup)
{
	bool *met = arena_new_array(run->arena, run->sides[1].plan->children.n + 1, bool);
	struct sim_conn *c;

	pair_side(run, 0, lookup, met);
	pair_side(run, 1, lookup, met);
	for (size_t i = 0; i < run->result->conns.n; i++) {
		c = &run->result->conns.v[i];
		run_compare(run, c);
		c->initiator = brings_up(c, run->options->initiator) ? run->options->initiator : 1 - run->options->initiator;
	}
}

/* --- the NAT ------------------------------------------------------------------------------------------------------------------ */

/* What the other side believes to be the address of the one behind the NAT; any, from the ranges for documents, where it does not
 * know one. */
static struct ip_addr outside_address(const struct run *run, unsigned behind, sa_family_t family, const char *otherwise)
{
	const struct plan *inner = run->sides[behind].plan, *outer = run->sides[1 - behind].plan;
	struct ip_addr ret = { 0 };

	ip_addr_parse(slice_of(otherwise), &ret);
	for (size_t i = 0; i < outer->peers.n; i++) {
		const struct plan_end *e = &outer->peers.v[i].remote;
		bool own = false;

		for (size_t k = 0; k < inner->peers.n; k++)
			own |= ip_addr_eq(&inner->peers.v[k].local.addr, &e->addr);
		if (e->kind != PLAN_ADDRESS_FIXED || e->addr.family != family)
			continue;
		if (!own)
			return e->addr;
		ret = e->addr;		/* its plan knows of no NAT: only ports change */
	}
	return ret;
}

/* --- the clock ---------------------------------------------------------------------------------------------------------------- */

static void deliver(struct run *run)
{
	struct network_packet *p = network_take(&run->network);

	ike_receive(run->ends[p->to].ike, &p->datagram, run->now);
	free(p);
}

/* One event, the earliest up to `until`; false: there is none. */
static bool step(struct run *run, uint64_t until)
{
	uint64_t at = network_next(&run->network);
	int timer = -1;

	for (int i = 0; i < 2; i++) {
		uint64_t deadline = ike_deadline(run->ends[i].ike);

		if (deadline < at) {
			at = deadline;
			timer = i;
		}
	}
	if (at > until || at == UINT64_MAX)
		return false;
	run->now = at > run->now ? at : run->now;
	if (timer >= 0)
		ike_timer(run->ends[timer].ike, run->now);
	else
		deliver(run);
	return true;
}

/* --- bringing up -------------------------------------------------------------------------------------------------------------- */

/* Why an engine left the conn out; NULL: it did not. */
static const char *refusal(const struct run *run, const struct sim_conn *c, unsigned side)
{
	const struct diag *diag = &run->ends[side].diag;

	for (size_t i = 0; i < diag->findings.n; i++) {
		const struct finding *f = diag->findings.v[i];

		if (f->severity == SEVERITY_ERROR && f->rule != RULE_IKE_PEER_OF_CHILD_REFUSED && f->conn &&
		    (strcmp(f->conn, c->child[side]->name) == 0 || strcmp(f->conn, c->peer[side]->conn) == 0))
			return f->message;
	}
	return NULL;
}

/* False: there is nothing to begin, and the verdict is known. */
static bool can_start(struct run *run, struct sim_conn *c)
{
	c->verdict = SIM_ALONE;
	if (!c->peer[0] || !c->peer[1])
		return false;
	c->verdict = SIM_REFUSED;
	for (unsigned side = 0; side < 2; side++) {
		const char *why = refusal(run, c, side);

		if (why && !c->reason)
			c->reason_side = side;
		if (why)
			c->reason = c->reason ? arena_printf(run->arena, "%s; %s", c->reason, why) : why;
	}
	if (c->reason)
		return false;
	c->verdict = SIM_FAILED;
	if (run->options->assume && !compare_auth(c->peer[0], c->peer[1])) {
		c->reason = "the ends do not agree on how they prove who they are";	/* an assumed key would hide it */
		return false;
	}
	return true;
}

static bool all_told(struct run *run, const struct plan_peer *peer, unsigned side)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		const struct sim_conn *c = &run->result->conns.v[i];

		if (c->started && c->initiator == side && c->peer[side] == peer && !run_child(run, c, side)->told)
			return false;
	}
	return true;
}

/* What failed is not to be tried again: its next try would be no other. */
static void give_up_failed(struct run *run)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];
		struct child_track *t = c->started ? run_child(run, c, c->initiator) : NULL;
		struct peer_track *p;

		if (!t || !t->told || t->status == 0 || c->failed_ms != SIM_NEVER || !all_told(run, c->peer[c->initiator], c->initiator))
			continue;
		p = run_peer(run, c, c->initiator);
		verdict_note_failure(run, c);
		p->quiet = true;
		for (size_t k = 0; k < run->result->conns.n; k++)	/* another child of it may stand */
			if (run->result->conns.v[k].peer[c->initiator] == c->peer[c->initiator] && run->result->conns.v[k].started &&
			    run_child(run, &run->result->conns.v[k], c->initiator)->status == 0)
				p->quiet = false;
		ike_down(run->ends[c->initiator].ike, c->child[c->initiator]->name, 0, run->now);
	}
}

static bool pending(struct run *run)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		const struct sim_conn *c = &run->result->conns.v[i];

		if (c->started && !run_child(run, c, c->initiator)->told)
			return true;
	}
	return false;
}

static void advance(struct run *run, uint64_t until)
{
	while (step(run, until)) {
		if (!run->changed)
			continue;
		run->changed = false;
		give_up_failed(run);
	}
	run->now = until > run->now ? until : run->now;
}

static void bring_up(struct run *run)
{
	const struct plan_peer *before = NULL;
	uint64_t limit;

	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];

		if (!can_start(run, c))
			continue;
		if (before && c->peer[c->initiator] != before)
			advance(run, run->now + STEP_MS);
		before = c->peer[c->initiator];
		c->started = true;
		c->started_ms = run->now;
		ike_up(run->ends[c->initiator].ike, c->child[c->initiator]->name,
		       (uint64_t)(c->child[c->initiator] - run->sides[c->initiator].plan->children.v) + 1, run->now);
	}
	limit = run->now + GIVE_UP_MS;
	while (pending(run) && step(run, limit))
		if (run->changed)
			give_up_failed(run);
	advance(run, run->now + LINGER_MS);
}

/* --- until each has been rekeyed ---------------------------------------------------------------------------------------------- */

static void run_on(struct run *run)
{
	uint64_t until = run->options->until_ms ? SIM_START_MS + run->options->until_ms : run->now + verdict_longest_lifetime(run) + LINGER_MS;

	if (run->options->until_ms) {
		advance(run, until);
		return;
	}
	run->changed = true;
	for (bool more = true; more; more = step(run, until)) {
		if (run->changed && verdict_all_rekeyed(run))
			break;
		run->changed = false;
	}
	advance(run, run->now + LINGER_MS < until ? run->now + LINGER_MS : until);
}

/* --- all of it ---------------------------------------------------------------------------------------------------------------- */

static int play(struct run *run)
{
	struct sim_lookup lookup = { .plan = { run->sides[0].plan, run->sides[1].plan } };
	struct network_options network = run->options->network;

	if (network.nat >= 0) {
		network.nat_address = outside_address(run, (unsigned)network.nat, AF_INET, "198.51.100.9");
		network.nat_address6 = outside_address(run, (unsigned)network.nat, AF_INET6, "2001:db8:ffff::9");
		lookup.seen[network.nat] = &network.nat_address;
	}
	network_init(&run->network, &network, run->options->seed);
	for (unsigned i = 0; i < 2; i++) {
		int r = end_open(run, i);

		if (r < 0)
			return r;
	}
	pair_all(run, &lookup);
	bring_up(run);
	verdict_established(run);
	run_on(run);
	run->result->end_ms = run->now - SIM_START_MS;
	return 0;
}

static void close_all(struct run *run)
{
	run->closing = true;
	end_close(&run->ends[0]);
	end_close(&run->ends[1]);
}

int simulate(struct arena *a, const struct sim_side sides[2], const struct sim_options *options, struct sim_result **ret)
{
	struct run run = {
		.arena = a, .sides = sides, .options = options, .result = arena_new(a, struct sim_result), .now = SIM_START_MS,
		.random = options->seed ^ 0x9e3779b97f4a7c15u,	/* another sequence than the network's */
		.message = arena_new(a, struct wire_message),
	};
	int r;

	run.result->sides = sides;
	run.result->options = *options;
	map_init(&run.by_spi, a);
	r = play(&run);
	close_all(&run);
	if (r == 0)
		verdict_end(&run);
	r = run.network.failed ? -ENOMEM : r;
	network_release(&run.network);
	if (r == 0)
		*ret = run.result;
	return r;
}
