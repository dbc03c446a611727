/* SPDX-License-Identifier: Apache-2.0 */
/* The IKEv2 message format: messages of real peers, our own read back, and everything that must be refused. */
#include "runtime/wire/wire.h"

#include <errno.h>

#include "tests/unit/tap.h"
#include "tests/unit/vectors.h"
#include "tests/unit/wire_walk.h"

static struct arena arena;
static struct wire_message msg;
static struct wire_fault fault;

static const char *describe(void)
{
	struct buf out = { 0 };
	char *text;

	wire_describe(&msg, &out);
	text = arena_strdup(&vectors_arena, buf_slice(&out));
	buf_release(&out);
	return text;
}

static void parse_good(struct slice datagram)
{
	ck_assert_msg(wire_parse(datagram, &msg, &fault) == WIRE_OK, "%s, payload %u, offset %u", fault.why, fault.payload,
		      fault.offset);
}

static void inner_good(uint8_t first, struct slice text)
{
	ck_assert_msg(wire_parse_inner(&msg, first, text, &fault) == WIRE_OK, "%s, payload %u, offset %u", fault.why, fault.payload,
		      fault.offset);
}

static void check_good(void)
{
	ck_assert_msg(wire_check(&msg, &fault) == WIRE_OK, "%s, payload %u", fault.why, fault.payload);
}

/* --- messages of charon ------------------------------------------------------------------------------------------------------ */

START_TEST(sa_init_of_charon)
{
	json_t *v = vector("v2-auth-psk");
	struct wire_offer offer;
	struct wire_proposal p;
	struct slice rest;

	if (!v)
		return;
	parse_good(bytes_of(v, "message_1"));
	check_good();
	ck_assert_str_eq(describe(), "SA(aes128-sha2_256-dh19) KE Ni NATD NATD N(IKEV2_FRAGMENTATION_SUPPORTED) "
				     "N(SIGNATURE_HASH_ALGORITHMS) "
				     "N(REDIRECT_SUPPORTED)");
	ck_assert_uint_eq(msg.header.spi_i, 0x973b5da1b94b6453);
	ck_assert_uint_eq(msg.header.spi_r, 0);
	ck_assert_uint_eq(wire_ke(wire_find(&msg, PAYLOAD_KE, 0)).method, 19);
	ck_assert_uint_eq(wire_ke(wire_find(&msg, PAYLOAD_KE, 0)).data.n, 64);
	assert_bytes("nonce", wire_find(&msg, PAYLOAD_NONCE, 0)->body.p, 32, bytes_of(v, "ni"));

	arena_init(&arena);
	rest = wire_find(&msg, PAYLOAD_SA, 0)->body;
	ck_assert(wire_next_proposal(&rest, &p));
	wire_read_offer(&arena, &p, &offer);
	ck_assert_ptr_null(offer.unusable);
	ck_assert_str_eq(proposal_format(&arena, &offer.proposal), "AES_CBC_128-HMAC_SHA2_256-HMAC_SHA2_256_128-DH19");
	ck_assert(!wire_next_proposal(&rest, &p));
	arena_release(&arena);

	parse_good(bytes_of(v, "message_2"));
	check_good();
	ck_assert_str_eq(describe(), "SA(aes128-sha2_256-dh19) KE Nr NATD NATD N(IKEV2_FRAGMENTATION_SUPPORTED) "
				     "N(SIGNATURE_HASH_ALGORITHMS) "
				     "N(CHILDLESS_IKEV2_SUPPORTED) N(MULTIPLE_AUTH_SUPPORTED)");
}
END_TEST

START_TEST(ike_auth_of_charon)
{
	json_t *v = vector("v2-sk-cbc");
	struct traffic_selector ts;
	struct slice rest, plain;
	struct wire_sk sk;
	char text[TS_TEXT];

	if (!v)
		return;
	parse_good(bytes_of(v, "message_i"));
	ck_assert_str_eq(describe(), "SK");
	ck_assert(wire_sk(&msg, &sk) && !sk.fragment);
	ck_assert_uint_eq(sk.first, PAYLOAD_IDI);
	ck_assert_uint_eq(sk.offset, 32);
	assert_bytes("IV", msg.datagram.p + sk.offset, 16, bytes_of(v, "iv_i"));
	plain = bytes_of(v, "plaintext_i");
	plain.n -= 1u + (uint8_t)plain.p[plain.n - 1];
	inner_good(sk.first, plain);
	check_good();
	ck_assert_uint_eq(wire_id(wire_find(&msg, PAYLOAD_IDI, 0)).type, IDENT_FQDN);
	ck_assert(slice_eq_str(wire_id(wire_find(&msg, PAYLOAD_IDI, 0)).data, "left.example"));
	ck_assert_uint_eq(wire_auth(wire_find(&msg, PAYLOAD_AUTH, 0)).method, 2);
	ck_assert(wire_find_notify(&msg, NOTIFY_INITIAL_CONTACT, NULL));
	rest = wire_ts_list(wire_find(&msg, PAYLOAD_TSI, 0));
	ck_assert(wire_next_ts(&rest, &ts));
	ck_assert_str_eq(ts_format(&ts, text), "10.1.0.1/32");
	ck_assert(!wire_next_ts(&rest, &ts));
}
END_TEST

