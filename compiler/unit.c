/* SPDX-License-Identifier: Apache-2.0 */
#include "include/ipsecc.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/dialect.h"

static int read_facts(struct unit *u, const char *path)
{
	const struct source_file *file;
	struct host_facts *facts;
	int index = sources_add_file(&u->sources, path, (struct span){ 0, 0 });

	if (index < 0)
		return index;
	file = &u->sources.files.v[index];
	if (facts_read(&u->arena, file->text, file->base, &u->diag, &facts) == 0)
		u->facts = facts;
	return 0;
}

static int run_passes(struct unit *u, const char *path, const struct unit_options *options, const char **ret_failed)
{
	int first, r;

	sources_init(&u->sources, &u->arena, options->reader);
	u->sources.root = options->root;
	u->sources.stdin_name = options->stdin_name;
	diag_init(&u->diag, &u->arena, sources_for_diag(&u->sources));
	*ret_failed = path;
	first = sources_add_file(&u->sources, path, (struct span){ 0, 0 });
	if (first < 0)
		return first;
	u->syntax = syntax_parse(&u->arena, &u->sources, first, &u->diag);
	u->config_files = u->sources.files.n;
	if (options->host_facts) {
		*ret_failed = options->host_facts;
		r = read_facts(u, options->host_facts);
		if (r)
			return r;
	}
	*ret_failed = options->dialect;
	r = dialect_choose(u, options->dialect);
	if (r)
		return r;
	u->resolved = resolve(&u->arena, u->syntax, &u->diag);
	u->ir = sema(&u->arena, u->resolved, u->release, &u->diag);
	diag_finish(&u->diag);
	return 0;
}

int unit_compile(const char *path, const struct unit_options *options, struct unit **ret, const char **ret_failed)
{
	struct unit *u = calloc(1, sizeof(*u));
	const char *ignored;
	jmp_buf oom;
	int r;

	if (!u)
		return -ENOMEM;
	arena_init(&u->arena);
	u->arena.limit = options->memory_limit;
	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		unit_free(u);
		return -ENOMEM;
	}
	r = run_passes(u, path, options, ret_failed ? ret_failed : &ignored);
	if (r) {
		unit_free(u);
		return r;
	}
	u->arena.on_oom = NULL;
	*ret = u;
	return 0;
}

struct plan *unit_plan(struct unit *u, const struct lower_options *options, bool *ret_incomplete)
{
	struct lower_options with_facts = *options;
	struct plan *plan;
	jmp_buf oom;

	with_facts.facts = u->facts;
	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		u->arena.on_oom = NULL;
		return NULL;
	}
	plan = lower(&u->arena, u->ir, &u->sources, &with_facts, &u->diag, ret_incomplete);
	diag_finish(&u->diag);
	u->arena.on_oom = NULL;
	return plan;
}

void unit_free(struct unit *u)
{
	if (!u)
		return;
	arena_release(&u->arena);
	free(u);
}
