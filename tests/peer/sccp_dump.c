// SPDX-License-Identifier: GPL-3.0-or-later
// sccp_dump.c - Prints every message at several versions: its PDU and, leaf by leaf, what a decoder must find in it.
//
// One line a message and version, fields separated by tabs: name, version, direction, PDU in hex, and the leaves as
// name:bytes:value. Opaque bytes begin with #. Values are distinct, so that a field read at a wrong place shows.
#include "gw/sccp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned int versions[] = {3, 11, 17, 18, 20, 22};

static uint32_t serial;
static bool in_video; // inside a video capability
static uint32_t video_codec;

struct special {
	const char *name;
	uint32_t value;
};

// Counters: a decoder shows as many entries as they say.
static const struct special counters[] = {
	{"cap_count", 18},
	{"audio_cap_count", 18},
	{"video_cap_count", 10},
	{"data_cap_count", 5},
	{"custom_picture_format_count", 6},
	{"conf_resources_service_resource_count", 4},
	{"layout_count", 5},
	{"level_preference_count", 4},
	{"button_template_button_count", 42},
	{"button_template_total_button_count", 42},
	{"soft_key_template_soft_key_count", 32},
	{"soft_key_template_total_soft_key_count", 32},
	{"soft_key_sets_soft_key_set_count", 16},
	{"soft_key_sets_total_soft_key_set_count", 16},
	{"line_data_entries", 42},
	{"data_size", 600},
	{"rx_crypto_key_len", 16},
	{"rx_crypto_salt_len", 14},
	{"tx_crypto_key_len", 16},
	{"tx_crypto_salt_len", 14},
};

static uint32_t special_value(const struct sccp_msg *m, const struct sccp_field *f)
{
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		if (strcmp(f->name, counters[i].name) == 0)
			return counters[i].value;
	size_t n = strlen(f->name);
	if (n >= 11 && strcmp(f->name + n - 11, "data_length") == 0)
		return 2000;
	if (strcmp(f->name, "number_of_entries") == 0)
		return m->id == SCCP_AUDIT_CONFERENCE_RES ? 32 : 256;
	// A decoder picks the member of a union by the codec.
	static const uint8_t audio[] = {SCCP_CODEC_G711_ULAW, SCCP_CODEC_G729A, SCCP_CODEC_ILBC,
					SCCP_CODEC_OPUS};
	if (f->print == SCCP_PRINT_ENUM && f->table == SCCP_ENUM_CODEC)
		return in_video ? video_codec : audio[serial % 4];
	return 0;
}

static void fill_number(const struct sccp_msg *m, const struct sccp_field *f, char *item)
{
	uint32_t v = special_value(m, f);
	serial++;
	if (v == 0)
		v = f->stride == 1 || f->later ? serial % 250 + 1
		    : f->stride == 2           ? serial % 60000 + 1
					       : 0x01020000 + serial;
	uint8_t u8 = (uint8_t)v;
	uint16_t u16 = (uint16_t)v;
	memcpy(item, f->stride == 1 ? (void *)&u8 : f->stride == 2 ? (void *)&u16 : (void *)&v, f->stride);
}

static void fill_text(char *item, size_t wire)
{
	int n = snprintf(item, wire + 1, "%uabcdefghijklmnopqrstuvwxyz0123456789", ++serial);
	// Short texts end inside their field, every other text fills it.
	if (serial % 2 && wire < (size_t)n)
		item[wire / 2] = '\0';
}

static void fill(struct sccp_msg *m, const struct sccp_field *f, unsigned int version, char *base);

static void fill_item(struct sccp_msg *m, const struct sccp_field *f, unsigned int version, char *item)
{
	uint8_t ip[16] = {0};
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_NUMBER:
		fill_number(m, f, item);
		break;
	case SCCP_KIND_BYTES:
	case SCCP_KIND_KEY:
		for (size_t i = 0; i < f->wire; i++)
			item[i] = (char)(++serial % 255 + 1);
		break;
	case SCCP_KIND_CHARS:
	case SCCP_KIND_CSTR:
		fill_text(item, sccp_field_wire(f, version));
		break;
	case SCCP_KIND_DATA:
		for (size_t i = 0; i < f->wire; i++)
			item[i] = (char)('a' + i % 26);
		break;
	case SCCP_KIND_IPV6:
		for (size_t i = 0; i < sizeof(ip); i++)
			ip[i] = (uint8_t)(++serial % 255 + 1);
		*(struct addr *)item = addr_ipv6(ip);
		break;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		for (size_t i = 0; i < 4; i++)
			ip[i] = (uint8_t)(++serial % 250 + 1);
		*(struct addr *)item = addr_ipv4(ip);
		break;
	case SCCP_KIND_GROUP:
		in_video = strcmp(f->name, "vid_caps") == 0 ||
			   (in_video && strcmp(f->name, "level_preference") == 0);
		fill(m, sccp_group_fields(f->group), version, item);
		break;
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	}
}

