/* SPDX-License-Identifier: Apache-2.0 */
/* credentials.h -- certificates, private keys, trust anchors and CRLs in memory, and what is asked of them: our certificate and
 * its key, and whether a peer's certificate is to be believed (I-069..I-071, I-063). It opens no file and reads no clock.
 *
 * A private key belongs to the certificate with the same public key, whatever the files are called. Texts are PEM or DER.
 * Nothing here is printed but subjects and reasons. OpenSSL keeps private values in its secure heap, if the program made one.
 */
#ifndef RUNTIME_CREDENTIALS_H
#define RUNTIME_CREDENTIALS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "proto/ident.h"
#include "runtime/auth/signature.h"

#define CERT_X509		4u	/* encoding of CERT and CERTREQ (I-069, I-070) */
#define CERTREQ_MAX		32u	/* more CAs than that are not listed: SA_INIT cannot be fragmented */

struct credentials;
struct certificate;		/* with its intermediates and, if known, its private key */

struct credentials *credentials_new(const char *place);	/* place: where they come from, for messages; NULL: no memory */
void credentials_free(struct credentials *c);

/* The number of items that were taken; -EINVAL: the text has none; -ENOMEM. The first certificate of a named text is the end's,
 * the others are intermediates; a name that is there already is -EEXIST. */
int credentials_add_certificate(struct credentials *c, const char *name, struct slice text);
int credentials_add_anchors(struct credentials *c, struct slice text);
int credentials_add_crls(struct credentials *c, struct slice text);
int credentials_add_key(struct credentials *c, struct slice text);	/* -ENOKEY: encrypted */

/* A public key from the base64 of its SubjectPublicKeyInfo, to be freed with credentials_key_free(). -EINVAL, -ENOMEM. */
int public_key_read(struct slice base64, EVP_PKEY **ret);
EVP_PKEY *credentials_private_key(const struct credentials *c, EVP_PKEY *public_key);	/* NULL: none; borrowed; c may be NULL */

const struct certificate *credentials_find(const struct credentials *c, const char *name);	/* NULL; c may be NULL */
const char *credentials_place(const struct credentials *c);					/* c may be NULL */
unsigned credentials_anchor_count(const struct credentials *c);					/* c may be NULL */

struct ident certificate_subject(struct arena *a, const struct certificate *cert);
struct ident certificate_issuer(struct arena *a, const struct certificate *cert);
EVP_PKEY *certificate_private_key(const struct certificate *cert);	/* NULL: none; borrowed */
EVP_PKEY *certificate_public_key(const struct certificate *cert);	/* borrowed */
bool certificate_names(struct arena *a, const struct certificate *cert, const struct ident *id);	/* I-063 */
/* DER of the end certificate (0) and of its intermediates; false: there are no more. Roots are left out (I-070). */
bool certificate_der(struct arena *a, const struct certificate *cert, unsigned i, struct slice *ret);

/* The body of CERTREQ behind its encoding: SHA-1 of each anchor's SubjectPublicKeyInfo; empty when there are none, or more than
 * CERTREQ_MAX. */
void credentials_certreq(const struct credentials *c, struct buf *out);

struct chain {			/* what a peer sent: its own certificate first; borrowed */
	struct slice der[LIMIT_CERTIFICATES];
	unsigned n;
};

struct trust {			/* what is demanded of it */
	struct ident id;		/* must be proven by the certificate (I-063) */
	const struct certificate *pinned;	/* NULL: none. Its key is the only one, and needs no CA */
	EVP_PKEY *raw;			/* NULL: none. The key itself, from the configuration: no certificate is looked at */
	const struct ident *ca;		/* NULL: any of the anchors; else a DN that must be in the chain */
	int64_t now;			/* seconds since 1970 */
};

/* 0: *ret is the peer's public key, to be freed with credentials_key_free(). -EKEYREJECTED with the reason; -ENOMEM. */
int credentials_verify(const struct credentials *c, struct arena *a, const struct chain *chain, const struct trust *trust,
		       EVP_PKEY **ret, char why[SIGNATURE_WHY]);
void credentials_key_free(EVP_PKEY **key);

#endif
