/* SPDX-License-Identifier: Apache-2.0 */
/* ident.h -- IKE identities (RFC 7296 section 3.5; rule I-062). */
#ifndef PROTO_IDENT_H
#define PROTO_IDENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "proto/addr.h"

enum ident_type {		/* values of the wire */
	IDENT_NONE = 0,		/* not given: the end's address */
	IDENT_IPV4 = 1,
	IDENT_FQDN = 2,
	IDENT_EMAIL = 3,	/* ID_RFC822_ADDR */
	IDENT_IPV6 = 5,
	IDENT_DN = 9,		/* ID_DER_ASN1_DN */
	IDENT_KEY_ID = 11,
	IDENT_NULL = 13,
	IDENT_FROM_CERT = 256,	/* %fromcert: taken from the certificate at run time */
	IDENT_ANY = 257,	/* %any: matches every identity */
};

struct ident {
	enum ident_type type;
	struct slice text;	/* canonical text without the leading '@': "hq.example", "C=DE, O=x", "192.0.2.1"; KEY_ID: hex */
	struct slice wire;	/* the payload's data: address bytes, name, DER; empty for NONE, NULL, FROM_CERT, ANY */
};

/* Reads Libreswan's id= syntax: ADDRESS, @fqdn, user@host, @#hex, @[key-id], @~hex DER, "C=.., O=.." , %fromcert, %any, %null, bare name (a
 * DNS name, taken as FQDN). *ret borrows nothing: memory from the arena. -EINVAL with *ret_why (static text) and *ret_at (offset); -ENOMEM. */
int ident_parse(struct arena *a, struct slice text, struct ident *ret, const char **ret_why, size_t *ret_at);
/* From the wire: -EINVAL for what the RFC forbids (NUL in a name, wrong address length, bad DER). */
int ident_from_wire(struct arena *a, uint8_t type, struct slice data, struct ident *ret);
/* An address as identity: of its own, with its text; or one that borrows the address's bytes and has no text. */
struct ident ident_of_address(struct arena *a, const struct ip_addr *addr);
struct ident ident_borrow_address(const struct ip_addr *addr);
/* Canonical text with Libreswan's marks ("@hq.example"), as id= takes it; IDENT_NONE is "%none". */
char *ident_format(struct arena *a, const struct ident *id);
void ident_add(struct buf *out, const struct ident *id);		/* appends the same */
/* I-062. `pattern` may be IDENT_ANY, and a DN with "*" as a value. */
bool ident_matches(const struct ident *pattern, const struct ident *id);
/* Appends bytes that are equal for two identities exactly when they are the same one (K-033): kind and content, names without regard to
 * case and dots at the end, DNs with regard to it, and no wildcards. False: no memory, or a DN that is none. */
bool ident_add_key(struct buf *out, const struct ident *id);
bool ident_same(const struct ident *a, const struct ident *b);

#endif
