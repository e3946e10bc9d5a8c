// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - slimline-lab: the far side of everything, by subcommand.
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/audio.h"
#include "bench/lab/crowd.h"
#include "bench/lab/hearing.h"
#include "bench/lab/run.h"
#include "bench/lab/storm.h"
#include "gw/codec.h"

// Exit status of a call that makes no sense, as of any program.
#define EXIT_USAGE 2

struct command {
	const char *name;
	const char *usage;
	const char *help;
	int (*run)(int argc, char **argv);
};

static int command_run(int argc, char **argv);
static int command_storm(int argc, char **argv);
static int command_crowd(int argc, char **argv);
static int command_judge(int argc, char **argv);
static int command_code(int argc, char **argv);

static const struct command commands[] = {
	{"run", "run [--sounds DIR] [--out DIR] FILE.scn", "runs a scenario and prints its table",
	 command_run},
	{"storm",
	 "storm --listen ADDR:PORT [--calls N] [--in-flight K] [--devices D] [--hold] [--json]"
	 " [--rate CALLS/S] [--codec NAME] [--plan FILE]",
	 "sets up calls as fast as they are answered", command_storm},
	{"crowd",
	 "crowd --listen ADDR:PORT --media ADDR [--netns NS] [--media-netns NS] [--dialect NAME] [--lines "
	 "N]\n"
	 "      [--calls N] [--room N] [--samples N] [--seconds N]",
	 "registers lines, lets phones call them into rooms, all at once, and judges what they hear",
	 command_crowd},
	{"judge", "judge FILE.wav HZ DBM0 [HZ DBM0 ...]",
	 "says how clean and how loud tones in a recording are", command_judge},
	{"code", "code CODEC HZ DBM0 FILE",
	 "writes 20 seconds of a tone as coded frames without any container", command_code},
};

static int usage(FILE *out)
{
	fprintf(out, "usage: slimline-lab COMMAND ...\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %s\n      %s\n", commands[i].usage, commands[i].help);
	return EXIT_USAGE;
}

