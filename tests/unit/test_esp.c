/* SPDX-License-Identifier: Apache-2.0 */
/* ESP packets in user space: captures of real peers, the replay window, and what is dropped for which cause. */
#include "runtime/suite/esp.h"

#include <errno.h>

#include "tests/unit/tap.h"
#include "runtime/suite/suite.h"
#include "tests/unit/vectors.h"

static struct esp_sa *new_sa(const char *encr, uint16_t bits, struct slice encr_key, const char *integ, struct slice integ_key,
			     bool esn, uint32_t window)
{
	struct esp_params params = {
		.spi = 0x11223344,
		.encr = named(TRANSFORM_ENCR, encr),
		.encr_key_bits = bits,
		.encr_key = encr_key,
		.integ = integ ? named(TRANSFORM_INTEG, integ) : NULL,
		.integ_key = integ_key,
		.esn = esn,
		.replay_window = window,
	};
	struct esp_sa *sa = NULL;
	const char *why = NULL;

	ck_assert_msg(esp_sa_new(&params, &sa, &why) == 0, "%s", why);
	return sa;
}

/* An IPv4 packet of n bytes that says so. */
static size_t make_inner(uint8_t *p, size_t n)
{
	memset(p, 'i', n);
	p[0] = 0x45;
	p[2] = (uint8_t)(n >> 8);
	p[3] = (uint8_t)n;
	return n;
}

static const struct {
	const char *encr;
	uint16_t bits;
	const char *integ;
} suites[] = {
	{ "AES_GCM_16", 128, NULL }, { "AES_GCM_16", 256, NULL }, { "AES_GCM_8", 192, NULL }, { "CHACHA20_POLY1305", 0, NULL },
	{ "AES_CBC", 128, "HMAC_SHA2_256_128" }, { "AES_CBC", 256, "HMAC_SHA2_512_256" }, { "AES_CBC", 256, "HMAC_SHA1_96" },
	{ "NULL", 0, "HMAC_SHA2_256_128" }, { "AES_CCM_16", 128, NULL }, { "AES_CCM_12", 256, NULL }, { "NULL_AUTH_AES_GMAC", 256, NULL },
	{ "AES_CTR", 128, "HMAC_SHA2_256_128" }, { "CAMELLIA_CBC", 256, "AES_CMAC_96" }, { "3DES_CBC", 0, "HMAC_SHA1_96" },
};
#define SUITES	(sizeof suites / sizeof *suites)

static struct esp_sa *new_sa_of(size_t i, bool esn, uint32_t window)
{
	static const uint8_t key[SUITE_ENCR_MAX] = { 1, 2, 3 };
	const struct transform *encr = named(TRANSFORM_ENCR, suites[i].encr);
	const struct transform *integ = suites[i].integ ? named(TRANSFORM_INTEG, suites[i].integ) : NULL;

	return new_sa(suites[i].encr, suites[i].bits, slice_bytes(key, suite_encr_key_size(encr, suites[i].bits)), suites[i].integ,
		      slice_bytes(key, suite_integ_key_size(integ)), esn, window);
}

static enum esp_result open_packet(struct esp_sa *sa, const uint8_t *packet, size_t n, struct buf *inner)
{
	static uint8_t out[65536];
	enum esp_next_header next;
	enum esp_result result;
	size_t size = 0;

	result = esp_open(sa, packet, n, out, sizeof out, &size, &next);
	if (inner && result == ESP_OK)
		buf_add(inner, out, size);
	return result;
}

/* --- captures ---------------------------------------------------------------------------------------------------------------- */

static void check_capture(const char *id, const char *encr, uint16_t bits, const char *integ, bool esn)
{
	json_t *v = vector(id);
	struct slice encr_key, packet, integ_key = SLICE("");
	struct buf inner = { 0 };
	struct esp_sa *sa;

	if (!v)
		return;
	encr_key = integ ? bytes_of(v, "encr_key") : joined(bytes_of(v, "key"), bytes_of(v, "salt"));
	if (integ)
		integ_key = bytes_of(v, "integ_key");
	packet = bytes_of(v, "packet");
	sa = new_sa(encr, bits, encr_key, integ, integ_key, esn, 64);
	ck_assert_int_eq(open_packet(sa, (const uint8_t *)packet.p, packet.n, &inner), ESP_OK);
	assert_bytes("inner packet", inner.p, inner.n, bytes_of(v, "inner"));
	ck_assert_int_eq(open_packet(sa, (const uint8_t *)packet.p, packet.n, NULL), ESP_REPLAY);
	ck_assert_uint_eq(esp_counters(sa)->packets, 1);
	ck_assert_uint_eq(esp_counters(sa)->bytes, inner.n);
	ck_assert_uint_eq(esp_sealed_size(sa, inner.n), packet.n);
	buf_release(&inner);
	esp_sa_free(sa);
}

