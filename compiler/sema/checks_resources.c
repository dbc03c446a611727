/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, names and addresses that conns share without meaning to (section B.2 of the X-rules). */
#include <stdlib.h>

#include "compiler/sema/between.h"
#include "proto/prefix_set.h"

/* --- address pools --------------------------------------------------------------------------------------------------------------- */

struct pool {
	const struct ir_conn *conn;
	enum side side;
	const struct ip_range *range;
	size_t order;		/* of its conn in the file */
};

static int by_first(const void *a, const void *b)
{
	const struct pool *p = a, *q = b;
	int order = ip_addr_cmp(&p->range->first, &q->range->first);

	return order ? order : (p->order > q->order) - (p->order < q->order);
}

static bool same_range(const struct ip_range *a, const struct ip_range *b)
{
	return ip_addr_eq(&a->first, &b->first) && ip_addr_eq(&a->last, &b->last);
}

struct overlap {
	const struct pool *later, *earlier;	/* by the order of loading */
};

static int by_loading(const void *a, const void *b)
{
	const struct overlap *x = a, *y = b;

	if (x->later->order != y->later->order)
		return x->later->order < y->later->order ? -1 : 1;
	return (x->earlier->order > y->earlier->order) - (x->earlier->order < y->earlier->order);
}

/* S-098, S-099, X-020: equal pools are shared, others must not touch; the conn that is loaded later is refused. */
static void report_overlap(struct diag *diag, const struct ir *ir, const struct overlap *o)
{
	const struct ir_conn *later = o->later->conn, *earlier = o->earlier->conn;
	struct finding *f = diag_report(diag, RULE_ADDRESSPOOLS_OVERLAP, ir_origin(later, KW_ADDRESSPOOL, o->later->side),
					"the address pool of conn '%s' overlaps that of conn '%s'", later->name, earlier->name);

	diag_set_conn(f, later->name);
	diag_related(diag, f, ir_origin(earlier, KW_ADDRESSPOOL, o->earlier->side), "the other one");
	diag_note(diag, f, "libreswan %s refuses the conn that is loaded second; only equal pools are shared", release_name(ir->release));
}

void between_pools(struct between *b)
{
	const struct ir *ir = b->ir;
	VEC(struct pool) pools = { 0 };
	VEC(struct overlap) overlaps = { 0 };
	size_t reach = 0;	/* the pool so far that ends last */

	for (size_t i = 0; i < ir->conns.n; i++)
		for (int side = 0; side < 2; side++)
			if (ir_end_has_pool(&ir->conns.v[i]->end[side]))
				vec_push(b->arena, &pools,
					 (struct pool){ ir->conns.v[i], (enum side)side, &ir->conns.v[i]->end[side].addresspool, i });
	if (pools.n)
		qsort(pools.v, pools.n, sizeof *pools.v, by_first);
	for (size_t i = 1; i < pools.n; i++) {
		const struct pool *p = &pools.v[reach], *q = &pools.v[i];

		if (ip_range_has(p->range, &q->range->first) && !same_range(p->range, q->range) && p->conn != q->conn)
			vec_push(b->arena, &overlaps, p->order < q->order ? (struct overlap){ q, p } : (struct overlap){ p, q });
		if (!ip_range_has(p->range, &q->range->last))
			reach = i;
	}
	if (overlaps.n)
		qsort(overlaps.v, overlaps.n, sizeof *overlaps.v, by_loading);
	for (size_t i = 0; i < overlaps.n; i++) {
		const struct overlap *o = &overlaps.v[i];

		/* a conn that is not there is in nobody's way, and one reason is enough */
		if (b->refused[o->earlier->order] || b->refused[o->later->order])
			continue;
		b->refused[o->later->order] = true;
		report_overlap(b->diag, ir, o);
	}
}


/* --- pools and networks ---------------------------------------------------------------------------------------------------------- */

/* Networks behind this host. One host alone may be the client of a pool, as the client writes it. */
static void add_networks(struct between *b, struct prefix_set *networks, const struct live *l)
{
	const struct ir_end *end = live_local(l);

	if (end->has_subnet && end->subnet.len && end->subnet.len < ip_addr_bits(&end->subnet.addr))
		prefix_set_add(networks, b->arena, &end->subnet, l);
	for (size_t i = 0; i < end->subnets.n; i++)
		if (end->subnets.v[i].len && end->subnets.n > 1)
			prefix_set_add(networks, b->arena, &end->subnets.v[i], l);
}

