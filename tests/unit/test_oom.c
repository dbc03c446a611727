/* SPDX-License-Identifier: Apache-2.0 */
/* test_oom.c -- every pass behind the front end with its n-th allocation failing: the documented error, no leak (the sanitizer build sees those),
 * and with memory again the same bytes as ever. The front end is in test_unit.c, whole commands are in tests/cli/out-of-memory.sh. */
#include "compare/compare.h"
#include "compare/dump.h"
#include "compiler/graph/graph.h"
#include "include/ipsecc.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define EACH_UP_TO	300	/* allocations that fail one by one; then every STRIDEth, since they are alike */
#define STRIDE		97

static const char config[] = "tests/differential/xfrm.conf", other_config[] = "examples/office.conf", facts[] = "tests/corpus/host.json";

/* Calls `attempt` with a later and later allocation failing, until it asks for fewer. `attempt` says whether it ran out of memory. */
static void with_each_allocation_failing(bool (*attempt)(void *context), void *context, const char *what)
{
	uint64_t n = 0;
	bool failed;

	do {
		n += n < EACH_UP_TO ? 1 : STRIDE;
		arena_fail_at(n);
		failed = attempt(context);
		ck_assert_msg(failed == (bool)arena_failure_reached(), "%s: allocation %llu", what, (unsigned long long)n);
	} while (failed);
	arena_fail_at(0);
	ck_assert_msg(n > 1, "%s allocates nothing", what);
}

static int compile(const char *path, struct unit **ret)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = "4.10", .host_facts = facts };

	return unit_compile(path, &options, ret, NULL);
}

static struct plan *plan_of(struct unit *u)
{
	struct lower_options lowering = { 0 };
	bool incomplete;

	return unit_plan(u, &lowering, &incomplete);
}

static struct plan *open_plan(const char *path, struct unit **ret)
{
	struct plan *plan;

	ck_assert_int_eq(compile(path, ret), 0);
	plan = plan_of(*ret);
	ck_assert_ptr_nonnull(plan);
	return plan;
}

/* --- to a plan, and on to each target ----------------------------------------------------------------------------------------- */

static bool compile_and_plan(void *context)
{
	struct unit *u = NULL;
	int r = compile(context, &u);
	bool failed = r || !plan_of(u);

	ck_assert(r == 0 || r == -ENOMEM);
	unit_free(u);
	return failed;
}

START_TEST(compiling_to_a_plan)
{
	with_each_allocation_failing(compile_and_plan, (void *)(uintptr_t)config, "compile");
}
END_TEST

struct emission {
	struct unit *u;
	const struct plan *plan;
	const struct backend *backend;
	struct backend_options options;
	struct buf out;
	int r;
};

static bool emit(void *context)
{
	struct emission *e = context;

	buf_clear(&e->out);
	e->r = unit_emit(e->u, e->backend, e->plan, &e->options, &e->out);
	ck_assert(e->r == 0 || e->r == -EINVAL || e->r == -ENOMEM);
	return e->r == -ENOMEM;
}

static void emit_format(struct emission *e, enum backend_phase phase, const char *format)
{
	char what[80];
	struct buf first;
	int r;

	e->options = (struct backend_options){ .phase = phase, .format = format };
	snprintf(what, sizeof(what), "--target=%s --format=%s", e->backend->name, format);
	ck_assert_msg(!emit(e), "%s", what);
	first = e->out;
	r = e->r;
	e->out = (struct buf){ 0 };
	with_each_allocation_failing(emit, e, what);
	ck_assert_msg(e->r == r && slice_eq(buf_slice(&e->out), buf_slice(&first)), "%s: other bytes after running out of memory", what);
	buf_release(&first);
	buf_release(&e->out);
}

START_TEST(emitting_each_target)
{
	struct emission e = { 0 };

	e.plan = open_plan(config, &e.u);
	for (size_t i = 0; backend_table[i]; i++) {
		e.backend = backend_table[i];
		for (size_t f = 0; e.backend->formats[f]; f++) {
			emit_format(&e, PHASE_UP, e.backend->formats[f]);
			emit_format(&e, PHASE_ROUTE, e.backend->formats[f]);
		}
	}
	unit_free(e.u);
}
END_TEST

