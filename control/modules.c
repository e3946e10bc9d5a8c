// SPDX-License-Identifier: GPL-3.0-or-later
// modules.c - The ordered table of control modules: what is started, and in reverse stopped.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/random.h>

#include "control/admin.h"
#include "control/program.h"
#include "control/recover.h"
#include "control/store.h"
#include "gw/log.h"

// ---- loop ----

static int loop_up(struct program *p)
{
	return loop_init(&p->loop, &p->core.timers);
}

static void loop_down(struct program *p)
{
	loop_fini(&p->loop);
}

// ---- agents' connections ----

static int tcp_up(struct program *p)
{
	tcp_init(&p->tcp, &p->loop);
	return 0;
}

static void tcp_down(struct program *p)
{
	tcp_fini(&p->tcp);
}

// ---- core: the model; it closes its connections when it goes, so they must still be there ----

// Epochs order the processes of one node; wall time does, as long as it does not run backwards, and whoever reconciles
// the store raises it above what it finds.
static uint64_t make_epoch(void)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int core_up(struct program *p)
{
	struct core_options o = {.config = p->config,
				 .links = tcp_driver(&p->tcp),
				 .dataplane = {.context = &p->dataplane, .send = dp_socket_send},
				 .hooks = {.context = &p->keep,
					   .device_changed = keep_device_changed,
					   .conference_changed = keep_conference_changed,
					   .party_changed = keep_party_changed,
					   .conference_gone = keep_conference_gone,
					   .party_gone = keep_party_gone},
				 .epoch = make_epoch()};
	if (getrandom(&o.seed, sizeof(o.seed), 0) != sizeof(o.seed))
		o.seed = o.epoch ^ (uint64_t)getpid() << 32;
	p->dataplane.fd = -1;
	return core_init(&p->core, &o);
}

static void core_down(struct program *p)
{
	core_fini(&p->core);
}

// ---- dataplane ----

static int dataplane_up(struct program *p)
{
	int rc = dp_socket_init(&p->dataplane, &p->loop, &p->core.dp, p->config->dataplane.socket);
	if (!rc)
		dp_socket_start(&p->dataplane);
	return rc;
}

static void dataplane_down(struct program *p)
{
	dp_socket_fini(&p->dataplane);
}

// ---- store: records of what runs ----

static void write_noted(void *arg)
{
	struct program *p = arg;
	keep_flush(&p->keep);
}

static void write_later(void *arg)
{
	struct program *p = arg;
	loop_later(&p->loop, &p->keep_job);
}

static int store_up(struct program *p)
{
	char owner[STORE_OWNER_MAX];
	char host[STORE_OWNER_MAX / 2] = "";
	gethostname(host, sizeof(host) - 1);
	snprintf(owner, sizeof(owner), "%s/%d", host, (int)getpid());
	struct store_options o = {.node = p->config->node,
				  .owner = owner,
				  .epoch = p->core.epoch,
				  .config = &p->config->store,
				  .base = p->loop.base};
	int rc = store_open(&o, &p->store);
	p->keep_job = (struct loop_job){.run = write_noted, .arg = p};
	list_init(&p->keep_job.link);
	keep_init(&p->keep, p->store, write_later, p);
	if (rc == -ENOTSUP)
		log_error("store", "this build has no Redis: set `store.kind: memory`");
	else if (rc && rc != -ENOMEM && *p->config->store.redis_password_file)
		log_error("store", "password file cannot be read: check `store.redis.password-file`",
			  "path=%s why=\"%s\"", p->config->store.redis_password_file, strerror(-rc));
	return rc;
}

static void store_down(struct program *p)
{
	keep_flush(&p->keep);
	store_close(p->store);
	p->keep.store = NULL;
	recover_free(p->recover);
}

// ---- admin: before recovery, so that an operator sees how it goes ----

static const char *admin_advice(int rc)
{
	switch (rc) {
	case -EADDRINUSE:
		return "another slimline-control answers on this socket: stop it, or set `control.socket`";
	case -ENOENT:
		return "the socket's directory does not exist: make it, or set `control.socket`";
	case -EACCES:
	case -EPERM:
		return "no permission for the socket or its directory: run as its owner, or set "
		       "`control.socket`";
	default:
		return "socket not opened: check `control.socket`";
	}
}

static void on_asked(void *arg)
{
	loop_settle(arg);
}

static int admin_up(struct program *p)
{
	show_init(&p->show, &p->core, p->store, loop_now);
	p->show.asked = on_asked;
	p->show.asked_arg = &p->loop;
	int rc = admin_open(p->loop.base, p->config->control.socket, show_commands, show_command_count,
			    &p->show, &p->admin);
	if (rc)
		log_error("admin", admin_advice(rc), "path=%s why=\"%s\"", p->config->control.socket,
			  strerror(-rc));
	return rc;
}

static void admin_down(struct program *p)
{
	show_fini(&p->show);
	admin_close(p->admin);
}

// ---- recovery: devices register when it is known what still runs ----

static void on_recovered(void *arg, const struct recover_result *r, nsec_t now)
{
	struct program *p = arg;
	log_notice("control", "start-up reconciled", "streams=%u adopted=%u reopened=%u closed=%u waiting=%s",
		   r->streams, r->adopted + r->orphans, r->reopened, r->closed, r->waiting ? "yes" : "no");
	if (!p->core.stopping)
		core_start(&p->core, now);
	loop_settle(&p->loop);
}

static int recovery_up(struct program *p)
{
	struct recover_options o = {
		.core = &p->core, .store = p->store, .clock = loop_now, .done = on_recovered, .arg = p};
	int rc = recover_start(&o, loop_now(), &p->recover);
	loop_settle(&p->loop);
	return rc;
}

static const struct {
	const char *name;
	int (*start)(struct program *p);
	void (*stop)(struct program *p);
} modules[] = {
	{"loop", loop_up, loop_down},
	{"tcp", tcp_up, tcp_down},
	{"core", core_up, core_down},
	{"store", store_up, store_down},
	{"admin", admin_up, admin_down},
	{"recovery", recovery_up, NULL},
	{"dataplane", dataplane_up, dataplane_down},
};

int modules_start(struct program *p)
{
	for (; p->modules < sizeof(modules) / sizeof(modules[0]); p->modules++) {
		int rc = modules[p->modules].start(p);
		if (rc) {
			log_error(modules[p->modules].name, "does not start", "why=\"%s\"", strerror(-rc));
			modules_stop(p);
			return rc;
		}
	}
	return 0;
}

void modules_stop(struct program *p)
{
	while (p->modules) {
		p->modules--;
		if (modules[p->modules].stop)
			modules[p->modules].stop(p);
	}
}
