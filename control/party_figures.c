// SPDX-License-Identifier: GPL-3.0-or-later
// party_figures.c - Figures of a call for the agent that asks: of its stream, and of those it had before.
//
// Agents ask when a call is over, when its media may be closing or closed already, and each hold and resume makes a new
// stream. So what a stream did is kept for a while under its call's reference and added to what the next one does. An agent
// that asks and wants the figures cleared starts anew from there.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/party_inner.h"
#include "gw/sccp.h"

#define KEPT_LINE     16 // calls of a device whose figures are kept, newest
#define KEPT_RESOURCE 64
#define DUE_MAX       16 // answers that one party owes

struct party_figures {
	uint32_t references[KEPT_RESOURCE]; // of calls; 0 = free
	unsigned int count, next;
	struct stream_stats stats[]; // of each
};

// ---- adding up ----

// What a stream has done since it was asked last and cleared.
static void subtract(struct stream_stats *s, const struct party_base *b)
{
	s->rx_packets -= b->rx_packets;
	s->rx_octets -= b->rx_octets;
	s->tx_packets -= b->tx_packets;
	s->tx_octets -= b->tx_octets;
	s->lost -= b->lost < s->lost ? b->lost : s->lost; // late packets take from it
}

static struct party_base base_of(const struct stream_stats *s)
{
	return (struct party_base){s->rx_packets, s->rx_octets, s->tx_packets, s->tx_octets, s->lost};
}

// Counters add up; of the rest the newer stream's counts.
static void add(struct stream_stats *to, const struct stream_stats *s)
{
	struct party_base before = base_of(to);
	*to = *s;
	to->rx_packets += before.rx_packets;
	to->rx_octets += before.rx_octets;
	to->tx_packets += before.tx_packets;
	to->tx_octets += before.tx_octets;
	to->lost += before.lost;
}

static struct stream_stats *find_kept(struct device *d, uint32_t call_reference)
{
	struct party_figures *f = d->figures;
	for (unsigned int i = 0; f && call_reference && i < f->count; i++)
		if (f->references[i] == call_reference)
			return &f->stats[i];
	return NULL;
}

static void keep(struct device *d, uint32_t call_reference, const struct stream_stats *s)
{
	struct stream_stats *k = find_kept(d, call_reference);
	unsigned int count = d->line ? KEPT_LINE : KEPT_RESOURCE;
	if (k)
		return add(k, s);
	if (!d->figures)
		d->figures = calloc(1, sizeof(*d->figures) + count * sizeof(d->figures->stats[0]));
	if (!d->figures)
		return; // the agent will be told zeros
	d->figures->count = count;
	unsigned int at = d->figures->next++ % count;
	d->figures->references[at] = call_reference;
	d->figures->stats[at] = *s;
}

void party_figures_forget(struct device *d)
{
	free(d->figures);
	d->figures = NULL;
}

// ---- answering ----

static uint32_t low(uint64_t value)
{
	return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
}

static uint32_t to_ms(uint64_t ns)
{
	return low((ns + NSEC_PER_MSEC / 2) / NSEC_PER_MSEC);
}

// What phones call listening quality and concealment, as far as it was measured.
static void quality_text(const struct stream_quality *q, char *ret, size_t cap)
{
	int n = 0;
	*ret = '\0';
	if (q->mos_lq && q->mos_lq != STREAM_UNKNOWN)
		n = snprintf(ret, cap, "MLQK=%" PRIu32 ".%02" PRIu32 "00;MLQKav=%" PRIu32 ".%02" PRIu32 "00;",
			     q->mos_lq / 100, q->mos_lq % 100, q->mos_lq / 100, q->mos_lq % 100);
	if (q->concealed_ppm != STREAM_UNKNOWN)
		snprintf(ret + n, cap - (size_t)n, "CCR=%" PRIu32 ".%04" PRIu32 ";",
			 q->concealed_ppm / 1000000, q->concealed_ppm % 1000000 / 100);
}

