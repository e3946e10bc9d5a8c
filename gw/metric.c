// SPDX-License-Identifier: GPL-3.0-or-later
// metric.c - Sums counter sets and writes them in the Prometheus text format.
#include "gw/metric.h"

#include <inttypes.h>

// Counters end in _total, as the format's naming rules ask.
static void write_name(FILE *out, const char *prefix, const struct metric *m)
{
	fprintf(out, "%s_%s%s%s%s", prefix, m->name, m->unit[0] ? "_" : "", m->unit,
		m->kind == METRIC_COUNTER ? "_total" : "");
}

void metric_add(uint64_t *sums, const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sums[i] += values[i];
}

void metric_write_head(FILE *out, const char *prefix, const struct metric *m)
{
	fputs("# HELP ", out);
	write_name(out, prefix, m);
	fprintf(out, " %s\n# TYPE ", m->help);
	write_name(out, prefix, m);
	fprintf(out, " %s\n", m->kind == METRIC_COUNTER ? "counter" : "gauge");
}

void metric_write_value(FILE *out, const char *prefix, const struct metric *m, const char *labels,
			uint64_t value)
{
	write_name(out, prefix, m);
	if (labels[0])
		fprintf(out, "{%s}", labels);
	fprintf(out, " %" PRIu64 "\n", value);
}

void metric_write(FILE *out, const char *prefix, const struct metric *table, const uint64_t *values, size_t n,
		  const char *labels)
{
	for (size_t i = 0; i < n; i++) {
		metric_write_head(out, prefix, &table[i]);
		metric_write_value(out, prefix, &table[i], labels, values[i]);
	}
}

const char *metric_escape(const char *value, char *buf, size_t cap)
{
	size_t n = 0;
	for (const char *p = value; *p; p++) {
		char escaped = *p == '\n' ? 'n' : *p;
		size_t need = *p == '\\' || *p == '"' || *p == '\n' ? 2 : 1;
		if (n + need >= cap)
			break;
		if (need == 2)
			buf[n++] = '\\';
		buf[n++] = escaped;
	}
	if (cap > 0)
		buf[n] = '\0';
	return buf;
}
