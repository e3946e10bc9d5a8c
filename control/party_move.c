// SPDX-License-Identifier: GPL-3.0-or-later
// party_move.c - A party goes from one conference to another, as its line wants it.
//
// It is a member of the new one at once; its stream follows when the dataplane has that conference, and until then the old
// one is held. One move at a time: where it should go next is for the line to remember. A move that fails ends
// where it began.
#include <errno.h>

#include "control/line_action.h"
#include "control/party_inner.h"

int party_move(struct party *p, const struct place *to, nsec_t now)
{
	struct conference *c = confer_find(to->home, to->number), *old = p->conference;
	if (p->left || !old)
		return -EBUSY;
	if (c == old)
		return 0;
	if (!c)
		c = confer_new(to->home, to->number, now);
	if (!c)
		return -ENOMEM;
	if (!c->party_count)
		c->flags = to->flags;
	p->left = old;
	confer_hand_over(old, c, p, now);
	if (p->fsm.state == PARTY_WAITING) { // nothing of it is where it was
		p->left = NULL;
		confer_release(old, now);
		confer_want(c, now);
		return 0;
	}
	party_feed(p, PARTY_WANT, now);
	return -EINPROGRESS;
}

bool party_move_done(struct party *p, nsec_t now)
{
	struct conference *old = p->left;
	if (!old || !p->stream || p->applied.conference != p->conference->handle)
		return false;
	p->left = NULL;
	confer_release(old, now);
	return true;
}

bool party_move_back(struct party *p, nsec_t now)
{
	struct conference *c = p->conference, *old = p->left;
	if (!old || !p->stream)
		return false;
	p->left = NULL;
	confer_hand_over(c, old, p, now);
	confer_release(c, now);
	confer_release(old, now);
	return true;
}
