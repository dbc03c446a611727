/* SPDX-License-Identifier: Apache-2.0 */
/* SARIF 2.1.0, with what GitHub code scanning demands on top (all four numbers of a region, texts of every rule). */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_doc.h"
#include "diag/report.h"
#include "diag/text.h"

#define SCHEMA		"https://json.schemastore.org/sarif-2.1.0.json"
#define TEXT_MAX	1024	/* GitHub: characters of a rule's descriptions */

/* --- texts --- */

/* A message: brackets and backslashes would be a link (3.11.6), braces a placeholder (3.11.5). */
static void add_message(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '[' || *text == ']' || *text == '\\')
			buf_add_char(out, '\\');
		if (*text == '{' || *text == '}')
			buf_add_char(out, *text);
		buf_add_char(out, *text);
	}
}

/* {"text": ...} */
static json_t *message_of(struct buf *text)
{
	struct doc o = doc_new();

	doc_set(&o, "text", buf_failed(text) ? NULL : doc_text(slice_of(text->p ? text->p : "")));
	return doc_finish(&o);
}

static json_t *plain_message(const char *text)
{
	CLEANUP(buf_release) struct buf escaped = { 0 };

	add_message(&escaped, text);
	return message_of(&escaped);
}

/* RFC 3986: what is not unreserved or a slash is written by its bytes. */
static void add_uri(struct buf *out, const char *path)
{
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (isascii(c) && (isalnum(c) || strchr("-._~/", c)))
			buf_add_char(out, *path);
		else
			buf_printf(out, "%%%02X", c);
	}
}

/* --- places --- */

static json_t *artifact(const struct report *r, const char *file)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	CLEANUP(buf_release) struct buf uri = { 0 };
	struct doc o = doc_new();
	bool absolute;

	report_add_path(r, file, &path);
	absolute = path.p && path.p[0] == '/';
	if (absolute)
		buf_add_str(&uri, "file://");
	add_uri(&uri, path.p ? path.p : "");
	doc_set(&o, "uri", buf_failed(&path) || buf_failed(&uri) ? NULL : doc_text(slice_of(uri.p ? uri.p : "")));
	if (!absolute && r->base)
		doc_set_text(&o, "uriBaseId", "SRCROOT");
	return doc_finish(&o);
}

static uint32_t column_of(struct slice line, uint32_t column)
{
	return line.p ? report_characters(line, column - 1) + 1 : column;
}

static json_t *region(const struct report_span *at)
{
	struct doc o = doc_new();

	doc_set(&o, "startLine", json_integer(at->line));
	doc_set(&o, "startColumn", json_integer(column_of(at->text, at->column)));
	doc_set(&o, "endLine", json_integer(at->end_line));
	doc_set(&o, "endColumn", json_integer(column_of(at->end_text, at->end_column)));
	return doc_finish(&o);
}

static void set_physical(struct doc *o, const struct report *r, const struct report_run *run, struct span span)
{
	struct report_span at = report_locate(run, span);
	struct doc physical = doc_new();

	if (!at.file)		/* about the whole configuration: its first line */
		at = (struct report_span){ .line = 1, .column = 1, .end_line = 1, .end_column = 1 };
	doc_set(&physical, "artifactLocation", artifact(r, report_file_of(run, &at)));
	doc_set(&physical, "region", region(&at));
	doc_set(o, "physicalLocation", doc_finish(&physical));
}

static json_t *location(const struct report *r, const struct report_run *run, struct span span, const char *text, int id)
{
	struct doc o = doc_new();

	set_physical(&o, r, run, span);
	if (id)
		doc_set(&o, "id", json_integer(id));
	if (text)
		doc_set(&o, "message", plain_message(text));
	return doc_finish(&o);
}

struct context {
	const struct report *report;
	const struct report_run *run;
	const struct finding *finding;
	const struct report_step *steps;
	size_t step_count;
	const struct diag_fix *fix;
};

static const char *related_text(const struct diag_label *label)
{
	return label->text[0] ? label->text : "see here";
}

static json_t *make_related(const void *context, size_t i)
{
	const struct context *c = context;
	const struct diag_label *label = &c->finding->related.v[i];

	return location(c->report, c->run, label->span, related_text(label), (int)i + 1);
}

/* --- the way there: includes and also --- */

static json_t *make_step(const void *context, size_t i)
{
	const struct context *c = context;
	bool last = i == c->step_count;
	struct doc o = doc_new();

	doc_set(&o, "location", location(c->report, c->run, last ? c->finding->span : c->steps[i].span,
					 last ? c->finding->message : c->steps[i].text, 0));
	return doc_finish(&o);
}

/* One flow of one thread: [{"threadFlows": [{"locations": [...]}]}] */
static json_t *code_flows(const struct context *c)
{
	struct doc thread = doc_new(), flow = doc_new();
	json_t *threads = json_array(), *flows = json_array();

	doc_set(&thread, "locations", doc_array(c, c->step_count + 1, make_step));
	if (json_array_append_new(threads, doc_finish(&thread))) {
		json_decref(threads);
		threads = NULL;
	}
	doc_set(&flow, "threadFlows", threads);
	if (json_array_append_new(flows, doc_finish(&flow))) {
		json_decref(flows);
		flows = NULL;
	}
	return flows;
}

