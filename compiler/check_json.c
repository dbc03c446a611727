/* SPDX-License-Identifier: Apache-2.0 */
/* The document of `ipsecc check --format=json`, contract section 2. Every member is always there. */
#include "include/ipsecc.h"

#include "base/json_doc.h"

#define DOCUMENT_VERSION 1

static const char *const severity_names[SEVERITY_COUNT] = { "error", "warning", "note" };

const char *unit_verdict_name(enum ir_verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_LOADS] = "loads", [VERDICT_LOADS_WITH_WARNINGS] = "loads-with-warnings",
		[VERDICT_WILL_NOT_LOAD] = "will-not-load", [VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *unit_start_name(enum plan_start start)
{
	static const char *const names[] = {
		[PLAN_START_IGNORE] = "ignore", [PLAN_START_ADD] = "add", [PLAN_START_ROUTE] = "ondemand",
		[PLAN_START_UP] = "start", [PLAN_START_KEEP] = "keep",
	};

	return names[start];
}

/* --- findings --- */

struct finding_context {
	const struct unit *unit;
	const struct finding *finding;
	const struct diag_fix *fix;
};

/* file, line, column, end_line, end_column; all null when the span is about no place. */
static void set_span(struct doc *o, const struct unit *u, struct span span)
{
	struct diag_place start = { 0 }, end = { 0 };

	if (span_known(span)) {
		start = sources_locate(&u->sources, span.start);
		end = sources_locate(&u->sources, span.end);
	}
	doc_set_text(o, "file", start.file);
	doc_set(o, "line", start.file ? json_integer(start.line) : json_null());
	doc_set(o, "column", start.file ? json_integer(start.column) : json_null());
	doc_set(o, "end_line", end.file ? json_integer(end.line) : json_null());
	doc_set(o, "end_column", end.file ? json_integer(end.column) : json_null());
}

static json_t *make_related(const void *context, size_t i)
{
	const struct finding_context *c = context;
	const struct diag_label *label = &c->finding->related.v[i];
	struct doc o = doc_new();

	set_span(&o, c->unit, label->span);
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

	set_span(&o, c->unit, c->fix->edits.v[i].span);
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

static json_t *make_finding(const void *context, size_t i)
{
	const struct unit *u = context;
	struct finding_context c = { .unit = u, .finding = u->diag.findings.v[i] };
	const struct rule *rule = &rule_table[c.finding->rule];
	struct doc o = doc_new();

	doc_set_text(&o, "rule", rule->id);
	doc_set_text(&o, "name", rule->name);
	doc_set_text(&o, "severity", severity_names[c.finding->severity]);
	doc_set_text(&o, "message", c.finding->message);
	doc_set_text(&o, "label", c.finding->label);
	doc_set_text(&o, "conn", c.finding->conn);
	set_span(&o, u, c.finding->span);
	doc_set(&o, "related", doc_array(&c, c.finding->related.n, make_related));
	doc_set(&o, "notes", doc_array(&c, c.finding->notes.n + c.finding->helps.n, make_remark));
	doc_set(&o, "fixes", doc_array(&c, c.finding->fixes.n, make_fix));
	doc_set(&o, "url", json_sprintf("docs/rules/%s-%s.md", rule->id, rule->name));
	return doc_finish(&o);
}

/* --- files and conns --- */

static json_t *make_file(const void *context, size_t i)
{
	const struct unit *u = context;
	const struct source_file *file = &u->sources.files.v[i];
	struct doc o = doc_new();

	doc_set_text(&o, "path", file->path);
	doc_set_text(&o, "included_from", file->parent < 0 ? NULL : u->sources.files.v[file->parent].path);
	return doc_finish(&o);
}

static json_t *make_conn(const void *context, size_t i)
{
	const struct unit *u = context;
	const struct ir_conn *conn = u->ir->conns.v[i];
	struct diag_place place = { 0 };
	struct doc o = doc_new();

	if (span_known(conn->span))
		place = sources_locate(&u->sources, conn->span.start);
	doc_set_text(&o, "name", conn->name);
	doc_set_text(&o, "file", place.file);
	doc_set(&o, "line", place.file ? json_integer(place.line) : json_null());
	doc_set_text(&o, "verdict", unit_verdict_name(conn->verdict));
	doc_set_text(&o, "auto", unit_start_name(conn->start));
	doc_set(&o, "template", json_boolean(conn->is_template));
	return doc_finish(&o);
}

/* --- the document --- */

static json_t *tool(void)
{
	struct doc o = doc_new();

	doc_set_text(&o, "name", "ipsecc");
	doc_set_text(&o, "version", IPSECC_VERSION);
	return doc_finish(&o);
}

static json_t *dialect(const struct unit *u)
{
	struct doc o = doc_new();

	doc_set_text(&o, "name", release_dialect(u->release));
	doc_set_text(&o, "release", release_name(u->release));
	doc_set_text(&o, "chosen", u->release_chosen_auto ? "auto" : "option");
	doc_set_text(&o, "why", u->release_why);
	if (u->written_for)
		doc_set_text(&o, "written_for", u->written_for);
	return doc_finish(&o);
}

static json_t *summary(struct unit *const *units, size_t n)
{
	uint64_t counts[SEVERITY_COUNT] = { 0 }, files = 0, conns = 0, withheld = 0;
	struct doc o = doc_new();

	for (size_t i = 0; i < n; i++) {
		for (int s = 0; s < SEVERITY_COUNT; s++)
			counts[s] += units[i]->diag.counts[s];
		files += units[i]->config_files;
		conns += units[i]->ir->conns.n;
		withheld += units[i]->withheld;
	}
	doc_set(&o, "errors", json_integer((json_int_t)counts[SEVERITY_ERROR]));
	doc_set(&o, "warnings", json_integer((json_int_t)counts[SEVERITY_WARNING]));
	doc_set(&o, "notes", json_integer((json_int_t)counts[SEVERITY_NOTE]));
	doc_set(&o, "suppressed", json_integer((json_int_t)withheld));
	doc_set(&o, "files", json_integer((json_int_t)files));
	doc_set(&o, "conns", json_integer((json_int_t)conns));
	return doc_finish(&o);
}

/* Appends to document[key] what `make` gives for each of the unit's n items. */
static void extend(struct doc *document, const char *key, const struct unit *u, size_t n,
		   json_t *(*make)(const void *context, size_t i))
{
	json_t *items = doc_array(u, n, make);

	document->failed |= !items || json_array_extend(json_object_get(document->json, key), items) != 0;
	json_decref(items);
}

int unit_write_check_json(struct unit *const *units, size_t n, struct buf *out)
{
	struct doc o = doc_new();

	doc_set(&o, "version", json_integer(DOCUMENT_VERSION));
	doc_set(&o, "tool", tool());
	doc_set(&o, "dialect", n ? dialect(units[0]) : json_null());
	doc_set(&o, "files", json_array());
	doc_set(&o, "conns", json_array());
	doc_set(&o, "findings", json_array());
	for (size_t i = 0; i < n; i++) {
		extend(&o, "files", units[i], units[i]->config_files, make_file);
		extend(&o, "conns", units[i], units[i]->ir->conns.n, make_conn);
		extend(&o, "findings", units[i], units[i]->diag.findings.n, make_finding);
	}
	doc_set(&o, "summary", summary(units, n));
	return doc_write(doc_finish(&o), out);
}
