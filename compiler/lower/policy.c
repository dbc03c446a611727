/* SPDX-License-Identifier: Apache-2.0 */
/* policy.c -- the kernel policies of one connection: selectors (E-010 ... E-018), phases (E-035 ... E-046), templates (E-095 ...
 * E-100). */
#include <netinet/in.h>

#include "compiler/lower/lowering.h"
#include "plan/priority.h"

/* A connection as seen from this host. */
struct view {
	struct lowering *l;
	const struct ir_conn *conn;
	const struct lower_member *member;
	uint8_t proto, remote_proto;
	uint16_t local_port, remote_port;
	enum plan_auth remote_auth;
	bool any_port;
	bool remote_given;				/* the peer's network is written */
	bool comes_with_sa;				/* a selector, so that the policies of the up phase are not known */
	struct ip_addr local_host, remote_host;		/* AF_UNSPEC: not known */
	struct ip_prefix local_client, remote_client;
	struct plan_origin origin;
};

/* --- selectors and priority --- */

static void set_port(uint16_t port, uint16_t *ret_port, bool *ret_set)
{
	*ret_port = port;
	*ret_set = port != 0;
}

/* E-014: of two ends that differ it is that of the sending one (run: 4.10); 3.18 takes ours. */
static uint8_t proto_of(const struct view *v, enum plan_dir dir)
{
	return dir == PLAN_OUT || v->l->ir->release == RELEASE_3_18 ? v->proto : v->remote_proto;
}

/* E-013, E-016: an ICMP type and code are those of the sending end (run: 4.10, where the two ends have different ones), and 0 means any. */
static void set_ports(const struct view *v, struct plan_policy *p)
{
	uint16_t from = p->dir == PLAN_OUT ? v->local_port : v->remote_port, to = p->dir == PLAN_OUT ? v->remote_port : v->local_port;

	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		set_port(from >> 8, &p->sport, &p->sport_set);
		set_port(from & 0xff, &p->dport, &p->dport_set);
		return;
	}
	set_port(from, &p->sport, &p->sport_set);
	set_port(to, &p->dport, &p->dport_set);
}

static enum priority_base base_of(const struct view *v)
{
	if (!v->member->of_group)
		return PRIORITY_STATIC;
	return v->remote_auth == PLAN_AUTH_NULL ? PRIORITY_GROUP_OF_ANYBODY : PRIORITY_GROUP;
}

/* E-059: an entry of a group that negotiates is a template, for all peers in its network. E-071: 5.x counts the others so too. */
static bool is_instance(const struct view *v)
{
	return v->member->of_group && ir_is_shunt(v->conn) && v->l->ir->release < RELEASE_5_0;
}

static uint32_t priority_of(const struct view *v, const struct plan_policy *p)
{
	struct priority_input in = {
		.base = base_of(v),
		.instance = is_instance(v),
		.address_bits = (uint8_t)ip_addr_bits(&p->src.addr),
		.local_len = p->dir == PLAN_OUT ? p->src.len : p->dst.len,
		.remote_len = p->dir == PLAN_OUT ? p->dst.len : p->src.len,
		.has_proto = v->proto != 0,
		.local_port_any = v->local_port == 0,
		.remote_port_any = v->remote_port == 0,
		.source_port = p->sport_set,
		.pass = v->conn->type == IR_PASSTHROUGH,
	};

	return v->conn->priority ? v->conn->priority : policy_priority(v->l->ir->release, &in);	/* E-074 */
}

/* Run: a shunt of 4.10 has neither mark nor interface, but that with phase2=ah it counts as a conn that negotiates. */
static bool is_bare(const struct view *v)
{
	return ir_is_shunt(v->conn) && v->l->ir->release == RELEASE_4_10 && v->conn->protocol != PROTOCOL_AH;
}

/* E-086 */
static struct plan_mark mark_of(const struct view *v, enum plan_dir dir)
{
	struct plan_mark mark = dir == PLAN_OUT ? v->conn->mark_out : v->conn->mark_in;

	return mark.value && !is_bare(v) ? mark : (struct plan_mark){ 0, 0 };
}

static struct plan_policy *add_policy(const struct view *v, enum plan_dir dir, enum plan_action action, enum plan_when when)
{
	struct plan_policy *p = vec_add(v->l->arena, &v->l->plan->policies);

