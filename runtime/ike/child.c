/* SPDX-License-Identifier: Apache-2.0 */
/* child.c -- child SAs: the child part of IKE_AUTH and CREATE_CHILD_SA in both roles (RFC 7296 sections 1.3, 2.9, 2.17), and
 * their way into the data plane and out of it (I-072, I-073, I-133, I-160 ... I-165, I-222).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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

/* --- what is offered and accepted --------------------------------------------------------------------------------------------- */

enum groups { GROUPS_NONE, GROUPS_WANTED, GROUPS_ALLOWED };

static void add_group(struct arena *a, struct proposal *p, const struct transform *t)
{
	if (t)
		vec_push(a, &p->transforms, (struct proposal_transform){ t, 0 });
}

/* The conn's proposals with the groups of this exchange: none, or those of esp=, or else that of the IKE SA. A conn without pfs
 * that answers takes a peer's wish for it, for it costs nothing in safety (pluto does the same). */
static proposal_list proposals_for(struct ike_sa *sa, const struct child_conn *c, enum groups groups)
{
	struct arena *a = &sa->ike->scratch;
	proposal_list list = { 0 };

	for (size_t i = 0; i < c->proposals.n; i++) {
		const struct proposal *from = &c->proposals.v[i];
		struct proposal *to = vec_add(a, &list);
		bool named = false;

		to->protocol = from->protocol;
		for (size_t k = 0; k < from->transforms.n; k++) {
			const struct proposal_transform *t = &from->transforms.v[k];

			if (t->transform->type == TRANSFORM_KE && groups == GROUPS_NONE)
				continue;
			named |= t->transform->type == TRANSFORM_KE && !transform_is_none(t->transform);
			vec_push(a, &to->transforms, *t);
		}
		if (groups != GROUPS_NONE && !named)
			add_group(a, to, sa->suite.ke);
		if (groups == GROUPS_ALLOWED)
			add_group(a, to, transform_by_ikev2_id(TRANSFORM_KE, 0));
	}
	return list;
}

static enum wire_esn esn_offer(const struct plan_child *c)
{
	/* ESN needs a replay window: its high half is never sent (RFC 4303 section 2.2.1). */
	return c->esn == PLAN_NO || c->replay_window == 0 ? WIRE_ESN_NO : WIRE_ESN_YES_OR_NO;
}

static enum plan_tristate esn_accept(const struct plan_child *c)
{
	return esn_offer(c) == WIRE_ESN_NO ? PLAN_NO : c->esn;
}

typedef VEC(struct traffic_selector) ts_vec;

/* An end without subnets protects itself: its address, which for %any is known only now. */
static ts_vec ts_of_end(struct ike_sa *sa, const struct child_conn *c, bool local)
{
	ts_vec list = { 0 };
	struct ip_prefix host;

	if (local && c->plan->local_ts.n)
		return (ts_vec){ c->plan->local_ts.v, c->plan->local_ts.n, 0 };
	if (!local && c->plan->remote_ts.n)
		return (ts_vec){ c->plan->remote_ts.v, c->plan->remote_ts.n, 0 };
	host = ip_prefix_of_host(local ? &sa->local : &sa->remote);
	vec_push(&sa->ike->scratch, &list, ts_of_prefix(&host, 0, 0));
	return list;
}

/* --- SPIs and the data plane -------------------------------------------------------------------------------------------------- */

