/* SPDX-License-Identifier: Apache-2.0 */
/* tun.c -- ESP in user space over a TUN device, and UDP 4500 or protocol 50: SAs and policies (rules I-240 ... I-260). */
#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/dataplane/tun.h"
#include "runtime/suite/esp.h"

#define SPI_TRIES 64

static struct tun_dp *self(struct dataplane *dp)
{
	return (struct tun_dp *)dp;
}

static struct tun_child *child_by_name(struct tun_dp *t, const char *name)
{
	return name ? map_get(&t->children, slice_of(name)) : NULL;
}

/* --- policies ----------------------------------------------------------------------------------------------------------------- */

/* Only what goes into the device can be dropped by us; what passes in clear stays with the user's own routes. */
static bool wants_route(const struct plan_policy *policy)
{
	return policy->tmpl.n || policy->action == PLAN_BLOCK;
}

static bool route_wanted(const struct tun_dp *t, const struct ip_prefix *dst)
{
	for (size_t i = 0; i < t->out_count; i++)
		if (wants_route(t->out[i].policy) && ip_prefix_eq(&t->out[i].policy->dst, dst))
			return true;
	return false;
}

static void drop_from_list(struct tun_dp *t, size_t at)
{
	memmove(&t->out[at], &t->out[at + 1], (--t->out_count - at) * sizeof(*t->out));
	t->out_generation++;
}

static int make_room(struct tun_dp *t)
{
	size_t room = t->out_room ? 2 * t->out_room : 64;
	struct tun_policy *out;

	if (t->out_count < t->out_room)
		return 0;
	out = reallocarray(t->out, room, sizeof(*out));
	if (!out)
		return -ENOMEM;
	t->out = out;
	t->out_room = room;
	return 0;
}

static void insert_in_list(struct tun_dp *t, const struct plan_policy *policy)
{
	size_t at = 0;

	/* First match wins, so the list is kept by priority; among equals the newer one goes behind. */
	while (at < t->out_count && t->out[at].policy->priority <= policy->priority)
		at++;
	memmove(&t->out[at + 1], &t->out[at], (t->out_count++ - at) * sizeof(*t->out));
	t->out[at] = (struct tun_policy){ policy, child_by_name(t, policy->conn) };
	t->out_generation++;
}

static int put_policy(void *context, const struct plan_policy *policy)
{
	struct tun_dp *t = context;
	int error = 0;

	if (policy->dir != PLAN_OUT)
		return 0;	/* inbound, the selectors of the SA decide (I-252) */
	if (make_room(t)) {
		snprintf(t->why, sizeof(t->why), "out of memory");
		return -ENOMEM;
	}
	if (wants_route(policy))
		error = tun_device_route(t, policy, true);
	if (error) {
		snprintf(t->why, sizeof(t->why), "cannot route into '%.15s': %.200s", t->name, t->routes.nl.why);
		return error;
	}
	for (size_t i = 0; i < t->out_count; i++) {
		if (plan_slot_cmp(t->out[i].policy, policy) == 0) {
			drop_from_list(t, i);
			break;
		}
	}
	insert_in_list(t, policy);
	return route_wanted(t, &policy->dst) ? 0 : tun_device_route(t, policy, false);
}

static int take_policy(void *context, const struct plan_policy *policy)
{
	struct tun_dp *t = context;

	for (size_t i = 0; i < t->out_count; i++) {
		if (t->out[i].policy != policy)
			continue;
		drop_from_list(t, i);
		break;
	}
	return policy->dir == PLAN_OUT && !route_wanted(t, &policy->dst) ? tun_device_route(t, policy, false) : 0;
}

static int tun_add_policies(struct dataplane *dp, const char *child, enum plan_when when, const char **ret_why)
{
	struct tun_dp *t = self(dp);
	const struct plan_policy *culprit = NULL;
	int error = policyset_add(&t->policies, child, when, &culprit);

	if (error)
		*ret_why = t->why;
	return error;
}

