/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json_out.h"
#include "runtime/simulate/report.h"
#include "runtime/wire/wire.h"

static void text(struct json_out *o, const char *name, const char *value)
{
	json_out_name(o, name);
	if (value)
		json_out_text(o, slice_of(value));
	else
		json_out_null(o);
}

static void number(struct json_out *o, const char *name, uint64_t value)
{
	json_out_name(o, name);
	json_out_number(o, value);
}

static void boolean(struct json_out *o, const char *name, bool value)
{
	json_out_name(o, name);
	json_out_bool(o, value);
}

/* Time since the beginning of the simulation; null: it did not happen. */
static void time_of(struct json_out *o, const char *name, uint64_t ms)
{
	json_out_name(o, name);
	if (ms == SIM_NEVER)
		json_out_null(o);
	else
		json_out_number(o, ms - SIM_START_MS);
}

static void place(struct json_out *o, const char *end, const struct sim_place *p)
{
	json_out_element(o);
	json_out_open(o, '{');
	text(o, "end", end);
	text(o, "file", p->origin.file);
	number(o, "line", p->origin.line);
	number(o, "column", p->origin.column);
	text(o, "keyword", p->keyword);
	text(o, "value", p->value);
	json_out_close(o, '}');
}

static void disputes(struct json_out *o, const struct sim_result *r, const struct sim_conn *c)
{
	json_out_name(o, "disputes");
	json_out_open(o, '[');
	for (size_t i = 0; i < c->disputes.n; i++) {
		const struct sim_dispute *d = &c->disputes.v[i];

		json_out_element(o);
		json_out_open(o, '{');
		text(o, "what", d->what);
		text(o, "why", d->why);
		text(o, "help", d->help);
		json_out_name(o, "places");
		json_out_open(o, '[');
		for (unsigned k = 0; k < 2; k++)
			place(o, r->sides[k].name, &d->place[k]);
		json_out_close(o, ']');
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static void reason(struct json_out *o, const char *name, const char *end, const char *why, const struct plan_origin *origin)
{
	json_out_name(o, name);
	if (!why) {
		json_out_null(o);
		return;
	}
	json_out_open(o, '{');
	text(o, "end", end);
	text(o, "text", why);
	text(o, "file", origin ? origin->file : NULL);
	number(o, "line", origin ? origin->line : 0);
	json_out_close(o, '}');
}

static void notify(struct json_out *o, const struct sim_result *r, const struct sim_conn *c)
{
	json_out_name(o, "notify");
	if (!c->notify) {
		json_out_null(o);
		return;
	}
	json_out_open(o, '{');
	number(o, "number", c->notify);
	text(o, "name", wire_notify_name(c->notify));
	text(o, "from", r->sides[c->notify_from].name);
	text(o, "exchange", wire_exchange_name(c->notify_exchange));
	json_out_close(o, '}');
}

static void conn(struct json_out *o, const struct sim_result *r, const struct sim_conn *c)
{
	json_out_open(o, '{');
	text(o, "name", c->name);
	text(o, "end", r->sides[c->side].name);
	text(o, "other", c->other_name);
	text(o, "verdict", sim_verdict_names[c->verdict]);
	text(o, "initiator", c->started ? r->sides[c->initiator].name : NULL);
	text(o, "ike_proposal", c->ike_proposal);
	text(o, "proposal", c->proposal);
	text(o, "local", c->selectors[0]);
	text(o, "remote", c->selectors[1]);
	time_of(o, "started_ms", c->started ? c->started_ms : SIM_NEVER);
	time_of(o, "established_ms", c->established_ms);
	time_of(o, "child_rekeyed_ms", c->child_rekeyed_ms);
	time_of(o, "ike_rekeyed_ms", c->ike_rekeyed_ms);
	time_of(o, "failed_ms", c->failed_ms);
	notify(o, r, c);
	reason(o, "reason", r->sides[c->reason_side].name, c->reason, c->origin);
	reason(o, "other_reason", r->sides[1 - c->reason_side].name, c->other_reason, c->other_origin);
	disputes(o, r, c);
	json_out_close(o, '}');
}

static void message(struct json_out *o, const struct sim_result *r, const struct sim_message *m)
{
	static const char *const fates[] = {
		[NETWORK_DELIVERED] = "delivered", [NETWORK_LOST] = "lost", [NETWORK_DOUBLED] = "doubled", [NETWORK_LATE] = "late",
		[NETWORK_NO_WAY] = "no-way",
	};

	json_out_open(o, '{');
	time_of(o, "at_ms", m->at_ms);
	text(o, "from", r->sides[m->from].name);
	text(o, "exchange", wire_exchange_name(m->exchange));
	boolean(o, "response", m->response);
	number(o, "id", m->id);
	text(o, "payloads", m->text);
	text(o, "fate", fates[m->fate]);
	boolean(o, "again", m->again);
	number(o, "fragment", m->fragment);
	number(o, "fragments", m->fragments);
	json_out_name(o, "conns");
	json_out_open(o, '[');
	for (unsigned i = 0; i < 2; i++) {
		json_out_element(o);
		if (m->peer[i])
			json_out_text(o, slice_of(m->peer[i]->conn));
		else
			json_out_null(o);
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void network(struct json_out *o, const struct sim_result *r)
{
	const struct network_options *n = &r->options.network;

	json_out_name(o, "network");
	json_out_open(o, '{');
	number(o, "loss", n->loss);
	number(o, "reorder", n->reorder);
	number(o, "duplicate", n->duplicate);
	text(o, "nat", n->nat < 0 ? NULL : r->sides[n->nat].name);
	json_out_close(o, '}');
}

static void end_of(struct json_out *o, const struct sim_result *r, unsigned side)
{
	json_out_element(o);
	json_out_open(o, '{');
	text(o, "name", r->sides[side].name);
	json_out_name(o, "unpaired");
	json_out_open(o, '[');
	for (size_t i = 0; i < r->unpaired[side].n; i++) {
		json_out_element(o);
		json_out_text(o, slice_of(r->unpaired[side].v[i]));
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void summary(struct json_out *o, const struct sim_result *r)
{
	json_out_name(o, "summary");
	json_out_open(o, '{');
	for (unsigned v = 0; v < SIM_VERDICT_COUNT; v++)
		number(o, sim_verdict_names[v], r->counts[v]);
	number(o, "elsewhere", r->elsewhere);
	boolean(o, "good", r->good);
	json_out_close(o, '}');
}

void sim_write_json(const struct sim_result *r, struct buf *out)
{
	struct json_out o = { .buf = out, .first = true };

	json_out_open(&o, '{');
	number(&o, "version", 1);
	text(&o, "kind", "ipsec-run-simulation");
	number(&o, "seed", r->options.seed);
	number(&o, "end_ms", r->end_ms);
	boolean(&o, "assumed_secrets", r->options.assume);
	network(&o, r);
	json_out_name(&o, "ends");
	json_out_open(&o, '[');
	end_of(&o, r, 0);
	end_of(&o, r, 1);
	json_out_close(&o, ']');
	json_out_name(&o, "conns");
	json_out_open(&o, '[');
	for (size_t i = 0; i < r->conns.n; i++) {
		json_out_element(&o);
		conn(&o, r, &r->conns.v[i]);
	}
	json_out_close(&o, ']');
	json_out_name(&o, "messages");
	json_out_open(&o, '[');
	for (size_t i = 0; i < r->messages.n; i++) {
		json_out_element(&o);
		message(&o, r, &r->messages.v[i]);
	}
	json_out_close(&o, ']');
	summary(&o, r);
	json_out_close(&o, '}');
	buf_add_char(out, '\n');
}