/* --- what reads and compares -------------------------------------------------------------------------------------------------- */

struct reading {
	struct slice text;
	const struct plan *x, *y;
	struct unit *u;
};

/* In an arena of its own, which leaves when it is empty. */
static bool in_arena(void (*pass)(struct arena *a, const struct reading *input), const struct reading *input)
{
	volatile bool failed = true;
	struct arena a;
	jmp_buf oom;

	arena_init(&a);
	a.on_oom = &oom;
	if (!setjmp(oom)) {
		pass(&a, input);
		failed = false;
	}
	arena_release(&a);
	return failed;
}

static void read_plan(struct arena *a, const struct reading *input)
{
	struct plan *plan = NULL;
	struct diag diag;

	diag_init(&diag, a, (struct diag_source){ 0 });
	ck_assert_int_eq(plan_read(a, input->text, 0, &diag, &plan), 0);
	ck_assert_uint_eq(plan->policies.n, input->x->policies.n);
}

static bool try_read_plan(void *context)
{
	return in_arena(read_plan, context);
}

static void read_dump(struct arena *a, const struct reading *input)
{
	struct plan *plan = NULL;
	struct diag diag;

	diag_init(&diag, a, (struct diag_source){ 0 });
	ck_assert_int_eq(dump_read(a, input->text, "dump", 1, &diag, &plan), 0);
	ck_assert_uint_eq(plan->policies.n, 2);
	ck_assert_uint_eq(diag.findings.n, 1);
}

static bool try_read_dump(void *context)
{
	return in_arena(read_dump, context);
}

static void compare_plans(struct arena *a, const struct reading *input)
{
	struct compare_side x = { .plan = input->x }, y = { .plan = input->y };

	ck_assert_uint_gt(compare(a, &x, &y, COMPARE_EITHER)->differences.n, 0);
}

static bool try_compare(void *context)
{
	return in_arena(compare_plans, context);
}

static void draw(struct arena *a, const struct reading *input)
{
	const struct graph *g = graph_make(a, input->u->ir, &input->u->sources, NULL);
	struct buf out = { 0 };

	graph_write_dot(g, &out);
	graph_write_mermaid(g, &out);
	ck_assert(!buf_failed(&out) && out.n);
	buf_release(&out);
}

static bool try_draw(void *context)
{
	return in_arena(draw, context);
}

START_TEST(reading_a_plan)
{
	struct reading input = { 0 };
	struct buf json = { 0 };

	input.x = open_plan(config, &input.u);
	ck_assert_int_eq(plan_write(input.x, &json), 0);
	input.text = buf_slice(&json);
	with_each_allocation_failing(try_read_plan, &input, "plan_read");
	buf_release(&json);
	unit_free(input.u);
}
END_TEST

START_TEST(reading_a_dump)
{
	struct reading xfrm = { .text = slice_of(
		"src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 7 ptype main \n\ttmpl src 192.0.2.1 dst 198.51.100.2\n\t\tproto esp reqid 9 mode tunnel\n"
		"src 10.1.0.0/24 dst nowhere \n\tdir out priority 7 ptype main \n"
		"src 10.1.0.0/24 dst 10.3.0.0/24 \n\tdir out action block priority 7 ptype main \n") };

	with_each_allocation_failing(try_read_dump, &xfrm, "dump_read");
}
END_TEST

START_TEST(comparing_two_plans)
{
	struct unit *u, *v;
	struct reading input = { .x = open_plan(config, &u), .y = open_plan(other_config, &v) };

	with_each_allocation_failing(try_compare, &input, "compare");
	unit_free(u);
	unit_free(v);
}
END_TEST

START_TEST(drawing)
{
	struct reading input = { 0 };

	ck_assert_int_eq(compile(config, &input.u), 0);
	with_each_allocation_failing(try_draw, &input, "graph");
	unit_free(input.u);
}
END_TEST

TAP_MAIN("oom", compiling_to_a_plan, emitting_each_target, reading_a_plan, reading_a_dump, comparing_two_plans, drawing)
