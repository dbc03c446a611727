/* SPDX-License-Identifier: Apache-2.0 */
/* cipher.h -- encryption with integrity, in the two forms IKE and ESP share: AEAD, or CBC, CTR (or NULL) and then a MAC. Private
 * to runtime/suite. */
#ifndef RUNTIME_CIPHER_H
#define RUNTIME_CIPHER_H

#include <openssl/evp.h>

#include "runtime/suite/suite.h"

enum cipher_form {
	FORM_GCM,	/* and ChaCha20-Poly1305: tag behind the text, nonce of salt and IV */
	FORM_CCM,	/* the same, but sizes are told before the text (RFC 4309, 5282) */
	FORM_GMAC,	/* nothing is encrypted: IV and text belong to what is authenticated (RFC 4543); ESP only */
	FORM_CBC,
	FORM_CTR,	/* counter block of salt, IV and a counter from 1 (RFC 3686, 5930) */
	FORM_NULL,
	FORM_OTHER,	/* of no use here */
};

struct cipher {
	EVP_CIPHER_CTX *ctx;
	EVP_MAC_CTX *mac;		/* NULL with AEAD */
	enum cipher_form form;
	uint8_t nonce[SUITE_IV_MAX];	/* AEAD, CTR: begins with the salt */
	uint8_t salt_size, iv_size, icv_size;
	uint8_t block;			/* the text must be a multiple of it; 1: of any size */
	bool aead, encrypt;
};

/* One packet. Which of aad and covered counts depends on the form. */
struct cipher_job {
	struct slice aad;		/* AEAD: what is authenticated in front of the text, without IV */
	struct slice covered;		/* MAC: from the header to the end of the encrypted text */
	struct slice behind;		/* MAC: appended to it (high half of an extended sequence number) */
	const uint8_t *iv;
	const uint8_t *in;
	uint8_t *out;			/* may be `in` */
	size_t n;			/* of in and out */
	uint8_t *icv;			/* written, or compared */
};

/* 0; -ENOTSUP with a static sentence; -EINVAL for a key of another size; -ENOMEM. cipher_release() in each case. */
int cipher_init(struct cipher *c, const struct suite_choice *choice, struct slice encr_key, struct slice integ_key, bool encrypt,
		const char **ret_why);
void cipher_release(struct cipher *c);
int cipher_seal(struct cipher *c, const struct cipher_job *job);	/* 0 or -ENOMEM */
int cipher_open(struct cipher *c, const struct cipher_job *job);	/* 0, -EBADMSG (out is wiped) or -ENOMEM */

/* OpenSSL's objects for entries of the table; NULL: there is none. The caller frees. */
EVP_CIPHER *suite_fetch_cipher(const struct transform *encr, uint16_t key_bits);
EVP_MAC_CTX *suite_new_mac(const struct transform *prf_or_integ);	/* without a key */
bool suite_is_cmac(const struct transform *prf_or_integ);
int suite_ke_supports(const struct transform *group);

#endif
