/* SPDX-License-Identifier: Apache-2.0 */
/* Raw public keys: leftrsasigkey=, leftecdsakey=, leftpubkey= (C-133, C-135; the sizes were found by running Debian's 4.10). */
#include "base/buf.h"
#include "base/cleanup.h"
#include "compiler/sema/values.h"

#define RSA_MODULUS_MIN		64	/* bytes */
#define DER_SEQUENCE		0x30

struct key {
	const uint8_t *bytes;
	size_t n;
};

static bool bad_key(const struct value_parser *v, size_t from, size_t to, const char *message)
{
	value_report(v, RULE_BAD_KEY, v->release == RELEASE_3_18 ? VALUE_IGNORED : CONN_REFUSED, from, to, "%s", message);
	return false;
}

static bool bad_digit(const struct value_parser *v, size_t at)
{
	return bad_key(v, at, at + 1, arena_printf(v->arena, "'%c' is no digit of an encoded key", v->value.text.p[at]));
}

static bool cut_off(const struct value_parser *v)
{
	return bad_key(v, v->value.text.n, v->value.text.n, "the key is cut off here");
}

/* Digits from `start` to the end: in groups of four, the last filled up with '='. */
static bool decode_base64(const struct value_parser *v, size_t start, struct key *ret)
{
	struct slice text = v->value.text;
	size_t end = text.n, n = 0;
	uint8_t *bytes = arena_new_array(v->arena, text.n, uint8_t);
	uint32_t group = 0;

	while (end > start && text.n - end < 2 && text.p[end - 1] == '=')
		end--;
	for (size_t i = start; i < end; i++) {
		int digit = digit_base64(text.p[i]);

		if (digit < 0)
			return bad_digit(v, i);
		group = group << 6 | (uint32_t)digit;
		if ((i - start) % 4)
			bytes[n++] = (uint8_t)(group >> (6 - (i - start) % 4 * 2));
	}
	if ((text.n - start) % 4)
		return cut_off(v);
	*ret = (struct key){ bytes, n };
	return true;
}

/* Underscores may stand between the digits. */
static bool decode_hex(const struct value_parser *v, struct key *ret)
{
	struct slice text = v->value.text;
	uint8_t *bytes = arena_new_array(v->arena, text.n, uint8_t);
	size_t digits = 0;

	for (size_t i = 2; i < text.n; i++) {
		int digit = digit_hex(text.p[i]);

		if (text.p[i] == '_')
			continue;
		if (digit < 0)
			return bad_digit(v, i);
		bytes[digits / 2] = (uint8_t)(bytes[digits / 2] << 4 | digit);
		digits++;
	}
	if (digits % 2)
		return cut_off(v);
	*ret = (struct key){ bytes, digits / 2 };
	return true;
}

/* RFC 3110 section 2: length of the exponent in one byte, or in two behind a zero; exponent; modulus. */
static bool check_rsa(const struct value_parser *v, const struct key *key)
{
	size_t head = key->n && key->bytes[0] == 0 ? 3 : 1, exponent;

	if (key->n < head)
		return bad_key(v, 0, v->value.text.n, "the key is too short");
	exponent = head == 1 ? key->bytes[0] : (size_t)key->bytes[1] << 8 | key->bytes[2];
	if (key->n < head + exponent)
		return bad_key(v, 0, v->value.text.n,
			       arena_printf(v->arena, "the key is too short for its exponent of %zu bytes", exponent));
	if (key->n - head - exponent < RSA_MODULUS_MIN)
		return bad_key(v, 0, v->value.text.n,
			       arena_printf(v->arena, "the modulus has %zu bytes, at least %u are needed", key->n - head - exponent, RSA_MODULUS_MIN));
	return true;
}

/* RFC 5280 section 4.1, SubjectPublicKeyInfo: a SEQUENCE that is as long as it says (X.690 8.1.3). */
static bool check_der(const struct value_parser *v, const struct key *key)
{
	size_t head = 2, length = key->n > 1 ? key->bytes[1] : 0, more;

	if (key->n < 2 || key->bytes[0] != DER_SEQUENCE)
		return bad_key(v, 0, v->value.text.n < 12 ? v->value.text.n : 12, "this is no public key in PEM's base64");
	if (length > 0x80 && length <= 0x82) {
		more = length & 0x7f;
		length = 0;
		for (size_t i = 0; i < more && head < key->n; i++)
			length = length << 8 | key->bytes[head++];
	}
	return key->n - head == length || cut_off(v);
}

/* X.690 section 8.1.3: the shortest form, which DER wants. */
static void put_length(struct buf *out, size_t n)
{
	if (n > 0xff) {
		buf_add_u8(out, 0x82);
		buf_add_u8(out, (uint8_t)(n >> 8));
	} else if (n > 0x7f) {
		buf_add_u8(out, 0x81);
	}
	buf_add_u8(out, (uint8_t)n);
}

