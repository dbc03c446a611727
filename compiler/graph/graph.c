/* SPDX-License-Identifier: Apache-2.0 */
/* What is drawn: nodes by what they are, so that two conns to one gateway meet there, and links in the order of the file. */
#include "compiler/graph/graph.h"

struct drawing {
	struct arena *arena;
	const struct sources *sources;
	struct graph *graph;
	struct map nodes;		/* by key: what makes two of them one */
	struct map behind;		/* "3 7": network 7 is behind gateway 3 already */
};

static struct graph_node *node(struct drawing *d, enum graph_node_kind kind, const char *key, const char *label)
{
	struct graph_node *n = map_get(&d->nodes, slice_of(key));

	if (!n) {
		n = arena_new(d->arena, struct graph_node);
		*n = (struct graph_node){ .kind = kind, .label = label, .number = d->graph->nodes.n + 1 };
		vec_push(d->arena, &d->graph->nodes, n);
		map_set(&d->nodes, slice_of(key), n);
	}
	if (kind == GRAPH_HERE)		/* a conn tells that this host is the end, others may not */
		n->kind = kind;
	return n;
}

/* --- ends --------------------------------------------------------------------------------------------------------------------- */

static const char *host_text(struct arena *a, const struct ir_end *end)
{
	char text[IP_ADDR_TEXT];

	switch (end->host_kind) {
	case IR_HOST_ADDR:
		return arena_printf(a, "%s", ip_addr_format(&end->host, text));
	case IR_HOST_NAME:
	case IR_HOST_INTERFACE:
		return end->host_name;
	case IR_HOST_ANY:
		return "any peer";
	case IR_HOST_DEFAULTROUTE:
		return "this host, at its default route";
	case IR_HOST_GROUP:
		return "members of the group";
	case IR_HOST_OPPORTUNISTIC:
	case IR_HOST_OPPORTUNISTICGROUP:
		return "whoever the traffic is for";
	case IR_HOST_UNSET:
		break;
	}
	return "not said";
}

/* An end with an address is that gateway in every conn; of ends without one, those with equal words and identity are alike. */
static const struct graph_node *gateway(struct drawing *d, const struct ir_conn *c, int side)
{
	const struct ir_end *end = &c->end[side];
	bool here = c->orientation == (side ? IR_IS_RIGHT : IR_IS_LEFT) || end->host_kind == IR_HOST_DEFAULTROUTE;
	const char *host = host_text(d->arena, end), *id = "", *key = arena_printf(d->arena, "g %s", host);

	if (end->id.type != IDENT_NONE)
		id = ident_format(d->arena, &end->id);
	if (ir_end_is_anybody(end) || end->host_kind == IR_HOST_UNSET)
		key = arena_printf(d->arena, "a %d %s\n%s", end->host_kind, end->host_kind == IR_HOST_GROUP ? c->name : "", id);
	if (strcmp(id, host) != 0 && *id)
		host = arena_printf(d->arena, "%s\n%s", host, id);
	return node(d, here ? GRAPH_HERE : ir_end_is_anybody(end) ? GRAPH_ANYBODY : GRAPH_GATEWAY, key, host);
}

/* Networks of the end that stands first come before their gateway, those of the other behind it: so the drawing reads in one direction. */
static void behind(struct drawing *d, const struct graph_node *gate, const char *text, bool first)
{
	const struct graph_node *net = node(d, GRAPH_NETWORK, arena_printf(d->arena, "n %s", text), text);
	const char *pair = arena_printf(d->arena, "%zu %zu", gate->number, net->number);

	if (map_get(&d->behind, slice_of(pair)))
		return;
	map_set(&d->behind, slice_of(pair), (void *)net);
	vec_push(d->arena, &d->graph->links,
		 ((struct graph_link){ .kind = GRAPH_BEHIND, .from = first ? net : gate, .to = first ? gate : net }));
}

static const char *network_text(struct arena *a, const struct ip_prefix *p)
{
	char text[IP_PREFIX_TEXT];

	return p->len ? arena_printf(a, "%s", ip_prefix_format(p, text)) : p->addr.family == AF_INET6 ? "everything (IPv6)" : "everything";
}

