/* SPDX-License-Identifier: Apache-2.0 */
/* ipsecc_failing.c -- linked to ipsecc: the FAIL_AT-th allocation in an arena fails; at the end it says when that was not reached. */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"

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
