/* SPDX-License-Identifier: Apache-2.0 */
/* status.c -- what stands, what is on its way, and what waits: one entry per IKE SA, then one per peer that has none. */
#include <string.h>

#include "runtime/ike/internal.h"

static void counters(struct child_sa *c, bool inbound, struct dp_counters *ret)
{
	struct dataplane *dp = c->sa->ike->env->dataplane;
	struct dp_sa_id id = {
		.spi = inbound ? c->spi_in : c->spi_out, .inbound = inbound, .protocol = c->conn->plan->protocol,
		.src = inbound ? c->remote : c->local, .dst = inbound ? c->local : c->remote,
	};

	*ret = (struct dp_counters){ 0 };
	if ((inbound ? c->in_stands : c->out_stands) && dp->ops->query_sa)
		dp->ops->query_sa(dp, &id, ret);
}

static void describe_child(struct child_sa *c, struct ike_child_status *s)
{
	*s = (struct ike_child_status){
		.name = c->conn->plan->name,
		.state = child_state_name(c->state),
		.mode = c->mode,
		.encap = c->encap,
		.spi_in = c->spi_in,
		.spi_out = c->spi_out,
		.reqid = c->made ? c->made->reqid : c->conn->plan->reqid,
		.proposal = c->proposal,
		.local_ts = c->local_ts,
		.remote_ts = c->remote_ts,
		.local_ts_count = c->local_count,
		.remote_ts_count = c->remote_count,
		.established_ms = c->established_at,
		.rekey_at_ms = c->rekey_at,
		.expire_at_ms = c->expire_at,
		.origin = &c->conn->plan->origin,
	};
	counters(c, true, &s->in);
	counters(c, false, &s->out);
}

static void each_sa(struct ike_sa *sa, void (*each)(void *context, const struct ike_sa_status *sa), void *context)
{
	struct ike_child_status *children = arena_new_array(&sa->ike->scratch, sa->child_count + 1, struct ike_child_status);
	unsigned n = sa->child_count;
	struct ike_sa_status s = {
		.conn = sa->peer->plan->conn,
		.state = sa_state_name(sa->state),
		.last_error = sa->last_error[0] ? sa->last_error : NULL,
		.version = 2,
		.initiator = sa->initiator,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.ppk = sa->ppk,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.local = sa->local,
		.remote = sa->remote,
		.local_port = sa->local_port,
		.remote_port = sa->remote_port,
		.local_id = sa->local_id_text,
		.remote_id = sa->remote_id_text,
		.proposal = sa->proposal,
		.established_ms = sa->established_at,
		.rekey_at_ms = sa->rekey_at,
		.origin = &sa->peer->plan->origin,
		.children = children,
		.child_count = sa->child_count,
	};

	for (struct child_sa *c = sa->children; c; c = c->next)		/* newest first in the list, oldest first for people */
		describe_child(c, &children[--n]);
	each(context, &s);
}

/* A peer without SA: its conns are refused, wait for traffic or for the peer, or will be tried again. */
static void each_waiting(struct ike *ike, const struct ike_peer *p, void (*each)(void *context, const struct ike_sa_status *sa),
			 void *context)
{
	struct ike_sa_status s = {
		.conn = p->plan->conn,
		.state = p->refused    ? "refused"
			 : p->template ? "waiting"
				       : "down",
		.version = p->plan->version,
		.local = p->plan->local.addr,
		.remote = p->plan->remote.addr,
		.origin = &p->plan->origin,
	};

	for (size_t i = 0; i < ike->conn_count; i++) {
		const struct child_conn *c = &ike->conns[i];

		if (c->peer != p)
			continue;
		if (c->retry.slot)
			s.state = "retrying";
		else if (c->routed && strcmp(s.state, "down") == 0)
			s.state = "on-demand";
		if (c->last_error[0])
			s.last_error = c->last_error;
	}
	each(context, &s);
}

void ike_status(struct ike *ike, uint64_t now_ms, void (*each)(void *context, const struct ike_sa_status *sa), void *context)
{
	if (now_ms > ike->now)
		ike->now = now_ms;
	for (struct ike_sa *sa = ike->first; sa; sa = sa->next) {
		if (sa->state == STATE_CLOSED)
			continue;
		sa->peer->touched = true;
		each_sa(sa, each, context);
	}
	for (size_t i = 0; i < ike->peer_count; i++) {
		if (!ike->peers[i].touched)
			each_waiting(ike, &ike->peers[i], each, context);
		ike->peers[i].touched = false;
	}
	arena_release(&ike->scratch);
}
