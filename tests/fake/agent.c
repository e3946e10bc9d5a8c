// SPDX-License-Identifier: GPL-3.0-or-later
// agent.c - Connections to call agents that are a script: they come up when told, and keep what was sent.
#include "tests/fake/agent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fake_agent_init(struct fake_agent *f)
{
	*f = (struct fake_agent){0};
	f->sent = calloc(FAKE_AGENT_SENT, sizeof(*f->sent));
}

void fake_agent_fini(struct fake_agent *f)
{
	for (unsigned int i = 0; i < f->link_count; i++)
		free(f->links[i]);
	free(f->sent);
}

static int do_open(void *context, const struct config_agent *agent, uint32_t timeout_ms,
		   const struct link_user *user, void *object, struct link **ret)
{
	struct fake_agent *f = context;
	if (f->link_count == FAKE_AGENT_LINKS)
		return -EMFILE;
	struct link *l = calloc(1, sizeof(*l));
	*l = (struct link){.agent = agent, .user = user, .object = object};
	f->links[f->link_count++] = l;
	*ret = l;
	return 0;
}

static void do_set_user(void *context, struct link *l, const struct link_user *user, void *object)
{
	l->user = user;
	l->object = object;
}

static int do_send(void *context, struct link *l, const uint8_t *bytes, size_t len)
{
	struct fake_agent *f = context;
	if (l->ended || !l->up)
		abort(); // a device must not use a link that is not up
	if (f->full)
		return -ENOBUFS;
	if (f->discard || f->sent_count == FAKE_AGENT_SENT)
		return 0;
	struct fake_sent *s = &f->sent[f->sent_count++];
	s->link = l;
	s->len = len;
	memcpy(s->pdu, bytes, len);
	return 0;
}

static void do_close(void *context, struct link *l)
{
	if (l->ended)
		abort(); // closed twice
	l->ended = true;
	l->closed = true;
}

struct link_driver fake_agent_driver(struct fake_agent *f)
{
	return (struct link_driver){
		.context = f, .open = do_open, .set_user = do_set_user, .send = do_send, .close = do_close};
}

struct link *fake_agent_link(struct fake_agent *f, const char *name, const void *object)
{
	for (unsigned int i = f->link_count; i-- > 0;) {
		struct link *l = f->links[i];
		if (!l->ended && (!name || strcmp(l->agent->name, name) == 0) &&
		    (!object || l->object == object))
			return l;
	}
	return NULL;
}

bool fake_agent_take(struct fake_agent *f, const void *object, struct fake_sent *ret)
{
	for (unsigned int i = 0; i < f->sent_count; i++) {
		if (object && f->sent[i].link->object != object)
			continue;
		*ret = f->sent[i];
		memmove(&f->sent[i], &f->sent[i + 1], (--f->sent_count - i) * sizeof(*f->sent));
		return true;
	}
	return false;
}
