/* SPDX-License-Identifier: Apache-2.0 */
/* baseline.h -- findings that were there when somebody decided to go on with them: only others are shown and counted.
 *
 * The file is JSON, sorted, one object per finding with its fingerprint (diag/report.h), rule and file; it has no line numbers, so
 * moved lines bring nothing back. Paths in it are relative to its own directory. docs/linting.md describes it for users.
 */
#ifndef COMPILER_BASELINE_H
#define COMPILER_BASELINE_H

#include "base/map.h"
#include "include/ipsecc.h"

struct baseline_entry {
	const char *fingerprint, *rule, *file;
	const char *checked;		/* the configuration that was named, through which it was found */
	bool seen, added;		/* in this call: it was found; it was not in the file before */
};

struct baseline {
	struct arena arena;
	struct sources sources;		/* the baseline alone */
	struct diag diag;		/* errors: it is not usable */
	const char *path, *directory;	/* directory: absolute, where paths in it start */
	VEC(struct baseline_entry *) entries;
	struct map by_key;		/* "FINGERPRINT CHECKED" -> entry */
	struct map checked;		/* names of the configurations that were compared */
};

/* Reads one; with may_be_missing, one that does not exist is empty. 0, even when findings say that it is not usable; -errno. */
int baseline_read(const char *path, const char *directory, struct source_reader reader, bool may_be_missing, struct baseline **ret);
void baseline_free(struct baseline *b);
/* Hides what is known (HIDDEN_BY_BASELINE); with `take`, what is not known yet is from now on. working_directory: absolute, where
 * the unit's relative paths start. 0 or -ENOMEM. */
int baseline_compare(struct baseline *b, struct unit *u, const char *working_directory, bool take);
/* Entries about configurations that were compared that nothing was found for any more; entries that were taken. */
size_t baseline_gone(const struct baseline *b);
size_t baseline_added(const struct baseline *b);
/* Forgets those that are gone. */
void baseline_prune(struct baseline *b);
/* The whole file. 0 or -ENOMEM. */
int baseline_write(struct baseline *b, struct buf *out);

#endif
