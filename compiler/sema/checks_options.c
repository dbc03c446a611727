/* SPDX-License-Identifier: Apache-2.0 */
/* Options that exclude each other (sections A.6, A.8 and A.10 of the C-rules); some are not in the IR yet, so their words are looked at. */
#include "compiler/sema/checks.h"

/* C-219, C-220 */
void check_tcp(struct check *k)
{
	const struct setting *port = resolved_get(k->conn->resolved, KW_TCP_REMOTEPORT, SIDE_NONE);
	struct finding *f;

	if (k->release < RELEASE_4_10 || (!check_says(k, KW_ENABLE_TCP, SIDE_NONE, "yes") && !check_says(k, KW_ENABLE_TCP, SIDE_NONE, "fallback")))
		return;
	if (k->conn->ike_version == 1)
		check_report(k, RULE_TCP_ENCAPSULATION, EFFECT_REFUSED, KW_ENABLE_TCP, SIDE_NONE, "IKEv1 does not go over TCP");
	if (!port || (!slice_eq_str(port->param->value.text, "0") && !slice_eq_str(port->param->value.text, "500")))
		return;
	f = check_report(k, RULE_TCP_ENCAPSULATION, EFFECT_REFUSED, KW_TCP_REMOTEPORT, SIDE_NONE, "port " SLICE_FMT " is not for IKE over TCP",
			 SLICE_ARG(port->param->value.text));
	check_related(k, f, KW_ENABLE_TCP, SIDE_NONE, "TCP is switched on");
	diag_help(k->diag, f, "RFC 9329 has port 4500");
}

/* C-160: the words of later releases refuse the file. */
void check_both_protocols(struct check *k)
{
	const struct setting *setting = resolved_get(k->conn->resolved, KW_PHASE2, SIDE_NONE);

	if (setting && slice_eq_nocase(setting->param->value.text, "ah+esp") && k->release < RELEASE_4_10)
		check_report(k, RULE_AH_AND_ESP, EFFECT_REFUSED, KW_PHASE2, SIDE_NONE, "a conn has AH or ESP, not both");
}

/* C-161: from 5.0 on esp= and ah= are two keywords, and each selects its protocol. */
void check_ah_and_esp(struct check *k)
{
	bool esp = check_is_set(k, KW_ESP, SIDE_NONE), ah = check_is_set(k, KW_AH, SIDE_NONE);
	enum keyword_id written = ah ? KW_AH : KW_ESP, other = esp && ah ? KW_ESP : KW_PHASE2;
	struct finding *f;

	if (k->release < RELEASE_5_4 || !((esp && ah) || (esp && check_says(k, KW_PHASE2, SIDE_NONE, "ah")) || (ah && check_says(k, KW_PHASE2, SIDE_NONE, "esp"))))
		return;
	f = check_report(k, RULE_AH_AND_ESP, EFFECT_REFUSED, written, SIDE_NONE, "a conn has AH or ESP, not both");
	check_related(k, f, other, SIDE_NONE, "the other protocol");
}

/* C-163, C-165 */
void check_aggressive_mode(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (!c->aggressive || ir_is_shunt(c))
		return;
	if (c->ike_version == 2) {
		f = check_report(k, RULE_AGGRESSIVE_MODE, k->release < RELEASE_5_0 ? EFFECT_COMPLAINT : EFFECT_REFUSED, KW_AGGRESSIVE, SIDE_NONE,
				 "IKEv2 has no aggressive mode");
		if (k->release < RELEASE_5_0)
			diag_note(k->diag, f, "libreswan %s ignores it", release_name(k->release));
	} else if (!c->ike_written && k->release >= RELEASE_5_0) {
		f = check_report(k, RULE_AGGRESSIVE_MODE, EFFECT_REFUSED, KW_AGGRESSIVE, SIDE_NONE, "aggressive mode needs ike=");
		diag_help(k->diag, f, "it offers one DH group, so write which, such as ike=aes256-sha2;modp2048");
	}
}

/* C-137: 4.10 looks at them in this order; when one holds a key, all later ones are too many, even if they say %cert. */
void check_two_keys(struct check *k)
{
	static const enum keyword_id keys[] = { KW_RSASIGKEY, KW_ECDSAKEY, KW_EDDSAKEY, KW_PUBKEY };

	for (int side = 0; side < 2 && k->release >= RELEASE_4_10; side++) {
		enum keyword_id first = KW_NONE;

		for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
			const struct setting *setting = resolved_get(k->conn->resolved, keys[i], (enum side)side);
			struct finding *f;

			if (!setting || setting->param->value.text.n == 0)
				continue;
			if (first != KW_NONE) {
				f = check_report(k, RULE_TWO_KEYS, EFFECT_REFUSED, keys[i], (enum side)side, "the %s end has two public keys",
						 check_side_name((enum side)side));
				check_related(k, f, first, (enum side)side, "the other one");
				break;
			}
			if (setting->param->value.text.p[0] != '%')
				first = keys[i];
		}
	}
}

/* C-275, C-288 */
void check_tunnel_options(struct check *k)
{
	const struct ir_conn *c = k->conn;
	const char *what = c->type == IR_TRANSPORT ? "transport mode" : ir_is_shunt(c) ? "a conn without a tunnel" : NULL;
	struct finding *f;

	if (k->release < RELEASE_4_10)
		return;
	if (what && check_is_set(k, KW_VTI_INTERFACE, SIDE_NONE)) {
		f = check_report(k, RULE_TUNNEL_OPTION, EFFECT_REFUSED, KW_VTI_INTERFACE, SIDE_NONE, "a VTI does not go with %s", what);
		check_related(k, f, KW_TYPE, SIDE_NONE, "no tunnel");
	}
	if (c->tfc && (what || c->protocol == PROTOCOL_AH)) {
		f = check_report(k, RULE_TUNNEL_OPTION, EFFECT_REFUSED, KW_TFC, SIDE_NONE, "padding against traffic analysis does not go with %s",
				 what ? what : "AH");
		check_related(k, f, what ? KW_TYPE : KW_PHASE2, SIDE_NONE, what ? "no tunnel" : "nothing is encrypted");
	}
}
