/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords that have no effect in the conn they stand in (section A.13 of the C-rules, and what A.7 to A.10 have of the kind). */
#include "compiler/sema/checks.h"

/* --- when ------------------------------------------------------------------------------------------------------------------------ */

static bool is_ikev1(const struct check *k)
{
	return k->conn->ike_version == 1 && !ir_is_shunt(k->conn);
}

static bool is_ikev2(const struct check *k)
{
	return k->conn->ike_version == 2 && !ir_is_shunt(k->conn);
}

/* check_dpd_timeout() has said it for a timeout below the delay. */
static bool ignores_dpd_timeout(const struct check *k)
{
	return is_ikev2(k) && !(k->conn->dpd_delay && k->conn->dpd_timeout && k->conn->dpd_timeout < k->conn->dpd_delay);
}

static bool is_shunt(const struct check *k)
{
	return ir_is_shunt(k->conn);
}

static bool has_no_xauth(const struct check *k)
{
	return is_ikev1(k) && !check_is_set(k, KW_XAUTHCLIENT, SIDE_LEFT) && !check_is_set(k, KW_XAUTHCLIENT, SIDE_RIGHT) &&
	       !check_is_set(k, KW_XAUTHSERVER, SIDE_LEFT) && !check_is_set(k, KW_XAUTHSERVER, SIDE_RIGHT);
}

static bool never_rekeys(const struct check *k)
{
	return !k->conn->rekey && !ir_is_shunt(k->conn);
}

static bool has_no_vti(const struct check *k)
{
	return !check_is_set(k, KW_VTI_INTERFACE, SIDE_NONE);
}

static bool gives_no_addresses(const struct check *k)
{
	const struct ir_end *left = &k->conn->end[SIDE_LEFT], *right = &k->conn->end[SIDE_RIGHT];

	return !ir_end_has_pool(left) && !ir_end_has_pool(right) && !left->modecfg_server && !right->modecfg_server && !left->modecfg_client &&
	       !right->modecfg_client && !check_is_yes(k, KW_CAT, SIDE_LEFT) && !check_is_yes(k, KW_CAT, SIDE_RIGHT) &&
	       !check_is_set(k, KW_ADDRESSPOOL, SIDE_LEFT) && !check_is_set(k, KW_ADDRESSPOOL, SIDE_RIGHT);
}

static bool uses_no_certificates(const struct check *k)
{
	const struct ir_conn *c = k->conn;

	return !c->auth_rsa && !c->auth_ecdsa && (c->auth_psk || c->auth_null) && !c->end[0].has_auth && !c->end[1].has_auth &&
	       !check_is_unread(k, KW_AUTHBY, SIDE_NONE) && !ir_is_shunt(c);
}

static bool has_no_tcp(const struct check *k)
{
	return !check_is_set(k, KW_ENABLE_TCP, SIDE_NONE) || check_says(k, KW_ENABLE_TCP, SIDE_NONE, "no");
}

static bool sends_no_redirect(const struct check *k)
{
	return check_says(k, KW_SEND_REDIRECT, SIDE_NONE, "no");
}

static bool redirects_nowhere(const struct check *k)
{
	return !check_is_set(k, KW_REDIRECT_TO, SIDE_NONE);
}

static bool has_no_truncated_integrity(const struct check *k)
{
	const proposal_list *list = &k->conn->phase2;

	if (!k->conn->phase2_written || list->n == 0)
		return false;
	for (size_t i = 0; i < list->n; i++)
		for (size_t j = 0; j < list->v[i].transforms.n; j++)
			if (strcmp(list->v[i].transforms.v[j].transform->name, "HMAC_SHA2_256_128") == 0)
				return false;
	return true;
}

static bool calls_nobody(const struct check *k)
{
	return ir_end_is_anybody(&k->conn->end[0]) || ir_end_is_anybody(&k->conn->end[1]);
}

