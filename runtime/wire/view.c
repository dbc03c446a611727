/* SPDX-License-Identifier: Apache-2.0 */
/* Typed views of payloads that parse.c has checked. */
#include "runtime/wire/read.h"

const struct wire_payload *wire_find(const struct wire_message *msg, enum payload_type type, unsigned n)
{
	for (unsigned i = 0; i < msg->count; i++)
		if (msg->payloads[i].type == type && n-- == 0)
			return &msg->payloads[i];
	return NULL;
}

bool wire_sk(const struct wire_message *msg, struct wire_sk *ret)
{
	const struct wire_payload *sk = wire_find(msg, PAYLOAD_SK, 0), *skf = wire_find(msg, PAYLOAD_SKF, 0);

	if (sk)
		*ret = (struct wire_sk){
			.first = sk->next,
			.number = 1,
			.total = 1,
			.offset = (size_t)(sk->body.p - msg->datagram.p),
		};
	else if (skf)
		*ret = (struct wire_sk){
			.fragment = true,
			.first = skf->next,
			.number = read_u16(skf->body, 0),
			.total = read_u16(skf->body, 2),
			.offset = (size_t)(skf->body.p - msg->datagram.p) + WIRE_SKF_SIZE,
		};
	return sk || skf;
}

bool wire_next_proposal(struct slice *rest, struct wire_proposal *ret)
{
	size_t length, spi_size;

	if (rest->n == 0)
		return false;
	length = read_u16(*rest, 2);
	spi_size = read_u8(*rest, 6);
	*ret = (struct wire_proposal){
		.number = read_u8(*rest, 4),
		.protocol = read_u8(*rest, 5),
		.spi = { rest->p + PROPOSAL_SIZE, spi_size },
		.transforms = { rest->p + PROPOSAL_SIZE + spi_size, length - PROPOSAL_SIZE - spi_size },
		.transform_count = read_u8(*rest, 7),
	};
	*rest = read_rest(*rest, length);
	return true;
}

/* A key length of 0 is no length: such a transform must not be chosen either. */
static void read_attributes(struct slice list, struct wire_transform *t)
{
	while (list.n) {
		uint16_t type = read_u16(list, 0), value = read_u16(list, 2);

		if (type == (ATTRIBUTE_SHORT | ATTRIBUTE_KEY_LENGTH) && value != 0)
			t->key_bits = value;
		else
			t->unknown_attribute = true;
		list = read_rest(list, ATTRIBUTE_SIZE + (type & ATTRIBUTE_SHORT ? 0u : value));
	}
}

bool wire_next_transform(struct slice *rest, struct wire_transform *ret)
{
	size_t length;

	if (rest->n == 0)
		return false;
	length = read_u16(*rest, 2);
	*ret = (struct wire_transform){ .type = read_u8(*rest, 4), .id = read_u16(*rest, 6) };
	read_attributes((struct slice){ rest->p + TRANSFORM_SIZE, length - TRANSFORM_SIZE }, ret);
	*rest = read_rest(*rest, length);
	return true;
}

/* May this key length be asked for? Without an attribute the algorithm must have one size only. */
static bool key_bits_fit(const struct transform *t, uint16_t key_bits)
{
	if (!t->key_attribute)
		return key_bits == 0;
	for (unsigned i = 0; i < sizeof t->key_bits / sizeof *t->key_bits && t->key_bits[i]; i++)
		if (t->key_bits[i] == key_bits)
			return true;
	return false;
}

static bool known_type(uint8_t type)
{
	return type >= TRANSFORM_ENCR && type <= TRANSFORM_ESN;
}

static void read_transforms(struct arena *a, const struct wire_proposal *p, struct wire_offer *ret, unsigned *listed,
			    unsigned *understood)
{
	struct slice rest = p->transforms;
	struct wire_transform w;

	while (wire_next_transform(&rest, &w)) {
		const struct transform *t;

		if (!known_type(w.type)) {
			ret->unusable = "it has a transform type that we do not know";
			continue;
		}
		*listed |= 1u << w.type;
		if (w.unknown_attribute)
			continue;
		if (w.type == TRANSFORM_ESN) {
			if (w.id > 1)
				continue;
			*(w.id ? &ret->esn_yes : &ret->esn_no) = true;
			*understood |= 1u << w.type;
			continue;
		}
		t = transform_by_ikev2_id((enum transform_type)w.type, w.id);
		if (!t || !key_bits_fit(t, w.key_bits))
			continue;
		vec_push(a, &ret->proposal.transforms, (struct proposal_transform){ .transform = t, .key_bits = w.key_bits });
		*understood |= 1u << w.type;
	}
}

