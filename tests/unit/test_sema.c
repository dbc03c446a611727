/* SPDX-License-Identifier: Apache-2.0 */
/* Whole configurations: findings with their places, the typed conn, the verdict. What 4.10 does was asked of Debian's pluto. */
#include "compiler/sema/ir.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/tap.h"

static struct arena arena;
static struct sources sources;
static struct diag diag;
static struct ir *ir;

static void compile(enum release release, const char *text)
{
	struct syntax *syntax;
	const struct resolved *resolved;
	int first;

	arena_release(&arena);
	arena_init(&arena);
	sources_init(&sources, &arena, source_reader_system);
	diag_init(&diag, &arena, sources_for_diag(&sources));
	first = sources_add_text(&sources, "ipsec.conf", slice_of(text), (struct span){ 0, 0 });
	syntax = syntax_parse(&arena, &sources, first, &diag);
	syntax_apply_release(syntax, release, &diag);
	resolved = resolve(&arena, syntax, release, &diag);
	ir = sema(&arena, resolved, build_of(release), &diag);
	diag_finish(&diag);
}

/* "error 3:7-10 message [conn]\n" for each finding, notes last. */
static const char *findings(void)
{
	static const char *const severities[] = { "error", "warning", "note" };
	char *out = "";

	for (size_t i = 0; i < diag.findings.n; i++) {
		const struct finding *f = diag.findings.v[i];
		struct diag_place place = sources_locate(&sources, f->span.start);

		out = arena_printf(&arena, "%s%s %u:%u-%u %s%s%s%s\n", out, severities[f->severity], place.line, place.column,
				   place.column + f->span.end - f->span.start, f->message, f->conn ? " [" : "", f->conn ? f->conn : "",
				   f->conn ? "]" : "");
	}
	return out;
}

static const struct ir_conn *conn(const char *name)
{
	for (size_t i = 0; i < ir->conns.n; i++)
		if (strcmp(ir->conns.v[i]->name, name) == 0)
			return ir->conns.v[i];
	ck_abort_msg("no conn '%s'", name);
	return NULL;
}

static const char *verdicts(void)
{
	static const char *const words[] = { "loads", "loads-with-warnings", "will-not-load", "unknown" };
	char *out = "";

	for (size_t i = 0; i < ir->conns.n; i++)
		out = arena_printf(&arena, "%s%s%s:%s", out, i ? " " : "", ir->conns.v[i]->name, words[ir->conns.v[i]->verdict]);
	return out;
}

#define BASE	"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"

START_TEST(a_plain_conn)
{
	const struct ir_conn *c;

	compile(RELEASE_4_10, "config setup\n\tkeep-alive=30\n\nconn hq\n" BASE
		"\tleftid=@hq.example\n\tleftsubnet=10.1.0.0/16\n\trightsubnet=10.2.0.0/16\n\tike=aes256-sha2;modp2048\n"
		"\tesp=aes_gcm256\n\tikelifetime=4h\n\tdpddelay=30\n\tmark=0x5/0xff\n\tauto=start\n");
	ck_assert_str_eq(findings(), "note 16:7-12 until conn 'hq' is up, its traffic leaves in clear [hq]\n");	/* */
	c = conn("hq");
	ck_assert_int_eq(c->verdict, VERDICT_LOADS);
	ck_assert_int_eq(c->end[SIDE_LEFT].host_kind, IR_HOST_ADDR);
	ck_assert_int_eq(c->end[SIDE_LEFT].id.type, IDENT_FQDN);
	ck_assert_int_eq(c->end[SIDE_RIGHT].id.type, IDENT_NONE);
	ck_assert(c->end[SIDE_LEFT].has_subnet && c->end[SIDE_LEFT].subnet.len == 16);
	ck_assert_int_eq(c->type, IR_TUNNEL);
	ck_assert_int_eq(c->start, PLAN_START_UP);
	ck_assert_uint_eq(c->ike_version, 2);
	ck_assert(c->auth_psk && !c->auth_rsa && !c->auth_ecdsa);
	ck_assert(c->ike_written && c->phase2_written && c->pfs && c->rekey);
	ck_assert_str_eq(proposal_format(&arena, &c->phase2.v[0]), "AES_GCM_16_256");
	ck_assert_uint_eq(c->ike_lifetime, 4 * 3600);
	ck_assert_uint_eq(c->sa_lifetime, 8 * 3600);
	ck_assert_uint_eq(c->rekey_margin, 540);
	ck_assert_uint_eq(c->rekey_fuzz, 100);
	ck_assert_uint_eq(c->retransmit_timeout_ms, 60000);
	ck_assert_uint_eq(c->retransmit_interval_ms, 500);
	ck_assert_uint_eq(c->replay_window, 128);
	ck_assert_uint_eq(c->nat_keepalive, 30);
	ck_assert(c->mark_in.value == 5 && c->mark_out.mask == 0xff);
	/* where a value stands, and where none does */
	ck_assert_uint_eq(sources_locate(&sources, ir_origin(c, KW_SUBNET, SIDE_LEFT).start).line, 9);
	ck_assert(!span_known(ir_origin(c, KW_TYPE, SIDE_NONE)));
}
END_TEST

