// SPDX-License-Identifier: GPL-3.0-or-later
// command_test.c - slimctl's words: abbreviation, arguments, what is said about wrong ones, and tables.
#include <stdlib.h>

#include "control/cli/command.h"
#include "control/cli/print.h"
#include "control/cli/show.h"
#include "tests/unit/t.h"

static struct command_match match(const char *line)
{
	struct command_match m;
	command_match(line, &m);
	return m;
}

static const char *words(const char *line)
{
	struct command_match m = match(line);
	return m.status == COMMAND_OK ? m.command->words : "none";
}

static void test_match(void)
{
	CHECK_STR(words("show status"), "show status");
	CHECK_STR(words("sh stat"), "show status");
	CHECK_STR(words("  SHOW   Sccp  "), "show sccp");
	CHECK_STR(words("s sc c"), "show sccp connections");
	CHECK_STR(words("show sccp stat"), "show sccp statistics");
	CHECK_STR(words("q"), "quit");
	CHECK_INT(match("").status, COMMAND_EMPTY);
	CHECK_INT(match(" \t\n").status, COMMAND_EMPTY);
	// native words win over other gateways' wording
	CHECK_STR(words("show v"), "show version");
	CHECK_STR(words("show c"), "show conference");
	struct command_match m = match("show dspfarm");
	CHECK_STR(m.command->words, "show sccp");
	CHECK_STR(m.alias->words, "show dspfarm");
	CHECK_STR(words("show call act voice"), "show stream");
}

static void test_argument(void)
{
	struct command_match m = match("show stream 01000005");
	CHECK_INT(m.status, COMMAND_OK);
	CHECK_STR(m.argument, "01000005");
	m = match("line SEP1 dial  600 ");
	CHECK_INT(m.status, COMMAND_OK);
	CHECK_STR(m.argument, "SEP1 dial  600");
	m = match("show line SEP1 more");
	CHECK_INT(m.status, COMMAND_EXTRA);
	m = match("show drops al");
	CHECK_INT(m.status, COMMAND_OK);
	CHECK_STR(m.argument, "all");
	m = match("show drops none");
	CHECK_INT(m.status, COMMAND_UNKNOWN);
	CHECK_INT(m.column, 11);
	CHECK_INT(m.near_count, 1);
	m = match("show conference 1 2");
	CHECK_INT(m.status, COMMAND_EXTRA);
	CHECK_INT(m.column, 18);
	CHECK_INT(match("show status now").status, COMMAND_EXTRA);
}

static void test_faults(void)
{
	struct command_match m = match("show st");
	CHECK_INT(m.status, COMMAND_AMBIGUOUS);
	CHECK_INT(m.near_count, 2);
	CHECK_INT(m.column, 5);
	CHECK_INT(m.length, 2);
	m = match("show cofnerence 5");
	CHECK_INT(m.status, COMMAND_UNKNOWN);
	CHECK_MEM(m.near[0], "conference", 10);
	m = match("show sccp foo");
	CHECK_INT(m.status, COMMAND_UNKNOWN);
	CHECK_INT(m.near_count, 2);
	m = match("show");
	CHECK_INT(m.status, COMMAND_INCOMPLETE);
	CHECK_INT(m.column, 4);
	CHECK_INT(match("show ?").status, COMMAND_HELP);
	CHECK_INT(match("show st?").status, COMMAND_HELP);
	CHECK_INT(match("a b c d e f g h i j k l m n o p q r").status, COMMAND_TOO_LONG);
	char longest[COMMAND_LINE_MAX + 10];
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	CHECK_INT(match(longest).status, COMMAND_TOO_LONG);
}

static const char *explained(const char *line, size_t prompt)
{
	static char text[2048];
	FILE *out = fmemopen(text, sizeof(text), "w");
	struct command_match m = match(line);
	command_explain(out, line, &m, prompt == 0, prompt);
	fclose(out);
	return text;
}

static void test_explain(void)
{
	CHECK_STR(explained("show st", 0),
		  "  show st\n       ^^\nerror: ambiguous word; it may be status, stream\n"
		  "hint: type ? after any word to see what may follow, or help for every command\n");
	CHECK(strncmp(explained("sho", 9), "            ^\nerror: command is incomplete", 30) == 0);
	// what is typed cannot drive the terminal
	CHECK(strchr(explained("show \033[2J", 0), '\033') == NULL);
}

static void test_complete(void)
{
	struct command_match m;
	command_complete("sh", &m);
	CHECK_INT(m.near_count, 1);
	CHECK_INT(m.length, 2);
	command_complete("show s", &m);
	CHECK_INT(m.near_count, 3);
	command_complete("show sccp ", &m);
	CHECK_INT(m.near_count, 2);
	command_complete("show drops ", &m);
	CHECK_INT(m.near_count, 1);
	CHECK_MEM(m.near[0], "all", 3);
	command_complete("show nonsense x", &m);
	CHECK_INT(m.near_count, 0);
	command_complete("", &m);
	CHECK(m.near_count >= 3);
	// what a line's user does, behind the name
	command_complete("line SEP1 ", &m);
	CHECK_INT(m.near_count, 18);
	command_complete("line SEP1 ho", &m);
	CHECK_INT(m.near_count, 1);
	CHECK_MEM(m.near[0], "hold", 4);
	CHECK_INT(m.length, 2);
	command_complete("line SEP1 hold ", &m);
	CHECK_INT(m.near_count, 0);
	command_complete("show line SEP1 ho", &m);
	CHECK_INT(m.near_count, 0);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	command_help(out, "line SEP1 tr?");
	command_help(out, "line SEP1 ?");
	fclose(out);
	CHECK(strstr(text, "  transfer     [NUMBER]        Transfers to a number") == text);
	CHECK(strstr(text, "\n  flash ") != NULL);
	free(text);
}

