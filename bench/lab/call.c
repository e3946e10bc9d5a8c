// SPDX-License-Identifier: GPL-3.0-or-later
// call.c - Walks a call from its first message to its last, as a call manager would.
#include "bench/lab/call.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bench/lab/call_inner.h"
#include "bench/lab/netns.h"

#define PARTY_FIRST      0x01000001u // numbers as call managers choose them
#define CONFERENCE_FIRST 0x01000001u
#define REFERENCE_FIRST  0x01300001u
#define INBAND_DTMF      261 // in place of an RTP payload type: tones in the voice
#define PAYLOAD_DYNAMIC  96
#define SPEAK_AFTER_MS   200 // nobody says hello sooner; the gateway finds its next hops meanwhile

static const char *const state_names[] = {
	"idle", "creating", "adding",   "ringing", "opening", "starting",
	"up",   "hushed",   "deleting", "ended",   "failed",
};

const char *call_state_name(enum call_state state)
{
	return state <= CALL_FAILED ? state_names[state] : "?";
}

int call_fail(struct call *c, int rc, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(c->problem, sizeof(c->problem), format, args);
	va_end(args);
	c->state = CALL_FAILED;
	return rc;
}

static uint8_t payload_type(const struct codec *codec)
{
	return codec->payload_type < 128 ? codec->payload_type : (uint8_t)(PAYLOAD_DYNAMIC + codec->id);
}

static int source_open(struct call *c, const struct scenario_party *party, uint32_t rate_hz,
		       const char *sounds, struct audio *ret)
{
	if (party->source == SCENARIO_SILENT)
		return 0;
	if (party->source == SCENARIO_TONE)
		return audio_tone(party->tone_hz, party->level_dbm0, rate_hz, ret);
	char path[2 * SCENARIO_PATH_MAX];
	snprintf(path, sizeof(path), "%s%s%s", party->file[0] == '/' ? "" : sounds,
		 party->file[0] == '/' ? "" : "/", party->file);
	int rc = audio_load(path, rate_hz, ret);
	if (rc < 0)
		return call_fail(c, rc, "%s: %s", path, strerror(-rc));
	if (party->level_set)
		audio_level_set(ret, party->level_dbm0);
	return 0;
}

int call_open(struct call *c, const struct scenario *s, const struct scenario_call *plan,
	      struct event_base *base, const char *sounds, unsigned int number)
{
	*c = (struct call){.plan = plan, .conference_id = CONFERENCE_FIRST + number};
	for (unsigned int i = 0; i < plan->party_count; i++) {
		const struct scenario_party *party = &plan->parties[i];
		const struct scenario_phone *phone = &s->phones[party->phone];
		const struct codec *codec = codec_by_id(party->codec);
		struct call_party *p = &c->parties[i];
		uint32_t serial = number * SCENARIO_PARTIES_MAX + i;
		*p = (struct call_party){.party = party,
					 .party_id = PARTY_FIRST + serial,
					 .call_reference = REFERENCE_FIRST + serial};
		struct phone_options options = {.netns = phone->netns,
						.address = phone->address,
						.codec = codec,
						.period_ms = party->period_ms,
						.payload_type = payload_type(codec),
						.seed = serial + 1,
						.foreign_port = party->foreign_port};
		int rc = party->foreign_port
				 ? 0
				 : source_open(c, party, codec->sample_rate_hz, sounds, &options.source);
		if (rc < 0)
			return rc;
		rc = phone_open(base, &options, &p->phone);
		if (rc < 0) {
			audio_free(&options.source);
			return call_fail(c, rc, "phone %s (namespace %s): %s", phone->name, phone->netns,
					 strerror(-rc));
		}
		if (plan->kind == SCENARIO_LINE)
			call_line_prepare(c, s, i);
	}
	return 0;
}

void call_enter(struct call *c, enum call_state state)
{
	c->state = state;
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		c->parties[i].answered = false;
}

// Everybody begins to speak, each a little after the other.
void call_speak(struct call *c)
{
	nsec_t begin = lab_now() + SPEAK_AFTER_MS * NSEC_PER_MSEC;
	call_enter(c, CALL_UP);
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		struct call_party *p = &c->parties[i];
		nsec_t at = begin + i * CALL_STAGGER_MS * NSEC_PER_MSEC;
		c->from = at;
		phone_start(p->phone, &p->gateway, at);
	}
}

