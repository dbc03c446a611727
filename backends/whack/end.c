/* SPDX-License-Identifier: Apache-2.0 */
/* end.c -- what of a whack command speaks of one end: its host, identity, network, keys, and the settings left...= or right...=. */
#include "backends/whack/writer.h"
#include "base/cleanup.h"

static const struct setting *setting_of(const struct ir_conn *conn, enum keyword_id id, enum side side)
{
	return resolved_get(conn->resolved, id, side);
}

/* The address the plan resolved for this side, or NULL: which end is left depends on the host's facts. */
static const struct plan_end *planned_end(const struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	const struct plan_peer *peer = plan_peer_by_conn(w->plan, conn->name);

	if (!peer)
		return NULL;
	if (peer->side == PLAN_SIDE_RIGHT)
		return side == SIDE_RIGHT ? &peer->local : &peer->remote;
	return side == SIDE_LEFT ? &peer->local : &peer->remote;
}

/* --- the host ------------------------------------------------------------------------------------------------------------------------ */

static bool name_text(struct whack_writer *w, const struct ir_conn *conn, enum side side, struct slice *ret)
{
	if (whack_spells_defaults(w) && side == SIDE_LEFT) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_HOST, side), "a host name for left=", "it takes one behind --to only: exchange left and right");
		return false;
	}
	if (whack_spells_defaults(w))
		whack_says_less(w, conn, ir_origin(conn, KW_HOST, side), "the peer's name is looked up when the script runs, and must resolve then");
	*ret = slice_of(conn->end[side].host_name);
	return true;
}

/* %defaultroute and %eth0: whack before 5.0 cannot resolve them. */
static bool resolved_text(struct whack_writer *w, const struct ir_conn *conn, enum side side, char text[IP_ADDR_TEXT], struct slice *ret)
{
	const struct plan_end *planned = planned_end(w, conn, side);
	const struct ip_addr *addr = NULL;

	if (planned && planned->kind == PLAN_ADDRESS_FIXED)
		addr = &planned->addr;
	else if (conn->local_address.family != AF_UNSPEC && conn->orientation == (side == SIDE_LEFT ? IR_IS_LEFT : IR_IS_RIGHT))
		addr = &conn->local_address;	/* a shunt has no peer in the plan */
	if (!addr) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_HOST, side), "an address that only the host knows",
				 "give the host's facts with --host-facts, and it is written as a number");
		return false;
	}
	*ret = slice_of(ip_addr_format(addr, text));
	return true;
}

static bool host_text(struct whack_writer *w, const struct ir_conn *conn, enum side side, char text[IP_ADDR_TEXT], struct slice *ret)
{
	static const char *const words[] = {
		[IR_HOST_UNSET] = "%any", [IR_HOST_ANY] = "%any", [IR_HOST_GROUP] = "%group", [IR_HOST_OPPORTUNISTIC] = "%opportunistic",
		[IR_HOST_OPPORTUNISTICGROUP] = "%opportunisticgroup", [IR_HOST_DEFAULTROUTE] = "%defaultroute",
	};
	const struct ir_end *end = &conn->end[side];

	switch (end->host_kind) {
	case IR_HOST_ADDR:
		*ret = slice_of(ip_addr_is_zero(&end->host) && whack_spells_defaults(w) ? "%any" : ip_addr_format(&end->host, text));
		return true;
	case IR_HOST_NAME:
		return name_text(w, conn, side, ret);
	case IR_HOST_DEFAULTROUTE:
	case IR_HOST_INTERFACE:
		if (whack_spells_defaults(w))
			return resolved_text(w, conn, side, text, ret);
		*ret = end->host_kind == IR_HOST_INTERFACE ? setting_of(conn, KW_HOST, side)->param->value.text : SLICE("%defaultroute");
		return true;
	case IR_HOST_ANY:
		if (!whack_spells_defaults(w)) {
			*ret = setting_of(conn, KW_HOST, side)->param->value.text;	/* 0.0.0.0, :: and %any are pluto's to tell apart */
			return true;
		}
		/* fall through */
	default:
		*ret = slice_of(words[end->host_kind]);
		return true;
	}
}

/* --- identity and keys --------------------------------------------------------------------------------------------------------------- */

/* A DN with ",," stands for an escaped comma in ipsec.conf; addconn turns it into "\,", whack of no release does. */
static void add_id(struct buf *out, const char *option, struct slice id)
{
	CLEANUP(buf_release) struct buf unescaped = { 0 };
	bool is_dn = id.n && id.p[0] != '@' && memchr(id.p, '=', id.n);

	for (size_t i = 0; i < id.n; i++) {
		if (is_dn && id.p[i] == ',' && i + 1 < id.n && id.p[i + 1] == ',') {
			buf_add_str(&unescaped, "\\,");
			i++;
		} else {
			buf_add_char(&unescaped, id.p[i]);
		}
	}
	whack_option_value(out, option, buf_slice(&unescaped));
	out->failed |= buf_failed(&unescaped);
}

