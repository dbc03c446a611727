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
#include "gen/keyword_ids.h"	/* enum keyword_id, see below */
#include "proto/release.h"

/* Ids: KW_<BASE NAME IN CAPITALS>, '-' becomes '_' and '_' '__': KW_SUBNET, KW_NAT_KEEPALIVE; left and right are KW_HOST. A name of
 * config setup that a conn keyword has too: KW_SETUP_<NAME>. A mere other spelling: KW_ALIAS_<NAME>, so that code cannot ask for it
 * by mistake: settings are stored under what schema_target() says. Renamed keywords are stored under the newest name:
 * KW_IPSEC_LIFETIME (salifetime, keylife), KW_AGGRESSIVE (aggrmode), KW_ESP (phase2alg). KW_NONE is no index. */

enum section_kind { SECTION_CONN, SECTION_SETUP };

/* Which end a setting speaks of. Left is 0 and right 1, so that `1 - side` is the other one. */
enum side { SIDE_LEFT, SIDE_RIGHT, SIDE_NONE };

/* spec: type vocabulary of the keyword facts */
enum value_type {
	TYPE_BOOL, TYPE_ENUM, TYPE_FLAGS, TYPE_INTEGER, TYPE_COUNT, TYPE_BYTES, TYPE_TIME, TYPE_TIME_MS, TYPE_PERCENT, TYPE_PORT,
	TYPE_STRING, TYPE_LABEL, TYPE_URI, TYPE_NICKNAME, TYPE_IFNAME, TYPE_HEX, TYPE_DN, TYPE_ID, TYPE_PUBKEY, TYPE_HOST,
	TYPE_IPADDR, TYPE_IPADDR_LIST, TYPE_CIDR, TYPE_SUBNET, TYPE_SUBNET_LIST, TYPE_RANGE, TYPE_PROTOPORT, TYPE_IKE_PROPOSAL,
	TYPE_ESP_PROPOSAL, TYPE_AH_PROPOSAL, TYPE_MARK, TYPE_COMMAND, TYPE_FILENAME, TYPE_DIRNAME, TYPE_IFPAIR_LIST, TYPE_IFID,
	TYPE_NET_POLICY_LIST, TYPE_SECTION_REF, TYPE_SECTION_REF_LIST, TYPE_NAME_LIST, TYPE_STRING_LIST, TYPE_OBSOLETE,
	TYPE_COUNT_OF_TYPES
};

enum keyword_status {
	STATUS_ACTIVE,
	STATUS_IGNORED,		/* obsolete, accepted with or without a word */
	STATUS_ALIAS,		/* obsolete spelling of another keyword */
	STATUS_UNKNOWN,		/* the release refuses the whole file (L-031) */
	STATUS_NOT_IN_FILES,	/* a command line option only: the release refuses the line */
	STATUS_CHANGED,		/* the release reads the name as another keyword (auth=: rightauth); schema_find() cannot know */
};

struct keyword_value {
	const char *word;	/* accepted spelling */
	const char *meaning;	/* canonical spelling */
	const char *doc;	/* or NULL */
	uint8_t releases;	/* bit 1 << enum release: which take the word; words that the manual only promises have 0 */
};

/* The same text means something else in some releases. */
struct keyword_change {
	const char *word;	/* NULL: the keyword, whatever its value */
	uint8_t releases;	/* bit 1 << enum release; 0 ends a list */
	const char *meaning;	/* there */
};

struct keyword {
	enum keyword_id id;
	const char *name;	/* "leftsubnet" for the sided one, "rekeymargin" */
	const char *right;	/* "rightsubnet"; NULL: not sided */
	const char *base;	/* without the side: "subnet"; "" for left/right themselves */
	enum section_kind section;
	bool sided;
	enum value_type type;
	const struct keyword_value *values;	/* word NULL ends it; NULL: none */
	const char *default_documented;		/* NULL: none */
	const char *default_code[RELEASE_COUNT];	/* what the program does when unset; NULL: unset, or no word of its type */
	bool has_min, has_max;
	uint64_t min, max;
	const char *unit;			/* "s", "ms", "%", NULL */
	enum keyword_id alias_of;		/* where the value is stored, never an alias itself; KW_NONE: under this keyword */
	uint8_t own;				/* bit 1 << enum release: an alias elsewhere, stored under itself in these (ah=) */
	enum keyword_status status[RELEASE_COUNT];
	const char *replaced_by;		/* what to write in newer releases, NULL: nothing */
	const char *stack;			/* kernel stacks that have it, where not all do: "klips mast", "klips"; NULL */
	const char *build;			/* compile-time condition of the program, or NULL */
	const char *const *rules;		/* S-numbers, NULL-terminated */
	const char *doc;			/* one sentence or more */
	const char *const *conflicts;		/* what it clashes with or needs; NULL-terminated */
	const char *const *notes;		/* what real releases do, by release; NULL-terminated */
	const struct keyword_change *changes;	/* NULL: none */
	const char *whack[RELEASE_COUNT];	/* its option, as backends/whack/whack.h says; NULL: unknown there */
	const char *daemon[RELEASE_COUNT];	/* setup: its argument of pluto, in the same forms; NULL: none */
	bool supported;				/* later stages carry it; false: "known but not supported yet" is reported */
};

extern const struct keyword keyword_table[KW_COUNT];	/* indexed by enum keyword_id */

/* Finds a keyword by any spelling of any release, hyphen after the side included (L-030). ret_side: SIDE_NONE for unsided and for a
 * bare sided name (k->sided tells them apart). NULL: unknown. Of a name of both sections (ikeport) that of `section` is taken. */
const struct keyword *schema_find(struct slice spelling, enum section_kind section, enum side *ret_side);
/* The keyword under which `release` stores a value written with k's name: k itself unless k is another spelling. With RELEASE_ANY
 * as most releases do. */
const struct keyword *schema_target(const struct keyword *k, enum release release);
/* Unique nearest name in that section for a "did you mean", or NULL. `text` receives the full spelling with its side. */
const struct keyword *schema_nearest(struct slice spelling, enum section_kind section, char text[64]);
/* "leftsubnet", "rightsubnet", "rekeymargin": this entry's own name. Static text. */
const char *schema_spelling(const struct keyword *k, enum side side);
/* Among the names stored under the same keyword, the one that is active in `release`: salifetime for KW_IPSEC_LIFETIME in 3.18.
 * NULL: there is none. */
const struct keyword *schema_active(const struct keyword *k, enum release release);
/* The spelling of that one; else as schema_spelling(). */
const char *schema_spelling_in(const struct keyword *k, enum side side, enum release release);
const char *schema_type_name(enum value_type type);
/* The canonical word of an accepted spelling (case-insensitive) in that release, NULL: not among the keyword's words. */
const struct keyword_value *schema_value(const struct keyword *k, struct slice word, enum release release);

/* 1 for yes, y, true and on, 0 for no, n, false and off, in any case; -1: another word (L-051). */
int schema_boolean(struct slice word);

/* What the scanner of the readers before 5 makes of a text: it skips what is no lower-case word of these until one begins, and takes the
 * longest, so "On" is no, and "!no" too (run with 4.10). False: it finds none, or more behind it, and refuses the whole file. */
bool schema_scan_boolean(struct slice text, bool *ret);

#endif
