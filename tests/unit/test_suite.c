/* SPDX-License-Identifier: Apache-2.0 */
/* The cryptography of IKEv2 against published vectors and against captures of real peers. */
#include "runtime/suite/cipher.h"
#include "runtime/suite/suite.h"

#include <errno.h>

#include "tests/unit/tap.h"
#include "tests/unit/vectors.h"

static struct suite_choice choice_of(const char *encr, uint16_t bits, const char *integ, const char *prf)
{
	return (struct suite_choice){
		.encr = named(TRANSFORM_ENCR, encr),
		.encr_key_bits = bits,
		.integ = integ ? named(TRANSFORM_INTEG, integ) : NULL,
		.prf = prf ? named(TRANSFORM_PRF, prf) : NULL,
	};
}

static struct prf *new_prf(const char *name)
{
	struct prf *p = NULL;

	ck_assert_int_eq(prf_new(named(TRANSFORM_PRF, name), &p), 0);
	return p;
}

/* RFC 4231 section 4.3 (test case 2): key "Jefe", data in two parts. */
START_TEST(prf_gives_the_published_hmacs)
{
	static const struct {
		const char *name, *mac;
	} cases[] = {
		{ "HMAC_SHA1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },	/* RFC 2202 section 3, case 2 */
		{ "HMAC_SHA2_256", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "HMAC_SHA2_384", "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
				   "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649" },
		{ "HMAC_SHA2_512", "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
				   "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	};
	struct slice parts[] = { SLICE("what do ya want "), SLICE(""), SLICE("for nothing?") };
	uint8_t out[SUITE_PRF_MAX];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct prf *p = new_prf(cases[i].name);

		/* Twice: contexts are used again, with another key in between. */
		ck_assert_int_eq(prf_compute(p, SLICE("Jefe"), parts, 3, out), 0);
		ck_assert_int_eq(prf_compute(p, SLICE(""), parts, 3, out), 0);
		ck_assert_int_eq(prf_compute(p, SLICE("Jefe"), parts, 3, out), 0);
		assert_bytes(cases[i].name, out, prf_size(p), unhex(cases[i].mac));
		prf_free(p);
	}
}
END_TEST

/* An empty key is a key, not "the key before". */
/* RFC 4615 section 4 (I-200): keys of 18, 16 and 10 bytes. */
START_TEST(cmac_is_that_of_the_rfc)
{
	static const char *const key = "000102030405060708090a0b0c0d0e0fedcb", *const text = "000102030405060708090a0b0c0d0e0f10111213";
	static const struct { size_t n; const char *want; } cases[] = {
		{ 18, "84a348a4a45d235babfffc0d2b4da09a" }, { 16, "980ae87b5f4c9c5214f5b6a8455e4c2d" },
		{ 10, "290d9e112edb09ee141fcf64c0b72f3d" },
	};
	struct slice part = unhex(text);
	uint8_t out[SUITE_PRF_MAX];
	struct prf *p;

	ck_assert_int_eq(prf_new(named(TRANSFORM_PRF, "AES128_CMAC"), &p), 0);
	ck_assert_uint_eq(prf_size(p), 16);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_int_eq(prf_compute(p, (struct slice){ unhex(key).p, cases[i].n }, &part, 1, out), 0);
		assert_bytes("prf", out, 16, unhex(cases[i].want));
	}
	prf_free(p);
}
END_TEST

/* RFC 3686 section 6, vectors 1 and 2: the counter block is salt, IV and 1. */
START_TEST(ctr_is_that_of_the_rfc)
{
	static const struct { const char *key, *iv, *text, *want; } cases[] = {
		{ "ae6852f8121067cc4bf7a5765577f39e00000030", "0000000000000000", "53696e676c6520626c6f636b206d7367",
		  "e4095d4fb7a7b3792d6175a3261311b8" },
		{ "7e24067817fae0d743d6ce1f32539163006cb6db", "c0543b59da48d90b",
		  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		  "5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28" },
	};
	static const uint8_t integ_key[32];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct suite_choice choice = choice_of("AES_CTR", 128, "HMAC_SHA2_256_128", NULL);
		struct slice text = unhex(cases[i].text);
		uint8_t out[32], icv[SUITE_INTEG_MAX];
		struct cipher c;
		const char *why;

		ck_assert_int_eq(cipher_init(&c, &choice, unhex(cases[i].key), slice_bytes(integ_key, 32), true, &why), 0);
		ck_assert_int_eq(cipher_seal(&c, &(struct cipher_job){ .iv = (const uint8_t *)unhex(cases[i].iv).p,
					     .in = (const uint8_t *)text.p, .out = out, .n = text.n, .icv = icv }), 0);
		assert_bytes("text", out, text.n, unhex(cases[i].want));
		cipher_release(&c);
	}
}
END_TEST

