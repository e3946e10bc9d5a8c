// SPDX-License-Identifier: GPL-3.0-or-later
// run.c - Takes one step after the other: each begins, is polled every few milliseconds, and is done or too late.
#include "bench/lab/run.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/lab/agent.h"
#include "bench/lab/call.h"
#include "bench/lab/hostile.h"
#include "bench/lab/netns.h"
#include "bench/lab/table.h"

#define POLL_MS       5
#define STRAGGLERS_MS 300   // packets still under way when the phones fall silent
#define PATIENCE_MS   30000 // for devices and answers

enum progress { WAIT, DONE, FAILED };

// Sending one corpus to one device, attack by attack.
struct siege {
	unsigned int next; // attack
	size_t sent;       // bytes of a trickling one
	bool under_way, asked;
	bool answered;    // CapabilitiesRes since we asked
	unsigned int cut; // connections that the device dropped
	struct hostile attack;
};

struct run {
	const struct scenario *s;
	const struct run_options *options;
	struct event_base *base;
	struct event *poll, *input;
	struct agent *agent;
	struct exchange *exchange;
	struct call calls[SCENARIO_CALLS_MAX];
	FILE *log;
	unsigned int step;
	int phase;
	nsec_t began, phase_began;
	unsigned int lines; // seen on standard input and not yet used
	bool input_ended;
	struct siege siege;
	bool failed;
	bool over; // the table is printed: devices that leave are no news
};