START_TEST(captured_gcm)
{
	check_capture("esp-gcm", "AES_GCM_16", 128, NULL, false);
}
END_TEST

START_TEST(captured_gcm_with_esn)
{
	check_capture("esp-gcm-esn", "AES_GCM_16", 256, NULL, true);
}
END_TEST

START_TEST(captured_cbc)
{
	check_capture("esp-cbc-sha256", "AES_CBC", 256, "HMAC_SHA2_256_128", false);
}
END_TEST

START_TEST(captured_chacha)
{
	check_capture("esp-chacha", "CHACHA20_POLY1305", 0, NULL, false);
}
END_TEST

/* RFC 7634 appendix A: a ping, sealed. */
START_TEST(chacha_of_the_rfc)
{
	struct slice key = unhex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3");
	struct slice packet = unhex("0102030400000005" "1011121314151617"
				    "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
				    "14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
				    "cbec163fac469b502773f6fb94e664da9165b82829f641e0"
				    "76aaa8266b7fb0f7b11b369907e1ad43");
	struct slice ping = unhex("45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
				  "0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
				  "2425262728292a2b2c2d2e2f3031323334353637");
	struct esp_sa *sa = new_sa("CHACHA20_POLY1305", 0, key, NULL, SLICE(""), false, 64);
	struct buf inner = { 0 };

	ck_assert_int_eq(open_packet(sa, (const uint8_t *)packet.p, packet.n, &inner), ESP_OK);
	assert_bytes("inner packet", inner.p, inner.n, ping);
	buf_release(&inner);
	esp_sa_free(sa);
}
END_TEST

/* --- our own packets --------------------------------------------------------------------------------------------------------- */

START_TEST(what_is_sealed_opens)
{
	static uint8_t inner[1500], packet[2000];
	size_t n;

	for (size_t i = 0; i < SUITES; i++)
		for (int esn = 0; esn < 2; esn++) {
			struct esp_sa *out = new_sa_of(i, esn, 0), *in = new_sa_of(i, esn, 64);

			for (size_t size = 20; size < sizeof inner; size += size < 60 ? 1 : 97) {
				struct buf text = { 0 };

				make_inner(inner, size);
				ck_assert_int_eq(esp_seal(out, inner, size, ESP_NEXT_IPV4, packet, sizeof packet, &n), ESP_OK);
				ck_assert_uint_eq(n, esp_sealed_size(out, size));
				ck_assert_uint_eq(n % 4, 0);
				ck_assert_int_eq(open_packet(in, packet, n, &text), ESP_OK);
				assert_bytes("inner packet", text.p, text.n, slice_bytes(inner, size));
				buf_release(&text);
			}
			ck_assert_uint_eq(esp_sequence(out), esp_sequence(in));
			esp_sa_free(out);
			esp_sa_free(in);
		}
}
END_TEST

