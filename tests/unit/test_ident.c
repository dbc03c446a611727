/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ident.h"
#include "tests/unit/tap.h"

#include <errno.h>

static struct arena arena;

static struct ident ident(const char *text)
{
	struct ident id;
	const char *why = "";
	size_t at;

	ck_assert_msg(ident_parse(&arena, slice_of(text), &id, &why, &at) == 0, "'%s': %s", text, why);
	return id;
}

static void is(const char *text, enum ident_type type, const char *canonical)
{
	struct ident id = ident(text);
	struct ident again;

	ck_assert_msg(id.type == type, "'%s' has type %d", text, id.type);
	ck_assert_str_eq(ident_format(&arena, &id), canonical);
	again = ident(canonical);
	/* a DN may come back with another string type, so bytes would be too strict */
	ck_assert_msg(ident_matches(&id, &again) && ident_matches(&again, &id), "'%s' is not read back as itself", canonical);
}

static void refused(const char *text, size_t at, const char *why)
{
	struct ident id = { .type = IDENT_KEY_ID };
	const char *said;
	size_t where = 0;

	ck_assert_msg(ident_parse(&arena, slice_of(text), &id, &said, &where) == -EINVAL, "'%s' was taken", text);
	ck_assert_str_eq(said, why);
	ck_assert_msg(where == at, "'%s': offset %zu, not %zu", text, where, at);
	ck_assert_int_eq(id.type, IDENT_KEY_ID);
}

/* Every canonical text is what pluto 4.10 printed for the same input, but for its upper-case hexadecimal digits. */
START_TEST(forms_of_id)
{
	is("192.0.2.1", IDENT_IPV4, "192.0.2.1");
	is("2001:DB8::1", IDENT_IPV6, "2001:db8::1");
	is("0.0.0.0", IDENT_ANY, "%any");
	is("::", IDENT_ANY, "%any");
	is("@hq.example", IDENT_FQDN, "@hq.example");
	is("hq.example", IDENT_FQDN, "@hq.example");
	is("@user@host", IDENT_FQDN, "@user@host");
	is("user@host.example", IDENT_EMAIL, "user@host.example");
	is("@#0102fF", IDENT_KEY_ID, "@#0102ff");
	is("@[abc]", IDENT_KEY_ID, "@#616263");
	is("@[abc", IDENT_KEY_ID, "@#616263");
	is("@~300d310b3009060355040613024445", IDENT_DN, "C=DE");
	is("%FromCert", IDENT_FROM_CERT, "%fromcert");
	is("%null", IDENT_NULL, "%null");
	is("%none", IDENT_NONE, "%none");
}
END_TEST

START_TEST(distinguished_names)
{
	is("C=DE/O=x", IDENT_DN, "C=DE, O=x");
	is("/C=DE/O=x", IDENT_DN, "C=DE, O=x");
	is("cn=x,o=  y  ,ou=*z", IDENT_DN, "CN=x, O=y, OU=*z");
	is("O=Acme,, Inc, CN=a", IDENT_DN, "O=Acme\\, Inc, CN=a");
	is("O=Acme\\, Inc", IDENT_DN, "O=Acme\\, Inc");
	is("O=a\\\\b", IDENT_DN, "O=a\\\\b");
	is("CN=x+OU=y", IDENT_DN, "CN=x\\+OU\\=y");
	is("CN=a;O=b", IDENT_DN, "CN=a\\;O\\=b");
	is("CN=\\41b", IDENT_DN, "CN=Ab");
	is("O=#0c0161", IDENT_DN, "O=a");
	is("CN=M\xc3\xbcller", IDENT_DN, "CN=M\\C3\\BCller");
	is("CN=a, ,O=b,", IDENT_DN, "CN=a, O=b");
	is("serialNumber=1, emailAddress=a@b, TCGID=x, ND=y, UID=u", IDENT_DN, "SN=1, E=a@b, TCGID=x, ND=y, UID=u");
}
END_TEST

