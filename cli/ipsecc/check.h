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

struct check {
	const struct arguments *args;
	struct paths paths;
	struct projects projects;
	struct baselines baselines;
	struct operand *operands;	/* of each path */
	bool *settled;			/* of each path: its operand is usable */
	struct unit **units;		/* in the order of the paths */
	const struct operand **of;	/* of each unit */
	size_t n;
	bool changes;			/* a file was fixed, or would be */
	bool trouble;			/* something could not be done, and was said */
};

/* --- fixing.c --- */

bool check_fixes(const struct arguments *args);		/* --fix or --diff is given */
/* Fixes all operands, one after the other, and writes or shows what has become of the files. Sets the units. */
void check_fix_all(struct check *check);

/* --- known.c --- */

void baselines_release(struct baselines *b);
/* Hides what the baselines of the units hold, and writes them back when that is asked for. */
void check_compare_baselines(struct check *check, const char *working_directory);

/* --- summary.c --- */

/* The last lines, for people. */
void summary_add(struct buf *out, const struct check *check, const struct report_run *runs, const struct diag_style *style);

#endif
