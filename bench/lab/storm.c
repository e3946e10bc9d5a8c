// SPDX-License-Identifier: GPL-3.0-or-later
// storm.c - As many two-party calls as a gateway sets up, one call after the other and some at a time.
//
// A call: OpenReceiveChannel for both parties, and when both are acknowledged StartMediaTransmission for both, and when
// these are acknowledged CloseReceiveChannel and StopMediaTransmission for both, which nobody acknowledges. The next
// call of its place begins in the same turn, so that each turn's messages leave in one write.
//
// With `hold` each call has a place of its own and stays there, unless it is refused: then it is taken down as an agent would.
//
// A call's number is round * places + place and its party ids are number * 2 + side + 1, so that an answer finds its call
// without a search and no id comes back.
#include "bench/lab/storm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/agent.h"
#include "bench/lab/netns.h"
#include "gw/codec.h"
#include "gw/sccp.h"

#define DEVICES_MAX 64
#define PATIENCE_S  10 // for devices to come, and for any answer
#define VERSION     18
#define KEEPALIVE_S 30
#define PHONES      64 // addresses beside the gateway's own
#define PHONE_PORT  20000
#define PHONE_PORTS 16000 // of a phone that all calls of a plan share
#define PACE_MS     5
#define PERIOD_MS   20
#define DSCP_EF     0xb8 // as a TOS byte
#define BOTH        3u   // both sides have answered

enum place_state { PLACE_IDLE, PLACE_OPENING, PLACE_STARTING, PLACE_HELD };

struct place {
	enum place_state state;
	unsigned int answered; // bit per side
	bool refused;
	uint32_t number; // of the call
	struct agent_device *device;
	nsec_t since;
	struct addr_port gateway[2];
};

struct storm {
	const struct storm_options *o;
	FILE *errors;
	struct event_base *base;
	struct agent *agent;
	struct event *patience, *pace;
	struct agent_device *devices[DEVICES_MAX];
	uint32_t device_count;
	uint32_t begun, done, failed;
	uint32_t questions; // answers that devices owe at the end
	uint32_t seen;      // `done` when patience was looked at last
	struct place *places;
	uint32_t place_count;
	uint32_t *delays_us; // of every call
	nsec_t from, until;
	int rc;
};

static uint32_t party_id(const struct place *p, unsigned int side)
{
	return p->number * 2 + side + 1;
}

static void stop(struct storm *s, int rc, const char *why)
{
	if (rc && !s->rc)
		fprintf(s->errors, "storm: %s after %u of %u calls\n", why, s->done, s->o->calls);
	s->rc = s->rc ? s->rc : rc;
	event_base_loopbreak(s->base);
}

// ---- a call ----

static uint32_t codec_of(const struct storm *s, unsigned int side)
{
	return side && s->o->codec_b ? s->o->codec_b : SCCP_CODEC_G711_ULAW;
}

static void send_open(const struct storm *s, const struct place *p, unsigned int side)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL);
	m.open_receive_channel.conference_id = p->number + 1;
	m.open_receive_channel.pass_through_party_id = party_id(p, side);
	m.open_receive_channel.call_reference = party_id(p, side);
	m.open_receive_channel.packet_ms = PERIOD_MS;
	m.open_receive_channel.codec = codec_of(s, side);
	agent_send(p->device, &m);
}

// A phone in the network of the gateway's address. Those of a plan are one phone with many ports, another for each agent.
static struct addr_port phone(const struct storm *s, const struct place *p, unsigned int side)
{
	struct addr_port a = {.addr = p->gateway[side].addr, .port = (uint16_t)(PHONE_PORT + side * 2)};
	uint8_t *last = &a.addr.ip[a.addr.family == ADDR_IPV6 ? 15 : 3];
	*last = (uint8_t)(*last + 1 + (s->o->plan ? s->o->listen.port : party_id(p, side)) % PHONES);
	if (s->o->plan)
		a.port = (uint16_t)(PHONE_PORT + 2 * (party_id(p, side) % PHONE_PORTS));
	return a;
}

// The legs of a call as bench/rtpgen reads them, whole calls at a time.
static void plan_write(const struct storm *s, const struct place *p)
{
	for (unsigned int side = 0; side < 2; side++) {
		char far[ADDR_TEXT_MAX], near[ADDR_TEXT_MAX];
		struct addr_port a = phone(s, p, side);
		const struct codec *c = codec_by_id(codec_by_sccp(codec_of(s, side)));
		fprintf(s->o->plan, "%s %u %s %u %u %u %u\n", addr_text(&a.addr, far, sizeof(far)), a.port,
			addr_text(&p->gateway[side].addr, near, sizeof(near)), p->gateway[side].port,
			c->payload_type < 128 ? c->payload_type : 96, c->bytes_per_10ms * PERIOD_MS / 10,
			c->rtp_clock_hz / 1000 * PERIOD_MS);
	}
	fflush(s->o->plan);
}

