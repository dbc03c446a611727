/* SPDX-License-Identifier: Apache-2.0 */
/* What base/limits.h says of configurations: at the limit nothing is said, above it there is one finding at the place. */
#include "include/ipsecc.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/memory_files.h"
#include "tests/unit/tap.h"

#define ENDS	"\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n"

/* The findings of one rule about the first conn or about none, a line each; "" when there are none. */
static const char *findings_of(struct unit *u, const char *rule)
{
	const char *first = u->ir->conns.n ? u->ir->conns.v[0]->name : "";
	static char text[1024];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < u->diag.findings.n && n < sizeof(text) - 200; i++) {
		const struct finding *f = u->diag.findings.v[i];
		struct diag_place place = sources_locate(&u->sources, f->span.start);

		if (strcmp(rule_table[f->rule].id, rule) == 0 && (!f->conn || strcmp(f->conn, first) == 0))
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%u:%u %s\n", place.line, place.column, f->message);
	}
	return text;
}

static struct unit *compile(const struct memory_file *files, const char *dialect)
{
	static struct front front;
	struct unit_options options = { .reader = { &front, memory_read, memory_glob, memory_identify }, .dialect = dialect };
	struct unit *u;

	front.files = files;
	ck_assert_int_eq(unit_compile(files[0].path, &options, &u, NULL), 0);
	return u;
}

static void check_text(const char *text, const char *dialect, const char *rule, const char *expected)
{
	const struct memory_file files[] = { { .path = "test.conf", .text = text }, { 0 } };
	struct unit *u = compile(files, dialect);

	ck_assert_str_eq(findings_of(u, rule), expected);
	unit_free(u);
}

/* --- bytes and lines --- */

static void line_of(size_t bytes, const char *expected)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn a\n" ENDS "\tx-a=");
	buf_add_repeated(&text, 'y', bytes - strlen("\tx-a="));
	buf_add_char(&text, '\n');
	check_text(text.p, "4.10", "IC1017", expected);
}

START_TEST(bytes_of_a_line)
{
	line_of(LIMIT_LINE_BYTES - 1, "");
	line_of(LIMIT_LINE_BYTES + 2, "5:1 a line of 65538 bytes; the limit is 65536\n");
}
END_TEST

START_TEST(files_and_bytes)
{
	static const struct memory_file big[] = {
		{ .path = "test.conf", .text = "include big.conf\nconn a\n" ENDS }, { .path = "big.conf", .error = -EFBIG },
		{ 0 },
	};
	static const struct memory_file many[] = {
		{ .path = "test.conf", .text = "include many.conf\nconn a\n" ENDS }, { .path = "many.conf", .error = -EMFILE },
		{ 0 },
	};
	struct unit *u = compile(big, "4.10");

	ck_assert_str_eq(findings_of(u, "IC1111"), "1:9 big.conf is not read: more than 10000 files or 64 MiB\n");
	ck_assert_uint_eq(u->ir->conns.n, 1);		/* the rest is */
	unit_free(u);
	u = compile(many, "4.10");
	ck_assert_str_eq(findings_of(u, "IC1111"), "1:9 many.conf is not read: more than 10000 files or 64 MiB\n");
	unit_free(u);
}
END_TEST

/* --- sections --- */

START_TEST(sections)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	CLEANUP(arena_release) struct arena a;
	struct sources sources;
	struct diag diag;
	struct diag_place place;
	struct syntax *syntax;
	int file;

	for (unsigned i = 0; i < LIMIT_CONNS + 2; i++)
		buf_printf(&text, "conn c%u\n", i);
	arena_init(&a);
	sources_init(&sources, &a, (struct source_reader){ 0 });
	diag_init(&diag, &a, sources_for_diag(&sources));
	file = sources_add_text(&sources, "test.conf", buf_slice(&text), (struct span){ 0, 0 });
	syntax = syntax_parse(&a, &sources, file, &diag);
	ck_assert_uint_eq(syntax->sections.n, LIMIT_CONNS);
	ck_assert_uint_eq(diag.findings.n, 1);
	ck_assert_str_eq(rule_table[diag.findings.v[0]->rule].id, "IC2027");
	ck_assert_str_eq(diag.findings.v[0]->message, "more than 1000000 sections; the rest is not read");
	place = sources_locate(&sources, diag.findings.v[0]->span.start);
	ck_assert_uint_eq(place.line, LIMIT_CONNS + 1);
}
END_TEST

