/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8784: a PPK goes into the keys where both ends have it, and nobody who insists on it goes on without (I-090, I-091, I-350). */
#include "runtime/ike/internal.h"
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

static void add_ppk(struct lab_end *end, const char *id, const char *text)
{
	struct secret_entry *e = vec_add(&end->arena, &end->secrets.entries);

	*e = (struct secret_entry){ .kind = SECRET_PPKS, .form = SECRET_QUOTED, .reference = id };
	ck_assert_int_eq(secret_set(&e->value, text, strlen(text)), 0);
}

static struct lab *connect_with(enum plan_ppk west, const char *west_key, enum plan_ppk east, const char *east_key)
{
	struct lab *lab = lab_new(800);

	lab->ends[0].plan->peers.v[0].ppk = west;
	lab->ends[1].plan->peers.v[0].ppk = east;
	lab->ends[0].plan->peers.v[0].keying_tries = 1;
	if (west_key)
		add_ppk(&lab->ends[0], "lab", west_key);
	if (east_key)
		add_ppk(&lab->ends[1], "lab", east_key);
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	return lab;
}

static const char *const key = "a long key of thirty-two bytes!!", *const other_key = "another key of the same size !!!";

enum outcome { FAILS, PLAIN, MIXED };

START_TEST(who_uses_it)
{
	static const enum plan_ppk never = PLAN_PPK_NEVER, propose = PLAN_PPK_PROPOSE, insist = PLAN_PPK_INSIST;
	const struct {
		enum plan_ppk west; const char *west_key; enum plan_ppk east; const char *east_key; enum outcome want;
	} cases[] = {
		{ propose, key, propose, key, MIXED }, { insist, key, insist, key, MIXED }, { propose, key, insist, key, MIXED },
		{ insist, key, propose, key, MIXED }, { never, key, propose, key, PLAIN }, { propose, key, never, key, PLAIN },
		{ propose, key, propose, NULL, PLAIN }, { propose, NULL, propose, key, PLAIN }, { never, NULL, insist, key, FAILS },
		{ insist, key, never, NULL, FAILS }, { insist, key, propose, NULL, FAILS }, { propose, NULL, insist, key, FAILS },
		{ propose, key, propose, other_key, FAILS }, { insist, key, insist, other_key, FAILS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct lab *lab = connect_with(cases[i].west, cases[i].west_key, cases[i].east, cases[i].east_key);
		struct lab_status west = lab_status(lab, 0), east = lab_status(lab, 1);

		ck_assert_msg(west.established == (cases[i].want != FAILS), "case %zu: west %s", i, lab->ends[0].log.p);
		ck_assert_msg(east.established == west.established, "case %zu: east %s", i, lab->ends[1].log.p);
		ck_assert_msg(lab_flows(lab, 0) == (cases[i].want != FAILS) && lab_flows(lab, 1) == lab_flows(lab, 0), "case %zu", i);
		if (cases[i].want != FAILS)
			ck_assert_msg(west.sa.ppk == (cases[i].want == MIXED) && east.sa.ppk == west.sa.ppk, "case %zu", i);
		else
			ck_assert_msg(!lab_newest_out(&lab->ends[0].dp) && !lab_newest_out(&lab->ends[1].dp), "case %zu", i);
		lab_free(lab);
	}
}
END_TEST

/* The child SA's keys are of the mixed SK_d, and those of a rekeyed IKE SA come from it. */
START_TEST(rekeys_with_it)
{
	struct lab *lab = connect_with(PLAN_PPK_INSIST, key, PLAN_PPK_INSIST, key);

	ike_rekey_ike(lab->ends[1].ike, "net", 2, lab->now);
	lab_run(lab, 2000);
	ike_rekey_child(lab->ends[0].ike, "net", 3, lab->now);
	lab_run(lab, 2000);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	ck_assert(lab_status(lab, 0).sa.ppk && lab_status(lab, 1).sa.ppk);
	lab_free(lab);
}
END_TEST

/* Of several PPKs the initiator names the one that ppk-ids= allows. */
START_TEST(the_one_that_is_allowed)
{
	struct lab *lab = lab_new(801);

	for (unsigned i = 0; i < 2; i++) {
		lab->ends[i].plan->peers.v[0].ppk = PLAN_PPK_INSIST;
		add_ppk(&lab->ends[i], "old", i ? other_key : key);
		add_ppk(&lab->ends[i], "new", "the key that both have, and name");
	}
	lab->ends[0].plan->peers.v[0].ppk_ids = "future, new";
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	lab_free(lab);
}
END_TEST

/* Somebody between takes USE_PPK out of an answer: whoever insists waits for a better one, and AUTH covers the message (I-350). */
static enum lab_fate strip_use_ppk(struct lab *lab, struct lab_packet *p)
{
	static const uint8_t notify[] = { 0, 0, 0, 8, 0, 0, NOTIFY_USE_PPK >> 8, NOTIFY_USE_PPK & 0xff };
	uint8_t *at = p->d.n > 8 ? memmem(p->bytes, p->d.n, notify, sizeof(notify)) : NULL;

	(void)lab;
	if (at && p->from == 1)
		at[7] ^= 0x40;		/* an unknown status, which is ignored */
	return LAB_DELIVER;
}

START_TEST(taken_out_on_the_way)
{
	for (enum plan_ppk ppk = PLAN_PPK_PROPOSE; ppk <= PLAN_PPK_INSIST; ppk++) {
		struct lab *lab = lab_new(802);

		for (unsigned i = 0; i < 2; i++) {
			lab->ends[i].plan->peers.v[0].ppk = ppk;
			add_ppk(&lab->ends[i], "lab", key);
		}
		lab->rule = strip_use_ppk;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 5000);
		ck_assert_uint_eq(lab_status(lab, 0).established, 0);
		ck_assert_ptr_null(lab_newest_out(&lab->ends[0].dp));
		lab_free(lab);
	}
}
END_TEST

START_TEST(refused_at_load_without_it)
{
	struct lab *lab = lab_new(803);

	lab->ends[0].plan->peers.v[0].ppk = PLAN_PPK_INSIST;
	ck_assert_int_eq(lab_open_end(&lab->ends[0]), -ENOTSUP);
	ck_assert(lab->ends[0].diag.findings.v[0]->rule == RULE_IKE_NO_SECRET);
	ck_assert_ptr_nonnull(strstr(lab->ends[0].diag.findings.v[0]->message, "west.conf:2: conn 'net': it insists on a PPK"));
	lab_free(lab);
}
END_TEST

TAP_MAIN("ike ppk", who_uses_it, rekeys_with_it, the_one_that_is_allowed, taken_out_on_the_way, refused_at_load_without_it)