static void send_start(const struct storm *s, const struct place *p, unsigned int side)
{
	struct sccp_msg m;
	struct addr_port remote = phone(s, p, side);
	sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION);
	m.start_media_transmission.conference_id = p->number + 1;
	m.start_media_transmission.pass_through_party_id = party_id(p, side);
	m.start_media_transmission.call_reference = party_id(p, side);
	m.start_media_transmission.remote_ip_addr = remote.addr;
	m.start_media_transmission.remote_port_number = remote.port;
	m.start_media_transmission.packet_ms = PERIOD_MS;
	m.start_media_transmission.codec = codec_of(s, side);
	m.start_media_transmission.qualifier_out_dscp_or_precedence = DSCP_EF;
	agent_send(p->device, &m);
}

static void send_end(const struct place *p, unsigned int side)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CLOSE_RECEIVE_CHANNEL);
	m.close_receive_channel.conference_id = p->number + 1;
	m.close_receive_channel.pass_through_party_id = party_id(p, side);
	m.close_receive_channel.call_reference = party_id(p, side);
	agent_send(p->device, &m);
	sccp_init(&m, SCCP_STOP_MEDIA_TRANSMISSION);
	m.stop_media_transmission.conference_id = p->number + 1;
	m.stop_media_transmission.pass_through_party_id = party_id(p, side);
	m.stop_media_transmission.call_reference = party_id(p, side);
	agent_send(p->device, &m);
}

static void begin(struct storm *s, struct place *p)
{
	uint32_t place = (uint32_t)(p - s->places);
	if (s->begun >= s->o->calls) {
		p->state = PLACE_IDLE;
		return;
	}
	// the first number of a place is the place itself
	uint32_t number = p->device ? p->number + s->place_count : place;
	*p = (struct place){.state = PLACE_OPENING,
			    .number = number,
			    .device = s->devices[s->begun % s->device_count],
			    .since = lab_now()};
	s->begun++;
	send_open(s, p, 0);
	send_open(s, p, 1);
}

// Behind the last messages of all: what answers this has worked through them.
static void ask_devices(struct storm *s)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CONNECTION_STATISTICS_REQ);
	for (uint32_t i = 0; i < s->device_count; i++)
		agent_send(s->devices[i], &m);
	s->questions = s->device_count;
}

static void end(struct storm *s, struct place *p)
{
	if (!s->o->hold || p->refused) {
		send_end(p, 0);
		send_end(p, 1);
	} else if (s->o->plan) {
		plan_write(s, p);
	}
	s->delays_us[s->done++] = (uint32_t)((lab_now() - p->since) / NSEC_PER_USEC);
	s->failed += p->refused;
	if (s->done < s->o->calls && !s->o->hold) {
		begin(s, p);
		return;
	}
	p->state = s->o->hold ? PLACE_HELD : p->state;
	if (s->begun < s->o->calls && s->o->hold && !s->o->a_second)
		begin(s, &s->places[s->begun]);
	else if (!s->o->hold)
		ask_devices(s);
}

static void answered(struct storm *s, enum place_state state, uint32_t party, uint32_t status,
		     const struct addr_port *gateway)
{
	struct place *p = &s->places[(party - 1) / 2 % s->place_count];
	unsigned int side = (party - 1) & 1;
	if (p->state != state || party_id(p, side) != party || p->answered >> side & 1)
		return;
	p->answered |= 1u << side;
	p->refused = p->refused || status;
	if (state == PLACE_OPENING)
		p->gateway[side] = *gateway;
	if (p->answered != BOTH)
		return;
	p->answered = 0;
	if (state == PLACE_STARTING || p->refused) {
		end(s, p);
		return;
	}
	p->state = PLACE_STARTING;
	send_start(s, p, 0);
	send_start(s, p, 1);
}

// ---- the agent's hooks ----

