/* SPDX-License-Identifier: Apache-2.0 */
/* Two of our engines against each other. Arrows show the messages; SK{} is left out where everything is inside. */
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

/* Both ends have one IKE SA with one child, traffic gets through both ways, and nothing else stands. */
static void check_up(struct lab *lab)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab_status s = lab_status(lab, i);

		ck_assert_msg(s.established == 1 && s.others == 0, "%s: %u established, %u others, log:\n%s", lab->ends[i].name,
			      s.established, s.others, lab->ends[i].log.p);
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


/* Either end may begin; the other one has the responder's part. */
START_TEST(east_begins)
{
	struct lab *lab = lab_new(2);

	lab_open(lab);
	ike_up(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* auto=start at both ends at the same moment: two IKE SAs come of it, traffic flows, and after a second one of them stays. */
START_TEST(both_begin)
{
	struct lab *lab = lab_new(3);

	for (unsigned i = 0; i < 2; i++)
		lab->ends[i].plan->children.v[0].start = PLAN_START_UP;
	lab_open(lab);
	for (unsigned i = 0; i < 2; i++)
		ike_start(lab->ends[i].ike, lab->now);
	lab_run(lab, 200);
	lab->after = lab_watch;
	lab_run(lab, 5000);
	ck_assert(!lab->flows_broken);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(lab_status(lab, i).established == 1 && lab_status(lab, i).children == 1, "%s: %u SAs", lab->ends[i].name,
			      lab_status(lab, i).established);
	for (unsigned i = 0; i < 2; i++)
		ike_stop(lab->ends[i].ike, lab->now);
	lab_run(lab, 10000);
	ck_assert(ike_idle(lab->ends[0].ike) && ike_idle(lab->ends[1].ike));
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* I-181: the data plane can do ESP in UDP only. The false NATD hash makes the peer encapsulate, and IKE_AUTH goes by port 4500. */
START_TEST(forced_encapsulation)
{
	struct lab *lab = lab_new(4);

	lab->ends[0].env.force_encap = true;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	for (unsigned i = 0; i < 2; i++) {
		const struct lab_sa *out = lab_newest_out(&lab->ends[i].dp);

		ck_assert(out->sa.encap);
		ck_assert_uint_eq(out->sa.src_port, 4500);
		ck_assert_uint_eq(out->sa.dst_port, 4500);
	}
	ck_assert(lab_status(lab, 1).sa.nat_remote);
	lab_free(lab);
}
END_TEST

/* A NAT in front of west: both find it, west keeps the mapping alive (I-182), and a rekey from east gets through. */
START_TEST(behind_nat)
{
	struct lab *lab = lab_new(5);
	const struct lab_sa *out;

	lab->nat = true;
	lab->ends[1].plan->peers.v[0].remote.kind = PLAN_ADDRESS_ANY;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 120000);
	check_up(lab);
	ck_assert(lab_status(lab, 0).sa.nat_local && !lab_status(lab, 0).sa.nat_remote);
	ck_assert(lab_status(lab, 1).sa.nat_remote && !lab_status(lab, 1).sa.nat_local);
	out = lab_newest_out(&lab->ends[1].dp);
	ck_assert(ip_addr_eq(&out->sa.dst, &(struct ip_addr){ .family = AF_INET, .bytes = { 198, 51, 100, 9 } }));
	ck_assert_uint_eq(out->sa.dst_port, 24500);
	ck_assert_uint_ge(lab->ends[0].keepalives, 4);
	ck_assert_uint_eq(lab->ends[1].keepalives, 0);
	ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 20000);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-340: three half-open SAs of west's address stand at east; the fourth request gets a cookie.
 *   | SA KEi Ni ------------------------>  |
 *   | <---------------------- N(COOKIE)    |
 *   | N(COOKIE) SA KEi Ni -------------->  |   same message otherwise (I-044)
 */
static struct ike_datagram captured;
static uint8_t captured_bytes[2000];

static enum lab_fate capture_first(struct lab *lab, struct lab_packet *p)
{
	if (p->sequence == 0) {
		captured = p->d;
		captured.n = p->d.n < sizeof(captured_bytes) ? p->d.n : sizeof(captured_bytes);
		memcpy(captured_bytes, p->bytes, captured.n);
		captured.data = captured_bytes;
		return LAB_LOSE;
	}
	(void)lab;
	return LAB_DELIVER;
}

static void flood(struct lab *lab, unsigned n, bool other_addresses)
{
	struct ike_datagram d = captured;

	lab_translate(lab, &d, 0);
	for (unsigned i = 0; i < n; i++) {
		captured_bytes[0] = (uint8_t)(1 + i % 255);
		captured_bytes[1] = (uint8_t)(i / 255);
		if (other_addresses) {
			d.remote.bytes[2] = (uint8_t)(i / 200);
			d.remote.bytes[3] = (uint8_t)(i % 200);
		}
		ike_receive(lab->ends[1].ike, &d, lab->now);
	}
}

static void drop_packets(struct lab *lab)
{
	while (lab->packet_count)
		free(lab->packets[--lab->packet_count].bytes);
}

START_TEST(cookie)
{
	struct lab *lab = lab_new(6);

	lab->rule = capture_first;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	flood(lab, 3, false);
	drop_packets(lab);
	lab->sent = 100;
	lab_run(lab, 2000);
	/* the repeated request, the cookie, the request with it, the answer, and IKE_AUTH */
	ck_assert_uint_eq(lab->sent, 106);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	lab_run(lab, 31000);		/* I-074: the half-open ones are gone */
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* Peers that send SA_INIT from everywhere: the number of half-open SAs stays bounded, and a real peer still gets in with a
 * cookie. */
START_TEST(flood_is_bounded)
{
	struct lab *lab = lab_new(7);
	struct lab_status s;

	lab->rule = capture_first;
	lab->ends[1].plan->peers.v[0].remote.kind = PLAN_ADDRESS_ANY;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab->cut[1] = true;
	flood(lab, 2000, true);
	s = lab_status(lab, 1);
	ck_assert_uint_eq(s.others, LIMIT_HALF_OPEN_COOKIE);
	lab->cut[1] = false;
	lab_run(lab, 5000);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	lab_run(lab, 31000);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* I-043.  | SA(dh20, dh31) KE(dh20) --->  |
 *         | <--- N(INVALID_KE_PAYLOAD: 31) |
 *         | SA(dh20, dh31) KE(dh31) --->  |
 */
START_TEST(another_group)
{
	struct lab *lab = lab_new(8);
	struct plan_peer *p = &lab->ends[0].plan->peers.v[0];

	p->proposals.n = 0;
	lab_add_proposal(&lab->ends[0].arena, &p->proposals, PROTOCOL_IKE, "AES_GCM_16:256 HMAC_SHA2_256 DH20 DH31");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	ck_assert_uint_eq(lab->sent, 6);
	lab_free(lab);
}
END_TEST

/* A group that was not offered is not taken, whoever asks for it (I-043, I-350). */
START_TEST(group_not_offered)
{
	struct lab *lab = lab_new(9);
	struct plan_peer *p = &lab->ends[1].plan->peers.v[0];

	p->proposals.n = 0;
	lab_add_proposal(&lab->ends[1].arena, &p->proposals, PROTOCOL_IKE, "AES_GCM_16:256 HMAC_SHA2_256 DH19");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 61000);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_int_lt(lab->ends[0].done[0].status, 0);
	ck_assert_str_eq(lab->ends[0].done[0].reason,
			 "conn 'net', peer 192.0.2.2: the peer accepts none of our IKE proposals, or has no conn for us "
			 "(NO_PROPOSAL_CHOSEN); compare ike= on both ends");
	ck_assert_str_eq(lab->ends[0].done[0].origin, "west.conf:5");
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_NO_PROPOSAL_CHOSEN));
	ck_assert_ptr_nonnull(strstr(lab->ends[1].log.p, "192.0.2.1 offers no IKE proposal that a conn for it accepts"));
	lab_free(lab);
}
END_TEST

/* I-045: a forged refusal does not end the attempt; the real answer that follows is taken. */
static enum lab_fate forge_refusal(struct lab *lab, struct lab_packet *p)
{
	struct buf out = { 0 };
	struct wire_builder w;
	struct wire_header h;
	struct wire_fault fault;
	struct lab_packet forged = *p;

	if (p->sequence != 0 || wire_parse_header((struct slice){ (const char *)p->bytes, p->d.n }, &h, &fault) != WIRE_OK)
		return LAB_DELIVER;
	h.flags = IKE_FLAG_RESPONSE;
	wire_begin(&w, &out, &h);
	wire_add_notify(&w, NOTIFY_NO_PROPOSAL_CHOSEN, (struct slice){ NULL, 0 });
	ck_assert_int_eq(wire_end(&w), 0);
	forged.from = 1;
	forged.at = lab->now + 1;
	forged.d = (struct ike_datagram){
		.local = p->d.remote, .remote = p->d.local, .local_port = 500, .remote_port = 500, .n = out.n
	};
	forged.bytes = (uint8_t *)out.p;
	lab_put(lab, &forged);
	buf_release(&out);
	return LAB_DELIVER;
}

START_TEST(forged_refusal)
{
	struct lab *lab = lab_new(10);

	lab->rule = forge_refusal;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	ck_assert_int_eq(lab->ends[0].done[0].status, 0);
	lab_free(lab);
}
END_TEST

/*  | IDi AUTH(psk a) SA TSi TSr ------->  |
 *  | <------- N(AUTHENTICATION_FAILED)    |   alone (I-064); the reason is in east's log only
 */
START_TEST(wrong_psk)
{
	struct lab *lab = lab_new(11);

	lab_set_psk(&lab->ends[1], "another secret than the one of west");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 9, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_int_eq(lab->ends[0].done[0].status, -EACCES);
	ck_assert_str_eq(
		lab->ends[0].done[0].reason,
		"conn 'net', peer 192.0.2.2: the peer refuses our authentication as @west.example (AUTHENTICATION_FAILED); "
		"compare leftid, rightid and the secret on both ends");
	ck_assert_str_eq(lab->ends[0].done[0].origin, "west.conf:2");
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_AUTHENTICATION_FAILED));
	ck_assert(lab_told(&lab->ends[1], RULE_IKE_PEER_NOT_AUTHENTICATED));
	ck_assert_ptr_nonnull(strstr(lab->ends[1].log.p,
				     "east.conf:2: conn 'net', peer 192.0.2.1: the peer could not prove to be @west.example"));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(lab, i).established, 0);
		ck_assert_uint_eq(lab->ends[i].dp.added, 0);
		ck_assert_ptr_null(strstr(lab->ends[i].log.p, "secret than"));
		ck_assert_ptr_null(strstr(lab->ends[i].log.p, LAB_PSK));
	}
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* The refusal is lost: the repeated request gets it again (I-111), so west hears the reason and not "no answer". */
static enum lab_fate lose_number(struct lab *lab, struct lab_packet *p)
{
	return p->sequence == lab->rule_number ? LAB_LOSE : LAB_DELIVER;
}

