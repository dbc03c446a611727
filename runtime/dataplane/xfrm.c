/* SPDX-License-Identifier: Apache-2.0 */
/* xfrm.c -- the kernel's IPsec: SAs and policies over netlink (rules I-220 ... I-232). */
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/xfrm/xfrm_msg.h"
#include "netlink/netlink.h"
#include "runtime/dataplane/dataplane.h"
#include "runtime/dataplane/policyset.h"
#include "runtime/dataplane/route.h"
#include "runtime/dataplane/xfrm_sa.h"
#include "runtime/dataplane/xfrm_stale.h"

#define SPI_MIN		0x100u		/* 1..255 are reserved by IANA (RFC 4303 section 2.1) */
#define SPI_MAX		0xffffffffu
#define EVENT_BATCH	64

struct xfrm_sa_entry {
	struct dp_sa_id id;
	const char *child;
	struct xfrm_sa_entry *next;
};

struct xfrm_dp {
	struct dataplane dp;
	const struct plan *plan;
	struct dp_callbacks callbacks;
	struct netlink nl, events;
	struct route_table routes;
	struct policyset policies;
	struct xfrm_sa_entry *sas;
	char why[400];
};

static struct xfrm_dp *self(struct dataplane *dp)
{
	return (struct xfrm_dp *)dp;
}

static bool same_id(const struct dp_sa_id *a, const struct dp_sa_id *b)
{
	return a->spi == b->spi && a->protocol == b->protocol && ip_addr_eq(&a->dst, &b->dst);
}

/* --- probe, open, close ------------------------------------------------------------------------------------------------------- */

/* I-220: there are kernels with XFRM and policies but without ESP, and only adding an SA tells. It is removed at once. */
static int probe_esp(struct netlink *nl)
{
	static const struct transform gcm = { .type = TRANSFORM_ENCR, .aead = true, .icv_bits = 128, .xfrm = "rfc4106(gcm(aes))" };
	static const uint8_t key[20];
	static const struct ip_addr loopback = { AF_INET, { 127, 0, 0, 1 } };
	struct dp_sa sa = {
		.spi = 0xfffffffe, .protocol = PROTOCOL_ESP, .mode = PLAN_MODE_TUNNEL, .src = loopback, .dst = loopback,
		.encr = &gcm, .encr_key = key, .encr_key_size = sizeof(key), .replay_window = 32,
	};
	struct dp_sa_id id = { .spi = sa.spi, .protocol = sa.protocol, .src = loopback, .dst = loopback };
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	const char *why;
	int error = netlink_call(nl, xfrm_sa_message(buffer, XFRM_MSG_NEWSA, &sa, &why), NULL, NULL);

	if (!error)
		netlink_call(nl, xfrm_sa_id_message(buffer, XFRM_MSG_DELSA, &id), NULL, NULL);
	return error == -EEXIST ? 0 : error;
}

static int xfrm_probe(const char **ret_why)
{
	static char why[300];
	struct netlink nl;
	int error = netlink_open(&nl, NETLINK_XFRM, 0);

	if (error) {
		snprintf(why, sizeof(why), "this kernel has no XFRM: %s", strerror(-error));
		*ret_why = why;
		return error;
	}
	error = probe_esp(&nl);
	if (error) {
		snprintf(why, sizeof(why), error == -EPERM ? "no right to add an SA: %s" : "this kernel takes no ESP SA: %s",
			 nl.why);
		*ret_why = why;
	}
	netlink_close(&nl);
	return error;
}

static int send_policy(struct xfrm_dp *x, uint16_t type, const struct plan_policy *p)
{
	struct buf message;
	int error = -ENOMEM;

	buf_init(&message);
	xfrm_msg_policy(&message, type, 0, p);
	if (!buf_failed(&message))
		error = netlink_call(&x->nl, (void *)message.p, NULL, NULL);
	buf_release(&message);
	return error;
}

/* Where a tunnel's packets go on; AF_UNSPEC: they are not tunnelled, or the peer is not known. */
static struct ip_addr outer_of(const struct plan_policy *p)
{
	for (size_t i = 0; i < p->tmpl.n; i++)
		if (p->tmpl.v[i].mode == PLAN_MODE_TUNNEL && !ip_addr_is_zero(&p->tmpl.v[i].dst))
			return p->tmpl.v[i].dst;
	return (struct ip_addr){ 0 };
}

