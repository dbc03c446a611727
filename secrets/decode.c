/* SPDX-License-Identifier: Apache-2.0 */
/* Values: "text", 0x hexadecimal, 0s base64, 0t text (K-012). */
#include <errno.h>

#include "secrets/token.h"

static int bad(const char *why, size_t at, const char **ret_why, uint32_t *ret_at)
{
	*ret_why = why;
	*ret_at = (uint32_t)at;
	return -EINVAL;
}

/* '_' may stand between digits. */
static int decode_hex(struct slice text, uint8_t *out, size_t *ret_n, const char **ret_why, uint32_t *ret_at)
{
	size_t digits = 0;

	for (size_t i = 2; i < text.n; i++) {
		int value = digit_hex(text.p[i]);

		if (text.p[i] == '_')
			continue;
		if (value < 0)
			return bad("this is no hexadecimal digit", i, ret_why, ret_at);
		out[digits / 2] = (uint8_t)(digits % 2 ? out[digits / 2] | value : value << 4);
		digits++;
	}
	if (digits == 0)
		return bad("there are no hexadecimal digits after '0x'", 0, ret_why, ret_at);
	if (digits % 2)
		return bad("the number of hexadecimal digits is odd", 0, ret_why, ret_at);
	*ret_n = digits / 2;
	return 0;
}

static int decode_base64(struct slice text, uint8_t *out, size_t *ret_n, const char **ret_why, uint32_t *ret_at)
{
	size_t pad = 0, n = text.n - 2;
	uint32_t group = 0;

	while (pad < 2 && pad < n && text.p[text.n - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < n - pad; i++) {
		int value = digit_base64(text.p[2 + i]);

		if (value < 0)
			return bad("this is no character of base64", 2 + i, ret_why, ret_at);
		group = group << 6 | (uint32_t)value;
		if (i % 4 != 0)		/* each digit after the first of a group completes a byte */
			out[i / 4 * 3 + i % 4 - 1] = (uint8_t)(group >> (6 - 2 * (i % 4)));
	}
	if (n == 0 || n % 4)
		return bad("base64 comes in groups of four characters", 0, ret_why, ret_at);
	*ret_n = n / 4 * 3 - pad;
	/* bits that padding leaves over must be zero, or two texts would be one key */
	return pad && (group & (pad == 1 ? 3u : 15u)) ? bad("base64 is badly padded", text.n - pad, ret_why, ret_at) : 0;
}

static int decode_text(const struct token *t, uint8_t *out, enum secret_form *ret_form, size_t *ret_n, const char **ret_why,
		       uint32_t *ret_at)
{
	if (t->quote == '`')
		return bad("a value in backquotes is not taken", 0, ret_why, ret_at);	/* K-005 */
	if (t->quote == '\0' && slice_starts_nocase(t->text, "0x")) {
		*ret_form = SECRET_HEX;
		return decode_hex(t->text, out, ret_n, ret_why, ret_at);
	}
	if (t->quote == '\0' && slice_starts_nocase(t->text, "0s")) {
		*ret_form = SECRET_BASE64;
		return decode_base64(t->text, out, ret_n, ret_why, ret_at);
	}
	if (t->quote || slice_starts(t->text, "0t")) {
		struct slice text = t->quote ? t->text : slice_sub(t->text, 2, t->text.n);

		*ret_form = t->quote ? SECRET_QUOTED : SECRET_TEXT;
		if (text.n)
			memcpy(out, text.p, text.n);
		*ret_n = text.n;
		return 0;
	}
	return bad("a value stands in quotes, or begins with '0x', '0s' or '0t'", 0, ret_why, ret_at);
}

int secrets_decode(const struct token *t, enum secret_form *ret_form, struct secret *ret, const char **ret_why, uint32_t *ret_at)
{
	uint8_t *out = secret_alloc(t->text.n + 3);	/* base64 writes whole groups */
	size_t n = 0;
	int error;

	if (!out)
		return -ENOMEM;
	error = decode_text(t, out, ret_form, &n, ret_why, ret_at);
	if (error) {
		secret_free(out);
		return error;
	}
	secret_release(ret);
	*ret = (struct secret){ out, n };
	return 0;
}
