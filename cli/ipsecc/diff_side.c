/* SPDX-License-Identifier: Apache-2.0 */
/* diff_side.c -- an operand of diff: a configuration, a plan, a saved dump, or the kernel itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/ipsecc/diff.h"
#include "cli/result.h"
#include "compare/dump.h"

/* The compiler's reader, which gets the text that was read already to find out what it is. */
static int read_kept(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	struct diff_side *s = context;
	bool is_it = path ? strcmp(path, s->path) == 0 : strcmp(s->path, "-") == 0;

	if (!is_it || !s->text)
		return source_reader_system.read(NULL, path, limit, ret_text, ret_size, ret_id);
	if (s->size > limit)
		return -EFBIG;
	*ret_text = s->text;
	*ret_size = s->size;
	*ret_id = s->id;
	s->text = NULL;
	return 0;
}

/* What keeps a conn out of the comparison, and nothing else. */
static void show_refusals(const struct diag *diag, const struct arguments *args)
{
	struct diag shown = *diag;

	shown.findings.n = 0;
	for (size_t i = 0; i < diag->findings.n; i++)
		if (diag->findings.v[i]->severity == SEVERITY_ERROR)
			shown.findings.v[shown.findings.n++] = diag->findings.v[i];
	if (shown.findings.n && !args->quiet)
		show_findings(&shown, args->color);
}

static bool open_configuration(struct diff_side *s, struct projects *projects, const struct arguments *args)
{
	struct lower_options lowering = { .secrets_file = "/etc/ipsec.secrets" };
	bool incomplete = false;
	const char *failed;
	int r;

	if (!operand_settle(&s->operand, s->path, projects, args))
		return false;
	s->operand.options.reader.context = s;
	s->operand.options.reader.read = read_kept;
	r = operand_compile(&s->operand, &s->unit, &failed);
	if (r) {
		operand_complain(&s->operand, r, failed);
		return false;
	}
	s->side.plan = unit_plan(s->unit, &lowering, &incomplete);
	if (!s->side.plan) {
		complain("%s", strerror(ENOMEM));
		return false;
	}
	if (s->unit->diag.counts[SEVERITY_ERROR] && !args->quiet)
		complain("%s has errors, and the conns that do not load are not in the comparison; to see: ipsecc check %s", s->name, s->name);
	return true;
}

static bool open_document(struct diff_side *s, struct arena *a, bool dump, const struct arguments *args)
{
	const struct source_file *file;
	struct plan *plan = NULL;
	int r;

	sources_init(&s->sources, a, source_reader_system);
	diag_init(&s->diag, a, sources_for_diag(&s->sources));
	r = sources_add_text(&s->sources, s->name, (struct slice){ s->text, s->size }, (struct span){ 0, 0 });
	if (r >= 0) {
		file = &s->sources.files.v[r];
		r = dump ? dump_read(a, file->text, file->path, file->base, &s->diag, &plan) : plan_read(a, file->text, file->base, &s->diag, &plan);
	}
	diag_finish(&s->diag);
	show_refusals(&s->diag, args);
	if (r < 0) {
		complain("%s: %s", s->name, r == -EINVAL ? dump ? "it cannot be read as a dump of policies" : "the plan is refused" : strerror(-r));
		return false;
	}
	s->side = (struct compare_side){ .plan = plan, .kernel = dump };
	s->partial = s->diag.counts[SEVERITY_ERROR] > 0;
	return true;
}

static bool open_kernel(struct diff_side *s, struct arena *a)
{
	struct plan *plan = NULL;
	const char *why;
	int r;

	s->name = "the kernel";
	r = live_policies(a, &plan, &why);
	if (r) {
		complain("the kernel's policies cannot be read: %s%s", why, r == -EPERM ? " (it needs the capability CAP_NET_ADMIN)" : "");
		return false;
	}
	s->side = (struct compare_side){ .plan = plan, .kernel = true };
	return true;
}

bool diff_side_open(struct diff_side *s, struct arena *a, const char *path, struct projects *projects, const struct arguments *args)
{
	bool is_stdin = path && strcmp(path, "-") == 0;
	struct slice text;
	int r;

	s->path = path;
	if (!path)
		return open_kernel(s, a);
	s->name = !is_stdin ? path : args->value[OPTION_STDIN_FILENAME] ? args->value[OPTION_STDIN_FILENAME] : "<stdin>";
	r = source_reader_system.read(NULL, is_stdin ? NULL : path, LIMIT_PLAN_BYTES, &s->text, &s->size, &s->id);
	if (r) {
		complain("%s: %s", s->name, strerror(-r));
		return false;
	}
	text = slice_trim((struct slice){ s->text, s->size });
	if (text.n && text.p[0] == '{')
		return open_document(s, a, false, args);
	if (dump_recognise(text) != DUMP_NONE)
		return open_document(s, a, true, args);
	return open_configuration(s, projects, args);
}

void diff_side_release(struct diff_side *s)
{
	free(s->text);
	unit_free(s->unit);
}
