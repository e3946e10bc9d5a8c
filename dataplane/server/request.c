// SPDX-License-Identifier: GPL-3.0-or-later
// request.c - What each request does: allocate here, apply at the owner, answer when it has.
//
// A conference belongs to the worker with most to spare at that moment (admit.c), or to that of others of its device if they are to be
// together; its streams follow it.
// A stream exists (handle, port, next hop) from the request on, is found by packets once its owner has opened it, and
// is known to clients once the reply is out. What a refused request took is given back when its reply passes.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gw/log.h"

struct mail *server_mail(struct server *s, enum mail_kind kind, uint64_t client, uint32_t request,
			 unsigned int type)
{
	struct mail *m = s->mails_free;
	s->mails_free = m->next;
	s->mails_left--;
	memset(m, 0, sizeof(*m));
	m->kind = kind;
	m->request[SERVER_CLIENT] = client;
	m->request[SERVER_REQUEST] = request;
	m->request[SERVER_TYPE] = type;
	return m;
}

void server_mail_free(struct server *s, struct mail *m)
{
	free(m->slots);
	m->slots = NULL;
	m->next = s->mails_free;
	s->mails_free = m;
	s->mails_left++;
}

void server_post(struct server *s, unsigned int worker, struct mail *m)
{
	mailbox_post(&s->dp->mailboxes[worker], m);
}

// --- conferences ---

// The worker of a conference that this one shall be together with, else a free choice.
static unsigned int worker_for(struct server *s, const struct conference_spec *spec)
{
	uint32_t cursor = 0;
	const struct server_conference *k;
	while ((spec->flags & CONFERENCE_TOGETHER) && (k = slot_next(&s->conferences, &cursor)))
		if ((k->flags & CONFERENCE_TOGETHER) && k->state != SERVER_CLOSING &&
		    memcmp(k->device, spec->device, sizeof(spec->device)) == 0)
			return k->worker;
	return server_worker_choose(s);
}

static int conference_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	uint32_t handle;
	uint32_t flags = m->conference_open.spec.flags & ~(uint32_t)CONFERENCE_TOGETHER;
	unsigned int worker = worker_for(s, &m->conference_open.spec);
	if (flags && flags != CONFERENCE_BRIDGE && flags != CONFERENCE_ECHO)
		return -EINVAL;
	struct server_conference *k = slot_open(&s->conferences, &handle);
	if (!k)
		return -ENOSPC;
	list_init(&k->streams);
	list_init(&k->sources);
	k->flags = (uint8_t)m->conference_open.spec.flags;
	memcpy(k->device, m->conference_open.spec.device, sizeof(k->device));
	k->worker = (uint16_t)worker;
	k->state = SERVER_OPENING;
	s->worker_conferences[k->worker]++;
	s->worker_empty[k->worker]++;
	struct mail *mail = server_mail(s, MAIL_CONFERENCE_OPEN, c->id, m->header.request, m->header.type);
	mail->handle = handle;
	mail->conference_spec = m->conference_open.spec;
	server_post(s, k->worker, mail);
	return 0;
}

static void conference_release(struct server *s, struct server_conference *k)
{
	s->worker_conferences[k->worker]--;
	s->worker_empty[k->worker]--; // its streams went before
	slot_close(&s->conferences, slot_handle(&s->conferences, k));
}

// Posts the mail that closes a conference; frees it on failure.
static int conference_end(struct server *s, struct server_conference *k, struct mail *mail)
{
	uint32_t **slots = calloc(k->stream_count ? k->stream_count : 1, sizeof(*slots));
	if (!slots) {
		k->state = SERVER_OPEN;
		server_mail_free(s, mail);
		return -ENOMEM;
	}
	mail->conference = k->index;
	mail->slots = slots;
	for (struct list *at = k->streams.next; at != &k->streams; at = at->next) {
		struct server_stream *t = LIST_ITEM(at, struct server_stream, node);
		t->state = SERVER_CLOSING;
		slots[mail->slot_count++] = server_stream_slot(s, t);
	}
	server_post(s, k->worker, mail);
	return 0;
}

