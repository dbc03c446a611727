/* SPDX-License-Identifier: Apache-2.0 */
/* message.c -- messages of one IKE SA: sealed and sent, received and opened, and told apart: new request, repeated request,
 * awaited answer, or nothing of these (I-110, I-111, I-112). Which exchanges a state admits stands in a table.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define BIT(exchange)	(1u << ((exchange) - IKE_SA_INIT))

/* Section 10: what may arrive in which state. An exchange that is not listed is dropped before anything of it is believed. */
static const struct {
	unsigned requests, responses;
} admits[STATE_COUNT] = {
	[STATE_INIT_SENT] = { 0, BIT(IKE_SA_INIT) },
	[STATE_AUTH_SENT] = { 0, BIT(IKE_AUTH) | BIT(IKE_INFORMATIONAL) },
	[STATE_INIT_DONE] = { BIT(IKE_AUTH), 0 },
	[STATE_ESTABLISHED] = { BIT(IKE_AUTH) | BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL),
				BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL) },
	[STATE_REKEYED] = { BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL), BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL) },
	[STATE_DELETING] = { BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL), BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL) },
	[STATE_CLOSED] = { BIT(IKE_AUTH) | BIT(IKE_CREATE_CHILD_SA) | BIT(IKE_INFORMATIONAL), 0 },	/* repeated ones only */
	[STATE_DEAD] = { 0, 0 },
};

static bool admitted(const struct ike_sa *sa, const struct wire_header *h)
{
	unsigned set = h->flags & IKE_FLAG_RESPONSE ? admits[sa->state].responses : admits[sa->state].requests;

	return h->exchange >= IKE_SA_INIT && h->exchange <= IKE_INFORMATIONAL && (set & BIT(h->exchange));
}

void draft_begin(struct draft *d)
{
	buf_init(&d->text);
	wire_begin_inner(&d->w, &d->text);
}

void draft_release(struct draft *d)
{
	buf_release(&d->text);
}

void sa_send(struct ike_sa *sa, const struct packets *packets)
{
	struct ike_datagram d = {
		.local = sa->local,
		.remote = sa->remote,
		.local_port = sa->local_port,
		.remote_port = sa->remote_port,
		.natt = sa->natt,
	};

	sa->last_out = sa->ike->now;
	packets_send_to(sa->ike, &d, packets);
}

void packets_send_to(struct ike *ike, const struct ike_datagram *received, const struct packets *packets)
{
	struct ike_datagram d = *received;

	d.keepalive = false;
	d.data = (const uint8_t *)packets->bytes.p;
	for (unsigned i = 0; i < packets->n; i++, d.data += d.n) {
		d.n = packets->sizes[i];
		ike->env->send(ike->env->context, &d);
	}
}

/* I-002: an answer goes where the request came from, whatever is known of the peer. */
void send_to(struct ike *ike, const struct ike_datagram *received, const struct buf *message)
{
	struct ike_datagram d = *received;

	d.data = (const uint8_t *)message->p;
	d.n = message->n;
	d.keepalive = false;
	ike->env->send(ike->env->context, &d);
}

static void describe(struct ike *ike, const struct ike_sa *sa, bool sent, const struct wire_message *m)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	const char *name = wire_exchange_name(m->header.exchange), *who = sa ? sa_name(sa) : "new peer";

	if (ike->env->message)
		ike->env->message(ike->env->context, sa ? sa->peer->plan : NULL, sent, m);
	LOG(ike, IKE_LOG_DEBUG, RULE_COUNT, NULL, "%s: %s %s %s %u", who, sent ? "sent" : "received", name ? name : "unknown exchange",
	    m->header.flags & IKE_FLAG_RESPONSE ? "response" : "request", m->header.message_id);
	wire_describe(m, &text);
	if (!buf_failed(&text) && text.p)
		LOG(ike, IKE_LOG_DUMP, RULE_COUNT, NULL, "%s: %s", who, text.p);
}

