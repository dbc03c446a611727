/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.h -- what both programs need of the world around them: messages about themselves, colour, output that may fail. */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include <stdio.h>

#include "base/buf.h"
#include "diag/diag.h"

enum exit_status {		/* contract section 1 */
	EXIT_DONE = 0,
	EXIT_FINDINGS = 1,	/* findings at or above the threshold; a conn could not be compiled */
	EXIT_TROUBLE = 2,	/* the work could not be done */
};

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* Name that messages begin with: "ipsecc". Set once at the start. */
extern const char *program_name;

/* "ipsecc: ..." on standard error; what came from outside is made visible. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Colour by choice, NO_COLOR, TERM and whether `stream` is a terminal; its width; whether the locale is UTF-8. */
struct diag_style terminal_style(FILE *stream, enum color_choice choice);

/* Writes it all; a reader that has gone away (EPIPE) is no failure. 0 or -errno, complained about already. */
int write_stream(FILE *stream, const struct buf *text);
/* Findings as people read them, on standard error; nothing when there are none. */
void show_findings(const struct diag *diag, enum color_choice color);
/* The same to where `path` says, as by output.h. */
int write_output(const char *path, const struct buf *text);

#endif
