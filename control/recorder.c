// SPDX-License-Identifier: GPL-3.0-or-later
// recorder.c - Asks the dataplane to record, and tells who asked what became of it.
#include "control/recorder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "gw/log.h"
#include "gw/sccp.h"

static void forget(struct recorder *r)
{
	dp_abandon(&r->core->dp, r->request); // what opens nonetheless is closed as a stray
	if (r->handle)
		index_drop(&r->core->recordings, &r->by_handle);
	list_remove(&r->link);
	free(r);
}

static void tell(struct recorder *r, int status, const struct api_record_event *end, nsec_t now)
{
	recorder_done done = r->done;
	r->done = NULL;
	if (done)
		done(r->object, r, status, end, now);
	forget(r);
}

static void alarm_raise(struct device *d, int status, nsec_t now)
{
	struct sccp_msg m;
	device_count(d, COUNT_recording_failed);
	if (d->core->recording_alarm)
		return;
	d->core->recording_alarm = true;
	log_error(d->name, "calls cannot be recorded", "why=\"%s\"", strerror(-status));
	sccp_init(&m, SCCP_ALARM);
	m.alarm.alarm_severity = SCCP_ALARM_SEVERITY_WARNING;
	snprintf(m.alarm.text, sizeof(m.alarm.text), "calls cannot be recorded: %.50s", strerror(-status));
	if (reg_is_registered(d))
		device_send(d, &m, now);
}

static void alarm_clear(struct device *d)
{
	if (d->core->recording_alarm)
		log_notice(d->name, "calls can be recorded again");
	d->core->recording_alarm = false;
}

// Errors of the place where files go, as opposed to those of this call.
static bool is_of_disk(int status)
{
	return status != -ENOENT && status != -EBUSY && status != -ETIMEDOUT && status != -ECONNRESET;
}

static void on_open(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct recorder *r = object;
	r->request = 0;
	if (status) {
		if (is_of_disk(status))
			alarm_raise(r->to, status, now);
		tell(r, status, NULL, now);
		return;
	}
	r->handle = reply->record_reply.handle;
	memcpy(r->name, reply->record_reply.name, sizeof(r->name));
	index_put(&r->core->recordings, &r->by_handle, r->handle);
	if (r->stopping)
		dp_record_close(&r->core->dp, r->handle, now);
	else if (r->done)
		r->done(r->object, r, 0, NULL, now);
}

struct recorder *recorder_start(struct device *d, api_handle stream, const struct recorder_limits *limits,
				recorder_done done, void *object, nsec_t now)
{
	struct recorder *r = stream ? calloc(1, sizeof(*r)) : NULL;
	struct api_message m;
	if (!r)
		return NULL;
	*r = (struct recorder){.core = d->core, .to = d, .done = done, .object = object};
	list_push_back(&d->core->recorders, &r->link);
	api_init(&m, API_RECORD_OPEN, 0);
	m.record_open.stream = stream;
	m.record_open.max_ms = limits->max_ms;
	m.record_open.min_ms = limits->min_ms;
	m.record_open.silence_ms = limits->silence_ms;
	snprintf(m.record_open.label, sizeof(m.record_open.label), "%s",
		 limits->label ? limits->label : d->name);
	r->request = dp_request(&d->core->dp, &m, on_open, r, now);
	if (r->request)
		return r;
	forget(r);
	return NULL;
}

struct recorder *recorder_adopt(struct device *d, api_handle handle, const char *name, recorder_done done,
				void *object)
{
	struct recorder *r = calloc(1, sizeof(*r));
	if (!r || index_put(&d->core->recordings, &r->by_handle, handle)) {
		free(r);
		return NULL;
	}
	r->core = d->core;
	r->to = d;
	r->handle = handle;
	r->done = done;
	r->object = object;
	snprintf(r->name, sizeof(r->name), "%s", name);
	list_push_back(&d->core->recorders, &r->link);
	return r;
}

void recorder_stop(struct recorder *r, nsec_t now)
{
	if (!r->stopping && r->handle)
		dp_record_close(&r->core->dp, r->handle, now);
	r->stopping = true;
}

void recorder_leave(struct recorder *r)
{
	if (!r)
		return;
	r->done = NULL;
	if (!r->handle)
		forget(r);
}

bool recorder_delete(struct core *c, const char *name, nsec_t now)
{
	struct api_message m;
	api_init(&m, API_RECORD_DELETE, 0);
	snprintf(m.record_delete.name, sizeof(m.record_delete.name), "%s", name);
	return dp_request(&c->dp, &m, NULL, NULL, now);
}

void recorder_event(struct core *c, const struct api_record_event *e, nsec_t now)
{
	struct index_node *n = index_first(&c->recordings, e->handle);
	struct recorder *r = n ? INDEX_ITEM(n, struct recorder, by_handle) : NULL;
	if (!r)
		return; // of a process before this one
	if (e->end == API_RECORD_FAILED) {
		alarm_raise(r->to, e->status, now);
	} else if (e->kept) {
		device_count(r->to, COUNT_recordings);
		alarm_clear(r->to);
	}
	tell(r, 0, e, now);
}

void recorders_lost(struct core *c, nsec_t now)
{
	LIST_FOREACH(r, &c->recorders, struct recorder, link)
	tell(r, -ECONNRESET, NULL, now);
}

void recorders_free(struct core *c)
{
	LIST_FOREACH(r, &c->recorders, struct recorder, link)
	{
		r->request = 0; // its dataplane client has gone
		forget(r);
	}
}
