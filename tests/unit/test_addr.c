/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/addr.h"
#include "proto/prefix_set.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <netinet/in.h>

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	ck_assert_msg(ip_prefix_parse(slice_of(text), &p, NULL) == 0, "'%s' is no prefix", text);
	return p;
}

static struct traffic_selector selector(const char *text, uint8_t proto, uint16_t first, uint16_t last)
{
	struct ip_prefix p = prefix(text);
	struct traffic_selector ts = ts_of_prefix(&p, proto, 0);

	ts.port_first = first;
	ts.port_last = last;
	return ts;
}

START_TEST(addresses_of_both_families)
{
	static const char *const good[][2] = {
		{ "192.0.2.1", "192.0.2.1" }, { "0.0.0.0", "0.0.0.0" }, { "2001:DB8:0:0::1", "2001:db8::1" }, { "::", "::" },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.1" },
	};
	static const char *const bad[] = { "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4 ", "2001:db8::1::2", ":1", "fe80::1%eth0", "@x",
					   "1111111111111111111111111111111111111111111111111111" };
	char text[IP_ADDR_TEXT];

	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		struct ip_addr a;

		ck_assert_int_eq(ip_addr_parse(slice_of(good[i][0]), &a), 0);
		ck_assert_str_eq(ip_addr_format(&a, text), good[i][1]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct ip_addr a = { .family = 77 };

		ck_assert_msg(ip_addr_parse(slice_of(bad[i]), &a) == -EINVAL, "'%s' was taken", bad[i]);
		ck_assert_int_eq(a.family, 77);
	}
	ck_assert_int_eq(ip_addr_parse((struct slice){ "1.2.3.4\0", 8 }, &(struct ip_addr){ 0 }), -EINVAL);
}
END_TEST

START_TEST(prefix_drops_and_reports_host_bits)
{
	struct ip_prefix p;
	char text[IP_PREFIX_TEXT];
	bool host_bits;

	ck_assert_int_eq(ip_prefix_parse(SLICE("10.1.2.3/12"), &p, &host_bits), 0);
	ck_assert(host_bits);
	ck_assert_str_eq(ip_prefix_format(&p, text), "10.0.0.0/12");
	ck_assert_int_eq(ip_prefix_parse(SLICE("2001:db8::/32"), &p, &host_bits), 0);
	ck_assert(!host_bits);
	ck_assert_str_eq(ip_prefix_format(&p, text), "2001:db8::/32");
	ck_assert_int_eq(ip_prefix_parse(SLICE("10.0.0.0/33"), &p, NULL), -EINVAL);
	ck_assert_int_eq(ip_prefix_parse(SLICE("2001:db8::/129"), &p, NULL), -EINVAL);
	ck_assert_int_eq(ip_prefix_parse(SLICE("10.0.0.0"), &p, NULL), -EINVAL);
	ck_assert_int_eq(ip_prefix_parse(SLICE("10.0.0.0/"), &p, NULL), -EINVAL);
	ck_assert_str_eq(ip_prefix_format(&p, text), "2001:db8::/32");
}
END_TEST

START_TEST(prefixes_contain_and_overlap)
{
	struct ip_prefix ten = prefix("10.0.0.0/8"), net = prefix("10.20.0.0/16"), other = prefix("192.0.2.0/24"), six = prefix("::/0");
	struct ip_prefix all = prefix("0.0.0.0/0"), odd = prefix("10.16.0.0/13");
	struct ip_addr last = prefix("10.23.255.255/32").addr, after = prefix("10.24.0.0/32").addr;

	ck_assert(ip_prefix_contains(&ten, &net) && !ip_prefix_contains(&net, &ten));
	ck_assert(ip_prefix_contains(&all, &other) && !ip_prefix_contains(&six, &other));
	ck_assert(ip_prefix_overlaps(&net, &ten) && ip_prefix_overlaps(&ten, &net) && !ip_prefix_overlaps(&net, &other));
	ck_assert(ip_prefix_contains(&odd, &net) && !ip_prefix_overlaps(&six, &ten));
	ck_assert(ip_prefix_has(&odd, &last) && !ip_prefix_has(&odd, &after));
	ck_assert(ip_prefix_eq(&ten, &(struct ip_prefix){ ten.addr, 8 }) && !ip_prefix_eq(&ten, &all));
}
END_TEST

