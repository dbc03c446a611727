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

const char *const sim_verdict_names[SIM_VERDICT_COUNT] = {
	[SIM_ESTABLISHED] = "established", [SIM_NARROWED] = "narrowed", [SIM_REKEY_FAILED] = "rekey-failed", [SIM_FAILED] = "failed",
	[SIM_REFUSED] = "refused", [SIM_ALONE] = "alone",
};

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

static void compare(struct run *run, struct sim_conn *c)
{
	struct sim_compare cmp = {
		.arena = run->arena, .options = run->options, .sides = run->sides, .peer = { c->peer[0], c->peer[1] },
		.child = { c->child[0], c->child[1] }, .disputes = &c->disputes,
	};

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
		compare(run, c);
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

static struct child_track *track(struct run *run, const struct sim_conn *c, unsigned side)
{
	return &run->ends[side].children[c->child[side] - run->sides[side].plan->children.v];
}

static struct peer_track *peer_track(struct run *run, const struct sim_conn *c, unsigned side)
{
	return &run->ends[side].peers[c->peer[side] - run->sides[side].plan->peers.v];
}

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

		if (c->started && c->initiator == side && c->peer[side] == peer && !track(run, c, side)->told)
			return false;
	}
	return true;
}

/* What failed is not to be tried again: its next try would be no other. */
static void give_up_failed(struct run *run)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];
		struct child_track *t = c->started ? track(run, c, c->initiator) : NULL;
		struct peer_track *p;

		if (!t || !t->told || t->status == 0 || c->failed_ms != SIM_NEVER || !all_told(run, c->peer[c->initiator], c->initiator))
			continue;
		p = peer_track(run, c, c->initiator);
		c->failed_ms = t->told_ms;
		c->notify = p->notify;
		c->notify_from = p->notify_from;
		c->notify_exchange = p->notify_exchange;
		p->quiet = true;
		for (size_t k = 0; k < run->result->conns.n; k++)	/* another child of it may stand */
			if (run->result->conns.v[k].peer[c->initiator] == c->peer[c->initiator] && run->result->conns.v[k].started &&
			    track(run, &run->result->conns.v[k], c->initiator)->status == 0)
				p->quiet = false;
		ike_down(run->ends[c->initiator].ike, c->child[c->initiator]->name, 0, run->now);
	}
}

static bool pending(struct run *run)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		const struct sim_conn *c = &run->result->conns.v[i];

		if (c->started && !track(run, c, c->initiator)->told)
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

/* --- what stands -------------------------------------------------------------------------------------------------------------- */

struct standing {
	struct run *run;
	unsigned side;
	struct map proposals;		/* name of a child -> struct proposals */
};

struct proposals {
	const char *ike, *child;
};

static void note_standing(void *context, const struct ike_sa_status *sa)
{
	struct standing *s = context;
	struct arena *a = s->run->arena;

	for (unsigned i = 0; i < sa->child_count; i++) {
		struct proposals *p = arena_new(a, struct proposals);

		p->ike = arena_strdup(a, slice_of(sa->proposal));
		p->child = arena_strdup(a, slice_of(sa->children[i].proposal));
		map_set(&s->proposals, arena_slice(a, slice_of(sa->children[i].name)), p);
	}
}

/* The responder may have taken another conn of its plan than the one that fits best. */
static void note_answering(struct run *run, struct sim_conn *c, const struct child_track *t)
{
	const struct end *other = &run->ends[1 - c->initiator];
	const struct plan *plan = run->sides[1 - c->initiator].plan;

	for (size_t i = other->inbound.n; i-- > 0; ) {
		if (other->inbound.v[i].spi != t->spi_out || other->children[other->inbound.v[i].child].added == 0)
			continue;
		c->child[1 - c->initiator] = &plan->children.v[other->inbound.v[i].child];
		c->peer[1 - c->initiator] = plan_peer_by_conn(plan, c->child[1 - c->initiator]->peer);
		c->other_name = c->child[1 - c->side]->name;
		return;
	}
}

static bool rekeys(const struct sim_conn *c, bool ike)
{
	for (unsigned i = 0; i < 2; i++)
		if (ike ? c->peer[i]->rekey && c->peer[i]->lifetime : c->child[i]->rekey && c->child[i]->lifetime)
			return true;
	return false;
}

static const char *planned_text(struct arena *a, const struct traffic_selector *v, size_t n)
{
	const char *all = "";
	char text[TS_TEXT];

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%s%s%s", all, i ? " " : "", ts_format(&v[i], text));
	return all;
}

static bool is_narrowed(struct run *run, const struct sim_conn *c)
{
	const struct plan_child *p = c->child[c->side];

	return (p->local_ts.n && strcmp(planned_text(run->arena, p->local_ts.v, p->local_ts.n), c->selectors[0]) != 0) ||
	       (p->remote_ts.n && strcmp(planned_text(run->arena, p->remote_ts.v, p->remote_ts.n), c->selectors[1]) != 0);
}

static void note_established(struct run *run, struct sim_conn *c, const struct map *proposals)
{
	const struct child_track *t = track(run, c, c->initiator), *own = track(run, c, c->side);
	const struct proposals *p = map_get(proposals, slice_of(c->child[c->initiator]->name));

	note_answering(run, c, t);
	c->established_ms = t->told_ms;
	c->ike_proposal = p ? p->ike : NULL;
	c->proposal = p ? p->child : NULL;
	for (unsigned i = 0; i < 2; i++)
		c->selectors[i] = own->selectors[i] ? own->selectors[i] : "";
	c->child_rekeys = rekeys(c, false);
	c->ike_rekeys = rekeys(c, true);
	c->verdict = is_narrowed(run, c) ? SIM_NARROWED : SIM_ESTABLISHED;
}

