/* SPDX-License-Identifier: Apache-2.0 */
/* Values that hold addresses: hosts, subnets, ranges, protocol and port. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/limits.h"
#include "compiler/sema/values.h"

/* --- addresses ------------------------------------------------------------------------------------------------------------------- */

/* An IPv4 address of a subnet may be cut short at a dot: 10/8 is 10.0.0.0/8. (L-, asked pluto 4.10) */
static int parse_short_address(struct slice text, struct ip_addr *ret)
{
	struct ip_addr a = { .family = AF_INET };
	struct slice rest = text, piece;
	size_t n = 0;

	if (ip_addr_parse(text, ret) == 0)
		return 0;
	while (slice_split(&rest, ".", &piece)) {
		uint64_t byte;

		if (n == 4 || slice_to_u64(piece, UINT8_MAX, &byte) < 0)
			return -EINVAL;
		a.bytes[n++] = (uint8_t)byte;
	}
	*ret = a;
	return 0;
}

static bool looks_numeric(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] == '.' || (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return s.n > 0;
}

/* Points at the first thing that is wrong with an IPv4 address, else at all of it. */
static struct slice wrong_part_of_ipv4(struct slice text)
{
	struct slice rest = text, piece;

	while (looks_numeric(text) && slice_split(&rest, ".", &piece)) {
		uint64_t byte;

		if (slice_to_u64(piece, UINT8_MAX, &byte) < 0)
			return piece;
	}
	return text;
}

/* 4.10 asks inet_aton(3), which takes up to four numbers, of C's notations, the last one for all bytes that are left: 10.1 is 10.0.0.1. */
static bool parse_aton(struct slice text, struct ip_addr *ret)
{
	struct slice rest = text, piece;
	struct in_addr in;
	char copy[sizeof "0xffffffff.0xffffffff.0xffffffff.0xffffffff"];

	while (slice_split(&rest, ".", &piece))		/* it would also read on behind a blank */
		for (size_t i = 0; i < piece.n; i++)
			if (!strchr("0123456789abcdefxABCDEFX", piece.p[i]) || !(piece.p[0] >= '0' && piece.p[0] <= '9'))
				return false;
	if (text.n >= sizeof copy)
		return false;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	if (!inet_aton(copy, &in))
		return false;
	*ret = (struct ip_addr){ .family = AF_INET };
	memcpy(ret->bytes, &in.s_addr, sizeof in.s_addr);
	return true;
}

/* An address as the release reads it; one that is written oddly is told. */
static bool read_address(const struct value_parser *v, struct slice text, struct ip_addr *ret)
{
	char meant[IP_ADDR_TEXT];
	struct finding *f;

	if (ip_addr_parse(text, ret) == 0)
		return true;
	if (v->release != RELEASE_4_10 || !parse_aton(text, ret))
		return false;
	ip_addr_format(ret, meant);
	f = value_report_slice(v, RULE_BAD_ADDRESS, VALUE_KEPT, text, "'" SLICE_FMT "' is not how addresses are written", SLICE_ARG(text));
	diag_set_severity(v->diag, f, SEVERITY_WARNING);
	diag_note(v->diag, f, "libreswan 4.10 reads it as %s", meant);
	return true;
}

static bool bad_address(const struct value_parser *v, struct slice text)
{
	struct slice wrong = wrong_part_of_ipv4(text);
	struct finding *f = value_report_slice(v, RULE_BAD_ADDRESS, CONN_REFUSED, wrong, "'" SLICE_FMT "' is no IP address", SLICE_ARG(text));

	if (wrong.p != text.p || wrong.n != text.n)
		diag_caret(v->diag, f, "at most 255");
	return false;
}

/* The pieces of a list, one after the other, each as if it were the value; the first is kept, since nothing carries more yet. */
static bool parse_pieces(const struct value_parser *v, bool (*parse)(const struct value_parser *, struct value *), struct value *ret)
{
	struct slice rest = v->value.text, piece;
	bool good = true, first = true;

	while (slice_split(&rest, ", \t", &piece)) {
		struct value_parser one = *v;
		size_t from = (size_t)(piece.p - v->value.text.p);
		struct value value;

		if (piece.n == 0 && v->keyword->id == KW_ADDRESSPOOL) {
			value_report_slice(v, RULE_BAD_RANGE, CONN_REFUSED, v->value.text, "the list has an empty place");
			return false;
		}
		if (piece.n == 0)
			continue;
		one.value.text = piece;
		one.value.span = (struct span){ v->value.span.start + (uint32_t)from, v->value.span.start + (uint32_t)(from + piece.n) };
		if (!parse(&one, &value)) {
			good = false;
		} else if (first) {
			*ret = value;
		} else {
			value_report_slice(&one, RULE_NOT_CARRIED_YET, VALUE_KEPT, piece, "ipsecc does not yet carry more than one " SLICE_FMT,
					   SLICE_ARG(v->key));
		}
		first = false;
	}
	return good && !first;
}

