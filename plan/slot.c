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
