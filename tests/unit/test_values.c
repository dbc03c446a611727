/* SPDX-License-Identifier: Apache-2.0 */
/* One value at a time: what it means, or what is said about it and under which characters. Answers of 4.10 were asked of Debian's pluto. */
#include "compiler/sema/values.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tap.h"

#define BASE 100		/* position of the value's first byte */

static struct arena arena;
static struct value last;

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

/* Parses KEY=TEXT; returns "" or the findings: "severity from-to message | caret; ..." */
static const char *parse_as(enum release release, enum quoting quoting, const char *key, const char *text)
{
	struct value_parser v = { .arena = &arena, .release = release, .key = slice_of(key), .conn = "a" };
	static const char *const severities[] = { "error", "warning", "note" };
	struct diag diag;
	char *out = "";
	bool good;

	diag_init(&diag, &arena, (struct diag_source){ NULL, nowhere });
	v.diag = &diag;
	v.keyword = schema_find(v.key, SECTION_CONN, &v.side);
	ck_assert_msg(v.keyword != NULL, "no keyword '%s'", key);
	if (v.keyword->section == SECTION_SETUP)
		v.conn = NULL;
	v.value = (struct syntax_value){ .text = slice_of(text), .span = { BASE, BASE + (uint32_t)strlen(text) }, .quoting = quoting };
	memset(&last, 0, sizeof last);
	good = value_parse(&v, &last);
	for (size_t i = 0; i < diag.findings.n; i++) {
		const struct finding *f = diag.findings.v[i];

		out = arena_printf(&arena, "%s%s%s %u-%u %s%s%s", out, i ? "; " : "", severities[f->severity], f->span.start - BASE,
				   f->span.end - BASE, f->message, f->label ? " | " : "", f->label ? f->label : "");
	}
	ck_assert_msg(good || diag.findings.n, "%s=%s is refused in silence", key, text);
	return good ? out : arena_printf(&arena, "%s", out[0] ? out : "refused");
}

#define parse(key, text)	parse_as(RELEASE_4_10, QUOTING_NONE, key, text)
#define good(key, text)		ck_assert_str_eq(parse(key, text), "")

/* L-051 */
START_TEST(booleans_by_release)
{
	static const char *const yes[] = { "yes", "y", "true", "on" }, *const no[] = { "no", "n", "false", "off" };

	for (size_t i = 0; i < 4; i++) {
		good("pfs", yes[i]);
		ck_assert(last.boolean);
		good("pfs", no[i]);
		ck_assert(!last.boolean);
	}
	ck_assert_str_eq(parse("pfs", "maybe"), "error 0-5 'maybe' is neither yes nor no");
	ck_assert_str_eq(parse("pfs", "Yes"), "error 0-3 'Yes' is neither yes nor no");
	ck_assert_str_eq(parse("pfs", "1"), "error 0-1 '1' is neither yes nor no");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "pfs", "YES"), "");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "pfs", "1"), "");
	ck_assert(last.boolean);
}
END_TEST

/* L-058, L-059, C-100 */
START_TEST(words_by_release)
{
	good("auto", "START");
	ck_assert_str_eq(last.word->meaning, "start");
	good("auto", "route");
	ck_assert_str_eq(last.word->meaning, "ondemand");
	ck_assert_str_eq(parse("auto", "strat"), "error 0-5 'strat' is no value of auto");
	/* L-048: before 5.x a number is stored as a word's code, and the conn loads */
	ck_assert_str_eq(parse("type", "2"), "warning 0-1 '2' is no value of type");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "type", "2"), "error 0-1 '2' is no value of type");
	/* read as texts, and ignored at the start (run with 4.10) */
	ck_assert_str_eq(parse("protostack", "klips"), "warning 0-5 'klips' is no value of protostack");
	/* the manual has yes and no, the programs before 5.x do not (D-040) */
	ck_assert_str_eq(parse("leftsendcert", "yes"), "error 0-3 'yes' is no value of leftsendcert");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftsendcert", "yes"), "");
	good("authby", "secret,rsasig");
	ck_assert_uint_eq(last.words.n, 2);
	ck_assert_str_eq(parse("authby", "psk"), "error 0-3 'psk' is no value of authby");
	ck_assert_str_eq(parse("authby", "secret,SECRET"), "error 7-13 'SECRET' is no value of authby");
	/* C-100, run: 4.10 splits at commas only, and compares what is left with its blanks */
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "authby", "secret, rsasig"), "error 7-14 ' rsasig' is no value of authby");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_QUOTES, "authby", "secret, rsasig"), "");
	ck_assert_str_eq(parse("authby", "secret|rsasig"), "error 0-13 'secret|rsasig' is no value of authby");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "authby", "secret|rsasig"), "");
	ck_assert_str_eq(parse("plutodebug", "base xyzzy"), "error 5-10 'xyzzy' is no value of plutodebug");
	ck_assert_str_eq(parse("ikev1-policy", "acept"), "error 0-5 'acept' is no value of ikev1-policy");
	/* run: "all" and "none" are compared with case, the others without */
	ck_assert_str_eq(parse("plutodebug", "ALL"), "error 0-3 'ALL' is no value of plutodebug");
	good("plutodebug", "Base");
}
END_TEST