/* X-022. A large network may well have a part that was set aside. */
static void report_pool_in_network(struct between *b, const struct live *l, enum side side, const struct prefix_set_entry *net)
{
	unsigned large = net->prefix.addr.family == AF_INET ? 16 : 48;
	const struct live *owner = net->owner;
	bool several = live_local(owner)->subnets.n > 1;
	char text[IP_PREFIX_TEXT];
	struct finding *f = diag_report(b->diag, RULE_POOL_IN_NETWORK, between_place(l->conn, KW_ADDRESSPOOL, side),
					"the address pool of conn '%s' has addresses of the network %s behind this host", l->conn->name,
					ip_prefix_format(&net->prefix, text));

	diag_set_conn(f, l->conn->name);
	if (net->prefix.len < large)
		diag_set_severity(b->diag, f, SEVERITY_NOTE);
	diag_related(b->diag, f, between_place(owner->conn, several ? KW_SUBNETS : KW_SUBNET, owner->local), "the network");
	diag_note(b->diag, f, "a lease may be a host's address, and the hosts reach it only if this host answers ARP for it");
}

static void check_pools_and_networks(struct between *b)
{
	struct prefix_set networks = { 0 };
	struct map seen;

	map_init(&seen, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		if (!ir_is_shunt(b->live.v[i].conn))
			add_networks(b, &networks, &b->live.v[i]);
	prefix_set_sort(&networks);
	for (size_t i = 0; i < b->live.n; i++)
		for (int side = 0; side < 2; side++) {
			const struct ip_range *range = &b->live.v[i].conn->end[side].addresspool;
			struct slice key = { (const char *)range, sizeof *range };
			const struct prefix_set_entry *net;

			if (range->first.family == AF_UNSPEC || map_get(&seen, key))
				continue;
			map_set(&seen, key, b);
			net = prefix_set_touching(&networks, range);
			if (net)
				report_pool_in_network(b, &b->live.v[i], (enum side)side, net);
		}
}

/* --- reqid ----------------------------------------------------------------------------------------------------------------------- */

static bool same_networks(const struct ir_end *a, const struct ir_end *b)
{
	if (a->has_subnet != b->has_subnet || a->subnets.n != b->subnets.n || a->proto != b->proto || a->port != b->port)
		return false;
	for (size_t i = 0; i < a->subnets.n; i++)
		if (!ip_prefix_eq(&a->subnets.v[i], &b->subnets.v[i]))
			return false;
	return !a->has_subnet || ip_prefix_eq(&a->subnet, &b->subnet);
}

static void report_reqid(struct between *b, const live_list *conns, const char *what)
{
	struct finding *f;

	if (conns->n < 2)
		return;
	f = between_report(b, RULE_SAME_REQID, conns, KW_REQID, SIDE_NONE, "conns %s have the same reqid and different %s",
			   between_names(b, conns), what);
	diag_note(b->diag, f, "the kernel may send the traffic of one through the SA of the other");
	diag_help(b->diag, f, "give each a number of its own, or leave 'reqid' out");
}

/* X-024: the kernel finds an SA for a policy by the reqid. All conns load, and subnets= shares one number by design. */
static void check_reqids(struct between *b)
{
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		if (b->live.v[i].conn->reqid && live_peer(&b->live.v[i]) && !ir_is_shunt(b->live.v[i].conn))
			groups_add_struct(&groups, &b->live.v[i].conn->reqid, &b->live.v[i]);
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		const struct live *first = all->v[0];
		live_list peers = { 0 }, networks = { 0 };

		vec_push(b->arena, &peers, first);
		vec_push(b->arena, &networks, first);
		for (size_t j = 1; j < all->n; j++) {
			if (!live_same_hosts(all->v[j], first))
				vec_push(b->arena, &peers, all->v[j]);
			else if (!same_networks(live_local(all->v[j]), live_local(first)) ||
				 !same_networks(live_remote(all->v[j]), live_remote(first)))
				vec_push(b->arena, &networks, all->v[j]);
		}
		report_reqid(b, &peers, "peers");
		report_reqid(b, &networks, "networks");
	}
}

/* --- devices --------------------------------------------------------------------------------------------------------------------- */

static bool has_one_mark(const struct ir_conn *c)
{
	return c->mark_out.mask && c->mark_out.value != UINT32_MAX;
}

