/* SPDX-License-Identifier: Apache-2.0 */
/* transform.h -- the algorithms of IKE and IPsec, from proto/transforms.yaml (the generated table is static data).
 *
 * One entry per algorithm, with all its names and numbers: IANA (IKEv1, IKEv2, ESP/AH), Linux XFRM, PF_KEY, OpenSSL 3,
 * Libreswan's spellings per release. Sizes are in bits where the name says bits, else in bytes.
 */
#ifndef PROTO_TRANSFORM_H
#define PROTO_TRANSFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "proto/release.h"

enum transform_type {		/* values: RFC 7296 section 3.3.2 */
	TRANSFORM_ENCR = 1,
	TRANSFORM_PRF = 2,
	TRANSFORM_INTEG = 3,
	TRANSFORM_KE = 4,	/* Diffie-Hellman group, RFC 9370's "key exchange method" */
	TRANSFORM_ESN = 5,
};

/* Where a release takes an algorithm: ike=, esp=, ah= with IKEv1 and with IKEv2. */
enum transform_use {
	USE_IKE1 = 0x01,
	USE_IKE2 = 0x02,
	USE_ESP1 = 0x04,
	USE_ESP2 = 0x08,
	USE_AH1 = 0x10,
	USE_AH2 = 0x20,
	USE_ANY = 0x3f,
};

#define TRANSFORM_NONE 0xffffu	/* a number that does not exist in that registry */

struct transform {
	enum transform_type type;
	const char *name;		/* canonical, as Libreswan prints it: AES_GCM_16, HMAC_SHA2_256_128, MODP2048, DH19 */
	const char *const *aliases;	/* NULL-terminated: every spelling a Libreswan release takes, lower case */
	const uint8_t *alias_releases;	/* parallel: bit 1 << enum release */
	const uint8_t *alias_use_3_18;	/* parallel: 3.18 takes some spellings in some keywords only */
	uint16_t ikev2_id;		/* TRANSFORM_NONE where there is none; so are the next three */
	uint16_t ikev1_ike_id;
	uint16_t ikev1_esp_id;		/* ENCR: ESP transform, INTEG: authentication attribute, KE: group */
	uint16_t ikev1_ah_id;		/* INTEG: AH transform */
	uint16_t key_bits[4];		/* allowed, 0-terminated; fixed-key algorithms have one; KE: none */
	uint16_t key_bits_default;	/* 0: no key */
	bool key_attribute;		/* key length goes on the wire */
	bool aead;
	uint8_t block, iv, salt;	/* bytes */
	uint16_t icv_bits;		/* AEAD tag or truncated MAC on the wire */
	uint16_t output_bits;		/* PRF output; public value size of a group (of a KEM: the initiator's) */
	const char *xfrm;		/* kernel name, NULL: none */
	uint16_t pfkey;			/* SADB number; 0: none */
	const char *openssl;		/* NULL: none. ENCR: cipher, "AES-%u-GCM" takes the key size, "GMAC(cipher)" encrypts
					 * nothing; PRF, INTEG: the digest under HMAC, or "CMAC(cipher)"; KE: group or curve */
	uint16_t strength_bits;		/* 0: depends on the key size */
	uint8_t use[RELEASE_COUNT];	/* enum transform_use; 3.18 knows no difference between IKE versions */
	const char *rfc8247, *rfc8221;	/* status words, "" where not listed */
	const char *doc;		/* whole sentences */
};

extern const struct transform *const transform_table[];	/* all, ordered by type, then as in the YAML file; static data */
extern const unsigned transform_count;

const struct transform *transform_by_name(enum transform_type type, const char *canonical);
const struct transform *transform_by_ikev2_id(enum transform_type type, uint16_t id);
/* By a Libreswan spelling that `release` takes (case-insensitive); with release RELEASE_ANY by every spelling. */
const struct transform *transform_by_alias(enum transform_type type, struct slice alias, enum release release);
/* The same for a place: `use` is one or more bits of enum transform_use, and the release must take the algorithm in one of them. */
const struct transform *transform_by_alias_for(enum transform_type type, struct slice alias, enum release release, unsigned use);
/* Nearest known alias for a "did you mean", or NULL when there is none within two mistakes, or several as near. */
const char *transform_nearest(enum transform_type type, struct slice alias, enum release release);
/* NONE of integrity or key exchange: what need not be there. */
bool transform_is_none(const struct transform *t);
/* A cipher that hides what it carries: not NULL, nor GMAC, which only authenticates (RFC 4543). */
bool transform_encrypts(const struct transform *t);
const char *transform_type_name(enum transform_type type);	/* "cipher", "DH group" */

#endif
