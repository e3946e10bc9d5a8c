// SPDX-License-Identifier: GPL-3.0-or-later
// telephone.c - What a call agent says to a telephone: answers to its questions, the states of a call, its media.
#include "bench/lab/telephone.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define NUMBER_DIGITS 4
#define LINE          1 // every telephone has one line

// The soft keys there are, and which of them each set shows: places in the template from 1.
static const struct {
	uint32_t event;
	const char *label;
} keys[] = {
	{SCCP_SOFTKEY_REDIAL, "Redial"},    {SCCP_SOFTKEY_NEW_CALL, "NewCall"},
	{SCCP_SOFTKEY_HOLD, "Hold"},        {SCCP_SOFTKEY_TRANSFER, "Trnsfer"},
	{SCCP_SOFTKEY_BACK_SPACE, "<<"},    {SCCP_SOFTKEY_END_CALL, "EndCall"},
	{SCCP_SOFTKEY_CFWD_ALL, "CFwdALL"}, {SCCP_SOFTKEY_RESUME, "Resume"},
	{SCCP_SOFTKEY_ANSWER, "Answer"},
};

enum {
	KEY_REDIAL = 1,
	KEY_NEW,
	KEY_HOLD,
	KEY_TRANSFER,
	KEY_BACK,
	KEY_END,
	KEY_FORWARD,
	KEY_RESUME,
	KEY_ANSWER
};

static const uint8_t sets[][4] = {
	[SCCP_SOFTKEY_SET_ON_HOOK] = {KEY_REDIAL, KEY_NEW, KEY_FORWARD},
	[SCCP_SOFTKEY_SET_CONNECTED] = {KEY_HOLD, KEY_END, KEY_TRANSFER},
	[SCCP_SOFTKEY_SET_ON_HOLD] = {KEY_RESUME, KEY_NEW, KEY_TRANSFER},
	[SCCP_SOFTKEY_SET_RING_IN] = {KEY_ANSWER, KEY_END},
	[SCCP_SOFTKEY_SET_OFF_HOOK] = {KEY_REDIAL, KEY_END},
	[SCCP_SOFTKEY_SET_CONNECTED_TRANSFERABLE] = {KEY_HOLD, KEY_END, KEY_TRANSFER},
	[SCCP_SOFTKEY_SET_DIGITS_FOLLOWING] = {KEY_BACK, KEY_END},
	[SCCP_SOFTKEY_SET_CONNECTED_CONFERENCE] = {KEY_HOLD, KEY_END},
	[SCCP_SOFTKEY_SET_RING_OUT] = {KEY_END, KEY_TRANSFER},
	[SCCP_SOFTKEY_SET_OFF_HOOK_WITH_FEATURES] = {KEY_REDIAL, KEY_END},
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))
#define SET_COUNT (sizeof(sets) / sizeof(sets[0]))

// ---- questions ----

const char *telephone_number(const struct agent_device *d)
{
	size_t len = strlen(d->name);
	return d->name + (len > NUMBER_DIGITS ? len - NUMBER_DIGITS : 0);
}

static bool claims(const struct agent_device *d, uint8_t from)
{
	return from && d->claimed >= from;
}

static bool has_long_texts(const struct agent_device *d)
{
	return claims(d, agent_dialect(d)->texts_from);
}

static void answer_keys(struct sccp_soft_key_template_res *r)
{
	r->soft_key_template_soft_key_count = r->soft_key_template_total_soft_key_count = KEY_COUNT;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		struct sccp_soft_key_definition *k = &r->soft_key_template_definition[i];
		k->soft_key_event = keys[i].event;
		snprintf(k->soft_key_label, sizeof(k->soft_key_label), "%s", keys[i].label);
	}
}

static void answer_sets(struct sccp_soft_key_set_res *r)
{
	r->soft_key_sets_soft_key_set_count = r->soft_key_sets_total_soft_key_set_count = SET_COUNT;
	for (size_t i = 0; i < SET_COUNT; i++)
		memcpy(r->soft_key_sets_definition[i].soft_key_template_index, sets[i], sizeof(sets[i]));
}

static void answer_buttons(const struct agent_options *o, struct sccp_button_template_res *r)
{
	unsigned int n = 1 + o->speed_dial_count;
	r->button_template_button_count = r->button_template_total_button_count = n;
	for (unsigned int i = 0; i < n; i++) {
		r->button_template_definition[i].instance_number = (uint8_t)(i ? i : LINE);
		r->button_template_definition[i].button_definition =
			i ? SCCP_BUTTON_SPEED_DIAL : SCCP_BUTTON_LINE;
	}
}

