/* SPDX-License-Identifier: Apache-2.0 */
/* format.c -- reads lines with the lexer, decides where comments and empty lines belong, writes lines. */
#include "compiler/format/format.h"

#include "compiler/lexer/lexer.h"
#include "compiler/schema/schema.h"

#define ALIGN_WIDTH	56u	/* characters; behind a longer parameter a comment is not aligned with its neighbours */

/* What a line is to the layout. */
enum block { BLOCK_NONE, BLOCK_VERSION, BLOCK_INCLUDE, BLOCK_SECTION };

struct remark {
	struct slice text;	/* from '#' on; n 0: an empty line */
	uint32_t line;
	bool indented;
};

struct statement {
	enum block block;		/* that the line starts; BLOCK_NONE: a parameter */
	struct token head, value;	/* value.kind 0: none */
	struct slice written;		/* the value as written, with its quotes or braces */
	struct slice comment;		/* behind it, from '#' on; n 0: none */
	uint32_t line;
	bool alone;			/* a keyword of the user's own, without '=' */
};

struct formatter {
	struct arena *arena;
	struct format *result;
	struct lexer lexer;
	struct slice text;
	uint32_t base, line;		/* line: number of the one that is read */
	enum block open;		/* what the last statement was, or the section it belongs to */
	enum section_kind section;	/* with BLOCK_SECTION */
	VEC(struct remark) remarks;	/* comments and empty lines since the last statement */
	size_t row;			/* first of the last lines that are parameters above each other with comments, */
	VEC(struct slice) row_comments;	/* which are not in the lines yet */
};

/* --- text of lines --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* A carriage return is part of a line end, however often. */
static struct slice without_blanks_at_end(struct slice s)
{
	while (s.n && (is_blank(s.p[s.n - 1]) || s.p[s.n - 1] == '\r'))
		s.n--;
	return s;
}

static struct slice between(const struct formatter *f, uint32_t from, uint32_t to)
{
	return slice_sub(f->text, from - f->base, to - f->base);
}

static uint32_t at_cursor(const struct formatter *f)
{
	return f->base + (uint32_t)(f->lexer.cursor - f->lexer.start);
}

/* Comments may hold any byte, so this is not printf's work. */
static struct slice join(struct arena *a, struct slice first, struct slice second)
{
	char *p = arena_alloc(a, first.n + second.n + 1, 1);

	memcpy(p, first.p, first.n);
	memcpy(p + first.n, second.p, second.n);
	return (struct slice){ p, first.n + second.n };
}

/* --- comments behind something --- */

/* L-013: libreswan takes a comment without a blank in it for a word, and the blank may have been the one at its end. */
static struct slice portable_comment(struct arena *a, struct slice comment)
{
	for (size_t i = 0; i < comment.n; i++)
		if (is_blank(comment.p[i]) || comment.p[i] == '"' || comment.p[i] == '=')
			return comment;
	if (comment.n <= 1)
		return SLICE("");
	return join(a, SLICE("# "), slice_sub(comment, 1, comment.n));
}

/* Characters, so that UTF-8 in a value does not spoil the column. */
static size_t width_of(struct slice text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.n; i++)
		width += ((unsigned char)text.p[i] & 0xc0) != 0x80;
	return width;
}

static struct slice with_comment(struct arena *a, struct slice code, size_t column, struct slice comment)
{
	static const char blanks[ALIGN_WIDTH + 1] = "                                                        ";
	size_t width = width_of(code), n = column > width ? column - width : 1;

	return join(a, join(a, code, (struct slice){ blanks, n }), comment);
}

/* Comments of parameters that stand directly above each other begin in one column. */
static void end_row(struct formatter *f)
{
	struct format_line *lines = f->result->lines.v;
	size_t column = 0, width;

	for (size_t i = 0; i < f->row_comments.n; i++) {
		width = width_of(lines[f->row + i].text);
		column = width >= column ? width + 1 : column;
	}
	for (size_t i = 0; i < f->row_comments.n; i++)
		lines[f->row + i].text = with_comment(f->arena, lines[f->row + i].text, column, f->row_comments.v[i]);
	f->row_comments.n = 0;
	f->row = f->result->lines.n;
}

