/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/sema/fields.h"

#include <stddef.h>

#define SIGN_RSASIG	(PLAN_SIGN_RSA_SHA1 | PLAN_SIGN_RSA_SHA2 | PLAN_SIGN_PSS)

/* How a value is stored. WORD looks the canonical word up and stores an enum; FLAG does so for a bool. */
enum field_kind { NOWHERE, BOOL, U16, U32, U64, MS_OF_S, WORD, FLAG, TEXT, ADDR, SPECIAL };

struct word {
	const char *meaning;
	unsigned value;
};

struct field {
	enum field_kind kind;
	size_t offset;			/* in struct ir_conn, or in struct ir_end for sided keywords */
	const struct word *words;	/* ends with meaning NULL */
	void (*apply)(struct ir_conn *c, enum side side, const struct value *value);
};

static const struct word type_words[] = {
	{ "tunnel", IR_TUNNEL }, { "transport", IR_TRANSPORT }, { "passthrough", IR_PASSTHROUGH }, { "drop", IR_DROP }, { "reject", IR_REJECT },
	{ 0 },
};
static const struct word start_words[] = {
	{ "ignore", PLAN_START_IGNORE }, { "add", PLAN_START_ADD }, { "ondemand", PLAN_START_ROUTE }, { "start", PLAN_START_UP },
	{ "keep", PLAN_START_KEEP }, { 0 },
};
static const struct word dpd_words[] = {
	{ "hold", PLAN_DPD_HOLD }, { "clear", PLAN_DPD_CLEAR }, { "restart", PLAN_DPD_RESTART }, { 0 },
};
static const struct word shunt_words[] = {
	{ "none", PLAN_SHUNT_NONE }, { "passthrough", PLAN_SHUNT_PASS }, { "drop", PLAN_SHUNT_DROP }, { "reject", PLAN_SHUNT_REJECT },
	{ "hold", PLAN_SHUNT_HOLD }, { 0 },
};
static const struct word send_cert_words[] = {
	{ "always", PLAN_CERT_ALWAYS }, { "sendifasked", PLAN_CERT_IF_ASKED }, { "never", PLAN_CERT_NEVER }, { 0 },
};
static const struct word tristate_words[] = {
	{ "auto", PLAN_AUTO }, { "either", PLAN_AUTO }, { "yes", PLAN_YES }, { "no", PLAN_NO }, { 0 },
};
static const struct word ppk_words[] = {
	{ "never", PLAN_PPK_NEVER }, { "permit", PLAN_PPK_PROPOSE }, { "propose", PLAN_PPK_PROPOSE }, { "insist", PLAN_PPK_INSIST }, { 0 },
};
static const struct word fragmentation_words[] = { { "no", false }, { "yes", true }, { "force", true }, { 0 } };
static const struct word protocol_words[] = { { "esp", PROTOCOL_ESP }, { "ah", PROTOCOL_AH }, { 0 } };
/* C-210 and section A.8: what ikev2= asks for first */
static const struct word version_words[] = { { "never", 1 }, { "permit", 1 }, { "propose", 2 }, { "insist", 2 }, { 0 } };

/* --- values that are stored in more than one place ------------------------------------------------------------------------------- */

static void apply_keyexchange(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	if (strcmp(value->word->meaning, "ike") != 0)
		c->ike_version = strcmp(value->word->meaning, "ikev1") == 0 ? 1 : 2;
}

static void apply_ikev2(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	for (const struct word *w = version_words; w->meaning; w++)
		if (strcmp(w->meaning, value->word->meaning) == 0)
			c->ike_version = (uint8_t)w->value;
}

