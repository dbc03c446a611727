/* SPDX-License-Identifier: Apache-2.0 */
/* suppress.h -- comments in a configuration that hide findings: docs/linting.md describes them for users.
 *
 *	# ipsecc: ignore RULE[, RULE]... [until YYYY-MM-DD] [-- reason]	the next statement, or the one it stands behind
 *	# ipsecc: ignore-section ...					the section it stands in, and what is said about its conn
 *	# ipsecc: ignore-file ...					before the first section: the file
 *
 * RULE is an identifier or a name, never a family: who ignores a rule has met it. What is in force is hidden (HIDDEN_BY_COMMENT);
 * comments that are malformed, misplaced, expired or without any effect are findings.
 */
#ifndef COMPILER_SUPPRESS_H
#define COMPILER_SUPPRESS_H

#include "base/map.h"
#include "include/ipsecc.h"

enum suppress_scope { SUPPRESS_LINE, SUPPRESS_SECTION, SUPPRESS_FILE, SUPPRESS_SCOPES };

struct suppression {			/* one comment */
	enum suppress_scope scope;
	struct span comment;		/* from '#' on */
	bool own_line;			/* nothing else stands in its line */
	struct span covers;		/* findings that begin here */
	const char *conn;		/* of SUPPRESS_SECTION: findings about this one too; NULL: none */
	size_t rules, unused;		/* known ones that it names; of them, by suppressions_report() */
	bool reported;			/* as unused altogether */
};

struct suppressed_rule {		/* one rule that a comment names */
	struct suppression *by;
	enum rule_id rule;
	struct span span;
	bool used;
	struct suppressed_rule *next;	/* of the same place, another rule */
};

struct suppress_place {			/* all comments with the same covers */
	struct span covers;
	struct suppressed_rule *rules;
};

struct suppress_places {
	VEC(struct suppress_place *) list;
};

struct suppressions {
	const struct unit *unit;
	VEC(struct suppressed_rule *) rules;			/* in the order of the text */
	struct suppress_places places[SUPPRESS_SCOPES];		/* by position; those of one scope do not overlap */
	struct map by_conn;					/* name -> struct suppress_place: a finding about a conn
							 * may stand where its also= leads */
	bool reported;
};

/* Reads the comments of the unit's configuration files; what is wrong with them is reported. today: "2026-11-24", or NULL: no date
 * is over. */
struct suppressions *suppressions_read(struct unit *u, const char *today);
/* Hides what they cover. Again after more has been reported. */
void suppressions_apply(struct suppressions *s, struct diag *diag);
/* Once: which had no effect. */
void suppressions_report(struct suppressions *s, struct diag *diag);

#endif
