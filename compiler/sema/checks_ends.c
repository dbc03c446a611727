/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the two ends of one conn: addresses, subnets, protocols (sections A.2 to A.4 of the C-rules). */
#include <stdlib.h>

#include "compiler/sema/checks.h"

static enum side other(enum side side)
{
	return (enum side)(1 - side);
}

/* What alsoflip= brings is in the IR, as ipsec.conf(5) has it, and in no daemon (L-099). */
static bool has_host(const struct check *k, enum side side)
{
	const struct setting *host = resolved_get(k->conn->resolved, KW_HOST, side);

	return k->conn->end[side].host_kind != IR_HOST_UNSET && !(host && host->by_alsoflip);
}

/* A value that is there but wrong has its own finding. */
static bool misses_host(const struct check *k, enum side side)
{
	const struct setting *host = resolved_get(k->conn->resolved, KW_HOST, side);

	return !has_host(k, side) && !(check_is_unread(k, KW_HOST, side) && host && host->param->value.text.n);
}

/* 3.x takes the missing end for %any, which goes with an address on the other end (run: 3.20). */
static bool may_miss(const struct check *k, enum side side)
{
	const struct ir_end *there = &k->conn->end[other(side)];

	return k->release < RELEASE_4_10 && there->host_kind != IR_HOST_UNSET && !ir_end_is_anybody(there);
}

/* Neither end: a section for others to include. When nobody does, and nothing loads it, that is worth a note. */
static void report_no_ends(struct check *k, bool asked_for)
{
	struct finding *f = check_report_at(k, RULE_MISSING_END, EFFECT_REFUSED, k->conn->span, "conn '%s' has neither left= nor right=",
					    k->conn->name);

	if (!asked_for)
		diag_set_severity(k->diag, f, SEVERITY_NOTE);
	diag_help(k->diag, f, "add left= and right=, or include it with 'also'");
}

static void report_missing_end(struct check *k, enum side side)
{
	const struct setting *start = resolved_get(k->conn->resolved, KW_AUTO, SIDE_NONE);
	bool loads = may_miss(k, side);
	struct finding *f = check_report_at(k, RULE_MISSING_END, loads ? EFFECT_NONE : EFFECT_REFUSED, k->conn->span, "conn '%s' has no %s=",
					    k->conn->name, check_side_name(side));

	check_related(k, f, KW_HOST, side, "alsoflip would bring it, and does nothing");
	if (loads)
		diag_note(k->diag, f, "libreswan %s takes %%any for it", release_name(k->release));
	if (start && k->conn->start == PLAN_START_IGNORE)
		diag_set_severity(k->diag, f, SEVERITY_NOTE);
	else
		diag_help(k->diag, f, "add %s= with an address, a host name, %%any or %%defaultroute", check_side_name(side));
}

/* L-095, L-108: a template inherits auto= like any conn and passes it on, and is itself to be loaded then. */
static void check_template_start(struct check *k)
{
	const struct setting *start = resolved_get(k->conn->resolved, KW_AUTO, SIDE_NONE);
	struct finding *f;

	if (!start || k->conn->start == PLAN_START_IGNORE)
		return;
	f = check_report(k, RULE_TEMPLATE_STARTS, EFFECT_NONE, KW_AUTO, SIDE_NONE, "auto=" SLICE_FMT " is for the template '%s' too",
			 SLICE_ARG(start->param->value.text), k->conn->name);
	diag_related(k->diag, f, k->conn->span, "has no %s", misses_host(k, SIDE_LEFT) ? misses_host(k, SIDE_RIGHT) ? "ends" : "left=" : "right=");
	diag_note(k->diag, f, "libreswan %s tries to load it at start, and says that it cannot", release_name(k->release));
	if (start->source == SOURCE_CONN)
		diag_help(k->diag, f, "move the line into the conns that include '%s'", k->conn->name);
	else
		diag_help(k->diag, f, "move the line into the conns themselves");
}

