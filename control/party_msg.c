// SPDX-License-Identifier: GPL-3.0-or-later
// party_msg.c - The agent's media messages: which party each means, what it changes, what is refused.
#include <string.h>

#include "control/caps.h"
#include "control/line_action.h"
#include "control/party_inner.h"
#include "control/player.h"
#include "gw/sccp.h"

#define VERSION_WIDE_ADDRESSES 17 // the first layout with room for IPv6

// ---- finding ----

static struct party *find_rx(const struct device *d, uint32_t id)
{
	struct index_node *n = index_first(&d->rx_parties, id);
	return n ? INDEX_ITEM(n, struct party, by_rx) : NULL;
}

static struct party *find_tx(const struct device *d, uint32_t id)
{
	struct index_node *n = index_first(&d->tx_parties, id);
	return n ? INDEX_ITEM(n, struct party, by_tx) : NULL;
}

static bool is_of(const struct party *p, uint32_t conference_id)
{
	return !conference_id || p->conference_id == conference_id;
}

// By call reference: the first party of the conference for which `fits` holds.
static struct party *find_call(const struct device *d, uint32_t conference_id, uint32_t call_reference,
			       bool (*fits)(const struct party *p))
{
	if (!call_reference)
		return NULL;
	for (struct index_node *n = index_first(&d->calls, call_reference); n; n = index_next(n)) {
		struct party *p = INDEX_ITEM(n, struct party, by_call);
		if (is_of(p, conference_id) && fits(p))
			return p;
	}
	return NULL;
}

static bool is_receiving(const struct party *p)
{
	return p->rx.open;
}

static bool is_sending(const struct party *p)
{
	return p->tx.open;
}

static bool lacks_rx(const struct party *p)
{
	return !p->rx.named;
}

static bool lacks_tx(const struct party *p)
{
	return !p->tx.named;
}

static bool is_any(const struct party *p)
{
	return true;
}

struct party *party_by_call(struct device *d, uint32_t call_reference)
{
	return find_call(d, 0, call_reference, is_any);
}

// The party a request is for. An id that returns in another conference means a new leg: the agent has forgotten to
// close the old one.
static struct party *find_leg(struct device *d, bool rx, uint32_t conference_id, uint32_t id,
			      uint32_t call_reference, nsec_t now)
{
	struct party *p = rx ? find_rx(d, id) : find_tx(d, id);
	bool own = p;
	if (!p)
		p = rx ? find_tx(d, id) : find_rx(d, id);
	if (p && !own && (rx ? p->rx.named : p->tx.named) && is_of(p, conference_id))
		p = NULL; // its side of this direction has another id
	if (p && is_of(p, conference_id))
		return p;
	if (p) {
		device_count(d, COUNT_party_moved);
		party_close(p, now);
	}
	return find_call(d, conference_id, call_reference, rx ? lacks_rx : lacks_tx);
}

// ---- making ----

struct leg {
	bool rx;
	uint32_t conference_id;
	uint32_t party_id;
	uint32_t call_reference;
};

// A number that orphans hold is free for a new call: an agent that starts anew counts anew, and strangers must not
// hear each other. Listeners to music do not hear each other in any case.
static struct conference *open_conference(const struct device *d, const struct place *at)
{
	struct conference *c = confer_find(at->home, at->number);
	if (c && c->orphan && at->home == d && d->profile->kind != CONFIG_MOH) {
		confer_set_aside(c);
		return NULL;
	}
	return c;
}

// Where a leg's party shall be: what its line does with the call decides, or the agent's number.
static enum refusal find_place(struct device *d, const struct leg *l, uint32_t id, nsec_t now,
			       struct place *ret, struct visit **ret_visit)
{
	struct visit *v = d->line ? visit_take(d->line, l->call_reference, now) : NULL;
	*ret = (struct place){d, player_conference(d, id, l->party_id), confer_flags(d)};
	*ret_visit = v;
	if (!d->line)
		return REFUSAL_none;
	if (!v)
		return REFUSAL_memory;
	return v->stopped ? REFUSAL_hung_up : v->action->place(v, id, ret, now);
}

