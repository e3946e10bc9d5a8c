// SPDX-License-Identifier: GPL-3.0-or-later
// show.c - What the admin socket answers: the model and the dataplane as JSON.
#include "control/show.h"

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
#include "control/store.h"
#include "gw/ctl.h"
#include "gw/log.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

// --- status ---

static json_t *store_json(const struct store *store)
{
	struct store_status st;
	store_status(store, &st);
	json_t *o =
		json_pack("{s:s, s:s, s:o, s:o, s:b}", "kind", st.kind, "state", store_state_name(st.state),
			  "server", show_text(st.server, sizeof(st.server)), "error",
			  show_text(st.error, sizeof(st.error)), "breaker_open", st.state == STORE_AWAY);
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {{"records", st.records},
		      {"queued", st.queued},
		      {"in_flight", st.in_flight},
		      {"puts", st.puts},
		      {"drops", st.drops},
		      {"written", st.written},
		      {"merged", st.merged},
		      {"overflows", st.overflows},
		      {"fenced", st.fenced},
		      {"errors", st.errors},
		      {"bad_records", st.bad_records},
		      {"breaker_opens", st.breaker_opens},
		      {"replays", st.replays}};
	for (size_t i = 0; i < COUNT_OF(counts); i++)
		json_object_set_new(o, counts[i].name, json_integer((json_int_t)counts[i].value));
	return o;
}

static json_t *agents_json(const struct core *c)
{
	json_t *list = json_array();
	for (unsigned int i = 0; i < c->config->agent_count; i++) {
		const struct config_agent *a = &c->config->agents[i];
		int served = 0;
		char address[300];
		for (unsigned int k = 0; k < c->device_count; k++)
			served += reg_is_registered(c->devices[k]) &&
				  agents_current(&c->devices[k]->agents) == a;
		snprintf(address, sizeof(address), "%s:%u", a->host, a->port);
		json_array_append_new(list,
				      json_pack("{s:o, s:o, s:i}", "name",
						show_text(a->name, sizeof(a->name)), "address",
						show_text(address, sizeof(address)), "in_service", served));
	}
	return list;
}

static void alarm_add(json_t *list, const char *name, const char *hint, const char *text)
{
	json_array_append_new(
		list, json_pack("{s:s, s:o, s:s}", "name", name, "text", show_text(text, 256), "hint", hint));
}

static json_t *alarms_json(const struct show *s, unsigned int in_service, const struct api_status_reply *d)
{
	json_t *list = json_array();
	struct store_status st;
	char text[200];
	store_status(s->store, &st);
	if (in_service < s->core->device_count) {
		snprintf(text, sizeof(text), "%u of %u devices are out of service",
			 s->core->device_count - in_service, s->core->device_count);
		alarm_add(list, "devices_out_of_service", "show sccp names them and why", text);
	}
	if (st.state == STORE_AWAY || st.state == STORE_SUPERSEDED) {
		snprintf(text, sizeof(text), "store %s: %.120s", store_state_name(st.state), st.error);
		alarm_add(list, "store",
			  "calls go on; a restart now would know only what the dataplane knows", text);
	}
	if (!d)
		alarm_add(list, "dataplane_away", "systemctl status slimline-dataplane",
			  "the dataplane is not connected");
	for (uint32_t i = 0; d && i < d->worker_count && i < API_WORKERS_MAX; i++) {
		if (d->load_limit >= 100 || d->workers[i].expected_permille < 10 * d->load_limit)
			continue;
		snprintf(text, sizeof(text), "worker %u is at its load limit: new calls are refused", i);
		alarm_add(list, "overload", "show worker; add workers, or spread devices over more servers",
			  text);
	}
	for (uint32_t i = 0; d && i < d->port_count && i < API_PORTS_MAX; i++) {
		if (d->ports[i].link_up)
			continue;
		snprintf(text, sizeof(text), "port %.31s has no link", d->ports[i].name);
		alarm_add(list, "link_down", "check the cable or the interface behind it", text);
	}
	return list;
}

