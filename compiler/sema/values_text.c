/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are texts with a syntax: identities, names, hexadecimal data, marks. */
#include <errno.h>

#include "compiler/sema/values.h"

/* --- identities --------------------------------------------------------------------------------------------------------------- */

/* Which characters of the identity are wrong: from the offset to the next comma or the end. */
static struct slice wrong_part_of_id(struct slice text, size_t at)
{
	struct slice wrong = slice_sub(text, at, text.n);
	const char *comma = wrong.n ? memchr(wrong.p, ',', wrong.n) : NULL;

	if (comma && comma > wrong.p && memchr(text.p, '=', text.n))
		wrong.n = (size_t)(comma - wrong.p);
	return wrong.n ? wrong : text;
}

/* C-117, C-118, C-120: up to 4.x such an identity is dropped without a word. */
static bool bad_id(const struct value_parser *v, const char *why, size_t at)
{
	struct slice wrong = wrong_part_of_id(v->value.text, at);
	struct finding *f = value_report_slice(v, RULE_BAD_IDENTITY, v->release < RELEASE_5_0 ? VALUE_KEPT : CONN_REFUSED, wrong,
					       "'" SLICE_FMT "' is no identity: %s", SLICE_ARG(v->value.text), why);

	if (v->release < RELEASE_5_0) {
		diag_set_severity(v->diag, f, SEVERITY_WARNING);
		diag_note(v->diag, f, "libreswan %s uses the end's address as its identity instead, without a word",
			  release_name(v->release));
	}
	return false;
}

static void report_name(const struct value_parser *v)
{
	struct slice text = v->value.text;
	struct finding *f = value_report(v, RULE_NAME_AS_IDENTITY, v->release < RELEASE_5_0 ? VALUE_KEPT : CONN_REFUSED, 0, text.n,
					 "the identity '" SLICE_FMT "' is looked up as a host name", SLICE_ARG(text));

	if (v->release < RELEASE_5_0)
		diag_note(v->diag, f, "libreswan %s takes the address that it finds, or the end's own, as the identity",
			  release_name(v->release));
	diag_fix(v->diag, f, false, (struct span){ f->span.start, f->span.start }, "@",
		 "write '@" SLICE_FMT "' for the name itself",
		 SLICE_ARG(text));
}

static bool is_bare_name(const struct ident *id, struct slice text)
{
	return id->type == IDENT_FQDN && text.p[0] != '@';
}

bool value_parse_id(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	struct value value = { 0 };
	const char *why = "out of memory";
	size_t at = 0;

	if (slice_eq_nocase(text, "%myid")) {	/* C-121; whose identity that is, sema knows */
		if (!schema_value(v->keyword, text, v->release))
			return bad_id(v, "%myid went away in libreswan 3.23", 0);
		*ret = (struct value){ .text = "%myid" };
		return true;
	}
	if (ident_parse(v->arena, text, &value.id, &why, &at) < 0)
		return bad_id(v, why, at);
	if (is_bare_name(&value.id, text))
		report_name(v);
	value.text = arena_strdup(v->arena, text);
	*ret = value;
	return true;
}

/* leftca=: C-141. */
bool value_parse_dn(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	struct value value = { .text = arena_strdup(v->arena, text) };
	const char *why = "a distinguished name is ATTRIBUTE=VALUE, ...";
	size_t at = 0;

	if (slice_eq_nocase(text, "%same") || slice_eq_nocase(text, "%any") ||
	    (memchr(text.p, '=', text.n) && ident_parse(v->arena, text, &value.id, &why, &at) == 0 && value.id.type == IDENT_DN)) {
		*ret = value;
		return true;
	}
	value_report_slice(v, RULE_BAD_IDENTITY, VALUE_IGNORED, wrong_part_of_id(text, at),
			   "'" SLICE_FMT "' is no distinguished name: %s",
			   SLICE_ARG(text), why);
	return false;
}

