// SPDX-License-Identifier: GPL-3.0-or-later
// plane.c - Statements about the dataplane: whether it is there, what it refuses, and what it reports.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "tests/replay/run.h"
#include "tests/replay/text.h"

static void dataplane_fail(struct run *r, const char *type, const char *error)
{
	for (int t = 1; t < API_TYPE_COUNT; t++) {
		if (strcmp(api_type_name((unsigned int)t), type) == 0) {
			r->dp.fail_type = t;
			r->dp.fail_status = -text_errno(error);
			return;
		}
	}
	fail(r, "no request %s", type);
}

void say_dataplane(struct run *r, char *args)
{
	char *save;
	char *word = strtok_r(args, " ", &save);
	if (!word) {
		fail(r, "dataplane what?");
	} else if (strcmp(word, "up") == 0) {
		r->dp.connected = true;
		dp_connected(&r->core.dp, r->now);
	} else if (strcmp(word, "down") == 0 || strcmp(word, "restart") == 0) {
		r->dp.connected = false;
		r->dp.reply_count = 0;
		if (*word == 'r')
			fake_dp_restart(&r->dp);
		dp_disconnected(&r->core.dp, r->now);
	} else if (strcmp(word, "hold") == 0 || strcmp(word, "release") == 0) {
		r->dp.held = *word == 'h';
	} else if (strcmp(word, "mute") == 0 || strcmp(word, "unmute") == 0) {
		r->dp.mute = *word == 'm';
	} else if (strcmp(word, "full") == 0) {
		r->dp.full = true;
	} else if (strcmp(word, "drain") == 0) {
		r->dp.full = false;
		dp_writable(&r->core.dp, r->now);
	} else if (strcmp(word, "fail") == 0) {
		char *type = strtok_r(NULL, " ", &save);
		char *error = strtok_r(NULL, " ", &save);
		dataplane_fail(r, type ? type : "", error ? error : "");
	} else {
		fail(r, "dataplane %s?", word);
	}
	run_pump(r);
}

void say_event(struct run *r, char *args)
{
	static const char *const kinds[] = {"", "first", "silent", "digit", "ssrc"};
	unsigned int party;
	char kind[16];
	unsigned int value = 0;
	if (sscanf(args, "%u %15s %u", &party, kind, &value) < 2) {
		fail(r, "event wants PARTY KIND [VALUE]");
		return;
	}
	struct fake_stream *s = fake_dp_party(&r->dp, party);
	for (uint32_t k = 1; s && k < 5; k++)
		if (strcmp(kinds[k], kind) == 0)
			fake_dp_event(&r->core.dp, s, k, value, r->now);
	if (!s)
		fail(r, "the dataplane has no stream of party %u", party);
	run_pump(r);
}

void say_played(struct run *r, char *args)
{
	if (!fake_dp_source_end(&r->dp, &r->core.dp, r->now))
		fail(r, "nothing plays that could end");
	run_pump(r);
}

// recorded END [ERROR]: the oldest recording ends by itself
void say_recorded(struct run *r, char *args)
{
	static const char *const ends[] = {"", "closed", "gone", "limit", "silence", "failed"};
	char word[16] = "";
	sscanf(args, "%15s", word);
	unsigned int end = 1;
	while (end < 6 && strcmp(ends[end], word) != 0)
		end++;
	if (end == 6 ||
	    !fake_dp_record_end(&r->dp, (enum api_record_end)end, end == API_RECORD_FAILED ? -ENOSPC : 0))
		fail(r, "nothing is recorded that could end like that");
	run_pump(r);
}

// worthless yes|no: whether what is recorded from now on is too short to be kept
void say_worthless(struct run *r, char *args)
{
	r->dp.says_nothing = *args == 'y';
}

// packets PARTY N: that its stream has received
void say_packets(struct run *r, char *args)
{
	char *rest;
	struct fake_stream *s = fake_dp_party(&r->dp, (uint32_t)strtoul(args, &rest, 0));
	if (s)
		s->stats.rx_packets = strtoull(rest, NULL, 0);
	else
		fail(r, "the dataplane has no stream of party %s", args);
}

void say_unreadable(struct run *r, char *args)
{
	snprintf(r->dp.unreadable, sizeof(r->dp.unreadable), "%s", args);
}

void say_idle(struct run *r, char *args)
{
	char *time;
	struct fake_stream *s = fake_dp_party(&r->dp, (uint32_t)strtoul(args, &time, 0));
	if (s)
		s->stats.idle_ns = run_time(r, time + strspn(time, " "));
	else
		fail(r, "the dataplane has no stream of party %s", args);
}
