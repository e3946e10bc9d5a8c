// SPDX-License-Identifier: GPL-3.0-or-later
// station.c - A device as small as can be, over loopback at the lab's agent: what it sends, what has come for it.
#include "tests/unit/bench/station.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/lab/netns.h"
#include "tests/unit/t.h"

struct event_base *station_base;
struct agent *station_agent;

static struct addr_port where;

bool station_agent_open(const struct agent_options *options)
{
	struct agent_options o = *options;
	station_base = event_base_new();
	// a free port, found by asking for one
	where = (struct addr_port){.addr = addr_ipv4((const uint8_t[4]){127, 0, 0, 1})};
	int probe = netns_socket("", SOCK_STREAM, &where);
	if (probe < 0)
		return false;
	close(probe);
	o.listen = where;
	o.netns = "";
	return agent_open(station_base, &o, &station_agent) == 0;
}

void station_agent_close(void)
{
	agent_close(station_agent);
	event_base_free(station_base);
}

bool station_open(struct station *s, unsigned int version)
{
	struct sockaddr_storage sa;
	socklen_t len = netns_sockaddr(&where, &sa);
	int one = 1;
	s->len = 0;
	s->version = version;
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); // every send is there at once
	return connect(s->fd, (struct sockaddr *)&sa, len) == 0;
}

void station_close(struct station *s)
{
	close(s->fd);
	station_turn();
}

void station_turn(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(station_base, EVLOOP_NONBLOCK);
}

void station_send(struct station *s, const struct sccp_msg *m)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, s->version, pdu, sizeof(pdu));
	REQUIRE(len > 0);
	CHECK_INT(send(s->fd, pdu, (size_t)len, 0), len);
	station_turn();
}

bool station_next(struct station *s, struct sccp_msg *ret)
{
	static uint8_t kept[SCCP_PDU_MAX];
	station_turn();
	ssize_t n = recv(s->fd, s->bytes + s->len, sizeof(s->bytes) - s->len, MSG_DONTWAIT);
	s->len += n > 0 ? (size_t)n : 0;
	size_t consumed;
	if (sccp_frame_next(s->bytes, s->len, &s->pdu, &s->pdu_len, &consumed) != 1)
		return false;
	memcpy(kept, s->pdu, s->pdu_len);
	s->pdu = kept;
	memmove(s->bytes, s->bytes + consumed, s->len - consumed);
	s->len -= consumed;
	return sccp_decode(s->pdu, s->pdu_len, s->version, ret) >= 0;
}

void station_expect(struct station *s, uint32_t id, struct sccp_msg *ret)
{
	ret->id = 0;
	CHECK(station_next(s, ret));
	CHECK_INT(ret->id, id);
}

bool station_find(struct station *s, uint32_t id, struct sccp_msg *ret)
{
	while (station_next(s, ret))
		if (ret->id == id)
			return true;
	return false;
}

void station_drain(struct station *s)
{
	struct sccp_msg m;
	while (station_next(s, &m))
		continue;
}

void station_register(struct station *s, const char *name, uint32_t type)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_REGISTER);
	strcpy(m.register_req.station_device_name, name);
	m.register_req.device_type = type;
	m.register_req.protocol_version = (uint8_t)s->version;
	station_send(s, &m);
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	station_send(s, &m);
	station_drain(s);
}
