/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/json/json.h"

/* The document holds all phases and both renderings, so the options choose nothing here. */
static int emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	(void)options, (void)diag;
	return plan_write(plan, out);
}

static const char *const formats[] = { "json", NULL };

const struct backend json_backend = { .name = "json", .summary = "the plan, for ipsec-run", .formats = formats, .emit = emit };
