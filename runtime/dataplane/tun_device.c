/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/dataplane/tun.h"
#include "runtime/suite/esp.h"

#define DEVICE_PATTERN	"ipsec%d"
#define FIRST_MTU	1280u	/* until an SA tells: fits everywhere, and IPv6 takes no less */
#define MIN_MTU		576u

int tun_device_open(struct tun_dp *t, const char **ret_why)
{
	struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
	int error;

	strcpy(request.ifr_name, DEVICE_PATTERN);
	t->fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0 || ioctl(t->fd, TUNSETIFF, &request)) {
		error = -errno;
		snprintf(t->why, sizeof(t->why), "cannot make a TUN device through /dev/net/tun: %s", strerror(-error));
		*ret_why = t->why;
		return error;
	}
	memcpy(t->name, request.ifr_name, sizeof(t->name));
	t->ifindex = (int)if_nametoindex(t->name);
	error = route_open(&t->routes);
	if (!error)
		error = route_link_up(&t->routes, t->ifindex, FIRST_MTU);
	if (error) {
		snprintf(t->why, sizeof(t->why), "cannot set the device '%.15s' up: %s", t->name, strerror(-error));
		*ret_why = t->why;
	}
	return error;
}

void tun_device_close(struct tun_dp *t)
{
	route_close(&t->routes);
	if (t->fd >= 0)
		close(t->fd);		/* the routes into it go with it */
	t->fd = -1;
}

int tun_device_route(struct tun_dp *t, const struct plan_policy *policy, bool add)
{
	struct route_way way = { .ifindex = t->ifindex };

	if (!add)
		return route_del(&t->routes, &policy->dst);
	/* Packets of this host shall come from an address that the child carries; a mere gateway has none. */
	route_local_address(&t->routes, &policy->src, &way.src);
	return route_add(&t->routes, &policy->dst, &way);
}

/* What the kernel's route to the peer takes; connecting a UDP socket sends nothing. */
static unsigned path_mtu(const struct ip_addr *peer)
{
	struct sockaddr_storage sa;
	socklen_t sa_size = ip_addr_to_sockaddr(peer, 4500, &sa), size = sizeof(int);
	int fd = socket(peer->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;

	if (fd < 0)
		return 0;
	if (connect(fd, (struct sockaddr *)&sa, sa_size) || getsockopt(fd, peer->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
								       peer->family == AF_INET ? IP_MTU : IPV6_MTU, &mtu, &size))
		mtu = 0;
	close(fd);
	return mtu > 0 ? (unsigned)mtu : 0;
}

void tun_device_fit(struct tun_dp *t, const struct tun_sa *sa)
{
	size_t outer = (sa->id.dst.family == AF_INET ? 20u : 40u) + (sa->encap ? ESP_UDP_HEADER : 0);
	size_t mtu = esp_inner_mtu(sa->esp, path_mtu(&sa->id.dst), outer);

	if (mtu < MIN_MTU || (t->mtu && mtu >= t->mtu))
		return;
	if (route_link_up(&t->routes, t->ifindex, (unsigned)mtu) == 0)
		t->mtu = (unsigned)mtu;
}