START_TEST(refusal_lost)
{
	struct lab *lab = lab_new(11);

	lab_set_psk(&lab->ends[1], "another secret than the one of west");
	lab->rule = lose_number;
	lab->rule_number = 3;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 9, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_int_eq(lab->ends[0].done[0].status, -EACCES);
	ck_assert(ike_idle(lab->ends[1].ike));
	lab_free(lab);
}
END_TEST

/* The responder proves an identity that is not the one west wants: west says so (I-065) and installs nothing; east takes back
 * what it had.
 *  | IDi AUTH SA TSi TSr --------------->  |
 *  | <------ IDr(east) AUTH SA TSi TSr     |
 *  | INFORMATIONAL N(AUTHENTICATION_FAILED) -> |
 */
START_TEST(wrong_identity_of_responder)
{
	struct lab *lab = lab_new(12);
	struct plan_end *remote = &lab->ends[0].plan->peers.v[0].remote;

	remote->id = (struct ident){ .type = IDENT_ANY };	/* so that no IDr is sent, which east would refuse itself */
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 25);
	remote->id = lab_ident(&lab->ends[0].arena, "@elsewhere.example");
	lab_run(lab, 1000);
	ck_assert_int_eq(lab->ends[0].done_count, 1);
	ck_assert_str_eq(lab->ends[0].done[0].reason,
			 "conn 'net', peer 192.0.2.2: the peer calls itself @east.example, but the conn wants "
			 "@elsewhere.example; compare the id settings of both ends");
	ck_assert_uint_eq(lab->ends[0].dp.added, 0);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_uint_eq(lab_status(lab, i).established, 0);
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* An identity that no conn has: AUTHENTICATION_FAILED, and east's log names what it heard. */
START_TEST(unknown_identity)
{
	struct lab *lab = lab_new(13);

	lab->ends[0].plan->peers.v[0].local.id = lab_ident(&lab->ends[0].arena, "@stranger.example");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ck_assert_int_eq(lab->ends[0].done[0].status, -EACCES);
	ck_assert_ptr_nonnull(
		strstr(lab->ends[1].log.p, "no conn for a peer that calls itself @stranger.example and wants @east.example"));
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* I-066: the child is refused, the IKE SA stays at both ends.
 *  | IDi AUTH SA TSi TSr --------------->  |
 *  | <------ IDr AUTH N(TS_UNACCEPTABLE)   |
 */
START_TEST(selectors_refused)
{
	struct lab *lab = lab_new(14);

	lab->ends[1].plan->children.v[0].remote_ts.n = 0;
	lab_add_ts(&lab->ends[1].arena, &lab->ends[1].plan->children.v[0].remote_ts, "10.9.0.0/16");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	ck_assert_str_eq(lab->ends[0].done[0].reason,
			 "conn 'net', peer 192.0.2.2: child 'net': the peer refuses, most often over selectors (TS_UNACCEPTABLE); "
			 "compare leftsubnet and rightsubnet on both ends");
	ck_assert_str_eq(lab->ends[0].done[0].origin, "west.conf:12");
	ck_assert_ptr_nonnull(strstr(lab->ends[1].log.p, "no conn protects 10.2.0.0/16 <-> 10.1.0.0/16, which the peer wants"));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(lab, i).established, 1);
		ck_assert_uint_eq(lab_status(lab, i).children, 0);
	}
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* I-161, I-162: with narrowing the answer is what both have; west takes it, for it is within its offer (I-163). */
/* E-022: what was narrowed has policies of its own, with the reqid of its SAs, and the rekey keeps them. */
static void check_policies(const struct lab_dataplane *dp, uint32_t reqid, const char *wanted)
{
	static const char *const dirs[] = { "out", "in", "fwd" };
	char all[1000] = "", src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < dp->negotiated_count; i++) {
		const struct plan_policy *p = &dp->negotiated[i];

		ck_assert_uint_eq(p->tmpl.n, 1);
		ck_assert_uint_eq(p->tmpl.v[0].reqid, reqid);
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s -> %s %s", n ? ", " : "", ip_prefix_format(&p->src, src),
				      ip_prefix_format(&p->dst, dst), dirs[p->dir]);
	}
	ck_assert_str_eq(all, wanted);
	ck_assert_uint_eq(lab_newest_out((struct lab_dataplane *)dp)->sa.reqid, reqid);
}