static void say(const struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct run *r, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static void next_phase(struct run *r)
{
	r->phase++;
	r->phase_began = lab_now();
}

static bool older_than(nsec_t since, uint32_t ms)
{
	return lab_now() - since >= ms * NSEC_PER_MSEC;
}

// The device that carries a call: the named one, or the first of its kind that is in service.
static struct agent_device *device_of(const struct run *r, const struct scenario_call *c)
{
	for (unsigned int i = 0; r->agent && i < r->s->device_count; i++) {
		struct agent_device *d = agent_device_find(r->agent, r->s->devices[i].name);
		bool named = c->device != SCENARIO_DEVICES_MAX;
		if (d && (named ? c->device == i : r->s->devices[i].kind == c->kind))
			return d;
	}
	return NULL;
}

// By one device: neither a wire nor lines do.
static bool is_carried(const struct call *c)
{
	return c->plan->kind != SCENARIO_DIRECT && c->plan->kind != SCENARIO_LINE;
}

static const char *carrier(const struct call *c)
{
	return c->device[0] ? c->device : c->plan->kind == SCENARIO_LINE ? "lines" : "a wire";
}

static enum progress poll_start(struct run *r, const struct scenario_step *step)
{
	struct call *c = &r->calls[step->call];
	if (r->phase == 0) {
		bool carried = is_carried(c);
		struct agent_device *d = carried ? device_of(r, c->plan) : NULL;
		if (carried && !d)
			return WAIT;
		call_start(c, d);
		next_phase(r);
	}
	if (c->state == CALL_FAILED)
		return FAILED;
	if (c->state != CALL_UP)
		return WAIT;
	say(r, "call %s: up on %s, %u parties, %.1f ms after the first message", c->plan->name, carrier(c),
	    c->plan->party_count, (double)(lab_now() - r->phase_began) / 1e6);
	for (unsigned int i = 0; i < c->plan->party_count; i++) {
		char gateway[ADDR_TEXT_MAX];
		const struct call_party *p = &c->parties[i];
		if (p->party->foreign_port && p->gateway.port)
			say(r, "foreign %s %s sends to %s and hears at port %u", c->plan->name,
			    r->s->phones[p->party->phone].name,
			    addr_port_text(&p->gateway, gateway, sizeof(gateway)), p->party->foreign_port);
	}
	return DONE;
}

static enum progress poll_end(struct run *r, const struct scenario_step *step)
{
	struct call *c = &r->calls[step->call];
	if (r->phase == 0 && c->state != CALL_ENDED) { // whose parties have left needs no end
		if (c->state != CALL_UP && c->state != CALL_HUSHED) {
			snprintf(c->problem, sizeof(c->problem), "cannot end: it is %s",
				 call_state_name(c->state));
			return FAILED;
		}
		if (c->state == CALL_UP)
			call_hush(c);
		next_phase(r);
	}
	if (r->phase == 1 && older_than(c->until, STRAGGLERS_MS)) {
		bool carried = is_carried(c);
		struct agent_device *d = carried && r->agent ? agent_device_find(r->agent, c->device) : NULL;
		if (carried && !d)
			return WAIT;
		call_end(c, d);
		next_phase(r);
	}
	if (c->state != CALL_ENDED)
		return WAIT;
	say(r, "call %s: ended", c->plan->name);
	return DONE;
}

// What a party of a line call does; done when it shows.
static enum progress poll_deed(struct run *r, const struct scenario_step *step)
{
	struct call_party *p = &r->calls[step->call].parties[step->party];
	bool first = r->phase == 0, good = true;
	if (first)
		next_phase(r);
	switch (step->kind) {
	case STEP_HOLD:
		return exchange_hold(&p->at) ? DONE : FAILED;
	case STEP_RESUME:
		good = !first || exchange_resume(&p->at);
		break;
	case STEP_CONSULT:
		good = !first || exchange_consult(&p->at, step->word);
		break;
	case STEP_PRESS:
		if (first && !phone_press(p->phone, step->word))
			return FAILED;
		return phone_presses(p->phone) ? WAIT : DONE;
	case STEP_HANG:
		return exchange_hang_up(&p->at) ? DONE : FAILED;
	case STEP_TRANSFER:
		return exchange_transfer(&p->at, step->word) ? DONE : FAILED;
	default:
		return exchange_complete(&p->at) ? DONE : FAILED;
	}
	return !good ? FAILED : p->talks ? DONE : WAIT;
}

static enum progress poll_devices(struct run *r)
{
	for (unsigned int i = 0; i < r->s->device_count; i++)
		if (!agent_device_find(r->agent, r->s->devices[i].name))
			return WAIT;
	say(r, "devices: all %u in service", r->s->device_count);
	return DONE;
}

static enum progress poll_pause(struct run *r, const struct scenario_step *step)
{
	if (r->phase == 0) {
		say(r, "pause %s", step->word);
		next_phase(r);
	}
	if (r->lines == 0)
		return r->input_ended ? FAILED : WAIT;
	r->lines--;
	return DONE;
}

// The address the device receives at, from any call that is up on it; documentation range otherwise.
static struct addr own_address(const struct run *r)
{
	for (unsigned int i = 0; i < r->s->call_count; i++)
		if (r->calls[i].state == CALL_UP && r->calls[i].device[0])
			return r->calls[i].parties[0].gateway.addr;
	return addr_ipv4((const uint8_t[4]){192, 0, 2, 1});
}

static void siege_send(struct run *r, struct agent_device *d)
{
	struct siege *g = &r->siege;
	if (!g->under_way) {
		struct addr own = own_address(r);
		hostile_make(g->next, d->version, &own, &g->attack);
		if (r->log)
			fprintf(r->log, "hostile: %s\n", g->attack.name);
		g->under_way = true;
		g->sent = 0;
		g->asked = g->answered = false;
	}
	size_t n = g->attack.trickle ? 1 : g->attack.len;
	if (g->sent < g->attack.len)
		agent_send_raw(d, g->attack.bytes + g->sent, n);
	g->sent += n;
}

// An attack is over when the device has answered a question asked after it, or has dropped the connection and is back.
static enum progress poll_hostile(struct run *r, const struct scenario_step *step)
{
	struct siege *g = &r->siege;
	struct agent_device *d = agent_device_find(r->agent, r->s->devices[step->device].name);
	if (r->phase == 0) {
		*g = (struct siege){0};
		next_phase(r);
	}
	if (!d)
		return WAIT;
	if (!g->under_way || g->sent < g->attack.len) {
		siege_send(r, d);
		return WAIT;
	}
	if (!g->asked && !g->attack.partial) {
		struct sccp_msg m;
		sccp_init(&m, SCCP_CAPABILITIES_REQ);
		g->asked = true;
		r->phase_began = lab_now();
		agent_send(d, &m);
		return WAIT;
	}
	if (!g->answered && !g->attack.partial) {
		if (g->attack.hangs && older_than(r->phase_began, 500))
			agent_drop(d);
		return WAIT;
	}
	g->under_way = false;
	r->began = lab_now(); // patience is per attack
	if (++g->next < hostile_count())
		return WAIT;
	say(r, "hostile: %u attacks on %s, it dropped the connection %u times and always came back", g->next,
	    d->name, g->cut);
	return DONE;
}

// All calls at once: begin to be judged, or to be silent.
static enum progress step_for_all(struct run *r, enum scenario_step_kind kind)
{
	for (unsigned int i = 0; i < r->s->call_count; i++) {
		struct call *c = &r->calls[i];
		if (c->state == CALL_UP && kind == STEP_LISTEN)
			c->from = lab_now();
		else if (c->state == CALL_UP)
			call_hush(c);
	}
	return DONE;
}

static enum progress poll_step(struct run *r, const struct scenario_step *step)
{
	switch (step->kind) {
	case STEP_START:
		return poll_start(r, step);
	case STEP_RUN:
		return older_than(r->began, step->ms) ? DONE : WAIT;
	case STEP_LISTEN:
	case STEP_HUSH:
		return step_for_all(r, step->kind);
	case STEP_END:
		return poll_end(r, step);
	case STEP_PAUSE:
		return poll_pause(r, step);
	case STEP_DEVICES:
		return poll_devices(r);
	case STEP_HOSTILE:
		return poll_hostile(r, step);
	case STEP_AGENT_DOWN:
		say(r, "agent: down");
		agent_down(r->agent);
		return DONE;
	case STEP_AGENT_UP:
		say(r, "agent: up");
		return agent_up(r->agent) < 0 ? FAILED : DONE;
	default:
		return poll_deed(r, step);
	}
}

static void explain(const struct run *r, const struct scenario_step *step, const char *what)
{
	bool about_call = step->kind == STEP_START || step->kind == STEP_END || step->kind >= STEP_HOLD;
	const struct call *c = about_call ? &r->calls[step->call] : NULL;
	say(r, "line %u: %s%s%s%s%s%s", step->line, what, c ? "; call " : "", c ? c->plan->name : "",
	    c ? " is " : "", c ? call_state_name(c->state) : "",
	    step->kind == STEP_HOSTILE ? r->siege.attack.name : "");
	if (c && c->problem[0])
		say(r, "call %s: %s", c->plan->name, c->problem);
	for (struct agent_device *d = r->agent ? agent_devices(r->agent) : NULL; d; d = d->next)
		say(r, "device %s: type %u, %s", d->name[0] ? d->name : "(unregistered)", d->type,
		    d->in_service ? "in service" : "not in service");
}

static void polled(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	while (r->step < r->s->step_count) {
		const struct scenario_step *step = &r->s->steps[r->step];
		enum progress p = poll_step(r, step);
		bool endless = step->kind == STEP_RUN || step->kind == STEP_PAUSE;
		bool late = !endless && older_than(r->began, PATIENCE_MS);
		if (p == WAIT && !late)
			return;
		if (p != DONE) {
			explain(r, step, p == FAILED ? "step failed" : "step took too long");
			r->failed = true;
			break;
		}
		r->step++;
		r->phase = 0;
		r->began = r->phase_began = lab_now();
	}
	event_base_loopbreak(r->base);
}

static void input_readable(evutil_socket_t fd, short what, void *arg)
{
	struct run *r = arg;
	char bytes[256];
	ssize_t n = read(fd, bytes, sizeof(bytes));
	if (n <= 0) {
		r->input_ended = true;
		event_del(r->input);
	}
	for (ssize_t i = 0; i < n; i++)
		r->lines += bytes[i] == '\n';
}

static void on_message(void *arg, struct agent_device *d, const struct sccp_msg *m)
{
	struct run *r = arg;
	if (m->id == SCCP_CAPABILITIES_RES)
		r->siege.answered = r->siege.asked;
	exchange_message(r->exchange, d, m);
	for (unsigned int i = 0; i < r->s->call_count; i++)
		call_message(&r->calls[i], d, m);
}

static void on_device_up(void *arg, struct agent_device *d)
{
	struct run *r = arg;
	say(r, "device %s: in service, type %u, version %u, %u streams", d->name, d->type, d->version,
	    d->streams);
}

static void on_device_down(void *arg, struct agent_device *d)
{
	struct run *r = arg;
	if (!r->over)
		say(r, "device %s: gone", d->name);
	exchange_device_down(r->exchange, d);
	if (r->siege.under_way) { // the drop is the answer, unless bytes of the attack are left over
		r->siege.sent = r->siege.attack.len;
		r->siege.asked = false;
		r->siege.cut++;
	}
}

static int open_events(struct run *r)
{
	struct event_config *config = event_config_new();
	if (!config)
		return -ENOMEM;
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	r->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!r->base)
		return -ENOMEM;
	struct timeval period = {.tv_usec = POLL_MS * 1000};
	r->poll = event_new(r->base, -1, EV_PERSIST, polled, r);
	r->input = event_new(r->base, STDIN_FILENO, EV_READ | EV_PERSIST, input_readable, r);
	if (!r->poll || !r->input)
		return -ENOMEM;
	for (unsigned int i = 0; i < r->s->step_count; i++)
		if (r->s->steps[i].kind == STEP_PAUSE)
			event_add(r->input, NULL);
	return event_add(r->poll, &period) < 0 ? -ENOMEM : 0;
}

