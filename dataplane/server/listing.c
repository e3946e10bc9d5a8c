// SPDX-License-Identifier: GPL-3.0-or-later
// listing.c - Hello, status, drops, and pages of streams and conferences.
//
// A page asks the owner of each of its rows and is sent when the last has answered. Rows that close meanwhile are
// left out.
#include "dataplane/server/inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "gw/codec.h"

void server_hello(struct server *s, const struct api_message *m, struct api_message *ret)
{
	const struct config_dataplane *c = &s->dp->config->dataplane;
	struct api_hello_reply *r = &ret->hello_reply;
	r->boot_id = s->boot_id;
	r->streams_max = c->streams;
	r->conferences_max = c->conferences;
	r->voices_max = c->voices;
	r->streams_open = s->streams.open;
	r->conferences_open = s->conferences.open;
	r->workers = s->dp->worker_count;
	for (unsigned int i = 1; i < CODEC_COUNT; i++)
		if (codec_can_transcode((enum codec_id)i))
			r->codecs |= UINT64_C(1) << i;
	for (unsigned int i = 0; i < s->dp->lookup.local_count && i < RTE_DIM(r->addresses); i++)
		r->addresses[r->address_count++] = s->dp->lookup.locals[i].addr;
}

void server_drops(struct server *s, struct api_message *ret)
{
	ret->drops_reply.count = DROP_COUNT;
	for (unsigned int i = 0; i < DROP_COUNT; i++)
		ret->drops_reply.drops[i] = dataplane_drops(s->dp, (enum drop_reason)i);
}

static uint32_t worker_status(const struct server *s, unsigned int i, struct api_worker_status *ret)
{
	const struct worker *w = s->dp->workers[i];
	*ret = (struct api_worker_status){
		.cpu = w->cpu,
		.streams = s->worker_streams[i],
		.conferences = s->worker_conferences[i],
		.load_permille = __atomic_load_n(&w->load.measured, __ATOMIC_RELAXED) / (LOAD_WHOLE / 1000),
		.expected_permille = (uint32_t)(server_worker_load(s, i) / (LOAD_WHOLE / 1000)),
		.late_us = __atomic_load_n(&w->load.late_us, __ATOMIC_RELAXED),
		.turn_us = __atomic_load_n(&w->load.turn_us, __ATOMIC_RELAXED),
		.away_us = __atomic_load_n(&w->load.away_us, __ATOMIC_RELAXED),
		.rx_packets = __atomic_load_n(&w->counters.rx_packets, __ATOMIC_RELAXED),
		.tx_packets = __atomic_load_n(&w->counters.tx_packets, __ATOMIC_RELAXED),
		.ticks_late = __atomic_load_n(&w->counters.ticks_late, __ATOMIC_RELAXED),
	};
	return __atomic_load_n(&w->counters.voices, __ATOMIC_RELAXED);
}

static void port_status(const struct port *p, struct api_port_status *ret)
{
	struct rte_eth_stats stats = {0};
	struct rte_eth_link link = {0};
	rte_eth_stats_get(p->id, &stats);
	rte_eth_link_get_nowait(p->id, &link);
	memcpy(ret->name, p->name, sizeof(ret->name));
	memcpy(ret->mac, p->mac, sizeof(ret->mac));
	ret->link_up = link.link_status == RTE_ETH_LINK_UP;
	ret->rx_packets = stats.ipackets;
	ret->tx_packets = stats.opackets;
	ret->rx_missed = stats.imissed + stats.rx_nombuf;
}

// All that one more relayed stream needs: at its worker, here, in the tables, and its half of a conference. A next hop is
// counted for each, though most share one.
static uint32_t stream_bytes(void)
{
	size_t tables = 2 * sizeof(uint32_t) + sizeof(struct hop) + sizeof(struct neigh_entry);
	size_t server = sizeof(struct server_stream) + sizeof(struct slot_entry);
	size_t conference =
		media_conference_bytes() + sizeof(struct server_conference) + sizeof(struct slot_entry);
	return (uint32_t)(media_stream_bytes() + tables + server + conference / 2);
}

void server_status(struct server *s, struct api_message *ret)
{
	struct api_status_reply *r = &ret->status_reply;
	dataplane_kernels(s->dp, r->kernels, sizeof(r->kernels));
	r->uptime_ns = worker_clock() - s->dp->started;
	r->streams_open = s->streams.open;
	r->conferences_open = s->conferences.open;
	r->worker_count = s->dp->worker_count;
	r->port_count = s->dp->port_count;
	r->load_limit = s->dp->config->dataplane.load_limit;
	r->overloaded = s->overloaded;
	r->stream_bytes = stream_bytes();
	r->media_mb = s->dp->media_mb;
	for (unsigned int i = 0; i < s->dp->worker_count; i++)
		r->voices_open += worker_status(s, i, &r->workers[i]);
	for (unsigned int i = 0; i < s->dp->port_count; i++)
		port_status(&s->dp->ports[i], &r->ports[i]);
}

