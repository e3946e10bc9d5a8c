// SPDX-License-Identifier: GPL-3.0-or-later
// resource.c - Capacity and admission for mixing, transcoding and relay.
#include "control/resource.h"

#include <errno.h>

#include "control/confer.h"
#include "control/device.h"

static const struct {
	const char *name;
	uint32_t status;
	const char *help;
} reasons[] = {
#define REFUSAL(name, status, help) {#name, status, help},
#include "control/refusal.def"
#undef REFUSAL
};

const char *refusal_name(enum refusal r)
{
	return (unsigned int)r < REFUSAL_COUNT ? reasons[r].name : "?";
}

uint32_t refusal_status(enum refusal r)
{
	return (unsigned int)r < REFUSAL_COUNT ? reasons[r].status : 1;
}

const char *refusal_help(enum refusal r)
{
	return (unsigned int)r < REFUSAL_COUNT ? reasons[r].help : "?";
}

enum refusal refusal_of_dataplane(int status)
{
	switch (status) {
	case 0:
		return REFUSAL_none;
	case -ENOSPC:
		return REFUSAL_streams;
	case -EBUSY:
		return REFUSAL_overload;
	case -EADDRINUSE:
		return REFUSAL_ports;
	case -EADDRNOTAVAIL:
		return REFUSAL_address;
	case -ENOTSUP:
		return REFUSAL_codec_build;
	case -ELOOP:
		return REFUSAL_loop;
	case -ENETUNREACH:
		return REFUSAL_unreachable;
	case -ETIMEDOUT:
		return REFUSAL_dataplane_slow;
	case -ECONNRESET:
		return REFUSAL_dataplane_away;
	case -ENOMEM:
		return REFUSAL_memory;
	default:
		return REFUSAL_dataplane_error;
	}
}

enum refusal resource_dataplane(const struct device *d)
{
	return dp_is_usable(&d->core->dp) ? REFUSAL_none : REFUSAL_dataplane_away;
}

// Listeners to music share conferences, and lines rooms, so that the parties are counted, not those; a line's participants
// are those of its room.
enum refusal resource_is_full(const struct device *d, const struct conference *c)
{
	bool counts_parties = d->profile->kind == CONFIG_MOH || d->line;
	if (d->profile->kind == CONFIG_LINE &&
	    !d->line) // a room's: members are counted by it, conferences by nobody
		return REFUSAL_none;
	if (counts_parties && d->party_count >= d->profile->sessions)
		return REFUSAL_sessions;
	if (d->profile->kind == CONFIG_MOH)
		return REFUSAL_none;
	if (c && c->device != d && d->line) // what a room holds is the room's business
		return REFUSAL_none;
	if (c)
		return c->party_count >= d->profile->participants ? REFUSAL_participants : REFUSAL_none;
	return !counts_parties && d->conference_count >= d->profile->sessions ? REFUSAL_sessions
									      : REFUSAL_none;
}

enum refusal resource_admit(const struct device *d, const struct conference *c)
{
	if (d->draining)
		return REFUSAL_draining;
	if (resource_dataplane(d))
		return REFUSAL_dataplane_away;
	return resource_is_full(d, c);
}

enum refusal resource_admit_conference(const struct device *d, uint32_t participants)
{
	enum refusal why = resource_admit(d, NULL);
	return why ? why : participants > d->profile->participants ? REFUSAL_participants : REFUSAL_none;
}

uint32_t resource_streams(const struct device *d)
{
	return d->line ? d->profile->sessions : d->profile->sessions * d->profile->participants;
}

// Orphans hold streams that the agent believes free, so they are out of service until they end.
uint32_t resource_out_of_service(const struct device *d)
{
	uint32_t all = resource_streams(d);
	if (d->draining || !dp_is_usable(&d->core->dp))
		return all;
	return d->orphan_count < all ? d->orphan_count : all;
}
