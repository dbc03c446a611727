/* SPDX-License-Identifier: Apache-2.0 */
/* init.c -- IKE_SA_INIT in both roles (RFC 7296 sections 1.2, 2.6, 2.7, 2.23; I-040 ... I-052): proposals, groups, cookies, NAT
 * detection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define MAX_ROUNDS	6u	/* requests that cookies and other groups may cost (I-044) */

static struct slice nonce_i(const struct ike_sa *sa)
{
	return slice_bytes(sa->initial->nonce_i, sa->initial->nonce_i_size);
}

static struct slice nonce_r(const struct ike_sa *sa)
{
	return slice_bytes(sa->initial->nonce_r, sa->initial->nonce_r_size);
}

/* --- NAT detection ------------------------------------------------------------------------------------------------------------ */

static bool natd_allowed(const struct ike *ike, const struct ike_peer *peer)
{
	return peer->plan->encapsulation != PLAN_NO || (ike->env->force_encap && !ike->env->bare_esp);
}

static bool natd_used(const struct ike_sa *sa)
{
	return natd_allowed(sa->ike, sa->peer);
}

void natd_add(const struct ike_sa *sa, struct wire_builder *w, uint64_t spi_r)
{
	uint8_t hash[SUITE_NATD_SIZE];

	if (!natd_used(sa))
		return;
	if (suite_natd_hash(sa->spi_i, spi_r, &sa->local, sa->local_port, hash) == 0) {
		if (sa->forced)			/* I-181: a false hash makes the peer encapsulate */
			ike_random(sa->ike, hash, sizeof(hash));
		wire_add_notify(w, NOTIFY_NAT_DETECTION_SOURCE_IP, slice_bytes(hash, sizeof(hash)));
	}
	if (suite_natd_hash(sa->spi_i, spi_r, &sa->remote, sa->remote_port, hash) == 0)
		wire_add_notify(w, NOTIFY_NAT_DETECTION_DESTINATION_IP, slice_bytes(hash, sizeof(hash)));
}

/* I-047, I-180: some SOURCE hash must be that of where the message came from, some DESTINATION hash that of where it arrived. */
void natd_read(struct ike_sa *sa, const struct wire_message *m, const struct ike_datagram *d)
{
	uint8_t from[SUITE_NATD_SIZE], to[SUITE_NATD_SIZE];
	bool source_seen = false, source_right = false, dest_seen = false, dest_right = false;
	const struct wire_payload *p;

	if (!natd_used(sa) || suite_natd_hash(m->header.spi_i, m->header.spi_r, &d->remote, d->remote_port, from) < 0 ||
	    suite_natd_hash(m->header.spi_i, m->header.spi_r, &d->local, d->local_port, to) < 0)
		return;
	for (unsigned i = 0; (p = wire_find(m, PAYLOAD_NOTIFY, i)) != NULL; i++) {
		struct wire_notify n = wire_notify(p);

		if (n.type == NOTIFY_NAT_DETECTION_SOURCE_IP) {
			source_seen = true;
			source_right |= suite_equal(n.data, slice_bytes(from, sizeof(from)));
		} else if (n.type == NOTIFY_NAT_DETECTION_DESTINATION_IP) {
			dest_seen = true;
			dest_right |= suite_equal(n.data, slice_bytes(to, sizeof(to)));
		}
	}
	sa->natd_seen = source_seen && dest_seen;
	sa->nat_remote = sa->natd_seen && !source_right;
	sa->nat_local = sa->natd_seen && !dest_right;
}

static void read_fragmentation(struct ike_sa *sa, const struct wire_message *m)
{
	sa->fragmentation = sa->peer->plan->fragmentation && wire_find_notify(m, NOTIFY_FRAGMENTATION_SUPPORTED, NULL);
}

static bool forced_encap(const struct ike *ike, const struct ike_peer *peer)
{
	return peer->plan->encapsulation == PLAN_YES || (ike->env->force_encap && natd_allowed(ike, peer));
}

/* --- keys --------------------------------------------------------------------------------------------------------------------- */