/* A list of nothing but commas says nothing by itself. */
static bool bad_list(const struct value_parser *v)
{
	struct slice rest = v->value.text, piece;

	while (slice_split(&rest, ", \t", &piece))
		if (piece.n)
			return false;
	return bad_address(v, v->value.text);
}

static const struct keyword_value *special_word(const struct value_parser *v, struct slice text)
{
	for (const struct keyword_value *w = v->keyword->values; w && w->word; w++)
		if (slice_eq_nocase(text, w->word))
			return w;
	return NULL;
}

/* nexthop=%direct is in the specification and the default, but no release up to 4.x takes it written out (C-031). */
static void check_direct(const struct value_parser *v, struct slice text)
{
	if (v->keyword->id == KW_NEXTHOP && slice_eq_nocase(text, "%direct") && v->release < RELEASE_5_0)
		diag_help(v->diag, value_report_slice(v, RULE_BAD_ADDRESS, CONN_REFUSED, text, "libreswan %s does not take '%%direct'",
						      release_name(v->release)),
			  "leave the line out: it is the default");
}

static bool parse_ipaddr(const struct value_parser *v, struct value *ret)
{
	struct value value = { .word = special_word(v, v->value.text) };
	struct slice text = v->value.text;

	if (value.word) {
		check_direct(v, text);
		value.text = value.word->meaning;
	} else if (!read_address(v, text, &value.addr)) {
		return bad_address(v, text);
	}
	*ret = value;
	return true;
}

bool value_parse_ipaddr(const struct value_parser *v, struct value *ret)
{
	struct value value;

	/* C-043: 5.x takes one source address for each family */
	if (v->keyword->id == KW_SOURCEIP && v->release >= RELEASE_5_0 && memchr(v->value.text.p, ',', v->value.text.n)) {
		if (!parse_pieces(v, parse_ipaddr, &value))
			return bad_list(v);
	} else if (!parse_ipaddr(v, &value)) {
		return false;
	}
	*ret = value;
	return true;
}

bool value_parse_ipaddr_list(const struct value_parser *v, struct value *ret)
{
	struct slice rest = v->value.text, piece;
	struct ip_addr addr;

	while (slice_split(&rest, ", \t", &piece))
		if (piece.n && !read_address(v, piece, &addr))
			return bad_address(v, piece);
	*ret = (struct value){ .text = arena_strdup(v->arena, v->value.text) };
	return true;
}

/* --- hosts ----------------------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum ir_host_kind kind;
} host_words[] = {
	{ "%any", IR_HOST_ANY }, { "%any4", IR_HOST_ANY }, { "%any6", IR_HOST_ANY }, { "%defaultroute", IR_HOST_DEFAULTROUTE },
	{ "%group", IR_HOST_GROUP }, { "%opportunistic", IR_HOST_OPPORTUNISTIC }, { "%oppo", IR_HOST_OPPORTUNISTIC },
	{ "%opportunisticgroup", IR_HOST_OPPORTUNISTICGROUP }, { "%oppogroup", IR_HOST_OPPORTUNISTICGROUP },
};

/* RFC 1123 section 2.1: labels of letters, digits and hyphens, at most 63; '_' is seen in practice. Returns what is wrong, or an empty
 * slice. */
static struct slice wrong_part_of_name(struct slice name)
{
	struct slice rest = name, label;
	size_t last = name.n && name.p[name.n - 1] == '.' ? name.n - 1 : name.n;	/* a dot at the end is fine */

