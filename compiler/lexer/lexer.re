/* SPDX-License-Identifier: Apache-2.0 */
/* lexer.re -- one block per place in a line; each is closed by [^], so that no input is without a rule.
 *
 * The text ends with a NUL, which no rule's class takes; a NUL before the end is one in the text (L-004).
 */
#include "compiler/lexer/lexer.h"

#include <string.h>

/*!re2c
re2c:define:YYCTYPE = "unsigned char";
re2c:define:YYCURSOR = cursor;
re2c:define:YYMARKER = marker;
re2c:define:YYCTXMARKER = context_marker;
re2c:yyfill:enable = 0;
re2c:flags:tags = 0;

// White space of Unicode that people paste: no-break space, the spaces of U+2000 ... U+200B, U+202F, U+3000, U+FEFF.
odd_space = "\xc2\xa0" | "\xe2\x80" [\x80-\x8b\xaf] | "\xe3\x80\x80" | "\xef\xbb\xbf";
blank     = [ \t];                                   // L-001
blanks    = (blank | odd_space)+;
eol       = "\r"? "\n";                              // L-002; a lone CR is handled where it stands
boundary  = blank | odd_space | [\r\n\000];
word      = [^ \t\r\n\000]+;
key       = [^= \t\r\n\000]+;
key_start = [^= \t\r\n\000#\xc2\xe2\xe3\xef];        // in column 0 a '#' is a comment, an odd space indents
*/

static uint32_t position(const struct lexer *lx, const unsigned char *p)
{
	return lx->base + (uint32_t)(p - lx->start);
}

static struct span span_of(const struct lexer *lx, const unsigned char *from, const unsigned char *to)
{
	return (struct span){ position(lx, from), position(lx, to) };
}

static void odd(const struct lexer *lx, enum lexer_oddity oddity, const unsigned char *from, const unsigned char *to)
{
	if (lx->odd)
		lx->odd(lx->odd_context, oddity, span_of(lx, from, to));
}

static int token(struct lexer *lx, struct token *t, int kind, const unsigned char *from, const unsigned char *to)
{
	*t = (struct token){ .kind = kind, .text = { (const char *)from, (size_t)(to - from) }, .span = span_of(lx, from, to) };
	return kind;
}

static struct slice rest_of(const struct lexer *lx, const unsigned char *from)
{
	return (struct slice){ (const char *)from, (size_t)(lx->end - from) };
}

unsigned lexer_byte_order_mark(struct slice text)
{
	return slice_starts(text, "\xef\xbb\xbf") ? 3 : 0;
}

unsigned lexer_unicode_space(struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.p;

	if (text.n >= 2 && p[0] == 0xc2 && p[1] == 0xa0)
		return 2;
	if (text.n < 3)
		return 0;
	if (p[0] == 0xe2 && p[1] == 0x80 && ((p[2] >= 0x80 && p[2] <= 0x8b) || p[2] == 0xaf))
		return 3;
	return (p[0] == 0xe3 && p[1] == 0x80 && p[2] == 0x80) || (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) ? 3 : 0;
}

void lexer_init(struct lexer *lexer, struct slice text, uint32_t base, void (*odd_function)(void *, enum lexer_oddity, struct span),
		void *context)
{
	*lexer = (struct lexer){
		.start = (const unsigned char *)text.p, .end = (const unsigned char *)text.p + text.n, .base = base,
		.odd = odd_function, .odd_context = context,
	};
	lexer->cursor = lexer->start + lexer_byte_order_mark(text);
}

/* Passes blanks; the first odd one of a line is told. */
static void pass_blanks(struct lexer *lx, const unsigned char *from, const unsigned char *to)
{
	for (; from < to && !lx->space_seen; from++) {
		unsigned n = *from < 0x80 ? 0 : lexer_unicode_space(rest_of(lx, from));

		if (n) {
			odd(lx, ODD_UNICODE_SPACE, from, from + n);
			lx->space_seen = true;
		}
	}
}

/* --- ends of lines ------------------------------------------------------------------------------------------------------------ */

static void note_crlf(struct lexer *lx, const unsigned char *cr, bool refused)
{
	if (!lx->crlf_seen)
		odd(lx, ODD_CRLF, cr, cr + 1);
	lx->crlf_seen = true;
	if (refused && !lx->crlf_refused_seen)
		odd(lx, ODD_CRLF_REFUSED, cr, cr + 1);
	lx->crlf_refused_seen |= refused;
}

static void new_line(struct lexer *lx, const unsigned char *next)
{
	lx->cursor = next;
	lx->context = CONTEXT_LINE;
	lx->space_seen = false;
	lx->after_config = false;
}

