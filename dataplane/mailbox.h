// SPDX-License-Identifier: GPL-3.0-or-later
// mailbox.h - Commands into a worker, replies and events out of it, applied between bursts.
//
// A mail is a command on its way down and its own reply on its way up: the main thread owns it before and after, the
// worker in between. Nothing is copied and nothing is allocated on the worker's side.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ring.h>

#include "gw/media.h"

#define MAILBOX_MAILS  2048 // in flight to one worker
#define MAILBOX_EVENTS 1024

struct worker;

enum mail_kind {
	MAIL_CONFERENCE_OPEN,  // conference_spec -> conference
	MAIL_CONFERENCE_CLOSE, // conference, slots
	MAIL_CONFERENCE_INFO,  // conference -> outcome
	MAIL_STREAM_OPEN,      // stream_spec, handle, slots[0], hop -> stream
	MAIL_STREAM_SET,       // stream, stream_spec, hop
	MAIL_STREAM_CLOSE,     // stream, slots[0] -> stats
	MAIL_STREAM_STATS,     // stream -> stats, stream_spec
	MAIL_SOURCE_OPEN,      // source_spec -> source
	MAIL_SOURCE_CLOSE,     // source
	MAIL_DIGIT_SEND,       // stream, digit, duration_ms
	MAIL_TAP_OPEN,         // stream, tap
	MAIL_TAP_CLOSE,        // stream, tap; -ENOENT: it was over already
	MAIL_KIND_COUNT
};

struct mail {
	enum mail_kind kind;
	int status;          // out: 0 or negative errno
	uint32_t handle;     // API handle of what it is about
	uint32_t conference; // index in the worker's media
	uint32_t stream;     // index in the worker's media
	uint32_t source;     // index in the worker's media
	uint16_t hop;
	uint16_t duration_ms;
	uint32_t digit;
	uint32_t outcome; // enum conference_outcome
	uint32_t *slot;   // of the stream in lookup
	uint32_t **slots; // conference close: those of all its streams
	uint32_t slot_count;
	struct conference_spec conference_spec;
	struct stream_spec stream_spec;
	struct stream_stats stats;
	const struct media_source_spec *source_spec;
	struct media_tap *tap;
	uint64_t request[4]; // the sender's own
	struct mail *next;   // the sender's own
};

// Wakes the main thread from its poll.
struct wake {
	int fd; // eventfd
	atomic_bool asleep;
};

struct mailbox {
	struct rte_ring *down;   // main puts, worker takes
	struct rte_ring *up;     // worker puts, main takes
	struct rte_ring *events; // worker puts, main takes; struct worker_event
	struct wake *wake;
	atomic_uint asleep; // the worker sleeps in mailbox_sleep
};

// Makes the rings of worker `id`. Returns 0 or -ENOMEM.
int mailbox_init(struct mailbox *b, unsigned int id, int socket, struct wake *wake);

// Takes half-made ones.
void mailbox_fini(struct mailbox *b);

// Main: posts a command. Returns 0, or -EAGAIN when MAILBOX_MAILS are in flight.
int mailbox_post(struct mailbox *b, struct mail *mail);

// Main: wakes the worker if it sleeps; after posts.
void mailbox_ring(struct mailbox *b);

// Worker: sleeps until a time or the next command.
void mailbox_sleep(struct worker *w, nsec_t until);

// Main: takes a reply, NULL if there is none.
struct mail *mailbox_reply(struct mailbox *b);

// Whether no command waits. Worker.
bool mailbox_is_empty(const struct worker *w);

// Worker: applies waiting commands, at most 32. Returns how many.
unsigned int mailbox_run(struct worker *w);

// Worker: passes the events of gw/media on. Returns how many.
unsigned int mailbox_events(struct worker *w);

// Worker: makes the main thread look at its rings, if it sleeps.
void mailbox_wake(struct worker *w);
