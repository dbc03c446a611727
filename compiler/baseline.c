/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/baseline.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json_doc.h"
#include "base/limits.h"
#include "diag/json_input.h"

#define BASELINE_VERSION	1
#define BASELINE_KIND		"ipsecc-baseline"

static struct slice key_of(struct arena *a, const char *fingerprint, const char *checked)
{
	return slice_of(arena_printf(a, "%s %s", fingerprint, checked));
}

static struct baseline_entry *add_entry(struct baseline *b, const struct baseline_entry *from)
{
	struct slice key = key_of(&b->arena, from->fingerprint, from->checked);
	struct baseline_entry *e = map_get(&b->by_key, key);

	if (e)
		return e;
	e = arena_new(&b->arena, struct baseline_entry);
	*e = *from;
	map_set(&b->by_key, key, e);
	vec_push(&b->arena, &b->entries, e);
	return e;
}

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

struct reading {
	struct json_input in;
	struct baseline *baseline;
};

/* NULL: missing, or of another kind (reported). */
static const char *text_member(struct reading *r, const struct json_step *at, const json_t *object, const char *name)
{
	const json_t *json = json_object_get(object, name);
	struct json_step step = { at, name, 0 };

	if (!json)
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, at, "member '%s' is missing", name);
	else if (!json_is_string(json))
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, &step, "text is expected, not %s", json_kind(json));
	else
		return arena_strdup(&r->baseline->arena, slice_of(json_string_value(json)));
	return NULL;
}

static bool is_fingerprint(const char *text)
{
	return strlen(text) == sizeof(((struct fingerprint *)0)->text) - 1 && strspn(text, "0123456789abcdef") == strlen(text);
}

static void take_entry(struct reading *r, const struct json_step *at, const json_t *object)
{
	struct json_step step = { at, "fingerprint", 0 };
	struct baseline_entry e = { 0 };

	if (!json_is_object(object)) {
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, at, "an object is expected, not %s", json_kind(object));
		return;
	}
	e.fingerprint = text_member(r, at, object, "fingerprint");
	e.rule = text_member(r, at, object, "rule");
	e.file = text_member(r, at, object, "file");
	e.checked = json_object_get(object, "checked") ? text_member(r, at, object, "checked") : e.file;
	if (!e.fingerprint || !e.rule || !e.file || !e.checked)
		return;
	if (is_fingerprint(e.fingerprint))
		add_entry(r->baseline, &e);
	else
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, &step, "32 hexadecimal digits are expected");
}

static int take_document(void *context, json_t *document)
{
	struct reading *r = context;
	const json_t *version = json_object_get(document, "version"), *findings = json_object_get(document, "findings");
	const char *kind = json_string_value(json_object_get(document, "kind"));
	struct json_step list = { NULL, "findings", 0 }, version_step = { NULL, "version", 0 };

	if (!kind || strcmp(kind, BASELINE_KIND) != 0)
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, NULL, "this is no baseline: member 'kind' is not '%s'",
				  BASELINE_KIND);
	else if (!json_is_integer(version) || json_integer_value(version) != BASELINE_VERSION)
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, version ? &version_step : NULL, "only version %d is understood",
				  BASELINE_VERSION);
	else if (!json_is_array(findings))
		json_input_report(&r->in, RULE_BASELINE_BAD_MEMBER, findings ? &list : NULL, "a list 'findings' is expected");
	else if (json_array_size(findings) > LIMIT_BASELINE_ENTRIES)
		json_input_report(&r->in, RULE_BASELINE_LIMIT, &list, "more than %u findings", LIMIT_BASELINE_ENTRIES);
	for (size_t i = 0; !r->in.errors && i < json_array_size(findings); i++) {
		struct json_step step = { &list, NULL, i };

		take_entry(r, &step, json_array_get(findings, i));
	}
	return r->in.errors ? -EINVAL : 0;
}

