// SPDX-License-Identifier: GPL-3.0-or-later
// mailbox.c - The rings between main thread and worker, and what each command does there.
#include "dataplane/mailbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <rte_ring_elem.h>

#include "dataplane/hot/stage.h"
#include "dataplane/worker.h"

enum { RUN_MAX = 32 };

static struct rte_ring *make(const char *name, unsigned int id, size_t element, unsigned int count,
			     int socket)
{
	char text[RTE_RING_NAMESIZE];
	snprintf(text, sizeof(text), "%s_%u", name, id);
	return rte_ring_create_elem(text, (unsigned int)element, count, socket,
				    RING_F_SP_ENQ | RING_F_SC_DEQ);
}

int mailbox_init(struct mailbox *b, unsigned int id, int socket, struct wake *wake)
{
	b->wake = wake;
	b->down = make("mail_down", id, sizeof(void *), MAILBOX_MAILS * 2, socket);
	b->up = make("mail_up", id, sizeof(void *), MAILBOX_MAILS * 2, socket);
	b->events = make("mail_event", id, sizeof(struct worker_event), MAILBOX_EVENTS, socket);
	return b->down && b->up && b->events ? 0 : -ENOMEM;
}

void mailbox_fini(struct mailbox *b)
{
	rte_ring_free(b->down);
	rte_ring_free(b->up);
	rte_ring_free(b->events);
}

int mailbox_post(struct mailbox *b, struct mail *mail)
{
	if (rte_ring_count(b->down) >= MAILBOX_MAILS)
		return -EAGAIN;
	return rte_ring_sp_enqueue(b->down, mail) == 0 ? 0 : -EAGAIN;
}

static long futex(atomic_uint *word, int operation, unsigned int value, const struct timespec *until)
{
	return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, until, NULL,
		       FUTEX_BITSET_MATCH_ANY);
}

void mailbox_ring(struct mailbox *b)
{
	atomic_thread_fence(memory_order_seq_cst); // ring writes before the look at `asleep`
	if (atomic_load_explicit(&b->asleep, memory_order_relaxed) && atomic_exchange(&b->asleep, 0))
		futex(&b->asleep, FUTEX_WAKE_BITSET, 1, NULL);
}

void mailbox_sleep(struct worker *w, nsec_t until)
{
	struct mailbox *b = w->mailbox;
	struct timespec t = {.tv_sec = (time_t)(until / NSEC_PER_SEC),
			     .tv_nsec = (long)(until % NSEC_PER_SEC)};
	atomic_store(&b->asleep, 1);
	atomic_thread_fence(memory_order_seq_cst);
	if (rte_ring_empty(b->down))
		futex(&b->asleep, FUTEX_WAIT_BITSET, 1, &t); // until a time on CLOCK_MONOTONIC
	atomic_store(&b->asleep, 0);
}

struct mail *mailbox_reply(struct mailbox *b)
{
	void *mail = NULL;
	return rte_ring_sc_dequeue(b->up, &mail) == 0 ? mail : NULL;
}

static void conference_open(struct worker *w, struct mail *m)
{
	m->status = media_conference_open(w->media, &m->conference_spec, &m->conference);
}

static void conference_close(struct worker *w, struct mail *m)
{
	// No packet may find a stream that media has closed.
	for (uint32_t i = 0; i < m->slot_count; i++) {
		uint32_t entry = *m->slots[i];
		lookup_publish(m->slots[i], 0);
		if (entry & LOOKUP_VALID)
			tick_bye(w, lookup_entry_stream(entry));
	}
	m->status = media_conference_close(w->media, m->conference, w->now);
}

static void conference_info(struct worker *w, struct mail *m)
{
	enum conference_outcome outcome = CONFERENCE_EMPTY;
	const struct conference_spec *spec = NULL;
	int n = media_conference_info(w->media, m->conference, &outcome, &spec);
	m->status = n < 0 ? n : 0;
	m->outcome = outcome;
	if (n >= 0 && spec)
		m->conference_spec = *spec;
}

static void stream_open(struct worker *w, struct mail *m)
{
	m->status = media_stream_open(w->media, &m->stream_spec, w->now, &m->stream);
	if (m->status)
		return;
	w->handles[m->stream] = m->handle;
	media_stream_hop_set(w->media, m->stream, m->hop);
	lookup_publish(m->slot, lookup_entry(w->id, m->stream));
}

