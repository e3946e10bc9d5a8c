// SPDX-License-Identifier: GPL-3.0-or-later
// show_list.c - Connections, conferences, streams and drops: what the model knows joined with the dataplane's figures.
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
#include "gw/drop.h"

#define PAGE 500 // rows in one answer, or little more

// --- arguments ---

// Reads "id": decimal, or 8 hexadecimal digits for a handle as it is printed. False: answered by an error.
static bool take_id(struct admin_request *r, const json_t *arguments, bool handle, bool *ret_one,
		    uint32_t *ret_id)
{
	const char *text = json_string_value(json_object_get(arguments, "id"));
	size_t len = text ? strlen(text) : 0;
	bool hex = handle && len == 8;
	*ret_one = len > 0;
	*ret_id = 0;
	if (len == 0)
		return true;
	if (len <= 10 && strspn(text, hex ? "0123456789abcdefABCDEF" : "0123456789") == len) {
		unsigned long long v = strtoull(text, NULL, hex ? 16 : 10);
		*ret_id = (uint32_t)v;
		if (v <= UINT32_MAX)
			return true;
	}
	admin_fail(r, CTL_USAGE,
		   handle ? "a stream's ID is 8 hexadecimal digits; a local port, decimal, does too"
			  : "a conference's ID is a decimal number",
		   "\"%.32s\" is no ID", text);
	return false;
}

static uint32_t take_cursor(const json_t *arguments)
{
	json_int_t v = json_integer_value(json_object_get(arguments, "cursor"));
	return v > 0 && v <= UINT32_MAX ? (uint32_t)v : 0;
}

// {name: rows, "next": cursor} with next null at the end. Takes rows.
static json_t *page_json(const char *name, json_t *rows, uint32_t next)
{
	return json_pack("{s:o, s:o}", name, rows, "next", next ? json_integer(next) : json_null());
}

// --- connections ---

static json_t *party_json(const struct show *s, const struct party *p)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:s, s:s, s:b, s:I}", "device", p->device->name,
			      "conference_id", (json_int_t)p->conference_id, "party_id",
			      (json_int_t)party_id(p), "call_reference", (json_int_t)p->call_reference,
			      "mode", party_mode(p), "state", party_state_name(p->fsm.state), "orphan",
			      p->orphan, "age_s", show_seconds_since(s, p->created));
	char id[16];
	snprintf(id, sizeof(id), "%08" PRIx32, p->stream);
	json_object_set_new(o, "stream", p->stream ? json_string(id) : json_null());
	json_object_set_new(o, "kind", json_string(config_kind_name(p->device->profile->kind)));
	json_object_set_new(o, "local", show_addr_port(&p->local));
	json_object_set_new(o, "local_port", json_integer(p->local.port));
	json_object_set_new(o, "remote", show_addr_port(&p->remote));
	json_object_set_new(o, "rx", p->rx.open ? show_format(&p->rx.format) : json_null());
	json_object_set_new(o, "tx", p->tx.open ? show_format(&p->tx.format) : json_null());
	return o;
}

void show_connections_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	uint32_t skip = take_cursor(arguments), at = 0;
	json_t *list = json_array();
	for (unsigned int i = 0; i < s->core->device_count; i++) {
		const struct device *d = s->core->devices[i];
		if (at + d->party_count <= skip) {
			at += d->party_count;
			continue;
		}
		LIST_FOREACH(p, &d->party_list, struct party, in_device)
		{
			if (at >= skip && at < skip + PAGE)
				json_array_append_new(list, party_json(s, p));
			at++;
		}
	}
	admin_reply(r, page_json("connections", list, at > skip + PAGE ? skip + PAGE : 0));
}

// --- what the dataplane lists ---

