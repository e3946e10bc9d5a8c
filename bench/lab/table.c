// SPDX-License-Identifier: GPL-3.0-or-later
// table.c - The verdict table.
#include "bench/lab/table.h"

static const struct column {
	enum metric metric;
	const char *title;
	int width;
	const char *format;
	const char *unit;
} columns[] = {
	{METRIC_LOSS, "lost", 5, "%.0f", ""},      {METRIC_DELAY, "delay", 9, "%.2f", " ms"},
	{METRIC_GAP, "gap", 7, "%.0f", " ms"},     {METRIC_IDENTICAL, "same", 7, "%.5g", " %"},
	{METRIC_LEVEL, "level", 8, "%.2f", " dB"}, {METRIC_SNR, "snr", 8, "%.1f", " dB"},
	{METRIC_SINAD, "sinad", 8, "%.1f", " dB"}, {METRIC_OWN, "own", 8, "%.0f", " dB"},
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

void table_head(FILE *out)
{
	fprintf(out, "%-12s %-9s %-11s %7s", "call", "listener", "codec", "packets");
	for (size_t i = 0; i < COLUMNS; i++)
		fprintf(out, " %*s", columns[i].width, columns[i].title);
	fprintf(out, "  verdict\n");
}

static void cell(FILE *out, const struct column *c, const struct verdict *v)
{
	char number[32], text[48] = "-";
	if (v->known[c->metric]) {
		snprintf(number, sizeof(number), c->format, v->value[c->metric] + 0.0);
		snprintf(text, sizeof(text), "%s%s", number, c->unit);
	}
	fprintf(out, " %*s", c->width, text);
}

unsigned int table_row(FILE *out, const struct scenario *s, unsigned int call, unsigned int party,
		       const struct verdict *v)
{
	const struct scenario_party *p = &s->calls[call].parties[party];
	char codec[32];
	unsigned int missed = 0;
	snprintf(codec, sizeof(codec), "%s/%u", codec_by_id(p->codec)->name, p->period_ms);
	fprintf(out, "%-12s %-9s %-11s %7zu", s->calls[call].name, s->phones[p->phone].name, codec,
		v->received);
	for (size_t i = 0; i < COLUMNS; i++)
		cell(out, &columns[i], v);
	for (unsigned int i = 0; i < s->expect_count; i++)
		missed += scenario_expect_applies(s, &s->expects[i], call, p->phone) &&
			  !verdict_meets(v, &s->expects[i]);
	fprintf(out, "  %s\n", missed ? "FAIL" : "ok");
	for (unsigned int i = 0; i < s->expect_count; i++) {
		const struct scenario_expect *e = &s->expects[i];
		if (!scenario_expect_applies(s, e, call, p->phone) || verdict_meets(v, e))
			continue;
		fprintf(out, "    %s %s: wanted %s %s %g, ", s->calls[call].name, s->phones[p->phone].name,
			metric_name(e->metric), compare_sign(e->compare), e->value);
		if (v->known[e->metric])
			fprintf(out, "got %.2f\n", v->value[e->metric]);
		else
			fprintf(out, "but it could not be measured\n");
	}
	return missed;
}

void table_wanted(FILE *out, const struct scenario *s)
{
	for (unsigned int c = 0; c < s->call_count; c++) {
		const char *separator = ": ";
		for (unsigned int i = 0; i < s->expect_count; i++) {
			const struct scenario_expect *e = &s->expects[i];
			if (e->call != c)
				continue;
			if (*separator == ':')
				fprintf(out, "wanted of %s", s->calls[c].name);
			fprintf(out, "%s%s %s %g", separator, metric_name(e->metric),
				compare_sign(e->compare), e->value);
			if (e->phone != SCENARIO_PHONES_MAX)
				fprintf(out, " at %s", s->phones[e->phone].name);
			separator = ", ";
		}
		if (*separator == ',')
			fputc('\n', out);
	}
}
