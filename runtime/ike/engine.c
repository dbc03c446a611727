/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c -- the engine as its owner sees it: made, fed with events, freed; and the table of IKE SAs with their states.
 *
 * An event comes in through one of the ike_...() functions between event_begin() and event_end(). SAs that end in between are
 * only unlinked; event_end() frees them, and the scratch memory of the event.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define HALF_OPEN_MS	30000u		/* I-074 */
#define REKEYED_MS	30000u		/* an old SA whose DELETE does not come */
#define CLOSED_MS	10000u		/* an ended SA still answers repeated requests */
#define STOP_MS		3000u		/* I-152 */
#define TIMERS_PER_SA	5u

/* What may be entered with which proofs; section 10. */
static const struct {
	const char *name;
	unsigned proofs;
} states[STATE_COUNT] = {
	[STATE_INIT_SENT] = { "connecting", 0 },
	[STATE_AUTH_SENT] = { "authenticating", PROOF_SUITE },
	[STATE_INIT_DONE] = { "half-open", PROOF_SUITE },
	[STATE_ESTABLISHED] = { "established", PROOF_SUITE | PROOF_PEER },
	[STATE_REKEYED] = { "rekeyed", PROOF_SUITE | PROOF_PEER | PROOF_SUCCESSOR },
	[STATE_DELETING] = { "deleting", PROOF_SUITE | PROOF_PEER },
	[STATE_CLOSED] = { "closed", 0 },
	[STATE_DEAD] = { "dead", 0 },
};

const char *sa_state_name(enum ike_state state)
{
	return states[state].name;
}

void ike_random(struct ike *ike, void *p, size_t n)
{
	ike->env->random(ike->env->context, p, n);
}

uint64_t ike_random_below(struct ike *ike, uint64_t bound)
{
	uint64_t r;

	if (bound == 0)
		return 0;
	ike_random(ike, &r, sizeof(r));
	return r % bound;
}

/* I-140. A margin that leaves nothing of the lifetime would rekey without end: then half of the lifetime is used. */
uint64_t rekey_time(struct ike *ike, uint32_t lifetime, uint32_t margin, uint16_t fuzz)
{
	uint64_t whole = (uint64_t)lifetime * 1000, part = (uint64_t)margin * 1000;

	part += ike_random_below(ike, part * fuzz / 100 + 1);
	return part < whole ? whole - part : whole / 2;
}

/* --- the table of SAs --------------------------------------------------------------------------------------------------------- */

uint64_t sa_own_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

static unsigned hash_of(uint64_t spi)
{
	return (unsigned)(spi % IKE_HASH_SIZE);		/* our own SPIs are random */
}

struct ike_sa *sa_find(struct ike *ike, uint64_t own_spi)
{
	struct ike_sa *sa = ike->hash[hash_of(own_spi)];

	while (sa && sa_own_spi(sa) != own_spi)
		sa = sa->hash_next;
	return sa;
}

void sa_hash(struct ike_sa *sa)
{
	struct ike_sa **at = &sa->ike->hash[hash_of(sa_own_spi(sa))];

	sa->hash_next = *at;
	*at = sa;
}

static void sa_unhash(struct ike_sa *sa)
{
	struct ike_sa **at = &sa->ike->hash[hash_of(sa_own_spi(sa))];

	while (*at && *at != sa)
		at = &(*at)->hash_next;
	if (*at)
		*at = sa->hash_next;
}

uint64_t new_ike_spi(struct ike *ike)
{
	uint64_t spi;

	do {
		ike_random(ike, &spi, sizeof(spi));
	} while (spi == 0 || sa_find(ike, spi));
	return spi;
}

static void retransmit_fire(struct ike *ike, void *owner);
static void lifetime_fire(struct ike *ike, void *owner);
static void wake_fire(struct ike *ike, void *owner);

static void sa_link(struct ike *ike, struct ike_sa *sa)
{
	sa->prev = ike->last;
	*(ike->last ? &ike->last->next : &ike->first) = sa;
	ike->last = sa;
	ike->sa_count++;
	sa->peer->sa_count++;
	sa_hash(sa);
}

