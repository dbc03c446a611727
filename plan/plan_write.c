/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "base/json_doc.h"
#include "base/limits.h"
#include "plan/members.h"

static json_t *shape_json(const struct shape *shape, const void *base);

/* The value at p, of `size` bytes. */
static uint64_t number_at(const void *p, uint8_t size)
{
	uint8_t u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (size) {
	case 1:
		memcpy(&u8, p, 1);
		return u8;
	case 2:
		memcpy(&u16, p, 2);
		return u16;
	case 4:
		memcpy(&u32, p, 4);
		return u32;
	default:
		memcpy(&u64, p, 8);
		return u64;
	}
}

static const char *text_at(const void *p)
{
	return *(const char *const *)p;
}

static json_t *address_json(const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	return addr->family == AF_UNSPEC ? json_null() : json_string(ip_addr_format(addr, text));
}

static json_t *prefix_json(const struct ip_prefix *prefix)
{
	char text[IP_PREFIX_TEXT];

	return json_string(ip_prefix_format(prefix, text));
}

static json_t *range_json(const struct ip_range *range)
{
	char text[IP_RANGE_TEXT];

	return json_string(ip_range_format(range, text));
}

static json_t *identity_json(const struct ident *id)
{
	json_t *volatile json = NULL;
	struct arena a;
	jmp_buf oom;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom) == 0)
		json = doc_text(slice_of(ident_format(&a, id)));
	arena_release(&a);
	return json;
}

static json_t *sha256_json(const uint8_t digest[32])
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return json_string(text);
}

static json_t *transform_json(const struct proposal_transform *t)
{
	return json_pack("{s:s, s:s, s:i}", "type", plan_transform_words[t->transform->type], "name", t->transform->name,
			 "key_bits", t->key_bits);
}

static json_t *selector_json(const struct traffic_selector *ts)
{
	char text[IP_RANGE_TEXT];

	return json_pack("{s:s, s:i, s:i, s:i}", "addresses", ip_range_format(&ts->range, text), "proto", ts->proto, "port_first",
			 ts->port_first, "port_last", ts->port_last);
}

