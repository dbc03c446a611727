/* SPDX-License-Identifier: Apache-2.0 */
/* Canonical layout: what stands where, what is not touched, that a second run changes nothing, and that the meaning stays, on every
 * file of the shared corpus. */
#include "include/ipsecc.h"

#include <errno.h>
#include <glob.h>

#include "base/cleanup.h"
#include "compiler/effective.h"
#include "tests/unit/tap.h"

struct formatted {
	struct arena arena;
	struct format *format;
	struct buf text;
};

static void format(struct formatted *f, struct slice text)
{
	*f = (struct formatted){ 0 };
	arena_init(&f->arena);
	f->format = format_text(&f->arena, arena_slice(&f->arena, text), 1);
	format_write(f->format, &f->text);
	if (!f->text.p)
		buf_add_str(&f->text, "");
}

static void formatted_release(struct formatted *f)
{
	arena_release(&f->arena);
	buf_release(&f->text);
}

/* Checks a layout, and that it is a fixed point. */
static void check_layout(struct slice before, struct slice after, int line)
{
	CLEANUP(formatted_release) struct formatted once, twice;

	format(&once, before);
	ck_assert_msg(once.format->refused.n == 0, "line %d: refused", line);
	ck_assert_msg(slice_eq(buf_slice(&once.text), after), "line %d, seen:\n%s", line, once.text.p);
	ck_assert_int_eq(format_changes(once.format, before), !slice_eq(before, after));
	format(&twice, buf_slice(&once.text));
	ck_assert_msg(slice_eq(buf_slice(&twice.text), after), "line %d, the second time:\n%s", line, twice.text.p);
	ck_assert(!format_changes(twice.format, buf_slice(&once.text)));
}

#define LAYOUT(before, after)	check_layout(SLICE(before), SLICE(after), __LINE__)

START_TEST(parameters)
{
	LAYOUT("", "");
	LAYOUT("conn a\n  left=192.0.2.1\n\t\tright = 192.0.2.2  \n", "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n");
	/* L-028: case means nothing in a keyword; in a name that is none, and in values, it may */
	LAYOUT("conn A\n\tLeftSubnet=10.0.0.0/8\n\tFooBar=X\n\tAUTO=Add\n",
	       "conn A\n\tleftsubnet=10.0.0.0/8\n\tFooBar=X\n\tauto=Add\n");
	LAYOUT("config  setup\n UniqueIDs=yes\n", "config setup\n\tuniqueids=yes\n");
	/* other spellings stay what they are */
	LAYOUT("conn a\n\tKeyLife=8h\n\tleft-id=@a\n\tid=@b\n", "conn a\n\tkeylife=8h\n\tleft-id=@a\n\tid=@b\n");
	/* values are not touched, with their quotes and braces */
	LAYOUT("conn \"a b\"\n\tleftid=  \"@x  y#z\"  \n\trightsubnets= { 10.0.0.0/8  10.1.0.0/16 }\n\tleftcert=a=b\n\tleft=\n",
	       "conn \"a b\"\n\tleftid=\"@x  y#z\"\n\trightsubnets={ 10.0.0.0/8  10.1.0.0/16 }\n\tleftcert=a=b\n\tleft=\n");
	/* L-015: this is a value */
	LAYOUT("conn a\n\tleftid= #foo\n", "conn a\n\tleftid=#foo\n");
	/* L-032: all behind the '=' is the user's */
	LAYOUT("conn a\n  X-Foo   #  c d\n  x-b\n x_c=\n", "conn a\n\tX-Foo #  c d\n\tx-b\n\tx_c=\n");
	LAYOUT("conn a\n  X-Foo =  \"a # b  \n", "conn a\n\tX-Foo=  \"a # b  \n");
	LAYOUT("conn a\n\tleft==x\n\tright= =x\n", "conn a\n\tleft==x\n\tright==x\n");
}
END_TEST

START_TEST(empty_lines)
{
	LAYOUT("\n\n\n", "");
	LAYOUT("\n\nversion 2.0\nconfig setup\nconn a\n\n\tleft=%any\n\n\n\tright=%any\n\nconn b\n\n\n\nconn c\n\n",
	       "version 2.0\n\nconfig setup\n\nconn a\n\tleft=%any\n\n\tright=%any\n\nconn b\n\nconn c\n");
	/* includes may stand in groups */
	LAYOUT("conn a\ninclude x\ninclude y\n\n\ninclude z\nconn b\n", "conn a\n\ninclude x\ninclude y\n\ninclude z\n\nconn b\n");
	LAYOUT("version 2\ninclude  x   # all\n", "version 2\n\ninclude x # all\n");
}
END_TEST

