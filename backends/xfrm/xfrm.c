/* SPDX-License-Identifier: Apache-2.0 */
#include "backends/xfrm/xfrm.h"

#include <netinet/in.h>		/* before linux/, whose in6.h then yields to it */
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include <errno.h>

#include "backends/xfrm/xfrm_msg.h"

struct writer {
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
	char src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];

	buf_printf(out, "xfrm policy update src %s dst %s", ip_prefix_format(&p->src, src), ip_prefix_format(&p->dst, dst));
	add_upper_selector(out, p);
	buf_printf(out, " dir %s%s priority %u", plan_dir_words[p->dir], p->action == PLAN_BLOCK ? " action block" : "", p->priority);
	if (p->mark.mask)
		buf_printf(out, " mark 0x%x mask 0x%x", p->mark.value, p->mark.mask);
	if (p->if_id)
		buf_printf(out, " if_id 0x%x", p->if_id);
	for (size_t i = 0; i < p->tmpl.n; i++)
		add_template(out, &p->tmpl.v[i]);
	buf_add_char(out, '\n');
}

/* --- what cannot be said --- */

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
	f = diag_report(w->diag, RULE_IP_CANNOT_EXPRESS, backend_span(w->options, &p->origin),
			"conn '%s': the ip program takes no port with protocol %u",
			p->conn, p->proto);
	diag_set_conn(f, p->conn);
	diag_help(w->diag, f, "use --format=netlink");
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

static int emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	struct writer w = { .options = options, .diag = diag, .out = out };
	struct rendering r = rendering_of(plan, options, diag->arena);
	const struct plan_policy *p;

	w.netlink = options->format && strcmp(options->format, "netlink") == 0;
	while ((p = rendering_next(&r)))
		add_policy(&w, p);
	w.incomplete |= !backend_all_have_policies(plan, options, diag);
	if (buf_failed(out))
		return -ENOMEM;
	return w.incomplete ? -EINVAL : 0;
}

static const char *const formats[] = { "text", "netlink", NULL };

const struct backend xfrm_backend = {
	.name = "xfrm", .summary = "policies of the Linux kernel, for ip -batch", .writes_policies = true, .formats = formats, .emit = emit,
};