/* --- fixes --- */

/* Whether edit i is the first of its file; edits of one file go into one change. */
static bool first_of_file(const struct context *c, size_t i, const char *file)
{
	for (size_t j = 0; j < i; j++) {
		struct report_span at = report_locate(c->run, c->fix->edits.v[j].span);

		if (at.file && strcmp(at.file, file) == 0)
			return false;
	}
	return true;
}

static json_t *replacements(const struct context *c, const char *file)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->fix->edits.n; i++) {
		const struct diag_edit *edit = &c->fix->edits.v[i];
		struct report_span at = report_locate(c->run, edit->span);
		struct doc o, content;

		if (!at.file || strcmp(at.file, file) != 0)
			continue;
		o = doc_new();
		content = doc_new();
		doc_set(&o, "deletedRegion", region(&at));
		doc_set_text(&content, "text", edit->text);
		doc_set(&o, "insertedContent", doc_finish(&content));
		if (json_array_append_new(array, doc_finish(&o))) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *make_fix(const void *context, size_t i)
{
	struct context c = *(const struct context *)context;
	struct doc o = doc_new();
	json_t *changes = json_array();

	c.fix = &c.finding->fixes.v[i];
	for (size_t j = 0; j < c.fix->edits.n; j++) {
		struct report_span at = report_locate(c.run, c.fix->edits.v[j].span);
		struct doc change;

		if (!at.file || !first_of_file(&c, j, at.file))
			continue;
		change = doc_new();
		doc_set(&change, "artifactLocation", artifact(c.report, at.file));
		doc_set(&change, "replacements", replacements(&c, at.file));
		o.failed |= json_array_append_new(changes, doc_finish(&change)) != 0;
	}
	doc_set(&o, "description", plain_message(c.fix->message));
	doc_set(&o, "artifactChanges", changes);
	return doc_finish(&o);
}

/* --- results --- */

static json_t *result_message(const struct finding *f)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	add_message(&text, f->message);
	for (size_t i = 0; i < f->related.n; i++) {
		buf_add_str(&text, "\n[");
		add_message(&text, related_text(&f->related.v[i]));
		buf_printf(&text, "](%zu)", i + 1);
	}
	for (size_t i = 0; i < f->notes.n + f->helps.n; i++) {
		buf_add_str(&text, i < f->notes.n ? "\nnote: " : "\nhelp: ");
		add_message(&text, i < f->notes.n ? f->notes.v[i] : f->helps.v[i - f->notes.n]);
	}
	return message_of(&text);
}

static json_t *fingerprints(const struct line_hashes *hashes, const struct report_run *run, const struct finding *f,
			    const struct fingerprint *ours)
{
	struct report_span at = report_locate(run, f->span);
	char line[40];
	struct doc o = doc_new();

	if (line_hashes_format(hashes, report_file_of(run, &at), at.file ? at.line : 1, line))
		doc_set_text(&o, "primaryLocationLineHash", line);
	doc_set_text(&o, "ipseccFinding/v1", ours->text);
	return doc_finish(&o);
}

static json_t *result(const struct report *r, const struct report_run *run, const struct finding *f, const struct line_hashes *hashes,
		      const struct fingerprint *ours)
{
	struct report_step steps[REPORT_STEPS_MAX];
	struct context c = { .report = r, .run = run, .finding = f, .steps = steps };
	json_t *locations = json_array();
	struct doc o = doc_new();

	if (run->steps)
		c.step_count = run->steps(run, f, steps, REPORT_STEPS_MAX);
	o.failed |= json_array_append_new(locations, location(r, run, f->span, NULL, 0)) != 0;
	doc_set_text(&o, "ruleId", rule_table[f->rule].id);
	doc_set(&o, "ruleIndex", json_integer(f->rule));
	doc_set_text(&o, "level", severity_words[f->severity]);
	doc_set(&o, "message", result_message(f));
	doc_set(&o, "locations", locations);
	doc_set(&o, "partialFingerprints", fingerprints(hashes, run, f, ours));
	if (f->related.n)
		doc_set(&o, "relatedLocations", doc_array(&c, f->related.n, make_related));
	if (c.step_count)
		doc_set(&o, "codeFlows", code_flows(&c));
	if (f->fixes.n)
		doc_set(&o, "fixes", doc_array(&c, f->fixes.n, make_fix));
	return doc_finish(&o);
}

/* --- rules --- */

/* "duplicate-keyword" -> "DuplicateKeyword" */
static json_t *pascal(const char *name)
{
	char text[64];
	size_t n = 0;

	for (bool upper = true; *name && n < sizeof(text); name++) {
		if (*name == '-') {
			upper = true;
			continue;
		}
		text[n++] = (char)(upper ? toupper((unsigned char)*name) : *name);
		upper = false;
	}
	return doc_text((struct slice){ text, n });
}

