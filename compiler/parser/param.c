/* SPDX-License-Identifier: Apache-2.0 */
/* param.c -- one parameter line: which keyword, and what of the line is its value. */
#include "compiler/parser/parse.h"

#include "compiler/foreign/foreign.h"

static enum section_kind kind_of_section(const struct parser *p)
{
	return p->section && p->section->type == SECTION_IS_SETUP ? SECTION_SETUP : SECTION_CONN;
}

static const char *describe_section(struct parser *p)
{
	if (p->section->type == SECTION_IS_SETUP)
		return "section 'config setup'";
	return arena_printf(p->arena, "conn '" SLICE_FMT "'", SLICE_ARG(p->section->name.text));
}

/* --- the keyword -------------------------------------------------------------------------------------------------------------- */

static void unknown_keyword(struct parser *p, const struct syntax_param *param)
{
	const struct foreign_mark *mark = foreign_keyword(param->key, kind_of_section(p));
	char nearest[64];
	struct finding *f =
	    diag_report(p->diag, RULE_UNKNOWN_KEYWORD, param->key_span, "unknown keyword '" SLICE_FMT "'", SLICE_ARG(param->key));

	parser_refused(p, f);
	if (mark) {
		diag_note(p->diag, f, "it is a keyword of %s", foreign_programs[mark->program].name);
		if (mark->libreswan)
			diag_help(p->diag, f, "libreswan has %s", mark->libreswan);
		return;
	}
	if (schema_nearest(param->key, kind_of_section(p), nearest))
		diag_fix(p->diag, f, false, param->key_span, arena_strdup(p->arena, slice_of(nearest)), "did you mean '%s'?",
			 nearest);
}

/* L-079, L-080. */
static void misplaced_keyword(struct parser *p, const struct syntax_param *param)
{
	bool in_setup = p->section->type == SECTION_IS_SETUP;
	struct finding *f =
	    diag_report(p->diag, RULE_MISPLACED_KEYWORD, param->key_span, "'" SLICE_FMT "' is a keyword of %s, not of %s",
			SLICE_ARG(param->key), in_setup ? "conns" : "'config setup'", in_setup ? "'config setup'" : "conns");

	if (!in_setup)
		diag_set_conn(f, p->section->type == SECTION_IS_DEFAULT ? "%default" :
			      arena_strdup(p->arena, p->section->name.text));
	diag_related(p->diag, f, p->section->span, "in this section");
	diag_note(p->diag, f, "%s", in_setup ? "libreswan 3.18 crashes on it, later releases refuse the whole file" :
		  "libreswan before 5 says so and ignores it, 5 refuses the whole file");
}

/* L-029 */
static void bare_keyword(struct parser *p, const struct syntax_param *param)
{
	const struct keyword *k = param->keyword;
	struct finding *f = diag_report(p->diag, RULE_SIDE_MISSING, param->key_span, "'" SLICE_FMT "' without 'left' or 'right'",
					SLICE_ARG(param->key));

	diag_note(p->diag, f, "libreswan before 5 takes it for '%s', 5 refuses the whole file", k->right);
	diag_fix(p->diag, f, false, param->key_span, k->right, "write '%s' or '%s'", k->name, k->right);
}

/* L-030 */
static bool has_hyphen(const struct syntax_param *param)
{
	size_t side = param->side == SIDE_LEFT ? strlen("left") : strlen("right");

	return param->keyword->sided && param->side != SIDE_NONE && param->key.n > side && param->key.p[side] == '-';
}

static void hyphenated_keyword(struct parser *p, const struct syntax_param *param)
{
	const char *name = schema_spelling(param->keyword, param->side);
	struct finding *f = diag_report(p->diag, RULE_HYPHEN_AFTER_SIDE, param->key_span,
					"'" SLICE_FMT "' is unknown before libreswan 5", SLICE_ARG(param->key));

	diag_note(p->diag, f, "an older release refuses the whole file");
	diag_fix(p->diag, f, true, param->key_span, name, "write '%s'", name);
	parser_refused_by(p, f, IN(3_18) | IN(3_32) | IN(4_10));
}