	rest.n = last;
	while (slice_split(&rest, ".", &label)) {
		if (label.n == 0)
			return label.p > name.p ? (struct slice){ label.p - 1, 2 } : (struct slice){ label.p, 1 };
		if (label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
			return label;
		for (size_t i = 0; i < label.n; i++) {
			char c = label.p[i];

			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
				return (struct slice){ label.p + i, 1 };
		}
	}
	return (struct slice){ name.p, 0 };
}

static bool check_name(const struct value_parser *v, struct slice name)
{
	struct slice wrong = wrong_part_of_name(name);

	if (looks_numeric(name))
		wrong = wrong_part_of_ipv4(name);
	else if (memchr(name.p, ':', name.n))
		wrong = name;
	else if (wrong.n == 0)
		return true;
	diag_note(v->diag,
		  value_report_slice(v, RULE_BAD_HOST, VALUE_KEPT, wrong, "'" SLICE_FMT "' is neither an address nor a host name",
				     SLICE_ARG(name)),
		  "libreswan %s loads the conn, and looks the text up as a name that cannot exist", release_name(v->release));
	return false;
}

/* C-002: unquoted digits are a NUMBER token. 4.10 takes 1 to 7 for its codes of %defaultroute, %any and the like, and for any other number
 * the end is missing (run); 3.x takes the missing end for %any. */
static bool refuse_digits(const struct value_parser *v)
{
	enum consequence consequence = v->release < RELEASE_5_0 ? VALUE_IGNORED : VALUE_KEPT;
	uint64_t number = UINT64_MAX;

	if (v->value.quoting != QUOTING_NONE ||
	    (slice_to_u64(v->value.text, UINT64_MAX, &number) == -EINVAL && !value_is_number_token(v)))
		return false;
	if (v->release == RELEASE_4_10 && (number < 1 || number > 7))
		consequence = CONN_REFUSED;
	value_report(v, RULE_BAD_HOST, consequence, 0, v->value.text.n, "'" SLICE_FMT "' is neither an address nor a host name",
		     SLICE_ARG(v->value.text));
	return true;
}

bool value_parse_host(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	struct value value = { .host_kind = IR_HOST_NAME };

	if (ip_addr_parse(text, &value.addr) == 0) {
		value.host_kind = ip_addr_is_zero(&value.addr) ? IR_HOST_ANY : IR_HOST_ADDR;	/* C-021 */
		*ret = value;
		return true;
	}
	if (refuse_digits(v))
		return false;
	for (size_t i = 0; i < sizeof host_words / sizeof *host_words; i++)
		if (slice_eq_nocase(text, host_words[i].word)) {
			*ret = (struct value){ .host_kind = host_words[i].kind };
			return true;
		}
	if (text.p[0] == '%' && text.n > 1) {
		value.host_kind = IR_HOST_INTERFACE;
		value.text = arena_strdup(v->arena, slice_sub(text, 1, text.n));
		*ret = value;
		return true;
	}
	if (!check_name(v, text))
		return false;
	value.text = arena_strdup(v->arena, text);
	*ret = value;
	return true;
}

/* --- subnets --------------------------------------------------------------------------------------------------------------------- */

static bool bad_subnet(const struct value_parser *v, struct slice where, const char *caret, const char *message)
{
	struct finding *f = value_report_slice(v, RULE_BAD_SUBNET, CONN_REFUSED, where, "%s", message);

	if (caret)
		diag_caret(v->diag, f, "%s", caret);
	return false;
}

/* The length of a dotted mask; -1 when its ones are not all in front. */
static int mask_length(const struct ip_addr *mask)
{
	struct ip_prefix all = ip_prefix_of_host(mask);
	unsigned len = 0;

	while (len < 32 && mask->bytes[len / 8] & 0x80u >> len % 8)
		len++;
	for (unsigned i = len; i < 32; i++)
		if (mask->bytes[i / 8] & 0x80u >> i % 8)
			return -1;
	return all.addr.family == AF_INET ? (int)len : -1;
}

static int parse_octal(struct slice text, uint64_t *ret)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] > '7')
			return -EINVAL;
		n = n * 8 + (uint64_t)(text.p[i] - '0');
	}
	*ret = n;
	return 0;
}

