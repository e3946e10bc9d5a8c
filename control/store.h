// SPDX-License-Identifier: GPL-3.0-or-later
// store.h - Put, drop and scan of this node's records, kept in memory or in Redis.
//
// Calls never wait: put and drop note the newest state and return; Redis is written behind, pipelined, newest state of
// a name only. While Redis is away a breaker is open, records collect here, and when it returns the whole present
// state is replayed and what is no longer true is removed. Loop thread only.
//
// What Redis holds (all keys of a node share one hash tag, so that Redis Cluster keeps them in one slot):
//   slimline:{node}:lease             "<epoch> <owner>", expires after lease_ms unless renewed
//   slimline:{node}:<kind>:<name>     "slimline <schema> <epoch> <owner>\n" and the record's text
// Epochs are 16 hex digits. A writer whose epoch is older than the lease's has been superseded and writes nothing;
// a record is removed only by a writer of its own or a newer epoch.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gw/config.h"

#define STORE_SCHEMA        3    // written
#define STORE_SCHEMA_OLDEST 1    // still read
#define STORE_NAME_MAX      96   // with its NUL
#define STORE_OWNER_MAX     64   // with its NUL
#define STORE_VALUE_MAX     2048 // bytes of a record's text

struct event_base;
struct store;

enum store_kind { STORE_DEVICE, STORE_CONFERENCE, STORE_PARTY, STORE_KIND_COUNT };

enum store_state {
	STORE_CONNECTING, // first attempt still under way
	STORE_READY,      // written as things happen; memory is always ready
	STORE_AWAY,       // breaker open: Redis does not answer, retried with back-off
	STORE_SUPERSEDED, // a newer control process owns this node: nothing is written
	STORE_STATE_COUNT
};

struct store_options {
	const char *node;                          // of the keys
	const char *owner;                         // who writes, for operators: "host/pid"
	uint64_t epoch;                            // of this control process, rising with every start
	const struct config_store_options *config; // borrowed for the call
	struct event_base *base;
};

struct store_status {
	const char *kind; // "memory", "redis"
	enum store_state state;
	char server[128];   // where, "" for memory
	char error[128];    // last trouble, "" when none
	uint64_t records;   // present state held here
	uint64_t queued;    // of them waiting to be written
	uint64_t in_flight; // sent, not yet answered
	uint64_t puts;      // asked for
	uint64_t drops;     // asked for
	uint64_t written;   // puts and drops that Redis confirmed
	uint64_t merged;    // replaced by newer state before they were written
	uint64_t overflows; // did not fit the queue: repaired by the next replay
	uint64_t fenced;    // writes refused because a newer epoch owns the node or the record
	uint64_t errors;    // error replies
	uint64_t
		bad_records; // found by scan and skipped: malformed, too long, of a wrong type, of a future schema
	uint64_t breaker_opens;
	uint64_t replays;
};

// One record found by a scan. Borrowed for the call; value is NUL-terminated beyond its len.
struct store_record {
	enum store_kind kind;
	const char *name;
	const char *owner;
	uint64_t epoch;
	unsigned int schema;
	const char *value;
	size_t len;
};

// Receives a scan: every record, then once `done`. A name may come twice when Redis rearranges its table meanwhile.
struct store_scanner {
	void (*record)(void *arg, const struct store_record *record);
	// 0, or -ENOTCONN when Redis is away (or the store closes) and nothing more is coming.
	void (*done)(void *arg, int status);
	void *arg;
};

// Opens the kind that the configuration names. Redis may be away: that is a state, not an error.
// Returns 0 and *ret; -EINVAL for a node or owner that cannot be part of a key; -ENOTSUP when this build has no Redis;
// -EACCES or -ENOENT and others when the password file cannot be read; -ENOMEM.
int store_open(const struct store_options *o, struct store **ret);

// Raises the epoch, after start-up has seen what older processes left. Lower values are ignored.
void store_epoch_set(struct store *s, uint64_t epoch);

// Keeps a record's newest text. Returns 0, -EINVAL for a bad name, -EMSGSIZE, -ENOMEM.
int store_put(struct store *s, enum store_kind kind, const char *name, const char *value, size_t len);

// Forgets a record, also one that only an earlier process knew. Returns 0, -EINVAL, -ENOMEM.
int store_drop(struct store *s, enum store_kind kind, const char *name);

// True while a record that was put through this store is there.
bool store_has(const struct store *s, enum store_kind kind, const char *name);

// Reads every record of this node, after all that was put before it. Callbacks come from the loop, never from here.
// From the first scan on, what the store holds beyond our own puts counts as left over and a replay removes it.
// Returns 0, -EBUSY while another scan runs, -ENOMEM.
int store_scan(struct store *s, const struct store_scanner *scanner);

void store_status(const struct store *s, struct store_status *ret);

// Closes. What Redis has not confirmed by then is given one bounded, non-waiting attempt to be sent.
// A scan under way gets its `done` with -ENOTCONN. Takes NULL.
void store_close(struct store *s);

// "device", "conference", "party"; "connecting", "ready", "away", "superseded".
const char *store_kind_name(enum store_kind kind);
const char *store_state_name(enum store_state state);
