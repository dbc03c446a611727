/* SPDX-License-Identifier: Apache-2.0 */
/* project.h -- the project file, .ipsecc.yaml: what holds for the configurations below its directory (docs/project.md).
 *
 * Relative paths in it start at its directory. What is wrong in it is findings at their place, all of them errors: half of a
 * project file is not followed.
 */
#ifndef COMPILER_PROJECT_H
#define COMPILER_PROJECT_H

#include "compiler/source/source.h"
#include "diag/policy.h"

#define PROJECT_FILE	".ipsecc.yaml"

struct project_settings {		/* NULL: not said. Paths begin with the project file's directory, as it was named */
	const char *dialect, *root, *host_facts, *secrets, *fail_on, *baseline;
	struct policy policy;
};

struct project_override {
	VEC(const char *) files;	/* patterns, relative to the directory: '*' is any text, also with '/', '?' one byte */
	struct project_settings settings;
};

struct project {
	struct arena arena;
	struct sources sources;		/* the project file alone */
	struct diag diag;		/* finished */
	const char *path;
	struct project_settings settings;
	VEC(struct project_override *) overrides;
};

/* 0, even when findings say that it is not to be followed (diag.counts[SEVERITY_ERROR]); -errno when it cannot be read. The caller
 * frees. */
int project_read(const char *path, struct source_reader reader, struct project **ret);
void project_free(struct project *p);
/* What holds for a file: overrides in order, the later over the earlier. `path` is relative to the directory of the project file.
 * */
void project_settings_for(const struct project *p, const char *path, struct project_settings *ret);
/* The path of the project file that holds for files in `directory`, which is absolute: there or above, but not above a directory
 * that holds .git. malloc'ed; NULL: there is none. 0 or -ENOMEM. */
int project_find(const struct source_reader *reader, const char *directory, char **ret);

#endif
