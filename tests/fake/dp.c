// SPDX-License-Identifier: GPL-3.0-or-later
// dp.c - A dataplane that is a table: it keeps what it is told, answers when it is let, and fails on demand.
#include "tests/fake/dp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_dp_init(struct fake_dp *f)
{
	*f = (struct fake_dp){.boot_id = 1, .generation = 1, .next_port = 16384};
	f->streams = calloc(FAKE_DP_STREAMS, sizeof(*f->streams));
	f->conferences = calloc(FAKE_DP_CONFERENCES, sizeof(*f->conferences));
	f->replies = calloc(FAKE_DP_REPLIES, sizeof(*f->replies));
	addr_parse("192.0.2.10", &f->addresses[0]);
	addr_parse("2001:db8::10", &f->addresses[1]);
	f->address_count = 2;
}

void fake_dp_fini(struct fake_dp *f)
{
	free(f->streams);
	free(f->conferences);
	free(f->replies);
}

void fake_dp_restart(struct fake_dp *f)
{
	memset(f->streams, 0, FAKE_DP_STREAMS * sizeof(*f->streams));
	memset(f->conferences, 0, FAKE_DP_CONFERENCES * sizeof(*f->conferences));
	memset(f->sources, 0, sizeof(f->sources));
	memset(f->records, 0, sizeof(f->records));
	f->reply_count = 0;
	f->boot_id++;
	f->generation = f->generation % 255 + 1;
	f->next_port = 16384;
}

static api_handle make_handle(const struct fake_dp *f, uint32_t index)
{
	return index | f->generation << 24;
}

static struct fake_stream *stream_of(struct fake_dp *f, api_handle h)
{
	struct fake_stream *s = &f->streams[h & (FAKE_DP_STREAMS - 1)];
	return h && s->handle == h ? s : NULL;
}

static struct fake_conference *conference_of(struct fake_dp *f, api_handle h)
{
	struct fake_conference *c = &f->conferences[h & (FAKE_DP_CONFERENCES - 1)];
	return h && c->handle == h ? c : NULL;
}

// --- recordings ---

static void keep_file(struct fake_dp *f, const char *name)
{
	for (uint32_t i = 0; i < FAKE_DP_FILES; i++)
		if (!f->files[i][0]) {
			snprintf(f->files[i], sizeof(f->files[i]), "%s", name);
			return;
		}
}

static int delete_file(struct fake_dp *f, const char *name)
{
	char all[API_RECORD_NAME_MAX + 8];
	int n = snprintf(all, sizeof(all), "test-%s-", name);
	for (uint32_t i = 0; *name == API_RECORD_PASSING && i < FAKE_DP_FILES; i++)
		if (strncmp(f->files[i], all, (size_t)n) == 0)
			f->files[i][0] = '\0';
	if (*name == API_RECORD_PASSING)
		return 0;
	for (uint32_t i = 0; i < FAKE_DP_FILES; i++)
		if (strcmp(f->files[i], name) == 0) {
			f->files[i][0] = '\0';
			return 0;
		}
	return -ENOENT;
}

unsigned int fake_dp_files(const struct fake_dp *f)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < FAKE_DP_FILES; i++)
		n += f->files[i][0] != '\0';
	return n;
}

static void end_record(struct fake_dp *f, struct fake_record *r, enum api_record_end end, int status)
{
	struct api_message *m = &f->replies[f->reply_count];
	if (f->reply_count == FAKE_DP_REPLIES)
		abort();
	f->reply_count++;
	api_init(m, API_EVENT_RECORD, 0);
	m->record_event.handle = r->handle;
	m->record_event.end = end;
	m->record_event.status = status;
	m->record_event.kept = !status && !f->says_nothing;
	m->record_event.ms = 3000;
	memcpy(m->record_event.name, r->name, sizeof(r->name));
	if (m->record_event.kept)
		keep_file(f, r->name);
	r->handle = 0;
}

static void end_records_of(struct fake_dp *f, api_handle stream)
{
	for (uint32_t i = 0; i < FAKE_DP_RECORDS; i++)
		if (f->records[i].handle && f->records[i].open.stream == stream)
			end_record(f, &f->records[i], API_RECORD_GONE, 0);
}

bool fake_dp_record_end(struct fake_dp *f, enum api_record_end end, int status)
{
	for (uint32_t i = 0; i < FAKE_DP_RECORDS; i++)
		if (f->records[i].handle) {
			end_record(f, &f->records[i], end, status);
			return true;
		}
	return false;
}