static struct mail *row_mail(struct server *s, struct server_page *page, enum mail_kind kind,
			     unsigned int type)
{
	struct mail *mail = server_mail(s, kind, page->client, page->message.header.request, type);
	mail->request[SERVER_EXTRA] = (uintptr_t)page;
	page->outstanding++;
	return mail;
}

// Asks for up to a page of rows from the cursor on. Returns where the next page starts, 0 at the end.
static uint32_t streams_ask(struct server *s, struct server_page *page, uint32_t cursor)
{
	struct server_stream *t;
	while ((t = slot_next(&s->streams, &cursor))) {
		if (t->state != SERVER_OPEN || t->hidden)
			continue;
		if (page->outstanding == API_PAGE_STREAMS)
			return slot_index(slot_handle(&s->streams, t));
		struct mail *mail = row_mail(s, page, MAIL_STREAM_STATS, API_STREAM_LIST);
		mail->handle = slot_handle(&s->streams, t);
		mail->stream = t->index;
		server_post(s, t->worker, mail);
	}
	return 0;
}

static uint32_t conferences_ask(struct server *s, struct server_page *page, uint32_t cursor)
{
	struct server_conference *k;
	while ((k = slot_next(&s->conferences, &cursor))) {
		if (k->state != SERVER_OPEN)
			continue;
		if (page->outstanding == API_PAGE_CONFERENCES)
			return slot_index(slot_handle(&s->conferences, k));
		struct mail *mail = row_mail(s, page, MAIL_CONFERENCE_INFO, API_CONFERENCE_LIST);
		mail->handle = slot_handle(&s->conferences, k);
		mail->conference = k->index;
		server_post(s, k->worker, mail);
	}
	return 0;
}

void server_list(struct server *s, struct server_client *c, const struct api_message *m)
{
	struct server_page *page = calloc(1, sizeof(*page));
	if (!page) {
		server_refuse(s, c->id, m->header.type, m->header.request, -ENOMEM);
		return;
	}
	page->client = c->id;
	api_init(&page->message, m->header.type | API_REPLY, m->header.request);
	if (m->header.type == API_STREAM_LIST)
		page->message.stream_list_reply.next = streams_ask(s, page, m->list.cursor);
	else
		page->message.conference_list_reply.next = conferences_ask(s, page, m->list.cursor);
	if (page->outstanding == 0) {
		server_send(s, c->id, &page->message);
		free(page);
	}
}

static void stream_row(struct server *s, const struct mail *m, struct api_stream_list_reply *list)
{
	struct server_stream *t = slot_get(&s->streams, m->handle);
	if (m->status || !t)
		return;
	struct api_stream_entry *e = &list->entries[list->count++];
	e->handle = m->handle;
	e->worker = t->worker;
	e->spec = m->stream_spec;
	e->spec.conference = slot_handle(&s->conferences, t->conference);
	e->stats = m->stats;
}

static uint32_t newest_source(const struct server *s, const struct server_conference *k)
{
	for (const struct list *at = k->sources.prev; at != &k->sources; at = at->prev) {
		const struct server_source *t = LIST_ITEM(at, struct server_source, node);
		if (t->state == SERVER_OPEN && !t->ended)
			return slot_handle(&s->sources, t);
	}
	return 0;
}

static void conference_row(struct server *s, const struct mail *m, struct api_conference_list_reply *list)
{
	struct server_conference *k = slot_get(&s->conferences, m->handle);
	if (m->status || !k)
		return;
	list->entries[list->count++] = (struct api_conference_entry){
		.handle = m->handle,
		.worker = k->worker,
		.streams = k->stream_count,
		.outcome = m->outcome,
		.source = newest_source(s, k),
		.spec = m->conference_spec,
	};
}

void server_list_reply(struct server *s, const struct mail *m)
{
	struct server_page *page = (struct server_page *)(uintptr_t)m->request[SERVER_EXTRA];
	if (m->kind == MAIL_STREAM_STATS)
		stream_row(s, m, &page->message.stream_list_reply);
	else
		conference_row(s, m, &page->message.conference_list_reply);
	if (--page->outstanding)
		return;
	server_send(s, page->client, &page->message);
	free(page);
}