/* Defaults follow the release (C-212, section 8 of the proposals). */
START_TEST(defaults_by_release)
{
	compile(RELEASE_3_18, "conn a\n" BASE);
	ck_assert_uint_eq(conn("a")->ike_version, 1);
	ck_assert_uint_eq(conn("a")->ike_lifetime, 3600);
	ck_assert_uint_eq(conn("a")->replay_window, 32);
	compile(RELEASE_4_10, "conn a\n" BASE);
	ck_assert_uint_eq(conn("a")->ike_version, 2);
	ck_assert_uint_eq(conn("a")->ike_lifetime, 8 * 3600);
	ck_assert_uint_eq(conn("a")->ike.n, 4);
	ck_assert_uint_eq(conn("a")->phase2.n, 4);
	compile(RELEASE_5_4, "conn a\n" BASE);
	ck_assert_uint_eq(conn("a")->retransmit_timeout_ms, 30000);
	ck_assert_uint_eq(conn("a")->ike.n, 5);
	compile(RELEASE_5_4, "conn a\n" BASE "\tkeyexchange=ikev1\n\tikev2=insist\n");
	ck_assert_uint_eq(conn("a")->ike_version, 1);	/* A.8: keyexchange= wins */
}
END_TEST

/* Every rule about conns once: what is said, where, and what becomes of the conn. The verdicts for 4.10 are those of its pluto. */
static const struct {
	const char *rule;
	enum release release;
	const char *text, *findings, *verdicts;
} cases[] = {
	{ "C-014", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tauthby=secret\n",
	  "error 1:6-7 conn 'a' has no right= [a]\n",
	  "a:will-not-load" },
	{ "C-014", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tauto=ignore\n",
	  "note 1:6-7 conn 'a' has no right= [a]\n",
	  "a:will-not-load" },
	{ "C-020", RELEASE_4_10,
	  "conn a\n\tleft=%any\n\tright=%group\n\tauthby=secret\n",
	  "error 3:8-14 neither end of conn 'a' has an address [a]\n",
	  "a:will-not-load" },
	{ "C-026", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=2001:db8::2\n\tauthby=secret\n",
	  "warning 3:8-19 left and right are of different address families [a]\n",
	  "a:loads-with-warnings" },
	{ "C-026", RELEASE_5_4,
	  "conn a\n\tleft=192.0.2.1\n\tright=2001:db8::2\n\tauthby=secret\n",
	  "error 3:8-19 left and right are of different address families [a]\n",
	  "a:will-not-load" },
	{ "C-037", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.1\n\tauthby=secret\n",
	  "warning 3:8-17 both ends have the same address [a]\n",
	  "a:loads-with-warnings" },
	{ "C-041", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=10.1.0.0/24\n"
	  "\tleftsourceip=10.9.9.9\n",
	  "warning 6:15-23 this address is not in leftsubnet= [a]\n",
	  "a:loads-with-warnings" },
	{ "C-046", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\trightsubnet=198.51.100.0/24\n",
	  "warning 5:14-29 the address of the right end lies in the network behind it [a]\n",
	  "a:loads-with-warnings" },
	{ "C-059", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=10.1.0.0/16\n"
	  "\trightsubnet=2001:db8:2::/48\n",
	  "error 6:14-29 the two ends protect different address families [a]\n",
	  "a:will-not-load" },
	{ "C-060", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=2001:db8:5::/48\n",
	  "error 5:13-28 the two ends protect different address families [a]\n",
	  "a:will-not-load" },
	{ "C-062", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnets={10.1.0.0/16,10.2.0.0/16}\n",
	  "error 5:15-38 leftsubnets= has no subnet on the right side [a]\n",
	  "a:will-not-load" },
	{ "C-062", RELEASE_5_4,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnets={10.1.0.0/16,10.2.0.0/16}\n",
	  "",
	  "a:loads" },
	{ "C-066", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=10.3.0.0/16\n"
	  "\tleftsubnets=10.1.0.0/16\n\trightsubnet=10.9.0.0/16\n",
	  "warning 6:14-25 leftsubnets= stands beside leftsubnet= [a]\n",
	  "a:loads-with-warnings" },
	{ "C-068", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=%any\n\tauthby=secret\n\trightaddresspool=10.9.0.10-10.9.0.99\n"
	  "\trightsubnet=10.9.0.0/24\n",
	  "warning 5:19-38 clients with an address of this pool reach nothing but the left end itself [a]\n"
	  "error 6:14-25 a subnet on the side of an address pool [a]\n",
	  "a:will-not-load" },
	{ "C-070", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\ttype=transport\n"
	  "\tleftsubnet=10.1.0.0/16\n",
	  "warning 6:13-24 transport mode cannot carry a subnet [a]\n",
	  "a:loads-with-warnings" },
	{ "C-071", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\trightsubnet=vhost:%priv\n",
	  "error 5:14-25 a virtual subnet needs IKEv1 [a]\n",
	  "a:will-not-load" },
	{ "C-073", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n\tleftsubnet=vhost:%priv\n\trightsubnet=vhost:%priv\n",
	  "error 10:14-25 both ends have a virtual subnet [a]\n",
	  "a:will-not-load" },
	{ "C-080", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftprotoport=udp/%any\n"
	  "\trightprotoport=udp/%any\n",
	  "error 6:17-25 the port is %any on both ends [a]\n",
	  "a:will-not-load" },
	{ "C-088", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftprotoport=tcp/22\n"
	  "\trightprotoport=udp/53\n",
	  "warning 6:17-23 the two ends name different protocols [a]\n",
	  "a:loads-with-warnings" },
	{ "C-102", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=never\n",
	  "error 4:9-14 authby=never leaves no way to authenticate a tunnel [a]\n",
	  "a:will-not-load" },
	{ "C-103", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\ttype=drop\n",
	  "error 4:7-11 a conn that negotiates nothing needs authby=never [a]\n",
	  "a:will-not-load" },
	{ "C-106", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftauth=secret\n",
	  "error 5:11-17 leftauth= is written, but not rightauth= [a]\n",
	  "a:will-not-load" },
	{ "C-107", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftauth=secret\n\trightauth=null\n",
	  "error 6:12-16 a secret on one side and no authentication on the other [a]\n",
	  "a:will-not-load" },
	{ "C-108", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftauth=rsasig\n\trightauth=rsasig\n",
	  "error 5:11-17 leftauth= is not among the methods of authby= [a]\n",
	  "a:will-not-load" },
	{ "C-112", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tikev2=no\n"
	  "\tauthby=secret,rsasig\n",
	  "error 8:9-22 IKEv1 has no choice between a secret and signatures [a]\n",
	  "a:will-not-load" },
	{ "C-115", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=null\n",
	  "warning 4:9-13 the peer of conn 'a' is not authenticated [a]\n",
	  "a:loads-with-warnings" },
	{ "C-122", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftid=%fromcert\n",
	  "error 5:9-18 there is no certificate to take the identity from [a]\n",
	  "a:will-not-load" },
	{ "C-124", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftid=@gw\n\trightid=@GW\n",
	  "warning 6:10-13 both ends have the same identity [a]\n",
	  "a:loads-with-warnings" },
	{ "C-130", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftcert=hq\n\tleftckaid=aabb\n",
	  "error 6:12-16 leftcert= and leftckaid= both name the key [a]\n",
	  "a:will-not-load" },
	{ "C-139", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n",
	  "warning 1:6-7 conn 'a' authenticates by signatures, but neither end has a key [a]\n",
	  "a:loads-with-warnings" },
	{ "C-155", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tpfs=no\n\tesp=aes256-sha2;modp2048\n",
	  "warning 6:18-26 this DH group has no effect: the conn has pfs=no [a]\n",
	  "a:loads-with-warnings" },
	{ "C-166, P-084", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n\taggressive=yes\n\tike=aes256-sha2;modp2048,aes256-sha2;modp1536\n",
	  "warning 9:13-16 aggressive mode gives away a hash of the secret [a]\n"
	  "warning 10:6-47 aggressive mode can offer one DH group only [a]\n"
	  "warning 10:39-47 this proposal allows MODP1536 [a]\n",
	  "a:loads-with-warnings" },
	{ "C-180", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tikelifetime=0s\n\tsalifetime=2d\n",
	  "warning 5:14-16 the lifetime is 0 [a]\nwarning 6:13-15 the lifetime is longer than 24 hours [a]\n",
	  "a:loads-with-warnings" },
	{ "C-182", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tsalifetime=10m\n",
	  "warning 5:13-16 the IPsec SA can be due for replacement as soon as it stands [a]\n",
	  "a:loads-with-warnings" },
	{ "C-189", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n\tdpddelay=30\n",
	  "warning 9:11-13 IKEv1 needs dpdtimeout= beside dpddelay= [a]\n",
	  "a:loads-with-warnings" },
	{ "C-191", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tdpdaction=restart\n",
	  "warning 5:12-19 dpdaction= has no effect without dpddelay= [a]\n",
	  "a:loads-with-warnings" },
	{ "C-194", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n\tdpddelay=30\n\tdpdtimeout=10\n",
	  "warning 10:13-15 the peer is declared dead before it is asked once [a]\n",
	  "a:loads-with-warnings" },
	{ "C-210", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tikev2=no\n",
	  "error 5:8-10 IKEv1 is switched off, but conn 'a' needs it [a]\n",
	  "a:will-not-load" },
	{ "C-210", RELEASE_4_10,
	  "config setup\n\tikev1-policy=drop\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n",
	  "error 8:8-10 IKEv1 is switched off, but conn 'a' needs it [a]\n",
	  "a:will-not-load" },
	{ "C-215, C-216", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\n\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tikev2=no\n\tnarrowing=yes\n\tmobike=yes\n",
	  "error 9:12-15 IKEv1 has no narrowing [a]\nerror 10:9-12 IKEv1 has no mobike [a]\n",
	  "a:will-not-load" },
	{ "X-001", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=10.1.0.0/16\n"
	  "\trightsubnet=10.2.0.0/16\n\tauto=start\n\nconn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tauthby=secret\n"
	  "\trightsubnet=10.2.0.0/16\n\tleftsubnet=10.1.0.0/16\n\tauto=start\n",
	  "error 9:6-7 conns 'a' and 'b' protect the same traffic to different peers [b]\n",
	  "a:loads b:loads-with-warnings" },
	{ "X-024", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\treqid=100\n\tauto=add\n"
	  "conn b\n\tleft=192.0.2.1\n\tright=203.0.113.9\n\tauthby=secret\n\treqid=100\n\tauto=add\n"
	  "conn c\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\treqid=100\n\tauto=add\n",
	  "warning 11:8-11 conns 'a' and 'b' have the same reqid and different peers [b]\n"
	  "note 13:6-7 conns 'a' and 'c' protect the same traffic between the same hosts [c]\n",
	  "a:loads b:loads-with-warnings c:loads" },
	{ "X-020", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=%any\n\tauthby=secret\n\trightaddresspool=10.9.0.0/24\nconn b\n"
	  "\tleft=192.0.2.1\n\tright=%any\n\tauthby=secret\n\trightaddresspool=10.9.0.10-10.9.0.99\n",
	  "warning 5:19-30 clients with an address of this pool reach nothing but the left end itself [a]\n"
	  "warning 10:19-38 clients with an address of this pool reach nothing but the left end itself [b]\n"
	  "error 10:19-38 the address pool of conn 'b' overlaps that of conn 'a' [b]\n",
	  "a:loads-with-warnings b:will-not-load" },
	{ "RFC 8247", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
	  "\tike=aes128-md5;modp2048,3des-md5;modp1536\n",
	  "warning 5:13-16 this proposal allows HMAC_MD5 [a]\nwarning 5:35-43 this proposal allows MODP1536 [a]\n",
	  "a:loads-with-warnings" },
	{ "L-031", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tsession-resumption=yes\n",
	  "error 5:2-20 libreswan 4.10 does not know the keyword 'session-resumption' [a]\n",
	  "a:will-not-load" },
	{ "L-081", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tforceencaps=yes\n",
	  "warning 5:2-13 libreswan 4.10 ignores the keyword 'forceencaps' [a]\n",
	  "a:loads-with-warnings" },
	{ "auto", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=%any\n\tauthby=secret\n\tauto=start\n",
	  "warning 5:7-12 conn 'a' cannot be started: its peer has no address [a]\n",
	  "a:loads-with-warnings" },
	{ "L-096: a shared line is judged once", RELEASE_4_10,
	  "conn base\n\tleftsubnet=10.0.0.0/33\n\tleft=192.0.2.1\n\tauthby=secret\nconn a\n\talso=base\n"
	  "\tright=198.51.100.1\nconn b\n\talso=base\n\tright=198.51.100.2\nconn c\n\tleft=192.0.2.1\n"
	  "\tright=198.51.100.1\n\tauthby=secret\n",
	  "error 2:22-24 prefix length 33 is longer than an IPv4 address [base]\n"
	  "note 6:7-11 conn 'base' stands before the conn that includes it [a]\n",
	  "base:will-not-load a:will-not-load b:will-not-load c:loads" },
	{ "C-219, C-220", RELEASE_4_10,
	  "config setup\n\tikev1-policy=accept\nconn a\n" BASE "\tenable-tcp=yes\n\ttcp-remoteport=500\nconn b\n" BASE
	  "\tikev2=no\n\tenable-tcp=fallback\nconn c\n" BASE "\ttcp-remoteport=500\n",
	  "note 7:2-12 the plan leaves out the keyword 'enable-tcp' [a]\n"
	  "note 8:2-16 the plan leaves out the keyword 'tcp-remoteport' [a]\n"
	  "error 8:17-20 port 500 is not for IKE over TCP [a]\n"
	  "note 14:2-12 the plan leaves out the keyword 'enable-tcp' [b]\n"
	  "error 14:13-21 IKEv1 does not go over TCP [b]\n"
	  "note 19:2-16 the plan leaves out the keyword 'tcp-remoteport' [c]\n"
	  "warning 19:17-20 'tcp-remoteport' has no effect here: enable-tcp= is not switched on [c]\n",
	  "a:will-not-load b:will-not-load c:loads-with-warnings" },
	{ "C-161", RELEASE_5_4, "conn a\n" BASE "\tesp=aes256-sha2\n\tah=sha2\nconn b\n" BASE "\tphase2=ah\n\tah=sha2\n",
	  "error 6:5-9 a conn has AH or ESP, not both [a]\n",
	  "a:will-not-load b:loads" },
	{ "C-163, C-165", RELEASE_5_4,
	  "config setup\n\tikev1-policy=accept\nconn a\n" BASE "\tkeyexchange=ikev2\n\taggressive=yes\nconn b\n"
	  "\tleft=192.0.2.1\n\tright=198.51.100.1\n\tleftcert=hq\n\tkeyexchange=ikev1\n\taggressive=yes\n",
	  "error 8:13-16 IKEv2 has no aggressive mode [a]\nerror 14:13-16 aggressive mode needs ike= [b]\n",
	  "a:will-not-load b:will-not-load" },
	{ "C-137", RELEASE_4_10,
	  "conn a\n" BASE "\tleftrsasigkey=%cert\n\tleftpubkey=MAMBAgM=\nconn b\n" BASE
	  "\tleftecdsakey=%cert\n\tleftrsasigkey=0x01030000000000000000000000000000000000000000000000000000000000000000000000"
	  "0000000000000000000000000000000000000000000000000000000000\n\tleftpubkey=%cert\n",
	  "note 11:2-14 the plan leaves out the keyword 'leftecdsakey' [b]\n"
	  "error 11:15-20 the left end has two public keys [b]\n",
	  "a:loads b:will-not-load" },
	{ "C-275, C-288", RELEASE_4_10,
	  "conn a\n" BASE "\ttype=transport\n\tvti-interface=vti1\n\tmark=5/0xff\nconn b\n" BASE "\tphase2=ah\n\ttfc=9\n",
	  "note 6:2-15 the plan leaves out the keyword 'vti-interface' [a]\n"
	  "error 6:16-20 a VTI does not go with transport mode [a]\n"
	  "error 13:6-7 padding against traffic analysis does not go with AH [b]\n",
	  "a:will-not-load b:will-not-load" },
	{ "L-099: what alsoflip= brings, no daemon has", RELEASE_4_10,
	  "conn a\n\talsoflip=base\n\tright=198.51.100.1\nconn b\n\talsoflip=base\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
	  "\tauthby=secret\nconn base\n\tright=192.0.2.9\n\tauthby=secret\n",
	  "error 1:6-7 conn 'a' has no left= [a]\nwarning 2:2-10 libreswan does nothing for 'alsoflip' [a]\n"
	  "warning 5:2-10 libreswan does nothing for 'alsoflip' [b]\nerror 5:11-15 conn 'b' gets 'left' from conn 'base' too [b]\n"
	  "warning 5:11-15 conn 'b' gets 'authby' from conn 'base' too [b]\n",
	  "a:will-not-load b:loads-with-warnings base:will-not-load" },
	{ "C-196: above 32 bits too", RELEASE_4_10,
	  "conn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\treplay-window=4294967296\n",
	  "error 5:16-26 the replay window is too large [a]\n",
	  "a:will-not-load" },
	{ "C-006: a hidden line of %default too", RELEASE_4_10,
	  "conn %default\n\tauto=strat\nconn a\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=add\n",
	  "error 2:7-12 'strat' is no value of auto\n",
	  "a:will-not-load" },
};

