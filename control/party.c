// SPDX-License-Identifier: GPL-3.0-or-later
// party.c - Media FSM of one party: opening, open, sending, closing.
//
// party_spec says what the agent's messages add up to; `applied` is what the stream does. Every event ends in one of
// three: they agree and answers go out, they differ and the dataplane is asked, or nothing is wanted and the
// stream is closed. At most one request is under way, so changes that come meanwhile are one change later.
#include "control/party.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/line_action.h"
#include "control/party_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define PATIENCE_NS DP_TIMEOUT_NS // an agent waits no longer for an answer while the dataplane is away

uint32_t party_id(const struct party *p)
{
	return p->rx.named ? p->rx.party_id : p->tx.party_id;
}

const char *party_mode(const struct party *p)
{
	static const char *const names[] = {"inactive", "recvonly", "sendonly", "sendrecv"};
	return names[p->rx.open + 2 * p->tx.open];
}

void party_feed(struct party *p, enum party_event event, nsec_t now)
{
	struct party_data data = {.now = now};
	fsm_event(&p->fsm, event, &data);
}

static struct dp *dataplane(const struct party *p)
{
	return &p->device->core->dp;
}

static void changed(const struct party *p, nsec_t now)
{
	const struct hooks *h = &p->device->core->hooks;
	if (h->party_changed)
		h->party_changed(h->context, p, now);
}

// ---- life ----

static void on_keep(struct timer *t, nsec_t now)
{
	struct party *p = t->object;
	p->kept = false;
	party_feed(p, PARTY_WANT, now);
}

static void on_patience(struct timer *t, nsec_t now)
{
	struct party *p = t->object;
	struct party_data data = {.now = now, .why = REFUSAL_dataplane_away};
	fsm_event(&p->fsm, PARTY_FAILED, &data);
}

struct party *party_new(struct device *d, struct conference *c, uint32_t call_reference, nsec_t now)
{
	struct party *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->device = d;
	p->call_reference = call_reference;
	p->conference_id = c->conference_id;
	p->dscp = d->core->config->media.dscp;
	p->created = now;
	fsm_init(&p->fsm, &party_table, NULL, p);
	timer_init(&p->keep, on_keep, p);
	timer_init(&p->patience, on_patience, p);
	list_init(&p->in_device);
	list_init(&p->in_conference);
	list_init(&p->noted);
	list_init(&p->shrunk);
	if (call_reference && index_put(&d->calls, &p->by_call, call_reference)) {
		free(p);
		return NULL;
	}
	list_push_back(&d->party_list, &p->in_device);
	d->party_count++;
	confer_join(c, p, now);
	return p;
}

int party_name_side(struct party *p, struct party_side *side, uint32_t id)
{
	bool rx = side == &p->rx;
	int rc = rx ? index_put(&p->device->rx_parties, &p->by_rx, id)
		    : index_put(&p->device->tx_parties, &p->by_tx, id);
	if (rc)
		return rc;
	side->named = true;
	side->party_id = id;
	return 0;
}

// Without memory the party is found by its ids only.
void party_set_call(struct party *p, uint32_t call_reference)
{
	if (p->call_reference == call_reference)
		return;
	if (p->call_reference)
		index_drop(&p->device->calls, &p->by_call);
	p->call_reference = 0;
	if (call_reference && !index_put(&p->device->calls, &p->by_call, call_reference))
		p->call_reference = call_reference;
}

// Leaves every place by which it can be found, so that its ids and its place in the conference are free at once.
static void detach(struct party *p, nsec_t now)
{
	struct device *d = p->device;
	struct conference *c = p->conference;
	if (!c)
		return;
	if (p->call_reference)
		index_drop(&d->calls, &p->by_call);
	if (p->rx.named)
		index_drop(&d->rx_parties, &p->by_rx);
	if (p->tx.named)
		index_drop(&d->tx_parties, &p->by_tx);
	list_remove(&p->in_device);
	list_remove(&p->shrunk);
	d->party_count--;
	if (p->orphan) {
		d->orphan_count--;
		reg_capacity_changed(d, now);
	}
	timer_stop(&d->core->timers, &p->keep);
	timer_stop(&d->core->timers, &p->patience);
	struct visit *v = p->visit;
	if (v)
		visit_party_leaving(v, p, now);
	confer_leave(c, p, now);
	if (p->left)
		confer_release(p->left, now);
	p->left = NULL;
	p->visit = NULL;
	if (v)
		visit_party_gone(v, p, now);
}

