/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about authentication and identities of one conn (section A.5 of the C-rules). */
#include "compiler/sema/checks.h"

/* C-102 ... C-105 */
void check_shunt_authentication(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (check_is_unread(k, KW_AUTHBY, SIDE_NONE) || check_is_unread(k, KW_TYPE, SIDE_NONE))
		return;
	if (ir_is_shunt(c) && !c->auth_never && k->release >= RELEASE_4_10 && k->release < RELEASE_5_0) {
		f = check_report(k, RULE_SHUNT_AUTHENTICATION, EFFECT_REFUSED, check_is_set(k, KW_AUTHBY, SIDE_NONE) ? KW_AUTHBY : KW_TYPE,
				 SIDE_NONE, "a conn that negotiates nothing needs authby=never");
		check_related(k, f, KW_TYPE, SIDE_NONE, "nothing is negotiated");
	} else if (!ir_is_shunt(c) && c->auth_never) {
		f = check_report(k, RULE_SHUNT_AUTHENTICATION, k->release < RELEASE_4_10 ? EFFECT_NONE : EFFECT_REFUSED, KW_AUTHBY, SIDE_NONE,
				 "authby=never leaves no way to authenticate a tunnel");
		diag_help(k->diag, f, "authby=never goes with type=passthrough, drop or reject");
	}
}

/* An empty one is none (IC3007). */
static bool auth_written(const struct check *k, enum side side)
{
	const struct setting *auth = resolved_get(k->conn->resolved, KW_AUTH, side);

	return auth && auth->param->value.text.n;
}

/* C-106 ... C-108 */
void check_one_sided_auth(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool left = auth_written(k, SIDE_LEFT), right = auth_written(k, SIDE_RIGHT);
	enum side written = left ? SIDE_LEFT : SIDE_RIGHT;
	struct finding *f;

	if (!left && !right)
		return;
	if (left != right) {
		f = check_report(k, RULE_ONE_SIDED_AUTH, EFFECT_REFUSED, KW_AUTH, written, "%sauth= is written, but not %sauth=",
				 check_side_name(written), check_side_name((enum side)(1 - written)));
		diag_help(k->diag, f, "write both, or neither and authby= alone");
		return;
	}
	if (c->end[0].has_auth && c->end[1].has_auth &&
	    ((c->end[0].auth == PLAN_AUTH_PSK && c->end[1].auth == PLAN_AUTH_NULL) ||
	     (c->end[0].auth == PLAN_AUTH_NULL && c->end[1].auth == PLAN_AUTH_PSK))) {
		f = check_report(k, RULE_ONE_SIDED_AUTH, EFFECT_REFUSED, KW_AUTH, SIDE_RIGHT, "a secret on one side and no authentication on the other");
		check_related(k, f, KW_AUTH, SIDE_LEFT, "does not go with this");
		return;
	}
	for (int side = 0; side < 2; side++)
		if (c->end[side].has_auth && ((c->end[side].auth == PLAN_AUTH_RSA && !c->auth_rsa) ||
					      (c->end[side].auth == PLAN_AUTH_ECDSA && !c->auth_ecdsa))) {
			f = check_report(k, RULE_ONE_SIDED_AUTH, EFFECT_REFUSED, KW_AUTH, (enum side)side,
					 "%sauth= is not among the methods of authby=", check_side_name((enum side)side));
			check_related(k, f, KW_AUTHBY, SIDE_NONE, "these are allowed");
			return;
		}
}

static bool has_key(const struct check *k, enum side side)
{
	static const enum keyword_id ids[] = { KW_CERT, KW_CKAID, KW_RSASIGKEY, KW_ECDSAKEY, KW_EDDSAKEY, KW_PUBKEY, KW_RSASIGKEY2 };

	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
		if (check_is_set(k, ids[i], side))
			return true;
	return false;
}

