/* SPDX-License-Identifier: Apache-2.0 */
/* build.h -- a target is a release and how it was built: proto/builds.def. */
#ifndef PROTO_BUILD_H
#define PROTO_BUILD_H

#include <stdbool.h>

#include "proto/release.h"

struct build {
	const char *name;		/* "4.10-debian12" */
	enum release release;
	const char *by, *of;		/* "Debian", and what exactly */
	bool accepts_ikev1;		/* unless ikev1-policy= says otherwise */
	const char *adds;		/* keyword that the table has as unknown to the release; NULL: none */
};

const struct build *build_of(enum release release);	/* the one that a bare release means */
const struct build *build_other(const struct build *build);	/* another one of the same release, or NULL */
/* The name of a build, or all that release_parse() takes. NULL: it is neither. */
const struct build *build_parse(struct slice text);

#endif
