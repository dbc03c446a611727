/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ipsecc/operand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/nearest.h"

void projects_release(struct projects *p)
{
	for (size_t i = 0; i < p->n; i++)
		project_free(p->v[i]);
	free(p->v);
}

/* --- the project file --------------------------------------------------------------------------------------------------------- */

char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(cleanup_free) char *name = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");

	return name ? realpath(name, NULL) : NULL;
}

/* Another user's project file could hide findings from whoever checks a file in /tmp. */
static bool anybody_may_write(const char *path)
{
	struct stat file, above;
	CLEANUP(cleanup_free) char *directory = directory_of(path);

	if (stat(path, &file) < 0 || !directory || stat(directory, &above) < 0)
		return false;
	if (file.st_mode & S_IWOTH)
		return true;
	return (above.st_mode & S_IWOTH) && file.st_uid != geteuid() && file.st_uid != 0;
}

/* False after a complaint, or with findings that were shown. */
static bool read_project(struct projects *projects, const char *path, const struct arguments *args, const struct project **ret)
{
	struct project *p, **v = reallocarray(projects->v, projects->n + 1, sizeof(*v));
	int r;

	if (v)
		projects->v = v;
	r = v ? project_read(path, source_reader_system, &p) : -ENOMEM;
	if (r) {
		complain("%s: %s", path, strerror(-r));
		return false;
	}
	projects->v[projects->n++] = p;
	*ret = p;
	if (!p->diag.findings.n)
		return true;
	show_findings(&p->diag, args->color);
	return false;
}

static bool get_project(struct projects *projects, const char *path, const struct arguments *args, const struct project **ret)
{
	for (size_t i = 0; i < projects->n; i++) {
		if (strcmp(projects->v[i]->path, path) != 0)
			continue;
		*ret = projects->v[i];
		return projects->v[i]->diag.findings.n == 0;
	}
	return read_project(projects, path, args, ret);
}

/* As the user would write it: without the working directory in front. */
static const char *shortened(const char *path)
{
	CLEANUP(cleanup_free) char *here = getcwd(NULL, 0);
	size_t n = here ? strlen(here) : 0;

	return n && strncmp(path, here, n) == 0 && path[n] == '/' ? path + n + 1 : path;
}

/* Finds the project file that holds for files in `directory`, if any. */
static bool find_project(struct projects *projects, const char *directory, const struct arguments *args, const struct project **ret)
{
	const char *asked = args->value[OPTION_PROJECT];
	CLEANUP(cleanup_free) char *found = NULL;

	*ret = NULL;
	if (asked && strcmp(asked, "none") == 0)
		return true;
	if (asked)
		return get_project(projects, asked, args, ret);
	if (!directory)
		return true;
	if (project_find(&source_reader_system, directory, &found)) {
		complain("out of memory");
		return false;
	}
	if (found && anybody_may_write(found)) {
		complain("%s is not followed: anybody may write it; with --project=%s it is", found, found);
		return true;
	}
	return !found || get_project(projects, shortened(found), args, ret);
}

/* The path that patterns are compared with: below the project file's directory, or else absolute. */
static bool relative_path(const struct project *project, const char *directory, const char *path, struct buf *ret)
{
	CLEANUP(cleanup_free) char *base = directory_of(project->path);
	const char *slash = strrchr(path, '/'), *rest = directory ? directory : "";
	size_t n = base ? strlen(base) : 0;

	if (n && base[n - 1] == '/')
		n--;
	if (base && strncmp(rest, base, n) == 0 && (rest[n] == '/' || !rest[n]))
		rest += n + (rest[n] == '/');
	buf_printf(ret, "%s%s%s", rest, rest[0] ? "/" : "", slash ? slash + 1 : path);
	return !buf_failed(ret);
}

/* --- what holds --------------------------------------------------------------------------------------------------------------- */

/* The host's own file: then the release that is installed there counts. */
static bool is_host_file(const char *path, const char *root)
{
	size_t n = root ? strlen(root) : 0;

	return strncmp(path, root ? root : "", n) == 0 && strcmp(path + n, DEFAULT_FILE) == 0;
}

static const char *either(const struct arguments *args, int option, const char *project)
{
	return args->value[option] ? args->value[option] : project;
}

