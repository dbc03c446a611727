/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/lower/lower.h"
#include "plan/priority.h"
#include "tests/unit/tap.h"

#include <netinet/in.h>

/* --- conns without a front end --- */

struct fixture {
	struct arena arena;
	struct sources sources;
	struct diag diag;
	struct ir ir;
	struct host_facts facts;
	struct plan *plan;
	bool incomplete;
};

static struct diag_place nowhere(const void *context, uint32_t position)
{
	(void)context, (void)position;
	return (struct diag_place){ 0 };
}

static struct ip_addr address(const char *text)
{
	struct ip_addr a = { .family = AF_UNSPEC };

	if (text)
		ck_assert_msg(ip_addr_parse(slice_of(text), &a) == 0, "'%s' is no address", text);
	return a;
}

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	ck_assert_msg(ip_prefix_parse(slice_of(text), &p, NULL) == 0, "'%s' is no prefix", text);
	return p;
}

static void add_fact(struct fixture *x, const char *interface, const char *addr)
{
	vec_push(&x->arena, &x->facts.addresses,
		 (struct fact_address){ .interface = interface, .addr = address(addr), .up = true });
}

static void setup(struct fixture *x, enum release release)
{
	*x = (struct fixture){ .ir.release = release };
	arena_init(&x->arena);
	sources_init(&x->sources, &x->arena, source_reader_system);
	diag_init(&x->diag, &x->arena, (struct diag_source){ NULL, nowhere });
	add_fact(x, "eth0", "192.0.2.1");
	add_fact(x, "eth0", "2001:db8::1");
}

static void teardown(struct fixture *x)
{
	arena_release(&x->arena);
}

static void set_host(struct ir_end *end, const char *text)
{
	if (strcmp(text, "%any") == 0) {
		end->host_kind = IR_HOST_ANY;
	} else if (strcmp(text, "%defaultroute") == 0) {
		end->host_kind = IR_HOST_DEFAULTROUTE;
	} else {
		end->host_kind = IR_HOST_ADDR;
		end->host = address(text);
	}
}

static struct ir_conn *add_conn(struct fixture *x, const char *name, const char *left, const char *right)
{
	struct ir_conn *conn = arena_new(&x->arena, struct ir_conn);

	conn->name = name;
	conn->resolved = arena_new(&x->arena, struct resolved_conn);
	conn->start = PLAN_START_ROUTE;
	conn->ike_version = 2;
	conn->auth_psk = true;
	conn->protocol = PROTOCOL_ESP;
	set_host(&conn->end[0], left);
	set_host(&conn->end[1], right);
	*vec_add(&x->arena, &x->ir.conns) = conn;
	return conn;
}

static void set_subnet(struct ir_end *end, const char *text)
{
	end->has_subnet = true;
	end->subnet = prefix(text);
}

static void run(struct fixture *x, const char *const *names)
{
	struct lower_options options = { .facts = &x->facts, .conns = names };

	x->plan = lower(&x->arena, &x->ir, &x->sources, &options, &x->diag, &x->incomplete);
}

static const char *said(const struct fixture *x, size_t i)
{
	return i < x->diag.findings.n ? x->diag.findings.v[i]->message : "(nothing)";
}

/* "out 10.1.0.0/24 10.2.0.0/24 1757393 esp/16389/tunnel/192.0.2.1/192.0.2.2" of the n-th policy with that phase, not strict */
static char *policy_text(struct fixture *x, enum plan_when when, bool strict, size_t n)
{
	static const char *const dirs[] = { "out", "in", "fwd" }, *const actions[] = { "", " pass", " block" };
	static const char *const protos[] = { "esp", "ah", "comp" };
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	for (size_t i = 0; i < x->plan->policies.n; i++) {
		const struct plan_policy *p = &x->plan->policies.v[i];
		char *text;

		if (p->when != when || p->strict != strict || n--)
			continue;
		text = arena_printf(&x->arena, "%s %s %s %u%s", dirs[p->dir], ip_prefix_format(&p->src, src),
				    ip_prefix_format(&p->dst, dst), p->priority, actions[p->action]);
		for (size_t j = 0; j < p->tmpl.n; j++) {
			const struct plan_tmpl *t = &p->tmpl.v[j];

			text = arena_printf(&x->arena, "%s %s/%u/%s%s%s%s%s%s", text, protos[t->proto], t->reqid,
					    t->mode == PLAN_MODE_TUNNEL ? "tunnel" : "transport", t->src.family ? "/" : "",
					    t->src.family ? ip_addr_format(&t->src, src) : "", t->dst.family ? "/" : "",
					    t->dst.family ? ip_addr_format(&t->dst, dst) : "",
					    t->level == PLAN_LEVEL_USE ? "/use" : "");
		}
		return text;
	}
	return "(no such policy)";
}

/* --- E-070 ... E-074: the worked examples, each in the two formulas --- */

struct example {
	int row;
	const char *local, *remote;		/* NULL: the host */
	enum ir_type type;
	uint8_t proto;
	uint16_t local_port, remote_port;
	uint32_t explicit;
	uint32_t out_3_18, in_3_18, all_4_10;	/* in_3_18 0: as out */
};