static void add_line(struct formatter *f, struct slice text, uint32_t from)
{
	end_row(f);
	vec_push(f->arena, &f->result->lines, (struct format_line){ text, from });
	f->row = f->result->lines.n;
}

static void add_code(struct formatter *f, struct slice code, const struct statement *s)
{
	struct slice comment = portable_comment(f->arena, s->comment);

	if (!comment.n) {
		add_line(f, code, s->line);
	} else if (s->block != BLOCK_NONE || width_of(code) > ALIGN_WIDTH) {
		add_line(f, with_comment(f->arena, code, 0, comment), s->line);
	} else {
		vec_push(f->arena, &f->result->lines, (struct format_line){ code, s->line });
		vec_push(f->arena, &f->row_comments, comment);
	}
}

/* One at most, and none at the start of the file. */
static void add_empty_line(struct formatter *f, uint32_t from)
{
	const struct format *r = f->result;

	if (r->lines.n && r->lines.v[r->lines.n - 1].text.n)
		add_line(f, SLICE(""), from);
}

/* --- comments and empty lines between statements --- */

/* "#conn a": somebody has switched a section off; its lines belong to no other. */
static bool is_statement_switched_off(struct slice comment)
{
	static const char *const words[] = { "conn", "config", "include" };
	struct slice rest = slice_trim(slice_sub(comment, 1, comment.n));
	size_t n;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (slice_starts(rest, words[i]) && rest.n > n && is_blank(rest.p[n]))
			return true;
	}
	return false;
}

/* Whether a comment directly below others leads to the statement below them. */
static bool touches_next(const struct formatter *f, size_t i)
{
	while (i < f->remarks.n && f->remarks.v[i].text.n)
		i++;
	return i == f->remarks.n;
}

/* The first remark that does not belong to the section before it, when a statement (`next`) or the end of the file follows. */
static size_t first_outside(const struct formatter *f, enum block next)
{
	bool empty_before = false;

	if (f->open != BLOCK_SECTION)
		return 0;
	for (size_t i = 0; i < f->remarks.n; i++) {
		const struct remark *r = &f->remarks.v[i];

		if (!r->text.n)
			empty_before = true;
		else if (!r->indented && (empty_before || is_statement_switched_off(r->text) ||
					  (next != BLOCK_NONE && touches_next(f, i))))
			return i;
	}
	return f->remarks.n;
}

/* Whether an empty line stands between what has been and a statement of this kind. */
static bool set_apart(const struct formatter *f, enum block next)
{
	return f->open != BLOCK_NONE && !(f->open == BLOCK_INCLUDE && (next == BLOCK_INCLUDE || next == BLOCK_NONE));
}

static void add_inside(struct formatter *f, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct remark *r = &f->remarks.v[i];

		if (r->text.n)
			add_line(f, join(f->arena, SLICE("\t"), r->text), r->line);
		else if (f->result->lines.v[f->result->lines.n - 1].text.p[0] == '\t')		/* not directly below the header */
			add_empty_line(f, r->line);
	}
}

static void add_outside(struct formatter *f, size_t start, enum block next)
{
	bool apart = set_apart(f, next), any = false;

	for (size_t i = start; i < f->remarks.n; i++) {
		const struct remark *r = &f->remarks.v[i];

		if (!r->text.n) {
			add_empty_line(f, r->line);
			continue;
		}
		if (apart && !any)
			add_empty_line(f, 0);
		any = true;
		add_line(f, r->text, r->line);
	}
	if (apart && !any && next != BLOCK_NONE)
		add_empty_line(f, 0);
}

/* Writes what stands before a parameter. */
static void add_remarks_inside(struct formatter *f)
{
	add_inside(f, f->remarks.n);
	f->remarks.n = 0;
}

