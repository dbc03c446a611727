/* SPDX-License-Identifier: Apache-2.0 */
/* source.h -- the files of one compilation, in memory, and positions in them.
 *
 * Every inclusion of a file gets its own range in one 32-bit offset space, so a position alone says which inclusion, file,
 * line and column it means. Position 0 is reserved for "nowhere". Text stays until the unit is freed.
 */
#ifndef COMPILER_SOURCE_H
#define COMPILER_SOURCE_H

#include "base/arena.h"
#include "base/map.h"
#include "diag/diag.h"

struct source_file {
	const char *path;		/* as the user would name it: what was typed, or the include resolved; with --root unprefixed below it */
	struct slice text;		/* a NUL follows, for the lexer */
	uint32_t base;			/* position of the first byte */
	struct span included_from;	/* unknown: named on the command line */
	int parent;			/* index of the including file, -1: none */
	unsigned depth;
	const uint32_t *lines;		/* offsets of line starts, built on first use */
	uint32_t line_count;
	uint8_t sha256[32];
};

/* How files are reached; tests put them in memory. All return 0 or -errno. */
struct source_reader {
	void *context;
	/* Whole contents, malloc'ed, passed to the caller. limit: -EFBIG above it. */
	int (*read)(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size);
	/* Sorted names that match a glob pattern, like glob(3) without GLOB_NOCHECK; the caller frees each and the array. */
	int (*glob)(void *context, const char *pattern, char ***ret_paths, size_t *ret_count);
};
extern const struct source_reader source_reader_system;

struct sources {
	struct arena *arena;
	struct source_reader reader;
	const char *root;		/* --root, or NULL */
	const char *stdin_name;
	VEC(struct source_file) files;
	uint32_t next_base;
	uint64_t total_bytes;
};

void sources_init(struct sources *s, struct arena *a, struct source_reader reader);
/* Adds text that is already in memory (copied). Index of the file, or -EFBIG when a limit is exceeded. */
int sources_add_text(struct sources *s, const char *path, struct slice text, struct span included_from);
/* Reads a file; "-" is standard input. Index, or -errno. */
int sources_add_file(struct sources *s, const char *path, struct span included_from);
/* File that holds a position; NULL for "nowhere". */
const struct source_file *sources_file_at(const struct sources *s, uint32_t position);
struct slice sources_text(const struct sources *s, struct span span);
struct diag_place sources_locate(const struct sources *s, uint32_t position);
struct diag_source sources_for_diag(const struct sources *s);

#endif
