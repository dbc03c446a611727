/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 4555 at the end that stays: announced where the data plane can move SAs, and a peer with a new address is followed. */
#include "base/cleanup.h"
#include "runtime/ike/internal.h"
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

static struct lab *lab_up(uint64_t seed, bool west, bool east)
{
	struct lab *lab = lab_new(seed);

	lab->ends[0].plan->peers.v[0].mobike = west;
	lab->ends[1].plan->peers.v[0].mobike = east;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 500);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	return lab;
}

START_TEST(both_have_to_want_it)
{
	for (unsigned i = 0; i < 4; i++) {
		struct lab *lab = lab_up(970 + i, i & 1, i & 2);
		struct ike_sa *west = lab->ends[0].ike->first, *east = lab->ends[1].ike->first;

		ck_assert(west->mobike == (i == 3) && east->mobike == (i == 3));
		ck_assert_uint_eq(west->remote_port, i & 1 ? 4500 : 500);	/* section 3.3: the initiator goes to 4500 */
		ck_assert(!lab_newest_out(&lab->ends[0].dp)->sa.encap);		/* without NAT that says nothing about ESP (I-002) */
		lab_free(lab);
	}
}
END_TEST

static const char cookie[] = "a cookie for the way back";

static void send_update(struct ike_sa *sa)
{
	struct task *t = task_new(sa, TASK_LIVENESS);	/* its answer is looked at as little as one to this */
	CLEANUP(draft_release) struct draft d;

	draft_begin(&d);
	wire_add_notify(&d.w, NOTIFY_UPDATE_SA_ADDRESSES, (struct slice){ NULL, 0 });
	wire_add_notify(&d.w, NOTIFY_COOKIE2, slice_of(cookie));
	natd_add(sa, &d.w, sa->spi_r);
	ck_assert_int_eq(sa_seal(sa, IKE_INFORMATIONAL, false, sa->request_id, &d, &sa->request), 0);
	task_send(sa, t);
}

/* I-113, I-227: IKE SA and child SAs, also without ESP in UDP; then everything goes on from there. */
START_TEST(the_peer_moves)
{
	struct lab *lab = lab_up(980, true, true);
	struct ike_sa *west = lab->ends[0].ike->first, *east = lab->ends[1].ike->first;
	struct ip_addr new = lab_addr("198.51.100.77");

	west->local = new;
	send_update(west);
	lab_run(lab, 1000);
	ck_assert(ip_addr_eq(&east->remote, &new));
	ck_assert(!east->nat_remote && !east->nat_local);
	for (unsigned i = 0; i < lab->ends[1].dp.count; i++) {
		const struct dp_sa *sa = &lab->ends[1].dp.sas[i].sa;

		ck_assert(ip_addr_eq(sa->inbound ? &sa->src : &sa->dst, &new));
	}
	child_addresses_changed(west);
	ike_rekey_child(lab->ends[1].ike, "net", 2, lab->now);
	ike_rekey_ike(lab->ends[1].ike, "net", 3, lab->now + 2000);
	lab_run(lab, 8000);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	ck_assert(lab->ends[1].ike->first->mobike);
	ck_assert_uint_eq(lab->ends[1].dp.wrong_deletes, 0);
	lab_free(lab);
}
END_TEST

/* A NAT on the new way is seen, and the cookie comes back as it was; from the responder the same is no update. */
START_TEST(the_answer)
{
	struct lab *lab = lab_up(981, true, true);
	struct ike_sa *east = lab->ends[1].ike->first;
	struct wire_header h = { .spi_i = east->spi_i, .spi_r = east->spi_r, .version = 0x20, .exchange = IKE_INFORMATIONAL };
	struct buf bytes = { 0 };
	struct wire_message m;
	struct wire_builder w;
	struct wire_fault fault;

	wire_begin(&w, &bytes, &h);
	wire_add_notify(&w, NOTIFY_UPDATE_SA_ADDRESSES, (struct slice){ NULL, 0 });
	wire_add_notify(&w, NOTIFY_COOKIE2, slice_of(cookie));
	wire_add_notify(&w, NOTIFY_NAT_DETECTION_SOURCE_IP, slice_of("a hash of another place"));
	wire_add_notify(&w, NOTIFY_NAT_DETECTION_DESTINATION_IP, slice_of("another hash of some"));
	ck_assert_int_eq(wire_end(&w), 0);
	ck_assert_int_eq(wire_parse(buf_slice(&bytes), &m, &fault), WIRE_OK);
	for (unsigned i = 0; i < 2; i++) {
		CLEANUP(draft_release) struct draft d;

		draft_begin(&d);
		mobike_answer(lab->ends[i].ike->first, &m, &d);
		ck_assert_ptr_nonnull(memmem(d.text.p, d.text.n, cookie, sizeof(cookie) - 1));
		ck_assert(lab->ends[i].ike->first->nat_remote == (i == 1));
	}
	buf_release(&bytes);
	lab_free(lab);
}
END_TEST

TAP_MAIN("ike mobike", both_have_to_want_it, the_peer_moves, the_answer)