/* X-027: the device has one key, that of the conn whose script makes it. */
static void check_vti_marks(struct between *b)
{
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		if (b->live.v[i].conn->vti_interface && has_one_mark(b->live.v[i].conn))
			groups_add(&groups, slice_of(b->live.v[i].conn->vti_interface), &b->live.v[i]);
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || all->v[j]->conn->mark_out.value != all->v[0]->conn->mark_out.value)
				vec_push(b->arena, &conns, all->v[j]);
		f = between_report(b, RULE_VTI_KEY, &conns, KW_VTI_INTERFACE, SIDE_NONE,
				   "VTI device '%s' is given different marks by conns %s", all->v[0]->conn->vti_interface, between_names(b, &conns));
		if (f)
			diag_note(b->diag, f, "the device has one key, so what is marked otherwise never comes through it");
	}
}

/* X-028: the kernel takes no second tunnel device with equal addresses and key; a shared one has no address for its remote end. */
static void check_vti_devices(struct between *b)
{
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct live *l = &b->live.v[i];
		uint32_t key[2] = { l->conn->mark_out.value, l->host[l->local] };

		if (l->conn->vti_interface && has_one_mark(l->conn))
			groups_add_struct(&groups, &key, l);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		const struct live *first = all->v[0];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || (strcmp(all->v[j]->conn->vti_interface, first->conn->vti_interface) != 0 &&
				       (live_same_hosts(all->v[j], first) || (all->v[j]->conn->vti_shared && first->conn->vti_shared))))
				vec_push(b->arena, &conns, all->v[j]);
		f = between_report(b, RULE_VTI_DEVICES, &conns, KW_VTI_INTERFACE, SIDE_NONE,
				   "VTI devices '%s' and '%s' have the same mark", first->conn->vti_interface, conns.n > 1 ? conns.v[1]->conn->vti_interface : "");
		if (f)
			diag_note(b->diag, f, "the kernel refuses the second one, or a packet comes through either");
	}
}

/* X-030: ipsec-interface makes devices by the names ipsec1, ipsec2, ... */
static void check_device_names(struct between *b)
{
	struct map by_name;

	map_init(&by_name, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		if (b->live.v[i].conn->has_if_id)
			map_set(&by_name, slice_of(arena_printf(b->arena, "ipsec%u", b->live.v[i].conn->if_id)), &b->live.v[i]);
	for (size_t i = 0; i < b->live.n && by_name.n; i++) {
		const struct live *l = &b->live.v[i];
		const struct live *other = l->conn->vti_interface ? map_get(&by_name, slice_of(l->conn->vti_interface)) : NULL;
		struct finding *f;

		if (!other || !between_is_new(b, RULE_DEVICE_NAME_TAKEN, other, other))
			continue;
		f = diag_report(b->diag, RULE_DEVICE_NAME_TAKEN, between_place(l->conn, KW_VTI_INTERFACE, SIDE_NONE),
				"'%s' is the name of another conn's XFRM interface", l->conn->vti_interface);
		diag_set_conn(f, l->conn->name);
		diag_related(b->diag, f, between_place(other->conn, KW_IPSEC_INTERFACE, SIDE_NONE), "conn '%s'", other->conn->name);
		diag_note(b->diag, f, "whichever comes second finds a device of another kind");
	}
}

/* X-029: the number is shared by design, for selectors that are apart. */
static void check_if_ids(struct between *b)
{
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct live *l = &b->live.v[i];
		struct { struct ip_prefix local, remote; uint32_t if_id; } key;

		if (!l->conn->has_if_id || !live_local(l)->has_subnet || !live_remote(l)->has_subnet || live_local(l)->proto ||
		    !live_is_active(l))
			continue;
		memset(&key, 0, sizeof key);
		key.local = live_local(l)->subnet;
		key.remote = live_remote(l)->subnet;
		key.if_id = l->conn->if_id;
		groups_add_struct(&groups, &key, l);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)	/* of one own address: same-traffic and same-tunnel */
			if (j == 0 || all->v[j]->host[all->v[j]->local] != all->v[0]->host[all->v[0]->local])
				vec_push(b->arena, &conns, all->v[j]);
		f = between_report(b, RULE_SAME_IPSEC_INTERFACE, &conns, KW_IPSEC_INTERFACE, SIDE_NONE,
				   "conns %s bring the same networks to one XFRM interface", between_names(b, &conns));
		if (f)
			diag_note(b->diag, f, "their own addresses differ, and the device belongs to the one that comes up first");
	}
}

