/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ipsec-run/sides.h"

#include <string.h>

#include "base/json_out.h"

#define NOWHERE		"198.18.0.%u"		/* RFC 2544: an address for who has none in the files */

static const char *text_of(struct arena *a, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	return arena_strdup(a, slice_of(ip_addr_format(addr, text)));
}

static void put(struct arena *a, struct map *set, address_list *list, const char *text)
{
	if (map_get(set, slice_of(text)))
		return;
	map_set(set, slice_of(text), (void *)text);
	vec_push(a, list, text);
}

static bool has(const struct map *set, const char *text)
{
	return text && map_get(set, slice_of(text));
}

/* --- a configuration ---------------------------------------------------------------------------------------------------------- */

struct ends {			/* of one conn: addresses as text, NULL for anything else */
	const char *addr[2];
	int here;		/* the end that is this host by its word; -1 */
	int forced;		/* the end that is left when the other may be anybody; -1 */
};

static bool counts(const struct ir_conn *c)
{
	return !c->is_template && !ir_is_shunt(c);
}

static struct ends ends_of(struct arena *a, const struct ir_conn *c)
{
	struct ends e = { .here = -1, .forced = -1 };

	for (int i = 0; i < 2; i++) {
		const struct ir_end *end = &c->end[i];

		if (end->host_kind == IR_HOST_ADDR)
			e.addr[i] = text_of(a, &end->host);
		if (end->host_kind == IR_HOST_DEFAULTROUTE || end->host_kind == IR_HOST_INTERFACE)
			e.here = i;
		if (ir_end_is_anybody(end))
			e.forced = 1 - i;
	}
	return e;
}

static void take(struct arena *a, struct host_side *s, const struct ends *e, int end)
{
	if (e->addr[end])
		put(a, &s->own, &s->own_list, e->addr[end]);
	if (e->addr[1 - end])
		put(a, &s->other, &s->other_list, e->addr[1 - end]);
}

/* By itself: the address that most conns share. */
static void count(struct arena *a, const struct host_side *s, struct map *counters)
{
	map_init(counters, a);
	for (size_t i = 0; i < s->ir->conns.n; i++) {
		struct ends e = ends_of(a, s->ir->conns.v[i]);

		for (int k = 0; k < 2 && counts(s->ir->conns.v[i]); k++) {
			size_t *n = e.addr[k] ? map_get(counters, slice_of(e.addr[k])) : NULL;

			if (n)
				++*n;
			else if (e.addr[k])
				map_set(counters, slice_of(e.addr[k]), n = arena_new(a, size_t));
		}
	}
}

static size_t counted(const struct map *counters, const char *text)
{
	const size_t *n = text ? map_get(counters, slice_of(text)) : NULL;

	return n ? *n + 1 : 0;
}

static int end_alone(const struct host_side *s, const struct ends *e, const struct map *counters)
{
	bool spoken_with[2] = { has(&s->other, e->addr[0]), has(&s->other, e->addr[1]) };

	if (e->here >= 0)
		return e->here;
	if (e->forced >= 0)
		return e->forced;
	for (int i = 0; i < 2; i++)
		if (has(&s->own, e->addr[i]))
			return i;
	if (spoken_with[0] || spoken_with[1])		/* between two of those, or with a further address of ours */
		return spoken_with[0] && spoken_with[1] ? -1 : spoken_with[0];
	return counted(counters, e->addr[1]) > counted(counters, e->addr[0]);
}

/* The conns with the most common address come first: they tell who the others are. */
static void choose_alone(struct arena *a, struct host_side *s)
{
	struct map counters;
	size_t most = 0;

	count(a, s, &counters);
	for (size_t i = 0; i < s->ir->conns.n; i++) {
		struct ends e = ends_of(a, s->ir->conns.v[i]);

		for (int k = 0; k < 2 && counts(s->ir->conns.v[i]); k++)
			most = counted(&counters, e.addr[k]) > most ? counted(&counters, e.addr[k]) : most;
	}
	for (unsigned pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < s->ir->conns.n; i++) {
			struct ends e = ends_of(a, s->ir->conns.v[i]);
			bool common = counted(&counters, e.addr[0]) == most || counted(&counters, e.addr[1]) == most;
			int end = counts(s->ir->conns.v[i]) && common == (pass == 0) ? end_alone(s, &e, &counters) : -1;

			if (end >= 0)
				take(a, s, &e, end);
		}
	}
}

/* Seen from the other side, which is known. */
static int end_towards(const struct host_side *first, const struct ends *e)
{
	if (e->here >= 0)
		return e->here;
	for (int i = 0; i < 2; i++)
		if (has(&first->own, e->addr[i]))
			return 1 - i;
	for (int i = 0; i < 2; i++)
		if (has(&first->other, e->addr[i]))
			return i;
	return e->forced;
}

static void choose_towards(struct arena *a, struct host_side *s, const struct host_side *first)
{
	for (size_t i = 0; i < s->ir->conns.n; i++) {
		struct ends e = ends_of(a, s->ir->conns.v[i]);
		int end = counts(s->ir->conns.v[i]) ? end_towards(first, &e) : -1;

		if (end >= 0)
			take(a, s, &e, end);
	}
}

