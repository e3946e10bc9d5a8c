// SPDX-License-Identifier: GPL-3.0-or-later
// print.h - Rows as table or CSV, and single objects as lines, from the daemon's JSON.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum print_format { PRINT_TABLE, PRINT_CSV, PRINT_JSON };

enum column_type {
	COLUMN_TEXT,
	COLUMN_NUMBER,
	COLUMN_MS,       // milliseconds, one decimal
	COLUMN_SCORE,    // two decimals; null = unknown
	COLUMN_LEVEL,    // dBm0, one decimal; null = unknown
	COLUMN_PERCENT,  // one decimal
	COLUMN_DURATION, // seconds as 3d04h, 4h05m, 5m06s, 7s
	COLUMN_YES,      // true = yes
	COLUMN_UP,       // true = up
};

struct column {
	const char *title;
	const char *path; // member of the row; "rx.codec" goes inside; also the CSV heading
	enum column_type type;
};

// One cell as text; "-" for what is absent.
const char *print_cell(const json_t *row, const struct column *c, char *buf, size_t cap);

// Writes an array of objects as a table with a heading (`indent` columns in), or as CSV (RFC 4180).
// A table of no rows says `none`.
void print_rows(FILE *out, enum print_format format, const json_t *rows, const struct column *columns,
		size_t count, unsigned int indent, const char *none);

// Writes one object as "title  value" lines, titles aligned; as CSV one heading and one row.
void print_fields(FILE *out, enum print_format format, const json_t *object, const struct column *columns,
		  size_t count, unsigned int indent);

// Writes text of a peer: control characters as '.', so that it cannot drive the terminal.
void print_plain(FILE *out, const char *text);

// Member by path; NULL if absent.
const json_t *print_get(const json_t *object, const char *path);
