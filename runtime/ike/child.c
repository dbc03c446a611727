/* SPDX-License-Identifier: Apache-2.0 */
/* child.c -- child SAs as objects: made from what was negotiated, installed in the data plane in the right order, replaced, and
 * taken out again (I-073, I-133, I-222).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ike/internal.h"

#define LINGER_MS	5000u	/* a replaced SA still takes packets that were on their way (I-133) */

static const char *const state_names[CHILD_STATE_COUNT] = {
	[CHILD_INSTALLED] = "installed", [CHILD_REKEYING] = "rekeying", [CHILD_REPLACED] = "replaced",
	[CHILD_DELETING] = "deleting",	 [CHILD_DELETED] = "deleted",
};

const char *child_state_name(enum child_state s)
{
	return state_names[s];
}

/* --- SPIs and the data plane -------------------------------------------------------------------------------------------------- */

static bool encapsulated(const struct ike_sa *sa)
{
	if (sa->forced)		/* a peer that answers without NAT detection would not look for ESP in UDP */
		return sa->natd_seen || !sa->ike->env->bare_esp;
	return sa->natd_seen && (sa->nat_local || sa->nat_remote);
}

int child_reserve_spi(struct ike_sa *sa, struct child_conn *conn, uint32_t *ret)
{
	struct dp_sa_id id = { .inbound = true, .protocol = conn->plan->protocol, .src = sa->remote, .dst = sa->local };
	struct dataplane *dp = sa->ike->env->dataplane;

	return dp->ops->alloc_spi(dp, &id, ret);
}

void child_release_spi(struct ike_sa *sa, struct child_conn *conn, uint32_t spi)
{
	struct dp_sa_id id = { .spi = spi, .inbound = true, .protocol = conn->plan->protocol, .src = sa->remote, .dst = sa->local };
	struct dataplane *dp = sa->ike->env->dataplane;

	dp->ops->del_sa(dp, &id);
}

static struct dp_sa_id id_of(const struct child_sa *c, bool inbound)
{
	return (struct dp_sa_id){
		.spi = inbound ? c->spi_in : c->spi_out, .inbound = inbound, .protocol = c->conn->plan->protocol,
		.src = inbound ? c->remote : c->local, .dst = inbound ? c->local : c->remote,
	};
}

static int add_sa(struct child_sa *c, bool inbound, const char **ret_why)
{
	const struct plan_child *p = c->conn->plan;
	struct dataplane *dp = c->sa->ike->env->dataplane;
	const struct ike_sa *sa = c->sa;
	const struct child_keys *k = c->keys;
	bool keys_of_i = inbound ? !c->initiator : c->initiator;	/* sent by the initiator of the exchange */
	uint16_t ours = sa->natt ? sa->local_port : sa->ike->env->natt_port, theirs = sa->natt ? sa->remote_port : 4500;
	struct dp_sa s = {
		.spi = inbound ? c->spi_in : c->spi_out,
		.inbound = inbound,
		.protocol = p->protocol,
		.mode = c->mode,
		.src = inbound ? c->remote : c->local,
		.dst = inbound ? c->local : c->remote,
		.encap = c->encap,
		.src_port = inbound ? theirs : ours,
		.dst_port = inbound ? ours : theirs,
		.encr = c->suite.encr,
		.encr_key_bits = c->suite.encr_key_bits,
		.encr_key = keys_of_i ? k->encr_i : k->encr_r,
		.encr_key_size = k->encr_size,
		.integ = c->suite.integ,
		.integ_key = keys_of_i ? k->integ_i : k->integ_r,
		.integ_key_size = k->integ_size,
		.esn = c->esn,
		.replay_window = p->replay_window,
		.reqid = c->made ? c->made->reqid : p->reqid,
		.if_id = p->if_id,
		.mark = inbound ? p->mark_in : p->mark_out,
		.local_ts = c->local_ts,
		.remote_ts = c->remote_ts,
		.local_ts_count = c->local_count,
		.remote_ts_count = c->remote_count,
		.max_bytes = p->max_bytes,
		.max_packets = p->max_packets,
		.child = p->name,
	};

	return dp->ops->add_sa(dp, &s, ret_why);
}