// Every command can be abbreviated to something, and every alias leads to a command that is there.
static void test_table(void)
{
	for (size_t i = 0; i < command_count; i++) {
		struct command_match m = match(command_table[i].words);
		CHECK_INT(m.status, COMMAND_OK);
		const struct command *c = &command_table[i];
		CHECK_STR(m.command->words, c->native ? c->native : c->words);
		CHECK(m.command->view != NULL);
	}
}

static void test_random(void)
{
	unsigned int seed = 5;
	static const char *const bits[] = {"show", " ",     "s",    "?",   "conf", "\t",
					   "5",    "drops", "\xff", "all", "\n",   "q"};
	char line[200];
	FILE *null = fopen("/dev/null", "w");
	for (int i = 0; i < 20000; i++) {
		line[0] = '\0';
		for (int k = rand_r(&seed) % 12; k > 0; k--)
			strcat(line, bits[(size_t)rand_r(&seed) % (sizeof(bits) / sizeof(bits[0]))]);
		struct command_match m = match(line);
		CHECK(m.column <= strlen(line));
		if (m.status > COMMAND_HELP)
			command_explain(null, line, &m, true, 0);
		command_help(null, line);
		command_complete(line, &m);
	}
	fclose(null);
}

static const struct column columns[] = {{"NAME", "name", COLUMN_TEXT},
					{"COUNT", "n", COLUMN_NUMBER},
					{"JITTER", "in.ms", COLUMN_MS},
					{"UP", "up", COLUMN_UP},
					{"AGE", "age", COLUMN_DURATION}};

static const char *printed(enum print_format format, const char *json, bool fields)
{
	static char text[4096];
	memset(text, 0, sizeof(text));
	FILE *out = fmemopen(text, sizeof(text), "w");
	json_t *j = json_loads(json, 0, NULL);
	if (fields)
		print_fields(out, format, j, columns, 5, 1);
	else
		print_rows(out, format, j, columns, 5, 0, "Nothing.");
	json_decref(j);
	fclose(out);
	return text;
}

static void test_print(void)
{
	static const char rows[] =
		"[{\"name\":\"a\",\"n\":7,\"in\":{\"ms\":1.26},\"up\":true,\"age\":59},"
		"{\"name\":\"l\\u00e4nge\\u001b\",\"n\":123456,\"up\":false,\"age\":90061}]";
	CHECK_STR(printed(PRINT_TABLE, rows, false), "NAME     COUNT  JITTER  UP      AGE\n"
						     "a            7     1.3  up      59s\n"
						     "länge.  123456       -  DOWN  1d01h\n");
	CHECK_STR(printed(PRINT_TABLE, "[]", false), "Nothing.\n");
	CHECK_STR(printed(PRINT_CSV, "[{\"name\":\"a,\\\"b\\\"\",\"n\":1,\"in\":{\"ms\":0.5},\"up\":true}]",
			  false),
		  "name,n,in_ms,up,age\r\n\"a,\"\"b\"\"\",1,0.5,true,\r\n");
	CHECK_STR(printed(PRINT_CSV, "[]", false), "name,n,in_ms,up,age\r\n");
	CHECK_STR(printed(PRINT_TABLE, "{\"name\":\"x\",\"age\":3600}", true),
		  " NAME    x\n COUNT   -\n JITTER  -\n UP      -\n AGE     1h00m\n");
}

// No answer of a daemon, however wrong, may break a view.
static void test_views(void)
{
	static const char *const wrong[] = {
		"{}",
		"[]",
		"null",
		"7",
		"{\"streams\":7,\"devices\":{},\"drops\":[7,null]}",
		"{\"streams\":[7,{\"rx\":7,\"stats\":[]}],\"conferences\":[null,{\"streams\":7}],"
		"\"devices\":[{\"reason\":\"x\"}],\"alarms\":[7],\"agents\":7,\"store\":[],"
		"\"dataplane\":{\"workers\":[7],\"ports\":[[]],\"uptime_s\":\"x\"},"
		"\"counters\":[{}],\"refusals\":7,\"connections\":[[]]}"};
	FILE *null = fopen("/dev/null", "w");
	for (size_t w = 0; w < sizeof(wrong) / sizeof(wrong[0]); w++) {
		json_t *j = json_loads(wrong[w], JSON_DECODE_ANY, NULL);
		for (unsigned int how = 0; how < 8; how++) {
			struct view v = {.out = null, .format = how & 1, .one = how & 2, .all = how & 4};
			for (size_t i = 0; i < command_count; i++)
				if (command_table[i].view)
					command_table[i].view(&v, j);
		}
		json_decref(j);
	}
	fclose(null);
}

T_MAIN("command", {"match", test_match}, {"argument", test_argument}, {"faults", test_faults},
       {"explain", test_explain}, {"complete", test_complete}, {"table", test_table}, {"random", test_random},
       {"print", test_print}, {"views", test_views})
