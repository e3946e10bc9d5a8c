// SPDX-License-Identifier: GPL-3.0-or-later
// scribe.h - A thread for what may wait for the disk: jobs one after the other, so that the main thread waits for none.
//
// A job is its owner's, and stays where it is until it is done; there is never more than one for each thing that is being
// written, so the queue is as long as there are such things. Posting and looking are for the main thread.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>

#ifndef LIST_ITEM
#undef LIST_FOREACH // of sys/queue.h, which DPDK brings
#endif
#include "gw/list.h"

struct scribe;

struct scribe_job {
	struct list link;
	void (*run)(struct scribe_job *job); // on the scribe's thread
	atomic_bool done;
};

// Starts the thread. Returns 0, or what pthreads say (negative errno).
int scribe_new(struct scribe **ret);

// Ends it, after all that was posted. Takes NULL.
void scribe_free(struct scribe *s);

void scribe_post(struct scribe *s, struct scribe_job *job);

// True once after a job has run; what it has written is to be seen from then on.
static inline bool scribe_done(const struct scribe_job *job)
{
	return atomic_load_explicit(&job->done, memory_order_acquire);
}

// Waits until all that was posted is done: at the end, and in tests. Returns how many jobs were done since it was asked last.
unsigned int scribe_wait(struct scribe *s);
