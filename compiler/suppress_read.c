/* SPDX-License-Identifier: Apache-2.0 */
/* From comments to struct suppressions. */
#include <stdlib.h>

#include "base/map.h"
#include "compiler/lexer/lexer.h"
#include "compiler/suppress.h"

static const char marker[] = "ipsecc:";

struct comment {
	const struct source_file *file;
	struct slice line, text;	/* text: from '#' on, without blanks at its end */
	struct slice rest;		/* behind the marker */
};

struct reading {
	struct unit *unit;
	struct suppressions *result;
	const char *today;
	VEC(struct span) sections;	/* from the header's line to the next one or the end of its file, by position */
	VEC(const struct syntax_section *) headers;
};

static struct span span_of(const struct comment *c, struct slice part)
{
	uint32_t start = c->file->base + (uint32_t)(part.p - c->file->text.p);

	return (struct span){ start, start + (uint32_t)part.n };
}

/* --- finding the comment ------------------------------------------------------------------------------------------------------ */

/* Bytes of the line up to the end of its last token. */
static size_t statement_end(struct arena *a, struct slice line)
{
	struct lexer lexer;
	struct token token;
	size_t end = 0;

	lexer_init(&lexer, arena_slice(a, line), 1, NULL, NULL);
	while (lexer_next(&lexer, &token) && token.kind != TOKEN_EOL)
		end = token.span.end - 1;
	if (end < line.n && (line.p[end] == '"' || line.p[end] == '}'))		/* which are not part of the token */
		end++;
	return end;
}

static struct slice trim_end(struct slice s)
{
	while (s.n && strchr(" \t\r", s.p[s.n - 1]))
		s.n--;
	return s;
}

/* False: the line has no comment, or one that is not for us. */
static bool find_comment(struct arena *a, struct slice line, struct comment *ret)
{
	struct slice text = slice_trim(line);

	if (!slice_starts(text, "#"))
		text = slice_trim(slice_sub(line, statement_end(a, line), line.n));
	text = trim_end(text);
	if (!slice_starts(text, "#"))
		return false;
	ret->line = line;
	ret->text = text;
	ret->rest = slice_trim(slice_sub(text, 1, text.n));
	if (!slice_starts(ret->rest, marker))
		return false;
	ret->rest = slice_trim(slice_sub(ret->rest, strlen(marker), ret->rest.n));
	return true;
}

/* --- its words ---------------------------------------------------------------------------------------------------------------- */

/* Takes the next word off; false at the end. */
static bool next_word(struct slice *rest, const char *separators, struct slice *ret)
{
	while (rest->n && strchr(separators, rest->p[0]))
		*rest = slice_sub(*rest, 1, rest->n);
	*ret = slice_sub(*rest, 0, 0);
	while (ret->n < rest->n && !strchr(separators, rest->p[ret->n]))
		ret->n++;
	*rest = slice_sub(*rest, ret->n, rest->n);
	return ret->n > 0;
}

static bool is_date(struct slice s)
{
	static const char form[] = "9999-19-39";	/* the largest digit of each place */

	if (s.n != strlen(form))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (form[i] == '-' ? s.p[i] != '-' : s.p[i] < '0' || s.p[i] > form[i])
			return false;
	return true;
}

/* Cuts the reason, behind " -- ", off the words; a date may stand at its end. */
static struct slice cut_reason(struct slice *words, struct slice *ret_date)
{
	struct slice reason = { 0 }, word;
	const char *dashes = memmem(words->p, words->n, "--", 2);

	if (!dashes)
		return reason;
	reason = slice_trim(slice_sub(*words, (size_t)(dashes - words->p) + 2, words->n));
	words->n = (size_t)(dashes - words->p);
	for (size_t n = reason.n; n > strlen("until "); n--) {
		if (!slice_starts(slice_sub(reason, n - strlen("until "), n), "until "))
			continue;
		word = slice_trim(slice_sub(reason, n, reason.n));
		if (is_date(word)) {
			*ret_date = word;
			reason = slice_trim(slice_sub(reason, 0, n - strlen("until ")));
		}
		break;
	}
	return reason;
}

static bool take_scope(struct reading *r, const struct comment *c, struct slice word, enum suppress_scope *ret)
{
	static const char *const words[SUPPRESS_SCOPES] = {
		[SUPPRESS_LINE] = "ignore", [SUPPRESS_SECTION] = "ignore-section", [SUPPRESS_FILE] = "ignore-file",
	};
	struct finding *f;

	for (int scope = 0; scope < SUPPRESS_SCOPES; scope++) {
		*ret = (enum suppress_scope)scope;
		if (slice_eq_str(word, words[scope]))
			return true;
	}
	if (word.n)
		f = diag_report(&r->unit->diag, RULE_SUPPRESSION_MALFORMED, span_of(c, word),
				"'" SLICE_FMT "' is no instruction for ipsecc",
				SLICE_ARG(word));
	else
		f = diag_report(&r->unit->diag, RULE_SUPPRESSION_MALFORMED, span_of(c, c->text),
				"this comment for ipsecc says nothing");
	diag_help(&r->unit->diag, f,
		  "write ignore, ignore-section or ignore-file, then the rules: '# ipsecc: ignore IC5001 -- reason'");
	return false;
}

