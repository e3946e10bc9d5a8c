// SPDX-License-Identifier: GPL-3.0-or-later
// inner.h - What the files of the API server share.
#pragma once

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "dataplane/server.h"
#include "dataplane/portmap.h"
#include "dataplane/recording.h"
#include "dataplane/scribe.h"
#include "dataplane/sound.h"
#include "gw/api.h"
#include "gw/ipc.h"
#include "gw/list.h"
#include "gw/slot.h"

#define SERVER_CLIENTS_MAX 16
#define SERVER_QUEUE_MAX   4096 // messages waiting for one slow client
#define SERVER_QUEUE_HIGH                                                                                    \
	1024 // so many waiting, and nothing more is read from it: as many again may be under way
#define SERVER_MAILS     1024 // commands in flight; never more than a mailbox holds
#define SERVER_MAILS_ONE 32   // that one request may need
#define SERVER_OUT       8192 // bytes of messages sent to one client together

enum server_state { SERVER_OPENING, SERVER_OPEN, SERVER_CLOSING };

// Of these there are many: what a worker knows of a conference or stream is not kept here as well.
struct server_conference {
	struct list streams;
	struct list sources;
	uint32_t index; // in the worker's media
	uint32_t stream_count;
	uint32_t moves; // streams on their way in or out
	uint16_t worker;
	uint8_t state; // enum server_state
	uint8_t flags; // enum conference_flag
	char device[STREAM_DEVICE_MAX];
};

struct server_stream {
	struct list node; // in its conference
	struct server_conference *conference;
	uint32_t index; // in the worker's media
	uint16_t port;  // of ours, even
	uint16_t worker;
	uint16_t hop;
	uint8_t local_index; // our address, in lookup
	uint8_t state;       // enum server_state
	bool hidden;         // a live source's: in no listing, nobody's business
	bool moving;         // to another conference; the handle of that is in the mail
};

enum server_record_state {
	SERVER_RECORD_MAKING,  // its file
	SERVER_RECORD_OPENING, // the worker has not answered
	SERVER_RECORD_OPEN,
	SERVER_RECORD_CLOSING, // likewise
	SERVER_RECORD_OVER,    // the worker has let go of it
	SERVER_RECORD_ENDING,  // its file is being completed, or deleted
};

// What the scribe does for it.
enum server_record_work {
	SERVER_RECORD_MAKE,
	SERVER_RECORD_WRITE,
	SERVER_RECORD_COMPLETE,
	SERVER_RECORD_DISCARD
};

// While it is `busy` the scribe has it: file, said, rc and options are the scribe's.
struct server_record {
	struct list node; // in server.recording
	struct scribe_job job;
	bool busy;
	uint8_t work; // enum server_record_work
	uint8_t said; // enum recording_state of the last write
	int rc;       // of making or completing
	nsec_t at;    // when it was posted
	struct recording_options options;
	char label[API_RECORD_LABEL_MAX + 1];
	uint64_t client; // to be answered once it is made
	uint32_t request;
	struct recording *file;
	char name[RECORDING_NAME_MAX];
	uint32_t ms; // written
	uint32_t stream_handle;
	uint32_t stream; // index in the worker's media
	uint32_t lost;   // 10 ms each
	bool slow;       // the disk has been, and that was said
	uint16_t worker;
	uint8_t state; // enum server_record_state
	uint8_t end;   // enum api_record_end, once it is known
	int status;    // of API_RECORD_FAILED
};

struct server_source {
	struct list node; // in its conference
	struct server_conference *conference;
	struct server_stream *live;    // receives it, instead of the following
	struct media_source_spec spec; // pieces are those of `sounds`, in order
	struct sound *sounds[MEDIA_PIECES];
	uint8_t items[MEDIA_PIECES];  // what was asked for that they are
	uint16_t gains[MEDIA_PIECES]; // 256 = as it is
	uint32_t sound_count;
	uint32_t unreadable; // items asked for that are not among the pieces
	int first_status;    // why the first of them was not
	struct list loading; // in server.loading, while a sound is being read
	uint64_t client;     // to be answered then
	uint32_t request;
	uint32_t index; // in the worker's media
	uint8_t state;  // enum server_state
	bool ended;     // all of it has been played
};

// A message that waits for its client to read.
struct server_waiting {
	struct list node;
	struct api_message message;
};

struct server_client {
	uint64_t id; // never used twice; 0 = free
	int fd;
	uint32_t waiting_count;
	struct list waiting;
	bool closing;
	char name[32];
	uint32_t out_len; // bytes in out
	char out[SERVER_OUT];
};

// A listing that waits for its workers' answers.
struct server_page {
	uint64_t client;
	unsigned int outstanding;
	struct api_message message;
};