/* I-245: no bit can be changed, no byte cut off or added; and the window does not move. */
START_TEST(no_change_is_taken)
{
	uint8_t inner[40], packet[200], *copy;
	size_t n;

	make_inner(inner, sizeof inner);
	for (size_t i = 0; i < SUITES; i++) {
		struct esp_sa *out = new_sa_of(i, true, 0), *in = new_sa_of(i, true, 64);

		ck_assert_int_eq(esp_seal(out, inner, sizeof inner, ESP_NEXT_IPV4, packet, sizeof packet, &n), ESP_OK);
		for (size_t bit = 0; bit < n * 8; bit++) {
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
			ck_assert_int_ne(open_packet(in, packet, n, NULL), ESP_OK);
			packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		for (size_t size = 0; size < n; size++) {
			copy = malloc(size ? size : 1);		/* so that a sanitizer sees a read beyond it */
			memcpy(copy, packet, size);
			ck_assert_int_ne(open_packet(in, copy, size, NULL), ESP_OK);
			free(copy);
		}
		ck_assert_int_ne(open_packet(in, packet, n + 4, NULL), ESP_OK);
		ck_assert_uint_eq(esp_sequence(in), 0);
		ck_assert_int_eq(open_packet(in, packet, n, NULL), ESP_OK);
		esp_sa_free(out);
		esp_sa_free(in);
	}
}
END_TEST

/* Texts that a peer with the right key may send; each cause has its counter (I-250, I-251). NULL encryption shows the text, so
 * it can be made. */
static enum esp_result open_text(const uint8_t *text, size_t n)
{
	static const uint8_t key[32] = { 1, 2, 3 };
	struct slice part;
	struct esp_sa *in = new_sa("NULL", 0, SLICE(""), "HMAC_SHA2_256_128", slice_bytes(key, sizeof key), false, 64);
	uint8_t packet[300] = { 0x11, 0x22, 0x33, 0x44, 0, 0, 0, 1 }, icv[SUITE_PRF_MAX];
	enum esp_result result;
	struct prf *prf;

	memcpy(packet + 8, text, n);
	part = slice_bytes(packet, 8 + n);
	ck_assert_int_eq(prf_new(named(TRANSFORM_PRF, "HMAC_SHA2_256"), &prf), 0);
	ck_assert_int_eq(prf_compute(prf, slice_bytes(key, sizeof key), &part, 1, icv), 0);
	prf_free(prf);
	memcpy(packet + 8 + n, icv, 16);
	result = open_packet(in, packet, 8 + n + 16, NULL);
	ck_assert_uint_eq(esp_counters(in)->results[result], 1);
	ck_assert_uint_eq(esp_sequence(in), result == ESP_SHORT || result == ESP_BAD_ICV ? 0 : 1);
	esp_sa_free(in);
	return result;
}

START_TEST(texts_are_checked)
{
	uint8_t text[64];

	/* 40 bytes of IPv4 packet, then TFC padding or not, pad bytes 1 2, pad length, next header */
	make_inner(text, 40);
	memcpy(text + 40, "\1\2\2\4", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_OK);
	memcpy(text + 40, "\1\1\2\4", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_PADDING);
	memcpy(text + 40, "\0\0\377\4", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_PADDING);
	memcpy(text + 40, "\1\2\2\73", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_DUMMY);
	memcpy(text + 40, "\1\2\2\51", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_NEXT_HEADER);	/* says IPv6, is IPv4 */
	memcpy(text + 40, "\1\2\2\21", 4);
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_NEXT_HEADER);	/* UDP: transport mode */
	memcpy(text + 40, "\1\2\2\4", 4);
	text[3] = 41;
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_INNER);		/* longer than the text */
	text[3] = 19;
	ck_assert_int_eq(open_text(text, 44), ESP_BAD_INNER);		/* shorter than its header */
	text[3] = 20;
	ck_assert_int_eq(open_text(text, 44), ESP_OK);			/* 20 bytes, and 20 of TFC padding */
	ck_assert_int_eq(open_text((const uint8_t *)"\1\2\2\4", 4), ESP_BAD_INNER);
	ck_assert_int_eq(open_text(text, 43), ESP_SHORT);
	ck_assert_int_eq(open_text(text, 0), ESP_SHORT);
}
END_TEST

/* I-251: bytes behind the inner packet are cut off, for both families. */
START_TEST(tfc_padding_is_cut_off)
{
	uint8_t inner[80] = { 0x60, 0, 0, 0, 0, 8 }, packet[200];
	struct esp_sa *out = new_sa_of(0, false, 0), *in = new_sa_of(0, false, 64);
	struct buf text = { 0 };
	size_t n;

	ck_assert_int_eq(esp_seal(out, inner, sizeof inner, ESP_NEXT_IPV6, packet, sizeof packet, &n), ESP_OK);
	ck_assert_int_eq(open_packet(in, packet, n, &text), ESP_OK);
	ck_assert_uint_eq(text.n, 48);
	buf_release(&text);
	esp_sa_free(out);
	esp_sa_free(in);
}
END_TEST