/* L-033b, L-048, L-058, C-006; run with 4.10, which reads one word and stops at what it does not know. */
START_TEST(words_that_are_taken_otherwise)
{
	ck_assert_str_eq(parse("auto", "add,foo"), "warning 3-7 auto takes one word");
	ck_assert_str_eq(last.word->meaning, "add");
	ck_assert_str_eq(parse("auto", "foo,add"), "error 0-7 'foo,add' is no value of auto");
	ck_assert_str_eq(parse("auto", "add,start"), "error 0-9 'add,start' is no value of auto");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "auto", "add,foo"), "error 0-7 'add,foo' is no value of auto");
	ck_assert_str_eq(parse("auto", ":"), "warning 0-1 auto has no value");
	ck_assert_str_eq(parse("auto", "%forever"), "warning 0-8 '%forever' is no value of auto");
	/* codes: 2 is passthrough, ikev2=0 is never, phase2= is two bits of which one must be set */
	parse("type", "2");
	ck_assert_str_eq(last.word->meaning, "passthrough");
	parse("ikev2", "0");
	ck_assert_ptr_eq(last.word, schema_value(schema_find(slice_of("ikev2"), SECTION_CONN, &(enum side){ SIDE_NONE }), slice_of("never"),
						 RELEASE_4_10));
	ck_assert_str_eq(parse("phase2", "0"), "error 0-1 '0' is no value of phase2");
	ck_assert_str_eq(parse("phase2", "3"), "error 0-1 '3' is no value of phase2");
	ck_assert_str_eq(parse("phase2", "1"), "warning 0-1 '1' is no value of phase2");
	/* a text that is the number 0 */
	ck_assert_str_eq(parse("mark", "%forever"), "error 0-8 unquoted digits are no text to libreswan 4.10; "
						    "warning 0-8 the mark '%forever' is no number");
	ck_assert_str_eq(parse("rekeyfuzz", "%forever"), "error 0-8 '%forever' is no percentage");
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "rekeyfuzz", "50"), "warning 0-2 the % is missing");
}
END_TEST

/* L-051; run with 4.10: its scanner skips what begins no word, so that "On" is the "n" of no. */
START_TEST(booleans_that_are_misread)
{
	static const char *const no[] = { "On", "!no", "xn", "!off" }, *const neither[] = { "Yes", "ON", "oN", "yess", "Off", "!", "No" };

	for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
		ck_assert_str_eq(parse("pfs", no[i]), arena_printf(&arena, "warning 0-%zu '%s' is neither yes nor no", strlen(no[i]), no[i]));
		ck_assert(!last.boolean);
	}
	parse("pfs", "!yes");
	ck_assert(last.boolean);
	for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
		ck_assert_str_eq(parse("pfs", neither[i]),
				 arena_printf(&arena, "error 0-%zu '%s' is neither yes nor no", strlen(neither[i]), neither[i]));
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "pfs", "On"), "");
	ck_assert(last.boolean);
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "pfs", "yes"), "");
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_BRACES, "pfs", "yes"), "error 0-3 'yes' is neither yes nor no");
}
END_TEST

/* L-049, run with 4.10: an empty text is still a text. */
START_TEST(empty_texts)
{
	static const char *const refused[] = { "pfs", "leftsubnet", "leftsubnets", "leftprotoport", "leftvti", "leftaddresspool", "leftckaid",
					       "leftrsasigkey", "authby", "phase2" };
	static const char *const loaded[] = { "leftid", "ike", "auto", "ikelifetime", "reqid", "rekeyfuzz" };

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, refused[i], ""),
				 arena_printf(&arena, "error 0-0 %s has no value", refused[i]));
	for (size_t i = 0; i < sizeof loaded / sizeof *loaded; i++)
		ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, loaded[i], ""),
				 arena_printf(&arena, "warning 0-0 %s has no value", loaded[i]));
}
END_TEST

