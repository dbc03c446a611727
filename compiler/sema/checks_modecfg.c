/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about XAUTH, ModeConfig and address pools of one conn (section A.9 of the C-rules). */
#include "compiler/sema/checks.h"

/* C-247: 3.18 takes the second one. */
void check_two_pools(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (!ir_end_has_pool(&c->end[SIDE_LEFT]) || !ir_end_has_pool(&c->end[SIDE_RIGHT]))
		return;
	f = check_report(k, RULE_TWO_ADDRESSPOOLS, k->release < RELEASE_4_10 ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_ADDRESSPOOL, SIDE_RIGHT,
			 "both ends have an address pool");
	check_related(k, f, KW_ADDRESSPOOL, SIDE_LEFT, "the other one");
	diag_help(k->diag, f, "keep the one on the side of the clients");
}

/* C-244, C-245 */
void check_pool_size(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		const struct ip_range *pool = &k->conn->end[side].addresspool;
		struct ip_prefix p;
		struct finding *f;

		if (pool->first.family != AF_INET6)
			continue;
		if (k->conn->ike_version == 1) {
			f = check_report(k, RULE_ADDRESSPOOL_UNFIT, k->release < RELEASE_5_0 ? EFFECT_NONE : EFFECT_REFUSED, KW_ADDRESSPOOL,
					 (enum side)side, "IKEv1 gives its clients IPv4 addresses only");
			diag_caret(k->diag, f, "IPv6");
		} else if (ip_range_to_prefix(pool, &p) && p.len <= 96) {
			f = check_report(k, RULE_ADDRESSPOOL_UNFIT, EFFECT_NONE, KW_ADDRESSPOOL, (enum side)side,
					 "the pool is larger than libreswan %s counts", release_name(k->release));
			diag_note(k->diag, f, "it uses the first 2^32-1 addresses");
		}
	}
}

static bool has_client(const struct ir_end *end)
{
	return end->has_subnet || end->subnets.n || end->virtual_subnet;
}

/* C-263, S-095 */
void check_pool_reach(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (!ir_end_has_pool(&k->conn->end[side]) || has_client(&k->conn->end[1 - side]) ||
		    ir_end_has_pool(&k->conn->end[1 - side]) || check_is_unread(k, KW_SUBNET, (enum side)(1 - side)))
			continue;
		f = check_report(k, RULE_ADDRESSPOOL_REACH, EFFECT_NONE, KW_ADDRESSPOOL, (enum side)side,
				 "clients with an address of this pool reach nothing but the %s end itself", check_side_name((enum side)(1 - side)));
		diag_help(k->diag, f, "add %ssubnet= with what they are to reach, 0.0.0.0/0 for everything", check_side_name((enum side)(1 - side)));
	}
}

/* --- roles ----------------------------------------------------------------------------------------------------------------------- */

/* 5.x refuses, except for opportunistic conns; the others load what cannot work. */
static enum effect of_roles(const struct check *k)
{
	bool opportunistic = ir_end_is_opportunistic(&k->conn->end[0]) || ir_end_is_opportunistic(&k->conn->end[1]);

	return k->release < RELEASE_5_0 ? EFFECT_NONE : opportunistic ? EFFECT_COMPLAINT : EFFECT_REFUSED;
}

static void report_two_of(struct check *k, enum keyword_id id, const char *what)
{
	struct finding *f = check_report(k, RULE_MODECFG_ROLES, of_roles(k), id, SIDE_RIGHT, "both ends are the ModeConfig %s", what);

	check_related(k, f, id, SIDE_LEFT, "and here");
}

/* C-250: the end with the pool is the client, whatever is written. */
static void check_role_of_pool(struct check *k, enum side pool)
{
	const struct ir_end *client = &k->conn->end[pool], *server = &k->conn->end[1 - pool];
	enum side other = (enum side)(1 - pool);
	struct finding *f = NULL;

	if (client->modecfg_server)
		f = check_report(k, RULE_MODECFG_ROLES, of_roles(k), KW_MODECFGSERVER, pool, "the end with the address pool is the client");
	else if (server->modecfg_client)
		f = check_report(k, RULE_MODECFG_ROLES, of_roles(k), KW_MODECFGCLIENT, other, "the end without the address pool is the server");
	if (f)
		check_related(k, f, KW_ADDRESSPOOL, pool, "the pool");
}

/* C-250 ... C-252 */
void check_modecfg_roles(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];
	bool pools = ir_end_has_pool(left) != ir_end_has_pool(right);

	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (!k->conn->end[side].modecfg_server || !k->conn->end[side].modecfg_client)
			continue;
		f = check_report(k, RULE_MODECFG_ROLES, of_roles(k), KW_MODECFGCLIENT, (enum side)side,
				 "the %s end is ModeConfig server and client", check_side_name((enum side)side));
		check_related(k, f, KW_MODECFGSERVER, (enum side)side, "server here");
		return;
	}
	if (left->modecfg_server && right->modecfg_server)
		report_two_of(k, KW_MODECFGSERVER, "server");
	else if (left->modecfg_client && right->modecfg_client)
		report_two_of(k, KW_MODECFGCLIENT, "client");
	else if (pools)
		check_role_of_pool(k, ir_end_has_pool(left) ? SIDE_LEFT : SIDE_RIGHT);
}

