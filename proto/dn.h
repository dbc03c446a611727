/* SPDX-License-Identifier: Apache-2.0 */
/* dn.h -- distinguished names as text and as DER, through OpenSSL's X509_NAME. Used by ident.c.
 *
 * Text is Libreswan's: "C=DE, O=Acme\, Inc, CN=gw", attributes in the order of the DER; ',' or '/' separate them, ",," is an old
 * spelling of a comma in a value, "\," and "\2C" are the newer ones, "#..." is a value in hexadecimal DER. Both functions write
 * into the caller's array, so that no foreign object is held across an allocation of an arena.
 */
#ifndef PROTO_DN_H
#define PROTO_DN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"

#define DN_MAX	4096	/* bytes of DER, and of text with its NUL: more is no identity that a peer would take */

/* 0; -EINVAL with *ret_why (static text) and *ret_at (offset in text of what is wrong); -ENOMEM. */
int dn_from_text(struct slice text, uint8_t der[DN_MAX], size_t *ret_size, const char **ret_why, size_t *ret_at);
/* 0; -EINVAL when it is no Name; -ENOMEM. */
int dn_to_text(struct slice der, char text[DN_MAX]);
/* Attribute by attribute: equal types, and equal values without regard to case, string type and repeated blanks (RFC 5280 section 7.1);
 * a value "*" of the pattern matches every value. Both are DER. */
bool dn_matches(struct slice pattern, struct slice der);
/* Appends bytes that are equal for two names exactly when pluto 4.10 calls them the same where it looks for secrets (run): attribute by
 * attribute, with regard to case, but not to repeated blanks; "*" is a character. False: no Name, or no memory. */
bool dn_add_key(struct buf *out, struct slice der);

#endif
