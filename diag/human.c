/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for people, by the output rules U-001 ... U-102: title, place, the source line with carets under the exact characters,
 * labels, notes, helps. The layout is made of plain cells first; colour is added when a row is written, so that nothing depends on
 * it (U-102). */
#include "diag/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "diag/text.h"

#define RELATED_SHOWN	8	/* further places of one finding; the rest is counted */
#define WIDTH_DEFAULT	140	/* U-080: no terminal */
#define WIDTH_MIN	40
#define CLIP_MARGIN	15	/* spare cells around a span that is as wide as the window: 6 of them on the left (U-082) */

enum ink { INK_NONE, INK_BOLD, INK_ERROR, INK_WARNING, INK_NOTE, INK_FRAME, INK_COUNT };

static const char *const ink_start[INK_COUNT] = {
	[INK_BOLD] = "\033[1m", [INK_ERROR] = "\033[1;31m", [INK_WARNING] = "\033[1;33m", [INK_NOTE] = "\033[1;32m",
	[INK_FRAME] = "\033[1;34m",
};

static const enum ink severity_ink[SEVERITY_COUNT] = { INK_ERROR, INK_WARNING, INK_NOTE };

/* One cell of a row. size 0: right half of a wide character. */
struct cell {
	char bytes[6];
	uint8_t size;
	uint8_t ink;
};

/* A span to be underlined in a line. */
struct mark {
	struct diag_place place;
	const char *label;		/* NULL or "": none */
	bool primary;
	bool done;			/* already drawn */
	size_t from, to;		/* bytes of the line */
	size_t cell_from, cell_to;	/* set when its line is drawn */
	uint32_t line_start;		/* position of the line's first byte */
	unsigned row;			/* of its label: 0 beside the underline, else hanging */
};

struct renderer {
	const struct diag *diag;
	const struct diag_style *style;
	struct buf *out;
	enum ink primary_ink;
	int gutter;			/* width of line numbers */
	uint32_t last_include;		/* include statement of the last chain shown */
	bool below_snippet;		/* an empty gutter line must come before the first remark */
};

/* --- pieces --- */

static void ink_on(struct renderer *r, enum ink ink)
{
	if (r->style->color && ink != INK_NONE)
		buf_add_str(r->out, ink_start[ink]);
}

static void ink_off(struct renderer *r, enum ink ink)
{
	if (r->style->color && ink != INK_NONE)
		buf_add_str(r->out, "\033[0m");
}

static void add_visible(struct renderer *r, enum ink ink, const char *text)
{
	ink_on(r, ink);
	diag_add_visible(r->out, slice_of(text), r->style->ascii);
	ink_off(r, ink);
}

/* "   |" or " 7 |", without a blank at the end. number 0: none. */
static void gutter(struct renderer *r, uint32_t number)
{
	ink_on(r, INK_FRAME);
	if (number)
		buf_printf(r->out, "%*u |", r->gutter, number);
	else
		buf_printf(r->out, "%*s |", r->gutter, "");
	ink_off(r, INK_FRAME);
}

static void gutter_line(struct renderer *r)
{
	gutter(r, 0);
	buf_add_char(r->out, '\n');
}

/* --- rows of cells --- */

static size_t row_length(const struct buf *row)
{
	return row->n / sizeof(struct cell);
}

static struct cell *row_cells(struct buf *row)
{
	return (struct cell *)(void *)row->p;
}

static void row_pad(struct buf *row, size_t length)
{
	const struct cell blank = { " ", 1, INK_NONE };

	while (row_length(row) < length && !buf_failed(row))
		buf_add(row, &blank, sizeof(blank));
}

static void row_put(struct buf *row, size_t at, const char *bytes, size_t size, enum ink ink)
{
	struct cell *c;

	row_pad(row, at + 1);
	if (buf_failed(row))
		return;
	c = &row_cells(row)[at];
	memcpy(c->bytes, bytes, size);
	c->size = (uint8_t)size;
	c->ink = (uint8_t)ink;
}

