/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "runtime/simulate/report.h"
#include "runtime/wire/wire.h"

#define MANY_CONNS	10u		/* from then on only exchanges of those that fail are shown */

#define REPEATS_SHOWN	2u

#define RED	"31"
#define GREEN	"32"
#define YELLOW	"33"
#define DIM	"2"

struct page {
	const struct sim_result *r;
	const struct sim_style *style;
	struct buf *out;
};

/* Names and lines come from files: nothing in them may move the cursor. */
static void add(const struct page *p, const char *text)
{
	diag_add_visible(p->out, slice_of(text), p->style->ascii);
}

static void begin(const struct page *p, const char *color)
{
	if (p->style->color)
		buf_printf(p->out, "\033[%sm", color);
}

static void end(const struct page *p)
{
	if (p->style->color)
		buf_add_str(p->out, "\033[0m");
}

static void add_time(struct buf *out, uint64_t ms)
{
	unsigned long long s = ms / 1000;

	if (s < 60)
		buf_printf(out, "%llu.%03u s", s, (unsigned)(ms % 1000));
	else if (s < 3600)
		buf_printf(out, "%llum%02llus", s / 60, s % 60);
	else
		buf_printf(out, "%lluh%02llum%02llus", s / 3600, s / 60 % 60, s % 60);
}

/* --- the exchange ------------------------------------------------------------------------------------------------------------- */

static void add_fate(struct buf *out, const struct sim_message *m)
{
	static const char *const fates[] = {
		[NETWORK_DELIVERED] = "", [NETWORK_LOST] = "lost", [NETWORK_DOUBLED] = "arrives twice", [NETWORK_LATE] = "arrives late",
		[NETWORK_NO_WAY] = "stopped by the NAT",
	};
	const char *separator = "  (";

	if (m->fragments) {
		buf_printf(out, "%sfragment %u of %u", separator, m->fragment, m->fragments);
		separator = ", ";
	}
	if (m->again) {
		buf_printf(out, "%sagain", separator);
		separator = ", ";
	}
	if (*fates[m->fate]) {
		buf_printf(out, "%s%s", separator, fates[m->fate]);
		separator = ", ";
	}
	if (*separator == ',')
		buf_add_char(out, ')');
}

static void add_message(const struct page *p, const struct sim_message *m, uint64_t start)
{
	CLEANUP(buf_release) struct buf time = { 0 };
	const char *name = wire_exchange_name(m->exchange);

	add_time(&time, m->at_ms - start);
	begin(p, m->fate == NETWORK_LOST || m->fate == NETWORK_NO_WAY ? RED : DIM);
	buf_printf(p->out, "%10s", time.p ? time.p : "");
	end(p);
	buf_add_str(p->out, "  ");
	add(p, p->r->sides[0].name);
	buf_add_str(p->out, m->from == 0 ? " -> " : " <- ");
	add(p, p->r->sides[1].name);
	buf_printf(p->out, "  %-15s %3u  ", name ? name : "?", m->id);
	buf_add_str(p->out, m->text);
	add_fate(p->out, m);
	buf_add_char(p->out, '\n');
}

static bool is_of(const struct sim_message *m, const struct sim_conn *c)
{
	return (m->peer[0] && m->peer[0] == c->peer[0]) || (!m->peer[0] && m->peer[1] && m->peer[1] == c->peer[1]);
}

static bool is_good(const struct sim_conn *c)
{
	return c->verdict == SIM_ESTABLISHED || c->verdict == SIM_NARROWED;
}

static bool is_shown(const struct page *p, const struct sim_conn *c)
{
	return p->style->all || p->r->conns.n <= MANY_CONNS || !is_good(c);
}

/* Conns of one peer share their IKE SA: its messages come once, before the first of them. */
static bool shares_earlier(const struct page *p, size_t i)
{
	const struct sim_conn *c = &p->r->conns.v[i];

	for (size_t k = 0; k < i; k++)
		if (p->r->conns.v[k].peer[0] == c->peer[0] && p->r->conns.v[k].peer[1] == c->peer[1] && is_shown(p, &p->r->conns.v[k]))
			return true;
	return false;
}

static bool same_message(const struct sim_message *a, const struct sim_message *b)
{
	return a && a->from == b->from && a->exchange == b->exchange && a->response == b->response && a->id == b->id &&
	       a->fragment == b->fragment && strcmp(a->text, b->text) == 0;
}

struct repeats {			/* question and answer again and again: after the first ones they are only counted */
	const struct sim_message *last[2];	/* of each end */
	unsigned n, left_out;
	uint64_t until;
};

static bool is_repeat(struct repeats *r, const struct sim_message *m)
{
	r->n = same_message(r->last[m->from], m) ? r->n + 1 : 0;
	r->last[m->from] = m;
	return r->n > REPEATS_SHOWN;
}