struct ike_sa *sa_new(struct ike *ike, struct ike_peer *peer, bool initiator, uint64_t own_spi)
{
	struct ike_sa *sa;

	if (ike->sa_count >= LIMIT_IKE_SAS || peer->sa_count >= LIMIT_SAS_PER_PEER) {
		if (log_allowed(ike))
			LOG(ike, IKE_LOG_WARNING, RULE_IKE_LIMIT, &peer->plan->origin, "conn '%s' has %u IKE SAs, no more are made",
			    peer->plan->conn, peer->sa_count);
		return NULL;
	}
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return NULL;
	sa->initial = calloc(1, sizeof(*sa->initial));
	if (!sa->initial || timers_reserve(ike, TIMERS_PER_SA) < 0) {
		free(sa->initial);
		free(sa);
		return NULL;
	}
	sa->ike = ike;
	sa->peer = peer;
	sa->initiator = initiator;
	*(initiator ? &sa->spi_i : &sa->spi_r) = own_spi ? own_spi : new_ike_spi(ike);
	sa->retransmit = (struct timer){ .fire = retransmit_fire, .owner = sa };
	sa->lifetime = (struct timer){ .fire = lifetime_fire, .owner = sa };
	sa->wake = (struct timer){ .fire = wake_fire, .owner = sa };
	sa->last_in = sa->last_out = ike->now;
	sa_link(ike, sa);
	return sa;
}

void sa_forget_initial(struct ike_sa *sa)
{
	if (!sa->initial)
		return;
	buf_release(&sa->initial->request);
	buf_release(&sa->initial->response);
	secret_free(sa->initial->plain);
	free(sa->initial);
	sa->initial = NULL;
}

/* In one piece of the right size: a daemon has many SAs, and each lives for hours. */
int sa_keep_identities(struct ike_sa *sa, const struct ident *remote, const char *local_text, const char *remote_text)
{
	size_t local_size = strlen(local_text) + 1, remote_size = strlen(remote_text) + 1;
	char *p = malloc(local_size + remote_size + remote->wire.n + remote->text.n);

	if (!p)
		return -ENOMEM;
	sa->id_memory = p;
	sa->local_id_text = memcpy(p, local_text, local_size);
	sa->remote_id_text = memcpy(p + local_size, remote_text, remote_size);
	p += local_size + remote_size;
	if (remote->wire.n)
		memcpy(p, remote->wire.p, remote->wire.n);
	if (remote->text.n)
		memcpy(p + remote->wire.n, remote->text.p, remote->text.n);
	sa->remote_id = (struct ident){ remote->type, { p + remote->wire.n, remote->text.n }, { p, remote->wire.n } };
	return 0;
}

static void sa_free(struct ike_sa *sa)
{
	timers_release(sa->ike, TIMERS_PER_SA);
	sa_forget_initial(sa);
	prf_free(sa->prf);
	secret_free(sa->keys);
	sk_cipher_free(sa->seal);
	sk_cipher_free(sa->open);
	free(sa->id_memory);
	packets_release(&sa->answer);
	packets_release(&sa->request);
	reassembly_free(sa->requests);
	reassembly_free(sa->responses);
	free(sa);
}

static void child_free(struct ike *ike, struct child_sa *c)
{
	timers_release(ike, 1);
	secret_free(c->keys);
	free(c->local_ts);
	free(c->remote_ts);
	free(c);
}

static void forget_links(struct ike *ike, const struct ike_sa *sa)
{
	if (!sa->referenced)
		return;
	for (struct ike_sa *other = ike->first; other; other = other->next) {
		if (other->successor == sa)
			other->successor = NULL;
		if (other->by_peer == sa)
			other->by_peer = NULL;
		if (other->replaces == sa)
			other->replaces = NULL;
	}
}

