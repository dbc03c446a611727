/* SPDX-License-Identifier: Apache-2.0 */
/* SAs that are replaced, deleted and lost, with traffic flowing and a network that loses and doubles each message once. */
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

static struct lab *lab_up(uint64_t seed)
{
	struct lab *lab = lab_new(seed);

	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	return lab;
}

static void check_up(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_status s = lab_status(lab, i);

		ck_assert_msg(s.established == 1 && s.others == 0, "%s: %u established, %u others, log:\n%s", lab->ends[i].name,
			      s.established, s.others, lab->ends[i].log.p);
		ck_assert_msg(s.children == 1, "%s: %u children, log:\n%s", lab->ends[i].name, s.children, lab->ends[i].log.p);
		ck_assert_uint_eq(lab->ends[i].dp.count, 2);
		ck_assert_int_eq(lab->ends[i].dp.policies_up, 1);
		ck_assert(lab_flows(lab, i));
	}
}

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

/* At no moment may the newest outbound SA of one end be one that the other end does not have (I-133). */
static void watch_flows(struct lab *lab)
{
	if (!lab_flows(lab, 0) || !lab_flows(lab, 1))
		lab->flows_broken = true;
}

static uint32_t newest_spi(struct lab *lab, unsigned end)
{
	return lab_newest_out(&lab->ends[end].dp)->sa.spi;
}

/*  | N(REKEY_SA) SA Ni KEi TSi TSr ----->  |   east: new inbound SA before the answer
 *  | <-------------- SA Nr KEr TSi TSr     |   west: inbound, outbound
 *  | D(old) --------------------------->   |   east: new outbound, old one receives 5 s longer
 *  | <----------------------------- D(old) |
 */
static void rekey_child(unsigned starter, bool pfs, uint64_t seed)
{
	struct lab *lab = lab_new(seed);
	uint32_t before;
	unsigned sent;

	for (unsigned i = 0; i < 2; i++)
		lab->ends[i].plan->children.v[0].pfs = pfs;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	before = newest_spi(lab, 0);
	sent = lab->sent;
	lab->after = watch_flows;
	ike_rekey_child(lab->ends[starter].ike, "net", 8, lab->now);
	lab_run(lab, 60);
	ck_assert_uint_eq(lab->ends[0].dp.count, 3);		/* the old inbound SA lingers */
	lab_run(lab, 6000);
	check_up(lab);
	ck_assert_uint_eq(lab->sent - sent, 4);
	ck_assert_uint_eq(lab->ends[starter].done[lab->ends[starter].done_count - 1].token, 8);
	ck_assert_int_eq(lab->ends[starter].done[lab->ends[starter].done_count - 1].status, 0);
	ck_assert(newest_spi(lab, 0) != before);
	ck_assert(!lab->flows_broken);
	ck_assert_int_eq(lab->ends[0].dp.policies_up, 1);
	lab_free(lab);
}

START_TEST(child_rekey)
{
	rekey_child(0, true, 101);
	rekey_child(1, true, 102);
	rekey_child(0, false, 103);
}
END_TEST

/* By the plan's times: 3600 s, less a margin of 300 to 600 s (I-140). Four hours are four or five rekeys, and nothing is lost or
 * left. */
START_TEST(rekey_by_time)
{
	struct lab *lab = lab_up(104);

	lab->after = watch_flows;
	lab_run(lab, 4 * 3600 * 1000);
	check_up(lab);
	ck_assert(!lab->flows_broken);
	ck_assert_uint_ge(lab->ends[0].dp.added, 2 * 5);
	ck_assert_uint_le(lab->ends[0].dp.added, 2 * 7);
	lab_free(lab);
}
END_TEST

