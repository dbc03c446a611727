/* SPDX-License-Identifier: Apache-2.0 */
/* Conns that select the same traffic, or parts of each other's (section B.1 of the X-rules). */
#include <stdlib.h>

#include "compiler/sema/selectors.h"

struct work {
	struct between *b;
	struct selectors tunnels, shunts;	/* shunts: as of one host, 0 */
	live_list **inside, **across, **peers, **shunted;	/* by place in b->live: another conn, then the conn itself, then further others */
};

/* The kernel, and pluto's search for the owner of a route, keep them apart: both directions must differ (route_owner). A mark of -1 is
 * one of its own for each SA (S-352). */
static bool are_separated(const struct ir_conn *a, const struct ir_conn *b)
{
	uint32_t in[2] = { a->mark_in.value & a->mark_in.mask, b->mark_in.value & b->mark_in.mask };
	uint32_t out[2] = { a->mark_out.value & a->mark_out.mask, b->mark_out.value & b->mark_out.mask };

	if (a->if_id != b->if_id || a->mark_in.value == UINT32_MAX || b->mark_in.value == UINT32_MAX)
		return true;
	return in[0] != in[1] && out[0] != out[1];
}

static bool is_marked(const struct ir_conn *c)
{
	return c->mark_in.mask || c->mark_out.mask || c->has_if_id;
}

/* Its policies depend on a peer that is not known yet, or on what the peer proposes. */
static bool is_instantiated(const struct live *l)
{
	return live_peer(l) == 0 || l->conn->narrowing || live_local(l)->port_any || live_remote(l)->port_any;
}

/* --- equal selectors ------------------------------------------------------------------------------------------------------------- */

/* the same settings, whatever they are. */
static bool are_equal(const struct ir_conn *a, const struct ir_conn *b)
{
	if (a->resolved->settings.n != b->resolved->settings.n)
		return false;
	for (size_t i = 0; i < a->resolved->settings.n; i++) {
		const struct setting *x = a->resolved->settings.v[i], *y = b->resolved->settings.v[i];

		if (x->keyword != y->keyword || x->side != y->side || !slice_eq(x->param->value.text, y->param->value.text))
			return false;
	}
	return true;
}

/* all releases load both; what is routed second fails. */
static void report_same_traffic(struct between *b, const live_list *conns, const struct selector *s, bool active)
{
	struct finding *f;

	if (conns->n < 2 || !between_is_new(b, RULE_SAME_TRAFFIC, conns->v[0], conns->v[1]))
		return;
	f = between_report(b, RULE_SAME_TRAFFIC, conns, KW_NONE, SIDE_NONE, "conns %s protect the same traffic to different peers",
			   between_names(b, conns));
	diag_caret(b->diag, f, "%s", selector_text(b->arena, s));
	if (active) {
		diag_note(b->diag, f, "whichever is routed second fails with \"cannot route -- route already in use\"");
		return;
	}
	diag_set_severity(b->diag, f, SEVERITY_NOTE);
	diag_note(b->diag, f, "only one of them can be up");
}

/* */
static void report_same_tunnel(struct between *b, const live_list *conns, const struct selector *s, bool active)
{
	bool equal = conns->n >= 2 && are_equal(conns->v[0]->conn, conns->v[1]->conn);
	struct finding *f;

	if (conns->n < 2 || (!active && !equal) || !between_is_new(b, RULE_SAME_TUNNEL, conns->v[0], conns->v[1]))
		return;
	f = between_report(b, RULE_SAME_TUNNEL, conns, KW_NONE, SIDE_NONE, "conns %s protect the same traffic between the same hosts",
			   between_names(b, conns));
	diag_caret(b->diag, f, "%s", selector_text(b->arena, s));
	if (equal)
		diag_note(b->diag, f, "they differ in nothing but the name");
	if (active)
		diag_note(b->diag, f, "whichever is routed second fails with \"cannot install eroute -- it is in use\"");
	else
		diag_set_severity(b->diag, f, SEVERITY_NOTE);
}

