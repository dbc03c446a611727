/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c -- names, words and algorithms that not every release or program takes. Each counts once: a hundred conns made from
 * one template are no better proof than one. */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "compiler/dialect.h"
#include "compiler/sema/proposals.h"

#define ALL_RELEASES	((1u << RELEASE_COUNT) - 1)
#define BIT(release)	(1u << (release))
#define TEXTS_LIMIT	2000u		/* different values that are looked at; more of them prove nothing more */

struct collector {
	struct arena *arena;
	struct evidence *evidence;
	bool name_seen[KW_COUNT];
	bool varies[KW_COUNT];		/* has words that not all releases take */
	int16_t first_mark[KW_COUNT];	/* index of the first mark with values, -1: none, */
	int16_t *next_mark;		/* and of the next of the same keyword */
	bool *mark_seen;
	struct map texts;		/* values seen of one type */
	bool family_told;		/* connaddrfamily= says of what family the addresses are */
	bool family_seen;
};

static void add_piece(struct collector *c, const struct syntax_param *param, bool by_value, uint32_t taken)
{
	if (taken == 0 || taken == ALL_RELEASES)
		return;
	vec_push(c->arena, &c->evidence->pieces, (struct evidence_piece){ param, by_value, taken });
}

/* --- names -------------------------------------------------------------------------------------------------------------------- */

/* auth= of 3.18 is phase2=; later it is rightauth= without its side (L-029), until 5.4 knows no names without a side. */
static bool takes_changed(const struct syntax_param *param, enum release r)
{
	return r < RELEASE_5_4 && schema_value(&keyword_table[KW_AUTH], param->value.text, r);
}

static uint32_t name_taken(const struct syntax_param *param)
{
	const struct keyword *k = param->keyword;
	size_t side = param->side == SIDE_LEFT ? strlen("left") : strlen("right");
	uint32_t taken = 0;

	for (int r = 0; r < RELEASE_COUNT; r++) {
		enum keyword_status status = k->status[r];

		if (status == STATUS_CHANGED ? takes_changed(param, (enum release)r) :
		    status != STATUS_UNKNOWN && status != STATUS_NOT_IN_FILES)
			taken |= BIT(r);
	}
	if (k->sided && !param->bare && param->key.n > side && param->key.p[side] == '-')	/* L-030 */
		taken &= BIT(RELEASE_5_0) | BIT(RELEASE_5_4);
	return taken;
}

static void look_at_name(struct collector *c, const struct syntax_param *param)
{
	const struct keyword *k = param->keyword;
	bool changes = k->id == KW_ALIAS_AUTH;

	if (c->name_seen[k->id] && !changes)
		return;
	if (!c->name_seen[k->id])
		for (int r = 0; r < RELEASE_COUNT; r++)
			c->evidence->ignored[r] += k->status[r] == STATUS_IGNORED;
	c->name_seen[k->id] = true;
	add_piece(c, param, false, name_taken(param));
}

/* --- values ------------------------------------------------------------------------------------------------------------------- */

static bool first_time(struct collector *c, const struct syntax_param *param)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%u " SLICE_FMT, param->keyword->id, SLICE_ARG(param->value.text));
	struct slice key = { text, (size_t)n };

	if (n >= (int)sizeof(text) || c->texts.n >= TEXTS_LIMIT || map_get(&c->texts, key))
		return false;
	map_set(&c->texts, arena_slice(c->arena, key), c);
	return true;
}

uint32_t evidence_words_taken(const struct syntax_param *param)
{
	bool several = param->keyword->type == TYPE_FLAGS || param->keyword->id == KW_AUTHBY;
	struct slice rest = param->value.text, word;
	uint32_t taken = ALL_RELEASES;

	while (slice_split(&rest, several ? ", \t" : "", &word)) {
		uint32_t by = 0;

		for (const struct keyword_value *v = param->keyword->values; v && v->word && word.n; v++)
			if (slice_eq_nocase(word, v->word))
				by |= v->releases;
		taken &= word.n ? by : ALL_RELEASES;
	}
	return taken;
}

/* Releases whose grammar and tables take the proposals, for either version of IKE. */
static uint32_t proposals_taken(struct collector *c, const struct syntax_param *param, enum ipsec_protocol protocol)
{
	uint32_t taken = 0;

	for (int r = 0; r < RELEASE_COUNT; r++) {
		for (unsigned version = 1; version <= 2 && !(taken & BIT(r)); version++) {
			struct proposal_text in = { param->value.text, protocol, (enum release)r, version, true };
			proposal_problems problems = { 0 };
			proposal_list list = { 0 };

			if (proposals_parse(c->arena, &in, &list, &problems))
				taken |= BIT(r);
		}
	}
	return taken;
}

