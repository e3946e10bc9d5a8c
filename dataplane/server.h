// SPDX-License-Identifier: GPL-3.0-or-later
// server.h - The API socket: checks, allocates handles and ports, posts to owners, replies.
//
// Main thread only. Requests of one client are answered in any order; those about one stream are applied in the order
// in which they came. Nothing a client sends, or its end, touches streams other than by a valid request.
#pragma once

#include "dataplane/dataplane.h"

// Listens on the configured socket. Logs what is wrong. Returns 0 or negative errno.
int server_new(struct dataplane *dp, struct server **ret);

// The thread that waits for the disk in its place.
struct scribe *server_scribe(struct server *s);

// Closes clients and socket. Takes NULL.
void server_free(struct server *s);

// Waits for clients, workers or `timeout_ms`, then takes what clients sent. Returns how many messages that were.
unsigned int server_poll(struct server *s, int timeout_ms, nsec_t now);

// Takes a worker's reply; the mail goes back to the server's pool.
void server_reply(struct server *s, struct mail *m, nsec_t now);

// Tells all clients about an event.
void server_event(struct server *s, const struct worker_event *e);

// Writes what recordings have gathered, ends those that are at their limits, and reads on in sound files. Returns when it wants to
// run again.
nsec_t server_run(struct server *s, nsec_t now);
