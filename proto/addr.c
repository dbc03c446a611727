/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>

/* --- addresses ------------------------------------------------------------------------------------------------------------------- */

int ip_addr_parse(struct slice text, struct ip_addr *ret)
{
	struct ip_addr a = { .family = AF_UNSPEC };
	char copy[IP_ADDR_TEXT];

	if (text.n == 0 || text.n >= sizeof copy || memchr(text.p, '\0', text.n))
		return -EINVAL;
	memcpy(copy, text.p, text.n);
	copy[text.n] = '\0';
	a.family = strchr(copy, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(a.family, copy, a.bytes) != 1)
		return -EINVAL;
	*ret = a;
	return 0;
}

char *ip_addr_format(const struct ip_addr *a, char text[IP_ADDR_TEXT])
{
	if (ip_addr_size(a) == 0 || !inet_ntop(a->family, a->bytes, text, IP_ADDR_TEXT))
		strcpy(text, "none");
	return text;
}

bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b)
{
	return ip_addr_cmp(a, b) == 0;
}

int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family) {
		/* AF_INET6 is not greater than AF_INET everywhere; the order must be the same on all machines. */
		return ip_addr_size(a) < ip_addr_size(b) ? -1 : 1;
	}
	return memcmp(a->bytes, b->bytes, ip_addr_size(a));
}

bool ip_addr_is_zero(const struct ip_addr *a)
{
	for (size_t i = 0; i < ip_addr_size(a); i++)
		if (a->bytes[i])
			return false;
	return ip_addr_size(a) != 0;
}

int ip_addr_from_sockaddr(const struct sockaddr *sa, struct ip_addr *ret_addr, uint16_t *ret_port)
{
	struct ip_addr a = { .family = sa->sa_family };

	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, sa, sizeof in);
		memcpy(a.bytes, &in.sin_addr, 4);
		*ret_port = ntohs(in.sin_port);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, sa, sizeof in6);
		memcpy(a.bytes, &in6.sin6_addr, 16);
		*ret_port = ntohs(in6.sin6_port);
	} else {
		return -EINVAL;
	}
	*ret_addr = a;
	return 0;
}

socklen_t ip_addr_to_sockaddr(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *ret)
{
	memset(ret, 0, sizeof *ret);
	if (a->family == AF_INET) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

		memcpy(&in.sin_addr, a->bytes, 4);
		memcpy(ret, &in, sizeof in);
		return sizeof in;
	}
	if (a->family == AF_INET6) {
		struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

		memcpy(&in6.sin6_addr, a->bytes, 16);
		memcpy(ret, &in6, sizeof in6);
		return sizeof in6;
	}
	return 0;
}

/* --- prefixes -------------------------------------------------------------------------------------------------------------------- */

/* Mask of the bits of byte `i` that belong to a prefix of `len` bits. */
static uint8_t prefix_byte_mask(unsigned len, size_t i)
{
	unsigned before = (unsigned)i * 8;

	if (len <= before)
		return 0;
	return (uint8_t)(len >= before + 8 ? 0xff : 0xff << (8 - (len - before)));
}

int ip_prefix_parse(struct slice text, struct ip_prefix *ret, bool *ret_host_bits)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct ip_prefix p = { 0 };
	bool host_bits = false;
	uint64_t len;

	if (!slash || ip_addr_parse((struct slice){ text.p, (size_t)(slash - text.p) }, &p.addr) < 0)
		return -EINVAL;
	if (slice_to_u64(slice_sub(text, (size_t)(slash - text.p) + 1, text.n), ip_addr_bits(&p.addr), &len) < 0)
		return -EINVAL;
	p.len = (uint8_t)len;
	for (size_t i = 0; i < ip_addr_size(&p.addr); i++) {
		uint8_t mask = prefix_byte_mask(p.len, i);

		host_bits |= (p.addr.bytes[i] & (uint8_t)~mask) != 0;
		p.addr.bytes[i] &= mask;
	}
	*ret = p;
	if (ret_host_bits)
		*ret_host_bits = host_bits;
	return 0;
}

