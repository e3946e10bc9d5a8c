// SPDX-License-Identifier: GPL-3.0-or-later
// windows.c - Cuts a trial's delays into windows and notes who was away.
#include "bench/rtpgen/windows.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void windows_init(struct windows *w, double length_us, double cycles_per_us, pid_t device)
{
	char path[64];
	memset(w, 0, sizeof(*w));
	w->length = (uint64_t)(length_us * cycles_per_us);
	w->cycles_per_us = cycles_per_us;
	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)device);
	w->device_fd = device > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
}

void windows_close(struct windows *w)
{
	if (w->device_fd >= 0)
		close(w->device_fd);
	w->device_fd = -1;
}

// How long the device's thread has waited for its CPU in all its life: the second figure, "ran waited slices".
static uint64_t device_waited(const struct windows *w)
{
	char text[96];
	ssize_t n = w->device_fd >= 0 ? pread(w->device_fd, text, sizeof(text) - 1, 0) : 0;
	if (n <= 0)
		return w->waited_ns;
	text[n] = '\0';
	const char *second = strchr(text, ' ');
	return second ? strtoull(second, NULL, 10) : w->waited_ns;
}

static void open_next(struct windows *w, const struct delays *delays)
{
	w->before = *delays;
	w->waited_ns = device_waited(w);
	w->longest = 0;
	w->turn = 0;
}

void windows_begin(struct windows *w, const struct delays *delays)
{
	w->count = 0;
	if (w->length)
		open_next(w, delays);
}

void windows_next(struct windows *w, const struct delays *delays)
{
	struct delays *d = &w->before; // what it holds is not needed any more: now the window's own
	for (uint32_t i = 0; i < LEG_BUCKETS; i++)
		d->buckets[i] = delays->buckets[i] - d->buckets[i];
	d->count = delays->count - d->count;
	d->max_us = delays->max_us;
	if (w->count < WINDOWS_MAX && d->count > 0)
		w->done[w->count++] = (struct window){
			.p50_us = (float)delays_quantile(d, 0.5),
			.p99_us = (float)delays_quantile(d, 0.99),
			.p999_us = (float)delays_quantile(d, 0.999),
			.generator_us = (float)((double)w->longest / w->cycles_per_us),
			.device_us = (float)((double)(device_waited(w) - w->waited_ns) * 1e-3),
		};
	open_next(w, delays);
}

void windows_print(const struct windows *w, const char *name, FILE *out)
{
	if (w->count)
		fprintf(out, ",\"%s\":[", name);
	for (uint32_t i = 0; i < w->count; i++) {
		const struct window *d = &w->done[i];
		fprintf(out, "%s[%.1f,%.1f,%.1f,%.1f,%.1f]%s", i ? "," : "", d->p50_us, d->p99_us, d->p999_us,
			d->generator_us, d->device_us, i + 1 == w->count ? "]" : "");
	}
}