START_TEST(create_child_sa_of_charon)
{
	json_t *v = vector("v2-keymat-pfs");
	struct wire_notify n;
	struct wire_sk sk;
	struct slice plain;

	if (!v)
		return;
	parse_good(bytes_of(v, "request"));
	ck_assert(wire_sk(&msg, &sk));
	plain = bytes_of(v, "request_plaintext");
	plain.n -= 1u + (uint8_t)plain.p[plain.n - 1];
	inner_good(sk.first, plain);
	check_good();
	ck_assert(wire_find_notify(&msg, NOTIFY_REKEY_SA, &n));
	ck_assert_uint_eq(n.protocol, PROTOCOL_ESP);
	ck_assert_uint_eq(n.spi.n, 4);
}
END_TEST

START_TEST(fragments_of_charon)
{
	json_t *v = vector("v2-skf"), *fragment;
	struct wire_sk sk;
	size_t i;

	if (!v)
		return;
	json_array_foreach(json_object_get(v, "fragments"), i, fragment) {
		parse_good(unhex(json_string_value(fragment)));
		ck_assert(wire_sk(&msg, &sk) && sk.fragment);
		ck_assert_uint_eq(sk.number, i + 1);
		ck_assert_uint_eq(sk.total, 2);
		ck_assert_uint_eq(sk.first, i == 0 ? PAYLOAD_IDI : PAYLOAD_NONE);
	}
	inner_good(PAYLOAD_IDI, bytes_of(v, "joined"));
	check_good();
	ck_assert_uint_eq(msg.payloads[1].type, PAYLOAD_IDI);
	json_array_foreach(json_object_get(v, "payload_types"), i, fragment)
		ck_assert_int_eq(msg.payloads[1 + i].type, json_integer_value(fragment));
}
END_TEST

/* --- our own ----------------------------------------------------------------------------------------------------------------- */

static struct proposal proposal_of(enum ipsec_protocol protocol, const char *encr, uint16_t bits, const char *integ,
				   const char *prf, const char *ke)
{
	struct proposal p = { .protocol = protocol };

	vec_push(&vectors_arena, &p.transforms, (struct proposal_transform){ named(TRANSFORM_ENCR, encr), bits });
	if (prf)
		vec_push(&vectors_arena, &p.transforms, (struct proposal_transform){ named(TRANSFORM_PRF, prf), 0 });
	if (integ)
		vec_push(&vectors_arena, &p.transforms, (struct proposal_transform){ named(TRANSFORM_INTEG, integ), 0 });
	if (ke)
		vec_push(&vectors_arena, &p.transforms, (struct proposal_transform){ named(TRANSFORM_KE, ke), 0 });
	return p;
}

static struct wire_header header_of(uint8_t exchange, uint8_t flags)
{
	return (struct wire_header){ .spi_i = 0x1122334455667788, .version = 0x20, .exchange = exchange, .flags = flags };
}

static void build_init(struct buf *out)
{
	struct proposal proposals[] = {
		proposal_of(PROTOCOL_IKE, "AES_CBC", 256, "HMAC_SHA2_512_256", "HMAC_SHA2_512", "DH19"),
		proposal_of(PROTOCOL_IKE, "AES_GCM_16", 256, "NONE", "HMAC_SHA2_256", "MODP2048"),
		proposal_of(PROTOCOL_IKE, "CHACHA20_POLY1305", 0, NULL, "HMAC_SHA2_256", "DH31"),
	};
	struct wire_header h = header_of(IKE_SA_INIT, IKE_FLAG_INITIATOR);
	struct wire_builder w;
	char bytes[64] = { 7 };

	vec_push(&vectors_arena, &proposals[0].transforms, (struct proposal_transform){ named(TRANSFORM_KE, "DH31"), 0 });
	wire_begin(&w, out, &h);
	wire_add_notify(&w, NOTIFY_COOKIE, SLICE("cookie"));
	wire_add_sa(&w, proposals, 3, &(struct wire_sa_options){ 0 });
	wire_add_ke(&w, 19, (struct slice){ bytes, 64 });
	wire_add_nonce(&w, (struct slice){ bytes, 32 });
	wire_add_notify(&w, NOTIFY_NAT_DETECTION_SOURCE_IP, (struct slice){ bytes, 20 });
	wire_add_payload(&w, PAYLOAD_VENDOR, SLICE("us"));
	ck_assert_int_eq(wire_end(&w), 0);
}

