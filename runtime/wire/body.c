/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of payloads: one row per type. What passes here can be read by the views without another check. */
#include "runtime/wire/read.h"

struct body {
	struct slice bytes;
	uint8_t type;
	uint32_t at;			/* of what is wrong */
	enum wire_error error;
};

static const char *wrong(struct body *b, size_t at, const char *why)
{
	b->at = (uint32_t)at;
	return why;
}

static const char *over_limit(struct body *b, size_t at, const char *why)
{
	b->error = WIRE_LIMIT;
	return wrong(b, at, why);
}

/* Attributes of one transform: key length, or ones that we do not know (RFC 7296 section 3.3.5). */
static const char *check_attributes(struct body *b, size_t at, size_t end)
{
	while (at < end) {
		uint16_t type, length;

		if (end - at < ATTRIBUTE_SIZE)
			return wrong(b, at, "an attribute is cut off");
		type = read_u16(b->bytes, at);
		length = read_u16(b->bytes, at + 2);
		if ((type & ~ATTRIBUTE_SHORT) == ATTRIBUTE_KEY_LENGTH && !(type & ATTRIBUTE_SHORT))
			return wrong(b, at, "a key length attribute is in the long form");
		at += ATTRIBUTE_SIZE;
		if (type & ATTRIBUTE_SHORT)
			continue;
		if (length > end - at)
			return wrong(b, at - ATTRIBUTE_SIZE, "an attribute is longer than its transform");
		at += length;
	}
	return NULL;
}

static const char *check_transforms(struct body *b, size_t at, size_t end, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		size_t length;
		const char *why;

		if (end - at < TRANSFORM_SIZE)
			return wrong(b, at, "a proposal has fewer transforms than it says");
		length = read_u16(b->bytes, at + 2);
		if (length < TRANSFORM_SIZE)
			return wrong(b, at, "a transform is shorter than its header");
		if (length > end - at)
			return wrong(b, at, "a transform is longer than its proposal");
		if (read_u8(b->bytes, at) != (i + 1 < count ? MORE_TRANSFORMS : 0))
			return wrong(b, at, "the mark of the last transform is wrong");
		why = check_attributes(b, at + TRANSFORM_SIZE, at + length);
		if (why)
			return why;
		at += length;
	}
	return at == end ? NULL : wrong(b, at, "a proposal has bytes behind its transforms");
}

/* SPI sizes that RFC 7296 section 3.3.1 allows; a protocol that we do not know may have any. */
static bool spi_size_fits(uint8_t protocol, uint8_t size)
{
	if (protocol == PROTOCOL_IKE)
		return size == 0 || size == 8;
	return (protocol != PROTOCOL_AH && protocol != PROTOCOL_ESP) || size == 4;
}

static const char *check_sa(struct body *b)
{
	size_t at = 0;
	bool more = true;

	for (unsigned n = 0; more; n++) {
		size_t length;
		uint8_t spi_size;
		const char *why;

		if (b->bytes.n - at < PROPOSAL_SIZE)
			return wrong(b, at, "a proposal is cut off");
		length = read_u16(b->bytes, at + 2);
		spi_size = read_u8(b->bytes, at + 6);
		if (length < PROPOSAL_SIZE + spi_size)
			return wrong(b, at, "a proposal is shorter than its header");
		if (length > b->bytes.n - at)
			return wrong(b, at, "a proposal is longer than its payload");
		if (n == LIMIT_PROPOSALS)
			return over_limit(b, at, "more proposals than we read");
		if (!spi_size_fits(read_u8(b->bytes, at + 5), spi_size))
			return wrong(b, at + 6, "the SPI of a proposal has the wrong size");
		if (read_u8(b->bytes, at) != 0 && read_u8(b->bytes, at) != MORE_PROPOSALS)
			return wrong(b, at, "the mark of the last proposal is wrong");
		more = read_u8(b->bytes, at) == MORE_PROPOSALS;
		why = check_transforms(b, at + PROPOSAL_SIZE + spi_size, at + length, read_u8(b->bytes, at + 7));
		if (why)
			return why;
		at += length;
	}
	return at == b->bytes.n ? NULL : wrong(b, at, "there are bytes behind the last proposal");
}

static const char *check_notify(struct body *b)
{
	uint8_t spi_size = read_u8(b->bytes, 1);

	return spi_size <= b->bytes.n - NOTIFY_SIZE ? NULL : wrong(b, 1, "the SPI of a notify is longer than its payload");
}

static const char *check_delete(struct body *b)
{
	uint8_t protocol = read_u8(b->bytes, 0), spi_size = read_u8(b->bytes, 1);
	size_t count = read_u16(b->bytes, 2);

	if (protocol == PROTOCOL_IKE && (spi_size != 0 || count != 0))
		return wrong(b, 1, "a delete of the IKE SA has SPIs");
	if ((protocol == PROTOCOL_AH || protocol == PROTOCOL_ESP) && spi_size != 4)
		return wrong(b, 1, "the SPIs of a delete have the wrong size");
	if (count * spi_size != b->bytes.n - DELETE_SIZE)
		return wrong(b, 2, "a delete has another number of SPIs than it says");
	return NULL;
}

