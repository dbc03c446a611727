/* SPDX-License-Identifier: Apache-2.0 */
/* fragment.c -- the outside of encrypted messages: sealed whole, or in SKF fragments where the message is too large for one IP
 * packet and both ends announced it; opened, and put together again (RFC 7383; I-120 ... I-124).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/ike/internal.h"

#define IP_LIMIT	1280u	/* an IP packet of that size gets through everywhere (I-120) */
#define IPV4_HEADER	20u
#define IPV6_HEADER	40u
#define UDP_HEADER	8u
#define MARKER		4u	/* of the NAT-T port */
#define REASSEMBLY_MS	30000u

struct reassembly {		/* one direction's fragments that came so far */
	uint32_t id;
	unsigned total, have;
	uint8_t first;
	uint64_t since;
	size_t bytes;
	struct buf parts[LIMIT_FRAGMENTS];
};

void reassembly_free(struct reassembly *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < LIMIT_FRAGMENTS; i++)
		buf_wipe_release(&r->parts[i]);
	free(r);
}

/* --- sealing ------------------------------------------------------------------------------------------------------------------ */

static size_t room(const struct ike_sa *sa)
{
	return IP_LIMIT - (sa->remote.family == AF_INET6 ? IPV6_HEADER : IPV4_HEADER) - UDP_HEADER - (sa->natt ? MARKER : 0);
}

static int seal_part(struct ike_sa *sa, const struct wire_header *h, uint8_t first, uint16_t number, uint16_t total,
		     struct slice text, struct packets *out)
{
	size_t start = out->bytes.n;
	uint8_t iv[SUITE_IV_MAX];
	int r = wire_begin_sk(&out->bytes, h, first, number, total, sk_sealed_size(sa->seal, text.n));

	if (r < 0)
		return r;
	ike_random(sa->ike, iv, sizeof(iv));
	r = sk_seal(sa->seal, &out->bytes, start, text, iv);
	if (r < 0)
		return r;
	out->sizes[out->n++] = (uint32_t)(out->bytes.n - start);
	return 0;
}

static int seal_parts(struct ike_sa *sa, const struct wire_header *h, uint8_t first, struct slice text, struct packets *out)
{
	size_t most = sk_room(sa->seal, room(sa) - WIRE_HEADER_SIZE - WIRE_GENERIC_SIZE - WIRE_SKF_SIZE);
	size_t total = most ? (text.n + most - 1) / most : SIZE_MAX;
	int r = 0;

	if (total > LIMIT_FRAGMENTS)
		return -EMSGSIZE;
	for (size_t i = 0; i < total && r == 0; i++)
		r = seal_part(sa, h, i ? PAYLOAD_NONE : first, (uint16_t)(i + 1), (uint16_t)total,
			      slice_sub(text, i * most, (i + 1) * most), out);
	return r;
}

int packets_seal(struct ike_sa *sa, const struct wire_header *h, uint8_t first, struct slice text, struct packets *out)
{
	size_t whole = WIRE_HEADER_SIZE + WIRE_GENERIC_SIZE + sk_sealed_size(sa->seal, text.n);

	packets_clear(out);
	if (sa->fragmentation && whole > room(sa))
		return seal_parts(sa, h, first, text, out);
	return seal_part(sa, h, first, 1, 1, text, out);
}

void packets_clear(struct packets *p)
{
	buf_clear(&p->bytes);
	p->n = 0;
}

void packets_release(struct packets *p)
{
	buf_release(&p->bytes);
	p->n = 0;
}

/* A message that is not encrypted. */
void packets_set(struct packets *p, const struct buf *message)
{
	packets_clear(p);
	buf_add(&p->bytes, message->p, message->n);
	p->sizes[p->n++] = (uint32_t)message->n;
}

/* --- opening ------------------------------------------------------------------------------------------------------------------ */

static void restart(struct reassembly *r, uint32_t id, const struct wire_sk *sk, uint64_t now)
{
	for (unsigned i = 0; i < LIMIT_FRAGMENTS; i++)
		buf_wipe_release(&r->parts[i]);
	r->id = id;
	r->total = sk->total;
	r->have = 0;
	r->bytes = 0;
	r->since = now;
}

static int join(struct reassembly *r, struct buf *text)
{
	for (unsigned i = 0; i < r->total; i++)
		buf_add_slice(text, buf_slice(&r->parts[i]));
	return buf_failed(text) ? -ENOMEM : 0;
}

/* I-122: the fragment is authentic, or it does not count. 0: it was the last one missing; -EAGAIN: kept, or not needed. */
static int take_part(struct ike_sa *sa, const struct wire_message *m, const struct wire_sk *sk, struct buf *text,
		     uint8_t *ret_first)
{
	struct reassembly **at = m->header.flags & IKE_FLAG_RESPONSE ? &sa->responses : &sa->requests, *r;
	CLEANUP(buf_wipe_release) struct buf part = { 0 };
	int e;

	if (!sa->fragmentation || sk->total > LIMIT_FRAGMENTS)
		return -EBADMSG;
	e = sk_open(sa->open, m->datagram, sk->offset, &part);
	if (e < 0)
		return e == -ENOMEM ? e : -EBADMSG;
	r = *at ? *at : calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	*at = r;
	if (r->total == 0 || r->id != m->header.message_id || r->since + REASSEMBLY_MS < sa->ike->now || sk->total > r->total)
		restart(r, m->header.message_id, sk, sa->ike->now);
	if (sk->total < r->total || r->parts[sk->number - 1].p || r->bytes + part.n > LIMIT_DATAGRAM)
		return -EAGAIN;
	if (!part.p)
		return -EBADMSG;		/* an empty part would count twice, and nobody sends one */
	r->parts[sk->number - 1] = part;
	r->bytes += part.n;
	part = (struct buf){ 0 };
	if (sk->number == 1)
		r->first = sk->first;
	if (++r->have < r->total)
		return -EAGAIN;
	e = join(r, text);
	*ret_first = r->first;
	reassembly_free(r);
	*at = NULL;
	return e;
}

int sa_open(struct ike_sa *sa, struct wire_message *m, struct buf *text, struct wire_fault *fault)
{
	struct wire_sk sk;
	uint8_t first;
	int r;

	*fault = (struct wire_fault){ .why = "not encrypted" };
	if (!wire_sk(m, &sk))
		return -EBADMSG;
	first = sk.first;
	r = sk.fragment ? take_part(sa, m, &sk, text, &first) : sk_open(sa->open, m->datagram, sk.offset, text);
	if (r < 0)
		return r == -EINVAL ? -EPROTO : r;
	if (wire_parse_inner(m, first, buf_slice(text), fault) != WIRE_OK || wire_check(m, fault) != WIRE_OK)
		return -EPROTO;
	return 0;
}

/* I-123: one answer to a repeated request, however many parts it has. */
bool sa_repeated(struct ike_sa *sa, const struct wire_message *m)
{
	CLEANUP(buf_wipe_release) struct buf text = { 0 };
	struct wire_sk sk;

	return wire_sk(m, &sk) && sk.number == 1 && sk_open(sa->open, m->datagram, sk.offset, &text) == 0;
}
