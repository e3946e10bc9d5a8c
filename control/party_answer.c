// SPDX-License-Identifier: GPL-3.0-or-later
// party_answer.c - What a party tells its agent: acknowledgements, ports and figures.
#include "control/party_inner.h"
#include "gw/sccp.h"

void party_answer_open(struct device *d, enum refusal why, const struct addr_port *local, uint32_t id,
		       uint32_t call_reference, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_OPEN_RECEIVE_CHANNEL_ACK);
	m.open_receive_channel_ack.media_reception_status = refusal_status(why);
	if (!why) {
		m.open_receive_channel_ack.ip_addr = local->addr;
		m.open_receive_channel_ack.port_number = local->port;
	}
	m.open_receive_channel_ack.pass_through_party_id = id;
	m.open_receive_channel_ack.call_reference = call_reference;
	device_send(d, &m, now);
	device_count(d, why ? COUNT_open_failed : COUNT_open_ok);
}

void party_answer_start(struct device *d, enum refusal why, const struct addr_port *local,
			uint32_t conference_id, uint32_t id, uint32_t call_reference, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_START_MEDIA_TRANSMISSION_ACK);
	m.start_media_transmission_ack.conference_id = conference_id;
	m.start_media_transmission_ack.pass_through_party_id = id;
	m.start_media_transmission_ack.call_reference = call_reference;
	if (!why) {
		m.start_media_transmission_ack.transmit_ip_addr = local->addr;
		m.start_media_transmission_ack.port_number = local->port;
	}
	m.start_media_transmission_ack.media_transmission_status = refusal_status(why);
	device_send(d, &m, now);
	device_count(d, why ? COUNT_start_failed : COUNT_start_ok);
}

void party_answer_port(struct device *d, const struct addr_port *local, uint32_t conference_id, uint32_t id,
		       uint32_t call_reference, uint32_t media_type, nsec_t now)
{
	struct sccp_msg m;
	sccp_init(&m, SCCP_PORT_RES);
	m.port_res.conference_id = conference_id;
	m.port_res.call_reference = call_reference;
	m.port_res.pass_through_party_id = id;
	m.port_res.ip_addr = local->addr;
	m.port_res.port_number = local->port;
	m.port_res.rtcp_port_number = local->port ? local->port + 1u : 0;
	m.port_res.media_type = media_type;
	device_send(d, &m, now);
	if (!local->port)
		device_count(d, COUNT_port_failed);
}

void party_stream_event(struct party *p, const struct api_stream_event *e, nsec_t now)
{
	if (e->kind == API_STREAM_DIGIT)
		party_digit_heard(p, e->value, now);
	if (e->kind == API_STREAM_FIRST_PACKET)
		p->silent = false;
	if (e->kind != API_STREAM_SILENT)
		return;
	p->silent = true;
	if (p->orphan) { // nobody is left who could end it
		device_count(p->device, COUNT_party_silent);
		party_close(p, now);
	}
}

// How long an orphan may receive nothing. Media comes every few ms: whatever is configured, a call in progress is spared.
static nsec_t silence_allowed(const struct party *p)
{
	nsec_t allowed = p->device->core->config->control.orphan_ms * NSEC_PER_MSEC;
	return allowed > NSEC_PER_SEC ? allowed : NSEC_PER_SEC;
}

static void on_figures(void *object, int status, const struct api_message *reply, nsec_t now)
{
	struct party *p = object;
	p->stats_request = 0;
	party_figures_due(p, now);
	if (status || !p->orphan)
		return;
	const struct stream_stats *s = &reply->stream_stats_reply.stats;
	if (!p->rx.open || s->idle_ns >= silence_allowed(p)) {
		device_count(p->device, COUNT_party_silent);
		party_close(p, now);
	}
}

void party_check_silence(struct party *p, nsec_t now)
{
	if (p->orphan && !p->stats_request && p->stream)
		p->stats_request = dp_stream_stats(&p->device->core->dp, p->stream, on_figures, p, now);
}
