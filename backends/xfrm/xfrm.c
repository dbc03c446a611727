/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/xfrm/xfrm.h"

#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <errno.h>

#include "base/map.h"
#include "backends/xfrm/xfrm_msg.h"

struct writer {
	const struct plan *plan;
	const struct backend_options *options;
	struct diag *diag;
	struct buf *out;
	bool netlink;
	bool incomplete;
	const char *commented;		/* conn whose comment line is written */
	const char *refused;		/* conn that was reported already */
	uint32_t seq;
};

/* --- text --- */

static bool is_icmp(const struct plan_policy *p)
{
	return p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6;
}

/* X-065a: a type or code of 0 is left out unless it is really meant, since "code 0" makes ip compare it. */
static void add_upper_selector(struct buf *out, const struct plan_policy *p)
{
	const char *name = proto_name(p->proto);

	if (p->proto && name)
		buf_printf(out, " proto %s", name);
	else if (p->proto)
		buf_printf(out, " proto %u", p->proto);
	if (p->sport_set)
		buf_printf(out, " %s %u", is_icmp(p) ? "type" : "sport", p->sport);
	if (p->dport_set)
		buf_printf(out, " %s %u", is_icmp(p) ? "code" : "dport", p->dport);
}

static void add_template(struct buf *out, const struct plan_tmpl *t)
{
	static const char *const protos[] = { [PLAN_TMPL_ESP] = "esp", [PLAN_TMPL_AH] = "ah", [PLAN_TMPL_COMP] = "comp" };
	char src[IP_ADDR_TEXT], dst[IP_ADDR_TEXT];

	buf_add_str(out, " tmpl");
	if (t->src.family != AF_UNSPEC)
		buf_printf(out, " src %s dst %s", ip_addr_format(&t->src, src), ip_addr_format(&t->dst, dst));
	buf_printf(out, " proto %s reqid %u mode %s", protos[t->proto], t->reqid,
		   t->mode == PLAN_MODE_TUNNEL ? "tunnel" : "transport");
	if (t->level == PLAN_LEVEL_USE)
		buf_add_str(out, " level use");
}

static void add_text(struct buf *out, const struct plan_policy *p)
{
	static const char *const dirs[] = { [PLAN_OUT] = "out", [PLAN_IN] = "in", [PLAN_FWD] = "fwd" };
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	buf_printf(out, "xfrm policy update src %s dst %s", ip_prefix_format(&p->src, src), ip_prefix_format(&p->dst, dst));
	add_upper_selector(out, p);
	buf_printf(out, " dir %s%s priority %u", dirs[p->dir], p->action == PLAN_BLOCK ? " action block" : "", p->priority);
	if (p->mark.mask)
		buf_printf(out, " mark 0x%x mask 0x%x", p->mark.value, p->mark.mask);
	if (p->if_id)
		buf_printf(out, " if_id 0x%x", p->if_id);
	for (size_t i = 0; i < p->tmpl.n; i++)
		add_template(out, &p->tmpl.v[i]);
	buf_add_char(out, '\n');
}

/* --- what cannot be said --- */

static struct span span_of(const struct writer *w, const struct plan_origin *origin)
{
	return w->options->span_of ? w->options->span_of(w->options->span_context, origin) : (struct span){ 0, 0 };
}

/* The words sport, dport, type and code of `ip` go with these protocols only, or with none. */
static bool text_takes_ports(const struct plan_policy *p)
{
	static const uint8_t protocols[] = {
		0, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_DCCP, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_MH,
	};

	return (!p->sport_set && !p->dport_set) || memchr(protocols, p->proto, sizeof(protocols));
}

static void refuse_ports(struct writer *w, const struct plan_policy *p)
{
	struct finding *f;

	w->incomplete = true;
	if (w->refused && strcmp(w->refused, p->conn) == 0)
		return;
	w->refused = p->conn;
	f = diag_report(w->diag, RULE_IP_CANNOT_EXPRESS, span_of(w, &p->origin),
			"conn '%s': the ip program takes no port with protocol %u",
			p->conn, p->proto);
	diag_set_conn(f, p->conn);
	diag_help(w->diag, f, "use --format=netlink");
}

