/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_baseline.c -- any bytes as a baseline. One that is accepted gives the same bytes when it is written, read and written again,
 * and can be compared with findings. */
#include <assert.h>

#include "compiler/baseline.h"
#include "tests/fuzz/findings.h"
#include "tests/one_file.h"

static struct baseline *open_baseline(struct slice in)
{
	struct baseline *b;

	if (baseline_read("b.json", "/site", one_file_reader(&in), false, &b))
		return NULL;
	check_findings(&b->diag, in.n);
	if (!b->diag.findings.n)
		return b;
	baseline_free(b);
	return NULL;
}

static void compare(struct baseline *b)
{
	struct slice text = SLICE("conn a\n\tleft=%any\n\tpfs=maybe\n");
	struct unit_options options = { .reader = one_file_reader(&text), .dialect = "4.10" };
	struct unit *u;

	if (unit_compile("a.conf", &options, &u, NULL))
		return;
	assert(baseline_compare(b, u, "/site", true) == 0);
	assert(u->diag.findings.n == 0);
	unit_free(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct baseline *b = open_baseline((struct slice){ (const char *)data, n }), *again;
	struct buf once = { 0 }, twice = { 0 };

	if (!b)
		return 0;
	assert(baseline_write(b, &once) == 0);
	again = open_baseline(buf_slice(&once));
	assert(again);
	assert(baseline_write(again, &twice) == 0);
	assert(slice_eq(buf_slice(&once), buf_slice(&twice)));
	compare(b);
	baseline_prune(b);
	baseline_free(b);
	baseline_free(again);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
