// SPDX-License-Identifier: GPL-3.0-or-later
// phone.c - Encodes, paces, sends, receives and logs the RTP of one phone.
#include "bench/lab/phone.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "bench/lab/netns.h"

#define PORT_FIRST 20000
#define PORT_LAST  29998
#define KEY_MS     100

// The first free even port whose odd neighbour is free too.
static int sockets_open(struct phone *p)
{
	int rc = -EADDRINUSE;
	for (uint16_t port = PORT_FIRST; port <= PORT_LAST && rc == -EADDRINUSE; port += 2) {
		struct addr_port rtp = {.addr = p->options.address, .port = port};
		struct addr_port rtcp = {.addr = p->options.address, .port = (uint16_t)(port + 1)};
		rc = netns_socket(p->options.netns, SOCK_DGRAM, &rtp);
		if (rc < 0)
			continue;
		p->fd = rc;
		rc = netns_socket(p->options.netns, SOCK_DGRAM, &rtcp);
		if (rc < 0) {
			close(p->fd);
			p->fd = -1;
			continue;
		}
		p->rtcp_fd = rc;
		p->local = rtp;
		return 0;
	}
	return rc;
}

// The kernel's receive time on our monotonic clock; now, if the kernel gave none.
static nsec_t arrival(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			struct timespec t;
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			uint64_t real = (uint64_t)t.tv_sec * NSEC_PER_SEC + (uint64_t)t.tv_nsec;
			return (nsec_t)((int64_t)real - lab_wallclock_offset());
		}
	}
	return lab_now();
}

static void rtp_received(evutil_socket_t fd, short what, void *arg)
{
	struct phone *p = arg;
	for (;;) {
		uint8_t bytes[PACKET_MAX + 1];
		struct sockaddr_storage from;
		char control[256];
		struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
		struct msghdr msg = {.msg_name = &from,
				     .msg_namelen = sizeof(from),
				     .msg_iov = &iov,
				     .msg_iovlen = 1,
				     .msg_control = control,
				     .msg_controllen = sizeof(control)};
		ssize_t len = recvmsg(fd, &msg, 0);
		if (len < 0)
			return;
		struct packet packet;
		int offset = packet_read(bytes, (size_t)len, &packet);
		struct addr_port sender = netns_addr_port(&from);
		if (offset < 0) {
			p->malformed++;
			continue;
		}
		if (memcmp(&sender, &p->remote, sizeof(sender)) != 0)
			p->strangers++;
		packet.at = arrival(&msg);
		packet_log_add(&p->received, &packet, bytes + offset);
	}
}

static void rtcp_received(evutil_socket_t fd, short what, void *arg)
{
	struct phone *p = arg;
	uint8_t bytes[PACKET_MAX];
	while (recv(fd, bytes, sizeof(bytes), 0) >= 0)
		p->rtcp_received++;
}

// Takes the next packet's samples from the looping source.
static unsigned int samples_take(struct phone *p, int16_t *pcm)
{
	const struct audio *source = &p->options.source;
	unsigned int n = p->options.codec->sample_rate_hz / 1000 * p->options.period_ms;
	for (unsigned int i = 0; i < n; i++) {
		pcm[i] = source->pcm[p->cursor];
		p->cursor = (p->cursor + 1) % source->count;
	}
	return n;
}

static void packet_send(struct phone *p)
{
	const struct codec *c = p->options.codec;
	int16_t pcm[CODEC_SAMPLES_MAX];
	uint8_t bytes[PACKET_HEADER + CODEC_FRAME_BYTES_MAX];
	unsigned int n = samples_take(p, pcm);
	int len = c->encode(p->encoder, pcm, n, bytes + PACKET_HEADER, CODEC_FRAME_BYTES_MAX);
	if (len > 0) {
		struct packet packet = {.ts = p->ts,
					.ssrc = p->ssrc,
					.seq = p->seq++,
					.len = (uint16_t)len,
					.payload_type = p->options.payload_type,
					.marker = p->sent.count == 0};
		struct sockaddr_storage to;
		socklen_t to_len = netns_sockaddr(&p->remote, &to);
		packet_write(&packet, bytes);
		packet.at = lab_now();
		packet_log_add(&p->sent, &packet, bytes + PACKET_HEADER);
		if (sendto(p->fd, bytes, PACKET_HEADER + (size_t)len, 0, (struct sockaddr *)&to, to_len) < 0)
			p->send_errors++;
	}
	p->ts += c->rtp_clock_hz / 1000 * p->options.period_ms;
}

// One packet of the key being pressed; they are not kept, the verdict is about voices.
static void key_send(struct phone *p, uint32_t duration, bool end)
{
	struct packet packet = {.ts = p->key_ts,
				.ssrc = p->ssrc,
				.seq = p->seq++,
				.len = 4,
				.payload_type = PHONE_EVENT_TYPE,
				.marker = duration <=
					  p->options.codec->rtp_clock_hz / 1000 * p->options.period_ms};
	uint8_t bytes[PACKET_HEADER + 4];
	struct sockaddr_storage to;
	socklen_t to_len = netns_sockaddr(&p->remote, &to);
	packet_write(&packet, bytes);
	bytes[PACKET_HEADER] = (uint8_t)(strchr(PHONE_KEYS, p->keys[0]) - PHONE_KEYS);
	bytes[PACKET_HEADER + 1] = end ? 0x8a : 0x0a; // -10 dBm0
	bytes[PACKET_HEADER + 2] = (uint8_t)(duration >> 8);
	bytes[PACKET_HEADER + 3] = (uint8_t)duration;
	if (sendto(p->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, to_len) < 0)
		p->send_errors++;
}

