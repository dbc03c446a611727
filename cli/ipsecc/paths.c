/* SPDX-License-Identifier: Apache-2.0 */
/* Which files a command line means. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/ipsecc/operand.h"

void paths_release(struct paths *p)
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

bool paths_collect(struct paths *paths, const struct arguments *args)
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
