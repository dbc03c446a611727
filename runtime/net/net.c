/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "runtime/net/net.h"

#define BATCH		16
#define KEEPALIVE	0xff		/* RFC 3948 section 2.3 */
#define MARKER_SIZE	4		/* RFC 3948 section 2.2: four zero bytes where ESP has its SPI */

struct net_socket {
	int fd;
	sa_family_t family;
	bool natt;
	uint16_t port;
	bool checksum_off;
};

struct net {
	struct net_socket sockets[NET_MAX_FDS];
	unsigned count;
	struct net_counters counters;
	uint8_t buffers[BATCH][LIMIT_DATAGRAM + 1];
};

union control_data {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) ? -errno : 0;
}

/* I-005: IKE's own datagrams pass every policy, also a trap that covers the peer; else the first packet waits for itself. */
static int exempt_from_policy(int fd, sa_family_t family)
{
	static const uint8_t dirs[] = { XFRM_POLICY_IN, XFRM_POLICY_OUT };
	struct xfrm_userpolicy_info policy = {
		.sel.family = family,
		.action = XFRM_POLICY_ALLOW,
		.lft = { .soft_byte_limit = XFRM_INF,
			 .hard_byte_limit = XFRM_INF,
			 .soft_packet_limit = XFRM_INF,
			 .hard_packet_limit = XFRM_INF },
	};
	int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
	int option = family == AF_INET ? IP_XFRM_POLICY : IPV6_XFRM_POLICY;

	for (unsigned i = 0; i < sizeof(dirs); i++) {
		policy.dir = dirs[i];
		if (setsockopt(fd, level, option, &policy, sizeof(policy)))
			return -errno;
	}
	return 0;
}

static int set_family_options(int fd, sa_family_t family)
{
	int error;

	if (family == AF_INET) {
		error = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
		/* I-007: large messages may be fragmented by IP, and never carry DF. */
		return error ? error : set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	}
	error = set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (!error)
		error = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return error ? error : set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

static int open_socket(struct net *net, sa_family_t family, uint16_t port, bool natt, bool kernel_esp, char why[200])
{
	struct ip_addr any = { .family = family };
	const char *step = "open";
	struct sockaddr_storage sa;
	socklen_t size = ip_addr_to_sockaddr(&any, port, &sa);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : set_family_options(fd, family);

	if (!error) {
		step = "bind";
		error = bind(fd, (struct sockaddr *)&sa, size) ? -errno : 0;
	}
	if (!error && kernel_esp) {
		step = "exempt from IPsec policy";
		error = exempt_from_policy(fd, family);
	}
	if (!error && kernel_esp && natt) {
		step = "set ESP-in-UDP on";
		error = set_int(fd, IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
	}
	if (error) {
		snprintf(why, 200, "cannot %s UDP port %u of IPv%c: %s%s", step, port, family == AF_INET ? '4' : '6',
			 strerror(-error), error == -EADDRINUSE ? " (is another IKE daemon running?)" : "");
		if (fd >= 0)
			close(fd);
		return error;
	}
	net->sockets[net->count++] = (struct net_socket){ .fd = fd, .family = family, .natt = natt, .port = port };
	return 0;
}

/* A kernel without IPv6 is no reason to refuse work to a plan of IPv4 peers. */
static bool family_missing(int error)
{
	return error == -EAFNOSUPPORT;
}

int net_open(const struct net_options *options, struct net **ret, char why[200])
{
	struct net *net = calloc(1, sizeof(*net));
	int error = 0;

	if (!net) {
		snprintf(why, 200, "out of memory");
		return -ENOMEM;
	}
	for (int i = 0; i < NET_MAX_FDS && !error; i++) {
		sa_family_t family = i & 1 ? AF_INET6 : AF_INET;
		uint16_t port = i & 2 ? options->natt_port : options->ike_port;

		if (!port || !(family == AF_INET ? options->ipv4 : options->ipv6))
			continue;
		error = open_socket(net, family, port, i & 2, options->kernel_esp, why);
		if (family == AF_INET6 && options->ipv4 && family_missing(error))
			error = 0;
	}
	if (!error && !net->count) {
		snprintf(why, 200, "no UDP port is to be opened: both ports are 0");
		error = -EINVAL;
	}
	if (error) {
		net_close(net);
		return error;
	}
	*ret = net;
	return 0;
}

void net_close(struct net *net)
{
	if (!net)
		return;
	for (unsigned i = 0; i < net->count; i++)
		close(net->sockets[i].fd);
	free(net);
}

int net_fds(const struct net *net, int fds[NET_MAX_FDS])
{
	for (unsigned i = 0; i < net->count; i++)
		fds[i] = net->sockets[i].fd;
	return (int)net->count;
}

const struct net_counters *net_counters(const struct net *net)
{
	return &net->counters;
}

/* --- receiving ---------------------------------------------------------------------------------------------------------------- */

/* The address the datagram was sent to: answers must come from there (I-001). */
static void local_address(struct msghdr *message, struct ip_addr *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret->family = AF_INET;
			memcpy(ret->bytes, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret->family = AF_INET6;
			memcpy(ret->bytes, &info.ipi6_addr, 16);
		}
	}
}

static void deliver(struct net *net, const struct net_socket *s, struct net_packet *p, const struct net_callbacks *callbacks)
{
	static const uint8_t marker[MARKER_SIZE];

	net->counters.received++;
	if (!s->natt) {
		callbacks->ike(callbacks->context, p);
	} else if (p->n == 1 && p->data[0] == KEEPALIVE) {
		net->counters.keepalives++;
	} else if (p->n < MARKER_SIZE) {	/* I-003 */
		net->counters.too_short++;
	} else if (memcmp(p->data, marker, MARKER_SIZE) == 0) {
		p->data += MARKER_SIZE;
		p->n -= MARKER_SIZE;
		callbacks->ike(callbacks->context, p);
	} else {
		callbacks->esp(callbacks->context, p);
	}
}

static struct net_socket *socket_of_fd(struct net *net, int fd)
{
	for (unsigned i = 0; i < net->count; i++)
		if (net->sockets[i].fd == fd)
			return &net->sockets[i];
	return NULL;
}

void net_receive(struct net *net, int fd, const struct net_callbacks *callbacks)
{
	struct net_socket *s = socket_of_fd(net, fd);
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union control_data control[BATCH];
	int count;

	if (!s)
		return;
	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){ net->buffers[i], sizeof(net->buffers[i]) };
		messages[i].msg_hdr = (struct msghdr){
			.msg_name = &from[i], .msg_namelen = sizeof(from[i]), .msg_iov = &iov[i], .msg_iovlen = 1,
			.msg_control = &control[i], .msg_controllen = sizeof(control[i]),
		};
	}
	count = recvmmsg(fd, messages, BATCH, 0, NULL);
	for (int i = 0; i < count; i++) {
		struct net_packet p = { .local_port = s->port, .natt = s->natt, .data = net->buffers[i], .n = messages[i].msg_len };

		if (messages[i].msg_hdr.msg_flags & MSG_TRUNC) {	/* I-006 */
			net->counters.truncated++;
			continue;
		}
		local_address(&messages[i].msg_hdr, &p.local);
		if (ip_addr_from_sockaddr((struct sockaddr *)&from[i], &p.remote, &p.remote_port) == 0 &&
		    p.local.family == p.remote.family)
			deliver(net, s, &p, callbacks);
	}
}

