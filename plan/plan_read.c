/* SPDX-License-Identifier: Apache-2.0 */
/* plan_read.c -- untrusted JSON to a plan: types and ranges by the table of members; what one member cannot show is
 * plan_check.c's. */
#include <errno.h>

#include "base/limits.h"
#include "plan/reader.h"

struct place {			/* where a value goes: what the table says, and the struct it lies in */
	const struct member *member;
	void *base;
};

static int take_value(struct plan_reader *r, const struct json_step *at, const json_t *json, enum member_type type,
		      const struct member *m, void *p);

static int expected(struct plan_reader *r, const struct json_step *at, const char *what, const json_t *json)
{
	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "%s is expected, not %s", what, json_kind(json));
	return -EINVAL;
}

static int take_number(struct plan_reader *r, const struct json_step *at, const json_t *json, uint64_t max, uint64_t *ret)
{
	json_int_t v = json_integer_value(json);

	if (!json_is_integer(json))
		return expected(r, at, "a whole number", json);
	if (v < 0 || (uint64_t)v > max) {
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "%lld is out of range, 0 to %llu", (long long)v,
				  (unsigned long long)max);
		return -EINVAL;
	}
	*ret = (uint64_t)v;
	return 0;
}

static void store_number(void *p, uint8_t size, uint64_t v)
{
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	uint32_t u32 = (uint32_t)v;

	memcpy(p, size == 1 ? (void *)&u8 : size == 2 ? (void *)&u16 : size == 4 ? (void *)&u32 : (void *)&v, size);
}

/* Text of a string that a name, a path or an address can be: no control characters, which a log or a terminal would suffer from. */
static int take_slice(struct plan_reader *r, const struct json_step *at, const json_t *json, struct slice *ret)
{
	struct slice s = { json_string_value(json), json_string_length(json) };

	if (!json_is_string(json))
		return expected(r, at, "text", json);
	if (s.n > LIMIT_LINE_BYTES) {
		json_input_report(&r->in, RULE_PLAN_LIMIT, at, "this text has %zu bytes, more than %u", s.n, LIMIT_LINE_BYTES);
		return -EINVAL;
	}
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20) {
			json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "the text holds the control character %u", s.p[i]);
			return -EINVAL;
		}
	}
	*ret = s;
	return 0;
}

static int bad_word(struct plan_reader *r, const struct json_step *at, struct slice word, const char *const *words)
{
	struct buf list = { 0 };

	for (size_t i = 0; words[i]; i++)
		if (*words[i])
			buf_printf(&list, "%s'%s'", list.n ? ", " : "", words[i]);
	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "'" SLICE_FMT "' is none of %s", SLICE_ARG(word), list.p ? list.p : "");
	buf_release(&list);
	return -EINVAL;
}

static int take_word(struct plan_reader *r, const struct json_step *at, const json_t *json, const char *const *words, unsigned *ret)
{
	struct slice word;
	int e = take_slice(r, at, json, &word);

	if (e)
		return e;
	for (unsigned i = 0; words[i]; i++) {
		if (*words[i] && slice_eq_str(word, words[i])) {
			*ret = i;
			return 0;
		}
	}
	return bad_word(r, at, word, words);
}

static int take_flags(struct plan_reader *r, const struct json_step *at, const json_t *json, const char *const *words, uint32_t *ret)
{
	uint32_t set = 0;
	unsigned bit;

	if (!json_is_array(json))
		return expected(r, at, "a list", json);
	for (size_t i = 0; i < json_array_size(json); i++) {
		struct json_step step = { at, NULL, i };
		int e = take_word(r, &step, json_array_get(json, i), words, &bit);

		if (e)
			return e;
		set |= 1u << bit;
	}
	*ret = set;
	return 0;
}

static int not_a(struct plan_reader *r, const struct json_step *at, struct slice text, const char *what)
{
	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "'" SLICE_FMT "' is no %s", SLICE_ARG(text), what);
	return -EINVAL;
}

static int take_release(struct plan_reader *r, const struct json_step *at, const json_t *json, enum release *ret)
{
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (e)
		return e;
	return release_parse(text, ret) ? not_a(r, at, text, "release of Libreswan") : 0;
}

