/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.h -- one file's text as tokens that are slices of it. Nothing is copied, nothing is reported here.
 *
 * The language is one of lines (L-001 ... L-050), so the lexer knows where in a line it is and stops at nothing: what cannot be
 * read is a token with a `trouble`, and what is odd between tokens goes to odd(). Values have no type here (lexical-grammar
 * section 4: one value token, typed later). Kinds of tokens are named by the grammar.
 */
#ifndef COMPILER_LEXER_H
#define COMPILER_LEXER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "gen/grammar.h"	/* TOKEN_...; 0 is the end of the file, and in a struct token "absent" */

enum token_trouble {
	TROUBLE_NONE,
	TROUBLE_QUOTE_OPEN,		/* "abc      never closed */
	TROUBLE_QUOTE_INSIDE,		/* "ab"c, a"b"   closed early, or not around the whole value */
	TROUBLE_BRACE_OPEN,		/* {a b      never closed */
};

struct token {
	int kind;
	enum token_trouble trouble;
	struct slice text;		/* inside quotes or braces; blanks just inside braces are not part of it */
	struct span span;		/* of text */
	struct span mark;		/* with trouble: the character to point at */
};

enum lexer_oddity {
	ODD_UNICODE_SPACE,		/* a no-break space or the like, taken for a blank; the first of its line */
	ODD_COMMENT_WORD,		/* "#word" behind something, which the real scanner takes for a word (L-013) */
	ODD_LAST_COMMENT,		/* "#word" as the last line without a line end (L-005) */
	ODD_LONE_CR,			/* a carriage return in the middle of a line, taken for its end */
	ODD_NUL,			/* the rest of the line is skipped */
	ODD_CRLF,			/* the first line of the file that ends with CR LF */
	ODD_CRLF_REFUSED,		/* the first one whose CR the real parser refuses (L-002) */
};

enum lexer_context {
	CONTEXT_LINE,			/* at the start of a line */
	CONTEXT_KEY,			/* behind the indentation */
	CONTEXT_EQUALS,			/* behind a keyword */
	CONTEXT_EQUALS_USER,		/* behind a user's keyword, x-... */
	CONTEXT_VALUE,			/* behind '=' */
	CONTEXT_RAW,			/* behind the '=' of a user's keyword */
	CONTEXT_HEAD,			/* behind conn, config, include, version or what stands in their place */
	CONTEXT_AFTER,			/* behind a value */
};

struct lexer {
	const unsigned char *cursor, *start, *end;	/* *end is NUL */
	uint32_t base;					/* position of start */
	enum lexer_context context;
	bool crlf_seen, crlf_refused_seen, space_seen;
	bool after_config;				/* in a line that starts with config, for L-002 */
	void *odd_context;
	void (*odd)(void *context, enum lexer_oddity oddity, struct span span);
};

/* text.p[text.n] is NUL. A byte order mark at the start is skipped without a word; ask lexer_byte_order_mark(). odd may be NULL. */
void lexer_init(struct lexer *lexer, struct slice text, uint32_t base, void (*odd)(void *, enum lexer_oddity, struct span),
		void *context);
/* The next token; each line that holds anything ends with TOKEN_EOL, also the last one. Returns its kind, 0 at the end. */
int lexer_next(struct lexer *lexer, struct token *ret);
/* Bytes of a UTF-8 byte order mark at the start of a text: 3 or 0. */
unsigned lexer_byte_order_mark(struct slice text);
/* Bytes of the white space of Unicode at the start of a text that the real scanner does not know; 0: none. */
unsigned lexer_unicode_space(struct slice text);

#endif
