/* SPDX-License-Identifier: Apache-2.0 */
/* source.h -- the files of one compilation, in memory, and positions in them.
 *
 * Every inclusion of a file gets its own range in one 32-bit offset space, so a position alone says which inclusion, file,
 * line and column it means. Position 0 is reserved for "nowhere". Text stays until the unit is freed.
 */
#ifndef COMPILER_SOURCE_H
#define COMPILER_SOURCE_H

#include "base/arena.h"
#include "diag/diag.h"

/* Lines from one mark to the next: few enough to count, and the marks take next to no memory. */
#define SOURCE_MARK_LINES	32u

/* Which file it really is, whatever its name: two names of one file are equal here. */
struct source_id {
	uint64_t device, inode;
	bool is_pipe;			/* whose far end may keep its reader waiting */
	bool is_plain;			/* a regular file, whose mode and owner mean something */
	uint32_t mode, owner;		/* permission bits; user id */
};

static inline bool source_id_eq(struct source_id a, struct source_id b)
{
	return a.device == b.device && a.inode == b.inode;
}

struct source_file {
	const char *path;		/* what was typed, or the include resolved; with --root unprefixed below it */
	const char *opened;		/* the name it was opened by; the same as path without --root */
	struct source_id id;		/* 0, 0: not a file (standard input, text from memory) */
	struct slice text;		/* a NUL follows, for the lexer */
	uint32_t base;			/* position of the first byte */
	struct span included_from;	/* of the include statement; unknown: named on the command line */
	int parent;			/* index of the including file, -1: none */
	unsigned depth;			/* 0: named on the command line */
	const uint32_t *marks;		/* offsets in text of the starts of lines 1, 1 + SOURCE_MARK_LINES, ... */
	uint32_t mark_count;		/* at least 1 */
	uint32_t line_count;		/* at least 1 */
	bool secret;			/* its lines are never shown, only places in it */
};

/* How files are reached; tests put them in memory. All return 0 or -errno. */
struct source_reader {
	void *context;
	/* Whole contents, malloc'ed, passed to the caller; path NULL: standard input. limit: -EFBIG above it. A directory:
	 * -EISDIR. */
	int (*read)(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id);
	/* Names that match a glob pattern, with braces, sorted by bytes, passed to the caller; none is 0 names, not an error.
	 * -E2BIG: it looks at too many. */
	int (*glob)(void *context, const char *pattern, char ***ret_paths, size_t *ret_count);
	/* Which file a name means, without reading it; -ENOENT. */
	int (*identify)(void *context, const char *path, struct source_id *ret_id);
};
extern const struct source_reader source_reader_system;

struct sources {
	struct arena *arena;
	struct source_reader reader;
	const char *root;		/* --root, or NULL */
	const char *stdin_name;		/* NULL: "<stdin>" */
	VEC(struct source_file) files;
	uint32_t next_base;
};

void sources_init(struct sources *s, struct arena *a, struct source_reader reader);
/* Adds text that is already in memory (copied). Index of the file; -EFBIG or -EMFILE when a limit of base/limits.h is exceeded. */
int sources_add_text(struct sources *s, const char *path, struct slice text, struct span included_from);
/* Reads a file by the caller's name, without --root; "-" is standard input. Index, or -errno as the reader's or as above. */
int sources_add_file(struct sources *s, const char *path, struct span included_from);

/* Names for what a file may include: `pattern` as written there, resolved by S-010 and --root. path is what to show, opened what
 * to open. */
struct source_match {
	const char *path, *opened;
};
struct source_matches {
	VEC(struct source_match) list;
};
/* Expands a pattern relative to the directory of file `from` (-1: relative to the working directory). 0, or -errno of glob;
 * -E2BIG for a pattern above the limits, or one that looks at more names than they allow. */
int sources_glob(struct sources *s, int from, struct slice pattern, struct source_matches *ret);
/* Index of the file, or of the nearest above it, that is this very file: reading it again would never end. -1: none. */
int sources_reading(const struct sources *s, int file, struct source_id id);
/* What to open for a file name as the host of the configuration has it: absolute names lie below --root. */
const char *sources_below_root(struct sources *s, const char *name);
/* Reads one match. Index, or -errno. */
int sources_add_match(struct sources *s, const struct source_match *match, struct span included_from);
/* The same for a file of secrets: its lines are never shown, and its text lies in memory that is wiped (secrets/secrets.h). */
int sources_add_secret(struct sources *s, const struct source_match *match, struct span included_from);
/* Overwrites the text of all such files but for the line ends: places in them can still be told. */
void sources_blank_secrets(struct sources *s);
/* Frees that text. To be called before the arena goes, whatever went wrong; positions in these files mean nothing then. */
void sources_release_secrets(struct sources *s);

/* Offset of the start of a line, from 1 to line_count. */
uint32_t source_line_start(const struct source_file *file, uint32_t line);
/* Index of the file that holds a position; -1 for "nowhere". A position just behind the last byte belongs to the file. */
int sources_index_at(const struct sources *s, uint32_t position);
const struct source_file *sources_file_at(const struct sources *s, uint32_t position);	/* NULL for "nowhere" */
struct slice sources_text(const struct sources *s, struct span span);
struct diag_place sources_locate(const struct sources *s, uint32_t position);
struct diag_source sources_for_diag(const struct sources *s);
void source_sha256(const struct source_file *file, uint8_t ret[32]);

#endif