/* Everything that both ends have after the two messages; wipes nothing but what it makes. 0 or -errno. */
static int make_keys(struct ike_sa *sa, const struct suite_choice *suite, const struct secret *shared)
{
	struct key_seed seed = { .shared = secret_slice(shared), .ni = nonce_i(sa), .nr = nonce_r(sa) };
	int r;

	sa->suite = *suite;
	suite_describe(suite, false, sa->proposal);
	sa->keys = secret_alloc(sizeof(*sa->keys));
	if (!sa->keys)
		return -ENOMEM;
	r = prf_new(suite->prf, &sa->prf);
	if (r == 0)
		r = ike_keys_derive(sa->prf, suite, &seed, sa->spi_i, sa->spi_r, sa->keys);
	if (r == 0)
		r = sa_make_ciphers(sa);
	if (r == 0)
		sa->proofs |= PROOF_SUITE;
	return r;
}

/* I-040: 16 to 256 bytes, and at least half the key size of the PRF. */
static bool nonce_fits(struct slice nonce, const struct transform *prf)
{
	return nonce.n >= IKE_NONCE_MIN && nonce.n <= IKE_NONCE_MAX && nonce.n >= prf->output_bits / 16u;
}

/* --- initiator ---------------------------------------------------------------------------------------------------------------- */

static bool build_request(struct ike_sa *sa)
{
	struct wire_header h = { .spi_i = sa->spi_i, .version = 0x20, .exchange = IKE_SA_INIT, .flags = IKE_FLAG_INITIATOR };
	struct wire_sa_options options = { .esn = WIRE_ESN_NONE };
	struct initial *in = sa->initial;
	struct task *t = sa->running;
	struct wire_builder w;

	buf_clear(&in->request);
	wire_begin(&w, &in->request, &h);
	if (in->cookie_size)
		wire_add_notify(&w, NOTIFY_COOKIE, slice_bytes(in->cookie, in->cookie_size));
	wire_add_sa(&w, sa->peer->proposals.v, sa->peer->proposals.n, &options);
	wire_add_ke(&w, t->half.group->ikev2_id, ke_public(t->half.ke));
	wire_add_nonce(&w, nonce_i(sa));
	natd_add(sa, &w, 0);
	if (sa->peer->plan->fragmentation)
		wire_add_notify(&w, NOTIFY_FRAGMENTATION_SUPPORTED, (struct slice){ NULL, 0 });
	proof_add_hashes(sa, &w);
	ppk_add_use(sa, &w);
	return wire_end(&w) == 0;
}

static bool new_half(struct task *t, const struct transform *group)
{
	ke_free(t->half.ke);
	t->half.ke = NULL;
	t->half.group = group;
	return ke_initiate(group, &t->half.ke) == 0;
}

static void send_request(struct ike_sa *sa)
{
	struct task *t = sa->running;
	struct buf *bytes = &sa->initial->request;

	packets_set(&sa->request, bytes);
	sa->running = NULL;
	sa->request_id = 0;		/* cookies and groups repeat message 0 */
	trace_sent(sa->ike, sa, bytes);
	task_send(sa, t);
}

static void init_failed(struct ike_sa *sa, int status)
{
	sa_fail_conns(sa, status, sa->last_error[0] ? sa->last_error : "out of memory", sa->last_origin);
	sa_end(sa);
}

static void place(struct ike_sa *sa)
{
	const struct plan_peer *p = sa->peer->plan;

	sa->local = p->local.addr;
	sa->remote = p->remote.addr;
	sa->remote_port = p->remote.port ? p->remote.port : 500;
	sa->natt = sa->remote_port != 500;	/* only port 500 goes without the marker */
	sa->local_port = sa->natt ? sa->ike->env->natt_port : sa->ike->env->ike_port;
}

