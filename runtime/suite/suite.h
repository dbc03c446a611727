/* SPDX-License-Identifier: Apache-2.0 */
/* suite.h -- the cryptography of IKEv2 (RFC 7296 sections 2.13-2.18, 3.14; RFC 5282, 7634, 5903, 8031), by OpenSSL 3, chosen by
 * entries of the transform table. What an algorithm is called in OpenSSL stands in the table; nothing here lists algorithms by
 * number.
 *
 * Objects are made once per SA and keep their OpenSSL contexts; functions return 0 or -errno: -ENOTSUP (no such algorithm
 * here), -EBADMSG (ICV or public value wrong), -EINVAL (sizes that cannot be), -ENOMEM (also any other failure of OpenSSL).
 * Results are untouched on failure, except where the text says that they are wiped. Keys lie in structs with a wipe function
 * and are never logged. Sizes are in bytes. No function is told a secret through a struct slice that it keeps: slices are
 * borrowed for the call.
 */
#ifndef RUNTIME_SUITE_H
#define RUNTIME_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "proto/addr.h"
#include "proto/transform.h"
#include "secrets/secrets.h"

#define SUITE_PRF_MAX		64	/* HMAC_SHA2_512 */
#define SUITE_INTEG_MAX		64
#define SUITE_ENCR_MAX		68	/* cipher key with salt */
#define SUITE_IV_MAX		16
#define SUITE_PUBLIC_MAX	1568	/* ML-KEM-1024; MODP8192 has 1024 */
#define SUITE_NATD_SIZE		20

static inline struct slice slice_bytes(const void *p, size_t n)
{
	return (struct slice){ (const char *)p, n };
}

/* What one SA uses. For a child only encr, encr_key_bits, integ. */
struct suite_choice {
	const struct transform *encr;
	uint16_t encr_key_bits;		/* 0: the algorithm's only size */
	const struct transform *integ;	/* NULL: none, with AEAD */
	const struct transform *prf;
	const struct transform *ke;	/* NULL: none */
};

/* Can it be done here? 0, or -ENOTSUP with a static sentence in *ret_why (may be NULL), for the check of a plan at load.
 * key_bits 0: any. An ESN transform and the transforms NONE are supported. */
int suite_supports(const struct transform *t, uint16_t key_bits, const char **ret_why);
size_t suite_encr_key_size(const struct transform *encr, uint16_t key_bits);	/* key and salt, as taken from KEYMAT */
size_t suite_integ_key_size(const struct transform *integ);			/* 0 for NULL */

/* --- prf --------------------------------------------------------------------------------------------------------------------- */

struct prf;
int prf_new(const struct transform *t, struct prf **ret);
void prf_free(struct prf *p);
size_t prf_size(const struct prf *p);		/* of the output, and preferred key size */
/* out[prf_size()] = prf(key, parts one after another); out is wiped on failure. */
int prf_compute(struct prf *p, struct slice key, const struct slice *parts, size_t n, uint8_t *out);
/* I-200: prf+(key, parts), `size` bytes; -EINVAL above 255 blocks; out is wiped on failure. */
int prf_plus(struct prf *p, struct slice key, const struct slice *parts, size_t n, uint8_t *out, size_t size);

/* --- keys -------------------------------------------------------------------------------------------------------------------- */

struct ike_keys {			/* SK_*; allocate with secret_alloc(), free with secret_free() */
	size_t prf_size, encr_size, integ_size;
	uint8_t d[SUITE_PRF_MAX], pi[SUITE_PRF_MAX], pr[SUITE_PRF_MAX];
	uint8_t ai[SUITE_INTEG_MAX], ar[SUITE_INTEG_MAX];
	uint8_t ei[SUITE_ENCR_MAX], er[SUITE_ENCR_MAX];		/* with salt */
};

struct child_keys {			/* memory as of ike_keys; i: of packets from the initiator of the exchange to its responder */
	size_t encr_size, integ_size;
	uint8_t encr_i[SUITE_ENCR_MAX], integ_i[SUITE_INTEG_MAX];
	uint8_t encr_r[SUITE_ENCR_MAX], integ_r[SUITE_INTEG_MAX];
};

/* What goes into a derivation besides keys. */
struct key_seed {
	struct slice shared;		/* g^ir; empty: no key exchange */
	struct slice ni, nr;		/* of the initiator and the responder of *this* exchange */
	struct slice more;		/* RFC 9370: further shared secrets, one after another; empty */
};