static bool encapsulated(const struct ike_sa *sa)
{
	return sa->forced || (sa->natd_seen && (sa->nat_local || sa->nat_remote));
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
		.reqid = p->reqid,
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

/* I-222: inbound, outbound, policies. A failure leaves to the caller what stands: child_end() takes it back. */
static int install(struct child_sa *c, bool outbound_too)
{
	struct dataplane *dp = c->sa->ike->env->dataplane;
	const char *why = NULL;
	int r = add_sa(c, true, &why);

	if (r < 0)
		return dataplane_refused(c, "the inbound SA", r, why);
	c->in_stands = true;
	r = outbound_too ? child_install_out(c) : 0;
	if (r < 0)
		return r;
	c->counted = true;
	if (c->conn->installed++ > 0)
		return 0;
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

struct negotiated {		/* what both ends agreed on, before it becomes a child SA */
	struct chosen chosen;
	struct ts_list local, remote;
	enum plan_mode mode;
	struct key_seed seed;
	uint32_t spi_in, spi_out;
	bool initiator;
};

uint32_t spi_read(struct slice spi)
{
	const uint8_t *p = (const uint8_t *)spi.p;

	return spi.n == 4 ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
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
static struct child_sa *establish(struct ike_sa *sa, struct child_conn *conn, const struct negotiated *n, struct child_sa *old)
{
	struct child_sa *c = child_new(sa, conn, n);

	if (!c) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_LIMIT, -ENOMEM, &conn->plan->origin, "child '%s': out of memory",
			conn->plan->name);
		return NULL;
	}
	if (install(c, n->initiator || !old) < 0) {
		child_end(c);
		return NULL;
	}
	if (!n->initiator)
		c->replaces = old;
	low_nonce_set(&c->low_nonce, n->seed.ni, n->seed.nr);
	start_lifetime(c);
	log_child(c, old ? "rekeyed" : "established");
	conn_up(sa->ike, conn);
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
	if (c->counted && --c->conn->installed == 0) {
		dp->ops->del_policies(dp, c->conn->plan->name, PLAN_WHEN_UP);
		conn_down_done(sa->ike, c->conn);
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

struct child_sa *child_by_spi_in(struct ike_sa *sa, uint32_t spi)
{
	struct child_sa *c = sa->children;

	while (c && c->spi_in != spi)
		c = c->next;
	return c;
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

		if (!c->encap || !dp->ops->move_sa)
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

/* --- initiator ---------------------------------------------------------------------------------------------------------------- */

static bool add_exchange(struct task *t, const proposal_list *list, struct ike_sa *sa, struct draft *d)
{
	struct own_half *h = &t->half;

	ike_random(sa->ike, h->nonce, sizeof(h->nonce));
	wire_add_nonce(&d->w, slice_bytes(h->nonce, sizeof(h->nonce)));
	if (!t->conn->plan->pfs)
		return true;
	if (!h->group)
		h->group = nth_group(list, 0);
	if (!h->group || ke_initiate(h->group, &h->ke) < 0)
		return false;
	wire_add_ke(&d->w, h->group->ikev2_id, ke_public(h->ke));
	return true;
}

static proposal_list offered(struct ike_sa *sa, const struct child_conn *conn, bool in_auth)
{
	return proposals_for(sa, conn, !in_auth && conn->plan->pfs ? GROUPS_WANTED : GROUPS_NONE);
}

bool child_add_offer(struct ike_sa *sa, struct task *t, bool in_auth, struct draft *d)
{
	const struct plan_child *p = t->conn->plan;
	proposal_list list = offered(sa, t->conn, in_auth);
	ts_vec local = ts_of_end(sa, t->conn, true), remote = ts_of_end(sa, t->conn, false);
	struct wire_sa_options options = { .esn = esn_offer(p), .without_ke = in_auth };
	uint8_t spi[4];

	if (!t->half.spi && child_reserve_spi(sa, t->conn, &t->half.spi) < 0) {
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_DATAPLANE_REFUSED, -EIO, &p->origin, "child '%s': the data plane gives no SPI",
			p->name);
		return false;
	}
	for (unsigned i = 0; i < 4; i++)
		spi[i] = (uint8_t)(t->half.spi >> (24 - 8 * i));
	options.spi = slice_bytes(spi, 4);
	if (p->mode == PLAN_MODE_TRANSPORT)
		wire_add_notify(&d->w, NOTIFY_USE_TRANSPORT_MODE, (struct slice){ NULL, 0 });
	wire_add_sa(&d->w, list.v, list.n, &options);
	if (!in_auth && !add_exchange(t, &list, sa, d))
		return false;
	wire_add_ts(&d->w, PAYLOAD_TSI, local.v, local.n);
	wire_add_ts(&d->w, PAYLOAD_TSR, remote.v, remote.n);
	return true;
}

/* The peer has an SA that we do not have: it must hear of it (I-163). */
static void drop_answer(struct ike_sa *sa, struct task *t, uint32_t spi)
{
	struct task *deletion = task_new(sa, TASK_DELETE_CHILD);

	if (deletion) {
		deletion->orphan = spi;
		deletion->orphan_protocol = t->conn->plan->protocol;
		task_queue(sa, deletion);
	}
	if (!t->child)
		conn_failed(sa->ike, t->conn, sa->last_status, sa->last_error, sa->last_origin);
}

proposal_list child_groups(struct ike_sa *sa, const struct child_conn *conn)
{
	return offered(sa, conn, false);
}

/* Is the answer within our offer? NULL: yes, and *n is filled in; else what is wrong with it. */
static const char *read_answer(struct ike_sa *sa, struct task *t, const struct wire_message *m, bool in_auth, struct negotiated *n)
{
	const struct wire_payload *sa_p = wire_find(m, PAYLOAD_SA, 0), *tsi = wire_find(m, PAYLOAD_TSI, 0),
				  *tsr = wire_find(m, PAYLOAD_TSR, 0);
	proposal_list list = offered(sa, t->conn, in_auth);
	ts_vec local = ts_of_end(sa, t->conn, true), remote = ts_of_end(sa, t->conn, false);
	bool transport = wire_find_notify(m, NOTIFY_USE_TRANSPORT_MODE, NULL);

	if (!sa_p || !tsi || !tsr)
		return "the peer's answer has no SA or no selectors";
	if (!check_answer(&sa->ike->scratch, &list, sa_p->body, in_auth ? KE_IGNORED : KE_CHOSEN, esn_accept(t->conn->plan),
			  &n->chosen))
		return "the peer chose a proposal that was not offered";
	n->spi_out = spi_read(n->chosen.spi);
	if (n->spi_out < 256)
		return "the peer's SPI is a reserved one";
	ts_read(tsi, &n->local);
	ts_read(tsr, &n->remote);
	if (!ts_within(local.v, local.n, &n->local) || !ts_within(remote.v, remote.n, &n->remote))
		return "the peer's traffic selectors are not within ours";
	if (transport != (t->conn->plan->mode == PLAN_MODE_TRANSPORT))
		return transport ? "the peer wants transport mode, the conn has type=tunnel"
				 : "the peer does tunnel mode only, the conn has type=transport";
	n->mode = t->conn->plan->mode;
	return NULL;
}

/* The nonces and the shared secret of this exchange. NULL, or what is wrong. */
static const char *read_exchange(struct ike_sa *sa, struct task *t, const struct wire_message *m, struct negotiated *n,
				 struct secret *shared)
{
	const struct wire_payload *nonce = wire_find(m, PAYLOAD_NONCE, 0), *ke = wire_find(m, PAYLOAD_KE, 0);

	(void)sa;
	if (!nonce || nonce->body.n < IKE_NONCE_MIN || nonce->body.n > IKE_NONCE_MAX)
		return "the peer's answer has no usable nonce";
	n->seed.ni = slice_bytes(t->half.nonce, IKE_NONCE_SIZE);
	n->seed.nr = nonce->body;
	if (!n->chosen.suite.ke)
		return ke ? "the peer sent a public value for no group" : NULL;
	if (!ke || n->chosen.suite.ke != t->half.group || wire_ke(ke).method != t->half.group->ikev2_id)
		return "the peer's public value is of another group";
	if (ke_complete(t->half.ke, wire_ke(ke).data, shared) < 0)
		return "the peer's public value is no member of its group";
	n->seed.shared = secret_slice(shared);
	return NULL;
}

int child_accept(struct ike_sa *sa, struct task *t, const struct wire_message *m, bool in_auth, struct child_sa **ret)
{
	struct negotiated n = { .initiator = true, .spi_in = t->half.spi };
	struct secret shared = { 0 };
	const char *wrong = read_answer(sa, t, m, in_auth, &n);
	struct child_sa *c;

	if (!wrong && in_auth) {
		n.seed.ni = slice_bytes(sa->initial->nonce_i, sa->initial->nonce_i_size);
		n.seed.nr = slice_bytes(sa->initial->nonce_r, sa->initial->nonce_r_size);
	} else if (!wrong) {
		wrong = read_exchange(sa, t, m, &n, &shared);
	}
	if (wrong) {
		secret_release(&shared);
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_ANSWER_NOT_OFFERED, -EPROTO, &t->conn->plan->origin, "child '%s': %s",
			t->conn->plan->name, wrong);
		drop_answer(sa, t, t->half.spi);
		return -EPROTO;
	}
	c = establish(sa, t->conn, &n, t->child);
	secret_release(&shared);
	t->half.spi = 0;		/* it is the child's, or establish() gave it back */
	if (!c) {
		drop_answer(sa, t, n.spi_in);
		return -EIO;
	}
	*ret = c;
	return 0;
}

/* --- responder ---------------------------------------------------------------------------------------------------------------- */

struct request {		/* what the peer asks for */
	struct slice proposals;
	struct ts_list tsi, tsr;
	bool transport, in_auth;
	const struct wire_payload *ke;
	struct slice nonce;
};

static bool read_request(const struct wire_message *m, bool in_auth, struct request *r)
{
	const struct wire_payload *sa = wire_find(m, PAYLOAD_SA, 0), *tsi = wire_find(m, PAYLOAD_TSI, 0),
				  *tsr = wire_find(m, PAYLOAD_TSR, 0), *nonce = wire_find(m, PAYLOAD_NONCE, 0);

	if (!sa || !tsi || !tsr || (!in_auth && (!nonce || nonce->body.n < IKE_NONCE_MIN || nonce->body.n > IKE_NONCE_MAX)))
		return false;
	r->proposals = sa->body;
	ts_read(tsi, &r->tsi);
	ts_read(tsr, &r->tsr);
	r->transport = wire_find_notify(m, NOTIFY_USE_TRANSPORT_MODE, NULL);
	r->in_auth = in_auth;
	r->ke = wire_find(m, PAYLOAD_KE, 0);
	if (nonce)
		r->nonce = nonce->body;
	return true;
}

static bool selectors_fit(struct ike_sa *sa, const struct child_conn *c, const struct request *r, bool narrowing,
			  struct negotiated *n)
{
	ts_vec local = ts_of_end(sa, c, true), remote = ts_of_end(sa, c, false);

	if (c->plan->mode == PLAN_MODE_TRANSPORT && !r->transport)
		return false;
	n->mode = c->plan->mode;
	return ts_narrow(local.v, local.n, &r->tsr, narrowing, &n->local) &&
	       ts_narrow(remote.v, remote.n, &r->tsi, narrowing, &n->remote);
}

static bool proposals_fit(struct ike_sa *sa, const struct child_conn *c, const struct request *r, struct negotiated *n)
{
	proposal_list list = proposals_for(sa, c, r->in_auth ? GROUPS_NONE : c->plan->pfs ? GROUPS_WANTED : GROUPS_ALLOWED);

	if (!choose_proposal(&sa->ike->scratch, &list, r->proposals, r->in_auth ? KE_IGNORED : KE_CHOSEN, esn_accept(c->plan),
			     &n->chosen))
		return false;
	n->spi_out = spi_read(n->chosen.spi);
	return n->spi_out >= 256;
}

/* The conn whose selectors fit as they are before one that may be narrowed. NULL: *ret_notify says why, *ret_near is the conn
 * that failed last. */
static struct child_conn *find_conn(struct ike_sa *sa, const struct request *r, struct child_sa *old, struct negotiated *n,
				    enum notify_type *ret_notify, struct child_conn **ret_near)
{
	*ret_notify = NOTIFY_TS_UNACCEPTABLE;
	*ret_near = NULL;
	for (unsigned narrowing = 0; narrowing < 2; narrowing++) {
		for (size_t i = 0; i < sa->ike->conn_count; i++) {
			struct child_conn *c = &sa->ike->conns[i];

			if (c->peer != sa->peer || c->refused || (old && c != old->conn) || (narrowing && !c->plan->narrowing))
				continue;
			if (!*ret_near)
				*ret_near = c;
			if (!selectors_fit(sa, c, r, narrowing, n))
				continue;
			if (proposals_fit(sa, c, r, n))
				return c;
			*ret_notify = NOTIFY_NO_PROPOSAL_CHOSEN;
			*ret_near = c;
		}
	}
	return NULL;
}

static void log_refusal(struct ike_sa *sa, const struct request *r, const struct child_conn *near, enum notify_type type)
{
	struct arena *a = &sa->ike->scratch;
	const struct plan_origin *origin = near ? &near->plan->origin : &sa->peer->plan->origin;

	if (type == NOTIFY_NO_PROPOSAL_CHOSEN && near)
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_CHILD_PROPOSAL_REFUSED, -EPROTO, &near->plan->proposals_origin,
			"child '%s': the peer offers no ESP proposal that it accepts (sent NO_PROPOSAL_CHOSEN); "
			"compare esp= and pfs= on both ends",
			near->plan->name);
	else
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_SELECTORS_REFUSED, -EPROTO, near ? &near->plan->local_ts_origin : origin,
			"no conn protects %s <-> %s%s, which the peer wants (sent TS_UNACCEPTABLE); "
			"compare leftsubnet and rightsubnet on both ends",
			ts_list_format(a, r->tsr.v, r->tsr.n), ts_list_format(a, r->tsi.v, r->tsi.n),
			r->transport ? " in transport mode" : "");
}

