/* SPDX-License-Identifier: Apache-2.0 */
/* rekey.c -- CREATE_CHILD_SA (RFC 7296 sections 1.3, 2.8, 2.18): further child SAs, new ones in place of old ones, and a new IKE
 * SA in place of the old one, in both roles and with both ends at it at once (I-130 ... I-139).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define RETRY_MS	30000u	/* until a rekey that was refused is tried again (I-141) */

/* --- crossing rekeys ---------------------------------------------------------------------------------------------------------- */

static int nonce_cmp(struct slice a, struct slice b)
{
	int r = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return r ? r : (a.n > b.n) - (a.n < b.n);
}

void low_nonce_set(struct low_nonce *low, struct slice a, struct slice b)
{
	struct slice lower = nonce_cmp(a, b) < 0 ? a : b;

	low->n = lower.n < sizeof(low->bytes) ? lower.n : sizeof(low->bytes);
	memcpy(low->bytes, lower.p, low->n);
}

/* I-135: of the four nonces the lowest marks the SA that goes; the one who started that exchange deletes it. */
bool low_nonce_loses(const struct low_nonce *ours, const struct low_nonce *theirs)
{
	return nonce_cmp(slice_bytes(ours->bytes, ours->n), slice_bytes(theirs->bytes, theirs->n)) < 0;
}

static uint64_t soon(struct ike *ike)
{
	return ike->now + 2000 + ike_random_below(ike, 4000);		/* I-137 */
}

/* Takes the running task's place in the queue again: not now, or with another group. */
static void again(struct ike_sa *sa, struct task *t, uint64_t not_before)
{
	if (t->half.spi && t->conn)
		child_release_spi(sa, t->conn, t->half.spi);
	t->half.spi = 0;
	ke_free(t->half.ke);
	t->half.ke = NULL;
	t->not_before = not_before;
	task_queue(sa, t);
}

/* The group the peer asks for, if the list has it and it was not tried yet (I-131). */
bool other_group(struct task *t, const proposal_list *list, const struct wire_notify *n)
{
	uint16_t method = group_of(n->data);
	int group = find_group(list, method);

	if (n->type != NOTIFY_INVALID_KE_PAYLOAD || group < 0 || (t->tried_groups & (1ull << group)))
		return false;
	t->tried_groups |= 1ull << group;
	t->half.group = nth_group(list, (unsigned)group);
	return true;
}

/* --- child SAs, as initiator -------------------------------------------------------------------------------------------------- */

bool create_child_start(struct ike_sa *sa, struct task *t, struct draft *d)
{
	struct child_sa *old = t->child;

	if (t->kind == TASK_CREATE_CHILD) {
		if (!sa->replaces && (t->conn->installed || !t->conn->starting))
			return false;
		return child_add_offer(sa, t, false, d);
	}
	if (!old || (old->state != CHILD_INSTALLED && old->state != CHILD_REKEYING))
		return false;
	old->state = CHILD_REKEYING;
	wire_add_notify_spi(&d->w, NOTIFY_REKEY_SA, (uint8_t)t->conn->plan->protocol, old->spi_in, (struct slice){ NULL, 0 });
	LOG(sa->ike, IKE_LOG_DEBUG, RULE_COUNT, &t->conn->plan->origin, "%s: rekeying child SA '%s'", sa_name(sa),
	    t->conn->plan->name);
	return child_add_offer(sa, t, false, d);
}

/* I-141: the old SA stays as it is, and the next try comes before its end. */
static void rekey_failed(struct child_sa *old)
{
	if (!old || old->state != CHILD_REKEYING)
		return;
	if (old->by_peer) {
		old->state = CHILD_REPLACED;	/* the peer's own rekey of it went through */
		return;
	}
	old->state = CHILD_INSTALLED;
	LOG(old->sa->ike, IKE_LOG_WARNING, RULE_IKE_REKEY_FAILED, &old->conn->plan->origin,
	    "%s: child SA '%s' could not be rekeyed; it is tried again in %u s, until the old SA ends", sa_name(old->sa),
	    old->conn->plan->name, RETRY_MS / 1000);
	waiters_tell(old->sa->ike, &old->conn->up, old->sa->last_status, old->sa->last_error, old->sa->last_origin);
	child_rekey_at(old, old->sa->ike->now + RETRY_MS);
}

/* An SA that we made as the responder is known to the peer when our answer is there, and that may have been lost: then it sends its request
 * again, and has the SA before our next try. */
static bool not_yet_known(struct task *t)
{
	return t->child && !t->child->initiator && !t->child->by_peer && ++t->rounds < 4;
}

static void create_refused(struct ike_sa *sa, struct task *t, const struct wire_notify *n)
{
	bool rekey = t->kind == TASK_REKEY_CHILD;
	proposal_list list = child_groups(sa, t->conn);

	if (rekey && !t->child) {			/* the SA to be rekeyed ended meanwhile */
		task_free(sa, t);
		return;
	}
	if (other_group(t, &list, n)) {
		again(sa, t, 0);
		return;
	}
	if ((n->type == NOTIFY_TEMPORARY_FAILURE && ++t->rounds < 10) || (n->type == NOTIFY_CHILD_SA_NOT_FOUND && not_yet_known(t))) {
		again(sa, t, soon(sa->ike));
		return;
	}
	if (rekey && n->type == NOTIFY_CHILD_SA_NOT_FOUND) {	/* I-138 */
		if (t->child->by_peer) {
			rekey_failed(t->child);
			task_free(sa, t);
			return;
		}
		child_end(t->child);
		t->child = NULL;		/* this task is answered, so that it is in no list that is looked through */
		t->kind = TASK_CREATE_CHILD;
		t->conn->starting = true;
		again(sa, t, 0);
		return;
	}
	child_refused(sa, t->conn, n, rekey);
	rekey_failed(t->child);
	task_free(sa, t);
	reauth_go_on(sa);
}

