/* SPDX-License-Identifier: Apache-2.0 */
/* policies.c -- policies for what only a negotiation told: the selectors that a peer narrowed, the address of a peer at %any
 * (E-022, E-030). What was negotiated as planned has its policies in the plan.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "plan/priority.h"
#include "runtime/ike/internal.h"

#define FIRST_AUTOMATIC_REQID	16384u	/* E-081: the user's own are below */
#define PREFIXES_PER_RANGE	126u	/* the most that a range of IPv6 addresses may need */

/* --- what a policy says of protocol and ports -------------------------------------------------------------------------------- */

struct flow {			/* one pair of selectors as policies say it */
	uint8_t proto;
	uint16_t sport[2], dport[2];	/* [0]: outbound, [1]: inbound */
	bool sport_set[2], dport_set[2];
};

static bool any_port(const struct traffic_selector *ts)
{
	return ts->port_first == 0 && ts->port_last == UINT16_MAX;
}

static bool one_port(const struct traffic_selector *ts)
{
	return ts->port_first == ts->port_last;
}

/* ICMP: a type with one code or with all (RFC 7296 section 3.13.1). */
static bool one_type(const struct traffic_selector *ts)
{
	return (ts->port_first >> 8) == (ts->port_last >> 8) && (one_port(ts) || ((ts->port_first & 0xff) == 0 && (ts->port_last & 0xff) == 0xff));
}

static bool icmp_flow(struct flow *f, unsigned direction, const struct traffic_selector *sender)
{
	if (any_port(sender))
		return true;
	if (!one_type(sender))
		return false;
	f->sport[direction] = sender->port_first >> 8;
	f->sport_set[direction] = true;
	f->dport[direction] = sender->port_first & 0xff;
	f->dport_set[direction] = one_port(sender);
	return true;
}

static bool port_flow(struct flow *f, const struct traffic_selector *local, const struct traffic_selector *remote)
{
	if ((!any_port(local) && !one_port(local)) || (!any_port(remote) && !one_port(remote)))
		return false;
	f->sport[0] = f->dport[1] = any_port(local) ? 0 : local->port_first;
	f->sport_set[0] = f->dport_set[1] = !any_port(local);
	f->dport[0] = f->sport[1] = any_port(remote) ? 0 : remote->port_first;
	f->dport_set[0] = f->sport_set[1] = !any_port(remote);
	return true;
}

/* False: the kernel's selectors know no ranges of ports. */
static bool flow_of(const struct traffic_selector *local, const struct traffic_selector *remote, struct flow *ret)
{
	*ret = (struct flow){ .proto = local->proto ? local->proto : remote->proto };
	if (ret->proto == IPPROTO_ICMP || ret->proto == IPPROTO_ICMPV6)
		return icmp_flow(ret, 0, local) && icmp_flow(ret, 1, remote);
	return port_flow(ret, local, remote);
}

/* --- one policy --------------------------------------------------------------------------------------------------------------- */

static enum priority_base base_of(const struct plan_peer *peer)
{
	if (peer->remote.kind != PLAN_ADDRESS_OPPORTUNISTIC)
		return PRIORITY_STATIC;
	return peer->remote.auth == PLAN_AUTH_NULL ? PRIORITY_GROUP_OF_ANYBODY : PRIORITY_GROUP;
}

static uint32_t priority_of(const struct child_sa *c, const struct plan_policy *p, const struct flow *f)
{
	const struct plan_child *child = c->conn->plan;
	bool out = p->dir == PLAN_OUT;
	struct priority_input in = {
		.base = base_of(c->conn->peer->plan), .instance = true, .address_bits = (uint8_t)ip_addr_bits(&p->src.addr),
		.local_len = out ? p->src.len : p->dst.len, .remote_len = out ? p->dst.len : p->src.len, .has_proto = f->proto != 0,
		.local_port_any = !f->sport_set[0], .remote_port_any = !f->dport_set[0], .source_port = p->sport_set,
	};

	return child->priority ? child->priority : policy_priority(c->sa->ike->plan->source.release, &in);	/* E-074 */
}

