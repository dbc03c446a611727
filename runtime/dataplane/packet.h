/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h -- what the selectors of a child SA are compared with: addresses, protocol and ports of an inner packet (RFC 4301
 * section 5). */
#ifndef RUNTIME_DATAPLANE_PACKET_H
#define RUNTIME_DATAPLANE_PACKET_H

#include <stdbool.h>

#include "plan/plan.h"
#include "proto/addr.h"

struct inner_packet {
	struct ip_addr src, dst;
	uint8_t proto;
	bool ports_known;		/* false: a later fragment, or a protocol without ports */
	uint16_t sport, dport;		/* ICMP: both type * 256 + code */
	size_t length;			/* what the IP header says; the rest is padding (I-251) */
	size_t payload;			/* offset of the upper-layer header; 0: not there */
};

/* Reads an IP packet of n bytes. -EINVAL for what is no whole packet of IPv4 or IPv6; the enclosed packet of an ICMP error may be
 * `cut`. */
int packet_parse(const uint8_t *p, size_t n, bool cut, struct inner_packet *ret);
/* I-252: one of the pairs allows it; for an ICMP error, also when they allow the packet that caused it, seen from the other end. */
bool packet_allowed(const uint8_t *p, const struct inner_packet *packet, const struct traffic_selector *src, unsigned src_count,
		    const struct traffic_selector *dst, unsigned dst_count);
bool packet_meets_policy(const struct inner_packet *packet, const struct plan_policy *policy);
/* The selector pair of exactly this packet, for the event of an acquire. */
void packet_selectors(const struct inner_packet *packet, struct traffic_selector *ret_src, struct traffic_selector *ret_dst);

/* DSCP and ECN of a packet that packet_parse() took; and the ECN of its outer header brought into it when it leaves the tunnel (RFC 6040
 * section 4.2): false, when the packet has to be dropped, since it was marked and its ends could not see that. */
uint8_t packet_tos(const uint8_t *p);
bool packet_take_ecn(uint8_t *p, uint8_t outer_tos);

#endif