START_TEST(prf_takes_an_empty_key_for_what_it_is)
{
	struct slice text = SLICE("");
	struct prf *p = new_prf("HMAC_SHA2_256");
	uint8_t out[SUITE_PRF_MAX];

	ck_assert_int_eq(prf_compute(p, SLICE("some key"), &text, 1, out), 0);
	ck_assert_int_eq(prf_compute(p, SLICE(""), &text, 1, out), 0);
	assert_bytes("HMAC of nothing under nothing", out, 32,
		     unhex("b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	prf_free(p);
}
END_TEST

START_TEST(prf_plus_stops_at_255_blocks)
{
	static uint8_t out[255 * 32 + 1];
	struct slice seed = SLICE("seed");
	struct prf *p = new_prf("HMAC_SHA2_256");

	ck_assert_int_eq(prf_plus(p, SLICE("key"), &seed, 1, out, 255 * 32), 0);
	ck_assert_int_eq(prf_plus(p, SLICE("key"), &seed, 1, out, 255 * 32 + 1), -EINVAL);
	prf_free(p);
}
END_TEST

START_TEST(prf_plus_is_that_of_the_vectors)
{
	json_t *v = vector("prfplus-long");
	uint8_t out[150];
	struct slice seed;
	struct prf *p;

	if (!v)
		return;
	p = new_prf(text_of(v, "prf"));
	seed = bytes_of(v, "seed");
	ck_assert_int_eq(prf_plus(p, bytes_of(v, "key"), &seed, 1, out, sizeof out), 0);
	assert_bytes("prf+", out, sizeof out, bytes_of(v, "output"));
	prf_free(p);
}
END_TEST

static void assert_keys(json_t *v, const struct ike_keys *k)
{
	assert_bytes("SK_d", k->d, k->prf_size, bytes_of(v, "sk_d"));
	assert_bytes("SK_ei", k->ei, k->encr_size, bytes_of(v, "sk_ei"));
	assert_bytes("SK_er", k->er, k->encr_size, bytes_of(v, "sk_er"));
	assert_bytes("SK_pi", k->pi, k->prf_size, bytes_of(v, "sk_pi"));
	assert_bytes("SK_pr", k->pr, k->prf_size, bytes_of(v, "sk_pr"));
	if (!json_object_get(v, "sk_ai"))
		return;
	assert_bytes("SK_ai", k->ai, k->integ_size, bytes_of(v, "sk_ai"));
	assert_bytes("SK_ar", k->ar, k->integ_size, bytes_of(v, "sk_ar"));
}

/* I-201, I-202: four exchanges of charon, with its own log as the witness. */
static void check_keys(const char *id, const char *encr, uint16_t bits, const char *integ)
{
	json_t *v = vector(id);
	struct suite_choice choice;
	struct key_seed seed = { 0 };
	uint8_t skeyseed[SUITE_PRF_MAX];
	struct ike_keys keys;
	struct prf *p;

	if (!v)
		return;
	choice = choice_of(encr, bits, integ, text_of(v, "prf"));
	p = new_prf(text_of(v, "prf"));
	seed.shared = bytes_of(v, "g_ir");
	seed.ni = bytes_of(v, "ni");
	seed.nr = bytes_of(v, "nr");
	ck_assert_int_eq(ike_skeyseed(p, &seed, skeyseed), 0);
	assert_bytes("SKEYSEED", skeyseed, prf_size(p), bytes_of(v, "skeyseed"));
	ck_assert_int_eq(ike_keys_derive(p, &choice, &seed, number_of(v, "spi_i"), number_of(v, "spi_r"), &keys), 0);
	assert_keys(v, &keys);
	prf_free(p);
}

START_TEST(keys_with_sha256_and_cbc)
{
	check_keys("v2-keys-sha256", "AES_CBC", 128, "HMAC_SHA2_256_128");
}
END_TEST

START_TEST(keys_with_sha384_and_gcm)
{
	check_keys("v2-keys-sha384-gcm", "AES_GCM_16", 256, NULL);
}
END_TEST

START_TEST(keys_with_sha512_and_modp)
{
	check_keys("v2-keys-sha512", "AES_CBC", 256, "HMAC_SHA2_512_256");
}
END_TEST

START_TEST(keys_with_chacha)
{
	check_keys("v2-keys-chacha", "CHACHA20_POLY1305", 0, NULL);
}
END_TEST

/* I-204: the old SK_d is the key. */
START_TEST(keys_of_a_rekeyed_sa)
{
	json_t *v = vector("v2-rekey-ike");
	struct suite_choice choice;
	struct key_seed seed = { 0 };
	uint8_t skeyseed[SUITE_PRF_MAX];
	struct ike_keys keys;
	struct prf *p;

	if (!v)
		return;
	choice = choice_of("AES_CBC", 128, "HMAC_SHA2_256_128", "HMAC_SHA2_256");
	p = new_prf("HMAC_SHA2_256");
	seed.shared = bytes_of(v, "g_ir");
	seed.ni = bytes_of(v, "ni");
	seed.nr = bytes_of(v, "nr");
	ck_assert_int_eq(ike_skeyseed_rekey(p, bytes_of(v, "old_sk_d"), &seed, skeyseed), 0);
	assert_bytes("SKEYSEED", skeyseed, prf_size(p), bytes_of(v, "skeyseed"));
	ck_assert_int_eq(ike_keys_rekey(p, bytes_of(v, "old_sk_d"), p, &choice, &seed, number_of(v, "spi_i"), number_of(v, "spi_r"),
					&keys), 0);
	assert_keys(v, &keys);
	prf_free(p);
}
END_TEST

/* RFC 9370 section 2.2.2: the same formula, once per additional exchange (I-094). */
START_TEST(keys_of_an_additional_key_exchange)
{
	json_t *v = vector("v2-addke");
	struct suite_choice choice;
	struct key_seed seed = { 0 };
	struct ike_keys keys;
	struct prf *p;

	if (!v)
		return;
	choice = choice_of("AES_GCM_16", 256, NULL, "HMAC_SHA2_256");
	p = new_prf("HMAC_SHA2_256");
	seed.shared = bytes_of(v, "shared_secret_1");
	seed.ni = bytes_of(v, "ni");
	seed.nr = bytes_of(v, "nr");
	ck_assert_int_eq(ike_keys_rekey(p, bytes_of(v, "sk_d_0"), p, &choice, &seed, number_of(v, "spi_i"), number_of(v, "spi_r"),
					&keys), 0);
	assert_keys(v, &keys);
	prf_free(p);
}
END_TEST

/* I-090 */
START_TEST(keys_with_a_ppk)
{
	json_t *v = vector("v2-ppk");
	struct ike_keys keys = { .prf_size = 32 };
	struct prf *p;

	if (!v)
		return;
	p = new_prf("HMAC_SHA2_256");
	memcpy(keys.d, bytes_of(v, "sk_d").p, 32);
	memcpy(keys.pi, bytes_of(v, "sk_pi").p, 32);
	memcpy(keys.pr, bytes_of(v, "sk_pr").p, 32);
	ck_assert_int_eq(ike_keys_mix_ppk(p, bytes_of(v, "ppk"), &keys), 0);
	assert_bytes("SK_d", keys.d, 32, bytes_of(v, "mixed_sk_d"));
	assert_bytes("SK_pi", keys.pi, 32, bytes_of(v, "mixed_sk_pi"));
	assert_bytes("SK_pr", keys.pr, 32, bytes_of(v, "mixed_sk_pr"));
	prf_free(p);
}
END_TEST

static bool derive_child(json_t *v, const struct suite_choice *choice, struct key_seed *seed, struct child_keys *ret)
{
	struct prf *p = new_prf(text_of(v, "prf"));
	int error;

	seed->ni = bytes_of(v, "ni");
	seed->nr = bytes_of(v, "nr");
	error = child_keys_derive(p, bytes_of(v, json_object_get(v, "mixed_sk_d") ? "mixed_sk_d" : "sk_d"), choice, seed, ret);
	prf_free(p);
	return error == 0;
}

/* I-203: without and with a key exchange, with several, and after a PPK. */
static void check_child(const char *id, uint16_t bits, const char *shared, const char *more, const char *key_i, const char *key_r)
{
	struct suite_choice choice = choice_of("AES_GCM_16", bits, NULL, NULL);
	struct key_seed seed = { 0 };
	struct child_keys keys;
	json_t *v = vector(id);

	if (!v)
		return;
	if (shared)
		seed.shared = bytes_of(v, shared);
	if (more)
		seed.more = bytes_of(v, more);
	ck_assert(derive_child(v, &choice, &seed, &keys));
	assert_bytes("initiator to responder", keys.encr_i, keys.encr_size, bytes_of(v, key_i));
	assert_bytes("responder to initiator", keys.encr_r, keys.encr_size, bytes_of(v, key_r));
}

START_TEST(child_keys_with_aead)
{
	check_child("v2-keymat", 128, NULL, NULL, "key_i", "key_r");
	check_child("v2-keymat-pfs", 128, "g_ir", NULL, "key_i", "key_r");
	check_child("v2-keymat-addke", 256, "sk_0", "sk_1", "key_i", "key_r");
	check_child("v2-ppk", 128, NULL, NULL, "child_key_i", "child_key_r");
}
END_TEST

START_TEST(child_keys_with_cbc_and_hmac)
{
	struct suite_choice choice = choice_of("AES_CBC", 256, "HMAC_SHA2_256_128", NULL);
	struct key_seed seed = { 0 };
	struct child_keys keys;
	json_t *v = vector("v2-keymat-cbc");

	if (!v)
		return;
	ck_assert(derive_child(v, &choice, &seed, &keys));
	assert_bytes("cipher, i to r", keys.encr_i, keys.encr_size, bytes_of(v, "encr_i"));
	assert_bytes("integrity, i to r", keys.integ_i, keys.integ_size, bytes_of(v, "integ_i"));
	assert_bytes("cipher, r to i", keys.encr_r, keys.encr_size, bytes_of(v, "encr_r"));
	assert_bytes("integrity, r to i", keys.integ_r, keys.integ_size, bytes_of(v, "integ_r"));
}
END_TEST

START_TEST(skeyseed_of_a_rekey_with_an_additional_key_exchange)
{
	json_t *v = vector("v2-keymat-addke");
	uint8_t skeyseed[SUITE_PRF_MAX];
	struct prf *p;

	if (!v)
		return;
	p = new_prf("HMAC_SHA2_256");
	ck_assert_int_eq(ike_skeyseed_rekey(p, bytes_of(v, "sk_d"), &(struct key_seed){ .shared = bytes_of(v, "sk_0"),
		.ni = bytes_of(v, "ni"),
		.nr = bytes_of(v, "nr"), .more = bytes_of(v, "sk_1") }, skeyseed), 0);
	assert_bytes("SKEYSEED", skeyseed, prf_size(p), bytes_of(v, "rekey_skeyseed"));
	prf_free(p);
}
END_TEST

/* --- SK ---------------------------------------------------------------------------------------------------------------------- */

#define SK_AT	32u	/* IKE header and generic header of SK */

static struct sk_cipher *new_sk(const struct suite_choice *choice, struct slice encr, struct slice integ)
{
	struct sk_cipher *c = NULL;

	ck_assert_int_eq(sk_cipher_new(choice, encr, integ, &c), 0);
	return c;
}

/* Text of a vector may or may not include the padding: SK of charon has none but the pad length. */
static void assert_opens(struct sk_cipher *c, struct slice message, size_t at, struct slice want)
{
	struct buf text = { 0 };

	ck_assert_int_eq(sk_open(c, message, at, &text), 0);
	ck_assert_msg(text.n <= want.n && want.n - text.n <= 16, "%zu bytes of text, not %zu", text.n, want.n);
	assert_bytes("text", text.p, text.n, (struct slice){ want.p, text.n });
	buf_release(&text);
}

/* Every bit of the message is covered by the ICV, and so is its length. */
static void assert_no_change_is_taken(struct sk_cipher *c, struct slice message, size_t at)
{
	struct buf text = { 0 };
	struct slice copy = joined(message, SLICE(""));

	for (size_t i = 0; i < message.n * 8; i++) {
		((char *)copy.p)[i / 8] ^= (char)(1 << i % 8);
		ck_assert_int_eq(sk_open(c, copy, at, &text), -EBADMSG);
		((char *)copy.p)[i / 8] ^= (char)(1 << i % 8);
	}
	for (size_t n = 0; n < message.n; n++)
		ck_assert_int_eq(sk_open(c, (struct slice){ copy.p, n }, at, &text), -EBADMSG);
	ck_assert_uint_eq(text.n, 0);
	ck_assert_int_eq(sk_open(c, copy, at, &text), 0);
	buf_release(&text);
}

START_TEST(sk_with_cbc_of_a_capture)
{
	struct suite_choice choice = choice_of("AES_CBC", 128, "HMAC_SHA2_256_128", NULL);
	struct sk_cipher *i, *r;
	json_t *v = vector("v2-sk-cbc");

	if (!v)
		return;
	i = new_sk(&choice, bytes_of(v, "sk_ei"), bytes_of(v, "sk_ai"));
	r = new_sk(&choice, bytes_of(v, "sk_er"), bytes_of(v, "sk_ar"));
	assert_opens(i, bytes_of(v, "message_i"), SK_AT, bytes_of(v, "plaintext_i"));
	assert_opens(r, bytes_of(v, "message_r"), SK_AT, bytes_of(v, "plaintext_r"));
	assert_no_change_is_taken(i, bytes_of(v, "message_i"), SK_AT);
	sk_cipher_free(i);
	sk_cipher_free(r);
}
END_TEST

START_TEST(sk_with_gcm_of_a_capture)
{
	struct suite_choice choice = choice_of("AES_GCM_16", 256, NULL, NULL);
	struct sk_cipher *i, *r;
	json_t *v = vector("v2-sk-gcm");

	if (!v)
		return;
	i = new_sk(&choice, joined(bytes_of(v, "key_i"), bytes_of(v, "salt_i")), SLICE(""));
	r = new_sk(&choice, bytes_of(v, "sk_er"), SLICE(""));
	assert_opens(i, bytes_of(v, "message_i"), SK_AT, bytes_of(v, "plaintext_i"));
	assert_opens(r, bytes_of(v, "message_r"), SK_AT, bytes_of(v, "plaintext_r"));
	assert_no_change_is_taken(r, bytes_of(v, "message_r"), SK_AT);
	sk_cipher_free(i);
	sk_cipher_free(r);
}
END_TEST

START_TEST(sk_with_chacha_of_a_capture)
{
	struct suite_choice choice = choice_of("CHACHA20_POLY1305", 0, NULL, NULL);
	struct sk_cipher *i;
	json_t *v = vector("v2-sk-chacha");

	if (!v)
		return;
	i = new_sk(&choice, joined(bytes_of(v, "key_i"), bytes_of(v, "salt_i")), SLICE(""));
	assert_opens(i, bytes_of(v, "message_i"), SK_AT, bytes_of(v, "plaintext_i"));
	assert_no_change_is_taken(i, bytes_of(v, "message_i"), SK_AT);
	sk_cipher_free(i);
}
END_TEST

/* I-121: each fragment is decrypted alone, the texts joined. */
START_TEST(skf_of_a_capture)
{
	struct suite_choice choice = choice_of("AES_CBC", 128, "HMAC_SHA2_256_128", NULL);
	json_t *v = vector("v2-skf"), *fragment;
	struct buf text = { 0 };
	struct sk_cipher *c;
	size_t i;

	if (!v)
		return;
	c = new_sk(&choice, bytes_of(v, "sk_ei"), bytes_of(v, "sk_ai"));
	json_array_foreach(json_object_get(v, "fragments"), i, fragment)
		ck_assert_int_eq(sk_open(c, unhex(json_string_value(fragment)), SK_AT + 4, &text), 0);
	assert_bytes("joined texts", text.p, text.n, bytes_of(v, "joined"));
	buf_release(&text);
	sk_cipher_free(c);
}
END_TEST

static const struct {
	const char *encr;
	uint16_t bits;
	const char *integ;
} sk_suites[] = {
	{ "AES_CBC", 128, "HMAC_SHA2_256_128" }, { "AES_CBC", 256, "HMAC_SHA2_512_256" }, { "AES_CBC", 192, "HMAC_SHA1_96" },
	{ "AES_CBC", 256, "HMAC_SHA2_384_192" }, { "3DES_CBC", 0, "HMAC_SHA1_96" }, { "AES_GCM_8", 128, NULL },
		{ "AES_GCM_12", 256, NULL },
	{ "AES_GCM_16", 256, NULL }, { "CHACHA20_POLY1305", 0, NULL }, { "AES_CCM_8", 128, NULL }, { "AES_CCM_16", 256, NULL },
	{ "AES_CTR", 192, "HMAC_SHA2_256_128" }, { "CAMELLIA_CTR", 256, "AES_CMAC_96" },
};

static void seal(struct sk_cipher *c, struct slice text, struct buf *message)
{
	static const uint8_t iv[SUITE_IV_MAX] = { 1, 2, 3 };

	buf_add_str(message, "front");	/* what stands in the buffer before the message is none of it */
	buf_add_repeated(message, 'h', SK_AT);
	ck_assert_int_eq(sk_seal(c, message, 5, text, iv), 0);
	ck_assert_uint_eq(message->n - 5 - SK_AT, sk_sealed_size(c, text.n));
}

START_TEST(sk_opens_what_it_sealed)
{
	static const uint8_t key[SUITE_ENCR_MAX] = { 7, 8, 9 };
	static char text[300];

	for (size_t s = 0; s < sizeof sk_suites / sizeof *sk_suites; s++) {
		struct suite_choice choice = choice_of(sk_suites[s].encr, sk_suites[s].bits, sk_suites[s].integ, NULL);
		struct sk_cipher *c = new_sk(&choice, slice_bytes(key, suite_encr_key_size(choice.encr, choice.encr_key_bits)),
					     slice_bytes(key, suite_integ_key_size(choice.integ)));

		memset(text, 't', sizeof text);
		for (size_t n = 0; n < sizeof text; n += n < 40 ? 1 : 37) {
			struct buf message = { 0 };

			seal(c, (struct slice){ text, n }, &message);
			assert_opens(c, (struct slice){ message.p + 5, message.n - 5 }, SK_AT, (struct slice){ text, n });
			buf_release(&message);
		}
		sk_cipher_free(c);
	}
}
END_TEST

/* I-206: with AEAD two messages under one key never have the same IV, whatever the caller gives. */
START_TEST(sk_counts_the_iv_of_aead)
{
	static const uint8_t key[36];
	struct suite_choice choice = choice_of("AES_GCM_16", 256, NULL, NULL);
	struct sk_cipher *c = new_sk(&choice, slice_bytes(key, sizeof key), SLICE(""));
	struct buf one = { 0 }, two = { 0 };

	seal(c, SLICE("text"), &one);
	seal(c, SLICE("text"), &two);
	ck_assert_mem_ne(one.p + 5 + SK_AT, two.p + 5 + SK_AT, sk_iv_size(c));
	sk_cipher_free(c);
	buf_release(&one);
	buf_release(&two);
}
END_TEST

START_TEST(sk_room_is_the_reverse_of_the_sealed_size)
{
	static const uint8_t key[SUITE_ENCR_MAX];

	for (size_t s = 0; s < sizeof sk_suites / sizeof *sk_suites; s++) {
		struct suite_choice choice = choice_of(sk_suites[s].encr, sk_suites[s].bits, sk_suites[s].integ, NULL);
		struct sk_cipher *c = new_sk(&choice, slice_bytes(key, suite_encr_key_size(choice.encr, choice.encr_key_bits)),
					     slice_bytes(key, suite_integ_key_size(choice.integ)));

		for (size_t sealed = 0; sealed < 200; sealed++) {
			size_t text = sk_room(c, sealed);

			ck_assert(text == 0 || sk_sealed_size(c, text) <= sealed);
			ck_assert_uint_gt(sk_sealed_size(c, text + 1), sealed);
		}
		sk_cipher_free(c);
	}
}
END_TEST

START_TEST(a_key_of_the_wrong_size_is_refused)
{
	static const uint8_t key[SUITE_ENCR_MAX];
	struct suite_choice choice = choice_of("AES_GCM_16", 256, NULL, NULL), bare = choice_of("AES_CBC", 128, NULL, NULL);
	struct sk_cipher *c;

	ck_assert_int_eq(sk_cipher_new(&choice, slice_bytes(key, 32), SLICE(""), &c), -EINVAL);	/* the salt is missing */
	ck_assert_int_eq(sk_cipher_new(&bare, slice_bytes(key, 16), SLICE(""), &c), -ENOTSUP);	/* encryption without integrity */
}
END_TEST

/* --- key exchange ------------------------------------------------------------------------------------------------------------ */

static const char *const groups[] = { "MODP1536", "MODP2048", "MODP3072", "MODP4096", "MODP6144", "MODP8192", "DH19", "DH20",
				      "DH21", "ECP_192", "ECP_224", "BRAINPOOL_P224R1", "BRAINPOOL_P256R1", "BRAINPOOL_P384R1",
				      "BRAINPOOL_P512R1", "DH31", "DH32" };

START_TEST(two_ends_agree)
{
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
		const struct transform *group = named(TRANSFORM_KE, groups[i]);
		struct secret a = { 0 }, b = { 0 };
		struct buf answer = { 0 };
		struct ke *ke = NULL;

		ck_assert_int_eq(ke_initiate(group, &ke), 0);
		ck_assert_uint_eq(ke_public(ke).n, group->output_bits / 8);
		ck_assert_int_eq(ke_respond(group, ke_public(ke), &answer, &b), 0);
		ck_assert_int_eq(ke_complete(ke, buf_slice(&answer), &a), 0);
		assert_bytes(groups[i], a.bytes, a.n, secret_slice(&b));
		ck_assert_int_eq(ke_complete(ke, buf_slice(&answer), &a), -EINVAL);	/* I-050: once */
		ke_free(ke);
		buf_release(&answer);
		secret_release(&a);
		secret_release(&b);
	}
}
END_TEST

static void assert_agrees(const char *group, const char *private_value, const char *public_value, const char *peer,
			  const char *shared)
{
	struct secret s = { 0 };
	struct ke *ke;

	ck_assert_int_eq(ke_from_pair(named(TRANSFORM_KE, group), unhex(private_value), unhex(public_value), &ke), 0);
	assert_bytes("public value", ke_public(ke).p, ke_public(ke).n, unhex(public_value));
	ck_assert_int_eq(ke_complete(ke, unhex(peer), &s), 0);
	assert_bytes("shared secret", s.bytes, s.n, unhex(shared));
	ke_free(ke);
	secret_release(&s);
}

/* RFC 7748 section 6.1. */
START_TEST(x25519_is_that_of_the_rfc)
{
	assert_agrees("DH31", "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
		      "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
		      "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
		      "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}
END_TEST

/* RFC 5903 section 8.1: the secret is the x coordinate alone. */
START_TEST(ecp_256_is_that_of_the_rfc)
{
	assert_agrees("DH19", "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
		      "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
		      "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
		      "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
		      "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
		      "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
}
END_TEST

static void assert_refused(const char *group, struct slice peer)
{
	struct secret s = { 0 };
	struct ke *ke = NULL;

	ck_assert_int_eq(ke_initiate(named(TRANSFORM_KE, group), &ke), 0);
	ck_assert_msg(ke_complete(ke, peer, &s) == -EBADMSG, "%s took a value that is none", group);
	ck_assert_ptr_null(s.bytes);
	ke_free(ke);
}

/* I-049 for MODP: 0, 1, p - 1, p, a value shorter or longer than p. The prime of group 14 is 2^2048 - 2^1984 - 1 + ..., RFC
 * 3526 section 3. */
START_TEST(modp_refuses_values_out_of_range)
{
	static const char prime[] =
		"ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
		"ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
		"ee386bfb5a899fa5ae9f24117c4b1fe649286651ece45b3dc2007cb8a163bf0598da48361c55d39a69163fa8fd24cf5f"
		"83655d23dca3ad961c62f356208552bb9ed529077096966d670c354e4abc9804f1746c08ca18217c32905e462e36ce3b"
		"e39e772c180e86039b2783a2ec07a28fb5c55df06f4c52c9de2bcbf6955817183995497cea956ae515d2261898fa0510"
		"15728e5a8aacaa68ffffffffffffffff";
	struct slice p = unhex(prime);
	char value[256] = { 0 };

	assert_refused("MODP2048", (struct slice){ value, 256 });
	value[255] = 1;
	assert_refused("MODP2048", (struct slice){ value, 256 });
	assert_refused("MODP2048", p);
	memcpy(value, p.p, 256);
	value[255] = (char)0xfe;
	assert_refused("MODP2048", (struct slice){ value, 256 });
	memset(value, 2, sizeof value);
	assert_refused("MODP2048", (struct slice){ value, 255 });
	assert_refused("MODP2048", (struct slice){ value, 0 });
}
END_TEST

/* I-049 for curves: a point that is not on the curve, half a point, points of small order (RFC 7748 section 7). */
START_TEST(curves_refuse_points_that_are_none)
{
	static const char ones[64] = { 1, 1, 1 }, zeros[132];
	struct slice order_8 = unhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");

	assert_refused("DH19", (struct slice){ ones, 64 });
	assert_refused("DH19", (struct slice){ ones, 32 });
	assert_refused("DH19", (struct slice){ zeros, 64 });
	assert_refused("DH20", (struct slice){ zeros, 96 });
	assert_refused("DH21", (struct slice){ zeros, 132 });
	assert_refused("DH31", (struct slice){ zeros, 32 });
	assert_refused("DH31", (struct slice){ ones, 31 });
	assert_refused("DH31", order_8);
}
END_TEST

/* I-049: leading zeros stay. g^1 under the private value 1 is g: 255 zeros and a 2. */
START_TEST(modp_secrets_keep_their_leading_zeros)
{
	const struct transform *group = named(TRANSFORM_KE, "MODP2048");
	char two[256] = { 0 };
	struct secret s = { 0 };
	struct ke *ke;

	two[255] = 2;
	ck_assert_int_eq(ke_from_pair(group, unhex("01"), (struct slice){ two, 256 }, &ke), 0);
	ck_assert_int_eq(ke_complete(ke, (struct slice){ two, 256 }, &s), 0);
	assert_bytes("shared secret", s.bytes, s.n, (struct slice){ two, 256 });
	ke_free(ke);
	secret_release(&s);
}
END_TEST

/* --- the rest ---------------------------------------------------------------------------------------------------------------- */

START_TEST(natd_is_that_of_the_capture)
{
	json_t *v = vector("v2-natd");
	uint8_t hash[SUITE_NATD_SIZE];
	struct ip_addr addr;

	if (!v)
		return;
	ck_assert_int_eq(ip_addr_parse(slice_of(text_of(v, "address_request")), &addr), 0);
	ck_assert_int_eq(suite_natd_hash(number_of(v, "spi_i"), 0, &addr, 500, hash), 0);
	assert_bytes("hash of the request", hash, sizeof hash, bytes_of(v, "hash_request"));
	ck_assert_int_eq(ip_addr_parse(slice_of(text_of(v, "address_response")), &addr), 0);
	ck_assert_int_eq(suite_natd_hash(number_of(v, "spi_i"), number_of(v, "spi_r"), &addr, 500, hash), 0);
	assert_bytes("hash of the response", hash, sizeof hash, bytes_of(v, "hash_response"));
}
END_TEST

/* What the check of a plan says at load; a reason comes with each refusal. */
START_TEST(support_is_told_by_algorithm_and_size)
{
	static const struct {
		enum transform_type type;
		const char *name;
		uint16_t bits;
		int want;
	} cases[] = {
		{ TRANSFORM_ENCR, "AES_CBC", 256, 0 }, { TRANSFORM_ENCR, "AES_GCM_16", 128, 0 },
			{ TRANSFORM_ENCR, "CHACHA20_POLY1305", 0, 0 },
		{ TRANSFORM_ENCR, "NULL", 0, 0 }, { TRANSFORM_ENCR, "CAMELLIA_CBC", 192, 0 },
		{ TRANSFORM_ENCR, "AES_CTR", 128, 0 }, { TRANSFORM_ENCR, "AES_CCM_16", 128, 0 },
		{ TRANSFORM_ENCR, "NULL_AUTH_AES_GMAC", 128, 0 }, { TRANSFORM_ENCR, "TWOFISH_CBC", 128, -ENOTSUP },
		{ TRANSFORM_PRF, "HMAC_SHA2_384", 0, 0 }, { TRANSFORM_PRF, "AES128_XCBC", 0, -ENOTSUP },
		{ TRANSFORM_INTEG, "HMAC_SHA2_512_256", 0, 0 }, { TRANSFORM_INTEG, "NONE", 0, 0 },
			{ TRANSFORM_INTEG, "AES_CMAC_96", 0, 0 }, { TRANSFORM_PRF, "AES128_CMAC", 0, 0 },
			{ TRANSFORM_INTEG, "AES_XCBC_96", 0, -ENOTSUP },
		{ TRANSFORM_KE, "MODP2048", 0, 0 }, { TRANSFORM_KE, "DH31", 0, 0 }, { TRANSFORM_KE, "NONE", 0, 0 },
		{ TRANSFORM_KE, "DH22", 0, -ENOTSUP },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *why = NULL;
		int got = suite_supports(named(cases[i].type, cases[i].name), cases[i].bits, &why);

		ck_assert_msg(got == cases[i].want, "%s: %d", cases[i].name, got);
		ck_assert_msg((got == 0) == (why == NULL), "%s: %s", cases[i].name, why ? why : "no reason");
	}
}
END_TEST

TAP_MAIN("suite", prf_gives_the_published_hmacs, cmac_is_that_of_the_rfc, ctr_is_that_of_the_rfc, prf_takes_an_empty_key_for_what_it_is, prf_plus_stops_at_255_blocks,
	 prf_plus_is_that_of_the_vectors, keys_with_sha256_and_cbc, keys_with_sha384_and_gcm, keys_with_sha512_and_modp,
	 keys_with_chacha, keys_of_a_rekeyed_sa, keys_of_an_additional_key_exchange, keys_with_a_ppk, child_keys_with_aead,
	 child_keys_with_cbc_and_hmac, skeyseed_of_a_rekey_with_an_additional_key_exchange, sk_with_cbc_of_a_capture,
	 sk_with_gcm_of_a_capture, sk_with_chacha_of_a_capture, skf_of_a_capture, sk_opens_what_it_sealed,
	 sk_counts_the_iv_of_aead, sk_room_is_the_reverse_of_the_sealed_size, a_key_of_the_wrong_size_is_refused, two_ends_agree,
	 x25519_is_that_of_the_rfc, ecp_256_is_that_of_the_rfc, modp_refuses_values_out_of_range,
	 curves_refuse_points_that_are_none, modp_secrets_keep_their_leading_zeros, natd_is_that_of_the_capture,
	 support_is_told_by_algorithm_and_size)