// A period of a key: pressed at first, released for as long afterwards. False: the voice goes on.
static bool key_tick(struct phone *p)
{
	unsigned int down = (KEY_MS + p->options.period_ms - 1) / p->options.period_ms;
	uint32_t period = p->options.codec->rtp_clock_hz / 1000 * p->options.period_ms;
	if (!p->keys[0])
		return false;
	if (p->ticks == 0)
		p->key_ts = p->ts;
	unsigned int tick = p->ticks++;
	if (tick < down) {
		unsigned int copies = tick + 1 == down ? 3 : 1;
		for (unsigned int i = 0; i < copies; i++)
			key_send(p, (tick + 1) * period, copies > 1);
		p->ts += period;
		samples_take(p, (int16_t[CODEC_SAMPLES_MAX]){0});
		return true;
	}
	if (p->ticks == 2 * down) {
		memmove(p->keys, p->keys + 1, strlen(p->keys));
		p->ticks = 0;
	}
	return false;
}

static void timer_arm(struct phone *p)
{
	struct itimerspec at = {.it_value = {.tv_sec = (time_t)(p->next_at / NSEC_PER_SEC),
					     .tv_nsec = (long)(p->next_at % NSEC_PER_SEC)}};
	timerfd_settime(p->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

static void timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct phone *p = arg;
	uint64_t ticks;
	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return;
	for (nsec_t now = lab_now(); p->next_at <= now; p->next_at += p->options.period_ms * NSEC_PER_MSEC)
		if (!key_tick(p))
			packet_send(p);
	timer_arm(p);
}

static int encoder_open(struct phone *p)
{
	const struct codec *c = p->options.codec;
	if (c->encoder_size == 0)
		return 0;
	p->encoder = aligned_alloc(64, (c->encoder_size + 63) / 64 * 64);
	if (!p->encoder)
		return -ENOMEM;
	int rc = c->encoder_init(p->encoder);
	if (rc < 0) {
		free(p->encoder);
		p->encoder = NULL;
	}
	return rc;
}

static int events_open(struct event_base *base, struct phone *p)
{
	int one = 1, buffer = 1 << 20;
	setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one));
	setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (p->timer_fd < 0)
		return -errno;
	p->readable = event_new(base, p->fd, EV_READ | EV_PERSIST, rtp_received, p);
	p->rtcp_readable = event_new(base, p->rtcp_fd, EV_READ | EV_PERSIST, rtcp_received, p);
	p->timer = event_new(base, p->timer_fd, EV_READ | EV_PERSIST, timer_fired, p);
	if (!p->readable || !p->rtcp_readable || !p->timer)
		return -ENOMEM;
	event_add(p->readable, NULL);
	event_add(p->rtcp_readable, NULL);
	return 0;
}

int phone_open(struct event_base *base, const struct phone_options *options, struct phone **ret)
{
	struct phone *p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->options = *options;
	p->fd = p->rtcp_fd = p->timer_fd = -1;
	p->ssrc = options->seed * 2654435761u + 1;
	p->seq = (uint16_t)(p->ssrc >> 8);
	p->ts = p->ssrc ^ 0x5a5a5a5a;
	if (options->foreign_port) {
		p->local = (struct addr_port){.addr = options->address, .port = options->foreign_port};
		*ret = p;
		return 0;
	}
	int rc = sockets_open(p);
	if (rc == 0)
		rc = encoder_open(p);
	if (rc == 0)
		rc = events_open(base, p);
	if (rc < 0) {
		p->options.source = (struct audio){0}; // the caller keeps it when we fail
		phone_close(p);
		return rc;
	}
	*ret = p;
	return 0;
}

int phone_start(struct phone *p, const struct addr_port *remote, nsec_t start_at)
{
	p->remote = *remote;
	if (p->options.source.count == 0 || !p->timer)
		return 0;
	p->next_at = start_at;
	timer_arm(p);
	return event_add(p->timer, NULL) < 0 ? -ENOMEM : 0;
}

bool phone_press(struct phone *p, const char *keys)
{
	if (!p->timer || strlen(p->keys) + strlen(keys) >= sizeof(p->keys) ||
	    !event_pending(p->timer, EV_READ, NULL))
		return false;
	strcat(p->keys, keys);
	return true;
}

bool phone_presses(const struct phone *p)
{
	return p->keys[0];
}

void phone_hush(struct phone *p)
{
	if (p->timer)
		event_del(p->timer);
}

static void event_drop(struct event *e)
{
	if (e)
		event_free(e);
}

void phone_close(struct phone *p)
{
	if (!p)
		return;
	event_drop(p->readable);
	event_drop(p->rtcp_readable);
	event_drop(p->timer);
	int fds[] = {p->fd, p->rtcp_fd, p->timer_fd};
	for (unsigned int i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	if (p->encoder && p->options.codec->encoder_fini)
		p->options.codec->encoder_fini(p->encoder);
	free(p->encoder);
	packet_log_free(&p->sent);
	packet_log_free(&p->received);
	audio_free(&p->options.source);
	free(p);
}
