// SPDX-License-Identifier: GPL-3.0-or-later
// recording.c - Names, makes, writes and completes the file of one recording through libsndfile.
//
// The rate of the file is that of the first sound; what comes at another rate later is resampled. Silence is anything whose
// mean power lies below -45 dBm0, as in the figures of a stream.
#include "dataplane/recording.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <sndfile.h>
#include <speex/speex_resampler.h>

#define RING_WORDS   32768 // two seconds at 16 kHz
#define OUT_SAMPLES  8192
#define QUIET_POWER  (UINT64_C(91) * 91) // mean square of a sine of -45 dBm0
#define QUALITY      4
#define TRIES        100
#define SLACK_NS     (2 * NSEC_PER_SEC)
#define RATE_DEFAULT 8000
#define HEADER_BYTES 44

struct recording_file {
	int directory;
	int fd;
	SNDFILE *sound; // NULL until a rate is known
	SpeexResamplerState *resampler;
	uint32_t rate_hz, in_rate_hz;
	uint32_t max_ms, min_ms, silence_ms;
	uint64_t silence; // ms that wait for a rate
	uint64_t samples; // written or waiting in `out`
	unsigned int out_count;
	char part[RECORDING_NAME_MAX + 8];
	uint16_t ring[RING_WORDS];
	int16_t out[OUT_SAMPLES];
};

// --- names ---

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
	       c == '_';
}

static size_t append_plain(char *to, size_t cap, size_t len, const char *text)
{
	for (; *text && len + 1 < cap; text++)
		to[len++] = is_plain(*text) ? *text : '_';
	return len;
}

static int name_make(const struct recording_options *o, uint32_t count, char *ret, size_t cap)
{
	struct tm t;
	size_t len = append_plain(ret, cap, 0, o->node);
	if (len + 1 < cap)
		ret[len++] = '-';
	len = append_plain(ret, cap, len, o->label);
	if (!gmtime_r(&o->wall, &t))
		return -EINVAL;
	int n = snprintf(ret + len, cap - len, "-%04d%02d%02dT%02d%02d%02dZ-%u.wav", t.tm_year + 1900,
			 t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, count);
	return n < 0 || len + (size_t)n >= cap ? -ENAMETOOLONG : 0;
}

bool recording_name_ok(const char *name, const char *node)
{
	char own[RECORDING_NAME_MAX];
	size_t n = append_plain(own, sizeof(own), 0, node), len = strlen(name);
	if (len < n + 5 || len >= RECORDING_NAME_MAX || memcmp(name, own, n) != 0 || name[n] != '-' ||
	    strcmp(name + len - 4, ".wav") != 0)
		return false;
	for (size_t i = 0; i < len - 4; i++)
		if (!is_plain(name[i]))
			return false;
	return true;
}

int recording_path(const char *directory, const char *node, const char *name, char *ret, size_t cap)
{
	if (!*directory)
		return -ENOTSUP;
	if (!recording_name_ok(name, node))
		return -EINVAL;
	return (size_t)snprintf(ret, cap, "%s/%s", directory, name) < cap ? 0 : -ENAMETOOLONG;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), k = strlen(end);
	return n >= k && strcmp(text + n - k, end) == 0;
}

int recording_delete_all(const char *directory, const char *node, const char *label, bool parts)
{
	char own[RECORDING_NAME_MAX];
	size_t n = append_plain(own, sizeof(own) - 2, 0, node);
	own[n++] = '-';
	n = append_plain(own, sizeof(own) - 1, n, label);
	own[n++] = '-';
	DIR *d = *directory ? opendir(directory) : NULL;
	if (!d)
		return *directory ? -errno : -ENOTSUP;
	for (const struct dirent *e; (e = readdir(d));) {
		bool part = e->d_name[0] == '.';
		if (strncmp(e->d_name + part, own, n) == 0 &&
		    (part ? parts && ends_with(e->d_name, ".wav.part") : recording_name_ok(e->d_name, node)))
			unlinkat(dirfd(d), e->d_name, 0);
	}
	closedir(d);
	return 0;
}

// --- opening ---