static void fill(struct sccp_msg *m, const struct sccp_field *f, unsigned int version, char *base)
{
	for (; f->kind != SCCP_KIND_END; f++)
		for (size_t n = 0; n < f->count; n++)
			fill_item(m, f, version, base + f->offset + n * f->stride);
}

static void leaf(const struct sccp_field *f, size_t bytes, const char *value)
{
	printf("\t%s:%zu:%s", f->name, bytes, value);
}

static void leaf_number(const struct sccp_field *f, size_t bytes, uint32_t v)
{
	char text[16];
	snprintf(text, sizeof(text), f->print == SCCP_PRINT_SIGNED ? "%d" : "%u", v);
	leaf(f, bytes, text);
}

static void leaf_bytes(const struct sccp_field *f, size_t bytes, const uint8_t *at)
{
	char text[2 * 256 + 2] = "#";
	for (size_t i = 0; i < bytes; i++)
		snprintf(text + 1 + 2 * i, 3, "%02x", at[i]);
	leaf(f, bytes, text);
}

static void leaves(const struct sccp_field *f, unsigned int version, const char *base);

static void leaf_item(const struct sccp_field *f, unsigned int version, const char *base, size_t n)
{
	const char *item = base + f->offset + n * f->stride;
	size_t wire = sccp_field_wire(f, version);
	char text[ADDR_TEXT_MAX];
	switch ((enum sccp_kind)f->kind) {
	case SCCP_KIND_NUMBER:
		leaf_number(f, wire, sccp_field_number(f, base, n));
		break;
	case SCCP_KIND_BYTES:
	case SCCP_KIND_KEY:
		leaf_bytes(f, wire, (const uint8_t *)item);
		break;
	case SCCP_KIND_CHARS:
	case SCCP_KIND_DATA:
		leaf(f, wire, item);
		break;
	case SCCP_KIND_CSTR:
		leaf(f, strlen(item) + 1, item);
		break;
	case SCCP_KIND_IPV4:
	case SCCP_KIND_IPV6:
	case SCCP_KIND_ADDR:
	case SCCP_KIND_ADDR_FIT:
		leaf(f, wire, addr_text((const struct addr *)item, text, sizeof(text)));
		break;
	case SCCP_KIND_GROUP:
		leaves(sccp_group_fields(f->group), version, item);
		break;
	case SCCP_KIND_END:
	case SCCP_KIND_NEED:
		break;
	}
}

static void leaves(const struct sccp_field *f, unsigned int version, const char *base)
{
	for (; f->kind != SCCP_KIND_END; f++)
		for (size_t n = 0; sccp_field_in(f, version) && n < f->count; n++)
			leaf_item(f, version, base, n);
}

static void dump(const struct sccp_msg_info *info, unsigned int version)
{
	static uint8_t pdu[SCCP_PDU_MAX];
	struct sccp_msg m;
	sccp_init(&m, info->id);
	serial = info->id;
	video_codec = info->id == SCCP_UPDATE_CAPABILITIES ? SCCP_CODEC_H263 : SCCP_CODEC_H264;
	fill(&m, sccp_fields(info->id), version, sccp_body(&m));
	int len = sccp_encode(&m, version, pdu, sizeof(pdu));
	if (len < 0) {
		fprintf(stderr, "%s version %u: %s\n", info->name, version, sccp_result_name(len));
		exit(1);
	}
	printf("%s\t%u\t%s\t", info->name, version, info->direction == SCCP_TO_AGENT ? "agent" : "station");
	for (int i = 0; i < len; i++)
		printf("%02x", pdu[i]);
	leaves(sccp_fields(info->id), version, sccp_body_const(&m));
	printf("\n");
}

int main(void)
{
	const struct sccp_msg_info *info;
	for (size_t i = 0; (info = sccp_msg_at(i)); i++)
		for (size_t v = 0; v < sizeof(versions) / sizeof(versions[0]); v++)
			dump(info, versions[v]);
	return 0;
}