START_TEST(narrowing)
{
	struct lab *lab = lab_new(15);
	char text[TS_TEXT];

	lab->ends[1].plan->children.v[0].remote_ts.n = 0;
	lab_add_ts(&lab->ends[1].arena, &lab->ends[1].plan->children.v[0].remote_ts, "10.0.0.0/8");
	lab->ends[1].plan->children.v[0].narrowing = true;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	check_up(lab);
	ck_assert_str_eq(ts_format(&lab_newest_out(&lab->ends[1].dp)->sa.remote_ts[0], text), "10.1.0.0/16");
	ck_assert_uint_eq(lab->ends[0].dp.negotiated_count, 0);		/* as planned there */
	check_policies(&lab->ends[1].dp, 16386, "10.2.0.0/16 -> 10.1.0.0/16 out, 10.1.0.0/16 -> 10.2.0.0/16 in, 10.1.0.0/16 -> 10.2.0.0/16 fwd");
	ike_rekey_child(lab->ends[1].ike, "net", 1, lab->now);
	lab_run(lab, 20000);
	check_up(lab);
	ck_assert_uint_eq(lab->ends[1].dp.negotiated_count, 3);
	ike_down(lab->ends[0].ike, "net", 2, lab->now);
	lab_run(lab, 20000);
	check_clean(lab);
	lab_free(lab);
}
END_TEST