/* I-135: both ends start at once. Two SAs come of it, one goes, and traffic flows all the time. Several seeds: either may win. */
START_TEST(simultaneous_child_rekey)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct lab *lab = lab_up(110 + seed);

		lab->after = watch_flows;
		ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
		ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
		lab_run(lab, 120000);
		check_up(lab);
		ck_assert(!lab->flows_broken);
		/* the first, west's and east's; who wins never sends by the other's */
		ck_assert_uint_eq(lab->ends[0].dp.added + lab->ends[1].dp.added, 11);
		lab_free(lab);
	}
}
END_TEST

static enum lab_fate lose_one(struct lab *lab, struct lab_packet *p)
{
	return p->sequence == lab->rule_number ? LAB_LOSE : LAB_DELIVER;
}

/* East's rekey is answered, the answer is lost, and west wants to rekey the new SA, of which east knows nothing yet. */
START_TEST(child_rekey_of_one_not_known_yet)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct lab *lab = lab_up(130 + seed);

		lab->rule = lose_one;
		lab->rule_number = lab->sent + 1;
		ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
		lab_run(lab, 60);
		ike_rekey_child(lab->ends[0].ike, "net", 12, lab->now);
		lab_run(lab, 60000);
		check_up(lab);
		ck_assert_uint_eq(lab->ends[0].done[lab->ends[0].done_count - 1].token, 12);
		ck_assert_int_eq(lab->ends[0].done[lab->ends[0].done_count - 1].status, 0);
		lab_free(lab);
	}
}
END_TEST

/*  | SA(SPI) Ni KEi ------------------->  |
 *  | <------------------ SA(SPI) Nr KEr   |   children move
 *  | D(IKE) on the old SA ------------->  |
 */
/* RFC 7296 section 2.9.2: an SA that the answer made narrower than the conn is rekeyed from either end, and stays what it is. */
static void rekey_narrowed(unsigned starter)
{
	struct lab *lab = lab_new(40);
	struct plan_child *c = &lab->ends[1].plan->children.v[0];

	c->remote_ts.n = 0;
	lab_add_ts(&lab->ends[1].arena, &c->remote_ts, "10.1.7.0/24");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	ike_rekey_child(lab->ends[starter].ike, "net", 8, lab->now);
	lab_run(lab, 6000);
	check_up(lab);
	for (unsigned i = 0; i < 2; i++) {
		const struct dp_sa *sa = &lab_newest_out(&lab->ends[i].dp)->sa;
		char text[TS_TEXT];

		ck_assert_str_eq(ts_format(i ? sa->remote_ts : sa->local_ts, text), "10.1.7.0/24");
	}
	ck_assert_int_eq(lab->ends[starter].done[lab->ends[starter].done_count - 1].status, 0);
	lab_free(lab);
}

START_TEST(rekey_of_a_narrowed_child)
{
	rekey_narrowed(0);
	rekey_narrowed(1);
}
END_TEST

START_TEST(ike_rekey)
{
	for (unsigned starter = 0; starter < 2; starter++) {
		struct lab *lab = lab_up(130 + starter);
		uint64_t spi = lab_status(lab, 0).sa.spi_i;
		unsigned sent = lab->sent;

		lab->after = watch_flows;
		ike_rekey_ike(lab->ends[starter].ike, "net", 9, lab->now);
		lab_run(lab, 2000);
		check_up(lab);
		ck_assert_uint_eq(lab->sent - sent, 4);
		ck_assert_uint_eq(lab->ends[starter].done[lab->ends[starter].done_count - 1].token, 9);
		ck_assert_int_eq(lab->ends[starter].done[lab->ends[starter].done_count - 1].status, 0);
		ck_assert(lab_status(lab, 0).sa.spi_i != spi);
		ck_assert(lab_status(lab, starter).sa.initiator);	/* I-134 */
		ck_assert_uint_eq(lab->ends[0].dp.added, 2);		/* the child is the same */
		/* and the new SA works in both directions */
		ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 8000);
		ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
		lab_run(lab, 8000);
		check_up(lab);
		ck_assert(!lab->flows_broken);
		lab_free(lab);
	}
}
END_TEST

