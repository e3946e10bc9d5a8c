// SPDX-License-Identifier: GPL-3.0-or-later
// parse.c - Turns text into a YAML document through libyaml, and refuses what configuration files need not.
#include "gw/cfg/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (16u << 20)

// libyaml speaks of "characters that cannot start any token": say what it is.
static void find_tabs(struct cfg_load *l, const char *text, size_t len)
{
	size_t line = 1;
	for (size_t i = 0; i < len; line++) {
		size_t column = 1;
		for (; i < len && (text[i] == ' ' || text[i] == '\t'); i++, column++) {
			if (text[i] != '\t')
				continue;
			cfg_found_add(l, line, column, "yaml", "tab in the indentation; use spaces");
			break;
		}
		const char *end = memchr(text + i, '\n', len - i);
		i = end ? (size_t)(end - text) + 1 : len;
	}
}

// Bytes that are no UTF-8 come without a line from libyaml.
static void report_parser(struct cfg_load *l, const yaml_parser_t *p, const char *text, size_t len)
{
	size_t line = p->problem_mark.line + 1, column = p->problem_mark.column + 1;
	if (p->error == YAML_MEMORY_ERROR) {
		l->out_of_memory = true;
		return;
	}
	if (p->error == YAML_READER_ERROR) {
		line = 1;
		column = 1;
		for (size_t i = 0; i < p->problem_offset && i < len; i++) {
			column = text[i] == '\n' ? 1 : column + 1;
			line += text[i] == '\n';
		}
	}
	cfg_found_add(l, line, column, "yaml", "%s%s%s", p->problem ? p->problem : "cannot be read",
		      p->context ? " " : "", p->context ? p->context : "");
}

static void find_in_event(struct cfg_load *l, const yaml_event_t *e)
{
	size_t line = e->start_mark.line + 1, column = e->start_mark.column + 1;
	const yaml_char_t *anchor = NULL, *tag = NULL;
	switch (e->type) {
	case YAML_ALIAS_EVENT:
		cfg_found_add(l, line, column, "yaml", "alias *%s: write the value itself",
			      e->data.alias.anchor);
		return;
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
		break;
	default:
		return;
	}
	if (anchor)
		cfg_found_add(l, line, column, "yaml", "anchor &%s: write each value where it belongs",
			      anchor);
	if (tag)
		cfg_found_add(l, line, column, "yaml", "tag %s: types come from the schema", tag);
}

// First pass: syntax, anchors, aliases, tags and the number of documents, each with its place.
static void scan(struct cfg_load *l, const char *text, size_t len)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		l->out_of_memory = true;
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	unsigned int documents = 0;
	for (bool more = true; more;) {
		yaml_event_t e;
		if (!yaml_parser_parse(&parser, &e)) {
			report_parser(l, &parser, text, len);
			break;
		}
		if (e.type == YAML_DOCUMENT_START_EVENT && ++documents == 2)
			cfg_found_add(l, e.start_mark.line + 1, e.start_mark.column + 1, "yaml",
				      "a second document starts; only one is read");
		find_in_event(l, &e);
		more = e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
}

// Second pass: the document and its schema.
static void walk(struct cfg_load *l, const char *text, size_t len)
{
	yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser)) {
		l->out_of_memory = true;
		return;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	if (yaml_parser_load(&parser, &l->document)) {
		struct cfg_at at = {.root = l->root, .base = l->root, .load = l, .path = ""};
		at.node = yaml_document_get_root_node(&l->document);
		if (at.node)
			cfg_mapping(&at, l->table);
		else
			cfg_found_add(l, 1, 1, "file", "is empty");
		cfg_check_last(l);
		yaml_document_delete(&l->document);
	} else {
		report_parser(l, &parser, text, len);
	}
	yaml_parser_delete(&parser);
}

int cfg_read(const char *text, size_t len, const char *name, const struct cfg_table *table, void *root,
	     FILE *errors)
{
	struct cfg_load l = {.name = name, .table = table, .root = root};
	l.late_end = &l.late;
	find_tabs(&l, text, len);
	if (l.found_count == 0)
		scan(&l, text, len);
	if (l.found_count == 0 && !l.out_of_memory)
		walk(&l, text, len);
	int rc = l.out_of_memory ? -ENOMEM : l.found_count > l.note_count ? -EINVAL : (int)l.note_count;
	cfg_found_print(&l, errors);
	cfg_found_free(&l);
	return rc;
}

int cfg_read_file(const char *path, char **ret_text, size_t *ret_len)
{
	FILE *f = fopen(path, "re");
	if (!f)
		return -errno;
	struct stat st;
	int rc = fstat(fileno(f), &st) < 0 ? -errno : S_ISDIR(st.st_mode) ? -EISDIR : 0;
	char *text = NULL;
	size_t len = 0, cap = 0;
	while (rc == 0 && !feof(f)) {
		if (len + 1 >= cap) {
			cap = cap ? cap * 2 : 65536;
			char *grown = cap > FILE_MAX ? NULL : realloc(text, cap);
			if (!grown) {
				rc = cap > FILE_MAX ? -EFBIG : -ENOMEM;
				break;
			}
			text = grown;
		}
		len += fread(text + len, 1, cap - len - 1, f);
		if (ferror(f))
			rc = errno ? -errno : -EIO;
	}
	fclose(f);
	if (rc < 0) {
		free(text);
		return rc;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}