START_TEST(comments_inside)
{
	LAYOUT("conn a\n# one\n  #two\n\tleft=%any\n\n# three  \n\tright=%any\n\t# four\n",
	       "conn a\n\t# one\n\t#two\n\tleft=%any\n\n\t# three\n\tright=%any\n\t# four\n");
	/* a parameter that was switched off belongs to its section, although nothing of it follows */
	LAYOUT("conn a\n\tleft=%any\n#\tright=%any\n\nconn b\n", "conn a\n\tleft=%any\n\t#\tright=%any\n\nconn b\n");
	LAYOUT("conn a\n\tleft=%any\n\t# end\n", "conn a\n\tleft=%any\n\t# end\n");
	LAYOUT("conn a\n\tleft=%any\n\n\n\t# end\nconn b\n", "conn a\n\tleft=%any\n\n\t# end\n\nconn b\n");
}
END_TEST

START_TEST(comments_between)
{
	LAYOUT("  # head\n\n\n#more\nconn a\n", "# head\n\n#more\nconn a\n");
	/* what touches a section's first line is about this section */
	LAYOUT("conn a\n\tleft=%any\n# about b\n  # twice\nconn b\n", "conn a\n\tleft=%any\n\n# about b\n# twice\nconn b\n");
	LAYOUT("conn a\n\tleft=%any\n\t#right=%any\n# about b\nconn b\n",
	       "conn a\n\tleft=%any\n\t#right=%any\n\n# about b\nconn b\n");
	LAYOUT("conn a\n\n# about b\n\nconn b\n", "conn a\n\n# about b\n\nconn b\n");
	/* a section that was switched off */
	LAYOUT("conn a\n\tleft=%any\n#conn b\n#\tleft=%any\n\nconn c\n",
	       "conn a\n\tleft=%any\n\n#conn b\n#\tleft=%any\n\nconn c\n");
	LAYOUT("conn a\n\tleft=%any\n\n\n# the end", "conn a\n\tleft=%any\n\n# the end\n");
	LAYOUT("include a\n# b\ninclude b\n# c\nconn c\n", "include a\n# b\ninclude b\n\n# c\nconn c\n");
}
END_TEST

START_TEST(comments_behind)
{
	LAYOUT("conn a   # head\n\tleft=%any     # one\n\trightsubnet=10.0.0.0/8 # two\n\tauto=add\n\tpfs=yes\t# three\n",
	       "conn a # head\n\tleft=%any              # one\n\trightsubnet=10.0.0.0/8 # two\n\tauto=add\n\tpfs=yes # three\n");
	/* columns are counted in characters */
	LAYOUT("conn a\n\tleftid=\"@\xc3\xa4\xc3\xb6\" # a\n\tleft=%any # b\n",
	       "conn a\n\tleftid=\"@\xc3\xa4\xc3\xb6\" # a\n\tleft=%any    # b\n");
	/* a long value does not push its neighbours away */
#define LONG	"\tleftrsasigkey=0sAQOsomethinglong0123456789012345678901234567890123456789 # b\n"
	LAYOUT("conn a\n\tleft=%any # a\n" LONG "\tauto=add # c\n", "conn a\n\tleft=%any # a\n" LONG "\tauto=add # c\n");
	/* L-013: without a blank libreswan takes these for words, and a blank at the end is about to go */
	LAYOUT("conn a\n\tleft=%any #word\n\tright=%any #word \n", "conn a\n\tleft=%any  # word\n\tright=%any # word\n");
	LAYOUT("conn a #\n\tleft=%any # \n\tright=%any #a=b\n", "conn a\n\tleft=%any\n\tright=%any #a=b\n");
}
END_TEST

START_TEST(line_ends)
{
	/* L-002, L-003, L-005 */
	LAYOUT("conn a\r\n\tleft=%any\r\n\r\n\t# c\r\r\n\tright=%any # d\r\n", "conn a\n\tleft=%any\n\n\t# c\n\tright=%any # d\n");
	LAYOUT("\xef\xbb\xbf" "conn a\n\tleft=%any", "conn a\n\tleft=%any\n");
	LAYOUT("conn a\n\tleft=%any\n#word", "conn a\n\tleft=%any\n\t#word\n");
	LAYOUT("# a NUL\0 in a comment  \nconn a\n", "# a NUL\0 in a comment\nconn a\n");
}
END_TEST

/* --- what is refused --- */

struct memory {
	const char *path;		/* of the file whose text is replaced */
	struct slice text;
};

