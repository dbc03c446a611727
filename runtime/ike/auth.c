/* SPDX-License-Identifier: Apache-2.0 */
/* auth.c -- IKE_AUTH in both roles (RFC 7296 sections 1.2, 2.15, 2.16; I-060 ... I-068, I-080): identities, the choice of the
 * conn by identity, INITIAL_CONTACT, and the first child SA on the same ride.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

/* The body of an ID payload, as it is sent and as it is signed. */
static void id_body(const struct ident *id, struct buf *out)
{
	static const uint8_t reserved[3];

	buf_add_u8(out, (uint8_t)id->type);
	buf_add(out, reserved, 3);
	buf_add_slice(out, id->wire);
}

static char *ident_text(struct arena *a, const struct ident *id)
{
	struct ident parsed;

	if (id->text.n || ident_from_wire(a, (uint8_t)id->type, id->wire, &parsed) < 0)
		return ident_format(a, id);
	return ident_format(a, &parsed);
}

static int name_ends(struct ike_sa *sa)
{
	struct ident own = own_ident(sa), remote = sa->remote_id;
	struct arena *a = &sa->ike->scratch;

	return sa_keep_identities(sa, &remote, ident_text(a, &own), ident_text(a, &remote));
}

static bool same_ident(const struct ident *a, const struct ident *b)
{
	return a->type == b->type && slice_eq(a->wire, b->wire);
}

static bool other_sa_with(const struct ike_sa *sa, const struct ident *remote_id)
{
	for (const struct ike_sa *other = sa->ike->first; other; other = other->next)
		if (other != sa && other->peer == sa->peer && (other->proofs & PROOF_PEER) &&
		    same_ident(&other->remote_id, remote_id))
			return true;
	return false;
}

/* I-068: what the peer held before is gone; it says so itself, so nothing is sent. Never for the unauthenticated. */
static void initial_contact(struct ike_sa *sa)
{
	for (struct ike_sa *old = sa->ike->first, *next; old; old = next) {
		next = old->next;
		if (old == sa || old->peer != sa->peer || !(old->proofs & PROOF_PEER) ||
		    !same_ident(&old->remote_id, &sa->remote_id))
			continue;
		LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin,
		    "%s: the peer starts anew (INITIAL_CONTACT), the old SA is removed", sa_name(old));
		sa_end_lost(old, false);
	}
}

static void log_established(struct ike_sa *sa)
{
	LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: IKE SA established, peer %s%s, %s%s%s%s", sa_name(sa),
	    sa->remote_id_text, proof_is_null(sa->peer) ? " (not authenticated)" : "", sa->proposal, sa->ppk ? ", with PPK" : "",
	    sa->nat_remote ? ", peer behind NAT" : "",
	    sa->nat_local ? ", we are behind NAT" : "");
	if (sa->forced && !sa->natd_seen)
		LOG(sa->ike, IKE_LOG_WARNING, RULE_IKE_CHILD_UNSUPPORTED, &sa->peer->plan->origin,
		    "%s: ESP has to go in UDP here, but the peer has no NAT traversal: its packets will not get through",
		    sa_name(sa));
}

/* --- initiator ---------------------------------------------------------------------------------------------------------------- */

static bool add_request(struct ike_sa *sa, struct task *t, struct draft *d)
{
	CLEANUP(buf_release) struct buf id = { 0 };
	const struct plan_peer *p = sa->peer->plan;
	struct ident own = own_ident(sa);
	const struct ident *remote = sa->peer->remote_id;
	const char *why;

	sa->remote_id = ident_concrete(remote) ? *remote : ident_borrow_address(&sa->remote);
	id_body(&own, &id);
	wire_add_id(&d->w, PAYLOAD_IDI, (uint8_t)own.type, own.wire);
	proof_add_certs(sa, &d->w);
	if (p->initial_contact && !proof_is_null(sa->peer) && !other_sa_with(sa, &sa->remote_id))
		wire_add_notify(&d->w, NOTIFY_INITIAL_CONTACT, (struct slice){ NULL, 0 });
	proof_add_certreq(sa, &d->w);
	if (ident_concrete(remote))
		wire_add_id(&d->w, PAYLOAD_IDR, (uint8_t)remote->type, remote->wire);
	why = "out of memory";
	if (ppk_begin(sa) < 0 || proof_add(sa, &id, &d->w, &why) < 0) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_AUTHENTICATION_FAILED, -ENOKEY, &p->origin, "we cannot authenticate: %s", why);
		return false;
	}
	if (config_asks(sa))
		config_add_request(sa, d);
	mobike_announce(sa, &d->w);
	return child_add_offer(sa, t, true, d) && ppk_add_identity(sa, &id, &d->w, &why) == 0;
}

bool auth_start(struct ike_sa *sa)
{
	CLEANUP(draft_release) struct draft d;
	struct task *t = task_new(sa, TASK_AUTH);

	draft_begin(&d);
	if (!t)
		return false;
	t->conn = sa->initial->first_child;
	sa->request_id = 1;
	if (!add_request(sa, t, &d) || sa_seal(sa, IKE_AUTH, false, 1, &d, &sa->request) < 0) {
		task_free(sa, t);
		return false;
	}
	task_send(sa, t);
	return true;
}

