/* SPDX-License-Identifier: Apache-2.0 */
/* task.c -- what an IKE SA has to ask its peer: one request at a time, the rest queued by priority (I-116), sent again until it
 * is answered (I-114). What each kind of task sends and does with its answer stands in the table `kinds`.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

const char *const task_names[TASK_COUNT] = {
	[TASK_INIT] = "IKE_SA_INIT",
	[TASK_AUTH] = "IKE_AUTH",
	[TASK_DELETE_IKE] = "DELETE of the IKE SA",
	[TASK_AUTH_FAILED] = "AUTHENTICATION_FAILED",
	[TASK_DELETE_CHILD] = "DELETE of a child SA",
	[TASK_REKEY_IKE] = "the rekey of the IKE SA",
	[TASK_REKEY_CHILD] = "the rekey of a child SA",
	[TASK_CREATE_CHILD] = "CREATE_CHILD_SA",
	[TASK_LIVENESS] = "the liveness check",
};

static bool delete_ike(struct ike_sa *sa, struct task *t, struct draft *d)
{
	(void)t;
	wire_add_delete_ike(&d->w);
	return sa_enter(sa, STATE_DELETING);
}

static bool auth_failed(struct ike_sa *sa, struct task *t, struct draft *d)
{
	(void)sa;
	(void)t;
	wire_add_notify(&d->w, NOTIFY_AUTHENTICATION_FAILED, (struct slice){ NULL, 0 });
	return true;
}

static bool liveness(struct ike_sa *sa, struct task *t, struct draft *d)
{
	(void)sa;
	(void)t;
	(void)d;
	return true;
}

static const struct {
	uint8_t exchange;
	bool (*start)(struct ike_sa *sa, struct task *t, struct draft *d);	/* false: there is nothing to do any more */
	void (*answered)(struct ike_sa *sa, struct task *t, const struct wire_message *m);
} kinds[TASK_COUNT] = {
	[TASK_DELETE_IKE] = { IKE_INFORMATIONAL, delete_ike, informational_response },
	[TASK_AUTH_FAILED] = { IKE_INFORMATIONAL, auth_failed, informational_response },
	[TASK_DELETE_CHILD] = { IKE_INFORMATIONAL, delete_child_start, informational_response },
	[TASK_REKEY_IKE] = { IKE_CREATE_CHILD_SA, rekey_ike_start, rekey_ike_response },
	[TASK_REKEY_CHILD] = { IKE_CREATE_CHILD_SA, create_child_start, create_child_response },
	[TASK_CREATE_CHILD] = { IKE_CREATE_CHILD_SA, create_child_start, create_child_response },
	[TASK_LIVENESS] = { IKE_INFORMATIONAL, liveness, informational_response },
};

struct task *task_new(struct ike_sa *sa, enum task_kind kind)
{
	struct task *t = sa->queued < LIMIT_TASKS_PER_SA ? calloc(1, sizeof(*t)) : NULL;

	if (!t) {
		LOG(sa->ike, IKE_LOG_WARNING, RULE_IKE_LIMIT, &sa->peer->plan->origin,
		    "%s: %u requests wait already, %s is not queued", sa_name(sa), sa->queued, task_names[kind]);
		return NULL;
	}
	t->kind = kind;
	return t;
}

void task_free(struct ike_sa *sa, struct task *t)
{
	if (!t)
		return;
	if (t->half.spi && t->conn)
		child_release_spi(sa, t->conn, t->half.spi);
	ke_free(t->half.ke);
	free(t);
}

void task_queue(struct ike_sa *sa, struct task *t)
{
	struct task **at = &sa->queue;

	while (*at && (*at)->kind <= t->kind)
		at = &(*at)->next;
	t->next = *at;
	*at = t;
	sa->queued++;
	task_run_next(sa);
}

static bool task_is(const struct task *t, enum task_kind kind, const struct child_sa *child, const struct child_conn *conn)
{
	return t->kind == kind && (!child || t->child == child) && (!conn || t->conn == conn);
}

