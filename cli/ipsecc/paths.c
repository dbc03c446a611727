/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a command line means. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/ipsecc/operand.h"

#define DEPTH_MAX	32u
#define FOUND_MAX	100000u		/* configurations in the directories of one call */

void paths_release(struct paths *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i]);
	free(p->v);
	free(p->found);
}

/* Takes path. */
static bool paths_add(struct paths *p, char *path, bool found)
{
	char **v = reallocarray(p->v, p->n + 1, sizeof(*v));
	bool *f = reallocarray(p->found, p->n + 1, sizeof(*f));

	if (v)
		p->v = v;
	if (f)
		p->found = f;
	if (!v || !f || !path) {
		complain("out of memory");
		free(path);
		return false;
	}
	p->found[p->n] = found;
	p->v[p->n++] = path;
	return true;
}

/* --- directories -------------------------------------------------------------------------------------------------------------- */

static bool is_configuration(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && strcmp(dot, ".conf") == 0;
}

static int not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool add_directory(struct paths *paths, const char *directory, unsigned depth);

/* A name in a directory: a configuration, a directory below, or neither. Symbolic links to directories are not followed: they may
 * lead anywhere, and back. */
static bool add_entry(struct paths *paths, const char *directory, const char *name, unsigned depth)
{
	CLEANUP(buf_release) struct buf path = { 0 };
	size_t n = strlen(directory);
	struct stat itself, there;

	buf_printf(&path, "%s%s%s", directory, n && directory[n - 1] == '/' ? "" : "/", name);
	if (buf_failed(&path)) {
		complain("out of memory");
		return false;
	}
	if (lstat(path.p, &itself) < 0)
		return true;
	if (S_ISDIR(itself.st_mode))
		return add_directory(paths, path.p, depth + 1);
	if (!is_configuration(name) || stat(path.p, &there) < 0 || !S_ISREG(there.st_mode))
		return true;
	if (paths->n >= FOUND_MAX) {
		complain("%s: more than %u configurations in directories", path.p, FOUND_MAX);
		return false;
	}
	return paths_add(paths, strdup(path.p), true);
}

/* All *.conf files in it and below, by the bytes of their names. */
static bool add_directory(struct paths *paths, const char *directory, unsigned depth)
{
	struct dirent **entries;
	bool ok = true;
	int n;

	if (depth > DEPTH_MAX) {
		complain("%s: directories are nested too deep", directory);
		return false;
	}
	n = scandir(directory, &entries, not_hidden, by_bytes);
	if (n < 0) {
		complain("%s: %s", directory, strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		ok &= add_entry(paths, directory, entries[i]->d_name, depth);
		free(entries[i]);
	}
	free(entries);
	return ok;
}

static bool add_named_directory(struct paths *paths, const char *directory)
{
	size_t before = paths->n;
	bool ok = add_directory(paths, directory, 0);

	if (ok && paths->n == before) {
		complain("%s: no *.conf file in this directory", directory);
		ok = false;
	}
	return ok;
}

/* --- the command line --------------------------------------------------------------------------------------------------------- */

static bool add_default(struct paths *paths, const char *root)
{
	CLEANUP(buf_release) struct buf path = { 0 };

	buf_printf(&path, "%s%s", root ? root : "", DEFAULT_FILE);
	return paths_add(paths, buf_failed(&path) ? NULL : strdup(path.p), false);
}

bool paths_collect(struct paths *paths, const struct arguments *args)
{
	struct stat there;
	unsigned streams = 0;
	bool ok = true;

	if (args->n == 0)
		return add_default(paths, args->value[OPTION_ROOT]);
	for (int i = 0; i < args->n; i++) {
		const char *name = args->operands[i];
		bool is_stdin = strcmp(name, "-") == 0;

		if (is_stdin && streams++) {
			complain("standard input can be read only once");
			ok = false;
		} else if (!is_stdin && stat(name, &there) == 0 && S_ISDIR(there.st_mode)) {
			ok &= add_named_directory(paths, name);
		} else {
			ok &= paths_add(paths, strdup(name), false);
		}
	}
	return ok;
}
