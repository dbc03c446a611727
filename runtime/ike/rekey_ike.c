/* SPDX-License-Identifier: Apache-2.0 */
/* rekey_ike.c -- a new IKE SA in place of the old one, under its protection (RFC 7296 sections 1.3.2, 2.8.2, 2.18; I-134,
 * I-136). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define RETRY_MS	30000u

static void spi_bytes(uint64_t spi, uint8_t out[8])
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(spi >> (56 - 8 * i));
}

static uint64_t spi_of(struct slice s)
{
	uint64_t spi = 0;

	for (size_t i = 0; s.n == 8 && i < 8; i++)
		spi = spi << 8 | (uint8_t)s.p[i];
	return spi;
}

/* The new SA begins where the old one is: same peer, same place, same proof of who it is. */
static struct ike_sa *heir(struct ike_sa *old, bool initiator, uint64_t own_spi)
{
	struct ike_sa *sa = sa_new(old->ike, old->peer, initiator, own_spi);

	if (!sa)
		return NULL;
	sa_forget_initial(sa);
	sa->local = old->local;
	sa->remote = old->remote;
	sa->local_port = old->local_port;
	sa->remote_port = old->remote_port;
	sa->natt = old->natt;
	sa->natd_seen = old->natd_seen;
	sa->nat_local = old->nat_local;
	sa->nat_remote = old->nat_remote;
	sa->forced = old->forced;
	sa->fragmentation = old->fragmentation;
	sa->ppk = old->ppk;
	sa->mobike = old->mobike;
	sa->reauth_at = old->reauth_at;
	if (sa_keep_identities(sa, &old->remote_id, old->local_id_text, old->remote_id_text) < 0) {
		sa_end(sa);
		return NULL;
	}
	return sa;
}

/* I-204. The proof of the peer's identity passes on: only it could take part in this exchange. */
static int make_keys(struct ike_sa *sa, const struct ike_sa *old, const struct chosen *c, const struct key_seed *seed)
{
	int r;

	sa->suite = c->suite;
	suite_describe(&c->suite, false, sa->proposal);
	sa->keys = secret_alloc(sizeof(*sa->keys));
	if (!sa->keys)
		return -ENOMEM;
	r = prf_new(c->suite.prf, &sa->prf);
	if (r == 0)
		r = ike_keys_rekey(old->prf, slice_bytes(old->keys->d, old->keys->prf_size), sa->prf, &sa->suite, seed, sa->spi_i,
				   sa->spi_r, sa->keys);
	if (r == 0)
		r = sa_make_ciphers(sa);
	if (r < 0)
		return r;
	sa->proofs = PROOF_SUITE | (old->proofs & PROOF_PEER);
	low_nonce_set(&sa->low_nonce, seed->ni, seed->nr);
	if (!sa_enter(sa, STATE_ESTABLISHED))
		return -EACCES;
	sa_established(sa);
	return 0;
}

/* Children and what waits for them go to the successor; the old SA only waits for its DELETE. Whoever wanted the old one deleted
 * wants the same of its successor. */
void rekey_ike_hand_over(struct ike_sa *old, struct ike_sa *to)
{
	while (old->children)
		child_move(old->children, to);
	config_move(old, to);
	task_move_queue(old, to);
	if (task_pending(old, TASK_DELETE_IKE, NULL, NULL))
		sa_delete(to);
	old->successor = to;
	to->referenced = true;
	old->proofs |= PROOF_SUCCESSOR;
	if (old->state == STATE_ESTABLISHED)
		sa_enter(old, STATE_REKEYED);
	timer_cancel(old->ike, &old->liveness);
	waiters_tell(old->ike, &old->rekey_waiters, 0, "", NULL);
	timer_set(to->ike, &to->wake, to->ike->now);	/* after the answer that is on its way */
	LOG(to->ike, IKE_LOG_INFO, RULE_COUNT, &to->peer->plan->origin, "%s: IKE SA rekeyed, %s", sa_name(to), to->proposal);
}

/* --- initiator ---------------------------------------------------------------------------------------------------------------- */

bool rekey_ike_start(struct ike_sa *sa, struct task *t, struct draft *d)
{
	struct wire_sa_options options = { .esn = WIRE_ESN_NONE };
	struct own_half *h = &t->half;
	uint8_t spi[8];

	if (sa->state != STATE_ESTABLISHED || sa->by_peer)
		return false;
	if (!h->group)
		h->group = sa->suite.ke;
	ike_random(sa->ike, h->nonce, sizeof(h->nonce));
	h->ike_spi = new_ike_spi(sa->ike);
	if (ke_initiate(h->group, &h->ke) < 0)
		return false;
	spi_bytes(h->ike_spi, spi);
	options.spi = slice_bytes(spi, sizeof(spi));
	wire_add_sa(&d->w, sa->peer->proposals.v, sa->peer->proposals.n, &options);
	wire_add_nonce(&d->w, slice_bytes(h->nonce, sizeof(h->nonce)));
	wire_add_ke(&d->w, h->group->ikev2_id, ke_public(h->ke));
	return true;
}