static void on_message(void *arg, struct agent_device *d, const struct sccp_msg *m)
{
	struct storm *s = arg;
	if (m->id == SCCP_OPEN_RECEIVE_CHANNEL_ACK) {
		const struct sccp_open_receive_channel_ack *a = &m->open_receive_channel_ack;
		struct addr_port gateway = {.addr = a->ip_addr, .port = (uint16_t)a->port_number};
		answered(s, PLACE_OPENING, a->pass_through_party_id, a->media_reception_status, &gateway);
	} else if (m->id == SCCP_START_MEDIA_TRANSMISSION_ACK) {
		const struct sccp_start_media_transmission_ack *a = &m->start_media_transmission_ack;
		answered(s, PLACE_STARTING, a->pass_through_party_id, a->media_transmission_status, NULL);
	} else if (m->id == SCCP_CONNECTION_STATISTICS_RES && s->questions && --s->questions == 0) {
		s->until = lab_now();
		stop(s, 0, "");
	}
}

static void on_up(void *arg, struct agent_device *d)
{
	struct storm *s = arg;
	if (s->device_count >= s->o->devices || !d->streams) // telephones tell of none
		return;
	s->devices[s->device_count++] = d;
	if (s->device_count < s->o->devices)
		return;
	s->from = lab_now();
	if (s->o->hold && s->o->a_second) {
		struct timeval tv = {.tv_usec = PACE_MS * 1000};
		event_add(s->pace, &tv);
		return;
	}
	for (uint32_t i = 0; i < s->o->in_flight && i < s->place_count; i++)
		begin(s, &s->places[i]);
}

static void on_down(void *arg, struct agent_device *d)
{
	struct storm *s = arg;
	if (!s->until)
		stop(s, -EPIPE, "a device left");
}

static void on_pace(evutil_socket_t fd, short what, void *arg)
{
	struct storm *s = arg;
	uint64_t due = (lab_now() - s->from) * s->o->a_second / NSEC_PER_SEC;
	while (s->begun < s->o->calls && s->begun < due)
		begin(s, &s->places[s->begun]);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
	struct storm *s = arg;
	if (s->device_count < s->o->devices)
		stop(s, -ETIMEDOUT, "the devices did not come");
	else if (s->seen == s->done && s->done < s->o->calls)
		stop(s, -ETIMEDOUT, "no answers");
	s->seen = s->done;
}

// ---- running ----

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void measure(struct storm *s, struct storm_result *ret)
{
	double seconds = (double)(s->until - s->from) / (double)NSEC_PER_SEC;
	qsort(s->delays_us, s->done, sizeof(*s->delays_us), by_size);
	*ret = (struct storm_result){.calls = s->done,
				     .failed = s->failed,
				     .seconds = seconds,
				     .calls_per_s = seconds > 0 ? s->done / seconds : 0,
				     .p50_us = s->delays_us[s->done / 2],
				     .p99_us = s->delays_us[(uint64_t)s->done * 99 / 100]};
}

static int check(const struct storm_options *o)
{
	bool fits = o->calls && o->in_flight && o->in_flight <= STORM_IN_FLIGHT_MAX && o->devices &&
		    o->devices <= DEVICES_MAX;
	return fits ? 0 : -EINVAL;
}

static int drive(struct storm *s)
{
	struct agent_options agent = {.listen = s->o->listen,
				      .netns = "",
				      .version = VERSION,
				      .keepalive_s = KEEPALIVE_S,
				      .hooks = {s, on_up, on_down, on_message}};
	struct timeval tv = {.tv_sec = PATIENCE_S};
	s->patience = event_new(s->base, -1, EV_PERSIST, on_patience, s);
	s->pace = event_new(s->base, -1, EV_PERSIST, on_pace, s);
	int rc = s->patience && s->pace ? agent_open(s->base, &agent, &s->agent) : -ENOMEM;
	if (rc) {
		fprintf(s->errors, "storm: cannot listen: %s\n", strerror(-rc));
		return rc;
	}
	event_add(s->patience, &tv);
	event_base_dispatch(s->base);
	return s->rc;
}

int storm_run(const struct storm_options *o, FILE *errors, struct storm_result *ret)
{
	int rc = check(o);
	if (rc)
		return rc;
	uint32_t places = o->hold ? o->calls : o->in_flight;
	struct storm s = {.o = o,
			  .errors = errors,
			  .base = event_base_new(),
			  .place_count = places,
			  .places = calloc(places, sizeof(*s.places)),
			  .delays_us = calloc(o->calls, sizeof(*s.delays_us))};
	rc = s.base && s.places && s.delays_us ? drive(&s) : -ENOMEM;
	if (!rc)
		measure(&s, ret);
	agent_close(s.agent);
	if (s.patience)
		event_free(s.patience);
	if (s.pace)
		event_free(s.pace);
	if (s.base)
		event_base_free(s.base);
	free(s.places);
	free(s.delays_us);
	return rc;
}