static void send_open(struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	call_enter(c, CALL_OPENING);
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		const struct call_party *p = &c->parties[i];
		sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
		m.open_receive_channel.conference_id = c->conference_id;
		m.open_receive_channel.pass_through_party_id = p->party_id;
		m.open_receive_channel.call_reference = p->call_reference;
		m.open_receive_channel.packet_ms = p->party->period_ms;
		m.open_receive_channel.codec = codec_to_sccp(p->party->codec);
		if (p->phone->options.payload_type >= PAYLOAD_DYNAMIC)
			m.open_receive_channel.qualifier_in_dynamic_payload = p->phone->options.payload_type;
		m.open_receive_channel.rfc2833_payload_type = p->party->event_type;
		m.open_receive_channel.requested_ip_addr_type = p->phone->local.addr.family == ADDR_IPV6;
		m.open_receive_channel.source_ip_addr = p->phone->local.addr;
		m.open_receive_channel.source_port_number =
			4000; // as call managers send before the far end has answered
		agent_send(d, &m);
	}
}

static void send_subscribe(const struct call *c, const struct call_party *p, struct agent_device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ);
	m.subscribe_dtmf_payload_req.payload_dtmf = p->party->event_type ? p->party->event_type : INBAND_DTMF;
	m.subscribe_dtmf_payload_req.conference_id = c->conference_id;
	m.subscribe_dtmf_payload_req.pass_through_party_id = p->party_id;
	agent_send(d, &m);
}

// Music to a group; nobody answers that.
static void send_start_group(struct call *c, struct call_party *p, struct agent_device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_START_MULTICAST_MEDIA_TRANSMISSION);
	m.start_multicast_media_transmission.conference_id = c->conference_id;
	m.start_multicast_media_transmission.pass_through_party_id = p->party_id;
	m.start_multicast_media_transmission.call_reference = p->call_reference;
	m.start_multicast_media_transmission.multicast_ip_addr = p->party->group;
	m.start_multicast_media_transmission.multicast_port_number = p->party->foreign_port;
	m.start_multicast_media_transmission.packet_ms = p->party->period_ms;
	m.start_multicast_media_transmission.codec = codec_to_sccp(p->party->codec);
	m.start_multicast_media_transmission.qualifier_out_dscp_or_precedence = 0xb8;
	agent_send(d, &m);
	if (call_all_answered(c, p))
		call_speak(c);
}

static void send_start(struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	call_enter(c, CALL_STARTING);
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		struct call_party *p = &c->parties[i];
		if (p->party->group.family != ADDR_NONE) {
			send_start_group(c, p, d);
			continue;
		}
		sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION);
		m.start_media_transmission.conference_id = c->conference_id;
		m.start_media_transmission.pass_through_party_id = p->party_id;
		m.start_media_transmission.call_reference = p->call_reference;
		m.start_media_transmission.remote_ip_addr = p->phone->local.addr;
		m.start_media_transmission.remote_port_number = p->phone->local.port;
		m.start_media_transmission.packet_ms = p->party->period_ms;
		m.start_media_transmission.codec = codec_to_sccp(p->party->codec);
		m.start_media_transmission.qualifier_out_dscp_or_precedence = 0xb8;
		if (p->phone->options.payload_type >= PAYLOAD_DYNAMIC)
			m.start_media_transmission.qualifier_out_dynamic_payload =
				p->phone->options.payload_type;
		m.start_media_transmission.dtmf_type = 10;
		m.start_media_transmission.rfc2833_payload_type = p->party->event_type;
		agent_send(d, &m);
		if (p->party->told)
			send_subscribe(c, p, d);
	}
}

static void send_add(struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	call_enter(c, CALL_ADDING);
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		sccp_init(&m, SCCP_ADD_PARTICIPANT_REQ);
		m.add_participant_req.conference_id = c->conference_id;
		m.add_participant_req.call_reference = c->parties[i].call_reference;
		snprintf(m.add_participant_req.participant_name,
			 sizeof(m.add_participant_req.participant_name), "party %u", i + 1);
		snprintf(m.add_participant_req.conference_name, sizeof(m.add_participant_req.conference_name),
			 "%s", c->plan->name);
		agent_send(d, &m);
	}
}

