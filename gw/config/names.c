// SPDX-License-Identifier: GPL-3.0-or-later
// names.c - Reads names that must be unique and references to them.
#include "gw/config/tables.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

// Every named struct of the model begins with its name, so one walk serves all lists.
_Static_assert(offsetof(struct config_agent, name) == 0 && offsetof(struct config_group, name) == 0 &&
		       offsetof(struct config_profile, name) == 0 &&
		       offsetof(struct config_source, name) == 0 &&
		       offsetof(struct config_device, name) == 0 && offsetof(struct config_port, name) == 0,
	       "names come first");

struct names {
	const char *first;
	size_t stride;
	size_t count;
};

static const char *name_at(const void *names, size_t i)
{
	const struct names *n = names;
	return n->first + i * n->stride;
}

static int refuse_twin(const struct cfg_at *at, const char *what, const void *first, size_t stride,
		       const char *name)
{
	const struct names names = {first, stride, at->index};
	for (size_t i = 0; i < at->index; i++) {
		if (strcmp(name_at(&names, i), name) != 0)
			continue;
		cfg_problem(at, NULL, "%s %s is there already", what, name);
		return -EEXIST;
	}
	return 0;
}

static int find_name(const struct cfg_at *at, const char *what, const char *list, const struct names *names,
		     const char *text, unsigned int *ret)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(name_at(names, i), text) == 0) {
			*ret = (unsigned int)i;
			return 0;
		}
	}
	const char *near = cfg_nearest(text, name_at, names, names->count);
	cfg_problem(at, NULL, "%s has no %s named %.40s%s%s%s", list, what, text,
		    near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return -ENOENT;
}

int config_parse_port_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	int rc = config_parse_name(at, text, field);
	return rc < 0 ? rc
		      : refuse_twin(at, "port", c->dataplane.ports, sizeof(c->dataplane.ports[0]), field);
}

int config_parse_agent_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	int rc = config_parse_name(at, text, field);
	return rc < 0 ? rc : refuse_twin(at, "agent", c->agents, sizeof(c->agents[0]), field);
}

int config_parse_group_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	int rc = config_parse_name(at, text, field);
	return rc < 0 ? rc : refuse_twin(at, "group", c->groups, sizeof(c->groups[0]), field);
}

int config_parse_profile_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	int rc = config_parse_name(at, text, field);
	return rc < 0 ? rc : refuse_twin(at, "profile", c->profiles, sizeof(c->profiles[0]), field);
}

// What a Register message carries: 15 characters and their NUL.
int config_parse_device_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	size_t n = strlen(text);
	if (n < 1 || n > 15) {
		cfg_problem(at, NULL, "an SCCP device name has 1 to 15 characters, this has %zu", n);
		return -EINVAL;
	}
	for (const char *p = text; *p; p++) {
		if (isgraph((unsigned char)*p) && !strchr("{}\"", *p))
			continue;
		cfg_problem(at, NULL,
			    "an SCCP device name has no blanks, braces, quotes or special characters");
		return -EINVAL;
	}
	memcpy(field, text, n + 1);
	return refuse_twin(at, "device", c->devices, sizeof(c->devices[0]), field);
}

int config_parse_group_agent(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	const struct config_group *g = at->base;
	const struct names names = {(const char *)c->agents, sizeof(c->agents[0]), c->agent_count};
	unsigned int *agent = field;
	int rc = find_name(at, "agent", "agents", &names, text, agent);
	if (rc < 0)
		return rc;
	for (const unsigned int *a = g->agents; a < agent; a++) {
		if (*a != *agent)
			continue;
		cfg_problem(at, NULL, "agent %s is in this group already", text);
		return -EEXIST;
	}
	return 0;
}

int config_parse_device_profile(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	const struct names names = {(const char *)c->profiles, sizeof(c->profiles[0]), c->profile_count};
	return find_name(at, "profile", "profiles", &names, text, field);
}

int config_parse_device_group(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	const struct names names = {(const char *)c->groups, sizeof(c->groups[0]), c->group_count};
	return find_name(at, "group", "agent-groups", &names, text, field);
}

int config_parse_source_name(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	int rc = config_parse_name(at, text, field);
	return rc < 0 ? rc : refuse_twin(at, "source", c->sources, sizeof(c->sources[0]), field);
}

// "" is the first source, if there is one; config_check_profile says so where one is needed.
int config_parse_music_source(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	const struct names names = {(const char *)c->sources, sizeof(c->sources[0]), c->source_count};
	return text[0] ? find_name(at, "source", "sources", &names, text, field) : 0;
}

uint64_t config_codecs(const struct config *c)
{
	uint64_t codecs = 0;
	for (unsigned int i = 0; i < c->profile_count; i++)
		for (unsigned int k = 0; k < c->profiles[i].codec_count; k++)
			codecs |= UINT64_C(1) << c->profiles[i].codecs[k].codec;
	for (unsigned int i = 0; i < c->source_count; i++)
		if (c->sources[i].multicast.port)
			codecs |= UINT64_C(1) << c->sources[i].codec;
	return codecs;
}

// A device's kind is its profile's; who states it again gets it checked. The profile has been read before.
int config_parse_device_kind(const struct cfg_at *at, const char *text, void *field)
{
	const struct config *c = at->root;
	const struct config_device *d = at->base;
	if (text[0] == '\0' || d->profile >= c->profile_count)
		return 0;
	const struct config_profile *p = &c->profiles[d->profile];
	if (strcmp(text, config_kind_name(p->kind)) == 0)
		return 0;
	cfg_problem(at, NULL, "profile %s is of kind %s", p->name, config_kind_name(p->kind));
	return -EINVAL;
}