struct server {
	struct dataplane *dp;
	int listener;
	uint64_t boot_id;
	uint64_t client_last;
	struct server_client clients[SERVER_CLIENTS_MAX];
	struct slot_table streams;
	struct slot_table conferences;
	struct slot_table sources;
	void *streams_memory;
	void *conferences_memory;
	void *sources_memory;
	struct sounds sounds;
	struct list loading; // sources that wait for theirs
	struct slot_table records;
	void *records_memory;
	struct list recording; // records in use
	struct scribe *scribe;
	nsec_t record_due;
	uint32_t record_count; // since start
	uint32_t worker_streams[WORKERS_MAX];
	uint32_t worker_conferences[WORKERS_MAX];
	uint32_t worker_empty[WORKERS_MAX]; // conferences that have no streams
	uint64_t overloaded;                // requests refused because of load
	nsec_t overload_told;               // not to be told again before
	struct portmap ports;
	struct mail *mails; // [SERVER_MAILS]
	struct mail *mails_free;
	struct mail *mails_held; // conferences to be closed once nothing moves in or out
	unsigned int mails_left;
	struct api_message in[IPC_BATCH]; // being read
};

// Handles one checked request.
void server_request(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now);

// Answers requests that no worker needs to see.
void server_hello(struct server *s, const struct api_message *m, struct api_message *ret);
void server_status(struct server *s, struct api_message *ret);
void server_drops(struct server *s, struct api_message *ret);

// Load that is to be expected of a worker with all that is open, LOAD_WHOLE = one core; admit.c.
uint64_t server_worker_load(const struct server *s, unsigned int worker);

// The worker that has most to spare.
unsigned int server_worker_choose(const struct server *s);

// May a conference's worker take one more stream? Returns 0 or -EBUSY, counted.
int server_admit(struct server *s, const struct server_conference *k, const struct stream_spec *spec,
		 nsec_t now);

// Sends a message to a client that may have gone, with the others of this turn, or waits until it reads.
void server_send(struct server *s, uint64_t client, const struct api_message *m);

// Sends an error in place of a reply.
void server_refuse(struct server *s, uint64_t client, unsigned int type, uint32_t request, int status);

// Begins a listing: streams or conferences by the request's type.
void server_list(struct server *s, struct server_client *c, const struct api_message *m);

// Puts a worker's answer into its page, and sends the page when it was the last.
void server_list_reply(struct server *s, const struct mail *m);

// Requests about sources; source.c.
int server_source_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now);
int server_source_close(struct server *s, struct server_client *c, const struct api_message *m);
void server_source_replied(struct server *s, const struct mail *m, struct api_message *reply);

// Requests about recordings, and their ends when the process stops; record.c.
int server_record_open(struct server *s, struct server_client *c, const struct api_message *m, nsec_t now);
int server_record_close(struct server *s, struct server_client *c, const struct api_message *m);
int server_record_delete(struct server *s, const struct api_message *m);
void server_record_list(struct server *s, const struct api_message *m, struct api_message *ret);
void server_record_replied(struct server *s, const struct mail *m, struct api_message *reply);
void server_records_end(struct server *s);

// Sends an event to every client.
void server_send_all(struct server *s, const struct api_message *m);

// Our end of a stream, and where workers find the stream by it.
struct addr_port server_stream_local(const struct server *s, const struct server_stream *t);
uint32_t *server_stream_slot(const struct server *s, const struct server_stream *t);

// Makes a stream a member of its conference.
void server_stream_add(struct server *s, struct server_conference *k, struct server_stream *t);

// Gives back all that a stream holds.
void server_stream_release(struct server *s, struct server_stream *t);

// Forgets a source that its worker plays no more.
void server_source_release(struct server *s, struct server_source *t);

// Reads a slice of what sources wait for, and has those played that wait no more. Returns when it wants to run again.
nsec_t server_sources_run(struct server *s, nsec_t now);

// Writes what recordings have gathered. Likewise.
nsec_t server_records_run(struct server *s, nsec_t now);

// Where a command's reply goes; kept in mail.request.
enum server_context { SERVER_CLIENT, SERVER_REQUEST, SERVER_TYPE, SERVER_EXTRA };

// Takes a mail from the pool, prepared for a request. There is always one: SERVER_MAILS_ONE are kept for each request.
struct mail *server_mail(struct server *s, enum mail_kind kind, uint64_t client, uint32_t request,
			 unsigned int type);

// Gives a mail back.
void server_mail_free(struct server *s, struct mail *m);

// Posts to a worker. The mailbox is longer than the pool, so that this cannot fail.
void server_post(struct server *s, unsigned int worker, struct mail *m);