static enum refusal make_party(struct device *d, const struct leg *l, nsec_t now, struct party **ret)
{
	uint32_t id = l->conference_id;
	if (!id && d->line) // old agents name no conference to a telephone
		id = l->call_reference ? l->call_reference : l->party_id;
	if (!id)
		return REFUSAL_conference;
	struct place at;
	struct visit *v;
	enum refusal why = find_place(d, l, id, now, &at, &v);
	struct conference *c = why ? NULL : open_conference(d, &at);
	if (!why)
		why = resource_admit(d, c);
	if (why) {
		if (v)
			visit_settle(v, now);
		return why;
	}
	bool fresh = !c;
	if (fresh)
		c = confer_new(at.home, at.number, now);
	if (fresh && c)
		c->flags = at.flags;
	struct party *p = c ? party_new(d, c, l->call_reference, now) : NULL;
	if (!p) {
		if (fresh && c)
			confer_free(c, now);
		if (v)
			visit_settle(v, now);
		return REFUSAL_memory;
	}
	if (v)
		visit_party_new(v, p, now);
	p->conference_id = id; // the agent's word, whatever conference it meets others in
	*ret = p;
	return REFUSAL_none;
}

// Finds or makes the party of a leg and gives its side the agent's id.
static enum refusal take_party(struct device *d, const struct leg *l, struct party *known, nsec_t now,
			       struct party **ret)
{
	struct party *p = known;
	enum refusal why = p ? REFUSAL_none : make_party(d, l, now, &p);
	if (why)
		return why;
	struct party_side *side = l->rx ? &p->rx : &p->tx;
	if (!side->named && party_name_side(p, side, l->party_id)) {
		if (!known)
			party_close(p, now);
		return REFUSAL_memory;
	}
	if (l->call_reference)
		party_set_call(p, l->call_reference);
	party_claim(p, now);
	*ret = p;
	return REFUSAL_none;
}

// ---- addresses ----

static bool family_fits(uint8_t family, uint32_t ip_type)
{
	return ip_type == SCCP_IP_TYPE_V4_V6 ||
	       family == (ip_type == SCCP_IP_TYPE_V6 ? ADDR_IPV6 : ADDR_IPV4);
}

// Our media address of the wanted family: the device's, else the dataplane's first.
static enum refusal choose_local(const struct device *d, uint32_t ip_type, struct addr *ret)
{
	const struct api_hello_reply *info = &d->core->dp.info;
	if (ip_type == SCCP_IP_TYPE_V6 && d->reg.version < VERSION_WIDE_ADDRESSES)
		return REFUSAL_family;
	if (d->config->address.family != ADDR_NONE) {
		if (!family_fits(d->config->address.family, ip_type))
			return REFUSAL_family;
		*ret = d->config->address;
		return REFUSAL_none;
	}
	for (uint32_t i = 0; i < info->address_count; i++) {
		if (family_fits(info->addresses[i].family, ip_type)) {
			*ret = info->addresses[i];
			return REFUSAL_none;
		}
	}
	return REFUSAL_family;
}

// A party keeps its address for life.
static enum refusal local_for(const struct device *d, const struct party *p, uint32_t ip_type,
			      struct addr *ret)
{
	if (!p || !(p->local.port || p->wanted_local.family))
		return choose_local(d, ip_type, ret);
	*ret = p->local.port ? p->local.addr : p->wanted_local;
	return family_fits(ret->family, ip_type) ? REFUSAL_none : REFUSAL_family;
}

// ---- OpenReceiveChannel, CloseReceiveChannel ----

