// SPDX-License-Identifier: GPL-3.0-or-later
// exchange.c - The call routing of an agent: what telephones press and what lab phones do becomes calls.
#include "bench/lab/exchange.h"

#include <stdlib.h>
#include <string.h>

#include "bench/lab/leg.h"

#define PARTY_FIRST     0x01000001u // numbers as call managers choose them
#define REFERENCE_FIRST 0x01300001u
#define DIGITS_MS       3000 // after the last digit

// ---- legs ----

struct leg *leg_new(struct exchange *x, struct agent_device *d, struct exchange_phone *p)
{
	struct leg *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->x = x;
	l->device = d;
	l->phone = p;
	l->state = LEG_DIALING;
	l->call.reference = l->call.conference_id = REFERENCE_FIRST + x->serial;
	l->call.party_id = d && agent_dialect(d)->by_party ? l->call.reference : PARTY_FIRST + x->serial;
	x->serial++;
	l->next = x->legs;
	x->legs = l;
	if (p)
		p->leg = l;
	return l;
}

void leg_free(struct leg *l)
{
	struct exchange *x = l->x;
	for (struct leg **at = &x->legs; *at; at = &(*at)->next) {
		if (*at == l) {
			*at = l->next;
			break;
		}
	}
	if (l->phone && l->phone->leg == l) {
		struct leg *other = x->legs;
		while (other && other->phone != l->phone)
			other = other->next;
		l->phone->leg = other;
	}
	if (l->timer)
		event_free(l->timer);
	free(l);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	leg_on_time(arg);
}

void leg_timer(struct leg *l, uint32_t ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	if (!l->timer)
		l->timer = event_new(l->x->base, -1, 0, on_time, l);
	if (l->timer)
		event_add(l->timer, &tv);
}

void leg_tell(struct leg *l, enum exchange_news news)
{
	l->phone->told(l->phone, news, &l->there);
}

struct memory *memory_of(struct exchange *x, const char *name)
{
	struct memory *m = x->memories;
	while (m && strcmp(m->name, name) != 0)
		m = m->next;
	if (m || !(m = calloc(1, sizeof(*m))))
		return m;
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->next = x->memories;
	x->memories = m;
	return m;
}

// ---- what telephones press ----

// The leg of a telephone: of that reference, or the newest when there is none.
static struct leg *leg_of(struct exchange *x, const struct agent_device *d, uint32_t reference)
{
	for (struct leg *l = x->legs; l; l = l->next)
		if (l->device == d && (!reference || l->call.reference == reference))
			return l;
	return NULL;
}

static struct leg *leg_in(struct exchange *x, const struct agent_device *d, enum leg_state state)
{
	for (struct leg *l = x->legs; l; l = l->next)
		if (l->device == d && l->state == state)
			return l;
	return NULL;
}

static struct leg *leg_of_party(struct exchange *x, const struct agent_device *d, uint32_t party_id)
{
	for (struct leg *l = x->legs; l; l = l->next)
		if (l->device == d && l->opened && l->call.party_id == party_id)
			return l;
	return NULL;
}

static void off_hook(struct exchange *x, struct agent_device *d, uint32_t reference)
{
	struct leg *l = reference ? leg_of(x, d, reference) : leg_in(x, d, LEG_RINGING);
	if (l && l->state == LEG_RINGING) {
		leg_answer(l);
		return;
	}
	if (l || leg_in(x, d, LEG_DIALING)) // it is off the hook
		return;
	l = leg_new(x, d, NULL);
	if (l)
		telephone_off_hook(d, &l->call, false);
}

static void digit(struct leg *l, uint32_t button)
{
	static const char names[] = "0123456789ABCD*#+";
	size_t n = strlen(l->digits);
	if (l->state != LEG_DIALING || button >= sizeof(names) - 1)
		return;
	bool ends = names[button] == '#' && n > 0;
	if (!ends && n < LEG_DIGITS_MAX)
		l->digits[n++] = names[button];
	if (n == 1 && !ends)
		telephone_first_digit(l->device, &l->call);
	if (ends || !route_goes_on(l->x, l->digits))
		leg_dial(l, l->digits);
	else
		leg_timer(l, DIGITS_MS);
}

static void dial(struct exchange *x, struct agent_device *d, const char *number)
{
	struct leg *l = leg_in(x, d, LEG_DIALING);
	if (!l)
		l = leg_new(x, d, NULL);
	if (l)
		leg_dial(l, number);
}

