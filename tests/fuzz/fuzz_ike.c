/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ike.c -- two live engines, and an input that is a script of what happens between them (I-353).
 *
 * First byte: 0 the ends do not know each other yet, 1 half-open, 2 established, 3 both have asked for a rekey of the child at
 * the same time; and 4 the one asks for an inner address, of the other's pool. Then records of an operation, two bytes of size, and that many bytes: a datagram as it is, or the text of an SK
 * payload (exchange, flags, type of the first payload, payloads) sealed with the right keys, or time that passes, or a command.
 * In the end all is stopped: no SA may be left.
 */
#include <assert.h>

#include "runtime/ike/internal.h"
#include "tests/unit/ike_lab.h"

enum operation {
	OP_DATAGRAM,
	OP_SEALED_REQUEST,
	OP_SEALED_RESPONSE,
	OP_TIME,
	OP_REKEY_CHILD,
	OP_REKEY_IKE,
	OP_DOWN,
	OP_UP,
	OP_EXPIRE,
	OP_FRAGMENT,
	OP_COUNT
};

static void deliver(struct lab *lab, unsigned from, const uint8_t *p, size_t n)
{
	struct ike_datagram d = { .local = lab->ends[from].addr,
				  .remote = lab->ends[1 - from].addr,
				  .local_port = 500,
				  .remote_port = 500,
				  .data = p,
				  .n = n };

	lab_translate(lab, &d, from);
	ike_receive(lab->ends[1 - from].ike, &d, lab->now);
}

/* p: exchange, newest SA or oldest, first payload, payloads. The message id is the one that the receiver waits for. */
static void sealed(struct lab *lab, unsigned from, bool response, const uint8_t *p, size_t n)
{
	struct ike *ike = lab->ends[from].ike;
	struct ike_sa *sa = n < 3 ? NULL : p[1] & 1 ? ike->first : ike->last, *other;
	struct packets out = { 0 };
	struct draft d;

	if (!sa || !sa->seal)
		return;
	other = sa_find(lab->ends[1 - from].ike, sa->initiator ? sa->spi_r : sa->spi_i);
	if (!other)
		return;
	draft_begin(&d);
	buf_add(&d.text, p + 3, n - 3);
	d.w.first = p[2];
	if (sa_seal(sa, (uint8_t)(34 + p[0] % 11), response, response ? other->request_id - 1 : other->expected_id, &d, &out) == 0)
		deliver(lab, from, (const uint8_t *)out.bytes.p, out.bytes.n);
	packets_release(&out);
	draft_release(&d);
}

/* p: exchange, number, total, first payload, part of the text. */
static void fragment(struct lab *lab, unsigned from, const uint8_t *p, size_t n)
{
	struct ike_sa *sa = lab->ends[from].ike->last, *other;
	uint8_t iv[SUITE_IV_MAX] = { 0 };
	struct wire_header h = { .version = 0x20 };
	struct buf out = { 0 };

	if (n < 4 || !sa || !sa->seal)
		return;
	other = sa_find(lab->ends[1 - from].ike, sa->initiator ? sa->spi_r : sa->spi_i);
	if (!other)
		return;
	h.spi_i = sa->spi_i;
	h.spi_r = sa->spi_r;
	h.exchange = (uint8_t)(34 + p[0] % 11);
	h.flags = sa->initiator ? IKE_FLAG_INITIATOR : 0;
	h.message_id = other->expected_id;
	if (wire_begin_sk(&out, &h, p[3], p[1], p[2], sk_sealed_size(sa->seal, n - 4)) == 0 &&
	    sk_seal(sa->seal, &out, 0, slice_bytes(p + 4, n - 4), iv) == 0)
		deliver(lab, from, (const uint8_t *)out.p, out.n);
	buf_release(&out);
}

