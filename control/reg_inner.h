// SPDX-License-Identifier: GPL-3.0-or-later
// reg_inner.h - What the files of the registration room share.
#pragma once

#include "control/reg.h"
#include "gw/sccp.h"

// Sends a message without fields.
void reg_say(struct device *d, enum sccp_id id, nsec_t now);

// Sends Register and what follows it.
void reg_say_register(struct device *d, nsec_t now);

// Sends the capacity of the moment, and remembers what was told.
void reg_say_notification(struct device *d, nsec_t now);

// Timer of delayed notifications.
void reg_on_notify(struct timer *t, nsec_t now);

void reg_say_capabilities(struct device *d, nsec_t now);

// How often to send KeepAlive: as configured, else as RegisterAck said within bounds.
uint32_t reg_keepalive_ms(const struct device *d, uint32_t agent_s);