/* L-052, L-054, L-057 */
START_TEST(numbers)
{
	good("replay-window", "128");
	ck_assert_uint_eq(last.number, 128);
	good("keyingtries", "%forever");
	ck_assert_uint_eq(last.number, 0);
	ck_assert_str_eq(parse("mtu", "many"), "warning 0-4 'many' is no number");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "mtu", "many"), "error 0-4 'many' is no number");
	ck_assert_str_eq(parse("mtu", "4294967296"), "warning 0-10 '4294967296' is too large for mtu");
	good("nhelpers", "-1");
	good("ipsec-max-bytes", "5KiB");
	ck_assert_uint_eq(last.number, 5 * 1024);
	ck_assert_str_eq(parse("ipsec-max-packets", "5KiB"), "warning 1-4 'KiB' is no unit of count");
	good("rekeyfuzz", "50%");
	ck_assert_uint_eq(last.number, 50);
	ck_assert_str_eq(parse("rekeyfuzz", "50"), "error 0-2 the % is missing");
	ck_assert_str_eq(parse("rekeyfuzz", "50 %"), "warning 2-4 ' %' is not %");
	ck_assert_str_eq(parse("leftikeport", "70000"), "warning 0-5 '70000' is too large for leftikeport");
}
END_TEST

/* L-055, L-056, S-302, C-186 */
START_TEST(times)
{
	good("salifetime", "8h");
	ck_assert_uint_eq(last.number, 8 * 3600);
	good("salifetime", "90M");
	ck_assert_uint_eq(last.number, 90 * 60);
	good("ikelifetime", "3600");
	ck_assert_uint_eq(last.number, 3600);
	good("retransmit-interval", "500");
	ck_assert_uint_eq(last.number, 500);
	good("retransmit-interval", "2s");
	ck_assert_uint_eq(last.number, 2000);
	ck_assert_str_eq(parse("ikelifetime", "25x"), "warning 2-3 'x' is no unit of time");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "ikelifetime", "25x"), "error 2-3 'x' is no unit of time");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "ikelifetime", "8H"), "error 1-2 'H' is no unit of time");
	ck_assert_str_eq(parse("salifetime", "abc"), "warning 0-3 'abc' is no time");
	ck_assert_str_eq(parse("salifetime", "1h30m"), "warning 1-5 'h30m' is no unit of time");
	ck_assert_str_eq(parse("salifetime", "1.5h"), "warning 0-4 libreswan 4.10 reads no decimal times");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "salifetime", "1.5h"), "");
	ck_assert_uint_eq(last.number, 5400);
	ck_assert_str_eq(parse("salifetime", "9999999w"), "warning 0-8 '9999999w' is more than 4294967295 seconds");
}
END_TEST

/* L-048, L-049 */
START_TEST(digits_and_nothing)
{
	ck_assert_str_eq(parse("leftprotoport", "17"), "error 0-2 unquoted digits are no text to libreswan 4.10");
	ck_assert_uint_eq(last.proto, 17);
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "leftprotoport", "17"), "");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftprotoport", "17"), "");
	ck_assert_str_eq(parse("mark", "5"), "error 0-1 unquoted digits are no text to libreswan 4.10");
	ck_assert_str_eq(parse("leftid", ""), "warning 0-0 leftid has no value");
	ck_assert_str_eq(parse("pfs", ""), "error 0-0 pfs has no value");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "leftid", ""), "error 0-0 leftid has no value");
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "leftupdown", ""), "");
}
END_TEST

