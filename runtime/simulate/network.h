/* SPDX-License-Identifier: Apache-2.0 */
/* network.h -- the way between two ends that are one process: it delays, loses, doubles and reorders datagrams, and translates the
 * addresses of one end, all by a seed. Times are milliseconds of a clock that only its user moves.
 */
#ifndef RUNTIME_SIMULATE_NETWORK_H
#define RUNTIME_SIMULATE_NETWORK_H

#include "runtime/ike/ike.h"

#define NETWORK_DELAY_MS	10u	/* of every datagram */
#define NETWORK_MAPPINGS	64u	/* of the NAT: addresses and ports of the end behind it */

struct network_options {
	unsigned loss, duplicate, reorder;	/* percent of datagrams */
	int nat;				/* the end behind it, 0 or 1; -1: none */
	struct ip_addr nat_address;		/* what the other end sees, IPv4 */
	struct ip_addr nat_address6;
};

enum network_fate {
	NETWORK_DELIVERED,
	NETWORK_LOST,
	NETWORK_DOUBLED,
	NETWORK_LATE,			/* so late that the next ones may overtake it */
	NETWORK_NO_WAY,			/* to the end behind the NAT, which has not sent from there before */
};

struct network_packet {
	uint64_t at, sequence;
	unsigned to;
	struct ike_datagram datagram;	/* as `to` sees it; the bytes are the packet's own */
	uint8_t bytes[];
};

struct network_mapping {
	struct ip_addr address;
	uint16_t port, outside;
};

struct network {
	struct network_options options;
	uint64_t random, sequence;
	struct network_packet **heap;	/* by time, then by order of sending */
	size_t n, room;
	struct network_mapping mappings[NETWORK_MAPPINGS];
	unsigned mapping_count;
	bool failed;			/* no memory */
};

/* splitmix64: the next number, of a state that starts as the seed. */
uint64_t network_random(uint64_t *state);

void network_init(struct network *n, const struct network_options *options, uint64_t seed);
void network_release(struct network *n);
/* Takes a copy on its way. A keepalive opens the NAT's mapping and goes no further. */
enum network_fate network_send(struct network *n, unsigned from, const struct ike_datagram *d, uint64_t now_ms);
uint64_t network_next(const struct network *n);			/* when the next one arrives; UINT64_MAX: nothing is on its way */
struct network_packet *network_take(struct network *n);		/* the next one, to be freed with free(); NULL: none */

#endif
