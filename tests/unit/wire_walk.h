/* SPDX-License-Identifier: Apache-2.0 */
/* wire_walk.h -- reads everything that the views give, as an engine would: for the mutation test and the fuzzer. */
#ifndef TESTS_WIRE_WALK_H
#define TESTS_WIRE_WALK_H

#include <stdlib.h>

#include "runtime/wire/wire.h"

static inline void walk_bytes(struct slice s)
{
	volatile char sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum ^= s.p[i];
	(void)sum;
}

static inline void walk_sa(struct arena *a, struct slice rest)
{
	struct wire_proposal p;
	struct wire_offer offer;

	while (wire_next_proposal(&rest, &p)) {
		wire_read_offer(a, &p, &offer);
		walk_bytes(offer.spi);
	}
}

static inline void walk_lists(const struct wire_payload *p)
{
	struct slice rest = p->type == PAYLOAD_CP ? wire_cp_list(p) : wire_ts_list(p);
	struct wire_attribute attribute;
	struct traffic_selector ts;

	if (p->type == PAYLOAD_CP)
		while (wire_next_attribute(&rest, &attribute))
			walk_bytes(attribute.data);
	else
		while (wire_next_ts(&rest, &ts))
			if (ip_addr_cmp(&ts.range.first, &ts.range.last) > 0)
				abort();
}

static inline void walk_delete(const struct wire_payload *p)
{
	struct wire_delete d = wire_delete(p);

	for (unsigned i = 0; d.spi_size == 4 && i < d.count; i++)
		wire_delete_spi(&d, i);
}

static inline void walk_payload(struct arena *a, const struct wire_payload *p)
{
	struct ident id;

	switch (p->type) {
	case PAYLOAD_SA:
		walk_sa(a, p->body);
		break;
	case PAYLOAD_KE:
		walk_bytes(wire_ke(p).data);
		break;
	case PAYLOAD_IDI:
	case PAYLOAD_IDR:
		if (ident_from_wire(a, wire_id(p).type, wire_id(p).data, &id) == 0)
			walk_bytes(slice_of(ident_format(a, &id)));
		break;
	case PAYLOAD_CERT:
	case PAYLOAD_CERTREQ:
		walk_bytes(wire_cert(p).data);
		break;
	case PAYLOAD_AUTH:
		walk_bytes(wire_auth(p).data);
		break;
	case PAYLOAD_NOTIFY:
		walk_bytes(wire_notify(p).spi);
		walk_bytes(wire_notify(p).data);
		break;
	case PAYLOAD_DELETE:
		walk_delete(p);
		break;
	case PAYLOAD_TSI:
	case PAYLOAD_TSR:
	case PAYLOAD_CP:
		walk_lists(p);
		break;
	default:
		walk_bytes(p->body);
	}
}

/* Takes the text of SK as it stands, as if it had been decrypted. */
static inline void walk_datagram(struct slice datagram)
{
	struct wire_message msg;
	struct wire_fault fault;
	struct wire_sk sk;
	struct arena arena;
	struct buf line = { 0 };

	if (wire_parse(datagram, &msg, &fault) != WIRE_OK) {
		if (!fault.why || fault.error == WIRE_OK)
			abort();
		return;
	}
	if (wire_sk(&msg, &sk) && !sk.fragment)
		wire_parse_inner(&msg, sk.first, (struct slice){ datagram.p + sk.offset, datagram.n - sk.offset }, &fault);
	arena_init(&arena);
	for (unsigned i = 0; i < msg.count; i++)
		walk_payload(&arena, &msg.payloads[i]);
	wire_describe(&msg, &line);
	wire_check(&msg, &fault);
	buf_release(&line);
	arena_release(&arena);
}

/* A copy of exactly that size on the heap, so that a sanitizer sees the first byte read beyond it. */
static inline void walk_copy(const char *p, size_t n)
{
	char *copy = malloc(n ? n : 1);

	if (!copy)
		abort();
	memcpy(copy, p, n);
	walk_datagram((struct slice){ copy, n });
	free(copy);
}

#endif
