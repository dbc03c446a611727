/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan_schema.c -- docs/plan.schema.json says what plan_write() writes and what plan_read() takes. */
#include "include/ipsecc.h"
#include "tests/unit/json_schema.h"
#include "tests/unit/plan_example.h"
#include "tests/unit/tap.h"

static json_t *schema;

static void load_schema(void)
{
	schema = schema_load("docs/plan.schema.json");
}

/* --- the reader's opinion --- */

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context, (void)position;
	return (struct diag_place){ 0 };
}

/* "" when it takes the document in silence. */
static void ask_reader(const json_t *document, struct buf *said)
{
	char *text = json_dumps(document, 0);
	struct plan *plan;
	struct arena arena;
	struct diag diag;

	arena_init(&arena);
	diag_init(&diag, &arena, (struct diag_source){ NULL, nowhere });
	plan_read(&arena, slice_of(text), 0, &diag, &plan);
	for (size_t i = 0; i < diag.findings.n; i++)
		buf_printf(said, "%s; ", diag.findings.v[i]->message);
	arena_release(&arena);
	free(text);
}

/* What only holds between members, which JSON Schema is not asked to say (plan/plan_check.c). */
static bool is_between_members(const char *said)
{
	static const char *const texts[] = {
		"needs an address", "needs a template", "needs two addresses", "different families", "ports without a protocol",
			"there is no '",
		"is not the dialect", "has no keys of", "no transform of type", "is above port_last", "is for another protocol",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strstr(said, texts[i]))
			return true;
	return false;
}

static unsigned mutations;

static void compare(const json_t *document, const char *what)
{
	struct buf said = { 0 };
	bool by_schema = schema_valid(schema, document);

	ask_reader(document, &said);
	mutations++;
	if (by_schema && said.n && !is_between_members(said.p))
		ck_abort_msg("%s: the schema allows what the reader does not: %s", what, said.p);
	if (!by_schema && !said.n)
		ck_abort_msg("%s: the reader takes what the schema does not allow", what);
	buf_release(&said);
}

/* Each member missing, null, and of other kinds, one at a time. */
static void mutate_member(json_t *document, json_t *object, const char *key)
{
	static const char *const others[] = { "null", "1.5", "-1", "256", "65536", "4294967296", "\"\"", "\"x\"", "true", "[]",
		"{}", "[7]" };
	json_t *old = json_incref(json_object_get(object, key));

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		json_object_set_new(object, key, json_loads(others[i], JSON_DECODE_ANY, NULL));
		compare(document, key);
	}
	json_object_del(object, key);
	compare(document, key);
	json_object_set_new(object, key, old);
}

static void mutate(json_t *document, json_t *value)
{
	json_t *member, *before = json_copy(value);	/* its keys: a member that is put back stands last */
	const char *key;
	size_t index;

	json_array_foreach(before, index, member)
		mutate(document, member);
	json_object_foreach(before, key, member) {
		mutate(document, member);
		mutate_member(document, value, key);
	}
	json_decref(before);
	if (json_is_object(value)) {
		json_object_set_new(value, "mood", json_true());
		compare(document, "mood");
		json_object_del(value, "mood");
	}
}

START_TEST(schema_and_reader_agree)
{
	json_t *document = json_loads(plan_example, 0, NULL);

	load_schema();
	compare(document, "the example");
	ck_assert(schema_valid(schema, document));
	mutate(document, document);
	ck_assert_uint_gt(mutations, 1500);
	json_decref(document);
	json_decref(schema);
}
END_TEST

/* --- what the compiler makes --- */

static json_t *compile(const char *path, const char *dialect)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = dialect,
		.host_facts = "tests/corpus/host.json" };
	struct lower_options lowering = { 0 };
	struct buf out = { 0 };
	json_t *document;
	struct unit *u;
	bool incomplete;

	ck_assert_int_eq(unit_compile(path, &options, &u, NULL), 0);
	ck_assert_int_eq(plan_write(unit_plan(u, &lowering, &incomplete), &out), 0);
	unit_free(u);
	document = json_loadb(out.p, out.n, 0, NULL);
	buf_release(&out);
	return document;
}

START_TEST(compiled_plans_fit_the_schema)
{
	static const char *const dialects[] = { "3.18", "3.32", "4.10", "5.0", "5.4" };

	load_schema();
	for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++) {
		json_t *document = compile("tests/differential/xfrm.conf", dialects[i]);
		struct buf said = { 0 };

		ck_assert_uint_gt(json_array_size(json_object_get(document, "policies")), 50);
		ck_assert_msg(schema_valid(schema, document), "the plan for %s does not fit the schema", dialects[i]);
		ask_reader(document, &said);
		ck_assert_msg(said.n == 0, "%s: %s", dialects[i], said.p);
		json_decref(document);
		buf_release(&said);
	}
	json_decref(schema);
}
END_TEST

TAP_MAIN("plan schema", schema_and_reader_agree, compiled_plans_fit_the_schema)
