// SPDX-License-Identifier: GPL-3.0-or-later
// api.c - Lengths, names and checks of every message between control and dataplane.
//
// One table row a type. Messages come from another process: every byte is judged here, so that whoever
// handles a message reads terminated strings, counts within their arrays, addresses in canonical form and
// zeros where zeros are promised. Meaning (does the handle exist, is the period possible) is the handler's.
#include <stddef.h>
#include <stdint.h>

// Both processes may be built by different compilers: no struct that crosses may hold padding.
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"
#include "gw/api.h"
#pragma GCC diagnostic pop

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "gw/codec.h"

static_assert(sizeof(struct addr) == 20 && sizeof(struct addr_port) == 24, "addresses");
static_assert(sizeof(struct api_header) == 16, "header");
static_assert(sizeof(struct stream_ref) == 40 && sizeof(struct stream_format) == 4, "stream parts");
static_assert(sizeof(struct stream_spec) == 136, "stream spec");
static_assert(sizeof(struct stream_quality) == 80, "stream quality");
static_assert(sizeof(struct stream_stats) == 224, "stream stats");
static_assert(sizeof(struct conference_spec) == 48, "conference spec");
static_assert(sizeof(struct api_stream_entry) == 368, "stream entry");
static_assert(sizeof(struct api_worker_status) == 56 && sizeof(struct api_port_status) == 64, "status parts");
static_assert(sizeof(struct api_source_item) == 112, "source item");
static_assert(sizeof(struct api_message) <= API_MESSAGE_MAX, "largest message");

static bool all_zero(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint8_t any = 0;
	for (size_t i = 0; i < len; i++)
		any |= p[i];
	return any == 0;
}

static bool text_ok(const char *text, size_t cap)
{
	return memchr(text, '\0', cap) != NULL;
}

// Known family, and zero wherever the family has no bytes, so that comparing bytes compares addresses.
static bool addr_ok(const struct addr *a)
{
	size_t used = a->family == ADDR_IPV4 ? 4 : a->family == ADDR_IPV6 ? 16 : 0;
	if (a->family != ADDR_NONE && used == 0)
		return false;
	return all_zero(a->zero, sizeof(a->zero)) && all_zero(a->ip + used, sizeof(a->ip) - used);
}

static bool addr_port_ok(const struct addr_port *a)
{
	return addr_ok(&a->addr) && a->zero == 0;
}

static bool ref_ok(const struct stream_ref *r)
{
	return text_ok(r->device, sizeof(r->device));
}

static bool stream_spec_ok(const struct stream_spec *s)
{
	return addr_port_ok(&s->local) && addr_port_ok(&s->remote) && addr_port_ok(&s->source) &&
	       s->gain_cb >= STREAM_GAIN_CB_MIN && s->gain_cb <= STREAM_GAIN_CB_MAX &&
	       all_zero(s->zero, sizeof(s->zero)) && ref_ok(&s->ref);
}

static bool conference_spec_ok(const struct conference_spec *s)
{
	return text_ok(s->device, sizeof(s->device)) && s->loudest <= CONFERENCE_LOUDEST_MAX &&
	       s->level_dbm0 <= 0 && all_zero(s->zero, sizeof(s->zero));
}

static bool hello_ok(const struct api_message *m)
{
	return text_ok(m->hello.name, sizeof(m->hello.name));
}

static bool hello_reply_ok(const struct api_message *m)
{
	const struct api_hello_reply *b = &m->hello_reply;
	const uint32_t max = API_PORTS_MAX * 2;
	if (b->zero != 0 || b->address_count > max)
		return false;
	for (uint32_t i = 0; i < max; i++)
		if (!addr_ok(&b->addresses[i]))
			return false;
	return all_zero(&b->addresses[b->address_count], (max - b->address_count) * sizeof(b->addresses[0]));
}

static bool conference_open_ok(const struct api_message *m)
{
	return conference_spec_ok(&m->conference_open.spec);
}

static bool handle_request_ok(const struct api_message *m)
{
	return m->handle_request.zero == 0;
}

static bool handle_reply_ok(const struct api_message *m)
{
	return m->handle_reply.zero == 0;
}

static bool stream_open_ok(const struct api_message *m)
{
	return stream_spec_ok(&m->stream_open.spec);
}