/* */
static void report_template(struct between *b, const live_list *conns, const struct selector *s)
{
	struct finding *f;

	if (conns->n < 2 || !between_is_new(b, RULE_TEMPLATE_TAKES_TRAFFIC, conns->v[0], conns->v[1]))
		return;
	f = between_report(b, RULE_TEMPLATE_TAKES_TRAFFIC, conns, KW_NONE, SIDE_NONE,
			   "conn '%s' may take over the traffic of conn '%s'", conns->v[1]->conn->name, conns->v[0]->conn->name);
	diag_caret(b->diag, f, "%s", selector_text(b->arena, s));
	diag_note(b->diag, f, "when a peer comes for it, the policy that conn '%s' has is taken away", conns->v[0]->conn->name);
}

/* Conns with one policy key, which nothing keeps apart. */
static void judge_equal(struct between *b, const live_list *all, const struct selector *s)
{
	live_list other_peer = { 0 }, same_peer = { 0 }, templates = { 0 }, waiting = { 0 }, alike = { 0 };
	const struct live *active = NULL, *fixed = NULL;

	for (size_t i = 0; i < all->n && !active; i++)
		active = live_is_active(all->v[i]) && !is_instantiated(all->v[i]) ? all->v[i] : NULL;
	for (size_t i = 0; i < all->n && !fixed; i++)
		fixed = is_instantiated(all->v[i]) ? NULL : all->v[i];
	for (size_t i = 0; i < all->n; i++) {
		const struct live *l = all->v[i];

		if (active && (l == active || (is_instantiated(l) && !live_same_hosts(l, active))))
			vec_push(b->arena, &templates, l);
		if (!fixed || is_instantiated(l))
			continue;
		if (active && (l == active || (live_is_active(l) && !live_same_hosts(l, active))))
			vec_push(b->arena, &other_peer, l);
		if (active && live_is_active(l) && live_same_hosts(l, active))
			vec_push(b->arena, &same_peer, l);
		if (l == fixed || !live_same_hosts(l, fixed))
			vec_push(b->arena, &waiting, l);
		if (live_same_hosts(l, fixed))
			vec_push(b->arena, &alike, l);
	}
	report_same_traffic(b, other_peer.n > 1 ? &other_peer : &waiting, s, other_peer.n > 1);
	report_same_tunnel(b, same_peer.n > 1 ? &same_peer : &alike, s, same_peer.n > 1);
	if (active && templates.n > 1 && templates.v[0] == active)
		report_template(b, &templates, s);
}

/* Selectors first..end-1 have one policy key. Each direction of the marks makes groups of its own; most conns have none. */
static void split_by_marks(struct work *w, size_t first, size_t end)
{
	for (int direction = 0; direction < 2; direction++) {
		struct groups groups;
		bool marked = false;

		groups_init(&groups, w->b->arena);
		for (size_t i = first; i < end; i++) {
			const struct ir_conn *c = w->tunnels.all.v[i].live->conn;
			const struct plan_mark *mark = direction ? &c->mark_out : &c->mark_in;
			uint32_t key[2] = { c->if_id, mark->value & mark->mask };

			marked |= mark->mask != 0;
			if (i > first && w->tunnels.all.v[i - 1].live == w->tunnels.all.v[i].live)
				continue;	/* subnets= of one conn that overlap */
			if (mark->value != UINT32_MAX)
				groups_add_struct(&groups, &key, w->tunnels.all.v[i].live);
		}
		for (size_t i = 0; i < groups.shared.n; i++)
			judge_equal(w->b, groups.shared.v[i], &w->tunnels.all.v[first]);
		if (!marked)
			return;
	}
}