static void send_announcement(const struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_START_ANNOUNCEMENT);
	m.start_announcement.conference_id = c->conference_id;
	for (unsigned int i = 0; i < SCENARIO_LIST_MAX; i++)
		m.start_announcement.announcements[i].tone_announcement = c->plan->announcements[i];
	m.start_announcement.ann_ack_req = SCCP_ANNOUNCEMENT_ACK_WANTED;
	agent_send(d, &m);
}

static void send_tone(const struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_START_TONE);
	m.start_tone.tone = c->plan->tone;
	m.start_tone.call_reference = c->parties[0].call_reference;
	agent_send(d, &m);
}

void call_start(struct call *c, struct agent_device *d)
{
	if (c->plan->kind == SCENARIO_DIRECT) {
		c->parties[0].gateway = c->parties[1].phone->local;
		c->parties[1].gateway = c->parties[0].phone->local;
		call_speak(c);
		return;
	}
	if (c->plan->kind == SCENARIO_LINE) {
		call_line_start(c);
		return;
	}
	snprintf(c->device, sizeof(c->device), "%s", d->name);
	if (c->plan->kind == SCENARIO_MOH || c->plan->kind == SCENARIO_ANNUNCIATOR) {
		send_start(c, d);
		return;
	}
	if (c->plan->kind != SCENARIO_BRIDGE || c->plan->implicit) {
		send_open(c, d);
		return;
	}
	struct sccp_msg m;
	call_enter(c, CALL_CREATING);
	sccp_init(&m, SCCP_CREATE_CONFERENCE_REQ);
	m.create_conference_req.conference_id = c->conference_id;
	m.create_conference_req.number_of_reserved_participants = c->plan->party_count;
	snprintf(m.create_conference_req.app_conf_id, sizeof(m.create_conference_req.app_conf_id), "%s",
		 c->plan->name);
	agent_send(d, &m);
}

static struct call_party *by_party(struct call *c, uint32_t party_id)
{
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		if (c->parties[i].party_id == party_id)
			return &c->parties[i];
	return NULL;
}

static struct call_party *by_reference(struct call *c, uint32_t call_reference)
{
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		if (c->parties[i].call_reference == call_reference)
			return &c->parties[i];
	return NULL;
}

bool call_all_answered(struct call *c, struct call_party *p)
{
	p->answered = true;
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		if (!c->parties[i].answered)
			return false;
	return true;
}

static void opened(struct call *c, struct agent_device *d, const struct sccp_open_receive_channel_ack *ack)
{
	struct call_party *p = by_party(c, ack->pass_through_party_id);
	if (!p || c->state != CALL_OPENING)
		return;
	if (ack->media_reception_status != 0) {
		call_fail(c, 0, "OpenReceiveChannel of party %u refused, status %u",
			  (unsigned int)(p - c->parties) + 1, ack->media_reception_status);
		return;
	}
	p->gateway = (struct addr_port){.addr = ack->ip_addr, .port = (uint16_t)ack->port_number};
	if (call_all_answered(c, p))
		send_start(c, d);
}

static void started(struct call *c, struct agent_device *d,
		    const struct sccp_start_media_transmission_ack *ack)
{
	struct call_party *p = by_party(c, ack->pass_through_party_id);
	if (!p || c->state != CALL_STARTING)
		return;
	if (!p->gateway.port) // nothing was opened: this is where the sound will come from
		p->gateway = (struct addr_port){ack->transmit_ip_addr, (uint16_t)ack->port_number, 0};
	if (ack->media_transmission_status != 0)
		call_fail(c, 0, "StartMediaTransmission of party %u refused, status %u",
			  (unsigned int)(p - c->parties) + 1, ack->media_transmission_status);
	else if (call_all_answered(c, p))
		call_speak(c);
	if (c->state == CALL_UP && c->plan->announcements[0])
		send_announcement(c, d);
	if (c->state == CALL_UP && c->plan->tone)
		send_tone(c, d);
}

static void added(struct call *c, struct agent_device *d, const struct sccp_add_participant_res *res)
{
	struct call_party *p = by_reference(c, res->call_reference);
	if (!p || c->state != CALL_ADDING || res->conference_id != c->conference_id)
		return;
	if (res->add_participant_result != 0)
		call_fail(c, 0, "AddParticipant refused, result %u", res->add_participant_result);
	else if (call_all_answered(c, p))
		send_open(c, d);
}