static bool parse_length(const struct value_parser *v, const struct ip_addr *addr, struct slice length, uint8_t *ret)
{
	struct ip_addr mask;
	struct finding *f;
	uint64_t n;
	int error = slice_to_u64(length, ip_addr_bits(addr), &n);

	if (error == 0 && length.n > 1 && length.p[0] == '0' && v->keyword->id == KW_SUBNET && v->release >= RELEASE_5_4) {
		error = parse_octal(length, &n);	/* C-055 */
		f = value_report_slice(v, RULE_BAD_SUBNET, VALUE_KEPT, length, "libreswan %s reads the prefix length '" SLICE_FMT "' as octal",
				       release_name(v->release), SLICE_ARG(length));
		diag_set_severity(v->diag, f, SEVERITY_WARNING);
		diag_help(v->diag, f, "write it without the leading zero");
	}
	if (error == 0) {
		*ret = (uint8_t)n;
		return true;
	}
	if (error == -ERANGE) {
		f = value_report_slice(v, RULE_PREFIX_TOO_LONG, CONN_REFUSED, length,
				       "prefix length " SLICE_FMT " is longer than an IPv%d address", SLICE_ARG(length),
				       addr->family == AF_INET ? 4 : 6);
		diag_caret(v->diag, f, "at most %u", ip_addr_bits(addr));
		return false;
	}
	if (length.n == 0)
		return bad_subnet(v, (struct slice){ length.p - 1, 1 }, NULL, "the prefix length is missing behind '/'");
	if (addr->family == AF_INET && ip_addr_parse(length, &mask) == 0 && mask.family == AF_INET) {
		int bits = mask_length(&mask);

		if (bits < 0)
			return bad_subnet(v, length, NULL, arena_printf(v->arena, "the mask '" SLICE_FMT "' has holes", SLICE_ARG(length)));
		*ret = (uint8_t)bits;
		return true;
	}
	return bad_subnet(v, length, NULL, arena_printf(v->arena, "'" SLICE_FMT "' is no prefix length", SLICE_ARG(length)));
}

static void check_host_bits(const struct value_parser *v, struct slice text, const struct ip_addr *addr, const struct ip_prefix *p)
{
	enum consequence consequence = VALUE_KEPT;
	char good[IP_PREFIX_TEXT];
	struct finding *f;

	if (ip_addr_eq(addr, &p->addr))
		return;
	ip_prefix_format(p, good);
	/* C-054: in a list 5.x takes none of them, 4.10 those of IPv4 */
	if (v->keyword->id == KW_SUBNETS && (v->release >= RELEASE_5_0 || (v->release == RELEASE_4_10 && addr->family == AF_INET6)))
		consequence = CONN_REFUSED;
	f = value_report_slice(v, RULE_HOST_BITS_SET, consequence, text, "'" SLICE_FMT "' has bits set behind the prefix length", SLICE_ARG(text));
	diag_note(v->diag, f, "libreswan takes %s", good);
	diag_fix(v->diag, f, true, f->span, good, "write '%s'", good);
}

/* ADDRESS/LENGTH or ADDRESS/MASK; without a mask 5.x takes one host (C-050). */
static bool parse_prefix(const struct value_parser *v, struct slice text, bool host_bits_matter, struct ip_prefix *ret)
{
	const char *slash = text.n ? memchr(text.p, '/', text.n) : NULL;
	struct slice address = slash ? slice_sub(text, 0, (size_t)(slash - text.p)) : text;
	struct ip_prefix p;
	struct ip_addr addr;

	if (parse_short_address(address, &addr) < 0 || (!slash && ip_addr_parse(address, &addr) < 0)) {
		struct slice wrong = wrong_part_of_ipv4(address);

		if (address.n == 0)
			wrong = text;
		return bad_subnet(v, wrong, wrong.n < address.n ? "at most 255" : NULL,
				  arena_printf(v->arena, "'" SLICE_FMT "' is no IP address", SLICE_ARG(address)));
	}
	if (!slash && v->release < RELEASE_5_0) {
		struct finding *f = value_report_slice(v, RULE_BAD_SUBNET, CONN_REFUSED, text, "the subnet '" SLICE_FMT "' has no length",
						       SLICE_ARG(text));

		diag_help(v->diag, f, "write '" SLICE_FMT "/%u' for one host", SLICE_ARG(text), ip_addr_bits(&addr));
		return false;
	}
	p = ip_prefix_of_host(&addr);
	if (slash && !parse_length(v, &addr, slice_sub(text, (size_t)(slash - text.p) + 1, text.n), &p.len))
		return false;
	p.addr = ip_range_of_prefix(&p).first;
	if (host_bits_matter)
		check_host_bits(v, text, &addr, &p);
	*ret = p;
	return true;
}

