/* SPDX-License-Identifier: Apache-2.0 */
/* The document of `ipsecc check --format=json`, contract section 2, in which every member is always there (but
 * secrets of conns, and written_for); and the same as lines, one
 * object each, told apart by "type". */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json_doc.h"
#include "diag/report.h"

#define DOCUMENT_VERSION 1

/* --- findings --- */

struct finding_context {
	const struct report_run *run;
	const struct finding *finding;
	const struct diag_fix *fix;
};

/* file, line, column, end_line, end_column; all null when the span is about no place. */
static void set_span(struct doc *o, const struct report_run *run, struct span span)
{
	struct report_span at = report_locate(run, span);

	doc_set_text(o, "file", at.file);
	doc_set(o, "line", at.file ? json_integer(at.line) : json_null());
	doc_set(o, "column", at.file ? json_integer(at.column) : json_null());
	doc_set(o, "end_line", at.file ? json_integer(at.end_line) : json_null());
	doc_set(o, "end_column", at.file ? json_integer(at.end_column) : json_null());
}

static json_t *make_related(const void *context, size_t i)
{
	const struct finding_context *c = context;
	const struct diag_label *label = &c->finding->related.v[i];
	struct doc o = doc_new();

	set_span(&o, c->run, label->span);
	doc_set_text(&o, "message", label->text);
	return doc_finish(&o);
}

static json_t *make_remark(const void *context, size_t i)
{
	const struct finding *f = ((const struct finding_context *)context)->finding;

	return doc_text(slice_of(i < f->notes.n ? f->notes.v[i] : f->helps.v[i - f->notes.n]));
}

static json_t *make_edit(const void *context, size_t i)
{
	const struct finding_context *c = context;
	struct doc o = doc_new();

	set_span(&o, c->run, c->fix->edits.v[i].span);
	doc_set_text(&o, "text", c->fix->edits.v[i].text);
	return doc_finish(&o);
}

static json_t *make_fix(const void *context, size_t i)
{
	struct finding_context c = *(const struct finding_context *)context;
	struct doc o = doc_new();

	c.fix = &c.finding->fixes.v[i];
	doc_set_text(&o, "message", c.fix->message);
	doc_set(&o, "safe", json_boolean(c.fix->safe));
	doc_set(&o, "edits", doc_array(&c, c.fix->edits.n, make_edit));
	return doc_finish(&o);
}

static void set_finding(struct doc *o, const struct report_run *run, const struct finding *f)
{
	struct finding_context c = { .run = run, .finding = f };
	const struct rule *rule = &rule_table[f->rule];

	doc_set_text(o, "rule", rule->id);
	doc_set_text(o, "name", rule->name);
	doc_set_text(o, "severity", severity_words[f->severity]);
	doc_set_text(o, "message", f->message);
	doc_set_text(o, "label", f->label);
	doc_set_text(o, "conn", f->conn);
	set_span(o, run, f->span);
	doc_set(o, "related", doc_array(&c, f->related.n, make_related));
	doc_set(o, "notes", doc_array(&c, f->notes.n + f->helps.n, make_remark));
	doc_set(o, "fixes", doc_array(&c, f->fixes.n, make_fix));
	doc_set(o, "url", json_sprintf("docs/rules/%s-%s.md", rule->id, rule->name));
}

static json_t *make_finding(const void *context, size_t i)
{
	const struct report_run *run = context;
	struct doc o = doc_new();

	set_finding(&o, run, run->diag->findings.v[i]);
	return doc_finish(&o);
}

/* --- files and conns --- */

static json_t *make_file(const void *context, size_t i)
{
	const struct report_file *file = &((const struct report_run *)context)->files[i];
	struct doc o = doc_new();

	doc_set_text(&o, "path", file->path);
	doc_set_text(&o, "included_from", file->included_from);
	return doc_finish(&o);
}

static json_t *make_loser(const void *context, size_t i)
{
	const struct report_loser *loser = &((const struct report_key *)context)->losers[i];
	struct doc o = doc_new();

	doc_set_text(&o, "file", loser->file);
	doc_set(&o, "line", json_integer(loser->line));
	doc_set_text(&o, "match", loser->match);
	doc_set_text(&o, "why", loser->why);
	return doc_finish(&o);
}

/* Where a key stands; the key itself is in no document. */
static json_t *make_key(const void *context, size_t i)
{
	const struct report_key *key = &((const struct report_conn *)context)->keys[i];
	struct doc o = doc_new();

	doc_set_text(&o, "kind", key->kind);
	doc_set_text(&o, "status", key->status);
	doc_set_text(&o, "side", key->side);
	doc_set_text(&o, "file", key->file);
	doc_set(&o, "line", key->file ? json_integer(key->line) : json_null());
	doc_set_text(&o, "match", key->match);
	doc_set_text(&o, "why", key->why);
	doc_set(&o, "losers", doc_array(key, key->loser_count, make_loser));
	return doc_finish(&o);
}

