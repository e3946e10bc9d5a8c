// SPDX-License-Identifier: GPL-3.0-or-later
// sound.c - Reads files through libsndfile, and brings them to one channel at a telephone's rate.
//
// Any path may be asked for, so it is opened without waiting and must be a regular file. Lengths in a header are not
// believed further than to refuse what is too long: samples count as they come.
#include "dataplane/sound.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sndfile.h>
#include <speex/speex_resampler.h>

#define BLOCK        4096 // frames read at a time
#define SLICE        2    // blocks: half a ms of work, or a few of a compressed file with many channels
#define CHANNELS_MAX 16
#define QUALITY      8
#define TONE_RATE_HZ 16000
#define FOREVER_MS   1000 // a tone without end starts anew every second, on whole periods

void sounds_init(struct sounds *s)
{
	*s = (struct sounds){0};
	list_init(&s->all);
}

static uint64_t bytes_of(const struct sound *sound)
{
	return (uint64_t)sound->cap * sizeof(sound->pcm[0]);
}

// A file on its way into memory.
struct sound_reading {
	SNDFILE *file;
	SF_INFO info;
	SpeexResamplerState *resampler; // NULL: the rate is right already
	float in[BLOCK * CHANNELS_MAX];
	float out[BLOCK * 4];
};

static void reading_end(struct sound_reading *r)
{
	if (!r)
		return;
	if (r->resampler)
		speex_resampler_destroy(r->resampler);
	if (r->file)
		sf_close(r->file);
	free(r);
}

static void discard(struct sound *sound)
{
	reading_end(sound->reading);
	free(sound->path);
	free(sound);
}

static void drop(struct sounds *s, struct sound *sound)
{
	list_remove(&sound->node);
	s->bytes -= bytes_of(sound);
	discard(sound);
}

void sounds_fini(struct sounds *s)
{
	while (s->all.next && !list_empty(&s->all))
		drop(s, LIST_ITEM(s->all.next, struct sound, node));
}

void sound_release(struct sounds *s, struct sound *sound)
{
	if (sound && --sound->holders == 0)
		drop(s, sound);
}

static int hold(struct sounds *s, struct sound *sound, struct sound **ret)
{
	if (s->bytes + bytes_of(sound) > SOUNDS_BYTES_MAX) {
		discard(sound);
		return -ENOMEM;
	}
	sound->holders = 1;
	s->bytes += bytes_of(sound);
	list_push_back(&s->all, &sound->node);
	*ret = sound;
	return 0;
}

// --- files ---

static int16_t to_sample(float v)
{
	long s = lrintf(v * 32768);
	return (int16_t)(s > INT16_MAX ? INT16_MAX : s < INT16_MIN ? INT16_MIN : s);
}

static int append(struct sound *sound, const float *pcm, unsigned int n)
{
	if (n > sound->cap - sound->samples)
		return -EFBIG;
	for (unsigned int i = 0; i < n; i++)
		sound->pcm[sound->samples++] = to_sample(pcm[i]);
	return 0;
}

// Takes samples of one channel at the file's rate.
static int convert(struct sound *sound, const float *pcm, unsigned int n)
{
	struct sound_reading *r = sound->reading;
	if (!r->resampler)
		return append(sound, pcm, n);
	while (n) {
		spx_uint32_t used = n, made = BLOCK * 4;
		speex_resampler_process_float(r->resampler, 0, pcm, &used, r->out, &made);
		int rc = append(sound, r->out, made);
		if (rc)
			return rc;
		if (used == 0 && made == 0)
			return -EINVAL;
		pcm += used;
		n -= used;
	}
	return 0;
}

// What the filter still holds back.
static int flush(struct sound *sound)
{
	static const float silence[BLOCK];
	SpeexResamplerState *filter = sound->reading->resampler;
	unsigned int n = filter ? (unsigned int)speex_resampler_get_input_latency(filter) : 0;
	int rc = convert(sound, silence, n < BLOCK ? n : BLOCK);
	return rc ? rc : sound->samples ? 0 : -EINVAL;
}

// Reads one block. Returns 1 when there may be more, 0 when that was all, or negative errno.
static int block_read(struct sound *sound)
{
	struct sound_reading *r = sound->reading;
	int channels = r->info.channels;
	sf_count_t n = sf_readf_float(r->file, r->in, BLOCK);
	if (n <= 0)
		return flush(sound);
	for (sf_count_t i = 0; i < n; i++) {
		float sum = 0;
		for (int c = 0; c < channels; c++)
			sum += r->in[i * channels + c];
		r->in[i] = sum / (float)channels;
	}
	int rc = convert(sound, r->in, (unsigned int)n);
	return rc ? rc : 1;
}

