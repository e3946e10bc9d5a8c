// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - Replays a fuzz target's seeds and kept inputs, and many mutations of them, without libFuzzer.
//
// Usage: fuzz_NAME [FILE...]          replays
//        fuzz_NAME --seeds DIRECTORY  writes the seeds as files, for libFuzzer to start from
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUTATIONS 20000

static uint8_t input[FUZZ_INPUT_MAX];
static uint64_t state = 88172645463325252u;

static uint32_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16);
}

// The copy has exactly its length, so that a sanitizer sees the first byte past it.
static void feed(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	memcpy(copy, bytes, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

// A few bytes changed, bits flipped, words made extreme, ends cut off or grown.
static size_t mutate(uint8_t *bytes, size_t len)
{
	static const uint32_t extremes[] = {0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff};
	for (uint32_t n = 1 + next_random() % 4; n > 0 && len > 0; n--) {
		size_t at = next_random() % len;
		switch (next_random() % 5) {
		case 0:
			bytes[at] = (uint8_t)next_random();
			break;
		case 1:
			bytes[at] ^= (uint8_t)(1u << next_random() % 8);
			break;
		case 2:
			len = at;
			break;
		case 3:
			for (size_t i = 0; i < 4 && at + i < len; i++)
				bytes[at + i] = (uint8_t)(extremes[next_random() % 8] >> 8 * i);
			break;
		default:
			for (uint32_t grow = next_random() % 64; grow > 0 && len < FUZZ_INPUT_MAX; grow--)
				bytes[len++] = (uint8_t)next_random();
		}
	}
	return len;
}

static int write_seeds(const char *directory)
{
	size_t len;
	for (size_t i = 0; (len = fuzz_seed(i, input, sizeof(input))) > 0; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/seed-%zu", directory, i);
		FILE *f = fopen(path, "wb");
		if (!f || fwrite(input, 1, len, f) != len || fclose(f) != 0) {
			perror(path);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	if (!f) {
		perror(path);
		return -1;
	}
	feed(input, fread(input, 1, sizeof(input), f));
	fclose(f);
	return 0;
}

int main(int argc, char **argv)
{
	size_t seeds = 0, len;
	if (argc == 3 && strcmp(argv[1], "--seeds") == 0)
		return write_seeds(argv[2]);
	for (int i = 1; i < argc; i++)
		if (replay_file(argv[i]) < 0)
			return EXIT_FAILURE;
	for (; (len = fuzz_seed(seeds, input, sizeof(input))) > 0; seeds++)
		feed(input, len);
	for (unsigned int i = 0; seeds > 0 && i < MUTATIONS; i++) {
		len = fuzz_seed(i % seeds, input, sizeof(input));
		feed(input, mutate(input, len));
	}
	feed(input, 0);
	printf("fuzz: %d passed, 0 failed, 0 skipped\n", 1);
	return EXIT_SUCCESS;
}
