/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about types of conns, shunts, group and opportunistic conns (section A.11 of the C-rules). */
#include "compiler/sema/checks.h"

/* C-301: there is nobody to negotiate with. 5.x routes such a conn. */
void check_shunt_start(struct check *k)
{
	struct finding *f;

	if (!ir_is_shunt(k->conn) || k->conn->start != PLAN_START_UP || k->release >= RELEASE_5_0)
		return;
	f = check_report(k, RULE_SHUNT_START, EFFECT_NONE, KW_AUTO, SIDE_NONE, "there is nothing to start in a conn that negotiates nothing");
	check_related(k, f, KW_TYPE, SIDE_NONE, "nothing is negotiated");
	diag_help(k->diag, f, "write auto=ondemand, which installs its policy");
}

/* Those who encrypt when they can mean it. */
static bool means_clear(const struct check *k)
{
	const struct ir_conn *c = k->conn;

	return ir_is_shunt(c) || ir_end_is_anybody(&c->end[0]) || ir_end_is_anybody(&c->end[1]) ||
	       (c->auth_null && !c->auth_psk && !c->auth_rsa && !c->auth_ecdsa);
}

/* C-304, S-386 */
void check_clear_shunt(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (means_clear(k))
		return;
	if (c->failure_shunt == PLAN_SHUNT_PASS)
		check_report(k, RULE_CLEAR_SHUNT, EFFECT_NONE, KW_FAILURESHUNT, SIDE_NONE, "traffic leaves in clear when negotiation has failed");
	if (c->negotiation_shunt == PLAN_SHUNT_PASS) {
		f = check_report(k, RULE_CLEAR_SHUNT, EFFECT_NONE, KW_NEGOTIATIONSHUNT, SIDE_NONE, "traffic leaves in clear during negotiation");
		diag_help(k->diag, f, "leave the line out: traffic then waits for the SA");
	}
}

/* C-306 */
void check_group_subnet(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		enum keyword_id id = check_is_set(k, KW_SUBNET, (enum side)side) ? KW_SUBNET : KW_SUBNETS;
		struct finding *f;

		if (!ir_end_is_group(end) || !check_is_set(k, id, (enum side)side))
			continue;
		f = check_report(k, RULE_GROUP_SUBNET, EFFECT_NONE, id, (enum side)side, "the networks of a group are those in its policy file");
		check_related(k, f, KW_HOST, (enum side)side, "the group");
	}
}

/* C-314: a secret that is shared with anybody is none. */
void check_opportunistic_psk(struct check *k)
{
	const struct ir_conn *c = k->conn;

	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (!ir_end_is_opportunistic(&c->end[side]) || !c->auth_psk || ir_is_shunt(c))
			continue;
		f = check_report(k, RULE_OPPORTUNISTIC_PSK, EFFECT_NONE, KW_AUTHBY, SIDE_NONE,
				 "peers that nobody knows beforehand cannot share a secret");
		check_related(k, f, KW_HOST, (enum side)side, "any peer");
		diag_help(k->diag, f, "write authby=null, or use certificates");
		return;
	}
}
