/* SPDX-License-Identifier: Apache-2.0 */
/* Header and payload chain (I-020..I-029), and which payloads an exchange may have. */
#include "runtime/wire/read.h"

static enum wire_error fail(struct wire_fault *fault, enum wire_error error, uint8_t payload, size_t offset, const char *why)
{
	*fault = (struct wire_fault){ .error = error, .payload = payload, .offset = (uint32_t)offset, .why = why };
	return error;
}

enum wire_error wire_parse_header(struct slice datagram, struct wire_header *ret, struct wire_fault *fault)
{
	*fault = (struct wire_fault){ 0 };
	if (datagram.n < WIRE_HEADER_SIZE)
		return fail(fault, WIRE_HEADER, 0, datagram.n, "shorter than an IKE header");
	*ret = (struct wire_header){
		.spi_i = read_u64(datagram, 0),
		.spi_r = read_u64(datagram, 8),
		.next = read_u8(datagram, 16),
		.version = read_u8(datagram, 17),
		.exchange = read_u8(datagram, 18),
		.flags = read_u8(datagram, 19),
		.message_id = read_u32(datagram, 20),
		.length = read_u32(datagram, 24),
	};
	if (ret->spi_i == 0)
		return fail(fault, WIRE_HEADER, 0, 0, "the SPI of the initiator is zero");
	if (datagram.n > LIMIT_DATAGRAM || ret->length != datagram.n)
		return fail(fault, WIRE_HEADER, 0, 24, "the length is not that of the datagram");
	if (ret->version >> 4 > 2)
		return fail(fault, WIRE_VERSION, 0, 17, "the major version is above 2");
	if (ret->version >> 4 < 2)
		return fail(fault, WIRE_VERSION_1, 0, 17, "the major version is below 2");
	return WIRE_OK;
}

/* One payload of the chain: the outside checks, then the inside. */
static enum wire_error take(struct wire_message *msg, const struct wire_payload *p, size_t offset, struct wire_fault *fault)
{
	enum wire_error error;
	const char *why;
	uint32_t at;

	if (!wire_payload_known(p->type)) {
		if (p->critical)
			return fail(fault, WIRE_CRITICAL, p->type, offset, "unknown payload with the critical bit");
		msg->skipped++;
		return WIRE_OK;
	}
	if (p->inner && (p->type == PAYLOAD_SK || p->type == PAYLOAD_SKF))
		return fail(fault, WIRE_SYNTAX, p->type, offset, "an encrypted payload inside another");
	if (msg->count + msg->skipped >= LIMIT_PAYLOADS)
		return fail(fault, WIRE_LIMIT, p->type, offset, "more payloads than we read");
	why = wire_check_body(p->type, p->body, &at, &error);
	if (why)
		return fail(fault, error, p->type, offset + WIRE_GENERIC_SIZE + at, why);
	msg->payloads[msg->count++] = *p;
	return WIRE_OK;
}

static enum wire_error walk(struct wire_message *msg, uint8_t type, struct slice chain, size_t at, bool inner,
			    struct wire_fault *fault)
{
	while (type != PAYLOAD_NONE) {
		struct wire_payload p = { .type = type, .inner = inner };
		enum wire_error error;
		size_t length;

		if (chain.n - at < WIRE_GENERIC_SIZE)
			return fail(fault, WIRE_SYNTAX, type, at, "the payload that the one before announces is not there");
		length = read_u16(chain, at + 2);
		if (length < WIRE_GENERIC_SIZE || length > chain.n - at)
			return fail(fault, WIRE_SYNTAX, type, at + 2, "the length of a payload does not fit");
		p.next = read_u8(chain, at);
		p.critical = read_u8(chain, at + 1) & 0x80;
		p.body = (struct slice){ chain.p + at + WIRE_GENERIC_SIZE, length - WIRE_GENERIC_SIZE };
		error = take(msg, &p, at, fault);
		if (error)
			return error;
		at += length;
		type = p.next;
		if (p.type == PAYLOAD_SK || p.type == PAYLOAD_SKF) {
			msg->encrypted = true;	/* its next field names the first inner payload (I-027) */
			break;
		}
	}
	return at == chain.n ? WIRE_OK : fail(fault, WIRE_SYNTAX, 0, at, "there are bytes behind the last payload");
}

