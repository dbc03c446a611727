/* SPDX-License-Identifier: Apache-2.0 */
/* findings.h -- what holds of the findings of any input. */
#ifndef TESTS_FUZZ_FINDINGS_H
#define TESTS_FUZZ_FINDINGS_H

#include <stdlib.h>

#include "diag/diag.h"

/* Findings lie within the text, and can be shown. */
static inline void check_findings(const struct diag *diag, size_t n)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < diag->findings.n; i++)
		if (diag->findings.v[i]->span.end > n + 1 || diag->findings.v[i]->span.start > diag->findings.v[i]->span.end)
			abort();
	diag_render_human(diag, &(struct diag_style){ 0 }, &out);
	buf_release(&out);
}

#endif
