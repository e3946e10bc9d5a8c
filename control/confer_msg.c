// SPDX-License-Identifier: GPL-3.0-or-later
// confer_msg.c - The agent's conference messages: create, delete, modify, participants and audits.
//
// Agents differ: some never send these and let the media messages make the conference, some create it first, some
// create it after its first channel. All three end in the same conference.
#include <stdlib.h>
#include <string.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/party.h"
#include "gw/sccp.h"

static void changed(const struct conference *c, nsec_t now)
{
	const struct hooks *h = &c->device->core->hooks;
	if (h->conference_changed)
		h->conference_changed(h->context, c, now);
}

static struct participant *find_participant(const struct conference *c, uint32_t call_reference)
{
	LIST_FOREACH(p, &c->participants, struct participant, link)
	{
		if (p->call_reference == call_reference)
			return p;
	}
	return NULL;
}

// The conference a message names; one that only orphans are left of is not the agent's.
static struct conference *find(const struct device *d, uint32_t conference_id)
{
	struct conference *c = confer_find(d, conference_id);
	return c && !c->orphan ? c : NULL;
}

static void count_result(struct device *d, uint32_t result)
{
	if (result)
		device_count(d, COUNT_conference_refused);
}

// ---- create, delete, modify, clear ----

static uint32_t create(struct device *d, const struct sccp_create_conference_req *m, nsec_t now)
{
	struct conference *c = confer_find(d, m->conference_id);
	if (!m->conference_id)
		return SCCP_CREATE_RESULT_SYSTEM_ERROR;
	if (c && c->orphan) {
		confer_set_aside(c);
		c = NULL;
	}
	if (c && c->explicitly)
		return SCCP_CREATE_RESULT_CONFERENCE_ALREADY_EXISTS;
	if (m->number_of_reserved_participants > d->profile->participants)
		return SCCP_CREATE_RESULT_RESOURCE_NOT_AVAILABLE;
	if (!c) {
		enum refusal why = resource_admit_conference(d, m->number_of_reserved_participants);
		if (why) {
			device_refuse(d, why, m->conference_id, 0);
			return SCCP_CREATE_RESULT_RESOURCE_NOT_AVAILABLE;
		}
		c = confer_new(d, m->conference_id, now);
	}
	if (!c)
		return SCCP_CREATE_RESULT_SYSTEM_ERROR;
	c->explicitly = true;
	c->reserved = m->number_of_reserved_participants;
	c->resource_type = m->resource_type;
	c->application_id = m->application_id;
	memcpy(c->app_conf_id, m->app_conf_id, sizeof(c->app_conf_id));
	memcpy(c->app_data, m->app_data, sizeof(c->app_data));
	changed(c, now);
	return SCCP_CREATE_RESULT_OK;
}

void confer_on_create(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	device_count(d, COUNT_conference_requests);
	uint32_t result = create(d, &m->create_conference_req, now);
	struct sccp_msg a;
	sccp_init(&a, SCCP_CREATE_CONFERENCE_RES);
	a.create_conference_res.conference_id = m->create_conference_req.conference_id;
	a.create_conference_res.result = result;
	device_send(d, &a, now);
	count_result(d, result);
}

void confer_on_delete(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	device_count(d, COUNT_conference_requests);
	struct conference *c = find(d, m->delete_conference_req.conference_id);
	uint32_t result = c ? SCCP_DELETE_RESULT_OK : SCCP_DELETE_RESULT_CONFERENCE_DOES_NOT_EXIST;
	if (c)
		confer_free(c, now);
	struct sccp_msg a;
	sccp_init(&a, SCCP_DELETE_CONFERENCE_RES);
	a.delete_conference_res.conference_id = m->delete_conference_req.conference_id;
	a.delete_conference_res.delete_conf_result = result;
	device_send(d, &a, now);
	count_result(d, result);
}

