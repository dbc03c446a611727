/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>

#include "runtime/dataplane/packet.h"

#define MAX_EXTENSION_HEADERS 8

static uint16_t be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool is_icmp(const struct inner_packet *packet)
{
	return (packet->src.family == AF_INET && packet->proto == IPPROTO_ICMP) ||
	       (packet->src.family == AF_INET6 && packet->proto == IPPROTO_ICMPV6);
}

static bool has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP || proto == IPPROTO_UDPLITE ||
	       proto == IPPROTO_DCCP;
}

static void read_ports(const uint8_t *p, size_t n, struct inner_packet *ret)
{
	if (ret->payload + 4 > n)
		return;
	if (has_ports(ret->proto)) {
		ret->ports_known = true;
		ret->sport = be16(p + ret->payload);
		ret->dport = be16(p + ret->payload + 2);
	} else if (is_icmp(ret)) {
		ret->ports_known = true;
		ret->sport = ret->dport = be16(p + ret->payload);
	}
}

static int parse_ipv4(const uint8_t *p, size_t n, bool cut, struct inner_packet *ret)
{
	size_t header;

	if (n < 20)
		return -EINVAL;
	header = (size_t)(p[0] & 15) * 4;
	ret->length = be16(p + 2);
	if (header < 20 || header > n || ret->length < header || (ret->length > n && !cut))
		return -EINVAL;
	ret->src.family = ret->dst.family = AF_INET;
	memcpy(ret->src.bytes, p + 12, 4);
	memcpy(ret->dst.bytes, p + 16, 4);
	ret->proto = p[9];
	if (!(be16(p + 6) & 0x1fff)) {		/* else a later fragment */
		ret->payload = header;
		read_ports(p, ret->length < n ? ret->length : n, ret);
	}
	return 0;
}

/* Size of an extension header, 0 when `next` is none or does not fit. */
static size_t extension_size(uint8_t next, const uint8_t *p, size_t left)
{
	if (left < 8)
		return 0;
	switch (next) {
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		return (size_t)(p[1] + 1) * 8;
	case IPPROTO_FRAGMENT:
		return 8;
	default:
		return 0;
	}
}

static int parse_ipv6(const uint8_t *p, size_t n, bool cut, struct inner_packet *ret)
{
	size_t at = 40, end;
	bool later_fragment = false;

	if (n < 40)
		return -EINVAL;
	ret->length = 40 + (size_t)be16(p + 4);
	if (ret->length > n && !cut)
		return -EINVAL;
	end = ret->length < n ? ret->length : n;
	ret->src.family = ret->dst.family = AF_INET6;
	memcpy(ret->src.bytes, p + 8, 16);
	memcpy(ret->dst.bytes, p + 24, 16);
	ret->proto = p[6];
	for (int i = 0; i < MAX_EXTENSION_HEADERS && !later_fragment; i++) {
		size_t size = extension_size(ret->proto, p + at, end - at);

		if (!size)
			break;
		if (size > end - at)
			return -EINVAL;
		later_fragment = ret->proto == IPPROTO_FRAGMENT && be16(p + at + 2) & 0xfff8;
		ret->proto = p[at];
		at += size;
	}
	if (!later_fragment) {
		ret->payload = at;
		read_ports(p, end, ret);
	}
	return 0;
}

int packet_parse(const uint8_t *p, size_t n, bool cut, struct inner_packet *ret)
{
	*ret = (struct inner_packet){ 0 };
	if (!n)
		return -EINVAL;
	if (p[0] >> 4 == 4)
		return parse_ipv4(p, n, cut, ret);
	return p[0] >> 4 == 6 ? parse_ipv6(p, n, cut, ret) : -EINVAL;
}

/* --- comparing ---------------------------------------------------------------------------------------------------------------- */

static bool any_port(const struct traffic_selector *ts)
{
	return ts->port_first == 0 && ts->port_last == 0xffff;
}

static bool opaque_port(const struct traffic_selector *ts)	/* RFC 7296 section 3.13.1: 65535..0 */
{
	return ts->port_first > ts->port_last;
}

static bool side_allows(const struct traffic_selector *ts, const struct ip_addr *addr, uint16_t port,
			const struct inner_packet *packet)
{
	if (!ip_range_has(&ts->range, addr) || (ts->proto && ts->proto != packet->proto))
		return false;
	if (any_port(ts))
		return true;
	if (opaque_port(ts))
		return !packet->ports_known;
	return packet->ports_known && port >= ts->port_first && port <= ts->port_last;
}

