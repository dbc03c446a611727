/* SPDX-License-Identifier: Apache-2.0 */
/* One line of text against its tokens, written as KIND(text)@column, kinds as in the grammar. */
#include "compiler/lexer/lexer.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "tests/unit/tap.h"

static const char *const kinds[] = {
	[TOKEN_VERSION] = "VERSION", [TOKEN_CONFIG] = "CONFIG",	       [TOKEN_CONN] = "CONN",
	[TOKEN_INCLUDE] = "INCLUDE", [TOKEN_SECTION_WORD] = "SECTION", [TOKEN_INDENT] = "INDENT",
	[TOKEN_KEY] = "KEY",	     [TOKEN_USER_KEY] = "USER",	       [TOKEN_EQUALS] = "=",
	[TOKEN_WORD] = "WORD",	     [TOKEN_QUOTED] = "QUOTED",	       [TOKEN_BRACED] = "BRACED",
	[TOKEN_RAW] = "RAW",	     [TOKEN_EXTRA] = "EXTRA",	       [TOKEN_BAD] = "BAD",
};
static const char *const oddities[] = {
	[ODD_UNICODE_SPACE] = "space",
	[ODD_COMMENT_WORD] = "comment-word",
	[ODD_LAST_COMMENT] = "last-comment",
	[ODD_LONE_CR] = "lone-cr",
	[ODD_NUL] = "nul",
	[ODD_CRLF] = "crlf",
	[ODD_CRLF_REFUSED] = "crlf-refused",
};
static const char *const troubles[] = {
	[TROUBLE_NONE] = "", [TROUBLE_QUOTE_OPEN] = "!open", [TROUBLE_QUOTE_INSIDE] = "!inside", [TROUBLE_BRACE_OPEN] = "!brace",
};

static void take_odd(void *context, enum lexer_oddity oddity, struct span span)
{
	buf_printf(context, "<%s@%u-%u> ", oddities[oddity], span.start, span.end);
}

/* Positions count from 1, so in a text of one line they are columns. An end of line is '$'. */
static void lex(struct buf *out, struct slice text)
{
	struct lexer lexer;
	struct token t;

	lexer_init(&lexer, text, 1, take_odd, out);
	while (lexer_next(&lexer, &t)) {
		ck_assert_uint_le(t.span.end, text.n + 1);
		ck_assert_uint_le(t.span.start, t.span.end);
		if (t.kind == TOKEN_EOL) {
			buf_add_str(out, "$ ");
			continue;
		}
		if (t.kind == TOKEN_INDENT || t.kind == TOKEN_EQUALS)
			buf_printf(out, "%s ", kinds[t.kind]);
		else
			buf_printf(out, "%s(" SLICE_FMT ")@%u%s ", kinds[t.kind], SLICE_ARG(t.text), t.span.start,
				   troubles[t.trouble]);
		if (t.trouble)
			buf_printf(out, "at %u ", t.mark.start);
	}
	if (out->n)
		out->p[--out->n] = '\0';
}

struct row {
	const char *rule, *text, *tokens;
};

static void check_rows(const struct row *rows)
{
	for (; rows->text; rows++) {
		CLEANUP(buf_release) struct buf out = { 0 };
		const char *got;

		lex(&out, slice_of(rows->text));
		got = out.p ? out.p : "";
		ck_assert_msg(strcmp(got, rows->tokens) == 0, "%s: '%s'\n  gives  %s\n  wanted %s", rows->rule, rows->text, got,
			      rows->tokens);
	}
}

START_TEST(lines_and_comments)
{
	static const struct row rows[] = {
		{ "L-006", "", "" },
		{ "L-012", "\n \t\n\n", "" },
		{ "L-011", "# a\n\t# b\n  #c\n", "" },
		{ "L-005", "# foo bar", "" },
		{ "L-005", "#foo", "<last-comment@1-5>" },
		{ "L-005", "\t#foo=", "" },
		{ "L-001", " \t left = 1", "INDENT KEY(left)@4 = WORD(1)@11 $" },
		{ "L-001", "\ta\v=1\n", "INDENT KEY(a\v)@2 = WORD(1)@5 $" },
		{ "L-013", "\ta=1 # c d\n", "INDENT KEY(a)@2 = WORD(1)@4 $" },
		{ "L-013", "\ta=1 #c d\n", "INDENT KEY(a)@2 = WORD(1)@4 $" },
		{ "L-013", "\ta=1 #c=d\n", "INDENT KEY(a)@2 = WORD(1)@4 $" },
		{ "L-013", "\ta=1 #c\n", "INDENT KEY(a)@2 = WORD(1)@4 <comment-word@6-8> $" },
		{ "L-013", "\ta=1 #\n", "INDENT KEY(a)@2 = WORD(1)@4 <comment-word@6-7> $" },
		{ "L-013", "conn a #b", "CONN(conn)@1 WORD(a)@6 <comment-word@8-10> $" },
		{ "L-014", "\tid=@a#b\n", "INDENT KEY(id)@2 = WORD(@a#b)@5 $" },
		{ "L-015", "\tid= #foo\n", "INDENT KEY(id)@2 = WORD(#foo)@6 $" },
		{ "L-015", "\tid= # foo\n", "INDENT KEY(id)@2 = WORD(#)@6 EXTRA(foo)@8 $" },
		{ "L-016", "\ta=\"x # y\"\n", "INDENT KEY(a)@2 = QUOTED(x # y)@5 $" },
		{ "L-016", "\ta={a b} # {c}\n", "INDENT KEY(a)@2 = BRACED(a b} # {c)@5 $" },
		{ "L-007", "\ta=1\\\n\tb=2\n", "INDENT KEY(a)@2 = WORD(1\\)@4 $ INDENT KEY(b)@8 = WORD(2)@10 $" },
		{ 0 },
	};

	check_rows(rows);
}
END_TEST

