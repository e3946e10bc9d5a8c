// SPDX-License-Identifier: GPL-3.0-or-later
// capture.c - Reads SCCP messages out of capture files, in the order they came.
#include "tests/unit/capture.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gw/sccp.h"

#define AGENT_PORT 2000
#define FLOWS_MAX  16

// One direction of a connection, put together again.
struct flow {
	uint32_t src, dst;
	uint16_t sport, dport;
	uint32_t next; // sequence number expected
	size_t len;
	uint8_t bytes[1 << 20];
};

const char *capture_path(const char *name)
{
	static char path[512];
	const char *shared = getenv("SLIMLINE_SHARED"), *source = getenv("SLIMLINE_SOURCE");
	if (shared)
		snprintf(path, sizeof(path), "%s/sccp/captures/%s", shared, name);
	else
		snprintf(path, sizeof(path), "%s/../shared/sccp/captures/%s", source ? source : ".", name);
	return path;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

// Finds the IPv4 header of a frame; NULL for anything else.
static const uint8_t *ip_header(int link, const uint8_t *frame, size_t len)
{
	size_t skip = link == DLT_EN10MB ? 14 : link == DLT_LINUX_SLL ? 16 : link == DLT_RAW ? 0 : len;
	return len >= skip + 20 && frame[skip] >> 4 == 4 && frame[skip + 9] == 6 ? frame + skip : NULL;
}

static struct flow *flow_of(struct flow *flows, size_t *count, size_t cap, const uint8_t *ip,
			    const uint8_t *tcp)
{
	struct flow key = {.src = be32(ip + 12),
			   .dst = be32(ip + 16),
			   .sport = (uint16_t)(tcp[0] << 8 | tcp[1]),
			   .dport = (uint16_t)(tcp[2] << 8 | tcp[3])};
	if (key.sport != AGENT_PORT && key.dport != AGENT_PORT)
		return NULL;
	for (size_t i = 0; i < *count; i++)
		if (flows[i].src == key.src && flows[i].dst == key.dst && flows[i].sport == key.sport &&
		    flows[i].dport == key.dport)
			return &flows[i];
	if (*count == cap)
		return NULL;
	struct flow *f = &flows[(*count)++];
	f->src = key.src;
	f->dst = key.dst;
	f->sport = key.sport;
	f->dport = key.dport;
	f->next = be32(tcp + 4) + (tcp[13] & 2 ? 1 : 0);
	return f;
}

// Appends what is new in a segment; captures hold retransmissions but no gaps.
static void append(struct flow *f, const uint8_t *ip, const uint8_t *tcp)
{
	size_t ip_len = (size_t)(ip[2] << 8 | ip[3]), head = (size_t)(tcp - ip) + (size_t)(tcp[12] >> 4) * 4;
	uint32_t seq = be32(tcp + 4) + (tcp[13] & 2 ? 1 : 0);
	if (ip_len <= head || seq != f->next || f->len + ip_len - head > sizeof(f->bytes))
		return;
	memcpy(f->bytes + f->len, ip + head, ip_len - head);
	f->len += ip_len - head;
	f->next += (uint32_t)(ip_len - head);
}

// Hands over every whole message of a flow.
static void cut(struct flow *f, nsec_t at, capture_fn *seen, void *arg)
{
	struct capture_pdu p = {.to_agent = f->dport == AGENT_PORT, .at = at};
	size_t consumed;
	p.device_port = p.to_agent ? f->sport : f->dport;
	while (sccp_frame_next(f->bytes, f->len, &p.pdu, &p.len, &consumed) == 1) {
		seen(&p, arg);
		memmove(f->bytes, f->bytes + consumed, f->len - consumed);
		f->len -= consumed;
	}
}

bool capture_play(const char *name, capture_fn *seen, void *arg, size_t *ret_left)
{
	char error[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline(capture_path(name), error);
	if (!pcap)
		return false;
	struct flow *flows = calloc(FLOWS_MAX, sizeof(*flows));
	size_t count = 0;
	struct pcap_pkthdr *head;
	const uint8_t *frame;
	while (flows && pcap_next_ex(pcap, &head, &frame) == 1) {
		const uint8_t *ip = ip_header(pcap_datalink(pcap), frame, head->caplen);
		struct flow *f = ip ? flow_of(flows, &count, FLOWS_MAX, ip, ip + (ip[0] & 15) * 4) : NULL;
		if (!f)
			continue;
		append(f, ip, ip + (ip[0] & 15) * 4);
		cut(f, (nsec_t)head->ts.tv_sec * NSEC_PER_SEC + (nsec_t)head->ts.tv_usec * 1000, seen, arg);
	}
	*ret_left = 0;
	for (size_t i = 0; i < count; i++)
		*ret_left += flows[i].len;
	free(flows);
	pcap_close(pcap);
	return true;
}