static void make_policy(struct made_policies *made, const struct child_sa *c, enum plan_dir dir, const struct ip_prefix *local,
			const struct ip_prefix *remote, const struct flow *f)
{
	const struct plan_child *child = c->conn->plan;
	unsigned direction = dir == PLAN_OUT ? 0 : 1;
	struct plan_policy *p = &made->policies[made->n];
	struct plan_tmpl *tmpl = &made->tmpls[made->n++];

	*tmpl = (struct plan_tmpl){ .proto = child->protocol == PROTOCOL_AH ? PLAN_TMPL_AH : PLAN_TMPL_ESP, .mode = c->mode, .reqid = made->reqid };
	if (c->mode == PLAN_MODE_TUNNEL) {
		tmpl->src = dir == PLAN_OUT ? c->local : c->remote;
		tmpl->dst = dir == PLAN_OUT ? c->remote : c->local;
	}
	*p = (struct plan_policy){
		.conn = child->name, .origin = child->origin, .dir = dir, .action = PLAN_PROTECT,
		.src = dir == PLAN_OUT ? *local : *remote, .dst = dir == PLAN_OUT ? *remote : *local,
		.proto = f->proto, .sport = f->sport[direction], .dport = f->dport[direction],
		.sport_set = f->sport_set[direction], .dport_set = f->dport_set[direction],
		.mark = dir == PLAN_OUT ? child->mark_out : child->mark_in, .if_id = child->if_id,
		.mode = c->mode, .tmpl = { tmpl, 1, 1 }, .when = PLAN_WHEN_UP,
	};
	p->priority = priority_of(c, p, f);
}

/* --- all of a child SA -------------------------------------------------------------------------------------------------------- */

/* Each pair of a local and a remote selector that a packet can meet, in each direction: counted first, so that there is room for them, and
 * made when there is. */
static const char *take_pair(struct made_policies *made, const struct child_sa *c, const struct traffic_selector *local,
			     const struct traffic_selector *remote)
{
	enum plan_dir last = c->mode == PLAN_MODE_TRANSPORT ? PLAN_IN : PLAN_FWD;	/* E-042 */
	struct ip_prefix l[PREFIXES_PER_RANGE], r[PREFIXES_PER_RANGE];
	size_t ln, rn;
	struct flow f;

	if (local->range.first.family != remote->range.first.family || (local->proto && remote->proto && local->proto != remote->proto))
		return NULL;
	if (!flow_of(local, remote, &f))
		return "a range of ports, which no policy can say";
	ln = ip_range_to_prefixes(&local->range, l, PREFIXES_PER_RANGE);
	rn = ip_range_to_prefixes(&remote->range, r, PREFIXES_PER_RANGE);
	if (!made->policies) {
		made->room += ln * rn * ((size_t)last + 1);
		return ln > PREFIXES_PER_RANGE || rn > PREFIXES_PER_RANGE || made->room > LIMIT_SA_POLICIES ?
		       "ranges of addresses that need too many policies" : NULL;
	}
	for (size_t i = 0; i < ln; i++)
		for (size_t k = 0; k < rn; k++)
			for (enum plan_dir dir = PLAN_OUT; dir <= last; dir++)
				make_policy(made, c, dir, &l[i], &r[k], &f);
	return NULL;
}

static const char *take_pairs(struct made_policies *made, const struct child_sa *c)
{
	const char *wrong = NULL;

	for (unsigned i = 0; i < c->local_count && !wrong; i++)
		for (unsigned k = 0; k < c->remote_count && !wrong; k++)
			wrong = take_pair(made, c, &c->local_ts[i], &c->remote_ts[k]);
	return wrong;
}

