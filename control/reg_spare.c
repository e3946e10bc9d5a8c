// SPDX-License-Identifier: GPL-3.0-or-later
// reg_spare.c - Second connections of a registration: a look at a better agent, and a standby at the next one.
//
// Falling back probes the better agent by a TCP connection; only when that stands, and the switch-back rule allows it, the
// device unregisters and registers over the probe's connection. A telephone asks for a token before: the agent may
// refuse, and say when to ask again. Agents that know no tokens do not answer, and silence is consent.
//
// A telephone's standby is an idle connection to the next agent of the list that carries KeepAlives alone. When the agent
// is lost it registers there over the connection that stands already.
#include <errno.h>
#include <stdio.h>

#include "control/device.h"
#include "control/reg_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define TOKEN_NS         (5 * NSEC_PER_SEC) // for the answer to RegisterTokenReq
#define TOKEN_WAIT_MAX_S 3600
#define TOKEN_VERSION    17           // whose layout has the wide address: agents read either
#define STANDBY_NS       NSEC_PER_SEC // after a registration

// Over a connection that is not the device's.
static void say_over(struct device *d, struct link *link, const struct sccp_msg *m, nsec_t now)
{
	uint8_t pdu[SCCP_PDU_MAX];
	const struct hooks *h = &d->core->hooks;
	int len = sccp_encode(m, TOKEN_VERSION, pdu, sizeof(pdu));
	if (len <= 0 || d->core->links.send(d->core->links.context, link, pdu, (size_t)len)) {
		device_count(d, COUNT_tx_refused);
		return;
	}
	device_count(d, COUNT_tx_messages);
	if (h->message)
		h->message(h->context, d, true, pdu, (size_t)len, now);
}

// Hands each whole message to `take` as long as the link is there. What agents say there unasked is not wanted.
static long read_over(struct device *d, struct link *const *link, const uint8_t *bytes, size_t len,
		      nsec_t now, void (*take)(struct device *d, const struct sccp_msg *m, nsec_t now))
{
	const struct link *before = *link;
	size_t used = 0;
	while (used < len && *link == before) {
		const uint8_t *pdu;
		size_t pdu_len, consumed;
		struct sccp_msg m;
		int rc = sccp_frame_next(bytes + used, len - used, &pdu, &pdu_len, &consumed);
		if (rc == 0)
			break;
		if (rc < 0 && rc != SCCP_BAD_LENGTH)
			return -EPROTO;
		used += consumed;
		if (rc > 0 && sccp_decode(pdu, pdu_len, 0, &m) >= 0)
			take(d, &m, now);
	}
	return *link == before ? (long)used : (long)len;
}

// ---- a better agent ----

void reg_spare_drop_probe(struct device *d)
{
	reg_close_link(d, &d->reg.probe);
	timer_stop(&d->core->timers, &d->reg.token);
	d->reg.probe_up = d->reg.token_asked = false;
}

void reg_spare_take_probe(struct device *d)
{
	struct reg *r = &d->reg;
	timer_stop(&d->core->timers, &r->token);
	r->link = r->probe;
	r->local = r->probe_local;
	r->probe = NULL;
	r->probe_up = r->token_asked = false;
}

static void look_again(struct device *d, nsec_t delay, nsec_t now)
{
	timer_start(&d->core->timers, &d->reg.switchback, now + delay);
}

// The better agent has nothing against it: goes there, if our own calls have not either.
static void fall_back(struct device *d, nsec_t now)
{
	if (d->reg.fsm.state == REG_IN_SERVICE && agents_may_fall_back(&d->agents, !d->party_count, now))
		reg_leave(d, REG_LEAVE_FALL_BACK, now);
	else
		reg_spare_drop_probe(d);
}

static void ask_token(struct device *d, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_REGISTER_TOKEN_REQ);
	struct sccp_register_token_req *r = &m.register_token_req;
	snprintf(r->station_device_name, sizeof(r->station_device_name), "%s", d->name);
	r->station_instance = 1;
	if (d->reg.probe_local.family == ADDR_IPV4)
		r->station_ip = d->reg.probe_local;
	else if (d->reg.probe_local.family == ADDR_IPV6)
		r->station_ip_v6_addr = d->reg.probe_local;
	r->device_type = d->config->type;
	d->reg.token_asked = true;
	device_count(d, COUNT_tokens);
	timer_start(&d->core->timers, &d->reg.token, now + TOKEN_NS);
	say_over(d, d->reg.probe, &m, now);
}

static void on_token_timer(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	d->reg.token_asked = false;
	fall_back(d, now);
}

static void on_token_answer(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	if (!d->reg.token_asked)
		return;
	if (m->id == SCCP_REGISTER_TOKEN_ACK) {
		timer_stop(&d->core->timers, &d->reg.token);
		d->reg.token_asked = false;
		fall_back(d, now);
	} else if (m->id == SCCP_REGISTER_TOKEN_REJECT) {
		uint32_t wait_s = m->register_token_reject.wait_time_before_next_req;
		device_count(d, COUNT_token_rejected);
		log_info(d->name, "agent refuses to have it back", "wait_s=%u", wait_s);
		reg_spare_drop_probe(d);
		if (wait_s && wait_s <= TOKEN_WAIT_MAX_S)
			look_again(d, wait_s * NSEC_PER_SEC, now);
	}
}

static void on_probe_up(void *object, const struct addr *local, nsec_t now)
{
	struct device *d = object;
	d->reg.probe_up = true;
	d->reg.probe_local = *local;
	if (d->line && d->reg.fsm.state == REG_IN_SERVICE &&
	    agents_may_fall_back(&d->agents, !d->party_count, now))
		ask_token(d, now);
	else
		fall_back(d, now);
}