static void answer_config(const struct agent_device *d, struct sccp_config_stat_res *r)
{
	snprintf(r->station_device_name, sizeof(r->station_device_name), "%s", d->name);
	r->station_instance = 1;
	r->number_of_lines = 1;
	r->number_of_speed_dials = agent_options(d->agent)->speed_dial_count;
}

static void answer_number(const struct agent_device *d, uint32_t line, struct sccp_msg *a)
{
	const char *number = telephone_number(d);
	if (claims(d, agent_dialect(d)->numbers_from)) {
		sccp_init(a, SCCP_LINE_STAT_V2_RES);
		struct sccp_line_stat_v2_res *r = &a->line_stat_v2_res;
		r->line_number = line;
		snprintf(r->line_dir_number, sizeof(r->line_dir_number), "%s", number);
		snprintf(r->line_text_label, sizeof(r->line_text_label), "%s", number);
		return;
	}
	sccp_init(a, SCCP_LINE_STAT_RES);
	struct sccp_line_stat_res *r = &a->line_stat_res;
	r->line_number = line;
	snprintf(r->line_dir_number, sizeof(r->line_dir_number), "%s", number);
	snprintf(r->line_text_label, sizeof(r->line_text_label), "%s", number);
}

static void answer_speed_dial(const struct agent_options *o, uint32_t n, struct sccp_speed_dial_stat_res *r)
{
	r->speed_dial_number = n;
	if (n < 1 || n > o->speed_dial_count)
		return;
	const struct agent_speed_dial *s = &o->speed_dials[n - 1];
	snprintf(r->speed_dial_dir_number, sizeof(r->speed_dial_dir_number), "%.24s", s->number);
	snprintf(r->speed_dial_display_name, sizeof(r->speed_dial_display_name), "%s", s->label);
}

static void answer_time(struct sccp_time_date_res *r)
{
	struct timespec now;
	struct tm t;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &t);
	r->time_data_info_year = (uint32_t)t.tm_year + 1900;
	r->time_data_info_month = (uint32_t)t.tm_mon + 1;
	r->time_data_info_day_of_week = (uint32_t)t.tm_wday;
	r->time_data_info_day = (uint32_t)t.tm_mday;
	r->time_data_info_hour = (uint32_t)t.tm_hour;
	r->time_data_info_minute = (uint32_t)t.tm_min;
	r->time_data_info_second = (uint32_t)t.tm_sec;
	r->system_time = (uint32_t)now.tv_sec;
}

// The answer to a question; false when there is none to give.
static bool answer_make(struct agent_device *d, const struct sccp_msg *m, struct sccp_msg *a)
{
	const struct agent_options *o = agent_options(d->agent);
	switch (m->id) {
	case SCCP_SOFT_KEY_TEMPLATE_REQ:
		sccp_init(a, SCCP_SOFT_KEY_TEMPLATE_RES);
		answer_keys(&a->soft_key_template_res);
		return true;
	case SCCP_SOFT_KEY_SET_REQ:
		sccp_init(a, SCCP_SOFT_KEY_SET_RES);
		answer_sets(&a->soft_key_set_res);
		return true;
	case SCCP_BUTTON_TEMPLATE_REQ:
		sccp_init(a, SCCP_BUTTON_TEMPLATE_RES);
		answer_buttons(o, &a->button_template_res);
		return true;
	case SCCP_CONFIG_STAT_REQ:
		sccp_init(a, SCCP_CONFIG_STAT_RES);
		answer_config(d, &a->config_stat_res);
		return !(o->dialect->silent & SILENT_CONFIG_STAT);
	case SCCP_LINE_STAT_REQ:
		answer_number(d, m->line_stat_req.line_number, a);
		return true;
	case SCCP_FORWARD_STAT_REQ:
		sccp_init(a, SCCP_FORWARD_STAT_RES);
		a->forward_stat_res.line_number = m->forward_stat_req.line_number;
		return !(o->dialect->silent & SILENT_FORWARD_STAT);
	case SCCP_SPEED_DIAL_STAT_REQ:
		sccp_init(a, SCCP_SPEED_DIAL_STAT_RES);
		answer_speed_dial(o, m->speed_dial_stat_req.speed_dial_number, &a->speed_dial_stat_res);
		return true;
	case SCCP_TIME_DATE_REQ:
		sccp_init(a, SCCP_TIME_DATE_RES);
		answer_time(&a->time_date_res);
		return true;
	default:
		return false;
	}
}

