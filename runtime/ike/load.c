/* SPDX-License-Identifier: Apache-2.0 */
/* load.c -- the plan as the engine can run it: what it cannot do is a finding with the user's line, and only that conn is left
 * out. */
#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "runtime/ike/internal.h"

/* Runtime findings have no position in a source map: the place goes into the text (the plan has file and line). */
static struct finding *find(struct diag *diag, enum rule_id rule, const struct plan_origin *o, const char *conn, const char *text)
{
	struct finding *f =
		o->file ? diag_report(diag, rule, (struct span){ 0, 0 }, "%s:%u: conn '%s': %s", o->file, o->line, conn, text)
			: diag_report(diag, rule, (struct span){ 0, 0 }, "conn '%s': %s", conn, text);

	diag_set_conn(f, conn);
	return f;
}

const struct secret *find_psk(const struct ike *ike, const struct ident *local, const struct ident *remote,
			      const struct ip_addr *local_addr, const struct ip_addr *remote_addr)
{
	const struct secrets *s = ike->env->secrets;
	const struct secret_entry *e = s ? secrets_find_psk_or_address(s, local, remote, local_addr, remote_addr) : NULL;

	return e && e->value.n ? &e->value : NULL;
}

/* I-081, K-045: which of two is meant must not depend on their order in a file. */
static bool psk_is_ambiguous(const struct ike *ike, const struct ident *local, const struct ident *remote)
{
	const struct secret_entry *e = secrets_find_psk(ike->env->secrets, local, remote);

	return e && secrets_psk_rival(ike->env->secrets, e, local, remote);
}

/* --- proposals ---------------------------------------------------------------------------------------------------------------- */

static bool has_type(const struct proposal *p, enum transform_type type)
{
	for (size_t i = 0; i < p->transforms.n; i++)
		if (p->transforms.v[i].transform->type == type)
			return true;
	return false;
}

/* What protects packets has to be known to the data plane, all else to us. */
static bool can_do(const struct ike *ike, enum ipsec_protocol protocol, const struct proposal_transform *t, const char **ret_why)
{
	bool packets = protocol != PROTOCOL_IKE && (t->transform->type == TRANSFORM_ENCR || t->transform->type == TRANSFORM_INTEG);

	if (transform_is_none(t->transform) ||
	    (packets && (ike->env->dataplane->ops->caps & DP_CAP_KERNEL_CIPHERS) && t->transform->xfrm))
		return true;
	return suite_supports(t->transform, t->key_bits, ret_why) == 0;
}

/* The transforms of `from` that this build can do, with AEAD ciphers or with the others: never both in one proposal (I-041). */
static void take(struct ike *ike, const struct proposal *from, bool aead, proposal_list *to, const char **ret_why)
{
	struct arena *a = &ike->arena;
	struct proposal p = { .protocol = from->protocol };

	for (size_t i = 0; i < from->transforms.n; i++) {
		const struct proposal_transform *t = &from->transforms.v[i];

		if (t->transform->type == TRANSFORM_ENCR && t->transform->aead != aead)
			continue;
		if (aead && t->transform->type == TRANSFORM_INTEG && !transform_is_none(t->transform))
			continue;
		if (from->protocol == PROTOCOL_IKE && t->transform->type == TRANSFORM_ENCR && !transform_encrypts(t->transform)) {
			*ret_why = "it does not encrypt, which an IKE SA must";
			continue;
		}
		if (t->transform->ikev2_id == TRANSFORM_NONE) {
			*ret_why = "the algorithm has no number in IKEv2";
			continue;
		}
		if (can_do(ike, from->protocol, t, ret_why))
			vec_push(a, &p.transforms, *t);
	}
	for (enum transform_type type = TRANSFORM_ENCR; type <= TRANSFORM_KE; type++)
		if (has_type(from, type) && !has_type(&p, type) && !(aead && type == TRANSFORM_INTEG))
			return;
	if (p.transforms.n)
		vec_push(a, to, p);
}

static bool take_all(struct ike *ike, const proposal_list *from, proposal_list *to, const char **ret_why)
{
	for (size_t i = 0; i < from->n && to->n < LIMIT_PROPOSALS; i++) {
		take(ike, &from->v[i], false, to, ret_why);
		if (has_type(&from->v[i], TRANSFORM_ENCR))
			take(ike, &from->v[i], true, to, ret_why);
	}
	return to->n > 0;
}

/* --- peers -------------------------------------------------------------------------------------------------------------------- */