static json_t *words_json(const char *const *words, uint32_t set)
{
	json_t *array = json_array();

	for (unsigned i = 0; array && words[i]; i++) {
		if ((set & 1u << i) && json_array_append_new(array, json_string(words[i]))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *value_json(enum member_type type, const struct member *m, const void *p);

static json_t *list_json(const struct member *m, const void *p)
{
	size_t size = plan_element_size(m);
	json_t *array = json_array();
	struct vec_header vec;

	memcpy(&vec, p, sizeof(vec));
	for (size_t i = 0; array && i < vec.n; i++) {
		if (json_array_append_new(array, value_json(m->element, m, (const char *)vec.v + i * size))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

/* An origin without a file and a mark without a mask are not there. */
static bool is_absent(const struct member *m, const void *p)
{
	const struct member *deciding = m->shape->members;

	if (!m->optional)
		return false;
	if (deciding->type == MEMBER_TEXT)
		return !text_at((const char *)p + deciding->offset);
	return number_at((const char *)p + offsetof(struct plan_mark, mask), sizeof(uint32_t)) == 0;
}

static json_t *value_json(enum member_type type, const struct member *m, const void *p)
{
	switch (type) {
	case MEMBER_BOOL:
		return json_boolean(*(const bool *)p);
	case MEMBER_NUMBER:
		return json_integer((json_int_t)number_at(p, m->size));
	case MEMBER_ENUM:
		return json_string(m->words[number_at(p, sizeof(unsigned))]);
	case MEMBER_FLAGS:
		return words_json(m->words, *(const uint32_t *)p);
	case MEMBER_RELEASE:
		return json_string(release_name(*(const enum release *)p));
	case MEMBER_DIALECT:
		return json_string(release_dialect(*(const enum release *)p));
	case MEMBER_TEXT:
		return doc_text(slice_of(text_at(p)));
	case MEMBER_ADDRESS:
		return address_json(p);
	case MEMBER_PREFIX:
		return prefix_json(p);
	case MEMBER_RANGE:
		return range_json(p);
	case MEMBER_IDENTITY:
		return identity_json(p);
	case MEMBER_SHA256:
		return sha256_json(p);
	case MEMBER_PORT:	/* shape_json() has looked whether it is any */
		return json_integer(*(const uint16_t *)p);
	case MEMBER_TRANSFORM:
		return transform_json(p);
	case MEMBER_SELECTOR:
		return selector_json(p);
	case MEMBER_LIST:
		return list_json(m, p);
	case MEMBER_OBJECT:
		return is_absent(m, p) ? json_null() : shape_json(m->shape, p);
	}
	return NULL;
}

/* Of a sparse member. */
static bool is_zero(const struct member *m, const void *p)
{
	struct vec_header vec;

	switch (m->type) {
	case MEMBER_BOOL:
		return !*(const bool *)p;
	case MEMBER_TEXT:
		return !text_at(p);
	case MEMBER_LIST:
		memcpy(&vec, p, sizeof(vec));
		return vec.n == 0;
	default:
		return number_at(p, sizeof(unsigned)) == 0;
	}
}

static void add_members(struct doc *d, const struct shape *shape, const void *base)
{
	for (const struct member *m = shape->members; m->name; m++) {
		const char *p = (const char *)base + m->offset;

		if (m->sparse && is_zero(m, p))
			continue;
		if (m->type == MEMBER_PORT && !*((const bool *)((const char *)base + m->set_offset)) && !*(const uint16_t *)p)
			doc_set(d, m->name, json_null());
		else
			doc_set(d, m->name, value_json(m->type, m, p));
	}
}

static json_t *shape_json(const struct shape *shape, const void *base)
{
	struct doc d = doc_new();

	add_members(&d, shape, base);
	return doc_finish(&d);
}

/* --- the document ---
 *
 * A plan may have hundreds of thousands of items, and jansson's tree of them would take some ten times the text. So only one item is a tree
 * at a time, and what stands around the items is written here, as json_dumps() would. */

/* Takes json. Its lines after the first are indented by `indent` more. */
static void add_json(struct buf *out, json_t *json, size_t indent)
{
	char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
	const char *p = text, *end;

	json_decref(json);
	out->failed |= !text;
	for (; p && (end = strchr(p, '\n')); p = end + 1) {
		buf_add(out, p, (size_t)(end - p) + 1);
		buf_add_repeated(out, ' ', indent);
	}
	if (p)
		buf_add_str(out, p);
	free(text);
}

static void add_items(struct buf *out, const struct member *m, const void *p)
{
	size_t size = plan_element_size(m);
	struct vec_header vec;

	memcpy(&vec, p, sizeof(vec));
	buf_add_char(out, '[');
	for (size_t i = 0; i < vec.n && !buf_failed(out) && out->n <= LIMIT_PLAN_BYTES; i++) {
		buf_add_str(out, i ? ",\n    " : "\n    ");
		add_json(out, value_json(m->element, m, (const char *)vec.v + i * size), 4);
	}
	buf_add_str(out, vec.n ? "\n  ]" : "]");
}

int plan_write(const struct plan *plan, struct buf *out)
{
	size_t start = out->n;

	buf_printf(out, "{\n  \"version\": %d,\n  \"kind\": \"" PLAN_KIND "\"", PLAN_VERSION);
	for (const struct member *m = plan_shape.members; m->name; m++) {
		const char *p = (const char *)plan + m->offset;

		buf_printf(out, ",\n  \"%s\": ", m->name);
		if (m->type == MEMBER_LIST)
			add_items(out, m, p);
		else
			add_json(out, value_json(m->type, m, p), 2);
	}
	buf_add_str(out, "\n}\n");
	if (buf_failed(out))
		return -ENOMEM;
	if (out->n - start <= LIMIT_PLAN_BYTES)
		return 0;
	out->n = start;
	out->p[start] = '\0';
	return -EFBIG;
}