static void failed(struct ike_sa *sa, const char *why)
{
	if (sa->by_peer) {		/* the peer's own rekey went through: that is as good */
		rekey_ike_hand_over(sa, sa->by_peer);
		return;
	}
	TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_REKEY_FAILED, -EPROTO, &sa->peer->plan->origin,
		"the IKE SA could not be rekeyed: %s; it is tried again in %u s, until the old SA ends", why, RETRY_MS / 1000);
	waiters_tell(sa->ike, &sa->rekey_waiters, sa->last_status, sa->last_error, sa->last_origin);
	sa->rekey_at = sa->ike->now + RETRY_MS < sa->expire_at ? sa->ike->now + RETRY_MS : sa->expire_at;
	timer_set(sa->ike, &sa->lifetime, sa->rekey_at);
}

/* NULL: the new SA stands; else what is wrong with the answer. */
static const char *take_answer(struct ike_sa *old, struct task *t, const struct wire_message *m, struct ike_sa **ret)
{
	const struct wire_payload *sa_p = wire_find(m, PAYLOAD_SA, 0), *nonce = wire_find(m, PAYLOAD_NONCE, 0),
				  *ke = wire_find(m, PAYLOAD_KE, 0);
	struct secret shared = { 0 };
	struct key_seed seed;
	struct chosen c;
	struct ike_sa *sa;
	int r;

	if (!sa_p || !nonce || !ke || nonce->body.n < IKE_NONCE_MIN || nonce->body.n > IKE_NONCE_MAX)
		return "the peer's answer lacks a payload";
	if (!check_answer(&old->ike->scratch, &old->peer->proposals, sa_p->body, KE_CHOSEN, PLAN_NO, &c) ||
	    c.suite.ke != t->half.group || wire_ke(ke).method != t->half.group->ikev2_id || spi_of(c.spi) == 0)
		return "the peer chose a proposal that was not offered";
	if (ke_complete(t->half.ke, wire_ke(ke).data, &shared) < 0)
		return "the peer's public value is no member of its group";
	seed = (struct key_seed){ .shared = secret_slice(&shared),
				  .ni = slice_bytes(t->half.nonce, IKE_NONCE_SIZE),
				  .nr = nonce->body };
	sa = heir(old, true, t->half.ike_spi);
	r = -ENOMEM;
	if (sa) {
		sa->spi_r = spi_of(c.spi);
		r = make_keys(sa, old, &c, &seed);
	}
	secret_release(&shared);
	if (r < 0) {
		if (sa)
			sa_end(sa);
		return "out of memory";
	}
	*ret = sa;
	return NULL;
}

static void settle(struct ike_sa *old, struct ike_sa *new)
{
	struct ike_sa *theirs = old->by_peer;

	if (theirs && low_nonce_loses(&new->low_nonce, &theirs->low_nonce)) {
		rekey_ike_hand_over(old, theirs);
		sa_delete(new);
		return;
	}
	if (theirs) {			/* the peer deletes it; after a while we do */
		theirs->successor = new;
		new->referenced = true;
		theirs->proofs |= PROOF_SUCCESSOR;
		sa_enter(theirs, STATE_REKEYED);
	}
	rekey_ike_hand_over(old, new);
	sa_delete(old);
}

static bool retry(struct ike_sa *sa, struct task *t, const struct wire_notify *n)
{
	if (sa->by_peer)
		return false;
	if (n->type == NOTIFY_TEMPORARY_FAILURE && t->rounds < 10) {
		t->rounds++;
		t->not_before = sa->ike->now + 2000 + ike_random_below(sa->ike, 4000);
	} else if (!other_group(t, &sa->peer->proposals, n)) {
		return false;
	}
	ke_free(t->half.ke);
	t->half.ke = NULL;
	task_queue(sa, t);
	return true;
}

