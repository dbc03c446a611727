/* SPDX-License-Identifier: Apache-2.0 */
/* GitLab Code Quality: one array. GitLab decides by the fingerprint what is new, so no line number is in it. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/json_doc.h"
#include "diag/report.h"

static json_t *path_of(const struct report *r, const char *file)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	json_t *text = NULL;

	report_add_path(r, file, &path);
	if (!buf_failed(&path))		/* no leading '/' is allowed: a file outside of the repository loses it */
		text = doc_text(slice_of(path.p && path.p[0] == '/' ? path.p + 1 : path.p ? path.p : ""));
	return text;
}

static json_t *location(const struct report *r, const struct report_run *run, const struct finding *f)
{
	struct report_span at = report_locate(run, f->span);
	struct doc o = doc_new(), lines = doc_new();

	doc_set(&lines, "begin", json_integer(at.file ? at.line : 1));
	doc_set(&lines, "end", json_integer(at.file ? at.end_line : 1));
	doc_set(&o, "path", path_of(r, report_file_of(run, &at)));
	doc_set(&o, "lines", doc_finish(&lines));
	return doc_finish(&o);
}

static json_t *issue(const struct report *r, const struct report_run *run, const struct finding *f, const struct fingerprint *print)
{
	static const char *const severities[SEVERITY_COUNT] = { "major", "minor", "info" };
	CLEANUP(buf_release) struct buf description = { 0 };
	struct doc o = doc_new();

	report_add_text(&description, f->message);
	doc_set(&o, "description", buf_failed(&description) ? NULL : doc_text(buf_slice(&description)));
	doc_set_text(&o, "check_name", rule_table[f->rule].id);
	doc_set_text(&o, "fingerprint", print->text);
	doc_set_text(&o, "severity", severities[f->severity]);
	doc_set(&o, "location", location(r, run, f));
	return doc_finish(&o);
}

void report_gitlab(const struct report *r, struct buf *out)
{
	size_t n, k = 0;
	CLEANUP(cleanup_free) struct fingerprint *prints = report_fingerprints(r, &n);
	json_t *issues = json_array();

	for (size_t i = 0; (prints || !n) && i < r->n; i++)
		for (size_t j = 0; j < r->runs[i].diag->findings.n; j++, k++)
			if (json_array_append_new(issues, issue(r, &r->runs[i], r->runs[i].diag->findings.v[j], &prints[k])))
				out->failed = true;
	if (n && !prints)
		out->failed = true;
	if (doc_write(issues, out))
		out->failed = true;
}
