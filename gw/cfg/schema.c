// SPDX-License-Identifier: GPL-3.0-or-later
// schema.c - Walks a YAML document by its tables: keys, sections, lists, defaults and checks.
#include "gw/cfg/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *option_name(const void *options, size_t i)
{
	return ((const struct cfg_option *)options)[i].name;
}

static const struct cfg_option *find_option(const struct cfg_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->options[i].name, name) == 0)
			return &table->options[i];
	return NULL;
}

static const yaml_node_t *node_of(const struct cfg_at *at, int id)
{
	return yaml_document_get_node(&at->load->document, id);
}

// Text of a scalar node; NULL after reporting what else it is.
static const char *scalar_text(const struct cfg_at *at, const yaml_node_t *node)
{
	if (node->type != YAML_SCALAR_NODE) {
		cfg_problem(at, NULL, "must be a single value, not a %s",
			    node->type == YAML_MAPPING_NODE ? "mapping" : "list");
		return NULL;
	}
	const char *text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		cfg_problem(at, NULL, "has a NUL character");
		return NULL;
	}
	if (text[0] == '\0' && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		cfg_problem(at, NULL, "has no value");
		return NULL;
	}
	return text;
}

// Reports keys that are unknown, double or no text.
static void check_keys(const struct cfg_at *at, const struct cfg_table *table, const yaml_node_t *node)
{
	const yaml_node_pair_t *first = node->data.mapping.pairs.start, *end = node->data.mapping.pairs.top;
	// More keys than rows means a problem each, so the square below ends with the report's room.
	for (const yaml_node_pair_t *p = first; p < end && at->load->found_count < CFG_PROBLEMS_MAX; p++) {
		const yaml_node_t *key = node_of(at, p->key);
		struct cfg_at here = *at;
		here.node = key;
		const char *name = scalar_text(&here, key);
		if (!name)
			continue;
		char quoted[CFG_QUOTE_MAX + 8];
		const char *near = cfg_nearest(name, option_name, table->options, table->count);
		if (!find_option(table, name))
			cfg_problem(&here, NULL, "unknown key %s%s%s%s", cfg_quote(name, quoted),
				    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
		for (const yaml_node_pair_t *q = first; q < p; q++) {
			const yaml_node_t *other = node_of(at, q->key);
			if (other->type != YAML_SCALAR_NODE ||
			    strcmp((const char *)other->data.scalar.value, name) != 0)
				continue;
			cfg_problem(&here, NULL, "key %s stands here twice, first in line %zu",
				    cfg_quote(name, quoted), other->start_mark.line + 1);
			break;
		}
	}
}

// Value of a key in the file; NULL when it is absent.
static const yaml_node_t *find_value(const struct cfg_at *at, const yaml_node_t *node, const char *name)
{
	if (!node)
		return NULL;
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *key = node_of(at, p->key);
		if (key->type == YAML_SCALAR_NODE && strcmp((const char *)key->data.scalar.value, name) == 0)
			return node_of(at, p->value);
	}
	return NULL;
}

// One item of a list of mappings; a scalar stands for the first key when the list allows it.
static void read_item(const struct cfg_at *at, const struct cfg_option *list, const yaml_node_t *node)
{
	const struct cfg_option *first = &list->table->options[0];
	if (node->type != YAML_SCALAR_NODE || !list->shorthand) {
		cfg_mapping(at, list->table);
		return;
	}
	const char *text = scalar_text(at, node);
	if (!text)
		return;
	struct cfg_at defaults = *at;
	defaults.node = NULL;
	if (cfg_value(at, first, text, (char *)at->base + first->offset) < 0)
		return;
	for (size_t i = 1; i < list->table->count; i++) {
		const struct cfg_option *o = &list->table->options[i];
		cfg_value(&defaults, o, o->fallback, (char *)at->base + o->offset);
	}
	if (list->table->check)
		list->table->check(at);
}