/* The new SA stands. Whoever started the rekey that stays deletes the old SA, and the peer deletes its own redundant one. */
static void replace(struct child_sa *old, struct child_sa *new)
{
	struct child_sa *theirs = old->by_peer;

	if (theirs && low_nonce_loses(&new->low_nonce, &theirs->low_nonce)) {
		LOG(new->sa->ike, IKE_LOG_DEBUG, RULE_COUNT, NULL, "%s: both ends rekeyed child SA '%s', the peer's stays",
		    sa_name(new->sa), new->conn->plan->name);
		old->state = CHILD_REPLACED;
		new->redundant = true;
		child_stop_sending(new);	/* before the peer stops receiving; the old one still carries */
		child_delete(new);
		return;
	}
	if (theirs) {
		theirs->redundant = true;
		theirs->replaces = NULL;	/* we never send by it */
		child_rekey_at(theirs, new->sa->ike->now + RETRY_MS);	/* in case the peer forgets to */
	}
	child_delete(old);
}

void create_child_response(struct ike_sa *sa, struct task *t, const struct wire_message *m)
{
	struct wire_notify n;
	struct child_sa *new;

	if (wire_find_error(m, &n)) {
		create_refused(sa, t, &n);
		return;
	}
	if (child_accept(sa, t, m, false, &new) == 0) {
		if (t->child) {
			replace(t->child, new);
		} else if (t->kind == TASK_REKEY_CHILD && t->conn->installed > 1) {
			new->redundant = true;		/* the peer's rekey of it is through and has deleted the old one */
			child_stop_sending(new);
			child_delete(new);
		}
	} else {
		rekey_failed(t->child);
	}
	task_free(sa, t);
	reauth_go_on(sa);
}

/* --- child SAs, as responder -------------------------------------------------------------------------------------------------- */

static enum verdict refuse(struct draft *d, enum notify_type type)
{
	wire_add_notify(&d->w, type, (struct slice){ NULL, 0 });
	return VERDICT_ANSWER;
}

static void drop_queued_rekey(struct ike_sa *sa, struct child_sa *old)
{
	if (!(sa->running && sa->running->child == old))
		task_forget_child(sa, old);
}

static enum verdict rekey_child_request(struct ike_sa *sa, const struct wire_message *m, const struct wire_notify *n,
					struct draft *d)
{
	struct child_sa *old = n->spi.n == 4 ? child_by_spi_out(sa, spi_read(n->spi)) : NULL, *new;
	bool crossing;

	/* It may be the one that our own request asks for, whose answer has been lost. */
	if (!old && sa->running && (sa->running->kind == TASK_REKEY_CHILD || sa->running->kind == TASK_CREATE_CHILD))
		return refuse(d, NOTIFY_TEMPORARY_FAILURE);
	if (!old || (old->state == CHILD_REPLACED && !old->out_stands)) {
		/* I-138 */
		wire_add_notify_spi(&d->w, NOTIFY_CHILD_SA_NOT_FOUND, n->protocol, spi_read(n->spi), (struct slice){ NULL, 0 });
		return VERDICT_ANSWER;
	}
	if (old->state == CHILD_DELETING || old->state == CHILD_REPLACED || old->by_peer)
		return refuse(d, NOTIFY_TEMPORARY_FAILURE);
	drop_queued_rekey(sa, old);
	crossing = sa->running && sa->running->child == old && sa->running->kind == TASK_REKEY_CHILD;
	new = child_answer(sa, m, false, old, d);
	if (!new)
		return VERDICT_ANSWER;
	if (crossing)
		old->by_peer = new;		/* which of the two stays is known when our answer is there */
	else
		old->state = CHILD_REPLACED;
	child_await_end(old);
	return VERDICT_ANSWER;
}

enum verdict create_child_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	const struct wire_payload *p = wire_find(m, PAYLOAD_SA, 0);
	struct slice rest = p ? p->body : (struct slice){ NULL, 0 };
	struct wire_proposal first;
	struct wire_notify n;

	if (!p || !wire_next_proposal(&rest, &first))
		return refuse(d, NOTIFY_INVALID_SYNTAX);
	if (first.protocol == PROTOCOL_IKE)
		return rekey_ike_request(sa, m, d);
	if (sa->running && sa->running->kind == TASK_REKEY_IKE)		/* I-137 */
		return refuse(d, NOTIFY_TEMPORARY_FAILURE);
	if (wire_find_notify(m, NOTIFY_REKEY_SA, &n))
		return rekey_child_request(sa, m, &n, d);
	child_answer(sa, m, false, NULL, d);
	return VERDICT_ANSWER;
}
