/* SPDX-License-Identifier: Apache-2.0 */
/* schema.c -- looking up keywords in the generated table. */
#include <stdio.h>

#include "base/nearest.h"
#include "compiler/schema/schema.h"
#include "compiler/schema/spelling.h"

static const struct spelling *find_exact(struct slice text, enum section_kind section)
{
	const struct spelling *other = NULL;
	uint32_t mask = spelling_slots - 1, slot = spelling_hash(text.p, text.n, spelling_seed) & mask;

	for (; spelling_table[slot].text; slot = (slot + 1) & mask) {
		const struct spelling *s = &spelling_table[slot];

		if (s->length != text.n || !slice_eq_nocase(text, s->text))
			continue;
		if (keyword_table[s->keyword].section == section)
			return s;
		other = s;
	}
	return other;
}

/* L-030: left-id is leftid. No keyword's base begins with a hyphen, so nothing else is meant. */
static const struct spelling *find_hyphenated(struct slice text, enum section_kind section)
{
	const struct spelling *found;
	char joined[64];
	size_t side;

	if (slice_starts_nocase(text, "left-"))
		side = strlen("left");
	else if (slice_starts_nocase(text, "right-"))
		side = strlen("right");
	else
		return NULL;
	if (text.n == side + 1 || text.n > sizeof joined)
		return NULL;
	memcpy(joined, text.p, side);
	memcpy(joined + side, text.p + side + 1, text.n - side - 1);
	found = find_exact((struct slice){ joined, text.n - 1 }, section);
	return found && keyword_table[found->keyword].sided ? found : NULL;
}

const struct keyword *schema_find(struct slice spelling, enum section_kind section, enum side *ret_side)
{
	const struct spelling *s = find_exact(spelling, section);

	if (!s)
		s = find_hyphenated(spelling, section);
	if (!s)
		return NULL;
	*ret_side = (enum side)s->side;
	return &keyword_table[s->keyword];
}

const struct keyword *schema_target(const struct keyword *k, enum release release)
{
	if (k->alias_of == KW_NONE || (release != RELEASE_ANY && k->own & 1u << release))
		return k;
	return &keyword_table[k->alias_of];
}

static bool known_somewhere(const struct keyword *k)
{
	for (int r = 0; r < RELEASE_COUNT; r++)
		if (k->status[r] == STATUS_ACTIVE || k->status[r] == STATUS_ALIAS)
			return true;
	return false;
}

/* A bare sided name is never proposed. */
const struct keyword *schema_nearest(struct slice spelling, enum section_kind section, char text[64])
{
	struct nearest nearest = nearest_to(spelling);

	for (uint32_t slot = 0; slot < spelling_slots; slot++) {
		const struct spelling *s = &spelling_table[slot];
		const struct keyword *k = &keyword_table[s->keyword];

		if (s->text && k->section == section && (!k->sided || s->side != SIDE_NONE) && known_somewhere(k))
			nearest_offer(&nearest, s->text, s);
	}
	if (!nearest.name)
		return NULL;
	snprintf(text, 64, "%s", nearest.name);
	return &keyword_table[((const struct spelling *)nearest.thing)->keyword];
}

const char *schema_spelling(const struct keyword *k, enum side side)
{
	return side == SIDE_RIGHT && k->sided ? k->right : k->name;
}

const struct keyword *schema_active(const struct keyword *k, enum release release)
{
	const struct keyword *target = schema_target(k, release);

	if (release == RELEASE_ANY || target->status[release] == STATUS_ACTIVE)
		return target;
	for (unsigned i = 0; i < KW_COUNT; i++)
		if (keyword_table[i].alias_of == target->id && keyword_table[i].status[release] == STATUS_ACTIVE)
			return &keyword_table[i];
	return NULL;
}

const char *schema_spelling_in(const struct keyword *k, enum side side, enum release release)
{
	const struct keyword *active = schema_active(k, release);

	return schema_spelling(active ? active : k, side);
}

const struct keyword_value *schema_value(const struct keyword *k, struct slice word, enum release release)
{
	for (const struct keyword_value *v = k->values; v && v->word; v++)
		if (slice_eq_nocase(word, v->word) && (release == RELEASE_ANY || v->releases & 1u << release))
			return v;
	return NULL;
}

static const char *const booleans[][2] = { { "no", "yes" }, { "n", "y" }, { "false", "true" }, { "off", "on" } };

int schema_boolean(struct slice word)
{
	for (size_t i = 0; i < sizeof booleans / sizeof *booleans; i++)
		for (int yes = 0; yes < 2; yes++)
			if (slice_eq_nocase(word, booleans[i][yes]))
				return yes;
	return -1;
}

/* The longest word that the text begins with. */
static size_t boolean_prefix(struct slice text, bool *ret)
{
	size_t longest = 0;

	for (size_t i = 0; i < sizeof booleans / sizeof *booleans; i++)
		for (int yes = 0; yes < 2; yes++)
			if (strlen(booleans[i][yes]) > longest && slice_starts(text, booleans[i][yes])) {
				longest = strlen(booleans[i][yes]);
				*ret = yes;
			}
	return longest;
}

bool schema_scan_boolean(struct slice text, bool *ret)
{
	size_t n = 0;

	while (text.n && (n = boolean_prefix(text, ret)) == 0)
		text = slice_sub(text, 1, text.n);
	return n && slice_trim(slice_sub(text, n, text.n)).n == 0;
}

const char *schema_type_name(enum value_type type)
{
	static const char *const names[TYPE_COUNT_OF_TYPES] = {
		[TYPE_BOOL] = "bool", [TYPE_ENUM] = "enum", [TYPE_FLAGS] = "flags-list", [TYPE_INTEGER] = "integer",
		[TYPE_COUNT] = "count", [TYPE_BYTES] = "bytes", [TYPE_TIME] = "time", [TYPE_TIME_MS] = "time-ms",
		[TYPE_PERCENT] = "percent", [TYPE_PORT] = "port", [TYPE_STRING] = "string", [TYPE_LABEL] = "label",
		[TYPE_URI] = "uri", [TYPE_NICKNAME] = "nickname", [TYPE_IFNAME] = "ifname", [TYPE_HEX] = "hex", [TYPE_DN] = "dn",
		[TYPE_ID] = "id", [TYPE_PUBKEY] = "pubkey", [TYPE_HOST] = "host", [TYPE_IPADDR] = "ipaddr",
		[TYPE_IPADDR_LIST] = "ipaddr-list", [TYPE_CIDR] = "cidr", [TYPE_SUBNET] = "subnet",
		[TYPE_SUBNET_LIST] = "subnet-list", [TYPE_RANGE] = "range", [TYPE_PROTOPORT] = "protoport",
		[TYPE_IKE_PROPOSAL] = "ike-proposal", [TYPE_ESP_PROPOSAL] = "esp-proposal", [TYPE_AH_PROPOSAL] = "ah-proposal",
		[TYPE_MARK] = "mark", [TYPE_COMMAND] = "command", [TYPE_FILENAME] = "filename", [TYPE_DIRNAME] = "dirname",
		[TYPE_IFPAIR_LIST] = "ifpair-list", [TYPE_IFID] = "ifid", [TYPE_NET_POLICY_LIST] = "net-policy-list",
		[TYPE_SECTION_REF] = "section-ref", [TYPE_SECTION_REF_LIST] = "section-ref-list", [TYPE_NAME_LIST] = "name-list",
		[TYPE_STRING_LIST] = "string-list", [TYPE_OBSOLETE] = "obsolete",
	};

	return names[type];
}
