/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"

struct nearest nearest_to(struct slice word)
{
	return (struct nearest){ .word = word, .limit = word.n < 5 ? 1 : 2 };
}

void nearest_offer(struct nearest *n, const char *name, const void *thing)
{
	unsigned mistakes = slice_distance(n->word, slice_of(name), n->limit);

	if (mistakes > n->limit)
		return;
	if (!n->thing || mistakes < n->limit) {
		n->limit = mistakes;
		n->name = name;
		n->thing = thing;
	} else if (thing != n->thing) {
		n->name = NULL;
	}
}
