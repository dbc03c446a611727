/* SPDX-License-Identifier: Apache-2.0 */
#include "include/ipsecc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compiler/dialect.h"
#include "compiler/groups/groups.h"
#include "compiler/implicit.h"
#include "compiler/lower/host.h"
#include "compiler/settle.h"
#include "compiler/unit_secrets.h"

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

/* What unit_settle() will need, as long as the unit lives. */
static void keep_options(struct unit *u, const struct unit_options *options)
{
	struct policy *policy;

	if (options->policy) {
		policy = arena_new(&u->arena, struct policy);
		*policy = *options->policy;
		u->policy = policy;
	}
	if (options->today)
		u->today = arena_strdup(&u->arena, slice_of(options->today));
}

static int run_passes(struct unit *u, const char *path, const struct unit_options *options, const char **ret_failed)
{
	struct ir *ir;
	int first, r;

	keep_options(u, options);
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
	r = dialect_choose(u, options);
	if (r)
		return r;
	syntax_apply_release(u->syntax, u->release, &u->diag);
	if (options->implicit_conns)
		u->syntax = implicit_add(u);
	u->resolved = resolve(&u->arena, u->syntax, u->release, &u->diag);
	ir = sema(&u->arena, u->resolved, u->build, &u->diag);
	u->group_files = u->sources.files.n;
	groups_read(&u->arena, ir, u->resolved, &u->sources, &u->diag);
	u->group_files_end = u->sources.files.n;
	u->ir = ir;
	host_check(&u->arena, ir, u->resolved, u->facts, options->judge_host, &u->diag);
	r = unit_check_secrets(u, ir, path, options, ret_failed);
	if (r)
		return r;
	upgrade_report(u, options->compare_defaults);
	diag_finish(&u->diag);
	dialect_report(u);
	unit_settle(u);
	return 0;
}

/* --- layout --- */

static int glob_nothing(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	(void)context, (void)pattern;
	*ret_paths = NULL;
	*ret_count = 0;
	return 0;
}

static int identify_nothing(void *context, const char *path, struct source_id *ret_id)
{
	(void)context, (void)path, (void)ret_id;
	return -ENOENT;
}

static bool touches_any(const struct format *f, struct span span)
{
	for (size_t i = 0; i < f->refused.n; i++)
		if (span.start <= f->refused.v[i].end && span.end >= f->refused.v[i].start)
			return true;
	return false;
}

/* Says what is wrong with the lines that were refused: of all that the parser has to say, what is about them. */
static void explain_refusal(struct unit *u, const struct format *format, int file)
{
	struct diag all;

	diag_init(&all, &u->arena, u->diag.source);
	u->syntax = syntax_parse(&u->arena, &u->sources, file, &all);
	for (size_t i = 0; i < all.findings.n; i++) {
		struct finding *f = all.findings.v[i];

		if (!touches_any(format, f->span))
			continue;
		vec_push(&u->arena, &u->diag.findings, f);
		u->diag.counts[f->severity]++;
	}
	if (!u->diag.findings.n)
		diag_report(&u->diag, RULE_SYNTAX_ERROR, format->refused.v[0], "this line cannot be understood");
	diag_finish(&u->diag);
}

static int run_format(struct unit *u, const char *path, const struct unit_options *options, const struct format **ret_format)
{
	struct source_reader alone = options->reader;
	struct format *format;
	int file;

	alone.glob = glob_nothing;
	alone.identify = identify_nothing;
	sources_init(&u->sources, &u->arena, alone);
	u->sources.stdin_name = options->stdin_name;
	diag_init(&u->diag, &u->arena, sources_for_diag(&u->sources));
	file = sources_add_file(&u->sources, path, (struct span){ 0, 0 });
	if (file < 0)
		return file;
	u->config_files = 1;
	format = format_text(&u->arena, u->sources.files.v[file].text, u->sources.files.v[file].base);
	if (format->refused.n)
		explain_refusal(u, format, file);
	*ret_format = format;
	return 0;
}

/* --- the unit --- */

static struct unit *unit_new(const struct unit_options *options)
{
	struct unit *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	arena_init(&u->arena);
	u->arena.limit = options->memory_limit;
	return u;
}

int unit_format(const char *path, const struct unit_options *options, struct unit **ret, const struct format **ret_format)
{
	struct unit *u = unit_new(options);
	jmp_buf oom;
	int r;

	if (!u)
		return -ENOMEM;
	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		unit_free(u);
		return -ENOMEM;
	}
	r = run_format(u, path, options, ret_format);
	if (r) {
		unit_free(u);
		return r;
	}
	u->arena.on_oom = NULL;
	*ret = u;
	return 0;
}

int unit_write_format_diff(struct unit *u, const struct format *format, const struct diag_style *style, struct buf *out)
{
	const struct source_file *file = &u->sources.files.v[0];
	jmp_buf oom;

	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		u->arena.on_oom = NULL;
		return -ENOMEM;
	}
	format_diff(&u->arena, format, file->text, file->path, style, out);
	u->arena.on_oom = NULL;
	return 0;
}

int unit_compile(const char *path, const struct unit_options *options, struct unit **ret, const char **ret_failed)
{
	struct unit *u = unit_new(options);
	const char *ignored;
	jmp_buf oom;
	int r;

	if (!u)
		return -ENOMEM;
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
	unit_settle(u);
	u->arena.on_oom = NULL;
	return plan;
}

/* The word at a line and column of a file; nowhere when they are outside of it. */
static struct span word_at(const struct source_file *file, uint32_t line, uint32_t column)
{
	size_t start, end;

	if (line == 0 || line > file->line_count || column == 0)
		return (struct span){ 0, 0 };
	start = (size_t)source_line_start(file, line) + column - 1;
	if (start > file->text.n)
		return (struct span){ 0, 0 };
	for (end = start; end < file->text.n && !strchr(" \t\r\n=#", file->text.p[end]);)
		end++;
	return (struct span){ file->base + (uint32_t)start, file->base + (uint32_t)end };
}

struct span unit_span_of(const struct unit *u, const struct plan_origin *origin)
{
	for (size_t i = 0; origin->file && i < u->sources.files.n; i++)
		if (strcmp(u->sources.files.v[i].path, origin->file) == 0)
			return word_at(&u->sources.files.v[i], origin->line, origin->column);
	return (struct span){ 0, 0 };
}

static struct span span_of(const void *context, const struct plan_origin *origin)
{
	return unit_span_of(context, origin);
}

int unit_emit(struct unit *u, const struct backend *backend, const struct plan *plan, const struct backend_options *options,
	      struct buf *out)
{
	struct backend_options ours = *options;
	jmp_buf oom;
	int r;

	ours.span_of = span_of;
	ours.span_context = u;
	ours.ir = u->ir;
	ours.resolved = u->resolved;
	ours.facts = u->facts;
	u->arena.on_oom = &oom;
	if (setjmp(oom)) {
		u->arena.on_oom = NULL;
		return -ENOMEM;
	}
	r = backend->emit(plan, &ours, &u->diag, out);
	unit_settle(u);
	u->arena.on_oom = NULL;
	return r;
}

const struct ir_conn *unit_conn(const struct unit *u, const char *name)
{
	for (size_t i = 0; i < u->ir->conns.n; i++)
		if (strcmp(u->ir->conns.v[i]->name, name) == 0)
			return u->ir->conns.v[i];
	return NULL;
}

void unit_free(struct unit *u)
{
	if (!u)
		return;
	sources_release_secrets(&u->sources);
	secrets_release(&u->secrets);
	arena_release(&u->arena);
	free(u);
}