unsigned int fake_dp_records(const struct fake_dp *f)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < FAKE_DP_RECORDS; i++)
		n += f->records[i].handle != 0;
	return n;
}

static int open_record(struct fake_dp *f, const struct api_record_open *m, struct api_message *reply)
{
	uint32_t i = 0;
	if (!stream_of(f, m->stream))
		return -ENOENT;
	for (uint32_t k = 0; k < FAKE_DP_RECORDS; k++)
		if (f->records[k].handle && f->records[k].open.stream == m->stream)
			return -EBUSY;
	while (i < FAKE_DP_RECORDS && f->records[i].handle)
		i++;
	if (i == FAKE_DP_RECORDS)
		return -ENOSPC;
	struct fake_record *r = &f->records[i];
	*r = (struct fake_record){.handle = make_handle(f, i), .open = *m};
	snprintf(r->name, sizeof(r->name), "test-%s-%u.wav", m->label, ++f->record_count);
	reply->record_reply.handle = r->handle;
	memcpy(reply->record_reply.name, r->name, sizeof(r->name));
	return 0;
}

static int close_record(struct fake_dp *f, api_handle h)
{
	struct fake_record *r = &f->records[h & (FAKE_DP_RECORDS - 1)];
	if (!h || r->handle != h)
		return -ENOENT;
	end_record(f, r, API_RECORD_CLOSED, 0);
	return 0;
}

static void list_records(const struct fake_dp *f, uint32_t cursor, struct api_record_list_reply *page)
{
	uint32_t i = cursor;
	for (; i < FAKE_DP_RECORDS && page->count < API_PAGE_RECORDINGS; i++) {
		if (!f->records[i].handle)
			continue;
		struct api_record_entry *e = &page->entries[page->count++];
		*e = (struct api_record_entry){
			.handle = f->records[i].handle, .stream = f->records[i].open.stream, .ms = 2000};
		memcpy(e->name, f->records[i].name, sizeof(e->name));
	}
	page->next = i < FAKE_DP_RECORDS ? i : 0;
}

// --- streams and conferences ---

static int open_stream(struct fake_dp *f, const struct stream_spec *spec, struct api_message *reply)
{
	uint32_t i = 0;
	if (!conference_of(f, spec->conference))
		return -ENOENT;
	if (spec->rx.period_ms % 10 || !spec->rx.period_ms || spec->tx.period_ms % 10 || !spec->tx.period_ms)
		return -EINVAL;
	if (spec->flags & STREAM_SEND && !spec->remote.port)
		return -EINVAL;
	while (i < FAKE_DP_STREAMS && f->streams[i].handle)
		i++;
	if (i == FAKE_DP_STREAMS)
		return -ENOSPC;
	struct fake_stream *s = &f->streams[i];
	*s = (struct fake_stream){.handle = make_handle(f, i), .spec = *spec};
	s->local = spec->local;
	if (!s->local.addr.family)
		s->local.addr = f->addresses[0];
	if (!s->local.port) {
		s->local.port = f->next_port;
		f->next_port += 2;
	}
	reply->stream_reply.handle = s->handle;
	reply->stream_reply.local = s->local;
	return 0;
}

static int set_stream(struct fake_dp *f, const struct api_stream_set *m, struct api_message *reply)
{
	struct fake_stream *s = stream_of(f, m->handle);
	if (!s || !conference_of(f, m->spec.conference))
		return -ENOENT;
	s->spec = m->spec;
	reply->stream_reply.handle = s->handle;
	reply->stream_reply.local = s->local;
	return 0;
}

static int open_conference(struct fake_dp *f, const struct conference_spec *spec, struct api_message *reply)
{
	uint32_t i = 0;
	while (i < FAKE_DP_CONFERENCES && f->conferences[i].handle)
		i++;
	if (i == FAKE_DP_CONFERENCES)
		return -ENOSPC;
	f->conferences[i] = (struct fake_conference){.handle = make_handle(f, i), .spec = *spec};
	reply->handle_reply.handle = f->conferences[i].handle;
	return 0;
}

static int close_conference(struct fake_dp *f, api_handle h)
{
	struct fake_conference *c = conference_of(f, h);
	if (!c)
		return -ENOENT;
	c->handle = 0;
	for (uint32_t i = 0; i < FAKE_DP_STREAMS; i++)
		if (f->streams[i].spec.conference == h && f->streams[i].handle) {
			end_records_of(f, f->streams[i].handle);
			f->streams[i].handle = 0;
		}
	for (uint32_t i = 0; i < FAKE_DP_SOURCES; i++)
		if (f->sources[i].open.conference == h)
			f->sources[i].handle = 0;
	return 0;
}