bool value_parse_cidr(const struct value_parser *v, struct value *ret)
{
	struct value value = { .has_prefix = true };
	const char *slash = memchr(v->value.text.p, '/', v->value.text.n);

	if (!parse_prefix(v, v->value.text, false, &value.prefix))
		return false;
	if (ip_addr_parse(slash ? slice_sub(v->value.text, 0, (size_t)(slash - v->value.text.p)) : v->value.text, &value.addr) < 0)
		value.addr = value.prefix.addr;
	if (v->release < RELEASE_5_0 && ip_addr_is_zero(&value.addr))	/* run with 4.10 */
		return bad_subnet(v, v->value.text, NULL, arena_printf(v->arena, SLICE_FMT " cannot be the address zero", SLICE_ARG(v->key)));
	*ret = value;
	return true;
}

static bool parse_protocol(const struct value_parser *v, struct slice text, struct value *value);
static bool parse_port(const struct value_parser *v, struct slice text, struct value *value);

/* C-058: 5.4 takes NET/LEN/PROTO and NET/LEN/PROTO/PORT. Leaves NET/LEN. */
static bool cut_selector(const struct value_parser *v, struct slice *text)
{
	const char *first = memchr(text->p, '/', text->n), *end = text->p + text->n;
	const char *second = first ? memchr(first + 1, '/', (size_t)(end - first) - 1) : NULL, *third;
	struct value ignored = { 0 };
	struct slice proto, port = { end, 0 };

	if (!second || v->release < RELEASE_5_4)
		return true;
	third = memchr(second + 1, '/', (size_t)(end - second) - 1);
	proto = (struct slice){ second + 1, (size_t)((third ? third : end) - second) - 1 };
	if (third)
		port = (struct slice){ third + 1, (size_t)(end - third) - 1 };
	if (!parse_protocol(v, proto, &ignored) || !parse_port(v, port, &ignored))
		return false;
	value_report_slice(v, RULE_NOT_CARRIED_YET, VALUE_KEPT, (struct slice){ second, (size_t)(end - second) },
			   "ipsecc checks, but does not yet carry, protocol and port of a subnet");
	text->n = (size_t)(second - text->p);
	return true;
}

static bool add_subnets(const struct value_parser *v, const char *separators, struct value *value)
{
	struct slice rest = v->value.text, piece;
	bool good = true;

	while (slice_split(&rest, separators, &piece)) {
		struct ip_prefix p;

		if (piece.n == 0)
			continue;
		if (value->prefixes.n >= LIMIT_VALUE_LIST) {
			bad_subnet(v, piece, NULL, arena_printf(v->arena, "more than %u subnets", LIMIT_VALUE_LIST));
			return false;
		}
		if (cut_selector(v, &piece) && parse_prefix(v, piece, true, &p))
			vec_push(v->arena, &value->prefixes, p);
		else
			good = false;
	}
	return good;
}

bool value_parse_subnet_list(const struct value_parser *v, struct value *ret)
{
	struct value value = { 0 };

	if (!add_subnets(v, ", \t", &value))
		return false;
	if (value.prefixes.n == 0)
		return bad_subnet(v, v->value.text, NULL, "the list of subnets is empty");	/* C-063 */
	*ret = value;
	return true;
}

static bool is_network(struct slice piece)
{
	struct ip_prefix network;

	return (slice_starts_nocase(piece, "%v4:") || slice_starts_nocase(piece, "%v6:")) &&
	       ip_prefix_parse(slice_sub(piece, strlen("%v4:"), piece.n), &network, NULL) == 0;
}

