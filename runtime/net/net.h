/* SPDX-License-Identifier: Apache-2.0 */
/* net.h -- the UDP sockets of IKE: ports 500 and 4500 of both families on the wildcard address, with packet information (I-001 ...
 * I-010); and raw sockets for ESP as protocol 50, for a data plane in user space.
 *
 * The non-ESP marker stays inside: what comes out is an IKE message without it, or an ESP packet. Keepalives are dropped in
 * silence.
 */
#ifndef RUNTIME_NET_H
#define RUNTIME_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/addr.h"

struct net_options {
	bool ipv4, ipv6;		/* families to open */
	uint16_t ike_port, natt_port;	/* 0: that socket is not opened */
	bool bare_esp;			/* also protocol 50, where that is allowed to us: net_has_bare_esp() tells */
	bool kernel_esp;		/* kernel XFRM: UDP_ENCAP on the NAT-T socket and policy bypass on all (I-005) */
};

struct net_packet {
	struct ip_addr local, remote;
	uint16_t local_port, remote_port;
	bool natt;			/* came by the NAT-T socket, or is to go out there */
	bool bare;			/* ESP as protocol 50: no ports */
	uint8_t tos;			/* of ESP: DSCP and ECN */
	const uint8_t *data;
	size_t n;
};

struct net_callbacks {
	void *context;
	void (*ike)(void *context, const struct net_packet *packet);
	void (*esp)(void *context, const struct net_packet *packet);
};

struct net_counters {
	uint64_t received, sent, keepalives, truncated, too_short, send_failed;
};

struct net;

#define NET_MAX_FDS 6

/* 0, or -errno with a sentence that names family and port in why[200]. */
int net_open(const struct net_options *options, struct net **ret, char why[200]);
void net_close(struct net *net);
int net_fds(const struct net *net, int fds[NET_MAX_FDS]);
/* Reads what is there, at most a batch, so that no socket starves the others. */
void net_receive(struct net *net, int fd, const struct net_callbacks *callbacks);
/* Sends one IKE message; the marker is added where it belongs. An error counts as a lost datagram (I-008); -errno for the log. */
int net_send_ike(struct net *net, const struct net_packet *packet);
/* Sends bytes as they are from the NAT-T socket, or as protocol 50: ESP, or the one byte of a keepalive. */
int net_send_raw(struct net *net, const struct net_packet *packet);
bool net_has_bare_esp(struct net *net);	/* for each family that has a NAT-T socket */
const struct net_counters *net_counters(const struct net *net);

#endif
