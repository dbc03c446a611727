/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange: MODP (RFC 3526), ECP (RFC 5903) and Brainpool (RFC 6954), X25519 and X448 (RFC 8031); checks of RFC 6989
 * (I-049). */
#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#include "runtime/suite/cipher.h"

enum kind { KIND_MODP, KIND_ECP, KIND_X };	/* forms of the public value */

struct ke {
	const struct transform *group;
	EVP_PKEY *key;
	size_t n;
	uint8_t public_value[SUITE_PUBLIC_MAX];
};

static int refused(int error)
{
	ERR_clear_error();
	return error;
}

static enum kind kind_of(const struct transform *group)
{
	if (strncmp(group->openssl, "modp_", 5) == 0)
		return KIND_MODP;
	return group->openssl[0] == 'X' ? KIND_X : KIND_ECP;
}

static const char *algorithm(const struct transform *group)
{
	static const char *const names[] = { [KIND_MODP] = "DH", [KIND_ECP] = "EC" };
	enum kind kind = kind_of(group);

	return kind == KIND_X ? group->openssl : names[kind];
}

/* A new key, or only its parameters. X25519 has none: its own name says everything. */
static EVP_PKEY *generate(const struct transform *group, bool only_parameters)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)group->openssl, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm(group), NULL);
	EVP_PKEY *key = NULL;

	if (ctx && (only_parameters ? EVP_PKEY_paramgen_init(ctx) : EVP_PKEY_keygen_init(ctx)) > 0 &&
	    (kind_of(group) == KIND_X || EVP_PKEY_CTX_set_params(ctx, params) > 0))
		EVP_PKEY_generate(ctx, &key);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int suite_ke_supports(const struct transform *group)
{
	EVP_PKEY *key = group->openssl ? generate(group, group->openssl[0] != 'X') : NULL;
	bool found = key != NULL;

	EVP_PKEY_free(key);
	return refused(found ? 0 : -ENOTSUP);
}

/* Size of a public value on the wire; 0 on failure. The key may be parameters only. */
static size_t public_size(const struct transform *group, const EVP_PKEY *key)
{
	int bits = EVP_PKEY_get_bits(key);
	size_t size = bits > 0 ? ((size_t)bits + 7) / 8 : 0;

	if (kind_of(group) == KIND_ECP)
		size *= 2;
	return size <= SUITE_PUBLIC_MAX ? size : 0;
}

static int export_modp(struct ke *ke)
{
	BIGNUM *y = NULL;
	int n = -1;

	if (EVP_PKEY_get_bn_param(ke->key, OSSL_PKEY_PARAM_PUB_KEY, &y))
		n = BN_bn2binpad(y, ke->public_value, (int)ke->n);
	BN_free(y);
	return n > 0 ? 0 : refused(-ENOMEM);
}

/* OpenSSL writes points and X25519 values alike; points with one byte (4: not compressed) in front. */
static int export_octets(struct ke *ke)
{
	size_t front = kind_of(ke->group) == KIND_ECP, n;
	uint8_t octets[SUITE_PUBLIC_MAX + 1];

	if (!EVP_PKEY_get_octet_string_param(ke->key, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, octets, sizeof octets, &n) ||
	    n != front + ke->n)
		return refused(-ENOMEM);
	memcpy(ke->public_value, octets + front, ke->n);
	return 0;
}

static int new_ke(const struct transform *group, EVP_PKEY *key, struct ke **ret)
{
	struct ke *ke = calloc(1, sizeof *ke);
	int error;

	if (!ke) {
		EVP_PKEY_free(key);
		return -ENOMEM;
	}
	ke->group = group;
	ke->key = key;
	ke->n = public_size(group, key);
	error = ke->n == 0 ? -ENOTSUP : kind_of(group) == KIND_MODP ? export_modp(ke) : export_octets(ke);
	if (error)
		ke_free(ke);
	else
		*ret = ke;
	return error;
}

int ke_initiate(const struct transform *group, struct ke **ret)
{
	EVP_PKEY *key;

	if (group->type != TRANSFORM_KE || !group->openssl)
		return -ENOTSUP;
	key = generate(group, false);
	return key ? new_ke(group, key, ret) : refused(-ENOTSUP);
}

void ke_free(struct ke *ke)
{
	if (!ke)
		return;
	EVP_PKEY_free(ke->key);		/* wipes the private value */
	free(ke);
}

struct slice ke_public(const struct ke *ke)
{
	return slice_bytes(ke->public_value, ke->n);
}

/* 1 < y < p - 1: the two ends of the range have orders 1 and 2. */
static bool modp_in_range(const struct transform *group, const BIGNUM *y)
{
	EVP_PKEY *parameters = generate(group, true);
	BIGNUM *p = NULL;
	bool good = parameters && EVP_PKEY_get_bn_param(parameters, OSSL_PKEY_PARAM_FFC_P, &p) && BN_sub_word(p, 1) &&
		    BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, p) < 0;

	BN_free(p);
	EVP_PKEY_free(parameters);
	return good;
}