START_TEST(sa_init_comes_back)
{
	struct buf out = { 0 };

	buf_add_str(&out, "in front");		/* a message need not begin the buffer */
	build_init(&out);
	parse_good(slice_sub(buf_slice(&out), 8, out.n));
	check_good();
	ck_assert_str_eq(describe(), "N(COOKIE) SA(aes256-sha2_512-dh19+dh31, aes_gcm_16_256-sha2_256-dh14, "
				     "chacha20_poly1305-sha2_256-dh31) "
				     "KE Ni NATD V");
	buf_release(&out);
}
END_TEST

/* The bytes of RFC 7296 section 3.3, written out: proposal 1, ESP with SPI, AES-CBC-128, HMAC-SHA2-256, both ESN. */
START_TEST(an_sa_payload_is_that_of_the_rfc)
{
	struct proposal p = proposal_of(PROTOCOL_ESP, "AES_CBC", 128, "HMAC_SHA2_256_128", NULL, "DH19");
	struct wire_builder w;
	struct buf out = { 0 };

	wire_begin_inner(&w, &out);
	wire_add_sa(&w, &p, 1, &(struct wire_sa_options){ .spi = SLICE("\xc1\xc2\xc3\xc4"), .esn = WIRE_ESN_YES_OR_NO,
		.without_ke = true });
	ck_assert_int_eq(wire_end(&w), 0);
	ck_assert_uint_eq(w.first, PAYLOAD_SA);
	assert_bytes("SA", out.p, out.n, unhex("00000034" "00000030" "01030404" "c1c2c3c4"
					       "0300000c" "0100000c" "800e0080"
					       "03000008" "0300000c"
					       "03000008" "05000001"
					       "00000008" "05000000"));
	buf_release(&out);
}
END_TEST

START_TEST(an_ike_auth_comes_back)
{
	struct proposal p = proposal_of(PROTOCOL_ESP, "AES_GCM_16", 128, NULL, NULL, NULL);
	struct traffic_selector ts[2], got;
	struct wire_header h = header_of(IKE_AUTH, IKE_FLAG_INITIATOR);
	struct ip_prefix net;
	struct wire_builder w;
	struct buf inner = { 0 }, out = { 0 };
	struct wire_sk sk;
	struct slice rest;

	ck_assert_int_eq(ip_prefix_parse(SLICE("10.1.0.0/16"), &net, NULL), 0);
	ts[0] = ts_of_prefix(&net, 6, 443);
	ck_assert_int_eq(ip_prefix_parse(SLICE("2001:db8::/32"), &net, NULL), 0);
	ts[1] = ts_of_prefix(&net, 0, 0);
	wire_begin_inner(&w, &inner);
	wire_add_id(&w, PAYLOAD_IDI, IDENT_FQDN, SLICE("hq.example"));
	wire_add_cert(&w, PAYLOAD_CERTREQ, 4, SLICE(""));
	wire_add_auth(&w, 2, SLICE("0123456789abcdef0123456789abcdef"));
	wire_add_sa(&w, &p, 1, &(struct wire_sa_options){ .spi = SLICE("\1\2\3\4"), .esn = WIRE_ESN_NO });
	wire_add_ts(&w, PAYLOAD_TSI, ts, 2);
	wire_add_ts(&w, PAYLOAD_TSR, ts, 1);
	ck_assert_int_eq(wire_end(&w), 0);
	ck_assert_int_eq(wire_begin_sk(&out, &h, w.first, 1, 1, inner.n), 0);
	buf_add_slice(&out, buf_slice(&inner));		/* in clear: the codec does not mind */

	parse_good(buf_slice(&out));
	ck_assert(wire_sk(&msg, &sk));
	inner_good(sk.first, slice_sub(buf_slice(&out), sk.offset, out.n));
	check_good();
	ck_assert_str_eq(describe(), "IDi CERTREQ AUTH SA(aes_gcm_16_128) TSi(10.1.0.0/16[tcp/443] 2001:db8::/32) "
				     "TSr(10.1.0.0/16[tcp/443])");
	rest = wire_ts_list(wire_find(&msg, PAYLOAD_TSI, 0));
	for (unsigned i = 0; i < 2; i++)
		ck_assert(wire_next_ts(&rest, &got) && ts_eq(&got, &ts[i]));
	buf_release(&inner);
	buf_release(&out);
}
END_TEST

