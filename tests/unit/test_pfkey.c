/* SPDX-License-Identifier: Apache-2.0 */
/* The setkey text of single policies; the expected lines were loaded into a real kernel by setkey. */
#include "backends/pfkey/pfkey.h"
#include "tests/unit/tap.h"

#include <stdio.h>
#include <string.h>

static struct arena arena;
static struct plan plan;
static struct diag diag;
static struct buf out;

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context;
	(void)position;
	return (struct diag_place){ 0 };
}

static struct plan_policy *policy(const char *src, const char *dst, enum plan_dir dir, enum plan_action action, uint32_t priority)
{
	struct plan_policy *p = vec_add(&arena, &plan.policies);

	p->conn = "k";
	p->origin = (struct plan_origin){ "ipsec.conf", 3, 6 };
	p->dir = dir;
	p->action = action;
	p->priority = priority;
	p->when = PLAN_WHEN_ROUTE;
	ck_assert_int_eq(ip_prefix_parse(slice_of(src), &p->src, NULL), 0);
	ck_assert_int_eq(ip_prefix_parse(slice_of(dst), &p->dst, NULL), 0);
	return p;
}

static struct plan_tmpl *tmpl(struct plan_policy *p, const char *src, const char *dst, uint32_t reqid)
{
	struct plan_tmpl *t = vec_add(&arena, &p->tmpl);

	t->mode = src ? PLAN_MODE_TUNNEL : PLAN_MODE_TRANSPORT;
	t->reqid = reqid;
	if (src) {
		ck_assert_int_eq(ip_addr_parse(slice_of(src), &t->src), 0);
		ck_assert_int_eq(ip_addr_parse(slice_of(dst), &t->dst), 0);
	}
	return t;
}

static void start(void)
{
	arena_init(&arena);
	diag_init(&diag, &arena, (struct diag_source){ NULL, nowhere });
	plan = (struct plan){ 0 };
	buf_init(&out);
}

/* What was written behind the two comment lines. */
static void expect(int status, const char *text)
{
	struct backend_options options = { .phase = PHASE_ROUTE };
	const char *line;

	ck_assert_int_eq(pfkey_backend.emit(&plan, &options, &diag, &out), status);
	line = strchr(out.p, '\n');
	line = line && line[1] == '#' ? strchr(line + 1, '\n') : line;
	ck_assert_ptr_nonnull(line);
	ck_assert_str_eq(line + 1, text);
	buf_release(&out);
}

static void end(void)
{
	arena_release(&arena);
}

START_TEST(tunnel_carries_a_small_reqid)
{
	start();
	tmpl(policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PROTECT, 2000), "192.0.2.1", "198.51.100.2", 4000);
	expect(0, "spdupdate 10.1.0.0/24 10.2.0.0/24 any -P out prio high + 1073739824 ipsec esp/tunnel/192.0.2.1-198.51.100.2/unique:4000;\n");
	end();
}
END_TEST

START_TEST(transport_names_no_addresses)
{
	start();
	tmpl(policy("192.0.2.1/32", "198.51.100.2/32", PLAN_IN, PLAN_PROTECT, 2000), NULL, NULL, 4001);
	expect(0, "spdupdate 192.0.2.1/32 198.51.100.2/32 any -P in prio high + 1073739824 ipsec esp/transport//unique:4001;\n");
	end();
}
END_TEST

START_TEST(compression_comes_first_and_is_optional_inbound)
{
	struct plan_policy *p;
	struct plan_tmpl *comp;

	start();
	p = policy("10.2.0.0/24", "10.1.0.0/24", PLAN_IN, PLAN_PROTECT, 2000);
	comp = tmpl(p, "198.51.100.2", "192.0.2.1", 4005);
	comp->proto = PLAN_TMPL_COMP;
	comp->level = PLAN_LEVEL_USE;
	tmpl(p, NULL, NULL, 4004);
	expect(0, "spdupdate 10.2.0.0/24 10.1.0.0/24 any -P in prio high + 1073739824 ipsec ipcomp/tunnel/198.51.100.2-192.0.2.1/use "
		  "esp/transport//unique:4004;\n");
	end();
}
END_TEST

START_TEST(shunts_have_no_requests)
{
	struct plan_policy *p;

	start();
	policy("10.1.0.0/24", "10.3.0.0/16", PLAN_FWD, PLAN_PASS, 1824);
	p = policy("192.0.2.1/32", "198.51.100.0/24", PLAN_OUT, PLAN_BLOCK, 1824);
	p->proto = 6;
	p->sport = 22;
	tmpl(p, NULL, NULL, 0);		/* pluto 4.10 gives its blocks an inert template (E-038) */
	expect(0, "spdupdate 10.1.0.0/24 10.3.0.0/16 any -P fwd prio high + 1073740000 none;\n"
		  "spdupdate 192.0.2.1/32[22] 198.51.100.0/24[0] 6 -P out prio high + 1073740000 discard;\n");
	end();
}
END_TEST

