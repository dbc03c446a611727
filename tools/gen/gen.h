/* SPDX-License-Identifier: Apache-2.0 */
/* gen.h -- what the table generators share: a YAML file that is a list of entries, strict about its fields, and C text out.
 *
 * Host programs, run by make: the first mistake ends the build with file, line and entry.
 */
#ifndef GEN_H
#define GEN_H

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "proto/release.h"

#define LENGTH(array)	(sizeof(array) / sizeof(*(array)))

static const char *gen_path;		/* of the source, for messages */
static const char *gen_entry;		/* name of the entry at hand */
static yaml_document_t gen_document;

__attribute__((noreturn, format(printf, 1, 2))) static void die(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", gen_path ? gen_path : "generator");
	if (gen_entry)
		fprintf(stderr, "%s: ", gen_entry);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static inline char *text_printf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		die("out of memory");
	va_end(args);
	return text;
}

/* The list of mappings at the top of the file. */
static inline const yaml_node_t *gen_load(const char *path)
{
	yaml_parser_t parser;
	const yaml_node_t *root;
	FILE *in = fopen(path, "r");

	gen_path = path;
	if (!in)
		die("%s", strerror(errno));
	yaml_parser_initialize(&parser);
	yaml_parser_set_input_file(&parser, in);
	if (!yaml_parser_load(&parser, &gen_document))
		die("line %zu: %s", parser.problem_mark.line + 1, parser.problem);
	root = yaml_document_get_root_node(&gen_document);
	if (!root || root->type != YAML_SEQUENCE_NODE)
		die("is not a list");
	yaml_parser_delete(&parser);
	fclose(in);
	return root;
}

static inline const yaml_node_t *gen_node(yaml_node_item_t item)
{
	return yaml_document_get_node(&gen_document, item);
}

static inline size_t gen_length(const yaml_node_t *list)
{
	return list ? (size_t)(list->data.sequence.items.top - list->data.sequence.items.start) : 0;
}

static inline const yaml_node_t *gen_item(const yaml_node_t *list, size_t i)
{
	return gen_node(list->data.sequence.items.start[i]);
}

static inline const char *gen_text(const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE)
		die("line %zu: a plain text is wanted here", node->start_mark.line + 1);
	return (const char *)node->data.scalar.value;
}

static inline const yaml_node_t *gen_field(const yaml_node_t *entry, const char *key)
{
	for (const yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++)
		if (strcmp(gen_text(gen_node(p->key)), key) == 0)
			return gen_node(p->value);
	return NULL;
}

static inline const char *gen_string(const yaml_node_t *entry, const char *key)
{
	const yaml_node_t *node = gen_field(entry, key);

	return node ? gen_text(node) : NULL;
}

static inline const char *gen_required(const yaml_node_t *entry, const char *key)
{
	const char *text = gen_string(entry, key);

	if (!text || !*text)
		die("line %zu: has no '%s'", entry->start_mark.line + 1, key);
	return text;
}

static inline bool gen_bool(const yaml_node_t *entry, const char *key)
{
	const char *text = gen_string(entry, key);

	if (text && strcmp(text, "yes") != 0 && strcmp(text, "no") != 0)
		die("'%s' is yes or no, not '%s'", key, text);
	return text && *text == 'y';
}

static inline bool gen_number(const char *text, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

static inline const yaml_node_t *gen_list(const yaml_node_t *entry, const char *key)
{
	const yaml_node_t *node = gen_field(entry, key);

	if (node && node->type != YAML_SEQUENCE_NODE)
		die("line %zu: '%s' is a list", node->start_mark.line + 1, key);
	return node;
}

/* A misspelt field would silently change nothing, so every field must be known, and no field twice. */
static inline void gen_check_fields(const yaml_node_t *entry, const char *const *known, size_t n)
{
	uint64_t seen = 0;

	if (entry->type != YAML_MAPPING_NODE)
		die("line %zu: an entry is a mapping", entry->start_mark.line + 1);
	gen_entry = gen_string(entry, "name");
	for (const yaml_node_pair_t *p = entry->data.mapping.pairs.start; p < entry->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = gen_node(p->key);
		size_t i = 0;

		while (i < n && strcmp(known[i], gen_text(key)) != 0)
			i++;
		if (i == n || seen & 1ull << i)
			die("line %zu: field '%s' is %s", key->start_mark.line + 1, gen_text(key),
			    i == n ? "unknown" : "given twice");
		seen |= 1ull << i;
	}
}

/* --- releases: "3.18-4.10" or "5.4" as a set of bits -------------------------------------------------------------------------- */

static inline int gen_release(const char *text, size_t n)
{
	static const char *const names[] = {
#define X(id, major, minor, dialect) #major "." #minor,
		RELEASE_LIST(X)
#undef X
	};

	for (size_t i = 0; i < LENGTH(names); i++)
		if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0)
			return (int)i;
	die("'%.*s' is no release of proto/release.h", (int)n, text);
}

static inline unsigned gen_releases(const char *range, size_t n)
{
	const char *dash = memchr(range, '-', n);
	int from = gen_release(range, dash ? (size_t)(dash - range) : n);
	int to = dash ? gen_release(dash + 1, n - (size_t)(dash + 1 - range)) : from;
	unsigned bits = 0;

	if (to < from)
		die("'%.*s' runs backwards", (int)n, range);
	for (int r = from; r <= to; r++)
		bits |= 1u << r;
	return bits;
}

/* --- output ------------------------------------------------------------------------------------------------------------------- */

static inline FILE *gen_create(const char *dir, const char *name)
{
	char *path = text_printf("%s/%s", dir, name);
	FILE *out = fopen(path, "w");

	if (!out)
		die("cannot write %s: %s", path, strerror(errno));
	free(path);
	return out;
}

static inline void gen_close(FILE *out)
{
	if (ferror(out) | fclose(out))
		die("cannot write: %s", strerror(errno));
}

/* A C string literal, or NULL. */
static inline void put_string(FILE *out, const char *text)
{
	if (!text) {
		fputs("NULL", out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n\"\n\t\t\"", out);
		else if (*text == '"' || *text == '\\' || *text == '?')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
	fputc('"', out);
}

static inline void put_constant(FILE *out, const char *prefix, const char *name)
{
	fputs(prefix, out);
	for (; *name; name++)
		fputc(isalnum((unsigned char)*name) ? toupper((unsigned char)*name) : '_', out);
}

#endif