/* X-032: meant where several conns have one line for it. */
static void check_nflog_groups(struct between *b)
{
	struct groups groups;

	groups_init(&groups, b->arena);
	for (size_t i = 0; i < b->live.n; i++) {
		const struct ir_conn *c = b->live.v[i].conn;
		const struct setting *setting = c->nflog_group ? resolved_get(c->resolved, KW_NFLOG_GROUP, SIDE_NONE) : NULL;

		if (setting && setting->source == SOURCE_CONN)
			groups_add_struct(&groups, &c->nflog_group, &b->live.v[i]);
	}
	for (size_t i = 0; i < groups.shared.n; i++)
		between_report(b, RULE_SAME_NFLOG_GROUP, groups.shared.v[i], KW_NFLOG_GROUP, SIDE_NONE,
			       "conns %s copy their packets to one NFLOG group", between_names(b, groups.shared.v[i]));
}

/* --- names ----------------------------------------------------------------------------------------------------------------------- */

static void report_name(struct between *b, enum rule_id rule, const struct ir_conn *c, struct span place, const struct ir_conn *other,
			const char *message, const char *why)
{
	struct finding *f = diag_report(b->diag, rule, place, "%s", message);

	diag_set_conn(f, c->name);
	diag_related(b->diag, f, other->span, "conn '%s'", other->name);
	diag_note(b->diag, f, "%s", why);
}

/* X-034 */
static void check_aliases(struct between *b, const struct map *by_name, const struct ir_conn *c)
{
	struct slice rest = slice_of(c->connalias ? c->connalias : ""), alias;

	while (slice_split(&rest, " \t,", &alias)) {
		const struct ir_conn *other = alias.n ? map_get(by_name, alias) : NULL;

		if (other && other != c && strcmp(other->name, c->name) != 0)
			report_name(b, RULE_ALIAS_IS_CONN, c, between_place(c, KW_CONNALIAS, SIDE_NONE), other,
				    arena_printf(b->arena, "the alias '" SLICE_FMT "' is the name of a conn", SLICE_ARG(alias)),
				    "the conn is what commands with that name mean, and the alias is never reached");
	}
}

/* "3x2" in NAME/3x2: 0 when it is none; up to the second number. */
static size_t number_of(struct slice *text)
{
	size_t number = 0, i;

	for (i = 0; i < text->n && i < 6 && text->p[i] >= '0' && text->p[i] <= '9'; i++)
		number = number * 10 + (size_t)(text->p[i] - '0');
	*text = slice_sub(*text, i, text->n);
	return number;
}

static size_t subnets_of(const struct ir_end *end)
{
	return end->subnets.n ? end->subnets.n : 1;
}

/* X-035: NAME/IxJ are the members of subnets=, NAME#NET those of a group. */
static void check_generated_name(struct between *b, const struct map *by_name, const struct ir_conn *c)
{
	const char *mark = strpbrk(c->name, "/#");
	struct slice rest = mark ? slice_of(mark + 1) : (struct slice){ 0 };
	const struct ir_conn *other = mark ? map_get(by_name, (struct slice){ c->name, (size_t)(mark - c->name) }) : NULL;
	size_t left, right;
	bool taken;

	if (!other)
		return;
	if (*mark == '#') {
		taken = ir_end_is_group(&other->end[0]) || ir_end_is_group(&other->end[1]);
	} else {
		left = number_of(&rest);
		if (rest.n == 0 || rest.p[0] != 'x')
			return;
		rest = slice_sub(rest, 1, rest.n);
		right = number_of(&rest);
		taken = left && right && rest.n == 0 && left <= subnets_of(&other->end[0]) && right <= subnets_of(&other->end[1]) &&
			(other->end[0].subnets.n > 1 || other->end[1].subnets.n > 1);
	}
	if (taken)
		report_name(b, RULE_GENERATED_NAME, c, c->span, other,
			    arena_printf(b->arena, "'%s' is also the name of a part of conn '%s'", c->name, other->name),
			    "whichever is loaded second replaces the other");
}

static void check_names(struct between *b)
{
	struct map by_name;
	bool unusual = false;

	for (size_t i = 0; i < b->live.n && !unusual; i++)
		unusual = b->live.v[i].conn->connalias || strpbrk(b->live.v[i].conn->name, "/#");
	if (!unusual)
		return;
	map_init(&by_name, b->arena);
	for (size_t i = 0; i < b->live.n; i++)
		map_set(&by_name, slice_of(b->live.v[i].conn->name), (void *)b->live.v[i].conn);
	for (size_t i = 0; i < b->live.n; i++) {
		check_aliases(b, &by_name, b->live.v[i].conn);
		check_generated_name(b, &by_name, b->live.v[i].conn);
	}
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

void between_resources(struct between *b)
{
	check_pools_and_networks(b);
	check_reqids(b);
	check_vti_marks(b);
	check_vti_devices(b);
	check_device_names(b);
	check_if_ids(b);
	check_nflog_groups(b);
	check_names(b);
}