/* What libreswan 4.10 understands by each word: rsasig takes PKCS#1 v1.5 and PSS, rsa-sha2 PSS only (I-083). */
static const struct word signature_words[] = {
	{ "rsasig", SIGN_RSASIG }, { "secret|rsasig", SIGN_RSASIG }, { "rsa-sha1", PLAN_SIGN_RSA_SHA1 }, { "rsa-sha2", PLAN_SIGN_PSS },
	{ "rsa-sha2_256", PLAN_SIGN_PSS_SHA2_256 }, { "rsa-sha2_384", PLAN_SIGN_PSS_SHA2_384 },
	{ "rsa-sha2_512", PLAN_SIGN_PSS_SHA2_512 }, { "ecdsa", PLAN_SIGN_ECDSA }, { "ecdsa-sha2_256", PLAN_SIGN_ECDSA_SHA2_256 },
	{ "ecdsa-sha2_384", PLAN_SIGN_ECDSA_SHA2_384 }, { "ecdsa-sha2_512", PLAN_SIGN_ECDSA_SHA2_512 },
	{ "eddsa", PLAN_SIGN_EDDSA }, { 0 },
};

static void apply_authby(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->auth_psk = c->auth_rsa = c->auth_ecdsa = c->auth_null = c->auth_never = false;
	c->signatures = 0;
	for (size_t i = 0; i < value->words.n; i++) {
		const char *word = value->words.v[i]->meaning;

		c->auth_psk |= strncmp(word, "secret", 6) == 0;
		c->auth_rsa |= strncmp(word, "rsa", 3) == 0 || strcmp(word, "secret|rsasig") == 0;
		c->auth_ecdsa |= strncmp(word, "ecdsa", 5) == 0 || strncmp(word, "eddsa", 5) == 0;
		c->auth_null |= strcmp(word, "null") == 0;
		c->auth_never |= strcmp(word, "never") == 0;
		for (const struct word *w = signature_words; w->meaning; w++)
			if (strcmp(w->meaning, word) == 0)
				c->signatures |= (uint32_t)w->value;
	}
}

static void apply_end_auth(struct ir_conn *c, enum side side, const struct value *value)
{
	static const struct word words[] = {
		{ "secret", PLAN_AUTH_PSK }, { "rsasig", PLAN_AUTH_RSA }, { "ecdsa", PLAN_AUTH_ECDSA }, { "null", PLAN_AUTH_NULL },
		{ "never", PLAN_AUTH_NEVER }, { "eaponly", PLAN_AUTH_NEVER }, { 0 },
	};

	for (const struct word *w = words; w->meaning; w++)
		if (strcmp(w->meaning, value->word->meaning) == 0) {
			c->end[side].has_auth = true;
			c->end[side].auth = (enum plan_auth)w->value;
		}
}

static void apply_forceencaps(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->encapsulation = value->boolean ? PLAN_YES : PLAN_AUTO;
}

static void apply_mark(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->mark_in = c->mark_out = value->mark;
}

static void apply_mark_in(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->mark_in = value->mark;
}

static void apply_mark_out(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->mark_out = value->mark;
}

/* "yes" is the first interface, ipsec1 with the id 1. */
static void apply_ipsec_interface(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->has_if_id = value->if_id_yes || value->number;
	c->if_id = value->if_id_yes ? 1 : (uint32_t)value->number;
}

/* C-280: another number is ignored. */
static void apply_reqid(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->reqid = value->number < 16384 ? (uint32_t)value->number : 0;
}

static void apply_nat_keepalive(struct ir_conn *c, enum side side, const struct value *value)
{
	(void)side;
	c->nat_keepalive = value->boolean;	/* the number of seconds comes from config setup */
}

static void apply_host(struct ir_conn *c, enum side side, const struct value *value)
{
	c->end[side].host_kind = value->host_kind;
	c->end[side].host = value->addr;
	c->end[side].host_name = value->text;
}

static void apply_id(struct ir_conn *c, enum side side, const struct value *value)
{
	c->end[side].id = value->id;
}

static void apply_subnet(struct ir_conn *c, enum side side, const struct value *value)
{
	struct ir_end *end = &c->end[side];

	end->has_subnet = value->has_prefix;
	end->subnet = value->prefix;
	end->virtual_subnet = value->has_prefix ? NULL : value->text;
	end->subnet_list = value->prefixes.n > 1;
	if (end->subnet_list)
		memcpy(&end->subnets, &value->prefixes, sizeof end->subnets);
}

static void apply_subnets(struct ir_conn *c, enum side side, const struct value *value)
{
	memcpy(&c->end[side].subnets, &value->prefixes, sizeof c->end[side].subnets);
}

