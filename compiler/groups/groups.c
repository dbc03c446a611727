/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/groups/groups.h"

#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "proto/prefix_set.h"

#define WORDS_READ 5u		/* of a line: network, protocol, two ports, and one too many */

struct word {
	struct slice text;
	struct span span;
};

struct reader {
	struct arena *arena;
	struct sources *sources;
	struct diag *diag;
	enum release release;
	struct map seen;		/* "who network protocol ports" -> struct span of the first entry */
	struct ir_conn *conn;		/* whose file it is */
	struct ir_group *group;
	const char *local;		/* our end, as part of the keys of `seen` */
	sa_family_t family;
	bool ends;			/* nothing after this line is read */
};

__attribute__((format(printf, 4, 5)))
static struct finding *report(struct reader *r, enum rule_id rule, struct span span, const char *format, ...)
{
	struct finding *f;
	va_list args;

	va_start(args, format);
	f = diag_vreport(r->diag, rule, span, format, args);
	va_end(args);
	diag_set_conn(f, r->conn->name);
	if (f->severity != SEVERITY_NOTE && r->conn->verdict == VERDICT_LOADS)
		r->conn->verdict = VERDICT_LOADS_WITH_WARNINGS;
	return f;
}

/* --- one entry ---------------------------------------------------------------------------------------------------------------- */

static void bad_network(struct reader *r, const struct word *word)
{
	struct finding *f = report(r, RULE_GROUP_ENTRY_BAD, word->span, "'" SLICE_FMT "' is no network", SLICE_ARG(word->text));
	uint8_t proto;

	if (r->release > RELEASE_3_18)
		diag_note(r->diag, f, "libreswan %s says so and skips the line", release_name(r->release));
	else if (proto_number(word->text, &proto) == 0)
		diag_note(r->diag, f, "libreswan 3.18 knows no protocols and ports in this file and takes each word for a network");
	else
		diag_note(r->diag, f, "libreswan 3.18 looks the word up as a host name");
	diag_help(r->diag, f, "write an address, or ADDRESS/LENGTH");
}