enum wire_error wire_parse(struct slice datagram, struct wire_message *ret, struct wire_fault *fault)
{
	enum wire_error error;

	ret->datagram = datagram;
	ret->count = ret->skipped = 0;
	ret->encrypted = ret->opened = false;
	error = wire_parse_header(datagram, &ret->header, fault);
	return error ? error : walk(ret, ret->header.next, datagram, WIRE_HEADER_SIZE, false, fault);
}

enum wire_error wire_parse_inner(struct wire_message *msg, uint8_t first, struct slice plain, struct wire_fault *fault)
{
	*fault = (struct wire_fault){ 0 };
	msg->opened = true;
	return walk(msg, first, plain, 0, true, fault);
}

/* --- which payloads an exchange has (RFC 7296 sections 1.2 to 1.4, appendix C) ----------------------------------------------- */

struct admitted {
	uint8_t exchange;
	uint8_t payload;
	uint8_t request_min, request_max;	/* max 0: not in this direction; MANY: as many as there may be at all */
	uint8_t response_min, response_max;
};

#define MANY	LIMIT_PAYLOADS

static const struct admitted admitted[] = {
	{ IKE_SA_INIT, PAYLOAD_SA, 1, 1, 1, 1 },
	{ IKE_SA_INIT, PAYLOAD_KE, 1, 1, 1, 1 },
	{ IKE_SA_INIT, PAYLOAD_NONCE, 1, 1, 1, 1 },
	{ IKE_SA_INIT, PAYLOAD_CERTREQ, 0, 0, 0, LIMIT_CERTIFICATES },
	{ IKE_SA_INIT, PAYLOAD_NOTIFY, 0, MANY, 0, MANY },
	{ IKE_SA_INIT, PAYLOAD_VENDOR, 0, MANY, 0, MANY },
	{ IKE_AUTH, PAYLOAD_IDI, 1, 1, 0, 0 },
	{ IKE_AUTH, PAYLOAD_IDR, 0, 1, 1, 1 },
	{ IKE_AUTH, PAYLOAD_AUTH, 0, 1, 1, 1 },	/* a request without it asks for EAP: the engine refuses by that name */
	{ IKE_AUTH, PAYLOAD_CERT, 0, LIMIT_CERTIFICATES, 0, LIMIT_CERTIFICATES },
	{ IKE_AUTH, PAYLOAD_CERTREQ, 0, LIMIT_CERTIFICATES, 0, 0 },
	{ IKE_AUTH, PAYLOAD_SA, 0, 1, 0, 1 },
	{ IKE_AUTH, PAYLOAD_TSI, 0, 1, 0, 1 },
	{ IKE_AUTH, PAYLOAD_TSR, 0, 1, 0, 1 },
	{ IKE_AUTH, PAYLOAD_CP, 0, 1, 0, 1 },
	{ IKE_AUTH, PAYLOAD_EAP, 0, 1, 0, 1 },
	{ IKE_AUTH, PAYLOAD_NOTIFY, 0, MANY, 0, MANY },
	{ IKE_AUTH, PAYLOAD_VENDOR, 0, MANY, 0, MANY },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_SA, 1, 1, 1, 1 },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_NONCE, 1, 1, 1, 1 },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_KE, 0, 1, 0, 1 },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_TSI, 0, 1, 0, 1 },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_TSR, 0, 1, 0, 1 },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_NOTIFY, 0, MANY, 0, MANY },
	{ IKE_CREATE_CHILD_SA, PAYLOAD_VENDOR, 0, MANY, 0, MANY },
	{ IKE_INFORMATIONAL, PAYLOAD_NOTIFY, 0, MANY, 0, MANY },
	{ IKE_INFORMATIONAL, PAYLOAD_DELETE, 0, MANY, 0, MANY },
	{ IKE_INFORMATIONAL, PAYLOAD_CP, 0, 1, 0, 1 },
	{ IKE_INFORMATIONAL, PAYLOAD_VENDOR, 0, MANY, 0, MANY },
	{ IKE_INTERMEDIATE, PAYLOAD_KE, 0, 1, 0, 1 },
	{ IKE_INTERMEDIATE, PAYLOAD_NOTIFY, 0, MANY, 0, MANY },
	{ IKE_FOLLOWUP_KE, PAYLOAD_KE, 1, 1, 1, 1 },
	{ IKE_FOLLOWUP_KE, PAYLOAD_NOTIFY, 1, MANY, 0, MANY },
};

