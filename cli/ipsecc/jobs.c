/* SPDX-License-Identifier: Apache-2.0 */
/* Several configurations at once: one unit per thread, nothing shared but the next number, results in the order of the paths. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "cli/ipsecc/check.h"

#define JOBS_MAX	256

struct work {
	struct check *check;
	size_t next;		/* path that nobody has taken yet */
};

static void *work(void *context)
{
	struct work *w = context;
	struct check *c = w->check;
	size_t i;

	while ((i = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED)) < c->paths.n) {
		struct compiled *result = &c->compiled[i];

		if (c->wanted[i])
			result->error = operand_compile(&c->operands[i], &result->unit, &result->failed);
	}
	return NULL;
}

static size_t cores(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n > JOBS_MAX ? JOBS_MAX : (size_t)n;
}

/* 0 after a complaint. */
size_t jobs_wanted(const struct arguments *args)
{
	const char *text = args->value[OPTION_JOBS];
	uint64_t n = 0;

	if (!text)
		return cores();
	if (slice_to_u64(slice_of(text), JOBS_MAX, &n) == 0 && n > 0)
		return (size_t)n;
	complain("--jobs is a number from 1 to %d, not '%s'", JOBS_MAX, text);
	return 0;
}

void check_compile(struct check *c)
{
	struct work w = { .check = c };
	size_t jobs = c->jobs < c->paths.n ? c->jobs : c->paths.n, started = 0;
	pthread_t threads[JOBS_MAX];

	while (started + 1 < jobs && pthread_create(&threads[started], NULL, work, &w) == 0)
		started++;
	work(&w);		/* this thread is one of them, and perhaps the only one */
	while (started)
		pthread_join(threads[--started], NULL);
}
