/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer, or anybody between, may send: nothing crashes, nothing is established that should not be, nothing grows without
 * bound. */
#include "runtime/ike/internal.h"
#include "tests/unit/ike_lab.h"
#include "tests/unit/tap.h"

static enum lab_fate flip_bit(struct lab *lab, struct lab_packet *p)
{
	if (p->sequence == lab->rule_number && lab->rule_bit / 8 < p->d.n)
		p->bytes[lab->rule_bit / 8] ^= (uint8_t)(1u << lab->rule_bit % 8);
	return LAB_DELIVER;
}

static enum lab_fate truncate_one(struct lab *lab, struct lab_packet *p)
{
	if (p->sequence == lab->rule_number && lab->rule_bit < p->d.n)
		p->d.n = lab->rule_bit;
	return LAB_DELIVER;
}

/* What the initiator has, the responder has, with the same keys. (The responder alone may have it, when its answer did not get
 * through.) */
static void check_nothing_wrong(struct lab *lab, const char *what)
{
	if (lab_newest_out(&lab->ends[0].dp))
		ck_assert_msg(lab_flows(lab, 0) && lab_flows(lab, 1),
			      "%s: message %u, bit or byte %u: an SA that the other end does not have", what, lab->rule_number,
			      lab->rule_bit);
}

static void change_each(const char *what, enum lab_fate (*rule)(struct lab *, struct lab_packet *), unsigned message,
			unsigned units)
{
	for (unsigned unit = 0; unit < units; unit++) {
		struct lab *lab = lab_new(400);

		lab->rule = rule;
		lab->rule_number = message;
		lab->rule_bit = unit;
		lab->ends[0].plan->peers.v[0].keying_tries = 1;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		/* until just before the first message would be sent again: what is up by then came from the changed one */
		lab_run(lab, 450);
		if (message < 2)
			ck_assert_msg(!lab_newest_out(&lab->ends[0].dp) || rule == truncate_one || lab->sent == 4,
				      "%s: message %u, %u: more than one exchange", what, message, unit);
		check_nothing_wrong(lab, what);
		lab_free(lab);
	}
}

static unsigned message_sizes[4];

static enum lab_fate note_size(struct lab *lab, struct lab_packet *p)
{
	(void)lab;
	if (p->sequence < 4)
		message_sizes[p->sequence] = (unsigned)p->d.n;
	return LAB_DELIVER;
}

static void measure(void)
{
	struct lab *lab = lab_new(400);

	lab->rule = note_size;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 450);
	ck_assert_uint_gt(message_sizes[3], 28);
	lab_free(lab);
}

START_TEST(each_bit_of_each_message)
{
	measure();
	for (unsigned message = 0; message < 4; message++)
		change_each("bit", flip_bit, message, message_sizes[message] * 8);
}
END_TEST

START_TEST(each_truncation)
{
	measure();
	for (unsigned message = 0; message < 4; message++)
		change_each("truncated", truncate_one, message, message_sizes[message]);
}
END_TEST

/* AUTH covers both IKE_SA_INIT messages: with a bit of the first two changed that the parser does not mind, no SA comes up
 * (I-350). */
START_TEST(changed_offer_is_not_established)
{
	unsigned established = 0;

	measure();
	for (unsigned bit = 28 * 8; bit < message_sizes[0] * 8; bit++) {
		struct lab *lab = lab_new(400);

		lab->rule = flip_bit;
		lab->rule_number = 0;
		lab->rule_bit = bit;
		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 450);
		established += lab_status(lab, 0).established + lab_status(lab, 1).established;
		lab_free(lab);
	}
	ck_assert_uint_eq(established, 0);
}
END_TEST

/* Old messages of both directions come again, long after: nothing changes, and nothing is answered but by what was answered
 * before. */
static struct lab_packet kept[64];
static unsigned kept_count;

static enum lab_fate keep(struct lab *lab, struct lab_packet *p)
{
	(void)lab;
	if (kept_count < 64) {
		kept[kept_count] = *p;
		kept[kept_count].bytes = malloc(p->d.n);
		memcpy(kept[kept_count++].bytes, p->bytes, p->d.n);
	}
	return LAB_DELIVER;
}

