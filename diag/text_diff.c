/* SPDX-License-Identifier: Apache-2.0 */
/* text_diff.c -- E. Myers, An O(ND) Difference Algorithm and Its Variations (1986): the shortest way through the grid of lines of
 * both texts, diagonal by diagonal. */
#include "diag/text_diff.h"

#include <errno.h>
#include <string.h>

#define CONTEXT_LINES	3u
#define DIFFERENCES_MAX	1000	/* the algorithm takes their square in memory */
#define LINES_AHEAD	64	/* with more differences: how far the next place is looked for where both texts are alike */

/* --- what differs ------------------------------------------------------------------------------------------------------------- */

struct lines {
	VEC(struct diff_line) list;
};

static void split(struct arena *a, struct slice text, struct lines *ret)
{
	while (text.n) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;

		vec_push(a, &ret->list, (struct diff_line){ LINE_KEPT, slice_sub(text, 0, n), !end });
		text = slice_sub(text, n + 1, text.n);
	}
}

static bool same(const struct diff_line *a, const struct diff_line *b)
{
	return a->unended == b->unended && slice_eq(a->text, b->text);
}

static void add(struct arena *a, struct text_diff *d, const struct diff_line *lines, size_t n, enum line_fate fate)
{
	for (size_t i = 0; i < n; i++)
		vec_push(a, &d->lines, (struct diff_line){ fate, lines[i].text, lines[i].unended });
}

/* The middle of both texts, between what they have in common at both ends. */
struct middle {
	const struct diff_line *old, *new;
	int n, m;
	int *reached[DIFFERENCES_MAX + 1];	/* per number of differences: the furthest old line on each diagonal -d ... d */
};

/* The furthest that is reached on diagonal k with d differences, from what was reached with one less. */
static int furthest(const struct middle *x, int d, int k)
{
	const int *before = x->reached[d - 1] + (d - 1);
	bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);

	return down ? before[k + 1] : before[k - 1] + 1;
}

/* Number of differences; -1: too many. */
static int search(struct arena *a, struct middle *x)
{
	for (int d = 0; d <= DIFFERENCES_MAX; d++) {
		x->reached[d] = arena_new_array(a, (size_t)(2 * d + 1), int);
		for (int k = -d; k <= d; k += 2) {
			int i = d ? furthest(x, d, k) : 0;

			while (i < x->n && i - k < x->m && i - k >= 0 && same(&x->old[i], &x->new[i - k]))
				i++;
			x->reached[d][k + d] = i;
			if (i >= x->n && i - k >= x->m)
				return d;
		}
	}
	return -1;
}

/* Marks from the end back to the start which lines are removed and added. */
static void trace(const struct middle *x, int d, bool *removed, bool *added)
{
	int i = x->n, k = x->n - x->m;

	for (; d > 0; d--) {
		const int *before = x->reached[d - 1] + (d - 1);
		bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);

		k += down ? 1 : -1;
		i = before[k];
		if (down)
			added[i - k] = true;
		else
			removed[i] = true;
	}
}

/* Whether both texts go on alike from there: two lines, or both ends. */
static bool alike(const struct middle *x, int i, int j)
{
	if (i >= x->n || j >= x->m)
		return i >= x->n && j >= x->m;
	return same(&x->old[i], &x->new[j]) && (i + 1 == x->n || j + 1 == x->m || same(&x->old[i + 1], &x->new[j + 1]));
}

/* The nearest place, in lines passed, where both go on alike. False: not within LINES_AHEAD. */
static bool meet_again(const struct middle *x, int *i, int *j)
{
	for (int ahead = 0; ahead <= LINES_AHEAD; ahead++) {
		for (int k = 0; k <= ahead; k++) {
			if (!alike(x, *i + k, *j + ahead - k))
				continue;
			*i += k;
			*j += ahead - k;
			return true;
		}
	}
	return false;
}

/* Very many differences: no search for the shortest way, but one from each to the next place where both go on alike. */
static void compare_roughly(struct arena *a, const struct middle *x, struct text_diff *ret)
{
	for (int i = 0, j = 0; i < x->n || j < x->m;) {
		int from_i = i, from_j = j;

		if (!meet_again(x, &i, &j)) {
			i = x->n;
			j = x->m;
		}
		add(a, ret, &x->old[from_i], (size_t)(i - from_i), LINE_REMOVED);
		add(a, ret, &x->new[from_j], (size_t)(j - from_j), LINE_ADDED);
		for (; i < x->n && j < x->m && same(&x->old[i], &x->new[j]); i++, j++)
			add(a, ret, &x->old[i], 1, LINE_KEPT);
	}
}

