/* SPDX-License-Identifier: Apache-2.0 */
/* test_compare.c -- docs/diff.schema.json says what `diff --format=json` prints: of every kind of difference. What is one is tests/cli/diff.sh. */
#include "compare/compare.h"
#include "compare/dump.h"
#include "include/ipsecc.h"
#include "tests/unit/json_schema.h"
#include "tests/unit/tap.h"

static const char facts[] = "tests/corpus/host.json";

static const struct plan *plan_of(const char *path, struct unit **ret)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = "4.10", .host_facts = facts };
	struct lower_options lowering = { 0 };
	bool incomplete;

	ck_assert_int_eq(unit_compile(path, &options, ret, NULL), 0);
	return unit_plan(*ret, &lowering, &incomplete);
}

static void fits(const struct compare_side *x, const struct compare_side *y)
{
	json_t *schema = schema_load("docs/diff.schema.json"), *document;
	struct buf text = { 0 };
	struct arena a;

	arena_init(&a);
	compare_write_json(compare(&a, x, y, COMPARE_EITHER), (const char *const[]){ "a", "b" }, &text);
	document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(document);
	ck_assert_uint_gt(json_array_size(json_object_get(document, "differences")), 0);
	ck_assert_msg(schema_valid(schema, document), "%s", schema_why);
	json_decref(document);
	json_decref(schema);
	buf_release(&text);
	arena_release(&a);
}

START_TEST(documents_fit_the_schema)
{
	static const char dump[] = "src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 7 ptype main \n\ttmpl src 192.0.2.1 dst 198.51.100.2\n"
				   "\t\tproto esp reqid 9 mode tunnel\n";
	struct unit *u, *v;
	struct compare_side one = { .plan = plan_of("tests/differential/xfrm.conf", &u) }, other = { .plan = plan_of("examples/office.conf", &v) };
	struct compare_side kernel = { .kernel = true };
	struct plan *plan;

	ck_assert_int_eq(dump_read(&u->arena, slice_of(dump), "dump", 1, &u->diag, &plan), 0);
	kernel.plan = plan;
	fits(&one, &other);
	fits(&one, &kernel);
	fits(&kernel, &other);
	unit_free(u);
	unit_free(v);
}
END_TEST

START_TEST(the_schema_can_say_no)
{
	json_t *schema = schema_load("docs/diff.schema.json"), *document = json_pack("{s:i}", "version", 1);

	ck_assert(!schema_valid(schema, document));
	json_decref(document);
	json_decref(schema);
}
END_TEST

TAP_MAIN("compare", documents_fit_the_schema, the_schema_can_say_no)