/* The page without its front matter. */
static struct slice page_text(const struct rule *rule)
{
	const char *end = strncmp(rule->page, "---\n", 4) == 0 ? strstr(rule->page + 4, "\n---\n") : NULL;

	return slice_of(end ? end + 5 : rule->page);
}

/* The page's first paragraph. */
static struct slice page_start(const struct rule *rule)
{
	struct slice text = page_text(rule);
	const char *end;

	while (text.n && *text.p == '\n')
		text = slice_sub(text, 1, text.n);
	end = memmem(text.p, text.n, "\n\n", 2);
	if (end)
		text.n = (size_t)(end - text.p);
	for (text = slice_sub(text, 0, TEXT_MAX); text.n && ((unsigned char)text.p[text.n - 1] & 0x80); text.n--)
		;		/* a character that was cut */
	return text.n ? text : slice_of(rule->summary);
}

static json_t *wrapped(const char *member, struct slice text)
{
	struct doc o = doc_new();

	doc_set(&o, member, doc_text(text));
	return doc_finish(&o);
}

static json_t *help_of(const struct rule *rule)
{
	struct doc o = doc_new();

	doc_set(&o, "text", doc_text(page_text(rule)));
	doc_set(&o, "markdown", doc_text(page_text(rule)));
	return doc_finish(&o);
}

static json_t *make_rule(const void *context, size_t i)
{
	static const char *const problem[SEVERITY_COUNT] = { "error", "warning", "recommendation" };
	const struct rule *rule = &rule_table[i];
	bool advice = strncmp(rule->id, "IC60", 4) == 0;
	struct doc o = doc_new();

	(void)context;
	doc_set_text(&o, "id", rule->id);
	doc_set(&o, "name", pascal(rule->name));
	doc_set(&o, "shortDescription", wrapped("text", slice_of(rule->summary)));
	doc_set(&o, "fullDescription", wrapped("text", page_start(rule)));
	doc_set(&o, "help", help_of(rule));
	doc_set(&o, "defaultConfiguration", json_pack("{ss}", "level", severity_words[rule->severity]));
	doc_set(&o, "properties", json_pack("{s[s]ssss}", "tags", advice ? "security" : "correctness", "precision",
					    rule->severity == SEVERITY_ERROR ? "very-high" : "high", "problem.severity",
					    problem[rule->severity]));
	return doc_finish(&o);
}

/* --- the log --- */

static json_t *tool(const struct report *r)
{
	struct doc driver = doc_new(), o = doc_new();

	doc_set_text(&driver, "name", "ipsecc");
	doc_set_text(&driver, "semanticVersion", r->tool_version);
	doc_set(&driver, "rules", doc_array(NULL, RULE_COUNT, make_rule));
	doc_set(&o, "driver", doc_finish(&driver));
	return doc_finish(&o);
}

static json_t *base_ids(const char *base)
{
	CLEANUP(buf_release) struct buf uri = { 0 };
	struct doc root = doc_new(), o = doc_new();

	buf_add_str(&uri, "file://");
	add_uri(&uri, base);
	if (!uri.n || uri.p[uri.n - 1] != '/')
		buf_add_char(&uri, '/');
	doc_set(&root, "uri", buf_failed(&uri) ? NULL : doc_text(buf_slice(&uri)));
	doc_set(&o, "SRCROOT", doc_finish(&root));
	return doc_finish(&o);
}

static json_t *results(const struct report *r)
{
	size_t n, k = 0;
	CLEANUP(cleanup_free) struct fingerprint *ours = report_fingerprints(r, &n);
	struct line_hashes *hashes = line_hashes_new(r);
	json_t *array = json_array();
	bool ok = hashes && (ours || !n);

	for (size_t i = 0; ok && i < r->n; i++)
		for (size_t j = 0; ok && j < r->runs[i].diag->findings.n; j++, k++)
			ok = json_array_append_new(array, result(r, &r->runs[i], r->runs[i].diag->findings.v[j], hashes,
								 &ours[k])) == 0;
	line_hashes_free(hashes);
	if (ok)
		return array;
	json_decref(array);
	return NULL;
}

void report_sarif(const struct report *r, struct buf *out)
{
	struct doc o = doc_new(), run = doc_new();
	json_t *runs = json_array();

	doc_set(&run, "tool", tool(r));
	doc_set_text(&run, "columnKind", "unicodeCodePoints");
	if (r->base)
		doc_set(&run, "originalUriBaseIds", base_ids(r->base));
	doc_set(&run, "automationDetails", json_pack("{ss}", "id", "ipsecc/"));
	doc_set(&run, "results", results(r));
	o.failed |= json_array_append_new(runs, doc_finish(&run)) != 0;
	doc_set_text(&o, "$schema", SCHEMA);
	doc_set_text(&o, "version", "2.1.0");
	doc_set(&o, "runs", runs);
	if (doc_write(doc_finish(&o), out))
		out->failed = true;
}