/* policies of the same networks over IPv4 and over IPv6 are one policy. */
static void check_outer_families(struct work *w)
{
	struct groups groups;
	bool seen[2] = { false, false };

	for (size_t i = 0; i < w->b->live.n; i++)
		if (live_local(&w->b->live.v[i])->host_kind == IR_HOST_ADDR)
			seen[live_local(&w->b->live.v[i])->host.family == AF_INET6] = true;
	groups_init(&groups, w->b->arena);
	for (size_t i = 0; i < w->tunnels.all.n && seen[0] && seen[1]; i++) {
		const struct selector *s = &w->tunnels.all.v[i];
		struct { struct ip_prefix local, remote; uint32_t if_id, mark, ports, proto; } key;

		if (!live_is_active(s->live) || is_instantiated(s->live) || live_local(s->live)->host_kind != IR_HOST_ADDR)
			continue;
		memset(&key, 0, sizeof key);
		key.local = s->local;
		key.remote = s->remote;
		key.if_id = s->live->conn->if_id;
		key.mark = s->live->conn->mark_out.value & s->live->conn->mark_out.mask;
		key.ports = (uint32_t)s->local_port << 16 | s->remote_port;
		key.proto = s->proto;
		groups_add_struct(&groups, &key, s->live);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || live_local(all->v[j])->host.family != live_local(all->v[0])->host.family)
				vec_push(w->b->arena, &conns, all->v[j]);
		if (conns.n < 2 || !between_is_new(w->b, RULE_SAME_TRAFFIC, conns.v[0], conns.v[1]))
			continue;
		f = between_report(w->b, RULE_SAME_TRAFFIC, &conns, KW_NONE, SIDE_NONE,
				   "conns %s protect the same traffic over IPv4 and over IPv6", between_names(w->b, &conns));
		diag_set_severity(w->b->diag, f, SEVERITY_WARNING);
		diag_note(w->b->diag, f, "the kernel has one policy for it, and only one of them can be up");
	}
}

static bool same_policy_key(const struct selector *a, const struct selector *b)
{
	return a->proto == b->proto && a->remote_port == b->remote_port && a->local_port == b->local_port;
}

/* */
static void check_ports_beside_all(struct work *w, const struct box *box)
{
	const struct selector *all = &w->tunnels.all.v[box->first];
	live_list conns = { 0 };
	struct finding *f;
	enum side side;

	vec_push(w->b->arena, &conns, all->live);
	for (size_t i = 1; i < box->n && all->proto == 0; i++) {
		const struct selector *s = all + i;

		if (s->proto && live_same_hosts(s->live, all->live) && !are_separated(s->live->conn, all->live->conn))
			vec_push(w->b->arena, &conns, s->live);
	}
	if (conns.n < 2 || !between_is_new(w->b, RULE_PORT_BESIDE_ALL, conns.v[0], conns.v[1]))
		return;
	side = live_remote(conns.v[1])->proto ? 1 - conns.v[1]->local : conns.v[1]->local;
	f = between_report(w->b, RULE_PORT_BESIDE_ALL, &conns, KW_PROTOPORT, side, "conn '%s' takes some protocols out of conn '%s'",
			   conns.v[1]->conn->name, conns.v[0]->conn->name);
	diag_note(w->b->diag, f, "that traffic has a tunnel of its own, and is stopped when only the other one is up");
}

static void check_equal(struct work *w)
{
	for (size_t i = 0; i < w->tunnels.boxes.n; i++) {
		const struct box *box = &w->tunnels.boxes.v[i];
		size_t end = box->first + box->n;

		for (size_t first = box->first, next = first; first < end; first = next) {
			while (next < end && same_policy_key(&w->tunnels.all.v[first], &w->tunnels.all.v[next]))
				next++;
			if (next - first > 1)
				split_by_marks(w, first, next);
		}
		if (box->n > 1)
			check_ports_beside_all(w, box);
	}
}

/* the next hop is compared even where no route needs it (4.10 on xfrm, run). */
static void check_nexthops(struct work *w)
{
	struct groups groups;

	groups_init(&groups, w->b->arena);
	for (size_t i = 0; i < w->tunnels.all.n; i++) {
		const struct selector *s = &w->tunnels.all.v[i];
		struct { struct ip_prefix remote; uint32_t host, if_id, mark, port, proto; } key;

		if (live_local(s->live)->nexthop.family == AF_UNSPEC || !live_is_active(s->live) || is_instantiated(s->live))
			continue;
		memset(&key, 0, sizeof key);
		key.remote = s->remote;
		key.host = s->host;
		key.if_id = s->live->conn->if_id;
		key.mark = s->live->conn->mark_out.value;
		key.port = s->remote_port;
		key.proto = s->proto;
		groups_add_struct(&groups, &key, s->live);
	}
	for (size_t i = 0; i < groups.shared.n; i++) {
		const live_list *all = groups.shared.v[i];
		live_list conns = { 0 };
		struct finding *f;

		for (size_t j = 0; j < all->n; j++)
			if (j == 0 || !ip_addr_eq(&live_local(all->v[j])->nexthop, &live_local(all->v[0])->nexthop))
				vec_push(w->b->arena, &conns, all->v[j]);
		if (conns.n < 2 || !between_is_new(w->b, RULE_SAME_ROUTE, conns.v[0], conns.v[1]))
			continue;
		f = between_report(w->b, RULE_SAME_ROUTE, &conns, KW_NEXTHOP, conns.v[1]->local,
				   "conns %s lead to the same network by different next hops", between_names(w->b, &conns));
		diag_note(w->b->diag, f, "whichever is routed second fails with \"cannot route -- route already in use\"");
		diag_help(w->b->diag, f, "leave 'nexthop' out: with XFRM the kernel's own routes are taken");
	}
}

