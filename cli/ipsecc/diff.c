/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ipsecc/diff.h"

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include "base/cleanup.h"

static enum compare_phase phase_of(const struct arguments *args)
{
	const char *phase = args->value[OPTION_PHASE];

	return !phase ? COMPARE_EITHER : strcmp(phase, "up") == 0 ? COMPARE_UP : COMPARE_ROUTE;
}

static size_t count_unsided(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->peers.n; i++)
		n += plan->peers.v[i].side == PLAN_SIDE_UNKNOWN;
	return n;
}

/* Conns have no policies when the host is not known, or is neither of their ends: then nothing can be said of their traffic, and that is said. */
static void say_what_is_missing(const struct diff_side *s, const struct arguments *args)
{
	size_t unsided = count_unsided(s->side.plan);

	if (s->side.kernel || args->quiet)
		return;
	if (!s->side.plan->host.known && s->side.plan->peers.n)
		complain("%s: no --host-facts, so policies and traffic are not compared", s->name);
	else if (unsided)
		complain("%s: neither end of %zu conn%s is this host, so policies and traffic of %s are not compared", s->name, unsided,
			 unsided == 1 ? "" : "s", unsided == 1 ? "it" : "them");
}

static enum exit_status show(const struct comparison *c, const struct diff_side *sides[2], const struct arguments *args)
{
	CLEANUP(buf_release) struct buf out = { 0 };
	struct diag_style style = terminal_style(stdout, args->color);
	const char *const names[2] = { sides[0]->name, sides[1]->name };

	if (arguments_format_is(args, "json"))
		compare_write_json(c, names, &out);
	else
		diff_write_text(c, sides, &style, &out);
	if (write_stream(stdout, &out))
		return EXIT_TROUBLE;
	if (sides[0]->partial || sides[1]->partial) {
		complain("%s was read in part only, so this comparison is not complete", sides[0]->partial ? names[0] : names[1]);
		return EXIT_TROUBLE;
	}
	return c->differences.n || c->gaps.n || c->gaps_cut ? EXIT_FINDINGS : EXIT_DONE;
}

static enum exit_status diff(struct arena *a, struct diff_side *x, struct diff_side *y, struct projects *projects, const struct arguments *args)
{
	bool live = args->value[OPTION_LIVE];
	const char *path[2] = { NULL, NULL };		/* NULL: the kernel */

	if (args->n != (live ? 1 : 2)) {
		complain("diff: %s", live ? "with --live, what the kernel has is compared with one operand" :
			 "one operand is missing; or compare with the kernel by --live");
		return EXIT_TROUBLE;
	}
	if (!live)
		path[0] = args->operands[0], path[1] = args->operands[1];
	else
		path[!args->live_last] = args->operands[0];
	if (!diff_side_open(x, a, path[0], projects, args) || !diff_side_open(y, a, path[1], projects, args))
		return EXIT_TROUBLE;
	say_what_is_missing(x, args);
	say_what_is_missing(y, args);
	return show(compare(a, &x->side, &y->side, phase_of(args)), (const struct diff_side *[]){ x, y }, args);
}

enum exit_status command_diff(const struct arguments *args)
{
	struct diff_side x = { 0 }, y = { 0 };
	volatile enum exit_status status = EXIT_TROUBLE;
	struct projects projects = { 0 };
	struct arena a;
	jmp_buf oom;

	arena_init(&a);
	a.on_oom = &oom;
	if (setjmp(oom))
		complain("%s", strerror(ENOMEM));
	else
		status = diff(&a, &x, &y, &projects, args);
	diff_side_release(&x);
	diff_side_release(&y);
	projects_release(&projects);
	arena_release(&a);
	return status;
}
