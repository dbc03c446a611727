/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/lower/facts.h"
#include "tests/unit/tap.h"

#include <errno.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	struct host_facts *facts;
	char text[IP_ADDR_TEXT];
};

#define BASE 10u

/* One line; the first byte has position BASE. */
static struct diag_place locate(const void *context, uint32_t position)
{
	(void)context;
	return (struct diag_place){ .file = "host.json", .line = 1, .column = position - BASE + 1 };
}

static int read_text(struct fixture *x, const char *text)
{
	*x = (struct fixture){ 0 };
	arena_init(&x->arena);
	diag_init(&x->diag, &x->arena, (struct diag_source){ NULL, locate });
	return facts_read(&x->arena, slice_of(text), BASE, &x->diag, &x->facts);
}

/* Lines of iproute2 6.1, as they are. */
START_TEST(output_of_ip_is_read)
{
	static const char text[] =
		"{\"version\": 1, \"hostname\": \"gw\", \"fips\": false, \"algorithms\": [\"gcm(aes)\"], \"colour\": 5, "
		"\"addresses\": "
		"[{\"ifindex\":1,\"ifname\":\"lo\",\"flags\":[\"LOOPBACK\",\"UP\",\"LOWER_UP\"],\"mtu\":65536,"
		"\"operstate\":\"UNKNOWN\",\"addr_info\":"
		"[{\"family\":\"inet\",\"local\":\"127.0.0.1\",\"prefixlen\":8,\"scope\":\"host\",\"label\":\"lo\","
		"\"valid_life_time\":4294967295}]},"
		"{\"ifindex\":2,\"ifname\":\"eth0\",\"flags\":[\"BROADCAST\",\"MULTICAST\"],\"operstate\":\"DOWN\",\"addr_info\":"
		"[{\"family\":\"inet6\",\"local\":\"fe80::1\",\"prefixlen\":64,\"scope\":\"link\"},{}]}], \"routes\": "
		"[{\"dst\":\"default\",\"gateway\":\"192.0.2.254\",\"dev\":\"eth0\",\"protocol\":\"dhcp\","
		"\"prefsrc\":\"192.0.2.1\",\"metric\":100,"
		"\"flags\":[]},{\"dst\":\"192.0.2.0/24\",\"dev\":\"eth0\",\"scope\":\"link\",\"flags\":[]},"
		"{\"dst\":\"default\",\"metric\":200,\"flags\":[],\"nexthops\":["
		"{\"gateway\":\"192.0.2.253\",\"dev\":\"eth1\",\"weight\":1,\"flags\":[]}]},"
		"{\"type\":\"unreachable\",\"dst\":\"default\",\"dev\":\"lo\",\"metric\":4278198272,\"flags\":[]}], \"routes6\": "
		"[{\"dst\":\"default\",\"gateway\":\"fe80::fe\",\"dev\":\"eth0\",\"metric\":1024,\"flags\":[],"
		"\"pref\":\"medium\"}]}";
	const struct fact_route *r;
	struct fixture x;

	ck_assert_int_eq(read_text(&x, text), 0);
	ck_assert_uint_eq(x.diag.findings.n, 0);
	ck_assert_uint_eq(x.facts->addresses.n, 2);
	ck_assert(x.facts->addresses.v[0].up && !x.facts->addresses.v[0].link_local);
	ck_assert(!x.facts->addresses.v[1].up && x.facts->addresses.v[1].link_local);
	ck_assert_uint_eq(x.facts->addresses.v[1].prefix_len, 64);
	ck_assert_uint_eq(x.facts->default_routes.n, 3);
	r = x.facts->default_routes.v;
	ck_assert_str_eq(ip_addr_format(&r[0].source, x.text), "192.0.2.1");
	ck_assert_uint_eq(r[0].metric, 100);
	ck_assert_str_eq(r[1].interface, "eth1");
	ck_assert_str_eq(ip_addr_format(&r[1].gateway, x.text), "192.0.2.253");
	ck_assert_int_eq(r[1].source.family, AF_UNSPEC);
	ck_assert_int_eq(r[2].family, AF_INET6);
	ck_assert_str_eq(x.facts->hostname, "gw");
	ck_assert_int_eq(x.facts->fips, 0);
	ck_assert_ptr_null(x.facts->kernel);
	ck_assert_str_eq(x.facts->algorithms.v[0], "gcm(aes)");
	arena_release(&x.arena);
}
END_TEST

