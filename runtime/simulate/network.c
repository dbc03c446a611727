/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/simulate/network.h"

#include <stdlib.h>
#include <string.h>

#define LATE_MIN_MS	50u
#define LATE_MAX_MS	250u
#define DOUBLE_MS	5u		/* after the first one */
#define FIRST_PORT	40000u		/* of the NAT */
#define NATT_PORT	4500u

uint64_t network_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

void network_init(struct network *n, const struct network_options *options, uint64_t seed)
{
	*n = (struct network){ .options = *options, .random = seed };
}

void network_release(struct network *n)
{
	for (size_t i = 0; i < n->n; i++)
		free(n->heap[i]);
	free(n->heap);
	*n = (struct network){ 0 };
}

/* --- the queue ---------------------------------------------------------------------------------------------------------------- */

static bool before(const struct network_packet *a, const struct network_packet *b)
{
	return a->at != b->at ? a->at < b->at : a->sequence < b->sequence;
}

static void swap(struct network *n, size_t a, size_t b)
{
	struct network_packet *p = n->heap[a];

	n->heap[a] = n->heap[b];
	n->heap[b] = p;
}

static bool reserve(struct network *n)
{
	size_t room = n->room ? n->room * 2 : 64;
	struct network_packet **heap;

	if (n->n < n->room)
		return true;
	heap = reallocarray(n->heap, room, sizeof(*heap));
	if (!heap)
		return false;
	n->heap = heap;
	n->room = room;
	return true;
}

static void put(struct network *n, unsigned to, const struct ike_datagram *d, uint64_t at)
{
	struct network_packet *p = reserve(n) ? malloc(sizeof(*p) + d->n) : NULL;
	size_t i = n->n;

	if (!p) {
		n->failed = true;
		return;
	}
	*p = (struct network_packet){ .at = at, .sequence = n->sequence++, .to = to, .datagram = *d };
	if (d->n)
		memcpy(p->bytes, d->data, d->n);
	p->datagram.data = p->bytes;
	n->heap[n->n++] = p;
	for (; i > 0 && before(n->heap[i], n->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(n, i, (i - 1) / 2);
}

uint64_t network_next(const struct network *n)
{
	return n->n ? n->heap[0]->at : UINT64_MAX;
}

struct network_packet *network_take(struct network *n)
{
	struct network_packet *p = n->n ? n->heap[0] : NULL;
	size_t i = 0, child;

	if (!p)
		return NULL;
	n->heap[0] = n->heap[--n->n];
	while ((child = 2 * i + 1) < n->n) {
		if (child + 1 < n->n && before(n->heap[child + 1], n->heap[child]))
			child++;
		if (!before(n->heap[child], n->heap[i]))
			break;
		swap(n, i, child);
		i = child;
	}
	return p;
}

/* --- the NAT ------------------------------------------------------------------------------------------------------------------ */

static struct network_mapping *mapping_out(struct network *n, const struct ip_addr *address, uint16_t port)
{
	struct network_mapping *m;

	for (unsigned i = 0; i < n->mapping_count; i++)
		if (n->mappings[i].port == port && ip_addr_eq(&n->mappings[i].address, address))
			return &n->mappings[i];
	if (n->mapping_count == NETWORK_MAPPINGS)
		return NULL;
	m = &n->mappings[n->mapping_count];
	*m = (struct network_mapping){ *address, port, (uint16_t)(FIRST_PORT + n->mapping_count++) };
	return m;
}

static const struct network_mapping *mapping_in(const struct network *n, uint16_t outside)
{
	unsigned i = outside - FIRST_PORT;

	return outside >= FIRST_PORT && i < n->mapping_count ? &n->mappings[i] : NULL;
}

/* From the sender's view to the receiver's; false: the NAT has no way for it. */
static bool translate(struct network *n, unsigned from, const struct ike_datagram *d, struct ike_datagram *ret)
{
	const struct network_mapping *m;

	*ret = *d;
	ret->local = d->remote;
	ret->local_port = d->remote_port;
	ret->remote = d->local;
	ret->remote_port = d->local_port;
	if (n->options.nat == (int)from) {
		m = mapping_out(n, &d->local, d->local_port);
		if (!m)
			return false;
		ret->remote = d->local.family == AF_INET6 ? n->options.nat_address6 : n->options.nat_address;
		ret->remote_port = m->outside;
	} else if (n->options.nat >= 0) {
		m = mapping_in(n, d->remote_port);
		if (!m)
			return false;
		ret->local = m->address;
		ret->local_port = m->port;
	}
	ret->natt = ret->local_port == NATT_PORT;
	return true;
}

/* --- sending ------------------------------------------------------------------------------------------------------------------ */

static bool chance(struct network *n, unsigned percent)
{
	return network_random(&n->random) % 100 < percent;
}

enum network_fate network_send(struct network *n, unsigned from, const struct ike_datagram *d, uint64_t now_ms)
{
	struct ike_datagram seen;
	bool lost = chance(n, n->options.loss), doubled = chance(n, n->options.duplicate), late = chance(n, n->options.reorder);
	uint64_t at = now_ms + NETWORK_DELAY_MS;

	if (!translate(n, from, d, &seen))
		return NETWORK_NO_WAY;
	if (d->keepalive)
		return NETWORK_DELIVERED;
	if (lost)
		return NETWORK_LOST;
	if (late)
		at += LATE_MIN_MS + network_random(&n->random) % (LATE_MAX_MS - LATE_MIN_MS);
	put(n, 1 - from, &seen, at);
	if (doubled)
		put(n, 1 - from, &seen, at + DOUBLE_MS);
	return late ? NETWORK_LATE : doubled ? NETWORK_DOUBLED : NETWORK_DELIVERED;
}
