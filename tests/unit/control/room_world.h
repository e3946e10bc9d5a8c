// SPDX-License-Identifier: GPL-3.0-or-later
// room_world.h - Callers of rooms over the real control, between a fake agent and a fake dataplane.
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "control/room.h"
#include "tests/unit/control/world.h"

static inline struct device *line(struct world *w, const char *name)
{
	return core_device(&w->core, name);
}

static inline struct room *room(struct world *w, const char *name)
{
	return core_device(&w->core, name)->room;
}

static inline void state(struct world *w, const char *name, uint32_t ref, uint32_t value)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_STATE);
	m.call_state.call_state = value;
	m.call_state.line_instance = 1;
	m.call_state.call_reference = ref;
	say(w, line(w, name), &m);
}

static inline void open_media(struct world *w, const char *name, uint32_t ref)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = ref;
	m.open_receive_channel.pass_through_party_id = ref;
	m.open_receive_channel.call_reference = ref;
	m.open_receive_channel.packet_ms = 20;
	m.open_receive_channel.codec = SCCP_CODEC_G711_ULAW;
	say(w, line(w, name), &m);
	sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION);
	m.start_media_transmission.conference_id = ref;
	m.start_media_transmission.pass_through_party_id = ref;
	m.start_media_transmission.call_reference = ref;
	m.start_media_transmission.packet_ms = 20;
	m.start_media_transmission.codec = SCCP_CODEC_G711_ULAW;
	addr_parse("198.51.100.1", &m.start_media_transmission.remote_ip_addr);
	m.start_media_transmission.remote_port_number = 20000;
	say(w, line(w, name), &m);
}

static inline void close_media(struct world *w, const char *name, uint32_t ref)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = ref;
	m.close_receive_channel.pass_through_party_id = ref;
	m.close_receive_channel.call_reference = ref;
	say(w, line(w, name), &m);
	sccp_init(&m, SCCP_STOP_MEDIA_TRANSMISSION);
	m.stop_media_transmission.conference_id = ref;
	m.stop_media_transmission.pass_through_party_id = ref;
	m.stop_media_transmission.call_reference = ref;
	say(w, line(w, name), &m);
}

// A caller with a number dials a line; the call is named by its reference from now on.
static inline void call_from(struct world *w, const char *name, uint32_t ref, const char *number)
{
	struct sccp_msg m;
	state(w, name, ref, SCCP_CALL_STATE_CONNECTED);
	sccp_init(&m, SCCP_CALL_INFO);
	m.call_info.call_type = SCCP_CALL_TYPE_IN_BOUND_CALL;
	m.call_info.line_instance = 1;
	m.call_info.call_reference = ref;
	snprintf(m.call_info.calling_party, sizeof(m.call_info.calling_party), "%s", number);
	say(w, line(w, name), &m);
	open_media(w, name, ref);
	soon(w);
}

static inline void call(struct world *w, const char *name, uint32_t ref)
{
	call_from(w, name, ref, "100");
}

static inline void hang_up(struct world *w, const char *name, uint32_t ref)
{
	state(w, name, ref, SCCP_CALL_STATE_ON_HOOK);
	close_media(w, name, ref);
	advance(w, 3 * NSEC_PER_SEC);
}

static inline void press(struct world *w, uint32_t ref, const char *digits)
{
	static const char all[] = "0123456789*#ABCD";
	for (const char *p = digits; *p; p++) {
		struct fake_stream *s = fake_dp_party(&w->dp, ref);
		if (s)
			fake_dp_event(&w->core.dp, s, API_STREAM_DIGIT, (uint32_t)(strchr(all, *p) - all),
				      w->now);
		pump(w);
		advance(w, 5 * NSEC_PER_MSEC);
	}
}

// What plays once, the oldest, has been played.
static inline void listen_once(struct world *w)
{
	fake_dp_source_end(&w->dp, &w->core.dp, w->now);
	pump(w);
	soon(w);
}

// Everything that plays once has been played.
static inline void listen(struct world *w)
{
	for (unsigned int i = 0; i < 100 && fake_dp_source_end(&w->dp, &w->core.dp, w->now); i++)
		pump(w);
	soon(w);
}

// What the dataplane has been told: whose conference the stream is in, and whether it is mute.
static inline const char *where(struct world *w, uint32_t ref)
{
	static char text[64];
	const struct fake_stream *s = fake_dp_party(&w->dp, ref);
	snprintf(text, sizeof(text), "gone");
	for (unsigned int i = 0; s && i < FAKE_DP_CONFERENCES; i++) {
		const struct fake_conference *c = &w->dp.conferences[i];
		if (!c->handle || c->handle != s->spec.conference)
			continue;
		uint32_t id = c->spec.conference_id;
		snprintf(text, sizeof(text), "%.15s %s%s", c->spec.device,
			 id == ROOM_MAIN    ? "main"
			 : id == ROOM_LOBBY ? "lobby"
					    : "desk",
			 s->spec.flags & STREAM_MUTED ? " mute" : "");
	}
	return text;
}

// What is heard in the conference of a stream: "" nothing, else the names of the files.
static inline const char *heard(struct world *w, uint32_t ref)
{
	static char text[256];
	const struct fake_stream *s = fake_dp_party(&w->dp, ref);
	size_t len = 0;
	text[0] = '\0';
	for (unsigned int i = 0; s && i < FAKE_DP_SOURCES; i++) {
		const struct api_source_open *o = &w->dp.sources[i].open;
		for (uint32_t k = 0;
		     w->dp.sources[i].handle && o->conference == s->spec.conference && k < o->count; k++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? " " : "",
						o->items[k].path);
	}
	return text;
}

static inline unsigned int call_state(struct world *w, const char *name, uint32_t ref)
{
	const struct line_call *c = line_call_find(line(w, name)->line, 0, ref);
	return c ? c->fsm.state : LINE_CALL_IDLE;
}
