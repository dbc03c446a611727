/* SPDX-License-Identifier: Apache-2.0 */
#include "diag/yaml_input.h"

#include <errno.h>
#include <stdlib.h>
#include <yaml.h>

#include "base/limits.h"

struct reading {
	struct arena *arena;
	struct slice text;
	uint32_t base;
	struct diag *diag;
	struct yaml_rules rules;
	size_t characters, bytes;	/* where the last mark was: libyaml counts characters */
	struct yaml_node *root, *open;	/* open: the list or map that is being read */
	size_t nodes, depth;
};

const char *yaml_kind(const struct yaml_node *node)
{
	static const char *const words[] = { [NODE_TEXT] = "a text", [NODE_LIST] = "a list", [NODE_MAP] = "a map" };

	return words[node->kind];
}

/* --- places ------------------------------------------------------------------------------------------------------------------- */

static uint32_t position_of(struct reading *r, yaml_mark_t mark)
{
	if (mark.index < r->characters)
		r->characters = r->bytes = 0;
	for (; r->characters < mark.index && r->bytes < r->text.n; r->characters++)
		do
			r->bytes++;
		while (r->bytes < r->text.n && ((unsigned char)r->text.p[r->bytes] & 0xc0) == 0x80);
	return r->base + (uint32_t)r->bytes;
}

/* At least one byte, if there is one. */
static struct span span_between(struct reading *r, yaml_mark_t start, yaml_mark_t end)
{
	uint32_t from = position_of(r, start), to = position_of(r, end);

	if (to <= from)
		to = from - r->base < r->text.n ? from + 1 : from;
	return (struct span){ from, to };
}

static int refuse(struct reading *r, enum rule_id rule, struct span span, const char *what)
{
	diag_report(r->diag, rule, span, "%s", what);
	return -EINVAL;
}

/* --- the tree ----------------------------------------------------------------------------------------------------------------- */

static bool key_stands_already(const struct yaml_node *map, const struct yaml_node *key)
{
	for (size_t i = 0; i + 1 < map->items.n; i += 2)
		if (slice_eq(map->items.v[i]->text, key->text))
			return true;
	return false;
}

static int add_node(struct reading *r, struct yaml_node *node)
{
	struct yaml_node *up = r->open;
	bool is_key = up && up->kind == NODE_MAP && up->items.n % 2 == 0;

	if (++r->nodes > LIMIT_YAML_NODES)
		return refuse(r, r->rules.limit, node->span, "more values than this program takes");
	if (is_key && node->kind != NODE_TEXT)
		return refuse(r, r->rules.syntax, node->span, "a key is a text");
	if (is_key && key_stands_already(up, node))
		return refuse(r, r->rules.syntax, node->span, "this key stands twice");
	node->up = up;
	if (up)
		vec_push(r->arena, &up->items, node);
	else
		r->root = node;
	if (node->kind == NODE_TEXT)
		return 0;
	r->open = node;
	return ++r->depth > LIMIT_YAML_DEPTH ? refuse(r, r->rules.limit, node->span, "nested deeper than this program takes") : 0;
}

static int close_node(struct reading *r)
{
	r->open = r->open->up;
	r->depth--;
	return 0;
}

static int add_text(struct reading *r, const yaml_event_t *e)
{
	struct yaml_node *node = arena_new(r->arena, struct yaml_node);
	struct slice text = { (const char *)e->data.scalar.value, e->data.scalar.length };

	node->kind = NODE_TEXT;
	node->span = span_between(r, e->start_mark, e->end_mark);
	if (memchr(text.p, '\0', text.n))
		return refuse(r, r->rules.syntax, node->span, "a NUL in a text");
	if (e->data.scalar.tag)
		return refuse(r, r->rules.syntax, node->span, "tags (!name) are not taken here");
	node->text = arena_slice(r->arena, text);
	return add_node(r, node);
}

static int add_group(struct reading *r, const yaml_event_t *e, enum node_kind kind)
{
	struct yaml_node *node = arena_new(r->arena, struct yaml_node);

	node->kind = kind;
	node->span = span_between(r, e->start_mark, e->start_mark);
	return add_node(r, node);
}

static int take_event(struct reading *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return add_text(r, e);
	case YAML_SEQUENCE_START_EVENT:
		return add_group(r, e, NODE_LIST);
	case YAML_MAPPING_START_EVENT:
		return add_group(r, e, NODE_MAP);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(r);
	case YAML_ALIAS_EVENT:
		return refuse(r, r->rules.syntax, span_between(r, e->start_mark, e->end_mark),
			      "aliases (*name) are not taken here");
	case YAML_DOCUMENT_START_EVENT:
		if (r->root)
			return refuse(r, r->rules.syntax, span_between(r, e->start_mark, e->end_mark), "a second document");
		return 0;
	default:
		return 0;
	}
}

/* --- the parser --------------------------------------------------------------------------------------------------------------- */

static int report_problem(struct reading *r, const yaml_parser_t *parser)
{
	struct span span;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR) {
		uint32_t at = r->base + (uint32_t)(parser->problem_offset < r->text.n ? parser->problem_offset : r->text.n);

		span = (struct span){ at, at - r->base < r->text.n ? at + 1 : at };
	} else {
		span = span_between(r, parser->problem_mark, parser->problem_mark);
	}
	diag_report(r->diag, r->rules.syntax, span, "this is no YAML: %s", parser->problem ? parser->problem : "unreadable");
	return -EINVAL;
}

static int run(struct reading *r, yaml_parser_t *parser, yaml_event_t *event)
{
	bool end = false;
	int result = 0;

	while (!end && result == 0) {
		if (!yaml_parser_parse(parser, event)) {
			*event = (yaml_event_t){ 0 };
			return report_problem(r, parser);
		}
		end = event->type == YAML_STREAM_END_EVENT;
		result = take_event(r, event);
		yaml_event_delete(event);
	}
	return result;
}

int yaml_input_read(struct arena *a, struct slice text, uint32_t base, struct diag *diag, struct yaml_rules rules,
		    struct yaml_node **ret)
{
	struct reading r = { .arena = a, .text = text, .base = base, .diag = diag, .rules = rules };
	yaml_event_t event = { 0 };
	jmp_buf *outer = a->on_oom, here;
	yaml_parser_t parser;
	int result;

	if (text.n > LIMIT_YAML_BYTES)
		return refuse(&r, rules.limit, (struct span){ base, base + 1 }, "this file is larger than this program takes");
	if (!yaml_parser_initialize(&parser))
		return -ENOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.n);
	a->on_oom = &here;
	if (setjmp(here)) {		/* the arena leaves by longjmp and libyaml's memory is not in it */
		yaml_event_delete(&event);
		yaml_parser_delete(&parser);
		a->on_oom = outer;
		if (outer)
			longjmp(*outer, 1);
		abort();
	}
	result = run(&r, &parser, &event);
	a->on_oom = outer;
	yaml_parser_delete(&parser);
	if (result == 0)
		*ret = r.root;
	return result;
}
