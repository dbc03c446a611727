/* SPDX-License-Identifier: Apache-2.0 */
/* priority.h -- the number a policy gets when the user gives none: one formula per family of releases (E-070 ... E-073). The compiler uses it
 * for what the configuration tells, the runtime for what only a negotiation told. */
#ifndef PLAN_PRIORITY_H
#define PLAN_PRIORITY_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/release.h"

enum priority_base { PRIORITY_STATIC = 1, PRIORITY_GROUP, PRIORITY_GROUP_OF_ANYBODY };	/* the last: peers authenticate by nothing */

struct priority_input {
	enum priority_base base;
	bool instance;				/* a conn that stands for one peer or network of a template or group */
	uint8_t address_bits;			/* 32 or 128: of the selector's family */
	uint8_t local_len, remote_len;		/* prefix lengths of our client and of the peer's */
	bool has_proto;
	bool local_port_any, remote_port_any;	/* of the conn's two ends */
	bool source_port;			/* the selector of this very direction has a source port; an ICMP type counts */
	bool pass;				/* a passthrough conn */
};

uint32_t policy_priority(enum release release, const struct priority_input *in);
/* False: the release has a formula of its own that is not in the table; policy_priority() then gives 4.10's. */
bool policy_priority_exact(enum release release);

#endif
