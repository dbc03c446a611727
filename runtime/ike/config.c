/* SPDX-License-Identifier: Apache-2.0 */
/* config.c -- inner addresses by configuration payloads (RFC 7296 section 2.19; I-170 ... I-172): the server's pools and leases, and the
 * address that a client is given.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/ike/internal.h"

enum { CFG_REQUEST = 1, CFG_REPLY = 2 };
enum { INTERNAL_IP4_ADDRESS = 1, INTERNAL_IP4_DNS = 3, INTERNAL_IP6_ADDRESS = 8, INTERNAL_IP6_DNS = 10 };

#define IP6_ADDRESS_SIZE	17u	/* with the length of its prefix */

/* --- pools: leases are bound to identities, and kept for who comes again as long as there is room ------------------------------ */

#define LEASE_BUCKETS	256u

struct lease {
	struct ip_addr addr;
	char *who;
	unsigned users;			/* IKE SAs */
	uint64_t freed_at;
	struct lease *next_of_bucket, *next;
};

struct address_pool {
	struct ip_range range;
	struct ip_addr fresh;		/* never given so far, from here on */
	bool used_up;			/* there is no fresh one any more */
	unsigned count;
	struct lease *leases, *buckets[LEASE_BUCKETS];
	struct address_pool *next;
};

static struct lease **bucket_of(struct address_pool *pool, const char *who)
{
	uint32_t h = 2166136261u;

	for (; *who; who++)
		h = (h ^ (unsigned char)*who) * 16777619u;
	return &pool->buckets[(h ^ h >> 16) % LEASE_BUCKETS];
}

static struct lease *known_lease(struct address_pool *pool, const char *who)
{
	struct lease *l = *bucket_of(pool, who);

	while (l && strcmp(l->who, who) != 0)
		l = l->next_of_bucket;
	return l;
}

static struct lease *fresh_lease(struct address_pool *pool)
{
	struct lease *l;

	if (pool->used_up || pool->count >= LIMIT_LEASES)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->addr = pool->fresh;
	l->next = pool->leases;
	pool->leases = l;
	pool->count++;
	if (ip_addr_eq(&pool->fresh, &pool->range.last))
		pool->used_up = true;
	else
		ip_addr_increment(&pool->fresh);
	return l;
}

/* The one that nobody has had for the longest time. */
static struct lease *idle_lease(struct address_pool *pool)
{
	struct lease *best = NULL, **at;

	for (struct lease *l = pool->leases; l; l = l->next)
		if (!l->users && (!best || l->freed_at < best->freed_at))
			best = l;
	if (!best || !best->who)
		return best;
	for (at = bucket_of(pool, best->who); *at != best; at = &(*at)->next_of_bucket)
		;
	*at = best->next_of_bucket;
	free(best->who);
	best->who = NULL;
	return best;
}

static struct lease *take_lease(struct address_pool *pool, const char *who)
{
	struct lease *l = known_lease(pool, who), **bucket;

	if (!l) {
		l = fresh_lease(pool);
		if (!l)
			l = idle_lease(pool);
		if (!l)
			return NULL;
		l->who = strdup(who);
		if (!l->who)
			return NULL;
		bucket = bucket_of(pool, who);
		l->next_of_bucket = *bucket;
		*bucket = l;
	}
	l->users++;
	return l;
}

/* Equal pools of several conns are one (S-099). */
static struct address_pool *pool_of(struct ike *ike, const struct ip_range *range)
{
	struct address_pool *pool = ike->pools;

	while (pool && !(ip_addr_eq(&pool->range.first, &range->first) && ip_addr_eq(&pool->range.last, &range->last)))
		pool = pool->next;
	if (pool)
		return pool;
	pool = arena_new(&ike->arena, struct address_pool);
	pool->range = *range;
	pool->fresh = range->first;
	pool->next = ike->pools;
	ike->pools = pool;
	return pool;
}

static unsigned family_index(const struct ip_addr *addr)
{
	return addr->family == AF_INET6;
}

void config_load(struct ike *ike, struct ike_peer *p)
{
	for (size_t i = 0; i < p->plan->remote.pools.n; i++) {
		const struct ip_range *range = &p->plan->remote.pools.v[i];

		p->pools[family_index(&range->first)] = pool_of(ike, range);
	}
}

/* A client asks for addresses of the families that its children go to. */
void config_load_child(struct ike_peer *p, const struct plan_child *child)
{
	for (size_t i = 0; i < child->remote_ts.n; i++)
		p->asks[family_index(&child->remote_ts.v[i].range.first)] = true;
	if (!child->remote_ts.n)
		p->asks[family_index(&p->plan->remote.addr)] = true;
}

void config_free(struct ike *ike)
{
	for (struct address_pool *pool = ike->pools; pool; pool = pool->next) {
		while (pool->leases) {
			struct lease *l = pool->leases;

			pool->leases = l->next;
			free(l->who);
			free(l);
		}
	}
}

/* --- server ------------------------------------------------------------------------------------------------------------------- */

