/* SPDX-License-Identifier: Apache-2.0 */
/* test_xfrm.c -- goldens of --target=xfrm, from text to text; G1 ... G8 are the golden examples, which real kernels have taken. */
#include "backends/xfrm/xfrm.h"
#include "include/ipsecc.h"
#include "tests/one_file.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>

#define HEAD	"conn %default\n\tauthby=secret\n\tikev2=insist\n\tauto=route\n\tleft=192.0.2.1\n\tright=192.0.2.2\n"
#define NETS	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"

/* --- files in memory --- */

static const char *config, *facts;

static int read_memory(void *context, const char *path, size_t limit, char **ret_text, size_t *ret_size,
		       struct source_id *ret_id)
{
	const char *text = strcmp(path, "facts") == 0 ? facts : config;

	(void)context, (void)limit;
	*ret_text = strdup(text);
	*ret_size = strlen(text);
	*ret_id = (struct source_id){ 0 };
	return 0;
}

struct fixture {
	struct unit *unit;
	struct plan *plan;
	struct buf out;
	int status;
};

static void compile(struct fixture *x, const char *text, const char *release)
{
	struct unit_options options = {
		.reader = { NULL, read_memory, one_file_glob, one_file_identify }, .dialect = release, .host_facts = "facts",
	};
	struct lower_options lowering = { 0 };
	bool incomplete;

	*x = (struct fixture){ 0 };
	config = text;
	facts = "{\"version\": 1, \"addresses\": [{\"ifname\": \"eth0\", \"flags\": [\"UP\"], \"addr_info\": ["
		"{\"local\": \"192.0.2.1\"}, {\"local\": \"2001:db8::1\"}]}]}";
	ck_assert_int_eq(unit_compile("ipsec.conf", &options, &x->unit, NULL), 0);
	x->plan = unit_plan(x->unit, &lowering, &incomplete);
}

static const char *emit(struct fixture *x, struct backend_options options)
{
	buf_clear(&x->out);
	x->status = xfrm_backend.emit(x->plan, &options, &x->unit->diag, &x->out);
	return x->out.p ? x->out.p : "";
}

static void release(struct fixture *x)
{
	buf_release(&x->out);
	unit_free(x->unit);
}

/* --- goldens --- */

