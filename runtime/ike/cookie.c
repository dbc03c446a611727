/* SPDX-License-Identifier: Apache-2.0 */
/* cookie.c -- who may cost us a Diffie-Hellman computation: half-open SAs are counted, and from a number on only a peer that can
 * receive at the address it claims gets further (RFC 7296 section 2.6; I-340, I-341).
 */
#include <string.h>

#include "runtime/ike/internal.h"

#define SECRET_MS	60000u
#define MAC_SIZE	32u

bool cookie_wanted(struct ike *ike, const struct ip_addr *remote, bool *ret_drop)
{
	unsigned same = 0;

	*ret_drop = ike->half_open >= LIMIT_HALF_OPEN;
	if (ike->half_open >= LIMIT_HALF_OPEN_COOKIE)
		return true;
	for (const struct ike_sa *sa = ike->half_first; sa && same < LIMIT_HALF_OPEN_ADDRESS; sa = sa->half_next)
		same += ip_addr_eq(&sa->remote, remote);
	return same >= LIMIT_HALF_OPEN_ADDRESS;
}

static void refresh(struct ike *ike)
{
	uint8_t number = ike->cookie.number;

	if (ike->cookie.set && ike->now < ike->cookie_changed + SECRET_MS)
		return;
	ike->old_cookie = ike->cookie;
	if (ike->now >= ike->cookie_changed + 2 * SECRET_MS)
		ike->old_cookie.set = false;
	ike_random(ike, ike->cookie.bytes, sizeof(ike->cookie.bytes));
	ike->cookie.number = (uint8_t)(number + 1);
	ike->cookie.set = true;
	ike->cookie_changed = ike->now;
}

static bool make(struct ike *ike, const struct cookie_secret *secret, const struct ike_datagram *d, uint64_t spi_i,
		 struct slice nonce, uint8_t out[IKE_COOKIE_MAX], size_t *ret_n)
{
	const struct slice parts[] = {
		nonce, slice_bytes(d->remote.bytes, ip_addr_size(&d->remote)), slice_bytes(&d->remote_port, sizeof(d->remote_port)),
		slice_bytes(&spi_i, sizeof(spi_i)),
	};

	_Static_assert(1 + MAC_SIZE <= IKE_COOKIE_MAX && MAC_SIZE <= SUITE_PRF_MAX, "a cookie has at most 64 bytes");
	out[0] = secret->number;
	*ret_n = 1 + MAC_SIZE;
	return secret->set &&
	       prf_compute(ike->cookie_prf, slice_bytes(secret->bytes, sizeof(secret->bytes)), parts, 4, out + 1) == 0;
}

bool cookie_make(struct ike *ike, const struct ike_datagram *d, uint64_t spi_i, struct slice nonce, uint8_t out[IKE_COOKIE_MAX],
		 size_t *ret_n)
{
	refresh(ike);
	return make(ike, &ike->cookie, d, spi_i, nonce, out, ret_n);
}

bool cookie_check(struct ike *ike, const struct ike_datagram *d, uint64_t spi_i, struct slice nonce, struct slice cookie)
{
	const struct cookie_secret *secrets[] = { &ike->cookie, &ike->old_cookie };
	uint8_t mine[IKE_COOKIE_MAX];
	size_t n;

	refresh(ike);
	for (unsigned i = 0; i < 2; i++)
		if (cookie.n && (uint8_t)cookie.p[0] == secrets[i]->number && make(ike, secrets[i], d, spi_i, nonce, mine, &n) &&
		    suite_equal(cookie, slice_bytes(mine, n)))
			return true;
	return false;
}