static void del_sa(struct child_sa *c, bool inbound)
{
	struct dp_sa_id id = id_of(c, inbound);
	struct dataplane *dp = c->sa->ike->env->dataplane;

	dp->ops->del_sa(dp, &id);
}

static int dataplane_refused(struct child_sa *c, const char *what, int status, const char *why)
{
	TROUBLE(c->sa, IKE_LOG_ERROR, RULE_IKE_DATAPLANE_REFUSED, status, &c->conn->plan->origin,
		"child '%s': the data plane refuses %s: %s", c->conn->plan->name, what, why ? why : strerror(-status));
	return status;
}

int child_install_out(struct child_sa *c)
{
	const char *why = NULL;
	int r;

	if (c->out_stands)
		return 0;
	r = add_sa(c, false, &why);
	if (r < 0)
		return dataplane_refused(c, "the outbound SA", r, why);
	c->out_stands = true;
	secret_free(c->keys);
	c->keys = NULL;
	return 0;
}

/* I-222: inbound, outbound, policies; those of the plan stand as long as one SA is as planned. A failure leaves to the caller what stands: child_end() takes it back. */
static int install(struct child_sa *c, const struct child_sa *old, bool outbound_too)
{
	struct dataplane *dp = c->sa->ike->env->dataplane;
	const char *why = NULL;
	int r = policies_make(c, old, &why);

	if (r < 0)
		return dataplane_refused(c, "what was negotiated", r, why);
	r = add_sa(c, true, &why);

	if (r < 0)
		return dataplane_refused(c, "the inbound SA", r, why);
	c->in_stands = true;
	r = outbound_too ? child_install_out(c) : 0;
	if (r < 0)
		return r;
	c->counted = true;
	c->conn->installed++;
	if (c->made)
		r = policies_install(c, &why);
	else if (c->conn->as_planned++ == 0)
		r = dp->ops->add_policies(dp, c->conn->plan->name, PLAN_WHEN_UP, &why);
	return r < 0 ? dataplane_refused(c, "the policies", r, why) : 0;
}

/* --- child SAs as objects ----------------------------------------------------------------------------------------------------- */

static void rekey_fire(struct ike *ike, void *owner)
{
	struct child_sa *c = owner;
	struct child_conn *conn = c->conn;
	struct task *t;

	if (c->state == CHILD_REPLACED && !c->out_stands) {	/* has lingered long enough */
		child_end(c);
		return;
	}
	if (c->redundant) {			/* the peer forgot to delete it */
		child_delete(c);
		return;
	}
	if (ike->now >= c->expire_at) {
		LOG(ike, IKE_LOG_INFO, RULE_COUNT, &conn->plan->origin, "%s: the lifetime of child SA '%s' is over", sa_name(c->sa),
		    conn->plan->name);
		child_delete(c);
		return;
	}
	child_await_end(c);
	if (c->state == CHILD_INSTALLED && c->sa->state == STATE_ESTABLISHED && !task_pending(c->sa, TASK_REKEY_CHILD, c, NULL)) {
		t = task_new(c->sa, TASK_REKEY_CHILD);
		if (!t)
			return;
		t->child = c;
		t->conn = conn;
		task_queue(c->sa, t);
	}
}

void child_rekey_at(struct child_sa *c, uint64_t at)
{
	c->rekey_at = at < c->expire_at ? at : c->expire_at;	/* UINT64_MAX: neither */
	if (c->rekey_at == UINT64_MAX)
		timer_cancel(c->sa->ike, &c->lifetime);
	else
		timer_set(c->sa->ike, &c->lifetime, c->rekey_at);
}