/* Finds the keyword and says what is wrong with it. False: it belongs to the other type of section and is not kept. */
static bool find_keyword(struct parser *p, struct syntax_param *param)
{
	enum side side = SIDE_NONE;

	if (!param->user_data)
		param->keyword = schema_find(param->key, kind_of_section(p), &side);
	param->side = side;
	if (param->user_data)
		return true;
	if (!param->keyword) {
		unknown_keyword(p, param);
		return true;
	}
	if (param->keyword->section != kind_of_section(p)) {
		misplaced_keyword(p, param);
		return false;
	}
	if (param->keyword->sided && param->side == SIDE_NONE) {
		bare_keyword(p, param);
		param->bare = true;
		param->side = SIDE_RIGHT;
	} else if (has_hyphen(param)) {
		hyphenated_keyword(p, param);
	}
	return true;
}

/* --- the value ---------------------------------------------------------------------------------------------------------------- */

/* Types whose values people write with blanks: what follows the first word belongs to the value. */
static bool takes_blanks(enum value_type type)
{
	switch (type) {
	case TYPE_FLAGS: case TYPE_STRING: case TYPE_LABEL: case TYPE_NICKNAME: case TYPE_DN: case TYPE_ID: case TYPE_IPADDR_LIST:
	case TYPE_SUBNET_LIST: case TYPE_COMMAND: case TYPE_FILENAME: case TYPE_DIRNAME: case TYPE_IFPAIR_LIST:
	case TYPE_NET_POLICY_LIST: case TYPE_SECTION_REF_LIST: case TYPE_NAME_LIST: case TYPE_STRING_LIST: case TYPE_IKE_PROPOSAL:
	case TYPE_ESP_PROPOSAL: case TYPE_AH_PROPOSAL:
		return true;
	default:
		return false;
	}
}

/* A known keyword and '=' in what follows a value: where it begins; -1: none. */
static ptrdiff_t second_parameter(const struct parser *p, struct slice extra)
{
	const char *equals = memchr(extra.p, '=', extra.n);
	size_t end, start;
	enum side side;

	if (!equals)
		return -1;
	end = (size_t)(equals - extra.p);
	while (end && (extra.p[end - 1] == ' ' || extra.p[end - 1] == '\t'))
		end--;
	for (start = end; start && !strchr(" \t;,", extra.p[start - 1]); start--)
		;
	return end > start && schema_find(slice_sub(extra, start, end), kind_of_section(p), &side) ? (ptrdiff_t)start : -1;
}

static void two_parameters(struct parser *p, const struct token *extra, size_t at)
{
	struct span key = { extra->span.start + (uint32_t)at, extra->span.end };
	struct finding *f = diag_report(p->diag, RULE_EXTRA_WORD, key, "a second parameter in the line");

	parser_refused(p, f);
	diag_fix(p->diag, f, true, (struct span){ key.start, key.start }, "\n\t", "write each parameter in a line of its own");
}

/* S-033, S-519 */
static void continued(struct parser *p, const struct token *extra, struct syntax_value *v)
{
	struct finding *f = diag_report(p->diag, RULE_EXTRA_WORD, (struct span){ extra->span.end - 1, extra->span.end },
					"'\\' does not continue the line");

	parser_refused(p, f);
	diag_help(p->diag, f, "write the whole value in one line");
	v->damaged = true;
}

/* "8 h" */
static bool is_unit(const struct syntax_param *param, const struct syntax_value *v, struct slice extra)
{
	uint64_t number;

	return param->keyword && (param->keyword->type == TYPE_TIME || param->keyword->type == TYPE_TIME_MS) &&
	       slice_to_u64(v->text, UINT64_MAX, &number) == 0 &&
	       (slice_eq_nocase(extra, "ms") || (extra.n == 1 && strchr("smhdw", extra.p[0])));
}

