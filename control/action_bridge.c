// SPDX-License-Identifier: GPL-3.0-or-later
// action_bridge.c - The action bridge: a call on one line makes another line dial, and the two become one call.
//
//   in (rings)  ---->  out (dials)  ---->  out is connected  ---->  in is answered, both media in one conference
//
// The caller hears the ringing of the caller's own agent until somebody has answered at the other end, so nobody pays for a
// call that is not taken. What is busy or unknown there is a busy tone here. An outgoing line that is in use is tried
// again as long as it rings. The conference is as any of two: a relay when the codecs agree, else a transcode. Either end's
// hang-up is the other's.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/party.h"
#include "gw/log.h"
#include "gw/stream.h"

#define BUSY_TONE  35
#define BUSY_TURNS 6            // of a second
#define ALONE_NS   NSEC_PER_SEC // for the other end to be found again

struct bridge {
	struct visit *peer; // NULL: not yet, or no more
	struct line *out;   // that dials for this call; NULL at the outgoing end
	uint32_t number;    // of the conference
	bool failed;        // the outgoing call has
};

static struct bridge *bridge_new(struct visit *v, uint32_t number)
{
	struct bridge *b = calloc(1, sizeof(*b));
	if (b)
		b->number = number;
	v->own = b;
	return b;
}

static struct bridge *bridge_of(struct visit *v)
{
	struct core *c = v->line->device->core;
	if (v->own)
		return v->own;
	do // not one that a process before this one has given
		c->bridges++;
	while (!c->bridges || confer_find(c->rooms[v->config->room - 1], c->bridges));
	return bridge_new(v, c->bridges);
}

static bool rings(const struct visit *v)
{
	return v->call && v->call->fsm.state == LINE_CALL_RINGING;
}

// ---- the incoming end ----

// The other line by its name; {n} in it is the number of this line among those of its kind.
static struct line *other_line(const struct visit *v)
{
	const struct device *d = v->line->device;
	struct core *c = d->core;
	char name[64];
	uint32_t i = 0;
	for (unsigned int k = 0; k < c->device_count && c->devices[k] != d; k++)
		i += c->devices[k]->config->line == d->config->line;
	config_line_name(v->config->bridge, 0, i, name, sizeof(name));
	struct device *other = core_device(c, name);
	return other && other->line != v->line ? other->line : NULL;
}

static void fail(struct visit *v, nsec_t now)
{
	struct bridge *b = v->own;
	b->failed = true;
	b->peer = NULL;
	if (rings(v) && !v->started)
		line_call_feed(v->call, LINE_CALL_ANSWER, now); // to say so
	else
		visit_hang_up(v, now); // answered by hand: it has waited for this
}

// True: the other line dials, or cannot yet.
static bool dial(struct visit *v, struct bridge *b, nsec_t now)
{
	const char *number = v->config->number[0] ? v->config->number : v->call ? v->call->called : "";
	struct line *out = other_line(v);
	if (!out || (out->calls_for && (out->calls_for != v || now < out->lifted)))
		return out;
	out->calls_for = NULL;
	int rc = line_dial(out, number, now);
	if (rc == -EBUSY || rc == -ENOTCONN)
		return true;
	if (rc) {
		log_warning(v->line->device->name, "call cannot be bridged", "line=%s number=%s why=invalid",
			    out->device->name, number);
		return false;
	}
	b->out = out;
	out->calls_for = v;
	return true;
}

static bool ring(struct visit *v, nsec_t now)
{
	struct bridge *b = bridge_of(v);
	if (!b || b->failed)
		return false;
	if (!b->peer && !dial(v, b, now))
		b->failed = true;
	return !b->failed;
}

// ---- the outgoing end ----

static bool dialled(struct visit *v, struct visit *from, nsec_t now)
{
	struct bridge *in = from->own;
	if (!in || !bridge_new(v, in->number))
		return false;
	((struct bridge *)v->own)->peer = from;
	in->peer = v;
	return true;
}

static void call(struct visit *v, nsec_t now)
{
	struct bridge *b = v->own;
	struct visit *peer = b ? b->peer : NULL;
	if (!peer || b->out)
		return;
	if (v->call->fsm.state == LINE_CALL_CONNECTED && rings(peer))
		line_call_feed(peer->call, LINE_CALL_ANSWER, now);
	if (v->call->fsm.state == LINE_CALL_FAILED) {
		b->peer = NULL;
		fail(peer, now);
	}
}