char *ip_prefix_format(const struct ip_prefix *p, char text[IP_PREFIX_TEXT])
{
	char addr[IP_ADDR_TEXT];

	snprintf(text, IP_PREFIX_TEXT, "%s/%u", ip_addr_format(&p->addr, addr), p->len);
	return text;
}

struct ip_prefix ip_prefix_of_host(const struct ip_addr *a)
{
	return (struct ip_prefix){ .addr = *a, .len = (uint8_t)ip_addr_bits(a) };
}

bool ip_prefix_eq(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len == b->len && ip_addr_eq(&a->addr, &b->addr);
}

bool ip_prefix_has(const struct ip_prefix *p, const struct ip_addr *a)
{
	if (p->addr.family != a->family || ip_addr_size(a) == 0)
		return false;
	for (size_t i = 0; i < ip_addr_size(a); i++)
		if ((a->bytes[i] ^ p->addr.bytes[i]) & prefix_byte_mask(p->len, i))
			return false;
	return true;
}

int ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int order = ip_addr_cmp(&a->addr, &b->addr);

	return order ? order : (a->len > b->len) - (a->len < b->len);
}

bool ip_prefix_contains(const struct ip_prefix *outer, const struct ip_prefix *inner)
{
	return outer->len <= inner->len && ip_prefix_has(outer, &inner->addr);
}

bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b)
{
	return a->len <= b->len ? ip_prefix_has(a, &b->addr) : ip_prefix_has(b, &a->addr);
}

/* --- ranges ---------------------------------------------------------------------------------------------------------------------- */

struct ip_range ip_range_of_prefix(const struct ip_prefix *p)
{
	struct ip_range r = { .first = p->addr, .last = p->addr };

	for (size_t i = 0; i < ip_addr_size(&p->addr); i++) {
		r.first.bytes[i] &= prefix_byte_mask(p->len, i);
		r.last.bytes[i] |= (uint8_t)~prefix_byte_mask(p->len, i);
	}
	return r;
}

bool ip_range_to_prefix(const struct ip_range *r, struct ip_prefix *ret)
{
	for (unsigned len = 0; len <= ip_addr_bits(&r->first); len++) {
		struct ip_prefix p = { .addr = r->first, .len = (uint8_t)len };
		struct ip_range all = ip_range_of_prefix(&p);

		if (ip_addr_eq(&all.first, &r->first) && ip_addr_eq(&all.last, &r->last)) {
			*ret = p;
			return true;
		}
	}
	return false;
}

/* The shortest prefix that begins at `first` and does not go beyond `last`; *ret_end is its last address. */
static struct ip_prefix longest_run(const struct ip_addr *first, const struct ip_addr *last, struct ip_addr *ret_end)
{
	struct ip_prefix p = { .addr = *first };

	for (;; p.len++) {
		struct ip_range all = ip_range_of_prefix(&p);

		*ret_end = all.last;
		if (ip_addr_eq(&all.first, first) && ip_addr_cmp(&all.last, last) <= 0)
			return p;
	}
}

void ip_addr_increment(struct ip_addr *a)
{
	for (size_t i = ip_addr_size(a); i-- > 0 && ++a->bytes[i] == 0; )
		;
}

size_t ip_range_to_prefixes(const struct ip_range *r, struct ip_prefix *ret, size_t room)
{
	struct ip_addr at = r->first, end;

	for (size_t n = 0; n < room; n++) {
		ret[n] = longest_run(&at, &r->last, &end);
		if (ip_addr_eq(&end, &r->last))
			return n + 1;
		at = end;
		ip_addr_increment(&at);
	}
	return room + 1;
}

bool ip_range_has(const struct ip_range *r, const struct ip_addr *a)
{
	return r->first.family == a->family && ip_addr_cmp(&r->first, a) <= 0 && ip_addr_cmp(a, &r->last) <= 0;
}

