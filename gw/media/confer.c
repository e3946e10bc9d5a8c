// SPDX-License-Identifier: GPL-3.0-or-later
// confer.c - Who hears whom: works out what a conference is from its members, and wires them.
//
// A conference is told nothing but its members; what happens to their packets follows (enum conference_outcome):
//
//   members                                              outcome     how
//   none, or one that is no bridge                       empty       packets end here: peer_absent
//   two, and each direction in use has one codec and     relay       ingest rewrites the header and sends
//     period on both sides, or is payload-blind
//   two, likewise but A-law against mu-law               law         the same, and a table
//   two that differ in anything else, or whose digits    transcode   a mix of two: the other one's voice
//     must be found in a voice or spoken into one, or
//     one of whom is recorded
//   three or more, or a bridge with any                  mix         everyone but oneself
//   any number in an echo, each of one codec and period  relay, law  oneself
//
// A direction is in use when its receiving side is open and its transmitting side knows where to send; until then it
// asks for nothing, so a call that is being set up costs no voice. The outcome is worked out when a member joins,
// changes or leaves, in three steps that keep a refusal free of effects: plan (what would it be?), prepare (take
// the voices that are missing; give them back if one fails), commit (release, wire).
//
// What a stream transmits goes on unbroken through all of this: see relay.c. What waits in jitter buffers when a mix
// turns into a relay is given up: some 20 ms of sound once, instead of a delay for the rest of the call.
#include <errno.h>
#include <string.h>

#include "gw/media/inside.h"

enum { CLOSED, OPEN, CLOSING };

// A conference as it would be.
struct plan {
	enum conference_outcome outcome;
	enum conference_outcome plain; // if nobody cared for digits
};

static bool receives(const struct stream_spec *s)
{
	return s->flags & STREAM_RECV;
}

static bool sends(const struct stream_spec *s)
{
	return s->flags & STREAM_SEND;
}

// --- plan ---

static bool format_mixable(const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	return c && codec_can_transcode(f->codec) && f->period_ms % c->frame_ms == 0 &&
	       f->period_ms <= c->period_ms_max;
}

static bool spec_mixable(const struct stream_spec *s)
{
	return (!receives(s) || format_mixable(&s->rx)) && (!sends(s) || format_mixable(&s->tx));
}

static bool is_law(unsigned int a, unsigned int b)
{
	return (a == CODEC_PCMU && b == CODEC_PCMA) || (a == CODEC_PCMA && b == CODEC_PCMU);
}

static bool is_opus(unsigned int codec)
{
	return codec == CODEC_OPUS || codec == CODEC_OPUS_16K || codec == CODEC_OPUS_8K;
}

// True when payloads of `in` may be sent as `out`.
static bool payload_passes(unsigned int in, unsigned int out)
{
	if (in == out || in == CODEC_NONE || out == CODEC_NONE)
		return true;
	if (in == CODEC_G729 && out == CODEC_G729B) // every G.729A stream is a G.729AB stream without SID
		return true;
	return is_opus(in) && is_opus(out); // at whatever rate it is coded
}

// True when digits of `from` must be heard, or digits to `to` spoken: then a voice is needed, whatever the codecs.
static bool digits_convert(const struct stream_spec *from, const struct stream_spec *to)
{
	bool told = (from->flags | to->flags) & STREAM_DTMF_TOLD;
	bool voiced = receives(from) && format_mixable(&from->rx),
	     spoken = voiced && from->rx.event_type == 0;
	bool heard = sends(to) && format_mixable(&to->tx) && to->tx.event_type == 0;
	if (voiced && (from->flags & STREAM_DTMF_DETECT))
		return true;
	if (heard && (to->flags & STREAM_DTMF_TONES))
		return true;
	if (spoken && !told && sends(to) && to->tx.event_type && format_mixable(&to->tx) &&
	    (from->flags & STREAM_DTMF_INBAND))
		return true;
	return heard && !told && receives(from) && from->rx.event_type && format_mixable(&from->rx) &&
	       (to->flags & STREAM_DTMF_INBAND);
}

static enum conference_outcome direction_outcome(const struct stream_spec *from, const struct stream_spec *to)
{
	if (!receives(from) || !sends(to))
		return CONFERENCE_RELAY;
	const struct stream_format *in = &from->rx, *out = &to->tx;
	bool blind = in->codec == CODEC_NONE || out->codec == CODEC_NONE;
	if (!blind && in->period_ms != out->period_ms)
		return CONFERENCE_TRANSCODE;
	if (payload_passes(in->codec, out->codec))
		return CONFERENCE_RELAY;
	return is_law(in->codec, out->codec) ? CONFERENCE_LAW : CONFERENCE_TRANSCODE;
}

