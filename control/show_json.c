// SPDX-License-Identifier: GPL-3.0-or-later
// show_json.c - Streams, statistics, workers and ports as JSON objects.
#include "control/show_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "gw/clock.h"
#include "gw/codec.h"

json_t *show_text(const char *text, size_t cap)
{
	char copy[256];
	size_t len = strnlen(text, cap);
	len = len < sizeof(copy) - 1 ? len : sizeof(copy) - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	json_t *j = json_string(copy);
	if (j)
		return j;
	for (char *p = copy; *p; p++)
		if ((unsigned char)*p > '~')
			*p = '?';
	return json_string(copy);
}

json_t *show_addr_port(const struct addr_port *a)
{
	char text[ADDR_TEXT_MAX];
	if (a->addr.family == ADDR_NONE)
		return json_null();
	return json_string(addr_port_text(a, text, sizeof(text)));
}

json_t *show_format(const struct stream_format *f)
{
	const struct codec *c = codec_by_id(f->codec);
	return json_pack("{s:s, s:i, s:i, s:o}", "codec", c ? c->name : "pass-through", "period_ms",
			 f->period_ms, "payload_type", f->payload_type, "event_type",
			 f->event_type ? json_integer(f->event_type) : json_null());
}

static void set_ms(json_t *o, const char *key, uint64_t ns)
{
	json_object_set_new(o, key, json_real((double)(ns / NSEC_PER_USEC) / 1000.0));
}