bool sounds_read(struct sounds *s)
{
	for (struct list *at = s->all.next; at != &s->all; at = at->next) {
		struct sound *sound = LIST_ITEM(at, struct sound, node);
		int rc = 1;
		if (!sound->reading)
			continue;
		for (unsigned int i = 0; i < SLICE && rc > 0; i++)
			rc = block_read(sound);
		if (rc > 0)
			return true;
		sound->status = rc;
		reading_end(sound->reading);
		sound->reading = NULL;
		return true;
	}
	return false;
}

// Judges a file by its header. Returns its rate and room for its samples.
static int prepare(struct sound_reading *r, uint32_t *ret_rate_hz, uint32_t *ret_cap)
{
	int rate = r->info.samplerate, err = 0;
	if (rate < 4000 || rate > 192000 || r->info.channels < 1 || r->info.channels > CHANNELS_MAX ||
	    r->info.frames < 1)
		return -EINVAL;
	uint32_t rate_hz = rate <= 8000 ? 8000 : 16000;
	double samples = (double)r->info.frames * rate_hz / rate + BLOCK;
	if (samples * sizeof(int16_t) > (double)SOUND_BYTES_MAX)
		return -EFBIG;
	*ret_rate_hz = rate_hz;
	*ret_cap = (uint32_t)samples;
	if ((uint32_t)rate == rate_hz)
		return 0;
	r->resampler = speex_resampler_init(1, (spx_uint32_t)rate, rate_hz, QUALITY, &err);
	if (!r->resampler)
		return -ENOMEM;
	speex_resampler_skip_zeros(r->resampler);
	return 0;
}

// Begins to read a file, which it closes.
static int reading_begin(int fd, struct sound **ret)
{
	struct sound_reading *r = calloc(1, sizeof(*r));
	uint32_t rate_hz = 0, cap = 0;
	if (!r) {
		close(fd);
		return -ENOMEM;
	}
	r->file = sf_open_fd(fd, SFM_READ, &r->info, SF_TRUE);
	int rc = r->file ? prepare(r, &rate_hz, &cap) : -EINVAL;
	struct sound *sound = rc ? NULL : calloc(1, sizeof(*sound) + cap * sizeof(sound->pcm[0]));
	if (!sound) {
		reading_end(r);
		return rc ? rc : -ENOMEM;
	}
	sound->reading = r;
	sound->rate_hz = rate_hz;
	sound->cap = cap;
	*ret = sound;
	return 0;
}

static struct sound *find_file(struct sounds *s, const char *path, const struct stat *st)
{
	for (struct list *at = s->all.next; at != &s->all; at = at->next) {
		struct sound *sound = LIST_ITEM(at, struct sound, node);
		if (sound->path && sound->status == 0 && strcmp(sound->path, path) == 0 &&
		    sound->size == (uint64_t)st->st_size && sound->changed.tv_sec == st->st_mtim.tv_sec &&
		    sound->changed.tv_nsec == st->st_mtim.tv_nsec)
			return sound;
	}
	return NULL;
}

static int begin_file(struct sounds *s, const char *path, int fd, const struct stat *st, struct sound **ret)
{
	struct sound *sound = NULL;
	int rc = reading_begin(fd, &sound);
	if (rc)
		return rc;
	sound->path = strdup(path);
	sound->changed = st->st_mtim;
	sound->size = (uint64_t)st->st_size;
	if (!sound->path) {
		discard(sound);
		return -ENOMEM;
	}
	return hold(s, sound, ret);
}

int sound_file(struct sounds *s, const char *path, struct sound **ret)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	int rc = fstat(fd, &st) == 0 ? 0 : -errno;
	if (rc == 0 && !S_ISREG(st.st_mode))
		rc = S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	struct sound *known = rc ? NULL : find_file(s, path, &st);
	if (rc == 0 && !known)
		return begin_file(s, path, fd, &st, ret);
	close(fd);
	if (known) {
		known->holders++;
		*ret = known;
	}
	return rc;
}

// --- tones ---

static uint32_t tone_samples(const struct tone *tone)
{
	uint32_t ms = 0;
	for (unsigned int i = 0; i < tone->steps; i++)
		ms += tone->step[i].ms ? tone->step[i].ms : FOREVER_MS;
	return ms * (TONE_RATE_HZ / 1000);
}

int sound_tone(struct sounds *s, const struct tone *tone, struct sound **ret)
{
	for (struct list *at = s->all.next; at != &s->all; at = at->next) {
		struct sound *sound = LIST_ITEM(at, struct sound, node);
		if (sound->tone != tone)
			continue;
		sound->holders++;
		*ret = sound;
		return 0;
	}
	uint32_t n = tone_samples(tone);
	struct sound *sound = calloc(1, sizeof(*sound) + n * sizeof(sound->pcm[0]));
	if (!sound)
		return -ENOMEM;
	struct tone_generator g;
	sound->rate_hz = TONE_RATE_HZ;
	sound->samples = sound->cap = n;
	sound->tone = tone;
	tone_start(&g, tone, TONE_RATE_HZ);
	tone_run(&g, sound->pcm, n);
	return hold(s, sound, ret);
}
