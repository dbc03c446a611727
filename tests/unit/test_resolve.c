/* SPDX-License-Identifier: Apache-2.0 */
/* also, alsoflip, %default and duplicates: the table of each conn, and what is told. */
#include "tests/unit/memory_files.h"

#include <stdio.h>
#include <time.h>

#include "base/cleanup.h"
#include "tests/unit/tap.h"

static const struct resolved_conn *conn_of(const struct front *f, const char *name)
{
	for (size_t i = 0; i < f->resolved->conns.n; i++)
		if (strcmp(f->resolved->conns.v[i].name, name) == 0)
			return &f->resolved->conns.v[i];
	ck_abort_msg("no conn '%s'", name);
}

/* "left=1 ike=aes:base/deep*": the chain of also behind ':', %default as ':%', a '<' and the value for what is hidden. */
static const char *table(struct front *f, const struct setting *const *v, size_t n)
{
	buf_clear(&f->out);
	for (size_t i = 0; i < n; i++) {
		const struct setting *s = v[i];

		buf_printf(&f->out, "%s%s=" SLICE_FMT, i ? " " : "", schema_spelling(s->keyword, s->side),
			   SLICE_ARG(s->param->value.text));
		if (s->source == SOURCE_DEFAULT)
			buf_add_str(&f->out, ":%");
		for (size_t k = 0; s->path && s->path[k]; k++)
			buf_printf(&f->out, "%c%s", k ? '/' : ':', s->path[k]);
		for (const struct setting *loser = s->loser; loser; loser = loser->loser)
			buf_printf(&f->out, "<" SLICE_FMT, SLICE_ARG(loser->param->value.text));
	}
	return f->out.p ? f->out.p : "";
}

static const char *conn_table(struct front *f, const char *name)
{
	const struct resolved_conn *c = conn_of(f, name);

	return table(f, c->settings.v, c->settings.n);
}

struct row {
	const char *rule, *text, *conn, *settings, *list;
};

static void check_row(const struct row *row, enum release release)
{
	CLEANUP(front_close) struct front f;
	const char *got;

	front_open(&f, NULL, NULL, slice_of(row->text), release);
	got = front_list(&f);
	ck_assert_msg(strcmp(got, row->list) == 0, "%s: '%s'\ngives\n%swanted\n%s", row->rule, row->text, got, row->list);
	got = conn_table(&f, row->conn);
	ck_assert_msg(strcmp(got, row->settings) == 0, "%s: '%s'\ngives  %s\nwanted %s", row->rule, row->text, got, row->settings);
}

static void check_rows(const struct row *rows, enum release release)
{
	for (; rows->text; rows++)
		check_row(rows, release);
}

