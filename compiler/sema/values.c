/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/values.h"

#include <errno.h>
#include <stdio.h>

#include "base/limits.h"

/* --- findings -------------------------------------------------------------------------------------------------------------------- */

/* NULL as v->conn does not tell: a line of %default belongs to no conn either. */
static bool is_setup(const struct value_parser *v)
{
	return v->keyword->section == SECTION_SETUP;
}

static void add_consequence(const struct value_parser *v, struct finding *f, enum consequence consequence)
{
	const char *release = release_name(v->release);

	switch (consequence) {
	case FILE_REFUSED:
		if (v->file_refused)
			*v->file_refused = true;
		diag_set_severity(v->diag, f, SEVERITY_ERROR);
		diag_note(v->diag, f, "libreswan %s refuses the whole file", release);
		break;
	case CONN_REFUSED:
		diag_set_severity(v->diag, f, SEVERITY_ERROR);
		if (!is_setup(v))
			diag_note(v->diag, f, "libreswan %s refuses the conn", release);
		break;
	case VALUE_IGNORED:
		diag_set_severity(v->diag, f, SEVERITY_WARNING);
		if (v->keyword->default_code[v->release])
			diag_note(v->diag, f, "libreswan %s ignores the line; the default is %s", release, v->keyword->default_code[v->release]);
		else
			diag_note(v->diag, f, "libreswan %s ignores the line", release);
		break;
	case VALUE_KEPT:
		break;
	}
}

static struct finding *report_at(const struct value_parser *v, enum rule_id rule, enum consequence consequence, struct span span,
				 const char *message)
{
	struct finding *f = diag_report(v->diag, rule, span, "%s", message);

	if (v->conn)
		diag_set_conn(f, v->conn);
	add_consequence(v, f, consequence);
	return f;
}

struct finding *value_report(const struct value_parser *v, enum rule_id rule, enum consequence consequence, size_t from, size_t to,
			     const char *format, ...)
{
	struct span span = { v->value.span.start + (uint32_t)from, v->value.span.start + (uint32_t)to };
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(v->arena, format, args);
	va_end(args);
	return report_at(v, rule, consequence, span, message);
}

struct finding *value_report_slice(const struct value_parser *v, enum rule_id rule, enum consequence consequence, struct slice where,
				   const char *format, ...)
{
	size_t from = where.p ? (size_t)(where.p - v->value.text.p) : 0;
	struct span span = { v->value.span.start + (uint32_t)from, v->value.span.start + (uint32_t)(from + where.n) };
	const char *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(v->arena, format, args);
	va_end(args);
	return report_at(v, rule, consequence, span, message);
}

/* What becomes of a number or time that cannot be read (C-007). */
static enum consequence of_bad_number(const struct value_parser *v)
{
	if (v->release == RELEASE_3_18)
		return FILE_REFUSED;
	if (v->release < RELEASE_5_0)
		return VALUE_IGNORED;
	return is_setup(v) ? FILE_REFUSED : CONN_REFUSED;
}

static size_t count_digits(struct slice s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
		n++;
	return n;
}

/* L-048, L-033b: before 5.0 an unquoted value of digits only is a NUMBER token, whatever the keyword, and %forever is the number 0. */
bool value_is_number_token(const struct value_parser *v)
{
	return v->release < RELEASE_5_0 && v->value.quoting == QUOTING_NONE &&
	       (count_digits(v->value.text) == v->value.text.n || slice_eq_str(v->value.text, "%forever"));
}

/* --- numbers --------------------------------------------------------------------------------------------------------------------- */

static bool parse_forever(const struct value_parser *v, struct value *ret)
{
	if (!slice_eq_nocase(v->value.text, "%forever"))
		return false;
	*ret = (struct value){ .number = 0 };
	return true;
}

