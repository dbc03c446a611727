/* SPDX-License-Identifier: Apache-2.0 */
/* prf, prf+, and what is derived with them (RFC 7296 sections 2.13 to 2.18). */
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>

#include "runtime/suite/cipher.h"

#define FIXED_KEY	16u	/* of CMAC with AES-128 */

struct prf {
	EVP_MAC_CTX *mac;
	size_t size;
	bool fixed_key;		/* RFC 4615: keys have one size, others are brought to it */
};

int prf_new(const struct transform *t, struct prf **ret)
{
	EVP_MAC_CTX *mac = t->type == TRANSFORM_PRF && t->output_bits <= 8 * SUITE_PRF_MAX ? suite_new_mac(t) : NULL;
	struct prf *p;

	if (!mac)
		return -ENOTSUP;
	p = calloc(1, sizeof *p);
	if (!p) {
		EVP_MAC_CTX_free(mac);
		return -ENOMEM;
	}
	*p = (struct prf){ .mac = mac, .size = t->output_bits / 8u, .fixed_key = suite_is_cmac(t) };
	*ret = p;
	return 0;
}

void prf_free(struct prf *p)
{
	if (!p)
		return;
	EVP_MAC_CTX_free(p->mac);
	free(p);
}

size_t prf_size(const struct prf *p)
{
	return p->size;
}

static bool compute(struct prf *p, struct slice key, const struct slice *parts, size_t n, uint8_t *out)
{
	static const uint8_t none, zeros[FIXED_KEY];
	uint8_t fixed[FIXED_KEY] = { 0 };
	size_t size;
	bool started;

	if (p->fixed_key && key.n != FIXED_KEY) {
		if (!compute(p, slice_bytes(zeros, FIXED_KEY), &key, 1, fixed))
			return false;
		key = slice_bytes(fixed, FIXED_KEY);
	}
	/* A NULL key would mean "the one before". */
	started = EVP_MAC_init(p->mac, key.n ? (const uint8_t *)key.p : &none, key.n, NULL);
	OPENSSL_cleanse(fixed, sizeof fixed);
	if (!started)
		return false;
	for (size_t i = 0; i < n; i++)
		if (parts[i].n && !EVP_MAC_update(p->mac, (const uint8_t *)parts[i].p, parts[i].n))
			return false;
	return EVP_MAC_final(p->mac, out, &size, p->size);
}

int prf_compute(struct prf *p, struct slice key, const struct slice *parts, size_t n, uint8_t *out)
{
	if (compute(p, key, parts, n, out))
		return 0;
	ERR_clear_error();
	OPENSSL_cleanse(out, p->size);
	return -ENOMEM;
}

#define PARTS_MAX	6	/* longest seed of this file, with the block before and the counter */

