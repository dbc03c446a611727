/* SPDX-License-Identifier: Apache-2.0 */
/* report.h -- the findings of one call, over all configurations that were checked, and the formats that write them.
 *
 * A format is a function from a report to text; the formats are peers and know nothing of each other. All of them write a complete
 * document when there is no finding, take any bytes in names and messages, and give the same text for the same report. An
 * allocation failure sticks in the buffer.
 */
#ifndef DIAG_REPORT_H
#define DIAG_REPORT_H

#include "diag/diag.h"

struct report_file {
	const char *path, *included_from;	/* included_from NULL: named by the caller */
	struct slice text;			/* p NULL: may not be shown */
};

struct report_loser {				/* an entry of ipsec.secrets that could be meant, and is not taken */
	const char *file, *match, *why;
	uint32_t line;
};

struct report_key {				/* a key that a conn needs, by the place where it stands */
	const char *kind, *status;		/* "psk", "xauth", "private-key"; "found", "missing", "unknown" */
	const char *side;			/* the end this host is taken for; NULL: whichever it is */
	const char *file, *match, *words;	/* of the entry that wins: how it fits, for programs and for people; NULL: none */
	uint32_t line;
	const char *why;			/* missing, unknown; else NULL */
	const struct report_loser *losers;
	size_t loser_count;
};

struct report_conn {
	const char *name, *file;		/* file NULL: implicit */
	uint32_t line;
	const char *verdict, *start;		/* words of contract section 2 */
	const char *orientation;		/* "left", "right", "none", "both", "unknown" */
	const char *local_address;		/* NULL: not known */
	bool is_template;
	bool has_keys;				/* secrets were read */
	const struct report_key *keys;
	size_t key_count;
};

struct report_dialect {
	const char *name, *release, *build, *chosen, *why;
	const char *written_for;		/* NULL: for libreswan */
};

struct report_step {				/* of the way from the file that was named to a finding */
	struct span span;
	const char *text;			/* borrowed from the unit, or constant */
};
#define REPORT_STEPS_MAX	32

/* One configuration. Everything is borrowed from its unit. */
struct report_run {
	const struct diag *diag;		/* finished */
	const struct report_file *files;	/* the first is the one that was named */
	size_t file_count;
	const struct report_conn *conns;
	size_t conn_count;
	struct report_dialect dialect;
	uint64_t suppressed;			/* findings that somebody decided not to see */
	/* Includes and also= on the way to the finding, the finding itself not; at most `max`. May be NULL: none. */
	size_t (*steps)(const struct report_run *run, const struct finding *f, struct report_step *ret, size_t max);
	const void *steps_context;
};

struct report {
	const char *tool_version;
	const char *directory;			/* working directory, absolute: relative paths start there; NULL: not known */
	const char *base;			/* absolute: paths below it are shown relative to it; NULL: paths stay as they are */
	const struct report_run *runs;
	size_t n;
	enum severity threshold;		/* findings at or above it are failures (for junit) */
	struct diag_style style;		/* for formats that people read */
};

struct report_format {
	const char *name;
	void (*render)(const struct report *r, struct buf *out);
};

extern const struct report_format report_formats[];	/* ends with name NULL */
extern const char *const report_format_names[];		/* the same names, NULL-terminated */
const struct report_format *report_format_find(const char *name);

#define FORMAT(name)	void report_##name(const struct report *r, struct buf *out);
#include "diag/formats.def"
#undef FORMAT

/* --- for formats --- */

extern const char *const severity_words[SEVERITY_COUNT];	/* "error", "warning", "note" */

/* A span with both ends as people count (from 1, columns in bytes, the end exclusive). file NULL: nowhere. */
struct report_span {
	const char *file;
	uint32_t line, column, end_line, end_column;
	struct slice text, end_text;		/* the lines of both ends; p NULL: may not be shown */
	struct span included_from;
};
struct report_span report_locate(const struct report_run *run, struct span span);

/* Whether a finding is for this reader: notes may be left out by style. */
bool report_shows(const struct report *r, const struct finding *f);
/* A path in its simplest form, relative to r->base where it lies below. */
void report_add_path(const struct report *r, const char *path, struct buf *out);
/* The file a finding is shown in: its own, or the one that was named when it has no place. */
const char *report_file_of(const struct report_run *run, const struct report_span *at);
/* Text that came from the input as UTF-8 for a document: what is not UTF-8 becomes U+FFFD, control characters become pictures. */
void report_add_text(struct buf *out, const char *text);
/* The same as the value of an XML attribute or as XML text: 1.0 has no way to write most control characters. */
void report_add_xml(struct buf *out, const char *text);
/* Characters in the first `bytes` bytes of a line, a bad byte counting as one. */
uint32_t report_characters(struct slice line, size_t bytes);
/* Notes and helps, each on a line behind `separator`. */
void report_add_remarks(const struct finding *f, const char *separator, struct buf *out);

/* What stays the same of a finding when lines move: hexadecimal, from rule, path, conn, the words of the line, and a running number among
 * equal ones. One for each finding of all runs in order. */
struct fingerprint {
	char text[33];
};
/* malloc'ed, NULL when memory ran out or there is no finding. */
struct fingerprint *report_fingerprints(const struct report *r, size_t *ret_n);

/* GitHub's hashes of lines, "4f07c8dcac53d31d:1", of all files of runs with findings. NULL: no memory. */
struct line_hashes;
struct line_hashes *line_hashes_new(const struct report *r);
bool line_hashes_format(const struct line_hashes *all, const char *path, uint32_t line, char ret[40]);	/* false: no such line */
void line_hashes_free(struct line_hashes *all);

#endif