static struct child_sa *refuse(struct draft *d, enum notify_type type, struct slice data)
{
	wire_add_notify(&d->w, type, data);
	return NULL;
}

/* Our half: nonce, and the public value where a group was chosen. False: a notify was added. */
static bool make_exchange(struct ike_sa *sa, const struct request *r, struct negotiated *n, uint8_t nonce[IKE_NONCE_SIZE],
			  struct buf *public_value, struct secret *shared, struct draft *d)
{
	const struct transform *ke = n->chosen.suite.ke;
	uint8_t group[2];

	if (r->in_auth) {
		n->seed.ni = slice_bytes(sa->initial->nonce_i, sa->initial->nonce_i_size);
		n->seed.nr = slice_bytes(sa->initial->nonce_r, sa->initial->nonce_r_size);
		return true;
	}
	ike_random(sa->ike, nonce, IKE_NONCE_SIZE);
	n->seed.ni = r->nonce;
	n->seed.nr = slice_bytes(nonce, IKE_NONCE_SIZE);
	if (!ke)
		return true;
	if (!r->ke || wire_ke(r->ke).method != ke->ikev2_id) {
		group[0] = (uint8_t)(ke->ikev2_id >> 8);
		group[1] = (uint8_t)ke->ikev2_id;
		wire_add_notify(&d->w, NOTIFY_INVALID_KE_PAYLOAD, slice_bytes(group, 2));
		return false;
	}
	if (ke_respond(ke, wire_ke(r->ke).data, public_value, shared) < 0) {
		wire_add_notify(&d->w, NOTIFY_INVALID_SYNTAX, (struct slice){ NULL, 0 });
		return false;
	}
	n->seed.shared = secret_slice(shared);
	return true;
}