/* Puts text from cell `at` on; returns the cell after it. Zero-width characters join the cell before them when there is room. */
static size_t row_text(struct renderer *r, struct buf *row, size_t at, struct slice text, enum ink ink, bool source)
{
	for (size_t i = 0; i < text.n;) {
		struct glyph g = text_glyph(text, i, r->style->ascii);

		i += g.consumed;
		if (g.width == 4) {
			for (int blank = 0; blank < (source ? 4 : 1); blank++)
				row_put(row, at++, " ", 1, ink);
			continue;
		}
		if (g.width == 0) {
			struct cell *c = at && at <= row_length(row) ? &row_cells(row)[at - 1] : NULL;

			if (c && c->size && c->size + g.size <= sizeof(c->bytes)) {
				memcpy(c->bytes + c->size, g.bytes, g.size);
				c->size = (uint8_t)(c->size + g.size);
			}
			continue;
		}
		row_put(row, at++, g.bytes, g.size, ink);
		if (g.width == 2)
			row_put(row, at++, "", 0, ink);
	}
	return at;
}

static size_t cells_before(struct renderer *r, struct slice text, size_t byte)
{
	size_t cells = 0;

	for (size_t i = 0; i < byte && i < text.n;) {
		struct glyph g = text_glyph(text, i, r->style->ascii);

		i += g.consumed;
		cells += g.width;
	}
	return cells;
}

/* Writes cells [from, to) with one blank before them; blanks are never coloured and none stand at the end. */
static void row_write(struct renderer *r, struct buf *row, size_t from, size_t to)
{
	const struct cell *c = row_cells(row);
	enum ink ink = INK_NONE;

	if (buf_failed(row))
		r->out->failed = true;
	if (to > row_length(row))
		to = row_length(row);
	while (to > from && c[to - 1].size == 1 && c[to - 1].bytes[0] == ' ')
		to--;
	if (from < to)
		buf_add_char(r->out, ' ');
	for (size_t i = from; i < to; i++) {
		bool blank = c[i].size == 1 && c[i].bytes[0] == ' ';
		enum ink wanted = blank ? INK_NONE : (enum ink)c[i].ink;

		if (wanted != ink) {
			ink_off(r, ink);
			ink_on(r, wanted);
			ink = wanted;
		}
		if (c[i].size)
			buf_add(r->out, c[i].bytes, c[i].size);
		else if (i == from)
			buf_add_char(r->out, ' ');
	}
	ink_off(r, ink);
	buf_add_char(r->out, '\n');
}

/* --- one source line with its marks --- */

struct window {
	size_t from, to;	/* cells */
};

/* U-080 ... U-084: what is shown of a line that is too wide: the marks, and context around them, more of it on the right. */
static struct window clip(const struct renderer *r, size_t length, struct mark *const *marks, size_t n)
{
	size_t width = r->style->width ? r->style->width : WIDTH_DEFAULT, first = length, last = 0, spare, wanted;
	struct window w = { 0, length };

	width = width > WIDTH_MIN + (size_t)r->gutter ? width - (size_t)r->gutter - 3 : WIDTH_MIN;
	if (length <= width)
		return w;
	for (size_t i = 0; i < n; i++) {
		first = marks[i]->cell_from < first ? marks[i]->cell_from : first;
		last = marks[i]->cell_to > last ? marks[i]->cell_to : last;
	}
	if (n == 0)
		first = 0;
	wanted = last > first ? last - first : 0;
	spare = width > wanted + CLIP_MARGIN ? width - wanted : CLIP_MARGIN;
	w.from = first > spare * 2 / 5 ? first - spare * 2 / 5 : 0;
	w.to = n > 1 && last + CLIP_MARGIN > w.from + width ? last + CLIP_MARGIN : w.from + width;
	if (w.to >= length) {
		w.to = length;
		if (length - width < w.from)
			w.from = length - width;
	}
	return w;
}

static void show_source(struct renderer *r, const struct diag_place *place, struct mark *const *marks, size_t n,
			struct window *ret_window)
{
	CLEANUP(buf_release) struct buf row = { 0 };
	size_t length = row_text(r, &row, 0, place->text, INK_NONE, true);
	struct window w = clip(r, length, marks, n);

	for (size_t i = 0; i < 3 && w.from; i++)
		row_put(&row, w.from + i, ".", 1, INK_FRAME);
	for (size_t i = 1; i <= 3 && w.to < length; i++)
		row_put(&row, w.to - i, ".", 1, INK_FRAME);
	gutter(r, place->line);
	if (w.from < w.to)
		row_write(r, &row, w.from, w.to);
	else
		buf_add_char(r->out, '\n');
	*ret_window = w;
}

static bool labelled(const struct mark *m)
{
	return m->label && m->label[0];
}

