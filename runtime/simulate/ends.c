/* SPDX-License-Identifier: Apache-2.0 */
/* ends.c -- one end: what its engine does is written down, with the time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/simulate/run.h"
#include "runtime/wire/wire.h"

#define ASSUMED_KEY	"assumed by --simulate, and no secret"

struct sent_text {
	const char *text;
	unsigned last_fragment;		/* the highest that went out; 1 for a whole message, 0: not sent yet */
};

struct spi_peers {
	const struct plan_peer *peer[2];
};

/* --- what an origin is about: the engine takes them from its plan ----------------------------------------------------------- */

static bool index_within(const void *p, const void *v, size_t n, size_t size, size_t *ret)
{
	size_t at = (size_t)((const char *)p - (const char *)v);

	if ((const char *)p < (const char *)v || at >= n * size)
		return false;
	*ret = at / size;
	return true;
}

static struct child_track *child_of(struct end *end, const struct plan_origin *origin)
{
	size_t i;

	return index_within(origin, end->plan->children.v, end->plan->children.n, sizeof(*end->plan->children.v), &i) ? &end->children[i]
														      : NULL;
}

static struct peer_track *peer_of(struct end *end, const void *in_peer)
{
	size_t i;

	return index_within(in_peer, end->plan->peers.v, end->plan->peers.n, sizeof(*end->plan->peers.v), &i) ? &end->peers[i] : NULL;
}

/* The peer as its own plan has it, not the copy that runs. */
static const struct plan_peer *original(const struct end *end, const struct plan_peer *peer)
{
	return peer ? &end->run->sides[end->side].plan->peers.v[peer - end->plan->peers.v] : NULL;
}

/* --- messages ----------------------------------------------------------------------------------------------------------------- */

static struct spi_peers *peers_of_spi(struct run *run, uint64_t spi_i)
{
	const char *key = arena_printf(run->arena, "%016llx", (unsigned long long)spi_i);
	struct spi_peers *p = map_get(&run->by_spi, slice_of(key));

	if (!p) {
		p = arena_new(run->arena, struct spi_peers);
		map_set(&run->by_spi, slice_of(key), p);
	}
	return p;
}

static struct sent_text *text_of(struct end *end, const struct wire_header *h)
{
	const char *key = arena_printf(end->run->arena, "%016llx %u %u %u", (unsigned long long)h->spi_i, h->exchange,
				       h->flags & IKE_FLAG_RESPONSE, h->message_id);
	struct sent_text *t = map_get(&end->sent, slice_of(key));

	if (!t) {
		t = arena_new(end->run->arena, struct sent_text);
		map_set(&end->sent, slice_of(key), t);
	}
	return t;
}

/* A new IKE SA in place of the old one, by CREATE_CHILD_SA or by authenticating again. */
static bool renews_ike(const struct wire_message *m)
{
	if (!(m->header.flags & IKE_FLAG_RESPONSE) || wire_find_error(m, NULL))
		return false;
	if (m->header.exchange == IKE_CREATE_CHILD_SA)
		return wire_find(m, PAYLOAD_SA, 0) && !wire_find(m, PAYLOAD_TSI, 0);
	return m->header.exchange == IKE_AUTH && wire_find(m, PAYLOAD_AUTH, 0);
}

static void note_peer(struct end *end, struct peer_track *t, bool sent, const struct wire_message *m)
{
	struct wire_notify n;

	if (renews_ike(m)) {
		uint64_t *at = t->established_ms == SIM_NEVER ? &t->established_ms : &t->ike_rekeyed_ms;

		*at = *at == SIM_NEVER ? end->run->now : *at;
		end->run->changed = true;
	}
	if (wire_find_error(m, &n)) {
		t->notify = n.type;
		t->notify_from = sent ? end->side : 1 - end->side;
		t->notify_exchange = m->header.exchange;
	}
}

static void on_message(void *context, const struct plan_peer *peer, bool sent, const struct wire_message *m)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct end *end = context;
	struct sent_text *t;

	if (peer) {
		peers_of_spi(end->run, m->header.spi_i)->peer[end->side] = original(end, peer);
		note_peer(end, peer_of(end, peer), sent, m);
	}
	if (!sent)
		return;
	wire_describe(m, &text);
	t = text_of(end, &m->header);
	t->text = arena_strdup(end->run->arena, buf_slice(&text));
	t->last_fragment = 0;
}

static bool is_quiet(const struct end *end, const struct spi_peers *peers)
{
	const struct run *run = end->run;

	for (unsigned i = 0; i < 2; i++)
		if (peers->peer[i] && run->ends[i].peers[peers->peer[i] - run->sides[i].plan->peers.v].quiet)
			return true;
	return run->closing;
}

