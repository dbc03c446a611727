/* SPDX-License-Identifier: Apache-2.0 */
/* output.h -- where a result goes: to standard output or a device once it is whole, or into a file that is replaced at once.
 *
 * What goes into a file is written while it is made, so that it may be larger than memory.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "base/buf.h"

struct output {
	struct buf text;	/* to be filled by the caller */
	const char *path;	/* NULL: standard output */
	char *target, *temporary;	/* the file to be replaced, and the one beside it; NULL: it is no file */
	FILE *file;
	int error;		/* -errno of a write */
};

/* NULL or "-": standard output. 0 or -errno, complained about. A struct output must stay where it is. */
int output_open(struct output *o, const char *path);
/* Puts it all in place: owner and mode of a file stay, and a symbolic link. A reader that has gone away (EPIPE) is no failure. 0 or -errno,
 * complained about; the file then has its old content. */
int output_commit(struct output *o);
void output_drop(struct output *o);	/* what has not been committed is gone; for CLEANUP, zeroed is fine too */

#endif
