/* SPDX-License-Identifier: Apache-2.0 */
/* diag.h -- findings: what is wrong with the user's input, where, why, and what to do.
 *
 * A pass reports into a struct diag; nothing is printed before the end, and reporting never fails (out of memory leaves
 * through the arena). Which rules exist, their names and severities comes from the front matter of the pages in docs/rules/
 * (generated: build/gen/rules.h with enum rule_id RULE_<NAME_IN_CAPITALS>, e.g. RULE_DUPLICATE_KEYWORD).
 *
 * The engine knows no source map: it asks struct diag_source for lines and places.
 */
#ifndef DIAG_DIAG_H
#define DIAG_DIAG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "gen/rules.h"

enum severity {
	SEVERITY_ERROR,
	SEVERITY_WARNING,
	SEVERITY_NOTE,
	SEVERITY_COUNT,
};

struct rule {
	const char *id;			/* "IC2003": stable for ever */
	const char *name;		/* "duplicate-keyword" */
	enum severity severity;		/* default */
	const char *summary;		/* one line */
	const char *page;		/* the whole page, Markdown */
};

extern const struct rule rule_table[RULE_COUNT];	/* indexed by enum rule_id */

/* A position as people see it: from 1, columns in bytes. */
struct diag_place {
	const char *file;		/* NULL: nowhere */
	uint32_t line, column;
	struct slice text;		/* the line, without its end; p NULL: it may not be shown (a line with a secret) */
	struct span included_from;	/* span of the include statement that brought this file; unknown: none */
};

struct diag_source {
	const void *context;
	struct diag_place (*locate)(const void *context, uint32_t position);
};

struct diag_label {
	struct span span;
	const char *text;		/* may be "" */
};

struct diag_edit {
	struct span span;		/* what is replaced; empty: insertion */
	const char *text;
};

struct diag_fix {
	const char *message;		/* imperative: "write 'leftsubnets'" */
	bool safe;			/* keeps the meaning the user clearly had */
	VEC(struct diag_edit) edits;
};

/* Who decided that a finding is not to be seen. */
enum hidden_by {
	HIDDEN_NOT,
	HIDDEN_BY_COMMENT,		/* in the file */
	HIDDEN_BY_OPTION,		/* of the command line or the project file */
	HIDDEN_BY_BASELINE,		/* it was there already */
	HIDDEN_COUNT,
};

struct finding {
	enum rule_id rule;
	enum severity severity;
	bool settled;			/* unit_settle() has seen it: */
	enum severity found;		/* what the passes made it, before any policy */
	enum hidden_by hidden;
	const char *message;
	struct span span;
	const char *label;		/* under the caret; may be NULL */
	const char *conn;		/* NULL: not about one conn */
	VEC(struct diag_label) related;
	VEC(const char *) notes;
	VEC(const char *) helps;
	VEC(struct diag_fix) fixes;
	uint32_t sequence;		/* order of reporting, to sort stably */
};

struct diag {
	struct arena *arena;
	struct diag_source source;
	VEC(struct finding *) findings;
	VEC(struct finding *) hidden;	/* taken out of findings, and of the counts */
	uint32_t counts[SEVERITY_COUNT];
	uint32_t hidden_counts[HIDDEN_COUNT];
	uint32_t reported;		/* ever, merged ones included */
};

void diag_init(struct diag *d, struct arena *a, struct diag_source source);

/* New finding at `span` (unknown span: about no place) with the rule's severity. Never NULL; the caller decorates it. */
struct finding *diag_report(struct diag *d, enum rule_id rule, struct span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
struct finding *diag_vreport(struct diag *d, enum rule_id rule, struct span span, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
void diag_set_severity(struct diag *d, struct finding *f, enum severity severity);	/* keeps the counts right */
void diag_set_conn(struct finding *f, const char *conn);				/* borrows; arena lifetime */
void diag_caret(struct diag *d, struct finding *f, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_related(struct diag *d, struct finding *f, struct span span, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void diag_note(struct diag *d, struct finding *f, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diag *d, struct finding *f, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A fix with its first edit (the text is copied); diag_fix_edit adds more, until the next diag_fix of the same finding. */
struct diag_fix *diag_fix(struct diag *d, struct finding *f, bool safe, struct span span, const char *text, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
void diag_fix_edit(struct diag *d, struct diag_fix *fix, struct span span, const char *text);

/* Takes all findings back; how many they were. */
uint32_t diag_withhold(struct diag *d);
/* Takes out of sight the findings for which `judge` gives another answer than HIDDEN_NOT. The order stays. */
void diag_hide(struct diag *d, enum hidden_by (*judge)(const void *context, struct finding *f), const void *context);

/* Sorts by position, merges equal ones (a file included twice). Call before rendering; again when more has been reported. */
void diag_finish(struct diag *d);
bool diag_reaches(const struct diag *d, enum severity threshold);	/* is there a finding at or above it */

const struct rule *rule_by_id(struct slice id_or_name);	/* "IC2003" or "duplicate-keyword", case-insensitive; NULL */
const char *rule_nearest(struct slice name);		/* the rule's name that was probably meant; NULL */

/* Renderers: append to `out`; an allocation failure sticks there. */
struct diag_style {
	bool color;		/* SGR sequences of ours; the input's never get through */
	bool ascii;		/* the locale is not UTF-8: other characters are shown as '?' */
	bool quiet_notes;	/* leave SEVERITY_NOTE findings out */
	unsigned width;		/* cells of the terminal, longer source lines are clipped around the caret; 0: 140 */
};
/* For people: at most LIMIT_FINDINGS_PER_RULE of each rule, then a count of the rest. Each finding ends with an empty line. */
void diag_render_human(const struct diag *d, const struct diag_style *style, struct buf *out);
/* Appends text that came from the input (a name, a path) so that a terminal may show it: control characters become pictures. */
void diag_add_visible(struct buf *out, struct slice text, bool ascii);

#endif
