/* SPDX-License-Identifier: Apache-2.0 */
/* tun.h -- the parts of the TUN data plane among themselves: tun_device.c opens and routes, tun.c keeps SAs and policies,
 * tun_path.c moves packets. Nobody else includes it. */
#ifndef RUNTIME_DATAPLANE_TUN_H
#define RUNTIME_DATAPLANE_TUN_H

#include <linux/if.h>

#include "base/limits.h"
#include "runtime/dataplane/dataplane.h"
#include "runtime/dataplane/packet.h"
#include "runtime/dataplane/policyset.h"
#include "runtime/dataplane/route.h"

#define TUN_SPI_BUCKETS	4096
#define TUN_FLOWS	1024
#define TUN_ESP_ROOM	128	/* what ESP adds at most: header, IV, padding, ICV */

struct esp_sa;

struct tun_sa {
	struct dp_sa_id id;
	bool encap;
	uint16_t src_port, dst_port;
	struct esp_sa *esp;		/* NULL: only a reserved SPI */
	struct tun_child *child;
	struct traffic_selector *local_ts, *remote_ts;	/* one allocation */
	unsigned local_ts_count, remote_ts_count;
	uint64_t selector_drops, last_use_ms;
	uint64_t max_bytes, max_packets, mapping_told_ms;
	bool expiry_told;
	struct tun_sa *next_of_bucket;	/* of its direction, by SPI */
	struct tun_sa *next;		/* of the child's outbound ones, newest first */
};

struct tun_child {
	const char *name;
	const struct plan_child *plan;	/* NULL: a shunt */
	struct tun_sa *outbound;
	bool left_out;			/* it cannot be carried, which open() has told */
	uint64_t acquired_ms;		/* when an acquire was told last; 0: never */
};

struct tun_policy {
	const struct plan_policy *policy;
	struct tun_child *child;
};

/* Which policy the last packet with these marks met: with thousands of policies, going through them takes longer than encrypting. */
struct tun_flow {
	struct ip_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	bool ports_known;
	uint64_t generation;		/* of the list it was found in; 0: empty */
	struct tun_policy found;
};

struct tun_dp {
	struct dataplane dp;
	const struct plan *plan;
	struct dp_callbacks callbacks;
	struct dp_drops drops;
	int fd, ifindex;
	char name[IFNAMSIZ];
	unsigned mtu;			/* 0: no SA has told yet */
	struct route_table routes;
	struct arena arena;
	struct map children;		/* name -> struct tun_child */
	struct policyset policies;
	struct tun_policy *out;		/* in force, outbound, by priority */
	size_t out_count, out_room;
	uint64_t out_generation;	/* counts changes of the list */
	struct tun_flow flows[TUN_FLOWS];
	struct tun_sa *inbound[TUN_SPI_BUCKETS], *outbound[TUN_SPI_BUCKETS];
	char why[400];
	uint8_t packet[LIMIT_DATAGRAM + TUN_ESP_ROOM];
	uint8_t plain[LIMIT_DATAGRAM];
};

int tun_device_open(struct tun_dp *t, const char **ret_why);
void tun_device_close(struct tun_dp *t);
int tun_device_route(struct tun_dp *t, const struct plan_policy *policy, bool add);
/* Lowers the device's MTU to what this SA can carry to its peer (I-255). */
void tun_device_fit(struct tun_dp *t, const struct tun_sa *sa);

struct tun_sa *tun_find_inbound(struct tun_dp *t, uint32_t spi);

void tun_process(struct dataplane *dp, int fd, uint64_t now_ms);
void tun_receive_esp(struct dataplane *dp, const struct dp_outer *outer, const void *data, size_t n, uint64_t now_ms);

#endif