static int open_source(struct fake_dp *f, const struct api_source_open *m, struct api_message *reply)
{
	uint32_t i = 0, unreadable = 0;
	if (!conference_of(f, m->conference))
		return -ENOENT;
	for (uint32_t k = 0; k < m->count; k++)
		if (m->items[k].path[0] && strcmp(m->items[k].path, f->unreadable) == 0)
			unreadable |= UINT32_C(1) << k;
	if (unreadable + 1 == UINT64_C(1) << m->count)
		return -ENOENT;
	while (i < FAKE_DP_SOURCES && f->sources[i].handle)
		i++;
	if (i == FAKE_DP_SOURCES)
		return -ENOSPC;
	f->sources[i] = (struct fake_source){.handle = make_handle(f, i), .open = *m};
	reply->source_reply.handle = f->sources[i].handle;
	reply->source_reply.unreadable = unreadable;
	return 0;
}

static int close_source(struct fake_dp *f, api_handle h)
{
	struct fake_source *s = &f->sources[h & (FAKE_DP_SOURCES - 1)];
	if (!h || s->handle != h)
		return -ENOENT;
	s->handle = 0;
	return 0;
}

bool fake_dp_source_end(struct fake_dp *f, struct dp *d, nsec_t now)
{
	struct api_message m;
	for (uint32_t i = 0; i < FAKE_DP_SOURCES; i++) {
		if (!f->sources[i].handle || f->sources[i].ended ||
		    f->sources[i].open.flags & API_SOURCE_LOOP)
			continue;
		f->sources[i].ended = true;
		api_init(&m, API_EVENT_SOURCE, 0);
		m.source_event.handle = f->sources[i].handle;
		m.source_event.kind = API_SOURCE_END;
		dp_input(d, &m, m.header.length, now);
		return true;
	}
	return false;
}

static void stream_value(const struct fake_stream *s, const char *key, char *ret, size_t cap)
{
	const struct stream_spec *p = &s->spec;
	const struct {
		const char *key;
		unsigned int value;
	} numbers[] = {
		{"flags", p->flags & (STREAM_DTMF_INBAND - 1)},
		{"way", p->flags / STREAM_DTMF_INBAND}, // of digits: 1 in-band, 2 detect, 4 tones, 8 told
		{"rx", p->rx.codec},
		{"tx", p->tx.codec},
		{"rx-ms", p->rx.period_ms},
		{"tx-ms", p->tx.period_ms},
		{"rx-type", p->rx.payload_type},
		{"tx-type", p->tx.payload_type},
		{"rx-event", p->rx.event_type},
		{"tx-event", p->tx.event_type},
		{"dscp", p->dscp},
		{"port", s->local.port},
		{"source-port", p->source.port}};
	snprintf(ret, cap, "not of a stream");
	if (strcmp(key, "sent") == 0)
		snprintf(ret, cap, "%s", s->digit_count ? s->digits : "-");
	if (strcmp(key, "remote") == 0)
		addr_port_text(&p->remote, ret, cap);
	if (strcmp(key, "source") == 0)
		addr_text(&p->source.addr, ret, cap);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].key, key) == 0)
			snprintf(ret, cap, "%u", numbers[i].value);
}

bool fake_dp_stream_is(const struct fake_stream *s, char **words, char *ret_problem, size_t cap)
{
	char text[ADDR_TEXT_MAX];
	for (; words[0] && words[1]; words += 2) {
		stream_value(s, words[0], text, sizeof(text));
		if (strcmp(text, words[1]) == 0)
			continue;
		snprintf(ret_problem, cap, "%s is %s, expected %s", words[0], text, words[1]);
		return false;
	}
	return true;
}

bool fake_dp_source_is(const struct fake_dp *f, char **words, char *ret_problem, size_t cap)
{
	uint32_t i = 0;
	while (i < FAKE_DP_SOURCES && !f->sources[i].handle)
		i++;
	const struct api_source_open *open = i < FAKE_DP_SOURCES ? &f->sources[i].open : NULL;
	const char *mode = !open ? "nothing" : open->flags & API_SOURCE_LOOP ? "loop" : "once";
	if (strcmp(mode, words[0]) != 0) {
		snprintf(ret_problem, cap, "the source plays %s, expected %s", mode, words[0]);
		return false;
	}
	for (i = 0; words[1 + i]; i++) {
		char text[API_SOURCE_PATH_MAX] = "nothing";
		const struct api_source_item *item = &open->items[i];
		if (i < open->count && item->kind == API_SOURCE_TONE)
			snprintf(text, sizeof(text), "%u", (unsigned int)item->tone);
		else if (i < open->count)
			memcpy(text, item->path, sizeof(text));
		if (strcmp(text, words[1 + i]) == 0)
			continue;
		snprintf(ret_problem, cap, "item %u is %s, expected %s", i, text, words[1 + i]);
		return false;
	}
	return true;
}

