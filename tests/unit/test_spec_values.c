/* SPDX-License-Identifier: Apache-2.0 */
/* What ipsec.conf(5) of release 3.18 promises of each keyword: the values it takes and what holds without it.
 *
 * A value that is promised gives no error when it is read. Some are promised and refused by the program all the same: the error
 * says so. One that is none gives a finding at the value, of the weight that it has for the program. The default is what `ipsecc
 * explain` prints.
 */
#include "include/ipsecc.h"

#include <stdio.h>

#include "tests/one_file.h"
#include "tests/unit/tap.h"

struct promise {
	const char *rules, *keyword;
	const char *good, *bad;		/* values, one a line; NULL: none are told */
	const char *without;		/* documented default; NULL: not told */
	const char *refused;		/* values that are promised, and that the program does not take */
	const char *with;		/* another line of the section, NULL: none */
};

#define YES_NO(rules, keyword, without)	{ rules, keyword, "yes\nno", "maybe", without, NULL, NULL }
#define TIMES	"30\n30s\n1.5m\n8h\n1.5h\n1d"
#define NO_TIMES "x\n25x\n-1\n1h30m"

static const struct promise conn_promises[] = {
	{ "S-063, S-064", "keyexchange", "ike", "ikev7", "ike" },
	{ "S-065, S-066", "connaddrfamily", "ipv4\nipv6", "ipx", "ipv4" },
	{ "S-070, S-071", "type", "tunnel\ntransport\npassthrough\ndrop\nreject", "tunel", "tunnel" },
	{ "S-075, S-076, S-080 ... S-083", "right",
	  "192.0.2.7\n2001:db8::7\nvpn.example.com\n%defaultroute\n%any\n%opportunistic\n%ppp0\n%group\n%opportunisticgroup",
	  "192.0.2.256\n1.2.3.4.5",
	  NULL },
	{ "S-085", "leftsubnet", "10.0.0.0/8\n10.0.0.0/255.0.0.0\n2001:db8::/32", "10.0.0.0/33\n10.0.0.0.0/8\n2001:db8::/129",
	  NULL },
	{ "S-087, S-088", "leftsubnet", "vhost:%priv\nvhost:%no\nvhost:%priv,%no\nvnet:%v4:10.0.0.0/8,%v4:!10.1.0.0/16", NULL,
	  NULL },
	{ "S-091", "leftsubnets", "{10.0.1.0/24 10.0.2.0/24}\n{ 10.0.1.0/24  10.0.2.0/24 }\n\"10.0.1.0/24 10.0.2.0/24\"",
	  "{10.0.1.0/24 10.0.2.0/64}", NULL },
	{ "S-094", "rightaddresspool", "192.168.1.100-192.168.1.200", "192.168.1.200-192.168.1.100\n192.168.1.100", NULL },
	{ "S-100 ... S-103", "leftprotoport", "tcp\n\"6\"\ntcp/smtp\ntcp/25\nudp/%any\nicmp",
	  "nosuchproto\ntcp/65536\ntcp/nosuchservice", NULL, "6" },
	{ "S-105", "leftprotoport", "icmp/2048\nipv6-icmp/34816", "icmp/70000", NULL },
	{ "S-110, S-112, S-113", "leftnexthop", "%defaultroute\n192.0.2.254", "192.0.2.256", "%direct", "%direct" },
	{ "S-115", "leftsourceip", "10.0.0.1\n2001:db8::1", "10.0.0.256", NULL },
	{ "S-118, S-119", "leftupdown", "\"ipsec _updown --route yes\"", "ipsec _updown", "ipsec _updown" },
	{ "S-125 ... S-127", "auto", "add\nondemand\nstart\nignore\nroute", "strat", "ignore" },
	{ "S-130, S-131", "authby", "rsasig\nsecret\nsecret|rsasig\nnever\nnull", "psk", "rsasig" },
	{ "S-136, S-140, S-142, S-143, S-145", "ike",
	  "3des-sha1,aes-sha1\naes\naes_ctr\naes_gcm256-sha2\naes_gcm_a256-sha2\naes_gcm_b256-sha2\naes_gcm_c256-sha2\n"
	  "aes128-md5;modp2048\n"
	  "aes128-sha1;dh22\n3des-md5;modp1024,aes-sha1;modp1536\n\"aes-sha1, 3des-sha1\"\n3des-sha1;dh23",
	  "aes999\naes-foo\naes-sha1;modp1234", NULL },
	{ "S-144", "ike", "aes-sha1;modp1024\n3des-md5;modp1536", "1des-sha1\n3des-md5;modp768", NULL },
	{ "S-159", "phase2alg", "aes\n3des\naes_ctr\naes_gcm-null\naes_ccm-null\ncamellia\nserpent\ntwofish", "blowfish", NULL },
	{ "S-147, S-148", "phase2", "esp\nah", "ipcomp", "esp" },
	{ "S-150, S-152 ... S-154, S-156 ... S-158", "phase2alg",
	  "3des-md5\naes256-sha1;modp2048\naes-sha1,aes-md5\n3des-md5,aes256-sha1;modp2048\naes256-sha1;dh23\n"
	  "aes_ccm-null\naes_gcm-null\n"
	  "aes_gcm128-null\naes_gcm192-null\naes_gcm256-null\naes_gcm_a256-null\naes_gcm_b256-null\naes_gcm_c256-null",
	  "aes999-sha1\naes-foo", NULL },
	{ "S-155", "phase2alg", "md5\nsha1;modp1536", "aes999", NULL, NULL, "phase2=ah" },
	{ "S-030, S-169", "ah", "md5\nsha1", "aes999", NULL, "hmac-md5\n", "phase2=ah" },
	YES_NO("S-161, S-162", "sha2-truncbug", "no"),
	{ "S-165, S-166", "nat-ikev1-method", "drafts\nrfc\nboth", "all", "both" },
	{ "S-173, S-174", "fragmentation", "yes\nno\nforce", "maybe", "yes" },
	YES_NO("S-177, S-178", "ikepad", "yes"),
	{ "S-180, S-181", "ikev2", "permit\nnever\nno\npropose\nyes\ninsist", "only", "permit" },
	{ "S-184, S-185", "esn", "no\nyes\neither", "both", "no" },
	YES_NO("S-187, S-188", "narrowing", "no"),
	{ "S-191, S-192", "sareftrack", "yes\nno\nconntrack", "maybe", "yes" },
	{ "S-196 ... S-202", "leftid",
	  "192.0.2.1\nvpn.example.com\n@vpn\n@[GroupName]\n%fromcert\n%none\n%myid\n"
	  "\"C=DE, O=Example, OU=Foo,, Bar and associates, CN=*\"",
	  "\"C=DE, =x\"\n%frmcert", NULL },
	{ "S-203 ... S-209", "leftrsasigkey", "0sAQPc2jjfhZV5W6SkLwQ==\n0x0103dc\n%none\n%dnsondemand\n%dnsonload\n%dns\n%cert",
	  "0xzz", "%dnsondemand" },
	{ "S-214", "leftcert", "east\n\"East Certificate\"", NULL, NULL },
	{ "S-215", "leftckaid", "\"0a:1b:2c\"\n0a1b2c", "xyz", NULL },
	{ "S-217", "leftca", "%same\n\"C=DE, O=Example, CN=CA\"", NULL, NULL },
	{ "S-219, S-220", "leftsendcert", "always\nsendifasked\nnever", "maybe", "sendifasked", "yes\nno" },
	YES_NO("S-222, S-223", "leftxauthserver", "no"),
	YES_NO("S-227, S-228", "leftxauthclient", "no"),
	YES_NO("S-233, S-234", "leftmodecfgserver", "no"),
	YES_NO("S-235, S-236", "leftmodecfgclient", "no"),
	{ "S-237, S-238", "xauthby", "file\npam\nalwaysok", "ldap", "file" },
	{ "S-241, S-242", "xauthfail", "hard\nsoft", "medium", "hard" },
	YES_NO("S-244", "pam-authorize", NULL),
	YES_NO("S-246, S-247", "modecfgpull", "no"),
	{ "S-251, S-252", "remote-peer-type", "cisco", "juniper", "ietf", "ietf" },
	YES_NO("S-254, S-255", "nm-configured", "no"),
	YES_NO("S-257, S-258", "forceencaps", "no"),
	YES_NO("S-260, S-261", "nat-keepalive", "yes"),
	YES_NO("S-262, S-263", "initial-contact", "no"),
	YES_NO("S-265, S-266", "cisco-unity", "no"),
	YES_NO("S-268, S-269", "fake-strongswan", "no"),
	YES_NO("S-271, S-272", "send-vendorid", "no"),
	YES_NO("S-274, S-275", "overlapip", "no"),
	{ "S-278", "reqid", "1\n16379", "x", NULL },
	{ "S-282, S-283", "dpddelay", "30\n30s\n1m", "x", "30s" },
	{ "S-285, S-286", "dpdtimeout", "120\n120s\n2m", "x", "120s" },
	{ "S-288, S-289", "dpdaction", "hold\nclear\nrestart", "restrat", "hold" },
	YES_NO("S-292, S-293", "pfs", "yes"),
	YES_NO("S-296, S-297", "aggrmode", "no"),
	{ "S-034, S-035, S-302, S-303", "salifetime", TIMES, NO_TIMES, "8h" },
	{ "S-309", "replay-window", "0\n32", "x", NULL },
	YES_NO("S-310, S-311", "rekey", "yes"),
	{ "S-313, S-314", "rekeymargin", TIMES, NO_TIMES, "9m" },
	{ "S-316, S-317", "rekeyfuzz", "0%\n100%\n150%", "100\n1.5%\n%", "100%" },
	{ "S-321, S-322", "keyingtries", "3\n%forever", "many", "%forever" },
	{ "S-325, S-326", "ikelifetime", TIMES, NO_TIMES, "1h" },
	{ "S-328", "retransmit-timeout", "60s", "x", "60s" },
	{ "S-330, S-331", "retransmit-interval", "500", "x", "500" },
	YES_NO("S-333, S-334", "compress", "no"),
	{ "S-336, S-337", "metric", "1\n100", "x", "1" },
	{ "S-340", "mtu", "1400", "x", NULL },
	{ "S-342, S-343", "tfc", "0\n1400", "x", "0" },
	YES_NO("S-347, S-348", "send-no-esp-tfc", "no"),
	{ "S-351, S-352", "nflog", "0\n5", "x", "0" },
	{ "S-354, S-355", "mark", "5/0xffffffff\n0x10\n-1", "x", NULL },
	{ "S-360", "vti-interface", "vti01", "abcdefghijklmnopqrstuvw", NULL },
	YES_NO("S-362, S-363", "vti-routing", "yes"),
	YES_NO("S-365, S-366", "vti-shared", "no"),
	{ "S-368", "priority", "0\n65536", "x", NULL },
	{ "S-370, S-371", "sendca", "none\nissuer\nall", "some", "none" },
	YES_NO("S-373, S-374", "disablearrivalcheck", "no"),
	YES_NO("S-377, S-378", "labeled-ipsec", "no"),
	{ "S-380", "policy-label", "system_u:object_r:ipsec_spd_t:s0-s15:c0.c1023", NULL, NULL },
	{ "S-382, S-383", "failureshunt", "none\npassthrough\ndrop\nreject", "hold-on", "none" },
	{ "S-384, S-385", "negotiationshunt", "hold\npassthrough", "hold-on", "hold" },
};