START_TEST(ranges_are_prefixes_where_they_can)
{
	struct ip_prefix p = prefix("10.0.0.0/9"), q;
	struct ip_range r = ip_range_of_prefix(&p), part = r;
	char text[IP_RANGE_TEXT];

	ck_assert_str_eq(ip_range_format(&r, text), "10.0.0.0/9");
	ck_assert(ip_range_to_prefix(&r, &q) && ip_prefix_eq(&p, &q));
	part.first = prefix("10.0.0.1/32").addr;
	ck_assert_str_eq(ip_range_format(&part, text), "10.0.0.1-10.127.255.255");
	ck_assert(!ip_range_to_prefix(&part, &q));
	ck_assert(ip_range_contains(&r, &part) && !ip_range_contains(&part, &r));
	ck_assert(!ip_range_has(&part, &p.addr));
	p = prefix("2001:db8::/127");
	r = ip_range_of_prefix(&p);
	ck_assert_str_eq(ip_range_format(&r, text), "2001:db8::/127");
}
END_TEST

/* RFC 7296 section 2.9, RFC 4301 section 4.4.1.1 (OPAQUE). */
START_TEST(selectors_intersect)
{
	struct traffic_selector net = selector("10.0.0.0/8", 0, 0, 65535), web = selector("10.1.0.0/16", IPPROTO_TCP, 443, 443), both;
	struct traffic_selector low = selector("0.0.0.0/0", IPPROTO_TCP, 0, 1023), opaque = selector("10.0.0.0/8", 0, 65535, 0);
	struct traffic_selector udp = selector("10.0.0.0/8", IPPROTO_UDP, 0, 65535);
	char text[TS_TEXT];

	ck_assert(ts_intersect(&net, &web, &both) && ts_eq(&both, &web));
	ck_assert(ts_intersect(&low, &web, &both) && ts_eq(&both, &web));
	ck_assert(ts_intersect(&low, &net, &both));
	ck_assert_str_eq(ts_format(&both, text), "10.0.0.0/8[tcp/0-1023]");
	ck_assert(!ts_intersect(&udp, &web, &both));
	ck_assert(ts_intersect(&opaque, &net, &both) && both.port_first == 65535 && both.port_last == 0);
	ck_assert(!ts_intersect(&opaque, &web, &both));
	ck_assert(ts_contains(&net, &web) && !ts_contains(&web, &net) && ts_contains(&low, &web) && !ts_contains(&udp, &web));
	ck_assert(ts_contains(&net, &opaque) && ts_contains(&opaque, &opaque) && !ts_contains(&opaque, &net));
	web = selector("2001:db8::/32", 0, 0, 65535);
	ck_assert(!ts_intersect(&net, &web, &both) && !ts_contains(&net, &web));
}
END_TEST

START_TEST(selectors_as_text)
{
	struct traffic_selector ts = selector("10.0.0.0/8", 0, 0, 65535);
	char text[TS_TEXT];

	ck_assert_str_eq(ts_format(&ts, text), "10.0.0.0/8");
	ts = selector("192.0.2.1/32", IPPROTO_UDP, 1701, 1701);
	ck_assert_str_eq(ts_format(&ts, text), "192.0.2.1/32[udp/1701]");
	ts = selector("192.0.2.1/32", IPPROTO_ICMP, 8 * 256, 8 * 256);
	ck_assert_str_eq(ts_format(&ts, text), "192.0.2.1/32[icmp/8/0]");
	ts = selector("192.0.2.1/32", IPPROTO_ICMP, 3 * 256, 3 * 256 + 255);
	ck_assert_str_eq(ts_format(&ts, text), "192.0.2.1/32[icmp/3]");
	ts = selector("192.0.2.1/32", 253, 0, 65535);
	ck_assert_str_eq(ts_format(&ts, text), "192.0.2.1/32[253]");
	ts = selector("192.0.2.1/32", IPPROTO_TCP, 65535, 0);
	ck_assert_str_eq(ts_format(&ts, text), "192.0.2.1/32[tcp/opaque]");
}
END_TEST

