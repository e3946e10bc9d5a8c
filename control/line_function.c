// SPDX-License-Identifier: GPL-3.0-or-later
// line_function.c - What a telephone's keys are for, each by the soft key that the agent offers or else by a fixed button.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "gw/sccp.h"

static const struct {
	const char *name;
	uint32_t key;      // SCCP_SOFTKEY, 0 = none
	uint32_t stimulus; // SCCP_STIMULUS
} functions[LINE_FUNCTION_COUNT] = {
	[LINE_HOLD] = {"hold", SCCP_SOFTKEY_HOLD, SCCP_STIMULUS_HOLD},
	[LINE_RESUME] = {"resume", SCCP_SOFTKEY_RESUME, SCCP_STIMULUS_HOLD},
	[LINE_TRANSFER] = {"transfer", SCCP_SOFTKEY_TRANSFER, SCCP_STIMULUS_TRANSFER},
	[LINE_CONFERENCE] = {"conference", SCCP_SOFTKEY_CONFRN, SCCP_STIMULUS_CONFERENCE},
	[LINE_DROP_LAST] = {"drop-last", SCCP_SOFTKEY_RM_LST_C, SCCP_STIMULUS_REMOVE_LAST_PARTICIPANT},
	[LINE_REDIAL] = {"redial", SCCP_SOFTKEY_REDIAL, SCCP_STIMULUS_LAST_NUMBER_REDIAL},
	[LINE_SET_FORWARD_ALL] = {"forward-all", SCCP_SOFTKEY_CFWD_ALL, SCCP_STIMULUS_FORWARD_ALL},
	[LINE_SET_FORWARD_BUSY] = {"forward-busy", SCCP_SOFTKEY_CFWD_BUSY, SCCP_STIMULUS_FORWARD_BUSY},
	[LINE_SET_FORWARD_NO_ANSWER] = {"forward-no-answer", SCCP_SOFTKEY_CFWD_NO_ANSWER,
					SCCP_STIMULUS_FORWARD_NO_ANSWER},
	[LINE_PICKUP] = {"pickup", SCCP_SOFTKEY_PICK_UP, SCCP_STIMULUS_CALL_PICK_UP},
	[LINE_GROUP_PICKUP] = {"group-pickup", SCCP_SOFTKEY_GRP_PICKUP, SCCP_STIMULUS_GROUP_CALL_PICK_UP},
	[LINE_OTHER_PICKUP] = {"other-pickup", 0, SCCP_STIMULUS_OTHER_PICKUP},
	[LINE_MEET_ME] = {"meet-me", SCCP_SOFTKEY_MEET_ME, SCCP_STIMULUS_MEET_ME_CONFERENCE},
	[LINE_PARK] = {"park", SCCP_SOFTKEY_PARK, SCCP_STIMULUS_CALL_PARK},
	[LINE_CALL_BACK] = {"call-back", SCCP_SOFTKEY_CALL_BACK, SCCP_STIMULUS_CALL_BACK},
	[LINE_VOICE_MAIL] = {"voice-mail", SCCP_SOFTKEY_VOICEMAIL, SCCP_STIMULUS_VOICE_MAIL},
	[LINE_DO_NOT_DISTURB] = {"do-not-disturb", SCCP_SOFTKEY_DND, SCCP_STIMULUS_DO_NOT_DISTURB},
	[LINE_NEW_CALL] = {"new-call", SCCP_SOFTKEY_NEW_CALL, SCCP_STIMULUS_NEW_CALL},
};

void line_stimulus(struct line *l, const struct line_call *c, uint32_t stimulus, uint32_t instance,
		   nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_STIMULUS);
	m.stimulus.stimulus = stimulus;
	m.stimulus.line_instance = instance;
	m.stimulus.call_reference = c ? c->reference : 0;
	device_send(l->device, &m, now);
}

void line_function(struct line *l, const struct line_call *c, unsigned int function, nsec_t now)
{
	uint32_t key = functions[function].key;
	if (key && line_has_key(l, c, key))
		line_call_key(l, c, key, now);
	else
		line_stimulus(l, c, functions[function].stimulus, c ? c->instance : l->hand, now);
}

