/* SPDX-License-Identifier: Apache-2.0 */
/* pfkey.c -- the plan's policies as text for `setkey -f`, and as the messages that it would send.
 *
 * spdupdate creates or replaces, so the script may run twice; the fwd line always follows the in line, so that it means the same in setkey's
 * RFC and kernel modes. Never spdflush: it removes everybody's policies. SAs come from IKE and are no matter of this backend.
 */
#include "backends/pfkey/pfkey.h"

#include <errno.h>

#include "backends/pfkey/pfkey_msg.h"

struct writer {
	const struct backend_options *options;
	struct diag *diag;
	struct buf *out;
	bool messages;			/* --format=pfkey */
	bool incomplete;
	const char *told_reqid;		/* child already reported, so that three directions make one finding */
};

static bool same_name(const char *a, const char *b)
{
	return a && strcmp(a, b) == 0;
}

/* What PF_KEY has no field for. A policy without its mark or if_id would catch other traffic, so it is left out, and said. */
static bool expressible(struct writer *w, const struct plan_policy *p)
{
	struct finding *f;

	if (p->mark.mask == 0 && p->if_id == 0)
		return true;
	w->incomplete = true;
	if (p->dir != PLAN_OUT)
		return false;
	f = diag_report(w->diag, RULE_PFKEY_CANNOT_EXPRESS, backend_span(w->options, &p->origin), "PF_KEY cannot express the %s of conn '%s'",
			p->mark.mask ? "mark" : "interface ID", p->conn);
	diag_set_conn(f, p->conn);
	diag_note(w->diag, f, "its policies are left out: without the %s they would catch other traffic", p->mark.mask ? "mark" : "interface ID");
	diag_help(w->diag, f, "use --target=xfrm for this conn");
	return false;
}

/* E-036: a trap says reqid 0 or a number pluto chose. With a number PF_KEY cannot carry the level is "require", which the kernel stores as
 * reqid 0 and which any SA of the two ends satisfies. */
static void report_reqid(struct writer *w, const struct plan_policy *p, const struct plan_tmpl *t)
{
	struct finding *f;

	if (t->reqid == 0 || pfkey_level_of(t) != PFKEY_LEVEL_REQUIRE || same_name(w->told_reqid, p->conn))
		return;
	w->told_reqid = p->conn;
	f = diag_report(w->diag, RULE_PFKEY_REQID_TOO_LARGE, backend_span(w->options, &p->origin), "PF_KEY cannot carry the reqid %u of conn '%s'", t->reqid, p->conn);
	diag_set_conn(f, p->conn);
	diag_note(w->diag, f, "PF_KEY policies carry a reqid from 1 to %u only; the policy accepts an SA of any reqid between the two ends",
		  PFKEY_REQID_MAX);
	diag_help(w->diag, f, "set reqid= to a number from 1 to %u", PFKEY_REQID_MAX);
}

static void add_level(struct buf *out, const struct plan_tmpl *t)
{
	enum pfkey_level level = pfkey_level_of(t);

	if (level == PFKEY_LEVEL_UNIQUE)
		buf_printf(out, "unique:%u", t->reqid);
	else
		buf_add_str(out, level == PFKEY_LEVEL_USE ? "use" : "require");
}

static void add_request(struct writer *w, const struct plan_tmpl *t)
{
	static const char *const protos[] = { [PLAN_TMPL_ESP] = "esp", [PLAN_TMPL_AH] = "ah", [PLAN_TMPL_COMP] = "ipcomp" };
	char src[IP_ADDR_TEXT], dst[IP_ADDR_TEXT];

	if (t->mode == PLAN_MODE_TUNNEL)
		buf_printf(w->out, " %s/tunnel/%s-%s/", protos[t->proto], ip_addr_format(&t->src, src), ip_addr_format(&t->dst, dst));
	else
		buf_printf(w->out, " %s/transport//", protos[t->proto]);
	add_level(w->out, t);
}