/* The release has been taken already. */
static int take_dialect(struct plan_reader *r, const struct json_step *at, const json_t *json, enum release release)
{
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (e || slice_eq_str(text, release_dialect(release)))
		return e;
	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "'" SLICE_FMT "' is not the dialect of libreswan %s", SLICE_ARG(text),
			  release_name(release));
	return -EINVAL;
}

static int take_text(struct plan_reader *r, const struct json_step *at, const json_t *json, const char **ret)
{
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (!e)
		*ret = arena_strdup(r->arena, text);
	return e;
}

static int take_address(struct plan_reader *r, const struct json_step *at, const json_t *json, struct ip_addr *ret)
{
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (e)
		return e;
	return ip_addr_parse(text, ret) ? not_a(r, at, text, "address") : 0;
}

static int take_prefix(struct plan_reader *r, const struct json_step *at, const json_t *json, struct ip_prefix *ret)
{
	struct ip_prefix prefix;
	bool host_bits = false;
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (e)
		return e;
	if (ip_prefix_parse(text, &prefix, &host_bits))
		return not_a(r, at, text, "prefix");
	if (host_bits) {
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "'" SLICE_FMT "' has bits beyond its length", SLICE_ARG(text));
		return -EINVAL;
	}
	*ret = prefix;
	return 0;
}

static int take_identity(struct plan_reader *r, const struct json_step *at, const json_t *json, struct ident *ret)
{
	struct slice text;
	const char *why;
	size_t offset;
	int e = take_slice(r, at, json, &text);

	if (e)
		return e;
	e = ident_parse(r->arena, text, ret, &why, &offset);
	if (e == -EINVAL)
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "'" SLICE_FMT "' is no identity: %s", SLICE_ARG(text), why);
	return e;
}

static int take_sha256(struct plan_reader *r, const struct json_step *at, const json_t *json, uint8_t ret[32])
{
	struct slice text;
	int e = take_slice(r, at, json, &text);

	if (e)
		return e;
	if (text.n != 64 || strspn(text.p, "0123456789abcdef") != 64)
		return not_a(r, at, text, "SHA-256 in 64 lower-case hexadecimal digits");
	for (size_t i = 0; i < 32; i++) {
		char pair[3] = { text.p[2 * i], text.p[2 * i + 1] };

		ret[i] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return 0;
}

/* Members that are not in the table: a plan of a newer program, or a slip of whoever writes plans. */
static void report_unknown(struct plan_reader *r, const struct json_step *at, const json_t *object, const struct member *known)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		const struct member *m = known;
		struct json_step step = { at, key, 0 };

		while (m->name && strcmp(m->name, key) != 0)
			m++;
		if (!m->name)
			json_input_report(&r->in, RULE_PLAN_UNKNOWN_MEMBER, &step, "a plan of version %u has no such member",
					  PLAN_VERSION);
	}
}

static int missing(struct plan_reader *r, const struct json_step *at, const char *name)
{
	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "member '%s' is missing", name);
	return -EINVAL;
}

static int take_member(struct plan_reader *r, const struct json_step *at, const json_t *object, struct place to)
{
	const struct member *m = to.member;
	struct json_step step = { at, m->name, 0 };
	const json_t *json = json_object_get(object, m->name);

	if (m->optional && (!json || json_is_null(json)))
		return 0;
	if (!json)
		return missing(r, at, m->name);
	if (m->type == MEMBER_PORT)
		*(bool *)((char *)to.base + m->set_offset) = true;
	return take_value(r, &step, json, m->type, m, (char *)to.base + m->offset);
}

static int take_members(struct plan_reader *r, const struct json_step *at, const json_t *object, const struct member *members,
			void *base)
{
	int e = 0;

	if (!json_is_object(object))
		return expected(r, at, "an object", object);
	for (const struct member *m = members; m->name; m++) {
		int failed = take_member(r, at, object, (struct place){ m, base });

		e = failed ? failed : e;
	}
	report_unknown(r, at, object, members);
	return e;
}

/* --- the two objects whose structs have no member for each JSON member --- */

struct transform_document {
	unsigned type;
	const char *name;
	uint16_t key_bits;
};

static const struct member transform_members[] = {
	{ "type", MEMBER_ENUM, .offset = offsetof(struct transform_document, type), .words = plan_transform_words },
	{ "name", MEMBER_TEXT, .offset = offsetof(struct transform_document, name) },
	{ "key_bits", MEMBER_NUMBER, .offset = offsetof(struct transform_document, key_bits), .size = 2, .max = UINT16_MAX },
	{ 0 },
};

