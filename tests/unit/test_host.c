/* SPDX-License-Identifier: Apache-2.0 */
/* What a host's facts say of conns: orientation, addresses by %defaultroute and interface, verdicts (part C of the C-rules, O-rules). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "include/ipsecc.h"
#include "tests/unit/tap.h"

#define FACTS(more, routes)										\
	"{\"version\": 1, " more "\"addresses\": [{\"ifname\": \"eth0\", \"flags\": [\"UP\"], \"addr_info\": [{\"family\": \"inet\", "	\
	"\"local\": \"192.0.2.1\", \"prefixlen\": 24}]}, {\"ifname\": \"eth1\", \"flags\": [], \"addr_info\": [{\"family\": \"inet\", "	\
	"\"local\": \"192.0.2.9\", \"prefixlen\": 24}]}], \"routes\": [" routes "], \"routes6\": []}"
#define DEFAULT_ROUTE "{\"dst\": \"default\", \"gateway\": \"192.0.2.254\", \"dev\": \"eth0\"}"

static const char *config, *facts;

static int read_memory(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size, struct source_id *ret_id)
{
	const char *text = strcmp(path, "ipsec.conf") == 0 ? config : strcmp(path, "facts.json") == 0 ? facts : NULL;

	(void)context, (void)limit;
	if (!text)
		return -ENOENT;
	*ret_id = (struct source_id){ .device = 1, .inode = text == config ? 1 : 2 };
	*ret_text = strdup(text);
	*ret_size = strlen(text);
	return 0;
}

/* "left 192.0.2.1 loads\n", then each finding as "error 2:7 IC5104 message\n". */
static const char *judge(const char *dialect)
{
	static char text[4096];
	static const char *const severities[] = { "error", "warning", "note" };
	struct unit_options options = {
		.reader = source_reader_system, .dialect = dialect, .host_facts = facts ? "facts.json" : NULL, .judge_host = true,
	};
	char address[IP_ADDR_TEXT];
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct unit *u;

	options.reader.read = read_memory;
	ck_assert_int_eq(unit_compile("ipsec.conf", &options, &u, NULL), 0);
	for (size_t i = 0; i < u->ir->conns.n; i++) {
		const struct ir_conn *c = u->ir->conns.v[i];

		fprintf(out, "%s %s %s\n", unit_orientation_name(c->orientation),
			c->local_address.family == AF_UNSPEC ? "-" : ip_addr_format(&c->local_address, address), unit_verdict_name(c->verdict));
	}
	for (size_t i = 0; i < u->diag.findings.n; i++) {
		const struct finding *f = u->diag.findings.v[i];
		struct diag_place place = sources_locate(&u->sources, f->span.start);

		if (f->rule != RULE_NOT_CARRIED_YET)
			fprintf(out, "%s %u:%u %s %s\n", severities[f->severity], place.line, place.column, rule_table[f->rule].id, f->message);
	}
	fclose(out);
	unit_free(u);
	return text;
}

static const char *conn(const char *left, const char *right, const char *more)
{
	static char text[512];

	snprintf(text, sizeof(text), "conn t\n\tleft=%s\n\tright=%s\n\tauthby=secret\n\tauto=add\n%s", left, right, more);
	return text;
}

#define IS(left, right, expected)			\
	do {						\
		config = conn(left, right, "");		\
		ck_assert_str_eq(judge("4.10"), expected);	\
	} while (0)

/* O-010, O-030, O-031 */
START_TEST(which_end_is_here)
{
	facts = FACTS("", DEFAULT_ROUTE);
	IS("192.0.2.1", "198.51.100.1", "left 192.0.2.1 loads\n");
	IS("198.51.100.1", "192.0.2.1", "right 192.0.2.1 loads\n");
	IS("192.0.2.1", "vpn.example", "left 192.0.2.1 loads\n");
	IS("192.0.2.77", "198.51.100.1",
	   "none - loads-with-warnings\nwarning 1:6 IC5101 conn 't' is not for this host: neither '192.0.2.77' nor '198.51.100.1' is an address"
	   " of this host\n");
	IS("192.0.2.9", "%any",		/* of an interface that is down (O-001) */
	   "none - loads-with-warnings\nwarning 1:6 IC5101 conn 't' is not for this host: '192.0.2.9' is no address of this host\n");
	IS("192.0.2.77", "vpn.example", "unknown - loads\n");
}
END_TEST

