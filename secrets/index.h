/* SPDX-License-Identifier: Apache-2.0 */
/* index.h -- which entry of ipsec.secrets serves a pair of identities (K-031 ... K-037), for many pairs: entries are found by the hash of
 * an identity, so that n entries and n pairs take n log n. Files made for it, in which two identities stand in many entries but never
 * together, come to n times the root of n.
 *
 * Equal keys are numbered when the index is made; afterwards it looks at no key, and secrets_forget() may wipe them.
 */
#ifndef SECRETS_INDEX_H
#define SECRETS_INDEX_H

#include "secrets/secrets.h"

/* Bits of K-031. A sum of them says how an entry fits a pair; secret_sum_serves() whether that is enough. */
enum { SECRET_ALONE = 1, SECRET_ANY = 2, SECRET_REMOTE = 4, SECRET_LOCAL = 8 };

/* K-032: an entry that lists the own identity among others serves XAUTH and private keys ("asymmetric"), never a PSK. */
bool secret_sum_serves(unsigned sum, enum secret_kind kind);

struct secret_choice {
	const struct secret_entry *entry;	/* NULL: none serves */
	unsigned sum;
	const struct secret_entry *rival;	/* one as good, with another key (K-045); NULL: none */
};

struct secret_loser {
	const struct secret_entry *entry;
	unsigned sum;				/* of this entry; one that serves is worse than the winner's, or the entry comes later */
};

struct secret_index;

/* Over the entries of one kind. Borrows from `s`, which must stay; the memory is the arena's. */
struct secret_index *secret_index_new(struct arena *a, const struct secrets *s, enum secret_kind kind);
/* `remote` of type IDENT_ANY or IDENT_NONE: nobody in particular (K-030, K-037). */
struct secret_choice secret_index_find(struct secret_index *index, const struct ident *local, const struct ident *remote);
/* Entries that name one of the two, or everybody, and lose against `winner`; a few of them, near misses first. How many. */
size_t secret_index_losers(const struct secret_index *index, const struct ident *local, const struct ident *remote,
			   const struct secret_choice *winner, struct secret_loser *ret, size_t max);

#endif