void trace(struct ike *ike, const struct ike_sa *sa, const struct wire_message *m)
{
	describe(ike, sa, false, m);
}

void trace_sent(struct ike *ike, const struct ike_sa *sa, const struct buf *message)
{
	struct wire_fault fault;

	if (wire_parse(buf_slice(message), ike->sent, &fault) == WIRE_OK)
		describe(ike, sa, true, ike->sent);
}

static void trace_sealed(struct ike_sa *sa, const struct wire_header *h, const struct draft *d)
{
	struct wire_message *m = sa->ike->sent;
	struct wire_fault fault;

	m->header = *h;
	m->count = m->skipped = 0;
	m->encrypted = false;
	if (wire_parse_inner(m, d->w.first, buf_slice(&d->text), &fault) == WIRE_OK)
		describe(sa->ike, sa, true, m);
}

int sa_seal(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t id, struct draft *d, struct packets *out)
{
	struct wire_header h = { .spi_i = sa->spi_i, .spi_r = sa->spi_r, .version = 0x20, .exchange = exchange, .message_id = id };
	int r = wire_end(&d->w);

	if (r < 0)
		return r;
	h.flags = (uint8_t)((sa->initiator ? IKE_FLAG_INITIATOR : 0) | (response ? IKE_FLAG_RESPONSE : 0));
	trace_sealed(sa, &h, d);
	return packets_seal(sa, &h, d->w.first, buf_slice(&d->text), out);
}

static void move(struct ike_sa *sa, const struct ip_addr *remote, uint16_t remote_port)
{
	char from[IP_ADDR_TEXT], to[IP_ADDR_TEXT];

	if (sa->state == STATE_ESTABLISHED)
		LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin,
		    "conn '%s': the peer moved from %s port %u to %s port %u", sa->peer->plan->conn,
		    ip_addr_format(&sa->remote, from), sa->remote_port, ip_addr_format(remote, to), remote_port);
	sa->remote = *remote;
	sa->remote_port = remote_port;
	child_addresses_changed(sa);
}

/* I-113: only a fresh message with a right ICV moves an SA, and not while we are the side behind the NAT. */
static void follow_peer(struct ike_sa *sa, const struct ike_datagram *d)
{
	bool same = ip_addr_eq(&sa->remote, &d->remote) && sa->remote_port == d->remote_port && ip_addr_eq(&sa->local, &d->local) &&
		    sa->natt == d->natt;

	sa->last_in = sa->ike->now;
	if (same || (sa->nat_local && sa->state != STATE_INIT_DONE))
		return;
	sa->local = d->local;
	sa->local_port = d->local_port;
	sa->natt = d->natt;
	move(sa, &d->remote, d->remote_port);
}

/* I-183: the data plane saw it in ESP with a right ICV. */
void sa_peer_moved(struct ike_sa *sa, const struct ip_addr *addr, uint16_t port)
{
	if (!sa->nat_local && !(ip_addr_eq(&sa->remote, addr) && sa->remote_port == port))
		move(sa, addr, port);
}

static enum verdict answer_fault(struct ike_sa *sa, const struct wire_fault *fault, struct draft *d)
{
	uint8_t type = fault->payload;

	TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_MALFORMED_MESSAGE, -EPROTO, &sa->peer->plan->origin,
		"the peer's request cannot be read: %s", fault->why);
	if (fault->error == WIRE_CRITICAL) {
		wire_add_notify(&d->w, NOTIFY_UNSUPPORTED_CRITICAL_PAYLOAD, slice_bytes(&type, 1));
		return sa->state == STATE_INIT_DONE ? VERDICT_ANSWER_AND_END : VERDICT_ANSWER;
	}
	wire_add_notify(&d->w, NOTIFY_INVALID_SYNTAX, (struct slice){ NULL, 0 });
	return VERDICT_ANSWER_AND_END;
}