/* setkey sends BASE - N for "+ N"; these two bases reach every number from 0 to 2^32 - 1. */
static void add_priority(struct buf *out, uint32_t priority)
{
	const uint32_t high = 0x40000000u, def = 0x80000000u, low = 0xc0000000u;

	if (priority <= high)
		buf_printf(out, "prio high + %u", high - priority);
	else if (priority <= def)
		buf_printf(out, "prio def + %u", def - priority);
	else if (priority <= low)
		buf_printf(out, "prio low + %u", low - priority);
	else
		buf_printf(out, "prio low - %u", priority - low);
}

static void add_selector(struct buf *out, const struct ip_prefix *prefix, uint16_t port, bool any_port)
{
	char text[IP_PREFIX_TEXT];

	buf_add_str(out, ip_prefix_format(prefix, text));
	if (!any_port)
		buf_printf(out, "[%u]", port);
}

static void add_text(struct writer *w, const struct plan_policy *p)
{
	static const char *const actions[] = { [PLAN_PROTECT] = "ipsec", [PLAN_PASS] = "none", [PLAN_BLOCK] = "discard" };
	bool any_port = !(p->sport || p->dport || p->sport_set || p->dport_set);

	buf_add_str(w->out, "spdupdate ");
	add_selector(w->out, &p->src, p->sport, any_port);
	buf_add_char(w->out, ' ');
	add_selector(w->out, &p->dst, p->dport, any_port);
	if (p->proto)
		buf_printf(w->out, " %u", p->proto);
	else
		buf_add_str(w->out, " any");
	buf_printf(w->out, " -P %s ", plan_dir_words[p->dir]);
	add_priority(w->out, p->priority);
	buf_printf(w->out, " %s", actions[p->action]);
	/* "none" and "discard" ignore requests; pluto's inert templates on its shunts need no place here. */
	if (p->action == PLAN_PROTECT)
		for (size_t i = 0; i < p->tmpl.n; i++)
			add_request(w, &p->tmpl.v[i]);
	buf_add_str(w->out, ";\n");
}

static void add_message(struct writer *w, const struct plan_policy *p)
{
	size_t before = buf_total(w->out);

	pfkey_msg_policy(w->out, p);
	if (w->options->made)
		w->options->made(w->options->made_context, p, buf_total(w->out) - before);
}

static void add_policy(struct writer *w, const struct plan_policy *p)
{
	if (!expressible(w, p))
		return;
	for (size_t i = 0; p->action == PLAN_PROTECT && i < p->tmpl.n; i++)
		report_reqid(w, p, &p->tmpl.v[i]);
	if (w->messages)
		add_message(w, p);
	else
		add_text(w, p);
}

static int pfkey_emit(const struct plan *plan, const struct backend_options *options, struct diag *diag, struct buf *out)
{
	struct writer w = { .options = options, .diag = diag, .out = out };
	struct rendering r = rendering_of(plan, options, diag->arena);
	const struct plan_policy *p;
	const char *conn = NULL;

	w.messages = options->format && strcmp(options->format, "pfkey") == 0;
	if (!w.messages)
		buf_add_str(out, "# for: setkey -f FILE   (safe to run twice; check the result with setkey -DP, its exit status says nothing)\n");
	while ((p = rendering_next(&r))) {
		if (!w.messages && !same_name(conn, p->conn)) {
			conn = p->conn;
			backend_comment(out, p);
		}
		add_policy(&w, p);
	}
	w.incomplete |= !backend_all_have_policies(plan, options, diag);
	if (buf_failed(out))
		return -ENOMEM;
	return w.incomplete ? -EINVAL : 0;
}

static const char *const pfkey_formats[] = { "text", "pfkey", NULL };

const struct backend pfkey_backend = {
	.name = "pfkey",
	.summary = "text for setkey -f: the policies in PF_KEY's terms",
	.writes_policies = true,
	.formats = pfkey_formats,
	.emit = pfkey_emit,
};