static enum conference_outcome pair_outcome(const struct stream_spec *a, const struct stream_spec *b)
{
	enum conference_outcome there = direction_outcome(a, b), back = direction_outcome(b, a);
	return there > back ? there : back;
}

static bool pair_digits(const struct stream_spec *a, const struct stream_spec *b)
{
	return (a->flags | b->flags) & (STREAM_DTMF_INBAND | STREAM_DTMF_DETECT | STREAM_DTMF_TONES) &&
	       spec_mixable(a) && spec_mixable(b) && (digits_convert(a, b) || digits_convert(b, a));
}

// An echo is a relay of each member to itself; what came in as one codec cannot leave as another.
static int plan_echo(const struct media *m, const struct media_conference *f, uint32_t stream,
		     const struct stream_spec *spec, struct plan *ret)
{
	*ret = (struct plan){.outcome = spec ? pair_outcome(spec, spec) : CONFERENCE_EMPTY,
			     .plain = CONFERENCE_MIX};
	if (ret->outcome > CONFERENCE_LAW)
		return -ENOTSUP;
	for (uint32_t i = f->first; i != NONE; i = m->cold[i].next) {
		enum conference_outcome o = pair_outcome(&m->cold[i].spec, &m->cold[i].spec);
		if (i != stream && o > ret->outcome)
			ret->outcome = o;
	}
	return 0;
}

// What the conference is with `stream` having this spec; NULL = without it.
static int plan_make(const struct media *m, const struct media_conference *f, uint32_t stream,
		     const struct stream_spec *spec, struct plan *ret)
{
	const struct stream_spec *pair[2] = {spec, NULL};
	uint32_t n = spec ? 1 : 0;
	bool tapped = spec && m->cold[stream].tap;
	bool mixable = !spec || spec_mixable(spec);
	if (f->spec.flags & CONFERENCE_ECHO)
		return plan_echo(m, f, stream, spec, ret);
	// A mix that gains or changes a member is what it was: no need to look at a thousand others.
	if (spec && f->outcome == CONFERENCE_MIX && f->count >= 3) {
		*ret = (struct plan){.outcome = CONFERENCE_MIX, .plain = CONFERENCE_MIX};
		return mixable ? 0 : -ENOTSUP;
	}
	for (uint32_t i = f->first; i != NONE; i = m->cold[i].next) {
		if (i == stream)
			continue;
		const struct stream_spec *other = &m->cold[i].spec;
		mixable = mixable && spec_mixable(other);
		tapped = tapped || m->cold[i].tap;
		if (n < 2)
			pair[n] = other;
		n++;
	}
	*ret = (struct plan){.outcome = CONFERENCE_EMPTY};
	if (n >= 3 || (n > 0 && (f->spec.flags & CONFERENCE_BRIDGE)))
		ret->outcome = CONFERENCE_MIX;
	else if (n == 2)
		ret->outcome = pair_outcome(pair[0], pair[1]);
	ret->plain = ret->outcome;
	bool voices = n == 2 && ((tapped && mixable) || pair_digits(pair[0], pair[1]));
	if (voices && ret->outcome < CONFERENCE_TRANSCODE)
		ret->outcome = CONFERENCE_TRANSCODE;
	return ret->outcome >= CONFERENCE_TRANSCODE && !mixable ? -ENOTSUP : 0;
}

// --- prepare ---

static bool voice_fits(const struct media *m, uint32_t stream, const struct stream_spec *spec)
{
	if (m->cold[stream].voice == NONE)
		return false;
	const struct media_voice *v = &m->voices[m->cold[stream].voice];
	bool hears = sends(spec), speaks = voice_is_pulled(spec);
	if (speaks && !v->ear && ear_may_be_needed(spec))
		return false;
	return (v->rx ? speaks && v->rx->id == spec->rx.codec : !speaks) &&
	       (v->tx ? hears && v->tx->id == spec->tx.codec && v->tx_units * 10 == spec->tx.period_ms
		      : !hears);
}

