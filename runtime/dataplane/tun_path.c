/* SPDX-License-Identifier: Apache-2.0 */
/* tun_path.c -- packets: from the TUN device into ESP, and back (rules I-240, I-244, I-252 ... I-254, I-351). */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "runtime/dataplane/tun.h"
#include "runtime/suite/esp.h"

#define PACKETS_PER_WAKEUP	64
#define ACQUIRE_INTERVAL_MS	1000u	/* spares the engine what it would ignore: one negotiation for all acquires (I-224) */
#define MAPPING_INTERVAL_MS	2000u	/* I-183 */

/* --- outbound ----------------------------------------------------------------------------------------------------------------- */

static struct tun_policy first_match(const struct tun_dp *t, const struct inner_packet *packet)
{
	for (size_t i = 0; i < t->out_count; i++)
		if (packet_meets_policy(packet, t->out[i].policy))
			return t->out[i];
	return (struct tun_policy){ 0 };
}

static struct tun_flow *flow_of(struct tun_dp *t, const struct inner_packet *packet)
{
	uint64_t parts[4], h = (uint64_t)packet->sport << 24 | (uint64_t)packet->dport << 8 | packet->proto;

	memcpy(parts, packet->src.bytes, 16);
	memcpy(parts + 2, packet->dst.bytes, 16);
	for (int i = 0; i < 4; i++)
		h = (h ^ parts[i]) * 0x9e3779b97f4a7c15u;
	return &t->flows[(h >> 40) % TUN_FLOWS];
}

/* First match wins (I-240). policy NULL: none. */
static struct tun_policy policy_for(struct tun_dp *t, const struct inner_packet *packet)
{
	struct tun_flow *f = flow_of(t, packet);

	if (f->generation == t->out_generation && f->sport == packet->sport && f->dport == packet->dport && f->proto == packet->proto &&
	    f->ports_known == packet->ports_known && ip_addr_eq(&f->src, &packet->src) && ip_addr_eq(&f->dst, &packet->dst))
		return f->found;
	*f = (struct tun_flow){ packet->src, packet->dst, packet->sport, packet->dport, packet->proto, packet->ports_known,
				t->out_generation, first_match(t, packet) };
	return f->found;
}

/* The newest SA that may carry it: after narrowing, not every packet of the policy fits every SA. */
static struct tun_sa *sa_for(struct tun_child *child, const uint8_t *p, const struct inner_packet *packet)
{
	for (struct tun_sa *sa = child->outbound; sa; sa = sa->next)
		if (packet_allowed(p, packet, sa->local_ts, sa->local_ts_count, sa->remote_ts, sa->remote_ts_count))
			return sa;
	return NULL;
}

/* I-351: without an SA the packet is dropped, and the engine is asked for one. */
static void acquire(struct tun_dp *t, struct tun_child *child, const struct inner_packet *packet, uint64_t now_ms)
{
	struct dp_event event = { .kind = DP_ACQUIRE, .child = child->name, .reqid = child->plan ? child->plan->reqid : 0 };

	t->drops.no_sa++;
	if (child->acquired_ms && now_ms - child->acquired_ms < ACQUIRE_INTERVAL_MS)
		return;
	child->acquired_ms = now_ms;
	packet_selectors(packet, &event.src, &event.dst);
	t->callbacks.event(t->callbacks.context, &event);
}

/* Last in any path: the engine may delete the SA from within. */
static void tell_expiry(struct tun_dp *t, struct tun_sa *sa, bool hard)
{
	struct dp_event event = { .kind = hard ? DP_EXPIRE_HARD : DP_EXPIRE_SOFT, .child = sa->child->name, .spi = sa->id.spi };

	if (sa->expiry_told)
		return;
	sa->expiry_told = true;
	event.reqid = sa->child->plan ? sa->child->plan->reqid : 0;
	t->callbacks.event(t->callbacks.context, &event);
}

static bool over_limit(const struct tun_sa *sa)
{
	const struct esp_counters *c = esp_counters(sa->esp);

	return (sa->max_bytes && c->bytes >= sa->max_bytes) || (sa->max_packets && c->packets >= sa->max_packets);
}

static void send_packet(struct tun_dp *t, struct tun_sa *sa, const uint8_t *p, size_t n, uint64_t now_ms)
{
	/* Both fields go outside as they are (RFC 4301 section 5.1.2.1; RFC 6040 section 4.1, normal mode). */
	struct dp_outer outer = { sa->id.src, sa->id.dst, sa->encap, sa->src_port, sa->dst_port, packet_tos(p) };
	size_t sealed = 0;
	enum esp_result result =
		esp_seal(sa->esp, p, n, p[0] >> 4 == 6 ? ESP_NEXT_IPV6 : ESP_NEXT_IPV4, t->packet, sizeof(t->packet), &sealed);

	if (result != ESP_OK) {
		t->drops.send_failed++;
		if (result == ESP_EXHAUSTED)
			tell_expiry(t, sa, true);
		return;
	}
	sa->last_use_ms = now_ms;
	t->callbacks.send_esp(t->callbacks.context, &outer, t->packet, sealed);
	if (over_limit(sa))
		tell_expiry(t, sa, false);
}