/* --- hexadecimal, interfaces -------------------------------------------------------------------------------------------------- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* C-131; ':' may separate the bytes, as certutil prints them. */
bool value_parse_hex(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	size_t digits = 0;

	bool strict = v->release == RELEASE_4_10;	/* no 0x and no ':', but '_' (run) */

	for (size_t i = !strict && slice_starts_nocase(text, "0x") ? 2 : 0; i < text.n; i++) {
		if (text.p[i] == (strict ? '_' : ':') && i > 0)
			continue;
		if (!is_hex(text.p[i])) {
			value_report(v, RULE_BAD_TEXT, CONN_REFUSED, i, i + 1, "'%c' is no hexadecimal digit", text.p[i]);
			return false;
		}
		digits++;
	}
	if (digits % 2) {
		value_report(v, RULE_BAD_TEXT, CONN_REFUSED, 0, text.n, "the number of hexadecimal digits is odd");
		return false;
	}
	*ret = (struct value){ .text = arena_strdup(v->arena, text) };
	return true;
}

/* C-277: the conn loads, and making the interface fails. */
static struct finding *bad_ifname(const struct value_parser *v, size_t from, size_t to, const char *message)
{
	struct finding *f = value_report(v, RULE_BAD_TEXT, VALUE_KEPT, from, to, "%s", message);

	diag_set_severity(v->diag, f, SEVERITY_WARNING);
	return f;
}

/* S-360; dev_valid_name() of Linux. */
bool value_parse_ifname(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;

	if (text.n > 15)	/* IFNAMSIZ, with its NUL */
		diag_caret(v->diag, bad_ifname(v, 15, text.n, "an interface name has 15 characters at most"), "%zu too many",
			   text.n - 15);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '/' && text.p[i] != ':' && (unsigned char)text.p[i] > ' ')
			continue;
		bad_ifname(v, i, i + 1, arena_printf(v->arena, "'%c' cannot be in the name of an interface", text.p[i]));
		break;
	}
	if (slice_eq_str(text, ".") || slice_eq_str(text, ".."))
		bad_ifname(v, 0, text.n, arena_printf(v->arena, "'" SLICE_FMT "' cannot be the name of an interface",
						      SLICE_ARG(text)));
	*ret = (struct value){ .text = arena_strdup(v->arena, text) };
	return true;
}

/* --- marks -------------------------------------------------------------------------------------------------------------------- */

static int parse_u32(struct slice s, uint32_t *ret)
{
	uint64_t n = 0;

	if (slice_eq_str(s, "-1")) {
		*ret = UINT32_MAX;
		return 0;
	}
	if (!slice_starts_nocase(s, "0x")) {
		int error = slice_to_u64(s, UINT32_MAX, &n);

		*ret = (uint32_t)n;
		return error;
	}
	if (s.n == 2 || s.n > 10)
		return s.n == 2 ? -EINVAL : -ERANGE;
	for (size_t i = 2; i < s.n; i++) {
		if (!is_hex(s.p[i]))
			return -EINVAL;
		n = n << 4 | (uint64_t)(s.p[i] <= '9' ? s.p[i] - '0' : (s.p[i] | 0x20) - 'a' + 10);
	}
	*ret = (uint32_t)n;
	return 0;
}

/* C-270: 4.10 says "bad mark value", forgets the mark and loads the conn; 5.x refuses it. */
static bool bad_mark(const struct value_parser *v, struct slice part, const char *what, int error)
{
	enum consequence consequence = v->release < RELEASE_5_0 ? VALUE_IGNORED : CONN_REFUSED;

	if (error == -ERANGE)
		diag_caret(v->diag, value_report_slice(v, RULE_BAD_MARK, consequence, part,
						       "the %s '" SLICE_FMT "' has more than 32 bits",
						       what, SLICE_ARG(part)), "at most 0xffffffff");
	else if (part.n)
		value_report_slice(v, RULE_BAD_MARK, consequence, part, "the %s '" SLICE_FMT "' is no number", what,
				   SLICE_ARG(part));
	else
		value_report_slice(v, RULE_BAD_MARK, consequence, v->value.text, "the %s is missing", what);
	return false;
}

bool value_parse_mark(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	const char *slash = memchr(text.p, '/', text.n);
	struct slice number = slash ? slice_sub(text, 0, (size_t)(slash - text.p)) : text;
	struct slice mask = slash ? slice_sub(text, (size_t)(slash - text.p) + 1, text.n) : (struct slice){ NULL, 0 };
	struct value value = { .mark = { .mask = UINT32_MAX } };
	int error = parse_u32(number, &value.mark.value);

	if (error < 0)
		return bad_mark(v, number, "mark", error);
	if (slash && (error = parse_u32(mask, &value.mark.mask)) < 0)
		return bad_mark(v, mask, "mask", error);
	*ret = value;
	return true;
}
