/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/selectors.h"

#include <stdlib.h>

#include "base/limits.h"

/* --- which there are ------------------------------------------------------------------------------------------------------------- */

/* The networks of an end. Returns how many, 0: it is not known before a peer comes. `one` holds what is not in the IR. */
static size_t networks_of(const struct live *l, enum side side, struct ip_prefix *one, const struct ip_prefix **ret)
{
	const struct ir_end *end = &l->conn->end[side];

	if (end->virtual_subnet || ir_end_has_pool(end) || end->modecfg_client)
		return 0;
	*ret = one;
	if (end->subnets.n > 1) {
		*ret = end->subnets.v;
		return end->subnets.n;
	}
	if (end->has_subnet)
		*one = end->subnet;
	else if (end->host_kind == IR_HOST_ADDR)
		*one = ip_prefix_of_host(&end->host);
	else if (side == l->local && l->host[side])
		*one = (struct ip_prefix){ .addr = { .family = AF_INET }, .len = 32 };
	else
		return 0;
	return 1;
}

void selectors_add(struct selectors *s, struct arena *a, const struct live *l)
{
	const struct ir_end *here = live_local(l), *there = live_remote(l);
	const struct ip_prefix *local, *remote;
	struct ip_prefix one[2];
	size_t locals = networks_of(l, l->local, &one[0], &local), remotes = networks_of(l, 1 - l->local, &one[1], &remote);

	/* more are no plan either: IC8006 and IC8010 */
	if (locals * remotes > LIMIT_SUBNET_PAIRS || s->all.n + locals * remotes > LIMIT_CHILDREN)
		return;
	for (size_t i = 0; i < locals; i++)
		for (size_t j = 0; j < remotes; j++)
			vec_push(a, &s->all, (struct selector){
				.live = l, .host = l->host[l->local], .local = local[i], .remote = remote[j],
				.proto = here->proto ? here->proto : there->proto, .local_port = here->port, .remote_port = there->port,
			});
}

/* --- order ----------------------------------------------------------------------------------------------------------------------- */

static int compare(const void *x, const void *y)
{
	const struct selector *a = x, *b = y;
	int order;

	if (a->host != b->host)
		return a->host < b->host ? -1 : 1;
	order = ip_prefix_cmp(&a->remote, &b->remote);
	order = order ? order : ip_prefix_cmp(&a->local, &b->local);
	order = order ? order : (a->proto > b->proto) - (a->proto < b->proto);
	order = order ? order : (a->remote_port > b->remote_port) - (a->remote_port < b->remote_port);
	order = order ? order : (a->local_port > b->local_port) - (a->local_port < b->local_port);
	return order ? order : (a->live > b->live) - (a->live < b->live);
}

/* The last one that stands before this one and encloses it: a walk outwards from the one just before. */
static uint32_t outer_box(const struct selectors *s, const struct node *node, uint32_t box)
{
	uint32_t outer = box == node->first ? SELECTORS_NONE : box - 1;

	while (outer != SELECTORS_NONE && !ip_prefix_contains(&box_selector(s, outer)->local, &box_selector(s, box)->local))
		outer = s->boxes.v[outer].outer;
	return outer;
}

static const struct selector *node_selector(const struct selectors *s, uint32_t node)
{
	return box_selector(s, s->nodes.v[node].first);
}

static uint32_t outer_node(const struct selectors *s, uint32_t node)
{
	uint32_t outer = node ? node - 1 : SELECTORS_NONE;

	while (outer != SELECTORS_NONE && (node_selector(s, outer)->host != node_selector(s, node)->host ||
					   !ip_prefix_contains(&node_selector(s, outer)->remote, &node_selector(s, node)->remote)))
		outer = s->nodes.v[outer].outer;
	return outer;
}

