/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "runtime/daemon/state.h"

struct collector {
	struct daemon *d;
	const char *conn;		/* NULL: all */
	uint64_t now_ms;
	json_t *list;
};

/* Peers' words need not be UTF-8; jansson takes nothing else. */
static json_t *text(const char *s)
{
	json_t *value = s ? json_string(s) : json_null();

	return value ? value : json_string("(not UTF-8)");
}

static json_t *seconds_since(uint64_t then_ms, uint64_t now_ms)
{
	return then_ms && then_ms <= now_ms ? json_integer((json_int_t)((now_ms - then_ms) / 1000)) : json_null();
}

static json_t *seconds_until(uint64_t then_ms, uint64_t now_ms)
{
	return then_ms && then_ms != UINT64_MAX ? json_integer(then_ms > now_ms ? (json_int_t)((then_ms - now_ms) / 1000) : 0)
						: json_null();
}

static json_t *hex(uint64_t value, int digits)
{
	char s[24];

	snprintf(s, sizeof(s), "0x%0*llx", digits, (unsigned long long)value);
	return json_string(s);
}

static json_t *address(const struct ip_addr *a)
{
	char s[IP_ADDR_TEXT];

	return a->family == AF_UNSPEC ? json_null() : json_string(ip_addr_format(a, s));
}

static json_t *origin_object(const struct plan_origin *o)
{
	if (!o || !o->file)
		return json_null();
	return json_pack("{s:o,s:i,s:i}", "file", text(o->file), "line", (int)o->line, "column", (int)o->column);
}

static json_t *selector(const struct traffic_selector *src, const struct traffic_selector *dst)
{
	char s[IP_RANGE_TEXT], d[IP_RANGE_TEXT];
	json_t *o = json_pack("{s:s,s:s}", "src", ip_range_format(&src->range, s), "dst", ip_range_format(&dst->range, d));
	uint8_t proto = src->proto ? src->proto : dst->proto;

	if (!proto)
		json_object_set_new(o, "proto", json_string("any"));
	else
		json_object_set_new(o, "proto", proto_name(proto) ? json_string(proto_name(proto)) : json_integer(proto));
	if (src->port_first == src->port_last)
		json_object_set_new(o, "sport", json_integer(src->port_first));
	if (dst->port_first == dst->port_last)
		json_object_set_new(o, "dport", json_integer(dst->port_first));
	return o;
}

static json_t *selectors(const struct ike_child_status *c)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < c->local_ts_count; i++)
		for (unsigned j = 0; j < c->remote_ts_count; j++)
			json_array_append_new(list, selector(&c->local_ts[i], &c->remote_ts[j]));
	return list;
}

static json_t *child_object(const struct ike_child_status *c, uint64_t now_ms)
{
	json_t *o = json_object();

	json_object_set_new(o, "conn", text(c->name));
	json_object_set_new(o, "state", text(c->state));
	json_object_set_new(o, "mode", json_string(c->mode == PLAN_MODE_TUNNEL ? "tunnel" : "transport"));
	json_object_set_new(o, "encap", json_boolean(c->encap));
	json_object_set_new(o, "spi_in", c->spi_in ? hex(c->spi_in, 8) : json_null());
	json_object_set_new(o, "spi_out", c->spi_out ? hex(c->spi_out, 8) : json_null());
	json_object_set_new(o, "reqid", json_integer(c->reqid));
	json_object_set_new(o, "proposal", text(c->proposal));
	json_object_set_new(o, "bytes_in", json_integer((json_int_t)c->in.bytes));
	json_object_set_new(o, "bytes_out", json_integer((json_int_t)c->out.bytes));
	json_object_set_new(o, "packets_in", json_integer((json_int_t)c->in.packets));
	json_object_set_new(o, "packets_out", json_integer((json_int_t)c->out.packets));
	json_object_set_new(o, "replay_drops", json_integer((json_int_t)c->in.replay_drops));
	json_object_set_new(o, "auth_failures", json_integer((json_int_t)c->in.auth_failures));
	json_object_set_new(o, "selector_drops", json_integer((json_int_t)c->in.selector_drops));
	json_object_set_new(o, "established_s", seconds_since(c->established_ms, now_ms));
	json_object_set_new(o, "rekey_in_s", seconds_until(c->rekey_at_ms, now_ms));
	json_object_set_new(o, "expires_in_s", seconds_until(c->expire_at_ms, now_ms));
	json_object_set_new(o, "selectors", selectors(c));
	json_object_set_new(o, "origin", origin_object(c->origin));
	return o;
}

