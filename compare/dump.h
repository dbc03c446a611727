/* SPDX-License-Identifier: Apache-2.0 */
/* dump.h -- what a kernel had, from a saved text: `ip xfrm policy` (with or without -s) or `setkey -DP`, as a plan that holds policies only.
 *
 * A dump is untrusted input. Lines that say nothing about a policy's meaning (counters, lifetimes, indices) are passed over; what cannot be read is a
 * finding with its line, and that policy is left out. Policies of sockets are left out: they are a daemon's own.
 */
#ifndef COMPARE_DUMP_H
#define COMPARE_DUMP_H

#include "plan/plan.h"

enum dump_kind { DUMP_NONE, DUMP_XFRM, DUMP_SETKEY };

enum dump_kind dump_recognise(struct slice text);	/* by its first line that is not empty */
/* `base`: position of the text in the sources behind `diag`; `path`: for the policies' origins. All `when` of the policies are PLAN_WHEN_LOAD. 0;
 * -EINVAL: nothing of it is a dump, or a limit is passed, with findings; -ENOMEM. */
int dump_read(struct arena *a, struct slice text, const char *path, uint32_t base, struct diag *diag, struct plan **ret);

#endif
