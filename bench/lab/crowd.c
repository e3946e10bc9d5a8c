// SPDX-License-Identifier: GPL-3.0-or-later
// crowd.c - A call agent with very many lines, and very many calls into rooms at once.
//
// Lines register; phones call them, some at a time; all talk at once; all hang up. The members of a room say tones of
// their own, and rooms beside each other have different ones, so that a voice in the wrong room is noise.
#include "bench/lab/crowd.h"

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/agent.h"
#include "bench/lab/exchange.h"
#include "bench/lab/netns.h"
#include "bench/lab/verdict.h"
#include "bench/lab/voices.h"

#define IN_FLIGHT    16 // calls being set up at a time
#define PATIENCE_S   30 // without any progress
#define KEEPALIVE_S  30
#define STRAGGLER_MS 300
#define LINES_MAX    4096
#define ROOM_MAX     5 // members with tones of their own

enum stage { STAGE_REGISTER, STAGE_CALL, STAGE_TALK, STAGE_STRAGGLERS, STAGE_END };

struct member {
	struct crowd *crowd;
	struct exchange_phone at;
	struct scenario_party party;
	struct phone *log; // of a judged one
	bool talks;
};

struct crowd {
	const struct crowd_options *o;
	FILE *errors;
	struct event_base *base;
	struct agent *agent;
	struct exchange *exchange;
	struct voices *voices;
	struct event *timer;
	enum stage stage;
	uint32_t up, dialled, talking;
	uint64_t seen; // progress when patience was looked at last
	unsigned int quiet_s;
	char (*names)[17]; // of lines, in order
	struct member *members;
	nsec_t first_register, registered, first_call, all_talk, from, until;
	int rc;
};

static void stop(struct crowd *c, int rc, const char *why)
{
	if (rc && !c->rc)
		fprintf(c->errors, "crowd: %s: %u of %u lines, %u of %u calls\n", why, c->up, c->o->lines,
			c->talking, c->o->calls);
	c->rc = c->rc ? c->rc : rc;
	event_base_loopbreak(c->base);
}

static void after(struct crowd *c, uint32_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	event_add(c->timer, &tv);
}

// ---- calls ----

static void dial_next(struct crowd *c)
{
	const struct crowd_options *o = c->o;
	while (!c->rc && c->dialled < o->calls && c->dialled < c->talking + IN_FLIGHT) {
		struct member *m = &c->members[c->dialled];
		uint32_t line = (uint32_t)((uint64_t)c->dialled * o->lines / o->calls);
		c->dialled++;
		if (!exchange_dial(c->exchange, &m->at, c->names[line]))
			stop(c, -EPIPE, "a phone cannot dial");
	}
}

static void talk(struct crowd *c)
{
	c->stage = STAGE_TALK;
	c->all_talk = c->from = lab_now();
	voices_start(c->voices);
	after(c, c->o->seconds * 1000);
}

static void told(struct exchange_phone *at, enum exchange_news news, const struct addr_port *remote)
{
	struct member *m = at->arg;
	struct crowd *c = m->crowd;
	if (c->stage >= STAGE_STRAGGLERS)
		return;
	if (news != EXCHANGE_TALKS) {
		stop(c, -EPIPE, exchange_news_name(news));
		return;
	}
	voices_remote(c->voices, (uint32_t)(m - c->members), remote);
	c->talking += !m->talks;
	m->talks = true;
	if (c->stage == STAGE_CALL && c->talking == c->o->calls)
		talk(c);
	else
		dial_next(c);
}

static void end(struct crowd *c)
{
	c->stage = STAGE_END;
	for (uint32_t i = 0; i < c->o->calls; i++)
		exchange_hang_up(&c->members[i].at);
	after(c, 2000); // what the lines tell of their calls
}

// ---- the agent's hooks ----

static int by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void on_up(void *arg, struct agent_device *d)
{
	struct crowd *c = arg;
	if (d->streams || c->up >= c->o->lines)
		return;
	strcpy(c->names[c->up++], d->name);
	if (c->up < c->o->lines)
		return;
	c->registered = c->first_call = lab_now();
	qsort(c->names, c->up, sizeof(c->names[0]), by_name);
	c->stage = STAGE_CALL;
	dial_next(c);
}

