/* SPDX-License-Identifier: Apache-2.0 */
#include "compiler/foreign/foreign.h"

/* Patterns have one '*' at most. */
static bool matches(struct slice text, const char *pattern)
{
	const char *star = strchr(pattern, '*');
	size_t before = star ? (size_t)(star - pattern) : 0, after = star ? strlen(star + 1) : 0;
	const char *middle = star ? strchr(star + 1, '*') : NULL;

	if (!star)
		return slice_eq_nocase(text, pattern);
	if (middle)		/* "*x*" */
		return memmem(text.p, text.n, star + 1, (size_t)(middle - star - 1)) != NULL;
	return text.n >= before + after && memcmp(text.p, pattern, before) == 0 &&
	       memcmp(text.p + text.n - after, star + 1, after) == 0;
}

bool foreign_names(const struct foreign_mark *mark, struct slice word)
{
	return slice_eq_nocase(word, mark->name) || (mark->right && slice_eq_nocase(word, mark->right));
}

bool foreign_has_value(const struct foreign_mark *mark, struct slice value)
{
	if (!mark->values)
		return true;
	for (const char *const *v = mark->values; *v; v++)
		if (matches(value, *v))
			return true;
	return false;
}

const struct foreign_mark *foreign_keyword(struct slice key, enum section_kind section)
{
	enum foreign_place place = section == SECTION_SETUP ? FOREIGN_SETUP : FOREIGN_CONN;

	for (size_t i = 0; i < foreign_mark_count; i++) {
		const struct foreign_mark *mark = &foreign_marks[i];

		if (mark->program != FOREIGN_LIBRESWAN && mark->place == place && !mark->values && foreign_names(mark, key))
			return mark;
	}
	return NULL;
}