static void set_half_open(struct ike_sa *sa, bool half_open)
{
	struct ike *ike = sa->ike;

	if (sa->half_open == half_open)
		return;
	sa->half_open = half_open;
	ike->half_open += half_open ? 1 : -1u;
	if (half_open) {
		sa->half_prev = NULL;
		sa->half_next = ike->half_first;
		if (ike->half_first)
			ike->half_first->half_prev = sa;
		ike->half_first = sa;
		return;
	}
	*(sa->half_prev ? &sa->half_prev->half_next : &ike->half_first) = sa->half_next;
	if (sa->half_next)
		sa->half_next->half_prev = sa->half_prev;
}

/* What ends with an SA, whether or not it is still there to answer repeated requests. */
static void strip(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	while (sa->children)
		child_end(sa->children);
	config_release(sa);
	task_drop_all(sa);
	timer_cancel(ike, &sa->retransmit);
	timer_cancel(ike, &sa->lifetime);
	timer_cancel(ike, &sa->liveness);
	timer_cancel(ike, &sa->keepalive);
	timer_cancel(ike, &sa->wake);
	waiters_tell(ike, &sa->rekey_waiters, -ECONNRESET, sa->last_error[0] ? sa->last_error : "the IKE SA ended",
		     sa->last_origin);
	reauth_failed(sa);
	forget_links(ike, sa);
	sa->proofs = 0;
}

/* The peer asked for the end, or gets it as our answer; when that answer is lost it asks again (I-111). Who was half-open stays
 * counted as that, so that failing at IKE_AUTH is no way around the limits. */
void sa_close(struct ike_sa *sa)
{
	if (sa->state >= STATE_CLOSED)
		return;
	sa->state = STATE_CLOSED;
	strip(sa);
	timer_set(sa->ike, &sa->lifetime, sa->ike->now + CLOSED_MS);
}

void sa_end(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	if (sa->state == STATE_DEAD)
		return;
	sa->state = STATE_DEAD;
	strip(sa);
	set_half_open(sa, false);
	*(sa->prev ? &sa->prev->next : &ike->first) = sa->next;
	*(sa->next ? &sa->next->prev : &ike->last) = sa->prev;
	sa_unhash(sa);
	ike->sa_count--;
	sa->peer->sa_count--;
	sa->hash_next = ike->dead_sas;
	ike->dead_sas = sa;
}

/* The guard of the state machine: no path of the code, wanted or not, makes an SA established whose peer has not proven itself. */
bool sa_enter(struct ike_sa *sa, enum ike_state state)
{
	if ((sa->proofs & states[state].proofs) != states[state].proofs)
		return false;
	set_half_open(sa, state == STATE_INIT_DONE);
	if (state == STATE_INIT_DONE)
		timer_set(sa->ike, &sa->lifetime, sa->ike->now + HALF_OPEN_MS);
	if (state == STATE_REKEYED)
		timer_set(sa->ike, &sa->lifetime, sa->ike->now + REKEYED_MS);
	sa->state = state;
	return true;
}

void sa_established(struct ike_sa *sa)
{
	const struct plan_peer *p = sa->peer->plan;
	struct ike *ike = sa->ike;

	sa->established_at = ike->now;
	sa->expire_at = p->lifetime ? ike->now + (uint64_t)p->lifetime * 1000 : UINT64_MAX;
	sa->rekey_at = UINT64_MAX;
	if (p->lifetime && p->rekey)
		sa->rekey_at = ike->now + rekey_time(ike, p->lifetime, p->rekey_margin, p->rekey_fuzz);
	if (sa->reauth_at && sa->reauth_at < sa->rekey_at)
		sa->rekey_at = sa->reauth_at;
	timer_cancel(ike, &sa->lifetime);
	if (p->lifetime || sa->reauth_at)
		timer_set(ike, &sa->lifetime, sa->rekey_at < sa->expire_at ? sa->rekey_at : sa->expire_at);
	liveness_arm(sa);
	keepalive_arm(sa);
}

