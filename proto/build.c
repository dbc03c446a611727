/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/build.h"

static const struct build builds[] = {
#define BUILD(...) { __VA_ARGS__ },
#include "proto/builds.def"
#undef BUILD
};

#define COUNT	(sizeof builds / sizeof *builds)

const struct build *build_of(enum release release)
{
	for (size_t i = 0; i < COUNT; i++)
		if (builds[i].release == release)
			return &builds[i];
	return NULL;
}

const struct build *build_other(const struct build *build)
{
	for (size_t i = 0; i < COUNT; i++)
		if (builds[i].release == build->release && &builds[i] != build)
			return &builds[i];
	return NULL;
}

const struct build *build_parse(struct slice text)
{
	enum release release;

	for (size_t i = 0; i < COUNT; i++)
		if (slice_eq_nocase(text, builds[i].name))
			return &builds[i];
	return release_parse(text, &release) == 0 ? build_of(release) : NULL;
}
