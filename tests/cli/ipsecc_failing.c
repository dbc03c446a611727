/* SPDX-License-Identifier: Apache-2.0 */
/* ipsecc_failing.c -- linked to ipsecc: the FAIL_AT-th allocation in an arena fails, and at the end it says when that was not reached; policies of
 * conns named "odd" go to the kernel with more templates than it takes, since the compiler makes none that a kernel refuses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backends/pfkey/pfkey_msg.h"
#include "backends/xfrm/xfrm_msg.h"

#define TOO_MANY	7	/* XFRM_MAX_DEPTH is 6 */

__attribute__((constructor)) static void arm(void)
{
	const char *at = getenv("FAIL_AT");

	arena_fail_at(at ? strtoull(at, NULL, 10) : 0);
}

__attribute__((destructor)) static void tell(void)
{
	if (!arena_failure_reached())
		fputs("all allocations succeeded\n", stderr);
}

/* By the linker's --wrap: calls from elsewhere come here, __real_... are the backends' own. */
void __real_xfrm_msg_policy(struct buf *out, uint16_t type, uint32_t seq, const struct plan_policy *policy);
void __wrap_xfrm_msg_policy(struct buf *out, uint16_t type, uint32_t seq, const struct plan_policy *policy);
void __real_pfkey_msg_policy(struct buf *out, const struct plan_policy *policy);
void __wrap_pfkey_msg_policy(struct buf *out, const struct plan_policy *policy);

static struct plan_policy spoilt(const struct plan_policy *policy)
{
	static struct plan_tmpl many[TOO_MANY];
	struct plan_policy p = *policy;

	if (strcmp(p.conn, "odd") != 0 || p.tmpl.n == 0)
		return p;
	for (size_t i = 0; i < TOO_MANY; i++)
		many[i] = p.tmpl.v[0];
	p.tmpl.v = many;
	p.tmpl.n = TOO_MANY;
	return p;
}

void __wrap_xfrm_msg_policy(struct buf *out, uint16_t type, uint32_t seq, const struct plan_policy *policy)
{
	struct plan_policy p = spoilt(policy);

	__real_xfrm_msg_policy(out, type, seq, &p);
}

void __wrap_pfkey_msg_policy(struct buf *out, const struct plan_policy *policy)
{
	struct plan_policy p = spoilt(policy);

	__real_pfkey_msg_policy(out, &p);
}
