/* SPDX-License-Identifier: Apache-2.0 */
/* conn.c -- one conn as a whack command: the left end, --to, the right end, then what belongs to neither.
 *
 * Before libreswan 5 whack starts from an empty policy and addconn from the defaults of ipsec.conf, so every default is spelled out; from 5.0 on
 * pluto supplies the defaults and only what the user set is said.
 */
#include "backends/whack/writer.h"

#define WHACK_LIFETIME_MAX	86400	/* seconds */

static const struct setting *setting_of(const struct ir_conn *conn, enum keyword_id id, enum side side)
{
	return resolved_get(conn->resolved, id, side);
}

/* --- what belongs to neither end ----------------------------------------------------------------------------------------------------- */

/* The word in force: what was written, else the release's default; NULL: neither. */
static const char *word_of(const struct whack_writer *w, const struct ir_conn *conn, enum keyword_id id)
{
	const struct setting *s = setting_of(conn, id, SIDE_NONE);
	struct value value;

	if (s && whack_value(w, s, conn, &value) && value.word)
		return value.word->meaning;
	return keyword_table[id].default_code[w->release];
}

static bool says(const struct whack_writer *w, const struct ir_conn *conn, enum keyword_id id, const char *word)
{
	const char *said = word_of(w, conn, id);

	return said && strcmp(said, word) == 0;
}

/* Options of the words of authby=; `since` the release that has them. */
static const struct { const char *word, *option; enum release since; } authby_options[] = {
	{ "secret", "--psk", RELEASE_3_18 }, { "rsasig", "--rsasig", RELEASE_3_18 },
	{ "null", "--auth-null", RELEASE_3_32 }, { "never", "--auth-never", RELEASE_3_32 },
	{ "rsa-sha1", "--rsa-sha1", RELEASE_3_32 }, { "rsa-sha2", "--rsa-sha2", RELEASE_3_32 },
	{ "rsa-sha2_256", "--rsa-sha2_256", RELEASE_3_32 }, { "rsa-sha2_384", "--rsa-sha2_384", RELEASE_3_32 },
	{ "rsa-sha2_512", "--rsa-sha2_512", RELEASE_3_32 }, { "ecdsa", "--ecdsa", RELEASE_3_32 },
	{ "ecdsa-sha2_256", "--ecdsa-sha2_256", RELEASE_3_32 }, { "ecdsa-sha2_384", "--ecdsa-sha2_384", RELEASE_3_32 },
	{ "ecdsa-sha2_512", "--ecdsa-sha2_512", RELEASE_3_32 },
};

static const char *authby_option(const struct whack_writer *w, struct slice word)
{
	const struct keyword_value *known = schema_value(&keyword_table[KW_AUTHBY], word, w->release);

	for (size_t i = 0; known && i < sizeof authby_options / sizeof *authby_options; i++)
		if (strcmp(authby_options[i].word, known->meaning) == 0 && w->release >= authby_options[i].since)
			return authby_options[i].option;
	return NULL;
}

static bool add_authby(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct setting *authby = setting_of(conn, KW_AUTHBY, SIDE_NONE);
	struct slice rest, word;

	if (ir_is_shunt(conn)) {
		if (w->release > RELEASE_3_18)
			whack_option(w->out, "--auth-never");
		return true;
	}
	if (!authby) {
		if (w->release == RELEASE_3_18)
			whack_option(w->out, "--rsasig");	/* addconn's default there */
		return true;
	}
	rest = authby->param->value.text;
	while (slice_split(&rest, ", |", &word)) {
		const char *option = word.n ? authby_option(w, word) : NULL;

		if (option)
			whack_option(w->out, option);
		else if (word.n) {
			whack_cannot_say(w, conn, authby->param->value.span, "this authby=", NULL);
			return false;
		}
	}
	return true;
}

/* 3.18 has two bits and a wish; from 3.32 on a conn is of one version. */
static void add_ike_version(struct whack_writer *w, const struct ir_conn *conn)
{
	bool set = setting_of(conn, KW_IKEV2, SIDE_NONE) || setting_of(conn, KW_KEYEXCHANGE, SIDE_NONE);
	const char *word = word_of(w, conn, KW_IKEV2);

	if (w->release == RELEASE_3_18) {
		if (!word || strcmp(word, "insist") != 0)
			whack_option(w->out, "--ikev1-allow");
		if (!word || strcmp(word, "never") != 0)
			whack_option(w->out, "--ikev2-allow");
		if (word && (strcmp(word, "insist") == 0 || strcmp(word, "propose") == 0))
			whack_option(w->out, "--ikev2-propose");
	} else if (w->release == RELEASE_3_32) {
		whack_option(w->out, conn->ike_version == 2 ? "--ikev2-allow" : "--ikev1-allow");
	} else if (whack_spells_defaults(w) || set) {
		whack_option(w->out, conn->ike_version == 2 ? "--ikev2" : "--ikev1");
	}
}

