/* SPDX-License-Identifier: Apache-2.0 */
/* check.h -- the parts of ipsecc check. */
#ifndef CLI_IPSECC_CHECK_H
#define CLI_IPSECC_CHECK_H

#include "cli/ipsecc/operand.h"
#include "compiler/baseline.h"

struct baselines {			/* that were read, each once */
	struct baseline **v;
	size_t n;
};

struct compiled {
	struct unit *unit;		/* NULL: none */
	int error;			/* why, with what is named in `failed` */
	const char *failed;
};

struct check {
	const struct arguments *args;
	struct paths paths;
	struct projects projects;
	struct baselines baselines;
	struct operand *operands;	/* of each path */
	bool *wanted;			/* of each path: its operand is usable, and to be checked */
	struct compiled *compiled;	/* of each path */
	size_t jobs;			/* threads */
	size_t foreign;			/* files that were found and are no configurations */
	struct unit **units;		/* in the order of the paths */
	const struct operand **of;	/* of each unit */
	size_t n;
	bool changes;			/* a file was fixed, or would be */
	bool trouble;			/* something could not be done, and was said */
};

/* --- jobs.c --- */

size_t jobs_wanted(const struct arguments *args);	/* 0 after a complaint */
/* Compiles all paths that are wanted. */
void check_compile(struct check *check);

/* --- found.c --- */

/* Of the files that were found in directories, takes out what is no configuration, and what is included by another that is checked:
 * it is seen in its place there. */
void check_drop_found(struct check *check);

/* --- fixing.c --- */

bool check_fixes(const struct arguments *args);		/* --fix or --diff is given */
/* Fixes all operands that are wanted, one after the other, and writes or shows what has become of the files. Sets the units. */
void check_fix_all(struct check *check);

/* --- known.c --- */

void baselines_release(struct baselines *b);
/* Hides what the baselines of the units hold, and writes them back when that is asked for. */
void check_compare_baselines(struct check *check, const char *working_directory);

/* --- summary.c --- */

/* The last lines, for people. */
void summary_add(struct buf *out, const struct check *check, const struct report_run *runs, const struct diag_style *style);

#endif
