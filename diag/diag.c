/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/nearest.h"

void diag_init(struct diag *d, struct arena *a, struct diag_source source)
{
	*d = (struct diag){ .arena = a, .source = source };
}

static bool inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* The first two thirds of LIMIT_MESSAGE_BYTES and as much of the end as fits, cut between characters. */
static size_t leave_out_middle(char *to, const char *text, size_t n)
{
	static const char omission[] = " ... ";
	size_t head = LIMIT_MESSAGE_BYTES * 2 / 3, tail = LIMIT_MESSAGE_BYTES - head - strlen(omission);

	for (unsigned i = 0; i < 3 && inside_character(text[head]); i++)
		head--;
	for (unsigned i = 0; i < 3 && inside_character(text[n - tail]); i++)
		tail--;
	memcpy(to, text, head);
	memcpy(to + head, omission, strlen(omission));
	memcpy(to + head + strlen(omission), text + n - tail, tail);
	return head + strlen(omission) + tail;
}

/* A name of a megabyte may be in every message about the conn, so what is kept is bounded. */
static const char *say(struct diag *d, const char *format, va_list args)
{
	char text[LIMIT_MESSAGE_BYTES + 1], *kept, *whole;
	va_list again;
	int n;

	va_copy(again, args);
	n = vsnprintf(text, sizeof(text), format, args);
	if (n < (int)sizeof(text)) {
		va_end(again);
		return arena_strdup(d->arena, (struct slice){ text, n < 0 ? 0 : (size_t)n });
	}
	kept = arena_new_array(d->arena, sizeof(text), char);	/* before malloc(), since it may leave */
	memcpy(kept, text, sizeof(text));
	whole = malloc((size_t)n + 1);
	if (whole) {
		vsnprintf(whole, (size_t)n + 1, format, again);
		kept[leave_out_middle(kept, whole, (size_t)n)] = '\0';
		free(whole);
	}
	va_end(again);
	return kept;
}

struct finding *diag_vreport(struct diag *d, enum rule_id rule, struct span span, const char *format, va_list args)
{
	struct finding *f = arena_new(d->arena, struct finding);

	f->rule = rule;
	f->severity = rule_table[rule].severity;
	f->span = span;
	f->sequence = d->reported++;
	f->message = say(d, format, args);
	vec_push(d->arena, &d->findings, f);
	d->counts[f->severity]++;
	return f;
}

struct finding *diag_report(struct diag *d, enum rule_id rule, struct span span, const char *format, ...)
{
	struct finding *f;
	va_list args;

	va_start(args, format);
	f = diag_vreport(d, rule, span, format, args);
	va_end(args);
	return f;
}

void diag_set_severity(struct diag *d, struct finding *f, enum severity severity)
{
	d->counts[f->severity]--;
	f->severity = severity;
	d->counts[severity]++;
}

void diag_set_conn(struct finding *f, const char *conn)
{
	f->conn = conn;
}

void diag_caret(struct diag *d, struct finding *f, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	f->label = say(d, format, args);
	va_end(args);
}

void diag_related(struct diag *d, struct finding *f, struct span span, const char *format, ...)
{
	struct diag_label label = { .span = span };
	va_list args;

	va_start(args, format);
	label.text = say(d, format, args);
	va_end(args);
	vec_push(d->arena, &f->related, label);
}

void diag_note(struct diag *d, struct finding *f, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = say(d, format, args);
	va_end(args);
	vec_push(d->arena, &f->notes, text);
}

void diag_help(struct diag *d, struct finding *f, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = say(d, format, args);
	va_end(args);
	vec_push(d->arena, &f->helps, text);
}

struct diag_fix *diag_fix(struct diag *d, struct finding *f, bool safe, struct span span, const char *text, const char *format, ...)
{
	struct diag_fix *fix = vec_add(d->arena, &f->fixes);
	va_list args;

	fix->safe = safe;
	va_start(args, format);
	fix->message = say(d, format, args);
	va_end(args);
	diag_fix_edit(d, fix, span, text);
	return fix;
}

