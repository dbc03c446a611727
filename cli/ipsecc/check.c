/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/ipsecc/command.h"

#define NAMES_SHOWN	4	/* conns that will not load, in the summary */

struct paths {
	char **v;
	size_t n;
};

static void paths_release(struct paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
}

/* Takes path. */
static bool paths_add(struct paths *p, char *path)
{
	char **v = reallocarray(p->v, p->n + 1, sizeof(*v));

	if (!v || !path) {
		complain("out of memory");
		if (v)
			p->v = v;
		free(path);
		return false;
	}
	p->v = v;
	p->v[p->n++] = path;
	return true;
}

static int is_configuration(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return entry->d_name[0] != '.' && dot && strcmp(dot, ".conf") == 0;
}

/* A directory stands for the *.conf files in it, sorted by name. */
static bool add_directory(struct paths *paths, const char *directory)
{
	struct dirent **entries;
	size_t length = strlen(directory);
	int n = scandir(directory, &entries, is_configuration, alphasort);
	bool ok = n > 0;

	if (n < 0)
		complain("%s: %s", directory, strerror(errno));
	if (n == 0)
		complain("%s: no *.conf file in this directory", directory);
	for (int i = 0; i < n; i++) {
		CLEANUP(buf_release) struct buf path = { 0 };

		buf_printf(&path, "%s%s%s", directory, length && directory[length - 1] == '/' ? "" : "/", entries[i]->d_name);
		ok = ok && paths_add(paths, buf_failed(&path) ? NULL : strdup(path.p));
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return ok;
}

static bool collect(struct paths *paths, const struct arguments *args)
{
	const char *root = args->value[OPTION_ROOT];
	struct stat there;
	bool ok = true;

	if (args->n == 0) {
		CLEANUP(buf_release) struct buf path = { 0 };

		buf_printf(&path, "%s%s", root ? root : "", DEFAULT_FILE);
		return paths_add(paths, buf_failed(&path) ? NULL : strdup(path.p));
	}
	for (int i = 0; i < args->n; i++) {
		if (strcmp(args->operands[i], "-") != 0 && stat(args->operands[i], &there) == 0 && S_ISDIR(there.st_mode))
			ok &= add_directory(paths, args->operands[i]);
		else
			ok &= paths_add(paths, strdup(args->operands[i]));
	}
	return ok;
}

/* --- the last lines --- */

struct totals {
	size_t files, conns, templates;
	size_t verdicts[VERDICT_UNKNOWN + 1];
	uint64_t counts[SEVERITY_COUNT], hidden[HIDDEN_COUNT];
	const struct finding *example;		/* one that the summary points at */
	const char *refused[NAMES_SHOWN];
	size_t refused_shown;
	bool several_releases;
};

static void add_up(struct totals *t, const struct unit *u)
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
	for (size_t i = 0; i < u->diag.findings.n; i++)
		if (!t->example || u->diag.findings.v[i]->severity < t->example->severity)
			t->example = u->diag.findings.v[i];
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

/* "2 errors, 1 warning, 3 notes (-v shows them)        more: ipsecc explain IC5002" */
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
	if (t->example && !(notes_hidden && t->example->severity == SEVERITY_NOTE))
		buf_printf(out, "        more: ipsecc explain %s", rule_table[t->example->rule].id);
	buf_add_char(out, '\n');
}

/* -v: one line per conn. */
static void add_conn_table(struct buf *out, const struct unit *u, bool ascii)
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
		buf_printf(out, "  %s\n", release_name(u->release));
	}
}

