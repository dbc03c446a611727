/* SPDX-License-Identifier: Apache-2.0 */
/* `setkey -DP` of ipsec-tools on Linux. */
#include <netinet/in.h>

#include "compare/dump_read.h"

/* "10.1.0.0/24[any]", "192.0.2.1[1701]" */
static void take_end(struct dump_reader *r, struct slice *rest, struct ip_prefix *ret, uint16_t *ret_port, bool *ret_set)
{
	struct slice word = r->line, whole, network, port;
	struct ip_addr host;
	uint64_t n = 0;

	if (!dump_word(rest, &word)) {
		dump_complain(r, r->line, "a policy begins with two networks");
		return;
	}
	whole = word;
	slice_split(&word, "[", &network);
	port = word.n && word.p[word.n - 1] == ']' ? slice_sub(word, 0, word.n - 1) : (struct slice){ 0 };
	if (ip_addr_parse(network, &host) == 0)
		*ret = ip_prefix_of_host(&host);
	else if (ip_prefix_parse(network, ret, NULL))
		dump_complain(r, whole, "this is no network with its port in brackets");
	*ret_set = port.n && !slice_eq_str(port, "any");
	if (*ret_set && !dump_number(port, UINT16_MAX, &n))
		dump_complain(r, whole, "the port is a number or any");
	*ret_port = (uint16_t)n;
}

/* "any", "tcp", "50", "icmp6 135,0" */
static void take_protocol(struct dump_reader *r, struct slice rest, struct plan_policy *p)
{
	struct slice word = rest, type;
	uint64_t t, c;

	if (!dump_word(&rest, &word) || slice_eq_str(word, "any"))
		return;
	if (slice_eq_str(word, "icmp6"))
		p->proto = IPPROTO_ICMPV6;
	else if (proto_number(word, &p->proto)) {
		dump_complain(r, word, "this is no protocol");
		return;
	}
	if (p->proto == UINT8_MAX)	/* "any" of the kernel */
		p->proto = 0;
	if (!dump_word(&rest, &word) || !slice_split(&word, ",", &type) || !word.p)
		return;
	if (!dump_number(type, UINT8_MAX, &t) || !dump_number(word, UINT8_MAX, &c)) {
		dump_complain(r, type, "type and code are two numbers");
		return;
	}
	p->sport = (uint16_t)t, p->sport_set = true;
	p->dport = (uint16_t)c, p->dport_set = c != 0;	/* PF_KEY cannot say code 0 */
}

/* "prio high + 1073739824": the number is the base less what is added. */
static void take_priority(struct dump_reader *r, struct slice *rest, struct plan_policy *p)
{
	static const struct { const char *word; uint32_t base; } bases[] = {
		{ "high", 0x40000000u }, { "def", 0x80000000u }, { "low", 0xc0000000u },
	};
	struct slice word = r->line, sign = { 0 }, ahead = *rest;
	uint64_t n = 0;

	dump_word(rest, &word);
	for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
		if (slice_eq_str(word, bases[i].word))
			p->priority = bases[i].base;
	ahead = *rest;
	if (!dump_word(&ahead, &sign) || !(slice_eq_str(sign, "+") || slice_eq_str(sign, "-")))
		return;
	*rest = ahead;
	if (!dump_word(rest, &word) || !dump_number(word, UINT32_MAX, &n))
		dump_complain(r, sign, "a number stands behind the sign of a priority");
	p->priority = slice_eq_str(sign, "+") ? p->priority - (uint32_t)n : p->priority + (uint32_t)n;
}

/* "out prio high + 5 ipsec" */
static void take_direction(struct dump_reader *r, struct plan_policy *p)
{
	struct slice rest = r->line, word = rest;

	dump_word(&rest, &word);
	if (slice_eq_str(word, "(per-socket")) {
		r->skip = true;
		return;
	}
	dump_direction(r, word, p);
	if (!dump_word(&rest, &word))
		word = r->line;
	if (slice_eq_str(word, "prio")) {
		take_priority(r, &rest, p);
		if (!dump_word(&rest, &word))
			word = r->line;
	}
	if (slice_eq_str(word, "discard"))
		p->action = PLAN_BLOCK;
	else if (slice_eq_str(word, "none"))
		p->action = PLAN_PASS;
	else if (!slice_eq_str(word, "ipsec") && !r->bad)
		dump_complain(r, word, "a policy is discard, none or ipsec");
}