static void add_answer(const struct negotiated *n, const struct request *r, const struct buf *public_value, struct draft *d)
{
	uint8_t spi[4] = { (uint8_t)(n->spi_in >> 24), (uint8_t)(n->spi_in >> 16), (uint8_t)(n->spi_in >> 8), (uint8_t)n->spi_in };
	struct wire_sa_options options = {
		.spi = slice_bytes(spi, 4), .without_ke = r->in_auth, .first_number = n->chosen.number,
		.esn = !n->chosen.has_esn ? WIRE_ESN_NONE : n->chosen.esn ? WIRE_ESN_YES : WIRE_ESN_NO,
	};

	if (n->mode == PLAN_MODE_TRANSPORT)
		wire_add_notify(&d->w, NOTIFY_USE_TRANSPORT_MODE, (struct slice){ NULL, 0 });
	wire_add_sa(&d->w, &n->chosen.answer, 1, &options);
	if (!r->in_auth)
		wire_add_nonce(&d->w, n->seed.nr);
	if (n->chosen.suite.ke)
		wire_add_ke(&d->w, n->chosen.suite.ke->ikev2_id, buf_slice(public_value));
	wire_add_ts(&d->w, PAYLOAD_TSI, n->remote.v, n->remote.n);
	wire_add_ts(&d->w, PAYLOAD_TSR, n->local.v, n->local.n);
}

