/* SPDX-License-Identifier: Apache-2.0 */
/* What comments hide, and which hide nothing. */
#include "compiler/suppress.h"

static const struct suppress_place *place_at(const struct suppress_places *places, uint32_t position)
{
	size_t low = 0, high = places->list.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (places->list.v[middle]->covers.start <= position)
			low = middle + 1;
		else
			high = middle;
	}
	return low && position < places->list.v[low - 1]->covers.end ? places->list.v[low - 1] : NULL;
}

static bool use(const struct suppress_place *place, enum rule_id rule)
{
	for (struct suppressed_rule *r = place ? place->rules : NULL; r; r = r->next) {
		if (r->rule != rule)
			continue;
		r->used = true;
		return true;
	}
	return false;
}

static bool is_about_comments(enum rule_id rule)
{
	return rule != RULE_REFUSAL_HIDDEN && strncmp(rule_table[rule].id, "IC15", 4) == 0;
}

/* The nearest comment hides: that of the line, of the section, of the conn's section elsewhere, of the file. What has no place
 * belongs to the file that was named. */
static enum hidden_by judge(const void *context, struct finding *f)
{
	const struct suppressions *s = context;
	uint32_t at = span_known(f->span) ? f->span.start : s->unit->sources.files.v[0].base;

	if (is_about_comments(f->rule))
		return HIDDEN_NOT;
	for (int scope = span_known(f->span) ? SUPPRESS_LINE : SUPPRESS_FILE; scope < SUPPRESS_SCOPES; scope++) {
		if (scope == SUPPRESS_FILE && f->conn && use(map_get(&s->by_conn, slice_of(f->conn)), f->rule))
			return HIDDEN_BY_COMMENT;
		if (use(place_at(&s->places[scope], at), f->rule))
			return HIDDEN_BY_COMMENT;
	}
	return HIDDEN_NOT;
}

void suppressions_apply(struct suppressions *s, struct diag *diag)
{
	if (s->rules.n)
		diag_hide(diag, judge, s);
}

/* --- without effect ----------------------------------------------------------------------------------------------------------- */

/* What these rules find depends on the release, the options and the command, so a comment that is idle now may be needed then. */
static bool depends_on_call(enum rule_id rule)
{
	return strchr("789", rule_table[rule].id[2]) != NULL;
}

/* And these on other files: one that is included may be checked alone too. */
static bool depends_on_other_files(enum rule_id rule)
{
	return rule_table[rule].id[2] == '5' || strncmp(rule_table[rule].id, "IC21", 4) == 0;
}

/* The same for all inclusions of a file. */
static struct slice key_of(struct suppressions *s, struct arena *a, const struct suppressed_rule *r)
{
	const struct source_file *file = sources_file_at(&s->unit->sources, r->span.start);

	return slice_of(arena_printf(a, "%u %s", r->span.start - file->base, file->path));
}

/* The comment's line, or what stands behind the statement. */
static struct span whole_comment(const struct suppressions *s, const struct suppression *by)
{
	const struct source_file *file = sources_file_at(&s->unit->sources, by->comment.start);
	uint32_t start = by->comment.start - file->base, end = by->comment.end - file->base;

	while (start && (file->text.p[start - 1] == ' ' || file->text.p[start - 1] == '\t'))
		start--;
	while (end < file->text.n && strchr(" \t\r", file->text.p[end]))
		end++;
	if (by->own_line && end < file->text.n)
		end++;
	else if (!by->own_line)
		end = by->comment.end - file->base;
	return (struct span){ file->base + start, file->base + end };
}

/* One name in a list, with the separator behind it, or before the last one. */
static struct span one_of_list(const struct suppressions *s, struct span name)
{
	const struct source_file *file = sources_file_at(&s->unit->sources, name.start);
	uint32_t start = name.start - file->base, end = name.end - file->base;
	const char *text = file->text.p;

	while (end < file->text.n && (text[end] == ' ' || text[end] == '\t'))
		end++;
	if (end < file->text.n && text[end] == ',') {
		for (end++; end < file->text.n && (text[end] == ' ' || text[end] == '\t'); end++)
			;
		return (struct span){ name.start, file->base + end };
	}
	while (start && strchr(" \t,", text[start - 1]))
		start--;
	return (struct span){ file->base + start, name.end };
}

static void report_unused(struct suppressions *s, struct diag *diag, const struct suppressed_rule *r)
{
	bool safe = !depends_on_other_files(r->rule);
	struct finding *f;

	if (r->by->reported)
		return;
	f = diag_report(diag, RULE_SUPPRESSION_UNUSED, r->span, "nothing is found here that this comment would hide");
	r->by->reported = r->by->unused == r->by->rules;
	if (r->by->rules == 1)
		diag_caret(diag, f, "%s", rule_table[r->rule].summary);
	if (r->by->unused < r->by->rules)
		diag_fix(diag, f, safe, one_of_list(s, r->span), "", "remove the rule from the comment");
	else
		diag_fix(diag, f, safe, whole_comment(s, r->by), "", "remove the comment");
}

void suppressions_report(struct suppressions *s, struct diag *diag)
{
	struct arena *a = diag->arena;
	struct map used;

	if (s->reported)
		return;
	s->reported = true;
	map_init(&used, a);
	for (size_t i = 0; i < s->rules.n; i++)
		if (s->rules.v[i]->used)
			map_set(&used, key_of(s, a, s->rules.v[i]), s);
	for (size_t i = 0; i < s->rules.n; i++) {
		struct suppressed_rule *r = s->rules.v[i];

		r->used = r->used || depends_on_call(r->rule) || map_get(&used, key_of(s, a, r));
		r->by->unused += !r->used;
	}
	for (size_t i = 0; i < s->rules.n; i++)
		if (!s->rules.v[i]->used)
			report_unused(s, diag, s->rules.v[i]);
}
