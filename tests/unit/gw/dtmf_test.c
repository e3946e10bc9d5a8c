// SPDX-License-Identifier: GPL-3.0-or-later
// dtmf_test.c - Every digit through G.711 at every level, once each; speech holds none.
#include "gw/dtmf.h"

#include <errno.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "gw/codec.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

static const char all[] = "123A456B789C*0#D";

static struct dtmf_rx *rx_new(void)
{
	return dtmf_rx_make(aligned_alloc(64, (dtmf_rx_size() + 63) & ~(size_t)63));
}

static struct dtmf_tx *tx_new(int level, unsigned int on_ms, unsigned int off_ms)
{
	return dtmf_tx_make(aligned_alloc(64, (dtmf_tx_size() + 63) & ~(size_t)63), level, on_ms, off_ms);
}

// Sends all digits ten times and returns how many came back, each in its place.
static unsigned int heard(int level, unsigned int ms, enum codec_id id)
{
	const struct codec *c = codec_by_id(id);
	struct dtmf_rx *r = rx_new();
	struct dtmf_tx *t = tx_new(level, ms, ms);
	unsigned int right = 0, got = 0;
	char digit;
	for (unsigned int round = 0; round < 10; round++) {
		for (unsigned int i = 0; i < 16; i++)
			CHECK_INT(dtmf_tx_queue(t, all[i]), 0);
		int16_t pcm[160];
		uint8_t code[160];
		while (dtmf_tx_run(t, pcm, 160) > 0) {
			c->encode(NULL, pcm, 160, code, 160);
			c->decode(NULL, code, 160, pcm, 160);
			dtmf_rx_listen(r, pcm, 160);
			while (dtmf_rx_next(r, &digit))
				right += digit == all[got++ % 16];
		}
	}
	CHECK_INT(got, right);
	free(r);
	free(t);
	return right;
}

static void every_digit_is_heard_at_every_level(void)
{
	static const unsigned int times[] = {40, 70, 100};
	for (int level = -30; level <= -3; level += 3)
		for (unsigned int i = 0; i < 3; i++) {
			CHECK_INT(heard(level, times[i], CODEC_PCMU), 160);
			CHECK_INT(heard(level, times[i], CODEC_PCMA), 160);
		}
}

static void speech_holds_no_digits(void)
{
	size_t n = 0;
	const int16_t *speech = sample_speech(&n);
	if (!speech)
		SKIP("no speech: asterisk-core-sounds-en-wav is not installed");
	struct dtmf_rx *r = rx_new();
	unsigned int false_digits = 0;
	char digit;
	for (size_t at = 0; at + 160 <= n; at += 160) {
		dtmf_rx_listen(r, speech + at, 160);
		false_digits += dtmf_rx_next(r, &digit);
	}
	CHECK_INT(false_digits, 0);
	free(r);
}

static void a_lost_frame_does_not_split_a_digit(void)
{
	struct dtmf_rx *r = rx_new();
	struct dtmf_tx *t = tx_new(-10, 200, 50);
	int16_t pcm[160];
	char digit;
	unsigned int count = 0;
	dtmf_tx_queue(t, '5');
	for (unsigned int i = 0; dtmf_tx_run(t, pcm, 160) > 0; i++) {
		if (i == 5)
			dtmf_rx_gap(r, 160);
		else
			dtmf_rx_listen(r, pcm, 160);
		count += dtmf_rx_next(r, &digit);
	}
	CHECK_INT(count, 1);
	CHECK_INT(digit, '5');
	free(r);
	free(t);
}

static void names_map_both_ways(void)
{
	for (unsigned int e = 0; e < 16; e++)
		CHECK_INT(dtmf_event(dtmf_digit(e)), e);
	CHECK_INT(dtmf_event('*'), 10);
	CHECK_INT(dtmf_event('#'), 11);
	CHECK_INT(dtmf_event('d'), 15);
	CHECK_INT(dtmf_event('e'), -1);
	CHECK_INT(dtmf_event('\0'), -1);
	CHECK_INT(dtmf_digit(16), 0);
}

static void bad_digits_and_full_queues_are_refused(void)
{
	struct dtmf_tx *t = tx_new(-10, 50, 50);
	int err = 0;
	CHECK_INT(dtmf_tx_queue(t, 'x'), -EINVAL);
	for (unsigned int i = 0; i < 1000 && err == 0; i++)
		err = dtmf_tx_queue(t, '1');
	CHECK_INT(err, -ENOSPC);
	free(t);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"every_digit_is_heard_at_every_level", every_digit_is_heard_at_every_level},
		{"speech_holds_no_digits", speech_holds_no_digits},
		{"a_lost_frame_does_not_split_a_digit", a_lost_frame_does_not_split_a_digit},
		{"names_map_both_ways", names_map_both_ways},
		{"bad_digits_and_full_queues_are_refused", bad_digits_and_full_queues_are_refused},
	};
	codec_init();
	return t_main("dtmf", tests, sizeof(tests) / sizeof(tests[0]));
}
