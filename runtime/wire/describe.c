/* SPDX-License-Identifier: Apache-2.0 */
/* A message as one line of text, for logs and --simulate. */
#include "runtime/wire/read.h"

/* As a user would write it: lower case, without the parts that go without saying. "aes256", "aes_gcm_16_256", "sha2_512",
 * "dh19". */
static void add_known(struct buf *out, const struct transform *t, uint16_t key_bits)
{
	struct slice name = slice_of(t->name);

	if (slice_starts(name, "HMAC_"))
		name = slice_sub(name, 5, name.n);
	if (name.n > 4 && slice_eq_str(slice_sub(name, name.n - 4, name.n), "_CBC"))
		name.n -= 4;
	for (size_t i = 0; i < name.n; i++)
		buf_add_char(out, (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]));
	if (key_bits)
		buf_printf(out, "%s%u", name.p[name.n - 1] >= '0' && name.p[name.n - 1] <= '9' ? "_" : "", key_bits);
}

static void add_transform_name(struct buf *out, const struct wire_transform *w)
{
	static const char *const types[] = { "transform", "encr", "prf", "integ" };
	const struct transform *t = w->type < TRANSFORM_ESN ? transform_by_ikev2_id((enum transform_type)w->type, w->id) : NULL;

	if (w->type == TRANSFORM_KE)
		buf_printf(out, "dh%u", w->id);
	else if (t)
		add_known(out, t, w->key_bits);
	else
		buf_printf(out, "%s#%u", w->type < TRANSFORM_KE ? types[w->type] : types[0], w->id);
}

/* Alternatives of one type, joined by '+'. */
static void add_transforms_of(struct buf *out, const struct wire_proposal *p, uint8_t type, bool *first_type)
{
	struct slice rest = p->transforms;
	struct wire_transform w;
	const char *separator = *first_type ? "" : "-";

	while (wire_next_transform(&rest, &w)) {
		if (w.type != type)
			continue;
		buf_add_str(out, separator);
		add_transform_name(out, &w);
		separator = "+";
		*first_type = false;
	}
}

static bool lists(const struct wire_proposal *p, uint8_t type, uint16_t id)
{
	struct slice rest = p->transforms;
	struct wire_transform w;

	while (wire_next_transform(&rest, &w))
		if (w.type == type && w.id == id)
			return true;
	return false;
}

/* PRF stands for both hashes where the MAC is that of the same hash, as users write it; INTEG of ESP has no PRF beside it. */
static void add_proposal(struct buf *out, const struct wire_proposal *p)
{
	bool first = true;

	add_transforms_of(out, p, TRANSFORM_ENCR, &first);
	add_transforms_of(out, p, p->protocol == PROTOCOL_IKE ? TRANSFORM_PRF : TRANSFORM_INTEG, &first);
	add_transforms_of(out, p, TRANSFORM_KE, &first);
	if (lists(p, TRANSFORM_ESN, 1))
		buf_add_str(out, lists(p, TRANSFORM_ESN, 0) ? "-esn?" : "-esn");
}

static void add_sa(struct buf *out, const struct wire_payload *payload)
{
	struct slice rest = payload->body;
	struct wire_proposal p;
	const char *separator = "SA(";

	while (wire_next_proposal(&rest, &p)) {
		buf_add_str(out, separator);
		add_proposal(out, &p);
		separator = ", ";
	}
	buf_add_char(out, ')');
}

static void add_notify(struct buf *out, const struct wire_payload *payload)
{
	struct wire_notify n = wire_notify(payload);
	const char *name = wire_notify_name(n.type);

	if (n.type == NOTIFY_NAT_DETECTION_SOURCE_IP || n.type == NOTIFY_NAT_DETECTION_DESTINATION_IP) {
		buf_add_str(out, "NATD");
		return;
	}
	if (name)
		buf_printf(out, "N(%s", name);
	else
		buf_printf(out, "N(%u", n.type);
	if (n.type == NOTIFY_INVALID_KE_PAYLOAD && n.data.n == 2)
		buf_printf(out, ": dh%u", read_u16(n.data, 0));
	else if (n.spi.n == 4)
		buf_printf(out, ": %08x", read_u32(n.spi, 0));
	buf_add_char(out, ')');
}

static void add_ts(struct buf *out, const struct wire_payload *payload)
{
	struct slice rest = wire_ts_list(payload);
	struct traffic_selector ts;
	char text[TS_TEXT];
	const char *separator = "";

	buf_printf(out, "%s(", wire_payload_name(payload->type));
	while (wire_next_ts(&rest, &ts)) {
		buf_printf(out, "%s%s", separator, ts_format(&ts, text));
		separator = " ";
	}
	buf_add_char(out, ')');
}

static void add_delete(struct buf *out, const struct wire_payload *payload)
{
	static const char *const protocols[] = { "?", "IKE", "AH", "ESP" };
	struct wire_delete d = wire_delete(payload);

	buf_printf(out, "D(%s", d.protocol <= PROTOCOL_ESP ? protocols[d.protocol] : "?");
	for (unsigned i = 0; d.spi_size == 4 && i < d.count; i++)
		buf_printf(out, " %08x", wire_delete_spi(&d, i));
	buf_add_char(out, ')');
}

static void add_payload(struct buf *out, const struct wire_payload *p, bool response)
{
	switch (p->type) {
	case PAYLOAD_SA:
		add_sa(out, p);
		break;
	case PAYLOAD_NONCE:
		buf_add_str(out, response ? "Nr" : "Ni");
		break;
	case PAYLOAD_NOTIFY:
		add_notify(out, p);
		break;
	case PAYLOAD_TSI:
	case PAYLOAD_TSR:
		add_ts(out, p);
		break;
	case PAYLOAD_DELETE:
		add_delete(out, p);
		break;
	default:
		buf_add_str(out, wire_payload_name(p->type));
	}
}

void wire_describe(const struct wire_message *msg, struct buf *out)
{
	const char *separator = "";

	for (unsigned i = 0; i < msg->count; i++) {
		uint8_t type = msg->payloads[i].type;

		if (msg->opened && (type == PAYLOAD_SK || type == PAYLOAD_SKF))
			continue;
		buf_add_str(out, separator);
		add_payload(out, &msg->payloads[i], msg->header.flags & IKE_FLAG_RESPONSE);
		separator = " ";
	}
	if (*separator == '\0' && msg->skipped == 0)
		buf_add_str(out, "empty");
	if (msg->skipped)
		buf_printf(out, "%s+%u unknown", separator, msg->skipped);
}