/* One selector of a known type: RFC 7296 section 3.13.1; 65535..0 are the ports of OPAQUE. */
static const char *check_selector(struct body *b, size_t at, size_t length, size_t address)
{
	uint16_t first = read_u16(b->bytes, at + 4), last = read_u16(b->bytes, at + 6);

	if (length != TS_SIZE + 2 * address)
		return wrong(b, at + 2, "a selector has the wrong length for its type");
	if (first > last && !(first == 65535 && last == 0))
		return wrong(b, at + 4, "the ports of a selector are backwards");
	if (memcmp(b->bytes.p + at + TS_SIZE, b->bytes.p + at + TS_SIZE + address, address) > 0)
		return wrong(b, at + TS_SIZE, "the addresses of a selector are backwards");
	return NULL;
}

static const char *check_ts(struct body *b)
{
	unsigned count = read_u8(b->bytes, 0);
	size_t at = TS_LIST_SIZE;

	if (count == 0)
		return wrong(b, 0, "there are no selectors");
	if (count > LIMIT_SELECTORS)
		return over_limit(b, 0, "more selectors than we read");
	for (unsigned i = 0; i < count; i++) {
		size_t length;
		uint8_t type;
		const char *why = NULL;

		if (b->bytes.n - at < TS_SIZE)
			return wrong(b, at, "a selector is cut off");
		type = read_u8(b->bytes, at);
		length = read_u16(b->bytes, at + 2);
		if (length < TS_SIZE || length > b->bytes.n - at)
			return wrong(b, at + 2, "the length of a selector does not fit");
		if (type == TS_TYPE_IPV4 || type == TS_TYPE_IPV6)
			why = check_selector(b, at, length, type == TS_TYPE_IPV4 ? 4 : 16);
		if (why)
			return why;
		at += length;
	}
	return at == b->bytes.n ? NULL : wrong(b, at, "there are bytes behind the last selector");
}

/* RFC 7296 section 3.15.1. Up to three stray bytes at the end are let go: pluto 4.10 pads the payload inside its length (I-299). */
static const char *check_cp(struct body *b)
{
	size_t at = 4;

	while (b->bytes.n - at >= ATTRIBUTE_SIZE) {
		size_t length = read_u16(b->bytes, at + 2);

		if (length > b->bytes.n - at - ATTRIBUTE_SIZE)
			return wrong(b, at, "a configuration attribute is longer than its payload");
		at += ATTRIBUTE_SIZE + length;
	}
	return NULL;
}

/* RFC 7383 section 2.5; I-122. */
static const char *check_skf(struct body *b)
{
	uint16_t number = read_u16(b->bytes, 0), total = read_u16(b->bytes, 2);

	if (number == 0 || total == 0 || number > total)
		return wrong(b, 0, "the fragment number is not within the total");
	return total <= LIMIT_FRAGMENTS ? NULL : over_limit(b, 2, "more fragments than we reassemble");
}

struct layout {
	uint8_t type;
	uint16_t min, max;	/* bytes of the body; max 0: any */
	const char *(*check)(struct body *b);
};

static const struct layout layouts[] = {
	{ PAYLOAD_SA, PROPOSAL_SIZE, 0, check_sa },
	{ PAYLOAD_KE, 5, 0, NULL },		/* group, reserved, at least one byte */
	{ PAYLOAD_IDI, 4, 0, NULL },		/* type, reserved; ID_NULL has no data */
	{ PAYLOAD_IDR, 4, 0, NULL },
	{ PAYLOAD_CERT, 2, 0, NULL },
	{ PAYLOAD_CERTREQ, 1, 0, NULL },	/* the list may be empty (I-069) */
	{ PAYLOAD_AUTH, 4, 0, NULL },		/* method, reserved */
	{ PAYLOAD_NONCE, 16, 256, NULL },	/* I-040 */
	{ PAYLOAD_NOTIFY, NOTIFY_SIZE, 0, check_notify },
	{ PAYLOAD_DELETE, DELETE_SIZE, 0, check_delete },
	{ PAYLOAD_VENDOR, 0, 0, NULL },
	{ PAYLOAD_TSI, TS_LIST_SIZE, 0, check_ts },
	{ PAYLOAD_TSR, TS_LIST_SIZE, 0, check_ts },
	{ PAYLOAD_SK, 0, 0, NULL },		/* sk_open() knows the sizes of its cipher */
	{ PAYLOAD_CP, 4, 0, check_cp },
	{ PAYLOAD_EAP, 4, 0, NULL },
	{ PAYLOAD_SKF, WIRE_SKF_SIZE, 0, check_skf },
};

static const struct layout *layout_of(uint8_t type)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
		if (layouts[i].type == type)
			return &layouts[i];
	return NULL;
}

bool wire_payload_known(uint8_t type)
{
	return layout_of(type) != NULL;
}

const char *wire_check_body(uint8_t type, struct slice body, uint32_t *ret_at, enum wire_error *ret_error)
{
	const struct layout *layout = layout_of(type);
	struct body b = { .bytes = body, .type = type, .error = WIRE_SYNTAX };
	const char *why = NULL;

	assert(layout);
	if (body.n < layout->min)
		why = "the payload is too short";
	else if (layout->max && body.n > layout->max)
		why = "the payload is too long";
	else if (layout->check)
		why = layout->check(&b);
	*ret_at = b.at;
	*ret_error = why ? b.error : WIRE_OK;
	return why;
}