// Streams that are moving in or out arrive first: who leaves in time is not closed with it.
static int conference_close(struct server *s, struct server_client *c, const struct api_message *m,
			    nsec_t now)
{
	struct server_conference *k = slot_get(&s->conferences, m->handle_request.handle);
	if (!k || k->state != SERVER_OPEN)
		return -ENOENT;
	struct mail *mail = server_mail(s, MAIL_CONFERENCE_CLOSE, c->id, m->header.request, m->header.type);
	mail->handle = m->handle_request.handle;
	k->state = SERVER_CLOSING;
	if (!k->moves)
		return conference_end(s, k, mail);
	mail->next = s->mails_held;
	s->mails_held = mail;
	return 0;
}

static void conference_moved(struct server *s, struct server_conference *k)
{
	uint32_t handle = slot_handle(&s->conferences, k);
	k->moves--;
	if (k->moves || k->state != SERVER_CLOSING)
		return;
	for (struct mail **at = &s->mails_held; *at; at = &(*at)->next) {
		struct mail *mail = *at;
		if (mail->handle != handle)
			continue;
		*at = mail->next;
		uint64_t client = mail->request[SERVER_CLIENT];
		uint32_t request = (uint32_t)mail->request[SERVER_REQUEST];
		int rc = conference_end(s, k, mail);
		if (rc)
			server_refuse(s, client, API_CONFERENCE_CLOSE, request, rc);
		return;
	}
}

// --- streams ---

struct addr_port server_stream_local(const struct server *s, const struct server_stream *t)
{
	return (struct addr_port){.addr = s->dp->lookup.locals[t->local_index].addr, .port = t->port};
}

uint32_t *server_stream_slot(const struct server *s, const struct server_stream *t)
{
	return lookup_slot(&s->dp->lookup, t->local_index, t->port);
}

void server_stream_add(struct server *s, struct server_conference *k, struct server_stream *t)
{
	list_push_back(&k->streams, &t->node);
	s->worker_empty[k->worker] -= k->stream_count == 0;
	k->stream_count++;
	s->worker_streams[k->worker]++;
}

static void stream_unlink(struct server *s, struct server_stream *t)
{
	list_remove(&t->node);
	t->conference->stream_count--;
	s->worker_streams[t->worker]--;
	s->worker_empty[t->worker] += t->conference->stream_count == 0;
}

void server_stream_release(struct server *s, struct server_stream *t)
{
	stream_unlink(s, t);
	neigh_hop_release(&s->dp->neigh, t->hop);
	if (t->local_index >= s->dp->lookup.group_first)
		neigh_group_leave(&s->dp->neigh, &s->dp->lookup.locals[t->local_index].addr);
	else
		portmap_release(&s->ports, t->local_index, t->port);
	slot_close(&s->streams, slot_handle(&s->streams, t));
}

// Checks what a stream is told against our addresses, its local one included. Only a mix is sent to groups.
static int spec_check(const struct server *s, const struct server_conference *k,
		      const struct stream_spec *spec, const struct addr *local)
{
	const struct addr *remote = &spec->remote.addr;
	if (spec->flags & ~STREAM_FLAGS || spec->dscp > 63)
		return -EINVAL;
	if (remote->family == ADDR_NONE)
		return spec->flags & STREAM_SEND ? -EINVAL : 0;
	unsigned int ours = lookup_local(&s->dp->lookup, remote);
	if (ours != LOCAL_NONE && ours >= s->dp->lookup.group_first)
		return -ELOOP;
	if (remote->family != local->family || !spec->remote.port || addr_is_any(remote) ||
	    (addr_is_multicast(remote) && !(k->flags & CONFERENCE_BRIDGE)))
		return -EINVAL;
	if (spec->source.addr.family != ADDR_NONE && spec->source.addr.family != local->family)
		return -EINVAL;
	return 0;
}

