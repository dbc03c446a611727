/* SPDX-License-Identifier: Apache-2.0 */
/* text_diff.h -- unified diffs with three lines of context, which patch(1) takes. */
#ifndef DIAG_TEXT_DIFF_H
#define DIAG_TEXT_DIFF_H

#include "base/arena.h"
#include "base/buf.h"
#include "diag/diag.h"

enum line_fate { LINE_KEPT = ' ', LINE_REMOVED = '-', LINE_ADDED = '+' };

struct diff_line {
	enum line_fate fate;
	struct slice text;	/* without line end; borrowed */
	bool unended;		/* the last line of its file, without a line end */
};

struct text_diff {
	VEC(struct diff_line) lines;	/* of both files; removed ones before the added ones that take their place */
};

/* What becomes of the lines of one text in another: the shortest way, unless they differ in very many places. Borrows both. Never
 * fails. */
void text_diff_make(struct arena *a, struct slice before, struct slice after, struct text_diff *ret);
/* Nothing when no line changes. `path` stands for both files. With the style of a terminal (its width is known) control characters
 * are made visible. */
void text_diff_render(const struct text_diff *d, const char *path, const struct diag_style *style, struct buf *out);
/* Both at once, with memory of its own. 0 or -ENOMEM. */
int text_diff(struct slice before, struct slice after, const char *path, const struct diag_style *style, struct buf *out);

#endif