struct child_sa *child_answer(struct ike_sa *sa, const struct wire_message *m, bool in_auth, struct child_sa *old, struct draft *d)
{
	CLEANUP(buf_release) struct buf public_value = { 0 };
	struct slice none = { NULL, 0 };
	struct negotiated n = { .initiator = false };
	uint8_t nonce[IKE_NONCE_SIZE];
	struct secret shared = { 0 };
	struct child_conn *conn, *near;
	enum notify_type type;
	struct request r = { 0 };
	struct child_sa *c;

	if (!read_request(m, in_auth, &r))
		return refuse(d, NOTIFY_INVALID_SYNTAX, none);
	if (sa->child_count >= LIMIT_CHILDREN_PER_SA)
		return refuse(d, NOTIFY_NO_ADDITIONAL_SAS, none);
	conn = find_conn(sa, &r, old, &n, &type, &near);
	if (!conn) {
		log_refusal(sa, &r, near, type);
		return refuse(d, type, none);
	}
	if (!make_exchange(sa, &r, &n, nonce, &public_value, &shared, d))
		return NULL;
	c = child_reserve_spi(sa, conn, &n.spi_in) == 0 ? establish(sa, conn, &n, old) : NULL;
	secret_release(&shared);
	if (!c)
		return refuse(d, in_auth ? NOTIFY_NO_PROPOSAL_CHOSEN : NOTIFY_TEMPORARY_FAILURE, none);
	add_answer(&n, &r, &public_value, d);
	return c;
}