// Our address for a stream: the one asked for, else the first of the remote's family, else the first.
static int local_choose(const struct server *s, const struct stream_spec *spec, unsigned int *ret)
{
	const struct lookup *l = &s->dp->lookup;
	uint8_t family = spec->remote.addr.family;
	if (spec->local.addr.family != ADDR_NONE) {
		unsigned int local = lookup_local(l, &spec->local.addr);
		if (local >= l->group_first)
			return -EADDRNOTAVAIL;
		*ret = local;
		return 0;
	}
	for (unsigned int i = 0; i < l->local_count; i++)
		if (family == ADDR_NONE || l->locals[i].addr.family == family) {
			*ret = i;
			return 0;
		}
	return -EADDRNOTAVAIL;
}

static int hop_take(struct server *s, const struct stream_spec *spec, unsigned int local, nsec_t now,
		    uint16_t *ret)
{
	if (spec->remote.addr.family == ADDR_NONE)
		return 0;
	return neigh_hop_take(&s->dp->neigh, local, &spec->remote.addr, now, ret);
}

static int stream_reserve(struct server *s, const struct server_conference *k, const struct stream_spec *spec,
			  nsec_t now, struct server_stream *t)
{
	unsigned int local;
	int rc = local_choose(s, spec, &local);
	if (rc)
		return rc;
	t->local_index = (uint8_t)local;
	t->port = spec->local.port;
	rc = spec_check(s, k, spec, &s->dp->lookup.locals[local].addr);
	if (rc)
		return rc;
	rc = t->port ? portmap_take_exact(&s->ports, local, t->port)
		     : portmap_take(&s->ports, local, k->worker, &t->port);
	if (rc)
		return rc;
	rc = hop_take(s, spec, local, now, &t->hop);
	if (rc)
		portmap_release(&s->ports, local, t->port);
	return rc;
}

static int stream_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	const struct stream_spec *spec = &m->stream_open.spec;
	struct server_conference *k = slot_get(&s->conferences, spec->conference);
	if (!k || k->state != SERVER_OPEN)
		return -ENOENT;
	struct server_stream reserved = {0};
	uint32_t handle;
	int rc = server_admit(s, k, spec, now);
	if (rc)
		return rc;
	rc = stream_reserve(s, k, spec, now, &reserved);
	if (rc)
		return rc;
	struct server_stream *t = slot_open(&s->streams, &handle);
	if (!t) {
		neigh_hop_release(&s->dp->neigh, reserved.hop);
		portmap_release(&s->ports, reserved.local_index, reserved.port);
		return -ENOSPC;
	}
	*t = reserved;
	t->conference = k;
	t->worker = k->worker;
	t->state = SERVER_OPENING;
	server_stream_add(s, k, t);
	struct mail *mail = server_mail(s, MAIL_STREAM_OPEN, c->id, m->header.request, m->header.type);
	mail->handle = handle;
	mail->stream_spec = *spec;
	mail->stream_spec.conference = k->index;
	mail->stream_spec.local = server_stream_local(s, t);
	mail->slot = server_stream_slot(s, t);
	mail->hop = t->hop;
	server_post(s, t->worker, mail);
	return 0;
}

// Where a stream shall be from now on. Its present conference and the next stay open until its worker has moved it.
static int move_begin(struct server *s, struct server_stream *t, api_handle to,
		      struct server_conference **ret)
{
	struct server_conference *k = slot_get(&s->conferences, to);
	*ret = t->conference;
	if (t->moving)
		return -EBUSY;
	if (!to || k == t->conference)
		return 0;
	if (!k || k->state != SERVER_OPEN)
		return -ENOENT;
	if (k->worker != t->worker)
		return -EXDEV;
	t->moving = true;
	k->moves++;
	t->conference->moves++;
	*ret = k;
	return 0;
}

static void move_end(struct server *s, struct server_stream *t, struct server_conference *to, bool moved)
{
	struct server_conference *from = t->conference;
	if (!t->moving)
		return;
	t->moving = false;
	if (moved) {
		stream_unlink(s, t);
		t->conference = to;
		server_stream_add(s, to, t);
	}
	conference_moved(s, from);
	conference_moved(s, to);
}