static void stream_set(struct worker *w, struct mail *m)
{
	m->status = media_stream_set(w->media, m->stream, &m->stream_spec, w->now);
	if (m->status == 0)
		media_stream_hop_set(w->media, m->stream, m->hop);
}

static void stream_stats(struct worker *w, struct mail *m)
{
	m->status = media_stream_stats(w->media, m->stream, w->now, &m->stats);
	const struct stream_spec *spec = media_stream_spec(w->media, m->stream);
	if (spec)
		m->stream_spec = *spec;
}

static void stream_close(struct worker *w, struct mail *m)
{
	lookup_publish(m->slot, 0);
	stream_stats(w, m);
	tick_bye(w, m->stream);
	m->status = media_stream_close(w->media, m->stream, w->now);
	w->handles[m->stream] = 0;
}

static void source_open(struct worker *w, struct mail *m)
{
	m->status = media_source_open(w->media, m->source_spec, &m->source);
}

static void source_close(struct worker *w, struct mail *m)
{
	m->status = media_source_close(w->media, m->source);
}

static void digit_send(struct worker *w, struct mail *m)
{
	m->status = media_digit_send(w->media, m->stream, m->digit, m->duration_ms);
}

static void tap_open(struct worker *w, struct mail *m)
{
	m->status = media_tap_open(w->media, m->stream, m->tap, w->now);
}

static void tap_close(struct worker *w, struct mail *m)
{
	m->status = media_tap_close(w->media, m->stream, m->tap, w->now);
}

static void (*const commands[MAIL_KIND_COUNT])(struct worker *w, struct mail *m) = {
	[MAIL_CONFERENCE_OPEN] = conference_open,
	[MAIL_CONFERENCE_CLOSE] = conference_close,
	[MAIL_CONFERENCE_INFO] = conference_info,
	[MAIL_STREAM_OPEN] = stream_open,
	[MAIL_STREAM_SET] = stream_set,
	[MAIL_STREAM_CLOSE] = stream_close,
	[MAIL_STREAM_STATS] = stream_stats,
	[MAIL_SOURCE_OPEN] = source_open,
	[MAIL_SOURCE_CLOSE] = source_close,
	[MAIL_DIGIT_SEND] = digit_send,
	[MAIL_TAP_OPEN] = tap_open,
	[MAIL_TAP_CLOSE] = tap_close,
};

bool mailbox_is_empty(const struct worker *w)
{
	return rte_ring_empty(w->mailbox->down);
}

unsigned int mailbox_run(struct worker *w)
{
	void *mails[RUN_MAX];
	unsigned int n = rte_ring_sc_dequeue_burst(w->mailbox->down, mails, RUN_MAX, NULL);
	for (unsigned int i = 0; i < n; i++) {
		struct mail *m = mails[i];
		commands[m->kind](w, m);
		// Never full: it is as long as the way down.
		rte_ring_sp_enqueue(w->mailbox->up, m);
	}
	return n;
}

unsigned int mailbox_events(struct worker *w)
{
	struct media_event e;
	unsigned int n = 0;
	// What does not fit waits in media's own bounded queue.
	while (rte_ring_free_count(w->mailbox->events) && media_event_next(w->media, &e)) {
		struct worker_event out = {.kind = e.kind, .value = e.value};
		const struct stream_spec *spec =
			e.kind == MEDIA_SOURCE_END ? NULL : media_stream_spec(w->media, e.stream);
		if (spec) {
			out.handle = w->handles[e.stream];
			out.ref = spec->ref;
		}
		rte_ring_sp_enqueue_elem(w->mailbox->events, &out, sizeof(out));
		n++;
	}
	return n;
}

void mailbox_wake(struct worker *w)
{
	struct wake *wake = w->mailbox->wake;
	atomic_thread_fence(memory_order_seq_cst); // ring writes before the look at `asleep`
	if (atomic_load_explicit(&wake->asleep, memory_order_relaxed) &&
	    atomic_exchange(&wake->asleep, false)) {
		uint64_t one = 1;
		ssize_t ignored = write(wake->fd, &one, sizeof(one));
		(void)ignored; // a full counter wakes as well
	}
}
