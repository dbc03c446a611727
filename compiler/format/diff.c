/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c -- the formatter knows from which line each of its lines comes, so nothing is searched here. */
#include "compiler/format/format.h"

#define CONTEXT_LINES	3u

enum fate { KEPT = ' ', REMOVED = '-', ADDED = '+' };

struct change {
	enum fate fate;
	struct slice text;
	bool unended;		/* the last line of the source, without a line end */
};

struct differ {
	VEC(struct change) changes;
	VEC(struct slice) added;	/* lines that follow the removed ones */
	struct slice rest;		/* of the source */
	uint32_t line;			/* number of the first line of rest */
};

static void flush_added(struct arena *a, struct differ *d)
{
	for (size_t i = 0; i < d->added.n; i++)
		vec_push(a, &d->changes, (struct change){ ADDED, d->added.v[i], false });
	d->added.n = 0;
}

/* Takes the next line of the source; false at its end. */
static bool next_line(struct differ *d, struct change *ret)
{
	const char *end = d->rest.n ? memchr(d->rest.p, '\n', d->rest.n) : NULL;
	size_t n = end ? (size_t)(end - d->rest.p) : d->rest.n;

	if (!d->rest.n)
		return false;
	*ret = (struct change){ REMOVED, slice_sub(d->rest, 0, n), !end };
	d->rest = slice_sub(d->rest, n + 1, d->rest.n);
	d->line++;
	return true;
}

static void compare(struct arena *a, struct differ *d, const struct format_line *line)
{
	struct change old;

	while (line->from && d->line < line->from && next_line(d, &old))
		vec_push(a, &d->changes, old);
	if (line->from == d->line && next_line(d, &old)) {
		if (!old.unended && slice_eq(old.text, line->text)) {
			flush_added(a, d);
			old.fate = KEPT;
			vec_push(a, &d->changes, old);
			return;
		}
		vec_push(a, &d->changes, old);
	}
	vec_push(a, &d->added, line->text);
}

static void compare_all(struct arena *a, struct differ *d, const struct format *f)
{
	struct change old;

	for (size_t i = 0; i < f->lines.n; i++)
		compare(a, d, &f->lines.v[i]);
	while (next_line(d, &old))
		vec_push(a, &d->changes, old);
	flush_added(a, d);
}

/* patch(1) wants the bytes, a terminal must not get all of them. */
static void add_text(struct slice text, const struct diag_style *style, struct buf *out)
{
	struct slice piece;

	if (!style->width) {
		buf_add_slice(out, text);
		return;
	}
	for (size_t n = 0; slice_split(&text, "\t", &piece); n++) {
		if (n)
			buf_add_char(out, '\t');
		diag_add_visible(out, piece, style->ascii);
	}
}

static void add_change(const struct change *c, const struct diag_style *style, struct buf *out)
{
	bool ink = style->color && c->fate != KEPT;

	if (ink)
		buf_add_str(out, c->fate == ADDED ? "\033[32m" : "\033[31m");
	buf_add_char(out, (char)c->fate);
	add_text(c->text, style, out);
	if (ink)
		buf_add_str(out, "\033[0m");
	buf_add_str(out, c->unended ? "\n\\ No newline at end of file\n" : "\n");
}

/* "12,4": an empty range names the line before it. */
static void add_range(size_t before, size_t count, struct buf *out)
{
	buf_printf(out, "%zu", count ? before + 1 : before);
	if (count != 1)
		buf_printf(out, ",%zu", count);
}

/* The changes start ... end - 1; before[]: lines of both files before them. */
static void add_hunk(const struct differ *d, size_t start, size_t end, const size_t before[2], const struct diag_style *style,
		     struct buf *out)
{
	size_t old = 0, new = 0;

	for (size_t i = start; i < end; i++) {
		old += d->changes.v[i].fate != ADDED;
		new += d->changes.v[i].fate != REMOVED;
	}
	buf_add_str(out, style->color ? "\033[36m@@ -" : "@@ -");
	add_range(before[0], old, out);
	buf_add_str(out, " +");
	add_range(before[1], new, out);
	buf_add_str(out, style->color ? " @@\033[0m\n" : " @@\n");
	for (size_t i = start; i < end; i++)
		add_change(&d->changes.v[i], style, out);
}

/* The end of a hunk whose first change is at `i`: changes with at most twice the context between them are one. */
static size_t hunk_end(const struct differ *d, size_t i)
{
	size_t last = i;

	for (; i < d->changes.n && i - last <= 2 * CONTEXT_LINES + 1; i++)
		if (d->changes.v[i].fate != KEPT)
			last = i;
	return last + 1 + CONTEXT_LINES < d->changes.n ? last + 1 + CONTEXT_LINES : d->changes.n;
}

static void add_names(const char *path, const struct diag_style *style, struct buf *out)
{
	for (int i = 0; i < 2; i++) {
		buf_printf(out, "%s%s ", style->color ? "\033[1m" : "", i ? "+++" : "---");
		add_text(slice_of(path), style, out);
		buf_add_str(out, style->color ? "\033[0m\n" : "\n");
	}
}

void format_diff(struct arena *a, const struct format *f, struct slice text, const char *path, const struct diag_style *style,
		 struct buf *out)
{
	struct differ d = { .rest = text, .line = 1 };
	size_t passed = 0, before[2] = { 0, 0 };

	if (!format_changes(f, text))
		return;
	compare_all(a, &d, f);
	add_names(path, style, out);
	for (size_t i = 0; i < d.changes.n; i++) {
		size_t start = i > passed + CONTEXT_LINES ? i - CONTEXT_LINES : passed, end;

		if (d.changes.v[i].fate == KEPT)
			continue;
		before[0] += start - passed;
		before[1] += start - passed;
		end = hunk_end(&d, i);
		add_hunk(&d, start, end, before, style, out);
		for (passed = start; passed < end; passed++) {
			before[0] += d.changes.v[passed].fate != ADDED;
			before[1] += d.changes.v[passed].fate != REMOVED;
		}
		i = end - 1;
	}
}
