/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <assert.h>
#include <sys/random.h>

/* One for all maps of the process; of threads that come at once, the first one's counts. */
static uint64_t seed(void)
{
	static uint64_t value;
	uint64_t known = __atomic_load_n(&value, __ATOMIC_RELAXED), fresh;

	if (known)
		return known;
	if (getrandom(&fresh, sizeof fresh, GRND_NONBLOCK) != sizeof fresh)
		fresh = (uint64_t)(uintptr_t)&value ^ 0x9e3779b97f4a7c15u;
	fresh |= 1;
	return __atomic_compare_exchange_n(&value, &known, fresh, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? fresh : known;
}

/* FNV-1a over 64 bits from a random start, then mixed: good enough against collisions nobody can predict. */
static uint64_t hash(struct slice key)
{
	uint64_t h = 0xcbf29ce484222325u ^ seed();

	for (size_t i = 0; i < key.n; i++) {
		h ^= (unsigned char)key.p[i];
		h *= 0x100000001b3u;
		h ^= h >> 29;
	}
	h *= seed();
	return h ^ (h >> 32);
}

void map_init(struct map *m, struct arena *a)
{
	*m = (struct map){ .arena = a };
}

static struct map_entry *slot(struct map_entry *slots, size_t cap, struct slice key, uint64_t h)
{
	for (size_t i = (size_t)h & (cap - 1);; i = (i + 1) & (cap - 1)) {
		struct map_entry *e = &slots[i];

		if (!e->value || (e->hash == h && slice_eq(e->key, key)))
			return e;
	}
}

void *map_get(const struct map *m, struct slice key)
{
	return m->cap ? slot(m->slots, m->cap, key, hash(key))->value : NULL;
}

static void grow(struct map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 16;
	struct map_entry *slots = arena_new_array(m->arena, cap, struct map_entry);

	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].value)
			*slot(slots, cap, m->slots[i].key, m->slots[i].hash) = m->slots[i];
	m->slots = slots;
	m->cap = cap;
}

void map_set(struct map *m, struct slice key, void *value)
{
	struct map_entry *e;
	uint64_t h = hash(key);

	assert(value);
	if ((m->n + 1) * 4 > m->cap * 3)
		grow(m);
	e = slot(m->slots, m->cap, key, h);
	m->n += !e->value;
	*e = (struct map_entry){ key, value, h };
}
