// SPDX-License-Identifier: GPL-3.0-or-later
// cfg.h - Reads a YAML file into structs by tables of options, and explains those tables.
//
// A table lists the keys of one mapping: name, type, range, unit, default, help, when a change takes effect, and
// the struct field that takes the value. YAML gives the shape only: every scalar is read as text and typed here, so
// that `no`, `012` and `10:30` mean what the table says. Keys are read in the order of the table, whatever their order in
// the file, so that a row may refer to what an earlier row has read.
//
// Every problem is reported in one pass, sorted by place, as "file:line:col: path: problem"; unknown and duplicate keys,
// tabs, anchors, aliases and tags are problems.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum cfg_type {
	CFG_TEXT,     // char[size]; min = least length
	CFG_NUMBER,   // unsigned integer of size 1, 2, 4 or 8 bytes
	CFG_BOOL,     // bool; yes, no, on, off, true, false
	CFG_WORD,     // int: index into words
	CFG_DURATION, // "20ms", "5s", "10m", "2h"; stored as a number of `scale` milliseconds
	CFG_SIZE,     // "256MB", "1GB"; stored as a number of `scale` bytes
	CFG_CUSTOM,   // read by parse; `what` describes it
	CFG_SECTION,  // a mapping; its fields are at offset and on
	CFG_LIST,     // a sequence; items are mappings (table) or scalars (item)
};

enum cfg_effect {
	CFG_LIVE,         // at once
	CFG_NEW_SESSIONS, // calls that begin afterwards
	CFG_RESTART,      // when the program starts again
};

struct cfg_at;

struct cfg_table {
	const struct cfg_option *options;
	size_t count;
	void (*check)(const struct cfg_at *at); // called when a mapping has been read; may be NULL
	void (*check_last)(
		const struct cfg_at
			*at); // likewise, when all of a sound file has been: what refers to later parts
};

struct cfg_option {
	const char *name;
	enum cfg_type type;
	size_t offset; // of the field in its struct
	size_t size;   // of the field; of one item of a list
	uint64_t min;  // in units of the file: a length, a number, milliseconds, bytes, or items of a list
	uint64_t max;
	uint64_t scale;
	const char *fallback; // as it would stand in the file; NULL = the key is required; lists: NULL or ""
	const char *help;     // one sentence without full stop
	const char *what;     // CFG_CUSTOM: the form of the value, for messages and the manual
	enum cfg_effect effect;
	const char *const *words; // CFG_WORD, ends with NULL
	// CFG_CUSTOM: returns 0, or negative after cfg_problem.
	int (*parse)(const struct cfg_at *at, const char *text, void *field);
	const struct cfg_table *table; // CFG_SECTION, and CFG_LIST of mappings
	const struct cfg_option *item; // CFG_LIST of scalars: type, range and parse of each
	size_t count_offset;           // CFG_LIST: an unsigned int, the number of items read
	bool allocate;  // CFG_LIST: the field is a pointer that gets calloc'ed items, for the caller to free
	bool shorthand; // CFG_LIST: a scalar item stands for a mapping of the table's first key alone
};

// Where the reader is. Callbacks read these three and pass the rest on to cfg_problem.
struct cfg_at {
	void *root;   // the outermost struct
	void *base;   // struct of the mapping that is read or checked
	size_t index; // of this item, for items of a list
	struct cfg_load *load;
	const void *node; // its YAML node; NULL for a default
	const char *path;
};

// Reports a problem at `key` of the mapping, or at the value itself when key is NULL or absent.
void cfg_problem(const struct cfg_at *at, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Likewise, for what the file may say and the reader should hear of all the same.
void cfg_note(const struct cfg_at *at, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// True when the file has this key in the mapping.
bool cfg_has(const struct cfg_at *at, const char *key);

// Reads text into the zeroed struct at root; `name` stands for the file in messages. Problems and notes are written to
// `errors`. Returns the number of notes, -EINVAL when there were problems, or -ENOMEM. What was allocated stays with root in every case.
int cfg_read(const char *text, size_t len, const char *name, const struct cfg_table *table, void *root,
	     FILE *errors);

// Reads a whole file of at most 16 MB. Returns 0 and *ret_text (NUL-terminated, free it), or negative errno.
int cfg_read_file(const char *path, char **ret_text, size_t *ret_len);

// Writes the manual: one paragraph an option, in the order of the tables.
void cfg_describe(const struct cfg_table *table, FILE *out);

// Nearest of n names to a misspelt word; NULL when none is near.
const char *cfg_nearest(const char *word, const char *(*name)(const void *names, size_t i), const void *names,
			size_t n);
