/* SPDX-License-Identifier: Apache-2.0 */
/* The anti-replay window (RFC 4303 section 3.4.3, appendix A2; I-246, I-247): a ring of words, so that moving on costs no
 * shifting. */
#include <assert.h>

#include "runtime/suite/esp.h"

#define WORDS	(sizeof((struct replay_window *)0)->bitmap / sizeof(uint64_t))

void replay_init(struct replay_window *w, uint32_t size, bool esn)
{
	*w = (struct replay_window){ .esn = esn };
	if (size)
		w->size = size < ESP_WINDOW_MIN ? ESP_WINDOW_MIN : size > ESP_WINDOW_MAX ? ESP_WINDOW_MAX : size;
}

int64_t replay_high(const struct replay_window *w, uint32_t low)
{
	uint32_t top_low = (uint32_t)w->top, high = (uint32_t)(w->top >> 32);
	uint32_t size = w->size ? w->size : ESP_WINDOW_MIN;
	uint32_t bottom = top_low - size + 1;		/* modulo 2^32 */

	if (!w->esn)
		return 0;
	if (top_low >= size - 1)			/* case A: the window lies within one high half */
		return low >= bottom ? high : (int64_t)high + 1;
	return low >= bottom ? (int64_t)high - 1 : high;	/* case B: it spans two */
}

static uint64_t *word_of(struct replay_window *w, uint64_t sequence)
{
	return &w->bitmap[sequence / 64 % WORDS];
}

bool replay_check(const struct replay_window *w, uint64_t sequence)
{
	if (sequence == 0)
		return false;
	if (w->size == 0 || sequence > w->top)
		return true;
	if (w->top - sequence >= w->size)
		return false;
	return !(w->bitmap[sequence / 64 % WORDS] >> (sequence % 64) & 1);
}

void replay_update(struct replay_window *w, uint64_t sequence)
{
	assert(replay_check(w, sequence));
	if (sequence > w->top) {
		uint64_t from = w->top / 64 + 1, to = sequence / 64;

		if (to - w->top / 64 >= WORDS)		/* a jump beyond everything that is remembered */
			from = to - WORDS + 1;
		for (uint64_t i = from; i <= to; i++)
			w->bitmap[i % WORDS] = 0;
		w->top = sequence;
	}
	*word_of(w, sequence) |= 1ull << (sequence % 64);
}
