/* SPDX-License-Identifier: Apache-2.0 */
/* spelling.h -- the index of spellings that tools/gen/keywords.c writes and schema.c reads. Private to the two. */
#ifndef COMPILER_SCHEMA_SPELLING_H
#define COMPILER_SCHEMA_SPELLING_H

#include <stddef.h>
#include <stdint.h>

struct spelling {
	const char *text;	/* lower case; NULL: the slot is free */
	uint16_t keyword;	/* enum keyword_id */
	uint8_t length;
	uint8_t side;		/* enum side; SIDE_NONE with a sided keyword: its bare name (L-029) */
};

extern const uint32_t spelling_seed, spelling_slots;	/* slots: a power of two */
extern const struct spelling spelling_table[];

/* FNV-1a of the text in lower case (L-028). The seed is chosen when the table is made, the one with the fewest collisions. */
static inline uint32_t spelling_hash(const char *p, size_t n, uint32_t seed)
{
	uint32_t hash = 2166136261u ^ seed;

	for (size_t i = 0; i < n; i++) {
		uint8_t c = (uint8_t)p[i];

		hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20u : c)) * 16777619u;
	}
	return hash ^ hash >> 15;
}

#endif
