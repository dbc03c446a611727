/* SPDX-License-Identifier: Apache-2.0 */
/* Messages and payloads, written front to back; next-payload fields and lengths are patched when they are known. */
#include <errno.h>

#include "runtime/wire/read.h"

#define NOWHERE	SIZE_MAX

static void patch_u8(struct buf *out, size_t at, uint8_t v)
{
	if (!out->failed)
		out->p[at] = (char)v;
}

static void patch_u16(struct wire_builder *w, size_t at, size_t v)
{
	if (v > UINT16_MAX)
		w->failed = true;
	patch_u8(w->out, at, (uint8_t)(v >> 8));
	patch_u8(w->out, at + 1, (uint8_t)v);
}

static void patch_u32(struct buf *out, size_t at, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		patch_u8(out, at + i, (uint8_t)(v >> (24 - 8 * i)));
}

static void add_header(struct buf *out, const struct wire_header *h, uint8_t next, uint32_t length)
{
	buf_add_be64(out, h->spi_i);
	buf_add_be64(out, h->spi_r);
	buf_add_u8(out, next);
	buf_add_u8(out, h->version);
	buf_add_u8(out, h->exchange);
	buf_add_u8(out, h->flags);
	buf_add_be32(out, h->message_id);
	buf_add_be32(out, length);
}

void wire_begin(struct wire_builder *w, struct buf *out, const struct wire_header *h)
{
	*w = (struct wire_builder){ .out = out, .start = out->n, .next_at = out->n + 16, .payload = NOWHERE, .has_header = true };
	add_header(out, h, PAYLOAD_NONE, 0);
}

void wire_begin_inner(struct wire_builder *w, struct buf *out)
{
	*w = (struct wire_builder){ .out = out, .start = out->n, .next_at = NOWHERE, .payload = NOWHERE };
}

int wire_end(struct wire_builder *w)
{
	size_t size = w->out->n - w->start;

	assert(w->payload == NOWHERE);
	if (w->has_header)
		patch_u32(w->out, w->start + 24, (uint32_t)size);
	if (w->out->failed)
		return -ENOMEM;
	return w->failed || size > LIMIT_DATAGRAM ? -EMSGSIZE : 0;
}

void wire_payload_begin(struct wire_builder *w, uint8_t type)
{
	assert(w->payload == NOWHERE);
	if (w->next_at == NOWHERE)
		w->first = type;
	else
		patch_u8(w->out, w->next_at, type);
	w->payload = w->next_at = w->out->n;
	buf_add_be32(w->out, 0);	/* next, critical and reserved, length */
}

void wire_payload_end(struct wire_builder *w)
{
	patch_u16(w, w->payload + 2, w->out->n - w->payload);
	w->payload = NOWHERE;
}

void wire_add_payload(struct wire_builder *w, uint8_t type, struct slice body)
{
	wire_payload_begin(w, type);
	buf_add_slice(w->out, body);
	wire_payload_end(w);
}

/* --- SA ---------------------------------------------------------------------------------------------------------------------- */

static unsigned count_type(const struct proposal *p, enum transform_type type)
{
	unsigned n = 0;

	for (size_t i = 0; i < p->transforms.n; i++)
		n += p->transforms.v[i].transform->type == type;
	return n;
}

/* Transforms without a number in this registry cannot be offered; the check of a plan has refused them by then. */
static bool goes_out(const struct proposal *p, const struct transform *t, const struct wire_sa_options *options)
{
	if (t->ikev2_id == TRANSFORM_NONE || t->type == TRANSFORM_ESN)
		return false;
	if (t->type == TRANSFORM_KE && options->without_ke)
		return false;
	return t->ikev2_id != 0 || (t->type != TRANSFORM_KE && t->type != TRANSFORM_INTEG) || count_type(p, t->type) > 1;
}

struct transform_list {		/* while it is written: where the last one begins, to mark it */
	size_t last;
	unsigned count;
};