static int stream_set(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	const struct stream_spec *spec = &m->stream_set.spec;
	struct server_stream *t = slot_get(&s->streams, m->stream_set.handle);
	if (!t || t->state != SERVER_OPEN || t->hidden)
		return -ENOENT;
	uint16_t hop = HOP_NONE;
	struct server_conference *k;
	int rc = move_begin(s, t, spec->conference, &k);
	if (rc)
		return rc;
	rc = spec_check(s, k, spec, &s->dp->lookup.locals[t->local_index].addr);
	if (rc == 0)
		rc = hop_take(s, spec, t->local_index, now, &hop);
	if (rc) {
		move_end(s, t, k, false);
		return rc;
	}
	struct mail *mail = server_mail(s, MAIL_STREAM_SET, c->id, m->header.request, m->header.type);
	mail->handle = m->stream_set.handle;
	mail->stream = t->index;
	mail->stream_spec = *spec;
	mail->stream_spec.conference = k->index;
	mail->request[SERVER_EXTRA] = t->moving ? slot_handle(&s->conferences, k) : 0;
	mail->stream_spec.local = server_stream_local(s, t);
	mail->hop = hop;
	server_post(s, t->worker, mail);
	return 0;
}

static int stream_ask(struct server *s, struct server_client *c, const struct api_message *m,
		      enum mail_kind kind)
{
	struct server_stream *t = slot_get(&s->streams, m->handle_request.handle);
	if (!t || t->state != SERVER_OPEN || t->hidden)
		return -ENOENT;
	struct mail *mail = server_mail(s, kind, c->id, m->header.request, m->header.type);
	mail->handle = m->handle_request.handle;
	mail->stream = t->index;
	mail->slot = server_stream_slot(s, t);
	if (kind == MAIL_STREAM_CLOSE)
		t->state = SERVER_CLOSING;
	server_post(s, t->worker, mail);
	return 0;
}

static int digit_send(struct server *s, struct server_client *c, const struct api_message *m)
{
	const struct api_digit_send *d = &m->digit_send;
	struct server_stream *t = slot_get(&s->streams, d->handle);
	if (!t || t->state != SERVER_OPEN)
		return -ENOENT;
	struct mail *mail = server_mail(s, MAIL_DIGIT_SEND, c->id, m->header.request, m->header.type);
	mail->handle = d->handle;
	mail->stream = t->index;
	mail->digit = d->digit;
	mail->duration_ms = (uint16_t)d->duration_ms;
	server_post(s, t->worker, mail);
	return 0;
}

void server_request(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now)
{
	struct api_message reply;
	int rc = 0;
	api_init(&reply, m->header.type | API_REPLY, m->header.request);
	switch ((enum api_type)m->header.type) {
	case API_HELLO:
		memcpy(c->name, m->hello.name, sizeof(c->name));
		log_info(c->name, "client says hello");
		server_hello(s, m, &reply);
		server_send(s, c->id, &reply);
		return;
	case API_DROPS:
		server_drops(s, &reply);
		server_send(s, c->id, &reply);
		return;
	case API_STATUS:
		server_status(s, &reply);
		server_send(s, c->id, &reply);
		return;
	case API_STREAM_LIST:
	case API_CONFERENCE_LIST:
		server_list(s, c, m);
		return;
	case API_CONFERENCE_OPEN:
		rc = conference_open(s, c, m, now);
		break;
	case API_CONFERENCE_CLOSE:
		rc = conference_close(s, c, m, now);
		break;
	case API_STREAM_OPEN:
		rc = stream_open(s, c, m, now);
		break;
	case API_STREAM_SET:
		rc = stream_set(s, c, m, now);
		break;
	case API_STREAM_CLOSE:
		rc = stream_ask(s, c, m, MAIL_STREAM_CLOSE);
		break;
	case API_STREAM_STATS:
		rc = stream_ask(s, c, m, MAIL_STREAM_STATS);
		break;
	case API_SOURCE_OPEN:
		rc = server_source_open(s, c, m, now);
		break;
	case API_SOURCE_CLOSE:
		rc = server_source_close(s, c, m);
		break;
	case API_DIGIT_SEND:
		rc = digit_send(s, c, m);
		break;
	case API_RECORD_OPEN:
		rc = server_record_open(s, c, m, now);
		break;
	case API_RECORD_CLOSE:
		rc = server_record_close(s, c, m);
		break;
	case API_RECORD_LIST:
		server_record_list(s, m, &reply);
		server_send(s, c->id, &reply);
		return;
	case API_RECORD_DELETE:
		rc = server_record_delete(s, m);
		if (rc == 0)
			server_send(s, c->id, &reply);
		break;
	default:
		rc = -EBADMSG;
	}
	if (rc)
		server_refuse(s, c->id, m->header.type, m->header.request, rc);
}

