/* SPDX-License-Identifier: Apache-2.0 */
/* between.h -- what the rules between conns share (part B of the X-rules): who takes part, which end is this host, conns grouped by a key.
 *
 * A rule never compares each conn with each: it groups them by what they must not have in common, or sorts them, and makes one finding of
 * a group. All memory is of an arena that is freed afterwards; findings copy their texts.
 */
#ifndef COMPILER_SEMA_BETWEEN_H
#define COMPILER_SEMA_BETWEEN_H

#include "base/map.h"
#include "compiler/sema/checks.h"

/* A conn that takes part: it loads, is complete, and something loads it ("live": auto= is not ignore). */
struct live {
	const struct ir_conn *conn;
	size_t order;			/* in the file */
	enum side local;		/* this host; a guess where the file does not tell */
	bool sure;			/* it is no guess */
	uint32_t host[2];		/* by side: equal hosts have equal numbers; 0: anybody */
};
typedef VEC(const struct live *) live_list;

struct between {
	struct arena *arena;
	const struct ir *ir;
	struct diag *diag;
	bool *refused;			/* by order */
	VEC(struct live) live;		/* in order */
	struct map reported;		/* pairs of conns that a rule has spoken of */
};

static inline const struct ir_end *live_local(const struct live *l)
{
	return &l->conn->end[l->local];
}

static inline const struct ir_end *live_remote(const struct live *l)
{
	return &l->conn->end[1 - l->local];
}

static inline uint32_t live_peer(const struct live *l)		/* 0: anybody */
{
	return l->host[1 - l->local];
}

/* Both conns are between the same two hosts, either way round. */
bool live_same_hosts(const struct live *a, const struct live *b);
/* This host routes it or starts it without being asked. */
bool live_is_active(const struct live *l);
/* Two ways to one thing, of which one waits: the names differ in an ending ("hq", "hq-backup", "hq2"), and not both are active. */
bool live_are_alternatives(const struct live *a, const struct live *b);

/* --- groups ---------------------------------------------------------------------------------------------------------------------- */

struct groups {
	struct arena *arena;
	struct map by_key;
	VEC(live_list *) shared;	/* those with more than one member, in the order in which they became so */
};

void groups_init(struct groups *g, struct arena *a);
/* The key's bytes are copied where they are new. Structures used as keys must be zeroed first, for their padding. */
void groups_add(struct groups *g, struct slice key, const struct live *l);

#define groups_add_struct(g, key, l)	groups_add((g), (struct slice){ (const char *)(key), sizeof(*(key)) }, (l))

/* --- findings -------------------------------------------------------------------------------------------------------------------- */

/* Where the conn itself says it, else its name: lines that conns share through also= tell nothing about which conn is meant. */
struct span between_place(const struct ir_conn *c, enum keyword_id id, enum side side);
/* "'a'", "'a' and 'b'", "'a', 'b' and 3 others" */
const char *between_names(struct between *b, const live_list *conns);
/* A finding about conns.v[0] and the others, at that place of the second one; the first and some others are related to it. Lists of
 * fewer than two make none: NULL. */
struct finding *between_report(struct between *b, enum rule_id rule, const live_list *conns, enum keyword_id id, enum side side,
			       const char *format, ...) __attribute__((format(printf, 6, 7)));
/* False: this rule has spoken of the two already (they meet in several of their subnets). */
bool between_is_new(struct between *b, enum rule_id rule, const struct live *x, const struct live *y);

/* --- the rules, one function for each file --------------------------------------------------------------------------------------- */

void between_pools(struct between *b);			/* first: it refuses conns */
void between_selectors(struct between *b);
void between_resources(struct between *b);
void between_identities(struct between *b);
void between_virtual(struct between *b);
void between_reach(struct between *b);

#endif