int prf_plus(struct prf *p, struct slice key, const struct slice *parts, size_t n, uint8_t *out, size_t size)
{
	uint8_t block[SUITE_PRF_MAX], counter = 0;
	struct slice list[PARTS_MAX + 2];
	size_t done = 0;
	int error = 0;

	if (size > 255 * p->size || n > PARTS_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		list[1 + i] = parts[i];
	list[n + 1] = slice_bytes(&counter, 1);
	while (done < size && !error) {
		size_t take = size - done < p->size ? size - done : p->size;

		list[0] = slice_bytes(block, counter ? p->size : 0);
		counter++;
		error = prf_compute(p, key, list, n + 2, block);
		memcpy(out + done, block, take);
		done += take;
	}
	OPENSSL_cleanse(block, sizeof block);
	if (error)
		OPENSSL_cleanse(out, size);
	return error;
}

/* --- keys -------------------------------------------------------------------------------------------------------------------- */

int ike_skeyseed(struct prf *prf, const struct key_seed *seed, uint8_t out[SUITE_PRF_MAX])
{
	uint8_t nonces[512];	/* 256 at most each (I-040) */
	size_t ni = seed->ni.n, nr = seed->nr.n;

	if (ni > 256 || nr > 256 || (prf->fixed_key && (ni < FIXED_KEY / 2 || nr < FIXED_KEY / 2)))
		return -EINVAL;
	if (prf->fixed_key)
		ni = nr = FIXED_KEY / 2;	/* RFC 7296 section 2.14 */
	memcpy(nonces, seed->ni.p, ni);
	memcpy(nonces + ni, seed->nr.p, nr);
	return prf_compute(prf, slice_bytes(nonces, ni + nr), &seed->shared, 1, out);
}

int ike_skeyseed_rekey(struct prf *old, struct slice old_d, const struct key_seed *seed, uint8_t out[SUITE_PRF_MAX])
{
	struct slice parts[] = { seed->shared, seed->ni, seed->nr, seed->more };

	return prf_compute(old, old_d, parts, 4, out);
}

static void put_be64(uint8_t out[8], uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		out[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* Takes the next n bytes of key material. */
static void take(uint8_t *to, const uint8_t **from, size_t n)
{
	memcpy(to, *from, n);
	*from += n;
}

int ike_keys_expand(struct prf *prf, const struct suite_choice *choice, struct slice skeyseed, struct slice ni, struct slice nr,
		    uint64_t spi_i, uint64_t spi_r, struct ike_keys *ret)
{
	uint8_t spis[16], material[3 * SUITE_PRF_MAX + 2 * SUITE_INTEG_MAX + 2 * SUITE_ENCR_MAX];
	struct slice seed[] = { ni, nr, slice_bytes(spis, sizeof spis) };
	size_t encr = suite_encr_key_size(choice->encr, choice->encr_key_bits);
	size_t integ = suite_integ_key_size(choice->integ), size = 3 * prf->size + 2 * integ + 2 * encr;
	const uint8_t *at = material;
	int error;

	if (encr > SUITE_ENCR_MAX || integ > SUITE_INTEG_MAX)
		return -ENOTSUP;
	put_be64(spis, spi_i);
	put_be64(spis + 8, spi_r);
	error = prf_plus(prf, skeyseed, seed, 3, material, size);
	if (!error) {
		*ret = (struct ike_keys){ .prf_size = prf->size, .encr_size = encr, .integ_size = integ };
		take(ret->d, &at, prf->size);
		take(ret->ai, &at, integ);
		take(ret->ar, &at, integ);
		take(ret->ei, &at, encr);
		take(ret->er, &at, encr);
		take(ret->pi, &at, prf->size);
		take(ret->pr, &at, prf->size);
	}
	OPENSSL_cleanse(material, sizeof material);
	return error;
}

int ike_keys_derive(struct prf *prf, const struct suite_choice *choice, const struct key_seed *seed, uint64_t spi_i, uint64_t spi_r,
		    struct ike_keys *ret)
{
	uint8_t skeyseed[SUITE_PRF_MAX];
	int error = ike_skeyseed(prf, seed, skeyseed);

	if (!error)
		error = ike_keys_expand(prf, choice, slice_bytes(skeyseed, prf->size), seed->ni, seed->nr, spi_i, spi_r, ret);
	OPENSSL_cleanse(skeyseed, sizeof skeyseed);
	return error;
}

int ike_keys_rekey(struct prf *old, struct slice old_d, struct prf *prf, const struct suite_choice *choice,
		   const struct key_seed *seed, uint64_t spi_i, uint64_t spi_r, struct ike_keys *ret)
{
	uint8_t skeyseed[SUITE_PRF_MAX];
	int error = ike_skeyseed_rekey(old, old_d, seed, skeyseed);

	if (!error)
		error = ike_keys_expand(prf, choice, slice_bytes(skeyseed, old->size), seed->ni, seed->nr, spi_i, spi_r, ret);
	OPENSSL_cleanse(skeyseed, sizeof skeyseed);
	return error;
}

int ike_keys_mix_ppk(struct prf *prf, struct slice ppk, struct ike_keys *k)
{
	uint8_t *const mixed[] = { k->d, k->pi, k->pr };
	uint8_t out[3][SUITE_PRF_MAX];
	int error = 0;

	for (unsigned i = 0; i < 3 && !error; i++) {
		struct slice key = slice_bytes(mixed[i], k->prf_size);

		error = prf_plus(prf, ppk, &key, 1, out[i], k->prf_size);
	}
	for (unsigned i = 0; i < 3 && !error; i++)
		memcpy(mixed[i], out[i], k->prf_size);
	OPENSSL_cleanse(out, sizeof out);
	return error;
}

int child_keys_derive(struct prf *prf, struct slice sk_d, const struct suite_choice *choice, const struct key_seed *seed,
		      struct child_keys *ret)
{
	uint8_t material[2 * SUITE_INTEG_MAX + 2 * SUITE_ENCR_MAX];
	struct slice parts[] = { seed->shared, seed->ni, seed->nr, seed->more };
	size_t encr = choice->encr ? suite_encr_key_size(choice->encr, choice->encr_key_bits) : 0;
	size_t integ = suite_integ_key_size(choice->integ);
	const uint8_t *at = material;
	int error;

	if (encr > SUITE_ENCR_MAX || integ > SUITE_INTEG_MAX)
		return -ENOTSUP;
	error = prf_plus(prf, sk_d, parts, 4, material, 2 * (encr + integ));
	if (!error) {
		*ret = (struct child_keys){ .encr_size = encr, .integ_size = integ };
		take(ret->encr_i, &at, encr);
		take(ret->integ_i, &at, integ);
		take(ret->encr_r, &at, encr);
		take(ret->integ_r, &at, integ);
	}
	OPENSSL_cleanse(material, sizeof material);
	return error;
}

/* --- hashes ------------------------------------------------------------------------------------------------------------------ */

int suite_natd_hash(uint64_t spi_i, uint64_t spi_r, const struct ip_addr *addr, uint16_t port, uint8_t out[SUITE_NATD_SIZE])
{
	uint8_t text[8 + 8 + 16 + 2];
	size_t n = 16;

	put_be64(text, spi_i);
	put_be64(text + 8, spi_r);
	memcpy(text + n, addr->bytes, ip_addr_size(addr));
	n += ip_addr_size(addr);
	text[n++] = (uint8_t)(port >> 8);
	text[n++] = (uint8_t)port;
	if (EVP_Q_digest(NULL, "SHA1", NULL, text, n, out, NULL))
		return 0;
	ERR_clear_error();
	return -ENOTSUP;
}

bool suite_equal(struct slice a, struct slice b)
{
	return a.n == b.n && CRYPTO_memcmp(a.p, b.p, a.n) == 0;
}