static void apply_protoport(struct ir_conn *c, enum side side, const struct value *value)
{
	c->end[side].proto = value->proto;
	c->end[side].port = value->port;
	c->end[side].port_any = value->port_any;
}

static void apply_vti(struct ir_conn *c, enum side side, const struct value *value)
{
	c->end[side].vti = value->addr;
	c->end[side].vti_len = value->prefix.len;
}

/* %cert beside a key of another keyword does not take it away. */
static void apply_public_key(struct ir_conn *c, enum side side, const struct value *value)
{
	if (value->key.n)
		c->end[side].public_key = value->key;
}

static void apply_addresspool(struct ir_conn *c, enum side side, const struct value *value)
{
	c->end[side].addresspool = value->range;
}

/* --- the table ------------------------------------------------------------------------------------------------------------------- */

#define CONN(member)	offsetof(struct ir_conn, member)
#define END(member)	offsetof(struct ir_end, member)

static const struct field conn_fields[KW_COUNT] = {
	[KW_TYPE] = { WORD, CONN(type), type_words, NULL },
	[KW_AUTO] = { WORD, CONN(start), start_words, NULL },
	[KW_IKEV2] = { SPECIAL, 0, NULL, apply_ikev2 },
	[KW_KEYEXCHANGE] = { SPECIAL, 0, NULL, apply_keyexchange },
	[KW_AUTHBY] = { SPECIAL, 0, NULL, apply_authby },
	[KW_PHASE2] = { WORD, CONN(protocol), protocol_words, NULL },
	[KW_PFS] = { BOOL, CONN(pfs), NULL, NULL },
	[KW_REKEY] = { BOOL, CONN(rekey), NULL, NULL },
	[KW_REAUTH] = { BOOL, CONN(reauth), NULL, NULL },
	[KW_AGGRESSIVE] = { BOOL, CONN(aggressive), NULL, NULL },
	[KW_FRAGMENTATION] = { FLAG, CONN(fragmentation), fragmentation_words, NULL },
	[KW_MOBIKE] = { BOOL, CONN(mobike), NULL, NULL },
	[KW_COMPRESS] = { BOOL, CONN(compress), NULL, NULL },
	[KW_NARROWING] = { BOOL, CONN(narrowing), NULL, NULL },
	[KW_OVERLAPIP] = { BOOL, CONN(overlapip), NULL, NULL },
	[KW_INITIAL_CONTACT] = { BOOL, CONN(initial_contact), NULL, NULL },
	[KW_FORCEENCAPS] = { SPECIAL, 0, NULL, apply_forceencaps },
	[KW_ENCAPSULATION] = { WORD, CONN(encapsulation), tristate_words, NULL },
	[KW_ESN] = { WORD, CONN(esn), tristate_words, NULL },
	[KW_IKELIFETIME] = { U32, CONN(ike_lifetime), NULL, NULL },
	[KW_IPSEC_LIFETIME] = { U32, CONN(sa_lifetime), NULL, NULL },
	[KW_REKEYMARGIN] = { U32, CONN(rekey_margin), NULL, NULL },
	[KW_REKEYFUZZ] = { U16, CONN(rekey_fuzz), NULL, NULL },
	[KW_KEYINGTRIES] = { U32, CONN(keying_tries), NULL, NULL },
	[KW_RETRANSMIT_TIMEOUT] = { MS_OF_S, CONN(retransmit_timeout_ms), NULL, NULL },
	[KW_RETRANSMIT_INTERVAL] = { U32, CONN(retransmit_interval_ms), NULL, NULL },
	[KW_DPDDELAY] = { U32, CONN(dpd_delay), NULL, NULL },
	[KW_DPDTIMEOUT] = { U32, CONN(dpd_timeout), NULL, NULL },
	[KW_DPDACTION] = { WORD, CONN(dpd_action), dpd_words, NULL },
	[KW_NAT_KEEPALIVE] = { SPECIAL, 0, NULL, apply_nat_keepalive },
	[KW_NEGOTIATIONSHUNT] = { WORD, CONN(negotiation_shunt), shunt_words, NULL },
	[KW_FAILURESHUNT] = { WORD, CONN(failure_shunt), shunt_words, NULL },
	[KW_REQID] = { SPECIAL, 0, NULL, apply_reqid },
	[KW_PRIORITY] = { U32, CONN(priority), NULL, NULL },
	[KW_MARK] = { SPECIAL, 0, NULL, apply_mark },
	[KW_MARK_IN] = { SPECIAL, 0, NULL, apply_mark_in },
	[KW_MARK_OUT] = { SPECIAL, 0, NULL, apply_mark_out },
	[KW_IPSEC_INTERFACE] = { SPECIAL, 0, NULL, apply_ipsec_interface },
	[KW_REPLAY_WINDOW] = { U32, CONN(replay_window), NULL, NULL },
	[KW_TFC] = { U32, CONN(tfc), NULL, NULL },
	[KW_IPSEC_MAX_BYTES] = { U64, CONN(max_bytes), NULL, NULL },
	[KW_IPSEC_MAX_PACKETS] = { U64, CONN(max_packets), NULL, NULL },
	[KW_VTI_INTERFACE] = { TEXT, CONN(vti_interface), NULL, NULL },
	[KW_VTI_ROUTING] = { BOOL, CONN(vti_routing), NULL, NULL },
	[KW_VTI_SHARED] = { BOOL, CONN(vti_shared), NULL, NULL },
	[KW_NFLOG_GROUP] = { U32, CONN(nflog_group), NULL, NULL },
	[KW_PPK] = { WORD, CONN(ppk), ppk_words, NULL },
	[KW_PPK_IDS] = { TEXT, CONN(ppk_ids), NULL, NULL },
	[KW_CONNALIAS] = { TEXT, CONN(connalias), NULL, NULL },
	[KW_HOST] = { SPECIAL, 0, NULL, apply_host },
	[KW_ID] = { SPECIAL, 0, NULL, apply_id },
	[KW_SUBNET] = { SPECIAL, 0, NULL, apply_subnet },
	[KW_SUBNETS] = { SPECIAL, 0, NULL, apply_subnets },
	[KW_PROTOPORT] = { SPECIAL, 0, NULL, apply_protoport },
	[KW_IKEPORT] = { U16, END(ike_port), NULL, NULL },
	[KW_CERT] = { TEXT, END(cert), NULL, NULL },
	[KW_RSASIGKEY] = { SPECIAL, 0, NULL, apply_public_key },
	[KW_PUBKEY] = { SPECIAL, 0, NULL, apply_public_key },
	[KW_CA] = { TEXT, END(ca), NULL, NULL },
	[KW_SENDCERT] = { WORD, END(send_cert), send_cert_words, NULL },
	[KW_CKAID] = { TEXT, END(ckaid), NULL, NULL },
	[KW_UPDOWN] = { TEXT, END(updown), NULL, NULL },
	[KW_AUTH] = { SPECIAL, 0, NULL, apply_end_auth },
	[KW_SOURCEIP] = { ADDR, END(sourceip), NULL, NULL },
	[KW_NEXTHOP] = { ADDR, END(nexthop), NULL, NULL },
	[KW_XAUTHCLIENT] = { BOOL, END(xauth_client), NULL, NULL },
	[KW_XAUTHSERVER] = { BOOL, END(xauth_server), NULL, NULL },
	[KW_MODECFGCLIENT] = { BOOL, END(modecfg_client), NULL, NULL },
	[KW_MODECFGSERVER] = { BOOL, END(modecfg_server), NULL, NULL },
	[KW_ADDRESSPOOL] = { SPECIAL, 0, NULL, apply_addresspool },
	[KW_VTI] = { SPECIAL, 0, NULL, apply_vti },
};
static void store_word(const struct field *f, void *at, const struct value *value)
{
	for (const struct word *w = f->words; value->word && w->meaning; w++) {
		if (strcmp(w->meaning, value->word->meaning) != 0)
			continue;
		if (f->kind == FLAG)
			*(bool *)at = w->value;
		else
			memcpy(at, &w->value, sizeof w->value);	/* the enums have the size of unsigned */
	}
}

