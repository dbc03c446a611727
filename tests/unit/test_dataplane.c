/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the data plane and what a selector lets through; no kernel, no rights needed. */
#include <errno.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>

#include "backends/xfrm/xfrm_msg.h"
#include "runtime/dataplane/dataplane.h"
#include "runtime/dataplane/packet.h"
#include "runtime/dataplane/policyset.h"
#include "tests/unit/tap.h"

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix p;

	ck_assert_int_eq(ip_prefix_parse(slice_of(text), &p, NULL), 0);
	return p;
}

static struct plan_policy policy(const char *conn, enum plan_dir dir, const char *src, const char *dst, enum plan_when when,
				 uint32_t priority)
{
	return (struct plan_policy){
		.conn = conn,
		.dir = dir,
		.action = PLAN_PROTECT,
		.src = prefix(src),
		.dst = prefix(dst),
		.when = when,
		.priority = priority,
	};
}

static struct plan plan_of(struct plan_policy *policies, size_t n)
{
	struct plan plan = { 0 };

	plan.policies.v = policies;
	plan.policies.n = n;
	return plan;
}

/* --- policies that stand ------------------------------------------------------------------------------------------------------ */

static struct buf journal;
static int refuse_priority;

static int put(void *context, const struct plan_policy *p)
{
	(void)context;
	if ((int)p->priority == refuse_priority)
		return -EPERM;
	buf_printf(&journal, "+%u ", p->priority);
	return 0;
}

static int take(void *context, const struct plan_policy *p)
{
	(void)context;
	buf_printf(&journal, "-%u ", p->priority);
	return 0;
}

static const char *said(void)
{
	static char text[200];

	snprintf(text, sizeof(text), "%s", journal.p ? journal.p : "");
	buf_release(&journal);
	return text;
}

/* plan.h: an `up` policy replaces the `route` policy with an equal key, and gives way to it again. */
START_TEST(up_replaces_route)
{
	struct plan_policy policies[] = {
		policy("net", PLAN_OUT, "10.1.0.0/16", "10.2.0.0/16", PLAN_WHEN_ROUTE, 1),
		policy("net", PLAN_OUT, "10.1.0.0/16", "10.2.0.0/16", PLAN_WHEN_UP, 2),
		policy("other", PLAN_OUT, "10.1.0.0/16", "10.3.0.0/16", PLAN_WHEN_ROUTE, 3),
	};
	struct plan plan = plan_of(policies, 3);
	struct policyset set;

	refuse_priority = -1;
	policyset_init(&set, &plan, (struct policyset_ops){ NULL, put, take });
	ck_assert_int_eq(policyset_add(&set, "net", PLAN_WHEN_ROUTE, NULL), 0);
	ck_assert_str_eq(said(), "+1 ");
	ck_assert_int_eq(policyset_add(&set, "net", PLAN_WHEN_UP, NULL), 0);
	ck_assert_str_eq(said(), "+2 ");
	ck_assert_int_eq(policyset_add(&set, "net", PLAN_WHEN_UP, NULL), 0);
	ck_assert_str_eq(said(), "");
	/* A trap that comes while the SA is up must not displace the SA's policy. */
	policyset_del(&set, "net", PLAN_WHEN_ROUTE);
	ck_assert_str_eq(said(), "");
	policyset_add(&set, "net", PLAN_WHEN_ROUTE, NULL);
	ck_assert_str_eq(said(), "");
	policyset_del(&set, "net", PLAN_WHEN_UP);
	ck_assert_str_eq(said(), "+1 ");
	policyset_add(&set, NULL, PLAN_WHEN_ROUTE, NULL);
	ck_assert_str_eq(said(), "+3 ");
	policyset_clear(&set);
	ck_assert_str_eq(said(), "-1 -3 ");
	policyset_release(&set);
}
END_TEST

START_TEST(a_refusal_takes_back)
{
	struct plan_policy policies[] = {
		policy("net", PLAN_OUT, "10.1.0.0/16", "10.2.0.0/16", PLAN_WHEN_UP, 1),
		policy("net", PLAN_IN, "10.2.0.0/16", "10.1.0.0/16", PLAN_WHEN_UP, 2),
		policy("net", PLAN_FWD, "10.2.0.0/16", "10.1.0.0/16", PLAN_WHEN_UP, 3),
	};
	const struct plan_policy *culprit = NULL;
	struct plan plan = plan_of(policies, 3);
	struct policyset set;

	refuse_priority = 3;
	policyset_init(&set, &plan, (struct policyset_ops){ NULL, put, take });
	ck_assert_int_eq(policyset_add(&set, "net", PLAN_WHEN_UP, &culprit), -EPERM);
	ck_assert_ptr_eq(culprit, &policies[2]);
	ck_assert_str_eq(said(), "+1 +2 -1 -2 ");
	policyset_clear(&set);
	ck_assert_str_eq(said(), "");
	policyset_release(&set);
}
END_TEST

