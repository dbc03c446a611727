/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_secrets.c -- any bytes as ipsec.secrets and the files that it includes, and searches through what was read: the index must find what
 * a look at each entry finds. Positions of findings stay within the files. A byte 1 ends a file; they are called "0", "1" and so on. */
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/secrets/load.h"
#include "secrets/index.h"

#define FILES_MAX	12u

struct input {
	struct slice files[FILES_MAX];
	size_t n;
};

static int file_of(const struct input *in, const char *path)
{
	char *end;
	unsigned long i = strtoul(path, &end, 10);

	return *path < '0' || *path > '9' || *end || i >= in->n ? -1 : (int)i;
}

static int identify(void *context, const char *path, struct source_id *ret_id)
{
	int i = file_of(context, path);

	if (i < 0)
		return -ENOENT;
	*ret_id = (struct source_id){ .device = 1, .inode = (uint64_t)i + 1, .is_plain = i % 2, .mode = 0644, .owner = (uint32_t)i % 3 };
	return 0;
}

static int read_input(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	const struct input *in = context;
	int i = file_of(in, path);

	if (i < 0)
		return -ENOENT;
	if (in->files[i].n > limit)
		return -EFBIG;
	*ret_text = malloc(in->files[i].n + 1);
	if (!*ret_text)
		return -ENOMEM;
	if (in->files[i].n)
		memcpy(*ret_text, in->files[i].p, in->files[i].n);
	*ret_size = in->files[i].n;
	return identify(context, path, ret_id);
}

static int glob_input(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	const struct input *in = context;
	char **paths = calloc(FILES_MAX, sizeof(*paths)), name[8];
	size_t n = 0;

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < in->n; i++) {
		snprintf(name, sizeof(name), "%zu", i);
		if (fnmatch(pattern, name, FNM_PATHNAME) == 0 && (paths[n] = strdup(name)))
			n++;
	}
	*ret_paths = paths;
	*ret_count = n;
	return 0;
}

static bool any_refused(const struct secrets *s)
{
	for (size_t i = 0; i < s->entries.n; i++)
		if (s->entries.v[i].kind == SECRET_PSK && s->entries.v[i].refused)
			return true;
	return false;
}

static bool same_key(const struct secret_entry *a, const struct secret_entry *b)
{
	return (!a && !b) || (a && b && a->value.n == b->value.n && memcmp(a->value.bytes, b->value.bytes, a->value.n) == 0);
}

static void search_pair(const struct secrets *s, struct secret_index *index, const struct ident *local, const struct ident *remote, bool same)
{
	struct secret_choice choice = secret_index_find(index, local, remote);
	const struct secret_entry *found = secrets_find_psk(s, local, remote);
	struct secret_loser losers[4];

	if (choice.entry && !secret_sum_serves(choice.sum, SECRET_PSK))
		abort();
	if (choice.rival && same_key(choice.entry, choice.rival))
		abort();
	if (same && (!same_key(choice.entry, found) || (found && !choice.rival != !secrets_psk_rival(s, found, local, remote))))
		abort();
	for (size_t i = secret_index_losers(index, local, remote, &choice, losers, 4); i-- > 0;)
		if (losers[i].entry == choice.entry)
			abort();
}

static void search(struct arena *a, const struct secrets *s)
{
	static const struct ident any = { .type = IDENT_ANY };
	struct secret_index *index = secret_index_new(a, s, SECRET_PSK);
	bool same = !any_refused(s);

	secret_index_new(a, s, SECRET_XAUTH);
	for (size_t i = 0; i < s->entries.n && i < 64; i++) {
		const struct secret_entry *e = &s->entries.v[i];

		if (e->kind == SECRET_PSK && e->value.n == 0 && !e->refused)
			abort();	/* an empty key would serve everybody (I-081) */
		for (size_t k = 0; k < e->selectors.n && k < 8; k++) {
			search_pair(s, index, &e->selectors.v[k], &any, same);
			for (size_t m = 0; m < e->selectors.n && m < 8; m++)
				search_pair(s, index, &e->selectors.v[k], &e->selectors.v[m], same);
			if (i + 1 < s->entries.n && e[1].selectors.n)
				search_pair(s, index, &e->selectors.v[k], &e[1].selectors.v[0], same);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct slice rest = { (const char *)data, n };
	struct secrets secrets = { 0 };
	struct input input = { 0 };
	struct sources sources;
	struct arena arena;
	struct diag diag;

	if (n > 4096)		/* the search that is the measure is quadratic */
		return 0;
	while (input.n < FILES_MAX && slice_split(&rest, "\001", &input.files[input.n]))
		input.n++;
	arena_init(&arena);
	sources_init(&sources, &arena, (struct source_reader){ &input, read_input, glob_input, identify });
	diag_init(&diag, &arena, sources_for_diag(&sources));
	secrets_load(&sources, &(struct source_match){ "0", "0" }, 1, &diag, &secrets);
	for (size_t i = 0; i < diag.findings.n; i++) {
		const struct span span = diag.findings.v[i]->span;
		const struct source_file *file = sources_file_at(&sources, span.start);

		if (!file || span.start < file->base || span.end > file->base + file->text.n + 1 || span.start >= span.end)
			abort();
	}
	search(&arena, &secrets);
	secrets_release(&secrets);
	sources_release_secrets(&sources);
	arena_release(&arena);
	return 0;
}
