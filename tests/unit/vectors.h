/* SPDX-License-Identifier: Apache-2.0 */
/* vectors.h -- bytes from hexadecimal text, and the known answers of $IPSECC_SPEC/ike-vectors.json, for the tests of the
 * runtime. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "proto/transform.h"

/* Everything below lives until the process ends: a test is one process. */
static struct arena vectors_arena;

static inline struct slice unhex(const char *text)
{
	size_t n = strlen(text) / 2;
	char *bytes = arena_alloc(&vectors_arena, n + 1, 1);

	ck_assert_msg(strlen(text) % 2 == 0, "an odd number of hexadecimal digits");
	for (size_t i = 0; i < n; i++) {
		char pair[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (char)strtoul(pair, NULL, 16);
	}
	return (struct slice){ bytes, n };
}

static inline struct slice joined(struct slice a, struct slice b)
{
	char *bytes = arena_alloc(&vectors_arena, a.n + b.n + 1, 1);

	memcpy(bytes, a.p, a.n);
	memcpy(bytes + a.n, b.p, b.n);
	return (struct slice){ bytes, a.n + b.n };
}

/* Compares with the hexadecimal text of what was expected, so that a failure shows both. */
static inline void assert_bytes(const char *what, const void *got, size_t n, struct slice want)
{
	struct buf g = { 0 }, w = { 0 };

	for (size_t i = 0; i < n; i++)
		buf_printf(&g, "%02x", ((const uint8_t *)got)[i]);
	for (size_t i = 0; i < want.n; i++)
		buf_printf(&w, "%02x", (uint8_t)want.p[i]);
	ck_assert_msg(n == want.n && (n == 0 || memcmp(got, want.p, n) == 0), "%s is\n  %s, not\n  %s", what, g.p ? g.p : "", w.p
		      ? w.p : "");
	buf_release(&g);
	buf_release(&w);
}

/* The vector of that name, or NULL after a line that says it was skipped. One that the file does not have is a failure. */
static inline json_t *vector(const char *id)
{
	static json_t *root;
	const char *spec = getenv("IPSECC_SPEC");
	char path[4096];
	json_t *v;
	size_t i;

	if (!spec) {
		printf("ok 0 - known answer %s # SKIP IPSECC_SPEC is not set\n", id);
		return NULL;
	}
	snprintf(path, sizeof path, "%s/ike-vectors.json", spec);
	if (!root)
		root = json_load_file(path, 0, NULL);
	ck_assert_msg(root != NULL, "%s cannot be read", path);
	json_array_foreach(json_object_get(root, "vectors"), i, v) {
		if (strcmp(json_string_value(json_object_get(v, "id")), id) == 0)
			return v;
	}
	ck_abort_msg("%s has no vector '%s'", path, id);
	return NULL;
}

static inline const char *text_of(json_t *v, const char *member)
{
	const char *text = json_string_value(json_object_get(v, member));

	ck_assert_msg(text != NULL, "the vector has no '%s'", member);
	return text;
}

static inline struct slice bytes_of(json_t *v, const char *member)
{
	return unhex(text_of(v, member));
}

static inline uint64_t number_of(json_t *v, const char *member)
{
	return strtoull(text_of(v, member), NULL, 16);
}

static inline const struct transform *named(enum transform_type type, const char *name)
{
	const struct transform *t = transform_by_name(type, name);

	ck_assert_msg(t != NULL, "the table has no '%s'", name);
	return t;
}

#endif
