// SPDX-License-Identifier: GPL-3.0-or-later
// codec_test.c - The codec list, and coders against the ITU-T sequences, bit by bit.
#include "gw/codec.h"

#include <errno.h>
#include <spandsp.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "gw/codec/law.h"
#include "tests/unit/sample.h"
#include "tests/unit/t.h"

// Codec state, or NULL for a stateless one. Free with codec_state_free.
static void *state_new(const struct codec *c, bool encoder)
{
	size_t size = encoder ? c->encoder_size : c->decoder_size;
	int (*init)(void *) = encoder ? c->encoder_init : c->decoder_init;
	void *state = size ? aligned_alloc(64, (size + 63) & ~(size_t)63) : NULL;
	if (init)
		CHECK_INT(init(state), 0);
	return state;
}

static void state_free(const struct codec *c, bool encoder, void *state)
{
	void (*fini)(void *) = encoder ? c->encoder_fini : c->decoder_fini;
	if (fini)
		fini(state);
	free(state);
}

static void rows_are_consistent(void)
{
	for (unsigned int id = 1; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		REQUIRE(c != NULL);
		CHECK_INT(c->id, id);
		CHECK(codec_by_name(c->name) == c);
		CHECK(c->rtp_clock_hz % 1000 == 0 && c->sample_rate_hz % 8000 == 0);
		CHECK(c->period_ms_default % c->frame_ms == 0 && c->period_ms_max >= c->period_ms_default);
		CHECK_INT(!c->encode, !c->decode);
		CHECK(!c->encoder_size || (c->encoder_init && c->encode));
		CHECK_INT(codec_can_transcode(id), c->encode != NULL);
		if (codec_to_sccp(id)) { // formats of one payload share a number
			const char *name = codec_by_id(codec_by_sccp(codec_to_sccp(id)))->rtp_name;
			CHECK_STR(name, strncmp(c->rtp_name, "AAL2-", 5) ? c->rtp_name : c->rtp_name + 5);
		}
	}
	CHECK(!codec_by_id(CODEC_NONE) && !codec_by_id(CODEC_COUNT) && !codec_by_id(UINT32_MAX));
	CHECK(!codec_by_name("") && !codec_by_name("pcm"));
	CHECK(!codec_can_transcode(CODEC_NONE) && !codec_can_transcode(CODEC_G723));
	CHECK_INT(codec_by_sccp(4), CODEC_PCMU);
	CHECK_INT(codec_by_sccp(12), CODEC_G729);
	CHECK_INT(codec_by_sccp(258), CODEC_NONE);
	CHECK_INT(codec_to_sccp(CODEC_PCMA), 2);
}

// --- G.711 ---

static const struct law_kernel *const kernels[] = {
	&law_kernel_generic,
#if defined(__x86_64__)
	&law_kernel_v3,
	&law_kernel_v4,
#endif
};

static bool kernel_runs(size_t i)
{
#if defined(__x86_64__)
	if (i == 1)
		return __builtin_cpu_supports("avx2");
	if (i == 2)
		return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#endif
	return i == 0;
}

static unsigned int differences(const uint16_t *want, const uint8_t *have, size_t n)
{
	unsigned int d = 0;
	for (size_t i = 0; i < n; i++)
		d += want[i] != have[i];
	return d;
}

// What we send is not fragmented: the longest packet fits into an Ethernet frame, behind an IPv6 header as well.
static void no_packet_is_longer_than_a_frame(void)
{
	for (unsigned int id = 1; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		unsigned int payload = c ? c->bytes_per_10ms * c->period_ms_max / 10 : 0;
		if (payload + 12 + 8 + 40 > 1500)
			printf("%s: %u bytes in %u ms\n", c->name, payload, c->period_ms_max);
		CHECK(payload + 12 + 8 + 40 <= 1500);
	}
}