static void drop_stream(struct party *p)
{
	if (p->stream)
		index_drop(&p->device->core->streams, &p->by_stream);
	p->stream = 0;
}

static void finish(struct party *p, const struct stream_stats *last, nsec_t now)
{
	const struct hooks *h = &p->device->core->hooks;
	detach(p, now);
	drop_stream(p);
	dp_abandon(dataplane(p), p->request);
	party_figures_end(p, last, now);
	dp_abandon(dataplane(p), p->dial_request);
	list_remove(&p->in_device);
	list_remove(&p->noted);
	if (h->party_gone)
		h->party_gone(h->context, p, last, now);
	free(p);
}

void party_discard(struct party *p)
{
	struct device *d = p->device;
	timer_stop(&d->core->timers, &p->keep);
	timer_stop(&d->core->timers, &p->patience);
	dp_abandon(dataplane(p), p->request);
	dp_abandon(dataplane(p), p->stats_request);
	dp_abandon(dataplane(p), p->dial_request);
	drop_stream(p);
	list_remove(&p->in_device);
	list_remove(&p->in_conference);
	list_remove(&p->noted);
	list_remove(&p->shrunk);
	free(p);
}

void party_claim(struct party *p, nsec_t now)
{
	p->silent = false;
	if (p->conference)
		confer_claim(p->conference);
	if (!p->orphan)
		return;
	p->orphan = false;
	p->device->orphan_count--;
	reg_capacity_changed(p->device, now);
}

void party_orphan(struct party *p, nsec_t now)
{
	if (p->orphan)
		return;
	p->orphan = true;
	p->device->orphan_count++;
	p->rx.acks_due = 0; // whoever waited for them has gone
	p->tx.acks_due = 0;
	p->ports_due = 0;
	p->stats_due = 0;
	device_count(p->device, COUNT_party_orphaned);
	changed(p, now);
}

// ---- what is wanted ----

static bool rx_applied(const struct party *p, const struct stream_spec *want)
{
	return p->applied.flags & STREAM_RECV && memcmp(&p->applied.rx, &want->rx, sizeof(want->rx)) == 0;
}

static bool tx_applied(const struct party *p, const struct stream_spec *want)
{
	return p->applied.flags & STREAM_SEND && memcmp(&p->applied.tx, &want->tx, sizeof(want->tx)) == 0 &&
	       memcmp(&p->applied.remote, &want->remote, sizeof(want->remote)) == 0;
}

// ---- answers ----

static void answer_rx(struct party *p, enum refusal why, nsec_t now)
{
	for (; p->rx.acks_due; p->rx.acks_due--)
		party_answer_open(p->device, why, &p->local, p->rx.party_id, p->call_reference, now);
}

static void answer_tx(struct party *p, enum refusal why, nsec_t now)
{
	for (; p->tx.acks_due; p->tx.acks_due--)
		party_answer_start(p->device, why, &p->local, p->conference_id, p->tx.party_id,
				   p->call_reference, now);
}

static void answer_port(struct party *p, enum refusal why, nsec_t now)
{
	static const struct addr_port none;
	for (; p->ports_due; p->ports_due--)
		party_answer_port(p->device, why ? &none : &p->local, p->conference_id, p->rx.party_id,
				  p->call_reference, p->media_type, now);
}

static void note_failure(const struct party *p, enum refusal why)
{
	device_refuse(p->device, why, p->conference_id, party_id(p));
}

static void answer_failure(struct party *p, enum refusal why, nsec_t now)
{
	if (p->rx.acks_due || p->tx.acks_due || p->ports_due)
		note_failure(p, why);
	answer_rx(p, why, now);
	answer_tx(p, why, now);
	answer_port(p, why, now);
}

