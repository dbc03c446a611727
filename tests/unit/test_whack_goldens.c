/* SPDX-License-Identifier: Apache-2.0 */
/* test_whack_goldens.c -- exact command lines. The pairs of 3.18 and 5.4 were run with these releases' own programs, and the status compared with
 * what addconn loads; and each keyword of each release changes the output or is reported. */
#include <errno.h>
#include <stdio.h>

#include "backends/whack/whack.h"
#include "include/ipsecc.h"
#include "tests/one_file.h"
#include "tests/unit/tap.h"

struct fixture {
	struct unit *unit;
	struct buf out;
	int status;
};

static void compile(struct fixture *x, const char *text, const char *release, const char *format)
{
	struct slice in = slice_of(text);
	struct unit_options options = { .reader = one_file_reader(&in), .dialect = release };
	struct backend_options how = { .format = format };
	struct lower_options lowering = { 0 };
	bool incomplete;

	*x = (struct fixture){ 0 };
	ck_assert_int_eq(unit_compile("ipsec.conf", &options, &x->unit, NULL), 0);
	x->status = unit_emit(x->unit, &whack_backend, unit_plan(x->unit, &lowering, &incomplete), &how, &x->out);
	ck_assert_int_ne(x->status, -ENOMEM);
}

static void release(struct fixture *x)
{
	buf_release(&x->out);
	unit_free(x->unit);
}

/* The line that makes the conn; the output is cut behind it. */
static const char *command(struct fixture *x)
{
	char *line = x->out.p ? strstr(x->out.p, " --host ") : NULL, *end;

	if (!line)
		return "";
	while (line[-1] != '\n')
		line--;
	end = strstr(line, " || status=$?\n");
	*end = '\0';
	return line;
}

#define E3	" --sendcert always --nexthop %direct"
#define TAIL3	" --dpdaction hold"
#define HEAD5	"ipsec whack --name c --host 192.0.2.1"
#define ENDS	"left=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n"
#define NETS	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"
#define TO5	" --to --host 198.51.100.2"
#define NETS5	" --subnet 10.1.0.0/24" TO5 " --subnet 10.2.0.0/24"

