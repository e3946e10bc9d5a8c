// SPDX-License-Identifier: GPL-3.0-or-later
// voices.c - Very many RTP ends that say tones: mu-law, 20 ms, a share of them every millisecond, in few system calls.
#include "bench/lab/voices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "bench/lab/netns.h"

#define PERIOD_MS 20
#define RATE_HZ   8000
#define SAMPLES   (RATE_HZ / 1000 * PERIOD_MS)
#define PORTS     PERIOD_MS // one for each millisecond
#define BURST     64
#define BUFFER    (4 << 20) // bytes of a socket's queue

struct end {
	struct sockaddr_in remote;
	double hz, dbm0;
	const uint8_t *said; // a loop of coded sound, perhaps another end's
	uint8_t *owned;      // the same, when it is its own
	size_t said_count, cursor;
	uint32_t ssrc, ts, heard_ssrc;
	uint16_t seq;
	int64_t first, highest; // sequence numbers heard, of heard_ssrc
	uint64_t came;          // of heard_ssrc
	uint64_t received, lost;
	struct phone *log; // NULL = nothing is kept
};

struct port {
	struct voices *v;
	int fd;
	struct addr_port local;
	struct event *readable;
};

struct voices {
	uint32_t count;
	struct end *ends;
	struct port ports[PORTS];
	uint16_t by_port[65536]; // of the gateway -> end + 1
	int timer_fd;
	struct event *timer;
	nsec_t next_at; // of the next millisecond
	uint64_t turn;
	struct voices_counts counts;
};

static int64_t lost_of(const struct end *e)
{
	int64_t lost = e->came ? e->highest - e->first + 1 - (int64_t)e->came : 0;
	return lost > 0 ? lost : 0;
}

// ---- hearing ----

static void count_packet(struct end *e, const struct packet *p)
{
	if (!e->came || p->ssrc != e->heard_ssrc) {
		e->lost += (uint64_t)lost_of(e);
		e->heard_ssrc = p->ssrc;
		e->first = e->highest = p->seq;
		e->came = 0;
	}
	int64_t seq = e->highest + (int16_t)(p->seq - (uint16_t)e->highest);
	e->highest = seq > e->highest ? seq : e->highest;
	e->came++;
	e->received++;
}

static void take(struct voices *v, const uint8_t *bytes, size_t len, const struct sockaddr_in *from,
		 nsec_t now)
{
	struct packet packet;
	if (len > 1 && bytes[1] >= 192 && bytes[1] <= 223)
		return; // RTCP (RFC 5761 s4), for an end whose port happens to be the one below
	uint16_t at = v->by_port[ntohs(from->sin_port)];
	int offset = packet_read(bytes, len, &packet);
	if (!at || offset < 0) {
		v->counts.strangers += v->turn > 0; // before anybody speaks an end may not have been told yet
		return;
	}
	struct end *e = &v->ends[at - 1];
	count_packet(e, &packet);
	packet.at = now;
	if (e->log)
		packet_log_add(&e->log->received, &packet, bytes + offset);
}

static void readable(evutil_socket_t fd, short what, void *arg)
{
	static uint8_t bytes[BURST][PACKET_MAX];
	static struct mmsghdr msgs[BURST];
	static struct iovec iovs[BURST];
	static struct sockaddr_in from[BURST];
	struct port *port = arg;
	for (;;) {
		for (unsigned int i = 0; i < BURST; i++) {
			iovs[i] = (struct iovec){.iov_base = bytes[i], .iov_len = PACKET_MAX};
			msgs[i].msg_hdr = (struct msghdr){.msg_iov = &iovs[i],
							  .msg_iovlen = 1,
							  .msg_name = &from[i],
							  .msg_namelen = sizeof(from[i])};
		}
		int n = recvmmsg(fd, msgs, BURST, MSG_DONTWAIT, NULL);
		nsec_t now = lab_now();
		for (int i = 0; i < n; i++)
			take(port->v, bytes[i], msgs[i].msg_len, &from[i], now);
		if (n < BURST)
			return;
	}
}

// ---- speaking ----

static void write_packet(struct end *e, nsec_t now, uint8_t *bytes)
{
	struct packet packet = {.at = now,
				.ts = e->ts,
				.ssrc = e->ssrc,
				.seq = e->seq++,
				.len = SAMPLES,
				.marker = e->cursor == 0 && e->seq == 1};
	packet_write(&packet, bytes);
	memcpy(bytes + PACKET_HEADER, e->said + e->cursor, SAMPLES);
	e->cursor = (e->cursor + SAMPLES) % e->said_count;
	e->ts += SAMPLES;
	if (e->log)
		packet_log_add(&e->log->sent, &packet, bytes + PACKET_HEADER);
}

// One millisecond's share: the ends of one port.
static void say_turn(struct voices *v, unsigned int share)
{
	static uint8_t bytes[VOICES_MAX / PORTS + 1][PACKET_HEADER + SAMPLES];
	static struct mmsghdr msgs[VOICES_MAX / PORTS + 1];
	static struct iovec iovs[VOICES_MAX / PORTS + 1];
	unsigned int n = 0;
	nsec_t now = lab_now();
	for (uint32_t i = share; i < v->count; i += PORTS) {
		struct end *e = &v->ends[i];
		if (!e->said || !e->remote.sin_port)
			continue;
		write_packet(e, now, bytes[n]);
		iovs[n] = (struct iovec){.iov_base = bytes[n], .iov_len = sizeof(bytes[n])};
		msgs[n].msg_hdr = (struct msghdr){.msg_iov = &iovs[n],
						  .msg_iovlen = 1,
						  .msg_name = &e->remote,
						  .msg_namelen = sizeof(e->remote)};
		n++;
	}
	int sent = n ? sendmmsg(v->ports[share].fd, msgs, n, 0) : 0;
	v->counts.sent += sent > 0 ? (uint64_t)sent : 0;
	v->counts.refused += n - (sent > 0 ? (unsigned int)sent : 0);
}