/* L-025, S-031: more than one word behind '='. */
static void more_words(struct parser *p, const struct syntax_param *param, const struct token *extra, struct syntax_value *v)
{
	ptrdiff_t second = second_parameter(p, extra->text);
	struct finding *f;

	if (extra->text.p[extra->text.n - 1] == '\\') {
		continued(p, extra, v);
		return;
	}
	if (second >= 0) {
		two_parameters(p, extra, (size_t)second);
		if (v->text.n > 1 && strchr(";,", v->text.p[v->text.n - 1])) {
			v->text.n--;
			v->span.end--;
		}
		return;
	}
	if (v->quoting == QUOTING_NONE && param->keyword && takes_blanks(param->keyword->type) &&
	    !memchr(extra->text.p, '"', extra->text.n)) {
		v->span.end = extra->span.end;
		v->text.n = v->span.end - v->span.start;
		f = diag_report(p->diag, RULE_UNQUOTED_BLANK, v->span, "the value of '" SLICE_FMT "' has blanks and no quotes",
				SLICE_ARG(param->key));
		parser_refused(p, f);
		diag_fix_edit(p->diag, diag_fix(p->diag, f, true, (struct span){ v->span.start, v->span.start }, "\"",
						"put the value in double quotes"),
			      (struct span){ v->span.end, v->span.end }, "\"");
		return;
	}
	f = diag_report(p->diag, RULE_EXTRA_WORD, extra->span, "'" SLICE_FMT "' after the value of '" SLICE_FMT "'",
			SLICE_ARG(extra->text), SLICE_ARG(param->key));
	parser_refused(p, f);
	if (is_unit(param, v, extra->text)) {
		diag_fix(p->diag, f, true, (struct span){ v->span.end, extra->span.start }, "", "write '" SLICE_FMT SLICE_FMT "'",
			 SLICE_ARG(v->text), SLICE_ARG(extra->text));
		v->damaged = true;	/* without its unit it is another time */
	} else if (v->text.n && v->text.p[v->text.n - 1] == ',') {
		diag_fix(p->diag, f, true, (struct span){ v->span.end, extra->span.start }, "", "write the list without blanks");
	} else {
		diag_help(p->diag, f, "remove it, or make it a comment with a blank and '#' before it");
	}
}

/* L-015: the real scanner looks for the value first and for a comment behind it. */
static void comment_as_value(struct parser *p, const struct syntax_param *param, const struct token *extra, struct syntax_value *v)
{
	struct span end = { v->span.start, extra->kind ? extra->span.end : v->span.end };
	struct finding *f = diag_report(p->diag, RULE_COMMENT_AS_VALUE, end,
					"what follows '" SLICE_FMT "=' is its value and not a comment", SLICE_ARG(param->key));

	if (extra->kind) {
		diag_note(p->diag, f, "every release refuses the whole file, for the second word");
	} else {
		diag_set_severity(p->diag, f, SEVERITY_WARNING);
		diag_note(p->diag, f, "every release sets it to '" SLICE_FMT "'", SLICE_ARG(v->text));
	}
	diag_help(p->diag, f, "remove the line, or write the comment in a line of its own");
	v->damaged = extra->kind != 0;
}

/* S-049: the names of user data are names like others; every release takes what stands before the '='. */
static void check_user_name(struct parser *p, const struct syntax_param *param)
{
	size_t at = parser_unusual_at(param->key);
	uint32_t start = param->key_span.start + (uint32_t)at;
	struct finding *f;

	if (at == param->key.n)
		return;
	f = diag_report(p->diag, RULE_USER_DATA_FORM, (struct span){ start, start + 1 },
			"the name '" SLICE_FMT "' is not written like a name", SLICE_ARG(param->key));
	diag_note(p->diag, f, "ipsec.conf(5) wants letters, digits, '.', '_' and '-' here too; no release checks it");
}

