// SPDX-License-Identifier: GPL-3.0-or-later
// keep.c - Keeps the store's records in step with the model.
#include "control/keep.h"

#include <stdio.h>
#include <string.h>

#include "control/core.h"
#include "control/device.h"
#include "control/store.h"

void keep_init(struct keep *k, struct store *store, void (*later)(void *arg), void *arg)
{
	*k = (struct keep){.store = store, .later = later, .arg = arg};
	list_init(&k->conferences);
	list_init(&k->parties);
}

// Before the store is opened and after it is closed (store NULL) nothing is kept.
static void put(struct keep *k, enum store_kind kind, const char *name, const char *text, int len)
{
	if (!k->store)
		return;
	if (len < 0 || store_put(k->store, kind, name, text, (size_t)len) < 0)
		k->failed++;
}

static void drop(struct keep *k, enum store_kind kind, const char *name)
{
	if (!k->store)
		return;
	if (store_drop(k->store, kind, name) < 0)
		k->failed++;
}

static void name_device(char out[STREAM_DEVICE_MAX], const struct device *d)
{
	snprintf(out, STREAM_DEVICE_MAX, "%s", d->name);
}

void keep_device_changed(void *context, const struct device *d, nsec_t now)
{
	char text[STORE_VALUE_MAX];
	struct record_device r = {
		.version = d->reg.version, .conferences = d->conference_count, .parties = d->party_count};
	name_device(r.device, d);
	snprintf(r.kind, sizeof(r.kind), "%s", config_kind_name(d->profile->kind));
	snprintf(r.state, sizeof(r.state), "%s", reg_state_name(d->reg.fsm.state));
	snprintf(r.agent, sizeof(r.agent), "%s", agents_current(&d->agents)->name);
	put(context, STORE_DEVICE, d->name, text, record_device_write(&r, text, sizeof(text)));
}

static void record_of_conference(const struct conference *c, struct record_conference *ret)
{
	*ret = (struct record_conference){
		.boot = c->device->core->dp.info.boot_id,
		.image = {.conference_id = c->conference_id,
			  .explicitly = c->explicitly,
			  .reserved = c->reserved,
			  .resource_type = c->resource_type,
			  .application_id = c->application_id,
			  .handle = c->handle},
	};
	name_device(ret->device, c->device);
	memcpy(ret->image.app_conf_id, c->app_conf_id, sizeof(ret->image.app_conf_id));
	memcpy(ret->image.app_data, c->app_data, sizeof(ret->image.app_data));
}

static void write_conference(struct keep *k, const struct conference *c)
{
	struct record_conference r;
	char text[STORE_VALUE_MAX], name[STORE_NAME_MAX];
	if (confer_find(c->device, c->conference_id) != c)
		return; // set aside: its number is a newer conference's
	record_of_conference(c, &r);
	record_conference_name(&r, name);
	put(k, STORE_CONFERENCE, name, text, record_conference_write(&r, text, sizeof(text)));
}

// The noting link is no part of what an object is: it may be set through a pointer to const.
static void note(struct keep *k, struct list *to, const struct list *link)
{
	if (list_empty(link))
		list_push_back(to, (struct list *)link);
	k->later(k->arg);
}

void keep_conference_changed(void *context, const struct conference *c, nsec_t now)
{
	struct keep *k = context;
	if (k->store && k->later)
		note(k, &k->conferences, &c->noted);
	else
		write_conference(k, c);
}

void keep_conference_gone(void *context, const struct conference *c, nsec_t now)
{
	struct record_conference r;
	char name[STORE_NAME_MAX];
	const struct conference *newer = confer_find(c->device, c->conference_id);
	if (newer && newer != c)
		return;
	record_of_conference(c, &r);
	record_conference_name(&r, name);
	drop(context, STORE_CONFERENCE, name);
}

// False while the party has no address yet: there is no stream that could be found again.
static bool record_of_party(const struct party *p, struct record_party *ret, char name[STORE_NAME_MAX])
{
	*ret = (struct record_party){.boot = p->device->core->dp.info.boot_id};
	name_device(ret->device, p->device);
	party_image(p, &ret->image);
	if (ret->image.spec.local.port == 0)
		ret->image.spec.local = p->local;
	if (ret->image.spec.local.port == 0 || addr_is_any(&ret->image.spec.local.addr))
		return false;
	record_party_name(ret, name);
	return true;
}

static void write_party(struct keep *k, const struct party *p)
{
	struct record_party r;
	char text[STORE_VALUE_MAX], name[STORE_NAME_MAX];
	if (record_of_party(p, &r, name))
		put(k, STORE_PARTY, name, text, record_party_write(&r, text, sizeof(text)));
}

void keep_party_changed(void *context, const struct party *p, nsec_t now)
{
	struct keep *k = context;
	if (k->store && k->later)
		note(k, &k->parties, &p->noted);
	else
		write_party(k, p);
}

void keep_flush(struct keep *k)
{
	struct list *first;
	while ((first = list_pop_front(&k->conferences)))
		write_conference(k, LIST_ITEM(first, struct conference, noted));
	while ((first = list_pop_front(&k->parties)))
		write_party(k, LIST_ITEM(first, struct party, noted));
}

void keep_party_gone(void *context, const struct party *p, const struct stream_stats *last, nsec_t now)
{
	struct record_party r;
	char name[STORE_NAME_MAX];
	if (record_of_party(p, &r, name))
		drop(context, STORE_PARTY, name);
}
