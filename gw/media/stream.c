// SPDX-License-Identifier: GPL-3.0-or-later
// stream.c - One RTP party: opened, set, closed, and its figures.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

#define PERIOD_STEP_MS 10

static bool format_ok(const struct stream_format *f)
{
	if (f->codec >= CODEC_COUNT || f->payload_type > 127 || f->event_type > 127)
		return false;
	if (f->codec == CODEC_NONE)
		return true;
	return f->period_ms >= PERIOD_STEP_MS && f->period_ms <= PERIOD_MS_MAX &&
	       f->period_ms % PERIOD_STEP_MS == 0;
}

static int spec_check(const struct stream_spec *spec)
{
	if (spec->flags & ~STREAM_FLAGS)
		return -EINVAL;
	if (spec->local.addr.family == ADDR_NONE || spec->local.port == 0)
		return -EINVAL;
	if ((spec->flags & STREAM_RECV) && !format_ok(&spec->rx))
		return -EINVAL;
	if (!(spec->flags & STREAM_SEND))
		return 0;
	if (spec->remote.addr.family != spec->local.addr.family || spec->remote.port == 0 || spec->dscp > 63)
		return -EINVAL;
	return format_ok(&spec->tx) ? 0 : -EINVAL;
}

static uint32_t stream_take(struct media *m)
{
	uint32_t i = m->stream_free;
	if (i == NONE)
		return NONE;
	m->stream_free = m->cold[i].next;
	if (m->stream_free == NONE)
		m->stream_free_last = NONE;
	m->stream_count++;
	return i;
}

// Behind the others: an index rests as long as possible before it names another stream.
static void stream_give(struct media *m, uint32_t i)
{
	m->cold[i].next = NONE;
	if (m->stream_free_last == NONE)
		m->stream_free = i;
	else
		m->cold[m->stream_free_last].next = i;
	m->stream_free_last = i;
	m->stream_count--;
}

static void stream_reset(struct media *m, uint32_t i)
{
	memset(&m->streams[i], 0, sizeof(m->streams[i]));
	m->streams[i].rx_payload_type = 0xff;
	m->streams[i].peer = NONE;
	m->cold[i] = (struct media_cold){
		.voice = NONE, .relay_to = NONE, .conference = NONE, .prev = NONE, .next = NONE};
}

// Notes what a stream is told.
void stream_tell(struct media_cold *c, const struct stream_spec *spec)
{
	struct media_ends *e = &c->ends;
	c->spec = *spec;
	c->dscp = spec->dscp;
	memcpy(e->local_ip, spec->local.addr.ip, sizeof(e->local_ip));
	memcpy(e->remote_ip, spec->remote.addr.ip, sizeof(e->remote_ip));
	e->local_port = spec->local.port;
	e->remote_port = spec->remote.port;
	e->v6 = spec->remote.addr.family == ADDR_IPV6;
}

// A stream that waits for its conference; nothing is received yet.
static void stream_begin(struct media *m, uint32_t i, const struct stream_spec *spec, nsec_t now)
{
	struct media_cold *c = &m->cold[i];
	stream_reset(m, i);
	c->open = 1;
	c->opened_ns = c->two_way_since = now;
	c->tx_ssrc = (uint32_t)media_random(m);
	c->tx_seq = (uint16_t)(media_random(m) & 0x7fff);
	c->tx_ts = (uint32_t)media_random(m);
	c->tx_marker = 1;
	c->tx_power = -1;
	c->conference = spec->conference;
	stream_tell(c, spec);
}

int media_stream_open(struct media *m, const struct stream_spec *spec, nsec_t now, uint32_t *ret_stream)
{
	int err = spec_check(spec);
	if (err)
		return err;
	if (spec->conference >= m->limits.conferences || !m->conferences[spec->conference].open)
		return -ENOENT;
	uint32_t i = stream_take(m);
	if (i == NONE)
		return -ENOSPC;
	stream_begin(m, i, spec, now);
	err = confer_change(m, spec->conference, i, spec, now);
	if (err) {
		stream_reset(m, i);
		stream_give(m, i);
		return err;
	}
	care_start(m, i, now);
	*ret_stream = i;
	return 0;
}

int media_stream_set(struct media *m, uint32_t stream, const struct stream_spec *spec, nsec_t now)
{
	if (!stream_is_open(m, stream))
		return -ENOENT;
	struct stream_spec s = *spec;
	s.local = m->cold[stream].spec.local;
	struct media_cold *c = &m->cold[stream];
	bool redirected = (s.flags ^ c->spec.flags) & (STREAM_RECV | STREAM_SEND) ||
			  memcmp(&s.remote, &c->spec.remote, sizeof(s.remote)) != 0;
	int err = spec_check(&s);
	if (!err && (s.conference >= m->limits.conferences || !m->conferences[s.conference].open))
		err = -ENOENT;
	if (!err)
		err = s.conference == c->conference ? confer_change(m, s.conference, stream, &s, now)
						    : confer_move(m, s.conference, stream, &s, now);
	if (!err && redirected)
		c->two_way_since = now;
	return err;
}

int media_stream_close(struct media *m, uint32_t stream, nsec_t now)
{
	if (!stream_is_open(m, stream))
		return -ENOENT;
	tap_forget(m, stream);
	confer_leave(m, stream, now);
	digit_forget(m, stream);
	wheel_remove(&m->care, stream);
	stream_reset(m, stream);
	stream_give(m, stream);
	return 0;
}

void media_stream_hop_set(struct media *m, uint32_t stream, uint16_t hop)
{
	if (!stream_is_open(m, stream))
		return;
	m->cold[stream].hop = hop;
	uint32_t peer = m->streams[stream].peer;
	if (peer != NONE)
		m->streams[peer].exit_hop = hop;
}

const struct stream_spec *media_stream_spec(const struct media *m, uint32_t stream)
{
	return stream_is_open(m, stream) ? &m->cold[stream].spec : NULL;
}

bool media_stream_route(const struct media *m, uint32_t stream, struct media_route *ret)
{
	if (!stream_is_open(m, stream))
		return false;
	const struct media_cold *c = &m->cold[stream];
	const struct media_ends *e = &c->ends;
	*ret = (struct media_route){
		.src_ip = unlikely(e->v6) ? c->spec.local.addr.ip : e->local_ip,
		.dst_ip = unlikely(e->v6) ? c->spec.remote.addr.ip : e->remote_ip,
		.src_port = e->local_port,
		.dst_port = e->remote_port,
		.hop = c->hop,
		.dscp = c->dscp,
		.v6 = e->v6,
	};
	return true;
}
