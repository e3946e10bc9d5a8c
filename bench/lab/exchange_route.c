// SPDX-License-Identifier: GPL-3.0-or-later
// exchange_route.c - Whom a number means, and whether digits can still become one.
#include <string.h>

#include "bench/lab/leg.h"

static bool is_telephone(const struct agent_device *d)
{
	return d->in_service && !d->streams; // telephones tell of no capacity
}

static bool is_busy(const struct exchange *x, const struct agent_device *d)
{
	for (const struct leg *l = x->legs; l; l = l->next)
		if (l->device == d)
			return true;
	return false;
}

static enum route hunt(struct exchange *x, const struct exchange_number *n, struct agent_device **ret)
{
	enum route found = ROUTE_UNKNOWN;
	for (unsigned int i = 0; i < n->line_count; i++) {
		struct agent_device *d = agent_device_find(x->agent, n->lines[i]);
		if (d && !is_busy(x, d)) {
			*ret = d;
			return ROUTE_FOUND;
		}
		found = d ? ROUTE_BUSY : found;
	}
	return found;
}

enum route route_find(struct exchange *x, const char *number, struct agent_device **ret_device,
		      struct exchange_phone **ret_phone)
{
	*ret_device = NULL;
	*ret_phone = NULL;
	for (unsigned int i = 0; i < x->number_count; i++)
		if (strcmp(x->numbers[i].digits, number) == 0)
			return hunt(x, &x->numbers[i], ret_device);
	for (struct exchange_phone *p = x->phones; p; p = p->next) {
		if (p->number[0] && strcmp(p->number, number) == 0) {
			*ret_phone = p;
			return p->leg ? ROUTE_BUSY : ROUTE_FOUND;
		}
	}
	for (struct agent_device *d = x->agent ? agent_devices(x->agent) : NULL; d; d = d->next) {
		if (is_telephone(d) &&
		    (strcmp(telephone_number(d), number) == 0 || strcmp(d->name, number) == 0)) {
			*ret_device = d;
			return is_busy(x, d) ? ROUTE_BUSY : ROUTE_FOUND;
		}
	}
	return ROUTE_UNKNOWN;
}

static bool begins(const char *number, const char *digits)
{
	size_t n = strlen(digits);
	return strlen(number) > n && strncmp(number, digits, n) == 0;
}

bool route_goes_on(const struct exchange *x, const char *digits)
{
	for (unsigned int i = 0; i < x->number_count; i++)
		if (begins(x->numbers[i].digits, digits))
			return true;
	for (const struct exchange_phone *p = x->phones; p; p = p->next)
		if (begins(p->number, digits))
			return true;
	for (const struct agent_device *d = x->agent ? agent_devices(x->agent) : NULL; d; d = d->next)
		if (is_telephone(d) && begins(telephone_number(d), digits))
			return true;
	return false;
}
