// SPDX-License-Identifier: GPL-3.0-or-later
// log.c - Builds one log line and hands it to the kernel in one write.
#include "gw/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const struct {
	const char *name;
	int priority; // of syslog(3), as sd-daemon(3) prefixes take it
} levels[LOG_LEVEL_COUNT] = {
	[LOG_LEVEL_ERROR] = {"error", 3},   [LOG_LEVEL_WARNING] = {"warning", 4},
	[LOG_LEVEL_NOTICE] = {"notice", 5}, [LOG_LEVEL_INFO] = {"info", 6},
	[LOG_LEVEL_DEBUG] = {"debug", 7},
};

static struct {
	int fd;
	bool journal;
	enum log_level level;
} out = {.fd = STDERR_FILENO, .level = LOG_LEVEL_NOTICE};

// systemd names the device and inode of the stream it reads; stderr may have been redirected since.
static bool stderr_is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	return text && sscanf(text, "%llu:%llu", &device, &inode) == 2 && fstat(STDERR_FILENO, &st) == 0 &&
	       st.st_dev == device && st.st_ino == inode;
}

void log_init(void)
{
	log_output(STDERR_FILENO, stderr_is_journal());
}

void log_output(int fd, bool journal)
{
	out.fd = fd;
	out.journal = journal;
}

void log_set_level(enum log_level level)
{
	out.level = level;
}

bool log_enabled(enum log_level level)
{
	return level <= out.level;
}

const char *log_level_name(unsigned int level)
{
	return level < LOG_LEVEL_COUNT ? levels[level].name : "?";
}

// Relaxed atomics: two threads at one site may write a line more than allowed, never a torn counter.
bool log_site_allow(struct log_site *site, nsec_t now, unsigned int *ret_suppressed)
{
	nsec_t since = __atomic_load_n(&site->since, __ATOMIC_RELAXED);
	if (since == 0 || now - since >= LOG_INTERVAL) {
		__atomic_store_n(&site->since, now, __ATOMIC_RELAXED);
		__atomic_store_n(&site->written, 0, __ATOMIC_RELAXED);
	}
	if (__atomic_fetch_add(&site->written, 1, __ATOMIC_RELAXED) >= LOG_BURST) {
		__atomic_fetch_add(&site->suppressed, 1, __ATOMIC_RELAXED);
		return false;
	}
	*ret_suppressed = __atomic_exchange_n(&site->suppressed, 0, __ATOMIC_RELAXED);
	return true;
}

static nsec_t monotonic(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (nsec_t)ts.tv_sec * NSEC_PER_SEC + (nsec_t)ts.tv_nsec;
}

struct line {
	char text[LOG_LINE_MAX];
	size_t len;
};

// Leaves room for the newline.
static void put_char(struct line *l, char c)
{
	if (l->len < sizeof(l->text) - 1)
		l->text[l->len++] = c;
}

static void put_text(struct line *l, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 && c != 0x7f) {
			put_char(l, *p);
			continue;
		}
		put_char(l, '\\');
		put_char(l, 'x');
		put_char(l, hex[c >> 4]);
		put_char(l, hex[c & 15]);
	}
}

static void put_start(struct line *l, enum log_level level)
{
	char text[64];
	if (out.journal) {
		snprintf(text, sizeof(text), "<%d>", levels[level].priority);
	} else {
		struct timespec ts;
		struct tm tm;
		clock_gettime(CLOCK_REALTIME, &ts);
		gmtime_r(&ts.tv_sec, &tm);
		size_t n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(text + n, sizeof(text) - n, ".%06ldZ %s ", ts.tv_nsec / 1000, levels[level].name);
	}
	put_text(l, text);
}

void log_write(struct log_site *site, enum log_level level, const char *object, const char *message,
	       const char *fields, ...)
{
	unsigned int suppressed = 0;
	if (!log_site_allow(site, monotonic(), &suppressed))
		return;
	struct line l = {.len = 0};
	put_start(&l, level);
	if (object) {
		put_text(&l, object);
		put_text(&l, ": ");
	}
	put_text(&l, message);
	if (fields[0] != '\0' && fields[1] != '\0') {
		char text[LOG_LINE_MAX];
		va_list ap;
		va_start(ap, fields);
		vsnprintf(text, sizeof(text), fields, ap);
		va_end(ap);
		put_text(&l, text);
	}
	if (suppressed > 0) {
		char text[32];
		snprintf(text, sizeof(text), " suppressed=%u", suppressed);
		put_text(&l, text);
	}
	l.text[l.len++] = '\n';
	// A log that cannot be written has nowhere to say so.
	ssize_t n = write(out.fd, l.text, l.len);
	(void)n;
}