static void g711_equals_the_sweep(void)
{
	static const char *const names[] = {"sweep.src", "sweep-r.u", "sweep-r.a", "sweep-r.reu",
					    "sweep-r.rea"};
	int16_t *file[5];
	size_t bytes = 0, n = 65536;
	for (unsigned int i = 0; i < 5; i++) {
		char path[64];
		snprintf(path, sizeof(path), "itu/g711/%s", names[i]);
		file[i] = sample_vector(path, &bytes);
		if (!file[i])
			SKIP("no vectors");
		REQUIRE(bytes == n * 2);
	}
	static uint8_t code[65536];
	static int16_t pcm[65536];
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		if (!kernel_runs(k))
			continue;
		kernels[k]->ulaw_encode(code, file[0], (unsigned int)n);
		CHECK_INT(differences((uint16_t *)file[1], code, n), 0);
		kernels[k]->ulaw_decode(pcm, code, (unsigned int)n);
		CHECK_MEM(pcm, file[3], n * 2);
		kernels[k]->alaw_encode(code, file[0], (unsigned int)n);
		CHECK_INT(differences((uint16_t *)file[2], code, n), 0);
		kernels[k]->alaw_decode(pcm, code, (unsigned int)n);
		CHECK_MEM(pcm, file[4], n * 2);
	}
	for (unsigned int i = 0; i < 5; i++)
		free(file[i]);
}

// The Recommendation's own words, as slowly as possible.
static uint8_t ulaw_reference(int x)
{
	int magnitude = (x < 0 ? ~x : x) / 4 + 33, segment = 0;
	magnitude = magnitude > 8191 ? 8191 : magnitude;
	while (magnitude >= 64 << segment)
		segment++;
	int step = magnitude / (2 << segment) - 16;
	return (uint8_t)((x < 0 ? 0 : 0x80) | (~(segment * 16 + step) & 0x7f));
}

static uint8_t alaw_reference(int x)
{
	int magnitude = (x < 0 ? ~x : x) / 16, segment = 0;
	while (magnitude >= 32 << segment)
		segment++;
	int step = magnitude < 16 ? magnitude : magnitude / (1 << segment) - 16;
	int number = magnitude < 16 ? step : (segment + 1) * 16 + step;
	return (uint8_t)(((x < 0 ? 0 : 0x80) | number) ^ 0x55);
}

static void g711_is_exact_everywhere(void)
{
	for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++) {
		if (!kernel_runs(k))
			continue;
		unsigned int wrong = 0;
		for (int x = INT16_MIN; x <= INT16_MAX; x++) {
			uint8_t u, a;
			int16_t pcm = (int16_t)x;
			kernels[k]->ulaw_encode(&u, &pcm, 1);
			kernels[k]->alaw_encode(&a, &pcm, 1);
			wrong += u != ulaw_reference(x) || a != alaw_reference(x);
		}
		CHECK_INT(wrong, 0);
		for (unsigned int c = 0; c < 256; c++) {
			int16_t u, a;
			uint8_t code = (uint8_t)c, back;
			kernels[k]->ulaw_decode(&u, &code, 1);
			kernels[k]->alaw_decode(&a, &code, 1);
			CHECK_INT(u, ulaw_to_linear(code));
			CHECK_INT(a, alaw_to_linear(code));
			kernels[k]->alaw_encode(&back, &a, 1);
			CHECK_INT(back, code);
			kernels[k]->ulaw_encode(&back, &u, 1);
			CHECK_INT(back, code == 0x7f ? 0xff : code);
		}
	}
	// A boundary on which the usual "bias, then clip" encoder goes wrong.
	CHECK_INT(ulaw_reference(-31612), 0x01);
}

static void law_conversion_is_the_table_of_the_recommendation(void)
{
	uint8_t u[256], a[256], back[256];
	for (unsigned int c = 0; c < 256; c++)
		u[c] = a[c] = (uint8_t)c;
	codec_law_translate(u, 256, CODEC_PCMA);
	codec_law_translate(a, 256, CODEC_PCMU);
	unsigned int lossy = 0;
	for (unsigned int c = 0; c < 256; c++) {
		CHECK_INT(u[c], ulaw_to_alaw((uint8_t)c));
		CHECK_INT(a[c], alaw_to_ulaw((uint8_t)c));
	}
	memcpy(back, u, sizeof(back));
	codec_law_translate(back, 256, CODEC_PCMU);
	for (unsigned int c = 0; c < 256; c++)
		lossy += back[c] != c;
	CHECK_INT(lossy, 16);
}

// A one's-complement sum, which has two zeros, as one number.
static uint64_t folded(uint64_t sum)
{
	return sum % 0xffff;
}