/* C-014. A section that only serves others, or that is not to be loaded, need not be complete. */
void check_missing_end(struct check *k)
{
	bool left = misses_host(k, SIDE_LEFT), right = misses_host(k, SIDE_RIGHT);

	if (!left && !right)
		return;
	if (k->conn->is_template) {	/* it would be refused, if anybody loaded it; nothing to say */
		k->refused = (left && right) || !may_miss(k, left ? SIDE_LEFT : SIDE_RIGHT);
		check_template_start(k);
		return;
	}
	if (left && right)
		report_no_ends(k, k->conn->start != PLAN_START_IGNORE && check_is_set(k, KW_AUTO, SIDE_NONE));
	else
		report_missing_end(k, left ? SIDE_LEFT : SIDE_RIGHT);
}

/* C-020 */
void check_no_fixed_end(struct check *k)
{
	struct finding *f;

	if (!ir_end_is_anybody(&k->conn->end[SIDE_LEFT]) || !ir_end_is_anybody(&k->conn->end[SIDE_RIGHT]))
		return;
	f = check_report(k, RULE_NO_FIXED_END, EFFECT_REFUSED, KW_HOST, SIDE_RIGHT, "neither end of conn '%s' has an address", k->conn->name);
	check_related(k, f, KW_HOST, SIDE_LEFT, "and this is none either");
	diag_help(k->diag, f, "write %%defaultroute for the end that is this host");
}

/* C-037 */
void check_same_ends(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	struct finding *f;

	if (left->host_kind != IR_HOST_ADDR || right->host_kind != IR_HOST_ADDR || !ip_addr_eq(&left->host, &right->host) ||
	    left->ike_port != right->ike_port || ir_is_shunt(k->conn))
		return;
	f = check_report(k, RULE_SAME_ENDS, EFFECT_COMPLAINT, KW_HOST, SIDE_RIGHT, "both ends have the same address");
	check_related(k, f, KW_HOST, SIDE_LEFT, "the same");
	diag_note(k->diag, f, "libreswan %s loads the conn, but cannot tell which end it is", release_name(k->release));
}

/* C-026: up to 4.x the conn loads, and one end is taken for the name of a host. */
void check_host_family(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	struct finding *f;

	if (left->host_kind != IR_HOST_ADDR || right->host_kind != IR_HOST_ADDR || left->host.family == right->host.family)
		return;
	f = check_report(k, RULE_HOST_FAMILY_MIX, k->release < RELEASE_5_0 ? EFFECT_NONE : EFFECT_REFUSED, KW_HOST, SIDE_RIGHT,
			 "left and right are of different address families");
	diag_caret(k->diag, f, "IPv%d", right->host.family == AF_INET ? 4 : 6);
	check_related(k, f, KW_HOST, SIDE_LEFT, "IPv%d", left->host.family == AF_INET ? 4 : 6);
	if (k->release < RELEASE_5_0)
		diag_note(k->diag, f, "libreswan %s loads the conn, and takes the IPv4 address for the name of a host", release_name(k->release));
}

/* --- subnets --------------------------------------------------------------------------------------------------------------------- */

/* Without a subnet the source address is the client (C-040). */
static sa_family_t client_family(const struct ir_end *end)
{
	if (end->has_subnet)
		return end->subnet.addr.family;
	return end->subnets.n ? end->subnets.v[0].addr.family : end->sourceip.family;
}

/* What 4.10 takes for the family of the conn's addresses, before it looks anything up: hostaddrfamily=, the first end that tells it by a
 * number, %any6 or %defaultroute6, else IPv4; clientaddrfamily= says nothing (run with 4.10). AF_UNSPEC: another release. */