void child_await_end(struct child_sa *c)
{
	child_rekey_at(c, UINT64_MAX);
	c->rekey_at = UINT64_MAX;
}

static void start_lifetime(struct child_sa *c)
{
	const struct plan_child *p = c->conn->plan;
	struct ike *ike = c->sa->ike;

	c->established_at = ike->now;
	c->expire_at = p->lifetime ? ike->now + (uint64_t)p->lifetime * 1000 : UINT64_MAX;
	c->rekey_at = UINT64_MAX;
	if (p->lifetime && p->rekey)
		child_rekey_at(c, ike->now + rekey_time(ike, p->lifetime, p->rekey_margin, p->rekey_fuzz));
	else if (p->lifetime)
		timer_set(ike, &c->lifetime, c->expire_at);
}

static struct traffic_selector *copy_ts(const struct ts_list *from)
{
	struct traffic_selector *v = calloc(from->n, sizeof(*v));

	if (v)
		memcpy(v, from->v, from->n * sizeof(*v));
	return v;
}

/* Takes over the reserved SPI, also when it fails. */
static struct child_sa *child_new(struct ike_sa *sa, struct child_conn *conn, const struct negotiated *n)
{
	struct child_sa *c = calloc(1, sizeof(*c));

	if (!c || timers_reserve(sa->ike, 1) < 0) {
		free(c);
		child_release_spi(sa, conn, n->spi_in);
		return NULL;
	}
	*c = (struct child_sa){
		.conn = conn,
		.sa = sa,
		.next = sa->children,
		.state = CHILD_INSTALLED,
		.spi_in = n->spi_in,
		.spi_out = n->spi_out,
		.mode = n->mode,
		.encap = encapsulated(sa),
		.esn = n->chosen.esn,
		.suite = n->chosen.suite,
		.initiator = n->initiator,
		.local = sa->local,
		.remote = sa->remote,
		.local_count = n->local.n,
		.remote_count = n->remote.n,
	};
	c->lifetime = (struct timer){ .fire = rekey_fire, .owner = c };
	suite_describe(&c->suite, c->esn, c->proposal);
	sa->children = c;
	sa->child_count++;
	c->in_stands = true;			/* the SPI at least: child_end() gives it back */
	c->local_ts = copy_ts(&n->local);
	c->remote_ts = copy_ts(&n->remote);
	c->keys = secret_alloc(sizeof(*c->keys));
	if (!c->local_ts || !c->remote_ts || !c->keys ||
	    child_keys_derive(sa->prf, slice_bytes(sa->keys->d, sa->keys->prf_size), &c->suite, &n->seed, c->keys) < 0) {
		child_end(c);
		return NULL;
	}
	return c;
}

static void log_child(const struct child_sa *c, const char *what)
{
	struct arena *a = &c->sa->ike->scratch;

	LOG(c->sa->ike, IKE_LOG_INFO, RULE_COUNT, &c->conn->plan->origin,
	    "%s: child SA '%s' %s, %s <-> %s, %s%s, SPI in 0x%08x out 0x%08x", sa_name(c->sa), c->conn->plan->name, what,
	    ts_list_format(a, c->local_ts, c->local_count), ts_list_format(a, c->remote_ts, c->remote_count), c->proposal,
	    c->encap ? " in UDP" : "", c->spi_in, c->spi_out);
}

/* Makes and installs it. A rekey's outbound SA waits at the responder (I-133). NULL: told. */
struct child_sa *child_establish(struct ike_sa *sa, struct child_conn *conn, const struct negotiated *n, struct child_sa *old)
{
	struct child_sa *c = child_new(sa, conn, n);

