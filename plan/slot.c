/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

static int compare(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int order = ip_addr_cmp(&a->addr, &b->addr);

	return order ? order : compare(a->len, b->len);
}

/* A port that is any comes before one that is really 0. */
static uint64_t port_key(bool set, uint16_t port)
{
	return (uint64_t)set << 16 | port;
}

int plan_slot_cmp(const struct plan_policy *a, const struct plan_policy *b)
{
	int order = compare(a->dir, b->dir);

	order = order ? order : prefix_cmp(&a->src, &b->src);
	order = order ? order : prefix_cmp(&a->dst, &b->dst);
	order = order ? order : compare(a->proto, b->proto);
	order = order ? order : compare(port_key(a->sport_set, a->sport), port_key(b->sport_set, b->sport));
	order = order ? order : compare(port_key(a->dport_set, a->dport), port_key(b->dport_set, b->dport));
	order = order ? order : compare(a->mark.value, b->mark.value);
	order = order ? order : compare(a->mark.mask, b->mark.mask);
	return order ? order : compare(a->if_id, b->if_id);
}

size_t plan_slot_first(const struct plan_policy *const *list, size_t n, const struct plan_policy *policy)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (plan_slot_cmp(list[middle], policy) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct plan_policy *plan_slot_find(const struct plan_policy *const *list, size_t n, const struct plan_policy *policy)
{
	size_t i = plan_slot_first(list, n, policy);

	return i < n && plan_slot_cmp(list[i], policy) == 0 ? list[i] : NULL;
}