static void add_fragmentation(struct whack_writer *w, const struct ir_conn *conn)
{
	const char *word = word_of(w, conn, KW_FRAGMENTATION);

	if (!whack_spells_defaults(w)) {
		if (word && setting_of(conn, KW_FRAGMENTATION, SIDE_NONE))
			whack_option_value(w->out, "--fragmentation", slice_of(word));
		return;
	}
	if (conn->fragmentation)
		whack_option(w->out, "--ikefrag-allow");
	if (word && strcmp(word, "force") == 0)
		whack_option(w->out, "--ikefrag-force");
}

/* Both options together mean either. */
static void add_esn(struct whack_writer *w, const struct ir_conn *conn)
{
	const char *word = word_of(w, conn, KW_ESN);

	if (!word)
		return;
	if (!whack_spells_defaults(w)) {
		if (setting_of(conn, KW_ESN, SIDE_NONE))
			buf_printf(w->out, " --esn=%s", word);
		return;
	}
	if (strcmp(word, "no") != 0)
		whack_option(w->out, "--esn");
	if (strcmp(word, "yes") != 0)
		whack_option(w->out, "--no-esn");
}

/* 4.10 refuses it beside --ikev2, where addconn sets it without effect. */
static void add_aggressive(struct whack_writer *w, const struct ir_conn *conn)
{
	if (whack_spells_defaults(w) && conn->ike_version == 1 && conn->aggressive)
		whack_option(w->out, w->release < RELEASE_4_10 ? "--aggrmode" : "--aggressive");
}

static void add_sareftrack(struct whack_writer *w, const struct ir_conn *conn)
{
	const char *word = word_of(w, conn, KW_SAREFTRACK);

	if (w->release >= RELEASE_4_10 || !word || strcmp(word, "no") == 0)
		return;
	whack_option(w->out, strcmp(word, "conntrack") == 0 ? "--sarefconntrack" : "--sareftrack");
}

/* E-010 and whack's fact 3: --client switches to tunnel mode, for good before 5.0. */
static bool add_type(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	static const char *const shunts[] = { [IR_PASSTHROUGH] = "--pass", [IR_DROP] = "--drop", [IR_REJECT] = "--reject" };
	struct ip_prefix unused;
	bool client = whack_client(w, conn, member, SIDE_LEFT, &unused) || whack_client(w, conn, member, SIDE_RIGHT, &unused);

	if (ir_is_shunt(conn)) {
		if (client && w->release == RELEASE_3_18) {
			whack_cannot_say(w, conn, ir_origin(conn, KW_TYPE, SIDE_NONE), "a shunt with a subnet", NULL);
			return false;
		}
		whack_option(w->out, conn->type == IR_REJECT && !whack_spells_defaults(w) ? "--drop" : shunts[conn->type]);
		return true;
	}
	if (conn->type == IR_TRANSPORT && client && whack_spells_defaults(w)) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_TYPE, SIDE_NONE), "transport mode with a subnet", "--client switches to tunnel mode");
		return false;
	}
	if (conn->type == IR_TUNNEL && whack_spells_defaults(w))
		whack_option(w->out, "--tunnel");
	if (conn->type == IR_TRANSPORT && !whack_spells_defaults(w))
		whack_option(w->out, "--transport");
	return true;
}

/* Policy words of a conn that negotiates; a shunt of 4.10 has none of them. */
static void add_negotiation(struct whack_writer *w, const struct ir_conn *conn)
{
	if (ir_is_shunt(conn) && w->release != RELEASE_3_18)
		return;
	add_ike_version(w, conn);
	if (conn->protocol == PROTOCOL_AH && !ir_is_shunt(conn))
		whack_option(w->out, "--authenticate");
	else if (whack_spells_defaults(w) && !ir_is_shunt(conn))
		whack_option(w->out, "--encrypt");
	if (whack_spells_defaults(w) && conn->pfs)
		whack_option(w->out, "--pfs");
	else if (!whack_spells_defaults(w) && setting_of(conn, KW_PFS, SIDE_NONE))
		whack_option(w->out, conn->pfs ? "--pfs" : "--pfs=no");
	add_fragmentation(w, conn);
	add_esn(w, conn);
	add_aggressive(w, conn);
	add_sareftrack(w, conn);
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
	} else if (whack_spells_defaults(w)) {
		whack_option_value(w->out, "--encaps", slice_of(words[conn->encapsulation]));
	} else if (set) {
		buf_printf(w->out, " --encapsulation=%s", words[conn->encapsulation]);
	}
}

