/* SPDX-License-Identifier: Apache-2.0 */
/* spelling.c -- what is wrong with characters, quotes and line ends, whatever the words mean. */
#include "compiler/parser/parse.h"

#include <unistr.h>

struct syntax_value spelling_of(const struct token *t)
{
	return (struct syntax_value){
		.text = t->text, .span = t->span,
		.quoting = t->kind == TOKEN_QUOTED ? QUOTING_QUOTES : t->kind == TOKEN_BRACED ? QUOTING_BRACES :
			   t->kind == TOKEN_RAW ? QUOTING_RAW : QUOTING_NONE,
	};
}

static struct span first_byte(struct span s)
{
	return (struct span){ s.start, s.start + 1 };
}

/* --- quotes ------------------------------------------------------------------------------------------------------------------- */

/* The value and what follows it on the line, as one. */
static struct syntax_value whole_of(const struct token *t, const struct token *extra)
{
	struct syntax_value v = spelling_of(t);

	if (extra->kind) {
		v.span.end = extra->span.end;
		v.text.n = v.span.end - v.span.start;
	}
	return v;
}

static bool has_blank(struct slice s)
{
	return memchr(s.p, ' ', s.n) || memchr(s.p, '\t', s.n);
}

/* L-036 ... L-038, L-044: without a blank every release takes the marks for characters of the value, and nobody complains. */
static bool is_literal(const struct token *t, const struct token *extra)
{
	return !extra->kind && !has_blank(t->text);
}

static void kept(struct parser *p, struct finding *f, const char *what)
{
	diag_set_severity(p->diag, f, SEVERITY_WARNING);
	diag_note(p->diag, f, "libreswan takes %s of the value", what);
}

static struct syntax_value open_quote(struct parser *p, const struct token *t, const struct token *extra)
{
	struct finding *f = diag_report(p->diag, RULE_UNTERMINATED_QUOTE, t->mark, "the quote is not closed in this line");
	struct syntax_value v = spelling_of(t);

	diag_fix(p->diag, f, true, (struct span){ v.span.end, v.span.end }, "\"", "close the quote");
	if (is_literal(t, extra)) {
		kept(p, f, "the quote for the first character");
		v.span.start--;		/* the quote stands before the token's text */
		v.text = (struct slice){ v.text.p - 1, v.text.n + 1 };
		return v;
	}
	diag_note(p->diag, f, "every release refuses the whole file; a value cannot go on in the next line");
	v.quoting = QUOTING_QUOTES;
	return v;
}

static struct syntax_value inner_quote(struct parser *p, const struct token *t, const struct token *extra)
{
	struct finding *f = diag_report(p->diag, RULE_MISPLACED_QUOTE, t->mark, "a quote in the middle of the value");
	struct syntax_value v = spelling_of(t);

	diag_caret(p->diag, f, v.text.p[0] == '"' ? "the value would end here" : "the value starts before it");
	diag_help(p->diag, f, "put quotes around the whole value or leave them out; a value cannot hold a quote");
	if (is_literal(t, extra))
		kept(p, f, "the quotes for characters");
	else
		diag_note(p->diag, f, "every release refuses the whole file");
	v.damaged = !is_literal(t, extra);
	return v;
}

static struct syntax_value open_brace(struct parser *p, const struct token *t, const struct token *extra)
{
	struct finding *f = diag_report(p->diag, RULE_UNTERMINATED_BRACE, t->mark, "the brace is not closed in this line");
	struct syntax_value v = spelling_of(t);

	diag_help(p->diag, f, "write '}' behind the last element");
	if (is_literal(t, extra))
		kept(p, f, "it for the first character");
	else
		diag_note(p->diag, f, "every release refuses the whole file for the second word");
	v.damaged = !is_literal(t, extra);
	return v;
}

static struct syntax_value report_trouble(struct parser *p, const struct token *t, const struct token *extra)
{
	return t->trouble == TROUBLE_QUOTE_OPEN	  ? open_quote(p, t, extra) :
	       t->trouble == TROUBLE_QUOTE_INSIDE ? inner_quote(p, t, extra) : open_brace(p, t, extra);
}

/* Bytes of a quotation mark that is not ASCII, at the start of s; 0: none. */
static unsigned typographic_quote(struct slice s)
{
	const unsigned char *c = (const unsigned char *)s.p;

	if (s.n >= 2 && c[0] == 0xc2 && (c[1] == 0xab || c[1] == 0xbb))			/* guillemets */
		return 2;
	if (s.n < 3)
		return 0;
	if (c[0] == 0xe2 && c[1] == 0x80 && ((c[2] >= 0x98 && c[2] <= 0x9f) || c[2] == 0xb3))	/* U+2018 ... U+201F, U+2033 */
		return 3;
	return c[0] == 0xef && c[1] == 0xbc && c[2] == 0x82 ? 3 : 0;			/* U+FF02 */
}

