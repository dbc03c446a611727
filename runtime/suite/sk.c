/* SPDX-License-Identifier: Apache-2.0 */
/* The encrypted part of SK and SKF (RFC 7296 section 3.14, RFC 5282; I-205, I-206). */
#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>

#include "runtime/suite/cipher.h"

struct sk_cipher {
	struct cipher seal, open;
	uint64_t counter;	/* IV of the next message with AEAD or CTR */
};

int sk_cipher_new(const struct suite_choice *choice, struct slice encr_key, struct slice integ_key, struct sk_cipher **ret)
{
	struct sk_cipher *c = secret_alloc(sizeof *c);
	const char *why;
	int error;

	if (!c)
		return -ENOMEM;
	error = cipher_init(&c->seal, choice, encr_key, integ_key, true, &why);
	if (!error)
		error = cipher_init(&c->open, choice, encr_key, integ_key, false, &why);
	if (error)
		sk_cipher_free(c);
	else
		*ret = c;
	return error;
}

void sk_cipher_free(struct sk_cipher *c)
{
	if (!c)
		return;
	cipher_release(&c->seal);
	cipher_release(&c->open);
	secret_free(c);
}

size_t sk_iv_size(const struct sk_cipher *c)
{
	return c->seal.iv_size;
}

/* Text, padding and pad length; the least padding that the block allows. */
static size_t padded(const struct sk_cipher *c, size_t text)
{
	size_t block = c->seal.block;

	return (text + 1 + block - 1) / block * block;
}

size_t sk_sealed_size(const struct sk_cipher *c, size_t text)
{
	return c->seal.iv_size + padded(c, text) + c->seal.icv_size;
}

size_t sk_room(const struct sk_cipher *c, size_t sealed)
{
	size_t outside = (size_t)c->seal.iv_size + c->seal.icv_size, inside;

	if (sealed <= outside)
		return 0;
	inside = (sealed - outside) / c->seal.block * c->seal.block;
	return inside ? inside - 1 : 0;
}

static void put_counter(uint8_t *iv, size_t n, uint64_t counter)
{
	for (size_t i = 0; i < n; i++)
		iv[n - 1 - i] = (uint8_t)(i < 8 ? counter >> (8 * i) : 0);
}

int sk_seal(struct sk_cipher *c, struct buf *message, size_t start, struct slice text, const uint8_t *random_iv)
{
	size_t aad = message->n - start, inside = padded(c, text.n), iv = c->seal.iv_size;
	uint8_t *p;

	buf_add_repeated(message, '\0', sk_sealed_size(c, text.n));
	if (buf_failed(message))
		return -ENOMEM;
	p = (uint8_t *)message->p + start;
	if (c->seal.aead || c->seal.form == FORM_CTR)
		put_counter(p + aad, iv, c->counter++);
	else if (iv)
		memcpy(p + aad, random_iv, iv);
	if (text.n)
		memcpy(p + aad + iv, text.p, text.n);
	p[aad + iv + inside - 1] = (uint8_t)(inside - 1 - text.n);	/* the pad bytes themselves are zero */
	return cipher_seal(&c->seal, &(struct cipher_job){
		.aad = slice_bytes(p, aad),
		.covered = slice_bytes(p, aad + iv + inside),
		.iv = p + aad,
		.in = p + aad + iv,
		.out = p + aad + iv,
		.n = inside,
		.icv = p + aad + iv + inside,
	});
}

int sk_open(struct sk_cipher *c, struct slice message, size_t sealed_at, struct buf *text)
{
	uint8_t *p = (uint8_t *)message.p;
	size_t iv = c->open.iv_size, start = text->n, inside, pad;
	int error;

	if (sealed_at > message.n || message.n - sealed_at < iv + c->open.icv_size + 1u)
		return -EBADMSG;
	inside = message.n - sealed_at - iv - c->open.icv_size;
	if (inside % c->open.block)
		return -EBADMSG;
	buf_add_repeated(text, '\0', inside);
	if (buf_failed(text))
		return -ENOMEM;
	error = cipher_open(&c->open, &(struct cipher_job){
		.aad = slice_bytes(p, sealed_at),
		.covered = slice_bytes(p, message.n - c->open.icv_size),
		.iv = p + sealed_at,
		.in = p + sealed_at + iv,
		.out = (uint8_t *)text->p + start,
		.n = inside,
		.icv = p + message.n - c->open.icv_size,
	});
	pad = error ? 0 : (uint8_t)text->p[start + inside - 1];
	if (!error && pad + 1 > inside)
		error = -EINVAL;
	if (error)
		OPENSSL_cleanse(text->p + start, inside);
	text->n = error ? start : start + inside - 1 - pad;
	text->p[text->n] = '\0';
	return error;
}
