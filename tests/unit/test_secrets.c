/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.secrets: what is read, what is said about mistakes, and which secret serves a pair. K-numbers: what the real daemon
 * does. */
#include "secrets/secrets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/tap.h"

static struct arena arena;
static struct diag diag;
static struct secrets secrets;
static struct slice source;

/* The text lies at position 1. */
static struct diag_place locate(const void *context, uint32_t position)
{
	struct diag_place place = { .file = "ipsec.secrets", .line = 1, .column = 1 };

	(void)context;
	for (uint32_t i = 1; i < position && i <= source.n; i++) {
		place.column++;
		if (source.p[i - 1] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}

static void parse(const char *text)
{
	arena_init(&arena);
	secrets = (struct secrets){ 0 };
	source = slice_of(text);
	diag_init(&diag, &arena, (struct diag_source){ NULL, locate });
	secrets_parse(&arena, source, 1, &diag, &secrets);
}

static void done(void)
{
	secrets_release(&secrets);
	arena_release(&arena);
}

/* "IC3504 2:7 message; IC..." of all findings. */
static const char *found(void)
{
	struct buf all = { 0 };
	char *text;

	diag_finish(&diag);
	for (size_t i = 0; i < diag.findings.n; i++) {
		const struct finding *f = diag.findings.v[i];
		struct diag_place place = locate(NULL, f->span.start);

		buf_printf(&all, "%s%s %u:%u %s", i ? "; " : "", rule_table[f->rule].id, place.line, place.column, f->message);
	}
	text = arena_strdup(&arena, buf_slice(&all));
	buf_release(&all);
	return text;
}

static void assert_value(size_t i, const char *want, size_t n)
{
	ck_assert_uint_gt(secrets.entries.n, i);
	ck_assert_uint_eq(secrets.entries.v[i].value.n, n);
	ck_assert_mem_eq(secrets.entries.v[i].value.bytes, want, n);
}

#define ASSERT_TEXT(i, want)	assert_value(i, want, sizeof(want) - 1)

/* I-081, K-012 */
START_TEST(values_are_read_in_four_forms)
{
	parse("@a @b : PSK \"plain text\"\n"
	      "@a @c : PSK 'with \"the other\" quote'\n"
	      "@a @d : PSK 0x0001_fe_FF00112233445566778899aabb # comment\n"
	      "@a @e : PSK 0sMDEyMzQ1Njc4OWFiY2RlZg==\n"
	      "@a @f : PSK 0tthe rest # of the \"line\"\n");
	ck_assert_str_eq(found(), "");
	ck_assert_uint_eq(secrets.entries.n, 5);
	ASSERT_TEXT(0, "plain text");
	ASSERT_TEXT(1, "with \"the other\" quote");
	ASSERT_TEXT(2, "\x00\x01\xfe\xff\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb");
	ASSERT_TEXT(3, "0123456789abcdef");
	ASSERT_TEXT(4, "the rest # of the \"line\"");
	ck_assert_int_eq(secrets.entries.v[2].form, SECRET_HEX);
	done();
}
END_TEST

/* K-001, K-002, K-007, K-010, K-022 */
START_TEST(records_go_over_lines)
{
	parse("# comment\r\n"
	      "@a\t@b:\r\n"
	      "\r\n"
	      "# still the same entry\n"
	      "  psk\n"
	      "\t\"plain text\"   # and a comment\n"
	      ": PSK \"for every peer\"\n"
	      "192.0.2.1 a#b@example.com %any : PSK \"eight bytes\"\n");
	ck_assert_str_eq(found(), "");
	ck_assert_uint_eq(secrets.entries.n, 3);
	ck_assert_uint_eq(secrets.entries.v[0].selectors.n, 2);
	ASSERT_TEXT(0, "plain text");
	ck_assert_uint_eq(secrets.entries.v[1].selectors.n, 0);
	ck_assert_uint_eq(secrets.entries.v[2].selectors.n, 3);
	ck_assert_int_eq(secrets.entries.v[2].selectors.v[1].type, IDENT_EMAIL);
	ck_assert_int_eq(secrets.entries.v[2].selectors.v[2].type, IDENT_ANY);
	ck_assert_uint_eq(locate(NULL, secrets.entries.v[2].span.start).line, 8);
	done();
}
END_TEST

/* K-008, K-009 */
START_TEST(identities_of_all_kinds)
{
	parse("2001:db8::1 @#0aff \"C=DE, O=Acme, CN=gw\" : PSK \"eight bytes\"\n"
	      "2001:db8::: PSK \"eight bytes\"\n"
	      "%any6 %none 0.0.0.0 : PSK \"eight bytes\"\n");
	ck_assert_str_eq(found(), "");
	ck_assert_uint_eq(secrets.entries.n, 3);
	ck_assert_int_eq(secrets.entries.v[0].selectors.v[0].type, IDENT_IPV6);
	ck_assert_int_eq(secrets.entries.v[0].selectors.v[1].type, IDENT_KEY_ID);
	ck_assert_int_eq(secrets.entries.v[0].selectors.v[2].type, IDENT_DN);
	ck_assert_int_eq(secrets.entries.v[1].selectors.v[0].type, IDENT_IPV6);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_int_eq(secrets.entries.v[2].selectors.v[i].type, IDENT_ANY);
	done();
}
END_TEST

/* K-011, K-013, K-018, and kinds that are recognised without a value of ours */
START_TEST(other_kinds_of_entries)
{
	parse("include /etc/ipsec.d/*.secrets\n"
	      "INCLUDE \"more secrets\"\n"
	      "@roadwarrior : XAUTH \"pass word\"\n"
	      "@a : PPKS \"ppk-1\" 0x00112233445566778899aabbccddeeff\n"
	      ": RSA {\n"
	      "\tModulus: 0xc0ffee\n"
	      "\t}\n"
	      ": rsa host.pem \"pass phrase\"\n");
	ck_assert_uint_eq(secrets.includes.n, 2);
	ck_assert_str_eq(secrets.includes.v[0].pattern, "/etc/ipsec.d/*.secrets");
	ck_assert_str_eq(secrets.includes.v[1].pattern, "more secrets");
	ck_assert_uint_eq(secrets.entries.n, 4);
	ck_assert_int_eq(secrets.entries.v[0].kind, SECRET_XAUTH);
	ck_assert_str_eq(secrets.entries.v[1].reference, "ppk-1");
	ck_assert_uint_eq(secrets.entries.v[1].value.n, 16);
	ck_assert_ptr_null(secrets.entries.v[2].reference);
	ck_assert_str_eq(secrets.entries.v[3].reference, "host.pem");
	ck_assert_str_eq(found(), "IC3508 5:3 entries of kind 'RSA' are ignored; IC3508 8:3 entries of kind 'RSA' are ignored");
	done();
}
END_TEST

/* One mistake each; the entry in front of it and the one behind it are kept (K-023). */
START_TEST(mistakes_are_told_with_their_place)
{
	static const struct {
		const char *line, *finding;
		size_t entries;
	} cases[] = {
		{ "@a @b : PSK \"no end\n", "IC3502 2:13 the quote does not end on this line", 2 },
		{ "@a @b : PSK bare\n", "IC3503 2:13 a value stands in quotes, or begins with '0x', '0s' or '0t'", 2 },
		{ "@a @b : PSK `command`\n", "IC3503 2:13 a value in backquotes is not taken", 2 },
		{ "@a @b : PSK 0xabc\n", "IC3503 2:13 the number of hexadecimal digits is odd", 2 },
		{ "@a @b : PSK 0xabcg\n", "IC3503 2:18 this is no hexadecimal digit", 2 },
		{ "@a @b : PSK 0x\n", "IC3503 2:13 there are no hexadecimal digits after '0x'", 2 },
		{ "@a @b : PSK 0sMDE\n", "IC3503 2:13 base64 comes in groups of four characters", 2 },
		{ "@a @b : PSK 0sMDE-\n", "IC3503 2:18 this is no character of base64", 2 },
		{ "@a @b : PSK 0sMDF=\n", "IC3503 2:18 base64 is badly padded", 2 },
		{ "@a @b : PSK \"back\\\"slash\"\n", "IC3504 2:20 there is text behind the value", 2 },
		{ "@a @b PSK \"eight bytes\"\n", "IC3505 2:1 the entry has no ':' that stands alone", 2 },
		{ "@a @b :PSK \"eight bytes\"\n", "IC3505 2:7 the entry has no ':' that stands alone", 2 },
		{ "@a @b :\n", "IC3506 2:7 nothing follows the colon", 2 },
		{ ":\n", "IC3506 2:1 nothing follows the colon", 2 },
		{ "@a @b : PSK\n", "IC3507 2:9 the value is missing", 2 },
		{ "@a @b : PPKS \"id\"\n", "IC3507 2:9 the PPK's value is missing", 2 },
		{ "@a @b : PPKS id \"eight bytes\"\n", "IC3503 2:14 the PPK's id must stand in quotes", 2 },
		{ "@a : ECDSA key.pem\n", "IC3508 2:6 entries of kind 'ECDSA' are ignored", 2 },
		{ "@a : \"forgot the keyword\"\n", "IC3508 2:6 an entry of this kind is not known, and ignored", 2 },
		{ "@a @#xyz : PSK \"eight bytes\"\n", "IC3509 2:4 this is no identity", 2 },
		{ "@a vpn.example.com : PSK \"eight bytes\"\n", "IC3510 2:4 this name is looked up in the DNS", 3 },
		{ "@a @b : PSK \"short\"\n", "IC3511 2:13 the shared key has 5 bytes", 3 },
		{ "@a @b : PSK \"secret shared by two hosts\"\n",
		  "IC3526 2:13 the shared key is one that stands in manuals and in lists of passwords", 3 },
		{ "@a @b : PSK \"\"\n", "IC3512 2:13 the secret is empty", 2 },
		{ "@a @b : PSK \"trailing blank \"\n", "IC3513 2:13 the secret begins or ends with a blank", 3 },
		{ "@a @b : PSK \"\xe2\x80\x9cquoted\xe2\x80\x9d\"\n", "IC3513 2:13 the secret has bytes outside ASCII", 3 },
		{ "2001:db8:: : PSK \"eight bytes\"\n",
		  "IC3514 2:1 the last ':' of this address is taken for the one that ends the identities", 2 },
		{ "include\n", "IC3515 2:1 'include' takes one file name or pattern", 2 },
		{ "include a b\n", "IC3515 2:1 'include' takes one file name or pattern", 2 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t usable = 0;
		char text[300];

		snprintf(text, sizeof text, "@x @y : PSK \"in front of it\"\n%s@x @z : PSK \"behind it\"\n", cases[i].line);
		parse(text);
		ck_assert_str_eq(found(), cases[i].finding);
		for (size_t e = 0; e < secrets.entries.n; e++)
			usable += !secrets.entries.v[e].refused;
		ck_assert_msg(usable == cases[i].entries, "%s: %zu entries", cases[i].line, usable);
		done();
	}
}
END_TEST

/* K-001 */
START_TEST(an_indented_first_line_is_told)
{
	parse("  @a @b : PSK \"eight bytes\"\n@c @d : PSK \"eight bytes\"\n");
	ck_assert_str_eq(found(), "IC3501 1:3 the file begins with an indented line, which continues no entry");
	ck_assert_uint_eq(secrets.entries.n, 1);
	done();
}
END_TEST

/* K-003 */
START_TEST(a_line_longer_than_the_daemon_reads_is_told)
{
	char text[2200];

	memset(text, 'x', sizeof text);
	memcpy(text, "@a : PSK \"", 10);
	memcpy(text + sizeof text - 3, "\"\n", 3);
	parse(text);
	ck_assert_str_eq(found(), "IC3516 1:1 the line is longer than 2047 bytes; IC3502 1:10 the quote does not end on this line");
	done();
}
END_TEST

/* No word of a file gets into a finding, other than host names and known keywords, whatever is cut off or changed. */
START_TEST(no_finding_quotes_a_secret)
{
	static const char good[] = "@a @b : PSK \"xyzzy1xyzzy\"\n@c : PPKS \"id\" 0sxyzzy2xyzzy==\n: RSA { xyzzy3 }\n"
				   "@d @e : PSK 0txyzzy4 xyzzy5\n";
	char text[sizeof good];

	for (size_t i = 0; i < sizeof good * 4; i++) {
		static const char replacements[] = { ' ', '"', ':', '\n' };

		memcpy(text, good, sizeof good);
		if (text[i / 4])
			text[i / 4] = replacements[i % 4];
		parse(text);
		for (size_t f = 0; f < diag.findings.n; f++) {
			const struct finding *finding = diag.findings.v[f];

			ck_assert_msg(!strstr(finding->message, "xyzzy"), "%s", finding->message);
			for (size_t n = 0; n < finding->notes.n; n++)
				ck_assert(!strstr(finding->notes.v[n], "xyzzy"));
			for (size_t n = 0; n < finding->helps.n; n++)
				ck_assert(!strstr(finding->helps.v[n], "xyzzy"));
		}
		done();
	}
}
END_TEST

/* --- choosing ---------------------------------------------------------------------------------------------------------------- */

static struct ident id_of(const char *text)
{
	struct ident id = { 0 };
	const char *why;
	size_t at;

	ck_assert_int_eq(ident_parse(&arena, slice_of(text), &id, &why, &at), 0);
	return id;
}

/* The secret that serves the pair, or "none"; "... or ..." when another ties with it. */
static const char *chosen(const char *local, const char *remote)
{
	struct ident l = id_of(local), r = id_of(remote);
	const struct secret_entry *e = secrets_find_psk(&secrets, &l, &r), *rival;

	if (!e)
		return "none";
	rival = secrets_psk_rival(&secrets, e, &l, &r);
	if (rival)
		return arena_printf(&arena, "%.*s or %.*s", (int)e->value.n, e->value.bytes, (int)rival->value.n,
				    rival->value.bytes);
	return arena_printf(&arena, "%.*s", (int)e->value.n, e->value.bytes);
}

/* K-031, K-032 */
START_TEST(the_most_specific_entry_wins)
{
	parse(": PSK \"for all\"\n"
	      "@peer1 %any : PSK \"peer and any\"\n"
	      "@me : PSK \"me alone\"\n"
	      "@me %any : PSK \"me and any\"\n"
	      "@me @peer1 : PSK \"me and peer1\"\n"
	      "@other @peer1 @peer2 : PSK \"several\"\n");
	ck_assert_str_eq(chosen("@me", "@peer1"), "me and peer1");
	ck_assert_str_eq(chosen("@ME.", "@Peer1"), "me and peer1");	/* K-033: case and dots at the end do not count */
	ck_assert_str_eq(chosen("@me", "@peer9"), "me and any");
	ck_assert_str_eq(chosen("@me", "%any"), "me and any");		/* K-030 */
	ck_assert_str_eq(chosen("@other", "@peer2"), "several");
	ck_assert_str_eq(chosen("@x", "@peer1"), "peer and any");
	/* a wildcard serves everybody, whatever identities stand beside it */
	ck_assert_str_eq(chosen("@x", "@y"), "for all or peer and any");
	ck_assert_str_eq(chosen("192.0.2.1", "%any"), "for all or peer and any");
	done();
}
END_TEST

/* K-032: what looks as if it served and does not. */
START_TEST(sums_that_match_nothing)
{
	parse("@peer : PSK \"the peer alone\"\n"
	      "@me @other : PSK \"beside another\"\n"
	      "@me @third %any : PSK \"all three\"\n");
	ck_assert_str_eq(chosen("@me2", "@peer"), "all three");	/* by its wildcard; "the peer alone" is no match */
	ck_assert_str_eq(chosen("@me", "@third"), "none");	/* 14: both identities and a wildcard */
	ck_assert_str_eq(chosen("@me", "@nobody"), "all three");
	done();
	parse("@peer : PSK \"the peer alone\"\n@me @other : PSK \"beside another\"\n");
	ck_assert_str_eq(chosen("@me2", "@peer"), "none");
	ck_assert_str_eq(chosen("@me", "@nobody"), "none");
	done();
	parse("@me : PSK \"me alone\"\n: PSK \"for all\"\n");
	ck_assert_str_eq(chosen("@me", "@peer"), "me alone");
	done();
}
END_TEST

/* K-034, K-045 */
START_TEST(the_first_of_two_equals_wins_and_the_other_is_told)
{
	parse("@me @peer : PSK \"first key\"\n@peer @me : PSK \"second key\"\n"
	      "@me @same : PSK \"same key\"\n@me @same : PSK 0x73616d65206b6579\n");
	ck_assert_str_eq(chosen("@me", "@peer"), "first key or second key");
	ck_assert_str_eq(chosen("@me", "@same"), "same key");
	done();
}
END_TEST

/* Entries of other kinds are no shared keys. */
START_TEST(only_psk_entries_serve)
{
	parse("@me : XAUTH \"pass word\"\n@me : PPKS \"id\" \"pass word\"\n");
	ck_assert_str_eq(chosen("@me", "@peer"), "none");
	done();
}
END_TEST

START_TEST(secret_memory_is_zeroed_and_has_any_size)
{
	uint8_t *big = secret_alloc(2 * 1024 * 1024), *small[2000];

	ck_assert_ptr_nonnull(big);
	for (size_t i = 0; i < 2000; i++) {		/* more than the locked heap has */
		small[i] = secret_alloc(1000);
		ck_assert_ptr_nonnull(small[i]);
		ck_assert_uint_eq(small[i][0] | small[i][999], 0);
		memset(small[i], 0xff, 1000);
	}
	for (size_t i = 0; i < 2000; i++)
		secret_free(small[i]);
	secret_free(big);
	secret_free(NULL);
	ck_assert_ptr_null(secret_alloc(SIZE_MAX));
}
END_TEST

TAP_MAIN("secrets", values_are_read_in_four_forms, records_go_over_lines, identities_of_all_kinds, other_kinds_of_entries,
	 mistakes_are_told_with_their_place, an_indented_first_line_is_told, a_line_longer_than_the_daemon_reads_is_told,
	 no_finding_quotes_a_secret, the_most_specific_entry_wins, sums_that_match_nothing,
	 the_first_of_two_equals_wins_and_the_other_is_told, only_psk_entries_serve, secret_memory_is_zeroed_and_has_any_size)
