// SPDX-License-Identifier: GPL-3.0-or-later
// check.c - Judges what several values must be together, and fills in defaults that depend on others.
#include "gw/config/tables.h"

#include <string.h>

#define PARTICIPANTS_DEFAULT 8 // as IOS: maximum conference-participants
#define PARTICIPANTS_ROOM    32
// SCCP device types (hardware bridge, hardware media resource, software MTP).
#define TYPE_BRIDGE   52
#define TYPE_RESOURCE 112
#define TYPE_SOFT_MTP 83
#define TYPE_MOH      70
#define TYPE_ANNOUNCE 126
#define SPEAKER_MAX   16 // parties that one announcement is for, as StartAnnouncement counts them

static bool same_network(const struct addr *a, const struct addr *b, unsigned int length)
{
	unsigned int whole = length / 8, rest = length % 8;
	if (memcmp(a->ip, b->ip, whole) != 0)
		return false;
	return rest == 0 || ((a->ip[whole] ^ b->ip[whole]) & (0xff00 >> rest & 0xff)) == 0;
}

static bool address_used_before(const struct config *c, const struct config_address *mine)
{
	for (unsigned int p = 0; p < c->dataplane.port_count; p++) {
		for (unsigned int i = 0; i < c->dataplane.ports[p].address_count; i++) {
			const struct config_address *a = &c->dataplane.ports[p].addresses[i];
			if (a == mine)
				return false;
			if (addr_equal(&a->addr, &mine->addr))
				return true;
		}
	}
	return false;
}

void config_check_address(const struct cfg_at *at)
{
	const struct config_address *a = at->base;
	if (address_used_before(at->root, a))
		cfg_problem(at, "address", "is used by an earlier port or line already");
	if (a->gateway.family == ADDR_NONE)
		return;
	if (a->gateway.family != a->addr.family || !same_network(&a->gateway, &a->addr, a->prefix_length))
		cfg_problem(at, "gateway", "is not in the network of its address");
	else if (addr_equal(&a->gateway, &a->addr))
		cfg_problem(at, "gateway", "is our own address");
}

void config_check_dataplane(const struct cfg_at *at)
{
	struct config_dataplane *d = at->base;
	if (d->worker_count == 0)
		d->worker_count = 1; // on CPU 0, which every machine has
	if (d->voices > d->streams)
		cfg_problem(at, "voices", "cannot be more than streams (%u)", d->streams);
	// Its buffers are the dataplane's memory, and the kernel drops what crosses two pages that do not lie together.
	for (unsigned int i = 0; i < d->port_count && !d->hugepages; i++)
		if (strncmp(d->ports[i].device, "net_af_xdp", 10) == 0)
			cfg_problem(at, "hugepages",
				    "port %s is an af_xdp device, which wants hugepages; without them use "
				    "net_af_packet",
				    d->ports[i].name);
}

void config_check_jitter(const struct cfg_at *at)
{
	const struct config_media *m = at->base;
	if (m->jitter_min_ms > m->jitter_max_ms)
		cfg_problem(at, "min", "is above max (%ums)", (unsigned int)m->jitter_max_ms);
}

void config_check_backoff(const struct cfg_at *at)
{
	const struct config_group *g = at->base;
	if (g->backoff_min_ms > g->backoff_max_ms)
		cfg_problem(at, "min", "is above max (%ums)", g->backoff_max_ms);
}

static void check_codecs(const struct cfg_at *at, const struct config_profile *p)
{
	for (unsigned int i = 0; i < p->codec_count; i++) {
		enum codec_id id = p->codecs[i].codec;
		const char *name = codec_by_id(id)->name;
		for (unsigned int k = 0; k < i; k++)
			if (p->codecs[k].codec == id)
				cfg_problem(at, "codecs", "%s stands in the list twice", name);
		if (p->kind != CONFIG_MTP && !codec_can_transcode(id))
			cfg_problem(at, "codecs", "this build cannot code %s, only relay it in an mtp", name);
	}
}

