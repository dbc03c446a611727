/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/auth/auth.h"

#include <errno.h>
#include <openssl/crypto.h>

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

/* RFC 7296 section 2.15: prf(prf(PSK, "Key Pad for IKEv2"), octets). */
static int psk_value(struct prf *prf, const struct secret *psk, const struct auth_octets *octets, uint8_t out[SUITE_PRF_MAX])
{
	const struct slice pad = SLICE("Key Pad for IKEv2");
	uint8_t key[SUITE_PRF_MAX], maced_id[SUITE_PRF_MAX];
	struct slice parts[] = { octets->message, octets->nonce, slice_bytes(maced_id, prf_size(prf)), octets->intauth };
	int error;

	if (psk->n == 0)
		return -EINVAL;		/* I-081: an empty key proves nothing */
	error = prf_compute(prf, secret_slice(psk), &pad, 1, key);
	if (!error)
		error = prf_compute(prf, octets->sk_p, &octets->id, 1, maced_id);
	if (!error)
		error = prf_compute(prf, slice_bytes(key, prf_size(prf)), parts, 4, out);
	OPENSSL_cleanse(key, sizeof key);
	return error;
}

int auth_make(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, struct buf *out)
{
	uint8_t value[SUITE_PRF_MAX];
	int error;

	if (key->method != AUTH_PSK)
		return -ENOTSUP;
	error = psk_value(prf, key->psk, octets, value);
	if (error)
		return error;
	buf_add(out, value, prf_size(prf));
	return buf_failed(out) ? -ENOMEM : 0;
}

int auth_verify(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t method, struct slice data,
		const char **ret_why)
{
	uint8_t value[SUITE_PRF_MAX];
	bool same;
	int error;

	*ret_why = "the method is not the one that was agreed";
	if (method != key->method)
		return -EKEYREJECTED;
	if (key->method != AUTH_PSK)
		return -ENOTSUP;
	error = psk_value(prf, key->psk, octets, value);
	if (error)
		return error;
	same = suite_equal(data, slice_bytes(value, prf_size(prf)));
	OPENSSL_cleanse(value, sizeof value);
	*ret_why = "the shared keys differ";
	return same ? 0 : -EKEYREJECTED;
}