/* --- sending ------------------------------------------------------------------------------------------------------------------ */

static void set_source(struct msghdr *message, union control_data *control, const struct ip_addr *src)
{
	struct cmsghdr *c;

	if (src->family == AF_UNSPEC || ip_addr_is_zero(src))
		return;				/* the kernel chooses */
	memset(control, 0, sizeof(*control));
	message->msg_control = control;
	message->msg_controllen =
		src->family == AF_INET ? CMSG_SPACE(sizeof(struct in_pktinfo)) : CMSG_SPACE(sizeof(struct in6_pktinfo));
	c = CMSG_FIRSTHDR(message);
	if (src->family == AF_INET) {
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, src->bytes, 4);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in6_pktinfo info = { 0 };

		memcpy(&info.ipi6_addr, src->bytes, 16);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
}

/* RFC 3948 section 2.1 wants ESP in UDP over IPv4 without checksum (I-184); IKE on the same socket keeps it (section 2.2). */
static void set_checksum(struct net_socket *s, bool off)
{
	if (s->family != AF_INET || s->checksum_off == off)
		return;
	if (set_int(s->fd, SOL_SOCKET, SO_NO_CHECK, off) == 0)
		s->checksum_off = off;
}

static int send_parts(struct net *net, struct net_socket *s, const struct ip_addr *src, const struct ip_addr *dst,
		      uint16_t dst_port, struct iovec *iov, size_t parts)
{
	struct sockaddr_storage to;
	union control_data control;
	struct msghdr message = { .msg_name = &to, .msg_iov = iov, .msg_iovlen = parts };

	message.msg_namelen = ip_addr_to_sockaddr(dst, dst_port, &to);
	set_source(&message, &control, src);
	if (sendmsg(s->fd, &message, MSG_NOSIGNAL) < 0) {
		net->counters.send_failed++;
		return -errno;
	}
	net->counters.sent++;
	return 0;
}

static struct net_socket *socket_for(struct net *net, sa_family_t family, bool natt)
{
	for (unsigned i = 0; i < net->count; i++)
		if (net->sockets[i].family == family && net->sockets[i].natt == natt)
			return &net->sockets[i];
	return NULL;
}

int net_send_ike(struct net *net, const struct net_packet *packet)
{
	static uint8_t marker[MARKER_SIZE];
	struct iovec iov[2] = { { marker, sizeof(marker) }, { (void *)(uintptr_t)packet->data, packet->n } };
	struct net_socket *s = socket_for(net, packet->remote.family, packet->natt);

	if (!s)
		return -EAFNOSUPPORT;
	set_checksum(s, false);
	return send_parts(net, s, &packet->local, &packet->remote, packet->remote_port, packet->natt ? iov : iov + 1,
			  packet->natt ? 2 : 1);
}

int net_send_raw(struct net *net, const struct ip_addr *src, const struct ip_addr *dst, uint16_t dst_port, const void *data,
		 size_t n)
{
	struct iovec iov = { (void *)(uintptr_t)data, n };
	struct net_socket *s = socket_for(net, dst->family, true);

	if (!s)
		return -EAFNOSUPPORT;
	set_checksum(s, true);
	return send_parts(net, s, src, dst, dst_port, &iov, 1);
}
