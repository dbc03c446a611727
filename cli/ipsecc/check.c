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
	free(c->units);
	free(c->of);
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
	if (c->operands && c->units && c->of)
		return true;
	complain("out of memory");
	return false;
}

static void compile_all(struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++) {
		c->units[c->n] = operand_open(&c->operands[i], c->paths.v[i], &c->projects, c->args);
		c->of[c->n] = &c->operands[i];
		if (c->units[c->n])
			c->n++;
		else
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

static int print(const struct check *c, const char *directory)
{
	const struct arguments *args = c->args;
	const struct report_format *format = report_format_find(args->value[OPTION_FORMAT] ? args->value[OPTION_FORMAT] : "human");
	CLEANUP(buf_release) struct buf out = { 0 };
	CLEANUP(cleanup_free) struct report_run *runs = calloc(c->n ? c->n : 1, sizeof(*runs));
	struct report report = {
		.tool_version = IPSECC_VERSION, .directory = directory, .base = directory, .runs = runs, .n = c->n,
		.threshold = c->n ? threshold(c->of[0]) : SEVERITY_WARNING, .style = terminal_style(stdout, args->color),
	};

	report.style.quiet_notes = !shows_notes(c);
	out.failed = !runs;
	for (size_t i = 0; runs && i < c->n; i++)
		out.failed |= unit_report(c->units[i], &runs[i]) != 0;
	if (!out.failed)
		format->render(&report, &out);
	if (c->n && format->render == report_human && !args->quiet)
		summary_add(&out, c, runs, &report.style);
	return write_stream(stdout, &out);
}

enum exit_status command_check(const struct arguments *args)
{
	CLEANUP(cleanup_free) char *directory = getcwd(NULL, 0);
	CLEANUP(check_release) struct check check;

	if (!check_init(&check, args))
		return EXIT_TROUBLE;
	compile_all(&check);
	check_compare_baselines(&check, directory);
	if (print(&check, directory))
		check.trouble = true;
	return answer(&check);
}