static void add_sa(void *context, const struct ike_sa_status *sa)
{
	struct collector *to = context;
	json_t *o, *children;

	if (to->conn && strcmp(to->conn, sa->conn) != 0)
		return;
	o = json_object();
	children = json_array();
	json_object_set_new(o, "conn", text(sa->conn));
	json_object_set_new(o, "state", text(sa->state));
	json_object_set_new(o, "version", json_integer(sa->version));
	json_object_set_new(o, "initiator", json_boolean(sa->initiator));
	json_object_set_new(o, "local", address(&sa->local));
	json_object_set_new(o, "local_port", json_integer(sa->local_port));
	json_object_set_new(o, "remote", address(&sa->remote));
	json_object_set_new(o, "remote_port", json_integer(sa->remote_port));
	json_object_set_new(o, "local_id", text(sa->local_id));
	json_object_set_new(o, "remote_id", text(sa->remote_id));
	json_object_set_new(o, "proposal", text(sa->proposal));
	json_object_set_new(o, "spi_i", sa->spi_i ? hex(sa->spi_i, 16) : json_null());
	json_object_set_new(o, "spi_r", sa->spi_r ? hex(sa->spi_r, 16) : json_null());
	json_object_set_new(o, "nat_local", json_boolean(sa->nat_local));
	json_object_set_new(o, "nat_remote", json_boolean(sa->nat_remote));
	json_object_set_new(o, "ppk", json_boolean(sa->ppk));
	json_object_set_new(o, "established_s", seconds_since(sa->established_ms, to->now_ms));
	json_object_set_new(o, "rekey_in_s", seconds_until(sa->rekey_at_ms, to->now_ms));
	json_object_set_new(o, "last_error", text(sa->last_error));
	json_object_set_new(o, "origin", origin_object(sa->origin));
	for (unsigned i = 0; i < sa->child_count; i++)
		json_array_append_new(children, child_object(&sa->children[i], to->now_ms));
	json_object_set_new(o, "children", children);
	json_array_append_new(to->list, o);
}

json_t *daemon_status(struct daemon *d, const char *conn)
{
	struct collector to = { d, conn, daemon_now_ms(), json_array() };

	ike_status(d->ike, to.now_ms, add_sa, &to);
	return json_pack("{s:i,s:s,s:o}", "version", 1, "dataplane", d->dataplane_ops->name, "ike", to.list);
}

static json_t *udp_object(const struct net_counters *n)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}",
			 "received", (json_int_t)n->received,
			 "sent", (json_int_t)n->sent,
			 "keepalives", (json_int_t)n->keepalives,
			 "truncated", (json_int_t)n->truncated,
			 "too_short", (json_int_t)n->too_short,
			 "send_failed", (json_int_t)n->send_failed);
}

static json_t *drops_object(const struct dp_drops *d)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			 "no_policy", (json_int_t)d->no_policy,
			 "no_sa", (json_int_t)d->no_sa,
			 "blocked", (json_int_t)d->blocked,
			 "unknown_spi", (json_int_t)d->unknown_spi,
			 "malformed", (json_int_t)d->malformed,
			 "congested", (json_int_t)d->congested,
			 "send_failed", (json_int_t)d->send_failed);
}

json_t *daemon_stats(struct daemon *d)
{
	const struct net_counters *n = net_counters(d->net);
	struct dp_drops drops;

	d->dataplane_ops->drops(d->dataplane, &drops);
	return json_pack("{s:I,s:o,s:o}", "uptime_s", (json_int_t)((daemon_now_ms() - d->started_ms) / 1000), "udp", udp_object(n),
			 "drops", drops_object(&drops));
}
