// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - slimline-lab: the far side of everything, by subcommand.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/lab/run.h"

// Exit status of a call that makes no sense, as of any program.
#define EXIT_USAGE 2

struct command {
	const char *name;
	const char *usage;
	const char *help;
	int (*run)(int argc, char **argv);
};

static int command_run(int argc, char **argv);

static const struct command commands[] = {
	{"run", "run [--sounds DIR] [--out DIR] FILE.scn", "runs a scenario and prints its table",
	 command_run},
};

static int usage(FILE *out)
{
	fprintf(out, "usage: slimline-lab COMMAND ...\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-44s %s\n", commands[i].usage, commands[i].help);
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
