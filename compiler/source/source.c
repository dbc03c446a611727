/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/source/source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/limits.h"
#include "secrets/secrets.h"

void sources_init(struct sources *s, struct arena *a, struct source_reader reader)
{
	*s = (struct sources){ .arena = a, .reader = reader, .next_base = 1 };
}

/* --- adding ------------------------------------------------------------------------------------------------------------------- */

/* Start of the next line; NULL: there is none. */
static const char *next_line(const struct source_file *f, const char *p)
{
	const char *newline = memchr(p, '\n', (size_t)(f->text.p + f->text.n - p));

	return newline ? newline + 1 : NULL;
}

static void find_lines(struct arena *a, struct source_file *f)
{
	VEC(uint32_t) marks = { 0 };

	f->line_count = 0;
	for (const char *p = f->text.p; p; p = next_line(f, p))
		if (f->line_count++ % SOURCE_MARK_LINES == 0)
			vec_push(a, &marks, (uint32_t)(p - f->text.p));
	f->marks = marks.v;
	f->mark_count = (uint32_t)marks.n;
}

/* Each file takes a position more than it has bytes, so the next may start behind the limit. */
static size_t bytes_left(const struct sources *s)
{
	return s->next_base < LIMIT_TOTAL_BYTES ? LIMIT_TOTAL_BYTES - s->next_base : 0;
}

/* text.p is NUL-terminated and stays. */
static int add(struct sources *s, struct source_match name, struct slice text, struct source_id id, struct span included_from, bool secret)
{
	struct source_file *f;

	if (s->files.n >= LIMIT_FILES)
		return -EMFILE;
	if (text.n > bytes_left(s))		/* a reader has its own limit; a text in memory may be a plan, which is larger than its source */
		return -EFBIG;
	f = vec_add(s->arena, &s->files);
	*f = (struct source_file){
		.path = name.path, .opened = name.opened, .id = id, .text = text, .base = s->next_base,
		.included_from = included_from, .parent = -1, .secret = secret,
	};
	f->parent = sources_index_at(s, included_from.start);
	f->depth = f->parent < 0 ? 0 : s->files.v[f->parent].depth + 1;
	find_lines(s->arena, f);
	s->next_base += (uint32_t)text.n + 1;	/* the end of the file is a position too */
	return (int)s->files.n - 1;
}

int sources_add_text(struct sources *s, const char *path, struct slice text, struct span included_from)
{
	const char *name = arena_strdup(s->arena, slice_of(path));

	return add(s, (struct source_match){ name, name }, arena_slice(s->arena, text), (struct source_id){ 0 }, included_from, false);
}

/* The reader's text is on the heap and the arena leaves by longjmp, so it is copied by a piece of code that cannot leave in
 * between. */
static int read_text(struct sources *s, const char *opened, struct slice *ret_text, struct source_id *ret_id)
{
	struct arena *a = s->arena;
	jmp_buf *outer = a->on_oom, here;
	char *heap = NULL;
	size_t size = 0, left = bytes_left(s);
	int r;

	if (s->files.n >= LIMIT_FILES)
		return -EMFILE;
	r = s->reader.read(s->reader.context, opened, left < LIMIT_FILE_BYTES ? left : LIMIT_FILE_BYTES, &heap, &size, ret_id);
	if (r)
		return r;
	a->on_oom = &here;
	if (setjmp(here)) {
		free(heap);
		a->on_oom = outer;
		if (outer)
			longjmp(*outer, 1);
		abort();
	}
	*ret_text = arena_slice(a, (struct slice){ heap, size });
	a->on_oom = outer;
	free(heap);
	return 0;
}

int sources_add_match(struct sources *s, const struct source_match *match, struct span included_from)
{
	struct source_id id = { 0 };
	struct slice text;
	int r = read_text(s, match->opened, &text, &id);

	return r ? r : add(s, *match, text, id, included_from, false);
}

/* Copies the reader's text to where secrets lie, and leaves no other copy. */
static int read_secret(struct sources *s, const char *opened, struct slice *ret_text, struct source_id *ret_id)
{
	size_t size = 0, left = bytes_left(s);
	char *heap = NULL, *text;
	int r;

	if (s->files.n >= LIMIT_FILES)
		return -EMFILE;
	r = s->reader.read(s->reader.context, opened, left < LIMIT_SECRETS_BYTES ? left : LIMIT_SECRETS_BYTES, &heap, &size, ret_id);
	if (r)
		return r;
	text = secret_alloc(size + 1);
	if (text && size)
		memcpy(text, heap, size);
	if (heap)
		explicit_bzero(heap, size);
	free(heap);
	*ret_text = (struct slice){ text, size };
	return text ? 0 : -ENOMEM;
}