static const struct {
	const char *what, *conn, *dialect;
	struct backend_options options;
	const char *text;
} goldens[] = {
	{ "G1", "conn hq\n" NETS, "4.10", { .phase = PHASE_UP },
	  "# hq  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24  192.0.2.1 <-> 192.0.2.2\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393"
	    " tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 16389 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir in priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 16389 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 16389 mode tunnel\n" },
	{ "trap of 4.10", "conn hq\n" NETS, "4.10", { .phase = PHASE_ROUTE },
	  "# hq  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393 tmpl proto esp reqid 0 mode transport\n" },
	{ "trap of 3.18", "conn hq\n" NETS, "3.18", { .phase = PHASE_ROUTE },
	  "# hq  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 2344 tmpl proto esp reqid 0 mode transport\n" },
	{ "strict, before the SA", "conn hq\n" NETS, "4.10", { .phase = PHASE_ROUTE, .strict = true },
	  "# hq  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24  192.0.2.1 <-> 192.0.2.2\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393"
	    " tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 16389 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir in priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 16389 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 16389 mode tunnel\n" },
	{ "G2", "conn l2tp\n\ttype=transport\n\tleftprotoport=udp/1701\n\trightprotoport=udp/1701\n", "4.10", { .phase = PHASE_UP },
	  "# l2tp  ipsec.conf:7  transport 192.0.2.1/32 <-> 192.0.2.2/32\n"
	  "xfrm policy update src 192.0.2.1/32 dst 192.0.2.2/32 proto udp sport 1701 dport 1701 dir out priority 1097921"
	    " tmpl proto esp reqid 16389 mode transport\n"
	  "xfrm policy update src 192.0.2.2/32 dst 192.0.2.1/32 proto udp sport 1701 dport 1701 dir in priority 1097921"
	    " tmpl proto esp reqid 16389 mode transport\n" },
	{ "G3", "conn c\n" NETS "\tcompress=yes\n", "4.10", { .phase = PHASE_UP },
	  "# c  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24  192.0.2.1 <-> 192.0.2.2\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393"
	    " tmpl src 192.0.2.1 dst 192.0.2.2 proto comp reqid 16390 mode tunnel"
	    " tmpl proto esp reqid 16389 mode transport\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir in priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto comp reqid 16390 mode tunnel level use"
	    " tmpl proto esp reqid 16389 mode transport\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd priority 1757393"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto comp reqid 16390 mode tunnel level use"
	    " tmpl proto esp reqid 16389 mode transport\n" },
	{ "G4", "conn a\n\tleft=2001:db8::1\n\tright=2001:db8::2\n\tphase2=ah\n\tphase2alg=sha2_256\n",
	  "4.10", { .phase = PHASE_UP },
	  "# a  ipsec.conf:7  tunnel 2001:db8::1/128 <-> 2001:db8::2/128  2001:db8::1 <-> 2001:db8::2\n"
	  "xfrm policy update src 2001:db8::1/128 dst 2001:db8::2/128 dir out priority 1703937"
	    " tmpl src 2001:db8::1 dst 2001:db8::2 proto ah reqid 16388 mode tunnel\n"
	  "xfrm policy update src 2001:db8::2/128 dst 2001:db8::1/128 dir in priority 1703937"
	    " tmpl src 2001:db8::2 dst 2001:db8::1 proto ah reqid 16388 mode tunnel\n"
	  "xfrm policy update src 2001:db8::2/128 dst 2001:db8::1/128 dir fwd priority 1703937"
	    " tmpl src 2001:db8::2 dst 2001:db8::1 proto ah reqid 16388 mode tunnel\n" },
	{ "G5", "conn m\n" NETS "\treqid=77\n\tmark-in=5/0xff\n\tmark-out=6/0xff\n", "4.10", { .phase = PHASE_UP },
	  "# m  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24  192.0.2.1 <-> 192.0.2.2\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393 mark 0x6 mask 0xff"
	    " tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 77 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir in priority 1757393 mark 0x5 mask 0xff"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 77 mode tunnel\n"
	  "xfrm policy update src 10.2.0.0/24 dst 10.1.0.0/24 dir fwd priority 1757393 mark 0x5 mask 0xff"
	    " tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 77 mode tunnel\n" },
	{ "G6, a block", "conn d\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.3.0.0/16\n\ttype=drop\n\tauthby=never\n",
	  "4.10", { .phase = PHASE_UP },
	  "# d  ipsec.conf:7  drop 10.1.0.0/24 <-> 10.3.0.0/16\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.3.0.0/16 dir out action block priority 1757409"
	    " tmpl proto esp reqid 0 mode transport\n"
	  "xfrm policy update src 10.3.0.0/16 dst 10.1.0.0/24 dir in action block priority 1757409"
	    " tmpl proto esp reqid 0 mode transport\n"
	  "xfrm policy update src 10.3.0.0/16 dst 10.1.0.0/24 dir fwd action block priority 1757409"
	    " tmpl proto esp reqid 0 mode transport\n" },
	{ "G6, ICMP", "conn p\n\tleftprotoport=icmp/2048\n\trightprotoport=icmp/2048\n", "4.10", { .phase = PHASE_ROUTE },
	  "# p  ipsec.conf:7  tunnel 192.0.2.1/32 <-> 192.0.2.2/32\n"
	  "xfrm policy update src 192.0.2.1/32 dst 192.0.2.2/32 proto icmp type 8 dir out priority 1097921"
	    " tmpl proto esp reqid 0 mode transport\n" },
	{ "G7", "conn i\n" NETS "\tipsec-interface=yes\n", "4.10", { .phase = PHASE_ROUTE },
	  "# i  ipsec.conf:7  tunnel 10.1.0.0/24 <-> 10.2.0.0/24\n"
	  "xfrm policy update src 10.1.0.0/24 dst 10.2.0.0/24 dir out priority 1757393 if_id 0x1"
	    " tmpl proto esp reqid 0 mode transport\n" },
	{ "G8, trap of 5.4", "conn s\n\tleftsubnet=2001:db8:1::/48\n\trightsubnet=2001:db8:2::/48\n",
	  "5.4", { .phase = PHASE_ROUTE },
	  "# s  ipsec.conf:7  tunnel 2001:db8:1::/48 <-> 2001:db8:2::/48\n"
	  "xfrm policy update src 2001:db8:1::/48 dst 2001:db8:2::/48 dir out priority 1745057"
	    " tmpl proto esp reqid 16388 mode transport\n" },
};