/* C-072, C-077: what may stand behind vhost: and vnet: (S-087, S-088). */
static bool parse_virtual(const struct value_parser *v, struct value *ret)
{
	static const char *const words[] = { "%no", "%priv", "%dhcp", "%ike" };
	struct slice text = v->value.text, rest = slice_sub(text, (size_t)((char *)memchr(text.p, ':', text.n) - text.p) + 1, text.n), piece;
	struct finding *f;

	while (slice_split(&rest, ",", &piece)) {
		bool known = is_network(piece);

		for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
			known |= slice_eq_nocase(piece, words[i]);
		if (known)
			continue;
		if (slice_eq_nocase(piece, "%all")) {
			f = value_report_slice(v, RULE_VIRTUAL_SUBNET_OPEN, VALUE_KEPT, piece, "'%%all' lets the peer take any network");
			diag_note(v->diag, f, "libreswan %s has it for tests, and says so when it is used", release_name(v->release));
			continue;
		}
		if (!piece.n) {
			value_report(v, RULE_VIRTUAL_SUBNET_OPEN, VALUE_KEPT, 0, text.n, "a network is missing in the virtual subnet");
			return false;
		}
		f = value_report_slice(v, RULE_VIRTUAL_SUBNET_OPEN, v->release < RELEASE_5_0 ? VALUE_KEPT : CONN_REFUSED,
				       piece, "'" SLICE_FMT "' is no word and no network of a virtual subnet", SLICE_ARG(piece));
		if (v->release < RELEASE_5_0)
			diag_note(v->diag, f, "libreswan %s drops the whole list, and the peer may take any network", release_name(v->release));
		diag_help(v->diag, f, "write %%priv, %%no, %%v4:NETWORK or %%v6:NETWORK");
		return false;
	}
	*ret = (struct value){ .text = arena_strdup(v->arena, text) };
	return true;
}

bool value_parse_subnet(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	struct value value = { .has_prefix = true };

	if (slice_starts_nocase(text, "vhost:") || slice_starts_nocase(text, "vnet:"))
		return parse_virtual(v, ret);
	if (memchr(text.p, ',', text.n) && v->release >= RELEASE_5_4) {	/* C-057 */
		if (!value_parse_subnet_list(v, &value))
			return false;
		value.has_prefix = true;
		value.prefix = value.prefixes.v[0];
	} else if (memchr(text.p, ',', text.n)) {
		diag_help(v->diag, value_report(v, RULE_BAD_SUBNET, CONN_REFUSED, 0, text.n, SLICE_FMT " takes one subnet",
						SLICE_ARG(v->key)),
			  "write %ssubnets={" SLICE_FMT "}", v->side == SIDE_LEFT ? "left" : "right", SLICE_ARG(text));
		return false;
	} else if (!cut_selector(v, &text) || !parse_prefix(v, text, true, &value.prefix)) {
		return false;
	}
	*ret = value;
	return true;
}

/* virtual-private=: %v4:NET, %v6:NET, with ! in front to exclude. */
bool value_parse_net_policy_list(const struct value_parser *v, struct value *ret)
{
	struct slice rest = v->value.text, piece;
	struct value value = { .text = arena_strdup(v->arena, v->value.text) };
	bool good = true;

	while (slice_split(&rest, ", \t", &piece)) {
		struct slice net = piece;
		struct ip_prefix p;
		struct span span;
		bool excluded;

		if (piece.n == 0)
			continue;
		if (!slice_starts_nocase(piece, "%v4:") && !slice_starts_nocase(piece, "%v6:")) {
			bad_subnet(v, piece, NULL, arena_printf(v->arena, "'" SLICE_FMT "' does not begin with %%v4: or %%v6:", SLICE_ARG(piece)));
			good = false;
			continue;
		}
		net = slice_sub(piece, 4, piece.n);
		excluded = net.n && net.p[0] == '!';
		if (excluded)
			net = slice_sub(net, 1, net.n);
		if (!parse_prefix(v, net, true, &p)) {
			good = false;
			continue;
		}
		span.start = v->value.span.start + (uint32_t)(piece.p - v->value.text.p);
		span.end = span.start + (uint32_t)piece.n;
		vec_push(v->arena, &value.virtual_nets, (struct ir_virtual_net){ p, excluded, span });
	}
	if (good)
		*ret = value;
	return good;
}

/* --- ranges ---------------------------------------------------------------------------------------------------------------------- */

static bool bad_range(const struct value_parser *v, struct slice where, const char *message)
{
	value_report_slice(v, RULE_BAD_RANGE, CONN_REFUSED, where, "%s", message);
	return false;
}

/* C-242, C-243 */
static bool check_pool(const struct value_parser *v, const struct ip_range *range)
{
	struct ip_prefix p;

	if (ip_addr_is_zero(&range->first))
		return bad_range(v, v->value.text, "an address pool cannot begin at zero");
	if (range->first.family == AF_INET6 && v->release == RELEASE_3_18)
		return bad_range(v, v->value.text, "libreswan 3.18 has IPv4 pools only");
	if (range->first.family == AF_INET6 &&
	    (!ip_range_to_prefix(range, &p) || (v->release < RELEASE_5_0 && !memchr(v->value.text.p, '/', v->value.text.n))))
		return bad_range(v, v->value.text, "an IPv6 address pool must be a subnet");
	return true;
}

