// SPDX-License-Identifier: GPL-3.0-or-later
// metric.h - Counter sets declared once with name, unit and help.
//
// A set is an X-list; the struct, the table and every exporter follow from it:
//
//	#define LINK_METRICS(X) X(connects, COUNTER, "", "TCP connections made") X(queued, GAUGE, "bytes",
//"Bytes waiting") 	METRIC_SET(link_metrics, LINK_METRICS)    gives  struct link_metrics { uint64_t connects,
//queued; } 	METRIC_TABLE(link_metrics, LINK_METRICS)  gives  static const struct metric link_metrics_table[2]
//
// Values are plain uint64_t with one writer; whoever reads sums them.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric_kind {
	METRIC_COUNTER, // only grows
	METRIC_GAUGE,   // goes up and down
};

struct metric {
	const char *name;
	enum metric_kind kind;
	const char *unit; // "" for a plain number, else "bytes", "seconds", ...
	const char *help; // one sentence without full stop
};

#define METRIC_FIELD(name, kind, unit, help) uint64_t name;
#define METRIC_ROW(name, kind, unit, help)   {#name, METRIC_##kind, unit, help},
#define METRIC_SET(set, LIST)                                                                                \
	struct set {                                                                                         \
		LIST(METRIC_FIELD)                                                                           \
	};
#define METRIC_TABLE(set, LIST)                                                                              \
	static const struct metric set##_table[] = {LIST(METRIC_ROW)};                                       \
	_Static_assert(sizeof(struct set) / sizeof(uint64_t) == sizeof(set##_table) / sizeof(struct metric), \
		       "a set has one value for each row");
#define METRIC_COUNT(set) (sizeof(struct set) / sizeof(uint64_t))

// Adds n values to sums.
void metric_add(uint64_t *sums, const uint64_t *values, size_t n);

// Writes the HELP and TYPE lines of one metric in the Prometheus text format: "# HELP prefix_name_unit help".
void metric_write_head(FILE *out, const char *prefix, const struct metric *m);

// Writes one sample: prefix_name_unit{labels} value. `labels` is `a="x",b="y"` already escaped, or "" for
// none.
void metric_write_value(FILE *out, const char *prefix, const struct metric *m, const char *labels,
			uint64_t value);

// Writes a whole set, head and value of each row.
void metric_write(FILE *out, const char *prefix, const struct metric *table, const uint64_t *values, size_t n,
		  const char *labels);

// Escapes a label value: backslash, quote and newline. Always terminates when cap > 0; a value too long is
// cut. Returns buf.
const char *metric_escape(const char *value, char *buf, size_t cap);