/* Writes what stands before another statement, or at the end of the file (BLOCK_NONE). */
static void add_remarks(struct formatter *f, enum block next)
{
	size_t outside = first_outside(f, next);

	while (outside && !f->remarks.v[outside - 1].text.n)
		outside--;
	add_inside(f, outside);
	add_outside(f, outside, next);
	f->remarks.n = 0;
}

/* --- reading --- */

static uint32_t start_of_line(const struct formatter *f, uint32_t position)
{
	while (position > f->base && f->text.p[position - f->base - 1] != '\n')
		position--;
	return position;
}

static void refuse(struct formatter *f, uint32_t position)
{
	struct slice rest = between(f, start_of_line(f, position), f->base + (uint32_t)f->text.n), line;
	uint32_t start = f->base + (uint32_t)(rest.p - f->text.p);

	if (f->result->refused.n && f->result->refused.v[f->result->refused.n - 1].start == start)
		return;
	slice_split(&rest, "\n", &line);
	vec_push(f->arena, &f->result->refused, (struct span){ start, start + (uint32_t)line.n });
}

/* What is neither a blank nor a line end for libreswan must not become one. */
static void take_odd(void *context, enum lexer_oddity oddity, struct span span)
{
	if (oddity == ODD_UNICODE_SPACE || oddity == ODD_LONE_CR || oddity == ODD_NUL)
		refuse(context, span.start);
}

/* Lines that the lexer has passed over, from where it stood to the line with its next token. */
static void read_remarks(struct formatter *f, uint32_t from, uint32_t to)
{
	struct slice rest = between(f, from, to), line, text;

	if (rest.n && rest.p[rest.n - 1] == '\n')
		rest.n--;
	while (from < to && slice_split(&rest, "\n", &line)) {
		text = without_blanks_at_end(line);
		while (text.n && is_blank(text.p[0]))
			text = slice_sub(text, 1, text.n);
		vec_push(f->arena, &f->remarks, (struct remark){ text, f->line++, line.n && is_blank(line.p[0]) });
	}
}

/* The value with its quotes or braces; the cursor is behind it. */
static struct slice written_value(const struct formatter *f, const struct token *value)
{
	uint32_t start = value->span.start;
	int open = value->kind == TOKEN_QUOTED ? '"' : '{';

	if (value->kind == TOKEN_QUOTED || value->kind == TOKEN_BRACED)
		do
			start--;
		while (f->text.p[start - f->base] != open);
	return between(f, start, at_cursor(f));
}

static enum block block_of(int kind)
{
	return kind == TOKEN_VERSION ? BLOCK_VERSION : kind == TOKEN_INCLUDE ? BLOCK_INCLUDE :
	       kind == TOKEN_CONN || kind == TOKEN_CONFIG ? BLOCK_SECTION : BLOCK_NONE;
}

static bool is_value(const struct token *t)
{
	return !t->trouble && (t->kind == TOKEN_WORD || t->kind == TOKEN_QUOTED || t->kind == TOKEN_BRACED || t->kind == TOKEN_RAW);
}

/* The word that a line starts with, and '='. False: they are not there. A keyword of the user's own may stand alone (L-032). */
static bool read_head(struct formatter *f, const struct token *first, struct statement *s)
{
	uint32_t end;
	struct token t;

	s->head = *first;
	s->block = block_of(first->kind);
	if (first->kind != TOKEN_INDENT)
		return s->block != BLOCK_NONE && (s->block != BLOCK_VERSION || f->open == BLOCK_NONE);
	lexer_next(&f->lexer, &s->head);
	if ((s->head.kind != TOKEN_KEY && s->head.kind != TOKEN_USER_KEY) || f->open != BLOCK_SECTION)
		return false;
	end = at_cursor(f);
	lexer_next(&f->lexer, &t);
	s->alone = s->head.kind == TOKEN_USER_KEY && t.kind == TOKEN_EOL;
	if (s->alone)
		s->comment = slice_trim(without_blanks_at_end(between(f, end, t.span.start)));
	return s->alone || t.kind == TOKEN_EQUALS;
}

