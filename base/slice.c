/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include <errno.h>
#include <strings.h>

bool slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool slice_eq_str(struct slice a, const char *b)
{
	return slice_eq(a, slice_of(b));
}

bool slice_eq_nocase(struct slice a, const char *b)
{
	return a.n == strlen(b) && strncasecmp(a.p, b, a.n) == 0;
}

int slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;

	return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool slice_starts(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

bool slice_starts_nocase(struct slice s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && strncasecmp(s.p, prefix, n) == 0;
}

struct slice slice_trim(struct slice s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

struct slice slice_sub(struct slice s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct slice){ s.p + from, to - from };
}

bool slice_split(struct slice *rest, const char *separators, struct slice *ret_piece)
{
	size_t i = 0;

	if (rest->p == NULL)
		return false;
	while (i < rest->n && !(rest->p[i] && strchr(separators, rest->p[i])))
		i++;
	*ret_piece = (struct slice){ rest->p, i };
	if (i == rest->n)
		*rest = (struct slice){ NULL, 0 };
	else
		*rest = (struct slice){ rest->p + i + 1, rest->n - i - 1 };
	return true;
}

int slice_to_u64(struct slice s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (s.n == 0)
		return -EINVAL;
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return -EINVAL;
	for (size_t i = 0; i < s.n; i++) {
		uint64_t digit = (uint64_t)(s.p[i] - '0');

		if (v > UINT64_MAX / 10 || v * 10 > UINT64_MAX - digit)
			return -ERANGE;
		v = v * 10 + digit;
		if (v > max)
			return -ERANGE;
	}
	*ret = v;
	return 0;
}

int digit_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int digit_base64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Names are short; longer ones are never called "near". */
#define DISTANCE_MAX_LENGTH 63

unsigned slice_distance(struct slice a, struct slice b, unsigned limit)
{
	unsigned row[3][DISTANCE_MAX_LENGTH + 1];
	unsigned *before = row[0], *previous = row[1], *current = row[2];

	if (a.n > DISTANCE_MAX_LENGTH || b.n > DISTANCE_MAX_LENGTH || a.n > b.n + limit || b.n > a.n + limit)
		return limit + 1;
	for (unsigned j = 0; j <= b.n; j++)
		previous[j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		unsigned best = current[0] = i;
		unsigned *spare = before;

		for (unsigned j = 1; j <= b.n; j++) {
			char ca = fold(a.p[i - 1]), cb = fold(b.p[j - 1]);

			current[j] = min3(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (ca != cb));
			if (i > 1 && j > 1 && ca == fold(b.p[j - 2]) && fold(a.p[i - 2]) == cb && before[j - 2] + 1 < current[j])
				current[j] = before[j - 2] + 1;
			if (current[j] < best)
				best = current[j];
		}
		if (best > limit)
			return limit + 1;
		before = previous;
		previous = current;
		current = spare;
	}
	return previous[b.n] > limit ? limit + 1 : previous[b.n];
}
