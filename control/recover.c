// SPDX-License-Identifier: GPL-3.0-or-later
// recover.c - Start-up reconciliation of store, dataplane and call agents.
//
// Two readers run side by side: the store's scan, and the dataplane's listings (conferences, streams, recordings,
// page by page). When both are through, reconcile() walks conferences, streams and then the records that no stream claimed.
// A listing that breaks off begins again when the dataplane is back; an unreachable store counts as empty.
#include "control/recover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/party.h"
#include "control/record.h"
#include "control/store.h"
#include "gw/codec.h"
#include "gw/log.h"

#define OBJECT      "recover"
#define POLL_NS     (20 * NSEC_PER_MSEC) // between looks for the dataplane
#define RECORDS_MAX (1u << 22)           // as many streams as can be configured

struct party_item {
	struct record_party r;
	struct index_node by_local;
	bool claimed;
	char name[STORE_NAME_MAX];
};

struct conference_item {
	struct record_conference r;
	struct index_node by_id;
	bool claimed;
	char name[STORE_NAME_MAX];
};

struct recover {
	struct recover_options o;
	struct timer poll;
	nsec_t deadline;
	uint32_t request; // listing under way
	bool scanned, listed, told, finished;
	uint64_t epoch; // highest seen
	struct party_item **parties;
	size_t party_count, party_cap;
	struct conference_item **conferences;
	size_t conference_count, conference_cap;
	struct index by_local; // parties
	struct index by_id;    // conferences
	uint64_t boot;         // of the dataplane that was listed
	struct api_stream_entry *streams;
	size_t stream_count, stream_cap;
	struct api_conference_entry *groups;
	size_t group_count, group_cap;
	struct api_record_entry *recordings;
	size_t recording_count, recording_cap;
	struct device *last_device; // of the last look-up
	struct recover_result result;
};

// Makes room for one more element. Returns false when there is no memory, or too many.
static bool grow(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return true;
	size_t more = *cap ? *cap * 2 : 64;
	void *p = count < RECORDS_MAX ? reallocarray(*(void **)array, more, size) : NULL;
	if (!p)
		return false;
	*(void **)array = p;
	*cap = more;
	return true;
}

// Opened by this very process: registration did not wait, and calls came before the listing.
static bool is_ours(const struct recover *r, uint64_t epoch)
{
	return r->told && epoch == r->o.core->epoch;
}

static void see_epoch(struct recover *r, uint64_t epoch)
{
	// the top half is left to mistakes: one record must not use up all epochs
	if (epoch > r->epoch && epoch < UINT64_MAX / 2)
		r->epoch = epoch;
}

static uint32_t local_key(const struct addr_port *a)
{
	uint32_t h = a->port;
	for (size_t i = 0; i < sizeof(a->addr.ip); i++)
		h = (h ^ a->addr.ip[i]) * 16777619u;
	return h;
}

static struct device *find_device(struct recover *r, const char *name)
{
	if (!r->last_device || strcmp(r->last_device->name, name) != 0)
		r->last_device = core_device(r->o.core, name);
	return r->last_device;
}

// --- reading the store ---

static void bad_record(struct recover *r, const struct store_record *s, const char *why)
{
	r->result.bad++;
	log_warning(OBJECT, "record does not read back: skipped", "record=%s/%s field=%.32s",
		    store_kind_name(s->kind), s->name, why);
}

static void read_party(struct recover *r, const struct store_record *s)
{
	const char *bad = "memory";
	struct party_item *item = calloc(1, sizeof(*item));
	if (!item || record_party_read(s->value, s->len, s->schema, &item->r, &bad) < 0 ||
	    !grow(&r->parties, r->party_count, &r->party_cap, sizeof(*r->parties)) ||
	    index_put(&r->by_local, &item->by_local, local_key(&item->r.image.spec.local)) < 0) {
		bad_record(r, s, bad);
		free(item);
		return;
	}
	memcpy(item->name, s->name, strlen(s->name) + 1);
	r->parties[r->party_count++] = item;
	r->result.records++;
}

static void read_conference(struct recover *r, const struct store_record *s)
{
	const char *bad = "memory";
	struct conference_item *item = calloc(1, sizeof(*item));
	if (!item || record_conference_read(s->value, s->len, s->schema, &item->r, &bad) < 0 ||
	    !grow(&r->conferences, r->conference_count, &r->conference_cap, sizeof(*r->conferences)) ||
	    index_put(&r->by_id, &item->by_id, item->r.image.conference_id) < 0) {
		bad_record(r, s, bad);
		free(item);
		return;
	}
	memcpy(item->name, s->name, strlen(s->name) + 1);
	r->conferences[r->conference_count++] = item;
}