START_TEST(every_priority_can_be_said)
{
	start();
	policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PASS, 0x40000001u);
	policy("10.1.0.0/24", "10.3.0.0/24", PLAN_OUT, PLAN_PASS, 0x80000001u);
	policy("10.1.0.0/24", "10.4.0.0/24", PLAN_OUT, PLAN_PASS, UINT32_MAX);
	expect(0, "spdupdate 10.1.0.0/24 10.2.0.0/24 any -P out prio def + 1073741823 none;\n"
		  "spdupdate 10.1.0.0/24 10.3.0.0/24 any -P out prio low + 1073741823 none;\n"
		  "spdupdate 10.1.0.0/24 10.4.0.0/24 any -P out prio low - 1073741823 none;\n");
	end();
}
END_TEST

START_TEST(a_mark_cannot_be_said_and_is_reported_once)
{
	start();
	policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PASS, 1)->mark = (struct plan_mark){ 12, 255 };
	policy("10.2.0.0/24", "10.1.0.0/24", PLAN_IN, PLAN_PASS, 1)->mark = (struct plan_mark){ 12, 255 };
	expect(-22, "");
	ck_assert_uint_eq(diag.findings.n, 1);
	ck_assert_str_eq(diag.findings.v[0]->message, "PF_KEY cannot express the mark of conn 'k'");
	end();
}
END_TEST

START_TEST(a_large_reqid_becomes_require_with_a_warning)
{
	start();
	tmpl(policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PROTECT, 2000), "192.0.2.1", "198.51.100.2", 16389);
	tmpl(policy("10.2.0.0/24", "10.1.0.0/24", PLAN_IN, PLAN_PROTECT, 2000), "198.51.100.2", "192.0.2.1", 16389);
	expect(0, "spdupdate 10.1.0.0/24 10.2.0.0/24 any -P out prio high + 1073739824 ipsec esp/tunnel/192.0.2.1-198.51.100.2/require;\n"
		  "spdupdate 10.2.0.0/24 10.1.0.0/24 any -P in prio high + 1073739824 ipsec esp/tunnel/198.51.100.2-192.0.2.1/require;\n");
	ck_assert_uint_eq(diag.findings.n, 1);
	ck_assert_str_eq(diag.findings.v[0]->message, "PF_KEY cannot carry the reqid 16389 of conn 'k'");
	end();
}
END_TEST

/* --- messages: K1 ... K8 were sent to a kernel, which then showed these policies --- */

static void expect_bytes(const char *hex)
{
	struct backend_options options = { .phase = PHASE_ROUTE, .format = "pfkey" };

	ck_assert_int_eq(pfkey_backend.emit(&plan, &options, &diag, &out), 0);
	ck_assert_uint_eq(out.n, strlen(hex) / 2);
	for (size_t i = 0; i < out.n; i++) {
		unsigned byte;

		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		ck_assert_msg((uint8_t)out.p[i] == byte, "byte %zu is %02x, not %02x", i, (uint8_t)out.p[i], byte);
	}
	ck_assert_uint_eq(diag.findings.n, 0);
	end();
}

START_TEST(k1_messages_of_a_tunnel)
{
	start();
	tmpl(policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PROTECT, 2000), "192.0.2.1", "198.51.100.2", 4000);
	tmpl(policy("10.2.0.0/24", "10.1.0.0/24", PLAN_IN, PLAN_PROTECT, 2000), "198.51.100.2", "192.0.2.1", 4000);
	tmpl(policy("10.2.0.0/24", "10.1.0.0/24", PLAN_FWD, PLAN_PROTECT, 2000), "198.51.100.2", "192.0.2.1", 4000);
	expect_bytes("020d0000100000000000000000000000080012000200020000000000d00700003000320002030000a00f00000000000002000000c0000201"
		     "000000000000000002000000c6336402000000000000000003000500ff180000020000000a010000000000000000000003000600ff180000"
		     "020000000a0200000000000000000000020d0000100000000000000000000000080012000200010000000000d00700003000320002030000"
		     "a00f00000000000002000000c6336402000000000000000002000000c0000201000000000000000003000500ff180000020000000a020000"
		     "000000000000000003000600ff180000020000000a0100000000000000000000020d00001000000000000000000000000800120002000300"
		     "00000000d00700003000320002030000a00f00000000000002000000c6336402000000000000000002000000c00002010000000000000000"
		     "03000500ff180000020000000a020000000000000000000003000600ff180000020000000a0100000000000000000000");
}
END_TEST

START_TEST(k2_messages_of_transport_mode)
{
	start();
	tmpl(policy("192.0.2.1/32", "198.51.100.2/32", PLAN_OUT, PLAN_PROTECT, 2000), NULL, NULL, 4001);
	tmpl(policy("198.51.100.2/32", "192.0.2.1/32", PLAN_IN, PLAN_PROTECT, 2000), NULL, NULL, 4001);
	expect_bytes("020d00000c0000000000000000000000040012000200020000000000d00700001000320001030000a10f00000000000003000500ff200000"
		     "02000000c0000201000000000000000003000600ff20000002000000c63364020000000000000000020d00000c0000000000000000000000"
		     "040012000200010000000000d00700001000320001030000a10f00000000000003000500ff20000002000000c63364020000000000000000"
		     "03000600ff20000002000000c00002010000000000000000");
}
END_TEST

