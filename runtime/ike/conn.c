/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c -- what is to be up: auto=, commands, acquires; tries, retries and their end (keyingtries), and what a lost SA leads to
 * (dpdaction). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ike/internal.h"

#define BACKOFF_FIRST_MS	1000u
#define BACKOFF_LAST_MS		60000u

/* --- who waits ---------------------------------------------------------------------------------------------------------------- */

static void command_part(struct ike *ike, struct command *c, int status, const char *reason, const struct plan_origin *origin)
{
	if (status < 0 && c->status == 0) {
		c->status = status;
		c->origin = origin;
		snprintf(c->reason, sizeof(c->reason), "%s", reason);
	}
	if (--c->pending > 0)
		return;
	if (ike->env->done)
		ike->env->done(ike->env->context, c->token, c->status, c->status < 0 ? c->reason : "", c->origin);
	free(c);
}

void waiters_tell(struct ike *ike, struct waiter **list, int status, const char *reason, const struct plan_origin *origin)
{
	struct waiter *w;

	while ((w = *list) != NULL) {
		*list = w->next;
		command_part(ike, w->command, status, reason, origin);
		free(w);
	}
}

static bool wait_for(struct waiter **list, struct command *command)
{
	struct waiter *w = calloc(1, sizeof(*w));

	if (!w)
		return false;
	w->command = command;
	w->next = *list;
	*list = w;
	command->pending++;
	return true;
}

/* A command begins with one part of its own, so that it does not end while its conns are still being counted. */
static struct command *command_new(struct ike *ike, uint64_t token)
{
	struct command *c = calloc(1, sizeof(*c));

	if (c) {
		c->token = token;
		c->pending = 1;
	} else if (ike->env->done) {
		ike->env->done(ike->env->context, token, -ENOMEM, "out of memory", NULL);
	}
	return c;
}

/* --- SAs of a peer ------------------------------------------------------------------------------------------------------------ */

struct ike_sa *peer_established_sa(struct ike *ike, const struct ike_peer *peer)
{
	for (struct ike_sa *sa = ike->last; sa; sa = sa->prev)
		if (sa->peer == peer && sa->state == STATE_ESTABLISHED && !task_pending(sa, TASK_DELETE_IKE, NULL, NULL))
			return sa;
	return NULL;
}

static struct ike_sa *peer_connecting_sa(struct ike *ike, const struct ike_peer *peer)
{
	for (struct ike_sa *sa = ike->last; sa; sa = sa->prev)
		if (sa->peer == peer && sa->initiator &&
		    (sa->state == STATE_INIT_SENT ||
		     (sa->state == STATE_AUTH_SENT && sa->running && sa->running->kind == TASK_AUTH)))
			return sa;
	return NULL;
}

static void create_child(struct ike_sa *sa, struct child_conn *c)
{
	struct task *t;

	if (task_pending(sa, TASK_CREATE_CHILD, NULL, c))
		return;
	t = task_new(sa, TASK_CREATE_CHILD);
	if (!t) {
		conn_failed(sa->ike, c, -ENOBUFS, "too many requests wait", &c->plan->origin);
		return;
	}
	t->conn = c;
	task_queue(sa, t);
}

void conn_start(struct ike *ike, struct child_conn *c)
{
	struct ike_sa *sa;

	if (c->installed || c->starting || c->refused || ike->stopping)
		return;
	c->starting = true;
	timer_cancel(ike, &c->retry);
	sa = peer_established_sa(ike, c->peer);
	if (sa)
		create_child(sa, c);
	else if (!peer_connecting_sa(ike, c->peer))	/* else conns_follow() takes it */
		init_start(c->peer, c, ike, NULL);
}

void conns_follow(struct ike_sa *sa)
{
	struct ike *ike = sa->ike;

	for (size_t i = 0; i < ike->conn_count && sa->state == STATE_ESTABLISHED; i++) {
		struct child_conn *c = &ike->conns[i];

		if (c->peer == sa->peer && c->starting && !c->installed)
			create_child(sa, c);
	}
}