/* --- selectors within others, or across ------------------------------------------------------------------------------------------ */

static void note(struct work *w, live_list **lists, enum rule_id rule, const struct live *holder, const struct live *other)
{
	live_list **list = &lists[holder - w->b->live.v];

	if (!between_is_new(w->b, rule, holder, other))
		return;
	if (!*list) {
		*list = arena_new(w->b->arena, live_list);
		vec_push(w->b->arena, *list, other);
		vec_push(w->b->arena, *list, holder);
		return;
	}
	vec_push(w->b->arena, *list, other);
}

static bool holds_protocol(const struct selector *outer, const struct selector *inner)
{
	return (outer->proto == 0 || outer->proto == inner->proto) &&
	       (outer->local_port == 0 || outer->local_port == inner->local_port) &&
	       (outer->remote_port == 0 || outer->remote_port == inner->remote_port);
}

static bool concern_each_other(const struct selector *outer, const struct selector *inner)
{
	return outer->live != inner->live && !live_same_hosts(outer->live, inner->live) && holds_protocol(outer, inner) &&
	       !are_separated(outer->live->conn, inner->live->conn);
}

#define NEIGHBOURS_SEEN	8u	/* of a box or of networks side by side: more are the same story */

/* The selector of the box that concerns `s` as its holder, or the other way round; NULL: none. */
static const struct selector *concerned(const struct selectors *all, uint32_t box, const struct selector *s, bool holder)
{
	const struct selector *first = box_selector(all, box);

	for (uint32_t i = 0; i < all->boxes.v[box].n && i < NEIGHBOURS_SEEN; i++)
		if (holder ? concern_each_other(first + i, s) : concern_each_other(s, first + i))
			return first + i;
	return NULL;
}

/* the next larger one to another peer. */
static void find_holder(struct work *w, const struct selector *s, uint32_t node, uint32_t box)
{
	const struct selectors *all = &w->tunnels;
	const struct selector *holder;

	box = all->boxes.v[box].outer;
	for (;;) {
		for (; box != SELECTORS_NONE; box = all->boxes.v[box].outer) {
			holder = concerned(all, box, s, true);
			if (holder) {
				note(w, w->inside, RULE_NARROWER_CONN, holder->live, s->live);
				return;
			}
		}
		node = all->nodes.v[node].outer;
		if (node == SELECTORS_NONE)
			return;
		box = selectors_enclosing(all, node, &s->local);
	}
}

/* those whose remote network holds ours while our local one holds theirs. */
static void find_across(struct work *w, const struct selector *s, uint32_t node)
{
	const struct selectors *all = &w->tunnels;

	for (node = all->nodes.v[node].outer; node != SELECTORS_NONE; node = all->nodes.v[node].outer) {
		uint32_t end = all->nodes.v[node].first + all->nodes.v[node].n, box = selectors_within(all, node, &s->local);

		for (unsigned i = 0; i < NEIGHBOURS_SEEN && box < end; i++, box++) {
			const struct selector *other;

			if (!ip_prefix_contains(&s->local, &box_selector(all, box)->local))
				break;
			other = concerned(all, box, s, true);
			if (!other)
				continue;
			note(w, w->across, RULE_CROSSING_CONNS, other->live, s->live);
			break;
		}
	}
}

static void find_overlaps(struct work *w)
{
	for (uint32_t node = 0; node < w->tunnels.nodes.n; node++) {
		const struct node *n = &w->tunnels.nodes.v[node];

		for (uint32_t box = n->first; box < n->first + n->n; box++) {
			const struct selector *s = box_selector(&w->tunnels, box);

			find_holder(w, s, node, box);
			find_across(w, s, node);
		}
	}
}

