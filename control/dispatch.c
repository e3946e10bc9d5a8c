// SPDX-License-Identifier: GPL-3.0-or-later
// dispatch.c - From bytes of an agent to the handler of a message, with the state it needs.
#include "control/dispatch.h"

#include <errno.h>

#include "control/confer.h"
#include "control/device.h"
#include "control/line.h"
#include "control/party.h"
#include "control/player.h"
#include "gw/log.h"
#include "gw/sccp.h"

enum need {
	ANY = 1u << REG_CONNECTING | 1u << REG_REGISTERING | 1u << REG_CAPABILITIES | 1u << REG_IN_SERVICE |
	      1u << REG_UNREGISTERING,
	REGISTERING = 1u << REG_REGISTERING,
	REGISTERED = 1u << REG_CAPABILITIES | 1u << REG_IN_SERVICE,
	LEAVING = 1u << REG_UNREGISTERING,
};

typedef void (*handler)(struct device *d, const struct sccp_msg *m, nsec_t now);

struct row {
	uint32_t id;
	unsigned int states; // of the registration
	handler handle;
};

static void ignore(struct device *d, const struct sccp_msg *m, nsec_t now)
{
}

// Video and listening to multicast are no business of an audio resource; the agent still gets its answer at once.
static void refuse_multimedia(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct sccp_msg a;
	sccp_init(&a, SCCP_OPEN_MULTI_MEDIA_RECEIVE_CHANNEL_ACK);
	a.open_multi_media_receive_channel_ack.multimedia_reception_status = 1;
	a.open_multi_media_receive_channel_ack.pass_through_party_id =
		m->open_multi_media_receive_channel.pass_through_party_id;
	a.open_multi_media_receive_channel_ack.call_reference =
		m->open_multi_media_receive_channel.call_reference;
	device_count(d, COUNT_pdu_unsupported);
	device_send(d, &a, now);
}

static void refuse_multimedia_start(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct sccp_msg a;
	sccp_init(&a, SCCP_START_MULTI_MEDIA_TRANSMISSION_ACK);
	struct sccp_start_multi_media_transmission_ack *r = &a.start_multi_media_transmission_ack;
	r->conference_id = m->start_multi_media_transmission.conference_id;
	r->pass_through_party_id = m->start_multi_media_transmission.pass_through_party_id;
	r->call_reference = m->start_multi_media_transmission.call_reference;
	r->multimedia_transmission_status = SCCP_MEDIA_STATUS_INVALID_CODEC;
	device_count(d, COUNT_pdu_unsupported);
	device_send(d, &a, now);
}

static void refuse_multicast(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	struct sccp_msg a;
	sccp_init(&a, SCCP_MULTICAST_MEDIA_RECEPTION_ACK);
	a.multicast_media_reception_ack.multicast_reception_status = 1;
	a.multicast_media_reception_ack.pass_through_party_id =
		m->start_multicast_media_reception.pass_through_party_id;
	a.multicast_media_reception_ack.call_reference = m->start_multicast_media_reception.call_reference;
	device_count(d, COUNT_pdu_unsupported);
	device_send(d, &a, now);
}

// Every message an agent may send to any device.
static const struct row rows[] = {
	{SCCP_REGISTER_ACK, REGISTERING, reg_on_ack},
	{SCCP_REGISTER_REJECT, REGISTERING | 1u << REG_CAPABILITIES, reg_on_reject},
	{SCCP_CAPABILITIES_REQ, REGISTERED, reg_on_capabilities_req},
	{SCCP_KEEP_ALIVE_ACK, ANY, reg_on_keepalive_ack},
	{SCCP_UNREGISTER_ACK, LEAVING, reg_on_unregister_ack},
	{SCCP_RESET, REGISTERED | REGISTERING, reg_on_reset},
	{SCCP_OPEN_RECEIVE_CHANNEL, REGISTERED, party_on_open},
	{SCCP_CLOSE_RECEIVE_CHANNEL, REGISTERED, party_on_close},
	{SCCP_START_MEDIA_TRANSMISSION, REGISTERED, party_on_start},
	{SCCP_STOP_MEDIA_TRANSMISSION, REGISTERED, party_on_stop},
	{SCCP_PORT_REQ, REGISTERED, party_on_port},
	{SCCP_PORT_CLOSE, REGISTERED, party_on_port_close},
	{SCCP_UPDATE_DSCP, REGISTERED, party_on_dscp},
	{SCCP_CONNECTION_STATISTICS_REQ, REGISTERED, party_on_statistics},
	{SCCP_SUBSCRIBE_DTMF_PAYLOAD_REQ, REGISTERED, party_on_subscribe},
	{SCCP_SEND_DTMF_TONE, REGISTERED, party_on_send_digit},
	{SCCP_UN_SUBSCRIBE_DTMF_PAYLOAD_REQ, REGISTERED, party_on_unsubscribe},
	{SCCP_OPEN_MULTI_MEDIA_RECEIVE_CHANNEL, REGISTERED, refuse_multimedia},
	{SCCP_START_MULTI_MEDIA_TRANSMISSION, REGISTERED, refuse_multimedia_start},
	{SCCP_START_MULTICAST_MEDIA_RECEPTION, REGISTERED, refuse_multicast},
};

