// SPDX-License-Identifier: GPL-3.0-or-later
// show_job.h - An answer that waits for the dataplane, and the commands that list.
//
// A job's request waits while replies come in; every job ends by one answer: the data, or that the dataplane went
// or is slow. Long lists come in pages, so that no answer holds up the loop: a reply with "next" goes on with the
// argument "cursor" of that value.
#pragma once

#include <stdbool.h>

#include "control/dp.h"
#include "control/show.h"

struct show_job {
	struct list link; // show.jobs
	struct show *show;
	struct admin_request *request;
	uint32_t dp_request;
	bool one; // an id was asked for
	uint32_t id;
	char asked[12];                      // it, as it was typed
	uint32_t cursor;                     // where the list goes on
	bool conference;                     // lists conferences, else streams
	struct api_conference_entry *groups; // by handle
	size_t group_count, group_cap;
	json_t *streams; // rows, or the text of metrics, so far
};

// NULL: the request has been answered.
struct show_job *show_job_new(struct show *s, struct admin_request *r);

void show_job_reply(struct show_job *j, json_t *data);
void show_job_fail(struct show_job *j, int status);

// Its request has been answered by other means.
void show_job_end(struct show_job *j);

// There is no such thing as asked for.
void show_job_absent(struct show_job *j, const char *hint, const char *noun);

// Sends a request to the dataplane. False: the job has ended.
bool show_job_ask(struct show_job *j, unsigned int type, uint32_t cursor, dp_done done);

json_int_t show_seconds_since(const struct show *s, nsec_t then);

void show_connections_run(struct admin_request *r, const json_t *arguments, void *context);
void show_conference_run(struct admin_request *r, const json_t *arguments, void *context);
void show_stream_run(struct admin_request *r, const json_t *arguments, void *context);
void show_line_run(struct admin_request *r, const json_t *arguments, void *context);
void show_line_act_run(struct admin_request *r, const json_t *arguments, void *context);
void show_recording_run(struct admin_request *r, const json_t *arguments, void *context);
void show_record_act_run(struct admin_request *r, const json_t *arguments, void *context);
void show_room_run(struct admin_request *r, const json_t *arguments, void *context);
void show_room_act_run(struct admin_request *r, const json_t *arguments, void *context);
void show_metrics_run(struct admin_request *r, const json_t *arguments, void *context);
void show_drops_run(struct admin_request *r, const json_t *arguments, void *context);
