/* SPDX-License-Identifier: Apache-2.0 */
/* JUnit's XML in the form that Jenkins and GitLab read: a suite per configuration, a case per finding; a clean file is one case that
 * passes. Cases are told apart by class and name, so the place is in the name. */
#include <string.h>

#include "base/cleanup.h"
#include "diag/report.h"

static bool fails(const struct report *r, const struct finding *f)
{
	return f->severity <= r->threshold;
}

static size_t failures_of(const struct report *r, const struct report_run *run)
{
	size_t n = 0;

	for (size_t i = 0; i < run->diag->findings.n; i++)
		n += fails(r, run->diag->findings.v[i]);
	return n;
}

static size_t cases_of(const struct report_run *run)
{
	return run->diag->findings.n ? run->diag->findings.n : 1;
}

static void add_path(const struct report *r, const char *file, struct buf *out)
{
	CLEANUP(buf_release) struct buf path = { 0 };

	report_add_path(r, file, &path);
	if (buf_failed(&path))
		out->failed = true;
	else if (path.p)
		report_add_xml(out, path.p);
}

/* "site.conf:12:9: note: first set here" */
static void add_line(const struct report *r, const struct report_span *at, const char *word, const char *text, struct buf *out)
{
	if (at->file) {
		add_path(r, at->file, out);
		buf_printf(out, ":%u:%u: ", at->line, at->column);
	}
	buf_printf(out, "%s: ", word);
	report_add_xml(out, text);
}

static void add_text(const struct report *r, const struct report_run *run, const struct finding *f, const struct report_span *at,
		     struct buf *out)
{
	add_line(r, at, severity_words[f->severity], f->message, out);
	buf_printf(out, " [%s]", rule_table[f->rule].id);
	for (size_t i = 0; i < f->related.n; i++) {
		struct report_span there = report_locate(run, f->related.v[i].span);

		buf_add_char(out, '\n');
		add_line(r, &there, "note", f->related.v[i].text, out);
	}
	for (size_t i = 0; i < f->notes.n + f->helps.n; i++) {
		buf_add_str(out, i < f->notes.n ? "\nnote: " : "\nhelp: ");
		report_add_xml(out, i < f->notes.n ? f->notes.v[i] : f->helps.v[i - f->notes.n]);
	}
}

/* How often each rule was seen at one place. */
struct seen {
	uint32_t position;
	unsigned count[RULE_COUNT];
};

static unsigned number_at_place(struct seen *seen, const struct finding *f)
{
	if (seen->position != f->span.start)
		*seen = (struct seen){ .position = f->span.start };
	return ++seen->count[f->rule];
}

static void add_case(const struct report *r, const struct report_run *run, const struct finding *f, unsigned number, struct buf *out)
{
	struct report_span at = report_locate(run, f->span);
	const char *id = rule_table[f->rule].id;

	buf_printf(out, "    <testcase name=\"%s:%u:%u", id, at.line, at.column);
	if (number > 1)
		buf_printf(out, "#%u", number);
	buf_add_str(out, "\" classname=\"");
	add_path(r, report_file_of(run, &at), out);
	buf_add_str(out, "\" time=\"0\">\n");
	if (fails(r, f)) {
		buf_printf(out, "      <failure type=\"%s\" message=\"", id);
		report_add_xml(out, f->message);
		buf_add_str(out, "\">");
		add_text(r, run, f, &at, out);
		buf_add_str(out, "</failure>\n");
	} else {
		buf_add_str(out, "      <system-out>");
		add_text(r, run, f, &at, out);
		buf_add_str(out, "</system-out>\n");
	}
	buf_add_str(out, "    </testcase>\n");
}

static void add_suite(const struct report *r, const struct report_run *run, struct buf *out)
{
	const char *file = run->file_count ? run->files[0].path : "";
	struct seen seen = { 0 };

	buf_add_str(out, "  <testsuite name=\"");
	add_path(r, file, out);
	buf_printf(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"0\" time=\"0\">\n", cases_of(run), failures_of(r, run));
	for (size_t i = 0; i < run->diag->findings.n; i++)
		add_case(r, run, run->diag->findings.v[i], number_at_place(&seen, run->diag->findings.v[i]), out);
	if (run->diag->findings.n == 0) {
		buf_add_str(out, "    <testcase name=\"check\" classname=\"");
		add_path(r, file, out);
		buf_add_str(out, "\" time=\"0\"/>\n");
	}
	buf_add_str(out, "  </testsuite>\n");
}

void report_junit(const struct report *r, struct buf *out)
{
	size_t tests = 0, failures = 0;

	for (size_t i = 0; i < r->n; i++) {
		tests += cases_of(&r->runs[i]);
		failures += failures_of(r, &r->runs[i]);
	}
	buf_printf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"ipsecc\" tests=\"%zu\" failures=\"%zu\" errors=\"0\""
		   " time=\"0\">\n", tests, failures);
	for (size_t i = 0; i < r->n; i++)
		add_suite(r, &r->runs[i], out);
	buf_add_str(out, "</testsuites>\n");
}