static void operate(struct lab *lab, unsigned op, const uint8_t *p, size_t n)
{
	unsigned end = op & 1;
	struct ike *ike = lab->ends[end].ike;
	struct child_sa *c = ike->first ? ike->first->children : NULL;

	switch ((enum operation)(op / 2 % OP_COUNT)) {
	case OP_DATAGRAM:
		deliver(lab, end, p, n);
		break;
	case OP_SEALED_REQUEST:
	case OP_SEALED_RESPONSE:
		sealed(lab, end, op / 2 % OP_COUNT == OP_SEALED_RESPONSE, p, n);
		break;
	case OP_FRAGMENT:
		fragment(lab, end, p, n);
		break;
	case OP_TIME:
		lab_run(lab, n ? (uint64_t)p[0] * p[0] * 50 : 10);
		break;
	case OP_REKEY_CHILD:
		ike_rekey_child(ike, "net", 0, lab->now);
		break;
	case OP_REKEY_IKE:
		ike_rekey_ike(ike, "net", 0, lab->now);
		break;
	case OP_DOWN:
		ike_down(ike, "net", 0, lab->now);
		break;
	case OP_UP:
		ike_up(ike, "net", 0, lab->now);
		break;
	default:
		if (c)
			ike_dataplane_event(ike,
					    &(struct dp_event){ .kind = n & 1 ? DP_EXPIRE_HARD : DP_EXPIRE_SOFT, .spi = c->spi_in },
					    lab->now);
		break;
	}
}

static void no_done(void *context, uint64_t token, int status, const char *reason, const struct plan_origin *origin)
{
	(void)context;
	(void)token;
	(void)origin;
	assert(status == 0 || *reason);
}

static void with_pool(struct lab *lab)
{
	struct plan *west = lab->ends[0].plan, *east = lab->ends[1].plan;

	west->peers.v[0].local.config = PLAN_ROLE_CLIENT;
	east->peers.v[0].remote.kind = PLAN_ADDRESS_ANY;
	vec_push(&lab->ends[1].arena, &east->peers.v[0].remote.pools, ((struct ip_range){ lab_addr("10.77.0.1"), lab_addr("10.77.0.2") }));
	west->children.v[0].local_ts.n = east->children.v[0].remote_ts.n = 0;
	west->policies.n = east->policies.n = 0;
}

static void begin(struct lab *lab, unsigned stage, bool pool)
{
	if (pool)
		with_pool(lab);
	for (unsigned i = 0; i < 2; i++) {
		lab->ends[i].env.done = no_done;
		lab->ends[i].plan->children.v[0].narrowing = true;
		lab->ends[i].plan->peers.v[0].fragmentation = true;
	}
	lab_open(lab);
	if (stage == 0)
		return;
	ike_up(lab->ends[0].ike, "net", 0, lab->now);
	lab_run(lab, stage == 1 ? 15 : 500);
	if (stage == 3) {
		ike_rekey_child(lab->ends[0].ike, "net", 0, lab->now);
		ike_rekey_child(lab->ends[1].ike, "net", 0, lab->now);
		ike_timer(lab->ends[0].ike, lab->now);
		ike_timer(lab->ends[1].ike, lab->now);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct lab *lab;
	size_t size;

	if (n < 1)
		return 0;
	lab = lab_new(1);
	begin(lab, data[0] % 4, data[0] & 4);
	data++;
	n--;
	for (unsigned records = 0; n >= 3 && records < 64; records++) {
		size = (size_t)data[1] << 8 | data[2];
		if (size > n - 3)
			size = n - 3;
		operate(lab, data[0], data + 3, size);
		data += 3 + size;
		n -= 3 + size;
	}
	for (unsigned i = 0; i < 2; i++)
		ike_stop(lab->ends[i].ike, lab->now);
	lab_run(lab, 30000);
	for (unsigned i = 0; i < 2; i++) {
		assert(ike_idle(lab->ends[i].ike));
		assert(lab->ends[i].dp.count == 0 && lab->ends[i].dp.policies_up == 0 && lab->ends[i].dp.inner_count == 0);
	}
	lab_free(lab);
	return 0;
}