static void transfer(struct leg *l)
{
	if (l->parent) {
		leg_complete(l);
		return;
	}
	struct leg *second = leg_consult(l);
	if (second)
		telephone_off_hook(second->device, &second->call, true);
}

static void redial(struct exchange *x, struct agent_device *d)
{
	const struct memory *m = memory_of(x, d->name);
	if (!m || !m->last[0])
		return;
	char number[sizeof(m->last)];
	strcpy(number, m->last);
	dial(x, d, number);
}

// The key takes a forwarding back, or asks for a number.
static void forward(struct exchange *x, struct agent_device *d)
{
	struct memory *m = memory_of(x, d->name);
	if (!m)
		return;
	if (m->forward[0]) {
		m->forward[0] = '\0';
		telephone_forward(d, "");
		return;
	}
	struct leg *l = leg_of(x, d, 0) ? NULL : leg_new(x, d, NULL);
	if (!l)
		return;
	l->forwards = true;
	telephone_off_hook(d, &l->call, true);
}

static void soft_key(struct exchange *x, struct agent_device *d, const struct sccp_soft_key_event *e)
{
	struct leg *l = leg_of(x, d, e->call_reference);
	if (e->soft_key_event == SCCP_SOFTKEY_NEW_CALL)
		off_hook(x, d, 0);
	if (e->soft_key_event == SCCP_SOFTKEY_REDIAL)
		redial(x, d);
	if (e->soft_key_event == SCCP_SOFTKEY_CFWD_ALL)
		forward(x, d);
	if (!l)
		return;
	switch (e->soft_key_event) {
	case SCCP_SOFTKEY_ANSWER:
		leg_answer(l);
		return;
	case SCCP_SOFTKEY_END_CALL:
		leg_hang_up(l);
		return;
	case SCCP_SOFTKEY_HOLD:
		leg_hold(l);
		return;
	case SCCP_SOFTKEY_RESUME:
		leg_resume(l);
		return;
	case SCCP_SOFTKEY_TRANSFER:
		transfer(l);
		return;
	case SCCP_SOFTKEY_BACK_SPACE:
		if (l->state == LEG_DIALING && l->digits[0])
			l->digits[strlen(l->digits) - 1] = '\0';
		return;
	default:
		return;
	}
}

static void speed_dial(struct exchange *x, struct agent_device *d, uint32_t n)
{
	const struct agent_options *o = agent_options(x->agent);
	if (n >= 1 && n <= o->speed_dial_count)
		dial(x, d, o->speed_dials[n - 1].number);
}

static void stimulus(struct exchange *x, struct agent_device *d, const struct sccp_stimulus *s)
{
	struct leg *l = leg_of(x, d, s->call_reference);
	switch (s->stimulus) {
	case SCCP_STIMULUS_LINE:
	case SCCP_STIMULUS_NEW_CALL:
		off_hook(x, d, 0);
		return;
	case SCCP_STIMULUS_LAST_NUMBER_REDIAL:
		redial(x, d);
		return;
	case SCCP_STIMULUS_FORWARD_ALL:
		forward(x, d);
		return;
	case SCCP_STIMULUS_SPEED_DIAL: // its instance stands in the place of the line's
		speed_dial(x, d, s->line_instance);
		return;
	case SCCP_STIMULUS_HOLD:
		if (l && l->state == LEG_HELD)
			leg_resume(l);
		else if (l)
			leg_hold(l);
		return;
	case SCCP_STIMULUS_TRANSFER:
		if (l)
			transfer(l);
		return;
	case SCCP_STIMULUS_END_CALL:
		if (l)
			leg_hang_up(l);
		return;
	default:
		return;
	}
}

// ---- the agent's hooks ----

static void count_statistics(struct exchange *x, const struct sccp_connection_statistics_res *r)
{
	x->counts.statistics++;
	x->counts.packets_received += r->number_packets_received;
	x->counts.packets_lost += r->number_packets_lost;
}

static void take_media(struct exchange *x, struct agent_device *d, const struct sccp_msg *m)
{
	struct leg *l;
	if (m->id == SCCP_OPEN_RECEIVE_CHANNEL_ACK) {
		l = leg_of_party(x, d, m->open_receive_channel_ack.pass_through_party_id);
		if (l)
			leg_opened(l, &m->open_receive_channel_ack);
		return;
	}
	l = leg_of_party(x, d, m->start_media_transmission_ack.pass_through_party_id);
	if (!l || m->start_media_transmission_ack.media_transmission_status == 0)
		return;
	x->counts.refused++;
	leg_hang_up(l);
}