static int tun_del_policies(struct dataplane *dp, const char *child, enum plan_when when)
{
	return policyset_del(&self(dp)->policies, child, when);
}

static int tun_add_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n, const char **ret_why)
{
	struct tun_dp *t = self(dp);
	int error = policyset_add_negotiated(&t->policies, policies, n, NULL);

	if (error)
		*ret_why = t->why;
	return error;
}

static int tun_del_negotiated(struct dataplane *dp, const struct plan_policy *policies, size_t n)
{
	return policyset_del_negotiated(&self(dp)->policies, policies, n);
}

static int tun_add_address(struct dataplane *dp, const struct ip_addr *addr, const char **ret_why)
{
	struct tun_dp *t = self(dp);
	int error = route_add_address(&t->routes, t->ifindex, addr);

	if (error)
		*ret_why = t->routes.nl.why;
	return error;
}

static int tun_del_address(struct dataplane *dp, const struct ip_addr *addr)
{
	return route_del_address(&self(dp)->routes, self(dp)->ifindex, addr);
}

/* --- probe, open, close ------------------------------------------------------------------------------------------------------- */

static int tun_probe(const char **ret_why)
{
	if (access("/dev/net/tun", R_OK | W_OK) == 0)
		return 0;
	*ret_why = errno == ENOENT ? "there is no /dev/net/tun" : "/dev/net/tun may not be opened";
	return -errno;
}

static bool selector_holds(const struct plan_child *child, const struct ip_addr *addr)
{
	for (size_t i = 0; i < child->remote_ts.n; i++)
		if (ip_range_has(&child->remote_ts.v[i].range, addr))
			return true;
	return false;
}

/* What ESP in user space cannot do is left out by name before anything stands (I-242, I-243). */
static bool can_carry(struct tun_dp *t, const struct plan_child *child)
{
	const struct plan_peer *peer = plan_peer_by_conn(t->plan, child->peer);
	enum rule_id rule = RULE_COUNT;
	char text[300];

	if (child->mode == PLAN_MODE_TRANSPORT) {
		rule = RULE_TUN_NEEDS_TUNNEL_MODE;
		snprintf(text, sizeof(text), "'%.100s' is transport mode, which ESP in user space cannot do", child->name);
	} else if (child->protocol != PROTOCOL_ESP || child->compress) {
		rule = RULE_TUN_NEEDS_ESP;
		snprintf(text, sizeof(text), "'%.100s' wants %s, which the TUN data plane cannot do", child->name,
			 child->protocol != PROTOCOL_ESP ? "AH" : "compression");
	} else if (child->mark_in.mask || child->mark_out.mask || child->if_id) {
		rule = RULE_TUN_NEEDS_ESP;
		snprintf(text, sizeof(text), "'%.100s' wants marks or an XFRM interface, which the TUN data plane does not have",
			 child->name);
	} else if (peer && peer->remote.kind == PLAN_ADDRESS_FIXED && selector_holds(child, &peer->remote.addr)) {
		rule = RULE_TUN_SELECTOR_HOLDS_PEER;
		snprintf(text, sizeof(text), "the remote selectors of '%.100s' contain the peer's own address", child->name);
	}
	if (rule == RULE_COUNT)
		return true;
	t->callbacks.warn(t->callbacks.context, rule, &child->origin, text);
	return false;
}

static void add_child(struct tun_dp *t, const char *name, const struct plan_child *plan, bool left_out)
{
	struct tun_child *child;

	if (child_by_name(t, name))
		return;
	child = arena_new(&t->arena, struct tun_child);
	child->name = name;
	child->plan = plan;
	child->left_out = left_out;
	map_set(&t->children, slice_of(name), child);
}

/* One conn that cannot be carried must not take down the others; where there is no other, nothing is left to do. */
static int read_plan(struct tun_dp *t, const char **ret_why)
{
	size_t left_out = 0;

	for (size_t i = 0; i < t->plan->children.n; i++) {
		const struct plan_child *child = &t->plan->children.v[i];
		bool carried = can_carry(t, child);

		left_out += !carried;
		add_child(t, child->name, child, !carried);
	}
	for (size_t i = 0; i < t->plan->policies.n; i++)
		add_child(t, t->plan->policies.v[i].conn, NULL, false);
	if (!left_out || left_out < t->plan->children.n)
		return 0;
	*ret_why = "the plan asks only for what ESP in user space cannot do";
	return -EOPNOTSUPP;
}