static void add_transform(struct wire_builder *w, struct transform_list *list, uint8_t type, uint16_t id, uint16_t key_bits)
{
	list->last = w->out->n;
	list->count++;
	buf_add_u8(w->out, MORE_TRANSFORMS);
	buf_add_u8(w->out, 0);
	buf_add_be16(w->out, (uint16_t)(TRANSFORM_SIZE + (key_bits ? ATTRIBUTE_SIZE : 0)));
	buf_add_u8(w->out, type);
	buf_add_u8(w->out, 0);
	buf_add_be16(w->out, id);
	if (key_bits) {
		buf_add_be16(w->out, ATTRIBUTE_SHORT | ATTRIBUTE_KEY_LENGTH);
		buf_add_be16(w->out, key_bits);
	}
}

static void add_proposal(struct wire_builder *w, const struct proposal *p, unsigned number, bool more,
			 const struct wire_sa_options *options)
{
	struct transform_list list = { 0 };
	size_t start = w->out->n;

	buf_add_u8(w->out, more ? MORE_PROPOSALS : 0);
	buf_add_u8(w->out, 0);
	buf_add_be16(w->out, 0);		/* length */
	buf_add_u8(w->out, (uint8_t)number);
	buf_add_u8(w->out, (uint8_t)p->protocol);
	buf_add_u8(w->out, (uint8_t)options->spi.n);
	buf_add_u8(w->out, 0);			/* number of transforms */
	buf_add_slice(w->out, options->spi);
	for (size_t i = 0; i < p->transforms.n; i++) {
		const struct transform *t = p->transforms.v[i].transform;
		uint16_t bits = p->transforms.v[i].key_bits;

		if (!goes_out(p, t, options))
			continue;
		if (!t->key_attribute)
			bits = 0;
		else if (bits == 0)
			bits = t->key_bits_default;
		add_transform(w, &list, (uint8_t)t->type, t->ikev2_id, bits);
	}
	if (options->esn == WIRE_ESN_YES || options->esn == WIRE_ESN_YES_OR_NO)
		add_transform(w, &list, TRANSFORM_ESN, 1, 0);
	if (options->esn == WIRE_ESN_NO || options->esn == WIRE_ESN_YES_OR_NO)
		add_transform(w, &list, TRANSFORM_ESN, 0, 0);
	patch_u16(w, start + 2, w->out->n - start);
	if (list.count > LIMIT_TRANSFORMS)
		w->failed = true;
	if (list.count) {
		patch_u8(w->out, start + 7, (uint8_t)list.count);
		patch_u8(w->out, list.last, 0);
	}
}

void wire_add_sa(struct wire_builder *w, const struct proposal *proposals, size_t n, const struct wire_sa_options *options)
{
	unsigned first = options->first_number ? options->first_number : 1;

	if (n == 0 || first + n - 1 > LIMIT_PROPOSALS)
		w->failed = true;
	wire_payload_begin(w, PAYLOAD_SA);
	for (size_t i = 0; i < n; i++)
		add_proposal(w, &proposals[i], first + (unsigned)i, i + 1 < n, options);
	wire_payload_end(w);
}

/* --- the others -------------------------------------------------------------------------------------------------------------- */

void wire_add_ke(struct wire_builder *w, uint16_t method, struct slice data)
{
	wire_payload_begin(w, PAYLOAD_KE);
	buf_add_be16(w->out, method);
	buf_add_be16(w->out, 0);
	buf_add_slice(w->out, data);
	wire_payload_end(w);
}

void wire_add_nonce(struct wire_builder *w, struct slice nonce)
{
	wire_add_payload(w, PAYLOAD_NONCE, nonce);
}

/* A byte, three reserved bytes, data: the form of ID and AUTH. */
static void add_tagged(struct wire_builder *w, uint8_t payload, uint8_t tag, struct slice data)
{
	wire_payload_begin(w, payload);
	buf_add_be32(w->out, (uint32_t)tag << 24);
	buf_add_slice(w->out, data);
	wire_payload_end(w);
}

void wire_add_id(struct wire_builder *w, enum payload_type idi_or_idr, uint8_t type, struct slice data)
{
	add_tagged(w, (uint8_t)idi_or_idr, type, data);
}

