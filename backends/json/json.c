/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/json/json.h"

#include <errno.h>

#include "base/limits.h"

/* The document holds all phases and both renderings, so the options choose nothing here. */
static int emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	int r = plan_write(plan, out);

	(void)options;
	if (r == -EFBIG)
		diag_help(diag, diag_report(diag, RULE_PLAN_TOO_LARGE, (struct span){ 0, 0 }, "the plan is larger than %u MiB, which ipsec-run does not read",
					    LIMIT_PLAN_BYTES >> 20), "name some conns on the command line, and make several plans");
	return r;
}

static const char *const formats[] = { "json", NULL };

const struct backend json_backend = { .name = "json", .summary = "the plan, for ipsec-run", .formats = formats, .emit = emit };
