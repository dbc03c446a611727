/* SPDX-License-Identifier: Apache-2.0 */
/* syntax.h -- what the user wrote, in order: the result of lexer and grammar over all included files. Never modified afterwards.
 *
 * Everything borrows from the sources; spans are positions of compiler/source.
 */
#ifndef COMPILER_SYNTAX_H
#define COMPILER_SYNTAX_H

#include "base/arena.h"
#include "compiler/schema/schema.h"
#include "compiler/source/source.h"
#include "diag/diag.h"

enum quoting { QUOTING_NONE, QUOTING_QUOTES, QUOTING_BRACES, QUOTING_RAW /* x- user data */ };

struct syntax_value {
	enum quoting quoting;
	struct span span;	/* of the text inside the quotes or braces; empty value: empty span after '=' */
	struct slice text;	/* the same as text */
};

struct syntax_param {
	struct span key_span;
	struct slice key;
	struct syntax_value value;
	const struct keyword *keyword;	/* NULL: unknown, or user data (x-) */
	enum side side;			/* SIDE_RIGHT with `bare` for a bare sided name (L-029) */
	bool bare;
	bool user_data;
};

enum section_type { SECTION_IS_CONN, SECTION_IS_SETUP, SECTION_IS_DEFAULT };

struct syntax_section {
	enum section_type type;
	struct span span;	/* of the header */
	struct syntax_value name;	/* conn name; empty for config setup */
	VEC(struct syntax_param) params;
};

struct syntax {
	VEC(struct syntax_section *) sections;	/* in file order, includes in place */
};

/* Lexes, parses and reads includes, starting at file `first` of the sources. Every mistake becomes a finding and parsing goes on
 * with the next line; parameters whose keyword is unknown are reported and kept. Never fails. */
struct syntax *syntax_parse(struct arena *a, struct sources *sources, int first, struct diag *diag);

#endif
