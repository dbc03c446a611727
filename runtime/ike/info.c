/* SPDX-License-Identifier: Apache-2.0 */
/* info.c -- INFORMATIONAL (RFC 7296 section 1.4): DELETE from either side, liveness, keepalives of NAT mappings (I-150 ...
 * I-154, I-182). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ike/internal.h"

/* --- deleting, from our side -------------------------------------------------------------------------------------------------- */

bool delete_child_start(struct ike_sa *sa, struct task *t, struct draft *d)
{
	uint32_t spi = t->child ? t->child->spi_in : t->orphan;

	(void)sa;
	if (!spi)
		return false;
	wire_add_delete(&d->w, (uint8_t)(t->child ? t->child->conn->plan->protocol : t->orphan_protocol), &spi, 1);
	return true;
}

void child_delete(struct child_sa *c)
{
	struct ike_sa *sa = c->sa;
	struct task *t;

	if (c->state == CHILD_DELETING || c->state == CHILD_DELETED)
		return;
	if (sa->state != STATE_ESTABLISHED) {
		child_end(c);
		return;
	}
	task_forget_child(sa, c);
	c->state = CHILD_DELETING;
	t = task_new(sa, TASK_DELETE_CHILD);
	if (!t) {
		child_end(c);
		return;
	}
	t->child = c;
	task_queue(sa, t);
}

void sa_delete(struct ike_sa *sa)
{
	struct task *t;

	if (sa->state == STATE_DELETING || sa->state == STATE_DEAD || task_pending(sa, TASK_DELETE_IKE, NULL, NULL))
		return;
	if (sa->state != STATE_ESTABLISHED && sa->state != STATE_REKEYED) {
		sa_fail_conns(sa, -ECANCELED, "the negotiation was ended", &sa->peer->plan->origin);
		sa_end(sa);
		return;
	}
	t = task_new(sa, TASK_DELETE_IKE);
	if (t)
		task_queue(sa, t);
	else
		sa_end_lost(sa, false);
}

/* --- deleting, from the peer's side ------------------------------------------------------------------------------------------- */

static void child_deleted(struct child_sa *c, uint32_t *answer, unsigned *n)
{
	struct child_conn *conn = c->conn;
	struct ike *ike = c->sa->ike;
	/* by_peer: our own rekey of it is still under way, and comes too late. */
	bool replaced = c->state == CHILD_REPLACED || c->by_peer || c->redundant, ours_too = c->state == CHILD_DELETING;

	if (!ours_too)				/* I-151: both at once: nothing left to name */
		answer[(*n)++] = c->spi_in;
	if (replaced) {
		child_linger(c);
		return;
	}
	LOG(ike, IKE_LOG_INFO, RULE_COUNT, &conn->plan->origin, "%s: the peer deleted child SA '%s'", sa_name(c->sa),
	    conn->plan->name);
	child_end(c);
	if (!conn->installed)
		conn_lost(ike, conn, false);
}

static void delete_children(struct ike_sa *sa, const struct wire_delete *del, struct draft *d)
{
	uint32_t answer[LIMIT_CHILDREN_PER_SA];
	unsigned n = 0;

	if (del->spi_size != 4)
		return;
	for (unsigned i = 0; i < del->count && n < LIMIT_CHILDREN_PER_SA; i++) {
		struct child_sa *c = child_by_spi_out(sa, wire_delete_spi(del, i));

		if (c && c->conn->plan->protocol == (enum ipsec_protocol)del->protocol && (c->out_stands || c->keys))
			child_deleted(c, answer, &n);
	}
	if (n)
		wire_add_delete(&d->w, del->protocol, answer, n);
}

static void log_peer_delete(struct ike_sa *sa)
{
	if (sa->state == STATE_ESTABLISHED)
		LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: the peer deleted the IKE SA", sa_name(sa));
	sa->last_error[0] = '\0';
	sa->last_status = -ECONNRESET;
}

