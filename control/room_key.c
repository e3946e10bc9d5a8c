// SPDX-License-Identifier: GPL-3.0-or-later
// room_key.c - What a caller's digits mean: a PIN at the desk, and after a star a command inside.
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_action.h"
#include "control/room.h"

#define STAR_NS (3 * NSEC_PER_SEC) // to the digit after it

// ---- PIN ----

// Without a PIN for everybody, an empty one is right.
static bool is_right(struct member *m)
{
	const struct config_room *c = m->room->config;
	if (c->moderator_pin[0] && strcmp(m->typed, c->moderator_pin) == 0) {
		m->moderator = true;
		return true;
	}
	return strcmp(m->typed, c->pin) == 0;
}

// One of two PINs, and not how the other begins; or longer than any.
static bool is_complete(const struct member *m)
{
	const struct config_room *c = m->room->config;
	size_t a = strlen(c->pin), b = strlen(c->moderator_pin), n = m->typed_count;
	if (!n || n >= (a > b ? a : b))
		return n;
	bool one = n == a ? strcmp(m->typed, c->pin) == 0 && strncmp(c->moderator_pin, c->pin, a) != 0
			  : n == b && strcmp(m->typed, c->moderator_pin) == 0 &&
				    strncmp(c->pin, c->moderator_pin, b) != 0;
	return one;
}

// A # ends it, and so does its length; a star begins it anew. What is too long is not even looked at.
static void pin_digit(struct member *m, char digit, nsec_t now)
{
	visit_play_stop(m->visit, now);
	if (digit == '*') {
		m->typed_count = 0;
	} else if (digit != '#') {
		if (m->typed_count < sizeof(m->typed) - 1)
			m->typed[m->typed_count++] = digit;
	}
	m->typed[m->typed_count] = '\0';
	if (digit == '#' || is_complete(m)) {
		bool right = is_right(m);
		if (m->typed_count)
			room_guard_tried(m, right, now);
		m->typed_count = 0;
		memset(m->typed, 0, sizeof(m->typed));
		member_feed(m, right ? MEMBER_RIGHT : MEMBER_WRONG, now);
	} else {
		member_feed(m, MEMBER_PLAYED, now); // the wait for the next begins
	}
}

// ---- commands ----

static void key_mute(struct member *m, nsec_t now)
{
	member_mute(m, true, now);
}

static void key_unmute(struct member *m, nsec_t now)
{
	if (!m->room->mute || m->moderator)
		member_mute(m, false, now);
}

static void key_lock(struct member *m, nsec_t now)
{
	room_lock(m->room, true, now);
}

static void key_unlock(struct member *m, nsec_t now)
{
	room_lock(m->room, false, now);
}

static void key_mute_all(struct member *m, nsec_t now)
{
	room_mute(m->room, true, now);
}

static void key_unmute_all(struct member *m, nsec_t now)
{
	room_mute(m->room, false, now);
}

static void key_end(struct member *m, nsec_t now)
{
	room_end(m->room, now);
}

static const struct {
	char digit;
	bool for_moderators;
	void (*run)(struct member *m, nsec_t now);
} keys[] = {
	{'6', false, key_mute},  {'7', false, key_unmute},  {'1', true, key_lock},
	{'2', true, key_unlock}, {'3', true, key_mute_all}, {'4', true, key_unmute_all},
	{'9', true, key_end},
};

static void command(struct member *m, char digit, nsec_t now)
{
	bool after_star = m->star && now - m->star < STAR_NS;
	m->star = digit == '*' ? now : 0;
	for (size_t i = 0; after_star && i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].digit == digit && (m->moderator || !keys[i].for_moderators)) {
			keys[i].run(m, now);
			return;
		}
}

void member_digit(struct member *m, char digit, nsec_t now)
{
	if (m->fsm.state == MEMBER_ASKED)
		pin_digit(m, digit, now);
	else if (m->fsm.state == MEMBER_SPEAKING && digit == '#')
		member_feed(m, MEMBER_HASH, now);
	else if (m->fsm.state == MEMBER_INSIDE)
		command(m, digit, now);
}
