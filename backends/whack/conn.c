/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c -- one conn as a whack command: the left end, --to, the right end, then what belongs to neither.
 *
 * Before libreswan 5 whack starts from an empty policy and addconn from the defaults of ipsec.conf, so every default is spelled out; from 5.0 on
 * pluto supplies the defaults and only what the user set is said.
 */
#include <stdio.h>

#include "backends/whack/writer.h"

static bool spells_defaults(const struct whack_writer *w)
{
	return w->release < RELEASE_5_0;
}

static bool is_shunt(const struct ir_conn *conn)
{
	return conn->type != IR_TUNNEL && conn->type != IR_TRANSPORT;
}

static const struct setting *setting_of(const struct ir_conn *conn, enum keyword_id id, enum side side)
{
	return resolved_get(conn->resolved, id, side);
}

/* --- an end -------------------------------------------------------------------------------------------------------------------------- */

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

static bool needs_resolving(const struct ir_end *end)
{
	return end->host_kind == IR_HOST_DEFAULTROUTE || end->host_kind == IR_HOST_INTERFACE;
}

/* Text of the host, with %defaultroute and %eth0 resolved where the release's whack cannot do that. False: reported. */
static bool host_text(struct whack_writer *w, const struct ir_conn *conn, enum side side, char text[IP_ADDR_TEXT], struct slice *ret)
{
	const struct ir_end *end = &conn->end[side];
	const struct plan_end *planned = planned_end(w, conn, side);
	const struct setting *host = setting_of(conn, KW_HOST, side);

	if (end->host_kind == IR_HOST_ADDR) {
		*ret = slice_of(ip_addr_is_zero(&end->host) ? "%any" : ip_addr_format(&end->host, text));
		return true;
	}
	if (needs_resolving(end) && spells_defaults(w)) {
		if (planned && planned->kind == PLAN_ADDRESS_FIXED) {
			*ret = slice_of(ip_addr_format(&planned->addr, text));
			return true;
		}
		whack_cannot_say(w, conn, ir_origin(conn, KW_HOST, (enum side)side), "an address that only the host knows",
				 "give the host's facts with --host-facts, and it is written as a number");
		return false;
	}
	*ret = host ? host->param->value.text : SLICE("%any");
	return true;
}

/* A DN with ",," stands for an escaped comma in ipsec.conf; addconn turns it into "\,", whack of no release does. */
static void add_id(struct buf *out, struct slice id)
{
	struct buf unescaped = { 0 };

	whack_option(out, "--id");
	if (id.n && id.p[0] == '@') {
		whack_word(out, id);
		return;
	}
	for (size_t i = 0; i < id.n; i++) {
		if (id.p[i] == ',' && i + 1 < id.n && id.p[i + 1] == ',' && memchr(id.p, '=', id.n)) {
			buf_add_str(&unescaped, "\\,");
			i++;
		} else {
			buf_add_char(&unescaped, id.p[i]);
		}
	}
	whack_word(out, buf_slice(&unescaped));
	out->failed |= buf_failed(&unescaped);
	buf_release(&unescaped);
}

/* addconn's default identity is the address text, none for %any; from 5.0 on pluto fills it in. */
static void add_end_id(struct whack_writer *w, const struct ir_conn *conn, enum side side, struct slice host)
{
	const struct setting *id = setting_of(conn, KW_ID, side);

	if (id && id->param->value.text.n)
		add_id(w->out, id->param->value.text);
	else if (spells_defaults(w) && conn->end[side].host_kind != IR_HOST_ANY && !slice_eq_str(host, "%any"))
		whack_option_value(w->out, "--id", host);
}

static const char *client_option(const struct whack_writer *w)
{
	return spells_defaults(w) ? "--client" : "--subnet";
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
	whack_option_value(w->out, client_option(w), slice_of(ip_prefix_format(&prefix, text)));
	return true;
}

static bool add_client(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side, struct slice host)
{
	const struct ir_end *end = &conn->end[side];
	char text[IP_PREFIX_TEXT];

	if (end->virtual_subnet) {
		whack_option_value(w->out, client_option(w), slice_of(end->virtual_subnet));
	} else if (member->client[side]) {
		whack_option_value(w->out, client_option(w), slice_of(ip_prefix_format(member->client[side], text)));
	} else if (spells_defaults(w) && end->sourceip.family != AF_UNSPEC) {
		struct ip_prefix source = ip_prefix_of_host(&end->sourceip);	/* C-040: addconn's own reading */

		whack_option_value(w->out, client_option(w), slice_of(ip_prefix_format(&source, text)));
	} else if (member->client[1 - side] && (w->release == RELEASE_4_10 || w->release == RELEASE_3_32)) {
		return add_missing_client(w, conn, side, host);
	}
	return true;
}

