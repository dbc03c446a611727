/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "runtime/dataplane/policyset.h"

/* What the kernel compares: selector, direction, mark, if_id; not the priority. */
static struct slice key_of(struct arena *a, const struct plan_policy *p)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	return slice_of(arena_printf(a, "%d %s %s %u %u%c %u%c %x/%x %x", p->dir, ip_prefix_format(&p->src, src),
				     ip_prefix_format(&p->dst, dst), p->proto, p->sport, p->sport_set ? '!' : ' ', p->dport,
				     p->dport_set ? '!' : ' ', p->mark.value, p->mark.mask, p->if_id));
}

/* Entries come in reverse, so that pushing in front keeps the plan's order. */
static void link_entry(struct policyset *set, struct policyset_entry *e)
{
	struct slice key = key_of(&set->arena, e->policy);

	e->next_of_conn = map_get(&set->by_conn, slice_of(e->policy->conn));
	map_set(&set->by_conn, slice_of(e->policy->conn), e);
	e->next_of_key = map_get(&set->by_key, key);
	map_set(&set->by_key, key, e);
	for (struct policyset_entry *other = e; other; other = other->next_of_key)
		other->first_of_key = e;
}

void policyset_init(struct policyset *set, const struct plan *plan, struct policyset_ops ops)
{
	*set = (struct policyset){ .ops = ops };
	arena_init(&set->arena);
	map_init(&set->by_conn, &set->arena);
	map_init(&set->by_key, &set->arena);
	set->count = plan->policies.n;
	set->entries = arena_new_array(&set->arena, set->count ? set->count : 1, struct policyset_entry);
	for (size_t i = set->count; i-- > 0; ) {
		set->entries[i].policy = &plan->policies.v[i];
		link_entry(set, &set->entries[i]);
	}
}

void policyset_release(struct policyset *set)
{
	arena_release(&set->arena);
	*set = (struct policyset){ 0 };
}

/* The one in force among equals: up before route before load, then the plan's order. */
static struct policyset_entry *in_force(const struct policyset_entry *any)
{
	struct policyset_entry *best = NULL;

	for (struct policyset_entry *e = any->first_of_key; e; e = e->next_of_key)
		if (e->wanted && (!best || e->policy->when > best->policy->when))
			best = e;
	return best;
}

static int want(struct policyset *set, struct policyset_entry *e)
{
	int error = 0;

	if (e->wanted)
		return 0;
	e->wanted = true;
	if (in_force(e) == e)
		error = set->ops.put(set->ops.context, e->policy);
	if (error)
		e->wanted = false;
	return error;
}

static int unwant(struct policyset *set, struct policyset_entry *e)
{
	struct policyset_entry *heir;
	bool stood = e->wanted && in_force(e) == e;

	e->wanted = false;
	if (!stood)
		return 0;
	heir = in_force(e);
	return heir ? set->ops.put(set->ops.context, heir->policy) : set->ops.take(set->ops.context, e->policy);
}

static struct policyset_entry *first_of(struct policyset *set, const char *child)
{
	if (!child)
		return set->count ? set->entries : NULL;
	return map_get(&set->by_conn, slice_of(child));
}

static struct policyset_entry *next_of(struct policyset *set, const char *child, struct policyset_entry *e)
{
	if (child)
		return e->next_of_conn;
	return e + 1 < set->entries + set->count ? e + 1 : NULL;
}

int policyset_add(struct policyset *set, const char *child, enum plan_when when, const struct plan_policy **ret_culprit)
{
	struct policyset_entry *first = first_of(set, child);

	for (struct policyset_entry *e = first; e; e = next_of(set, child, e)) {
		int error = e->policy->when == when ? want(set, e) : 0;

		if (!error)
			continue;
		if (ret_culprit)
			*ret_culprit = e->policy;
		for (struct policyset_entry *undo = first; undo != e; undo = next_of(set, child, undo))
			if (undo->policy->when == when)
				unwant(set, undo);
		return error;
	}
	return 0;
}

int policyset_del(struct policyset *set, const char *child, enum plan_when when)
{
	int result = 0;

	for (struct policyset_entry *e = first_of(set, child); e; e = next_of(set, child, e)) {
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
