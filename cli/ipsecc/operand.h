/* SPDX-License-Identifier: Apache-2.0 */
/* operand.h -- a configuration that is named on the command line, and what holds for it: the command line's options over its
 * project file. */
#ifndef CLI_IPSECC_OPERAND_H
#define CLI_IPSECC_OPERAND_H

#include "cli/installed.h"
#include "cli/ipsecc/command.h"

/* Project files that were read in this call, each once. */
struct projects {
	struct project **v;
	size_t n;
};
void projects_release(struct projects *p);

struct operand {
	const char *path;
	const struct project *project;		/* NULL: none */
	struct unit_options options;		/* points into this struct: it stays where it is */
	struct policy policy;
	struct installed installed;
	const char *secrets, *fail_on, *baseline;	/* NULL: not said */
};

/* False after a complaint. What it returns lives as long as projects, path and args. */
bool operand_settle(struct operand *ret, const char *path, struct projects *projects, const struct arguments *args);
/* As unit_compile(), which this is; may run in several threads. */
int operand_compile(const struct operand *operand, struct unit **ret, const char **ret_failed);
/* Says why there is no unit. */
void operand_complain(const struct operand *operand, int r, const char *failed);
/* All three for commands with one configuration; NULL after a complaint. */
struct unit *operand_open(struct operand *ret, const char *path, struct projects *projects, const struct arguments *args);
void free_unit(struct unit **u);	/* for CLEANUP() */
/* Whether all of these conns are there; a complaint about each that is not. `names` ends with NULL. */
bool known_conns(const struct unit *u, char **names);

/* The directory of a file, absolute and without symbolic links, malloc'ed; NULL: there is none. */
char *directory_of(const char *path);

/* Paths that a command line means. */
struct paths {
	char **v;
	bool *found;		/* of each: in a directory; it was not named itself */
	size_t n;
};
void paths_release(struct paths *p);
/* Directories become the configurations in them; without operands, the default file. False after complaints, with what could be
 * found. */
bool paths_collect(struct paths *ret, const struct arguments *args);

#endif