START_TEST(child_proposal_refused)
{
	struct lab *lab = lab_new(16);
	struct plan_child *c = &lab->ends[1].plan->children.v[0];

	c->proposals.n = 0;
	lab_add_proposal(&lab->ends[1].arena, &c->proposals, PROTOCOL_ESP, "AES_CBC:256 HMAC_SHA2_512_256");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	ck_assert(lab_told(&lab->ends[0], RULE_IKE_CHILD_PROPOSAL_REFUSED) &&
		  lab_told(&lab->ends[1], RULE_IKE_CHILD_PROPOSAL_REFUSED));
	ck_assert_str_eq(lab->ends[0].done[0].origin, "west.conf:11");
	ck_assert_uint_eq(lab_status(lab, 0).established, 1);
	check_clean(lab);
	lab_free(lab);
}
END_TEST

/* The other suites of ordinary configurations, with keys that both ends share. */
START_TEST(suites)
{
	static const char *const ike[] = { "AES_CBC:256 HMAC_SHA2_512 HMAC_SHA2_512_256 DH19",
					   "CHACHA20_POLY1305 HMAC_SHA2_256 DH31",
					   "AES_CBC:128 HMAC_SHA2_256 HMAC_SHA2_256_128 MODP2048",
					   "AES_CCM_16:128 AES128_CMAC DH32", "AES_CTR:256 HMAC_SHA1 AES_CMAC_96 BRAINPOOL_P384R1",
					   "CAMELLIA_CBC:256 HMAC_SHA2_384 HMAC_SHA2_384_192 DH21", "3DES_CBC HMAC_SHA1 HMAC_SHA1_96 MODP1536" };
	static const char *const esp[] = { "AES_CBC:256 HMAC_SHA2_256_128", "CHACHA20_POLY1305", "AES_GCM_16:256", "AES_CCM_12:256",
					   "AES_CTR:128 HMAC_SHA2_512_256", "NULL_AUTH_AES_GMAC:256", "NULL HMAC_SHA2_256_128" };

	for (unsigned n = 0; n < sizeof(ike) / sizeof(*ike); n++) {
		struct lab *lab = lab_new(17 + n);

		for (unsigned i = 0; i < 2; i++) {
			struct plan *plan = lab->ends[i].plan;

			plan->peers.v[0].proposals.n = plan->children.v[0].proposals.n = 0;
			lab_add_proposal(&lab->ends[i].arena, &plan->peers.v[0].proposals, PROTOCOL_IKE, ike[n]);
			lab_add_proposal(&lab->ends[i].arena, &plan->children.v[0].proposals, PROTOCOL_ESP, esp[n]);
			plan->children.v[0].esn = n == 0 ? PLAN_NO : PLAN_YES;
		}
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 300);
		check_up(lab);
		ck_assert(lab_newest_out(&lab->ends[0].dp)->sa.esn == (n != 0));
		ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
		ike_rekey_ike(lab->ends[1].ike, "net", 1, lab->now + 100);
		lab_run(lab, 20000);
		check_up(lab);
		lab_free(lab);
	}
}
END_TEST