/* An answer outside of any SA: it is in clear, and no engine told of it. */
static const char *text_in_clear(struct run *run)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	wire_describe(run->message, &text);
	return arena_strdup(run->arena, buf_slice(&text));
}

static void record(struct end *end, const struct ike_datagram *d, enum network_fate fate)
{
	struct run *run = end->run;
	struct wire_fault fault;
	struct sim_message *m;
	struct spi_peers *peers;
	struct sent_text *t;
	struct wire_sk sk = { .number = 1, .total = 1 };

	if (wire_parse((struct slice){ (const char *)d->data, d->n }, run->message, &fault) != WIRE_OK)
		return;
	peers = peers_of_spi(run, run->message->header.spi_i);
	if (is_quiet(end, peers))
		return;
	wire_sk(run->message, &sk);
	t = text_of(end, &run->message->header);
	m = vec_add(run->arena, &run->result->messages);
	*m = (struct sim_message){
		.at_ms = run->now, .from = end->side, .exchange = run->message->header.exchange,
		.response = run->message->header.flags & IKE_FLAG_RESPONSE, .again = sk.number <= t->last_fragment,
		.id = run->message->header.message_id, .fate = fate, .text = t->text ? t->text : text_in_clear(run),
		.peer = { peers->peer[0], peers->peer[1] },
	};
	if (sk.total > 1) {
		m->fragment = sk.number;
		m->fragments = sk.total;
	}
	t->last_fragment = sk.number > t->last_fragment ? sk.number : t->last_fragment;
}

/* --- the engine's effects ----------------------------------------------------------------------------------------------------- */

static void on_random(void *context, void *p, size_t n)
{
	uint64_t *state = &((struct end *)context)->run->random;

	for (uint8_t *at = p; n--; at++)
		*at = (uint8_t)network_random(state);
}

static void on_send(void *context, const struct ike_datagram *d)
{
	struct end *end = context;
	enum network_fate fate = network_send(&end->run->network, end->side, d, end->run->now);

	if (!d->keepalive)
		record(end, d, fate);
}

static void on_log(void *context, const char *place, enum ike_log_level level, enum rule_id rule, const struct plan_origin *origin,
		   const char *text)
{
	struct end *end = context;
	struct child_track *child;
	struct peer_track *peer;

	(void)place;
	if (level > IKE_LOG_WARNING || !origin || end->run->closing)
		return;
	child = child_of(end, origin);
	peer = child ? NULL : peer_of(end, origin);
	if (!child && !peer)
		return;
	if (rule == RULE_IKE_REKEY_FAILED) {
		uint64_t *at = child ? &child->rekey_failed_ms : &peer->rekey_failed_ms;

		*at = *at == SIM_NEVER ? end->run->now : *at;
		end->run->changed = true;
		if (child)		/* the line before said why */
			return;
	}
	*(child ? &child->trouble : &peer->trouble) = arena_strdup(end->run->arena, slice_of(text));
	*(child ? &child->trouble_origin : &peer->trouble_origin) = origin;
}

/* Tokens are numbers of children, from 1. */
static void on_done(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin)
{
	struct end *end = context;
	struct child_track *t = token ? &end->children[token - 1] : NULL;

	if (!t || t->told || end->run->closing)
		return;
	t->told = true;
	t->status = status;
	t->reason = status < 0 ? arena_strdup(end->run->arena, slice_of(reason)) : NULL;
	t->origin = origin;
	t->told_ms = end->run->now;
	end->run->changed = true;
}

static int64_t on_wall_clock(void *context)
{
	const struct run *run = ((struct end *)context)->run;

	return run->options->wall_clock + (int64_t)(run->now / 1000);
}

/* --- the data plane ----------------------------------------------------------------------------------------------------------- */

const char *run_selectors(struct arena *a, const struct traffic_selector *v, size_t n)
{
	const char *all = "";
	char text[TS_TEXT];

	for (size_t i = 0; i < n; i++)
		all = arena_printf(a, "%s%s%s", all, i ? " " : "", ts_format(&v[i], text));
	return all;
}

static void on_sa(void *context, const struct dp_sa *sa)
{
	struct end *end = context;
	struct child_track *t = map_get(&end->child_by_name, slice_of(sa->child));

	if (!t)
		return;
	end->run->changed = true;
	if (sa->inbound) {
		vec_push(end->run->arena, &end->inbound, (struct inbound){ sa->spi, (unsigned)(t - end->children) });
		return;
	}
	if (++t->added == 2)
		t->second_ms = end->run->now;
	if (t->added > 1)
		return;
	t->first_ms = end->run->now;
	t->spi_out = sa->spi;
	t->selectors[0] = run_selectors(end->run->arena, sa->local_ts, sa->local_ts_count);
	t->selectors[1] = run_selectors(end->run->arena, sa->remote_ts, sa->remote_ts_count);
}

