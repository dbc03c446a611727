/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/command.h"

static void free_unit(struct unit **u)
{
	unit_free(*u);
}

static const struct backend *find_backend(const char *name)
{
	CLEANUP(buf_release) struct buf names = { 0 };

	for (size_t i = 0; backend_table[i]; i++) {
		if (name && strcmp(backend_table[i]->name, name) == 0)
			return backend_table[i];
		buf_printf(&names, "%s%s", i ? ", " : "", backend_table[i]->name);
	}
	if (name)
		complain("--target is one of %s, not '%s'", names.p, name);
	else
		complain("compile needs --target=, one of %s", names.p);
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

static bool known_conns(const struct unit *u, char **names)
{
	bool ok = true;

	for (; *names; names++) {
		bool found = false;

		for (size_t i = 0; i < u->ir->conns.n; i++)
			found |= strcmp(u->ir->conns.v[i]->name, *names) == 0;
		if (!found)
			complain("there is no conn '%s' in %s", *names, u->sources.files.v[0].path);
		ok &= found;
	}
	return ok;
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

/* Errors, and whatever says that something is missing in the result (7xxx, 8xxx), on standard error; the rest is `check`'s to show,
 * and is counted. */
static void report(struct unit *u, const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style style = terminal_style(stderr, args->color);
	struct diag shown = u->diag;
	size_t kept = 0, hidden = 0;

	for (size_t i = 0; i < u->diag.findings.n; i++) {
		struct finding *f = u->diag.findings.v[i];
		bool ours = strncmp(rule_table[f->rule].id, "IC7", 3) == 0 || strncmp(rule_table[f->rule].id, "IC8", 3) == 0;

		if (!concerns(f, args->operands + 1))
			continue;
		if (f->severity == SEVERITY_ERROR || ours)
			shown.findings.v[kept++] = f;
		else
			hidden++;
	}
	shown.findings.n = kept;
	if (args->quiet)
		return;
	diag_render_human(&shown, &style, &out);
	if (hidden)
		buf_printf(&out, "%zu more finding%s: ipsecc check %s\n", hidden, hidden == 1 ? "" : "s",
			   u->sources.files.v[0].path);
	write_stream(stderr, &out);
}

enum exit_status command_compile(const struct arguments *args)
{
	CLEANUP(free_unit) struct unit *u = NULL;
	CLEANUP(buf_release) struct buf out = { 0 };
	const struct backend *backend = find_backend(args->value[OPTION_TARGET]);
	struct backend_options options = {
		.phase = args->value[OPTION_PHASE] && strcmp(args->value[OPTION_PHASE], "route") == 0 ? PHASE_ROUTE : PHASE_UP,
		.strict = args->value[OPTION_STRICT], .format = args->value[OPTION_FORMAT],
	};
	struct lower_options lowering = {
		.secrets_file = args->value[OPTION_SECRETS] ? args->value[OPTION_SECRETS] : "/etc/ipsec.secrets",
	};
	bool incomplete = false;
	struct plan *plan;
	int r;

	if (!backend || !has_format(backend, options.format) || !(u = compile_operand(args->operands[0], args)))
		return EXIT_TROUBLE;
	if (!known_conns(u, args->operands + 1))
		return EXIT_TROUBLE;
	options.conns = lowering.conns = args->n > 1 ? (const char *const *)args->operands + 1 : NULL;
	plan = unit_plan(u, &lowering, &incomplete);
	r = plan ? unit_emit(u, backend, plan, &options, &out) : -ENOMEM;
	if (r == -EFBIG) {
		report(u, args);
		return EXIT_TROUBLE;
	}
	if (r && r != -EINVAL) {
		complain("%s", strerror(-r));
		return EXIT_TROUBLE;
	}
	if (write_output(args->value[OPTION_OUTPUT], &out))
		return EXIT_TROUBLE;
	report(u, args);
	return incomplete || r ? EXIT_FINDINGS : EXIT_DONE;
}
