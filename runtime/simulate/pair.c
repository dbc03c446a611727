/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "runtime/simulate/simulate.h"

/* Does what `peer` of side `from` calls its remote end fit an end of the other side? */
static bool reaches(const struct sim_lookup *l, unsigned from, const struct plan_end *remote, const struct plan_end *other)
{
	const struct ip_addr *seen = l->seen[1 - from];

	if (remote->kind != PLAN_ADDRESS_FIXED || other->kind != PLAN_ADDRESS_FIXED)
		return true;
	return ip_addr_eq(&remote->addr, seen && seen->family == remote->addr.family ? seen : &other->addr);
}

static bool peers_fit(const struct sim_lookup *l, unsigned from, const struct plan_peer *ours, const struct plan_peer *theirs)
{
	return reaches(l, from, &ours->remote, &theirs->local) && reaches(l, 1 - from, &theirs->remote, &ours->local) &&
	       !(ours->remote.kind != PLAN_ADDRESS_FIXED && theirs->remote.kind != PLAN_ADDRESS_FIXED);
}

bool pair_meets(const struct sim_lookup *l, unsigned from, const struct plan_peer *peer)
{
	const struct plan *other = l->plan[1 - from];

	for (size_t i = 0; i < other->peers.n; i++)
		if (reaches(l, from, &peer->remote, &other->peers.v[i].local))
			return true;
	return false;
}

static bool id_fits(const struct ident *wanted, const struct ident *id)
{
	return wanted->type == IDENT_ANY || ident_matches(wanted, id);
}

enum { FIT_NAME = 1, FIT_FIXED = 2, FIT_ID = 4, FIT_OVERLAP = 8, FIT_SELECTORS = 16 };

static int weigh_peers(const struct plan_peer *a, const struct plan_peer *b)
{
	return (strcmp(a->conn, b->conn) == 0 ? FIT_NAME : 0) +
	       (a->remote.kind == PLAN_ADDRESS_FIXED && b->remote.kind == PLAN_ADDRESS_FIXED ? FIT_FIXED : 0) +
	       (id_fits(&a->remote.id, &b->local.id) && id_fits(&b->remote.id, &a->local.id) ? FIT_ID : 0);
}

typedef const struct traffic_selector *selectors;

static int weigh_selectors(selectors a, size_t an, selectors b, size_t bn)
{
	struct traffic_selector common;
	bool overlap = false, same = an == bn;

	if (!an || !bn)
		return an == bn ? FIT_SELECTORS : 0;
	for (size_t i = 0; i < an; i++) {
		bool found = false;

		for (size_t k = 0; k < bn; k++) {
			found |= ts_eq(&a[i], &b[k]);
			overlap |= ts_intersect(&a[i], &b[k], &common);
		}
		same &= found;
	}
	return same ? FIT_SELECTORS : overlap ? FIT_OVERLAP : 0;
}

static int weigh_children(const struct plan_child *a, const struct plan_child *b)
{
	int local = weigh_selectors(a->local_ts.v, a->local_ts.n, b->remote_ts.v, b->remote_ts.n);
	int remote = weigh_selectors(a->remote_ts.v, a->remote_ts.n, b->local_ts.v, b->local_ts.n);

	return local < remote ? local : remote;
}

int pair_child(const struct sim_lookup *l, unsigned from, const struct plan_child *child)
{
	const struct plan_peer *ours = plan_peer_by_conn(l->plan[from], child->peer), *theirs;
	const struct plan *other = l->plan[1 - from];
	int best = -1, best_weight = -1;

	for (size_t i = 0; i < other->children.n; i++) {
		const struct plan_child *c = &other->children.v[i];
		int weight;

		theirs = plan_peer_by_conn(other, c->peer);
		if (!ours || !theirs || !peers_fit(l, from, ours, theirs))
			continue;
		weight = weigh_peers(ours, theirs) + weigh_children(child, c);
		if (weight > best_weight) {
			best_weight = weight;
			best = (int)i;
		}
	}
	return best;
}
