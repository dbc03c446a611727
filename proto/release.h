/* SPDX-License-Identifier: Apache-2.0 */
/* release.h -- the Libreswan releases whose facts the tables hold. An exact release maps to the newest one of its
 * major that is not above it (4.12 to 4.10), or else to the oldest of that major (4.3 to 4.10). */
#ifndef PROTO_RELEASE_H
#define PROTO_RELEASE_H

#include "base/slice.h"

/* Name, number, dialect. In order of time; 3.18 is the specification's own. The generators in tools/gen read this list too. */
#define RELEASE_LIST(X)					\
	X(RELEASE_3_18, 3, 18, "libreswan-3")		\
	X(RELEASE_3_32, 3, 32, "libreswan-3")		\
	X(RELEASE_4_10, 4, 10, "libreswan-4")		\
	X(RELEASE_5_0, 5, 0, "libreswan-5")		\
	X(RELEASE_5_4, 5, 4, "libreswan-5")

enum release {
#define X(name, major, minor, dialect) name,
	RELEASE_LIST(X)
#undef X
	RELEASE_COUNT,
	RELEASE_ANY = RELEASE_COUNT,
};

const char *release_name(enum release r);	/* "4.10" */
const char *release_dialect(enum release r);	/* "libreswan-4" */

/* "3.18", "4.12", "v4.12", "libreswan-4" (the newest of that major, except libreswan-3: 3.18); -EINVAL when it is neither. */
int release_parse(struct slice text, enum release *ret);

#endif