START_TEST(k4_messages_of_compression)
{
	struct plan_policy *p;

	start();
	p = policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PROTECT, 2000);
	tmpl(p, "192.0.2.1", "198.51.100.2", 4005)->proto = PLAN_TMPL_COMP;
	tmpl(p, NULL, NULL, 4004);
	p = policy("10.2.0.0/24", "10.1.0.0/24", PLAN_IN, PLAN_PROTECT, 2000);
	tmpl(p, "198.51.100.2", "192.0.2.1", 4005)->proto = PLAN_TMPL_COMP;
	p->tmpl.v[0].level = PLAN_LEVEL_USE;
	tmpl(p, NULL, NULL, 4004);
	expect_bytes("020d00001200000000000000000000000a0012000200020000000000d007000030006c0002030000a50f00000000000002000000c0000201"
		     "000000000000000002000000c633640200000000000000001000320001030000a40f00000000000003000500ff180000020000000a010000"
		     "000000000000000003000600ff180000020000000a0200000000000000000000020d00001200000000000000000000000a00120002000100"
		     "00000000d007000030006c0002010000000000000000000002000000c6336402000000000000000002000000c00002010000000000000000"
		     "1000320001030000a40f00000000000003000500ff180000020000000a020000000000000000000003000600ff180000020000000a010000"
		     "0000000000000000");
}
END_TEST

START_TEST(k5_k6_messages_of_shunts)
{
	struct plan_policy *p;

	start();
	policy("10.1.0.0/24", "10.3.0.0/16", PLAN_OUT, PLAN_PASS, 1824);
	p = policy("192.0.2.1/32", "198.51.100.0/24", PLAN_OUT, PLAN_BLOCK, 1824);
	p->proto = 6;
	p->sport = 22;
	tmpl(p, NULL, NULL, 0);
	expect_bytes("020d00000a00000000000000000000000200120001000200000000002007000003000500ff180000020000000a0100000000000000000000"
		     "03000600ff100000020000000a0300000000000000000000"
		     "020d00000a000000000000000000000002001200000002000000000020070000030005000620000002000016c00002010000000000000000"
		     "030006000618000002000000c63364000000000000000000");
}
END_TEST

START_TEST(k3_k7_k8_messages_of_ah_and_ipv6)
{
	struct plan_policy *p;

	start();
	tmpl(policy("10.1.0.0/24", "10.2.0.0/24", PLAN_OUT, PLAN_PROTECT, 2000), "192.0.2.1", "198.51.100.2", 4002)->proto = PLAN_TMPL_AH;
	tmpl(policy("2001:db8:1::/48", "2001:db8:2::/48", PLAN_OUT, PLAN_PROTECT, 2000), "2001:db8::1", "2001:db8:ffff::2", 4007);
	p = policy("2001:db8:1::/48", "2001:db8:2::/48", PLAN_OUT, PLAN_PROTECT, 2000);
	p->proto = 58;
	p->sport = 135;
	tmpl(p, "192.0.2.1", "198.51.100.2", 4008);
	expect_bytes("020d0000100000000000000000000000080012000200020000000000d00700003000330002030000a20f00000000000002000000c0000201"
		     "000000000000000002000000c6336402000000000000000003000500ff180000020000000a010000000000000000000003000600ff180000"
		     "020000000a0200000000000000000000"
		     "020d00001700000000000000000000000b0012000200020000000000d00700004800320002030000a70f0000000000000a00000000000000"
		     "20010db8000000000000000000000001000000000a0000000000000020010db8ffff000000000000000000020000000005000500ff300000"
		     "0a0000000000000020010db8000100000000000000000000000000000000000005000600ff3000000a0000000000000020010db800020000"
		     "00000000000000000000000000000000"
		     "020d0000140000000000000000000000080012000200020000000000d00700003000320002030000a80f00000000000002000000c0000201"
		     "000000000000000002000000c63364020000000000000000050005003a3000000a0000870000000020010db8000100000000000000000000"
		     "0000000000000000050006003a3000000a0000000000000020010db80002000000000000000000000000000000000000");
}
END_TEST

TAP_MAIN("pfkey", k1_messages_of_a_tunnel, k2_messages_of_transport_mode, k4_messages_of_compression, k5_k6_messages_of_shunts,
	 k3_k7_k8_messages_of_ah_and_ipv6, tunnel_carries_a_small_reqid, transport_names_no_addresses, compression_comes_first_and_is_optional_inbound,
	 shunts_have_no_requests, every_priority_can_be_said, a_mark_cannot_be_said_and_is_reported_once,
	 a_large_reqid_becomes_require_with_a_warning)
