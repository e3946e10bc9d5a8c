// SPDX-License-Identifier: GPL-3.0-or-later
// record.c - Recordings of the API: from the request until the file is complete, whoever lives to see it.
//
// The worker writes into a tap, and the scribe empties all of them ten times a second: all that may wait for the disk is its, and
// this thread looks for what it has done. What a disk that stands still leaves no room for is counted (drops: record_full), said
// once, and silence in the file. A tap's memory is given back only when
// the worker has said that it lets go: its answer to a close, or the mark that the stream is gone. Ends that nobody asked for
// (limits, silence, a full disk) close the tap in the same way.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gw/log.h"

#define WRITE_NS (100 * NSEC_PER_MSEC)
#define LOOK_NS  NSEC_PER_MSEC // for what the scribe has done

static uint32_t handle_of(const struct server *s, const struct server_record *r)
{
	return slot_handle(&s->records, r);
}

static void forget(struct server *s, struct server_record *r)
{
	list_remove(&r->node);
	slot_close(&s->records, handle_of(s, r));
}

// --- the worker ---

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

// --- what the scribe does ---

static void run_job(struct scribe_job *job)
{
	struct server_record *r = LIST_ITEM(job, struct server_record, job);
	switch ((enum server_record_work)r->work) {
	case SERVER_RECORD_MAKE:
		r->rc = recording_open(&r->options, r->at, &r->file);
		break;
	case SERVER_RECORD_WRITE:
		r->said = recording_write(r->file, r->at);
		break;
	case SERVER_RECORD_COMPLETE: // with what came since the last write
		r->said = recording_write(r->file, r->at);
		r->status = r->file->status;
		r->ms = r->file->ms;
		r->rc = recording_close(r->file);
		r->file = NULL;
		break;
	case SERVER_RECORD_DISCARD:
		recording_discard(r->file);
		r->file = NULL;
		break;
	}
}

static void post(struct server *s, struct server_record *r, enum server_record_work work, nsec_t now)
{
	if (work == SERVER_RECORD_COMPLETE || work == SERVER_RECORD_DISCARD)
		r->state = SERVER_RECORD_ENDING;
	r->work = work;
	r->at = now;
	r->busy = true;
	r->job.run = run_job;
	scribe_post(s->scribe, &r->job);
}

// --- requests ---

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
	memcpy(r->label, o->label, sizeof(o->label));
	r->options = (struct recording_options){
		.directory = config->recordings.directory,
		.keep_free = (uint64_t)config->recordings.keep_free_mb << 20,
		.node = config->node,
		.label = r->label,
		.wall = time(NULL),
		.count = ++s->record_count,
		.max_ms = o->max_ms,
		.min_ms = o->min_ms,
		.silence_ms = o->silence_ms,
	};
	r->stream_handle = o->stream;
	r->client = c->id;
	r->request = m->header.request;
	r->state = SERVER_RECORD_MAKING;
	list_push_back(&s->recording, &r->node);
	post(s, r, SERVER_RECORD_MAKE, now);
	return 0;
}

// Its file is there, or cannot be.
static void made(struct server *s, struct server_record *r, nsec_t now)
{
	const struct server_stream *t = slot_get(&s->streams, r->stream_handle);
	bool there = t && t->state == SERVER_OPEN;
	if (r->rc)
		log_warning("recording", "cannot be made", "directory=%s why=\"%s\"", r->options.directory,
			    strerror(-r->rc));
	if (r->rc || !there)
		server_refuse(s, r->client, API_RECORD_OPEN, r->request, r->rc ? r->rc : -ENOENT);
	if (r->rc) {
		forget(s, r);
		return;
	}
	memcpy(r->name, r->file->name, sizeof(r->name));
	if (!there) { // it has closed meanwhile
		post(s, r, SERVER_RECORD_DISCARD, now);
		return;
	}
	r->stream = t->index;
	r->worker = t->worker;
	r->state = SERVER_RECORD_OPENING;
	tap_post(s, r, MAIL_TAP_OPEN, r->client, r->request);
	mailbox_ring(&s->dp->mailboxes[r->worker]);
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
		if (r->state < SERVER_RECORD_OPEN || r->state == SERVER_RECORD_ENDING)
			continue;
		if (list->count == API_PAGE_RECORDINGS) {
			list->next = slot_index(handle_of(s, r));
			return;
		}
		struct api_record_entry *e = &list->entries[list->count++];
		e->handle = handle_of(s, r);
		e->stream = r->stream_handle;
		e->ms = r->ms;
		e->lost_ms = r->lost * 10;
		memcpy(e->name, r->name, sizeof(e->name));
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
		post(s, r, SERVER_RECORD_DISCARD, 0);
		return;
	}
	r->state = SERVER_RECORD_OPEN;
	s->record_due = 0;
	reply->record_reply.handle = m->handle;
	memcpy(reply->record_reply.name, r->name, sizeof(reply->record_reply.name));
	log_info("recording", "begins", "file=%s", r->name);
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

