// SPDX-License-Identifier: GPL-3.0-or-later
// show.c - How each answer of the daemon looks to people.
//
// Members of the answers are named in docs of control/show.c; here they only get titles, units and an order.
#include "control/cli/show.h"

#include <inttypes.h>
#include <string.h>

#include "control/cli/command.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const char *text(const json_t *o, const char *path)
{
	const char *s = json_string_value(print_get(o, path));
	return s && *s ? s : "-";
}

static int64_t number(const json_t *o, const char *path)
{
	return (int64_t)json_integer_value(print_get(o, path));
}

static bool flag(const json_t *o, const char *path)
{
	return json_is_true(print_get(o, path));
}

// --- show status ---

static const struct column agent_columns[] = {
	{"AGENT", "name", COLUMN_TEXT},
	{"ADDRESS", "address", COLUMN_TEXT},
	{"DEVICES IN SERVICE", "in_service", COLUMN_NUMBER},
};

static const struct column worker_columns[] = {
	{"WORKER", "worker", COLUMN_NUMBER},           {"CPU", "cpu", COLUMN_NUMBER},
	{"LOAD %", "load_percent", COLUMN_PERCENT},    {"STREAMS", "streams", COLUMN_NUMBER},
	{"CONFERENCES", "conferences", COLUMN_NUMBER}, {"RX PACKETS", "rx_packets", COLUMN_NUMBER},
	{"TX PACKETS", "tx_packets", COLUMN_NUMBER},   {"LATE TICKS", "ticks_late", COLUMN_NUMBER},
};

static const struct column port_columns[] = {
	{"PORT", "name", COLUMN_TEXT},
	{"LINK", "link_up", COLUMN_UP},
	{"MAC", "mac", COLUMN_TEXT},
	{"RX PACKETS", "rx_packets", COLUMN_NUMBER},
	{"TX PACKETS", "tx_packets", COLUMN_NUMBER},
	{"RX MISSED", "rx_missed", COLUMN_NUMBER},
};

static void status_store(FILE *out, const json_t *s)
{
	fprintf(out, "Store       %s, %s: %" PRId64 " records", text(s, "kind"), text(s, "state"),
		number(s, "records"));
	if (strcmp(text(s, "kind"), "memory") != 0) {
		fprintf(out,
			", %" PRId64 " queued, %" PRId64 " in flight; breaker %s, opened %" PRId64 " times",
			number(s, "queued"), number(s, "in_flight"),
			flag(s, "breaker_open") ? "OPEN" : "closed", number(s, "breaker_opens"));
		fprintf(out, "\n            server ");
		print_plain(out, text(s, "server"));
		if (*text(s, "error") != '-') {
			fputs(", last error: ", out);
			print_plain(out, text(s, "error"));
		}
	}
	fputc('\n', out);
}

static void status_dataplane(const struct view *v, const json_t *d)
{
	char up[24];
	static const struct column uptime = {"", "uptime_s", COLUMN_DURATION};
	fprintf(v->out, "Dataplane   %s", text(d, "state"));
	if (print_get(d, "uptime_s"))
		fprintf(v->out,
			", up %s: streams %" PRId64 " of %" PRId64 ", conferences %" PRId64 " of %" PRId64
			", voices %" PRId64 " of %" PRId64,
			print_cell(d, &uptime, up, sizeof(up)), number(d, "streams"),
			number(d, "streams_max"), number(d, "conferences"), number(d, "conferences_max"),
			number(d, "voices"), number(d, "voices_max"));
	fputs("\n\n", v->out);
	if (json_array_size(print_get(d, "workers"))) {
		print_rows(v->out, PRINT_TABLE, print_get(d, "workers"), worker_columns,
			   COUNT_OF(worker_columns), 0, "");
		fputc('\n', v->out);
	}
	if (json_array_size(print_get(d, "ports"))) {
		print_rows(v->out, PRINT_TABLE, print_get(d, "ports"), port_columns, COUNT_OF(port_columns),
			   0, "");
		fputc('\n', v->out);
	}
}