static bool bad_number(const struct value_parser *v, int error)
{
	if (error == -ERANGE)
		value_report(v, RULE_BAD_NUMBER, of_bad_number(v), 0, v->value.text.n, "'" SLICE_FMT "' is too large for " SLICE_FMT,
			     SLICE_ARG(v->value.text), SLICE_ARG(v->key));
	else
		value_report(v, RULE_BAD_NUMBER, of_bad_number(v), 0, v->value.text.n, "'" SLICE_FMT "' is no number",
			     SLICE_ARG(v->value.text));
	return false;
}

static bool parse_integer(const struct value_parser *v, struct value *ret)
{
	const struct keyword_value *word = schema_value(v->keyword, v->value.text, v->release);
	uint64_t number;
	int error;

	if (parse_forever(v, ret))
		return true;
	if (word) {	/* clones=yes */
		*ret = (struct value){ .word = word, .text = word->meaning };
		return true;
	}
	if (v->keyword->id == KW_NHELPERS && slice_eq_str(v->value.text, "-1")) {	/* S-424; L-053 */
		*ret = (struct value){ .text = "-1" };
		return true;
	}
	error = slice_to_u64(v->value.text, UINT32_MAX, &number);
	/* C-196: what a kernel's replay bitmap can count */
	if (v->keyword->id == KW_REPLAY_WINDOW && (error == -ERANGE || (error == 0 && number > 4294967288u)) && v->release >= RELEASE_4_10) {
		diag_caret(v->diag, value_report(v, RULE_BAD_NUMBER, CONN_REFUSED, 0, v->value.text.n, "the replay window is too large"),
			   "at most 4294967288");
		return false;
	}
	if (error < 0)
		return bad_number(v, error);
	*ret = (struct value){ .number = number };
	return true;
}

/* C-007; 4.10 warns and ignores a port of 65536 and more. */
static bool parse_port(const struct value_parser *v, struct value *ret)
{
	uint64_t number;
	int error = slice_to_u64(v->value.text, UINT16_MAX, &number);

	if (error < 0)
		return bad_number(v, error);
	*ret = (struct value){ .number = number };
	return true;
}

/* COUNT and BYTES: a number with Ki, Mi, Gi, Ti, Pi, Ei, for bytes also with B (4.8 and later). */
static bool parse_scaled(const struct value_parser *v, struct value *ret)
{
	static const char letters[] = "KMGTPE";
	size_t digits = count_digits(v->value.text);
	struct slice unit = slice_sub(v->value.text, digits, v->value.text.n);
	const char *letter = unit.n ? strchr(letters, unit.p[0]) : NULL;
	uint64_t number;
	int error = slice_to_u64(slice_sub(v->value.text, 0, digits), INT64_MAX, &number);

	if (error < 0)
		return bad_number(v, error);
	if (unit.n && v->keyword->type == TYPE_BYTES) {
		if (unit.p[unit.n - 1] == 'B')
			unit.n--;
		else if (v->release == RELEASE_4_10)	/* run: 1KiB is taken, 1Ki ignored */
			letter = NULL;
	}
	if (unit.n) {
		if (!letter || unit.n != 2 || unit.p[1] != 'i') {
			value_report(v, RULE_BAD_NUMBER, of_bad_number(v), digits, v->value.text.n, "'" SLICE_FMT "' is no unit of %s",
				     SLICE_ARG(slice_sub(v->value.text, digits, v->value.text.n)), schema_type_name(v->keyword->type));
			return false;
		}
		for (size_t i = 0; i <= (size_t)(letter - letters); i++)
			if (__builtin_mul_overflow(number, 1024, &number) || number > INT64_MAX)
				return bad_number(v, -ERANGE);
	}
	*ret = (struct value){ .number = number };
	return true;
}