static void on_down(void *arg, struct agent_device *d)
{
	struct crowd *c = arg;
	exchange_device_down(c->exchange, d);
	if (c->stage < STAGE_END && !d->streams)
		stop(c, -EPIPE, "a line left");
}

static void on_message(void *arg, struct agent_device *d, const struct sccp_msg *m)
{
	struct crowd *c = arg;
	if (m->id == SCCP_REGISTER && !c->first_register)
		c->first_register = lab_now();
	exchange_message(c->exchange, d, m);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *c = arg;
	uint64_t progress = (uint64_t)c->up + c->talking;
	switch (c->stage) {
	case STAGE_REGISTER:
	case STAGE_CALL:
		c->quiet_s = progress == c->seen ? c->quiet_s + 1 : 0;
		c->seen = progress;
		if (c->quiet_s >= PATIENCE_S)
			stop(c, -ETIMEDOUT, "nothing more comes");
		after(c, 1000);
		return;
	case STAGE_TALK:
		c->until = lab_now();
		c->stage = STAGE_STRAGGLERS;
		voices_hush(c->voices);
		after(c, STRAGGLER_MS);
		return;
	case STAGE_STRAGGLERS:
		end(c);
		return;
	case STAGE_END:
		stop(c, 0, "");
		return;
	}
}

// ---- what they say ----

static void choose_tone(const struct crowd_options *o, uint32_t i, struct scenario_party *ret)
{
	static const double hz[ROOM_MAX] = {437.15, 1020.55, 1713.35, 2341.85, 2903.45};
	uint32_t seat = i % o->room, room = i / o->room;
	*ret = (struct scenario_party){.codec = CODEC_PCMU,
				       .period_ms = 20,
				       .source = SCENARIO_TONE,
				       .level_set = true,
				       .tone_hz = hz[seat] + 13.1 * (room % 11),
				       .level_dbm0 = -10 - 3.0 * seat};
}

// A phone that only keeps what an end of the crowd says and hears; without a log it stands for a member that is heard.
static struct phone *log_new(const struct scenario_party *party)
{
	struct phone *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->options = (struct phone_options){.codec = codec_by_id(CODEC_PCMU), .period_ms = 20};
	if (audio_tone(party->tone_hz, party->level_dbm0, 8000, &p->options.source) < 0) {
		free(p);
		return NULL;
	}
	return p;
}

static void log_free(struct phone *p)
{
	if (!p)
		return;
	packet_log_free(&p->sent);
	packet_log_free(&p->received);
	audio_free(&p->options.source);
	free(p);
}

static int member_open(struct crowd *c, uint32_t i)
{
	struct member *m = &c->members[i];
	const struct crowd_options *o = c->o;
	choose_tone(o, i, &m->party);
	m->crowd = c;
	m->at = (struct exchange_phone){.local = voices_local(c->voices, i),
					.format = {.codec = CODEC_PCMU, .period_ms = 20},
					.answer_ms = EXCHANGE_NEVER,
					.told = told,
					.arg = m};
	snprintf(m->at.shows, sizeof(m->at.shows), "%u", 10000 + i);
	exchange_add(c->exchange, &m->at);
	// the judged are spread over the rooms, and over the seats in them
	uint32_t step = o->calls / o->samples + 1;
	step += step % o->room == 0;
	if (i % step == 0) {
		m->log = log_new(&m->party);
		if (!m->log)
			return -ENOMEM;
		voices_keep(c->voices, i, m->log);
	}
	return voices_tone(c->voices, i, m->party.tone_hz, m->party.level_dbm0);
}

// ---- judging ----

static void judge_one(const struct crowd *c, uint32_t i, struct crowd_result *ret)
{
	struct verdict_party parties[ROOM_MAX];
	struct phone others = {
		.options = {.codec = codec_by_id(CODEC_PCMU), .period_ms = 20, .foreign_port = 1}};
	struct verdict v;
	uint32_t first = i - i % c->o->room,
		 n = c->o->calls - first < c->o->room ? c->o->calls - first : c->o->room;
	for (uint32_t k = 0; k < n; k++)
		parties[k] = (struct verdict_party){.party = &c->members[first + k].party,
						    .phone = first + k == i ? c->members[i].log : &others,
						    .from = c->from,
						    .until = c->until};
	verdict_take(SCENARIO_LINE, parties, n, i - first, NULL, &v);
	ret->judged++;
	ret->sinad_min = fmin(ret->sinad_min, v.known[METRIC_SINAD] ? v.value[METRIC_SINAD] : -99);
	ret->own_max = fmax(ret->own_max, v.known[METRIC_OWN] ? v.value[METRIC_OWN] : 99);
	ret->level_max = fmax(ret->level_max, v.known[METRIC_LEVEL] ? v.value[METRIC_LEVEL] : 99);
}

