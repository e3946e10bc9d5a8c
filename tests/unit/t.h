// SPDX-License-Identifier: GPL-3.0-or-later
// t.h - CUnit in fewer words; failures print both values.
#pragma once

#include <CUnit/CUnit.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// A test is a function without arguments; a suite is a table of them, run by T_MAIN.
struct t_test {
	const char *name;
	void (*run)(void);
};

#define CHECK(cond)   CU_ASSERT(cond)
#define REQUIRE(cond) CU_ASSERT_FATAL(cond)
#define CHECK_INT(actual, expected)                                                                          \
	do {                                                                                                 \
		long long t_a = (long long)(actual), t_e = (long long)(expected);                            \
		if (t_a != t_e)                                                                              \
			fprintf(stderr, "%s:%d: %s = %lld, expected %lld\n", __FILE__, __LINE__, #actual,    \
				t_a, t_e);                                                                   \
		CU_ASSERT(t_a == t_e);                                                                       \
	} while (0)
#define CHECK_STR(actual, expected)    CU_ASSERT(t_same_text(actual, expected, #actual, __FILE__, __LINE__))
#define CHECK_MEM(actual, expected, n) CU_ASSERT(memcmp(actual, expected, n) == 0)
#define CHECK_NEAR(actual, expected, tolerance)                                                              \
	do {                                                                                                 \
		double t_a = (actual), t_e = (expected), t_t = (tolerance);                                  \
		if (!(t_a >= t_e - t_t && t_a <= t_e + t_t))                                                 \
			fprintf(stderr, "%s:%d: %s = %g, expected %g +- %g\n", __FILE__, __LINE__, #actual,  \
				t_a, t_e, t_t);                                                              \
		CU_ASSERT(t_a >= t_e - t_t && t_a <= t_e + t_t);                                             \
	} while (0)

// Ends the running test as skipped; the reason is printed and counted by the runner.
#define SKIP(reason)                                                                                         \
	do {                                                                                                 \
		t_skip(reason);                                                                              \
		return;                                                                                      \
	} while (0)

void t_skip(const char *reason);

// Compares texts, either of which may be NULL; prints both when they differ.
bool t_same_text(const char *actual, const char *expected, const char *what, const char *file, int line);

// Runs all tests and prints "suite: N passed, N failed, N skipped". Returns main's exit status.
int t_main(const char *suite, const struct t_test *tests, size_t count);

#define T_MAIN(suite, ...)                                                                                   \
	int main(void)                                                                                       \
	{                                                                                                    \
		static const struct t_test t_tests[] = {__VA_ARGS__};                                        \
		return t_main(suite, t_tests, sizeof(t_tests) / sizeof(t_tests[0]));                         \
	}
