/* SPDX-License-Identifier: Apache-2.0 */
/* proposal.h -- a proposal as RFC 7296 section 3.3 has it: a protocol and a list of transforms, one of each type to be chosen. */
#ifndef PROTO_PROPOSAL_H
#define PROTO_PROPOSAL_H

#include <limits.h>

#include "base/arena.h"
#include "proto/transform.h"

enum ipsec_protocol {		/* values: RFC 7296 section 3.3.1 */
	PROTOCOL_IKE = 1,
	PROTOCOL_AH = 2,
	PROTOCOL_ESP = 3,
};

struct proposal_transform {
	const struct transform *transform;
	uint16_t key_bits;	/* 0: the algorithm has a fixed size, or no key */
};

static inline uint16_t proposal_transform_bits(const struct proposal_transform *t)	/* of its key, the fixed size included */
{
	return t->key_bits ? t->key_bits : t->transform->key_bits[0];
}

/* Order within a type is preference. An ESN transform is not listed: see struct plan_child.esn. */
struct proposal {
	enum ipsec_protocol protocol;
	VEC(struct proposal_transform) transforms;
	uint32_t from, to;	/* bytes of the text it was written in; 0, 0: it was not written */
};

typedef VEC(struct proposal) proposal_list;

/* Bits of the weakest cipher or group that may be agreed on, 0 for a cipher that leaves all readable; PROPOSAL_NO_BITS: neither is listed. */
#define PROPOSAL_NO_BITS UINT_MAX
unsigned proposals_weakest_bits(const proposal_list *list);

/* "AES_GCM_16_256-HMAC_SHA2_512-ECP_256+CURVE25519": types joined by '-', alternatives of a type by '+'. */
char *proposal_format(struct arena *a, const struct proposal *p);
/* All of them, with ", " between. */
const char *proposals_format(struct arena *a, const proposal_list *list);

#endif