START_TEST(rules_about_conns)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		compile(cases[i].release, cases[i].text);
		ck_assert_msg(strcmp(findings(), cases[i].findings) == 0, "%s:\n%s\nsays\n%s\nnot\n%s", cases[i].rule, cases[i].text,
			      findings(), cases[i].findings);
		ck_assert_msg(strcmp(verdicts(), cases[i].verdicts) == 0, "%s: %s", cases[i].rule, verdicts());
	}
}
END_TEST

/* Twenty ordinary mistakes in one file: one run tells them all, each under its own characters. Three belong to other passes. */
START_TEST(twenty_mistakes)
{
	compile(RELEASE_4_10,
		"config setup\n\tplutodebug=xyzzy\n\tikev1-policy=acept\n\ninclude /etc/ipsec.d/nosuch.conf\n\nconn m01\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
		"\tike=aes256-sha2;modp2048,aes128-sha2;modp2048,aesx-sha2;modp2048\nconn m02\n\tleft=192.0.2.1\n"
		"\tright=not-an-ip..addr\n\tauthby=secret\nconn m03\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=psk\n"
		"conn m04\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tauto=strat\nconn m05\n\tleft=192.0.2.1\n"
		"\tleft=192.0.2.2\n\tright=198.51.100.1\n\tauthby=secret\nconn m06\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
		"\tauthby=secret\nauto=start\nconn m07\n\talso=nothere\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
		"\tauthby=secret\nconn m08\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tfoo=bar\nconn m09\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tkeyingtrys=3\n\tdpdacton=clear\nconn m10\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnets={10.0.0.0/24,10.1.0.0/24}\nconn m11\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tleftsubnet=10.20.0.0/33\nconn m12\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tdpddelay=30\n\tdpdtimeout=10\nconn m13\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n\tikelifetime=25x\nconn m14\n\tleft=192.0.2.1\n"
		"\tright=198.51.100.1\n\tauthby=secret\n\tpfs=maybe\nconn m15\n\tleft=192.0.2.1\n\tauthby=secret\nconn m17\n"
		"\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\nconn m17\n\tleft=192.0.2.1\n\tright=198.51.100.1\n"
		"\tauthby=secret\nconn m20\n\tleft=192.0.2.1\n\tright=198.51.100.1\n\tauthby=secret\n"
		"\tleftid=\"C=DE, O=\"Acme\", CN=gw\"\n");
	ck_assert_str_eq(findings(),
			 "error 2:13-18 'xyzzy' is no value of plutodebug\nerror 3:15-20 'acept' is no value of ikev1-policy\n"
			 "warning 5:9-33 there is no file '/etc/ipsec.d/nosuch.conf'\nerror 11:48-52 'aesx' is no cipher [m01]\n"
			 "warning 14:17-19 'not-an-ip..addr' is neither an address nor a host name [m02]\n"
			 "error 19:9-12 'psk' is no value of authby [m03]\nerror 24:7-12 'strat' is no value of auto [m04]\n"
			 "error 27:2-6 'left' is set twice in conn 'm05' [m05]\nerror 34:1-5 the parameter 'auto' is not indented\n"
			 "error 36:7-14 there is no conn 'nothere' [m07]\nerror 44:2-5 unknown keyword 'foo'\n"
			 "error 49:2-12 unknown keyword 'keyingtrys'\nerror 50:2-10 unknown keyword 'dpdacton'\n"
			 "error 55:15-38 leftsubnets= has no subnet on the right side [m10]\n"
			 "error 60:23-25 prefix length 33 is longer than an IPv4 address [m11]\n"
			 "warning 66:13-15 the peer is declared dead before it is asked once [m12]\n"
			 "warning 71:16-17 'x' is no unit of time [m13]\nerror 76:6-11 'maybe' is neither yes nor no [m14]\n"
			 "error 77:6-9 conn 'm15' has no right= [m15]\nerror 84:6-9 there are two conns 'm17' [m17]\n"
			 "error 92:18-19 a quote in the middle of the value\n");
	for (size_t i = 0; i < ir->conns.n; i++)
		ck_assert_int_eq(ir->conns.v[i]->verdict, VERDICT_WILL_NOT_LOAD);	/* the file is refused as a whole */
}
END_TEST

