/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <string.h>

#include "runtime/dataplane/xfrm_sa.h"

#define MAX_KEY_BYTES		(64 + 4)	/* HMAC-SHA2-512; AES-256 with salt is shorter */
#define OLD_WINDOW_PACKETS	32		/* what fits the old structure (I-226) */
#define MAX_WINDOW_PACKETS	4096

_Static_assert(sizeof(struct xfrm_usersa_info) == 224, "X-010: the 64-bit layout is written");

static uint8_t ip_protocol(enum ipsec_protocol protocol)
{
	return protocol == PROTOCOL_AH ? IPPROTO_AH : IPPROTO_ESP;
}

static void put_address(xfrm_address_t *to, const struct ip_addr *from)
{
	memcpy(to, from->bytes, sizeof(from->bytes));
}

/* A port of a selector as the kernel compares it: one port or any. */
static void put_port(uint16_t first, uint16_t last, __be16 *port, __be16 *mask)
{
	bool single = first == last;

	*port = single ? htons(first) : 0;
	*mask = single ? 0xffff : 0;
}

/* A transport SA takes only packets of its selector; a tunnel's check is the policy's (and may carry the other family: X-063). */
static void put_selector(struct xfrm_usersa_info *info, const struct dp_sa *sa)
{
	const struct traffic_selector *src = sa->inbound ? sa->remote_ts : sa->local_ts,
				      *dst = sa->inbound ? sa->local_ts : sa->remote_ts;
	struct ip_prefix src_prefix, dst_prefix;

	if (sa->mode == PLAN_MODE_TUNNEL) {
		info->flags |= XFRM_STATE_AF_UNSPEC;
		return;
	}
	if (sa->local_ts_count != 1 || sa->remote_ts_count != 1 || !ip_range_to_prefix(&src->range, &src_prefix) ||
	    !ip_range_to_prefix(&dst->range, &dst_prefix))
		return;
	info->sel.family = src->range.first.family;
	put_address(&info->sel.saddr, &src_prefix.addr);
	put_address(&info->sel.daddr, &dst_prefix.addr);
	info->sel.prefixlen_s = src_prefix.len;
	info->sel.prefixlen_d = dst_prefix.len;
	info->sel.proto = src->proto;
	put_port(src->port_first, src->port_last, &info->sel.sport, &info->sel.sport_mask);
	put_port(dst->port_first, dst->port_last, &info->sel.dport, &info->sel.dport_mask);
}

static void put_info(struct xfrm_usersa_info *info, const struct dp_sa *sa)
{
	put_selector(info, sa);
	put_address(&info->id.daddr, &sa->dst);
	put_address(&info->saddr, &sa->src);
	info->id.spi = htonl(sa->spi);
	info->id.proto = ip_protocol(sa->protocol);
	info->family = sa->dst.family;
	info->mode = sa->mode == PLAN_MODE_TUNNEL ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	info->reqid = sa->reqid;
	/* The engine ends SAs by time; the kernel counts what only it sees. A limit of 0 would mean "used up at once". */
	info->lft = (struct xfrm_lifetime_cfg){ XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 };
	if (sa->max_bytes)
		info->lft.soft_byte_limit = sa->max_bytes;
	if (sa->max_packets)
		info->lft.soft_packet_limit = sa->max_packets;
	if (sa->esn)
		info->flags |= XFRM_STATE_ESN;
	if (sa->protocol == PROTOCOL_AH && sa->dst.family == AF_INET)
		info->flags |= XFRM_STATE_ALIGN4;
	if (!sa->esn && sa->replay_window <= OLD_WINDOW_PACKETS)
		info->replay_window = (uint8_t)sa->replay_window;
}

static void put_replay(struct nlmsghdr *m, const struct dp_sa *sa)
{
	uint32_t window = sa->replay_window < MAX_WINDOW_PACKETS ? sa->replay_window : MAX_WINDOW_PACKETS;
	uint32_t words = (window + 31) / 32;
	struct {
		struct xfrm_replay_state_esn state;
		uint32_t bitmap[MAX_WINDOW_PACKETS / 32];
	} esn = { .state = { .bmp_len = words, .replay_window = window } };

	if (!sa->esn && window <= OLD_WINDOW_PACKETS)
		return;
	mnl_attr_put(m, XFRMA_REPLAY_ESN_VAL, sizeof(esn.state) + words * sizeof(uint32_t), &esn);
}

