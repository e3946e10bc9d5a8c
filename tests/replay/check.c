// SPDX-License-Identifier: GPL-3.0-or-later
// check.c - What a scenario may ask of the model and of the dataplane's state.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "control/party.h"
#include "tests/replay/lines.h"
#include "tests/replay/run.h"

void fail(struct run *r, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	fprintf(stderr, "%s:%u: ", r->file, r->line);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	r->failed = true;
}

void want_number(struct run *r, const char *what, unsigned long long actual, const char *expected)
{
	if (!expected || actual != strtoull(expected, NULL, 0))
		fail(r, "%s is %llu, expected %s", what, actual, expected ? expected : "a number");
}

void want_text(struct run *r, const char *what, const char *actual, const char *expected)
{
	if (!expected || strcmp(actual, expected))
		fail(r, "%s is %s, expected %s", what, actual, expected ? expected : "a word");
}

static void check_state(struct run *r, char **a)
{
	want_text(r, "state", reg_state_name(r->device->reg.fsm.state), a[0]);
}

static void check_count(struct run *r, char **a)
{
	for (unsigned int i = 0; a[0] && i < COUNT_COUNT; i++) {
		if (strcmp(count_table[i].name, a[0]) == 0) {
			want_number(r, a[0], r->device->counts.value[i], a[1]);
			return;
		}
	}
	fail(r, "no counter %s", a[0] ? a[0] : "");
}

static void check_refusal(struct run *r, char **a)
{
	for (unsigned int i = 0; a[0] && i < REFUSAL_COUNT; i++) {
		if (strcmp(refusal_name(i), a[0]) == 0) {
			want_number(r, a[0], r->device->refusals[i], a[1]);
			return;
		}
	}
	fail(r, "no reason %s", a[0] ? a[0] : "");
}

static void check_parties(struct run *r, char **a)
{
	want_number(r, "parties", r->device->party_count, a[0]);
}

static void check_orphans(struct run *r, char **a)
{
	want_number(r, "orphans", r->device->orphan_count, a[0]);
}

static void check_conferences(struct run *r, char **a)
{
	want_number(r, "conferences", r->device->conference_count, a[0]);
}

static void check_streams(struct run *r, char **a)
{
	want_number(r, "streams of the dataplane", fake_dp_streams(&r->dp), a[0]);
	if (a[1])
		want_number(r, "conferences of the dataplane", fake_dp_conferences(&r->dp), a[1]);
}

// check sources COUNT [loop|once [ITEM ...]]: what plays, and the items of the first one: its paths, or numbers of tones
static void check_sources(struct run *r, char **a)
{
	char problem[TEXT_MAX];
	want_number(r, "sources of the dataplane", fake_dp_sources(&r->dp), a[0]);
	if (a[0] && a[1] && !fake_dp_source_is(&r->dp, a + 1, problem, sizeof(problem)))
		fail(r, "%s", problem);
}

static void check_records(struct run *r, char **a)
{
	want_number(r, "recordings of the dataplane", fake_dp_records(&r->dp), a[0]);
}

// check stage REFERENCE WORDS: where a call's action says it is
static void check_stage(struct run *r, char **a)
{
	char buf[64], want[64] = "";
	uint32_t reference = a[0] ? (uint32_t)strtoul(a[0], NULL, 0) : 0;
	for (size_t i = 1, len = 0; a[0] && a[i] && len < sizeof(want); i++)
		len += (size_t)snprintf(want + len, sizeof(want) - len, "%s%s", i > 1 ? " " : "", a[i]);
	want_text(r, "stage", lines_stage(r->device, reference, buf, sizeof(buf)), want);
}

static void check_requests(struct run *r, char **a)
{
	for (unsigned int t = 1; a[0] && t < API_TYPE_COUNT; t++)
		if (strcmp(api_type_name(t), a[0]) == 0)
			want_number(r, a[0], r->dp.requests[t], a[1]);
}

