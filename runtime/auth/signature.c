/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/auth/signature.h"

#include <errno.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "plan/plan.h"
#include "runtime/auth/auth.h"

enum signature_hash { HASH_SHA1 = 1, HASH_SHA2_256, HASH_SHA2_384, HASH_SHA2_512, HASH_IDENTITY };

/* PSS parameters of RFC 7427 appendix A.4: hash, MGF1 with that hash, salt as long as the hash. */
#define HASH(number)	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" number "\x05\x00"
#define PSS(hash, salt) \
	"\x30\x41\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x34\xa0\x0f" HASH(hash) \
	"\xa1\x1c\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08" HASH(hash) "\xa2\x03\x02\x01" salt
#define RSA(number)	"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" number "\x05\x00"
#define ECDSA(number)	"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" number
#define EDDSA(number)	"\x30\x05\x06\x03\x2b\x65" number

/* In order of preference for each kind of key. */
static const struct scheme {
	const char *name;
	uint32_t allowed;	/* enum plan_signature that permits it */
	enum auth_method method;
	enum signature_hash hash;
	int key;		/* EVP_PKEY_* */
	const char *digest;	/* NULL: the signature hashes by itself */
	int padding;		/* RSA */
	int curve_bits;		/* EC: the curve it suits; the only one with an older method */
	struct slice algorithm;	/* DER; empty with an older method */
} schemes[] = {
	{ "RSA-PSS with SHA2-512", PLAN_SIGN_PSS_SHA2_512, AUTH_SIGNATURE, HASH_SHA2_512, EVP_PKEY_RSA, "SHA512",
	  RSA_PKCS1_PSS_PADDING, 0, SLICE(PSS("\x03", "\x40")) },
	{ "RSA-PSS with SHA2-384", PLAN_SIGN_PSS_SHA2_384, AUTH_SIGNATURE, HASH_SHA2_384, EVP_PKEY_RSA, "SHA384",
	  RSA_PKCS1_PSS_PADDING, 0, SLICE(PSS("\x02", "\x30")) },
	{ "RSA-PSS with SHA2-256", PLAN_SIGN_PSS_SHA2_256, AUTH_SIGNATURE, HASH_SHA2_256, EVP_PKEY_RSA, "SHA256",
	  RSA_PKCS1_PSS_PADDING, 0, SLICE(PSS("\x01", "\x20")) },
	{ "RSA (PKCS#1 v1.5) with SHA2-512", PLAN_SIGN_RSA_SHA2, AUTH_SIGNATURE, HASH_SHA2_512, EVP_PKEY_RSA, "SHA512",
	  RSA_PKCS1_PADDING, 0, SLICE(RSA("\x0d")) },
	{ "RSA (PKCS#1 v1.5) with SHA2-384", PLAN_SIGN_RSA_SHA2, AUTH_SIGNATURE, HASH_SHA2_384, EVP_PKEY_RSA, "SHA384",
	  RSA_PKCS1_PADDING, 0, SLICE(RSA("\x0c")) },
	{ "RSA (PKCS#1 v1.5) with SHA2-256", PLAN_SIGN_RSA_SHA2, AUTH_SIGNATURE, HASH_SHA2_256, EVP_PKEY_RSA, "SHA256",
	  RSA_PKCS1_PADDING, 0, SLICE(RSA("\x0b")) },
	{ "RSA with SHA-1", PLAN_SIGN_RSA_SHA1, AUTH_RSA, HASH_SHA1, EVP_PKEY_RSA, "SHA1", RSA_PKCS1_PADDING, 0, { NULL, 0 } },
	{ "ECDSA with SHA2-256", PLAN_SIGN_ECDSA_SHA2_256, AUTH_SIGNATURE, HASH_SHA2_256, EVP_PKEY_EC, "SHA256", 0, 256,
	  SLICE(ECDSA("\x02")) },
	{ "ECDSA with SHA2-384", PLAN_SIGN_ECDSA_SHA2_384, AUTH_SIGNATURE, HASH_SHA2_384, EVP_PKEY_EC, "SHA384", 0, 384,
	  SLICE(ECDSA("\x03")) },
	{ "ECDSA with SHA2-512", PLAN_SIGN_ECDSA_SHA2_512, AUTH_SIGNATURE, HASH_SHA2_512, EVP_PKEY_EC, "SHA512", 0, 521,
	  SLICE(ECDSA("\x04")) },
	{ "ECDSA with P-256", PLAN_SIGN_ECDSA_SHA2_256, AUTH_ECDSA_256, HASH_SHA2_256, EVP_PKEY_EC, "SHA256", 0, 256, { NULL, 0 } },
	{ "ECDSA with P-384", PLAN_SIGN_ECDSA_SHA2_384, AUTH_ECDSA_384, HASH_SHA2_384, EVP_PKEY_EC, "SHA384", 0, 384, { NULL, 0 } },
	{ "ECDSA with P-521", PLAN_SIGN_ECDSA_SHA2_512, AUTH_ECDSA_521, HASH_SHA2_512, EVP_PKEY_EC, "SHA512", 0, 521, { NULL, 0 } },
	{ "Ed25519", PLAN_SIGN_EDDSA, AUTH_SIGNATURE, HASH_IDENTITY, EVP_PKEY_ED25519, NULL, 0, 0, SLICE(EDDSA("\x70")) },
	{ "Ed448", PLAN_SIGN_EDDSA, AUTH_SIGNATURE, HASH_IDENTITY, EVP_PKEY_ED448, NULL, 0, 0, SLICE(EDDSA("\x71")) },
};