static const struct example examples[] = {
	{ 1, "10.1.0.0/24", "10.2.0.0/24", IR_TUNNEL, 0, 0, 0, 0, 2344, 0, 1757393 },
	{ 2, NULL, NULL, IR_TUNNEL, 0, 0, 0, 0, 2080, 0, 1753281 },
	{ 2, NULL, NULL, IR_TRANSPORT, 0, 0, 0, 0, 2080, 0, 1753281 },
	{ 3, "0.0.0.0/0", "0.0.0.0/0", IR_TUNNEL, 0, 0, 0, 0, 3136, 0, 1769729 },
	{ 4, "10.1.0.0/24", "10.2.0.0/16", IR_TUNNEL, IPPROTO_TCP, 0, 0, 0, 2288, 0, 1626337 },
	{ 5, "10.1.0.0/24", "10.2.0.0/16", IR_TUNNEL, IPPROTO_TCP, 80, 0, 0, 2224, 2288, 1364193 },
	{ 6, "10.1.0.0/24", "10.2.0.0/16", IR_TUNNEL, IPPROTO_TCP, 80, 443, 0, 2224, 0, 1102049 },
	{ 7, "10.1.0.0/24", "10.2.0.0/16", IR_TUNNEL, 0, 0, 0, 4321, 4321, 0, 4321 },
	{ 8, "10.1.0.0/24", "10.1.0.0/16", IR_PASSTHROUGH, 0, 0, 0, 0, 1840, 0, 1757409 },
	{ 9, "10.1.0.0/24", "10.3.0.0/16", IR_DROP, 0, 0, 0, 0, 2352, 0, 1757409 },
	{ 9, "10.1.0.0/24", "10.3.0.0/16", IR_REJECT, 0, 0, 0, 0, 2352, 0, 1757409 },
	{ 13, "10.1.0.0/32", "10.2.0.0/24", IR_TUNNEL, IPPROTO_ICMP, 2048, 2048, 0, 1960, 0, 1097937 },
	{ 14, NULL, NULL, IR_TUNNEL, IPPROTO_GRE, 0, 0, 0, 2016, 0, 1622209 },
	{ 15, NULL, NULL, IR_TUNNEL, IPPROTO_UDP, 500, 0, 0, 1952, 2016, 1360065 },
	{ 16, NULL, NULL, IR_TUNNEL, IPPROTO_UDP, 1701, 1701, 0, 1952, 0, 1097921 },
	{ 17, "10.1.0.0/24", "0.0.0.0/0", IR_TUNNEL, 0, 0, 0, 0, 2368, 0, 1757441 },
	{ 18, NULL, "0.0.0.0/0", IR_PASSTHROUGH, IPPROTO_TCP, 22, 0, 0, 1472, 1536, 1360129 },
	{ 20, "10.1.0.0/24", "10.3.0.0/24", IR_TUNNEL, IPPROTO_TCP, 22, 0, 0, 2216, 2280, 1364177 },
};

static void check_example(const struct example *e, enum release release)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, release);
	conn = add_conn(&x, "c", "192.0.2.1", "192.0.2.2");
	conn->type = e->type;
	conn->priority = e->explicit;
	if (e->local)
		set_subnet(&conn->end[0], e->local);
	if (e->remote)
		set_subnet(&conn->end[1], e->remote);
	conn->end[0].proto = conn->end[1].proto = e->proto;
	conn->end[0].port = e->local_port;
	conn->end[1].port = e->remote_port;
	run(&x, NULL);
	ck_assert_uint_gt(x.plan->policies.n, 0);
	for (size_t i = 0; i < x.plan->policies.n; i++) {
		const struct plan_policy *p = &x.plan->policies.v[i];
		uint32_t in = e->in_3_18 ? e->in_3_18 : e->out_3_18;
		uint32_t wanted = release == RELEASE_3_18 ? (p->dir == PLAN_OUT ? e->out_3_18 : in) : e->all_4_10;

		ck_assert_msg(p->priority == wanted, "row %d of %s, direction %d: %u instead of %u", e->row, release_name(release),
			      p->dir, p->priority, wanted);
	}
	teardown(&x);
}

START_TEST(priorities_are_those_of_real_daemons)
{
	for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
		check_example(&examples[i], RELEASE_3_18);
		check_example(&examples[i], RELEASE_4_10);
		check_example(&examples[i], RELEASE_5_4);
	}
}
END_TEST

START_TEST(priorities_of_ipv6)
{
	static const struct { uint8_t local, remote; uint32_t v3, v4; } rows[] = {
		{ 128, 128, 17536, 1703937 },	/* row 10 */
		{ 48, 64, 27840, 1745025 },	/* row 11 */
		{ 48, 48, 0, 1745057 },		/* row 12: over IPv4 hosts, which 3.18 does not do (E-018) */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct priority_input in = { .base = PRIORITY_STATIC, .address_bits = 128, .local_len = rows[i].local, .remote_len = rows[i].remote,
					     .local_port_any = true, .remote_port_any = true };

		if (rows[i].v3)
			ck_assert_uint_eq(policy_priority(RELEASE_3_18, &in), rows[i].v3);
		ck_assert_uint_eq(policy_priority(RELEASE_4_10, &in), rows[i].v4);
		ck_assert_uint_eq(policy_priority(RELEASE_5_4, &in), rows[i].v4);
	}
}
END_TEST