/* The files of this machine, but for one. */
static int read_memory(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	const struct memory *m = context;

	if (!path || strcmp(path, m->path) != 0)
		return source_reader_system.read(source_reader_system.context, path, limit, ret_text, ret_size, ret_id);
	*ret_text = malloc(m->text.n + 1);
	memcpy(*ret_text, m->text.p, m->text.n);
	*ret_size = m->text.n;
	if (source_reader_system.identify(source_reader_system.context, path, ret_id))
		*ret_id = (struct source_id){ 0 };
	return 0;
}

static struct unit_options options_for(struct memory *m, const char *root)
{
	struct unit_options options = { .reader = source_reader_system, .root = root };

	options.reader.context = m;
	options.reader.read = read_memory;
	return options;
}

/* "3:1 IC2004 message" for each finding of a file that is not formatted. */
static void check_refused(struct slice text, const char *expected, int line)
{
	CLEANUP(buf_release) struct buf seen = { 0 };
	struct memory m = { "test.conf", text };
	struct unit_options options = options_for(&m, NULL);
	const struct format *format;
	struct unit *u;

	ck_assert_int_eq(unit_format("test.conf", &options, &u, &format), 0);
	for (size_t i = 0; i < u->diag.findings.n; i++) {
		const struct finding *f = u->diag.findings.v[i];
		struct diag_place place = sources_locate(&u->sources, f->span.start);

		buf_printf(&seen, "%u:%u %s %s\n", place.line, place.column, rule_table[f->rule].id, f->message);
	}
	ck_assert_msg(seen.p && strcmp(seen.p, expected) == 0, "line %d, seen:\n%s", line, seen.p ? seen.p : "");
	ck_assert_uint_gt(format->refused.n, 0);
	unit_free(u);
}

#define REFUSED(text, expected)	check_refused(SLICE(text), expected, __LINE__)

START_TEST(lines_that_cannot_be_understood)
{
	REFUSED("conn a\nleft=%any\n", "2:1 IC2004 the parameter 'left' is not indented\n");
	REFUSED("conn a\n\tleft %any\n\tnonsense=1\n", "2:2 IC2005 no '=' after 'left'\n");
	REFUSED("conn a\n\tleft=%any right=%any\n", "2:12 IC2006 a second parameter in the line\n");
	REFUSED("conn a\n\tleftid=\"@a\n", "2:9 IC1007 the quote is not closed in this line\n");
	REFUSED("conn a\n\tleftid=@a\"b\"\n", "2:11 IC1008 a quote in the middle of the value\n");
	REFUSED("conn\n", "1:1 IC2009 'conn' without a name\n");
	REFUSED("config other\n", "1:8 IC2021 'config other' is no section\n");
	REFUSED("Conn a\n", "1:1 IC2008 'Conn' starts no section\n");
	REFUSED("\tleft=%any\n", "1:2 IC2015 a parameter before any section\n");
	REFUSED("conn a\n conn b\n", "2:2 IC2014 'conn' is indented\n");
	REFUSED("conn a\nversion 2\n", "2:1 IC2012 'version' is not the first line\n");
	REFUSED("conn a\ninclude b\n\tleft=%any\n",
		"3:2 IC1107 an include has ended conn 'a', so this line stands in no section\n");
	/* what libreswan takes for a part of a word must not become a blank */
	REFUSED("conn a\n\tleft=%any\xc2\xa0\n", "2:11 IC1004 a no-break space where a blank is meant\n");
	REFUSED("\xe2\x80\x8b ", "1:1 IC1004 a zero width space where a blank is meant\n");
	REFUSED("conn a\n\tleft=%any\rright=%any\n", "2:11 IC1015 a carriage return inside the line\n");
	REFUSED("conn a\n\tleft=\0x\n", "2:7 IC1003 a NUL byte; the rest of the line is not read\n");
	REFUSED("\xff\xfe" "c\0o\0", "1:1 IC1016 the file is UTF-16, not text for libreswan\n");
}
END_TEST

/* --- diff --- */

static void check_diff(const char *before, const char *expected, int line)
{
	CLEANUP(formatted_release) struct formatted f;
	CLEANUP(buf_release) struct buf diff = { 0 };

	format(&f, slice_of(before));
	format_diff(&f.arena, f.format, slice_of(before), "a.conf", &(struct diag_style){ 0 }, &diff);
	ck_assert_msg(strcmp(diff.p ? diff.p : "", expected) == 0, "line %d, seen:\n%s", line, diff.p);
}