void wire_add_auth(struct wire_builder *w, uint8_t method, struct slice data)
{
	add_tagged(w, PAYLOAD_AUTH, method, data);
}

void wire_add_cert(struct wire_builder *w, enum payload_type cert_or_certreq, uint8_t encoding, struct slice data)
{
	wire_payload_begin(w, (uint8_t)cert_or_certreq);
	buf_add_u8(w->out, encoding);
	buf_add_slice(w->out, data);
	wire_payload_end(w);
}

void wire_add_notify(struct wire_builder *w, enum notify_type type, struct slice data)
{
	wire_payload_begin(w, PAYLOAD_NOTIFY);
	buf_add_be16(w->out, 0);	/* protocol, SPI size (I-190) */
	buf_add_be16(w->out, (uint16_t)type);
	buf_add_slice(w->out, data);
	wire_payload_end(w);
}

void wire_add_notify_spi(struct wire_builder *w, enum notify_type type, uint8_t protocol, uint32_t spi, struct slice data)
{
	wire_payload_begin(w, PAYLOAD_NOTIFY);
	buf_add_u8(w->out, protocol);
	buf_add_u8(w->out, 4);
	buf_add_be16(w->out, (uint16_t)type);
	buf_add_be32(w->out, spi);
	buf_add_slice(w->out, data);
	wire_payload_end(w);
}

void wire_add_delete_ike(struct wire_builder *w)
{
	wire_payload_begin(w, PAYLOAD_DELETE);
	buf_add_be32(w->out, (uint32_t)PROTOCOL_IKE << 24);
	wire_payload_end(w);
}

void wire_add_delete(struct wire_builder *w, uint8_t protocol, const uint32_t *spis, size_t n)
{
	wire_payload_begin(w, PAYLOAD_DELETE);
	buf_add_u8(w->out, protocol);
	buf_add_u8(w->out, 4);
	buf_add_be16(w->out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		buf_add_be32(w->out, spis[i]);
	wire_payload_end(w);	/* fails above 64 KiB, so n fits */
}

static void add_selector(struct buf *out, const struct traffic_selector *ts)
{
	size_t address = ip_addr_size(&ts->range.first);

	buf_add_u8(out, address == 4 ? TS_TYPE_IPV4 : TS_TYPE_IPV6);
	buf_add_u8(out, ts->proto);
	buf_add_be16(out, (uint16_t)(TS_SIZE + 2 * address));
	buf_add_be16(out, ts->port_first);
	buf_add_be16(out, ts->port_last);
	buf_add(out, ts->range.first.bytes, address);
	buf_add(out, ts->range.last.bytes, address);
}

void wire_add_ts(struct wire_builder *w, enum payload_type tsi_or_tsr, const struct traffic_selector *ts, size_t n)
{
	if (n == 0 || n > LIMIT_SELECTORS)
		w->failed = true;
	wire_payload_begin(w, (uint8_t)tsi_or_tsr);
	buf_add_be32(w->out, (uint32_t)(uint8_t)n << 24);
	for (size_t i = 0; i < n; i++)
		add_selector(w->out, &ts[i]);
	wire_payload_end(w);
}

int wire_begin_sk(struct buf *out, const struct wire_header *h, uint8_t first, uint16_t number, uint16_t total, size_t sealed)
{
	bool fragment = total > 1;
	size_t payload = WIRE_GENERIC_SIZE + (fragment ? WIRE_SKF_SIZE : 0) + sealed;

	if (payload > UINT16_MAX || WIRE_HEADER_SIZE + payload > LIMIT_DATAGRAM)
		return -EMSGSIZE;
	add_header(out, h, fragment ? PAYLOAD_SKF : PAYLOAD_SK, (uint32_t)(WIRE_HEADER_SIZE + payload));
	buf_add_u8(out, number == 1 ? first : PAYLOAD_NONE);
	buf_add_u8(out, 0);
	buf_add_be16(out, (uint16_t)payload);
	if (fragment) {
		buf_add_be16(out, number);
		buf_add_be16(out, total);
	}
	return buf_failed(out) ? -ENOMEM : 0;
}