/* C-002, C-021, C-038, S-075 ... S-082 */
START_TEST(hosts)
{
	good("left", "192.0.2.1");
	ck_assert_int_eq(last.host_kind, IR_HOST_ADDR);
	good("left", "0.0.0.0");
	ck_assert_int_eq(last.host_kind, IR_HOST_ANY);
	good("right", "%Any");
	ck_assert_int_eq(last.host_kind, IR_HOST_ANY);
	good("left", "%defaultroute");
	ck_assert_int_eq(last.host_kind, IR_HOST_DEFAULTROUTE);
	good("left", "%eth0");
	ck_assert_int_eq(last.host_kind, IR_HOST_INTERFACE);
	ck_assert_str_eq(last.text, "eth0");
	good("right", "vpn.example.com.");
	ck_assert_int_eq(last.host_kind, IR_HOST_NAME);
	ck_assert_str_eq(parse("right", "not-an-ip..addr"), "warning 9-11 'not-an-ip..addr' is neither an address nor a host name");
	ck_assert_str_eq(parse("right", "1.2.3.256"), "warning 6-9 '1.2.3.256' is neither an address nor a host name");
	ck_assert_str_eq(parse("right", "2001:db8::zz"), "warning 0-12 '2001:db8::zz' is neither an address nor a host name");
	ck_assert_str_eq(parse("right", "a b"), "warning 1-2 'a b' is neither an address nor a host name");
	ck_assert_str_eq(parse("right", "10"), "error 0-2 '10' is neither an address nor a host name");
}
END_TEST

static const char *prefix_text(void)
{
	static char text[IP_PREFIX_TEXT];

	return ip_prefix_format(&last.prefix, text);
}

/* C-050 ... C-057, S-085 */
START_TEST(subnets)
{
	static const char *const forms[][2] = {
		{ "10.0.0.0/8", "10.0.0.0/8" }, { "10/8", "10.0.0.0/8" }, { "10.1/16", "10.1.0.0/16" }, { "0/0", "0.0.0.0/0" },
		{ "10.0.0.0/255.0.0.0", "10.0.0.0/8" }, { "2001:db8::/32", "2001:db8::/32" }, { "::/0", "::/0" },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		good("leftsubnet", forms[i][0]);
		ck_assert_str_eq(prefix_text(), forms[i][1]);
	}
	ck_assert_str_eq(parse("leftsubnet", "10.20.0.0/33"), "error 10-12 prefix length 33 is longer than an IPv4 address | at most 32");
	ck_assert_str_eq(parse("leftsubnet", "2001:db8::/129"), "error 11-14 prefix length 129 is longer than an IPv6 address | at most 128");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.0"), "error 0-8 the subnet '10.0.0.0' has no length");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftsubnet", "10.0.0.0"), "");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.0/"), "error 8-9 the prefix length is missing behind '/'");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.0/x"), "error 9-10 'x' is no prefix length");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.0/255.0.255.0"), "error 9-20 the mask '255.0.255.0' has holes");
	ck_assert_str_eq(parse("leftsubnet", "10.0.300.0/24"), "error 5-8 '10.0.300.0' is no IP address | at most 255");
	ck_assert_str_eq(parse("leftsubnet", "foo/24"), "error 0-3 'foo' is no IP address");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.5/24"), "warning 0-11 '10.0.0.5/24' has bits set behind the prefix length");
	ck_assert_str_eq(prefix_text(), "10.0.0.0/24");
	ck_assert_str_eq(parse("leftsubnet", "10.0.0.0/24,10.1.0.0/24"), "error 0-23 leftsubnet takes one subnet");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftsubnet", "10.0.0.0/24,10.1.0.0/24"), "");
	ck_assert_uint_eq(last.prefixes.n, 2);
	good("rightsubnet", "vhost:%priv");
	ck_assert(!last.has_prefix);
}
END_TEST

/* C-064: every bad element has its own caret. */
START_TEST(lists_of_subnets)
{
	good("leftsubnets", "10.0.0.0/24 10.1.0.0/24,10.2.0.0/24");
	ck_assert_uint_eq(last.prefixes.n, 3);
	ck_assert_str_eq(parse("leftsubnets", "10.0.0.0/24,junk,10.1.0.0/33"),
			 "error 12-16 'junk' is no IP address; error 26-28 prefix length 33 is longer than an IPv4 address | at most 32");
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_BRACES, "leftsubnets", " "), "error 0-1 the list of subnets is empty");
	good("virtual-private", "%v4:10.0.0.0/8,%v4:!10.1.0.0/16,%v6:fd00::/8");
	ck_assert_str_eq(parse("virtual-private", "%v4:10.0.0.0/8,10.1.0.0/16"), "error 15-26 '10.1.0.0/16' does not begin with %v4: or %v6:");
}
END_TEST