static const struct promise setup_promises[] = {
	{ "S-390", "myid", "@me", NULL, NULL },
	{ "S-392, S-393", "protostack", "klips\nnetkey\nmast", "netkye", "netkey" },
	{ "S-395 ... S-397", "interfaces", "ipsec0=eth0\n\"ipsec0=eth0 ipsec1=ppp0\"\n%none\n%defaultroute", NULL,
	  "%defaultroute" },
	{ "S-400", "listen", "192.0.2.1", "192.0.2.256", NULL },
	{ "S-402, S-403", "ikeport", "500\n1500", "x\n65536", "500" },
	{ "S-405, S-406", "nflog-all", "0\n5", "x", "0" },
	{ "S-411, S-412", "nat-ikeport", "4500", "x\n65536", "4500" },
	{ "S-414", "keep-alive", "20", "x", NULL },
	{ "S-416 ... S-418", "virtual-private",
	  "%v4:10.0.0.0/8,%v4:192.168.0.0/16,%v4:172.16.0.0/12,%v4:!192.168.1.0/24\n%v6:fd00::/8", "10.0.0.0/8\n%v5:10.0.0.0/8",
	  NULL },
	{ "S-420", "myvendorid", "\"ours\"", NULL, "OE-Libreswan-VERSION" },
	{ "S-424", "nhelpers", "0\n-1\n4", "many", NULL },
	{ "S-426", "seedbits", "0\n460", "x", "0" },
	{ "S-428", "secctx-attr-type", "10\n32001", "x", "32001" },
	{ "S-431 ... S-433", "crlcheckinterval", "8h\n0", "x", "0" },
	YES_NO("S-434, S-435", "crl-strict", "no"),
	{ "S-437", "curl-iface", "eth0", NULL, NULL },
	{ "S-438", "curl-timeout", "5s", "x", "5s" },
	YES_NO("S-439, S-440", "ocsp-enable", "no"),
	YES_NO("S-441, S-442", "ocsp-strict", "no"),
	{ "S-443, S-444", "ocsp-timeout", "2", "x", "2" },
	{ "S-447", "ocsp-trustname", "\"OCSP Responder\"", NULL, NULL },
	{ "S-450", "syslog", NULL, NULL, "daemon.error" },
	{ "S-451, S-452", "klipsdebug", "none\nall\n\"tunnel xform\"", "xyzzy", "none", "" },
	{ "S-454", "plutodebug", "none\nall\n\"control parsing\"", "xyzzy", NULL, "" },
	YES_NO("S-455, S-456", "uniqueids", "yes"),
	YES_NO("S-457, S-458", "plutorestartoncrash", "yes"),
	YES_NO("S-462, S-463", "logappend", "yes"),
	YES_NO("S-464, S-465", "logtime", "yes"),
	{ "S-468, S-469", "ddos-mode", "busy\nunlimited\nauto", "lazy", "auto" },
	{ "S-470", "ddos-ike-threshold", "25000", "x", "25000" },
	{ "S-471", "max-halfopen-ike", "50000", "x", "50000" },
	{ "S-473", "shuntlifetime", "15m", "x", "15m" },
	{ "S-474, S-475", "xfrmlifetime", "300", "x", "300" },
	{ "S-478", "dumpdir", "/var/run/pluto", NULL, "/var/run/pluto" },
	{ "S-480", "ipsecdir", "/etc/ipsec.d", NULL, "/etc/ipsec.d" },
	{ "S-482", "secretsfile", "/etc/ipsec.secrets", NULL, "/etc/ipsec.secrets" },
	YES_NO("S-483, S-484", "perpeerlog", "no"),
	{ "S-485", "perpeerlogdir", "/var/log/pluto/peer", NULL, "/var/log/pluto/peer/" },
	YES_NO("S-487, S-488", "fragicmp", "no"),
	YES_NO("S-490, S-491", "hidetos", "yes"),
};

