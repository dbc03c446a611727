/* SPDX-License-Identifier: Apache-2.0 */
/* The last lines of check, for people. */
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/check.h"

#define NAMES_SHOWN	4	/* conns that will not load */

struct totals {
	size_t files, conns, templates;
	size_t verdicts[VERDICT_UNKNOWN + 1];
	uint64_t counts[SEVERITY_COUNT], hidden[HIDDEN_COUNT];
	uint64_t fixable;			/* safely, of those in sight */
	const struct finding *example;		/* one that the summary points at */
	const char *refused[NAMES_SHOWN];
	size_t refused_shown;
	bool several_releases;
};

static bool has_safe_fix(const struct finding *f)
{
	for (size_t i = 0; i < f->fixes.n; i++)
		if (f->fixes.v[i].safe)
			return true;
	return false;
}

static void add_findings(struct totals *t, const struct diag *d, bool notes_hidden)
{
	for (size_t i = 0; i < d->findings.n; i++) {
		const struct finding *f = d->findings.v[i];

		if (!t->example || f->severity < t->example->severity)
			t->example = f;
		t->fixable += has_safe_fix(f) && !(notes_hidden && f->severity == SEVERITY_NOTE);
	}
}

static void add_up(struct totals *t, const struct unit *u, bool notes_hidden)
{
	t->files++;
	for (int s = 0; s < SEVERITY_COUNT; s++)
		t->counts[s] += u->diag.counts[s];
	for (int h = 0; h < HIDDEN_COUNT; h++)
		t->hidden[h] += u->diag.hidden_counts[h];
	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *conn = u->ir->conns.v[i];

		if (conn->is_template) {
			t->templates++;
			continue;
		}
		t->conns++;
		t->verdicts[conn->verdict]++;
		if (conn->verdict == VERDICT_WILL_NOT_LOAD && t->refused_shown < NAMES_SHOWN)
			t->refused[t->refused_shown++] = conn->name;
	}
	add_findings(t, &u->diag, notes_hidden);
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* "24 conns: 21 load, 1 with warnings, 2 will not load (ulm, ulm-old)", "24 conns load" */
static void add_verdicts(struct buf *out, const struct totals *t, bool ascii)
{
	static const char *const words[] = {
		[VERDICT_LOADS] = "load", [VERDICT_LOADS_WITH_WARNINGS] = "with warnings",
		[VERDICT_WILL_NOT_LOAD] = "will not load", [VERDICT_UNKNOWN] = "unknown",
	};
	const char *separator = ": ";

	buf_printf(out, "%zu conn%s", t->conns, plural(t->conns));
	if (t->conns && t->verdicts[VERDICT_LOADS] == t->conns) {
		buf_add_str(out, t->conns == 1 ? " loads" : " load");
		separator = ", ";
	}
	for (size_t v = 0; v <= VERDICT_UNKNOWN; v++) {
		if (!t->verdicts[v] || t->verdicts[VERDICT_LOADS] == t->conns)
			continue;
		buf_printf(out, "%s%zu %s", separator, t->verdicts[v], words[v]);
		separator = ", ";
		for (size_t i = 0; v == VERDICT_WILL_NOT_LOAD && i < t->refused_shown; i++) {
			buf_add_str(out, i ? ", " : " (");
			diag_add_visible(out, slice_of(t->refused[i]), ascii);
		}
		if (v == VERDICT_WILL_NOT_LOAD)
			buf_add_str(out, t->verdicts[v] > t->refused_shown ? ", ...)" : ")");
	}
	if (t->templates)
		buf_printf(out, "%s%zu template%s", separator, t->templates, plural(t->templates));
}

static void add_dialect(struct buf *out, const struct totals *t, const struct unit *u, bool ascii)
{
	buf_add_str(out, "        ");
	if (t->several_releases) {
		buf_add_str(out, "several releases; -v shows which");
		return;
	}
	buf_add_str(out, u->written_for ? u->written_for : release_dialect(u->release));
	if (u->release_why) {
		buf_add_str(out, " (");
		diag_add_visible(out, slice_of(u->release_why), ascii);
		buf_add_str(out, ")");
	}
}

/* "2 errors, 1 warning, 3 notes (-v shows them), 1 suppressed, 2 fixable by --fix        more: ipsecc explain IC5002" */
static void add_counts(struct buf *out, const struct totals *t, bool notes_hidden)
{
	static const char *const words[SEVERITY_COUNT] = { "error", "warning", "note" };
	static const char *const why_hidden[HIDDEN_COUNT] = {
		[HIDDEN_BY_COMMENT] = "suppressed", [HIDDEN_BY_OPTION] = "ignored", [HIDDEN_BY_BASELINE] = "in the baseline",
	};
	const char *separator = "";

	for (int s = 0; s < SEVERITY_COUNT; s++) {
		if (!t->counts[s])
			continue;
		buf_printf(out, "%s%llu %s%s", separator, (unsigned long long)t->counts[s], words[s], plural(t->counts[s]));
		separator = ", ";
	}
	if (notes_hidden && t->counts[SEVERITY_NOTE])
		buf_add_str(out, t->counts[SEVERITY_NOTE] == 1 ? " (-v shows it)" : " (-v shows them)");
	for (int h = HIDDEN_NOT + 1; h < HIDDEN_COUNT; h++) {
		if (!t->hidden[h])
			continue;
		buf_printf(out, "%s%llu %s", separator, (unsigned long long)t->hidden[h], why_hidden[h]);
		separator = ", ";
	}
	if (t->fixable)
		buf_printf(out, "%s%llu fixable by --fix", separator, (unsigned long long)t->fixable);
	if (t->example && !(notes_hidden && t->example->severity == SEVERITY_NOTE))
		buf_printf(out, "        more: ipsecc explain %s", rule_table[t->example->rule].id);
	buf_add_char(out, '\n');
}

