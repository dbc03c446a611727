/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/fix.h"

#include <errno.h>
#include <stdlib.h>

#include "base/limits.h"

void fixer_init(struct fixer *f, struct source_reader below)
{
	*f = (struct fixer){ .below = below };
	arena_init(&f->arena);
	map_init(&f->by_path, &f->arena);
}

void fixer_release(struct fixer *f)
{
	arena_release(&f->arena);
}

/* --- files, read once --------------------------------------------------------------------------------------------------------- */

static struct fixed_file *file_with_id(const struct fixer *f, const struct source_id *id)
{
	for (size_t i = 0; (id->device || id->inode) && i < f->files.n; i++)
		if (source_id_eq(f->files.v[i]->id, *id))
			return f->files.v[i];
	return NULL;
}

/* Takes text into the arena; the caller frees it whatever happens. NULL: no memory. */
static struct fixed_file *keep_file(struct fixer *f, const char *path, struct slice text, const struct source_id *id)
{
	struct fixed_file *file;
	jmp_buf oom;

	f->arena.on_oom = &oom;
	if (setjmp(oom)) {
		f->arena.on_oom = NULL;
		return NULL;
	}
	path = arena_strdup(&f->arena, slice_of(path));
	file = file_with_id(f, id);
	if (!file) {
		file = arena_new(&f->arena, struct fixed_file);
		*file = (struct fixed_file){ .path = path, .id = *id, .before = arena_slice(&f->arena, text) };
		file->now = file->before;
		file->index = f->files.n;
		vec_push(&f->arena, &f->files, file);
	}
	map_set(&f->by_path, slice_of(path), file);
	f->arena.on_oom = NULL;
	return file;
}

static int read_kept(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	struct fixer *f = context;
	struct fixed_file *file = map_get(&f->by_path, slice_of(path ? path : "-"));
	struct slice text = { 0 };
	struct source_id id = { 0 };
	char *heap = NULL;
	int r;

	if (!file && f->passing)
		return f->below.read(f->below.context, path, limit, ret_text, ret_size, ret_id);
	if (!file) {
		r = f->below.read(f->below.context, path, limit, &heap, &text.n, &id);
		if (r)
			return r;
		text.p = heap;
		file = keep_file(f, path ? path : "-", text, &id);
		free(heap);
		if (!file)
			return -ENOMEM;
	}
	if (file->now.n > limit)
		return -EFBIG;
	*ret_text = malloc(file->now.n + 1);
	if (!*ret_text)
		return -ENOMEM;
	memcpy(*ret_text, file->now.p, file->now.n);
	*ret_size = file->now.n;
	*ret_id = file->id;
	return 0;
}

static int glob_below(void *context, const char *pattern, char ***ret_paths, size_t *ret_count)
{
	struct fixer *f = context;

	return f->below.glob(f->below.context, pattern, ret_paths, ret_count);
}

static int identify_below(void *context, const char *path, struct source_id *ret_id)
{
	struct fixer *f = context;

	return f->below.identify(f->below.context, path, ret_id);
}

/* --- one round ---------------------------------------------------------------------------------------------------------------- */

struct edit {			/* of one file */
	size_t file;		/* index in fixer.files */
	size_t start, end;	/* bytes of its text */
	const char *text;
};

struct round {
	struct fixer *fixer;
	const struct unit *unit;
	const char *path;
	VEC(struct edit) accepted;
	size_t *taken_until;	/* per file: behind the last accepted edit; 0: none */
	size_t fixes;
};

/* False: it is about a place that cannot be edited. */
static bool locate(const struct round *r, const struct diag_edit *from, struct edit *ret)
{
	int index = span_known(from->span) ? sources_index_at(&r->unit->sources, from->span.start) : -1;
	const struct source_file *source = index < 0 ? NULL : &r->unit->sources.files.v[index];
	bool is_stdin = index == 0 && strcmp(r->path, "-") == 0;
	struct fixed_file *file;

	if (!source || source->secret || from->span.end < from->span.start || from->span.end > source->base + source->text.n)
		return false;
	file = map_get(&r->fixer->by_path, slice_of(is_stdin ? "-" : source->opened));
	if (!file || file->locked || file->now.n != source->text.n)
		return false;
	*ret = (struct edit){
		.file = file->index, .start = from->span.start - source->base, .end = from->span.end - source->base,
		.text = from->text,
	};
	return true;
}

