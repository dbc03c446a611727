/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/secrets/load.h"

#include <errno.h>

#include "base/limits.h"
#include "base/map.h"

#define SECRETS_DEPTH	10u	/* K-011: files inside each other that the daemon reads, the first one included */

/* One include line that was met, and the files that came of it. */
struct followed {
	size_t entries_before;
	VEC(size_t) parts;
};

/* One file that was read: its entries are [first, end) of the list as it was parsed. */
struct part {
	size_t first, end;
	VEC(struct followed) includes;
};

struct loader {
	struct arena *arena;
	struct sources *sources;
	struct diag *diag;
	struct secrets *secrets;
	uint32_t user;
	struct map read;		/* files by identity: each is read once */
	VEC(struct part *) parts;
};

/* --- the files themselves ------------------------------------------------------------------------------------------------------ */

/* K-047 */
static void check_mode(const struct loader *l, const struct source_file *file)
{
	struct span start = { file->base, file->base + 1 };
	struct finding *f;
	bool foreign = file->id.owner != 0 && file->id.owner != l->user;

	if (!file->id.is_plain || (!(file->id.mode & 077) && !foreign))
		return;
	if (foreign)
		f = diag_report(l->diag, RULE_SECRETS_OPEN_TO_OTHERS, start, "%s belongs to user %u", file->path, file->id.owner);
	else
		f = diag_report(l->diag, RULE_SECRETS_OPEN_TO_OTHERS, start, "%s can be %s by others: its mode is %04o", file->path,
				file->id.mode & 022 ? "replaced" : "read", file->id.mode);
	diag_note(l->diag, f, "libreswan reads it all the same; ipsec-run does not");
	diag_help(l->diag, f, foreign ? "chown root: '%s'; chmod 600 '%s'" : "chmod 600 '%s'", file->path, file->path);
}

static bool is_new(struct loader *l, struct source_id id)
{
	char *key;

	if (!id.inode)
		return true;
	key = arena_printf(l->arena, "%llx:%llx", (unsigned long long)id.device, (unsigned long long)id.inode);
	if (map_get(&l->read, slice_of(key)))
		return false;
	map_set(&l->read, slice_of(key), l);
	return true;
}

/* --- include ------------------------------------------------------------------------------------------------------------------- */

static void cannot_include(const struct loader *l, struct span span, const char *path, const char *why)
{
	struct finding *f = diag_report(l->diag, RULE_SECRETS_BAD_INCLUDE, span, "%s is not read: %s", path, why);

	diag_note(l->diag, f, "the secrets in it are missing");
}

static void report_cycle(const struct loader *l, struct span span, const char *path)
{
	struct finding *f = diag_report(l->diag, RULE_SECRETS_BAD_INCLUDE, span, "%s includes itself", path);

	diag_set_severity(l->diag, f, SEVERITY_WARNING);
	diag_note(l->diag, f, "libreswan reads it %u times (\"nested too deeply\"), which changes nothing", SECRETS_DEPTH);
}

static void report_nothing(const struct loader *l, const struct secret_include *include, int error)
{
	struct finding *f;

	if (error == -E2BIG) {
		diag_report(l->diag, RULE_SECRETS_BAD_INCLUDE, include->span, "the pattern stands for too many names");
		return;
	}
	if (error) {
		diag_report(l->diag, RULE_SECRETS_BAD_INCLUDE, include->span, "cannot look for this file: %s", strerror(-error));
		return;
	}
	f = diag_report(l->diag, RULE_SECRETS_INCLUDE_EMPTY, include->span, "there is no such file");
	diag_note(l->diag, f, "libreswan says \"no secrets filename matched\" and goes on");
}

static int read_part(struct loader *l, const struct source_match *match, struct span from, size_t *ret_part);

static void include_file(struct loader *l, int file, const struct secret_include *include, const struct source_match *match,
			 struct followed *followed)
{
	struct source_id id = { 0 };
	size_t part;
	int r;