/* Before 5.0 a number only: yes is 1, no is left out. */
static void add_interface(struct whack_writer *w, const struct ir_conn *conn)
{
	if (whack_spells_defaults(w) && conn->has_if_id)
		whack_option_number(w->out, "--ipsec-interface", conn->if_id);
}

static void add_limit(struct whack_writer *w, const struct ir_conn *conn, enum keyword_id id, const char *option)
{
	const struct setting *s = setting_of(conn, id, SIDE_NONE);
	struct value value;

	if (s && whack_value(w, s, conn, &value))
		whack_option_number(w->out, option, value.number);
}

/* 4.10 refuses units. */
static void add_limits(struct whack_writer *w, const struct ir_conn *conn)
{
	if (!whack_spells_defaults(w))
		return;
	add_limit(w, conn, KW_IPSEC_MAX_BYTES, "--ipsec-max-bytes");
	add_limit(w, conn, KW_IPSEC_MAX_PACKETS, "--ipsec-max-packets");
}

/* addconn says these of IKEv2 conns only (run with 4.10). */
static void add_redirects(struct whack_writer *w, const struct ir_conn *conn)
{
	static const struct { enum keyword_id id; const char *option; } redirects[] = {
		{ KW_SEND_REDIRECT, "--send-redirect" }, { KW_ACCEPT_REDIRECT, "--accept-redirect" },
	};

	for (size_t i = 0; whack_spells_defaults(w) && conn->ike_version == 2 && i < sizeof redirects / sizeof *redirects; i++)
		if (setting_of(conn, redirects[i].id, SIDE_NONE))
			whack_option_value(w->out, redirects[i].option, slice_of(word_of(w, conn, redirects[i].id)));
}

static void add_shunt_words(struct whack_writer *w, const struct ir_conn *conn)
{
	if (conn->failure_shunt == PLAN_SHUNT_PASS)
		whack_option(w->out, "--failpass");
	else if (conn->failure_shunt == PLAN_SHUNT_REJECT && whack_spells_defaults(w))
		whack_option(w->out, "--failreject");
	else if (conn->failure_shunt == PLAN_SHUNT_DROP || conn->failure_shunt == PLAN_SHUNT_REJECT)
		whack_option(w->out, "--faildrop");
	if (conn->negotiation_shunt == PLAN_SHUNT_PASS)
		whack_option(w->out, "--negopass");
	else if (conn->negotiation_shunt == PLAN_SHUNT_DROP && !whack_spells_defaults(w))
		whack_option(w->out, "--negodrop");
}

/* addconn looks at dpdaction= only where dpddelay= is set (run with 4.10). */
static void add_dpd_action(struct whack_writer *w, const struct ir_conn *conn)
{
	const char *word = setting_of(conn, KW_DPDDELAY, SIDE_NONE) ? word_of(w, conn, KW_DPDACTION) : NULL;

	whack_option_value(w->out, "--dpdaction", slice_of(word ? word : "hold"));
}

/* Before 5.0 the command line's own defaults are none, and addconn's are these. */
static void add_remaining_defaults(struct whack_writer *w, const struct ir_conn *conn)
{
	if (!whack_spells_defaults(w))
		return;
	add_dpd_action(w, conn);
	if (w->release != RELEASE_3_18 && !setting_of(conn, KW_SENDCA, SIDE_NONE))
		whack_option_value(w->out, "--sendca", SLICE("none"));
}

/* addconn takes a protocol on one end only; whack before 5.0 refuses it, and saying PROTO/0 for the other end would change the selector. */
static bool protocol_can_be_said(struct whack_writer *w, const struct ir_conn *conn)
{
	enum side set = conn->end[SIDE_LEFT].proto ? SIDE_LEFT : SIDE_RIGHT;

	if (!whack_spells_defaults(w) || conn->end[SIDE_LEFT].proto == conn->end[SIDE_RIGHT].proto)
		return true;
	whack_cannot_say(w, conn, ir_origin(conn, KW_PROTOPORT, set), "a protocol on one end only", NULL);
	return false;
}

/* whack wants both or none of the two, 4.10 of IKEv1 conns only; addconn takes one. */
static bool dpd_can_be_said(struct whack_writer *w, const struct ir_conn *conn)
{
	bool delay = conn->dpd_delay, timeout = conn->dpd_timeout && setting_of(conn, KW_DPDTIMEOUT, SIDE_NONE);

	if (delay == timeout || (w->release == RELEASE_4_10 && conn->ike_version == 2))
		return true;
	whack_cannot_say(w, conn, ir_origin(conn, delay ? KW_DPDDELAY : KW_DPDTIMEOUT, SIDE_NONE), "only one of dpddelay= and dpdtimeout=", NULL);
	return false;
}