static int compare_groups(const void *a, const void *b)
{
	const struct api_conference_entry *x = a, *y = b;
	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

static const struct api_conference_entry *find_group(const struct show_job *j, api_handle handle)
{
	struct api_conference_entry key = {.handle = handle};
	if (!handle || j->group_count == 0)
		return NULL;
	return bsearch(&key, j->groups, j->group_count, sizeof(key), compare_groups);
}

static bool add_groups(struct show_job *j, const struct api_conference_list_reply *page)
{
	if (page->count == 0)
		return true;
	if (j->group_count + page->count > j->group_cap) {
		size_t cap = j->group_cap ? j->group_cap * 2 : 256;
		void *more = reallocarray(j->groups, cap, sizeof(*j->groups));
		if (!more)
			return false;
		j->groups = more;
		j->group_cap = cap;
	}
	memcpy(j->groups + j->group_count, page->entries, page->count * sizeof(page->entries[0]));
	j->group_count += page->count;
	return true;
}

static bool is_wanted(const struct show_job *j, const struct api_stream_entry *e)
{
	if (j->conference)
		return e->spec.ref.conference_id == j->id;
	return !j->one || e->handle == j->id || e->spec.local.port == j->id;
}

static void add_stream(struct show_job *j, const struct api_stream_entry *e)
{
	const struct api_conference_entry *g = find_group(j, e->spec.conference);
	json_t *o = json_object();
	show_stream_entry(o, e);
	json_object_set_new(o, "outcome", g ? json_string(show_outcome(g->outcome)) : json_null());
	json_array_append_new(j->streams, o);
}

// --- conferences ---

static json_t *conference_json(const struct show_job *j, const struct conference *c)
{
	const struct api_conference_entry *g = find_group(j, c->handle);
	json_t *o = json_pack("{s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:I}", "conference_id",
			      (json_int_t)c->conference_id, "device", c->device->name, "state",
			      confer_state_name(c->fsm.state), "parties", (json_int_t)c->party_count,
			      "members", (json_int_t)confer_members(c), "reserved", (json_int_t)c->reserved,
			      "made_by", c->explicitly ? "agent" : "first channel", "age_s",
			      show_seconds_since(j->show, c->created));
	char id[16];
	snprintf(id, sizeof(id), "%08" PRIx32, c->handle);
	json_object_set_new(o, "id", c->handle ? json_string(id) : json_null());
	json_object_set_new(o, "outcome", g ? json_string(show_outcome(g->outcome)) : json_null());
	json_object_set_new(o, "worker", g ? json_integer(g->worker) : json_null());
	if (!j->one)
		return o;
	json_t *streams = json_array(), *stream;
	size_t i;
	json_array_foreach(j->streams, i, stream)
	{
		const char *device = json_string_value(json_object_get(stream, "device"));
		if (device && strcmp(device, c->device->name) == 0)
			json_array_append(streams, stream);
	}
	json_object_set_new(o, "streams", streams);
	return o;
}

static void finish_conferences(struct show_job *j)
{
	json_t *list = json_array();
	const struct core *core = j->show->core;
	uint32_t at = 0;
	const struct device *holder;
	for (unsigned int i = 0; (holder = core_holder(core, i)); i++) {
		LIST_FOREACH(c, &holder->conference_list, struct conference, link)
		{
			if (j->one ? c->conference_id == j->id : at >= j->cursor && at < j->cursor + PAGE)
				json_array_append_new(list, conference_json(j, c));
			at++;
		}
	}
	bool more = !j->one && at > j->cursor + PAGE;
	if (j->one && json_array_size(list) == 0) {
		json_decref(list);
		show_job_absent(j, "show conference lists those there are", "conference");
		return;
	}
	show_job_reply(j, page_json("conferences", list, more ? j->cursor + PAGE : 0));
}

// --- streams ---

static void finish_streams(struct show_job *j, uint32_t next)
{
	if (j->conference) {
		finish_conferences(j);
		return;
	}
	if (j->one && json_array_size(j->streams) == 0 && next == 0 && j->cursor == 0) {
		show_job_absent(j, "show stream lists those there are", "stream");
		return;
	}
	json_t *rows = j->streams;
	j->streams = NULL;
	show_job_reply(j, page_json("streams", rows, next));
}

static void on_streams(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return show_job_fail(j, status);
	const struct api_stream_list_reply *page = &reply->stream_list_reply;
	for (uint32_t i = 0; i < page->count; i++)
		if (is_wanted(j, &page->entries[i]))
			add_stream(j, &page->entries[i]);
	bool more = j->conference || json_array_size(j->streams) < PAGE;
	if (page->next && more && admin_wanted(j->request))
		show_job_ask(j, API_STREAM_LIST, page->next, on_streams);
	else
		finish_streams(j, page->next);
}

static void on_groups(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return show_job_fail(j, status);
	const struct api_conference_list_reply *page = &reply->conference_list_reply;
	if (!add_groups(j, page))
		return show_job_fail(j, -ENOMEM);
	if (page->next) {
		show_job_ask(j, API_CONFERENCE_LIST, page->next, on_groups);
		return;
	}
	if (j->group_count)
		qsort(j->groups, j->group_count, sizeof(*j->groups), compare_groups);
	if (j->conference && !j->one)
		finish_conferences(j);
	else
		show_job_ask(j, API_STREAM_LIST, j->conference ? 0 : j->cursor, on_streams);
}

static void run_list(struct admin_request *r, const json_t *arguments, void *context, bool conference)
{
	struct show *s = context;
	bool one;
	uint32_t id;
	if (!take_id(r, arguments, !conference, &one, &id))
		return;
	struct show_job *j = show_job_new(s, r);
	if (!j)
		return;
	j->one = one;
	j->id = id;
	j->conference = conference;
	j->cursor = take_cursor(arguments);
	j->streams = json_array();
	snprintf(j->asked, sizeof(j->asked), "%s",
		 one ? json_string_value(json_object_get(arguments, "id")) : "");
	// without the dataplane the model still tells of conferences
	if (conference && !dp_is_up(&s->core->dp))
		finish_conferences(j);
	else
		show_job_ask(j, API_CONFERENCE_LIST, 0, on_groups);
}

void show_conference_run(struct admin_request *r, const json_t *arguments, void *context)
{
	run_list(r, arguments, context, true);
}

void show_stream_run(struct admin_request *r, const json_t *arguments, void *context)
{
	run_list(r, arguments, context, false);
}

// --- drops ---

static void on_drops(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		return show_job_fail(j, status);
	const struct api_drops_reply *d = &reply->drops_reply;
	json_t *list = json_array();
	json_int_t total = 0;
	for (uint32_t i = 1; i < d->count && i < DROP_COUNT; i++) {
		json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "name", drop_name(i), "help",
						      drop_help(i), "count", (json_int_t)d->drops[i]));
		total += (json_int_t)d->drops[i];
	}
	show_job_reply(j, json_pack("{s:I, s:o}", "total", total, "drops", list));
}

void show_drops_run(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show_job *j = show_job_new(context, r);
	if (j)
		show_job_ask(j, API_DROPS, 0, on_drops);
}
