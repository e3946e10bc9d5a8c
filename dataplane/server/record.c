// SPDX-License-Identifier: GPL-3.0-or-later
// record.c - Recordings of the API: from the request until the file is complete, whoever lives to see it.
//
// The worker writes into a tap, and this thread empties all of them ten times a second. A tap's memory is given back only when
// the worker has said that it lets go: its answer to a close, or the mark that the stream is gone. Ends that nobody asked for
// (limits, silence, a full disk) close the tap in the same way.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gw/log.h"

#define WRITE_NS (100 * NSEC_PER_MSEC)

static uint32_t handle_of(const struct server *s, const struct server_record *r)
{
	return slot_handle(&s->records, r);
}

static void forget(struct server *s, struct server_record *r)
{
	list_remove(&r->node);
	slot_close(&s->records, handle_of(s, r));
}

// --- requests ---

static void tap_post(struct server *s, struct server_record *r, enum mail_kind kind, uint64_t client,
		     uint32_t request)
{
	struct mail *mail = server_mail(s, kind, client, request,
					kind == MAIL_TAP_OPEN ? API_RECORD_OPEN : API_RECORD_CLOSE);
	mail->handle = handle_of(s, r);
	mail->stream = r->stream;
	mail->tap = &r->file->tap;
	server_post(s, r->worker, mail);
}

int server_record_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	const struct config *config = s->dp->config;
	const struct api_record_open *o = &m->record_open;
	const struct server_stream *t = slot_get(&s->streams, o->stream);
	uint32_t handle;
	if (!t || t->state != SERVER_OPEN || t->hidden)
		return -ENOENT;
	struct server_record *r = slot_open(&s->records, &handle);
	if (!r)
		return -ENOSPC;
	struct recording_options options = {
		.directory = config->recordings.directory,
		.keep_free = (uint64_t)config->recordings.keep_free_mb << 20,
		.node = config->node,
		.label = o->label,
		.wall = time(NULL),
		.count = ++s->record_count,
		.max_ms = o->max_ms,
		.min_ms = o->min_ms,
		.silence_ms = o->silence_ms,
	};
	int rc = recording_open(&options, now, &r->file);
	if (rc) {
		slot_close(&s->records, handle);
		log_warning("recording", "cannot be made", "directory=%s why=\"%s\"", options.directory,
			    strerror(-rc));
		return rc;
	}
	r->stream_handle = o->stream;
	r->stream = t->index;
	r->worker = t->worker;
	r->state = SERVER_RECORD_OPENING;
	list_push_back(&s->recording, &r->node);
	tap_post(s, r, MAIL_TAP_OPEN, c->id, m->header.request);
	return 0;
}

int server_record_close(struct server *s, struct server_client *c, const struct api_message *m)
{
	struct server_record *r = slot_get(&s->records, m->handle_request.handle);
	if (!r || r->state != SERVER_RECORD_OPEN)
		return -ENOENT;
	r->state = SERVER_RECORD_CLOSING;
	r->end = API_RECORD_CLOSED;
	tap_post(s, r, MAIL_TAP_CLOSE, c->id, m->header.request);
	return 0;
}

int server_record_delete(struct server *s, const struct api_message *m)
{
	const struct config *c = s->dp->config;
	char path[CONFIG_PATH_MAX + RECORDING_NAME_MAX];
	if (m->record_delete.name[0] == API_RECORD_PASSING)
		return recording_delete_all(c->recordings.directory, c->node, m->record_delete.name,
					    list_empty(&s->recording));
	int rc = recording_path(c->recordings.directory, c->node, m->record_delete.name, path, sizeof(path));
	return rc ? rc : unlink(path) == 0 ? 0 : -errno;
}

void server_record_list(struct server *s, const struct api_message *m, struct api_message *ret)
{
	struct api_record_list_reply *list = &ret->record_list_reply;
	uint32_t cursor = m->list.cursor;
	struct server_record *r;
	while ((r = slot_next(&s->records, &cursor))) {
		if (r->state == SERVER_RECORD_OPENING)
			continue;
		if (list->count == API_PAGE_RECORDINGS) {
			list->next = slot_index(handle_of(s, r));
			return;
		}
		struct api_record_entry *e = &list->entries[list->count++];
		e->handle = handle_of(s, r);
		e->stream = r->stream_handle;
		e->ms = r->file->ms;
		e->lost_ms = r->lost * 10;
		memcpy(e->name, r->file->name, sizeof(e->name));
	}
}