void telephone_forward(struct agent_device *d, const char *number)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_FORWARD_STAT_RES);
	struct sccp_forward_stat_res *r = &m.forward_stat_res;
	r->line_number = LINE;
	r->active_forward = r->forward_all_active = number[0] != '\0';
	snprintf(r->forward_all_dirnum, sizeof(r->forward_all_dirnum), "%.24s", number);
	agent_send(d, &m);
}

static void say_keys(struct agent_device *d, uint32_t call_reference, uint32_t set)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SELECT_SOFT_KEYS);
	m.select_soft_keys.line_instance = call_reference ? LINE : 0;
	m.select_soft_keys.call_reference = call_reference;
	m.select_soft_keys.soft_key_set_index = set;
	m.select_soft_keys.valid_key_mask = 0xffff;
	agent_send(d, &m);
}

bool telephone_answer(struct agent_device *d, const struct sccp_msg *m)
{
	struct sccp_msg a;
	if (!answer_make(d, m, &a))
		return false;
	agent_send(d, &a);
	if (m->id == SCCP_SOFT_KEY_SET_REQ)
		say_keys(d, 0, SCCP_SOFTKEY_SET_ON_HOOK);
	return true;
}

// ---- what it shows ----

static void say_lamp(struct agent_device *d, uint32_t stimulus, uint32_t mode)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SET_LAMP);
	m.set_lamp.stimulus = stimulus;
	m.set_lamp.stimulus_instance = stimulus == SCCP_STIMULUS_LINE ? LINE : 0;
	m.set_lamp.lamp_mode = mode;
	agent_send(d, &m);
}

void telephone_lamps(struct agent_device *d)
{
	say_lamp(d, SCCP_STIMULUS_VOICE_MAIL, SCCP_LAMP_OFF);
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_OFF);
}

static void say_state(struct agent_device *d, const struct telephone_call *c, uint32_t state)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_STATE);
	m.call_state.call_state = state;
	m.call_state.line_instance = LINE;
	m.call_state.call_reference = c->reference;
	m.call_state.precedence_precedence_level = 4;
	agent_send(d, &m);
}

static void say_ringer(struct agent_device *d, const struct telephone_call *c, uint32_t mode)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SET_RINGER);
	m.set_ringer.ring_mode = mode;
	m.set_ringer.ring_duration = SCCP_RING_DURATION_NORMAL_RING;
	m.set_ringer.line_instance = LINE;
	m.set_ringer.call_reference = c->reference;
	agent_send(d, &m);
}

// Tone 0 ends the one that plays.
static void say_tone(struct agent_device *d, const struct telephone_call *c, uint32_t tone)
{
	struct sccp_msg m;
	sccp_init(&m, tone ? SCCP_START_TONE : SCCP_STOP_TONE);
	if (tone) {
		m.start_tone.tone = tone;
		m.start_tone.line_instance = LINE;
		m.start_tone.call_reference = c->reference;
	} else {
		m.stop_tone.line_instance = LINE;
		m.stop_tone.call_reference = c->reference;
	}
	agent_send(d, &m);
}

static void say_prompt(struct agent_device *d, const struct telephone_call *c, const char *text)
{
	struct sccp_msg m;
	bool wide = has_long_texts(d);
	sccp_init(&m, wide ? SCCP_DISPLAY_PROMPT_STATUS_V2 : SCCP_DISPLAY_PROMPT_STATUS);
	if (wide) {
		struct sccp_display_prompt_status_v2 *p = &m.display_prompt_status_v2;
		p->line_instance = LINE;
		p->call_reference = c->reference;
		snprintf(p->prompt_status, sizeof(p->prompt_status), "%s", text);
	} else {
		struct sccp_display_prompt_status *p = &m.display_prompt_status;
		p->line_instance = LINE;
		p->call_reference = c->reference;
		snprintf(p->prompt_status, sizeof(p->prompt_status), "%s", text);
	}
	agent_send(d, &m);
}

static void say_plane(struct agent_device *d)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_ACTIVATE_CALL_PLANE);
	m.activate_call_plane.line_instance = LINE;
	agent_send(d, &m);
}

static void say_speaker(struct agent_device *d, uint32_t mode)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_SET_SPEAKER_MODE);
	m.set_speaker_mode.speaker_mode = mode;
	agent_send(d, &m);
}

static const char *called(const struct agent_device *d, const struct telephone_call *c)
{
	return c->outgoing ? c->number : c->dialled[0] ? c->dialled : telephone_number(d);
}

static const char *calling(const struct agent_device *d, const struct telephone_call *c)
{
	return c->outgoing ? telephone_number(d) : c->number;
}

