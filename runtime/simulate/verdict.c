/* SPDX-License-Identifier: Apache-2.0 */
/* verdict.c -- what became of each conn: how it stands once all are up, whether it was rekeyed, and the verdict. */
#include <string.h>

#include "runtime/simulate/run.h"

const char *const sim_verdict_names[SIM_VERDICT_COUNT] = {
	[SIM_ESTABLISHED] = "established", [SIM_NARROWED] = "narrowed", [SIM_REKEY_FAILED] = "rekey-failed", [SIM_FAILED] = "failed",
	[SIM_REFUSED] = "refused", [SIM_ALONE] = "alone",
};

struct child_track *run_child(struct run *run, const struct sim_conn *c, unsigned side)
{
	return &run->ends[side].children[c->child[side] - run->sides[side].plan->children.v];
}

struct peer_track *run_peer(struct run *run, const struct sim_conn *c, unsigned side)
{
	return &run->ends[side].peers[c->peer[side] - run->sides[side].plan->peers.v];
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
		if (c->child[1 - c->initiator] == &plan->children.v[other->inbound.v[i].child])
			return;
		c->child[1 - c->initiator] = &plan->children.v[other->inbound.v[i].child];
		c->peer[1 - c->initiator] = plan_peer_by_conn(plan, c->child[1 - c->initiator]->peer);
		c->name = c->child[c->side]->name;
		c->other_name = c->child[1 - c->side]->name;
		run_compare(run, c);
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

static bool is_narrowed(struct run *run, const struct sim_conn *c)
{
	const struct plan_child *p = c->child[c->side];

	return (p->local_ts.n && strcmp(run_selectors(run->arena, p->local_ts.v, p->local_ts.n), c->selectors[0]) != 0) ||
	       (p->remote_ts.n && strcmp(run_selectors(run->arena, p->remote_ts.v, p->remote_ts.n), c->selectors[1]) != 0);
}

static void note_established(struct run *run, struct sim_conn *c, const struct map *proposals)
{
	const struct child_track *t = run_child(run, c, c->initiator), *own = run_child(run, c, c->side);
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

void verdict_established(struct run *run)
{
	struct standing s[2];

	for (unsigned i = 0; i < 2; i++) {
		s[i] = (struct standing){ .run = run, .side = i };
		map_init(&s[i].proposals, run->arena);
		ike_status(run->ends[i].ike, run->now, note_standing, &s[i]);
	}
	for (size_t i = 0; i < run->result->conns.n; i++) {
		struct sim_conn *c = &run->result->conns.v[i];
		struct child_track *t = c->started ? run_child(run, c, c->initiator) : NULL;

		if (t && t->told && t->status == 0)
			note_established(run, c, &s[c->initiator].proposals);
	}
}

/* --- whether each has been rekeyed ---------------------------------------------------------------------------------------------- */

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
	c->child_rekeyed_ms = later(run_child(run, c, 0)->second_ms, run_child(run, c, 1)->second_ms);
	c->ike_rekeyed_ms = sooner(run_peer(run, c, 0)->ike_rekeyed_ms, run_peer(run, c, 1)->ike_rekeyed_ms);
}

/* When the first rekey that failed did so; of the end that began it, which is the one that says so. */
static uint64_t rekey_failure(struct run *run, const struct sim_conn *c, unsigned *ret_side)
{
	uint64_t at[2];

	for (unsigned i = 0; i < 2; i++)
		at[i] = sooner(run_child(run, c, i)->rekey_failed_ms, run_peer(run, c, i)->rekey_failed_ms);
	*ret_side = at[1] < at[0];
	return sooner(at[0], at[1]);
}

static bool is_up(const struct sim_conn *c)
{
	return c->established_ms != SIM_NEVER;
}

bool verdict_all_rekeyed(struct run *run)
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

uint64_t verdict_longest_lifetime(const struct run *run)
{
	uint64_t s = 0;

	for (size_t i = 0; i < run->result->conns.n; i++) {
		const struct sim_conn *c = &run->result->conns.v[i];

		for (unsigned k = 0; k < 2 && is_up(c); k++)
			s = later(s, later(c->peer[k]->lifetime, c->child[k]->lifetime));
	}
	return s * 1000;
}

/* --- verdicts ----------------------------------------------------------------------------------------------------------------- */

/* What the other end has said by now; what it says hours later is about something else. */
void verdict_note_failure(struct run *run, struct sim_conn *c)
{
	const struct child_track *other = run_child(run, c, 1 - c->initiator);
	const struct peer_track *peer = run_peer(run, c, c->initiator), *other_peer = run_peer(run, c, 1 - c->initiator);

	c->failed_ms = run_child(run, c, c->initiator)->told_ms;
	c->notify = peer->notify;
	c->notify_from = peer->notify_from;
	c->notify_exchange = peer->notify_exchange;
	c->other_reason = other->trouble ? other->trouble : other_peer->trouble;
	c->other_origin = other->trouble ? other->trouble_origin : other_peer->trouble_origin;
}

static void judge_failed(struct run *run, struct sim_conn *c)
{
	const struct child_track *t = run_child(run, c, c->initiator);

	if (c->failed_ms == SIM_NEVER) {
		c->failed_ms = run->now;
		c->reason = "it did not come to an end";
		return;
	}
	c->reason = t->reason;
	c->reason_side = c->initiator;
	c->origin = t->origin;
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
	t = run_child(run, c, side);
	p = run_peer(run, c, side);
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

void verdict_end(struct run *run)
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