/* The line ends at `from`: CR LF, LF, a lone CR or the end of the file. */
static int end_line(struct lexer *lx, struct token *t, const unsigned char *from)
{
	const unsigned char *next = from;

	if (next < lx->end && *next == '\r') {
		next++;
		if (*next == '\n')
			note_crlf(lx, from, lx->after_config);
		else
			odd(lx, ODD_LONE_CR, from, next);
	}
	if (next < lx->end && *next == '\n')
		next++;
	new_line(lx, next);
	return token(lx, t, TOKEN_EOL, from, next);
}

static const unsigned char *line_end(const struct lexer *lx, const unsigned char *from)
{
	const unsigned char *lf = memchr(from, '\n', (size_t)(lx->end - from));

	return lf ? lf : lx->end;
}

/* Whether a comment is, for the real scanner, as long as the word that starts at its '#', which then wins (L-013). */
static bool comment_is_word(const unsigned char *hash, const unsigned char *end)
{
	while (hash < end && *hash != ' ' && *hash != '\t' && *hash != '"' && *hash != '=')
		hash++;
	return hash == end;
}

/* A comment from '#' to the line's end, behind something else. */
static int end_with_comment(struct lexer *lx, struct token *t, const unsigned char *hash)
{
	const unsigned char *end = line_end(lx, hash), *shown = end;

	if (shown > hash && shown[-1] == '\r')
		shown--;
	if (comment_is_word(hash, end))
		odd(lx, ODD_COMMENT_WORD, hash, shown);
	if (shown < end)
		note_crlf(lx, shown, false);
	return end_line(lx, t, end);
}

/* A line that holds only a comment. */
static void pass_comment(struct lexer *lx, const unsigned char *hash)
{
	const unsigned char *end = line_end(lx, hash);

	if (end == lx->end && comment_is_word(hash, end))
		odd(lx, ODD_LAST_COMMENT, hash, end);
	if (end > hash && end[-1] == '\r')
		note_crlf(lx, end - 1, false);
	new_line(lx, end < lx->end ? end + 1 : end);
}

/* A NUL is the end of the text, or one in it, which spoils its line. */
static bool at_end(const struct lexer *lx, const unsigned char *nul)
{
	return nul >= lx->end;
}

static int bad_line(struct lexer *lx, struct token *t, const unsigned char *nul)
{
	const unsigned char *end = line_end(lx, nul);

	odd(lx, ODD_NUL, nul, nul + 1);
	lx->context = CONTEXT_AFTER;
	lx->cursor = end;
	return token(lx, t, TOKEN_BAD, nul, end);
}

/* A NUL behind something: the end of the last line, or one in the text. */
static int stray_nul(struct lexer *lx, struct token *t, const unsigned char *nul)
{
	return at_end(lx, nul) ? end_line(lx, t, nul) : bad_line(lx, t, nul);
}

/* --- words -------------------------------------------------------------------------------------------------------------------- */

/* Ends a word at the first odd space in it. */
static const unsigned char *cut_at_space(const struct lexer *lx, const unsigned char *from, const unsigned char *to)
{
	for (const unsigned char *p = from; p < to; p++)
		if (*p >= 0x80 && lexer_unicode_space(rest_of(lx, p)))
			return p;
	return to;
}

static int word(struct lexer *lx, struct token *t, int kind, const unsigned char *from, const unsigned char *to,
		enum lexer_context next)
{
	lx->cursor = cut_at_space(lx, from, to);
	lx->context = next;
	return token(lx, t, kind, from, lx->cursor);
}

static const unsigned char *find(const unsigned char *from, const unsigned char *to, int c)
{
	const unsigned char *p = memchr(from, c, (size_t)(to - from));

	return p ? p : to;
}