/* --- keywords by table --------------------------------------------------------------------------------------------------------------- */

static bool says_yes(struct slice value)
{
	return slice_eq_nocase(value, "yes") || slice_eq_nocase(value, "y") || slice_eq_nocase(value, "true") || slice_eq_nocase(value, "on") ||
	       slice_eq_nocase(value, "1");
}

/* Seconds or milliseconds of a duration that sema has accepted: digits and a unit. */
static uint64_t duration(struct slice text, bool milliseconds)
{
	static const struct { const char *unit; uint64_t ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 }, { "d", 86400000 }, { "w", 604800000 },
	};
	uint64_t scale = milliseconds ? 1 : 1000, number = 0;
	size_t digits = 0;

	while (digits < text.n && text.p[digits] >= '0' && text.p[digits] <= '9')
		digits++;
	if (slice_to_u64(slice_sub(text, 0, digits), UINT32_MAX, &number) < 0)
		return 0;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (slice_eq_nocase(slice_sub(text, digits, text.n), units[i].unit))
			scale = units[i].ms;
	return number * scale / (milliseconds ? 1 : 1000);
}

static void add_number(struct buf *out, const char *option, uint64_t number)
{
	whack_option(out, option);
	buf_printf(out, " %llu", (unsigned long long)number);
}

/* One setting by its row of the keyword table; the forms are described in whack.h. */
static void add_setting(struct whack_writer *w, const struct ir_conn *conn, const struct setting *s)
{
	const char *form = s->keyword->whack[w->release];
	struct slice value = s->param->value.text;
	const char *blank;
	char option[64];

	if (!form || strcmp(form, "special") == 0 || strcmp(form, "nothing") == 0 || value.n == 0)
		return;
	if (strcmp(form, "none") == 0) {
		char what[96];

		snprintf(what, sizeof what, "%s=", schema_spelling(s->keyword, s->side));
		whack_cannot_say(w, conn, s->param->value.span, what, NULL);
		return;
	}
	if (strncmp(form, "no: ", strlen("no: ")) == 0) {
		if (!says_yes(value))
			whack_option(w->out, form + strlen("no: "));
		return;
	}
	blank = strchr(form, ' ');
	snprintf(option, sizeof option, "%.*s", blank ? (int)(blank - form) : (int)strlen(form), form);
	if (!blank && strstr(form, "=VALUE")) {
		option[strlen(form) - strlen("VALUE")] = '\0';
		whack_option(w->out, option);
		whack_word(w->out, value);
	} else if (!blank) {
		if (says_yes(value))
			whack_option(w->out, option);
	} else if (strcmp(blank, " SECONDS") == 0 || strcmp(blank, " MS") == 0) {
		add_number(w->out, option, duration(value, strcmp(blank, " MS") == 0));
	} else if (strcmp(blank, " NUMBER") == 0) {
		bool percent = value.n && value.p[value.n - 1] == '%';

		whack_option_value(w->out, option, slice_eq_str(value, "%forever") ? SLICE("0") : slice_sub(value, 0, value.n - percent));
	} else {
		whack_option_value(w->out, option, value);
	}
}

static void add_settings(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	for (size_t i = 0; i < conn->resolved->settings.n; i++) {
		const struct setting *s = conn->resolved->settings.v[i];

		if (s->side == side)
			add_setting(w, conn, s);
	}
}

/* leftauth=secret is psk on the command line, which calls the end's own authby= so before 5.0. */
static void add_end_auth(struct whack_writer *w, const struct ir_conn *conn, enum side side)
{
	const struct setting *auth = setting_of(conn, KW_AUTH, side);
	struct slice word;

	if (!auth)
		return;
	word = auth->param->value.text;
	whack_option_value(w->out, spells_defaults(w) ? "--authby" : "--auth", slice_eq_nocase(word, "secret") ? SLICE("psk") : word);
}

static bool add_end(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member, enum side side)
{
	char text[IP_ADDR_TEXT];
	struct slice host;

	if (!host_text(w, conn, side, text, &host))
		return false;
	whack_option_value(w->out, "--host", host);
	add_end_id(w, conn, side, host);
	if (!add_client(w, conn, member, side, host))
		return false;
	add_end_auth(w, conn, side);
	add_settings(w, conn, side);
	if (spells_defaults(w)) {
		if (!setting_of(conn, KW_SENDCERT, side))
			whack_option_value(w->out, "--sendcert", SLICE("always"));
		if (w->release == RELEASE_3_18 && !setting_of(conn, KW_NEXTHOP, side))
			whack_option_value(w->out, "--nexthop", SLICE("%direct"));
	}
	return true;
}

/* --- what belongs to neither end ----------------------------------------------------------------------------------------------------- */

