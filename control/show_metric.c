// SPDX-License-Identifier: GPL-3.0-or-later
// show_metric.c - All counters and gauges in the Prometheus text format, for whoever collects them.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "control/core.h"
#include "control/device.h"
#include "control/show_job.h"
#include "gw/drop.h"
#include "gw/metric.h"

#define PREFIX    "slimline"
#define LABEL_MAX 48

#define PROCESS_METRICS(X)                                                                                   \
	X(uptime, GAUGE, "seconds", "How long control has been running")                                     \
	X(devices, GAUGE, "", "Devices configured")                                                          \
	X(devices_in_service, GAUGE, "", "Devices registered with an agent")                                 \
	X(devices_draining, GAUGE, "", "Devices that take no new media")                                     \
	X(conferences, GAUGE, "", "Conferences")                                                             \
	X(parties, GAUGE, "", "Parties of conferences")                                                      \
	X(orphans, GAUGE, "", "Parties that no agent has spoken of since control or a connection was lost")  \
	X(dataplane_up, GAUGE, "", "Whether the dataplane is connected")                                     \
	X(dataplane_restarts, COUNTER, "", "Restarts of the dataplane seen")

#define DATAPLANE_METRICS(X)                                                                                 \
	X(dataplane_streams, GAUGE, "", "Streams open")                                                      \
	X(dataplane_conferences, GAUGE, "", "Conferences open")                                              \
	X(dataplane_voices, GAUGE, "", "Streams that are mixed or transcoded")                               \
	X(dataplane_overloaded, COUNTER, "", "Set-up refused because workers were at their load limit")

#define WORKER_METRICS(X)                                                                                    \
	X(worker_load, GAUGE, "permille", "Load of the worker's core")                                       \
	X(worker_streams, GAUGE, "", "Streams of the worker")                                                \
	X(worker_rx_packets, COUNTER, "", "Packets received")                                                \
	X(worker_tx_packets, COUNTER, "", "Packets sent")                                                    \
	X(worker_late_ticks, COUNTER, "", "Ticks of the media clock that came too late")

#define PORT_METRICS(X)                                                                                      \
	X(port_link_up, GAUGE, "", "Whether the port has a link")                                            \
	X(port_rx_packets, COUNTER, "", "Packets received")                                                  \
	X(port_tx_packets, COUNTER, "", "Packets sent")                                                      \
	X(port_rx_missed, COUNTER, "", "Packets lost for want of a buffer or a place in the queue")

METRIC_SET(process, PROCESS_METRICS)
METRIC_TABLE(process, PROCESS_METRICS)
METRIC_SET(dataplane, DATAPLANE_METRICS)
METRIC_TABLE(dataplane, DATAPLANE_METRICS)
METRIC_SET(worker, WORKER_METRICS)
METRIC_TABLE(worker, WORKER_METRICS)
METRIC_SET(port, PORT_METRICS)
METRIC_TABLE(port, PORT_METRICS)

// Heads of a set, each with the values of all rows.
static void write_rows(FILE *out, const struct metric *table, size_t n, const uint64_t *values,
		       char labels[][LABEL_MAX], size_t rows)
{
	for (size_t i = 0; i < n && rows; i++) {
		metric_write_head(out, PREFIX, &table[i]);
		for (size_t k = 0; k < rows; k++)
			metric_write_value(out, PREFIX, &table[i], labels[k], values[k * n + i]);
	}
}

static void write_reasons(FILE *out, const struct metric *m, const char *(*name)(unsigned int),
			  const uint64_t *values, unsigned int n)
{
	char label[LABEL_MAX];
	metric_write_head(out, PREFIX, m);
	for (unsigned int i = 1; i < n; i++) {
		snprintf(label, sizeof(label), "reason=\"%s\"", name(i));
		metric_write_value(out, PREFIX, m, label, values[i]);
	}
}

static const char *name_of_refusal(unsigned int i)
{
	return refusal_name(i);
}

