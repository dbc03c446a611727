/* SPDX-License-Identifier: Apache-2.0 */
/* Positions, and the reader of this machine's files. */
#include "compiler/source/source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

static void open_sources(struct arena *a, struct sources *s)
{
	arena_init(a);
	sources_init(s, a, source_reader_system);
}

static void check_place(const struct sources *s, uint32_t position, const char *file, uint32_t line, uint32_t column, const char *text)
{
	struct diag_place place = sources_locate(s, position);

	ck_assert_str_eq(place.file, file);
	ck_assert_uint_eq(place.line, line);
	ck_assert_uint_eq(place.column, column);
	ck_assert(slice_eq_str(place.text, text));
}

START_TEST(positions)
{
	CLEANUP(arena_release) struct arena a;
	struct sources s;
	uint32_t one, two;

	open_sources(&a, &s);
	ck_assert_int_eq(sources_add_text(&s, "one", SLICE("ab\n\ncd\r\nlast"), (struct span){ 0, 0 }), 0);
	ck_assert_int_eq(sources_add_text(&s, "two", SLICE(""), (struct span){ 2, 4 }), 1);
	one = s.files.v[0].base;
	two = s.files.v[1].base;
	check_place(&s, one, "one", 1, 1, "ab");
	check_place(&s, one + 2, "one", 1, 3, "ab");
	check_place(&s, one + 3, "one", 2, 1, "");
	check_place(&s, one + 5, "one", 3, 2, "cd");
	check_place(&s, one + 12, "one", 4, 5, "last");
	check_place(&s, two, "two", 1, 1, "");
	ck_assert_uint_eq(sources_locate(&s, two).included_from.start, 2);
	ck_assert_int_eq(s.files.v[1].parent, 0);
	ck_assert_uint_eq(s.files.v[1].depth, 1);
	ck_assert_ptr_null(sources_locate(&s, 0).file);
	ck_assert_ptr_null(sources_file_at(&s, two + 1));
	ck_assert(slice_eq_str(sources_text(&s, (struct span){ one + 4, one + 6 }), "cd"));
}
END_TEST

START_TEST(sha256)
{
	CLEANUP(arena_release) struct arena a;
	static const uint8_t first[] = { 0xba, 0x78, 0x16, 0xbf };	/* FIPS 180-2, "abc" */
	struct sources s;
	uint8_t sum[32];

	open_sources(&a, &s);
	sources_add_text(&s, "x", SLICE("abc"), (struct span){ 0, 0 });
	source_sha256(&s.files.v[0], sum);
	ck_assert_mem_eq(sum, first, sizeof(first));
}
END_TEST

static char folder[] = "/tmp/test_source.XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[4][128];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
	return path[next];
}

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(in_folder(name), "w");

	ck_assert_ptr_nonnull(out);
	fputs(text, out);
	fclose(out);
}

/* Globs sorted by bytes, braces, hidden files left out (L-062); a directory; a FIFO that nobody writes to; the same file by two names. */
START_TEST(system_reader)
{
	CLEANUP(arena_release) struct arena a;
	struct source_matches matches;
	struct source_id x, y;
	struct sources s;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	write_file("b.conf", "conn b\n");
	write_file("B.conf", "conn B\n");
	write_file("a.cf", "conn a\n");
	write_file(".hidden.conf", "");
	ck_assert_int_eq(mkfifo(in_folder("fifo"), 0600), 0);
	ck_assert_int_eq(symlink("b.conf", in_folder("link")), 0);
	open_sources(&a, &s);
	ck_assert_int_eq(sources_glob(&s, -1, slice_of(in_folder("*.{conf,cf}")), &matches), 0);
	ck_assert_uint_eq(matches.list.n, 3);
	ck_assert_str_eq(matches.list.v[0].path, in_folder("B.conf"));
	ck_assert_str_eq(matches.list.v[1].path, in_folder("a.cf"));
	ck_assert_str_eq(matches.list.v[2].path, in_folder("b.conf"));
	ck_assert_int_eq(sources_add_match(&s, &matches.list.v[2], (struct span){ 0, 0 }), 0);
	ck_assert(slice_eq_str(s.files.v[0].text, "conn b\n"));
	ck_assert_int_eq(sources_add_file(&s, folder, (struct span){ 0, 0 }), -EISDIR);
	ck_assert_int_eq(sources_add_file(&s, in_folder("none"), (struct span){ 0, 0 }), -ENOENT);
	ck_assert_int_eq(sources_add_file(&s, "/dev/zero", (struct span){ 0, 0 }), -EFBIG);
	ck_assert_int_eq(sources_add_file(&s, in_folder("fifo"), (struct span){ 0, 0 }), 1);
	ck_assert_uint_eq(s.files.v[1].text.n, 0);
	ck_assert_int_eq(source_reader_system.identify(NULL, in_folder("b.conf"), &x), 0);
	ck_assert_int_eq(source_reader_system.identify(NULL, in_folder("link"), &y), 0);
	ck_assert(x.device == y.device && x.inode == y.inode);
	/* a relative name lies beside its file, and below the root only what is absolute does */
	s.root = folder;
	ck_assert_int_eq(sources_glob(&s, 0, SLICE("a.*"), &matches), 0);
	ck_assert_str_eq(matches.list.v[0].opened, in_folder("a.cf"));
	ck_assert_int_eq(sources_glob(&s, 0, SLICE("/a.*"), &matches), 0);
	ck_assert_str_eq(matches.list.v[0].path, "/a.cf");
	ck_assert_str_eq(matches.list.v[0].opened, in_folder("a.cf"));
	for (const char *const *name = (const char *const[]){ "b.conf", "B.conf", "a.cf", ".hidden.conf", "fifo", "link", NULL }; *name; name++)
		unlink(in_folder(*name));
	rmdir(folder);
}
END_TEST

static int read_up_to_limit(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	size_t *asked = context;

	(void)path;
	*asked = limit;
	*ret_text = malloc(limit + 1);
	ck_assert_ptr_nonnull(*ret_text);
	memset(*ret_text, '\n', limit);
	*ret_size = limit;
	*ret_id = (struct source_id){ 0 };
	return 0;
}

/* The last file once ended just behind the limit, after which there was none. */
START_TEST(bytes_of_all_files)
{
	CLEANUP(arena_release) struct arena a;
	struct source_match big = { "big", "big" };
	struct sources s;
	size_t asked = 0;

	arena_init(&a);
	sources_init(&s, &a, (struct source_reader){ .context = &asked, .read = read_up_to_limit });
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(sources_add_match(&s, &big, (struct span){ 0, 0 }), i);
	ck_assert_uint_lt(asked, LIMIT_FILE_BYTES);
	ck_assert_int_eq(sources_add_text(&s, "x", SLICE("y"), (struct span){ 0, 0 }), -EFBIG);
	sources_add_match(&s, &big, (struct span){ 0, 0 });
	ck_assert_uint_eq(asked, 0);
}
END_TEST

START_TEST(limits)
{
	CLEANUP(arena_release) struct arena a;
	struct sources s;
	size_t added = 0;

	open_sources(&a, &s);
	while (added <= LIMIT_FILES && sources_add_text(&s, "x", SLICE("y"), (struct span){ 0, 0 }) >= 0)
		added++;
	ck_assert_uint_eq(added, LIMIT_FILES);
	ck_assert_int_eq(sources_add_text(&s, "x", SLICE("y"), (struct span){ 0, 0 }), -EMFILE);
}
END_TEST

TAP_MAIN("source", positions, sha256, system_reader, bytes_of_all_files, limits)
