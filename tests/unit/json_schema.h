/* SPDX-License-Identifier: Apache-2.0 */
/* json_schema.h -- evaluates the few keywords of JSON Schema (2020-12) that the schemas of docs/ use, so that no test needs a
 * program that a machine may lack. A keyword that is not known here fails the test.
 */
#ifndef TESTS_JSON_SCHEMA_H
#define TESTS_JSON_SCHEMA_H

#include <check.h>
#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const json_t *schema_root;	/* where "#/$defs/..." leads */
static char *schema_why;		/* the innermost thing that did not hold; inside of anyOf it may be one of several */

static inline bool schema_holds(const json_t *rule, const json_t *value);

static inline bool schema_is_of_type(const char *type, const json_t *value)
{
	return strcmp(type, "object") == 0 ? json_is_object(value) : strcmp(type, "array") == 0 ? json_is_array(value) :
	       strcmp(type, "string") == 0 ? json_is_string(value) : strcmp(type, "integer") == 0 ? json_is_integer(value) :
	       strcmp(type, "boolean") == 0 ? json_is_boolean(value) : strcmp(type, "null") == 0 && json_is_null(value);
}

static inline bool schema_is_of_types(const json_t *types, const json_t *value)
{
	if (json_is_string(types))
		return schema_is_of_type(json_string_value(types), value);
	for (size_t i = 0; i < json_array_size(types); i++)
		if (schema_is_of_type(json_string_value(json_array_get(types, i)), value))
			return true;
	return false;
}

static inline bool schema_matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool ok;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	ok = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return ok;
}

static inline bool schema_any_equal(const json_t *list, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static inline bool schema_any_valid(const json_t *rules, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(rules); i++)
		if (schema_holds(json_array_get(rules, i), value)) {
			free(schema_why);
			schema_why = NULL;
			return true;
		}
	return false;
}

static inline bool schema_properties_valid(const json_t *properties, const json_t *value)
{
	const char *key;
	json_t *rule;

	json_object_foreach((json_t *)properties, key, rule) {
		const json_t *member = json_object_get(value, key);

		if (member && !schema_holds(rule, member))
			return false;
	}
	return true;
}

static inline bool schema_has_all(const json_t *required, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(required); i++)
		if (!json_object_get(value, json_string_value(json_array_get(required, i))))
			return false;
	return true;
}

/* additionalProperties: `rule` is false, or what each member must be that `properties` does not name. */
static inline bool schema_others_valid(const json_t *rule, const json_t *properties, const json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach((json_t *)value, key, member)
		if (!json_object_get(properties, key) && (json_is_false(rule) || !schema_holds(rule, member)))
			return false;
	return true;
}

static inline bool schema_all_valid(const json_t *rule, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!schema_holds(rule, json_array_get(list, i)))
			return false;
	return true;
}

static inline const json_t *schema_definition(const char *reference)
{
	const json_t *rule;

	ck_assert_msg(strncmp(reference, "#/$defs/", 8) == 0, "%s", reference);
	rule = json_object_get(json_object_get(schema_root, "$defs"), reference + 8);
	ck_assert_msg(rule != NULL, "%s leads nowhere", reference);
	return rule;
}

static inline bool schema_keyword_holds(const json_t *rule, const char *keyword, const json_t *argument, const json_t *value)
{
	static const char *const silent[] = { "$schema", "$defs", "title", "description" };
	json_int_t number = json_integer_value(value);

	for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
		if (strcmp(keyword, silent[i]) == 0)
			return true;
	if (strcmp(keyword, "$ref") == 0)
		return schema_holds(schema_definition(json_string_value(argument)), value);
	if (strcmp(keyword, "type") == 0)
		return schema_is_of_types(argument, value);
	if (strcmp(keyword, "const") == 0)
		return json_equal(argument, value);
	if (strcmp(keyword, "enum") == 0)
		return schema_any_equal(argument, value);
	if (strcmp(keyword, "anyOf") == 0)
		return schema_any_valid(argument, value);
	if (strcmp(keyword, "properties") == 0)
		return schema_properties_valid(argument, value);
	if (strcmp(keyword, "required") == 0)
		return schema_has_all(argument, value);
	if (strcmp(keyword, "additionalProperties") == 0)
		return schema_others_valid(argument, json_object_get(rule, "properties"), value);
	if (strcmp(keyword, "items") == 0)
		return schema_all_valid(argument, value);
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
		return !json_is_string(value) || schema_matches(json_string_value(argument), json_string_value(value));
	ck_abort_msg("the schema uses '%s', which this test does not know", keyword);
	return false;
}

static inline bool schema_holds(const json_t *rule, const json_t *value)
{
	const char *keyword;
	json_t *argument;

	json_object_foreach((json_t *)rule, keyword, argument) {
		if (schema_keyword_holds(rule, keyword, argument, value))
			continue;
		if (!schema_why) {
			char *text = json_dumps(argument, JSON_ENCODE_ANY), *seen = json_dumps(value, JSON_ENCODE_ANY);

			if (asprintf(&schema_why, "\"%s\": %.300s does not hold for %.600s", keyword, text, seen) < 0)
				abort();
			free(text);
			free(seen);
		}
		return false;
	}
	return true;
}

/* Whether a document is what the schema that was loaded says; schema_why tells what is not. */
static inline bool schema_valid(const json_t *schema, const json_t *document)
{
	free(schema_why);
	schema_why = NULL;
	schema_root = schema;
	return schema_holds(schema, document);
}

static inline json_t *schema_load(const char *path)
{
	json_error_t error;
	json_t *schema = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(schema != NULL, "%s:%d: %s", path, error.line, error.text);
	return schema;
}

#endif