static sa_family_t host_family(const struct check *k)
{
	const struct setting *asked = resolved_get(k->conn->resolved, KW_HOSTADDRFAMILY, SIDE_NONE);

	if (k->release != RELEASE_4_10)
		return AF_UNSPEC;
	if (asked && asked->param->value.text.n)
		return asked->param->value.text.p[asked->param->value.text.n - 1] == '6' ? AF_INET6 : AF_INET;
	for (int side = 0; side < 2; side++) {
		const struct setting *host = resolved_get(k->conn->resolved, KW_HOST, (enum side)side);
		struct slice text = host ? host->param->value.text : (struct slice){ NULL, 0 };
		struct ip_addr addr;

		if (ip_addr_parse(text, &addr) == 0)
			return addr.family;
		if (slice_eq_nocase(text, "%any6") || slice_eq_nocase(text, "%defaultroute6"))
			return AF_INET6;
	}
	return AF_INET;
}

/* From 5.x on an end may have subnets of both families, which are paired by family. */
static bool has_both_families(const struct ir_end *end)
{
	for (size_t i = 1; i < end->subnets.n; i++)
		if (end->subnets.v[i].addr.family != end->subnets.v[0].addr.family)
			return true;
	return false;
}

/* 4.10 reads leftsubnets= as subnets of that family, and leaves the conn out, or those that are behind the first of the other one. */
static void check_subnets_of_family(struct check *k, enum side side, sa_family_t family)
{
	const struct ir_end *end = &k->conn->end[side];
	struct finding *f;

	if (family == AF_UNSPEC || !check_is_set(k, KW_SUBNETS, side) || !end->subnets.n || has_both_families(end) ||
	    end->subnets.v[0].addr.family == family)
		return;
	f = check_report(k, RULE_SUBNET_FAMILY_MIX, EFFECT_REFUSED, KW_SUBNETS, side,
			 "%ssubnets= has IPv%d subnets, and the conn's addresses are IPv%d", check_side_name(side), family == AF_INET ? 6 : 4,
			 family == AF_INET ? 4 : 6);
	check_related(k, f, KW_HOST, side, "the family of the conn");
	diag_help(k->diag, f, "write %ssubnet= in a conn for each subnet, or hostaddrfamily=", check_side_name(side));
}

/* C-059, C-060 */
void check_subnet_family(struct check *k)
{
	sa_family_t family[2] = { client_family(&k->conn->end[0]), client_family(&k->conn->end[1]) }, hosts = host_family(k);
	struct finding *f;

	if (k->release >= RELEASE_5_0 && (has_both_families(&k->conn->end[0]) || has_both_families(&k->conn->end[1])))
		return;
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];

		if (ir_end_has_pool(end) && k->release >= RELEASE_5_0)
			return;		/* what a client is given decides */
		check_subnets_of_family(k, (enum side)side, hosts);
		if (family[side] == AF_UNSPEC && !end->virtual_subnet)
			family[side] = hosts;
		if (family[side] == AF_UNSPEC && !end->virtual_subnet && end->host_kind == IR_HOST_ADDR)
			family[side] = end->host.family;
		/* what the other end's address says of this one */
		if (family[side] == AF_UNSPEC && !end->virtual_subnet && k->conn->end[1 - side].host_kind == IR_HOST_ADDR)
			family[side] = k->conn->end[1 - side].host.family;
	}
	if (family[0] == AF_UNSPEC || family[1] == AF_UNSPEC || family[0] == family[1])
		return;
	if (client_family(&k->conn->end[0]) == AF_UNSPEC && client_family(&k->conn->end[1]) == AF_UNSPEC)
		return;		/* the hosts themselves: check_host_family() */
	for (int side = 1; side >= 0; side--) {
		enum keyword_id id = check_is_set(k, KW_SUBNET, (enum side)side)  ? KW_SUBNET :
				     check_is_set(k, KW_SUBNETS, (enum side)side) ? KW_SUBNETS : KW_SOURCEIP;

		if (!check_is_set(k, id, (enum side)side))
			continue;
		f = check_report(k, RULE_SUBNET_FAMILY_MIX, EFFECT_REFUSED, id, (enum side)side,
				 "the two ends protect different address families");
		diag_caret(k->diag, f, "IPv%d", family[side] == AF_INET ? 4 : 6);
		check_related(k, f, check_is_set(k, KW_SUBNET, (enum side)(1 - side)) ? KW_SUBNET : KW_HOST, (enum side)(1 - side), "IPv%d",
			      family[1 - side] == AF_INET ? 4 : 6);
		return;
	}
}