// --- replies of workers ---

static void conference_closed(struct server *s, struct server_conference *k)
{
	while (!list_empty(&k->streams))
		server_stream_release(s, LIST_ITEM(k->streams.next, struct server_stream, node));
	while (!list_empty(&k->sources))
		server_source_release(s, LIST_ITEM(k->sources.next, struct server_source, node));
	conference_release(s, k);
}

static void conference_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	struct server_conference *k = slot_get(&s->conferences, m->handle);
	reply->handle_reply.handle = m->handle;
	if (m->kind == MAIL_CONFERENCE_CLOSE) {
		conference_closed(s, k);
	} else if (m->status) {
		conference_release(s, k);
	} else {
		k->index = m->conference;
		k->state = SERVER_OPEN;
	}
}

static void stream_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	struct server_stream *t = slot_get(&s->streams, m->handle);
	reply->stream_reply.handle = m->handle;
	reply->stream_reply.local = server_stream_local(s, t);
	if (m->kind == MAIL_STREAM_OPEN) {
		if (m->status) {
			server_stream_release(s, t);
			return;
		}
		t->index = m->stream;
		if (t->state == SERVER_OPENING)
			t->state = SERVER_OPEN;
		return;
	}
	// Set: the stream holds the new hop from now on, or still the old one. A move may have been asked for since.
	if (m->request[SERVER_EXTRA])
		move_end(s, t, slot_get(&s->conferences, (uint32_t)m->request[SERVER_EXTRA]), m->status == 0);
	neigh_hop_release(&s->dp->neigh, m->status ? m->hop : t->hop);
	if (m->status == 0)
		t->hop = m->hop;
}

static void stats_replied(struct server *s, const struct mail *m, struct api_message *reply)
{
	reply->stream_stats_reply.handle = m->handle;
	reply->stream_stats_reply.stats = m->stats;
	if (m->kind == MAIL_STREAM_CLOSE)
		server_stream_release(s, slot_get(&s->streams, m->handle));
}

void server_reply(struct server *s, struct mail *m, nsec_t now)
{
	struct api_message reply;
	unsigned int type = (unsigned int)m->request[SERVER_TYPE];
	uint32_t request = (uint32_t)m->request[SERVER_REQUEST];
	api_init(&reply, type | API_REPLY, request);
	if (type == API_STREAM_LIST || type == API_CONFERENCE_LIST) {
		server_list_reply(s, m);
		server_mail_free(s, m);
		return;
	}
	if (type == API_SOURCE_OPEN || type == API_SOURCE_CLOSE)
		server_source_replied(s, m, &reply);
	else if (m->kind == MAIL_CONFERENCE_OPEN || m->kind == MAIL_CONFERENCE_CLOSE)
		conference_replied(s, m, &reply);
	else if (m->kind == MAIL_STREAM_OPEN || m->kind == MAIL_STREAM_SET)
		stream_replied(s, m, &reply);
	else if (m->kind == MAIL_TAP_OPEN || m->kind == MAIL_TAP_CLOSE)
		server_record_replied(s, m, &reply);
	else if (m->kind == MAIL_DIGIT_SEND)
		reply.handle_reply.handle = m->handle;
	else
		stats_replied(s, m, &reply);
	if (m->status)
		server_refuse(s, m->request[SERVER_CLIENT], type, request, m->status);
	else
		server_send(s, m->request[SERVER_CLIENT], &reply);
	server_mail_free(s, m);
}