static void put_integer(struct buf *out, const uint8_t *bytes, size_t n)
{
	while (n > 1 && bytes[0] == 0)
		bytes++, n--;
	buf_add_u8(out, 0x02);
	put_length(out, n + (bytes[0] >> 7));
	if (bytes[0] >> 7)		/* or it would be negative */
		buf_add_u8(out, 0);
	buf_add(out, bytes, n);
}

static void put_wrapped(struct buf *out, uint8_t tag, const struct buf *head, const struct buf *body)
{
	buf_add_u8(out, tag);
	put_length(out, head->n + body->n);
	buf_add_slice(out, buf_slice(head));
	buf_add_slice(out, buf_slice(body));
}

/* RFC 3279 section 2.3.1: the algorithm, and a string of bits that holds modulus and exponent. The key has passed check_rsa(). */
static struct slice rsa_to_der(const struct value_parser *v, const struct key *key)
{
	static const uint8_t algorithm[] = { 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00 };
	CLEANUP(buf_release) struct buf numbers = { 0 }, pair = { 0 }, bits = { 0 }, head = { 0 }, none = { 0 }, der = { 0 };
	size_t skip = key->bytes[0] == 0 ? 3 : 1, exponent = skip == 1 ? key->bytes[0] : (size_t)key->bytes[1] << 8 | key->bytes[2];

	put_integer(&numbers, key->bytes + skip + exponent, key->n - skip - exponent);
	put_integer(&numbers, key->bytes + skip, exponent);
	put_wrapped(&pair, DER_SEQUENCE, &none, &numbers);
	buf_add_u8(&head, 0);		/* bits that are left over */
	put_wrapped(&bits, 0x03, &head, &pair);
	buf_clear(&head);
	buf_add(&head, algorithm, sizeof algorithm);
	put_wrapped(&der, DER_SEQUENCE, &head, &bits);
	return buf_failed(&der) ? (struct slice){ NULL, 0 } : arena_slice(v->arena, buf_slice(&der));
}

/* A word instead of a key; others are read as keys, and are none. */
static bool is_word(const struct value_parser *v)
{
	const struct keyword_value *word = schema_value(v->keyword, v->value.text, v->release);

	return word && word->releases;
}

static bool without_prefix(const struct value_parser *v)
{
	struct slice text = v->value.text;
	struct finding *f = value_report(v, RULE_BAD_KEY, v->release == RELEASE_3_18 ? VALUE_IGNORED : CONN_REFUSED, 0,
					 text.n < 12 ? text.n : 12, "a public key begins with 0s or 0x");

	diag_help(v->diag, f, "'0s' stands before base64, '0x' before hexadecimal digits");
	return false;
}

/* Debian's pluto 4.10 ends on an assertion or a signal with every raw ECDSA key (run with P-256 keys, with and without ASN.1 around). */
static bool kills_daemon(const struct value_parser *v)
{
	struct finding *f = value_report(v, RULE_BAD_KEY, VALUE_KEPT, 0, v->value.text.n, "libreswan 4.10 dies when it gets this key");

	diag_note(v->diag, f, "with it go all tunnels");
	diag_help(v->diag, f, "write %spubkey= with the base64 of the key's PEM file", v->side == SIDE_LEFT ? "left" : "right");
	return false;
}

bool value_parse_pubkey(const struct value_parser *v, struct value *ret)
{
	struct slice text = v->value.text;
	bool base64 = slice_starts_nocase(text, "0s"), hex = slice_starts_nocase(text, "0x"), plain = slice_starts_nocase(text, "0t");
	bool der = v->keyword->id == KW_PUBKEY, good = true;
	struct key key = { (const uint8_t *)text.p + (plain ? 2 : 0), text.n - (plain ? 2 : 0) };

	if (is_word(v)) {
		*ret = (struct value){ .text = arena_strdup(v->arena, text) };
		return true;
	}
	if (!base64 && !hex && !plain && !der)
		return without_prefix(v);
	if (hex)
		good = decode_hex(v, &key);
	else if (!plain)
		good = decode_base64(v, base64 && !der ? 2 : 0, &key);
	if (good && v->keyword->id == KW_ECDSAKEY && v->release == RELEASE_4_10)
		return kills_daemon(v);
	if (!good || (v->keyword->id == KW_RSASIGKEY && !check_rsa(v, &key)) || (der && !check_der(v, &key)))
		return false;
	*ret = (struct value){ .text = arena_strdup(v->arena, text) };
	if (der)
		ret->key = (struct slice){ (const char *)key.bytes, key.n };
	else if (v->keyword->id == KW_RSASIGKEY && key.n <= UINT16_MAX / 2)
		ret->key = rsa_to_der(v, &key);
	return true;
}