/* --- include patterns --- */

static void pattern_of(const char *part, unsigned n, const char *expected)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "include /x/");
	for (unsigned i = 0; i < n; i++)
		buf_add_str(&text, part);
	buf_add_str(&text, "\nconn a\n" ENDS);
	check_text(text.p, "4.10", "IC1111", expected);
}

START_TEST(patterns)
{
	static const char too_many[] = "1:9 the pattern stands for too many names\n";

	pattern_of("*/", LIMIT_GLOB_PARTS, "");
	pattern_of("*/", LIMIT_GLOB_PARTS + 1, too_many);
	pattern_of("{a,b}", LIMIT_GLOB_PARTS, "");
	pattern_of("{a,b}", LIMIT_GLOB_PARTS + 1, too_many);
	pattern_of("a,", LIMIT_GLOB_ALTERNATIVES, "");
	pattern_of("a,", LIMIT_GLOB_ALTERNATIVES + 1, too_many);
	pattern_of("*a", (LIMIT_GLOB_BYTES - 3) / 2, "");
	pattern_of("*a", (LIMIT_GLOB_BYTES - 3) / 2 + 1, too_many);
}
END_TEST

static void touch(const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert(file && fclose(file) == 0);
}

/* A directory of `n` files, and `n` other names of it: n squared names. */
static void fill(const char *dir, unsigned n)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/0", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	for (unsigned i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/0/%u.cfg", dir, i);
		touch(path);
		snprintf(path, sizeof(path), "%s/l%u", dir, i);
		ck_assert_int_eq(symlink("0", path), 0);
	}
}

static void look_at_names(unsigned n, const char *expected)
{
	char dir[] = "/tmp/test_limits.XXXXXX", path[sizeof(dir) + 16], text[256], command[64];
	struct unit_options options = { .reader = source_reader_system, .dialect = "4.10" };
	struct unit *u;
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	fill(dir, n);
	snprintf(path, sizeof(path), "%s/test.conf", dir);
	snprintf(text, sizeof(text), "include %s/*/*.conf\nconn a\n" ENDS, dir);
	file = fopen(path, "w");
	ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
	ck_assert_int_eq(unit_compile(path, &options, &u, NULL), 0);
	ck_assert_str_eq(findings_of(u, "IC1111"), expected);
	unit_free(u);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(names_that_a_pattern_looks_at)
{
	look_at_names(20, "");
	look_at_names(460, "1:9 the pattern stands for too many names\n");	/* 460 squared is more than LIMIT_GLOB_NAMES */
}
END_TEST

/* A file that includes the next one, and so on. */
static const char *chain_of_includes(unsigned length)
{
	static struct memory_file files[LIMIT_INCLUDE_DEPTH + 4];
	static char names[LIMIT_INCLUDE_DEPTH + 4][16], texts[LIMIT_INCLUDE_DEPTH + 4][32];
	static char found[128];
	struct unit *u;

	memset(files, 0, sizeof(files));
	for (unsigned i = 0; i < length; i++) {
		snprintf(names[i], sizeof(names[i]), "%u.conf", i);
		snprintf(texts[i], sizeof(texts[i]), i + 1 < length ? "include %u.conf\n" : "conn a%u\n", i + 1);
		files[i] = (struct memory_file){ .path = names[i], .text = texts[i] };
	}
	u = compile(files, "4.10");
	snprintf(found, sizeof(found), "%s", findings_of(u, "IC1106"));
	unit_free(u);
	return found;
}

START_TEST(includes_inside_each_other)
{
	ck_assert_str_eq(chain_of_includes(LIMIT_INCLUDE_DEPTH), "");
	ck_assert_str_eq(chain_of_includes(LIMIT_INCLUDE_DEPTH + 1), "1:9 10.conf would be the 11th file inside each other\n");
}
END_TEST

/* --- also --- */

/* L-092. */
static void chain_of_also(unsigned length, const char *dialect, const char *expected)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn c0\n\talso=c1\n" ENDS);
	for (unsigned i = 1; i <= length; i++)
		buf_printf(&text, i < length ? "conn c%u\n\talso=c%u\n" : "conn c%u\n\tikelifetime=1h\n", i, i + 1);
	check_text(text.p, dialect, "IC2109", expected);
}