static bool tun_leaves_out(struct dataplane *dp, const char *child)
{
	const struct tun_child *c = child_by_name(self(dp), child);

	return c && c->left_out;
}

static void tun_close(struct dataplane *dp);

static int tun_open(const struct plan *plan, const struct dp_callbacks *callbacks, struct dataplane **ret, const char **ret_why)
{
	static char kept[sizeof(((struct tun_dp *)0)->why)];
	struct tun_dp *t = calloc(1, sizeof(*t));
	int error;

	if (!t) {
		*ret_why = "out of memory";
		return -ENOMEM;
	}
	t->dp.ops = &dataplane_tun;
	t->plan = plan;
	t->callbacks = *callbacks;
	t->fd = -1;
	t->out_generation = 1;
	arena_init(&t->arena);
	map_init(&t->children, &t->arena);
	policyset_init(&t->policies, plan, (struct policyset_ops){ t, put_policy, take_policy });
	error = read_plan(t, ret_why);
	if (!error)
		error = tun_device_open(t, ret_why);
	if (error) {
		snprintf(kept, sizeof(kept), "%s", *ret_why);	/* the original goes with t */
		*ret_why = kept;
		tun_close(&t->dp);
		return error;
	}
	*ret = &t->dp;
	return 0;
}

/* --- SAs ---------------------------------------------------------------------------------------------------------------------- */

/* SPIs are random, ours and the peers'. */
static struct tun_sa **bucket_of(struct tun_dp *t, bool inbound, uint32_t spi)
{
	return &(inbound ? t->inbound : t->outbound)[spi % TUN_SPI_BUCKETS];
}

struct tun_sa *tun_find_inbound(struct tun_dp *t, uint32_t spi)
{
	struct tun_sa *sa = *bucket_of(t, true, spi);

	while (sa && sa->id.spi != spi)
		sa = sa->next_of_bucket;
	return sa;
}

static struct tun_sa *find_outbound(struct tun_dp *t, const struct dp_sa_id *id)
{
	struct tun_sa *sa = *bucket_of(t, false, id->spi);

	while (sa && !(sa->id.spi == id->spi && ip_addr_eq(&sa->id.dst, &id->dst)))
		sa = sa->next_of_bucket;
	return sa;
}

static struct tun_sa *find_sa(struct tun_dp *t, const struct dp_sa_id *id)
{
	return id->inbound ? tun_find_inbound(t, id->spi) : find_outbound(t, id);
}

static void free_sa(struct tun_sa *sa)
{
	if (!sa)
		return;
	esp_sa_free(sa->esp);
	free(sa->local_ts);
	free(sa);
}

static void link_sa(struct tun_dp *t, struct tun_sa *sa)
{
	struct tun_sa **bucket = bucket_of(t, sa->id.inbound, sa->id.spi);

	sa->next_of_bucket = *bucket;
	*bucket = sa;
	if (sa->id.inbound)
		return;
	sa->next = sa->child->outbound;
	sa->child->outbound = sa;
}

static void unlink_sa(struct tun_dp *t, struct tun_sa *sa)
{
	struct tun_sa **at = bucket_of(t, sa->id.inbound, sa->id.spi);

	while (*at != sa)
		at = &(*at)->next_of_bucket;
	*at = sa->next_of_bucket;
	if (sa->id.inbound)
		return;
	for (at = &sa->child->outbound; *at != sa; )
		at = &(*at)->next;
	*at = sa->next;
}