START_TEST(replayed_messages)
{
	struct lab *lab = lab_new(410);
	unsigned sent;

	lab->rule = keep;
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 1000);
	ike_rekey_child(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 10000);
	lab->rule = NULL;
	sent = lab->sent;
	for (unsigned i = 0; i < kept_count; i++) {
		kept[i].at = lab->now + i;
		lab_put(lab, &kept[i]);
	}
	lab_run(lab, 200);
	ck_assert_uint_le(lab->sent - sent, 4);	/* IKE_SA_INIT again, the last answer, INVALID_IKE_SPI */
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(lab, i).established, 1);
		ck_assert_uint_eq(lab_status(lab, i).children, 1);
		ck_assert(lab_flows(lab, i));
	}
	for (unsigned i = 0; i < kept_count; i++)
		free(kept[i].bytes);
	lab_free(lab);
}
END_TEST

/* I-344: no log line at any level has the secret or a key in it. */
static unsigned leaks;

static void look_for_keys(void *context, const char *place, enum ike_log_level level, enum rule_id rule,
			  const struct plan_origin *origin, const char *text)
{
	(void)context;
	(void)place;
	(void)level;
	(void)rule;
	(void)origin;
	leaks += strstr(text, LAB_PSK) != NULL || strstr(text, "not a real secret") != NULL;
}

START_TEST(no_secret_in_the_log)
{
	struct lab *lab = lab_new(411);

	lab->ends[0].env.log = lab->ends[1].env.log = look_for_keys;
	lab_set_psk(&lab->ends[1], LAB_PSK " with a tail");
	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 5000);
	ck_assert_uint_eq(leaks, 0);
	lab_free(lab);
}
END_TEST

/* Section 10: no SA is established without its proofs, whoever asks for it. */
START_TEST(states_need_proofs)
{
	struct lab *lab = lab_new(412);
	struct ike_sa *sa;

	lab_open(lab);
	sa = sa_new(lab->ends[0].ike, &lab->ends[0].ike->peers[0], false, 0);
	ck_assert_ptr_nonnull(sa);
	ck_assert(!sa_enter(sa, STATE_INIT_DONE));
	ck_assert(!sa_enter(sa, STATE_ESTABLISHED));
	sa->proofs = PROOF_SUITE;
	ck_assert(sa_enter(sa, STATE_INIT_DONE));
	ck_assert(!sa_enter(sa, STATE_ESTABLISHED));
	ck_assert(sa->state == STATE_INIT_DONE);
	sa->proofs |= PROOF_PEER;
	ck_assert(sa_enter(sa, STATE_ESTABLISHED));
	ck_assert(!sa_enter(sa, STATE_REKEYED));
	ck_assert_uint_eq(lab->ends[0].ike->half_open, 0);
	lab_free(lab);
}
END_TEST

/* Sealed with the right keys, but nonsense inside: INVALID_SYNTAX or an answer, never a crash; and after it the engine still
 * works. */
static void send_sealed(struct lab *lab, uint8_t exchange, const uint8_t *text, size_t n, uint8_t first)
{
	struct ike_sa *sa = lab->ends[0].ike->first;
	struct packets out = { 0 };
	struct draft d;
	struct lab_packet p = { .from = 0, .at = lab->now };

	if (!sa || !sa->seal)
		return;
	draft_begin(&d);
	buf_add(&d.text, text, n);
	d.w.first = first;
	ck_assert_int_eq(sa_seal(sa, exchange, false, sa->request_id++, &d, &out), 0);
	p.d = (struct ike_datagram){ .local = sa->local,
				     .remote = sa->remote,
				     .local_port = sa->local_port,
				     .remote_port = sa->remote_port,
				     .natt = sa->natt,
				     .n = out.bytes.n };
	p.bytes = (uint8_t *)out.bytes.p;
	lab_put(lab, &p);
	packets_release(&out);
	draft_release(&d);
}

START_TEST(sealed_nonsense)
{
	static const uint8_t firsts[] = {
		0,	     PAYLOAD_SA,  PAYLOAD_KE, PAYLOAD_IDI, PAYLOAD_AUTH, PAYLOAD_NONCE, PAYLOAD_NOTIFY, PAYLOAD_DELETE,
		PAYLOAD_TSI, PAYLOAD_TSR, PAYLOAD_CP, 200
	};
	static const uint8_t exchanges[] = { IKE_AUTH, IKE_CREATE_CHILD_SA, IKE_INFORMATIONAL };

	for (unsigned n = 0; n < 600; n++) {
		struct lab *lab = lab_new(1000 + n);
		uint8_t text[96];
		size_t size;

		lab_open(lab);
		ike_up(lab->ends[0].ike, "net", 1, lab->now);
		lab_run(lab, 100);
		size = lab_random(lab) % sizeof(text);
		for (size_t i = 0; i < size; i++)
			text[i] = (uint8_t)(lab_random(lab) % (i % 4 == 2 ? 2 : 256));
		if (size >= 4) {			/* a first payload that fills the text: gets past the walk */
			text[0] = 0;
			text[2] = 0;
			text[3] = (uint8_t)size;
		}
		send_sealed(lab, exchanges[n % 3], text, size, firsts[lab_random(lab) % sizeof(firsts)]);
		lab_run(lab, 200);
		ck_assert_uint_le(lab_status(lab, 1).children, 2);
		lab_free(lab);
	}
}
END_TEST