int sources_add_secret(struct sources *s, const struct source_match *match, struct span included_from)
{
	struct arena *a = s->arena;
	jmp_buf *outer = a->on_oom, here;
	struct source_id id = { 0 };
	struct slice text;
	int index, r = read_secret(s, match->opened, &text, &id);

	if (r)
		return r;
	a->on_oom = &here;
	if (setjmp(here)) {
		/* the list may hold the file already, without its lines; then it is freed with the list */
		if (!s->files.n || s->files.v[s->files.n - 1].text.p != text.p)
			secret_free((char *)(uintptr_t)text.p);
		a->on_oom = outer;
		if (outer)
			longjmp(*outer, 1);
		abort();
	}
	index = add(s, *match, text, id, included_from, true);
	a->on_oom = outer;
	if (index < 0)
		secret_free((char *)(uintptr_t)text.p);
	return index;
}

void sources_blank_secrets(struct sources *s)
{
	for (size_t i = 0; i < s->files.n; i++) {
		struct source_file *f = &s->files.v[i];

		for (char *p = (char *)(uintptr_t)f->text.p; f->secret && p < f->text.p + f->text.n; p++)
			if (*p != '\n')
				*p = ' ';
	}
}

void sources_release_secrets(struct sources *s)
{
	for (size_t i = 0; i < s->files.n; i++) {
		struct source_file *f = &s->files.v[i];

		if (!f->secret)
			continue;
		secret_free((char *)(uintptr_t)f->text.p);
		f->text = (struct slice){ "", 0 };
		f->secret = false;
	}
}

int sources_add_file(struct sources *s, const char *path, struct span included_from)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? (s->stdin_name ? s->stdin_name : "<stdin>") : arena_strdup(s->arena, slice_of(path));
	struct source_id id = { 0 };
	struct slice text;
	int r = read_text(s, is_stdin ? NULL : name, &text, &id);

	return r ? r : add(s, (struct source_match){ name, name }, text, id, included_from, false);
}

/* --- include names ------------------------------------------------------------------------------------------------------------ */

static struct slice directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (struct slice){ path, slash ? (size_t)(slash - path) + 1 : 0 };
}

const char *sources_below_root(struct sources *s, const char *name)
{
	size_t n;

	if (!s->root || name[0] != '/')
		return name;
	n = strlen(s->root);
	while (n && s->root[n - 1] == '/')
		n--;
	return arena_printf(s->arena, "%.*s%s", (int)n, s->root, name);
}

static const char *join(struct sources *s, struct slice directory, struct slice name)
{
	return arena_printf(s->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(directory), SLICE_ARG(name));
}

static void free_names(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

/* The same care as in read_text(). `skip` bytes of each opened name are replaced by `shown` in front. */
static void take_names(struct sources *s, char **names, size_t n, size_t skip, struct slice shown, struct source_matches *ret)
{
	struct arena *a = s->arena;
	jmp_buf *outer = a->on_oom, here;

	a->on_oom = &here;
	if (setjmp(here)) {
		free_names(names, n);
		a->on_oom = outer;
		if (outer)
			longjmp(*outer, 1);
		abort();
	}
	for (size_t i = 0; i < n; i++) {
		struct source_match *m = vec_add(a, &ret->list);

		m->opened = arena_strdup(a, slice_of(names[i]));
		m->path = strlen(m->opened) < skip || (skip == 0 && shown.n == 0) ? m->opened :
			  join(s, shown, slice_of(m->opened + skip));
	}
	a->on_oom = outer;
	free_names(names, n);
}

/* A pattern may make glob(3) look at every file of the machine, or at 2^100 names. */
static bool is_excessive(struct slice pattern)
{
	unsigned wild = 0, braces = 0, commas = 0;
	bool wild_here = false;

	for (size_t i = 0; i < pattern.n; i++) {
		char c = pattern.p[i];

		braces += c == '{';
		commas += c == ',';
		if (c == '/')
			wild_here = false;
		if ((c == '*' || c == '?' || c == '[') && !wild_here) {
			wild_here = true;
			wild++;
		}
	}
	return pattern.n > LIMIT_GLOB_BYTES || wild > LIMIT_GLOB_PARTS || braces > LIMIT_GLOB_PARTS ||
	       commas > LIMIT_GLOB_ALTERNATIVES;
}

int sources_glob(struct sources *s, int from, struct slice pattern, struct source_matches *ret)
{
	const struct source_file *f = from >= 0 ? &s->files.v[from] : NULL;
	bool absolute = slice_starts(pattern, "/");
	struct slice opened_dir = { "", 0 }, shown_dir = { "", 0 };
	const char *opened;
	char **names = NULL;
	size_t n = 0;
	int r;

	*ret = (struct source_matches){ 0 };
	if (is_excessive(pattern))
		return -E2BIG;
	if (absolute) {
		opened = sources_below_root(s, arena_strdup(s->arena, pattern));
		opened_dir.n = strlen(opened) - pattern.n;
	} else {
		opened_dir = f ? directory_of(f->opened) : opened_dir;
		shown_dir = f ? directory_of(f->path) : shown_dir;
		opened = join(s, opened_dir, pattern);
	}
	r = s->reader.glob(s->reader.context, opened, &names, &n);
	if (r == 0)
		take_names(s, names, n, opened_dir.n, shown_dir, ret);
	return r;
}

/* --- positions ---------------------------------------------------------------------------------------------------------------- */

int sources_index_at(const struct sources *s, uint32_t position)
{
	size_t low = 0, high = s->files.n;

	if (position == 0)
		return -1;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (s->files.v[middle].base <= position)
			low = middle;
		else
			high = middle;
	}
	return s->files.n && position <= s->files.v[low].base + s->files.v[low].text.n ? (int)low : -1;
}