static void check_party(struct run *r, char **a)
{
	uint32_t id = a[0] ? (uint32_t)strtoul(a[0], NULL, 0) : 0;
	LIST_FOREACH(p, &r->device->party_list, struct party, in_device)
	{
		if (party_id(p) != id)
			continue;
		want_text(r, "party", party_state_name(p->fsm.state), a[1]);
		if (a[2])
			want_text(r, "mode", party_mode(p), a[2]);
		return;
	}
	fail(r, "no party %s", a[0] ? a[0] : "");
}

// check stream PARTY KEY VALUE ...: what the dataplane has been told
static void check_stream(struct run *r, char **a)
{
	struct fake_stream *s = a[0] ? fake_dp_party(&r->dp, (uint32_t)strtoul(a[0], NULL, 0)) : NULL;
	if (!s) {
		fail(r, "the dataplane has no stream of party %s", a[0] ? a[0] : "");
		return;
	}
	char problem[TEXT_MAX];
	if (!fake_dp_stream_is(s, a + 1, problem, sizeof(problem)))
		fail(r, "%s", problem);
}

// check line KEY VALUE ...
static void check_line(struct run *r, char **a)
{
	char actual[128];
	for (; a[0]; a += 2)
		want_text(r, a[0], lines_show(r->device, a[0], r->now, actual, sizeof(actual)), a[1]);
}

static void check_call(struct run *r, char **a)
{
	uint32_t reference = a[0] ? (uint32_t)strtoul(a[0], NULL, 0) : 0;
	want_text(r, "call", lines_call(r->device, reference), a[1]);
}

// check conference-flags ID FLAGS: what the dataplane has been told
static void check_flags(struct run *r, char **a)
{
	uint32_t id = a[0] ? (uint32_t)strtoul(a[0], NULL, 0) : 0;
	for (unsigned int i = 0; i < FAKE_DP_CONFERENCES; i++)
		if (r->dp.conferences[i].handle && r->dp.conferences[i].spec.conference_id == id)
			return want_number(r, "flags", r->dp.conferences[i].spec.flags, a[1]);
	fail(r, "the dataplane has no conference %u", id);
}

static void check_version(struct run *r, char **a)
{
	want_number(r, "version", r->device->reg.version, a[0]);
}

static void check_reject(struct run *r, char **a)
{
	want_text(r, "reject text", r->device->reg.reject, a[0]);
}

static void check_agent(struct run *r, char **a)
{
	want_text(r, "agent", agents_current(&r->device->agents)->name, a[0]);
}

static void check_stopped(struct run *r, char **a)
{
	want_text(r, "stopped", core_stopped(&r->core) ? "yes" : "no", a[0]);
}

static void check_closed(struct run *r, char **a)
{
	struct link *l = fake_agent_link(&r->agents, NULL, r->device);
	want_text(r, "closed", l ? "no" : "yes", a[0]);
}

static const struct {
	const char *name;
	void (*run)(struct run *r, char **args);
} checks[] = {
	{"state", check_state},     {"count", check_count},       {"refusal", check_refusal},
	{"parties", check_parties}, {"orphans", check_orphans},   {"conferences", check_conferences},
	{"streams", check_streams}, {"requests", check_requests}, {"party", check_party},
	{"stream", check_stream},   {"version", check_version},   {"reject", check_reject},
	{"agent", check_agent},     {"stopped", check_stopped},   {"closed", check_closed},
	{"sources", check_sources}, {"line", check_line},         {"call", check_call},
	{"stage", check_stage},     {"records", check_records},   {"conference-flags", check_flags},
};

void say_check(struct run *r, char *text)
{
	char *args[32] = {0};
	char *save;
	char *word = strtok_r(text, " ", &save);
	for (size_t i = 0; i < 31 && (args[i] = strtok_r(NULL, " ", &save)); i++)
		continue;
	for (size_t i = 0; word && i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].name, word) == 0) {
			checks[i].run(r, args);
			return;
		}
	}
	fail(r, "no check %s", word ? word : "");
}