unsigned int fake_dp_sources(const struct fake_dp *f)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < FAKE_DP_SOURCES; i++)
		n += f->sources[i].handle != 0;
	return n;
}

static int stats(struct fake_dp *f, api_handle h, bool closes, struct api_message *reply)
{
	struct fake_stream *s = stream_of(f, h);
	if (!s)
		return -ENOENT;
	reply->stream_stats_reply.handle = h;
	reply->stream_stats_reply.stats = s->stats;
	if (closes) {
		end_records_of(f, h);
		s->handle = 0;
	}
	return 0;
}

static int send_digit(struct fake_dp *f, const struct api_digit_send *d, struct api_message *reply)
{
	struct fake_stream *s = stream_of(f, d->handle);
	if (!s)
		return -ENOENT;
	if (!s->spec.tx.event_type && !(s->spec.flags & STREAM_DTMF_TONES))
		return -ENOTSUP;
	if (s->digit_count == sizeof(s->digits) - 1)
		return -ENOSPC;
	s->digits[s->digit_count++] = "0123456789*#ABCD"[d->digit];
	reply->handle_reply.handle = s->handle;
	return 0;
}

static void list_streams(struct fake_dp *f, uint32_t cursor, struct api_stream_list_reply *page)
{
	uint32_t i = cursor;
	for (; i < FAKE_DP_STREAMS && page->count < API_PAGE_STREAMS; i++) {
		if (!f->streams[i].handle)
			continue;
		struct api_stream_entry *e = &page->entries[page->count++];
		e->handle = f->streams[i].handle;
		e->spec = f->streams[i].spec;
		e->spec.local = f->streams[i].local;
	}
	page->next = i < FAKE_DP_STREAMS ? i : 0;
}

static uint32_t members(const struct fake_dp *f, api_handle conference)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < FAKE_DP_STREAMS; i++)
		n += f->streams[i].handle && f->streams[i].spec.conference == conference;
	return n;
}

static api_handle source_in(const struct fake_dp *f, api_handle conference)
{
	for (uint32_t i = FAKE_DP_SOURCES; i-- > 0;)
		if (f->sources[i].handle && !f->sources[i].ended &&
		    f->sources[i].open.conference == conference)
			return f->sources[i].handle;
	return 0;
}

static void list_conferences(struct fake_dp *f, uint32_t cursor, struct api_conference_list_reply *page)
{
	uint32_t i = cursor;
	for (; i < FAKE_DP_CONFERENCES && page->count < API_PAGE_CONFERENCES; i++) {
		if (!f->conferences[i].handle)
			continue;
		struct api_conference_entry *e = &page->entries[page->count++];
		e->handle = f->conferences[i].handle;
		e->spec = f->conferences[i].spec;
		e->streams = members(f, e->handle);
		e->source = source_in(f, e->handle);
		e->outcome = e->streams < 2    ? CONFERENCE_EMPTY
			     : e->streams == 2 ? CONFERENCE_RELAY
					       : CONFERENCE_MIX;
	}
	page->next = i < FAKE_DP_CONFERENCES ? i : 0;
}

static void hello(struct fake_dp *f, struct api_hello_reply *r)
{
	r->boot_id = f->boot_id;
	r->streams_max = FAKE_DP_STREAMS;
	r->conferences_max = FAKE_DP_CONFERENCES;
	r->voices_max = FAKE_DP_STREAMS;
	r->workers = 1;
	r->codecs = ~UINT64_C(0);
	r->address_count = f->address_count;
	for (unsigned int i = 0; i < f->address_count; i++)
		r->addresses[i] = f->addresses[i];
}