static uint32_t modify(struct device *d, const struct sccp_modify_conference_req *m, nsec_t now)
{
	struct conference *c = find(d, m->conference_id);
	if (!c)
		return SCCP_MODIFY_RESULT_CONFERENCE_DOES_NOT_EXIST;
	if (!m->number_of_reserved_participants)
		return SCCP_MODIFY_RESULT_INVALID_PARAMETER;
	if (m->number_of_reserved_participants > d->profile->participants)
		return SCCP_MODIFY_RESULT_RESOURCE_NOT_AVAILABLE;
	if (m->number_of_reserved_participants < confer_members(c))
		return SCCP_MODIFY_RESULT_MORE_ACTIVE_CALLS_THAN_RESERVED;
	c->explicitly = true;
	c->reserved = m->number_of_reserved_participants;
	c->application_id = m->application_id;
	memcpy(c->app_conf_id, m->app_conf_id, sizeof(c->app_conf_id));
	memcpy(c->app_data, m->app_data, sizeof(c->app_data));
	changed(c, now);
	return SCCP_MODIFY_RESULT_OK;
}

void confer_on_modify(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	device_count(d, COUNT_conference_requests);
	uint32_t result = modify(d, &m->modify_conference_req, now);
	struct sccp_msg a;
	sccp_init(&a, SCCP_MODIFY_CONFERENCE_RES);
	a.modify_conference_res.conference_id = m->modify_conference_req.conference_id;
	a.modify_conference_res.modify_conf_result = result;
	device_send(d, &a, now);
	count_result(d, result);
}

// Sources disagree on who sends this; from an agent it can only mean that the conference is over.
void confer_on_clear(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	device_count(d, COUNT_conference_requests);
	struct conference *c = find(d, m->clear_conference.conference_id);
	if (c)
		confer_free(c, now);
	else
		device_count(d, COUNT_conference_unknown);
}

// ---- participants ----

static uint32_t add(struct device *d, const struct sccp_add_participant_req *m, nsec_t now)
{
	struct conference *c = find(d, m->conference_id);
	if (!c)
		return SCCP_ADD_RESULT_CONFERENCE_DOES_NOT_EXIST;
	if (find_participant(c, m->call_reference))
		return SCCP_ADD_RESULT_DUPLICATE_CALL_REFERENCE;
	uint32_t limit = c->reserved ? c->reserved : d->profile->participants;
	if (c->participant_count >= limit || c->participant_count >= CONFER_PARTICIPANTS_MAX || d->draining)
		return SCCP_ADD_RESULT_RESOURCE_NOT_AVAILABLE;
	struct participant *p = calloc(1, sizeof(*p));
	if (!p)
		return SCCP_ADD_RESULT_SYSTEM_ERROR;
	p->call_reference = m->call_reference;
	p->restriction_bits = m->party_pi_restriction_bits;
	memcpy(p->name, m->participant_name, sizeof(p->name));
	memcpy(p->number, m->participant_number, sizeof(p->number));
	list_push_back(&c->participants, &p->link);
	c->participant_count++;
	changed(c, now);
	return SCCP_ADD_RESULT_OK;
}

void confer_on_add(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_add_participant_req *q = &m->add_participant_req;
	device_count(d, COUNT_conference_requests);
	uint32_t result = add(d, q, now);
	struct sccp_msg a;
	sccp_init(&a, SCCP_ADD_PARTICIPANT_RES);
	struct sccp_add_participant_res *r = &a.add_participant_res;
	r->conference_id = q->conference_id;
	r->call_reference = q->call_reference;
	r->add_participant_result = result;
	if (!result)
		snprintf(r->bridge_participant_id, sizeof(r->bridge_participant_id), "%u-%u",
			 q->conference_id, q->call_reference);
	device_send(d, &a, now);
	count_result(d, result);
}

// Media is closed by its own messages, so a dropped participant is still heard until then, as the agent means it.
void confer_on_drop(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	device_count(d, COUNT_conference_requests);
	struct conference *c = find(d, m->drop_participant_req.conference_id);
	struct participant *p = c ? find_participant(c, m->drop_participant_req.call_reference) : NULL;
	if (!p) {
		device_count(d, COUNT_conference_unknown);
		return;
	}
	confer_drop_participant(c, p);
	changed(c, now);
}

