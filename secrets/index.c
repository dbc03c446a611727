/* SPDX-License-Identifier: Apache-2.0 */
#include "secrets/index.h"

#include <assert.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/map.h"

#define LOSER_STEPS	16u	/* entries of one list that are looked at for losers */

/* Numbers of items, ascending: so the first of a list is the first of the file. */
struct list {
	VEC(uint32_t) items;
	uint32_t *differs;	/* for each place of the list the next one whose key is another; items.n: none */
};

/* One identity of the file. */
struct node {
	uint32_t number;
	struct list plain, any;	/* entries that name it, without and with a wildcard beside it */
	uint32_t last;		/* item that was added last, plus 1: an entry may name it twice */
};

struct item {
	const struct secret_entry *entry;
	uint32_t key;		/* equal for equal keys */
	bool any;		/* it has a wildcard, or no identity at all */
};

struct secret_index {
	struct arena *arena;
	enum secret_kind kind;
	VEC(struct item) items;
	struct map nodes;	/* by ident_add_key() */
	uint32_t node_count;
	struct list wild;	/* items with `any` */
	struct map known;	/* pairs that were asked for */
};

bool secret_sum_serves(unsigned sum, enum secret_kind kind)
{
	switch (sum) {			/* best first: the highest number wins */
	case SECRET_LOCAL | SECRET_REMOTE:
	case SECRET_LOCAL | SECRET_ANY:
	case SECRET_LOCAL | SECRET_ALONE:
	case SECRET_REMOTE | SECRET_ANY:
	case SECRET_ANY:
		return true;
	case SECRET_LOCAL:
		return kind != SECRET_PSK;
	}
	return false;
}

/* --- making it ---------------------------------------------------------------------------------------------------------------- */

static struct node *node_of(const struct secret_index *index, const struct ident *id)
{
	CLEANUP(buf_release) struct buf key = { 0 };

	if (id->type == IDENT_ANY || id->type == IDENT_NONE || !ident_add_key(&key, id))
		return NULL;
	return map_get(&index->nodes, buf_slice(&key));
}

/* NULL for a wildcard. The arena leaves by longjmp, so it is asked while no buffer is held: a key is at most three times as long as the
 * bytes of the identity (UTF-8 of Latin 1 or of UCS-2, and a few bytes for each attribute of nine or more). */
static struct node *make_node(struct secret_index *index, const struct ident *id)
{
	struct node *node = node_of(index, id), *fresh;
	struct buf key = { 0 };
	size_t room = 3 * id->wire.n + 64, n;
	char *kept;
	bool ok;

	if (node || id->type == IDENT_ANY || id->type == IDENT_NONE)
		return node;
	kept = arena_alloc(index->arena, room, 1);
	fresh = arena_new(index->arena, struct node);
	ok = ident_add_key(&key, id);
	n = key.n;
	assert(n <= room);
	if (ok)
		memcpy(kept, key.p, n);
	buf_release(&key);
	if (!ok)
		return NULL;
	fresh->number = ++index->node_count;
	map_set(&index->nodes, (struct slice){ kept, n }, fresh);
	return fresh;
}

static int by_key(const void *va, const void *vb)
{
	const struct secret *a = &(*(struct item *const *)va)->entry->value, *b = &(*(struct item *const *)vb)->entry->value;

	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	return a->n ? memcmp(a->bytes, b->bytes, a->n) : 0;
}

static void number_keys(struct secret_index *index)
{
	size_t n = index->items.n;
	struct item **sorted = arena_new_array(index->arena, n + 1, struct item *);

	for (size_t i = 0; i < n; i++)
		sorted[i] = &index->items.v[i];
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (size_t i = 1; i < n; i++)
		sorted[i]->key = sorted[i - 1]->key + (by_key(&sorted[i - 1], &sorted[i]) != 0);
}

static void finish_list(struct secret_index *index, struct list *list)
{
	size_t n = list->items.n;

	list->differs = arena_new_array(index->arena, n + 1, uint32_t);
	for (size_t i = n; i-- > 0;) {
		bool same = i + 1 < n && index->items.v[list->items.v[i]].key == index->items.v[list->items.v[i + 1]].key;

		list->differs[i] = same ? list->differs[i + 1] : (uint32_t)i + 1;
	}
}