static void on_record(void *arg, const struct store_record *s)
{
	struct recover *r = arg;
	if (r->finished)
		return; // too late: the streams have told
	see_epoch(r, s->epoch);
	if (s->kind == STORE_PARTY)
		read_party(r, s);
	else if (s->kind == STORE_CONFERENCE)
		read_conference(r, s);
	else if (!find_device(r, s->name))
		store_drop(r->o.store, STORE_DEVICE, s->name);
}

static void check(struct recover *r, nsec_t now);

static void on_scanned(void *arg, int status)
{
	struct recover *r = arg;
	if (r->finished)
		return;
	r->scanned = true;
	r->result.store_away = status < 0;
	// an answer from the loop, but not of the model's time: the next poll takes it up
	timer_start(&r->o.core->timers, &r->poll, r->o.clock());
}

// --- reading the dataplane ---

static void list_page(struct recover *r, unsigned int type, uint32_t cursor, nsec_t now);

// Begins again later: the dataplane went away, or memory is short.
static void list_failed(struct recover *r, nsec_t now)
{
	r->stream_count = r->group_count = r->recording_count = 0;
	timer_start(&r->o.core->timers, &r->poll, now + POLL_NS);
}

static void on_streams(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct recover *r = object;
	r->request = 0;
	if (status < 0)
		return list_failed(r, now);
	const struct api_stream_list_reply *page = &reply->stream_list_reply;
	for (uint32_t i = 0; i < page->count; i++) {
		if (!grow(&r->streams, r->stream_count, &r->stream_cap, sizeof(*r->streams)))
			return list_failed(r, now);
		if (is_ours(r, page->entries[i].spec.ref.epoch))
			continue;
		r->streams[r->stream_count++] = page->entries[i];
		see_epoch(r, page->entries[i].spec.ref.epoch);
	}
	list_page(r, page->next ? API_STREAM_LIST : API_RECORD_LIST, page->next, now);
}

static void on_recordings(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct recover *r = object;
	r->request = 0;
	if (status < 0)
		return list_failed(r, now);
	const struct api_record_list_reply *page = &reply->record_list_reply;
	for (uint32_t i = 0; i < page->count; i++) {
		if (!grow(&r->recordings, r->recording_count, &r->recording_cap, sizeof(*r->recordings)))
			return list_failed(r, now);
		r->recordings[r->recording_count++] = page->entries[i];
	}
	if (page->next)
		return list_page(r, API_RECORD_LIST, page->next, now);
	r->listed = true;
	check(r, now);
}

static void on_conferences(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct recover *r = object;
	r->request = 0;
	if (status < 0)
		return list_failed(r, now);
	const struct api_conference_list_reply *page = &reply->conference_list_reply;
	for (uint32_t i = 0; i < page->count; i++) {
		if (!grow(&r->groups, r->group_count, &r->group_cap, sizeof(*r->groups)))
			return list_failed(r, now);
		if (is_ours(r, page->entries[i].spec.epoch))
			continue;
		r->groups[r->group_count++] = page->entries[i];
		see_epoch(r, page->entries[i].spec.epoch);
	}
	list_page(r, page->next ? API_CONFERENCE_LIST : API_STREAM_LIST, page->next, now);
}

static void list_page(struct recover *r, unsigned int type, uint32_t cursor, nsec_t now)
{
	struct api_message m;
	api_init(&m, type, 0);
	m.list.cursor = cursor;
	dp_done done = type == API_STREAM_LIST   ? on_streams
		       : type == API_RECORD_LIST ? on_recordings
						 : on_conferences;
	r->request = dp_request(&r->o.core->dp, &m, done, r, now);
	if (!r->request)
		list_failed(r, now);
}

// --- bringing both together ---

static struct conference_item *find_conference_record(struct recover *r, const char *device, uint32_t id)
{
	struct index_node *n = index_first(&r->by_id, id);
	for (; n; n = index_next(n)) {
		struct conference_item *c = INDEX_ITEM(n, struct conference_item, by_id);
		if (strcmp(c->r.device, device) == 0)
			return c;
	}
	return NULL;
}

static void restore_group(struct recover *r, const struct api_conference_entry *e, nsec_t now)
{
	struct device *d = find_device(r, e->spec.device);
	struct conference_item *item = d ? find_conference_record(r, d->name, e->spec.conference_id) : NULL;
	struct confer_image image = {.conference_id = e->spec.conference_id};
	struct conference *c;
	if (item)
		image = item->r.image;
	image.handle = e->handle;
	image.flags = e->spec.flags;
	image.source = e->source;
	bool wanted = d && (e->streams > 0 || image.explicitly);
	if (wanted && confer_restore(d, &image, now, &c) == 0) {
		r->result.conferences++;
		if (item)
			item->claimed = true;
		return;
	}
	r->result.closed += e->streams;
	dp_conference_close(&r->o.core->dp, e->handle, now);
}

