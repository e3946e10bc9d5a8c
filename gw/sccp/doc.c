// SPDX-License-Identifier: GPL-3.0-or-later
// doc.c - Prints docs/sccp.md: every message, field and named value, from the tables of this room.
#include "gw/sccp.h"

#include <stdio.h>

static const char *const families[] = {
	[SCCP_FAMILY_REGISTRATION] = "Registration, liveness, management",
	[SCCP_FAMILY_MEDIA] = "Audio media",
	[SCCP_FAMILY_CONFERENCE] = "Conference bridge",
	[SCCP_FAMILY_TONES] = "Announcements, tones, DTMF",
	[SCCP_FAMILY_QOS] = "QoS",
	[SCCP_FAMILY_CALL] = "Call control as a phone",
	[SCCP_FAMILY_DATA] = "Application data",
	[SCCP_FAMILY_VIDEO] = "Video and multimedia",
	[SCCP_FAMILY_OTHER] = "Known by name only",
};

static const char *const tables[] = {
#define SCCP_ENUM(TABLE, title) [SCCP_ENUM_##TABLE] = #TABLE,
#include "gw/sccp/enum.def"
};

static const char *const titles[] = {
#define SCCP_ENUM(TABLE, title) [SCCP_ENUM_##TABLE] = title,
#include "gw/sccp/enum.def"
};

static const char *const groups[] = {
#define SCCP_GROUP(name) [SCCP_GROUP_##name] = "struct sccp_" #name,
#include "gw/sccp/msg.def"
};

static const struct {
	uint32_t number;
	enum sccp_enum table;
	const char *constant, *text;
} values[] = {
#define SCCP_VALUE(TABLE, number, NAME, text) {number, SCCP_ENUM_##TABLE, "SCCP_" #TABLE "_" #NAME, text},
#include "gw/sccp/enum.def"
};

static const char *const constants[] = {
#define SCCP_MSG(id, CONSTANT, ...)  "SCCP_" #CONSTANT,
#define SCCP_BARE(id, CONSTANT, ...) "SCCP_" #CONSTANT,
#include "gw/sccp/msg.def"
};

static void print_number(const struct sccp_field *f)
{
	printf("%c%d", f->print == SCCP_PRINT_SIGNED ? 'i' : 'u', f->wire * 8);
	if (f->change)
		printf(", u%d from version %d", f->later * 8, f->change);
}

static void print_sized(const struct sccp_field *f, const char *what)
{
	printf("%s %d", what, f->wire);
	if (f->change && f->later != f->wire)
		printf(", %d from version %d", f->later, f->change);
}

static void print_data(const struct sccp_field *f)
{
	printf("at most %d bytes, counted", f->wire);
	if (f->change)
		printf("; all of them before version %d", f->change);
}

static void print_type(const struct sccp_field *f)
{
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	case SCCP_KIND_NUMBER:
		print_number(f);
		break;
	case SCCP_KIND_BYTES:
		print_sized(f, "bytes");
		break;
	case SCCP_KIND_KEY:
		print_sized(f, "secret bytes");
		break;
	case SCCP_KIND_CHARS:
		print_sized(f, "text");
		break;
	case SCCP_KIND_CSTR:
		print_sized(f, "text up to its NUL, at most");
		break;
	case SCCP_KIND_DATA:
		print_data(f);
		break;
	case SCCP_KIND_IPV4:
		printf("IPv4 address");
		break;
	case SCCP_KIND_IPV6:
		printf("IPv6 address");
		break;
	case SCCP_KIND_ADDR:
		printf("IPv4 address, typed address from version 17");
		break;
	case SCCP_KIND_ADDR_FIT:
		printf("IPv4 address, typed address if there is room");
		break;
	case SCCP_KIND_GROUP:
		printf("`%s`", groups[f->group]);
		break;
	}
}

static void print_remarks(const struct sccp_field *f)
{
	if (f->print == SCCP_PRINT_ENUM)
		printf("%s ", tables[f->table]);
	if (f->added)
		printf("appended in version %d%s", f->since,
		       f->optional ? ", left out when zero and last" : "");
	else if (f->since)
		printf("from version %d", f->since);
	else if (f->until)
		printf("until version %d", f->until);
}

static void print_fields(const struct sccp_field *f)
{
	printf("\n| field | on the wire | remarks |\n|---|---|---|\n");
	for (; f->kind != SCCP_KIND_END; f++) {
		if (f->kind == SCCP_KIND_NEED) {
			printf("| - | | a body that ends above is too short |\n");
			continue;
		}
		printf("| `%s", f->name);
		if (f->count > 1)
			printf("[%d]", f->count);
		printf("` | ");
		print_type(f);
		printf(" | ");
		print_remarks(f);
		printf(" |\n");
	}
}

static void print_message(const struct sccp_msg_info *info, const char *constant)
{
	printf("\n### 0x%04X %s\n\n%s. Sent %s; `%s`, header version %s.\n", info->id, info->name,
	       info->purpose, info->direction == SCCP_TO_AGENT ? "to the agent" : "by the agent", constant,
	       info->basic ? "0" : "as negotiated");
	if (!info->has_fields)
		return;
	printf("Member `%s`:\n", info->member);
	print_fields(sccp_fields(info->id));
}

int main(void)
{
	printf("# SCCP as we speak it\n\n"
	       "Made by `sccp-doc` from `gw/sccp/msg.def` and `gw/sccp/enum.def`; change those, not this "
	       "page.\n"
	       "Numbers are little-endian, addresses in network order, fields packed in the order shown. "
	       "Bodies are "
	       "rounded\nup to four bytes with zeros. A typed address is a type word (0 IPv4, 1 IPv6) and 16 "
	       "bytes.\n");
	const struct sccp_msg_info *info;
	enum sccp_family family = SCCP_FAMILY_OTHER;
	for (size_t i = 0; (info = sccp_msg_at(i)); i++) {
		if (i == 0 || info->family != family)
			printf("\n## %s\n", families[info->family]);
		family = info->family;
		print_message(info, constants[i]);
	}
	printf("\n## Repeated structures\n");
	for (int group = 0; group < SCCP_GROUP_COUNT; group++) {
		printf("\n### %s\n", groups[group]);
		print_fields(sccp_group_fields((enum sccp_group)group));
	}
	printf("\n## Named values\n");
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (i == 0 || values[i].table != values[i - 1].table)
			printf("\n### %s\n\n%s.\n\n| value | text | constant |\n|---|---|---|\n",
			       tables[values[i].table], titles[values[i].table]);
		printf("| %u | %s | `%s` |\n", values[i].number, values[i].text, values[i].constant);
	}
	return 0;
}