static bool serves(const struct ike_sa *sa)
{
	return sa->peer->pools[0] || sa->peer->pools[1];
}

static bool asked_for(const struct wire_payload *cp, uint16_t type)
{
	struct slice rest = wire_cp_list(cp);
	struct wire_attribute a;

	while (wire_next_attribute(&rest, &a))
		if (a.type == type)
			return true;
	return false;
}

/* Who authenticates by nothing is told apart by its place only. */
static const char *who(const struct ike_sa *sa)
{
	char text[IP_ADDR_TEXT];

	if (!proof_is_null(sa->peer))
		return sa->remote_id_text;
	return arena_printf(&sa->ike->scratch, "%s %u", ip_addr_format(&sa->remote, text), sa->remote_port);
}

static void add_attribute(struct buf *out, uint16_t type, const void *data, size_t n)
{
	buf_add_be16(out, type);
	buf_add_be16(out, (uint16_t)n);
	buf_add(out, data, n);
}

static void add_address(struct buf *out, const struct ip_addr *addr)
{
	uint8_t six[IP6_ADDRESS_SIZE];

	if (addr->family == AF_INET) {
		add_attribute(out, INTERNAL_IP4_ADDRESS, addr->bytes, 4);
		return;
	}
	memcpy(six, addr->bytes, 16);
	six[16] = 128;
	add_attribute(out, INTERNAL_IP6_ADDRESS, six, sizeof(six));
}

static void add_leases(const struct ike_sa *sa, struct draft *d)
{
	wire_payload_begin(&d->w, PAYLOAD_CP);
	buf_add_be32(d->w.out, (uint32_t)CFG_REPLY << 24);
	for (unsigned i = 0; i < 2; i++)
		if (sa->lease[i])
			add_address(d->w.out, &sa->lease[i]->addr);
	wire_payload_end(&d->w);
}

static bool no_lease(struct ike_sa *sa, enum notify_type type, const char *why, struct draft *d)
{
	TROUBLE(sa, IKE_LOG_ERROR, RULE_IKE_NO_INNER_ADDRESS, -EADDRNOTAVAIL, &sa->peer->plan->origin, "%s; sent %s, and no child SA is made",
		why, notify_text(sa->ike, (uint16_t)type));
	wire_add_notify(&d->w, type, (struct slice){ NULL, 0 });
	return false;
}

bool config_answer(struct ike_sa *sa, const struct wire_message *m, struct draft *d)
{
	static const uint16_t types[2] = { INTERNAL_IP4_ADDRESS, INTERNAL_IP6_ADDRESS };
	const struct wire_payload *cp = wire_find(m, PAYLOAD_CP, 0);
	char text[IP_ADDR_TEXT];

	if (!serves(sa))
		return true;		/* RFC 7296 section 3.15.4: a request may be left unanswered */
	if (!cp || wire_cp_type(cp) != CFG_REQUEST)
		return no_lease(sa, NOTIFY_FAILED_CP_REQUIRED, "the peer asks for no address, which the conn has a pool for", d);
	for (unsigned i = 0; i < 2; i++) {
		if (!sa->peer->pools[i] || !asked_for(cp, types[i]))
			continue;
		sa->lease[i] = take_lease(sa->peer->pools[i], who(sa));
		if (sa->lease[i])
			LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: gives the address %s to %s", sa_name(sa),
			    ip_addr_format(&sa->lease[i]->addr, text), sa->remote_id_text);
	}
	if (!sa->lease[0] && !sa->lease[1])
		return no_lease(sa, NOTIFY_INTERNAL_ADDRESS_FAILURE, "the address pool has no address for the peer", d);
	add_leases(sa, d);
	return true;
}

/* --- client ------------------------------------------------------------------------------------------------------------------- */

bool config_asks(const struct ike_sa *sa)
{
	return sa->peer->plan->local.config == PLAN_ROLE_CLIENT;
}

void config_add_request(const struct ike_sa *sa, struct draft *d)
{
	wire_payload_begin(&d->w, PAYLOAD_CP);
	buf_add_be32(d->w.out, (uint32_t)CFG_REQUEST << 24);
	if (sa->peer->asks[0]) {
		add_attribute(d->w.out, INTERNAL_IP4_ADDRESS, NULL, 0);
		add_attribute(d->w.out, INTERNAL_IP4_DNS, NULL, 0);
	}
	if (sa->peer->asks[1]) {
		add_attribute(d->w.out, INTERNAL_IP6_ADDRESS, NULL, 0);
		add_attribute(d->w.out, INTERNAL_IP6_DNS, NULL, 0);
	}
	wire_payload_end(&d->w);
}

