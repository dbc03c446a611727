/* SPDX-License-Identifier: Apache-2.0 */
/* reader.h -- a plan being read. Private to plan/. */
#ifndef PLAN_READER_H
#define PLAN_READER_H

#include "diag/json_input.h"
#include "plan/members.h"

struct plan_reader {
	struct json_input in;
	struct arena *arena;
	struct plan *plan;
};

/* What holds between members: unique names, references to something, families, protocols. 0, or -EINVAL with findings. */
int plan_check(struct plan_reader *r);

#endif
