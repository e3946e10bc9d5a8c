// SPDX-License-Identifier: GPL-3.0-or-later
// sweep.c - After a lost connection: closes what the dataplane still holds for us and nobody owns any more.
#include "control/sweep.h"

#include "control/confer.h"
#include "control/core.h"
#include "control/device.h"
#include "control/party.h"

// A party that has asked for a stream and has no answer yet: the stream may be the one in the list.
static bool is_asked_for(const struct core *c, const struct stream_ref *ref)
{
	const struct device *d = core_device(c, ref->device);
	if (!d)
		return false;
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	{
		if (p->fsm.state == PARTY_OPENING && party_id(p) == ref->party_id)
			return true;
	}
	return false;
}

static bool owns_conference(const struct core *c, const struct api_conference_entry *e)
{
	const struct device *d = core_device(c, e->spec.device);
	if (!d)
		return false;
	LIST_FOREACH(q, &d->conference_list, struct conference, link)
	{
		if (q->handle == e->handle || q->fsm.state == CONFER_OPENING)
			return true;
	}
	return false;
}

static void ask(struct sweep *s, unsigned int type, uint32_t cursor, nsec_t now);

static void on_conferences(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct sweep *s = object;
	s->request = 0;
	if (status)
		return;
	const struct api_conference_list_reply *page = &reply->conference_list_reply;
	for (uint32_t i = 0; i < page->count && i < API_PAGE_CONFERENCES; i++) {
		const struct api_conference_entry *e = &page->entries[i];
		if (e->spec.epoch != s->core->epoch || owns_conference(s->core, e))
			continue;
		dp_conference_close(&s->core->dp, e->handle, now);
		s->closed++;
	}
	if (page->next)
		ask(s, API_CONFERENCE_LIST, page->next, now);
}

static void on_streams(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct sweep *s = object;
	s->request = 0;
	if (status)
		return;
	const struct api_stream_list_reply *page = &reply->stream_list_reply;
	for (uint32_t i = 0; i < page->count && i < API_PAGE_STREAMS; i++) {
		const struct api_stream_entry *e = &page->entries[i];
		if (e->spec.ref.epoch != s->core->epoch || core_party(s->core, e->handle) ||
		    is_asked_for(s->core, &e->spec.ref))
			continue;
		dp_stream_close(&s->core->dp, e->handle, NULL, NULL, now);
		s->closed++;
	}
	ask(s, page->next ? API_STREAM_LIST : API_CONFERENCE_LIST, page->next, now);
}

static void ask(struct sweep *s, unsigned int type, uint32_t cursor, nsec_t now)
{
	struct api_message m;
	api_init(&m, type, 0);
	m.list.cursor = cursor;
	s->request =
		dp_request(&s->core->dp, &m, type == API_STREAM_LIST ? on_streams : on_conferences, s, now);
}

void sweep_start(struct core *c, nsec_t now)
{
	dp_abandon(&c->dp, c->sweep.request);
	c->sweep.core = c;
	ask(&c->sweep, API_STREAM_LIST, 0, now);
}
