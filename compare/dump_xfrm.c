/* SPDX-License-Identifier: Apache-2.0 */
/* `ip xfrm policy` of iproute2 (X-065a, X-066; the table of the dump's lines behind X-067). */
#include <netinet/in.h>

#include "compare/dump_read.h"

static bool is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

/* "N", or "N(0x...)" as -s prints it. */
static bool take_number(struct dump_reader *r, struct slice *rest, uint64_t max, uint64_t *ret)
{
	struct slice word, number;

	if (dump_word(rest, &word)) {
		number = word;
		for (size_t i = 0; i < word.n; i++)
			if (word.p[i] == '(')
				number = slice_sub(word, 0, i);
		if (dump_number(number, max, ret))
			return true;
		dump_complain(r, word, "this is no number that can stand here");
		return false;
	}
	dump_complain(r, r->line, "a number is missing at the end of the line");
	return false;
}

static void take_prefix(struct dump_reader *r, struct slice *rest, struct ip_prefix *ret)
{
	struct slice word = r->line;

	if (!dump_word(rest, &word) || ip_prefix_parse(word, ret, NULL))
		dump_complain(r, word, "this is no network");
}

static void take_port(struct dump_reader *r, struct slice *rest, uint16_t *ret, bool *ret_set)
{
	uint64_t n;

	*ret_set = take_number(r, rest, UINT16_MAX, &n);
	*ret = *ret_set ? (uint16_t)n : 0;
}

/* "src A/P dst B/Q [proto X [sport N] [dport N]] [dev IF] [uid N]" */
static void take_header(struct dump_reader *r, struct plan_policy *p)
{
	struct slice rest = r->line, word;
	uint64_t ignored;

	while (!r->bad && dump_word(&rest, &word)) {
		if (slice_eq_str(word, "src"))
			take_prefix(r, &rest, &p->src);
		else if (slice_eq_str(word, "dst"))
			take_prefix(r, &rest, &p->dst);
		else if (slice_eq_str(word, "proto")) {
			if (!dump_word(&rest, &word) || proto_number(word, &p->proto))
				dump_complain(r, word, "this is no protocol");
		} else if (slice_eq_str(word, "sport") || (slice_eq_str(word, "type") && is_icmp(p->proto)))
			take_port(r, &rest, &p->sport, &p->sport_set);
		else if (slice_eq_str(word, "dport") || (slice_eq_str(word, "code") && is_icmp(p->proto)))
			take_port(r, &rest, &p->dport, &p->dport_set);
		else if (slice_eq_str(word, "uid"))
			take_number(r, &rest, UINT32_MAX, &ignored);
		else
			dump_complain(r, word, "this part of a selector cannot be compared");
	}
	if (!r->bad && (p->src.addr.family == AF_UNSPEC || p->src.addr.family != p->dst.addr.family))
		dump_complain(r, r->line, "a policy begins with two networks of one family");
}

/* "dir D [action A] [index N] priority N [ptype T] [share S] [flag F ...]" */
static void take_direction(struct dump_reader *r, struct slice rest, struct plan_policy *p)
{
	struct slice word;
	bool typed = false;
	uint64_t n;

	if (!dump_word(&rest, &word))
		word = (struct slice){ 0 };
	dump_direction(r, word, p);
	while (!r->bad && dump_word(&rest, &word)) {
		if (slice_eq_str(word, "action")) {
			if (dump_word(&rest, &word) && slice_eq_str(word, "block"))
				p->action = PLAN_BLOCK;
		} else if (slice_eq_str(word, "priority")) {
			if (take_number(r, &rest, UINT32_MAX, &n))
				p->priority = (uint32_t)n;
		} else if (slice_eq_str(word, "ptype")) {
			typed = dump_word(&rest, &word) && (slice_eq_str(word, "main") || slice_eq_str(word, "sub"));
			r->skip |= typed && slice_eq_str(word, "sub");
		} else if (slice_eq_str(word, "flag")) {
			break;
		} else if (slice_eq_str(word, "index") || slice_eq_str(word, "share")) {
			dump_word(&rest, &word);
		}
	}
	if (!r->bad && !typed)		/* printed always, behind the priority */
		dump_complain(r, r->line, "the line of the direction ends before its ptype; is the text cut off?");
}

/* "mark 0xV/0xM" */
static void take_mark(struct dump_reader *r, struct slice rest, struct plan_policy *p)
{
	struct slice word = rest, value;
	uint64_t v, m;

	if (dump_word(&rest, &word) && slice_split(&word, "/", &value) && dump_number(value, UINT32_MAX, &v) && word.p && dump_number(word, UINT32_MAX, &m))
		p->mark = (struct plan_mark){ (uint32_t)v, (uint32_t)m };
	else
		dump_complain(r, r->line, "a mark is VALUE/MASK");
}

