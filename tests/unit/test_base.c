/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/nearest.h"
#include "tests/unit/tap.h"

#include <errno.h>
#include <stdio.h>

START_TEST(split_keeps_empty_pieces)
{
	struct slice rest = SLICE("a,,b c"), piece;
	char all[64] = "";

	while (slice_split(&rest, ", ", &piece))
		snprintf(all + strlen(all), sizeof all - strlen(all), "<" SLICE_FMT ">", SLICE_ARG(piece));
	ck_assert_str_eq(all, "<a><><b><c>");
}
END_TEST

START_TEST(numbers_stop_at_their_maximum)
{
	uint64_t v = 7;

	ck_assert_int_eq(slice_to_u64(SLICE("4294967295"), UINT32_MAX, &v), 0);
	ck_assert_uint_eq(v, UINT32_MAX);
	ck_assert_int_eq(slice_to_u64(SLICE("4294967296"), UINT32_MAX, &v), -ERANGE);
	ck_assert_int_eq(slice_to_u64(SLICE("18446744073709551615"), UINT64_MAX, &v), 0);
	ck_assert_int_eq(slice_to_u64(SLICE("18446744073709551616"), UINT64_MAX, &v), -ERANGE);
	ck_assert_int_eq(slice_to_u64(SLICE("12x"), 99, &v), -EINVAL);
	ck_assert_int_eq(slice_to_u64(SLICE(""), 99, &v), -EINVAL);
	ck_assert_uint_eq(v, UINT64_MAX);
}
END_TEST

START_TEST(distance_counts_a_swap_once)
{
	ck_assert_uint_eq(slice_distance(SLICE("strat"), SLICE("start"), 3), 1);
	ck_assert_uint_eq(slice_distance(SLICE("LEFTSUBNET"), SLICE("leftsubnet"), 3), 0);
	ck_assert_uint_eq(slice_distance(SLICE("right"), SLICE("authby"), 2), 3);
}
END_TEST

static const char *nearest_of(const char *word, const char *const *names)
{
	struct nearest nearest = nearest_to(slice_of(word));

	for (; *names; names++)
		nearest_offer(&nearest, *names, *names);
	return nearest.name;
}

START_TEST(nearest_name_is_the_only_one_that_is_near)
{
	static const char *const names[] = { "check", "show", "fmt", "esp", "esn", "completion", NULL };
	struct nearest same = nearest_to(SLICE("aes-25"));

	ck_assert_str_eq(nearest_of("chekc", names), "check");
	ck_assert_str_eq(nearest_of("hcekc", names), "check");		/* two mistakes in five characters */
	ck_assert_ptr_null(nearest_of("chek_d_", names));
	ck_assert_str_eq(nearest_of("fnt", names), "fmt");
	ck_assert_ptr_null(nearest_of("fnr", names));			/* two in three */
	ck_assert_ptr_null(nearest_of("es", names));			/* esp, esn */
	ck_assert_str_eq(nearest_of("esn", names), "esn");
	nearest_offer(&same, "aes-2", names);				/* two names of one thing are no choice */
	nearest_offer(&same, "aes_25", names);
	ck_assert_str_eq(same.name, "aes-2");
}
END_TEST

START_TEST(arena_memory_is_aligned_and_zero)
{
	struct arena a;

	arena_init(&a);
	for (size_t i = 1; i < 3000; i += 97) {
		char *p = arena_alloc(&a, i, 16);

		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		for (size_t k = 0; k < i; k++)
			ck_assert_int_eq(p[k], 0);
		memset(p, 0xff, i);
	}
	ck_assert_ptr_nonnull(arena_alloc(&a, 1000000, 8));
	arena_release(&a);
}
END_TEST

START_TEST(arena_failure_leaves_by_the_exit)
{
	struct arena a;
	jmp_buf exit;
	volatile int came_back = 0;

	arena_init(&a);
	a.on_oom = &exit;
	if (setjmp(exit) == 0) {
		arena_fail_at(2);
		arena_alloc(&a, 10, 1);
		arena_alloc(&a, 10, 1);
		ck_abort_msg("the second allocation did not fail");
	} else {
		came_back = 1;
	}
	arena_fail_at(0);
	ck_assert_int_eq(came_back, 1);
	arena_release(&a);
}
END_TEST

START_TEST(vec_keeps_what_was_pushed)
{
	struct arena a;
	VEC(int) list = { 0 };

	arena_init(&a);
	for (int i = 0; i < 1000; i++)
		vec_push(&a, &list, i * 3);
	ck_assert_uint_eq(list.n, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(list.v[i], i * 3);
	arena_release(&a);
}
END_TEST

START_TEST(map_finds_ten_thousand_names)
{
	struct arena a;
	struct map m;

	arena_init(&a);
	map_init(&m, &a);
	for (size_t i = 1; i <= 10000; i++)
		map_set(&m, slice_of(arena_printf(&a, "conn%zu", i)), (void *)i);
	for (size_t i = 1; i <= 10000; i++)
		ck_assert_ptr_eq(map_get(&m, slice_of(arena_printf(&a, "conn%zu", i))), (void *)i);
	ck_assert_ptr_null(map_get(&m, SLICE("conn0")));
	arena_release(&a);
}
END_TEST

START_TEST(buf_grows_and_stays_terminated)
{
	struct buf b;

	buf_init(&b);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d,", i);
	buf_add_be32(&b, 0x01020304);
	ck_assert_uint_eq(b.n, 2890 + 1000 + 4);
	ck_assert_int_eq(b.p[b.n], 0);
	ck_assert_mem_eq(b.p + b.n - 4, "\1\2\3\4", 4);
	buf_release(&b);
}
END_TEST

TAP_MAIN("base", split_keeps_empty_pieces, numbers_stop_at_their_maximum, distance_counts_a_swap_once,
	 nearest_name_is_the_only_one_that_is_near, arena_memory_is_aligned_and_zero, arena_failure_leaves_by_the_exit,
	 vec_keeps_what_was_pushed, map_finds_ten_thousand_names, buf_grows_and_stays_terminated)