static const struct { const char *what, *release, *conn, *line; } goldens[] = {
	/* 3.18: section 9 */
	{ "3.18 net", "3.18", "left=192.0.2.1\n\tleftid=@west\n" NETS "\tright=198.51.100.2\n\trightid=@east\n\tauthby=secret\n"
	  "\tike=aes128-sha1;modp1536\n\tphase2alg=aes128-sha1\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id @west --client 10.1.0.0/24" E3 " --to --host 198.51.100.2 --id @east --client 10.2.0.0/24" E3
	  " --psk --ikev1-allow --ikev2-allow --encrypt --pfs --ikefrag-allow --no-esn --sareftrack --tunnel --ike 'aes128-sha1;modp1536' --esp aes128-sha1" TAIL3 },
	{ "3.18 one side", "3.18", ENDS "\tleftsubnet=10.1.0.0/24\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id 192.0.2.1 --client 10.1.0.0/24" E3 " --to --host 198.51.100.2 --id 198.51.100.2" E3
	  " --psk --ikev1-allow --ikev2-allow --encrypt --pfs --ikefrag-allow --no-esn --sareftrack --tunnel" TAIL3 },
	{ "3.18 transport to anyone", "3.18", "left=192.0.2.1\n\tright=%any\n\ttype=transport\n\tauthby=secret\n\tpfs=no\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id 192.0.2.1" E3 " --to --host %any" E3
	  " --psk --ikev1-allow --ikev2-allow --encrypt --ikefrag-allow --no-esn --sareftrack" TAIL3 },
	{ "3.18 times", "3.18", ENDS "\tikev2=insist\n\tikelifetime=2h\n\tsalifetime=30m\n\trekeymargin=2m\n\trekeyfuzz=20%\n\tkeyingtries=%forever\n"
	  "\tdpddelay=10s\n\tdpdtimeout=1m\n\tdpdaction=clear\n\tretransmit-interval=250\n\tretransmit-timeout=20s\n\treplay-window=64\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id 192.0.2.1" E3 " --to --host 198.51.100.2 --id 198.51.100.2" E3
	  " --psk --ikev2-allow --ikev2-propose --encrypt --pfs --ikefrag-allow --no-esn --sareftrack --tunnel --dpddelay 10 --dpdtimeout 60"
	  " --replay-window 64 --rekeymargin 120 --rekeyfuzz 20 --keyingtries 0 --ikelifetime 7200 --retransmit-timeout 20"
	  " --retransmit-interval 250 --ipseclifetime 1800 --dpdaction clear" },
	{ "3.18 IPv6 and AH", "3.18", "left=2001:db8::1\n\tleftsubnet=2001:db8:1::/48\n\tright=2001:db8:ffff::2\n\trightsubnet=2001:db8:2::/48\n"
	  "\tconnaddrfamily=ipv6\n\tphase2=ah\n\tphase2alg=sha1\n\tauthby=secret\n\tcompress=yes\n\tmark=7/0xff\n\tmtu=1400\n",
	  "ipsec whack --delete --name c --ipv6 --host 2001:db8::1 --id 2001:db8::1 --client 2001:db8:1::/48" E3
	  " --to --host 2001:db8:ffff::2 --id 2001:db8:ffff::2 --client 2001:db8:2::/48" E3
	  " --psk --ikev1-allow --ikev2-allow --authenticate --pfs --ikefrag-allow --no-esn --sareftrack --tunnel --esp sha1 --compress --mtu 1400"
	  " --conn-mark 7/0xff" TAIL3 },
	{ "3.18 passthrough", "3.18", "left=192.0.2.1\n\tright=198.51.100.2\n\ttype=passthrough\n\tauthby=never\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id 192.0.2.1" E3 " --to --host 198.51.100.2 --id 198.51.100.2" E3
	  " --ikev1-allow --ikev2-allow --pfs --ikefrag-allow --no-esn --sareftrack --pass" TAIL3 },
	/* 5.4: section 8 */
	{ "5.4 G1", "5.4", "left=192.0.2.1\n\tleftid=@west\n" NETS "\tright=198.51.100.2\n\trightid=@east\n\tauthby=secret\n"
	  "\tike=aes256-sha2_256;modp2048\n\tesp=aes256-sha2_256\n",
	  "ipsec whack --name c --host 192.0.2.1 --id @west --subnet 10.1.0.0/24 --to --host 198.51.100.2 --id @east --subnet 10.2.0.0/24 --psk"
	  " --ike 'aes256-sha2_256;modp2048' --esp aes256-sha2_256" },
	{ "5.4 G2", "5.4", ENDS "\ttype=transport\n\tpfs=no\n", HEAD5 TO5 " --psk --pfs=no --transport" },
	{ "5.4 G3", "5.4", ENDS NETS "\tikev2=no\n\tdpddelay=15\n\tikelifetime=8h\n\tsalifetime=1h\n\trekeymargin=3m\n\trekeyfuzz=50%\n",
	  HEAD5 NETS5 " --psk --ikev1 --dpddelay 15 --rekeymargin 3m --rekeyfuzz 50% --ikelifetime 8h --ipsec-lifetime 1h" },
	{ "5.4 G7", "5.4", "left=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=0.0.0.0\n\trightsubnet=10.3.0.0/16\n\ttype=passthrough\n\tauthby=never\n",
	  HEAD5 " --subnet 10.1.0.0/24 --to --host 0.0.0.0 --subnet 10.3.0.0/16 --auth-never --pass" },
	{ "5.4 G9", "5.4", ENDS "\tleftsubnet=0.0.0.0/0\n\tleftvti=10.9.0.1/30\n\trightsubnet=0.0.0.0/0\n\tmark=5/0xffffffff\n\tvti-interface=vti01\n"
	  "\tvti-routing=no\n\tvti-shared=yes\n",
	  HEAD5 " --subnet 0.0.0.0/0 --vti 10.9.0.1/30" TO5 " --subnet 0.0.0.0/0 --psk --conn-mark 5/0xffffffff --vti-interface vti01"
	  " --vti-routing=no --vti-shared=yes" },
	{ "5.4 G12", "5.4", ENDS NETS "\tphase2=ah\n\tah=sha2_512\n\tesn=yes\n\tfragmentation=yes\n\tikepad=no\n",
	  HEAD5 NETS5 " --psk --authenticate --fragmentation yes --esn=yes --ah sha2_512 --ikepad=no" },
	{ "5.4 G16", "5.4", "left=192.0.2.1\n\tleftid=\"@#0a0b0c\"\n\tright=198.51.100.2\n\trightid=\"C=DE, O=It's a $HOME, CN=a,,b\"\n\tauthby=secret\n"
	  "\tleftupdown=\"/usr/local/bin/updown a;b\"\n",
	  HEAD5 " --id '@#0a0b0c' --updown '/usr/local/bin/updown a;b'" TO5 " --id 'C=DE, O=It'\\''s a $HOME, CN=a\\,b' --psk" },
	{ "5.4 G17", "5.4", ENDS "\tleftsubnet=10.1.0.0/24\n", HEAD5 " --subnet 10.1.0.0/24" TO5 " --psk" },
	{ "5.4 G22", "5.4", "left=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n\trightid=@mob\n\trightsubnet=vhost:%no,%priv\n\tikev2=no\n\tauthby=secret\n",
	  HEAD5 " --subnet 10.1.0.0/24 --to --host %any --id @mob --subnet vhost:%no,%priv --psk --ikev1" },
	{ "5.4 G23", "5.4", "left=192.0.2.1\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n\tauthby=secret\n",
	  HEAD5 " --subnet 10.1.0.0/24 --to --host %any --psk" },
	{ "5.4 G24", "5.4", "left=192.0.2.1\n\tright=%any\n\tauthby=secret\n", HEAD5 " --to --host %any --psk" },
	/* 4.10, which the differential test runs: the lists of 5.4 and numbers of devices have no place there */
	{ "4.10 interface", "4.10", ENDS "\tipsec-interface=yes\n",
	  "ipsec whack --delete --name c --host 192.0.2.1 --id 192.0.2.1 --sendcert always" TO5 " --id 198.51.100.2 --sendcert always --psk --ikev2 --encrypt"
	  " --pfs --ikefrag-allow --esn --no-esn --tunnel --encaps auto --ipsec-interface 1 --dpdaction hold --sendca none" },
	{ "5.4 list of subnets", "5.4", ENDS "\tleftsubnet=10.1.0.0/24,10.4.0.0/24\n\trightsubnet=10.2.0.0/24\n",
	  HEAD5 " --subnet 10.1.0.0/24,10.4.0.0/24" TO5 " --subnet 10.2.0.0/24 --psk" },
};