/* --- the table ------------------------------------------------------------------------------------------------------------------- */

/* The value for which a keyword is in vain. */
enum in_vain { ANY_VALUE, IF_YES, IF_NOT_NO, IF_FORCE, IF_CISCO };

struct useless {
	enum keyword_id id;
	bool (*when)(const struct check *k);
	const char *why;
	enum in_vain value;
	enum release from, until;	/* releases, the last one included */
	bool complains;			/* these releases say so themselves */
	bool note;			/* usual enough, and harmless */
};

#define ALL	RELEASE_3_18, RELEASE_5_4
#define SHUNT	"the conn negotiates nothing"

static const struct useless table[] = {
	/* C-300, C-370, C-371 */
	{ KW_IKE, is_shunt, SHUNT, ANY_VALUE, ALL, true, false },
	{ KW_ESP, is_shunt, SHUNT, ANY_VALUE, ALL, true, false },
	{ KW_IKELIFETIME, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_IPSEC_LIFETIME, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_DPDDELAY, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_DPDTIMEOUT, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_CERT, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_RSASIGKEY, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	{ KW_PFS, is_shunt, SHUNT, IF_YES, ALL, false, false },
	{ KW_REPLAY_WINDOW, is_shunt, SHUNT, ANY_VALUE, ALL, false, false },
	/* C-228 ... C-230, C-234, C-257, C-372 */
	{ KW_XAUTHSERVER, is_ikev2, "IKEv2 has no XAUTH", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_XAUTHCLIENT, is_ikev2, "IKEv2 has no XAUTH", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_XAUTHBY, is_ikev2, "IKEv2 has no XAUTH", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_XAUTHFAIL, is_ikev2, "IKEv2 has no XAUTH", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_MODECFGPULL, is_ikev2, "clients of IKEv2 always ask themselves", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_CISCO_UNITY, is_ikev2, "it is a vendor ID of IKEv1", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_REMOTE_PEER_TYPE, is_ikev2, "it is about XAUTH of IKEv1", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, true },
	{ KW_IKEPAD, is_ikev2, "it is about IKEv1", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, true },
	{ KW_NAT_IKEV1_METHOD, is_ikev2, "it is about IKEv1", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, true },
	{ KW_FRAGMENTATION, is_ikev2, "IKEv2 fragments when a message is too long, with yes as with force", IF_FORCE, RELEASE_4_10, RELEASE_5_4,
	  false, true },
	/* S-253 */
	{ KW_CISCO_UNITY, has_no_xauth, "it goes with XAUTH", IF_YES, ALL, false, false },
	{ KW_REMOTE_PEER_TYPE, has_no_xauth, "it goes with XAUTH", IF_CISCO, ALL, false, false },
	/* C-190, C-378: 4.10 says so, for a line that every second file has */
	{ KW_DPDTIMEOUT, ignores_dpd_timeout, "with IKEv2 it is retransmit-timeout= that decides", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, true },
	/* C-198, C-225, C-233, C-254, C-373 */
	{ KW_ESN, is_ikev1, "libreswan has no extended sequence numbers with IKEv1", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_PPK, is_ikev1, "postquantum keys need IKEv2", IF_NOT_NO, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_SEND_REDIRECT, is_ikev1, "redirection needs IKEv2", IF_NOT_NO, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_ACCEPT_REDIRECT, is_ikev1, "redirection needs IKEv2", IF_NOT_NO, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_PAM_AUTHORIZE, is_ikev1, "it is about IKEv2; IKEv1 has xauthby=pam", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_CAT, is_ikev1, "it needs an address of IKEv2", IF_YES, RELEASE_4_10, RELEASE_5_4, false, false },
	/* C-377 */
	{ KW_REKEYMARGIN, never_rekeys, "the conn is not rekeyed (rekey=no)", ANY_VALUE, ALL, false, false },
	{ KW_REKEYFUZZ, never_rekeys, "the conn is not rekeyed (rekey=no)", ANY_VALUE, ALL, false, false },
	/* C-192: 4.10 says so, and holds */
	{ KW_DPDACTION, never_rekeys, "without rekeying libreswan does not restart a conn", ANY_VALUE, RELEASE_3_18, RELEASE_4_10, true, false },
	{ KW_DPDACTION, calls_nobody, "the peer of a restarted conn has no address", ANY_VALUE, RELEASE_3_18, RELEASE_4_10, false, false },
	/* C-221, C-226, C-227 */
	{ KW_TCP_REMOTEPORT, has_no_tcp, "enable-tcp= is not switched on", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_REDIRECT_TO, sends_no_redirect, "send-redirect=no", ANY_VALUE, RELEASE_4_10, RELEASE_5_4, false, false },
	{ KW_SEND_REDIRECT, redirects_nowhere, "redirect-to= does not say where to", IF_YES, RELEASE_4_10, RELEASE_5_4, true, false },
	/* C-262 */
	{ KW_MODECFGDNS, gives_no_addresses, "no end gives or takes addresses", ANY_VALUE, ALL, false, false },
	{ KW_MODECFGDOMAINS, gives_no_addresses, "no end gives or takes addresses", ANY_VALUE, ALL, false, false },
	{ KW_MODECFGBANNER, gives_no_addresses, "no end gives or takes addresses", ANY_VALUE, ALL, false, false },
	/* C-278 */
	{ KW_VTI_ROUTING, has_no_vti, "vti-interface= is not set", ANY_VALUE, ALL, false, false },
	{ KW_VTI_SHARED, has_no_vti, "vti-interface= is not set", ANY_VALUE, ALL, false, false },
	/* C-375 */
	{ KW_SENDCERT, uses_no_certificates, "the conn uses no certificates", ANY_VALUE, ALL, false, false },
	{ KW_CA, uses_no_certificates, "the conn uses no certificates", ANY_VALUE, ALL, false, false },
	/* C-170 */
	{ KW_SHA2_TRUNCBUG, has_no_truncated_integrity, "esp= has no sha2_256", IF_YES, ALL, false, false },
};

static bool is_in_vain(const struct check *k, const struct useless *u, enum side side)
{
	if (u->value == IF_YES)
		return check_is_yes(k, u->id, side) || check_says(k, u->id, side, "yes");
	if (u->value == IF_NOT_NO)
		return !check_says(k, u->id, side, "no") && !check_says(k, u->id, side, "never");
	if (u->value == IF_CISCO)
		return check_says(k, u->id, side, "cisco");
	if (u->value == IF_FORCE)
		return check_says(k, u->id, side, "force");
	return u->id != KW_DPDACTION || check_says(k, u->id, side, "restart");
}

static void report_useless(struct check *k, const struct useless *u, enum side side)
{
	enum effect effect = u->complains ? EFFECT_COMPLAINT : u->note ? EFFECT_REMARK : EFFECT_NONE;

	check_report(k, RULE_WITHOUT_EFFECT, effect, u->id, side, "'%s' has no effect here: %s",
		     schema_spelling_in(&keyword_table[u->id], side, k->release), u->why);
}

/* A line is reported once, for the first reason. */
void check_without_effect(struct check *k)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const struct useless *u = &table[i];
		bool said = false;

		if (!k->written[u->id] || k->release < u->from || k->release > u->until || !u->when(k))
			continue;
		for (size_t j = 0; j < i && !said; j++)
			said = table[j].id == u->id && k->release >= table[j].from && k->release <= table[j].until && table[j].when(k);
		for (int side = 0; side <= SIDE_NONE && !said; side++) {
			if ((side == SIDE_NONE) == keyword_table[u->id].sided || !check_is_own(k, u->id, (enum side)side))
				continue;
			if (is_in_vain(k, u, (enum side)side))
				report_useless(k, u, (enum side)side);
		}
	}
}
