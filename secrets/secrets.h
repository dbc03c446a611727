/* SPDX-License-Identifier: Apache-2.0 */
/* secrets.h -- ipsec.secrets: entries with their selectors, and the bytes of keys in memory that is locked, left out of core dumps and
 * wiped. Used by the checker (which never looks at the bytes, only at lengths) and by ipsec-run.
 */
#ifndef SECRETS_SECRETS_H
#define SECRETS_SECRETS_H

#include "base/arena.h"
#include "diag/diag.h"
#include "proto/ident.h"

/* Bytes nobody prints. Not copyable by assignment: pass pointers. */
struct secret {
	uint8_t *bytes;		/* OPENSSL secure heap */
	size_t n;
};
int secret_set(struct secret *s, const void *bytes, size_t n);	/* copies; 0 or -ENOMEM */
void secret_release(struct secret *s);				/* wipes */

enum secret_kind { SECRET_PSK, SECRET_RSA, SECRET_XAUTH, SECRET_PPKS, SECRET_PIN };

struct secret_entry {
	enum secret_kind kind;
	VEC(struct ident) selectors;	/* none: matches everything */
	struct secret value;		/* PSK bytes after decoding "text", 0x hex, 0s base64 (I-081) */
	const char *reference;		/* RSA: file or nickname; PPKS: the PPK's id */
	struct span span;		/* of the entry's first line */
};

struct secrets {
	VEC(struct secret_entry) entries;
};

/* Parses text that lies at position `base` of the sources behind `diag`. Mistakes are findings that never quote a secret; good entries are
 * kept. The caller ends with secrets_release(). */
void secrets_parse(struct arena *a, struct slice text, uint32_t base, struct diag *diag, struct secrets *ret);
void secrets_release(struct secrets *s);

/* The PSK for this pair: both identities, then one, then none; the most specific wins. NULL: none. */
const struct secret_entry *secrets_find_psk(const struct secrets *s, const struct ident *local, const struct ident *remote);

#endif
