/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/settle.h"

#include "base/map.h"
#include "compiler/suppress.h"

static void note_what_was_found(struct diag *d)
{
	for (size_t i = 0; i < d->findings.n; i++) {
		struct finding *f = d->findings.v[i];

		if (!f->settled)
			f->found = f->severity;
		f->settled = true;
	}
}

static bool is_error_out_of_sight(const struct finding *f)
{
	return f->found == SEVERITY_ERROR && (f->hidden || f->severity != SEVERITY_ERROR);
}

/* --- refusals that nobody would see ----------------------------------------------------------------------------------------------
 *
 * A finding may be hidden, what the daemon does may not: the verdicts stay, and one error says so, which counts for the exit
 * status.
 */

static void report_refusal(struct unit *u, const struct ir_conn *conn, struct finding *cause)
{
	struct span span = conn && span_known(conn->span) ? conn->span : cause->span;
	struct finding *f;

	f = diag_report(&u->diag, RULE_REFUSAL_HIDDEN, span, "%s%s%s will not load, and what says why is %s", conn ? "conn '" : "",
			conn ? conn->name : "the file", conn ? "'" : "", cause->hidden ? "hidden" : "only a warning here");
	if (conn)
		diag_set_conn(f, conn->name);
	if (span_known(cause->span))
		diag_related(&u->diag, f, cause->span, "%s: %s", rule_table[cause->rule].id, cause->message);
	else
		diag_note(&u->diag, f, "%s: %s", rule_table[cause->rule].id, cause->message);
	diag_note(&u->diag, f, "libreswan %s refuses it all the same", release_name(u->release));
	diag_help(&u->diag, f, "correct the cause, or say --ignore=%s if it is meant so", rule_table[RULE_REFUSAL_HIDDEN].name);
}

/* Maps conns to the first of their errors: those in sight, or those out of it. */
static void collect(const struct unit *u, bool in_sight, struct map *ret)
{
	const struct diag *d = &u->diag;

	for (size_t i = 0; i < d->findings.n + d->hidden.n; i++) {
		struct finding *f = i < d->findings.n ? d->findings.v[i] : d->hidden.v[i - d->findings.n];
		bool seen = !f->hidden && f->severity == SEVERITY_ERROR;

		if (f->conn && (in_sight ? seen : is_error_out_of_sight(f)) && !map_get(ret, slice_of(f->conn)))
			map_set(ret, slice_of(f->conn), f);
	}
}

static struct finding *first_out_of_sight(const struct diag *d)
{
	for (size_t i = 0; i < d->findings.n; i++)
		if (is_error_out_of_sight(d->findings.v[i]))
			return d->findings.v[i];
	for (size_t i = 0; i < d->hidden.n; i++)
		if (is_error_out_of_sight(d->hidden.v[i]))
			return d->hidden.v[i];
	return NULL;
}

static bool says_already(const struct diag *d)
{
	for (size_t i = 0; i < d->findings.n; i++)
		if (d->findings.v[i]->rule == RULE_REFUSAL_HIDDEN)
			return true;
	for (size_t i = 0; i < d->hidden.n; i++)
		if (d->hidden.v[i]->rule == RULE_REFUSAL_HIDDEN)
			return true;
	return false;
}

static void report_hidden_refusals(struct unit *u)
{
	struct finding *first = first_out_of_sight(&u->diag);
	struct map seen, unseen;

	if (!first || !u->ir || says_already(&u->diag))
		return;
	if (u->ir->file_refused) {
		if (!diag_reaches(&u->diag, SEVERITY_ERROR))
			report_refusal(u, NULL, first);
		return;
	}
	map_init(&seen, &u->arena);
	map_init(&unseen, &u->arena);
	collect(u, true, &seen);
	collect(u, false, &unseen);
	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *conn = u->ir->conns.v[i];
		struct finding *cause = map_get(&unseen, slice_of(conn->name));

		if (conn->verdict == VERDICT_WILL_NOT_LOAD && !conn->is_template && cause && !map_get(&seen, slice_of(conn->name)))
			report_refusal(u, conn, cause);
	}
}

/* What else there is to find, nobody knows before errors are corrected: the conns concerned are not looked at any further. */
static bool has_errors(const struct diag *d)
{
	for (size_t i = 0; i < d->findings.n; i++)
		if (d->findings.v[i]->found == SEVERITY_ERROR)
			return true;
	for (size_t i = 0; i < d->hidden.n; i++)
		if (d->hidden.v[i]->found == SEVERITY_ERROR && d->hidden.v[i]->hidden != HIDDEN_BY_COMMENT)
			return true;
	return false;
}

static void weigh(struct unit *u)
{
	note_what_was_found(&u->diag);
	suppressions_apply(u->suppressions, &u->diag);
	if (u->policy)
		policy_apply(u->policy, &u->diag);
}

void unit_settle(struct unit *u)
{
	struct diag *d = &u->diag;

	diag_finish(d);
	if (!u->suppressions)
		u->suppressions = suppressions_read(u, u->today);
	weigh(u);
	report_hidden_refusals(u);
	weigh(u);
	if (!u->written_for && !has_errors(d))
		suppressions_report(u->suppressions, d);
	weigh(u);
	diag_finish(d);
}