static bool stream_set_ok(const struct api_message *m)
{
	return m->stream_set.zero == 0 && stream_spec_ok(&m->stream_set.spec);
}

static bool stream_reply_ok(const struct api_message *m)
{
	return m->stream_reply.zero == 0 && addr_port_ok(&m->stream_reply.local);
}

static bool stream_stats_ok(const struct stream_stats *s)
{
	return s->quality.one_way < STREAM_ONE_WAY_COUNT && s->quality.zero == 0;
}

static bool stream_stats_reply_ok(const struct api_message *m)
{
	return m->stream_stats_reply.zero == 0 && stream_stats_ok(&m->stream_stats_reply.stats);
}

static bool digit_send_ok(const struct api_message *m)
{
	const struct api_digit_send *b = &m->digit_send;
	return b->zero == 0 && b->digit < API_DIGITS && b->duration_ms >= API_DIGIT_MS_MIN &&
	       b->duration_ms <= API_DIGIT_MS_MAX;
}

static bool list_ok(const struct api_message *m)
{
	return m->list.zero == 0;
}

static bool stream_list_reply_ok(const struct api_message *m)
{
	const struct api_stream_list_reply *b = &m->stream_list_reply;
	if (b->count > API_PAGE_STREAMS)
		return false;
	for (uint32_t i = 0; i < b->count; i++)
		if (!stream_spec_ok(&b->entries[i].spec) || !stream_stats_ok(&b->entries[i].stats))
			return false;
	return all_zero(&b->entries[b->count], (API_PAGE_STREAMS - b->count) * sizeof(b->entries[0]));
}

static bool conference_list_reply_ok(const struct api_message *m)
{
	const struct api_conference_list_reply *b = &m->conference_list_reply;
	if (b->count > API_PAGE_CONFERENCES)
		return false;
	for (uint32_t i = 0; i < b->count; i++)
		if (!conference_spec_ok(&b->entries[i].spec) ||
		    b->entries[i].outcome >= CONFERENCE_OUTCOME_COUNT || b->entries[i].zero != 0)
			return false;
	return all_zero(&b->entries[b->count], (API_PAGE_CONFERENCES - b->count) * sizeof(b->entries[0]));
}

static bool drops_reply_ok(const struct api_message *m)
{
	return m->drops_reply.zero == 0 && m->drops_reply.count <= DROP_COUNT;
}

static bool status_reply_ok(const struct api_message *m)
{
	const struct api_status_reply *b = &m->status_reply;
	if (b->load_limit > 100 || b->worker_count > API_WORKERS_MAX || b->port_count > API_PORTS_MAX ||
	    !text_ok(b->kernels, sizeof(b->kernels)))
		return false;
	for (uint32_t i = 0; i < API_PORTS_MAX; i++)
		if (!text_ok(b->ports[i].name, sizeof(b->ports[i].name)) || b->ports[i].zero != 0)
			return false;
	return true;
}

static bool stream_event_ok(const struct api_message *m)
{
	const struct api_stream_event *b = &m->stream_event;
	return b->kind >= API_STREAM_FIRST_PACKET && b->kind <= API_STREAM_SSRC && b->zero == 0 &&
	       (b->kind != API_STREAM_DIGIT || b->value < API_DIGITS) && ref_ok(&b->ref);
}

// An item says one thing only: no path in a tone, no tone in a file.
static bool source_item_ok(const struct api_source_item *i)
{
	if (i->zero != 0 || !text_ok(i->path, sizeof(i->path)))
		return false;
	if (i->kind == API_SOURCE_FILE || i->kind == API_SOURCE_RECORDING)
		return i->path[0] && i->tone == 0 && i->country == 0;
	if (i->kind == API_SOURCE_LIVE)
		return i->path[0] && i->tone < CODEC_COUNT && i->country == 0;
	return i->kind == API_SOURCE_TONE && all_zero(i->path, sizeof(i->path));
}

static bool source_open_ok(const struct api_message *m)
{
	const struct api_source_open *b = &m->source_open;
	if (b->zero != 0 || b->count == 0 || b->count > API_SOURCE_ITEMS)
		return false;
	for (uint32_t i = 0; i < b->count; i++)
		if (!source_item_ok(&b->items[i]) || (b->items[i].kind == API_SOURCE_LIVE && b->count != 1))
			return false;
	return all_zero(&b->items[b->count], (API_SOURCE_ITEMS - b->count) * sizeof(b->items[0]));
}

