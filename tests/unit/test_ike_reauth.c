/* SPDX-License-Identifier: Apache-2.0 */
/* reauth=yes: a new IKE SA with all child SAs stands before the old one goes (I-087, I-142), whatever happens on the way. */
#include "runtime/ike/internal.h"
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

#define LIFETIME	3000u

static struct lab *lab_with(uint64_t seed, bool two_children)
{
	struct lab *lab = lab_new(seed);

	for (unsigned i = 0; i < 2; i++) {
		struct plan_peer *p = &lab->ends[i].plan->peers.v[0];

		p->lifetime = LIFETIME;
		p->rekey_margin = 300;
		p->rekey_fuzz = 0;
		p->reauth = i == 0;
		p->rekey = i == 0;		/* east lets it expire */
		lab->ends[i].plan->children.v[0].rekey = false;
		lab->ends[i].plan->children.v[0].lifetime = 1000000;
		if (two_children) {
			struct plan_child *c = lab_add_child(&lab->ends[i], "more", i ? "10.4.0.0/16" : "10.3.0.0/16", i ? "10.3.0.0/16" : "10.4.0.0/16");

			c->rekey = false;
			c->lifetime = 1000000;
		}
	}
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab_status(lab, 0).children, 1u + two_children);
	return lab;
}

static void check_one(struct lab *lab, unsigned children)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_status s = lab_status(lab, i);

		ck_assert_msg(s.established == 1 && s.others == 0 && s.children == children, "%s: %u established, %u others, %u children\n%s",
			      lab->ends[i].name, s.established, s.others, s.children, lab->ends[i].log.p);
		ck_assert_int_eq(lab->ends[i].dp.policies_up, (int)children);
		ck_assert_uint_eq(lab->ends[i].dp.wrong_deletes, 0);
	}
}

START_TEST(before_the_old_one_goes)
{
	for (unsigned two = 0; two < 2; two++) {
		struct lab *lab = lab_with(900 + two, two);
		uint64_t spi = lab_status(lab, 0).sa.spi_i;

		lab->after = lab_watch;
		for (unsigned round = 0; round < 3; round++) {
			lab_run(lab, (LIFETIME - 300) * 1000 + 2000);
			ck_assert(!lab->flows_broken);
			check_one(lab, 1 + two);
			ck_assert_uint_ne(lab_status(lab, 0).sa.spi_i, spi);
			spi = lab_status(lab, 0).sa.spi_i;
		}
		ck_assert_ptr_nonnull(strstr(lab->ends[0].log.p, "the authentication is repeated"));
		ck_assert_ptr_null(strstr(lab->ends[0].log.p, "rekeyed"));
		lab_free(lab);
	}
}
END_TEST

/* The peer has another secret now: it is tried again until the old SA ends, and the traffic goes on until then. */
START_TEST(authentication_fails)
{
	struct lab *lab = lab_with(910, true);

	lab_set_psk(&lab->ends[1], "another secret, of another life");
	lab->after = lab_watch;
	lab_run(lab, (LIFETIME - 300) * 1000 + 200000);
	ck_assert(!lab->flows_broken);
	check_one(lab, 2);
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_REKEY_FAILED) && lab_told(&lab->ends[0], RULE_IKE_AUTHENTICATION_FAILED));
	lab->after = NULL;
	lab_run(lab, 300 * 1000);
	ck_assert_uint_eq(lab_status(lab, 0).established, 0);
	ck_assert_int_eq(lab->ends[0].dp.policies_up, 0);
	lab_free(lab);
}
END_TEST

/* A second child SA that the peer refuses now: then the old IKE SA with both stays. */
START_TEST(a_child_is_refused)
{
	struct lab *lab = lab_with(911, true);

	lab->ends[1].plan->children.v[1].local_ts.v[0] = lab->ends[1].plan->children.v[0].local_ts.v[0];
	lab->after = lab_watch;
	lab_run(lab, (LIFETIME - 300) * 1000 + 20000);
	ck_assert(!lab->flows_broken);
	check_one(lab, 2);
	lab_free(lab);
}
END_TEST

