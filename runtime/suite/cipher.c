/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/suite/cipher.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <stdio.h>

/* Reasons are ours; OpenSSL's queue of errors would only grow. */
static int refused(int error)
{
	ERR_clear_error();
	return error;
}

static uint16_t bits_of(const struct transform *encr, uint16_t key_bits)
{
	return key_bits ? key_bits : encr->key_bits_default;
}

/* The table writes a name with the key size as "AES-%u-GCM". The name is not used as a format. */
EVP_CIPHER *suite_fetch_cipher(const struct transform *encr, uint16_t key_bits)
{
	EVP_CIPHER *cipher;
	char name[64];
	const char *at;

	if (!encr->openssl)
		return NULL;
	at = strstr(encr->openssl, "%u");
	if (at)
		snprintf(name, sizeof name, "%.*s%u%s", (int)(at - encr->openssl), encr->openssl, bits_of(encr, key_bits), at + 2);
	else
		snprintf(name, sizeof name, "%s", encr->openssl);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (!cipher)
		ERR_clear_error();
	return cipher;
}

EVP_MD *suite_fetch_digest(const struct transform *t)
{
	EVP_MD *md = t->openssl ? EVP_MD_fetch(NULL, t->openssl, NULL) : NULL;

	if (!md)
		ERR_clear_error();
	return md;
}

EVP_MAC_CTX *suite_new_hmac(const struct transform *t)
{
	EVP_MD *md = suite_fetch_digest(t);
	EVP_MAC *mac = md ? EVP_MAC_fetch(NULL, "HMAC", NULL) : NULL;
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	if (ctx) {
		OSSL_PARAM params[] = {
			OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)EVP_MD_get0_name(md), 0),
			OSSL_PARAM_construct_end(),
		};

		if (!EVP_MAC_CTX_set_params(ctx, params)) {
			EVP_MAC_CTX_free(ctx);
			ctx = NULL;
		}
	}
	EVP_MAC_free(mac);
	EVP_MD_free(md);
	if (!ctx)
		ERR_clear_error();
	return ctx;
}

/* Can this file use the cipher? AEAD with a nonce of salt and IV; or CBC with an IV of a block; or NULL. CCM and CTR are
 * neither. */
static bool cipher_fits(const EVP_CIPHER *cipher, const struct transform *encr)
{
	int iv = EVP_CIPHER_get_iv_length(cipher), mode = EVP_CIPHER_get_mode(cipher);

	if (encr->aead)
		return (EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_AEAD_CIPHER) &&
		       (mode == EVP_CIPH_GCM_MODE || mode == EVP_CIPH_STREAM_CIPHER) &&
		       iv == encr->salt + encr->iv;
	if (mode == EVP_CIPH_CBC_MODE)
		return iv == encr->iv && EVP_CIPHER_get_block_size(cipher) == encr->block;
	return EVP_CIPHER_get_key_length(cipher) == 0 && encr->iv == 0;
}

static int check_encr(const struct transform *encr, uint16_t key_bits, EVP_CIPHER **ret, const char **ret_why)
{
	EVP_CIPHER *cipher = suite_fetch_cipher(encr, key_bits);

	if (!cipher) {
		*ret_why = "OpenSSL has no such cipher here";
		return -ENOTSUP;
	}
	if (!cipher_fits(cipher, encr)) {
		EVP_CIPHER_free(cipher);
		*ret_why = "only AES-GCM, ChaCha20-Poly1305 and ciphers in CBC mode are carried in user space";
		return -ENOTSUP;
	}
	if (EVP_CIPHER_get_key_length(cipher) * 8 != bits_of(encr, key_bits)) {
		EVP_CIPHER_free(cipher);
		*ret_why = "the cipher has no keys of this size";
		return -ENOTSUP;
	}
	*ret = cipher;
	return 0;
}

static int check_hmac(const struct transform *t, const char **ret_why)
{
	EVP_MD *md = suite_fetch_digest(t);

	if (md) {
		EVP_MD_free(md);
		return 0;
	}
	*ret_why = "only HMAC with a hash that OpenSSL has here can be used";
	return -ENOTSUP;
}

int suite_supports(const struct transform *t, uint16_t key_bits, const char **ret_why)
{
	EVP_CIPHER *cipher = NULL;
	const char *why = NULL;
	int error = 0;

	if (t->type == TRANSFORM_ESN || (t->ikev2_id == 0 && t->type != TRANSFORM_ENCR))
		return 0;
	switch (t->type) {
	case TRANSFORM_ENCR:
		error = check_encr(t, key_bits, &cipher, &why);
		EVP_CIPHER_free(cipher);
		break;
	case TRANSFORM_KE:
		error = suite_ke_supports(t);
		why = "OpenSSL has no such key exchange here";
		break;
	default:
		error = check_hmac(t, &why);
	}
	if (error && ret_why)
		*ret_why = why;
	return error;
}

size_t suite_encr_key_size(const struct transform *encr, uint16_t key_bits)
{
	return bits_of(encr, key_bits) / 8u + encr->salt;
}

size_t suite_integ_key_size(const struct transform *integ)
{
	return integ ? integ->key_bits_default / 8u : 0;
}

static int init_mac(struct cipher *c, const struct transform *integ, struct slice key)
{
	if (key.n != suite_integ_key_size(integ))
		return -EINVAL;
	c->mac = suite_new_hmac(integ);
	if (!c->mac || !EVP_MAC_init(c->mac, (const uint8_t *)key.p, key.n, NULL))
		return refused(-ENOMEM);
	return 0;
}

