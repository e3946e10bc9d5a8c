// SPDX-License-Identifier: GPL-3.0-or-later
// admit.c - Which worker takes a conference, and whether a worker takes anything more at all.
//
// What is open goes on whatever comes: calls that cannot be carried are refused when they are set up, before they make the
// others late. A worker's load is what it measures, and what was opened since and does not speak yet, or what all of
// it would take in the worst of the last moments (dataplane/load.h); commands that it has not seen are counted at the
// average of what is open.
//
// A call takes several streams. Above the limit none begins, but those begun may be completed, as far as a
// margin goes: half a call helps nobody. Who names the port of a stream had it before, in a dataplane that is no more: such
// calls were admitted once and are not asked again.
#include "dataplane/server/inner.h"

#include <errno.h>

#include "gw/log.h"

enum {
	BEGUN_PERCENT = 5,      // above the limit, for conferences that have streams
	STREAMS_EACH = 2,       // that a new conference will have
	STREAM_NS = 20000,      // a second, where nothing is open
	STEP = LOAD_WHOLE / 20, // workers whose loads lie in the same step are alike
	TELL_NS = NSEC_PER_SEC * 10,
};

struct figures {
	uint64_t load;     // expected, LOAD_WHOLE = one core
	uint32_t promised; // streams
};

static uint32_t relaxed(const uint32_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static uint64_t relaxed_long(const uint64_t *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

uint64_t server_worker_load(const struct server *s, unsigned int i)
{
	const struct worker *w = s->dp->workers[i];
	uint64_t cost = relaxed_long(&w->counters.cost);
	uint32_t seen = relaxed(&w->counters.streams), all = s->worker_streams[i];
	if (all > seen)
		cost += (all - seen) * (seen ? cost / seen : STREAM_NS);
	uint64_t load = load_expected(relaxed(&w->load.measured), relaxed_long(&w->load.cost_smoothed), cost);
	uint64_t slow = load_at_slowest(relaxed(&w->load.slowest), cost);
	return slow > load ? slow : load;
}

static struct figures figures(const struct server *s, unsigned int i)
{
	return (struct figures){
		.load = server_worker_load(s, i),
		.promised = s->worker_streams[i] + STREAMS_EACH * s->worker_empty[i],
	};
}

static bool less(struct figures a, struct figures b)
{
	uint64_t x = a.load / STEP, y = b.load / STEP;
	return x != y ? x < y : a.promised < b.promised;
}

unsigned int server_worker_choose(const struct server *s)
{
	unsigned int best = 0;
	struct figures least = figures(s, 0);
	for (unsigned int i = 1; i < s->dp->worker_count; i++) {
		struct figures f = figures(s, i);
		if (less(f, least)) {
			best = i;
			least = f;
		}
	}
	return best;
}

int server_admit(struct server *s, const struct server_conference *k, const struct stream_spec *spec,
		 nsec_t now)
{
	unsigned int percent = s->dp->config->dataplane.load_limit;
	if (percent >= 100 || spec->local.port)
		return 0;
	uint64_t limit = (uint64_t)(percent + (k->stream_count ? BEGUN_PERCENT : 0)) * (LOAD_WHOLE / 100);
	uint64_t load = server_worker_load(s, k->worker);
	if (load < limit)
		return 0;
	s->overloaded++;
	if (now >= s->overload_told) {
		s->overload_told = now + TELL_NS;
		log_warning("api", "set-up refused: workers are at `dataplane.load-limit`",
			    "worker=%u load_percent=%u limit_percent=%u refused=%llu", k->worker,
			    (unsigned int)(load / (LOAD_WHOLE / 100)), percent,
			    (unsigned long long)s->overloaded);
	}
	return -EBUSY;
}
