// SPDX-License-Identifier: GPL-3.0-or-later
// t.c - Runs a suite through CUnit and prints one line of totals.
#include "tests/unit/t.h"

#include <CUnit/TestRun.h>
#include <stdlib.h>

static unsigned int skipped;
static CU_pTest skipped_last; // a test counts once, from however many of its helpers it skips

void t_skip(const char *reason)
{
	printf("skip: %s: %s\n", CU_get_current_test()->pName, reason);
	skipped += CU_get_current_test() != skipped_last;
	skipped_last = CU_get_current_test();
}

bool t_same_text(const char *actual, const char *expected, const char *what, const char *file, int line)
{
	if (actual == expected || (actual && expected && strcmp(actual, expected) == 0))
		return true;
	fprintf(stderr, "%s:%d: %s = \"%s\", expected \"%s\"\n", file, line, what, actual ? actual : "(null)",
		expected ? expected : "(null)");
	return false;
}

int t_main(const char *suite, const struct t_test *tests, size_t count)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return EXIT_FAILURE;
	CU_pSuite s = CU_add_suite(suite, NULL, NULL);
	for (size_t i = 0; s && i < count; i++)
		if (!CU_add_test(s, tests[i].name, tests[i].run))
			return EXIT_FAILURE;
	CU_run_all_tests();
	for (CU_pFailureRecord f = CU_get_failure_list(); f; f = f->pNext)
		printf("fail: %s: %s:%u: %s\n", f->pTest ? f->pTest->pName : suite, f->strFileName,
		       f->uiLineNumber, f->strCondition);
	unsigned int failed = CU_get_number_of_tests_failed();
	unsigned int run = CU_get_number_of_tests_run();
	printf("%s: %u passed, %u failed, %u skipped\n", suite, run - failed - skipped, failed, skipped);
	CU_cleanup_registry();
	return failed || run != count ? EXIT_FAILURE : EXIT_SUCCESS;
}
