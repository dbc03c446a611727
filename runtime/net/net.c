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
#define BUFFER_BYTES	(4 * 1024 * 1024)	/* of the sockets that carry ESP: what comes while something else has the processor */
#define UDP_SOCKETS	4
#define KEEPALIVE	0xff		/* RFC 3948 section 2.3 */
#define MARKER_SIZE	4		/* RFC 3948 section 2.2: four zero bytes where ESP has its SPI */

struct net_socket {
	int fd;
	sa_family_t family;
	bool natt, bare;
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
	char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
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

static int set_family_options(int fd, sa_family_t family, bool bare)
{
	int error;

	if (family == AF_INET) {
		error = set_int(fd, IPPROTO_IP, IP_PKTINFO, 1);
		/* I-007: large messages may be fragmented by IP, and never carry DF. */
		return error ? error : set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	}
	error = bare ? 0 : set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);	/* a raw socket knows no other */
	if (!error)
		error = set_int(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
	return error ? error : set_int(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DONT);
}

/* What ESP in user space wants of a socket besides. A small buffer is no reason not to start. */
static int set_esp_options(int fd, sa_family_t family)
{
	set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES);
	set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES);
	return family == AF_INET ? set_int(fd, IPPROTO_IP, IP_RECVTOS, 1) : set_int(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
}

/* Without it ESP goes in UDP, so a refusal is not an error. */
static void open_bare_socket(struct net *net, sa_family_t family)
{
	int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ESP);

	if (fd < 0)
		return;
	if (set_family_options(fd, family, true) || set_esp_options(fd, family)) {
		close(fd);
		return;
	}
	net->sockets[net->count++] = (struct net_socket){ .fd = fd, .family = family, .bare = true };
}

