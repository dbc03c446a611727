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

/* "CMAC(AES-128-CBC)" and "GMAC(AES-%u-GCM)" name what is done and the cipher that it is done with. False: another name. */
static bool unwrap(const char *name, const char *what, char inside[64])
{
	size_t n = strlen(what);

	if (!name || strncmp(name, what, n) != 0 || name[n] != '(')
		return false;
	snprintf(inside, 64, "%.*s", (int)(strlen(name) - n - 2), name + n + 1);
	return true;
}

/* The table writes a name with the key size as "AES-%u-GCM". The name is not used as a format. */
EVP_CIPHER *suite_fetch_cipher(const struct transform *encr, uint16_t key_bits)
{
	EVP_CIPHER *cipher;
	char pattern[64], name[80];
	const char *at;

	if (!encr->openssl)
		return NULL;
	if (!unwrap(encr->openssl, "GMAC", pattern))
		snprintf(pattern, sizeof pattern, "%s", encr->openssl);
	at = strstr(pattern, "%u");
	if (at)
		snprintf(name, sizeof name, "%.*s%u%s", (int)(at - pattern), pattern, bits_of(encr, key_bits), at + 2);
	else
		snprintf(name, sizeof name, "%s", pattern);
	cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	if (!cipher)
		ERR_clear_error();
	return cipher;
}

bool suite_is_cmac(const struct transform *t)
{
	char cipher[64];

	return unwrap(t->openssl, "CMAC", cipher);
}

EVP_MAC_CTX *suite_new_mac(const struct transform *t)
{
	char cipher[64];
	bool cmac = unwrap(t->openssl, "CMAC", cipher);
	EVP_MAC *mac = t->openssl ? EVP_MAC_fetch(NULL, cmac ? "CMAC" : "HMAC", NULL) : NULL;
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;

	if (ctx) {
		OSSL_PARAM params[] = {
			cmac ? OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, cipher, 0)
			     : OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)t->openssl, 0),
			OSSL_PARAM_construct_end(),
		};

		if (!EVP_MAC_CTX_set_params(ctx, params)) {
			EVP_MAC_CTX_free(ctx);
			ctx = NULL;
		}
	}
	EVP_MAC_free(mac);
	if (!ctx)
		ERR_clear_error();
	return ctx;
}

/* What this file can do with the cipher. */
static enum cipher_form form_of(const EVP_CIPHER *cipher, const struct transform *encr)
{
	int iv = EVP_CIPHER_get_iv_length(cipher), mode = EVP_CIPHER_get_mode(cipher);
	bool aead = EVP_CIPHER_get_flags(cipher) & EVP_CIPH_FLAG_AEAD_CIPHER;
	char inside[64];

	if (encr->aead && aead && mode == EVP_CIPH_CCM_MODE)
		return FORM_CCM;
	if (encr->aead && aead && (mode == EVP_CIPH_GCM_MODE || mode == EVP_CIPH_STREAM_CIPHER) && iv == encr->salt + encr->iv)
		return unwrap(encr->openssl, "GMAC", inside) ? FORM_GMAC : FORM_GCM;
	if (encr->aead)
		return FORM_OTHER;
	if (mode == EVP_CIPH_CBC_MODE && iv == encr->iv && EVP_CIPHER_get_block_size(cipher) == encr->block)
		return FORM_CBC;
	if (mode == EVP_CIPH_CTR_MODE && encr->salt + encr->iv + 4 == iv)
		return FORM_CTR;
	return EVP_CIPHER_get_key_length(cipher) == 0 && encr->iv == 0 ? FORM_NULL : FORM_OTHER;
}