bool ip_range_contains(const struct ip_range *outer, const struct ip_range *inner)
{
	return ip_range_has(outer, &inner->first) && ip_range_has(outer, &inner->last);
}

char *ip_range_format(const struct ip_range *r, char text[IP_RANGE_TEXT])
{
	char first[IP_ADDR_TEXT], last[IP_ADDR_TEXT];
	struct ip_prefix p;

	if (ip_range_to_prefix(r, &p)) {
		snprintf(text, IP_RANGE_TEXT, "%s/%u", ip_addr_format(&p.addr, first), p.len);
		return text;
	}
	snprintf(text, IP_RANGE_TEXT, "%s-%s", ip_addr_format(&r->first, first), ip_addr_format(&r->last, last));
	return text;
}

/* --- traffic selectors ----------------------------------------------------------------------------------------------------------- */

static bool ports_any(const struct traffic_selector *ts)
{
	return ts->port_first == 0 && ts->port_last == UINT16_MAX;
}

static bool ports_opaque(const struct traffic_selector *ts)
{
	return ts->port_first == UINT16_MAX && ts->port_last == 0;
}

struct traffic_selector ts_of_prefix(const struct ip_prefix *p, uint8_t proto, uint16_t port)
{
	return (struct traffic_selector){
		.range = ip_range_of_prefix(p),
		.proto = proto,
		.port_first = port,
		.port_last = port ? port : UINT16_MAX,
	};
}

bool ts_eq(const struct traffic_selector *a, const struct traffic_selector *b)
{
	return ip_addr_eq(&a->range.first, &b->range.first) && ip_addr_eq(&a->range.last, &b->range.last) && a->proto == b->proto &&
		a->port_first == b->port_first && a->port_last == b->port_last;
}

bool ts_contains(const struct traffic_selector *outer, const struct traffic_selector *inner)
{
	if (!ip_range_contains(&outer->range, &inner->range) || (outer->proto && outer->proto != inner->proto))
		return false;
	if (ports_any(outer))
		return true;
	if (ports_opaque(outer) || ports_opaque(inner))
		return ports_opaque(outer) && ports_opaque(inner);
	return outer->port_first <= inner->port_first && inner->port_last <= outer->port_last;
}

/* OPAQUE means that the port is not to be seen (RFC 4301 section 4.4.1.1): it meets "any" and itself, no number. */
static bool ports_intersect(const struct traffic_selector *a, const struct traffic_selector *b, struct traffic_selector *ret)
{
	if (ports_opaque(a) || ports_opaque(b)) {
		if (!(ports_opaque(a) || ports_any(a)) || !(ports_opaque(b) || ports_any(b)))
			return false;
		ret->port_first = UINT16_MAX;
		ret->port_last = 0;
		return true;
	}
	ret->port_first = a->port_first > b->port_first ? a->port_first : b->port_first;
	ret->port_last = a->port_last < b->port_last ? a->port_last : b->port_last;
	return ret->port_first <= ret->port_last;
}

bool ts_intersect(const struct traffic_selector *a, const struct traffic_selector *b, struct traffic_selector *ret)
{
	struct traffic_selector both = { .proto = a->proto ? a->proto : b->proto };

	if (a->range.first.family != b->range.first.family || (a->proto && b->proto && a->proto != b->proto))
		return false;
	both.range.first = ip_addr_cmp(&a->range.first, &b->range.first) > 0 ? a->range.first : b->range.first;
	both.range.last = ip_addr_cmp(&a->range.last, &b->range.last) < 0 ? a->range.last : b->range.last;
	if (ip_addr_cmp(&both.range.first, &both.range.last) > 0 || !ports_intersect(a, b, &both))
		return false;
	*ret = both;
	return true;
}