static const char *fill(struct made_policies *made, const struct child_sa *c)
{
	const char *wrong = take_pairs(made, c);

	if (wrong)
		return wrong;
	if (!made->room)
		return "selectors of which no two fit together";
	made->policies = calloc(made->room, sizeof(*made->policies));
	made->tmpls = calloc(made->room, sizeof(*made->tmpls));
	return made->policies && made->tmpls ? take_pairs(made, c) : "selectors for which there is no memory";
}

static void made_free(struct made_policies *made)
{
	free(made->policies);
	free(made->tmpls);
	free(made);
}

/* Peers of one conn may be behind one address, so each has a number of its own, unless the user has given one for all (E-030). */
static uint32_t next_reqid(const struct child_sa *c)
{
	struct ike *ike = c->sa->ike;

	if (!c->conn->peer->template || c->conn->plan->reqid < FIRST_AUTOMATIC_REQID)
		return c->conn->plan->reqid;
	ike->next_reqid += 4;
	return ike->next_reqid;
}

static bool same_ts(const struct traffic_selector *a, unsigned an, const struct traffic_selector *b, unsigned bn)
{
	for (unsigned i = 0; i < an && an == bn; i++)
		if (!ts_eq(&a[i], &b[i]))
			return false;
	return an == bn;
}

static bool same_place(const struct child_sa *a, const struct child_sa *b)
{
	return a->mode == b->mode && ip_addr_eq(&a->local, &b->local) && ip_addr_eq(&a->remote, &b->remote) &&
	       same_ts(a->local_ts, a->local_count, b->local_ts, b->local_count) &&
	       same_ts(a->remote_ts, a->remote_count, b->remote_ts, b->remote_count);
}

/* Was it negotiated as the plan has it, so that the plan's policies are right? */
static bool as_planned(const struct child_sa *c)
{
	const struct plan_child *p = c->conn->plan;

	return c->conn->has_policies && same_ts(c->local_ts, c->local_count, p->local_ts.v, (unsigned)p->local_ts.n) &&
	       same_ts(c->remote_ts, c->remote_count, p->remote_ts.v, (unsigned)p->remote_ts.n);
}

/* A child SA of the same peer under another IKE SA, which this one is about to take the place of (I-142). */
static const struct child_sa *twin(const struct child_sa *c)
{
	const struct ike_sa *sa = c->sa;

	for (const struct ike_sa *other = sa->ike->first; other && !proof_is_null(sa->peer); other = other->next) {
		if (other == sa || other->peer != sa->peer || !slice_eq(other->remote_id.wire, sa->remote_id.wire))
			continue;
		for (const struct child_sa *k = other->children; k; k = k->next)
			if (k->conn == c->conn && k->made && same_place(k, c))
				return k;
	}
	return NULL;
}

int policies_make(struct child_sa *c, const struct child_sa *old, const char **ret_why)
{
	struct made_policies *made;

	if (!old)
		old = twin(c);
	if (old && old->made && same_place(old, c)) {
		c->made = old->made;
		c->made->users++;
		return 0;
	}
	if (as_planned(c))
		return 0;
	made = calloc(1, sizeof(*made));
	if (!made) {
		*ret_why = "out of memory";
		return -ENOMEM;
	}
	made->reqid = old && old->made ? old->made->reqid : next_reqid(c);
	*ret_why = fill(made, c);
	if (*ret_why) {
		made_free(made);
		return -EOPNOTSUPP;
	}
	made->users = 1;
	c->made = made;
	return 0;
}

int policies_install(struct child_sa *c, const char **ret_why)
{
	struct dataplane *dp = c->sa->ike->env->dataplane;
	int r;

	if (c->made->stands)
		return 0;
	r = dp->ops->add_negotiated(dp, c->made->policies, c->made->n, ret_why);
	c->made->stands = r == 0;
	return r;
}

void policies_drop(struct child_sa *c)
{
	struct dataplane *dp = c->sa->ike->env->dataplane;
	struct made_policies *made = c->made;

	c->made = NULL;
	if (!made || --made->users)
		return;
	if (made->stands)
		dp->ops->del_negotiated(dp, made->policies, made->n);
	made_free(made);
}