static void add_authby(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct setting *authby = setting_of(conn, KW_AUTHBY, SIDE_NONE);
	struct slice rest, word;

	if (is_shunt(conn)) {
		if (w->release > RELEASE_3_18)
			whack_option(w->out, "--auth-never");
		return;
	}
	if (!authby) {
		if (w->release == RELEASE_3_18)
			whack_option(w->out, "--rsasig");	/* addconn's default there */
		return;
	}
	rest = authby->param->value.text;
	while (slice_split(&rest, ", |", &word)) {
		if (slice_eq_nocase(word, "secret") || slice_eq_nocase(word, "psk"))
			whack_option(w->out, "--psk");
		else if (slice_eq_nocase(word, "null"))
			whack_option(w->out, "--auth-null");
		else if (slice_eq_nocase(word, "never"))
			whack_option(w->out, "--auth-never");
		else if (word.n)
			buf_printf(w->out, " --" SLICE_FMT, SLICE_ARG(word));
	}
}

static void add_ike_version(struct whack_writer *w, const struct ir_conn *conn)
{
	bool set = setting_of(conn, KW_IKEV2, SIDE_NONE) || setting_of(conn, KW_KEYEXCHANGE, SIDE_NONE);

	if (w->release == RELEASE_3_18) {
		whack_option(w->out, "--ikev1-allow");
		if (conn->ike_version == 2 || !set)
			whack_option(w->out, "--ikev2-allow");
		if (conn->ike_version == 2)
			whack_option(w->out, "--ikev2-propose");
	} else if (spells_defaults(w) ? !is_shunt(conn) : set) {
		whack_option(w->out, conn->ike_version == 2 ? "--ikev2" : "--ikev1");
	}
}

static void add_fragmentation(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct setting *s = setting_of(conn, KW_FRAGMENTATION, SIDE_NONE);

	if (!spells_defaults(w)) {
		if (s && s->param->value.text.n)
			whack_option_value(w->out, "--fragmentation", s->param->value.text);
		return;
	}
	if (conn->fragmentation)
		whack_option(w->out, "--ikefrag-allow");
	if (s && slice_eq_nocase(s->param->value.text, "force"))
		whack_option(w->out, "--ikefrag-force");
}

static void add_esn(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct setting *s = setting_of(conn, KW_ESN, SIDE_NONE);
	bool either = w->release != RELEASE_3_18 && !s;

	if (!spells_defaults(w)) {
		if (s && s->param->value.text.n)
			buf_printf(w->out, " --esn=" SLICE_FMT, SLICE_ARG(s->param->value.text));
		return;
	}
	either |= s && slice_eq_nocase(s->param->value.text, "either");
	if (either || conn->esn == PLAN_YES)
		whack_option(w->out, "--esn");
	if (either || conn->esn == PLAN_NO || (!s && w->release == RELEASE_3_18))
		whack_option(w->out, "--no-esn");
}

/* E-010 and whack's fact 3: --client switches to tunnel mode, for good before 5.0. */
static bool add_type(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	static const char *const shunts[] = { [IR_PASSTHROUGH] = "--pass", [IR_DROP] = "--drop", [IR_REJECT] = "--reject" };
	bool client = member->client[0] || member->client[1];

	if (is_shunt(conn)) {
		if (client && w->release == RELEASE_3_18) {
			whack_cannot_say(w, conn, ir_origin(conn, KW_TYPE, SIDE_NONE), "a shunt with a subnet", NULL);
			return false;
		}
		whack_option(w->out, conn->type == IR_REJECT && !spells_defaults(w) ? "--drop" : shunts[conn->type]);
		return true;
	}
	if (conn->type == IR_TRANSPORT && client && spells_defaults(w)) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_TYPE, SIDE_NONE), "transport mode with a subnet", "--client switches to tunnel mode");
		return false;
	}
	if (conn->type == IR_TUNNEL && spells_defaults(w))
		whack_option(w->out, "--tunnel");
	if (conn->type == IR_TRANSPORT && !spells_defaults(w))
		whack_option(w->out, "--transport");
	return true;
}

/* Policy words of a conn that negotiates; a shunt of 4.10 has none of them. */
static void add_negotiation(struct whack_writer *w, const struct ir_conn *conn)
{
	if (is_shunt(conn) && w->release != RELEASE_3_18)
		return;
	add_ike_version(w, conn);
	if (conn->protocol == PROTOCOL_AH)
		whack_option(w->out, "--authenticate");
	else if (spells_defaults(w))
		whack_option(w->out, "--encrypt");
	if (spells_defaults(w) && conn->pfs)
		whack_option(w->out, "--pfs");
	else if (!spells_defaults(w) && setting_of(conn, KW_PFS, SIDE_NONE))
		whack_option(w->out, conn->pfs ? "--pfs" : "--pfs=no");
	add_fragmentation(w, conn);
	add_esn(w, conn);
	if (w->release == RELEASE_3_18)
		whack_option(w->out, "--sareftrack");
	if (!conn->rekey)
		whack_option(w->out, "--dontrekey");
}

