/* SPDX-License-Identifier: Apache-2.0 */
/* virtual-private= of config setup against the conns that use it (X-023, X-065 ... X-068). */
#include "compiler/sema/between.h"
#include "proto/prefix_set.h"

struct work {
	struct between *b;
	struct prefix_set allowed, excluded;	/* owners: struct ir_virtual_net */
	const struct live *user;		/* the first conn with %priv; NULL: none */
};

static bool uses_it(const struct live *l)
{
	return live_remote(l)->virtual_subnet && strstr(live_remote(l)->virtual_subnet, "%priv");
}

/* The entry that lets a client claim the network: it lies in an allowed entry and in no excluded one. NULL: none does. */
static const struct ir_virtual_net *claimable(const struct work *w, const struct ip_prefix *net)
{
	const struct prefix_set_entry *allowed = prefix_set_holding(&w->allowed, net);

	return allowed && !prefix_set_holding(&w->excluded, net) ? allowed->owner : NULL;
}

/* --- holes ----------------------------------------------------------------------------------------------------------------------- */

struct hole {
	const struct ir_virtual_net *entry;
	const struct live *first;
	struct ip_prefix net;
	size_t n;
};

/* a client that claims it gets a tunnel for this host's own network. */
static void report_hole(struct work *w, const struct hole *hole)
{
	struct between *b = w->b;
	char text[IP_PREFIX_TEXT];
	struct finding *f = diag_report(b->diag, RULE_VIRTUAL_PRIVATE_HOLE, hole->entry->span,
					"clients may claim %s, a network of this host", ip_prefix_format(&hole->net, text));

	diag_related(b->diag, f, between_place(hole->first->conn, KW_SUBNET, hole->first->local), "conn '%s' has it", hole->first->conn->name);
	diag_related(b->diag, f, between_place(w->user->conn, KW_SUBNET, 1 - w->user->local), "a client of conn '%s' says what is behind it",
		     w->user->conn->name);
	if (hole->n > 1)
		diag_note(b->diag, f, "and %zu more network%s", hole->n - 1, hole->n == 2 ? "" : "s");
	diag_help(b->diag, f, "exclude it: %%v%c:!%s", hole->net.addr.family == AF_INET ? '4' : '6', text);
}

static void look_at(struct work *w, const struct live *l, const struct ip_prefix *net, struct hole *hole, struct map *seen)
{
	const struct ir_virtual_net *entry = net->len ? claimable(w, net) : NULL;
	struct slice key = { (const char *)net, sizeof *net };

	if (!entry || map_get(seen, key))
		return;
	map_set(seen, key, hole);
	if (hole->n++ == 0)
		*hole = (struct hole){ entry, l, *net, 1 };
}

static void check_holes(struct work *w)
{
	struct hole hole = { 0 };
	struct map seen;

	map_init(&seen, w->b->arena);
	for (size_t i = 0; i < w->b->live.n && w->user; i++) {
		const struct live *l = &w->b->live.v[i];
		const struct ir_end *end = live_local(l);

		if (ir_is_shunt(l->conn) || end->modecfg_client)
			continue;
		if (end->has_subnet)
			look_at(w, l, &end->subnet, &hole, &seen);
		for (size_t j = 0; j < end->subnets.n; j++)
			look_at(w, l, &end->subnets.v[j], &hole, &seen);
	}
	if (hole.n)
		report_hole(w, &hole);
}

/* --- the list itself ------------------------------------------------------------------------------------------------------------- */

/* they take nothing away. */
static void check_excluded(struct work *w)
{
	const struct ir_setup *setup = &w->b->ir->setup;
	struct finding *f = NULL;

	for (size_t i = 0; i < setup->virtual_private.n; i++) {
		const struct ir_virtual_net *net = &setup->virtual_private.v[i];
		char text[IP_PREFIX_TEXT];

		if (!net->excluded || prefix_set_holding(&w->allowed, &net->net))
			continue;
		if (f)
			diag_related(w->b->diag, f, net->span, "nor this one");
		else
			f = diag_report(w->b->diag, RULE_VIRTUAL_PRIVATE_NO_EFFECT, net->span, "%s is excluded, but no entry allows it",
					ip_prefix_format(&net->net, text));
	}
}

static const char *missing_networks(const struct work *w, const char *const *networks, size_t n)
{
	const char *missing = NULL;

	for (size_t i = 0; i < n; i++) {
		struct ip_prefix net;

		ip_prefix_parse(slice_of(networks[i]), &net, NULL);
		if (!prefix_set_holding(&w->allowed, &net))
			missing = missing ? arena_printf(w->b->arena, "%s, %s", missing, networks[i]) : networks[i];
	}
	return missing;
}

/* RFC 1918 is what home routers give out; the others are rarer, and named along with it. */
static void check_usual(struct work *w)
{
	static const char *const usual[] = { "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "25.0.0.0/8", "100.64.0.0/10", "fd00::/8" };
	const struct ir_setup *setup = &w->b->ir->setup;
	struct finding *f;

	if (!w->user || setup->virtual_private.n == 0 || !missing_networks(w, usual, 3))
		return;
	f = diag_report(w->b->diag, RULE_VIRTUAL_PRIVATE_INCOMPLETE, between_place(w->user->conn, KW_SUBNET, 1 - w->user->local),
			"clients behind some usual networks are refused");
	diag_set_conn(f, w->user->conn->name);
	diag_related(w->b->diag, f, setup->virtual_private.v[0].span, "the list begins here");
	diag_note(w->b->diag, f, "not in virtual-private: %s", missing_networks(w, usual, sizeof usual / sizeof *usual));
}

/* */
static void check_pools(struct work *w)
{
	for (size_t i = 0; i < w->b->live.n && w->user; i++) {
		const struct live *l = &w->b->live.v[i];
		const struct ip_range *pool = &live_remote(l)->addresspool;
		const struct ir_virtual_net *entry;
		struct ip_prefix first;
		struct finding *f;

		if (pool->first.family == AF_UNSPEC)
			continue;
		first = ip_prefix_of_host(&pool->first);
		entry = claimable(w, &first);
		if (!entry)
			continue;
		f = diag_report(w->b->diag, RULE_POOL_CLAIMABLE, between_place(l->conn, KW_ADDRESSPOOL, 1 - l->local),
				"clients may claim addresses of the pool of conn '%s'", l->conn->name);
		diag_set_conn(f, l->conn->name);
		diag_related(w->b->diag, f, entry->span, "they are allowed here");
		diag_related(w->b->diag, f, between_place(w->user->conn, KW_SUBNET, 1 - w->user->local), "conn '%s' lets its clients say what they have",
			     w->user->conn->name);
		diag_note(w->b->diag, f, "two clients may then have one address");
		return;
	}
}

void between_virtual(struct between *b)
{
	struct work w = { .b = b };

	for (size_t i = 0; i < b->ir->setup.virtual_private.n; i++) {
		const struct ir_virtual_net *net = &b->ir->setup.virtual_private.v[i];

		prefix_set_add(net->excluded ? &w.excluded : &w.allowed, b->arena, &net->net, net);
	}
	prefix_set_sort(&w.allowed);
	prefix_set_sort(&w.excluded);
	for (size_t i = 0; i < b->live.n && !w.user; i++)
		if (uses_it(&b->live.v[i]))
			w.user = &b->live.v[i];
	check_holes(&w);
	check_excluded(&w);
	check_usual(&w);
	check_pools(&w);
}