static int command_run(int argc, char **argv)
{
	static const struct option longs[] = {
		{"sounds", required_argument, NULL, 's'}, {"out", required_argument, NULL, 'o'}, {0}};
	static struct scenario scenario;
	struct run_options options = {.sounds = "."};
	int opt;
	while ((opt = getopt_long(argc, argv, "s:o:", longs, NULL)) != -1) {
		if (opt == 's')
			options.sounds = optarg;
		else if (opt == 'o')
			options.out = optarg;
		else
			return usage(stderr);
	}
	if (optind + 1 != argc)
		return usage(stderr);
	int rc = scenario_load(argv[optind], stderr, &scenario);
	if (rc < 0) {
		if (rc != -EINVAL)
			fprintf(stderr, "%s: %s\n", argv[optind], strerror(-rc));
		return EXIT_USAGE;
	}
	rc = run_scenario(&scenario, &options);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int listen_parse(char *text, struct addr_port *ret)
{
	char *colon = strrchr(text, ':');
	if (!colon)
		return -EINVAL;
	*colon = '\0';
	char *end;
	unsigned long port = strtoul(colon + 1, &end, 10);
	if (*end || port == 0 || port > UINT16_MAX)
		return -EINVAL;
	ret->port = (uint16_t)port;
	return addr_parse(text, &ret->addr);
}

static bool number_parse(const char *text, uint32_t *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*ret = (uint32_t)n;
	return *text && !*end && n > 0 && n <= UINT32_MAX;
}

static void storm_print(const struct storm_result *r, bool json)
{
	const char *format =
		json ? "{\"calls\":%u,\"seconds\":%.3f,\"calls_per_s\":%.1f,\"p50_us\":%u,"
		       "\"p99_us\":%u,\"failed\":%u}\n"
		     : "%u calls in %.3f s: %.1f calls/s, set up in %u us (median) and %u us (p99), "
		       "%u failed\n";
	printf(format, r->calls, r->seconds, r->calls_per_s, r->p50_us, r->p99_us, r->failed);
}

static bool codec_parse(const char *text, uint32_t *ret)
{
	const struct codec *c = codec_by_name(text);
	*ret = c ? codec_to_sccp(c->id) : 0;
	return *ret != 0;
}

static int command_storm(int argc, char **argv)
{
	static const struct option longs[] = {{"listen", required_argument, NULL, 'l'},
					      {"calls", required_argument, NULL, 'c'},
					      {"in-flight", required_argument, NULL, 'k'},
					      {"devices", required_argument, NULL, 'd'},
					      {"hold", no_argument, NULL, 'h'},
					      {"json", no_argument, NULL, 'j'},
					      {"rate", required_argument, NULL, 'r'},
					      {"codec", required_argument, NULL, 'o'},
					      {"plan", required_argument, NULL, 'p'},
					      {0}};
	struct storm_options options = {.calls = 10000, .in_flight = 16, .devices = 1};
	struct storm_result result;
	bool json = false, good = true;
	int opt;
	while (good && (opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 'l')
			good = listen_parse(optarg, &options.listen) == 0;
		else if (opt == 'c')
			good = number_parse(optarg, &options.calls);
		else if (opt == 'k')
			good = number_parse(optarg, &options.in_flight);
		else if (opt == 'd')
			good = number_parse(optarg, &options.devices);
		else if (opt == 'r')
			good = number_parse(optarg, &options.a_second);
		else if (opt == 'o')
			good = codec_parse(optarg, &options.codec_b);
		else if (opt == 'p')
			good = (options.plan = fopen(optarg, "a")) != NULL;
		else if (opt == 'h')
			options.hold = true;
		else
			good = json = opt == 'j';
	}
	if (!good || optind != argc || options.listen.port == 0)
		return usage(stderr);
	int rc = storm_run(&options, stderr, &result);
	if (rc == -EINVAL)
		return usage(stderr);
	if (rc)
		return EXIT_FAILURE;
	storm_print(&result, json);
	return result.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void crowd_print(const struct crowd_result *r)
{
	printf("{\"lines\":%u,\"register_s\":%.3f,\"busiest\":%u,\"calls\":%u,\"setup_s\":%.3f,\"sent\":"
	       "%" PRIu64 ",\"refused\":%" PRIu64 ",\"received\":%" PRIu64 ",\"lost\":%" PRIu64
	       ",\"least\":%" PRIu64 ",\"strangers\":%" PRIu64 ",\"late_us\":%" PRIu64 ",\"told\":%" PRIu64
	       ",\"told_received\":%" PRIu64 ",\"told_lost\":%" PRIu64
	       ",\"judged\":%u,\"sinad_min\":%.1f,\"own_max\":%.1f,\"level_max\":%.2f}\n",
	       r->lines, r->register_s, r->busiest, r->calls, r->setup_s, r->sent, r->refused, r->received,
	       r->lost, r->least, r->strangers, r->late_us, r->told, r->told_received, r->told_lost,
	       r->judged, r->sinad_min, r->own_max, r->level_max);
}

static int command_crowd(int argc, char **argv)
{
	static const struct option longs[] = {{"listen", required_argument, NULL, 'l'},
					      {"media", required_argument, NULL, 'm'},
					      {"netns", required_argument, NULL, 'a'},
					      {"media-netns", required_argument, NULL, 'b'},
					      {"dialect", required_argument, NULL, 'd'},
					      {"lines", required_argument, NULL, 'n'},
					      {"calls", required_argument, NULL, 'c'},
					      {"room", required_argument, NULL, 'r'},
					      {"samples", required_argument, NULL, 's'},
					      {"seconds", required_argument, NULL, 't'},
					      {0}};
	struct crowd_options options = {.netns = "",
					.media_netns = "",
					.lines = 1000,
					.calls = 500,
					.room = 5,
					.samples = 20,
					.seconds = 8};
	struct crowd_result result;
	uint32_t *const numbers[] = {&options.lines, &options.calls, &options.room, &options.samples,
				     &options.seconds};
	static const char number_words[] = "ncrst";
	bool good = true;
	int opt;
	while (good && (opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		const char *number = strchr(number_words, opt);
		if (number)
			good = number_parse(optarg, numbers[number - number_words]);
		else if (opt == 'l')
			good = listen_parse(optarg, &options.listen) == 0;
		else if (opt == 'm')
			good = addr_parse(optarg, &options.media) == 0;
		else if (opt == 'a')
			options.netns = optarg;
		else if (opt == 'b')
			options.media_netns = optarg;
		else if (opt == 'd')
			good = (options.dialect = dialect_find(optarg)) != NULL;
		else
			good = false;
	}
	if (!good || optind != argc || options.listen.port == 0 || options.media.family == ADDR_NONE)
		return usage(stderr);
	int rc = crowd_run(&options, stderr, &result);
	if (rc == -EINVAL)
		return usage(stderr);
	if (rc)
		return EXIT_FAILURE;
	crowd_print(&result);
	return EXIT_SUCCESS;
}

static int command_judge(int argc, char **argv)
{
	struct hearing_tone tones[SCENARIO_PARTIES_MAX];
	unsigned int n = 0;
	double sinad, level;
	for (int i = 2; i + 1 < argc && n < SCENARIO_PARTIES_MAX; i += 2)
		tones[n++] = (struct hearing_tone){.hz = atof(argv[i]), .dbm0 = atof(argv[i + 1])};
	if (n == 0 || argc % 2)
		return usage(stderr);
	int rc = hearing_judge_file(argv[1], tones, n, &sinad, &level);
	if (rc < 0) {
		fprintf(stderr, "%s: %s\n", argv[1],
			rc == -ENODATA ? "nothing to judge: shorter than three seconds" : strerror(-rc));
		return EXIT_FAILURE;
	}
	printf("sinad %.1f level %.2f\n", sinad, level);
	return EXIT_SUCCESS;
}

static int code(const struct codec *c, const struct audio *tone, FILE *out)
{
	uint8_t payload[CODEC_FRAME_BYTES_MAX];
	void *state = aligned_alloc(64, (c->encoder_size + 64) & ~(size_t)63);
	int rc = !state ? -ENOMEM : c->encoder_init ? c->encoder_init(state) : 0;
	unsigned int n = c->sample_rate_hz / 1000 * c->period_ms_default;
	for (size_t at = 0; rc == 0 && at + n <= tone->count; at += n) {
		int len = c->encode(state, tone->pcm + at, n, payload, sizeof(payload));
		rc = len < 0 || fwrite(payload, (size_t)len, 1, out) != 1 ? -EIO : 0;
	}
	if (state && c->encoder_fini)
		c->encoder_fini(state);
	free(state);
	return rc;
}

static int command_code(int argc, char **argv)
{
	const struct codec *c = argc == 5 ? codec_by_name(argv[1]) : NULL;
	struct audio tone;
	if (!c || !codec_can_transcode(c->id))
		return usage(stderr);
	FILE *out = fopen(argv[4], "wb");
	int rc = out ? audio_tone(atof(argv[2]), atof(argv[3]), c->sample_rate_hz, &tone) : -errno;
	if (rc == 0) {
		rc = code(c, &tone, out);
		audio_free(&tone);
	}
	if (out && fclose(out) != 0)
		rc = -EIO;
	if (rc == 0)
		return EXIT_SUCCESS;
	fprintf(stderr, "%s: %s\n", argv[4], strerror(-rc));
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	signal(SIGPIPE, SIG_IGN);
	codec_init();
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	return usage(stderr);
}
