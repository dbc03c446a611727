/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/priority.h"

/* E-072. The source port is counted as the program counts it, the destination port never: Out and In of a conn with one port
 * differ. */
static uint32_t priority_3_18(const struct priority_input *in)
{
	unsigned s = in->address_bits == 32 ? 5 : 7;
	uint32_t prio = in->pass ? 1024 - 512 : 1024;

	prio += ((2u << s) - in->local_len) << s;
	prio += (2u << s) - in->remote_len;
	prio -= in->has_proto ? 64 : 0;
	prio -= in->source_port ? 64 : 0;
	return prio;
}

/* E-070. Prefixes of IPv4 are not shifted by 96. */
static uint32_t priority_4_10(const struct priority_input *in)
{
	uint32_t any_ports = (uint32_t)in->local_port_any + in->remote_port_any;

	return ((uint32_t)in->base << 20) + (any_ports << 18) + ((uint32_t)!in->has_proto << 17) + ((128u - in->local_len) << 9) +
	       ((128u - in->remote_len) << 1) + !in->instance;
}

static uint32_t (*const formulas[RELEASE_COUNT])(const struct priority_input *) = {
	[RELEASE_3_18] = priority_3_18,
	[RELEASE_4_10] = priority_4_10,
	[RELEASE_5_0] = priority_4_10,
	[RELEASE_5_4] = priority_4_10,
};

bool policy_priority_exact(enum release release)
{
	return formulas[release] != NULL;
}

uint32_t policy_priority(enum release release, const struct priority_input *in)
{
	return formulas[release] ? formulas[release](in) : priority_4_10(in);
}
