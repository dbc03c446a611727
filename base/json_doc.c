/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_doc.h"

#include <errno.h>
#include <stdlib.h>
#include <unistr.h>

#include "base/cleanup.h"

#define REPLACEMENT SLICE("\357\277\275")	/* U+FFFD */

struct doc doc_new(void)
{
	struct doc d = { .json = json_object() };

	d.failed = !d.json;
	return d;
}

void doc_set(struct doc *d, const char *key, json_t *value)
{
	d->failed |= json_object_set_new(d->json, key, value) != 0;
}

void doc_set_text(struct doc *d, const char *key, const char *text)
{
	doc_set(d, key, doc_text(slice_of(text)));
}

json_t *doc_finish(struct doc *d)
{
	if (!d->failed)
		return d->json;
	json_decref(d->json);
	return NULL;
}

json_t *doc_text(struct slice s)
{
	CLEANUP(buf_release) struct buf clean = { 0 };

	if (!s.p)
		return json_null();
	if (!u8_check((const uint8_t *)s.p, s.n))
		return json_stringn(s.p, s.n);
	for (size_t at = 0; at < s.n;) {
		ucs4_t c;
		int n = u8_mbtoucr(&c, (const uint8_t *)s.p + at, s.n - at);

		buf_add_slice(&clean, n > 0 ? (struct slice){ s.p + at, (size_t)n } : REPLACEMENT);
		at += n > 0 ? (size_t)n : 1;
	}
	return buf_failed(&clean) ? NULL : json_stringn(clean.p, clean.n);
}

json_t *doc_array(const void *context, size_t n, json_t *(*make)(const void *context, size_t i))
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++) {
		if (json_array_append_new(array, make(context, i))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

int doc_write(json_t *document, struct buf *out)
{
	char *text = document ? json_dumps(document, JSON_INDENT(2)) : NULL;

	json_decref(document);
	if (!text)
		return -ENOMEM;
	buf_add_str(out, text);
	buf_add_char(out, '\n');
	free(text);
	return buf_failed(out) ? -ENOMEM : 0;
}