START_TEST(an_informational_comes_back)
{
	static const uint32_t spis[] = { 0xdeadbeef, 0x12345678 };
	struct wire_header h = header_of(IKE_INFORMATIONAL, IKE_FLAG_RESPONSE);
	struct wire_builder w;
	struct buf out = { 0 };

	ck_assert_int_eq(wire_begin_sk(&out, &h, PAYLOAD_NONE, 1, 1, 0), 0);
	parse_good(buf_slice(&out));
	inner_good(PAYLOAD_NONE, SLICE(""));
	check_good();
	ck_assert_str_eq(describe(), "empty");
	buf_clear(&out);
	wire_begin_inner(&w, &out);
	wire_add_delete(&w, PROTOCOL_ESP, spis, 2);
	wire_add_delete_ike(&w);
	wire_add_notify_spi(&w, NOTIFY_CHILD_SA_NOT_FOUND, PROTOCOL_ESP, 0xcafe, SLICE(""));
	wire_add_notify(&w, NOTIFY_INVALID_KE_PAYLOAD, SLICE("\0\16"));
	wire_add_notify(&w, 40000, SLICE(""));
	ck_assert_int_eq(wire_end(&w), 0);
	msg.count = 1;
	inner_good(w.first, buf_slice(&out));
	check_good();
	ck_assert_str_eq(describe(), "D(ESP deadbeef 12345678) D(IKE) N(CHILD_SA_NOT_FOUND: 0000cafe) "
				     "N(INVALID_KE_PAYLOAD: dh14) N(40000)");
	buf_release(&out);
}
END_TEST

START_TEST(what_does_not_fit_is_no_message)
{
	static const char big[70000];
	struct wire_header h = header_of(IKE_SA_INIT, 0);
	struct wire_builder w;
	struct buf out = { 0 };

	wire_begin(&w, &out, &h);
	wire_add_nonce(&w, (struct slice){ big, sizeof big });
	ck_assert_int_eq(wire_end(&w), -EMSGSIZE);
	ck_assert_int_eq(wire_begin_sk(&out, &h, 0, 1, 1, 65535), -EMSGSIZE);
	buf_release(&out);
}
END_TEST

/* --- what must be refused ---------------------------------------------------------------------------------------------------- */

/* A message of one SA_INIT with these payloads behind the header. */
static struct slice message_of(uint8_t first, const char *payloads)
{
	char header[2 * WIRE_HEADER_SIZE + 1];
	size_t size = WIRE_HEADER_SIZE + strlen(payloads) / 2;

	snprintf(header, sizeof header, "11223344556677880000000000000000%02x202208%08x%08x", first, 0, (unsigned)size);
	return joined(unhex(header), unhex(payloads));
}

static void refuse(uint8_t first, const char *payloads, enum wire_error error, unsigned offset, const char *why)
{
	enum wire_error got = wire_parse(message_of(first, payloads), &msg, &fault);

	ck_assert_msg(got == error && fault.error == error && strcmp(fault.why, why) == 0 && fault.offset == offset,
		      "%s: %d at %u, %s", payloads, got, fault.offset, fault.why ? fault.why : "taken");
}

/* I-020, I-021 */
START_TEST(headers_are_checked)
{
	struct slice good = message_of(0, "");
	char bytes[WIRE_HEADER_SIZE];
	struct wire_header h;

	ck_assert_int_eq(wire_parse_header(good, &h, &fault), WIRE_OK);
	ck_assert_int_eq(wire_parse_header(slice_sub(good, 0, 27), &h, &fault), WIRE_HEADER);
	memcpy(bytes, good.p, sizeof bytes);
	bytes[27]++;
	ck_assert_int_eq(wire_parse_header((struct slice){ bytes, sizeof bytes }, &h, &fault), WIRE_HEADER);
	bytes[27]--;
	bytes[17] = 0x30;
	ck_assert_int_eq(wire_parse_header((struct slice){ bytes, sizeof bytes }, &h, &fault), WIRE_VERSION);
	bytes[17] = 0x10;
	ck_assert_int_eq(wire_parse_header((struct slice){ bytes, sizeof bytes }, &h, &fault), WIRE_VERSION_1);
	bytes[17] = 0x2f;	/* a minor version is ignored */
	ck_assert_int_eq(wire_parse_header((struct slice){ bytes, sizeof bytes }, &h, &fault), WIRE_OK);
	memset(bytes, 0, 8);
	ck_assert_int_eq(wire_parse_header((struct slice){ bytes, sizeof bytes }, &h, &fault), WIRE_HEADER);
	ck_assert_str_eq(fault.why, "the SPI of the initiator is zero");
}
END_TEST