static bool parse_range(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	const char *dash = memchr(text.p, '-', text.n);
	struct slice first = dash ? slice_sub(text, 0, (size_t)(dash - text.p)) : text;
	struct slice last = dash ? slice_sub(text, (size_t)(dash - text.p) + 1, text.n) : first;
	struct value value = { 0 };
	struct ip_prefix p;

	if (!dash && v->release == RELEASE_3_18)
		return bad_range(v, text, "libreswan 3.18 takes a range FIRST-LAST only");	/* C-240 */
	if (!dash && memchr(text.p, '/', text.n)) {
		if (!parse_prefix(v, text, false, &p))
			return false;
		value.range = ip_range_of_prefix(&p);
		*ret = value;
		return true;
	}
	if (!read_address(v, first, &value.range.first))
		return bad_range(v, first.n ? first : text, arena_printf(v->arena, "'" SLICE_FMT "' is no IP address", SLICE_ARG(first)));
	value.range.last = value.range.first;
	if (dash && !read_address(v, last, &value.range.last))
		return bad_range(v, last.n ? last : text, arena_printf(v->arena, "'" SLICE_FMT "' is no IP address", SLICE_ARG(last)));
	if (value.range.first.family != value.range.last.family)
		return bad_range(v, text, "the range begins and ends in different address families");
	if (ip_addr_cmp(&value.range.first, &value.range.last) > 0)
		return bad_range(v, text, "the range begins above its end");
	*ret = value;
	return true;
}

static bool parse_pool(const struct value_parser *v, struct value *ret)
{
	return parse_range(v, ret) && check_pool(v, &ret->range);
}

bool value_parse_range(const struct value_parser *v, struct value *ret)
{
	struct value value;

	/* C-240: 5.x takes a list with one pool for each family */
	if (v->release >= RELEASE_5_0 && memchr(v->value.text.p, ',', v->value.text.n)) {
		if (!parse_pieces(v, parse_pool, &value))
			return bad_list(v);
	} else if (!parse_pool(v, &value)) {
		return false;
	}
	*ret = value;
	return true;
}

/* --- protocol and port ----------------------------------------------------------------------------------------------------------- */

/* The services that occur in tunnels, from IANA's list: the target host's /etc/services is not at hand. */
static const struct {
	const char *name;
	uint16_t port;
} services[] = {
	{ "echo", 7 }, { "discard", 9 }, { "ftp-data", 20 }, { "ftp", 21 }, { "ssh", 22 }, { "telnet", 23 }, { "smtp", 25 }, { "time", 37 },
	{ "tacacs", 49 }, { "domain", 53 }, { "bootps", 67 }, { "bootpc", 68 }, { "tftp", 69 }, { "http", 80 }, { "www", 80 },
	{ "kerberos", 88 }, { "pop3", 110 }, { "sunrpc", 111 }, { "ntp", 123 }, { "netbios-ns", 137 }, { "netbios-dgm", 138 },
	{ "netbios-ssn", 139 }, { "imap2", 143 }, { "imap", 143 }, { "snmp", 161 }, { "snmp-trap", 162 }, { "snmptrap", 162 }, { "bgp", 179 },
	{ "ldap", 389 }, { "https", 443 }, { "microsoft-ds", 445 }, { "isakmp", 500 }, { "syslog", 514 }, { "submission", 587 },
	{ "ldaps", 636 }, { "imaps", 993 }, { "pop3s", 995 }, { "openvpn", 1194 }, { "l2f", 1701 }, { "l2tp", 1701 }, { "pptp", 1723 },
	{ "radius", 1812 }, { "radius-acct", 1813 }, { "nfs", 2049 }, { "mysql", 3306 }, { "ms-wbt-server", 3389 }, { "iscsi-target", 3260 },
	{ "ipsec-nat-t", 4500 }, { "sip", 5060 }, { "postgresql", 5432 },
};

