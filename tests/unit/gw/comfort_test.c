// SPDX-License-Identifier: GPL-3.0-or-later
// comfort_test.c - Comfort noise of the level asked for, and silence told from speech.
#include "gw/comfort.h"

#include <errno.h>

#include "bench/measure.h"
#include "gw/mixer.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static void noise_has_its_level(void)
{
	static int16_t pcm[16000];
	for (int level = -70; level <= -20; level += 10) {
		struct comfort_noise n = {0};
		comfort_level_set(&n, level);
		comfort_run(&n, pcm, 16000);
		CHECK_NEAR(measure_level_dbm0(pcm, 16000), level, level < -60 ? 2 : 0.5);
	}
}

static void payloads_say_the_level(void)
{
	uint8_t payload[COMFORT_BYTES];
	int level = 0;
	for (int want = -100; want <= 0; want += 7) {
		CHECK_INT(comfort_write(payload, want), 1);
		CHECK_INT(comfort_read(payload, 1, &level), 0);
		CHECK_INT(level, want);
	}
	comfort_write(payload, -200);
	CHECK_INT(payload[0], 127);
	comfort_write(payload, 20);
	CHECK_INT(payload[0], 0);
	CHECK_INT(comfort_read(payload, 0, &level), -EINVAL);
}

static void steady_noise_falls_silent_and_speech_wakes(void)
{
	struct comfort_sender s = {0};
	unsigned int sent[3] = {0};
	for (unsigned int i = 0; i < 500; i++)
		sent[comfort_judge(&s, -500 + (int)(i % 5), 20)]++;
	CHECK(sent[COMFORT_SPEECH] <= 12);
	CHECK(sent[COMFORT_NOISE] >= 5 && sent[COMFORT_NOISE] <= 8);
	CHECK_NEAR(s.announced_cb, -500, 10);
	CHECK_INT(comfort_judge(&s, -250, 20), COMFORT_SPEECH);
	for (unsigned int i = 0; i < 9; i++)
		CHECK_INT(comfort_judge(&s, -500, 20), COMFORT_SPEECH); // hangs over
	CHECK_INT(comfort_judge(&s, -500, 20), COMFORT_NOISE);
	CHECK_INT(comfort_judge(&s, -500, 20), COMFORT_NOTHING);
}

static void speech_is_kept(void)
{
	size_t n = 0;
	const int16_t *speech = sample_speech(&n);
	if (!speech)
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	struct comfort_sender s = {0};
	uint64_t all = 0, kept = 0;
	unsigned int silent = 0;
	for (size_t at = 0; at + 160 <= n; at += 160) {
		uint64_t energy = mixer_energy(speech + at, 160);
		all += energy;
		if (comfort_judge(&s, mixer_level(energy, 160), 20) == COMFORT_SPEECH)
			kept += energy;
		else
			silent++;
	}
	CHECK((double)kept / (double)all > 0.999);
	CHECK(silent > 20); // and the few pauses of prompts are found
}

int main(void)
{
	static const struct t_test tests[] = {
		{"noise_has_its_level", noise_has_its_level},
		{"payloads_say_the_level", payloads_say_the_level},
		{"steady_noise_falls_silent_and_speech_wakes", steady_noise_falls_silent_and_speech_wakes},
		{"speech_is_kept", speech_is_kept},
	};
	mixer_init();
	return t_main("comfort", tests, sizeof(tests) / sizeof(tests[0]));
}