/* --- one line, read --- */

/* The findings of reading and of values (IC1xxx ... IC3xxx) at a value, which stands in line 4; "" when there are none. */
static void read_value(const struct promise *p, bool setup, struct slice value, enum severity at_least, struct buf *found)
{
	struct buf text = { 0 };
	struct slice file;
	struct unit_options options = { .reader = one_file_reader(&file), .dialect = "3.18" };
	struct unit *u;

	buf_printf(&text, "%s\n\t%s\n\t%s\n\t%s=" SLICE_FMT "\n\t%s\n",
		   setup ? "config setup" : "conn t", setup ? "x-a=1" : "left=192.0.2.1",
		   setup || strcmp(p->keyword, "right") == 0 ? "x-b=1" : "right=198.51.100.2", p->keyword, SLICE_ARG(value),
		   p->with ? p->with : "x-c=1");
	file = buf_slice(&text);
	ck_assert_int_eq(unit_compile("test.conf", &options, &u, NULL), 0);
	buf_clear(found);
	for (size_t i = 0; i < u->diag.findings.n; i++) {
		const struct finding *f = u->diag.findings.v[i];
		struct diag_place place = sources_locate(&u->sources, f->span.start);

		if (f->severity <= at_least && place.line == 4 && place.column > 2 && rule_table[f->rule].id[2] <= '3')
			buf_printf(found, "%u:%s %s; %s", place.column, rule_table[f->rule].id, f->message,
				   f->notes.n ? f->notes.v[0] : "");
	}
	unit_free(u);
	buf_release(&text);
}