static void on_unpaired(void *context, const char *text)
{
	struct end *end = context;

	vec_push(end->run->arena, &end->run->result->unpaired[end->side], arena_strdup(end->run->arena, slice_of(text)));
}

/* --- what stands for keys that are not at hand ------------------------------------------------------------------------------ */

static int assume_key(struct end *end)
{
	struct secret_entry *e = vec_add(end->run->arena, &end->assumed.entries);

	e->kind = SECRET_PSK;
	e->form = SECRET_QUOTED;
	return secret_set(&e->value, ASSUMED_KEY, strlen(ASSUMED_KEY));
}

static void assume_end(struct plan_end *e)
{
	if (plan_auth_signs(e->auth)) {
		e->auth = PLAN_AUTH_PSK;
		e->signatures = 0;
	}
	if (e->id.type == IDENT_FROM_CERT)		/* our own: the address; the peer's: whatever it says */
		e->id = (struct ident){ .type = IDENT_ANY };
	e->cert = e->ca = e->public_key = NULL;
}

static void copy_plan(struct end *end)
{
	struct arena *a = end->run->arena;
	const struct plan *from = end->run->sides[end->side].plan;
	struct plan *to = arena_new(a, struct plan);

	*to = *from;
	to->peers.v = arena_new_array(a, from->peers.n + 1, struct plan_peer);
	for (size_t i = 0; i < from->peers.n; i++) {
		to->peers.v[i] = from->peers.v[i];
		if (!end->run->options->assume)
			continue;
		assume_end(&to->peers.v[i].local);
		assume_end(&to->peers.v[i].remote);
		to->peers.v[i].ppk = PLAN_PPK_NEVER;
	}
	plan_index(to, a);
	end->plan = to;
}

/* --- an end ------------------------------------------------------------------------------------------------------------------- */

static void make_tracks(struct end *end)
{
	struct arena *a = end->run->arena;
	const struct plan *plan = end->plan;

	end->children = arena_new_array(a, plan->children.n + 1, struct child_track);
	end->peers = arena_new_array(a, plan->peers.n + 1, struct peer_track);
	map_init(&end->child_by_name, a);
	map_init(&end->sent, a);
	for (size_t i = 0; i < plan->children.n; i++) {
		end->children[i].first_ms = end->children[i].second_ms = end->children[i].rekey_failed_ms = SIM_NEVER;
		map_set(&end->child_by_name, slice_of(plan->children.v[i].name), &end->children[i]);
	}
	for (size_t i = 0; i < plan->peers.n; i++)
		end->peers[i].established_ms = end->peers[i].ike_rekeyed_ms = end->peers[i].rekey_failed_ms = SIM_NEVER;
}

static int open_dataplane(struct end *end)
{
	const char *why = NULL;
	int r = dataplane_dry.open(end->plan, NULL, &end->dataplane, &why);

	if (r < 0)
		return r;
	end->observer = (struct dry_observer){ .context = end, .sa_added = on_sa, .unpaired = on_unpaired, .traffic = true };
	dry_observe(end->dataplane, &end->observer);
	return dataplane_dry.add_policies(end->dataplane, NULL, PLAN_WHEN_LOAD, &why);
}

int end_open(struct run *run, unsigned side)
{
	struct end *end = &run->ends[side];
	int r;

	end->run = run;
	end->side = side;
	copy_plan(end);
	make_tracks(end);
	diag_init(&end->diag, run->arena, (struct diag_source){ 0 });
	r = open_dataplane(end);
	if (r == 0 && run->options->assume)
		r = assume_key(end);
	if (r < 0)
		return r;
	end->env = (struct ike_env){
		.context = end, .random = on_random, .send = on_send, .log = on_log, .message = on_message, .done = on_done,
		.secrets = run->options->assume ? &end->assumed : run->sides[side].secrets,
		.credentials = run->options->assume ? NULL : run->sides[side].credentials,
		.wall_clock = on_wall_clock, .dataplane = end->dataplane, .ike_port = 500, .natt_port = 4500,
	};
	r = ike_new(end->plan, &end->env, &end->diag, &end->ike);
	return r == -ENOTSUP ? 0 : r;		/* the findings tell which conns are left out */
}

void end_close(struct end *end)
{
	ike_free(end->ike);
	if (end->dataplane)
		dataplane_dry.close(end->dataplane);
	secrets_release(&end->assumed);
}