/* "tmpl src A dst B" */
static void take_template(struct dump_reader *r, struct slice rest, struct plan_policy *p)
{
	struct plan_tmpl t = { 0 };
	struct slice word;

	while (!r->bad && dump_word(&rest, &word)) {
		struct ip_addr *to = slice_eq_str(word, "src") ? &t.src : slice_eq_str(word, "dst") ? &t.dst : NULL;

		if (!to || !dump_word(&rest, &word) || ip_addr_parse(word, to))
			dump_complain(r, word, "a template has the addresses src and dst");
	}
	if (t.src.family != AF_UNSPEC && ip_addr_is_zero(&t.src) && t.dst.family != AF_UNSPEC && ip_addr_is_zero(&t.dst))
		t.src = t.dst = (struct ip_addr){ 0 };
	vec_push(r->arena, &p->tmpl, t);
}

static void take_template_protocol(struct dump_reader *r, struct slice word, struct plan_tmpl *t)
{
	if (slice_eq_str(word, "esp"))
		t->proto = PLAN_TMPL_ESP;
	else if (slice_eq_str(word, "ah"))
		t->proto = PLAN_TMPL_AH;
	else if (slice_eq_str(word, "comp"))
		t->proto = PLAN_TMPL_COMP;
	else
		dump_complain(r, word, "a template is for esp, ah or comp");
}

/* "proto P [spi S] reqid N mode M" and "level use", below a template */
static void take_template_line(struct dump_reader *r, struct slice rest, struct plan_tmpl *t)
{
	bool moded = !slice_starts(slice_trim(rest), "proto ");
	struct slice word, value;
	uint64_t n;

	while (!r->bad && dump_word(&rest, &word)) {
		if (slice_eq_str(word, "reqid")) {
			if (take_number(r, &rest, UINT32_MAX, &n))
				t->reqid = (uint32_t)n;
			continue;
		}
		if (!dump_word(&rest, &value))
			break;
		moded |= slice_eq_str(word, "mode");
		if (slice_eq_str(word, "proto"))
			take_template_protocol(r, value, t);
		else if (slice_eq_str(word, "mode") && (slice_eq_str(value, "tunnel") || slice_eq_str(value, "transport")))
			t->mode = slice_eq_str(value, "tunnel") ? PLAN_MODE_TUNNEL : PLAN_MODE_TRANSPORT;
		else if (slice_eq_str(word, "mode"))
			dump_complain(r, value, "the mode of a template is tunnel or transport");
		else if (slice_eq_str(word, "level"))
			t->level = slice_eq_str(value, "use") ? PLAN_LEVEL_USE : PLAN_LEVEL_REQUIRED;
	}
	if (!r->bad && !moded)
		dump_complain(r, r->line, "the line of a template ends before its mode; is the text cut off?");
}

/* One of the lines below the first. What is not of a policy's meaning (lifetimes, counters) begins with other words. */
static void take_line(struct dump_reader *r, struct plan_policy *p)
{
	bool deeper = slice_starts(r->line, "\t\t") && p->tmpl.n;
	struct slice rest = r->line, word;
	uint64_t n;

	if (!dump_word(&rest, &word))
		return;
	if (deeper && (slice_eq_str(word, "proto") || slice_eq_str(word, "level")))
		take_template_line(r, r->line, &p->tmpl.v[p->tmpl.n - 1]);
	else if (slice_eq_str(word, "dir"))
		take_direction(r, rest, p);
	else if (slice_eq_str(word, "socket"))
		r->skip = true;
	else if (slice_eq_str(word, "mark"))
		take_mark(r, rest, p);
	else if (slice_eq_str(word, "tmpl"))
		take_template(r, rest, p);
	else if (slice_eq_str(word, "if_id") && take_number(r, &rest, UINT32_MAX, &n))
		p->if_id = (uint32_t)n;
	else if (r->line.p + r->line.n == r->text.p + r->text.n)	/* no newline behind it: "tm" of "tmpl" */
		dump_complain(r, r->line, "nothing of a policy begins so; is the text cut off?");
}

void dump_read_xfrm(struct dump_reader *r)
{
	struct plan_policy p = { .conn = "", .origin = { r->path, r->line_number, 1 } };
	struct slice first = r->line;
	bool directed = false;
	size_t told = 0;	/* templates whose protocol and mode were read */

	take_header(r, &p);
	while (r->next.p && r->next.n && (r->next.p[0] == '\t' || r->next.p[0] == ' ')) {
		dump_next_line(r);
		r->line_number++;
		if (r->bad || r->skip)
			continue;
		directed |= slice_starts(slice_trim(r->line), "dir ");
		told += p.tmpl.n && slice_starts(slice_trim(r->line), "proto ");
		take_line(r, &p);
	}
	if (!r->bad && !r->skip && !directed)
		dump_complain(r, first, "this policy has no direction; is the text cut off?");
	if (!r->bad && !r->skip && told < p.tmpl.n)
		dump_complain(r, r->line, "a template has no protocol; is the text cut off?");
	if (p.action != PLAN_BLOCK)
		p.action = p.tmpl.n ? PLAN_PROTECT : PLAN_PASS;
	p.mode = p.tmpl.n ? p.tmpl.v[0].mode : PLAN_MODE_TUNNEL;
	dump_finish_policy(r, &p);
}