void init_start(struct ike_peer *peer, struct child_conn *conn, struct ike *ike, struct ike_sa *replaces)
{
	struct ike_sa *sa = NULL;
	struct initial *in;

	if (peer->plan->local.kind != PLAN_ADDRESS_FIXED) {
		conn_failed(ike, conn, -EADDRNOTAVAIL,
			    "our own address is not in the plan; compile it on this host, or with its facts", &peer->plan->origin);
		return;
	}
	sa = sa_new(ike, peer, true, 0);
	if (!sa) {
		conn_failed(ike, conn, -ENOMEM, "no more IKE SAs can be made", &peer->plan->origin);
		return;
	}
	sa->replaces = replaces;
	if (replaces)
		replaces->referenced = true;
	in = sa->initial;
	in->first_child = conn;
	in->nonce_i_size = IKE_NONCE_SIZE;
	ike_random(ike, in->nonce_i, IKE_NONCE_SIZE);
	sa->forced = forced_encap(ike, peer);
	place(sa);
	sa->state = STATE_INIT_SENT;
	sa->running = task_new(sa, TASK_INIT);
	if (!sa->running || !new_half(sa->running, nth_group(&peer->proposals, 0)) || !build_request(sa)) {
		init_failed(sa, -ENOMEM);
		return;
	}
	sa->running->tried_groups = 1;
	LOG(ike, IKE_LOG_INFO, RULE_COUNT, &peer->plan->origin, "%s: connecting", sa_name(sa));
	send_request(sa);
}

static void again(struct ike_sa *sa)
{
	if (++sa->initial->rounds > MAX_ROUNDS) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_PEER_ERROR, -EPROTO, &sa->peer->plan->origin,
			"the peer asks for another IKE_SA_INIT again and again");
		return;
	}
	if (!build_request(sa))
		init_failed(sa, -ENOMEM);
	else
		send_request(sa);
}

/* I-043: another group, if it is one of ours and was not tried; the same SA payload goes along. */
static void retry_group(struct ike_sa *sa, struct slice data)
{
	struct task *t = sa->running;
	uint16_t method = group_of(data);
	int group = find_group(&sa->peer->proposals, method);

	if (group < 0 || (t->tried_groups & (1ull << group))) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_KEY_EXCHANGE_REFUSED, -EPROTO, &sa->peer->plan->proposals_origin,
			"the peer wants group %u for the key exchange (INVALID_KE_PAYLOAD), which %s; compare ike= on both ends",
			method, group < 0 ? "this conn does not offer" : "was tried already");
		return;
	}
	t->tried_groups |= 1ull << group;
	if (!new_half(t, nth_group(&sa->peer->proposals, (unsigned)group))) {
		init_failed(sa, -ENOMEM);
		return;
	}
	again(sa);
}

/* I-045: anyone on the way can send these, so none of them ends the attempt. */
static void init_refused(struct ike_sa *sa, const struct wire_notify *n)
{
	if (n->type == NOTIFY_INVALID_KE_PAYLOAD)
		retry_group(sa, n->data);
	else if (n->type == NOTIFY_NO_PROPOSAL_CHOSEN)
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_NO_PROPOSAL_CHOSEN, -EPROTO, &sa->peer->plan->proposals_origin,
			"the peer accepts none of our IKE proposals, or has no conn for us (NO_PROPOSAL_CHOSEN); "
			"compare ike= on both ends");
	else
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_PEER_ERROR, -EPROTO, &sa->peer->plan->origin,
			"the peer refuses IKE_SA_INIT (%s)", notify_text(sa->ike, n->type));
}

static bool wants_cookie(struct ike_sa *sa, const struct wire_message *m)
{
	struct wire_notify n;

	if (!wire_find_notify(m, NOTIFY_COOKIE, &n) || wire_find(m, PAYLOAD_SA, 0))
		return false;
	if (n.data.n < 1 || n.data.n > IKE_COOKIE_MAX)
		return true;
	/* The same cookie again is the answer to a repeated request: nothing new is asked. */
	if (n.data.n == sa->initial->cookie_size && memcmp(n.data.p, sa->initial->cookie, n.data.n) == 0)
		return true;
	memcpy(sa->initial->cookie, n.data.p, n.data.n);
	sa->initial->cookie_size = n.data.n;
	again(sa);
	return true;
}

