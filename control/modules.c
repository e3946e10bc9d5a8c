// SPDX-License-Identifier: GPL-3.0-or-later
// modules.c - The ordered table of control modules: what is started, and in reverse stopped.
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/random.h>

#include "control/program.h"
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

// ---- devices: last, when all they need is there ----

static int devices_up(struct program *p)
{
	core_start(&p->core, loop_now());
	loop_settle(&p->loop);
	return 0;
}

static const struct {
	const char *name;
	int (*start)(struct program *p);
	void (*stop)(struct program *p);
} modules[] = {
	{"core", core_up, core_down},  {"loop", loop_up, loop_down},
	{"tcp", tcp_up, tcp_down},     {"dataplane", dataplane_up, dataplane_down},
	{"devices", devices_up, NULL},
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