/* I-023, I-024, I-027 */
START_TEST(chains_are_checked)
{
	refuse(PAYLOAD_VENDOR, "", WIRE_SYNTAX, 28, "the payload that the one before announces is not there");
	refuse(PAYLOAD_VENDOR, "2b000004", WIRE_SYNTAX, 32, "the payload that the one before announces is not there");
	refuse(PAYLOAD_VENDOR, "00000003", WIRE_SYNTAX, 30, "the length of a payload does not fit");
	refuse(PAYLOAD_VENDOR, "00000009aabbccdd", WIRE_SYNTAX, 30, "the length of a payload does not fit");
	refuse(PAYLOAD_VENDOR, "00000004aabbccdd", WIRE_SYNTAX, 32, "there are bytes behind the last payload");
	refuse(PAYLOAD_SK, "21000004" "2b000004", WIRE_SYNTAX, 32, "there are bytes behind the last payload");
	refuse(200, "00800004", WIRE_CRITICAL, 28, "unknown payload with the critical bit");
	ck_assert_uint_eq(fault.payload, 200);
	parse_good(message_of(200, "2b000004" "00800004"));	/* not critical: left out; the bit of a known type is ignored */
	ck_assert_uint_eq(msg.skipped, 1);
	ck_assert_str_eq(describe(), "V +1 unknown");
	parse_good(message_of(PAYLOAD_SK, "21000004"));
	ck_assert_int_eq(wire_parse_inner(&msg, PAYLOAD_SK, unhex("00000004"), &fault), WIRE_SYNTAX);
	ck_assert_str_eq(fault.why, "an encrypted payload inside another");
}
END_TEST

/* I-029 */
START_TEST(limits_are_kept)
{
	char payloads[LIMIT_PAYLOADS * 8 + 9] = "";

	for (unsigned i = 0; i < LIMIT_PAYLOADS; i++)
		strcat(payloads, i + 1 < LIMIT_PAYLOADS ? "2b000004" : "00000004");
	parse_good(message_of(PAYLOAD_VENDOR, payloads));
	payloads[strlen(payloads) - 8] = '\0';
	strcat(payloads, "2b00000400000004");
	refuse(PAYLOAD_VENDOR, payloads, WIRE_LIMIT, WIRE_HEADER_SIZE + LIMIT_PAYLOADS * 4, "more payloads than we read");
	refuse(PAYLOAD_SKF, "0000000800010041", WIRE_LIMIT, 34, "more fragments than we reassemble");
}
END_TEST

START_TEST(bodies_are_checked)
{
	refuse(PAYLOAD_KE, "0000000800130000", WIRE_SYNTAX, 32, "the payload is too short");
	refuse(PAYLOAD_NONCE, "000000131122334455667788990011223344" "55", WIRE_SYNTAX, 32, "the payload is too short");
	refuse(PAYLOAD_NOTIFY, "0000000800044006", WIRE_SYNTAX, 33, "the SPI of a notify is longer than its payload");
	refuse(PAYLOAD_DELETE, "0000000801040001", WIRE_SYNTAX, 33, "a delete of the IKE SA has SPIs");
	refuse(PAYLOAD_DELETE, "000000080308000011223344", WIRE_SYNTAX, 33, "the SPIs of a delete have the wrong size");
	refuse(PAYLOAD_DELETE, "0000000803040001", WIRE_SYNTAX, 34, "a delete has another number of SPIs than it says");
	refuse(PAYLOAD_SKF, "0000000800000001", WIRE_SYNTAX, 32, "the fragment number is not within the total");
	refuse(PAYLOAD_SKF, "0000000800020001", WIRE_SYNTAX, 32, "the fragment number is not within the total");
	refuse(PAYLOAD_CP, "0000000c0100000000010001", WIRE_SYNTAX, 36, "a configuration attribute is longer than its payload");
	parse_good(message_of(PAYLOAD_CP, "0000000e010000000001000000" "00"));	/* I-299: two stray bytes */
}
END_TEST