START_TEST(also)
{
	static const struct row rows[] = {
		{ "S-036", "conn a\n\talso=b\n\tpfs=no\nconn b\n\tauto=add\n", "a", "auto=add:b pfs=no", "" },
		{ "S-041", "conn a\n\talso=b\nconn b\n\talso=c\n\tpfs=no\nconn c\n\tauto=add\n", "a", "auto=add:b/c pfs=no:b", "" },
		{ "S-042", "conn a\n\talso=b\n\talso=c\nconn b\n\tpfs=no\nconn c\n\tauto=add\n", "a", "auto=add:c pfs=no:b", "" },
		{ "L-086", "conn a\n\talso=\"b c\"\nconn b\n\tpfs=no\nconn c\n\tauto=add\n", "a", "auto=add:c pfs=no:b",
		  "2:8-11 note IC2108 2 names in one line\n" },
		{ "L-087", "conn a\n\talso=B\nconn b\n\tpfs=no\n", "a", "", "2:7-8 error IC2101 there is no conn 'B'\n" },
		{ "L-086", "conn a\n\talso=b,c\nconn b\n\tpfs=no\nconn c\n", "a", "",
		  "2:7-10 error IC2101 there is no conn 'b,c'\n" },
		{ "L-087", "conn %default\n\tpfs=no\nconn a\n\talso=%default\n", "a", "pfs=no:%",
		  "4:7-15 error IC2106 conn %default is in force in every conn anyway\n" },
		{ "L-089", "conn b\n\tpfs=no\nconn a\n\talso=b\nconn c\n\talso=b\n", "c", "pfs=no:b",
		  "4:7-8 note IC2102 conn 'b' stands before the conn that includes it\n" },
		{ "L-090", "conn a\n\talso=a\n\tpfs=no\n", "a", "pfs=no", "2:7-8 error IC2103 conn 'a' includes itself\n" },
		{ "L-090", "conn a\n\talso=b\n\tpfs=no\nconn b\n\talso=a\n\tauto=add\n", "b", "auto=add pfs=no:a",
		  "5:7-8 note IC2102 conn 'a' stands before the conn that includes it\n"
		  "5:7-8 error IC2103 conn 'b' includes 'a', which includes it\n" },
		{ "S-043", "conn a\n\talso=b\n\talso=b\nconn b\n\tpfs=no\n", "a", "pfs=no:b",
		  "3:7-8 error IC2104 conn 'a' includes 'b' twice\n" },
		{ "L-090", "conn a\n\talso=b\n\talso=c\nconn b\n\talso=d\nconn c\n\talso=d\nconn d\n\tpfs=no\n", "a", "pfs=no:b/d",
		  "3:7-8 warning IC2105 conn 'a' gets 'd' by two ways\n" },
		{ "L-090", "conn x\n\talso=a\nconn a\n\talso=b\n\talso=c\nconn b\n\talso=d\nconn c\n\talso=d\nconn d\n\tpfs=no\n",
		  "x", "pfs=no:a/b/d", "5:7-8 warning IC2105 conn 'a' gets 'd' by two ways\n" },
		{ "L-049", "conn a\n\talso=\n\tpfs=no\n", "a", "pfs=no", "2:2-6 error IC2115 'also' names no conn\n" },
		{ "L-095", "conn a\n\talso=b\nconn b\n\tauto=start\n", "a", "auto=start:b", "" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
}
END_TEST

START_TEST(conflicts)
{
	static const struct row rows[] = {
		{ "L-093", "conn a\n\tleftid=@x\n\talso=b\nconn b\n\tleftid=@x\n", "a", "leftid=@x<@x",
		  "3:7-8 error IC2111 conn 'a' gets 'leftid' from conn 'b' too\n" },
		{ "L-074", "conn a\n\tauto=add\n\talso=b\nconn b\n\tauto=add\n", "a", "auto=add<add",
		  "3:7-8 warning IC2111 conn 'a' gets 'auto' from conn 'b' too\n" },
		{ "L-093", "conn a\n\talso=b\n\tauto=add\nconn b\n\tauto=start\n", "a", "auto=add<start",
		  "2:7-8 error IC2111 conn 'a' gets 'auto' from conn 'b' too\n" },
		/* told at b, where the ways part, and not again at a */
		{ "L-096", "conn a\n\talso=b\nconn b\n\talso=c\n\tpfs=no\nconn c\n\tpfs=yes\n", "a", "pfs=no:b<yes",
		  "4:7-8 error IC2111 conn 'b' gets 'pfs' from conn 'c' too\n" },
		{ "L-093", "conn a\n\talso=b\n\talso=c\nconn b\n\tpfs=no\nconn c\n\tpfs=yes\n", "a", "pfs=no:b<yes",
		  "3:7-8 error IC2111 conn 'a' gets 'pfs' from conn 'c' too\n" },
		{ "L-073", "conn a\n\tleftid=@x\n\tleftid=@y\n\tleftid=@z\n", "a", "leftid=@x<@y<@z",
		  "3:2-8 error IC2003 'leftid' is set twice in conn 'a'\n4:2-8 error IC2003 'leftid' is set twice in conn 'a'\n" },
		{ "L-075", "conn a\n\tleft=1.2.3.4\n\tleft=1.2.3.4\n", "a", "left=1.2.3.4<1.2.3.4",
		  "3:2-6 warning IC2003 'left' is set twice in conn 'a'\n" },
		{ "L-075", "conn a\n\tleft=%any\n\tleft=%any\n", "a", "left=%any<%any",
		  "3:2-6 error IC2003 'left' is set twice in conn 'a'\n" },
		{ "L-076", "conn a\n\tleftsubnets=10.0.0.0/8\n\tleftsubnets=11.0.0.0/8\n", "a", "leftsubnets=10.0.0.0/8<11.0.0.0/8",
		  "3:2-13 warning IC2003 'leftsubnets' is set twice in conn 'a'\n" },
		{ "L-077", "conn a\n\tkeylife=1h\n\tsalifetime=2h\n", "a", "ipsec-lifetime=1h<2h",
		  "3:2-12 error IC2003 'salifetime' is set twice in conn 'a'\n" },
		/* the typed values are compared (run) */
		{ "L-074", "conn a\n\tpfs=yes\n\tpfs=true\n", "a", "pfs=yes<true", "3:2-5 warning IC2003 'pfs' is set twice in conn 'a'\n" },
		{ "L-074", "conn a\n\tphase2=esp\n\tphase2=ESP\n", "a", "phase2=esp<ESP",
		  "3:2-8 warning IC2003 'phase2' is set twice in conn 'a'\n" },
		/* a text from 3.32 to 4.x (run) */
		{ "L-073", "conn a\n\tauthby=secret\n\talso=b\nconn b\n\tauthby=secret\n", "a", "authby=secret<secret",
		  "3:7-8 error IC2111 conn 'a' gets 'authby' from conn 'b' too\n" },
		{ "L-032", "conn a\n\tx-a=1\n\tx-a=1\n", "a", "", "" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
	/* L-073 ... L-077: libreswan 5 takes the first of a section, whatever they are; esp= and ah= are two keywords there */
	check_rows((const struct row[]){
		{ "L-073", "conn a\n\tleftid=@x\n\tleftid=@y\n", "a", "leftid=@x<@y",
		  "3:2-8 warning IC2003 'leftid' is set twice in conn 'a'\n" },
		{ "L-074", "conn a\n\tpfs=no\n\tpfs=yes\n", "a", "pfs=no<yes", "3:2-5 warning IC2003 'pfs' is set twice in conn 'a'\n" },
		{ "L-075", "conn a\n\tleft=%any\n\tleft=1.2.3.4\n", "a", "left=%any<1.2.3.4",
		  "3:2-6 warning IC2003 'left' is set twice in conn 'a'\n" },
		{ "L-076", "conn a\n\tleftsubnets=10.0.0.0/8\n\tleftsubnets=11.0.0.0/8\n", "a", "leftsubnets=10.0.0.0/8<11.0.0.0/8",
		  "3:2-13 warning IC2003 'leftsubnets' is set twice in conn 'a'\n" },
		{ "L-077", "conn a\n\tesp=aes\n\tah=sha1\n", "a", "esp=aes ah=sha1", "" },
		{ "L-093", "conn a\n\tleftsubnets=10.0.0.0/8\n\talso=b\nconn b\n\tleftsubnets=11.0.0.0/8\n", "a",
		  "leftsubnets=10.0.0.0/8<11.0.0.0/8", "3:7-8 error IC2111 conn 'a' gets 'leftsubnets' from conn 'b' too\n" },
		{ 0 },
	}, RELEASE_5_4);
	check_rows((const struct row[]){
		{ "L-077", "conn a\n\tesp=aes\n\tah=sha1\n", "a", "esp=aes<sha1", "3:2-4 error IC2003 'ah' is set twice in conn 'a'\n" },
		{ "L-074", "conn a\n\tpfs=no\n\tpfs=no\n", "a", "pfs=no<no", "3:2-5 warning IC2003 'pfs' is set twice in conn 'a'\n" },
		{ "L-074", "conn a\n\tauthby=secret\n\tauthby=secret\n", "a", "authby=secret<secret",
		  "3:2-8 warning IC2003 'authby' is set twice in conn 'a'\n" },
		{ "L-075", "conn a\n\tleft=1.2.3.4\n\tleft=1.2.3.5\n", "a", "left=1.2.3.4<1.2.3.5",
		  "3:2-6 error IC2003 'left' is set twice in conn 'a'\n" },
		{ 0 },
	}, RELEASE_3_18);
	/* L-073, L-093: libreswan 5 forgives what is equal */
	check_row(&(struct row){ "L-093", "conn a\n\tleftid=@x\n\talso=b\nconn b\n\tleftid=@x\n", "a", "leftid=@x<@x",
				 "3:7-8 warning IC2111 conn 'a' gets 'leftid' from conn 'b' too\n" }, RELEASE_5_4);
}
END_TEST

START_TEST(defaults)
{
	static const struct row rows[] = {
		{ "S-053", "conn %default\n\tpfs=no\n\tauto=add\nconn a\n\tauto=start\n", "a", "auto=start<add pfs=no:%", "" },
		{ "L-094", "conn %default\n\tpfs=no\nconn a\n\talso=b\nconn b\n\tpfs=yes\n", "a", "pfs=yes:b<no", "" },
		{ "L-101", "conn a\n\tauto=add\nconn %default\n\tpfs=no\n", "a", "auto=add pfs=no:%",
		  "3:1-14 note IC2113 this %default applies to the conns above it too\n" },
		{ "L-102", "conn %default\n\tpfs=no\nconn %default\n\tpfs=yes\n\tauto=add\nconn a\n", "a",
		  "auto=add:% pfs=yes:%<no", "4:2-5 error IC2112 'pfs' is set in two %default sections\n" },
		{ "L-103", "conn %default\n\tleftid=@x\n\tleftid=@y\nconn a\n", "a", "leftid=@x:%<@y",
		  "3:2-8 error IC2003 'leftid' is set twice in conn %default\n" },
		{ "S-056", "conn %default\n\talso=b\nconn a\nconn b\n\tpfs=no\n", "a", "",
		  "2:2-6 error IC2107 'also' in conn %default\n" },
		{ "L-104", "conn %default\n\tconnalias=x\nconn a\n\tconnalias=y\n", "a", "connalias=y<x",
		  "4:2-11 warning IC2114 'connalias' is set in conn %default too\n" },
		{ "L-106", "conn %default\n\tpfs=no\nconfig setup\n\tuniqueids=no\nconn a\n", "a", "pfs=no:%", "" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
	check_rows((const struct row[]){
		{ "L-105", "conn %default\n\ttype=drop\nconn a\n\ttype=tunnel\n", "a", "type=tunnel<drop",
		  "4:7-13 error IC2116 'type=tunnel' does not override 'type=drop' of conn %default\n" },
		{ "L-105", "conn %default\n\ttype=drop\nconn a\n\ttype=passthrough\n", "a", "type=passthrough<drop", "" },
		{ 0 },
	}, RELEASE_3_18);
	check_row(&(struct row){ "L-105", "conn %default\n\ttype=drop\nconn a\n\ttype=tunnel\n", "a", "type=tunnel<drop", "" },
		  RELEASE_5_4);
}
END_TEST

static void check_setup(const char *text, enum release release, const char *expected)
{
	CLEANUP(front_close) struct front f;

	front_open(&f, NULL, NULL, slice_of(text), release);
	ck_assert_str_eq(table(&f, f.resolved->setup.v, f.resolved->setup.n), expected);
}

/* L-072: the last line counts. L-084: of the second section nothing does, before 5.0 merges them. */
START_TEST(setup)
{
	static const char twice[] = "config setup\n\tuniqueids=no\n\tuniqueids=yes\n";
	static const char two[] = "config setup\n\tuniqueids=no\nconfig setup\n\tuniqueids=yes\n";

	check_setup(twice, RELEASE_3_18, "uniqueids=yes<no");
	check_setup(twice, RELEASE_4_10, "uniqueids=yes<no");
	check_setup(twice, RELEASE_5_4, "uniqueids=yes<no");
	check_setup(two, RELEASE_3_18, "uniqueids=no<yes");
	check_setup(two, RELEASE_4_10, "uniqueids=no<yes");
	check_setup(two, RELEASE_5_4, "uniqueids=yes<no");
}
END_TEST

/* S-046, L-100: whatever begins with left or right changes sides, and flips inside flips turn back. */
START_TEST(alsoflip)
{
	static const struct row rows[] = {
		{ "S-046", "conn a\n\talsoflip=b\nconn b\n\tleft=1.1.1.1\n\trightid=@r\n\tpfs=no\n", "a",
		  "right=1.1.1.1:b leftid=@r:b pfs=no:b", "2:2-10 warning IC2110 libreswan does nothing for 'alsoflip'\n" },
		{ "L-100", "conn a\n\talsoflip=b\nconn b\n\tleft=1.1.1.1\n\talso=c\nconn c\n\tright=2.2.2.2\n", "a",
		  "left=2.2.2.2:b/c right=1.1.1.1:b", "2:2-10 warning IC2110 libreswan does nothing for 'alsoflip'\n" },
		{ "L-100", "conn a\n\talsoflip=b\nconn b\n\talsoflip=c\nconn c\n\tleft=3.3.3.3\n", "a", "left=3.3.3.3:b/c",
		  "2:2-10 warning IC2110 libreswan does nothing for 'alsoflip'\n"
		  "4:2-10 warning IC2110 libreswan does nothing for 'alsoflip'\n" },
		{ "S-047", "conn a\n\tright=9.9.9.9\n\talsoflip=b\nconn b\n\tleft=1.1.1.1\n", "a", "right=9.9.9.9<1.1.1.1",
		  "3:2-10 warning IC2110 libreswan does nothing for 'alsoflip'\n"
		  "3:11-12 error IC2111 conn 'a' gets 'right' from conn 'b' too\n" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
	check_row(&(struct row){ "L-099", "conn a\n\talsoflip=b\nconn b\n\tpfs=no\n", "a", "pfs=no:b",
				 "2:2-10 error IC2110 libreswan does nothing for 'alsoflip'\n" }, RELEASE_5_0);
}
END_TEST

START_TEST(sections)
{
	CLEANUP(front_close) struct front f;
	static const char text[] =
	    "config setup\n\tuniqueids=no\nconfig setup\n\tuniqueids=yes\n\tlogtime=no\nconn a\n\tpfs=no\nconn a\n\tpfs=yes\n"
	    "conn b\n\talso=a\n\tleft=%any\n";

	front_open(&f, NULL, NULL, slice_of(text), RELEASE_4_10);
	ck_assert_str_eq(front_list(&f),
		"3:1-13 error IC2017 a second 'config setup'\n"
		"4:2-11 error IC2003 'uniqueids' is set twice in 'config setup'\n"
		"8:6-7 error IC2016 there are two conns 'a'\n"
		"11:7-8 note IC2102 conn 'a' stands before the conn that includes it\n");
	ck_assert_str_eq(table(&f, f.resolved->setup.v, f.resolved->setup.n), "uniqueids=no<yes logtime=no");
	ck_assert_uint_eq(f.resolved->conns.n, 3);
	ck_assert_str_eq(conn_table(&f, "b"), "left=%any pfs=no:a");	/* L-083: also takes the first */
	ck_assert(resolved_setup_get(f.resolved, KW_UNIQUEIDS));
	ck_assert(resolved_get(conn_of(&f, "b"), KW_HOST, SIDE_LEFT));
	ck_assert(!resolved_get(conn_of(&f, "b"), KW_HOST, SIDE_RIGHT));
}
END_TEST

START_TEST(templates_and_broken_ones)
{
	CLEANUP(front_close) struct front f;
	static const char text[] =
	    "conn a\n\talso=b\n\tleft=%any\n\tright=%any\nconn b\n\talso=c\nconn c\n\tleftid=@x\n\tleftid=@y\nconn d\n\tpfs=no\n"
	    "conn e\n\talso=nothing\nconn g\n\talso=a\n";

	front_open(&f, NULL, NULL, slice_of(text), RELEASE_4_10);
	ck_assert(!conn_of(&f, "a")->is_template && conn_of(&f, "b")->is_template && conn_of(&f, "c")->is_template);
	ck_assert(!conn_of(&f, "d")->is_template);
	/* L-096: who includes c fails too */
	ck_assert(conn_of(&f, "c")->broken && conn_of(&f, "b")->broken && conn_of(&f, "a")->broken && conn_of(&f, "g")->broken);
	ck_assert(!conn_of(&f, "d")->broken && conn_of(&f, "e")->broken);
}
END_TEST

START_TEST(nearest_name)
{
	CLEANUP(front_close) struct front f;

	front_open(&f, NULL, NULL, SLICE("conn a\n\talso=bsae\nconn base\n\tpfs=no\n"), RELEASE_4_10);
	ck_assert_str_eq(front_findings(&f),
		"error[IC2101]: there is no conn 'bsae'\n"
		"  --> test.conf:2:7\n"
		"   |\n"
		" 2 |     also=bsae\n"
		"   |          ^^^^ named by 'also'\n"
		"   |\n"
		"   = note: libreswan 3.18 ignores the line, later releases fail the conn\n"
		"   = help: did you mean 'base'?\n"
		"\n");
}
END_TEST

/* L-092 */
START_TEST(many)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(buf_release) struct buf text = { 0 };

	buf_add_str(&text, "conn a\n");
	for (int i = 0; i < 33; i++)
		buf_printf(&text, "\talso=c%d\n", i);
	for (int i = 0; i < 33; i++)
		buf_printf(&text, "conn c%d\n", i);
	front_open(&f, NULL, NULL, buf_slice(&text), RELEASE_4_10);
	ck_assert_str_eq(front_list(&f), "34:7-10 error IC2109 conn 'a' includes more than 32 others\n");
	front_close(&f);
	front_open(&f, NULL, NULL, buf_slice(&text), RELEASE_5_4);
	ck_assert_str_eq(front_list(&f), "34:7-10 warning IC2109 conn 'a' includes more than 32 others\n");
}
END_TEST

/* Shapes that make careless code quadratic: a long chain, everybody including everybody's template, names that do not exist. */
static double seconds_for(const char *line, const char *shared, int n)
{
	CLEANUP(front_close) struct front f;
	CLEANUP(buf_release) struct buf text = { 0 };
	struct timespec before, after;

	buf_add_str(&text, shared);
	for (int i = 0; i < n; i++) {
		buf_printf(&text, "conn c%d\n\tleft=%%any\n\tright=192.0.2.1\n\tauto=add\n", i);
		buf_printf(&text, line, i + 1);
	}
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	front_open(&f, NULL, NULL, buf_slice(&text), RELEASE_4_10);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ck_assert_uint_eq(f.resolved->conns.n, (size_t)n + (shared[0] != '\0'));
	if (getenv("TEST_SHOW_TIMES"))
		fprintf(stderr, "# %d conns, '%s': %.3f s, %zu bytes each\n", n, line,
			(double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9,
			f.arena.used / (size_t)n);
	return (double)(after.tv_sec - before.tv_sec) + (double)(after.tv_nsec - before.tv_nsec) / 1e9;
}

START_TEST(linear)
{
	static const char base[] = "conn base\n\tike=aes256-sha2\n\tikelifetime=8h\n\tauthby=secret\n\tpfs=yes\n";
	static const char *const shapes[][2] = {
		{ "\talso=base\n", base }, { "\talso=c%d\n", "" }, { "\talso=nobody%d\n", "" }, { "\tfoo%d=1\n", "" },
	};

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		double small = seconds_for(shapes[i][0], shapes[i][1], 2000),
		       large = seconds_for(shapes[i][0], shapes[i][1], 20000);

		/* ten times the size: quadratic would be a hundred times the time; small times are noise */
		ck_assert_msg(large < 0.05 || large < small * 30, "'%s': %.3f s for 2000 conns, %.3f s for 20000", shapes[i][0],
			      small, large);
	}
}
END_TEST

TAP_MAIN("resolve", also, conflicts, defaults, setup, alsoflip, sections, templates_and_broken_ones, nearest_name, many, linear)