/* I-230: a packet that no route takes dies before the kernel asks for its policy, and one of this host needs a source address that
 * the child carries. The way is that to the peer. A default route is the host's own: ours, being asked first, would hide the
 * connected networks. */
static void add_route(struct xfrm_dp *x, const struct plan_policy *p)
{
	struct ip_addr outer = outer_of(p);
	struct route_way way;
	char text[200], dst[IP_PREFIX_TEXT];

	if (p->dir != PLAN_OUT || outer.family == AF_UNSPEC || p->dst.len == 0)
		return;
	if (route_lookup(&x->routes, &outer, &way) == 0) {
		route_local_address(&x->routes, &p->src, &way.src);
		if (route_add(&x->routes, &p->dst, &way) == 0)
			return;
	}
	snprintf(text, sizeof(text), "no route to %s could be added: %.100s", ip_prefix_format(&p->dst, dst), x->routes.nl.why);
	x->callbacks.warn(x->callbacks.context, RULE_ROUTE_NOT_ADDED, &p->origin, text);
}

static void drop_route(struct xfrm_dp *x, const struct plan_policy *p)
{
	if (p->dir != PLAN_OUT || !p->tmpl.n)
		return;
	for (const struct policyset_entry *e = x->policies.first; e; e = e->next)	/* another conn may still need it */
		if (e->wanted && e->policy->dir == PLAN_OUT && e->policy->tmpl.n && ip_prefix_eq(&e->policy->dst, &p->dst))
			return;
	route_del(&x->routes, &p->dst);
}

static int put_policy(void *context, const struct plan_policy *p)
{
	int error = send_policy(context, XFRM_MSG_UPDPOLICY, p);

	if (!error)
		add_route(context, p);
	return error;
}

static int take_policy(void *context, const struct plan_policy *p)
{
	int error;

	drop_route(context, p);		/* routes, then policies, then SAs (I-222) */
	error = send_policy(context, XFRM_MSG_DELPOLICY, p);
	return error == -ENOENT ? 0 : error;	/* someone else removed it: what we want is so */
}

static int open_sockets(struct xfrm_dp *x)
{
	static const int mapping = XFRMNLGRP_MAPPING;	/* the mask has no bit for it */
	int error = netlink_open(&x->nl, NETLINK_XFRM, 0);

	if (!error)
		error = netlink_open(&x->events, NETLINK_XFRM, XFRMGRP_ACQUIRE | XFRMGRP_EXPIRE);
	if (!error)
		error = route_open(&x->routes);
	if (!error)
		mnl_socket_setsockopt(x->events.socket, NETLINK_ADD_MEMBERSHIP, (void *)(uintptr_t)&mapping, sizeof(mapping));
	return error;
}

static void remove_stale(struct xfrm_dp *x)
{
	unsigned removed;
	char text[100];

	if (xfrm_remove_stale(&x->nl, x->plan, &removed) || !removed)
		return;		/* what cannot be read now will be replaced when its conn comes up */
	snprintf(text, sizeof(text), "removed %u SAs and policies that an earlier daemon left", removed);
	x->callbacks.warn(x->callbacks.context, RULE_COUNT, NULL, text);
}

static int xfrm_open(const struct plan *plan, const struct dp_callbacks *callbacks, struct dataplane **ret, const char **ret_why)
{
	struct xfrm_dp *x = calloc(1, sizeof(*x));
	int error = x ? open_sockets(x) : -ENOMEM;

	if (error) {
		if (x) {
			netlink_close(&x->nl);
			netlink_close(&x->events);
			route_close(&x->routes);
		}
		free(x);
		*ret_why = "cannot open a netlink socket";
		return error;
	}
	x->dp.ops = &dataplane_xfrm;
	x->plan = plan;
	x->callbacks = *callbacks;
	remove_stale(x);
	policyset_init(&x->policies, plan, (struct policyset_ops){ x, put_policy, take_policy });
	*ret = &x->dp;
	return 0;
}