static void status_alarms(FILE *out, const json_t *alarms)
{
	size_t i;
	json_t *alarm;
	if (json_array_size(alarms) == 0)
		fputs("No alarms.\n", out);
	json_array_foreach((json_t *)alarms, i, alarm)
	{
		fputs("ALARM       ", out);
		print_plain(out, text(alarm, "text"));
		fputs("\n            ", out);
		print_plain(out, text(alarm, "hint"));
		fputc('\n', out);
	}
}

static const struct column status_csv[] = {
	{"", "node", COLUMN_TEXT},
	{"", "version", COLUMN_TEXT},
	{"", "ready", COLUMN_YES},
	{"", "uptime_s", COLUMN_NUMBER},
	{"", "devices.configured", COLUMN_NUMBER},
	{"", "devices.in_service", COLUMN_NUMBER},
	{"", "sessions.conferences", COLUMN_NUMBER},
	{"", "sessions.parties", COLUMN_NUMBER},
	{"", "sessions.orphans", COLUMN_NUMBER},
	{"", "sessions.streams_max", COLUMN_NUMBER},
	{"", "store.state", COLUMN_TEXT},
	{"", "store.queued", COLUMN_NUMBER},
	{"", "dataplane.state", COLUMN_TEXT},
	{"", "dataplane.streams", COLUMN_NUMBER},
};

void view_status(const struct view *v, const json_t *data)
{
	char up[24];
	static const struct column uptime = {"", "uptime_s", COLUMN_DURATION};
	if (v->format == PRINT_CSV) {
		print_fields(v->out, PRINT_CSV, data, status_csv, COUNT_OF(status_csv), 0);
		return;
	}
	fprintf(v->out, "Node        %s, slimline %s, up %s: %s\n", text(data, "node"), text(data, "version"),
		print_cell(data, &uptime, up, sizeof(up)), flag(data, "ready") ? "ready" : "NOT READY");
	fprintf(v->out, "Devices     %" PRId64 " of %" PRId64 " in service\n",
		number(data, "devices.in_service"), number(data, "devices.configured"));
	fprintf(v->out,
		"Sessions    %" PRId64 " conferences, %" PRId64 " parties (%" PRId64
		" orphans), limit %" PRId64 " parties\n",
		number(data, "sessions.conferences"), number(data, "sessions.parties"),
		number(data, "sessions.orphans"), number(data, "sessions.streams_max"));
	status_store(v->out, print_get(data, "store"));
	status_dataplane(v, print_get(data, "dataplane"));
	print_rows(v->out, PRINT_TABLE, print_get(data, "agents"), agent_columns, COUNT_OF(agent_columns), 0,
		   "No agents configured.");
	fputc('\n', v->out);
	status_alarms(v->out, print_get(data, "alarms"));
}

// --- show version ---

void view_version(const struct view *v, const json_t *data)
{
	static const struct column columns[] = {
		{"Daemon", "version", COLUMN_TEXT},
		{"Node", "node", COLUMN_TEXT},
		{"Admin schema", "admin_schema", COLUMN_NUMBER},
		{"Store schema", "store_schema", COLUMN_NUMBER},
		{"Dataplane API", "api_version", COLUMN_NUMBER},
	};
	if (v->format == PRINT_TABLE)
		fprintf(v->out, "slimctl        %s\n", SLIMLINE_VERSION);
	print_fields(v->out, v->format, data, columns, COUNT_OF(columns), 0);
}

// --- show sccp ---