/* E-021, E-030, E-070: what a peer that came gets lies one below its template, from 4.10 on. */
START_TEST(priorities_of_instances)
{
	static const struct { uint8_t local, remote; uint32_t v3, v4; } rows[] = {
		{ 24, 24, 2344, 1757392 },	/* row 21: a roadwarrior's net */
		{ 0, 32, 0, 1769664 },		/* row 22: an address of the pool, on the server; 3.18 was not run */
		{ 32, 0, 0, 1753344 },		/* row 23: the same on the client */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct priority_input in = { .base = PRIORITY_STATIC, .instance = true, .address_bits = 32, .local_len = rows[i].local,
					     .remote_len = rows[i].remote, .local_port_any = true, .remote_port_any = true };

		if (rows[i].v3)
			ck_assert_uint_eq(policy_priority(RELEASE_3_18, &in), rows[i].v3);
		ck_assert_uint_eq(policy_priority(RELEASE_4_10, &in), rows[i].v4);
		ck_assert_uint_eq(policy_priority(RELEASE_5_4, &in), rows[i].v4);
	}
}
END_TEST

static uint32_t group_priority(enum release release, enum ir_type type, const char *network, uint8_t proto, uint16_t our_port, uint16_t their_port)
{
	struct ir_group_entry entry = { .remote = prefix(network), .proto = proto, .local_port = our_port, .remote_port = their_port };
	struct ir_group group = { .path = "/etc/ipsec.d/policies/group" };
	struct ir_conn *conn;
	struct fixture x;
	uint32_t priority;

	setup(&x, release);
	conn = add_conn(&x, "group", "192.0.2.1", "%any");
	conn->end[1].host_kind = type == IR_TUNNEL ? IR_HOST_OPPORTUNISTICGROUP : IR_HOST_GROUP;
	conn->type = type;
	conn->auth_psk = false;
	conn->auth_null = type == IR_TUNNEL;
	conn->auth_never = type != IR_TUNNEL;
	vec_push(&x.arena, &group.entries, entry);
	conn->group = &group;
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->policies.n, type == IR_TUNNEL ? 1 : 3);
	priority = x.plan->policies.v[0].priority;
	teardown(&x);
	return priority;
}

/* The worked example of E-059, run in three releases. */
START_TEST(priorities_of_groups)
{
	static const enum release releases[] = { RELEASE_3_18, RELEASE_4_10, RELEASE_5_4 };
	static const struct {
		enum ir_type type;
		const char *network;
		uint8_t proto;
		uint16_t ours, theirs;
		uint32_t wanted[3];		/* 0: 3.18 knows no ports there */
	} rows[] = {
		{ IR_PASSTHROUGH, "10.50.0.0/16", 0, 0, 0, { 1584, 2801888, 2801889 } },
		{ IR_PASSTHROUGH, "10.51.1.1/32", 0, 0, 0, { 1568, 2801856, 2801857 } },
		{ IR_PASSTHROUGH, "192.0.2.254/32", IPPROTO_TCP, 0, 22, { 0, 2408640, 2408641 } },
		{ IR_PASSTHROUGH, "10.52.0.0/16", IPPROTO_UDP, 53, 0, { 0, 2408672, 2408673 } },
		{ IR_TUNNEL, "10.60.0.0/16", 0, 0, 0, { 2096, 3850465, 3850465 } },
		{ IR_TUNNEL, "0.0.0.0/0", 0, 0, 0, { 2112, 3850497, 3850497 } },
		{ IR_DROP, "10.63.0.0/16", 0, 0, 0, { 2096, 2801888, 2801889 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (size_t r = 0; r < 3; r++) {
			if (rows[i].wanted[r])
				ck_assert_uint_eq(group_priority(releases[r], rows[i].type, rows[i].network, rows[i].proto, rows[i].ours,
								 rows[i].theirs), rows[i].wanted[r]);
		}
	}
}
END_TEST

/* --- phases and templates --- */

static void tunnel(struct fixture *x, enum release release)
{
	struct ir_conn *conn;

	setup(x, release);
	conn = add_conn(x, "hq", "192.0.2.1", "192.0.2.2");
	set_subnet(&conn->end[0], "10.1.0.0/24");
	set_subnet(&conn->end[1], "10.2.0.0/24");
}

/* E-036, E-041, E-095, E-083 */
START_TEST(tunnel_is_a_trap_and_then_three_policies)
{
	struct fixture x;

	tunnel(&x, RELEASE_4_10);
	run(&x, NULL);
	ck_assert(!x.incomplete);
	ck_assert_str_eq(said(&x, 0), "(nothing)");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 10.1.0.0/24 10.2.0.0/24 1757393 esp/0/transport");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 1), "(no such policy)");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0),
			 "out 10.1.0.0/24 10.2.0.0/24 1757393 esp/16389/tunnel/192.0.2.1/192.0.2.2");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 1),
			 "in 10.2.0.0/24 10.1.0.0/24 1757393 esp/16389/tunnel/192.0.2.2/192.0.2.1");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 2),
			 "fwd 10.2.0.0/24 10.1.0.0/24 1757393 esp/16389/tunnel/192.0.2.2/192.0.2.1");
	teardown(&x);
	tunnel(&x, RELEASE_5_4);
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 10.1.0.0/24 10.2.0.0/24 1757393 esp/16388/transport");
	teardown(&x);
}
END_TEST