bool task_pending(const struct ike_sa *sa, enum task_kind kind, const struct child_sa *child, const struct child_conn *conn)
{
	if (sa->running && task_is(sa->running, kind, child, conn))
		return true;
	for (const struct task *t = sa->queue; t; t = t->next)
		if (task_is(t, kind, child, conn))
			return true;
	return false;
}

/* The child ended: nothing that waits may mention it. The request on its way is answered as if it had been for nobody. */
void task_forget_child(struct ike_sa *sa, struct child_sa *child)
{
	struct task **at = &sa->queue;

	if (sa->running && sa->running->child == child)
		sa->running->child = NULL;
	while (*at) {
		struct task *t = *at;

		if (t->child != child) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		sa->queued--;
		task_free(sa, t);
	}
}

void task_send(struct ike_sa *sa, struct task *t)
{
	struct ike *ike = sa->ike;
	uint64_t first = sa->peer->plan->retransmit_interval_ms;

	sa->running = t;
	sa->request_id++;
	sa->sent_first = ike->now;
	sa->interval = first ? first : 500;
	sa_send(sa, &sa->request);
	timer_set(ike, &sa->retransmit, ike->now + sa->interval);
}

/* Takes the first task that may run now out of the queue; arms the wake-up for the earliest that may not. */
static struct task *take_ready(struct ike_sa *sa)
{
	struct task **at = &sa->queue, *t;
	uint64_t earliest = UINT64_MAX;

	for (; (t = *at) != NULL; at = &t->next) {
		if (t->not_before <= sa->ike->now) {
			*at = t->next;
			t->next = NULL;
			sa->queued--;
			return t;
		}
		if (t->not_before < earliest)
			earliest = t->not_before;
	}
	if (earliest != UINT64_MAX)
		timer_set(sa->ike, &sa->wake, earliest);
	return NULL;
}

static bool may_run(const struct ike_sa *sa)
{
	return !sa->running && sa->seal &&
	       (sa->state == STATE_ESTABLISHED || sa->state == STATE_REKEYED || sa->state == STATE_AUTH_SENT);
}

void task_run_next(struct ike_sa *sa)
{
	struct task *t;

	while (may_run(sa) && (t = take_ready(sa)) != NULL) {
		CLEANUP(draft_release) struct draft d;

		draft_begin(&d);
		if (!kinds[t->kind].start(sa, t, &d)) {
			task_free(sa, t);
			continue;
		}
		if (sa_seal(sa, kinds[t->kind].exchange, false, sa->request_id, &d, &sa->request) < 0) {
			LOG(sa->ike, IKE_LOG_ERROR, RULE_COUNT, NULL, "%s: %s cannot be sent: out of memory, or too large",
			    sa_name(sa), task_names[t->kind]);
			task_free(sa, t);
			continue;
		}
		task_send(sa, t);
	}
}

struct task *task_take_running(struct ike_sa *sa)
{
	struct task *t = sa->running;

	sa->running = NULL;
	timer_cancel(sa->ike, &sa->retransmit);
	return t;
}

void task_answered(struct ike_sa *sa, struct wire_message *m)
{
	struct task *t = sa->running;

	if (t->kind == TASK_AUTH) {
		if (m->header.exchange == IKE_AUTH) {
			task_take_running(sa);
			auth_response(sa, t, m);
			task_free(sa, t);
		}
	} else if (m->header.exchange == kinds[t->kind].exchange) {
		task_take_running(sa);
		kinds[t->kind].answered(sa, t, m);	/* frees the task or queues it again */
	}
	if (sa->state < STATE_CLOSED)
		task_run_next(sa);
}

void task_move_queue(struct ike_sa *from, struct ike_sa *to)
{
	struct task **at = &from->queue, **end = &to->queue, *t;

	while ((t = *at) != NULL) {
		if (t->kind == TASK_DELETE_IKE) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		from->queued--;
		while (*end && (*end)->kind <= t->kind)
			end = &(*end)->next;
		t->next = *end;
		*end = t;
		to->queued++;
	}
}

void task_drop_all(struct ike_sa *sa)
{
	struct task *t;

	task_free(sa, task_take_running(sa));
	while ((t = sa->queue) != NULL) {
		sa->queue = t->next;
		task_free(sa, t);
	}
	sa->queued = 0;
}