static bool parse_percent(const struct value_parser *v, struct value *ret)
{
	size_t digits = count_digits(v->value.text);
	struct slice rest = slice_sub(v->value.text, digits, v->value.text.n);
	/* bare digits and %forever are another token, where the readers up to 4.x want a percentage; other texts go the way of bad numbers */
	enum consequence consequence = value_is_number_token(v) ? FILE_REFUSED : of_bad_number(v);
	struct finding *f;
	uint64_t number;
	int error = slice_to_u64(slice_sub(v->value.text, 0, digits), UINT32_MAX, &number);

	if (error < 0) {
		value_report(v, RULE_BAD_PERCENT, consequence, 0, v->value.text.n, "'" SLICE_FMT "' is no percentage",
			     SLICE_ARG(v->value.text));
		return false;
	}
	if (slice_eq_str(rest, "%")) {
		*ret = (struct value){ .number = number };
		return true;
	}
	if (rest.n == 0) {
		f = value_report(v, RULE_BAD_PERCENT, consequence, 0, v->value.text.n, "the %% is missing");
		diag_fix(v->diag, f, true, (struct span){ f->span.end, f->span.end }, "%", "write '" SLICE_FMT "%%'",
			 SLICE_ARG(v->value.text));
	} else {
		value_report(v, RULE_BAD_PERCENT, consequence, digits, v->value.text.n, "'" SLICE_FMT "' is not %%", SLICE_ARG(rest));
	}
	return false;
}

/* --- times (L-055, L-056) -------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *unit;
	uint64_t ms;
} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 } };

/* Milliseconds of one unit as this release takes it; 0: it does not. */
static uint64_t unit_ms(const struct value_parser *v, struct slice unit)
{
	if (unit.n == 0)
		return v->keyword->type == TYPE_TIME_MS ? 1 : 1000;
	if (v->keyword->type == TYPE_TIME_MS && v->release == RELEASE_3_18)
		return 0;	/* a plain number there (3.20 refuses the file for 20s) */
	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (v->release == RELEASE_3_18 ? slice_eq_str(unit, units[i].unit) && units[i].ms >= 1000
					       : slice_eq_nocase(unit, units[i].unit))
			return units[i].ms;
	return 0;
}

static bool bad_time(const struct value_parser *v, size_t digits)
{
	struct slice text = v->value.text, unit = slice_sub(text, digits, text.n);
	struct finding *f;

	if (digits == 0) {
		value_report(v, RULE_BAD_TIME, of_bad_number(v), 0, text.n, "'" SLICE_FMT "' is no time", SLICE_ARG(text));
		return false;
	}
	f = value_report(v, RULE_BAD_TIME, of_bad_number(v), digits, text.n, "'" SLICE_FMT "' is no unit of time", SLICE_ARG(unit));
	diag_help(v->diag, f, "the units are s, m, h, d and w");
	return false;
}

/* "1.5h": the specification has it (S-302), 5.2 reads it, 4.x ignores the line, 3.18 refuses the file. */
static bool parse_decimal_time(const struct value_parser *v, size_t digits, struct value *ret)
{
	struct slice text = v->value.text, fraction = slice_sub(text, digits + 1, text.n), unit;
	size_t n = count_digits(fraction);
	uint64_t whole, tenths = 0, scale = 1, ms;

	unit = slice_sub(fraction, n, fraction.n);
	ms = unit_ms(v, unit);
	if (n == 0 || n > 6 || ms == 0 || slice_to_u64(slice_sub(text, 0, digits), UINT32_MAX, &whole) < 0)
		return bad_time(v, digits);
	slice_to_u64(slice_sub(fraction, 0, n), 999999, &tenths);
	for (size_t i = 0; i < n; i++)
		scale *= 10;
	ms = whole * ms + tenths * ms / scale;
	if (v->release < RELEASE_5_4) {
		value_report(v, RULE_MISREAD_TIME, v->release == RELEASE_3_18 ? VALUE_KEPT : VALUE_IGNORED, 0, text.n,
			     "libreswan %s reads no decimal times", release_name(v->release));
		if (v->release != RELEASE_3_18)
			return false;
	}
	*ret = (struct value){ .number = v->keyword->type == TYPE_TIME_MS ? ms : ms / 1000 };
	return true;
}

