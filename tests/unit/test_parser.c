/* SPDX-License-Identifier: Apache-2.0 */
/* What is wrong with a text, with places and severities; whole messages for a few of each sort. S- and L-numbers are the rules
 * of the specification that a row is about. */
#include "tests/unit/memory_files.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "base/limits.h"
#include "tests/unit/tap.h"

#define B "conn a\n\tleft=1.2.3.4\n\tright=5.6.7.8\n"

struct row {
	const char *rule, *text, *list;
};

static void check_text(const char *rule, struct slice text, enum release release, const char *wanted)
{
	CLEANUP(front_close) struct front f;
	const char *got;

	front_open(&f, NULL, NULL, text, release);
	got = front_list(&f);
	ck_assert_msg(strcmp(got, wanted) == 0, "%s: '%s'\ngives\n%swanted\n%s", rule, text.p, got, wanted);
}

static void check_rows(const struct row *rows, enum release release)
{
	for (; rows->text; rows++)
		check_text(rows->rule, slice_of(rows->text), release, rows->list);
}

static void check_whole(const char *text, const char *wanted)
{
	CLEANUP(front_close) struct front f;

	front_open(&f, NULL, NULL, slice_of(text), RELEASE_4_10);
	ck_assert_str_eq(front_findings(&f), wanted);
}

/* lexical-grammar section 13, the rows that the front end decides (types are the checker's), by release 4.10: what it refuses is
 * an error. */