/* Both directions are closed before the SA is there; in the rendering of the chosen release In and Fwd are not. */
START_TEST(strict_policies_close_every_direction)
{
	struct fixture x;

	tunnel(&x, RELEASE_4_10);
	run(&x, NULL);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, true, i), policy_text(&x, PLAN_WHEN_UP, false, i));
	teardown(&x);
	tunnel(&x, RELEASE_4_10);
	x.ir.conns.v[0]->start = PLAN_START_UP;
	run(&x, NULL);
	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(policy_text(&x, PLAN_WHEN_LOAD, true, i), policy_text(&x, PLAN_WHEN_UP, false, i));
	teardown(&x);
}
END_TEST

/* E-012, E-042, E-099 */
START_TEST(transport_has_two_policies_without_addresses)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "t", "192.0.2.1", "192.0.2.2")->type = IR_TRANSPORT;
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0), "out 192.0.2.1/32 192.0.2.2/32 1753281 esp/16389/transport");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 1), "in 192.0.2.2/32 192.0.2.1/32 1753281 esp/16389/transport");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 2), "(no such policy)");
	ck_assert_int_eq(x.plan->children.v[0].mode, PLAN_MODE_TRANSPORT);
	teardown(&x);
}
END_TEST

/* E-097; the numbers are those of golden example G3 less its base */
START_TEST(compression_nests_esp_in_transport)
{
	struct fixture x;

	tunnel(&x, RELEASE_4_10);
	x.ir.conns.v[0]->compress = true;
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0),
			 "out 10.1.0.0/24 10.2.0.0/24 1757393 comp/16390/tunnel/192.0.2.1/192.0.2.2 esp/16389/transport");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 1),
			 "in 10.2.0.0/24 10.1.0.0/24 1757393 comp/16390/tunnel/192.0.2.2/192.0.2.1/use esp/16389/transport");
	teardown(&x);
}
END_TEST

/* E-037, E-038 */
START_TEST(shunts_are_three_policies_and_no_peer)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "p", "192.0.2.1", "0.0.0.0");
	conn->type = IR_PASSTHROUGH;
	conn->end[1].host_kind = IR_HOST_ANY;
	set_subnet(&conn->end[0], "10.1.0.0/24");
	set_subnet(&conn->end[1], "10.1.0.0/16");
	conn = add_conn(&x, "d", "192.0.2.1", "192.0.2.2");
	conn->type = IR_DROP;
	conn->start = PLAN_START_ADD;
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->peers.n + x.plan->children.n, 0);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_LOAD, false, 0), "out 10.1.0.0/24 10.1.0.0/16 1757409 pass");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_LOAD, false, 1), "in 10.1.0.0/16 10.1.0.0/24 1757409 pass");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_LOAD, false, 2), "fwd 10.1.0.0/16 10.1.0.0/24 1757409 pass");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 192.0.2.1/32 192.0.2.2/32 1753281 block esp/0/transport");
	x.ir.release = RELEASE_3_18;
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 192.0.2.1/32 192.0.2.2/32 2080 block");
	teardown(&x);
}
END_TEST

/* E-016: type and code of our end in both directions; code 0 is any */
START_TEST(icmp_is_type_and_code)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "ping", "192.0.2.1", "192.0.2.2");
	conn->end[0].proto = conn->end[1].proto = IPPROTO_ICMP;
	conn->end[0].port = conn->end[1].port = 2048;
	run(&x, NULL);
	for (size_t i = 0; i < x.plan->policies.n; i++) {
		ck_assert(x.plan->policies.v[i].sport_set && x.plan->policies.v[i].sport == 8);
		ck_assert(!x.plan->policies.v[i].dport_set);
	}
	teardown(&x);

	/* each end has its own: the sender's counts (run: 4.10, conn ping-types of tests/differential/xfrm.conf) */
	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "types", "192.0.2.1", "192.0.2.2");
	conn->type = IR_PASSTHROUGH;
	conn->end[0].proto = conn->end[1].proto = IPPROTO_ICMP;
	conn->end[0].port = 2049;
	conn->end[1].port = 2304;
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->policies.n, 3);
	for (size_t i = 0; i < x.plan->policies.n; i++) {
		const struct plan_policy *p = &x.plan->policies.v[i];

		ck_assert_uint_eq(p->sport, p->dir == PLAN_OUT ? 8 : 9);
		ck_assert_uint_eq(p->dport, p->dir == PLAN_OUT ? 1 : 0);
		ck_assert(p->dport_set == (p->dir == PLAN_OUT));
	}
	teardown(&x);
}
END_TEST