static double seconds(nsec_t from, nsec_t until)
{
	return (double)(until - from) / 1e9;
}

static void measure(const struct crowd *c, struct crowd_result *ret)
{
	struct voices_counts n;
	const struct exchange_counts *x = exchange_counts(c->exchange);
	voices_count(c->voices, &n);
	*ret = (struct crowd_result){.lines = c->up,
				     .calls = c->talking,
				     .register_s = seconds(c->first_register, c->registered),
				     .busiest = agent_counts(c->agent)->busiest,
				     .setup_s = seconds(c->first_call, c->all_talk),
				     .sent = n.sent,
				     .refused = n.refused,
				     .received = n.received,
				     .lost = n.lost,
				     .strangers = n.strangers,
				     .least = n.least,
				     .late_us = n.late_us,
				     .told = x->statistics,
				     .told_received = x->packets_received,
				     .told_lost = x->packets_lost,
				     .sinad_min = 999,
				     .own_max = -999};
	for (uint32_t i = 0; i < c->o->calls; i++)
		if (c->members[i].log)
			judge_one(c, i, ret);
}

// ---- running ----

static int open_all(struct crowd *c)
{
	const struct crowd_options *o = c->o;
	struct voices_options voices = {.netns = o->media_netns, .address = o->media, .count = o->calls};
	struct agent_options agent = {.listen = o->listen,
				      .netns = o->netns,
				      .dialect = o->dialect,
				      .version = SCCP_VERSION_MAX,
				      .keepalive_s = KEEPALIVE_S,
				      .hooks = {c, on_up, on_down, on_message}};
	c->timer = event_new(c->base, -1, 0, on_timer, c);
	c->exchange = exchange_new(c->base, NULL, 0);
	if (!c->timer || !c->exchange)
		return -ENOMEM;
	int rc = voices_open(c->base, &voices, &c->voices);
	for (uint32_t i = 0; i < o->calls && rc == 0; i++)
		rc = member_open(c, i);
	if (rc == 0)
		rc = agent_open(c->base, &agent, &c->agent);
	if (rc == 0)
		exchange_attach(c->exchange, c->agent);
	return rc;
}

static int drive(struct crowd *c)
{
	int rc = open_all(c);
	if (rc) {
		fprintf(c->errors, "crowd: cannot begin: %s\n", strerror(-rc));
		return rc;
	}
	struct sched_param p = {.sched_priority = 2};
	sched_setscheduler(0, SCHED_RR, &p); // without the right to: as before
	after(c, 1000);
	event_base_dispatch(c->base);
	p.sched_priority = 0;
	sched_setscheduler(0, SCHED_OTHER, &p);
	return c->rc;
}

int crowd_run(const struct crowd_options *o, FILE *errors, struct crowd_result *ret)
{
	if (!o->lines || o->lines > LINES_MAX || !o->calls || o->calls > o->lines || o->room < 2 ||
	    o->room > ROOM_MAX || !o->samples || !o->seconds)
		return -EINVAL;
	struct crowd c = {.o = o,
			  .errors = errors,
			  .base = event_base_new(),
			  .names = calloc(o->lines, sizeof(*c.names)),
			  .members = calloc(o->calls, sizeof(*c.members))};
	int rc = c.base && c.names && c.members ? drive(&c) : -ENOMEM;
	if (!rc)
		measure(&c, ret);
	c.stage = STAGE_END;
	agent_close(c.agent);
	exchange_free(c.exchange);
	voices_close(c.voices);
	if (c.timer)
		event_free(c.timer);
	if (c.base)
		event_base_free(c.base);
	for (uint32_t i = 0; c.members && i < o->calls; i++)
		log_free(c.members[i].log);
	free(c.members);
	free(c.names);
	return rc;
}