/* Transport mode is asked for and confirmed (I-165). */
START_TEST(transport_mode)
{
	struct lab *lab = lab_new(21);

	for (unsigned i = 0; i < 2; i++) {
		struct plan_child *c = &lab->ends[i].plan->children.v[0];

		c->mode = PLAN_MODE_TRANSPORT;
		c->local_ts.n = c->remote_ts.n = 0;
	}
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 300);
	check_up(lab);
	ck_assert(lab_newest_out(&lab->ends[1].dp)->sa.mode == PLAN_MODE_TRANSPORT);
	lab_free(lab);
}
END_TEST

/* Two conns of one peer: the second child comes by CREATE_CHILD_SA, with its own keys and a key exchange (pfs). */
START_TEST(second_child)
{
	struct lab *lab = lab_new(22);

	lab_add_child(&lab->ends[0], "net/2", "10.11.0.0/16", "10.12.0.0/16");
	lab_add_child(&lab->ends[1], "net/2", "10.12.0.0/16", "10.11.0.0/16");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab->ends[0].done_count, 1);
	ck_assert_int_eq(lab->ends[0].done[0].status, 0);
	ck_assert_uint_eq(lab->sent, 6);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(lab, i).children, 2);
		ck_assert_uint_eq(lab_status(lab, i).established, 1);
		ck_assert(lab_flows(lab, i));
	}
	ike_down(lab->ends[0].ike, "net/2", 2, lab->now);
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab->ends[0].done_count, 2);
	check_up(lab);
	lab_free(lab);
}
END_TEST

/* The data plane of one end refuses: the peer hears it, nothing stays half installed, the IKE SA stays (section 14). */
START_TEST(dataplane_refuses)
{
	for (unsigned side = 0; side < 2; side++) {
		struct lab *lab = lab_new(23);

		lab->ends[side].dp.refuse_add = -EPROTONOSUPPORT;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 300);
		ck_assert_int_lt(lab->ends[0].done[0].status, 0);
		ck_assert_ptr_nonnull(
			strstr(lab->ends[side].log.p, "the data plane refuses the inbound SA: Protocol not supported"));
		ck_assert_uint_eq(lab_status(lab, 0).established, 1);
		check_clean(lab);
		lab_free(lab);
	}
}
END_TEST

