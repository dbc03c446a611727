/* SPDX-License-Identifier: Apache-2.0 */
/* release.h -- the Libreswan releases whose facts the tables hold. An exact release (4.12) maps to the newest one not above it. */
#ifndef PROTO_RELEASE_H
#define PROTO_RELEASE_H

#include "base/slice.h"

enum release {
	RELEASE_3_18,	/* the specification's own */
	RELEASE_3_32,
	RELEASE_4_10,
	RELEASE_5_0,
	RELEASE_5_4,
	RELEASE_COUNT,
	RELEASE_ANY = RELEASE_COUNT,
};

const char *release_name(enum release r);	/* "4.10" */
const char *release_dialect(enum release r);	/* "libreswan-4" */

/* "3.18", "4.12", "libreswan-4" (the newest of that major, except libreswan-3: 3.18); -EINVAL when it is neither. */
int release_parse(struct slice text, enum release *ret);

#endif