#define SCHEMES	(sizeof(schemes) / sizeof(*schemes))

unsigned signature_hashes(uint32_t allowed)
{
	unsigned set = 0;

	for (size_t i = 0; i < SCHEMES; i++)
		if (schemes[i].method == AUTH_SIGNATURE && (schemes[i].allowed & allowed))
			set |= 1u << schemes[i].hash;
	return set;
}

static void free_context(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void free_der(unsigned char **p)
{
	OPENSSL_free(*p);
}

static void free_sig(ECDSA_SIG **sig)
{
	ECDSA_SIG_free(*sig);
}

/* An older ECDSA method binds the curve (RFC 4754 section 7). */
static bool key_suits(EVP_PKEY *key, const struct scheme *s)
{
	return EVP_PKEY_get_base_id(key) == s->key &&
	       (s->key != EVP_PKEY_EC || s->method == AUTH_SIGNATURE || EVP_PKEY_get_bits(key) == s->curve_bits);
}

int signature_key_fits(EVP_PKEY *key, uint32_t allowed, const char **ret_why)
{
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < SIGNATURE_RSA_MIN) {
		*ret_why = "an RSA key of less than 2048 bits";
		return -ENOTSUP;
	}
	for (size_t i = 0; i < SCHEMES; i++)
		if ((schemes[i].allowed & allowed) && key_suits(key, &schemes[i]))
			return 0;
	*ret_why = "of a kind that authby= does not allow";
	return -ENOTSUP;
}

/* --- the older ECDSA form: r and s, each as long as the order of the curve ---------------------------------------------------- */

static int add_fixed(const struct scheme *s, const unsigned char *der, size_t n, struct buf *out)
{
	CLEANUP(free_sig) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)n);
	int size = (s->curve_bits + 7) / 8;
	uint8_t bytes[66];

	if (!sig)
		return -ENOMEM;
	if (BN_bn2binpad(ECDSA_SIG_get0_r(sig), bytes, size) < 0)
		return -ENOMEM;
	buf_add(out, bytes, (size_t)size);
	if (BN_bn2binpad(ECDSA_SIG_get0_s(sig), bytes, size) < 0)
		return -ENOMEM;
	buf_add(out, bytes, (size_t)size);
	return 0;
}

/* The DER of a fixed form; to be freed. NULL: it is none. */
static unsigned char *fixed_to_der(const struct scheme *s, struct slice data, size_t *ret_n)
{
	CLEANUP(free_sig) ECDSA_SIG *sig = ECDSA_SIG_new();
	int size = (s->curve_bits + 7) / 8, n;
	const unsigned char *p = (const unsigned char *)data.p;
	unsigned char *der = NULL;
	BIGNUM *r, *value;

	if (!sig || data.n != 2 * (size_t)size)
		return NULL;
	r = BN_bin2bn(p, size, NULL);
	value = BN_bin2bn(p + size, size, NULL);
	if (!r || !value || !ECDSA_SIG_set0(sig, r, value)) {
		BN_free(r);
		BN_free(value);
		return NULL;
	}
	n = i2d_ECDSA_SIG(sig, &der);
	*ret_n = n > 0 ? (size_t)n : 0;
	return der;
}

/* --- making ------------------------------------------------------------------------------------------------------------------- */

static bool set_padding(const struct scheme *s, EVP_PKEY_CTX *c)
{
	if (s->key != EVP_PKEY_RSA)
		return true;
	return EVP_PKEY_CTX_set_rsa_padding(c, s->padding) > 0 &&
	       (s->padding != RSA_PKCS1_PSS_PADDING || EVP_PKEY_CTX_set_rsa_pss_saltlen(c, RSA_PSS_SALTLEN_DIGEST) > 0);
}

static int sign(EVP_PKEY *key, const struct scheme *s, struct slice octets, struct buf *out)
{
	CLEANUP(free_context) EVP_MD_CTX *c = EVP_MD_CTX_new();
	CLEANUP(cleanup_free) unsigned char *bytes = NULL;
	const unsigned char *text = (const unsigned char *)octets.p;
	EVP_PKEY_CTX *pkey;
	size_t n;

	if (!c || EVP_DigestSignInit_ex(c, &pkey, s->digest, NULL, NULL, key, NULL) <= 0 || !set_padding(s, pkey) ||
	    EVP_DigestSign(c, NULL, &n, text, octets.n) <= 0)
		return -ENOMEM;
	bytes = malloc(n);
	if (!bytes || EVP_DigestSign(c, bytes, &n, text, octets.n) <= 0)
		return -ENOMEM;
	if (s->key == EVP_PKEY_EC && s->method != AUTH_SIGNATURE)
		return add_fixed(s, bytes, n, out);
	if (s->algorithm.n) {			/* RFC 7427 section 3 */
		buf_add_u8(out, (uint8_t)s->algorithm.n);
		buf_add_slice(out, s->algorithm);
	}
	buf_add(out, bytes, n);
	return buf_failed(out) ? -ENOMEM : 0;
}

