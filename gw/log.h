// SPDX-License-Identifier: GPL-3.0-or-later
// log.h - One-line structured logs with an object name and a rate limit.
//
//	log_notice(device->name, "registered", "agent=%s version=%u", agent, version);
//	2026-01-31T12:00:00.000001Z notice cfb01: registered agent=lab version=17
//
// Under systemd (JOURNAL_STREAM) the time is left out and the line starts with its <priority>. Each call site
// may write LOG_BURST lines in LOG_INTERVAL; the first line after a silence says how many were suppressed.
// Values may come from the network: control characters leave as \xNN, so that one call stays one line.
// Programs log, rooms do not. Any thread.
#pragma once

#include <stdbool.h>

#include "gw/clock.h"

#define LOG_BURST    20
#define LOG_INTERVAL (10 * NSEC_PER_SEC)
#define LOG_LINE_MAX 1024

enum log_level {
	LOG_LEVEL_ERROR,   // something does not work
	LOG_LEVEL_WARNING, // something works less well, or will stop working
	LOG_LEVEL_NOTICE,  // changes an operator wants to see: registered, failed over, reloaded
	LOG_LEVEL_INFO,    // every call
	LOG_LEVEL_DEBUG,   // every message
	LOG_LEVEL_COUNT
};

// Rate limit of one call site; zeroed at first.
struct log_site {
	nsec_t since;
	unsigned int written;
	unsigned int suppressed;
};

// The last arguments are the fields: a literal printf format of " key=value" pairs and its values, or
// nothing.
#define log_at(level, object, message, ...)                                                                  \
	do {                                                                                                 \
		static struct log_site log_site_;                                                            \
		if (log_enabled(level))                                                                      \
			log_write(&log_site_, level, object, message, " " __VA_ARGS__);                      \
	} while (0)
#define log_error(object, message, ...)   log_at(LOG_LEVEL_ERROR, object, message, __VA_ARGS__)
#define log_warning(object, message, ...) log_at(LOG_LEVEL_WARNING, object, message, __VA_ARGS__)
#define log_notice(object, message, ...)  log_at(LOG_LEVEL_NOTICE, object, message, __VA_ARGS__)
#define log_info(object, message, ...)    log_at(LOG_LEVEL_INFO, object, message, __VA_ARGS__)
#define log_debug(object, message, ...)   log_at(LOG_LEVEL_DEBUG, object, message, __VA_ARGS__)

// Looks at the environment once: where lines go and whether systemd reads them. Without it: stderr with the
// time.
void log_init(void);

// Writes to another descriptor; `journal` selects the priority prefix instead of the time.
void log_output(int fd, bool journal);

// Lines above this level are not written; LOG_LEVEL_NOTICE at first.
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

// "error" .. "debug"; "?" outside the list.
const char *log_level_name(unsigned int level);

// Writes one line, unless the site is over its limit. `object` NULL leaves it out.
void log_write(struct log_site *site, enum log_level level, const char *object, const char *message,
	       const char *fields, ...) __attribute__((format(printf, 5, 6)));

// The limit alone: true when this site may write at now; *ret_suppressed is then what it kept back before.
bool log_site_allow(struct log_site *site, nsec_t now, unsigned int *ret_suppressed);