// The record of a stream: of the same device and local address. Handles are only good within one dataplane's life.
static struct party_item *find_party_record(struct recover *r, const struct stream_spec *spec)
{
	struct index_node *n = index_first(&r->by_local, local_key(&spec->local));
	for (; n; n = index_next(n)) {
		struct party_item *item = INDEX_ITEM(n, struct party_item, by_local);
		const struct party_image *i = &item->r.image;
		if (i->spec.local.port == spec->local.port &&
		    addr_equal(&i->spec.local.addr, &spec->local.addr) &&
		    i->conference_id == spec->ref.conference_id &&
		    strcmp(item->r.device, spec->ref.device) == 0)
			return item;
	}
	return NULL;
}

// What a stream alone tells of its party: one id for both sides, as most agents name them.
static void image_of_stream(const struct api_stream_entry *e, struct party_image *ret)
{
	const struct stream_ref *ref = &e->spec.ref;
	bool rx = e->spec.flags & STREAM_RECV, tx = e->spec.flags & STREAM_SEND;
	*ret = (struct party_image){
		.conference_id = ref->conference_id,
		.call_reference = ref->call_reference,
		.rx_named = rx || !tx,
		.tx_named = tx,
		.rx_party_id = ref->party_id,
		.tx_party_id = ref->party_id,
		.rx_payload = codec_to_sccp(e->spec.rx.codec),
		.tx_payload = codec_to_sccp(e->spec.tx.codec),
		.rx_open = rx,
		.tx_open = tx,
		.kept = !rx && !tx,
	};
}

static void find_recording(const struct recover *r, api_handle stream, struct party_image *ret)
{
	for (size_t i = 0; i < r->recording_count; i++) {
		const struct api_record_entry *e = &r->recordings[i];
		if (e->stream != stream)
			continue;
		ret->recording = e->handle;
		memcpy(ret->recording_name, e->name, sizeof(ret->recording_name));
		return;
	}
}

static void restore_stream(struct recover *r, const struct api_stream_entry *e, nsec_t now)
{
	struct device *d = find_device(r, e->spec.ref.device);
	struct party_item *item = d ? find_party_record(r, &e->spec) : NULL;
	struct party_image image;
	struct party *p;
	if (core_party(r->o.core, e->handle))
		return;
	if (item)
		image = item->r.image;
	else
		image_of_stream(e, &image);
	image.spec = e->spec;
	image.stream = e->handle;
	find_recording(r, e->handle, &image);
	int rc = d ? party_restore(d, &image, now, &p) : -ENOENT;
	if (rc < 0) {
		r->result.closed++;
		log_warning(OBJECT, "stream closed: nobody can own it",
			    "stream=%08x device=%.16s reason=\"%s\"", e->handle, e->spec.ref.device,
			    rc == -ENOENT ? "device not in the configuration" : strerror(-rc));
		dp_stream_close(&r->o.core->dp, e->handle, NULL, NULL, now);
		return;
	}
	if (item)
		item->claimed = true;
	r->result.adopted += item != NULL;
	r->result.orphans += item == NULL;
}

// Records no stream has claimed. After a restart of the dataplane the call may still be on: the stream is opened
// again. Otherwise it ended while nobody looked.
static void restore_record(struct recover *r, struct party_item *item, nsec_t now)
{
	struct device *d = find_device(r, item->r.device);
	struct party *p;
	item->r.image.stream = 0;
	item->r.image.spec.conference = 0;
	if (d && item->r.boot != r->o.core->dp.info.boot_id &&
	    party_restore(d, &item->r.image, now, &p) == 0) {
		r->result.reopened++;
		return;
	}
	r->result.dropped++;
	// registration did not wait: a new party may have the port by now, and its record the name
	if (!r->told || !store_has(r->o.store, STORE_PARTY, item->name))
		store_drop(r->o.store, STORE_PARTY, item->name);
}

static void restore_conference_record(struct recover *r, struct conference_item *item, nsec_t now)
{
	struct device *d = find_device(r, item->r.device);
	struct conference *c;
	item->r.image.handle = 0;
	if (d && confer_find(d, item->r.image.conference_id))
		return;
	if (d && item->r.image.explicitly && confer_restore(d, &item->r.image, now, &c) == 0)
		r->result.conferences++;
	else
		store_drop(r->o.store, STORE_CONFERENCE, item->name);
}

// Epochs rise from start to start even where the wall clock went back.
static void raise_epoch(struct recover *r)
{
	struct core *c = r->o.core;
	if (c->epoch > r->epoch)
		return;
	c->epoch = r->epoch + 1;
	c->dp.epoch = c->epoch;
	store_epoch_set(r->o.store, c->epoch);
}

