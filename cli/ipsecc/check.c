/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ipsecc/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

static void check_release(struct check *c)
{
	for (size_t i = 0; i < c->n; i++)
		unit_free(c->units[i]);
	for (size_t i = 0; c->compiled && i < c->paths.n; i++)
		unit_free(c->compiled[i].unit);
	free(c->units);
	free(c->of);
	free(c->wanted);
	free(c->compiled);
	free(c->operands);
	baselines_release(&c->baselines);
	projects_release(&c->projects);
	paths_release(&c->paths);
}

/* --- compiling ---------------------------------------------------------------------------------------------------------------- */

static bool check_init(struct check *c, const struct arguments *args)
{
	size_t n;

	*c = (struct check){ .args = args };
	c->trouble = !paths_collect(&c->paths, args);
	n = c->paths.n ? c->paths.n : 1;
	c->operands = calloc(n, sizeof(*c->operands));
	c->units = calloc(n, sizeof(*c->units));
	c->of = calloc(n, sizeof(*c->of));
	c->wanted = calloc(n, sizeof(*c->wanted));
	c->compiled = calloc(n, sizeof(*c->compiled));
	if (c->operands && c->units && c->of && c->wanted && c->compiled)
		return true;
	complain("out of memory");
	return false;
}

static void settle_all(struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++) {
		c->wanted[i] = operand_settle(&c->operands[i], c->paths.v[i], &c->projects, c->args);
		c->trouble |= !c->wanted[i];
	}
}

/* What was compiled becomes the units, in the order of the paths. */
static void take_compiled(struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++) {
		struct compiled *result = &c->compiled[i];

		if (result->error) {
			operand_complain(&c->operands[i], result->error, result->failed);
			c->trouble = true;
		} else if (result->unit) {
			c->units[c->n] = result->unit;
			c->of[c->n++] = &c->operands[i];
			result->unit = NULL;
		}
	}
}

/* Only for finding out what was found: what is named is read once, by the fixer. */
static void choose_found(struct check *c)
{
	bool *wanted = c->wanted;

	c->wanted = calloc(c->paths.n + 1, sizeof(*wanted));
	if (!c->wanted) {
		c->wanted = wanted;
		complain("out of memory");
		c->trouble = true;
		return;
	}
	for (size_t i = 0; i < c->paths.n; i++)
		c->wanted[i] = wanted[i] && strcmp(c->paths.v[i], "-") != 0;
	check_compile(c);
	check_drop_found(c);
	for (size_t i = 0; i < c->paths.n; i++) {
		wanted[i] = wanted[i] && (c->wanted[i] || !c->paths.found[i]);
		unit_free(c->compiled[i].unit);
		c->compiled[i] = (struct compiled){ 0 };
	}
	free(c->wanted);
	c->wanted = wanted;
}

static bool any_found(const struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++)
		if (c->paths.found[i])
			return true;
	return false;
}

static void run(struct check *c)
{
	settle_all(c);
	if (check_fixes(c->args)) {
		if (any_found(c))
			choose_found(c);
		check_fix_all(c);
	} else {
		check_compile(c);
		check_drop_found(c);
		take_compiled(c);
	}
	if (c->foreign && !c->n) {
		complain("no *.conf file in the directories has a section of ipsec.conf");
		c->trouble = true;
	}
}

/* --- the answer --------------------------------------------------------------------------------------------------------------- */

static const char *fail_on(const struct operand *o)
{
	return o->fail_on ? o->fail_on : "warning";
}

/* Notes are facts that need nobody's attention; they are counted, and shown on demand. */
static bool shows_notes(const struct check *c)
{
	bool shows = c->args->verbose;

	for (size_t i = 0; i < c->n; i++)
		shows |= strcmp(fail_on(c->of[i]), "note") == 0;
	return shows;
}

/* Never: what is an error stays one. */
static enum severity threshold(const struct operand *o)
{
	for (int s = 0; s < SEVERITY_COUNT; s++)
		if (strcmp(severity_words[s], fail_on(o)) == 0)
			return (enum severity)s;
	return SEVERITY_ERROR;
}

static enum exit_status answer(const struct check *c)
{
	if (c->trouble)
		return EXIT_TROUBLE;
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(fail_on(c->of[i]), "never") != 0 && diag_reaches(&c->units[i]->diag, threshold(c->of[i])))
			return EXIT_FINDINGS;
	return EXIT_DONE;
}

static bool reads_stdin(const struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++)
		if (strcmp(c->paths.v[i], "-") == 0)
			return true;
	return false;
}

/* Standard output is taken when standard input is fixed. */
static int print(const struct check *c, const char *directory)
{
	const struct arguments *args = c->args;
	const struct report_format *format = report_format_find(args->value[OPTION_FORMAT] ? args->value[OPTION_FORMAT] : "human");
	FILE *stream = c->args->value[OPTION_FIX] && reads_stdin(c) ? stderr : stdout;
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(cleanup_free) struct report_run *runs = calloc(c->n ? c->n : 1, sizeof(*runs));
	struct report report = {
		.tool_version = IPSECC_VERSION, .directory = directory, .base = directory, .runs = runs, .n = c->n,
		.threshold = c->n ? threshold(c->of[0]) : SEVERITY_WARNING, .style = terminal_style(stream, args->color),
	};

	report.style.quiet_notes = !shows_notes(c);
	out.failed = !runs;
	for (size_t i = 0; runs && i < c->n; i++)
		out.failed |= unit_report(c->units[i], &runs[i]) != 0;
	if (!out.failed)
		format->render(&report, &out);
	if (c->n && format->render == report_human && !args->quiet)
		summary_add(&out, c, runs, &report.style);
	return write_stream(stream, &out);
}

static bool options_fit(const struct arguments *args)
{
	if (args->value[OPTION_FIX] && args->value[OPTION_DIFF])
		complain("check: only one of --fix and --diff");
	else if (args->value[OPTION_UNSAFE_FIXES] && !check_fixes(args))
		complain("check: --unsafe-fixes needs --fix or --diff");
	else
		return true;
	return false;
}

enum exit_status command_check(const struct arguments *args)
{
	CLEANUP(cleanup_free) char *directory = getcwd(NULL, 0);
	CLEANUP(check_release) struct check check;

	if (!check_init(&check, args) || !options_fit(args) || !(check.jobs = jobs_wanted(args)))
		return EXIT_TROUBLE;
	run(&check);
	if (args->value[OPTION_DIFF])
		return check.trouble ? EXIT_TROUBLE : check.changes ? EXIT_FINDINGS : EXIT_DONE;
	check_compare_baselines(&check, directory);
	if (print(&check, directory))
		check.trouble = true;
	return answer(&check);
}