static void take_plain(struct tun_dp *t, const uint8_t *p, size_t n, uint64_t now_ms)
{
	struct tun_policy found;
	struct inner_packet packet;
	struct tun_sa *sa;

	if (packet_parse(p, n, false, &packet)) {
		t->drops.malformed++;
		return;
	}
	found = policy_for(t, &packet);
	if (!found.policy) {
		t->drops.no_policy++;
		return;
	}
	if (!found.policy->tmpl.n || !found.child) {	/* a shunt: what is in the device cannot go on in clear */
		t->drops.blocked++;
		return;
	}
	sa = sa_for(found.child, p, &packet);
	if (sa)
		send_packet(t, sa, p, n, now_ms);
	else
		acquire(t, found.child, &packet, now_ms);
}

void tun_process(struct dataplane *dp, int fd, uint64_t now_ms)
{
	struct tun_dp *t = (struct tun_dp *)dp;

	for (int i = 0; i < PACKETS_PER_WAKEUP; i++) {
		ssize_t n = read(fd, t->plain, sizeof(t->plain));

		if (n <= 0)
			return;
		take_plain(t, t->plain, (size_t)n, now_ms);
	}
}

/* --- inbound ------------------------------------------------------------------------------------------------------------------ */

/* I-252: an SA delivers only what was agreed for it, whatever the peer puts in. */
static bool deliverable(struct tun_dp *t, struct tun_sa *sa, uint8_t *p, size_t n, uint8_t outer_tos)
{
	struct inner_packet packet;

	if (packet_parse(p, n, false, &packet)) {
		t->drops.malformed++;
		return false;
	}
	if (!packet_allowed(p, &packet, sa->remote_ts, sa->remote_ts_count, sa->local_ts, sa->local_ts_count)) {
		sa->selector_drops++;
		return false;
	}
	if (!packet_take_ecn(p, outer_tos)) {
		t->drops.congested++;
		return false;
	}
	return true;
}

/* I-183: the packet is authentic, so its sender's new place is too. */
static void tell_mapping(struct tun_dp *t, struct tun_sa *sa, const struct dp_outer *outer, uint64_t now_ms)
{
	struct dp_event event = { .kind = DP_MAPPING, .child = sa->child->name, .spi = sa->id.spi, .addr = outer->src, .port = outer->src_port };

	if (!sa->encap || !outer->encap || (ip_addr_eq(&outer->src, &sa->id.src) && outer->src_port == sa->src_port))
		return;
	if (sa->mapping_told_ms && now_ms - sa->mapping_told_ms < MAPPING_INTERVAL_MS)
		return;
	sa->mapping_told_ms = now_ms;
	event.reqid = sa->child->plan ? sa->child->plan->reqid : 0;
	t->callbacks.event(t->callbacks.context, &event);
}

static void receive_for(struct tun_dp *t, struct tun_sa *sa, const uint8_t *packet, size_t n, uint8_t outer_tos, uint64_t now_ms)
{
	enum esp_next_header next;
	size_t plain = 0;
	enum esp_result result = esp_open(sa->esp, packet, n, t->plain, sizeof(t->plain), &plain, &next);

	if (result != ESP_OK && result != ESP_DUMMY)
		return;		/* counted there, by cause */
	sa->last_use_ms = now_ms;
	if (result == ESP_OK && deliverable(t, sa, t->plain, plain, outer_tos) && write(t->fd, t->plain, plain) < 0)
		t->drops.send_failed++;
}

void tun_receive_esp(struct dataplane *dp, const struct dp_outer *outer, const void *data, size_t n, uint64_t now_ms)
{
	struct tun_dp *t = (struct tun_dp *)dp;
	const uint8_t *p = data;
	struct tun_sa *sa;
	uint64_t accepted;

	if (n < ESP_HEADER) {
		t->drops.malformed++;
		return;
	}
	/* An SPI of ours is unique over all our addresses. */
	sa = tun_find_inbound(t, (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
	if (!sa || !sa->esp) {
		t->drops.unknown_spi++;
		return;
	}
	accepted = esp_counters(sa->esp)->packets;
	receive_for(t, sa, p, n, outer->tos, now_ms);
	if (esp_counters(sa->esp)->packets == accepted)
		return;
	if (over_limit(sa))
		tell_expiry(t, sa, false);
	else
		tell_mapping(t, sa, outer, now_ms);
}
