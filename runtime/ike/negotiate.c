/* SPDX-License-Identifier: Apache-2.0 */
/* negotiate.c -- the child part of IKE_AUTH and CREATE_CHILD_SA in both roles (RFC 7296 sections 1.3, 2.9, 2.17): proposals,
 * selectors, mode, and the key exchange of PFS (I-072, I-131, I-160 ... I-165).
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

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

/* An end without subnets protects itself: the address that it was given, or its own, which for %any is known only now. */
static ts_vec ts_of_end(struct ike_sa *sa, const struct child_conn *c, bool local)
{
	ts_vec list = { 0 };
	struct ip_prefix host;

	if (local && c->plan->local_ts.n)
		return (ts_vec){ c->plan->local_ts.v, c->plan->local_ts.n, 0 };
	if (!local && c->plan->remote_ts.n)
		return (ts_vec){ c->plan->remote_ts.v, c->plan->remote_ts.n, 0 };
	config_selectors(sa, local, &list);
	if (list.n)
		return list;
	host = ip_prefix_of_host(local ? &sa->local : &sa->remote);
	vec_push(&sa->ike->scratch, &list, ts_of_prefix(&host, 0, 0));
	return list;
}

uint32_t spi_read(struct slice spi)
{
	const uint8_t *p = (const uint8_t *)spi.p;

	return spi.n == 4 ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
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
	const char *wrong = in_auth && config_asks(sa) ? config_take_reply(sa, m) : NULL;
	ts_vec local = ts_of_end(sa, t->conn, true), remote = ts_of_end(sa, t->conn, false);
	bool transport = wire_find_notify(m, NOTIFY_USE_TRANSPORT_MODE, NULL);

	if (wrong)
		return wrong;
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
	c = child_establish(sa, t->conn, &n, t->child);
	secret_release(&shared);
	t->half.spi = 0;		/* it is the child's, or child_establish() gave it back */
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

/* RFC 7296 section 2.9.2: what an SA carries its successor carries too. `old` are at most NARROW_MAX selectors. */
static bool keeps(const struct traffic_selector *old, unsigned count, const struct ts_list *new)
{
	struct ts_list list = { .n = count };

	memcpy(list.v, old, count * sizeof(*old));
	return ts_within(new->v, new->n, &list);
}

/* An SA may be narrower than the conn by the peer's choice: then its rekey may be, too, whatever narrowing= says. */
static bool selectors_fit(struct ike_sa *sa, const struct child_conn *c, const struct request *r, const struct child_sa *old,
			  bool narrowing, struct negotiated *n)
{
	ts_vec local = ts_of_end(sa, c, true), remote = ts_of_end(sa, c, false);

	if (c->plan->mode == PLAN_MODE_TRANSPORT && !r->transport)
		return false;
	n->mode = c->plan->mode;
	if (old)
		return ts_narrow(local.v, local.n, &r->tsr, true, &n->local) && keeps(old->local_ts, old->local_count, &n->local) &&
		       ts_narrow(remote.v, remote.n, &r->tsi, true, &n->remote) && keeps(old->remote_ts, old->remote_count, &n->remote);
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
static struct child_conn *find_conn(struct ike_sa *sa, const struct ike_peer *peer, const struct request *r, struct child_sa *old,
				    struct negotiated *n, enum notify_type *ret_notify, struct child_conn **ret_near)
{
	*ret_notify = NOTIFY_TS_UNACCEPTABLE;
	*ret_near = NULL;
	for (unsigned narrowing = 0; narrowing < 2; narrowing++) {
		for (size_t i = 0; i < sa->ike->conn_count; i++) {
			struct child_conn *c = &sa->ike->conns[i];

			if (c->peer != peer || c->refused || (old && c != old->conn) || (narrowing && !c->plan->narrowing))
				continue;
			if (!*ret_near)
				*ret_near = c;
			if (!selectors_fit(sa, c, r, old, narrowing, n))
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

bool child_fits(struct ike_sa *sa, const struct ike_peer *peer, const struct wire_message *m)
{
	struct negotiated n = { 0 };
	struct request r = { 0 };
	struct child_conn *near;
	enum notify_type type;

	return read_request(m, true, &r) && find_conn(sa, peer, &r, NULL, &n, &type, &near);
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
	conn = find_conn(sa, sa->peer, &r, old, &n, &type, &near);
	if (!conn) {
		log_refusal(sa, &r, near, type);
		return refuse(d, type, none);
	}
	if (!make_exchange(sa, &r, &n, nonce, &public_value, &shared, d))
		return NULL;
	c = child_reserve_spi(sa, conn, &n.spi_in) == 0 ? child_establish(sa, conn, &n, old) : NULL;
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
