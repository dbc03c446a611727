/* SPDX-License-Identifier: Apache-2.0 */
/* parse.h -- between the grammar and the code behind it; nobody outside this folder includes it. */
#ifndef COMPILER_PARSE_H
#define COMPILER_PARSE_H

#include "base/map.h"
#include "compiler/lexer/lexer.h"
#include "compiler/parser/syntax.h"

/* One line; what is absent has kind 0. */
struct written {
	struct token head;	/* keyword, or the word of a statement */
	struct token equals, value, extra;
};

struct grammar;

struct parser {
	struct arena *arena;
	struct sources *sources;
	struct diag *diag;
	struct syntax *syntax;
	struct grammar *grammar;
	int first, file;			/* indexes of the main file and of the one being read */
	struct syntax_section *section;		/* open one; NULL: none yet */
	VEC(struct syntax_param) params;	/* of the open section, copied when it ends */
	bool skipping;				/* in a section nobody knows: its lines are passed over */
	bool orphan_told;			/* that lines stand outside of any section */
	bool any_statement;			/* for `version`, which must be the first */
	bool too_many_told;
	struct span cut;			/* the include that ended the open section (L-068); unknown: none did */
	struct token include;			/* to be read when its line is over; kind 0: none */
	struct span include_line;
	struct map included;			/* source_id as text -> file that was read already, plus one */
	struct span crlf;			/* of the file being read: the first CR LF; unknown: none */
	struct span crlf_refused;		/* the first that the real parser refuses */
	struct finding *lone_cr;		/* of the file being read: the one about carriage returns inside lines */
	unsigned lone_crs;			/* how many it has */
};

/* --- grammar.y --- */
struct grammar *grammar_new(struct parser *p);
void grammar_take(struct grammar *g, struct parser *p, const struct token *token);
void grammar_end(struct grammar *g);

/* --- called by the grammar --- */
void parse_version(struct parser *p, const struct written *w);
void parse_config(struct parser *p, const struct written *w);
void parse_conn(struct parser *p, const struct written *w);
void parse_include(struct parser *p, const struct written *w);
void parse_section_word(struct parser *p, const struct written *w);
void parse_parameter(struct parser *p, const struct written *w, bool indented);
void parse_syntax_error(struct parser *p, const struct token *token);

/* --- parse.c --- */
void parser_read_file(struct parser *p, int index);
void parser_set_section(struct parser *p, struct syntax_section *section);	/* closes the open one; a closed one goes on */
/* Adds the note that every release refuses the whole file. */
void parser_refused(struct parser *p, struct finding *f);
/* An error in the releases of the mask (1 << enum release), which refuse the file, and a warning in the others. */
void parser_refused_by(struct parser *p, struct finding *f, uint32_t releases);
/* The one of conn, config, include, version that a word is, with at most `mistakes` typing mistakes and in any case; NULL: none. */
const char *parser_statement(struct slice word, unsigned mistakes);
/* Position of the first byte of a name that ipsec.conf(5) does not promise; its length when there is none. */
size_t parser_unusual_at(struct slice name);
void parser_act_as(struct parser *p, const char *statement, const struct written *w);
#define IN(release)		(1u << RELEASE_##release)
#define IN_ALL_RELEASES		((1u << RELEASE_COUNT) - 1)

/* --- include.c --- */
void include_read(struct parser *p);			/* the one that p->include holds */

/* --- spelling.c: how a value is written --- */
struct syntax_value spelling_of(const struct token *t);	/* without a word */
/* The same with everything that is wrong with quotes and characters reported. `extra` is what follows on the line (kind 0:
 * nothing); *ret_extra_told: the finding covers it. */
struct syntax_value spelling_check(struct parser *p, const struct token *t, const struct token *extra, bool *ret_extra_told);
void spelling_odd(struct parser *p, enum lexer_oddity oddity, struct span span);
/* Whether a line begins there only since a carriage return before it was taken for the end of one, which is told. */
bool spelling_after_lone_cr(const struct parser *p, struct span head);
void spelling_file_start(struct parser *p, const struct source_file *f);
void spelling_file_end(struct parser *p);
bool spelling_is_utf16(struct slice text);

#endif
