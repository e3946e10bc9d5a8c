// SPDX-License-Identifier: GPL-3.0-or-later
// leg_media.c - Where the sound of a call goes: channels open, each end is told where the other one hears.
#include <string.h>

#include "bench/lab/leg.h"

static bool may_talk(const struct leg *l)
{
	return l->state == LEG_TALKING && l->far && l->far->state == LEG_TALKING;
}

// A lab phone's coding, else that of the lab phone at the other end; two telephones speak the usual one.
static struct telephone_format format_of(const struct leg *l)
{
	const struct exchange_phone *p = l->phone ? l->phone : l->far->phone;
	return p ? p->format : (struct telephone_format){.codec = CODEC_PCMU, .period_ms = 20};
}

static bool same_format(const struct telephone_format *a, const struct telephone_format *b)
{
	return a->codec == b->codec && a->period_ms == b->period_ms && a->payload_type == b->payload_type;
}

static void open_channel(struct leg *l)
{
	if (l->phone) {
		l->here = l->phone->local;
		return;
	}
	if (l->opened)
		return;
	l->format = format_of(l);
	l->opened = true;
	telephone_open(l->device, &l->call, &l->format, &l->far->here);
}

void leg_media_stop(struct leg *l)
{
	if (!l->sending)
		return;
	l->sending = false;
	if (l->phone)
		leg_tell(l, EXCHANGE_HELD);
	else
		telephone_stop(l->device, &l->call);
}

// Sends to where the far end hears, once that is known.
static void start(struct leg *l)
{
	const struct addr_port *to = &l->far->here;
	if (!to->port || (l->sending && memcmp(to, &l->there, sizeof(*to)) == 0))
		return;
	if (l->device)
		leg_media_stop(l);
	l->there = *to;
	l->sending = true;
	if (l->phone)
		leg_tell(l, EXCHANGE_TALKS);
	else
		telephone_start(l->device, &l->call, &l->format, to);
}

void leg_media_on(struct leg *l)
{
	if (!may_talk(l))
		return;
	// a lab phone's address is known at once, and goes into the telephone's request
	open_channel(l->phone ? l : l->far);
	open_channel(l->phone ? l->far : l);
	start(l);
	start(l->far);
}

void leg_media_off(struct leg *l)
{
	if (l->device && l->opened)
		telephone_close(l->device, &l->call);
	leg_media_stop(l);
	l->opened = false;
	l->here = (struct addr_port){0};
}

void leg_media_move(struct leg *l)
{
	if (!l->device || !may_talk(l))
		return;
	struct telephone_format wanted = format_of(l);
	if (!agent_dialect(l->device)->redirects || !same_format(&wanted, &l->format))
		leg_media_off(l);
}

void leg_opened(struct leg *l, const struct sccp_open_receive_channel_ack *ack)
{
	if (ack->media_reception_status != 0) {
		struct leg *far = l->far;
		l->x->counts.refused++;
		l->opened = false;
		if (far && far->phone)
			leg_tell(far, EXCHANGE_REFUSED);
		leg_hang_up(l);
		return;
	}
	l->here = (struct addr_port){.addr = ack->ip_addr, .port = (uint16_t)ack->port_number};
	if (may_talk(l))
		start(l->far);
}