static enum refusal open_rx(struct device *d, const struct sccp_open_receive_channel *m, nsec_t now)
{
	struct leg leg = {true, m->conference_id, m->pass_through_party_id, m->call_reference};
	struct party *p = find_leg(d, true, leg.conference_id, leg.party_id, leg.call_reference, now);
	struct caps_offer offer = {m->codec, m->packet_ms, m->qualifier_in_dynamic_payload,
				   m->rfc2833_payload_type};
	struct stream_format format;
	struct addr local;
	if (m->rx_crypto_algorithm)
		return REFUSAL_encryption;
	enum refusal why = caps_choose(d->profile, d->core->dp.info.codecs, &offer, &format);
	if (!why)
		why = resource_dataplane(d);
	if (!why)
		why = local_for(d, p, m->requested_ip_addr_type, &local);
	if (!why)
		why = take_party(d, &leg, p, now, &p);
	if (why)
		return why;
	p->rx.open = true;
	p->rx.payload = m->codec;
	p->rx.format = format;
	p->rx.since = now;
	p->rx.acks_due++;
	p->wanted_local = local;
	party_feed(p, PARTY_WANT, now);
	return REFUSAL_none;
}

void party_on_open(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	static const struct addr_port none;
	const struct sccp_open_receive_channel *o = &m->open_receive_channel;
	device_count(d, COUNT_open_requests);
	enum refusal why = open_rx(d, o, now);
	if (!why)
		return;
	device_refuse(d, why, o->conference_id, o->pass_through_party_id);
	party_answer_open(d, why, &none, o->pass_through_party_id, o->call_reference, now);
}

// A kept port is let go after a while even if the agent forgets it.
static void keep_port(struct party *p, bool keep, nsec_t now)
{
	p->kept = keep;
	if (keep)
		timer_start(&p->device->core->timers, &p->keep, now + PARTY_KEEP_NS);
	else
		timer_stop(&p->device->core->timers, &p->keep);
}

// What a closed side changes can wait for the rest of the batch, the end of a party cannot: its place is free at once.
static void shrink(struct party *p, nsec_t now)
{
	if (!party_is_wanted(p))
		party_feed(p, PARTY_WANT, now);
	else if (list_empty(&p->shrunk))
		list_push_back(&p->device->shrunk, &p->shrunk);
}

void party_settle(struct device *d, nsec_t now)
{
	for (struct list *first; (first = list_pop_front(&d->shrunk));)
		party_feed(LIST_ITEM(first, struct party, shrunk), PARTY_WANT, now);
}

void party_on_close(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_close_receive_channel *c = &m->close_receive_channel;
	device_count(d, COUNT_close_requests);
	struct party *p = find_rx(d, c->pass_through_party_id);
	if (!p)
		p = find_call(d, c->conference_id, c->call_reference, is_receiving);
	if (!p || !is_of(p, c->conference_id) || (!p->rx.open && !p->kept)) {
		device_count(d, COUNT_close_unknown);
		return;
	}
	party_claim(p, now);
	p->rx.open = false;
	p->rx.acks_due = 0; // the agent has given up waiting
	keep_port(p, c->port_handling_flag == SCCP_PORT_HANDLING_KEEP_PORT, now);
	shrink(p, now);
}

// ---- StartMediaTransmission, StopMediaTransmission ----

static bool is_remote(const struct addr *a, uint32_t port)
{
	return !addr_is_any(a) && !addr_is_multicast(a) && port && port <= UINT16_MAX;
}