// Answers whatever the stream does already.
static void answer_done(struct party *p, nsec_t now)
{
	struct stream_spec want;
	party_spec(p, &want);
	answer_port(p, REFUSAL_none, now);
	if (rx_applied(p, &want))
		answer_rx(p, REFUSAL_none, now);
	if (tx_applied(p, &want))
		answer_tx(p, REFUSAL_none, now);
}

// ---- actions ----

static nsec_t now_of(const void *data)
{
	return ((const struct party_data *)data)->now;
}

static void on_reply(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct party *p = object;
	p->request = 0;
	if (status == -ECONNRESET)
		return; // party_dataplane_lost follows
	struct party_data data = {.now = now, .why = refusal_of_dataplane(status), .reply = reply};
	fsm_event(&p->fsm, status ? PARTY_FAILED : PARTY_DONE, &data);
}

static void act_begin(void *object, const void *data)
{
	struct party *p = object;
	if (dp_is_up(dataplane(p)))
		confer_want(p->conference, now_of(data));
	else
		party_feed(p, PARTY_LOST, now_of(data));
}

static void act_open(void *object, const void *data)
{
	struct party *p = object;
	party_spec(p, &p->asked);
	p->request = dp_stream_open(dataplane(p), &p->asked, on_reply, p, now_of(data));
	if (!p->request)
		party_feed(p, PARTY_LOST, now_of(data));
}

static void settle(struct party *p, nsec_t now)
{
	answer_done(p, now);
	changed(p, now);
	struct visit *v = p->visit;
	if (!v) {
		party_feed(p, PARTY_WANT, now);
		return;
	}
	visit_hold(v);
	party_feed(p, PARTY_WANT, now); // it may have gone afterwards, and its visit knows
	visit_party_open(v, p, now);
	visit_release(v, now);
}

static void act_opened(void *object, const void *data)
{
	struct party *p = object;
	const struct party_data *e = data;
	p->stream = e->reply->stream_reply.handle;
	p->local = e->reply->stream_reply.local;
	p->asked.local = p->local;
	p->applied = p->asked;
	index_put(&p->device->core->streams, &p->by_stream, p->stream);
	settle(p, e->now);
}

static void act_changed(void *object, const void *data)
{
	struct party *p = object;
	p->applied = p->asked;
	p->refused = false;
	settle(p, now_of(data));
}

static bool waits_for_answer(const struct party *p)
{
	return p->rx.acks_due || p->tx.acks_due || p->ports_due;
}

// Compares what is wanted with what is. What was refused is asked again only when the agent asks again.
static void act_reconsider(void *object, const void *data)
{
	struct party *p = object;
	nsec_t now = now_of(data);
	struct stream_spec want;
	if (!party_is_wanted(p)) {
		party_feed(p, PARTY_CLOSE, now);
		return;
	}
	party_spec(p, &want);
	bool refused = p->refused && !waits_for_answer(p) && party_spec_is(&want, &p->asked);
	if (!party_spec_is(&want, &p->applied) && !refused) {
		party_feed(p, PARTY_CHANGE, now);
		return;
	}
	answer_done(p, now);
	party_dial(p, now);
	if (p->left && !p->conference->handle)
		confer_want(p->conference, now);
}

static void act_change(void *object, const void *data)
{
	struct party *p = object;
	party_spec(p, &p->asked);
	p->request = dp_stream_set(dataplane(p), p->stream, &p->asked, on_reply, p, now_of(data));
	if (!p->request)
		party_feed(p, PARTY_LOST, now_of(data));
}

// Its conference does not take it: it stays where it was, and its line decides.
static void go_back(struct party *p, nsec_t now)
{
	struct visit *v = p->visit;
	bool back = party_move_back(p, now);
	if (v)
		visit_hold(v);
	party_feed(p, PARTY_WANT, now);
	if (v && back)
		visit_party_moved(v, p, -ECANCELED, now);
	if (v)
		visit_release(v, now);
}