void call_message(struct call *c, struct agent_device *d, const struct sccp_msg *m)
{
	if (c->plan->kind == SCENARIO_LINE) {
		call_line_message(c, d, m);
		return;
	}
	if (strcmp(c->device, d->name) != 0)
		return;
	switch (m->id) {
	case SCCP_CREATE_CONFERENCE_RES:
		if (c->state != CALL_CREATING || m->create_conference_res.conference_id != c->conference_id)
			return;
		if (m->create_conference_res.result != 0)
			call_fail(c, 0, "CreateConference refused, result %u",
				  m->create_conference_res.result);
		else
			send_add(c, d);
		return;
	case SCCP_ADD_PARTICIPANT_RES:
		added(c, d, &m->add_participant_res);
		return;
	case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
		opened(c, d, &m->open_receive_channel_ack);
		return;
	case SCCP_START_MEDIA_TRANSMISSION_ACK:
		started(c, d, &m->start_media_transmission_ack);
		return;
	case SCCP_DELETE_CONFERENCE_RES:
		if (c->state == CALL_DELETING && m->delete_conference_res.conference_id == c->conference_id)
			c->state = CALL_ENDED;
		return;
	case SCCP_CAPABILITIES_RES:
		if (c->state == CALL_DELETING && (c->plan->kind != SCENARIO_BRIDGE || c->plan->implicit))
			c->state = CALL_ENDED;
		return;
	default:
		return;
	}
}

void call_hush(struct call *c)
{
	c->until = lab_now();
	c->state = CALL_HUSHED;
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		phone_hush(c->parties[i].phone);
}

static void send_close(const struct call *c, const struct call_party *p, struct agent_device *d)
{
	struct sccp_msg m;
	if (p->party->group.family != ADDR_NONE) {
		sccp_init(&m, SCCP_STOP_MULTICAST_MEDIA_TRANSMISSION);
		m.stop_multicast_media_transmission.conference_id = c->conference_id;
		m.stop_multicast_media_transmission.pass_through_party_id = p->party_id;
		m.stop_multicast_media_transmission.call_reference = p->call_reference;
		agent_send(d, &m);
		return;
	}
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = c->conference_id;
	m.close_receive_channel.pass_through_party_id = p->party_id;
	m.close_receive_channel.call_reference = p->call_reference;
	agent_send(d, &m);
	sccp_init(&m, SCCP_STOP_MEDIA_TRANSMISSION);
	m.stop_media_transmission.conference_id = c->conference_id;
	m.stop_media_transmission.pass_through_party_id = p->party_id;
	m.stop_media_transmission.call_reference = p->call_reference;
	agent_send(d, &m);
}

void call_end(struct call *c, struct agent_device *d)
{
	struct sccp_msg m;
	if (c->plan->kind == SCENARIO_LINE) {
		call_line_end(c);
		return;
	}
	bool conference = c->plan->kind == SCENARIO_BRIDGE && !c->plan->implicit;
	for (unsigned int i = 0; d && i < c->plan->party_count; i++) {
		send_close(c, &c->parties[i], d);
		if (!conference)
			continue;
		sccp_init(&m, SCCP_DROP_PARTICIPANT_REQ);
		m.drop_participant_req.conference_id = c->conference_id;
		m.drop_participant_req.call_reference = c->parties[i].call_reference;
		agent_send(d, &m);
	}
	c->state = d ? CALL_DELETING : CALL_ENDED;
	if (d && conference) {
		sccp_init(&m, SCCP_DELETE_CONFERENCE_REQ);
		m.delete_conference_req.conference_id = c->conference_id;
		agent_send(d, &m);
	} else if (d) {
		// nothing answers a close; the answer to a question behind it says that it was read
		sccp_init(&m, SCCP_CAPABILITIES_REQ);
		agent_send(d, &m);
	}
}

void call_judge(const struct call *c, unsigned int listener, const char *wav_path, struct verdict *ret)
{
	struct verdict_party parties[SCENARIO_PARTIES_MAX];
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		parties[i] =
			(struct verdict_party){.party = c->parties[i].party,
					       .phone = c->parties[i].phone,
					       .from = c->from,
					       .until = c->parties[i].until ? c->parties[i].until : c->until};
	verdict_take(c->plan->kind, parties, c->plan->party_count, listener, wav_path, ret);
}

void call_close(struct call *c)
{
	for (unsigned int i = 0; c->plan && i < c->plan->party_count; i++)
		phone_close(c->parties[i].phone);
	*c = (struct call){0};
}