static void add_encapsulation(struct whack_writer *w, const struct ir_conn *conn)
{
	static const char *const words[] = { [PLAN_AUTO] = "auto", [PLAN_YES] = "yes", [PLAN_NO] = "no" };
	bool set = setting_of(conn, KW_ENCAPSULATION, SIDE_NONE);

	if (w->release == RELEASE_3_18) {
		if (conn->encapsulation == PLAN_YES)
			whack_option(w->out, "--forceencaps");
	} else if (spells_defaults(w)) {
		whack_option_value(w->out, "--encaps", slice_of(words[conn->encapsulation]));
	} else if (set) {
		buf_printf(w->out, " --encapsulation=%s", words[conn->encapsulation]);
	}
}

/* Before 5.0 a number only: yes is 1, no is left out. */
static void add_interface(struct whack_writer *w, const struct ir_conn *conn)
{
	if (spells_defaults(w) && conn->has_if_id)
		add_number(w->out, "--ipsec-interface", conn->if_id);
}

/* 4.10 refuses units. */
static void add_limits(struct whack_writer *w, const struct ir_conn *conn)
{
	if (!spells_defaults(w))
		return;
	if (setting_of(conn, KW_IPSEC_MAX_BYTES, SIDE_NONE))
		add_number(w->out, "--ipsec-max-bytes", conn->max_bytes);
	if (setting_of(conn, KW_IPSEC_MAX_PACKETS, SIDE_NONE))
		add_number(w->out, "--ipsec-max-packets", conn->max_packets);
}

static void add_shunt_words(struct whack_writer *w, const struct ir_conn *conn)
{
	if (conn->failure_shunt == PLAN_SHUNT_PASS)
		whack_option(w->out, "--failpass");
	else if (conn->failure_shunt == PLAN_SHUNT_REJECT && spells_defaults(w))
		whack_option(w->out, "--failreject");
	else if (conn->failure_shunt == PLAN_SHUNT_DROP || conn->failure_shunt == PLAN_SHUNT_REJECT)
		whack_option(w->out, "--faildrop");
	if (conn->negotiation_shunt == PLAN_SHUNT_PASS)
		whack_option(w->out, "--negopass");
	else if (conn->negotiation_shunt == PLAN_SHUNT_DROP && !spells_defaults(w))
		whack_option(w->out, "--negodrop");
}

/* Before 5.0 the command line's own defaults are none, and addconn's are these. */
static void add_remaining_defaults(struct whack_writer *w, const struct ir_conn *conn)
{
	if (!spells_defaults(w))
		return;
	if (!setting_of(conn, KW_DPDACTION, SIDE_NONE))
		whack_option_value(w->out, "--dpdaction", SLICE("hold"));
	if (w->release != RELEASE_3_18 && !setting_of(conn, KW_SENDCA, SIDE_NONE))
		whack_option_value(w->out, "--sendca", SLICE("none"));
}

/* addconn takes a protocol on one end only; whack before 5.0 refuses it, and saying PROTO/0 for the other end would change the selector. */
static bool protocol_can_be_said(struct whack_writer *w, const struct ir_conn *conn)
{
	enum side set = conn->end[SIDE_LEFT].proto ? SIDE_LEFT : SIDE_RIGHT;

	if (!spells_defaults(w) || conn->end[SIDE_LEFT].proto == conn->end[SIDE_RIGHT].proto)
		return true;
	whack_cannot_say(w, conn, ir_origin(conn, KW_PROTOPORT, set), "a protocol on one end only", NULL);
	return false;
}

bool whack_conn(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	if (!protocol_can_be_said(w, conn))
		return false;
	buf_add_str(w->out, "ipsec whack");
	if (spells_defaults(w))
		whack_option(w->out, "--delete");
	whack_option_value(w->out, "--name", slice_of(member->name));
	if (!add_end(w, conn, member, SIDE_LEFT))
		return false;
	whack_option(w->out, "--to");
	if (!add_end(w, conn, member, SIDE_RIGHT))
		return false;
	add_authby(w, conn);
	add_negotiation(w, conn);
	if (!add_type(w, conn, member))
		return false;
	add_encapsulation(w, conn);
	add_interface(w, conn);
	add_limits(w, conn);
	add_shunt_words(w, conn);
	add_settings(w, conn, SIDE_NONE);
	add_remaining_defaults(w, conn);
	return true;
}