START_TEST(golden_command_lines)
{
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		struct fixture x;
		const char *line;
		char text[2048];

		snprintf(text, sizeof text, "%sconn c\n\t%s\tauto=add\n",
			 strcmp(goldens[i].release, "3.18") == 0 ? "" : "config setup\n\tikev1-policy=accept\n\n", goldens[i].conn);
		compile(&x, text, goldens[i].release, NULL);
		line = command(&x);
		ck_assert_msg(strcmp(line, goldens[i].line) == 0, "%s\n# want %s\n# have %s", goldens[i].what, goldens[i].line, line);
		release(&x);
	}
}
END_TEST

/* --- the other forms --- */

START_TEST(addconn_says_the_file)
{
	struct fixture x;

	compile(&x, "conn %default\n\tauthby=secret\n\nconn base\n\tsend-vendorid=yes\n\nconn c\n\talso=base\n\tleft=%defaultroute\n\tright=198.51.100.2\n"
		"\trightsubnets={10.2.0.0/24,10.3.0.0/24}\n\trightid=\"C=DE, CN=a,,b\"\n\tauto=ondemand\n", "5.4", "addconn");
	ck_assert_ptr_nonnull(strstr(x.out.p, "\nipsec addconn --name c left=%defaultroute right=198.51.100.2 rightsubnets=10.2.0.0/24,10.3.0.0/24 auto=ondemand"
				     " authby=secret 'rightid=C=DE, CN=a,,b' send-vendorid=yes || status=$?\n"));
	ck_assert_int_eq(x.status, 0);
	release(&x);
	compile(&x, "conn c\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tauto=add\n", "4.10", "addconn");
	ck_assert_int_eq(x.status, -EINVAL);
	release(&x);
}
END_TEST

