/* SPDX-License-Identifier: Apache-2.0 */
/* Traffic that one set of policies keeps out of the clear and the other does not: boxes of addresses, protocols and ports, from which the policies of
 * both sides are cut in the order of their priority. What is left over, and what a passing policy takes, is in clear. */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "compare/parts.h"

struct span_of_numbers {
	uint16_t first, last;
};

struct box {
	struct ip_prefix src, dst;
	struct span_of_numbers proto, sport, dport;
};

/* Policies against which a box is cut, best priority first. */
struct cutters {
	VEC(const struct plan_policy *) list;
};

/* A box that is still to be cut by the policies from `at` on: those of x, then those of y. */
struct piece {
	struct box box;
	size_t at;
	bool of_y;
};

struct search {
	struct arena *arena;
	struct comparison *result;
	const struct policy_list *x, *y;
	struct cutters passing;			/* of y, that x does not have: what they take may have been protected */
	const struct plan_policy *policy;	/* of x, whose traffic is looked at */
	struct plan_mark mark;			/* of the packets: the policy's, or one that is narrower */
	struct cutters before, after;		/* those of x that come before it; those of y */
	VEC(struct piece) pieces;
	bool while_down;
	size_t work;
};

/* With optional templates only, the kernel sends in clear what has no SA. */
static bool lets_pass(const struct plan_policy *p)
{
	for (size_t i = 0; i < p->tmpl.n && p->action == PLAN_PROTECT; i++)
		if (p->tmpl.v[i].level == PLAN_LEVEL_REQUIRED)
			return false;
	return p->action == PLAN_PASS || (p->action == PLAN_PROTECT && p->tmpl.n);
}

/* --- boxes -------------------------------------------------------------------------------------------------------------------- */

static struct box box_of(const struct plan_policy *p)
{
	bool sport = p->sport_set || p->sport, dport = p->dport_set || p->dport;

	return (struct box){
		p->src, p->dst, { p->proto, p->proto ? p->proto : UINT8_MAX },
		{ sport ? p->sport : 0, sport ? p->sport : UINT16_MAX }, { dport ? p->dport : 0, dport ? p->dport : UINT16_MAX },
	};
}

static bool meet(const struct box *a, const struct box *b)
{
	return ip_prefix_overlaps(&a->src, &b->src) && ip_prefix_overlaps(&a->dst, &b->dst) &&
	       a->proto.first <= b->proto.last && b->proto.first <= a->proto.last && a->sport.first <= b->sport.last &&
	       b->sport.first <= a->sport.last && a->dport.first <= b->dport.last && b->dport.first <= a->dport.last;
}

/* Cuts the prefix in two where `by` lies in one half; false: `by` holds all of it. */
static bool halve(const struct ip_prefix *p, const struct ip_prefix *by, struct ip_prefix ret[2])
{
	if (by->len <= p->len)
		return false;
	ret[0] = ret[1] = *p;
	ret[0].len = ret[1].len = (uint8_t)(p->len + 1);
	ret[1].addr.bytes[p->len / 8] |= (uint8_t)(0x80u >> p->len % 8);
	return true;
}

static bool divide(struct span_of_numbers s, struct span_of_numbers by, struct span_of_numbers ret[2])
{
	if (by.first > s.first) {
		ret[0] = (struct span_of_numbers){ s.first, (uint16_t)(by.first - 1) };
		ret[1] = (struct span_of_numbers){ by.first, s.last };
		return true;
	}
	if (by.last < s.last) {
		ret[0] = (struct span_of_numbers){ s.first, by.last };
		ret[1] = (struct span_of_numbers){ (uint16_t)(by.last + 1), s.last };
		return true;
	}
	return false;
}

/* Two halves of which one is nearer to lying inside `by`; false: the box lies inside already. */
static bool cut(const struct box *box, const struct box *by, struct box ret[2])
{
	struct ip_prefix nets[2];
	struct span_of_numbers spans[2];

	ret[0] = ret[1] = *box;
	if (halve(&box->src, &by->src, nets)) {
		ret[0].src = nets[0], ret[1].src = nets[1];
	} else if (halve(&box->dst, &by->dst, nets)) {
		ret[0].dst = nets[0], ret[1].dst = nets[1];
	} else if (divide(box->proto, by->proto, spans)) {
		ret[0].proto = spans[0], ret[1].proto = spans[1];
	} else if (divide(box->sport, by->sport, spans)) {
		ret[0].sport = spans[0], ret[1].sport = spans[1];
	} else if (divide(box->dport, by->dport, spans)) {
		ret[0].dport = spans[0], ret[1].dport = spans[1];
	} else {
		return false;
	}
	return true;
}

