// SPDX-License-Identifier: GPL-3.0-or-later
// comfort_test.c - Comfort noise of the level asked for, and silence told from speech.
#include "gw/comfort.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

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

static enum comfort_verdict judge(struct comfort_sender *s, int level_cb)
{
	struct comfort_look look = {.level_cb = level_cb, .peak_cb = level_cb, .per_second = 800};
	return comfort_judge(s, &look, 20);
}

static void steady_noise_falls_silent_and_speech_wakes(void)
{
	struct comfort_sender s = {0};
	unsigned int sent[3] = {0};
	for (unsigned int i = 0; i < 500; i++)
		sent[judge(&s, -500 + (int)(i % 5))]++;
	CHECK(sent[COMFORT_SPEECH] <= 12);
	CHECK(sent[COMFORT_NOISE] >= 48 && sent[COMFORT_NOISE] <= 50); // five a second
	CHECK_NEAR(s.announced_cb, -500, 10);
	CHECK_INT(judge(&s, -250), COMFORT_SPEECH);
	for (unsigned int i = 0; i < 9; i++)
		CHECK_INT(judge(&s, -500), COMFORT_SPEECH); // hangs over
	CHECK_INT(judge(&s, -500), COMFORT_NOISE);
	CHECK_INT(judge(&s, -500), COMFORT_NOTHING);
}

static void a_change_of_level_is_told_at_once(void)
{
	struct comfort_sender s = {0};
	unsigned int told = 0, nothing = 0;
	for (unsigned int i = 0; i < 103; i++)
		judge(&s, -500);
	for (unsigned int i = 0; i < 6; i++) {
		enum comfort_verdict v = judge(&s, -560);
		told += v == COMFORT_NOISE;
		nothing += v == COMFORT_NOTHING;
	}
	CHECK(told >= 1 && nothing >= 3);
	CHECK(s.announced_cb <= -530);
}

static void a_look_finds_level_onset_and_hiss(void)
{
	static int16_t pcm[160];
	struct comfort_look look;
	for (unsigned int i = 120; i < 160; i++)
		pcm[i] = i % 2 ? 3000 : -3000;
	comfort_look(pcm, 160, 8000, &look);
	CHECK_NEAR(look.peak_cb - look.level_cb, 60, 2);
	CHECK_NEAR(look.per_second, 2000, 100);
	memset(pcm, 0, sizeof(pcm));
	comfort_look(pcm, 160, 8000, &look);
	CHECK_INT(look.per_second, 0);
	CHECK(look.peak_cb <= MIXER_LEVEL_SILENT);
}

// Speech above a room's noise: which frames a sender leaves out.
struct cut {
	unsigned int frames, active, missed, onsets, onsets_missed, silent, pauses, paused;
	uint64_t all, kept;
};

static struct cut cut(const int16_t *speech, size_t n, int noise_dbm0)
{
	struct comfort_sender s = {0};
	struct comfort_noise room = {0};
	struct cut c = {0};
	bool was_active = true;
	comfort_level_set(&room, noise_dbm0);
	for (size_t at = 0; at + 160 <= n; at += 160, c.frames++) {
		int16_t pcm[160];
		struct comfort_look look;
		for (unsigned int i = 0; at % 16000 == 0 && i < 50;
		     i++) { // a second's pause for two of speech
			comfort_run(&room, pcm, 160);
			comfort_look(pcm, 160, 8000, &look);
			c.paused += comfort_judge(&s, &look, 20) != COMFORT_SPEECH;
			c.pauses++;
			was_active = false;
		}
		comfort_run(&room, pcm, 160);
		for (unsigned int i = 0; i < 160; i++) {
			int32_t v = pcm[i] + speech[at + i];
			pcm[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
		}
		uint64_t energy = mixer_energy(speech + at, 160);
		bool active = mixer_level(energy, 160) > -400; // the speech alone
		comfort_look(pcm, 160, 8000, &look);
		bool sent = comfort_judge(&s, &look, 20) == COMFORT_SPEECH;
		c.all += energy;
		c.kept += sent ? energy : 0;
		c.active += active;
		c.missed += active && !sent;
		c.onsets += active && !was_active;
		c.onsets_missed += active && !was_active && !sent;
		c.silent += !sent;
		was_active = active;
	}
	return c;
}

static void no_onset_of_real_speech_is_cut(void)
{
	size_t n = 0;
	const int16_t *speech = sample_speech(&n);
	if (!speech)
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	static const int rooms[] = {-75, -65, -55};
	for (unsigned int i = 0; i < 3; i++) {
		struct cut c = cut(speech, n, rooms[i]);
		printf("room %d dBm0: %u frames, %u active, %u missed, %u of %u onsets missed, %u left out, "
		       "%u of %u in "
		       "pauses, energy kept %.5f\n",
		       rooms[i], c.frames, c.active, c.missed, c.onsets_missed, c.onsets, c.silent, c.paused,
		       c.pauses, (double)c.kept / (double)c.all);
		CHECK(c.missed * 1000 <= c.active);
		CHECK_INT(c.onsets_missed, 0);
		CHECK((double)c.kept / (double)c.all > 0.9995);
		CHECK(c.silent > 20);                   // and the few pauses of prompts are found
		CHECK(c.paused * 100 >= c.pauses * 70); // but for the hang-over
	}
}

int main(void)
{
	static const struct t_test tests[] = {
		{"noise_has_its_level", noise_has_its_level},
		{"payloads_say_the_level", payloads_say_the_level},
		{"steady_noise_falls_silent_and_speech_wakes", steady_noise_falls_silent_and_speech_wakes},
		{"a_change_of_level_is_told_at_once", a_change_of_level_is_told_at_once},
		{"a_look_finds_level_onset_and_hiss", a_look_finds_level_onset_and_hiss},
		{"no_onset_of_real_speech_is_cut", no_onset_of_real_speech_is_cut},
	};
	mixer_init();
	return t_main("comfort", tests, sizeof(tests) / sizeof(tests[0]));
}
