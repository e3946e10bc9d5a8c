// SPDX-License-Identifier: GPL-3.0-or-later
// line_panel.c - What a telephone would show its user: texts, lamps, ringer, tone.
//
// Texts may hold an agent's codes for words that each telephone knows in its own language: 0x80 and a number of the
// soft-key table, written here as that table's name.
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "gw/sccp.h"

// ---- texts ----

// 0x80 within a character of UTF-8 is no code.
void line_text(char *ret, size_t cap, const char *text)
{
	size_t len = 0;
	bool within = false;
	for (const unsigned char *p = (const unsigned char *)text; *p && len + 1 < cap; p++) {
		const char *word =
			*p == 0x80 && !within && p[1] ? sccp_enum_name(SCCP_ENUM_SOFTKEY, p[1]) : NULL;
		within = *p >= 0x80 && !word;
		if (word) {
			int n = snprintf(ret + len, cap - len, "%s", word);
			len += (size_t)n < cap - len ? (size_t)n : cap - len - 1;
			p++;
		} else {
			ret[len++] = (char)*p;
		}
	}
	ret[len] = '\0';
}

// Shown beside the call that it is about, and on the telephone's own line.
static void show_prompt(struct line *l, uint32_t reference, const char *text)
{
	struct line_call *c = reference ? line_call_find(l, 0, reference) : NULL;
	line_text(l->prompt, sizeof(l->prompt), text);
	if (c)
		memcpy(c->prompt, l->prompt, sizeof(c->prompt));
}

static void show_notice(struct line *l, const char *text, uint32_t seconds, nsec_t now)
{
	line_text(l->notice, sizeof(l->notice), text);
	l->notice_until = seconds ? now + seconds * NSEC_PER_SEC : 0;
}

const char *line_notice(const struct line *l, nsec_t now)
{
	return l->notice_until && now >= l->notice_until ? "" : l->notice;
}

static bool show_text(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	switch (m->id) {
	case SCCP_DISPLAY_PROMPT_STATUS:
		show_prompt(l, m->display_prompt_status.call_reference,
			    m->display_prompt_status.prompt_status);
		return true;
	case SCCP_DISPLAY_PROMPT_STATUS_V2:
		show_prompt(l, m->display_prompt_status_v2.call_reference,
			    m->display_prompt_status_v2.prompt_status);
		return true;
	case SCCP_CLEAR_PROMPT_STATUS:
		show_prompt(l, m->clear_prompt_status.call_reference, "");
		return true;
	case SCCP_DISPLAY_NOTIFY:
		show_notice(l, m->display_notify.notify, m->display_notify.time_out_value, now);
		return true;
	case SCCP_DISPLAY_NOTIFY_V2:
		show_notice(l, m->display_notify_v2.notify, m->display_notify_v2.time_out_value, now);
		return true;
	case SCCP_DISPLAY_PRI_NOTIFY:
		show_notice(l, m->display_pri_notify.notify, m->display_pri_notify.time_out_value, now);
		return true;
	case SCCP_DISPLAY_PRI_NOTIFY_V2:
		show_notice(l, m->display_pri_notify_v2.notify, m->display_pri_notify_v2.time_out_value, now);
		return true;
	case SCCP_CLEAR_NOTIFY:
	case SCCP_CLEAR_PRI_NOTIFY:
		show_notice(l, "", 0, now);
		return true;
	case SCCP_DISPLAY_TEXT:
		line_text(l->text, sizeof(l->text), m->display_text.text);
		return true;
	case SCCP_CLEAR_DISPLAY:
		l->text[0] = '\0';
		return true;
	default:
		return false;
	}
}

// ---- lamps ----

// Lamps that are off take no room.
static void set_lamp(struct line *l, uint32_t stimulus, uint32_t instance, uint32_t mode)
{
	unsigned int i = 0;
	while (i < l->lamp_count && (l->lamps[i].stimulus != stimulus || l->lamps[i].instance != instance))
		i++;
	if (mode == SCCP_LAMP_OFF) {
		if (i < l->lamp_count)
			l->lamps[i] = l->lamps[--l->lamp_count];
	} else if (i < LINE_LAMPS_MAX) {
		l->lamps[i] = (struct line_lamp){stimulus, instance, mode};
		l->lamp_count += i == l->lamp_count;
	} else {
		device_count(l->device, COUNT_line_crowded);
	}
}

uint32_t line_lamp(const struct line *l, uint32_t stimulus, uint32_t instance)
{
	for (unsigned int i = 0; i < l->lamp_count; i++)
		if (l->lamps[i].stimulus == stimulus && l->lamps[i].instance == instance)
			return l->lamps[i].mode;
	return SCCP_LAMP_OFF;
}

static void on_lamp(struct line *l, const struct sccp_set_lamp *m)
{
	if (m->lamp_mode < SCCP_LAMP_OFF || m->lamp_mode > SCCP_LAMP_BLINK) {
		device_count(l->device, COUNT_pdu_value);
		return;
	}
	set_lamp(l, m->stimulus, m->stimulus_instance, m->lamp_mode);
	if (m->stimulus == SCCP_STIMULUS_VOICE_MAIL)
		l->waiting = m->lamp_mode;
	else if (m->stimulus == SCCP_STIMULUS_LINE && m->stimulus_instance <= 1)
		l->lamp = m->lamp_mode;
}

// ---- the rest ----

// What a telephone with a bigger display, or another kind of user, would do something about.
static bool is_known(uint32_t id)
{
	static const uint32_t ids[] = {
		SCCP_VERSION_RES,
		SCCP_SERVER_RES,
		SCCP_SET_HOOK_FLASH_DETECT,
		SCCP_SET_MICRO_MODE,
		SCCP_ACTIVATE_CALL_PLANE,
		SCCP_DEACTIVATE_CALL_PLANE,
		SCCP_BACK_SPACE_RES,
		SCCP_CALL_SELECT_STAT_RES,
		SCCP_CALL_HISTORY_INFO,
		SCCP_RECORDING_STATUS,
		SCCP_SUBSCRIPTION_STAT_RES,
		SCCP_NOTIFICATION,
		SCCP_MWI_RES,
		SCCP_CALL_COUNT_RES,
		SCCP_USER_TO_DEVICE_DATA,
		SCCP_USER_TO_DEVICE_DATA_VERSION1,
	};
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i] == id)
			return true;
	return false;
}

bool line_panel_on_message(struct line *l, const struct sccp_msg *m, nsec_t now)
{
	switch (m->id) {
	case SCCP_SET_LAMP:
		on_lamp(l, &m->set_lamp);
		return true;
	case SCCP_SET_RINGER:
		l->ringer = m->set_ringer.ring_mode;
		return true;
	case SCCP_START_TONE:
		l->tone = m->start_tone.tone;
		line_call_on_tone(l, m, now);
		return true;
	case SCCP_STOP_TONE:
		l->tone = 0;
		return true;
	case SCCP_SET_SPEAKER_MODE:
		l->speaker = m->set_speaker_mode.speaker_mode == SCCP_SPEAKER_MODE_ON;
		return true;
	default:
		return show_text(l, m, now) || is_known(m->id);
	}
}

// Whether messages wait is remembered: the next agent will say if not.
void line_panel_clear(struct line *l)
{
	l->tone = 0;
	l->speaker = false;
	l->ringer = SCCP_RING_MODE_RING_OFF;
	l->lamp = SCCP_LAMP_OFF;
	l->lamp_count = 0;
	l->prompt[0] = l->notice[0] = l->text[0] = '\0';
}
