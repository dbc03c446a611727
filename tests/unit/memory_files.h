/* SPDX-License-Identifier: Apache-2.0 */
/* memory_files.h -- files of a test in memory, and the passes of the front end over them. */
#ifndef TESTS_MEMORY_FILES_H
#define TESTS_MEMORY_FILES_H

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/resolve/resolve.h"

struct memory_file {
	const char *path, *text;
	int error;		/* reading it fails so */
	uint64_t inode;		/* 0: its place in the array, plus 1 */
};

struct front {
	const struct memory_file *files;
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct syntax *syntax;
	struct resolved *resolved;
	struct buf out;
};

static inline const struct memory_file *memory_find(const struct front *f, const char *path)
{
	for (const struct memory_file *m = f->files; m && m->path; m++)
		if (strcmp(m->path, path) == 0)
			return m;
	return NULL;
}

static inline struct source_id memory_id(const struct front *f, const struct memory_file *m)
{
	return (struct source_id){ .device = 1, .inode = m->inode ? m->inode : (uint64_t)(m - f->files) + 1 };
}

static inline int memory_read(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size,
			      struct source_id *ret_id)
{
	const struct front *f = context;
	const struct memory_file *m = memory_find(f, path ? path : "<stdin>");

	if (!m)
		return -ENOENT;
	if (m->error)
		return m->error;
	if (strlen(m->text) > limit)
		return -EFBIG;
	*ret_text = strdup(m->text);
	*ret_size = strlen(m->text);
	*ret_id = memory_id(f, m);
	return 0;
}

/* The files of the array that match, in its order; so a test's array is sorted. */
static inline int memory_glob(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	const struct front *f = context;
	char **paths = calloc(100, sizeof(*paths));
	size_t n = 0;

	for (const struct memory_file *m = f->files; m && m->path; m++)
		if (fnmatch(pattern, m->path, FNM_PATHNAME) == 0)
			paths[n++] = strdup(m->path);
	*ret_paths = paths;
	*ret_count = n;
	return 0;
}

static inline int memory_identify(void *context, const char *path, struct source_id *ret_id)
{
	const struct front *f = context;
	const struct memory_file *m = memory_find(f, path);

	if (!m)
		return -ENOENT;
	*ret_id = memory_id(f, m);
	return 0;
}

/* Reads the first of the files (path NULL ends them), or `text` as test.conf of `size` bytes; then the passes up to resolve. */
static inline void front_open(struct front *f, const struct memory_file *files, const char *root, struct slice text,
			      enum release release)
{
	int first;

	*f = (struct front){ .files = files };
	arena_init(&f->arena);
	sources_init(&f->sources, &f->arena, (struct source_reader){ f, memory_read, memory_glob, memory_identify });
	f->sources.root = root;
	diag_init(&f->diag, &f->arena, sources_for_diag(&f->sources));
	first = files ? sources_add_file(&f->sources, files->path, (struct span){ 0, 0 }) :
			sources_add_text(&f->sources, "test.conf", text, (struct span){ 0, 0 });
	f->syntax = syntax_parse(&f->arena, &f->sources, first, &f->diag);
	syntax_apply_release(f->syntax, release, &f->diag);
	f->resolved = resolve(&f->arena, f->syntax, release, &f->diag);
	diag_finish(&f->diag);
}

static inline void front_close(struct front *f)
{
	arena_release(&f->arena);
	buf_release(&f->out);
}

/* All findings as people see them. */
static inline const char *front_findings(struct front *f)
{
	buf_clear(&f->out);
	diag_render_human(&f->diag, &(struct diag_style){ 0 }, &f->out);
	return f->out.p ? f->out.p : "";
}

/* One line for each: "1:7-12 error IC2001 message"; the file's name in front when it is not the first. */
static inline const char *front_list(struct front *f)
{
	static const char *const severities[] = { "error", "warning", "note" };

	buf_clear(&f->out);
	for (size_t i = 0; i < f->diag.findings.n; i++) {
		const struct finding *x = f->diag.findings.v[i];
		struct diag_place from = sources_locate(&f->sources, x->span.start), to = sources_locate(&f->sources, x->span.end);

		if (sources_index_at(&f->sources, x->span.start) > 0)
			buf_printf(&f->out, "%s:", from.file);
		buf_printf(&f->out, "%u:%u-%u %s %s %s\n", from.line, from.column, to.column, severities[x->severity],
			   rule_table[x->rule].id, x->message);
	}
	return f->out.p ? f->out.p : "";
}

#endif
