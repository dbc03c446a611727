/* SPDX-License-Identifier: Apache-2.0 */
/* transform.c -- looking up algorithms. */
#include "proto/transform.h"

#include "base/nearest.h"

static bool takes(const struct transform *t, size_t alias, enum release release)
{
	return release == RELEASE_ANY || t->alias_releases[alias] & 1u << release;
}

const struct transform *transform_by_name(enum transform_type type, const char *canonical)
{
	for (unsigned i = 0; i < transform_count; i++)
		if (transform_table[i]->type == type && strcmp(transform_table[i]->name, canonical) == 0)
			return transform_table[i];
	return NULL;
}

const struct transform *transform_by_ikev2_id(enum transform_type type, uint16_t id)
{
	if (id == TRANSFORM_NONE)
		return NULL;
	for (unsigned i = 0; i < transform_count; i++)
		if (transform_table[i]->type == type && transform_table[i]->ikev2_id == id)
			return transform_table[i];
	return NULL;
}

const struct transform *transform_by_alias(enum transform_type type, struct slice alias, enum release release)
{
	return transform_by_alias_for(type, alias, release, 0);
}

static bool used(const struct transform *t, size_t alias, enum release release, unsigned use)
{
	unsigned taken = 0;

	for (int r = 0; r < RELEASE_COUNT; r++)
		if (release == RELEASE_ANY || r == (int)release)
			taken |= t->use[r] & (r == RELEASE_3_18 ? t->alias_use_3_18[alias] : USE_ANY);
	return !use || taken & use;
}

const struct transform *transform_by_alias_for(enum transform_type type, struct slice alias, enum release release, unsigned use)
{
	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		if (t->type != type)
			continue;
		for (size_t k = 0; t->aliases[k]; k++)
			if (slice_eq_nocase(alias, t->aliases[k]) && takes(t, k, release) && used(t, k, release, use))
				return t;
	}
	return NULL;
}

const char *transform_nearest(enum transform_type type, struct slice alias, enum release release)
{
	struct nearest nearest = nearest_to(alias);

	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		for (size_t k = 0; t->type == type && t->aliases[k]; k++)
			if (takes(t, k, release))
				nearest_offer(&nearest, t->aliases[k], t);
	}
	return nearest.name;
}

const char *transform_type_name(enum transform_type type)
{
	static const char *const names[] = {
		[TRANSFORM_ENCR] = "cipher", [TRANSFORM_PRF] = "pseudo-random function", [TRANSFORM_INTEG] = "integrity algorithm",
		[TRANSFORM_KE] = "DH group", [TRANSFORM_ESN] = "kind of sequence numbers",
	};

	return names[type];
}

enum { ENCR_NULL = 11, ENCR_NULL_AUTH_AES_GMAC = 21 };	/* RFC 7296 section 3.3.2, RFC 4543 section 6 */

bool transform_is_none(const struct transform *t)
{
	return (t->type == TRANSFORM_INTEG || t->type == TRANSFORM_KE) && t->ikev2_id == 0;
}

bool transform_encrypts(const struct transform *t)
{
	return t->type == TRANSFORM_ENCR && t->ikev2_id != ENCR_NULL && t->ikev2_id != ENCR_NULL_AUTH_AES_GMAC;
}