/* Only check reads secrets: what the other commands print is the same without them. */
static void choose_secrets(struct operand *o, const struct arguments *args)
{
	const char *format = args->value[OPTION_FORMAT] ? args->value[OPTION_FORMAT] : "";

	if (args->command->run != command_check || args->value[OPTION_NO_SECRETS])
		return;
	o->options.secrets = o->secrets;
	o->options.secrets_beside = true;
	o->options.secrets_losers = args->verbose || strcmp(format, "json") == 0 || strcmp(format, "jsonl") == 0;
	o->options.user = geteuid();
	secrets_protect();
}

static void apply(struct operand *o, const struct project_settings *s, const struct arguments *args)
{
	o->policy = s->policy;
	policy_lay_over(&o->policy, &args->policy);
	o->secrets = either(args, OPTION_SECRETS, s->secrets);
	o->fail_on = either(args, OPTION_FAIL_ON, s->fail_on);
	o->baseline = either(args, OPTION_BASELINE, s->baseline);
	o->options = (struct unit_options){
		.reader = source_reader_system, .dialect = either(args, OPTION_DIALECT, s->dialect),
		.root = either(args, OPTION_ROOT, s->root), .stdin_name = args->value[OPTION_STDIN_FILENAME],
		.host_facts = either(args, OPTION_HOST_FACTS, s->host_facts),
		.implicit_conns = args->value[OPTION_IMPLICIT_CONNS] != NULL, .policy = &o->policy, .today = args->today,
		.judge_host = args->command->run == command_check,
		.compare_defaults = args->verbose || (o->fail_on && strcmp(o->fail_on, "note") == 0),
	};
	choose_secrets(o, args);
	if (is_host_file(o->path, o->options.root) && installed_libreswan(o->options.root, &o->installed)) {
		o->options.installed = o->installed.release;
		o->options.installed_by = o->installed.by;
	}
}

bool operand_settle(struct operand *ret, const char *path, struct projects *projects, const struct arguments *args)
{
	static const struct project_settings nothing;
	const char *stdin_name = args->value[OPTION_STDIN_FILENAME];
	const char *shown = strcmp(path, "-") != 0 ? path : stdin_name ? stdin_name : "";
	CLEANUP(cleanup_free) char *directory = directory_of(shown);
	CLEANUP(buf_release) struct buf relative = { 0 };
	struct project_settings settings = nothing;

	*ret = (struct operand){ .path = path };
	if (!find_project(projects, directory, args, &ret->project))
		return false;
	if (ret->project) {
		if (!relative_path(ret->project, directory, shown, &relative)) {
			complain("out of memory");
			return false;
		}
		project_settings_for(ret->project, relative.p, &settings);
	}
	apply(ret, &settings, args);
	return true;
}

/* --- compiling ---------------------------------------------------------------------------------------------------------------- */

int operand_compile(const struct operand *operand, struct unit **ret, const char **ret_failed)
{
	*ret_failed = operand->path;
	return unit_compile(operand->path, &operand->options, ret, ret_failed);
}

void operand_complain(const struct operand *operand, int r, const char *failed)
{
	if (r == -EINVAL && failed == operand->options.dialect)
		complain("--dialect is auto, libreswan-3, libreswan-4, libreswan-5, a release such as 4.10 or a build such as 4.10-upstream, not '%s'", failed);
	else
		complain("%s: %s", failed, strerror(-r));
}

struct unit *operand_open(struct operand *ret, const char *path, struct projects *projects, const struct arguments *args)
{
	const char *failed;
	struct unit *unit;
	int r;

	if (!operand_settle(ret, path, projects, args))
		return NULL;
	r = operand_compile(ret, &unit, &failed);
	if (r == 0)
		return unit;
	operand_complain(ret, r, failed);
	return NULL;
}

/* --- conns -------------------------------------------------------------------------------------------------------------------- */

void free_unit(struct unit **u)
{
	unit_free(*u);
}

bool known_conns(const struct unit *u, char **names)
{
	bool ok = true;

	for (; *names; names++) {
		struct nearest nearest = nearest_to(slice_of(*names));

		if (unit_conn(u, *names))
			continue;
		for (size_t i = 0; i < u->ir->conns.n; i++)
			nearest_offer(&nearest, u->ir->conns.v[i]->name, u->ir->conns.v[i]);
		if (nearest.name)
			complain("there is no conn '%s' in %s; did you mean '%s'?", *names, u->sources.files.v[0].path,
				 nearest.name);
		else
			complain("there is no conn '%s' in %s", *names, u->sources.files.v[0].path);
		ok = false;
	}
	return ok;
}
