// SPDX-License-Identifier: GPL-3.0-or-later
// lines.c - The user of a line in a scenario, and what the line would show.
#include "tests/replay/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "gw/sccp.h"
#include "tests/replay/text.h"

static int act(struct line *l, const char *what, const char *arg, nsec_t now)
{
	if (strcmp(what, "dial") == 0)
		return line_dial(l, arg, now);
	if (strcmp(what, "enbloc") == 0)
		return line_enbloc(l, arg, now);
	if (strcmp(what, "press") == 0)
		return line_press(l, arg, now);
	if (strcmp(what, "answer") == 0)
		return line_answer(l, now);
	if (strcmp(what, "hangup") == 0)
		return line_hang_up(l, now);
	return strcmp(what, "hold") == 0 ? line_hold(l, now) : -ENOSYS;
}

bool lines_act(struct device *d, char *args, nsec_t now, char *problem, size_t cap)
{
	char *save;
	char *what = strtok_r(args, " ", &save);
	char *arg = what ? strtok_r(NULL, " ", &save) : NULL;
	char *but = arg && strcmp(arg, "but") == 0 ? arg : strtok_r(NULL, " ", &save);
	char *error = but ? strtok_r(NULL, " ", &save) : NULL;
	int want = error ? -text_errno(error) : 0;
	int rc = d->line && what ? act(d->line, what, arg && arg != but ? arg : "", now) : -ENODEV;
	snprintf(problem, cap, "%s: %s, expected %s", what ? what : "line", strerror(-rc), strerror(-want));
	return rc == want;
}

const char *lines_show(const struct device *d, const char *key, nsec_t now, char *buf, size_t cap)
{
	const struct line *l = d->line;
	snprintf(buf, cap, "?");
	if (!l)
		return buf;
	const struct {
		const char *key;
		const char *text;
	} texts[] = {{"state", line_state_name(l->fsm.state)},
		     {"number", l->buttons[0].number},
		     {"name", l->buttons[0].name},
		     {"label", l->buttons[0].label},
		     {"prompt", l->prompt},
		     {"notice", line_notice(l, now)},
		     {"text", l->text},
		     {"forward", l->buttons[0].forward[LINE_FORWARD_ALL]},
		     {"forward-busy", l->buttons[0].forward[LINE_FORWARD_BUSY]},
		     {"forward-no-answer", l->buttons[0].forward[LINE_FORWARD_NO_ANSWER]},
		     {"extra", l->extra_count ? l->extras[0].name : ""},
		     {"extra-number", l->extra_count ? l->extras[0].number : ""},
		     {"ringer", sccp_enum_name(SCCP_ENUM_RING_MODE, l->ringer)},
		     {"lamp", sccp_enum_name(SCCP_ENUM_LAMP, l->lamp)},
		     {"waiting", sccp_enum_name(SCCP_ENUM_LAMP, l->waiting)}};
	const struct {
		const char *key;
		unsigned int value;
	} numbers[] = {{"buttons", l->button_count}, {"speed-dials", l->speed_dials}, {"keys", l->key_count},
		       {"sets", l->set_count},       {"unanswered", l->unanswered},   {"tone", l->tone},
		       {"lamps", l->lamp_count},     {"extras", l->extra_count}};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strcmp(texts[i].key, key) == 0)
			snprintf(buf, cap, "%s", texts[i].text && *texts[i].text ? texts[i].text : "-");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (strcmp(numbers[i].key, key) == 0)
			snprintf(buf, cap, "%u", numbers[i].value);
	return buf;
}

const char *lines_call(struct device *d, uint32_t reference)
{
	struct line_call *c = d->line ? line_call_find(d->line, 0, reference) : NULL;
	return c ? line_call_state_name(c->fsm.state) : "none";
}