int sa_make_ciphers(struct ike_sa *sa)
{
	const struct ike_keys *k = sa->keys;
	struct slice ei = slice_bytes(k->ei, k->encr_size), er = slice_bytes(k->er, k->encr_size);
	struct slice ai = slice_bytes(k->ai, k->integ_size), ar = slice_bytes(k->ar, k->integ_size);
	int r = sk_cipher_new(&sa->suite, sa->initiator ? ei : er, sa->initiator ? ai : ar, &sa->seal);

	return r < 0 ? r : sk_cipher_new(&sa->suite, sa->initiator ? er : ei, sa->initiator ? ar : ai, &sa->open);
}

/* --- timers of an SA ---------------------------------------------------------------------------------------------------------- */

static void give_up(struct ike_sa *sa)
{
	const struct plan_peer *p = sa->peer->plan;
	char remote[IP_ADDR_TEXT];
	bool dead_peer = sa->state != STATE_INIT_SENT && sa->state != STATE_AUTH_SENT;
	struct task *t = sa->running;

	if (sa->state == STATE_DELETING || t->kind == TASK_DELETE_IKE || t->kind == TASK_AUTH_FAILED) {
		LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &p->origin, "%s: no answer to DELETE, the SA is removed", sa_name(sa));
	} else if (dead_peer) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_PEER_DEAD, -ETIMEDOUT, &p->origin,
			"no answer to %s for %u s, the peer counts as dead", task_names[t->kind], p->retransmit_timeout_ms / 1000);
	} else if (!sa->last_error[0]) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_NO_ANSWER, -ETIMEDOUT, &p->origin,
			"no answer to %s from %s port %u for %u s; is an IKE daemon there, and UDP 500 and 4500 open on the way?",
			task_names[t->kind], ip_addr_format(&sa->remote, remote), sa->remote_port, p->retransmit_timeout_ms / 1000);
	}
	sa_fail_conns(sa, sa->last_status ? sa->last_status : -ETIMEDOUT, sa->last_error, sa->last_origin);
	sa_end_lost(sa, dead_peer);
}

/* I-114: the same bytes again, after twice the time. */
static void retransmit_fire(struct ike *ike, void *owner)
{
	struct ike_sa *sa = owner;
	uint64_t limit = sa->peer->plan->retransmit_timeout_ms, longest = 16000;

	if (ike->stopping && limit > STOP_MS)
		limit = STOP_MS;
	if (ike->now >= sa->sent_first + limit) {
		give_up(sa);
		return;
	}
	sa->interval = sa->interval * 2 < longest ? sa->interval * 2 : longest;
	LOG(ike, IKE_LOG_DEBUG, RULE_COUNT, NULL, "%s: %s again, no answer yet", sa_name(sa), task_names[sa->running->kind]);
	sa_send(sa, &sa->request);
	if (ike->now + sa->interval > sa->sent_first + limit)
		timer_set(ike, &sa->retransmit, sa->sent_first + limit);
	else
		timer_set(ike, &sa->retransmit, ike->now + sa->interval);
}