START_TEST(goldens_of_ip_batch)
{
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		const char *got;
		char text[1024];
		struct fixture x;

		snprintf(text, sizeof(text), "%s%s", HEAD, goldens[i].conn);
		compile(&x, text, goldens[i].dialect);
		got = emit(&x, goldens[i].options);
		ck_assert_msg(strcmp(got, goldens[i].text) == 0, "%s:\n%swanted:\n%s%s", goldens[i].what, got, goldens[i].text,
			      x.unit->diag.findings.n ? x.unit->diag.findings.v[0]->message : "");
		ck_assert_int_eq(x.status, 0);
		release(&x);
	}
}
END_TEST

/* The same policies as messages: as many as there are lines, each whole. */
START_TEST(netlink_has_a_message_for_each_line)
{
	struct fixture x;
	size_t at = 0, n = 0;

	compile(&x, HEAD "conn hq\n" NETS, "4.10");
	emit(&x, (struct backend_options){ .phase = PHASE_UP, .format = "netlink" });
	ck_assert_int_eq(x.status, 0);
	for (; at + sizeof(struct nlmsghdr) <= x.out.n; n++) {
		struct nlmsghdr header;

		memcpy(&header, x.out.p + at, sizeof(header));
		ck_assert_uint_eq(header.nlmsg_seq, n + 1);
		ck_assert_uint_ge(header.nlmsg_len, sizeof(header));
		at += NLMSG_ALIGN(header.nlmsg_len);
	}
	ck_assert_uint_eq(n, 3);
	ck_assert_uint_eq(at, x.out.n);
	release(&x);
}
END_TEST

static const struct finding *last(const struct fixture *x, enum rule_id rule)
{
	const struct finding *found = NULL;

	for (size_t i = 0; i < x->unit->diag.findings.n; i++)
		if (x->unit->diag.findings.v[i]->rule == rule)
			found = x->unit->diag.findings.v[i];
	ck_assert_ptr_nonnull(found);
	return found;
}

/* Peers of any address: a note, and an error for whoever asked for the conn by name. */
START_TEST(a_template_has_no_policies_yet)
{
	static const char *const names[] = { "road", NULL };
	struct fixture x;

	compile(&x, HEAD "conn road\n\tright=%any\n\tauto=add\n", "4.10");
	ck_assert_str_eq(emit(&x, (struct backend_options){ .phase = PHASE_UP }), "");
	ck_assert_int_eq(x.status, 0);
	ck_assert_str_eq(last(&x, RULE_NO_POLICIES)->message,
			 "conn 'road' has no policies yet: they come with each peer, whose address may be any");
	ck_assert_int_eq(last(&x, RULE_NO_POLICIES)->severity, SEVERITY_NOTE);
	emit(&x, (struct backend_options){ .phase = PHASE_UP, .conns = names });
	ck_assert_int_eq(x.status, -EINVAL);
	ck_assert_int_eq(last(&x, RULE_NO_POLICIES)->severity, SEVERITY_ERROR);
	release(&x);
}
END_TEST

/* What the ip program cannot say is left out with a word, once for the three directions; the rest is written. */
START_TEST(ports_that_ip_does_not_take)
{
	struct fixture x;

	compile(&x, HEAD "conn odd\n\tleftprotoport=136/7\n\trightprotoport=136/7\nconn hq\n" NETS, "4.10");
	ck_assert_ptr_null(strstr(emit(&x, (struct backend_options){ .phase = PHASE_UP }), "odd"));
	ck_assert_ptr_nonnull(strstr(x.out.p, "# hq "));
	ck_assert_int_eq(x.status, -EINVAL);
	ck_assert_str_eq(last(&x, RULE_IP_CANNOT_EXPRESS)->message, "conn 'odd': the ip program takes no port with protocol 136");
	emit(&x, (struct backend_options){ .phase = PHASE_UP, .format = "netlink" });
	ck_assert_int_eq(x.status, 0);
	release(&x);
}
END_TEST

/* A comment is a line of the script that root runs: no name may end it. */
START_TEST(a_name_cannot_become_a_command)
{
	struct plan_policy p = { .conn = "a\nxfrm policy flush", .origin = { "b\nlink del lo", 1, 1 } };
	struct buf out = { 0 };

	ck_assert_int_eq(ip_prefix_parse(SLICE("10.0.0.0/8"), &p.src, NULL), 0);
	p.dst = p.src;
	backend_comment(&out, &p);
	ck_assert_ptr_eq(strchr(out.p, '\n'), out.p + out.n - 1);
	buf_release(&out);
}
END_TEST

TAP_MAIN("xfrm", goldens_of_ip_batch, netlink_has_a_message_for_each_line, a_template_has_no_policies_yet,
	 ports_that_ip_does_not_take, a_name_cannot_become_a_command)