static void set_count(json_t *o, const char *key, uint64_t v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void set_level(json_t *o, const char *key, int32_t cb)
{
	json_object_set_new(o, key, cb == INT32_MIN ? json_null() : json_real(cb / 10.0));
}

static void set_ssrc(json_t *o, const char *key, uint32_t ssrc)
{
	char text[16];
	snprintf(text, sizeof(text), "%08" PRIx32, ssrc);
	json_object_set_new(o, key, json_string(text));
}

// A figure that counts in steps of 1 / `steps`.
static void set_scaled(json_t *o, const char *key, uint32_t v, double steps)
{
	json_object_set_new(o, key, v == STREAM_UNKNOWN ? json_null() : json_real(v / steps));
}

static void set_known(json_t *o, const char *key, uint32_t v)
{
	json_object_set_new(o, key, v == STREAM_UNKNOWN ? json_null() : json_integer(v));
}

static json_t *quality_json(const struct stream_quality *q)
{
	static const char *const one_way[STREAM_ONE_WAY_COUNT] = {
		[STREAM_TWO_WAY] = "no",
		[STREAM_HEARS_NOTHING] = "hears nothing",
		[STREAM_SAYS_NOTHING] = "says nothing",
		[STREAM_UNHEARD] = "far end hears nothing",
		[STREAM_DEAD] = "neither way",
	};
	json_t *o = json_object();
	set_scaled(o, "loss_percent", q->loss_ppm, 10000);
	set_scaled(o, "discard_percent", q->discard_ppm, 10000);
	set_known(o, "bursts", q->bursts);
	set_scaled(o, "burst_loss_percent", q->burst_loss_ppm, 10000);
	set_scaled(o, "gap_loss_percent", q->gap_loss_ppm, 10000);
	set_known(o, "burst_ms", q->burst_ms);
	set_known(o, "gap_ms", q->gap_ms);
	set_scaled(o, "concealed_percent", q->concealed_ppm, 10000);
	set_scaled(o, "silence_percent", q->silence_ppm, 10000);
	set_scaled(o, "r_lq", q->r_lq, 10);
	set_scaled(o, "r_cq", q->r_cq, 10);
	set_scaled(o, "mos_lq", q->mos_lq, 100);
	set_scaled(o, "mos_cq", q->mos_cq, 100);
	set_known(o, "end_delay_ms", q->end_delay_ms);
	set_scaled(o, "remote_loss_percent", q->remote_loss_ppm, 10000);
	set_scaled(o, "remote_r", q->remote_r, 10);
	set_scaled(o, "remote_mos_lq", q->remote_mos_lq, 100);
	set_scaled(o, "remote_mos_cq", q->remote_mos_cq, 100);
	json_object_set_new(o, "one_way",
			    json_string(q->one_way < STREAM_ONE_WAY_COUNT ? one_way[q->one_way] : "unknown"));
	return o;
}

json_t *show_stats(const struct stream_stats *s)
{
	json_t *o = json_object();
	set_count(o, "rx_packets", s->rx_packets);
	set_count(o, "rx_octets", s->rx_octets);
	set_count(o, "tx_packets", s->tx_packets);
	set_count(o, "tx_octets", s->tx_octets);
	set_count(o, "lost", s->lost);
	set_count(o, "late", s->late);
	set_count(o, "duplicate", s->duplicate);
	set_count(o, "reordered", s->reordered);
	set_count(o, "dropped", s->dropped);
	set_count(o, "concealed", s->concealed);
	set_count(o, "remote_lost", s->remote_lost);
	set_count(o, "ssrc_changes", s->ssrc_changes);
	set_ms(o, "jitter_ms", s->jitter_ns);
	set_ms(o, "jitter_max_ms", s->jitter_max_ns);
	set_ms(o, "delay_ms", s->delay_ns);
	if (s->round_trip_ns)
		set_ms(o, "round_trip_ms", s->round_trip_ns);
	else
		json_object_set_new(o, "round_trip_ms", json_null());
	if (s->idle_ns != UINT64_MAX)
		set_ms(o, "idle_ms", s->idle_ns);
	else
		json_object_set_new(o, "idle_ms", json_null());
	set_level(o, "level_rx_dbm0", s->level_rx_cb);
	set_level(o, "level_tx_dbm0", s->level_tx_cb);
	set_ssrc(o, "rx_ssrc", s->rx_ssrc);
	set_ssrc(o, "tx_ssrc", s->tx_ssrc);
	json_object_set_new(o, "quality", quality_json(&s->quality));
	return o;
}

const char *show_outcome(uint32_t outcome)
{
	static const char *const names[CONFERENCE_OUTCOME_COUNT] = {[CONFERENCE_EMPTY] = "empty",
								    [CONFERENCE_RELAY] = "relay",
								    [CONFERENCE_LAW] = "law",
								    [CONFERENCE_TRANSCODE] = "transcode",
								    [CONFERENCE_MIX] = "mix"};
	return outcome < CONFERENCE_OUTCOME_COUNT ? names[outcome] : "unknown";
}

const char *show_mode(uint32_t flags)
{
	static const char *const names[] = {"inactive", "recvonly", "sendonly", "sendrecv"};
	return names[(flags & STREAM_RECV ? 1 : 0) | (flags & STREAM_SEND ? 2 : 0)];
}

void show_stream_entry(json_t *o, const struct api_stream_entry *e)
{
	char id[16];
	const struct stream_spec *spec = &e->spec;
	snprintf(id, sizeof(id), "%08" PRIx32, e->handle);
	json_object_set_new(o, "id", json_string(id));
	set_count(o, "worker", e->worker);
	json_object_set_new(o, "device", show_text(spec->ref.device, sizeof(spec->ref.device)));
	set_count(o, "conference_id", spec->ref.conference_id);
	set_count(o, "party_id", spec->ref.party_id);
	set_count(o, "call_reference", spec->ref.call_reference);
	json_object_set_new(o, "mode", json_string(show_mode(spec->flags)));
	json_object_set_new(o, "muted", json_boolean(spec->flags & STREAM_MUTED));
	json_object_set_new(o, "local", show_addr_port(&spec->local));
	json_object_set_new(o, "remote", show_addr_port(&spec->remote));
	json_object_set_new(o, "source", show_addr_port(&spec->source));
	json_object_set_new(o, "rx", show_format(&spec->rx));
	json_object_set_new(o, "tx", show_format(&spec->tx));
	set_count(o, "dscp", spec->dscp);
	json_object_set_new(o, "stats", show_stats(&e->stats));
}

static json_t *worker_json(unsigned int number, const struct api_worker_status *w)
{
	json_t *o = json_object();
	set_count(o, "worker", number);
	set_count(o, "cpu", w->cpu);
	json_object_set_new(o, "load_percent", json_real(w->load_permille / 10.0));
	json_object_set_new(o, "expected_percent", json_real(w->expected_permille / 10.0));
	set_count(o, "streams", w->streams);
	set_count(o, "conferences", w->conferences);
	set_count(o, "rx_packets", w->rx_packets);
	set_count(o, "tx_packets", w->tx_packets);
	set_count(o, "ticks_late", w->ticks_late);
	json_object_set_new(o, "late_ms", json_real(w->late_us / 1000.0));
	json_object_set_new(o, "turn_ms", json_real(w->turn_us / 1000.0));
	json_object_set_new(o, "away_ms", json_real(w->away_us / 1000.0));
	return o;
}

static json_t *port_json(const struct api_port_status *p)
{
	char mac[18];
	json_t *o = json_object();
	snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", p->mac[0], p->mac[1], p->mac[2],
		 p->mac[3], p->mac[4], p->mac[5]);
	json_object_set_new(o, "name", show_text(p->name, sizeof(p->name)));
	json_object_set_new(o, "link_up", json_boolean(p->link_up));
	json_object_set_new(o, "mac", json_string(mac));
	set_count(o, "rx_packets", p->rx_packets);
	set_count(o, "tx_packets", p->tx_packets);
	set_count(o, "rx_missed", p->rx_missed);
	return o;
}

void show_dataplane_status(json_t *o, const struct api_status_reply *s)
{
	json_t *workers = json_array(), *ports = json_array();
	set_count(o, "uptime_s", s->uptime_ns / NSEC_PER_SEC);
	set_count(o, "streams", s->streams_open);
	set_count(o, "conferences", s->conferences_open);
	set_count(o, "voices", s->voices_open);
	set_count(o, "load_limit_percent", s->load_limit);
	set_count(o, "overloaded", s->overloaded);
	set_count(o, "stream_bytes", s->stream_bytes);
	set_count(o, "media_mb", s->media_mb);
	json_object_set_new(o, "kernels", show_text(s->kernels, sizeof(s->kernels)));
	for (uint32_t i = 0; i < s->worker_count && i < API_WORKERS_MAX; i++)
		json_array_append_new(workers, worker_json(i, &s->workers[i]));
	for (uint32_t i = 0; i < s->port_count && i < API_PORTS_MAX; i++)
		json_array_append_new(ports, port_json(&s->ports[i]));
	json_object_set_new(o, "workers", workers);
	json_object_set_new(o, "ports", ports);
}
