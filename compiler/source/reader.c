/* SPDX-License-Identifier: Apache-2.0 */
/* reader.c -- the files of this machine. */
#include "compiler/source/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/limits.h"

/* Reads to the end, or to one byte more than the limit. */
static int read_all(int fd, size_t limit, size_t guess, char **ret_text, size_t *ret_size)
{
	size_t cap = guess < limit ? guess + 1 : limit + 1, n = 0;
	CLEANUP(cleanup_free) char *text = malloc(cap);

	while (text) {
		ssize_t got;

		if (n == cap) {
			char *bigger;

			if (n > limit)
				return -EFBIG;
			cap = cap * 2 > limit + 1 ? limit + 1 : cap * 2;
			bigger = malloc(cap);
			if (!bigger)
				return -ENOMEM;
			memcpy(bigger, text, n);
			explicit_bzero(text, n);	/* it may be secrets, which realloc() would leave behind */
			free(text);
			text = bigger;
		}
		got = read(fd, text + n, cap - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		n += (size_t)got;
		if (got == 0) {
			if (n > limit)
				return -EFBIG;
			*ret_text = text;
			*ret_size = n;
			text = NULL;
			return 0;
		}
	}
	return -ENOMEM;
}

static struct source_id id_of(const struct stat *st)
{
	return (struct source_id){
		.device = st->st_dev, .inode = st->st_ino, .is_pipe = S_ISFIFO(st->st_mode), .is_plain = S_ISREG(st->st_mode),
		.mode = st->st_mode & 07777, .owner = st->st_uid,
	};
}

/* Opened without waiting for a writer. The far end of a pipe, which only the command line can name, is waited for; whatever else has nothing
 * to read yet (a kernel log in /proc, a terminal) may never have. */
static int read_path(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	CLEANUP(cleanup_close) int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : dup(STDIN_FILENO);
	struct stat st;

	(void)context;
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (path && S_ISFIFO(st.st_mode) && fcntl(fd, F_SETFL, 0) < 0)
		return -errno;
	*ret_id = path ? id_of(&st) : (struct source_id){ 0 };
	return read_all(fd, limit, S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 4096, ret_text, ret_size);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names that glob(3) may still look at; it passes no context to its callbacks. */
static _Thread_local unsigned names_left;

static struct dirent *read_directory(void *directory)
{
	if (!names_left)
		return NULL;
	names_left--;
	return readdir(directory);
}

static void *open_directory(const char *path)
{
	return opendir(path);
}

static void close_directory(void *directory)
{
	closedir(directory);
}

/* L-062: braces as in the releases before 5, order by bytes whatever the locale. */
static int glob_names(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	glob_t g = {
		.gl_opendir = open_directory, .gl_readdir = read_directory, .gl_closedir = close_directory, .gl_stat = stat, .gl_lstat = lstat,
	};
	char **paths = NULL;
	size_t n = 0;
	int r;

	(void)context;
	names_left = LIMIT_GLOB_NAMES;
	r = glob(pattern, GLOB_BRACE | GLOB_NOSORT | GLOB_ALTDIRFUNC, NULL, &g);
	if (r == GLOB_NOSPACE || !names_left) {
		globfree(&g);
		return names_left ? -ENOMEM : -E2BIG;
	}
	if (r == 0) {
		paths = calloc(g.gl_pathc, sizeof(*paths));
		for (; paths && n < g.gl_pathc && (paths[n] = strdup(g.gl_pathv[n])); n++)
			;
		if (n < g.gl_pathc) {
			while (n)
				free(paths[--n]);
			free(paths);
			globfree(&g);
			return -ENOMEM;
		}
		qsort(paths, n, sizeof(*paths), by_bytes);
	}
	globfree(&g);
	*ret_paths = paths;
	*ret_count = n;
	return 0;
}

static int identify(void *context, const char *path, struct source_id *ret_id)
{
	struct stat st;

	(void)context;
	if (stat(path, &st) < 0)
		return -errno;
	*ret_id = id_of(&st);
	return 0;
}

const struct source_reader source_reader_system = { .read = read_path, .glob = glob_names, .identify = identify };