/* --- packets and selectors ---------------------------------------------------------------------------------------------------- */

struct made { uint8_t bytes[128]; size_t n; };

static struct made ipv4(const char *src, const char *dst, uint8_t proto, uint16_t a, uint16_t b, uint16_t fragment)
{
	struct made m = { .n = 28 };
	struct ip_prefix s = prefix(src), d = prefix(dst);
	const uint8_t header[] = { 0x45, 0, 0, 28, 0, 0, (uint8_t)(fragment >> 8), (uint8_t)fragment, 64, proto };

	memcpy(m.bytes, header, sizeof(header));
	memcpy(m.bytes + 12, s.addr.bytes, 4);
	memcpy(m.bytes + 16, d.addr.bytes, 4);
	m.bytes[20] = (uint8_t)(a >> 8);
	m.bytes[21] = (uint8_t)a;
	m.bytes[22] = (uint8_t)(b >> 8);
	m.bytes[23] = (uint8_t)b;
	return m;
}

static bool allowed(const struct made *m, const struct traffic_selector *src, const struct traffic_selector *dst)
{
	struct inner_packet packet;

	return packet_parse(m->bytes, m->n, false, &packet) == 0 && packet_allowed(m->bytes, &packet, src, 1, dst, 1);
}

static struct traffic_selector ts(const char *text, uint8_t proto, uint16_t port)
{
	struct ip_prefix p = prefix(text);

	return ts_of_prefix(&p, proto, port);
}

/* I-252 */
START_TEST(selectors_of_the_sa)
{
	struct traffic_selector left = ts("10.1.0.0/16", 0, 0), right = ts("10.2.0.0/16", 0, 0),
				web = ts("10.2.0.0/16", IPPROTO_TCP, 443);
	struct traffic_selector any_tcp = ts("10.1.0.0/16", IPPROTO_TCP, 0);
	struct made good = ipv4("10.1.0.1/32", "10.2.0.1/32", IPPROTO_TCP, 40000, 443, 0);
	struct made port = ipv4("10.1.0.1/32", "10.2.0.1/32", IPPROTO_TCP, 40000, 80, 0);
	struct made spoofed = ipv4("10.9.0.1/32", "10.2.0.1/32", IPPROTO_TCP, 40000, 443, 0);
	struct made later = ipv4("10.1.0.1/32", "10.2.0.1/32", IPPROTO_TCP, 40000, 443, 5);

	ck_assert(allowed(&good, &left, &right));
	ck_assert(allowed(&good, &any_tcp, &web));
	ck_assert(!allowed(&port, &any_tcp, &web));
	ck_assert(!allowed(&spoofed, &left, &right));
	/* A later fragment has no ports: only a selector with any port takes it. */
	ck_assert(allowed(&later, &left, &right));
	ck_assert(!allowed(&later, &any_tcp, &web));
}
END_TEST

/* RFC 4301 section 6: an error from a router in between is judged by the packet that it is about. */
START_TEST(icmp_error_by_its_cause)
{
	struct traffic_selector left = ts("10.1.0.0/16", 0, 0), right = ts("10.2.0.0/16", 0, 0);
	struct made cause = ipv4("10.2.0.1/32", "10.1.0.1/32", IPPROTO_UDP, 5000, 53, 0);
	struct made error = ipv4("192.0.2.77/32", "10.2.0.1/32", IPPROTO_ICMP, 3 << 8 | 4, 0, 0);
	struct made echo = ipv4("192.0.2.77/32", "10.2.0.1/32", IPPROTO_ICMP, 8 << 8, 0, 0);

	memcpy(error.bytes + 28, cause.bytes, cause.n);
	error.n += cause.n;
	error.bytes[3] = (uint8_t)error.n;
	echo = (struct made){ .n = error.n };
	memcpy(echo.bytes, error.bytes, error.n);
	echo.bytes[20] = 8;
	ck_assert(allowed(&error, &left, &right));
	ck_assert(!allowed(&echo, &left, &right));
	error.bytes[28 + 12] = 11;	/* about a packet that the SA does not carry */
	ck_assert(!allowed(&error, &left, &right));
}
END_TEST

