// SPDX-License-Identifier: GPL-3.0-or-later
// reg_say.c - What a registration tells its agent: who the device is, what it can do and how much of it.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/caps.h"
#include "control/device.h"
#include "control/line.h"
#include "control/reg_inner.h"
#include "gw/sccp.h"

#define KEEPALIVE_DEFAULT_MS 30000
#define NOTIFY_NS            (200 * NSEC_PER_MSEC) // changes of capacity are told together
#define KEEPALIVE_MAX_MS     3600000

// What IOS sends as feature bytes of Register; CUCM answers a media resource that shows them as it does an IOS one.
#define FEATURE_BYTE_41   0x02
#define FEATURE_BYTES_42  0x0001
#define IOS_ADDRESS_SCOPE 2
#define TYPE_VG224        30027 // device types
#define TYPE_UNITY        80
#define LINE_FEATURES     0x8500 // of a telephone: dynamic messages, telephone-events, abbreviated dialling

void reg_close_link(struct device *d, struct link **link)
{
	if (*link)
		d->core->links.close(d->core->links.context, *link);
	*link = NULL;
}

void reg_say(struct device *d, enum sccp_id id, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, id);
	device_send(d, &m, now);
}

// ---- why a telephone comes ----

enum reg_cause reg_cause_of(const char *why)
{
	if (why && strcmp(why, strerror(ECONNRESET)) == 0)
		return REG_CAUSE_TCP_RESET;
	return why && strcmp(why, strerror(ETIMEDOUT)) == 0 ? REG_CAUSE_TIMEOUT : REG_CAUSE_CLOSED;
}

// Ports of an IOS gateway and of a voice mail server are no telephones by themselves, and say nothing.
static bool says_why(const struct device *d)
{
	return d->line && d->config->type != TYPE_VG224 && d->config->type != TYPE_UNITY;
}

// An agent shows it as the reason for which the device was out of service.
static void say_why(struct device *d, nsec_t now)
{
	static const char *const words[] = {
		[REG_CAUSE_TIMEOUT] = "TCP-timeout",    [REG_CAUSE_TCP_RESET] = "CM-reset-TCP",
		[REG_CAUSE_CLOSED] = "CM-closed-TCP",   [REG_CAUSE_KEEPALIVE] = "KeepaliveTO",
		[REG_CAUSE_REGISTER] = "Phone-Reg-TO",  [REG_CAUSE_FALL_BACK] = "Failback",
		[REG_CAUSE_RESET] = "Reset-Reset",      [REG_CAUSE_RESTART] = "Reset-Restart",
		[REG_CAUSE_REJECTED] = "Phone-Reg-Rej", [REG_CAUSE_NEW] = "Initialized"};
	struct sccp_msg m;
	sccp_init(&m, SCCP_ALARM);
	m.alarm.alarm_severity = SCCP_ALARM_SEVERITY_INFORMATIONAL;
	snprintf(m.alarm.text, sizeof(m.alarm.text), "%d: Name=%s Load=%.24s Last=%s", (int)d->reg.cause,
		 d->name, d->line->config->load, words[d->reg.cause]);
	if (d->reg.local.family == ADDR_IPV4)
		memcpy(&m.alarm.parm2, d->reg.local.ip, sizeof(m.alarm.parm2));
	device_send(d, &m, now);
}

void reg_say_register(struct device *d, nsec_t now)
{
	struct sccp_msg m;
	if (says_why(d))
		say_why(d, now);
	sccp_init(&m, SCCP_REGISTER);
	struct sccp_register_req *r = &m.register_req;
	snprintf(r->station_device_name, sizeof(r->station_device_name), "%s", d->name);
	r->station_instance = 1;
	if (d->reg.local.family == ADDR_IPV4)
		r->station_ip = d->reg.local;
	else if (d->reg.local.family == ADDR_IPV6)
		r->station_ip_v6_addr = d->reg.local;
	r->device_type = d->config->type;
	r->max_streams = resource_streams(d);
	r->active_streams = d->party_count;
	r->protocol_version = (uint8_t)device_version(d);
	r->proto_hi = d->line ? 0 : FEATURE_BYTE_41;
	r->phone_features = d->line ? LINE_FEATURES : FEATURE_BYTES_42;
	r->ip_v4_address_scope = d->line ? 0 : IOS_ADDRESS_SCOPE;
	if (d->line) {
		for (int i = 0; i < 6; i++)
			r->mac_address[i] = (uint8_t)(d->config->mac >> (40 - 8 * i));
		r->max_number_of_lines = LINE_BUTTONS_MAX;
		snprintf(r->firmware_load_name, sizeof(r->firmware_load_name), "%s", d->line->config->load);
	}
	device_send(d, &m, now);
	reg_say(d, SCCP_IP_PORT, now);
	device_count(d, COUNT_registers);
}

void reg_say_notification(struct device *d, nsec_t now)
{
	struct sccp_msg m;
	if (d->line)
		return; // telephones have no capacity to tell
	sccp_init(&m, SCCP_MEDIA_RESOURCE_NOTIFICATION);
	uint32_t out = resource_out_of_service(d);
	m.media_resource_notification.device_type = d->config->type;
	m.media_resource_notification.number_of_in_service_streams = resource_streams(d) - out;
	m.media_resource_notification.max_streams_per_conf = d->profile->participants;
	m.media_resource_notification.number_of_out_of_service_streams = out;
	d->reg.told_in_service = resource_streams(d) - out;
	d->reg.told_out_of_service = out;
	device_send(d, &m, now);
	device_count(d, COUNT_notifications);
}

void reg_say_capabilities(struct device *d, nsec_t now)
{
	struct caps_entry entries[CAPS_MAX];
	unsigned int n = caps_list(d->profile, entries);
	struct sccp_msg m;
	sccp_init(&m, SCCP_CAPABILITIES_RES);
	m.capabilities_res.cap_count = n;
	for (unsigned int i = 0; i < n; i++) {
		m.capabilities_res.caps[i].codec = entries[i].payload;
		m.capabilities_res.caps[i].max_frames_per_packet = entries[i].period_ms_max;
	}
	device_send(d, &m, now);
}

uint32_t reg_keepalive_ms(const struct device *d, uint32_t agent_s)
{
	if (d->group->keepalive_ms)
		return d->group->keepalive_ms;
	if (!agent_s)
		return KEEPALIVE_DEFAULT_MS;
	return agent_s < KEEPALIVE_MAX_MS / 1000 ? agent_s * 1000 : KEEPALIVE_MAX_MS;
}

void reg_on_notify(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	uint32_t out = resource_out_of_service(d);
	bool told = d->reg.told_out_of_service == out && d->reg.told_in_service == resource_streams(d) - out;
	if (d->reg.fsm.state == REG_IN_SERVICE && !told) {
		reg_say_notification(d, now);
		device_changed(d, now);
	}
}

void reg_capacity_changed(struct device *d, nsec_t now)
{
	if (d->reg.fsm.state == REG_IN_SERVICE && !d->reg.notify.armed)
		timer_start(&d->core->timers, &d->reg.notify, now + NOTIFY_NS);
}
