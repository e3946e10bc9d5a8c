// SPDX-License-Identifier: GPL-3.0-or-later
// player_inner.h - What the files of the player room share.
#pragma once

#include "control/player.h"

// Makes a player that plays nothing yet; NULL without memory or when the conference has PLAYERS_MAX of them.
struct player *player_new(struct conference *c, enum player_kind kind);

// Has the dataplane play it, now or when the conference is there. It may be gone afterwards.
void player_start(struct player *p, nsec_t now);

// Ends it without a word to the agent.
void player_end(struct player *p, nsec_t now);

void player_answer_finish(struct device *d, uint32_t conference_id, uint32_t status, nsec_t now);
