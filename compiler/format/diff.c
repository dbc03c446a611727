/* SPDX-License-Identifier: Apache-2.0 */
/* diff.c -- the formatter knows from which line each of its lines comes, so nothing is searched here. */
#include "compiler/format/format.h"
#include "diag/text_diff.h"

struct differ {
	struct text_diff changes;
	VEC(struct slice) added;	/* lines that follow the removed ones */
	struct slice rest;		/* of the source */
	uint32_t line;			/* number of the first line of rest */
};

static void flush_added(struct arena *a, struct differ *d)
{
	for (size_t i = 0; i < d->added.n; i++)
		vec_push(a, &d->changes.lines, (struct diff_line){ LINE_ADDED, d->added.v[i], false });
	d->added.n = 0;
}

/* Takes the next line of the source; false at its end. */
static bool next_line(struct differ *d, struct diff_line *ret)
{
	const char *end = d->rest.n ? memchr(d->rest.p, '\n', d->rest.n) : NULL;
	size_t n = end ? (size_t)(end - d->rest.p) : d->rest.n;

	if (!d->rest.n)
		return false;
	*ret = (struct diff_line){ LINE_REMOVED, slice_sub(d->rest, 0, n), !end };
	d->rest = slice_sub(d->rest, n + 1, d->rest.n);
	d->line++;
	return true;
}

static void compare(struct arena *a, struct differ *d, const struct format_line *line)
{
	struct diff_line old;

	while (line->from && d->line < line->from && next_line(d, &old))
		vec_push(a, &d->changes.lines, old);
	if (line->from == d->line && next_line(d, &old)) {
		if (!old.unended && slice_eq(old.text, line->text)) {
			flush_added(a, d);
			old.fate = LINE_KEPT;
			vec_push(a, &d->changes.lines, old);
			return;
		}
		vec_push(a, &d->changes.lines, old);
	}
	vec_push(a, &d->added, line->text);
}

static void compare_all(struct arena *a, struct differ *d, const struct format *f)
{
	struct diff_line old;

	for (size_t i = 0; i < f->lines.n; i++)
		compare(a, d, &f->lines.v[i]);
	while (next_line(d, &old))
		vec_push(a, &d->changes.lines, old);
	flush_added(a, d);
}

void format_diff(struct arena *a, const struct format *f, struct slice text, const char *path, const struct diag_style *style,
		 struct buf *out)
{
	struct differ d = { .rest = text, .line = 1 };

	if (!format_changes(f, text))
		return;
	compare_all(a, &d, f);
	text_diff_render(&d.changes, path, style, out);
}
