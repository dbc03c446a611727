/* SPDX-License-Identifier: Apache-2.0 */
/* merge.c -- makes one table: the lines of several sections, sorted, each keyword once, and what is set twice told. */
#include "compiler/resolve/merge.h"

#include <stdlib.h>

void merge_start(struct resolver *r, struct conn_info *conn)
{
	r->conn = conn;
	r->entries.n = 0;
	r->visits = 0;
	r->left_out_told = false;
}

void merge_section(struct resolver *r, const struct visit *visit)
{
	for (size_t i = 0; i < visit->section->param_count; i++) {
		const struct syntax_param *param = &visit->section->params[i];
		const struct keyword *k = param->keyword;
		enum side side = param->side;

		if (!k || k->id == KW_ALSO || k->id == KW_ALSOFLIP)
			continue;
		if (visit->flip && side != SIDE_NONE)		/* L-100 */
			side = 1 - side;
		vec_push(r->scratch, &r->entries,
			 (struct entry){
			     .keyword = schema_target(k, r->release),
			     .param = param,
			     .from = visit->section,
			     .path = visit->path,
			     .side = side,
			     .source = visit->source,
			     .by_alsoflip = visit->by_alsoflip,
			     .branch = visit->branch,
			     .order = (uint32_t)r->entries.n,
			 });
	}
}

/* --- what is set twice -------------------------------------------------------------------------------------------------------- */

/* L-076: these are joined and not compared. */
static bool is_joined(const struct keyword *k)
{
	return k->id == KW_SUBNETS || k->id == KW_CONNALIAS;
}

/* The typed values are compared, so yes and true are equal, and two names of one word (run with 4.10). */
static bool same_meaning(const struct resolver *r, const struct entry *a, const struct entry *b)
{
	struct slice x = a->param->value.text, y = b->param->value.text;
	const struct keyword_value *word, *other;
	bool yes, also_yes;

	if (slice_eq(x, y))
		return true;
	if (a->keyword->type == TYPE_BOOL && r->release < RELEASE_5_0)
		return schema_scan_boolean(x, &yes) && schema_scan_boolean(y, &also_yes) && yes == also_yes;
	if (a->keyword->type == TYPE_BOOL)
		return schema_boolean(x) >= 0 && schema_boolean(x) == schema_boolean(y);
	word = schema_value(a->keyword, x, r->release);
	other = schema_value(a->keyword, y, r->release);
	return word && other && strcmp(word->meaning, other->meaning) == 0;
}

/* L-073, L-074, L-075: whether the real daemon goes on after the same keyword twice. In one section of a conn libreswan 5 always
 * does. */
static bool forgives(const struct resolver *r, const struct entry *a, const struct entry *b)
{
	bool equal = slice_eq(a->param->value.text, b->param->value.text);

	if (r->release >= RELEASE_5_0 && a->from == b->from && a->from->type != SECTION_IS_SETUP)
		return true;
	if (a->keyword->id == KW_AUTHBY && r->release > RELEASE_3_18 && r->release < RELEASE_5_0 && !a->by_alsoflip && !b->by_alsoflip)
		return false;		/* a text to the reader (run: 4.10), which does nothing for alsoflip= */
	switch (a->keyword->type) {
	case TYPE_BOOL: case TYPE_ENUM: case TYPE_FLAGS: case TYPE_INTEGER: case TYPE_COUNT: case TYPE_BYTES: case TYPE_TIME:
	case TYPE_TIME_MS: case TYPE_PERCENT: case TYPE_PORT:
		return same_meaning(r, a, b);
	case TYPE_HOST: case TYPE_PUBKEY:
		return equal && (r->release >= RELEASE_5_0 || !slice_starts(a->param->value.text, "%"));
	default:
		if (a->keyword->id == KW_CONNALIAS)
			return true;
		return r->release < RELEASE_5_0 ? is_joined(a->keyword) : equal;
	}
}

static struct finding *report_pair(struct resolver *r, enum rule_id rule, const struct entry *first, const struct entry *second,
				   const char *message)
{
	struct finding *f = diag_report(r->diag, rule, second->param->key_span, "%s", message);
	bool two_names = first->param->keyword != second->param->keyword;

	if (forgives(r, first, second))
		diag_set_severity(r->diag, f, SEVERITY_WARNING);
	else if (r->conn)
		r->conn->broken = true;
	if (r->conn)
		diag_set_conn(f, r->conn->name);
	diag_caret(r->diag, f, "again");
	diag_related(r->diag, f, first->param->key_span, "first");
	if (two_names)
		diag_note(r->diag, f, "'" SLICE_FMT "' and '" SLICE_FMT "' are two names of one keyword",
			  SLICE_ARG(first->param->key), SLICE_ARG(second->param->key));
	return f;
}