/* I-132, I-141: a PFS group that the peer does not have shows at the first rekey only. The command hears why, the old SA carries
 * on, and the rekey is tried again. */
START_TEST(rekey_refused)
{
	struct lab *lab = lab_new(135);
	struct plan_child *west = &lab->ends[0].plan->children.v[0], *east = &lab->ends[1].plan->children.v[0];

	west->proposals.n = east->proposals.n = 0;
	lab_add_proposal(&lab->ends[0].arena, &west->proposals, PROTOCOL_ESP, "AES_GCM_16:128 DH31");
	lab_add_proposal(&lab->ends[1].arena, &east->proposals, PROTOCOL_ESP, "AES_GCM_16:128 DH19");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	ike_rekey_child(lab->ends[0].ike, "net", 2, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab->ends[0].done_count, 2);
	ck_assert_str_eq(lab->ends[0].done[1].reason,
			 "conn 'net', peer 192.0.2.2: the rekey of child 'net': the peer accepts none of our ESP proposals "
			 "(NO_PROPOSAL_CHOSEN); compare esp= and pfs= on both ends");
	ck_assert_str_eq(lab->ends[0].done[1].origin, "west.conf:11");
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_REKEY_FAILED));
	check_up(lab);
	lab->ends[0].rule_count = 0;
	lab_run(lab, 35000);
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_REKEY_FAILED));
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-131: a group that both have, but not first. */
START_TEST(rekey_with_another_group)
{
	struct lab *lab = lab_new(136);
	struct plan_child *west = &lab->ends[0].plan->children.v[0], *east = &lab->ends[1].plan->children.v[0];

	west->proposals.n = east->proposals.n = 0;
	lab_add_proposal(&lab->ends[0].arena, &west->proposals, PROTOCOL_ESP, "AES_GCM_16:128 DH31 DH19");
	lab_add_proposal(&lab->ends[1].arena, &east->proposals, PROTOCOL_ESP, "AES_GCM_16:128 DH19");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ike_rekey_child(lab->ends[0].ike, "net", 2, lab->now);
	lab_run(lab, 10000);
	ck_assert_int_eq(lab->ends[0].done[1].status, 0);
	ck_assert_uint_eq(lab->ends[0].dp.added, 4);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-136. */
START_TEST(simultaneous_ike_rekey)
{
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct lab *lab = lab_up(140 + seed);

		lab->after = watch_flows;
		ike_rekey_ike(lab->ends[0].ike, "net", 1, lab->now);
		ike_rekey_ike(lab->ends[1].ike, "net", 1, lab->now);
		lab_run(lab, 120000);
		check_up(lab);
		ike_rekey_child(lab->ends[seed & 1].ike, "net", 1, lab->now);
		lab_run(lab, 8000);
		check_up(lab);
		ck_assert(!lab->flows_broken);
		lab_free(lab);
	}
}
END_TEST

/* A rekey of the child at one end crosses a rekey of the IKE SA at the other: TEMPORARY_FAILURE, then both go through (I-137). */
START_TEST(child_rekey_crosses_ike_rekey)
{
	struct lab *lab = lab_up(165);

	lab->after = watch_flows;
	ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
	ike_rekey_ike(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 60000);
	check_up(lab);
	ck_assert(!lab->flows_broken);
	ck_assert_uint_eq(lab->ends[0].dp.added, 4);
	lab_free(lab);
}
END_TEST

/* `down` at either end: DELETE, an answer, and nothing is left at either. */
START_TEST(down_from_each_side)
{
	for (unsigned side = 0; side < 2; side++) {
		struct lab *lab = lab_up(170 + side);

		ike_down(lab->ends[side].ike, "net", 11, lab->now);
		lab_run(lab, 100);
		ck_assert_uint_eq(lab->ends[side].done[lab->ends[side].done_count - 1].token, 11);
		ck_assert_int_eq(lab->ends[side].done[lab->ends[side].done_count - 1].status, 0);
		if (side == 0)
			ck_assert_uint_eq(lab_status(lab, 0).established, 0);
		check_clean(lab);
		lab_free(lab);
	}
}
END_TEST

