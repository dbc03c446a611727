/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/compile.h"
#include "cli/result.h"
#include "cli/output.h"

/* NULL after a complaint. */
static const struct backend *find_backend(const char *name)
{
	CLEANUP(buf_release) struct buf names = { 0 };

	for (size_t i = 0; name && backend_table[i]; i++)
		if (strcmp(backend_table[i]->name, name) == 0)
			return backend_table[i];
	add_choice(&names, option_table[OPTION_TARGET].words);
	complain("compile needs --target=%s", names.p ? names.p : "");
	return NULL;
}

static bool has_format(const struct backend *backend, const char *format)
{
	for (size_t i = 0; !format || backend->formats[i]; i++)
		if (!format || strcmp(backend->formats[i], format) == 0)
			return true;
	complain("--target=%s has no --format=%s; its default is %s", backend->name, format, backend->formats[0]);
	return false;
}

/* The plan holds each moment, and whack leaves them to pluto. */
static void say_without_effect(const struct backend *backend, const struct arguments *args)
{
	static const enum option_id of_policies[] = { OPTION_PHASE, OPTION_STRICT };

	for (size_t i = 0; !backend->writes_policies && !args->quiet && i < sizeof of_policies / sizeof of_policies[0]; i++)
		if (args->value[of_policies[i]])
			complain("--%s changes nothing of --target=%s", option_table[of_policies[i]].name, backend->name);
}

/* Whether a finding is about what was asked for: all conns, or the ones named. */
static bool concerns(const struct finding *f, char **names)
{
	if (!*names || !f->conn)
		return true;
	for (; *names; names++)
		if (strcmp(f->conn, *names) == 0)
			return true;
	return false;
}

/* Not what the plan lacks, where the target is made of the file's words or of config setup only. */
static bool concerns_target(const struct finding *f, const struct backend *backend, const struct arguments *args)
{
	if (args->value[OPTION_DAEMON_ARGS])
		return f->rule == RULE_WHACK_DAEMON_OPTION || f->severity == SEVERITY_ERROR;
	return !backend->says_words || f->rule != RULE_NOT_CARRIED_YET;
}

/* Warnings are `check`'s to show, and are counted. */
void compile_report(struct unit *u, const struct backend *backend, const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style style = terminal_style(stderr, args->color);
	struct diag shown = u->diag;
	size_t kept = 0, hidden = 0;

	for (size_t i = 0; i < u->diag.findings.n; i++) {
		struct finding *f = u->diag.findings.v[i];

		if (!concerns(f, args->operands + 1) || !concerns_target(f, backend, args))
			continue;
		if (concerns_result(f))
			shown.findings.v[kept++] = f;
		else if (f->severity == SEVERITY_WARNING)
			hidden++;
	}
	shown.findings.n = kept;
	if (args->quiet)
		return;
	diag_render_human(&shown, &style, &out);
	if (hidden)
		buf_printf(&out, "%zu warning%s not shown; to see: ipsecc check %s\n", hidden, hidden == 1 ? "" : "s",
			   u->sources.files.v[0].path);
	write_stream(stderr, &out);
}

enum exit_status command_compile(const struct arguments *args)
{
	CLEANUP(projects_release) struct projects projects = { 0 };
	CLEANUP(free_unit) struct unit *u = NULL;
	CLEANUP(output_drop) struct output out = { 0 };
	struct operand operand;
	const struct backend *backend = find_backend(args->value[OPTION_TARGET]);
	struct backend_options options = {
		.phase = args->value[OPTION_PHASE] && strcmp(args->value[OPTION_PHASE], "route") == 0 ? PHASE_ROUTE : PHASE_UP,
		.strict = args->value[OPTION_STRICT], .format = args->value[OPTION_DAEMON_ARGS] ? "daemon-args" : args->value[OPTION_FORMAT],
	};
	struct lower_options lowering = { 0 };
	bool incomplete = false;
	struct plan *plan;
	int r;

	if (!backend || !has_format(backend, options.format) || !apply_options_ok(args) || !(u = operand_open(&operand, args->operands[0], &projects, args)))
		return EXIT_TROUBLE;
	say_without_effect(backend, args);
	lowering.secrets_file = operand.secrets ? operand.secrets : "/etc/ipsec.secrets";
	if (!known_conns(u, args->operands + 1))
		return EXIT_TROUBLE;
	options.conns = lowering.conns = args->n > 1 ? (const char *const *)args->operands + 1 : NULL;
	plan = unit_plan(u, &lowering, &incomplete);
	if (plan && args->value[OPTION_APPLY])
		return apply_plan(u, backend, plan, &options, args, incomplete);
	if (plan && output_open(&out, args->value[OPTION_OUTPUT]))
		return EXIT_TROUBLE;
	r = plan ? unit_emit(u, backend, plan, &options, &out.text) : -ENOMEM;
	if (r == -EFBIG) {
		compile_report(u, backend, args);
		return EXIT_TROUBLE;
	}
	if (r && r != -EINVAL && !out.error) {
		complain("%s", strerror(-r));
		return EXIT_TROUBLE;
	}
	if (output_commit(&out))
		return EXIT_TROUBLE;
	compile_report(u, backend, args);
	incomplete &= !args->value[OPTION_DAEMON_ARGS];	/* they are not of any conn */
	return incomplete || r ? EXIT_FINDINGS : EXIT_DONE;
}
