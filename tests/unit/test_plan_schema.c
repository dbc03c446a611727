/* SPDX-License-Identifier: Apache-2.0 */
/* test_plan_schema.c -- docs/plan.schema.json says what plan_write() writes and what plan_read() takes.
 *
 * The few keywords of JSON Schema that the file uses are evaluated here with jansson, so that the test needs no program a
 * machine may lack; a keyword that is not known fails the test.
 */
#include "include/ipsecc.h"
#include "tests/unit/plan_example.h"
#include "tests/unit/tap.h"

#include <jansson.h>
#include <regex.h>

static json_t *schema;

static bool valid(const json_t *rule, const json_t *value);

static bool is_of_type(const char *type, const json_t *value)
{
	return strcmp(type, "object") == 0 ? json_is_object(value) : strcmp(type, "array") == 0 ? json_is_array(value) :
	       strcmp(type, "string") == 0 ? json_is_string(value) : strcmp(type, "integer") == 0 ? json_is_integer(value) :
	       strcmp(type, "boolean") == 0 ? json_is_boolean(value) : strcmp(type, "null") == 0 && json_is_null(value);
}

static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool ok;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ok = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return ok;
}

static bool any_equal(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static bool any_valid(const json_t *rules, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (valid(json_array_get(rules, i), value))
			return true;
	return false;
}

static bool properties_valid(const json_t *properties, const json_t *value)
{
	const char *key;
	json_t *rule;

	json_object_foreach((json_t *)properties, key, rule) {
		const json_t *member = json_object_get(value, key);

		if (member && !valid(rule, member))
			return false;
	}
	return true;
}

static bool has_all(const json_t *required, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(required); i++)
		if (!json_object_get(value, json_string_value(json_array_get(required, i))))
			return false;
	return true;
}

static bool has_no_others(const json_t *properties, const json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
		if (!json_object_get(properties, key))
			return false;
	return true;
}

static bool all_valid(const json_t *rule, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!valid(rule, json_array_get(list, i)))
			return false;
	return true;
}

static const json_t *definition(const char *reference)
{
	const json_t *rule;

	ck_assert_msg(strncmp(reference, "#/$defs/", 8) == 0, "%s", reference);
	rule = json_object_get(json_object_get(schema, "$defs"), reference + 8);
	ck_assert_msg(rule != NULL, "%s leads nowhere", reference);
	return rule;
}

static bool keyword_holds(const json_t *rule, const char *keyword, const json_t *argument, const json_t *value)
{
	static const char *const silent[] = { "$schema", "$defs", "title", "description" };
	json_int_t number = json_integer_value(value);

	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strcmp(keyword, silent[i]) == 0)
			return true;
	if (strcmp(keyword, "$ref") == 0)
		return valid(definition(json_string_value(argument)), value);
	if (strcmp(keyword, "type") == 0)
		return is_of_type(json_string_value(argument), value);
	if (strcmp(keyword, "const") == 0)
		return json_equal(argument, value);
	if (strcmp(keyword, "enum") == 0)
		return any_equal(argument, value);
	if (strcmp(keyword, "anyOf") == 0)
		return any_valid(argument, value);
	if (strcmp(keyword, "properties") == 0)
		return properties_valid(argument, value);
	if (strcmp(keyword, "required") == 0)
		return has_all(argument, value);
	if (strcmp(keyword, "additionalProperties") == 0)
		return has_no_others(json_object_get(rule, "properties"), value);
	if (strcmp(keyword, "items") == 0)
		return all_valid(argument, value);
	if (strcmp(keyword, "minItems") == 0)
		return !json_is_array(value) || (json_int_t)json_array_size(value) >= json_integer_value(argument);
	if (strcmp(keyword, "maxItems") == 0)
		return (json_int_t)json_array_size(value) <= json_integer_value(argument);
	if (strcmp(keyword, "minimum") == 0)
		return !json_is_integer(value) || number >= json_integer_value(argument);
	if (strcmp(keyword, "maximum") == 0)
		return !json_is_integer(value) || number <= json_integer_value(argument);
	if (strcmp(keyword, "maxLength") == 0)
		return !json_is_string(value) || (json_int_t)json_string_length(value) <= json_integer_value(argument);
	if (strcmp(keyword, "pattern") == 0)
		return !json_is_string(value) || matches(json_string_value(argument), json_string_value(value));
	ck_abort_msg("the schema uses '%s', which this test does not know", keyword);
	return false;
}

static bool valid(const json_t *rule, const json_t *value)
{
	const char *keyword;
	json_t *argument;

	json_object_foreach((json_t *)rule, keyword, argument)
		if (!keyword_holds(rule, keyword, argument, value))
			return false;
	return true;
}

static void load_schema(void)
{
	json_error_t error;

	schema = json_load_file("docs/plan.schema.json", JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(schema != NULL, "docs/plan.schema.json: %s", error.text);
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
	bool by_schema = valid(schema, document);

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
	ck_assert(valid(schema, document));
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
		ck_assert_msg(valid(schema, document), "the plan for %s does not fit the schema", dialects[i]);
		ask_reader(document, &said);
		ck_assert_msg(said.n == 0, "%s: %s", dialects[i], said.p);
		json_decref(document);
		buf_release(&said);
	}
	json_decref(schema);
}
END_TEST

TAP_MAIN("plan schema", schema_and_reader_agree, compiled_plans_fit_the_schema)
