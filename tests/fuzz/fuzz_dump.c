/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dump.c -- any bytes as a saved dump of policies, compared with themselves and with nothing. */
#include "compare/compare.h"
#include "compare/dump.h"
#include "tests/fuzz/findings.h"

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context, (void)position;
	return (struct diag_place){ 0 };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct plan *plan, empty = { 0 };
	struct buf out = { 0 };
	struct arena a;
	struct diag diag;

	arena_init(&a);
	diag_init(&diag, &a, (struct diag_source){ NULL, nowhere });
	if (dump_read(&a, (struct slice){ (const char *)data, n }, "dump", 1, &diag, &plan) == 0) {
		const struct compare_side side = { plan, true }, none = { &empty, true };

		compare_write_json(compare(&a, &side, &none, COMPARE_EITHER), (const char *const[]){ "a", "b" }, &out);
		compare(&a, &side, &side, COMPARE_EITHER);
	}
	check_findings(&diag, n + 1);
	buf_release(&out);
	arena_release(&a);
	return 0;
}