static int work(struct fake_dp *f, const struct api_message *m, struct api_message *r)
{
	switch (m->header.type) {
	case API_HELLO:
		hello(f, &r->hello_reply);
		return 0;
	case API_CONFERENCE_OPEN:
		return open_conference(f, &m->conference_open.spec, r);
	case API_CONFERENCE_CLOSE:
		return close_conference(f, m->handle_request.handle);
	case API_SOURCE_OPEN:
		return open_source(f, &m->source_open, r);
	case API_SOURCE_CLOSE:
		return close_source(f, m->handle_request.handle);
	case API_STREAM_OPEN:
		return open_stream(f, &m->stream_open.spec, r);
	case API_STREAM_SET:
		return set_stream(f, &m->stream_set, r);
	case API_STREAM_CLOSE:
	case API_STREAM_STATS:
		return stats(f, m->handle_request.handle, m->header.type == API_STREAM_CLOSE, r);
	case API_RECORD_OPEN:
		return open_record(f, &m->record_open, r);
	case API_RECORD_CLOSE:
		return close_record(f, m->handle_request.handle);
	case API_RECORD_LIST:
		list_records(f, m->list.cursor, &r->record_list_reply);
		return 0;
	case API_RECORD_DELETE:
		return delete_file(f, m->record_delete.name);
	case API_DIGIT_SEND:
		return send_digit(f, &m->digit_send, r);
	case API_STREAM_LIST:
		list_streams(f, m->list.cursor, &r->stream_list_reply);
		return 0;
	case API_CONFERENCE_LIST:
		list_conferences(f, m->list.cursor, &r->conference_list_reply);
		return 0;
	case API_DROPS:
		r->drops_reply.count = DROP_COUNT;
		r->drops_reply.drops[DROP_rtp_late] = 3;
		return 0;
	case API_STATUS:
		r->status_reply.streams_open = fake_dp_streams(f);
		r->status_reply.conferences_open = fake_dp_conferences(f);
		r->status_reply.worker_count = 1;
		r->status_reply.workers[0].load_permille = 125;
		r->status_reply.workers[0].expected_permille = 900;
		r->status_reply.workers[0].late_us = 40;
		r->status_reply.workers[0].turn_us = 110;
		r->status_reply.workers[0].away_us = 20;
		r->status_reply.load_limit = 85;
		r->status_reply.stream_bytes = 1000;
		strcpy(r->status_reply.kernels, "relay scalar, law avx2, mix x86-64-v3");
		r->status_reply.overloaded = 7;
		r->status_reply.port_count = 1;
		strcpy(r->status_reply.ports[0].name, "p0");
		return 0;
	default:
		return -ENOTSUP;
	}
}

int fake_dp_send(void *context, const void *bytes, size_t len)
{
	struct fake_dp *f = context;
	struct api_message m = {0};
	if (!f->connected)
		return -EPIPE;
	if (f->full || f->reply_count == FAKE_DP_REPLIES)
		return -EAGAIN;
	if (api_check(bytes, len))
		abort(); // our own side never sends a malformed message
	memcpy(&m, bytes, len);
	f->requests[m.header.type]++;
	if (f->mute)
		return 0;
	struct api_message *r = &f->replies[f->reply_count++];
	api_init(r, m.header.type | API_REPLY, m.header.request);
	int rc;
	if (f->fail_type == m.header.type) {
		f->fail_type = 0;
		rc = f->fail_status;
	} else {
		rc = work(f, &m, r);
	}
	if (rc)
		api_init(r, m.header.type | API_REPLY, m.header.request);
	r->header.status = rc;
	return 0;
}

bool fake_dp_deliver(struct fake_dp *f, struct dp *d, nsec_t now)
{
	if (f->held || !f->reply_count || !f->connected)
		return false;
	struct api_message m = f->replies[0];
	memmove(f->replies, f->replies + 1, --f->reply_count * sizeof(*f->replies));
	dp_input(d, &m, m.header.length, now);
	return true;
}

void fake_dp_event(struct dp *d, const struct fake_stream *s, uint32_t kind, uint32_t value, nsec_t now)
{
	struct api_message m;
	api_init(&m, API_EVENT_STREAM, 0);
	m.stream_event.handle = s->handle;
	m.stream_event.kind = kind;
	m.stream_event.value = value;
	m.stream_event.ref = s->spec.ref;
	dp_input(d, &m, m.header.length, now);
}

struct fake_stream *fake_dp_party(struct fake_dp *f, uint32_t party_id)
{
	for (uint32_t i = 0; i < FAKE_DP_STREAMS; i++)
		if (f->streams[i].handle && f->streams[i].spec.ref.party_id == party_id)
			return &f->streams[i];
	return NULL;
}

unsigned int fake_dp_streams(const struct fake_dp *f)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < FAKE_DP_STREAMS; i++)
		n += f->streams[i].handle != 0;
	return n;
}

unsigned int fake_dp_conferences(const struct fake_dp *f)
{
	unsigned int n = 0;
	for (uint32_t i = 0; i < FAKE_DP_CONFERENCES; i++)
		n += f->conferences[i].handle != 0;
	return n;
}
