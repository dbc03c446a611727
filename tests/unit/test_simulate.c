/* SPDX-License-Identifier: Apache-2.0 */
/* test_simulate.c -- the network between two ends (all by its seed), and what a simulation says of two configurations; its document
 * is what docs/simulate.schema.json says. */
#include "include/ipsecc.h"
#include "runtime/simulate/report.h"
#include "tests/unit/json_schema.h"
#include "tests/unit/memory_files.h"
#include "tests/unit/tap.h"

/* --- the network -------------------------------------------------------------------------------------------------------------- */

static struct ip_addr addr(const char *text)
{
	struct ip_addr a = { 0 };

	ck_assert_int_eq(ip_addr_parse(slice_of(text), &a), 0);
	return a;
}

static struct ike_datagram datagram(unsigned from, uint16_t port, const char *text)
{
	return (struct ike_datagram){
		.local = addr(from ? "192.0.2.2" : "192.0.2.1"), .remote = addr(from ? "192.0.2.1" : "192.0.2.2"),
		.local_port = port, .remote_port = port, .data = (const uint8_t *)text, .n = strlen(text),
	};
}

/* The fates of n datagrams as letters, then the order in which what is left of them arrives. */
static void traffic(const struct network_options *options, uint64_t seed, unsigned n, struct buf *out)
{
	static const char letters[] = "dl2to";
	struct network network;
	struct network_packet *p;
	char text[16];

	network_init(&network, options, seed);
	for (unsigned i = 0; i < n; i++) {
		struct ike_datagram d;

		snprintf(text, sizeof(text), "%u", i);
		d = datagram(0, 500, text);
		buf_add_char(out, letters[network_send(&network, 0, &d, i * 20)]);
	}
	for (uint64_t last = 0; (p = network_take(&network)) != NULL; free(p)) {
		ck_assert_uint_ge(p->at, last);
		last = p->at;
		ck_assert_uint_eq(p->to, 1);
		buf_printf(out, " %.*s", (int)p->datagram.n, (const char *)p->datagram.data);
	}
	network_release(&network);
}

static unsigned count(const struct buf *text, char c)
{
	unsigned n = 0;

	for (size_t i = 0; i < text->n; i++)
		n += text->p[i] == c;
	return n;
}

START_TEST(a_seed_decides_all)
{
	struct network_options options = { .loss = 20, .duplicate = 10, .reorder = 10, .nat = -1 };
	struct buf a = { 0 }, b = { 0 }, other = { 0 };

	traffic(&options, 7, 200, &a);
	traffic(&options, 7, 200, &b);
	traffic(&options, 8, 200, &other);
	ck_assert_str_eq(a.p, b.p);
	ck_assert_str_ne(a.p, other.p);
	buf_release(&a);
	buf_release(&b);
	buf_release(&other);
}
END_TEST

START_TEST(percents_are_percents)
{
	struct network_options none = { .nat = -1 }, some = { .loss = 30, .duplicate = 20, .reorder = 10, .nat = -1 };
	struct network_options all = { .loss = 100, .nat = -1 };
	struct buf text = { 0 };

	traffic(&none, 1, 5, &text);
	ck_assert_str_eq(text.p, "ddddd 0 1 2 3 4");
	buf_clear(&text);
	traffic(&all, 1, 5, &text);
	ck_assert_str_eq(text.p, "lllll");
	buf_clear(&text);
	traffic(&some, 1, 2000, &text);
	ck_assert_uint_gt(count(&text, 'l'), 500);
	ck_assert_uint_lt(count(&text, 'l'), 700);
	ck_assert_uint_gt(count(&text, 't'), 80);	/* 10 % of what is not lost */
	ck_assert_uint_lt(count(&text, 't'), 200);
	buf_release(&text);
}
END_TEST