/* The answer to DELETE is lost: the repeated DELETE is answered by what is left of the SA. */
START_TEST(delete_answer_lost)
{
	struct lab *lab = lab_up(174);

	lab->rule = lose_one;
	lab->rule_number = lab->sent + 1;
	ike_down(lab->ends[0].ike, "net", 11, lab->now);
	lab_run(lab, 600);
	ck_assert_uint_eq(lab->ends[0].done[1].token, 11);
	ck_assert(ike_idle(lab->ends[0].ike));
	check_clean(lab);
	lab_run(lab, 11000);
	ck_assert(ike_deadline(lab->ends[1].ike) == UINT64_MAX);
	lab_free(lab);
}
END_TEST

/* `down` at both ends at the same moment: the DELETEs cross (I-151). */
START_TEST(down_at_once)
{
	struct lab *lab = lab_up(172);

	ike_down(lab->ends[0].ike, "net", 1, lab->now);
	ike_down(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 100);
	check_clean(lab);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(lab_status(lab, i).others + lab_status(lab, i).established, 0);
	lab_free(lab);
}
END_TEST

/* The peer deletes what we want: it is negotiated again. */
START_TEST(wanted_comes_back)
{
	struct lab *lab = lab_up(173);

	ike_down(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 100);
	ck_assert_uint_eq(lab_status(lab, 0).established, 0);
	lab_run(lab, 5000);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-150, I-153: silence for dpddelay, then an empty INFORMATIONAL and its answer; ESP that comes in counts as well. */
START_TEST(liveness)
{
	struct lab *lab = lab_new(180);
	unsigned sent;

	lab->ends[0].plan->peers.v[0].dpd_delay = 30;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	sent = lab->sent;
	lab_run(lab, 31000);
	ck_assert_uint_eq(lab->sent - sent, 2);
	sent = lab->sent;
	for (unsigned i = 0; i < 10; i++) {
		lab->ends[0].dp.packets_in += 5;
		lab_run(lab, 20000);
	}
	ck_assert_uint_le(lab->sent - sent, 2);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-115: the peer is silent. After the retransmissions everything is removed, and dpdaction says what next. */
START_TEST(dead_peer)
{
	static const enum plan_dpd_action actions[] = { PLAN_DPD_HOLD, PLAN_DPD_CLEAR, PLAN_DPD_RESTART };

	for (unsigned n = 0; n < 3; n++) {
		struct lab *lab = lab_new(181 + n);

		lab->ends[0].plan->children.v[0].start = PLAN_START_ROUTE;
		lab->ends[0].plan->peers.v[0].dpd_delay = 10;
		lab->ends[0].plan->peers.v[0].dpd_action = actions[n];
		lab_open(lab);
		ike_start(lab->ends[0].ike, lab->now);
		ck_assert_int_eq(lab->ends[0].dp.policies_route, 1);
		ike_dataplane_event(lab->ends[0].ike, &(struct dp_event){ .kind = DP_ACQUIRE, .reqid = 16385 + 1 }, lab->now);
		lab_run(lab, 1000);
		check_up(lab);
		lab->cut[1] = true;
		lab_run(lab, 75000);
		ck_assert(lab_told(&lab->ends[0], RULE_IKE_PEER_DEAD));
		ck_assert_uint_eq(lab->ends[0].dp.count, 0);
		ck_assert_int_eq(lab->ends[0].dp.policies_up, 0);
		ck_assert_int_eq(lab->ends[0].dp.policies_route, actions[n] == PLAN_DPD_CLEAR ? 0 : 1);
		lab->cut[1] = false;
		lab_run(lab, 30000);
		ck_assert_uint_eq(lab_status(lab, 0).established, actions[n] == PLAN_DPD_RESTART);
		if (actions[n] == PLAN_DPD_RESTART)
			ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));	/* INITIAL_CONTACT removed east's old SA */
		lab_free(lab);
	}
}
END_TEST