START_TEST(diffs)
{
	check_diff("conn a\n\tleft=%any\n", "", __LINE__);
	check_diff("conn a\n left=%any\nconn b",
		   "--- a.conf\n+++ a.conf\n@@ -1,3 +1,4 @@\n conn a\n- left=%any\n-conn b\n\\ No newline at end of file\n"
		   "+\tleft=%any\n+\n+conn b\n", __LINE__);
	check_diff("\n", "--- a.conf\n+++ a.conf\n@@ -1 +0,0 @@\n-\n", __LINE__);
	/* seven lines between two changes make two hunks, six make one */
	check_diff("conn a\n pfs=no\n#1\n#2\n#3\n#4\n#5\n#6\n#7\n\nconn  b\n",
		   "--- a.conf\n+++ a.conf\n@@ -1,11 +1,11 @@\n conn a\n- pfs=no\n-#1\n-#2\n-#3\n-#4\n-#5\n-#6\n-#7\n"
		   "+\tpfs=no\n+\t#1\n+\t#2\n+\t#3\n+\t#4\n+\t#5\n+\t#6\n+\t#7\n \n-conn  b\n+conn b\n", __LINE__);
	check_diff("conn  a\n\t#1\n\t#2\n\t#3\n\t#4\n\t#5\n\t#6\n\t#7\n\tpfs =no\n",
		   "--- a.conf\n+++ a.conf\n@@ -1,4 +1,4 @@\n-conn  a\n+conn a\n \t#1\n \t#2\n \t#3\n"
		   "@@ -6,4 +6,4 @@\n \t#5\n \t#6\n \t#7\n-\tpfs =no\n+\tpfs=no\n", __LINE__);
	check_diff("conn  a\n\t#1\n\t#2\n\t#3\n\t#4\n\t#5\n\t#6\n\tpfs =no\n",
		   "--- a.conf\n+++ a.conf\n@@ -1,8 +1,8 @@\n"
		   "-conn  a\n+conn a\n \t#1\n \t#2\n \t#3\n \t#4\n \t#5\n \t#6\n-\tpfs =no\n+\tpfs=no\n",
		   __LINE__);
}
END_TEST

START_TEST(diffs_for_terminals)
{
	static const char before[] = "conn  a\n\tleft=\033[2J\n";
	CLEANUP(formatted_release) struct formatted f;
	CLEANUP(buf_release) struct buf diff = { 0 };

	format(&f, slice_of(before));
	format_diff(&f.arena, f.format, slice_of(before), "a.conf", &(struct diag_style){ .color = true, .width = 80 }, &diff);
	ck_assert_str_eq(diff.p, "\033[1m--- a.conf\033[0m\n\033[1m+++ a.conf\033[0m\n\033[36m@@ -1,2 +1,2 @@\033[0m\n"
				 "\033[31m-conn  a\033[0m\n\033[32m+conn a\033[0m\n \tleft=\xe2\x90\x9b[2J\n");
}
END_TEST

/* --- memory --- */

START_TEST(memory_runs_out)
{
	struct memory m = { "test.conf", SLICE("# a\nconn  a\n LEFT=%any # b\n RIGHT=%any #c\n# d\nconn b\n") };
	struct memory bad = { "test.conf", SLICE("conn a\n\tleft %any\n") };
	const struct unit_options good_options = options_for(&m, NULL), bad_options = options_for(&bad, NULL);
	const struct format *layout;
	unsigned failures = 0;
	bool reached = true;
	struct unit *u;

	for (uint64_t n = 1; reached; n++) {
		struct buf diff = { 0 };
		int r;

		arena_fail_at(n);
		r = unit_format("test.conf", n % 2 ? &good_options : &bad_options, &u, &layout);
		if (r == 0) {
			if (n % 2)
				r = unit_write_format_diff(u, layout, &(struct diag_style){ 0 }, &diff);
			unit_free(u);
		}
		reached = arena_failure_reached() || n < 100;
		arena_fail_at(0);
		ck_assert(r == 0 || r == -ENOMEM);
		failures += r == -ENOMEM;
		buf_release(&diff);
	}
	ck_assert_uint_gt(failures, 20);
}
END_TEST

/* --- the meaning, on files that people have written --- */

/* What a formatted file must not have any more, or may. */
static bool is_about_layout(enum rule_id rule)
{
	return rule == RULE_BYTE_ORDER_MARK || rule == RULE_CRLF_LINE_ENDS || rule == RULE_COMMENT_WITHOUT_BLANK ||
	       rule == RULE_LAST_COMMENT_WITHOUT_LINE_END;
}