static bool key_size_fits(const struct transform *t, uint16_t bits)
{
	if (bits == 0)
		return !t->key_attribute;
	for (size_t i = 0; i < sizeof t->key_bits / sizeof *t->key_bits; i++)
		if (t->key_bits[i] == bits)
			return true;
	return false;
}

static int take_transform(struct plan_reader *r, const struct json_step *at, const json_t *json, struct proposal_transform *ret)
{
	struct transform_document d = { 0 };
	int e = take_members(r, at, json, transform_members, &d);

	if (e)
		return e;
	ret->transform = transform_by_name((enum transform_type)d.type, d.name);
	ret->key_bits = d.key_bits;
	if (!ret->transform) {
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "no transform of type '%s' is called '%s'",
				  plan_transform_words[d.type], d.name);
		return -EINVAL;
	}
	if (!key_size_fits(ret->transform, d.key_bits)) {
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "%s has no keys of %u bits", d.name, d.key_bits);
		return -EINVAL;
	}
	return 0;
}

struct selector_document {
	const char *addresses;
	uint8_t proto;
	uint16_t port_first, port_last;
};

static const struct member selector_members[] = {
	{ "addresses", MEMBER_TEXT, .offset = offsetof(struct selector_document, addresses) },
	{ "proto", MEMBER_NUMBER, .offset = offsetof(struct selector_document, proto), .size = 1, .max = UINT8_MAX },
	{ "port_first", MEMBER_NUMBER, .offset = offsetof(struct selector_document, port_first), .size = 2, .max = UINT16_MAX },
	{ "port_last", MEMBER_NUMBER, .offset = offsetof(struct selector_document, port_last), .size = 2, .max = UINT16_MAX },
	{ 0 },
};

/* "10.0.0.0/8" or "10.0.0.1-10.0.0.9" */
static int parse_range(struct slice text, struct ip_range *ret)
{
	const char *dash = memchr(text.p, '-', text.n);
	struct ip_range range;
	struct ip_prefix prefix;
	bool host_bits = false;

	if (!dash) {
		if (ip_prefix_parse(text, &prefix, &host_bits) || host_bits)
			return -EINVAL;
		*ret = ip_range_of_prefix(&prefix);
		return 0;
	}
	if (ip_addr_parse((struct slice){ text.p, (size_t)(dash - text.p) }, &range.first) ||
	    ip_addr_parse(slice_sub(text, (size_t)(dash - text.p) + 1, text.n), &range.last))
		return -EINVAL;
	if (range.first.family != range.last.family || ip_addr_cmp(&range.first, &range.last) > 0)
		return -EINVAL;
	*ret = range;
	return 0;
}

static int take_selector(struct plan_reader *r, const struct json_step *at, const json_t *json, struct traffic_selector *ret)
{
	struct selector_document d = { 0 };
	struct json_step addresses = { at, "addresses", 0 };
	int e = take_members(r, at, json, selector_members, &d);

	if (e)
		return e;
	*ret = (struct traffic_selector){ .proto = d.proto, .port_first = d.port_first, .port_last = d.port_last };
	if (parse_range(slice_of(d.addresses), &ret->range))
		return not_a(r, &addresses, slice_of(d.addresses), "prefix and no range of addresses");
	/* 65535..0 is "opaque" (RFC 7296 section 3.13.1) */
	if (d.port_first > d.port_last && !(d.port_first == 65535 && d.port_last == 0)) {
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, at, "port_first %u is above port_last %u", d.port_first,
				  d.port_last);
		return -EINVAL;
	}
	return 0;
}

static int take_range(struct plan_reader *r, const struct json_step *at, const json_t *json, struct ip_range *ret)
{
	const char *text = NULL;
	int e = take_text(r, at, json, &text);

	if (e)
		return e;
	return parse_range(slice_of(text), ret) ? not_a(r, at, slice_of(text), "prefix and no range of addresses") : 0;
}

/* --- lists, and the switch over all types --- */