static const struct {
	const char *text, *rule;
	uint32_t column;
	const char *said;
} mistakes[] = {
	{ "{\"version\": 1, ", "IC8501", 15, "this is not JSON: string or '}' expected near end of file" },
	{ "7", "IC8501", 1, "this is not JSON: '[' or '{' expected" },
	{ "[]", "IC8501", 1, "the document must be an object, not a list" },
	{ "{\"addresses\": []}", "IC8502", 1, "only host facts of version 1 are understood" },
	{ "{\"version\": 2, \"addresses\": []}", "IC8502", 13, "version: only host facts of version 1 are understood" },
	{ "{\"version\": 1}", "IC8502", 1, "member 'addresses' is missing" },
	{ "{\"version\": 1, \"addresses\": {}}", "IC8502", 29, "addresses: a list is expected, not an object" },
	{ "{\"version\": 1, \"addresses\": [{\"ifname\": \"a\", \"addr_info\": [{\"local\": \"1.2.3\"}]}]}", "IC8502", 70,
	  "addresses[0].addr_info[0].local: '1.2.3' is no address" },
	{ "{\"version\": 1, \"addresses\": [{\"ifname\": \"a\", \"addr_info\": [{\"local\": \"1.2.3.4\", \"prefixlen\": 33}]}]}",
		"IC8502", 94,
	  "addresses[0].addr_info[0].prefixlen: 33 is out of range, 0 to 32" },
	{ "{\"version\": 1, \"addresses\": [{\"flags\": []}]}", "IC8502", 30, "addresses[0]: the interface has no 'ifname'" },
	{ "{\"version\": 1, \"addresses\": [], \"routes\": [{\"dst\": \"default\", \"dev\": 3}]}", "IC8502", 70,
	  "routes[0].dev: text is expected, not a whole number" },
};

START_TEST(each_mistake_is_named_and_placed)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct fixture x;
		const struct finding *f;

		ck_assert_msg(read_text(&x, mistakes[i].text) == -EINVAL, "taken: %s", mistakes[i].text);
		ck_assert_uint_ge(x.diag.findings.n, 1);
		f = x.diag.findings.v[0];
		ck_assert_str_eq(f->message, mistakes[i].said);
		ck_assert_str_eq(rule_table[f->rule].id, mistakes[i].rule);
		ck_assert_uint_eq(f->span.start - BASE + 1, mistakes[i].column);
		ck_assert_ptr_null(x.facts);
		arena_release(&x.arena);
	}
}
END_TEST

/* What is gathered here can be read again, and has the loopback address. */
START_TEST(this_host)
{
	struct buf out = { 0 };
	struct fixture x;
	bool loopback = false;

	ck_assert_int_eq(facts_gather(&out, "4.10"), 0);
	ck_assert_msg(read_text(&x, out.p) == 0, "%s", x.diag.findings.n ? x.diag.findings.v[0]->message : "");
	for (size_t i = 0; i < x.facts->addresses.n; i++)
		loopback |= strcmp(x.facts->addresses.v[i].interface, "lo") == 0;
	ck_assert(loopback || x.facts->addresses.n == 0);
	ck_assert_ptr_nonnull(x.facts->kernel);
	ck_assert_str_eq(x.facts->libreswan, "4.10");
	ck_assert_int_ge(x.facts->fips, 0);
	buf_release(&out);
	arena_release(&x.arena);
}
END_TEST

TAP_MAIN("facts", output_of_ip_is_read, each_mistake_is_named_and_placed, this_host)