static void put_cipher(struct nlmsghdr *m, const struct dp_sa *sa)
{
	union {
		struct { struct xfrm_algo_aead head; char key[MAX_KEY_BYTES]; } aead;
		struct { struct xfrm_algo head; char key[MAX_KEY_BYTES]; } crypt;
	} u;

	memset(&u, 0, sizeof(u));
	if (sa->encr->aead) {
		strncpy(u.aead.head.alg_name, sa->encr->xfrm, sizeof(u.aead.head.alg_name) - 1);
		u.aead.head.alg_key_len = (uint32_t)sa->encr_key_size * 8;	/* the salt counts */
		u.aead.head.alg_icv_len = sa->encr->icv_bits;
		memcpy(u.aead.head.alg_key, sa->encr_key, sa->encr_key_size);
		mnl_attr_put(m, XFRMA_ALG_AEAD, sizeof(u.aead.head) + sa->encr_key_size, &u);
	} else {
		strncpy(u.crypt.head.alg_name, sa->encr->xfrm, sizeof(u.crypt.head.alg_name) - 1);
		u.crypt.head.alg_key_len = (uint32_t)sa->encr_key_size * 8;
		memcpy(u.crypt.head.alg_key, sa->encr_key, sa->encr_key_size);
		mnl_attr_put(m, XFRMA_ALG_CRYPT, sizeof(u.crypt.head) + sa->encr_key_size, &u);
	}
	explicit_bzero(&u, sizeof(u));
}

/* Always with the length of the ICV: the kernel's own default for SHA2-256 is 96 bits, which no RFC has. */
static void put_integrity(struct nlmsghdr *m, const struct dp_sa *sa)
{
	struct { struct xfrm_algo_auth head; char key[MAX_KEY_BYTES]; } auth;

	memset(&auth, 0, sizeof(auth));
	strncpy(auth.head.alg_name, sa->integ->xfrm, sizeof(auth.head.alg_name) - 1);
	auth.head.alg_key_len = (uint32_t)sa->integ_key_size * 8;
	auth.head.alg_trunc_len = sa->integ->icv_bits;
	memcpy(auth.head.alg_key, sa->integ_key, sa->integ_key_size);
	mnl_attr_put(m, XFRMA_ALG_AUTH_TRUNC, sizeof(auth.head) + sa->integ_key_size, &auth);
	explicit_bzero(&auth, sizeof(auth));
}

static const char *unusable(const struct dp_sa *sa)
{
	if (sa->encr_key_size > MAX_KEY_BYTES || sa->integ_key_size > MAX_KEY_BYTES)
		return "a key is longer than any algorithm of the kernel takes";
	if (sa->encr && !sa->encr->xfrm)
		return "the kernel has no such cipher";
	if (sa->integ && !sa->integ->xfrm)
		return "the kernel has no such integrity algorithm";
	return NULL;
}

void xfrm_sa_put_encap(struct nlmsghdr *m, uint16_t src_port, uint16_t dst_port)
{
	struct xfrm_encap_tmpl encap = { .encap_type = UDP_ENCAP_ESPINUDP,
					 .encap_sport = htons(src_port),
					 .encap_dport = htons(dst_port) };

	mnl_attr_put(m, XFRMA_ENCAP, sizeof(encap), &encap);
}

struct nlmsghdr *xfrm_sa_message(void *buffer, uint16_t type, const struct dp_sa *sa, const char **ret_why)
{
	const char *why = unusable(sa);
	struct nlmsghdr *m;

	if (why) {
		*ret_why = why;
		return NULL;
	}
	m = netlink_start(buffer, type, 0);
	put_info(mnl_nlmsg_put_extra_header(m, sizeof(struct xfrm_usersa_info)), sa);
	if (sa->encr)
		put_cipher(m, sa);
	if (sa->integ)
		put_integrity(m, sa);
	put_replay(m, sa);
	if (sa->encap)
		xfrm_sa_put_encap(m, sa->src_port, sa->dst_port);
	if (sa->mark.mask) {
		struct xfrm_mark mark = { .v = sa->mark.value, .m = sa->mark.mask };

		mnl_attr_put(m, XFRMA_MARK, sizeof(mark), &mark);
	}
	if (sa->if_id)
		mnl_attr_put_u32(m, XFRMA_IF_ID, sa->if_id);
	return m;
}

struct nlmsghdr *xfrm_sa_id_message(void *buffer, uint16_t type, const struct dp_sa_id *id)
{
	struct nlmsghdr *m = netlink_start(buffer, type, 0);
	struct xfrm_usersa_id *to = mnl_nlmsg_put_extra_header(m, sizeof(*to));

	put_address(&to->daddr, &id->dst);
	to->spi = htonl(id->spi);
	to->family = id->dst.family;
	to->proto = ip_protocol(id->protocol);
	return m;
}

struct nlmsghdr *xfrm_allocspi_message(void *buffer, const struct dp_sa_id *id, uint32_t reqid, uint32_t min, uint32_t max)
{
	struct nlmsghdr *m = netlink_start(buffer, XFRM_MSG_ALLOCSPI, 0);
	struct xfrm_userspi_info *to = mnl_nlmsg_put_extra_header(m, sizeof(*to));

	put_address(&to->info.id.daddr, &id->dst);
	put_address(&to->info.saddr, &id->src);
	to->info.id.proto = ip_protocol(id->protocol);
	to->info.family = id->dst.family;
	to->info.mode = XFRM_MODE_TUNNEL;
	to->info.reqid = reqid;
	to->min = min;
	to->max = max;
	return m;
}
