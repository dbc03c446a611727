/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_fix.c -- any bytes as ipsec.conf, with all fixes made: rounds end, a second run finds nothing that the first could have
 * done, and the diff of both texts has all their lines. The file may include itself. */
#include "compiler/fix.h"
#include "diag/text_diff.h"
#include "tests/one_file.h"

static int glob_same(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	(void)context;
	*ret_paths = calloc(1, sizeof(char *));
	if (!*ret_paths)
		return -ENOMEM;
	(*ret_paths)[0] = strdup(pattern);
	*ret_count = 1;
	return 0;
}

static void fix(struct slice in, bool unsafe, struct buf *ret, struct fix_result *result)
{
	static const char *const dialects[] = { "auto", "3.18", "4.10", "5.4" };
	struct unit_options options = { .reader = one_file_reader(&in), .dialect = dialects[in.n % 4],
					.memory_limit = (size_t)512 << 20 };
	const char *failed;
	struct fixer f;
	struct unit *u;

	options.reader.glob = glob_same;
	fixer_init(&f, options.reader);
	f.unsafe = unsafe;
	f.notes = true;
	*result = (struct fix_result){ 0 };
	if (fixer_run(&f, "fuzz.conf", &options, &u, result, &failed) == 0) {
		if (!slice_eq(f.files.v[0]->now, u->sources.files.v[0].text))
			abort();
		buf_add_slice(ret, f.files.v[0]->now);
		unit_free(u);
	}
	fixer_release(&f);
}

static void check_diff(struct slice before, struct slice after)
{
	struct buf shown = { 0 };
	struct text_diff diff;
	size_t old = 0, new = 0;
	struct arena a;

	arena_init(&a);
	text_diff_make(&a, before, after, &diff);
	for (size_t i = 0; i < diff.lines.n; i++) {
		size_t n = diff.lines.v[i].text.n + !diff.lines.v[i].unended;

		old += diff.lines.v[i].fate == LINE_ADDED ? 0 : n;
		new += diff.lines.v[i].fate == LINE_REMOVED ? 0 : n;
	}
	if (old != before.n || new != after.n)
		abort();
	text_diff_render(&diff, "fuzz.conf", &(struct diag_style){ .width = 80 }, &shown);
	buf_release(&shown);
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice in = { (const char *)data, n };
	struct buf once = { 0 }, twice = { 0 };
	struct fix_result first, second;
	bool unsafe = n % 2;

	fix(in, unsafe, &once, &first);
	if (once.n)
		check_diff(in, buf_slice(&once));
	/* The dialect hangs on the length, so only texts of the same one are comparable. */
	if (once.n && once.n % 4 == n % 4 && !first.unfinished && !first.undone) {
		fix(buf_slice(&once), unsafe, &twice, &second);
		if (second.fixes)
			abort();
	}
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