// Opens voices for all members that have none, and a new one for `stream` if its own does not fit `spec`.
// On failure those opened are closed again. `ret_voice` is for `stream`, NONE = keep.
static int voices_prepare(struct media *m, struct media_conference *f, uint32_t stream,
			  const struct stream_spec *spec, uint32_t *ret_voice)
{
	uint32_t own = NONE;
	int err = 0;
	if (spec && !voice_fits(m, stream, spec))
		err = voice_open(m, stream, spec, &own);
	// Members of what ticks already have theirs.
	uint32_t i = f->mixer == NONE ? f->first : NONE;
	for (; !err && i != NONE; i = m->cold[i].next)
		if (i != stream && m->cold[i].voice == NONE)
			err = voice_open(m, i, &m->cold[i].spec, &m->cold[i].voice);
	bool over = m->voice_count - (own != NONE && m->cold[stream].voice != NONE) > m->limits.voices;
	if (!err && !over) {
		*ret_voice = own;
		return 0;
	}
	// A member whose voice is in no mixer got it just now.
	for (i = f->mixer == NONE ? f->first : NONE; i != NONE; i = m->cold[i].next) {
		uint32_t v = m->cold[i].voice;
		if (v != NONE && m->voices[v].mixer == NONE) {
			voice_close(m, v);
			m->cold[i].voice = NONE;
		}
	}
	if (own != NONE)
		voice_close(m, own);
	return err ? err : -ENOSPC;
}

// --- commit ---

static void voice_release(struct media *m, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	if (c->voice == NONE)
		return;
	struct media_voice *v = &m->voices[c->voice];
	struct jitter_stats j = {0};
	if (v->rx)
		jitter_stats(v->jitter, &j);
	c->concealed += v->concealed;
	c->dropped += v->undecodable + (uint32_t)j.overflowed;
	tally_add(&c->tally, v);
	if (v->mixer != NONE) {
		choir_forget(m, v);
		mixer_voice_remove(m, c->voice);
	}
	voice_close(m, c->voice);
	c->voice = NONE;
}

static uint8_t receive_flags(const struct stream_spec *spec)
{
	uint8_t flags = MEDIA_OPEN;
	if (receives(spec))
		flags |= MEDIA_RECV;
	if (spec->source.addr.family != ADDR_NONE)
		flags |= MEDIA_SOURCE_LOCK;
	if (spec->source.addr.family == ADDR_IPV6)
		flags |= MEDIA_SOURCE_V6;
	return flags;
}

// RTP clock received in units of 8 kHz; what cannot be told is taken for 8 kHz.
static uint8_t clock_of(const struct stream_spec *spec)
{
	const struct codec *codec = codec_by_id(spec->rx.codec);
	return codec && codec->rtp_clock_hz >= 8000 ? (uint8_t)(codec->rtp_clock_hz / 8000) : 1;
}

static void receive_set(struct media *m, uint32_t stream)
{
	struct media_stream *s = &m->streams[stream];
	const struct stream_spec *spec = &m->cold[stream].spec;
	s->flags = receive_flags(spec);
	memcpy(s->source_ip, spec->source.addr.ip, sizeof(s->source_ip));
	s->source_port = spec->flags & STREAM_SOURCE_PORT ? spec->source.port : 0;
	s->event_type = spec->rx.event_type == spec->rx.payload_type ? 0 : spec->rx.event_type;
	s->rx_clock = clock_of(spec);
}

// The only other member, NONE if there is not exactly one; in an echo, the stream itself.
static uint32_t peer_of(const struct media *m, const struct media_conference *f, uint32_t stream)
{
	if (f->spec.flags & CONFERENCE_ECHO)
		return stream;
	if (f->count != 2)
		return NONE;
	return f->first == stream ? m->cold[stream].next : f->first;
}

// Sets the hot half of a member from its spec and its peer's. A relay that stays a relay to the same peer goes on.
static void wire(struct media *m, struct media_conference *f, uint32_t stream)
{
	struct media_stream *s = &m->streams[stream];
	struct media_cold *c = &m->cold[stream];
	uint32_t peer = peer_of(m, f, stream);
	bool ticks = f->outcome >= CONFERENCE_TRANSCODE, muted = c->spec.flags & STREAM_MUTED;
	c->blind = blind_is(m, f, stream, peer);
	bool heard = peer != NONE && !muted && receives(&c->spec) && sends(&m->cold[peer].spec);
	bool relays = heard && !c->blind && (f->outcome == CONFERENCE_RELAY || f->outcome == CONFERENCE_LAW);
	if (c->relay_to != NONE && (!relays || c->relay_to != peer || s->rx_clock != clock_of(&c->spec)))
		relay_stop(m, stream);
	receive_set(m, stream);
	s->peer = peer;
	c->relay_pt_any = relays && c->spec.rx.codec == CODEC_NONE;
	// What only sends hears reports none the less, and they pass where nobody reads them.
	bool reports = c->blind && peer != NONE && !muted && sends(&m->cold[peer].spec);
	if ((heard || reports) && f->outcome != CONFERENCE_MIX)
		exit_set(s, c, &m->cold[peer]);
	if (ticks)
		s->flags |= MEDIA_VOICE;
	if (relays && is_law(c->spec.rx.codec, m->cold[peer].spec.tx.codec))
		s->flags |= MEDIA_LAW;
	s->rx_payload_type = c->spec.rx.payload_type | MEDIA_CAREFUL;
}

