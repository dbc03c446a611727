/* SPDX-License-Identifier: Apache-2.0 */
/* --fix and --diff: what fix.h has made in memory, shown or written. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cli/ipsecc/check.h"
#include "compiler/fix.h"
#include "diag/text_diff.h"

bool check_fixes(const struct arguments *args)
{
	return args->value[OPTION_FIX] || args->value[OPTION_DIFF];
}

static bool same_directory(const char *path, const char *real)
{
	CLEANUP(cleanup_free) char *directory = directory_of(path);
	size_t n = directory ? strlen(directory) : 0;

	if (n && directory[n - 1] == '/')
		n--;
	return directory && strncmp(directory, real, n) == 0 && real[n] == '/' && !strchr(real + n + 1, '/');
}

/* A symbolic link may lead anywhere, perhaps to a file that others use: it is followed within its directory only. */
static bool may_change(void *context, const char *path)
{
	CLEANUP(cleanup_free) char *real = NULL;
	struct stat there;

	(void)context;
	if (strcmp(path, "-") == 0)
		return true;
	if (lstat(path, &there) == 0 && S_ISREG(there.st_mode))
		return true;
	real = realpath(path, NULL);
	if (real && stat(real, &there) == 0 && S_ISREG(there.st_mode) && same_directory(path, real))
		return true;
	if (real && stat(real, &there) == 0 && S_ISREG(there.st_mode))
		complain("%s is a link to %s and is not changed; give that name to fix it", path, real);
	else
		complain("%s is no ordinary file and is not changed", path);
	return false;
}

/* Has somebody else written the file since it was read? */
static bool is_as_read(const struct fixed_file *file)
{
	CLEANUP(cleanup_free) char *text = NULL;
	struct source_id id;
	size_t n = 0;
	int r = source_reader_system.read(NULL, file->path, file->before.n, &text, &n, &id);

	return r == 0 && slice_eq((struct slice){ text, n }, file->before);
}

static bool write_file(const struct fixed_file *file)
{
	CLEANUP(buf_release) struct buf text = { 0 };

	if (strcmp(file->path, "-") != 0 && !is_as_read(file)) {
		complain("%s has changed in the meantime and is left as it is", file->path);
		return false;
	}
	buf_add_slice(&text, file->now);
	return write_output(file->path, &text) == 0;
}

static bool show_diff(const struct fixed_file *file, const struct arguments *args)
{
	const char *stdin_name = args->value[OPTION_STDIN_FILENAME] ? args->value[OPTION_STDIN_FILENAME] : "<stdin>";
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style style = terminal_style(stdout, args->color);

	out.failed = text_diff(file->before, file->now, strcmp(file->path, "-") == 0 ? stdin_name : file->path, &style, &out) != 0;
	return write_stream(stdout, &out) == 0;
}

/* Standard input is answered with its text, whether it has changed or not. */
static void finish_file(struct check *c, const struct fixed_file *file)
{
	bool is_stdin = strcmp(file->path, "-") == 0, diff = c->args->value[OPTION_DIFF];

	if (fixed_file_changed(file) && !c->args->quiet)
		complain("%s: %zu finding%s %sfixed", is_stdin ? "standard input" : file->path, file->fixes,
			 file->fixes == 1 ? "" : "s", diff ? "would be " : "");
	c->changes |= fixed_file_changed(file);
	if (diff)
		c->trouble |= !show_diff(file, c->args);
	else if (fixed_file_changed(file) || is_stdin)
		c->trouble |= !write_file(file);
}

static void fix_operand(struct check *c, struct fixer *f, struct operand *o)
{
	struct fix_result result;
	const char *failed = o->path;
	int r = fixer_run(f, o->path, &o->options, &c->units[c->n], &result, &failed);

	if (r) {
		operand_complain(o, r, failed);
		c->trouble = true;
		return;
	}
	c->of[c->n++] = o;
	if (result.undone)
		complain("%s: fixes would keep a conn from loading, and are left out", o->path);
	if (result.unfinished)
		complain("%s: there is still something to fix; run it again", o->path);
}

void check_fix_all(struct check *c)
{
	struct fixer f;

	fixer_init(&f, source_reader_system);
	f.may_change = may_change;
	f.unsafe = c->args->value[OPTION_UNSAFE_FIXES];
	f.notes = c->args->verbose;
	for (size_t i = 0; i < c->paths.n; i++)
		if (c->wanted[i])
			fix_operand(c, &f, &c->operands[i]);
	for (size_t i = 0; i < f.files.n; i++)
		finish_file(c, f.files.v[i]);
	fixer_release(&f);
}