/* The end behind the NAT is seen with the NAT's address and ports of its own; before it has sent nobody reaches it. */
START_TEST(a_nat_translates)
{
	struct network_options options = { .nat = 0, .nat_address = addr("198.51.100.9") };
	struct ike_datagram out = datagram(0, 4500, "ping"), back = datagram(1, 4500, "pong");
	struct network network;
	struct network_packet *p;

	network_init(&network, &options, 1);
	ck_assert_int_eq(network_send(&network, 1, &back, 0), NETWORK_NO_WAY);
	ck_assert_uint_eq(network_next(&network), UINT64_MAX);
	ck_assert_int_eq(network_send(&network, 0, &out, 5), NETWORK_DELIVERED);
	ck_assert_uint_eq(network_next(&network), 5 + NETWORK_DELAY_MS);
	p = network_take(&network);
	ck_assert(ip_addr_eq(&p->datagram.remote, &options.nat_address));
	ck_assert_uint_ne(p->datagram.remote_port, 4500);
	ck_assert_uint_eq(p->datagram.local_port, 4500);
	ck_assert(p->datagram.natt);
	back.remote = p->datagram.remote;
	back.remote_port = p->datagram.remote_port;
	free(p);
	ck_assert_int_eq(network_send(&network, 1, &back, 20), NETWORK_DELIVERED);
	p = network_take(&network);
	ck_assert(ip_addr_eq(&p->datagram.local, &out.local));
	ck_assert_uint_eq(p->datagram.local_port, 4500);
	free(p);
	network_release(&network);
}
END_TEST

/* --- simulations -------------------------------------------------------------------------------------------------------------- */

#define FACTS(address)	"{\"version\": 1, \"addresses\": [{\"ifname\": \"eth0\", \"flags\": [\"UP\"], \"addr_info\": " \
			"[{\"family\": \"inet\", \"local\": \"" address "\", \"prefixlen\": 24}]}], \"routes\": [], \"routes6\": []}"
#define HQ_BY(authby)	"conn hq\n\tleft=192.0.2.1\n\tleftsubnet=10.1.0.0/16\n\tright=192.0.2.2\n\trightsubnet=10.2.0.0/16\n" \
			"\tauthby=" authby "\n\tikev2=insist\n\tauto=add\n"
#define HQ		HQ_BY("secret")

struct play {
	struct memory_file files[5];
	struct front front;
	struct unit *units[2];
	struct arena arena;
	struct sim_result *result;
};

static const struct plan *compile(struct play *p, unsigned i)
{
	struct unit_options options = {
		.reader = { &p->front, memory_read, memory_glob, memory_identify }, .host_facts = i ? "east.json" : "west.json",
	};
	struct lower_options lowering = { 0 };
	bool incomplete;

	ck_assert_int_eq(unit_compile(i ? "east.conf" : "west.conf", &options, &p->units[i], NULL), 0);
	return unit_plan(p->units[i], &lowering, &incomplete);
}

static struct sim_side sides[2];

static void play(struct play *p, const char *west, const char *east, const struct sim_options *options)
{
	*p = (struct play){
		.files = { { "east.conf", east, 0, 0 }, { "east.json", FACTS("192.0.2.2"), 0, 0 }, { "west.conf", west, 0, 0 },
			   { "west.json", FACTS("192.0.2.1"), 0, 0 } },
	};
	p->front.files = p->files;
	arena_init(&p->arena);
	for (unsigned i = 0; i < 2; i++)
		sides[i] = (struct sim_side){ .name = i ? "east" : "west", .plan = compile(p, i) };
	ck_assert_int_eq(simulate(&p->arena, sides, options, &p->result), 0);
}

static void end_play(struct play *p)
{
	unit_free(p->units[0]);
	unit_free(p->units[1]);
	arena_release(&p->arena);
}

static const struct sim_options plain = { .seed = 1, .assume = true, .network.nat = -1 };