/* U-041 ... U-044: the rightmost label stands beside its underline unless another mark is in the way; every other one hangs, the
 * rightmost uppermost. `marks` are sorted by start, descending. Returns the number of label rows below the underline. */
static unsigned place_labels(struct mark *const *marks, size_t n)
{
	unsigned rows = 0;

	for (size_t i = 0; i < n; i++) {
		bool free = true;

		if (!labelled(marks[i]))
			continue;
		for (size_t j = 0; j < n; j++)
			if (j != i && marks[j]->cell_to > marks[i]->cell_from)
				free = false;
		marks[i]->row = free ? 0 : ++rows;
	}
	return rows;
}

static enum ink mark_ink(const struct renderer *r, const struct mark *m)
{
	return m->primary ? r->primary_ink : INK_FRAME;
}

static void show_underline(struct renderer *r, struct mark *const *marks, size_t n, struct window w)
{
	CLEANUP(buf_release) struct buf row = { 0 };
	size_t end = w.to;

	for (int primary = 0; primary <= 1; primary++)		/* the primary one is drawn last and stays visible (U-031) */
		for (size_t i = 0; i < n; i++)
			for (size_t at = marks[i]->cell_from;
			     marks[i]->primary == primary && at < marks[i]->cell_to && at <= w.to; at++)
				row_put(&row, at, primary ? "^" : "-", 1, mark_ink(r, marks[i]));
	for (size_t i = 0; i < n; i++) {
		size_t at = marks[i]->cell_to < w.to + 1 ? marks[i]->cell_to : w.to + 1;

		if (labelled(marks[i]) && marks[i]->row == 0)
			end = row_text(r, &row, at + 1, slice_of(marks[i]->label), mark_ink(r, marks[i]), false);
	}
	gutter(r, 0);
	row_write(r, &row, w.from, end > row_length(&row) ? end : row_length(&row));
}

/* Row `number` of the hanging labels; row 0 has bars only. */
static void show_label_row(struct renderer *r, struct mark *const *marks, size_t n, unsigned number, struct window w)
{
	CLEANUP(buf_release) struct buf row = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!labelled(marks[i]) || marks[i]->row == 0 || marks[i]->row < number)
			continue;
		if (number && marks[i]->row == number)
			row_text(r, &row, marks[i]->cell_from, slice_of(marks[i]->label), mark_ink(r, marks[i]), false);
		else
			row_put(&row, marks[i]->cell_from, "|", 1, mark_ink(r, marks[i]));
	}
	gutter(r, 0);
	row_write(r, &row, w.from, row_length(&row));
}

static int by_start_descending(const void *va, const void *vb)
{
	const struct mark *a = *(struct mark *const *)va, *b = *(struct mark *const *)vb;

	if (a->cell_from != b->cell_from)
		return a->cell_from < b->cell_from ? 1 : -1;
	return (int)b->primary - (int)a->primary;
}

static void show_line(struct renderer *r, const struct diag_place *place, struct mark **marks, size_t n)
{
	struct window w;
	unsigned rows;

	for (size_t i = 0; i < n; i++) {
		marks[i]->cell_from = cells_before(r, place->text, marks[i]->from);
		marks[i]->cell_to = cells_before(r, place->text, marks[i]->to);
		if (marks[i]->cell_to <= marks[i]->cell_from)
			marks[i]->cell_to = marks[i]->cell_from + 1;	/* U-025: an empty span is one caret */
	}
	qsort(marks, n, sizeof(*marks), by_start_descending);
	show_source(r, place, marks, n, &w);
	rows = place_labels(marks, n);
	if (n)
		show_underline(r, marks, n, w);
	for (unsigned row = 0; rows && row <= rows; row++)
		show_label_row(r, marks, n, row, w);
}

/* --- all marks of a finding, by file --- */

static struct mark make_mark(const struct renderer *r, struct span span, const char *label, bool primary)
{
	struct mark m = { .label = label, .primary = primary };
	size_t left;

	m.place = r->diag->source.locate(r->diag->source.context, span.start);
	if (!m.place.file)
		return m;
	m.from = m.place.column - 1;
	m.line_start = span.start - (m.place.column - 1);
	left = m.from < m.place.text.n ? m.place.text.n - m.from : 0;
	m.to = m.from + (span.end - span.start < left ? span.end - span.start : left);
	return m;
}