/* I-224: the trap's packet brings it up; more packets meanwhile start nothing more. */
START_TEST(acquire)
{
	struct lab *lab = lab_new(190);
	struct dp_event e = { .kind = DP_ACQUIRE, .child = "net" };

	lab->ends[0].plan->children.v[0].start = PLAN_START_ROUTE;
	lab_open(lab);
	ike_start(lab->ends[0].ike, lab->now);
	ck_assert_uint_eq(lab->sent, 0);
	ck_assert_str_eq(lab_status(lab, 0).state, "on-demand");
	for (unsigned i = 0; i < 5; i++) {
		ike_dataplane_event(lab->ends[0].ike, &e, lab->now);
		lab_run(lab, 15);
	}
	lab_run(lab, 1000);
	check_up(lab);
	ck_assert_uint_eq(lab->sent, 4);
	lab_free(lab);
}
END_TEST

/* No answer at all: the reason names the peer and port; keyingtries=2 ends it (IC9117), 0 would go on for ever. */
START_TEST(nobody_there)
{
	struct lab *lab = lab_new(191);

	lab->ends[0].plan->peers.v[0].keying_tries = 2;
	lab_open(lab);
	lab->cut[0] = true;
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 60500);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_int_eq(lab->ends[0].done[0].status, -ETIMEDOUT);
	ck_assert_str_eq(lab->ends[0].done[0].reason,
			 "conn 'net', peer 192.0.2.2: no answer to IKE_SA_INIT from 192.0.2.2 port 500 for 60 s; is an IKE "
			 "daemon there, and UDP 500 and 4500 open on the way?");
	ck_assert_str_eq(lab_status(lab, 0).state, "retrying");
	lab_run(lab, 70000);
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_GAVE_UP));
	ck_assert_str_eq(lab_status(lab, 0).state, "down");
	ck_assert(ike_deadline(lab->ends[0].ike) == UINT64_MAX);
	lab_free(lab);
}
END_TEST

/* I-114: 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5, 47.5 s, and the end at 60 s; the same bytes each time. */
static uint64_t times[32];
static unsigned time_count;
static uint8_t first_bytes[2000];

static enum lab_fate note_times(struct lab *lab, struct lab_packet *p)
{
	if (time_count == 0)
		memcpy(first_bytes, p->bytes, p->d.n);
	ck_assert_int_eq(memcmp(first_bytes, p->bytes, p->d.n), 0);
	times[time_count++] = lab->now;
	return LAB_LOSE;
}

START_TEST(retransmission)
{
	static const uint64_t expected[] = { 0, 500, 1500, 3500, 7500, 15500, 31500, 47500 };
	struct lab *lab = lab_new(192);
	uint64_t start = lab->now;

	lab->ends[0].plan->peers.v[0].keying_tries = 1;
	lab->rule = note_times;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 100000);
	ck_assert_uint_eq(time_count, 8);
	for (unsigned i = 0; i < 8; i++)
		ck_assert_uint_eq(times[i] - start, expected[i]);
	lab_free(lab);
}
END_TEST

/* rekey=no: at the end of its lifetime the SA is deleted, with DELETE. */
START_TEST(lifetime_ends)
{
	struct lab *lab = lab_new(193);

	for (unsigned i = 0; i < 2; i++)
		lab->ends[i].plan->children.v[0].rekey = false;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 1000);
	lab->ends[0].plan->peers.v[0].keying_tries = 1;
	ike_stop(lab->ends[1].ike, lab->now - 1);	/* orderly end of the other side at the same time as nothing is lost */
	lab_run(lab, 3700 * 1000);
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* A whole life: up, child rekey, IKE rekey from the other side, child rekey there, down. */
static void whole_life(struct lab *lab)
{
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 7, lab->now);
	lab_run(lab, 10000);
	ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 20000);
	ike_rekey_ike(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 40000);
	ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 20000);
}

