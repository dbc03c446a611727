/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h -- the AUTH payload of IKEv2 (RFC 7296 section 2.15, RFC 7427): what is signed, how it is made and verified.
 *
 * The engine knows *that* a peer must prove an identity; which method does it stands in struct auth_key: a shared key (I-080), a
 * signature (I-082), or nothing (I-086). All comparisons of secrets are in constant time; a reason is for the log only, the wire
 * says AUTHENTICATION_FAILED whatever it was (I-064).
 */
#ifndef RUNTIME_AUTH_H
#define RUNTIME_AUTH_H

#include "base/buf.h"
#include "base/slice.h"
#include "runtime/auth/signature.h"
#include "runtime/suite/suite.h"
#include "secrets/secrets.h"

enum auth_method {		/* values of the wire */
	AUTH_RSA = 1,
	AUTH_PSK = 2,
	AUTH_ECDSA_256 = 9,
	AUTH_ECDSA_384 = 10,
	AUTH_ECDSA_521 = 11,
	AUTH_NULL = 13,
	AUTH_SIGNATURE = 14,
};
const char *auth_method_name(uint8_t method);	/* "shared key"; NULL: unknown */

/* The octets one side signs: its own first message, the other side's nonce, and its identity. */
struct auth_octets {
	struct slice message;	/* SA_INIT as sent by the signer, exact bytes (I-051) */
	struct slice nonce;	/* of the other side, payload body */
	struct slice id;	/* body of the signer's ID payload: type, three reserved bytes, data */
	struct slice sk_p;	/* SK_pi or SK_pr of the signer */
	struct slice intauth;	/* IntAuth_i, IntAuth_r, message id (I-096); empty without IKE_INTERMEDIATE */
};

struct auth_key {
	enum auth_method method;	/* AUTH_PSK, AUTH_NULL; AUTH_SIGNATURE stands for the older kinds of signatures too */
	const struct secret *psk;	/* AUTH_PSK; borrowed */
	EVP_PKEY *key;			/* AUTH_SIGNATURE: private to make, public to verify; borrowed */
	uint32_t signatures;		/* enum plan_signature that are allowed */
	unsigned hashes;		/* to make: what the peer announced (signature_make()) */
};

/* Appends the authentication data (the body of AUTH behind its 4 bytes) and tells the method on the wire. 0, -ENOTSUP where
 * nothing that is allowed can be done with the key, -EINVAL for an empty key, -ENOMEM. */
int auth_make(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t *ret_method, struct buf *out);
/* Is `method` of the wire one of the kind that the key is for? */
bool auth_method_fits(enum auth_method of_key, uint8_t method);
/* 0 when `data` with `method` proves it; -EKEYREJECTED with the reason, -EINVAL for an empty key, -ENOMEM. */
int auth_verify(struct prf *prf, const struct auth_key *key, const struct auth_octets *octets, uint8_t method, struct slice data,
		char why[SIGNATURE_WHY]);

#endif