/* What has to agree between the ends, for advice. */
static const char *compared(const struct ike_sa *sa)
{
	return proof_by_psk(sa->peer) ? "secret" : "certificates and authby=";
}

static void auth_refused(struct ike_sa *sa, const struct wire_notify *n)
{
	const struct plan_peer *p = sa->peer->plan;

	if (n->type == NOTIFY_AUTHENTICATION_FAILED)
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_AUTHENTICATION_FAILED, -EACCES, &p->origin,
			"the peer refuses our authentication as %s (AUTHENTICATION_FAILED); "
			"compare leftid, rightid and the %s on both ends",
			ident_text(&sa->ike->scratch, sa->peer->local_id), compared(sa));
	else
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_ERROR, -EPROTO, &p->origin,
			"the peer refuses IKE_AUTH (%s); its log says why", notify_text(sa->ike, n->type));
	sa_fail_conns(sa, sa->last_status, sa->last_error, sa->last_origin);
	sa_end(sa);
}

/* I-065. */
static void peer_not_authenticated(struct ike_sa *sa)
{
	struct task *t = task_new(sa, TASK_AUTH_FAILED);

	sa->remote_id = (struct ident){ 0 };	/* it was only claimed */
	sa_fail_conns(sa, sa->last_status, sa->last_error, sa->last_origin);
	if (t)
		task_queue(sa, t);
	else
		sa_end(sa);
}

/* The peer's identity is the one that the conn wants, and the AUTH payload proves it. Else false, and the reason is told. */
static bool verify_responder(struct ike_sa *sa, const struct wire_message *m)
{
	const struct plan_peer *p = sa->peer->plan;
	struct wire_id id = wire_id(wire_find(m, PAYLOAD_IDR, 0));
	const struct ident *wanted = sa->peer->remote_id;
	char why[SIGNATURE_WHY];

	if (ident_from_wire(&sa->ike->scratch, id.type, id.data, &sa->remote_id) < 0) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &p->origin,
			"the peer's identity cannot be read");
		return false;
	}
	if (!ident_matches(wanted, &sa->remote_id)) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &p->origin,
			"the peer calls itself %s, but the conn wants %s; compare the id settings of both ends",
			ident_text(&sa->ike->scratch, &sa->remote_id), ident_text(&sa->ike->scratch, wanted));
		return false;
	}
	if (!proof_check(sa, m, why)) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &p->origin,
			"the peer could not prove to be %s: %s; compare the %s on both ends",
			ident_text(&sa->ike->scratch, &sa->remote_id), why, compared(sa));
		return false;
	}
	return true;
}

static void first_child(struct ike_sa *sa, struct task *t, const struct wire_message *m)
{
	struct wire_notify n;
	struct child_sa *child;

	if (wire_find_error(m, &n))
		child_refused(sa, t->conn, &n, false);
	else
		child_accept(sa, t, m, true, &child);
}

void auth_response(struct ike_sa *sa, struct task *t, const struct wire_message *m)
{
	struct wire_notify n;

	if (!wire_find(m, PAYLOAD_AUTH, 0) || !wire_find(m, PAYLOAD_IDR, 0)) {
		if (!wire_find_error(m, &n))
			n = (struct wire_notify){ .type = NOTIFY_INVALID_SYNTAX };
		auth_refused(sa, &n);
		return;
	}
	if (!ppk_settle(sa, m)) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &sa->peer->plan->origin,
			"the peer does not use the PPK, and the conn insists on it (ppk=insist)");
		peer_not_authenticated(sa);
		return;
	}
	if (!verify_responder(sa, m)) {
		peer_not_authenticated(sa);
		return;
	}
	sa->proofs |= PROOF_PEER;
	if (name_ends(sa) < 0 || !sa_enter(sa, STATE_ESTABLISHED)) {
		sa_end_lost(sa, false);
		return;
	}
	sa_established(sa);
	log_established(sa);
	mobike_read(sa, m);
	reauth_read_lifetime(sa, m);
	first_child(sa, t, m);
	if (sa->state == STATE_ESTABLISHED) {
		sa_forget_initial(sa);
		reauth_go_on(sa);
		conns_follow(sa);
		double_settle(sa);
	}
}

/* --- responder ---------------------------------------------------------------------------------------------------------------- */

struct claim {			/* what the initiator says about the two ends */
	struct ident peer, us;
	bool names_us;
	uint8_t method;		/* of AUTH */
};

static bool accepts(const struct ike_sa *sa, const struct ike_peer *p, const struct claim *c)
{
	const struct ident *own = p->local_id;
	struct ident by_address = ident_borrow_address(&sa->local);

	if (!peer_fits_addresses(p, &sa->local, &sa->remote) || !ident_matches(p->remote_id, &c->peer) ||
	    !proof_fits(p, c->method))
		return false;
	if (c->names_us && !ident_matches(ident_concrete(own) ? own : &by_address, &c->us))
		return false;
	return suite_within(&p->proposals, &sa->suite);
}

