/* SPDX-License-Identifier: Apache-2.0 */
/* The document of `ipsecc show --format=json`, contract section 3. */
#include "base/cleanup.h"
#include "compiler/effective.h"
#include "base/json_doc.h"

#define DOCUMENT_VERSION 1

static const char *const source_names[] = { [SOURCE_CONN] = "conn", [SOURCE_ALSO] = "also", [SOURCE_DEFAULT] = "default" };

static void set_place(struct doc *d, const struct unit *u, const struct setting *s)
{
	struct diag_place place = { 0 };

	if (s && !s->from->implicit)
		place = sources_locate(&u->sources, s->param->key_span.start);
	doc_set_text(d, "file", place.file);
	doc_set(d, "line", place.file ? json_integer(place.line) : json_null());
}

/* The lines of an implicit conn are nobody's. */
static const char *source_name(const struct setting *s)
{
	return !s || (s->from->implicit && s->source == SOURCE_CONN) ? "builtin" : source_names[s->source];
}

static json_t *make_via(const void *context, size_t i)
{
	return doc_text(slice_of(((const char *const *)context)[i]));
}

static json_t *via(const struct setting *s)
{
	size_t n = 0;

	while (s && s->path && s->path[n])
		n++;
	return doc_array(s ? s->path : NULL, n, make_via);
}

static json_t *losers(const struct unit *u, const struct setting *winner)
{
	json_t *array = json_array();
	bool failed = !array;

	for (const struct setting *s = winner ? winner->loser : NULL; s && !failed; s = s->loser) {
		struct doc d = doc_new();

		doc_set(&d, "value", doc_text(s->param->value.text));
		doc_set_text(&d, "source", source_name(s));
		set_place(&d, u, s);
		doc_set(&d, "via", via(s));
		failed = json_array_append_new(array, doc_finish(&d)) != 0;
	}
	if (!failed)
		return array;
	json_decref(array);
	return NULL;
}

static json_t *value(const struct unit *u, const struct effective_value *v)
{
	struct doc d = doc_new();

	doc_set(&d, "value", doc_text(v->text));
	if (v->has_number)
		doc_set(&d, "number", json_integer((json_int_t)v->number));
	doc_set_text(&d, "source", source_name(v->setting));
	set_place(&d, u, v->setting);
	doc_set(&d, "via", via(v->setting));
	doc_set(&d, "losers", losers(u, v->setting));
	return doc_finish(&d);
}

static json_t *settings(const struct unit *u, const struct resolved_conn *conn)
{
	CLEANUP(effective_release) struct effective list = { 0 };
	struct doc d = doc_new();

	d.failed |= effective_list(u, conn, true, &list) != 0;
	for (size_t i = 0; i < list.n; i++)
		doc_set(&d, list.values[i].keyword, value(u, &list.values[i]));
	return doc_finish(&d);
}

static bool wanted(const char *const *conns, const char *name)
{
	if (!conns)
		return true;
	for (; *conns; conns++)
		if (strcmp(*conns, name) == 0)
			return true;
	return false;
}

static json_t *conns_document(const struct unit *u, const char *const *conns)
{
	struct doc d = doc_new();

	for (size_t i = 0; i < u->resolved->conns.n; i++) {
		const struct resolved_conn *conn = &u->resolved->conns.v[i];
		json_t *name;

		if (!wanted(conns, conn->name))
			continue;
		name = doc_text(slice_of(conn->name));		/* a name of any bytes becomes a key that is UTF-8 */
		if (name)
			doc_set(&d, json_string_value(name), settings(u, conn));
		else
			d.failed = true;
		json_decref(name);
	}
	return doc_finish(&d);
}

int unit_write_show_json(const struct unit *u, const char *const *conns, struct buf *out)
{
	struct doc d = doc_new();

	doc_set(&d, "version", json_integer(DOCUMENT_VERSION));
	doc_set(&d, "setup", settings(u, NULL));
	doc_set(&d, "conns", conns_document(u, conns));
	return doc_write(doc_finish(&d), out);
}
