/* SPDX-License-Identifier: Apache-2.0 */
/* facts_gather.c -- the facts of this host as the document that facts_read() takes: the members of `ip -j` that it looks at,
 * from rtnetlink. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/json_doc.h"
#include "compiler/lower/facts.h"

struct gathering {
	struct mnl_socket *socket;
	unsigned sequence;
	json_t *interfaces;		/* list, as `ip -j address` prints */
	json_t *by_index;		/* object: index in decimal -> element of interfaces (borrowed there) */
	json_t *routes;			/* list being filled */
	bool failed;
};

static void add(struct gathering *g, json_t *object, const char *key, json_t *value)
{
	g->failed |= json_object_set_new(object, key, value) != 0;
}

static json_t *append_object(struct gathering *g, json_t *array)
{
	json_t *object = json_object();

	g->failed |= json_array_append_new(array, object) != 0;
	return g->failed ? NULL : object;
}

static json_t *text_of(const void *address, sa_family_t family)
{
	struct ip_addr addr = { .family = family };
	char text[IP_ADDR_TEXT];

	memcpy(addr.bytes, address, ip_addr_size(&addr));
	return json_string(ip_addr_format(&addr, text));
}

static json_t *interface_at(struct gathering *g, uint32_t index)
{
	char key[16];

	snprintf(key, sizeof(key), "%u", index);
	return json_object_get(g->by_index, key);
}

/* Attribute of at least `size` bytes; NULL: not there. */
static const void *attribute(const struct nlmsghdr *m, size_t header, uint16_t type, size_t size)
{
	const char *end = mnl_nlmsg_get_payload_tail(m);
	const struct nlattr *a;

	for (a = mnl_nlmsg_get_payload_offset(m, header); mnl_attr_ok(a, (int)(end - (const char *)a)); a = mnl_attr_next(a))
		if (mnl_attr_get_type(a) == type && mnl_attr_get_payload_len(a) >= size)
			return mnl_attr_get_payload(a);
	return NULL;
}

/* --- one message each --- */

static json_t *flags_of(unsigned flags)
{
	static const struct {
		unsigned bit;
		const char *word;
	} words[] = {
		{ IFF_LOOPBACK, "LOOPBACK" }, { IFF_BROADCAST, "BROADCAST" }, { IFF_POINTOPOINT, "POINTOPOINT" },
		{ IFF_NOARP, "NOARP" },
		{ IFF_MULTICAST, "MULTICAST" }, { IFF_UP, "UP" }, { IFF_LOWER_UP, "LOWER_UP" },
	};
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (flags & words[i].bit)
			json_array_append_new(list, json_string(words[i].word));
	return list;
}

static int on_link(const struct nlmsghdr *m, void *context)
{
	static const char *const states[] = { "UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP" };
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(m);
	const char *name = attribute(m, sizeof(*info), IFLA_IFNAME, 1);
	const uint8_t *state = attribute(m, sizeof(*info), IFLA_OPERSTATE, 1);
	struct gathering *g = context;
	json_t *interface = name ? append_object(g, g->interfaces) : NULL;
	char key[16];

	if (!interface)
		return MNL_CB_OK;
	snprintf(key, sizeof(key), "%u", info->ifi_index);
	add(g, interface, "ifname", doc_text((struct slice){ name, strnlen(name, IFNAMSIZ) }));
	add(g, interface, "flags", flags_of(info->ifi_flags));
	add(g, interface, "operstate", json_string(states[state && *state < sizeof states / sizeof *states ? *state : 0]));
	add(g, interface, "addr_info", json_array());
	g->failed |= json_object_set(g->by_index, key, interface) != 0;
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *m, void *context)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(m);
	size_t size = info->ifa_family == AF_INET ? 4 : 16;
	/* on a point-to-point device IFA_ADDRESS is the other end */
	const void *local = attribute(m, sizeof(*info), IFA_LOCAL, size);
	struct gathering *g = context;
	json_t *interface = interface_at(g, info->ifa_index), *element;

	if (!local)
		local = attribute(m, sizeof(*info), IFA_ADDRESS, size);
	if (!interface || !local || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6))
		return MNL_CB_OK;
	element = append_object(g, json_object_get(interface, "addr_info"));
	if (!element)
		return MNL_CB_OK;
	add(g, element, "family", json_string(info->ifa_family == AF_INET ? "inet" : "inet6"));
	add(g, element, "local", text_of(local, info->ifa_family));
	add(g, element, "prefixlen", json_integer(info->ifa_prefixlen));
	add(g, element, "scope",
	    json_string(info->ifa_scope == RT_SCOPE_LINK ? "link" : info->ifa_scope == RT_SCOPE_HOST ? "host" : "global"));
	return MNL_CB_OK;
}