/* Random and unused (I-221). */
static int tun_alloc_spi(struct dataplane *dp, const struct dp_sa_id *id, uint32_t *ret_spi)
{
	struct tun_dp *t = self(dp);
	struct tun_sa *sa;
	uint32_t spi = 0;

	for (int i = 0; i < SPI_TRIES && (spi < 0x100 || tun_find_inbound(t, spi)); i++)
		if (RAND_bytes((unsigned char *)&spi, sizeof(spi)) != 1)
			return -EIO;
	if (spi < 0x100 || tun_find_inbound(t, spi))
		return -ENOSPC;
	sa = calloc(1, sizeof(*sa));
	if (!sa)
		return -ENOMEM;
	sa->id = *id;
	sa->id.inbound = true;
	sa->id.spi = spi;
	link_sa(t, sa);
	*ret_spi = spi;
	return 0;
}

static int copy_selectors(struct tun_sa *to, const struct dp_sa *from)
{
	size_t n = (size_t)from->local_ts_count + from->remote_ts_count;

	to->local_ts = calloc(n ? n : 1, sizeof(*to->local_ts));
	if (!to->local_ts)
		return -ENOMEM;
	to->remote_ts = to->local_ts + from->local_ts_count;
	memcpy(to->local_ts, from->local_ts, from->local_ts_count * sizeof(*to->local_ts));
	memcpy(to->remote_ts, from->remote_ts, from->remote_ts_count * sizeof(*to->remote_ts));
	to->local_ts_count = from->local_ts_count;
	to->remote_ts_count = from->remote_ts_count;
	return 0;
}

static const char *refusal(struct tun_dp *t, const struct dp_sa *sa)
{
	const struct ip_addr *peer = sa->inbound ? &sa->src : &sa->dst;

	if (sa->mode != PLAN_MODE_TUNNEL)
		return "ESP in user space is tunnel mode only";
	if (sa->protocol != PROTOCOL_ESP || !sa->encr)
		return "the TUN data plane carries ESP only";
	if (!sa->encap && !t->callbacks.bare_esp)
		return "the peer does not agree to ESP in UDP, and there is no raw socket for protocol 50";
	if (!child_by_name(t, sa->child))
		return "the SA belongs to no child of the plan";
	for (unsigned i = 0; i < sa->remote_ts_count; i++)
		if (ip_range_has(&sa->remote_ts[i].range, peer))	/* I-243; a peer at %any tells its address late */
			return "the remote selectors contain the peer's own address";
	return NULL;
}

static int make_sa(struct tun_dp *t, const struct dp_sa *from, struct tun_sa **ret, const char **ret_why)
{
	struct esp_params params = {
		.spi = from->spi, .encr = from->encr, .encr_key_bits = from->encr_key_bits,
		.encr_key = { (const char *)from->encr_key, from->encr_key_size }, .integ = from->integ,
		.integ_key = { (const char *)from->integ_key, from->integ_key_size }, .esn = from->esn,
		.replay_window = from->inbound ? from->replay_window : 0,
	};
	struct tun_sa *sa = calloc(1, sizeof(*sa));
	int error = sa ? copy_selectors(sa, from) : -ENOMEM;

	*ret_why = error ? "out of memory" : "the keys do not fit the algorithms";
	if (!error)
		error = esp_sa_new(&params, &sa->esp, ret_why);
	if (error) {
		free_sa(sa);
		return error;
	}
	sa->id = (struct dp_sa_id){ from->spi, from->inbound, from->protocol, from->src, from->dst };
	sa->encap = from->encap;
	sa->src_port = from->src_port;
	sa->dst_port = from->dst_port;
	sa->child = child_by_name(t, from->child);
	sa->max_bytes = from->max_bytes;
	sa->max_packets = from->max_packets;
	*ret = sa;
	return 0;
}

static int tun_add_sa(struct dataplane *dp, const struct dp_sa *from, const char **ret_why)
{
	struct tun_dp *t = self(dp);
	struct dp_sa_id id = { from->spi, from->inbound, from->protocol, from->src, from->dst };
	struct tun_sa *old = find_sa(t, &id), *sa;
	const char *why = refusal(t, from);
	int error;

	if (!why && old && old->esp)
		why = "an SA with this SPI exists";
	if (why) {
		*ret_why = why;
		return -EOPNOTSUPP;
	}
	error = make_sa(t, from, &sa, ret_why);
	if (error)
		return error;
	if (old)	/* the reserved SPI */
		unlink_sa(t, old);
	free_sa(old);
	link_sa(t, sa);
	if (!sa->id.inbound) {
		sa->child->acquired_ms = 0;
		tun_device_fit(t, sa);
	}
	return 0;
}

