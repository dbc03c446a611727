/* SPDX-License-Identifier: Apache-2.0 */
/* release.c -- names of releases. */
#include <errno.h>

#include "proto/release.h"

static const struct { const char *name, *dialect; unsigned major, minor; } releases[RELEASE_COUNT] = {
#define X(id, number, part, family) [id] = { #number "." #part, family, number, part },
	RELEASE_LIST(X)
#undef X
};

const char *release_name(enum release r)
{
	return r < RELEASE_COUNT ? releases[r].name : "any";
}

const char *release_dialect(enum release r)
{
	return r < RELEASE_COUNT ? releases[r].dialect : "any";
}

/* libreswan-3 is 3.18: 3.32 already has the defaults of 4. */
static bool by_dialect(struct slice text, enum release *ret)
{
	for (int r = RELEASE_COUNT - 1; r >= 0; r--) {
		if (!slice_eq_nocase(text, releases[r].dialect))
			continue;
		*ret = releases[r].major == 3 ? RELEASE_3_18 : (enum release)r;
		return true;
	}
	return false;
}

int release_parse(struct slice text, enum release *ret)
{
	struct slice major, minor = text;
	uint64_t a, b;
	int found = -1;

	if (by_dialect(text, ret))
		return 0;
	if (slice_starts(minor, "v"))
		minor = slice_sub(minor, 1, minor.n);
	if (!slice_split(&minor, ".", &major) || !minor.p)
		return -EINVAL;
	if (slice_to_u64(major, 999, &a) < 0 || slice_to_u64(minor, 999, &b) < 0)
		return -EINVAL;
	for (int r = 0; r < RELEASE_COUNT; r++)
		if (releases[r].major == a && (found < 0 || releases[r].minor <= b))
			found = r;
	if (found < 0)
		return -EINVAL;
	*ret = (enum release)found;
	return 0;
}
