/* SPDX-License-Identifier: Apache-2.0 */
/* map.h -- a hash map from text to pointer, in an arena. Keys are borrowed and must outlive the map; nothing is removed.
 * The hash is seeded, so that a hostile configuration cannot make it quadratic. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/arena.h"
#include "base/slice.h"

struct map_entry {
	struct slice key;
	void *value;	/* NULL: slot is free */
	uint64_t hash;
};

struct map {
	struct arena *arena;
	struct map_entry *slots;
	size_t n, cap;	/* cap is a power of two */
};

void map_init(struct map *m, struct arena *a);
void *map_get(const struct map *m, struct slice key);		/* NULL: absent */
void map_set(struct map *m, struct slice key, void *value);	/* value is not NULL; replaces */

#endif