static bool has_wildcard(const struct secret_entry *e)
{
	for (size_t i = 0; i < e->selectors.n; i++)
		if (e->selectors.v[i].type == IDENT_ANY)
			return true;
	return e->selectors.n == 0;	/* K-031: stored with two of them */
}

static void add_item(struct secret_index *index, const struct secret_entry *e)
{
	uint32_t number = (uint32_t)index->items.n;
	bool any = has_wildcard(e);

	vec_push(index->arena, &index->items, (struct item){ .entry = e, .any = any });
	if (any)
		vec_push(index->arena, &index->wild.items, number);
	for (size_t i = 0; i < e->selectors.n; i++) {
		struct node *node = make_node(index, &e->selectors.v[i]);

		if (!node || node->last == number + 1)
			continue;
		node->last = number + 1;
		vec_push(index->arena, any ? &node->any.items : &node->plain.items, number);
	}
}

struct secret_index *secret_index_new(struct arena *a, const struct secrets *s, enum secret_kind kind)
{
	struct secret_index *index = arena_new(a, struct secret_index);

	index->arena = a;
	index->kind = kind;
	map_init(&index->nodes, a);
	map_init(&index->known, a);
	for (size_t i = 0; i < s->entries.n; i++)
		if (s->entries.v[i].kind == kind)
			add_item(index, &s->entries.v[i]);
	number_keys(index);
	finish_list(index, &index->wild);
	for (size_t i = 0; i < index->nodes.cap; i++) {
		struct node *node = index->nodes.slots[i].value;

		if (!node)
			continue;
		finish_list(index, &node->plain);
		finish_list(index, &node->any);
	}
	return index;
}

/* --- asking it ---------------------------------------------------------------------------------------------------------------- */

struct pair {
	const struct node *local, *remote;	/* NULL: no entry names it */
};

static bool holds(const struct list *list, uint32_t item)
{
	size_t low = 0, high = list->items.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list->items.v[middle] == item)
			return true;
		if (list->items.v[middle] < item)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool names(const struct node *node, uint32_t number, bool any)
{
	return node && holds(any ? &node->any : &node->plain, number);
}

static unsigned sum_of(const struct secret_index *index, struct pair pair, uint32_t number)
{
	const struct item *item = &index->items.v[number];
	unsigned sum = item->any ? SECRET_ANY : 0;

	if (names(pair.local, number, item->any))
		sum |= SECRET_LOCAL | (item->entry->selectors.n == 1 ? SECRET_ALONE : 0);
	if (names(pair.remote, number, item->any))
		sum |= SECRET_REMOTE;
	return sum;
}

/* K-034: the daemon goes through the list from its end, and takes what it finds as long as the key is another one: so the last of the entries
 * with the first key, up to the first entry with another key, which is the rival. Items with equal keys that follow each other are passed
 * at once. */
static bool search(const struct secret_index *index, struct pair pair, const struct list *list, unsigned wanted, struct secret_choice *ret)
{
	const uint32_t *v = list->items.v;
	size_t n = list->items.n, first = 0, winner, run;

	while (first < n && sum_of(index, pair, v[first]) != wanted)
		first++;
	if (first == n)
		return false;
	winner = first;
	*ret = (struct secret_choice){ .sum = wanted };
	for (run = first; run < n && !ret->rival; run = list->differs[run]) {
		size_t end = list->differs[run], k = end;

		if (index->items.v[v[run]].key == index->items.v[v[first]].key) {
			while (k > run && sum_of(index, pair, v[k - 1]) != wanted)
				k--;
			winner = k > run ? k - 1 : winner;
			continue;
		}
		for (k = run; k < end && sum_of(index, pair, v[k]) != wanted; k++)
			;
		if (k < end)
			ret->rival = index->items.v[v[k]].entry;
	}
	ret->entry = index->items.v[v[winner]].entry;
	return true;
}

