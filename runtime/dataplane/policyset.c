/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>

#include "runtime/dataplane/policyset.h"

/* --- buckets by what the kernel tells policies apart by --------------------------------------------------------------------- */

static uint64_t mix(uint64_t h, const void *p, size_t n)
{
	for (const uint8_t *byte = p; n--; byte++)
		h = (h ^ *byte) * 0x100000001b3u;
	return h;
}

static struct policyset_entry **bucket_of(const struct policyset *set, const struct plan_policy *p)
{
	uint64_t h = 0xcbf29ce484222325u + (unsigned)p->dir;

	h = mix(h, p->src.addr.bytes, ip_addr_size(&p->src.addr));
	h = mix(h, p->dst.addr.bytes, ip_addr_size(&p->dst.addr));
	h = mix(h, (uint8_t[]){ p->src.len, p->dst.len, p->proto }, 3);
	h = mix(h, &p->mark.value, sizeof(p->mark.value));
	return &set->buckets[(h ^ h >> 32) & set->bucket_mask];
}

/* --- entries ------------------------------------------------------------------------------------------------------------------ */

static void link_entry(struct policyset *set, struct policyset_entry *e)
{
	struct policyset_entry **bucket = bucket_of(set, e->policy);

	e->next_of_bucket = *bucket;
	*bucket = e;
}

static void append(struct policyset *set, struct policyset_entry *e)
{
	e->prev = set->last;
	*(set->last ? &set->last->next : &set->first) = e;
	set->last = e;
}

static void unlink_entry(struct policyset *set, struct policyset_entry *e)
{
	struct policyset_entry **at = bucket_of(set, e->policy);

	while (*at != e)
		at = &(*at)->next_of_bucket;
	*at = e->next_of_bucket;
	*(e->prev ? &e->prev->next : &set->first) = e->next;
	*(e->next ? &e->next->prev : &set->last) = e->prev;
}

void policyset_init(struct policyset *set, const struct plan *plan, struct policyset_ops ops)
{
	struct policyset_entry *entries;
	size_t n = plan->policies.n, buckets = 64;

	*set = (struct policyset){ .ops = ops };
	arena_init(&set->arena);
	map_init(&set->by_conn, &set->arena);
	while (buckets < n)
		buckets *= 2;
	set->buckets = arena_new_array(&set->arena, buckets, struct policyset_entry *);
	set->bucket_mask = buckets - 1;
	entries = arena_new_array(&set->arena, n ? n : 1, struct policyset_entry);
	for (size_t i = 0; i < n; i++) {
		entries[i].policy = &plan->policies.v[i];
		append(set, &entries[i]);
	}
	for (size_t i = n; i-- > 0; ) {		/* in reverse, so that pushing in front keeps the plan's order */
		struct slice conn = slice_of(entries[i].policy->conn);

		entries[i].next_of_conn = map_get(&set->by_conn, conn);
		map_set(&set->by_conn, conn, &entries[i]);
		link_entry(set, &entries[i]);
	}
}

static struct policyset_entry *find(struct policyset *set, const struct plan_policy *policy)
{
	struct policyset_entry *e = *bucket_of(set, policy);

	while (e && e->policy != policy)
		e = e->next_of_bucket;
	return e;
}

static void forget(struct policyset *set, struct policyset_entry *e)
{
	unlink_entry(set, e);
	free(e);
}

void policyset_release(struct policyset *set)
{
	while (set->last && set->last->negotiated)
		forget(set, set->last);
	arena_release(&set->arena);
	*set = (struct policyset){ 0 };
}

/* --- which one is in force ---------------------------------------------------------------------------------------------------- */

/* The one in force among equals: up before route before load, then the one in front. */
static struct policyset_entry *in_force(const struct policyset *set, const struct plan_policy *policy)
{
	struct policyset_entry *best = NULL;

	for (struct policyset_entry *e = *bucket_of(set, policy); e; e = e->next_of_bucket)
		if (e->wanted && plan_slot_cmp(e->policy, policy) == 0 && (!best || e->policy->when > best->policy->when))
			best = e;
	return best;
}

static int want(struct policyset *set, struct policyset_entry *e)
{
	int error = 0;

	if (e->wanted)
		return 0;
	e->wanted = true;
	if (in_force(set, e->policy) == e)
		error = set->ops.put(set->ops.context, e->policy);
	if (error)
		e->wanted = false;
	return error;
}

static int unwant(struct policyset *set, struct policyset_entry *e)
{
	struct policyset_entry *heir;
	bool stood = e->wanted && in_force(set, e->policy) == e;

	e->wanted = false;
	if (!stood)
		return 0;
	heir = in_force(set, e->policy);
	return heir ? set->ops.put(set->ops.context, heir->policy) : set->ops.take(set->ops.context, e->policy);
}

/* --- those of the plan -------------------------------------------------------------------------------------------------------- */

static struct policyset_entry *first_of(struct policyset *set, const char *child)
{
	return child ? map_get(&set->by_conn, slice_of(child)) : set->first;
}

static struct policyset_entry *next_of(const char *child, struct policyset_entry *e)
{
	return child ? e->next_of_conn : e->next;
}

int policyset_add(struct policyset *set, const char *child, enum plan_when when, const struct plan_policy **ret_culprit)
{
	struct policyset_entry *first = first_of(set, child);

	for (struct policyset_entry *e = first; e; e = next_of(child, e)) {
		int error = e->policy->when == when ? want(set, e) : 0;

		if (!error)
			continue;
		if (ret_culprit)
			*ret_culprit = e->policy;
		for (struct policyset_entry *undo = first; undo != e; undo = next_of(child, undo))
			if (undo->policy->when == when)
				unwant(set, undo);
		return error;
	}
	return 0;
}

int policyset_del(struct policyset *set, const char *child, enum plan_when when)
{
	int result = 0;

	for (struct policyset_entry *e = first_of(set, child); e; e = next_of(child, e)) {
		int error = e->policy->when == when ? unwant(set, e) : 0;

		if (error && !result)
			result = error;
	}
	return result;
}

void policyset_clear(struct policyset *set)
{
	static const enum plan_when order[] = { PLAN_WHEN_UP, PLAN_WHEN_ROUTE, PLAN_WHEN_LOAD };

	for (unsigned i = 0; i < sizeof(order) / sizeof(*order); i++)
		policyset_del(set, NULL, order[i]);
}

/* --- those that were negotiated ----------------------------------------------------------------------------------------------- */

static int add_one(struct policyset *set, const struct plan_policy *policy)
{
	struct policyset_entry *e = calloc(1, sizeof(*e));
	int error;

	if (!e)
		return -ENOMEM;
	e->policy = policy;
	e->negotiated = true;
	append(set, e);
	link_entry(set, e);
	error = want(set, e);
	if (error)
		forget(set, e);
	return error;
}

int policyset_add_negotiated(struct policyset *set, const struct plan_policy *policies, size_t n, const struct plan_policy **ret_culprit)
{
	for (size_t i = 0; i < n; i++) {
		int error = add_one(set, &policies[i]);

		if (!error)
			continue;
		if (ret_culprit)
			*ret_culprit = &policies[i];
		policyset_del_negotiated(set, policies, i);
		return error;
	}
	return 0;
}

int policyset_del_negotiated(struct policyset *set, const struct plan_policy *policies, size_t n)
{
	int result = 0;

	for (size_t i = n; i-- > 0; ) {
		struct policyset_entry *e = find(set, &policies[i]);
		int error = e ? unwant(set, e) : -ENOENT;

		if (error && !result)
			result = error;
		if (e)
			forget(set, e);
	}
	return result;
}