/* --- SAs ---------------------------------------------------------------------------------------------------------------------- */

static struct xfrm_sa_entry *remember(struct xfrm_dp *x, const struct dp_sa_id *id, const char *child)
{
	struct xfrm_sa_entry *e;

	for (e = x->sas; e && !same_id(&e->id, id); e = e->next)
		;
	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		e->next = x->sas;
		x->sas = e;
	}
	e->id = *id;
	if (child)
		e->child = child;
	return e;
}

static void forget(struct xfrm_dp *x, const struct dp_sa_id *id)
{
	for (struct xfrm_sa_entry **at = &x->sas; *at; at = &(*at)->next) {
		struct xfrm_sa_entry *e = *at;

		if (!same_id(&e->id, id))
			continue;
		*at = e->next;
		free(e);
		return;
	}
}

static int read_spi(const struct nlmsghdr *header, void *context)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(header);

	if (mnl_nlmsg_get_payload_len(header) >= sizeof(*info))
		*(uint32_t *)context = ntohl(info->id.spi);
	return MNL_CB_OK;
}

static int xfrm_alloc_spi(struct dataplane *dp, const struct dp_sa_id *id, uint32_t *ret_spi)
{
	struct xfrm_dp *x = self(dp);
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct dp_sa_id full = *id;
	uint32_t spi = 0;
	int error = netlink_call(&x->nl, xfrm_allocspi_message(buffer, id, 0, SPI_MIN, SPI_MAX), read_spi, &spi);

	if (error)
		return error;
	if (!spi)
		return -EBADMSG;
	full.spi = spi;
	if (!remember(x, &full, NULL)) {
		netlink_call(&x->nl, xfrm_sa_id_message(buffer, XFRM_MSG_DELSA, &full), NULL, NULL);
		return -ENOMEM;
	}
	*ret_spi = spi;
	return 0;
}

/* An inbound SA fills in what ALLOCSPI reserved; when that has timed out it is added like an outbound one. */
static int send_sa(struct xfrm_dp *x, const struct dp_sa *sa, const char **ret_why)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	uint16_t type = sa->inbound ? XFRM_MSG_UPDSA : XFRM_MSG_NEWSA;
	struct nlmsghdr *message = xfrm_sa_message(buffer, type, sa, ret_why);
	int error;

	if (!message)
		return -EOPNOTSUPP;
	error = netlink_call(&x->nl, message, NULL, NULL);
	if (error == -ESRCH && sa->inbound) {
		message->nlmsg_type = XFRM_MSG_NEWSA;
		error = netlink_call(&x->nl, message, NULL, NULL);
	}
	explicit_bzero(buffer, sizeof(buffer));
	if (error) {
		snprintf(x->why, sizeof(x->why), "the kernel refuses the %s SA: %s", sa->inbound ? "inbound" : "outbound",
			 x->nl.why);
		*ret_why = x->why;
	}
	return error;
}

static int xfrm_del_sa(struct dataplane *dp, const struct dp_sa_id *id);

static int xfrm_add_sa(struct dataplane *dp, const struct dp_sa *sa, const char **ret_why)
{
	struct xfrm_dp *x = self(dp);
	struct dp_sa_id id = { .spi = sa->spi, .inbound = sa->inbound, .protocol = sa->protocol, .src = sa->src, .dst = sa->dst };
	int error = send_sa(x, sa, ret_why);

	if (!error && !remember(x, &id, sa->child)) {
		xfrm_del_sa(dp, &id);
		*ret_why = "out of memory";
		error = -ENOMEM;
	}
	return error;
}

static int xfrm_del_sa(struct dataplane *dp, const struct dp_sa_id *id)
{
	struct xfrm_dp *x = self(dp);
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	int error = netlink_call(&x->nl, xfrm_sa_id_message(buffer, XFRM_MSG_DELSA, id), NULL, NULL);

	forget(x, id);
	return error == -ESRCH ? -ENOENT : error;
}