/* E-086, E-090 */
START_TEST(marks_by_direction_and_interface_zero)
{
	struct fixture x;
	struct ir_conn *conn;

	tunnel(&x, RELEASE_4_10);
	conn = x.ir.conns.v[0];
	conn->mark_in = (struct plan_mark){ 5, 0xff };
	conn->mark_out = (struct plan_mark){ 0, 0xff };
	conn->has_if_id = true;
	run(&x, NULL);
	for (size_t i = 0; i < x.plan->policies.n; i++) {
		const struct plan_policy *p = &x.plan->policies.v[i];

		ck_assert_uint_eq(p->mark.mask, p->dir == PLAN_OUT ? 0 : 0xff);
		ck_assert_uint_eq(p->if_id, 0x4000);
	}
	teardown(&x);
}
END_TEST

/* --- products and numbers --- */

/* E-003, E-005, E-080: the worked names, and four numbers for each member */
START_TEST(lists_of_subnets_are_multiplied)
{
	static const char *const names[] = { "hq/0x1", "hq/0x2", "hq/1x1", "hq/1x2" };
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "hq", "192.0.2.1", "192.0.2.2");
	set_subnet(&conn->end[0], "10.1.0.0/24");
	vec_push(&x.arena, &conn->end[0].subnets, prefix("10.9.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("10.2.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("10.3.0.0/24"));
	add_conn(&x, "next", "192.0.2.1", "192.0.2.9");
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->peers.n, 2);
	ck_assert_uint_eq(x.plan->children.n, 5);
	for (size_t i = 0; i < 4; i++) {
		ck_assert_str_eq(x.plan->children.v[i].name, names[i]);
		ck_assert_str_eq(x.plan->children.v[i].peer, "hq");
		ck_assert_uint_eq(x.plan->children.v[i].reqid, 16389 + 4 * i);
	}
	ck_assert_uint_eq(x.plan->children.v[4].reqid, 16405);
	teardown(&x);
}
END_TEST

/* E-012, E-018: two of Debian's plutos route such a conn, and never bring it up (TS_UNACCEPTABLE) */
START_TEST(transport_of_two_families_is_only_routed)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "odd", "192.0.2.1", "192.0.2.2");
	conn->type = IR_TRANSPORT;
	conn->end[0].has_subnet = conn->end[1].has_subnet = true;
	conn->end[0].subnet = prefix("2001:db8:1::/48");
	conn->end[1].subnet = prefix("2001:db8:2::/48");
	run(&x, NULL);
	ck_assert(x.incomplete);
	ck_assert_uint_eq(x.diag.findings.n, 1);
	ck_assert_int_eq(x.diag.findings.v[0]->rule, RULE_TRANSPORT_OF_TWO_FAMILIES);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_int_eq(x.plan->policies.v[0].when, PLAN_WHEN_ROUTE);
	teardown(&x);
}
END_TEST

/* E-007, E-006: one child SA with all pairs of selectors but those of two families, one number, three policies for each pair */
START_TEST(a_list_in_subnet_is_one_conn)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_5_4);
	conn = add_conn(&x, "hq", "192.0.2.1", "192.0.2.2");
	conn->end[0].subnet_list = conn->end[1].subnet_list = true;
	vec_push(&x.arena, &conn->end[0].subnets, prefix("10.1.0.0/24"));
	vec_push(&x.arena, &conn->end[0].subnets, prefix("10.2.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("10.3.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("2001:db8:2::/48"));
	add_conn(&x, "next", "192.0.2.1", "192.0.2.9");
	run(&x, NULL);
	ck_assert(!x.incomplete);
	ck_assert_uint_eq(x.plan->children.n, 2);
	ck_assert_str_eq(x.plan->children.v[0].name, "hq");
	ck_assert_uint_eq(x.plan->children.v[0].local_ts.n, 2);
	ck_assert_uint_eq(x.plan->children.v[0].remote_ts.n, 2);
	ck_assert_uint_eq(x.plan->children.v[1].reqid, 16393);
	for (size_t i = 0, up = 0; i < x.plan->policies.n; i++) {
		const struct plan_policy *p = &x.plan->policies.v[i];

		if (strcmp(p->conn, "hq") != 0 || p->when != PLAN_WHEN_UP)
			continue;
		ck_assert_uint_eq(p->tmpl.v[0].reqid, 16389);
		ck_assert_uint_le(++up, 6);
	}
	teardown(&x);
}
END_TEST

/* E-080, E-081: a conn with its own number takes none of the automatic ones (run: 4.10) */
START_TEST(a_written_reqid_takes_no_number)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "own", "192.0.2.1", "192.0.2.2")->reqid = 77;
	add_conn(&x, "next", "192.0.2.1", "192.0.2.9");
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->children.v[0].reqid, 77);
	ck_assert_uint_eq(x.plan->children.v[1].reqid, 16389);
	teardown(&x);
}
END_TEST

/* run: 4.10 routes neither marks nor interfaces of shunts, and no conn that may be narrowed without a network of the peer (E-024) */
START_TEST(what_real_traps_and_shunts_lack)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "pass", "192.0.2.1", "192.0.2.2");
	conn->type = IR_PASSTHROUGH;
	conn->mark_in = conn->mark_out = (struct plan_mark){ 5, 0xff };
	conn = add_conn(&x, "narrow", "192.0.2.1", "192.0.2.9");
	conn->narrowing = true;
	run(&x, NULL);
	for (size_t i = 0; i < x.plan->policies.n; i++) {
		const struct plan_policy *p = &x.plan->policies.v[i];

		ck_assert_uint_eq(p->mark.mask, 0);
		ck_assert(strcmp(p->conn, "narrow") != 0 || p->when != PLAN_WHEN_ROUTE || p->strict);
	}
	ck_assert_uint_ge(x.plan->policies.n, 6);
	teardown(&x);
}
END_TEST