static enum refusal start_tx(struct device *d, const struct sccp_start_media_transmission *m, nsec_t now)
{
	struct leg leg = {false, m->conference_id, m->pass_through_party_id, m->call_reference};
	struct party *p = find_leg(d, false, leg.conference_id, leg.party_id, leg.call_reference, now);
	struct caps_offer offer = {m->codec, m->packet_ms, m->qualifier_out_dynamic_payload,
				   m->rfc2833_payload_type};
	struct stream_format format;
	struct addr local;
	if (m->tx_crypto_algorithm)
		return REFUSAL_encryption;
	if (!is_remote(&m->remote_ip_addr, m->remote_port_number))
		return REFUSAL_remote;
	enum refusal why = caps_choose(d->profile, d->core->dp.info.codecs, &offer, &format);
	if (!why)
		why = resource_dataplane(d);
	uint32_t ip_type = m->remote_ip_addr.family == ADDR_IPV6 ? SCCP_IP_TYPE_V6 : SCCP_IP_TYPE_V4;
	if (!why)
		why = local_for(d, p, ip_type, &local);
	if (!why)
		why = take_party(d, &leg, p, now, &p);
	if (why)
		return why;
	p->tx.open = true;
	p->tx.payload = m->codec;
	p->tx.format = format;
	p->tx.since = now;
	p->tx.acks_due++;
	p->remote = (struct addr_port){m->remote_ip_addr, (uint16_t)m->remote_port_number, 0};
	p->dscp = caps_dscp(m->qualifier_out_dscp_or_precedence, d->core->config->media.dscp);
	p->vad = m->qualifier_out_silence_suppression == SCCP_SILENCE_SUPPRESSION_ON;
	p->wanted_local = local;
	party_feed(p, PARTY_WANT, now);
	return REFUSAL_none;
}

void party_on_start(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	static const struct addr_port none;
	const struct sccp_start_media_transmission *s = &m->start_media_transmission;
	device_count(d, COUNT_start_requests);
	enum refusal why = start_tx(d, s, now);
	if (!why)
		return;
	device_refuse(d, why, s->conference_id, s->pass_through_party_id);
	party_answer_start(d, why, &none, s->conference_id, s->pass_through_party_id, s->call_reference, now);
}

static void stop_tx(struct device *d, struct party *p, uint32_t port_handling, nsec_t now)
{
	party_claim(p, now);
	p->tx.open = false;
	p->tx.acks_due = 0;
	p->vad = false;
	if (port_handling == SCCP_PORT_HANDLING_KEEP_PORT)
		keep_port(p, true, now);
	else if (!p->rx.open)
		keep_port(p, false, now);
	shrink(p, now);
}

void party_on_stop(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_stop_media_transmission *s = &m->stop_media_transmission;
	device_count(d, COUNT_stop_requests);
	struct party *p = find_tx(d, s->pass_through_party_id);
	if (!p)
		p = find_call(d, s->conference_id, s->call_reference, is_sending);
	if (!p || !is_of(p, s->conference_id) || !p->tx.open) {
		device_count(d, COUNT_stop_unknown);
		return;
	}
	stop_tx(d, p, s->port_handling_flag, now);
}

// ---- StartMulticastMediaTransmission, StopMulticastMediaTransmission ----

// A group that hears music: one stream however many take part. SCCP has no answer to this message.
static enum refusal start_group(struct device *d, const struct sccp_start_multicast_media_transmission *m,
				nsec_t now)
{
	struct leg leg = {false, m->conference_id, m->pass_through_party_id, m->call_reference};
	struct party *p = find_leg(d, false, leg.conference_id, leg.party_id, leg.call_reference, now);
	struct caps_offer offer = {m->codec, m->packet_ms, m->qualifier_out_dynamic_payload, 0};
	struct stream_format format;
	struct addr local;
	const struct addr *group = &m->multicast_ip_addr;
	if (!addr_is_multicast(group) || !m->multicast_port_number || m->multicast_port_number > UINT16_MAX)
		return REFUSAL_remote;
	enum refusal why = caps_choose(d->profile, d->core->dp.info.codecs, &offer, &format);
	if (!why)
		why = resource_dataplane(d);
	if (!why)
		why = local_for(d, p, group->family == ADDR_IPV6 ? SCCP_IP_TYPE_V6 : SCCP_IP_TYPE_V4, &local);
	if (!why)
		why = take_party(d, &leg, p, now, &p);
	if (why)
		return why;
	p->tx.open = true;
	p->tx.payload = m->codec;
	p->tx.format = format;
	p->tx.since = now;
	p->remote = (struct addr_port){*group, (uint16_t)m->multicast_port_number, 0};
	p->dscp = caps_dscp(m->qualifier_out_dscp_or_precedence, d->core->config->media.dscp);
	p->vad = m->qualifier_out_silence_suppression == SCCP_SILENCE_SUPPRESSION_ON;
	p->wanted_local = local;
	party_feed(p, PARTY_WANT, now);
	return REFUSAL_none;
}