// To media resources only.
static const struct row resource_rows[] = {
	{SCCP_VERSION_RES, ANY, ignore},
	{SCCP_CONFIG_STAT_RES, ANY, ignore},
	{SCCP_TIME_DATE_RES, ANY, ignore},
	{SCCP_SERVER_RES, ANY, ignore},
	{SCCP_CREATE_CONFERENCE_REQ, REGISTERED, confer_on_create},
	{SCCP_DELETE_CONFERENCE_REQ, REGISTERED, confer_on_delete},
	{SCCP_MODIFY_CONFERENCE_REQ, REGISTERED, confer_on_modify},
	{SCCP_ADD_PARTICIPANT_REQ, REGISTERED, confer_on_add},
	{SCCP_DROP_PARTICIPANT_REQ, REGISTERED, confer_on_drop},
	{SCCP_CHANGE_PARTICIPANT_REQ, REGISTERED, confer_on_change},
	{SCCP_AUDIT_CONFERENCE_REQ, REGISTERED, confer_on_audit},
	{SCCP_AUDIT_PARTICIPANT_REQ, REGISTERED, confer_on_audit_participants},
	{SCCP_CLEAR_CONFERENCE, REGISTERED, confer_on_clear},
	{SCCP_START_MULTICAST_MEDIA_TRANSMISSION, REGISTERED, party_on_multicast},
	{SCCP_STOP_MULTICAST_MEDIA_TRANSMISSION, REGISTERED, party_on_multicast_stop},
	{SCCP_START_ANNOUNCEMENT, REGISTERED, player_on_announcement},
	{SCCP_STOP_ANNOUNCEMENT, REGISTERED, player_on_announcement_stop},
	{SCCP_START_TONE, REGISTERED, player_on_tone},
	{SCCP_STOP_TONE, REGISTERED, player_on_tone_stop},
};

static const struct row *find_in(const struct row *table, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (table[i].id == id)
			return &table[i];
	}
	return NULL;
}

#define FIND_IN(table, id) find_in(table, sizeof(table) / sizeof((table)[0]), id)

static const struct row *find(const struct device *d, uint32_t id)
{
	const struct row *row = FIND_IN(rows, id);
	return row || d->line ? row : FIND_IN(resource_rows, id);
}

static void undecodable(struct device *d, int result, const uint8_t *pdu, size_t len)
{
	uint32_t id = len >= 12 ? pdu[8] | pdu[9] << 8 | pdu[10] << 16 | (uint32_t)pdu[11] << 24 : 0;
	const struct sccp_msg_info *info = sccp_msg_info(id);
	device_count(d, COUNT_pdu_length);
	log_warning(d->name, "message not understood", "message=%s id=0x%04x bytes=%zu why=%s",
		    info && len >= 12 ? info->name : "?", id, len, sccp_result_name(result));
}

static void handle(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	const struct sccp_msg_info *info = sccp_msg_info(m->id);
	const struct row *row = find(d, m->id);
	uint16_t state = d->reg.fsm.state;
	if (!info) {
		device_count(d, COUNT_pdu_unknown);
		log_notice(d->name, "message of unknown id", "id=0x%04x bytes=%u", m->id, m->body_len);
	} else if (!row && d->line && line_on_message(d->line, m, now)) {
		return;
	} else if (!row) {
		device_count(d, COUNT_pdu_unsupported);
		log_info(d->name, "message for another kind of device", "message=%s", info->name);
	} else if (!(row->states >> state & 1)) {
		device_count(d, COUNT_pdu_unexpected);
		d->misplaced[state]++;
		log_notice(d->name, "message out of place", "message=%s state=%s", info->name,
			   reg_state_name(state));
	} else {
		row->handle(d, m, now);
	}
}

static void work(struct device *d, const uint8_t *pdu, size_t len, nsec_t now)
{
	struct sccp_msg m;
	const struct hooks *h = &d->core->hooks;
	device_count(d, COUNT_rx_messages);
	d->reg.unanswered = 0;
	if (h->message)
		h->message(h->context, d, false, pdu, len, now);
	int rc = sccp_decode(pdu, len, device_version(d), &m);
	if (rc < 0)
		undecodable(d, rc, pdu, len);
	else
		handle(d, &m, now);
}

static long work_all(struct device *d, const uint8_t *bytes, size_t len, nsec_t now)
{
	uint32_t serial = d->reg.serial;
	size_t used = 0;
	while (used < len && serial == d->reg.serial) {
		const uint8_t *pdu;
		size_t pdu_len;
		size_t consumed;
		int rc = sccp_frame_next(bytes + used, len - used, &pdu, &pdu_len, &consumed);
		if (rc == 0)
			break;
		if (rc == SCCP_BAD_LENGTH) {
			device_count(d, COUNT_pdu_length);
		} else if (rc < 0) {
			device_count(d, COUNT_pdu_framing);
			log_warning(d->name, "message framing lost", "why=%s", sccp_result_name(rc));
			return -EPROTO;
		}
		used += consumed;
		if (rc > 0)
			work(d, pdu, pdu_len, now);
	}
	return serial == d->reg.serial ? (long)used : (long)len;
}

long dispatch_input(struct device *d, const uint8_t *bytes, size_t len, nsec_t now)
{
	long used = work_all(d, bytes, len, now);
	party_settle(d, now);
	return used;
}