void sa_fail_conns(struct ike_sa *sa, int status, const char *reason, const struct plan_origin *origin)
{
	struct ike *ike = sa->ike;
	struct ike_sa *other = peer_established_sa(ike, sa->peer);
	enum ike_state state = sa->state;

	if (other == sa)
		other = NULL;
	sa->state = STATE_DEAD;			/* so that a retry does not find it */
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (c->peer != sa->peer || !c->starting)
			continue;
		if (other)
			create_child(other, c);
		else if (!peer_connecting_sa(ike, sa->peer))
			conn_failed(ike, c, status, reason, origin);
	}
	sa->state = state;
}

static void lose(struct ike_sa *sa, bool dead_peer, void (*end)(struct ike_sa *sa))
{
	struct ike *ike = sa->ike;
	struct ike_peer *peer = sa->peer;

	sa_fail_conns(sa, -ECONNRESET, "the IKE SA ended before the child SA was there", &peer->plan->origin);
	for (struct child_sa *c = sa->children; c; c = c->next)
		c->conn->touched = true;
	end(sa);
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (c->peer != peer || !c->touched)
			continue;
		c->touched = false;
		if (!c->installed)
			conn_lost(ike, c, dead_peer);
	}
}

void sa_end_lost(struct ike_sa *sa, bool dead_peer)
{
	lose(sa, dead_peer, sa_end);
}

void sa_close_lost(struct ike_sa *sa)
{
	lose(sa, false, sa_close);
}

/* --- how it went -------------------------------------------------------------------------------------------------------------- */

void conn_changed(struct ike *ike, const struct child_conn *c, const char *what, const char *reason)
{
	if (ike->env->changed)
		ike->env->changed(ike->env->context, c->plan, what, reason);
}

void conn_up(struct ike *ike, struct child_conn *c)
{
	c->starting = false;
	c->tries = 0;
	c->last_error[0] = '\0';
	timer_cancel(ike, &c->retry);
	waiters_tell(ike, &c->up, 0, "", NULL);
}

static uint64_t backoff(struct ike *ike, unsigned tries)
{
	uint64_t wait = BACKOFF_FIRST_MS;

	while (--tries > 0 && wait < BACKOFF_LAST_MS)
		wait *= 2;
	if (wait > BACKOFF_LAST_MS)
		wait = BACKOFF_LAST_MS;
	return wait + ike_random_below(ike, wait / 4 + 1);
}

void conn_failed(struct ike *ike, struct child_conn *c, int status, const char *reason, const struct plan_origin *origin)
{
	uint32_t limit = c->peer ? c->peer->plan->keying_tries : 0;
	uint64_t wait;

	c->starting = false;
	snprintf(c->last_error, sizeof(c->last_error), "%s", reason);
	waiters_tell(ike, &c->up, status, c->last_error, origin);
	if (status != -ECANCELED)
		conn_changed(ike, c, "failed", c->last_error);
	if (!c->wanted || ike->stopping || c->installed)	/* installed: by the SA that was to be replaced */
		return;
	c->tries++;
	if (limit && c->tries >= limit) {
		c->wanted = false;
		LOG(ike, IKE_LOG_ERROR, RULE_IKE_GAVE_UP, &c->plan->origin, "conn '%s': given up after %u tries (keyingtries=%u)",
		    c->plan->name, c->tries, limit);
		return;
	}
	wait = backoff(ike, c->tries);
	LOG(ike, IKE_LOG_INFO, RULE_COUNT, &c->plan->origin, "conn '%s': try %u comes in %u s", c->plan->name, c->tries + 1,
	    (unsigned)((wait + 999) / 1000));
	timer_set(ike, &c->retry, ike->now + wait);
}

void conn_retry_fire(struct ike *ike, void *owner)
{
	conn_start(ike, owner);
}

static void route(struct ike *ike, struct child_conn *c)
{
	struct dataplane *dp = ike->env->dataplane;
	const char *why = NULL;
	int r;

	if (c->routed)
		return;
	r = dp->ops->add_policies(dp, c->plan->name, PLAN_WHEN_ROUTE, &why);
	c->routed = r == 0;
	if (r < 0)
		LOG(ike, IKE_LOG_ERROR, RULE_IKE_DATAPLANE_REFUSED, &c->plan->origin,
		    "conn '%s': the data plane refuses the trap: %s", c->plan->name, why ? why : strerror(-r));
}

