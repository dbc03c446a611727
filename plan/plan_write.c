/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/cleanup.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "plan/members.h"

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

static void write_shape(struct json_out *o, const struct shape *shape, const void *base);

static void write_address(struct json_out *o, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	json_out_text(o, slice_of(addr->family == AF_UNSPEC ? NULL : ip_addr_format(addr, text)));
}

static void write_prefix(struct json_out *o, const struct ip_prefix *prefix)
{
	char text[IP_PREFIX_TEXT];

	json_out_text(o, slice_of(ip_prefix_format(prefix, text)));
}

static void write_range(struct json_out *o, const struct ip_range *range)
{
	char text[IP_RANGE_TEXT];

	json_out_text(o, slice_of(ip_range_format(range, text)));
}

static void write_identity(struct json_out *o, const struct ident *id)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	ident_add(&text, id);
	o->buf->failed |= buf_failed(&text);
	json_out_text(o, buf_slice(&text));
}

static void write_sha256(struct json_out *o, const uint8_t digest[32])
{
	char text[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	json_out_text(o, slice_of(text));
}

static void write_named_text(struct json_out *o, const char *name, const char *text)
{
	json_out_name(o, name);
	json_out_text(o, slice_of(text));
}

static void write_named_number(struct json_out *o, const char *name, uint64_t number)
{
	json_out_name(o, name);
	json_out_number(o, number);
}

static void write_transform(struct json_out *o, const struct proposal_transform *t)
{
	json_out_open(o, '{');
	write_named_text(o, "type", plan_transform_words[t->transform->type]);
	write_named_text(o, "name", t->transform->name);
	write_named_number(o, "key_bits", t->key_bits);
	json_out_close(o, '}');
}

static void write_selector(struct json_out *o, const struct traffic_selector *ts)
{
	char text[IP_RANGE_TEXT];

	json_out_open(o, '{');
	write_named_text(o, "addresses", ip_range_format(&ts->range, text));
	write_named_number(o, "proto", ts->proto);
	write_named_number(o, "port_first", ts->port_first);
	write_named_number(o, "port_last", ts->port_last);
	json_out_close(o, '}');
}

static void write_words(struct json_out *o, const char *const *words, uint32_t set)
{
	json_out_open(o, '[');
	for (unsigned i = 0; words[i]; i++) {
		if (!(set & 1u << i))
			continue;
		json_out_element(o);
		json_out_text(o, slice_of(words[i]));
	}
	json_out_close(o, ']');
}

static void write_value(struct json_out *o, enum member_type type, const struct member *m, const void *p);

static void write_list(struct json_out *o, const struct member *m, const void *p)
{
	size_t size = plan_element_size(m);
	struct vec_header vec;

	memcpy(&vec, p, sizeof(vec));
	json_out_open(o, '[');
	for (size_t i = 0; i < vec.n && !buf_failed(o->buf) && buf_total(o->buf) <= LIMIT_PLAN_BYTES; i++) {
		buf_pass_on(o->buf);
		json_out_element(o);
		write_value(o, m->element, m, (const char *)vec.v + i * size);
	}
	json_out_close(o, ']');
}

/* An origin without a file, a mark without a mask, and a port that is neither set nor a number are not there. */
static bool is_absent(const struct member *m, const void *base)
{
	const char *p = (const char *)base + m->offset;
	const struct member *deciding;

	if (m->type == MEMBER_PORT)
		return !*((const bool *)((const char *)base + m->set_offset)) && !*(const uint16_t *)p;
	if (m->type != MEMBER_OBJECT || !m->optional)
		return false;
	deciding = m->shape->members;
	if (deciding->type == MEMBER_TEXT)
		return !text_at(p + deciding->offset);
	return number_at(p + offsetof(struct plan_mark, mask), sizeof(uint32_t)) == 0;
}

static void write_value(struct json_out *o, enum member_type type, const struct member *m, const void *p)
{
	switch (type) {
	case MEMBER_BOOL:
		return json_out_bool(o, *(const bool *)p);
	case MEMBER_NUMBER:
		return json_out_number(o, number_at(p, m->size));
	case MEMBER_ENUM:
		return json_out_text(o, slice_of(m->words[number_at(p, sizeof(unsigned))]));
	case MEMBER_FLAGS:
		return write_words(o, m->words, *(const uint32_t *)p);
	case MEMBER_RELEASE:
		return json_out_text(o, slice_of(release_name(*(const enum release *)p)));
	case MEMBER_DIALECT:
		return json_out_text(o, slice_of(release_dialect(*(const enum release *)p)));
	case MEMBER_TEXT:
		return json_out_text(o, slice_of(text_at(p)));
	case MEMBER_ADDRESS:
		return write_address(o, p);
	case MEMBER_PREFIX:
		return write_prefix(o, p);
	case MEMBER_RANGE:
		return write_range(o, p);
	case MEMBER_IDENTITY:
		return write_identity(o, p);
	case MEMBER_SHA256:
		return write_sha256(o, p);
	case MEMBER_PORT:
		return json_out_number(o, *(const uint16_t *)p);
	case MEMBER_TRANSFORM:
		return write_transform(o, p);
	case MEMBER_SELECTOR:
		return write_selector(o, p);
	case MEMBER_LIST:
		return write_list(o, m, p);
	case MEMBER_OBJECT:
		return write_shape(o, m->shape, p);
	}
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
		return number_at(p, m->type == MEMBER_NUMBER ? m->size : sizeof(unsigned)) == 0;
	}
}

static void write_members(struct json_out *o, const struct shape *shape, const void *base)
{
	for (const struct member *m = shape->members; m->name; m++) {
		const char *p = (const char *)base + m->offset;

		if (m->sparse && is_zero(m, p))
			continue;
		json_out_name(o, m->name);
		if (is_absent(m, base))
			json_out_null(o);
		else
			write_value(o, m->type, m, p);
	}
}

static void write_shape(struct json_out *o, const struct shape *shape, const void *base)
{
	json_out_open(o, '{');
	write_members(o, shape, base);
	json_out_close(o, '}');
}

/* A plan may have hundreds of thousands of items of several kilobytes each: no tree is made of it. */
int plan_write(const struct plan *plan, struct buf *out)
{
	struct json_out o = { .buf = out };
	size_t start = buf_total(out);

	json_out_open(&o, '{');
	write_named_number(&o, "version", PLAN_VERSION);
	write_named_text(&o, "kind", PLAN_KIND);
	write_members(&o, &plan_shape, plan);
	json_out_close(&o, '}');
	buf_add_char(out, '\n');
	if (buf_failed(out))
		return -ENOMEM;
	return buf_total(out) - start <= LIMIT_PLAN_BYTES ? 0 : -EFBIG;
}
