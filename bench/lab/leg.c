// SPDX-License-Identifier: GPL-3.0-or-later
// leg.c - What happens to a call: routed, answered, held, transferred, over. Whoever did it, both ends are told.
#include <stdio.h>
#include <string.h>

#include "bench/lab/leg.h"

#define FORWARDS_MAX 4

// Who is at the other end, as this end is told.
static void introduce(struct leg *l)
{
	const struct leg *far = l->far;
	snprintf(l->call.number, sizeof(l->call.number), "%s",
		 far->phone ? far->phone->shows : telephone_number(far->device));
	snprintf(l->call.name, sizeof(l->call.name), "%s", far->phone ? far->phone->name : "");
}

static void pair(struct leg *a, struct leg *b)
{
	a->far = b;
	b->far = a;
}

static void fail(struct leg *l, enum route why)
{
	if (l->phone) {
		leg_tell(l, why == ROUTE_BUSY ? EXCHANGE_BUSY : EXCHANGE_UNKNOWN);
		leg_free(l);
		return;
	}
	l->state = LEG_FAILED;
	telephone_fail(l->device, &l->call, why == ROUTE_BUSY);
}

// Whom a number means in the end: forwarding is followed a few times.
static enum route follow(struct exchange *x, const char *number, struct agent_device **ret_device,
			 struct exchange_phone **ret_phone)
{
	enum route found = route_find(x, number, ret_device, ret_phone);
	for (int i = 0; i < FORWARDS_MAX && *ret_device; i++) {
		const struct memory *m = memory_of(x, (*ret_device)->name);
		if (!m || !m->forward[0])
			return found;
		found = route_find(x, m->forward, ret_device, ret_phone);
	}
	return found;
}

// Rings whoever a number means, for `l`. Returns what came of it.
static enum route ring(struct leg *l, const char *number)
{
	struct agent_device *device;
	struct exchange_phone *phone;
	enum route found = follow(l->x, number, &device, &phone);
	struct leg *far = found == ROUTE_FOUND ? leg_new(l->x, device, phone) : NULL;
	if (!far)
		return found == ROUTE_FOUND ? ROUTE_BUSY : found;
	pair(l, far);
	introduce(far);
	introduce(l);
	snprintf(l->call.number, sizeof(l->call.number), "%s", number);
	snprintf(far->call.dialled, sizeof(far->call.dialled), "%s", number);
	far->state = LEG_RINGING;
	l->state = LEG_CALLING;
	if (device)
		telephone_ring(device, &far->call);
	else
		leg_tell(far, EXCHANGE_RINGS);
	if (phone && phone->answer_ms != EXCHANGE_NEVER)
		leg_timer(far, phone->answer_ms);
	return ROUTE_FOUND;
}

// The number is kept, and the handset taken to be down again.
static void set_forward(struct leg *l, const char *number)
{
	struct memory *m = memory_of(l->x, l->device->name);
	if (m) {
		snprintf(m->forward, sizeof(m->forward), "%s", number);
		telephone_forward(l->device, m->forward);
	}
	leg_hang_up(l);
}

void leg_dial(struct leg *l, const char *number)
{
	struct memory *m = l->device ? memory_of(l->x, l->device->name) : NULL;
	if (l->forwards) {
		set_forward(l, number);
		return;
	}
	if (m)
		snprintf(m->last, sizeof(m->last), "%s", number);
	l->call.outgoing = true;
	enum route found = ring(l, number);
	if (found != ROUTE_FOUND)
		fail(l, found);
	else if (l->device)
		telephone_proceed(l->device, &l->call, number);
}

static void join(struct leg *l)
{
	l->state = LEG_TALKING;
	if (!l->device)
		return;
	if (agent_dialect(l->device)->opens_early)
		leg_media_on(l);
	telephone_connect(l->device, &l->call);
}

void leg_answer(struct leg *l)
{
	struct leg *far = l->far;
	if (l->state != LEG_RINGING || !far)
		return;
	l->x->counts.calls++;
	bool waits = far->state == LEG_CALLING; // not connected before, as who was transferred blindly is
	join(l);
	if (waits)
		join(far);
	else
		leg_media_move(far);
	leg_media_on(l);
}

static void release(struct leg *l)
{
	struct exchange_phone *p = l->phone;
	for (struct leg *child = l->x->legs; child; child = child->next)
		if (child->parent == l)
			child->parent = NULL;
	leg_media_off(l);
	if (l->device)
		telephone_release(l->device, &l->call);
	leg_free(l);
	if (p && !p->leg)
		p->told(p, EXCHANGE_GONE, NULL);
}

void leg_hang_up(struct leg *l)
{
	struct leg *far = l->far;
	if (far)
		far->far = NULL;
	l->far = NULL;
	release(l);
	if (far)
		release(far);
}

void leg_hold(struct leg *l)
{
	struct leg *far = l->far;
	if (l->state != LEG_TALKING || !far)
		return;
	leg_media_off(l);
	l->state = LEG_HELD;
	if (l->device)
		telephone_hold(l->device, &l->call);
	if (far->phone || agent_dialect(far->device)->holds_far)
		leg_media_off(far);
}

void leg_resume(struct leg *l)
{
	if (l->state != LEG_HELD || !l->far)
		return;
	join(l);
	leg_media_on(l);
}

// The far side of `l` gets another one; `l` is out.
bool leg_transfer(struct leg *l, const char *number)
{
	struct leg *other = l->far;
	if (l->state != LEG_TALKING || !other)
		return false;
	enum leg_state before = other->state;
	enum route found = ring(other, number);
	if (found != ROUTE_FOUND)
		return false;
	other->state = before; // it is connected, and hears nothing until somebody answers
	l->far = NULL;
	if (other->device && agent_dialect(other->device)->redirects)
		leg_media_stop(other);
	else
		leg_media_off(other);
	if (other->device)
		telephone_far_side(other->device, &other->call);
	release(l);
	return true;
}

struct leg *leg_consult(struct leg *l)
{
	if (l->state != LEG_TALKING)
		return NULL;
	struct leg *second = leg_new(l->x, l->device, l->phone);
	if (!second)
		return NULL;
	leg_hold(l);
	second->parent = l;
	return second;
}

bool leg_complete(struct leg *l)
{
	struct leg *first = l->parent, *held = first ? first->far : NULL, *other = l->far;
	if (!held || !other || (l->state != LEG_TALKING && l->state != LEG_CALLING))
		return false;
	l->far = first->far = NULL;
	l->parent = NULL;
	pair(held, other);
	introduce(held);
	introduce(other);
	if (held->device)
		telephone_far_side(held->device, &held->call);
	if (other->device)
		telephone_far_side(other->device, &other->call);
	release(l);
	release(first);
	leg_media_move(held);
	leg_media_move(other);
	leg_media_on(held);
	return true;
}

void leg_on_time(struct leg *l)
{
	if (l->state == LEG_RINGING)
		leg_answer(l);
	else if (l->state == LEG_DIALING && l->digits[0])
		leg_dial(l, l->digits);
}