static void act_change_failed(void *object, const void *data)
{
	struct party *p = object;
	const struct party_data *e = data;
	p->refused = e->why != REFUSAL_dataplane_slow; // what only took too long is tried again
	answer_done(p, e->now);
	answer_failure(p, e->why, e->now);
	party_revert(p);
	go_back(p, e->now);
}

// A stream that cannot be made: the agent is told, and of a call that ran before, that its transmission failed.
static void act_failed(void *object, const void *data)
{
	struct party *p = object;
	const struct party_data *e = data;
	struct device *d = p->device;
	bool ran = p->applied.flags != 0;
	answer_failure(p, e->why, e->now);
	if (ran) {
		device_count(d, COUNT_party_lost);
		note_failure(p, e->why);
	}
	if (ran && p->tx.open && reg_is_registered(d) && !p->orphan) {
		struct sccp_msg m;
		sccp_init(&m, SCCP_MEDIA_TRANSMISSION_FAILURE);
		m.media_transmission_failure.conference_id = p->conference_id;
		m.media_transmission_failure.pass_through_party_id = p->tx.party_id;
		m.media_transmission_failure.remote_ip_addr = p->remote.addr;
		m.media_transmission_failure.remote_port_number = p->remote.port;
		m.media_transmission_failure.call_reference = p->call_reference;
		device_send(d, &m, e->now);
	}
	finish(p, NULL, e->now);
}

static void act_park(void *object, const void *data)
{
	struct party *p = object;
	p->refused = false;
	party_dial_drop(p);
	dp_abandon(dataplane(p), p->request);
	p->request = 0;
	if (waits_for_answer(p))
		timer_start(&p->device->core->timers, &p->patience, now_of(data) + PATIENCE_NS);
}

static void act_parked_want(void *object, const void *data)
{
	struct party *p = object;
	if (!party_is_wanted(p))
		party_feed(p, PARTY_CLOSE, now_of(data));
	else if (waits_for_answer(p) && !p->patience.armed)
		timer_start(&p->device->core->timers, &p->patience, now_of(data) + PATIENCE_NS);
}

// The dataplane did not return in time for those who wait; what ran before is opened again whenever it returns.
static void act_parked_failed(void *object, const void *data)
{
	struct party *p = object;
	const struct party_data *e = data;
	if (!p->applied.flags && !p->local.port) {
		answer_failure(p, e->why, e->now);
		finish(p, NULL, e->now);
		return;
	}
	answer_failure(p, e->why, e->now);
	party_revert(p);
}

static void act_kept(void *object, const void *data)
{
	struct party *p = object;
	timer_stop(&p->device->core->timers, &p->patience);
	settle(p, now_of(data));
}

static void act_back(void *object, const void *data)
{
	struct party *p = object;
	timer_stop(&p->device->core->timers, &p->patience);
	drop_stream(p);
	p->stats_base = (struct party_base){0}; // the new one counts from nothing
	act_begin(object, data);
}

static void on_closed(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct party *p = object;
	p->request = 0;
	finish(p, status ? NULL : &reply->stream_stats_reply.stats, now);
}

static void act_close(void *object, const void *data)
{
	struct party *p = object;
	nsec_t now = now_of(data);
	struct device *d = p->device;
	dp_abandon(dataplane(p), p->request);
	api_handle stream = p->stream;
	p->request = stream ? dp_stream_close(dataplane(p), stream, on_closed, p, now) : 0;
	drop_stream(p);
	if (!p->request) {
		finish(p, NULL, now);
		return;
	}
	detach(p, now);
	list_push_back(&d->closing, &p->in_device);
}

// ---- the table ----

static const char *const state_names[] = {"idle",     "waiting", "opening", "open",
					  "changing", "parked",  "closing"};
static const char *const event_names[] = {"want", "change", "ready", "done", "failed",
					  "lost", "kept",   "back",  "close"};

