/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/auth/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>

#include "base/cleanup.h"

static const struct {
	enum auth_method method;
	const char *name;
} methods[] = {
	{ AUTH_RSA, "RSA signature" },
	{ AUTH_PSK, "shared key" },
	{ AUTH_ECDSA_256, "ECDSA with P-256" },
	{ AUTH_ECDSA_384, "ECDSA with P-384" },
	{ AUTH_ECDSA_521, "ECDSA with P-521" },
	{ AUTH_NULL, "NULL" },
	{ AUTH_SIGNATURE, "digital signature" },
};

const char *auth_method_name(uint8_t method)
{
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (methods[i].method == method)
			return methods[i].name;
	return NULL;
}

bool auth_method_fits(enum auth_method of_key, uint8_t method)
{
	bool signature = method == AUTH_RSA || method == AUTH_SIGNATURE || (method >= AUTH_ECDSA_256 && method <= AUTH_ECDSA_521);

	return of_key == AUTH_SIGNATURE ? signature : method == of_key;
}

static int mac_id(struct prf *prf, const struct auth_octets *octets, uint8_t out[SUITE_PRF_MAX])
{
	return prf_compute(prf, octets->sk_p, &octets->id, 1, out);
}

/* RFC 7296 section 2.15: prf(prf(key, "Key Pad for IKEv2"), octets); without authentication the key is SK_p (RFC 7619). */
static int shared_value(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t out[SUITE_PRF_MAX])
{
	const struct slice pad = SLICE("Key Pad for IKEv2");
	struct slice secret = key->method == AUTH_NULL ? octets->sk_p : secret_slice(key->psk);
	uint8_t padded[SUITE_PRF_MAX], maced_id[SUITE_PRF_MAX];
	struct slice parts[] = { octets->message, octets->nonce, slice_bytes(maced_id, prf_size(prf)), octets->intauth };
	int error;

	if (secret.n == 0)
		return -EINVAL;		/* I-081: an empty key proves nothing */
	error = prf_compute(prf, secret, &pad, 1, padded);
	if (!error)
		error = mac_id(prf, octets, maced_id);
	if (!error)
		error = prf_compute(prf, slice_bytes(padded, prf_size(prf)), parts, 4, out);
	OPENSSL_cleanse(padded, sizeof padded);
	return error;
}

/* What a signature is over: the same octets, in one piece. */
static int signed_octets(struct prf *prf, const struct auth_octets *octets, struct buf *out)
{
	uint8_t maced_id[SUITE_PRF_MAX];
	int error = mac_id(prf, octets, maced_id);

	if (error)
		return error;
	buf_add_slice(out, octets->message);
	buf_add_slice(out, octets->nonce);
	buf_add(out, maced_id, prf_size(prf));
	buf_add_slice(out, octets->intauth);
	return buf_failed(out) ? -ENOMEM : 0;
}

int auth_make(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t *ret_method, struct buf *out)
{
	CLEANUP(buf_release) struct buf all = { 0 };
	uint8_t value[SUITE_PRF_MAX];
	int error;

	if (key->method == AUTH_SIGNATURE) {
		error = signed_octets(prf, octets, &all);
		return error ? error : signature_make(key->key, key->signatures, key->hashes, buf_slice(&all), ret_method, out);
	}
	error = shared_value(prf, key, octets, value);
	if (error)
		return error;
	*ret_method = (uint8_t)key->method;
	buf_add(out, value, prf_size(prf));
	return buf_failed(out) ? -ENOMEM : 0;
}

int auth_verify(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t method, struct slice data,
		char why[SIGNATURE_WHY])
{
	CLEANUP(buf_release) struct buf all = { 0 };
	uint8_t value[SUITE_PRF_MAX];
	bool same;
	int error;

	snprintf(why, SIGNATURE_WHY, "the method is not the one that was agreed");
	if (!auth_method_fits(key->method, method))
		return -EKEYREJECTED;
	if (key->method == AUTH_SIGNATURE) {
		error = signed_octets(prf, octets, &all);
		return error ? error : signature_verify(key->key, key->signatures, method, data, buf_slice(&all), why);
	}
	error = shared_value(prf, key, octets, value);
	if (error)
		return error;
	same = suite_equal(data, slice_bytes(value, prf_size(prf)));
	OPENSSL_cleanse(value, sizeof value);
	snprintf(why, SIGNATURE_WHY, key->method == AUTH_NULL ? "its proof is wrong" : "the shared keys differ");
	return same ? 0 : -EKEYREJECTED;
}