START_TEST(mistakes_have_a_place)
{
	refused("", 0, "the identity is empty");
	refused("@", 0, "a name is missing after '@'");
	refused("@#01x2", 4, "this is no hexadecimal digit");
	refused("@#010", 4, "the number of hexadecimal digits is odd");
	refused("@#", 2, "hexadecimal digits are missing");
	refused("@~3000ff", 2, "these bytes are no DER of a distinguished name");
	refused("@[]", 2, "the key id is empty");
	refused("%myid", 0, "no such special identity");
	refused("C=DE, ZZ=x", 6, "no such attribute of a distinguished name");
	refused("C=DE, CN", 6, "an attribute and '=' are missing here");
	refused("@[a=b]", 0, "no such attribute of a distinguished name");
	refused("C=#zz", 2, "a value after '#' needs an even number of hexadecimal digits");
	refused("C=#0c05", 2, "a value after '#' must be one DER element");
	refused(",=", 1, "no such attribute of a distinguished name");
}
END_TEST

/* RFC 7296 section 3.5, I-062 */
START_TEST(from_the_wire)
{
	struct ident id = { .type = IDENT_NULL };
	struct ident dn = ident("C=DE, CN=gw");

	ck_assert_int_eq(ident_from_wire(&arena, 1, (struct slice){ "\xc0\0\2\1", 4 }, &id), 0);
	ck_assert_str_eq(ident_format(&arena, &id), "192.0.2.1");
	ck_assert_int_eq(ident_from_wire(&arena, 9, dn.wire, &id), 0);
	ck_assert_str_eq(ident_format(&arena, &id), "C=DE, CN=gw");
	ck_assert_int_eq(ident_from_wire(&arena, 11, (struct slice){ "\1\2", 2 }, &id), 0);
	ck_assert_str_eq(ident_format(&arena, &id), "@#0102");
	ck_assert_int_eq(ident_from_wire(&arena, 1, (struct slice){ "\1\2", 2 }, &id), -EINVAL);
	ck_assert_int_eq(ident_from_wire(&arena, 2, (struct slice){ "a\0b", 3 }, &id), -EINVAL);
	ck_assert_int_eq(ident_from_wire(&arena, 2, (struct slice){ "", 0 }, &id), -EINVAL);
	ck_assert_int_eq(ident_from_wire(&arena, 9, slice_sub(dn.wire, 0, dn.wire.n - 1), &id), -EINVAL);
	ck_assert_int_eq(ident_from_wire(&arena, 99, dn.wire, &id), -EINVAL);
	ck_assert_str_eq(ident_format(&arena, &id), "@#0102");
}
END_TEST

START_TEST(matching)
{
	static const struct {
		const char *pattern, *id;
		bool match;
	} cases[] = {
		{ "@hq.example", "@HQ.Example.", true }, { "@hq.example", "hq.example", true }, { "@hq", "@hq.example", false },
		{ "@a@b", "a@b", false }, { "192.0.2.1", "192.0.2.1", true }, { "192.0.2.1", "192.0.2.2", false },
		{ "%any", "@x", true }, { "@x", "%any", false }, { "%null", "%null", true },
		{ "C=DE, O=Acme, CN=*", "C=DE, O=acme, CN=gw1", true }, { "C=DE, O=Acme, CN=gw1", "C=DE, O=Acme, CN=*", false },
		{ "C=DE, O=Acme", "O=Acme, C=DE", false }, { "C=DE, O=Acme", "C=DE, O=Acme, CN=x", false },
		{ "O=A  B", "O=#130361 2042", false }, { "O=A  b", "O=#1303412042", true }, { "O=A  b", "O=#0c03612042", true },
		{ "@#0102", "@#0102", true }, { "@#0102", "@#0103", false },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ident pattern = ident(cases[i].pattern), id;
		const char *why;
		size_t at;

		if (ident_parse(&arena, slice_of(cases[i].id), &id, &why, &at) < 0)
			id.type = IDENT_NONE;
		ck_assert_msg(ident_matches(&pattern, &id) == cases[i].match, "'%s' against '%s'", cases[i].pattern, cases[i].id);
	}
}
END_TEST

TAP_MAIN("ident", forms_of_id, distinguished_names, mistakes_have_a_place, from_the_wire, matching)