/* RFC 7383: many selectors make IKE_AUTH larger than an IP packet should be; both ends announced fragments, so it goes in
 * several. */
static unsigned largest;

static enum lab_fate measure_and_lose(struct lab *lab, struct lab_packet *p)
{
	if (p->d.n > largest)
		largest = (unsigned)p->d.n;
	if (lab->rule_bit && p->sequence % 2)
		p->at += 30;			/* every other one is overtaken */
	return p->sequence == lab->rule_number ? LAB_LOSE : LAB_DELIVER;
}

static struct lab *lab_with_subnets(uint64_t seed, bool west, bool east)
{
	struct lab *lab = lab_new(seed);
	char prefix[32];

	for (unsigned i = 0; i < 2; i++) {
		struct plan_child *c = &lab->ends[i].plan->children.v[0];

		lab->ends[i].plan->peers.v[0].fragmentation = i ? east : west;
		for (unsigned n = 0; n < 60; n++) {
			snprintf(prefix, sizeof(prefix), "10.%u.%u.0/24", i ? 100 : 101, n * 2);
			lab_add_ts(&lab->ends[i].arena, &c->local_ts, prefix);
			snprintf(prefix, sizeof(prefix), "10.%u.%u.0/24", i ? 101 : 100, n * 2);
			lab_add_ts(&lab->ends[i].arena, &c->remote_ts, prefix);
		}
	}
	lab->rule = measure_and_lose;
	lab->rule_number = UINT32_MAX;
	return lab;
}

START_TEST(fragments)
{
	for (unsigned lost = 0; lost < 12; lost++) {
		for (unsigned reordered = 0; reordered < 2; reordered++) {
			struct lab *lab = lab_with_subnets(50, true, true);

			largest = 0;
			lab->rule_number = lost;
			lab->rule_bit = reordered;
			lab_open(lab);
			ike_up(lab->ends[0].ike, "net", 1, lab->now);
			lab_run(lab, 3000);
			check_up(lab);
			ck_assert_uint_eq(lab_newest_out(&lab->ends[0].dp)->sa.local_ts_count, 61);
			ck_assert_uint_le(largest, 1280 - 28);
			ike_rekey_child(lab->ends[1].ike, "net", 2, lab->now);
			lab_run(lab, 10000);
			check_up(lab);
			lab_free(lab);
		}
	}
}
END_TEST

/* I-120: only if both announced it. */
START_TEST(no_fragments_unless_both)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab *lab = lab_with_subnets(51, i == 0, i == 1);

		largest = 0;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 3000);
		check_up(lab);
		ck_assert_uint_eq(lab->sent, 4);
		ck_assert_uint_gt(largest, 1280);
		lab_free(lab);
	}
}
END_TEST

static void add_conn(struct lab_end *end, const char *name, struct ident remote_id, enum plan_address_kind kind)
{
	struct plan_peer *p = vec_add(&end->arena, &end->plan->peers);

	*p = end->plan->peers.v[0];
	p->conn = name;
	p->remote.id = remote_id;
	p->remote.kind = kind;
	lab_add_child(end, name, "10.2.0.0/16", "10.1.0.0/16")->peer = name;
}

/* I-061: three conns fit the addresses, and the identities of IKE_AUTH decide. */
START_TEST(conn_by_identity)
{
	struct lab *lab = lab_new(52);
	struct lab_end *east = &lab->ends[1];

	east->plan->peers.v[0].conn = "first";
	east->plan->peers.v[0].remote.id = lab_ident(&east->arena, "@other.example");
	east->plan->children.v[0].peer = east->plan->children.v[0].name = "first";
	add_conn(east, "anybody", (struct ident){ .type = IDENT_ANY }, PLAN_ADDRESS_ANY);
	add_conn(east, "this", lab_ident(&east->arena, "@west.example"), PLAN_ADDRESS_FIXED);
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	for (unsigned i = 0; i < 2; i++)
		ck_assert(lab_flows(lab, i));
	ck_assert_str_eq(lab_newest_out(&east->dp)->child, "this");
	lab_free(lab);
}
END_TEST