static int open_all(struct run *r)
{
	int rc = open_events(r);
	if (rc < 0)
		return rc;
	if (r->options->out) {
		char path[512];
		snprintf(path, sizeof(path), "%s/lab.log", r->options->out);
		r->log = fopen(path, "w");
		if (!r->log) {
			say(r, "%s: %s", path, strerror(errno));
			return -errno;
		}
		setlinebuf(r->log);
	}
	r->exchange = exchange_new(r->base, r->s->numbers, r->s->number_count);
	if (!r->exchange)
		return -ENOMEM;
	for (unsigned int i = 0; i < r->s->call_count; i++) {
		rc = call_open(&r->calls[i], r->s, &r->s->calls[i], r->base, r->options->sounds, i);
		if (rc < 0) {
			say(r, "call %s: %s", r->s->calls[i].name, r->calls[i].problem);
			return rc;
		}
		r->calls[i].news = stdout;
		call_attach(&r->calls[i], r->exchange);
	}
	if (r->s->listen.addr.family == ADDR_NONE)
		return 0;
	struct agent_options options = {.listen = r->s->listen,
					.netns = r->s->agent_netns,
					.dialect = r->s->dialect,
					.version = r->s->version,
					.speed_dials = r->s->speed_dials,
					.speed_dial_count = r->s->speed_dial_count,
					.keepalive_s = r->s->keepalive_s,
					.log = r->log,
					.hooks = {r, on_device_up, on_device_down, on_message}};
	rc = agent_open(r->base, &options, &r->agent);
	if (rc == 0)
		exchange_attach(r->exchange, r->agent);
	if (rc < 0)
		say(r, "agent: cannot listen in namespace %s: %s", r->s->agent_netns, strerror(-rc));
	return rc;
}

