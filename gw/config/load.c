// SPDX-License-Identifier: GPL-3.0-or-later
// load.c - Reads slimline.yaml into its typed model, and gives it back.
#include "gw/config/tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int read_text(const char *text, size_t len, const char *name, bool looks, FILE *errors,
		     struct config **ret)
{
	struct config *c = calloc(1, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->looks = looks;
	int rc = cfg_read(text, len, name, &config_table, c, errors);
	if (rc < 0) {
		config_free(c);
		return rc;
	}
	*ret = c;
	return rc;
}

int config_load_text(const char *text, size_t len, const char *name, FILE *errors, struct config **ret)
{
	return read_text(text, len, name, false, errors, ret);
}

static int read_file(const char *path, bool looks, FILE *errors, struct config **ret)
{
	char *text;
	size_t len;
	int rc = cfg_read_file(path, &text, &len);
	if (rc < 0) {
		fprintf(errors, "%s: cannot be read: %s\n", path, strerror(-rc));
		return rc;
	}
	rc = read_text(text, len, path, looks, errors, ret);
	free(text);
	if (rc == -ENOMEM)
		fprintf(errors, "%s: out of memory\n", path);
	return rc;
}

int config_load(const char *path, FILE *errors, struct config **ret)
{
	return read_file(path, false, errors, ret);
}

int config_check(const char *path, FILE *errors, struct config **ret)
{
	return read_file(path, true, errors, ret);
}

static void free_line(struct config_line *l)
{
	for (unsigned int i = 0; i < l->rule_count; i++)
		free(l->rules[i].action.files);
	free(l->rules);
	free(l->action.files);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->agents);
	free(c->groups);
	free(c->sources);
	free(c->announcements);
	free(c->profiles);
	free(c->devices);
	for (unsigned int i = 0; i < c->line_count; i++)
		free_line(&c->lines[i]);
	free(c->lines);
	free(c->rooms);
	free(c);
}

void config_describe(FILE *out)
{
	cfg_describe(&config_table, out);
}

const char *config_kind_name(enum config_kind kind)
{
	return kind < CONFIG_KIND_COUNT ? config_kind_words[kind] : "?";
}