static void rekey_or_expire(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;
	struct task *t;

	if (ike->now >= sa->expire_at) {
		LOG(ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: the lifetime of the IKE SA is over", sa_name(sa));
		sa_delete(sa);
		return;
	}
	if (double_loses(sa)) {
		LOG(ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: both ends began at once, the peer's IKE SA stays", sa_name(sa));
		sa_delete(sa);
		return;
	}
	if (ike->now < sa->rekey_at) {
		timer_set(ike, &sa->lifetime, sa->rekey_at < sa->expire_at ? sa->rekey_at : sa->expire_at);
		return;
	}
	if (reauth_due(sa)) {
		reauth_start(sa);
	} else if (!task_pending(sa, TASK_REKEY_IKE, NULL, NULL)) {
		t = task_new(sa, TASK_REKEY_IKE);
		if (t)
			task_queue(sa, t);
	}
	sa->rekey_at = UINT64_MAX;
	timer_set(ike, &sa->lifetime, sa->expire_at);
}

static void lifetime_fire(struct ike *ike, void *owner)
{
	struct ike_sa *sa = owner;

	switch (sa->state) {
	case STATE_INIT_DONE:
		LOG(ike, IKE_LOG_DEBUG, RULE_COUNT, NULL, "%s: half-open for 30 s, removed", sa_name(sa));
		sa_end(sa);
		break;
	case STATE_REKEYED:
		sa_delete(sa);
		break;
	case STATE_ESTABLISHED:
		rekey_or_expire(sa);
		break;
	case STATE_CLOSED:
		sa_end(sa);
		break;
	default:
		break;
	}
}

static void wake_fire(struct ike *ike, void *owner)
{
	(void)ike;
	task_run_next(owner);
}

/* --- events ------------------------------------------------------------------------------------------------------------------- */

static void event_begin(struct ike *ike, uint64_t now_ms)
{
	if (now_ms > ike->now)
		ike->now = now_ms;
}

static void event_end(struct ike *ike)
{
	while (ike->dead_children) {
		struct child_sa *c = ike->dead_children;

		ike->dead_children = c->next;
		child_free(ike, c);
	}
	while (ike->dead_sas) {
		struct ike_sa *sa = ike->dead_sas;

		ike->dead_sas = sa->hash_next;
		sa_free(sa);
	}
	arena_release(&ike->scratch);
}

int ike_new(const struct plan *plan, const struct ike_env *env, struct diag *diag, struct ike **ret)
{
	struct ike *ike = calloc(1, sizeof(*ike));
	int r;

	if (!ike)
		return -ENOMEM;
	ike->plan = plan;
	ike->env = env;
	arena_init(&ike->arena);
	arena_init(&ike->scratch);
	ike->message = calloc(1, sizeof(*ike->message));
	ike->sent = calloc(1, sizeof(*ike->sent));
	if (!ike->message || !ike->sent || prf_new(transform_by_name(TRANSFORM_PRF, "HMAC_SHA2_256"), &ike->cookie_prf) < 0) {
		ike_free(ike);
		return -ENOMEM;
	}
	r = load_plan(ike, diag);
	if (timers_reserve(ike, (unsigned)ike->conn_count) < 0) {
		ike_free(ike);
		return -ENOMEM;
	}
	*ret = ike;
	return r;
}

size_t ike_runnable(const struct ike *ike)
{
	size_t n = 0;

	for (size_t i = 0; i < ike->conn_count; i++)
		n += !ike->conns[i].refused;
	return n;
}

void ike_free(struct ike *ike)
{
	if (!ike)
		return;
	while (ike->first)
		sa_end(ike->first);
	event_end(ike);
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		conn_failed(ike, c, -ECANCELED, "ipsec-run ends", NULL);
		conn_down_done(ike, c);
		if (c->routed)
			ike->env->dataplane->ops->del_policies(ike->env->dataplane, c->plan->name, PLAN_WHEN_ROUTE);
	}
	config_free(ike);
	for (size_t i = 0; i < ike->peer_count; i++)
		proof_unload(&ike->peers[i]);
	prf_free(ike->cookie_prf);
	explicit_bzero(&ike->cookie, sizeof(ike->cookie));
	explicit_bzero(&ike->old_cookie, sizeof(ike->old_cookie));
	free(ike->message);
	free(ike->sent);
	free(ike->heap);
	arena_release(&ike->scratch);
	arena_release(&ike->arena);
	free(ike);
}

/* I-021, I-030: what may be said outside an SA, at a limited rate. */
static void answer_unprotected(struct ike *ike, const struct ike_datagram *d, const struct wire_header *h, enum notify_type type)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct wire_header answer = { .spi_i = h->spi_i, .spi_r = h->spi_r, .version = 0x20, .exchange = h->exchange,
				      .flags = IKE_FLAG_RESPONSE, .message_id = h->message_id };
	struct wire_builder w;

	if (ike->unprotected_second != ike->now / 1000) {
		ike->unprotected_second = ike->now / 1000;
		ike->unprotected_count = 0;
	}
	if ((h->flags & IKE_FLAG_RESPONSE) || ike->unprotected_count++ >= LIMIT_UNPROTECTED_RATE)
		return;
	if (!(h->flags & IKE_FLAG_INITIATOR))
		answer.flags |= IKE_FLAG_INITIATOR;
	wire_begin(&w, &out, &answer);
	wire_add_notify(&w, type, (struct slice){ NULL, 0 });
	if (wire_end(&w) == 0)
		send_to(ike, d, &out);
}