static void same_section(struct resolver *r, const struct entry *first, const struct entry *second)
{
	const char *where = r->conn ? arena_printf(r->arena, "conn '%s'", r->conn->name) :
			    second->from->type == SECTION_IS_DEFAULT ? "conn %default" : "'config setup'";
	struct finding *f = report_pair(r, RULE_DUPLICATE_KEYWORD, first, second,
					arena_printf(r->arena, "'%s' is set twice in %s",
						     schema_spelling(second->param->keyword, second->param->side), where));

	if (second->from->type == SECTION_IS_SETUP)
		diag_note(r->diag, f, "%s", first->from != second->from ? "libreswan before 5 does not look at the second section" :
			  "libreswan takes the last one; before 5 without a word");
	else if (is_joined(second->keyword))
		diag_note(r->diag, f, "libreswan before 5 joins both lists, 5 takes the first");
	else if (f->severity == SEVERITY_ERROR || r->release >= RELEASE_5_0)
		diag_note(r->diag, f, "libreswan before 5 fails the conn, 5 takes the first one");
	else
		diag_note(r->diag, f, "libreswan says so and goes on, because both are equal");
}

/* L-093 */
static void through_also(struct resolver *r, const struct entry *first, const struct entry *second)
{
	const char *keyword = schema_spelling(second->keyword, second->side);
	struct finding *f = diag_report(r->diag, RULE_ALSO_CONFLICT, r->conn->also.v[second->branch - 1].span,
					"conn '%s' gets '%s' from conn '" SLICE_FMT "' too", r->conn->name, keyword,
					SLICE_ARG(second->from->name.text));
	bool forgiven = forgives(r, first, second);

	diag_set_conn(f, r->conn->name);
	diag_related(r->diag, f, first->param->key_span, "%s", first->branch ? "from here" : "set here");
	diag_related(r->diag, f, second->param->key_span, "and here");
	if (forgiven)
		diag_set_severity(r->diag, f, SEVERITY_WARNING);
	else if (!first->by_alsoflip && !second->by_alsoflip)
		r->conn->broken = true;
	if (is_joined(second->keyword) && forgiven)
		diag_note(r->diag, f, "libreswan before 5 joins both lists");
	else if (forgiven)
		diag_note(r->diag, f, "libreswan says so and goes on, because both are equal");
	else
		diag_note(r->diag, f, "libreswan fails the conn: what 'also' brings does not give way");
	diag_help(r->diag, f, "remove one of them, or set it in 'conn %%default', which gives way");
}

/* L-102 */
static void two_defaults(struct resolver *r, const struct entry *first, const struct entry *second)
{
	struct finding *f = report_pair(r, RULE_DEFAULT_CONFLICT, first, second,
					arena_printf(r->arena, "'%s' is set in two %%default sections",
						     schema_spelling(second->param->keyword, second->param->side)));

	diag_set_severity(r->diag, f, SEVERITY_ERROR);
	diag_note(r->diag, f, "libreswan takes the last one without a word");
}

/* Lines of one section included from elsewhere were compared when that section's own table was made: each pair is told once
 * (L-096). */
static void compare(struct resolver *r, const struct entry *first, const struct entry *second)
{
	if (second->source == SOURCE_DEFAULT && first->from != second->from)
		two_defaults(r, first, second);
	else if (second->source == SOURCE_DEFAULT || (first->branch == 0 && second->branch == 0))
		same_section(r, first, second);
	else if (first->branch != second->branch)
		through_also(r, first, second);
}

/* L-104 */
static void joined_default(struct resolver *r, const struct entry *own, const struct setting *of_default)
{
	struct finding *f;

	if (!is_joined(own->keyword) || own->branch)
		return;
	f = diag_report(r->diag, RULE_DEFAULT_LIST_JOINED, own->param->key_span, "'%s' is set in conn %%default too",
			schema_spelling(own->param->keyword, own->param->side));
	diag_set_conn(f, r->conn->name);
	diag_related(r->diag, f, of_default->param->key_span, "in the default");
	diag_note(r->diag, f, "libreswan before 5 joins both lists, against ipsec.conf(5); here the conn's own is taken");
}

static bool is_shunt_type(struct slice type)
{
	return slice_eq_nocase(type, "passthrough") || slice_eq_nocase(type, "pass") || slice_eq_nocase(type, "drop") ||
	       slice_eq_nocase(type, "reject");
}

