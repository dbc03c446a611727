/* SPDX-License-Identifier: Apache-2.0 */
/* The AUTH payload: what charon computed, and that nothing else is taken for it. */
#include "runtime/auth/auth.h"

#include <errno.h>

#include "tests/unit/tap.h"
#include "tests/unit/vectors.h"

static struct prf *new_prf(void)
{
	struct prf *p = NULL;

	ck_assert_int_eq(prf_new(named(TRANSFORM_PRF, "HMAC_SHA2_256"), &p), 0);
	return p;
}

static void assert_auth(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, struct slice want)
{
	struct buf out = { 0 };
	char why[SIGNATURE_WHY];
	uint8_t method;

	ck_assert_int_eq(auth_make(prf, key, octets, &method, &out), 0);
	assert_bytes("AUTH", out.p, out.n, want);
	ck_assert_int_eq(auth_verify(prf, key, octets, AUTH_PSK, want, why), 0);
	buf_release(&out);
}

/* I-080: both directions of a capture. */
START_TEST(shared_key_of_a_capture)
{
	json_t *v = vector("v2-auth-psk");
	struct secret psk = { 0 };
	struct auth_key key = { .method = AUTH_PSK, .psk = &psk };
	struct prf *prf;

	if (!v)
		return;
	prf = new_prf();
	ck_assert_int_eq(secret_set(&psk, text_of(v, "psk_text"), strlen(text_of(v, "psk_text"))), 0);
	assert_auth(prf, &key, &(struct auth_octets){ .message = bytes_of(v, "message_1"), .nonce = bytes_of(v, "nr"),
		.id = bytes_of(v, "id_i_body"), .sk_p = bytes_of(v, "sk_pi") }, bytes_of(v, "auth_i"));
	assert_auth(prf, &key, &(struct auth_octets){ .message = bytes_of(v, "message_2"), .nonce = bytes_of(v, "ni"),
		.id = bytes_of(v, "id_r_body"), .sk_p = bytes_of(v, "sk_pr") }, bytes_of(v, "auth_r"));
	secret_release(&psk);
	prf_free(prf);
}
END_TEST

/* I-090: AUTH uses the mixed SK_p. */
START_TEST(shared_key_with_a_ppk)
{
	json_t *v = vector("v2-ppk");
	struct secret psk = { 0 };
	struct auth_key key = { .method = AUTH_PSK, .psk = &psk };
	struct prf *prf;

	if (!v)
		return;
	prf = new_prf();
	ck_assert_int_eq(secret_set(&psk, text_of(v, "psk_text"), strlen(text_of(v, "psk_text"))), 0);
	assert_auth(prf, &key, &(struct auth_octets){ .message = bytes_of(v, "message_1"), .nonce = bytes_of(v, "nr"),
		.id = bytes_of(v, "id_i_body"), .sk_p = bytes_of(v, "mixed_sk_pi") }, bytes_of(v, "auth_i"));
	secret_release(&psk);
	prf_free(prf);
}
END_TEST

/* Written out by hand from RFC 7296 section 2.15, with prf_compute() alone. */
START_TEST(shared_key_is_the_formula)
{
	struct slice pad = SLICE("Key Pad for IKEv2"), id = SLICE("\2\0\0\0left.example");
	struct secret psk = { 0 };
	struct auth_key key = { .method = AUTH_PSK, .psk = &psk };
	struct auth_octets octets = { .message = SLICE("message"), .nonce = SLICE("nonce"), .id = id, .sk_p = SLICE("sk_p"),
				      .intauth = SLICE("intauth") };
	uint8_t inner[32], maced[32], want[32];
	struct prf *prf = new_prf();
	struct slice octet_parts[4];

	ck_assert_int_eq(secret_set(&psk, "key", 3), 0);
	ck_assert_int_eq(prf_compute(prf, SLICE("key"), &pad, 1, inner), 0);
	ck_assert_int_eq(prf_compute(prf, SLICE("sk_p"), &id, 1, maced), 0);
	octet_parts[0] = SLICE("message");
	octet_parts[1] = SLICE("nonce");
	octet_parts[2] = slice_bytes(maced, 32);
	octet_parts[3] = SLICE("intauth");
	ck_assert_int_eq(prf_compute(prf, slice_bytes(inner, 32), octet_parts, 4, want), 0);
	assert_auth(prf, &key, &octets, slice_bytes(want, 32));
	secret_release(&psk);
	prf_free(prf);
}
END_TEST

