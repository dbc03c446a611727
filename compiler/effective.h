/* SPDX-License-Identifier: Apache-2.0 */
/* effective.h -- what a conn says after also=, %default and the release's own defaults: the content of `ipsecc show`. */
#ifndef COMPILER_EFFECTIVE_H
#define COMPILER_EFFECTIVE_H

#include "include/ipsecc.h"

struct effective_value {
	const char *keyword;			/* as the release spells it, with its side: "leftsubnet" */
	struct slice text;			/* after unquoting */
	const struct setting *setting;		/* where it came from; NULL: built into the release */
	const struct keyword *entry;
	bool has_number;
	uint64_t number;			/* of time, percent and count types, in base units (s, ms, %) */
};

struct effective {
	struct effective_value *values;		/* in the order of the keyword table, left before right */
	size_t n;
	struct arena arena;			/* of the parsed values */
};

/* The settings of one conn, or of config setup (conn NULL); with_builtin: also what the release does for keywords that are not set.
 * 0, then effective_release(), or -ENOMEM. Texts are the unit's. */
int effective_list(const struct unit *u, const struct resolved_conn *conn, bool with_builtin, struct effective *ret);
void effective_release(struct effective *list);

#endif
