/* SPDX-License-Identifier: Apache-2.0 */
/* parse.c -- drives lexer and grammar over a file and what it includes, and builds the sections. */
#include "compiler/parser/parse.h"

#include "base/limits.h"

/* --- sections ----------------------------------------------------------------------------------------------------------------- */

static void close_section(struct parser *p)
{
	struct syntax_param *params;

	if (!p->section)
		return;
	params = arena_new_array(p->arena, p->params.n, struct syntax_param);
	if (p->params.n)
		memcpy(params, p->params.v, p->params.n * sizeof(*params));
	p->section->params = params;
	p->section->param_count = p->params.n;
	p->section = NULL;
}

void parser_set_section(struct parser *p, struct syntax_section *section)
{
	if (section == p->section)
		return;
	close_section(p);
	p->section = section;
	p->params.n = 0;
	for (size_t i = 0; section && i < section->param_count; i++)
		vec_push(p->arena, &p->params, section->params[i]);
}

static void new_section(struct parser *p, enum section_type type, struct span span, struct syntax_value name)
{
	struct syntax_section *section;

	p->any_statement = true;
	p->orphan_told = false;
	p->cut = (struct span){ 0, 0 };
	p->skipping = p->syntax->sections.n >= LIMIT_CONNS;
	if (p->skipping) {
		if (!p->too_many_told)
			diag_report(p->diag, RULE_TOO_MANY_SECTIONS, span, "more than %u sections; the rest is not read",
				    LIMIT_CONNS);
		p->too_many_told = true;
		return;
	}
	section = arena_new(p->arena, struct syntax_section);
	*section = (struct syntax_section){ .type = type, .span = span, .name = name };
	vec_push(p->arena, &p->syntax->sections, section);
	parser_set_section(p, section);
}

static struct span span_through(struct span a, const struct token *b)
{
	return (struct span){ a.start, b->kind ? b->span.end : a.end };
}

/* --- statements --------------------------------------------------------------------------------------------------------------- */

void parser_refused(struct parser *p, struct finding *f)
{
	diag_note(p->diag, f, "every release refuses the whole file");
}

void parser_refused_by(struct parser *p, struct finding *f, uint32_t releases)
{
	vec_push(p->arena, &p->syntax->portability, (struct syntax_portability){ f, releases });
}

static struct finding *extra_word(struct parser *p, const struct token *extra, const char *what)
{
	struct finding *f =
	    diag_report(p->diag, RULE_EXTRA_WORD, extra->span, "'" SLICE_FMT "' after the %s", SLICE_ARG(extra->text), what);

	diag_help(p->diag, f, "begin a comment with a blank and '#'");
	return f;
}

/* Run: 4.10 reads on after the number, whatever comes; L-027 has the others. */
static void only_4_10_takes(struct parser *p, struct finding *f)
{
	diag_note(p->diag, f, "libreswan 4.10 does not look at it, other releases refuse the whole file");
	parser_refused_by(p, f, IN(3_18) | IN(3_32) | IN(5_0) | IN(5_4));
}

/* L-027, S-016 */
void parse_version(struct parser *p, const struct written *w)
{
	struct finding *f;

	if (p->any_statement || p->file != p->first) {
		f = diag_report(p->diag, RULE_VERSION_MISPLACED, w->head.span, "'version' is not the first line");
		diag_note(p->diag, f, "every release refuses the whole file; the number means nothing in any of them");
		diag_help(p->diag, f,
			  p->file != p->first ? "remove the line; an included file may not have one"
					      : "remove the line, or move it to the top");
	} else if (!w->value.kind) {
		f = diag_report(p->diag, RULE_VERSION_WITHOUT_NUMBER, w->head.span, "'version' without a number");
		parser_refused(p, f);
		diag_help(p->diag, f, "write 'version 2', or remove the line");
	} else if (w->extra.kind) {
		only_4_10_takes(p, extra_word(p, &w->extra, "version"));
	} else if (w->value.trouble) {
		only_4_10_takes(p, diag_report(p->diag, RULE_MISPLACED_QUOTE, w->value.mark, "a quote in the number of the version"));
	}
	p->any_statement = true;
}

