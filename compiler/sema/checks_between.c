/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/between.h"

#define RELATED_SHOWN	8u		/* places of further conns in one finding */

/* --- hosts ----------------------------------------------------------------------------------------------------------------------- */

/* Which end is this host, for files that come without facts: beside %any and the like it is certain, and then wherever the same address
 * stands. Else it is taken to be the address that more conns have. */
struct hosts {
	struct arena *arena;
	struct map numbers;		/* key of a host -> struct host */
	uint32_t n;
};

struct host {
	uint32_t number, conns;
	bool here, chosen;		/* it is this host: for certain, as a guess */
};

struct ends {
	struct host *host[2];		/* NULL: anybody */
	bool known;
};

static bool is_here(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_DEFAULTROUTE || end->host_kind == IR_HOST_INTERFACE;
}

static bool is_anybody(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_ANY || end->host_kind == IR_HOST_OPPORTUNISTIC || ir_end_is_group(end);
}

static struct host *host_of(struct hosts *hosts, const struct ir_end *end)
{
	struct slice key = { (const char *)&end->host, sizeof end->host };	/* its first byte is no digit */
	struct host *host;

	if (is_anybody(end) || end->host_kind == IR_HOST_UNSET)
		return NULL;
	if (end->host_kind != IR_HOST_ADDR)
		key = slice_of(arena_printf(hosts->arena, "%d %s", end->host_kind, end->host_name ? end->host_name : ""));
	host = map_get(&hosts->numbers, key);
	if (!host) {
		host = arena_new(hosts->arena, struct host);
		host->number = ++hosts->n;
		map_set(&hosts->numbers, key, host);
	}
	host->conns++;
	return host;
}

static void choose(struct live *l, enum side side, bool sure, struct host *const host[2])
{
	l->local = side;
	l->sure = sure;
	if (host[side]) {
		host[side]->here |= sure;
		host[side]->chosen = true;
	}
}

/* What the conn itself says. */
static bool orient_alone(struct live *l, struct host *const host[2])
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &l->conn->end[side], *other = &l->conn->end[1 - side];

		if (is_here(end) || is_anybody(other)) {
			choose(l, (enum side)side, true, host);
			return true;
		}
	}
	return false;
}

static void orient(struct live *l, struct host *const host[2])
{
	const struct host *left = host[SIDE_LEFT], *right = host[SIDE_RIGHT];

	if (left->here != right->here)
		choose(l, left->here ? SIDE_LEFT : SIDE_RIGHT, true, host);
	else if (left->conns != right->conns)
		choose(l, left->conns > right->conns ? SIDE_LEFT : SIDE_RIGHT, false, host);
	else
		choose(l, right->chosen && !left->chosen ? SIDE_RIGHT : SIDE_LEFT, false, host);
}

static void orient_all(struct between *b)
{
	struct hosts hosts = { .arena = arena_scratch(b->arena) };
	struct ends *ends = arena_new_array(hosts.arena, b->live.n + 1, struct ends);

	map_init(&hosts.numbers, hosts.arena);
	for (size_t i = 0; i < b->live.n; i++)
		for (int side = 0; side < 2; side++) {
			struct host *host = host_of(&hosts, &b->live.v[i].conn->end[side]);

			ends[i].host[side] = host;
			b->live.v[i].host[side] = host ? host->number : 0;
		}
	for (size_t i = 0; i < b->live.n; i++)
		ends[i].known = orient_alone(&b->live.v[i], ends[i].host);
	for (size_t i = 0; i < b->live.n; i++)
		if (!ends[i].known)
			orient(&b->live.v[i], ends[i].host);
	arena_scratch_end(hosts.arena);
}

/* --- conns that take part -------------------------------------------------------------------------------------------------------- */

static void find_live(struct between *b)
{
	vec_reserve(b->arena, &b->live, b->ir->conns.n);
	for (size_t i = 0; i < b->ir->conns.n; i++) {
		const struct ir_conn *c = b->ir->conns.v[i];

		if (!c->is_template && !b->refused[i] && c->start != PLAN_START_IGNORE && c->end[0].host_kind != IR_HOST_UNSET &&
		    c->end[1].host_kind != IR_HOST_UNSET)
			vec_push(b->arena, &b->live, (struct live){ .conn = c, .order = i });
	}
}

