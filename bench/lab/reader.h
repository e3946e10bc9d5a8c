// SPDX-License-Identifier: GPL-3.0-or-later
// reader.h - What the files of the scenario room share: a line in words, and how it is read.
#pragma once

#include "bench/lab/scenario.h"

#define READER_WORDS_MAX 40

// Where the reader stands.
struct reader {
	struct scenario *s;
	const char *name;
	unsigned int line;
	FILE *errors;
	unsigned int problems;
	struct scenario_call *call; // the block we are in, or NULL
	char *words[READER_WORDS_MAX];
	unsigned int count;
};

// Names a mistake of the present line.
void reader_problem(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

// True when the i-th word is there and is this one.
bool reader_word_is(const struct reader *r, unsigned int i, const char *word);

// The i-th word as a number within bounds, or a copy of it. False, and a problem named, when it is neither.
bool reader_number(struct reader *r, unsigned int i, const char *what, double min, double max, double *ret);
bool reader_name(struct reader *r, unsigned int i, const char *what, size_t cap, char *out);

// The place of a word in a list; -1, unnamed, when it is not there.
int reader_find(const char *const *names, unsigned int count, const char *word);

// What the i-th word names; -1 or SCENARIO_PHONES_MAX, and a problem named, when nothing above has that name.
int reader_call(struct reader *r, unsigned int i);
int reader_device(struct reader *r, unsigned int i);
unsigned int reader_phone(struct reader *r, const char *name);

// steps.c: a line outside of calls that says what happens, or what is expected.
void reader_step(struct reader *r);
void reader_expect(struct reader *r);