START_TEST(pairs_of_two_families_are_said)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "mixed", "192.0.2.1", "192.0.2.2");
	vec_push(&x.arena, &conn->end[0].subnets, prefix("10.1.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("10.2.0.0/24"));
	vec_push(&x.arena, &conn->end[1].subnets, prefix("2001:db8:2::/48"));
	run(&x, NULL);
	ck_assert(x.incomplete);
	ck_assert_uint_eq(x.plan->children.n, 1);
	ck_assert_str_eq(said(&x, 0), "conn 'mixed' pairs '10.1.0.0/24' with '2001:db8:2::/48', which are of different families");
	teardown(&x);
}
END_TEST

START_TEST(too_many_pairs_are_refused)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "big", "192.0.2.1", "192.0.2.2");
	for (int i = 0; i < 300; i++) {
		vec_push(&x.arena, &conn->end[0].subnets, prefix("10.1.0.0/24"));
		vec_push(&x.arena, &conn->end[1].subnets, prefix("10.2.0.0/24"));
	}
	run(&x, NULL);
	ck_assert(x.incomplete);
	ck_assert_uint_eq(x.plan->children.n, 0);
	ck_assert_str_eq(said(&x, 0), "conn 'big' makes 90000 pairs of subnets, more than 65536");
	teardown(&x);
}
END_TEST

/* 20 x 240 x 240 would be 1 152 000 tunnels. Not asked for, a conn takes no room and is not said. */
START_TEST(tunnels_of_all_conns_are_limited)
{
	static const char *const only[] = { "c19", NULL };
	struct fixture x;

	setup(&x, RELEASE_4_10);
	for (int i = 0; i < 20; i++) {
		struct ir_conn *conn = add_conn(&x, arena_printf(&x.arena, "c%d", i), "192.0.2.1", "192.0.2.2");

		for (int k = 0; k < 240; k++) {
			vec_push(&x.arena, &conn->end[0].subnets, prefix("10.1.0.0/24"));
			vec_push(&x.arena, &conn->end[1].subnets, prefix("10.2.0.0/24"));
		}
	}
	run(&x, NULL);
	ck_assert(x.incomplete);
	ck_assert_uint_eq(x.plan->children.n, 17 * 240 * 240);
	ck_assert_str_eq(said(&x, 0), "conn 'c17' makes 36800 tunnels too many for one plan, which holds 1000000");
	x.incomplete = false;
	run(&x, only);
	ck_assert(!x.incomplete);
	ck_assert_uint_eq(x.plan->children.n, 240 * 240);
	teardown(&x);
}
END_TEST

/* E-081 */
START_TEST(explicit_reqid_is_for_all)
{
	struct fixture x;

	tunnel(&x, RELEASE_5_4);
	x.ir.conns.v[0]->reqid = 77;
	x.ir.conns.v[0]->compress = true;
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 10.1.0.0/24 10.2.0.0/24 1757393 esp/77/transport");
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0),
			 "out 10.1.0.0/24 10.2.0.0/24 1757393 comp/77/tunnel/192.0.2.1/192.0.2.2 esp/77/transport");
	teardown(&x);
}
END_TEST

/* A conn that was not asked for takes its number all the same: what is compiled alone equals its part of the whole. */
START_TEST(asking_for_one_conn_keeps_the_numbers)
{
	static const char *const names[] = { "b", NULL };
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "a", "192.0.2.1", "192.0.2.2");
	add_conn(&x, "b", "192.0.2.1", "192.0.2.3");
	add_conn(&x, "sleeping", "192.0.2.1", "192.0.2.4")->start = PLAN_START_IGNORE;
	run(&x, names);
	ck_assert_uint_eq(x.plan->children.n, 1);
	ck_assert_uint_eq(x.plan->children.v[0].reqid, 16393);
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->children.n, 2);
	teardown(&x);
}
END_TEST

/* --- orientation --- */

static enum plan_side side_of(struct fixture *x)
{
	run(x, NULL);
	return x->plan->peers.n ? x->plan->peers.v[0].side : PLAN_SIDE_UNKNOWN;
}

START_TEST(the_end_with_our_address_is_ours)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "c", "192.0.2.2", "192.0.2.1");
	set_subnet(&x.ir.conns.v[0]->end[1], "10.1.0.0/24");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_RIGHT);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0),
			 "out 10.1.0.0/24 192.0.2.2/32 1757377 esp/16389/tunnel/192.0.2.1/192.0.2.2");
	teardown(&x);
}
END_TEST

