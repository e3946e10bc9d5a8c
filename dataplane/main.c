// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - Starts EAL, ports, workers and server; stops them in reverse.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "dataplane/dataplane.h"
#include "dataplane/server.h"
#include "gw/api.h"
#include "gw/codec.h"
#include "gw/log.h"

enum { EXIT_USAGE = 2, EXIT_CONFIG = 7 };
enum { POLL_MAX_MS = 1000 };

static struct dataplane dataplane;
static volatile sig_atomic_t stopping;

static void on_signal(int signal)
{
	uint64_t one = 1;
	int saved = errno;
	stopping = signal;
	ssize_t ignored = write(dataplane.wake.fd, &one, sizeof(one));
	(void)ignored;
	errno = saved;
}

static void signals_catch(void)
{
	struct sigaction a = {.sa_handler = on_signal};
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
}

static void tell_supervisor(const char *state)
{
#ifdef HAVE_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}

// Until when the main thread may sleep, in whole milliseconds.
static int poll_timeout(nsec_t now, nsec_t due)
{
	if (due <= now)
		return 0;
	nsec_t ms = (due - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	return ms < POLL_MAX_MS ? (int)ms : POLL_MAX_MS;
}

static void run(struct dataplane *dp)
{
	nsec_t due;
	while (!stopping) {
		unsigned int work = dataplane_turn(dp, worker_clock(), &due);
		if (!work) {
			// Workers see that we sleep and wake us; what they put before they saw it is looked for here.
			atomic_store(&dp->wake.asleep, true);
			work = dataplane_turn(dp, worker_clock(), &due);
		}
		nsec_t now = worker_clock();
		server_poll(dp->server, work ? 0 : poll_timeout(now, due), now);
		atomic_store(&dp->wake.asleep, false);
	}
}

static int usage(FILE *out, int status)
{
	fputs("usage: slimline-dataplane [-c FILE]      run (default /etc/slimline/slimline.yaml)\n"
	      "       slimline-dataplane --check FILE   print every problem of a configuration; exit 7 if "
	      "any\n"
	      "       slimline-dataplane --version\n",
	      out);
	return status;
}

static int serve(const struct config *c)
{
	dataplane.config = c;
	codec_init();
	int rc = modules_start(&dataplane, NULL);
	if (rc)
		return EXIT_FAILURE;
	signals_catch();
	char kernels[API_KERNELS_MAX];
	dataplane_kernels(&dataplane, kernels, sizeof(kernels));
	log_notice(c->node, "dataplane ready",
		   "workers=%u ports=%u addresses=%u streams=%u kernels=\"%s\" socket=%s",
		   dataplane.worker_count, dataplane.port_count, dataplane.lookup.local_count,
		   c->dataplane.streams, kernels, c->dataplane.socket);
	tell_supervisor("READY=1");
	run(&dataplane);
	tell_supervisor("STOPPING=1");
	log_notice(c->node, "dataplane stops", "signal=%d", (int)stopping);
	modules_stop(&dataplane, NULL);
	return EXIT_SUCCESS;
}

static int config_read(const char *path, struct config **ret)
{
	int rc = config_load(path, stderr, ret);
	if (rc)
		return rc;
	const struct config_dataplane *d = &(*ret)->dataplane;
	if (d->worker_count && d->port_count)
		return 0;
	fprintf(stderr, "%s: dataplane: needs at least one of `workers` and one of `ports`\n", path);
	config_free(*ret);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"check", no_argument, NULL, 'k'},
		{"version", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	const char *path = "/etc/slimline/slimline.yaml";
	bool check = false;
	for (int o; (o = getopt_long(argc, argv, "c:h", options, NULL)) != -1;) {
		if (o == 'c')
			path = optarg;
		else if (o == 'k')
			check = true;
		else if (o == 'v')
			return puts("slimline-dataplane " SLIMLINE_VERSION) < 0;
		else
			return usage(o == 'h' ? stdout : stderr, o == 'h' ? EXIT_SUCCESS : EXIT_USAGE);
	}
	if (check && optind + 1 == argc) // --check FILE as well as --check -c FILE
		path = argv[optind++];
	if (optind < argc)
		return usage(stderr, EXIT_USAGE);
	struct config *c;
	int rc = config_read(path, &c);
	if (rc == -ENOENT && !check)
		fprintf(stderr, "slimline-dataplane: name a file with -c\n");
	if (rc)
		return EXIT_CONFIG;
	if (check)
		printf("%s: no problems, %u workers, %u ports\n", path, c->dataplane.worker_count,
		       c->dataplane.port_count);
	log_init();
	log_set_level((enum log_level)c->log_level);
	int status = check ? EXIT_SUCCESS : serve(c);
	config_free(c);
	return status;
}