START_TEST(protocols_by_name_and_number)
{
	uint8_t n = 0;

	ck_assert_int_eq(proto_number(SLICE("UDP"), &n), 0);
	ck_assert_uint_eq(n, 17);
	ck_assert_int_eq(proto_number(SLICE("47"), &n), 0);
	ck_assert_str_eq(proto_name(n), "gre");
	ck_assert_int_eq(proto_number(SLICE("256"), &n), -EINVAL);
	ck_assert_int_eq(proto_number(SLICE("tpc"), &n), -EINVAL);
	ck_assert_int_eq(proto_number(SLICE(""), &n), -EINVAL);
	ck_assert_uint_eq(n, 47);
	ck_assert_ptr_null(proto_name(253));
}
END_TEST

START_TEST(socket_addresses_there_and_back)
{
	struct sockaddr_storage ss;
	struct ip_addr a = prefix("2001:db8::7/128").addr, b;
	uint16_t port;

	ck_assert_uint_eq(ip_addr_to_sockaddr(&a, 4500, &ss), sizeof(struct sockaddr_in6));
	ck_assert_int_eq(ip_addr_from_sockaddr((struct sockaddr *)&ss, &b, &port), 0);
	ck_assert(ip_addr_eq(&a, &b) && port == 4500);
	a = prefix("192.0.2.7/32").addr;
	ck_assert_uint_eq(ip_addr_to_sockaddr(&a, 500, &ss), sizeof(struct sockaddr_in));
	ck_assert_int_eq(ip_addr_from_sockaddr((struct sockaddr *)&ss, &b, &port), 0);
	ck_assert(ip_addr_eq(&a, &b) && port == 500);
	ss.ss_family = AF_UNIX;
	ck_assert_int_eq(ip_addr_from_sockaddr((struct sockaddr *)&ss, &b, &port), -EINVAL);
	b = prefix("::/128").addr;
	ck_assert(ip_addr_cmp(&a, &b) < 0 && ip_addr_cmp(&b, &a) > 0);
}
END_TEST

/* Which networks hold `inner`, from the smallest outwards: the names that they were added with. */
static const char *holders(struct arena *a, const struct prefix_set *set, const char *inner)
{
	struct ip_prefix p = prefix(inner);
	const char *all = "";

	for (const struct prefix_set_entry *e = prefix_set_holding(set, &p); e; e = prefix_set_outer(set, e))
		all = arena_printf(a, "%s%s", all, (const char *)e->owner);
	return all;
}

START_TEST(networks_that_hold_others)
{
	static const char *const added[] = { "10.1.0.0/16", "10.0.0.0/8", "192.168.0.0/24", "10.1.2.0/24", "10.1.0.0/16", "fd00::/8", "0.0.0.0/0" };
	static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g" };
	struct ip_range range = { prefix("10.1.1.200/32").addr, prefix("10.1.2.5/32").addr };
	struct prefix_set set = { 0 };
	struct arena a;

	arena_init(&a);
	ck_assert_str_eq(holders(&a, &set, "10.0.0.0/8"), "");
	for (size_t i = 0; i < 7; i++) {
		struct ip_prefix p = prefix(added[i]);

		prefix_set_add(&set, &a, &p, names[i]);
	}
	prefix_set_sort(&set);
	ck_assert_str_eq(holders(&a, &set, "10.1.2.3/32"), "deabg");	/* of equal ones the later first */
	ck_assert_str_eq(holders(&a, &set, "10.1.3.0/24"), "eabg");
	ck_assert_str_eq(holders(&a, &set, "10.2.0.0/16"), "bg");
	ck_assert_str_eq(holders(&a, &set, "10.0.0.0/7"), "g");
	ck_assert_str_eq(holders(&a, &set, "fd00::1/128"), "f");
	ck_assert_str_eq(holders(&a, &set, "fe00::1/128"), "");
	ck_assert_str_eq(prefix_set_touching(&set, &range)->owner, "d");	/* begins within the range */
	range.last = prefix("10.1.1.201/32").addr;
	ck_assert_str_eq(prefix_set_touching(&set, &range)->owner, "e");
	arena_release(&a);
}
END_TEST

TAP_MAIN("addr", addresses_of_both_families, prefix_drops_and_reports_host_bits, prefixes_contain_and_overlap,
	 ranges_are_prefixes_where_they_can, selectors_intersect, selectors_as_text, protocols_by_name_and_number,
	 socket_addresses_there_and_back, networks_that_hold_others)