enum verdict informational_request(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	const struct wire_payload *p;
	struct wire_notify n;

	if (wire_find_notify(m, NOTIFY_AUTHENTICATION_FAILED, &n)) {		/* I-065, from the initiator */
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_AUTHENTICATION_FAILED, -EACCES, &sa->peer->plan->origin,
			"the peer refuses our authentication (AUTHENTICATION_FAILED); "
			"compare leftid, rightid and the secret on both ends");
		return VERDICT_ANSWER_AND_END;
	}
	reauth_read_lifetime(sa, m);
	mobike_answer(sa, m, d);
	for (unsigned i = 0; (p = wire_find(m, PAYLOAD_DELETE, i)) != NULL; i++) {
		struct wire_delete del = wire_delete(p);

		if (del.protocol == PROTOCOL_IKE) {
			log_peer_delete(sa);
			return VERDICT_ANSWER_AND_END;
		}
		delete_children(sa, &del, d);
	}
	return VERDICT_ANSWER;
}

void informational_response(struct ike_sa *sa, struct task *t, const struct wire_message *m)
{
	struct child_sa *c = t->child;
	enum task_kind kind = t->kind;
	bool lingers;

	(void)m;
	t->child = NULL;
	task_free(sa, t);
	if (kind == TASK_DELETE_IKE || kind == TASK_AUTH_FAILED) {
		sa_end_lost(sa, false);
	} else if (kind == TASK_DELETE_CHILD && c) {
		struct child_conn *conn = c->conn;

		lingers = conn->installed > 1 && !c->redundant;
		if (lingers)
			child_linger(c);
		else
			child_end(c);
		if (!conn->installed)
			conn_lost(sa->ike, conn, false);
	}
}

/* --- liveness ----------------------------------------------------------------------------------------------------------------- */

static uint64_t esp_packets_in(struct ike_sa *sa)
{
	struct dataplane *dp = sa->ike->env->dataplane;
	uint64_t sum = 0;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		struct dp_sa_id id = {
			.spi = c->spi_in, .inbound = true, .protocol = c->conn->plan->protocol, .src = c->remote, .dst = c->local
		};
		struct dp_counters counters = { 0 };

		if (c->in_stands && dp->ops->query_sa && dp->ops->query_sa(dp, &id, &counters) == 0)
			sum += counters.packets;
	}
	return sum;
}

/* I-153: whatever came from the peer, IKE or ESP, says that it lives. */
static void liveness_fire(struct ike *ike, void *owner)
{
	struct ike_sa *sa = owner;
	uint64_t delay = (uint64_t)sa->peer->plan->dpd_delay * 1000, packets = esp_packets_in(sa);
	struct task *t;

	if (packets != sa->esp_in) {
		sa->esp_in = packets;
		sa->last_in = ike->now;
	}
	if (sa->last_in + delay > ike->now) {
		timer_set(ike, &sa->liveness, sa->last_in + delay);
		return;
	}
	timer_set(ike, &sa->liveness, ike->now + delay);
	if (sa->running || task_pending(sa, TASK_LIVENESS, NULL, NULL))		/* any request asks the same */
		return;
	t = task_new(sa, TASK_LIVENESS);
	if (t)
		task_queue(sa, t);
}

void liveness_arm(struct ike_sa *sa)
{
	const struct plan_peer *p = sa->peer->plan;

	sa->liveness.fire = liveness_fire;
	sa->liveness.owner = sa;
	if (p->dpd_delay)
		timer_set(sa->ike, &sa->liveness, sa->ike->now + (uint64_t)p->dpd_delay * 1000);
}

static void keepalive_fire(struct ike *ike, void *owner)
{
	struct ike_sa *sa = owner;
	uint64_t delay = (uint64_t)sa->peer->plan->nat_keepalive * 1000;
	struct ike_datagram d = {
		.local = sa->local,
		.remote = sa->remote,
		.local_port = sa->local_port,
		.remote_port = sa->remote_port,
		.natt = true,
		.keepalive = true,
	};

	if (sa->last_out + delay <= ike->now) {
		ike->env->send(ike->env->context, &d);
		sa->last_out = ike->now;
	}
	timer_set(ike, &sa->keepalive, sa->last_out + delay);
}

void keepalive_arm(struct ike_sa *sa)
{
	sa->keepalive.fire = keepalive_fire;
	sa->keepalive.owner = sa;
	if (sa->nat_local && sa->natt && sa->peer->plan->nat_keepalive)
		timer_set(sa->ike, &sa->keepalive, sa->ike->now + (uint64_t)sa->peer->plan->nat_keepalive * 1000);
}
