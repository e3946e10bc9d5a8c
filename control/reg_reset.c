// SPDX-License-Identifier: GPL-3.0-or-later
// reg_reset.c - What an agent's Reset asks for, at once or, of a telephone in a call, when the last one has ended.
#include "control/core.h"
#include "control/device.h"
#include "control/line.h"
#include "control/reg_inner.h"
#include "gw/log.h"
#include "gw/sccp.h"

static void obey(struct device *d, uint32_t type, nsec_t now)
{
	d->reg.reset_waits = 0;
	d->reg.cause = type == SCCP_RESET_TYPE_RESET ? REG_CAUSE_RESET : REG_CAUSE_RESTART;
	if (type == SCCP_RESET_TYPE_RESET)
		device_close_all(d, now);
	reg_leave(d, REG_LEAVE_RESET, now);
}

void reg_on_calls_over(struct timer *t, nsec_t now)
{
	struct device *d = t->object;
	if (d->reg.reset_waits && reg_is_registered(d) && !line_in_call(d->line))
		obey(d, d->reg.reset_waits, now);
}

void reg_calls_over(struct device *d, nsec_t now)
{
	if (d->reg.reset_waits)
		timer_start(&d->core->timers, &d->reg.reset, now);
}

void reg_on_reset(struct device *d, const struct sccp_msg *m, nsec_t now)
{
	uint32_t type = m->reset.reset_type;
	bool waits = d->line && line_in_call(d->line);
	log_notice(d->name, "agent sent Reset", "type=%u waits=%s", type, waits ? "for calls to end" : "no");
	if (type == SCCP_RESET_TYPE_APPLY_CONFIG) {
		device_count(d, COUNT_apply_configs);
		if (d->reg.fsm.state == REG_IN_SERVICE)
			reg_say_notification(d, now);
		if (d->line)
			line_apply(d->line, now);
		return;
	}
	if (type != SCCP_RESET_TYPE_RESET && type != SCCP_RESET_TYPE_RESTART) {
		device_count(d, COUNT_pdu_value);
		return;
	}
	device_count(d, type == SCCP_RESET_TYPE_RESET ? COUNT_resets : COUNT_restarts);
	if (waits)
		d->reg.reset_waits = type;
	else
		obey(d, type, now);
}