/* 0 when the answer is a good one; otherwise nothing of the SA changed and it goes on waiting for a better one. */
static int take_response(struct ike_sa *sa, const struct ike_datagram *d, const struct wire_message *m)
{
	struct ike *ike = sa->ike;
	struct wire_ke ke = wire_ke(wire_find(m, PAYLOAD_KE, 0));
	struct slice nonce = wire_find(m, PAYLOAD_NONCE, 0)->body;
	struct own_half *half = &sa->running->half;
	struct secret shared = { 0 };
	struct chosen c;
	int r;

	if (!check_answer(&ike->scratch, &sa->peer->proposals, wire_find(m, PAYLOAD_SA, 0)->body, KE_CHOSEN, PLAN_NO, &c) ||
	    c.suite.ke != half->group || ke.method != half->group->ikev2_id || !nonce_fits(nonce, c.suite.prf)) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_ANSWER_NOT_OFFERED, -EPROTO, &sa->peer->plan->proposals_origin,
			"the peer's IKE_SA_INIT answer is not one of our proposals");
		return -EPROTO;
	}
	if (sa->peer->plan->ppk == PLAN_PPK_INSIST && !wire_find_notify(m, NOTIFY_USE_PPK, NULL)) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_AUTHENTICATION_FAILED, -EPROTO, &sa->peer->plan->origin,
			"the peer does not use a PPK, and the conn insists on one (ppk=insist)");
		return -EPROTO;
	}
	r = ke_complete(half->ke, ke.data, &shared);
	if (r < 0) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_MALFORMED_MESSAGE, -EPROTO, &sa->peer->plan->origin,
			"the peer's public value is no member of group %s", half->group->name);
		return r;
	}
	memcpy(sa->initial->nonce_r, nonce.p, nonce.n);
	sa->initial->nonce_r_size = nonce.n;
	sa->spi_r = m->header.spi_r;
	natd_read(sa, m, d);
	read_fragmentation(sa, m);
	proof_read_hints(sa, m);
	ppk_read_use(sa, m);
	buf_add(&sa->initial->response, m->datagram.p, m->datagram.n);
	r = make_keys(sa, &c.suite, &shared);
	secret_release(&shared);
	return r < 0 || buf_failed(&sa->initial->response) ? -ENOMEM : 0;
}

/* I-004: from IKE_AUTH on by the NAT-T port, when a NAT was found or one is pretended. */
static void float_ports(struct ike_sa *sa)
{
	bool moves = mobike_possible(sa->ike, sa->peer);	/* RFC 4555 section 3.3 */

	if (!(sa->natd_seen && (sa->nat_local || sa->nat_remote || sa->forced || moves)) || sa->natt)
		return;
	sa->natt = true;
	sa->local_port = sa->ike->env->natt_port;
	sa->remote_port = 4500;
}

void init_response(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m)
{
	struct wire_fault fault;
	struct wire_notify n;
	int r;

	if (!sa->running || sa->running->kind != TASK_INIT || m->header.spi_i != sa->spi_i || m->header.message_id != 0 ||
	    m->encrypted)
		return;
	trace(sa->ike, sa, m);
	if (wants_cookie(sa, m))
		return;
	if (wire_find_error(m, &n)) {
		init_refused(sa, &n);
		return;
	}
	if (wire_check(m, &fault) != WIRE_OK || m->header.spi_r == 0)
		return;
	r = take_response(sa, d, m);
	if (r == -EPROTO)
		return;
	if (r < 0) {
		init_failed(sa, r);
		return;
	}
	sa->last_in = sa->ike->now;
	sa->last_error[0] = '\0';
	task_free(sa, task_take_running(sa));
	float_ports(sa);
	if (!sa_enter(sa, STATE_AUTH_SENT) || !auth_start(sa))
		init_failed(sa, -ENOMEM);
}

/* --- responder ---------------------------------------------------------------------------------------------------------------- */

/* A stateless answer (I-046): the peer's SPI, none of ours. */
static void answer_stateless(struct ike *ike, const struct ike_datagram *d, const struct wire_message *m, enum notify_type type,
			     struct slice data)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct wire_header h = { .spi_i = m->header.spi_i, .version = 0x20, .exchange = IKE_SA_INIT, .flags = IKE_FLAG_RESPONSE };
	struct wire_builder w;

	wire_begin(&w, &out, &h);
	wire_add_notify(&w, type, data);
	if (wire_end(&w) < 0)
		return;
	trace_sent(ike, NULL, &out);
	send_to(ike, d, &out);
}

