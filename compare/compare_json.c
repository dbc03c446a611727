/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"
#include "compare/compare.h"

static void text(struct json_out *o, const char *name, const char *value)
{
	json_out_name(o, name);
	json_out_text(o, slice_of(value));
}

static void place(struct json_out *o, const char *name, const struct plan_origin *p)
{
	json_out_name(o, name);
	if (!p || !p->file) {
		json_out_null(o);
		return;
	}
	json_out_open(o, '{');
	text(o, "file", p->file);
	json_out_name(o, "line");
	json_out_number(o, p->line);
	json_out_name(o, "column");
	json_out_number(o, p->column);
	json_out_close(o, '}');
}

static void write_change(struct json_out *o, const struct compare_change *c)
{
	json_out_open(o, '{');
	text(o, "what", c->what);
	text(o, "effect", compare_effect_words[c->effect]);
	text(o, "a", c->a);
	text(o, "b", c->b);
	json_out_close(o, '}');
}

static void write_difference(struct json_out *o, const struct compare_difference *d)
{
	json_out_open(o, '{');
	text(o, "kind", compare_kind_words[d->kind]);
	text(o, "conn", d->name);
	text(o, "old_name", d->old_name);
	text(o, "summary", d->summary);
	place(o, "a", d->a);
	place(o, "b", d->b);
	json_out_name(o, "changes");
	json_out_open(o, '[');
	for (size_t i = 0; i < d->changes.n; i++) {
		json_out_element(o);
		write_change(o, &d->changes.v[i]);
	}
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void write_gap(struct json_out *o, const struct compare_gap *g)
{
	json_out_open(o, '{');
	text(o, "traffic", g->traffic);
	text(o, "conn", g->conn);
	place(o, "a", g->a);
	text(o, "passed_by", g->by);
	place(o, "b", g->b);
	text(o, "was", g->blocked ? "blocked" : "protected");
	text(o, "when", g->while_down ? "down" : "always");
	json_out_close(o, '}');
}

void compare_write_json(const struct comparison *c, const char *const names[2], struct buf *out)
{
	struct json_out o = { .buf = out };

	json_out_open(&o, '{');
	json_out_name(&o, "version");
	json_out_number(&o, 1);
	text(&o, "a", names[0]);
	text(&o, "b", names[1]);
	json_out_name(&o, "differences");
	json_out_open(&o, '[');
	for (size_t i = 0; i < c->differences.n; i++) {
		json_out_element(&o);
		write_difference(&o, &c->differences.v[i]);
	}
	json_out_close(&o, ']');
	json_out_name(&o, "clear");
	json_out_open(&o, '[');
	for (size_t i = 0; i < c->gaps.n; i++) {
		json_out_element(&o);
		write_gap(&o, &c->gaps.v[i]);
	}
	json_out_close(&o, ']');
	json_out_name(&o, "summary");
	json_out_open(&o, '{');
	for (int k = 0; k < COMPARE_KINDS; k++) {
		json_out_name(&o, compare_kind_words[k]);
		json_out_number(&o, c->counts[k]);
	}
	json_out_name(&o, "clear");
	json_out_number(&o, c->gaps.n);
	json_out_name(&o, "clear_complete");
	json_out_bool(&o, !c->gaps_cut);
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	buf_add_char(out, '\n');
}