static int by_place(const void *va, const void *vb)
{
	const struct edit *a = va, *b = vb;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	return a->start < b->start ? -1 : a->start > b->start;
}

static bool may_change(const struct round *r, const struct edit *e)
{
	struct fixed_file *file = r->fixer->files.v[e->file];

	if (file->fixes || !r->fixer->may_change)
		return true;
	file->locked = !r->fixer->may_change(r->fixer->context, file->path);
	return !file->locked;
}

/* All or nothing: an edit waits for the next round when it overlaps or touches one before it. */
static bool take_fix(struct round *r, const struct diag_fix *fix)
{
	struct edit *edits = arena_new_array(&r->fixer->arena, fix->edits.n + 1, struct edit);

	for (size_t i = 0; i < fix->edits.n; i++)
		if (!locate(r, &fix->edits.v[i], &edits[i]))
			return false;
	qsort(edits, fix->edits.n, sizeof(*edits), by_place);
	for (size_t i = 0; i < fix->edits.n; i++) {
		bool overlaps = i && edits[i - 1].file == edits[i].file && edits[i].start < edits[i - 1].end;

		if (overlaps || (r->taken_until[edits[i].file] && edits[i].start < r->taken_until[edits[i].file]))
			return false;
		if (!may_change(r, &edits[i]))
			return false;
	}
	for (size_t i = 0; i < fix->edits.n; i++) {
		r->taken_until[edits[i].file] = edits[i].end + 1;
		vec_push(&r->fixer->arena, &r->accepted, edits[i]);
	}
	if (fix->edits.n)
		r->fixer->files.v[edits[0].file]->fixes++;
	r->fixes += fix->edits.n > 0;
	return fix->edits.n > 0;
}

/* The first fix of a finding that is wanted; NULL: none. */
static const struct diag_fix *choose(const struct fixer *f, const struct finding *finding)
{
	if (finding->severity == SEVERITY_NOTE && !f->notes)
		return NULL;
	for (size_t i = 0; i < finding->fixes.n; i++)
		if (finding->fixes.v[i].safe || f->unsafe)
			return &finding->fixes.v[i];
	return NULL;
}

/* The text of file `index` with its edits, which lie from `first` on in the sorted list; returns where they end. */
static size_t rewrite(struct round *r, size_t index, size_t first)
{
	struct fixed_file *file = r->fixer->files.v[index];
	size_t n = file->now.n, end = first, at = 0;
	char *text, *p;

	for (; end < r->accepted.n && r->accepted.v[end].file == index; end++)
		n += strlen(r->accepted.v[end].text);
	p = text = arena_new_array(&r->fixer->arena, n + 1, char);
	for (size_t i = first; i < end; i++) {
		const struct edit *e = &r->accepted.v[i];

		p = mempcpy(p, file->now.p + at, e->start - at);
		p = mempcpy(p, e->text, strlen(e->text));
		at = e->end;
	}
	p = mempcpy(p, file->now.p + at, file->now.n - at);
	file->now = (struct slice){ text, (size_t)(p - text) };
	return end;
}

/* Number of fixes that were made. */
static size_t run_round(struct fixer *f, const struct unit *u, const char *path)
{
	struct round r = { .fixer = f, .unit = u, .path = path, .taken_until = arena_new_array(&f->arena, f->files.n + 1, size_t) };

	for (size_t i = 0; i < u->diag.findings.n; i++) {
		const struct diag_fix *fix = choose(f, u->diag.findings.v[i]);

		if (fix)
			take_fix(&r, fix);
	}
	if (r.accepted.n)
		qsort(r.accepted.v, r.accepted.n, sizeof(*r.accepted.v), by_place);
	for (size_t i = 0; i < r.accepted.n;)
		i = rewrite(&r, r.accepted.v[i].file, i);
	return r.fixes;
}

