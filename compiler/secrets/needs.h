/* SPDX-License-Identifier: Apache-2.0 */
/* needs.h -- which keys a conn needs, and by which identities they are looked for. Private to compiler/secrets. */
#ifndef COMPILER_SECRETS_NEEDS_H
#define COMPILER_SECRETS_NEEDS_H

#include "compiler/secrets/keys.h"

/* Appends the keys that a conn needs to *ret, without choice; KEY_UNKNOWN where an identity is not known, else KEY_MISSING. Where it is
 * unknown which end this host is there are two shared keys, one for each. */
void needs_of(struct arena *a, const struct host_facts *facts, const struct ir_conn *conn, struct conn_keys *ret);

#endif