void party_on_multicast(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_start_multicast_media_transmission *s = &m->start_multicast_media_transmission;
	device_count(d, COUNT_start_requests);
	enum refusal why = d->profile->kind == CONFIG_MOH ? start_group(d, s, now) : REFUSAL_remote;
	device_count(d, why ? COUNT_start_failed : COUNT_start_ok);
	if (why)
		device_refuse(d, why, s->conference_id, s->pass_through_party_id);
}

void party_on_multicast_stop(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_stop_multicast_media_transmission *s = &m->stop_multicast_media_transmission;
	struct party *p = find_tx(d, s->pass_through_party_id);
	device_count(d, COUNT_stop_requests);
	if (p && is_of(p, s->conference_id) && p->tx.open)
		stop_tx(d, p, SCCP_PORT_HANDLING_CLOSE_PORT, now);
	else
		device_count(d, COUNT_stop_unknown);
}

// ---- PortReq, PortClose ----

static enum refusal reserve(struct device *d, const struct sccp_port_req *m, nsec_t now)
{
	struct leg leg = {true, m->conference_id, m->pass_through_party_id, m->call_reference};
	struct party *p = find_leg(d, true, leg.conference_id, leg.party_id, leg.call_reference, now);
	struct addr local;
	enum refusal why = m->media_type > SCCP_MEDIA_TYPE_AUDIO ? REFUSAL_codec : resource_dataplane(d);
	if (!why)
		why = local_for(d, p, m->ip_address_type, &local);
	if (!why)
		why = take_party(d, &leg, p, now, &p);
	if (why)
		return why;
	p->media_type = m->media_type;
	p->ports_due++;
	p->wanted_local = local;
	keep_port(p, true, now);
	party_feed(p, PARTY_WANT, now);
	return REFUSAL_none;
}

// PortRes has no status: a refusal is port 0.
void party_on_port(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	static const struct addr_port none;
	const struct sccp_port_req *q = &m->port_req;
	device_count(d, COUNT_port_requests);
	enum refusal why = reserve(d, q, now);
	if (!why)
		return;
	device_refuse(d, why, q->conference_id, q->pass_through_party_id);
	party_answer_port(d, &none, q->conference_id, q->pass_through_party_id, q->call_reference,
			  q->media_type, now);
}

void party_on_port_close(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct party *p = find_rx(d, m->port_close.pass_through_party_id);
	if (!p || !p->kept) {
		device_count(d, COUNT_close_unknown);
		return;
	}
	p->ports_due = 0;
	keep_port(p, false, now);
	party_feed(p, PARTY_WANT, now);
}

// ---- the rest ----

void party_on_dscp(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_update_dscp *u = &m->update_dscp;
	struct party *p = find_tx(d, u->pass_through_party_id);
	if (!p)
		p = find_call(d, u->conference_id, u->call_reference, is_sending);
	if (!p) {
		device_count(d, COUNT_stop_unknown);
		return;
	}
	p->dscp = caps_dscp(u->dscp_value, p->dscp);
	party_feed(p, PARTY_WANT, now);
}

struct party *party_by_id(const struct device *d, uint32_t id)
{
	struct party *p = find_rx(d, id);
	return p ? p : find_tx(d, id);
}