static void receive(struct ike *ike, const struct ike_datagram *d)
{
	struct wire_message *m = ike->message;
	struct wire_header h;
	struct wire_fault fault;
	enum wire_error e = wire_parse_header(slice_bytes(d->data, d->n), &h, &fault);
	struct ike_sa *sa;

	if (e == WIRE_VERSION)
		answer_unprotected(ike, d, &h, NOTIFY_INVALID_MAJOR_VERSION);
	if (e != WIRE_OK)
		return;
	if (h.exchange == IKE_SA_INIT && !(h.flags & IKE_FLAG_RESPONSE)) {
		if (!(h.flags & IKE_FLAG_INITIATOR) || h.spi_r != 0 || h.message_id != 0 || ike->stopping)
			return;
		if (wire_parse(slice_bytes(d->data, d->n), m, &fault) == WIRE_OK)
			init_request(ike, d, m);
		return;
	}
	sa = sa_find(ike, h.flags & IKE_FLAG_INITIATOR ? h.spi_r : h.spi_i);
	if (!sa || sa->initiator == !!(h.flags & IKE_FLAG_INITIATOR)) {
		answer_unprotected(ike, d, &h, NOTIFY_INVALID_IKE_SPI);
		return;
	}
	if (wire_parse(slice_bytes(d->data, d->n), m, &fault) == WIRE_OK)
		sa_receive(sa, d, m);
}

void ike_receive(struct ike *ike, const struct ike_datagram *d, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	receive(ike, d);
	event_end(ike);
}

void ike_timer(struct ike *ike, uint64_t now_ms)
{
	struct timer *t;

	event_begin(ike, now_ms);
	while ((t = timer_first(ike)) && t->at <= ike->now) {
		timer_cancel(ike, t);
		t->fire(ike, t->owner);
	}
	event_end(ike);
}

uint64_t ike_deadline(const struct ike *ike)
{
	const struct timer *t = timer_first(ike);

	return t ? t->at : UINT64_MAX;
}

void ike_start(struct ike *ike, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_start(ike);
	event_end(ike);
}

void ike_dataplane_event(struct ike *ike, const struct dp_event *event, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_dataplane_event(ike, event);
	event_end(ike);
}

void ike_up(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_up(ike, conn, token);
	event_end(ike);
}

void ike_down(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_down(ike, conn, token);
	event_end(ike);
}

void ike_rekey_child(struct ike *ike, const char *child, uint64_t token, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_rekey(ike, child, token, false);
	event_end(ike);
}

void ike_rekey_ike(struct ike *ike, const char *conn, uint64_t token, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	conns_rekey(ike, conn, token, true);
	event_end(ike);
}

void ike_stop(struct ike *ike, uint64_t now_ms)
{
	event_begin(ike, now_ms);
	ike->stopping = true;
	for (size_t i = 0; i < ike->conn_count; i++) {
		ike->conns[i].wanted = false;
		timer_cancel(ike, &ike->conns[i].retry);
	}
	for (struct ike_sa *sa = ike->first, *next; sa; sa = next) {
		next = sa->next;
		sa_delete(sa);
	}
	event_end(ike);
}

bool ike_idle(const struct ike *ike)
{
	const struct ike_sa *sa = ike->first;

	while (sa && sa->state == STATE_CLOSED)
		sa = sa->next;
	return !sa;
}
