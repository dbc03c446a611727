/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/effective.h"

#include <errno.h>
#include <stdlib.h>

#include "compiler/sema/values.h"

static bool is_number(enum value_type type)
{
	return type == TYPE_INTEGER || type == TYPE_COUNT || type == TYPE_BYTES || type == TYPE_TIME || type == TYPE_TIME_MS ||
	       type == TYPE_PERCENT;
}

/* What the value parser makes of each number; its findings are the check's and are dropped here. */
static void parse_numbers(const struct unit *u, struct effective *list)
{
	struct diag dropped;

	diag_init(&dropped, &list->arena, u->diag.source);
	for (size_t i = 0; i < list->n; i++) {
		struct effective_value *v = &list->values[i];
		struct value_parser parser = {
			.arena = &list->arena, .diag = &dropped, .release = u->release, .keyword = v->entry,
			.key = slice_of(v->keyword), .value = { .text = v->text },
		};
		struct value value = { 0 };

		if (!is_number(v->entry->type))
			continue;
		if (v->setting)
			parser.value = v->setting->param->value;
		v->has_number = value_parse(&parser, &value) && !value.word && !value.text;
		v->number = value.number;
	}
}

static const struct setting *find(const struct unit *u, const struct resolved_conn *conn, const struct keyword *k, enum side side)
{
	return conn ? resolved_get(conn, k->id, side) : resolved_setup_get(u->resolved, k->id);
}

static struct effective_value make(const struct unit *u, const struct keyword *k, enum side side, const struct setting *s)
{
	return (struct effective_value){
		.keyword = schema_spelling_in(k, side, u->release), .entry = k, .setting = s,
		.text = s ? s->param->value.text : slice_of(k->default_code[u->release]),
	};
}

static void collect(const struct unit *u, const struct resolved_conn *conn, bool with_builtin, struct effective *list)
{
	for (int id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];
		enum side side = k->sided ? SIDE_LEFT : SIDE_NONE;

		if (k->section != (conn ? SECTION_CONN : SECTION_SETUP) || schema_target(k, u->release) != k)
			continue;
		do {
			const struct setting *s = find(u, conn, k, side);

			if (s || (with_builtin && k->default_code[u->release] && schema_active(k, u->release)))
				list->values[list->n++] = make(u, k, side, s);
		} while (k->sided && side++ == SIDE_LEFT);
	}
}

int effective_list(const struct unit *u, const struct resolved_conn *conn, bool with_builtin, struct effective *ret)
{
	jmp_buf oom;

	*ret = (struct effective){ .values = calloc((size_t)KW_COUNT * 2, sizeof(struct effective_value)) };
	if (!ret->values)
		return -ENOMEM;
	arena_init(&ret->arena);
	ret->arena.on_oom = &oom;
	if (setjmp(oom)) {
		effective_release(ret);
		return -ENOMEM;
	}
	collect(u, conn, with_builtin, ret);
	parse_numbers(u, ret);
	ret->arena.on_oom = NULL;
	return 0;
}

void effective_release(struct effective *list)
{
	free(list->values);
	arena_release(&list->arena);
	*list = (struct effective){ 0 };
}