static int read_baseline(struct baseline *b, const char *path, const char *directory, struct source_reader reader,
			 bool may_be_missing)
{
	struct reading r = { .baseline = b };
	int index, result;

	map_init(&b->by_key, &b->arena);
	map_init(&b->checked, &b->arena);
	b->path = arena_strdup(&b->arena, slice_of(path));
	b->directory = arena_strdup(&b->arena, slice_of(directory));
	sources_init(&b->sources, &b->arena, reader);
	diag_init(&b->diag, &b->arena, sources_for_diag(&b->sources));
	index = sources_add_file(&b->sources, path, (struct span){ 0, 0 });
	if (index == -ENOENT && may_be_missing)
		return 0;
	if (index < 0)
		return index;
	r.in = (struct json_input){
		.text = b->sources.files.v[index].text, .base = b->sources.files.v[index].base, .diag = &b->diag,
		.syntax_rule = RULE_BASELINE_SYNTAX, .limit_rule = RULE_BASELINE_LIMIT, .limit = LIMIT_BASELINE_BYTES,
	};
	result = json_input_run(&r.in, &b->arena, take_document, &r);
	diag_finish(&b->diag);
	return result == -ENOMEM ? result : 0;
}

int baseline_read(const char *path, const char *directory, struct source_reader reader, bool may_be_missing, struct baseline **ret)
{
	struct baseline *b = calloc(1, sizeof(*b));
	jmp_buf oom;
	int r;

	if (!b)
		return -ENOMEM;
	arena_init(&b->arena);
	b->arena.on_oom = &oom;
	if (setjmp(oom)) {
		baseline_free(b);
		return -ENOMEM;
	}
	r = read_baseline(b, path, directory, reader, may_be_missing);
	if (r) {
		baseline_free(b);
		return r;
	}
	b->arena.on_oom = NULL;
	*ret = b;
	return 0;
}

void baseline_free(struct baseline *b)
{
	if (!b)
		return;
	arena_release(&b->arena);
	free(b);
}

/* --- comparing ---------------------------------------------------------------------------------------------------------------- */

struct comparison {
	struct baseline *baseline;
	const struct report *report;
	const struct fingerprint *prints;	/* of the findings, in their order */
	const char *checked;
	size_t next;
	bool take;
};

/* A path as it stands in the baseline; in its arena. */
static const char *path_in(struct baseline *b, const struct report *report, const char *path)
{
	struct buf out = { 0 };
	jmp_buf *outer = b->arena.on_oom, here;
	const char *text;

	report_add_path(report, path, &out);
	b->arena.on_oom = &here;
	if (out.failed || setjmp(here)) {
		buf_release(&out);
		b->arena.on_oom = outer;
		longjmp(*outer, 1);
	}
	text = arena_strdup(&b->arena, buf_slice(&out));
	b->arena.on_oom = outer;
	buf_release(&out);
	return text;
}

static enum hidden_by judge(const void *context, struct finding *f)
{
	struct comparison *c = (struct comparison *)(uintptr_t)context;
	struct baseline *b = c->baseline;
	const char *fingerprint = c->prints[c->next++].text;
	struct baseline_entry *e = map_get(&b->by_key, key_of(&b->arena, fingerprint, c->checked));

	if (!e && c->take) {
		struct report_span at = report_locate(&c->report->runs[0], f->span);

		e = add_entry(b, &(struct baseline_entry){
			.fingerprint = arena_strdup(&b->arena,
						    slice_of(fingerprint)), .rule = rule_table[f->rule].id, .added = true,
			.file = path_in(b, c->report, report_file_of(&c->report->runs[0], &at)), .checked = c->checked,
		});
	}
	if (!e)
		return HIDDEN_NOT;
	e->seen = true;
	return HIDDEN_BY_BASELINE;
}

