/* SPDX-License-Identifier: Apache-2.0 */
/* signature.h -- signatures in the AUTH payload: the digital signature of RFC 7427 with its AlgorithmIdentifier, and the older
 * methods 1 (RSA with SHA-1) and 9 to 11 (ECDSA of fixed size, RFC 4754). One table of schemes; what a conn allows is a set of
 * enum plan_signature.
 *
 * The key's own algorithm decides, not what the peer claims (I-085). RSA keys below SIGNATURE_RSA_MIN bits are refused.
 */
#ifndef RUNTIME_SIGNATURE_H
#define RUNTIME_SIGNATURE_H

#include "base/buf.h"
#include "base/slice.h"

#define SIGNATURE_RSA_MIN	2048	/* bits; I-085 */
#define SIGNATURE_WHY		320u	/* bytes of a reason */

typedef struct evp_pkey_st EVP_PKEY;	/* as OpenSSL declares it, so that callers need none of its headers */

/* Set of hash numbers of SIGNATURE_HASH_ALGORITHMS (bit 2: SHA2-256, 3: SHA2-384, 4: SHA2-512, 5: identity; never SHA-1) that
 * signatures of the allowed kinds use (I-048). */
unsigned signature_hashes(uint32_t allowed);

/* Can this key make a signature of an allowed kind? 0, or -ENOTSUP with a static sentence. */
int signature_key_fits(EVP_PKEY *key, uint32_t allowed, const char **ret_why);

/* Appends the authentication data for the method in *ret_method: the strongest that is allowed, that suits the key and whose
 * hash is in `hashes` (what the peer announced; 0: it did not, then an older method if allowed, I-084). -ENOTSUP: none;
 * -ENOMEM for any failure of OpenSSL. */
int signature_make(EVP_PKEY *key, uint32_t allowed, unsigned hashes, struct slice octets, uint8_t *ret_method, struct buf *out);

/* 0: the data proves that the owner of `key` signed the octets. -EKEYREJECTED with the reason, which names what was received
 * and what is allowed (I-083); -ENOMEM. */
int signature_verify(EVP_PKEY *key, uint32_t allowed, uint8_t method, struct slice data, struct slice octets,
		     char why[SIGNATURE_WHY]);

#endif
