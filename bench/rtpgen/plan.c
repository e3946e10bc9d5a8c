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
	unsigned int gen_port, dut_port, type, bytes, step, first = PLAN_FILL;
	if (sscanf(line, "%63s %u %63s %u %u %u %u %u", gen, &gen_port, dut, &dut_port, &type, &bytes, &step,
		   &first) < 7)
		return -EINVAL;
	if (first > UINT8_MAX)
		return -EINVAL;
	if (gen_port > UINT16_MAX || dut_port > UINT16_MAX || type > 127 || bytes == 0 ||
	    bytes > PAYLOAD_BYTES_MAX)
		return -EINVAL;
	struct plan_leg leg = {
		.payload_type = (uint8_t)type,
		.payload_bytes = (uint16_t)bytes,
		.timestamp_step = step,
		.first = (uint8_t)first,
	};
	if (addr_parse(gen, &leg.gen.addr) || addr_parse(dut, &leg.dut.addr) ||
	    leg.gen.addr.family != ADDR_IPV4 || leg.dut.addr.family != ADDR_IPV4)
		return -EINVAL;
	leg.gen.port = (uint16_t)gen_port;
	leg.dut.port = (uint16_t)dut_port;
	*ret = leg;
	return 0;
}

static int leg_add(struct plan *p, const struct plan_leg *leg)
{
	if (p->count == p->room) {
		uint32_t room = p->room ? p->room * 2 : 1024;
		struct plan_leg *legs = realloc(p->legs, room * sizeof(*legs));
		if (!legs)
			return -ENOMEM;
		p->legs = legs;
		p->room = room;
	}
	p->legs[p->count++] = *leg;
	return 0;
}

int plan_read(const char *path, struct plan *p)
{
	FILE *f = fopen(path, "r");
	if (!f)
		return -errno;
	char line[256];
	int result = fseek(f, p->at, SEEK_SET) ? -errno : 0;
	while (!result && fgets(line, sizeof(line), f) && strchr(line, '\n')) {
		struct plan_leg leg;
		p->lines++;
		p->at += (long)strlen(line);
		if (line[0] == '#' || line[0] == '\n')
			continue;
		result = leg_parse(line, &leg);
		if (result)
			fprintf(stderr,
				"%s:%u: not a leg (want GEN_IP GEN_PORT DUT_IP DUT_PORT TYPE BYTES STEP)\n",
				path, p->lines);
		else
			result = leg_add(p, &leg);
	}
	fclose(f);
	if (!result && p->count == 0) {
		fprintf(stderr, "%s: no legs\n", path);
		result = -EINVAL;
	}
	return result;
}

void plan_free(struct plan *p)
{
	free(p->legs);
	*p = (struct plan){0};
}
