/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Blocks double from the first size to the last: a small compilation stays small, and a large one gets memory that the kernel has zeroed already. */
#define BLOCK_FIRST	((size_t)64 * 1024)
#define BLOCK_LAST	((size_t)8 * 1024 * 1024)
#define PAGE_BYTES	((size_t)4096)

struct arena_block {
	struct arena_block *older;
	size_t size;
};

static uint64_t fail_countdown;
static int failure_reached;

void arena_fail_at(uint64_t n)
{
	fail_countdown = n;
	failure_reached = 0;
}

int arena_failure_reached(void)
{
	return failure_reached;
}

void arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void free_blocks(struct arena *a)
{
	struct arena_block *block = a->block;

	while (block) {
		struct arena_block *older = block->older;

		free(block);
		block = older;
	}
	a->block = NULL;
	a->next = a->end = NULL;
}

void arena_release(struct arena *a)
{
	for (struct arena *s = a->scratch; s; s = s->next_scratch)	/* they lie in a's blocks themselves */
		free_blocks(s);
	free_blocks(a);
	*a = (struct arena){ .limit = a->limit, .on_oom = a->on_oom };
}

struct arena *arena_scratch(struct arena *parent)
{
	struct arena *owner = parent->parent ? parent->parent : parent;
	struct arena *s = arena_new(owner, struct arena);

	s->parent = owner;
	s->next_scratch = owner->scratch;
	owner->scratch = s;
	return s;
}

void arena_scratch_end(struct arena *scratch)
{
	struct arena **at = &scratch->parent->scratch;

	while (*at != scratch)
		at = &(*at)->next_scratch;
	*at = scratch->next_scratch;
	scratch->parent->used -= scratch->used;
	free_blocks(scratch);
}

_Noreturn static void out_of_memory(struct arena *a)
{
	if (a->parent)
		a = a->parent;
	if (a->on_oom)
		longjmp(*a->on_oom, 1);
	abort();
}

static char *align_up(char *p, size_t align)
{
	return p + (-(uintptr_t)p & (align - 1));
}

/* Each page of 4 KiB costs a fault, a fifth of the time that a large file takes. Only advice: where it is not taken nothing changes. */
static void ask_for_large_pages(struct arena_block *block)
{
	char *start = align_up((char *)block, PAGE_BYTES);

	madvise(start, block->size - (size_t)(start - (char *)block), MADV_HUGEPAGE);
}

static void add_block(struct arena *a, size_t at_least)
{
	size_t header = sizeof(struct arena_block) + _Alignof(max_align_t);
	size_t usual = a->block && a->block->size < BLOCK_LAST ? a->block->size * 2 : a->block ? BLOCK_LAST : BLOCK_FIRST;
	size_t size = at_least + header > usual ? at_least + header : usual;
	struct arena_block *block = calloc(1, size);

	if (!block)
		out_of_memory(a);
	block->older = a->block;
	block->size = size;
	if (size >= BLOCK_LAST)
		ask_for_large_pages(block);
	a->block = block;
	a->next = (char *)(block + 1);
	a->end = (char *)block + size;
}

static bool over_limit(const struct arena *a, size_t size)
{
	return a->limit && size > a->limit - a->used;
}

void *arena_alloc(struct arena *a, size_t size, size_t align)
{
	char *p;

	if (fail_countdown && --fail_countdown == 0) {
		failure_reached = 1;
		out_of_memory(a);
	}
	if (size > SIZE_MAX / 2 || over_limit(a->parent ? a->parent : a, size))
		out_of_memory(a);
	p = a->next ? align_up(a->next, align) : NULL;
	if (!p || p > a->end || (size_t)(a->end - p) < size) {
		add_block(a, size + align);
		p = align_up(a->next, align);
	}
	a->next = p + size;
	a->used += size;
	if (a->parent)
		a->parent->used += size;
	return p;
}

void *arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		out_of_memory(a);
	return arena_alloc(a, bytes, align);
}

char *arena_strdup(struct arena *a, struct slice s)
{
	char *copy = arena_alloc(a, s.n + 1, 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	return copy;
}

struct slice arena_slice(struct arena *a, struct slice s)
{
	return (struct slice){ arena_strdup(a, s), s.n };
}

char *arena_vprintf(struct arena *a, const char *format, va_list args)
{
	va_list again;
	int n;
	char *text;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (n < 0)
		out_of_memory(a);
	text = arena_alloc(a, (size_t)n + 1, 1);
	vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

char *arena_printf(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(a, format, args);
	va_end(args);
	return text;
}

/* The first storage of a VEC: most have one element, and there are millions of them. */
#define VEC_FIRST_BYTES	32

void *arena_vec_grow(struct arena *a, const void *old, size_t *cap, size_t size, size_t align)
{
	size_t bigger = *cap ? *cap * 2 : size < VEC_FIRST_BYTES ? VEC_FIRST_BYTES / size : 1;
	void *v = arena_alloc_array(a, bigger, size, align);

	if (*cap)
		memcpy(v, old, *cap * size);
	*cap = bigger;
	return v;
}

void *arena_vec_reserve(struct arena *a, const void *old, size_t n, size_t *cap, size_t room, size_t size, size_t align)
{
	void *v;

	if (room <= *cap)
		return (void *)(uintptr_t)old;
	v = arena_alloc_array(a, room, size, align);
	if (n)
		memcpy(v, old, n * size);
	*cap = room;
	return v;
}