START_TEST(daemon_arguments)
{
	static const char text[] = "config setup\n\tlogfile=\"/var/log/it's $(here).log\"\n\tuniqueids=no\n\tlogtime=no\n\tplutodebug=\"all\"\n"
		"\tcrlcheckinterval=1h\n\tddos-mode=busy\n";
	struct fixture x;

	compile(&x, text, "4.10", "daemon-args");
	ck_assert_str_eq(x.out.p, "--crlcheckinterval 3600 --debug all --logfile '/var/log/it'\\''s $(here).log' --log-no-time --force-busy\n");
	release(&x);
	compile(&x, text, "5.4", "daemon-args");
	ck_assert_str_eq(x.out.p, "--crlcheckinterval 1h --debug all --uniqueids=no --logfile '/var/log/it'\\''s $(here).log' --log-no-time --ddos-mode busy\n");
	release(&x);
}
END_TEST

/* --- nothing is dropped --- */

/* A value that is not the default, where the type does not tell; more lines may follow that the keyword needs. */
static const struct { enum keyword_id id; const char *value; } samples[] = {
	{ KW_PROTOPORT, "tcp/22\n\trightprotoport=tcp" }, { KW_HOST, "192.0.2.9" }, { KW_REQID, "777" }, { KW_CKAID, "b4f85513bc346685af59d42c2faa2717702dfacb" },
	{ KW_AGGRESSIVE, "yes\n\tikev2=no\n\tike=aes256-sha1;modp1536" }, { KW_DPDACTION, "clear\n\tdpddelay=10\n\tdpdtimeout=60" },
	{ KW_DPDDELAY, "10\n\tdpdtimeout=60" }, { KW_DPDTIMEOUT, "70\n\tdpddelay=10" }, { KW_IKE, "aes256-sha1;modp2048" }, { KW_ESP, "aes256-sha1" },
	{ KW_AH, "sha1\n\tphase2=ah" }, { KW_IKELIFETIME, "7777" }, { KW_IPSEC_LIFETIME, "7777" }, { KW_REPLAY_WINDOW, "64" },
	{ KW_AUTO, "ondemand" }, { KW_HOSTADDRFAMILY, "ipv6" }, { KW_CONNADDRFAMILY, "ipv6" }, { KW_CLIENTADDRFAMILY, "ipv6" },
};

static const char *const type_samples[TYPE_COUNT_OF_TYPES] = {
	[TYPE_INTEGER] = "7", [TYPE_COUNT] = "7", [TYPE_BYTES] = "7000", [TYPE_TIME] = "77", [TYPE_TIME_MS] = "77", [TYPE_PERCENT] = "7%",
	[TYPE_PORT] = "777", [TYPE_STRING] = "word", [TYPE_LABEL] = "system_u:object_r:ipsec_spd_t:s0", [TYPE_NICKNAME] = "nick", [TYPE_IFNAME] = "vti7",
	[TYPE_HEX] = "0a0b", [TYPE_DN] = "\"C=DE, CN=ca\"", [TYPE_ID] = "@who", [TYPE_PUBKEY] = "0sAwEAAc4dWbb7", [TYPE_IPADDR] = "192.0.2.7",
	[TYPE_IPADDR_LIST] = "192.0.2.7", [TYPE_CIDR] = "10.7.0.1/30", [TYPE_SUBNET] = "10.7.0.0/24", [TYPE_SUBNET_LIST] = "10.7.0.0/24",
	[TYPE_RANGE] = "10.8.0.1-10.8.0.9", [TYPE_MARK] = "7/0xff", [TYPE_COMMAND] = "/bin/true", [TYPE_IFID] = "7", [TYPE_NAME_LIST] = "alias",
	[TYPE_STRING_LIST] = "word", [TYPE_FLAGS] = "all", [TYPE_IKE_PROPOSAL] = "aes256-sha1;modp2048", [TYPE_ESP_PROPOSAL] = "aes256-sha1",
	[TYPE_AH_PROPOSAL] = "sha1",
};