static void voices_commit(struct media *m, uint32_t conference, nsec_t now)
{
	struct media_conference *f = &m->conferences[conference];
	bool ticks = f->outcome >= CONFERENCE_TRANSCODE;
	if (ticks && f->mixer == NONE)
		f->mixer = mixer_open(m, conference, now);
	for (uint32_t i = f->first; i != NONE; i = m->cold[i].next) {
		if (!ticks) {
			voice_release(m, i);
			continue;
		}
		struct media_voice *v = &m->voices[m->cold[i].voice];
		voice_told(m, v);
		if (v->mixer == NONE)
			mixer_voice_add(m, f->mixer, m->cold[i].voice);
	}
	if (!ticks && f->mixer != NONE) {
		mixer_close(m, f->mixer);
		f->mixer = NONE;
	}
	if (ticks)
		mixer_settle(m, f->mixer);
}

// Makes the outcome true, after `stream` joined or changed (NONE: left).
static void commit(struct media *m, uint32_t conference, uint32_t stream, enum conference_outcome outcome,
		   nsec_t now)
{
	struct media_conference *f = &m->conferences[conference];
	bool as_before = f->outcome == CONFERENCE_MIX && outcome == CONFERENCE_MIX;
	f->outcome = outcome;
	// Relays stop before voices are made to go on from where they stood. In a mix nobody else is concerned.
	for (uint32_t i = f->first; i != NONE; i = m->cold[i].next)
		if (!as_before || i == stream)
			wire(m, f, i);
	voices_commit(m, conference, now);
	for (uint32_t i = f->first; i != NONE; i = m->cold[i].next)
		if (!as_before || i == stream)
			digit_wire(m, f, i);
}

static void member_link(struct media *m, struct media_conference *f, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	c->next = NONE;
	c->prev = f->last;
	if (f->last == NONE)
		f->first = stream;
	else
		m->cold[f->last].next = stream;
	f->last = stream;
	f->count++;
}

static void member_unlink(struct media *m, struct media_conference *f, uint32_t stream)
{
	struct media_cold *c = &m->cold[stream];
	if (c->prev == NONE)
		f->first = c->next;
	else
		m->cold[c->prev].next = c->next;
	if (c->next == NONE)
		f->last = c->prev;
	else
		m->cold[c->next].prev = c->prev;
	f->count--;
}

// Plans and prepares. `ret_voice` is for `stream`, NONE = keep. Returns 0, -ENOTSUP or -ENOSPC; nothing has changed then.
static int get_ready(struct media *m, struct media_conference *f, uint32_t stream,
		     const struct stream_spec *spec, struct plan *ret, uint32_t *ret_voice)
{
	*ret_voice = NONE;
	int err = plan_make(m, f, stream, spec, ret);
	if (!err && ret->outcome >= CONFERENCE_TRANSCODE)
		err = voices_prepare(m, f, stream, spec, ret_voice);
	if (err == -ENOSPC && ret->plain < CONFERENCE_TRANSCODE) {
		ret->outcome = ret->plain; // no call fails for its digits
		err = 0;
	}
	return err;
}

static void voice_replace(struct media *m, uint32_t stream, uint32_t voice)
{
	struct media_cold *c = &m->cold[stream];
	if (voice == NONE)
		return;
	if (c->voice != NONE) {
		if (m->voices[c->voice].mixer != NONE)
			mixer_voice_remove(m, c->voice); // before its coders are another's
		voice_adopt(&m->voices[voice], &m->voices[c->voice]);
	}
	voice_release(m, stream);
	c->voice = voice;
}

// Adds a stream, or gives a member another spec. Returns 0, -ENOTSUP or -ENOSPC; nothing has changed then.
int confer_change(struct media *m, uint32_t conference, uint32_t stream, const struct stream_spec *spec,
		  nsec_t now)
{
	struct media_conference *f = &m->conferences[conference];
	struct media_cold *c = &m->cold[stream];
	bool is_member = m->streams[stream].flags & MEDIA_OPEN;
	struct plan plan;
	uint32_t voice;
	int err = get_ready(m, f, stream, spec, &plan, &voice);
	if (err)
		return err;
	if (!is_member)
		member_link(m, f, stream);
	voice_replace(m, stream, voice);
	stream_tell(c, spec);
	commit(m, conference, stream, plan.outcome, now);
	if (!is_member && f->mixer != NONE)
		tone_join(m, &m->mixers[f->mixer]);
	return 0;
}