static bool pair_allows(const struct inner_packet *packet, const struct traffic_selector *src, unsigned src_count,
			const struct traffic_selector *dst, unsigned dst_count)
{
	bool src_ok = false, dst_ok = false;

	for (unsigned i = 0; i < src_count && !src_ok; i++)
		src_ok = side_allows(&src[i], &packet->src, packet->sport, packet);
	for (unsigned i = 0; i < dst_count && src_ok && !dst_ok; i++)
		dst_ok = side_allows(&dst[i], &packet->dst, packet->dport, packet);
	return dst_ok;
}

static bool is_icmp_error(const struct inner_packet *packet)
{
	unsigned type = packet->sport >> 8;

	if (!is_icmp(packet) || !packet->ports_known)
		return false;
	return packet->src.family == AF_INET6 ? type >= 1 && type <= 4 : type == 3 || type == 4 || type == 11 || type == 12;
}

bool packet_allowed(const uint8_t *p, const struct inner_packet *packet, const struct traffic_selector *src, unsigned src_count,
		    const struct traffic_selector *dst, unsigned dst_count)
{
	struct inner_packet cause;
	size_t at = packet->payload + 8;

	if (pair_allows(packet, src, src_count, dst, dst_count))
		return true;
	if (!is_icmp_error(packet) || at >= packet->length || packet_parse(p + at, packet->length - at, true, &cause))
		return false;
	/* The packet that caused the error went the other way. */
	return pair_allows(&cause, dst, dst_count, src, src_count);
}

bool packet_meets_policy(const struct inner_packet *packet, const struct plan_policy *policy)
{
	bool icmp = is_icmp(packet), sport_set = policy->sport || policy->sport_set, dport_set = policy->dport || policy->dport_set;
	/* In a policy, as in the kernel, the type stands in sport and the code in dport. */
	uint16_t sport = icmp ? packet->sport >> 8 : packet->sport, dport = icmp ? packet->dport & 0xff : packet->dport;

	if (!ip_prefix_has(&policy->src, &packet->src) || !ip_prefix_has(&policy->dst, &packet->dst))
		return false;
	if (policy->proto && policy->proto != packet->proto)
		return false;
	if (!sport_set && !dport_set)
		return true;
	return packet->ports_known && (!sport_set || sport == policy->sport) && (!dport_set || dport == policy->dport);
}

void packet_selectors(const struct inner_packet *packet, struct traffic_selector *ret_src, struct traffic_selector *ret_dst)
{
	struct ip_prefix src = ip_prefix_of_host(&packet->src), dst = ip_prefix_of_host(&packet->dst);

	*ret_src = ts_of_prefix(&src, packet->proto, packet->ports_known ? packet->sport : 0);
	*ret_dst = ts_of_prefix(&dst, packet->proto, packet->ports_known ? packet->dport : 0);
}

/* --- DSCP and ECN ------------------------------------------------------------------------------------------------------------- */

#define ECN_MASK	3u
enum { ECN_NOT_ECT = 0, ECN_ECT_1 = 1, ECN_ECT_0 = 2, ECN_CE = 3 };

uint8_t packet_tos(const uint8_t *p)
{
	return (uint8_t)(p[0] >> 4 == 4 ? p[1] : p[0] << 4 | p[1] >> 4);
}

static void set_tos(uint8_t *p, uint8_t tos)
{
	uint32_t sum;

	if (p[0] >> 4 == 6) {
		p[0] = (uint8_t)(0x60 | tos >> 4);
		p[1] = (uint8_t)((tos & 15) << 4 | (p[1] & 15));
		return;
	}
	/* RFC 1624 section 3: the sum of what changes is all that the checksum needs. */
	sum = (uint16_t)~be16(p + 10) + (uint32_t)(uint16_t)~be16(p);
	p[1] = tos;
	sum += be16(p);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	p[10] = (uint8_t)(~sum >> 8);
	p[11] = (uint8_t)~sum;
}

bool packet_take_ecn(uint8_t *p, uint8_t outer_tos)
{
	uint8_t tos = packet_tos(p);
	unsigned inner = tos & ECN_MASK, outer = outer_tos & ECN_MASK;

	if (outer == ECN_CE && inner == ECN_NOT_ECT)
		return false;
	if ((outer == ECN_CE && inner != ECN_CE) || (outer == ECN_ECT_1 && inner == ECN_ECT_0))
		set_tos(p, (uint8_t)((tos & ~ECN_MASK) | outer));
	return true;
}
