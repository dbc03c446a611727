/* SPDX-License-Identifier: Apache-2.0 */
/* Which secret serves a pair of identities (K-031 to K-034, I-081), for one pair. */
#include <openssl/crypto.h>

#include "secrets/index.h"

/* K-033. A wildcard on the conn's side is equal to no identity: those entries count by K-031's "any" (K-030). */
static bool same(const struct ident *selector, const struct ident *id)
{
	return id->type != IDENT_ANY && id->type != IDENT_NONE && ident_same(selector, id);
}

/* Sum of bits over the identities of an entry; 0: the entry does not serve this pair. */
static unsigned score(const struct secret_entry *e, const struct ident *local, const struct ident *remote)
{
	unsigned sum = e->selectors.n ? 0 : SECRET_ANY;

	for (size_t i = 0; i < e->selectors.n; i++) {
		const struct ident *id = &e->selectors.v[i];

		if (id->type == IDENT_ANY) {
			sum |= SECRET_ANY;
			continue;
		}
		if (same(id, local))
			sum |= SECRET_LOCAL | (e->selectors.n == 1 ? SECRET_ALONE : 0u);
		if (same(id, remote))
			sum |= SECRET_REMOTE;
	}
	return secret_sum_serves(sum, e->kind) ? sum : 0;
}

const struct secret_entry *secrets_find_psk(const struct secrets *s, const struct ident *local, const struct ident *remote)
{
	const struct secret_entry *best = NULL;
	unsigned best_score = 0;

	for (size_t i = 0; i < s->entries.n; i++) {
		const struct secret_entry *e = &s->entries.v[i];
		unsigned n = e->kind == SECRET_PSK && !e->refused ? score(e, local, remote) : 0;

		if (n > best_score) {	/* K-034: the first among equals */
			best = e;
			best_score = n;
		}
	}
	return best;
}

const struct secret_entry *secrets_find_psk_or_address(const struct secrets *s, const struct ident *local, const struct ident *remote,
						       const struct ip_addr *local_addr, const struct ip_addr *remote_addr)
{
	struct ident here = ident_borrow_address(local_addr), there = ident_borrow_address(remote_addr);
	const struct secret_entry *e = secrets_find_psk(s, local, remote);

	if (e || local_addr->family == AF_UNSPEC || remote_addr->family == AF_UNSPEC)
		return e;
	return secrets_find_psk(s, &here, &there);
}

static bool listed(const char *ids, const char *id)
{
	struct slice rest = slice_of(ids ? ids : ""), word;

	while (slice_split(&rest, ", \t", &word))
		if (slice_eq_str(word, id))
			return true;
	return !ids;
}

const struct secret_entry *secrets_find_ppk(const struct secrets *s, const struct ident *local, const struct ident *remote, const char *ids,
					    struct slice id)
{
	const struct secret_entry *best = NULL;
	unsigned best_score = 0;

	for (size_t i = 0; i < s->entries.n; i++) {
		const struct secret_entry *e = &s->entries.v[i];
		unsigned n = 0;

		if (e->kind == SECRET_PPKS && !e->refused && e->value.n && e->reference && listed(ids, e->reference) &&
		    (!id.n || slice_eq_str(id, e->reference)))
			n = score(e, local, remote);
		if (n > best_score) {
			best = e;
			best_score = n;
		}
	}
	return best;
}

const struct secret_entry *secrets_psk_rival(const struct secrets *s, const struct secret_entry *found, const struct ident *local,
					     const struct ident *remote)
{
	unsigned wanted = score(found, local, remote);

	for (size_t i = 0; i < s->entries.n; i++) {
		const struct secret_entry *e = &s->entries.v[i];

		if (e == found || e->kind != SECRET_PSK || e->refused || score(e, local, remote) != wanted)
			continue;
		if (e->value.n != found->value.n || CRYPTO_memcmp(e->value.bytes, found->value.bytes, e->value.n) != 0)
			return e;
	}
	return NULL;
}