static void say_info_wide(struct agent_device *d, const struct telephone_call *c)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CALL_INFO_V2);
	struct sccp_call_info_v2 *i = &m.call_info_v2;
	snprintf(i->calling_party, sizeof(i->calling_party), "%s", calling(d, c));
	snprintf(i->called_party, sizeof(i->called_party), "%s", called(d, c));
	snprintf(i->original_called_party, sizeof(i->original_called_party), "%s", i->called_party);
	snprintf(i->calling_party_name, sizeof(i->calling_party_name), "%s", c->outgoing ? "" : c->name);
	snprintf(i->called_party_name, sizeof(i->called_party_name), "%s", c->outgoing ? c->name : "");
	i->call_type = c->outgoing ? SCCP_CALL_TYPE_OUT_BOUND_CALL : SCCP_CALL_TYPE_IN_BOUND_CALL;
	i->line_instance = LINE;
	i->call_reference = c->reference;
	agent_send(d, &m);
}

static void say_info(struct agent_device *d, const struct telephone_call *c)
{
	struct sccp_msg m;
	if (has_long_texts(d)) {
		say_info_wide(d, c);
		return;
	}
	sccp_init(&m, SCCP_CALL_INFO);
	struct sccp_call_info *i = &m.call_info;
	snprintf(i->calling_party, sizeof(i->calling_party), "%.24s", calling(d, c));
	snprintf(i->called_party, sizeof(i->called_party), "%.24s", called(d, c));
	snprintf(i->calling_party_name, sizeof(i->calling_party_name), "%s", c->outgoing ? "" : c->name);
	snprintf(i->called_party_name, sizeof(i->called_party_name), "%s", c->outgoing ? c->name : "");
	i->call_type = c->outgoing ? SCCP_CALL_TYPE_OUT_BOUND_CALL : SCCP_CALL_TYPE_IN_BOUND_CALL;
	i->line_instance = LINE;
	i->call_reference = c->reference;
	agent_send(d, &m);
}

static void say_dialled(struct agent_device *d, const struct telephone_call *c, const char *dialled)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_DIALED_NUMBER);
	snprintf(m.dialed_number.dialed_number, sizeof(m.dialed_number.dialed_number), "%.24s", dialled);
	m.dialed_number.line_instance = LINE;
	m.dialed_number.call_reference = c->reference;
	agent_send(d, &m);
}

// ---- states ----

void telephone_off_hook(struct agent_device *d, const struct telephone_call *c, bool transfer)
{
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_ON);
	say_speaker(d, SCCP_SPEAKER_MODE_ON);
	say_state(d, c, SCCP_CALL_STATE_OFF_HOOK);
	say_plane(d);
	say_prompt(d, c, "Enter number");
	say_tone(d, c, SCCP_TONE_INSIDE_DIAL_TONE);
	say_keys(d, c->reference,
		 transfer ? SCCP_SOFTKEY_SET_OFF_HOOK_WITH_FEATURES : SCCP_SOFTKEY_SET_OFF_HOOK);
}

void telephone_first_digit(struct agent_device *d, const struct telephone_call *c)
{
	say_tone(d, c, 0);
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_DIGITS_FOLLOWING);
}

void telephone_proceed(struct agent_device *d, const struct telephone_call *c, const char *dialled)
{
	say_tone(d, c, 0);
	say_info(d, c);
	say_dialled(d, c, dialled);
	say_state(d, c, SCCP_CALL_STATE_PROCEED);
	say_state(d, c, SCCP_CALL_STATE_RING_OUT);
	say_prompt(d, c, "Ring out");
	say_tone(d, c, SCCP_TONE_ALERTING_TONE);
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_RING_OUT);
}

void telephone_ring(struct agent_device *d, const struct telephone_call *c)
{
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_BLINK);
	say_state(d, c, SCCP_CALL_STATE_RING_IN);
	say_info(d, c);
	say_prompt(d, c, "Incoming call");
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_RING_IN);
	say_ringer(d, c, SCCP_RING_MODE_INSIDE_RING);
}

void telephone_connect(struct agent_device *d, const struct telephone_call *c)
{
	say_ringer(d, c, SCCP_RING_MODE_RING_OFF);
	say_tone(d, c, 0);
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_ON);
	say_state(d, c, SCCP_CALL_STATE_CONNECTED);
	say_info(d, c);
	say_plane(d);
	say_prompt(d, c, "Connected");
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_CONNECTED);
}

void telephone_far_side(struct agent_device *d, const struct telephone_call *c)
{
	say_info(d, c);
}

void telephone_hold(struct agent_device *d, const struct telephone_call *c)
{
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_WINK);
	say_state(d, c, SCCP_CALL_STATE_HOLD);
	say_prompt(d, c, "Hold");
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_ON_HOLD);
}

