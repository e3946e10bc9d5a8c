// SPDX-License-Identifier: GPL-3.0-or-later
// tone_test.c - Tones by frequency, level and cadence.
#include "gw/tone.h"

#include "bench/measure.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static int16_t pcm[48000 * 3];

static void frequencies_and_levels_are_right_at_every_rate(void)
{
	static const uint32_t rates[] = {8000, 16000, 48000};
	for (unsigned int r = 0; r < 3; r++) {
		struct tone_generator g;
		unsigned int n = rates[r] * 3;
		tone_start(&g, tone_by_name("inside-dial"), rates[r]);
		for (unsigned int at = 0; at < n; at += rates[r] / 50)
			CHECK(tone_run(&g, pcm + at, rates[r] / 50));
		CHECK_NEAR(measure_sine(pcm, n, rates[r], 350).level_dbm0, -13, 0.1);
		CHECK_NEAR(measure_sine(pcm, n, rates[r], 440).level_dbm0, -13, 0.1);
		tone_start(&g, tone_by_sccp(95), rates[r]);
		tone_run(&g, pcm, n);
		struct measure_sine s = measure_sine(pcm, n, rates[r], 1004);
		CHECK_NEAR(s.level_dbm0, 0, 0.1);
		CHECK(s.sinad_db > 80); // the second's seam included
	}
}

static void cadences_are_kept(void)
{
	struct tone_generator g;
	tone_start(&g, tone_by_name("busy"), 8000);
	tone_run(&g, pcm, 24000);
	for (unsigned int half = 0; half < 6; half++) {
		double level = measure_level_dbm0(pcm + half * 4000, 4000);
		if (half % 2)
			CHECK_NEAR(level, -96, 0.1);
		else
			CHECK_NEAR(level, -21, 0.2);
	}
}

static void a_tone_that_plays_once_ends(void)
{
	struct tone_generator g;
	tone_start(&g, tone_by_name("zip"), 8000);
	CHECK(tone_run(&g, pcm, 2000));
	CHECK(!tone_run(&g, pcm, 2000));
	CHECK(measure_level_dbm0(pcm, 400) > -30);
	CHECK_NEAR(measure_level_dbm0(pcm + 400, 1600), -96, 0.1);
	CHECK(!tone_run(&g, pcm, 160));
}

static void names_and_numbers_are_unique(void)
{
	for (unsigned int n = 0; n < 300; n++) {
		const struct tone *t = tone_by_sccp(n);
		if (t) {
			CHECK(tone_by_name(t->name) == t);
			CHECK(t->steps > 0 && t->steps <= TONE_STEPS);
		}
	}
	CHECK(!tone_by_sccp(0) && !tone_by_name(""));
}

// Every country has all that North America has, and what it has of its own differs.
static void countries_have_every_tone(void)
{
	for (unsigned int c = 0; c < TONE_COUNTRY_COUNT; c++) {
		CHECK(tone_countries[c] && strlen(tone_countries[c]) == 2);
		for (uint32_t n = 0; n < 256; n++) {
			const struct tone *t = tone_of_country(c, n);
			CHECK(!t == !tone_by_sccp(n));
			CHECK(!t || (t->sccp == n && strcmp(t->name, tone_by_sccp(n)->name) == 0));
		}
		CHECK((tone_of_country(c, 35) == tone_by_sccp(35)) == (c == TONE_US));
	}
	CHECK(!tone_countries[TONE_COUNTRY_COUNT]);
	CHECK(tone_of_country(99, 35) == tone_by_sccp(35));
	struct tone_generator g;
	tone_start(&g, tone_of_country(TONE_GB, 35), 8000);
	tone_run(&g, pcm, 6000);
	CHECK_NEAR(measure_sine(pcm, 3000, 8000, 400).level_dbm0, -13, 0.1);
	CHECK_NEAR(measure_level_dbm0(pcm + 3000, 3000), -96, 0.1);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"frequencies_and_levels_are_right_at_every_rate",
		 frequencies_and_levels_are_right_at_every_rate},
		{"cadences_are_kept", cadences_are_kept},
		{"a_tone_that_plays_once_ends", a_tone_that_plays_once_ends},
		{"names_and_numbers_are_unique", names_and_numbers_are_unique},
		{"countries_have_every_tone", countries_have_every_tone},
	};
	return t_main("tone", tests, sizeof(tests) / sizeof(tests[0]));
}
