/* SPDX-License-Identifier: Apache-2.0 */
/* The setkey text of single policies; the expected lines were loaded into a real kernel by setkey. */
#include "backends/pfkey/pfkey.h"
#include "tests/unit/tap.h"

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

TAP_MAIN("pfkey", tunnel_carries_a_small_reqid, transport_names_no_addresses, compression_comes_first_and_is_optional_inbound,
	 shunts_have_no_requests, every_priority_can_be_said, a_mark_cannot_be_said_and_is_reported_once,
	 a_large_reqid_becomes_require_with_a_warning)
