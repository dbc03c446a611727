/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ident.h"

#include <errno.h>
#include <strings.h>

#include "base/cleanup.h"
#include "proto/dn.h"

static int bad(const char *why, size_t at, const char **ret_why, size_t *ret_at)
{
	*ret_why = why;
	*ret_at = at;
	return -EINVAL;
}

/* Bytes of "0a0B", "0x" in front allowed; from offset `at` of text. */
static int parse_hex(struct arena *a, struct slice text, size_t at, struct slice *ret, const char **ret_why, size_t *ret_at)
{
	char *bytes = arena_alloc(a, text.n, 1);
	size_t n = 0;

	if (at == text.n)
		return bad("hexadecimal digits are missing", at, ret_why, ret_at);
	for (; at < text.n; at += 2) {
		int high = digit_hex(text.p[at]), low = at + 1 < text.n ? digit_hex(text.p[at + 1]) : -1;

		if (high < 0)
			return bad("this is no hexadecimal digit", at, ret_why, ret_at);
		if (at + 1 == text.n)
			return bad("the number of hexadecimal digits is odd", at, ret_why, ret_at);
		if (low < 0)
			return bad("this is no hexadecimal digit", at + 1, ret_why, ret_at);
		bytes[n++] = (char)(high << 4 | low);
	}
	*ret = (struct slice){ bytes, n };
	return 0;
}

static struct slice hex_text(struct arena *a, struct slice bytes)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(a, bytes.n * 2 + 1, 1);

	for (size_t i = 0; i < bytes.n; i++) {
		text[2 * i] = digits[(uint8_t)bytes.p[i] >> 4];
		text[2 * i + 1] = digits[(uint8_t)bytes.p[i] & 15];
	}
	return (struct slice){ text, bytes.n * 2 };
}

struct ident ident_of_address(struct arena *a, const struct ip_addr *addr)
{
	char text[IP_ADDR_TEXT];

	return (struct ident){
		.type = addr->family == AF_INET ? IDENT_IPV4 : IDENT_IPV6,
		.text = arena_slice(a, slice_of(ip_addr_format(addr, text))),
		.wire = arena_slice(a, (struct slice){ (const char *)addr->bytes, ip_addr_size(addr) }),
	};
}

struct ident ident_borrow_address(const struct ip_addr *addr)
{
	return (struct ident){
		.type = addr->family == AF_INET6 ? IDENT_IPV6 : IDENT_IPV4,
		.wire = { (const char *)addr->bytes, ip_addr_size(addr) },
	};
}

static struct ident name_ident(struct arena *a, enum ident_type type, struct slice name)
{
	struct slice copy = arena_slice(a, name);

	return (struct ident){ .type = type, .text = copy, .wire = copy };
}

static struct ident key_ident(struct arena *a, struct slice bytes)
{
	struct slice copy = arena_slice(a, bytes);

	return (struct ident){ .type = IDENT_KEY_ID, .text = hex_text(a, copy), .wire = copy };
}

static int dn_ident(struct arena *a, struct slice der, struct ident *ret)
{
	char text[DN_MAX];
	int r = dn_to_text(der, text);

	if (r < 0)
		return r;
	*ret = (struct ident){ .type = IDENT_DN, .text = arena_slice(a, slice_of(text)), .wire = arena_slice(a, der) };
	return 0;
}

static int parse_dn(struct arena *a, struct slice text, struct ident *ret, const char **ret_why, size_t *ret_at)
{
	uint8_t der[DN_MAX];
	size_t size;
	int r = dn_from_text(text, der, &size, ret_why, ret_at);

	if (r < 0)
		return r;
	r = dn_ident(a, (struct slice){ (const char *)der, size }, ret);
	return r < 0 ? bad("the name is too long", 0, ret_why, ret_at) : 0;
}

/* What begins with '@': "@#" and "@~" hexadecimal, "@[" a key id in characters whose ']' pluto drops, else a name. */
static int parse_marked(struct arena *a, struct slice text, struct ident *ret, const char **ret_why, size_t *ret_at)
{
	char kind = text.n > 1 ? text.p[1] : '\0';
	struct slice bytes;
	int r;

	if (kind == '#' || kind == '~') {
		r = parse_hex(a, text, 2, &bytes, ret_why, ret_at);
		if (r < 0)
			return r;
		if (kind == '#') {
			*ret = key_ident(a, bytes);
			return 0;
		}
		return dn_ident(a, bytes, ret) < 0 ? bad("these bytes are no DER of a distinguished name", 2, ret_why, ret_at) : 0;
	}
	if (kind == '[') {
		bytes = slice_sub(text, 2, text.p[text.n - 1] == ']' ? text.n - 1 : text.n);
		if (bytes.n == 0)
			return bad("the key id is empty", 2, ret_why, ret_at);
		*ret = key_ident(a, bytes);
		return 0;
	}
	if (kind == '\0')
		return bad("a name is missing after '@'", 0, ret_why, ret_at);
	*ret = name_ident(a, IDENT_FQDN, slice_sub(text, 1, text.n));
	return 0;
}

static const struct {
	const char *word;
	enum ident_type type;
} words[] = {
	{ "%fromcert", IDENT_FROM_CERT }, { "%any", IDENT_ANY }, { "%null", IDENT_NULL }, { "%none", IDENT_NONE },
};

