// SPDX-License-Identifier: GPL-3.0-or-later
// main.c - slimline-trouble: plays all networks of the matrix and writes page and picture of what came out.
//
// Usage: slimline-trouble DIR
// Ends with 1 when a point is worse than the fixed buffer on both delay and loss.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/trouble/page.h"

static int put(const char *dir, const char *name, void (*write)(FILE *, const struct matrix_point *),
	       const struct matrix_point *points)
{
	char path[4096];
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	FILE *f = fopen(path, "w");
	if (!f) {
		int err = -errno;
		fprintf(stderr, "slimline-trouble: cannot write %s: %s\n", path, strerror(-err));
		return err;
	}
	write(f, points);
	return fclose(f) == 0 ? 0 : -EIO;
}

int main(int argc, char **argv)
{
	static struct matrix_point points[MATRIX_POINTS];
	unsigned int worse = 0;
	if (argc != 2) {
		fprintf(stderr, "usage: slimline-trouble DIR\n");
		return 2;
	}
	for (unsigned int i = 0; i < MATRIX_POINTS; i++) {
		struct matrix_point *p = &points[i];
		*p = matrix_point(i);
		if (matrix_play(p) != 0) {
			fprintf(stderr, "slimline-trouble: out of memory\n");
			return EXIT_FAILURE;
		}
		if (!matrix_worse(p))
			continue;
		worse++;
		printf("worse than a fixed buffer: loss %.0f %% %s, jitter %.0f ms%s%s: %.1f ms and %.2f %% "
		       "instead "
		       "of %.1f ms and %.2f %%\n",
		       p->network.loss * 100, p->network.loss_kind == TROUBLE_RANDOM ? "random" : "bursty",
		       p->network.jitter_ms, p->name ? ", " : "", p->name ? p->name : "", p->ours.delay_ms,
		       p->ours.lost * 100, p->fixed.delay_ms, p->fixed.lost * 100);
	}
	if (put(argv[1], "network-trouble.md", page_write, points) != 0 ||
	    put(argv[1], "network-trouble.svg", plot_write, points) != 0)
		return EXIT_FAILURE;
	printf("%d networks, %u worse than a fixed %d ms on both delay and loss; see %s/network-trouble.md\n",
	       MATRIX_POINTS, worse, MATRIX_FIXED, argv[1]);
	return worse ? EXIT_FAILURE : EXIT_SUCCESS;
}