bool live_same_hosts(const struct live *a, const struct live *b)
{
	return (a->host[0] == b->host[0] && a->host[1] == b->host[1]) || (a->host[0] == b->host[1] && a->host[1] == b->host[0]);
}

bool live_is_active(const struct live *l)
{
	return l->conn->start == PLAN_START_UP || l->conn->start == PLAN_START_ROUTE || l->conn->start == PLAN_START_KEEP;
}

bool live_are_alternatives(const struct live *a, const struct live *b)
{
	const char *x = a->conn->name, *y = b->conn->name;
	size_t same = 0;

	if (live_is_active(a) && live_is_active(b))
		return false;
	while (x[same] && x[same] == y[same])
		same++;
	return same && (!x[same] || !y[same] || strcspn(x + same, "0123456789") == 0 || x[same - 1] == '-' || x[same - 1] == '_');
}

/* --- groups ---------------------------------------------------------------------------------------------------------------------- */

void groups_init(struct groups *g, struct arena *a)
{
	*g = (struct groups){ .arena = a };
	map_init(&g->by_key, a);
}

/* Most groups stay with one member: a list is made for the second. */
struct group {
	const struct live *first;
	live_list *members;		/* NULL: there is only one */
};

void groups_add(struct groups *g, struct slice key, const struct live *l)
{
	struct group *group = map_get(&g->by_key, key);

	if (!group) {
		group = arena_new(g->arena, struct group);
		group->first = l;
		map_set(&g->by_key, arena_slice(g->arena, key), group);
		return;
	}
	if (!group->members) {
		group->members = arena_new(g->arena, live_list);
		vec_push(g->arena, group->members, group->first);
		vec_push(g->arena, &g->shared, group->members);
	}
	vec_push(g->arena, group->members, l);
}

/* --- findings -------------------------------------------------------------------------------------------------------------------- */

struct span between_place(const struct ir_conn *c, enum keyword_id id, enum side side)
{
	const struct setting *setting = id == KW_NONE ? NULL : resolved_get(c->resolved, id, side);

	return setting && setting->source == SOURCE_CONN ? setting->param->value.span : c->span;
}

const char *between_names(struct between *b, const live_list *conns)
{
	const char *first = conns->v[0]->conn->name, *second = conns->n > 1 ? conns->v[1]->conn->name : NULL;

	if (!second)
		return arena_printf(b->arena, "'%s'", first);
	if (conns->n == 2)
		return arena_printf(b->arena, "'%s' and '%s'", first, second);
	return arena_printf(b->arena, "'%s', '%s' and %zu other%s", first, second, conns->n - 2, conns->n == 3 ? "" : "s");
}

struct finding *between_report(struct between *b, enum rule_id rule, const live_list *conns, enum keyword_id id, enum side side,
			       const char *format, ...)
{
	struct finding *f;
	const char *message;
	va_list args;

	if (conns->n < 2)
		return NULL;
	va_start(args, format);
	message = arena_vprintf(b->arena, format, args);
	va_end(args);
	f = diag_report(b->diag, rule, between_place(conns->v[1]->conn, id, side), "%s", message);
	diag_set_conn(f, conns->v[1]->conn->name);
	for (size_t i = 0; i < conns->n && i < RELATED_SHOWN; i++)
		if (i != 1)
			diag_related(b->diag, f, between_place(conns->v[i]->conn, id, side), "conn '%s'", conns->v[i]->conn->name);
	return f;
}

bool between_is_new(struct between *b, enum rule_id rule, const struct live *x, const struct live *y)
{
	size_t key[3] = { rule, x->order < y->order ? x->order : y->order, x->order < y->order ? y->order : x->order };
	struct slice text = { (const char *)key, sizeof key };

	if (map_get(&b->reported, text))
		return false;
	map_set(&b->reported, arena_slice(b->arena, text), b);
	return true;
}

/* --- all ------------------------------------------------------------------------------------------------------------------------- */

void checks_between(struct arena *scratch, const struct ir *ir, struct diag *diag, bool *refused)
{
	struct between b = { .arena = scratch, .ir = ir, .diag = diag, .refused = refused };

	map_init(&b.reported, scratch);
	between_pools(&b);
	find_live(&b);
	orient_all(&b);
	between_selectors(&b);
	between_resources(&b);
	between_identities(&b);
	between_virtual(&b);
	between_reach(&b);
}