/* L-019 */
void parse_config(struct parser *p, const struct written *w)
{
	struct finding *f;

	if (!w->value.kind || !slice_eq_str(w->value.text, "setup")) {
		if (w->value.kind)
			f = diag_report(p->diag, RULE_BAD_CONFIG_SECTION, w->value.span, "'config " SLICE_FMT "' is no section",
					SLICE_ARG(w->value.text));
		else
			f = diag_report(p->diag, RULE_BAD_CONFIG_SECTION, w->head.span, "'config' without 'setup'");
		diag_note(p->diag, f,
			  "every release refuses the whole file; there is only one section of this type, 'config setup'");
		if (w->value.kind && w->value.span.end > w->value.span.start)
			diag_fix(p->diag, f, true, w->value.span, "setup", "write 'config setup'");
		else if (!w->value.kind)
			diag_fix(p->diag, f, true, (struct span){ w->head.span.end, w->head.span.end }, " setup",
				 "write 'config setup'");
	} else if (w->extra.kind) {
		parser_refused(p, extra_word(p, &w->extra, "section"));
	}
	new_section(p, SECTION_IS_SETUP, span_through(w->head.span, &w->value), (struct syntax_value){ .text = { "", 0 } });
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* S-020, S-021, S-027, L-022 */
size_t parser_unusual_at(struct slice name)
{
	if (name.n && !is_letter(name.p[0]))
		return 0;
	for (size_t i = 1; i < name.n; i++) {
		char c = name.p[i];

		if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
			return i;
	}
	return name.n;
}

static size_t dangerous_at(struct slice name)
{
	if (name.n && name.p[0] == '%')
		return 0;
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f || strchr("/\"#", name.p[i]))
			return i;
	return name.n;
}

/* Span of the character at `at`: all bytes of it when it is UTF-8. */
static struct span character_at(const struct syntax_value *v, size_t at)
{
	size_t end = at + 1;

	while ((unsigned char)v->text.p[at] >= 0xc0 && end < v->text.n && ((unsigned char)v->text.p[end] & 0xc0) == 0x80)
		end++;
	return (struct span){ v->span.start + (uint32_t)at, v->span.start + (uint32_t)end };
}