START_TEST(also_inside_each_other)
{
	chain_of_also(32, "4.10", "");
	chain_of_also(33, "4.10", "2:7 conn 'c0' includes more than 32 others\n");
	chain_of_also(LIMIT_ALSO_DEPTH, "5.4", "2:7 conn 'c0' includes more than 32 others\n");
	chain_of_also(LIMIT_ALSO_DEPTH + 1, "5.4",
		      "2:7 conn 'c0' includes more than 32 others\n2:7 conn 'c0' includes others more than 64 deep\n");
}
END_TEST

START_TEST(also_side_by_side)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn c0\n" ENDS);
	for (unsigned i = 1; i <= LIMIT_ALSO_PER_CONN + 1; i++)
		buf_printf(&text, "\talso=c%u\n", i);
	for (unsigned i = 1; i <= LIMIT_ALSO_PER_CONN + 1; i++)
		buf_printf(&text, "conn c%u\n\tx-a=1\n", i);
	check_text(text.p, "5.4", "IC2109",
		   "37:7 conn 'c0' includes more than 32 others\n261:7 conn 'c0' includes more than 256 others\n");
}
END_TEST

/* --- lists --- */

static void subnets(unsigned n, const char *expected)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn a\n" ENDS "\trightsubnet=10.0.0.0/8\n\tleftsubnets={");
	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "172.%u.%u.0/24 ", i / 256, i % 256);
	buf_add_str(&text, "}\n");
	check_text(text.p, "4.10", "IC3103", expected);
}

START_TEST(elements_of_a_list)
{
	subnets(LIMIT_VALUE_LIST, "");
	subnets(LIMIT_VALUE_LIST + 1, "6:61231 more than 4096 subnets\n");
}
END_TEST

/* The names whose bits are set, with '+' between them. */
static void add_subset(struct buf *text, const char *const *names, unsigned bits)
{
	for (unsigned i = 0, any = 0; bits >> i; i++)
		if (bits >> i & 1)
			buf_printf(text, "%s%s", any++ ? "+" : "", names[i]);
}

/* No two are the same, or one of them would not count. */
static void proposals(unsigned n, const char *expected)
{
	static const char *const ciphers[] = { "aes128", "aes192", "aes256", "3des", "camellia128", "camellia192", "camellia256" };
	static const char *const hashes[] = { "sha1", "sha2_256", "sha2_384", "sha2_512", "aes_xcbc" };
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn a\n" ENDS "\tike=");
	for (unsigned i = 0; i < n; i++) {
		add_subset(&text, ciphers, i % 127 + 1);
		buf_add_char(&text, '-');
		add_subset(&text, hashes, i / 127 % 31 + 1);
		buf_printf(&text, ";%s,", i < 127 * 31 ? "modp2048" : "modp3072");
	}
	text.p[text.n - 1] = '\n';
	check_text(text.p, "4.10", "IC3204", expected);
}

START_TEST(proposals_of_a_list)
{
	proposals(LIMIT_VALUE_LIST, "");
	proposals(LIMIT_VALUE_LIST + 1, "5:248701 more than 4096 proposals\n");
}
END_TEST

/* --- policy groups --- */

static void members(unsigned n, const char *expected)
{
	CLEANUP(buf_release) struct buf text = { 0 };
	struct memory_file files[3] = { {
		.path = "test.conf",
		.text = "conn clear\n\ttype=passthrough\n\tauthby=never\n\tleft=192.0.2.1\n\tright=%group\n",
	} };
	struct unit *u;

	for (unsigned i = 0; i < n; i++)
		buf_printf(&text, "10.%u.%u.%u\n", i >> 16, i >> 8 & 255, i & 255);
	files[1] = (struct memory_file){ .path = "/etc/ipsec.d/policies/clear", .text = text.p };
	u = compile(files, "4.10");
	ck_assert_str_eq(findings_of(u, "IC2051"), expected);
	unit_free(u);
}

START_TEST(members_of_a_group)
{
	members(LIMIT_GROUP_ENTRIES, "");
	members(LIMIT_GROUP_ENTRIES + 1, "100001:1 more than 100000 entries; the rest is not read\n");
}
END_TEST

TAP_MAIN("limits", bytes_of_a_line, files_and_bytes, sections, patterns, names_that_a_pattern_looks_at, includes_inside_each_other,
	 also_inside_each_other, also_side_by_side, elements_of_a_list, proposals_of_a_list, members_of_a_group)