/* The mark at the end of s. */
static unsigned typographic_quote_last(struct slice s)
{
	for (unsigned n = 2; n <= 3; n++)
		if (s.n >= n && typographic_quote(slice_sub(s, s.n - n, s.n)) == n)
			return n;
	return 0;
}

/* Fixes both marks and gives what stands between them. A mark of 0 bytes is missing. */
static struct syntax_value unquoted(struct parser *p, struct finding *f, struct syntax_value v, unsigned open, unsigned close)
{
	struct diag_fix *fix = diag_fix(p->diag, f, true, (struct span){ v.span.start, v.span.start + open }, "\"", "write '\"'");

	diag_fix_edit(p->diag, fix, (struct span){ v.span.end - close, v.span.end }, "\"");
	v.span.start += open;
	v.span.end -= close;
	v.text = slice_sub(v.text, open, v.text.n - close);
	v.quoting = QUOTING_QUOTES;
	return v;
}

static struct syntax_value single_quotes(struct parser *p, struct syntax_value whole)
{
	struct finding *f = diag_report(p->diag, RULE_SINGLE_QUOTES, first_byte(whole.span), "single quotes do not quote");
	unsigned close = whole.text.n > 1 && whole.text.p[whole.text.n - 1] == '\'';
	struct syntax_value inside = unquoted(p, f, whole, 1, close);

	if (!has_blank(whole.text)) {
		kept(p, f, "them for characters");
		return whole;
	}
	diag_note(p->diag, f, "every release refuses the whole file");
	return inside;
}

static struct syntax_value typographic(struct parser *p, struct syntax_value whole)
{
	unsigned open = typographic_quote(whole.text), close = typographic_quote_last(slice_sub(whole.text, open, whole.text.n));
	uint32_t at = open ? whole.span.start : whole.span.end - close;
	struct finding *f = diag_report(p->diag, RULE_TYPOGRAPHIC_QUOTE, (struct span){ at, at + (open ? open : close) },
					"a typographic quote does not quote");
	struct syntax_value inside = unquoted(p, f, whole, open, close);

	if (!has_blank(whole.text)) {
		kept(p, f, "it for a character");
		return whole;
	}
	diag_note(p->diag, f, "every release refuses the whole file");
	return inside;
}

/* --- characters --------------------------------------------------------------------------------------------------------------- */

static void check_characters(struct parser *p, const struct syntax_value *v)
{
	const uint8_t *text = (const uint8_t *)v->text.p, *bad;
	struct finding *f;
	bool ascii = true;
	uint32_t at;

	for (size_t i = 0; i < v->text.n; i++) {
		ascii &= text[i] < 0x80;
		if ((text[i] >= ' ' && text[i] != 0x7f) || text[i] == '\t')
			continue;
		at = v->span.start + (uint32_t)i;
		f = diag_report(p->diag, RULE_CONTROL_CHARACTER, (struct span){ at, at + 1 },
				"a control character (0x%02x) in the value", text[i]);
		diag_note(p->diag, f, "libreswan takes it for a character like any other");
		break;
	}
	if (ascii)
		return;
	bad = u8_check(text, v->text.n);
	if (!bad)
		return;
	at = v->span.start + (uint32_t)(bad - text);
	f = diag_report(p->diag, RULE_INVALID_UTF8, (struct span){ at, at + 1 }, "the byte 0x%02x is not UTF-8", *bad);
	diag_note(p->diag, f,
		  "libreswan compares bytes, so the other end must write the same ones; a certificate's name has UTF-8");
	diag_help(p->diag, f, "save the file as UTF-8");
}

struct syntax_value spelling_check(struct parser *p, const struct token *t, const struct token *extra, bool *ret_extra_told)
{
	struct syntax_value v;

	*ret_extra_told = false;
	if (t->trouble) {
		*ret_extra_told = true;
		v = report_trouble(p, t, extra);
	} else if (t->kind == TOKEN_WORD && t->text.n && t->text.p[0] == '\'') {
		*ret_extra_told = true;
		v = single_quotes(p, whole_of(t, extra));
	} else if (t->kind == TOKEN_WORD && (typographic_quote(t->text) || typographic_quote_last(t->text))) {
		*ret_extra_told = true;
		v = typographic(p, whole_of(t, extra));
	} else {
		v = spelling_of(t);
	}
	check_characters(p, &v);
	return v;
}

/* --- between the words -------------------------------------------------------------------------------------------------------- */

static void unicode_space(struct parser *p, struct span span)
{
	struct slice text = sources_text(p->sources, span);
	const char *name = slice_eq_str(text, "\xc2\xa0") ? "no-break space" :
			   slice_eq_str(text, "\xe2\x80\x8b") ? "zero width space" :
			   slice_eq_str(text, "\xef\xbb\xbf") ? "byte order mark" : "space of Unicode";
	struct finding *f = diag_report(p->diag, RULE_UNICODE_SPACE, span, "a %s where a blank is meant", name);

	diag_note(p->diag, f, "libreswan takes it for a part of the word and refuses the whole file, or reads another value");
	diag_fix(p->diag, f, true, span, " ", "write a blank");
}

