// SPDX-License-Identifier: GPL-3.0-or-later
// scribe.c - A thread for what may wait for the disk.
#include "dataplane/scribe.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct scribe {
	pthread_t thread;
	pthread_mutex_t lock; // held for a few instructions only, never while a job runs
	pthread_cond_t posted, idle;
	struct list jobs;
	bool running; // a job
	bool stopping;
	unsigned int done; // since scribe_wait
};

static void *work(void *arg)
{
	struct scribe *s = arg;
	pthread_mutex_lock(&s->lock);
	for (;;) {
		while (list_empty(&s->jobs) && !s->stopping)
			pthread_cond_wait(&s->posted, &s->lock);
		struct list *first = list_pop_front(&s->jobs);
		if (!first)
			break;
		struct scribe_job *job = LIST_ITEM(first, struct scribe_job, link);
		s->running = true;
		pthread_mutex_unlock(&s->lock);
		job->run(job);
		atomic_store_explicit(&job->done, true, memory_order_release); // it is the owner's again
		pthread_mutex_lock(&s->lock);
		s->running = false;
		s->done++;
		if (list_empty(&s->jobs))
			pthread_cond_broadcast(&s->idle);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

int scribe_new(struct scribe **ret)
{
	struct scribe *s = calloc(1, sizeof(*s));
	sigset_t all, was;
	if (!s)
		return -ENOMEM;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->posted, NULL);
	pthread_cond_init(&s->idle, NULL);
	list_init(&s->jobs);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was); // signals are the main thread's
	int rc = pthread_create(&s->thread, NULL, work, s);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	if (rc) {
		free(s);
		return -rc;
	}
	pthread_setname_np(s->thread, "scribe");
	*ret = s;
	return 0;
}

void scribe_free(struct scribe *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->posted);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->posted);
	pthread_cond_destroy(&s->idle);
	free(s);
}

void scribe_post(struct scribe *s, struct scribe_job *job)
{
	atomic_store_explicit(&job->done, false, memory_order_relaxed);
	pthread_mutex_lock(&s->lock);
	list_push_back(&s->jobs, &job->link);
	pthread_cond_signal(&s->posted);
	pthread_mutex_unlock(&s->lock);
}

unsigned int scribe_wait(struct scribe *s)
{
	pthread_mutex_lock(&s->lock);
	while (s->running || !list_empty(&s->jobs))
		pthread_cond_wait(&s->idle, &s->lock);
	unsigned int n = s->done;
	s->done = 0;
	pthread_mutex_unlock(&s->lock);
	return n;
}
