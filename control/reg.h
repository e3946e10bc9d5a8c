// SPDX-License-Identifier: GPL-3.0-or-later
// reg.h - Registration FSM of one device.
//
// idle -> waiting -> connecting -> registering -> capabilities -> in_service, and unregistering on the way out.
// A device holds one connection to one agent, and for a moment a second one that probes a better agent. A telephone
// asks the better agent for a token first, and keeps an idle connection to the next worse one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/addr.h"
#include "gw/clock.h"
#include "gw/fsm.h"
#include "gw/timer.h"

struct device;
struct sccp_msg;
struct link;

enum reg_state {
	REG_IDLE,         // not started, or stopped
	REG_WAITING,      // for the back-off
	REG_CONNECTING,   // TCP
	REG_REGISTERING,  // Register sent
	REG_CAPABILITIES, // accepted; the agent has not asked for capabilities yet
	REG_IN_SERVICE,
	REG_UNREGISTERING, // Unregister sent
	REG_STATE_COUNT
};

// Why the last connection to an agent ended, as telephones number it in their Alarm (the causes that CallManager's catalogue of
// alarms lists for devices out of service).
enum reg_cause {
	REG_CAUSE_TIMEOUT = 10,   // TCP
	REG_CAUSE_TCP_RESET = 12, // by the agent
	REG_CAUSE_CLOSED = 14,    // likewise
	REG_CAUSE_KEEPALIVE = 15,
	REG_CAUSE_REGISTER = 17, // no answer to it
	REG_CAUSE_FALL_BACK = 18,
	REG_CAUSE_RESET = 22,
	REG_CAUSE_RESTART = 23,
	REG_CAUSE_REJECTED = 24,
	REG_CAUSE_NEW = 25 // there was none
};

// Why the device leaves its agent.
enum reg_leave { REG_LEAVE_STOP, REG_LEAVE_RESET, REG_LEAVE_FALL_BACK };

struct reg {
	struct fsm fsm; // enum reg_state
	struct link *link;
	struct link *probe; // to the better agent
	struct addr local;  // of the connection
	struct addr probe_local;
	bool probe_up;
	bool token_asked;     // over the probe
	struct timer token;   // for the answer
	struct link *standby; // to the next agent
	const struct config_agent *standby_agent;
	struct addr standby_local;
	bool standby_up, standby_acks;
	uint32_t standby_unanswered;
	uint32_t secondary_ms;      // between its KeepAlives
	struct timer standby_timer; // to connect, or for the next KeepAlive
	bool has_turn;              // to connect when the timer is over
	nsec_t registered;          // the present or last registration's begin
	uint32_t serial;            // grows with every connection: work that outlives one notices
	uint8_t version;            // negotiated, once registered
	uint32_t keepalive_ms;
	uint32_t unanswered; // KeepAlives since anything was received
	bool acks_keepalive; // this agent has answered one
	enum reg_leave leave;
	enum reg_cause cause;
	nsec_t since;       // of the present state
	char reject[64];    // text of the last RegisterReject, "" after a success
	char why[96];       // why the last connection ended
	struct timer timer; // of the present state
	struct timer keepalive;
	struct timer switchback;
	struct timer notify;      // delayed MediaResourceNotification
	struct timer reset;       // the last call has ended
	uint32_t reset_waits;     // type of the Reset that a telephone's calls hold up, 0 = none
	uint32_t told_in_service; // what the agent was told
	uint32_t told_out_of_service;
};

void reg_init(struct reg *r, struct device *d);
void reg_fini(struct reg *r);

// Begins to register.
void reg_start(struct device *d, nsec_t now);

// Unregisters and stays away.
void reg_stop(struct device *d, nsec_t now);

// True once media requests of the agent are served.
bool reg_is_registered(const struct device *d);

// Capacity may have changed: tells the agent soon, if so.
void reg_capacity_changed(struct device *d, nsec_t now);

// Messages of the agent; from dispatch.
void reg_on_ack(struct device *d, const struct sccp_msg *m, nsec_t now);
void reg_on_reject(struct device *d, const struct sccp_msg *m, nsec_t now);
void reg_on_capabilities_req(struct device *d, const struct sccp_msg *m, nsec_t now);
void reg_on_keepalive_ack(struct device *d, const struct sccp_msg *m, nsec_t now);
void reg_on_unregister_ack(struct device *d, const struct sccp_msg *m, nsec_t now);
void reg_on_reset(struct device *d, const struct sccp_msg *m, nsec_t now);

// A telephone has no call any more: a Reset that waited for that is obeyed.
void reg_calls_over(struct device *d, nsec_t now);

const char *reg_state_name(unsigned int state);

// The table, for tests and documents.
extern const struct fsm_table reg_table;
