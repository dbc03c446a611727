/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/dialect.h"

#include <errno.h>
#include <string.h>

#define MARKS_SHOWN	5u	/* deciding lines in the finding about a file for another program */
#define TEXT_SHOWN	40u	/* bytes of a value in one line of text */

static bool takes(const struct evidence_piece *piece, enum release r)
{
	return piece->taken & 1u << r;
}

/* --- the release -------------------------------------------------------------------------------------------------------------- */

/* "mobike=", "auto=keep" */
static const char *text_of(struct arena *a, const struct evidence_piece *piece)
{
	const struct syntax_param *p = piece->param;
	struct slice value = piece->by_value ? slice_sub(p->value.text, 0, TEXT_SHOWN) : (struct slice){ "", 0 };

	return arena_printf(a, SLICE_FMT "=" SLICE_FMT "%s", SLICE_ARG(p->key), SLICE_ARG(value),
			    piece->by_value && p->value.text.n > TEXT_SHOWN ? "..." : "");
}

static struct span span_of(const struct evidence_piece *piece)
{
	return piece->by_value ? piece->param->value.span : piece->param->key_span;
}

/* Of what speaks for a release, the first that speaks for the fewest others. */
static const struct evidence_piece *deciding_piece(const struct evidence *e, enum release r)
{
	const struct evidence_piece *best = NULL;

	for (size_t i = 0; i < e->pieces.n; i++) {
		const struct evidence_piece *piece = &e->pieces.v[i];

		if (takes(piece, r) && (!best || __builtin_popcount(piece->taken) < __builtin_popcount(best->taken)))
			best = piece;
	}
	return best;
}

/* For an unknown name or word the whole file is refused (L-031), for an algorithm its conn, and only where the program was not built
 * with it: MODP1024 stands in files for every release. */
static bool refuses_file(const struct evidence_piece *piece)
{
	enum value_type type = piece->param->keyword->type;

	return !piece->by_value || type == TYPE_ENUM || type == TYPE_FLAGS;
}

struct objections {
	uint32_t file, conn;	/* pieces for which the one or the other is refused */
	uint32_t ignored;	/* names */
};

static bool fewer(const struct objections *a, const struct objections *b)
{
	if (a->file != b->file)
		return a->file < b->file;
	return a->conn != b->conn ? a->conn < b->conn : a->ignored < b->ignored;
}

/* A file that somebody uses is not refused by its own release: the one that objects to the least, first to the file, then to conns.
 * What is left equal goes to the oldest dialect, by the release its name stands for: a name that 4.x brought and 5.x kept means 4.x. */
static enum release best_release(const struct evidence *e)
{
	static const enum release order[] = { RELEASE_3_18, RELEASE_4_10, RELEASE_5_4, RELEASE_3_32, RELEASE_5_0 };
	struct objections objections[RELEASE_COUNT] = { 0 };
	enum release best = order[0];

	for (int r = 0; r < RELEASE_COUNT; r++)
		objections[r].ignored = e->ignored[r];
	for (size_t i = 0; i < e->pieces.n; i++)
		for (int r = 0; r < RELEASE_COUNT; r++)
			if (!takes(&e->pieces.v[i], (enum release)r))
				*(refuses_file(&e->pieces.v[i]) ? &objections[r].file : &objections[r].conn) += 1;
	for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++)
		if (fewer(&objections[order[i]], &objections[best]))
			best = order[i];
	return best;
}

static void choose_by_evidence(struct unit *u, const struct evidence *e)
{
	const struct evidence_piece *reason;
	struct diag_place place;

	u->release = RELEASE_3_18;
	u->release_by_evidence = true;
	u->release_why = "nothing in the file tells the release";
	if (e->pieces.n == 0)
		return;
	u->release = best_release(e);
	reason = deciding_piece(e, u->release);
	if (!reason)
		return;
	place = sources_locate(&u->sources, span_of(reason).start);
	u->release_why = arena_printf(&u->arena, "from %s, %s:%u", text_of(&u->arena, reason), place.file, place.line);
}

int dialect_choose(struct unit *u, const struct unit_options *options)
{
	struct evidence *e;

	if (options->dialect && strcmp(options->dialect, "auto") != 0) {
		u->build = build_parse(slice_of(options->dialect));
		if (!u->build)
			return -EINVAL;
		u->release = u->build->release;
		u->release_why = "asked for";
		return 0;
	}
	u->release_chosen_auto = true;
	e = arena_new(&u->arena, struct evidence);
	evidence_collect(u, e);
	u->evidence = e;
	if (u->facts && u->facts->libreswan && release_parse(slice_of(u->facts->libreswan), &u->release) == 0)
		u->release_why = arena_printf(&u->arena, "%s is installed, by the host facts", u->facts->libreswan);
	else if (options->installed && release_parse(slice_of(options->installed), &u->release) == 0)
		u->release_why = arena_printf(&u->arena, "%s is installed, by %s", options->installed, options->installed_by);
	else
		choose_by_evidence(u, e);
	u->build = build_of(u->release);
	return 0;
}