static int read_counters(const struct nlmsghdr *header, void *context)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(header);
	struct dp_counters *ret = context;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*info))
		return MNL_CB_OK;
	ret->bytes = info->curlft.bytes;
	ret->packets = info->curlft.packets;
	ret->replay_drops = info->stats.replay + info->stats.replay_window;
	ret->auth_failures = info->stats.integrity_failed;
	return MNL_CB_OK;
}

static int xfrm_query_sa(struct dataplane *dp, const struct dp_sa_id *id, struct dp_counters *ret)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct dp_counters counters = { 0 };
	int error = netlink_call(&self(dp)->nl, xfrm_sa_id_message(buffer, XFRM_MSG_GETSA, id), read_counters, &counters);

	if (!error)
		*ret = counters;
	return error == -ESRCH ? -ENOENT : error;
}

/* The kernel takes new ports for an SA; other addresses are another SA, which only a rekey can make. */
static int xfrm_move_sa(struct dataplane *dp, const struct dp_sa_id *id, const struct ip_addr *src, uint16_t src_port,
			const struct ip_addr *dst, uint16_t dst_port, const char **ret_why)
{
	struct xfrm_dp *x = self(dp);
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *message;
	struct xfrm_usersa_info *info;
	int error;

	if (!ip_addr_eq(&id->src, src) || !ip_addr_eq(&id->dst, dst)) {
		*ret_why = "the kernel cannot move an SA to another address";
		return -EOPNOTSUPP;
	}
	message = netlink_start(buffer, XFRM_MSG_UPDSA, 0);
	info = mnl_nlmsg_put_extra_header(message, sizeof(*info));
	memcpy(&info->id.daddr, dst->bytes, 16);
	memcpy(&info->saddr, src->bytes, 16);
	info->id.spi = htonl(id->spi);
	info->id.proto = IPPROTO_ESP;
	info->family = dst->family;
	info->mode = XFRM_MODE_TUNNEL;
	info->lft = (struct xfrm_lifetime_cfg){ XFRM_INF, XFRM_INF, XFRM_INF, XFRM_INF, 0, 0, 0, 0 };
	xfrm_sa_put_encap(message, src_port, dst_port);
	error = netlink_call(&x->nl, message, NULL, NULL);
	if (error)
		*ret_why = x->nl.why;
	return error;
}

/* --- policies ----------------------------------------------------------------------------------------------------------------- */

static int policies_refused(struct xfrm_dp *x, int error, const struct plan_policy *culprit, const char **ret_why)
{
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT], kernel[sizeof(x->nl.why)] = "";

	memcpy(kernel, x->nl.why, sizeof(kernel));
	snprintf(x->why, sizeof(x->why), "the kernel refuses the policy %s -> %s: %s",
		 culprit ? ip_prefix_format(&culprit->src, src) : "", culprit ? ip_prefix_format(&culprit->dst, dst) : "",
		 kernel[0] ? kernel : strerror(-error));
	*ret_why = x->why;
	return error;
}

static int xfrm_add_policies(struct dataplane *dp, const char *child, enum plan_when when, const char **ret_why)
{
	const struct plan_policy *culprit = NULL;
	int error = policyset_add(&self(dp)->policies, child, when, &culprit);

	return error ? policies_refused(self(dp), error, culprit, ret_why) : 0;
}

static int xfrm_add_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n, const char **ret_why)
{
	const struct plan_policy *culprit = NULL;
	int error = policyset_add_negotiated(&self(dp)->policies, policies, n, &culprit);

	return error ? policies_refused(self(dp), error, culprit, ret_why) : 0;
}

static int xfrm_del_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n)
{
	return policyset_del_negotiated(&self(dp)->policies, policies, n);
}

static int xfrm_del_policies(struct dataplane *dp, const char *child, enum plan_when when)
{
	return policyset_del(&self(dp)->policies, child, when);
}

/* The loopback device has it, so that it stays when the way to the peer changes. */
static int xfrm_add_address(struct dataplane *dp, const struct ip_addr *addr, const char **ret_why)
{
	struct xfrm_dp *x = self(dp);
	int error = route_add_address(&x->routes, (int)if_nametoindex("lo"), addr);

	if (error)
		*ret_why = x->routes.nl.why;
	return error;
}