static enum lab_fate lose_one(struct lab *lab, struct lab_packet *p)
{
	return p->sequence == lab->rule_number ? LAB_LOSE : p->sequence == lab->rule_number + 1 ? LAB_DOUBLE : LAB_DELIVER;
}

START_TEST(each_message_lost)
{
	for (unsigned n = 0; n < 9; n++) {
		struct lab *lab = lab_with(920 + n, true);

		lab->rule = lose_one;
		lab->rule_number = lab->sent + n;
		lab_run(lab, (LIFETIME - 300) * 1000 + 30000);
		ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
		check_one(lab, 2);
		lab_free(lab);
	}
}
END_TEST

/* The old SA ends while the new one is being made. */
START_TEST(the_old_one_ends_meanwhile)
{
	struct lab *lab = lab_with(940, true);

	lab_run(lab, (LIFETIME - 300) * 1000 - 995);
	ike_down(lab->ends[1].ike, "net", 9, lab->now);
	ike_down(lab->ends[1].ike, "more", 10, lab->now);
	lab_run(lab, 5000);
	ck_assert_uint_le(lab_status(lab, 0).established, 1);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(lab->ends[i].dp.policies_up, (int)lab_status(lab, i).children);
	ck_assert(lab_flows(lab, 0) == lab_flows(lab, 1));
	lab_free(lab);
}
END_TEST

/* AUTH_LIFETIME (RFC 4478): nine tenths of the time, then the same; a responder's word only. */
START_TEST(the_peer_sets_a_time)
{
	static const uint8_t seconds[] = { 0, 0, 0x03, 0xe8 };
	struct lab *lab = lab_with(950, false);
	struct wire_header h = { .spi_i = 1, .version = 0x20, .exchange = IKE_INFORMATIONAL };
	struct ike_sa *sa = lab->ends[0].ike->first;
	uint64_t spi = sa->spi_i;
	struct wire_message m;
	struct wire_builder w;
	struct wire_fault fault;
	struct buf bytes = { 0 };

	wire_begin(&w, &bytes, &h);
	wire_add_notify(&w, NOTIFY_AUTH_LIFETIME, (struct slice){ (const char *)seconds, 4 });
	ck_assert_int_eq(wire_end(&w), 0);
	ck_assert_int_eq(wire_parse(buf_slice(&bytes), &m, &fault), WIRE_OK);
	reauth_read_lifetime(sa, &m);
	reauth_read_lifetime(lab->ends[1].ike->first, &m);
	ck_assert_uint_eq(lab->ends[1].ike->first->reauth_at, 0);
	lab_run(lab, 890 * 1000);
	ck_assert_uint_eq(lab_status(lab, 0).sa.spi_i, spi);
	lab_run(lab, 20 * 1000);
	ck_assert_uint_ne(lab_status(lab, 0).sa.spi_i, spi);
	check_one(lab, 1);
	buf_release(&bytes);
	lab_free(lab);
}
END_TEST

/* Both ends have reauth=yes and the same times. */
START_TEST(both_at_once)
{
	struct lab *lab = lab_new(960);

	for (unsigned i = 0; i < 2; i++) {
		struct plan_peer *p = &lab->ends[i].plan->peers.v[0];

		p->reauth = true;
		p->lifetime = LIFETIME;
		p->rekey_fuzz = 0;
		lab->ends[i].plan->children.v[0].rekey = false;
		lab->ends[i].plan->children.v[0].lifetime = 1000000;
	}
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	lab->after = lab_watch;
	lab_run(lab, LIFETIME * 1000 * 3);
	ck_assert(!lab->flows_broken);
	check_one(lab, 1);
	lab_free(lab);
}
END_TEST

TAP_MAIN("ike reauth", before_the_old_one_goes, authentication_fails, a_child_is_refused, each_message_lost, the_old_one_ends_meanwhile,
	 the_peer_sets_a_time, both_at_once)