static uint64_t words_sum(const uint8_t *p, unsigned int len)
{
	uint64_t sum = 0;
	for (unsigned int i = 0; i < len; i += 2) {
		uint16_t word = 0;
		memcpy(&word, p + i, len - i > 1 ? 2 : 1);
		sum += word;
	}
	return folded(sum);
}

static void law_translators_agree(void)
{
	static law_translator *const translators[] = {
		law_translate_scalar,
#if defined(__x86_64__)
		law_translate_avx2,
		law_translate_vbmi,
#endif
	};
	_Alignas(64) uint8_t table[128];
	uint8_t in[300], want[300], have[300];
	uint64_t seed = 1;
	for (unsigned int i = 0; i < sizeof(table); i++)
		table[i] = (uint8_t)(sample_random(&seed) & 0x7f);
	for (unsigned int i = 0; i < sizeof(in); i++)
		in[i] = (uint8_t)(i + sample_random(&seed) % 3);
	for (size_t t = 1; t < sizeof(translators) / sizeof(translators[0]); t++) {
#if defined(__x86_64__)
		if (t == 1 ? !__builtin_cpu_supports("avx2") : !__builtin_cpu_supports("avx512vbmi"))
			continue;
#endif
		for (unsigned int len = 0; len <= sizeof(in); len++) {
			memcpy(want, in, sizeof(in));
			memcpy(have, in, sizeof(in));
			uint64_t change = law_translate_scalar(want, len, table);
			CHECK_INT(words_sum(want, len), folded(words_sum(in, len) + change));
			CHECK_INT(folded(translators[t](have, len, table)), folded(change));
			CHECK_MEM(have, want, sizeof(in));
		}
	}
	CHECK(strcmp(codec_law_kernel(), "scalar") == 0 || strncmp(codec_law_kernel(), "avx", 3) == 0);
}

static void seven_bits_keep_the_lowest_free(void)
{
	const enum codec_id ids[] = {CODEC_PCMU_56K, CODEC_PCMA_56K};
	for (unsigned int i = 0; i < 2; i++) {
		const struct codec *c = codec_by_id(ids[i]);
		int16_t pcm[160], a[160], b[160];
		uint8_t code[160];
		uint64_t seed = 7;
		for (unsigned int s = 0; s < 160; s++)
			pcm[s] = (int16_t)sample_random(&seed);
		CHECK_INT(c->encode(NULL, pcm, 160, code, sizeof(code)), 160);
		CHECK_INT(c->decode(NULL, code, 160, a, 160), 160);
		for (unsigned int s = 0; s < 160; s++) {
			CHECK_INT(code[s] & 1, 1);
			code[s] ^= 1;
		}
		CHECK_INT(c->decode(NULL, code, 160, b, 160), 160);
		CHECK_MEM(a, b, sizeof(a));
	}
}

// --- G.722 ---

// Octets of the sequence, each in a 16-bit word.
static uint8_t *g722_code(size_t *ret_bytes)
{
	size_t bytes = 0;
	uint8_t *words = sample_vector("itu/g722/codspw.cod", &bytes);
	for (size_t i = 0; words && i < bytes / 2; i++)
		words[i] = words[2 * i];
	*ret_bytes = bytes / 2;
	return words;
}

static void g722_encodes_like_the_sequence(void)
{
	size_t pcm_bytes = 0, code_bytes = 0;
	int16_t *pcm = sample_vector("itu/g722/inpsp.bin", &pcm_bytes);
	uint8_t *want = g722_code(&code_bytes);
	if (!pcm || !want)
		SKIP("no vectors");
	const struct codec *c = codec_by_id(CODEC_G722);
	unsigned int samples = (unsigned int)pcm_bytes / 2;
	uint8_t *code = malloc(samples / 2);
	void *state = state_new(c, true);
	for (unsigned int at = 0; at + 2 <= samples; at += 320) {
		unsigned int n = samples - at < 320 ? samples - at : 320;
		CHECK_INT(c->encode(state, pcm + at, n, code + at / 2, 160), n / 2);
	}
	CHECK_INT(code_bytes, samples / 2);
	CHECK_MEM(code, want, code_bytes);
	state_free(c, true, state);
	free(code);
	free(want);
	free(pcm);
}