static void add_route(struct gathering *g, const struct nlmsghdr *m, const struct rtmsg *info, json_t *route)
{
	size_t size = info->rtm_family == AF_INET ? 4 : 16;
	const void *gateway = attribute(m, sizeof(*info), RTA_GATEWAY, size);
	const void *source = attribute(m, sizeof(*info), RTA_PREFSRC, size);
	const uint32_t *device = attribute(m, sizeof(*info), RTA_OIF, 4), *metric = attribute(m, sizeof(*info), RTA_PRIORITY, 4);
	const struct rtnexthop *hop = attribute(m, sizeof(*info), RTA_MULTIPATH, sizeof(*hop));
	uint32_t index = device ? *device : hop ? (uint32_t)hop->rtnh_ifindex : 0;
	json_t *interface = interface_at(g, index);

	add(g, route, "dst", json_string("default"));
	if (gateway)
		add(g, route, "gateway", text_of(gateway, info->rtm_family));
	if (interface)
		g->failed |= json_object_set(route, "dev", json_object_get(interface, "ifname")) != 0;
	if (source)
		add(g, route, "prefsrc", text_of(source, info->rtm_family));
	if (metric)
		add(g, route, "metric", json_integer(*metric));
}

/* Only the default routes of the main table: no other is looked at, and a router has a million. */
static int on_route(const struct nlmsghdr *m, void *context)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(m);
	struct gathering *g = context;
	json_t *route;

	if (info->rtm_dst_len != 0 || info->rtm_table != RT_TABLE_MAIN || info->rtm_type != RTN_UNICAST)
		return MNL_CB_OK;
	route = append_object(g, g->routes);
	if (route)
		add_route(g, m, info, route);
	return MNL_CB_OK;
}

/* --- dumps --- */

static int dump(struct gathering *g, uint16_t type, sa_family_t family, mnl_cb_t callback)
{
	/* MNL_SOCKET_BUFFER_SIZE of large pages, and what the kernel fills at most */
	_Alignas(struct nlmsghdr) char buffer[32768];
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *body;
	ssize_t n;
	int r;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->nlmsg_seq = ++g->sequence;
	body = mnl_nlmsg_put_extra_header(m, type == RTM_GETLINK ? sizeof(struct ifinfomsg) :
					  type == RTM_GETADDR ? sizeof(struct ifaddrmsg) : sizeof(struct rtmsg));
	body->rtgen_family = (unsigned char)family;
	if (mnl_socket_sendto(g->socket, m, m->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(g->socket, buffer, sizeof(buffer));
		if (n < 0)
			return -errno;
		r = mnl_cb_run(buffer, (size_t)n, g->sequence, mnl_socket_get_portid(g->socket), callback, g);
	} while (r > MNL_CB_STOP);
	return r < 0 ? -errno : 0;
}

static json_t *gather_routes(struct gathering *g, sa_family_t family, int *error)
{
	g->routes = json_array();
	if (!*error)
		*error = dump(g, RTM_GETROUTE, family, on_route);
	return g->routes;
}

/* --- /proc --- */

/* Absent on a kernel without FIPS support, which is a "no". */
static bool fips_enabled(void)
{
	CLEANUP(cleanup_fclose) FILE *f = fopen("/proc/sys/crypto/fips_enabled", "re");

	return f && fgetc(f) == '1';
}

static json_t *gather_algorithms(void)
{
	CLEANUP(cleanup_fclose) FILE *f = fopen("/proc/crypto", "re");
	CLEANUP(cleanup_free) char *line = NULL;
	json_t *list = json_array(), *seen = json_object();
	size_t size = 0;
	char name[128];

	while (f && getline(&line, &size, f) > 0) {
		if (sscanf(line, "name : %127s", name) != 1 || json_object_get(seen, name))
			continue;
		json_object_set_new(seen, name, json_true());
		json_array_append_new(list, doc_text(slice_of(name)));
	}
	json_decref(seen);
	return list;
}

/* --- the document --- */

static int gather_network(struct gathering *g, struct doc *d)
{
	int error = dump(g, RTM_GETLINK, AF_UNSPEC, on_link);

	if (!error)
		error = dump(g, RTM_GETADDR, AF_UNSPEC, on_address);
	json_incref(g->interfaces);
	doc_set(d, "addresses", g->interfaces);
	doc_set(d, "routes", gather_routes(g, AF_INET, &error));
	doc_set(d, "routes6", gather_routes(g, AF_INET6, &error));
	return error;
}

int facts_gather(struct buf *out, const char *libreswan)
{
	struct gathering g = { .interfaces = json_array(), .by_index = json_object(), .sequence = 1 };
	struct doc d = doc_new();
	struct utsname names;
	int error;

	g.socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	error = g.socket && mnl_socket_bind(g.socket, 0, MNL_SOCKET_AUTOPID) == 0 ? 0 : -errno;
	doc_set(&d, "version", json_integer(1));
	if (uname(&names) == 0)
		doc_set_text(&d, "hostname", names.nodename);
	if (!error)
		error = gather_network(&g, &d);
	doc_set(&d, "fips", json_boolean(fips_enabled()));
	if (uname(&names) == 0)
		doc_set_text(&d, "kernel", names.release);
	doc_set(&d, "algorithms", gather_algorithms());
	if (libreswan)
		doc_set_text(&d, "libreswan", libreswan);
	if (g.socket)
		mnl_socket_close(g.socket);
	json_decref(g.by_index);
	json_decref(g.interfaces);
	if (!error && (g.failed || d.failed))
		error = -ENOMEM;
	if (error) {
		json_decref(d.json);
		return error;
	}
	return doc_write(d.json, out);
}
