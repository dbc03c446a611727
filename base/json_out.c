/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include <stdlib.h>

#include "base/json_doc.h"

static void new_line(struct json_out *o)
{
	buf_add_char(o->buf, '\n');
	buf_add_repeated(o->buf, ' ', (size_t)o->depth * 2);
}

void json_out_open(struct json_out *o, char bracket)
{
	buf_add_char(o->buf, bracket);
	o->depth++;
	o->first = true;
}

void json_out_close(struct json_out *o, char bracket)
{
	o->depth--;
	if (!o->first)
		new_line(o);
	buf_add_char(o->buf, bracket);
	o->first = false;
}

void json_out_element(struct json_out *o)
{
	if (!o->first)
		buf_add_char(o->buf, ',');
	new_line(o);
	o->first = false;
}

void json_out_name(struct json_out *o, const char *name)
{
	json_out_element(o);
	buf_add_char(o->buf, '"');
	buf_add_str(o->buf, name);
	buf_add(o->buf, "\": ", 3);
}

void json_out_null(struct json_out *o)
{
	buf_add(o->buf, "null", 4);
}

void json_out_bool(struct json_out *o, bool value)
{
	buf_add_str(o->buf, value ? "true" : "false");
}

void json_out_number(struct json_out *o, uint64_t value)
{
	char digits[20], *p = digits + sizeof digits;

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	buf_add(o->buf, p, (size_t)(digits + sizeof digits - p));
}

/* Needs no escape, and is UTF-8 for certain. */
static bool is_plain(struct slice text)
{
	for (size_t i = 0; i < text.n; i++)
		if ((unsigned char)text.p[i] < 0x20 || (unsigned char)text.p[i] > 0x7e || text.p[i] == '"' || text.p[i] == '\\')
			return false;
	return true;
}

static void add_escaped(struct json_out *o, struct slice text)
{
	json_t *json = doc_text(text);
	char *escaped = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	if (escaped)
		buf_add_str(o->buf, escaped);
	else
		o->buf->failed = true;
	json_decref(json);
	free(escaped);
}

void json_out_text(struct json_out *o, struct slice text)
{
	if (!text.p) {
		json_out_null(o);
	} else if (!is_plain(text)) {
		add_escaped(o, text);
	} else {
		buf_add_char(o->buf, '"');
		buf_add_slice(o->buf, text);
		buf_add_char(o->buf, '"');
	}
}
