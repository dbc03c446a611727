/* SPDX-License-Identifier: Apache-2.0 */
/* The form of compilers, FILE:LINE:COLUMN: SEVERITY: MESSAGE [RULE], that editors and problem matchers know; columns are bytes.
 * concise is the same with one line per finding and nothing else. */
#include "base/limits.h"
#include "diag/report.h"

/* A path in the first field: a control character would break the line, a colon cannot be escaped. */
static void add_place(const struct report *r, const struct report_span *at, struct buf *out)
{
	if (!at->file) {
		buf_add_str(out, "ipsecc: ");
		return;
	}
	diag_add_visible(out, slice_of(at->file), r->style.ascii);
	buf_printf(out, ":%u:%u: ", at->line, at->column);
}

static void add_line(const struct report *r, const struct report_span *at, const char *severity, const char *message,
		     const char *rule, struct buf *out)
{
	add_place(r, at, out);
	buf_printf(out, "%s: ", severity);
	diag_add_visible(out, slice_of(message), r->style.ascii);
	buf_printf(out, " [%s]\n", rule);
}

static void add_finding(const struct report *r, const struct report_run *run, const struct finding *f, struct buf *out)
{
	struct report_span at = report_locate(run, f->span);

	add_line(r, &at, severity_words[f->severity], f->message, rule_table[f->rule].id, out);
}

void report_concise(const struct report *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t j = 0; j < r->runs[i].diag->findings.n; j++)
			if (report_shows(r, r->runs[i].diag->findings.v[j]))
				add_finding(r, &r->runs[i], r->runs[i].diag->findings.v[j], out);
}

/* "In file included from FILE:LINE:", once for findings that follow each other in a file. */
static void add_include_chain(const struct report *r, const struct report_run *run, const struct finding *f, uint32_t *last,
			      struct buf *out)
{
	struct span from = report_locate(run, f->span).included_from;

	if (from.start == *last)
		return;
	*last = from.start;
	for (unsigned depth = 0; span_known(from) && depth <= LIMIT_INCLUDE_DEPTH; depth++) {
		struct report_span at = report_locate(run, from);

		buf_add_str(out, depth ? ",\n                 from " : "In file included from ");
		diag_add_visible(out, slice_of(at.file ? at.file : "?"), r->style.ascii);
		buf_printf(out, ":%u", at.line);
		from = at.included_from;
	}
	if (*last)
		buf_add_str(out, ":\n");
}

static void add_with_places(const struct report *r, const struct report_run *run, const struct finding *f, uint32_t *last,
			    struct buf *out)
{
	add_include_chain(r, run, f, last, out);
	add_finding(r, run, f, out);
	for (size_t i = 0; i < f->related.n; i++) {
		const struct diag_label *label = &f->related.v[i];
		struct report_span at = report_locate(run, label->span);

		if (at.file)
			add_line(r, &at, "note", label->text[0] ? label->text : "see here", rule_table[f->rule].id, out);
	}
}

void report_gcc(const struct report *r, struct buf *out)
{
	for (size_t i = 0; i < r->n; i++) {
		uint32_t last = 0;

		for (size_t j = 0; j < r->runs[i].diag->findings.n; j++)
			add_with_places(r, &r->runs[i], r->runs[i].diag->findings.v[j], &last, out);
	}
}