/* The identity that is said. addconn's default is the address, none where there is no fixed one; from 5.0 on pluto fills it in. */
static bool id_text(const struct whack_writer *w, const struct ir_conn *conn, enum side side, struct slice host, struct slice *ret)
{
	const struct setting *id = setting_of(conn, KW_ID, side);
	struct ip_addr addr;

	*ret = id ? id->param->value.text : SLICE("");
	if (ret->n)
		return true;
	*ret = host;
	if (w->release == RELEASE_4_10 && conn->end[side].host_kind == IR_HOST_ADDR && conn->end[side].host.family == AF_INET6 &&
	    ip_addr_is_zero(&conn->end[side].host))
		*ret = SLICE("::");	/* shown as ID_IPV6_ADDR %any */
	return whack_spells_defaults(w) && ip_addr_parse(*ret, &addr) == 0;
}

static void add_key(struct whack_writer *w, const struct ir_conn *conn, enum side side, const struct setting *key, bool add)
{
	char text[IP_ADDR_TEXT];
	struct slice host, id;

	if (!key || key->param->value.text.n == 0 || key->param->value.text.p[0] == '%' || !host_text(w, conn, side, text, &host))
		return;
	if (!id_text(w, conn, side, host, &id) && !(id = host, conn->end[side].host_kind == IR_HOST_ADDR)) {
		whack_cannot_say(w, conn, key->param->value.span, "a key without an identity", "keys are kept under the end's id=");
		return;
	}
	buf_add_str(w->out, "ipsec whack");
	add_id(w->out, "--keyid", id);
	if (add)
		whack_option(w->out, "--addkey");
	whack_option_value(w->out, "--pubkeyrsa", key->param->value.text);
	whack_command_end(w);
}

void whack_keys(struct whack_writer *w, const struct ir_conn *conn)
{
	for (int side = SIDE_LEFT; side <= SIDE_RIGHT; side++) {
		add_key(w, conn, (enum side)side, setting_of(conn, KW_RSASIGKEY, (enum side)side), false);
		add_key(w, conn, (enum side)side, setting_of(conn, KW_RSASIGKEY2, (enum side)side), true);
	}
}

/* --- the network behind it ----------------------------------------------------------------------------------------------------------- */

bool whack_client(const struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side,
		  struct ip_prefix *ret)
{
	const struct ir_end *end = &conn->end[side];

	if (member->client[side]) {
		*ret = *member->client[side];
		return true;
	}
	if (!ir_end_source_is_network(end, w->release))
		return false;
	*ret = ip_prefix_of_host(&end->sourceip);
	return true;
}

/* 4.10 refuses a subnet on one side only, so the other side says its own address; without one there is no way. */
static bool add_missing_client(struct whack_writer *w, const struct ir_conn *conn, enum side side, struct slice host)
{
	struct ip_addr addr;
	struct ip_prefix prefix;
	char text[IP_PREFIX_TEXT];

	if (ip_addr_parse(host, &addr) < 0) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_SUBNET, (enum side)(1 - side)),
				 "a subnet on one side only when the other side has no fixed address",
				 "its whack answers \"endpoints clash: one is IPv4 and the other is IPv6\"");
		return false;
	}
	prefix = ip_prefix_of_host(&addr);
	whack_option_value(w->out, "--client", slice_of(ip_prefix_format(&prefix, text)));
	return true;
}

static bool needs_both_clients(const struct whack_writer *w)
{
	return w->release == RELEASE_3_32 || w->release == RELEASE_4_10;
}

/* whack of 4.10 makes a network of its own of %group and %opportunisticgroup. */
static bool is_network_already(const struct whack_writer *w, const struct ir_end *end)
{
	return needs_both_clients(w) && ir_end_is_group(end);
}

static bool add_group_client(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side)
{
	struct ip_prefix unused;

	if (!whack_client(w, conn, member, side, &unused))
		return true;
	whack_cannot_say(w, conn, ir_origin(conn, member->client[side] ? KW_SUBNET : KW_SOURCEIP, side), "a network beside a group", NULL);
	return false;
}

static bool add_virtual_client(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	if (needs_both_clients(w)) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_SUBNET, side), "vhost: and vnet:", "its whack takes them for no network, and wants one at both ends");
		return false;
	}
	whack_option_value(w->out, whack_spells_defaults(w) ? "--client" : "--subnet", slice_of(conn->end[side].virtual_subnet));
	return true;
}