/* whack checks at once what pluto would take or mend. */
static bool lifetimes_can_be_said(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct { enum keyword_id id; uint32_t seconds; } lifetimes[] = {
		{ KW_IKELIFETIME, conn->ike_lifetime }, { KW_IPSEC_LIFETIME, conn->sa_lifetime },
	};
	uint64_t margin = (uint64_t)conn->rekey_margin * (100 + conn->rekey_fuzz) / 100;

	for (size_t i = 0; conn->rekey && i < sizeof lifetimes / sizeof *lifetimes; i++) {
		if (lifetimes[i].seconds > margin && lifetimes[i].seconds <= WHACK_LIFETIME_MAX)
			continue;
		whack_cannot_say(w, conn, ir_origin(conn, lifetimes[i].id, SIDE_NONE), "this lifetime",
				 "it must be above rekeymargin * (100 + rekeyfuzz) / 100, and a day at most");
		return false;
	}
	return true;
}

/* What no option of this release says, whatever the rest of the conn. */
static bool conn_can_be_said(struct whack_writer *w, const struct ir_conn *conn)
{
	const struct setting *name = setting_of(conn, KW_USERNAME, SIDE_RIGHT);
	bool oppo = ir_end_is_opportunistic(&conn->end[SIDE_LEFT]) || ir_end_is_opportunistic(&conn->end[SIDE_RIGHT]);

	if (name && setting_of(conn, KW_USERNAME, SIDE_LEFT)) {
		whack_cannot_say(w, conn, name->param->value.span, "a username at both ends", "--username may be given once in a command");
		return false;
	}
	if (whack_spells_defaults(w) && oppo) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_HOST, ir_end_is_opportunistic(&conn->end[SIDE_RIGHT]) ? SIDE_RIGHT : SIDE_LEFT),
				 "opportunistic encryption as the file does", "its whack asks for RSA signatures then, and for keys from DNS");
		return false;
	}
	if (whack_spells_defaults(w) && conn->ike_version == 1 && conn->aggressive && !setting_of(conn, KW_IKE, SIDE_NONE)) {
		whack_cannot_say(w, conn, ir_origin(conn, KW_AGGRESSIVE, SIDE_NONE), "aggressive mode without ike=", NULL);
		return false;
	}
	return protocol_can_be_said(w, conn) && (!whack_spells_defaults(w) || (dpd_can_be_said(w, conn) && lifetimes_can_be_said(w, conn)));
}

/* Before 5.0 the first address decides, and %any is of IPv4: what decides must stand before it. */
static void add_families(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	bool wants6 = says(w, conn, KW_HOSTADDRFAMILY, "ipv6") || says(w, conn, KW_CONNADDRFAMILY, "ipv6");
	struct ip_prefix client;
	int side;

	if (!whack_spells_defaults(w)) {
		if (setting_of(conn, KW_HOSTADDRFAMILY, SIDE_NONE))
			whack_option(w->out, wants6 ? "--ipv6" : "--ipv4");
		return;
	}
	for (side = SIDE_RIGHT; side >= SIDE_LEFT; side--)	/* an address has the last word, left's before right's */
		if (conn->end[side].host_kind == IR_HOST_ADDR && (w->release == RELEASE_4_10 || conn->end[side].host.family == AF_INET6))
			wants6 = conn->end[side].host.family == AF_INET6;
	if (wants6)
		whack_option(w->out, "--ipv6");
	for (side = SIDE_LEFT; side <= SIDE_RIGHT; side++) {
		if (whack_client(w, conn, member, (enum side)side, &client) && (client.addr.family == AF_INET6) != wants6) {
			whack_option(w->out, wants6 ? "--tunnelipv4" : "--tunnelipv6");
			return;
		}
	}
}

bool whack_conn(struct whack_writer *w, const struct ir_conn *conn, const struct whack_member *member)
{
	if (!conn_can_be_said(w, conn))
		return false;
	buf_add_str(w->out, "ipsec whack");
	if (whack_spells_defaults(w))
		whack_option(w->out, "--delete");
	whack_option_value(w->out, "--name", slice_of(member->name));
	add_families(w, conn, member);
	if (!whack_end(w, conn, member, SIDE_LEFT))
		return false;
	whack_option(w->out, "--to");
	if (!whack_end(w, conn, member, SIDE_RIGHT) || !add_authby(w, conn))
		return false;
	add_negotiation(w, conn);
	if (!add_type(w, conn, member))
		return false;
	add_encapsulation(w, conn);
	add_interface(w, conn);
	add_limits(w, conn);
	add_redirects(w, conn);
	add_shunt_words(w, conn);
	whack_settings(w, conn, SIDE_NONE);
	add_remaining_defaults(w, conn);
	return true;
}
