/* SPDX-License-Identifier: Apache-2.0 */
/* addr.h -- addresses, prefixes and ranges of both families, as values; and traffic selectors (RFC 7296 section 3.13.1).
 *
 * Parsers take a slice, return 0 or -EINVAL, leave *ret untouched on failure and never look anything up in the DNS.
 * Formatters write NUL-terminated text into a caller's array of the given size.
 */
#ifndef PROTO_ADDR_H
#define PROTO_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/slice.h"

struct ip_addr {
	sa_family_t family;	/* AF_INET, AF_INET6; AF_UNSPEC: none */
	uint8_t bytes[16];	/* network order; IPv4 uses the first four, the rest is zero */
};

struct ip_prefix {
	struct ip_addr addr;	/* host bits are zero */
	uint8_t len;
	uint8_t zero;		/* in place of padding: equal prefixes have equal bytes, and are keys of maps */
};

struct ip_range {
	struct ip_addr first, last;	/* same family, first <= last */
};

/* What a child SA may carry between two ends, seen from one of them. */
struct traffic_selector {
	struct ip_range range;
	uint8_t proto;			/* IP protocol, 0: any */
	uint16_t port_first, port_last;	/* 0..65535: any; 65535..0: opaque; ICMP: type * 256 + code */
};

#define IP_ADDR_TEXT	46	/* longest text with NUL */
#define IP_PREFIX_TEXT	50
#define IP_RANGE_TEXT	92
#define TS_TEXT		128

static inline size_t ip_addr_size(const struct ip_addr *a)	/* bytes: 4, 16, or 0 */
{
	return a->family == AF_INET ? 4 : a->family == AF_INET6 ? 16 : 0;
}

static inline unsigned ip_addr_bits(const struct ip_addr *a)
{
	return (unsigned)ip_addr_size(a) * 8;
}

int ip_addr_parse(struct slice text, struct ip_addr *ret);
char *ip_addr_format(const struct ip_addr *a, char text[IP_ADDR_TEXT]);
bool ip_addr_eq(const struct ip_addr *a, const struct ip_addr *b);
int ip_addr_cmp(const struct ip_addr *a, const struct ip_addr *b);	/* family first, then bytes */
bool ip_addr_is_zero(const struct ip_addr *a);				/* 0.0.0.0 or :: */
int ip_addr_from_sockaddr(const struct sockaddr *sa, struct ip_addr *ret_addr, uint16_t *ret_port);
socklen_t ip_addr_to_sockaddr(const struct ip_addr *a, uint16_t port, struct sockaddr_storage *ret);

/* Strict text: ADDR/LEN with LEN within the family. ret_host_bits (may be NULL) tells that bits beyond the length were set. */
int ip_prefix_parse(struct slice text, struct ip_prefix *ret, bool *ret_host_bits);
char *ip_prefix_format(const struct ip_prefix *p, char text[IP_PREFIX_TEXT]);
struct ip_prefix ip_prefix_of_host(const struct ip_addr *a);		/* /32 or /128 */
bool ip_prefix_eq(const struct ip_prefix *a, const struct ip_prefix *b);
int ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b);	/* by address, then the shorter first */
bool ip_prefix_contains(const struct ip_prefix *outer, const struct ip_prefix *inner);
bool ip_prefix_has(const struct ip_prefix *p, const struct ip_addr *a);
bool ip_prefix_overlaps(const struct ip_prefix *a, const struct ip_prefix *b);

struct ip_range ip_range_of_prefix(const struct ip_prefix *p);
/* The prefix that is exactly this range: true; else false. */
bool ip_range_to_prefix(const struct ip_range *r, struct ip_prefix *ret);
/* The fewest prefixes that are this range together, in order; returns their number, room + 1 when there is no room for all. */
size_t ip_range_to_prefixes(const struct ip_range *r, struct ip_prefix *ret, size_t room);
void ip_addr_increment(struct ip_addr *a);	/* the last one is followed by the first */
bool ip_range_contains(const struct ip_range *outer, const struct ip_range *inner);
bool ip_range_has(const struct ip_range *r, const struct ip_addr *a);
char *ip_range_format(const struct ip_range *r, char text[IP_RANGE_TEXT]);	/* a prefix where it is one, else A-B */

struct traffic_selector ts_of_prefix(const struct ip_prefix *p, uint8_t proto, uint16_t port);	/* port 0: any */
bool ts_eq(const struct traffic_selector *a, const struct traffic_selector *b);
bool ts_contains(const struct traffic_selector *outer, const struct traffic_selector *inner);
/* RFC 7296 section 2.9: what both allow; false when that is nothing. */
bool ts_intersect(const struct traffic_selector *a, const struct traffic_selector *b, struct traffic_selector *ret);
char *ts_format(const struct traffic_selector *ts, char text[TS_TEXT]);			/* 10.0.0.0/8[tcp/443] */

/* Protocol name as the "ip" program and /etc/protocols write it ("tcp"), or NULL: print the number. Both use one built-in table,
 * since a target host's /etc/protocols is not at hand. proto_number: -EINVAL when unknown. */
const char *proto_name(uint8_t number);
int proto_number(struct slice name_or_number, uint8_t *ret);

#endif
