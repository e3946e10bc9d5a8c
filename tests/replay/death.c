// SPDX-License-Identifier: GPL-3.0-or-later
// death.c - Statements about the death of a process, and what the next one finds.
#include <stdlib.h>
#include <string.h>

#include "control/device.h"
#include "tests/replay/run.h"

void say_kill(struct run *r, char *args)
{
	life_killed(&r->life);
	core_fini(&r->core);
	config_free(r->config);
	r->config = NULL;
	r->made = false;
	r->kills++;
	r->dp.connected = false;
	r->dp.reply_count = 0;
	r->agents.sent_count = 0;
	run_make(r);
}

void say_forget_store(struct run *r, char *args)
{
	if (!life_forget(&r->life))
		fail(r, "the store does not open");
}

void say_astray(struct run *r, char *args)
{
	char *name;
	struct fake_stream *s = fake_dp_party(&r->dp, (uint32_t)strtoul(args, &name, 0));
	if (!s)
		fail(r, "the dataplane has no stream of party %s", args);
	else if (*name)
		snprintf(s->spec.ref.device, sizeof(s->spec.ref.device), "%s", name + 1);
	else
		s->handle = 0;
}

void say_recover(struct run *r, char *args)
{
	char *save;
	if (!r->life.recover && !life_recover(&r->life, &r->core, r->now))
		return fail(r, "recovery does not start");
	for (int i = 0; i < 500 && !r->life.told; i++) {
		life_run(&r->life, r->now);
		run_advance(r, r->now + 10 * NSEC_PER_MSEC);
	}
	r->life.result = *recover_result(r->life.recover);
	if (!r->life.told)
		fail(r, "recovery does not end");
	for (char *word = strtok_r(args, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		char *value = word + strcspn(word, "=");
		if (*value)
			*value++ = '\0';
		want_number(r, word, life_figure(&r->life, word), value);
	}
}