static void tell_left_out(const struct page *p, struct repeats *r, uint64_t start)
{
	if (!r->left_out)
		return;
	buf_printf(p->out, "            ... %u more of the same, until ", r->left_out);
	add_time(p->out, r->until - start);
	buf_add_char(p->out, '\n');
	r->left_out = 0;
}

static void add_exchange(const struct page *p, const struct sim_conn *c)
{
	struct repeats repeats = { 0 };
	bool any = false;

	for (size_t i = 0; i < p->r->messages.n; i++) {
		const struct sim_message *m = &p->r->messages.v[i];

		if (!is_of(m, c))
			continue;
		any = true;
		if (is_repeat(&repeats, m)) {
			repeats.left_out++;
			repeats.until = m->at_ms;
			continue;
		}
		tell_left_out(p, &repeats, c->started_ms);
		add_message(p, m, c->started_ms);
	}
	tell_left_out(p, &repeats, c->started_ms);
	if (any)
		buf_add_char(p->out, '\n');
}

/* --- verdicts ----------------------------------------------------------------------------------------------------------------- */

static void add_name(const struct page *p, const struct sim_conn *c)
{
	buf_add_str(p->out, "conn ");
	add(p, c->name);
	if (c->other_name && strcmp(c->other_name, c->name) != 0) {
		buf_add_str(p->out, " (");
		add(p, c->other_name);
		buf_add_str(p->out, " of ");
		add(p, p->r->sides[1 - c->side].name);
		buf_add_char(p->out, ')');
	}
}

static void add_rekey(const struct page *p, const struct sim_conn *c, const char *what, bool wanted, uint64_t at)
{
	buf_printf(p->out, ", %s ", what);
	if (!wanted) {
		buf_add_str(p->out, "is not rekeyed (rekey=no)");
	} else if (at == SIM_NEVER) {
		buf_add_str(p->out, "not yet rekeyed");
	} else {
		buf_add_str(p->out, "rekeyed after ");
		add_time(p->out, at - c->started_ms);
	}
}

static void add_established(const struct page *p, const struct sim_conn *c)
{
	buf_add_str(p->out, "   ");
	add(p, c->selectors[0]);
	buf_add_str(p->out, " <-> ");
	add(p, c->selectors[1]);
	buf_printf(p->out, "\n   IKE %s, child %s", c->ike_proposal ? c->ike_proposal : "?", c->proposal ? c->proposal : "?");
	add_rekey(p, c, "child", c->child_rekeys, c->child_rekeyed_ms);
	add_rekey(p, c, "IKE", c->ike_rekeys, c->ike_rekeyed_ms);
	buf_add_char(p->out, '\n');
}

static void add_notify(const struct page *p, const struct sim_conn *c)
{
	const char *name = wire_notify_name(c->notify), *exchange = wire_exchange_name(c->notify_exchange);

	add(p, p->r->sides[c->notify_from].name);
	buf_printf(p->out, " says ");
	if (name)
		buf_add_str(p->out, name);
	else
		buf_printf(p->out, "error %u", c->notify);
	buf_printf(p->out, " in %s", exchange ? exchange : "an unknown exchange");
}

static void add_verdict(const struct page *p, const struct sim_conn *c)
{
	static const char *const words[] = {
		[SIM_ESTABLISHED] = "established", [SIM_NARROWED] = "narrowed", [SIM_REKEY_FAILED] = "fails later, at the rekey after ",
		[SIM_FAILED] = "fails", [SIM_REFUSED] = "cannot run", [SIM_ALONE] = "is alone",
	};

	begin(p, c->verdict == SIM_ESTABLISHED ? GREEN : c->verdict == SIM_NARROWED ? YELLOW : RED);
	add_name(p, c);
	buf_printf(p->out, ": %s", words[c->verdict]);
	if (c->verdict == SIM_REKEY_FAILED)
		add_time(p->out, c->failed_ms - c->started_ms);
	end(p);
	if (c->verdict == SIM_NARROWED) {
		buf_add_str(p->out, " to ");
		add(p, c->selectors[0]);
		buf_add_str(p->out, " <-> ");
		add(p, c->selectors[1]);
	}
	if (c->verdict == SIM_ALONE) {
		buf_add_str(p->out, ": ");
		add(p, p->r->sides[1 - c->side].name);
		buf_add_str(p->out, " has no conn that would meet it");
	}
	if (!is_good(c) && c->notify) {
		buf_add_str(p->out, ": ");
		add_notify(p, c);
	}
	buf_add_char(p->out, '\n');
}

static void add_reason(const struct page *p, unsigned side, const char *reason, const struct plan_origin *origin)
{
	if (!reason)
		return;
	buf_add_str(p->out, "   ");
	add(p, p->r->sides[side].name);
	buf_add_str(p->out, ": ");
	add(p, reason);
	if (origin && origin->file) {
		buf_add_str(p->out, "  (");
		add(p, origin->file);
		buf_printf(p->out, ":%u)", origin->line);
	}
	buf_add_char(p->out, '\n');
}

