/* SPDX-License-Identifier: Apache-2.0 */
/* test_dump.c -- saved dumps of `ip xfrm policy` and `setkey -DP` as policies of a plan. */
#include "compare/dump.h"
#include "compare/parts.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdio.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	struct plan *plan;
};

static void setup(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	arena_init(&x->arena);
	diag_init(&x->diag, &x->arena, (struct diag_source){ 0 });
}

static int read_text(struct fixture *x, const char *text)
{
	return dump_read(&x->arena, slice_of(text), "dump", 1, &x->diag, &x->plan);
}

/* Reads one policy and compares it with its text; "" as templates: none. */
static void is_policy(const char *text, const char *wanted, unsigned priority, size_t templates)
{
	struct fixture x;

	setup(&x);
	ck_assert_int_eq(read_text(&x, text), 0);
	ck_assert_uint_eq(x.diag.findings.n, 0);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_str_eq(compare_policy_text(&x.arena, &x.plan->policies.v[0]), wanted);
	ck_assert_uint_eq(x.plan->policies.v[0].priority, priority);
	ck_assert_uint_eq(x.plan->policies.v[0].tmpl.n, templates);
	arena_release(&x.arena);
}

START_TEST(xfrm_goldens)
{
	/* G1, G2, G3, G5, G6, G7 */
	is_policy("src 10.2.0.0/24 dst 10.1.0.0/24 \n\tdir fwd priority 1757393 ptype main \n\ttmpl src 192.0.2.2 dst 192.0.2.1\n"
		  "\t\tproto esp reqid 16389 mode tunnel\n", "fwd protect 10.2.0.0/24 -> 10.1.0.0/24", 1757393, 1);
	is_policy("src 192.0.2.1/32 dst 192.0.2.2/32 proto udp sport 1701 dport 1701 \n\tdir out priority 1097921 ptype main \n"
		  "\ttmpl src 0.0.0.0 dst 0.0.0.0\n\t\tproto esp reqid 16393 mode transport\n",
		  "out protect 192.0.2.1/32 -> 192.0.2.2/32 udp sport 1701 dport 1701", 1097921, 1);
	is_policy("src 10.2.0.0/24 dst 10.1.0.0/24 \n\tdir in priority 1757393 ptype main \n\ttmpl src 192.0.2.2 dst 192.0.2.1\n"
		  "\t\tproto comp reqid 16398 mode tunnel\n\t\tlevel use \n\ttmpl src 0.0.0.0 dst 0.0.0.0\n\t\tproto esp reqid 16397 mode transport\n",
		  "in protect 10.2.0.0/24 -> 10.1.0.0/24", 1757393, 2);
	is_policy("src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 1757393 ptype main \n\tmark 0x6/0xff \n\ttmpl src 192.0.2.1 dst 192.0.2.2\n"
		  "\t\tproto esp reqid 77 mode tunnel\n", "out protect 10.1.0.0/24 -> 10.2.0.0/24 mark 0x6/0xff", 1757393, 1);
	is_policy("src 10.1.0.0/24 dst 10.3.0.0/16 \n\tdir out action block priority 1757409 ptype main \n\ttmpl src 0.0.0.0 dst 0.0.0.0\n"
		  "\t\tproto esp reqid 0 mode transport\n", "out block 10.1.0.0/24 -> 10.3.0.0/16", 1757409, 1);
	is_policy("src 10.1.0.0/24 dst 10.1.0.0/16 \n\tdir out priority 1757409 ptype main \n", "out pass 10.1.0.0/24 -> 10.1.0.0/16", 1757409, 0);
	is_policy("src 10.1.0.0/32 dst 10.2.0.0/24 proto icmp type 8 \n\tdir out priority 1097937 ptype main \n\ttmpl src 0.0.0.0 dst 0.0.0.0\n"
		  "\t\tproto esp reqid 0 mode transport\n", "out protect 10.1.0.0/32 -> 10.2.0.0/24 icmp sport 8", 1097937, 1);
	is_policy("src fd01::/64 dst fd02::/64 \n\tdir out priority 5 ptype main \n\ttmpl src 2001:db8::1 dst 2001:db8::2\n"
		  "\t\tproto ah reqid 1 mode tunnel\n\tif_id 0x1\n", "out protect fd01::/64 -> fd02::/64 if_id 0x1", 5, 1);
}
END_TEST

START_TEST(xfrm_with_statistics)
{
	/* G9: `ip -s` */
	is_policy("src 10.1.0.0/24 dst 10.2.0.0/24 uid 0\n\tdir out action allow index 1 priority 1757393 ptype main share any flag  (0x00000000)\n"
		  "\tlifetime config:\n\t  limit: soft (INF)(bytes), hard (INF)(bytes)\n\t  limit: soft (INF)(packets), hard (INF)(packets)\n"
		  "\t  expire add: soft 0(sec), hard 0(sec)\n\t  expire use: soft 0(sec), hard 0(sec)\n\tlifetime current:\n"
		  "\t  0(bytes), 0(packets)\n\t  add 2026-11-24 11:14:13 use -\n\ttmpl src 192.0.2.1 dst 192.0.2.2\n"
		  "\t\tproto esp spi 0x00000000(0) reqid 16389(0x00004005) mode tunnel\n\t\tlevel required share any \n"
		  "\t\tenc-mask ffffffff auth-mask ffffffff comp-mask ffffffff\n",
		  "out protect 10.1.0.0/24 -> 10.2.0.0/24", 1757393, 1);
}
END_TEST

