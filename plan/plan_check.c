/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/map.h"
#include "plan/reader.h"

/* An object of one of the plan's lists, as a path: "peers[2]". */
struct item {
	struct json_step list, self;
};

#define ITEM(name, list_name, i)					\
	struct item name = { { NULL, list_name, 0 }, { NULL, NULL, i } };	\
	name.self.up = &name.list

static struct json_step member_of(const struct item *item, const char *name)
{
	return (struct json_step){ &item->self, name, 0 };
}

static void bad(struct plan_reader *r, const struct item *item, const char *member, const char *text)
{
	struct json_step step = member_of(item, member);

	json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &step, "%s", text);
}

static void add_name(struct plan_reader *r, struct map *names, const struct item *item, const char *member, const char *name)
{
	struct json_step step = member_of(item, member);

	if (map_get(names, slice_of(name)))
		json_input_report(&r->in, RULE_PLAN_BAD_REFERENCE, &step, "the name '%s' is taken already", name);
	else
		map_set(names, slice_of(name), (void *)name);
}

static void check_reference(struct plan_reader *r, const struct map *names, const struct item *item, const char *member,
			    const char *name)
{
	struct json_step step = member_of(item, member);

	if (!map_get(names, slice_of(name)))
		json_input_report(&r->in, RULE_PLAN_BAD_REFERENCE, &step, "there is no '%s'", name);
}

static void check_end(struct plan_reader *r, const struct item *item, const char *member, const struct plan_end *end)
{
	if (end->kind == PLAN_ADDRESS_FIXED && end->addr.family == AF_UNSPEC)
		bad(r, item, member, "kind 'address' needs an address");
	if (end->kind == PLAN_ADDRESS_NAME && !end->name)
		bad(r, item, member, "kind 'name' needs a name");
	if (end->id.type == IDENT_NONE)
		bad(r, item, member, "the identity is missing");
}

static void check_proposals(struct plan_reader *r, const struct item *item, const proposal_list *proposals,
			    enum ipsec_protocol protocol)
{
	struct json_step list = member_of(item, "proposals");

	if (!proposals->n)
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &list, "at least one proposal is needed");
	for (size_t i = 0; i < proposals->n; i++) {
		struct json_step step = { &list, NULL, i };

		if (proposals->v[i].protocol != protocol)
			json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &step, "the proposal is for another protocol");
		if (!proposals->v[i].transforms.n)
			json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &step, "the proposal has no transforms");
	}
}

static void check_peer(struct plan_reader *r, const struct item *item, const struct plan_peer *peer, const struct map *secrets)
{
	if (peer->version < 1)
		bad(r, item, "version", "the version of IKE is 1 or 2");
	if (peer->side == PLAN_SIDE_UNKNOWN && !peer->side_why)
		bad(r, item, "side_why", "an unknown side needs a reason");
	check_end(r, item, "local", &peer->local);
	check_end(r, item, "remote", &peer->remote);
	if (peer->secret)
		check_reference(r, secrets, item, "secret", peer->secret);
	check_proposals(r, item, &peer->proposals, PROTOCOL_IKE);
}

static void check_child(struct plan_reader *r, const struct item *item, const struct plan_child *child, const struct map *peers)
{
	check_reference(r, peers, item, "peer", child->peer);
	if (child->protocol == PROTOCOL_IKE)
		bad(r, item, "protocol", "a child is 'esp' or 'ah'");
	else
		check_proposals(r, item, &child->proposals, child->protocol);
}

static void check_templates(struct plan_reader *r, const struct item *item, const struct plan_policy *policy)
{
	struct json_step list = member_of(item, "tmpl");

	if (policy->action == PLAN_PROTECT && !policy->tmpl.n)
		json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &list, "a policy that protects needs a template");
	for (size_t i = 0; i < policy->tmpl.n; i++) {
		const struct plan_tmpl *t = &policy->tmpl.v[i];
		struct json_step step = { &list, NULL, i };

		if (t->src.family != t->dst.family)
			json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &step, "src and dst are of different families");
		/* the kernel takes a tunnel to nowhere and drops every packet */
		if (t->mode == PLAN_MODE_TUNNEL && t->src.family == AF_UNSPEC)
			json_input_report(&r->in, RULE_PLAN_BAD_MEMBER, &step, "a tunnel needs two addresses");
	}
}

static void check_policy(struct plan_reader *r, const struct item *item, const struct plan_policy *policy,
			 const struct map *children)
{
	if (policy->action == PLAN_PROTECT)
		check_reference(r, children, item, "conn", policy->conn);
	if (policy->src.addr.family != policy->dst.addr.family)
		bad(r, item, "dst", "src and dst are of different families");
	check_templates(r, item, policy);
}

int plan_check(struct plan_reader *r)
{
	const struct plan *plan = r->plan;
	struct map secrets, peers, children;

	map_init(&secrets, r->arena);
	map_init(&peers, r->arena);
	map_init(&children, r->arena);
	for (size_t i = 0; i < plan->secrets.n; i++) {
		ITEM(item, "secrets", i);
		add_name(r, &secrets, &item, "name", plan->secrets.v[i].name);
	}
	for (size_t i = 0; i < plan->peers.n; i++) {
		ITEM(item, "peers", i);
		add_name(r, &peers, &item, "conn", plan->peers.v[i].conn);
		check_peer(r, &item, &plan->peers.v[i], &secrets);
	}
	for (size_t i = 0; i < plan->children.n; i++) {
		ITEM(item, "children", i);
		add_name(r, &children, &item, "name", plan->children.v[i].name);
		check_child(r, &item, &plan->children.v[i], &peers);
	}
	for (size_t i = 0; i < plan->policies.n; i++) {
		ITEM(item, "policies", i);
		check_policy(r, &item, &plan->policies.v[i], &children);
	}
	return r->in.errors ? -EINVAL : 0;
}

void plan_index(struct plan *plan, struct arena *a)
{
	map_init(&plan->peers_by_conn, a);
	for (size_t i = 0; i < plan->peers.n; i++)
		map_set(&plan->peers_by_conn, slice_of(plan->peers.v[i].conn), &plan->peers.v[i]);
}

const struct plan_peer *plan_peer_by_conn(const struct plan *plan, const char *conn)
{
	if (plan->peers_by_conn.n)
		return map_get(&plan->peers_by_conn, slice_of(conn));
	for (size_t i = 0; i < plan->peers.n; i++)
		if (strcmp(plan->peers.v[i].conn, conn) == 0)
			return &plan->peers.v[i];
	return NULL;
}