// d NULL: the dataplane is not there.
static json_t *dataplane_json(const struct core *c, const struct api_status_reply *d)
{
	json_t *o = json_pack("{s:s, s:I, s:I, s:I, s:I}", "state", dp_state_name(c->dp.state), "streams_max",
			      (json_int_t)c->dp.info.streams_max, "conferences_max",
			      (json_int_t)c->dp.info.conferences_max, "voices_max",
			      (json_int_t)c->dp.info.voices_max, "restarts", (json_int_t)c->dp.restarts);
	if (d)
		show_dataplane_status(o, d);
	return o;
}

static json_t *status_json(const struct show *s, const struct api_status_reply *d)
{
	const struct core *c = s->core;
	unsigned int in_service = 0;
	json_int_t conferences = 0, parties = 0, orphans = 0, streams_max = 0;
	for (unsigned int i = 0; i < c->device_count; i++) {
		const struct device *v = c->devices[i];
		in_service += reg_is_registered(v);
		conferences += v->conference_count;
		parties += v->party_count;
		orphans += v->orphan_count;
		streams_max += resource_streams(v);
	}
	return json_pack("{s:o, s:s, s:b, s:I, s:{s:i, s:i}, s:{s:I, s:I, s:I, s:I}, s:o, s:o, s:o, s:o}",
			 "node", show_text(c->config->node, sizeof(c->config->node)), "version",
			 SLIMLINE_VERSION, "ready", d && in_service > 0, "uptime_s",
			 show_seconds_since(s, s->started), "devices", "configured", (int)c->device_count,
			 "in_service", (int)in_service, "sessions", "conferences", conferences, "parties",
			 parties, "orphans", orphans, "streams_max", streams_max, "store",
			 store_json(s->store), "agents", agents_json(c), "dataplane", dataplane_json(c, d),
			 "alarms", alarms_json(s, in_service, d));
}

static void on_status(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	show_job_reply(j, status_json(j->show, status == 0 ? &reply->status_reply : NULL));
}

static void run_status(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	if (!dp_is_up(&s->core->dp)) {
		admin_reply(r, status_json(s, NULL));
		return;
	}
	struct show_job *j = show_job_new(s, r);
	if (j)
		show_job_ask(j, API_STATUS, 0, on_status);
}

static void on_dataplane(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct show_job *j = object;
	j->dp_request = 0;
	if (status < 0)
		show_job_fail(j, status);
	else
		show_job_reply(j, dataplane_json(j->show->core, &reply->status_reply));
}

static void run_dataplane(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show_job *j = show_job_new(context, r);
	if (j)
		show_job_ask(j, API_STATUS, 0, on_dataplane);
}

static void run_version(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	admin_reply(r,
		    json_pack("{s:s, s:o, s:i, s:i, s:i}", "version", SLIMLINE_VERSION, "node",
			      show_text(s->core->config->node, sizeof(s->core->config->node)), "admin_schema",
			      CTL_SCHEMA, "store_schema", STORE_SCHEMA, "api_version", API_VERSION));
}

// --- sccp ---

static json_t *device_json(const struct show *s, const struct device *d)
{
	const struct config_agent *a = agents_current(&d->agents);
	bool in_service = reg_is_registered(d);
	const char *reason = in_service ? "" : *d->reg.reject ? d->reg.reject : d->reg.why;
	json_t *o = json_pack(
		"{s:s, s:s, s:i, s:s, s:I, s:o, s:o}", "device", d->name, "kind",
		config_kind_name(d->profile->kind), "type", (int)d->config->type, "state",
		reg_state_name(d->reg.fsm.state), "since_s", show_seconds_since(s, d->reg.since), "agent",
		show_text(a->name, sizeof(a->name)), "reason", show_text(reason, sizeof(d->reg.why)));
	json_object_set_new(o, "version", in_service ? json_integer(d->reg.version) : json_null());
	json_object_set_new(o, "keepalive_s",
			    in_service ? json_real(d->reg.keepalive_ms / 1000.0) : json_null());
	json_object_set_new(o, "profile", show_text(d->profile->name, sizeof(d->profile->name)));
	json_object_set_new(o, "streams", json_integer(resource_streams(d)));
	json_object_set_new(o, "out_of_service", json_integer(resource_out_of_service(d)));
	json_object_set_new(o, "conferences", json_integer(d->conference_count));
	json_object_set_new(o, "parties", json_integer(d->party_count));
	json_object_set_new(o, "orphans", json_integer(d->orphan_count));
	json_object_set_new(o, "draining", json_boolean(d->draining));
	return o;
}