static unsigned int judge(struct run *r)
{
	unsigned int missed = 0;
	say(r, " ");
	table_head(stdout);
	for (unsigned int i = 0; i < r->s->call_count; i++) {
		const struct call *c = &r->calls[i];
		for (unsigned int p = 0; c->until != 0 && p < c->plan->party_count; p++) {
			char wav[512];
			struct verdict v;
			if (c->plan->parties[p].foreign_port)
				continue; // heard elsewhere
			if (r->options->out)
				snprintf(wav, sizeof(wav), "%s/%s-%s.wav", r->options->out, c->plan->name,
					 r->s->phones[c->plan->parties[p].phone].name);
			call_judge(c, p, r->options->out ? wav : NULL, &v);
			missed += table_row(stdout, r->s, i, p, &v);
			fflush(stdout);
		}
	}
	table_wanted(stdout, r->s);
	fflush(stdout);
	r->over = true;
	return missed;
}

// Phones must speak on time whatever else the machine does; judging what they heard may take its time.
static void be_prompt(bool prompt)
{
	struct sched_param p = {.sched_priority = prompt ? 2 : 0};
	sched_setscheduler(0, prompt ? SCHED_RR : SCHED_OTHER, &p); // without the right to: as before
}

int run_scenario(const struct scenario *s, const struct run_options *options)
{
	struct run *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->s = s;
	r->options = options;
	int rc = open_all(r);
	if (rc == 0) {
		r->began = r->phase_began = lab_now();
		be_prompt(true);
		event_base_dispatch(r->base);
		be_prompt(false);
		unsigned int missed = judge(r);
		rc = r->failed || missed ? 1 : 0;
	}
	agent_close(r->agent);
	exchange_free(r->exchange);
	for (unsigned int i = 0; i < s->call_count; i++)
		call_close(&r->calls[i]);
	if (r->poll)
		event_free(r->poll);
	if (r->input)
		event_free(r->input);
	if (r->base)
		event_base_free(r->base);
	if (r->log)
		fclose(r->log);
	free(r);
	return rc;
}
