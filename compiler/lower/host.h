/* SPDX-License-Identifier: Apache-2.0 */
/* host.h -- what a host makes of each conn (part C of the C-rules): which end it is, and what the conn asks of it. */
#ifndef COMPILER_HOST_H
#define COMPILER_HOST_H

#include "compiler/lower/lower.h"

/* Sets orientation and local_address of every conn. With `judge` also reports what the facts say (51xx), and lowers verdicts accordingly; without
 * facts (NULL) a conn that loads on some hosts only becomes "unknown", and the finding says which fact decides. Networks are not asked. */
void host_check(struct arena *a, struct ir *ir, const struct resolved *resolved, const struct host_facts *facts, bool judge, struct diag *diag);

#endif