	*p = (struct plan_policy){
		.conn = v->member->name,
		.origin = v->origin,
		.dir = dir,
		.action = action,
		.src = dir == PLAN_OUT ? v->local_client : v->remote_client,
		.dst = dir == PLAN_OUT ? v->remote_client : v->local_client,
		.proto = proto_of(v, dir),
		.mark = mark_of(v, dir),
		.if_id = is_bare(v) ? 0 : lower_if_id(v->conn),
		.mode = v->conn->type == IR_TRANSPORT ? PLAN_MODE_TRANSPORT : PLAN_MODE_TUNNEL,
		.when = when,
	};
	set_ports(v, p);
	p->priority = priority_of(v, p);
	return p;
}

/* --- templates --- */

static uint32_t reqid_of(const struct view *v, unsigned offset)
{
	return v->conn->reqid ? v->conn->reqid : v->member->reqid + offset;
}

/* E-083: what a trap carries, with which an ACQUIRE names its connection in 5.x. */
static uint32_t trap_reqid(const struct view *v)
{
	return v->l->ir->release >= RELEASE_5_0 ? reqid_of(v, 0) : 0;
}

/* T(r): one transport template for ESP without addresses. */
static void add_trap_template(const struct view *v, struct plan_policy *p)
{
	vec_push(v->l->arena, &p->tmpl, (struct plan_tmpl){ .mode = PLAN_MODE_TRANSPORT, .reqid = trap_reqid(v) });
}

/* E-095 ... E-100: with compression the outer template is always transport, and inbound packets may come uncompressed. */
static void add_sa_templates(const struct view *v, struct plan_policy *p)
{
	bool esp = v->conn->protocol == PROTOCOL_ESP;
	struct plan_tmpl first = { .mode = p->mode };
	struct plan_tmpl sa = { .proto = esp ? PLAN_TMPL_ESP : PLAN_TMPL_AH, .mode = PLAN_MODE_TRANSPORT };

	sa.reqid = reqid_of(v, esp ? 1 : 0);
	if (p->mode == PLAN_MODE_TUNNEL) {
		first.src = p->dir == PLAN_OUT ? v->local_host : v->remote_host;
		first.dst = p->dir == PLAN_OUT ? v->remote_host : v->local_host;
	}
	if (v->conn->compress) {
		first.proto = PLAN_TMPL_COMP;
		first.reqid = reqid_of(v, 2);
		first.level = p->dir == PLAN_OUT ? PLAN_LEVEL_REQUIRED : PLAN_LEVEL_USE;
		vec_push(v->l->arena, &p->tmpl, first);
		vec_push(v->l->arena, &p->tmpl, sa);
		return;
	}
	first.proto = sa.proto;
	first.reqid = sa.reqid;
	vec_push(v->l->arena, &p->tmpl, first);
}

/* --- phases --- */

static bool routed_at_load(const struct ir_conn *conn)
{
	return conn->start == PLAN_START_ROUTE || conn->start == PLAN_START_UP || conn->start == PLAN_START_KEEP;
}

/* E-037, E-038: three policies from the moment the conn is routed; 4.10 and 5.x put an inert template under a block. */
static void add_shunts(const struct view *v)
{
	enum plan_action action = v->conn->type == IR_PASSTHROUGH ? PLAN_PASS : PLAN_BLOCK;
	enum plan_when when = routed_at_load(v->conn) ? PLAN_WHEN_LOAD : PLAN_WHEN_ROUTE;

	for (enum plan_dir dir = PLAN_OUT; dir <= PLAN_FWD; dir++) {
		struct plan_policy *p = add_policy(v, dir, action, when);

		if (action == PLAN_BLOCK && v->l->ir->release != RELEASE_3_18)
			add_trap_template(v, p);
	}
}

/* E-041, E-042: transport has no Fwd. */
static void add_sa_policies(const struct view *v, enum plan_when when, bool strict)
{
	enum plan_dir last = v->conn->type == IR_TRANSPORT ? PLAN_IN : PLAN_FWD;

	for (enum plan_dir dir = PLAN_OUT; dir <= last; dir++) {
		struct plan_policy *p = add_policy(v, dir, PLAN_PROTECT, when);

		p->strict = strict;
		add_sa_templates(v, p);
	}
}