static const char *why_no_policies(const struct plan_peer *peer, const char **ret_name)
{
	*ret_name = "";
	if (peer->side == PLAN_SIDE_UNKNOWN)
		return peer->side_why;
	if (peer->local.kind != PLAN_ADDRESS_FIXED)
		return "the address of this host is not known";
	if (peer->remote.kind == PLAN_ADDRESS_NAME) {
		*ret_name = peer->remote.name;
		return "its address is looked up at run time: ";
	}
	if (peer->remote.virtual_subnet || peer->local.virtual_subnet)
		return "they come with each peer, which asks for its network";
	if (peer->remote.any_port || peer->local.any_port)
		return "they come with each peer, whose port may be any";
	return "they come with each peer, whose address may be any";
}

/* Nothing is missing: the conn waits for peers that call. */
static bool waits(const struct plan_peer *peer)
{
	return peer->side != PLAN_SIDE_UNKNOWN && peer->local.kind == PLAN_ADDRESS_FIXED &&
	       (peer->remote.kind == PLAN_ADDRESS_ANY || peer->remote.any_port || peer->local.any_port || peer->remote.virtual_subnet);
}

static bool named(const struct backend_options *options, const char *conn)
{
	for (const char *const *name = options->conns; name && *name; name++)
		if (strcmp(*name, conn) == 0)
			return true;
	return false;
}

static void report_no_policies(struct writer *w, const struct plan_child *child)
{
	const struct plan_peer *peer = plan_peer_by_conn(w->plan, child->peer);
	const char *name, *why = peer ? why_no_policies(peer, &name) : "its peer is missing";
	bool template = peer && waits(peer) && !named(w->options, child->peer);
	struct finding *f;

	w->incomplete |= !template;
	if (w->options->ir && peer && peer->side == PLAN_SIDE_UNKNOWN)	/* lowering has said it */
		return;
	f = diag_report(w->diag, RULE_NO_POLICIES, span_of(w, &child->origin), "conn '%s' has no policies yet: %s%s", child->name,
			why, peer ? name : "");
	diag_set_conn(f, child->name);
	if (template)
		diag_set_severity(w->diag, f, SEVERITY_NOTE);
}

/* --- all of it --- */

static void add_policy(struct writer *w, const struct plan_policy *p)
{
	if (w->netlink) {
		size_t before = buf_total(w->out);

		xfrm_msg_policy(w->out, XFRM_MSG_UPDPOLICY, ++w->seq, p);
		if (w->options->made)
			w->options->made(w->options->made_context, p, buf_total(w->out) - before);
		return;
	}
	if (!text_takes_ports(p)) {
		refuse_ports(w, p);
		return;
	}
	if (!w->commented || strcmp(w->commented, p->conn) != 0)
		backend_comment(w->out, p);
	w->commented = p->conn;
	add_text(w->out, p);
}

static void report_children_without(struct writer *w)
{
	const struct plan *plan = w->plan;
	struct map seen;

	map_init(&seen, w->diag->arena);
	for (size_t i = 0; i < plan->policies.n; i++)
		map_set(&seen, slice_of(plan->policies.v[i].conn), (void *)&plan->policies.v[i]);
	for (size_t i = 0; i < plan->children.n; i++)
		if (!map_get(&seen, slice_of(plan->children.v[i].name)))
			report_no_policies(w, &plan->children.v[i]);
}

static int emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	struct writer w = { .plan = plan, .options = options, .diag = diag, .out = out };
	struct rendering r = rendering_of(plan, options, diag->arena);
	const struct plan_policy *p;

	w.netlink = options->format && strcmp(options->format, "netlink") == 0;
	while ((p = rendering_next(&r)))
		add_policy(&w, p);
	report_children_without(&w);
	if (buf_failed(out))
		return -ENOMEM;
	return w.incomplete ? -EINVAL : 0;
}

static const char *const formats[] = { "text", "netlink", NULL };

const struct backend xfrm_backend = {
	.name = "xfrm", .summary = "policies of the Linux kernel, for ip -batch", .formats = formats, .emit = emit,
};
