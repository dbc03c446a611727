/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/prefix_set.h"

#include <stdlib.h>

void prefix_set_add(struct prefix_set *s, struct arena *a, const struct ip_prefix *prefix, const void *owner)
{
	vec_push(a, &s->entries, (struct prefix_set_entry){ .prefix = *prefix, .owner = owner, .order = s->entries.n });
}

static int compare(const void *x, const void *y)
{
	const struct prefix_set_entry *a = x, *b = y;
	int order = ip_prefix_cmp(&a->prefix, &b->prefix);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* From entry n outwards, the first that holds `inner`: index + 1. */
static size_t outwards(const struct prefix_set *s, size_t n, const struct ip_prefix *inner)
{
	while (n && !ip_prefix_contains(&s->entries.v[n - 1].prefix, inner))
		n = s->entries.v[n - 1].outer;
	return n;
}

void prefix_set_sort(struct prefix_set *s)
{
	if (s->entries.n)
		qsort(s->entries.v, s->entries.n, sizeof *s->entries.v, compare);
	for (size_t i = 0; i < s->entries.n; i++)
		s->entries.v[i].outer = outwards(s, i, &s->entries.v[i].prefix);
}

/* How many stand before the first that is behind `p`, or with `equal` not before it. */
static size_t place_of(const struct prefix_set *s, const struct ip_prefix *p, bool equal)
{
	size_t low = 0, high = s->entries.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = ip_prefix_cmp(&s->entries.v[middle].prefix, p);

		if (equal ? order >= 0 : order > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

const struct prefix_set_entry *prefix_set_holding(const struct prefix_set *s, const struct ip_prefix *inner)
{
	size_t n = outwards(s, place_of(s, inner, false), inner);

	return n ? &s->entries.v[n - 1] : NULL;
}

const struct prefix_set_entry *prefix_set_outer(const struct prefix_set *s, const struct prefix_set_entry *e)
{
	return e->outer ? &s->entries.v[e->outer - 1] : NULL;
}

const struct prefix_set_entry *prefix_set_touching(const struct prefix_set *s, const struct ip_range *range)
{
	struct ip_prefix first = { .addr = range->first, .len = 0 }, host = ip_prefix_of_host(&range->first);
	size_t n = place_of(s, &first, true);

	if (n < s->entries.n && ip_range_has(range, &s->entries.v[n].prefix.addr))
		return &s->entries.v[n];
	return prefix_set_holding(s, &host);
}