/* What ike_new() refuses, with the line to blame; the other conn runs. */
START_TEST(refused_at_load)
{
	struct lab *lab = lab_new(420);
	struct lab_end *end = &lab->ends[0];
	struct plan_peer *old = vec_add(&end->arena, &end->plan->peers);
	struct plan_child *child;

	*old = end->plan->peers.v[0];
	old->conn = "old";
	old->version = 1;
	old->origin.line = 40;
	child = lab_add_child(end, "old", "10.7.0.0/16", "10.8.0.0/16");
	child->peer = "old";
	child->origin.line = 41;
	ck_assert_int_eq(lab_open_end(end), -ENOTSUP);
	ck_assert_int_eq(lab_open_end(&lab->ends[1]), 0);
	ck_assert_uint_eq(end->diag.findings.n, 2);
	ck_assert(end->diag.findings.v[0]->rule == RULE_IKE_VERSION_1);
	ck_assert_str_eq(end->diag.findings.v[0]->message,
			 "west.conf:40: conn 'old': it wants IKEv1 (ikev2=no), ipsec-run speaks IKEv2 only");
	ck_assert(end->diag.findings.v[1]->rule == RULE_IKE_PEER_OF_CHILD_REFUSED);
	ike_up(end->ike, "old", 3, lab->now);
	ck_assert_int_eq(end->done[0].status, -ENOENT);
	ck_assert_str_eq(end->done[0].reason, "conn 'old' was refused at the start; see the log");
	ike_up(end->ike, "nowhere", 4, lab->now);
	ck_assert_str_eq(end->done[1].reason, "conn 'nowhere' is not in the plan");
	ike_up(end->ike, "net", 5, lab->now);
	lab_run(lab, 300);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	lab_free(lab);
}
END_TEST

/* --- what belongs to no SA, or not to this moment of it ----------------------------------------------------------------------- */

static enum lab_fate count_from_east(struct lab *lab, struct lab_packet *p)
{
	if (p->from == 1) {
		lab->rule_number++;
		lab->rule_bit += (unsigned)p->d.n;
	}
	return LAB_DELIVER;
}

static struct lab *lab_up(uint64_t seed)
{
	struct lab *lab = lab_new(seed);

	lab_open(lab);
	ike_up(lab->ends[0].ike, "net", 1, lab->now);
	lab_run(lab, 450);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	return lab;
}

/* I-022, I-030, I-343: unknown SPIs are answered a few times a second at most, never larger than asked, and never when they are in a
 * response; the SA that is there is not touched. */
START_TEST(unknown_spis)
{
	struct lab *lab = lab_up(430);
	uint8_t bytes[64] = { [0] = 7, [15] = 9, [16] = PAYLOAD_SK, [17] = 0x20, [18] = IKE_INFORMATIONAL, [27] = 64, [31] = 36 };
	struct ike_datagram d = { .local = lab->ends[1].addr, .remote = lab->ends[0].addr, .local_port = 500, .remote_port = 500,
				  .data = bytes, .n = sizeof(bytes) };

	lab->rule = count_from_east;
	for (unsigned i = 0; i < 1000; i++) {
		bytes[19] = IKE_FLAG_INITIATOR | (i % 2 ? IKE_FLAG_RESPONSE : 0);
		bytes[8] = (uint8_t)i;
		ike_receive(lab->ends[1].ike, &d, lab->now);
	}
	ck_assert_uint_gt(lab->rule_number, 0);
	ck_assert_uint_le(lab->rule_number, LIMIT_UNPROTECTED_RATE);
	ck_assert_uint_le(lab->rule_bit, lab->rule_number * sizeof(bytes));
	lab_run(lab, 1000);
	ck_assert_uint_eq(lab_status(lab, 1).established, 1);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	lab_free(lab);
}
END_TEST