/* The line between two shown ones says more than dots would (U-020). */
static void show_gap(struct renderer *r, const struct mark *before, const struct mark *next)
{
	struct diag_place place;
	struct window w;
	uint32_t after = before->line_start + (uint32_t)before->place.text.n + 1;

	if (next->place.line == before->place.line + 1)
		return;
	if (next->place.line == before->place.line + 2) {
		place = r->diag->source.locate(r->diag->source.context, after);
		if (place.line == before->place.line)		/* two bytes end the line */
			place = r->diag->source.locate(r->diag->source.context, after + 1);
		if (place.file && place.line == before->place.line + 1) {
			show_source(r, &place, NULL, 0, &w);
			return;
		}
	}
	ink_on(r, INK_FRAME);
	buf_add_str(r->out, "...");
	ink_off(r, INK_FRAME);
	buf_add_char(r->out, '\n');
}

/* label: of a place whose line may not be shown; else NULL. */
static void show_location(struct renderer *r, const char *arrow, const struct diag_place *place, const char *label)
{
	char at[32];

	buf_add_repeated(r->out, ' ', (size_t)r->gutter);
	ink_on(r, INK_FRAME);
	buf_add_str(r->out, arrow);
	ink_off(r, INK_FRAME);
	buf_add_char(r->out, ' ');
	add_visible(r, INK_NONE, place->file);
	snprintf(at, sizeof(at), ":%u:%u", place->line, place->column);
	buf_add_str(r->out, at);
	if (label && label[0]) {
		buf_add_str(r->out, ": ");
		add_visible(r, INK_NONE, label);
	}
	buf_add_char(r->out, '\n');
}

static bool same_file(const struct mark *a, const struct mark *b)
{
	return strcmp(a->place.file, b->place.file) == 0;
}

/* Index of the not yet drawn mark of `like`'s file with the smallest line, or n. */
static size_t first_line(const struct mark *marks, size_t n, const struct mark *like)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++)
		if (!marks[i].done && same_file(&marks[i], like) && (best == n || marks[i].place.line < marks[best].place.line))
			best = i;
	return best;
}

static void show_file(struct renderer *r, const char *arrow, struct mark *marks, size_t n, const struct mark *lead)
{
	const struct mark *before = NULL;
	size_t next;

	show_location(r, arrow, &lead->place, lead->place.text.p || lead->primary ? NULL : lead->label);
	if (!lead->place.text.p) {		/* a line that may not be shown, such as one with a secret */
		for (size_t i = 0; i < n; i++) {
			if (marks[i].done || !same_file(&marks[i], lead))
				continue;
			marks[i].done = true;
			if (&marks[i] != lead)
				show_location(r, ":::", &marks[i].place, marks[i].label);
		}
		return;
	}
	gutter_line(r);
	while ((next = first_line(marks, n, lead)) < n) {
		struct mark *line[RELATED_SHOWN + 1];
		size_t count = 0;

		for (size_t i = 0; i < n; i++) {
			if (marks[i].done || !same_file(&marks[i], lead) || marks[i].place.line != marks[next].place.line)
				continue;
			marks[i].done = true;
			line[count++] = &marks[i];
		}
		if (before)
			show_gap(r, before, &marks[next]);
		show_line(r, &marks[next].place, line, count);
		before = &marks[next];
	}
}

static bool add_mark(struct renderer *r, struct mark *marks, size_t *n, struct span span, const char *label, bool primary)
{
	if (!span_known(span) || *n > RELATED_SHOWN)
		return false;
	marks[*n] = make_mark(r, span, label, primary);
	if (!marks[*n].place.file)
		return false;
	++*n;
	return true;
}

static void set_gutter(struct renderer *r, const struct mark *marks, size_t n)
{
	uint32_t highest = 1;

	for (size_t i = 0; i < n; i++)
		highest = marks[i].place.line > highest ? marks[i].place.line : highest;
	for (r->gutter = 2; highest > 99; highest /= 10)
		r->gutter++;
}

/* --- the text below --- */