static enum lab_fate double_one(struct lab *lab, struct lab_packet *p)
{
	return p->sequence == lab->rule_number ? LAB_DOUBLE : LAB_DELIVER;
}

static enum lab_fate delay_one(struct lab *lab, struct lab_packet *p)
{
	if (p->sequence == lab->rule_number)
		p->at += 3000;
	return LAB_DELIVER;
}

/* I-111: whichever single message is lost, comes twice, or three seconds late: the same state in the end, and nothing too much
 * or too little. */
START_TEST(each_message_lost_doubled_delayed)
{
	static enum lab_fate (*const rules[])(struct lab *lab, struct lab_packet *p) = { lose_one, double_one, delay_one };

	for (unsigned r = 0; r < 3; r++) {
		for (unsigned n = 0; n < 20; n++) {
			struct lab *lab = lab_new(200);

			lab->rule = rules[r];
			lab->rule_number = n;
			whole_life(lab);
			lab_run(lab, 31000);		/* a late IKE_SA_INIT makes a half-open SA, for 30 s */
			check_up(lab);
			ck_assert_uint_eq(lab->ends[0].dp.added, 6);
			ike_down(lab->ends[0].ike, "net", 1, lab->now);
			lab_run(lab, 70000);
			check_clean(lab);
			lab_free(lab);
		}
	}
}
END_TEST

/* One in four messages is lost and one in eight comes twice, for a day: it always comes back, and the books are right. */
static enum lab_fate bad_weather(struct lab *lab, struct lab_packet *p)
{
	uint64_t r = lab_random(lab) % 64;

	p->at += lab_random(lab) % 700;
	return r < 16 ? LAB_LOSE : r < 24 ? LAB_DOUBLE : LAB_DELIVER;
}

START_TEST(a_day_of_bad_weather)
{
	for (uint64_t seed = 0; seed < 5; seed++) {
		struct lab *lab = lab_new(300 + seed);

		for (unsigned i = 0; i < 2; i++) {
			lab->ends[i].plan->children.v[0].start = PLAN_START_UP;
			lab->ends[i].plan->peers.v[0].dpd_delay = 60;
			lab->ends[i].plan->peers.v[0].dpd_action = PLAN_DPD_RESTART;
		}
		lab->rule = bad_weather;
		lab_open(lab);
		for (unsigned i = 0; i < 2; i++)
			ike_start(lab->ends[i].ike, lab->now);
		lab_run(lab, 24 * 3600 * 1000);
		lab->rule = NULL;
		lab_run(lab, 300 * 1000);
		ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
		for (unsigned i = 0; i < 2; i++) {
			ck_assert_uint_le(lab->ends[i].dp.count, 12);
			ike_stop(lab->ends[i].ike, lab->now);
		}
		lab_run(lab, 20000);
		ck_assert(ike_idle(lab->ends[0].ike) && ike_idle(lab->ends[1].ike));
		check_clean(lab);
		lab_free(lab);
	}
}
END_TEST

TAP_MAIN("ike rekey", child_rekey, rekey_by_time, simultaneous_child_rekey, child_rekey_of_one_not_known_yet,
	 rekey_of_a_narrowed_child, ike_rekey, rekey_refused,
	 rekey_with_another_group, simultaneous_ike_rekey, child_rekey_crosses_ike_rekey, down_from_each_side, delete_answer_lost, down_at_once,
	 wanted_comes_back, liveness, dead_peer, acquire, nobody_there, retransmission, lifetime_ends,
	 each_message_lost_doubled_delayed, a_day_of_bad_weather)