static void store(const struct field *f, void *at, const struct value *value)
{
	switch (f->kind) {
	case BOOL:
		*(bool *)at = value->boolean;
		break;
	case U16:
		*(uint16_t *)at = (uint16_t)(value->number > UINT16_MAX ? UINT16_MAX : value->number);
		break;
	case U32:
		*(uint32_t *)at = (uint32_t)(value->number > UINT32_MAX ? UINT32_MAX : value->number);
		break;
	case U64:
		*(uint64_t *)at = value->number;
		break;
	case MS_OF_S:
		*(uint32_t *)at = (uint32_t)(value->number > UINT32_MAX / 1000 ? UINT32_MAX : value->number * 1000);
		break;
	case WORD:
	case FLAG:
		store_word(f, at, value);
		break;
	case TEXT:
		*(const char **)at = value->text;
		break;
	case ADDR:
		*(struct ip_addr *)at = value->addr;
		break;
	case SPECIAL:
	case NOWHERE:
		break;
	}
}

void fields_apply(struct ir_conn *c, const struct keyword *k, enum side side, const struct value *value)
{
	const struct field *f = &conn_fields[k->id];

	if (f->kind == NOWHERE || (k->sided && side == SIDE_NONE))
		return;
	if (f->apply)
		f->apply(c, side, value);
	else
		store(f, (char *)(k->sided ? (void *)&c->end[side] : (void *)c) + f->offset, value);
}