/* C-260, C-261: IKEv1 carries IPv4 servers and one domain. */
void check_modecfg_values(struct check *k)
{
	const struct setting *dns = resolved_get(k->conn->resolved, KW_MODECFGDNS, SIDE_NONE);
	const struct setting *domains = resolved_get(k->conn->resolved, KW_MODECFGDOMAINS, SIDE_NONE);
	struct slice rest, piece;
	bool first = true;

	if (k->conn->ike_version != 1 || k->release < RELEASE_4_10 || ir_is_shunt(k->conn))
		return;
	if (dns && memchr(dns->param->value.text.p, ':', dns->param->value.text.n))
		check_report(k, RULE_MODECFG_VALUE, EFFECT_REFUSED, KW_MODECFGDNS, SIDE_NONE, "IKEv1 tells its clients IPv4 servers only");
	if (!domains)
		return;
	rest = domains->param->value.text;
	while (slice_split(&rest, ", \t", &piece)) {
		if (piece.n && !first) {
			check_report(k, RULE_MODECFG_VALUE, EFFECT_COMPLAINT, KW_MODECFGDOMAINS, SIDE_NONE,
				     "IKEv1 tells its clients the first domain only");
			return;
		}
		first = first && !piece.n;
	}
}

/* --- XAUTH ----------------------------------------------------------------------------------------------------------------------- */

static bool writes_xauth(const struct check *k, enum side side)
{
	return check_is_set(k, KW_XAUTHSERVER, side) || check_is_set(k, KW_XAUTHCLIENT, side);
}

static void report_both_roles(struct check *k, enum side side)
{
	struct finding *f = check_report(k, RULE_XAUTH_ROLES, EFFECT_NONE, KW_XAUTHCLIENT, side, "the %s end is XAUTH server and client",
					 check_side_name(side));

	check_related(k, f, KW_XAUTHSERVER, side, "server here");
}

/* One end has a role, and the other one does not have its counterpart (S-224, S-229). */
static void check_counterpart(struct check *k, enum side side)
{
	const struct ir_end *this = &k->conn->end[side], *other = &k->conn->end[1 - side];
	const char *name = check_side_name((enum side)(1 - side));
	struct finding *f = NULL;

	if (this->xauth_server && !other->xauth_client)
		f = check_report(k, RULE_XAUTH_ROLES, EFFECT_NONE, KW_XAUTHSERVER, side, "an XAUTH server without a client on the other end");
	else if (this->xauth_client && !other->xauth_server)
		f = check_report(k, RULE_XAUTH_ROLES, EFFECT_NONE, KW_XAUTHCLIENT, side, "an XAUTH client without a server on the other end");
	if (f)
		diag_help(k->diag, f, "add %sxauth%s=yes", name, this->xauth_server ? "client" : "server");
}

/* C-255, C-256, C-384: up to 4.x it is the word that switches XAUTH on, not its value. */
void check_xauth_roles(struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];

	if (k->conn->ike_version != 1 || ir_is_shunt(k->conn))
		return;
	for (int side = 0; side < 2; side++)
		if (k->conn->end[side].xauth_server && k->conn->end[side].xauth_client) {
			report_both_roles(k, (enum side)side);
			return;
		}
	if (left->xauth_server && right->xauth_server) {
		check_related(k, check_report(k, RULE_XAUTH_ROLES, EFFECT_NONE, KW_XAUTHSERVER, SIDE_RIGHT, "both ends are the XAUTH server"),
			      KW_XAUTHSERVER, SIDE_LEFT, "and here");
		return;
	}
	for (int side = 0; side < 2; side++)
		check_counterpart(k, (enum side)side);
	for (int side = 0; side < 2 && k->release < RELEASE_5_0; side++) {
		enum keyword_id id = check_is_set(k, KW_XAUTHSERVER, (enum side)side) ? KW_XAUTHSERVER : KW_XAUTHCLIENT;

		if (writes_xauth(k, (enum side)side) && !left->xauth_server && !left->xauth_client && !right->xauth_server &&
		    !right->xauth_client) {
			check_report(k, RULE_XAUTH_ROLES, EFFECT_NONE, id, (enum side)side,
				     "libreswan %s takes the conn for one with XAUTH, even with this value", release_name(k->release));
			return;
		}
	}
}

/* S-240 */
static void check_xauth_always(struct check *k)
{
	if (check_says(k, KW_XAUTHBY, SIDE_NONE, "alwaysok") && check_is_own(k, KW_XAUTHBY, SIDE_NONE))
		check_report(k, RULE_XAUTH_ALWAYS, EFFECT_NONE, KW_XAUTHBY, SIDE_NONE, "every name and every password is let in");
}

/* S-225, S-230: the password is asked for, at each rekeying again. */
void check_xauth_start(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (c->ike_version != 1 || ir_is_shunt(c))
		return;
	check_xauth_always(k);
	for (int side = 0; side < 2; side++) {
		if (!c->end[side].xauth_client || ir_end_is_anybody(&c->end[side]) || check_is_set(k, KW_USERNAME, (enum side)side))
			continue;
		if (c->start != PLAN_START_UP)
			continue;
		f = check_report(k, RULE_XAUTH_START, EFFECT_NONE, KW_AUTO, SIDE_NONE, "an XAUTH client cannot ask for a password when it is started"
				 " by the file");
		check_related(k, f, KW_XAUTHCLIENT, (enum side)side, "the client");
		diag_help(k->diag, f, "write auto=add, or %susername= and an XAUTH line in ipsec.secrets", check_side_name((enum side)side));
	}
	for (int side = 0; side < 2 && c->rekey; side++) {
		if (!c->end[side].xauth_server)
			continue;
		f = check_report(k, RULE_XAUTH_REKEY, EFFECT_NONE, check_is_set(k, KW_REKEY, SIDE_NONE) ? KW_REKEY : KW_XAUTHSERVER,
				 check_is_set(k, KW_REKEY, SIDE_NONE) ? SIDE_NONE : (enum side)side, "XAUTH conns cannot be rekeyed by the server");
		diag_help(k->diag, f, "write rekey=no");
	}
}
