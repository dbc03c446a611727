/* SPDX-License-Identifier: Apache-2.0 */
/* schema.h -- the one table of keywords, compiled from compiler/schema/keywords.yaml.
 *
 * Parser, types, defaults, `explain`, manual, completions and the whack backend all read this table. It is static data: no
 * start-up cost, nothing to free. Spelling rules: L-028 (case), L-029 (bare sided names), L-030 (hyphen after the side).
 */
#ifndef COMPILER_SCHEMA_H
#define COMPILER_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "gen/keyword_ids.h"	/* enum keyword_id: KW_<BASE NAME IN CAPITALS>, KW_COUNT; e.g. KW_SUBNET, KW_LEFT is KW_HOST */
#include "proto/release.h"

enum section_kind { SECTION_CONN, SECTION_SETUP };

/* Which end a setting speaks of. Left is 0 and right 1, so that `1 - side` is the other one. */
enum side { SIDE_LEFT, SIDE_RIGHT, SIDE_NONE };

/* spec: type vocabulary of the keyword facts */
enum value_type {
	TYPE_BOOL, TYPE_ENUM, TYPE_FLAGS, TYPE_INTEGER, TYPE_COUNT, TYPE_BYTES, TYPE_TIME, TYPE_TIME_MS, TYPE_PERCENT, TYPE_PORT,
	TYPE_STRING, TYPE_LABEL, TYPE_URI, TYPE_NICKNAME, TYPE_IFNAME, TYPE_HEX, TYPE_DN, TYPE_ID, TYPE_PUBKEY, TYPE_HOST, TYPE_IPADDR,
	TYPE_IPADDR_LIST, TYPE_CIDR, TYPE_SUBNET, TYPE_SUBNET_LIST, TYPE_RANGE, TYPE_PROTOPORT, TYPE_IKE_PROPOSAL, TYPE_ESP_PROPOSAL,
	TYPE_AH_PROPOSAL, TYPE_MARK, TYPE_COMMAND, TYPE_FILENAME, TYPE_DIRNAME, TYPE_IFPAIR_LIST, TYPE_IFID, TYPE_NET_POLICY_LIST,
	TYPE_SECTION_REF, TYPE_SECTION_REF_LIST, TYPE_NAME_LIST, TYPE_STRING_LIST, TYPE_OBSOLETE,
	TYPE_COUNT_OF_TYPES
};

enum keyword_status {
	STATUS_ACTIVE,
	STATUS_IGNORED,		/* obsolete, accepted with or without a word */
	STATUS_ALIAS,		/* obsolete spelling of another keyword */
	STATUS_UNKNOWN,		/* the release refuses the whole file (L-031) */
	STATUS_NOT_IN_FILES,	/* a command line option only */
};

struct keyword_value {
	const char *word;	/* accepted spelling */
	const char *meaning;	/* canonical spelling */
	const char *doc;	/* note about releases, or NULL */
};

struct keyword {
	enum keyword_id id;
	const char *name;	/* canonical: "leftsubnet" for the sided one, "rekeymargin" */
	const char *base;	/* without the side: "subnet"; "" for left/right themselves */
	enum section_kind section;
	bool sided;
	enum value_type type;
	const struct keyword_value *values;	/* word NULL ends it; NULL: none */
	const char *default_documented;		/* NULL: none */
	const char *default_code;		/* what the program does when unset; NULL: unset */
	bool has_min, has_max;
	uint64_t min, max;
	const char *unit;			/* "s", "ms", "%", NULL */
	enum keyword_id alias_of;		/* KW_NONE: not an alias */
	enum keyword_status status[RELEASE_COUNT];
	const char *replaced_by;		/* NULL: nothing */
	const char *const *rules;		/* S-numbers, NULL-terminated */
	const char *doc;			/* one sentence or more */
	const char *conflicts;			/* text, or NULL */
	const char *whack[RELEASE_COUNT];	/* its option ("--rekeymargin SECONDS"); the forms: backends/whack/whack.h; NULL: unknown there */
	bool supported;				/* later stages carry it; false: "known but not supported yet" is reported */
};

extern const struct keyword keyword_table[KW_COUNT];	/* indexed by enum keyword_id */

/* Finds a keyword by any spelling of any release. ret_side: SIDE_NONE for unsided and for a bare sided name. NULL: unknown.
 * A name may exist in both sections (listen): the one of `section` is preferred. */
const struct keyword *schema_find(struct slice spelling, enum section_kind section, enum side *ret_side);
/* Unique nearest name in that section for a "did you mean", or NULL. `text` receives the full spelling with its side. */
const struct keyword *schema_nearest(struct slice spelling, enum section_kind section, char text[64]);
/* "leftsubnet", "rightsubnet", "rekeymargin", as the release spells it. Static text. */
const char *schema_spelling(const struct keyword *k, enum side side);
const char *schema_type_name(enum value_type type);

#endif
