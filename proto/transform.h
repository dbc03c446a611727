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

#define TRANSFORM_NONE 0xffffu	/* a number that does not exist in that registry */

struct transform {
	enum transform_type type;
	const char *name;		/* canonical, as IANA writes it with underscores: AES_GCM_16, HMAC_SHA2_256_128, ECP_256 */
	const char *const *aliases;	/* NULL-terminated: every spelling a Libreswan release takes, lower case */
	const uint8_t *alias_releases;	/* parallel: bit 1 << enum release */
	uint16_t ikev2_id;		/* TRANSFORM_NONE where there is none; so are the next two */
	uint16_t ikev1_ike_id;
	uint16_t ikev1_esp_id;
	uint16_t key_bits[4];		/* allowed, 0-terminated; fixed-key algorithms have one */
	uint16_t key_bits_default;
	bool key_attribute;		/* key length goes on the wire */
	bool aead;
	uint8_t block, iv, salt;	/* bytes */
	uint16_t icv_bits;		/* AEAD tag or truncated MAC on the wire */
	uint16_t output_bits;		/* PRF output; public value size of a group */
	const char *xfrm;		/* kernel name, NULL: none */
	uint16_t pfkey;			/* SADB number; 0: none */
	const char *openssl;		/* NULL: none. "AES-%u-GCM" takes the key size */
	uint16_t strength_bits;		/* 0: depends on the key size */
	uint8_t ike_releases, esp_releases;	/* bit 1 << enum release: accepted in ike=, in esp=/ah= */
	const char *rfc8247, *rfc8221;	/* status words, "" where not listed */
};

extern const struct transform *const transform_table[];	/* all, ordered by type, then as in the YAML file */
extern const unsigned transform_count;

const struct transform *transform_by_name(enum transform_type type, const char *canonical);
const struct transform *transform_by_ikev2_id(enum transform_type type, uint16_t id);
/* By a Libreswan spelling that `release` takes (case-insensitive); with release RELEASE_ANY by every spelling. */
const struct transform *transform_by_alias(enum transform_type type, struct slice alias, enum release release);
/* Nearest known alias for a "did you mean", or NULL. */
const char *transform_nearest(enum transform_type type, struct slice alias, enum release release);

#endif