	if (l->sources->reader.identify(l->sources->reader.context, match->opened, &id) == 0) {
		if (sources_reading(l->sources, file, id) >= 0) {
			report_cycle(l, include->span, match->path);
			return;
		}
		if (id.is_pipe) {
			cannot_include(l, include->span, match->path, "it is a pipe");
			return;
		}
	}
	if (l->sources->files.v[file].depth + 1 >= SECRETS_DEPTH) {
		cannot_include(l, include->span, match->path, "too many files are nested");
		return;
	}
	if (!is_new(l, id))
		return;		/* the same keys once more */
	r = read_part(l, match, include->span, &part);
	if (r)
		cannot_include(l, include->span, match->path, strerror(-r));
	else
		vec_push(l->arena, &followed->parts, part);
}

/* Reads, parses and follows one file. 0 or -errno. */
static int read_part(struct loader *l, const struct source_match *match, struct span from, size_t *ret_part)
{
	struct part *part = arena_new(l->arena, struct part);
	size_t include = l->secrets->includes.n, end;
	int index = sources_add_secret(l->sources, match, from);

	if (index < 0)
		return index;
	check_mode(l, &l->sources->files.v[index]);
	*ret_part = l->parts.n;
	vec_push(l->arena, &l->parts, part);
	part->first = l->secrets->entries.n;
	secrets_parse(l->arena, l->sources->files.v[index].text, l->sources->files.v[index].base, l->diag, l->secrets);
	part->end = l->secrets->entries.n;
	for (end = l->secrets->includes.n; include < end; include++) {
		const struct secret_include line = l->secrets->includes.v[include];
		struct followed followed = { .entries_before = line.entries_before };
		struct source_matches found = { 0 };
		int r = sources_glob(l->sources, index, slice_of(line.pattern), &found);

		if (r || !found.list.n)
			report_nothing(l, &line, r);
		for (size_t i = 0; r == 0 && i < found.list.n; i++)
			include_file(l, index, &line, &found.list.v[i], &followed);
		vec_push(l->arena, &part->includes, followed);
	}
	return 0;
}

/* --- order --------------------------------------------------------------------------------------------------------------------- */

struct order {
	const struct loader *loader;
	struct secret_entry *list;
	size_t n;
};

static void add_range(struct order *o, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++)
		o->list[o->n++] = o->loader->secrets->entries.v[i];
}

/* K-034: of two equals the first wins, and first is what is read first. Recursion as deep as inclusion. */
static void add_part(struct order *o, const struct part *part)
{
	size_t at = part->first;

	for (size_t i = 0; i < part->includes.n; i++) {
		const struct followed *f = &part->includes.v[i];

		add_range(o, at, f->entries_before);
		at = f->entries_before;
		for (size_t k = 0; k < f->parts.n; k++)
			add_part(o, o->loader->parts.v[f->parts.v[k]]);
	}
	add_range(o, at, part->end);
}

static void put_in_order(const struct loader *l, size_t first)
{
	size_t n = l->secrets->entries.n - first;
	struct order o = { l, arena_new_array(l->arena, n + 1, struct secret_entry), 0 };

	if (!n)
		return;
	add_part(&o, l->parts.v[0]);
	memcpy(l->secrets->entries.v + first, o.list, n * sizeof(*o.list));
}

int secrets_load(struct sources *sources, const struct source_match *file, uint32_t user, struct diag *diag, struct secrets *ret)
{
	struct loader l = { .arena = sources->arena, .sources = sources, .diag = diag, .secrets = ret, .user = user };
	struct source_id id;
	size_t first = ret->entries.n, part;
	int r;

	map_init(&l.read, sources->arena);
	if (sources->reader.identify(sources->reader.context, file->opened, &id) == 0)
		is_new(&l, id);
	r = read_part(&l, file, (struct span){ 0, 0 }, &part);
	if (r == 0)
		put_in_order(&l, first);
	sources_blank_secrets(sources);
	return r;
}
