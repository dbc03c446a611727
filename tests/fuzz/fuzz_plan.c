/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_plan.c -- any bytes as a plan. One that is accepted must be written to the same bytes twice: reading is no guess. */
#include <assert.h>

#include "plan/plan.h"

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

static int read_plan(struct arena *a, struct slice text, struct plan **ret)
{
	struct diag diag;

	diag_init(&diag, a, (struct diag_source){ NULL, nowhere });
	return plan_read(a, text, 0, &diag, ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct arena arena;
	struct buf once = { 0 }, twice = { 0 };
	struct plan *plan, *again;

	arena_init(&arena);
	if (read_plan(&arena, (struct slice){ (const char *)data, n }, &plan) == 0) {
		assert(plan_write(plan, &once) == 0);
		assert(read_plan(&arena, buf_slice(&once), &again) == 0);
		assert(plan_write(again, &twice) == 0);
		assert(slice_eq(buf_slice(&once), buf_slice(&twice)));
	}
	buf_release(&once);
	buf_release(&twice);
	arena_release(&arena);
	return 0;
}
