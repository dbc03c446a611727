/* SPDX-License-Identifier: Apache-2.0 */
/* settle.h -- what the reader of a unit's findings gets to see: by the comments in the files, then by the policy. */
#ifndef COMPILER_SETTLE_H
#define COMPILER_SETTLE_H

#include "include/ipsecc.h"

/* After the passes, and again after more has been reported. Sorts the findings. */
void unit_settle(struct unit *u);

#endif