void view_sccp(const struct view *v, const json_t *data)
{
	static const struct column columns[] = {
		{"DEVICE", "device", COLUMN_TEXT},      {"KIND", "kind", COLUMN_TEXT},
		{"STATE", "state", COLUMN_TEXT},        {"SINCE", "since_s", COLUMN_DURATION},
		{"AGENT", "agent", COLUMN_TEXT},        {"VER", "version", COLUMN_NUMBER},
		{"STREAMS", "streams", COLUMN_NUMBER},  {"OUT", "out_of_service", COLUMN_NUMBER},
		{"CONF", "conferences", COLUMN_NUMBER}, {"PARTIES", "parties", COLUMN_NUMBER},
		{"ORPHANS", "orphans", COLUMN_NUMBER},  {"DRAINS", "draining", COLUMN_YES},
	};
	const json_t *rows = print_get(data, "devices");
	print_rows(v->out, v->format, rows, columns, COUNT_OF(columns), 0, "No devices configured.");
	if (v->format == PRINT_CSV)
		return;
	size_t i;
	json_t *row;
	json_array_foreach((json_t *)rows, i, row)
	{
		if (*text(row, "reason") == '-' || strcmp(text(row, "state"), "in_service") == 0)
			continue;
		fprintf(v->out, "%s: ", text(row, "device"));
		print_plain(v->out, text(row, "reason"));
		fputc('\n', v->out);
	}
}

static const struct column connection_columns[] = {
	{"CONF", "conference_id", COLUMN_NUMBER}, {"PARTY", "party_id", COLUMN_NUMBER},
	{"DEVICE", "device", COLUMN_TEXT},        {"MODE", "mode", COLUMN_TEXT},
	{"RX", "rx.codec", COLUMN_TEXT},          {"TX", "tx.codec", COLUMN_TEXT},
	{"PORT", "local_port", COLUMN_NUMBER},    {"REMOTE", "remote", COLUMN_TEXT},
	{"STATE", "state", COLUMN_TEXT},          {"ORPHAN", "orphan", COLUMN_YES},
};

static const struct column connection_csv[] = {
	{"", "conference_id", COLUMN_NUMBER},
	{"", "party_id", COLUMN_NUMBER},
	{"", "call_reference", COLUMN_NUMBER},
	{"", "device", COLUMN_TEXT},
	{"", "kind", COLUMN_TEXT},
	{"", "mode", COLUMN_TEXT},
	{"", "rx.codec", COLUMN_TEXT},
	{"", "rx.period_ms", COLUMN_NUMBER},
	{"", "tx.codec", COLUMN_TEXT},
	{"", "tx.period_ms", COLUMN_NUMBER},
	{"", "local", COLUMN_TEXT},
	{"", "remote", COLUMN_TEXT},
	{"", "state", COLUMN_TEXT},
	{"", "orphan", COLUMN_YES},
	{"", "stream", COLUMN_TEXT},
	{"", "age_s", COLUMN_NUMBER},
};

void view_connections(const struct view *v, const json_t *data)
{
	const json_t *rows = print_get(data, "connections");
	if (v->format == PRINT_CSV)
		print_rows(v->out, v->format, rows, connection_csv, COUNT_OF(connection_csv), 0, "");
	else
		print_rows(v->out, v->format, rows, connection_columns, COUNT_OF(connection_columns), 0,
			   "No connections.");
}

// Keeps the rows whose count is not zero.
static json_t *not_zero(const json_t *rows, bool all)
{
	json_t *kept = json_array(), *row;
	size_t i;
	json_array_foreach((json_t *)rows, i, row) if (all || number(row, "count") != 0)
		json_array_append(kept, row);
	return kept;
}

static const struct column count_columns[] = {
	{"COUNT", "count", COLUMN_NUMBER},
	{"NAME", "name", COLUMN_TEXT},
	{"MEANING", "help", COLUMN_TEXT},
};

static void print_counts(const struct view *v, const json_t *rows, const char *none)
{
	json_t *kept = not_zero(rows, v->all);
	print_rows(v->out, v->format, kept, count_columns, COUNT_OF(count_columns), 0, none);
	json_decref(kept);
}

void view_statistics(const struct view *v, const json_t *data)
{
	print_counts(v, print_get(data, "counters"), "Nothing counted yet.");
	if (v->format == PRINT_CSV)
		return;
	fputs("\nMedia refused, by reason:\n", v->out);
	print_counts(v, print_get(data, "refusals"), "None.");
}