/* --- the lines that disagree -------------------------------------------------------------------------------------------------- */

static void add_place_name(struct buf *out, const struct plan_origin *o)
{
	buf_add_str(out, o->file ? o->file : "built in");
	if (o->file)
		buf_printf(out, ":%u:%u", o->line, o->column);
}

/* "keyword = ..." */
static bool says(struct slice line, const char *keyword)
{
	size_t n = strlen(keyword);

	if (!slice_starts(line, keyword))
		return false;
	line = slice_trim(slice_sub(line, n, line.n));
	return line.n && *line.p == '=';
}

/* The line as it stands there; what the plan made of it, where the line does not show it. */
static void add_place(const struct page *p, unsigned side, const struct sim_place *place, int width)
{
	CLEANUP(buf_release) struct buf name = { 0 };
	struct slice line = { 0 };

	add_place_name(&name, &place->origin);
	if (p->style->line && place->origin.file)
		line = p->style->line(p->style->context, side, &place->origin);
	buf_add_str(p->out, "   ");
	add(p, name.p ? name.p : "");
	buf_add_repeated(p->out, ' ', (size_t)width - name.n + 3);
	diag_add_visible(p->out, line, p->style->ascii);
	if (says(line, place->keyword) || (line.n && !*place->value)) {
		buf_add_char(p->out, '\n');
		return;
	}
	buf_printf(p->out, "%s%s=", line.n ? "   (" : "", place->keyword);
	add(p, place->value);
	buf_add_str(p->out, line.n ? ")\n" : "\n");
}

static void add_dispute(const struct page *p, const struct sim_dispute *d)
{
	size_t width = 0;

	buf_printf(p->out, "   %s%s%s:\n", d->what, *d->why ? ": " : "", d->why);
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(buf_release) struct buf name = { 0 };

		add_place_name(&name, &d->place[i].origin);
		width = name.n > width ? name.n : width;
	}
	for (unsigned i = 0; i < 2; i++)
		add_place(p, i, &d->place[i], (int)width);
	if (d->help)
		buf_printf(p->out, "   = help: %s\n", d->help);
}

static void add_conn(const struct page *p, const struct sim_conn *c)
{
	add_verdict(p, c);
	if (c->selectors[0])
		add_established(p, c);
	if (!is_good(c) && (c->verdict != SIM_ALONE)) {
		add_reason(p, c->reason_side, c->reason, c->origin);
		add_reason(p, 1 - c->reason_side, c->other_reason, c->other_origin);
	}
	for (size_t i = 0; c->verdict != SIM_ESTABLISHED && i < c->disputes.n; i++)
		add_dispute(p, &c->disputes.v[i]);
}

/* --- all of it ---------------------------------------------------------------------------------------------------------------- */

static void add_summary(const struct page *p)
{
	static const char *const words[] = {
		[SIM_ESTABLISHED] = "established", [SIM_NARROWED] = "narrowed", [SIM_REKEY_FAILED] = "failing at a rekey",
		[SIM_FAILED] = "failing", [SIM_REFUSED] = "that cannot run", [SIM_ALONE] = "alone",
	};
	const char *separator = ": ";

	buf_printf(p->out, "%zu conn%s", p->r->conns.n, p->r->conns.n == 1 ? "" : "s");
	for (unsigned v = 0; v < SIM_VERDICT_COUNT; v++) {
		if (!p->r->counts[v])
			continue;
		buf_printf(p->out, "%s%u %s", separator, p->r->counts[v], words[v]);
		separator = ", ";
	}
	if (p->r->elsewhere)
		buf_printf(p->out, "; %u more are with others", p->r->elsewhere);
	buf_add_str(p->out, "   (");
	add_time(p->out, p->r->end_ms);
	buf_printf(p->out, " of virtual time, seed %llu)\n", (unsigned long long)p->r->options.seed);
}

void sim_write_text(const struct sim_result *r, const struct sim_style *style, struct buf *out)
{
	struct page p = { .r = r, .style = style, .out = out };
	size_t hidden = 0;

	for (size_t i = 0; i < r->conns.n; i++) {
		hidden += !is_shown(&p, &r->conns.v[i]);
		if (!is_shown(&p, &r->conns.v[i]))
			continue;
		if (!shares_earlier(&p, i))
			add_exchange(&p, &r->conns.v[i]);
		add_conn(&p, &r->conns.v[i]);
		buf_add_char(out, '\n');
	}
	for (unsigned side = 0; side < 2; side++) {
		for (size_t i = 0; i < r->unpaired[side].n; i++) {
			buf_add_str(out, "a mistake of ours, please report it: the data plane of ");
			add(&p, r->sides[side].name);
			buf_printf(out, ": %s\n", r->unpaired[side].v[i]);
		}
	}
	if (hidden)
		buf_printf(out, "%zu conns are established and not shown: -v shows them, and naming a conn shows that one\n", hidden);
	add_summary(&p);
}