/* One proposal of IKE at 32, its transforms at 40, 48, 56. */
START_TEST(sa_payloads_are_checked)
{
#define P "0000002400000020" "01010003"
	refuse(PAYLOAD_SA, P "0300000801000003" "0300000802000005" "0300000804000013", WIRE_SYNTAX, 56,
	       "the mark of the last transform is wrong");
	refuse(PAYLOAD_SA, P "0300000801000003" "0000000802000005" "0000000804000013", WIRE_SYNTAX, 48,
	       "the mark of the last transform is wrong");
	refuse(PAYLOAD_SA, P "0300000801000003" "0300001102000005" "0000000804000013", WIRE_SYNTAX, 48,
	       "a transform is longer than its proposal");
	refuse(PAYLOAD_SA, P "0300000801000003" "0300000702000005" "0000000804000013", WIRE_SYNTAX, 48,
	       "a transform is shorter than its header");
#undef P
	refuse(PAYLOAD_SA, "0000001c" "00000018" "01010003" "0300000801000003" "0300000802000005", WIRE_SYNTAX, 56,
	       "a proposal has fewer transforms than it says");
	refuse(PAYLOAD_SA, "0000001c" "00000018" "01010001" "0000000801000003" "0300000802000005", WIRE_SYNTAX, 48,
	       "a proposal has bytes behind its transforms");
	refuse(PAYLOAD_SA, "0000001a" "00000016" "01010001" "0000000e0100000c" "000e00020080", WIRE_SYNTAX, 48,
	       "a key length attribute is in the long form");
	refuse(PAYLOAD_SA, "00000016" "00000012" "01010001" "0000000a0100000c" "800e", WIRE_SYNTAX, 48, "an attribute is cut off");
	refuse(PAYLOAD_SA, "00000018" "00000014" "01010001" "0000000c0100000c" "00020009", WIRE_SYNTAX, 48,
	       "an attribute is longer than its transform");
	refuse(PAYLOAD_SA, "0000000c" "00000030" "01010000", WIRE_SYNTAX, 32, "a proposal is longer than its payload");
	refuse(PAYLOAD_SA, "0000000c" "00000007" "01010000", WIRE_SYNTAX, 32, "a proposal is shorter than its header");
	refuse(PAYLOAD_SA, "00000010" "0000000c" "01010400" "11223344", WIRE_SYNTAX, 38,
	       "the SPI of a proposal has the wrong size");
	refuse(PAYLOAD_SA, "0000000c" "02000008" "01010000", WIRE_SYNTAX, 40, "a proposal is cut off");
	refuse(PAYLOAD_SA, "0000000c" "01000008" "01010000", WIRE_SYNTAX, 32, "the mark of the last proposal is wrong");
	refuse(PAYLOAD_SA, "0000000d" "00000008" "01010000" "00", WIRE_SYNTAX, 40, "there are bytes behind the last proposal");
}
END_TEST

/* I-160; selectors begin at 36. */
START_TEST(selectors_are_checked)
{
#define TS "0a0100010a010001"
	refuse(PAYLOAD_TSI, "0000000800000000", WIRE_SYNTAX, 32, "there are no selectors");
	refuse(PAYLOAD_TSI, "0000001802000000" "070000100000ffff" TS, WIRE_SYNTAX, 52, "a selector is cut off");
	refuse(PAYLOAD_TSI, "0000001a01000000" "070000120000ffff" TS "0000", WIRE_SYNTAX, 38,
	       "a selector has the wrong length for its type");
	refuse(PAYLOAD_TSI, "0000001801000000" "070000200000ffff" TS, WIRE_SYNTAX, 38, "the length of a selector does not fit");
	refuse(PAYLOAD_TSI, "0000001801000000" "0700001000020001" TS, WIRE_SYNTAX, 40, "the ports of a selector are backwards");
	refuse(PAYLOAD_TSI, "0000001801000000" "070000100000ffff" "0a0100020a010001", WIRE_SYNTAX, 44,
	       "the addresses of a selector are backwards");
	refuse(PAYLOAD_TSI, "0000002001000000" "070000100000ffff" TS "0900000800000000", WIRE_SYNTAX, 52,
	       "there are bytes behind the last selector");
	parse_good(message_of(PAYLOAD_TSI, "0000002002000000" "0900000800000000" "07060010ffff0000" TS));
	ck_assert_str_eq(describe(), "TSi(10.1.0.1/32[tcp/opaque])");	/* the unknown type is skipped, OPAQUE is no range */
#undef TS
}
END_TEST

static void assert_incomplete(uint8_t first, const char *payloads, uint8_t at_fault, const char *why)
{
	parse_good(message_of(first, payloads));
	ck_assert_int_eq(wire_check(&msg, &fault), WIRE_SYNTAX);
	ck_assert_str_eq(fault.why, why);
	ck_assert_uint_eq(fault.payload, at_fault);
}