static void free_lists(struct recover *r)
{
	for (size_t i = 0; i < r->party_count; i++)
		free(r->parties[i]);
	for (size_t i = 0; i < r->conference_count; i++)
		free(r->conferences[i]);
	free(r->parties);
	free(r->conferences);
	free(r->streams);
	free(r->groups);
	free(r->recordings);
	index_fini(&r->by_local);
	index_fini(&r->by_id);
	r->parties = NULL;
	r->conferences = NULL;
	r->streams = NULL;
	r->groups = NULL;
	r->recordings = NULL;
	r->party_count = r->conference_count = r->stream_count = r->group_count = r->recording_count = 0;
}

// Conferences that were restored and nobody is in: their agent's connection has ended, as in confer_orphan. Then the
// orphans' end.
static void settle_device(struct device *d, nsec_t now)
{
	LIST_FOREACH(c, &d->conference_list, struct conference, link)
	{
		if (c->orphan && c->party_count == 0)
			confer_free(c, now);
	}
	if (d->orphan_count)
		timer_start(&d->core->timers, &d->orphans,
			    now + d->core->config->control.orphan_ms * NSEC_PER_MSEC);
}

static void reconcile(struct recover *r, nsec_t now)
{
	struct core *c = r->o.core;
	raise_epoch(r);
	r->result.streams = (uint32_t)r->stream_count;
	for (size_t i = 0; i < r->group_count; i++)
		restore_group(r, &r->groups[i], now);
	for (size_t i = 0; i < r->stream_count; i++)
		restore_stream(r, &r->streams[i], now);
	for (size_t i = 0; i < r->conference_count;
	     i++) // before their parties: these would make them without a name
		if (!r->conferences[i]->claimed)
			restore_conference_record(r, r->conferences[i], now);
	for (size_t i = 0; i < r->party_count; i++)
		if (!r->parties[i]->claimed)
			restore_record(r, r->parties[i], now);
	struct device *d;
	for (unsigned int i = 0; (d = core_holder(c, i)); i++)
		settle_device(d, now);
	r->finished = true;
	r->result.waiting = false;
	free_lists(r);
	log_notice(OBJECT, "state of the process before taken over",
		   "streams=%u adopted=%u orphans=%u reopened=%u dropped=%u closed=%u bad=%u store=%s",
		   r->result.streams, r->result.adopted, r->result.orphans, r->result.reopened,
		   r->result.dropped, r->result.closed, r->result.bad,
		   r->result.store_away ? "away" : "read");
}

static void tell(struct recover *r, nsec_t now)
{
	if (r->told)
		return;
	r->told = true;
	r->o.done(r->o.arg, &r->result, now);
}

// Goes on with whatever is possible now.
static void check(struct recover *r, nsec_t now)
{
	if (r->finished)
		return;
	if (r->listed && r->boot != r->o.core->dp.info.boot_id) {
		r->listed = false; // it restarted since
		r->stream_count = r->group_count = r->recording_count = 0;
	}
	if (!r->scanned && now >= r->deadline)
		r->result.store_away = true; // the streams have to do
	if ((r->scanned || r->result.store_away) && r->listed && dp_is_up(&r->o.core->dp)) {
		reconcile(r, now);
		tell(r, now);
		return;
	}
	if (!r->listed && !r->request && dp_is_up(&r->o.core->dp)) {
		r->boot = r->o.core->dp.info.boot_id;
		list_page(r, API_CONFERENCE_LIST, 0, now);
	}
	if (!r->told && now >= r->deadline) {
		r->result.waiting = true;
		log_warning(OBJECT, "registering before the state was taken over", "store=%s dataplane=%s",
			    r->scanned ? "read" : "slow", dp_state_name(r->o.core->dp.state));
		tell(r, now);
	}
	if (!r->poll.armed)
		timer_start(&r->o.core->timers, &r->poll, now + POLL_NS);
}

static void on_poll(struct timer *t, nsec_t now)
{
	check(t->object, now);
}

int recover_start(const struct recover_options *o, nsec_t now, struct recover **ret)
{
	struct recover *r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->o = *o;
	r->deadline = now + RECOVER_WAIT_NS;
	r->by_local.salt = r->by_id.salt = (uint32_t)o->core->seed;
	timer_init(&r->poll, on_poll, r);
	struct store_scanner scanner = {.record = on_record, .done = on_scanned, .arg = r};
	int rc = store_scan(o->store, &scanner);
	if (rc < 0) {
		free(r);
		return rc;
	}
	timer_start(&o->core->timers, &r->poll, now);
	*ret = r;
	return 0;
}

const struct recover_result *recover_result(const struct recover *r)
{
	return &r->result;
}

void recover_free(struct recover *r)
{
	if (!r)
		return;
	timer_stop(&r->o.core->timers, &r->poll);
	dp_abandon(&r->o.core->dp, r->request);
	free_lists(r);
	free(r);
}