/* Two conns between the same two ends differ in their selectors only: those of IKE_AUTH decide, whichever conn stands first. */
START_TEST(conn_by_selectors)
{
	for (unsigned second = 0; second < 2; second++) {
		struct lab *lab = lab_new(54);
		struct lab_end *east = &lab->ends[1];
		struct plan_child *c;

		add_conn(east, "other", east->plan->peers.v[0].remote.id, PLAN_ADDRESS_FIXED);
		c = &east->plan->children.v[second];
		c->local_ts.n = 0;
		lab_add_ts(&east->arena, &c->local_ts, "10.9.0.0/16");
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 1000);
		for (unsigned i = 0; i < 2; i++)
			ck_assert(lab_flows(lab, i));
		ck_assert_str_eq(lab_newest_out(&east->dp)->child, second ? "net" : "other");
		lab_free(lab);
	}
}
END_TEST

/* A template takes whoever has the secret, and cannot begin itself. */
START_TEST(template)
{
	struct lab *lab = lab_new(53);
	struct plan_peer *p = &lab->ends[1].plan->peers.v[0];

	lab->ends[0].plan->peers.v[0].local.id = lab_ident(&lab->ends[0].arena, "@guest.example");
	p->remote.id = (struct ident){ .type = IDENT_ANY };
	p->remote.kind = PLAN_ADDRESS_ANY;
	lab->ends[1].plan->policies.n = 0;		/* a compiled plan has none for it */
	lab_open(lab);
	ike_up(lab->ends[1].ike, "net", 1, lab->now);
	ck_assert_str_eq(lab->ends[1].done[0].reason,
			 "conn 'net' waits for its peer (right=%any), it cannot be brought up from here");
	ck_assert_str_eq(lab_status(lab, 1).state, "waiting");
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ck_assert_str_eq(lab_status(lab, 1).remote_id, "@guest.example");
	check_up(lab);
	/* E-030: a reqid of its own, since others may come from the same address */
	check_policies(&lab->ends[1].dp, 16390, "10.2.0.0/16 -> 10.1.0.0/16 out, 10.1.0.0/16 -> 10.2.0.0/16 in, 10.1.0.0/16 -> 10.2.0.0/16 fwd");
	ck_assert(ip_addr_eq(&lab->ends[1].dp.negotiated[0].tmpl.v[0].dst, &lab->ends[0].addr));
	lab_free(lab);
}
END_TEST

/* West asks east for an address of its pool (RFC 7296 section 2.19, I-171, I-172). */
static struct lab *lab_pool(uint64_t seed, const char *first, const char *last)
{
	struct lab *lab = lab_new(seed);
	struct plan *west = lab->ends[0].plan, *east = lab->ends[1].plan;

	west->peers.v[0].local.config = PLAN_ROLE_CLIENT;
	west->children.v[0].local_ts.n = 0;
	west->policies.n = east->policies.n = 0;
	east->peers.v[0].local.config = PLAN_ROLE_SERVER;
	east->peers.v[0].remote.config = PLAN_ROLE_CLIENT;
	east->peers.v[0].remote.kind = PLAN_ADDRESS_ANY;
	vec_push(&lab->ends[1].arena, &east->peers.v[0].remote.pools, ((struct ip_range){ lab_addr(first), lab_addr(last) }));
	east->children.v[0].remote_ts.n = 0;
	return lab;
}

START_TEST(address_from_pool)
{
	struct lab *lab = lab_pool(54, "10.77.0.10", "10.77.0.20");
	struct lab_dataplane *west = &lab->ends[0].dp;

	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	ck_assert(west->inner_count == 1 && ip_addr_eq(&west->inner, &(struct ip_addr){ .family = AF_INET, .bytes = { 10, 77, 0, 10 } }));
	check_policies(west, 16386, "10.77.0.10/32 -> 10.2.0.0/16 out, 10.2.0.0/16 -> 10.77.0.10/32 in, 10.2.0.0/16 -> 10.77.0.10/32 fwd");
	check_policies(&lab->ends[1].dp, 16390,
		       "10.2.0.0/16 -> 10.77.0.10/32 out, 10.77.0.10/32 -> 10.2.0.0/16 in, 10.77.0.10/32 -> 10.2.0.0/16 fwd");
	/* rekeys keep it, and the same peer has it again */
	ike_rekey_ike(lab->ends[0].ike, "net", 2, lab->now);
	lab_run(lab, 20000);
	ike_rekey_child(lab->ends[1].ike, "net", 3, lab->now);
	lab_run(lab, 20000);
	check_up(lab);
	ck_assert_int_eq(west->inner_count, 1);
	ike_down(lab->ends[0].ike, "net", 4, lab->now);
	lab_run(lab, 20000);
	check_clean(lab);
	ck_assert_int_eq(west->inner_count, 0);
	ike_up(lab->ends[0].ike, "net", 5, lab->now);
	lab_run(lab, 1000);
	check_up(lab);
	ck_assert_uint_eq(west->inner.bytes[3], 10);
	lab_free(lab);
}
END_TEST