static int guarded_round(struct fixer *f, const struct unit *u, const char *path, size_t *ret)
{
	jmp_buf oom;

	f->arena.on_oom = &oom;
	if (setjmp(oom)) {
		f->arena.on_oom = NULL;
		return -ENOMEM;
	}
	*ret = run_round(f, u, path);
	f->arena.on_oom = NULL;
	return 0;
}

/* --- rounds ------------------------------------------------------------------------------------------------------------------- */

/* What a configuration was before, to go back to. */
struct state {
	struct slice *texts;
	size_t *fixes;
	size_t n;
	size_t loads;		/* conns that load */
};

static size_t count_loading(const struct unit *u)
{
	size_t n = 0;

	for (size_t i = 0; i < u->ir->conns.n; i++)
		n += u->ir->conns.v[i]->verdict != VERDICT_WILL_NOT_LOAD;
	return n;
}

static int save(struct fixer *f, const struct unit *u, struct state *ret)
{
	*ret = (struct state){ .n = f->files.n, .loads = count_loading(u) };
	ret->texts = calloc(f->files.n + 1, sizeof(*ret->texts));
	ret->fixes = calloc(f->files.n + 1, sizeof(*ret->fixes));
	if (!ret->texts || !ret->fixes)
		return -ENOMEM;
	for (size_t i = 0; i < f->files.n; i++) {
		ret->texts[i] = f->files.v[i]->now;
		ret->fixes[i] = f->files.v[i]->fixes;
	}
	return 0;
}

static void restore(struct fixer *f, const struct state *state)
{
	for (size_t i = 0; i < f->files.n; i++) {
		f->files.v[i]->now = i < state->n ? state->texts[i] : f->files.v[i]->before;
		f->files.v[i]->fixes = i < state->n ? state->fixes[i] : 0;
	}
}

static void state_release(struct state *state)
{
	free(state->texts);
	free(state->fixes);
}

struct run {
	struct fixer *fixer;
	const char *path;
	struct unit_options options;
	const char **ret_failed;
	struct unit *unit;
};

static int compile(struct run *run)
{
	unit_free(run->unit);
	run->unit = NULL;
	return unit_compile(run->path, &run->options, &run->unit, run->ret_failed);
}

/* Nothing is fixed in them, and what is not kept needs no wiping here. */
static int compile_with_secrets(struct run *run, const struct unit_options *options)
{
	int r;

	run->options.secrets = options->secrets;
	run->options.secrets_beside = options->secrets_beside;
	run->fixer->passing = true;
	r = compile(run);
	run->fixer->passing = false;
	return r;
}

/* Rounds until there is nothing to do, or a limit. */
static int repeat(struct run *run, struct fix_result *ret)
{
	size_t made = 1;
	int r = 0;

	for (unsigned round = 0; r == 0 && made; round++) {
		if (round == LIMIT_FIX_ROUNDS) {
			ret->unfinished = true;
			break;
		}
		r = guarded_round(run->fixer, run->unit, run->path, &made);
		ret->fixes += made;
		if (r == 0 && made)
			r = compile(run);
	}
	return r;
}

int fixer_run(struct fixer *f, const char *path, const struct unit_options *options, struct unit **ret,
	      struct fix_result *ret_result,
	      const char **ret_failed)
{
	struct run run = { .fixer = f, .path = path, .options = *options, .ret_failed = ret_failed };
	struct state state = { 0 };
	int r;

	run.options.reader = (struct source_reader){ f, read_kept, glob_below, identify_below };
	run.options.secrets = NULL;
	run.options.secrets_beside = false;
	*ret_result = (struct fix_result){ 0 };
	r = compile(&run);
	if (r == 0)
		r = save(f, run.unit, &state);
	if (r == 0)
		r = repeat(&run, ret_result);
	if (r == 0 && count_loading(run.unit) < state.loads) {
		restore(f, &state);
		*ret_result = (struct fix_result){ .undone = true };
	}
	if (r == 0)
		r = compile_with_secrets(&run, options);
	state_release(&state);
	if (r)
		unit_free(run.unit);
	else
		*ret = run.unit;
	return r;
}
