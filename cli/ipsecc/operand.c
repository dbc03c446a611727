/* SPDX-License-Identifier: Apache-2.0 */
/* operand.c -- the operands that several commands have: a configuration, and names of its conns. */
#include <errno.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/installed.h"
#include "cli/ipsecc/command.h"

/* The host's own file: then the release that is installed there counts. */
static bool is_host_file(const char *path, const char *root)
{
	size_t n = root ? strlen(root) : 0;

	return strncmp(path, root ? root : "", n) == 0 && strcmp(path + n, DEFAULT_FILE) == 0;
}

struct unit *compile_operand(const char *path, const struct arguments *args)
{
	const char *fail_on = args->value[OPTION_FAIL_ON];
	struct installed installed;
	struct unit_options options = {
		.reader = source_reader_system, .dialect = args->value[OPTION_DIALECT], .root = args->value[OPTION_ROOT],
		.stdin_name = args->value[OPTION_STDIN_FILENAME], .host_facts = args->value[OPTION_HOST_FACTS],
		.implicit_conns = args->value[OPTION_IMPLICIT_CONNS] != NULL, .policy = &args->policy, .today = args->today,
		.compare_defaults = args->verbose || (fail_on && strcmp(fail_on, "note") == 0),
	};
	const char *failed = path;
	struct unit *unit;
	int r;

	if (is_host_file(path, options.root) && installed_libreswan(options.root, &installed)) {
		options.installed = installed.release;
		options.installed_by = installed.by;
	}
	r = unit_compile(path, &options, &unit, &failed);
	if (r == 0)
		return unit;
	if (r == -EINVAL && failed == options.dialect)
		complain("--dialect is auto, libreswan-3, libreswan-4, libreswan-5 or a release such as 4.10, not '%s'", failed);
	else
		complain("%s: %s", failed, strerror(-r));
	return NULL;
}

void free_unit(struct unit **u)
{
	unit_free(*u);
}

const struct ir_conn *find_conn(const struct unit *u, const char *name)
{
	for (size_t i = 0; i < u->ir->conns.n; i++)
		if (strcmp(u->ir->conns.v[i]->name, name) == 0)
			return u->ir->conns.v[i];
	return NULL;
}

bool known_conns(const struct unit *u, char **names)
{
	bool ok = true;

	for (; *names; names++) {
		struct nearest nearest = nearest_to(slice_of(*names));

		if (find_conn(u, *names))
			continue;
		for (size_t i = 0; i < u->ir->conns.n; i++)
			nearest_offer(&nearest, u->ir->conns.v[i]->name, u->ir->conns.v[i]);
		if (nearest.name)
			complain("there is no conn '%s' in %s; did you mean '%s'?", *names, u->sources.files.v[0].path, nearest.name);
		else
			complain("there is no conn '%s' in %s", *names, u->sources.files.v[0].path);
		ok = false;
	}
	return ok;
}
