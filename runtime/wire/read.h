/* SPDX-License-Identifier: Apache-2.0 */
/* read.h -- big-endian numbers out of slices, and the tables that the files of this folder share. Private to runtime/wire. */
#ifndef RUNTIME_WIRE_READ_H
#define RUNTIME_WIRE_READ_H

#include <assert.h>

#include "runtime/wire/wire.h"

/* The caller has checked that the bytes are there; the assertions catch a caller that has not. */
static inline uint8_t read_u8(struct slice s, size_t at)
{
	assert(at < s.n);
	return (uint8_t)s.p[at];
}

static inline uint16_t read_u16(struct slice s, size_t at)
{
	return (uint16_t)(read_u8(s, at) << 8 | read_u8(s, at + 1));
}

static inline uint32_t read_u32(struct slice s, size_t at)
{
	return (uint32_t)read_u16(s, at) << 16 | read_u16(s, at + 2);
}

static inline uint64_t read_u64(struct slice s, size_t at)
{
	return (uint64_t)read_u32(s, at) << 32 | read_u32(s, at + 4);
}

static inline struct slice read_rest(struct slice s, size_t at)
{
	assert(at <= s.n);
	return (struct slice){ s.p + at, s.n - at };
}

/* Fixed sizes of substructures (RFC 7296 sections 3.3 to 3.15). */
#define PROPOSAL_SIZE		8u
#define TRANSFORM_SIZE		8u
#define ATTRIBUTE_SIZE		4u
#define NOTIFY_SIZE		4u
#define DELETE_SIZE		4u
#define TS_LIST_SIZE		4u
#define TS_SIZE			8u	/* without its two addresses */
#define TS_TYPE_IPV4		7u
#define TS_TYPE_IPV6		8u
#define ATTRIBUTE_KEY_LENGTH	14u
#define ATTRIBUTE_SHORT		0x8000u	/* the value is in the length field */
#define MORE_PROPOSALS		2u	/* "last substruc" of a proposal that is not the last */
#define MORE_TRANSFORMS		3u

/* Checks the inside of a payload of a known type; NULL, or what is wrong, with its offset in the body. */
const char *wire_check_body(uint8_t type, struct slice body, uint32_t *ret_at, enum wire_error *ret_error);
/* Is the type one that wire_check_body() knows? */
bool wire_payload_known(uint8_t type);

#endif