static void report_unknown_rule(struct reading *r, const struct comment *c, struct slice word)
{
	struct diag *d = &r->unit->diag;
	struct finding *f = diag_report(d, RULE_SUPPRESSION_UNKNOWN_RULE, span_of(c, word), "'" SLICE_FMT "' is no rule",
					SLICE_ARG(word));
	const char *nearest = rule_nearest(word);

	if (nearest)
		diag_fix(d, f, true, f->span, nearest, "did you mean '%s'?", nearest);
	else
		diag_help(d, f, "name each rule by its identifier or its name; 'ipsecc rules' lists them");
}

/* --- where it holds ----------------------------------------------------------------------------------------------------------- */

static int by_start(const void *va, const void *vb)
{
	const struct syntax_section *const *a = va, *const *b = vb;

	return (*a)->span.start < (*b)->span.start ? -1 : (*a)->span.start > (*b)->span.start;
}

static uint32_t line_start(const struct unit *u, uint32_t position)
{
	struct diag_place place = sources_locate(&u->sources, position);

	return place.line ? position - (place.column - 1) : position;
}

static void find_sections(struct reading *r)
{
	struct arena *a = &r->unit->arena;

	for (size_t i = 0; i < r->unit->syntax->sections.n; i++)
		vec_push(a, &r->headers, r->unit->syntax->sections.v[i]);
	if (r->headers.n)
		qsort(r->headers.v, r->headers.n, sizeof(*r->headers.v), by_start);
	for (size_t i = 0; i < r->headers.n; i++) {
		const struct source_file *file = sources_file_at(&r->unit->sources, r->headers.v[i]->span.start);
		uint32_t start = line_start(r->unit, r->headers.v[i]->span.start);

		if (i && r->sections.v[i - 1].end > start)
			r->sections.v[i - 1].end = start;
		vec_push(a, &r->sections, (struct span){ start, file ? file->base + (uint32_t)file->text.n + 1 : start });
	}
}

/* Index of the section that a position lies in; the number of sections: none. */
static size_t section_at(const struct reading *r, uint32_t position)
{
	size_t low = 0, high = r->sections.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->sections.v[middle].start <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low && position < r->sections.v[low - 1].end ? low - 1 : r->sections.n;
}

/* The line itself, or the next one that is more than blanks and a comment; false: there is none. */
static bool cover_line(const struct comment *c, bool own_line, struct span *ret)
{
	struct slice text = c->file->text, rest, line = c->line;

	rest = slice_sub(text, (size_t)(c->line.p - text.p) + c->line.n + 1, text.n);
	while (own_line && slice_split(&rest, "\n", &line)) {
		struct slice content = trim_end(slice_trim(line));

		own_line = content.n == 0 || content.p[0] == '#';
	}
	*ret = span_of(c, line);
	ret->end++;		/* what begins at the line's end belongs to it */
	return !own_line;
}

/* Sets what it covers; false after a finding: it stands where it can mean nothing. */
static bool place(struct reading *r, const struct comment *c, struct suppression *s)
{
	size_t section = section_at(r, s->comment.start);
	const char *why = NULL;

	switch (s->scope) {
	case SUPPRESS_LINE:
		if (!cover_line(c, s->own_line, &s->covers))
			why = "no statement follows this comment";
		break;
	case SUPPRESS_SECTION:
		if (section == r->sections.n) {
			why = "this comment is in no section";
			break;
		}
		s->covers = r->sections.v[section];
		if (r->headers.v[section]->type == SECTION_IS_CONN && !r->headers.v[section]->name.damaged)
			s->conn = arena_strdup(&r->unit->arena, r->headers.v[section]->name.text);
		break;
	default:
		if (section != r->sections.n)
			why = "this comment is not before the first section of the file";
		s->covers = (struct span){ c->file->base, c->file->base + (uint32_t)c->file->text.n + 1 };
	}
	if (why)
		diag_report(&r->unit->diag, RULE_SUPPRESSION_MISPLACED, s->comment, "%s", why);
	return !why;
}

/* --- all ---------------------------------------------------------------------------------------------------------------------- */

static bool expired(struct reading *r, const struct comment *c, struct slice date)
{
	struct finding *f;

	if (!date.n || !r->today || slice_cmp(date, slice_of(r->today)) >= 0)
		return false;
	f = diag_report(&r->unit->diag, RULE_SUPPRESSION_EXPIRED, span_of(c, date),
			"this comment has hidden findings until " SLICE_FMT
			", and does so no more", SLICE_ARG(date));
	diag_help(&r->unit->diag, f, "correct what it hid, or give a later date");
	return true;
}

