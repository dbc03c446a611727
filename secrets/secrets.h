/* SPDX-License-Identifier: Apache-2.0 */
/* secrets.h -- ipsec.secrets: entries with their selectors (rules K-001..K-051, I-081), and memory for keys. Used by the
 * checker, which looks at lengths and never at bytes, and by ipsec-run.
 */
#ifndef SECRETS_SECRETS_H
#define SECRETS_SECRETS_H

#include "base/arena.h"
#include "diag/diag.h"
#include "proto/ident.h"

/* Of this process: keys leave it by no core dump and no debugger of the same user (I-344). Before anything secret is read. */
void secrets_protect(void);

/* Zeroed memory for keys: locked and left out of core dumps as far as the system allows (I-344); wiped when freed. NULL: no
 * memory. For structs that hold keys too, not only for bytes. */
void *secret_alloc(size_t n);
void secret_free(void *p);			/* NULL accepted; knows the size */

/* Bytes nobody prints. Not copyable by assignment: pass pointers. */
struct secret {
	uint8_t *bytes;		/* secret_alloc() */
	size_t n;
};
int secret_set(struct secret *s, const void *bytes, size_t n);	/* copies, releases what was there; 0 or -ENOMEM */
void secret_release(struct secret *s);				/* wipes; s is empty then */

static inline struct slice secret_slice(const struct secret *s)
{
	return (struct slice){ (const char *)s->bytes, s->n };
}

enum secret_kind { SECRET_PSK, SECRET_RSA, SECRET_XAUTH, SECRET_PPKS, SECRET_PIN };
enum secret_form { SECRET_NO_DATA, SECRET_QUOTED, SECRET_HEX, SECRET_BASE64, SECRET_TEXT };	/* "text"; 0x; 0s; 0t */

struct secret_entry {
	enum secret_kind kind;
	enum secret_form form;
	/* as written; IDENT_ANY for %any, %any6, 0.0.0.0, %none. None: a default for everybody (K-031) */
	VEC(struct ident) selectors;
	struct secret value;		/* PSK, XAUTH, PPKS: after decoding (I-081) */
	size_t length;			/* of the value, also when that is forgotten */
	const char *reference;		/* RSA: file or nickname; PPKS: the PPK's id; else NULL */
	struct span span;		/* of the record's first token */
	/* The daemon uses it, we do not: it has no bytes, or an identity that is none is left out, so that it serves more peers than was meant. */
	bool refused;
	bool by_name;			/* an identity is a host name, which the daemon looks up when it reads the file */
};

/* An `include` that the caller may follow: this parser opens no file. */
struct secret_include {
	const char *pattern;		/* as written, without quotes */
	struct span span;
	size_t entries_before;		/* of the list of entries: the included ones belong there */
};

struct secrets {
	VEC(struct secret_entry) entries;	/* in the order of the text */
	VEC(struct secret_include) includes;
};

/* Parses text that lies at position `base` of the sources behind `diag` and appends to *s, which starts as { 0 }. Mistakes are
 * findings of the 35xx family that never quote a secret; entries that the daemon keeps are kept (K-023). diag->arena must be `a`.
 * secrets_release() ends it. */
void secrets_parse(struct arena *a, struct slice text, uint32_t base, struct diag *diag, struct secrets *s);
void secrets_release(struct secrets *s);
void secrets_forget(struct secrets *s);		/* wipes the values; the entries stay, each with a value of no bytes */

/* The PSK for this pair, of those that are not refused, by K-031..K-034: the best acceptable sum, the first of the text among equals. NULL: none. */
const struct secret_entry *secrets_find_psk(const struct secrets *s, const struct ident *local, const struct ident *remote);
/* The same, and where the identities have none, that of the two addresses, if both are known (I-081). */
const struct secret_entry *secrets_find_psk_or_address(const struct secrets *s, const struct ident *local, const struct ident *remote,
						       const struct ip_addr *local_addr, const struct ip_addr *remote_addr);
/* The PPK (RFC 8784) for this pair, and by its identity: of those that are not refused, in `ids` (a list with commas or blanks; NULL: any)
 * and, where `id` is not empty, called that. The first of the text among the best. NULL: none. */
const struct secret_entry *secrets_find_ppk(const struct secrets *s, const struct ident *local, const struct ident *remote, const char *ids,
					    struct slice id);
/* Another PSK entry with the same score as `found` and another secret (K-045, I-081: an error at load); NULL: none. */
const struct secret_entry *secrets_psk_rival(const struct secrets *s, const struct secret_entry *found, const struct ident *local,
					     const struct ident *remote);

#endif