static int xfrm_del_address(struct dataplane *dp, const struct ip_addr *addr)
{
	return route_del_address(&self(dp)->routes, (int)if_nametoindex("lo"), addr);
}

/* Removes all that is ours: policies first, so that nothing waits for an SA that has gone (I-222). */
static void xfrm_close(struct dataplane *dp)
{
	struct xfrm_dp *x = self(dp);

	if (!dp)
		return;
	policyset_clear(&x->policies);
	while (x->sas) {
		struct dp_sa_id id = x->sas->id;

		xfrm_del_sa(dp, &id);
	}
	policyset_release(&x->policies);
	route_close(&x->routes);
	netlink_close(&x->nl);
	netlink_close(&x->events);
	free(x);
}

/* --- events ------------------------------------------------------------------------------------------------------------------- */

static void get_address(struct ip_addr *to, const xfrm_address_t *from, sa_family_t family)
{
	*to = (struct ip_addr){ .family = family };
	memcpy(to->bytes, from, ip_addr_size(to));
}

static struct traffic_selector side_of(const xfrm_address_t *addr, sa_family_t family, uint8_t proto, __be16 port, __be16 mask)
{
	struct ip_prefix prefix;

	get_address(&prefix.addr, addr, family);
	prefix.len = (uint8_t)ip_addr_bits(&prefix.addr);
	return ts_of_prefix(&prefix, proto, mask ? ntohs(port) : 0);
}

/* Which child's policy the packet met: two children may share a reqid where the user gave one, so the selector decides first
 * (I-224). */
static const char *child_of_acquire(struct xfrm_dp *x, const struct xfrm_selector *sel, uint32_t reqid)
{
	struct ip_addr src, dst;

	get_address(&src, &sel->saddr, sel->family);
	get_address(&dst, &sel->daddr, sel->family);
	for (const struct policyset_entry *e = x->policies.first; e; e = e->next) {
		const struct plan_policy *p = e->policy;

		if (e->wanted && p->dir == PLAN_OUT && p->src.len == sel->prefixlen_s &&
		    p->dst.len == sel->prefixlen_d && p->proto == sel->proto && ip_addr_eq(&p->src.addr, &src) &&
		    ip_addr_eq(&p->dst.addr, &dst))
			return p->conn;
	}
	for (size_t i = 0; i < x->plan->children.n; i++)
		if (x->plan->children.v[i].reqid == reqid)
			return x->plan->children.v[i].name;
	return NULL;
}

static int find_tmpl(const struct nlattr *attribute, void *context)
{
	const struct xfrm_user_tmpl *tmpl = mnl_attr_get_payload(attribute);

	if (mnl_attr_get_type(attribute) == XFRMA_TMPL && mnl_attr_get_payload_len(attribute) >= sizeof(*tmpl))
		*(uint32_t *)context = tmpl->reqid;
	return MNL_CB_OK;
}

static void on_acquire(struct xfrm_dp *x, const struct nlmsghdr *header)
{
	const struct xfrm_user_acquire *a = mnl_nlmsg_get_payload(header);
	struct dp_event event = { .kind = DP_ACQUIRE };

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*a))
		return;
	mnl_attr_parse(header, sizeof(*a), find_tmpl, &event.reqid);
	event.src = side_of(&a->sel.saddr, a->sel.family, a->sel.proto, a->sel.sport, a->sel.sport_mask);
	event.dst = side_of(&a->sel.daddr, a->sel.family, a->sel.proto, a->sel.dport, a->sel.dport_mask);
	event.child = child_of_acquire(x, &a->policy.sel, event.reqid);
	if (event.child)	/* else another program's policy */
		x->callbacks.event(x->callbacks.context, &event);
}

static const struct xfrm_sa_entry *entry_of(struct xfrm_dp *x, const struct xfrm_id *id, sa_family_t family)
{
	struct dp_sa_id key = { .spi = ntohl(id->spi), .protocol = id->proto == IPPROTO_AH ? PROTOCOL_AH : PROTOCOL_ESP };

	get_address(&key.dst, &id->daddr, family);
	for (const struct xfrm_sa_entry *e = x->sas; e; e = e->next)
		if (same_id(&e->id, &key))
			return e;
	return NULL;
}

