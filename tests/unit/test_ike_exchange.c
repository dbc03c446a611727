/* SPDX-License-Identifier: Apache-2.0 */
/* Two of our engines against each other. Arrows show the messages; SK{} is left out where everything is inside. */
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

/* Both ends have one IKE SA with one child, traffic gets through both ways, and nothing else stands. */
static void check_up(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_status s = lab_status(lab, i);

		ck_assert_msg(s.established == 1 && s.others == 0, "%s: %u established, %u others, log:\n%s", lab->ends[i].name, s.established,
			      s.others, lab->ends[i].log.p);
		ck_assert_uint_eq(s.children, 1);
		ck_assert_uint_eq(lab->ends[i].dp.count, 2);
		ck_assert_int_eq(lab->ends[i].dp.policies_up, 1);
		ck_assert(lab_flows(lab, i));
	}
}

/* Nothing of ours is left in the data plane, and each SA that was added was deleted once. */
static void check_clean(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_dataplane *dp = &lab->ends[i].dp;

		ck_assert_uint_eq(dp->count, 0);
		ck_assert_uint_eq(dp->added, dp->deleted);
		ck_assert_uint_eq(dp->wrong_deletes, 0);
		ck_assert_int_eq(dp->policies_up, 0);
	}
}

static struct lab *lab_up(uint64_t seed)
{
	struct lab *lab = lab_new(seed);

	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	return lab;
}

/*   west                                                    east
 *    | IKE_SA_INIT  SA KEi Ni N(NATD) N(NATD) ------------>  |
 *    | <-------------------- SA KEr Nr N(NATD) N(NATD)       |
 *    | IKE_AUTH     IDi N(INITIAL_CONTACT) IDr AUTH SA TSi TSr -> |
 *    | <-------------------- IDr AUTH SA TSi TSr             |
 */
START_TEST(psk_both_roles)
{
	struct lab *lab = lab_up(1);
	struct lab_status s;

	check_up(lab);
	ck_assert_uint_eq(lab->sent, 4);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_uint_eq(lab->ends[0].done[0].token, 7);
	ck_assert_int_eq(lab->ends[0].done[0].status, 0);
	s = lab_status(lab, 1);
	ck_assert_str_eq(s.remote_id, "@west.example");
	ck_assert_str_eq(s.sa.proposal, "AES_GCM_16_256-HMAC_SHA2_256-DH31");
	lab_free(lab);
}
END_TEST

TAP_MAIN("ike exchange", psk_both_roles)
