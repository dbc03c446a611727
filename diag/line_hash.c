/* SPDX-License-Identifier: Apache-2.0 */
/* The hash of a line by which GitHub recognises an alert when lines move (its upload action's primaryLocationLineHash): a polynomial
 * over 100 UTF-16 units from the line's start on, blanks left out, line ends as LF, 0xffff at the end of the file, then zeros. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistr.h>

#include "diag/report.h"

#define WINDOW	100
#define FACTOR	37
#define FILE_END 0xffff

struct line_hash {
	uint64_t hash;
	uint32_t line;		/* from 0 */
	uint32_t number;	/* among equal hashes of the file, from 1 */
};

struct file_hashes {
	const char *path;
	struct line_hash *lines;
	size_t n;
};

struct line_hashes {
	struct file_hashes *files;
	size_t n;
};

/* --- units --- */

struct units {
	uint16_t *v;
	size_t n;
	size_t *line_starts;	/* index of the unit that starts each line */
	size_t line_count;
};

static size_t put_unit(struct units *u, ucs4_t c)
{
	if (c >= 0x10000) {
		u->v[u->n++] = (uint16_t)(0xd800 + ((c - 0x10000) >> 10));
		c = 0xdc00 + ((c - 0x10000) & 0x3ff);
	}
	u->v[u->n++] = (uint16_t)c;
	return u->n;
}

/* False: no memory. A text of n bytes has at most n units. */
static bool make_units(struct slice text, struct units *ret)
{
	size_t lines = 1;

	for (size_t i = 0; i < text.n; i++)
		lines += text.p[i] == '\n' || text.p[i] == '\r';
	*ret = (struct units){ .v = calloc(text.n + 1 + WINDOW, sizeof(uint16_t)), .line_starts = calloc(lines, sizeof(size_t)) };
	if (!ret->v || !ret->line_starts)
		return false;
	ret->line_starts[ret->line_count++] = 0;
	for (size_t at = 0; at < text.n;) {
		char b = text.p[at];
		ucs4_t c = 0xfffd;
		int n;

		if (b == ' ' || b == '\t') {
			at++;
			continue;
		}
		if (b == '\r' || b == '\n') {
			at += b == '\r' && at + 1 < text.n && text.p[at + 1] == '\n' ? 2 : 1;
			ret->line_starts[ret->line_count] = put_unit(ret, '\n');
			ret->line_count++;
			continue;
		}
		n = u8_mbtoucr(&c, (const uint8_t *)text.p + at, text.n - at);
		at += n > 0 ? (size_t)n : 1;
		put_unit(ret, n > 0 ? c : 0xfffd);
	}
	put_unit(ret, FILE_END);
	return true;
}

/* --- hashes of a file --- */

static int by_hash(const void *va, const void *vb)
{
	const struct line_hash *a = va, *b = vb;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	return a->line < b->line ? -1 : a->line > b->line;
}

static int by_line(const void *va, const void *vb)
{
	const struct line_hash *a = va, *b = vb;

	return a->line < b->line ? -1 : a->line > b->line;
}

/* Slides the window over all units; its value where a line starts is the line's. */
static void slide(const struct units *u, struct file_hashes *ret)
{
	uint64_t hash = 0, leaving = 1;
	size_t line = 0;

	for (int i = 0; i < WINDOW; i++)
		leaving *= FACTOR;
	for (size_t i = 0; i < WINDOW - 1; i++)
		hash = hash * FACTOR + (i < u->n ? u->v[i] : 0);
	for (size_t i = 0; i < u->n; i++) {
		uint16_t entering = i + WINDOW - 1 < u->n ? u->v[i + WINDOW - 1] : 0;

		hash = hash * FACTOR + entering - leaving * (i ? u->v[i - 1] : 0);
		for (; line < u->line_count && u->line_starts[line] == i; line++)
			ret->lines[line] = (struct line_hash){ .hash = hash, .line = (uint32_t)line };
	}
}

static bool hash_file(const struct report_file *file, struct file_hashes *ret)
{
	struct units u;
	bool ok = make_units(file->text, &u);

	*ret = (struct file_hashes){ .path = file->path };
	if (ok)
		ret->lines = calloc(u.line_count, sizeof(*ret->lines));
	if (ret->lines) {
		ret->n = u.line_count;
		slide(&u, ret);
		qsort(ret->lines, ret->n, sizeof(*ret->lines), by_hash);
		for (size_t i = 0; i < ret->n; i++)
			ret->lines[i].number = i && ret->lines[i].hash == ret->lines[i - 1].hash ? ret->lines[i - 1].number + 1 : 1;
		qsort(ret->lines, ret->n, sizeof(*ret->lines), by_line);
	}
	free(u.v);
	free(u.line_starts);
	return ret->lines;
}

/* --- all files with findings --- */

static int by_path(const void *va, const void *vb)
{
	return strcmp(((const struct file_hashes *)va)->path, ((const struct file_hashes *)vb)->path);
}

static bool add_run(struct line_hashes *all, const struct report_run *run)
{
	if (run->diag->findings.n == 0)
		return true;
	for (size_t i = 0; i < run->file_count; i++)
		if (run->files[i].text.p && !hash_file(&run->files[i], &all->files[all->n++]))
			return false;
	return true;
}

struct line_hashes *line_hashes_new(const struct report *r)
{
	struct line_hashes *all = calloc(1, sizeof(*all));
	size_t n = 0;
	bool ok = all;

	for (size_t i = 0; i < r->n; i++)
		n += r->runs[i].file_count;
	if (all)
		all->files = calloc(n ? n : 1, sizeof(*all->files));
	ok = ok && all->files;
	for (size_t i = 0; ok && i < r->n; i++)
		ok = add_run(all, &r->runs[i]);
	if (!ok) {
		line_hashes_free(all);
		return NULL;
	}
	qsort(all->files, all->n, sizeof(*all->files), by_path);
	return all;
}

bool line_hashes_format(const struct line_hashes *all, const char *path, uint32_t line, char ret[40])
{
	struct file_hashes key = { .path = path };
	const struct file_hashes *file = bsearch(&key, all->files, all->n, sizeof(key), by_path);

	if (!file || line == 0 || line > file->n)
		return false;
	snprintf(ret, 40, "%llx:%u", (unsigned long long)file->lines[line - 1].hash, file->lines[line - 1].number);
	return true;
}

void line_hashes_free(struct line_hashes *all)
{
	if (!all)
		return;
	for (size_t i = 0; all->files && i < all->n; i++)
		free(all->files[i].lines);
	free(all->files);
	free(all);
}
