// SPDX-License-Identifier: GPL-3.0-or-later
// call_line.c - A line call: parties that call lines, or wait to be called by them, through the agent's exchange.
#include <stdio.h>
#include <string.h>

#include "bench/lab/call_inner.h"
#include "bench/lab/netns.h"

#define NUMBER_FIRST 100 // of parties that nobody can call

// The scenario's n-th line.
static const char *line_name(const struct scenario *s, unsigned int n)
{
	for (unsigned int i = 0; i < s->device_count; i++)
		if (s->devices[i].kind == SCENARIO_LINE && n-- == 0)
			return s->devices[i].name;
	return "";
}

static void connected(struct call_party *p, const struct addr_port *remote)
{
	struct call *c = p->call;
	p->gateway = *remote;
	p->talks = true;
	if (c->state == CALL_UP)
		phone_start(p->phone, remote,
			    lab_now() + (nsec_t)(p - c->parties) * CALL_STAGGER_MS * NSEC_PER_MSEC);
	else if (c->state == CALL_RINGING && call_all_answered(c, p))
		call_speak(c);
}

// The call is over when everybody has left.
static void leave(struct call_party *p)
{
	struct call *c = p->call;
	p->talks = false;
	p->gone = true;
	phone_hush(p->phone);
	if (c->state != CALL_UP)
		return;
	p->until = lab_now();
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		if (!c->parties[i].gone)
			return;
	c->until = p->until;
	c->state = CALL_ENDED;
}

static void told(struct exchange_phone *at, enum exchange_news news, const struct addr_port *remote)
{
	struct call_party *p = at->arg;
	struct call *c = p->call;
	if (c->news && c->state != CALL_DELETING) {
		fprintf(c->news, "party %s: %s\n", p->label, exchange_news_name(news));
		fflush(c->news);
	}
	switch (news) {
	case EXCHANGE_RINGS:
	case EXCHANGE_LOST:
		return;
	case EXCHANGE_TALKS:
		connected(p, remote);
		return;
	case EXCHANGE_HELD:
		p->talks = false;
		phone_hush(p->phone);
		return;
	case EXCHANGE_BUSY:
	case EXCHANGE_UNKNOWN:
	case EXCHANGE_REFUSED:
		if (c->state == CALL_RINGING)
			call_fail(c, 0, "%s: %s", p->label, exchange_news_name(news));
		return;
	case EXCHANGE_GONE:
		leave(p);
		return;
	}
}

void call_line_prepare(struct call *c, const struct scenario *s, unsigned int party)
{
	struct call_party *p = &c->parties[party];
	unsigned int line = 0;
	for (unsigned int i = 0; i < party; i++)
		line += !c->plan->parties[i].dials[0] && !c->plan->parties[i].answers[0];
	snprintf(p->label, sizeof(p->label), "%.20s:%.19s", c->plan->name, s->phones[p->party->phone].name);
	bool waits = p->party->answers[0];
	p->call = c;
	p->at = (struct exchange_phone){
		.local = p->phone->local,
		.format = {.codec = p->party->codec,
			   .period_ms = p->party->period_ms,
			   .payload_type = p->phone->options.payload_type,
			   .event_type = p->party->presses ? PHONE_EVENT_TYPE : 0},
		.answer_ms = waits ? p->party->answer_ms : EXCHANGE_NEVER,
		.told = told,
		.arg = p,
	};
	snprintf(p->at.number, sizeof(p->at.number), "%s", p->party->answers);
	snprintf(p->at.shows, sizeof(p->at.shows), "%u", NUMBER_FIRST + party);
	if (waits)
		strcpy(p->at.shows, p->at.number);
	snprintf(p->at.name, sizeof(p->at.name), "%s", s->phones[p->party->phone].name);
	if (!waits)
		snprintf(p->dials, sizeof(p->dials), "%s",
			 p->party->dials[0] ? p->party->dials : line_name(s, line));
}

void call_attach(struct call *c, struct exchange *x)
{
	c->exchange = x;
	for (unsigned int i = 0; c->plan->kind == SCENARIO_LINE && i < c->plan->party_count; i++)
		exchange_add(x, &c->parties[i].at);
}

void call_line_start(struct call *c)
{
	call_enter(c, CALL_RINGING);
	for (unsigned int i = 0; i < c->plan->party_count && c->state == CALL_RINGING; i++) {
		struct call_party *p = &c->parties[i];
		if (p->dials[0] && !exchange_dial(c->exchange, &p->at, p->dials))
			call_fail(c, 0, "%s cannot dial", p->label);
		else if (p->talks && call_all_answered(c, p)) // has been called before
			call_speak(c);
	}
}

// Nothing answers a close; the answer to a question behind it says that it was read.
void call_line_end(struct call *c)
{
	struct sccp_msg m;
	call_enter(c, CALL_DELETING);
	sccp_init(&m, SCCP_CAPABILITIES_REQ);
	bool all = true;
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		struct call_party *p = &c->parties[i];
		struct agent_device *d = exchange_far_device(&p->at);
		while (exchange_hang_up(&p->at))
			continue;
		snprintf(p->line, sizeof(p->line), "%s", d ? d->name : "");
		if (d)
			agent_send(d, &m);
		else
			p->answered = true;
		all = all && p->answered;
	}
	if (all)
		c->state = CALL_ENDED;
}

void call_line_message(struct call *c, struct agent_device *d, const struct sccp_msg *m)
{
	if (c->state != CALL_DELETING || m->id != SCCP_CAPABILITIES_RES)
		return;
	for (unsigned int i = 0; i < c->plan->party_count; i++)
		if (strcmp(c->parties[i].line, d->name) == 0 && call_all_answered(c, &c->parties[i]))
			c->state = CALL_ENDED;
}
