// SPDX-License-Identifier: GPL-3.0-or-later
// life.c - What outlives a killed control process in a scenario: the store, and the recovery of the next process.
#include "tests/replay/life.h"

#include <event2/event.h>
#include <string.h>

#include "control/store.h"

static nsec_t life_now;

static nsec_t clock_of_life(void)
{
	return life_now;
}

static bool open_store(struct life *l)
{
	struct config_store_options config = {.kind = CONFIG_STORE_MEMORY};
	struct store_options o = {
		.node = "test", .owner = "replay", .epoch = 1, .config = &config, .base = l->base};
	bool ok = store_open(&o, &l->store) == 0;
	keep_init(&l->keep, l->store, NULL, NULL);
	return ok;
}

bool life_init(struct life *l)
{
	*l = (struct life){.base = event_base_new()};
	return l->base && open_store(l);
}

void life_fini(struct life *l)
{
	store_close(l->store);
	event_base_free(l->base);
}

struct hooks life_hooks(struct life *l)
{
	return (struct hooks){.context = &l->keep,
			      .device_changed = keep_device_changed,
			      .conference_changed = keep_conference_changed,
			      .party_changed = keep_party_changed,
			      .conference_gone = keep_conference_gone,
			      .party_gone = keep_party_gone};
}

bool life_forget(struct life *l)
{
	store_close(l->store);
	return open_store(l);
}

void life_killed(struct life *l)
{
	recover_free(l->recover);
	l->recover = NULL;
	l->told = false;
}

static void on_done(void *arg, const struct recover_result *result, nsec_t now)
{
	struct life *l = arg;
	l->result = *result;
	l->told = true;
}

bool life_recover(struct life *l, struct core *core, nsec_t now)
{
	struct recover_options o = {
		.core = core, .store = l->store, .clock = clock_of_life, .done = on_done, .arg = l};
	life_now = now;
	return recover_start(&o, now, &l->recover) == 0;
}

void life_run(struct life *l, nsec_t now)
{
	life_now = now;
	event_base_loop(l->base, EVLOOP_NONBLOCK);
}

uint32_t life_figure(const struct life *l, const char *name)
{
	const struct recover_result *f = &l->result;
	const struct {
		const char *name;
		uint32_t value;
	} figures[] = {{"streams", f->streams}, {"records", f->records},   {"adopted", f->adopted},
		       {"orphans", f->orphans}, {"reopened", f->reopened}, {"dropped", f->dropped},
		       {"closed", f->closed},   {"bad", f->bad},           {"conferences", f->conferences},
		       {"waiting", f->waiting}};
	for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
		if (strcmp(figures[i].name, name) == 0)
			return figures[i].value;
	return UINT32_MAX;
}