/* Ten thousand conns that share a section: one finding, and no quadratic time. */
/* To the daemon the carriage return of a DOS file is the last character of the value: 4.10 refuses the file for a word, the conn for a subnet
 * or an algorithm, and looks up a host name that ends in it. What is told is the first value that decides. */
START_TEST(carriage_returns)
{
	compile(RELEASE_4_10, "conn a\r\n\tleft=192.0.2.1\r\n\tright=198.51.100.1\r\n");
	ck_assert_str_eq(findings(), "warning 1:6-7 conn 'a' authenticates by signatures, but neither end has a key [a]\n"
				     "warning 1:7-8 the lines end with carriage return and line feed\n");
	ck_assert_str_eq(verdicts(), "a:loads-with-warnings");

	compile(RELEASE_4_10, "conn a\n" BASE "\tike=aes\r\n\tesp=aes\nconn b\n" BASE "\tesp=aes\nconn c\n" BASE "\tesp=aes\r\n");
	ck_assert_str_eq(findings(), "error 5:9-10 the lines end with carriage return and line feed\n");
	ck_assert_str_eq(verdicts(), "a:will-not-load b:loads c:will-not-load");

	compile(RELEASE_4_10, "conn a\n" BASE "\tleftsubnet=10.0.0.0/24\r\n\tpfs=yes\r\nconn b\n" BASE);
	ck_assert_str_eq(findings(), "error 6:9-10 the lines end with carriage return and line feed\n");
	ck_assert_str_eq(verdicts(), "a:will-not-load b:will-not-load");
}
END_TEST