static bool source_event_ok(const struct api_message *m)
{
	return m->source_event.kind == API_SOURCE_END;
}

static bool record_open_ok(const struct api_message *m)
{
	const struct api_record_open *b = &m->record_open;
	return b->max_ms && b->max_ms <= API_RECORD_MS_MAX && b->min_ms <= b->max_ms &&
	       text_ok(b->label, sizeof(b->label));
}

static bool record_reply_ok(const struct api_message *m)
{
	const struct api_record_reply *b = &m->record_reply;
	return b->zero == 0 && text_ok(b->name, sizeof(b->name));
}

static bool record_delete_ok(const struct api_message *m)
{
	const struct api_record_delete *b = &m->record_delete;
	return b->name[0] && text_ok(b->name, sizeof(b->name));
}

static bool record_list_reply_ok(const struct api_message *m)
{
	const struct api_record_list_reply *b = &m->record_list_reply;
	if (b->count > API_PAGE_RECORDINGS)
		return false;
	for (uint32_t i = 0; i < b->count; i++)
		if (!text_ok(b->entries[i].name, sizeof(b->entries[i].name)))
			return false;
	return all_zero(&b->entries[b->count], (API_PAGE_RECORDINGS - b->count) * sizeof(b->entries[0]));
}

static bool record_event_ok(const struct api_message *m)
{
	const struct api_record_event *b = &m->record_event;
	return b->end >= API_RECORD_CLOSED && b->end <= API_RECORD_FAILED && b->kept <= 1 &&
	       (b->end == API_RECORD_FAILED ? b->status < 0 : b->status == 0) &&
	       text_ok(b->name, sizeof(b->name));
}

struct shape {
	const char *name;
	const char *reply_name;
	size_t request; // bytes of the body
	size_t reply;
	bool (*request_ok)(const struct api_message *m); // NULL: nothing to check
	bool (*reply_ok)(const struct api_message *m);
};

#define NAMES(n)   .name = n, .reply_name = n "Reply"
#define BODY(type) sizeof(struct type)

static const struct shape shapes[API_TYPE_COUNT] = {
	[API_HELLO] = {NAMES("Hello"), BODY(api_hello), BODY(api_hello_reply), hello_ok, hello_reply_ok},
	[API_CONFERENCE_OPEN] = {NAMES("ConferenceOpen"), BODY(api_conference_open), BODY(api_handle_reply),
				 conference_open_ok, handle_reply_ok},
	[API_CONFERENCE_CLOSE] = {NAMES("ConferenceClose"), BODY(api_handle_request), BODY(api_handle_reply),
				  handle_request_ok, handle_reply_ok},
	[API_STREAM_OPEN] = {NAMES("StreamOpen"), BODY(api_stream_open), BODY(api_stream_reply),
			     stream_open_ok, stream_reply_ok},
	[API_STREAM_SET] = {NAMES("StreamSet"), BODY(api_stream_set), BODY(api_stream_reply), stream_set_ok,
			    stream_reply_ok},
	[API_STREAM_CLOSE] = {NAMES("StreamClose"), BODY(api_handle_request), BODY(api_stream_stats_reply),
			      handle_request_ok, stream_stats_reply_ok},
	[API_STREAM_STATS] = {NAMES("StreamStats"), BODY(api_handle_request), BODY(api_stream_stats_reply),
			      handle_request_ok, stream_stats_reply_ok},
	[API_STREAM_LIST] = {NAMES("StreamList"), BODY(api_list), BODY(api_stream_list_reply), list_ok,
			     stream_list_reply_ok},
	[API_CONFERENCE_LIST] = {NAMES("ConferenceList"), BODY(api_list), BODY(api_conference_list_reply),
				 list_ok, conference_list_reply_ok},
	[API_DROPS] = {NAMES("Drops"), 0, BODY(api_drops_reply), NULL, drops_reply_ok},
	[API_STATUS] = {NAMES("Status"), 0, BODY(api_status_reply), NULL, status_reply_ok},
	[API_SOURCE_OPEN] = {NAMES("SourceOpen"), BODY(api_source_open), BODY(api_source_reply),
			     source_open_ok, NULL},
	[API_SOURCE_CLOSE] = {NAMES("SourceClose"), BODY(api_handle_request), BODY(api_handle_reply),
			      handle_request_ok, handle_reply_ok},
	[API_DIGIT_SEND] = {NAMES("DigitSend"), BODY(api_digit_send), BODY(api_handle_reply), digit_send_ok,
			    handle_reply_ok},
	[API_RECORD_OPEN] = {NAMES("RecordOpen"), BODY(api_record_open), BODY(api_record_reply),
			     record_open_ok, record_reply_ok},
	[API_RECORD_CLOSE] = {NAMES("RecordClose"), BODY(api_handle_request), BODY(api_handle_reply),
			      handle_request_ok, handle_reply_ok},
	[API_RECORD_LIST] = {NAMES("RecordList"), BODY(api_list), BODY(api_record_list_reply), list_ok,
			     record_list_reply_ok},
	[API_RECORD_DELETE] = {NAMES("RecordDelete"), BODY(api_record_delete), BODY(api_handle_reply),
			       record_delete_ok, handle_reply_ok},
};