static bool add_client(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side, struct slice host)
{
	const struct setting *subnet = setting_of(conn, KW_SUBNET, side);
	struct ip_prefix client, other;
	char text[IP_PREFIX_TEXT];

	if (conn->end[side].virtual_subnet)
		return add_virtual_client(w, conn, side);
	if (is_network_already(w, &conn->end[side]))
		return add_group_client(w, conn, member, side);
	if (!whack_spells_defaults(w) && subnet && subnet->param->value.text.n && !setting_of(conn, KW_SUBNETS, side)) {
		whack_option_value(w->out, "--subnet", subnet->param->value.text);	/* 5.4: also A,B and NET/LEN/PROTO/PORT */
		return true;
	}
	if (whack_client(w, conn, member, side, &client))
		whack_option_value(w->out, whack_spells_defaults(w) ? "--client" : "--subnet", slice_of(ip_prefix_format(&client, text)));
	else if (is_network_already(w, &conn->end[1 - side]) ||
		 (needs_both_clients(w) && whack_client(w, conn, member, (enum side)(1 - side), &other)))
		return add_missing_client(w, conn, side, host);
	return true;
}

/* --- the rest ------------------------------------------------------------------------------------------------------------------------ */

/* leftauth=secret is psk on the command line, which calls the end's own authby= so before 5.0. */
static bool add_auth(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	const struct setting *auth = setting_of(conn, KW_AUTH, side);
	struct value value;
	struct slice word;

	if (!auth || !whack_value(w, auth, conn, &value))
		return true;
	word = whack_value_word(w, auth, &value);
	if (slice_eq_str(word, "never")) {
		whack_cannot_say(w, conn, auth->param->value.span, "never for one end", NULL);
		return false;
	}
	whack_option_value(w->out, whack_spells_defaults(w) ? "--authby" : "--auth", slice_eq_str(word, "secret") ? SLICE("psk") : word);
	return true;
}

static const struct fact_route *gateway_route(const struct whack_writer *w, sa_family_t family)
{
	const struct fact_route *best = NULL;

	for (size_t i = 0; w->facts && i < w->facts->default_routes.n; i++) {
		const struct fact_route *r = &w->facts->default_routes.v[i];

		if (r->family == family && r->gateway.family != AF_UNSPEC && (!best || r->metric < best->metric))
			best = r;
	}
	return best;
}

/* addconn resolves the next hop of %defaultroute; 3.18 wants one at both ends. */
static bool add_nexthop(struct whack_writer *w, const struct ir_conn *conn, enum side side, struct slice host)
{
	const struct setting *nexthop = setting_of(conn, KW_NEXTHOP, side);
	struct slice word = nexthop ? nexthop->param->value.text : SLICE("");
	bool asked = slice_eq_nocase(word, "%defaultroute"), implied = !word.n && conn->end[side].host_kind == IR_HOST_DEFAULTROUTE;
	const struct fact_route *route;
	struct ip_addr addr;
	char text[IP_ADDR_TEXT];

	if (whack_spells_defaults(w) && (asked || implied)) {
		route = gateway_route(w, ip_addr_parse(host, &addr) == 0 ? addr.family : AF_INET);
		if (!route && asked) {
			whack_cannot_say(w, conn, nexthop->param->value.span, "a next hop that only the host knows",
					 "give the host's facts with --host-facts, and it is written as a number");
			return false;
		}
		word = route ? slice_of(ip_addr_format(&route->gateway, text)) : SLICE("");
	}
	if (word.n)
		whack_option_value(w->out, "--nexthop", word);
	else if (w->release == RELEASE_3_18)
		whack_option_value(w->out, "--nexthop", SLICE("%direct"));
	return true;
}

static bool source_fits(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	const struct ir_end *end = &conn->end[side];
	sa_family_t host = end->host_kind == IR_HOST_ADDR ? end->host.family : conn->end[1 - side].host.family;

	if (!whack_spells_defaults(w) || end->sourceip.family == AF_UNSPEC || host == AF_UNSPEC || end->sourceip.family == host)
		return true;
	whack_cannot_say(w, conn, ir_origin(conn, KW_SOURCEIP, side), "a sourceip= of another family than the host's",
			 "its whack reads --srcip as an address of the host's family");
	return false;
}

static bool has_key_on_demand(const struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	const struct setting *key = setting_of(conn, KW_RSASIGKEY, side);
	const struct keyword_value *word = key ? schema_value(key->keyword, key->param->value.text, w->release) : NULL;

	return word && strcmp(word->meaning, "%dnsondemand") == 0;
}

bool whack_end(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side)
{
	char text[IP_ADDR_TEXT];
	struct slice host, id;

	if (!source_fits(w, conn, side) || !host_text(w, conn, side, text, &host))
		return false;
	whack_option_value(w->out, "--host", host);
	if (id_text(w, conn, side, host, &id))
		add_id(w->out, "--id", id);
	if (!add_client(w, conn, member, side, host) || !add_auth(w, conn, side))
		return false;
	whack_settings(w, conn, side);
	if (has_key_on_demand(w, conn, side))
		whack_option(w->out, "--dnskeyondemand");
	if (whack_spells_defaults(w) && !setting_of(conn, KW_SENDCERT, side))
		whack_option_value(w->out, "--sendcert", SLICE("always"));
	return add_nexthop(w, conn, side, host);
}