/* With a curve the hash of its size, if that is possible; else the first of the table. */
static const struct scheme *choose(EVP_PKEY *key, uint32_t allowed, unsigned hashes)
{
	const struct scheme *first = NULL;

	for (size_t i = 0; i < SCHEMES; i++) {
		const struct scheme *s = &schemes[i];

		if (!(s->allowed & allowed) || !key_suits(key, s) || (s->method == AUTH_SIGNATURE) != (hashes != 0) ||
		    (hashes && !(hashes & 1u << s->hash)))
			continue;
		if (s->curve_bits == 0 || EVP_PKEY_get_bits(key) == s->curve_bits)
			return s;
		if (!first)
			first = s;
	}
	return first;
}

int signature_make(EVP_PKEY *key, uint32_t allowed, unsigned hashes, struct slice octets, uint8_t *ret_method, struct buf *out)
{
	const struct scheme *s = choose(key, allowed, hashes);
	int r;

	if (!s)
		return -ENOTSUP;
	r = sign(key, s, octets, out);
	ERR_clear_error();
	*ret_method = (uint8_t)s->method;
	return r;
}

/* --- verifying ---------------------------------------------------------------------------------------------------------------- */

static int check(EVP_PKEY *key, const struct scheme *s, struct slice signature, struct slice octets)
{
	CLEANUP(free_context) EVP_MD_CTX *c = EVP_MD_CTX_new();
	CLEANUP(free_der) unsigned char *der = NULL;
	const unsigned char *bytes = (const unsigned char *)signature.p;
	EVP_PKEY_CTX *pkey;
	size_t n = signature.n;

	if (s->key == EVP_PKEY_EC && s->method != AUTH_SIGNATURE) {
		der = fixed_to_der(s, signature, &n);
		if (!der)
			return -EKEYREJECTED;
		bytes = der;
	}
	if (!c || EVP_DigestVerifyInit_ex(c, &pkey, s->digest, NULL, NULL, key, NULL) <= 0 || !set_padding(s, pkey))
		return -ENOMEM;
	return EVP_DigestVerify(c, bytes, n, (const unsigned char *)octets.p, octets.n) == 1 ? 0 : -EKEYREJECTED;
}

/* Splits method 14's data; the scheme, or NULL for one that is not in the table. */
static const struct scheme *read_scheme(uint8_t method, struct slice *data)
{
	struct slice algorithm = { NULL, 0 };

	if (method == AUTH_SIGNATURE) {
		size_t n = data->n ? (uint8_t)data->p[0] : 0;

		if (n == 0 || n >= data->n)
			return NULL;
		algorithm = slice_sub(*data, 1, 1 + n);
		*data = slice_sub(*data, 1 + n, data->n);
	}
	for (size_t i = 0; i < SCHEMES; i++)
		if (schemes[i].method == method && slice_eq(schemes[i].algorithm, algorithm))
			return &schemes[i];
	return NULL;
}

static void why_not_allowed(const struct scheme *s, uint8_t method, uint32_t allowed, char why[SIGNATURE_WHY])
{
	const char *name = s ? s->name : method == AUTH_SIGNATURE ? "an algorithm that is unknown here" : auth_method_name(method);
	int n = snprintf(why, SIGNATURE_WHY, "it signs by %s, but the conn allows only", name ? name : "an unknown method");
	const char *separator = " ";

	for (size_t i = 0; i < SCHEMES && n < (int)SIGNATURE_WHY; i++) {
		if (!(schemes[i].allowed & allowed) || (schemes[i].method != AUTH_SIGNATURE && schemes[i].key == EVP_PKEY_EC))
			continue;
		n += snprintf(why + n, SIGNATURE_WHY - (size_t)n, "%s%s", separator, schemes[i].name);
		separator = ", ";
	}
}

int signature_verify(EVP_PKEY *key, uint32_t allowed, uint8_t method, struct slice data, struct slice octets,
		     char why[SIGNATURE_WHY])
{
	const struct scheme *s = read_scheme(method, &data);
	int r;

	if (!s || !(s->allowed & allowed)) {
		why_not_allowed(s, method, allowed, why);
		return -EKEYREJECTED;
	}
	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < SIGNATURE_RSA_MIN) {
		snprintf(why, SIGNATURE_WHY, "its RSA key has %d bits, less than %d", EVP_PKEY_get_bits(key), SIGNATURE_RSA_MIN);
		return -EKEYREJECTED;
	}
	if (!key_suits(key, s)) {
		snprintf(why, SIGNATURE_WHY, "it signs by %s, which is not what its key can do", s->name);
		return -EKEYREJECTED;
	}
	r = check(key, s, data, octets);
	ERR_clear_error();
	snprintf(why, SIGNATURE_WHY, "its signature (%s) is wrong", s->name);
	return r;
}