static bool all_digits(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

static void check_name(struct parser *p, const struct syntax_value *name)
{
	struct finding *f;
	size_t at = dangerous_at(name->text);

	if (at < name->text.n) {
		f = diag_report(p->diag, RULE_UNSAFE_CONN_NAME, character_at(name, at),
				"the conn name '" SLICE_FMT "' cannot be used everywhere a name is needed", SLICE_ARG(name->text));
		diag_caret(p->diag, f, at == 0 && name->text.p[0] == '%' ? "a special name" : "not in a name");
		diag_note(p->diag, f, "names of policy group files, of expanded conns and arguments of whack are made from it");
	} else if (name->quoting == QUOTING_NONE && all_digits(name->text)) {
		f = diag_report(p->diag, RULE_NUMBER_AS_CONN_NAME, name->span, "the conn name '" SLICE_FMT "' is a number",
				SLICE_ARG(name->text));
		diag_note(p->diag, f, "libreswan before 5 refuses the whole file");
		diag_help(p->diag, f, "begin the name with a letter");
		parser_refused_by(p, f, IN(3_18) | IN(3_32) | IN(4_10));
	} else if ((at = parser_unusual_at(name->text)) < name->text.n) {
		f = diag_report(p->diag, RULE_UNUSUAL_CONN_NAME, character_at(name, at),
				"the conn name '" SLICE_FMT "' is not portable", SLICE_ARG(name->text));
		diag_note(p->diag, f,
			  "ipsec.conf(5) promises a letter first, then letters, digits, '.', '_' and '-'; no release checks it");
	}
}

/* L-020, L-021 */
void parse_conn(struct parser *p, const struct written *w)
{
	struct span span = span_through(w->head.span, &w->value);
	struct syntax_value name;
	bool extra_told = false;
	struct finding *f;

	if (!w->value.kind || w->value.text.n == 0) {
		f = diag_report(p->diag, RULE_CONN_WITHOUT_NAME, span, "'conn' without a name");
		diag_note(p->diag, f,
			  "libreswan 3.18 takes the first word of the next line for the name; later releases refuse the file");
		new_section(p, SECTION_IS_CONN, span,
			    (struct syntax_value){ .text = SLICE("(unnamed)"), .span = span, .damaged = true });
		return;
	}
	name = spelling_check(p, &w->value, &w->extra, &extra_told);
	if (w->extra.kind && !extra_told)
		parser_refused(p, extra_word(p, &w->extra, "name"));
	if (slice_eq_str(name.text, "%default")) {
		new_section(p, SECTION_IS_DEFAULT, span, name);
		return;
	}
	if (!name.damaged)
		check_name(p, &name);
	new_section(p, SECTION_IS_CONN, span, name);
}

/* Here braces are a part of the pattern (L-062) and not around it. */
static struct token with_braces(const struct token *t)
{
	struct token whole = *t;

	do {
		whole.text.p--;
		whole.text.n++;
		whole.span.start--;
	} while (*whole.text.p != '{');
	do {
		whole.text.n++;
		whole.span.end++;
	} while (whole.text.p[whole.text.n - 1] != '}');
	return whole;
}

/* L-060, L-061 */
void parse_include(struct parser *p, const struct written *w)
{
	struct finding *f;

	p->any_statement = true;
	p->cut = p->section || p->skipping ? w->head.span : p->cut;
	if (!w->value.kind || (w->value.text.n == 0 && w->value.kind != TOKEN_BRACED)) {
		f = diag_report(p->diag, RULE_INCLUDE_WITHOUT_NAME, w->head.span, "'include' without a file name");
		parser_refused(p, f);
		return;
	}
	if (w->extra.kind) {
		f = diag_report(p->diag, RULE_EXTRA_WORD, w->extra.span, "'" SLICE_FMT "' after the file name",
				SLICE_ARG(w->extra.text));
		diag_note(p->diag, f, "libreswan 4 drops the second name without a word; 3 and 5 refuse the whole file");
		diag_help(p->diag, f, "write one 'include' line for each name");
	}
	if (w->value.kind == TOKEN_QUOTED) {
		f = diag_report(p->diag, RULE_INCLUDE_QUOTED, w->value.span, "the file name is in quotes");
		diag_note(p->diag, f, "libreswan before 4 refuses the whole file; ipsec.conf(5) has no quotes here");
		parser_refused_by(p, f, IN(3_18) | IN(3_32));
	}
	p->include = w->value.kind == TOKEN_BRACED ? with_braces(&w->value) : w->value;
	p->include_line = span_through(w->head.span, &w->value);
}

const char *parser_statement(struct slice word, unsigned mistakes)
{
	static const char *const statements[] = { "conn", "config", "include", "version" };
	const char *nearest = NULL;
	unsigned best = mistakes + 1;

	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
		unsigned distance = slice_distance(word, slice_of(statements[i]), mistakes);

		if (distance >= best)
			continue;
		nearest = statements[i];
		best = distance;
	}
	return nearest;
}

void parser_act_as(struct parser *p, const char *statement, const struct written *w)
{
	if (strcmp(statement, "conn") == 0)
		parse_conn(p, w);
	else if (strcmp(statement, "config") == 0)
		parse_config(p, w);
	else if (strcmp(statement, "include") == 0)
		parse_include(p, w);
	else
		parse_version(p, w);
}

/* L-017, L-018, L-019: a word in column 0 that starts nothing. */
void parse_section_word(struct parser *p, const struct written *w)
{
	struct slice word = w->head.text;
	const char *nearest = parser_statement(word, 2);
	bool ca = slice_eq_str(word, "ca");
	struct finding *f;
	enum side side;

	if (!nearest && spelling_after_lone_cr(p, w->head.span))
		return;
	if (!w->equals.kind)
		vec_push(p->arena, &p->syntax->strangers, (struct syntax_stranger){ word, w->head.span });
	if (!nearest && !ca &&
	    schema_find(word, p->section && p->section->type == SECTION_IS_SETUP ? SECTION_SETUP : SECTION_CONN, &side)) {
		parse_parameter(p, w, false);
		return;
	}
	f = diag_report(p->diag, RULE_UNKNOWN_SECTION, w->head.span, "'" SLICE_FMT "' starts no section", SLICE_ARG(word));
	if (nearest && slice_eq_nocase(word, nearest))
		diag_note(p->diag, f, "the words that start a line are lower case in every release");
	else if (ca)
		diag_note(p->diag, f,
			  "strongSwan has 'ca' sections; libreswan has certificates in its NSS database and refuses the file");
	else
		diag_note(p->diag, f,
			  "a line begins with white space or one of 'conn', 'config setup', 'include', 'version'; every release "
			  "refuses the whole file");
	if (nearest) {
		diag_fix(p->diag, f, false, w->head.span, nearest, "write '%s'", nearest);
		parser_act_as(p, nearest, w);
		return;
	}
	/* "word name" alone on a line is a section; more is a sentence that lacks its '#', and the section before goes on */
	if (w->value.kind && !w->extra.kind) {
		parser_set_section(p, NULL);
		p->skipping = true;
		p->any_statement = true;
	}
}