START_TEST(broken_packets)
{
	struct made m = ipv4("10.1.0.1/32", "10.2.0.1/32", IPPROTO_UDP, 1, 2, 0);
	struct inner_packet packet;

	for (size_t n = 0; n < m.n; n++)
		ck_assert_int_eq(packet_parse(m.bytes, n, false, &packet), -EINVAL);
	ck_assert_int_eq(packet_parse(m.bytes, m.n, false, &packet), 0);
	m.bytes[0] = 0x44;	/* header of 16 bytes */
	ck_assert_int_eq(packet_parse(m.bytes, m.n, false, &packet), -EINVAL);
	m.bytes[0] = 0x55;	/* version 5 */
	ck_assert_int_eq(packet_parse(m.bytes, m.n, false, &packet), -EINVAL);
}
END_TEST

START_TEST(ipv6_extension_headers)
{
	/* IPv6, hop-by-hop options, then TCP 40000 -> 443 */
	uint8_t p[40 + 8 + 4] = { [0] = 0x60, [5] = 12, [6] = IPPROTO_HOPOPTS, [40] = IPPROTO_TCP, [48] = 0x9c, 0x40, 0x01, 0xbb };
	struct inner_packet packet;

	ck_assert_int_eq(packet_parse(p, sizeof(p), false, &packet), 0);
	ck_assert_int_eq(packet.proto, IPPROTO_TCP);
	ck_assert(packet.ports_known);
	ck_assert_int_eq(packet.sport, 40000);
	ck_assert_int_eq(packet.dport, 443);
	p[41] = 200;		/* longer than the packet: what is behind is unknown */
	ck_assert_int_eq(packet_parse(p, sizeof(p), false, &packet), -EINVAL);
	p[40 + 1] = 0;
	p[6] = IPPROTO_FRAGMENT;
	p[40 + 3] = 8;		/* a later fragment */
	ck_assert_int_eq(packet_parse(p, sizeof(p), false, &packet), 0);
	ck_assert(!packet.ports_known);
}
END_TEST

