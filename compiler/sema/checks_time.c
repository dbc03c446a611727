/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about lifetimes, dead peer detection and starting (section A.7 of the C-rules). */
#include "compiler/sema/checks.h"

#define DAY 86400u

static void check_lifetime(struct check *k, enum keyword_id id, uint32_t lifetime)
{
	struct finding *f;

	if (!check_is_set(k, id, SIDE_NONE) || (lifetime && lifetime <= DAY) || (!lifetime && k->release < RELEASE_4_10))
		return;
	f = check_report(k, RULE_LIFETIME_OUT_OF_RANGE, EFFECT_COMPLAINT, id, SIDE_NONE,
			 lifetime ? "the lifetime is longer than 24 hours" : "the lifetime is 0");
	if (k->release < RELEASE_4_10)
		diag_note(k->diag, f, "24h is the most that the manual of libreswan 3 allows");
	else
		diag_note(k->diag, f, "libreswan %s uses 24h instead", release_name(k->release));
}

/* C-180; 3.18 has the limit in its manual only (S-304, S-327). */
void check_lifetimes(struct check *k)
{
	if (ir_is_shunt(k->conn))
		return;
	check_lifetime(k, KW_IKELIFETIME, k->conn->ike_lifetime);
	check_lifetime(k, KW_IPSEC_LIFETIME, k->conn->sa_lifetime);
}

static void check_margin_of(struct check *k, enum keyword_id id, uint32_t lifetime, const char *what)
{
	const struct ir_conn *c = k->conn;
	uint64_t longest = (uint64_t)c->rekey_margin * (100 + c->rekey_fuzz) / 100;
	bool written = check_is_set(k, id, SIDE_NONE);
	struct finding *f;

	if (lifetime == 0 || longest < lifetime || !(written || check_is_set(k, KW_REKEYMARGIN, SIDE_NONE)))
		return;
	f = check_report(k, RULE_MARGIN_TOO_LONG, EFFECT_NONE, written ? id : KW_REKEYMARGIN, SIDE_NONE,
			 "the %s can be due for replacement as soon as it stands", what);
	if (written)
		diag_caret(k->diag, f, "it lives %u s", lifetime);
	else
		diag_note(k->diag, f, "it lives %u s", lifetime);
	check_related(k, f, KW_REKEYMARGIN, SIDE_NONE, "replaced up to %llu s before", (unsigned long long)longest);
	diag_note(k->diag, f, "rekeymargin is %u s, and rekeyfuzz adds up to %u %%", c->rekey_margin, c->rekey_fuzz);
	if (c->rekey_margin >= lifetime && id == KW_IPSEC_LIFETIME)
		diag_note(k->diag, f, "libreswan %s takes half the lifetime as the margin", release_name(k->release));
}

/* C-181, C-182 */
void check_margin(struct check *k)
{
	if (!k->conn->rekey || ir_is_shunt(k->conn))
		return;
	check_margin_of(k, KW_IPSEC_LIFETIME, k->conn->sa_lifetime, "IPsec SA");
	check_margin_of(k, KW_IKELIFETIME, k->conn->ike_lifetime, "IKE SA");
}

/* C-194 */
void check_dpd_timeout(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (!c->dpd_delay || !c->dpd_timeout || c->dpd_timeout >= c->dpd_delay)
		return;
	f = check_report(k, RULE_DPD_TIMEOUT_SHORT, EFFECT_NONE, KW_DPDTIMEOUT, SIDE_NONE, "the peer is declared dead before it is asked once");
	diag_caret(k->diag, f, "but given up after %u s", c->dpd_timeout);
	check_related(k, f, KW_DPDDELAY, SIDE_NONE, "first probe after %u s", c->dpd_delay);
	if (c->ike_version == 2)
		diag_note(k->diag, f, "with IKEv2 libreswan %s ignores dpdtimeout; retransmit-timeout decides", release_name(k->release));
	diag_help(k->diag, f, "make dpdtimeout a few times dpddelay, for example %u", c->dpd_delay * 4);
}

static void report_incomplete(struct check *k, enum keyword_id written, const char *message)
{
	struct finding *f = check_report(k, RULE_DPD_INCOMPLETE, EFFECT_COMPLAINT, written, SIDE_NONE, "%s", message);

	diag_note(k->diag, f, "libreswan %s says so and does no dead peer detection", release_name(k->release));
}

/* C-189 ... C-191 */
void check_dpd_complete(struct check *k)
{
	bool delay = check_is_set(k, KW_DPDDELAY, SIDE_NONE), timeout = check_is_set(k, KW_DPDTIMEOUT, SIDE_NONE);
	bool action = check_is_set(k, KW_DPDACTION, SIDE_NONE);

	if (k->conn->ike_version == 2) {
		if (action && !delay && k->release < RELEASE_5_0)
			report_incomplete(k, KW_DPDACTION, "dpdaction= has no effect without dpddelay=");
	} else if (delay && !timeout) {
		report_incomplete(k, KW_DPDDELAY, "IKEv1 needs dpdtimeout= beside dpddelay=");
	} else if (timeout && !delay) {
		report_incomplete(k, KW_DPDTIMEOUT, "dpdtimeout= has no effect without dpddelay=");
	} else if (action && !delay) {
		report_incomplete(k, KW_DPDACTION, "dpdaction= has no effect without dpddelay= and dpdtimeout=");
	}
}