static void add_wrong(struct buf *wrong, const struct promise *p, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void add_wrong(struct buf *wrong, const struct promise *p, const char *format, ...)
{
	va_list args;

	buf_printf(wrong, "\n%s: %s", p->rules, p->keyword);
	va_start(args, format);
	buf_vprintf(wrong, format, args);
	va_end(args);
}

enum expected { GOOD, BAD, REFUSED };

static void check_values(const struct promise *p, bool setup, const char *values, enum expected expected, struct buf *wrong)
{
	struct slice rest = slice_of(values), value;
	struct buf found = { 0 };

	while (values && slice_split(&rest, "\n", &value)) {
		read_value(p, setup, value, expected == BAD ? SEVERITY_WARNING : SEVERITY_ERROR, &found);
		if (expected == GOOD && found.n)
			add_wrong(wrong, p, "=" SLICE_FMT ": %s", SLICE_ARG(value), found.p);
		else if (expected != GOOD && !found.n)
			add_wrong(wrong, p, "=" SLICE_FMT ": no finding", SLICE_ARG(value));
		else if (expected == REFUSED && !strstr(found.p, "libreswan 3.18 ") && !strstr(found.p, "every release"))
			add_wrong(wrong, p, "=" SLICE_FMT ": does not say who refuses it: %s", SLICE_ARG(value), found.p);
	}
	buf_release(&found);
}

static void check_default(const struct promise *p, bool setup, struct buf *wrong)
{
	enum side side;
	const struct keyword *k = schema_find(slice_of(p->keyword), setup ? SECTION_SETUP : SECTION_CONN, &side);
	const char *seen;

	ck_assert_msg(k != NULL, "%s", p->keyword);
	seen = k->default_documented ? k->default_documented : k->default_code[RELEASE_3_18];
	if (p->without && (!seen || strcmp(seen, p->without) != 0))
		add_wrong(wrong, p, ": the default is '%s', not '%s'", p->without, seen ? seen : "(none)");
}

static void check(const struct promise *promises, size_t n, bool setup)
{
	struct buf wrong = { 0 };

	for (size_t i = 0; i < n; i++) {
		check_values(&promises[i], setup, promises[i].good, GOOD, &wrong);
		check_values(&promises[i], setup, promises[i].bad, BAD, &wrong);
		check_values(&promises[i], setup, promises[i].refused, REFUSED, &wrong);
		check_default(&promises[i], setup, &wrong);
	}
	ck_assert_msg(wrong.n == 0, "%s", wrong.p);
	buf_release(&wrong);
}

START_TEST(conn_keywords)
{
	check(conn_promises, sizeof(conn_promises) / sizeof(conn_promises[0]), false);
}
END_TEST

START_TEST(setup_keywords)
{
	check(setup_promises, sizeof(setup_promises) / sizeof(setup_promises[0]), true);
}
END_TEST

/* S-060 */
START_TEST(left_and_right)
{
	enum side side;

	for (size_t i = 0; i < KW_COUNT; i++) {
		const struct keyword *k = &keyword_table[i];

		if (!k->name || k->section != SECTION_CONN || strncmp(k->name, "left", 4) != 0)
			continue;
		ck_assert_msg(k->sided && k->right && strncmp(k->right, "right", 5) == 0, "%s", k->name);
		ck_assert_str_eq(k->name + 4, k->right + 5);
		ck_assert_ptr_eq(schema_find(slice_of(k->right), SECTION_CONN, &side), k);
		ck_assert_int_eq(side, SIDE_RIGHT);
	}
}
END_TEST

/* Defaults that are no value: `ipsecc explain` says them in words. */
static const struct {
	const char *rule, *keyword, *note;
	enum section_kind section;
} unwritten[] = {
	{ "S-086", "leftsubnet", "the end's own address", SECTION_CONN },
	{ "S-137, S-141", "ike", "the set built into the release", SECTION_CONN },
	{ "S-151", "esp", "the set built into the release", SECTION_CONN },
	{ "S-170", "ah", "AH is not used", SECTION_CONN },
	{ "S-195", "leftid", "the address of left, when it is numeric", SECTION_CONN },
	{ "S-216", "leftca", "the issuer of leftcert, by the manual; the programs demand none", SECTION_CONN },
	{ "S-279", "reqid", "automatic, from 16380 (4 per conn)", SECTION_CONN },
	{ "S-341", "mtu", "no MTU on the route", SECTION_CONN },
	{ "S-389", "myid", "the address of %defaultroute when DNS has a TXT record for it, or else the host's name",
		SECTION_SETUP },
	{ "S-401", "listen", "every address of the host", SECTION_SETUP },
	{ "S-423", "oe", "it was no", SECTION_SETUP },
	{ "S-425", "nhelpers", "as many as the processors suggest", SECTION_SETUP },
	{ "S-479", "statsbin", "none", SECTION_SETUP },
};

START_TEST(defaults_in_words)
{
	for (size_t i = 0; i < sizeof(unwritten) / sizeof(unwritten[0]); i++) {
		enum side side;
		const struct keyword *k = schema_find(slice_of(unwritten[i].keyword), unwritten[i].section, &side);
		const char *found = NULL;

		ck_assert_msg(k && !k->default_documented, "%s: %s has a value by default", unwritten[i].rule,
			      unwritten[i].keyword);
		for (const char *const *note = k->notes; note && *note; note++)
			if (strncmp(*note, "default: ", strlen("default: ")) == 0)
				found = *note + strlen("default: ");
		ck_assert_msg(found != NULL, "%s: %s", unwritten[i].rule, unwritten[i].keyword);
		ck_assert_str_eq(found, unwritten[i].note);
	}
}
END_TEST

static const char *proposals_text(struct unit *u, const proposal_list *list)
{
	const char *text = "";

	for (size_t i = 0; i < list->n; i++)
		text = arena_printf(&u->arena, "%s%s%s", text, i ? " " : "", proposal_format(&u->arena, &list->v[i]));
	return text;
}

static struct unit *compile_text(const char *release, const char *text)
{
	struct slice file = { text, strlen(text) };
	struct unit_options options = { .reader = one_file_reader(&file), .dialect = release };
	struct unit *u;

	ck_assert_int_eq(unit_compile("test.conf", &options, &u, NULL), 0);
	return u;
}

#define ONE_GROUP(group) \
	"AES_CBC_256-HMAC_SHA1-HMAC_SHA1_96-" group " AES_CBC_128-HMAC_SHA1-HMAC_SHA1_96-" group \
	" AES_CBC_256-HMAC_MD5-HMAC_MD5_96-" group " AES_CBC_128-HMAC_MD5-HMAC_MD5_96-" group \
	" 3DES_CBC-HMAC_SHA1-HMAC_SHA1_96-" group " 3DES_CBC-HMAC_MD5-HMAC_MD5_96-" group
#define DEFAULT_IKE ONE_GROUP("MODP2048") " " ONE_GROUP("MODP1536") " " ONE_GROUP("MODP1024")
#define DEFAULT_ESP "AES_CBC_128-HMAC_SHA1_96 AES_CBC_128-HMAC_MD5_96 3DES_CBC-HMAC_SHA1_96 3DES_CBC-HMAC_MD5_96"
#define WITH_3DES(group) "3DES_CBC-HMAC_SHA1-HMAC_SHA1_96-" group " 3DES_CBC-HMAC_MD5-HMAC_MD5_96-" group

/* What a conn is that says as little as it can. */
START_TEST(without_a_line)
{
	struct unit *u = compile_text("3.18", "conn t\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n");
	const struct ir_conn *c = u->ir->conns.v[0];

	ck_assert_uint_eq(u->diag.counts[SEVERITY_ERROR] + u->diag.counts[SEVERITY_WARNING], 0);
	for (int side = 0; side < 2; side++) {
		ck_assert(!c->end[side].has_subnet);				/* S-086 */
		ck_assert_int_eq(c->end[side].id.type, IDENT_NONE);		/* S-195 */
		ck_assert_ptr_null(c->end[side].ca);				/* S-216 */
	}
	ck_assert_int_eq(c->protocol, PROTOCOL_ESP);				/* S-170 */
	ck_assert_uint_eq(c->replay_window, 32);				/* S-307 */
	ck_assert_uint_eq(c->reqid, 0);						/* S-279 */
	ck_assert_str_eq(proposals_text(u, &c->ike), DEFAULT_IKE);		/* S-137, S-141 */
	ck_assert_str_eq(proposals_text(u, &c->phase2), DEFAULT_ESP);		/* S-151 */
	unit_free(u);
}
END_TEST

/* An algorithm that stands alone gets all the other parts (S-137), and no other cipher is offered or accepted (S-138). */
START_TEST(parts_left_out)
{
	struct unit *u = compile_text("3.18", "conn t\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tike=3des\n");

	ck_assert_str_eq(proposals_text(u, &u->ir->conns.v[0]->ike),
			 WITH_3DES("MODP2048") " " WITH_3DES("MODP1536") " " WITH_3DES("MODP1024"));
	unit_free(u);
}
END_TEST

/* S-146: both names of a group mean the group. */
START_TEST(names_of_groups)
{
	static const char *const groups[] = { "modp2048", "dh14" };
	const char *seen[2];
	struct unit *u[2];

	for (size_t i = 0; i < 2; i++) {
		char text[128];

		snprintf(text, sizeof(text), "conn "
			 "t\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tike=aes256-sha1;%s\n",
			 groups[i]);
		u[i] = compile_text("4.10", text);
		seen[i] = proposals_text(u[i], &u[i]->ir->conns.v[0]->ike);
	}
	ck_assert_str_eq(seen[0], "AES_CBC_256-HMAC_SHA1-HMAC_SHA1_96-MODP2048");
	ck_assert_str_eq(seen[1], seen[0]);
	unit_free(u[0]);
	unit_free(u[1]);
}
END_TEST

TAP_MAIN("spec values", conn_keywords, setup_keywords, left_and_right, defaults_in_words, without_a_line, parts_left_out,
	 names_of_groups)