static int take_list(struct plan_reader *r, const struct json_step *at, const json_t *json, const struct member *m, void *p)
{
	size_t n = json_array_size(json), size = plan_element_size(m);
	struct vec_header vec = { 0 };
	int e = 0;

	if (!json_is_array(json))
		return expected(r, at, "a list", json);
	if (n > m->max) {
		json_input_report(&r->in, RULE_PLAN_LIMIT, at, "the list has %zu elements, more than %llu", n,
				  (unsigned long long)m->max);
		return -EINVAL;
	}
	if (n)
		vec = (struct vec_header){ arena_alloc_array(r->arena, n, size, _Alignof(max_align_t)), n, n };
	for (size_t i = 0; i < n; i++) {
		struct json_step step = { at, NULL, i };
		int failed = take_value(r, &step, json_array_get(json, i), m->element, m, (char *)vec.v + i * size);

		e = failed ? failed : e;
	}
	memcpy(p, &vec, sizeof(vec));
	return e;
}

static int take_value(struct plan_reader *r, const struct json_step *at, const json_t *json, enum member_type type,
		      const struct member *m, void *p)
{
	uint64_t number = 0;
	int e;

	switch (type) {
	case MEMBER_BOOL:
		if (!json_is_boolean(json))
			return expected(r, at, "true or false", json);
		*(bool *)p = json_is_true(json);
		return 0;
	case MEMBER_NUMBER:
	case MEMBER_PORT:
		e = take_number(r, at, json, type == MEMBER_PORT ? UINT16_MAX : m->max, &number);
		if (!e)
			store_number(p, type == MEMBER_PORT ? 2 : m->size, number);
		return e;
	case MEMBER_ENUM:
		return take_word(r, at, json, m->words, p);
	case MEMBER_FLAGS:
		return take_flags(r, at, json, m->words, p);
	case MEMBER_RELEASE:
		return take_release(r, at, json, p);
	case MEMBER_DIALECT:
		return take_dialect(r, at, json, *(const enum release *)p);
	case MEMBER_TEXT:
		return take_text(r, at, json, p);
	case MEMBER_ADDRESS:
		return take_address(r, at, json, p);
	case MEMBER_PREFIX:
		return take_prefix(r, at, json, p);
	case MEMBER_RANGE:
		return take_range(r, at, json, p);
	case MEMBER_IDENTITY:
		return take_identity(r, at, json, p);
	case MEMBER_SHA256:
		return take_sha256(r, at, json, p);
	case MEMBER_TRANSFORM:
		return take_transform(r, at, json, p);
	case MEMBER_SELECTOR:
		return take_selector(r, at, json, p);
	case MEMBER_OBJECT:
		return take_members(r, at, json, m->shape->members, p);
	case MEMBER_LIST:
		return take_list(r, at, json, m, p);
	}
	return -EINVAL;
}

/* --- the document --- */

static int check_head(struct plan_reader *r, const json_t *document)
{
	struct json_step version = { NULL, "version", 0 }, kind = { NULL, "kind", 0 };
	const json_t *v = json_object_get(document, "version"), *k = json_object_get(document, "kind");

	if (!k || !json_is_string(k) || strcmp(json_string_value(k), PLAN_KIND) != 0) {
		json_input_report(&r->in, RULE_PLAN_VERSION, k ? &kind : NULL,
				  "this document is no plan: its kind is not '" PLAN_KIND "'");
		return -EINVAL;
	}
	if (!v)
		return missing(r, NULL, "version");
	if (!json_is_integer(v) || json_integer_value(v) != PLAN_VERSION) {
		json_input_report(&r->in, RULE_PLAN_VERSION, &version, "only plans of version %u are understood", PLAN_VERSION);
		return -EINVAL;
	}
	return 0;
}

static int take_plan(void *context, json_t *document)
{
	struct plan_reader *r = context;

	if (check_head(r, document))
		return -EINVAL;
	json_object_del(document, "version");
	json_object_del(document, "kind");
	r->plan = arena_new(r->arena, struct plan);
	if (take_members(r, NULL, document, plan_shape.members, r->plan))
		return -EINVAL;
	return plan_check(r);
}

int plan_read(struct arena *a, struct slice json, uint32_t base, struct diag *diag, struct plan **ret)
{
	struct plan_reader r = {
		.in = { .text = json, .base = base, .diag = diag, .syntax_rule = RULE_PLAN_SYNTAX, .limit_rule = RULE_PLAN_LIMIT,
			.limit = LIMIT_PLAN_BYTES },
		.arena = a,
	};
	int e = json_input_run(&r.in, a, take_plan, &r);

	if (e)
		return e;
	plan_index(r.plan, a);
	*ret = r.plan;
	return 0;
}
