// SPDX-License-Identifier: GPL-3.0-or-later
// show_job.c - An answer that waits for the dataplane.
#include "control/show_job.h"

#include <errno.h>
#include <stdlib.h>

#include "control/core.h"

static void job_free(struct show_job *j)
{
	dp_abandon(&j->show->core->dp, j->dp_request);
	list_remove(&j->link);
	json_decref(j->streams);
	free(j->groups);
	free(j);
}

struct show_job *show_job_new(struct show *s, struct admin_request *r)
{
	struct show_job *j = calloc(1, sizeof(*j));
	if (!j) {
		admin_fail(r, CTL_REFUSED, "try again", "out of memory");
		return NULL;
	}
	j->show = s;
	j->request = r;
	list_push_back(&s->jobs, &j->link);
	return j;
}

void show_job_reply(struct show_job *j, json_t *data)
{
	admin_reply(j->request, data);
	job_free(j);
}

void show_job_fail(struct show_job *j, int status)
{
	if (status == -ETIMEDOUT)
		admin_fail(j->request, CTL_TIMEOUT,
			   "try again; is a worker stuck? see the log of slimline-dataplane",
			   "the dataplane did not answer in time");
	else if (status == -ENOMEM)
		admin_fail(j->request, CTL_REFUSED, "try again, or ask for one item by its ID",
			   "out of memory");
	else
		admin_fail(j->request, CTL_REFUSED,
			   "is slimline-dataplane running? systemctl status slimline-dataplane",
			   "the dataplane is not connected");
	job_free(j);
}

void show_job_end(struct show_job *j)
{
	job_free(j);
}

void show_job_absent(struct show_job *j, const char *hint, const char *noun)
{
	admin_fail(j->request, CTL_NOT_FOUND, hint, "no %s %s", noun, j->asked);
	job_free(j);
}

bool show_job_ask(struct show_job *j, unsigned int type, uint32_t cursor, dp_done done)
{
	struct api_message m;
	api_init(&m, type, 0);
	if (type == API_STREAM_LIST || type == API_CONFERENCE_LIST || type == API_RECORD_LIST)
		m.list.cursor = cursor;
	j->dp_request = dp_request(&j->show->core->dp, &m, done, j, j->show->clock());
	if (j->dp_request && j->show->asked)
		j->show->asked(j->show->asked_arg);
	if (j->dp_request)
		return true;
	show_job_fail(j, -ENOTCONN);
	return false;
}

json_int_t show_seconds_since(const struct show *s, nsec_t then)
{
	nsec_t now = s->clock();
	return now > then ? (json_int_t)((now - then) / NSEC_PER_SEC) : 0;
}