START_TEST(vectors)
{
	static const struct row rows[] = {
		{ "empty", "", "" },
		{ "L-005", B "#foo", "4:1-5 error IC1013 the comment in the last line has no line end\n" },
		{ "L-005", B "# foo bar", "" },
		{ "L-013", B "\tleftid=@x #c\n", "4:12-14 error IC1012 '#c' is a word and not a comment for libreswan\n" },
		{ "L-013", B "\tleftid=@x # c\n", "" },
		{ "L-014", B "\tleftid=@x#c\n", "" },
		{ "L-015", B "\tleftid= #foo\n", "4:10-14 warning IC1014 what follows 'leftid=' is its value and not a comment\n" },
		{ "L-015", B "\tleftid= # foo\n", "4:10-15 error IC1014 what follows 'leftid=' is its value and not a comment\n" },
		{ "L-035", B "\tleftid='a b'\n", "4:9-10 error IC1009 single quotes do not quote\n" },
		{ "L-036", B "\tleftid=\"@a\n", "4:9-10 warning IC1007 the quote is not closed in this line\n" },
		{ "L-048", B "\tleftid=1234\n", "" },
		{ "L-048", B "\tleftid=\"1234\"\n", "" },
		{ "L-029", B "\tsubnet=10.0.0.0/8\n", "4:2-8 error IC2013 'subnet' without 'left' or 'right'\n" },
		{ "L-031", B "\tfoo=bar\n", "4:2-5 error IC2001 unknown keyword 'foo'\n" },
		{ "L-079", B "\tlisten=1.2.3.4\n", "4:2-8 error IC2002 'listen' is a keyword of 'config setup', not of conns\n" },
		{ "L-080", "config setup\n\tleft=1.2.3.4\n",
		  "2:2-6 error IC2002 'left' is a keyword of conns, not of 'config setup'\n" },
		{ "L-017", "Conn a\n\tleft=1.2.3.4\n", "1:1-5 error IC2008 'Conn' starts no section\n" },
		{ "L-017", " conn a\n\tleft=1.2.3.4\n", "1:2-6 error IC2014 'conn' is indented\n" },
		{ "L-020", "conn 123\n\tleft=1.2.3.4\n", "1:6-9 error IC2019 the conn name '123' is a number\n" },
		{ "L-022", "conn \"my conn\"\n\tleft=1.2.3.4\n",
		  "1:9-10 error IC2010 the conn name 'my conn' cannot be used everywhere a name is needed\n" },
		{ "L-018", "conn a\nleft=1.2.3.4\n", "2:1-5 error IC2004 the parameter 'left' is not indented\n" },
		{ "L-065", B "include nofile\n", "4:9-15 warning IC1101 there is no file 'nofile'\n" },
		{ "L-068", B " include nofile\n",
		  "4:2-9 error IC2014 'include' is indented\n4:10-16 warning IC1101 there is no file 'nofile'\n" },
		{ "L-075", B "\tleft=1.2.3.4\n", "4:2-6 warning IC2003 'left' is set twice in conn 'a'\n" },
		{ "L-073", B "\tleftid=@x\n\tleftid=@x\n", "5:2-8 error IC2003 'leftid' is set twice in conn 'a'\n" },
		{ "L-003", "\357\273\277" B, "1:1-4 error IC1001 the file starts with a byte order mark\n" },
		{ "L-027", "version 2\n" B, "" },
		{ "L-027", B "version 2\n", "4:1-8 error IC2012 'version' is not the first line\n" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
}
END_TEST

/* The same text, other releases. */
START_TEST(by_release)
{
	static const char number[] = "conn 123\n\tauto=add\n", quoted[] = "include \"nofile\"\n", hyphen[] = B "\tleft-id=@x\n",
			  user[] = B "\tx-a=\n\tx-b\n";

	check_text("L-020", slice_of(number), RELEASE_3_18, "1:6-9 error IC2019 the conn name '123' is a number\n");
	check_text("L-020", slice_of(number), RELEASE_5_0, "1:6-9 warning IC2019 the conn name '123' is a number\n");
	check_text("L-060", slice_of(quoted), RELEASE_3_18,
		   "1:10-16 error IC1110 the file name is in quotes\n1:10-16 warning IC1101 there is no file 'nofile'\n");
	check_text("L-060", slice_of(quoted), RELEASE_4_10,
		   "1:10-16 warning IC1110 the file name is in quotes\n1:10-16 warning IC1101 there is no file 'nofile'\n");
	check_text("L-030", slice_of(hyphen), RELEASE_4_10, "4:2-9 error IC2022 'left-id' is unknown before libreswan 5\n");
	check_text("L-030", slice_of(hyphen), RELEASE_5_4, "4:2-9 warning IC2022 'left-id' is unknown before libreswan 5\n");
	check_text("L-032", slice_of(user), RELEASE_4_10,
		   "4:2-5 error IC2024 'x-a' has no value\n5:2-5 error IC2024 'x-b' has no value\n");
	check_text("L-032", slice_of(user), RELEASE_5_4,
		   "4:2-5 warning IC2024 'x-a' has no value\n5:2-5 warning IC2024 'x-b' has no value\n");
}
END_TEST

START_TEST(lines)
{
	static const struct row rows[] = {
		{ "L-025", B "\tleftid @x\n", "4:2-8 error IC2005 no '=' after 'leftid'\n" },
		{ "L-025", B "\tleftid\n", "4:2-8 error IC2005 no '=' after 'leftid'\n" },
		{ "L-025", B "\tleftid: @x\n", "4:2-8 error IC2005 no '=' after 'leftid'\n" },
		{ "L-025", B "\tleftid:@x\n", "4:2-8 error IC2005 no '=' after 'leftid'\n" },
		{ "L-025", B "\twhatever\n", "4:2-10 error IC2005 'whatever' is not 'keyword=value'\n" },
		{ "L-025", B "\t=1\n", "4:2-3 error IC2020 no keyword before '='\n" },
		{ "L-025", B "\tpfs=yes now\n", "4:10-13 error IC2006 'now' after the value of 'pfs'\n" },
		{ "L-025", B "\tpfs=yes; auto=add\n", "4:11-19 error IC2006 a second parameter in the line\n" },
		{ "L-040", B "\tleftid=\"@a\" \"b\"\n", "4:14-17 error IC2006 '\"b\"' after the value of 'leftid'\n" },
		{ "S-031", B "\tleftid=C=DE, O=Foo # c\n", "4:9-20 error IC2007 the value of 'leftid' has blanks and no quotes\n" },
		{ "L-044", B "\tleftsubnets={10.0.0.0/8 \n", "4:14-15 warning IC1011 the brace is not closed in this line\n" },
		{ "L-037", B "\tleftid=\"@a\"b\n", "4:12-13 warning IC1008 a quote in the middle of the value\n" },
		{ "L-018", "\tleft=1.2.3.4\n\tauto=add\n" B, "1:2-6 error IC2015 a parameter before any section\n" },
		{ "L-019", "config\n\tuniqueids=no\n", "1:1-7 error IC2021 'config' without 'setup'\n" },
		{ "L-019", "config other\n\tuniqueids=no\n", "1:8-13 error IC2021 'config other' is no section\n" },
		{ "L-019", "config setup x\n", "1:14-15 error IC2006 'x' after the section\n" },
		{ "L-019", "confg setup\n\tuniqueids=no\n", "1:1-6 error IC2008 'confg' starts no section\n" },
		{ "L-019", "ca x\n\tcacert=y\n", "1:1-3 error IC2008 'ca' starts no section\n" },
		{ "L-018", B "my gateway in town\n\tauto=add\n", "4:1-3 error IC2008 'my' starts no section\n" },
		{ "L-020", "conn\n\tauto=add\n", "1:1-5 error IC2009 'conn' without a name\n" },
		{ "L-020", "conn a b\n", "1:8-9 error IC2006 'b' after the name\n" },
		{ "L-021", "conn %default\n\tpfs=yes\n", "" },
		{ "L-021", "conn %Default\n",
		  "1:6-7 error IC2010 the conn name '%Default' cannot be used everywhere a name is needed\n" },
		{ "L-022", "conn a/b\n", "1:7-8 error IC2010 the conn name 'a/b' cannot be used everywhere a name is needed\n" },
		{ "L-022", "conn a#b\n", "1:7-8 error IC2010 the conn name 'a#b' cannot be used everywhere a name is needed\n" },
		{ "S-020", "conn 1a\n", "1:6-7 warning IC2011 the conn name '1a' is not portable\n" },
		{ "S-021", "conn b\303\274ro\n", "1:7-9 warning IC2011 the conn name 'b\303\274ro' is not portable\n" },
		{ "S-021", "conn A1.b_c-d\n", "" },
		{ "L-027", "version\n", "1:1-8 error IC2023 'version' without a number\n" },
		{ "L-027", "version 2 3\n", "1:11-12 warning IC2006 '3' after the version\n" },
		{ "L-027", "version 2.0\"\n", "1:12-13 warning IC1008 a quote in the number of the version\n" },
		{ "L-027", "# c\n\nversion foo\n", "" },
		{ "L-028", B "\tLeftID=@x\n\tAUTO=add\n", "" },
		{ "L-032", B "\tx-a=b c\n", "4:6-9 warning IC2025 the value of 'x-a' is not written like a value\n" },
		{ "L-032", B "\tX_a=\"b c\"\n\tX_a=d\n", "" },
		{ "L-060", "include\n", "1:1-8 error IC1112 'include' without a file name\n" },
		{ "L-061", "include no other\n",
		  "1:9-11 warning IC1101 there is no file 'no'\n1:12-17 error IC2006 'other' after the file name\n" },
		{ "L-062", "include {a,b}{a,b}{a,b}{a,b}{a,b}\n", "1:9-34 error IC1111 the pattern stands for too many names\n" },
		{ "L-062", "include /*/*/*/*/*.conf\n", "1:9-24 error IC1111 the pattern stands for too many names\n" },
		{ "L-065", "include no*\n", "1:9-12 note IC1102 no file matches 'no*'\n" },
		{ "L-023", "conn a\nconn b\n", "" },
		{ "L-011", "conn a\n# c\n\n\tpfs=yes\n   # d\n\n\tauto=add\n", "" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
}
END_TEST

START_TEST(bytes)
{
	static const struct row rows[] = {
		{ "L-002", "conn a\r\n\tauto=add\r\n", "1:7-8 warning IC1002 the lines end with carriage return and line feed\n" },
		{ "L-002", "conn a\r\n\r\n\tauto=add\r\n",
		  "1:7-8 error IC1002 the lines end with carriage return and line feed\n" },
		{ "L-002", "conn a\n\tauto=add\r\tpfs=yes\n", "2:10-11 error IC1015 a carriage return inside the line\n" },
		{ "L-002", B "\tauto=add\rfoo\n\tpfs=yes\n", "4:10-11 error IC1015 a carriage return inside the line\n" },
		{ "L-002", B "\tauto=add\r  a b c\n\tpfs=yes\n", "4:10-11 error IC1015 a carriage return inside the line\n" },
		{ "L-002", B "\tauto=add\rpfs=yes\n", "4:10-11 error IC1015 a carriage return inside the line\n" },
		{ "L-002", "conn a\r\tauto=add\r\tpfs=yes\r", "1:7-8 error IC1015 a carriage return inside the line\n" },
		{ "L-001", "conn a\n\302\240\302\240auto=add\n", "2:1-3 error IC1004 a no-break space where a blank is meant\n" },
		{ "L-001", "conn a\n\tauto=\342\200\213add\n", "2:7-10 error IC1004 a zero width space where a blank is meant\n" },
		{ "L-001", B "\tleftid=\"a\302\240b\"\n", "" },
		{ "S-031", B "\tleftid=\342\200\234a b\342\200\235\n", "4:9-12 error IC1006 a typographic quote does not quote\n" },
		{ "S-031", B "\tleftid=a\342\200\235\n", "4:10-13 warning IC1006 a typographic quote does not quote\n" },
		{ "L-003", B "\tleftid=@\374\n", "4:10-11 warning IC1005 the byte 0xfc is not UTF-8\n" },
		{ "L-001", B "\tleftid=@a\033[m\n", "4:11-12 warning IC1010 a control character (0x1b) in the value\n" },
		{ "L-003", "\377\376c\n", "1:1-3 error IC1016 the file is UTF-16, not text for libreswan\n" },
		{ 0 },
	};

	check_rows(rows, RELEASE_4_10);
	check_text("L-004", SLICE("conn a\n\tauto=a\0d\n\tpfs=yes\n"), RELEASE_4_10,
		   "2:8-9 error IC1003 a NUL byte; the rest of the line is not read\n");
}
END_TEST

/* Everything in one run, and what stands after a mistake is read. */
START_TEST(goes_on)
{
	CLEANUP(front_close) struct front f;
	static const char text[] =
	    "conn a\n\tleft 1.2.3.4\n\tfoo=1\nright=5.6.7.8\n\tauto=add now\n\n conn b\n\tauto=add\nversion 2\n\tpfs=no\n";

	front_open(&f, NULL, NULL, slice_of(text), RELEASE_4_10);
	ck_assert_str_eq(front_list(&f),
		"2:2-6 error IC2005 no '=' after 'left'\n"
		"3:2-5 error IC2001 unknown keyword 'foo'\n"
		"4:1-6 error IC2004 the parameter 'right' is not indented\n"
		"5:11-14 error IC2006 'now' after the value of 'auto'\n"
		"7:2-6 error IC2014 'conn' is indented\n"
		"9:1-8 error IC2012 'version' is not the first line\n");
	ck_assert_uint_eq(f.resolved->conns.n, 2);
	ck_assert_uint_eq(f.resolved->conns.v[0].settings.n, 3);
	ck_assert_uint_eq(f.resolved->conns.v[1].settings.n, 2);
}
END_TEST

START_TEST(whole_messages)
{
	check_whole(B "\tikelifetime=8 h\n\tauthby=secret, rsasig\n\tauto=add now\n",
		"error[IC2006]: 'h' after the value of 'ikelifetime'\n"
		"  --> test.conf:4:16\n"
		"   |\n"
		" 4 |     ikelifetime=8 h\n"
		"   |                   ^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: write '8h'\n"
		"\n"
		"error[IC2006]: 'rsasig' after the value of 'authby'\n"
		"  --> test.conf:5:17\n"
		"   |\n"
		" 5 |     authby=secret, rsasig\n"
		"   |                    ^^^^^^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: write the list without blanks\n"
		"\n"
		"error[IC2006]: 'now' after the value of 'auto'\n"
		"  --> test.conf:6:11\n"
		"   |\n"
		" 6 |     auto=add now\n"
		"   |              ^^^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: remove it, or make it a comment with a blank and '#' before it\n"
		"\n");
	check_whole(B "\tleftid=C=DE, O=Foo\n\tlefftid=@x\n",
		"error[IC2007]: the value of 'leftid' has blanks and no quotes\n"
		"  --> test.conf:4:9\n"
		"   |\n"
		" 4 |     leftid=C=DE, O=Foo\n"
		"   |            ^^^^^^^^^^^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: put the value in double quotes\n"
		"\n"
		"error[IC2001]: unknown keyword 'lefftid'\n"
		"  --> test.conf:5:2\n"
		"   |\n"
		" 5 |     lefftid=@x\n"
		"   |     ^^^^^^^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: did you mean 'leftid'?\n"
		"\n");
	check_whole("conn a\n\tleft 1.2.3.4\n\trightid=\"a \"b\" c\"\n",
		"error[IC2005]: no '=' after 'left'\n"
		"  --> test.conf:2:2\n"
		"   |\n"
		" 2 |     left 1.2.3.4\n"
		"   |     ^^^^\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: write 'left=1.2.3.4'\n"
		"\n"
		"error[IC1008]: a quote in the middle of the value\n"
		"  --> test.conf:3:13\n"
		"   |\n"
		" 3 |     rightid=\"a \"b\" c\"\n"
		"   |                ^ the value would end here\n"
		"   |\n"
		"   = note: every release refuses the whole file\n"
		"   = help: put quotes around the whole value or leave them out; a value cannot hold a quote\n"
		"\n");
}
END_TEST

/* What each fix would write, applied to the text. */
static void check_fix(const char *text, const char *fixed)
{
	CLEANUP(front_close) struct front f;
	const struct diag_fix *fix;
	char out[512];
	size_t at = 0;

	front_open(&f, NULL, NULL, slice_of(text), RELEASE_4_10);
	ck_assert_msg(f.diag.findings.n == 1 && f.diag.findings.v[0]->fixes.n == 1, "'%s' has no single fix", text);
	fix = &f.diag.findings.v[0]->fixes.v[0];
	out[0] = '\0';
	for (size_t i = 0; i < fix->edits.n; i++) {
		const struct diag_edit *e = &fix->edits.v[i];

		snprintf(out + strlen(out), sizeof(out) - strlen(out), "%.*s%s", (int)(e->span.start - 1 - at), text + at, e->text);
		at = e->span.end - 1;
	}
	snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s", text + at);
	ck_assert_str_eq(out, fixed);
}

START_TEST(fixes)
{
	check_fix(B "\tleftid=a, b # c\n", B "\tleftid=\"a, b\" # c\n");
	check_fix(B "\tleftid=\"a b\n", B "\tleftid=\"a b\"\n");
	check_fix(B "\tleftid='a b'\n", B "\tleftid=\"a b\"\n");
	check_fix(B "\tleftid=\342\200\236a b\342\200\234\n", B "\tleftid=\"a b\"\n");
	check_fix(B "\tleftid   @a\n", B "\tleftid=@a\n");
	check_fix(B "\tleftid \"a b\"\n", B "\tleftid=\"a b\"\n");
	check_fix(B "\tleftid: @a\n", B "\tleftid=@a\n");
	check_fix(B "\tleftid:@a\n", B "\tleftid=@a\n");
	check_fix(B "leftid=@a\n", B "\tleftid=@a\n");
	check_fix(B "\tpfs=no auto=add\n", B "\tpfs=no \n\tauto=add\n");
	check_fix(B "\tpfs=no #c\n", B "\tpfs=no # c\n");
	check_fix(B "\tpfs=no #\n", B "\tpfs=no \n");
	check_fix(B "#c", B "#c\n");
	check_fix(B "\tright-id=@a\n", B "\trightid=@a\n");
	check_fix("  CONN a\n", "conn a\n");
	check_fix("Conn a\n", "conn a\n");
	check_fix("conn\302\240a\n", "conn a\n");
	check_fix("\357\273\277conn a\n", "conn a\n");
	check_fix("config\n", "config setup\n");
}
END_TEST

/* --- includes ----------------------------------------------------------------------------------------------------------------- */

static void check_files(const struct memory_file *files, const char *root, const char *wanted, size_t conns)
{
	CLEANUP(front_close) struct front f;

	front_open(&f, files, root, (struct slice){ 0 }, RELEASE_4_10);
	ck_assert_str_eq(front_list(&f), wanted);
	ck_assert_uint_eq(f.resolved->conns.n, conns);
}

/* L-070: matches in order, in place; L-062; S-011 */
START_TEST(include_order)
{
	static const struct memory_file files[] = {
		{ .path = "/etc/ipsec.conf", .text = "conn a\ninclude /etc/ipsec.d/*.conf\nconn z\n" },
		{ .path = "/etc/ipsec.d/1.conf", .text = "conn b\ninclude deep/x\n" },
		{ .path = "/etc/ipsec.d/2.conf", .text = "conn d\n\tauto=add" },
		{ .path = "/etc/ipsec.d/deep/x", .text = "conn c\n" },
		{ 0 },
	};
	static const char *const names[] = { "a", "b", "c", "d", "z" };
	CLEANUP(front_close) struct front f;

	front_open(&f, files, NULL, (struct slice){ 0 }, RELEASE_4_10);
	ck_assert_str_eq(front_list(&f),
			 "/etc/ipsec.d/1.conf:2:9-15 note IC1109 'deep/x' depends on the directory libreswan runs in\n");
	ck_assert_uint_eq(f.resolved->conns.n, 5);
	for (size_t i = 0; i < 5; i++)
		ck_assert_str_eq(f.resolved->conns.v[i].name, names[i]);
	/* L-071: the last line without its end belongs to its file's section */
	ck_assert_uint_eq(f.resolved->conns.v[3].settings.n, 1);
	ck_assert_uint_eq(f.resolved->conns.v[4].settings.n, 0);
}
END_TEST

/* Absolute names lie below the root and are shown without it; relative ones beside their file. */
START_TEST(include_root)
{
	static const struct memory_file files[] = {
		{ .path = "tree/etc/ipsec.conf", .text = "include /etc/ipsec.d/*.conf\n" },
		{ .path = "tree/etc/ipsec.d/a.conf", .text = "conn a\n\tfoo=1\ninclude b\n" },
		{ .path = "tree/etc/ipsec.d/b", .text = "conn b\n\tbar=1\n" },
		{ 0 },
	};

	check_files(
	    files, "tree/",
	    "/etc/ipsec.d/a.conf:2:2-5 error IC2001 unknown keyword 'foo'\n"
		    "/etc/ipsec.d/b:2:2-5 error IC2001 unknown keyword 'bar'\n",
	    2);
}
END_TEST

START_TEST(include_trouble)
{
	static const struct memory_file cycle[] = {
		{ .path = "/a", .text = "include /b\nconn a\n" },
		{ .path = "/b", .text = "include /a\ninclude /b\nconn b\n" },
		{ 0 },
	};
	static const struct memory_file errors[] = {
		{ .path = "/a", .text = "include /b\ninclude /c\ninclude /d\nconn a\n" },
		{ .path = "/b", .text = "", .error = -EACCES },
		{ .path = "/c", .text = "", .error = -EISDIR },
		{ .path = "/d", .text = "", .error = -EFBIG },
		{ 0 },
	};
	static const struct memory_file twice[] = {
		{ .path = "/a", .text = "include /b\ninclude /*b\nconn a\n" }, { .path = "/b", .text = "conn b\n" }, { 0 },
	};

	check_files(cycle, NULL, "/b:1:9-11 error IC1105 /a includes itself\n/b:2:9-11 error IC1105 /b includes itself\n", 2);
	check_files(errors, NULL,
		"1:9-11 error IC1103 cannot read /b: Permission denied\n"
		"2:9-11 error IC1104 /c is a directory\n"
		"3:9-11 error IC1111 /d is not read: more than 10000 files or 64 MiB\n", 1);
	check_files(twice, NULL, "2:9-12 warning IC1108 /b is included a second time\n", 2);
}
END_TEST

/* L-067: nine levels work. */
START_TEST(include_depth)
{
	struct memory_file files[LIMIT_INCLUDE_DEPTH + 2] = { 0 };
	char path[LIMIT_INCLUDE_DEPTH + 1][16], text[LIMIT_INCLUDE_DEPTH + 1][32];

	for (unsigned i = 0; i <= LIMIT_INCLUDE_DEPTH; i++) {
		snprintf(path[i], sizeof(path[i]), "/f%u", i);
		snprintf(text[i], sizeof(text[i]), "include /f%u\n", i + 1);
		files[i].path = path[i];
		files[i].text = i < LIMIT_INCLUDE_DEPTH - 1 ? text[i] : "conn a\n";
	}
	check_files(files, NULL, "", 1);
	files[LIMIT_INCLUDE_DEPTH - 1].text = text[LIMIT_INCLUDE_DEPTH - 1];
	check_files(files, NULL, "/f9:1:9-13 error IC1106 /f10 would be the 11th file inside each other\n", 0);
}
END_TEST

/* L-068: lines behind an include, and at the start of an included file. */
START_TEST(include_cuts_a_section)
{
	static const struct memory_file files[] = {
		{ .path = "/a",
		  .text = "conn a\n\tleft=1.2.3.4\ninclude /b\n\tauto=add\n\tpfs=no\ninclude /b2\nconn c\n\tauto=add\n" },
		{ .path = "/b", .text = "conn b\n\tauto=add\n" },
		{ .path = "/b2", .text = "\tike=aes\nversion 2\n" },
		{ 0 },
	};
	CLEANUP(front_close) struct front f;

	front_open(&f, files, NULL, (struct slice){ 0 }, RELEASE_4_10);
	ck_assert_str_eq(front_list(&f),
		"4:2-6 error IC1107 an include has ended conn 'a', so this line stands in no section\n"
		"/b2:1:2-5 error IC1107 an include has ended conn 'a', so this line stands in no section\n"
		"/b2:2:1-8 error IC2012 'version' is not the first line\n");
	ck_assert_uint_eq(f.resolved->conns.v[0].settings.n, 4);	/* left, auto, pfs, ike */
	ck_assert_uint_eq(f.resolved->conns.v[1].settings.n, 1);
	ck_assert_uint_eq(f.resolved->conns.v[2].settings.n, 1);
}
END_TEST

/* L-063, S-010: the including file's directory, and what the real programs would find. */
START_TEST(include_relative)
{
	static const struct memory_file here[] = { { .path = "/etc/a", .text = "include b\n" },
						   { .path = "b", .text = "conn b\n" },
						   { 0 } };
	static const struct memory_file both[] = {
		{ .path = "/etc/a", .text = "include b\n" },
		{ .path = "/etc/b", .text = "conn b\n" },
		{ .path = "b", .text = "conn c\n" },
		{ 0 },
	};
	static const struct memory_file same[] = {
		{ .path = "/etc/a", .text = "include b\n" }, { .path = "/etc/b", .text = "conn b\n", .inode = 9 },
		{ .path = "b", .text = "conn b\n", .inode = 9 }, { 0 },
	};

	check_files(here, NULL, "1:9-10 warning IC1109 'b' depends on the directory libreswan runs in\n", 1);
	check_files(both, NULL, "1:9-10 warning IC1109 'b' depends on the directory libreswan runs in\n", 1);
	check_files(same, NULL, "", 1);
}
END_TEST

START_TEST(include_chain_is_shown)
{
	static const struct memory_file files[] = {
		{ .path = "/a", .text = "\ninclude /b\n" },
		{ .path = "/b", .text = "include /c\n" },
		{ .path = "/c", .text = "conn c\n\tfoo=1\n" },
		{ 0 },
	};
	CLEANUP(front_close) struct front f;

	front_open(&f, files, NULL, (struct slice){ 0 }, RELEASE_4_10);
	ck_assert_str_eq(front_findings(&f),
		"error[IC2001]: unknown keyword 'foo'\n"
		"  --> /c:2:2\n"
		"   |\n"
		" 2 |     foo=1\n"
		"   |     ^^^\n"
		"   |\n"
		"   = note: included from /b:1, which is included from /a:2\n"
		"   = note: every release refuses the whole file\n"
		"\n");
}
END_TEST

/* --- any input ---------------------------------------------------------------------------------------------------------------- */

/* Each prefix ends, and all places lie in the text. */
START_TEST(prefixes)
{
	static const char text[] =
	    "version 2\nconfig setup # x\n\tuniqueids=no\r\n\nconn %default\n\tike=aes,aes #\n\talso=b\ninclude /x*\n\tauto=add\n"
	    "conn \"a b\nconn b\n\talso={a c}\n\tleft='1 2'\n\t\302\240right:5\n x-a \"b\" c\n"
	    "\tleftid=a \"b\" c=d\nalso=b\n\talsoflip=b,\n"
	    "Confg setup\n\t=\n\tleft==\n\tsubnet {1 2\nca x\n\ty\n#z";

	for (size_t n = 0; n < sizeof(text); n++) {
		CLEANUP(front_close) struct front f;

		front_open(&f, NULL, NULL, (struct slice){ text, n }, RELEASE_3_18);
		for (size_t i = 0; i < f.diag.findings.n; i++)
			ck_assert(sources_file_at(&f.sources, f.diag.findings.v[i]->span.end));
		front_findings(&f);
	}
}
END_TEST

/* An allocation that fails at any place leaves by the one exit, and nothing is lost. */
START_TEST(out_of_memory)
{
	static const struct memory_file files[] = {
		{ .path = "/a", .text = "conn a\n\talso=b\n\tfoo=1\ninclude /b*\nconn c\n" },
		{ .path = "/b", .text = "conn b\n\tleft=%any\n" },
		{ 0 },
	};
	int reached = 1;

	for (uint64_t n = 1; reached; n++) {
		static struct front f;
		jmp_buf oom;

		memset(&f, 0, sizeof(f));
		if (setjmp(oom) == 0) {
			f.files = files;
			arena_init(&f.arena);
			f.arena.on_oom = &oom;
			sources_init(&f.sources, &f.arena, (struct source_reader){ &f, memory_read, memory_glob, memory_identify });
			diag_init(&f.diag, &f.arena, sources_for_diag(&f.sources));
			arena_fail_at(n);
			f.syntax =
			    syntax_parse(&f.arena, &f.sources, sources_add_file(&f.sources, "/a", (struct span){ 0, 0 }), &f.diag);
			f.resolved = resolve(&f.arena, f.syntax, RELEASE_3_18, &f.diag);
		}
		reached = arena_failure_reached();
		arena_fail_at(0);
		arena_release(&f.arena);
		ck_assert_uint_lt(n, 100000);
	}
}
END_TEST

TAP_MAIN("parser", vectors, by_release, lines, bytes, goes_on, whole_messages, fixes, include_order, include_root, include_trouble,
	 include_depth, include_cuts_a_section, include_relative, include_chain_is_shown, prefixes, out_of_memory)