static void check_participants(const struct cfg_at *at, struct config_profile *p)
{
	bool plays = p->kind == CONFIG_MOH || p->kind == CONFIG_ANNUNCIATOR;
	bool bridge = p->kind == CONFIG_CONFERENCE_BRIDGE;
	bool line = p->kind == CONFIG_LINE;
	if (p->participants == 0)
		p->participants = bridge ? PARTICIPANTS_DEFAULT : plays ? 1 : line ? PARTICIPANTS_ROOM : 2;
	if (!bridge && !plays && !line && p->participants != 2)
		cfg_problem(at, "participants", "exactly 2 parties in a device of kind %s",
			    config_kind_name(p->kind));
	if (bridge && p->participants < 3)
		cfg_problem(at, "participants", "a conference-bridge joins 3 or more");
	if (p->kind == CONFIG_MOH && p->participants != 1)
		cfg_problem(at, "participants", "listeners to music are counted by sessions alone");
	if (p->kind == CONFIG_ANNUNCIATOR && p->participants > SPEAKER_MAX)
		cfg_problem(at, "participants", "an announcement has %d parties at most", SPEAKER_MAX);
}

void config_check_profile(const struct cfg_at *at)
{
	const struct config *c = at->root;
	struct config_profile *p = at->base;
	check_participants(at, p);
	if (config_kind_mixes(p->kind) && p->pass_through)
		cfg_problem(at, "pass-through", "a %s must understand what it mixes",
			    config_kind_name(p->kind));
	if (p->kind == CONFIG_MOH && c->source_count == 0)
		cfg_problem(at, "kind", "music on hold needs at least one of sources");
	if (p->kind != CONFIG_MOH && cfg_has(at, "music"))
		cfg_problem(at, "music", "only devices of kind moh play music");
	if (p->kind != CONFIG_CONFERENCE_BRIDGE && p->kind != CONFIG_LINE && cfg_has(at, "mix"))
		cfg_problem(at, "mix", "only devices of kind conference-bridge and line mix");
	if (p->codec_count == 0 && !p->pass_through)
		cfg_problem(at, "codecs", "at least one codec is needed, or pass-through: yes on an mtp");
	check_codecs(at, p);
}

static bool only_g711(const struct config_profile *p)
{
	for (unsigned int i = 0; i < p->codec_count; i++)
		if (p->codecs[i].codec != CODEC_PCMU && p->codecs[i].codec != CODEC_PCMA)
			return false;
	return !p->pass_through;
}

void config_check_device(const struct cfg_at *at)
{
	const struct config *c = at->root;
	struct config_device *d = at->base;
	const struct config_profile *p = &c->profiles[d->profile];
	if (p->kind == CONFIG_LINE)
		cfg_problem(at, "profile", "%s is of kind line: those stand under lines", p->name);
	if (d->type != 0)
		return;
	if (p->kind == CONFIG_CONFERENCE_BRIDGE)
		d->type = TYPE_BRIDGE;
	else if (p->kind == CONFIG_MOH)
		d->type = TYPE_MOH;
	else if (p->kind == CONFIG_ANNUNCIATOR)
		d->type = TYPE_ANNOUNCE;
	else
		d->type = p->kind == CONFIG_MTP && only_g711(p) ? TYPE_SOFT_MTP : TYPE_RESOURCE;
}

void config_check_source(const struct cfg_at *at)
{
	const struct config_source *s = at->base;
	const struct codec *c = codec_by_id(s->codec);
	if ((s->file[0] != '\0') == (s->multicast.port != 0))
		cfg_problem(at, "name", "a source is either a file or a multicast");
	if (s->file[0] && s->file[0] != '/')
		cfg_problem(at, "file", "is no full path");
	config_look(at, "file", s->file);
	if (c && s->multicast.port && (!codec_can_transcode(c->id) || c->payload_type > 127))
		cfg_problem(at, "codec", "%s cannot be received without signalling; take pcmu, pcma or g722",
			    c->name);
}

void config_check_announcement(const struct cfg_at *at)
{
	const struct config *c = at->root;
	const struct config_announcement *a = at->base;
	if (a->file[0] != '/')
		cfg_problem(at, "file", "is no full path");
	config_look(at, "file", a->file);
	for (size_t i = 0; i < at->index; i++)
		if (c->announcements[i].number == a->number)
			cfg_problem(at, "number", "%u is there already", a->number);
}

void config_check_store(const struct cfg_at *at)
{
	const struct config_store_options *s = at->base;
	if (s->kind != CONFIG_STORE_REDIS)
		return;
	config_look(at, "redis", s->redis_password_file);
	if (!s->redis_socket[0] && !s->redis_host[0])
		cfg_problem(at, "redis", "needs a socket or a host");
	if (s->redis_socket[0] && s->redis_host[0])
		cfg_problem(at, "redis", "has both a socket and a host");
}