static void arm(struct voices *v)
{
	struct itimerspec at = {.it_value = {.tv_sec = (time_t)(v->next_at / NSEC_PER_SEC),
					     .tv_nsec = (long)(v->next_at % NSEC_PER_SEC)}};
	timerfd_settime(v->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void fired(evutil_socket_t fd, short what, void *arg)
{
	struct voices *v = arg;
	uint64_t ticks;
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
	nsec_t now = lab_now();
	uint64_t late_us = (now - v->next_at) / 1000;
	v->counts.late_us = late_us > v->counts.late_us ? late_us : v->counts.late_us;
	for (; v->next_at <= now; v->next_at += NSEC_PER_MSEC)
		say_turn(v, (unsigned int)(v->turn++ % PORTS));
	arm(v);
}

// ---- the door ----

static int port_open(struct voices *v, struct event_base *base, const struct voices_options *o,
		     struct port *p)
{
	int size = BUFFER;
	p->v = v;
	p->local = (struct addr_port){.addr = o->address};
	p->fd = netns_socket(o->netns, SOCK_DGRAM, &p->local);
	if (p->fd < 0)
		return p->fd;
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(p->fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, readable, p);
	return p->readable && event_add(p->readable, NULL) == 0 ? 0 : -ENOMEM;
}

int voices_open(struct event_base *base, const struct voices_options *o, struct voices **ret)
{
	if (!o->count || o->count > VOICES_MAX || o->address.family != ADDR_IPV4)
		return -EINVAL;
	struct voices *v = calloc(1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	v->count = o->count;
	v->ends = calloc(o->count, sizeof(*v->ends));
	v->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	v->timer = v->timer_fd < 0 ? NULL : event_new(base, v->timer_fd, EV_READ | EV_PERSIST, fired, v);
	int rc = v->ends && v->timer ? 0 : -ENOMEM;
	for (unsigned int i = 0; i < PORTS; i++)
		v->ports[i].fd = -1;
	for (unsigned int i = 0; i < PORTS && rc == 0; i++)
		rc = port_open(v, base, o, &v->ports[i]);
	for (uint32_t i = 0; i < o->count && rc == 0; i++)
		v->ends[i].ssrc = (i + 1) * 2654435761u;
	if (rc)
		voices_close(v);
	else
		*ret = v;
	return rc;
}

struct addr_port voices_local(const struct voices *v, uint32_t end)
{
	return v->ports[end % PORTS].local;
}

static int tone_code(struct end *e)
{
	struct audio tone;
	int rc = audio_tone(e->hz, e->dbm0, RATE_HZ, &tone);
	if (rc)
		return rc;
	const struct codec *c = codec_by_id(CODEC_PCMU);
	e->said_count = tone.count / SAMPLES * SAMPLES;
	e->said = e->owned = malloc(e->said_count);
	for (size_t at = 0; e->owned && at < e->said_count; at += SAMPLES)
		c->encode(NULL, tone.pcm + at, SAMPLES, e->owned + at, SAMPLES);
	audio_free(&tone);
	return e->owned ? 0 : -ENOMEM;
}

int voices_tone(struct voices *v, uint32_t end, double hz, double dbm0)
{
	struct end *e = &v->ends[end];
	e->hz = hz;
	e->dbm0 = dbm0;
	for (uint32_t i = 0; i < v->count; i++) {
		const struct end *other = &v->ends[i];
		if (other->owned && other->hz == hz && other->dbm0 == dbm0) {
			e->said = other->said;
			e->said_count = other->said_count;
			return 0;
		}
	}
	return tone_code(e);
}

void voices_remote(struct voices *v, uint32_t end, const struct addr_port *remote)
{
	struct sockaddr_storage sa;
	struct end *e = &v->ends[end];
	netns_sockaddr(remote, &sa);
	memcpy(&e->remote, &sa, sizeof(e->remote));
	v->by_port[remote->port] = (uint16_t)(end + 1);
}

void voices_keep(struct voices *v, uint32_t end, struct phone *log)
{
	v->ends[end].log = log;
}

void voices_start(struct voices *v)
{
	v->next_at = lab_now() + NSEC_PER_MSEC;
	event_add(v->timer, NULL);
	arm(v);
}

void voices_hush(struct voices *v)
{
	event_del(v->timer);
}

void voices_count(const struct voices *v, struct voices_counts *ret)
{
	*ret = v->counts;
	ret->least = UINT64_MAX;
	for (uint32_t i = 0; i < v->count; i++) {
		const struct end *e = &v->ends[i];
		ret->received += e->received;
		ret->lost += e->lost + (uint64_t)lost_of(e);
		ret->least = e->received < ret->least ? e->received : ret->least;
	}
}

void voices_close(struct voices *v)
{
	if (!v)
		return;
	for (unsigned int i = 0; i < PORTS; i++) {
		if (v->ports[i].readable)
			event_free(v->ports[i].readable);
		if (v->ports[i].fd >= 0)
			close(v->ports[i].fd);
	}
	if (v->timer)
		event_free(v->timer);
	if (v->timer_fd >= 0)
		close(v->timer_fd);
	for (uint32_t i = 0; v->ends && i < v->count; i++)
		free(v->ends[i].owned);
	free(v->ends);
	free(v);
}
