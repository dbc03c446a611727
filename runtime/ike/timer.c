/* SPDX-License-Identifier: Apache-2.0 */
/* timer.c -- a binary heap of timers. Each timer knows its place, so that setting and cancelling cost a logarithm at most, also
 * with many SAs. */
#include <errno.h>
#include <stdlib.h>

#include "runtime/ike/internal.h"

static void put(struct ike *ike, unsigned i, struct timer *t)
{
	ike->heap[i] = t;
	t->slot = i + 1;
}

static void sift_up(struct ike *ike, unsigned i, struct timer *t)
{
	while (i > 0 && ike->heap[(i - 1) / 2]->at > t->at) {
		put(ike, i, ike->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(ike, i, t);
}

static void sift_down(struct ike *ike, unsigned i, struct timer *t)
{
	unsigned child;

	while ((child = 2 * i + 1) < ike->heap_count) {
		if (child + 1 < ike->heap_count && ike->heap[child + 1]->at < ike->heap[child]->at)
			child++;
		if (ike->heap[child]->at >= t->at)
			break;
		put(ike, i, ike->heap[child]);
		i = child;
	}
	put(ike, i, t);
}

/* Whoever makes an object with timers reserves their places first, so that arming one never fails later, in the middle of an
 * exchange. */
int timers_reserve(struct ike *ike, unsigned more)
{
	unsigned need = ike->timer_places + more, room = ike->heap_room ? ike->heap_room : 64;
	struct timer **heap;

	while (room < need)
		room *= 2;
	if (room > ike->heap_room) {
		heap = reallocarray(ike->heap, room, sizeof(*heap));
		if (!heap)
			return -ENOMEM;
		ike->heap = heap;
		ike->heap_room = room;
	}
	ike->timer_places = need;
	return 0;
}

void timers_release(struct ike *ike, unsigned less)
{
	ike->timer_places -= less;
}

void timer_set(struct ike *ike, struct timer *t, uint64_t at)
{
	timer_cancel(ike, t);
	t->at = at;
	sift_up(ike, ike->heap_count++, t);
}

void timer_cancel(struct ike *ike, struct timer *t)
{
	unsigned i = t->slot;
	struct timer *last;

	if (!i)
		return;
	i--;
	t->slot = 0;
	last = ike->heap[--ike->heap_count];
	if (last == t)
		return;
	if (i > 0 && ike->heap[(i - 1) / 2]->at > last->at)
		sift_up(ike, i, last);
	else
		sift_down(ike, i, last);
}

struct timer *timer_first(const struct ike *ike)
{
	return ike->heap_count ? ike->heap[0] : NULL;
}
