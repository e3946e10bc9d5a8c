// SPDX-License-Identifier: GPL-3.0-or-later
// reg.c - Registration FSM of one device.
//
// The sequence after the TCP connection is that of an IOS media resource: Register and IpPort 0; on CapabilitiesReq
// MediaResourceNotification first, then VersionReq and CapabilitiesRes. A line sends its capabilities alone and goes on
// with the questions of a telephone: line.c.
//
// A lost agent never ends media: parties become orphans until an agent speaks of them again or they fall silent, and the
// agent is told the capacity less the orphans. With switch-over "immediate" the device registers with the next agent at
// once; with "graceful" it tries the one it lost, and no other, until its last call has ended.
// Falling back to a better agent, and a standby for the worse case, are reg_spare.c's.
#include "control/reg.h"

#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/dispatch.h"
#include "control/line.h"
#include "control/reg_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define UNREGISTER_NS (2 * NSEC_PER_SEC)  // for UnregisterAck: some agents never send one
#define FLAP_NS       (15 * NSEC_PER_SEC) // a registration that did not last so long was not one

enum reg_event {
	EVENT_BEGIN, // told to
	EVENT_START, // back-off over, and it is this device's turn
	EVENT_UP,
	EVENT_DOWN,
	EVENT_ACK,
	EVENT_REJECT,
	EVENT_CAPABILITIES_REQ,
	EVENT_TIMEOUT,
	EVENT_SILENT, // KeepAlives unanswered
	EVENT_LEAVE,
	EVENT_LEFT,    // UnregisterAck
	EVENT_REFUSED, // UnregisterAck: not now
	EVENT_AGAIN,   // from the start of the list
	EVENT_SWITCH,  // over the probe's connection
	EVENT_COUNT
};

struct reg_data {
	nsec_t now;
	const struct sccp_msg *message;
	const char *why;
};

static void feed(struct device *d, enum reg_event event, const struct reg_data *data);

// A plain event that carries only the time.
static void feed_now(struct device *d, enum reg_event event, nsec_t now)
{
	struct reg_data data = {.now = now};
	feed(d, event, &data);
}

static void arm(struct device *d, nsec_t due)
{
	timer_start(&d->core->timers, &d->reg.timer, due);
}

static void disarm(struct device *d)
{
	timer_stop(&d->core->timers, &d->reg.timer);
	timer_stop(&d->core->timers, &d->reg.keepalive);
	timer_stop(&d->core->timers, &d->reg.switchback);
	timer_stop(&d->core->timers, &d->reg.notify);
	timer_stop(&d->core->timers, &d->reg.reset);
}

// ---- connections ----

static void drop_link(struct device *d)
{
	reg_close_link(d, &d->reg.link);
	d->reg.serial++; // stops whoever works on its input
}

static void on_up(void *object, const struct addr *local, nsec_t now)
{
	struct device *d = object;
	d->reg.local = *local;
	device_count(d, COUNT_connects);
	feed_now(d, EVENT_UP, now);
}

static void on_down(void *object, const char *why, nsec_t now)
{
	struct device *d = object;
	d->reg.link = NULL;
	d->reg.serial++;
	feed(d, EVENT_DOWN, &(struct reg_data){.now = now, .why = why});
}

static long on_input(void *object, const uint8_t *bytes, size_t len, nsec_t now)
{
	return dispatch_input(object, bytes, len, now);
}

static const struct link_user link_user = {.up = on_up, .down = on_down, .input = on_input};

static void wait_for(struct device *d, nsec_t delay, nsec_t now)
{
	disarm(d);
	arm(d, now + delay);
	device_changed(d, now);
}

// ---- actions: connecting ----