/* An error takes the place of what it answers, and COOKIE is the one status notify that does. A request has no such excuse. */
static bool need_not_be_complete(const struct wire_message *msg)
{
	return (msg->header.flags & IKE_FLAG_RESPONSE) && (wire_find_error(msg, NULL) || wire_find_notify(msg, NOTIFY_COOKIE, NULL));
}

static enum wire_error check_row(const struct wire_message *msg, const struct admitted *row, bool complete,
				 struct wire_fault *fault)
{
	bool response = msg->header.flags & IKE_FLAG_RESPONSE, inner = row->exchange != IKE_SA_INIT;
	unsigned min = response ? row->response_min : row->request_min;
	unsigned max = response ? row->response_max : row->request_max;
	unsigned count = 0;

	for (unsigned i = 0; i < msg->count; i++) {
		if (msg->payloads[i].type != row->payload)
			continue;
		if (msg->payloads[i].inner != inner)
			return fail(fault, WIRE_SYNTAX, row->payload, 0, "a payload is outside the encryption that belongs inside");
		count++;
	}
	if (max == 0)
		return WIRE_OK;		/* not listed in this direction: ignored (RFC 7296 section 2.5) */
	if (count > max && max == 1)
		return fail(fault, WIRE_SYNTAX, row->payload, 0, "a payload comes twice");
	if (count > max)
		return fail(fault, WIRE_LIMIT, row->payload, 0, "too many payloads of a type");
	if (count < min && complete)
		return fail(fault, WIRE_SYNTAX, row->payload, 0, "a payload that must be there is missing");
	return WIRE_OK;
}

/* The selectors come as a pair, and IKE_AUTH has SA with both or none of the three (RFC 6023). */
static enum wire_error check_together(const struct wire_message *msg, struct wire_fault *fault)
{
	bool sa = wire_find(msg, PAYLOAD_SA, 0), tsi = wire_find(msg, PAYLOAD_TSI, 0), tsr = wire_find(msg, PAYLOAD_TSR, 0);

	if (tsi != tsr)
		return fail(fault, WIRE_SYNTAX, tsi ? PAYLOAD_TSR : PAYLOAD_TSI, 0, "selectors of one end only");
	if (msg->header.exchange == IKE_AUTH && sa != tsi)
		return fail(fault, WIRE_SYNTAX, sa ? PAYLOAD_TSI : PAYLOAD_SA, 0, "SA and selectors do not come together");
	return WIRE_OK;
}

enum wire_error wire_check(const struct wire_message *msg, struct wire_fault *fault)
{
	uint8_t exchange = msg->header.exchange;
	bool complete = !need_not_be_complete(msg);
	enum wire_error error = WIRE_OK;

	*fault = (struct wire_fault){ 0 };
	if (!wire_exchange_name(exchange))
		return fail(fault, WIRE_SYNTAX, 0, 18, "unknown exchange type");
	if (msg->encrypted && exchange == IKE_SA_INIT)
		return fail(fault, WIRE_SYNTAX, 0, 16, "IKE_SA_INIT is encrypted");
	if (!msg->encrypted && exchange != IKE_SA_INIT)
		return fail(fault, WIRE_SYNTAX, 0, 16, "the message is not encrypted");
	for (size_t i = 0; !error && i < sizeof admitted / sizeof *admitted; i++)
		if (admitted[i].exchange == exchange)
			error = check_row(msg, &admitted[i], complete, fault);
	return error || !complete ? error : check_together(msg, fault);
}
