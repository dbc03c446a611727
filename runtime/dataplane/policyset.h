/* SPDX-License-Identifier: Apache-2.0 */
/* policyset.h -- which policies stand at the moment, and which of several with an equal key is the one in force.
 *
 * There are those of the plan, and those that a negotiation told: they rank as `up`. An `up` policy replaces the `route` policy with
 * equal selector, direction, mark and if_id, and gives way to it again (plan.h); among equals the plan's first one is in force, and
 * the newest that was negotiated before it. Data planes only put and take single policies; the bookkeeping, and taking back after a
 * failure, is here.
 */
#ifndef RUNTIME_DATAPLANE_POLICYSET_H
#define RUNTIME_DATAPLANE_POLICYSET_H

#include "base/map.h"
#include "plan/plan.h"

struct policyset_ops {
	void *context;
	int (*put)(void *context, const struct plan_policy *policy); /* installs, in place of one with an equal key; 0 or -errno */
	int (*take)(void *context, const struct plan_policy *policy);
};

struct policyset_entry {
	const struct plan_policy *policy;
	struct policyset_entry *next_of_conn;	/* in the plan's order */
	struct policyset_entry *next_of_bucket;
	struct policyset_entry *next, *prev;	/* all, those of the plan first */
	bool wanted, negotiated;		/* negotiated: not one of the plan */
};

struct policyset {
	struct arena arena;
	struct map by_conn;			/* those of the plan */
	struct policyset_entry **buckets;	/* by key */
	size_t bucket_mask;
	struct policyset_entry *first, *last;
	struct policyset_ops ops;
};

void policyset_init(struct policyset *set, const struct plan *plan, struct policyset_ops ops);
void policyset_release(struct policyset *set);		/* forgets, takes nothing */
/* Those of the plan. child NULL: of all conns. On failure nothing of this call stands any more, and *ret_culprit (may be NULL) is
 * what was refused. */
int policyset_add(struct policyset *set, const char *child, enum plan_when when, const struct plan_policy **ret_culprit);
int policyset_del(struct policyset *set, const char *child, enum plan_when when);
/* Those that the caller made, and keeps until they are taken back by the same array. -ENOMEM, or as above. */
int policyset_add_negotiated(struct policyset *set, const struct plan_policy *policies, size_t n, const struct plan_policy **ret_culprit);
int policyset_del_negotiated(struct policyset *set, const struct plan_policy *policies, size_t n);
void policyset_clear(struct policyset *set);		/* takes all */

#endif
