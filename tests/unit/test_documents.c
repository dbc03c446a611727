/* SPDX-License-Identifier: Apache-2.0 */
/* test_documents.c -- docs/check.schema.json and docs/show.schema.json say what check and show print (contract sections 2 and 3),
 * with every member listed: on the project's own cases, for each release, and on the shared corpus. */
#include "include/ipsecc.h"
#include "tests/unit/json_schema.h"
#include "tests/unit/tap.h"

#include <glob.h>

#include "base/cleanup.h"

static json_t *check_schema, *show_schema;

static void load_schemas(void)
{
	check_schema = schema_load("docs/check.schema.json");
	show_schema = schema_load("docs/show.schema.json");
}

static struct unit *compile(const char *path, const char *dialect, const char *root)
{
	struct unit_options options = { .reader = source_reader_system, .dialect = dialect, .root = root };
	struct unit *u;

	ck_assert_int_eq(unit_compile(path, &options, &u, NULL), 0);
	return u;
}

static json_t *load(struct buf *text)
{
	json_t *document = json_loadb(text->p, text->n, JSON_REJECT_DUPLICATES, NULL);

	ck_assert(document != NULL);
	buf_release(text);
	return document;
}

static json_t *check_document(struct unit *const *units, size_t n)
{
	struct buf text = { 0 };

	ck_assert_int_eq(unit_write_check_json(units, n, &text), 0);
	return load(&text);
}

static json_t *show_document(const struct unit *u)
{
	struct buf text = { 0 };

	ck_assert_int_eq(unit_write_show_json(u, NULL, &text), 0);
	return load(&text);
}

static void fits(const json_t *schema, json_t *document, const char *what, const char *path)
{
	ck_assert_msg(schema_valid(schema, document), "%s of %s: %s", what, path, schema_why);
	json_decref(document);
}

static void check_unit(const char *path, const char *dialect, const char *root)
{
	struct unit *u = compile(path, dialect, root);

	fits(check_schema, check_document(&u, 1), "check", path);
	fits(show_schema, show_document(u), "show", path);
	unit_free(u);
}

START_TEST(own_cases)
{
	static const char *const dialects[] = { "auto", "3.18", "3.32", "4.10", "5.0", "5.4" };
	glob_t cases;

	load_schemas();
	ck_assert_int_eq(glob("tests/corpus/*/*/input.conf", 0, NULL, &cases), 0);
	ck_assert_uint_gt(cases.gl_pathc, 10);
	for (size_t i = 0; i < cases.gl_pathc; i++)
		for (size_t k = 0; k < sizeof(dialects) / sizeof(dialects[0]); k++)
			check_unit(cases.gl_pathv[i], dialects[k], NULL);
	globfree(&cases);
}
END_TEST

START_TEST(no_file_and_two_files)
{
	struct unit *units[] = {
		compile("tests/corpus/include/findings-in-included-files/input.conf", NULL, NULL),
		compile("tests/corpus/resolve/who-wins/input.conf", NULL, NULL),
	};

	load_schemas();
	fits(check_schema, check_document(units, 0), "check", "nothing");
	fits(check_schema, check_document(units, 2), "check", "two files");
	unit_free(units[0]);
	unit_free(units[1]);
}
END_TEST

/* --- the schemas say no to what is not in the contract --- */

static bool is_optional(const char *key)
{
	return strcmp(key, "number") == 0 || strcmp(key, "written_for") == 0;
}

/* Whether the members of an object are the document's own names, not keywords or conns. */
static bool has_fixed_members(const json_t *object)
{
	return json_object_get(object, "version") || json_object_get(object, "errors") || json_object_get(object, "release") ||
	       json_object_get(object, "path") || json_object_get(object, "verdict") || json_object_get(object, "message") ||
	       json_object_get(object, "edits") || json_object_get(object, "text") || json_object_get(object, "losers");
}

static unsigned mutations;

/* Each member missing, and a member too many. */
static void mutate(const json_t *schema, json_t *document, json_t *value)
{
	json_t *member, *before = json_copy(value);	/* its keys: a member that is put back stands last */
	const char *key;
	size_t index;

	json_array_foreach(before, index, member)
		mutate(schema, document, member);
	json_object_foreach(before, key, member) {
		mutate(schema, document, member);
		if (!has_fixed_members(before))
			continue;
		mutations++;
		json_object_del(value, key);
		ck_assert_msg(schema_valid(schema, document) == is_optional(key), "without '%s'", key);
		json_object_set_new(value, key, json_pack("[f]", 1.5));
		ck_assert_msg(!schema_valid(schema, document), "'%s' of another type", key);
		json_object_set(value, key, member);
	}
	if (has_fixed_members(before)) {
		json_object_set_new(value, "mood", json_true());
		ck_assert_msg(!schema_valid(schema, document), "'mood'");
		json_object_del(value, "mood");
	}
	json_decref(before);
}

START_TEST(schemas_are_strict)
{
	struct unit *u = compile("tests/corpus/keywords/unknown-and-misplaced/input.conf", NULL, NULL);
	struct unit *v = compile("tests/corpus/resolve/who-wins/input.conf", NULL, NULL);
	json_t *check = check_document(&u, 1), *show = show_document(v), *conn, *conns;
	const char *name;

	load_schemas();
	mutate(check_schema, check, check);
	ck_assert_uint_gt(mutations, 100);
	mutations = 0;
	conns = json_object_get(show, "conns");		/* one conn is enough */
	name = json_object_iter_key(json_object_iter(conns));
	conn = json_incref(json_object_get(conns, name));
	json_object_clear(conns);
	json_object_set_new(conns, "one", conn);
	json_object_clear(json_object_get(show, "setup"));
	mutate(show_schema, show, show);
	ck_assert_uint_gt(mutations, 100);
	json_decref(check);
	json_decref(show);
	unit_free(u);
	unit_free(v);
}
END_TEST

/* --- the shared corpus --- */

static void check_index(const char *index)
{
	CLEANUP(cleanup_free) char *root = strndup(index, (size_t)(strrchr(index, '/') - index)), *line = NULL;
	CLEANUP(cleanup_fclose) FILE *table = fopen(index, "r");
	char file[2048], path[4096];
	size_t size = 0;

	for (unsigned n = 0; getline(&line, &size, table) > 0; n++) {
		if (n == 0 || n % 4 != 1 || sscanf(line, "%*[^\t]\t%2047[^\t]", file) != 1)	/* every fourth: this takes time */
			continue;
		snprintf(path, sizeof(path), "%s/%s", root, file);
		check_unit(path, NULL, root);
	}
}

START_TEST(shared_corpus)
{
	const char *corpus = getenv("IPSECC_CORPUS");
	char pattern[4096];
	glob_t found;

	if (!corpus) {
		printf("ok 0 - documents about the shared corpus # SKIP IPSECC_CORPUS is not set\n");
		return;
	}
	load_schemas();
	snprintf(pattern, sizeof(pattern), "%s/*/index.tsv", corpus);
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		check_index(found.gl_pathv[i]);
	globfree(&found);
}
END_TEST

TAP_MAIN("documents", own_cases, no_file_and_two_files, schemas_are_strict, shared_corpus)