static bool end_fits(const struct plan_end *e, const struct ip_addr *addr)
{
	return e->kind == PLAN_ADDRESS_ANY || e->kind == PLAN_ADDRESS_OPPORTUNISTIC || (e->kind == PLAN_ADDRESS_FIXED && ip_addr_eq(&e->addr, addr));
}

bool peer_fits_addresses(const struct ike_peer *p, const struct ip_addr *local, const struct ip_addr *remote)
{
	return !p->refused && end_fits(&p->plan->local, local) && end_fits(&p->plan->remote, remote);
}

/* I-061: by address, the exact one before %any; of those the first whose proposals accept the offer. */
static struct ike_peer *find_peer(struct ike *ike, const struct ike_datagram *d, struct slice offer, struct chosen *c,
				  bool *ret_known)
{
	*ret_known = false;
	for (unsigned any = 0; any < 2; any++) {
		for (size_t i = 0; i < ike->peer_count; i++) {
			struct ike_peer *p = &ike->peers[i];

			if (p->template != any || !peer_fits_addresses(p, &d->local, &d->remote))
				continue;
			*ret_known = true;
			if (choose_proposal(&ike->scratch, &p->proposals, offer, KE_CHOSEN, PLAN_NO, c))
				return p;
		}
	}
	return NULL;
}

static bool repeated_request(struct ike *ike, const struct ike_datagram *d, const struct wire_message *m)
{
	for (struct ike_sa *sa = ike->half_first; sa; sa = sa->half_next) {
		const struct initial *in = sa->initial;

		if (in && sa->spi_i == m->header.spi_i && ip_addr_eq(&sa->remote, &d->remote) &&
		    sa->remote_port == d->remote_port && in->request.n == d->n && memcmp(in->request.p, d->data, d->n) == 0) {
			send_to(ike, d, &in->response);		/* I-052 */
			return true;
		}
	}
	return false;
}

static bool admit(struct ike *ike, const struct ike_datagram *d, const struct wire_message *m, struct slice nonce)
{
	uint8_t cookie[IKE_COOKIE_MAX];
	struct wire_notify n;
	size_t size;
	bool drop;

	if (!cookie_wanted(ike, &d->remote, &drop) ||
	    (wire_find_notify(m, NOTIFY_COOKIE, &n) && cookie_check(ike, d, m->header.spi_i, nonce, n.data))) {
		if (drop && log_allowed(ike))
			LOG(ike, IKE_LOG_WARNING, RULE_IKE_LIMIT, NULL, "%u half-open IKE SAs, IKE_SA_INIT is dropped",
			    ike->half_open);
		return !drop;
	}
	if (cookie_make(ike, d, m->header.spi_i, nonce, cookie, &size))
		answer_stateless(ike, d, m, NOTIFY_COOKIE, slice_bytes(cookie, size));
	return false;
}

static void refuse_unknown(struct ike *ike, const struct ike_datagram *d, const struct wire_message *m, bool known)
{
	char local[IP_ADDR_TEXT], remote[IP_ADDR_TEXT];

	if (log_allowed(ike) && known)
		LOG(ike, IKE_LOG_WARNING, RULE_IKE_NO_PROPOSAL_CHOSEN, NULL,
		    "%s offers no IKE proposal that a conn for it accepts (sent NO_PROPOSAL_CHOSEN); compare ike= on both ends",
		    ip_addr_format(&d->remote, remote));
	else if (!known && log_allowed(ike))
		LOG(ike, IKE_LOG_WARNING, RULE_IKE_NO_CONN, NULL,
		    "%s calls %s, and no conn has this pair of addresses (sent NO_PROPOSAL_CHOSEN)",
		    ip_addr_format(&d->remote, remote), ip_addr_format(&d->local, local));
	answer_stateless(ike, d, m, NOTIFY_NO_PROPOSAL_CHOSEN, (struct slice){ NULL, 0 });
}

