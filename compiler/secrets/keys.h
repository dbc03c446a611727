/* SPDX-License-Identifier: Apache-2.0 */
/* keys.h -- which secret each conn takes, by the rules of the chosen release (K-030 ... K-051), and what is wrong about it.
 *
 * Nothing here holds a key: entries are named by their place, and their values may be gone (secrets_forget()).
 */
#ifndef COMPILER_SECRETS_KEYS_H
#define COMPILER_SECRETS_KEYS_H

#include "compiler/lower/lower.h"
#include "secrets/index.h"

#define KEY_LOSERS	4u	/* shown of each conn */

enum key_kind { KEY_PSK, KEY_XAUTH, KEY_PRIVATE };
enum key_status { KEY_FOUND, KEY_MISSING, KEY_UNKNOWN };

/* A key that a conn needs. */
struct conn_key {
	enum key_kind kind;
	enum key_status status;
	enum plan_side side;		/* the end that this host was taken for; UNKNOWN: the answer is the same for both */
	struct secret_choice choice;	/* FOUND: the entry that wins, and why */
	const char *why;		/* MISSING, UNKNOWN: the reason */
	struct ident local, remote;	/* as they are looked for; IDENT_ANY: nobody in particular */
	bool identity_unused;		/* K-030: the peer's identity is known, but too late */
	const struct secret_loser *losers;
	size_t loser_count;
};

struct conn_keys {
	VEC(struct conn_key) list;	/* empty: it needs none */
};

struct keys_options {
	const struct host_facts *facts;	/* NULL: none */
	bool losers;			/* of every conn, not only of those that lack a key */
	const char *path;		/* of the file, for what to type */
};

/* One for each conn of `ir`, in its order. Findings go to diag; a conn that one of them warns of has the verdict "loads with warnings". */
const struct conn_keys *keys_check(struct arena *a, const struct ir *ir, const struct secrets *secrets, const struct keys_options *options,
				   struct diag *diag);

/* "names both ends": how an entry of this sum fits. */
const char *keys_fit(unsigned sum);
/* "local+remote": the same as a word for documents. */
const char *keys_fit_word(unsigned sum);
/* Why an entry is not taken. */
const char *keys_why_lost(const struct conn_key *key, const struct secret_loser *loser);

#endif
