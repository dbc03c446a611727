/* SPDX-License-Identifier: Apache-2.0 */
/* dataplane.h -- where SAs and policies live: kernel XFRM, user-space ESP over TUN, or a dry recorder, behind one table of
 * functions.
 *
 * Parameters are structs, so that a new field breaks no caller. Keys are borrowed for the duration of a call and never logged.
 * Every function returns 0 or -errno and puts a sentence for the user in *ret_why where the kernel gave one (static or
 * dataplane-owned, valid until the next call).
 */
#ifndef RUNTIME_DATAPLANE_H
#define RUNTIME_DATAPLANE_H

#include "plan/plan.h"

struct dp_sa {
	uint32_t spi;			/* host order */
	bool inbound;
	enum ipsec_protocol protocol;
	enum plan_mode mode;
	struct ip_addr src, dst;	/* outer */
	bool encap;			/* ESP in UDP */
	uint16_t src_port, dst_port;	/* with encap */
	const struct transform *encr;	/* NULL: none (AH) */
	uint16_t encr_key_bits;
	const uint8_t *encr_key;	/* key and salt */
	size_t encr_key_size;
	const struct transform *integ;	/* NULL with AEAD */
	const uint8_t *integ_key;
	size_t integ_key_size;
	bool esn;
	uint32_t replay_window;
	uint32_t reqid, if_id;
	struct plan_mark mark;
	const struct traffic_selector *local_ts, *remote_ts;	/* as negotiated */
	unsigned local_ts_count, remote_ts_count;
	uint64_t max_bytes, max_packets;	/* soft limits; 0: none */
	const char *child;		/* plan name, for status */
};

struct dp_sa_id {
	uint32_t spi;
	bool inbound;
	enum ipsec_protocol protocol;
	struct ip_addr src, dst;
};

struct dp_counters {
	uint64_t bytes, packets;	/* inner */
	uint64_t replay_drops, auth_failures, selector_drops;
	uint64_t last_use_ms;		/* clock of dp_process(), 0: never */
};

enum dp_event_kind { DP_ACQUIRE, DP_EXPIRE_SOFT, DP_EXPIRE_HARD, DP_MAPPING };

struct dp_event {
	enum dp_event_kind kind;
	uint32_t reqid;			/* ACQUIRE: of the child wanted */
	const char *child;		/* name where the dataplane knows it, else NULL */
	struct traffic_selector src, dst;	/* ACQUIRE: the packet, src is ours */
	uint32_t spi;			/* EXPIRE, MAPPING: inbound SPI of ours or outbound */
	struct ip_addr addr;		/* MAPPING: the peer's new place */
	uint16_t port;
};

/* Packets the data plane refused, by cause; those of one SA are in its dp_counters. */
struct dp_drops {
	uint64_t no_policy, no_sa, blocked, unknown_spi, malformed, send_failed;
	uint64_t congested;		/* marked on the way, and their ends do not know such marks (RFC 6040 section 4.2) */
};

/* What an ESP packet has around it. */
struct dp_outer {
	struct ip_addr src, dst;
	bool encap;			/* in UDP, with these ports; else protocol 50 */
	uint16_t src_port, dst_port;
	uint8_t tos;			/* DSCP and ECN */
};

struct dp_callbacks {
	void *context;
	void (*event)(void *context, const struct dp_event *event);
	/* Something the user should know that is no error of a call: a 92xx rule and a sentence. origin may be NULL. */
	void (*warn)(void *context, enum rule_id rule, const struct plan_origin *origin, const char *text);
	/* Send one ESP packet (tun only), from the SPI on: from the NAT-T socket, or as protocol 50. */
	void (*send_esp)(void *context, const struct dp_outer *outer, const void *data, size_t n);
	bool bare_esp;			/* send_esp can do protocol 50 */
};

