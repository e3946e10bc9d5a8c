// SPDX-License-Identifier: GPL-3.0-or-later
// line_access.c - The digits by which the user of an analog telephone asks for features, instead of keys.
//
// What is dialled first in a call may be an access code or a speed dial; it is held back until it is clear that it is, or is
// not. After a hook flash in feature mode two digits say what shall become of the call.
#include <errno.h>
#include <string.h>

#include "control/device.h"
#include "control/line_inner.h"
#include "gw/sccp.h"

#define FLASH_NS (4 * NSEC_PER_SEC) // for the code after a flash

enum match { MATCH_NONE, MATCH_PART, MATCH_WHOLE };

// Whether digits begin with a code behind its prefix, or may come to.
static enum match match_code(const char *digits, const char *prefix, const char *code, size_t *ret_len)
{
	char whole[2 * CONFIG_CODE_MAX];
	strcpy(whole, prefix);
	strcat(whole, code);
	size_t n = strlen(whole), typed = strlen(digits);
	*ret_len = n;
	if (typed >= n)
		return strncmp(digits, whole, n) == 0 ? MATCH_WHOLE : MATCH_NONE;
	return strncmp(digits, whole, typed) == 0 ? MATCH_PART : MATCH_NONE;
}

// Sets the feature, CONFIG_FEATURE_COUNT for a speed dial; the longest whole code counts.
static enum match match_first(const struct config_features *f, const char *digits, unsigned int *ret_feature,
			      size_t *ret_len)
{
	static const char *const speeds[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
	enum match best = MATCH_NONE;
	size_t len;
	*ret_len = 0;
	for (unsigned int i = 0; i < CONFIG_FEATURE_COUNT + 9; i++) {
		bool speed = i >= CONFIG_FEATURE_COUNT;
		enum config_feature_where where =
			speed ? CONFIG_WHERE_SPEED : config_feature_where((enum config_feature)i);
		const char *code = speed ? speeds[i - CONFIG_FEATURE_COUNT] : f->code[i];
		const char *prefix = where == CONFIG_WHERE_SPEED ? f->speed_prefix : f->prefix;
		if (!*code || (where != CONFIG_WHERE_SPEED && where != CONFIG_WHERE_ACCESS))
			continue;
		enum match m = match_code(digits, prefix, code, &len);
		if (m == MATCH_WHOLE && len > *ret_len) {
			*ret_feature = speed ? CONFIG_FEATURE_COUNT : i;
			*ret_len = len;
		}
		best = m > best ? m : best;
	}
	return best;
}

static const uint8_t functions[CONFIG_FEATURE_COUNT] = {
	[CONFIG_FEATURE_FORWARD_ALL] = LINE_SET_FORWARD_ALL,
	[CONFIG_FEATURE_FORWARD_BUSY] = LINE_SET_FORWARD_BUSY,
	[CONFIG_FEATURE_FORWARD_NO_ANSWER] = LINE_SET_FORWARD_NO_ANSWER,
	[CONFIG_FEATURE_PICKUP] = LINE_PICKUP,
	[CONFIG_FEATURE_GROUP_PICKUP] = LINE_GROUP_PICKUP,
	[CONFIG_FEATURE_OTHER_PICKUP] = LINE_OTHER_PICKUP,
	[CONFIG_FEATURE_MEET_ME] = LINE_MEET_ME,
	[CONFIG_FEATURE_VOICE_MAIL] = LINE_VOICE_MAIL,
};

// Takes back whatever is forwarded.
static void cancel_forwards(struct line *l, const struct line_call *c, nsec_t now)
{
	const struct line_button *b = line_button_at(l, c->instance);
	for (unsigned int i = 0; b && i < LINE_FORWARD_COUNT; i++)
		if (b->forward[i][0])
			line_function(l, c, LINE_SET_FORWARD_ALL + i, now);
}

static void run(struct line *l, struct line_call *c, unsigned int feature, char speed, nsec_t now)
{
	device_count(l->device, COUNT_line_codes);
	if (feature == CONFIG_FEATURE_COUNT) {
		if (line_speed(l, (unsigned int)(speed - '0'), now))
			line_call_give_up(c, now);
	} else if (feature == CONFIG_FEATURE_CANCEL_WAITING) {
		l->alone = true;
	} else if (feature == CONFIG_FEATURE_REDIAL) {
		if (line_has_key(l, c, SCCP_SOFTKEY_REDIAL))
			line_function(l, c, LINE_REDIAL, now);
		else if (l->last[0])
			memcpy(l->digits, l->last, strlen(l->last) + 1);
		else
			line_call_give_up(c, now);
	} else if (feature == CONFIG_FEATURE_FORWARD_CANCEL) {
		cancel_forwards(l, c, now);
		line_call_give_up(c, now);
	} else {
		line_function(l, c, functions[feature], now);
	}
}

enum line_access line_access(struct line *l, struct line_call *c, bool more, nsec_t now)
{
	const struct config_features *f = &l->config->features;
	unsigned int feature = CONFIG_FEATURE_COUNT;
	size_t len;
	if (!f->codes || c->sent || l->errand.fsm.state != ERRAND_IDLE)
		return LINE_ACCESS_NONE;
	enum match m = match_first(f, l->digits, &feature, &len);
	if (m == MATCH_PART && more)
		return LINE_ACCESS_WAIT;
	if (m != MATCH_WHOLE)
		return LINE_ACCESS_NONE;
	char speed = l->digits[len - 1];
	memmove(l->digits, l->digits + len, strlen(l->digits + len) + 1);
	c->sent = feature != CONFIG_FEATURE_CANCEL_WAITING;
	run(l, c, feature, speed, now);
	return LINE_ACCESS_DONE;
}

bool line_access_busy(struct line *l, char digit, nsec_t now)
{
	const struct config_features *f = &l->config->features;
	const char *code = f->code[CONFIG_FEATURE_CALL_BACK];
	return f->codes && code[0] == digit && !code[1] && line_call_back(l, now) == 0;
}

// ---- hook flash ----

int line_flash(struct line *l, nsec_t now)
{
	struct line_call *c = line_find_in(l, LINE_BUSY);
	struct sccp_msg m;
	if (!reg_is_registered(l->device))
		return -ENOTCONN;
	if (!c)
		c = line_find_in(l, IN(HELD) | IN(FAILED));
	if (!c)
		return -ENOENT;
	if (l->config->features.flash == CONFIG_FLASH_FEATURE) {
		l->flashed = now + FLASH_NS;
		l->code[0] = '\0';
		return 0;
	}
	sccp_init(&m, SCCP_HOOK_FLASH);
	m.hook_flash.line_instance = c->instance;
	m.hook_flash.call_reference = c->reference;
	device_send(l->device, &m, now);
	return 0;
}

static int run_flash(struct line *l, unsigned int feature, nsec_t now)
{
	struct line_call *c = line_find_in(l, LINE_BUSY), *held = line_find_in(l, IN(HELD));
	if (feature == CONFIG_FEATURE_TOGGLE)
		c = held;
	if (!c)
		return -ENOENT;
	device_count(l->device, COUNT_line_codes);
	switch (feature) {
	case CONFIG_FEATURE_DROP:
		line_call_feed(c, LINE_CALL_HANG_UP, now);
		break;
	case CONFIG_FEATURE_TRANSFER:
		line_function(l, c, LINE_TRANSFER, now);
		break;
	case CONFIG_FEATURE_CONFERENCE:
		line_function(l, c, LINE_CONFERENCE, now);
		break;
	case CONFIG_FEATURE_DROP_LAST:
		line_function(l, c, LINE_DROP_LAST, now);
		break;
	default: // the agent holds the other one
		line_function(l, c, LINE_RESUME, now);
	}
	return 0;
}

int line_access_flash(struct line *l, char digit, nsec_t now)
{
	const struct config_features *f = &l->config->features;
	enum match best = MATCH_NONE;
	size_t n = strlen(l->code), len;
	l->code[n] = digit; // no code is longer, and none that is full goes on
	l->code[n + 1] = '\0';
	for (unsigned int i = 0; i < CONFIG_FEATURE_COUNT; i++) {
		if (config_feature_where((enum config_feature)i) != CONFIG_WHERE_FLASH || !f->code[i][0])
			continue;
		enum match m = match_code(l->code, "", f->code[i], &len);
		if (m == MATCH_WHOLE) {
			l->flashed = 0;
			return run_flash(l, i, now);
		}
		best = m > best ? m : best;
	}
	if (best == MATCH_PART)
		l->flashed = now + FLASH_NS;
	else
		l->flashed = 0;
	return best == MATCH_PART ? 0 : -EINVAL;
}