/* L-105: before 5 a shunt of %default takes the bit for ESP away, and another type= does not bring it back. */
static void shunt_default(struct resolver *r, const struct entry *own, const struct setting *of_default)
{
	struct finding *f;

	if (own->keyword->id != KW_TYPE || r->release >= RELEASE_5_0 || !r->conn || !is_shunt_type(of_default->param->value.text) ||
	    is_shunt_type(own->param->value.text))
		return;
	f = diag_report(r->diag, RULE_DEFAULT_SHUNT_STICKS, own->param->value.span,
			"'type=" SLICE_FMT "' does not override 'type=" SLICE_FMT "' of conn %%default",
			SLICE_ARG(own->param->value.text), SLICE_ARG(of_default->param->value.text));
	diag_set_conn(f, r->conn->name);
	diag_related(r->diag, f, of_default->param->value.span, "in the default");
	diag_note(r->diag, f, "libreswan %s refuses the conn", release_name(r->release));
	diag_help(r->diag, f, "set the type of the shunts in their own conns, or in one that they include with 'also'");
	r->conn->broken = true;
}

/* --- the table ---------------------------------------------------------------------------------------------------------------- */

static int by_keyword(const void *va, const void *vb)
{
	const struct entry *a = va, *b = vb;
	int order = setting_order(a->keyword->id, a->side, b->keyword->id, b->side);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

static bool same_keyword(const struct entry *a, const struct entry *b)
{
	return a->keyword == b->keyword && a->side == b->side;
}

static void fill(struct setting *s, const struct entry *e, const struct setting *loser)
{
	*s = (struct setting){
		.keyword = e->keyword,
		.param = e->param,
		.from = e->from,
		.path = e->path,
		.side = e->side,
		.source = e->source,
		.by_alsoflip = e->by_alsoflip,
		.loser = loser,
	};
}

/* Of several %default sections the last one counts (L-102), in config setup the last line (L-072) of the first section, or of both
 * from 5.0 on (L-084), otherwise the first line. */
static size_t winner_of(const struct resolver *r, const struct entry *group, size_t n)
{
	size_t winner = 0;

	for (size_t i = 1; i < n; i++) {
		bool other_section = group[i].from != group[winner].from;

		if (group[i].source == SOURCE_DEFAULT ? other_section :
		    group[i].from->type == SECTION_IS_SETUP && (!other_section || r->release >= RELEASE_5_0))
			winner = i;
	}
	return winner;
}

/* One keyword's lines, n of them, into settings at `s`: the winner stands at s[0], behind it what it hides. */
static void make_group(struct resolver *r, struct setting *s, const struct entry *group, size_t n, const struct setting *of_default)
{
	size_t winner = winner_of(r, group, n), at = n;

	for (size_t i = 1; i < n; i++)
		if (group[i].branch == 0 || group[i].branch != group[i - 1].branch)	/* lines of one branch stand together */
			compare(r, &group[0], &group[i]);
	if (of_default) {
		joined_default(r, &group[winner], of_default);
		shunt_default(r, &group[winner], of_default);
	}
	for (size_t i = n; i-- > 0;) {
		if (i == winner)
			continue;
		at--;
		fill(&s[at], &group[i], at + 1 < n ? &s[at + 1] : of_default);
	}
	fill(&s[0], &group[winner], n > 1 ? &s[1] : of_default);
}

static const struct setting *take_defaults_before(struct resolver *r, size_t *next, const struct entry *e)
{
	for (; *next < r->defaults.n; (*next)++) {
		const struct setting *d = r->defaults.v[*next];
		int order = e ? setting_order(d->keyword->id, d->side, e->keyword->id, e->side) : -1;

		if (order > 0)
			return NULL;
		if (order == 0) {
			(*next)++;
			return d;
		}
		r->result.v[r->result.n++] = d;
	}
	return NULL;
}

static size_t count_keywords(const struct entry *e, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += i == 0 || !same_keyword(&e[i - 1], &e[i]);
	return count;
}

void merge_finish(struct resolver *r)
{
	const struct entry *e = r->entries.v;
	size_t n = r->entries.n, next_default = 0, end;
	struct setting *s = arena_new_array(r->arena, n, struct setting);

	if (n)
		qsort(r->entries.v, n, sizeof(*r->entries.v), by_keyword);
	r->result.v = arena_new_array(r->arena, count_keywords(e, n) + r->defaults.n, const struct setting *);
	r->result.n = 0;
	for (size_t i = 0; i < n; i = end) {
		const struct setting *of_default = take_defaults_before(r, &next_default, &e[i]);

		for (end = i + 1; end < n && same_keyword(&e[i], &e[end]); end++)
			;
		make_group(r, &s[i], &e[i], end - i, of_default);
		r->result.v[r->result.n++] = &s[i];
	}
	take_defaults_before(r, &next_default, NULL);
}
