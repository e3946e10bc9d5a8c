// SPDX-License-Identifier: GPL-3.0-or-later
// config_world.h - Configuration texts that are accepted, or refused with words.
#pragma once

#include <errno.h>
#include <stdlib.h>

#include "gw/config.h"
#include "tests/unit/t.h"

#define HEAD     "schema: 1\n"
#define PORTS    "dataplane:\n  ports:\n    - {name: p, device: d, addresses: [192.0.2.10/24]}\n"
#define AGENTS   "agents: [{name: a, host: h}]\nagent-groups: [{name: g, agents: [a]}]\n"
#define PROFILES "profiles: [{name: p, kind: mtp, codecs: [pcmu]}]\n"

static char *errors;

static inline int read_text(const char *text, struct config **ret)
{
	size_t size = 0;
	free(errors);
	errors = NULL;
	FILE *out = open_memstream(&errors, &size);
	int rc = config_load_text(text, strlen(text), "f", out, ret);
	fclose(out);
	return rc;
}

static inline struct config *accepts(const char *text)
{
	struct config *c = NULL;
	CHECK_INT(read_text(text, &c), 0);
	CHECK_STR(errors, "");
	REQUIRE(c != NULL);
	return c;
}

static inline void refuses(const char *text, const char *expected)
{
	struct config *c = NULL;
	CHECK_INT(read_text(text, &c), -EINVAL);
	CHECK_STR(errors, expected);
	CHECK(c == NULL);
}

static inline struct config *load_sample(const char *name)
{
	char path[4096];
	const char *source = getenv("SLIMLINE_SOURCE");
	struct config *c = NULL;
	snprintf(path, sizeof(path), "%s/conf/%s", source ? source : ".", name);
	CHECK_INT(config_load(path, stdout, &c), 0);
	REQUIRE(c != NULL);
	return c;
}