static void networks(struct drawing *d, const struct graph_node *gate, const struct ir_end *end, bool first)
{
	char text[IP_RANGE_TEXT];

	for (size_t i = 0; i < end->subnets.n; i++)
		behind(d, gate, network_text(d->arena, &end->subnets.v[i]), first);
	if (end->has_subnet && !end->subnets.n)
		behind(d, gate, network_text(d->arena, &end->subnet), first);
	if (ir_end_has_pool(end))
		behind(d, gate, arena_printf(d->arena, "pool %s", ip_range_format(&end->addresspool, text)), first);
	if (end->virtual_subnet)
		behind(d, gate, end->virtual_subnet, first);
}

/* --- conns -------------------------------------------------------------------------------------------------------------------- */

static unsigned weakest(const struct ir_conn *c)
{
	unsigned ike = proposals_weakest_bits(&c->ike), data = proposals_weakest_bits(&c->phase2);

	return ike < data ? ike : data;
}

static enum graph_link_kind link_kind(const struct ir_conn *c, unsigned bits)
{
	if (c->verdict == VERDICT_WILL_NOT_LOAD)
		return GRAPH_REFUSED;
	if (c->verdict == VERDICT_UNKNOWN)
		return GRAPH_UNCERTAIN;
	if (ir_is_shunt(c))
		return c->type == IR_PASSTHROUGH ? GRAPH_CLEAR : GRAPH_BLOCKED;
	return bits < GRAPH_STRONG_BITS ? GRAPH_WEAK : GRAPH_PROTECTED;
}

static const char *link_label(struct arena *a, const struct ir_conn *c, enum graph_link_kind kind, unsigned bits)
{
	static const char *const types[] = {
		[IR_TUNNEL] = "tunnel", [IR_TRANSPORT] = "transport", [IR_PASSTHROUGH] = "in clear", [IR_DROP] = "dropped", [IR_REJECT] = "rejected",
	};
	const char *label = arena_printf(a, "%s\n%s", c->name, types[c->type]);

	if (!ir_is_shunt(c))
		label = arena_printf(a, "%s, IKEv%u", label, c->ike_version);
	if (!ir_is_shunt(c) && c->phase2.n && kind != GRAPH_REFUSED)
		label = arena_printf(a, "%s\n%s%s", label, proposal_format(a, &c->phase2.v[0]), c->phase2.n > 1 ? ", ..." : "");
	if (!ir_is_shunt(c) && bits != PROPOSAL_NO_BITS && kind != GRAPH_REFUSED)
		label = arena_printf(a, "%s\n%s%u bit", label, kind == GRAPH_WEAK ? "weak: " : "", bits);
	if (kind == GRAPH_REFUSED || kind == GRAPH_UNCERTAIN)
		label = arena_printf(a, "%s\n%s", label, kind == GRAPH_REFUSED ? "will not load" : "may not load");
	return label;
}

static const char *place_of(struct drawing *d, const struct ir_conn *c)
{
	struct diag_place place = sources_locate(d->sources, c->span.start);

	return place.file && !c->resolved->section->implicit ? arena_printf(d->arena, "%s:%u", place.file, place.line) : NULL;
}

static void draw_conn(struct drawing *d, const struct ir_conn *c)
{
	int near = c->orientation == IR_IS_RIGHT;	/* our end stands first */
	const struct graph_node *from = gateway(d, c, near), *to = gateway(d, c, !near);
	unsigned bits = weakest(c);
	enum graph_link_kind kind = link_kind(c, bits);

	networks(d, from, &c->end[near], true);
	vec_push(d->arena, &d->graph->links, ((struct graph_link){
		.kind = kind, .from = from, .to = to, .label = link_label(d->arena, c, kind, bits), .place = place_of(d, c),
	}));
	networks(d, to, &c->end[!near], false);
}

static bool wanted(const struct map *names, const struct ir_conn *c, bool all)
{
	return all ? !c->is_template : map_get(names, slice_of(c->name)) != NULL;
}

struct graph *graph_make(struct arena *a, const struct ir *ir, const struct sources *sources, const char *const *conns)
{
	struct drawing d = { .arena = a, .sources = sources, .graph = arena_new(a, struct graph) };
	struct map names;

	map_init(&d.nodes, a);
	map_init(&d.behind, a);
	map_init(&names, a);
	for (size_t i = 0; conns && conns[i]; i++)
		map_set(&names, slice_of(conns[i]), (void *)conns[i]);
	for (size_t i = 0; i < ir->conns.n; i++)
		if (wanted(&names, ir->conns.v[i], !conns))
			draw_conn(&d, ir->conns.v[i]);
	return d.graph;
}
