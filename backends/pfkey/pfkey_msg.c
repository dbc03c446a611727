/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/pfkey/pfkey_msg.h"

#include <netinet/in.h>
#include <linux/ipsec.h>
#include <linux/pfkeyv2.h>
#include <string.h>

#define UNIT	8	/* lengths of messages and extensions count these */

_Static_assert(sizeof(struct sadb_x_ipsecrequest) == 16, "Linux's layout, not that of KAME");

enum pfkey_level pfkey_level_of(const struct plan_tmpl *t)
{
	if (t->level == PLAN_LEVEL_USE)
		return PFKEY_LEVEL_USE;
	return t->reqid > 0 && t->reqid <= PFKEY_REQID_MAX ? PFKEY_LEVEL_UNIQUE : PFKEY_LEVEL_REQUIRE;
}

/* A bare socket address: 16 or 28 bytes. */
static void add_sockaddr(struct buf *out, const struct ip_addr *addr, uint16_t port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	memcpy(&v4.sin_addr, addr->bytes, sizeof(v4.sin_addr));
	memcpy(&v6.sin6_addr, addr->bytes, sizeof(v6.sin6_addr));
	if (addr->family == AF_INET6)
		buf_add(out, &v6, sizeof(v6));
	else
		buf_add(out, &v4, sizeof(v4));
}

static void pad(struct buf *out, size_t start)
{
	buf_add_repeated(out, 0, (UNIT - (out->n - start) % UNIT) % UNIT);
}

/* The length of what began at `start` is known now: it stands `at` bytes behind that. */
static void set_length(struct buf *out, size_t start, size_t at, size_t unit)
{
	uint16_t length = (uint16_t)((out->n - start) / unit);

	if (!buf_failed(out))
		memcpy(out->p + start + at, &length, sizeof(length));
}

static void add_request(struct buf *out, const struct plan_tmpl *t)
{
	static const uint16_t protocols[] = { [PLAN_TMPL_ESP] = IPPROTO_ESP, [PLAN_TMPL_AH] = IPPROTO_AH, [PLAN_TMPL_COMP] = IPPROTO_COMP };
	enum pfkey_level level = pfkey_level_of(t);
	struct sadb_x_ipsecrequest request = {
		.sadb_x_ipsecrequest_proto = protocols[t->proto],
		.sadb_x_ipsecrequest_mode = t->mode == PLAN_MODE_TUNNEL ? IPSEC_MODE_TUNNEL : IPSEC_MODE_TRANSPORT,
		.sadb_x_ipsecrequest_level = (uint8_t)level, .sadb_x_ipsecrequest_reqid = level == PFKEY_LEVEL_UNIQUE ? t->reqid : 0,
	};
	size_t start = out->n;

	buf_add(out, &request, sizeof(request));
	if (t->mode == PLAN_MODE_TUNNEL) {
		add_sockaddr(out, &t->src, 0);
		add_sockaddr(out, &t->dst, 0);
	}
	pad(out, start);
	set_length(out, start, offsetof(struct sadb_x_ipsecrequest, sadb_x_ipsecrequest_len), 1);
}

static void add_policy(struct buf *out, const struct plan_policy *p)
{
	static const uint16_t types[] = { [PLAN_PROTECT] = IPSEC_POLICY_IPSEC, [PLAN_PASS] = IPSEC_POLICY_NONE, [PLAN_BLOCK] = IPSEC_POLICY_DISCARD };
	static const uint8_t dirs[] = { [PLAN_OUT] = IPSEC_DIR_OUTBOUND, [PLAN_IN] = IPSEC_DIR_INBOUND, [PLAN_FWD] = IPSEC_DIR_FWD };
	struct sadb_x_policy policy = {
		.sadb_x_policy_exttype = SADB_X_EXT_POLICY, .sadb_x_policy_type = types[p->action], .sadb_x_policy_dir = dirs[p->dir],
		.sadb_x_policy_priority = p->priority,
	};
	size_t start = out->n;

	buf_add(out, &policy, sizeof(policy));
	/* Requests of the others are ignored: pluto's inert templates on its shunts need no place here. */
	for (size_t i = 0; p->action == PLAN_PROTECT && i < p->tmpl.n; i++)
		add_request(out, &p->tmpl.v[i]);
	set_length(out, start, 0, UNIT);
}

static void add_selector(struct buf *out, uint16_t type, const struct ip_prefix *prefix, uint8_t proto, uint16_t port)
{
	struct sadb_address address = { .sadb_address_exttype = type, .sadb_address_proto = proto ? proto : IPSEC_PROTO_ANY,
					.sadb_address_prefixlen = prefix->len };
	size_t start = out->n;

	buf_add(out, &address, sizeof(address));
	add_sockaddr(out, &prefix->addr, port);
	pad(out, start);
	set_length(out, start, 0, UNIT);
}

void pfkey_msg_policy(struct buf *out, const struct plan_policy *p)
{
	struct sadb_msg header = { .sadb_msg_version = PF_KEY_V2, .sadb_msg_type = SADB_X_SPDUPDATE };
	size_t start = out->n;

	buf_add(out, &header, sizeof(header));
	add_policy(out, p);
	add_selector(out, SADB_EXT_ADDRESS_SRC, &p->src, p->proto, p->sport);
	add_selector(out, SADB_EXT_ADDRESS_DST, &p->dst, p->proto, p->dport);
	set_length(out, start, offsetof(struct sadb_msg, sadb_msg_len), UNIT);
}
