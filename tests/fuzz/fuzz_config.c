// SPDX-License-Identifier: GPL-3.0-or-later
// fuzz_config.c - Configuration files: read or refused with words, and nothing is lost or read past its end.
#include "gw/config.h"

#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static const char *const seeds[] = {
	"schema: 1\nnode: {name: a}\nlog: {level: debug}\nstore: {kind: redis, redis: {host: h, port: 1, "
	"lease: 5s}}\n",
	"schema: 1\ndataplane:\n  workers: [1, 2]\n  memory: 1GB\n  ports:\n    - name: p\n      device: d\n"
	"      addresses: [10.0.0.2/24, {address: fd00::2/64, gateway: fd00::1}]\n"
	"media: {rtp-ports: 2000-2999, dscp: af41, jitter: {min: 20ms, max: 1s}}\n",
	"schema: 1\nagents: [{name: a, host: h, port: 2000, version: 3}]\n"
	"agent-groups:\n  - {name: g, agents: [a], switchback: {method: never}, backoff: {min: 1s, max: "
	"2s}}\n"
	"profiles:\n  - {name: p, kind: transcoder, codecs: [pcmu, {name: g722, max-period: 40ms}]}\n"
	"devices: [{name: D, profile: p, group: g, kind: transcoder, type: auto, address: any}]\n",
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *errors = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&errors, &size);
	struct config *c = NULL;
	int rc = config_load_text((const char *)bytes, len, "f", out, &c);
	fclose(out);
	if ((rc == 0) != (c != NULL) || (rc == 0) != (size == 0))
		abort();
	config_free(c);
	free(errors);
	return 0;
}

size_t fuzz_seed(size_t index, uint8_t *buf, size_t cap)
{
	if (index >= sizeof(seeds) / sizeof(seeds[0]))
		return 0;
	size_t n = strlen(seeds[index]);
	memcpy(buf, seeds[index], n < cap ? n : cap);
	return n < cap ? n : cap;
}
