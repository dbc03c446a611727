/* SPDX-License-Identifier: Apache-2.0 */
/* resolve.c -- sections in, one sorted table of settings per conn out.
 *
 * Time and memory are linear in what comes out: names are looked up in a map, the settings of %default are made once and shared,
 * and a conn's table is sorted once. What one conn may include is limited (L-092).
 */
#include "compiler/resolve/resolve.h"

#include "base/limits.h"
#include "base/map.h"
#include "compiler/resolve/merge.h"

/* --- sections ----------------------------------------------------------------------------------------------------------------- */

static void duplicate_conn(struct resolver *r, const struct conn_info *first, const struct syntax_section *second)
{
	struct finding *f = diag_report(r->diag, RULE_DUPLICATE_CONN, second->name.span, "there are two conns '%s'", first->name);

	diag_caret(r->diag, f, "the second");
	diag_related(r->diag, f, first->section->name.span, "the first");
	diag_note(r->diag, f,
		  "libreswan keeps both: loading all leaves the last one in force, loading by name and 'also' take the first");
	diag_set_conn(f, first->name);
}

static void add_conn(struct resolver *r, const struct syntax_section *section)
{
	struct conn_info *c = &r->conns.v[r->conns.n++], *first;

	*c = (struct conn_info){ .section = section, .name = arena_strdup(r->arena, section->name.text) };
	if (section->name.damaged)
		return;
	first = map_get(&r->by_name, section->name.text);
	if (first)
		duplicate_conn(r, first, section);
	else
		map_set(&r->by_name, section->name.text, c);
}

/* Room for all at once: others keep pointers to them. */
static void collect_conns(struct resolver *r, const struct syntax *syntax)
{
	size_t n = 0;

	for (size_t i = 0; i < syntax->sections.n; i++) {
		n += syntax->sections.v[i]->type == SECTION_IS_CONN;
		r->has_default |= syntax->sections.v[i]->type == SECTION_IS_DEFAULT;
	}
	r->conns.v = arena_new_array(r->scratch, n, struct conn_info);
	r->conns.cap = n;
	for (size_t i = 0; i < syntax->sections.n; i++)
		if (syntax->sections.v[i]->type == SECTION_IS_CONN)
			add_conn(r, syntax->sections.v[i]);
}

/* L-101: a %default applies to the conns above it too. */
static void default_position(struct resolver *r, const struct syntax_section *section, const struct syntax_section *conn)
{
	struct finding *f;

	if (!conn)
		return;
	f = diag_report(r->diag, RULE_DEFAULT_AFTER_CONNS, section->span, "this %%default applies to the conns above it too");
	diag_related(r->diag, f, conn->span, "for example");
	diag_note(r->diag, f, "every release reads all %%default sections before any conn");
}

/* --- config setup ------------------------------------------------------------------------------------------------------------- */

static void duplicate_setup(struct resolver *r, const struct syntax_section *first, const struct syntax_section *second)
{
	struct finding *f = diag_report(r->diag, RULE_DUPLICATE_SETUP, second->span, "a second 'config setup'");

	diag_related(r->diag, f, first->span, "the first");
	diag_note(r->diag, f, "libreswan before 5 ignores the second one without a word");
	diag_help(r->diag, f, "move its lines to the first one");
}

static void resolve_setup(struct resolver *r, const struct syntax *syntax, struct resolved *ret)
{
	const struct syntax_section *first = NULL;

	merge_start(r, NULL);
	for (size_t i = 0; i < syntax->sections.n; i++) {
		const struct syntax_section *section = syntax->sections.v[i];

		if (section->type != SECTION_IS_SETUP)
			continue;
		if (first)
			duplicate_setup(r, first, section);
		else
			first = section;
		merge_section(r, &(struct visit){ .section = section, .source = SOURCE_CONN });
	}
	merge_finish(r);
	ret->setup.v = r->result.v;
	ret->setup.n = ret->setup.cap = r->result.n;
}

/* --- the whole ---------------------------------------------------------------------------------------------------------------- */

static void resolve_defaults(struct resolver *r, const struct syntax *syntax)
{
	const struct syntax_section *conn = NULL;

	merge_start(r, NULL);
	for (size_t i = 0; i < syntax->sections.n; i++) {
		const struct syntax_section *section = syntax->sections.v[i];

		if (section->type == SECTION_IS_CONN && !conn)
			conn = section;
		if (section->type != SECTION_IS_DEFAULT)
			continue;
		default_position(r, section, conn);
		also_in_default(r, section);
		merge_section(r, &(struct visit){ .section = section, .source = SOURCE_DEFAULT });
	}
	merge_finish(r);
	r->defaults = r->result;
}

static bool lacks_an_end(const struct resolved_conn *c)
{
	return !resolved_get(c, KW_HOST, SIDE_LEFT) || !resolved_get(c, KW_HOST, SIDE_RIGHT);
}

/* L-032: the user's own lines; they are not inherited, since nobody but the user knows what they mean. */
static void take_user_data(struct resolver *r, const struct syntax_section *section, struct resolved_conn *ret)
{
	for (size_t i = 0; i < section->param_count; i++)
		if (section->params[i].user_data)
			vec_push(r->arena, &ret->user_data, &section->params[i]);
}

static void resolve_conn(struct resolver *r, struct conn_info *info, struct resolved_conn *ret)
{
	const struct settings defaults = r->defaults;

	if (info->section->implicit)
		r->defaults.n = 0;		/* S-498 */
	merge_start(r, info);
	also_merge(r, info);
	merge_finish(r);
	r->defaults = defaults;
	*ret = (struct resolved_conn){ .name = info->name, .section = info->section };
	ret->settings.v = r->result.v;
	ret->settings.n = ret->settings.cap = r->result.n;
	take_user_data(r, info->section, ret);
}

struct resolved *resolve(struct arena *a, const struct syntax *syntax, enum release release, struct diag *diag)
{
	struct resolver r = { .arena = a, .scratch = arena_scratch(a), .diag = diag, .release = release };
	struct resolved *ret = arena_new(a, struct resolved);

	map_init(&r.by_name, r.scratch);
	collect_conns(&r, syntax);
	also_collect(&r);
	resolve_setup(&r, syntax, ret);
	resolve_defaults(&r, syntax);
	ret->defaults.v = r.defaults.v;
	ret->defaults.n = ret->defaults.cap = r.defaults.n;
	ret->conns.v = arena_new_array(a, r.conns.n, struct resolved_conn);
	ret->conns.n = ret->conns.cap = r.conns.n;
	for (size_t i = 0; i < r.conns.n; i++)
		resolve_conn(&r, &r.conns.v[i], &ret->conns.v[i]);
	also_spread_broken(&r);
	for (size_t i = 0; i < r.conns.n; i++) {
		ret->conns.v[i].is_template = r.conns.v[i].used && lacks_an_end(&ret->conns.v[i]);
		ret->conns.v[i].broken = r.conns.v[i].broken;
	}
	arena_scratch_end(r.scratch);
	return ret;
}

/* --- reading ------------------------------------------------------------------------------------------------------------------ */

static const struct setting *search(const struct setting *const *v, size_t n, enum keyword_id id, enum side side)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = setting_order(v[middle]->keyword->id, v[middle]->side, id, side);

		if (order == 0)
			return v[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct setting *resolved_get(const struct resolved_conn *c, enum keyword_id id, enum side side)
{
	return search(c->settings.v, c->settings.n, id, side);
}

const struct setting *resolved_setup_get(const struct resolved *r, enum keyword_id id)
{
	return search(r->setup.v, r->setup.n, id, SIDE_NONE);
}