static bool parse_time(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	size_t digits = count_digits(text);
	uint64_t number, ms;

	if (parse_forever(v, ret))
		return true;
	if (digits < text.n && digits > 0 && text.p[digits] == '.')
		return parse_decimal_time(v, digits, ret);
	ms = unit_ms(v, slice_sub(text, digits, text.n));
	if (digits == 0 || ms == 0)
		return bad_time(v, digits);
	if (slice_to_u64(slice_sub(text, 0, digits), UINT32_MAX, &number) < 0 || number > (uint64_t)UINT32_MAX * 1000 / ms) {
		value_report(v, RULE_BAD_TIME, of_bad_number(v), 0, text.n, "'" SLICE_FMT "' is more than 4294967295 seconds",
			     SLICE_ARG(text));
		return false;
	}
	number *= ms;
	*ret = (struct value){ .number = v->keyword->type == TYPE_TIME_MS ? number : number / 1000 };
	return true;
}

/* --- texts ----------------------------------------------------------------------------------------------------------------------- */

static bool parse_text(const struct value_parser *v, struct value *ret)
{
	*ret = (struct value){ .text = arena_strdup(v->arena, v->value.text) };
	return true;
}

/* ipsec-interface=: yes, no or a number. */
static bool parse_ifid(const struct value_parser *v, struct value *ret)
{
	uint64_t number;
	bool yes = slice_eq_nocase(v->value.text, "yes"), no = slice_eq_nocase(v->value.text, "no");

	if (yes || no) {
		*ret = (struct value){ .if_id_yes = yes };
		return true;
	}
	if (slice_to_u64(v->value.text, UINT32_MAX, &number) < 0) {
		value_report(v, RULE_BAD_NUMBER, CONN_REFUSED, 0, v->value.text.n, "'" SLICE_FMT "' is neither yes, no nor a number",
			     SLICE_ARG(v->value.text));
		return false;
	}
	*ret = (struct value){ .number = number };
	return true;
}

/* --- dispatch -------------------------------------------------------------------------------------------------------------------- */

typedef bool (*parser)(const struct value_parser *v, struct value *ret);

static const parser parsers[TYPE_COUNT_OF_TYPES] = {
	[TYPE_BOOL] = value_parse_bool,
	[TYPE_ENUM] = value_parse_enum,
	[TYPE_FLAGS] = value_parse_flags,
	[TYPE_INTEGER] = parse_integer,
	[TYPE_COUNT] = parse_scaled,
	[TYPE_BYTES] = parse_scaled,
	[TYPE_TIME] = parse_time,
	[TYPE_TIME_MS] = parse_time,
	[TYPE_PERCENT] = parse_percent,
	[TYPE_PORT] = parse_port,
	[TYPE_IFNAME] = value_parse_ifname,
	[TYPE_HEX] = value_parse_hex,
	[TYPE_DN] = value_parse_dn,
	[TYPE_ID] = value_parse_id,
	[TYPE_PUBKEY] = value_parse_pubkey,
	[TYPE_HOST] = value_parse_host,
	[TYPE_IPADDR] = value_parse_ipaddr,
	[TYPE_IPADDR_LIST] = value_parse_ipaddr_list,
	[TYPE_CIDR] = value_parse_cidr,
	[TYPE_SUBNET] = value_parse_subnet,
	[TYPE_SUBNET_LIST] = value_parse_subnet_list,
	[TYPE_RANGE] = value_parse_range,
	[TYPE_PROTOPORT] = value_parse_protoport,
	[TYPE_MARK] = value_parse_mark,
	[TYPE_IFID] = parse_ifid,
	[TYPE_NET_POLICY_LIST] = value_parse_net_policy_list,
};

/* Types that the old readers scan as their own kind of token: nothing after '=' is a syntax error there (L-049). */
static bool is_scanned(enum value_type type)
{
	switch (type) {
	case TYPE_BOOL:
	case TYPE_INTEGER:
	case TYPE_COUNT:
	case TYPE_BYTES:
	case TYPE_TIME:
	case TYPE_TIME_MS:
	case TYPE_PERCENT:
		return true;
	default:
		return false;
	}
}

