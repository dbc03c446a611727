/* SPDX-License-Identifier: Apache-2.0 */
/* upgrade.c -- what of a file that is right for its release later ones read otherwise: names that they ignore or refuse, words that
 * they no longer take, the same text with another meaning, and defaults. Each is a note, told once for a keyword. */
#include "compiler/dialect.h"

struct comparison {
	struct unit *u;
	bool name_told[KW_COUNT], value_told[KW_COUNT];
};

/* --- names -------------------------------------------------------------------------------------------------------------------- */

enum reading { READ, IGNORED, REFUSED, OTHERWISE };

static enum reading reading_of(const struct keyword *k, int release)
{
	switch (k->status[release]) {
	case STATUS_IGNORED:
		return IGNORED;
	case STATUS_UNKNOWN:
	case STATUS_NOT_IN_FILES:
		return REFUSED;
	case STATUS_CHANGED:
		return OTHERWISE;
	default:
		return READ;
	}
}

/* "is ignored from libreswan 3.32 on, and unknown from 5.0 on"; NULL: nothing changes. */
static const char *fate_of(struct arena *a, const struct keyword *k, enum release from)
{
	static const char *const words[] = { "known again", "ignored", "unknown", "another keyword" };
	enum reading now = reading_of(k, (int)from);
	const char *text = NULL;

	for (int r = (int)from + 1; r < RELEASE_COUNT; r++) {
		enum reading later = reading_of(k, r);

		if (later == now)
			continue;
		text = text ? arena_printf(a, "%s, and %s from %s on", text, words[later], release_name((enum release)r)) :
		       arena_printf(a, "is %s from libreswan %s on", words[later], release_name((enum release)r));
		now = later;
	}
	return text;
}

/* Another spelling that the newest release reads, or what it has instead. */
static void add_replacement(struct unit *u, struct finding *f, const struct syntax_param *param)
{
	const struct keyword *k = param->keyword, *active = schema_active(k, RELEASE_COUNT - 1);

	if (k->replaced_by)
		diag_help(&u->diag, f, "newer releases have %s", k->replaced_by);
	else if (active && active != k && active->status[u->release] != STATUS_UNKNOWN)
		diag_help(&u->diag, f, "'%s' is the same and known to all of them", schema_spelling(active, param->side));
	else if (active && active != k)
		diag_help(&u->diag, f, "newer releases have '%s'", schema_spelling(active, param->side));
}

static void compare_name(struct comparison *c, const struct syntax_param *param)
{
	const struct keyword *k = param->keyword;
	struct unit *u = c->u;
	const char *fate;
	struct finding *f;

	if (c->name_told[k->id] || reading_of(k, (int)u->release) != READ)
		return;
	c->name_told[k->id] = true;
	fate = fate_of(&u->arena, k, u->release);
	if (!fate)
		return;
	f = diag_report(&u->diag, RULE_OTHER_IN_LATER_RELEASE, param->key_span, "'" SLICE_FMT "' %s", SLICE_ARG(param->key), fate);
	add_replacement(u, f, param);
}

/* --- values ------------------------------------------------------------------------------------------------------------------- */

static int first_later(uint32_t releases, enum release from)
{
	for (int r = (int)from + 1; r < RELEASE_COUNT; r++)
		if (releases & 1u << r)
			return r;
	return RELEASE_COUNT;
}

static void compare_words(struct comparison *c, const struct syntax_param *param)
{
	uint32_t taken = evidence_words_taken(param);
	int later = first_later(~taken, c->u->release);

	if (!(taken & 1u << c->u->release) || later == RELEASE_COUNT || reading_of(param->keyword, later) != READ)
		return;
	c->value_told[param->keyword->id] = true;
	diag_report(&c->u->diag, RULE_OTHER_IN_LATER_RELEASE, param->value.span, "'" SLICE_FMT "' is no value of '" SLICE_FMT
		    "' from libreswan %s on", SLICE_ARG(param->value.text), SLICE_ARG(param->key),
		    release_name((enum release)later));
}

static void compare_meaning(struct comparison *c, const struct syntax_param *param)
{
	for (const struct keyword_change *change = param->keyword->changes; change && change->releases; change++) {
		int later = first_later(change->releases, c->u->release);
		struct finding *f;

		if (change->releases & 1u << c->u->release || later == RELEASE_COUNT ||
		    (change->word && !slice_eq_nocase(param->value.text, change->word)))
			continue;
		c->value_told[param->keyword->id] = true;
		f = diag_report(&c->u->diag, RULE_OTHER_IN_LATER_RELEASE, param->value.span,
				"'" SLICE_FMT "=" SLICE_FMT "' means something else from libreswan %s on", SLICE_ARG(param->key),
				SLICE_ARG(param->value.text), release_name((enum release)later));
		diag_note(&c->u->diag, f, "%s", change->meaning);
	}
}

static void compare_value(struct comparison *c, const struct syntax_param *param)
{
	enum value_type type = param->keyword->type;

	if (param->value.damaged || param->value.text.n == 0 || c->value_told[param->keyword->id])
		return;
	if (type == TYPE_ENUM || type == TYPE_FLAGS)
		compare_words(c, param);
	compare_meaning(c, param);
}

/* --- defaults ----------------------------------------------------------------------------------------------------------------- */

static bool same_default(const struct keyword *k, int a, int b)
{
	const char *left = k->default_code[a], *right = k->default_code[b];

	return left == right || (left && right && strcmp(left, right) == 0);
}

static const char *default_text(const struct keyword *k, int release)
{
	return k->default_code[release] ? k->default_code[release] : "unset";
}

/* The first conn that is loaded and leaves the keyword to its default. */
static const struct ir_conn *relies_on_default(const struct ir *ir, const struct keyword *k)
{
	for (size_t i = 0; i < ir->conns.n; i++) {
		const struct ir_conn *c = ir->conns.v[i];

		if (!c->is_template && span_known(c->span) && !resolved_get(c->resolved, k->id, SIDE_NONE))
			return c;
	}
	return NULL;
}

static void compare_defaults(struct unit *u)
{
	struct finding *f = NULL;

	for (int i = 0; i < KW_COUNT; i++) {
		const struct keyword *k = &keyword_table[i];
		const struct ir_conn *c;
		int later = (int)u->release + 1;

		if (!k->supported || k->section != SECTION_CONN || k->sided || k->alias_of != KW_NONE)
			continue;
		while (later < RELEASE_COUNT && (same_default(k, (int)u->release, later) || k->status[later] != STATUS_ACTIVE))
			later++;
		if (later == RELEASE_COUNT || !(c = relies_on_default(u->ir, k)))
			continue;
		if (!f)
			f = diag_report(&u->diag, RULE_OTHER_DEFAULTS_LATER, c->span, "later releases have other defaults");
		diag_note(&u->diag, f, "%s, unset in conn '%s': %s in %s, %s from libreswan %s on", k->name, c->name,
			  default_text(k, (int)u->release), release_name(u->release), default_text(k, later),
			  release_name((enum release)later));
	}
}

void upgrade_report(struct unit *u, bool defaults)
{
	struct comparison *c;

	if (u->release == RELEASE_COUNT - 1)
		return;
	c = arena_new(&u->arena, struct comparison);
	c->u = u;
	for (size_t i = 0; i < u->syntax->sections.n; i++) {
		const struct syntax_section *section = u->syntax->sections.v[i];

		for (size_t k = 0; k < section->param_count; k++) {
			if (!section->params[k].keyword)
				continue;
			compare_name(c, &section->params[k]);
			compare_value(c, &section->params[k]);
		}
	}
	if (defaults)
		compare_defaults(u);
}