int ident_parse(struct arena *a, struct slice text, struct ident *ret, const char **ret_why, size_t *ret_at)
{
	struct ip_addr addr;
	const char *p;

	if (text.n == 0)
		return bad("the identity is empty", 0, ret_why, ret_at);
	p = memchr(text.p, '\0', text.n);
	if (p)
		return bad("a zero byte cannot be part of an identity", (size_t)(p - text.p), ret_why, ret_at);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (slice_eq_nocase(text, words[i].word)) {
			*ret = (struct ident){ .type = words[i].type };
			return 0;
		}
	if (text.p[0] == '%')
		return bad("no such special identity", 0, ret_why, ret_at);
	/* pluto looks for '=' first, so "@[a=b]" is taken for a distinguished name there, and fails. */
	if (memchr(text.p, '=', text.n))
		return parse_dn(a, text, ret, ret_why, ret_at);
	if (text.p[0] == '@')
		return parse_marked(a, text, ret, ret_why, ret_at);
	if (memchr(text.p, '@', text.n)) {
		*ret = name_ident(a, IDENT_EMAIL, text);
		return 0;
	}
	if (ip_addr_parse(text, &addr) == 0) {
		*ret = ip_addr_is_zero(&addr) ? (struct ident){ .type = IDENT_ANY } : ident_of_address(a, &addr);
		return 0;
	}
	*ret = name_ident(a, IDENT_FQDN, text);
	return 0;
}

int ident_from_wire(struct arena *a, uint8_t type, struct slice data, struct ident *ret)
{
	struct ip_addr addr = { .family = AF_UNSPEC };

	switch (type) {
	case IDENT_IPV4:
	case IDENT_IPV6:
		addr.family = type == IDENT_IPV4 ? AF_INET : AF_INET6;
		if (data.n != ip_addr_size(&addr))
			return -EINVAL;
		memcpy(addr.bytes, data.p, data.n);
		*ret = ident_of_address(a, &addr);
		return 0;
	case IDENT_FQDN:
	case IDENT_EMAIL:
		if (data.n == 0 || memchr(data.p, '\0', data.n))
			return -EINVAL;
		*ret = name_ident(a, (enum ident_type)type, data);
		return 0;
	case IDENT_DN:
		return dn_ident(a, data, ret);
	case IDENT_KEY_ID:
		if (data.n == 0)
			return -EINVAL;
		*ret = key_ident(a, data);
		return 0;
	case IDENT_NULL:
		*ret = (struct ident){ .type = IDENT_NULL };
		return 0;
	}
	return -EINVAL;
}

/* What stands before an identity's text in id=. */
static const char *mark_of(const struct ident *id)
{
	return id->type == IDENT_FQDN ? "@" : id->type == IDENT_KEY_ID ? "@#" : "";
}

/* The text, or the word for what has none. */
static struct slice text_of(const struct ident *id)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i].type == id->type)
			return slice_of(words[i].word);
	return id->text;
}

char *ident_format(struct arena *a, const struct ident *id)
{
	struct slice text = text_of(id);

	return arena_printf(a, "%s" SLICE_FMT, mark_of(id), SLICE_ARG(text));
}

void ident_add(struct buf *out, const struct ident *id)
{
	buf_add_str(out, mark_of(id));
	buf_add_slice(out, text_of(id));
}

static bool names_equal(struct slice a, struct slice b)
{
	/* pluto ignores dots at the end of a name (K-033) */
	while (a.n && a.p[a.n - 1] == '.')
		a.n--;
	while (b.n && b.p[b.n - 1] == '.')
		b.n--;
	return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

bool ident_matches(const struct ident *pattern, const struct ident *id)
{
	if (pattern->type == IDENT_ANY)
		return true;
	if (pattern->type != id->type)
		return false;
	switch (pattern->type) {
	case IDENT_FQDN:
	case IDENT_EMAIL:
		return names_equal(pattern->wire, id->wire);
	case IDENT_DN:
		return dn_matches(pattern->wire, id->wire);
	default:
		return slice_eq(pattern->wire, id->wire);
	}
}

static void add_name_key(struct buf *out, struct slice name)
{
	while (name.n && name.p[name.n - 1] == '.')
		name.n--;
	for (size_t i = 0; i < name.n; i++)
		buf_add_char(out, (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ? name.p[i] | 0x20 : name.p[i]));
}

bool ident_add_key(struct buf *out, const struct ident *id)
{
	buf_printf(out, "%d:", id->type);
	switch (id->type) {
	case IDENT_FQDN:
	case IDENT_EMAIL:
		add_name_key(out, id->wire);
		break;
	case IDENT_DN:
		return dn_add_key(out, id->wire);
	default:
		buf_add_slice(out, id->wire);
	}
	return !buf_failed(out);
}

bool ident_same(const struct ident *a, const struct ident *b)
{
	CLEANUP(buf_release) struct buf x = { 0 }, y = { 0 };

	if (a->type != IDENT_DN || b->type != IDENT_DN)
		return a->type == b->type && ident_matches(a, b);
	return ident_add_key(&x, a) && ident_add_key(&y, b) && slice_eq(buf_slice(&x), buf_slice(&y));
}