void rekey_ike_response(struct ike_sa *sa, struct task *t, const struct wire_message *m)
{
	struct wire_notify n;
	struct ike_sa *new = NULL;
	const char *wrong;

	if (wire_find_error(m, &n)) {
		if (retry(sa, t, &n))
			return;
		wrong = arena_printf(&sa->ike->scratch, "the peer refuses (%s)", notify_text(sa->ike, n.type));
	} else {
		wrong = take_answer(sa, t, m, &new);
	}
	task_free(sa, t);
	if (wrong)
		failed(sa, wrong);
	else
		settle(sa, new);
}

/* --- responder ---------------------------------------------------------------------------------------------------------------- */

static enum verdict refuse(struct draft *d, enum notify_type type, struct slice data)
{
	wire_add_notify(&d->w, type, data);
	return VERDICT_ANSWER;
}

/* I-137: what we are about to do to a child would meet an SA that is no longer its parent. */
static bool busy(const struct ike_sa *sa)
{
	const struct task *t = sa->running;

	return sa->by_peer || sa->ike->stopping || task_pending(sa, TASK_DELETE_IKE, NULL, NULL) ||
	       (t && (t->kind == TASK_REKEY_CHILD || t->kind == TASK_CREATE_CHILD || t->kind == TASK_DELETE_CHILD));
}

static struct ike_sa *make_successor(struct ike_sa *old, const struct chosen *c, struct slice nonce_i, struct slice nonce_r,
				     const struct secret *shared)
{
	struct key_seed seed = { .shared = secret_slice(shared), .ni = nonce_i, .nr = nonce_r };
	struct ike_sa *sa = heir(old, false, 0);

	if (!sa)
		return NULL;
	sa->spi_i = spi_of(c->spi);
	if (make_keys(sa, old, c, &seed) < 0) {
		sa_end(sa);
		return NULL;
	}
	return sa;
}

static void add_answer(const struct ike_sa *sa, const struct chosen *c, struct slice nonce, const struct buf *public_value,
		       struct draft *d)
{
	struct wire_sa_options options = { .esn = WIRE_ESN_NONE, .first_number = c->number };
	uint8_t spi[8];

	spi_bytes(sa->spi_r, spi);
	options.spi = slice_bytes(spi, sizeof(spi));
	wire_add_sa(&d->w, &c->answer, 1, &options);
	wire_add_nonce(&d->w, nonce);
	wire_add_ke(&d->w, c->suite.ke->ikev2_id, buf_slice(public_value));
}

enum verdict rekey_ike_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	const struct wire_payload *sa_p = wire_find(m, PAYLOAD_SA, 0), *nonce = wire_find(m, PAYLOAD_NONCE, 0),
				  *ke = wire_find(m, PAYLOAD_KE, 0);
	CLEANUP(buf_release) struct buf public_value = { 0 };
	bool crossing = sa->running && sa->running->kind == TASK_REKEY_IKE;
	uint8_t mine[IKE_NONCE_SIZE], group[2];
	struct slice none = { NULL, 0 };
	struct secret shared = { 0 };
	struct ike_sa *new;
	struct chosen c;

	if (!nonce || !ke || nonce->body.n < IKE_NONCE_MIN || nonce->body.n > IKE_NONCE_MAX)
		return refuse(d, NOTIFY_INVALID_SYNTAX, none);
	if (busy(sa))
		return refuse(d, NOTIFY_TEMPORARY_FAILURE, none);
	if (!choose_proposal(&sa->ike->scratch, &sa->peer->proposals, sa_p->body, KE_CHOSEN, PLAN_NO, &c) || spi_of(c.spi) == 0)
		return refuse(d, NOTIFY_NO_PROPOSAL_CHOSEN, none);
	if (wire_ke(ke).method != c.suite.ke->ikev2_id) {
		group[0] = (uint8_t)(c.suite.ke->ikev2_id >> 8);
		group[1] = (uint8_t)c.suite.ke->ikev2_id;
		return refuse(d, NOTIFY_INVALID_KE_PAYLOAD, slice_bytes(group, 2));
	}
	if (ke_respond(c.suite.ke, wire_ke(ke).data, &public_value, &shared) < 0)
		return refuse(d, NOTIFY_INVALID_SYNTAX, none);
	ike_random(sa->ike, mine, sizeof(mine));
	new = make_successor(sa, &c, nonce->body, slice_bytes(mine, sizeof(mine)), &shared);
	secret_release(&shared);
	if (!new)
		return refuse(d, NOTIFY_TEMPORARY_FAILURE, none);
	add_answer(new, &c, slice_bytes(mine, sizeof(mine)), &public_value, d);
	if (crossing) {
		sa->by_peer = new;
		new->referenced = true;
	} else {
		rekey_ike_hand_over(sa, new);
	}
	return VERDICT_ANSWER;
}