void wire_read_offer(struct arena *a, const struct wire_proposal *p, struct wire_offer *ret)
{
	unsigned listed = 0, understood = 0;

	*ret = (struct wire_offer){ .number = p->number, .spi = p->spi, .proposal.protocol = (enum ipsec_protocol)p->protocol };
	read_transforms(a, p, ret, &listed, &understood);
	if (p->protocol < PROTOCOL_IKE || p->protocol > PROTOCOL_ESP)
		ret->unusable = "its protocol is neither IKE, AH nor ESP";
	else if (listed == 0)
		ret->unusable = "it has no transforms";
	else if (listed != understood && !ret->unusable)
		ret->unusable = "of one transform type it has only what we do not know";
}

struct wire_ke wire_ke(const struct wire_payload *p)
{
	return (struct wire_ke){ .method = read_u16(p->body, 0), .data = read_rest(p->body, 4) };
}

struct wire_id wire_id(const struct wire_payload *p)
{
	return (struct wire_id){ .type = read_u8(p->body, 0), .data = read_rest(p->body, 4) };
}

struct wire_cert wire_cert(const struct wire_payload *p)
{
	return (struct wire_cert){ .encoding = read_u8(p->body, 0), .data = read_rest(p->body, 1) };
}

struct wire_auth wire_auth(const struct wire_payload *p)
{
	return (struct wire_auth){ .method = read_u8(p->body, 0), .data = read_rest(p->body, 4) };
}

struct wire_notify wire_notify(const struct wire_payload *p)
{
	size_t spi_size = read_u8(p->body, 1);

	return (struct wire_notify){
		.protocol = read_u8(p->body, 0),
		.type = read_u16(p->body, 2),
		.spi = { p->body.p + NOTIFY_SIZE, spi_size },
		.data = read_rest(p->body, NOTIFY_SIZE + spi_size),
	};
}

static bool find_notify(const struct wire_message *msg, bool (*wanted)(uint16_t type, uint16_t argument), uint16_t argument,
			struct wire_notify *ret)
{
	for (unsigned i = 0; i < msg->count; i++) {
		struct wire_notify n;

		if (msg->payloads[i].type != PAYLOAD_NOTIFY)
			continue;
		n = wire_notify(&msg->payloads[i]);
		if (!wanted(n.type, argument))
			continue;
		if (ret)
			*ret = n;
		return true;
	}
	return false;
}

static bool same_type(uint16_t type, uint16_t wanted)
{
	return type == wanted;
}

static bool error_type(uint16_t type, uint16_t unused)
{
	(void)unused;
	return wire_notify_is_error(type);
}

bool wire_find_notify(const struct wire_message *msg, enum notify_type type, struct wire_notify *ret)
{
	return find_notify(msg, same_type, (uint16_t)type, ret);
}

bool wire_find_error(const struct wire_message *msg, struct wire_notify *ret)
{
	return find_notify(msg, error_type, 0, ret);
}

struct wire_delete wire_delete(const struct wire_payload *p)
{
	return (struct wire_delete){
		.protocol = read_u8(p->body, 0),
		.spi_size = read_u8(p->body, 1),
		.count = read_u16(p->body, 2),
		.spis = read_rest(p->body, DELETE_SIZE),
	};
}

uint32_t wire_delete_spi(const struct wire_delete *d, unsigned i)
{
	assert(i < d->count && d->spi_size == 4);
	return read_u32(d->spis, (size_t)i * 4);
}

struct slice wire_ts_list(const struct wire_payload *p)
{
	return read_rest(p->body, TS_LIST_SIZE);
}

bool wire_next_ts(struct slice *rest, struct traffic_selector *ret)
{
	while (rest->n) {
		struct slice ts = *rest;
		uint8_t type = read_u8(ts, 0);
		size_t address = type == TS_TYPE_IPV4 ? 4 : 16;

		*rest = read_rest(ts, read_u16(ts, 2));
		if (type != TS_TYPE_IPV4 && type != TS_TYPE_IPV6)
			continue;
		*ret = (struct traffic_selector){
			.proto = read_u8(ts, 1),
			.port_first = read_u16(ts, 4),
			.port_last = read_u16(ts, 6),
		};
		ret->range.first.family = ret->range.last.family = type == TS_TYPE_IPV4 ? AF_INET : AF_INET6;
		memcpy(ret->range.first.bytes, ts.p + TS_SIZE, address);
		memcpy(ret->range.last.bytes, ts.p + TS_SIZE + address, address);
		return true;
	}
	return false;
}

uint8_t wire_cp_type(const struct wire_payload *p)
{
	return read_u8(p->body, 0);
}

struct slice wire_cp_list(const struct wire_payload *p)
{
	return read_rest(p->body, 4);
}

bool wire_next_attribute(struct slice *rest, struct wire_attribute *ret)
{
	size_t length;

	if (rest->n < ATTRIBUTE_SIZE)
		return false;
	length = read_u16(*rest, 2);
	*ret = (struct wire_attribute){
		.type = read_u16(*rest, 0) & (uint16_t)~ATTRIBUTE_SHORT,
		.data = { rest->p + ATTRIBUTE_SIZE, length },
	};
	*rest = read_rest(*rest, ATTRIBUTE_SIZE + length);
	return true;
}