static void compare_middle(struct arena *a, struct middle *x, struct text_diff *ret)
{
	int d = search(a, x), j = 0;
	bool *removed, *added;

	if (d < 0) {
		compare_roughly(a, x, ret);
		return;
	}
	removed = arena_new_array(a, (size_t)x->n + 1, bool);
	added = arena_new_array(a, (size_t)x->m + 1, bool);
	trace(x, d, removed, added);
	for (int i = 0; i < x->n || j < x->m;) {
		if (i < x->n && removed[i])
			add(a, ret, &x->old[i++], 1, LINE_REMOVED);
		else if (j < x->m && added[j])
			add(a, ret, &x->new[j++], 1, LINE_ADDED);
		else
			add(a, ret, &x->old[i++], 1, LINE_KEPT), j++;
	}
}

void text_diff_make(struct arena *a, struct slice before, struct slice after, struct text_diff *ret)
{
	struct middle *x = arena_new(a, struct middle);
	struct lines old = { 0 }, new = { 0 };
	size_t head = 0, tail = 0;

	split(a, before, &old);
	split(a, after, &new);
	while (head < old.list.n && head < new.list.n && same(&old.list.v[head], &new.list.v[head]))
		head++;
	while (tail < old.list.n - head && tail < new.list.n - head &&
	       same(&old.list.v[old.list.n - 1 - tail], &new.list.v[new.list.n - 1 - tail]))
		tail++;
	*ret = (struct text_diff){ 0 };
	add(a, ret, old.list.v, head, LINE_KEPT);
	*x = (struct middle){
		.old = old.list.v + head, .new = new.list.v + head,
		.n = (int)(old.list.n - head - tail), .m = (int)(new.list.n - head - tail),
	};
	compare_middle(a, x, ret);
	add(a, ret, old.list.v + (old.list.n - tail), tail, LINE_KEPT);
}

/* --- how it is shown ---------------------------------------------------------------------------------------------------------- */

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

static void add_change(const struct diff_line *c, const struct diag_style *style, struct buf *out)
{
	bool ink = style->color && c->fate != LINE_KEPT;

	if (ink)
		buf_add_str(out, c->fate == LINE_ADDED ? "\033[32m" : "\033[31m");
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
static void add_hunk(const struct text_diff *d, size_t start, size_t end, const size_t before[2], const struct diag_style *style,
		     struct buf *out)
{
	size_t old = 0, new = 0;

	for (size_t i = start; i < end; i++) {
		old += d->lines.v[i].fate != LINE_ADDED;
		new += d->lines.v[i].fate != LINE_REMOVED;
	}
	buf_add_str(out, style->color ? "\033[36m@@ -" : "@@ -");
	add_range(before[0], old, out);
	buf_add_str(out, " +");
	add_range(before[1], new, out);
	buf_add_str(out, style->color ? " @@\033[0m\n" : " @@\n");
	for (size_t i = start; i < end; i++)
		add_change(&d->lines.v[i], style, out);
}

/* The end of a hunk whose first change is at `i`: changes with at most twice the context between them are one. */
static size_t hunk_end(const struct text_diff *d, size_t i)
{
	size_t last = i;

	for (; i < d->lines.n && i - last <= 2 * CONTEXT_LINES + 1; i++)
		if (d->lines.v[i].fate != LINE_KEPT)
			last = i;
	return last + 1 + CONTEXT_LINES < d->lines.n ? last + 1 + CONTEXT_LINES : d->lines.n;
}

static void add_names(const char *path, const struct diag_style *style, struct buf *out)
{
	for (int i = 0; i < 2; i++) {
		buf_printf(out, "%s%s ", style->color ? "\033[1m" : "", i ? "+++" : "---");
		add_text(slice_of(path), style, out);
		buf_add_str(out, style->color ? "\033[0m\n" : "\n");
	}
}

void text_diff_render(const struct text_diff *d, const char *path, const struct diag_style *style, struct buf *out)
{
	size_t passed = 0, before[2] = { 0, 0 };
	bool named = false;

	for (size_t i = 0; i < d->lines.n; i++) {
		size_t start = i > passed + CONTEXT_LINES ? i - CONTEXT_LINES : passed, end;

		if (d->lines.v[i].fate == LINE_KEPT)
			continue;
		if (!named)
			add_names(path, style, out);
		named = true;
		before[0] += start - passed;
		before[1] += start - passed;
		end = hunk_end(d, i);
		add_hunk(d, start, end, before, style, out);
		for (passed = start; passed < end; passed++) {
			before[0] += d->lines.v[passed].fate != LINE_ADDED;
			before[1] += d->lines.v[passed].fate != LINE_REMOVED;
		}
		i = end - 1;
	}
}

int text_diff(struct slice before, struct slice after, const char *path, const struct diag_style *style, struct buf *out)
{
	struct text_diff diff;
	struct arena arena;
	jmp_buf oom;

	arena_init(&arena);
	arena.on_oom = &oom;
	if (setjmp(oom)) {
		arena_release(&arena);
		return -ENOMEM;
	}
	text_diff_make(&arena, before, after, &diff);
	text_diff_render(&diff, path, style, out);
	arena_release(&arena);
	return 0;
}