void confer_on_change(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_change_participant_req *q = &m->change_participant_req;
	device_count(d, COUNT_conference_requests);
	struct conference *c = find(d, q->conference_id);
	struct participant *p = c ? find_participant(c, q->call_reference) : NULL;
	if (!p) {
		device_count(d, COUNT_conference_unknown);
		return;
	}
	p->restriction_bits = q->party_pi_restriction_bits;
	memcpy(p->name, q->participant_name, sizeof(p->name));
	memcpy(p->number, q->participant_number, sizeof(p->number));
	changed(c, now);
}

// ---- audits ----

// Parties whose call no AddParticipant named.
static bool is_unnamed(const struct conference *c, const struct party *p)
{
	return !p->call_reference || !find_participant(c, p->call_reference);
}

uint32_t confer_members(const struct conference *c)
{
	uint32_t n = c->participant_count;
	LIST_FOREACH(p, &c->parties, struct party, in_conference)
	n += is_unnamed(c, p);
	return n;
}

void confer_on_audit(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct sccp_msg a;
	sccp_init(&a, SCCP_AUDIT_CONFERENCE_RES);
	struct sccp_audit_conference_res *r = &a.audit_conference_res;
	device_count(d, COUNT_conference_requests);
	LIST_FOREACH(c, &d->conference_list, struct conference, link)
	{
		if (c->orphan)
			continue;
		if (r->number_of_entries == sizeof(r->conference_entry) / sizeof(r->conference_entry[0])) {
			device_send(d, &a, now);
			sccp_init(&a, SCCP_AUDIT_CONFERENCE_RES);
		}
		struct sccp_conference_entry *e = &r->conference_entry[r->number_of_entries++];
		e->conference_id = c->conference_id;
		e->resource_type = c->resource_type;
		e->number_of_reserved_participants = c->reserved;
		e->number_of_active_participants = confer_members(c);
		e->application_id = c->application_id;
		memcpy(e->app_conf_id, c->app_conf_id, sizeof(e->app_conf_id));
		memcpy(e->app_data, c->app_data, sizeof(e->app_data));
	}
	r->last = 1;
	device_send(d, &a, now);
}

// One answer is filled page by page.
struct page {
	struct device *device;
	struct sccp_msg message;
	uint32_t conference_id;
	nsec_t now;
};

static void page_begin(struct page *g)
{
	sccp_init(&g->message, SCCP_AUDIT_PARTICIPANT_RES);
	g->message.audit_participant_res.conference_id = g->conference_id;
}

static void page_add(struct page *g, uint32_t call_reference)
{
	struct sccp_audit_participant_res *r = &g->message.audit_participant_res;
	if (r->number_of_entries == sizeof(r->participant_entry) / sizeof(r->participant_entry[0])) {
		device_send(g->device, &g->message, g->now);
		page_begin(g);
	}
	r->participant_entry[r->number_of_entries++] = call_reference;
}

void confer_on_audit_participants(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct page g = {.device = d, .conference_id = m->audit_participant_req.conference_id, .now = now};
	struct conference *c = find(d, g.conference_id);
	device_count(d, COUNT_conference_requests);
	page_begin(&g);
	struct sccp_audit_participant_res *r = &g.message.audit_participant_res;
	if (!c) {
		r->audit_participant_result = SCCP_AUDIT_RESULT_CONFERENCE_DOES_NOT_EXIST;
		count_result(d, r->audit_participant_result);
	} else {
		LIST_FOREACH(p, &c->participants, struct participant, link)
		page_add(&g, p->call_reference);
		LIST_FOREACH(q, &c->parties, struct party, in_conference)
		{
			if (is_unnamed(c, q))
				page_add(&g, q->call_reference);
		}
	}
	r->last = 1;
	device_send(d, &g.message, now);
}