static int build_response(struct ike_sa *sa, const struct chosen *c, const struct buf *public_value)
{
	struct wire_header h = {
		.spi_i = sa->spi_i, .spi_r = sa->spi_r, .version = 0x20, .exchange = IKE_SA_INIT, .flags = IKE_FLAG_RESPONSE
	};
	struct wire_sa_options options = { .esn = WIRE_ESN_NONE, .first_number = c->number };
	struct wire_builder w;

	wire_begin(&w, &sa->initial->response, &h);
	wire_add_sa(&w, &c->answer, 1, &options);
	wire_add_ke(&w, c->suite.ke->ikev2_id, buf_slice(public_value));
	wire_add_nonce(&w, nonce_r(sa));
	natd_add(sa, &w, sa->spi_r);
	if (sa->fragmentation)
		wire_add_notify(&w, NOTIFY_FRAGMENTATION_SUPPORTED, (struct slice){ NULL, 0 });
	proof_add_hashes(sa, &w);
	ppk_add_use(sa, &w);
	proof_add_certreq(sa, &w);
	return wire_end(&w);
}

/* The costly part: a key exchange and an SA. 0 or -errno, then the SA is to be ended. */
static int respond(struct ike_sa *sa, const struct ike_datagram *d, const struct wire_message *m, const struct chosen *c)
{
	CLEANUP(buf_release) struct buf public_value = { 0 };
	struct slice nonce = wire_find(m, PAYLOAD_NONCE, 0)->body;
	struct secret shared = { 0 };
	struct initial *in = sa->initial;
	int r = ke_respond(c->suite.ke, wire_ke(wire_find(m, PAYLOAD_KE, 0)).data, &public_value, &shared);

	if (r < 0)
		return r;
	sa->spi_i = m->header.spi_i;
	memcpy(in->nonce_i, nonce.p, nonce.n);
	in->nonce_i_size = nonce.n;
	in->nonce_r_size = IKE_NONCE_SIZE;
	ike_random(sa->ike, in->nonce_r, IKE_NONCE_SIZE);
	buf_add(&in->request, d->data, d->n);
	sa->forced = forced_encap(sa->ike, sa->peer);
	natd_read(sa, m, d);
	read_fragmentation(sa, m);
	proof_read_hints(sa, m);
	ppk_read_use(sa, m);
	r = make_keys(sa, &c->suite, &shared);
	secret_release(&shared);
	if (r == 0)
		r = build_response(sa, c, &public_value);
	return r < 0 || buf_failed(&in->request) ? -ENOMEM : 0;
}

static void accept_request(struct ike *ike, const struct ike_datagram *d, const struct wire_message *m, struct ike_peer *peer,
			   const struct chosen *c)
{
	struct ike_sa *sa = sa_new(ike, peer, false, 0);

	if (!sa)
		return;
	sa->local = d->local;
	sa->remote = d->remote;
	sa->local_port = d->local_port;
	sa->remote_port = d->remote_port;
	sa->natt = d->natt;
	if (respond(sa, d, m, c) < 0 || !sa_enter(sa, STATE_INIT_DONE)) {
		sa_end(sa);
		return;
	}
	sa->expected_id = 1;
	trace_sent(ike, sa, &sa->initial->response);
	send_to(ike, d, &sa->initial->response);
}

void init_request(struct ike *ike, const struct ike_datagram *d, struct wire_message *m)
{
	struct wire_fault fault;
	struct wire_ke ke;
	struct slice nonce;
	struct ike_peer *peer;
	struct chosen c;
	uint8_t group[2];
	bool known;

	if (m->encrypted || wire_check(m, &fault) != WIRE_OK || repeated_request(ike, d, m))
		return;
	trace(ike, NULL, m);
	nonce = wire_find(m, PAYLOAD_NONCE, 0)->body;
	if (!admit(ike, d, m, nonce))
		return;
	peer = find_peer(ike, d, wire_find(m, PAYLOAD_SA, 0)->body, &c, &known);
	if (!peer) {
		refuse_unknown(ike, d, m, known);
		return;
	}
	ke = wire_ke(wire_find(m, PAYLOAD_KE, 0));
	if (ke.method != c.suite.ke->ikev2_id) {			/* I-043: no state is made */
		group[0] = (uint8_t)(c.suite.ke->ikev2_id >> 8);
		group[1] = (uint8_t)c.suite.ke->ikev2_id;
		answer_stateless(ike, d, m, NOTIFY_INVALID_KE_PAYLOAD, slice_bytes(group, 2));
		return;
	}
	if (nonce_fits(nonce, c.suite.prf))
		accept_request(ike, d, m, peer, &c);
}
