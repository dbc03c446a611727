/* SPDX-License-Identifier: Apache-2.0 */
/* compile.h -- what `compile` and its --apply share. */
#ifndef CLI_IPSECC_COMPILE_H
#define CLI_IPSECC_COMPILE_H

#include "apply/change.h"
#include "apply/lockout.h"
#include "cli/ipsecc/operand.h"

/* Findings that concern the result, on standard error. */
void compile_report(struct unit *u, const struct backend *backend, const struct arguments *args);

/* Whether --apply and what goes with it may stand together with the other options. False after a complaint. */
bool apply_options_ok(const struct arguments *args);
/* Puts what the backend makes of the plan into the kernel, and says what came of it. `options` without a format. */
enum exit_status apply_plan(struct unit *u, const struct backend *backend, const struct plan *plan, const struct backend_options *options,
			    const struct arguments *args, bool incomplete);

/* The SSH session that this process runs in: SSH_CONNECTION of its environment, or of the nearest process above it that has one, since sudo takes
 * it away. False: there is none. */
bool session_find(struct session *ret);

enum confirmation { CONFIRMED, CONFIRM_REFUSED, CONFIRM_TIMEOUT, CONFIRM_SIGNAL, CONFIRM_NOBODY };
/* Signals that end the program wait from confirm_begin() to confirm_end(), so that none comes between a change and its taking back. */
void confirm_begin(void);
void confirm_end(void);
/* Waits for a line on the terminal, or on standard input where there is none: an empty one, y or yes confirms. */
enum confirmation confirm_wait(unsigned seconds, bool stdin_is_free);

#endif