static const struct list *shorter(const struct list *a, const struct list *b)
{
	return a->items.n < b->items.n ? a : b;
}

/* K-032, K-034: sums from the best one down, each looked for in the shortest list that has all entries of it. */
static struct secret_choice find(const struct secret_index *index, struct pair pair)
{
	const struct node *local = pair.local, *remote = pair.remote;
	struct secret_choice choice = { 0 };

	if ((local && remote && search(index, pair, shorter(&local->plain, &remote->plain), SECRET_LOCAL | SECRET_REMOTE, &choice)) ||
	    (local && search(index, pair, &local->any, SECRET_LOCAL | SECRET_ANY, &choice)) ||
	    (local && search(index, pair, &local->plain, SECRET_LOCAL | SECRET_ALONE, &choice)) ||
	    (local && index->kind != SECRET_PSK && search(index, pair, &local->plain, SECRET_LOCAL, &choice)) ||
	    (remote && search(index, pair, &remote->any, SECRET_REMOTE | SECRET_ANY, &choice)))
		return choice;
	search(index, pair, &index->wild, SECRET_ANY, &choice);
	return choice;
}

struct secret_choice secret_index_find(struct secret_index *index, const struct ident *local, const struct ident *remote)
{
	struct pair pair = { node_of(index, local), node_of(index, remote) };
	uint32_t numbers[2] = { pair.local ? pair.local->number : 0, pair.remote ? pair.remote->number : 0 };
	struct slice key = { (const char *)numbers, sizeof(numbers) };
	struct secret_choice *known = map_get(&index->known, key);

	if (!known) {
		known = arena_new(index->arena, struct secret_choice);
		*known = find(index, pair);
		map_set(&index->known, arena_slice(index->arena, key), known);
	}
	return *known;
}

/* --- who loses ---------------------------------------------------------------------------------------------------------------- */

struct losers {
	const struct secret_index *index;
	struct pair pair;
	const struct secret_choice *winner;
	struct secret_loser *list;
	size_t n, max;
};

static void add_loser(struct losers *l, uint32_t number)
{
	const struct secret_entry *e = l->index->items.v[number].entry;

	for (size_t i = 0; i < l->n; i++)
		if (l->list[i].entry == e)
			return;
	if (l->n < l->max && e != l->winner->entry)
		l->list[l->n++] = (struct secret_loser){ e, sum_of(l->index, l->pair, number) };
}

static void add_losers(struct losers *l, const struct list *list, unsigned wanted)
{
	for (size_t i = 0; i < list->items.n && i < LOSER_STEPS; i++)
		if (sum_of(l->index, l->pair, list->items.v[i]) == wanted)
			add_loser(l, list->items.v[i]);
}

size_t secret_index_losers(const struct secret_index *index, const struct ident *local, const struct ident *remote,
			   const struct secret_choice *winner, struct secret_loser *ret, size_t max)
{
	struct losers l = { index, { node_of(index, local), node_of(index, remote) }, winner, ret, 0, max };
	const struct node *own = l.pair.local, *peer = l.pair.remote;

	if (own && peer) {
		add_losers(&l, shorter(&own->plain, &peer->plain), SECRET_LOCAL | SECRET_REMOTE);
		add_losers(&l, shorter(&own->any, &peer->any), SECRET_LOCAL | SECRET_REMOTE | SECRET_ANY);
	}
	if (peer) {
		add_losers(&l, &peer->plain, SECRET_REMOTE);
		add_losers(&l, &peer->any, SECRET_REMOTE | SECRET_ANY);
	}
	if (own) {
		add_losers(&l, &own->any, SECRET_LOCAL | SECRET_ANY);
		add_losers(&l, &own->plain, SECRET_LOCAL | SECRET_ALONE);
		if (!winner->entry)	/* for the pairs of other conns; only where nothing serves they explain anything */
			add_losers(&l, &own->plain, SECRET_LOCAL);
	}
	add_losers(&l, &index->wild, SECRET_ANY);
	return l.n;
}
