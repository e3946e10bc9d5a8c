// SPDX-License-Identifier: GPL-3.0-or-later
// party_spec.c - What the dataplane should be told of a party now.
#include <string.h>

#include "control/line_action.h"
#include "control/party_inner.h"

bool party_is_wanted(const struct party *p)
{
	return p->rx.open || p->tx.open || p->kept;
}

// On its way to a conference that the dataplane does not have yet, it stays where it is.
static api_handle where(const struct party *p)
{
	if (!p->conference)
		return 0;
	return p->left && p->stream && !p->conference->handle ? p->applied.conference : p->conference->handle;
}

void party_spec(const struct party *p, struct stream_spec *ret)
{
	static const struct stream_format none = {.codec = 0, .period_ms = 20};
	*ret = (struct stream_spec){.conference = where(p), .dscp = p->dscp};
	// A side that is not open codes like the other one, so that the stream never looks like a transcode of nothing.
	struct stream_format rx = p->rx.format.period_ms ? p->rx.format : p->tx.format;
	struct stream_format tx = p->tx.format.period_ms ? p->tx.format : p->rx.format;
	ret->rx = rx.period_ms ? rx : none;
	ret->tx = tx.period_ms ? tx : none;
	ret->flags = (p->rx.open ? STREAM_RECV : 0) | (p->tx.open ? STREAM_SEND : 0);
	// Who is played to is not heard, whatever the agent opens: others listen in the same conference.
	enum config_kind kind = p->device->profile->kind;
	if (p->rx.open && (p->muted || kind == CONFIG_MOH || kind == CONFIG_ANNUNCIATOR))
		ret->flags |= STREAM_MUTED;
	ret->local = p->local;
	if (!p->local.port)
		ret->local.addr = p->wanted_local;
	if (p->tx.open) {
		ret->remote = p->remote;
		ret->flags |= p->vad ? STREAM_VAD : 0;
		if (p->device->core->config->media.source_lock)
			ret->source.addr = p->remote.addr;
	}
	party_digit_spec(p, ret);
	memcpy(ret->ref.device, p->device->config->name, sizeof(ret->ref.device));
	ret->ref.conference_id = p->conference_id;
	ret->ref.party_id = party_id(p);
	ret->ref.call_reference = p->call_reference;
	ret->ref.note = p->visit ? visit_note(p->visit) : 0;
	ret->ref.epoch = p->device->core->epoch;
}

bool party_spec_is(const struct stream_spec *a, const struct stream_spec *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}
