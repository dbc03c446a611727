/* SPDX-License-Identifier: Apache-2.0 */
/* fix.h -- the fixes that findings bring along, made in memory: compile, apply what does not overlap, compile again, until nothing
 * is left to do. Files are read once and changed here only; whoever calls writes them.
 */
#ifndef COMPILER_FIX_H
#define COMPILER_FIX_H

#include "base/map.h"
#include "include/ipsecc.h"

struct fixed_file {
	const char *path;		/* by which it was opened; "-": standard input */
	struct source_id id;
	struct slice before, now;	/* as read, and as it is to be; in the arena */
	size_t index;			/* in fixer.files */
	size_t fixes;			/* made in it */
	bool locked;			/* not to be changed; `fixer.may_change` said so */
};

struct fixer {
	struct arena arena;
	struct source_reader below;	/* where files are read, the first time */
	/* Whether a file may be changed, asked once for each that has something to fix. */
	bool (*may_change)(void *context, const char *path);
	void *context;
	bool unsafe;			/* also fixes that may not be what was meant */
	bool notes;			/* also those of notes */
	VEC(struct fixed_file *) files;	/* that were read, in this order */
	struct map by_path;		/* -> struct fixed_file; two names may have the same */
	bool passing;			/* files that are read now are not kept */
};

struct fix_result {
	size_t fixes;			/* that were made */
	bool unfinished;		/* LIMIT_FIX_ROUNDS rounds were not enough */
	bool undone;			/* they would have kept a conn from loading: everything is as it was */
};

void fixer_init(struct fixer *f, struct source_reader below);
void fixer_release(struct fixer *f);
/* Fixes one configuration with what it includes, in the state that earlier calls have left. *ret is the unit of what has become of
 * it. Results as of unit_compile(). */
int fixer_run(struct fixer *f, const char *path, const struct unit_options *options, struct unit **ret,
	      struct fix_result *ret_result,
	      const char **ret_failed);
static inline bool fixed_file_changed(const struct fixed_file *f)
{
	return !slice_eq(f->before, f->now);
}

#endif