static void note_up(struct run *run)
{
	struct standing s[2];

	for (unsigned i = 0; i < 2; i++) {
		s[i] = (struct standing){ .run = run, .side = i };
		map_init(&s[i].proposals, run->arena);
		ike_status(run->ends[i].ike, run->now, note_standing, &s[i]);
	}
	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];
		struct child_track *t = c->started ? track(run, c, c->initiator) : NULL;

		if (t && t->told && t->status == 0)
			note_established(run, c, &s[c->initiator].proposals);
	}
}

/* --- until each has been rekeyed ---------------------------------------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)		/* SIM_NEVER where one is */
{
	return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void note_rekeys(struct run *run, struct sim_conn *c)
{
	c->child_rekeyed_ms = later(track(run, c, 0)->second_ms, track(run, c, 1)->second_ms);
	c->ike_rekeyed_ms = sooner(peer_track(run, c, 0)->ike_rekeyed_ms, peer_track(run, c, 1)->ike_rekeyed_ms);
}

/* When the first rekey that failed did so; of the end that began it, which is the one that says so. */
static uint64_t rekey_failure(struct run *run, const struct sim_conn *c, unsigned *ret_side)
{
	uint64_t at[2];

	for (unsigned i = 0; i < 2; i++)
		at[i] = sooner(track(run, c, i)->rekey_failed_ms, peer_track(run, c, i)->rekey_failed_ms);
	*ret_side = at[1] < at[0];
	return sooner(at[0], at[1]);
}

static bool is_up(const struct sim_conn *c)
{
	return c->established_ms != SIM_NEVER;
}

static bool all_rekeyed(struct run *run)
{
	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];
		unsigned side;

		if (!is_up(c) || rekey_failure(run, c, &side) != SIM_NEVER)
			continue;
		note_rekeys(run, c);
		if ((c->child_rekeys && c->child_rekeyed_ms == SIM_NEVER) || (c->ike_rekeys && c->ike_rekeyed_ms == SIM_NEVER))
			return false;
	}
	return true;
}

static uint64_t longest_lifetime(const struct run *run)
{
	uint64_t s = 0;

	for (size_t i = 0; i < run->result->conns.n; i++) {
		const struct sim_conn *c = &run->result->conns.v[i];

		for (unsigned k = 0; k < 2 && is_up(c); k++)
			s = later(s, later(c->peer[k]->lifetime, c->child[k]->lifetime));
	}
	return s * 1000;
}

static void run_on(struct run *run)
{
	uint64_t until = run->options->until_ms ? SIM_START_MS + run->options->until_ms : run->now + longest_lifetime(run) + LINGER_MS;

	if (run->options->until_ms) {
		advance(run, until);
		return;
	}
	run->changed = true;
	for (bool more = true; more; more = step(run, until)) {
		if (run->changed && all_rekeyed(run))
			break;
		run->changed = false;
	}
	advance(run, sooner(run->now + LINGER_MS, until));
}

/* --- verdicts ----------------------------------------------------------------------------------------------------------------- */

static void judge_failed(struct run *run, struct sim_conn *c)
{
	const struct child_track *t = track(run, c, c->initiator);
	const struct child_track *other = track(run, c, 1 - c->initiator);
	const struct peer_track *other_peer = peer_track(run, c, 1 - c->initiator);

	if (c->failed_ms == SIM_NEVER) {
		c->failed_ms = run->now;
		c->reason = "it did not come to an end";
		return;
	}
	c->reason = t->reason;
	c->reason_side = c->initiator;
	c->origin = t->origin;
	c->other_reason = other->trouble ? other->trouble : other_peer->trouble;
	c->other_origin = other->trouble ? other->trouble_origin : other_peer->trouble_origin;
}

static void judge_rekey(struct run *run, struct sim_conn *c)
{
	unsigned side;
	uint64_t failed = rekey_failure(run, c, &side);
	const struct child_track *t;
	const struct peer_track *p;

	note_rekeys(run, c);
	if (failed == SIM_NEVER && (run->options->until_ms || ((!c->child_rekeys || c->child_rekeyed_ms != SIM_NEVER) &&
							      (!c->ike_rekeys || c->ike_rekeyed_ms != SIM_NEVER))))
		return;
	c->verdict = SIM_REKEY_FAILED;
	c->failed_ms = sooner(failed, run->now);
	t = track(run, c, side);
	p = peer_track(run, c, side);
	if (failed == SIM_NEVER) {
		c->reason = "it was not rekeyed before its end";
		return;
	}
	c->notify = p->notify;
	c->notify_from = p->notify_from;
	c->notify_exchange = p->notify_exchange;
	c->reason = t->trouble ? t->trouble : p->trouble;
	c->reason_side = side;
	c->origin = t->trouble ? t->trouble_origin : p->trouble_origin;
}

static void judge(struct run *run)
{
	struct sim_result *r = run->result;

	for (size_t i = 0; i < r->conns.n; i++) {
		struct sim_conn *c = &r->conns.v[i];

		if (c->started && !is_up(c))
			judge_failed(run, c);
		else if (is_up(c))
			judge_rekey(run, c);
		r->counts[c->verdict]++;
	}
	r->good = r->conns.n > 0 && r->counts[SIM_ESTABLISHED] + r->counts[SIM_NARROWED] == r->conns.n && !r->unpaired[0].n &&
		  !r->unpaired[1].n;
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
	note_up(run);
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
		judge(&run);
	r = run.network.failed ? -ENOMEM : r;
	network_release(&run.network);
	if (r == 0)
		*ret = run.result;
	return r;
}
