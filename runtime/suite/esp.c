/* SPDX-License-Identifier: Apache-2.0 */
/* ESP packets (RFC 4303, 4106, 3602, 4868, 7634; I-244..I-251). */
#include "runtime/suite/esp.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "runtime/suite/cipher.h"

#define TEXT_MAX	65535u	/* an inner packet: both families say their length in 16 bits */
#define TRAILER		2u	/* pad length, next header */

struct esp_sa {
	struct cipher seal, open;
	uint32_t spi;
	bool esn;
	uint8_t align;		/* text, padding and trailer are a multiple of this (RFC 4303 section 2.4) */
	uint64_t sequence;	/* last number sealed */
	struct replay_window replay;
	struct esp_counters counters;
};

int esp_sa_new(const struct esp_params *params, struct esp_sa **ret, const char **ret_why)
{
	struct suite_choice choice = { .encr = params->encr, .encr_key_bits = params->encr_key_bits, .integ = params->integ };
	struct esp_sa *sa = secret_alloc(sizeof *sa);
	int error;

	*ret_why = "the key has the wrong size, or there is no memory";
	if (!sa)
		return -ENOMEM;
	error = cipher_init(&sa->seal, &choice, params->encr_key, params->integ_key, true, ret_why);
	if (!error)
		error = cipher_init(&sa->open, &choice, params->encr_key, params->integ_key, false, ret_why);
	if (error) {
		esp_sa_free(sa);
		return error;
	}
	sa->spi = params->spi;
	sa->esn = params->esn;
	sa->align = sa->seal.block > 4 ? sa->seal.block : 4;
	replay_init(&sa->replay, params->replay_window, params->esn);
	*ret = sa;
	return 0;
}

void esp_sa_free(struct esp_sa *sa)
{
	if (!sa)
		return;
	cipher_release(&sa->seal);
	cipher_release(&sa->open);
	secret_free(sa);
}

const struct esp_counters *esp_counters(const struct esp_sa *sa)
{
	return &sa->counters;
}

uint64_t esp_sequence(const struct esp_sa *sa)
{
	return sa->sequence > sa->replay.top ? sa->sequence : sa->replay.top;
}

void esp_set_sequence(struct esp_sa *sa, uint64_t sequence)
{
	sa->sequence = sequence;
}

static size_t padded(const struct esp_sa *sa, size_t inner)
{
	return (inner + TRAILER + sa->align - 1) / sa->align * sa->align;
}

static size_t fixed(const struct esp_sa *sa)
{
	return ESP_HEADER + sa->seal.iv_size + sa->seal.icv_size;
}

size_t esp_sealed_size(const struct esp_sa *sa, size_t inner)
{
	return fixed(sa) + padded(sa, inner);
}

size_t esp_inner_mtu(const struct esp_sa *sa, size_t path_mtu, size_t outer)
{
	size_t room, text;

	if (path_mtu <= outer + fixed(sa))
		return 0;
	room = path_mtu - outer - fixed(sa);
	text = room / sa->align * sa->align;
	return text > TRAILER ? text - TRAILER : 0;
}

static enum esp_result count(struct esp_sa *sa, enum esp_result result, size_t bytes)
{
	sa->counters.results[result]++;
	if (result == ESP_OK) {
		sa->counters.packets++;
		sa->counters.bytes += bytes;
	}
	return result;
}

static void put_be32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

static uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* What is authenticated without being in the packet as such: with ESN, AEAD has the high half between SPI and low half (RFC
 * 4106 section 5), HMAC has it at the end (RFC 4303 section 2.2.1). */
struct esn_parts {
	uint8_t aad[12];
	struct slice aad_slice, behind;
	uint8_t high[4];
};

static void esn_parts(const struct esp_sa *sa, uint32_t spi, uint64_t sequence, struct esn_parts *e)
{
	put_be32(e->high, (uint32_t)(sequence >> 32));
	put_be32(e->aad, spi);
	memcpy(e->aad + 4, e->high, 4);
	put_be32(e->aad + (sa->esn ? 8 : 4), (uint32_t)sequence);
	e->aad_slice = slice_bytes(e->aad, sa->esn ? 12 : 8);
	e->behind = slice_bytes(e->high, sa->esn ? 4 : 0);
}

/* AEAD and CTR: the sequence number is the counter, so no IV comes twice under a key (RFC 4106 section 3.1). CBC: unpredictable
 * (RFC 3602 section 3). */
static bool put_iv(struct esp_sa *sa, uint8_t *iv, uint64_t sequence)
{
	if (!sa->seal.aead && sa->seal.form != FORM_CTR)
		return sa->seal.iv_size == 0 || RAND_bytes(iv, sa->seal.iv_size) > 0;
	put_be32(iv, (uint32_t)(sequence >> 32));
	put_be32(iv + 4, (uint32_t)sequence);
	return sa->seal.iv_size == 8;
}

static void put_text(uint8_t *text, size_t size, const uint8_t *inner, size_t n, enum esp_next_header next)
{
	size_t pad = size - n - TRAILER;

	memcpy(text, inner, n);
	for (size_t i = 0; i < pad; i++)
		text[n + i] = (uint8_t)(i + 1);
	text[size - 2] = (uint8_t)pad;
	text[size - 1] = (uint8_t)next;
}

