/* SPDX-License-Identifier: Apache-2.0 */
/* format.h -- the canonical layout of one file: one style, no options, the meaning unchanged.
 *
 *	# comments keep their text; between sections they stand in column 1,
 *	conn name		# behind something they have one blank before them, or begin where their neighbours do
 *		# and inside a section they are indented like parameters
 *		keyword=value
 *
 * Sections are set apart by one empty line; elsewhere an empty line stays, several become one. A keyword is written in lower case,
 * a value is not touched. CR LF, a byte order mark, blanks at ends of lines and a missing last line end go.
 *
 * Comments stay where they stand, so that a second run finds everything in its place and changes nothing.
 * Files are formatted alone: an include is a line like others.
 */
#ifndef COMPILER_FORMAT_H
#define COMPILER_FORMAT_H

#include "base/arena.h"
#include "base/buf.h"
#include "diag/diag.h"

struct format_line {
	struct slice text;	/* without line end; borrowed from the arena or from the source */
	uint32_t from;		/* line of the source, from 1; 0: an empty line that was put in */
};

struct format {
	VEC(struct format_line) lines;
	VEC(struct span) refused;	/* lines that cannot be understood, without line end; with any, `lines` is of no use */
};

/* Formats a file; text.p[text.n] is NUL, `base` is the position of its first byte. Borrows text. Never fails. */
struct format *format_text(struct arena *a, struct slice text, uint32_t base);
/* The formatted file. */
void format_write(const struct format *f, struct buf *out);
bool format_changes(const struct format *f, struct slice text);
/* A unified diff with three lines of context, which patch(1) takes; nothing when nothing changes. `path` stands for both files.
 * With the style of a terminal (its width is known) control characters are made visible. */
void format_diff(struct arena *a, const struct format *f, struct slice text, const char *path, const struct diag_style *style,
		 struct buf *out);

#endif