/* Decimal, or hexadecimal after 0x (C-091). */
static int parse_c_number(struct slice s, uint64_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (!slice_starts_nocase(s, "0x") || s.n == 2)
		return slice_to_u64(s, max, ret);
	for (size_t i = 2; i < s.n; i++) {
		char c = s.p[i] | 0x20;
		uint64_t digit = c >= '0' && c <= '9' ? (uint64_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint64_t)(c - 'a' + 10) : 16;

		if (digit == 16)
			return -EINVAL;
		n = n * 16 + digit;
		if (n > max)
			return -ERANGE;
	}
	*ret = n;
	return 0;
}

static bool bad_protoport(const struct value_parser *v, struct slice where, const char *message)
{
	value_report_slice(v, RULE_BAD_PROTOPORT, CONN_REFUSED, where, "%s", message);
	return false;
}

static bool parse_protocol(const struct value_parser *v, struct slice text, struct value *value)
{
	uint64_t number;
	int error = parse_c_number(text, UINT8_MAX, &number);

	if (error == 0)
		value->proto = (uint8_t)number;
	else if (error == -ERANGE)
		return bad_protoport(v, text, arena_printf(v->arena, "protocol " SLICE_FMT " is above 255", SLICE_ARG(text)));
	else if (text.n == 0)
		return bad_protoport(v, v->value.text, "the protocol is missing");
	else if (slice_eq_str(text, "%any") && v->release == RELEASE_3_18)	/* C-085 */
		return bad_protoport(v, text, "libreswan 3.18 does not take '%any' for a protocol");
	else if (!slice_eq_str(text, "%any") && proto_number(text, &value->proto) < 0)
		return bad_protoport(v, text, arena_printf(v->arena, "'" SLICE_FMT "' is no IP protocol", SLICE_ARG(text)));
	return true;
}

static bool looks_like_port_range(struct slice s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!(s.p[i] == '-' || (s.p[i] >= '0' && s.p[i] <= '9')))
			return false;
	return true;
}

static bool parse_port(const struct value_parser *v, struct slice text, struct value *value)
{
	uint64_t number = 0;
	int error = parse_c_number(text, UINT16_MAX, &number);

	if (text.n == 0)
		return true;	/* "tcp/" is "tcp" */
	if (slice_eq_str(text, "%any")) {	/* "%ANY" is no port to 4.10 */
		value->port_any = true;
		return true;
	}
	for (size_t i = 0; error == -EINVAL && i < sizeof services / sizeof *services; i++)
		if (slice_eq_str(text, services[i].name)) {
			number = services[i].port;
			error = 0;
		}
	if (error == -ERANGE)
		return bad_protoport(v, text, arena_printf(v->arena, "port " SLICE_FMT " is above 65535", SLICE_ARG(text)));
	/* a range of ports is what people try; services have names that begin with letters (RFC 6335 section 5.1) */
	if (error < 0 && (wrong_part_of_name(text).n || looks_like_port_range(text)))
		return bad_protoport(v, text, arena_printf(v->arena, "'" SLICE_FMT "' is no port", SLICE_ARG(text)));
	if (error < 0) {
		struct finding *f = value_report_slice(v, RULE_BAD_PROTOPORT, VALUE_KEPT, text,
						       "'" SLICE_FMT "' is no service that ipsecc knows", SLICE_ARG(text));

		diag_set_severity(v->diag, f, SEVERITY_WARNING);
		if (v->release > RELEASE_3_18) {	/* C-083 */
			diag_note(v->diag, f, "libreswan %s refuses the conn where /etc/services does not have it", release_name(v->release));
			if (v->depends_on_host)
				*v->depends_on_host = true;
		} else {
			diag_note(v->diag, f, "libreswan %s takes all ports where /etc/services does not have it", release_name(v->release));
		}
		diag_help(v->diag, f, "write the port's number");
		return false;
	}
	value->port = (uint16_t)number;
	return true;
}

bool value_parse_protoport(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	const char *slash = memchr(text.p, '/', text.n);
	struct slice proto = slash ? slice_sub(text, 0, (size_t)(slash - text.p)) : text;
	struct slice port = slash ? slice_sub(text, (size_t)(slash - text.p) + 1, text.n) : (struct slice){ text.p, 0 };
	struct value value = { 0 };

	if (!parse_protocol(v, proto, &value) || !parse_port(v, port, &value))
		return false;
	if (value.proto == 0 && (value.port || value.port_any) && v->release > RELEASE_3_18)		/* C-084, C-085 */
		return bad_protoport(v, port, "a port needs a protocol");
	*ret = value;
	return true;
}