/* E-018: a trap of 3.18 carries the hosts' family, which a kernel refuses when the selector's is another. */
static bool trap_refused(const struct view *v)
{
	struct finding *f;

	if (v->l->ir->release != RELEASE_3_18 || v->local_host.family == v->local_client.addr.family)
		return false;
	f = diag_report(v->l->diag, RULE_TRAP_OF_TWO_FAMILIES, v->conn->span,
			"conn '%s' cannot be routed: its hosts and its subnets are of different families", v->conn->name);
	diag_set_conn(f, v->conn->name);
	return true;
}

/* E-012, E-018: of transport mode the policies hold our network and the peer itself, and a selector has one family. Run: 4.10 routes such a
 * conn, and two of them do not agree to bring it up. */
static bool transport_refused(const struct view *v)
{
	struct finding *f;

	if (v->conn->type != IR_TRANSPORT || v->local_client.addr.family == v->remote_host.family)
		return false;
	f = diag_report(v->l->diag, RULE_TRANSPORT_OF_TWO_FAMILIES, v->conn->span,
			"conn '%s' cannot come up: transport mode is between its hosts, and its subnets are of another family", v->conn->name);
	diag_set_conn(f, v->conn->name);
	v->l->incomplete = true;
	return true;
}

/* E-024: a conn that may be narrowed is a template, which cannot be routed without a network of the peer (run: 4.10). */
static bool is_template(const struct view *v)
{
	return v->conn->narrowing && v->conn->ike_version == 2 && !v->remote_given;
}

/* The strict rendering: the policies of the established SA stand from the start, so that nothing passes in clear in either
 * direction. They come before the trap of equal key, which they replace. */
static void add_negotiable(const struct view *v)
{
	struct view up = *v;
	bool fixed = v->remote_host.family != AF_UNSPEC && !v->comes_with_sa && !transport_refused(v);
	bool early = routed_at_load(v->conn) && v->conn->start != PLAN_START_ROUTE;	/* no trap of theirs is routed first */

	/* E-012: once up, the remote selector of transport mode is the peer itself */
	if (v->conn->type == IR_TRANSPORT && fixed)
		up.remote_client = ip_prefix_of_host(&v->remote_host);
	if (fixed)
		add_sa_policies(&up, early ? PLAN_WHEN_LOAD : PLAN_WHEN_ROUTE, true);
	if (!is_template(v) && !trap_refused(v) && !group_waits(v->conn))
		add_trap_template(v, add_policy(v, PLAN_OUT, PLAN_PROTECT, PLAN_WHEN_ROUTE));	/* E-036 */
	if (fixed)
		add_sa_policies(&up, PLAN_WHEN_UP, false);
}

static bool client_of(const struct lower_member *m, unsigned i, const struct ip_addr *host, struct ip_prefix *ret)
{
	if (m->has_client[i])
		*ret = m->client[i];
	else if (host->family != AF_UNSPEC)
		*ret = ip_prefix_of_host(host);
	else
		return false;
	return true;
}

bool lower_policies(struct lowering *l, const struct ir_conn *conn, const struct orientation *o, const struct lower_member *m)
{
	unsigned local = o->local, remote = 1 - o->local;
	struct view v = {
		.l = l, .conn = conn, .member = m, .proto = m->proto[local], .remote_proto = m->proto[remote], .local_port = m->port[local], .remote_port = m->port[remote],
		.remote_auth = lower_auth(conn, &conn->end[remote]), .any_port = conn->end[local].port_any || conn->end[remote].port_any,
		.remote_given = m->has_client[remote],
		.local_host = o->host[local], .remote_host = o->host[remote], .origin = lower_conn_origin(l, conn),
	};

	/* E-023 ... E-025: a peer that is not known has no policy, unless its subnet is given */
	if (o->side == PLAN_SIDE_UNKNOWN || o->host[local].family == AF_UNSPEC)
		return false;
	v.comes_with_sa = v.any_port || lower_client_comes(conn, local) || lower_client_comes(conn, remote);
	/* E-015, E-020: pluto routes neither a port that may be any, unless the other end's network is given, nor a virtual subnet */
	if (is_template(&v) && ir_is_shunt(conn))
		return false;
	if ((v.any_port && !v.remote_given) || conn->end[remote].virtual_subnet || conn->end[local].virtual_subnet)
		return false;
	if (!client_of(m, local, &o->host[local], &v.local_client) || !client_of(m, remote, &o->host[remote], &v.remote_client))
		return false;
	if (ir_is_shunt(conn))
		add_shunts(&v);
	else
		add_negotiable(&v);
	return true;
}