int baseline_compare(struct baseline *b, struct unit *u, const char *working_directory, bool take)
{
	struct report_run run;
	struct report report = { .directory = working_directory, .base = b->directory, .runs = &run, .n = 1 };
	struct fingerprint *prints;
	struct comparison c;
	jmp_buf oom;
	size_t n;

	if (unit_report(u, &run))
		return -ENOMEM;
	prints = report_fingerprints(&report, &n);
	if (n && !prints)
		return -ENOMEM;
	b->arena.on_oom = u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		b->arena.on_oom = u->arena.on_oom = NULL;
		free(prints);
		return -ENOMEM;
	}
	c = (struct comparison){
		.baseline = b, .report = &report, .prints = prints, .take = take, .checked = path_in(b, &report, run.files[0].path),
	};
	map_set(&b->checked, slice_of(c.checked), b);
	diag_hide(&u->diag, judge, &c);
	b->arena.on_oom = u->arena.on_oom = NULL;
	free(prints);
	return 0;
}

/* --- what is left ------------------------------------------------------------------------------------------------------------- */

/* Does the configuration still exist? */
static bool is_there(const struct baseline *b, const char *name)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	struct source_id id;

	buf_printf(&path, "%s%s%s", name[0] == '/' ? "" : b->directory, name[0] == '/' ? "" : "/", name);
	return buf_failed(&path) || b->sources.reader.identify(b->sources.reader.context, path.p, &id) != -ENOENT;
}

/* Of entry i; *known: of the one before, whose configuration most often is the same. */
static bool is_gone(const struct baseline *b, size_t i, bool *known)
{
	const struct baseline_entry *e = b->entries.v[i];

	if (e->seen)
		return false;
	if (map_get(&b->checked, slice_of(e->checked)))
		return true;
	if (!i || strcmp(e->checked, b->entries.v[i - 1]->checked) != 0)
		*known = !is_there(b, e->checked);
	return *known;
}

size_t baseline_gone(const struct baseline *b)
{
	bool known = false;
	size_t n = 0;

	for (size_t i = 0; i < b->entries.n; i++)
		n += is_gone(b, i, &known);
	return n;
}

size_t baseline_added(const struct baseline *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->entries.n; i++)
		n += b->entries.v[i]->added;
	return n;
}

void baseline_prune(struct baseline *b)
{
	bool known = false;
	size_t kept = 0;

	for (size_t i = 0; i < b->entries.n; i++)	/* v[i - 1] is as it was: kept is behind it */
		if (!is_gone(b, i, &known))
			b->entries.v[kept++] = b->entries.v[i];
	b->entries.n = kept;
}

/* --- writing ------------------------------------------------------------------------------------------------------------------ */

static int by_file(const void *va, const void *vb)
{
	const struct baseline_entry *a = *(struct baseline_entry *const *)va, *b = *(struct baseline_entry *const *)vb;
	int order;

	if ((order = strcmp(a->file, b->file)) || (order = strcmp(a->rule, b->rule)) || (order = strcmp(a->checked, b->checked)))
		return order;
	return strcmp(a->fingerprint, b->fingerprint);
}

static json_t *make_entry(const void *context, size_t i)
{
	const struct baseline_entry *e = ((const struct baseline *)context)->entries.v[i];
	struct doc o = doc_new();

	doc_set_text(&o, "file", e->file);
	doc_set_text(&o, "rule", e->rule);
	if (strcmp(e->checked, e->file) != 0)
		doc_set_text(&o, "checked", e->checked);
	doc_set_text(&o, "fingerprint", e->fingerprint);
	return doc_finish(&o);
}

int baseline_write(struct baseline *b, struct buf *out)
{
	struct doc o = doc_new();

	if (b->entries.n)
		qsort(b->entries.v, b->entries.n, sizeof(*b->entries.v), by_file);
	doc_set(&o, "version", json_integer(BASELINE_VERSION));
	doc_set_text(&o, "kind", BASELINE_KIND);
	doc_set(&o, "findings", doc_array(b, b->entries.n, make_entry));
	return doc_write(doc_finish(&o), out);
}