/* --- what contradicts it ------------------------------------------------------------------------------------------------------ */

static const char *releases_text(struct arena *a, uint32_t releases)
{
	const char *text = "";

	for (int r = 0; r < RELEASE_COUNT; r++)
		if (releases & 1u << r)
			text = arena_printf(a, "%s%s%s", text, *text ? ", " : "", release_name((enum release)r));
	return text;
}

static void report_conflict(struct unit *u, const struct evidence *e)
{
	const struct evidence_piece *reason = deciding_piece(e, u->release), *contrary = NULL;
	struct finding *f;

	for (size_t i = 0; i < e->pieces.n && !contrary; i++)
		if (!takes(&e->pieces.v[i], u->release))
			contrary = &e->pieces.v[i];
	if (!contrary || !reason)
		return;
	f = diag_report(&u->diag, RULE_CONFLICTING_EVIDENCE, span_of(contrary), "no release takes all that is in this file");
	diag_caret(&u->diag, f, "known to %s", releases_text(&u->arena, contrary->taken));
	diag_related(&u->diag, f, span_of(reason), "known to %s", releases_text(&u->arena, reason->taken));
	diag_note(&u->diag, f, "libreswan %s takes most of it, so that its rules are used", release_name(u->release));
	diag_help(&u->diag, f, "choose another one with '--dialect'");
}

/* --- files for other programs ------------------------------------------------------------------------------------------------- */

/* Marks that count only beside others count when there are others; one of libreswan weighs as much as two of another program. */
static const struct foreign_program *program_of(const struct evidence *e, unsigned *ret_index)
{
	unsigned certain[FOREIGN_PROGRAMS] = { 0 }, beside[FOREIGN_PROGRAMS] = { 0 }, best = FOREIGN_LIBRESWAN, total = 0;

	for (size_t i = 0; i < e->marks.n; i++) {
		const struct foreign_mark *mark = e->marks.v[i].mark;

		certain[mark->program] += mark->weight;
		beside[mark->program] += mark->weight == 0;
	}
	for (unsigned p = FOREIGN_LIBRESWAN + 1; p < FOREIGN_PROGRAMS; p++) {
		if (!certain[p] || certain[p] + beside[p] <= total)
			continue;
		total = certain[p] + beside[p];
		best = p;
	}
	*ret_index = best;
	return total >= 2 && total > 2 * certain[FOREIGN_LIBRESWAN] ? &foreign_programs[best] : NULL;
}

static const char *label_of(struct arena *a, const struct foreign_mark *mark, const char *program)
{
	return mark->libreswan ? arena_printf(a, "%s's; libreswan has %s", program, mark->libreswan) :
	       arena_printf(a, "%s's", program);
}

/* The first word that nobody else has. */
static const struct evidence_mark *first_certain(const struct evidence *e, unsigned program)
{
	for (size_t i = 0; i < e->marks.n; i++)
		if (e->marks.v[i].mark->program == program && e->marks.v[i].mark->weight)
			return &e->marks.v[i];
	return NULL;
}

static void report_foreign(struct unit *u, const struct evidence *e, const struct foreign_program *program, unsigned index)
{
	const struct evidence_mark *first = first_certain(e, index);
	struct diag_place place = sources_locate(&u->sources, first->span.start);
	unsigned others = 0;
	struct finding *f;

	u->written_for = program->name;
	u->release_why = arena_printf(&u->arena, "by " SLICE_FMT ", %s:%u", SLICE_ARG(slice_sub(first->text, 0, TEXT_SHOWN)),
				      place.file, place.line);
	u->withheld = diag_withhold(&u->diag);
	f = diag_report(&u->diag, RULE_FOREIGN_FILE, first->span, "this file is written for %s, not for libreswan", program->name);
	diag_caret(&u->diag, f, "%s", label_of(&u->arena, first->mark, program->name));
	for (size_t i = 0; i < e->marks.n; i++) {
		const struct evidence_mark *m = &e->marks.v[i];

		if (m->mark->program == index && m != first && ++others <= MARKS_SHOWN)
			diag_related(&u->diag, f, m->span, "%s", label_of(&u->arena, m->mark, program->name));
	}
	if (others > MARKS_SHOWN)
		diag_note(&u->diag, f, "%u more word%s of the file %s %s's", others - MARKS_SHOWN, others - MARKS_SHOWN == 1 ? "" : "s",
			  others - MARKS_SHOWN == 1 ? "is" : "are", program->name);
	diag_note(&u->diag, f, "%u other finding%s withheld; '--dialect=%s' shows what libreswan makes of each line", u->withheld,
		  u->withheld == 1 ? " is" : "s are", release_name(u->release));
	diag_help(&u->diag, f, "%s", program->advice);
}

void dialect_report(struct unit *u)
{
	const struct foreign_program *program;
	unsigned index;

	if (!u->evidence)
		return;
	program = program_of(u->evidence, &index);
	if (program && diag_reaches(&u->diag, SEVERITY_ERROR))
		report_foreign(u, u->evidence, program, index);
	else if (u->release_by_evidence)
		report_conflict(u, u->evidence);
}