static void failed(struct device *d, enum agents_failure what, const char *why, nsec_t now)
{
	bool moved;
	snprintf(d->reg.why, sizeof(d->reg.why), "%s", why ? why : "");
	bool held = d->group->switchover == CONFIG_SWITCHOVER_GRACEFUL && d->party_count;
	const char *agent = agents_current(&d->agents)->name;
	nsec_t delay = agents_failed(&d->agents, what, held, &moved);
	if (moved)
		device_count(d, COUNT_failovers);
	if (reg_spare_standby_ready(d))
		delay = 0;
	log_warning(d->name, "agent failed", "agent=%s why=\"%s\" next=%s wait_ms=%u", agent, d->reg.why,
		    agents_current(&d->agents)->name, (unsigned int)(delay / NSEC_PER_MSEC));
	wait_for(d, delay, now);
}

// Connects when it is this device's turn: hundreds of them must not fall upon an agent in one instant.
static void take_turn(struct device *d, nsec_t now)
{
	nsec_t turn = d->reg.has_turn ? now : core_connect_turn(d->core, now);
	d->reg.has_turn = turn > now;
	if (turn > now)
		arm(d, turn);
	else
		feed_now(d, EVENT_START, now);
}

static void act_begin(void *object, const void *data)
{
	struct device *d = object;
	d->reg.has_turn = false;
	take_turn(d, ((const struct reg_data *)data)->now);
}

static void act_connect(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	disarm(d);
	d->reg.serial++;
	d->reg.version = 0;
	if (reg_spare_take_standby(d)) {
		d->core->links.set_user(d->core->links.context, d->reg.link, &link_user, d);
		feed_now(d, EVENT_UP, now);
		return;
	}
	int rc = d->core->links.open(d->core->links.context, agents_current(&d->agents),
				     d->group->connect_timeout_ms, &link_user, d, &d->reg.link);
	if (rc) {
		d->reg.link = NULL;
		feed(d, EVENT_DOWN, &(struct reg_data){.now = now, .why = strerror(-rc)});
		return;
	}
	device_changed(d, now);
}

static void act_connect_failed(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	device_count(d, COUNT_connect_failed);
	failed(d, AGENTS_CONNECT, e->why, e->now);
}

// ---- actions: registering ----

static void act_register(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	reg_say_register(d, now);
	arm(d, now + d->group->register_timeout_ms * NSEC_PER_MSEC);
	device_changed(d, now);
}

static void act_register_timeout(void *object, const void *data)
{
	struct device *d = object;
	drop_link(d);
	d->reg.cause = REG_CAUSE_REGISTER;
	device_count(d, COUNT_register_timeout);
	failed(d, AGENTS_REGISTER, "no answer to Register", ((const struct reg_data *)data)->now);
}

static void act_register_down(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	d->reg.cause = reg_cause_of(e->why);
	device_count(d, COUNT_connection_lost);
	failed(d, AGENTS_REGISTER, e->why, e->now);
}

// The text is all an agent tells; it goes to the operator as it is.
static void act_rejected(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	drop_link(d);
	device_orphan_all(d, e->now); // it may have accepted, and set up calls, before
	d->reg.cause = REG_CAUSE_REJECTED;
	device_count(d, COUNT_register_rejected);
	snprintf(d->reg.reject, sizeof(d->reg.reject), "%s", e->message->register_reject.text);
	char why[96];
	snprintf(why, sizeof(why), "rejected: %s", d->reg.reject[0] ? d->reg.reject : "no reason given");
	failed(d, AGENTS_REGISTER, why, e->now);
}

static void act_accepted(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	const struct sccp_register_ack *ack = &e->message->register_ack;
	struct reg *r = &d->reg;
	r->version = (uint8_t)sccp_version_negotiate(device_version(d), ack->protocol_version);
	r->keepalive_ms = reg_keepalive_ms(d, ack->keep_alive_interval);
	r->unanswered = 0;
	r->reset_waits = 0;
	r->acks_keepalive = false;
	r->reject[0] = '\0';
	r->why[0] = '\0';
	agents_succeeded(&d->agents);
	device_count(d, COUNT_registered);
	arm(d, e->now + d->group->register_timeout_ms * NSEC_PER_MSEC);
	timer_start(&d->core->timers, &r->keepalive, e->now + r->keepalive_ms * NSEC_PER_MSEC);
	r->registered = e->now;
	reg_spare_registered(d, ack->secondary_keep_alive_interval, e->now);
	if (d->orphan_count && !d->orphans.armed) // a device that comes and goes must not put off their end
		timer_start(&d->core->timers, &d->orphans,
			    e->now + d->core->config->control.orphan_ms * NSEC_PER_MSEC);
	log_notice(d->name, "registered", "agent=%s version=%u keepalive_s=%u",
		   agents_current(&d->agents)->name, r->version, r->keepalive_ms / 1000);
	device_changed(d, e->now);
}