void parse_syntax_error(struct parser *p, const struct token *token)
{
	if (token && token->kind == TOKEN_BAD)		/* told by spelling_odd() */
		return;
	diag_report(p->diag, RULE_SYNTAX_ERROR, token ? token->span : (struct span){ 0, 0 }, "this line cannot be understood");
}

/* --- files -------------------------------------------------------------------------------------------------------------------- */

static void take_odd(void *context, enum lexer_oddity oddity, struct span span)
{
	spelling_odd(context, oddity, span);
}

static void check_line_length(struct parser *p, uint32_t from, uint32_t to)
{
	if (to - from > LIMIT_LINE_BYTES)
		diag_report(p->diag, RULE_LINE_TOO_LONG, (struct span){ from, from + 1 }, "a line of %u bytes; the limit is %u",
			    to - from, LIMIT_LINE_BYTES);
}

/* Reads one file; at the end of a line with an include, what it includes. The list of files may move meanwhile. */
void parser_read_file(struct parser *p, int index)
{
	const struct source_file file = p->sources->files.v[index];
	struct span outer_crlf = p->crlf, outer_refused = p->crlf_refused;
	struct finding *outer_lone_cr = p->lone_cr;
	unsigned outer_lone_crs = p->lone_crs;
	int outer = p->file;
	uint32_t line = 0;			/* where the line starts that is being read; 0: at its first token */
	struct lexer lexer;
	struct token t;

	if (spelling_is_utf16(file.text)) {
		diag_report(p->diag, RULE_UTF_16_FILE, (struct span){ file.base, file.base + 2 },
			    "the file is UTF-16, not text for libreswan");
		return;
	}
	p->file = index;
	p->crlf = p->crlf_refused = (struct span){ 0, 0 };
	p->lone_crs = 0;
	spelling_file_start(p, &file);
	lexer_init(&lexer, file.text, file.base, take_odd, p);
	while (lexer_next(&lexer, &t)) {
		if (line == 0)
			line = t.span.start;
		grammar_take(p->grammar, p, &t);
		if (t.kind != TOKEN_EOL)
			continue;
		check_line_length(p, line, t.span.start);
		line = 0;
		if (p->include.kind)
			include_read(p);
	}
	spelling_file_end(p);
	p->file = outer;
	p->crlf = outer_crlf;
	p->crlf_refused = outer_refused;
	p->lone_cr = outer_lone_cr;
	p->lone_crs = outer_lone_crs;
}

struct syntax *syntax_parse(struct arena *a, struct sources *sources, int first, struct diag *diag)
{
	struct parser p = { .arena = a, .sources = sources, .diag = diag, .syntax = arena_new(a, struct syntax), .first = first };
	struct token end = { .kind = 0 };

	map_init(&p.included, a);
	p.grammar = grammar_new(&p);
	parser_read_file(&p, first);
	grammar_take(p.grammar, &p, &end);
	grammar_end(p.grammar);
	parser_set_section(&p, NULL);
	return p.syntax;
}

void syntax_apply_release(const struct syntax *syntax, enum release release, struct diag *diag)
{
	for (size_t i = 0; i < syntax->portability.n; i++) {
		const struct syntax_portability *item = &syntax->portability.v[i];

		diag_set_severity(diag, item->finding, item->refused_by & (1u << release) ? SEVERITY_ERROR : SEVERITY_WARNING);
	}
}
