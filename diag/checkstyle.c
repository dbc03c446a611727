/* SPDX-License-Identifier: Apache-2.0 */
/* Checkstyle's XML: files with errors. It has no place for an end, a related line or a fix; related places go into the message. */
#include <string.h>

#include "base/cleanup.h"
#include "diag/report.h"

static void add_message(const struct report *r, const struct report_run *run, const struct finding *f, struct buf *out)
{
	CLEANUP(buf_release) struct buf message = { 0 };

	buf_add_str(&message, f->message);
	for (size_t i = 0; i < f->related.n; i++) {
		struct report_span at = report_locate(run, f->related.v[i].span);

		if (!at.file)
			continue;
		buf_printf(&message, " (%s%s", f->related.v[i].text, f->related.v[i].text[0] ? ": " : "");
		report_add_path(r, at.file, &message);
		buf_printf(&message, ":%u:%u)", at.line, at.column);
	}
	if (buf_failed(&message))
		out->failed = true;
	else
		report_add_xml(out, message.p);
}

static void add_error(const struct report *r, const struct report_run *run, const struct finding *f, const struct report_span *at,
		      struct buf *out)
{
	static const char *const severities[SEVERITY_COUNT] = { "error", "warning", "info" };

	buf_printf(out, "    <error line=\"%u\"", at->file ? at->line : 1);	/* from 1: what is about the whole file too */
	if (at->file)
		buf_printf(out, " column=\"%u\"", at->column);
	buf_printf(out, " severity=\"%s\" message=\"", severities[f->severity]);
	add_message(r, run, f, out);
	buf_printf(out, "\" source=\"ipsecc.%s\"/>\n", rule_table[f->rule].id);
}

static void open_file(const struct report *r, const char *file, struct buf *out)
{
	CLEANUP(buf_release) struct buf path = { 0 };

	report_add_path(r, file, &path);
	buf_add_str(out, "  <file name=\"");
	if (buf_failed(&path))
		out->failed = true;
	else
		report_add_xml(out, path.p);
	buf_add_str(out, "\">\n");
}

static void add_run(const struct report *r, const struct report_run *run, struct buf *out)
{
	const char *file = NULL;

	for (size_t i = 0; i < run->diag->findings.n; i++) {
		const struct finding *f = run->diag->findings.v[i];
		struct report_span at = report_locate(run, f->span);
		const char *its = report_file_of(run, &at);

		if (!file || strcmp(file, its) != 0) {
			if (file)
				buf_add_str(out, "  </file>\n");
			open_file(r, its, out);
			file = its;
		}
		add_error(r, run, f, &at, out);
	}
	if (file)
		buf_add_str(out, "  </file>\n");
}

void report_checkstyle(const struct report *r, struct buf *out)
{
	buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"8.0\">\n");
	for (size_t i = 0; i < r->n; i++)
		add_run(r, &r->runs[i], out);
	buf_add_str(out, "</checkstyle>\n");
}
