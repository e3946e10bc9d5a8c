// SPDX-License-Identifier: GPL-3.0-or-later
// print.c - Rows as table or CSV, and single objects as lines, from the daemon's JSON.
#include "control/cli/print.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define CELL_MAX    300
#define COLUMNS_MAX 32
#define GAP         2

const json_t *print_get(const json_t *object, const char *path)
{
	char key[64];
	const char *dot;
	while ((dot = strchr(path, '.'))) {
		snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
		object = json_object_get(object, key);
		path = dot + 1;
	}
	return json_object_get(object, path);
}

void print_plain(FILE *out, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '.' : *text, out);
}

static void duration_text(json_int_t s, char *buf, size_t cap)
{
	if (s >= 86400)
		snprintf(buf, cap, "%" PRId64 "d%02dh", (int64_t)(s / 86400), (int)(s / 3600 % 24));
	else if (s >= 3600)
		snprintf(buf, cap, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
	else if (s >= 60)
		snprintf(buf, cap, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else
		snprintf(buf, cap, "%ds", (int)s);
}

static void number_text(const json_t *v, enum column_type type, char *buf, size_t cap)
{
	if (type == COLUMN_DURATION)
		duration_text((json_int_t)json_number_value(v), buf, cap);
	else if (json_is_integer(v) && type == COLUMN_NUMBER)
		snprintf(buf, cap, "%" PRId64, (int64_t)json_integer_value(v));
	else
		snprintf(buf, cap, "%.*f", type == COLUMN_SCORE ? 2 : 1, json_number_value(v));
}

const char *print_cell(const json_t *row, const struct column *c, char *buf, size_t cap)
{
	const json_t *v = print_get(row, c->path);
	if (json_is_number(v))
		number_text(v, c->type, buf, cap);
	else if (json_is_boolean(v))
		snprintf(buf, cap, "%s",
			 c->type == COLUMN_UP ? (json_is_true(v) ? "up" : "DOWN")
					      : (json_is_true(v) ? "yes" : "no"));
	else if (json_is_string(v) && json_string_length(v) > 0)
		snprintf(buf, cap, "%s", json_string_value(v));
	else
		snprintf(buf, cap, "-");
	for (char *p = buf; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '.';
	return buf;
}

static bool is_right(const struct column *c)
{
	return c->type != COLUMN_TEXT && c->type != COLUMN_YES && c->type != COLUMN_UP;
}

// Columns that a text takes on the terminal: UTF-8 characters, not bytes.
static size_t width(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void put_cell(FILE *out, const char *text, size_t wide, bool right, bool last)
{
	size_t pad = wide > width(text) ? wide - width(text) : 0;
	if (right)
		fprintf(out, "%*s", (int)pad, "");
	fputs(text, out);
	if (!last)
		fprintf(out, "%*s", (int)(right ? GAP : pad + GAP), "");
}

static void print_table(FILE *out, const json_t *rows, const struct column *columns, size_t count,
			unsigned int indent)
{
	size_t wide[COLUMNS_MAX], i;
	char cell[CELL_MAX];
	json_t *row;
	for (size_t c = 0; c < count; c++)
		wide[c] = width(columns[c].title);
	json_array_foreach((json_t *)rows, i, row)
	{
		for (size_t c = 0; c < count; c++) {
			size_t w = width(print_cell(row, &columns[c], cell, sizeof(cell)));
			wide[c] = w > wide[c] ? w : wide[c];
		}
	}
	fprintf(out, "%*s", (int)indent, "");
	for (size_t c = 0; c < count; c++)
		put_cell(out, columns[c].title, wide[c], is_right(&columns[c]), c + 1 == count);
	fputc('\n', out);
	json_array_foreach((json_t *)rows, i, row)
	{
		fprintf(out, "%*s", (int)indent, "");
		for (size_t c = 0; c < count; c++)
			put_cell(out, print_cell(row, &columns[c], cell, sizeof(cell)), wide[c],
				 is_right(&columns[c]), c + 1 == count);
		fputc('\n', out);
	}
}

// Absent values stay empty and numbers keep all their digits: a program reads this.
static void csv_cell(FILE *out, const json_t *v)
{
	if (json_is_integer(v))
		fprintf(out, "%" PRId64, (int64_t)json_integer_value(v));
	else if (json_is_real(v))
		fprintf(out, "%.9g", json_real_value(v));
	else if (json_is_boolean(v))
		fputs(json_is_true(v) ? "true" : "false", out);
	const char *text = json_string_value(v);
	if (!text)
		return;
	bool quote = strpbrk(text, ",\"\r\n") != NULL;
	if (quote)
		fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	if (quote)
		fputc('"', out);
}

static void csv_heading(FILE *out, const struct column *columns, size_t count)
{
	for (size_t c = 0; c < count; c++) {
		if (c)
			fputc(',', out);
		for (const char *p = columns[c].path; *p; p++)
			fputc(*p == '.' ? '_' : *p, out);
	}
	fputs("\r\n", out);
}

static void csv_row(FILE *out, const json_t *row, const struct column *columns, size_t count)
{
	for (size_t c = 0; c < count; c++) {
		if (c)
			fputc(',', out);
		csv_cell(out, print_get(row, columns[c].path));
	}
	fputs("\r\n", out);
}

void print_rows(FILE *out, enum print_format format, const json_t *rows, const struct column *columns,
		size_t count, unsigned int indent, const char *none)
{
	if (format == PRINT_CSV) {
		size_t i;
		json_t *row;
		csv_heading(out, columns, count);
		json_array_foreach((json_t *)rows, i, row) csv_row(out, row, columns, count);
	} else if (json_array_size(rows) == 0) {
		fprintf(out, "%*s%s\n", (int)indent, "", none);
	} else {
		print_table(out, rows, columns, count, indent);
	}
}

void print_fields(FILE *out, enum print_format format, const json_t *object, const struct column *columns,
		  size_t count, unsigned int indent)
{
	if (format == PRINT_CSV) {
		csv_heading(out, columns, count);
		csv_row(out, object, columns, count);
		return;
	}
	size_t wide = 0;
	char cell[CELL_MAX];
	for (size_t c = 0; c < count; c++)
		wide = width(columns[c].title) > wide ? width(columns[c].title) : wide;
	for (size_t c = 0; c < count; c++)
		fprintf(out, "%*s%-*s  %s\n", (int)indent, "", (int)wide, columns[c].title,
			print_cell(object, &columns[c], cell, sizeof(cell)));
}