static void set_conn(struct doc *o, const struct report_conn *conn)
{
	doc_set_text(o, "name", conn->name);
	doc_set_text(o, "file", conn->file);
	doc_set(o, "line", conn->file ? json_integer(conn->line) : json_null());
	doc_set_text(o, "verdict", conn->verdict);
	doc_set_text(o, "orientation", conn->orientation);
	doc_set_text(o, "local_address", conn->local_address);
	doc_set_text(o, "auto", conn->start);
	doc_set(o, "template", json_boolean(conn->is_template));
	if (conn->has_keys)
		doc_set(o, "secrets", doc_array(conn, conn->key_count, make_key));
}

static json_t *make_conn(const void *context, size_t i)
{
	struct doc o = doc_new();

	set_conn(&o, &((const struct report_run *)context)->conns[i]);
	return doc_finish(&o);
}

/* --- the rest of the document --- */

static json_t *tool(const struct report *r)
{
	struct doc o = doc_new();

	doc_set_text(&o, "name", "ipsecc");
	doc_set_text(&o, "version", r->tool_version);
	return doc_finish(&o);
}

static json_t *dialect(const struct report_dialect *d)
{
	struct doc o = doc_new();

	doc_set_text(&o, "name", d->name);
	doc_set_text(&o, "release", d->release);
	doc_set_text(&o, "build", d->build);
	doc_set_text(&o, "chosen", d->chosen);
	doc_set_text(&o, "why", d->why);
	if (d->written_for)
		doc_set_text(&o, "written_for", d->written_for);
	return doc_finish(&o);
}

static void set_summary(struct doc *o, const struct report *r)
{
	uint64_t counts[SEVERITY_COUNT] = { 0 }, files = 0, conns = 0, suppressed = 0;

	for (size_t i = 0; i < r->n; i++) {
		for (int s = 0; s < SEVERITY_COUNT; s++)
			counts[s] += r->runs[i].diag->counts[s];
		files += r->runs[i].file_count;
		conns += r->runs[i].conn_count;
		suppressed += r->runs[i].suppressed;
	}
	doc_set(o, "errors", json_integer((json_int_t)counts[SEVERITY_ERROR]));
	doc_set(o, "warnings", json_integer((json_int_t)counts[SEVERITY_WARNING]));
	doc_set(o, "notes", json_integer((json_int_t)counts[SEVERITY_NOTE]));
	doc_set(o, "suppressed", json_integer((json_int_t)suppressed));
	doc_set(o, "files", json_integer((json_int_t)files));
	doc_set(o, "conns", json_integer((json_int_t)conns));
}

/* Appends to document[key] what `make` gives for each of the run's n items. */
static void extend(struct doc *document, const char *key, const struct report_run *run, size_t n,
		   json_t *(*make)(const void *context, size_t i))
{
	json_t *items = doc_array(run, n, make);

	document->failed |= !items || json_array_extend(json_object_get(document->json, key), items) != 0;
	json_decref(items);
}

void report_json(const struct report *r, struct buf *out)
{
	struct doc o = doc_new(), summary = doc_new();

	doc_set(&o, "version", json_integer(DOCUMENT_VERSION));
	doc_set(&o, "tool", tool(r));
	doc_set(&o, "dialect", r->n ? dialect(&r->runs[0].dialect) : json_null());
	doc_set(&o, "files", json_array());
	doc_set(&o, "conns", json_array());
	doc_set(&o, "findings", json_array());
	for (size_t i = 0; i < r->n; i++) {
		const struct report_run *run = &r->runs[i];

		extend(&o, "files", run, run->file_count, make_file);
		extend(&o, "conns", run, run->conn_count, make_conn);
		extend(&o, "findings", run, run->diag->findings.n, make_finding);
	}
	set_summary(&summary, r);
	doc_set(&o, "summary", doc_finish(&summary));
	if (doc_write(doc_finish(&o), out))
		out->failed = true;
}

/* --- lines --- */

/* Takes the members of o behind a "type". */
static void add_line(struct doc *o, struct buf *out)
{
	json_t *object = doc_finish(o);
	CLEANUP(cleanup_free) char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	json_decref(object);
	if (text)
		buf_printf(out, "%s\n", text);
	else
		out->failed = true;
}

static struct doc line_of(const char *type)
{
	struct doc o = doc_new();

	doc_set_text(&o, "type", type);
	return o;
}

void report_jsonl(const struct report *r, struct buf *out)
{
	struct doc o;

	for (size_t i = 0; i < r->n; i++) {
		const struct report_run *run = &r->runs[i];

		for (size_t j = 0; j < run->diag->findings.n; j++) {
			o = line_of("finding");
			set_finding(&o, run, run->diag->findings.v[j]);
			add_line(&o, out);
		}
		for (size_t j = 0; j < run->conn_count; j++) {
			o = line_of("conn");
			set_conn(&o, &run->conns[j]);
			add_line(&o, out);
		}
	}
	o = line_of("summary");
	doc_set(&o, "version", json_integer(DOCUMENT_VERSION));
	set_summary(&o, r);
	add_line(&o, out);
}
