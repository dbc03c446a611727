/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/effective.h"

#include <errno.h>
#include <stdlib.h>

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

int effective_list(const struct unit *u, const struct resolved_conn *conn, bool with_builtin, struct effective *ret)
{
	struct effective list = { .values = calloc((size_t)KW_COUNT * 2, sizeof(struct effective_value)) };

	if (!list.values)
		return -ENOMEM;
	for (int id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];
		enum side side = k->sided ? SIDE_LEFT : SIDE_NONE;

		if (k->section != (conn ? SECTION_CONN : SECTION_SETUP) || schema_target(k, u->release) != k)
			continue;
		do {
			const struct setting *s = find(u, conn, k, side);

			if (s || (with_builtin && k->default_code[u->release] && schema_active(k, u->release)))
				list.values[list.n++] = make(u, k, side, s);
		} while (k->sided && side++ == SIDE_LEFT);
	}
	*ret = list;
	return 0;
}

void effective_release(struct effective *list)
{
	free(list->values);
	*list = (struct effective){ 0 };
}