// ---- actions: capabilities ----

static void act_capabilities(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	timer_stop(&d->core->timers, &d->reg.timer);
	if (!d->line) {
		reg_say_notification(d, now);
		reg_say(d, SCCP_VERSION_REQ, now);
	}
	reg_say_capabilities(d, now);
	device_changed(d, now);
	if (d->line)
		line_registered(d->line, now);
}

// Some agents never ask; they may still send media requests, so the device counts as in service.
static void act_capabilities_timeout(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	device_count(d, COUNT_capabilities_timeout);
	reg_say_notification(d, now);
	device_changed(d, now);
	if (d->line)
		line_registered(d->line, now);
}

// ---- actions: losing the agent ----

static void lost(struct device *d, enum agents_failure what, const char *why, nsec_t now)
{
	reg_spare_drop_probe(d);
	device_orphan_all(d, now);
	failed(d, what, why, now);
}

static void act_lost(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	d->reg.cause = reg_cause_of(e->why);
	device_count(d, COUNT_connection_lost);
	if (e->now - d->reg.registered >= FLAP_NS)
		return lost(d, AGENTS_LOST, e->why, e->now);
	char why[96];
	snprintf(why, sizeof(why), "%.48s soon after registration", e->why ? e->why : "lost");
	device_count(d, COUNT_register_flaps);
	lost(d, AGENTS_FLAPPED, why, e->now);
}

static void act_silent(void *object, const void *data)
{
	struct device *d = object;
	drop_link(d);
	d->reg.cause = REG_CAUSE_KEEPALIVE;
	device_count(d, COUNT_keepalive_lost);
	lost(d, AGENTS_LOST, "agent does not answer KeepAlive", ((const struct reg_data *)data)->now);
}

// ---- actions: leaving ----

static void act_unregister(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	disarm(d);
	if (d->reg.leave != REG_LEAVE_FALL_BACK) {
		reg_spare_drop_probe(d);
		reg_spare_drop_standby(d);
	}
	reg_say(d, SCCP_UNREGISTER, now);
	device_count(d, COUNT_unregisters);
	arm(d, now + UNREGISTER_NS);
	device_changed(d, now);
}

// Leaves an agent that has not accepted the device: there is nothing to unregister from.
static void act_abort(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	drop_link(d);
	reg_spare_drop_probe(d);
	reg_spare_drop_standby(d);
	disarm(d);
	device_changed(d, now);
	if (d->reg.leave != REG_LEAVE_STOP)
		feed_now(d, EVENT_AGAIN, now);
}

static void act_left(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	drop_link(d);
	disarm(d);
	device_orphan_all(d, now);
	device_changed(d, now);
	if (d->reg.leave == REG_LEAVE_RESET)
		feed_now(d, EVENT_AGAIN, now);
	else if (d->reg.leave == REG_LEAVE_FALL_BACK)
		feed_now(d, EVENT_SWITCH, now);
	else
		reg_spare_drop_probe(d);
}

static void act_again(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	wait_for(d, agents_restart(&d->agents), now);
}