#define SA_EMPTY(next)	next "00000c" "00000008" "01010000"
#define KE_SHORT(next)	next "000009" "0013000055"
#define NONCE(next)	next "000014" "00112233445566778899aabbccddeeff"

/* I-026, and what an error may leave out */
START_TEST(an_sa_init_is_complete)
{
	struct slice error = message_of(PAYLOAD_NOTIFY, "000000080000000e");	/* NO_PROPOSAL_CHOSEN */

	parse_good(message_of(PAYLOAD_SA, SA_EMPTY("22") KE_SHORT("28") NONCE("00")));
	check_good();
	parse_good(message_of(PAYLOAD_NONCE, NONCE("22") KE_SHORT("21") SA_EMPTY("00")));	/* any order */
	check_good();
	assert_incomplete(PAYLOAD_SA, SA_EMPTY("22") KE_SHORT("00"), PAYLOAD_NONCE, "a payload that must be there is missing");
	assert_incomplete(PAYLOAD_SA, SA_EMPTY("22") KE_SHORT("22") KE_SHORT("28") NONCE("00"), PAYLOAD_KE,
			  "a payload comes twice");
	/* COOKIE in a request */
	assert_incomplete(PAYLOAD_NOTIFY, "0000000900004006aa", PAYLOAD_SA, "a payload that must be there is missing");
	assert_incomplete(PAYLOAD_SK, "00000004", 0, "IKE_SA_INIT is encrypted");
	assert_incomplete(PAYLOAD_NOTIFY, "000000080000000e", PAYLOAD_SA, "a payload that must be there is missing");
	((char *)error.p)[19] = IKE_FLAG_RESPONSE;
	parse_good(error);
	check_good();
}
END_TEST

static void wrap(uint8_t exchange, uint8_t first, const char *inner)
{
	struct wire_header h = header_of(exchange, IKE_FLAG_INITIATOR);
	struct slice text = unhex(inner);
	struct buf out = { 0 };

	ck_assert_int_eq(wire_begin_sk(&out, &h, first, 1, 1, text.n), 0);
	buf_add_slice(&out, text);
	parse_good(joined(buf_slice(&out), SLICE("")));
	inner_good(first, slice_sub(msg.datagram, 32, msg.datagram.n));
	buf_release(&out);
}

static void refuse_inner(uint8_t exchange, uint8_t first, const char *inner, uint8_t at_fault, const char *why)
{
	wrap(exchange, first, inner);
	ck_assert_int_eq(wire_check(&msg, &fault), WIRE_SYNTAX);
	ck_assert_str_eq(fault.why, why);
	ck_assert_uint_eq(fault.payload, at_fault);
}

#define ID(next)	next "000008" "02000000"
#define AUTH(next)	next "000008" "02000000"
#define TS(next)	next "000018" "01000000" "070000100000ffff" "0a0100010a010001"
#define SA_ESP(next)	next "000010" "0000000c" "01030400" "11223344"

START_TEST(later_exchanges_are_complete)
{
	struct slice outside = message_of(PAYLOAD_NOTIFY, "2e00000800004006" "00000004");

	wrap(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("21") SA_ESP("2c") TS("2d") TS("00"));
	check_good();
	wrap(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("00"));	/* RFC 6023: no child */
	check_good();
	refuse_inner(IKE_AUTH, PAYLOAD_AUTH, AUTH("00"), PAYLOAD_IDI, "a payload that must be there is missing");
	refuse_inner(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("27") AUTH("00"), PAYLOAD_AUTH, "a payload comes twice");
	refuse_inner(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("21") SA_ESP("00"), PAYLOAD_TSI, "SA and selectors do not come together");
	refuse_inner(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("21") SA_ESP("2c") TS("00"), PAYLOAD_TSR, "selectors of one end only");
	refuse_inner(IKE_CREATE_CHILD_SA, PAYLOAD_SA, SA_ESP("00"), PAYLOAD_NONCE, "a payload that must be there is missing");
	refuse_inner(99, PAYLOAD_NONE, "", 0, "unknown exchange type");
	wrap(IKE_INFORMATIONAL, PAYLOAD_NONCE, NONCE("00"));	/* not listed there: ignored */
	check_good();
	((char *)outside.p)[18] = IKE_INFORMATIONAL;
	parse_good(outside);
	inner_good(PAYLOAD_NONE, SLICE(""));
	ck_assert_int_eq(wire_check(&msg, &fault), WIRE_SYNTAX);
	ck_assert_str_eq(fault.why, "a payload is outside the encryption that belongs inside");
	parse_good(message_of(PAYLOAD_NONE, ""));
	msg.header.exchange = IKE_INFORMATIONAL;
	ck_assert_int_eq(wire_check(&msg, &fault), WIRE_SYNTAX);
	ck_assert_str_eq(fault.why, "the message is not encrypted");
}
END_TEST