static const char *add_span(struct arena *a, const char *text, const char *name, struct span_of_numbers s, uint16_t last)
{
	if (s.first == 0 && s.last == last)
		return text;
	if (s.first == s.last)
		return arena_printf(a, "%s %s %u", text, name, s.first);
	return arena_printf(a, "%s %s %u-%u", text, name, s.first, s.last);
}

static const char *box_text(struct arena *a, const struct box *box)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];
	const char *text = arena_printf(a, "%s -> %s", ip_prefix_format(&box->src, src), ip_prefix_format(&box->dst, dst));

	if (box->proto.first == box->proto.last && proto_name((uint8_t)box->proto.first))
		text = arena_printf(a, "%s %s", text, proto_name((uint8_t)box->proto.first));
	else
		text = add_span(a, text, "proto", box->proto, UINT8_MAX);
	text = add_span(a, text, "sport", box->sport, UINT16_MAX);
	return add_span(a, text, "dport", box->dport, UINT16_MAX);
}

/* --- the search --------------------------------------------------------------------------------------------------------------- */

/* Whether all packets of the mark have also the other one, as the kernel asks for it: mark & mask == value. */
static bool mark_within(struct plan_mark mark, struct plan_mark of)
{
	return (of.mask & ~mark.mask) == 0 && (mark.value & of.mask) == (of.value & of.mask);
}

static bool known(const struct comparison *c, const char *traffic, const char *conn)
{
	for (size_t i = 0; i < c->gaps.n; i++)
		if (strcmp(c->gaps.v[i].traffic, traffic) == 0 && strcmp(c->gaps.v[i].conn, conn) == 0)
			return true;
	return false;
}

static void report(struct search *s, const struct box *box, const struct plan_policy *by)
{
	const char *traffic = box_text(s->arena, box), *conn = s->policy->conn ? s->policy->conn : "";
	bool narrower = !mark_within(s->policy->mark, s->mark);

	if (narrower && (!by || mark_within(s->policy->mark, by->mark)))	/* that is told without the mark */
		return;
	if (narrower)
		traffic = arena_printf(s->arena, "%s mark 0x%x/0x%x", traffic, s->mark.value, s->mark.mask);
	if (s->result->gaps.n >= LIMIT_GAPS) {
		s->result->gaps_cut = true;
		return;
	}
	if (known(s->result, traffic, conn))
		return;
	vec_push(s->arena, &s->result->gaps, (struct compare_gap){
		.traffic = traffic, .conn = conn, .a = &s->policy->origin, .by = by ? by->conn : NULL, .b = by ? &by->origin : NULL,
		.blocked = s->policy->action == PLAN_BLOCK, .while_down = s->while_down,
	});
}

/* All of a piece belongs to the policy, or to none. */
static void settle(struct search *s, const struct piece *piece, const struct plan_policy *by)
{
	if (!piece->of_y && !by)
		vec_push(s->arena, &s->pieces, (struct piece){ piece->box, 0, true });
	else if (piece->of_y && (!by || lets_pass(by)))
		report(s, &piece->box, by);
}

static void cut_piece(struct search *s, const struct piece *piece)
{
	const struct cutters *c = piece->of_y ? &s->after : &s->before;
	struct box halves[2], by;

	for (size_t at = piece->at; at < c->list.n && s->work++ <= LIMIT_GAP_WORK; at++) {
		by = box_of(c->list.v[at]);
		if (!meet(&piece->box, &by))
			continue;
		if (!cut(&piece->box, &by, halves)) {
			settle(s, piece, c->list.v[at]);
			return;
		}
		for (int i = 1; i >= 0; i--)
			vec_push(s->arena, &s->pieces, (struct piece){ halves[i], at, piece->of_y });
		return;
	}
	if (s->work <= LIMIT_GAP_WORK)
		settle(s, piece, NULL);
}

