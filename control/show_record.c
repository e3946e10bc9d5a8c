// SPDX-License-Identifier: GPL-3.0-or-later
// show_record.c - Recordings: those under way, one begun by hand, one ended.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/party.h"
#include "control/show_job.h"
#include "control/show_json.h"

#define SECONDS_DEFAULT 60
#define SECONDS_MAX     (API_RECORD_MS_MAX / 1000)
#define USAGE_HINT      "record stream ID [SECONDS], or record stop ID; show stream and show recording list IDs"

// --- show recording ---

static json_t *handle_json(api_handle h)
{
	char text[9];
	snprintf(text, sizeof(text), "%08" PRIx32, h);
	return json_string(text);
}

static json_t *entry_json(const struct core *c, const struct api_record_entry *e)
{
	const struct party *p = core_party(c, e->stream);
	json_t *o = json_object();
	json_object_set_new(o, "id", handle_json(e->handle));
	json_object_set_new(o, "stream", handle_json(e->stream));
	json_object_set_new(o, "device", p ? json_string(p->device->name) : json_null());
	json_object_set_new(o, "seconds", json_integer(e->ms / 1000));
	json_object_set_new(o, "lost_ms", json_integer(e->lost_ms));
	json_object_set_new(o, "file", show_text(e->name, sizeof(e->name)));
	return o;
}

static void on_list(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return show_job_fail(j, status);
	const struct api_record_list_reply *page = &reply->record_list_reply;
	for (uint32_t i = 0; i < page->count; i++)
		json_array_append_new(j->streams, entry_json(j->show->core, &page->entries[i]));
	if (page->next && admin_wanted(j->request)) {
		show_job_ask(j, API_RECORD_LIST, page->next, on_list);
		return;
	}
	json_t *rows = j->streams;
	j->streams = NULL;
	show_job_reply(j, json_pack("{s:o, s:s}", "recordings", rows, "directory",
				    j->show->core->config->recordings.directory));
}

void show_recording_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show_job *j = show_job_new(context, r);
	if (!j)
		return;
	j->streams = json_array();
	show_job_ask(j, API_RECORD_LIST, 0, on_list);
}

// --- record ---

static void fail(struct show_job *j, int status)
{
	static const struct {
		int status;
		const char *text, *hint;
	} reasons[] = {
		{-ENOENT, "there is no such stream or recording", "show stream and show recording list IDs"},
		{-EBUSY, "it is recorded already", "show recording lists those under way"},
		{-ENOTSUP, "it cannot be recorded",
		 "a directory of recordings must be configured, and the stream's codec one that can be "
		 "decoded"},
		{-ENOSPC, "there is no room for it",
		 "the disk, recordings.keep-free, recordings.at-a-time or dataplane.voices is the limit"},
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status) {
			admin_fail(j->request, CTL_REFUSED, reasons[i].hint, "%s", reasons[i].text);
			return show_job_end(j);
		}
	if (status == -ETIMEDOUT || status == -ECONNRESET)
		return show_job_fail(j, status);
	admin_fail(j->request, CTL_REFUSED, "the log of slimline-dataplane tells more", "%s",
		   strerror(-status));
	show_job_end(j);
}

static void on_begun(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return fail(j, status);
	const struct api_record_reply *a = &reply->record_reply;
	struct api_record_entry e = {.handle = a->handle, .stream = j->id};
	memcpy(e.name, a->name, sizeof(e.name));
	show_job_reply(j, json_pack("{s:[o], s:s}", "recordings", entry_json(j->show->core, &e), "directory",
				    j->show->core->config->recordings.directory));
}

static void on_ended(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return fail(j, status);
	show_job_reply(j, json_pack("{s:[]}", "recordings"));
}

static void send(struct show_job *j, struct api_message *m, dp_done done)
{
	j->dp_request = dp_request(&j->show->core->dp, m, done, j, j->show->clock());
	if (!j->dp_request)
		show_job_fail(j, -ENOTCONN);
	else if (j->show->asked)
		j->show->asked(j->show->asked_arg);
}

static void begin(struct show_job *j, unsigned long seconds)
{
	const struct party *p = core_party(j->show->core, j->id);
	struct api_message m;
	api_init(&m, API_RECORD_OPEN, 0);
	m.record_open.stream = j->id;
	m.record_open.max_ms = (uint32_t)seconds * 1000;
	snprintf(m.record_open.label, sizeof(m.record_open.label), "%s", p ? p->device->name : "stream");
	send(j, &m, on_begun);
}

static void end(struct show_job *j)
{
	struct api_message m;
	api_init(&m, API_RECORD_CLOSE, 0);
	m.handle_request.handle = j->id;
	send(j, &m, on_ended);
}

static bool parse_id(const char *text, uint32_t *ret)
{
	*ret = text ? (uint32_t)strtoul(text, NULL, 16) : 0;
	return text && strlen(text) == 8 && strspn(text, "0123456789abcdefABCDEF") == 8;
}

static bool parse_seconds(const char *text, unsigned long *ret)
{
	*ret = text ? strtoul(text, NULL, 10) : SECONDS_DEFAULT;
	return !text || (strspn(text, "0123456789") == strlen(text) && *ret >= 1 && *ret <= SECONDS_MAX);
}

void show_record_act_run(struct admin_request *r, const json_t *arguments, void *context)
{
	char copy[64];
	char *save;
	unsigned long seconds = 0;
	uint32_t id = 0;
	const char *text = json_string_value(json_object_get(arguments, "id"));
	snprintf(copy, sizeof(copy), "%s", text ? text : "");
	char *what = strtok_r(copy, " ", &save);
	bool begins = what && strcmp(what, "stream") == 0, ends = what && strcmp(what, "stop") == 0;
	bool id_ok = (begins || ends) && parse_id(strtok_r(NULL, " ", &save), &id);
	if (!id_ok || (begins && !parse_seconds(strtok_r(NULL, " ", &save), &seconds)) ||
	    strtok_r(NULL, " ", &save))
		return admin_fail(r, CTL_USAGE, USAGE_HINT, "nothing is recorded like this");
	struct show_job *j = show_job_new(context, r);
	if (!j)
		return;
	j->id = id;
	if (begins)
		begin(j, seconds);
	else
		end(j);
}
