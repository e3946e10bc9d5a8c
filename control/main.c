// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - Reads the configuration, walks the module table, runs the loop.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "control/device.h"
#include "control/program.h"
#include "gw/log.h"

#define DEFAULT_CONFIG "/etc/slimline/slimline.yaml"
#define STOP_TICK_MS   20
#define STOP_MAX_NS    (3 * NSEC_PER_SEC) // every device has given up by then

enum { STATUS_USAGE = 2, STATUS_CONFIG = 7 };

static struct program program;

static void tell_supervisor(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#endif
}

// ---- stopping ----

struct stopper {
	struct event *tick;
	nsec_t deadline;
};

static void on_stop_tick(evutil_socket_t fd, short what, void *arg)
{
	struct stopper *s = arg;
	struct timeval tv = {.tv_usec = STOP_TICK_MS * 1000};
	if (core_stopped(&program.core) || loop_now() >= s->deadline)
		event_base_loopbreak(program.loop.base);
	else
		event_add(s->tick, &tv);
}

// The first signal leaves the agents in order, the second one at once.
static void on_signal(evutil_socket_t number, short what, void *arg)
{
	struct stopper *s = arg;
	if (program.core.stopping) {
		event_base_loopbreak(program.loop.base);
		return;
	}
	log_notice("control", "stops", "signal=%d streams=\"stay in the dataplane\"", (int)number);
	tell_supervisor("STOPPING=1");
	s->deadline = loop_now() + STOP_MAX_NS;
	core_stop(&program.core, loop_now());
	loop_settle(&program.loop);
	on_stop_tick(-1, 0, s);
}

static int run(void)
{
	static struct stopper stopper;
	struct event_base *base = program.loop.base;
	stopper.tick = evtimer_new(base, on_stop_tick, &stopper);
	struct event *term = evsignal_new(base, SIGTERM, on_signal, &stopper);
	struct event *intr = evsignal_new(base, SIGINT, on_signal, &stopper);
	int rc = stopper.tick && term && intr ? 0 : -ENOMEM;
	if (!rc) {
		event_add(term, NULL);
		event_add(intr, NULL);
		tell_supervisor("READY=1");
		log_notice("control", "runs", "devices=%u version=%s", program.core.device_count,
			   SLIMLINE_VERSION);
		event_base_dispatch(base);
	}
	if (stopper.tick)
		event_free(stopper.tick);
	if (term)
		event_free(term);
	if (intr)
		event_free(intr);
	return rc;
}

// libevent's resolver speaks to standard error by itself; its words belong in our log.
static void on_library_message(int severity, const char *message)
{
	if (severity >= EVENT_LOG_WARN)
		log_warning("libevent", message);
	else
		log_info("libevent", message);
}

// ---- command line ----

static int usage(FILE *out, int status)
{
	fprintf(out,
		"usage: slimline-control [-c FILE]        run (default %s)\n"
		"       slimline-control --check FILE     print every problem of a configuration, and files "
		"that it "
		"names and are not there; exit 7 if there are problems\n"
		"       slimline-control --describe       print every option\n"
		"       slimline-control --version\n",
		DEFAULT_CONFIG);
	return status;
}

static int check(const char *path)
{
	struct config *c;
	int rc = config_check(path, stderr, &c);
	if (rc < 0)
		return STATUS_CONFIG;
	printf("%s: no problems, %u devices", path, c->device_count);
	printf(rc ? ", %d notes\n" : "\n", rc);
	config_free(c);
	return EXIT_SUCCESS;
}

static int load(const char *path)
{
	int rc = config_load(path, stderr, &program.config);
	if (rc == -ENOENT)
		fprintf(stderr, "slimline-control: name a file with -c\n");
	return rc;
}

static int serve(const char *path)
{
	if (load(path))
		return STATUS_CONFIG;
	log_set_level((enum log_level)program.config->log_level);
	event_set_log_callback(on_library_message);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	program.started = loop_now();
	int rc = modules_start(&program);
	if (!rc) {
		rc = run();
		modules_stop(&program);
	}
	config_free(program.config);
	return rc || program.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"check", no_argument, NULL, 'k'},
		{"describe", no_argument, NULL, 'd'},     {"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},         {0}};
	const char *path = DEFAULT_CONFIG;
	bool checks = false;
	int option;
	log_init();
	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			checks = true;
			break;
		case 'd':
			config_describe(stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("slimline-control %s\n", SLIMLINE_VERSION);
			return EXIT_SUCCESS;
		case 'h':
			return usage(stdout, EXIT_SUCCESS);
		default:
			return usage(stderr, STATUS_USAGE);
		}
	}
	if (checks && optind + 1 == argc) // --check FILE as well as --check -c FILE
		path = argv[optind++];
	if (optind < argc)
		return usage(stderr, STATUS_USAGE);
	return checks ? check(path) : serve(path);
}