void selectors_sort(struct selectors *s, struct arena *a)
{
	if (s->all.n)
		qsort(s->all.v, s->all.n, sizeof *s->all.v, compare);
	vec_reserve(a, &s->boxes, s->all.n);
	vec_reserve(a, &s->nodes, s->all.n);
	for (uint32_t i = 0; i < s->all.n; i++) {
		const struct selector *now = &s->all.v[i], *before = i ? now - 1 : NULL;
		bool same_node = before && before->host == now->host && ip_prefix_eq(&before->remote, &now->remote);
		struct node *node;

		if (same_node && ip_prefix_eq(&before->local, &now->local)) {
			s->boxes.v[s->boxes.n - 1].n++;
			continue;
		}
		if (!same_node)
			vec_push(a, &s->nodes, (struct node){ (uint32_t)s->boxes.n, 0, SELECTORS_NONE });
		node = &s->nodes.v[s->nodes.n - 1];
		vec_push(a, &s->boxes, (struct box){ i, 1, SELECTORS_NONE });
		s->boxes.v[s->boxes.n - 1].outer = outer_box(s, node, (uint32_t)s->boxes.n - 1);
		if (node->n++ == 0)
			node->outer = outer_node(s, (uint32_t)s->nodes.n - 1);
	}
}

/* --- questions ------------------------------------------------------------------------------------------------------------------- */

/* The first box of the node that stands behind `local` in the order. */
static uint32_t first_behind(const struct selectors *s, uint32_t node, const struct ip_prefix *local)
{
	uint32_t low = s->nodes.v[node].first, high = low + s->nodes.v[node].n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (ip_prefix_cmp(&box_selector(s, middle)->local, local) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

uint32_t selectors_enclosing(const struct selectors *s, uint32_t node, const struct ip_prefix *local)
{
	uint32_t behind = first_behind(s, node, local), box = behind == s->nodes.v[node].first ? SELECTORS_NONE : behind - 1;

	while (box != SELECTORS_NONE && !ip_prefix_contains(&box_selector(s, box)->local, local))
		box = s->boxes.v[box].outer;
	return box;
}

uint32_t selectors_within(const struct selectors *s, uint32_t node, const struct ip_prefix *local)
{
	uint32_t box = first_behind(s, node, local);

	if (box == s->nodes.v[node].first + s->nodes.v[node].n || !ip_prefix_contains(local, &box_selector(s, box)->local))
		return SELECTORS_NONE;
	return box;
}

static int compare_node(const struct selectors *s, uint32_t node, uint32_t host, const struct ip_prefix *remote)
{
	const struct selector *first = node_selector(s, node);

	if (first->host != host)
		return first->host < host ? -1 : 1;
	return ip_prefix_cmp(&first->remote, remote);
}

uint32_t selectors_node(const struct selectors *s, uint32_t host, const struct ip_prefix *remote)
{
	uint32_t low = 0, high = (uint32_t)s->nodes.n, node;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (compare_node(s, middle, host, remote) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	node = low ? low - 1 : SELECTORS_NONE;
	while (node != SELECTORS_NONE &&
	       (node_selector(s, node)->host != host || !ip_prefix_contains(&node_selector(s, node)->remote, remote)))
		node = s->nodes.v[node].outer;
	return node;
}

/* --- text ------------------------------------------------------------------------------------------------------------------------ */

static const char *network_text(struct arena *a, const struct ip_prefix *p)
{
	char text[IP_PREFIX_TEXT];

	if (p->len == 32 && p->addr.family == AF_INET && ip_addr_is_zero(&p->addr))
		return "this host";
	return arena_strdup(a, slice_of(ip_prefix_format(p, text)));
}

const char *selector_text(struct arena *a, const struct selector *s)
{
	bool turned = s->live->local == SIDE_RIGHT;
	const char *left = network_text(a, turned ? &s->remote : &s->local), *right = network_text(a, turned ? &s->local : &s->remote);

	return arena_printf(a, "%s <-> %s", left, right);
}