/* I-248 */
START_TEST(numbers_never_come_twice)
{
	uint8_t inner[20], packet[100];
	struct esp_sa *sa = new_sa_of(0, false, 0);
	size_t n;

	make_inner(inner, sizeof inner);
	ck_assert_int_eq(esp_seal(sa, inner, 20, ESP_NEXT_IPV4, packet, sizeof packet, &n), ESP_OK);
	ck_assert_mem_eq(packet, "\x11\x22\x33\x44\0\0\0\1", 8);
	esp_set_sequence(sa, UINT32_MAX - 1);
	ck_assert_int_eq(esp_seal(sa, inner, 20, ESP_NEXT_IPV4, packet, sizeof packet, &n), ESP_OK);
	ck_assert_int_eq(esp_seal(sa, inner, 20, ESP_NEXT_IPV4, packet, sizeof packet, &n), ESP_EXHAUSTED);
	ck_assert_int_eq(esp_seal(sa, inner, 20, ESP_NEXT_IPV4, packet, 20, &n), ESP_EXHAUSTED);
	esp_sa_free(sa);
	sa = new_sa_of(0, true, 0);
	ck_assert_int_eq(esp_seal(sa, inner, 20, ESP_NEXT_IPV4, packet, 20, &n), ESP_NO_ROOM);
	ck_assert_uint_eq(esp_sequence(sa), 0);
	esp_sa_free(sa);
}
END_TEST

/* I-247: the high half is inferred over the end of the low one. */
START_TEST(esn_goes_over_the_end_of_the_low_half)
{
	uint8_t inner[20], packets[4][100];
	size_t n;

	make_inner(inner, sizeof inner);
	for (size_t s = 0; s < SUITES; s++) {
		struct esp_sa *out = new_sa_of(s, true, 0), *in = new_sa_of(s, true, 64);

		/* A receiver that has seen nothing takes a low half near its end for a number before the first. */
		esp_set_sequence(out, 0x7fffffffull);
		ck_assert_int_eq(esp_seal(out, inner, 20, ESP_NEXT_IPV4, packets[0], sizeof packets[0], &n), ESP_OK);
		ck_assert_int_eq(open_packet(in, packets[0], n, NULL), ESP_OK);
		esp_set_sequence(out, 0xfffffffcull);
		for (unsigned i = 0; i < 4; i++)
			ck_assert_int_eq(esp_seal(out, inner, 20, ESP_NEXT_IPV4, packets[i], sizeof packets[i], &n), ESP_OK);
		ck_assert_int_eq(open_packet(in, packets[0], n, NULL), ESP_OK);
		ck_assert_int_eq(open_packet(in, packets[3], n, NULL), ESP_OK);	/* 2^32 */
		ck_assert_uint_eq(esp_sequence(in), 0x100000000ull);
		ck_assert_int_eq(open_packet(in, packets[2], n, NULL), ESP_OK);
		ck_assert_int_eq(open_packet(in, packets[2], n, NULL), ESP_REPLAY);
		ck_assert_int_eq(open_packet(in, packets[1], n, NULL), ESP_OK);
		esp_sa_free(out);
		esp_sa_free(in);
	}
}
END_TEST

/* I-255: the numbers of the rule, and that one byte more does not fit. */
START_TEST(the_mtu_leaves_room)
{
	struct esp_sa *gcm = new_sa_of(0, false, 0), *cbc = new_sa_of(4, false, 0);

	ck_assert_uint_eq(esp_inner_mtu(gcm, 1500, 20 + ESP_UDP_HEADER), 1438);
	ck_assert_uint_eq(esp_inner_mtu(cbc, 1500, 20 + ESP_UDP_HEADER), 1422);
	ck_assert_uint_eq(esp_inner_mtu(gcm, 50, 28), 0);
	for (size_t mtu = 100; mtu < 200; mtu++) {
		ck_assert_uint_le(esp_sealed_size(cbc, esp_inner_mtu(cbc, mtu, 28)) + 28, mtu);
		ck_assert_uint_gt(esp_sealed_size(cbc, esp_inner_mtu(cbc, mtu, 28) + 1) + 28, mtu);
	}
	esp_sa_free(gcm);
	esp_sa_free(cbc);
}
END_TEST

START_TEST(what_cannot_be_an_sa_is_refused)
{
	static const uint8_t key[64];
	struct esp_params params = { .encr = named(TRANSFORM_ENCR, "AES_CBC"), .encr_key_bits = 128,
		.encr_key = slice_bytes(key, 16) };
	struct esp_sa *sa = NULL;
	const char *why;

	ck_assert_int_eq(esp_sa_new(&params, &sa, &why), -ENOTSUP);
	ck_assert_str_eq(why, "encryption without integrity is not safe, and not done");
	params.integ = named(TRANSFORM_INTEG, "HMAC_SHA2_256_128");
	params.integ_key = slice_bytes(key, 31);
	ck_assert_int_eq(esp_sa_new(&params, &sa, &why), -EINVAL);
	params.encr = named(TRANSFORM_ENCR, "TWOFISH_CBC");
	params.integ_key = slice_bytes(key, 32);
	ck_assert_int_eq(esp_sa_new(&params, &sa, &why), -ENOTSUP);
	ck_assert_ptr_null(sa);
}
END_TEST