/* S-050: what user data should look like; every release takes all of the line (L-032). */
static void check_user_data(struct parser *p, const struct syntax_param *param)
{
	struct slice text = slice_trim(param->value.text);
	bool quoted = text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"';
	struct slice inside = quoted ? slice_sub(text, 1, text.n - 1) : text;
	struct finding *f;

	if (!memchr(inside.p, '"', inside.n) && (quoted || (!memchr(inside.p, ' ', inside.n) && !memchr(inside.p, '\t', inside.n))))
		return;
	f = diag_report(p->diag, RULE_USER_DATA_FORM, param->value.span, "the value of '" SLICE_FMT "' is not written like a value",
			SLICE_ARG(param->key));
	diag_note(p->diag, f, "ipsec.conf(5) wants values with blanks in double quotes here too; no release checks it");
}

static void user_data_without_value(struct parser *p, const struct syntax_param *param)
{
	struct finding *f = diag_report(p->diag, RULE_USER_DATA_WITHOUT_VALUE, param->key_span, "'" SLICE_FMT "' has no value",
					SLICE_ARG(param->key));

	diag_note(p->diag, f, "libreswan before 5 refuses the whole file");
	diag_help(p->diag, f, "remove the line, or write '=' and a value");
	parser_refused_by(p, f, IN(3_18) | IN(3_32) | IN(4_10));
}

static void take_value(struct parser *p, const struct written *w, struct syntax_param *param)
{
	struct syntax_value *v = &param->value;
	bool extra_told;

	if (!w->value.kind) {
		uint32_t at = w->equals.kind ? w->equals.span.end : w->head.span.end;

		*v = (struct syntax_value){ .span = { at, at }, .text = { "", 0 }, .damaged = !w->equals.kind };
		if (param->user_data)
			user_data_without_value(p, param);
		return;
	}
	if (w->value.kind == TOKEN_RAW) {
		*v = spelling_of(&w->value);
		check_user_name(p, param);
		check_user_data(p, param);
		return;
	}
	if (w->equals.kind && w->value.kind == TOKEN_WORD && w->value.text.p[0] == '#') {
		*v = spelling_of(&w->value);
		comment_as_value(p, param, &w->extra, v);
		return;
	}
	*v = spelling_check(p, &w->value, &w->extra, &extra_told);
	if (w->extra.kind && !extra_told)
		more_words(p, param, &w->extra, v);
}

/* --- the line ----------------------------------------------------------------------------------------------------------------- */

/* Whether the line stands in a section; if not, or not quite, says so. */
static bool in_section(struct parser *p, struct span at)
{
	struct finding *f;

	if (p->skipping)
		return false;
	if (!p->section) {
		if (!p->orphan_told) {
			f = diag_report(p->diag, RULE_PARAMETER_OUTSIDE_SECTION, at, "a parameter before any section");
			parser_refused(p, f);
			diag_help(p->diag, f, "write 'conn NAME' or 'config setup' in the line before");
		}
		p->orphan_told = true;
		return false;
	}
	if (span_known(p->cut)) {
		f = diag_report(p->diag, RULE_INCLUDE_ENDS_SECTION, at,
				"an include has ended %s, so this line stands in no section", describe_section(p));
		diag_related(p->diag, f, p->cut, "ends the section");
		diag_related(p->diag, f, p->section->span, "which began here");
		diag_note(p->diag, f, "every release refuses the whole file; here the section goes on");
		diag_help(p->diag, f, "move the include behind the section, or use 'also' for what sections share");
		p->cut = (struct span){ 0, 0 };
	}
	return true;
}

/* L-018 */
static void not_indented(struct parser *p, const struct written *w)
{
	struct finding *f = diag_report(p->diag, RULE_PARAMETER_NOT_INDENTED, w->head.span,
					"the parameter '" SLICE_FMT "' is not indented", SLICE_ARG(w->head.text));

	parser_refused(p, f);
	diag_fix(p->diag, f, true, (struct span){ w->head.span.start, w->head.span.start }, "\t",
		 "begin the line with a blank or a tab");
}

/* L-017: a statement that is indented. */
static bool indented_statement(struct parser *p, const struct written *w, struct span indent)
{
	struct slice word = w->head.text;
	const char *statement = parser_statement(word, 0);
	struct finding *f;

	if (w->equals.kind || !statement)
		return false;
	f = diag_report(p->diag, RULE_STATEMENT_INDENTED, w->head.span, "'" SLICE_FMT "' is indented", SLICE_ARG(word));
	diag_note(p->diag, f, "every release takes it for a parameter and refuses the whole file");
	diag_fix(p->diag, f, true, (struct span){ indent.start, w->head.span.end }, statement, "begin the line with '%s'",
		 statement);
	parser_act_as(p, statement, w);
	return true;
}