static void unroute(struct ike *ike, struct child_conn *c)
{
	if (c->routed)
		ike->env->dataplane->ops->del_policies(ike->env->dataplane, c->plan->name, PLAN_WHEN_ROUTE);
	c->routed = false;
}

/* The last child SA of the conn is gone, and it was not by our own wish. */
void conn_lost(struct ike *ike, struct child_conn *c, bool dead_peer)
{
	if (ike->stopping || c->refused || c->starting)
		return;
	if (dead_peer && c->peer->plan->dpd_action == PLAN_DPD_CLEAR) {
		c->wanted = false;
		unroute(ike, c);
		return;
	}
	if (dead_peer && c->peer->plan->dpd_action == PLAN_DPD_HOLD && !c->wanted) {
		route(ike, c);
		return;
	}
	if (dead_peer && c->peer->plan->dpd_action == PLAN_DPD_RESTART && !c->peer->template)
		c->wanted = true;
	if (c->wanted)
		timer_set(ike, &c->retry, ike->now + BACKOFF_FIRST_MS / 2 + ike_random_below(ike, BACKOFF_FIRST_MS));
	else
		waiters_tell(ike, &c->up, -ECONNRESET, "the child SA ended", &c->plan->origin);	/* a rekey that came too late */
}

void conn_down_done(struct ike *ike, struct child_conn *c)
{
	waiters_tell(ike, &c->down, 0, "", NULL);
}

/* --- events of the outside ---------------------------------------------------------------------------------------------------- */

void conns_start(struct ike *ike)
{
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (c->refused)
			continue;
		if (c->plan->start == PLAN_START_ROUTE || c->plan->start == PLAN_START_UP)
			route(ike, c);		/* I-351: nothing leaves in clear while it is negotiated */
		if (c->plan->start == PLAN_START_UP && !c->peer->template) {
			c->wanted = true;
			conn_start(ike, c);
		}
	}
}

static struct child_conn *by_reqid(struct ike *ike, const struct dp_event *e)
{
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (e->child ? strcmp(c->plan->name, e->child) == 0 : c->plan->reqid == e->reqid)
			return c;
	}
	return NULL;
}

static struct child_sa *by_spi(struct ike *ike, uint32_t spi)
{
	for (struct ike_sa *sa = ike->first; sa; sa = sa->next)
		for (struct child_sa *c = sa->children; c; c = c->next)
			if (c->spi_in == spi || c->spi_out == spi)
				return c;
	return NULL;
}

void conns_dataplane_event(struct ike *ike, const struct dp_event *e)
{
	struct child_conn *conn;
	struct child_sa *c;

	if (e->kind == DP_ACQUIRE) {
		conn = by_reqid(ike, e);
		if (conn && !conn->refused && !conn->peer->template)
			conn_start(ike, conn);		/* I-224: one negotiation however many packets */
		return;
	}
	c = by_spi(ike, e->spi);
	if (!c)
		return;
	conn = c->conn;
	if (e->kind == DP_EXPIRE_SOFT && c->state == CHILD_INSTALLED) {
		child_rekey_at(c, ike->now);
	} else if (e->kind == DP_EXPIRE_HARD) {
		LOG(ike, IKE_LOG_INFO, RULE_COUNT, &conn->plan->origin, "%s: child SA '%s' has used up its limit", sa_name(c->sa),
		    conn->plan->name);
		child_delete(c);
	} else if (e->kind == DP_MAPPING) {
		sa_peer_moved(c->sa, &e->addr, e->port);
	}
}

/* --- commands ----------------------------------------------------------------------------------------------------------------- */

static bool named(const struct child_conn *c, const char *name)
{
	return strcmp(c->plan->name, name) == 0 || strcmp(c->peer->plan->conn, name) == 0;
}

static void no_target(struct ike *ike, struct command *cmd, const char *name, const char *why, const struct plan_origin *origin)
{
	char text[IKE_REASON_TEXT];

	snprintf(text, sizeof(text), "conn '%.80s' %s", name, why);
	LOG(ike, IKE_LOG_WARNING, RULE_IKE_NO_TARGET, origin, "%s", text);
	cmd->pending++;
	command_part(ike, cmd, -ENOENT, text, origin);
}