static void g722_decodes_like_the_sequences(void)
{
	static const struct {
		enum codec_id id;
		const char *file;
	} modes[] = {
		{CODEC_G722, "itu/g722/outsp1.bin"},
		{CODEC_G722_56K, "itu/g722/outsp2.bin"},
		{CODEC_G722_48K, "itu/g722/outsp3.bin"},
	};
	size_t code_bytes = 0;
	uint8_t *code = g722_code(&code_bytes);
	if (!code)
		SKIP("no vectors");
	for (unsigned int m = 0; m < 3; m++) {
		size_t bytes = 0;
		int16_t *want = sample_vector(modes[m].file, &bytes), *pcm = malloc(code_bytes * 4);
		const struct codec *c = codec_by_id(modes[m].id);
		void *state = state_new(c, false);
		REQUIRE(want != NULL);
		for (size_t at = 0; at < code_bytes; at += 160) {
			unsigned int n = code_bytes - at < 160 ? (unsigned int)(code_bytes - at) : 160;
			CHECK_INT(c->decode(state, code + at, n, pcm + at * 2, 320), n * 2);
		}
		CHECK_INT(bytes, code_bytes * 4);
		CHECK_MEM(pcm, want, bytes);
		state_free(c, false, state);
		free(pcm);
		free(want);
	}
	free(code);
}

// --- G.726 ---

// Words of a file with right-aligned octets.
static uint8_t *g726_words(const char *name, size_t *ret_words)
{
	char path[64];
	size_t bytes = 0;
	snprintf(path, sizeof(path), "itu/g726/%s", name);
	uint8_t *words = sample_vector(path, &bytes);
	for (size_t i = 0; words && i < bytes / 2; i++)
		words[i] = words[2 * i];
	*ret_words = bytes / 2;
	return words;
}

static void g726_case(unsigned int rate, const char *kind, char variant)
{
	char name[32];
	size_t pcm_words = 0, code_words = 0, out_words = 0;
	snprintf(name, sizeof(name), "%s.%c", kind[1] == 'n' ? "nrm" : "ovr", variant);
	uint8_t *pcm = g726_words(name, &pcm_words);
	snprintf(name, sizeof(name), "%s%uf%c.i", kind, rate, variant);
	uint8_t *want_code = g726_words(name, &code_words);
	snprintf(name, sizeof(name), "%s%uf%c.o", kind, rate, variant);
	uint8_t *want_out = g726_words(name, &out_words);
	REQUIRE(pcm && want_code && want_out && pcm_words >= code_words && code_words == out_words);
	int coding = variant == 'a' ? G726_ENCODING_ALAW : G726_ENCODING_ULAW;
	uint8_t *code = malloc(pcm_words), *out = malloc(pcm_words);
	g726_state_t *s = g726_init(NULL, (int)rate * 1000, coding, G726_PACKING_NONE);
	CHECK_INT(g726_encode(s, code, (int16_t *)(void *)pcm, (int)code_words), code_words);
	g726_init(s, (int)rate * 1000, coding, G726_PACKING_NONE);
	CHECK_INT(g726_decode(s, (int16_t *)(void *)out, want_code, (int)code_words), code_words);
	CHECK_MEM(code, want_code, code_words);
	CHECK_MEM(out, want_out, out_words);
	g726_free(s);
	free(code);
	free(out);
	free(pcm);
	free(want_code);
	free(want_out);
}

static void g726_equals_the_sequences(void)
{
	size_t words = 0;
	uint8_t *there = g726_words("nrm.a", &words);
	if (!there)
		SKIP("no vectors");
	free(there);
	for (unsigned int rate = 16; rate <= 40; rate += 8)
		for (unsigned int set = 0; set < 4; set++)
			g726_case(rate, set & 1 ? "rv" : "rn", set & 2 ? 'm' : 'a');
}

static void g726_packs_from_either_end(void)
{
	const struct codec *low = codec_by_id(CODEC_G726_32), *high = codec_by_id(CODEC_G726_32_AAL2);
	void *a = state_new(low, true), *b = state_new(high, true);
	int16_t pcm[160];
	uint8_t x[80], y[80];
	measure_tone(pcm, 160, 8000, 700, -10);
	CHECK_INT(low->encode(a, pcm, 160, x, sizeof(x)), 80);
	CHECK_INT(high->encode(b, pcm, 160, y, sizeof(y)), 80);
	for (unsigned int i = 0; i < 80; i++)
		CHECK_INT(x[i], (uint8_t)(y[i] << 4 | y[i] >> 4));
	CHECK_INT(low->encode(a, pcm, 81, x, sizeof(x)), -EINVAL);
	state_free(low, true, a);
	state_free(high, true, b);
}