int line_feature(struct line *l, const char *name, nsec_t now)
{
	unsigned int f = 0;
	if (!reg_is_registered(l->device))
		return -ENOTCONN;
	while (f < LINE_FUNCTION_COUNT && strcmp(functions[f].name, name) != 0)
		f++;
	if (f == LINE_FUNCTION_COUNT)
		return -EINVAL;
	line_function(l, line_call_find(l, 0, 0), f, now);
	return 0;
}

// ---- transfer and conference ----

#define UNDER_WAY (IN(PROCEEDING) | IN(RINGING_OUT) | IN(CONNECTED))

static int check_agent(const struct line *l)
{
	return reg_is_registered(l->device) ? 0 : -ENOTCONN;
}

// With a number: the whole way. Without: the key alone, as somebody does who has called that number.
static int join(struct line *l, enum errand_kind kind, unsigned int function, const char *number, nsec_t now)
{
	struct line_call *c = line_find_in(l, *number ? IN(CONNECTED) : UNDER_WAY);
	int rc = check_agent(l);
	if (!rc && *number)
		rc = line_check_number(number);
	if (rc || !c)
		return rc ? rc : -ENOENT;
	if (*number)
		return line_errand_begin(l, kind, function, c, number, now);
	line_function(l, c, function, now);
	return 0;
}

int line_transfer(struct line *l, const char *number, nsec_t now)
{
	return join(l, ERRAND_TRANSFER, LINE_TRANSFER, number, now);
}

int line_consult(struct line *l, const char *number, nsec_t now)
{
	return *number ? join(l, ERRAND_CONSULT, LINE_TRANSFER, number, now) : -EINVAL;
}

int line_conference(struct line *l, const char *number, nsec_t now)
{
	return join(l, ERRAND_CONFERENCE, LINE_CONFERENCE, number, now);
}

// ---- forwarding ----

// The key that sets a forwarding takes it back as well.
int line_forward(struct line *l, enum line_forward which, const char *number, nsec_t now)
{
	struct line_button *b = line_button_at(l, l->hand);
	bool off = strcmp(number, "off") == 0;
	int rc = check_agent(l);
	if (!rc && !off)
		rc = line_check_number(number);
	if (rc || !b)
		return rc ? rc : -ENOENT;
	if (off != (b->forward[which][0] != '\0'))
		return off ? -ENOENT : -EALREADY;
	if (!off)
		return line_find_in(l, LINE_BUSY)
			       ? -EBUSY
			       : line_errand_begin(l, ERRAND_FORWARD, LINE_SET_FORWARD_ALL + which, NULL,
						   number, now);
	line_function(l, NULL, LINE_SET_FORWARD_ALL + which, now);
	return 0;
}

// ---- redial, speed dials, call-back ----

static bool has_button(const struct line *l, unsigned int kind)
{
	for (unsigned int i = 0; i < l->extra_count; i++)
		if (l->extras[i].kind == kind)
			return true;
	return false;
}

// The agent knows the last number if it gave the telephone a key for it.
int line_redial(struct line *l, nsec_t now)
{
	int rc = check_agent(l);
	if (rc)
		return rc;
	if (line_find_in(l, LINE_BUSY))
		return -EBUSY;
	if (!line_has_key(l, NULL, SCCP_SOFTKEY_REDIAL) && !has_button(l, SCCP_BUTTON_LAST_NUMBER_REDIAL))
		return l->last[0] ? line_dial(l, l->last, now) : -ENOENT;
	line_function(l, NULL, LINE_REDIAL, now);
	l->dialled++;
	return 0;
}

struct line_extra *line_speed_at(struct line *l, unsigned int number)
{
	for (unsigned int i = 0; number && i < l->extra_count; i++)
		if (l->extras[i].kind == SCCP_BUTTON_SPEED_DIAL && --number == 0)
			return &l->extras[i];
	return NULL;
}

int line_speed(struct line *l, unsigned int number, nsec_t now)
{
	const struct line_extra *e = line_speed_at(l, number);
	int rc = check_agent(l);
	if (rc || !e)
		return rc ? rc : -ENOENT;
	line_stimulus(l, line_find_in(l, IN(DIALING)), SCCP_STIMULUS_SPEED_DIAL, e->instance, now);
	l->dialled++;
	return 0;
}

int line_call_back(struct line *l, nsec_t now)
{
	struct line_call *c = line_find_in(l, IN(FAILED));
	int rc = check_agent(l);
	if (rc || !c)
		return rc ? rc : -ENOENT;
	line_function(l, c, LINE_CALL_BACK, now);
	return 0;
}