static int open_socket(struct net *net, sa_family_t family, uint16_t port, bool natt, bool kernel_esp, char why[200])
{
	struct ip_addr any = { .family = family };
	const char *step = "open";
	struct sockaddr_storage sa;
	socklen_t size = ip_addr_to_sockaddr(&any, port, &sa);
	int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int error = fd < 0 ? -errno : set_family_options(fd, family, false);

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
	if (!error && natt && !kernel_esp) {
		step = "set options of";
		error = set_esp_options(fd, family);
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
	for (int i = 0; i < UDP_SOCKETS && !error; i++) {
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
	if (options->bare_esp && options->ipv4)
		open_bare_socket(net, AF_INET);
	if (options->bare_esp && options->ipv6)
		open_bare_socket(net, AF_INET6);
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

/* The address the datagram was sent to: answers must come from there (I-001). And its DSCP and ECN, if the socket tells. */
static void read_control(struct msghdr *message, struct net_packet *ret)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret->local.family = AF_INET;
			memcpy(ret->local.bytes, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			ret->local.family = AF_INET6;
			memcpy(ret->local.bytes, &info.ipi6_addr, 16);
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
			ret->tos = *(const uint8_t *)CMSG_DATA(c);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
			int tclass;

			memcpy(&tclass, CMSG_DATA(c), sizeof(tclass));
			ret->tos = (uint8_t)tclass;
		}
	}
}

static void deliver(struct net *net, const struct net_socket *s, struct net_packet *p, const struct net_callbacks *callbacks)
{
	static const uint8_t marker[MARKER_SIZE];

	net->counters.received++;
	if (s->bare) {
		callbacks->esp(callbacks->context, p);
	} else if (!s->natt) {
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

/* A raw socket of IPv4 shows the IP header, too. */
static bool skip_header(const struct net_socket *s, struct net_packet *p)
{
	size_t header = s->bare && s->family == AF_INET ? (p->n ? (p->data[0] & 15u) * 4u : 20) : 0;

	if (header > p->n)
		return false;
	if (header)
		p->tos = p->data[1];
	p->data += header;
	p->n -= header;
	return true;
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
		struct net_packet p = { .local_port = s->port, .natt = s->natt, .bare = s->bare, .data = net->buffers[i], .n = messages[i].msg_len };

		if (messages[i].msg_hdr.msg_flags & MSG_TRUNC) {	/* I-006 */
			net->counters.truncated++;
			continue;
		}
		read_control(&messages[i].msg_hdr, &p);
		if (ip_addr_from_sockaddr((struct sockaddr *)&from[i], &p.remote, &p.remote_port) == 0 &&
		    p.local.family == p.remote.family && skip_header(s, &p))
			deliver(net, s, &p, callbacks);
	}
}

/* --- sending ------------------------------------------------------------------------------------------------------------------ */

static void put_control(struct msghdr *message, union control_data *control, int level, int type, const void *data, size_t n)
{
	struct cmsghdr *c = (void *)(control->bytes + message->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(n);
	memcpy(CMSG_DATA(c), data, n);
	message->msg_control = control;
	message->msg_controllen += CMSG_SPACE(n);
}

static void set_control(struct msghdr *message, union control_data *control, sa_family_t family, const struct ip_addr *src, uint8_t tos)
{
	int value = tos;

	memset(control, 0, sizeof(*control));
	if (src->family == AF_INET && !ip_addr_is_zero(src)) {		/* else the kernel chooses */
		struct in_pktinfo info = { 0 };

		memcpy(&info.ipi_spec_dst, src->bytes, 4);
		put_control(message, control, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else if (src->family == AF_INET6 && !ip_addr_is_zero(src)) {
		struct in6_pktinfo info = { 0 };

		memcpy(&info.ipi6_addr, src->bytes, 16);
		put_control(message, control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	}
	if (tos && family == AF_INET)
		put_control(message, control, IPPROTO_IP, IP_TOS, &value, sizeof(value));
	else if (tos)
		put_control(message, control, IPPROTO_IPV6, IPV6_TCLASS, &value, sizeof(value));
}

/* RFC 3948 section 2.1 wants ESP in UDP over IPv4 without checksum (I-184); IKE on the same socket keeps it (section 2.2). */
static void set_checksum(struct net_socket *s, bool off)
{
	if (s->family != AF_INET || s->checksum_off == off)
		return;
	if (set_int(s->fd, SOL_SOCKET, SO_NO_CHECK, off) == 0)
		s->checksum_off = off;
}

static int send_parts(struct net *net, struct net_socket *s, const struct net_packet *packet, struct iovec *iov, size_t parts)
{
	struct sockaddr_storage to;
	union control_data control;
	struct msghdr message = { .msg_name = &to, .msg_iov = iov, .msg_iovlen = parts };

	message.msg_namelen = ip_addr_to_sockaddr(&packet->remote, packet->bare ? 0 : packet->remote_port, &to);
	set_control(&message, &control, s->family, &packet->local, packet->tos);
	if (sendmsg(s->fd, &message, MSG_NOSIGNAL) < 0) {
		net->counters.send_failed++;
		return -errno;
	}
	net->counters.sent++;
	return 0;
}

static struct net_socket *socket_for(struct net *net, sa_family_t family, bool natt, bool bare)
{
	for (unsigned i = 0; i < net->count; i++)
		if (net->sockets[i].family == family && net->sockets[i].natt == natt && net->sockets[i].bare == bare)
			return &net->sockets[i];
	return NULL;
}

bool net_has_bare_esp(struct net *net)
{
	for (unsigned i = 0; i < net->count; i++)
		if (net->sockets[i].natt && !socket_for(net, net->sockets[i].family, false, true))
			return false;
	return true;
}

int net_send_ike(struct net *net, const struct net_packet *packet)
{
	static uint8_t marker[MARKER_SIZE];
	struct iovec iov[2] = { { marker, sizeof(marker) }, { (void *)(uintptr_t)packet->data, packet->n } };
	struct net_socket *s = socket_for(net, packet->remote.family, packet->natt, false);

	if (!s)
		return -EAFNOSUPPORT;
	set_checksum(s, false);
	return send_parts(net, s, packet, packet->natt ? iov : iov + 1, packet->natt ? 2 : 1);
}

int net_send_raw(struct net *net, const struct net_packet *packet)
{
	struct iovec iov = { (void *)(uintptr_t)packet->data, packet->n };
	struct net_socket *s = socket_for(net, packet->remote.family, !packet->bare, packet->bare);

	if (!s)
		return -EAFNOSUPPORT;
	if (!s->bare)
		set_checksum(s, true);
	return send_parts(net, s, packet, &iov, 1);
}
