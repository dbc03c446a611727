/* SPDX-License-Identifier: Apache-2.0 */
#include "apply/lockout.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* An address as sshd prints it, maybe with the scope of a link-local one. */
static bool parse_address(const char *text, struct ip_addr *ret)
{
	return ip_addr_parse((struct slice){ text, strcspn(text, "%") }, ret) == 0;
}

bool session_parse(const char *text, struct session *ret)
{
	char there[64], here[64];
	struct session s;

	if (sscanf(text, "%63s %hu %63s %hu", there, &s.there_port, here, &s.here_port) != 4 || !parse_address(there, &s.there) ||
	    !parse_address(here, &s.here) || s.here.family != s.there.family)
		return false;
	*ret = s;
	return true;
}

static bool port_matches(bool set, uint16_t wanted, uint16_t port)
{
	return (!set && !wanted) || wanted == port;
}

/* A packet of a session has no mark, and comes through no XFRM interface. */
static bool catches(const struct plan_policy *p, const struct session *s)
{
	bool out = p->dir == PLAN_OUT;
	uint16_t sport = out ? s->here_port : s->there_port, dport = out ? s->there_port : s->here_port;

	return p->dir != PLAN_FWD && p->if_id == 0 && (p->mark.value & p->mark.mask) == 0 && (!p->proto || p->proto == IPPROTO_TCP) &&
	       ip_prefix_has(&p->src, out ? &s->here : &s->there) && ip_prefix_has(&p->dst, out ? &s->there : &s->here) &&
	       port_matches(p->sport_set, p->sport, sport) && port_matches(p->dport_set, p->dport, dport);
}

static const struct change_step *decides(const struct change *c, const struct session *s, enum plan_dir dir)
{
	const struct change_step *best = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct change_step *step = &c->steps[i];

		if (!step->superseded && step->policy->dir == dir && catches(step->policy, s) &&
		    (!best || step->policy->priority < best->policy->priority))
			best = step;
	}
	return best;
}

const struct plan_policy *change_locks_out(const struct change *c, const struct session *s)
{
	static const enum plan_dir dirs[] = { PLAN_OUT, PLAN_IN };

	for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++) {
		const struct change_step *step = decides(c, s, dirs[i]);

		if (step && !step->unchanged && step->policy->action != PLAN_PASS)
			return step->policy;
	}
	return NULL;
}

void lockout_report(const struct plan_policy *p, const struct session *s, struct diag *diag, struct span span)
{
	char there[IP_ADDR_TEXT], src[IP_PREFIX_TEXT], dst[IP_PREFIX_TEXT];
	struct finding *f = diag_report(diag, RULE_WOULD_LOCK_OUT, span, "conn '%s' would end the SSH session from %s that this command runs in",
					p->conn, ip_addr_format(&s->there, there));

	diag_set_conn(f, p->conn);
	diag_note(diag, f, "its policy src %s dst %s dir %s %s the packets of the session; nothing was changed", ip_prefix_format(&p->src, src),
		  ip_prefix_format(&p->dst, dst), plan_dir_words[p->dir], p->action == PLAN_BLOCK ? "blocks" : "lets only protected pass, not");
	diag_help(diag, f, "give SSH a conn with type=passthrough and a narrower selector, or say --allow-lockout, best with --confirm=60");
}
