/* SPDX-License-Identifier: Apache-2.0 */
/* advice.h -- what can be said about a line by itself although the release takes it: an old name or word, a keyword of another
 * kernel stack, a value that ipsec.conf(5) advises against. */
#ifndef COMPILER_SEMA_ADVICE_H
#define COMPILER_SEMA_ADVICE_H

#include "compiler/sema/values.h"

struct advice {
	struct diag *diag;
	const struct resolved *resolved;
	enum release release;
	bool old_name_told[KW_COUNT];		/* by the keyword as written: once is enough */
};

/* conn: NULL for config setup and %default. */
void advice_keyword(struct advice *a, const struct setting *setting, const char *conn);
/* `value` is what value_parse() made of the setting. */
void advice_value(struct advice *a, const struct setting *setting, const struct value *value, const char *conn);

#endif