// --- AMR ---

static void amr_payloads_have_the_shape_of_the_rfc(void)
{
	static const struct {
		enum codec_id id;
		uint8_t bytes[3]; // of 20, 40 and 60 ms
		uint8_t first[3]; // leading octets of a 20 ms payload
	} cases[] = {
		{CODEC_AMR, {32, 63, 95}, {0xf3, 0xc0, 0x00}},
		{CODEC_AMR_OCTET, {33, 65, 97}, {0xf0, 0x3c, 0x00}},
		{CODEC_AMR_WB, {33, 66, 98}, {0xf1, 0x40, 0x00}},
		{CODEC_AMR_WB_OCTET, {34, 67, 100}, {0xf0, 0x14, 0x00}},
	};
	static const uint8_t mask[4] = {0xc0, 0xff, 0xc0, 0xff};
	for (unsigned int i = 0; i < 4; i++) {
		const struct codec *c = codec_by_id(cases[i].id);
		if (!codec_can_transcode(cases[i].id))
			SKIP("built without AMR");
		void *e = state_new(c, true), *d = state_new(c, false);
		int16_t pcm[960], back[960];
		uint8_t out[128];
		measure_tone(pcm, 960, c->sample_rate_hz, 700, -10);
		for (unsigned int frames = 1; frames <= 3; frames++) {
			unsigned int samples = frames * c->sample_rate_hz / 50;
			int n = c->encode(e, pcm, samples, out, sizeof(out));
			CHECK_INT(n, cases[i].bytes[frames - 1]);
			CHECK_INT(c->decode(d, out, (unsigned int)n, back, 960), samples);
			CHECK_INT(c->decode(d, out, (unsigned int)n - 1, back, 960), -EINVAL);
			if (frames == 1) {
				CHECK_INT(out[0], cases[i].first[0]);
				CHECK_INT(out[1] & mask[i], cases[i].first[1] & mask[i]);
			}
		}
		CHECK_INT(c->conceal(d, back, 320), 320);
		state_free(c, true, e);
		state_free(c, false, d);
	}
}

// A request is obeyed from the next frame on; 15 and modes that there are not change nothing.
static void amr_sends_the_mode_requested(void)
{
	static const struct {
		enum codec_id id;
		uint8_t mode, bytes, before;
	} cases[] = {
		{CODEC_AMR, 0, 14, 32},          {CODEC_AMR, 4, 20, 32},
		{CODEC_AMR, 8, 32, 32},          {CODEC_AMR, 15, 32, 32},
		{CODEC_AMR_OCTET, 0, 14, 33},    {CODEC_AMR_OCTET, 7, 33, 33},
		{CODEC_AMR_WB, 0, 18, 33},       {CODEC_AMR_WB, 8, 61, 33},
		{CODEC_AMR_WB, 9, 33, 33},       {CODEC_AMR_WB_OCTET, 8, 62, 34},
		{CODEC_AMR_WB_OCTET, 3, 38, 34},
	};
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct codec *c = codec_by_id(cases[i].id);
		if (!codec_can_transcode(cases[i].id))
			SKIP("built without AMR");
		void *e = state_new(c, true), *d = state_new(c, false);
		unsigned int samples = c->sample_rate_hz / 50;
		int16_t pcm[320], back[320];
		uint8_t out[128];
		measure_tone(pcm, samples, c->sample_rate_hz, 700, -10);
		int n = c->encode(e, pcm, samples, out, sizeof(out));
		CHECK_INT(n, cases[i].before);
		CHECK_INT(out[0] >> 4, 15);
		out[0] = (uint8_t)((out[0] & 15) | cases[i].mode << 4);
		CHECK_INT(c->decode(d, out, (unsigned int)n, back, 320), samples);
		c->obey(e, d);
		n = c->encode(e, pcm, samples, out, sizeof(out));
		CHECK_INT(n, cases[i].bytes);
		CHECK_INT(c->decode(d, out, (unsigned int)n, back, 320), samples);
		c->obey(e, d); // asks for nothing
		CHECK_INT(c->encode(e, pcm, samples, out, sizeof(out)), cases[i].bytes);
		state_free(c, true, e);
		state_free(c, false, d);
	}
}

