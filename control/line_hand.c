// SPDX-License-Identifier: GPL-3.0-or-later
// line_hand.c - The hands of a line's user: lifting and replacing the handset, digits, soft keys.
//
// Digits go out one by one with a pause, as fingers press them, once the agent has said that the line is off the hook.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "control/party.h"
#include "gw/sccp.h"

#define DIGIT_NS    (100 * NSEC_PER_MSEC)
#define CODE_NS     (3 * NSEC_PER_SEC)  // for the next digit of what may be a code
#define CALL_NS     (10 * NSEC_PER_SEC) // for the agent to give a call to dial into
#define REPLACED_NS (2 * NSEC_PER_SEC)  // for it to give one that is not wanted any more

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

struct line_call *line_find_in(struct line *l, uint32_t states)
{
	struct line_call *best = NULL;
	for (unsigned int i = 0; i < LINE_CALLS_MAX; i++) {
		struct line_call *c = &l->calls[i];
		if ((states >> c->fsm.state & 1) && (!best || c->since > best->since))
			best = c;
	}
	return best;
}

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

static void say_digit(struct line *l, struct line_call *c, char digit, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_KEYPAD_BUTTON);
	m.keypad_button.button = (uint32_t)button_of(digit);
	m.keypad_button.line_instance = c ? c->instance : l->hand;
	m.keypad_button.call_reference = c ? c->reference : 0;
	device_send(l->device, &m, now);
	if (c)
		c->sent = true;
}

static void dial_at(struct line *l, nsec_t due)
{
	timer_start(&l->device->core->timers, &l->dial, due);
}

// The next digit, once the agent has a call for it, and it is clear that it is not meant for us.
static void on_dial(struct timer *t, nsec_t now)
{
	struct line *l = t->object;
	struct line_call *c = line_find_in(l, IN(DIALING) | IN(PROCEEDING));
	bool more = now < l->pressed + CODE_NS;
	if (!c && now >= l->pressed + CALL_NS)
		l->digits[0] = '\0';
	if (!l->digits[0])
		return;
	enum line_access access = c ? line_access(l, c, more, now) : LINE_ACCESS_DONE;
	if (access == LINE_ACCESS_WAIT)
		return dial_at(l, l->pressed + CODE_NS);
	if (access == LINE_ACCESS_NONE) {
		say_digit(l, c, l->digits[0], now);
		memmove(l->digits, l->digits + 1, strlen(l->digits));
	}
	if (l->digits[0])
		dial_at(l, now + DIGIT_NS);
}

void line_dialler_init(struct line *l)
{
	timer_init(&l->dial, on_dial, l);
}

int line_check_number(const char *number)
{
	size_t n = strlen(number);
	if (n == 0 || n > LINE_DIGITS_MAX)
		return -EINVAL;
	for (const char *p = number; *p; p++)
		if (button_of(*p) < 0)
			return -EINVAL;
	return 0;
}

void line_dial_into(struct line *l, const char *number, nsec_t now)
{
	snprintf(l->digits, sizeof(l->digits), "%s", number);
	l->pressed = now;
	dial_at(l, now + DIGIT_NS);
}

static int may_lift(struct line *l, nsec_t now)
{
	int rc = check_agent(l);
	return rc ? rc : line_find_in(l, LINE_BUSY) || now < l->replaced ? -EBUSY : 0;
}

static void lift(struct line *l, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OFF_HOOK);
	m.off_hook.line_instance = l->hand;
	device_send(l->device, &m, now);
	l->lifted = now + CALL_NS;
}

// Before the agent has given a call. One that it gives all the same is hung up.
static int put_back(struct line *l, nsec_t now)
{
	struct sccp_msg m;
	if (now >= l->lifted || line_find_in(l, LINE_BUSY))
		return -ENOENT;
	sccp_init(&m, SCCP_ON_HOOK);
	m.on_hook.line_instance = l->hand;
	device_send(l->device, &m, now);
	l->lifted = 0;
	l->replaced = now + REPLACED_NS;
	return 0;
}

void line_hook_answered(struct line *l, struct line_call *c, nsec_t now)
{
	bool unwanted = c && now < l->replaced;
	l->lifted = l->replaced = 0;
	if (unwanted)
		line_call_feed(c, LINE_CALL_HANG_UP, now);
}

int line_off_hook(struct line *l, nsec_t now)
{
	int rc = may_lift(l, now);
	if (rc)
		return rc;
	lift(l, now);
	if (l->config->plar[0]) {
		line_dial_into(l, l->config->plar, now);
		l->dialled++;
	}
	return 0;
}

