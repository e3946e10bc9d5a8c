// SPDX-License-Identifier: GPL-3.0-or-later
// plan.c - Reads the generator's plan file.
#include "bench/rtpgen/plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAYLOAD_BYTES_MAX 1400

static int leg_parse(const char *line, struct plan_leg *ret)
{
	char gen[64], dut[64];
	unsigned int gen_port, dut_port, type, bytes, step;
	if (sscanf(line, "%63s %u %63s %u %u %u %u", gen, &gen_port, dut, &dut_port, &type, &bytes, &step) !=
	    7)
		return -EINVAL;
	if (gen_port > UINT16_MAX || dut_port > UINT16_MAX || type > 127 || bytes == 0 ||
	    bytes > PAYLOAD_BYTES_MAX)
		return -EINVAL;
	struct plan_leg leg = {
		.payload_type = (uint8_t)type, .payload_bytes = (uint16_t)bytes, .timestamp_step = step};
	if (addr_parse(gen, &leg.gen.addr) || addr_parse(dut, &leg.dut.addr) ||
	    leg.gen.addr.family != ADDR_IPV4 || leg.dut.addr.family != ADDR_IPV4)
		return -EINVAL;
	leg.gen.port = (uint16_t)gen_port;
	leg.dut.port = (uint16_t)dut_port;
	*ret = leg;
	return 0;
}

int plan_read(const char *path, struct plan *ret)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return -errno;
	struct plan p = {0};
	uint32_t room = 0, number = 0;
	char line[256];
	int result = 0;
	while (!result && fgets(line, sizeof(line), f)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (p.count == room) {
			room = room ? room * 2 : 1024;
			struct plan_leg *legs = realloc(p.legs, room * sizeof(*legs));
			if (!legs) {
				result = -ENOMEM;
				break;
			}
			p.legs = legs;
		}
		result = leg_parse(line, &p.legs[p.count]);
		if (result)
			fprintf(stderr,
				"%s:%u: not a leg (want GEN_IP GEN_PORT DUT_IP DUT_PORT TYPE BYTES STEP)\n",
				path, number);
		else
			p.count++;
	}
	fclose(f);
	if (!result && p.count == 0) {
		fprintf(stderr, "%s: no legs\n", path);
		result = -EINVAL;
	}
	if (result) {
		plan_free(&p);
		return result;
	}
	*ret = p;
	return 0;
}

void plan_free(struct plan *p)
{
	free(p->legs);
	p->legs = NULL;
	p->count = 0;
}