/* A hard expiry of an SA that was never filled in is a reservation that timed out: the exchange that wanted it has a timer. */
static void on_expire(struct xfrm_dp *x, const struct nlmsghdr *header)
{
	const struct xfrm_user_expire *e = mnl_nlmsg_get_payload(header);
	const struct xfrm_sa_entry *entry;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*e))
		return;
	entry = entry_of(x, &e->state.id, e->state.family);
	if (entry && entry->child)
		x->callbacks.event(x->callbacks.context, &(struct dp_event){ .kind = e->hard ? DP_EXPIRE_HARD : DP_EXPIRE_SOFT,
									     .reqid = e->state.reqid,
									     .child = entry->child,
									     .spi = entry->id.spi });
}

static void on_mapping(struct xfrm_dp *x, const struct nlmsghdr *header)
{
	const struct xfrm_user_mapping *m = mnl_nlmsg_get_payload(header);
	const struct xfrm_sa_entry *entry;
	struct dp_event event = { .kind = DP_MAPPING };
	struct xfrm_id id;

	if (mnl_nlmsg_get_payload_len(header) < sizeof(*m))
		return;
	id = (struct xfrm_id){ .daddr = m->id.daddr, .spi = m->id.spi, .proto = m->id.proto };
	entry = entry_of(x, &id, m->id.family);
	if (!entry)
		return;
	event.child = entry->child;
	event.reqid = m->reqid;
	event.spi = entry->id.spi;
	get_address(&event.addr, &m->new_saddr, m->id.family);
	event.port = ntohs(m->new_sport);
	x->callbacks.event(x->callbacks.context, &event);
}

/* --- events that were lost ------------------------------------------------------------------------------------------------------ */

struct lost {
	struct xfrm_dp *x;
	struct buf events;	/* of struct dp_event: what they cause may not go out while the dump comes in */
};

static void add_event(struct lost *lost, const struct dp_event *event)
{
	if (event->child)
		buf_add(&lost->events, event, sizeof(*event));
}

/* The child whose policy made the kernel wait for an SA: by the reqid of the template, and where the user gave two the same, by the packet. */
static const char *child_of_packet(struct xfrm_dp *x, const struct xfrm_selector *sel, uint32_t reqid)
{
	struct ip_addr src, dst;

	get_address(&src, &sel->saddr, sel->family);
	get_address(&dst, &sel->daddr, sel->family);
	for (const struct policyset_entry *e = x->policies.first; e; e = e->next) {
		const struct plan_policy *p = e->policy;

		if (e->wanted && p->dir == PLAN_OUT && p->tmpl.n && p->tmpl.v[0].reqid == reqid && ip_prefix_has(&p->src, &src) &&
		    ip_prefix_has(&p->dst, &dst))
			return p->conn;
	}
	return NULL;
}

/* A state without SPI is what an acquire leaves behind until it is answered. */
static int look_for_acquire(const struct nlmsghdr *header, void *context)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(header);
	struct lost *lost = context;
	struct dp_event event = { .kind = DP_ACQUIRE };

	if (header->nlmsg_type != XFRM_MSG_NEWSA || mnl_nlmsg_get_payload_len(header) < sizeof(*info) || info->id.spi)
		return MNL_CB_OK;
	event.reqid = info->reqid;
	event.src = side_of(&info->sel.saddr, info->sel.family, info->sel.proto, info->sel.sport, info->sel.sport_mask);
	event.dst = side_of(&info->sel.daddr, info->sel.family, info->sel.proto, info->sel.dport, info->sel.dport_mask);
	event.child = child_of_packet(lost->x, &info->sel, info->reqid);
	add_event(lost, &event);
	return MNL_CB_OK;
}

static int read_lifetime(const struct nlmsghdr *header, void *context)
{
	const struct xfrm_usersa_info *info = mnl_nlmsg_get_payload(header);

	if (mnl_nlmsg_get_payload_len(header) >= sizeof(*info))
		*(bool *)context = info->curlft.bytes >= info->lft.soft_byte_limit || info->curlft.packets >= info->lft.soft_packet_limit;
	return MNL_CB_OK;
}

