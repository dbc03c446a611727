/* SPDX-License-Identifier: Apache-2.0 */
/* slice.h -- a piece of text that somebody else owns, and a range of positions.
 *
 * A slice borrows: it is valid as long as the text it points into (for the compiler: as long as the unit's arena).
 * It is not NUL-terminated; print it with SLICE_FMT/SLICE_ARG.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

#define SLICE(literal)	((struct slice){ (literal), sizeof(literal) - 1 })
#define SLICE_FMT	"%.*s"
#define SLICE_ARG(s)	(int)(s).n, (s).p

/* A half-open range of positions in the one offset space of a compilation (compiler/source); {0, 0} means "nowhere". */
struct span {
	uint32_t start, end;
};

static inline struct slice slice_of(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

static inline bool span_known(struct span s)
{
	return s.end != 0;
}

bool slice_eq(struct slice a, struct slice b);
bool slice_eq_str(struct slice a, const char *b);
bool slice_eq_nocase(struct slice a, const char *b);	/* ASCII only */
int slice_cmp(struct slice a, struct slice b);		/* bytewise, shorter first */
bool slice_starts(struct slice s, const char *prefix);
bool slice_starts_nocase(struct slice s, const char *prefix);
struct slice slice_trim(struct slice s);		/* blanks and tabs at both ends */
struct slice slice_sub(struct slice s, size_t from, size_t to);	/* clamped to s */

/* Takes the piece before the first byte of `separators` off the front of *rest; false when nothing is left.
 * Empty pieces are returned too: "a,,b" has three, "" has one. After the last one rest->p is NULL. */
bool slice_split(struct slice *rest, const char *separators, struct slice *ret_piece);

/* Unsigned decimal number that fills the slice: 0, -EINVAL (not a number) or -ERANGE (more than max). */
int slice_to_u64(struct slice s, uint64_t max, uint64_t *ret);

/* Values of digits, -1: it is none. */
int digit_hex(char c);
int digit_base64(char c);	/* RFC 4648 section 4 */

/* Damerau-Levenshtein distance, or limit + 1 as soon as it is known to exceed limit. ASCII case is ignored. */
unsigned slice_distance(struct slice a, struct slice b, unsigned limit);

#endif