static bool has_client(const struct check *k, enum side side)
{
	return check_is_set(k, KW_SUBNET, side) || check_is_set(k, KW_SUBNETS, side);
}

/* C-062: 3.x and 4.x drop the conn without a word. */
void check_subnets_one_sided(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		enum side this = (enum side)side;
		struct finding *f;

		if (!k->conn->end[side].subnets.n || !check_is_set(k, KW_SUBNETS, this) || has_client(k, other(this)) ||
		    k->release >= RELEASE_5_0)
			continue;
		f = check_report(k, RULE_SUBNETS_ONE_SIDED, EFFECT_REFUSED, KW_SUBNETS, this, "%ssubnets= has no subnet on the %s side",
				 check_side_name(this), check_side_name(other(this)));
		diag_note(k->diag, f, "it does so without a word");
		diag_help(k->diag, f, "add %ssubnet=, for a single host its address with /32 or /128", check_side_name(other(this)));
	}
}

/* C-066 */
void check_subnet_and_subnets(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		enum side this = (enum side)side;
		struct finding *f;

		if (!check_is_set(k, KW_SUBNET, this) || !check_is_set(k, KW_SUBNETS, this))
			continue;
		f = check_report(k, RULE_SUBNET_AND_SUBNETS, EFFECT_NONE, KW_SUBNETS, this, "%ssubnets= stands beside %ssubnet=",
				 check_side_name(this), check_side_name(this));
		check_related(k, f, KW_SUBNET, this, "this one is added to the list");
	}
}

/* C-068, C-069, C-247 */
void check_addresspool(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		enum side this = (enum side)side;
		enum keyword_id id = check_is_set(k, KW_SUBNET, this) ? KW_SUBNET : KW_SUBNETS;
		struct finding *f;

		if (!ir_end_has_pool(&k->conn->end[side]) || !check_is_set(k, id, this) ||
		    k->conn->end[side].virtual_subnet)
			continue;
		f = check_report(k, RULE_ADDRESSPOOL_WITH_SUBNET, id == KW_SUBNET || k->release >= RELEASE_5_0 ? EFFECT_REFUSED : EFFECT_NONE, id,
				 this, "a subnet on the side of an address pool");
		check_related(k, f, KW_ADDRESSPOOL, this, "clients get their address from here");
	}
}

/* C-070 */
void check_transport_subnet(struct check *k)
{
	for (int side = 0; k->conn->type == IR_TRANSPORT && side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		struct finding *f;

		if (!end->has_subnet || end->subnet.len == ip_addr_bits(&end->subnet.addr))
			continue;
		f = check_report(k, RULE_TRANSPORT_WITH_SUBNET, EFFECT_NONE, KW_SUBNET, (enum side)side, "transport mode cannot carry a subnet");
		check_related(k, f, KW_TYPE, SIDE_NONE, "the mode");
	}
}

/* --- protocol and port ----------------------------------------------------------------------------------------------------------- */

/* C-080 */
void check_ports_any(struct check *k)
{
	struct finding *f;

	if (!k->conn->end[SIDE_LEFT].port_any || !k->conn->end[SIDE_RIGHT].port_any)
		return;
	f = check_report(k, RULE_BOTH_PORTS_ANY, EFFECT_REFUSED, KW_PROTOPORT, SIDE_RIGHT, "the port is %%any on both ends");
	check_related(k, f, KW_PROTOPORT, SIDE_LEFT, "and here");
}

