// SPDX-License-Identifier: GPL-3.0-or-later
// dump.c - Writes the manual of a file out of its tables.
#include "gw/cfg/load.h"

#include <string.h>

static const char *const effects[] = {
	[CFG_LIVE] = "live", [CFG_NEW_SESSIONS] = "new sessions", [CFG_RESTART] = "restart"};

// What a value looks like: "number 1..65535", "one of poll, adaptive".
static void write_form(const struct cfg_option *o, FILE *out)
{
	char range[80];
	cfg_range_text(o, range, sizeof(range));
	switch (o->type) {
	case CFG_TEXT:
		fprintf(out, "text of %s%zu characters", o->min > 0 ? "1 to " : "at most ", o->size - 1);
		break;
	case CFG_NUMBER:
		fprintf(out, "number %s", range);
		break;
	case CFG_BOOL:
		fputs("yes or no", out);
		break;
	case CFG_WORD:
		for (size_t i = 0; o->words[i]; i++)
			fprintf(out, "%s%s", i ? ", " : "one of ", o->words[i]);
		break;
	case CFG_DURATION:
		fprintf(out, "duration %s", range);
		break;
	case CFG_SIZE:
		fprintf(out, "size %s", range);
		break;
	case CFG_CUSTOM:
		fputs(o->what, out);
		break;
	case CFG_SECTION:
		fputs("mapping", out);
		break;
	case CFG_LIST:
		fprintf(out, "list of %s", range);
		if (o->item) {
			fputs(" items, each a ", out);
			write_form(o->item, out);
		} else {
			fputs(" mappings", out);
		}
		break;
	}
}

static void describe(const struct cfg_table *table, const char *prefix, FILE *out)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct cfg_option *o = &table->options[i];
		char path[CFG_PATH_MAX];
		snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] ? "." : "", o->name);
		fprintf(out, "%s\n    %s.\n    ", path, o->help);
		write_form(o, out);
		if (o->type != CFG_SECTION && o->type != CFG_LIST)
			fprintf(out, "; %s%s", o->fallback ? "default " : "required",
				!o->fallback     ? ""
				: o->fallback[0] ? o->fallback
						 : "none");
		if (o->type != CFG_SECTION)
			fprintf(out, "; takes effect: %s", effects[o->effect]);
		fputs("\n\n", out);
		if (!o->table)
			continue;
		if (o->type == CFG_LIST)
			strncat(path, "[]", sizeof(path) - strlen(path) - 1);
		describe(o->table, path, out);
	}
}

void cfg_describe(const struct cfg_table *table, FILE *out)
{
	describe(table, "", out);
}