int ike_skeyseed(struct prf *prf, const struct key_seed *seed, uint8_t out[SUITE_PRF_MAX]);	/* I-201: prf(Ni | Nr, g^ir) */
/* I-204, with the old PRF and old SK_d; also RFC 9370's SKEYSEED(n), with the PRF and SK_d in force. */
int ike_skeyseed_rekey(struct prf *old, struct slice old_d, const struct key_seed *seed, uint8_t out[SUITE_PRF_MAX]);
/* The seven keys from SKEYSEED (prf_size(prf_of_skeyseed) bytes). SPIs are those of the new SA. */
int ike_keys_expand(struct prf *prf, const struct suite_choice *choice, struct slice skeyseed, struct slice ni, struct slice nr,
		    uint64_t spi_i, uint64_t spi_r, struct ike_keys *ret);
/* First two steps in one: the keys of an SA_INIT. */
int ike_keys_derive(struct prf *prf, const struct suite_choice *choice, const struct key_seed *seed, uint64_t spi_i, uint64_t spi_r,
		    struct ike_keys *ret);
int ike_keys_rekey(struct prf *old, struct slice old_d, struct prf *prf, const struct suite_choice *choice,
		   const struct key_seed *seed, uint64_t spi_i, uint64_t spi_r, struct ike_keys *ret);
/* I-090: replaces SK_d, SK_pi, SK_pr. */
int ike_keys_mix_ppk(struct prf *prf, struct slice ppk, struct ike_keys *k);
/* I-203. */
int child_keys_derive(struct prf *prf, struct slice sk_d, const struct suite_choice *choice, const struct key_seed *seed,
		      struct child_keys *ret);

/* --- the SK payload ---------------------------------------------------------------------------------------------------------- */

struct sk_cipher;	/* one direction of an IKE SA */
int sk_cipher_new(const struct suite_choice *choice, struct slice encr_key, struct slice integ_key, struct sk_cipher **ret);
void sk_cipher_free(struct sk_cipher *c);
size_t sk_iv_size(const struct sk_cipher *c);
size_t sk_sealed_size(const struct sk_cipher *c, size_t text);	/* IV, text, padding, pad length, ICV */
size_t sk_room(const struct sk_cipher *c, size_t sealed);	/* longest text that fits in so many bytes; 0 if none */
/* `message` from `start` on holds the IKE header up to the end of the SK or SKF header, with lengths that count what is
 * appended here: exactly sk_sealed_size(text.n) bytes (wire_begin_sk()). random_iv: sk_iv_size() random bytes for CBC; ignored
 * with AEAD, whose IV is a counter (I-206). On failure the message is not usable. */
int sk_seal(struct sk_cipher *c, struct buf *message, size_t start, struct slice text, const uint8_t *random_iv);
/* Appends the text without padding to `text`. `sealed_at` is the offset of the IV in the message (struct wire_sk). -EBADMSG:
 * ICV wrong, or too short to have one; -EINVAL: ICV right, padding impossible. */
int sk_open(struct sk_cipher *c, struct slice message, size_t sealed_at, struct buf *text);

/* --- key exchange ------------------------------------------------------------------------------------------------------------ */

struct ke;		/* a private value, used once (I-050) */
int ke_initiate(const struct transform *group, struct ke **ret);
void ke_free(struct ke *ke);				/* wipes */
struct slice ke_public(const struct ke *ke);		/* as it goes in the KE payload; borrowed */
/* The shared secret, with the checks of I-049: -EBADMSG for a public value that is no member of the group. The private value
 * is wiped; the secret is secret_release()d by the caller. */
int ke_complete(struct ke *ke, struct slice peer, struct secret *ret_shared);
/* Responder in one step (a KEM has no other way): appends the own public value to `ret_public`. */
int ke_respond(const struct transform *group, struct slice peer, struct buf *ret_public, struct secret *ret_shared);
/* With a given pair, the private value as a number (X25519: as is): for known answers. */
int ke_from_pair(const struct transform *group, struct slice private_value, struct slice public_value, struct ke **ret);

/* --- hashes ------------------------------------------------------------------------------------------------------------------ */

/* I-047: SHA-1(SPIi | SPIr | address | port). */
int suite_natd_hash(uint64_t spi_i, uint64_t spi_r, const struct ip_addr *addr, uint16_t port, uint8_t out[SUITE_NATD_SIZE]);
/* In constant time; different sizes are different. */
bool suite_equal(struct slice a, struct slice b);

#endif