static enum verdict dispatch(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	struct slice none = { NULL, 0 };

	switch (m->header.exchange) {
	case IKE_AUTH:
		if (sa->state == STATE_INIT_DONE)
			return auth_request(sa, m, d);
		break;
	case IKE_CREATE_CHILD_SA:
		if (sa->state == STATE_ESTABLISHED)
			return create_child_request(sa, m, d);
		wire_add_notify(&d->w, NOTIFY_TEMPORARY_FAILURE, none);		/* I-137 */
		return VERDICT_ANSWER;
	case IKE_INFORMATIONAL:
		return informational_request(sa, m, d);
	default:
		break;
	}
	wire_add_notify(&d->w, NOTIFY_INVALID_SYNTAX, none);
	return VERDICT_ANSWER;
}

static void end_by_peer(struct ike_sa *sa)
{
	const char *why = sa->last_error[0] ? sa->last_error : "the peer deleted the IKE SA";

	if (sa->by_peer)		/* the peer is done with its rekey, ours came too late */
		rekey_ike_hand_over(sa, sa->by_peer);
	sa_fail_conns(sa, sa->last_status ? sa->last_status : -ECONNRESET, why, sa->last_origin);
	sa_close_lost(sa);
}

static void request_in(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m)
{
	CLEANUP(buf_wipe_release) struct buf text = { 0 };
	CLEANUP(draft_release) struct draft answer;
	struct wire_fault fault;
	enum verdict v;
	bool repeated = m->header.message_id + 1 == sa->expected_id && sa->answer.n > 0;
	int r;

	draft_begin(&answer);
	if (!repeated && (m->header.message_id != sa->expected_id || sa->state == STATE_CLOSED))
		return;
	if (repeated) {					/* I-111 */
		if (sa_repeated(sa, m))
			packets_send_to(sa->ike, d, &sa->answer);
		return;
	}
	r = sa_open(sa, m, &text, &fault);
	if (r == -EBADMSG || r == -ENOMEM || r == -EAGAIN)
		return;
	trace(sa->ike, sa, m);
	follow_peer(sa, d);
	v = r < 0 ? answer_fault(sa, &fault, &answer) : dispatch(sa, m, &answer);
	if (v == VERDICT_DROP)
		return;
	sa->expected_id++;
	if (sa_seal(sa, m->header.exchange, true, m->header.message_id, &answer, &sa->answer) < 0)
		packets_clear(&sa->answer);
	else
		packets_send_to(sa->ike, d, &sa->answer);
	if (v == VERDICT_ANSWER_AND_END)
		end_by_peer(sa);
	else
		task_run_next(sa);
}

static void response_in(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m)
{
	CLEANUP(buf_wipe_release) struct buf text = { 0 };
	struct wire_fault fault;
	int r;

	if (!sa->running || m->header.message_id + 1 != sa->request_id)		/* I-112 */
		return;
	r = sa_open(sa, m, &text, &fault);
	if (r == -EBADMSG || r == -ENOMEM || r == -EAGAIN)
		return;
	trace(sa->ike, sa, m);
	if (r < 0) {
		TROUBLE(sa, IKE_LOG_WARNING, RULE_IKE_MALFORMED_MESSAGE, -EPROTO, &sa->peer->plan->origin,
			"the peer's answer to %s cannot be read: %s; the SA is removed", task_names[sa->running->kind], fault.why);
		end_by_peer(sa);
		return;
	}
	follow_peer(sa, d);
	task_answered(sa, m);
}

void sa_receive(struct ike_sa *sa, const struct ike_datagram *d, struct wire_message *m)
{
	const struct wire_header *h = &m->header;

	if (!admitted(sa, h))
		return;
	if (h->exchange == IKE_SA_INIT) {
		init_response(sa, d, m);
		return;
	}
	if (h->spi_i != sa->spi_i || h->spi_r != sa->spi_r || !sa->open)
		return;
	if (h->flags & IKE_FLAG_RESPONSE)
		response_in(sa, d, m);
	else
		request_in(sa, d, m);
}
