// SPDX-License-Identifier: GPL-3.0-or-later
// party_image.c - A party as a record keeps it, and back.
#include <errno.h>
#include <string.h>

#include "control/line_action.h"
#include "control/party_inner.h"
#include "control/player.h"

void party_image(const struct party *p, struct party_image *ret)
{
	*ret = (struct party_image){
		.conference_id = p->conference_id,
		.call_reference = p->call_reference,
		.rx_named = p->rx.named,
		.tx_named = p->tx.named,
		.rx_party_id = p->rx.party_id,
		.tx_party_id = p->tx.party_id,
		.rx_payload = p->rx.payload,
		.tx_payload = p->tx.payload,
		.rx_open = p->rx.open,
		.tx_open = p->tx.open,
		.kept = p->kept,
		.spec = p->applied,
		.stream = p->stream,
	};
	const struct conference *c = p->conference;
	if (p->visit)
		visit_image(p->visit, ret);
	if (!c || !p->device->line)
		return;
	if (c->device != p->device)
		memcpy(ret->home, c->device->config->name, sizeof(ret->home));
	ret->place = c->conference_id;
	ret->place_flags = c->flags;
}

// The conference of a dataplane handle, among those in which a line's parties may be.
static struct conference *find_open(struct device *d, api_handle handle)
{
	const struct core *core = d->core;
	for (unsigned int i = 0; handle && i <= core->room_count; i++) {
		struct device *home = i ? core->rooms[i - 1] : d;
		LIST_FOREACH(c, &home->conference_list, struct conference, link)
		{
			if (c->handle == handle)
				return c;
		}
	}
	return NULL;
}

// Where a party was. A line's may be anywhere: the dataplane knows best, else the record.
static struct conference *find_place(struct device *d, const struct party_image *i, struct place *ret)
{
	uint32_t party = i->tx_named ? i->tx_party_id : i->rx_party_id;
	*ret = (struct place){d, player_conference(d, i->conference_id, party), confer_flags(d)};
	struct conference *c = d->line ? find_open(d, i->spec.conference) : NULL;
	if (c)
		return c;
	if (d->line) {
		struct device *home = i->home[0] ? core_device(d->core, i->home) : d;
		*ret = (struct place){home, i->place, i->place_flags};
		if (!home || !i->place || (home != d && (home->config->line || home->reg.link)))
			ret->home = NULL;
	}
	return ret->home ? confer_find(ret->home, ret->number) : NULL;
}

// Records are input, not truth: nothing in them is believed that the dataplane or an index could trip over.
static bool makes_sense(const struct party_image *i)
{
	bool wants = i->rx_open || i->tx_open || i->kept;
	bool sends_somewhere = !i->tx_open || (i->spec.remote.addr.family && i->spec.remote.port);
	return i->conference_id && (i->rx_named || i->tx_named) && wants && sends_somewhere &&
	       i->spec.local.addr.family && i->spec.local.port && i->spec.rx.period_ms &&
	       i->spec.tx.period_ms;
}

static bool is_taken(const struct device *d, const struct party_image *i)
{
	return (i->rx_named && index_first(&d->rx_parties, i->rx_party_id)) ||
	       (i->tx_named && index_first(&d->tx_parties, i->tx_party_id)) ||
	       (i->stream && core_party(d->core, i->stream));
}

static void fill(struct party *p, const struct party_image *i)
{
	p->conference_id = i->conference_id;
	p->rx.open = i->rx_open;
	p->tx.open = i->tx_open;
	p->kept = i->kept;
	p->rx.payload = i->rx_payload;
	p->tx.payload = i->tx_payload;
	p->rx.format = i->spec.rx;
	p->tx.format = i->spec.tx;
	p->local = i->spec.local;
	p->wanted_local = i->spec.local.addr;
	p->remote = i->spec.remote;
	p->dscp = i->spec.dscp;
	p->vad = i->spec.flags & STREAM_VAD;
	p->muted = p->device->line && i->spec.flags & STREAM_MUTED;
	party_digit_restore(p, &i->spec);
	p->applied = i->spec;
}

void party_revert(struct party *p)
{
	p->rx.open = p->applied.flags & STREAM_RECV;
	p->tx.open = p->applied.flags & STREAM_SEND;
	p->vad = p->applied.flags & STREAM_VAD;
	party_digit_restore(p, &p->applied);
	p->rx.format = p->applied.rx;
	p->tx.format = p->applied.tx;
	p->remote = p->applied.remote;
	p->dscp = p->applied.dscp;
}

int party_restore(struct device *d, const struct party_image *image, nsec_t now, struct party **ret)
{
	if (!makes_sense(image))
		return -EINVAL;
	if (is_taken(d, image))
		return -EEXIST;
	struct place at;
	struct conference *c = find_place(d, image, &at);
	if (!c && !at.home)
		return -EINVAL;
	if (resource_is_full(d, c))
		return -ENOSPC;
	bool fresh = !c;
	if (fresh)
		c = confer_new(at.home, at.number, now);
	if (fresh && c)
		c->flags = at.flags;
	struct party *p = c ? party_new(d, c, image->call_reference, now) : NULL;
	if (!p) {
		if (fresh && c)
			confer_free(c, now);
		return -ENOMEM;
	}
	p->conference_id = image->conference_id;
	if (fresh)
		c->orphan = true;
	fill(p, image);
	if ((image->rx_named && party_name_side(p, &p->rx, image->rx_party_id)) ||
	    (image->tx_named && party_name_side(p, &p->tx, image->tx_party_id)) ||
	    (image->stream && index_put(&d->core->streams, &p->by_stream, image->stream))) {
		party_close(p, now);
		return -ENOMEM;
	}
	p->stream = image->stream;
	if (d->line)
		visit_restore(p, image, now);
	party_orphan(p, now);
	*ret = p;
	party_feed(p, image->stream ? PARTY_KEPT : PARTY_WANT, now);
	return 0;
}