static void add_summary(struct buf *out, struct unit *const *units, size_t n, const struct diag_style *style, bool verbose)
{
	struct totals t = { 0 };
	size_t shown = 0, findings = 0;

	for (size_t i = 0; i < n; i++) {
		add_up(&t, units[i]);
		findings += units[i]->diag.findings.n + units[i]->diag.hidden.n;
		shown += units[i]->diag.findings.n - (style->quiet_notes ? units[i]->diag.counts[SEVERITY_NOTE] : 0);
		t.several_releases |= units[i]->release != units[0]->release;
		if (verbose)
			add_conn_table(out, units[i], style->ascii);
	}
	if (verbose && t.conns + t.templates)
		buf_add_char(out, '\n');
	if (!shown) {
		if (n == 1)
			diag_add_visible(out, slice_of(units[0]->sources.files.v[0].path), style->ascii);
		else
			buf_printf(out, "%zu files", n);
		buf_add_str(out, ": ");
	}
	add_verdicts(out, &t, style->ascii);
	add_dialect(out, &t, units[0], style->ascii);
	buf_add_char(out, '\n');
	if (findings)
		add_counts(out, &t, style->quiet_notes);
}

/* --- the command --- */

static enum exit_status answer(struct unit *const *units, size_t n, const struct arguments *args)
{
	static const char *const words[] = { "error", "warning", "note" };
	const char *fail_on = args->value[OPTION_FAIL_ON] ? args->value[OPTION_FAIL_ON] : "warning";

	for (int s = 0; s < SEVERITY_COUNT; s++)
		for (size_t i = 0; strcmp(words[s], fail_on) == 0 && i < n; i++)
			if (diag_reaches(&units[i]->diag, (enum severity)s))
				return EXIT_FINDINGS;
	return EXIT_DONE;
}

/* Notes are facts that need nobody's attention; they are counted, and shown on demand. */
static bool shows_notes(const struct arguments *args)
{
	const char *fail_on = args->value[OPTION_FAIL_ON];

	return args->verbose || (fail_on && strcmp(fail_on, "note") == 0);
}

static enum severity threshold(const struct arguments *args)
{
	const char *fail_on = args->value[OPTION_FAIL_ON] ? args->value[OPTION_FAIL_ON] : "warning";

	for (int s = 0; s < SEVERITY_COUNT; s++)
		if (strcmp(severity_words[s], fail_on) == 0)
			return (enum severity)s;
	return SEVERITY_ERROR;		/* never: what is an error stays one */
}

static int print_units(struct unit *const *units, size_t n, const struct arguments *args)
{
	const struct report_format *format = report_format_find(args->value[OPTION_FORMAT] ? args->value[OPTION_FORMAT] : "human");
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(cleanup_free) struct report_run *runs = calloc(n ? n : 1, sizeof(*runs));
	CLEANUP(cleanup_free) char *directory = getcwd(NULL, 0);
	struct report report = {
		.tool_version = IPSECC_VERSION, .directory = directory, .base = directory, .runs = runs, .n = n,
		.threshold = threshold(args), .style = terminal_style(stdout, args->color),
	};

	report.style.quiet_notes = !shows_notes(args);
	out.failed = !runs;
	for (size_t i = 0; runs && i < n; i++)
		out.failed |= unit_report(units[i], &runs[i]) != 0;
	if (!out.failed)
		format->render(&report, &out);
	if (n && format->render == report_human && !args->quiet)
		add_summary(&out, units, n, &report.style, args->verbose);
	return write_stream(stdout, &out);
}

enum exit_status command_check(const struct arguments *args)
{
	CLEANUP(paths_release) struct paths paths = { 0 };
	bool trouble = !collect(&paths, args);
	struct unit **units = calloc(paths.n ? paths.n : 1, sizeof(*units));
	enum exit_status status;
	size_t n = 0;

	if (!units) {
		complain("out of memory");
		return EXIT_TROUBLE;
	}
	for (size_t i = 0; i < paths.n; i++) {
		units[n] = compile_operand(paths.v[i], args);
		if (units[n])
			n++;
		else
			trouble = true;
	}
	if (print_units(units, n, args))
		trouble = true;
	status = answer(units, n, args);
	for (size_t i = 0; i < n; i++)
		unit_free(units[i]);
	free(units);
	return trouble ? EXIT_TROUBLE : status;
}