// Makes a hidden file whose name nobody has yet.
static int file_make(const struct recording_options *o, struct recording *r)
{
	struct recording_file *f = r->file;
	for (uint32_t i = 0; i < TRIES; i++) {
		int rc = name_make(o, o->count + i, r->name, sizeof(r->name));
		if (rc)
			return rc;
		if (faccessat(f->directory, r->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		snprintf(f->part, sizeof(f->part), ".%s.part", r->name);
		f->fd = openat(f->directory, f->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
			       0640);
		if (f->fd >= 0)
			return fchmod(f->fd, 0640) == 0 ? 0 : -errno;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int directory_open(const struct recording_options *o, struct recording_file *f)
{
	struct statvfs v;
	if (!*o->directory)
		return -ENOTSUP;
	f->directory = open(o->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->directory < 0 || fstatvfs(f->directory, &v) != 0)
		return -errno;
	return (uint64_t)v.f_bavail * v.f_frsize < o->keep_free ? -ENOSPC : 0;
}

static void recording_free(struct recording *r)
{
	struct recording_file *f = r->file;
	if (f->sound)
		sf_close(f->sound);
	if (f->resampler)
		speex_resampler_destroy(f->resampler);
	if (f->fd >= 0)
		close(f->fd);
	if (f->directory >= 0)
		close(f->directory);
	free(f);
	free(r);
}

int recording_open(const struct recording_options *o, nsec_t now, struct recording **ret)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct recording_file *f = calloc(1, sizeof(*f));
	if (!r || !f) {
		free(r);
		free(f);
		return -ENOMEM;
	}
	r->file = f;
	r->tap = (struct media_tap){.ring = f->ring, .size = RING_WORDS};
	r->deadline = now + o->max_ms * NSEC_PER_MSEC + SLACK_NS;
	f->directory = f->fd = -1;
	f->max_ms = o->max_ms;
	f->min_ms = o->min_ms;
	f->silence_ms = o->silence_ms;
	int rc = directory_open(o, f);
	if (rc == 0)
		rc = file_make(o, r);
	if (rc) {
		if (f->fd >= 0)
			unlinkat(f->directory, f->part, 0);
		recording_free(r);
		return rc;
	}
	*ret = r;
	return 0;
}

// --- writing ---

static int sound_open(struct recording_file *f, uint32_t rate_hz)
{
	SF_INFO info = {
		.samplerate = (int)rate_hz, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16};
	errno = 0;
	f->sound = sf_open_fd(f->fd, SFM_WRITE, &info, SF_FALSE);
	if (!f->sound)
		return errno ? -errno : -EIO;
	sf_command(f->sound, SFC_SET_UPDATE_HEADER_AUTO, NULL, SF_TRUE);
	f->rate_hz = f->in_rate_hz = rate_hz;
	return 0;
}

static int flush(struct recording_file *f)
{
	unsigned int n = f->out_count;
	f->out_count = 0;
	errno = 0;
	if (n == 0 || sf_write_short(f->sound, f->out, n) == n)
		return 0;
	return errno ? -errno : -EIO;
}

// Samples that may still come.
static uint64_t room(const struct recording_file *f)
{
	return (uint64_t)f->max_ms * f->rate_hz / 1000 - f->samples;
}

static int append(struct recording_file *f, const int16_t *pcm, uint64_t n)
{
	int rc = 0;
	n = n < room(f) ? n : room(f);
	f->samples += n;
	while (n && rc == 0) {
		unsigned int k =
			n < OUT_SAMPLES - f->out_count ? (unsigned int)n : OUT_SAMPLES - f->out_count;
		if (pcm)
			memcpy(f->out + f->out_count, pcm, k * sizeof(*pcm));
		else
			memset(f->out + f->out_count, 0, k * sizeof(*f->out));
		pcm = pcm ? pcm + k : NULL;
		f->out_count += k;
		n -= k;
		if (f->out_count == OUT_SAMPLES)
			rc = flush(f);
	}
	return rc;
}

// Brings samples of another rate than the file's to it.
static int append_resampled(struct recording_file *f, const struct media_tap_block *b)
{
	int16_t out[MEDIA_TAP_SAMPLES * 6 + 64];
	int err = 0;
	if (!f->resampler)
		f->resampler = speex_resampler_init(1, b->rate_hz, f->rate_hz, QUALITY, &err);
	if (!f->resampler)
		return -ENOMEM;
	if (f->in_rate_hz != b->rate_hz)
		speex_resampler_set_rate(f->resampler, b->rate_hz, f->rate_hz);
	f->in_rate_hz = b->rate_hz;
	spx_uint32_t used = b->samples, made = sizeof(out) / sizeof(out[0]);
	speex_resampler_process_int(f->resampler, 0, b->pcm, &used, out, &made);
	return append(f, out, made);
}

static int append_block(struct recording_file *f, const struct media_tap_block *b)
{
	if (!f->sound && !b->samples) {
		f->silence += b->ms;
		return 0;
	}
	int rc = f->sound ? 0 : sound_open(f, b->rate_hz);
	if (rc == 0 && f->silence)
		rc = append(f, NULL, f->silence * f->rate_hz / 1000);
	f->silence = 0;
	if (rc)
		return rc;
	if (!b->samples)
		return append(f, NULL, (uint64_t)b->ms * f->rate_hz / 1000);
	return b->rate_hz == f->rate_hz ? append(f, b->pcm, b->samples) : append_resampled(f, b);
}

static bool is_loud(const struct media_tap_block *b)
{
	uint64_t power = 0;
	for (uint32_t i = 0; i < b->samples; i++)
		power += (uint64_t)(b->pcm[i] * b->pcm[i]);
	return power > QUIET_POWER * b->samples;
}

enum recording_state recording_write(struct recording *r, nsec_t now)
{
	struct recording_file *f = r->file;
	struct media_tap_block b;
	// What was said before the end comes before it.
	bool over = atomic_load_explicit(&r->tap.over, memory_order_acquire);
	while (r->status == 0 && r->ms < f->max_ms && media_tap_read(&r->tap, &b)) {
		r->status = append_block(f, &b);
		r->ms = b.ms < f->max_ms - r->ms ? r->ms + b.ms : f->max_ms;
		if (is_loud(&b))
			r->heard_ms = r->ms;
	}
	if (r->status == 0 && f->sound)
		r->status = flush(f);
	if (r->status)
		return RECORDING_FAILED;
	if (r->ms >= f->max_ms || now >= r->deadline)
		return RECORDING_LIMIT;
	if (f->silence_ms && r->ms - r->heard_ms >= f->silence_ms)
		return RECORDING_SILENCE;
	return over ? RECORDING_OVER : RECORDING_GOES_ON;
}

uint64_t recording_lost(struct recording *r)
{
	uint64_t lost = atomic_load_explicit(&r->tap.lost, memory_order_relaxed), fresh = lost - r->lost_seen;
	r->lost_seen = lost;
	return fresh;
}

// --- the end ---

// Silence to the very end makes a file, too.
static int complete(struct recording_file *f)
{
	int rc = f->sound ? 0 : sound_open(f, RATE_DEFAULT);
	if (rc == 0)
		rc = append(f, NULL, f->silence * f->rate_hz / 1000);
	if (rc == 0)
		rc = flush(f);
	if (f->sound)
		sf_close(f->sound);
	f->sound = NULL;
	return rc;
}

static bool has_samples(const struct recording_file *f)
{
	struct stat st;
	return fstat(f->fd, &st) == 0 && st.st_size > HEADER_BYTES;
}

int recording_close(struct recording *r)
{
	struct recording_file *f = r->file;
	int rc = r->heard_ms < f->min_ms ? 0 : complete(f);
	// A disk that is full keeps what it has.
	bool kept = r->heard_ms >= f->min_ms && has_samples(f);
	if (kept) {
		rc = renameat(f->directory, f->part, f->directory, r->name) == 0 ? 1 : -errno;
		kept = rc == 1;
	}
	if (!kept)
		unlinkat(f->directory, f->part, 0);
	recording_free(r);
	return rc;
}

void recording_discard(struct recording *r)
{
	unlinkat(r->file->directory, r->file->part, 0);
	recording_free(r);
}
