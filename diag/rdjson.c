/* SPDX-License-Identifier: Apache-2.0 */
/* reviewdog's rdjson: columns are bytes of UTF-8 and ends are exclusive, as here. Each suggestion stands alone, so a fix of several edits
 * cannot be said. */
#include "base/cleanup.h"
#include "base/json_doc.h"
#include "diag/report.h"

static json_t *position(uint32_t line, uint32_t column)
{
	return json_pack("{sisi}", "line", (int)line, "column", (int)column);
}

static json_t *range(const struct report_span *at)
{
	struct doc o = doc_new();

	doc_set(&o, "start", position(at->line, at->column));
	doc_set(&o, "end", position(at->end_line, at->end_column));
	return doc_finish(&o);
}

static json_t *location(const struct report *r, const struct report_run *run, const struct report_span *at)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	struct doc o = doc_new();

	report_add_path(r, report_file_of(run, at), &path);
	doc_set(&o, "path", buf_failed(&path) ? NULL : doc_text(slice_of(path.p ? path.p : "")));
	if (at->file)
		doc_set(&o, "range", range(at));
	return doc_finish(&o);
}

struct context {
	const struct report *report;
	const struct report_run *run;
	const struct finding *finding;
};

static json_t *related(const void *context, size_t i)
{
	const struct context *c = context;
	const struct diag_label *label = &c->finding->related.v[i];
	struct report_span at = report_locate(c->run, label->span);
	struct doc o = doc_new();

	doc_set_text(&o, "message", label->text);
	doc_set(&o, "location", location(c->report, c->run, &at));
	return doc_finish(&o);
}

static json_t *suggestions(const struct context *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->finding->fixes.n; i++) {
		const struct diag_fix *fix = &c->finding->fixes.v[i];
		struct report_span at;
		struct doc o;

		if (fix->edits.n != 1)
			continue;
		at = report_locate(c->run, fix->edits.v[0].span);
		o = doc_new();
		doc_set(&o, "range", range(&at));
		doc_set_text(&o, "text", fix->edits.v[0].text);
		if (json_array_append_new(array, doc_finish(&o))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *diagnostic(const struct context *c)
{
	static const char *const severities[SEVERITY_COUNT] = { "ERROR", "WARNING", "INFO" };
	const struct finding *f = c->finding;
	CLEANUP(buf_release) struct buf message = { 0 };
	struct report_span at = report_locate(c->run, f->span);
	struct doc o = doc_new();

	buf_add_str(&message, f->message);
	report_add_remarks(f, "\n", &message);
	doc_set(&o, "message", buf_failed(&message) ? NULL : doc_text(buf_slice(&message)));
	doc_set(&o, "location", location(c->report, c->run, &at));
	doc_set_text(&o, "severity", severities[f->severity]);
	doc_set(&o, "code", json_pack("{ss}", "value", rule_table[f->rule].id));
	doc_set(&o, "suggestions", suggestions(c));
	if (f->related.n)
		doc_set(&o, "relatedLocations", doc_array(c, f->related.n, related));
	return doc_finish(&o);
}

void report_rdjson(const struct report *r, struct buf *out)
{
	struct doc o = doc_new();
	json_t *diagnostics = json_array();

	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->runs[i].diag->findings.n; j++) {
			struct context c = { r, &r->runs[i], r->runs[i].diag->findings.v[j] };

			if (json_array_append_new(diagnostics, diagnostic(&c)))
				o.failed = true;
		}
	doc_set(&o, "source", json_pack("{ss}", "name", "ipsecc"));
	doc_set_text(&o, "severity", "WARNING");
	doc_set(&o, "diagnostics", diagnostics);
	if (doc_write(doc_finish(&o), out))
		out->failed = true;
}