/* The blanks before a word that begins its line. */
static struct span indent_of(const struct parser *p, struct span word)
{
	const struct source_file *f = &p->sources->files.v[p->file];
	uint32_t start = word.start;

	while (start > f->base && f->text.p[start - f->base - 1] != '\n')
		start--;
	return (struct span){ start, word.start };
}

/* "left: 1", "left:1": people who write YAML all day. Cuts the colon and what follows off the key. */
static bool cut_at_colon(const struct parser *p, struct syntax_param *param)
{
	const char *colon = memchr(param->key.p, ':', param->key.n);
	struct slice before = { param->key.p, colon ? (size_t)(colon - param->key.p) : 0 };
	enum side side;

	if (!colon || !schema_find(before, kind_of_section(p), &side))
		return false;
	param->key_span.end -= (uint32_t)(param->key.n - before.n);
	param->key = before;
	return true;
}

static void missing_equals(struct parser *p, const struct written *w, struct syntax_param *param)
{
	bool colon = cut_at_colon(p, param);
	uint32_t value_start = w->value.span.start - (w->value.kind == TOKEN_QUOTED || w->value.kind == TOKEN_BRACED);
	struct finding *f;
	enum side side;

	if (!colon && !w->value.kind && !schema_find(param->key, kind_of_section(p), &side))
		f = diag_report(p->diag, RULE_MISSING_EQUALS, param->key_span, "'" SLICE_FMT "' is not 'keyword=value'",
				SLICE_ARG(param->key));
	else
		f = diag_report(p->diag, RULE_MISSING_EQUALS, param->key_span, "no '=' after '" SLICE_FMT "'",
				SLICE_ARG(param->key));
	parser_refused(p, f);
	if (w->value.kind)	/* "ike lifetime=8h" may have been meant otherwise */
		diag_fix(p->diag, f, !memchr(w->value.text.p, '=', w->value.text.n),
			 (struct span){ param->key_span.end, value_start }, "=",
			 "write '" SLICE_FMT "=" SLICE_FMT "'", SLICE_ARG(param->key), SLICE_ARG(w->value.text));
	else if (colon)
		diag_fix(p->diag, f, true, (struct span){ param->key_span.end, param->key_span.end + 1 }, "=",
			 "write '=' in place of ':'");
	else
		diag_help(p->diag, f, "write '" SLICE_FMT "=' and a value", SLICE_ARG(param->key));
}

static void missing_keyword(struct parser *p, const struct written *w)
{
	struct finding *f = diag_report(p->diag, RULE_MISSING_KEYWORD, w->equals.span, "no keyword before '='");

	parser_refused(p, f);
}

void parse_parameter(struct parser *p, const struct written *w, bool indented)
{
	struct syntax_param param = { .key = w->head.text, .key_span = w->head.span, .user_data = w->head.kind == TOKEN_USER_KEY };
	struct span at = w->head.kind ? w->head.span : w->equals.span;
	bool keep, after_cr = spelling_after_lone_cr(p, at);

	if (indented && w->head.kind == TOKEN_KEY && indented_statement(p, w, indent_of(p, at)))
		return;
	if (!in_section(p, at))
		return;
	if (!w->head.kind) {
		missing_keyword(p, w);
		return;
	}
	if (after_cr && !w->equals.kind)
		return;
	if (!indented && !after_cr)
		not_indented(p, w);
	if (!w->equals.kind && (w->value.kind || !param.user_data))
		missing_equals(p, w, &param);
	if (!w->equals.kind && !w->value.kind && !param.user_data)
		return;
	keep = find_keyword(p, &param);
	take_value(p, w, &param);
	if (keep)
		vec_push(p->arena, &p->params, param);
}