// --- show conference ---

static const struct column conference_columns[] = {
	{"ID", "conference_id", COLUMN_NUMBER}, {"DEVICE", "device", COLUMN_TEXT},
	{"OUTCOME", "outcome", COLUMN_TEXT},    {"PARTIES", "parties", COLUMN_NUMBER},
	{"MEMBERS", "members", COLUMN_NUMBER},  {"STATE", "state", COLUMN_TEXT},
	{"AGE", "age_s", COLUMN_DURATION},      {"WORKER", "worker", COLUMN_NUMBER},
	{"MADE BY", "made_by", COLUMN_TEXT},
};

static const struct column member_columns[] = {
	{"STREAM", "id", COLUMN_TEXT},         {"PARTY", "party_id", COLUMN_NUMBER},
	{"MODE", "mode", COLUMN_TEXT},         {"LOCAL", "local", COLUMN_TEXT},
	{"REMOTE", "remote", COLUMN_TEXT},     {"RX", "rx.codec", COLUMN_TEXT},
	{"TX", "tx.codec", COLUMN_TEXT},       {"RX PKTS", "stats.rx_packets", COLUMN_NUMBER},
	{"LOST", "stats.lost", COLUMN_NUMBER}, {"LEVEL", "stats.level_rx_dbm0", COLUMN_LEVEL},
};

void view_conference(const struct view *v, const json_t *data)
{
	const json_t *rows = print_get(data, "conferences");
	if (!v->one) {
		print_rows(v->out, v->format, rows, conference_columns, COUNT_OF(conference_columns), 0,
			   "No conferences.");
		return;
	}
	size_t i;
	json_t *row;
	json_array_foreach((json_t *)rows, i, row)
	{
		if (v->format == PRINT_TABLE)
			print_fields(v->out, v->format, row, conference_columns, COUNT_OF(conference_columns),
				     0);
		if (v->format == PRINT_TABLE)
			fputc('\n', v->out);
		print_rows(v->out, v->format, print_get(row, "streams"), member_columns,
			   COUNT_OF(member_columns), v->format == PRINT_TABLE ? 2 : 0, "no parties");
		if (v->format == PRINT_TABLE && i + 1 < json_array_size(rows))
			fputc('\n', v->out);
	}
}

// --- show stream ---

static const struct column stream_columns[] = {
	{"STREAM", "id", COLUMN_TEXT},
	{"LOCAL", "local", COLUMN_TEXT},
	{"REMOTE", "remote", COLUMN_TEXT},
	{"RX", "rx.codec", COLUMN_TEXT},
	{"TX", "tx.codec", COLUMN_TEXT},
	{"RX PKTS", "stats.rx_packets", COLUMN_NUMBER},
	{"TX PKTS", "stats.tx_packets", COLUMN_NUMBER},
	{"LOST", "stats.lost", COLUMN_NUMBER},
	{"JITTER", "stats.jitter_ms", COLUMN_MS},
	{"MOS", "stats.quality.mos_lq", COLUMN_SCORE},
	{"OUTCOME", "outcome", COLUMN_TEXT},
};

