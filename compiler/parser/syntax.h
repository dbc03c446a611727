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
	struct slice text;	/* inside the quotes or braces */
	struct span span;	/* of text; empty value: empty span after '=' */
	enum quoting quoting : 8;
	bool damaged;		/* a finding about its spelling was made: it stands for "something", later passes do not judge it */
};

struct syntax_param {
	struct slice key;		/* as written */
	struct span key_span;
	const struct keyword *keyword;	/* as written, aliases not followed; NULL: unknown, or user data (x-) */
	struct syntax_value value;
	enum side side : 8;		/* SIDE_RIGHT with `bare` for a bare sided name (L-029) */
	bool bare;
	bool user_data;
};

enum section_type { SECTION_IS_CONN, SECTION_IS_SETUP, SECTION_IS_DEFAULT };

struct syntax_section {
	enum section_type type;
	struct span span;		/* of the header */
	bool implicit;			/* not written: ipsec.conf(5) says that it is there */
	struct syntax_value name;	/* of a conn; damaged: missing or not usable, nothing can refer to it */
	size_t param_count;
	const struct syntax_param *params;	/* a parameter of the other section type is reported and not kept */
};

/* A finding about spelling whose weight depends on the release: an error where the release refuses the file, else a warning. */
struct syntax_portability {
	struct finding *finding;
	uint32_t refused_by;		/* bit (1 << enum release) */
};

/* A word in column 0 that is no statement and has no '=' behind it. */
struct syntax_stranger {
	struct slice word;
	struct span span;
};

struct syntax {
	VEC(const struct syntax_section *) sections;	/* in file order, includes in place */
	VEC(struct syntax_stranger) strangers;
	VEC(struct syntax_portability) portability;
};

/* Lexes, parses and reads includes, starting at file `first` of the sources. Every mistake becomes a finding and parsing goes on
 * with the next line; parameters whose keyword is unknown are reported and kept. Never fails. */
struct syntax *syntax_parse(struct arena *a, struct sources *sources, int first, struct diag *diag);

/* Gives the portability findings their severity, once the release is known. */
void syntax_apply_release(const struct syntax *syntax, enum release release, struct diag *diag);

#endif