/* C-139: this host may be either end, so one of them suffices. */
void check_no_key(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (ir_is_shunt(c) || c->auth_psk || c->auth_null || c->auth_never || (c->end[0].has_auth && c->end[1].has_auth) ||
	    has_key(k, SIDE_LEFT) || has_key(k, SIDE_RIGHT) || check_is_unread(k, KW_AUTHBY, SIDE_NONE))
		return;
	f = check_report(k, RULE_NO_KEY, EFFECT_NONE, KW_AUTHBY, SIDE_NONE, "conn '%s' authenticates by signatures, but neither end has a key",
			 c->name);
	if (!check_is_set(k, KW_AUTHBY, SIDE_NONE))
		diag_note(k->diag, f, "signatures are the default; a preshared key needs authby=secret");
	diag_help(k->diag, f, "add leftcert=, leftckaid= or leftrsasigkey=");
}

/* C-130 */
void check_cert_and_ckaid(struct check *k)
{
	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (!check_is_set(k, KW_CERT, (enum side)side) || !check_is_set(k, KW_CKAID, (enum side)side))
			continue;
		f = check_report(k, RULE_CERT_AND_CKAID, k->release < RELEASE_5_0 ? EFFECT_REFUSED : EFFECT_COMPLAINT, KW_CKAID, (enum side)side,
				 "%scert= and %sckaid= both name the key", check_side_name((enum side)side), check_side_name((enum side)side));
		check_related(k, f, KW_CERT, (enum side)side, "the other one");
	}
}

/* C-122 */
void check_fromcert(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool signs = c->auth_rsa || c->auth_ecdsa;

	for (int side = 0; side < 2; side++) {
		const struct ir_end *end = &c->end[side];
		bool no_cert = end->has_auth ? end->auth == PLAN_AUTH_PSK || end->auth == PLAN_AUTH_NULL
					     : !signs && (c->auth_psk || c->auth_null);

		if (end->id.type == IDENT_FROM_CERT && no_cert && !ir_is_shunt(c))
			check_report(k, RULE_FROMCERT_WITHOUT_CERT, k->release < RELEASE_4_10 ? EFFECT_NONE : EFFECT_REFUSED, KW_ID,
				     (enum side)side, "there is no certificate to take the identity from");
	}
}

/* C-124 */
void check_same_identities(struct check *k)
{
	const struct ident *left = &k->conn->end[SIDE_LEFT].id, *right = &k->conn->end[SIDE_RIGHT].id;
	struct finding *f;

	if (left->type == IDENT_NONE || left->type >= IDENT_FROM_CERT || left->type == IDENT_NULL || !ident_matches(left, right) ||
	    ir_is_shunt(k->conn))
		return;
	f = check_report(k, RULE_SAME_IDENTITIES, EFFECT_NONE, KW_ID, SIDE_RIGHT, "both ends have the same identity");
	check_related(k, f, KW_ID, SIDE_LEFT, "the same");
}

/* C-115 */
void check_null_authentication(struct check *k)
{
	const struct ir_conn *c = k->conn;

	for (int side = 0; side < 2; side++)
		if (c->end[side].host_kind != IR_HOST_ADDR && c->end[side].host_kind != IR_HOST_NAME &&
		    c->end[side].host_kind != IR_HOST_DEFAULTROUTE && c->end[side].host_kind != IR_HOST_INTERFACE)
			return;		/* opportunistic and group conns mean it */
	if (c->auth_null && !c->auth_psk && !c->auth_rsa && !c->auth_ecdsa)
		check_report(k, RULE_NULL_AUTHENTICATION, EFFECT_NONE, KW_AUTHBY, SIDE_NONE, "the peer of conn '%s' is not authenticated", c->name);
}

/* Words that the IR has no member for: the hash of RSA signatures, EdDSA, EAP without another method. */
static void report_words(struct check *k, enum keyword_id id, enum side side, const char *const *words)
{
	const struct setting *setting = resolved_get(k->conn->resolved, id, side);
	struct slice rest, word;

	if (!setting)
		return;
	rest = setting->param->value.text;
	while (slice_split(&rest, ", \t", &word))
		for (size_t i = 0; words[i]; i++)
			if (slice_starts_nocase(word, words[i])) {
				struct span all = setting->param->value.span;
				uint32_t start = all.start + (uint32_t)(word.p - setting->param->value.text.p);

				check_report_at(k, RULE_NOT_CARRIED_YET, EFFECT_NONE, (struct span){ start, start + (uint32_t)word.n },
						"ipsecc does not yet carry the choice of '" SLICE_FMT "'", SLICE_ARG(word));
			}
}