/* X-: nobody can be called at %any. Group conns are instantiated with addresses. */
void check_nobody_to_call(struct check *k)
{
	const struct ir_conn *c = k->conn;

	if ((c->start != PLAN_START_UP && c->start != PLAN_START_ROUTE) || ir_is_shunt(c))
		return;
	for (int side = 0; side < 2; side++) {
		struct finding *f;

		if (c->end[side].host_kind != IR_HOST_ANY)
			continue;
		f = check_report(k, RULE_NOBODY_TO_CALL, EFFECT_NONE, KW_AUTO, SIDE_NONE, "conn '%s' cannot be %s: its peer has no address", c->name,
				 c->start == PLAN_START_UP ? "started" : "routed");
		check_related(k, f, KW_HOST, (enum side)side, "any peer");
		diag_help(k->diag, f, "write auto=add, and let the peer call");
		return;
	}
	for (int side = 0; side < 2 && c->start == PLAN_START_UP; side++)
		if (c->end[side].port_any) {	/* C-092 */
			check_report(k, RULE_NOBODY_TO_CALL, EFFECT_NONE, KW_AUTO, SIDE_NONE,
				     "conn '%s' cannot be started: its port is left open", c->name);
			return;
		}
}

/* C-193 */
void check_dpd_restart(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool delay = check_is_set(k, KW_DPDDELAY, SIDE_NONE), timeout = check_is_set(k, KW_DPDTIMEOUT, SIDE_NONE);

	if (c->ike_version != 1 || !delay || !timeout || (c->dpd_delay != 0) == (c->dpd_timeout != 0) || ir_is_shunt(c) ||
	    check_is_unread(k, KW_DPDDELAY, SIDE_NONE) || check_is_unread(k, KW_DPDTIMEOUT, SIDE_NONE))
		return;
	check_report(k, RULE_DPD_INCOMPLETE, EFFECT_COMPLAINT, c->dpd_delay ? KW_DPDTIMEOUT : KW_DPDDELAY, SIDE_NONE,
		     "0 switches dead peer detection off, although %s is set", c->dpd_delay ? "dpddelay" : "dpdtimeout");
}

/* C-199 */
void check_retransmission(struct check *k)
{
	const struct ir_conn *c = k->conn;
	bool timeout = check_is_own(k, KW_RETRANSMIT_TIMEOUT, SIDE_NONE), interval = check_is_own(k, KW_RETRANSMIT_INTERVAL, SIDE_NONE);
	struct finding *f;

	if ((!timeout && !interval) || c->retransmit_interval_ms < c->retransmit_timeout_ms || ir_is_shunt(c))
		return;
	f = check_report(k, RULE_NO_RETRANSMISSION, EFFECT_NONE, timeout ? KW_RETRANSMIT_TIMEOUT : KW_RETRANSMIT_INTERVAL, SIDE_NONE,
			 "a message that is lost is not sent again");
	diag_note(k->diag, f, "it would be sent again after %u ms, and is given up after %u ms", c->retransmit_interval_ms,
		  c->retransmit_timeout_ms);
}

/* C-197 */
void check_replay_window(struct check *k)
{
	struct finding *f;

	if (k->conn->replay_window || !check_is_set(k, KW_REPLAY_WINDOW, SIDE_NONE) || !check_is_set(k, KW_ESN, SIDE_NONE) ||
	    check_says(k, KW_ESN, SIDE_NONE, "no") || check_is_unread(k, KW_REPLAY_WINDOW, SIDE_NONE) || k->release < RELEASE_4_10)
		return;
	f = check_report(k, RULE_ESN_WITHOUT_WINDOW, k->release < RELEASE_5_0 ? EFFECT_NONE : EFFECT_COMPLAINT, KW_ESN, SIDE_NONE,
			 "extended sequence numbers need a replay window");
	check_related(k, f, KW_REPLAY_WINDOW, SIDE_NONE, "switched off here");
}

/* C-201 */
void check_ends_with_sa(struct check *k)
{
	const struct ir_conn *c = k->conn;
	struct finding *f;

	if (c->rekey || c->start != PLAN_START_UP || ir_is_shunt(c))
		return;
	f = check_report(k, RULE_ENDS_WITH_SA, EFFECT_NONE, KW_REKEY, SIDE_NONE,
			 "the tunnel that is started here ends with its first SA, unless the peer rekeys it");
	check_related(k, f, KW_AUTO, SIDE_NONE, "started once");
	diag_note(k->diag, f, "the SA lives %u s", c->sa_lifetime);
}

/* C-187 */
void check_opportunistic_tries(struct check *k)
{
	const struct ir_conn *c = k->conn;

	if ((!ir_end_is_opportunistic(&c->end[0]) && !ir_end_is_opportunistic(&c->end[1])) || c->keying_tries != 0 ||
	    !check_is_set(k, KW_KEYINGTRIES, SIDE_NONE) || k->release < RELEASE_4_10 || k->release >= RELEASE_5_0)
		return;
	diag_note(k->diag,
		  check_report(k, RULE_OPPORTUNISTIC_TRIES, EFFECT_COMPLAINT, KW_KEYINGTRIES, SIDE_NONE,
			       "opportunistic conns cannot be tried for ever"),
		  "libreswan %s tries once", release_name(k->release));
}
