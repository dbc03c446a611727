/* SPDX-License-Identifier: Apache-2.0 */
/* transform.c -- looking up algorithms, and telling about them. */
#include "proto/transform.h"

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

/* A name of four characters may have one mistake, a longer one two: "aes" is near to everything else. */
const char *transform_nearest(enum transform_type type, struct slice alias, enum release release)
{
	unsigned nearest = alias.n < 5 ? 2 : 3;
	const struct transform *owner = NULL;
	const char *found = NULL;
	bool several = false;

	for (unsigned i = 0; i < transform_count; i++) {
		const struct transform *t = transform_table[i];

		for (size_t k = 0; t->type == type && t->aliases[k]; k++) {
			unsigned distance = takes(t, k, release) ? slice_distance(alias, slice_of(t->aliases[k]), nearest) : nearest + 1;

			if (distance < nearest) {
				nearest = distance;
				found = t->aliases[k];
				owner = t;
				several = false;
			} else if (distance == nearest && owner && t != owner) {
				several = true;
			}
		}
	}
	return several ? NULL : found;
}

const char *transform_type_name(enum transform_type type)
{
	static const char *const names[] = {
		[TRANSFORM_ENCR] = "cipher", [TRANSFORM_PRF] = "pseudo-random function", [TRANSFORM_INTEG] = "integrity algorithm",
		[TRANSFORM_KE] = "DH group", [TRANSFORM_ESN] = "kind of sequence numbers",
	};

	return names[type];
}

/* --- explain ------------------------------------------------------------------------------------------------------------------------------ */

#define MARGIN 12u	/* where the second column begins */

static void begin_row(struct buf *out, const char *name)
{
	buf_printf(out, "%-*s", (int)MARGIN, name);
}

static void add_aliases(const struct transform *t, enum release release, struct buf *out)
{
	const char *separator = "";

	for (size_t k = 0; t->aliases[k]; k++) {
		if (!takes(t, k, release))
			continue;
		buf_printf(out, "%s%s", separator, t->aliases[k]);
		separator = ", ";
	}
	if (!*separator)
		buf_add_str(out, release == RELEASE_ANY ? "no release accepts it" : "this release does not accept it");
}

static void add_uses(unsigned use, struct buf *out)
{
	static const char *const keywords[] = { "ike=", "esp=", "ah=" };
	const char *separator = "";

	for (unsigned i = 0; i < 3; i++) {
		unsigned versions = use >> 2 * i & 3;

		if (!versions)
			continue;
		buf_printf(out, "%s%s%s", separator, keywords[i], versions == 1 ? " (IKEv1)" : versions == 2 ? " (IKEv2)" : "");
		separator = ", ";
	}
}

/* One row per run of releases that take it alike. */
static void add_releases(const struct transform *t, enum release release, struct buf *out)
{
	const char *head = "in";

	for (int r = 0; r < RELEASE_COUNT; r++) {
		int last = r;

		if (!t->use[r] || (release != RELEASE_ANY && r != (int)release))
			continue;
		while (release == RELEASE_ANY && last + 1 < RELEASE_COUNT && t->use[last + 1] == t->use[r])
			last++;
		begin_row(out, head);
		buf_add_str(out, release_name((enum release)r));
		if (last > r)
			buf_printf(out, " ... %s", release_name((enum release)last));
		buf_add_str(out, "  ");
		add_uses(t->use[r], out);
		buf_add_char(out, '\n');
		head = "";
		r = last;
	}
}

static void add_number(struct buf *out, const char **separator, const char *name, uint16_t number)
{
	if (number == TRANSFORM_NONE)
		return;
	buf_printf(out, "%s%s %u", *separator, name, number);
	*separator = ", ";
}

static void add_numbers(const struct transform *t, struct buf *out)
{
	const char *separator = "";

	begin_row(out, "numbers");
	add_number(out, &separator, "IKEv2", t->ikev2_id);
	add_number(out, &separator, "IKEv1", t->ikev1_ike_id);
	add_number(out, &separator, t->type == TRANSFORM_ENCR ? "ESP" : t->type == TRANSFORM_INTEG ? "authentication attribute" : "group", t->ikev1_esp_id);
	add_number(out, &separator, "AH", t->ikev1_ah_id);
	add_number(out, &separator, "PF_KEY", t->pfkey ? t->pfkey : (uint16_t)TRANSFORM_NONE);
	if (!*separator)
		buf_add_str(out, "none");
	buf_add_char(out, '\n');
}

static void add_sizes(const struct transform *t, struct buf *out)
{
	if (t->key_bits[0] && t->type == TRANSFORM_ENCR) {
		begin_row(out, "keys");
		for (size_t i = 0; i < 4 && t->key_bits[i]; i++)
			buf_printf(out, "%s%u", i ? ", " : "", t->key_bits[i]);
		buf_printf(out, " bits%s\n", t->key_attribute ? "" : ", never written");
	}
	if (t->icv_bits) {
		begin_row(out, t->aead ? "tag" : "on the wire");
		buf_printf(out, "%u bits\n", t->icv_bits);
	}
	if (t->type == TRANSFORM_KE && t->output_bits) {
		begin_row(out, "public key");
		buf_printf(out, "%u bytes\n", t->output_bits / 8u);
	}
	if (t->strength_bits) {
		begin_row(out, "strength");
		buf_printf(out, "about %u bits\n", t->strength_bits);
	}
}

static void add_text_row(struct buf *out, const char *name, const char *text)
{
	if (!text || !*text)
		return;
	begin_row(out, name);
	buf_printf(out, "%s\n", text);
}

void transform_explain(const struct transform *t, enum release release, struct buf *out)
{
	buf_printf(out, "%s  %s\n%s\n\n", t->name, transform_type_name(t->type), t->doc);
	begin_row(out, "written");
	add_aliases(t, release, out);
	buf_add_char(out, '\n');
	add_releases(t, release, out);
	add_sizes(t, out);
	add_numbers(t, out);
	add_text_row(out, "kernel", t->xfrm);
	add_text_row(out, "RFC 8247", t->rfc8247);
	add_text_row(out, "RFC 8221", t->rfc8221);
}