/* I-064: every other octet, key, method and length is refused, with the reason for the log only. */
START_TEST(nothing_else_is_taken)
{
	struct secret psk = { 0 }, other = { 0 };
	struct auth_key key = { .method = AUTH_PSK, .psk = &psk }, wrong = { .method = AUTH_PSK, .psk = &other };
	struct auth_octets octets = { .message = SLICE("message"), .nonce = SLICE("nonce"), .id = SLICE("\2\0\0\0id"),
		.sk_p = SLICE("sk_p") };
	struct auth_octets changed[] = { octets, octets, octets, octets, octets };
	struct prf *prf = new_prf();
	struct buf out = { 0 };
	struct slice data;
	char why[SIGNATURE_WHY];
	uint8_t method;

	ck_assert_int_eq(secret_set(&psk, "key", 3), 0);
	ck_assert_int_eq(secret_set(&other, "kez", 3), 0);
	ck_assert_int_eq(auth_make(prf, &key, &octets, &method, &out), 0);
	data = buf_slice(&out);
	changed[0].message = SLICE("messagE");
	changed[1].nonce = SLICE("noncE");
	changed[2].id = SLICE("\1\0\0\0id");
	changed[3].sk_p = SLICE("sk_P");
	changed[4].intauth = SLICE("x");
	for (unsigned i = 0; i < 5; i++)
		ck_assert_int_eq(auth_verify(prf, &key, &changed[i], AUTH_PSK, data, why), -EKEYREJECTED);
	ck_assert_str_eq(why, "the shared keys differ");
	ck_assert_int_eq(auth_verify(prf, &wrong, &octets, AUTH_PSK, data, why), -EKEYREJECTED);
	ck_assert_int_eq(auth_verify(prf, &key, &octets, AUTH_PSK, slice_sub(data, 0, 31), why), -EKEYREJECTED);
	ck_assert_int_eq(auth_verify(prf, &key, &octets, AUTH_PSK, SLICE(""), why), -EKEYREJECTED);
	ck_assert_int_eq(auth_verify(prf, &key, &octets, AUTH_SIGNATURE, data, why), -EKEYREJECTED);
	ck_assert_str_eq(why, "the method is not the one that was agreed");
	buf_release(&out);
	secret_release(&psk);
	secret_release(&other);
	prf_free(prf);
}
END_TEST

/* I-081: with an empty key anybody could. */
START_TEST(an_empty_key_is_refused)
{
	struct secret psk = { 0 };
	struct auth_key key = { .method = AUTH_PSK, .psk = &psk };
	struct auth_octets octets = { .message = SLICE("message"), .nonce = SLICE("nonce"), .id = SLICE("\2\0\0\0id"),
		.sk_p = SLICE("sk_p") };
	struct prf *prf = new_prf();
	struct buf out = { 0 };
	char why[SIGNATURE_WHY];
	uint8_t method;

	ck_assert_int_eq(auth_make(prf, &key, &octets, &method, &out), -EINVAL);
	ck_assert_int_eq(auth_verify(prf, &key, &octets, AUTH_PSK, SLICE(""), why), -EINVAL);
	ck_assert_uint_eq(out.n, 0);
	prf_free(prf);
}
END_TEST

TAP_MAIN("auth", shared_key_of_a_capture, shared_key_with_a_ppk, shared_key_is_the_formula, nothing_else_is_taken,
	 an_empty_key_is_refused)
