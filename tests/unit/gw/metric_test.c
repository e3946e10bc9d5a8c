// SPDX-License-Identifier: GPL-3.0-or-later
// metric_test.c - A set declared once sums up and is written in the Prometheus text format.
#include "gw/metric.h"

#include "tests/unit/t.h"

#include <stdlib.h>

#define TAP_METRICS(X)                                                                                       \
	X(turns, COUNTER, "", "Times the tap was turned")                                                    \
	X(water, GAUGE, "bytes", "Water in the basin")

METRIC_SET(tap, TAP_METRICS)
METRIC_TABLE(tap, TAP_METRICS)

static void sets_are_written(void)
{
	struct tap a = {.turns = 3, .water = 40}, sum = {.turns = 1};
	metric_add(&sum.turns, &a.turns, METRIC_COUNT(tap));
	CHECK_INT(sum.turns, 4);
	CHECK_INT(sum.water, 40);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	metric_write(out, "house", tap_table, &sum.turns, METRIC_COUNT(tap), "room=\"bath\"");
	metric_write_value(out, "house", &tap_table[1], "", 7);
	fclose(out);
	CHECK_STR(text,
		  "# HELP house_turns_total Times the tap was turned\n# TYPE house_turns_total counter\n"
		  "house_turns_total{room=\"bath\"} 4\n"
		  "# HELP house_water_bytes Water in the basin\n# TYPE house_water_bytes gauge\n"
		  "house_water_bytes{room=\"bath\"} 40\nhouse_water_bytes 7\n");
	free(text);
}

static void labels_are_escaped(void)
{
	char buf[32];
	CHECK_STR(metric_escape("a\"b\\c\nd", buf, sizeof(buf)), "a\\\"b\\\\c\\nd");
	char small[4];
	CHECK_STR(metric_escape("ab\"c", small, sizeof(small)), "ab"); // never half an escape
}

T_MAIN("metric", {"sets_are_written", sets_are_written}, {"labels_are_escaped", labels_are_escaped})