/* the policy would catch the ESP packets to the peer, if it holds our own address too. */
static void find_peers_inside(struct work *w)
{
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct live *l = &w->b->live.v[i];
		const struct ir_end *here = live_local(l), *there = live_remote(l);
		struct selector s = { .live = l, .local = { .addr = { .family = AF_INET }, .len = 32 } };
		uint32_t node, box;

		if (there->host_kind != IR_HOST_ADDR || ir_is_shunt(l->conn))
			continue;
		s.remote = ip_prefix_of_host(&there->host);
		if (here->host_kind == IR_HOST_ADDR)
			s.local = ip_prefix_of_host(&here->host);
		for (node = selectors_node(&w->tunnels, l->host[l->local], &s.remote); node != SELECTORS_NONE;
		     node = w->tunnels.nodes.v[node].outer)
			for (box = selectors_enclosing(&w->tunnels, node, &s.local); box != SELECTORS_NONE; box = w->tunnels.boxes.v[box].outer) {
				const struct selector *holder = concerned(&w->tunnels, box, &s, true);

				if (holder && holder->live->conn->type == IR_TUNNEL && !is_marked(holder->live->conn))
					note(w, w->peers, RULE_PEER_IN_OTHER_TUNNEL, holder->live, l);
			}
	}
}

static const char *others_text(struct work *w, const live_list *conns)
{
	const char *first = conns->v[0]->conn->name;

	if (conns->n == 2)
		return arena_printf(w->b->arena, "conn '%s'", first);
	return arena_printf(w->b->arena, "conns '%s' and %zu other%s", first, conns->n - 2, conns->n == 3 ? "" : "s");
}

static void report_overlaps(struct work *w)
{
	struct between *b = w->b;

	for (size_t i = 0; i < b->live.n; i++) {
		const char *name = b->live.v[i].conn->name;
		struct finding *f;

		if (w->inside[i])
			between_report(b, RULE_NARROWER_CONN, w->inside[i], KW_SUBNET, 1 - b->live.v[i].local,
				       "%s take%s part of the traffic of conn '%s' to another peer", others_text(w, w->inside[i]),
				       w->inside[i]->n == 2 ? "s" : "", name);
		if (w->across[i]) {
			f = between_report(b, RULE_CROSSING_CONNS, w->across[i], KW_SUBNET, 1 - b->live.v[i].local,
					   "conn '%s' and %s share some of their traffic, and none holds the other", name,
					   others_text(w, w->across[i]));
			diag_note(b->diag, f, "what both have goes where the local network is longer, here to conn '%s'", name);
			if (live_are_alternatives(w->across[i]->v[0], w->across[i]->v[1]))
				diag_set_severity(b->diag, f, SEVERITY_NOTE);
		}
		if (w->peers[i]) {
			f = between_report(b, RULE_PEER_IN_OTHER_TUNNEL, w->peers[i], KW_SUBNET, 1 - b->live.v[i].local,
					   "the peer of %s lies in the network behind conn '%s'", others_text(w, w->peers[i]), name);
			diag_note(b->diag, f, "encrypted packets to that peer match this conn's policy, and are encrypted again");
		}
	}
}

/* --- tunnels and shunts ---------------------------------------------------------------------------------------------------------- */

/* A conn without a tunnel that takes this traffic out: NULL if there is none. */
static const struct selector *covering_shunt(const struct work *w, const struct ip_prefix *local, const struct ip_prefix *remote)
{
	for (uint32_t node = selectors_node(&w->shunts, 0, remote); node != SELECTORS_NONE; node = w->shunts.nodes.v[node].outer) {
		uint32_t box = selectors_enclosing(&w->shunts, node, local);

		if (box != SELECTORS_NONE)
			return box_selector(&w->shunts, box);
	}
	return NULL;
}

/* With 0.0.0.0/0 on both sides something else decides what goes in. A host alone has no
 * network to lose, and one remote host within the network is answered for by proxy ARP. */
