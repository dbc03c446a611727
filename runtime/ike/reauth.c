/* SPDX-License-Identifier: Apache-2.0 */
/* reauth.c -- an IKE SA that is made anew beside the old one, because its authentication is to be repeated (reauth=yes, RFC 4478; I-087,
 * I-142), and which of two SAs stays when both ends began at once.
 *
 * Make before break: the new SA names the old one in `replaces` until each child SA of the old one stands under it; then the old one is
 * deleted. If that fails, the new one goes, and another try comes before the old one's end.
 */
#include <errno.h>

#include "runtime/ike/internal.h"

#define RETRY_MS	30000u
#define AT_ONCE_MS	10000u	/* SAs that were established within that time may come from both ends at once */
#define SETTLE_MS	1000u

static bool carries(const struct ike_sa *sa, const struct child_conn *conn)
{
	for (const struct child_sa *c = sa->children; c; c = c->next)
		if (c->conn == conn && (c->state == CHILD_INSTALLED || c->state == CHILD_REKEYING))
			return true;
	return false;
}

/* The first conn that `old` carries and `sa` does not; NULL: none. */
static struct child_conn *missing(const struct ike_sa *old, const struct ike_sa *sa)
{
	for (const struct child_sa *c = old->children; c; c = c->next)
		if (carries(old, c->conn) && !(sa && (carries(sa, c->conn) || task_pending(sa, TASK_CREATE_CHILD, NULL, c->conn))))
			return c->conn;
	return NULL;
}

/* Nobody calls a peer whose address only it knows. */
bool reauth_due(const struct ike_sa *sa)
{
	return !sa->peer->template && (sa->peer->plan->reauth || (sa->reauth_at && sa->ike->now >= sa->reauth_at));
}

void reauth_start(struct ike_sa *old)
{
	struct child_conn *first = missing(old, NULL);

	if (!first)		/* nothing depends on it */
		return;
	LOG(old->ike, IKE_LOG_INFO, RULE_COUNT, &old->peer->plan->origin, "%s: the authentication is repeated, by a new IKE SA beside this one",
	    sa_name(old));
	init_start(old->peer, first, old->ike, old);
}

void reauth_failed(struct ike_sa *sa)
{
	struct ike_sa *old = sa->replaces;
	struct ike *ike = sa->ike;

	sa->replaces = NULL;
	if (!old || old->state != STATE_ESTABLISHED || ike->stopping)
		return;
	LOG(ike, IKE_LOG_WARNING, RULE_IKE_REKEY_FAILED, &old->peer->plan->origin,
	    "%s: the authentication could not be repeated; it is tried again in %u s, until the old SA ends", sa_name(old), RETRY_MS / 1000);
	old->rekey_at = ike->now + RETRY_MS < old->expire_at ? ike->now + RETRY_MS : old->expire_at;
	timer_set(ike, &old->lifetime, old->rekey_at);
}

void reauth_go_on(struct ike_sa *sa)
{
	struct ike_sa *old = sa->replaces;
	struct child_conn *next;
	struct task *t;

	if (!old || sa->state != STATE_ESTABLISHED || task_pending(sa, TASK_CREATE_CHILD, NULL, NULL))
		return;
	next = missing(old, sa);
	if (!sa->children || (next && next == sa->last_missing)) {	/* it was refused */
		sa_delete(sa);
		return;
	}
	if (next) {
		sa->last_missing = next;
		t = task_new(sa, TASK_CREATE_CHILD);
		if (!t)
			return;
		t->conn = next;
		task_queue(sa, t);
		return;
	}
	sa->replaces = NULL;
	waiters_tell(sa->ike, &old->rekey_waiters, 0, "", NULL);
	sa_delete(old);
}

/* RFC 4478 section 3: told by the responder, in IKE_AUTH or later. A tenth of the time is left for the new SA. */
void reauth_read_lifetime(struct ike_sa *sa, const struct wire_message *m)
{
	struct wire_notify n;
	uint64_t seconds = 0;

	if (!sa->initiator || !wire_find_notify(m, NOTIFY_AUTH_LIFETIME, &n) || n.data.n != 4)
		return;
	for (unsigned i = 0; i < 4; i++)
		seconds = seconds << 8 | (uint8_t)n.data.p[i];
	sa->reauth_at = sa->ike->now + seconds * 900;
	LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: the peer wants the authentication repeated within %llu s", sa_name(sa),
	    (unsigned long long)seconds);
	if (sa->reauth_at >= sa->rekey_at)
		return;
	sa->rekey_at = sa->reauth_at;
	timer_set(sa->ike, &sa->lifetime, sa->rekey_at < sa->expire_at ? sa->rekey_at : sa->expire_at);
}

/* --- both ends at once -------------------------------------------------------------------------------------------------------- */

static bool at_once(const struct ike_sa *a, const struct ike_sa *b)
{
	uint64_t apart = a->established_at < b->established_at ? b->established_at - a->established_at : a->established_at - b->established_at;

	return a != b && a->peer == b->peer && a->initiator != b->initiator && a->state == STATE_ESTABLISHED &&
	       b->state == STATE_ESTABLISHED && apart < AT_ONCE_MS && !a->replaces && !b->replaces && a->remote_id.type == b->remote_id.type &&
	       slice_eq(a->remote_id.wire, b->remote_id.wire);
}

/* Both ends know both SAs by the same SPIs: the one whose initiator's SPI is the lower goes, and its initiator deletes it, if the other
 * one does all that it did. */
bool double_loses(const struct ike_sa *sa)
{
	for (const struct ike_sa *other = sa->ike->first; other; other = other->next)
		if (sa->initiator && !proof_is_null(sa->peer) && at_once(sa, other) && sa->spi_i < other->spi_i && !missing(sa, other))
			return true;
	return false;
}

void double_settle(struct ike_sa *sa)
{
	for (struct ike_sa *other = sa->ike->first; other; other = other->next) {
		struct ike_sa *own = sa->initiator ? sa : other;

		if (at_once(sa, other) && double_loses(own))	/* after the answer that is on its way */
			timer_set(sa->ike, &own->lifetime, sa->ike->now + SETTLE_MS);
	}
}