/* O-011, O-012, C-023 ... C-025 */
START_TEST(words_for_this_host)
{
	facts = FACTS("", DEFAULT_ROUTE);
	IS("%defaultroute", "%any", "left 192.0.2.1 loads\n");
	IS("198.51.100.1", "%eth0", "right 192.0.2.1 loads\n");
	IS("%eth1", "198.51.100.1",
	   "none - loads-with-warnings\nwarning 2:7 IC5104 the host has no interface 'eth1' that is up and has an address\n");
	IS("%eth7", "%any", "none - will-not-load\nerror 2:7 IC5104 the host has no interface 'eth7' that is up and has an address\n");
	facts = FACTS("", "");
	IS("%defaultroute", "198.51.100.1",
	   "none - loads-with-warnings\nwarning 2:7 IC5103 the host has no default route, which '%defaultroute' asks for\n");
	IS("%defaultroute", "%any", "none - will-not-load\nerror 2:7 IC5103 the host has no default route, which '%defaultroute' asks for\n");
	config = conn("%defaultroute", "%any", "");
	ck_assert_str_eq(judge("5.4"), "none - loads-with-warnings\n"
			 "warning 2:7 IC5103 the host has no default route, which '%defaultroute' asks for\n");
}
END_TEST

/* Without facts only words tell, and an interface that decides makes the verdict unknown (C-024). */
START_TEST(without_facts)
{
	facts = NULL;
	IS("192.0.2.1", "198.51.100.1", "unknown - loads\n");
	IS("%defaultroute", "%any", "left - loads\n");
	IS("%eth7", "198.51.100.1", "left - loads\n");
	IS("%eth7", "%any", "left - unknown\nwarning 2:7 IC5106 whether conn 't' loads depends on the host's interface 'eth7'\n");
	config = conn("%eth7", "198.51.100.1", "");
	ck_assert_str_eq(judge("5.4"), "left - unknown\nwarning 2:7 IC5106 whether conn 't' loads depends on the host's interface 'eth7'\n");
}
END_TEST

/* C-341, C-342, O-002 */
START_TEST(listening_elsewhere)
{
	facts = FACTS("", DEFAULT_ROUTE);
	config = conn("192.0.2.1", "198.51.100.1", "config setup\n\tlisten=203.0.113.9\n");
	ck_assert_str_eq(judge("4.10"),
			 "none - loads-with-warnings\nwarning 1:6 IC5101 conn 't' is not for this host: neither '192.0.2.1' nor '198.51.100.1'"
			 " is an address of this host\nwarning 7:9 IC5105 '203.0.113.9' is no address of this host\n");
	config = conn("192.0.2.1", "198.51.100.1", "config setup\n\tlisten=192.0.2.1\n");
	ck_assert_str_eq(judge("4.10"), "left 192.0.2.1 loads\n");
}
END_TEST

/* Section 9 of the P-rules, P-048 */
START_TEST(fips_mode_and_algorithms)
{
	facts = FACTS("\"fips\": true, \"algorithms\": [\"cbc(aes)\", \"hmac(sha256)\"], ", DEFAULT_ROUTE);
	config = conn("192.0.2.1", "198.51.100.1", "\tike=aes-sha2;modp2048,aes-sha2;dh31\n\tesp=aes256-sha2\n");
	ck_assert_str_eq(judge("4.10"), "left 192.0.2.1 will-not-load\nerror 6:24 IC5107 the host is in FIPS mode, which has no DH31\n");
	config = conn("192.0.2.1", "198.51.100.1", "\tesp=aes_gcm256\n");
	ck_assert_str_eq(judge("4.10"), "left 192.0.2.1 loads\nnote 6:6 IC5108 the kernel of the host does not list 'rfc4106(gcm(aes))'\n");
}
END_TEST

TAP_MAIN("host", which_end_is_here, words_for_this_host, without_facts, listening_elsewhere, fips_mode_and_algorithms)
