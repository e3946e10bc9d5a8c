// SPDX-License-Identifier: GPL-3.0-or-later
// plot.c - The matrix as a picture: a panel for each loss, jitter to the right, ours and the fixed buffer as two lines.
#include "bench/trouble/page.h"

#define PANEL_W    190
#define PANEL_H    120
#define GAP_X      14
#define GAP_Y      34
#define LEFT       64
#define TOP        74
#define WIDTH      (LEFT + MATRIX_LOSSES * (PANEL_W + GAP_X) + 10)
#define HEIGHT     (TOP + 4 * (PANEL_H + GAP_Y) + 20)
#define DELAY_TOP  200.0
#define JITTER_TOP 150.0

enum value { VALUE_DELAY, VALUE_MOS };

static double value_of(const struct trouble_result *r, enum value v)
{
	return v == VALUE_DELAY ? r->delay_ms / DELAY_TOP : (r->mos - 1) / 3.5;
}

static void line(FILE *f, const struct matrix_point *row, enum value v, bool ours, int x, int y)
{
	const char *style = ours ? "stroke=\"#0b6bcb\" stroke-width=\"2.2\""
				 : "stroke=\"#c2410c\" stroke-width=\"1.6\" stroke-dasharray=\"5 3\"";
	fprintf(f, "<polyline fill=\"none\" %s points=\"", style);
	for (unsigned int i = 0; i < MATRIX_JITTERS; i++)
		fprintf(f, "%s%.1f,%.1f", i ? " " : "", x + row[i].network.jitter_ms / JITTER_TOP * PANEL_W,
			y + PANEL_H * (1 - value_of(ours ? &row[i].ours : &row[i].fixed, v)));
	fputs("\"/>\n", f);
}

static void axes(FILE *f, enum value v, int x, int y, bool labels)
{
	fprintf(f, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#fff\" stroke=\"#bbb\"/>\n", x,
		y, PANEL_W, PANEL_H);
	for (int step = 0; step <= 4; step++) {
		double share = v == VALUE_DELAY ? step / 4.0 : step / 3.5;
		if (share > 1)
			break;
		double at = y + PANEL_H * (1 - share);
		fprintf(f, "<path d=\"M%d %.1fh%d\" stroke=\"#eee\"/>\n", x, at, PANEL_W);
		if (labels)
			fprintf(f, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d</text>\n", x - 6, at + 4,
				v == VALUE_DELAY ? step * 50 : step + 1);
	}
	for (int ms = 0; ms <= 150; ms += 50)
		fprintf(f, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%d</text>\n",
			x + ms / JITTER_TOP * PANEL_W, y + PANEL_H + 14,
			ms == 0    ? "start"
			: ms < 150 ? "middle"
				   : "end",
			ms); // neighbours' ends stay apart
}

static void row_of_panels(FILE *f, const struct matrix_point *points, enum trouble_loss kind, enum value v,
			  int row)
{
	int y = TOP + row * (PANEL_H + GAP_Y);
	fprintf(f, "<text transform=\"translate(16 %d) rotate(-90)\" text-anchor=\"middle\">%s, %s</text>\n",
		y + PANEL_H / 2, kind == TROUBLE_RANDOM ? "random" : "bursty",
		v == VALUE_DELAY ? "delay ms" : "MOS");
	for (unsigned int loss = 0; loss < MATRIX_LOSSES; loss++) {
		const struct matrix_point *first = &points[matrix_index(kind, loss, 0)];
		int x = LEFT + (int)loss * (PANEL_W + GAP_X);
		axes(f, v, x, y, loss == 0);
		line(f, first, v, false, x, y);
		line(f, first, v, true, x, y);
		if (row == 0)
			fprintf(f,
				"<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-weight=\"bold\">"
				"loss %.0f %%</text>\n",
				x + PANEL_W / 2, y - 8, matrix_losses[loss] * 100);
	}
}

void plot_write(FILE *f, const struct matrix_point points[MATRIX_POINTS])
{
	fprintf(f,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" "
		"font-size=\"11\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fafafa\"/>\n",
		WIDTH, HEIGHT);
	fprintf(f,
		"<text x=\"%d\" y=\"24\" font-size=\"15\" font-weight=\"bold\">Delay and MOS over jitter "
		"(ms), "
		"for each loss</text>\n",
		LEFT);
	fprintf(f,
		"<path d=\"M%d 42h30\" stroke=\"#0b6bcb\" stroke-width=\"2.2\"/>"
		"<text x=\"%d\" y=\"46\">adaptive, 20 to 200 ms</text>\n",
		LEFT, LEFT + 36);
	fprintf(f,
		"<path d=\"M%d 42h30\" stroke=\"#c2410c\" stroke-width=\"1.6\" stroke-dasharray=\"5 3\"/>"
		"<text x=\"%d\" y=\"46\">fixed, %d ms</text>\n",
		LEFT + 190, LEFT + 226, MATRIX_FIXED);
	for (int row = 0; row < 4; row++)
		row_of_panels(f, points, row < 2 ? TROUBLE_RANDOM : TROUBLE_BURSTY,
			      row % 2 ? VALUE_MOS : VALUE_DELAY, row);
	fputs("</svg>\n", f);
}