static const struct column stream_fields[] = {
	{"Stream", "id", COLUMN_TEXT},
	{"Device", "device", COLUMN_TEXT},
	{"Conference ID", "conference_id", COLUMN_NUMBER},
	{"Party ID", "party_id", COLUMN_NUMBER},
	{"Call reference", "call_reference", COLUMN_NUMBER},
	{"Outcome", "outcome", COLUMN_TEXT},
	{"Mode", "mode", COLUMN_TEXT},
	{"Worker", "worker", COLUMN_NUMBER},
	{"Local address", "local", COLUMN_TEXT},
	{"Remote address", "remote", COLUMN_TEXT},
	{"Believed source", "source", COLUMN_TEXT},
	{"Receive codec", "rx.codec", COLUMN_TEXT},
	{"Receive period, ms", "rx.period_ms", COLUMN_NUMBER},
	{"Receive payload type", "rx.payload_type", COLUMN_NUMBER},
	{"Receive event type", "rx.event_type", COLUMN_NUMBER},
	{"Transmit codec", "tx.codec", COLUMN_TEXT},
	{"Transmit period, ms", "tx.period_ms", COLUMN_NUMBER},
	{"Transmit payload type", "tx.payload_type", COLUMN_NUMBER},
	{"Transmit event type", "tx.event_type", COLUMN_NUMBER},
	{"DSCP", "dscp", COLUMN_NUMBER},
	{"Received packets", "stats.rx_packets", COLUMN_NUMBER},
	{"Received octets", "stats.rx_octets", COLUMN_NUMBER},
	{"Sent packets", "stats.tx_packets", COLUMN_NUMBER},
	{"Sent octets", "stats.tx_octets", COLUMN_NUMBER},
	{"Lost", "stats.lost", COLUMN_NUMBER},
	{"Late", "stats.late", COLUMN_NUMBER},
	{"Duplicate", "stats.duplicate", COLUMN_NUMBER},
	{"Reordered", "stats.reordered", COLUMN_NUMBER},
	{"Dropped, all reasons", "stats.dropped", COLUMN_NUMBER},
	{"Concealed frames", "stats.concealed", COLUMN_NUMBER},
	{"Lost, as far end reports", "stats.remote_lost", COLUMN_NUMBER},
	{"Jitter, ms", "stats.jitter_ms", COLUMN_MS},
	{"Play-out delay, ms", "stats.delay_ms", COLUMN_MS},
	{"Round trip, ms", "stats.round_trip_ms", COLUMN_MS},
	{"Silent for, ms", "stats.idle_ms", COLUMN_MS},
	{"Level received, dBm0", "stats.level_rx_dbm0", COLUMN_LEVEL},
	{"Level sent, dBm0", "stats.level_tx_dbm0", COLUMN_LEVEL},
	{"SSRC received", "stats.rx_ssrc", COLUMN_TEXT},
	{"SSRC sent", "stats.tx_ssrc", COLUMN_TEXT},
	{"SSRC changes", "stats.ssrc_changes", COLUMN_NUMBER},
	{"Greatest jitter, ms", "stats.jitter_max_ms", COLUMN_MS},
	{"Loss, %", "stats.quality.loss_percent", COLUMN_SCORE},
	{"Too late to be played, %", "stats.quality.discard_percent", COLUMN_SCORE},
	{"Bursts of loss", "stats.quality.bursts", COLUMN_NUMBER},
	{"Burst length, ms", "stats.quality.burst_ms", COLUMN_NUMBER},
	{"Loss in bursts, %", "stats.quality.burst_loss_percent", COLUMN_SCORE},
	{"Gap length, ms", "stats.quality.gap_ms", COLUMN_NUMBER},
	{"Loss in gaps, %", "stats.quality.gap_loss_percent", COLUMN_SCORE},
	{"Concealed, %", "stats.quality.concealed_percent", COLUMN_SCORE},
	{"Silence, %", "stats.quality.silence_percent", COLUMN_PERCENT},
	{"R, listening", "stats.quality.r_lq", COLUMN_PERCENT},
	{"MOS, listening", "stats.quality.mos_lq", COLUMN_SCORE},
	{"R, with delay", "stats.quality.r_cq", COLUMN_PERCENT},
	{"MOS, with delay", "stats.quality.mos_cq", COLUMN_SCORE},
	{"Delay mouth to ear, ms", "stats.quality.end_delay_ms", COLUMN_NUMBER},
	{"Far end: loss, %", "stats.quality.remote_loss_percent", COLUMN_SCORE},
	{"Far end: R", "stats.quality.remote_r", COLUMN_PERCENT},
	{"Far end: MOS, listening", "stats.quality.remote_mos_lq", COLUMN_SCORE},
	{"Far end: MOS, with delay", "stats.quality.remote_mos_cq", COLUMN_SCORE},
	{"One-way", "stats.quality.one_way", COLUMN_TEXT},
};

