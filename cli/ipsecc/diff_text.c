/* SPDX-License-Identifier: Apache-2.0 */
/* diff_text.c -- a comparison for people: a line for each conn, what is other in it below, traffic in clear at the end. */
#include <string.h>

#include "cli/ipsecc/diff.h"

#define NAME_COLUMN	24

struct page {
	struct buf *out;
	const struct diag_style *style;
};

#define RED	"\033[31m"
#define GREEN	"\033[32m"
#define YELLOW	"\033[33m"
#define BOLD	"\033[1m"

static void color(struct page *p, const char *code)
{
	if (p->style->color)
		buf_add_str(p->out, code ? code : "\033[0m");
}

static void words(struct page *p, const char *text)
{
	diag_add_visible(p->out, slice_of(text), p->style->ascii);
}

static void place(struct page *p, const struct plan_origin *o)
{
	if (!o || !o->file)
		return;
	words(p, o->file);
	buf_printf(p->out, ":%u", o->line);
}

static void name(struct page *p, const char *text)
{
	size_t start = p->out->n;

	words(p, text);
	if (p->out->n - start < NAME_COLUMN)
		buf_add_repeated(p->out, ' ', NAME_COLUMN - (p->out->n - start));
}

static const char *color_of(enum compare_effect effect)
{
	switch (effect) {
	case COMPARE_WEAKENED:
		return RED;
	case COMPARE_STRENGTHENED:
		return GREEN;
	case COMPARE_DIFFERS:
		return NULL;
	default:
		return YELLOW;
	}
}

static void change(struct page *p, const struct compare_change *c)
{
	buf_add_str(p->out, "    ");
	name(p, c->what);
	buf_add_char(p->out, ' ');
	words(p, c->a ? c->a : "(none)");
	buf_add_str(p->out, p->style->ascii ? " -> " : " → ");
	words(p, c->b ? c->b : "(none)");
	if (c->effect != COMPARE_DIFFERS) {
		buf_add_str(p->out, "  ");
		color(p, color_of(c->effect));
		buf_add_str(p->out, compare_effect_words[c->effect]);
		color(p, NULL);
	}
	buf_add_char(p->out, '\n');
}

static void difference(struct page *p, const struct compare_difference *d)
{
	static const struct { char mark; const char *color; } looks[COMPARE_KINDS] = {
		[COMPARE_ADDED] = { '+', GREEN }, [COMPARE_REMOVED] = { '-', RED }, [COMPARE_CHANGED] = { '~', YELLOW }, [COMPARE_RENAMED] = { '~', YELLOW },
	};
	bool named = d->name && *d->name;

	color(p, looks[d->kind].color);
	buf_printf(p->out, "%c ", looks[d->kind].mark);
	color(p, NULL);
	color(p, BOLD);
	name(p, named ? d->name : "(no conn)");
	color(p, NULL);
	buf_printf(p->out, "   %s", compare_kind_words[d->kind]);
	if (d->old_name) {
		buf_add_str(p->out, " from ");
		words(p, d->old_name);
	}
	buf_add_str(p->out, "  ");
	words(p, d->summary);
	if ((d->a && d->a->file) || (d->b && d->b->file)) {
		buf_add_str(p->out, "  (");
		place(p, d->a);
		if (d->a && d->b && d->a->file && d->b->file)
			buf_add_str(p->out, p->style->ascii ? " -> " : " → ");
		place(p, d->b);
		buf_add_char(p->out, ')');
	}
	buf_add_char(p->out, '\n');
	for (size_t i = 0; i < d->changes.n; i++)
		change(p, &d->changes.v[i]);
}

static void gap(struct page *p, const struct compare_gap *g)
{
	color(p, RED);
	buf_add_str(p->out, "! ");
	color(p, NULL);
	name(p, *g->conn ? g->conn : "(no conn)");
	buf_printf(p->out, "   %s  %s", g->while_down ? "in clear while no SA is up" : "in clear", g->traffic);
	if (g->by && *g->by) {
		buf_add_str(p->out, "  passed by ");
		words(p, g->by);
	} else {
		buf_add_str(p->out, g->by || g->b ? "  passed by a policy" : "  no policy is left for it");
	}
	if ((g->b && g->b->file) || (g->a && g->a->file)) {
		buf_add_str(p->out, "  (");
		place(p, g->b && g->b->file ? g->b : g->a);
		buf_add_char(p->out, ')');
	}
	buf_add_char(p->out, '\n');
}

static void count(struct page *p, size_t n, const char *word, const char **separator)
{
	if (!n)
		return;
	buf_printf(p->out, "%s%zu %s", *separator, n, word);
	*separator = ", ";
}

static void summary(struct page *p, const struct comparison *c)
{
	const char *separator = "";

	for (int k = 0; k < COMPARE_KINDS; k++)
		count(p, c->counts[k], compare_kind_words[k], &separator);
	count(p, c->gaps.n, "in clear", &separator);
	buf_add_char(p->out, '\n');
}

void diff_write_text(const struct comparison *c, const struct diff_side *sides[2], const struct diag_style *style, struct buf *out)
{
	struct page p = { out, style };

	if (!c->differences.n && !c->gaps.n)
		return;
	buf_add_str(out, "--- ");
	words(&p, sides[0]->name);
	buf_add_str(out, "\n+++ ");
	words(&p, sides[1]->name);
	buf_add_str(out, "\n\n");
	for (size_t i = 0; i < c->differences.n; i++)
		difference(&p, &c->differences.v[i]);
	if (c->gaps.n && c->differences.n)
		buf_add_char(out, '\n');
	for (size_t i = 0; i < c->gaps.n; i++)
		gap(&p, &c->gaps.v[i]);
	if (c->gaps_cut)
		buf_add_str(out, "! there may be more traffic in clear: too many policies cross each other\n");
	buf_add_char(out, '\n');
	summary(&p, c);
}
