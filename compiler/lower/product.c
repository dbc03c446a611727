/* SPDX-License-Identifier: Apache-2.0 */
/* product.c -- what a conn stands for. leftsubnets= and rightsubnets=: one connection per pair, NAME/LxR, right counter fastest (E-002 ...
 * E-006). A policy group: one per entry of its file, NAME#NETWORK (E-009, E-059). */
#include "base/limits.h"
#include "compiler/groups/groups.h"
#include "compiler/lower/lowering.h"

/* subnet=, or what stands for it. */
static struct lower_client single_client(const struct lowering *l, const struct ir_end *end)
{
	if (ir_end_source_is_network(end, l->ir->release))
		return (struct lower_client){ true, ip_prefix_of_host(&end->sourceip), 0 };
	return (struct lower_client){ end->has_subnet, end->subnet, 0 };
}

static void collect(struct lowering *l, const struct ir_end *end, lower_clients *ret)
{
	ret->n = 0;
	if (ir_end_has_single(end) || end->subnets.n == 0)
		vec_push(l->arena, ret, single_client(l, end));
	for (size_t i = 0; i < end->subnets.n; i++)
		vec_push(l->arena, ret, (struct lower_client){ true, end->subnets.v[i], (unsigned)i + 1 });
}

static sa_family_t family_of(const struct lower_client *c, const struct ir_end *end)
{
	return c->given ? c->prefix.addr.family : end->host_kind == IR_HOST_ADDR ? end->host.family : AF_UNSPEC;
}

static bool families_fit(struct lowering *l, const struct ir_conn *conn, const struct lower_client *left, const struct lower_client *right)
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
	if (l->ir->release >= RELEASE_5_0)	/* E-006: the other pairs stand */
		diag_set_severity(l->diag, f, SEVERITY_WARNING);
	else
		l->incomplete = true;
	return false;
}

/* E-080; a conn with reqid= takes no number (run: 4.10). */
static uint32_t take_reqid(const struct ir_conn *conn, uint32_t *next)
{
	uint32_t reqid = *next;

	if (!conn->reqid)
		*next += 4;
	return reqid;
}

static void add_member(struct lowering *l, const struct ir_conn *conn, const struct lower_member *member, uint32_t *next_reqid, lower_members *ret)
{
	*vec_add(l->arena, ret) = *member;
	ret->v[ret->n - 1].reqid = take_reqid(conn, next_reqid);
}

/* E-007: it has the reqid of the first. */
static void add_further(struct lowering *l, const struct lower_member *member, lower_members *ret)
{
	*vec_add(l->arena, ret) = *member;
	ret->v[ret->n - 1].reqid = ret->v[0].reqid;
	ret->v[ret->n - 1].further = true;
}

static struct lower_member pair(const struct ir_conn *conn, const char *name, const struct lower_client *left, const struct lower_client *right)
{
	return (struct lower_member){
		.name = name, .has_client = { left->given, right->given }, .client = { left->prefix, right->prefix },
		.proto = { conn->end[0].proto, conn->end[1].proto }, .port = { conn->end[0].port, conn->end[1].port },
	};
}

size_t lower_pairs(const struct ir_conn *conn)
{
	size_t n = 1;

	if (is_group(conn))
		return conn->group ? conn->group->entries.n : 0;
	for (unsigned side = 0; side < 2; side++) {
		const struct ir_end *end = &conn->end[side];

		n *= end->subnets.n + (ir_end_has_single(end) || end->subnets.n == 0);
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

static struct lower_member group_member(struct lowering *l, const struct ir_conn *conn, const struct ir_group_entry *e)
{
	unsigned remote = ir_end_is_group(&conn->end[0]) ? 0 : 1, local = 1 - remote;
	const struct lower_client ours = single_client(l, &conn->end[local]), theirs = { true, e->remote, 0 };
	struct lower_member m = pair(conn, groups_member_name(l->arena, conn, e), remote ? &ours : &theirs, remote ? &theirs : &ours);

	m.of_group = true;
	m.proto[remote] = e->proto;
	m.port[remote] = e->remote_port;
	if (e->proto) {
		m.proto[local] = e->proto;
		m.port[local] = e->local_port;
	}
	return m;
}

/* The group itself is a connection too, and has a number (E-080). */
static void add_group_members(struct lowering *l, const struct ir_conn *conn, uint32_t *next_reqid, lower_members *ret)
{
	take_reqid(conn, next_reqid);
	for (size_t i = 0; conn->group && i < conn->group->entries.n; i++) {
		struct lower_member member = group_member(l, conn, &conn->group->entries.v[i]);

		add_member(l, conn, &member, next_reqid, ret);
	}
}

void lower_product(struct lowering *l, const struct ir_conn *conn, uint32_t *next_reqid, lower_members *ret)
{
	lower_clients *left = &l->clients[0], *right = &l->clients[1];
	bool list = lower_is_list(conn), single = list || (conn->end[0].subnets.n == 0 && conn->end[1].subnets.n == 0);

	ret->n = 0;
	if (is_group(conn)) {
		add_group_members(l, conn, next_reqid, ret);
		return;
	}
	collect(l, &conn->end[0], left);
	collect(l, &conn->end[1], right);
	for (size_t i = 0; i < left->n; i++) {
		for (size_t j = 0; j < right->n; j++) {
			const char *name = single ? conn->name :
				arena_printf(l->arena, "%s/%ux%u", conn->name, left->v[i].counter, right->v[j].counter);
			struct lower_member member = pair(conn, name, &left->v[i], &right->v[j]);

			/* sema looks at subnet= against subnet=, so only products are looked at here */
			if ((!single || list) && !families_fit(l, conn, &left->v[i], &right->v[j]))
				continue;
			if (list && ret->n)
				add_further(l, &member, ret);
			else
				add_member(l, conn, &member, next_reqid, ret);
		}
	}
}