static int check_encr(const struct transform *encr, uint16_t key_bits, EVP_CIPHER **ret, const char **ret_why)
{
	EVP_CIPHER *cipher = suite_fetch_cipher(encr, key_bits);

	if (!cipher) {
		*ret_why = "OpenSSL has no such cipher here";
		return -ENOTSUP;
	}
	if (form_of(cipher, encr) == FORM_OTHER) {
		EVP_CIPHER_free(cipher);
		*ret_why = "only GCM, CCM, GMAC, ChaCha20-Poly1305, CBC and CTR mode are carried in user space";
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

static int check_mac(const struct transform *t, const char **ret_why)
{
	EVP_MAC_CTX *mac = suite_new_mac(t);

	if (mac) {
		EVP_MAC_CTX_free(mac);
		return 0;
	}
	*ret_why = "only HMAC with a hash that OpenSSL has here, and CMAC, can be used";
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
		error = check_mac(t, &why);
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
	c->mac = suite_new_mac(integ);
	if (!c->mac || !EVP_MAC_init(c->mac, (const uint8_t *)key.p, key.n, NULL))
		return refused(-ENOMEM);
	return 0;
}

/* CCM wants its sizes before its key. */
static int init_context(struct cipher *c, const EVP_CIPHER *cipher, const uint8_t *key)
{
	c->ctx = EVP_CIPHER_CTX_new();
	if (!c->ctx || !EVP_CipherInit_ex2(c->ctx, cipher, NULL, NULL, c->encrypt, NULL))
		return refused(-ENOMEM);
	if (c->form == FORM_CCM && (!EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_IVLEN, c->salt_size + c->iv_size, NULL) ||
				    !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, c->icv_size, NULL)))
		return refused(-ENOMEM);
	if (!EVP_CipherInit_ex2(c->ctx, NULL, key, NULL, c->encrypt, NULL) || !EVP_CIPHER_CTX_set_padding(c->ctx, 0))
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
		error = check_mac(integ, ret_why);
	if (!error && encr_key.n != suite_encr_key_size(encr, choice->encr_key_bits))
		error = -EINVAL;
	if (!error) {
		memcpy(c->nonce, encr_key.p + encr_key.n - encr->salt, encr->salt);
		c->form = form_of(cipher, encr);
		c->block = c->form == FORM_CBC ? encr->block : 1;
		error = init_context(c, cipher, (const uint8_t *)encr_key.p);
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
	if (c->aead || c->form == FORM_CTR) {
		memcpy(c->nonce + c->salt_size, iv, c->iv_size);
		iv = c->nonce;
	}
	if (c->form == FORM_CTR)
		c->nonce[SUITE_IV_MAX - 1] = 1;		/* the bytes before it are zero */
	return EVP_CipherInit_ex2(c->ctx, NULL, NULL, c->iv_size ? iv : NULL, c->encrypt, NULL);
}

static bool add_aad(struct cipher *c, const struct cipher_job *job)
{
	int n;

	if (!c->aead)
		return true;
	if (c->form == FORM_CCM && !EVP_CipherUpdate(c->ctx, NULL, &n, NULL, (int)job->n))
		return false;
	if (!EVP_CipherUpdate(c->ctx, NULL, &n, (const uint8_t *)job->aad.p, (int)job->aad.n))
		return false;
	return c->form != FORM_GMAC || (EVP_CipherUpdate(c->ctx, NULL, &n, job->iv, c->iv_size) &&
					EVP_CipherUpdate(c->ctx, NULL, &n, job->in, (int)job->n));
}

static bool run(struct cipher *c, const struct cipher_job *job)
{
	int n = 0;

	if (c->form == FORM_GMAC) {
		memmove(job->out, job->in, job->n);
		return true;
	}
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

	if (!set_iv(c, job->iv) || !add_aad(c, job) || !run(c, job))
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

	if (!set_iv(c, job->iv) || !EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, c->icv_size, job->icv) || !add_aad(c, job))
		return refused(-ENOMEM);
	/* CCM judges with the text, the others at the end */
	if (run(c, job) && (c->form == FORM_CCM || EVP_CipherFinal_ex(c->ctx, rest, &n)))
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