static bool checksum_right(const uint8_t *p)
{
	uint32_t sum = 0;

	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* RFC 6040 section 4.2, figure 4: rows are the inner field, columns the outer one, both Not-ECT, ECT(1), ECT(0), CE (I-254). */
START_TEST(ecn_by_the_table)
{
	static const int figure[4][4] = { { 0, 0, 0, -1 }, { 1, 1, 1, 3 }, { 2, 1, 2, 3 }, { 3, 3, 3, 3 } };

	for (unsigned inner = 0; inner < 4; inner++) {
		for (unsigned outer = 0; outer < 4; outer++) {
			/* the checksum of this header with a TOS of 0 is 0xb861 */
			uint8_t p4[20] = { 0x45, 0, 0, 0x73, 0, 0, 0x40, 0, 0x40, 0x11, 0xb8, 0x61, 0xc0, 0xa8, 0, 1, 0xc0, 0xa8, 0, 0xc7 };
			uint8_t p6[40] = { 0x6a, (uint8_t)(0x80 | inner << 4 | 5) };

			p4[1] = (uint8_t)(0xb8 | inner);
			p4[11] = (uint8_t)(0x61 - 0xb8 - (int)inner);
			p4[10] = 0xb7;
			ck_assert(checksum_right(p4));
			ck_assert_uint_eq(packet_tos(p4), 0xb8 | inner);
			ck_assert_uint_eq(packet_tos(p6), 0xa8 | inner);
			ck_assert_int_eq(packet_take_ecn(p4, (uint8_t)outer), figure[inner][outer] >= 0);
			ck_assert_int_eq(packet_take_ecn(p6, (uint8_t)outer), figure[inner][outer] >= 0);
			if (figure[inner][outer] < 0)
				continue;
			ck_assert_uint_eq(packet_tos(p4), 0xb8 | (unsigned)figure[inner][outer]);
			ck_assert_uint_eq(packet_tos(p6), 0xa8 | (unsigned)figure[inner][outer]);
			ck_assert_uint_eq(p6[0] >> 4, 6);
			ck_assert_uint_eq(p6[1] & 15, 5);	/* the flow label stays */
			ck_assert(checksum_right(p4));
		}
	}
}
END_TEST

/* --- netlink and the dry data plane ------------------------------------------------------------------------------------------- */

/* The bytes that iproute2 6.1 sends for "xfrm policy update ... dir out priority 1757393 tmpl ...", field by field (X-002, section
 * 3). */
START_TEST(policy_as_netlink)
{
	struct plan_tmpl tmpl = { .proto = PLAN_TMPL_ESP, .mode = PLAN_MODE_TUNNEL, .reqid = 16389 };
	struct plan_policy p = policy("net", PLAN_OUT, "10.1.0.0/24", "10.2.0.0/24", PLAN_WHEN_UP, 1757393);
	struct xfrm_userpolicy_info info;
	struct xfrm_user_tmpl sent;
	struct nlmsghdr header;
	struct buf out = { 0 };

	tmpl.src = prefix("192.0.2.1/32").addr;
	tmpl.dst = prefix("192.0.2.2/32").addr;
	p.tmpl.v = &tmpl;
	p.tmpl.n = 1;
	xfrm_msg_policy(&out, XFRM_MSG_UPDPOLICY, 7, &p);
	ck_assert_uint_eq(out.n, 16 + 168 + 4 + 64);
	memcpy(&header, out.p, sizeof(header));
	ck_assert_uint_eq(header.nlmsg_len, out.n);
	ck_assert_uint_eq(header.nlmsg_type, XFRM_MSG_UPDPOLICY);
	memcpy(&info, out.p + 16, sizeof(info));
	ck_assert_uint_eq(info.sel.prefixlen_d, 24);
	ck_assert_uint_eq(ntohl(info.sel.daddr.a4), 0x0a020000);
	ck_assert_uint_eq(info.priority, 1757393);
	ck_assert_uint_eq(info.dir, XFRM_POLICY_OUT);
	ck_assert_uint_eq(info.lft.hard_byte_limit, XFRM_INF);
	memcpy(&sent, out.p + 16 + 168 + 4, sizeof(sent));
	ck_assert_uint_eq(sent.reqid, 16389);
	ck_assert_uint_eq(ntohl(sent.id.daddr.a4), 0xc0000202);
	ck_assert_uint_eq(sent.mode, XFRM_MODE_TUNNEL);
	ck_assert_uint_eq(sent.aalgos, 0xffffffff);
	buf_release(&out);
}
END_TEST

static void note(void *context, enum rule_id rule, const struct plan_origin *origin, const char *text)
{
	(void)rule;
	(void)origin;
	buf_printf(context, "%s\n", text);
}

START_TEST(dry_tells_what_is_left)
{
	struct buf told = { 0 };
	struct dp_callbacks callbacks = { .context = &told, .warn = note };
	struct plan plan = { 0 };
	struct dataplane *dp;
	struct dp_sa sa = { .spi = 0x2000, .protocol = PROTOCOL_ESP, .child = "net" };
	struct dp_sa_id id = { .protocol = PROTOCOL_ESP }, gone = { .spi = 0x3000, .protocol = PROTOCOL_ESP };
	const char *why = "";
	uint32_t spi;

	ck_assert_int_eq(dataplane_dry.open(&plan, &callbacks, &dp, &why), 0);
	ck_assert_int_eq(dp->ops->alloc_spi(dp, &id, &spi), 0);
	ck_assert_uint_ge(spi, 0x100);
	ck_assert_int_eq(dp->ops->add_sa(dp, &sa, &why), 0);
	ck_assert_int_eq(dp->ops->add_sa(dp, &sa, &why), -EEXIST);
	ck_assert_int_eq(dp->ops->del_sa(dp, &gone), -ENOENT);
	dp->ops->close(dp);
	ck_assert_ptr_nonnull(strstr(told.p, "delete of an SA that was never added: 0x00003000\n"));
	ck_assert_ptr_nonnull(strstr(told.p, "left at the end: outbound SA 0x00002000\n"));
	buf_release(&told);
}
END_TEST

TAP_MAIN("dataplane", up_replaces_route, a_refusal_takes_back, selectors_of_the_sa, icmp_error_by_its_cause, broken_packets,
	 ipv6_extension_headers, ecn_by_the_table, policy_as_netlink, dry_tells_what_is_left)
