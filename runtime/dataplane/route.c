/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include "runtime/dataplane/route.h"

int route_open(struct route_table *table)
{
	*table = (struct route_table){ 0 };
	return netlink_open(&table->nl, NETLINK_ROUTE, 0);
}

int route_link_up(struct route_table *table, int ifindex, unsigned mtu)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(m, sizeof(*info));

	info->ifi_index = ifindex;
	info->ifi_change = info->ifi_flags = IFF_UP;
	mnl_attr_put_u32(m, IFLA_MTU, mtu);
	return netlink_call(&table->nl, m, NULL, NULL);
}

static int set_rule(struct route_table *table, sa_family_t family, bool present)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, present ? RTM_NEWRULE : RTM_DELRULE, present ? NLM_F_CREATE | NLM_F_EXCL : 0);
	struct fib_rule_hdr *rule = mnl_nlmsg_put_extra_header(m, sizeof(*rule));
	int error;

	rule->family = (uint8_t)family;
	rule->action = FR_ACT_TO_TBL;
	mnl_attr_put_u32(m, FRA_TABLE, ROUTE_TABLE);	/* the header has 8 bits for it */
	mnl_attr_put_u32(m, FRA_PRIORITY, ROUTE_RULE_PRIORITY);
	error = netlink_call(&table->nl, m, NULL, NULL);
	return (present && error == -EEXIST) || (!present && error == -ENOENT) ? 0 : error;
}

void route_close(struct route_table *table)
{
	for (int i = 0; i < 2; i++)
		if (table->rules[i])
			set_rule(table, i ? AF_INET6 : AF_INET, false);
	netlink_close(&table->nl);
}

static struct nlmsghdr *route_message(void *buffer, uint16_t type, uint16_t flags, const struct ip_prefix *dst)
{
	struct nlmsghdr *m = netlink_start(buffer, type, flags);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(m, sizeof(*route));

	route->rtm_family = (uint8_t)dst->addr.family;
	route->rtm_dst_len = dst->len;
	route->rtm_protocol = RTPROT_STATIC;
	route->rtm_scope = type == RTM_DELROUTE ? RT_SCOPE_NOWHERE : RT_SCOPE_LINK;
	route->rtm_type = type == RTM_DELROUTE ? RTN_UNSPEC : RTN_UNICAST;
	mnl_attr_put_u32(m, RTA_TABLE, ROUTE_TABLE);
	mnl_attr_put(m, RTA_DST, ip_addr_size(&dst->addr), dst->addr.bytes);
	return m;
}

int route_add(struct route_table *table, const struct ip_prefix *dst, const struct route_way *way)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = route_message(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, dst);
	struct rtmsg *route = mnl_nlmsg_get_payload(m);
	bool *rule = &table->rules[dst->addr.family == AF_INET6];
	int error = *rule ? 0 : set_rule(table, dst->addr.family, true);

	if (error)
		return error;
	*rule = true;
	mnl_attr_put_u32(m, RTA_OIF, (uint32_t)way->ifindex);
	if (way->gateway.family == dst->addr.family) {
		route->rtm_scope = RT_SCOPE_UNIVERSE;
		mnl_attr_put(m, RTA_GATEWAY, ip_addr_size(&way->gateway), way->gateway.bytes);
	}
	if (way->src.family == dst->addr.family)
		mnl_attr_put(m, RTA_PREFSRC, ip_addr_size(&way->src), way->src.bytes);
	return netlink_call(&table->nl, m, NULL, NULL);
}

int route_del(struct route_table *table, const struct ip_prefix *dst)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	int error = netlink_call(&table->nl, route_message(buffer, RTM_DELROUTE, 0, dst), NULL, NULL);

	return error == -ESRCH ? 0 : error;
}

static struct nlmsghdr *address_message(void *buffer, uint16_t type, uint16_t flags, int ifindex, const struct ip_addr *addr)
{
	struct nlmsghdr *m = netlink_start(buffer, type, flags);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(m, sizeof(*message));

	message->ifa_family = (uint8_t)addr->family;
	message->ifa_prefixlen = (uint8_t)ip_addr_bits(addr);
	message->ifa_flags = addr->family == AF_INET6 ? IFA_F_NODAD : 0;
	message->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(m, IFA_LOCAL, ip_addr_size(addr), addr->bytes);
	mnl_attr_put(m, IFA_ADDRESS, ip_addr_size(addr), addr->bytes);
	return m;
}