/* C-088 */
void check_protocols_differ(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	struct finding *f;

	if (!left->proto || !right->proto || left->proto == right->proto)
		return;
	f = check_report(k, RULE_PROTOCOLS_DIFFER, EFFECT_NONE, KW_PROTOPORT, SIDE_RIGHT, "the two ends name different protocols");
	check_related(k, f, KW_PROTOPORT, SIDE_LEFT, "another protocol");
}

/* --- addresses inside and outside ------------------------------------------------------------------------------------------------ */

/* C-041; without a subnet the address itself is the client (C-040). */
void check_sourceip(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		bool inside = end->has_subnet && ip_prefix_has(&end->subnet, &end->sourceip);
		struct finding *f;

		for (size_t i = 0; i < end->subnets.n; i++)
			inside |= ip_prefix_has(&end->subnets.v[i], &end->sourceip);
		if (end->sourceip.family == AF_UNSPEC || inside || (!end->has_subnet && !end->subnets.n))
			continue;
		f = check_report(k, RULE_SOURCEIP_OUTSIDE_SUBNET, k->release < RELEASE_5_0 ? EFFECT_NONE : EFFECT_REFUSED, KW_SOURCEIP,
				 (enum side)side, "this address is not in %ssubnet=", check_side_name((enum side)side));
		check_related(k, f, end->subnets.n > 1 ? KW_SUBNETS : KW_SUBNET, (enum side)side, "what the tunnel protects");
	}
}

/* C-046. A network of everything is usual and meant. */
void check_peer_inside(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		struct finding *f;

		if (ir_is_shunt(k->conn) || end->host_kind != IR_HOST_ADDR || !end->has_subnet || end->subnet.len == 0 ||
		    end->subnet.len == ip_addr_bits(&end->subnet.addr) || !ip_prefix_has(&end->subnet, &end->host))
			continue;
		f = check_report(k, RULE_PEER_INSIDE_TUNNEL, EFFECT_NONE, KW_SUBNET, (enum side)side,
				 "the address of the %s end lies in the network behind it", check_side_name((enum side)side));
		check_related(k, f, KW_HOST, (enum side)side, "its address");
	}
}

/* C-071, C-073 */
void check_virtual_subnet(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	struct finding *f;

	if (left->virtual_subnet && right->virtual_subnet) {
		f = check_report(k, RULE_VIRTUAL_SUBNET_MISPLACED, EFFECT_REFUSED, KW_SUBNET, SIDE_RIGHT, "both ends have a virtual subnet");
		check_related(k, f, KW_SUBNET, SIDE_LEFT, "and here");
		if (k->release < RELEASE_5_0)
			diag_note(k->diag, f, "the daemon dies on it");
		return;
	}
	for (int side = 0; side < 2; side++)
		if (k->conn->end[side].virtual_subnet && k->conn->ike_version == 2 && k->release >= RELEASE_4_10)
			check_report(k, RULE_VIRTUAL_SUBNET_MISPLACED, EFFECT_REFUSED, KW_SUBNET, (enum side)side,
				     "a virtual subnet needs IKEv1");
}

/* --- virtual subnets ------------------------------------------------------------------------------------------------------------- */

static bool is_here(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_ADDR || end->host_kind == IR_HOST_DEFAULTROUTE || end->host_kind == IR_HOST_INTERFACE;
}

/* S-087, C-074: the virtual address is that of the client. */
static void check_virtual_side(struct check *k, enum side side)
{
	struct finding *f;

	if (!is_here(&k->conn->end[side]) || !ir_end_is_anybody(&k->conn->end[other(side)]))
		return;
	f = check_report(k, RULE_VIRTUAL_SUBNET_MISPLACED, EFFECT_COMPLAINT, KW_SUBNET, side, "a virtual subnet on the side of this host");
	check_related(k, f, KW_HOST, other(side), "the clients are here");
}