START_TEST(neither_end_is_ours)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "c", "192.0.2.7", "192.0.2.8");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_UNKNOWN);
	ck_assert_str_eq(said(&x, 0), "conn 'c': neither '192.0.2.7' nor '192.0.2.8' is an address of this host");
	ck_assert_str_eq(x.plan->peers.v[0].side_why, "neither '192.0.2.7' nor '192.0.2.8' is an address of this host");
	ck_assert_uint_eq(x.plan->policies.n, 0);
	ck_assert(!x.incomplete);
	teardown(&x);
}
END_TEST

START_TEST(an_interface_that_is_down_has_no_address)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	x.facts.addresses.v[0].up = false;
	add_conn(&x, "c", "192.0.2.1", "192.0.2.8");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_UNKNOWN);
	teardown(&x);
}
END_TEST

START_TEST(both_ends_are_ours)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_fact(&x, "eth1", "10.1.0.1");
	add_conn(&x, "c", "192.0.2.1", "10.1.0.1");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_UNKNOWN);
	ck_assert_str_eq(said(&x, 0), "both ends of conn 'c' are addresses of this host");
	ck_assert(x.incomplete);
	teardown(&x);
}
END_TEST

/* E-119, E-120: the lowest metric decides, and the route's own source address */
START_TEST(default_route_gives_the_address)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_fact(&x, "eth1", "10.1.0.1");
	vec_push(&x.arena, &x.facts.default_routes,
		 (struct fact_route){ AF_INET, address("192.0.2.254"), address(NULL), "eth0", 100 });
	vec_push(&x.arena, &x.facts.default_routes,
		 (struct fact_route){ AF_INET, address("10.1.0.254"), address("10.1.0.1"), "eth1", 50 });
	add_conn(&x, "c", "%defaultroute", "192.0.2.2");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_LEFT);
	ck_assert(ip_addr_eq(&x.plan->peers.v[0].local.addr, &x.facts.addresses.v[2].addr));
	ck_assert(slice_eq_str(x.plan->peers.v[0].local.id.text, "10.1.0.1"));
	teardown(&x);
}
END_TEST

START_TEST(no_default_route)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "c", "%defaultroute", "192.0.2.2");
	ck_assert_int_eq(side_of(&x), PLAN_SIDE_UNKNOWN);
	ck_assert_str_eq(said(&x, 0), "conn 'c': the host has no default route, which '%defaultroute' asks for");
	teardown(&x);
}
END_TEST

/* Without facts only words decide; the others are counted in one finding. */
START_TEST(without_facts_words_decide)
{
	struct lower_options options = { 0 };
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "road", "192.0.2.1", "%any");
	add_conn(&x, "client", "198.51.100.1", "%defaultroute");
	add_conn(&x, "plain", "192.0.2.1", "192.0.2.2");
	x.plan = lower(&x.arena, &x.ir, &x.sources, &options, &x.diag, &x.incomplete);
	ck_assert_int_eq(x.plan->peers.v[0].side, PLAN_SIDE_LEFT);
	ck_assert_int_eq(x.plan->peers.v[1].side, PLAN_SIDE_RIGHT);
	ck_assert_int_eq(x.plan->peers.v[1].local.kind, PLAN_ADDRESS_ANY);
	ck_assert_int_eq(x.plan->peers.v[2].side, PLAN_SIDE_UNKNOWN);
	ck_assert_str_eq(said(&x, 0), "which end this host is stays unknown for 1 conn: no facts of the host were given");
	ck_assert_uint_eq(x.diag.findings.n, 1);
	teardown(&x);
}
END_TEST

/* E-024, E-025 */
START_TEST(template_has_a_trap_only_with_a_subnet)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "road", "192.0.2.1", "%any");
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->policies.n, 0);
	ck_assert_uint_eq(x.plan->children.v[0].remote_ts.n, 0);
	set_subnet(&x.ir.conns.v[0]->end[1], "0.0.0.0/0");
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "out 192.0.2.1/32 0.0.0.0/0 1753345 esp/0/transport");
	teardown(&x);
}
END_TEST

/* E-018: the template of a tunnel has the hosts' family */
START_TEST(six_in_four)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "six", "192.0.2.1", "192.0.2.2");
	set_subnet(&conn->end[0], "2001:db8:1::/48");
	set_subnet(&conn->end[1], "2001:db8:2::/48");
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_UP, false, 0),
			 "out 2001:db8:1::/48 2001:db8:2::/48 1745057 esp/16389/tunnel/192.0.2.1/192.0.2.2");
	x.ir.release = RELEASE_3_18;
	run(&x, NULL);
	ck_assert_str_eq(policy_text(&x, PLAN_WHEN_ROUTE, false, 0), "(no such policy)");
	ck_assert_str_eq(said(&x, 0), "conn 'six' cannot be routed: its hosts and its subnets are of different families");
	teardown(&x);
}
END_TEST

/* --- peers --- */

START_TEST(secrets_are_references)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "c", "192.0.2.1", "192.0.2.2");
	add_conn(&x, "cert", "192.0.2.1", "192.0.2.3")->auth_psk = false;
	x.ir.conns.v[1]->auth_rsa = true;
	run(&x, NULL);
	ck_assert_str_eq(x.plan->peers.v[0].secret, "psk:c");
	ck_assert_str_eq(x.plan->secrets.v[0].file, "/etc/ipsec.secrets");
	ck_assert_int_eq(x.plan->peers.v[1].local.auth, PLAN_AUTH_RSA);
	ck_assert_str_eq(x.plan->peers.v[1].secret, "key:cert");
	teardown(&x);
}
END_TEST