static void weigh_psk(struct diag *diag, const struct ike_peer *p, const struct secret *psk)
{
	const struct transform *prf = NULL;

	for (size_t i = 0; i < p->proposals.v[0].transforms.n && !prf; i++)
		if (p->proposals.v[0].transforms.v[i].transform->type == TRANSFORM_PRF)
			prf = p->proposals.v[0].transforms.v[i].transform;
	if (prf && psk->n < prf->output_bits / 16u)
		diag_help(diag,
			  find(diag, RULE_IKE_PSK_SHORT, &p->plan->origin, p->plan->conn,
			       "the shared key is shorter than half of the PRF's output"),
			  "make one with 'openssl rand -base64 32' and write it as 0s...");
}

/* NULL: the conn can run; else why not, with the rule. */
static const char *peer_refused(struct ike *ike, struct ike_peer *p, enum rule_id *ret_rule, struct diag *diag)
{
	const struct plan_peer *plan = p->plan;
	const char *why = "the list is empty", *refused;
	const struct secret *psk;

	*ret_rule = RULE_IKE_VERSION_1;
	if (plan->version != 2)
		return "it wants IKEv1 (ikev2=no), ipsec-run speaks IKEv2 only";
	*ret_rule = RULE_IKE_SIDE_UNKNOWN;
	if (plan->side == PLAN_SIDE_UNKNOWN)
		return plan->side_why ? plan->side_why : "neither left nor right is this host";
	*ret_rule = RULE_IKE_PEER_NAME;
	if (plan->remote.kind == PLAN_ADDRESS_NAME || plan->local.kind == PLAN_ADDRESS_NAME)
		return arena_printf(&ike->arena, "'%s' is a name, which ipsec-run does not look up; write the address",
				    plan->remote.kind == PLAN_ADDRESS_NAME ? plan->remote.name : plan->local.name);
	*ret_rule = RULE_IKE_TRANSFORM_UNSUPPORTED;
	if (!take_all(ike, &plan->proposals, &p->proposals, &why))
		return arena_printf(&ike->arena, "none of its IKE proposals can be negotiated: %s", why);
	if (!nth_group(&p->proposals, 0))
		return "its IKE proposals have no key exchange group";
	refused = proof_load(ike, p, ret_rule);
	if (!refused && (refused = ppk_load(ike, p)) != NULL)
		*ret_rule = RULE_IKE_NO_SECRET;
	if (refused || !proof_by_psk(p))
		return refused;
	*ret_rule = RULE_IKE_NO_SECRET;
	psk = find_psk(ike, p->local_id, p->remote_id, &plan->local.addr, &plan->remote.addr);
	if (!psk && ident_concrete(p->remote_id))
		return "no shared key in the secrets for its two identities";
	*ret_rule = RULE_SECRETS_AMBIGUOUS;
	if (psk && psk_is_ambiguous(ike, p->local_id, p->remote_id))
		return "two entries of the secrets fit its identities equally well and hold different keys";
	if (psk)
		weigh_psk(diag, p, psk);
	return NULL;
}

static void note_not_carried(const struct ike *ike, struct diag *diag, const struct ike_peer *peer)
{
	const struct plan_peer *p = peer->plan;

	if (p->reauth && p->remote.kind != PLAN_ADDRESS_FIXED)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->conn,
		     "reauth=yes is for its peers to do, who alone can begin; until then the IKE SA is rekeyed");
	if (p->remote.kind == PLAN_ADDRESS_OPPORTUNISTIC)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->conn, "its peers are answered, but not called when a packet is for one");
	if (p->mobike && !mobike_possible(ike, peer))
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->conn, "mobike=yes has no effect: this data plane cannot move an SA to another address");
}

static void load_peer(struct ike *ike, struct ike_peer *p, struct diag *diag)
{
	enum rule_id rule;
	const char *why = peer_refused(ike, p, &rule, diag);

	p->template = p->plan->remote.kind == PLAN_ADDRESS_ANY || p->plan->remote.kind == PLAN_ADDRESS_OPPORTUNISTIC;
	p->refused = why != NULL;
	if (why)
		find(diag, rule, rule == RULE_IKE_TRANSFORM_UNSUPPORTED ? &p->plan->proposals_origin : &p->plan->origin,
		     p->plan->conn, why);
	else
		note_not_carried(ike, diag, p);
	if (!why && !proof_names_us(ike, p))
		find(diag, RULE_IKE_CERTIFICATE_NAMES_OTHER, &p->plan->origin, p->plan->conn,
		     arena_printf(&ike->arena, "the certificate '%s' does not name our identity %s, so peers will refuse it",
				  p->plan->local.cert, ident_format(&ike->arena, p->local_id)));
}

/* --- children ----------------------------------------------------------------------------------------------------------------- */