static const char *family_name(sa_family_t family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

static bool read_network(struct reader *r, const struct word *word, struct ip_prefix *ret)
{
	struct ip_addr addr;
	bool host_bits = false, skipped = r->release == RELEASE_4_10;	/* run: 4.10 */
	struct finding *f;

	if (ip_addr_parse(word->text, &addr) == 0)
		*ret = ip_prefix_of_host(&addr);
	else if (ip_prefix_parse(word->text, ret, &host_bits)) {
		bad_network(r, word);
		return false;
	}
	if (ret->addr.family != r->family) {		/* E-058 */
		f = report(r, RULE_GROUP_ENTRY_FAMILY, word->span, "'" SLICE_FMT "' is %s, and conn '%s' is %s",
			   SLICE_ARG(word->text), family_name(ret->addr.family), r->conn->name, family_name(r->family));
		diag_note(r->diag, f, "libreswan reads the bytes of one family as the other's in its policy; the entry is "
			  "left out");
		diag_help(r->diag, f, "move the line to the file of a group of its own family");
		return false;
	}
	if (host_bits) {
		char text[IP_PREFIX_TEXT];

		f = report(r, RULE_GROUP_ENTRY_HOST_BITS, word->span, "'" SLICE_FMT "' has bits behind its length",
			   SLICE_ARG(word->text));
		diag_note(r->diag, f, skipped ? "libreswan %s says so and skips the line" :
			  "libreswan %s clears them without a word",
			  release_name(r->release));
		ip_prefix_format(ret, text);
		diag_fix(r->diag, f, !skipped, word->span, arena_strdup(r->arena, slice_of(text)), "write '%s'", text);
		return !skipped;
	}
	return true;
}

/* The rest of the file is lost with it. */
static void bad_protocol(struct reader *r, struct span span, const char *message)
{
	struct finding *f = report(r, RULE_GROUP_ENTRY_PROTOCOL, span, "%s", message);

	diag_note(r->diag, f, "libreswan %s ignores the line and the rest of the file", release_name(r->release));
	diag_help(r->diag, f, "write NETWORK, or NETWORK PROTOCOL OUR-PORT THEIR-PORT with 0 for any port");
	r->ends = true;
}

static bool read_port(const struct word *word, uint16_t *ret)
{
	uint64_t number;

	if (slice_to_u64(word->text, UINT16_MAX, &number))
		return false;
	*ret = (uint16_t)number;
	return true;
}

/* PROTO SPORT DPORT behind the network (E-056). */
static bool read_protocol(struct reader *r, const struct word *words, size_t n, struct ir_group_entry *e)
{
	struct ip_prefix another;
	struct ip_addr addr;

	if (n == 1)
		return true;
	if (ip_prefix_parse(words[1].text, &another, NULL) == 0 || ip_addr_parse(words[1].text, &addr) == 0)
		bad_protocol(r, words[1].span, "a second network in the line");
	else if (proto_number(words[1].text, &e->proto))
		bad_protocol(r, words[1].span, arena_printf(r->arena, "'" SLICE_FMT "' is no protocol", SLICE_ARG(words[1].text)));
	else if (e->proto == 0 || e->proto == 50 || e->proto == 51)
		bad_protocol(r, words[1].span, arena_printf(r->arena, "'" SLICE_FMT "' cannot be the protocol of a policy",
							    SLICE_ARG(words[1].text)));
	else if (n < 4)
		bad_protocol(r, words[n - 1].span, "the protocol needs two ports behind it");
	else if (!read_port(&words[2], &e->local_port))
		bad_protocol(r, words[2].span, arena_printf(r->arena, "'" SLICE_FMT "' is no port", SLICE_ARG(words[2].text)));
	else if (!read_port(&words[3], &e->remote_port))
		bad_protocol(r, words[3].span, arena_printf(r->arena, "'" SLICE_FMT "' is no port", SLICE_ARG(words[3].text)));
	else if (n > 4)
		bad_protocol(r, words[4].span, arena_printf(r->arena, "'" SLICE_FMT "' behind the ports",
							    SLICE_ARG(words[4].text)));
	else
		return true;
	return false;
}

/* E-057: the entry that was read first counts, in the same file and in that of another group of the same end. */
static bool is_new(struct reader *r, const struct ir_group_entry *e)
{
	char text[IP_PREFIX_TEXT];
	const char *key = arena_printf(r->arena, "%s %s %u %u %u", r->local, ip_prefix_format(&e->remote, text), e->proto,
				       e->local_port, e->remote_port);
	const struct span *first = map_get(&r->seen, slice_of(key));
	struct span *mine;
	struct finding *f;

	if (!first) {
		mine = arena_new(r->arena, struct span);
		*mine = e->span;
		map_set(&r->seen, slice_of(key), mine);
		return true;
	}
	f = report(r, RULE_GROUP_ENTRY_TWICE, e->span, "%s is a member already", text);
	diag_related(r->diag, f, *first, "by this line");
	diag_note(r->diag, f, "libreswan says so and ignores the second one");
	return false;
}

static void add_entry(struct reader *r, struct ir_group_entry e)
{
	if (!is_new(r, &e))
		return;
	if (r->group->entries.n >= LIMIT_GROUP_ENTRIES) {
		report(r, RULE_GROUP_FILE_UNREADABLE, e.span, "more than %u entries; the rest is not read", LIMIT_GROUP_ENTRIES);
		r->ends = true;
		return;
	}
	vec_push(r->arena, &r->group->entries, e);
}

/* --- the file ----------------------------------------------------------------------------------------------------------------- */

/* Words of a line without its comment (S-503), WORDS_READ at most; *ret_rest is behind the last one. */
static size_t split(struct slice line, uint32_t at, struct word *words, struct slice *ret_rest)
{
	const char *comment = memchr(line.p, '#', line.n);
	struct slice rest = comment ? slice_sub(line, 0, (size_t)(comment - line.p)) : line, piece;
	size_t n = 0;

	while (n < WORDS_READ && slice_split(&rest, " \t\r", &piece)) {
		uint32_t start = at + (uint32_t)(piece.p - line.p);

		if (piece.n)
			words[n++] = (struct word){ piece, { start, start + (uint32_t)piece.n } };
	}
	*ret_rest = rest;
	return n;
}

static void read_line(struct reader *r, struct slice line, uint32_t at)
{
	struct word words[WORDS_READ];
	struct slice rest;
	size_t n = split(line, at, words, &rest);
	struct ir_group_entry e = { .span = words[0].span };

	if (n && read_network(r, &words[0], &e.remote) && read_protocol(r, words, n, &e))
		add_entry(r, e);
}

/* 3.18: each word is an entry. */
static void read_words(struct reader *r, struct slice line, uint32_t at)
{
	struct slice rest = line, before = line;
	struct word words[WORDS_READ];
	uint8_t proto;
	size_t n;

	do {
		n = split(before, at + (uint32_t)(before.p - line.p), words, &rest);
		for (size_t i = 0; i < n && !r->ends; i++) {
			struct ir_group_entry e = { .span = words[i].span };

			if (read_network(r, &words[i], &e.remote))
				add_entry(r, e);
			else if (proto_number(words[i].text, &proto) == 0)
				return;			/* the ports behind it would only repeat the finding */
		}
		before = rest;
	} while (rest.p && n == WORDS_READ);
}

static void read_file(struct reader *r, const struct source_file *file)
{
	const struct slice text = file->text;
	const uint32_t base = file->base;
	struct slice rest = text, line;

	while (!r->ends && slice_split(&rest, "\n", &line)) {
		uint32_t at = base + (uint32_t)(line.p - text.p);

		if (r->release == RELEASE_3_18)
			read_words(r, line, at);
		else
			read_line(r, line, at);
	}
}

/* --- the conn ----------------------------------------------------------------------------------------------------------------- */

/* That of our address or network; where it is found out later, what the conn says, or else IPv4. */
static sa_family_t family_of(const struct ir_conn *c, const struct ir_end *local)
{
	static const enum keyword_id keywords[] = { KW_CLIENTADDRFAMILY, KW_HOSTADDRFAMILY, KW_CONNADDRFAMILY };

	if (local->has_subnet)
		return local->subnet.addr.family;
	if (local->host_kind == IR_HOST_ADDR)
		return local->host.family;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++) {
		const struct setting *setting = resolved_get(c->resolved, keywords[i], SIDE_NONE);

		if (setting)
			return slice_eq_nocase(setting->param->value.text, "ipv6") ? AF_INET6 : AF_INET;
	}
	return AF_INET;
}

