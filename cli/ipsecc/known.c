/* SPDX-License-Identifier: Apache-2.0 */
/* Baselines of a call: read, compared, written back. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/ipsecc/check.h"

void baselines_release(struct baselines *b)
{
	for (size_t i = 0; i < b->n; i++)
		baseline_free(b->v[i]);
	free(b->v);
}

/* NULL after a complaint. One that is unusable is complained about once. */
static struct baseline *open_baseline(struct baselines *all, const char *path, const struct arguments *args)
{
	CLEANUP(cleanup_free) char *directory = directory_of(path);
	struct baseline **v = reallocarray(all->v, all->n + 1, sizeof(*v));
	struct baseline *b;
	int r;

	if (v)
		all->v = v;
	r = !v ? -ENOMEM : !directory ? -ENOENT :
	    baseline_read(path, directory, source_reader_system, args->value[OPTION_WRITE_BASELINE] != NULL, &b);
	if (r) {
		complain("%s: %s%s", path, strerror(-r), r == -ENOENT && directory ? "; --write-baseline makes it" : "");
		return NULL;
	}
	all->v[all->n++] = b;
	if (!b->diag.findings.n)
		return b;
	show_findings(&b->diag, args->color);
	return NULL;
}

static struct baseline *get_baseline(struct baselines *all, const char *path, const struct arguments *args)
{
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->v[i]->path, path) == 0)
			return all->v[i]->diag.findings.n ? NULL : all->v[i];
	return open_baseline(all, path, args);
}

/* Writes it back when that is asked for; says what has changed. */
static bool keep(struct baseline *b, const struct arguments *args)
{
	size_t gone = baseline_gone(b), added = baseline_added(b);
	CLEANUP(buf_release) struct buf out = { 0 };
	bool write = args->value[OPTION_WRITE_BASELINE];

	if (write || args->value[OPTION_PRUNE_BASELINE]) {
		baseline_prune(b);
		out.failed = baseline_write(b, &out) != 0;
		if ((write || gone) && write_output(b->path, &out))
			return false;
	}
	if (args->quiet)
		return true;
	if (write)
		complain("%s: %zu finding%s, %zu new, %zu gone", b->path, b->entries.n, b->entries.n == 1 ? "" : "s", added, gone);
	else if (gone)
		complain("%s: %zu finding%s gone%s", b->path, gone, gone == 1 ? " is" : "s are",
			 args->value[OPTION_PRUNE_BASELINE] ? " and forgotten" : "; --prune-baseline forgets them");
	return true;
}

void check_compare_baselines(struct check *c, const char *working_directory)
{
	bool take = c->args->value[OPTION_WRITE_BASELINE], any = false;

	for (size_t i = 0; i < c->n; i++) {
		struct baseline *b;

		if (!c->of[i]->baseline)
			continue;
		any = true;
		b = get_baseline(&c->baselines, c->of[i]->baseline, c->args);
		if (b && baseline_compare(b, c->units[i], working_directory, take)) {
			complain("out of memory");
			b = NULL;
		}
		c->trouble |= !b;
	}
	if (!any && c->n && (take || c->args->value[OPTION_PRUNE_BASELINE])) {
		complain("--%s needs --baseline=FILE, or a project file that names one",
			 take ? "write-baseline" : "prune-baseline");
		c->trouble = true;
	}
	for (size_t i = 0; i < c->baselines.n; i++)
		if (!c->baselines.v[i]->diag.findings.n && !keep(c->baselines.v[i], c->args))
			c->trouble = true;
}
