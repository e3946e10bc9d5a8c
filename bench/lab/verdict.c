// SPDX-License-Identifier: GPL-3.0-or-later
// verdict.c - Counts packets, matches payloads, and compares speech and tones with what was said.
#include "bench/lab/verdict.h"

#include <stdlib.h>
#include <string.h>

#include "bench/lab/hearing.h"
#include "bench/lab/sample.h"

void verdict_set(struct verdict *v, enum metric m, double value)
{
	v->known[m] = true;
	v->value[m] = value;
}

// Loss by sequence number within each SSRC, and the longest gap between the call's start and its end.
static void judge_packets(const struct verdict_party *me, struct verdict *v)
{
	const struct packet_log *log = &me->phone->received;
	nsec_t last = me->from, gap = 0;
	int64_t lost = 0, highest = 0, first = 0, came = 0;
	for (size_t i = 0; i < log->count; i++) {
		const struct packet *p = &log->packets[i];
		bool fresh = i == 0 || p->ssrc != log->packets[i - 1].ssrc;
		if (fresh) {
			lost += came ? highest - first + 1 - came : 0;
			first = highest = p->seq;
			came = 0;
		}
		int64_t seq = highest + (int16_t)(p->seq - (uint16_t)highest);
		highest = seq > highest ? seq : highest;
		came++;
		if (p->at > last && last < me->until) {
			nsec_t upto = p->at < me->until ? p->at : me->until;
			gap = upto - last > gap ? upto - last : gap;
			last = p->at;
		}
	}
	lost += came ? highest - first + 1 - came : 0;
	if (last < me->until && me->until - last > gap)
		gap = me->until - last;
	verdict_set(v, METRIC_LOSS, (double)(lost > 0 ? lost : 0));
	verdict_set(v, METRIC_GAP, (double)gap / 1e6);
}

static bool same_payload(const struct packet_log *a, size_t i, const struct packet_log *b, size_t j)
{
	if (i >= a->count || j >= b->count || a->packets[i].len != b->packets[j].len)
		return false;
	return memcmp(packet_payload(a, &a->packets[i]), packet_payload(b, &b->packets[j]),
		      a->packets[i].len) == 0;
}

// Finds the sent packet that became the first received one. Three in a row, as silence repeats itself.
static bool relay_start(const struct packet_log *sent, const struct packet_log *got, size_t *ret)
{
	for (size_t i = 0; i + 3 <= sent->count; i++) {
		if (same_payload(sent, i, got, 0) && same_payload(sent, i + 1, got, 1) &&
		    same_payload(sent, i + 2, got, 2)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

// A relay moves packets, so each one can be followed: same payload, sequence and timestamp moved by a constant. Ends of a
// line call (`whole` false) come and go as they like: what arrived counts, and it need not be a relay.
static void judge_relay(const struct verdict_party *me, const struct verdict_party *other, bool whole,
			struct verdict *v)
{
	const struct packet_log *sent = &other->phone->sent, *got = &me->phone->received;
	size_t start;
	if (sent->count == 0)
		return;
	if (whole)
		verdict_set(v, METRIC_IDENTICAL, 0);
	if (got->count < 3 || !relay_start(sent, got, &start))
		return;
	struct sample delay = {0};
	size_t identical = 0, arrived = 0, step = sent->count / SAMPLE_MAX + 1;
	uint16_t seq_offset = (uint16_t)(got->packets[0].seq - sent->packets[start].seq);
	uint32_t ts_offset = got->packets[0].ts - sent->packets[start].ts;
	bool *seen = calloc(sent->count, sizeof(*seen));
	for (size_t i = 0; seen && i < got->count; i++) {
		const struct packet *g = &got->packets[i];
		size_t at = start + (size_t)(int16_t)(g->seq - got->packets[0].seq);
		if (at >= sent->count || seen[at] || (uint16_t)(g->seq - sent->packets[at].seq) != seq_offset)
			continue;
		seen[at] = true;
		arrived++;
		identical += same_payload(sent, at, got, i) && g->ts - sent->packets[at].ts == ts_offset;
		if (at % step == 0)
			sample_add(&delay, (double)(int64_t)(g->at - sent->packets[at].at) / 1e6);
	}
	free(seen);
	verdict_set(v, METRIC_IDENTICAL,
		    100.0 * (double)identical / (double)(whole ? sent->count : got->count));
	if (!whole)
		return;
	verdict_set(v, METRIC_LOSS, (double)(sent->count - arrived));
	if (delay.count)
		verdict_set(v, METRIC_DELAY, sample_median(&delay));
}

// Two parties of one codec and period, over anything but a bridge, are relayed; lines may.
static bool is_relay(const struct verdict_party *parties, unsigned int count, enum scenario_kind kind)
{
	return count == 2 && (kind <= SCENARIO_TRANSCODER || kind == SCENARIO_LINE) &&
	       parties[0].party->codec == parties[1].party->codec &&
	       parties[0].party->period_ms == parties[1].party->period_ms;
}

void verdict_take(enum scenario_kind kind, const struct verdict_party *parties, unsigned int count,
		  unsigned int listener, const char *wav_path, struct verdict *ret)
{
	const struct verdict_party *me = &parties[listener];
	*ret = (struct verdict){.received = me->phone->received.count,
				.unwanted = me->phone->malformed + me->phone->strangers};
	judge_packets(me, ret);
	hearing_judge(parties, count, listener, wav_path, ret);
	if (is_relay(parties, count, kind))
		judge_relay(me, &parties[1 - listener], kind != SCENARIO_LINE, ret);
}

bool verdict_meets(const struct verdict *v, const struct scenario_expect *e)
{
	return v->known[e->metric] && scenario_expect_met(e, v->value[e->metric]);
}
