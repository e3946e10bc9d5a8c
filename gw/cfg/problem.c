// SPDX-License-Identifier: GPL-3.0-or-later
// problem.c - Collects problems while a file is read, and prints them sorted by place.
#include "gw/cfg/load.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void add(struct cfg_load *l, size_t line, size_t column, const char *path, const char *format,
		va_list ap)
{
	l->found_count++;
	if (l->found_count > CFG_PROBLEMS_MAX)
		return;
	struct cfg_found *f = &l->found[l->found_count - 1];
	char problem[512];
	vsnprintf(problem, sizeof(problem), format, ap);
	*f = (struct cfg_found){.line = line, .column = column, .order = l->found_count};
	if (asprintf(&f->text, "%s: %s", path, problem) < 0) {
		f->text = NULL;
		l->out_of_memory = true;
	}
}

void cfg_found_add(struct cfg_load *l, size_t line, size_t column, const char *path, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	add(l, line, column, path, format, ap);
	va_end(ap);
}

// Value of a key in a mapping node; NULL when it is absent.
static const yaml_node_t *value_of(struct cfg_load *l, const yaml_node_t *node, const char *key)
{
	if (!node || node->type != YAML_MAPPING_NODE)
		return NULL;
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *k = yaml_document_get_node(&l->document, p->key);
		if (k && k->type == YAML_SCALAR_NODE && strcmp((const char *)k->data.scalar.value, key) == 0)
			return yaml_document_get_node(&l->document, p->value);
	}
	return NULL;
}

bool cfg_has(const struct cfg_at *at, const char *key)
{
	return value_of(at->load, at->node, key) != NULL;
}

static void say(const struct cfg_at *at, const char *key, const char *format, va_list ap)
{
	char path[CFG_PATH_MAX];
	const yaml_node_t *value = key ? value_of(at->load, at->node, key) : NULL;
	const yaml_node_t *place = value ? value : at->node;
	snprintf(path, sizeof(path), "%s%s%s", at->path, key && at->path[0] ? "." : "", key ? key : "");
	add(at->load, place ? place->start_mark.line + 1 : 1, place ? place->start_mark.column + 1 : 1,
	    path[0] ? path : "file", format, ap);
}

void cfg_problem(const struct cfg_at *at, const char *key, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	say(at, key, format, ap);
	va_end(ap);
}

void cfg_note(const struct cfg_at *at, const char *key, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	say(at, key, format, ap);
	va_end(ap);
	at->load->note_count++;
}

static int by_place(const void *a, const void *b)
{
	const struct cfg_found *x = a, *y = b;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void cfg_found_print(struct cfg_load *l, FILE *errors)
{
	size_t n = l->found_count < CFG_PROBLEMS_MAX ? l->found_count : CFG_PROBLEMS_MAX;
	qsort(l->found, n, sizeof(l->found[0]), by_place);
	for (size_t i = 0; i < n; i++)
		fprintf(errors, "%s:%zu:%zu: %s\n", l->name, l->found[i].line, l->found[i].column,
			l->found[i].text ? l->found[i].text : "out of memory");
	if (l->found_count > n)
		fprintf(errors, "%s: %zu more problems\n", l->name, l->found_count - n);
}

void cfg_found_free(struct cfg_load *l)
{
	for (size_t i = 0; i < l->found_count && i < CFG_PROBLEMS_MAX; i++)
		free(l->found[i].text);
	l->found_count = 0;
}

const char *cfg_quote(const char *text, char buf[CFG_QUOTE_MAX + 8])
{
	size_t n = 0;
	buf[n++] = '"';
	for (; *text && n <= CFG_QUOTE_MAX; text++)
		buf[n++] = (unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text;
	memcpy(buf + n, *text ? "...\"" : "\"", *text ? 5 : 2);
	return buf;
}

// Edit distance of two words, transposed neighbours counting once; words longer than 31 are far.
static unsigned int distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n > 31 || m > 31)
		return UINT32_MAX;
	unsigned int d[32][32];
	for (size_t i = 0; i <= n; i++) {
		for (size_t k = 0; k <= m; k++) {
			if (i == 0 || k == 0) {
				d[i][k] = (unsigned int)(i + k);
				continue;
			}
			unsigned int best = d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
			if (d[i - 1][k] + 1 < best)
				best = d[i - 1][k] + 1;
			if (d[i][k - 1] + 1 < best)
				best = d[i][k - 1] + 1;
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1] &&
			    d[i - 2][k - 2] + 1 < best)
				best = d[i - 2][k - 2] + 1;
			d[i][k] = best;
		}
	}
	return d[n][m];
}

const char *cfg_nearest(const char *word, const char *(*name)(const void *names, size_t i), const void *names,
			size_t n)
{
	const char *nearest = NULL;
	unsigned int least =
		strlen(word) < 4 ? 2 : 3; // exclusive: one slip in a short word, two in a long one
	for (size_t i = 0; i < n; i++) {
		unsigned int d = distance(word, name(names, i));
		if (d < least) {
			least = d;
			nearest = name(names, i);
		}
	}
	return nearest;
}
