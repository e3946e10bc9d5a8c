// SPDX-License-Identifier: GPL-3.0-or-later
// dialect.c - The table of dialects.
//
// What is in it was seen on the wire of the agent or read from its manual; where an agent was neither, the field's
// common behaviour stands. CM 2.x proper opens no receive channels (it has StartMediaReception and believes the port of
// IpPort); cm2 stands for what followed it: its short RegisterAck and its silences, with receive channels.
#include "bench/lab/dialect.h"

#include <stddef.h>
#include <string.h>

#include "gw/sccp.h"

static const struct dialect dialects[] = {
	{.name = "cucm",
	 .version = 22,
	 .ack_version = DIALECT_ACK_GRANTED,
	 .texts_from = 10,
	 .holds_far = true,
	 .statistics = true,
	 .tokens = true},
	{.name = "chan-sccp",
	 .version = 22,
	 .ack_version = DIALECT_ACK_GRANTED,
	 .texts_from = 8,
	 .numbers_from = 17,
	 .statistics = true,
	 .tokens = true,
	 .fails_by_tone = true,
	 .bodies = {{SCCP_OPEN_RECEIVE_CHANNEL, 108},
		    {SCCP_START_MEDIA_TRANSMISSION, 116},
		    {SCCP_STOP_TONE, 12},
		    {SCCP_DIALED_NUMBER, 36}}},
	{.name = "chan-skinny", // reads no answer to its version: what a device claims is spoken
	 .version = 17,
	 .ack_version = '0',
	 .texts_from = 17,
	 .silent = SILENT_UNREGISTER | SILENT_CONFIG_STAT | SILENT_FORWARD_STAT,
	 .bare_header = true,
	 .lamps_early = true,
	 .opens_early = true,
	 .by_party = true,
	 .redirects = true,
	 .bodies = {{SCCP_OPEN_RECEIVE_CHANNEL, 168},
		    {SCCP_STOP_MEDIA_TRANSMISSION, 20},
		    {SCCP_SET_RINGER, 20}}},
	{.name = "mod-skinny", .version = 3, .ack_version = 0, .bare_header = true},
	{.name = "libsccp", .version = 11, .ack_version = DIALECT_ACK_GRANTED, .texts_from = 12},
	{.name = "cm2",
	 .version = 3,
	 .ack_version = 0,
	 .ack_body = 12,
	 .silent = SILENT_KEEP_ALIVE | SILENT_UNREGISTER,
	 .bare_header = true,
	 .holds_far = true},
};

#define DIALECT_COUNT (sizeof(dialects) / sizeof(dialects[0]))

const struct dialect *dialect_find(const char *name)
{
	for (size_t i = 0; i < DIALECT_COUNT; i++)
		if (strcmp(dialects[i].name, name) == 0)
			return &dialects[i];
	return NULL;
}

const struct dialect *dialect_at(unsigned int index)
{
	return index < DIALECT_COUNT ? &dialects[index] : NULL;
}

unsigned int dialect_least(const struct dialect *d, uint32_t id)
{
	for (size_t i = 0; i < DIALECT_BODIES; i++)
		if (d->bodies[i].least && d->bodies[i].id == id)
			return d->bodies[i].least;
	return 0;
}

uint8_t dialect_version(const struct dialect *d, uint8_t claimed, uint8_t limit)
{
	uint8_t most = d->version < limit ? d->version : limit;
	return claimed < most ? claimed : most;
}