START_TEST(sockets_are_left_out)
{
	struct fixture x;

	setup(&x);
	ck_assert_int_eq(read_text(&x, "src 0.0.0.0/0 dst 0.0.0.0/0 \n\tsocket in priority 0 ptype main \n"
				   "src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 7 ptype main \n"), 0);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_uint_eq(x.plan->policies.v[0].origin.line, 3);
	ck_assert_uint_eq(x.diag.findings.n, 0);
	arena_release(&x.arena);
}
END_TEST

START_TEST(setkey_policies)
{
	is_policy("10.1.0.0/24[any] 10.2.0.0/24[any] any\n\tout prio high + 1073739824 ipsec\n\tesp/tunnel/192.0.2.1-198.51.100.2/unique:4000\n"
		  "\tcreated: Nov 24 12:00:00 2026  lastused:                     \n\tlifetime: 0(s) validtime: 0(s)\n\tspid=17 seq=1 pid=22\n\trefcnt=1\n",
		  "out protect 10.1.0.0/24 -> 10.2.0.0/24", 2000, 1);
	is_policy("192.0.2.1[1701] 198.51.100.2[1701] udp\n\tin prio def + 5 ipsec\n\tesp/transport//require\n",
		  "in protect 192.0.2.1/32 -> 198.51.100.2/32 udp sport 1701 dport 1701", 0x80000000u - 5, 1);
	is_policy("fd01::/64[any] fd02::/64[any] 255\n\tfwd none\n", "fwd pass fd01::/64 -> fd02::/64", 0, 0);
	is_policy("10.1.0.0/24[any] 10.2.0.0/24[any] icmp 8,0\n\tout prio low - 3 discard\n", "out block 10.1.0.0/24 -> 10.2.0.0/24 icmp sport 8",
		  0xc0000003u, 0);
}
END_TEST

/* One bad policy, with its line, hides no other. */
static void is_refused(const char *text, const char *wanted)
{
	char whole[512];
	struct fixture x;

	setup(&x);
	snprintf(whole, sizeof whole, "src 10.9.0.0/24 dst 10.8.0.0/24 \n\tdir in priority 1 ptype main \n%s", text);
	ck_assert_int_eq(read_text(&x, whole), 0);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_uint_eq(x.diag.findings.n, 1);
	ck_assert_int_eq(x.diag.findings.v[0]->rule, RULE_DUMP_SYNTAX);
	ck_assert_msg(strstr(x.diag.findings.v[0]->message, wanted) != NULL, "%s", x.diag.findings.v[0]->message);
	arena_release(&x.arena);
}

START_TEST(mistakes)
{
	is_refused("src 10.1.0.0/33 dst 10.2.0.0/24 \n\tdir out priority 1 ptype main \n", "no network");
	is_refused("src 10.1.0.0/24 dst fd00::/8 \n\tdir out priority 1 ptype main \n", "one family");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 dev eth0 \n\tdir out priority 1 ptype main \n", "cannot be compared");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir up priority 1 ptype main \n", "out or fwd");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority x ptype main \n", "no number");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 \n", "cut off");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 1 ptype main \n\tmark 0x1 \n", "VALUE/MASK");
	is_refused("src 10.1.0.0/24 dst 10.2.0.0/24 \n\tdir out priority 1 ptype main \n\ttmpl src 1.2.3.4 dst 5.6.7.8\n\t\tproto esp reqid 1 mode beet\n",
		   "tunnel or transport");
	is_refused("rubbish\n", "cannot be compared");
}
END_TEST

START_TEST(what_is_a_dump)
{
	ck_assert_int_eq(dump_recognise(slice_of("src 10.1.0.0/24 dst 10.2.0.0/24 \n")), DUMP_XFRM);
	ck_assert_int_eq(dump_recognise(slice_of("\n10.1.0.0/24[any] 10.2.0.0/24[any] any\n\tout none\n")), DUMP_SETKEY);
	ck_assert_int_eq(dump_recognise(slice_of("conn a\n\tleft=192.0.2.1\n")), DUMP_NONE);
	ck_assert_int_eq(dump_recognise(slice_of("")), DUMP_NONE);
	ck_assert_int_eq(dump_recognise(slice_of("src")), DUMP_NONE);
}
END_TEST

TAP_MAIN("dump", xfrm_goldens, xfrm_with_statistics, sockets_are_left_out, setkey_policies, mistakes, what_is_a_dump)