void diag_fix_edit(struct diag *d, struct diag_fix *fix, struct span span, const char *text)
{
	vec_push(d->arena, &fix->edits, (struct diag_edit){ span, arena_strdup(d->arena, slice_of(text)) });
}

/* --- order and merging --- */

struct placed {
	struct finding *finding;
	struct diag_place place;
};

static int compare_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int by_content(const void *va, const void *vb)
{
	const struct placed *a = va, *b = vb;
	int order;

	if ((order = compare_u32(a->place.line, b->place.line)) || (order = compare_u32(a->place.column, b->place.column)) ||
	    (order = compare_u32(a->finding->rule, b->finding->rule)) ||
	    (order = strcmp(a->place.file ? a->place.file : "", b->place.file ? b->place.file : "")) ||
	    (order = strcmp(a->finding->message, b->finding->message)))
		return order;
	return compare_u32(a->finding->sequence, b->finding->sequence);
}

static bool same_content(const struct placed *a, const struct placed *b)
{
	return a->place.file && b->place.file && a->place.line == b->place.line && a->place.column == b->place.column &&
	       a->finding->rule == b->finding->rule && strcmp(a->place.file, b->place.file) == 0 &&
	       strcmp(a->finding->message, b->finding->message) == 0;
}

/* Files in the order of reading, then by place, then as reported; what has no place comes first. */
static int by_position(const void *va, const void *vb)
{
	const struct finding *const *a = va, *const *b = vb;
	int order = compare_u32((*a)->span.start, (*b)->span.start);

	return order ? order : compare_u32((*a)->sequence, (*b)->sequence);
}

void diag_finish(struct diag *d)
{
	struct placed *all;
	size_t kept = 0;

	if (d->findings.n == 0)
		return;
	all = arena_new_array(d->arena, d->findings.n, struct placed);
	for (size_t i = 0; i < d->findings.n; i++) {
		struct finding *f = d->findings.v[i];

		all[i].finding = f;
		if (span_known(f->span))
			all[i].place = d->source.locate(d->source.context, f->span.start);
	}
	qsort(all, d->findings.n, sizeof(*all), by_content);
	memset(d->counts, 0, sizeof(d->counts));
	for (size_t i = 0; i < d->findings.n; i++) {
		if (i && same_content(&all[i - 1], &all[i]))
			continue;
		d->findings.v[kept++] = all[i].finding;
		d->counts[all[i].finding->severity]++;
	}
	d->findings.n = kept;
	qsort(d->findings.v, kept, sizeof(*d->findings.v), by_position);
}

void diag_hide(struct diag *d, enum hidden_by (*judge)(const void *context, struct finding *f), const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->findings.n; i++) {
		struct finding *f = d->findings.v[i];

		f->hidden = judge(context, f);
		if (f->hidden == HIDDEN_NOT) {
			d->findings.v[kept++] = f;
			continue;
		}
		d->counts[f->severity]--;
		d->hidden_counts[f->hidden]++;
		vec_push(d->arena, &d->hidden, f);
	}
	d->findings.n = kept;
}

uint32_t diag_withhold(struct diag *d)
{
	uint32_t n = (uint32_t)d->findings.n;

	d->findings.n = 0;
	memset(d->counts, 0, sizeof(d->counts));
	return n;
}

bool diag_reaches(const struct diag *d, enum severity threshold)
{
	for (int s = SEVERITY_ERROR; s <= (int)threshold; s++)
		if (d->counts[s])
			return true;
	return false;
}

const struct rule *rule_by_id(struct slice id_or_name)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (slice_eq_nocase(id_or_name, rule_table[i].id) || slice_eq_nocase(id_or_name, rule_table[i].name))
			return &rule_table[i];
	return NULL;
}

const char *rule_nearest(struct slice name)
{
	struct nearest nearest = nearest_to(name);

	for (size_t i = 0; i < RULE_COUNT; i++)
		nearest_offer(&nearest, rule_table[i].name, &rule_table[i]);
	return nearest.name;
}
