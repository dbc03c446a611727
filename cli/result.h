/* SPDX-License-Identifier: Apache-2.0 */
/* result.h -- which findings concern whoever has something made of a configuration: a plan, a script, tunnels. */
#ifndef CLI_RESULT_H
#define CLI_RESULT_H

#include "diag/diag.h"

/* An error, or that something is missing in what was made. What later releases do and how a word is better written is no news then. */
bool concerns_result(const struct finding *f);

#endif