/* key="" and key={}: what becomes of the text of no length before 5 (run with 4.10). */
static enum consequence of_empty_text(const struct value_parser *v)
{
	switch (v->keyword->type) {
	case TYPE_BOOL:
		return FILE_REFUSED;
	case TYPE_PUBKEY:	/* addconn ends on an assertion */
		return v->release == RELEASE_4_10 ? FILE_REFUSED : VALUE_KEPT;
	case TYPE_SUBNET: case TYPE_SUBNET_LIST: case TYPE_PROTOPORT: case TYPE_CIDR: case TYPE_RANGE: case TYPE_HEX:
		return CONN_REFUSED;
	case TYPE_ENUM:		/* the word with the code 0 */
		return v->release == RELEASE_4_10 && (v->keyword->id == KW_AUTHBY || v->keyword->id == KW_PHASE2) ? CONN_REFUSED : VALUE_KEPT;
	default:
		return VALUE_KEPT;
	}
}

/* 4.10 takes nothing for the integer 0 (run). */
static enum consequence of_empty(const struct value_parser *v)
{
	if (v->release >= RELEASE_5_0)		/* C-101 */
		return v->keyword->id == KW_AUTHBY ? CONN_REFUSED : VALUE_KEPT;
	if (v->value.quoting != QUOTING_NONE)
		return of_empty_text(v);
	return v->release == RELEASE_3_18 || (is_scanned(v->keyword->type) && v->keyword->type != TYPE_INTEGER) ? FILE_REFUSED : VALUE_KEPT;
}

static void report_empty(const struct value_parser *v)
{
	value_report(v, RULE_EMPTY_VALUE, of_empty(v), 0, 0, SLICE_FMT " has no value", SLICE_ARG(v->key));
}

/* L-048: and no text. */
static bool is_number_trap(const struct value_parser *v)
{
	switch (v->keyword->type) {
	case TYPE_BOOL:
	case TYPE_ENUM:
	case TYPE_FLAGS:
	case TYPE_PORT:
	case TYPE_IFID:
	case TYPE_HOST:
	case TYPE_OBSOLETE:
	case TYPE_SECTION_REF:
	case TYPE_SECTION_REF_LIST:
		return false;
	default:
		return !is_scanned(v->keyword->type) && value_is_number_token(v);
	}
}

/* In %default it says nothing to the conns (run with 4.10). */
static bool ignores_number(const struct value_parser *v)
{
	return is_setup(v) || v->in_default || v->keyword->type == TYPE_PUBKEY || v->keyword->id == KW_CONNALIAS;
}

static void report_number_trap(const struct value_parser *v)
{
	struct finding *f = value_report(v, RULE_DIGITS_ONLY_TEXT, ignores_number(v) ? VALUE_IGNORED : CONN_REFUSED, 0, v->value.text.n,
					 "unquoted digits are no text to libreswan %s", release_name(v->release));
	struct diag_fix *fix;

	fix = diag_fix(v->diag, f, true, (struct span){ f->span.start, f->span.start }, "\"", "write \"" SLICE_FMT "\"",
		       SLICE_ARG(v->value.text));
	diag_fix_edit(v->diag, fix, (struct span){ f->span.end, f->span.end }, "\"");
}

bool value_parse(const struct value_parser *v, struct value *ret)
{
	parser parse = parsers[v->keyword->type];

	if (v->keyword->type == TYPE_OBSOLETE)
		return parse_text(v, ret);
	if (v->value.text.n == 0 && !(v->keyword->type == TYPE_COMMAND && v->value.quoting != QUOTING_NONE)) {
		report_empty(v);	/* an empty command is a value: no command (S-119) */
		return false;
	}
	if (is_number_trap(v))
		report_number_trap(v);
	if (is_number_trap(v) && ignores_number(v))
		return false;
	return (parse ? parse : parse_text)(v, ret);
}