/* S-088, C-076: without a list of private networks no client is let in. */
static void check_private_networks(struct check *k, enum side side)
{
	const struct setting *networks = resolved_setup_get(k->resolved, KW_VIRTUAL_PRIVATE);

	if ((networks && networks->param->value.text.n) || !strcasestr(k->conn->end[side].virtual_subnet, "%priv"))
		return;
	diag_help(k->diag,
		  check_report(k, RULE_VIRTUAL_PRIVATE_MISSING, EFFECT_NONE, KW_SUBNET, side, "%%priv stands for virtual-private=, which is not set"),
		  "write virtual-private=%%v4:10.0.0.0/8,%%v4:192.168.0.0/16,%%v4:172.16.0.0/12 in config setup, without the networks that are here");
}

/* C-074, C-076; the words themselves are looked at with the value. */
void check_virtual_words(struct check *k)
{
	if ((k->conn->end[SIDE_LEFT].virtual_subnet && k->conn->end[SIDE_RIGHT].virtual_subnet) ||
	    (k->conn->ike_version == 2 && k->release >= RELEASE_4_10))
		return;		/* check_virtual_subnet() */
	for (int side = 0; side < 2; side++)
		if (k->conn->end[side].virtual_subnet) {
			check_virtual_side(k, (enum side)side);
			check_private_networks(k, (enum side)side);
		}
}

/* --- what the ends are to be ----------------------------------------------------------------------------------------------------- */

/* C-022 */
void check_both_default_routes(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	struct finding *f;

	if (left->host_kind != IR_HOST_DEFAULTROUTE || right->host_kind != IR_HOST_DEFAULTROUTE)
		return;
	f = check_report(k, RULE_SAME_ENDS, k->release < RELEASE_4_10 ? EFFECT_NONE : EFFECT_COMPLAINT, KW_HOST, SIDE_RIGHT,
			 "both ends are this host");
	check_related(k, f, KW_HOST, SIDE_LEFT, "the same");
	diag_note(k->diag, f, "libreswan %s loads the conn, but cannot tell which end it is", release_name(k->release));
}

/* C-030, C-033, S-111 */
void check_next_hop(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		bool refused = k->release < RELEASE_4_10 || k->release >= RELEASE_5_0;
		struct finding *f;

		if (end->nexthop.family == AF_UNSPEC)
			continue;
		if (end->host_kind == IR_HOST_DEFAULTROUTE) {
			f = check_report(k, RULE_NEXTHOP_UNFIT, EFFECT_NONE, KW_NEXTHOP, (enum side)side,
					 "the next hop of %%defaultroute is the gateway of that route");
			check_related(k, f, KW_HOST, (enum side)side, "found when the conn is loaded");
		} else if (end->host_kind == IR_HOST_ADDR && end->host.family != end->nexthop.family) {
			f = check_report(k, RULE_NEXTHOP_UNFIT, refused ? EFFECT_REFUSED : EFFECT_NONE, KW_NEXTHOP, (enum side)side,
					 "the next hop is of another address family");
			check_related(k, f, KW_HOST, (enum side)side, "IPv%d", end->host.family == AF_INET ? 4 : 6);
		}
	}
}

/* C-040, S-116: up to 4.x the address alone becomes the client. */
void check_source_address(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &k->conn->end[side];
		bool host = end->host_kind == IR_HOST_ADDR && ip_addr_eq(&end->host, &end->sourceip);
		struct finding *f;

		if (end->sourceip.family == AF_UNSPEC || end->has_subnet || end->subnets.n || end->virtual_subnet || host ||
		    ir_end_has_pool(end) || end->modecfg_client || check_is_unread(k, KW_SUBNET, (enum side)side) ||
		    check_is_unread(k, KW_SUBNETS, (enum side)side))
			continue;
		f = check_report(k, RULE_SOURCEIP_WITHOUT_SUBNET, k->release < RELEASE_5_0 ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_SOURCEIP,
				 (enum side)side, "%ssourceip= without %ssubnet=", check_side_name((enum side)side),
				 check_side_name((enum side)side));
		if (k->release < RELEASE_5_0)
			diag_note(k->diag, f, "libreswan %s protects this address alone, as if it were the subnet", release_name(k->release));
	}
}

