/* SPDX-License-Identifier: Apache-2.0 */
/* ipsecc.h -- the library's face: compile files into a unit, read its findings, ask for a plan, emit it, free it.
 *
 * Nothing here prints, exits, or reads the clock or the environment. A unit owns everything that comes out of it.
 */
#ifndef IPSECC_H
#define IPSECC_H

#include "backends/backend.h"
#include "compiler/lower/lower.h"

#define IPSECC_VERSION "0.1.0"

struct unit_options {
	struct source_reader reader;		/* source_reader_system */
	const char *dialect;			/* "auto" or NULL, "libreswan-4", "4.10" */
	const char *root, *stdin_name;
	const char *host_facts;			/* path, or NULL */
	size_t memory_limit;			/* bytes; 0: none */
};

struct unit {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	enum release release;
	bool release_chosen_auto;
	const char *release_why;
	const struct syntax *syntax;
	const struct resolved *resolved;
	const struct ir *ir;
	const struct host_facts *facts;		/* NULL: none */
};

/* Compiles one configuration file (with what it includes). 0; -errno when the file itself or the facts file cannot be read; -EINVAL for a bad
 * dialect; -ENOMEM. What is wrong in the text is findings, not an error. The unit is valid after 0 only. */
int unit_compile(const char *path, const struct unit_options *options, struct unit **ret);
/* Adds the lowering; findings go to unit->diag. NULL only when memory ran out. */
struct plan *unit_plan(struct unit *u, const struct lower_options *options, bool *ret_incomplete);
void unit_free(struct unit *u);

/* The document of `check --format=json` (contract section 2). 0 or -ENOMEM. */
int unit_write_check_json(struct unit *u, struct buf *out);

#endif