static void run_sccp(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	json_t *list = json_array();
	for (unsigned int i = 0; i < s->core->device_count; i++)
		json_array_append_new(list, device_json(s, s->core->devices[i]));
	admin_reply(r, json_pack("{s:o}", "devices", list));
}

// --- drain NAME|all, undrain NAME|all ---

static void drain(struct admin_request *r, const json_t *arguments, struct show *s, bool on)
{
	const char *name = json_string_value(json_object_get(arguments, "id"));
	if (!name || !*name)
		return admin_fail(r, CTL_USAGE, "show sccp lists the devices", "which device, or all?");
	bool all = strcmp(name, "all") == 0;
	json_t *list = json_array();
	for (unsigned int i = 0; i < s->core->device_count; i++) {
		struct device *d = s->core->devices[i];
		if (!all && strcmp(d->name, name) != 0)
			continue;
		if (d->draining != on) {
			log_notice(d->name, on ? "drains: nothing new is taken" : "takes calls again",
				   "conferences=%u parties=%u", d->conference_count, d->party_count);
			device_drain(d, on, s->clock());
		}
		json_array_append_new(list, device_json(s, d));
	}
	if (s->asked)
		s->asked(s->asked_arg);
	if (json_array_size(list) || all)
		return admin_reply(r, json_pack("{s:o}", "devices", list));
	json_decref(list);
	admin_fail(r, CTL_NOT_FOUND, "show sccp lists the devices", "no device %.32s", name);
}

static void run_drain(struct admin_request *r, const json_t *arguments, void *context)
{
	drain(r, arguments, context, true);
}

static void run_undrain(struct admin_request *r, const json_t *arguments, void *context)
{
	drain(r, arguments, context, false);
}

static json_t *count_json(const char *name, const char *help, uint64_t value)
{
	return json_pack("{s:s, s:s, s:I}", "name", name, "help", help, "count", (json_int_t)value);
}

static void run_statistics(struct admin_request *r, const json_t *arguments, void *context)
{
	struct show *s = context;
	struct counts counts;
	uint64_t refused[REFUSAL_COUNT];
	json_t *counters = json_array(), *refusals = json_array();
	core_counts(s->core, &counts, refused);
	for (unsigned int i = 0; i < COUNT_COUNT; i++)
		json_array_append_new(counters,
				      count_json(count_table[i].name, count_table[i].help, counts.value[i]));
	for (unsigned int i = 1; i < REFUSAL_COUNT; i++)
		json_array_append_new(refusals, count_json(refusal_name(i), refusal_help(i), refused[i]));
	admin_reply(r, json_pack("{s:o, s:o}", "counters", counters, "refusals", refusals));
}

// --- the table ---

const struct admin_command show_commands[] = {
	{"show status", run_status},
	{"show version", run_version},
	{"show sccp", run_sccp},
	{"show sccp statistics", run_statistics},
	{"show sccp connections", show_connections_run},
	{"show conference", show_conference_run},
	{"show stream", show_stream_run},
	{"show dataplane", run_dataplane},
	{"show drops", show_drops_run},
	{"show metrics", show_metrics_run},
	{"drain", run_drain},
	{"undrain", run_undrain},
	{"show line", show_line_run},
	{"line", show_line_act_run},
	{"show recording", show_recording_run},
	{"record", show_record_act_run},
	{"show room", show_room_run},
	{"room", show_room_act_run},
};

const size_t show_command_count = COUNT_OF(show_commands);

void show_init(struct show *s, struct core *core, struct store *store, nsec_t (*clock)(void))
{
	*s = (struct show){.core = core, .store = store, .clock = clock, .started = clock()};
	list_init(&s->jobs);
}

void show_fini(struct show *s)
{
	while (!list_empty(&s->jobs))
		show_job_fail(LIST_ITEM(s->jobs.next, struct show_job, link), -ECONNRESET);
}