/* Whether packets that `p` takes and that have the mark may be taken by `other`: it asks for no other mark or interface. */
static bool may_take(const struct plan_policy *p, struct plan_mark mark, const struct plan_policy *other)
{
	return other->dir == PLAN_OUT && other->src.addr.family == p->src.addr.family && mark_within(mark, other->mark) &&
	       (!other->if_id || other->if_id == p->if_id);
}

/* Of equal ones the kernel takes the older, which nobody knows here: it may be the one that passes. */
static int by_priority(const void *x, const void *y)
{
	const struct plan_policy *const *a = x, *const *b = y;
	int order = ((*a)->priority > (*b)->priority) - ((*a)->priority < (*b)->priority);

	order = order ? order : lets_pass(*b) - lets_pass(*a);
	return order ? order : plan_slot_cmp(*a, *b);
}

/* Those of a side that meet the policy, by priority; before it only, if asked. */
static void gather(struct search *s, const struct policy_list *from, bool before, struct cutters *ret)
{
	struct box box = box_of(s->policy), other;

	ret->list.n = 0;
	for (size_t i = 0; i < from->list.n && s->work <= LIMIT_GAP_WORK; i++, s->work++) {
		const struct plan_policy *p = from->list.v[i];

		if (p == s->policy || !may_take(s->policy, s->mark, p) || (before && by_priority(&p, &s->policy) >= 0))
			continue;
		other = box_of(p);
		if (meet(&box, &other))
			vec_push(s->arena, &ret->list, p);
	}
	if (ret->list.n > 1)
		qsort(ret->list.v, ret->list.n, sizeof(*ret->list.v), by_priority);
}

static void look(struct search *s, struct plan_mark mark)
{
	s->mark = mark;
	gather(s, s->x, true, &s->before);
	gather(s, s->y, false, &s->after);
	s->pieces.n = 0;
	vec_push(s->arena, &s->pieces, (struct piece){ box_of(s->policy), 0, false });
	while (s->pieces.n) {
		struct piece piece = s->pieces.v[--s->pieces.n];

		cut_piece(s, &piece);
	}
}

/* Nothing can have come between: the other side has it as well, and no policy that passes is new. */
static bool stands_as_before(struct search *s, const struct plan_policy *p)
{
	const struct plan_policy *other = plan_slot_find(s->y->list.v, s->y->list.n, p);
	struct box box = box_of(p), by;

	if (!other || lets_pass(other) || other->priority > p->priority)
		return false;
	for (size_t i = 0; i < s->passing.list.n; i++, s->work++) {
		by = box_of(s->passing.list.v[i]);
		if (may_take(p, p->mark, s->passing.list.v[i]) && meet(&box, &by))
			return false;
	}
	return true;
}

/* A new policy that passes what has a mark takes only those packets out of a policy that does not ask for it. */
static void look_at_marks(struct search *s)
{
	const struct plan_policy *p = s->policy;
	struct box box = box_of(p), by;

	for (size_t i = 0; i < s->passing.list.n && s->work <= LIMIT_GAP_WORK; i++, s->work++) {
		const struct plan_policy *q = s->passing.list.v[i];
		struct plan_mark both = { p->mark.value | q->mark.value, p->mark.mask | q->mark.mask };

		by = box_of(q);
		if (!mark_within(p->mark, q->mark) && mark_within(both, q->mark) && mark_within(both, p->mark) && may_take(p, both, q) && meet(&box, &by))
			look(s, both);
	}
}

void compare_gaps(struct arena *a, const struct policy_list *x, const struct policy_list *y, bool while_down, struct comparison *c)
{
	struct search s = { .arena = a, .result = c, .x = x, .y = y, .while_down = while_down };

	for (size_t i = 0; i < y->list.n; i++) {
		const struct plan_policy *p = y->list.v[i], *was = p->dir == PLAN_OUT && lets_pass(p) ? plan_slot_find(x->list.v, x->list.n, p) : p;

		if (!was || (was != p && (!lets_pass(was) || was->priority != p->priority)))
			vec_push(a, &s.passing.list, p);
	}
	for (size_t i = 0; i < x->list.n; i++) {
		s.policy = x->list.v[i];
		if (s.policy->dir != PLAN_OUT || lets_pass(s.policy))
			continue;
		if (!stands_as_before(&s, s.policy))
			look(&s, s.policy->mark);
		look_at_marks(&s);
	}
	c->gaps_cut |= s.work > LIMIT_GAP_WORK;
}