/* --- lists of subnets ------------------------------------------------------------------------------------------------------------ */

/* C-065: to 4.x an element of the other family is no subnet; 3.x goes on with what it makes of it. */
static void check_list_family(struct check *k, enum side side)
{
	const struct ir_end *end = &k->conn->end[side];

	for (size_t i = 1; i < end->subnets.n && k->release < RELEASE_5_0; i++) {
		if (end->subnets.v[i].addr.family == end->subnets.v[0].addr.family)
			continue;
		check_report(k, RULE_SUBNET_FAMILY_MIX, k->release < RELEASE_4_10 ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_SUBNETS, side, "the list has subnets of two address families");
		return;
	}
}

static int by_prefix(const void *a, const void *b)
{
	const struct ip_prefix *p = a, *q = b;
	int order = ip_addr_cmp(&p->addr, &q->addr);

	return order ? order : (p->len > q->len) - (p->len < q->len);
}

/* C-067: of two conns for the same traffic the second cannot be routed. */
static void check_list_twice(struct check *k, enum side side)
{
	const struct ir_end *end = &k->conn->end[side];
	struct ip_prefix *sorted;
	char text[IP_PREFIX_TEXT];

	if (end->subnets.n < 2)
		return;
	sorted = arena_new_array(k->arena, end->subnets.n, struct ip_prefix);
	memcpy(sorted, end->subnets.v, end->subnets.n * sizeof(*sorted));
	qsort(sorted, end->subnets.n, sizeof(*sorted), by_prefix);
	for (size_t i = 1; i < end->subnets.n; i++)
		if (by_prefix(&sorted[i - 1], &sorted[i]) == 0) {
			check_report(k, RULE_SUBNET_TWICE, EFFECT_NONE, KW_SUBNETS, side, "%s stands twice in %ssubnets=",
				     ip_prefix_format(&sorted[i], text), check_side_name(side));
			return;
		}
}

void check_subnets_list(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		if (!check_is_set(k, KW_SUBNETS, (enum side)side))
			continue;
		check_list_family(k, (enum side)side);
		check_list_twice(k, (enum side)side);
	}
}

/* C-078, S-190 */
void check_all_traffic(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (!c->end[0].has_subnet || !c->end[1].has_subnet || c->end[0].subnet.len || c->end[1].subnet.len || c->mark_in.mask ||
	    c->mark_out.mask || c->has_if_id || check_is_set(k, KW_IPSEC_INTERFACE, SIDE_NONE) || c->end[0].proto || ir_is_shunt(c) ||
	    check_is_set(k, KW_VTI_INTERFACE, SIDE_NONE))
		return;
	f = check_report(k, RULE_ALL_TRAFFIC, EFFECT_NONE, KW_SUBNET, SIDE_RIGHT, "all traffic of this host goes into the tunnel, and none past it");
	check_related(k, f, KW_SUBNET, SIDE_LEFT, "from everywhere");
	if (c->narrowing)
		diag_note(k->diag, f, "with narrowing=yes the peer may take a part of it, and the rest leaves in clear");
	diag_help(k->diag, f, "give it an interface with ipsec-interface=, or a mark");
}

/* C-089: none of these has ports. */
void check_port_without_use(struct check *k)
{
	static const struct {
		uint8_t proto;
		const char *name;
	} portless[] = { { 2, "igmp" }, { 4, "ipip" }, { 41, "ipv6" }, { 47, "gre" }, { 50, "esp" }, { 51, "ah" }, { 89, "ospf" } };

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sizeof portless / sizeof *portless; i++)
			if (k->conn->end[side].proto == portless[i].proto && k->conn->end[side].port)
				check_report(k, RULE_PORT_WITHOUT_USE, EFFECT_NONE, KW_PROTOPORT, (enum side)side, "%s has no ports",
					     portless[i].name);
}