/* "= note: text"; further lines of the text are indented below its first one (U-090). */
static void show_remark(struct renderer *r, const char *word, const char *text)
{
	struct slice rest = slice_of(text), line;
	bool first = true;

	if (r->below_snippet)
		gutter_line(r);
	r->below_snippet = false;
	while (slice_split(&rest, "\n", &line)) {
		buf_add_repeated(r->out, ' ', (size_t)r->gutter + 1);
		if (first) {
			ink_on(r, INK_FRAME);
			buf_add_char(r->out, '=');
			ink_off(r, INK_FRAME);
			buf_add_char(r->out, ' ');
			add_visible(r, INK_BOLD, word);
			buf_add_str(r->out, ": ");
		} else {
			buf_add_repeated(r->out, ' ', strlen(word) + 4);
		}
		diag_add_visible(r->out, line, r->style->ascii);
		buf_add_char(r->out, '\n');
		first = false;
	}
}

/* The chain of includes that brought this file, once for all findings that follow each other in it. */
static void show_include_chain(struct renderer *r, const struct diag_place *place)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct span from = place->included_from;

	if (!span_known(from) || from.start == r->last_include)
		return;
	r->last_include = from.start;
	for (unsigned depth = 0; span_known(from) && depth <= LIMIT_INCLUDE_DEPTH; depth++) {
		struct diag_place at = r->diag->source.locate(r->diag->source.context, from.start);

		buf_printf(&text, "%s%s:%u", depth ? ", which is included from " : "included from ", at.file ? at.file : "?",
			   at.line);
		from = at.included_from;
	}
	if (text.p)
		show_remark(r, "note", text.p);
}

static void show_remarks(struct renderer *r, const struct finding *f, const struct mark *marks, size_t n, size_t hidden)
{
	char more[48];

	if (n && marks[0].primary)
		show_include_chain(r, &marks[0].place);
	if (f->label && f->label[0] && n && marks[0].primary && !marks[0].place.text.p)
		show_remark(r, "note", f->label);
	for (size_t i = 0; i < f->notes.n; i++)
		show_remark(r, "note", f->notes.v[i]);
	if (hidden) {
		snprintf(more, sizeof(more), "and %zu more places", hidden);
		show_remark(r, "note", more);
	}
	for (size_t i = 0; i < f->helps.n; i++)
		show_remark(r, "help", f->helps.v[i]);
	for (size_t i = 0; i < f->fixes.n; i++)
		show_remark(r, "help", f->fixes.v[i].message);
}

static void show_title(struct renderer *r, const struct finding *f)
{
	ink_on(r, r->primary_ink);
	buf_printf(r->out, "%s[%s]", severity_words[f->severity], rule_table[f->rule].id);
	ink_off(r, r->primary_ink);
	ink_on(r, INK_BOLD);
	buf_add_str(r->out, ": ");
	diag_add_visible(r->out, slice_of(f->message), r->style->ascii);
	ink_off(r, INK_BOLD);
	buf_add_char(r->out, '\n');
}

static void show_finding(struct renderer *r, const struct finding *f)
{
	struct mark marks[RELATED_SHOWN + 1];
	size_t n = 0, hidden = 0;

	r->primary_ink = severity_ink[f->severity];
	add_mark(r, marks, &n, f->span, f->label, true);
	for (size_t i = 0; i < f->related.n; i++) {
		const struct diag_label *label = &f->related.v[i];

		hidden += span_known(label->span) && !add_mark(r, marks, &n, label->span, label->text, false);
	}
	set_gutter(r, marks, n);
	show_title(r, f);
	for (size_t i = 0; i < n; i++) {
		if (marks[i].done)
			continue;
		if (i)
			gutter_line(r);
		show_file(r, i ? ":::" : "-->", marks, n, &marks[i]);
	}
	r->below_snippet = n > 0;
	show_remarks(r, f, marks, n, hidden);
	buf_add_char(r->out, '\n');
}

void diag_render_human(const struct diag *d, const struct diag_style *style, struct buf *out)
{
	struct renderer r = { .diag = d, .style = style, .out = out };
	uint32_t count[RULE_COUNT] = { 0 };

	for (size_t i = 0; i < d->findings.n; i++) {
		const struct finding *f = d->findings.v[i];

		if (f->severity == SEVERITY_NOTE && style->quiet_notes)
			continue;
		if (count[f->rule]++ < LIMIT_FINDINGS_PER_RULE)
			show_finding(&r, f);
	}
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (count[i] > LIMIT_FINDINGS_PER_RULE)
			buf_printf(out, "and %u more of %s (%s)\n\n", count[i] - LIMIT_FINDINGS_PER_RULE, rule_table[i].id,
				   rule_table[i].name);
}

void report_human(const struct report *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++)
		diag_render_human(r->runs[i].diag, &r->style, out);
}