enum esp_result esp_seal(struct esp_sa *sa, const uint8_t *inner, size_t n, enum esp_next_header next, uint8_t *out, size_t room,
			 size_t *ret_n)
{
	size_t text = padded(sa, n), iv = sa->seal.iv_size, size = esp_sealed_size(sa, n);
	uint64_t sequence = sa->sequence + 1;
	struct esn_parts e;

	if (sa->sequence == (sa->esn ? UINT64_MAX : UINT32_MAX))
		return count(sa, ESP_EXHAUSTED, 0);	/* a number must not come twice under a key (I-248) */
	if (n > TEXT_MAX || size > room)
		return count(sa, ESP_NO_ROOM, 0);
	put_be32(out, sa->spi);
	put_be32(out + 4, (uint32_t)sequence);
	esn_parts(sa, sa->spi, sequence, &e);
	if (!put_iv(sa, out + ESP_HEADER, sequence))
		return count(sa, ESP_FAILED, 0);
	put_text(out + ESP_HEADER + iv, text, inner, n, next);
	sa->sequence = sequence;
	if (cipher_seal(&sa->seal, &(struct cipher_job){
		.aad = e.aad_slice,
		.covered = slice_bytes(out, ESP_HEADER + iv + text),
		.behind = e.behind,
		.iv = out + ESP_HEADER,
		.in = out + ESP_HEADER + iv,
		.out = out + ESP_HEADER + iv,
		.n = text,
		.icv = out + ESP_HEADER + iv + text,
	    })) {
		OPENSSL_cleanse(out, size);	/* it may hold clear text */
		return count(sa, ESP_FAILED, 0);
	}
	*ret_n = size;
	return count(sa, ESP_OK, n);
}

/* Total length by the inner packet's own header; 0: it does not fit in the text. What is behind it is TFC padding (I-251). */
static size_t inner_size(const uint8_t *p, size_t n, uint8_t next)
{
	size_t total;

	if (next == ESP_NEXT_IPV4) {
		size_t header = n ? (p[0] & 15u) * 4u : 0;

		total = n >= 20 ? (size_t)p[2] << 8 | p[3] : 0;
		return header >= 20 && total >= header && total <= n ? total : 0;
	}
	total = n >= 40 ? 40 + ((size_t)p[4] << 8 | p[5]) : 0;
	return total <= n ? total : 0;
}

/* Padding, next header and inner packet of a text that is authentic. */
static enum esp_result take_text(const uint8_t *text, size_t n, size_t *ret_n, enum esp_next_header *ret_next)
{
	size_t pad = text[n - 2], inner;
	uint8_t next = text[n - 1];

	if (pad > n - TRAILER)
		return ESP_BAD_PADDING;
	inner = n - TRAILER - pad;
	for (size_t i = 0; i < pad; i++)
		if (text[inner + i] != i + 1)
			return ESP_BAD_PADDING;
	if (next == ESP_NEXT_NONE)
		return ESP_DUMMY;
	if ((next != ESP_NEXT_IPV4 && next != ESP_NEXT_IPV6) || (inner && text[0] >> 4 != (next == ESP_NEXT_IPV4 ? 4 : 6)))
		return ESP_BAD_NEXT_HEADER;
	inner = inner_size(text, inner, next);
	if (inner == 0)
		return ESP_BAD_INNER;
	*ret_n = inner;
	*ret_next = (enum esp_next_header)next;
	return ESP_OK;
}

enum esp_result esp_open(struct esp_sa *sa, const uint8_t *packet, size_t n, uint8_t *out, size_t room, size_t *ret_n,
			 enum esp_next_header *ret_next)
{
	size_t iv = sa->open.iv_size, text;
	enum esp_result result;
	struct esn_parts e;
	uint64_t sequence;
	int64_t high;
	int error;

	if (n < fixed(sa) + TRAILER || (n - fixed(sa)) % sa->align)
		return count(sa, ESP_SHORT, 0);
	text = n - fixed(sa);
	if (text > room)
		return count(sa, ESP_NO_ROOM, 0);
	high = replay_high(&sa->replay, get_be32(packet + 4));
	sequence = (uint64_t)high << 32 | get_be32(packet + 4);
	if (high < 0 || high > UINT32_MAX || !replay_check(&sa->replay, sequence))
		return count(sa, ESP_REPLAY, 0);
	esn_parts(sa, get_be32(packet), sequence, &e);
	error = cipher_open(&sa->open, &(struct cipher_job){
		.aad = e.aad_slice,
		.covered = slice_bytes(packet, n - sa->open.icv_size),
		.behind = e.behind,
		.iv = packet + ESP_HEADER,
		.in = packet + ESP_HEADER + iv,
		.out = out,
		.n = text,
		.icv = (uint8_t *)packet + n - sa->open.icv_size,	/* only read */
	});
	if (error)
		return count(sa, error == -EBADMSG ? ESP_BAD_ICV : ESP_FAILED, 0);
	replay_update(&sa->replay, sequence);
	result = take_text(out, text, ret_n, ret_next);
	return count(sa, result, result == ESP_OK ? *ret_n : 0);
}