// The worker has taken up a tap, or let go of it.
void server_record_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	struct server_record *r = slot_get(&s->records, m->handle);
	if (m->kind == MAIL_TAP_CLOSE) {
		reply->handle_reply.handle = m->handle;
		r->state = SERVER_RECORD_OVER;
		s->record_due = 0;
		return;
	}
	if (m->status) {
		recording_discard(r->file);
		forget(s, r);
		return;
	}
	r->state = SERVER_RECORD_OPEN;
	s->record_due = 0;
	reply->record_reply.handle = m->handle;
	memcpy(reply->record_reply.name, r->file->name, sizeof(reply->record_reply.name));
	log_info("recording", "begins", "file=%s", r->file->name);
}

// --- life ---

static void tell_end(struct server *s, uint32_t handle, const struct api_record_event *end)
{
	struct api_message m;
	api_init(&m, API_EVENT_RECORD, 0);
	m.record_event = *end;
	m.record_event.handle = handle;
	server_send_all(s, &m);
	if (end->end == API_RECORD_FAILED)
		log_error("recording", "cannot be written", "file=%s why=\"%s\" kept_ms=%u", end->name,
			  strerror(-end->status), end->kept ? end->ms : 0);
	else
		log_info("recording", end->kept ? "complete" : "too short, deleted",
			 "file=%s ms=%u lost_ms=%u", end->name, end->ms, end->lost_ms);
}

// The worker has nothing to do with it any more: completes the file.
static void finish(struct server *s, struct server_record *r)
{
	struct api_record_event end = {
		.end = r->end, .status = r->status, .ms = r->file->ms, .lost_ms = r->lost * 10};
	memcpy(end.name, r->file->name, sizeof(end.name));
	int rc = recording_close(r->file);
	end.kept = rc > 0;
	if (rc < 0 && !end.status) {
		end.end = API_RECORD_FAILED;
		end.status = rc;
	}
	uint32_t handle = handle_of(s, r);
	forget(s, r);
	tell_end(s, handle, &end);
}

static void write_out(struct server *s, struct server_record *r, nsec_t now)
{
	static const uint8_t ends[] = {[RECORDING_OVER] = API_RECORD_GONE,
				       [RECORDING_LIMIT] = API_RECORD_LIMIT,
				       [RECORDING_SILENCE] = API_RECORD_SILENCE,
				       [RECORDING_FAILED] = API_RECORD_FAILED};
	enum recording_state state = recording_write(r->file, now);
	uint64_t lost = recording_lost(r->file);
	r->lost += (uint32_t)lost;
	s->dp->neigh.drops[DROP_record_full] += lost;
	if (state == RECORDING_FAILED || (state != RECORDING_GOES_ON && !r->end)) {
		r->end = ends[state];
		r->status = r->file->status;
	}
	if (r->state == SERVER_RECORD_OPEN && state == RECORDING_OVER) {
		r->state = SERVER_RECORD_OVER;
	} else if (r->state == SERVER_RECORD_OPEN && state != RECORDING_GOES_ON && s->mails_left) {
		r->state = SERVER_RECORD_CLOSING;
		tap_post(s, r, MAIL_TAP_CLOSE, 0, 0);
		mailbox_ring(&s->dp->mailboxes[r->worker]);
	}
	if (r->state == SERVER_RECORD_OVER)
		finish(s, r);
}

nsec_t server_records_run(struct server *s, nsec_t now)
{
	if (list_empty(&s->recording))
		return UINT64_MAX;
	if (now < s->record_due)
		return s->record_due;
	for (struct list *at = s->recording.next, *next; at != &s->recording; at = next) {
		next = at->next;
		struct server_record *r = LIST_ITEM(at, struct server_record, node);
		if (r->state != SERVER_RECORD_OPENING)
			write_out(s, r, now);
	}
	s->record_due = now + WRITE_NS;
	return s->record_due;
}

// The process stops, its workers have: what was said until now is kept.
void server_records_end(struct server *s)
{
	while (s->recording.next && !list_empty(&s->recording)) {
		struct server_record *r = LIST_ITEM(s->recording.next, struct server_record, node);
		recording_write(r->file, 0);
		recording_close(r->file);
		forget(s, r);
	}
}