/* --- config setup and defaults --------------------------------------------------------------------------------------------------- */

void fields_apply_setup(struct ir_setup *setup, const struct keyword *k, const struct value *value)
{
	switch (k->id) {
	case KW_UNIQUEIDS:
		setup->unique_ids = value->boolean;
		break;
	case KW_KEEP_ALIVE:
		setup->nat_keepalive = (uint32_t)value->number;
		break;
	case KW_VIRTUAL_PRIVATE:
		memcpy(&setup->virtual_private, &value->virtual_nets, sizeof setup->virtual_private);
		break;
	case KW_IKEV1_POLICY:
		setup->ikev1_policy = strcmp(value->word->meaning, "accept") == 0 ? PLAN_YES : PLAN_NO;
		break;
	default:
		break;
	}
}

/* The default of a keyword in this release, through the same parser as what is written. */
static bool default_value(struct arena *a, enum release release, struct diag *diag, const struct keyword *k, struct value *ret)
{
	const char *text = k->default_code[release];
	struct value_parser v = { .arena = a, .diag = diag, .release = release, .keyword = k, .key = slice_of(k->name) };

	if (!text || !text[0])
		return false;
	v.value = (struct syntax_value){ .quoting = QUOTING_QUOTES, .text = slice_of(text) };
	return value_parse(&v, ret);
}

void fields_defaults(struct arena *a, enum release release, struct diag *diag, struct ir_conn *ret)
{
	*ret = (struct ir_conn){ .ike_version = 2, .protocol = PROTOCOL_ESP, .auth_rsa = true, .signatures = SIGN_RSASIG };
	for (unsigned id = 0; id < KW_COUNT; id++) {
		const struct keyword *k = &keyword_table[id];
		struct value value;

		if (conn_fields[id].kind != NOWHERE && !k->sided && schema_active(k, release) && default_value(a, release, diag, k, &value))
			fields_apply(ret, k, SIDE_NONE, &value);
	}
}

void fields_setup_defaults(struct arena *a, enum release release, struct diag *diag, struct ir_setup *ret)
{
	static const enum keyword_id ids[] = { KW_UNIQUEIDS };

	/* keep-alive: 20 s in the daemon, whatever the reader's zero says */
	*ret = (struct ir_setup){ .unique_ids = true, .nat_keepalive = 20, .ikev1_policy = PLAN_YES };
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		const struct keyword *k = &keyword_table[ids[i]];
		struct value value;

		if (schema_active(k, release) && default_value(a, release, diag, k, &value))
			fields_apply_setup(ret, k, &value);
	}
}