/* I-110, I-111, I-112: authentic requests with an id that is not the next one are not answered, and do nothing. */
START_TEST(ids_out_of_the_window)
{
	static const int shifts[] = { 1, 2, 7, 1000, -2 };

	for (unsigned i = 0; i < sizeof(shifts) / sizeof(*shifts); i++) {
		struct lab *lab = lab_up(431 + i);
		struct ike_sa *sa = lab->ends[0].ike->first;
		uint32_t expected = lab->ends[1].ike->first->expected_id;

		sa->request_id += (uint32_t)shifts[i];
		lab->rule = count_from_east;
		ike_down(lab->ends[0].ike, "net", 2, lab->now);
		lab_run(lab, 5000);
		ck_assert_uint_eq(lab->rule_number, 0);
		ck_assert_uint_eq(lab->ends[1].ike->first->expected_id, expected);
		ck_assert_uint_eq(lab_status(lab, 1).established, 1);
		ck_assert_uint_eq(lab_status(lab, 1).children, 1);
		lab_free(lab);
	}
}
END_TEST

/* I-138: the peer has forgotten the child SA that we rekey: it says so, and a new one is made. */
START_TEST(child_that_is_gone)
{
	struct lab *lab = lab_up(440);

	child_end(lab->ends[1].ike->first->children);
	ike_rekey_child(lab->ends[0].ike, "net", 2, lab->now);
	lab_run(lab, 2000);
	ck_assert(lab_flows(lab, 0) && lab_flows(lab, 1));
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(lab_status(lab, i).children, 1);
		ck_assert_int_eq(lab->ends[i].dp.policies_up, 1);
	}
	lab_free(lab);
}
END_TEST

static enum rule_id refusal_of(void (*change)(struct lab_end *end))
{
	struct lab *lab = lab_new(421);
	enum rule_id rule = RULE_COUNT;

	change(&lab->ends[0]);
	if (lab_open_end(&lab->ends[0]) == -ENOTSUP)
		rule = lab->ends[0].diag.findings.v[0]->rule;
	lab_free(lab);
	return rule;
}

static void by_certificate(struct lab_end *end)
{
	end->plan->peers.v[0].remote.auth = PLAN_AUTH_RSA;
}

static void no_side(struct lab_end *end)
{
	end->plan->peers.v[0].side = PLAN_SIDE_UNKNOWN;
}

static void by_name(struct lab_end *end)
{
	end->plan->peers.v[0].remote.kind = PLAN_ADDRESS_NAME;
	end->plan->peers.v[0].remote.name = "peer.example";
}

static void no_psk(struct lab_end *end)
{
	secrets_release(&end->secrets);
	end->secrets = (struct secrets){ 0 };
}

static void old_cipher(struct lab_end *end)
{
	end->plan->peers.v[0].proposals.n = 0;
	lab_add_proposal(&end->arena, &end->plan->peers.v[0].proposals, PROTOCOL_IKE,
			 "TWOFISH_CBC HMAC_SHA2_256 HMAC_SHA2_256_128 DH31");
}

/* RFC 7296 section 3.3.2: NULL and GMAC are for ESP. */
static void in_clear(struct lab_end *end)
{
	end->plan->peers.v[0].proposals.n = 0;
	lab_add_proposal(&end->arena, &end->plan->peers.v[0].proposals, PROTOCOL_IKE, "NULL HMAC_SHA2_256 HMAC_SHA2_256_128 DH31");
}

static void with_ah(struct lab_end *end)
{
	end->plan->children.v[0].protocol = PROTOCOL_AH;
}

START_TEST(refusals)
{
	ck_assert(refusal_of(by_certificate) == RULE_IKE_NO_CERTIFICATE);
	ck_assert(refusal_of(no_side) == RULE_IKE_SIDE_UNKNOWN);
	ck_assert(refusal_of(by_name) == RULE_IKE_PEER_NAME);
	ck_assert(refusal_of(no_psk) == RULE_IKE_NO_SECRET);
	ck_assert(refusal_of(old_cipher) == RULE_IKE_TRANSFORM_UNSUPPORTED);
	ck_assert(refusal_of(in_clear) == RULE_IKE_TRANSFORM_UNSUPPORTED);
	ck_assert(refusal_of(with_ah) == RULE_IKE_CHILD_UNSUPPORTED);
}
END_TEST

TAP_MAIN("ike hostile", each_bit_of_each_message, each_truncation, changed_offer_is_not_established, replayed_messages,
	 no_secret_in_the_log, states_need_proofs, sealed_nonsense, refused_at_load, unknown_spis,
	 ids_out_of_the_window, child_that_is_gone, refusals)
