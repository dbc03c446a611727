/* SPDX-License-Identifier: Apache-2.0 */
/* policyset.h -- which policies of the plan stand at the moment, and which of several with an equal key is the one in force.
 *
 * An `up` policy replaces the `route` policy with equal selector, direction, mark and if_id, and gives way to it again (plan.h).
 * Data planes only put and take single policies; the bookkeeping, and taking back after a failure, is here.
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
	struct policyset_entry *next_of_conn, *next_of_key;	/* in the plan's order */
	struct policyset_entry *first_of_key;
	bool wanted;
};

struct policyset {
	struct arena arena;
	struct map by_conn, by_key;
	struct policyset_entry *entries;
	size_t count;
	struct policyset_ops ops;
};

void policyset_init(struct policyset *set, const struct plan *plan, struct policyset_ops ops);
void policyset_release(struct policyset *set);		/* forgets, takes nothing */
/* child NULL: of all conns. On failure nothing of this call stands any more, and *ret_culprit (may be NULL) is what was refused. */
int policyset_add(struct policyset *set, const char *child, enum plan_when when, const struct plan_policy **ret_culprit);
int policyset_del(struct policyset *set, const char *child, enum plan_when when);
void policyset_clear(struct policyset *set);		/* takes all */

#endif