/* I-061: the conn with that very identity before one that takes any; among equals one that carries what is asked for, since conns between
 * the same two ends differ in nothing else; and then the one that IKE_SA_INIT found. */
static struct ike_peer *choose_peer(struct ike_sa *sa, const struct claim *c, const struct wire_message *m)
{
	struct ike *ike = sa->ike;
	struct ike_peer *best = NULL;
	unsigned best_score = 0;

	for (size_t i = 0; i < ike->peer_count; i++) {
		struct ike_peer *p = &ike->peers[i];
		unsigned score;

		if (!accepts(sa, p, c))
			continue;
		score = 1 + (p == sa->peer) + 2u * child_fits(sa, p, m) + 4u * !p->template + 8u * ident_concrete(p->remote_id);
		if (score > best_score) {
			best = p;
			best_score = score;
		}
	}
	return best;
}

static bool read_claim(struct ike_sa *sa, const struct wire_message *m, struct claim *c)
{
	const struct wire_payload *idr = wire_find(m, PAYLOAD_IDR, 0);
	struct wire_id id = wire_id(wire_find(m, PAYLOAD_IDI, 0));

	c->method = wire_auth(wire_find(m, PAYLOAD_AUTH, 0)).method;
	if (ident_from_wire(&sa->ike->scratch, id.type, id.data, &c->peer) < 0)
		return false;
	c->names_us = idr != NULL;
	if (!idr)
		return true;
	id = wire_id(idr);
	return ident_from_wire(&sa->ike->scratch, id.type, id.data, &c->us) == 0;
}

static void change_peer(struct ike_sa *sa, struct ike_peer *p)
{
	sa->peer->sa_count--;
	p->sa_count++;
	sa->peer = p;
}

/* I-064: one answer for all reasons; the log has the reason. */
static bool verify_initiator(struct ike_sa *sa, const struct wire_message *m)
{
	const char *method;
	struct claim c = { 0 };
	char why[SIGNATURE_WHY];
	struct ike_peer *p;

	if (!read_claim(sa, m, &c)) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &sa->peer->plan->origin,
			"the peer's identity cannot be read");
		return false;
	}
	p = choose_peer(sa, &c, m);
	method = auth_method_name(c.method);
	if (!p) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_NO_CONN, -EACCES, &sa->peer->plan->origin,
			"no conn for a peer that calls itself %s%s%s and authenticates by %s; sent AUTHENTICATION_FAILED",
			ident_text(&sa->ike->scratch, &c.peer), c.names_us ? " and wants " : "",
			c.names_us ? ident_text(&sa->ike->scratch, &c.us) : "", method ? method : "an unknown method");
		return false;
	}
	change_peer(sa, p);
	sa->remote_id = c.peer;
	if (ppk_take(sa, m, why) && proof_check(sa, m, why))
		return true;
	TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_NOT_AUTHENTICATED, -EACCES, &p->plan->origin,
		"the peer could not prove to be %s: %s; sent AUTHENTICATION_FAILED; compare the %s on both ends",
		ident_text(&sa->ike->scratch, &c.peer), why, compared(sa));
	return false;
}

static enum verdict fail(struct draft *d)
{
	draft_release(d);
	draft_begin(d);
	wire_add_notify(&d->w, NOTIFY_AUTHENTICATION_FAILED, (struct slice){ NULL, 0 });
	return VERDICT_ANSWER_AND_END;
}

enum verdict auth_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	CLEANUP(buf_release) struct buf id = { 0 };
	struct ident own;
	const char *why;

	proof_read_hints(sa, m);
	if (!wire_find(m, PAYLOAD_IDI, 0) || !wire_find(m, PAYLOAD_AUTH, 0) || !verify_initiator(sa, m))
		return fail(d);
	sa->proofs |= PROOF_PEER;
	own = own_ident(sa);
	id_body(&own, &id);
	wire_add_id(&d->w, PAYLOAD_IDR, (uint8_t)own.type, own.wire);
	proof_add_certs(sa, &d->w);
	if (proof_add(sa, &id, &d->w, &why) < 0) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_AUTHENTICATION_FAILED, -ENOKEY, &sa->peer->plan->origin,
			"we cannot authenticate: %s; sent AUTHENTICATION_FAILED", why);
		return fail(d);
	}
	ppk_add_answer(sa, &d->w);
	mobike_read(sa, m);
	if (sa->mobike)
		mobike_announce(sa, &d->w);
	if (name_ends(sa) < 0 || !sa_enter(sa, STATE_ESTABLISHED))
		return fail(d);
	sa_established(sa);
	log_established(sa);
	if (wire_find(m, PAYLOAD_SA, 0) && config_answer(sa, m, d))
		child_answer(sa, m, true, NULL, d);
	/* After the new child, so that its conn's policies stand without a gap. */
	if (sa->peer->plan->initial_contact && !proof_is_null(sa->peer) && wire_find_notify(m, NOTIFY_INITIAL_CONTACT, NULL))
		initial_contact(sa);
	double_settle(sa);
	sa_forget_initial(sa);
	return VERDICT_ANSWER;
}