/* C-039, C-240 ... C-242, C-031 */
START_TEST(addresses_and_ranges)
{
	good("leftsourceip", "10.1.2.3");
	/* 4.10 asks inet_aton(3) (run) */
	ck_assert_str_eq(parse("leftsourceip", "10.1.2"), "warning 0-6 '10.1.2' is not how addresses are written");
	ck_assert_int_eq(last.addr.bytes[3], 2);
	ck_assert_str_eq(parse("leftsourceip", "08.1.1.1"), "error 0-8 '08.1.1.1' is no IP address");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftsourceip", "10.1.2"), "error 0-6 '10.1.2' is no IP address");
	ck_assert_str_eq(parse("leftaddresspool", "2001:db8::9"), "error 0-11 an IPv6 address pool must be a subnet");
	ck_assert_str_eq(parse("leftvti", "0.0.0.0/24"), "error 0-10 leftvti cannot be the address zero");
	ck_assert_str_eq(parse("leftsourceip", "10.1.2.999"), "error 7-10 '10.1.2.999' is no IP address | at most 255");
	good("leftnexthop", "%defaultroute");
	ck_assert_str_eq(parse("leftnexthop", "%direct"), "error 0-7 libreswan 4.10 does not take '%direct'");
	good("rightaddresspool", "10.9.0.1-10.9.0.9");
	good("rightaddresspool", "10.9.0.0/24");
	ck_assert_str_eq(parse_as(RELEASE_3_18, QUOTING_NONE, "rightaddresspool", "10.9.0.0/24"),
			 "error 0-11 libreswan 3.18 takes a range FIRST-LAST only");
	ck_assert_str_eq(parse("rightaddresspool", "10.9.0.9-10.9.0.1"), "error 0-17 the range begins above its end");
	ck_assert_str_eq(parse("rightaddresspool", "10.9.0.1-x"), "error 9-10 'x' is no IP address");
	ck_assert_str_eq(parse("rightaddresspool", "10.9.0.1-::1"), "error 0-12 the range begins and ends in different address families");
	ck_assert_str_eq(parse("modecfgdns", "8.8.8.8, x"), "error 9-10 'x' is no IP address");
}
END_TEST

/* C-080 ... C-091, S-100 ... S-109 */
START_TEST(protocols_and_ports)
{
	good("leftprotoport", "tcp/22");
	ck_assert(last.proto == 6 && last.port == 22);
	good("leftprotoport", "udp/l2tp");
	ck_assert(last.proto == 17 && last.port == 1701);
	good("leftprotoport", "udp/%any");
	ck_assert(last.port_any);
	good("leftprotoport", "ipv6-icmp/34816");
	ck_assert(last.proto == 58 && last.port == 34816);
	good("leftprotoport", "0x11/0x6a5");
	ck_assert(last.proto == 17 && last.port == 1701);
	good("leftprotoport", "tcp/");
	good("leftprotoport", "%any");
	ck_assert_str_eq(parse("leftprotoport", "tpc/22"), "error 0-3 'tpc' is no IP protocol");
	ck_assert_str_eq(parse("leftprotoport", "tcp/99999"), "error 4-9 port 99999 is above 65535");
	ck_assert_str_eq(parse("leftprotoport", "tcp/nosuch"), "warning 4-10 'nosuch' is no service that ipsecc knows");
	ck_assert_str_eq(parse("leftprotoport", "/22"), "error 0-3 the protocol is missing");
	ck_assert_str_eq(parse("leftprotoport", "0/22"), "error 2-4 a port needs a protocol");
	ck_assert_str_eq(parse_as(RELEASE_4_10, QUOTING_QUOTES, "leftprotoport", "256"), "error 0-3 protocol 256 is above 255");
}
END_TEST