static const char *describe(struct arena *a, const struct ir_end *local)
{
	char host[IP_ADDR_TEXT] = "", subnet[IP_PREFIX_TEXT] = "";

	if (local->host_kind == IR_HOST_ADDR)
		ip_addr_format(&local->host, host);
	if (local->has_subnet)
		ip_prefix_format(&local->subnet, subnet);
	return arena_printf(a, "%d %s %s %s", local->host_kind, host, local->host_name ? local->host_name : "", subnet);
}

static const char *path_of(struct arena *a, const struct resolved *resolved, const char *name)
{
	const struct setting *directory = resolved_setup_get(resolved, KW_IPSECDIR);
	struct slice below = directory && directory->param->value.text.n ? directory->param->value.text : SLICE("/etc/ipsec.d");

	while (below.n && below.p[below.n - 1] == '/')
		below.n--;
	return arena_printf(a, SLICE_FMT "/policies/%s", SLICE_ARG(below), name);
}

static void cannot_read(struct reader *r, struct span where, const char *path, int error)
{
	struct finding *f;

	if (error == -ENOENT || error == -ENOTDIR) {
		f = report(r, RULE_GROUP_FILE_MISSING, where, "there is no policy group file %s", path);
		diag_note(r->diag, f, "libreswan loads conn '%s', and it has no members", r->conn->name);
	} else {
		f = report(r, RULE_GROUP_FILE_UNREADABLE, where, "the policy group file %s cannot be read: %s", path,
			   strerror(-error));
		diag_note(r->diag, f, "conn '%s' has no members then", r->conn->name);
	}
}

static void read_group(struct reader *r, const char *path, enum side side)
{
	const struct source_match name = { path, sources_below_root(r->sources, path) };
	struct span where = ir_origin(r->conn, KW_HOST, side);
	int index = sources_add_match(r->sources, &name, where);

	if (index < 0) {
		cannot_read(r, where, path, index);
		return;
	}
	r->local = describe(r->arena, &r->conn->end[1 - side]);
	r->family = family_of(r->conn, &r->conn->end[1 - side]);
	r->group = arena_new(r->arena, struct ir_group);
	r->group->path = path;
	r->ends = false;
	read_file(r, &r->sources->files.v[index]);
	r->conn->group = r->group;
}

