/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"
#include "tests/unit/plan_example.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdio.h>

struct fixture {
	struct arena arena;
	struct diag diag;
	struct plan *plan;
	struct slice text;
};

#define BASE 100u

/* One file whose first byte has position BASE. */
static struct diag_place locate(const void *context, uint32_t position)
{
	const struct fixture *x = context;
	struct diag_place place = { .file = "plan.json", .line = 1, .column = 1 };

	for (uint32_t i = 0; i + BASE < position && i < x->text.n; i++) {
		place.column++;
		if (x->text.p[i] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	return place;
}

static void setup(struct fixture *x)
{
	*x = (struct fixture){ 0 };
	arena_init(&x->arena);
	diag_init(&x->diag, &x->arena, (struct diag_source){ x, locate });
}

static void teardown(struct fixture *x)
{
	arena_release(&x->arena);
}

static int read_text(struct fixture *x, struct slice text)
{
	x->text = text;
	return plan_read(&x->arena, text, BASE, &x->diag, &x->plan);
}

/* "ID LINE:COLUMN message" of the n-th finding */
static const char *said(struct fixture *x, size_t n)
{
	const struct finding *f;
	struct diag_place place;

	if (n >= x->diag.findings.n)
		return "(nothing)";
	f = x->diag.findings.v[n];
	place = locate(x, f->span.start);
	return arena_printf(&x->arena, "%s %u:%u %s", rule_table[f->rule].id, f->span.end ? place.line : 0,
			    f->span.end ? place.column : 0, f->message);
}

START_TEST(reading_and_writing_again_gives_the_same_bytes)
{
	struct buf first = { 0 }, second = { 0 };
	struct fixture x;

	setup(&x);
	ck_assert_msg(read_text(&x, slice_of(plan_example)) == 0, "%s", said(&x, 0));
	ck_assert_str_eq(said(&x, 0), "(nothing)");
	ck_assert_int_eq(plan_write(x.plan, &first), 0);
	ck_assert_int_eq(read_text(&x, buf_slice(&first)), 0);
	ck_assert_int_eq(plan_write(x.plan, &second), 0);
	ck_assert_str_eq(first.p, second.p);
	ck_assert_int_eq(first.p[first.n - 1], '\n');
	buf_release(&first);
	buf_release(&second);
	teardown(&x);
}
END_TEST

START_TEST(values_arrive)
{
	struct fixture x;

	setup(&x);
	ck_assert_int_eq(read_text(&x, slice_of(plan_example)), 0);
	ck_assert_int_eq(x.plan->source.release, RELEASE_4_10);
	ck_assert_uint_eq(x.plan->source.files.v[0].sha256[31], 0xff);
	ck_assert_uint_eq(x.plan->peers.v[0].origin.line, 3);
	ck_assert_int_eq(x.plan->peers.v[0].local.id.type, IDENT_FQDN);
	ck_assert_int_eq(x.plan->peers.v[0].remote.id.type, IDENT_DN);
	ck_assert_uint_eq(x.plan->peers.v[0].proposals.v[0].transforms.v[0].key_bits, 256);
	ck_assert_uint_eq(x.plan->children.v[0].max_bytes, INT64_MAX);
	ck_assert_uint_eq(x.plan->children.v[0].mark_in.mask, 255);
	ck_assert_uint_eq(x.plan->children.v[0].remote_ts.v[0].range.last.bytes[3], 9);
	ck_assert(x.plan->policies.v[0].sport_set && !x.plan->policies.v[0].dport_set);
	ck_assert_ptr_nonnull(plan_peer_by_conn(x.plan, "hq"));
	ck_assert_ptr_null(plan_peer_by_conn(x.plan, "hq/1x2"));
	ck_assert_str_eq(x.plan->secrets.v[0].file, "/etc/ipsec.secrets");
	teardown(&x);
}
END_TEST

/* --- mistakes: one replacement in the good document each --- */

static struct slice with(struct fixture *x, const char *from, const char *to)
{
	const char *at = strstr(plan_example, from);

	ck_assert_msg(at != NULL, "'%s' is not in the document", from);
	return slice_of(arena_printf(&x->arena, "%.*s%s%s", (int)(at - plan_example), plan_example, to, at + strlen(from)));
}

static const struct {
	const char *from, *to, *said;
} mistakes[] = {
	{ "\"kind\": \"ipsecc-plan\"", "\"kind\": \"other\"",
		"IC8405 3:11 kind: this document is no plan: its kind is not 'ipsecc-plan'" },
	{ "\"version\": 1,", "\"version\": 2,", "IC8405 2:14 version: only plans of version 1 are understood" },
	{ "\"release\": \"4.10\"", "\"release\": \"9.9\"", "IC8402 4:25 source.release: '9.9' is no release of Libreswan" },
	{ "libreswan-4", "libreswan-5", "IC8402 4:44 source.dialect: 'libreswan-5' is not the dialect of libreswan 4.10" },
	{ "\"2001:db8::1\"", "\"2001:db8::g\"", "IC8402 6:67 host.addresses[1]: '2001:db8::g' is no address" },
	{ "\"10.2.0.0/24\"", "\"10.2.0.1/24\"", "IC8402 30:87 policies[0].dst: '10.2.0.1/24' has bits beyond its length" },
	{ "\"rekey_fuzz\": 100", "\"rekey_fuzz\": 65536", "IC8402 16:84 peers[0].rekey_fuzz: 65536 is out of range, 0 to 65535" },
	{ "\"lifetime\": 28800", "\"lifetime\": -1", "IC8402 16:42 peers[0].lifetime: -1 is out of range, 0 to 4294967295" },
	{ "\"lifetime\": 28800", "\"lifetime\": 1.5", "IC8402 16:42 peers[0].lifetime: a whole number is expected, not a "
		"fraction" },
	{ "\"rekey\": true", "\"rekey\": 1", "IC8402 15:35 peers[0].rekey: true or false is expected, not a whole number" },
	{ "\"rekey\": true, ", "", "IC8402 7:13 peers[0]: member 'rekey' is missing" },
	{ "\"dir\": \"out\"", "\"dir\": \"up\"", "IC8402 30:30 policies[0].dir: 'up' is none of 'out', 'in', 'fwd'" },
	{ "\"id\": \"@hq.example\"", "\"id\": \"@\"", "IC8402 9:75 peers[0].local.id: '@' is no identity: a name is missing after "
		"'@'" },
	{ "\"key_bits\": 256", "\"key_bits\": 257", "IC8402 13:7 peers[0].proposals[0].transforms[0]: AES_GCM_16 has no keys of "
		"257 bits" },
	{ "\"name\": \"DH19\"", "\"name\": \"ROT13\"",
	  "IC8402 14:7 peers[0].proposals[0].transforms[2]: no transform of type 'ke' is called 'ROT13'" },
	{ "\"peer\": \"hq\"", "\"peer\": \"zz\"", "IC8404 20:31 children[0].peer: there is no 'zz'" },
	{ "\"secret\": \"psk:hq\"", "\"secret\": \"psk:zz\"", "IC8404 11:15 peers[0].secret: there is no 'psk:zz'" },
	{ "\"conn\": \"hq/1x2\"", "\"conn\": \"hq\"", "IC8404 30:13 policies[0].conn: there is no 'hq'" },
	{ "\"src\": \"192.0.2.1\", \"dst\": \"192.0.2.2\", ", "",
		"IC8402 32:14 policies[0].tmpl[0]: a tunnel needs two addresses" },
	{ "\"protocol\": \"esp\",", "\"protocol\": \"ah\",",
		"IC8402 21:19 children[0].proposals[0]: the proposal is for another protocol" },
	{ "\"host\": {", "\"host\": 5, \"x\": {", "IC8402 6:11 host: an object is expected, not a whole number" },
	{ "\"addresses\": \"10.2.0.3-10.2.0.9\"", "\"addresses\": \"10.2.0.9-10.2.0.3\"",
	  "IC8402 24:33 children[0].remote_ts[0].addresses: '10.2.0.9-10.2.0.3' is no prefix and no range of addresses" },
	{ "\"updown\": null", "\"updown\": \"a\\nb\"", "IC8402 28:69 children[0].updown: the text holds the control character 10" },
	{ "\"version\": 1,", "\"version\": 1, \"version\": 1,", "IC8401 2:25 this is not JSON: duplicate object key" },
	{ "\"known\": true,", "\"known\": true", "IC8401 6:30 this is not JSON: '}' expected" },
	{ plan_example, "", "IC8401 0:0 this is not JSON: '[' or '{' expected near end of file" },
	{ plan_example, "[]", "IC8401 1:1 the document must be an object, not a list" },
	{ plan_example, "{}", "IC8405 1:1 this document is no plan: its kind is not 'ipsecc-plan'" },
};

START_TEST(each_mistake_is_named_and_placed)
{
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct fixture x;

		setup(&x);
		ck_assert_msg(read_text(&x, with(&x, mistakes[i].from, mistakes[i].to)) == -EINVAL, "taken: %s", mistakes[i].to);
		ck_assert_str_eq(said(&x, 0), mistakes[i].said);
		ck_assert_ptr_null(x.plan);
		teardown(&x);
	}
}
END_TEST

START_TEST(unknown_members_are_warned_about_and_ignored)
{
	struct fixture x;

	setup(&x);
	ck_assert_int_eq(read_text(&x, with(&x, "\"known\": true,", "\"known\": true, \"mood\": {},")), 0);
	ck_assert_str_eq(said(&x, 0), "IC8403 6:35 host.mood: a plan of version 1 has no such member");
	ck_assert_int_eq(x.diag.findings.v[0]->severity, SEVERITY_WARNING);
	teardown(&x);
}
END_TEST

/* Names are unique in their list. */
START_TEST(duplicate_names)
{
	const char *peers = strstr(plan_example, "\"peers\": [{") + strlen("\"peers\": [");
	const char *end = strstr(plan_example, "],\n  \"children\"");
	struct fixture x;
	struct slice text;

	setup(&x);
	text = slice_of(arena_printf(&x.arena, "%.*s,%.*s%s", (int)(end - plan_example), plan_example, (int)(end - peers), peers,
				     end));
	ck_assert_int_eq(read_text(&x, text), -EINVAL);
	ck_assert_str_eq(said(&x, 0), "IC8404 19:13 peers[1].conn: the name 'hq' is taken already");
	teardown(&x);
}
END_TEST

/* Every prefix of the document ends in a finding, and many cuts in the middle too; the sanitizers watch. */
START_TEST(cut_documents)
{
	struct fixture x;

	for (size_t n = 0; n + 2 < sizeof(plan_example) - 1; n += 7) {
		setup(&x);
		ck_assert_int_eq(read_text(&x, (struct slice){ plan_example, n }), -EINVAL);
		ck_assert_uint_ge(x.diag.findings.n, 1);
		teardown(&x);
	}
}
END_TEST

/* A list of nothing but mistakes: places are looked up for the first ones only. */
START_TEST(many_mistakes_are_cheap)
{
	struct buf text = { 0 };
	struct fixture x;

	setup(&x);
	buf_add_str(&text, "{\"version\": 1, \"kind\": \"ipsecc-plan\", \"peers\": [");
	for (int i = 0; i < 20000; i++)
		buf_add_str(&text, "7,");
	buf_add_str(&text, "7]}");
	ck_assert_int_eq(read_text(&x, buf_slice(&text)), -EINVAL);
	ck_assert_uint_ge(x.diag.findings.n, 20001);
	ck_assert_uint_eq(x.diag.findings.v[20000]->span.end, 0);
	buf_release(&text);
	teardown(&x);
}
END_TEST

START_TEST(running_out_of_memory_frees_the_plan_example)
{
	jmp_buf oom;

	for (uint64_t n = 1;; n++) {
		struct fixture x;

		setup(&x);
		x.arena.on_oom = &oom;
		if (setjmp(oom) == 0) {
			arena_fail_at(n);
			ck_assert_int_eq(read_text(&x, slice_of(plan_example)), 0);
			arena_fail_at(0);
			teardown(&x);
			break;
		}
		teardown(&x);
	}
	ck_assert_int_eq(arena_failure_reached(), 0);
}
END_TEST

TAP_MAIN("plan", reading_and_writing_again_gives_the_same_bytes, values_arrive, each_mistake_is_named_and_placed,
	 unknown_members_are_warned_about_and_ignored, duplicate_names, cut_documents, many_mistakes_are_cheap,
	 running_out_of_memory_frees_the_plan_example)
