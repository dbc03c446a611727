/* SPDX-License-Identifier: Apache-2.0 */
/* dialect.h -- which release's rules a unit is read by. */
#ifndef COMPILER_DIALECT_H
#define COMPILER_DIALECT_H

#include "include/ipsecc.h"

/* Sets release, release_chosen_auto and release_why of a unit whose syntax and facts are known. wanted: NULL or "auto", else what
 * release_parse() takes. 0, or -EINVAL for another word. */
int dialect_choose(struct unit *u, const char *wanted);

#endif