START_TEST(statements)
{
	static const struct row rows[] = {
		{ "S-018", "version 2\n", "VERSION(version)@1 WORD(2)@9 $" },
		{ "L-019", "config setup\n", "CONFIG(config)@1 WORD(setup)@8 $" },
		{ "L-020", "conn \"a b\"\n", "CONN(conn)@1 QUOTED(a b)@7 $" },
		{ "L-020", "conn\n", "CONN(conn)@1 $" },
		{ "L-020", "conn # a\n", "CONN(conn)@1 $" },
		{ "L-020", "conn a b c\n", "CONN(conn)@1 WORD(a)@6 EXTRA(b c)@8 $" },
		{ "L-060", "include\t/etc/*.conf\n", "INCLUDE(include)@1 WORD(/etc/*.conf)@9 $" },
		{ "L-017", "Conn a\n", "SECTION(Conn)@1 WORD(a)@6 $" },
		{ "L-017", "connx a\n", "SECTION(connx)@1 WORD(a)@7 $" },
		{ "L-018", "left=1\n", "KEY(left)@1 = WORD(1)@6 $" },
		{ "L-018", "left = 1\n", "KEY(left)@1 = WORD(1)@8 $" },
		{ "L-018", "=1\n", "= WORD(1)@2 $" },
		{ "L-017", " conn a\n", "INDENT KEY(conn)@2 WORD(a)@7 $" },
		{ 0 },
	};

	check_rows(rows);
}
END_TEST

/* L-033 ... L-047: what follows '=', at column 4 */
START_TEST(values)
{
	static const struct row rows[] = {
		{ "L-034", " k=\"a b\"", "INDENT KEY(k)@2 = QUOTED(a b)@5 $" },
		{ "L-034", " k=\"\"", "INDENT KEY(k)@2 = QUOTED()@5 $" },
		{ "L-035", " k='a b'", "INDENT KEY(k)@2 = WORD('a)@4 EXTRA(b')@7 $" },
		{ "L-036", " k=\"foo", "INDENT KEY(k)@2 = WORD(foo)@5!open at 4 $" },
		{ "L-037", " k=\"foo\"bar", "INDENT KEY(k)@2 = WORD(\"foo\"bar)@4!inside at 8 $" },
		{ "L-038", " k=foo\"bar\"", "INDENT KEY(k)@2 = WORD(foo\"bar\")@4!inside at 7 $" },
		{ "L-039", " k=\"foo bar # c", "INDENT KEY(k)@2 = WORD(foo bar)@5!open at 4 $" },
		{ "S-032", " k=\"a, O=\"b\", c\" # d", "INDENT KEY(k)@2 = WORD(\"a, O=\"b\", c\")@4!inside at 10 $" },
		{ "S-032", " k=CN=\"a b\"", "INDENT KEY(k)@2 = WORD(CN=\"a b\")@4!inside at 7 $" },
		{ "L-040", " k=\"a\" \"b\"", "INDENT KEY(k)@2 = QUOTED(a)@5 EXTRA(\"b\")@8 $" },
		{ "L-041", " k={a b}", "INDENT KEY(k)@2 = BRACED(a b)@5 $" },
		{ "L-042", " k={ a b }", "INDENT KEY(k)@2 = BRACED(a b)@6 $" },
		{ "L-043", " k={}", "INDENT KEY(k)@2 = BRACED()@5 $" },
		{ "L-043", " k={ }", "INDENT KEY(k)@2 = BRACED()@6 $" },
		{ "L-044", " k={a b", "INDENT KEY(k)@2 = WORD({a)@4!brace at 4 EXTRA(b)@7 $" },
		{ "L-033", " k={a}b", "INDENT KEY(k)@2 = WORD({a}b)@4 $" },
		{ "L-045", " k=a=b", "INDENT KEY(k)@2 = WORD(a=b)@4 $" },
		{ "L-046", " k=a,b|c;d", "INDENT KEY(k)@2 = WORD(a,b|c;d)@4 $" },
		{ "L-047", " k=a b ", "INDENT KEY(k)@2 = WORD(a)@4 EXTRA(b)@6 $" },
		{ "L-049", " k=\n", "INDENT KEY(k)@2 = $" },
		{ "L-025", " k\n", "INDENT KEY(k)@2 $" },
		{ "L-025", " k v w\n", "INDENT KEY(k)@2 WORD(v)@4 EXTRA(w)@6 $" },
		{ "L-032", " x-k= \"a\" #b \n", "INDENT USER(x-k)@2 = RAW( \"a\" #b )@6 $" },
		{ "L-032", " X_k=\n", "INDENT USER(X_k)@2 = $" },
		{ "L-032", " x-k v\n", "INDENT USER(x-k)@2 WORD(v)@6 $" },
		{ 0 },
	};

	check_rows(rows);
}
END_TEST