// --- every codec ---

static void every_codec_survives_random_payloads(void)
{
	for (unsigned int id = 1; id < CODEC_COUNT; id++) {
		if (!codec_can_transcode(id))
			continue;
		const struct codec *c = codec_by_id(id);
		void *state = state_new(c, false);
		uint64_t seed = id;
		for (unsigned int len = 0; len <= 400; len++) {
			// Exact allocations, so that a sanitizer sees every step past the end.
			uint8_t *in = malloc(len ? len : 1);
			unsigned int cap =
				sample_random(&seed) % 8 ? CODEC_SAMPLES_MAX : sample_random(&seed) % 400;
			int16_t *pcm = malloc(cap ? cap * 2 : 1);
			for (unsigned int i = 0; i < len; i++)
				in[i] = (uint8_t)sample_random(&seed);
			int n = c->decode(state, in, len, pcm, cap);
			CHECK(n == -EINVAL || (n >= 0 && (unsigned int)n <= cap));
			if (len == 0)
				CHECK_INT(n, -EINVAL);
			free(pcm);
			free(in);
		}
		state_free(c, false, state);
	}
}

static void every_codec_refuses_what_does_not_fit(void)
{
	for (unsigned int id = 1; id < CODEC_COUNT; id++) {
		if (!codec_can_transcode(id))
			continue;
		const struct codec *c = codec_by_id(id);
		void *state = state_new(c, true);
		unsigned int samples = c->sample_rate_hz * c->period_ms_default / 1000;
		static int16_t pcm[CODEC_SAMPLES_MAX];
		uint8_t out[CODEC_FRAME_BYTES_MAX];
		CHECK_INT(c->encode(state, pcm, samples, out, 0), -EINVAL);
		int n = c->encode(state, pcm, samples, out, sizeof(out));
		CHECK(n > 0 || (id == CODEC_G729B && n == 0)); // silence may need no packet
		if (c->bytes_per_10ms)
			CHECK_INT(n, c->bytes_per_10ms * c->period_ms_default / 10);
		state_free(c, true, state);
	}
}

static void l16_is_network_order(void)
{
	const struct codec *c = codec_by_id(CODEC_L16_16K);
	int16_t pcm[3] = {0x1234, -2, 0}, back[3];
	uint8_t out[6];
	CHECK_INT(c->encode(NULL, pcm, 3, out, sizeof(out)), 6);
	CHECK_MEM(out, ((uint8_t[]){0x12, 0x34, 0xff, 0xfe, 0, 0}), 6);
	CHECK_INT(c->decode(NULL, out, 6, back, 3), 3);
	CHECK_MEM(back, pcm, sizeof(pcm));
	CHECK_INT(c->decode(NULL, out, 5, back, 3), -EINVAL);
}

int main(void)
{
	static const struct t_test tests[] = {
		{"rows_are_consistent", rows_are_consistent},
		{"no_packet_is_longer_than_a_frame", no_packet_is_longer_than_a_frame},
		{"g711_equals_the_sweep", g711_equals_the_sweep},
		{"g711_is_exact_everywhere", g711_is_exact_everywhere},
		{"law_conversion_is_the_table_of_the_recommendation",
		 law_conversion_is_the_table_of_the_recommendation},
		{"law_translators_agree", law_translators_agree},
		{"seven_bits_keep_the_lowest_free", seven_bits_keep_the_lowest_free},
		{"g722_encodes_like_the_sequence", g722_encodes_like_the_sequence},
		{"g722_decodes_like_the_sequences", g722_decodes_like_the_sequences},
		{"g726_equals_the_sequences", g726_equals_the_sequences},
		{"g726_packs_from_either_end", g726_packs_from_either_end},
		{"amr_payloads_have_the_shape_of_the_rfc", amr_payloads_have_the_shape_of_the_rfc},
		{"amr_sends_the_mode_requested", amr_sends_the_mode_requested},
		{"every_codec_survives_random_payloads", every_codec_survives_random_payloads},
		{"every_codec_refuses_what_does_not_fit", every_codec_refuses_what_does_not_fit},
		{"l16_is_network_order", l16_is_network_order},
	};
	codec_init();
	return t_main("codec", tests, sizeof(tests) / sizeof(tests[0]));
}