	if (!c) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_LIMIT, -ENOMEM, &conn->plan->origin, "child '%s': out of memory",
			conn->plan->name);
		return NULL;
	}
	if (install(c, old, n->initiator || !old) < 0) {
		child_end(c);
		return NULL;
	}
	if (!n->initiator)
		c->replaces = old;
	low_nonce_set(&c->low_nonce, n->seed.ni, n->seed.nr);
	start_lifetime(c);
	log_child(c, old ? "rekeyed" : "established");
	conn_up(sa->ike, conn);
	conn_changed(sa->ike, conn, old ? "rekeyed" : "up", NULL);
	return c;
}

void child_end(struct child_sa *c)
{
	struct ike_sa *sa = c->sa;
	struct dataplane *dp = sa->ike->env->dataplane;
	struct child_sa **at = &sa->children;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	sa->child_count--;
	task_forget_child(sa, c);
	for (struct child_sa *other = sa->children; other; other = other->next) {
		if (other->by_peer == c)
			other->by_peer = NULL;
		if (other->replaces != c)
			continue;
		other->replaces = NULL;
		if (sa->state < STATE_CLOSED)	/* before ours goes, so that there is always one to send by */
			child_install_out(other);
	}
	timer_cancel(sa->ike, &c->lifetime);
	if (c->out_stands)
		del_sa(c, false);
	if (c->in_stands)
		del_sa(c, true);
	c->in_stands = c->out_stands = false;
	if (c->counted && !c->made && --c->conn->as_planned == 0)
		dp->ops->del_policies(dp, c->conn->plan->name, PLAN_WHEN_UP);
	policies_drop(c);
	if (c->counted && --c->conn->installed == 0) {
		conn_down_done(sa->ike, c->conn);
		conn_changed(sa->ike, c->conn, "down", NULL);
	}
	c->state = CHILD_DELETED;
	c->next = sa->ike->dead_children;
	sa->ike->dead_children = c;
}

void child_stop_sending(struct child_sa *c)
{
	if (c->out_stands)
		del_sa(c, false);
	c->out_stands = false;
	secret_free(c->keys);
	c->keys = NULL;
	c->replaces = NULL;
}

/* A replaced SA whose DELETE went through: no more sending, and receiving for a few seconds. */
void child_linger(struct child_sa *c)
{
	struct ike_sa *sa = c->sa;

	for (struct child_sa *other = sa->children; other; other = other->next) {
		if (other->replaces != c)
			continue;
		other->replaces = NULL;
		child_install_out(other);
	}
	child_stop_sending(c);
	c->state = CHILD_REPLACED;
	c->rekey_at = UINT64_MAX;
	task_forget_child(sa, c);
	timer_set(sa->ike, &c->lifetime, sa->ike->now + LINGER_MS);
}

void child_move(struct child_sa *c, struct ike_sa *to)
{
	struct child_sa **at = &c->sa->children;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->sa->child_count--;
	c->sa = to;
	c->next = to->children;
	to->children = c;
	to->child_count++;
}

struct child_sa *child_by_spi_out(struct ike_sa *sa, uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && c->spi_out != spi)
		c = c->next;
	return c;
}

/* I-113, I-227: the outer addresses follow the IKE SA, where ESP is in UDP. */
void child_addresses_changed(struct ike_sa *sa)
{
	struct dataplane *dp = sa->ike->env->dataplane;
	const char *why = NULL;

	for (struct child_sa *c = sa->children; c; c = c->next) {
		struct dp_sa_id in = id_of(c, true), out = id_of(c, false);
		int r = 0;

		if ((!c->encap && !sa->mobike) || !dp->ops->move_sa)
			continue;
		if (c->in_stands)
			r = dp->ops->move_sa(dp, &in, &sa->remote, sa->remote_port, &sa->local, sa->local_port, &why);
		if (r == 0 && c->out_stands)
			r = dp->ops->move_sa(dp, &out, &sa->local, sa->local_port, &sa->remote, sa->remote_port, &why);
		if (r < 0) {
			dataplane_refused(c, "the new address of the peer", r, why);
			continue;
		}
		c->local = sa->local;
		c->remote = sa->remote;
	}
}