/* L-002, L-003 and what people paste */
START_TEST(strange_bytes)
{
	static const struct row rows[] = {
		{ "L-002", "conn a\r\n\ta=1\r\n", "CONN(conn)@1 WORD(a)@6 <crlf@7-8> $ INDENT KEY(a)@10 = WORD(1)@12 $" },
		{ "L-002", "\r\n \r\n", "<crlf@1-2> <crlf-refused@1-2>" },
		{ "L-002", "config setup\r\n", "CONFIG(config)@1 WORD(setup)@8 <crlf@13-14> <crlf-refused@13-14> $" },
		{ "L-002", "# c\r\n", "<crlf@4-5>" },
		{ "L-002", "\ta=1\rx\n", "INDENT KEY(a)@2 = WORD(1)@4 <lone-cr@5-6> $ SECTION(x)@6 $" },
		{ "L-003", "\357\273\277conn a\n", "CONN(conn)@4 WORD(a)@9 $" },
		{ "L-001", "\302\240\302\240a=1\n", "<space@1-3> INDENT KEY(a)@5 = WORD(1)@7 $" },
		{ "L-001", "conn\302\240a\n", "CONN(conn)@1 <space@5-7> WORD(a)@7 $" },
		{ "L-001", "left\302\240=1\n", "KEY(left)@1 <space@5-7> = WORD(1)@8 $" },
		{ "L-001", "\ta=\342\200\2131\342\200\257# c\n", "INDENT KEY(a)@2 = <space@4-7> WORD(1)@7 $" },
		{ "L-001", "\ta=1\302\2402\n", "INDENT KEY(a)@2 = WORD(1)@4 <space@5-7> EXTRA(2)@7 $" },
		{ "L-001", "\ta=\"1\302\2402\"\302\240\n", "INDENT KEY(a)@2 = QUOTED(1\302\2402)@5 <space@10-12> $" },
		{ "L-003", "\ta=\303\274\377\n", "INDENT KEY(a)@2 = WORD(\303\274\377)@4 $" },
		{ 0 },
	};

	check_rows(rows);
}
END_TEST

/* L-004: a NUL spoils its line only. */
START_TEST(nul)
{
	CLEANUP(buf_release) struct buf out = { 0 }, other = { 0 };

	lex(&out, SLICE("\ta=x\0yz\n\tb=1\n"));
	ck_assert_str_eq(out.p, "INDENT KEY(a)@2 = WORD(x)@4 <nul@5-6> BAD()@5 $ INDENT KEY(b)@10 = WORD(1)@12 $");
	lex(&other, SLICE("\0\n# a\0b\n\0"));
	ck_assert_str_eq(other.p, "<nul@1-2> BAD()@1 $ <nul@9-10> BAD()@9 $");
}
END_TEST

/* Each prefix of each sort of line, and each byte in each place, ends; the assertions of lex() hold for every token. */
START_TEST(any_bytes)
{
	static const char text[] =
	    "version 2 #x\r\nconn \"a b\"\n\tk={a} \"b\n x-y= z\n=\r\302\240\342\200\213include x\n\t\"'=\"\"#";
	char copy[sizeof(text)];

	for (size_t n = 0; n < sizeof(text); n++) {
		CLEANUP(buf_release) struct buf out = { 0 };

		memcpy(copy, text, n);
		copy[n] = '\0';
		lex(&out, (struct slice){ copy, n });
	}
	for (unsigned at = 0; at + 1 < sizeof(text); at++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			CLEANUP(buf_release) struct buf out = { 0 };

			memcpy(copy, text, sizeof(text));
			copy[at] = (char)byte;
			lex(&out, (struct slice){ copy, sizeof(text) - 1 });
		}
	}
}
END_TEST

TAP_MAIN("lexer", lines_and_comments, statements, values, strange_bytes, nul, any_bytes)
