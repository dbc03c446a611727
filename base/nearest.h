/* SPDX-License-Identifier: Apache-2.0 */
/* nearest.h -- the name that was probably meant, for "did you mean": all names that are possible are offered, one by one.
 *
 * Up to four characters may have one typing mistake, longer words two: "aes" is near to everything else. When names of different things
 * are equally near, none of them is proposed.
 */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include "base/slice.h"

struct nearest {
	struct slice word;	/* as typed */
	unsigned limit;		/* of mistakes; the number of mistakes that `thing` has, once there is one */
	const char *name;	/* NULL: there is none, or there are several */
	const void *thing;	/* what `name` names; kept while several are as near */
};

struct nearest nearest_to(struct slice word);
/* `name` is borrowed and ends with NUL; `thing` is any address that two names share if, and only if, they mean the same. */
void nearest_offer(struct nearest *n, const char *name, const void *thing);

#endif