static const char *child_refused_why(struct ike *ike, struct child_conn *c, enum rule_id *ret_rule)
{
	const struct plan_child *p = c->plan;
	const struct dataplane_ops *dp = ike->env->dataplane->ops;
	const char *why = "the list is empty";

	*ret_rule = RULE_IKE_PEER_OF_CHILD_REFUSED;
	if (!c->peer || c->peer->refused)
		return "its peer was refused, so the child SA is left out";
	*ret_rule = RULE_IKE_CHILD_UNSUPPORTED;
	if (p->protocol == PROTOCOL_AH && !(dp->caps & DP_CAP_AH))
		return arena_printf(&ike->arena, "AH cannot be carried by the data plane '%s'", dp->name);
	if (p->mode == PLAN_MODE_TRANSPORT && !(dp->caps & DP_CAP_TRANSPORT))
		return arena_printf(&ike->arena, "type=transport cannot be carried by the data plane '%s'", dp->name);
	if (p->if_id && !(dp->caps & DP_CAP_IF_ID))
		return arena_printf(&ike->arena, "an XFRM interface cannot be used by the data plane '%s'", dp->name);
	if ((p->mark_in.mask || p->mark_out.mask) && !(dp->caps & DP_CAP_MARK))
		return arena_printf(&ike->arena, "marks cannot be used by the data plane '%s'", dp->name);
	if (dp->leaves_out && dp->leaves_out(ike->env->dataplane, p->name))
		return arena_printf(&ike->arena, "the data plane '%s' cannot carry it", dp->name);
	if (c->peer->plan->local.any_port || c->peer->plan->remote.any_port)
		return "a port that may be any (protoport=PROTO/%any) is not supported";
	if (p->local_ts.n > NARROW_MAX || p->remote_ts.n > NARROW_MAX)
		return arena_printf(&ike->arena, "it has more than %u traffic selectors at one end", NARROW_MAX);
	*ret_rule = RULE_IKE_TRANSFORM_UNSUPPORTED;
	if (!take_all(ike, &p->proposals, &c->proposals, &why))
		return arena_printf(&ike->arena, "none of its ESP proposals can be negotiated: %s", why);
	return NULL;
}

static void load_child(struct ike *ike, struct child_conn *c, const struct map *peers, struct diag *diag)
{
	const struct plan_child *p = c->plan;
	enum rule_id rule;
	const char *why;

	c->peer = map_get(peers, slice_of(p->peer));
	if (c->peer)
		config_load_child(c->peer, p);
	c->retry = (struct timer){ .fire = conn_retry_fire, .owner = c };
	why = child_refused_why(ike, c, &rule);
	c->refused = why != NULL;
	if (why) {
		find(diag, rule, &p->origin, p->name, why);
		return;
	}
	if (p->compress)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->name, "compress=yes has no effect, IPComp is not negotiated");
	if (p->updown)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->name, "the updown command is not started");
	if (p->tfc)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->name, "tfc has no effect, packets are not padded");
	if (p->failure_shunt != PLAN_SHUNT_NONE)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->name, "failureshunt has no effect: after a failure its traffic is held, as before");
	if (p->negotiation_shunt == PLAN_SHUNT_PASS)
		find(diag, RULE_IKE_NOT_CARRIED, &p->origin, p->name, "negotiationshunt=passthrough has no effect: its traffic is held until the SA is there");
}

int load_plan(struct ike *ike, struct diag *diag)
{
	const struct plan *plan = ike->plan;
	struct map peers, conns;
	bool refused = false;

	map_init(&peers, &ike->arena);
	map_init(&conns, &ike->arena);
	ike->peers = arena_new_array(&ike->arena, plan->peers.n, struct ike_peer);
	ike->conns = arena_new_array(&ike->arena, plan->children.n, struct child_conn);
	ike->peer_count = plan->peers.n;
	ike->conn_count = plan->children.n;
	for (size_t i = 0; i < ike->peer_count; i++) {
		ike->peers[i].plan = &plan->peers.v[i];
		map_set(&peers, slice_of(plan->peers.v[i].conn), &ike->peers[i]);
		load_peer(ike, &ike->peers[i], diag);
		config_load(ike, &ike->peers[i]);
		refused |= ike->peers[i].refused;
	}
	for (size_t i = 0; i < ike->conn_count; i++) {
		ike->conns[i].plan = &plan->children.v[i];
		map_set(&conns, slice_of(plan->children.v[i].name), &ike->conns[i]);
		load_child(ike, &ike->conns[i], &peers, diag);
		refused |= ike->conns[i].refused;
		ike->next_reqid = plan->children.v[i].reqid > ike->next_reqid ? plan->children.v[i].reqid : ike->next_reqid;
	}
	for (size_t i = 0; i < plan->policies.n; i++) {
		struct child_conn *c = plan->policies.v[i].when == PLAN_WHEN_UP ? map_get(&conns, slice_of(plan->policies.v[i].conn)) : NULL;

		if (c)
			c->has_policies = true;
	}
	return refused ? -ENOTSUP : 0;
}
