// SPDX-License-Identifier: GPL-3.0-or-later
// line_inner.h - What the files of the line room share.
#pragma once

#include "control/line.h"

// Takes what an agent answers to a telephone's questions. False: it is no such answer. *ret_whole: no more of it comes.
bool line_told(struct line *l, const struct sccp_msg *m, bool *ret_whole, nsec_t now);

// Takes what the telephone would show, and what only telephones of another kind would. False: it is neither.
bool line_panel_on_message(struct line *l, const struct sccp_msg *m, nsec_t now);
void line_panel_clear(struct line *l);

// Copies an agent's text, cut to what `ret` holds, with its codes for words written out.
void line_text(char *ret, size_t cap, const char *text);