/* I-042: what we do not know is left out, or makes the proposal unusable; it never makes it mean something else. */
static const char *read_offer(const char *sa, const char **ret_unusable)
{
	struct wire_proposal p;
	struct wire_offer offer;
	struct slice rest;

	parse_good(message_of(PAYLOAD_SA, sa));
	rest = wire_find(&msg, PAYLOAD_SA, 0)->body;
	ck_assert(wire_next_proposal(&rest, &p));
	wire_read_offer(&vectors_arena, &p, &offer);
	*ret_unusable = offer.unusable;
	return proposal_format(&vectors_arena, &offer.proposal);
}

START_TEST(offers_hold_what_we_know)
{
	const char *unusable;

	/* AES-CBC with 256, with 999, without a length, with an unknown attribute; PRF and group known */
	ck_assert_str_eq(read_offer("0000004e" "0000004a" "01010006" "0300000c0100000c800e0100" "0300000c0100000c800e03e7"
				    "030000080100000c" "030000120100000c800e008000110002ffff" "0300000802000005"
				    "0000000804000013", &unusable),
			 "AES_CBC_256-HMAC_SHA2_256-DH19");
	ck_assert_ptr_null(unusable);
	read_offer("00000024" "00000020" "01010003" "030000080100ffff" "0300000802000005" "0000000804000013", &unusable);
	ck_assert_str_eq(unusable, "of one transform type it has only what we do not know");
	read_offer("00000020" "0000001c" "01010002" "0300000c0100000c800e0100" "000000087f000001", &unusable);
	ck_assert_str_eq(unusable, "it has a transform type that we do not know");
	read_offer("0000000c" "00000008" "01010000", &unusable);
	ck_assert_str_eq(unusable, "it has no transforms");
	read_offer("00000018" "00000014" "01040001" "0000000c0100000c800e0100", &unusable);
	ck_assert_str_eq(unusable, "its protocol is neither IKE, AH nor ESP");
}
END_TEST

/* Every cut and every changed bit: read to the end or refused, without a byte read beyond (run under sanitizers). */
START_TEST(no_change_breaks_the_reader)
{
	struct buf init = { 0 };
	struct slice messages[2];

	build_init(&init);
	messages[0] = buf_slice(&init);
	wrap(IKE_AUTH, PAYLOAD_IDI, ID("27") AUTH("21") SA_ESP("2c") TS("2d") TS("2a") "2f00000c0304000111223344"
				    "0000001001000000000100040a010001");
	check_good();
	messages[1] = msg.datagram;
	for (unsigned m = 0; m < 2; m++) {
		struct slice copy = joined(messages[m], SLICE(""));
		char *bytes = (char *)copy.p;

		for (size_t n = 0; n <= copy.n; n++) {
			/* with the length in the header made right, so that the payloads are reached */
			if (n >= WIRE_HEADER_SIZE) {
				bytes[26] = (char)(n >> 8);
				bytes[27] = (char)n;
			}
			walk_copy(bytes, n);
		}
		for (size_t bit = 0; bit < copy.n * 8; bit++) {
			bytes[bit / 8] ^= (char)(1 << bit % 8);
			walk_copy(bytes, copy.n);
			bytes[bit / 8] ^= (char)(1 << bit % 8);
		}
		for (size_t at = WIRE_HEADER_SIZE; at < copy.n; at++)
			for (unsigned value = 0; value < 256; value++) {
				char was = bytes[at];

				bytes[at] = (char)value;
				walk_copy(bytes, copy.n);
				bytes[at] = was;
			}
	}
	buf_release(&init);
}
END_TEST

TAP_MAIN("wire", sa_init_of_charon, ike_auth_of_charon, create_child_sa_of_charon, fragments_of_charon, sa_init_comes_back,
	 an_sa_payload_is_that_of_the_rfc, an_ike_auth_comes_back, an_informational_comes_back, what_does_not_fit_is_no_message,
	 headers_are_checked, chains_are_checked, limits_are_kept, bodies_are_checked, sa_payloads_are_checked,
	 selectors_are_checked, an_sa_init_is_complete, later_exchanges_are_complete, offers_hold_what_we_know,
	 no_change_breaks_the_reader)