START_TEST(what_is_not_planned_is_said)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "oe", "192.0.2.1", "%any");
	conn->end[1].host_kind = IR_HOST_OPPORTUNISTIC;
	run(&x, NULL);
	ck_assert(x.incomplete);
	ck_assert_uint_eq(x.plan->peers.n, 0);
	ck_assert_str_eq(said(&x, 0), "conn 'oe' is left out: plans do not carry opportunistic peers outside of a policy group yet");
	teardown(&x);
}
END_TEST

/* E-021: who has a pool is the server; the client's selector comes with its lease, and until then only a trap for a fixed peer stands. */
START_TEST(pools_make_a_server_and_a_client)
{
	struct fixture x;
	struct ir_conn *conn;
	const struct plan_peer *peer;

	setup(&x, RELEASE_4_10);
	conn = add_conn(&x, "anybody", "192.0.2.1", "%any");
	conn->end[1].addresspool = (struct ip_range){ address("10.77.0.1"), address("10.77.0.9") };
	conn = add_conn(&x, "fixed", "192.0.2.1", "192.0.2.9");
	conn->end[1].addresspool = (struct ip_range){ address("10.77.0.1"), address("10.77.0.9") };
	run(&x, NULL);
	ck_assert_uint_eq(x.plan->peers.n, 2);
	peer = &x.plan->peers.v[0];
	ck_assert(peer->local.config == PLAN_ROLE_SERVER && peer->remote.config == PLAN_ROLE_CLIENT);
	ck_assert_uint_eq(peer->local.pools.n, 0);
	ck_assert_uint_eq(peer->remote.pools.n, 1);
	ck_assert(ip_addr_eq(&peer->remote.pools.v[0].last, &x.ir.conns.v[0]->end[1].addresspool.last));
	ck_assert_uint_eq(x.plan->children.v[0].local_ts.n, 1);
	ck_assert_uint_eq(x.plan->children.v[0].remote_ts.n, 0);
	ck_assert_uint_eq(x.plan->children.v[1].remote_ts.n, 0);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_str_eq(x.plan->policies.v[0].conn, "fixed");
	ck_assert(x.plan->policies.v[0].when == PLAN_WHEN_ROUTE);
	teardown(&x);
}
END_TEST

/* E-015, run: 4.10. A port that may be any makes a template, which has a trap only where the other end's network is given. */
START_TEST(any_port_waits_for_the_peer)
{
	struct fixture x;
	struct ir_conn *conn;

	setup(&x, RELEASE_4_10);
	for (unsigned i = 0; i < 2; i++) {
		conn = add_conn(&x, i ? "net" : "host", "192.0.2.1", "192.0.2.9");
		conn->end[0].proto = conn->end[1].proto = IPPROTO_UDP;
		conn->end[0].port = 1701;
		conn->end[1].port_any = true;
		if (i)
			set_subnet(&conn->end[1], "10.2.0.0/24");
	}
	run(&x, NULL);
	ck_assert(x.plan->peers.v[0].remote.any_port && !x.plan->peers.v[0].local.any_port);
	ck_assert_uint_eq(x.plan->policies.n, 1);
	ck_assert_str_eq(x.plan->policies.v[0].conn, "net");
	teardown(&x);
}
END_TEST

START_TEST(nothing_to_compile_is_said)
{
	struct fixture x;

	setup(&x, RELEASE_4_10);
	add_conn(&x, "c", "192.0.2.1", "192.0.2.2")->start = PLAN_START_IGNORE;
	run(&x, NULL);
	ck_assert_str_eq(said(&x, 0), "no conn is loaded by its auto=, so the plan is empty");
	teardown(&x);
}
END_TEST

TAP_MAIN("lower", priorities_are_those_of_real_daemons, priorities_of_ipv6, priorities_of_instances, priorities_of_groups,
	 tunnel_is_a_trap_and_then_three_policies,
	 strict_policies_close_every_direction, transport_has_two_policies_without_addresses,
	 compression_nests_esp_in_transport, shunts_are_three_policies_and_no_peer, icmp_is_type_and_code,
	 marks_by_direction_and_interface_zero, lists_of_subnets_are_multiplied, a_list_in_subnet_is_one_conn, transport_of_two_families_is_only_routed,
	 a_written_reqid_takes_no_number, what_real_traps_and_shunts_lack, pairs_of_two_families_are_said,
	 too_many_pairs_are_refused, tunnels_of_all_conns_are_limited, explicit_reqid_is_for_all, asking_for_one_conn_keeps_the_numbers,
	 the_end_with_our_address_is_ours, neither_end_is_ours, an_interface_that_is_down_has_no_address, both_ends_are_ours,
	 default_route_gives_the_address, no_default_route, without_facts_words_decide, template_has_a_trap_only_with_a_subnet,
	 six_in_four, secrets_are_references, what_is_not_planned_is_said, pools_make_a_server_and_a_client,
	 any_port_waits_for_the_peer, nothing_to_compile_is_said)