void check_partly_carried(struct check *k)
{
	static const char *const authby[] = { "rsa-sha", "ecdsa-sha", "eddsa", NULL }, *const auth[] = { "eaponly", NULL };

	report_words(k, KW_AUTHBY, SIDE_NONE, authby);
	report_words(k, KW_AUTH, SIDE_LEFT, auth);
	report_words(k, KW_AUTH, SIDE_RIGHT, auth);
}

/* C-111: the words of IKEv2 that choose a hash. */
void check_ikev1_method(struct check *k)
{
	const struct setting *setting = resolved_get(k->conn->resolved, KW_AUTHBY, SIDE_NONE);
	struct slice rest, word;

	if (!setting || k->conn->ike_version != 1 || k->release < RELEASE_4_10 || ir_is_shunt(k->conn))
		return;
	rest = setting->param->value.text;
	while (slice_split(&rest, ", \t", &word))
		if (slice_starts_nocase(word, "rsa-sha") || slice_starts_nocase(word, "ecdsa-sha") || slice_starts_nocase(word, "eddsa")) {
			check_report(k, RULE_IKEV1_OPTION, EFFECT_REFUSED, KW_AUTHBY, SIDE_NONE, "IKEv1 has no choice of a hash for signatures");
			return;
		}
}

/* C-105, C-110 */
void check_eap(struct check *k)
{
	if (k->release < RELEASE_4_10)
		return;
	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (auth_written(k, (enum side)side) && ir_is_shunt(k->conn)) {
			f = check_report(k, RULE_SHUNT_AUTHENTICATION, EFFECT_REFUSED, KW_AUTH, (enum side)side,
					 "%sauth= in a conn that negotiates nothing", check_side_name((enum side)side));
			check_related(k, f, KW_TYPE, SIDE_NONE, "nothing is negotiated");
			return;
		}
		if (!check_says(k, KW_AUTH, (enum side)side, "eaponly") ||
		    (check_is_set(k, KW_AUTHEAP, (enum side)side) && !check_says(k, KW_AUTHEAP, (enum side)side, "none")))
			continue;
		f = check_report(k, RULE_ONE_SIDED_AUTH, EFFECT_REFUSED, KW_AUTH, (enum side)side, "%sauth=eaponly needs %sautheap=",
				 check_side_name((enum side)side), check_side_name((enum side)side));
		diag_help(k->diag, f, "add %sautheap=tls", check_side_name((enum side)side));
	}
}

/* C-138 */
void check_key_and_cert(struct check *k)
{
	static const enum keyword_id keys[] = { KW_RSASIGKEY, KW_ECDSAKEY, KW_EDDSAKEY, KW_PUBKEY };

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
			const struct setting *key = resolved_get(k->conn->resolved, keys[i], (enum side)side);
			struct finding *f;

			if (!key || !check_is_set(k, KW_CERT, (enum side)side) || key->param->value.text.n == 0 || key->param->value.text.p[0] == '%')
				continue;
			f = check_report(k, RULE_KEY_AND_CERT, EFFECT_COMPLAINT, keys[i], (enum side)side,
					 "the %s end has a certificate, and this key is not used", check_side_name((enum side)side));
			check_related(k, f, KW_CERT, (enum side)side, "the certificate");
		}
}

/* C-126, S-523: main mode chooses the secret before the identity is known, which is encrypted with it. */
void check_psk_by_identity(struct check *k)
{
	const struct ir_conn *c = k->conn;

	if (c->ike_version != 1 || c->aggressive || !c->auth_psk || ir_is_shunt(c))
		return;
	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (c->end[side].host_kind != IR_HOST_ANY || c->end[side].id.type == IDENT_NONE || !check_is_own(k, KW_ID, (enum side)side))
			continue;
		f = check_report(k, RULE_PSK_BY_IDENTITY, EFFECT_NONE, KW_ID, (enum side)side,
				 "an IKEv1 peer without an address is not told from others by its identity when the secret is chosen");
		check_related(k, f, KW_HOST, (enum side)side, "any address");
		diag_help(k->diag, f, "use IKEv2, or one secret for all such peers: 'OWNID %%any : PSK'");
	}
}