static const struct shape stream_event_shape = {
	.name = "StreamEvent",
	.request = sizeof(struct api_stream_event),
	.request_ok = stream_event_ok,
};

static const struct shape source_event_shape = {
	.name = "SourceEvent",
	.request = sizeof(struct api_source_event),
	.request_ok = source_event_ok,
};

static const struct shape record_event_shape = {
	.name = "RecordEvent",
	.request = sizeof(struct api_record_event),
	.request_ok = record_event_ok,
};

static const struct shape *event_shape(unsigned int type)
{
	switch (type) {
	case API_EVENT_STREAM:
		return &stream_event_shape;
	case API_EVENT_SOURCE:
		return &source_event_shape;
	case API_EVENT_RECORD:
		return &record_event_shape;
	default:
		return NULL;
	}
}

static bool is_event(unsigned int type)
{
	return event_shape(type);
}

// Row of a type; NULL outside the list. Events have no reply.
static const struct shape *shape_of(unsigned int type, bool *ret_reply)
{
	const struct shape *event = event_shape(type);
	*ret_reply = false;
	if (event)
		return event;
	unsigned int base = type & ~(unsigned int)API_REPLY;
	if (base == API_NONE || base >= API_TYPE_COUNT)
		return NULL;
	*ret_reply = base != type;
	return &shapes[base];
}

size_t api_length(unsigned int type)
{
	bool reply;
	const struct shape *s = shape_of(type, &reply);
	return s ? sizeof(struct api_header) + (reply ? s->reply : s->request) : 0;
}

void api_init(struct api_message *m, unsigned int type, uint32_t request)
{
	size_t len = api_length(type);
	memset(m, 0, len > 0 ? len : sizeof(m->header));
	m->header = (struct api_header){
		.length = (uint32_t)len,
		.version = API_VERSION,
		.type = (uint16_t)type,
		.request = request,
	};
}

const char *api_type_name(unsigned int type)
{
	bool reply;
	const struct shape *s = shape_of(type, &reply);
	if (!s)
		return "unknown";
	return reply ? s->reply_name : s->name;
}

// Requests and replies carry an id, events none; only a reply may say that something failed, and then no
// more.
static bool header_ok(const struct api_header *h, bool reply, const void *body)
{
	if ((h->request == 0) != is_event(h->type))
		return false;
	if (h->status == 0)
		return true;
	return reply && h->status < 0 && all_zero(body, h->length - sizeof(*h));
}

int api_check(const void *bytes, size_t len)
{
	struct api_message m;
	if (len < sizeof(m.header) || len > sizeof(m))
		return -EBADMSG;
	memcpy(&m, bytes, len); // the caller's buffer may not be aligned
	if (m.header.version != API_VERSION)
		return -EPROTONOSUPPORT;
	bool reply;
	const struct shape *s = shape_of(m.header.type, &reply);
	if (!s || m.header.length != len || len != api_length(m.header.type) ||
	    !header_ok(&m.header, reply, (const uint8_t *)&m + sizeof(m.header)))
		return -EBADMSG;
	bool (*body_ok)(const struct api_message *m) = reply ? s->reply_ok : s->request_ok;
	return body_ok && !body_ok(&m) ? -EBADMSG : 0;
}