/* --- a plan ------------------------------------------------------------------------------------------------------------------- */

static void read_plan(struct arena *a, struct host_side *s)
{
	for (size_t i = 0; i < s->plan->peers.n; i++) {
		const struct plan_peer *p = &s->plan->peers.v[i];

		if (p->side == PLAN_SIDE_UNKNOWN)
			continue;
		if (p->local.addr.family != AF_UNSPEC)
			put(a, &s->own, &s->own_list, text_of(a, &p->local.addr));
		if (p->remote.kind == PLAN_ADDRESS_FIXED)
			put(a, &s->other, &s->other_list, text_of(a, &p->remote.addr));
	}
}

/* --- both --------------------------------------------------------------------------------------------------------------------- */

static bool needs_word(const struct host_side *s)
{
	for (size_t i = 0; s->ir && i < s->ir->conns.n; i++)
		for (int k = 0; k < 2; k++)
			if (s->ir->conns.v[i]->end[k].host_kind == IR_HOST_DEFAULTROUTE ||
			    s->ir->conns.v[i]->end[k].host_kind == IR_HOST_INTERFACE)
				return true;
	return false;
}

/* The address by which the other side knows this host. */
static void choose_word(struct arena *a, struct host_side *s, const struct host_side *other, unsigned number)
{
	if (!needs_word(s))
		return;
	for (size_t i = 0; i < other->other_list.n && !s->by_word; i++)
		if (!has(&s->other, other->other_list.v[i]))
			s->by_word = other->other_list.v[i];
	if (!s->by_word)
		s->by_word = s->own_list.n ? s->own_list.v[0] : arena_printf(a, NOWHERE, number);
	put(a, &s->own, &s->own_list, s->by_word);
}

void sides_choose(struct arena *a, struct host_side sides[2])
{
	unsigned first = !sides[0].ir || sides[1].ir ? 0 : 1;	/* what is known comes first */

	for (unsigned i = 0; i < 2; i++) {
		map_init(&sides[i].own, a);
		map_init(&sides[i].other, a);
		if (!sides[i].ir)
			read_plan(a, &sides[i]);
	}
	if (sides[first].ir)
		choose_alone(a, &sides[first]);
	if (sides[1 - first].ir)
		choose_towards(a, &sides[1 - first], &sides[first]);
	for (unsigned i = 0; i < 2; i++)
		choose_word(a, &sides[i], &sides[1 - i], i + 1);
}

static void write_text(struct json_out *o, const char *name, const char *text)
{
	json_out_name(o, name);
	json_out_text(o, slice_of(text));
}

static void write_address(struct json_out *o, const char *interface, const char *addr)
{
	bool v6 = strchr(addr, ':') != NULL;

	json_out_element(o);
	json_out_open(o, '{');
	write_text(o, "ifname", interface);
	json_out_name(o, "flags");
	json_out_open(o, '[');
	json_out_element(o);
	json_out_text(o, slice_of("UP"));
	json_out_close(o, ']');
	json_out_name(o, "addr_info");
	json_out_open(o, '[');
	json_out_element(o);
	json_out_open(o, '{');
	write_text(o, "family", v6 ? "inet6" : "inet");
	write_text(o, "local", addr);
	json_out_name(o, "prefixlen");
	json_out_number(o, v6 ? 128 : 32);
	json_out_close(o, '}');
	json_out_close(o, ']');
	json_out_close(o, '}');
}

static void write_interfaces(struct json_out *o, const struct host_side *side)
{
	for (size_t i = 0; side->by_word && i < side->ir->conns.n; i++)
		for (int k = 0; k < 2; k++)
			if (side->ir->conns.v[i]->end[k].host_kind == IR_HOST_INTERFACE)
				write_address(o, side->ir->conns.v[i]->end[k].host_name, side->by_word);
}

static void write_routes(struct json_out *o, const char *name, const char *source)
{
	json_out_name(o, name);
	json_out_open(o, '[');
	if (source) {
		json_out_element(o);
		json_out_open(o, '{');
		write_text(o, "dst", "default");
		write_text(o, "dev", "eth0");
		write_text(o, "prefsrc", source);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

void side_write_facts(const struct host_side *side, struct buf *out)
{
	struct json_out o = { .buf = out, .first = true };
	bool v6 = side->by_word && strchr(side->by_word, ':');

	json_out_open(&o, '{');
	json_out_name(&o, "version");
	json_out_number(&o, 1);
	json_out_name(&o, "addresses");
	json_out_open(&o, '[');
	for (size_t i = 0; i < side->own_list.n; i++)
		write_address(&o, "eth0", side->own_list.v[i]);
	write_interfaces(&o, side);
	json_out_close(&o, ']');
	write_routes(&o, "routes", v6 ? NULL : side->by_word);
	write_routes(&o, "routes6", v6 ? side->by_word : NULL);
	json_out_close(&o, '}');
	buf_add_char(out, '\n');
}
