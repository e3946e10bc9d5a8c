// SPDX-License-Identifier: GPL-3.0-or-later
// reg_inner.h - What the files of the registration room share.
#pragma once

#include "control/reg.h"
#include "gw/sccp.h"

// Sends a message without fields.
void reg_say(struct device *d, enum sccp_id id, nsec_t now);

// A connection has ended for a reason in words; what telephones call that.
enum reg_cause reg_cause_of(const char *why);

// Sends Register, what follows it, and of a telephone what stands before it.
void reg_say_register(struct device *d, nsec_t now);

// Sends the capacity of the moment, and remembers what was told.
void reg_say_notification(struct device *d, nsec_t now);

// Timer of delayed notifications.
void reg_on_notify(struct timer *t, nsec_t now);
void reg_on_calls_over(struct timer *t, nsec_t now);

void reg_say_capabilities(struct device *d, nsec_t now);

// How often to send KeepAlive: as configured, else as RegisterAck said within bounds.
uint32_t reg_keepalive_ms(const struct device *d, uint32_t agent_s);

// Closes a connection, if there is one.
void reg_close_link(struct device *d, struct link **link);

// Leaves the agent.
void reg_leave(struct device *d, enum reg_leave why, nsec_t now);

// ---- second connections: reg_spare.c ----

void reg_spare_init(struct device *d);

// Registered: looks for a better agent from time to time, and keeps a standby if the group says so.
void reg_spare_registered(struct device *d, uint32_t secondary_s, nsec_t now);

void reg_spare_drop_probe(struct device *d);
void reg_spare_drop_standby(struct device *d);

// The connection that probed the better agent becomes the device's; it may have ended meanwhile: then there is none.
void reg_spare_take_probe(struct device *d);

// The standby is up, and it is the agent to be tried next.
bool reg_spare_standby_ready(const struct device *d);

// Then its connection becomes the device's. False: there is none; one to the agent to be tried that is not up is closed.
bool reg_spare_take_standby(struct device *d);
