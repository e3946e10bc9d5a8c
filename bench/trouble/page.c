// SPDX-License-Identifier: GPL-3.0-or-later
// page.c - The matrix as a page of text: one line a network, both buffers side by side.
#include "bench/trouble/page.h"

static const char head[] =
	"# Trouble in the network\n"
	"\n"
	"What a listener gets when the network loses, delays, swaps and doubles packets: our adaptive "
	"play-out delay beside a\n"
	"fixed one of 60 ms. Written by `make trouble`; the same figures come out every time.\n"
	"\n"
	"![Delay and MOS over jitter, for each loss](network-trouble.svg)\n"
	"\n"
	"## How it is measured\n"
	"\n"
	"- One call of 60 s, PCMU in packets of 20 ms, through the whole media path (`gw/media`: ingest, "
	"play-out, decoding,\n"
	"  concealment, mixing, coding) on a simulated clock; two thirds speech, one third pauses. Code: "
	"`bench/trouble/`.\n"
	"- *Jitter* J: every packet takes 0 to J ms longer, evenly spread and each for itself, so beyond 20 "
	"ms packets also\n"
	"  overtake each other. *Bursty* loss: Gilbert's two states, runs of 3 packets on average.\n"
	"- *Delay*: from sending to hearing, less the 20 ms that the network takes at least: waiting for "
	"late packets and for\n"
	"  the next tick of the clock. Both buffers meet the same ticks.\n"
	"- *Loss*: packets of speech that were not heard, whatever the reason: lost, too late, or given up.\n"
	"- *MOS*: conversational, by the E-model (`gw/quality.h`) from that loss, its clustering and the "
	"delay, the network's\n"
	"  20 ms and the packet's own 20 ms included.\n"
	"\n"
	"No point may be worse than the fixed buffer on both delay and loss; `make trouble` fails if one is, "
	"and\n"
	"`tests/unit/bench/trouble_test.c` checks it with every build.\n";

static void results(FILE *f, const struct matrix_point *p)
{
	fprintf(f, " %.0f | %.1f | %.2f | %.0f | %.1f | %.2f |\n", p->ours.delay_ms, p->ours.lost * 100,
		p->ours.mos, p->fixed.delay_ms, p->fixed.lost * 100, p->fixed.mos);
}

static void columns(FILE *f, const char *first, const char *rule)
{
	fprintf(f, "\n| %s | delay ms | loss %% | MOS | fixed: delay ms | loss %% | MOS |\n", first);
	fprintf(f, "|%s|---:|---:|---:|---:|---:|---:|\n", rule);
}

static void grid(FILE *f, const struct matrix_point *points, enum trouble_loss kind)
{
	columns(f, "loss % | jitter ms", "---:|---:");
	for (unsigned int loss = kind == TROUBLE_BURSTY; loss < MATRIX_LOSSES; loss++)
		for (unsigned int jitter = 0; jitter < MATRIX_JITTERS; jitter++) {
			const struct matrix_point *p = &points[matrix_index(kind, loss, jitter)];
			fprintf(f, "| %.0f | %.0f |", p->network.loss * 100, p->network.jitter_ms);
			results(f, p);
		}
}

void page_write(FILE *f, const struct matrix_point points[MATRIX_POINTS])
{
	fputs(head, f);
	fputs("\n## Reordering, duplicates, drift\n", f);
	columns(f, "network", "---");
	for (unsigned int i = MATRIX_POINTS - MATRIX_OTHERS; i < MATRIX_POINTS; i++) {
		fprintf(f, "| %s |", points[i].name);
		results(f, &points[i]);
	}
	fputs("\n\"All at once\" is 2 % bursty loss, 40 ms jitter, 2 % that take 50 ms longer, 2 % twice, "
	      "200 ppm.\n",
	      f);
	fputs("\n## Random loss\n", f);
	grid(f, points, TROUBLE_RANDOM);
	fputs("\n## Bursty loss\n", f);
	grid(f, points, TROUBLE_BURSTY);
}