static void on_probe_down(void *object, const char *why, nsec_t now)
{
	struct device *d = object;
	d->reg.probe = NULL;
	reg_spare_drop_probe(d);
	agents_better_gone(&d->agents);
}

static long on_probe_input(void *object, const uint8_t *bytes, size_t len, nsec_t now)
{
	struct device *d = object;
	return read_over(d, &d->reg.probe, bytes, len, now, on_token_answer);
}

static const struct link_user probe_user = {
	.up = on_probe_up, .down = on_probe_down, .input = on_probe_input};

static void on_switchback(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	const struct config_agent *better = agents_better(&d->agents);
	if (!better)
		return;
	look_again(d, d->group->switchback_interval_ms * NSEC_PER_MSEC, now);
	bool waits = d->group->switchback == CONFIG_SWITCHBACK_GRACEFUL && d->party_count;
	if (d->reg.fsm.state != REG_IN_SERVICE || d->reg.probe || waits)
		return;
	if (d->core->links.open(d->core->links.context, better, d->group->connect_timeout_ms, &probe_user, d,
				&d->reg.probe))
		d->reg.probe = NULL;
}

// ---- the next agent ----

static void arm(struct device *d, nsec_t due)
{
	timer_start(&d->core->timers, &d->reg.standby_timer, due);
}

void reg_spare_drop_standby(struct device *d)
{
	struct reg *r = &d->reg;
	timer_stop(&d->core->timers, &r->standby_timer);
	reg_close_link(d, &r->standby);
	r->standby_up = false;
	r->standby_agent = NULL;
}

bool reg_spare_standby_ready(const struct device *d)
{
	return d->reg.standby_up && d->reg.standby_agent == agents_current(&d->agents);
}

bool reg_spare_take_standby(struct device *d)
{
	struct reg *r = &d->reg;
	bool ready = reg_spare_standby_ready(d);
	if (ready) {
		r->link = r->standby;
		r->local = r->standby_local;
		r->standby = NULL;
	}
	if (r->standby_agent == agents_current(&d->agents))
		reg_spare_drop_standby(d);
	return ready;
}

// Gone, or never there: looked for again as often as a better agent is.
static void standby_gone(struct device *d, nsec_t now)
{
	struct reg *r = &d->reg;
	if (r->standby_up)
		device_count(d, COUNT_standby_lost);
	r->standby_up = false;
	arm(d, now + agents_jitter(&d->agents, d->group->switchback_interval_ms * NSEC_PER_MSEC));
}

static void standby_keepalive(struct device *d, nsec_t now)
{
	struct sccp_msg m;
	struct reg *r = &d->reg;
	sccp_init(&m, SCCP_KEEP_ALIVE);
	r->standby_unanswered++;
	arm(d, now + r->secondary_ms * NSEC_PER_MSEC);
	say_over(d, r->standby, &m, now);
	device_count(d, COUNT_keepalives);
}

static void on_standby_up(void *object, const struct addr *local, nsec_t now)
{
	struct device *d = object;
	d->reg.standby_up = true;
	d->reg.standby_local = *local;
	d->reg.standby_unanswered = 0;
	d->reg.standby_acks = false;
	device_count(d, COUNT_standby_connects);
	standby_keepalive(d, now);
}

static void on_standby_down(void *object, const char *why, nsec_t now)
{
	struct device *d = object;
	d->reg.standby = NULL;
	standby_gone(d, now);
}

static void on_standby_message(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	d->reg.standby_unanswered = 0;
	if (m->id != SCCP_KEEP_ALIVE_ACK)
		return;
	d->reg.standby_acks = true;
	device_count(d, COUNT_keepalive_acks);
}

static long on_standby_input(void *object, const uint8_t *bytes, size_t len, nsec_t now)
{
	struct device *d = object;
	return read_over(d, &d->reg.standby, bytes, len, now, on_standby_message);
}

static const struct link_user standby_user = {
	.up = on_standby_up, .down = on_standby_down, .input = on_standby_input};

static void on_standby_timer(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	struct reg *r = &d->reg;
	if (r->standby_up && r->standby_acks && r->standby_unanswered >= d->group->keepalive_retries) {
		reg_close_link(d, &r->standby);
		standby_gone(d, now);
	} else if (r->standby_up) {
		standby_keepalive(d, now);
	} else if (!r->standby &&
		   d->core->links.open(d->core->links.context, r->standby_agent, d->group->connect_timeout_ms,
				       &standby_user, d, &r->standby)) {
		r->standby = NULL;
		standby_gone(d, now);
	}
}

// ---- the door ----

void reg_spare_registered(struct device *d, uint32_t secondary_s, nsec_t now)
{
	struct reg *r = &d->reg;
	const struct config_agent *next = agents_next(&d->agents);
	if (agents_better(&d->agents))
		look_again(d, d->group->switchback_interval_ms * NSEC_PER_MSEC, now);
	if (!d->line || !d->group->standby)
		next = NULL;
	r->secondary_ms = secondary_s ? reg_keepalive_ms(d, secondary_s) : r->keepalive_ms;
	if (r->standby_agent == next)
		return;
	reg_spare_drop_standby(d);
	r->standby_agent = next;
	if (next)
		arm(d, now + agents_jitter(&d->agents, STANDBY_NS));
}

void reg_spare_init(struct device *d)
{
	timer_init(&d->reg.switchback, on_switchback, d);
	timer_init(&d->reg.token, on_token_timer, d);
	timer_init(&d->reg.standby_timer, on_standby_timer, d);
}