/* --- the window -------------------------------------------------------------------------------------------------------------- */

static bool arrives(struct replay_window *w, uint64_t sequence)
{
	if (!replay_check(w, sequence))
		return false;
	replay_update(w, sequence);
	return true;
}

static void check_window(const char *id)
{
	json_t *v = vector(id), *number;
	struct replay_window w;
	size_t i;

	if (!v)
		return;
	replay_init(&w, (uint32_t)json_integer_value(json_object_get(v, "window")), false);
	json_array_foreach(json_object_get(v, "sequence"), i, number) {
		uint64_t sequence = (uint64_t)json_integer_value(number);
		bool want = strcmp(json_string_value(json_array_get(json_object_get(v, "verdict"), i)), "ok") == 0;

		ck_assert_msg(arrives(&w, sequence) == want, "number %zu, %llu", i, (unsigned long long)sequence);
	}
}

START_TEST(windows_of_the_vectors)
{
	check_window("replay-64");
	check_window("replay-32");
}
END_TEST

START_TEST(high_halves_of_the_vectors)
{
	json_t *v = vector("esn-high"), *c;
	struct replay_window w;
	size_t i;

	if (!v)
		return;
	replay_init(&w, (uint32_t)json_integer_value(json_object_get(v, "window")), true);
	json_array_foreach(json_object_get(v, "cases"), i, c) {
		w.top = (uint64_t)json_integer_value(json_object_get(c, "top"));
		ck_assert_int_eq(replay_high(&w, (uint32_t)json_integer_value(json_object_get(c, "low"))),
				 json_integer_value(json_object_get(c, "high")));
	}
	w.top = 5;
	ck_assert_int_eq(replay_high(&w, 0xffffffff), -1);	/* before the first packet */
}
END_TEST

/* The ring against a plain list of what was seen, with jumps of all sizes. */
START_TEST(windows_of_all_sizes_agree_with_a_list)
{
	static const uint32_t sizes[] = { 32, 33, 64, 100, 128, 1000, 4095, 4096 };
	static bool seen[200000];
	uint32_t random = 1;

	for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
		struct replay_window w;
		uint64_t top = 0;

		memset(seen, 0, sizeof seen);
		replay_init(&w, sizes[s], false);
		for (unsigned i = 0; i < 20000; i++) {
			uint64_t sequence;
			bool want;

			random = random * 1664525 + 1013904223;		/* any sequence will do, the same each time */
			sequence = top + 1 - (random >> 8) % (sizes[s] + 20);
			if (random % 7 == 0)
				sequence = top + (random >> 16) % (i % 50 == 0 ? 6000 : 40);
			if (sequence >= sizeof seen / sizeof *seen)
				continue;	/* also what wrapped below zero */
			want = sequence != 0 && !seen[sequence] && (sequence > top || top - sequence < sizes[s]);
			ck_assert_msg(arrives(&w, sequence) == want, "window %u: %llu with top %llu", sizes[s],
				      (unsigned long long)sequence, (unsigned long long)top);
			seen[sequence] |= want;
			if (want && sequence > top)
				top = sequence;
		}
		ck_assert_uint_gt(top, 5000);
	}
}
END_TEST

/* I-246 */
START_TEST(window_sizes_are_rounded_into_what_is_kept)
{
	struct replay_window w;

	replay_init(&w, 1, false);
	ck_assert_uint_eq(w.size, ESP_WINDOW_MIN);
	replay_init(&w, 1000000, false);
	ck_assert_uint_eq(w.size, ESP_WINDOW_MAX);
	replay_init(&w, 0, false);
	ck_assert(arrives(&w, 5) && arrives(&w, 5) && !arrives(&w, 0));
}
END_TEST

TAP_MAIN("esp", captured_gcm, captured_gcm_with_esn, captured_cbc, captured_chacha, chacha_of_the_rfc, what_is_sealed_opens,
	 no_change_is_taken, texts_are_checked, tfc_padding_is_cut_off, numbers_never_come_twice,
	 esn_goes_over_the_end_of_the_low_half, the_mtu_leaves_room, what_cannot_be_an_sa_is_refused, windows_of_the_vectors,
	 high_halves_of_the_vectors, windows_of_all_sizes_agree_with_a_list, window_sizes_are_rounded_into_what_is_kept)