/* --- what the peer's refusal means -------------------------------------------------------------------------------------------- */

void child_refused(struct ike_sa *sa, struct child_conn *conn, const struct wire_notify *n, bool rekey)
{
	const struct plan_child *p = conn->plan;
	const char *what = rekey ? "the rekey of child" : "child";

	switch (n->type) {
	case NOTIFY_NO_PROPOSAL_CHOSEN:
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_CHILD_PROPOSAL_REFUSED, -EPROTO, &p->proposals_origin,
			"%s '%s': the peer accepts none of our ESP proposals (NO_PROPOSAL_CHOSEN); "
			"compare esp= and pfs= on both ends",
			what, p->name);
		break;
	case NOTIFY_TS_UNACCEPTABLE:
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_SELECTORS_REFUSED, -EPROTO, &p->local_ts_origin,
			"%s '%s': the peer refuses, most often over selectors (TS_UNACCEPTABLE); "
			"compare leftsubnet and rightsubnet on both ends",
			what, p->name);
		break;
	case NOTIFY_INVALID_KE_PAYLOAD:
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_KEY_EXCHANGE_REFUSED, -EPROTO, &p->proposals_origin,
			"%s '%s': the peer wants a group that esp= does not offer (INVALID_KE_PAYLOAD); "
			"compare esp= and pfs= on both ends",
			what, p->name);
		break;
	default:
		TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_PEER_ERROR, -EPROTO, &p->origin,
			"%s '%s': the peer refuses (%s); its log says why", what, p->name, notify_text(sa->ike, n->type));
		break;
	}
	if (!rekey)
		conn_failed(sa->ike, conn, sa->last_status, sa->last_error, sa->last_origin);
}