void telephone_fail(struct agent_device *d, const struct telephone_call *c, bool busy)
{
	if (!agent_dialect(d)->fails_by_tone)
		say_state(d, c, busy ? SCCP_CALL_STATE_BUSY : SCCP_CALL_STATE_INVALID_NUMBER);
	say_prompt(d, c, busy ? "Busy" : "Unknown number");
	say_tone(d, c, busy ? SCCP_TONE_LINE_BUSY_TONE : SCCP_TONE_REORDER_TONE);
	say_keys(d, c->reference, SCCP_SOFTKEY_SET_OFF_HOOK);
}

void telephone_release(struct agent_device *d, const struct telephone_call *c)
{
	struct sccp_msg m;
	say_tone(d, c, 0);
	say_ringer(d, c, SCCP_RING_MODE_RING_OFF);
	say_lamp(d, SCCP_STIMULUS_LINE, SCCP_LAMP_OFF);
	sccp_init(&m, SCCP_CLEAR_PROMPT_STATUS);
	m.clear_prompt_status.line_instance = LINE;
	m.clear_prompt_status.call_reference = c->reference;
	agent_send(d, &m);
	say_state(d, c, SCCP_CALL_STATE_ON_HOOK);
	say_speaker(d, SCCP_SPEAKER_MODE_OFF);
	say_keys(d, 0, SCCP_SOFTKEY_SET_ON_HOOK);
	if (!agent_dialect(d)->statistics)
		return;
	sccp_init(&m, SCCP_CONNECTION_STATISTICS_REQ);
	snprintf(m.connection_statistics_req.directory_num, sizeof(m.connection_statistics_req.directory_num),
		 "%s", telephone_number(d));
	m.connection_statistics_req.call_reference = c->reference;
	agent_send(d, &m);
}

// ---- media ----

void telephone_open(struct agent_device *d, const struct telephone_call *c, const struct telephone_format *f,
		    const struct addr_port *far)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	struct sccp_open_receive_channel *o = &m.open_receive_channel;
	o->conference_id = c->conference_id;
	o->pass_through_party_id = c->party_id;
	o->call_reference = agent_dialect(d)->by_party ? 0 : c->reference;
	o->packet_ms = f->period_ms;
	o->codec = codec_to_sccp(f->codec);
	if (f->payload_type >= 96)
		o->qualifier_in_dynamic_payload = f->payload_type;
	o->rfc2833_payload_type = f->event_type;
	o->requested_ip_addr_type = far->addr.family == ADDR_IPV6 ? SCCP_IP_TYPE_V6 : SCCP_IP_TYPE_V4;
	if (far->addr.family == ADDR_IPV4 || d->version >= SCCP_VERSION_WIDE_ADDRESS)
		o->source_ip_addr = far->addr;
	o->source_port_number = 4000; // as call managers send before the far end has answered
	agent_send(d, &m);
}

void telephone_start(struct agent_device *d, const struct telephone_call *c, const struct telephone_format *f,
		     const struct addr_port *to)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION);
	struct sccp_start_media_transmission *s = &m.start_media_transmission;
	s->conference_id = c->conference_id;
	s->pass_through_party_id = c->party_id;
	s->call_reference = agent_dialect(d)->by_party ? 0 : c->reference;
	s->remote_ip_addr = to->addr;
	s->remote_port_number = to->port;
	s->packet_ms = f->period_ms;
	s->codec = codec_to_sccp(f->codec);
	s->qualifier_out_dscp_or_precedence = agent_dialect(d)->by_party ? 127 : 0xb8;
	if (f->payload_type >= 96)
		s->qualifier_out_dynamic_payload = f->payload_type;
	s->rfc2833_payload_type = f->event_type;
	s->dtmf_type = 10;
	agent_send(d, &m);
}

void telephone_close(struct agent_device *d, const struct telephone_call *c)
{
	struct sccp_msg m;
	bool bare = agent_dialect(d)->by_party;
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = bare ? 0 : c->conference_id;
	m.close_receive_channel.pass_through_party_id = c->party_id;
	m.close_receive_channel.call_reference = bare ? 0 : c->reference;
	agent_send(d, &m);
}

void telephone_stop(struct agent_device *d, const struct telephone_call *c)
{
	struct sccp_msg m;
	bool bare = agent_dialect(d)->by_party;
	sccp_init(&m, SCCP_STOP_MEDIA_TRANSMISSION);
	m.stop_media_transmission.conference_id = bare ? 0 : c->conference_id;
	m.stop_media_transmission.pass_through_party_id = c->party_id;
	m.stop_media_transmission.call_reference = bare ? 0 : c->reference;
	agent_send(d, &m);
}