static const char *sample(const struct keyword *k, enum release r)
{
	const char *standard = k->default_code[r] ? k->default_code[r] : "";

	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		if (samples[i].id == k->id)
			return samples[i].value;
	if (k->type == TYPE_BOOL)
		return strcmp(standard, "yes") == 0 ? "no" : "yes";
	for (const struct keyword_value *v = k->values; k->type == TYPE_ENUM && v && v->word; v++)
		if (v->releases & 1u << r && strcmp(v->meaning, standard) != 0)
			return v->word;
	return type_samples[k->type];
}

static uint32_t findings(const struct fixture *x)
{
	return x->unit->diag.counts[SEVERITY_ERROR] + x->unit->diag.counts[SEVERITY_WARNING];
}

/* Whether the keyword changes the script or is reported. */
static bool is_said(const struct keyword *k, enum release r, enum side side, const char *value)
{
	static const char conn[] = "conn c\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tauto=add\n";
	bool replaces = k->id == KW_AUTHBY || k->id == KW_AUTO || k->id == KW_HOST;
	struct fixture without, with;
	char text[1024], base[1024];
	bool said;

	snprintf(base, sizeof base, "%s", replaces ? "conn c\n\tleft=192.0.2.1\n\tright=198.51.100.2\n" : conn);
	snprintf(text, sizeof text, "%s\t%s=%s\n", base, schema_spelling(k, side), value);
	compile(&without, replaces ? conn : base, release_name(r), NULL);
	compile(&with, text, release_name(r), NULL);
	said = findings(&with) > findings(&without) || strcmp(with.out.p, without.out.p) != 0;
	release(&without);
	release(&with);
	return said;
}

START_TEST(no_keyword_is_dropped_in_silence)
{
	/* clientaddrfamily= of a conn without networks, and what says the default: no effect in the real program either */
	static const enum keyword_id without_effect[] = { KW_ALSO, KW_ALSOFLIP, KW_CLIENTADDRFAMILY, KW_KEYEXCHANGE, KW_HOSTADDRFAMILY, KW_NAT_KEEPALIVE };
	unsigned dropped = 0, walked = 0;

	for (size_t i = 1; i < KW_COUNT; i++) {
		const struct keyword *k = &keyword_table[i];
		bool skipped = k->section != SECTION_CONN;

		for (size_t n = 0; n < sizeof without_effect / sizeof *without_effect; n++)
			skipped |= k->id == without_effect[n];
		for (int r = 0; r < RELEASE_COUNT && !skipped; r++) {
			const char *value = sample(k, (enum release)r);

			if (k->status[r] != STATUS_ACTIVE)
				continue;
			if (!value) {
				printf("# no sample of %s\n", k->name);
				dropped++;
				continue;
			}
			for (int side = k->sided ? SIDE_LEFT : SIDE_NONE; side <= (k->sided ? SIDE_RIGHT : SIDE_NONE); side++, walked++) {
				if (is_said(k, (enum release)r, (enum side)side, value))
					continue;
				printf("# %s: %s=%s is dropped\n", release_name((enum release)r), schema_spelling(k, (enum side)side), value);
				dropped++;
			}
		}
	}
	ck_assert_uint_eq(dropped, 0);
	ck_assert_uint_gt(walked, 600);
}
END_TEST

TAP_MAIN("whack goldens", golden_command_lines, addconn_says_the_file, daemon_arguments, no_keyword_is_dropped_in_silence)