// Takes a stream's voice out of its mixer, whose clock its timestamps followed.
static void voice_uproot(struct media *m, uint32_t stream)
{
	struct media_voice *v = m->cold[stream].voice != NONE ? &m->voices[m->cold[stream].voice] : NULL;
	if (!v)
		return;
	if (v->mixer != NONE)
		mixer_voice_remove(m, m->cold[stream].voice);
	v->tx_offset_known = v->tx_running = 0;
	v->tx_fill = 0;
}

// Takes a stream out, with or without its voice. The rest may turn into something that it cannot be (two codecs that
// cannot be transcoded): then they hear nothing until they are set anew.
static int part(struct media *m, uint32_t stream, bool keep_voice, nsec_t now)
{
	uint32_t conference = m->cold[stream].conference;
	struct media_conference *f = &m->conferences[conference];
	struct plan plan;
	uint32_t voice;
	if (f->open == CLOSING) { // all have let go of each other and of their voices
		member_unlink(m, f, stream);
		m->streams[stream].flags = 0;
		return 0;
	}
	int err = plan_make(m, f, stream, NULL, &plan);
	if (m->cold[stream].relay_to != NONE)
		relay_stop(m, stream);
	uint32_t peer = m->streams[stream].peer;
	if (peer != NONE)
		relay_stop(m, peer);
	if (keep_voice)
		voice_uproot(m, stream);
	else
		voice_release(m, stream);
	member_unlink(m, f, stream);
	m->streams[stream].flags = 0;
	if (!err && plan.outcome >= CONFERENCE_TRANSCODE)
		err = voices_prepare(m, f, NONE, NULL, &voice);
	commit(m, conference, NONE, err ? CONFERENCE_EMPTY : plan.outcome, now);
	if (f->mixer != NONE)
		tone_leave(m, &m->mixers[f->mixer]);
	return err;
}

int confer_leave(struct media *m, uint32_t stream, nsec_t now)
{
	return part(m, stream, false, now);
}

// Takes a member to another conference, with what it has sent and heard so far. Errors as in confer_change.
int confer_move(struct media *m, uint32_t to, uint32_t stream, const struct stream_spec *spec, nsec_t now)
{
	struct media_conference *f = &m->conferences[to];
	struct media_cold *c = &m->cold[stream];
	struct plan plan;
	uint32_t voice;
	int err = get_ready(m, f, stream, spec, &plan, &voice);
	if (err)
		return err;
	voice_replace(m, stream, voice);
	part(m, stream, true, now);
	c->conference = to;
	member_link(m, f, stream);
	stream_tell(c, spec);
	commit(m, to, stream, plan.outcome, now);
	if (f->mixer != NONE)
		tone_join(m, &m->mixers[f->mixer]);
	return 0;
}

// --- conferences ---

int media_conference_open(struct media *m, const struct conference_spec *spec, uint32_t *ret_conference)
{
	uint32_t i = m->conference_free;
	if (i == NONE)
		return -ENOSPC;
	struct media_conference *f = &m->conferences[i];
	m->conference_free = f->next_free;
	*f = (struct media_conference){
		.spec = *spec,
		.first = NONE,
		.last = NONE,
		.sources = NONE,
		.mixer = NONE,
		.next_free = NONE,
		.open = OPEN,
	};
	m->conference_count++;
	*ret_conference = i;
	return 0;
}

int media_conference_close(struct media *m, uint32_t conference, nsec_t now)
{
	if (conference >= m->limits.conferences || !m->conferences[conference].open)
		return -ENOENT;
	struct media_conference *f = &m->conferences[conference];
	f->open = CLOSING;
	sources_close(m, conference);
	commit(m, conference, NONE, CONFERENCE_EMPTY, now);
	while (f->first != NONE)
		media_stream_close(m, f->first, now);
	f->open = CLOSED;
	f->next_free = m->conference_free;
	m->conference_free = conference;
	m->conference_count--;
	return 0;
}

int media_conference_info(const struct media *m, uint32_t conference, enum conference_outcome *ret_outcome,
			  const struct conference_spec **ret_spec)
{
	if (conference >= m->limits.conferences || !m->conferences[conference].open)
		return -ENOENT;
	const struct media_conference *f = &m->conferences[conference];
	if (ret_outcome)
		*ret_outcome = f->outcome;
	if (ret_spec)
		*ret_spec = &f->spec;
	return (int)f->count;
}