static void comment_word(struct parser *p, struct span span)
{
	struct slice text = sources_text(p->sources, span);
	struct finding *f = diag_report(p->diag, RULE_COMMENT_WITHOUT_BLANK, span,
					"'" SLICE_FMT "' is a word and not a comment for libreswan", SLICE_ARG(text));

	diag_note(p->diag, f, "behind a value its scanner wants a blank in the comment; it refuses the whole file");
	if (text.n > 1)
		diag_fix(p->diag, f, true, (struct span){ span.start + 1, span.start + 1 }, " ", "write a blank behind the '#'");
	else
		diag_fix(p->diag, f, true, span, "", "remove the '#'");
	parser_refused_by(p, f, IN_ALL_RELEASES);
}

static void last_comment(struct parser *p, struct span span)
{
	struct finding *f =
	    diag_report(p->diag, RULE_LAST_COMMENT_WITHOUT_LINE_END, span, "the comment in the last line has no line end");

	diag_note(p->diag, f, "libreswan takes a '#word' at the very end for a word and refuses the whole file");
	diag_fix(p->diag, f, true, (struct span){ span.end, span.end }, "\n", "end the line");
	parser_refused_by(p, f, IN_ALL_RELEASES);
}

/* One finding for the file, however many. */
static void lone_cr(struct parser *p, struct span span)
{
	if (p->lone_crs++)
		return;
	p->lone_cr = diag_report(p->diag, RULE_LONE_CARRIAGE_RETURN, span, "a carriage return inside the line");
	diag_note(p->diag, p->lone_cr, "libreswan takes it for a character of the word; here it is read as the end of the line");
}

static void lone_cr_end(struct parser *p)
{
	if (!p->lone_crs)
		return;
	if (p->lone_crs > 1)
		diag_note(p->diag, p->lone_cr, "the file has %u more", p->lone_crs - 1);
	diag_help(p->diag, p->lone_cr, "end lines with a line feed");
}

bool spelling_after_lone_cr(const struct parser *p, struct span head)
{
	const struct source_file *file = sources_file_at(p->sources, head.start);
	size_t at = head.start - file->base;

	while (at && (file->text.p[at - 1] == ' ' || file->text.p[at - 1] == '\t'))
		at--;
	return p->lone_crs && at && file->text.p[at - 1] == '\r';
}

void spelling_odd(struct parser *p, enum lexer_oddity oddity, struct span span)
{
	struct finding *f;

	switch (oddity) {
	case ODD_UNICODE_SPACE:
		unicode_space(p, span);
		break;
	case ODD_COMMENT_WORD:
		comment_word(p, span);
		break;
	case ODD_LAST_COMMENT:
		last_comment(p, span);
		break;
	case ODD_LONE_CR:
		lone_cr(p, span);
		break;
	case ODD_NUL:
		f = diag_report(p->diag, RULE_NUL_BYTE, span, "a NUL byte; the rest of the line is not read");
		diag_note(p->diag, f, "libreswan cuts the value there without a word");
		break;
	case ODD_CRLF:
		p->crlf = span;
		break;
	case ODD_CRLF_REFUSED:
		p->crlf_refused = span;
		break;
	}
}

/* --- whole files -------------------------------------------------------------------------------------------------------------- */

bool spelling_is_utf16(struct slice text)
{
	return slice_starts(text, "\xff\xfe") || slice_starts(text, "\xfe\xff");
}

/* L-003 */
void spelling_file_start(struct parser *p, const struct source_file *f)
{
	struct span mark = { f->base, f->base + lexer_byte_order_mark(f->text) };
	struct finding *finding;

	if (mark.start == mark.end)
		return;
	finding = diag_report(p->diag, RULE_BYTE_ORDER_MARK, mark, "the file starts with a byte order mark");
	diag_note(p->diag, finding, "libreswan takes it for a part of the first word and refuses the whole file");
	diag_fix(p->diag, finding, true, mark, "", "remove it: save the file as UTF-8 without BOM");
}

/* L-002: one finding for the line ends of the file, however many lines. */
void spelling_file_end(struct parser *p)
{
	struct finding *f;

	lone_cr_end(p);
	if (!span_known(p->crlf))
		return;
	f = diag_report(p->diag, RULE_CRLF_LINE_ENDS, p->crlf, "the lines end with carriage return and line feed");
	if (span_known(p->crlf_refused)) {
		diag_set_severity(p->diag, f, SEVERITY_ERROR);
		diag_related(p->diag, f, p->crlf_refused, "libreswan refuses the whole file for this one");
	} else {
		diag_note(p->diag, f,
			  "libreswan takes the carriage return for the last character of each value, an address for a host name");
	}
	diag_help(p->diag, f, "convert the file with 'dos2unix' or 'sed -i s/\\\\r$//'");
}