static const struct fsm_row rows[] = {
	{PARTY_IDLE, PARTY_WANT, act_begin, PARTY_WAITING},
	{PARTY_IDLE, PARTY_KEPT, act_kept, PARTY_OPEN}, // restored with its stream
	{PARTY_IDLE, PARTY_CLOSE, act_close, PARTY_CLOSING},
	{PARTY_WAITING, PARTY_READY, act_open, PARTY_OPENING},
	{PARTY_WAITING, PARTY_FAILED, act_failed, PARTY_CLOSING},
	{PARTY_WAITING, PARTY_WANT, NULL, FSM_STAY},
	{PARTY_WAITING, PARTY_LOST, act_park, PARTY_PARKED},
	{PARTY_WAITING, PARTY_CLOSE, act_close, PARTY_CLOSING},
	{PARTY_OPENING, PARTY_DONE, act_opened, PARTY_OPEN},
	{PARTY_OPENING, PARTY_FAILED, act_failed, PARTY_CLOSING},
	{PARTY_OPENING, PARTY_WANT, NULL, FSM_STAY},
	{PARTY_OPENING, PARTY_LOST, act_park, PARTY_PARKED},
	{PARTY_OPENING, PARTY_CLOSE, act_close, PARTY_CLOSING},
	{PARTY_OPEN, PARTY_WANT, act_reconsider, FSM_STAY},
	{PARTY_OPEN, PARTY_CHANGE, act_change, PARTY_CHANGING},
	{PARTY_OPEN, PARTY_LOST, act_park, PARTY_PARKED},
	{PARTY_OPEN, PARTY_CLOSE, act_close, PARTY_CLOSING},
	{PARTY_CHANGING, PARTY_DONE, act_changed, PARTY_OPEN},
	{PARTY_CHANGING, PARTY_FAILED, act_change_failed, PARTY_OPEN},
	{PARTY_CHANGING, PARTY_WANT, NULL, FSM_STAY},
	{PARTY_CHANGING, PARTY_LOST, act_park, PARTY_PARKED},
	{PARTY_CHANGING, PARTY_CLOSE, act_close, PARTY_CLOSING},
	{PARTY_PARKED, PARTY_WANT, act_parked_want, FSM_STAY},
	{PARTY_PARKED, PARTY_FAILED, act_parked_failed, FSM_STAY},
	{PARTY_PARKED, PARTY_KEPT, act_kept, PARTY_OPEN},
	{PARTY_PARKED, PARTY_BACK, act_back, PARTY_WAITING},
	{PARTY_PARKED, PARTY_LOST, NULL, FSM_STAY},
	{PARTY_PARKED, PARTY_CLOSE, act_close, PARTY_CLOSING},
};

const struct fsm_table party_table = {
	.name = "party",
	.states = state_names,
	.events = event_names,
	.rows = rows,
	.state_count = PARTY_STATE_COUNT,
	.event_count = PARTY_EVENT_COUNT,
	.row_count = sizeof(rows) / sizeof(rows[0]),
};

const char *party_state_name(unsigned int state)
{
	return fsm_state_name(&party_table, (uint16_t)state);
}

// ---- the door ----

void party_close(struct party *p, nsec_t now)
{
	party_feed(p, PARTY_CLOSE, now);
}

void party_conference_ready(struct party *p, nsec_t now)
{
	if (p->fsm.state == PARTY_WAITING)
		party_feed(p, PARTY_READY, now);
	else if (p->left)
		party_feed(p, PARTY_WANT, now);
}

void party_conference_failed(struct party *p, enum refusal why, nsec_t now)
{
	struct party_data data = {.now = now, .why = why};
	if (p->fsm.state == PARTY_WAITING)
		fsm_event(&p->fsm, PARTY_FAILED, &data);
	else if (p->left)
		go_back(p, now);
}

void party_mute(struct party *p, bool on, nsec_t now)
{
	if (p->muted == on)
		return;
	p->muted = on;
	party_feed(p, PARTY_WANT, now);
}

void party_dataplane_lost(struct party *p, nsec_t now)
{
	party_feed(p, PARTY_LOST, now);
}

void party_dataplane_back(struct party *p, bool same, nsec_t now)
{
	party_feed(p, same && p->stream ? PARTY_KEPT : PARTY_BACK, now);
}
