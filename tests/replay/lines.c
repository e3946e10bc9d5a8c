// SPDX-License-Identifier: GPL-3.0-or-later
// lines.c - The user of a line in a scenario, and what the line would show.
#include "tests/replay/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "control/device.h"
#include "control/line.h"
#include "control/line_act.h"
#include "control/line_action.h"
#include "gw/sccp.h"
#include "tests/replay/text.h"

bool lines_act(struct device *d, char *args, nsec_t now, char *problem, size_t cap)
{
	char *save, *words[3] = {0};
	const char *error = NULL;
	unsigned int count = 0;
	for (char *w = strtok_r(args, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		if (strcmp(w, "but") == 0)
			error = strtok_r(NULL, " ", &save);
		else if (count < 3)
			words[count++] = w;
	}
	const struct line_act *act = count ? line_act_find(words[0]) : NULL;
	int want = error ? -text_errno(error) : 0, rc = -ENOSYS;
	if (d->line && act && line_act_takes(act, count - 1))
		rc = act->run(d->line, words[1] ? words[1] : "", words[2] ? words[2] : "", now);
	snprintf(problem, cap, "%s: %s, expected %s", count ? words[0] : "line", strerror(-rc),
		 strerror(-want));
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
		     {"test", fsm_state_name(&line_test_table, l->test.fsm.state)},
		     {"test-last", line_test_result_name(l->test.last)},
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
	} numbers[] = {{"buttons", l->button_count},
		       {"speed-dials", l->speed_dials},
		       {"keys", l->key_count},
		       {"sets", l->set_count},
		       {"unanswered", l->unanswered},
		       {"tone", l->tone},
		       {"lamps", l->lamp_count},
		       {"extras", l->extra_count},
		       {"errand", l->errand.fsm.state},
		       {"tests", (unsigned int)line_test_count(&l->test)},
		       {"tests-good", (unsigned int)l->test.results[TEST_GOOD]}};
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

// Whose call this process never knew, or has forgotten.
static const struct visit *find_callless(const struct line *l, uint32_t reference)
{
	LIST_FOREACH(v, &l->visits, struct visit, link)
	{
		if (!v->call && v->call_reference == reference)
			return v;
	}
	return NULL;
}

const char *lines_stage(struct device *d, uint32_t reference, char *buf, size_t cap)
{
	const struct line_call *c = d->line ? line_call_find(d->line, 0, reference) : NULL;
	const struct visit *v = c ? c->visit : d->line ? find_callless(d->line, reference) : NULL;
	snprintf(buf, cap, "none");
	if (v && v->action->show)
		v->action->show(v, buf, cap);
	return buf;
}
