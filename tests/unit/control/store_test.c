// SPDX-License-Identifier: GPL-3.0-or-later
// store_test.c - The store in memory keeps the promises of both; options and envelopes are checked.
#include "tests/unit/control/store_world.h"

static void test_memory(void)
{
	for (size_t i = 0; i < STORE_CASES; i++) {
		struct fixture f;
		setup_mem(&f);
		store_cases[i].run(&f);
		teardown(&f);
	}
}

static void test_options(void)
{
	struct fixture f;
	setup_mem(&f);
	struct store_options o = {.node = "a b", .owner = "o", .config = &f.config, .base = f.base};
	struct store *s;
	CHECK_INT(store_open(&o, &s), -EINVAL);
	o.node = "n}";
	CHECK_INT(store_open(&o, &s), -EINVAL);
	o.node = "n";
	o.owner = "two words";
	CHECK_INT(store_open(&o, &s), -EINVAL);
	store_close(NULL);
	teardown(&f);
}

// --- the envelope, as foreign input ---

static int envelope(const char *text, size_t len)
{
	unsigned int schema;
	uint64_t epoch;
	char owner[STORE_OWNER_MAX];
	return store_envelope_read(text, len, &schema, &epoch, owner);
}

static void test_envelope(void)
{
	char buf[STORE_ENVELOPE_MAX];
	int n = store_envelope_write(buf, sizeof(buf), UINT64_MAX, "me");
	REQUIRE(n > 0);
	CHECK_INT(envelope(buf, (size_t)n), n);
	for (int len = 0; len < n; len++)
		CHECK_INT(envelope(buf, (size_t)len), -EBADMSG);
	CHECK_INT(store_envelope_write(buf, 10, 1, "me"), -EMSGSIZE);
	static const char future[] = "slimline 999 0000000000000001 me\n";
	CHECK_INT(envelope(future, sizeof(future) - 1), -EPROTONOSUPPORT);
	static const char *const bad[] = {"slimline 1 1 me\n",
					  "slimline 1 0000000000000001 \n",
					  "slimline 1 0000000000000001 a b\n",
					  "slimline 1 000000000000000g me\n",
					  "slimline 1 00000000000000011 me\n",
					  "slimline -1 0000000000000001 me\n",
					  "Slimline 1 0000000000000001 me\n"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_INT(envelope(bad[i], strlen(bad[i])), -EBADMSG);
	unsigned int seed = 1;
	for (int i = 0; i < 20000; i++) {
		char text[64];
		size_t len = (size_t)rand_r(&seed) % sizeof(text);
		for (size_t k = 0; k < len; k++)
			text[k] = (char)rand_r(&seed);
		if (len > 11 && i % 2)
			memcpy(text, "slimline 1 ", 11);
		CHECK(envelope(text, len) <= (int)len);
	}
}

static void test_quiet(void)
{
	log_set_level(LOG_LEVEL_ERROR);
}

T_MAIN("store", {"quiet", test_quiet}, {"memory", test_memory}, {"options", test_options},
       {"envelope", test_envelope})
