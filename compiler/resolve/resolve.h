/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.h -- also=, alsoflip= and %default applied: for each conn one flat table of settings, each knowing where it came from.
 *
 * Merging by L-086 ... L-108 and S-036 ... S-056: the conn's own value, then also in textual order; %default only where neither
 * gives one.
 */
#ifndef COMPILER_RESOLVE_H
#define COMPILER_RESOLVE_H

#include "compiler/parser/syntax.h"

enum setting_source { SOURCE_CONN, SOURCE_ALSO, SOURCE_DEFAULT };

/* One line in force. The settings of %default are shared by all conns. */
struct setting {
	const struct keyword *keyword;		/* aliases followed: esp= and phase2alg= are one setting (L-077) */
	const struct syntax_param *param;	/* the line: param->value, param->key_span, param->keyword as written */
	const struct syntax_section *from;	/* the section that holds the line */
	const char *const *path;		/* NULL-terminated names of the also chain, NULL when none */
	const struct setting *loser;		/* a setting this one hides, and so on */
	enum side side : 8;			/* after alsoflip, so not always param->side */
	enum setting_source source : 8;
	bool by_alsoflip : 1;			/* some conn on the path was named by alsoflip=: no release sees this setting (L-099) */
};

struct resolved_conn {
	const char *name;
	const struct syntax_section *section;
	bool is_template;			/* serves only as an also target: no left or no right, and used by another */
	bool broken;				/* the daemon fails it for a reported mistake, here or at an also target (L-096) */
	VEC(const struct setting *) settings;	/* sorted by keyword id, then side: at most one each */
	VEC(const struct syntax_param *) user_data;	/* x-... of the section itself, in order */
};

struct resolved {
	VEC(struct resolved_conn) conns;	/* in file order, without %default; a second one of a name (an error) included */
	VEC(const struct setting *) setup;	/* sorted by keyword id */
	VEC(const struct setting *) defaults;	/* of all %default sections, also where every conn hides them */
};

/* The release decides which spellings are one keyword, and what of a repetition it forgives. Never fails. */
struct resolved *resolve(struct arena *a, const struct syntax *syntax, enum release release, struct diag *diag);
const struct setting *resolved_get(const struct resolved_conn *c, enum keyword_id id, enum side side);	/* NULL: not set */
const struct setting *resolved_setup_get(const struct resolved *r, enum keyword_id id);

#endif