// A code for us is not what redial is for.
static void remember(struct line *l, const char *number)
{
	const struct config_features *f = &l->config->features;
	if (number != l->last && (!f->codes || number[0] != f->prefix[0]))
		snprintf(l->last, sizeof(l->last), "%s", number);
}

int line_dial(struct line *l, const char *number, nsec_t now)
{
	int rc = line_check_number(number);
	if (!rc)
		rc = may_lift(l, now);
	if (!rc && line_find_in(l, IN(RINGING))) // lifting would answer that one
		rc = -EBUSY;
	if (rc)
		return rc;
	lift(l, now);
	remember(l, number);
	line_dial_into(l, number, now);
	l->dialled++;
	return 0;
}

int line_enbloc(struct line *l, const char *number, nsec_t now)
{
	struct sccp_msg m;
	int rc = line_check_number(number);
	if (!rc)
		rc = may_lift(l, now);
	if (rc)
		return rc;
	sccp_init(&m, SCCP_ENBLOC_CALL);
	snprintf(m.enbloc_call.called_party, sizeof(m.enbloc_call.called_party), "%s", number);
	m.enbloc_call.line_instance = l->hand;
	device_send(l->device, &m, now);
	remember(l, number);
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

// In a call the agent is told, and what it sends to is, too, if it takes telephone-events: chan-sccp then hears nothing else.
static void press_in_call(struct line *l, struct line_call *c, char digit, nsec_t now)
{
	say_digit(l, c, digit, now);
	if (!c || c->fsm.state != LINE_CALL_CONNECTED)
		return;
	LIST_FOREACH(p, &l->device->party_list, struct party, in_device)
	{
		if (!p->orphan && p->call_reference == c->reference)
			party_press(p, digit, now);
	}
}

// A digit goes to whoever waits for it: after a flash, at a busy tone, as the first of a number that may be a code.
static int press_digit(struct line *l, struct line_call *c, char digit, nsec_t now)
{
	size_t n = strlen(l->digits);
	if (l->flashed && now < l->flashed)
		return line_access_flash(l, digit, now);
	l->flashed = 0;
	if (c && c->fsm.state == LINE_CALL_FAILED && line_access_busy(l, digit, now))
		return 0;
	bool held = c && c->fsm.state == LINE_CALL_DIALING && l->config->features.codes && !c->sent;
	if (!held && !n) {
		press_in_call(l, c, digit, now);
		return 0;
	}
	if (n == LINE_DIGITS_MAX)
		return -EBUSY;
	l->digits[n] = digit;
	l->digits[n + 1] = '\0';
	l->pressed = now;
	if (held)
		on_dial(&l->dial, now);
	return 0;
}

int line_press(struct line *l, const char *key, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = line_call_find(l, 0, 0), *at_ear = line_find_in(l, LINE_BUSY | IN(FAILED));
	if (rc)
		return rc;
	if (strlen(key) == 1 && button_of(*key) >= 0)
		return press_digit(l, at_ear ? at_ear : c, *key, now);
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
	struct line_call *c = line_find_in(l, states);
	if (rc || !c)
		return rc ? rc : -ENOENT;
	line_call_feed(c, event, now);
	return 0;
}

int line_answer(struct line *l, nsec_t now)
{
	return feed_one(l, IN(RINGING), LINE_CALL_ANSWER, now);
}

// The call at the ear; without one the newest of those that ring or are held.
int line_hang_up(struct line *l, nsec_t now)
{
	uint32_t at_ear = LINE_BUSY | IN(FAILED);
	l->digits[0] = '\0';
	if (put_back(l, now) == 0)
		return 0;
	return feed_one(l, line_find_in(l, at_ear) ? at_ear : IN(HELD) | IN(RINGING), LINE_CALL_HANG_UP, now);
}

int line_hold(struct line *l, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = line_find_in(l, IN(CONNECTED));
	if (!rc && !c)
		return line_resume(l, now);
	if (!rc)
		line_function(l, c, LINE_HOLD, now);
	return rc;
}

int line_resume(struct line *l, nsec_t now)
{
	int rc = check_agent(l);
	struct line_call *c = line_find_in(l, IN(HELD));
	if (rc || !c)
		return rc ? rc : -ENOENT;
	line_function(l, c, LINE_RESUME, now);
	return 0;
}
