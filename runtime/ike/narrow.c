/* SPDX-License-Identifier: Apache-2.0 */
/* narrow.c -- traffic selectors of a negotiation: what both ends allow (RFC 7296 section 2.9; I-160 ... I-163). */
#include "runtime/ike/internal.h"

void ts_read(const struct wire_payload *p, struct ts_list *ret)
{
	struct slice rest = wire_ts_list(p);

	ret->n = 0;
	while (ret->n < NARROW_MAX && wire_next_ts(&rest, &ret->v[ret->n]))
		ret->n++;
}

static bool covered(const struct traffic_selector *v, size_t n, const struct traffic_selector *ts)
{
	for (size_t i = 0; i < n; i++)
		if (ts_contains(&v[i], ts))
			return true;
	return false;
}

/* The offered selectors decide the order, so that the one of the packet that triggered the exchange comes first and is never cut
 * off. */
static void intersect(const struct traffic_selector *ours, size_t n, const struct ts_list *offered, struct ts_list *ret)
{
	struct traffic_selector both;

	ret->n = 0;
	for (unsigned i = 0; i < offered->n; i++)
		for (size_t k = 0; k < n && ret->n < NARROW_MAX; k++)
			if (ts_intersect(&offered->v[i], &ours[k], &both) && !covered(ret->v, ret->n, &both))
				ret->v[ret->n++] = both;
}

bool ts_narrow(const struct traffic_selector *ours, size_t n, const struct ts_list *offered, bool narrowing, struct ts_list *ret)
{
	intersect(ours, n, offered, ret);
	if (ret->n == 0)
		return false;
	if (narrowing)
		return true;
	for (size_t i = 0; i < n; i++)		/* I-162: without the keyword nothing of ours may be missing */
		if (!covered(ret->v, ret->n, &ours[i]))
			return false;
	return true;
}

bool ts_within(const struct traffic_selector *outer, size_t n, const struct ts_list *inner)
{
	for (unsigned i = 0; i < inner->n; i++)
		if (!covered(outer, n, &inner->v[i]))
			return false;
	return inner->n > 0;
}

char *ts_list_format(struct arena *a, const struct traffic_selector *v, size_t n)
{
	char text[TS_TEXT], *all = arena_printf(a, "%s", n ? ts_format(&v[0], text) : "nothing");

	for (size_t i = 1; i < n; i++)
		all = arena_printf(a, "%s, %s", all, ts_format(&v[i], text));
	return all;
}