static void look_at_value(struct collector *c, const struct syntax_param *param)
{
	switch (param->keyword->type) {
	case TYPE_ENUM:
	case TYPE_FLAGS:
		if (c->varies[param->keyword->id] && first_time(c, param))
			add_piece(c, param, true, evidence_words_taken(param));
		break;
	case TYPE_IKE_PROPOSAL:
		if (first_time(c, param))
			add_piece(c, param, true, proposals_taken(c, param, PROTOCOL_IKE));
		break;
	case TYPE_ESP_PROPOSAL:
		if (first_time(c, param))
			add_piece(c, param, true, proposals_taken(c, param, PROTOCOL_ESP));
		break;
	case TYPE_HOST:		/* C-027: 3.18 needs connaddrfamily=ipv6 for it */
		if (!c->family_seen && !c->family_told && memchr(param->value.text.p, ':', param->value.text.n)) {
			c->family_seen = true;
			add_piece(c, param, true, ALL_RELEASES & ~BIT(RELEASE_3_18));
		}
		break;
	default:
		break;
	}
}

/* --- marks of programs -------------------------------------------------------------------------------------------------------- */

static void add_mark(struct collector *c, const struct foreign_mark *mark, struct span span, struct slice text)
{
	if (c->mark_seen[mark - foreign_marks])
		return;
	c->mark_seen[mark - foreign_marks] = true;
	vec_push(c->arena, &c->evidence->marks, (struct evidence_mark){ mark, span, text });
}

static void find_varying_words(struct collector *c)
{
	for (int i = 0; i < KW_COUNT; i++)
		for (const struct keyword_value *v = keyword_table[i].values; v && v->word; v++)
			c->varies[i] |= v->releases != 0 && v->releases != ALL_RELEASES;
}

static void index_marks(struct collector *c)
{
	for (int i = 0; i < KW_COUNT; i++)
		c->first_mark[i] = -1;
	c->next_mark = arena_new_array(c->arena, foreign_mark_count, int16_t);
	c->mark_seen = arena_new_array(c->arena, foreign_mark_count, bool);
	for (size_t i = foreign_mark_count; i-- > 0;) {
		const struct foreign_mark *mark = &foreign_marks[i];
		const struct keyword *k;
		enum side side;

		if (mark->place == FOREIGN_LINE)
			continue;
		k = schema_find(slice_of(mark->name), mark->place == FOREIGN_SETUP ? SECTION_SETUP : SECTION_CONN, &side);
		if (!k)
			continue;
		c->next_mark[i] = c->first_mark[k->id];
		c->first_mark[k->id] = (int16_t)i;
	}
}

static void look_for_marks(struct collector *c, const struct syntax_param *param, bool setup)
{
	const struct foreign_mark *mark;

	if (!param->keyword) {
		mark = foreign_keyword(param->key, setup ? SECTION_SETUP : SECTION_CONN);
		if (mark)
			add_mark(c, mark, param->key_span, param->key);
		return;
	}
	for (int i = c->first_mark[param->keyword->id]; i >= 0; i = c->next_mark[i]) {
		mark = &foreign_marks[i];
		if (!foreign_names(mark, param->key) || !foreign_has_value(mark, param->value.text))
			continue;
		add_mark(c, mark, mark->values ? param->value.span : param->key_span,
			 mark->values ? slice_of(arena_printf(c->arena, SLICE_FMT "=" SLICE_FMT, SLICE_ARG(param->key),
							      SLICE_ARG(param->value.text))) : param->key);
	}
}

static void look_at_strangers(struct collector *c, const struct syntax *syntax)
{
	for (size_t i = 0; i < syntax->strangers.n; i++)
		for (size_t k = 0; k < foreign_mark_count; k++)
			if (foreign_marks[k].place == FOREIGN_LINE && foreign_names(&foreign_marks[k], syntax->strangers.v[i].word))
				add_mark(c, &foreign_marks[k], syntax->strangers.v[i].span, syntax->strangers.v[i].word);
}

/* --- all ---------------------------------------------------------------------------------------------------------------------- */

static int by_place(const void *va, const void *vb)
{
	const struct evidence_mark *a = va, *b = vb;

	return a->span.start < b->span.start ? -1 : a->span.start > b->span.start;
}

static bool sets_family(const struct syntax *syntax)
{
	for (size_t i = 0; i < syntax->sections.n; i++)
		for (size_t k = 0; k < syntax->sections.v[i]->param_count; k++) {
			const struct keyword *keyword = syntax->sections.v[i]->params[k].keyword;

			if (keyword && keyword->id == KW_CONNADDRFAMILY)
				return true;
		}
	return false;
}

void evidence_collect(struct unit *u, struct evidence *ret)
{
	struct collector *c = arena_new(&u->arena, struct collector);

	c->arena = &u->arena;
	c->evidence = ret;
	c->family_told = sets_family(u->syntax);
	map_init(&c->texts, &u->arena);
	find_varying_words(c);
	index_marks(c);
	for (size_t i = 0; i < u->syntax->sections.n; i++) {
		const struct syntax_section *section = u->syntax->sections.v[i];

		for (size_t k = 0; k < section->param_count; k++) {
			const struct syntax_param *param = &section->params[k];

			if (param->user_data)
				continue;
			look_for_marks(c, param, section->type == SECTION_IS_SETUP);
			if (!param->keyword)
				continue;
			look_at_name(c, param);
			if (!param->value.damaged && param->value.text.n)
				look_at_value(c, param);
		}
	}
	look_at_strangers(c, u->syntax);
	if (ret->marks.n)
		qsort(ret->marks.v, ret->marks.n, sizeof(*ret->marks.v), by_place);
}