void conns_up(struct ike *ike, const char *name, uint64_t token)
{
	struct command *cmd = command_new(ike, token);
	bool found = false;

	if (!cmd)
		return;
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (!named(c, name))
			continue;
		found = true;
		if (c->refused) {
			no_target(ike, cmd, c->plan->name, "was refused at the start; see the log", &c->plan->origin);
		} else if (c->peer->template) {
			no_target(ike, cmd, c->plan->name, "waits for its peer (right=%any), it cannot be brought up from here",
				  &c->plan->origin);
		} else if (!c->installed) {
			c->wanted = true;
			c->tries = 0;
			if (wait_for(&c->up, cmd))
				conn_start(ike, c);
		}
	}
	if (!found)
		no_target(ike, cmd, name, "is not in the plan", NULL);
	command_part(ike, cmd, 0, "", NULL);
}

static void down_sa(struct ike_sa *sa, const char *name)
{
	bool others = false;

	for (const struct child_sa *c = sa->children; c; c = c->next)
		others |= !named(c->conn, name);
	if (!others) {
		sa_delete(sa);
		return;
	}
	for (struct child_sa *c = sa->children, *next; c; c = next) {
		next = c->next;
		if (named(c->conn, name))
			child_delete(c);
	}
}

void conns_down(struct ike *ike, const char *name, uint64_t token)
{
	struct command *cmd = command_new(ike, token);
	bool found = false;

	if (!cmd)
		return;
	for (size_t i = 0; i < ike->conn_count; i++) {
		struct child_conn *c = &ike->conns[i];

		if (!named(c, name))
			continue;
		found = true;
		c->wanted = false;
		timer_cancel(ike, &c->retry);
		if (c->installed)
			wait_for(&c->down, cmd);
		c->peer->touched = true;
	}
	for (struct ike_sa *sa = ike->first, *next; sa; sa = next) {
		next = sa->next;
		if (sa->peer->touched)
			down_sa(sa, name);
	}
	for (size_t i = 0; i < ike->peer_count; i++)
		ike->peers[i].touched = false;
	if (!found)
		no_target(ike, cmd, name, "is not in the plan", NULL);
	command_part(ike, cmd, 0, "", NULL);
}

static bool rekey_sa(struct ike_sa *sa, struct command *cmd)
{
	struct task *t;

	if (!wait_for(&sa->rekey_waiters, cmd))
		return false;
	if (task_pending(sa, TASK_REKEY_IKE, NULL, NULL))
		return true;
	t = task_new(sa, TASK_REKEY_IKE);
	if (t)
		task_queue(sa, t);
	else
		waiters_tell(sa->ike, &sa->rekey_waiters, -ENOBUFS, "too many requests wait", &sa->peer->plan->origin);
	return true;
}

static bool rekey_children(struct ike_sa *sa, const char *name, struct command *cmd)
{
	bool found = false;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		if (!named(c->conn, name) || (c->state != CHILD_INSTALLED && c->state != CHILD_REKEYING) ||
		    !wait_for(&c->conn->up, cmd))		/* the new SA tells it, like the first one */
			continue;
		if (c->state == CHILD_INSTALLED)
			child_rekey_at(c, sa->ike->now);
		found = true;
	}
	return found;
}

void conns_rekey(struct ike *ike, const char *name, uint64_t token, bool ike_sa)
{
	struct command *cmd = command_new(ike, token);
	bool found = false;

	if (!cmd)
		return;
	for (struct ike_sa *sa = ike->first, *next; sa; sa = next) {
		next = sa->next;
		if (sa->state != STATE_ESTABLISHED)
			continue;
		if (!ike_sa)
			found |= rekey_children(sa, name, cmd);
		else if (strcmp(sa->peer->plan->conn, name) == 0)
			found |= rekey_sa(sa, cmd);
	}
	if (!found)
		no_target(ike, cmd, name, "is not up", NULL);
	command_part(ike, cmd, 0, "", NULL);
}