// ---- both ----

static enum refusal place(struct visit *v, uint32_t conference_id, struct place *ret, nsec_t now)
{
	struct bridge *b = v->own;
	if (!b) { // answered by hand: it is not rung for
		b = bridge_of(v);
		if (!b)
			return REFUSAL_memory;
		ring(v, now);
	}
	if (b->failed)
		*ret = (struct place){v->line->device, conference_id, CONFERENCE_BRIDGE};
	else
		*ret = (struct place){v->line->device->core->rooms[v->config->room - 1], b->number, 0};
	return REFUSAL_none;
}

static void start(struct visit *v, nsec_t now)
{
	const struct bridge *b = v->own;
	struct api_source_item items[BUSY_TURNS];
	if (!b->failed)
		return;
	for (unsigned int i = 0; i < BUSY_TURNS; i++)
		items[i] = (struct api_source_item){.kind = API_SOURCE_TONE,
						    .tone = BUSY_TONE,
						    .country = (uint8_t)v->line->device->profile->country};
	if (!visit_play(v, items, BUSY_TURNS, false, now))
		visit_hang_up(v, now);
}

static void played(struct visit *v, int status, nsec_t now)
{
	visit_hang_up(v, now);
}

static void stop(struct visit *v, nsec_t now)
{
	struct bridge *b = v->own;
	struct visit *peer = b ? b->peer : NULL;
	if (b && b->out && b->out->calls_for == v) { // not off the hook yet
		b->out->calls_for = NULL;
		line_hang_up(b->out, now);
	}
	if (!peer)
		return;
	b->peer = NULL;
	((struct bridge *)peer->own)->peer = NULL;
	if (rings(peer))
		fail(peer, now); // the other end gave up before anybody answered
	else if (peer->call)
		visit_hang_up(peer, now);
	else // its media are in our conference, which somebody may be walking through
		visit_arm(peer, now);
}

static void timeout(struct visit *v, nsec_t now)
{
	const struct bridge *b = v->own;
	if (!b || !b->peer)
		visit_hang_up(v, now);
}

enum { NOTE_OUT = 1, NOTE_FAILED = 2 };

static uint32_t note(const struct visit *v)
{
	const struct bridge *b = v->own;
	return (b->peer && !b->out ? NOTE_OUT : 0) | (b->failed ? NOTE_FAILED : 0);
}

static struct visit *find_other(const struct visit *v)
{
	LIST_FOREACH(p, &v->party->conference->parties, struct party, in_conference)
	{
		struct visit *other = p->visit;
		if (other && other != v && other->action == &action_bridge && other->own)
			return other;
	}
	return NULL;
}

// Whichever end comes second finds the first; one that stays alone is hung up on.
static bool restore(struct visit *v, uint32_t note, nsec_t now)
{
	bool failed = note & NOTE_FAILED, out = note & NOTE_OUT;
	struct visit *other = failed ? NULL : find_other(v);
	struct bridge *b = bridge_new(v, v->party->conference->conference_id);
	if (!b)
		return false;
	b->failed = failed;
	b->peer = other;
	if (other) {
		struct bridge *o = other->own;
		o->peer = v;
		b->out = out ? NULL : other->line;
		o->out = out ? v->line : NULL;
	}
	if (!(failed && visit_play_adopt(v)))
		visit_arm(v, now + ALONE_NS);
	return true;
}

static void show(const struct visit *v, char *ret, size_t cap)
{
	const struct bridge *b = v->own;
	const char *what = !b                            ? ""
			   : b->failed                   ? "busy"
			   : !b->peer                    ? "waiting"
			   : rings(b->out ? v : b->peer) ? "calling"
							 : "bridged";
	snprintf(ret, cap, "%s%s%s", what, b && b->peer ? ":" : "",
		 b && b->peer ? b->peer->line->device->name : "");
}

const struct line_action action_bridge = {.name = "bridge",
					  .ring = ring,
					  .dialled = dialled,
					  .call = call,
					  .place = place,
					  .start = start,
					  .played = played,
					  .timeout = timeout,
					  .note = note,
					  .restore = restore,
					  .stop = stop,
					  .show = show};
