/* SPDX-License-Identifier: Apache-2.0 */
/* also.c -- which sections a conn includes (S-036 ... S-047, L-086 ... L-100). */
#include "compiler/resolve/merge.h"

#include "base/limits.h"
#include "base/nearest.h"

/* Comparisons of names that one run may spend on "did you mean": a file of wrong names must not make it quadratic. */
#define NEAREST_COMPARISONS 2000000u

__attribute__((format(printf, 5, 6)))
static struct finding *report(struct resolver *r, const struct conn_info *conn, enum rule_id rule, struct span span,
			      const char *format, ...)
{
	struct finding *f;
	va_list args;

	va_start(args, format);
	f = diag_vreport(r->diag, rule, span, format, args);
	va_end(args);
	diag_set_conn(f, conn->name);
	return f;
}

/* --- names -------------------------------------------------------------------------------------------------------------------- */

static const char *nearest_conn(struct resolver *r, struct slice name)
{
	struct nearest nearest = nearest_to(name);

	if (r->compared >= NEAREST_COMPARISONS)
		return NULL;
	r->compared += r->conns.n;
	for (size_t i = 0; i < r->conns.n; i++) {
		const struct conn_info *c = &r->conns.v[i];

		if (!c->section->name.damaged)
			nearest_offer(&nearest, c->name, c);
	}
	return nearest.name;
}

/* S-500: it stands behind all others, so it may be included, when it was asked for. */
static void implicit_conn(struct resolver *r, const struct conn_info *conn, const struct conn_info *target, struct span span)
{
	struct finding *f = report(r, conn, RULE_IMPLICIT_CONN, span, "conn '%s' is there in the manual only", target->name);

	diag_note(r->diag, f, "no release from 3.18 on defines it: 3.18 ignores the line, later releases fail the conn");
	diag_help(r->diag, f, "write 'conn %s' with what it should bring", target->name);
}