static void format_ports(const struct traffic_selector *ts, char *text, size_t size)
{
	bool icmp = ts->proto == IPPROTO_ICMP || ts->proto == IPPROTO_ICMPV6;
	unsigned first = ts->port_first, last = ts->port_last;

	if (ports_any(ts))
		text[0] = '\0';
	else if (ports_opaque(ts))
		snprintf(text, size, "/opaque");
	else if (icmp && first == last)
		snprintf(text, size, "/%u/%u", first >> 8, first & 0xff);
	else if (icmp && (first & 0xff) == 0 && last == (first | 0xff))
		snprintf(text, size, "/%u", first >> 8);
	else if (first == last)
		snprintf(text, size, "/%u", first);
	else
		snprintf(text, size, "/%u-%u", first, last);
}

char *ts_format(const struct traffic_selector *ts, char text[TS_TEXT])
{
	char range[IP_RANGE_TEXT], ports[16], number[8];
	const char *proto = proto_name(ts->proto);

	ip_range_format(&ts->range, range);
	format_ports(ts, ports, sizeof ports);
	if (ts->proto == 0 && ports[0] == '\0') {
		snprintf(text, TS_TEXT, "%s", range);
		return text;
	}
	snprintf(number, sizeof number, "%u", ts->proto);
	snprintf(text, TS_TEXT, "%s[%s%s]", range, ts->proto == 0 ? "any" : proto ? proto : number, ports);
	return text;
}

/* --- IP protocols ---------------------------------------------------------------------------------------------------------------- */

/* The names of Debian's /etc/protocols (IANA's, with its few older synonyms after the usual one). */
static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{ "icmp", 1 }, { "igmp", 2 }, { "ggp", 3 }, { "ipencap", 4 }, { "st", 5 }, { "tcp", 6 }, { "egp", 8 }, { "igp", 9 },
	{ "pup", 12 }, { "udp", 17 }, { "hmp", 20 }, { "xns-idp", 22 }, { "rdp", 27 }, { "iso-tp4", 29 }, { "dccp", 33 }, { "xtp", 36 },
	{ "ddp", 37 }, { "idpr-cmtp", 38 }, { "ipv6", 41 }, { "ipv6-route", 43 }, { "ipv6-frag", 44 }, { "idrp", 45 }, { "rsvp", 46 },
	{ "gre", 47 }, { "esp", 50 }, { "ah", 51 }, { "skip", 57 }, { "ipv6-icmp", 58 }, { "ipv6-nonxt", 59 }, { "ipv6-opts", 60 },
	{ "rspf", 73 }, { "vmtp", 81 }, { "eigrp", 88 }, { "ospf", 89 }, { "ax.25", 93 }, { "ipip", 94 }, { "etherip", 97 },
	{ "encap", 98 }, { "pim", 103 }, { "ipcomp", 108 }, { "vrrp", 112 }, { "l2tp", 115 }, { "isis", 124 }, { "sctp", 132 },
	{ "fc", 133 }, { "mobility-header", 135 }, { "udplite", 136 }, { "mpls-in-ip", 137 }, { "manet", 138 }, { "hip", 139 },
	{ "shim6", 140 }, { "wesp", 141 }, { "rohc", 142 },
	{ "ipv4", 4 }, { "ospfigp", 89 }, { "icmpv6", 58 }, { "icmp6", 58 }, { "ipv6-crypt", 50 }, { "ipv6-auth", 51 },
};

const char *proto_name(uint8_t number)
{
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (protocols[i].number == number)
			return protocols[i].name;
	return NULL;
}

int proto_number(struct slice name_or_number, uint8_t *ret)
{
	uint64_t number;

	if (slice_to_u64(name_or_number, UINT8_MAX, &number) == 0) {
		*ret = (uint8_t)number;
		return 0;
	}
	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
		if (slice_eq_nocase(name_or_number, protocols[i].name)) {
			*ret = protocols[i].number;
			return 0;
		}
	return -EINVAL;
}
