// SPDX-License-Identifier: GPL-3.0-or-later
// load.h - What the files of the cfg room share: the document being read and the problems found.
#pragma once

#include <yaml.h>

#include "gw/cfg.h"

#define CFG_PATH_MAX     256
#define CFG_PROBLEMS_MAX 100 // the rest is counted only
#define CFG_QUOTE_MAX    48  // of a value repeated in a message

struct cfg_found {
	size_t line; // from 1
	size_t column;
	size_t order;
	char *text;
};

// A mapping that is to be checked when all has been read.
struct cfg_late {
	struct cfg_late *next;
	const struct cfg_table *table;
	struct cfg_at at;
	char path[CFG_PATH_MAX];
};

struct cfg_load {
	const char *name;
	const struct cfg_table *table;
	void *root;
	yaml_document_t document;
	struct cfg_found found[CFG_PROBLEMS_MAX];
	size_t found_count;                // problems and notes, those beyond the array included
	size_t note_count;                 // of them
	struct cfg_late *late, **late_end; // checks for the end
	bool out_of_memory;
};

// problem.c: collects and prints.
void cfg_found_add(struct cfg_load *l, size_t line, size_t column, const char *path, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
void cfg_found_print(struct cfg_load *l, FILE *errors);
void cfg_found_free(struct cfg_load *l);
// Copies a value for a message: printable, shortened, in quotes.
const char *cfg_quote(const char *text, char buf[CFG_QUOTE_MAX + 8]);

// value.c: reads one scalar into its field. Returns 0, or -EINVAL after reporting.
int cfg_value(const struct cfg_at *at, const struct cfg_option *o, const char *text, void *field);
// "1..65535", "10ms..2s": the range of an option as in the file; "" without one.
const char *cfg_range_text(const struct cfg_option *o, char *buf, size_t cap);

// schema.c: reads a mapping (NULL: all defaults) by its table; then, once, what waits for the end is checked.
void cfg_mapping(const struct cfg_at *at, const struct cfg_table *table);
void cfg_check_last(struct cfg_load *l);
