// SPDX-License-Identifier: GPL-3.0-or-later
// legs.c - Per-leg templates, sending with incremental checksums, and counting what comes back.
#include "bench/rtpgen/legs.h"

#include <stdlib.h>
#include <string.h>

#define FILL          PLAN_FILL
#define LEG_PERIOD_NS INT64_C(20000000)
#define PATIENCE      128 // packets of a leg, until a stamp is taken for lost
#define AT_IP         14
#define AT_UDP        34
#define AT_RTP        42

static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static uint32_t sum16(const uint8_t *p, unsigned int n, uint32_t sum)
{
	for (unsigned int i = 0; i + 1 < n; i += 2)
		sum += get16(p + i);
	return n % 2 ? sum + (uint32_t)(p[n - 1] << 8) : sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

// Fills a template. The UDP checksum field keeps the folded sum of everything but sequence and timestamp.
static void template_make(struct leg_tx *t, const struct plan_leg *leg, const uint8_t gen_mac[6],
			  const uint8_t dut_mac[6], uint32_t ssrc)
{
	uint8_t *h = t->header;
	memcpy(h, dut_mac, 6);
	memcpy(h + 6, gen_mac, 6);
	put16(h + 12, 0x0800);
	uint16_t udp_len = (uint16_t)(8 + 12 + leg->payload_bytes);
	h[AT_IP] = 0x45;
	h[AT_IP + 1] = 0xb8;
	put16(h + AT_IP + 2, (uint16_t)(20 + udp_len));
	put16(h + AT_IP + 6, 0x4000);
	h[AT_IP + 8] = 64;
	h[AT_IP + 9] = 17;
	memcpy(h + AT_IP + 12, leg->gen.addr.ip, 4);
	memcpy(h + AT_IP + 16, leg->dut.addr.ip, 4);
	put16(h + AT_IP + 10, (uint16_t)~fold(sum16(h + AT_IP, 20, 0)));
	put16(h + AT_UDP, leg->gen.port);
	put16(h + AT_UDP + 2, leg->dut.port);
	put16(h + AT_UDP + 4, udp_len);
	h[AT_RTP] = 0x80;
	h[AT_RTP + 1] = leg->payload_type;
	put32(h + AT_RTP + 8, ssrc);
	uint32_t sum = sum16(h + AT_IP + 12, 8, 17u + udp_len); // pseudo header
	sum = sum16(h + AT_UDP, 20, sum);
	uint32_t words = leg->payload_bytes / 2;
	sum = fold(sum) + fold(words * (uint32_t)(FILL << 8 | FILL) & 0xffff) +
	      fold((words * (uint32_t)(FILL << 8 | FILL)) >> 16);
	if (leg->payload_bytes % 2)
		sum += FILL << 8;
	sum += (uint32_t)leg->first << 8;
	sum += UINT16_MAX - (FILL << 8); // less what it stands for
	h[LEG_HEADER] = leg->first;
	put16(h + AT_UDP + 6, fold(sum));
	t->payload = leg->payload_bytes;
}

static uint64_t random_next(uint64_t *state)
{
	*state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = *state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

// Index of a generator address, added when new; -1 when there are too many.
static int gen_index(struct legs *l, const struct addr *a)
{
	for (unsigned int i = 0; i < l->gen_count; i++)
		if (memcmp(l->gen[i].ip, a->ip, 4) == 0)
			return (int)i;
	if (l->gen_count == sizeof(l->gen) / sizeof(l->gen[0]))
		return -1;
	l->gen[l->gen_count] = *a;
	return (int)l->gen_count++;
}

// Adds one leg; it is sent at a random place among the others.
static bool leg_add(struct legs *l, const struct plan_leg *leg)
{
	int g = gen_index(l, &leg->gen.addr);
	uint32_t i = l->count;
	if (g < 0)
		return false;
	l->by_port[g][leg->gen.port] = i + 1;
	template_make(&l->tx[i], leg, l->gen_mac, l->dut_mac, (uint32_t)random_next(&l->random) | 1);
	l->tx[i].seq = (uint16_t)random_next(&l->random);
	l->tx[i].timestamp = (uint32_t)random_next(&l->random);
	l->timestamp_step[i] = leg->timestamp_step;
	l->count++;
	uint32_t at = (uint32_t)(random_next(&l->random) % l->count);
	l->order[i] = l->order[at];
	l->order[at] = i;
	return true;
}

void legs_follow(struct legs *l, const struct plan *plan)
{
	while (l->count + 1 < plan->count && l->count + 1 < l->room)
		if (!leg_add(l, &plan->legs[l->count]) || !leg_add(l, &plan->legs[l->count]))
			return;
}

struct legs *legs_new(const struct plan *plan, uint32_t room, const uint8_t gen_mac[6],
		      const uint8_t dut_mac[6], bool reflect, uint64_t seed)
{
	struct legs *l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->room = room > plan->count ? room : plan->count;
	l->reflect = reflect;
	l->random = seed;
	l->stamped = UINT32_MAX;
	memcpy(l->gen_mac, gen_mac, 6);
	memcpy(l->dut_mac, dut_mac, 6);
	l->tx = aligned_alloc(64, l->room * sizeof(*l->tx));
	l->rx = calloc(l->room, sizeof(*l->rx));
	l->clocks = calloc(l->room, sizeof(*l->clocks));
	l->timestamp_step = calloc(l->room, sizeof(*l->timestamp_step));
	l->order = calloc(l->room, sizeof(*l->order));
	bool good = l->tx && l->rx && l->clocks && l->timestamp_step && l->order;
	if (good)
		memset(l->tx, 0, l->room * sizeof(*l->tx));
	while (good && l->count < plan->count)
		good = leg_add(l, &plan->legs[l->count]);
	if (!good) {
		legs_free(l);
		return NULL;
	}
	return l;
}

void legs_free(struct legs *l)
{
	if (!l)
		return;
	free(l->tx);
	free(l->rx);
	free(l->clocks);
	free(l->timestamp_step);
	free(l->order);
	free(l);
}

// The leg at which a packet sent by `leg` arrives.
static uint32_t leg_partner(const struct legs *l, uint32_t leg)
{
	return l->reflect ? leg : leg ^ 1;
}

void legs_send(struct legs *l, uint32_t leg, uint8_t *frame, uint64_t now)
{
	struct leg_tx *t = &l->tx[leg];
	memcpy(frame, t->header, sizeof(t->header));
	uint16_t seq = t->seq++;
	uint32_t ts = t->timestamp;
	t->timestamp += l->timestamp_step[leg];
	put16(frame + AT_RTP + 2, seq);
	put32(frame + AT_RTP + 4, ts);
	uint16_t checksum =
		(uint16_t)~fold((uint32_t)get16(frame + AT_UDP + 6) + seq + (ts >> 16) + (ts & 0xffff));
	put16(frame + AT_UDP + 6, checksum ? checksum : 0xffff);
	struct leg_rx *r = &l->rx[leg_partner(l, leg)];
	if (!now || leg >= l->stamped || (r->stamped && (uint16_t)(seq - r->stamp_seq) < PATIENCE))
		return;
	r->stamp_seq = seq;
	r->stamp = now;
	r->stamped = true;
	l->fresh[l->fresh_count++ % LEG_FRESH] = leg_partner(l, leg);
}

void legs_look(struct legs *l, uint64_t now, bool all, double cycles_per_us)
{
	uint64_t gap = l->polled ? now - l->polled : 0;
	bool away = (double)gap > LEG_GAP_US * cycles_per_us;
	l->judges = l->drained && !away;
	if (away) {
		l->away += gap;
		l->away_max = gap > l->away_max ? gap : l->away_max;
	}
	// Between their stamps and the port the generator may have been away itself.
	for (uint32_t i = 0; away && i < l->fresh_count; i++)
		l->rx[l->fresh[i]].stamped = false;
	l->fresh_count = 0;
	l->polled = now;
	l->drained = all;
}

// Index + 1 of the leg at a generator's end, 0 = none.
static uint32_t leg_at(const struct legs *l, const uint8_t *ip, uint16_t port)
{
	for (unsigned int g = 0; g < l->gen_count; g++)
		if (memcmp(ip, l->gen[g].ip, 4) == 0)
			return l->by_port[g][port];
	return 0;
}

static uint32_t bucket_of(double us)
{
	uint64_t v = us < 1e8 ? (uint64_t)us : (uint64_t)1e8;
	uint32_t octave = 0;
	if (v < LEG_LINEAR)
		return (uint32_t)v;
	while (v >> octave >= 2 * LEG_LINEAR)
		octave++;
	return LEG_LINEAR + octave * LEG_OCTAVE +
	       (uint32_t)((v >> octave) - LEG_LINEAR) / (LEG_LINEAR / LEG_OCTAVE);
}

// The middle of a bucket.
static double bucket_us(uint32_t bucket)
{
	if (bucket < LEG_LINEAR)
		return bucket + 0.5;
	uint32_t octave = (bucket - LEG_LINEAR) / LEG_OCTAVE, at = (bucket - LEG_LINEAR) % LEG_OCTAVE;
	return (LEG_LINEAR + (at + 0.5) * (LEG_LINEAR / LEG_OCTAVE)) * (double)(1u << octave);
}

void delays_add(struct delays *d, double us)
{
	us = us > 0 ? us : 0;
	d->buckets[bucket_of(us)]++;
	d->count++;
	if (us > d->max_us)
		d->max_us = us;
}

// A packet says when it was made; the promptest one of its stream is the measure of the others.
static void behind_add(struct legs *l, uint32_t leg, uint32_t ts, int64_t ns)
{
	struct leg_clock *c = &l->clocks[leg];
	if (!c->known)
		*c = (struct leg_clock){.known = true, .ts = ts, .from = ns};
	int64_t made = (int64_t)(int32_t)(ts - c->ts) * LEG_PERIOD_NS / (int64_t)l->timestamp_step[leg];
	int64_t late = ns - c->from - made;
	c->least = late < c->least ? late : c->least;
	if (l->judges)
		delays_add(&l->behind, (double)(late - c->least) / 1e3);
	else
		l->unjudged++;
}

// The sequence's offset cannot be less than what the last packet sent would make it, and is just that whenever nothing else
// is on its way: so no packet that was lost teaches a wrong one.
static void delay_add(struct legs *l, uint32_t leg, uint16_t seq, uint64_t now, double cycles_per_us)
{
	struct leg_rx *r = &l->rx[leg];
	uint16_t offset = (uint16_t)(seq - (uint16_t)(l->tx[leg_partner(l, leg)].seq - 1));
	if (!r->offset_known || (int16_t)(offset - r->seq_offset) > 0) {
		r->seq_offset = offset;
		r->offset_known = true;
	}
	if (!r->stamped || (uint16_t)(seq - r->seq_offset) != r->stamp_seq)
		return;
	r->stamped = false;
	if (l->judges)
		delays_add(&l->delays, (double)(now - r->stamp) / cycles_per_us);
	else
		l->unjudged++;
}

void legs_receive(struct legs *l, const uint8_t *frame, uint32_t len, uint64_t now, double cycles_per_us,
		  int64_t ns)
{
	if (len < LEG_HEADER || get16(frame + 12) != 0x0800 || frame[AT_IP + 9] != 17)
		return;
	uint32_t leg = leg_at(l, frame + AT_IP + 16, get16(frame + AT_UDP + 2));
	if (!leg--) {
		l->unknown++;
		return;
	}
	l->rx[leg].received++;
	l->received++;
	if (leg < l->stamped)
		delay_add(l, leg, get16(frame + AT_RTP + 2), now, cycles_per_us);
	else
		behind_add(l, leg, get32(frame + AT_RTP + 4), ns);
}

void legs_restart(struct legs *l)
{
	for (uint32_t i = 0; i < l->count; i++) {
		l->rx[i].received = 0;
		l->rx[i].stamped = false;
	}
	l->unknown = 0;
	l->received = l->unjudged = 0;
	l->away = l->away_max = 0;
	memset(&l->delays, 0, sizeof(l->delays));
	memset(&l->behind, 0, sizeof(l->behind));
}

double delays_quantile(const struct delays *d, double q)
{
	if (d->count == 0)
		return 0;
	uint64_t rank = (uint64_t)(q * (double)(d->count - 1)), seen = 0;
	uint32_t i = 0;
	while (i < LEG_BUCKETS - 1 && (seen += d->buckets[i]) <= rank)
		i++;
	return bucket_us(i);
}