/* "unique:4000", "unique#4000" */
static void take_level(struct dump_reader *r, struct slice level, struct plan_tmpl *t)
{
	struct slice word;
	uint64_t n = 0;

	t->level = slice_eq_str(level, "use") ? PLAN_LEVEL_USE : PLAN_LEVEL_REQUIRED;
	if (!slice_starts(level, "unique") || !slice_split(&level, ":#", &word) || !level.p)
		return;
	if (!dump_number(level, UINT32_MAX, &n))
		dump_complain(r, level, "a reqid is a number");
	t->reqid = (uint32_t)n;
}

/* "esp/tunnel/192.0.2.1-198.51.100.2/require" */
static void take_request(struct dump_reader *r, struct slice word, struct plan_policy *p)
{
	struct slice proto, mode = { 0 }, ends = { 0 }, first, level = { 0 };
	struct plan_tmpl t = { 0 };

	slice_split(&word, "/", &proto);
	slice_split(&word, "/", &mode);
	slice_split(&word, "/", &ends);
	level = word;
	t.proto = slice_eq_str(proto, "ah") ? PLAN_TMPL_AH : slice_eq_str(proto, "ipcomp") ? PLAN_TMPL_COMP : PLAN_TMPL_ESP;
	t.mode = slice_eq_str(mode, "transport") ? PLAN_MODE_TRANSPORT : PLAN_MODE_TUNNEL;
	if (!slice_eq_str(mode, "transport") && !slice_eq_str(mode, "tunnel"))
		dump_complain(r, mode.n ? mode : r->line, "the mode is tunnel or transport");
	if (ends.n && (!slice_split(&ends, "-", &first) || ip_addr_parse(first, &t.src) || !ends.p || ip_addr_parse(ends, &t.dst)))
		dump_complain(r, r->line, "two addresses belong here, with a hyphen between");
	take_level(r, level, &t);
	vec_push(r->arena, &p->tmpl, t);
}

static void take_line(struct dump_reader *r, struct plan_policy *p)
{
	struct slice rest = r->line, word;

	if (dump_word(&rest, &word) && (slice_starts(word, "esp/") || slice_starts(word, "ah/") || slice_starts(word, "ipcomp/")))
		take_request(r, word, p);
}

void dump_read_setkey(struct dump_reader *r)
{
	struct plan_policy p = { .conn = "", .origin = { r->path, r->line_number, 1 } };
	struct slice rest = r->line;
	bool directed = false;

	r->skip = slice_starts(slice_trim(r->line), "(per-socket");
	if (!r->skip) {
		take_end(r, &rest, &p.src, &p.sport, &p.sport_set);
		take_end(r, &rest, &p.dst, &p.dport, &p.dport_set);
		take_protocol(r, rest, &p);
	}
	while (r->next.p && r->next.n && (r->next.p[0] == '\t' || r->next.p[0] == ' ')) {
		dump_next_line(r);
		r->line_number++;
		if (r->bad || r->skip)
			continue;
		if (!directed)
			take_direction(r, &p);
		else
			take_line(r, &p);
		directed = true;
	}
	if (!r->bad && !r->skip && !directed)
		dump_complain(r, r->line, "this policy has no direction; is the text cut off?");
	if (p.action == PLAN_PROTECT && !p.tmpl.n && !r->bad && !r->skip)
		p.action = PLAN_PASS;	/* `ipsec` without a request lets all pass */
	p.mode = p.tmpl.n ? p.tmpl.v[0].mode : PLAN_MODE_TUNNEL;
	dump_finish_policy(r, &p);
}
