/* SPDX-License-Identifier: Apache-2.0 */
/* Each beginning of each file ends in a verdict: an editor that has not written all of it yet, a full disk, a transfer that
 * broke off.
 *
 * Files: those of tests/corpus and examples, and of the shared corpus when IPSECC_CORPUS names it. A file is cut at some 20
 * places; with IPSECC_PREFIXES=all at every byte, which takes minutes and needs CK_FORK=no, for libcheck's time limit.
 */
#include "include/ipsecc.h"

#include <ftw.h>
#include <stdio.h>

#include "tests/one_file.h"
#include "tests/unit/tap.h"

#define PLACES		20u
#define FILE_BYTES	(64u * 1024)		/* lists and logs of the corpus are larger */

static unsigned files_read, beginnings;

/* A verdict: every conn has one, and what does not load has an error that says why. */
static void compile_beginning(const char *path, const char *text, size_t n)
{
	static const char *const dialects[] = { "auto", "3.18", "4.10", "5.4" };
	struct slice cut = { text, n };
	struct unit_options options = {
		.reader = one_file_reader(&cut), .dialect = dialects[beginnings % 4],
	};
	struct unit *u;

	ck_assert_msg(unit_compile("cut.conf", &options, &u, NULL) == 0, "%s, %zu bytes: no unit", path, n);
	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *c = u->ir->conns.v[i];

		ck_assert_msg(unit_verdict_name(c->verdict) != NULL, "%s, %zu bytes: conn '%s'", path, n, c->name);
		ck_assert_msg(c->verdict != VERDICT_WILL_NOT_LOAD || c->is_template || u->diag.counts[SEVERITY_ERROR] ||
			      c->start == PLAN_START_IGNORE, "%s, %zu bytes: conn '%s' will not load, and nothing says why",
			      path, n, c->name);
	}
	ck_assert_msg(!u->ir->file_refused || u->diag.counts[SEVERITY_ERROR], "%s, %zu bytes: refused without an error", path, n);
	unit_free(u);
	beginnings++;
}

static void cut_file(const char *path, size_t size)
{
	const char *all = getenv("IPSECC_PREFIXES");
	size_t step = all && strcmp(all, "all") == 0 ? 1 : size / PLACES + 1;
	FILE *file = fopen(path, "r");
	char *text = malloc(size + 1);

	ck_assert_msg(file && text && fread(text, 1, size, file) == size, "%s", path);
	fclose(file);
	for (size_t n = step == 1 ? 0 : files_read % step; n <= size; n += step)	/* not at the same places of all files */
		compile_beginning(path, text, n);
	free(text);
	files_read++;
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_F && st->st_size <= FILE_BYTES)
		cut_file(path, (size_t)st->st_size);
	return 0;
}

static void visit_all(const char *dir)
{
	files_read = beginnings = 0;
	ck_assert_msg(nftw(dir, visit, 20, FTW_PHYS) == 0 && files_read, "%s", dir);
}

START_TEST(own_files)
{
	visit_all("tests/corpus");
	visit_all("examples");
}
END_TEST

START_TEST(shared_corpus)
{
	const char *dir = getenv("IPSECC_CORPUS");

	if (!dir) {
		printf("ok 0 - beginnings of the shared corpus # SKIP IPSECC_CORPUS is not set\n");
		return;
	}
	visit_all(dir);
	printf("# %u beginnings of %u files\n", beginnings, files_read);
}
END_TEST

TAP_MAIN("prefixes", own_files, shared_corpus)