// Items read so far are counted before each check, so that a check sees the items before its own.
static void read_list(const struct cfg_at *at, const struct cfg_option *o, const yaml_node_t *node)
{
	unsigned int *count = (unsigned int *)(void *)((char *)at->base + o->count_offset);
	if (node->type != YAML_SEQUENCE_NODE) {
		cfg_problem(at, NULL, "must be a list");
		return;
	}
	const yaml_node_item_t *items = node->data.sequence.items.start;
	size_t n = (size_t)(node->data.sequence.items.top - items);
	if (n < o->min || n > o->max) {
		char range[64];
		cfg_problem(at, NULL, "has %zu items, allowed are %s", n,
			    cfg_range_text(o, range, sizeof(range)));
		return;
	}
	char *field = (char *)at->base + o->offset;
	if (o->allocate && n > 0) {
		void *memory = calloc(n, o->size);
		if (!memory) {
			at->load->out_of_memory = true;
			return;
		}
		*(void **)(void *)field = memory;
		field = memory;
	}
	for (size_t i = 0; i < n; i++) {
		char path[CFG_PATH_MAX];
		const yaml_node_t *value = node_of(at, items[i]);
		snprintf(path, sizeof(path), "%s[%zu]", at->path, i);
		struct cfg_at here = {at->root, field + i * o->size, i, at->load, value, path};
		*count = (unsigned int)i + 1;
		if (o->table) {
			read_item(&here, o, value);
			continue;
		}
		const char *text = scalar_text(&here, value);
		here.base = at->base;
		if (text)
			cfg_value(&here, o->item, text, field + i * o->size);
	}
}

// One key of a table: from the file, or its default.
static void read_option(const struct cfg_at *at, const struct cfg_option *o, const yaml_node_t *value)
{
	char path[CFG_PATH_MAX];
	snprintf(path, sizeof(path), "%s%s%s", at->path, at->path[0] ? "." : "", o->name);
	struct cfg_at here = {at->root, at->base, at->index, at->load, value ? value : at->node, path};
	if (o->type == CFG_SECTION) {
		here.base = (char *)at->base + o->offset;
		here.node = value;
		cfg_mapping(&here, o->table);
	} else if (o->type == CFG_LIST) {
		if (value)
			read_list(&here, o, value);
		else if (!o->fallback)
			cfg_problem(&here, NULL, "this list is required");
	} else {
		const char *text = value ? scalar_text(&here, value) : o->fallback;
		if (text)
			cfg_value(&here, o, text, (char *)at->base + o->offset);
		else if (!value)
			cfg_problem(&here, NULL, "this key is required");
	}
}

static void check_late(const struct cfg_at *at, const struct cfg_table *table)
{
	struct cfg_load *l = at->load;
	struct cfg_late *late = malloc(sizeof(*late));
	if (!late) {
		l->out_of_memory = true;
		return;
	}
	*late = (struct cfg_late){.table = table, .at = *at};
	snprintf(late->path, sizeof(late->path), "%s", at->path);
	late->at.path = late->path;
	*l->late_end = late;
	l->late_end = &late->next;
}

void cfg_mapping(const struct cfg_at *at, const struct cfg_table *table)
{
	const yaml_node_t *node = at->node;
	if (node && node->type != YAML_MAPPING_NODE) {
		cfg_problem(at, NULL, "must be a mapping of \"key: value\" lines");
		return;
	}
	if (node)
		check_keys(at, table, node);
	const struct cfg_load *l = at->load;
	size_t problems = l->found_count - l->note_count;
	for (size_t i = 0; i < table->count; i++)
		read_option(at, &table->options[i], find_value(at, node, table->options[i].name));
	// A check may rely on every value, so it waits until they are all sound.
	bool sound = l->found_count - l->note_count == problems;
	if (table->check && sound)
		table->check(at);
	if (table->check_last && sound)
		check_late(at, table);
}

void cfg_check_last(struct cfg_load *l)
{
	struct cfg_late *next;
	bool sound = l->found_count == l->note_count && !l->out_of_memory;
	for (struct cfg_late *late = l->late; late; late = next) {
		next = late->next;
		if (sound)
			late->table->check_last(&late->at);
		free(late);
	}
}
