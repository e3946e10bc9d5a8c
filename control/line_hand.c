// SPDX-License-Identifier: GPL-3.0-or-later
// line_hand.c - The hands of a line's user: lifting and replacing the handset, digits, soft keys.
//
// Digits go out one by one with a pause, as fingers press them, once the agent has said that the line is off the hook.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "gw/sccp.h"

#define DIGIT_NS (100 * NSEC_PER_MSEC)

// ---- finding ----

struct line_call *line_call_find(struct line *l, uint32_t instance, uint32_t reference)
{
	struct line_call *best = NULL;
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++) {
		struct line_call *c = &l->calls[i];
		if (!line_call_is_used(c))
			continue;
		if (reference && c->reference == reference)
			return c;
		bool fits = !reference && c->fsm.state != LINE_CALL_OVER &&
			    (!instance || c->instance == instance);
		if (fits && (!best || c->since > best->since))
			best = c;
	}
	return best;
}

// The newest call in one of these states.
static struct line_call *find_in(struct line *l, uint32_t states)
{
	struct line_call *best = NULL;
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++) {
		struct line_call *c = &l->calls[i];
		if ((states >> c->fsm.state & 1) && (!best || c->since > best->since))
			best = c;
	}
	return best;
}

#define IN(state) (1u << LINE_CALL_##state)

bool line_has_key(const struct line *l, const struct line_call *c, uint32_t event)
{
	uint32_t set = c ? c->set : l->idle_set, mask = c ? c->mask : l->idle_mask;
	if (set >= l->set_count || set >= LINE_SETS_MAX)
		return false;
	for (unsigned int i = 0; i < LINE_SET_KEYS; i++) {
		unsigned int at = l->sets[set][i]; // from 1
		if (at >= 1 && at <= l->key_count && l->keys[at - 1] == event && (mask >> i & 1))
			return true;
	}
	return false;
}

static int check_agent(const struct line *l)
{
	return reg_is_registered(l->device) ? 0 : -ENOTCONN;
}

// ---- digits ----

// The keypad's number of a digit; -1 for none.
static int button_of(char digit)
{
	static const char digits[] = "0123456789ABCD*#+";
	const char *at = digit ? strchr(digits, digit) : NULL;
	return at ? (int)(at - digits) : -1;
}

static void say_digit(struct line *l, const struct line_call *c, char digit, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_KEYPAD_BUTTON);
	m.keypad_button.button = (uint32_t)button_of(digit);
	m.keypad_button.line_instance = c ? c->instance : 1;
	m.keypad_button.call_reference = c ? c->reference : 0;
	device_send(l->device, &m, now);
}

static void on_dial(struct timer *t, nsec_t now)
{
	struct line *l = t->object;
	struct line_call *c = find_in(l, IN(DIALING) | IN(PROCEEDING));
	if (!l->digits[0])
		return;
	if (c) {
		say_digit(l, c, l->digits[0], now);
		memmove(l->digits, l->digits + 1, strlen(l->digits));
	}
	if (l->digits[0])
		timer_start(&l->device->core->timers, t, now + DIGIT_NS);
}

void line_dialler_init(struct line *l)
{
	timer_init(&l->dial, on_dial, l);
}

static int check_number(const char *number)
{
	size_t n = strlen(number);
	if (n == 0 || n > LINE_DIGITS_MAX)
		return -EINVAL;
	for (const char *p = number; *p; p++)
		if (button_of(*p) < 0)
			return -EINVAL;
	return 0;
}

#define BUSY (IN(DIALING) | IN(PROCEEDING) | IN(RINGING_OUT) | IN(ANSWERING) | IN(CONNECTED))

static int may_dial(struct line *l, const char *number)
{
	int rc = check_number(number);
	if (!rc)
		rc = check_agent(l);
	return rc ? rc : find_in(l, BUSY) ? -EBUSY : 0;
}

int line_dial(struct line *l, const char *number, nsec_t now)
{
	struct sccp_msg m;
	int rc = may_dial(l, number);
	if (rc)
		return rc;
	sccp_init(&m, SCCP_OFF_HOOK);
	m.off_hook.line_instance = 1;
	device_send(l->device, &m, now);
	snprintf(l->digits, sizeof(l->digits), "%s", number);
	timer_start(&l->device->core->timers, &l->dial, now + DIGIT_NS);
	l->dialled++;
	return 0;
}

int line_enbloc(struct line *l, const char *number, nsec_t now)
{
	struct sccp_msg m;
	int rc = may_dial(l, number);
	if (rc)
		return rc;
	sccp_init(&m, SCCP_ENBLOC_CALL);
	snprintf(m.enbloc_call.called_party, sizeof(m.enbloc_call.called_party), "%s", number);
	m.enbloc_call.line_instance = 1;
	device_send(l->device, &m, now);
	l->dialled++;
	return 0;
}

// ---- keys and hook ----

// A soft key by its name or its number; 0 when it is none.
static uint32_t key_of(const char *text)
{
	uint32_t value = 0;
	char *end;
	if (sccp_enum_value(SCCP_ENUM_SOFTKEY, text, &value) == 0)
		return value;
	unsigned long n = strtoul(text, &end, 10);
	return *text >= '0' && *text <= '9' && !*end && n <= UINT16_MAX ? (uint32_t)n : 0;
}

int line_press(struct line *l, const char *key, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = line_call_find(l, 0, 0);
	if (rc)
		return rc;
	if (strlen(key) == 1 && button_of(*key) >= 0) {
		say_digit(l, c, *key, now);
		return 0;
	}
	uint32_t event = key_of(key);
	if (!event)
		return -EINVAL;
	if (!line_has_key(l, c, event))
		return -ENOENT;
	line_call_key(l, c, event, now);
	return 0;
}

static int feed_one(struct line *l, uint32_t states, enum line_call_event event, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = find_in(l, states);
	if (rc || !c)
		return rc ? rc : -ENOENT;
	line_call_feed(c, event, now);
	return 0;
}

int line_answer(struct line *l, nsec_t now)
{
	return feed_one(l, IN(RINGING), LINE_CALL_ANSWER, now);
}

int line_hang_up(struct line *l, nsec_t now)
{
	l->digits[0] = '\0';
	return feed_one(l, BUSY | IN(HELD) | IN(RINGING) | IN(FAILED), LINE_CALL_HANG_UP, now);
}

// Telephones without the soft key have a button for it.
int line_hold(struct line *l, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = find_in(l, IN(CONNECTED) | IN(HELD));
	if (rc || !c)
		return rc ? rc : -ENOENT;
	uint32_t key = c->fsm.state == LINE_CALL_HELD ? SCCP_SOFTKEY_RESUME : SCCP_SOFTKEY_HOLD;
	if (line_has_key(l, c, key)) {
		line_call_key(l, c, key, now);
		return 0;
	}
	struct sccp_msg m;
	sccp_init(&m, SCCP_STIMULUS);
	m.stimulus.stimulus = SCCP_STIMULUS_HOLD;
	m.stimulus.line_instance = c->instance;
	m.stimulus.call_reference = c->reference;
	device_send(l->device, &m, now);
	return 0;
}