void exchange_message(struct exchange *x, struct agent_device *d, const struct sccp_msg *m)
{
	struct leg *l;
	switch (m->id) {
	case SCCP_OFF_HOOK:
		off_hook(x, d, m->off_hook.call_reference);
		return;
	case SCCP_ON_HOOK:
		l = leg_of(x, d, m->on_hook.call_reference);
		if (l)
			leg_hang_up(l);
		return;
	case SCCP_KEYPAD_BUTTON:
		l = leg_of(x, d, m->keypad_button.call_reference);
		if (l)
			digit(l, m->keypad_button.button);
		return;
	case SCCP_ENBLOC_CALL:
		dial(x, d, m->enbloc_call.called_party);
		return;
	case SCCP_SOFT_KEY_EVENT:
		soft_key(x, d, &m->soft_key_event);
		return;
	case SCCP_STIMULUS:
		stimulus(x, d, &m->stimulus);
		return;
	case SCCP_OPEN_RECEIVE_CHANNEL_ACK:
	case SCCP_START_MEDIA_TRANSMISSION_ACK:
		take_media(x, d, m);
		return;
	case SCCP_CONNECTION_STATISTICS_RES:
		count_statistics(x, &m->connection_statistics_res);
		return;
	default:
		return;
	}
}

// Its calls are forgotten. A lab phone at the other end goes on: nobody is left to tell it anything.
void exchange_device_down(struct exchange *x, struct agent_device *d)
{
	struct leg *l;
	while ((l = leg_of(x, d, 0))) {
		struct leg *far = l->far;
		leg_free(l);
		if (!far)
			continue;
		far->far = NULL;
		if (far->device) {
			leg_hang_up(far);
			continue;
		}
		struct exchange_phone *p = far->phone;
		leg_free(far);
		p->told(p, EXCHANGE_LOST, NULL);
	}
}

// ---- what lab phones do ----

bool exchange_dial(struct exchange *x, struct exchange_phone *p, const char *number)
{
	struct leg *l = p->leg ? NULL : leg_new(x, NULL, p);
	if (l)
		leg_dial(l, number);
	return l;
}

bool exchange_hang_up(struct exchange_phone *p)
{
	struct leg *l = p->leg;
	if (l)
		leg_hang_up(l);
	return l;
}

bool exchange_hold(struct exchange_phone *p)
{
	if (p->leg)
		leg_hold(p->leg);
	return p->leg && p->leg->state == LEG_HELD;
}

bool exchange_resume(struct exchange_phone *p)
{
	bool held = p->leg && p->leg->state == LEG_HELD;
	if (held)
		leg_resume(p->leg);
	return held;
}

bool exchange_transfer(struct exchange_phone *p, const char *number)
{
	return p->leg && leg_transfer(p->leg, number);
}

bool exchange_consult(struct exchange_phone *p, const char *number)
{
	struct leg *second = p->leg ? leg_consult(p->leg) : NULL;
	if (second)
		leg_dial(second, number);
	return second;
}

bool exchange_complete(struct exchange_phone *p)
{
	return p->leg && leg_complete(p->leg);
}

struct agent_device *exchange_far_device(const struct exchange_phone *p)
{
	return p->leg && p->leg->far ? p->leg->far->device : NULL;
}

// ---- the door ----

struct exchange *exchange_new(struct event_base *base, const struct exchange_number *numbers,
			      unsigned int count)
{
	struct exchange *x = calloc(1, sizeof(*x));
	if (x)
		*x = (struct exchange){.base = base, .numbers = numbers, .number_count = count};
	return x;
}

void exchange_attach(struct exchange *x, struct agent *a)
{
	x->agent = a;
}

void exchange_add(struct exchange *x, struct exchange_phone *p)
{
	p->leg = NULL;
	p->next = x->phones;
	x->phones = p;
}

const struct exchange_counts *exchange_counts(const struct exchange *x)
{
	return &x->counts;
}

const char *exchange_news_name(enum exchange_news news)
{
	static const char *const names[] = {"rings",          "talks",         "held", "busy",
					    "no such number", "media refused", "gone", "lost"};
	return names[news];
}

void exchange_free(struct exchange *x)
{
	if (!x)
		return;
	while (x->legs)
		leg_free(x->legs);
	for (struct memory *m = x->memories, *next; m; m = next) {
		next = m->next;
		free(m);
	}
	free(x);
}