static void take_rule(struct reading *r, const struct comment *c, struct suppression *s, struct slice word)
{
	const struct rule *rule = rule_by_id(word);
	struct suppressed_rule *one;

	if (!rule) {
		report_unknown_rule(r, c, word);
		return;
	}
	one = arena_new(&r->unit->arena, struct suppressed_rule);
	*one = (struct suppressed_rule){ .by = s, .rule = (enum rule_id)(rule - rule_table), .span = span_of(c, word) };
	vec_push(&r->unit->arena, &r->result->rules, one);
	s->rules++;
}

/* Takes the rules and the date before the reason; false when that cannot be read. */
static bool take_words(struct reading *r, const struct comment *c, struct suppression *s, struct slice words, struct slice *date)
{
	struct diag *d = &r->unit->diag;
	struct slice word, bad = { 0 };
	bool any = false;

	while (!bad.p && next_word(&words, " \t,", &word)) {
		if (slice_eq_str(word, "until")) {
			if (!next_word(&words, " \t,", date) || !is_date(*date))
				bad = date->n ? *date : word;
			continue;
		}
		take_rule(r, c, s, word);
		any = true;
	}
	if (bad.p)
		diag_report(d, RULE_SUPPRESSION_MALFORMED, span_of(c, bad), "'" SLICE_FMT "' is no date such as 2027-01-31",
			    SLICE_ARG(bad));
	else if (!any)
		diag_report(d, RULE_SUPPRESSION_MALFORMED, s->comment, "this comment does not say which rule is to be ignored");
	return !bad.p && any;
}

static void take(struct reading *r, const struct comment *c)
{
	size_t rules_before = r->result->rules.n;
	struct suppression *s = arena_new(&r->unit->arena, struct suppression);
	struct slice words = c->rest, verb, date = { 0 }, reason;
	struct finding *f;

	s->comment = span_of(c, c->text);
	s->own_line = slice_trim(c->line).p == c->text.p;
	next_word(&words, " \t", &verb);
	if (!take_scope(r, c, verb, &s->scope))
		return;
	reason = cut_reason(&words, &date);
	if (!take_words(r, c, s, words, &date) || !place(r, c, s) || expired(r, c, date)) {
		r->result->rules.n = rules_before;
		return;
	}
	if (!reason.n) {
		f = diag_report(&r->unit->diag, RULE_SUPPRESSION_WITHOUT_REASON, s->comment, "this comment does not say why");
		diag_help(&r->unit->diag, f, "write '-- ' and the reason behind the rules");
	}
}

static void read_file(struct reading *r, const struct source_file *file)
{
	struct slice text = file->text, rest = text;
	const char *hit;

	while (rest.n && (hit = memmem(rest.p, rest.n, marker, strlen(marker)))) {
		const char *start = memrchr(text.p, '\n', (size_t)(hit - text.p));
		const char *end = memchr(hit, '\n', (size_t)(text.p + text.n - hit));
		struct comment c = { .file = file };

		start = start ? start + 1 : text.p;
		end = end ? end : text.p + text.n;
		if (find_comment(&r->unit->arena, (struct slice){ start, (size_t)(end - start) }, &c))
			take(r, &c);
		rest = (struct slice){ end, (size_t)(text.p + text.n - end) };
	}
}

/* The first comment that names a rule for a place is the one that hides. */
static void add_to_list(struct suppressed_rule **list, struct suppressed_rule *rule)
{
	for (; *list; list = &(*list)->next)
		if ((*list)->rule == rule->rule)
			return;
	*list = rule;
}

/* Comments come in the order of the text, and so do the places that they cover. */
static void add_to_place(struct reading *r, struct suppressed_rule *rule)
{
	const struct suppression *by = rule->by;
	struct arena *a = &r->unit->arena;
	struct suppress_places *places = &r->result->places[by->scope];

	if (!places->list.n || places->list.v[places->list.n - 1]->covers.start != by->covers.start) {
		struct suppress_place *new = arena_new(a, struct suppress_place);

		new->covers = by->covers;
		vec_push(a, &places->list, new);
	}
	add_to_list(&places->list.v[places->list.n - 1]->rules, rule);
	if (by->conn)
		map_set(&r->result->by_conn, slice_of(by->conn), places->list.v[places->list.n - 1]);
}

struct suppressions *suppressions_read(struct unit *u, const char *today)
{
	struct reading r = { .unit = u, .result = arena_new(&u->arena, struct suppressions), .today = today };

	r.result->unit = u;
	map_init(&r.result->by_conn, &u->arena);
	find_sections(&r);
	for (size_t i = 0; i < u->config_files; i++)
		if (!u->sources.files.v[i].secret)
			read_file(&r, &u->sources.files.v[i]);
	for (size_t i = 0; i < r.result->rules.n; i++)
		add_to_place(&r, r.result->rules.v[i]);
	return r.result;
}