/* S-495: the manual's implicit conns, which no release defines (E-053). */
static bool is_implicit(struct slice name)
{
	static const char *const names[] = { "clear", "clear-or-private", "private-or-clear", "private", "block", "packetdefault" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (slice_eq_str(name, names[i]))
			return true;
	return false;
}

/* L-048: before 5 unquoted digits are no name, and the line says nothing (run with 4.10). */
static bool is_number(const struct resolver *r, const struct syntax_value *value)
{
	uint64_t number;

	return r->release < RELEASE_5_0 && value->quoting == QUOTING_NONE && slice_to_u64(value->text, UINT64_MAX, &number) == 0;
}

static void unknown_conn(struct resolver *r, struct conn_info *conn, const struct syntax_param *param, struct slice name,
			 struct span span)
{
	struct finding *f = report(r, conn, RULE_ALSO_UNKNOWN, span, "there is no conn '" SLICE_FMT "'", SLICE_ARG(name));
	const char *nearest = nearest_conn(r, name);

	diag_caret(r->diag, f, "named by '" SLICE_FMT "'", SLICE_ARG(param->key));
	diag_note(r->diag, f, "libreswan 3.18 ignores the line, later releases fail the conn");
	if (is_implicit(name)) {
		diag_note(r->diag, f, "ipsec.conf(5) calls it an implicit conn, but no release from 3.18 on defines it");
		diag_help(r->diag, f, "write 'conn " SLICE_FMT "' with what it should bring", SLICE_ARG(name));
	} else if (nearest)
		diag_fix(r->diag, f, false, span, nearest, "did you mean '%s'?", nearest);
	else if (memchr(name.p, ',', name.n))
		diag_help(r->diag, f, "write one 'also' line for each conn; a comma is a part of the name");
	conn->broken |= r->release > RELEASE_3_18 && param->keyword->id != KW_ALSOFLIP && !is_number(r, &param->value);
}

static bool named_before(struct resolver *r, struct conn_info *conn, const struct conn_info *target, struct span span)
{
	for (size_t i = 0; i < conn->also.n; i++) {
		struct finding *f;

		if (conn->also.v[i].target != target)
			continue;
		f = report(r, conn, RULE_ALSO_TWICE, span, "conn '%s' includes '%s' twice", conn->name, target->name);
		diag_related(r->diag, f, conn->also.v[i].span, "the first time");
		diag_note(r->diag, f, "ipsec.conf(5) forbids it; libreswan skips the second time");
		return true;
	}
	return false;
}

/* L-089. Once for each target: templates above their users are common, and one remark is enough. */
static void backwards(struct resolver *r, const struct conn_info *conn, struct conn_info *target, struct span span)
{
	struct finding *f;

	if (target >= conn || target->backwards_told)
		return;
	target->backwards_told = true;
	f = report(r, conn, RULE_ALSO_BACKWARDS, span, "conn '%s' stands before the conn that includes it", target->name);
	diag_related(r->diag, f, target->section->name.span, "here");
	diag_note(r->diag, f, "ipsec.conf(5) wants it behind; every release takes it from anywhere");
}

static void add_name(struct resolver *r, struct conn_info *conn, const struct syntax_param *param, struct slice name,
		     struct span span)
{
	struct conn_info *target = map_get(&r->by_name, name);
	struct finding *f;

	if (slice_eq_str(name, "%default") && r->has_default) {
		f = report(r, conn, RULE_ALSO_DEFAULT, span, "conn %%default is in force in every conn anyway");
		diag_note(r->diag, f, "libreswan takes its values for the conn's own here, so that nothing can override them");
		diag_help(r->diag, f, "remove the line");
		return;
	}
	if (!target) {
		unknown_conn(r, conn, param, name, span);
		return;
	}
	target->used = true;
	if (conn->also.n > LIMIT_ALSO_PER_CONN || named_before(r, conn, target, span))
		return;
	backwards(r, conn, target, span);
	if (target->section->implicit)
		implicit_conn(r, conn, target, span);
	vec_push(r->scratch, &conn->also, (struct also_ref){ target, span, param->keyword->id == KW_ALSOFLIP });
	if (param->keyword->id != KW_ALSOFLIP)		/* L-099: what stands there harms nobody */
		vec_push(r->scratch, &target->referrers, conn);
}

/* L-099 */
static void no_effect(struct resolver *r, struct conn_info *conn, const struct syntax_param *param)
{
	struct finding *f = report(r, conn, RULE_ALSOFLIP_WITHOUT_EFFECT, param->key_span, "libreswan does nothing for 'alsoflip'");

	if (r->release >= RELEASE_5_0)
		diag_set_severity(r->diag, f, SEVERITY_ERROR);
	diag_note(r->diag, f,
		  "3 and 4 store it and never look at it, 5 refuses the whole file; here it works as ipsec.conf(5) says");
	diag_help(r->diag, f, "write out what it should bring, or exchange left and right in the other conn and use 'also'");
}

/* L-073: nothing is done for it, but two of them fail the conn like any other text that is set twice (run with 4.10). */
static void second_alsoflip(struct resolver *r, struct conn_info *conn, const struct syntax_param *param)
{
	const struct syntax_param *first = conn->section->params;
	struct finding *f;

	while (first->keyword != param->keyword)
		first++;
	if (first == param || r->release >= RELEASE_5_0)
		return;
	f = report(r, conn, RULE_DUPLICATE_KEYWORD, param->key_span, "'alsoflip' is set twice in conn '%s'", conn->name);
	diag_caret(r->diag, f, "again");
	diag_related(r->diag, f, first->key_span, "first");
	diag_note(r->diag, f, "libreswan before 5 fails the conn");
	conn->broken = true;
}

static void add_param(struct resolver *r, struct conn_info *conn, const struct syntax_param *param)
{
	struct slice rest = param->value.text, piece;
	unsigned names = 0;
	struct finding *f;

	if (param->keyword->id == KW_ALSOFLIP) {
		no_effect(r, conn, param);
		second_alsoflip(r, conn, param);
	}
	while (slice_split(&rest, " \t", &piece)) {
		uint32_t at = param->value.span.start + (uint32_t)(piece.p - param->value.text.p);

		if (piece.n == 0)
			continue;
		names++;
		add_name(r, conn, param, piece, (struct span){ at, at + (uint32_t)piece.n });
	}
	if (names == 0 && !param->value.damaged) {
		f = report(r, conn, RULE_ALSO_EMPTY, param->key_span, "'" SLICE_FMT "' names no conn", SLICE_ARG(param->key));
		diag_help(r->diag, f, "remove the line, or write a name");
	} else if (names > 1) {
		f = report(r, conn, RULE_ALSO_LIST, param->value.span, "%u names in one line", names);
		diag_note(r->diag, f, "libreswan takes them; ipsec.conf(5) speaks of one name in each 'also' line");
	}
}

/* --- cycles ------------------------------------------------------------------------------------------------------------------- */

enum { WHITE, GREY, BLACK };

static void report_cycle(struct resolver *r, const struct conn_info *conn, const struct also_ref *ref)
{
	struct finding *f;

	if (conn == ref->target) {
		f = report(r, conn, RULE_ALSO_CYCLE, ref->span, "conn '%s' includes itself", conn->name);
	} else {
		f = report(r, conn, RULE_ALSO_CYCLE, ref->span, "conn '%s' includes '%s', which includes it", conn->name,
			   ref->target->name);
		diag_related(r->diag, f, ref->target->section->name.span, "which leads back here");
	}
	diag_note(r->diag, f, "libreswan skips the second visit; ipsec.conf(5) forbids it");
}

/* Depth first with a stack of our own: chains may be as long as the file. */
static void search_cycles(struct resolver *r, struct conn_info *start, struct conn_info **stack)
{
	size_t depth = 0;

	stack[depth++] = start;
	start->color = GREY;
	while (depth) {
		struct conn_info *c = stack[depth - 1];
		const struct also_ref *ref;

		if (c->next_ref == c->also.n) {
			c->color = BLACK;
			depth--;
			continue;
		}
		ref = &c->also.v[c->next_ref++];
		if (ref->target->color == GREY)
			report_cycle(r, c, ref);
		if (ref->target->color != WHITE)
			continue;
		ref->target->color = GREY;
		stack[depth++] = ref->target;
	}
}

void also_collect(struct resolver *r)
{
	struct conn_info **stack = arena_new_array(r->scratch, r->conns.n, struct conn_info *);

	for (size_t i = 0; i < r->conns.n; i++) {
		struct conn_info *conn = &r->conns.v[i];

		for (size_t k = 0; k < conn->section->param_count; k++) {
			const struct keyword *keyword = conn->section->params[k].keyword;

			if (keyword && (keyword->id == KW_ALSO || keyword->id == KW_ALSOFLIP))
				add_param(r, conn, &conn->section->params[k]);
		}
	}
	for (size_t i = 0; i < r->conns.n; i++)
		if (r->conns.v[i].color == WHITE)
			search_cycles(r, &r->conns.v[i], stack);
}

/* Before 5 every conn includes what stands there, and fails when it is not there (run with 4.10); 5 refuses the file. */
static bool default_breaks_conns(struct resolver *r, const struct syntax_param *param, struct slice *ret_missing)
{
	struct slice rest = param->value.text, piece;

	*ret_missing = (struct slice){ NULL, 0 };
	if (r->release >= RELEASE_5_0 && r->release != RELEASE_ANY)
		return true;
	while (param->keyword->id == KW_ALSO && r->release > RELEASE_3_18 && !is_number(r, &param->value) && slice_split(&rest, " \t", &piece))
		if (piece.n && !map_get(&r->by_name, piece)) {
			*ret_missing = piece;
			return true;
		}
	return false;
}

/* L-097 */
void also_in_default(struct resolver *r, const struct syntax_section *section)
{
	for (size_t i = 0; i < section->param_count; i++) {
		const struct syntax_param *param = &section->params[i];
		struct slice missing;
		struct finding *f;

		if (!param->keyword || (param->keyword->id != KW_ALSO && param->keyword->id != KW_ALSOFLIP))
			continue;
		f = diag_report(r->diag, RULE_ALSO_IN_DEFAULT, param->key_span, "'" SLICE_FMT "' in conn %%default",
				SLICE_ARG(param->key));
		diag_note(r->diag, f,
			  "libreswan before 5 says so and lets every conn include it nevertheless, 5 refuses the whole file");
		if (default_breaks_conns(r, param, &missing))
			for (size_t k = 0; k < r->conns.n; k++)
				r->conns.v[k].broken |= !r->conns.v[k].section->implicit;
		if (missing.n)
			diag_note(r->diag, f, "there is no conn '" SLICE_FMT "', so libreswan %s fails every conn", SLICE_ARG(missing),
				  release_name(r->release));
		diag_help(r->diag, f, "write the line in the conns that need it, or the settings here");
	}
}

/* --- inclusion ---------------------------------------------------------------------------------------------------------------- */

/* The way from the conn being made to the section being read: also names, outermost first. */
struct way {
	const struct way *before;
	const char *name;
	unsigned length;
	uint32_t branch;
	bool flip, by_alsoflip;
};

static const char *const *names_of(struct resolver *r, const struct way *way)
{
	const char **names = arena_new_array(r->arena, way->length + 1, const char *);

	for (unsigned i = way->length; i-- > 0; way = way->before)
		names[i] = way->name;
	return names;
}

static bool on_way(const struct way *way, const struct conn_info *target)
{
	for (; way; way = way->before)
		if (way->name == target->name)
			return true;
	return false;
}

/* L-090. A second way that parts inside an included conn was told when that conn's table was made. */
static void second_way(struct resolver *r, const struct way *way, const struct conn_info *target)
{
	const struct also_ref *first, *second;
	struct finding *f;

	if (target == r->conn || on_way(way->before, target) || target->branch == way->branch)
		return;
	first = &r->conn->also.v[target->branch - 1];
	second = &r->conn->also.v[way->branch - 1];
	f = report(r, r->conn, RULE_ALSO_DIAMOND, second->span, "conn '%s' gets '%s' by two ways", r->conn->name, target->name);
	diag_related(r->diag, f, first->span, "the first way");
	diag_note(r->diag, f, "ipsec.conf(5) forbids it; libreswan skips the second time, which is what is meant");
}

static void too_many(struct resolver *r, struct span span)
{
	struct finding *f;

	if (r->visits != LIBRESWAN_ALSO_LIMIT + 1)
		return;
	f = report(r, r->conn, RULE_ALSO_TOO_MANY, span, "conn '%s' includes more than %u others", r->conn->name,
		   LIBRESWAN_ALSO_LIMIT);
	diag_note(r->diag, f, "libreswan before 5 fails the conn");
	if (r->release < RELEASE_5_0) {
		diag_set_severity(r->diag, f, SEVERITY_ERROR);
		r->conn->broken = true;
	}
}

/* Here the rest is left out, which no release does. */
static void left_out(struct resolver *r, struct span span, unsigned length)
{
	struct finding *f;

	if (r->left_out_told)
		return;
	r->left_out_told = true;
	if (length > LIMIT_ALSO_DEPTH)
		f = report(r, r->conn, RULE_ALSO_TOO_MANY, span, "conn '%s' includes others more than %u deep", r->conn->name,
			   LIMIT_ALSO_DEPTH);
	else
		f = report(r, r->conn, RULE_ALSO_TOO_MANY, span, "conn '%s' includes more than %u others", r->conn->name,
			   LIMIT_ALSO_PER_CONN);
	diag_set_severity(r->diag, f, SEVERITY_ERROR);
	diag_note(r->diag, f, "what is behind that is left out");
	r->conn->broken = true;
}

/* Textual order: what the first name brings, with all that it includes, then the second (L-091). */
static void include_all(struct resolver *r, const struct conn_info *conn, const struct way *way)
{
	for (size_t i = 0; i < conn->also.n; i++) {
		struct conn_info *target = conn->also.v[i].target;
		struct way next = {
			.before = way, .name = target->name, .length = way ? way->length + 1 : 1,
			.branch = way ? way->branch : (uint32_t)i + 1, .flip = (way && way->flip) != conn->also.v[i].flip,
			.by_alsoflip = (way && way->by_alsoflip) || conn->also.v[i].flip,
		};

		if (target == r->conn || target->visited_by == r->conn) {
			second_way(r, &next, target);
			continue;
		}
		if (next.length > LIMIT_ALSO_DEPTH || r->visits >= LIMIT_ALSO_PER_CONN) {
			left_out(r, r->conn->also.v[next.branch - 1].span, next.length);
			return;
		}
		r->visits++;
		too_many(r, r->conn->also.v[next.branch - 1].span);
		target->visited_by = r->conn;
		target->branch = next.branch;
		merge_section(r, &(struct visit){ target->section, SOURCE_ALSO, names_of(r, &next), next.branch, next.flip,
						  next.by_alsoflip });
		include_all(r, target, &next);
	}
}

void also_merge(struct resolver *r, struct conn_info *conn)
{
	merge_section(r, &(struct visit){ .section = conn->section, .source = SOURCE_CONN });
	include_all(r, conn, NULL);
}

void also_spread_broken(struct resolver *r)
{
	struct conn_info **queue = arena_new_array(r->scratch, r->conns.n, struct conn_info *);
	size_t n = 0;

	for (size_t i = 0; i < r->conns.n; i++)
		if (r->conns.v[i].broken)
			queue[n++] = &r->conns.v[i];
	for (size_t done = 0; done < n; done++) {
		for (size_t i = 0; i < queue[done]->referrers.n; i++) {
			struct conn_info *c = queue[done]->referrers.v[i];

			if (!c->broken)
				queue[n++] = c;
			c->broken = true;
		}
	}
}