/* C-116 ... C-121, C-131, C-133, C-141 */
START_TEST(identities_and_texts)
{
	good("leftid", "@hq.example");
	ck_assert_int_eq(last.id.type, IDENT_FQDN);
	good("leftid", "%fromcert");
	ck_assert_str_eq(parse("leftid", "vpn.example.com"), "warning 0-15 the identity 'vpn.example.com' is looked up as a host name");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftid", "vpn.example.com"),
			 "error 0-15 the identity 'vpn.example.com' is looked up as a host name");
	ck_assert_str_eq(parse("leftid", "C=DE, XY=gw, O=x"),
			 "warning 6-11 'C=DE, XY=gw, O=x' is no identity: no such attribute of a distinguished name");
	ck_assert_str_eq(parse("leftid", "@#01x2"), "warning 4-6 '@#01x2' is no identity: this is no hexadecimal digit");
	ck_assert_str_eq(parse_as(RELEASE_5_4, QUOTING_NONE, "leftid", "@#01x2"), "error 4-6 '@#01x2' is no identity: this is no hexadecimal digit");
	ck_assert_str_eq(parse("leftckaid", "abc"), "error 0-3 the number of hexadecimal digits is odd");
	ck_assert_str_eq(parse("leftckaid", "abxd"), "error 2-3 'x' is no hexadecimal digit");
	good("leftckaid", "ab_cd");
	ck_assert_str_eq(parse("leftckaid", "ab:cd"), "error 2-3 ':' is no hexadecimal digit");	/* run */
	ck_assert_str_eq(parse("leftrsasigkey", "hello"), "error 0-5 a public key begins with 0s or 0x");
	/* C-133, C-135: what Debian's 4.10 says of them when it is run */
	ck_assert_str_eq(parse("leftrsasigkey", "%dnsonload"), "error 0-10 a public key begins with 0s or 0x");
	ck_assert_str_eq(parse("leftrsasigkey", "0sAQO"), "error 5-5 the key is cut off here");
	ck_assert_str_eq(parse("leftrsasigkey", "0sAQ.."), "error 4-5 '.' is no digit of an encoded key");
	ck_assert_str_eq(parse("leftrsasigkey", "0sABCD"), "error 0-6 the key is too short for its exponent of 4227 bytes");
	ck_assert_str_eq(parse("leftrsasigkey", "0x030100010203"), "error 0-14 the modulus has 2 bytes, at least 64 are needed");
	ck_assert_str_eq(parse("leftecdsakey", "0sBG8="), "error 0-6 libreswan 4.10 dies when it gets this key");
	ck_assert_str_eq(parse("leftpubkey", "MFkwEwYH"), "error 8-8 the key is cut off here");
	ck_assert_str_eq(parse("leftpubkey", "0sMFkw"), "error 6-6 the key is cut off here");
	good("leftpubkey", "MAMBAgM=");
	ck_assert_str_eq(parse("leftca", "nonsense"),
			 "warning 0-8 'nonsense' is no distinguished name: a distinguished name is ATTRIBUTE=VALUE, ...");
	ck_assert_str_eq(parse("vti-interface", "abcdefghijklmnopq"),
			 "warning 15-17 an interface name has 15 characters at most | 2 too many");
}
END_TEST

/* 4.10 forgets a bad mark and loads the conn. */
START_TEST(marks)
{
	good("mark", "0x5/0xff");
	ck_assert(last.mark.value == 5 && last.mark.mask == 0xff);
	good("mark-in", "-1");
	ck_assert(last.mark.value == UINT32_MAX && last.mark.mask == UINT32_MAX);
	ck_assert_str_eq(parse("mark", "7/0xfffffffff"), "warning 2-13 the mask '0xfffffffff' has more than 32 bits | at most 0xffffffff");
	ck_assert_str_eq(parse("mark", "x"), "warning 0-1 the mark 'x' is no number");
	ck_assert_str_eq(parse("mark", "0x5/"), "warning 0-4 the mask is missing");
}
END_TEST

/* No input may crash; each is either good or has a finding. parse_as() asserts the second half. */
START_TEST(any_text_for_any_keyword)
{
	static const char *const texts[] = { "", "%", "/", "-", ":", "@", "=", ",", ".", "0x", "/0", "10/", "%any/", "a=", "\xff\xfe", "1.",
					     "1.2.3.4/-1", "99999999999999999999", "-0", "1%%", "5KiBB", "{", "@#", "@[", "vhost:", "0s",
					     "%v4:", "%v4:!", "1..2", "::/", "a-", "..", "tcp/0x" };

	for (unsigned id = 0; id < KW_COUNT; id++)
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
			for (int release = 0; release < RELEASE_COUNT; release++)
				if (keyword_table[id].type != TYPE_OBSOLETE)
					parse_as((enum release)release, i % 2 ? QUOTING_QUOTES : QUOTING_NONE, keyword_table[id].name, texts[i]);
}
END_TEST

TAP_MAIN("values", booleans_by_release, booleans_that_are_misread, words_by_release, words_that_are_taken_otherwise, empty_texts, numbers, times, digits_and_nothing, hosts, subnets, lists_of_subnets,
	 addresses_and_ranges, protocols_and_ports, identities_and_texts, marks, any_text_for_any_keyword)