/* The same address may belong to two IKE SAs for a moment: when we come again before the old one has gone. */
static const char *take_inner(struct ike_sa *sa, const struct ip_addr *addr)
{
	struct dataplane *dp = sa->ike->env->dataplane;
	struct inner_address *inner = sa->ike->inner;
	const char *why = NULL;
	int r;

	while (inner && !ip_addr_eq(&inner->addr, addr))
		inner = inner->next;
	if (!inner) {
		inner = calloc(1, sizeof(*inner));
		if (!inner)
			return "there is no memory for the address that the peer gives";
		r = dp->ops->add_address(dp, addr, &why);
		if (r < 0) {
			free(inner);
			return arena_printf(&sa->ike->scratch, "the address that the peer gives cannot be set up: %s", why ? why : strerror(-r));
		}
		inner->addr = *addr;
		inner->next = sa->ike->inner;
		sa->ike->inner = inner;
	}
	inner->users++;
	sa->inner[family_index(addr)] = inner;
	return NULL;
}

static void drop_inner(struct ike *ike, struct inner_address *inner)
{
	struct inner_address **at = &ike->inner;

	if (--inner->users)
		return;
	while (*at != inner)
		at = &(*at)->next;
	*at = inner->next;
	ike->env->dataplane->ops->del_address(ike->env->dataplane, &inner->addr);
	free(inner);
}

static bool read_address(const struct wire_attribute *a, struct ip_addr *ret)
{
	bool six = a->type == INTERNAL_IP6_ADDRESS || a->type == INTERNAL_IP6_DNS;

	if (!six && a->type != INTERNAL_IP4_ADDRESS && a->type != INTERNAL_IP4_DNS)
		return false;
	*ret = (struct ip_addr){ .family = six ? AF_INET6 : AF_INET };
	if (a->data.n < ip_addr_size(ret))
		return false;
	memcpy(ret->bytes, a->data.p, ip_addr_size(ret));
	return !ip_addr_is_zero(ret);
}

const char *config_take_reply(struct ike_sa *sa, const struct wire_message *m)
{
	const struct wire_payload *cp = wire_find(m, PAYLOAD_CP, 0);
	struct slice rest = cp && wire_cp_type(cp) == CFG_REPLY ? wire_cp_list(cp) : (struct slice){ NULL, 0 };
	struct wire_attribute a;
	char text[IP_ADDR_TEXT];
	struct ip_addr addr;
	const char *wrong;

	while (wire_next_attribute(&rest, &a)) {
		if (!read_address(&a, &addr) || !sa->peer->asks[family_index(&addr)])
			continue;
		if (a.type == INTERNAL_IP4_DNS || a.type == INTERNAL_IP6_DNS) {
			LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: the peer names the DNS server %s, which is not set up",
			    sa_name(sa), ip_addr_format(&addr, text));
			continue;
		}
		if (sa->inner[family_index(&addr)])
			continue;
		wrong = take_inner(sa, &addr);
		if (wrong)
			return wrong;
		LOG(sa->ike, IKE_LOG_INFO, RULE_COUNT, &sa->peer->plan->origin, "%s: the peer gives us the address %s", sa_name(sa),
		    ip_addr_format(&addr, text));
	}
	return sa->inner[0] || sa->inner[1] ? NULL : "the peer gives us no address, which the conn asks for";
}

/* --- both --------------------------------------------------------------------------------------------------------------------- */

static struct traffic_selector everything(sa_family_t family)
{
	struct ip_prefix all = { .addr = { .family = family } };

	return ts_of_prefix(&all, 0, 0);
}

static void add_host(struct arena *a, const struct ip_addr *addr, ts_vec *ret)
{
	struct ip_prefix host = ip_prefix_of_host(addr);

	vec_push(a, ret, ts_of_prefix(&host, 0, 0));
}

void config_selectors(const struct ike_sa *sa, bool local, ts_vec *ret)
{
	struct arena *a = &sa->ike->scratch;
	bool known = sa->inner[0] || sa->inner[1];

	for (unsigned i = 0; i < 2; i++) {
		if (!local && sa->lease[i])
			add_host(a, &sa->lease[i]->addr, ret);
		else if (local && sa->inner[i])
			add_host(a, &sa->inner[i]->addr, ret);
		else if (local && config_asks(sa) && !known && sa->peer->asks[i])
			vec_push(a, ret, everything(i ? AF_INET6 : AF_INET));	/* the answer narrows it to the address */
	}
}

/* Of crossing rekeys one SA may be handed over twice, and has nothing the second time. */
void config_move(struct ike_sa *from, struct ike_sa *to)
{
	for (unsigned i = 0; i < 2; i++) {
		if (from->lease[i])
			to->lease[i] = from->lease[i];
		if (from->inner[i])
			to->inner[i] = from->inner[i];
		from->lease[i] = NULL;
		from->inner[i] = NULL;
	}
}

void config_release(struct ike_sa *sa)
{
	for (unsigned i = 0; i < 2; i++) {
		if (sa->lease[i] && --sa->lease[i]->users == 0)
			sa->lease[i]->freed_at = sa->ike->now;
		if (sa->inner[i])
			drop_inner(sa->ike, sa->inner[i]);
		sa->lease[i] = NULL;
		sa->inner[i] = NULL;
	}
}