const struct source_file *sources_file_at(const struct sources *s, uint32_t position)
{
	int index = sources_index_at(s, position);

	return index < 0 ? NULL : &s->files.v[index];
}

struct slice sources_text(const struct sources *s, struct span span)
{
	const struct source_file *f = sources_file_at(s, span.start);

	if (!f || f->secret)
		return (struct slice){ "", 0 };
	return slice_sub(f->text, span.start - f->base, span.end - f->base);
}

uint32_t source_line_start(const struct source_file *f, uint32_t line)
{
	const char *p = f->text.p + f->marks[(line - 1) / SOURCE_MARK_LINES];

	for (uint32_t more = (line - 1) % SOURCE_MARK_LINES; more; more--)
		p = next_line(f, p);
	return (uint32_t)(p - f->text.p);
}

/* The line, from 1, that holds an offset, and where it starts. */
static uint32_t line_of(const struct source_file *f, uint32_t offset, const char **ret_start)
{
	uint32_t low = 0, high = f->mark_count, line;
	const char *next;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (f->marks[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	line = low * SOURCE_MARK_LINES + 1;
	*ret_start = f->text.p + f->marks[low];
	while ((next = next_line(f, *ret_start)) && next <= f->text.p + offset) {
		*ret_start = next;
		line++;
	}
	return line;
}

/* Openswan's manual keys, and the shared keys in files of OpenBSD: no key of ours, but nobody's to show either. */
static bool holds_key(struct slice line)
{
	static const char *const names[] = { "espenckey", "espauthkey", "ahkey", "psk" };

	line = slice_trim(line);
	if (slice_starts_nocase(line, "left") || slice_starts_nocase(line, "right"))
		line = slice_sub(line, line.p[0] == 'l' || line.p[0] == 'L' ? strlen("left") : strlen("right"), line.n);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_starts_nocase(line, names[i]))
			return true;
	return false;
}

struct diag_place sources_locate(const struct sources *s, uint32_t position)
{
	const struct source_file *f = sources_file_at(s, position);
	struct diag_place place = { 0 };
	const char *start, *next;

	if (!f)
		return place;
	place.file = f->path;
	place.line = line_of(f, position - f->base, &start);
	place.column = (uint32_t)(f->text.p + (position - f->base) - start) + 1;
	place.included_from = f->included_from;
	if (f->secret)
		return place;
	next = next_line(f, start);
	place.text = (struct slice){ start, (size_t)((next ? next - 1 : f->text.p + f->text.n) - start) };
	if (place.text.n && place.text.p[place.text.n - 1] == '\r')
		place.text.n--;
	if (holds_key(place.text))
		place.text = (struct slice){ NULL, 0 };
	return place;
}

static struct diag_place locate(const void *context, uint32_t position)
{
	return sources_locate(context, position);
}

struct diag_source sources_for_diag(const struct sources *s)
{
	return (struct diag_source){ s, locate };
}

void source_sha256(const struct source_file *file, uint8_t ret[32])
{
	SHA256((const unsigned char *)file->text.p, file->text.n, ret);
}

int sources_reading(const struct sources *s, int file, struct source_id id)
{
	for (; file >= 0; file = s->files.v[file].parent)
		if (id.inode && source_id_eq(s->files.v[file].id, id))
			return file;
	return -1;
}
