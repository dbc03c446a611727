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
	struct operand *operands;
	struct unit **units;		/* in the order of the paths */
	const struct operand **of;	/* of each unit */
	size_t n;
	bool trouble;			/* something could not be done, and was said */
};

/* --- known.c --- */

void baselines_release(struct baselines *b);
/* Hides what the baselines of the units hold, and writes them back when that is asked for. */
void check_compare_baselines(struct check *check, const char *working_directory);

/* --- summary.c --- */

/* The last lines, for people. */
void summary_add(struct buf *out, const struct check *check, const struct report_run *runs, const struct diag_style *style);

#endif