static void say(struct device *d, const char *number, uint32_t call_reference, uint32_t mode,
		const struct stream_stats *s, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_CONNECTION_STATISTICS_RES);
	struct sccp_connection_statistics_res *r = &m.connection_statistics_res;
	snprintf(r->directory_num, sizeof(r->directory_num), "%s", number);
	r->call_reference = call_reference;
	r->stats_processing_mode = mode;
	if (s) {
		r->number_packets_sent = low(s->tx_packets);
		r->number_octets_sent = low(s->tx_octets);
		r->number_packets_received = low(s->rx_packets);
		r->number_octets_received = low(s->rx_octets);
		r->number_packets_lost = low(s->lost);
		r->jitter = to_ms(s->jitter_ns);
		r->latency = to_ms(s->round_trip_ns / 2);
		quality_text(&s->quality, r->data, sizeof(r->data));
		r->data_size = (uint32_t)strlen(r->data);
	}
	device_send(d, &m, now);
}

// `live` NULL: the stream is no more, or cannot be asked.
static void answer(struct device *d, const char *number, uint32_t call_reference, uint32_t mode,
		   const struct stream_stats *live, nsec_t now)
{
	struct stream_stats *k = find_kept(d, call_reference);
	struct stream_stats sum;
	if (k)
		sum = *k;
	if (k && live)
		add(&sum, live);
	say(d, number, call_reference, mode, k ? &sum : live, now);
	if (k && mode == SCCP_STATS_MODE_CLEAR_STATS)
		memset(k, 0, sizeof(*k));
}

static void answer_due(struct party *p, const struct stream_stats *live, nsec_t now)
{
	for (; p->stats_due; p->stats_due--)
		answer(p->device, p->stats_number, p->call_reference, p->stats_mode, live, now);
}

void party_figures_due(struct party *p, nsec_t now)
{
	answer_due(p, NULL, now);
}

static void on_statistics(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct party *p = object;
	p->stats_request = 0;
	if (status || !p->stats_due)
		return answer_due(p, NULL, now);
	struct stream_stats s = reply->stream_stats_reply.stats;
	struct party_base base = base_of(&s);
	subtract(&s, &p->stats_base);
	answer_due(p, &s, now);
	if (p->stats_mode == SCCP_STATS_MODE_CLEAR_STATS)
		p->stats_base = base;
}

void party_figures_end(struct party *p, const struct stream_stats *last, nsec_t now)
{
	struct device *d = p->device;
	dp_abandon(&d->core->dp, p->stats_request);
	p->stats_request = 0;
	if (last && p->call_reference) {
		struct stream_stats s = *last;
		subtract(&s, &p->stats_base);
		keep(d, p->call_reference, &s);
	}
	if (reg_is_registered(d))
		answer_due(p, NULL, now);
}

static struct party *find_closing(struct device *d, uint32_t call_reference)
{
	LIST_FOREACH(p, &d->closing, struct party, in_device)
	{
		if (p->call_reference == call_reference)
			return p;
	}
	return NULL;
}

// An agent that asks about a call we do not know gets zeros: it waits for an answer in any case.
void party_on_statistics(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_connection_statistics_req *q = &m->connection_statistics_req;
	struct party *p = party_by_call(d, q->call_reference);
	bool closing = !p && q->call_reference;
	if (closing)
		p = find_closing(d, q->call_reference);
	if (p && !closing && !p->stats_request)
		p->stats_request = dp_stream_stats(&d->core->dp, p->stream, on_statistics, p, now);
	if (!p || !(closing || p->stats_request) || p->stats_due == DUE_MAX)
		return answer(d, q->directory_num, q->call_reference, q->stats_processing_mode, NULL, now);
	snprintf(p->stats_number, sizeof(p->stats_number), "%s", q->directory_num);
	p->stats_mode = q->stats_processing_mode;
	p->stats_due++;
}