static void look_for_expiry(struct lost *lost, const struct xfrm_sa_entry *entry)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct dp_event event = { .child = entry->child, .spi = entry->id.spi };
	bool soft = false;
	int error = netlink_call(&lost->x->nl, xfrm_sa_id_message(buffer, XFRM_MSG_GETSA, &entry->id), read_lifetime, &soft);

	if (error != -ESRCH && !soft)
		return;
	event.kind = soft ? DP_EXPIRE_SOFT : DP_EXPIRE_HARD;
	add_event(lost, &event);
}

/* R-002, I-224, I-225: the socket overflowed, so acquires and expiries may be missing. What the kernel has now says the same. */
static void catch_up(struct xfrm_dp *x)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, XFRM_MSG_GETSA, NLM_F_DUMP);
	struct lost lost = { .x = x };

	x->callbacks.warn(x->callbacks.context, RULE_COUNT, NULL, "events of the kernel were lost: its SAs are read again");
	buf_init(&lost.events);
	mnl_nlmsg_put_extra_header(m, sizeof(struct xfrm_usersa_id));
	netlink_call(&x->nl, m, look_for_acquire, &lost);
	for (const struct xfrm_sa_entry *e = x->sas; e; e = e->next)
		if (e->child)
			look_for_expiry(&lost, e);
	for (size_t at = 0; !buf_failed(&lost.events) && at < lost.events.n; at += sizeof(struct dp_event)) {
		struct dp_event event;

		memcpy(&event, lost.events.p + at, sizeof(event));
		x->callbacks.event(x->callbacks.context, &event);
	}
	buf_release(&lost.events);
}

static void xfrm_process(struct dataplane *dp, int fd, uint64_t now_ms)
{
	struct xfrm_dp *x = self(dp);
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];

	(void)fd;
	(void)now_ms;
	for (int i = 0; i < EVENT_BATCH; i++) {
		int n = (int)mnl_socket_recvfrom(x->events.socket, buffer, sizeof(buffer));
		const struct nlmsghdr *header = (const void *)buffer;

		if (n < 0 && errno == ENOBUFS)
			catch_up(x);
		if (n <= 0)
			return;
		for (; netlink_whole(header, n); header = mnl_nlmsg_next(header, &n)) {
			if (header->nlmsg_type == XFRM_MSG_ACQUIRE)
				on_acquire(x, header);
			else if (header->nlmsg_type == XFRM_MSG_EXPIRE)
				on_expire(x, header);
			else if (header->nlmsg_type == XFRM_MSG_MAPPING)
				on_mapping(x, header);
		}
	}
}

static int xfrm_fds(struct dataplane *dp, int *fds, int max)
{
	if (max < 1)
		return 0;
	fds[0] = mnl_socket_get_fd(self(dp)->events.socket);
	return 1;
}

/* The kernel counts for the whole host (/proc/net/xfrm_stat), not for us. */
static void xfrm_drops(struct dataplane *dp, struct dp_drops *ret)
{
	(void)dp;
	*ret = (struct dp_drops){ 0 };
}

const struct dataplane_ops dataplane_xfrm = {
	.name = "xfrm",
	.summary = "the kernel's IPsec (XFRM)",
	.caps = DP_CAP_TRANSPORT | DP_CAP_AH | DP_CAP_PROTO50 | DP_CAP_ENCAP | DP_CAP_IF_ID | DP_CAP_MARK |
		DP_CAP_KERNEL_CIPHERS,
	.probe = xfrm_probe,
	.open = xfrm_open,
	.close = xfrm_close,
	.alloc_spi = xfrm_alloc_spi,
	.add_sa = xfrm_add_sa,
	.del_sa = xfrm_del_sa,
	.query_sa = xfrm_query_sa,
	.move_sa = xfrm_move_sa,
	.drops = xfrm_drops,
	.add_policies = xfrm_add_policies,
	.del_policies = xfrm_del_policies,
	.add_negotiated = xfrm_add_negotiated,
	.del_negotiated = xfrm_del_negotiated,
	.add_address = xfrm_add_address,
	.del_address = xfrm_del_address,
	.fds = xfrm_fds,
	.process = xfrm_process,
};