/* Reads a line behind its first token. False: it cannot be understood; the cursor may be anywhere in it. */
static bool read_statement(struct formatter *f, const struct token *first, struct statement *s)
{
	uint32_t code_end;
	struct token t;

	*s = (struct statement){ .written = SLICE(""), .line = f->line };
	if (!read_head(f, first, s))
		return false;
	if (s->alone)
		return true;
	code_end = at_cursor(f);
	if (lexer_next(&f->lexer, &t) != TOKEN_EOL) {
		if (!is_value(&t))
			return false;
		s->value = t;
		s->written = written_value(f, &t);
		code_end = at_cursor(f);
		if (lexer_next(&f->lexer, &t) != TOKEN_EOL)
			return false;
	} else if (s->block != BLOCK_NONE) {
		return false;
	}
	s->comment = slice_trim(without_blanks_at_end(between(f, code_end, t.span.start)));
	return s->head.kind != TOKEN_CONFIG || slice_eq_str(s->value.text, "setup");
}

/* To the start of the next line. */
static void pass_line(struct formatter *f)
{
	struct token t;

	while (f->lexer.context != CONTEXT_LINE)
		lexer_next(&f->lexer, &t);
}

/* --- writing --- */

/* L-028: case means nothing in a keyword. A name that is none is left alone. */
static struct slice keyword_name(struct formatter *f, const struct token *head)
{
	enum side side;
	char *name;

	if (head->kind == TOKEN_USER_KEY || !schema_find(head->text, f->section, &side))
		return head->text;
	name = arena_strdup(f->arena, head->text);
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return slice_of(name);
}

static void add_statement(struct formatter *f, const struct statement *s)
{
	struct slice code = s->head.text;

	if (s->block == BLOCK_NONE)
		add_remarks_inside(f);
	else
		add_remarks(f, s->block);
	if (s->block == BLOCK_NONE)
		code = join(f->arena, join(f->arena, SLICE("\t"), keyword_name(f, &s->head)), s->alone ? SLICE("") : SLICE("="));
	else
		code = join(f->arena, code, SLICE(" "));
	add_code(f, join(f->arena, code, s->written), s);
	if (s->block == BLOCK_NONE)
		return;
	f->open = s->block;
	f->section = s->head.kind == TOKEN_CONFIG ? SECTION_SETUP : SECTION_CONN;
}

static void finish(struct formatter *f)
{
	struct format *r = f->result;

	add_remarks(f, BLOCK_NONE);
	end_row(f);
	while (r->lines.n && !r->lines.v[r->lines.n - 1].text.n)
		r->lines.n--;
}

struct format *format_text(struct arena *a, struct slice text, uint32_t base)
{
	struct formatter f = { .arena = a, .result = arena_new(a, struct format), .text = text, .base = base, .line = 1 };
	uint32_t before;
	struct statement s;
	struct token t;

	lexer_init(&f.lexer, text, base, take_odd, &f);
	for (before = at_cursor(&f); lexer_next(&f.lexer, &t); before = at_cursor(&f)) {
		read_remarks(&f, before, start_of_line(&f, t.span.start));
		if (read_statement(&f, &t, &s))
			add_statement(&f, &s);
		else
			refuse(&f, t.span.start);
		pass_line(&f);
		f.line++;
	}
	read_remarks(&f, before, t.span.start);
	finish(&f);
	return f.result;
}

/* --- the result --- */

void format_write(const struct format *f, struct buf *out)
{
	for (size_t i = 0; i < f->lines.n; i++) {
		buf_add_slice(out, f->lines.v[i].text);
		buf_add_char(out, '\n');
	}
}

bool format_changes(const struct format *f, struct slice text)
{
	struct slice line;

	for (size_t i = 0; i < f->lines.n; i++) {
		line = f->lines.v[i].text;
		if (text.n <= line.n || memcmp(text.p, line.p, line.n) != 0 || text.p[line.n] != '\n')
			return true;
		text = slice_sub(text, line.n + 1, text.n);
	}
	return text.n > 0;
}