int cipher_init(struct cipher *c, const struct suite_choice *choice, struct slice encr_key, struct slice integ_key, bool encrypt,
		const char **ret_why)
{
	const struct transform *encr = choice->encr, *integ = choice->integ;
	EVP_CIPHER *cipher = NULL;
	int error;

	*c = (struct cipher){ .aead = encr->aead, .encrypt = encrypt, .salt_size = encr->salt, .iv_size = encr->iv };
	c->block = encr->aead || encr->iv == 0 ? 1 : encr->block;
	if (!encr->aead && suite_integ_key_size(integ) == 0) {
		*ret_why = "encryption without integrity is not safe, and not done";
		return -ENOTSUP;
	}
	if (encr->aead && suite_integ_key_size(integ) != 0) {
		*ret_why = "a cipher with its own integrity has another one beside it";
		return -ENOTSUP;
	}
	c->icv_size = (uint8_t)((encr->aead ? encr : integ)->icv_bits / 8);
	error = check_encr(encr, choice->encr_key_bits, &cipher, ret_why);
	if (!error && !encr->aead)
		error = check_hmac(integ, ret_why);
	if (!error && encr_key.n != suite_encr_key_size(encr, choice->encr_key_bits))
		error = -EINVAL;
	if (!error) {
		memcpy(c->nonce, encr_key.p + encr_key.n - encr->salt, encr->salt);
		c->ctx = EVP_CIPHER_CTX_new();
		if (!c->ctx || !EVP_CipherInit_ex2(c->ctx, cipher, (const uint8_t *)encr_key.p, NULL, encrypt, NULL) ||
		    !EVP_CIPHER_CTX_set_padding(c->ctx, 0))
			error = refused(-ENOMEM);
	}
	EVP_CIPHER_free(cipher);
	return error || encr->aead ? error : init_mac(c, integ, integ_key);
}

void cipher_release(struct cipher *c)
{
	EVP_CIPHER_CTX_free(c->ctx);	/* wipes the key schedule */
	EVP_MAC_CTX_free(c->mac);
	OPENSSL_cleanse(c, sizeof *c);
}

static bool set_iv(struct cipher *c, const uint8_t *iv)
{
	if (c->aead) {
		memcpy(c->nonce + c->salt_size, iv, c->iv_size);
		iv = c->nonce;
	}
	return EVP_CipherInit_ex2(c->ctx, NULL, NULL, c->iv_size ? iv : NULL, c->encrypt, NULL);
}

static bool add_aad(struct cipher *c, struct slice aad)
{
	int n;

	return !c->aead || EVP_CipherUpdate(c->ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.n);
}

static bool run(struct cipher *c, const struct cipher_job *job)
{
	int n = 0;

	return job->n == 0 || (EVP_CipherUpdate(c->ctx, job->out, &n, job->in, (int)job->n) && (size_t)n == job->n);
}

/* The MAC keeps its key: starting it without one goes back to the beginning. */
static bool compute_icv(struct cipher *c, const struct cipher_job *job, uint8_t icv[SUITE_INTEG_MAX])
{
	size_t n;

	return EVP_MAC_init(c->mac, NULL, 0, NULL) && EVP_MAC_update(c->mac, (const uint8_t *)job->covered.p, job->covered.n) &&
	       (job->behind.n == 0 || EVP_MAC_update(c->mac, (const uint8_t *)job->behind.p, job->behind.n)) &&
	       EVP_MAC_final(c->mac, icv, &n, SUITE_INTEG_MAX);
}

int cipher_seal(struct cipher *c, const struct cipher_job *job)
{
	uint8_t icv[SUITE_INTEG_MAX];
	int n;

	if (!set_iv(c, job->iv) || !add_aad(c, job->aad) || !run(c, job))
		return refused(-ENOMEM);
	if (c->aead) {
		if (!EVP_CipherFinal_ex(c->ctx, icv, &n) ||
		    !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, c->icv_size, job->icv))
			return refused(-ENOMEM);
		return 0;
	}
	if (!compute_icv(c, job, icv))
		return refused(-ENOMEM);
	memcpy(job->icv, icv, c->icv_size);
	return 0;
}

static int open_aead(struct cipher *c, const struct cipher_job *job)
{
	uint8_t rest[EVP_MAX_BLOCK_LENGTH];
	int n;

	if (!set_iv(c, job->iv) || !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, c->icv_size, job->icv) ||
	    !add_aad(c, job->aad) || !run(c, job))
		return refused(-ENOMEM);
	if (EVP_CipherFinal_ex(c->ctx, rest, &n))
		return 0;
	OPENSSL_cleanse(job->out, job->n);	/* nobody may use what was not authenticated (I-028) */
	return refused(-EBADMSG);
}

int cipher_open(struct cipher *c, const struct cipher_job *job)
{
	uint8_t icv[SUITE_INTEG_MAX];

	if (c->aead)
		return open_aead(c, job);
	if (!compute_icv(c, job, icv))
		return refused(-ENOMEM);
	if (CRYPTO_memcmp(icv, job->icv, c->icv_size) != 0)
		return -EBADMSG;
	return set_iv(c, job->iv) && run(c, job) ? 0 : refused(-ENOMEM);
}