// Goes on over the connection that probed the better agent; it may have ended meanwhile.
static void act_switch(void *object, const void *data)
{
	struct device *d = object;
	nsec_t now = ((const struct reg_data *)data)->now;
	struct reg *r = &d->reg;
	d->reg.cause = REG_CAUSE_FALL_BACK;
	agents_fall_back(&d->agents);
	device_count(d, COUNT_fallbacks);
	reg_spare_take_probe(d);
	r->version = 0;
	if (!r->link) {
		feed(d, EVENT_DOWN, &(struct reg_data){.now = now, .why = "connection lost in switch-back"});
		return;
	}
	d->core->links.set_user(d->core->links.context, r->link, &link_user, d);
	feed_now(d, EVENT_UP, now);
}

// The agent wants to keep us: a call is up there that we do not see. Asked again after the next probe.
static void act_stay(void *object, const void *data)
{
	struct device *d = object;
	const struct reg_data *e = data;
	device_count(d, COUNT_unregister_refused);
	reg_spare_drop_probe(d);
	timer_stop(&d->core->timers, &d->reg.timer);
	timer_start(&d->core->timers, &d->reg.keepalive, e->now + d->reg.keepalive_ms * NSEC_PER_MSEC);
	timer_start(&d->core->timers, &d->reg.switchback,
		    e->now + d->group->switchback_interval_ms * NSEC_PER_MSEC);
	device_changed(d, e->now);
}

// ---- the table ----

static const char *const state_names[] = {"idle",         "waiting",    "connecting",   "registering",
					  "capabilities", "in-service", "unregistering"};
static const char *const event_names[] = {
	"begin",   "start",  "up",    "down", "ack",     "reject", "capabilities-req",
	"timeout", "silent", "leave", "left", "refused", "again",  "switch"};

static const struct fsm_row rows[] = {
	{REG_IDLE, EVENT_BEGIN, act_begin, REG_WAITING},
	{REG_IDLE, EVENT_AGAIN, act_again, REG_WAITING},
	{REG_IDLE, EVENT_SWITCH, act_switch, REG_CONNECTING},
	{REG_IDLE, EVENT_LEAVE, NULL, FSM_STAY},
	{REG_WAITING, EVENT_START, act_connect, REG_CONNECTING},
	{REG_WAITING, EVENT_LEAVE, act_abort, REG_IDLE},
	{REG_CONNECTING, EVENT_UP, act_register, REG_REGISTERING},
	{REG_CONNECTING, EVENT_DOWN, act_connect_failed, REG_WAITING},
	{REG_CONNECTING, EVENT_LEAVE, act_abort, REG_IDLE},
	{REG_REGISTERING, EVENT_ACK, act_accepted, REG_CAPABILITIES},
	{REG_REGISTERING, EVENT_REJECT, act_rejected, REG_WAITING},
	{REG_REGISTERING, EVENT_TIMEOUT, act_register_timeout, REG_WAITING},
	{REG_REGISTERING, EVENT_DOWN, act_register_down, REG_WAITING},
	{REG_REGISTERING, EVENT_LEAVE, act_abort, REG_IDLE},
	{REG_CAPABILITIES, EVENT_CAPABILITIES_REQ, act_capabilities, REG_IN_SERVICE},
	{REG_CAPABILITIES, EVENT_TIMEOUT, act_capabilities_timeout, REG_IN_SERVICE},
	{REG_CAPABILITIES, EVENT_REJECT, act_rejected, REG_WAITING},
	{REG_CAPABILITIES, EVENT_DOWN, act_lost, REG_WAITING},
	{REG_CAPABILITIES, EVENT_SILENT, act_silent, REG_WAITING},
	{REG_CAPABILITIES, EVENT_LEAVE, act_unregister, REG_UNREGISTERING},
	{REG_IN_SERVICE, EVENT_CAPABILITIES_REQ, act_capabilities, FSM_STAY},
	{REG_IN_SERVICE, EVENT_DOWN, act_lost, REG_WAITING},
	{REG_IN_SERVICE, EVENT_SILENT, act_silent, REG_WAITING},
	{REG_IN_SERVICE, EVENT_LEAVE, act_unregister, REG_UNREGISTERING},
	{REG_UNREGISTERING, EVENT_LEFT, act_left, REG_IDLE},
	{REG_UNREGISTERING, EVENT_TIMEOUT, act_left, REG_IDLE},
	{REG_UNREGISTERING, EVENT_DOWN, act_left, REG_IDLE},
	{REG_UNREGISTERING, EVENT_REFUSED, act_stay, REG_IN_SERVICE},
	{REG_UNREGISTERING, EVENT_LEAVE, NULL, FSM_STAY},
};