/* Run with 4.10: what it takes for the family of the conn, when the addresses do not tell it. */
START_TEST(family_of_hosts)
{
	static const struct {
		const char *lines, *verdict;
	} rows[] = {
		{ "left=%defaultroute\n\tright=%any\n\tleftsubnet=2001:db8::/64", "a:will-not-load" },
		{ "left=%defaultroute\n\tright=host.example\n\trightsubnet=2001:db8::/64", "a:will-not-load" },
		{ "left=%defaultroute\n\tright=%any\n\tleftsubnet=2001:db8::/64\n\tclientaddrfamily=ipv6", "a:will-not-load" },
		{ "left=%defaultroute\n\tright=%any\n\tleftsubnet=2001:db8::/64\n\thostaddrfamily=ipv6", "a:loads" },
		{ "left=192.0.2.1\n\tright=%any\n\tleftsubnet=2001:db8::/64\n\thostaddrfamily=ipv6", "a:loads" },
		{ "left=%defaultroute\n\tright=%any6\n\tleftsubnet=2001:db8::/64", "a:loads" },
		{ "left=%defaultroute\n\tright=%any\n\tleftsubnet=2001:db8::/64\n\trightsubnet=2001:db8:1::/64", "a:loads" },
		{ "left=192.0.2.1\n\tright=198.51.100.1\n\tleftsourceip=2001:db8::1", "a:will-not-load" },
		{ "left=192.0.2.1\n\tright=198.51.100.1\n\tleftsourceip=2001:db8::1\n\trightsubnet=2001:db8:1::/64", "a:loads-with-warnings" },
		{ "left=192.0.2.1\n\tright=198.51.100.1\n\tleftsubnets=2001:db8::/64\n\trightsubnet=2001:db8:1::/64", "a:will-not-load" },
		{ "left=2001:db8::1\n\tright=2001:db8::2\n\tleftsubnets=2001:db8:5::/64\n\trightsubnet=2001:db8:1::/64", "a:loads" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[200];

		snprintf(text, sizeof text, "conn a\n\tauthby=secret\n\t%s\n", rows[i].lines);
		compile(RELEASE_4_10, text);
		ck_assert_msg(strcmp(verdicts(), rows[i].verdict) == 0, "%s: %s", rows[i].lines, verdicts());
	}
	compile(RELEASE_4_10, "conn a\n\tauthby=secret\n\tleft=%defaultroute\n\tright=%any\n\tleftsubnet=2001:db8::/64\n");
	ck_assert_str_eq(findings(), "error 5:13-26 the two ends protect different address families [a]\n");
}
END_TEST

/* L-048, run with 4.10: a digits-only text of %default fails no conn, one of a conn does. */
START_TEST(digits_in_default)
{
	compile(RELEASE_4_10, "conn %default\n\tmark=10\nconn a\n" BASE);
	ck_assert_str_eq(findings(), "warning 2:7-9 unquoted digits are no text to libreswan 4.10\n");
	ck_assert_str_eq(verdicts(), "a:loads-with-warnings");
	compile(RELEASE_4_10, "conn t\n\tmark=10\nconn a\n\talso=t\n" BASE);
	ck_assert_int_eq(conn("a")->verdict, VERDICT_WILL_NOT_LOAD);
}
END_TEST

START_TEST(many_conns_share_a_line)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	fputs("conn %default\n\tleft=192.0.2.1\n\tauthby=secret\n\tike=aesx\n", out);
	for (unsigned i = 0; i < 10000; i++)
		fprintf(out, "conn c%u\n\tright=10.%u.%u.1\n", i, i >> 8, i & 255);
	fclose(out);
	compile(RELEASE_4_10, text);
	free(text);
	ck_assert_str_eq(findings(), "error 4:6-10 'aesx' is no cipher [c0]\n");
	ck_assert_int_eq(conn("c9999")->verdict, VERDICT_WILL_NOT_LOAD);
}
END_TEST

TAP_MAIN("sema", a_plain_conn, defaults_by_release, rules_about_conns, twenty_mistakes, carriage_returns, family_of_hosts, digits_in_default,
	 many_conns_share_a_line)
