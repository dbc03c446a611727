/* SPDX-License-Identifier: Apache-2.0 */
/* Files that nobody named, but that were found in a directory: which of them are configurations of their own. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/ipsecc/check.h"

struct inclusion {
	struct source_id id;
	size_t by;		/* path */
};

struct inclusions {
	struct inclusion *v;
	size_t n;
};

static int by_id(const void *va, const void *vb)
{
	const struct inclusion *a = va, *b = vb;

	if (a->id.device != b->id.device)
		return a->id.device < b->id.device ? -1 : 1;
	if (a->id.inode != b->id.inode)
		return a->id.inode < b->id.inode ? -1 : 1;
	return a->by < b->by ? -1 : a->by > b->by;
}

static bool collect(const struct check *c, struct inclusions *ret)
{
	size_t n = 1;

	for (size_t i = 0; i < c->paths.n; i++)
		n += c->compiled[i].unit ? c->compiled[i].unit->config_files : 0;
	ret->v = calloc(n, sizeof(*ret->v));
	for (size_t i = 0; ret->v && i < c->paths.n; i++)
		for (size_t k = 1; c->compiled[i].unit && k < c->compiled[i].unit->config_files; k++)
			ret->v[ret->n++] = (struct inclusion){ c->compiled[i].unit->sources.files.v[k].id, i };
	if (ret->v)
		qsort(ret->v, ret->n, sizeof(*ret->v), by_id);
	return ret->v;
}

/* The first of the same id in the sorted list. */
static size_t first_of(const struct inclusions *all, const struct source_id *id)
{
	const struct inclusion key = { *id, 0 };
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_id(&all->v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The path of a configuration that includes this one and is checked itself; the number of paths: none does. */
static size_t includer(const struct check *c, const struct inclusions *all, size_t path)
{
	const struct source_id *id = &c->compiled[path].unit->sources.files.v[0].id;

	for (size_t i = first_of(all, id); i < all->n && source_id_eq(all->v[i].id, *id); i++)
		if (all->v[i].by != path && c->compiled[all->v[i].by].unit)
			return all->v[i].by;
	return c->paths.n;
}

static void drop(struct check *c, size_t path)
{
	unit_free(c->compiled[path].unit);
	c->compiled[path].unit = NULL;
	c->wanted[path] = false;
}

/* Not a word of ipsec.conf in it: the directory has other *.conf files too. */
static bool is_foreign(const struct unit *u)
{
	return u->syntax->sections.n == 0;
}

static void drop_foreign(struct check *c)
{
	for (size_t i = 0; i < c->paths.n; i++) {
		if (!c->paths.found[i] || !c->compiled[i].unit || !is_foreign(c->compiled[i].unit))
			continue;
		if (c->args->verbose)
			complain("%s is not checked: it has no section of ipsec.conf", c->paths.v[i]);
		c->foreign++;
		drop(c, i);
	}
}

void check_drop_found(struct check *c)
{
	CLEANUP(cleanup_free) struct inclusion *v = NULL;
	struct inclusions all = { 0 };

	drop_foreign(c);
	if (!collect(c, &all)) {
		complain("out of memory");
		c->trouble = true;
		return;
	}
	v = all.v;
	for (size_t i = 0; i < c->paths.n; i++) {
		size_t by = c->paths.found[i] && c->compiled[i].unit ? includer(c, &all, i) : c->paths.n;

		if (by == c->paths.n)
			continue;
		if (c->args->verbose)
			complain("%s is checked with %s, which includes it", c->paths.v[i], c->paths.v[by]);
		drop(c, i);
	}
}
