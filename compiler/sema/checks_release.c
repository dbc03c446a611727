/* SPDX-License-Identifier: Apache-2.0 */
/* Combinations that 5.x refuses and the releases before it took without effect (sections A.8 to A.10 of the C-rules). */
#include "compiler/sema/checks.h"

/* C-217, C-249, C-253, C-231, C-232 */
static void check_exclusions(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool pool = ir_end_has_pool(&c->end[0]) || ir_end_has_pool(&c->end[1]);
	bool opportunistic = ir_end_is_opportunistic(&c->end[0]) || ir_end_is_opportunistic(&c->end[1]);
	struct finding *f;

	if (c->mobike && c->type == IR_TRANSPORT) {
		f = check_report(k, RULE_OPTIONS_EXCLUDE, EFFECT_REFUSED, KW_MOBIKE, SIDE_NONE, "mobike does not go with transport mode");
		check_related(k, f, KW_TYPE, SIDE_NONE, "the mode");
	}
	if (pool && c->ike_version == 2 && !c->narrowing && check_is_set(k, KW_NARROWING, SIDE_NONE))
		check_report(k, RULE_OPTIONS_EXCLUDE, EFFECT_REFUSED, KW_NARROWING, SIDE_NONE, "an address pool narrows what its clients ask for");
	if (check_is_yes(k, KW_CAT, SIDE_LEFT) && check_is_yes(k, KW_CAT, SIDE_RIGHT)) {
		f = check_report(k, RULE_OPTIONS_EXCLUDE, opportunistic ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_CAT, SIDE_RIGHT,
				 "both ends are to be translated");
		check_related(k, f, KW_CAT, SIDE_LEFT, "and here");
	}
	if (check_is_yes(k, KW_IPTFS, SIDE_NONE) && (c->type == IR_TRANSPORT || c->compress || c->tfc || c->protocol == PROTOCOL_AH)) {
		enum keyword_id other = c->type == IR_TRANSPORT ? KW_TYPE : c->compress ? KW_COMPRESS : c->tfc ? KW_TFC : KW_PHASE2;

		f = check_report(k, RULE_OPTIONS_EXCLUDE, EFFECT_REFUSED, KW_IPTFS, SIDE_NONE, "IP-TFS needs a tunnel of plain ESP");
		check_related(k, f, other, SIDE_NONE, "which this is not");
	}
	if (check_is_yes(k, KW_MS_DH_DOWNGRADE, SIDE_NONE) && check_is_yes(k, KW_PFS_REKEY_WORKAROUND, SIDE_NONE)) {
		f = check_report(k, RULE_OPTIONS_EXCLUDE, EFFECT_REFUSED, KW_PFS_REKEY_WORKAROUND, SIDE_NONE, "two remedies that exclude each other");
		check_related(k, f, KW_MS_DH_DOWNGRADE, SIDE_NONE, "the other one");
	}
}

/* C-225 */
static void check_ikev2_only(struct check *k)
{
	static const enum keyword_id ids[] = {
		KW_INTERMEDIATE, KW_SESSION_RESUMPTION, KW_IPTFS, KW_SEND_SUPPORTED_AUTH_METHODS, KW_REJECT_SIMULTANEOUS_IKE_AUTH,
	};

	for (size_t i = 0; i < sizeof ids / sizeof *ids && k->conn->ike_version == 1; i++)
		if (check_is_yes(k, ids[i], SIDE_NONE))
			check_report(k, RULE_IKEV1_OPTION, EFFECT_REFUSED, ids[i], SIDE_NONE, "IKEv1 has no %s", keyword_table[ids[i]].name);
}

/* C-075 */
static void check_virtual_group(struct check *k)
{
	for (int side = 0; side < 2; side++)
		if (k->conn->end[side].virtual_subnet && ir_end_is_group(&k->conn->end[side]))
			check_report(k, RULE_VIRTUAL_SUBNET_MISPLACED, EFFECT_REFUSED, KW_SUBNET, (enum side)side,
				     "a group has the networks of its file, not a virtual subnet");
}

/* C-029: the family that is written and that of the address. */
static void check_address_family(struct check *k)
{
	bool ipv6 = check_says(k, KW_HOSTADDRFAMILY, SIDE_NONE, "ipv6"), ipv4 = check_says(k, KW_HOSTADDRFAMILY, SIDE_NONE, "ipv4");

	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		struct finding *f;

		if (end->host_kind != IR_HOST_ADDR || !(end->host.family == AF_INET ? ipv6 : ipv4))
			continue;
		f = check_report(k, RULE_HOST_FAMILY_MIX, EFFECT_REFUSED, KW_HOSTADDRFAMILY, SIDE_NONE,
				 "hostaddrfamily= is not the family of %s=", check_side_name((enum side)side));
		check_related(k, f, KW_HOST, (enum side)side, "IPv%d", end->host.family == AF_INET ? 4 : 6);
		return;
	}
}

/* C-183 */
static void check_margin_range(struct check *k)
{
	const struct ir_conn *c = k->conn;

	if (check_is_set(k, KW_REKEYFUZZ, SIDE_NONE) && c->rekey && (uint64_t)c->rekey_margin * (100 + c->rekey_fuzz) / 100 > 86400)
		check_report(k, RULE_NUMBER_OUT_OF_RANGE, EFFECT_REFUSED, KW_REKEYFUZZ, SIDE_NONE,
			     "the margin for rekeying, with this added, is longer than any lifetime");
}

void check_newer_refusals(struct check *k)
{
	if (k->release < RELEASE_5_0 || ir_is_shunt(k->conn))
		return;
	check_exclusions(k);
	check_ikev2_only(k);
	check_virtual_group(k);
	check_address_family(k);
	check_margin_range(k);
}

/* C-202, C-290: numbers that 5.x refuses and the kernel or the releases before it make another one of. */
void check_ranges(struct check *k)
{
	static const struct {
		enum keyword_id id;
		uint64_t min, max;
		enum release refused_from;
	} ranges[] = {
		{ KW_METRIC, 1, UINT32_MAX, RELEASE_5_0 }, { KW_NFLOG_GROUP, 1, UINT16_MAX, RELEASE_5_0 }, { KW_MTU, 1, UINT16_MAX, RELEASE_COUNT },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		const struct setting *setting = resolved_get(k->conn->resolved, ranges[i].id, SIDE_NONE);
		uint64_t number;

		if (!setting || slice_to_u64(setting->param->value.text, UINT32_MAX, &number) < 0 ||
		    (number >= ranges[i].min && number <= ranges[i].max))
			continue;
		check_report(k, RULE_NUMBER_OUT_OF_RANGE, k->release < ranges[i].refused_from ? EFFECT_NONE : EFFECT_REFUSED, ranges[i].id, SIDE_NONE,
			     "the number is not in %llu to %llu", (unsigned long long)ranges[i].min, (unsigned long long)ranges[i].max);
	}
}