int route_add_address(struct route_table *table, int ifindex, const struct ip_addr *addr)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];

	return netlink_call(&table->nl, address_message(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, ifindex, addr), NULL, NULL);
}

int route_del_address(struct route_table *table, int ifindex, const struct ip_addr *addr)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	int error = netlink_call(&table->nl, address_message(buffer, RTM_DELADDR, 0, ifindex, addr), NULL, NULL);

	return error == -EADDRNOTAVAIL ? 0 : error;
}

struct address_search {
	const struct ip_prefix *in;
	struct ip_addr found;
};

static int look_at(const struct nlattr *attribute, void *context)
{
	struct address_search *search = context;
	uint16_t type = mnl_attr_get_type(attribute);
	struct ip_addr addr = { .family = search->in->addr.family };

	/* IFA_LOCAL is the host's own address on point-to-point links, where IFA_ADDRESS is the other end's; IPv6 has only the
	 * latter. */
	if (type != (addr.family == AF_INET ? IFA_LOCAL : IFA_ADDRESS) ||
	    mnl_attr_get_payload_len(attribute) != ip_addr_size(&addr))
		return MNL_CB_OK;
	memcpy(addr.bytes, mnl_attr_get_payload(attribute), ip_addr_size(&addr));
	if (search->found.family == AF_UNSPEC && ip_prefix_has(search->in, &addr))
		search->found = addr;
	return MNL_CB_OK;
}

static int look_at_address(const struct nlmsghdr *header, void *context)
{
	const struct ifaddrmsg *message = mnl_nlmsg_get_payload(header);
	struct address_search *search = context;

	if (header->nlmsg_type == RTM_NEWADDR && message->ifa_family == search->in->addr.family)
		mnl_attr_parse(header, sizeof(*message), look_at, search);
	return MNL_CB_OK;
}

int route_local_address(struct route_table *table, const struct ip_prefix *in, struct ip_addr *ret)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, RTM_GETADDR, NLM_F_DUMP);
	struct ifaddrmsg *message = mnl_nlmsg_put_extra_header(m, sizeof(*message));
	struct address_search search = { .in = in };
	int error;

	message->ifa_family = (uint8_t)in->addr.family;
	error = netlink_call(&table->nl, m, look_at_address, &search);
	if (error)
		return error;
	if (search.found.family == AF_UNSPEC)
		return -ENOENT;
	*ret = search.found;
	return 0;
}

static int read_way(const struct nlattr *attribute, void *context)
{
	struct route_way *way = context;
	size_t size = mnl_attr_get_payload_len(attribute);

	if (mnl_attr_get_type(attribute) == RTA_OIF && size == sizeof(uint32_t)) {
		way->ifindex = (int)mnl_attr_get_u32(attribute);
	} else if (mnl_attr_get_type(attribute) == RTA_GATEWAY && (size == 4 || size == 16)) {
		way->gateway = (struct ip_addr){ .family = size == 4 ? AF_INET : AF_INET6 };
		memcpy(way->gateway.bytes, mnl_attr_get_payload(attribute), size);
	}
	return MNL_CB_OK;
}

static int read_route(const struct nlmsghdr *header, void *context)
{
	if (header->nlmsg_type == RTM_NEWROUTE)
		mnl_attr_parse(header, sizeof(struct rtmsg), read_way, context);
	return MNL_CB_OK;
}

int route_lookup(struct route_table *table, const struct ip_addr *to, struct route_way *ret)
{
	_Alignas(struct nlmsghdr) char buffer[NETLINK_MESSAGE_BYTES];
	struct nlmsghdr *m = netlink_start(buffer, RTM_GETROUTE, 0);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(m, sizeof(*route));
	struct route_way way = { 0 };
	int error;

	route->rtm_family = (uint8_t)to->family;
	route->rtm_dst_len = (uint8_t)ip_addr_bits(to);
	mnl_attr_put(m, RTA_DST, ip_addr_size(to), to->bytes);
	error = netlink_call(&table->nl, m, read_route, &way);
	if (!error && !way.ifindex)
		error = -ENETUNREACH;
	if (!error)
		*ret = way;
	return error;
}