static void add_values(const struct unit *u, const struct resolved_conn *conn, struct buf *out)
{
	CLEANUP(effective_release) struct effective list = { 0 };

	ck_assert_int_eq(effective_list(u, conn, false, &list), 0);
	buf_printf(out, "%s\n", conn ? conn->name : "config setup");
	for (size_t i = 0; i < list.n; i++) {
		const struct setting *s = list.values[i].setting;

		buf_printf(out, "\t%s %d " SLICE_FMT, list.values[i].keyword, s->source, SLICE_ARG(list.values[i].text));
		for (size_t k = 0; s->path && s->path[k]; k++)
			buf_printf(out, " also %s", s->path[k]);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; conn && i < conn->user_data.n; i++)
		buf_printf(out, "\t" SLICE_FMT " user " SLICE_FMT "\n", SLICE_ARG(conn->user_data.v[i]->key),
			   SLICE_ARG(conn->user_data.v[i]->value.text));
}

/* What `show` shows, without places, and how many findings of each rule `check` has. */
static void meaning(struct memory *m, const char *root, struct buf *out)
{
	struct unit_options options = options_for(m, root);
	unsigned counts[RULE_COUNT] = { 0 };
	struct unit *u;

	ck_assert_int_eq(unit_compile(m->path, &options, &u, NULL), 0);
	buf_printf(out, "%s\n", release_name(u->release));
	add_values(u, NULL, out);
	for (size_t i = 0; i < u->resolved->conns.n; i++)
		add_values(u, &u->resolved->conns.v[i], out);
	for (size_t i = 0; i < u->diag.findings.n; i++)
		counts[u->diag.findings.v[i]->rule]++;
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (counts[i] && !is_about_layout((enum rule_id)i))
			buf_printf(out, "%u of %s\n", counts[i], rule_table[i].id);
	unit_free(u);
}

/* False: the file is not formatted. */
static bool check_file(const char *path, const char *root)
{
	const struct unit_options options = { .reader = source_reader_system };
	CLEANUP(formatted_release) struct formatted twice = { 0 };
	CLEANUP(buf_release) struct buf text = { 0 };
	const struct format *once;
	CLEANUP(buf_release) struct buf before = { 0 }, after = { 0 };
	struct memory m = { path, { 0 } };
	struct unit *u;

	ck_assert_int_eq(unit_format(path, &options, &u, &once), 0);
	if (once->refused.n) {
		unit_free(u);
		return false;
	}
	format_write(once, &text);
	format(&twice, text.p ? buf_slice(&text) : SLICE(""));
	ck_assert_msg(twice.format->refused.n == 0 && !format_changes(twice.format, text.p ? buf_slice(&text) : SLICE("")),
		      "%s: formatting twice is not formatting once", path);
	m.text = u->sources.files.v[0].text;
	meaning(&m, root, &before);
	m.text = text.p ? buf_slice(&text) : SLICE("");
	meaning(&m, root, &after);
	ck_assert_msg(slice_eq(buf_slice(&before), buf_slice(&after)), "%s means something else when it is formatted:\n%s\n%s",
		      path, before.p, after.p);
	unit_free(u);
	return true;
}

static void check_index(const char *index, unsigned *files, unsigned *formatted)
{
	char *root = strndup(index, (size_t)(strrchr(index, '/') - index)), *line = NULL, path[4096];
	FILE *table = fopen(index, "r");
	size_t size = 0;
	char file[2048];

	while (getline(&line, &size, table) > 0) {
		if (sscanf(line, "%*[^\t]\t%2047[^\t]", file) != 1 || strcmp(file, "file") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, file);
		++*files;
		*formatted += check_file(path, root);
	}
	fclose(table);
	free(line);
	free(root);
}

START_TEST(shared_corpus)
{
	const char *corpus = getenv("IPSECC_CORPUS");
	unsigned files = 0, formatted = 0;
	char pattern[4096];
	glob_t found;

	if (!corpus) {
		printf("ok 0 - formatting the shared corpus # SKIP IPSECC_CORPUS is not set\n");
		return;
	}
	snprintf(pattern, sizeof(pattern), "%s/*/index.tsv", corpus);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_index(found.gl_pathv[i], &files, &formatted);
	globfree(&found);
	printf("# %u of %u files of the shared corpus are formatted\n", formatted, files);
	ck_assert_uint_gt(formatted, files * 3 / 4);
}
END_TEST

TAP_MAIN("format", parameters, empty_lines, comments_inside, comments_between, comments_behind, line_ends,
	 lines_that_cannot_be_understood, diffs, diffs_for_terminals, memory_runs_out, shared_corpus)