/* End of what belongs to the value in the user's mind: the line up to a comment, without blanks at its end. */
static const unsigned char *text_end(const struct lexer *lx, const unsigned char *from)
{
	const unsigned char *end = line_end(lx, from);

	for (const unsigned char *p = from; p < end; p++)
		if (*p == '#' && p > from && (p[-1] == ' ' || p[-1] == '\t'))
			end = p;
	while (end > from && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r'))
		end--;
	return end;
}

/* A value with a '"' that does not stand around the whole of it (L-036 ... L-039): up to the word with the line's last quote. */
static int quote_trouble(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	const unsigned char *end = text_end(lx, from), *first = find(from, end, '"'), *second = find(first + 1, end, '"');
	const unsigned char *wrong = first;

	if (first == from && second == end) {
		token(lx, t, TOKEN_WORD, from + 1, end);
		t->trouble = TROUBLE_QUOTE_OPEN;
		to = end;
	} else {
		for (const unsigned char *p = second; p < end; p = find(p + 1, end, '"'))
			to = p + 1;
		while (to < end && *to != ' ' && *to != '\t')
			to++;
		if (to > end)
			to = end;
		wrong = first == from ? second : first;
		token(lx, t, TOKEN_WORD, from, to);
		t->trouble = TROUBLE_QUOTE_INSIDE;
	}
	t->mark = span_of(lx, wrong, wrong + 1);
	lx->cursor = to;
	lx->context = CONTEXT_AFTER;
	return t->kind;
}

static int value_word(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	if (memchr(from, '"', (size_t)(to - from)))
		return quote_trouble(lx, t, from, to);
	word(lx, t, TOKEN_WORD, from, to, CONTEXT_AFTER);
	if (*from == '{' && find(from, to, '}') == to) {
		t->trouble = TROUBLE_BRACE_OPEN;
		t->mark = span_of(lx, from, from + 1);
	}
	return t->kind;
}

static int quoted(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	lx->cursor = to;
	lx->context = CONTEXT_AFTER;
	return token(lx, t, TOKEN_QUOTED, from + 1, to - 1);
}

static int braced(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	lx->cursor = to;
	lx->context = CONTEXT_AFTER;
	for (from++; from < to - 1 && (*from == ' ' || *from == '\t'); from++)
		;
	for (to--; to > from && (to[-1] == ' ' || to[-1] == '\t'); to--)
		;
	return token(lx, t, TOKEN_BRACED, from, to);
}

/* Everything behind a complete value, up to a comment. */
static int extra(struct lexer *lx, struct token *t, const unsigned char *from)
{
	lx->cursor = text_end(lx, from);
	if (lx->cursor == from)			/* a lone CR, or blanks that are none */
		lx->cursor++;
	return token(lx, t, TOKEN_EXTRA, from, lx->cursor);
}

/* --- places in a line --------------------------------------------------------------------------------------------------------- */

/* After a value: a comment needs a blank before it. */
static int lex_after(struct lexer *lx, struct token *t)
{
	const unsigned char *start, *cursor = lx->cursor, *marker;

	for (;;) {
		start = cursor;
		/*!re2c
		blanks "#"	{ pass_blanks(lx, start, cursor - 1); return end_with_comment(lx, t, cursor - 1); }
		blanks		{ pass_blanks(lx, start, cursor); continue; }
		[\r\n]		{ return end_line(lx, t, start); }
		[\000]		{ return stray_nul(lx, t, start); }
		[^]		{ return extra(lx, t, start); }
		*/
	}
}

static int lex_value(struct lexer *lx, struct token *t)
{
	const unsigned char *start, *cursor = lx->cursor, *marker, *context_marker;

	for (;;) {
		start = cursor;
		/*!re2c
		blanks					{ pass_blanks(lx, start, cursor); continue; }
		[\r\n]					{ return end_line(lx, t, start); }
		["] [^"\r\n\000]* ["] / boundary	{ return quoted(lx, t, start, cursor); }
		"{" [^"\r\n\000]* "}"			{ return braced(lx, t, start, cursor); }
		word					{
			if (cut_at_space(lx, start, cursor) > start)
				return value_word(lx, t, start, cursor);
			cursor = start + lexer_unicode_space(rest_of(lx, start));
			pass_blanks(lx, start, cursor);
			continue;
		}
		[^]					{ return stray_nul(lx, t, start); }
		*/
	}
}

/* Behind a statement's word, where '#' is a comment although nothing stands between. */
static int lex_head(struct lexer *lx, struct token *t)
{
	const unsigned char *start, *cursor = lx->cursor, *marker;

	for (;;) {
		start = cursor;
		/*!re2c
		blanks	{ pass_blanks(lx, start, cursor); continue; }
		"#"	{ return end_with_comment(lx, t, start); }
		[^]	{ lx->cursor = start; return lex_value(lx, t); }
		*/
	}
}

static int lex_equals(struct lexer *lx, struct token *t, enum lexer_context next)
{
	const unsigned char *start, *cursor = lx->cursor, *marker;

	for (;;) {
		start = cursor;
		/*!re2c
		blanks	{ pass_blanks(lx, start, cursor); continue; }
		"="	{ lx->cursor = cursor; lx->context = next; return token(lx, t, TOKEN_EQUALS, start, cursor); }
		[^]	{ lx->cursor = start; return lex_head(lx, t); }
		*/
	}
}

static int raw(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	lx->cursor = to;
	return token(lx, t, TOKEN_RAW, from, to);
}

/* L-032: everything behind the '=' of a user's keyword, blanks and all. */
static int lex_raw(struct lexer *lx, struct token *t)
{
	const unsigned char *start = lx->cursor, *cursor = start;

	/*!re2c
	[\r\n]		{ return end_line(lx, t, start); }
	[^\r\n\000]+	{ return raw(lx, t, start, cursor); }
	[^]		{ return stray_nul(lx, t, start); }
	*/
}

static int lex_key(struct lexer *lx, struct token *t)
{
	const unsigned char *start = lx->cursor, *cursor = start;

	/*!re2c
	[xX] [-_] [^= \t\r\n\000"]*	{ return word(lx, t, TOKEN_USER_KEY, start, cursor, CONTEXT_EQUALS_USER); }
	key				{ return word(lx, t, TOKEN_KEY, start, cursor, CONTEXT_EQUALS); }
	"="				{ return word(lx, t, TOKEN_EQUALS, start, cursor, CONTEXT_VALUE); }
	[\r\n]				{ return end_line(lx, t, start); }
	[^]				{ return stray_nul(lx, t, start); }
	*/
}

static int indent(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	pass_blanks(lx, from, to);
	lx->cursor = to;
	lx->context = CONTEXT_KEY;
	return token(lx, t, TOKEN_INDENT, from, to);
}

static int config(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	lx->after_config = true;
	return word(lx, t, TOKEN_CONFIG, from, to, CONTEXT_HEAD);
}

/* A word in column 0 that is none of the four: one of them with an odd space behind it, a parameter, or a section nobody knows. */
static int other_word(struct lexer *lx, struct token *t, const unsigned char *from, const unsigned char *to)
{
	static const struct { const char *word; int kind; } statements[] = {
		{ "version", TOKEN_VERSION }, { "config", TOKEN_CONFIG }, { "conn", TOKEN_CONN }, { "include", TOKEN_INCLUDE },
	};
	const unsigned char *next = cut_at_space(lx, from, to);
	struct slice text = { (const char *)from, (size_t)(next - from) };
	unsigned n;

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (slice_eq_str(text, statements[i].word))
			return word(lx, t, statements[i].kind, from, next, CONTEXT_HEAD);
	while (*next == ' ' || *next == '\t' || (n = lexer_unicode_space(rest_of(lx, next))))
		next += *next < 0x80 ? 1 : n;
	if (*next == '=')
		return lex_key(lx, t);
	return word(lx, t, TOKEN_SECTION_WORD, from, to, CONTEXT_HEAD);
}

/* L-017: the words of statements stand in column 0; L-011, L-012: lines of blanks and comments are nothing, wherever they stand. */
static int lex_line(struct lexer *lx, struct token *t)
{
	const unsigned char *start, *cursor, *marker;

	for (;;) {
		start = cursor = lx->cursor;
		/*!re2c
		blanks? "#"	{ pass_blanks(lx, start, cursor - 1); pass_comment(lx, cursor - 1); continue; }
		blanks? "\n"	{ pass_blanks(lx, start, cursor - 1); new_line(lx, cursor); continue; }
		blanks? "\r\n"	{
			pass_blanks(lx, start, cursor - 2);
			note_crlf(lx, cursor - 2, true);
			new_line(lx, cursor);
			continue;
		}
		blanks? [\000]	{
			if (!at_end(lx, cursor - 1))
				return bad_line(lx, t, cursor - 1);
			pass_blanks(lx, start, cursor - 1);
			lx->cursor = lx->end;
			return token(lx, t, 0, lx->end, lx->end);
		}
		blanks? "\r"	{ return end_line(lx, t, cursor - 1); }
		blanks		{ return indent(lx, t, start, cursor); }
		"version"	{ return word(lx, t, TOKEN_VERSION, start, cursor, CONTEXT_HEAD); }
		"config"	{ return config(lx, t, start, cursor); }
		"conn"		{ return word(lx, t, TOKEN_CONN, start, cursor, CONTEXT_HEAD); }
		"include"	{ return word(lx, t, TOKEN_INCLUDE, start, cursor, CONTEXT_HEAD); }
		key_start key?	{ return other_word(lx, t, start, cursor); }
		[^]		{ return lex_key(lx, t); }
		*/
	}
}

int lexer_next(struct lexer *lexer, struct token *ret)
{
	switch (lexer->context) {
	case CONTEXT_LINE:
		return lex_line(lexer, ret);
	case CONTEXT_KEY:
		return lex_key(lexer, ret);
	case CONTEXT_EQUALS:
		return lex_equals(lexer, ret, CONTEXT_VALUE);
	case CONTEXT_EQUALS_USER:
		return lex_equals(lexer, ret, CONTEXT_RAW);
	case CONTEXT_VALUE:
		return lex_value(lexer, ret);
	case CONTEXT_RAW:
		return lex_raw(lexer, ret);
	case CONTEXT_HEAD:
		return lex_head(lexer, ret);
	case CONTEXT_AFTER:
		return lex_after(lexer, ret);
	}
	return 0;
}