/* Adds the public value in the form that OpenSSL wants; `copy` must live as long as the builder. */
static bool push_public(OSSL_PARAM_BLD *bld, const struct transform *group, struct slice value, BIGNUM **y,
			uint8_t copy[SUITE_PUBLIC_MAX + 1])
{
	if (kind_of(group) == KIND_MODP) {
		*y = BN_bin2bn((const uint8_t *)value.p, (int)value.n, NULL);
		return *y && modp_in_range(group, *y) && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PUB_KEY, *y);
	}
	if (kind_of(group) == KIND_X)
		return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, value.p, value.n);
	copy[0] = 4;
	memcpy(copy + 1, value.p, value.n);
	return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PUB_KEY, copy, value.n + 1);
}

static bool push_private(OSSL_PARAM_BLD *bld, const struct transform *group, struct slice value, BIGNUM **x)
{
	if (value.n == 0)
		return true;
	if (kind_of(group) == KIND_X)
		return OSSL_PARAM_BLD_push_octet_string(bld, OSSL_PKEY_PARAM_PRIV_KEY, value.p, value.n);
	*x = BN_bin2bn((const uint8_t *)value.p, (int)value.n, NULL);
	return *x && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, *x);
}

/* A key from the outside; NULL when OpenSSL refuses it: for curves that includes a point that is not on the curve. */
static EVP_PKEY *import(const struct transform *group, struct slice private_value, struct slice public_value)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, algorithm(group), NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	uint8_t copy[SUITE_PUBLIC_MAX + 1];
	OSSL_PARAM *params = NULL;
	BIGNUM *x = NULL, *y = NULL;
	EVP_PKEY *key = NULL;

	if (ctx && bld && public_value.n <= SUITE_PUBLIC_MAX &&
	    (kind_of(group) == KIND_X || OSSL_PARAM_BLD_push_utf8_string(bld, OSSL_PKEY_PARAM_GROUP_NAME, group->openssl, 0)) &&
	    push_public(bld, group, public_value, &y, copy) && push_private(bld, group, private_value, &x))
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && EVP_PKEY_fromdata_init(ctx) > 0)
		EVP_PKEY_fromdata(ctx, &key, private_value.n ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_clear_free(x);
	BN_free(y);
	return key;
}

int ke_from_pair(const struct transform *group, struct slice private_value, struct slice public_value, struct ke **ret)
{
	EVP_PKEY *key = group->openssl ? import(group, private_value, public_value) : NULL;

	return key ? new_ke(group, key, ret) : refused(-EINVAL);
}

/* MODP secrets keep their leading zeros (dh_pad); ECDH gives the x coordinate in its full size. */
static int derive(struct ke *ke, EVP_PKEY *peer, struct secret *ret)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, ke->key, NULL);
	unsigned pad = 1;
	OSSL_PARAM params[] = { OSSL_PARAM_construct_uint(OSSL_EXCHANGE_PARAM_PAD, &pad), OSSL_PARAM_construct_end() };
	uint8_t shared[SUITE_PUBLIC_MAX];
	size_t n = sizeof shared;
	int error = -EBADMSG;

	if (!ctx || EVP_PKEY_derive_init(ctx) <= 0 ||
	    (kind_of(ke->group) == KIND_MODP && EVP_PKEY_CTX_set_params(ctx, params) <= 0))
		error = -ENOMEM;
	else if (EVP_PKEY_derive_set_peer(ctx, peer) > 0 && EVP_PKEY_derive(ctx, shared, &n) > 0)
		error = secret_set(ret, shared, n);
	OPENSSL_cleanse(shared, sizeof shared);
	EVP_PKEY_CTX_free(ctx);
	return refused(error);
}

/* RFC 7748 section 6, RFC 8031 section 2: a secret of zeros comes from a point of small order. OpenSSL refuses too; this does
 * not lean on it. */
static bool all_zero(const struct secret *s)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < s->n; i++)
		bits |= s->bytes[i];
	return bits == 0;
}

int ke_complete(struct ke *ke, struct slice peer, struct secret *ret_shared)
{
	struct secret shared = { 0 };
	EVP_PKEY *key;
	int error = -EBADMSG;

	if (!ke->key)
		return -EINVAL;
	if (peer.n == ke->n) {
		key = import(ke->group, (struct slice){ 0 }, peer);
		error = key ? derive(ke, key, &shared) : refused(-EBADMSG);
		EVP_PKEY_free(key);
	}
	EVP_PKEY_free(ke->key);
	ke->key = NULL;
	if (!error && all_zero(&shared))
		error = -EBADMSG;
	if (error)
		secret_release(&shared);
	else
		*ret_shared = shared;
	return error;
}

int ke_respond(const struct transform *group, struct slice peer, struct buf *ret_public, struct secret *ret_shared)
{
	struct ke *ke = NULL;
	int error = ke_initiate(group, &ke);

	if (!error)
		error = ke_complete(ke, peer, ret_shared);
	if (!error) {
		buf_add_slice(ret_public, ke_public(ke));
		if (buf_failed(ret_public)) {
			secret_release(ret_shared);
			error = -ENOMEM;
		}
	}
	ke_free(ke);
	return error;
}