static void completed(struct server *s, struct server_record *r)
{
	struct api_record_event end = {
		.end = r->end, .status = r->status, .ms = r->ms, .lost_ms = r->lost * 10, .kept = r->rc > 0};
	memcpy(end.name, r->name, sizeof(end.name));
	int failed = r->status ? r->status : r->rc < 0 ? r->rc : 0;
	if (failed) {
		end.end = API_RECORD_FAILED;
		end.status = failed;
	}
	uint32_t handle = handle_of(s, r);
	forget(s, r);
	tell_end(s, handle, &end);
}

static void count_lost(struct server *s, struct server_record *r)
{
	uint64_t lost = recording_lost(r->file);
	r->lost += (uint32_t)lost;
	s->dp->neigh.drops[DROP_record_full] += lost;
	if (lost && !r->slow)
		log_warning("recording", "disk is too slow: sound is lost", "file=%s ms=%u", r->name,
			    r->lost * 10);
	r->slow = r->slow || lost;
}

static void written(struct server *s, struct server_record *r, nsec_t now)
{
	static const uint8_t ends[] = {[RECORDING_OVER] = API_RECORD_GONE,
				       [RECORDING_LIMIT] = API_RECORD_LIMIT,
				       [RECORDING_SILENCE] = API_RECORD_SILENCE,
				       [RECORDING_FAILED] = API_RECORD_FAILED};
	enum recording_state state = r->said;
	r->ms = r->file->ms;
	count_lost(s, r);
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
	if (r->state == SERVER_RECORD_OVER) // the worker has nothing to do with it any more
		post(s, r, SERVER_RECORD_COMPLETE, now);
}

// The scribe has done its part. The record may be gone afterwards.
static void take(struct server *s, struct server_record *r, nsec_t now)
{
	if (r->work == SERVER_RECORD_MAKE && s->mails_left < SERVER_MAILS_ONE)
		return; // the worker cannot be told now
	r->busy = false;
	if (r->work == SERVER_RECORD_MAKE)
		made(s, r, now);
	else if (r->work == SERVER_RECORD_WRITE)
		written(s, r, now);
	else if (r->work == SERVER_RECORD_COMPLETE)
		completed(s, r);
	else
		forget(s, r);
}

static bool is_written(const struct server_record *r)
{
	return !r->busy && r->state >= SERVER_RECORD_OPEN && r->state < SERVER_RECORD_ENDING;
}

nsec_t server_records_run(struct server *s, nsec_t now)
{
	bool due = now >= s->record_due;
	nsec_t next_look = UINT64_MAX;
	for (struct list *at = s->recording.next, *next; at != &s->recording; at = next) {
		next = at->next;
		struct server_record *r = LIST_ITEM(at, struct server_record, node);
		if (due && is_written(r))
			post(s, r, SERVER_RECORD_WRITE, now);
		else if (r->busy && scribe_done(&r->job))
			take(s, r, now);
	}
	if (due)
		s->record_due = now + WRITE_NS;
	for (const struct list *at = s->recording.next; at != &s->recording; at = at->next)
		if (LIST_ITEM(at, struct server_record, node)->busy)
			next_look = now + LOOK_NS;
	if (list_empty(&s->recording))
		return UINT64_MAX;
	return next_look < s->record_due ? next_look : s->record_due;
}

// The process stops, its workers have: what was said until now is kept.
void server_records_end(struct server *s)
{
	if (!s->recording.next || list_empty(&s->recording))
		return;
	scribe_wait(s->scribe);
	while (!list_empty(&s->recording)) {
		struct server_record *r = LIST_ITEM(s->recording.next, struct server_record, node);
		if (r->file && r->state < SERVER_RECORD_OPEN) {
			recording_discard(r->file);
		} else if (r->file) {
			recording_write(r->file, 0);
			recording_close(r->file);
		}
		forget(s, r);
	}
}
