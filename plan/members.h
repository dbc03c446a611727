/* SPDX-License-Identifier: Apache-2.0 */
/* members.h -- the plan's document as a table: which JSON member is which member of which struct. Private to plan/.
 *
 * Reader and writer walk the same table, so that they cannot disagree. Order in the table is order in the file.
 */
#ifndef PLAN_MEMBERS_H
#define PLAN_MEMBERS_H

#include "plan/plan.h"

enum member_type {
	MEMBER_BOOL,
	MEMBER_NUMBER,		/* unsigned, `size` bytes, at most `max` */
	MEMBER_ENUM,		/* one of `words`, by number */
	MEMBER_FLAGS,		/* uint32_t: a list of `words`, bit n for words[n] */
	MEMBER_RELEASE,		/* enum release as "4.10" */
	MEMBER_DIALECT,		/* the same enum release again, as "libreswan-4" */
	MEMBER_TEXT,		/* const char * */
	MEMBER_ADDRESS,		/* struct ip_addr */
	MEMBER_PREFIX,		/* struct ip_prefix */
	MEMBER_RANGE,		/* struct ip_range, as a prefix or FIRST-LAST */
	MEMBER_IDENTITY,	/* struct ident, as id= spells it */
	MEMBER_SHA256,		/* uint8_t[32] as 64 hexadecimal digits */
	MEMBER_PORT,		/* uint16_t; the bool at `set_offset` says that it is not any (null) */
	MEMBER_TRANSFORM,	/* struct proposal_transform: an object of type, name, key_bits */
	MEMBER_SELECTOR,	/* struct traffic_selector: an object of addresses, proto, port_first, port_last */
	MEMBER_OBJECT,		/* a struct inside, of `shape` */
	MEMBER_LIST,		/* VEC of `element`, at most `max` */
};

struct shape {
	size_t size;
	const struct member *members;	/* ended by name NULL */
};

struct member {
	const char *name;
	enum member_type type;
	bool optional;			/* may be null or missing, which is zero: NULL, AF_UNSPEC, no mark, no origin */
	bool sparse;			/* optional, and left out when it is zero: what few conns have */
	size_t offset, set_offset;
	uint8_t size;
	uint64_t max;
	const char *const *words;	/* NULL-terminated */
	const struct shape *shape;	/* OBJECT, and LIST of OBJECT */
	enum member_type element;	/* LIST */
};

/* Every VEC has this layout; copied in and out with memcpy. */
struct vec_header {
	void *v;
	size_t n, cap;
};

#define PLAN_KIND "ipsecc-plan"

extern const struct shape plan_shape;
extern const char *const plan_transform_words[];	/* by enum transform_type; [0] is not used */

size_t plan_element_size(const struct member *list);

#endif