/* -v: which secret a conn takes, by its place, and why others lose. either: this host may be either end, with different answers. */
static void add_key(struct buf *out, const struct report_key *key, bool either, bool ascii)
{
	static const struct { const char *kind, *words; } kinds[] = {
		{ "psk", "shared key" }, { "xauth", "XAUTH password" }, { "private-key", "private key" },
	};

	buf_add_str(out, "    = note: ");
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].kind, key->kind) == 0)
			buf_add_str(out, kinds[i].words);
	if (either)
		buf_printf(out, ", if this host is '%s'", key->side);
	buf_add_str(out, ": ");
	if (key->file) {
		diag_add_visible(out, slice_of(key->file), ascii);
		buf_printf(out, ":%u, which %s\n", key->line, key->words);
	} else {
		buf_printf(out, "%s, ", key->status);
		diag_add_visible(out, slice_of(key->why), ascii);
		buf_add_char(out, '\n');
	}
	for (size_t i = 0; i < key->loser_count; i++) {
		buf_add_str(out, "    = note: not ");
		diag_add_visible(out, slice_of(key->losers[i].file), ascii);
		buf_printf(out, ":%u: %s\n", key->losers[i].line, key->losers[i].why);
	}
}

static bool has_two_sides(const struct report_conn *conn, const struct report_key *key)
{
	for (size_t i = 0; i < conn->key_count; i++)
		if (&conn->keys[i] != key && strcmp(conn->keys[i].kind, key->kind) == 0)
			return true;
	return false;
}

/* -v: one line per conn, and its keys. */
static void add_conn_table(struct buf *out, const struct unit *u, const struct report_run *run, bool ascii)
{
	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *conn = u->ir->conns.v[i];
		struct diag_place place = sources_locate(&u->sources, conn->span.start);
		size_t start = out->n;

		diag_add_visible(out, slice_of(conn->name), ascii);
		if (out->n - start < 24)
			buf_add_repeated(out, ' ', 24 - (out->n - start));
		buf_printf(out, " %-20s ", conn->is_template ? "template" : unit_verdict_name(conn->verdict));
		if (conn->resolved->section->implicit)
			buf_add_str(out, "built in");
		else
			diag_add_visible(out, slice_of(place.file), ascii);
		if (!conn->resolved->section->implicit)
			buf_printf(out, ":%u", place.line);
		buf_printf(out, "  %s", u->build->name);
		if (u->facts && !conn->is_template)
			buf_printf(out, "  here: %s", unit_orientation_name(conn->orientation));
		buf_add_char(out, '\n');
		for (size_t k = 0; k < run->conns[i].key_count; k++)
			add_key(out, &run->conns[i].keys[k], has_two_sides(&run->conns[i], &run->conns[i].keys[k]), ascii);
	}
}

/* -v: which project file holds. */
static void add_project(struct buf *out, const struct operand *o, const char *file, bool ascii)
{
	if (!o->project)
		return;
	diag_add_visible(out, slice_of(file), ascii);
	buf_add_str(out, ": by the project file ");
	diag_add_visible(out, slice_of(o->project->path), ascii);
	buf_add_char(out, '\n');
}

void summary_add(struct buf *out, const struct check *check, const struct report_run *runs, const struct diag_style *style)
{
	struct unit *const *units = check->units;
	bool verbose = check->args->verbose;
	struct totals t = { 0 };
	size_t shown = 0, findings = 0;

	for (size_t i = 0; i < check->n; i++) {
		add_up(&t, units[i], style->quiet_notes);
		findings += units[i]->diag.findings.n + units[i]->diag.hidden.n;
		shown += units[i]->diag.findings.n - (style->quiet_notes ? units[i]->diag.counts[SEVERITY_NOTE] : 0);
		t.several_releases |= units[i]->release != units[0]->release;
		if (!verbose)
			continue;
		add_project(out, check->of[i], units[i]->sources.files.v[0].path, style->ascii);
		add_conn_table(out, units[i], &runs[i], style->ascii);
	}
	if (verbose && t.conns + t.templates)
		buf_add_char(out, '\n');
	if (!shown) {
		if (check->n == 1)
			diag_add_visible(out, slice_of(units[0]->sources.files.v[0].path), style->ascii);
		else
			buf_printf(out, "%zu files", check->n);
		buf_add_str(out, ": ");
	}
	add_verdicts(out, &t, style->ascii);
	add_dialect(out, &t, units[0], style->ascii);
	buf_add_char(out, '\n');
	if (findings)
		add_counts(out, &t, style->quiet_notes);
	if (check->foreign)
		buf_printf(out, "%zu *.conf file%s without a section of ipsec.conf not checked (-v names %s)\n", check->foreign,
			   plural(check->foreign), check->foreign == 1 ? "it" : "them");
}
