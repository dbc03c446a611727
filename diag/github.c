/* SPDX-License-Identifier: Apache-2.0 */
/* Workflow commands of GitHub Actions: ::error file=...,line=...::message. The runner shows ten annotations of each kind per step and the
 * rest only in the log, so the worst come first. */
#include "diag/report.h"
#include "diag/text.h"

#define SHOWN_PER_KIND	10

/* Whatever could end the message or the property, or begin another command; in this order no escape is escaped again. */
static void add_escaped(struct buf *out, const char *text, bool property)
{
	struct slice s = slice_of(text);

	for (size_t at = 0; at < s.n;) {
		struct glyph g = text_glyph(s, at, false);
		char c = s.p[at];

		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			buf_printf(out, "%%%02X", c);
		else if (c == '\t')
			buf_add_char(out, ' ');
		else
			buf_add(out, g.bytes, g.size);
		at += g.consumed;
	}
}

static void add_path(const struct report *r, const char *file, bool property, struct buf *out)
{
	struct buf path = { 0 };

	report_add_path(r, file, &path);
	if (buf_failed(&path))
		out->failed = true;
	else
		add_escaped(out, path.p, property);
	buf_release(&path);
}

static void add_related(const struct report *r, const struct report_run *run, const struct finding *f, struct buf *out)
{
	for (size_t i = 0; i < f->related.n; i++) {
		struct report_span at = report_locate(run, f->related.v[i].span);

		if (!at.file)
			continue;
		buf_add_str(out, "%0A");
		add_path(r, at.file, false, out);
		buf_printf(out, ":%u:%u: ", at.line, at.column);
		add_escaped(out, f->related.v[i].text, false);
	}
	for (size_t i = 0; i < f->notes.n + f->helps.n; i++) {
		buf_add_str(out, i < f->notes.n ? "%0Anote: " : "%0Ahelp: ");
		add_escaped(out, i < f->notes.n ? f->notes.v[i] : f->helps.v[i - f->notes.n], false);
	}
}

static void add_finding(const struct report *r, const struct report_run *run, const struct finding *f, struct buf *out)
{
	static const char *const commands[SEVERITY_COUNT] = { "error", "warning", "notice" };
	struct report_span at = report_locate(run, f->span);

	buf_printf(out, "::%s file=", commands[f->severity]);
	add_path(r, report_file_of(run, &at), true, out);
	if (at.file) {
		buf_printf(out, ",line=%u", at.line);
		if (at.line == at.end_line)		/* the end is inclusive here, and columns mean something in one line only */
			buf_printf(out, ",endLine=%u,col=%u,endColumn=%u", at.end_line, at.column,
				   at.end_column > at.column ? at.end_column - 1 : at.column);
	}
	buf_printf(out, ",title=%s %s::", rule_table[f->rule].id, rule_table[f->rule].name);
	add_escaped(out, f->message, false);
	add_related(r, run, f, out);
	buf_add_char(out, '\n');
}

void report_github(const struct report *r, struct buf *out)
{
	for (int s = 0; s < SEVERITY_COUNT; s++) {
		size_t count = 0;

		for (size_t i = 0; i < r->n; i++) {
			for (size_t j = 0; j < r->runs[i].diag->findings.n; j++) {
				const struct finding *f = r->runs[i].diag->findings.v[j];

				if (f->severity != (enum severity)s)
					continue;
				add_finding(r, &r->runs[i], f, out);
				count++;
			}
		}
		if (count > SHOWN_PER_KIND)
			buf_printf(out, "%zu more %ss: they are in this log, GitHub annotates %d of a step\n", count - SHOWN_PER_KIND,
				   severity_words[s], SHOWN_PER_KIND);
	}
}
