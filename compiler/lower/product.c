/* SPDX-License-Identifier: Apache-2.0 */
/* product.c -- leftsubnets= and rightsubnets=: one connection per pair, NAME/LxR, right counter fastest (E-002 ... E-006). */
#include "base/limits.h"
#include "compiler/lower/lowering.h"

struct client {
	bool given;			/* false: the host itself */
	struct ip_prefix prefix;
	unsigned counter;		/* E-003: the singular subnet= is 0 */
};
typedef VEC(struct client) clients;

static void collect(struct lowering *l, const struct ir_end *end, clients *ret)
{
	if (end->has_subnet || end->subnets.n == 0)
		vec_push(l->arena, ret, (struct client){ end->has_subnet, end->subnet, 0 });
	for (size_t i = 0; i < end->subnets.n; i++)
		vec_push(l->arena, ret, (struct client){ true, end->subnets.v[i], (unsigned)i + 1 });
}

static sa_family_t family_of(const struct client *c, const struct ir_end *end)
{
	return c->given ? c->prefix.addr.family : end->host_kind == IR_HOST_ADDR ? end->host.family : AF_UNSPEC;
}

static bool families_fit(struct lowering *l, const struct ir_conn *conn, const struct client *left, const struct client *right)
{
	sa_family_t a = family_of(left, &conn->end[0]), b = family_of(right, &conn->end[1]);
	char text[2][IP_PREFIX_TEXT];
	struct span span = ir_origin(conn, KW_SUBNETS, SIDE_RIGHT);
	struct finding *f;

	if (a == AF_UNSPEC || b == AF_UNSPEC || a == b || !left->given || !right->given)
		return true;
	ip_prefix_format(&left->prefix, text[0]);
	ip_prefix_format(&right->prefix, text[1]);
	f = diag_report(l->diag, RULE_PAIR_OF_TWO_FAMILIES, span_known(span) ? span : conn->span,
			"conn '%s' pairs '%s' with '%s', which are of different families", conn->name, text[0], text[1]);
	diag_set_conn(f, conn->name);
	return false;
}

static void add_member(struct lowering *l, const struct lower_member *member, uint32_t *next_reqid, lower_members *ret)
{
	*vec_add(l->arena, ret) = *member;
	ret->v[ret->n - 1].reqid = *next_reqid;
	*next_reqid += 4;
}

static struct lower_member pair(const char *name, const struct client *left, const struct client *right)
{
	return (struct lower_member){
		.name = name, .has_client = { left->given, right->given }, .client = { left->prefix, right->prefix },
	};
}

size_t lower_pairs(const struct ir_conn *conn)
{
	size_t n = 1;

	for (unsigned side = 0; side < 2; side++) {
		const struct ir_end *end = &conn->end[side];

		n *= end->subnets.n + (end->has_subnet || end->subnets.n == 0);
	}
	return n;
}

bool lower_pairs_fit(struct diag *diag, const struct ir_conn *conn, size_t *total)
{
	size_t n = lower_pairs(conn);
	struct finding *f;

	if (n <= LIMIT_SUBNET_PAIRS && n <= LIMIT_CHILDREN - *total) {
		*total += n;
		return true;
	}
	if (n > LIMIT_SUBNET_PAIRS)
		f = diag_report(diag, RULE_TOO_MANY_PAIRS, conn->span, "conn '%s' makes %zu pairs of subnets, more than %u", conn->name, n,
				LIMIT_SUBNET_PAIRS);
	else
		f = diag_report(diag, RULE_TOO_MANY_PAIRS, conn->span, "conn '%s' makes %zu tunnel%s too many for one plan, which holds %u",
				conn->name, *total + n - LIMIT_CHILDREN, *total + n - LIMIT_CHILDREN == 1 ? "" : "s", LIMIT_CHILDREN);
	diag_set_conn(f, conn->name);
	return false;
}

void lower_product(struct lowering *l, const struct ir_conn *conn, uint32_t *next_reqid, lower_members *ret)
{
	clients left = { 0 }, right = { 0 };
	bool single = conn->end[0].subnets.n == 0 && conn->end[1].subnets.n == 0;

	collect(l, &conn->end[0], &left);
	collect(l, &conn->end[1], &right);
	for (size_t i = 0; i < left.n; i++) {
		for (size_t j = 0; j < right.n; j++) {
			const char *name = single ? conn->name :
				arena_printf(l->arena, "%s/%ux%u", conn->name, left.v[i].counter, right.v[j].counter);
			struct lower_member member = pair(name, &left.v[i], &right.v[j]);

			/* sema looks at subnet= against subnet=, so only products are looked at here */
			if (single || families_fit(l, conn, &left.v[i], &right.v[j]))
				add_member(l, &member, next_reqid, ret);
			else
				l->incomplete = true;
		}
	}
}