const char *groups_member_name(struct arena *a, const struct ir_conn *conn, const struct ir_group_entry *entry)
{
	char network[IP_PREFIX_TEXT];

	ip_prefix_format(&entry->remote, network);
	if (!entry->proto)
		return arena_printf(a, "%s#%s", conn->name, network);
	return arena_printf(a, "%s#%s-(%u--%u--%u)", conn->name, network, entry->local_port, entry->proto, entry->remote_port);
}

/* --- peers of other conns ----------------------------------------------------------------------------------------------------- */

struct member {
	struct ir_conn *conn;			/* the group */
	const struct ir_group_entry *entry;
	bool reported;
};

static bool has_tunnel(const struct ir_conn *c)
{
	return c->type == IR_TUNNEL || c->type == IR_TRANSPORT;
}

/* Entries for all protocols; one for everything stands behind all others. */
static void add_members(struct reader *r, struct prefix_set *networks, struct ir_conn *c)
{
	for (size_t i = 0; c->group && i < c->group->entries.n; i++) {
		const struct ir_group_entry *entry = &c->group->entries.v[i];
		struct member *e;

		if (entry->proto || entry->remote.len == 0)
			continue;
		e = arena_new(r->arena, struct member);
		*e = (struct member){ .conn = c, .entry = entry };
		prefix_set_add(networks, r->arena, &entry->remote, e);
	}
}

/* pluto finds the member's policy for the peer's address, and "forbids connection". One finding for each entry. */
static void check_peer(struct reader *r, const struct prefix_set *networks, const struct ir_conn *c, enum side side)
{
	struct ip_prefix peer = ip_prefix_of_host(&c->end[side].host);
	const struct prefix_set_entry *found = prefix_set_holding(networks, &peer);
	struct member *e = found ? (struct member *)found->owner : NULL;
	char text[IP_PREFIX_TEXT];
	struct finding *f;

	if (!e || e->reported || has_tunnel(e->conn))
		return;
	e->reported = true;
	r->conn = e->conn;
	f = report(r, RULE_GROUP_HOLDS_PEER, e->entry->span, "%s holds the peer of conn '%s'", ip_prefix_format(&e->entry->remote, text), c->name);
	diag_related(r->diag, f, ir_origin(c, KW_HOST, side), "the peer");
	diag_note(r->diag, f, "conn '%s' has no tunnel, and forbids IKE with the addresses in its group", e->conn->name);
}

static bool has_fixed_peer(const struct ir_conn *c)
{
	return !c->is_template && c->verdict != VERDICT_WILL_NOT_LOAD && c->start != PLAN_START_IGNORE &&
	       has_tunnel(c) && !ir_end_is_group(&c->end[0]) && !ir_end_is_group(&c->end[1]);
}

static void check_peers(struct reader *r, struct ir *ir)
{
	struct prefix_set networks = { 0 };

	for (size_t i = 0; i < ir->conns.n; i++)
		add_members(r, &networks, ir->conns.v[i]);
	prefix_set_sort(&networks);
	for (size_t i = 0; i < ir->conns.n && networks.entries.n; i++)
		for (int side = 0; side < 2; side++)
			if (has_fixed_peer(ir->conns.v[i]) && ir->conns.v[i]->end[side].host_kind == IR_HOST_ADDR)
				check_peer(r, &networks, ir->conns.v[i], (enum side)side);
}

void groups_read(struct arena *a, struct ir *ir, const struct resolved *resolved, struct sources *sources, struct diag *diag)
{
	struct reader r = { .arena = a, .sources = sources, .diag = diag, .release = ir->release };

	map_init(&r.seen, a);
	/* the conn that was added last is the first whose file is read (run: 4.10) */
	for (size_t i = ir->conns.n; i-- > 0;) {
		struct ir_conn *c = ir->conns.v[i];
		enum side side = ir_end_is_group(&c->end[SIDE_LEFT]) ? SIDE_LEFT : SIDE_RIGHT;

		/* a name with a slash is reported (IC2010), and would lead anywhere */
		if (!ir_end_is_group(&c->end[side]) || c->is_template || c->verdict == VERDICT_WILL_NOT_LOAD ||
		    strchr(c->name, '/'))
			continue;
		r.conn = c;
		read_group(&r, path_of(a, resolved, c->name), side);
	}
	check_peers(&r, ir);
}