void view_stream(const struct view *v, const json_t *data)
{
	const json_t *rows = print_get(data, "streams");
	size_t i;
	json_t *row;
	if (v->format == PRINT_CSV) {
		print_rows(v->out, v->format, rows, stream_fields, COUNT_OF(stream_fields), 0, "");
	} else if (v->one) {
		json_array_foreach((json_t *)rows, i, row)
		{
			if (i)
				fputc('\n', v->out);
			print_fields(v->out, v->format, row, stream_fields, COUNT_OF(stream_fields), 0);
		}
	} else {
		print_rows(v->out, v->format, rows, stream_columns, COUNT_OF(stream_columns), 0,
			   "No streams.");
	}
}

// --- show worker, show dataplane ---

static const struct column load_columns[] = {
	{"WORKER", "worker", COLUMN_NUMBER},         {"CPU", "cpu", COLUMN_NUMBER},
	{"LOAD %", "load_percent", COLUMN_PERCENT},  {"EXPECTED %", "expected_percent", COLUMN_PERCENT},
	{"LATE MS", "late_ms", COLUMN_SCORE},        {"LATE TICKS", "ticks_late", COLUMN_NUMBER},
	{"TURN MS", "turn_ms", COLUMN_SCORE},        {"AWAY MS", "away_ms", COLUMN_SCORE},
	{"STREAMS", "streams", COLUMN_NUMBER},       {"CONFERENCES", "conferences", COLUMN_NUMBER},
	{"RX PACKETS", "rx_packets", COLUMN_NUMBER}, {"TX PACKETS", "tx_packets", COLUMN_NUMBER},
};

void view_workers(const struct view *v, const json_t *data)
{
	print_rows(v->out, v->format, print_get(data, "workers"), load_columns, COUNT_OF(load_columns), 0,
		   "No workers.");
	if (v->format == PRINT_TABLE)
		fprintf(v->out,
			"\nNew calls are refused from %" PRId64 " %% on (dataplane.load-limit): %" PRId64
			" so far.\n",
			number(data, "load_limit_percent"), number(data, "overloaded"));
}

static const struct column dataplane_fields[] = {
	{"Up for", "uptime_s", COLUMN_DURATION},
	{"Streams", "streams", COLUMN_NUMBER},
	{"Streams, limit", "streams_max", COLUMN_NUMBER},
	{"Conferences", "conferences", COLUMN_NUMBER},
	{"Conferences, limit", "conferences_max", COLUMN_NUMBER},
	{"Voices", "voices", COLUMN_NUMBER},
	{"Voices, limit", "voices_max", COLUMN_NUMBER},
	{"Load limit, %", "load_limit_percent", COLUMN_NUMBER},
	{"Refused for load", "overloaded", COLUMN_NUMBER},
	{"Memory of a relayed stream, bytes", "stream_bytes", COLUMN_NUMBER},
	{"Memory reserved for media, MB", "media_mb", COLUMN_NUMBER},
	{"Chosen for this CPU", "kernels", COLUMN_TEXT},
	{"Restarts seen", "restarts", COLUMN_NUMBER},
};

void view_dataplane(const struct view *v, const json_t *data)
{
	print_fields(v->out, v->format, data, dataplane_fields, COUNT_OF(dataplane_fields), 0);
}

// --- show drops, local commands ---

void view_drops(const struct view *v, const json_t *data)
{
	print_counts(v, print_get(data, "drops"), "No packet dropped.");
}

void view_metrics(const struct view *v, const json_t *data)
{
	fputs(text(data, "text"), v->out);
}

void view_help(const struct view *v, const json_t *data)
{
	command_help(v->out, "");
	fputs("\nWords may be shortened as long as they stay unique. ? after any word lists what may "
	      "follow.\n"
	      "Any command may end in | include TEXT, | exclude TEXT, | begin TEXT or | count.\n",
	      v->out);
}

void view_quit(const struct view *v, const json_t *data)
{
}