/* Both ends rekey the IKE SA at once, and the child below it: the address goes along, and goes with the last SA. */
START_TEST(address_in_crossing_rekeys)
{
	struct lab *lab = lab_pool(58, "10.77.0.10", "10.77.0.20");

	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	for (unsigned n = 0; n < 3; n++) {
		for (unsigned i = 0; i < 2; i++) {
			ike_rekey_ike(lab->ends[i].ike, "net", 2, lab->now);
			ike_rekey_child(lab->ends[i].ike, "net", 3, lab->now);
		}
		lab_run(lab, 20000);
	}
	check_up(lab);
	ck_assert_int_eq(lab->ends[0].dp.inner_count, 1);
	ike_down(lab->ends[0].ike, "net", 4, lab->now);
	lab_run(lab, 20000);
	check_clean(lab);
	ck_assert_int_eq(lab->ends[0].dp.inner_count, 0);
	lab_free(lab);
}
END_TEST

/* Another peer has the only address; it gets it when the first one has gone. */
START_TEST(pool_without_address)
{
	struct lab *lab = lab_pool(55, "10.77.0.10", "10.77.0.10");
	struct lab_end *west = &lab->ends[0], *east = &lab->ends[1];

	east->plan->peers.v[0].remote.id = (struct ident){ .type = IDENT_ANY };
	*vec_add(&west->arena, &west->plan->peers) = west->plan->peers.v[0];
	west->plan->peers.v[1].conn = "other";
	west->plan->peers.v[1].local.id = lab_ident(&west->arena, "@other.example");
	lab_add_child(west, "other", "10.1.0.0/16", "10.2.0.0/16")->peer = "other";
	west->plan->children.v[1].local_ts.n = 0;
	lab_open(lab);
	ike_up(west->ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ike_up(west->ike, "other", 2, lab->now);
	lab_run(lab, 1000);
	ck_assert(lab_told(east, RULE_IKE_NO_INNER_ADDRESS));
	ck_assert_msg(strstr(west->done[1].reason, "INTERNAL_ADDRESS_FAILURE"), "%s", west->done[1].reason);
	ck_assert_int_eq(west->dp.inner_count, 1);
	ike_down(west->ike, "other", 3, lab->now);
	ike_down(west->ike, "net", 4, lab->now);
	lab_run(lab, 20000);
	ike_up(west->ike, "other", 5, lab->now);
	lab_run(lab, 1000);
	ck_assert_int_eq(west->dp.inner_count, 1);
	lab_free(lab);
}
END_TEST

/* Who asks for nothing gets no child SA from a conn with a pool (FAILED_CP_REQUIRED), and a server without one leaves the client without. */
START_TEST(one_end_without_config)
{
	for (unsigned i = 0; i < 2; i++) {
		struct lab *lab = lab_pool(56 + i, "10.77.0.10", "10.77.0.20");

		if (i)
			lab->ends[1].plan->peers.v[0].remote.pools.n = 0;
		else
			lab->ends[0].plan->peers.v[0].local.config = PLAN_ROLE_NONE;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 300);
		ck_assert_int_lt(lab->ends[0].done[0].status, 0);
		ck_assert_msg(strstr(lab->ends[0].done[0].reason, i ? "gives us no address" : "FAILED_CP_REQUIRED"), "%s",
			      lab->ends[0].done[0].reason);
		ck_assert_int_eq(lab->ends[0].dp.inner_count, 0);
		lab_free(lab);
	}
}
END_TEST

TAP_MAIN("ike exchange", psk_both_roles, east_begins, both_begin, forced_encapsulation, behind_nat, cookie, flood_is_bounded,
	 another_group, group_not_offered, forged_refusal, wrong_psk, refusal_lost, wrong_identity_of_responder, unknown_identity,
	 selectors_refused, narrowing, child_proposal_refused, suites, transport_mode, second_child, dataplane_refuses, fragments,
	 no_fragments_unless_both, conn_by_identity, conn_by_selectors, template,
	 address_from_pool, address_in_crossing_rekeys, pool_without_address, one_end_without_config)