static int tun_del_sa(struct dataplane *dp, const struct dp_sa_id *id)
{
	struct tun_dp *t = self(dp);
	struct tun_sa *sa = find_sa(t, id);

	if (!sa)
		return -ENOENT;
	unlink_sa(t, sa);
	free_sa(sa);
	return 0;
}

static int tun_query_sa(struct dataplane *dp, const struct dp_sa_id *id, struct dp_counters *ret)
{
	const struct tun_sa *sa = find_sa(self(dp), id);

	if (!sa)
		return -ENOENT;
	*ret = (struct dp_counters){ .selector_drops = sa->selector_drops, .last_use_ms = sa->last_use_ms };
	if (sa->esp) {
		const struct esp_counters *c = esp_counters(sa->esp);

		ret->bytes = c->bytes;
		ret->packets = c->packets;
		ret->replay_drops = c->results[ESP_REPLAY];
		ret->auth_failures = c->results[ESP_BAD_ICV];
	}
	return 0;
}

static int tun_move_sa(struct dataplane *dp, const struct dp_sa_id *id, const struct ip_addr *src, uint16_t src_port,
		       const struct ip_addr *dst, uint16_t dst_port, const char **ret_why)
{
	struct tun_sa *sa = find_sa(self(dp), id);

	if (!sa) {
		*ret_why = "no such SA";
		return -ENOENT;
	}
	sa->id.src = *src;
	sa->id.dst = *dst;
	sa->src_port = src_port;
	sa->dst_port = dst_port;
	return 0;
}

static void tun_drops(struct dataplane *dp, struct dp_drops *ret)
{
	*ret = self(dp)->drops;
}

static void free_all_sas(struct tun_sa *buckets[TUN_SPI_BUCKETS])
{
	for (size_t i = 0; i < TUN_SPI_BUCKETS; i++) {
		while (buckets[i]) {
			struct tun_sa *sa = buckets[i];

			buckets[i] = sa->next_of_bucket;
			free_sa(sa);
		}
	}
}

static void tun_close(struct dataplane *dp)
{
	struct tun_dp *t = self(dp);

	if (!dp)
		return;
	free_all_sas(t->inbound);
	free_all_sas(t->outbound);
	policyset_release(&t->policies);
	free(t->out);
	tun_device_close(t);
	arena_release(&t->arena);
	explicit_bzero(t->plain, sizeof(t->plain));
	free(t);
}

static int tun_fds(struct dataplane *dp, int *fds, int max)
{
	if (max < 1)
		return 0;
	fds[0] = self(dp)->fd;
	return 1;
}

const struct dataplane_ops dataplane_tun = {
	.name = "tun",
	.summary = "ESP in user space, over a TUN device",
	.caps = DP_CAP_ENCAP | DP_CAP_PROTO50 | DP_CAP_PREFERS_ENCAP | DP_CAP_MOVE,
	.probe = tun_probe,
	.open = tun_open,
	.close = tun_close,
	.leaves_out = tun_leaves_out,
	.alloc_spi = tun_alloc_spi,
	.add_sa = tun_add_sa,
	.del_sa = tun_del_sa,
	.query_sa = tun_query_sa,
	.move_sa = tun_move_sa,
	.drops = tun_drops,
	.add_policies = tun_add_policies,
	.del_policies = tun_del_policies,
	.add_negotiated = tun_add_negotiated,
	.del_negotiated = tun_del_negotiated,
	.add_address = tun_add_address,
	.del_address = tun_del_address,
	.fds = tun_fds,
	.process = tun_process,
	.receive_esp = tun_receive_esp,
};
