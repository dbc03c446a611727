/* SPDX-License-Identifier: Apache-2.0 */
/* merge.h -- between the parts of this folder; nobody outside includes it. */
#ifndef COMPILER_MERGE_H
#define COMPILER_MERGE_H

#include "base/map.h"
#include "compiler/resolve/resolve.h"

struct conn_info;

/* One name behind also= or alsoflip=. */
struct also_ref {
	struct conn_info *target;
	struct span span;
	bool flip;
};

struct conn_info {
	const struct syntax_section *section;
	const char *name;
	VEC(struct also_ref) also;
	VEC(struct conn_info *) referrers;
	bool used;			/* somebody's also target */
	bool backwards_told;
	bool broken;
	uint8_t color;			/* of the search for cycles */
	size_t next_ref;		/* of the search for cycles: the next one to look at */
	const struct conn_info *visited_by;	/* the conn whose table was made when this one was last included */
	uint32_t branch;		/* by which of that conn's own also names, from 1 */
};

/* One section on its way into a table. */
struct visit {
	const struct syntax_section *section;
	enum setting_source source;
	const char *const *path;	/* names of the also chain, NULL when none */
	uint32_t branch;		/* 0: the conn's own */
	bool flip, by_alsoflip;
};

/* One line in a table that is being made. */
struct entry {
	const struct keyword *keyword;
	const struct syntax_param *param;
	const struct syntax_section *from;
	const char *const *path;
	enum side side;
	enum setting_source source;
	bool by_alsoflip;
	uint32_t branch, order;
};

struct settings {
	const struct setting **v;
	size_t n;
};

struct resolver {
	struct arena *arena;		/* of what comes out */
	struct arena *scratch;		/* of all that is here */
	struct diag *diag;
	enum release release;
	struct map by_name;		/* -> struct conn_info, the first of a name (L-083) */
	VEC(struct conn_info) conns;	/* in file order */
	struct settings defaults;
	bool has_default;		/* a section conn %default, perhaps empty */
	/* the table that is being made */
	struct conn_info *conn;		/* NULL: of config setup or %default */
	VEC(struct entry) entries;	/* the storage is used again for each table */
	struct settings result;
	uint32_t visits;		/* sections included so far */
	bool left_out_told;		/* that a limit keeps others from being included */
	size_t compared;		/* names, for "did you mean" */
};

/* L-092 */
#define LIBRESWAN_ALSO_LIMIT 32u

/* --- also.c --- */
void also_collect(struct resolver *r);				/* reads each conn's also= and alsoflip= */
void also_merge(struct resolver *r, struct conn_info *conn);	/* the conn and what it includes into the current table */
void also_in_default(struct resolver *r, const struct syntax_section *section);
void also_spread_broken(struct resolver *r);			/* who includes a broken section is broken */

/* --- merge.c --- */
void merge_start(struct resolver *r, struct conn_info *conn);
void merge_section(struct resolver *r, const struct visit *visit);
void merge_finish(struct resolver *r);				/* sorts, reports what is set twice, adds r->defaults: r->result */

static inline int setting_order(enum keyword_id id_a, enum side side_a, enum keyword_id id_b, enum side side_b)
{
	return id_a != id_b ? (id_a < id_b ? -1 : 1) : (int)side_a - (int)side_b;
}

#endif
