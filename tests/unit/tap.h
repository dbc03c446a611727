/* SPDX-License-Identifier: Apache-2.0 */
/* tap.h -- main() of a unit test: runs one suite of libcheck and prints a TAP line per test.
 *
 * Use: START_TEST(name) { ... } END_TEST, then TAP_MAIN("suite", name1, name2, ...).
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <check.h>
#include <stdlib.h>

static inline int tap_run(const char *name, const TTest *const *tests)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	for (; *tests; tests++) {
		TCase *tcase = tcase_create((*tests)->name);

		tcase_set_timeout(tcase, 60);
		tcase_add_test(tcase, *tests);
		suite_add_tcase(suite, tcase);
	}
	runner = srunner_create(suite);
	srunner_set_tap(runner, "-");
	srunner_run_all(runner, CK_SILENT);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TAP_MAIN(suite, ...)							\
	int main(void)								\
	{									\
		const TTest *const tests[] = { __VA_ARGS__, NULL };		\
		return tap_run(suite, tests);					\
	}

#endif
