/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_values.c -- any bytes as the value of any keyword in any release: "4leftsubnet=10.0.0.0/8", the digit counting the
 * releases from the oldest. What is read is put into a conn, as sema does it. */
#include <setjmp.h>

#include "compiler/sema/fields.h"
#include "compiler/sema/proposals.h"
#include "compiler/source/source.h"

static void read_proposals(const struct value_parser *v)
{
	enum ipsec_protocol protocol = v->keyword->type == TYPE_IKE_PROPOSAL ? PROTOCOL_IKE :
				       v->keyword->type == TYPE_AH_PROPOSAL ? PROTOCOL_AH : PROTOCOL_ESP;

	for (unsigned version = 1; version <= 2; version++) {
		struct proposal_text in = { v->value.text, protocol, v->release, version, true };
		proposal_problems problems = { 0 };
		proposal_list list = { 0 };

		if (proposals_parse(v->arena, &in, &list, &problems))
			proposals_expand(v->arena, v->release, version, &list);
	}
}

static void read_value(struct value_parser *v)
{
	struct ir_conn *conn = arena_new(v->arena, struct ir_conn);
	struct ir_setup *setup = arena_new(v->arena, struct ir_setup);
	struct value value = { 0 };

	if (v->keyword->type == TYPE_IKE_PROPOSAL || v->keyword->type == TYPE_ESP_PROPOSAL || v->keyword->type == TYPE_AH_PROPOSAL)
		read_proposals(v);
	else if (!value_parse(v, &value))
		return;
	else if (v->keyword->section == SECTION_CONN)
		fields_apply(conn, v->keyword, v->side, &value);
	else
		fields_apply_setup(setup, v->keyword, &value);
}

/* The keyword in front of '='; of a name that is none, the bytes choose one. */
static const struct keyword *choose_keyword(struct slice name, enum side *ret_side)
{
	const struct keyword *k = schema_find(name, SECTION_CONN, ret_side);
	unsigned sum = 0;

	for (size_t i = 0; i < name.n; i++)
		sum = sum * 31 + (unsigned char)name.p[i];
	if (k)
		return k;
	*ret_side = sum & 1 ? SIDE_LEFT : SIDE_RIGHT;
	return &keyword_table[sum % KW_COUNT];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *equals = n > 1 ? memchr(data + 1, '=', n - 1) : NULL;
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct value_parser v = { .arena = &arena, .diag = &diag, .conn = "fuzz" };
	struct buf out = { 0 };
	jmp_buf oom;
	int file;

	if (!equals)
		return 0;
	arena_init(&arena);
	arena.limit = (size_t)256 << 20;
	arena.on_oom = &oom;
	if (setjmp(oom)) {
		arena_release(&arena);
		return 0;
	}
	sources_init(&sources, &arena, (struct source_reader){ 0 });
	diag_init(&diag, &arena, sources_for_diag(&sources));
	file = sources_add_text(&sources, "value", (struct slice){ (const char *)equals + 1, n - 1 - (size_t)(equals - data) },
				(struct span){ 0, 0 });
	v.value.text = sources.files.v[file].text;
	v.value.span = (struct span){ sources.files.v[file].base, sources.files.v[file].base + (uint32_t)v.value.text.n };
	v.release = (uint8_t)(data[0] - '0') % RELEASE_COUNT;
	v.key = (struct slice){ (const char *)data + 1, (size_t)(equals - data) - 1 };
	v.keyword = schema_target(choose_keyword(v.key, &v.side), v.release);
	if (v.keyword->name)
		read_value(&v);
	diag_finish(&diag);
	diag_render_human(&diag, &(struct diag_style){ 0 }, &out);
	buf_release(&out);
	arena_release(&arena);
	return 0;
}