enum {
	DP_CAP_TRANSPORT = 1,
	DP_CAP_AH = 2,
	DP_CAP_PROTO50 = 4,
	DP_CAP_ENCAP = 8,
	DP_CAP_IF_ID = 16,
	DP_CAP_MARK = 32,
	DP_CAP_PREFERS_ENCAP = 64,	/* asks peers for ESP in UDP also where there is no NAT (I-241) */
	DP_CAP_KERNEL_CIPHERS = 128,	/* it has algorithms of its own: whatever the transform table has an XFRM name for */
	DP_CAP_MOVE = 256		/* move_sa() takes other addresses, not only other ports */
};

struct dataplane;

struct dataplane_ops {
	const char *name;		/* "tun" */
	const char *summary;
	unsigned caps;
	int (*probe)(const char **ret_why);	/* 0: can work here; changes nothing that lasts */
	int (*open)(const struct plan *plan, const struct dp_callbacks *callbacks, struct dataplane **ret, const char **ret_why);
	void (*close)(struct dataplane *dp);	/* removes everything of ours */
	/* open() has found that it cannot carry this child, and told why by `warn`: the engine must not bring it up. NULL: it carries all. */
	bool (*leaves_out)(struct dataplane *dp, const char *child);
	int (*alloc_spi)(struct dataplane *dp, const struct dp_sa_id *id, uint32_t *ret_spi);
	int (*add_sa)(struct dataplane *dp, const struct dp_sa *sa, const char **ret_why);
	int (*del_sa)(struct dataplane *dp, const struct dp_sa_id *id); /* also what alloc_spi() reserved; -ENOENT: no such SA */
	int (*query_sa)(struct dataplane *dp, const struct dp_sa_id *id, struct dp_counters *ret);
	/* The peer (or we) moved: new outer addresses and ports of an SA with encapsulation (I-227). */
	int (*move_sa)(struct dataplane *dp, const struct dp_sa_id *id, const struct ip_addr *src, uint16_t src_port,
		       const struct ip_addr *dst, uint16_t dst_port, const char **ret_why);
	void (*drops)(struct dataplane *dp, struct dp_drops *ret);
	/* Traps and shunts of a child (or a shunt conn), as the plan lists them for `when`; and back. child NULL: of all. The
	 * daemon adds those of PLAN_WHEN_LOAD before the engine starts; route and up are the engine's. An up policy replaces the
	 * route policy with an equal selector, and gives way to it again. On failure nothing of the call stands. */
	int (*add_policies)(struct dataplane *dp, const char *child, enum plan_when when, const char **ret_why);
	int (*del_policies)(struct dataplane *dp, const char *child, enum plan_when when);
	/* The same for policies that only a negotiation told: a peer at %any, narrowed selectors, an address from a pool. They rank as
	 * up; `conn` is the child's name. The caller keeps the array until it is taken back. */
	int (*add_negotiated)(struct dataplane *dp, const struct plan_policy *policies, size_t n, const char **ret_why);
	int (*del_negotiated)(struct dataplane *dp, const struct plan_policy *policies, size_t n);
	/* An inner address of this host, given by a peer: there before policies name it, and gone with its last SA. */
	int (*add_address)(struct dataplane *dp, const struct ip_addr *addr, const char **ret_why);
	int (*del_address)(struct dataplane *dp, const struct ip_addr *addr);
	/* For the loop: descriptors to watch, and work when one is readable. ESP that came in by a socket of ours is handed to receive_esp. */
	int (*fds)(struct dataplane *dp, int *fds, int max);
	void (*process)(struct dataplane *dp, int fd, uint64_t now_ms);
	/* NULL: the kernel takes ESP itself. */
	void (*receive_esp)(struct dataplane *dp, const struct dp_outer *outer, const void *data, size_t n, uint64_t now_ms);
};

struct dataplane {			/* first member of each implementation's struct */
	const struct dataplane_ops *ops;
};

extern const struct dataplane_ops dataplane_tun, dataplane_xfrm, dataplane_dry;

#endif
