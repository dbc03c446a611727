/* SPDX-License-Identifier: Apache-2.0 */
/* ipsecc.h -- the library's face: compile files into a unit, read its findings, ask for a plan, emit it, free it.
 *
 * Nothing here prints, exits, or reads the clock or the environment. A unit owns everything that comes out of it.
 */
#ifndef IPSECC_H
#define IPSECC_H

#include "backends/backend.h"
#include "compiler/format/format.h"
#include "compiler/lower/lower.h"
#include "compiler/project.h"
#include "compiler/secrets/keys.h"
#include "diag/policy.h"
#include "diag/report.h"

#define IPSECC_VERSION "0.1.0"

struct evidence;	/* compiler/dialect.h */
struct suppressions;	/* compiler/suppress.h */

struct unit_options {
	struct source_reader reader;		/* source_reader_system */
	const char *dialect;			/* "auto" or NULL, "libreswan-4", "4.10" */
	const char *installed;			/* release of the host whose file this is: "4.10"; NULL: not known */
	const char *installed_by;		/* how it is known: "/var/lib/dpkg/status" */
	const char *root, *stdin_name;
	const char *host_facts;			/* path, or NULL */
	bool implicit_conns;			/* make the conns that ipsec.conf(5) calls implicit, though no release has them */
	const char *secrets;			/* ipsec.secrets of the file; NULL: none, ... */
	bool secrets_beside;			/* ... unless NAME.secrets can be read beside NAME.conf */
	bool secrets_losers;			/* of each conn, not only where a key is missing */
	uint32_t user;				/* who may own files of secrets, beside root */
	bool judge_host;			/* report what the host facts, or their absence, mean for each conn */
	bool compare_defaults;			/* note which defaults are others in later releases */
	const struct policy *policy;		/* weights of rules; NULL: as they are */
	const char *today;			/* "2026-11-24", for comments that hide until a day; NULL: no day is over */
	size_t memory_limit;			/* bytes; 0: none */
};

struct unit {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	enum release release;
	const struct build *build;		/* of that release */
	bool release_chosen_auto, release_by_evidence;	/* the latter: by what is in the file */
	const char *release_why;
	const struct evidence *evidence;	/* in the file, of the release; NULL: a release was asked for */
	const char *written_for;		/* the program that it is plainly a file of, when that is not libreswan; else NULL */
	uint32_t withheld;			/* findings taken back, since that says it all */
	const struct policy *policy;		/* of the options (copied), as `today` */
	const char *today;
	struct suppressions *suppressions;	/* comments that hide findings */
	const struct syntax *syntax;
	const struct resolved *resolved;
	const struct ir *ir;
	const struct host_facts *facts;		/* NULL: none */
	struct secrets secrets;			/* entries without their keys */
	const struct conn_keys *keys;		/* of each conn of the IR; NULL: no secrets were read */
	size_t config_files;			/* that many first files of `sources`; a facts file comes after them */
	size_t group_files, group_files_end;	/* from and up to there: policy group files */
};

/* Compiles one configuration file (with what it includes). 0; -errno when the file itself, the facts file or the secrets asked for cannot be read
 * (ret_failed: which, borrowed from the arguments; may be NULL); -EINVAL for a bad dialect; -ENOMEM. What is wrong in the text of
 * either is findings, not an error. *ret is set after 0 only. Findings are sorted already. */
int unit_compile(const char *path, const struct unit_options *options, struct unit **ret, const char **ret_failed);
/* Lays out one file; what it includes is not read. Results as of unit_compile(), but the unit has only its source file, and
 * findings only when ret->refused has lines: what is wrong in these. *ret_format lives as long as the unit. */
int unit_format(const char *path, const struct unit_options *options, struct unit **ret, const struct format **ret_format);
/* format_diff() of the unit's file. 0 or -ENOMEM. */
int unit_write_format_diff(struct unit *u, const struct format *format, const struct diag_style *style, struct buf *out);
/* Adds the lowering, by the unit's facts; findings go to unit->diag, sorted. NULL only when memory ran out. */
struct plan *unit_plan(struct unit *u, const struct lower_options *options, bool *ret_incomplete);
/* Makes a target's text or bytes of the plan; span_of, span_context and ir of the options are the unit's. As backend.emit(). */
int unit_emit(struct unit *u, const struct backend *backend, const struct plan *plan, const struct backend_options *options,
	      struct buf *out);
/* The word of the user's that something in the plan comes from; nowhere where that is in none of the unit's files. */
struct span unit_span_of(const struct unit *u, const struct plan_origin *origin);
const struct ir_conn *unit_conn(const struct unit *u, const char *name);	/* NULL: there is none */
void unit_free(struct unit *u);

/* The unit as one run of a report; it borrows from the unit. 0 or -ENOMEM. */
int unit_report(struct unit *u, struct report_run *ret);
/* The document of `check --format=json` (contract section 2) about one or more units. 0 or -ENOMEM. */
int unit_write_check_json(struct unit *const *units, size_t n, struct buf *out);
/* The document of `show --format=json` (contract section 3). `conns`: names, NULL-terminated; NULL: all. 0 or -ENOMEM. */
int unit_write_show_json(const struct unit *u, const char *const *conns, struct buf *out);
const char *unit_verdict_name(enum ir_verdict verdict);	/* "loads-with-warnings" */
const char *unit_orientation_name(enum ir_orientation orientation);	/* "left" */
const char *unit_start_name(enum plan_start start);		/* the word of auto=: "start" */

#endif
