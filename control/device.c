// SPDX-License-Identifier: GPL-3.0-or-later
// device.c - One registered media resource or telephone and everything it owns.
#include "control/device.h"

#include <errno.h>
#include <stdlib.h>

#include "control/confer.h"
#include "control/line.h"
#include "control/party.h"
#include "control/room.h"
#include "gw/log.h"
#include "gw/sccp.h"

#define ORPHAN_CHECK_MIN_NS NSEC_PER_SEC

// Orphans end when they fall silent; the dataplane reports that as it happens, and this finds those that were silent
// before they became orphans or that never received anything.
static void on_orphans(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	if (!d->orphan_count)
		return;
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	party_check_silence(p, now);
	nsec_t interval = d->core->config->control.orphan_ms * NSEC_PER_MSEC;
	timer_start(&d->core->timers, t,
		    now + (interval > ORPHAN_CHECK_MIN_NS ? interval : ORPHAN_CHECK_MIN_NS));
}

static uint64_t device_seed(const struct core *c, const char *name)
{
	uint64_t h = c->seed ^ UINT64_C(0xcbf29ce484222325);
	for (const char *s = name; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	return h;
}

int device_new(struct core *c, const struct config_device *config, struct device **ret)
{
	struct device *d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->core = c;
	d->config = config;
	d->name = config->name;
	d->profile = &c->config->profiles[config->profile];
	d->group = &c->config->groups[config->group];
	uint64_t seed = device_seed(c, d->name);
	agents_init(&d->agents, d->group, c->config->agents, seed);
	d->conferences.salt = d->rx_parties.salt = d->tx_parties.salt = d->calls.salt =
		(uint32_t)(seed >> 32);
	list_init(&d->conference_list);
	list_init(&d->party_list);
	list_init(&d->closing);
	list_init(&d->shrunk);
	timer_init(&d->orphans, on_orphans, d);
	reg_init(&d->reg, d);
	int rc = config->line ? line_new(d, &c->config->lines[config->line - 1], &d->line) : 0;
	if (rc) {
		device_free(d);
		return rc;
	}
	*ret = d;
	return 0;
}

void device_free(struct device *d)
{
	if (!d)
		return;
	reg_fini(&d->reg);
	line_free(d->line);
	room_free(d->room);
	timer_stop(&d->core->timers, &d->orphans);
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	party_discard(p);
	LIST_FOREACH(q, &d->closing, struct party, in_device)
	party_discard(q);
	LIST_FOREACH(c, &d->conference_list, struct conference, link)
	confer_discard(c);
	party_figures_forget(d);
	index_fini(&d->conferences);
	index_fini(&d->rx_parties);
	index_fini(&d->tx_parties);
	index_fini(&d->calls);
	free(d);
}

void device_send(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	uint8_t pdu[SCCP_PDU_MAX];
	int len = sccp_encode(m, device_version(d), pdu, sizeof(pdu));
	int rc = len > 0 && d->reg.link
			 ? d->core->links.send(d->core->links.context, d->reg.link, pdu, (size_t)len)
			 : -ENOTCONN;
	if (rc) {
		const struct sccp_msg_info *info = sccp_msg_info(m->id);
		device_count(d, COUNT_tx_refused);
		log_warning(d->name, "message not sent", "message=%s why=%s", info ? info->name : "?",
			    len < 0          ? sccp_result_name(len)
			    : rc == -ENOBUFS ? "buffer-full"
					     : "no-connection");
		return;
	}
	device_count(d, COUNT_tx_messages);
	const struct hooks *h = &d->core->hooks;
	if (h->message)
		h->message(h->context, d, true, pdu, (size_t)len, now);
}

unsigned int device_version(const struct device *d)
{
	if (d->reg.version)
		return d->reg.version;
	return d->config->version ? d->config->version : agents_current(&d->agents)->version;
}

void device_drain(struct device *d, bool on, nsec_t now)
{
	d->draining = on;
	reg_capacity_changed(d, now);
	device_changed(d, now);
}

void device_refuse(struct device *d, enum refusal why, uint32_t conference_id, uint32_t party_id)
{
	d->refusals[why]++;
	log_warning(d->name, "media refused", "why=%s conference=%u party=%u help=\"%s\"", refusal_name(why),
		    conference_id, party_id, refusal_help(why));
}

void device_close_all(struct device *d, nsec_t now)
{
	if (d->line) { // they may be in conferences of others
		LIST_FOREACH(p, &d->party_list, struct party, in_device)
		party_close(p, now);
	}
	while (!list_empty(&d->conference_list))
		confer_free(LIST_ITEM(d->conference_list.next, struct conference, link), now);
}

void device_orphan_all(struct device *d, nsec_t now)
{
	uint32_t before = d->orphan_count;
	party_figures_forget(d);
	LIST_FOREACH(p, &d->party_list, struct party, in_device)
	party_orphan(p, now);
	LIST_FOREACH(c, &d->conference_list, struct conference, link)
	confer_orphan(c, now);
	if (d->orphan_count > before)
		timer_start(&d->core->timers, &d->orphans,
			    now + d->core->config->control.orphan_ms * NSEC_PER_MSEC);
	if (d->line)
		line_agent_lost(d->line, now);
}

void device_changed(struct device *d, nsec_t now)
{
	const struct hooks *h = &d->core->hooks;
	if (h->device_changed)
		h->device_changed(h->context, d, now);
}
