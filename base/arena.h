/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h -- memory that is freed all at once.
 *
 * Everything a compilation makes (text, tokens, tree, settings, IR, plan, findings) lives in one arena and dies with it.
 * Out of memory, or over the limit: leaves by longjmp to *on_oom if that is set, else aborts. So a pass that allocates must
 * not hold a file descriptor or a foreign object across the allocation. All memory is returned zeroed.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

struct arena_block;

struct arena {
	struct arena_block *block;	/* newest first */
	char *next, *end;		/* free part of the newest block */
	size_t used;			/* bytes handed out, those of scratch arenas included */
	size_t limit;			/* 0: none */
	jmp_buf *on_oom;
	struct arena *parent;		/* of a scratch arena: whose limit and exit count */
	struct arena *scratch;		/* those that live; the rest by next_scratch */
	struct arena *next_scratch;
};

void arena_init(struct arena *a);
void arena_release(struct arena *a);	/* frees all, its scratch arenas included; the arena may be used again */

/* An arena for what only one pass needs: it is freed by arena_scratch_end(), at the latest with its parent, so a pass may be left by the
 * exit for running out of memory. That of a scratch arena belongs to the same parent. */
struct arena *arena_scratch(struct arena *parent);
void arena_scratch_end(struct arena *scratch);

void *arena_alloc(struct arena *a, size_t size, size_t align);
void *arena_alloc_array(struct arena *a, size_t n, size_t size, size_t align);	/* overflow counts as out of memory */
char *arena_strdup(struct arena *a, struct slice s);				/* NUL-terminated copy */
struct slice arena_slice(struct arena *a, struct slice s);			/* copy, also NUL-terminated */
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *a, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

#define arena_new(a, type)		((type *)arena_alloc((a), sizeof(type), _Alignof(type)))
#define arena_new_array(a, n, type)	((type *)arena_alloc_array((a), (n), sizeof(type), _Alignof(type)))

/* For tests: the n-th allocation from now on (1 = the next) fails, in any arena; 0 switches it off.
 * arena_failure_reached() tells whether that allocation was asked for. */
void arena_fail_at(uint64_t n);
int arena_failure_reached(void);

/* A growing array in an arena: VEC(struct x) list; list.v[0 .. list.n - 1]. Growth copies, old storage stays until the end. */
#define VEC(type)	struct { type *v; size_t n, cap; }

/* Pointer to a new zeroed last element. */
#define vec_add(a, vec)										\
	((vec)->n == (vec)->cap									\
	 ? (void)((vec)->v = arena_vec_grow((a), (vec)->v, &(vec)->cap, sizeof(*(vec)->v),	\
					    _Alignof(__typeof__(*(vec)->v))))			\
	 : (void)0, &(vec)->v[(vec)->n++])
#define vec_push(a, vec, ...)	(*vec_add((a), (vec)) = (__VA_ARGS__))
/* Room for `room` elements in all, so that no storage is left behind on the way there. */
#define vec_reserve(a, vec, room)									\
	((void)((vec)->v = arena_vec_reserve((a), (vec)->v, (vec)->n, &(vec)->cap, (room), sizeof(*(vec)->v),	\
					     _Alignof(__typeof__(*(vec)->v)))))

void *arena_vec_grow(struct arena *a, const void *old, size_t *cap, size_t size, size_t align);
void *arena_vec_reserve(struct arena *a, const void *old, size_t n, size_t *cap, size_t room, size_t size, size_t align);

#endif