const struct fsm_table reg_table = {
	.name = "registration",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = REG_STATE_COUNT,
	.event_count = EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *reg_state_name(unsigned int state)
{
	return fsm_state_name(&reg_table, (uint16_t)state);
}

// ---- timers ----

static void on_timer(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	if (d->reg.fsm.state == REG_WAITING)
		take_turn(d, now);
	else
		feed_now(d, EVENT_TIMEOUT, now);
}

// Anything received counts as life. An agent that never acknowledged a KeepAlive is not declared dead for it: old ones
// never do, and TCP's own keepalive finds the broken path.
static void on_keepalive(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	struct reg *r = &d->reg;
	if (r->acks_keepalive && r->unanswered >= d->group->keepalive_retries) {
		feed_now(d, EVENT_SILENT, now);
		return;
	}
	r->unanswered++;
	timer_start(&d->core->timers, &r->keepalive, now + r->keepalive_ms * NSEC_PER_MSEC);
	reg_say(d, SCCP_KEEP_ALIVE, now);
	device_count(d, COUNT_keepalives);
}

void reg_leave(struct device *d, enum reg_leave why, nsec_t now)
{
	d->reg.leave = why;
	feed_now(d, EVENT_LEAVE, now);
}

// ---- the door ----

static void feed(struct device *d, enum reg_event event, const struct reg_data *data)
{
	uint16_t before = d->reg.fsm.state;
	fsm_event(&d->reg.fsm, event, data);
	if (d->reg.fsm.state != before)
		d->reg.since = data->now;
}

void reg_init(struct reg *r, struct device *d)
{
	*r = (struct reg){.cause = REG_CAUSE_NEW};
	fsm_init(&r->fsm, &reg_table, NULL, d);
	timer_init(&r->timer, on_timer, d);
	timer_init(&r->keepalive, on_keepalive, d);
	reg_spare_init(d);
	timer_init(&r->notify, reg_on_notify, d);
	timer_init(&r->reset, reg_on_calls_over, d);
}

void reg_fini(struct reg *r)
{
	struct device *d = r->fsm.object;
	disarm(d);
	reg_spare_drop_probe(d);
	reg_spare_drop_standby(d);
	drop_link(d);
}

void reg_start(struct device *d, nsec_t now)
{
	feed_now(d, EVENT_BEGIN, now);
}

void reg_stop(struct device *d, nsec_t now)
{
	reg_leave(d, REG_LEAVE_STOP, now);
}

bool reg_is_registered(const struct device *d)
{
	return d->reg.fsm.state == REG_CAPABILITIES || d->reg.fsm.state == REG_IN_SERVICE;
}

void reg_on_ack(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	feed(d, EVENT_ACK, &(struct reg_data){.now = now, .message = m});
}

void reg_on_reject(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	feed(d, EVENT_REJECT, &(struct reg_data){.now = now, .message = m});
}

void reg_on_capabilities_req(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	feed(d, EVENT_CAPABILITIES_REQ, &(struct reg_data){.now = now, .message = m});
}

void reg_on_keepalive_ack(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	d->reg.acks_keepalive = true;
	device_count(d, COUNT_keepalive_acks);
}

void reg_on_unregister_ack(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	bool refused = m->unregister_ack.status == SCCP_UNREGISTER_STATUS_NAK;
	feed_now(d, refused && d->reg.leave == REG_LEAVE_FALL_BACK ? EVENT_REFUSED : EVENT_LEFT, now);
}