static void fits(const struct play *p)
{
	json_t *schema = schema_load("docs/simulate.schema.json"), *document;
	struct buf text = { 0 };

	sim_write_json(p->result, &text);
	document = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(schema_valid(schema, document), "%s", schema_why);
	json_object_set_new(json_array_get(json_object_get(document, "conns"), 0), "more", json_null());
	ck_assert(!schema_valid(schema, document));
	json_decref(document);
	json_decref(schema);
	buf_release(&text);
}

START_TEST(both_ends_agree)
{
	struct play p;

	play(&p, HQ, HQ, &plain);
	ck_assert_uint_eq(p.result->conns.n, 1);
	ck_assert_int_eq(p.result->conns.v[0].verdict, SIM_ESTABLISHED);
	ck_assert_uint_lt(p.result->conns.v[0].child_rekeyed_ms, p.result->end_ms + SIM_START_MS);
	ck_assert_uint_lt(p.result->conns.v[0].ike_rekeyed_ms, p.result->end_ms + SIM_START_MS);
	ck_assert(p.result->good);
	fits(&p);
	end_play(&p);
}
END_TEST

/* Every call of either engine to its data plane has its counterpart, also where all goes wrong on the way. */
START_TEST(data_planes_are_left_empty)
{
	struct sim_options options = plain;

	options.network = (struct network_options){ .loss = 30, .duplicate = 10, .reorder = 20, .nat = -1 };
	for (options.seed = 1; options.seed <= 20; options.seed++) {
		struct play p;

		play(&p, HQ, HQ, &options);
		ck_assert_msg(p.result->unpaired[0].n + p.result->unpaired[1].n == 0, "seed %d: %s", (int)options.seed,
			      p.result->unpaired[0].n ? p.result->unpaired[0].v[0] : p.result->unpaired[1].v[0]);
		end_play(&p);
	}
}
END_TEST

START_TEST(what_differs_is_a_dispute)
{
	static const struct { const char *east, *what; enum sim_verdict verdict; } cases[] = {
		{ HQ "\tike=chacha20_poly1305-sha2_512;dh20\n", "IKE proposals", SIM_FAILED },
		{ HQ "\tesp=chacha20_poly1305\n", "ESP proposals", SIM_FAILED },
		{ HQ "\tleftid=@other\n", "identity", SIM_FAILED },
		{ HQ_BY("rsasig") "\tleftcert=x\n", "authentication", SIM_FAILED },
		{ HQ "\ttype=transport\n", "mode", SIM_FAILED },
		{ HQ "\tpfs=no\n", "key exchange of a rekey", SIM_REKEY_FAILED },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct play p;

		play(&p, HQ, cases[i].east, &plain);
		ck_assert_uint_eq(p.result->conns.n, 1);
		ck_assert_msg(p.result->conns.v[0].verdict == cases[i].verdict, "%s: %s", cases[i].what,
			      sim_verdict_names[p.result->conns.v[0].verdict]);
		ck_assert_uint_ge(p.result->conns.v[0].disputes.n, 1);
		ck_assert_str_eq(p.result->conns.v[0].disputes.v[0].what, cases[i].what);
		ck_assert(!p.result->good);
		fits(&p);
		end_play(&p);
	}
}
END_TEST

/* Names with control characters never reach a terminal as they are. */
START_TEST(text_is_printable)
{
	struct sim_style style = { .ascii = true };
	struct buf text = { 0 };
	struct play p;

	play(&p, HQ, HQ, &plain);
	sides[0].name = "we\033[31mst";
	sim_write_text(p.result, &style, &text);
	ck_assert(!memchr(text.p, '\033', text.n));
	ck_assert(strstr(text.p, "IKE_SA_INIT") != NULL);
	buf_release(&text);
	end_play(&p);
}
END_TEST

TAP_MAIN("simulate", a_seed_decides_all, percents_are_percents, a_nat_translates, both_ends_agree, data_planes_are_left_empty,
	 what_differs_is_a_dispute, text_is_printable)