static void check_own_network(struct work *w, const struct selector *s)
{
	const struct live *l = s->live;
	bool equal = ip_prefix_eq(&s->local, &s->remote);
	bool remote_holds = !equal && ip_prefix_contains(&s->remote, &s->local);
	bool local_holds = !equal && ip_prefix_contains(&s->local, &s->remote);
	const struct ip_prefix *inner = remote_holds ? &s->local : &s->remote;
	char text[IP_PREFIX_TEXT];
	struct finding *f;

	if ((!equal && !remote_holds && !local_holds) || inner->len == ip_addr_bits(&inner->addr) || inner->len == 0 ||
	    is_marked(l->conn) || (local_holds && (s->local.len == 0 || l->sure)) || s->proto || covering_shunt(w, inner, inner) ||
	    !between_is_new(w->b, RULE_OWN_NETWORK_CAUGHT, l, l))
		return;
	f = diag_report(w->b->diag, RULE_OWN_NETWORK_CAUGHT, between_place(l->conn, KW_SUBNET, 1 - l->local),
			equal ? "both ends of conn '%s' have the same network"
			      : "the network of one end of conn '%s' lies in that of the other",
			l->conn->name);
	diag_set_conn(f, l->conn->name);
	diag_related(w->b->diag, f, between_place(l->conn, KW_SUBNET, l->local), "its own network");
	if (equal)
		diag_set_severity(w->b->diag, f, SEVERITY_ERROR);
	else if (!l->sure)
		diag_set_severity(w->b->diag, f, SEVERITY_NOTE);
	ip_prefix_format(inner, text);
	diag_note(w->b->diag, f, "packets of this host to its own network %s go into the tunnel", text);
	diag_help(w->b->diag, f, "add a conn with type=passthrough, leftsubnet=%s, rightsubnet=%s and auto=route", text, text);
}

/* one that is narrower is the usual way to except something; one that equals the tunnel's selector leaves nothing of it. */
static void find_shunted(struct work *w, const struct selector *s)
{
	for (int turned = 0; turned < 2; turned++) {
		const struct ip_prefix *local = turned ? &s->remote : &s->local, *remote = turned ? &s->local : &s->remote;
		const struct selector *shunt = covering_shunt(w, local, remote);

		if (shunt && ip_prefix_eq(&shunt->local, local) && ip_prefix_eq(&shunt->remote, remote) && holds_protocol(shunt, s) &&
		    live_is_active(shunt->live) && live_is_active(s->live) && !are_separated(shunt->live->conn, s->live->conn))
			note(w, w->shunted, RULE_SHUNT_OVER_TUNNEL, shunt->live, s->live);
	}
}

static void report_shunted(struct work *w)
{
	for (size_t i = 0; i < w->b->live.n; i++) {
		const struct ir_conn *c = w->b->live.v[i].conn;
		struct finding *f;

		if (!w->shunted[i])
			continue;
		f = between_report(w->b, RULE_SHUNT_OVER_TUNNEL, w->shunted[i], KW_TYPE, SIDE_NONE, "conn '%s' takes all the traffic of %s",
				   c->name, others_text(w, w->shunted[i]));
		diag_caret(w->b->diag, f, c->type == IR_PASSTHROUGH ? "it leaves in clear" : "it is dropped");
	}
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

void between_selectors(struct between *b)
{
	struct work w = { .b = b };

	w.inside = arena_new_array(b->arena, b->live.n + 1, live_list *);
	w.across = arena_new_array(b->arena, b->live.n + 1, live_list *);
	w.peers = arena_new_array(b->arena, b->live.n + 1, live_list *);
	w.shunted = arena_new_array(b->arena, b->live.n + 1, live_list *);
	vec_reserve(b->arena, &w.tunnels.all, b->live.n);
	for (size_t i = 0; i < b->live.n; i++)
		selectors_add(ir_is_shunt(b->live.v[i].conn) ? &w.shunts : &w.tunnels, b->arena, &b->live.v[i]);
	for (size_t i = 0; i < w.shunts.all.n; i++)
		w.shunts.all.v[i].host = 0;
	selectors_sort(&w.tunnels, b->arena);
	selectors_sort(&w.shunts, b->arena);
	check_equal(&w);
	check_outer_families(&w);
	check_nexthops(&w);
	find_overlaps(&w);
	find_peers_inside(&w);
	report_overlaps(&w);
	for (size_t i = 0; i < w.tunnels.all.n; i++) {
		check_own_network(&w, &w.tunnels.all.v[i]);
		find_shunted(&w, &w.tunnels.all.v[i]);
	}
	report_shunted(&w);
}