static void write_process(FILE *out, const struct show *s)
{
	static const struct metric refused = {"refused", METRIC_COUNTER, "",
					      "Media that agents were refused"};
	const struct core *c = s->core;
	struct counts counts;
	uint64_t refusals[REFUSAL_COUNT];
	struct process v = {.uptime = (uint64_t)show_seconds_since(s, s->started),
			    .devices = c->device_count,
			    .dataplane_up = dp_is_up(&c->dp),
			    .dataplane_restarts = c->dp.restarts};
	for (unsigned int i = 0; i < c->device_count; i++) {
		const struct device *d = c->devices[i];
		v.devices_in_service += reg_is_registered(d);
		v.devices_draining += d->draining;
		v.conferences += d->conference_count;
		v.parties += d->party_count;
		v.orphans += d->orphan_count;
	}
	metric_write(out, PREFIX, process_table, &v.uptime, METRIC_COUNT(process), "");
	core_counts(c, &counts, refusals);
	metric_write(out, PREFIX, count_table, counts.value, COUNT_COUNT, "");
	write_reasons(out, &refused, name_of_refusal, refusals, REFUSAL_COUNT);
}

static void write_dataplane(FILE *out, const struct api_status_reply *s)
{
	char labels[API_WORKERS_MAX > API_PORTS_MAX ? API_WORKERS_MAX : API_PORTS_MAX][LABEL_MAX];
	char name[LABEL_MAX - 8];
	struct dataplane v = {s->streams_open, s->conferences_open, s->voices_open, s->overloaded};
	struct worker workers[API_WORKERS_MAX];
	struct port ports[API_PORTS_MAX];
	for (uint32_t i = 0; i < s->worker_count; i++) {
		const struct api_worker_status *w = &s->workers[i];
		workers[i] = (struct worker){w->load_permille, w->streams, w->rx_packets, w->tx_packets,
					     w->ticks_late};
		snprintf(labels[i], LABEL_MAX, "worker=\"%u\"", i);
	}
	metric_write(out, PREFIX, dataplane_table, &v.dataplane_streams, METRIC_COUNT(dataplane), "");
	write_rows(out, worker_table, METRIC_COUNT(worker), &workers[0].worker_load, labels, s->worker_count);
	for (uint32_t i = 0; i < s->port_count; i++) {
		const struct api_port_status *p = &s->ports[i];
		ports[i] = (struct port){p->link_up, p->rx_packets, p->tx_packets, p->rx_missed};
		snprintf(labels[i], LABEL_MAX, "port=\"%s\"", metric_escape(p->name, name, sizeof(name)));
	}
	write_rows(out, port_table, METRIC_COUNT(port), &ports[0].port_link_up, labels, s->port_count);
}

// --- the question: status, then drops ---

// The text so far (in the job's JSON) with what one part adds. False: the job has ended.
static bool add(struct show_job *j, const struct api_message *reply)
{
	static const struct metric dropped = {"packets_dropped", METRIC_COUNTER, "", "Packets dropped"};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	if (!out) {
		show_job_fail(j, -ENOMEM);
		return false;
	}
	if (j->streams)
		fputs(json_string_value(j->streams), out);
	else
		write_process(out, j->show);
	unsigned int type = reply ? reply->header.type & ~(unsigned int)API_REPLY : 0;
	if (type == API_STATUS)
		write_dataplane(out, &reply->status_reply);
	else if (type == API_DROPS)
		write_reasons(out, &dropped, drop_name, reply->drops_reply.drops,
			      reply->drops_reply.count < DROP_COUNT ? reply->drops_reply.count : DROP_COUNT);
	fclose(out);
	json_decref(j->streams);
	j->streams = json_string(text);
	free(text);
	return true;
}

static void answer(struct show_job *j)
{
	json_t *text = j->streams;
	j->streams = NULL;
	show_job_reply(j, json_pack("{s:o}", "text", text));
}

static void on_drops(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		show_job_fail(j, status);
	else if (add(j, reply))
		answer(j);
}

static void on_status(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		show_job_fail(j, status);
	else if (add(j, reply))
		show_job_ask(j, API_DROPS, 0, on_drops);
}

void show_metrics_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	struct show_job *j = show_job_new(s, r);
	if (!j)
		return;
	if (dp_is_up(&s->core->dp))
		show_job_ask(j, API_STATUS, 0, on_status);
	else if (add(j, NULL))
		answer(j);
}
