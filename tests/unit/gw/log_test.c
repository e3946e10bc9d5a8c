// SPDX-License-Identifier: GPL-3.0-or-later
// log_test.c - One call is one line, in both formats, within the level and the limit.
#include "gw/log.h"

#include "tests/unit/t.h"

#include <stdlib.h>
#include <unistd.h>

static int pipe_fds[2];

static void open_log(bool journal, enum log_level level)
{
	REQUIRE(pipe(pipe_fds) == 0);
	log_output(pipe_fds[1], journal);
	log_set_level(level);
}

static const char *close_log(void)
{
	static char text[16384];
	close(pipe_fds[1]);
	size_t n = 0;
	for (ssize_t got; (got = read(pipe_fds[0], text + n, sizeof(text) - 1 - n)) > 0;)
		n += (size_t)got;
	text[n] = '\0';
	close(pipe_fds[0]);
	log_init();
	return text;
}

static void journal_lines(void)
{
	open_log(true, LOG_LEVEL_DEBUG);
	log_error("cfb01", "agent refused us", "reason=%u text=%s", 4u, "full");
	log_notice("cfb01", "registered");
	log_debug(NULL, "hello");
	CHECK_STR(close_log(),
		  "<3>cfb01: agent refused us reason=4 text=full\n<5>cfb01: registered\n<7>hello\n");
}

static void dated_lines(void)
{
	open_log(false, LOG_LEVEL_INFO);
	log_info("xcd", "open", "party=%d", 7);
	const char *line = close_log();
	// 2026-01-31T12:00:00.000001Z info xcd: open party=7
	CHECK_INT(strlen(line), 27 + strlen(" info xcd: open party=7\n"));
	CHECK_INT(line[10], 'T');
	CHECK_INT(line[26], 'Z');
	CHECK_STR(line + 27, " info xcd: open party=7\n");
}

static void levels_filter(void)
{
	open_log(true, LOG_LEVEL_WARNING);
	log_warning("a", "seen");
	log_notice("a", "unseen");
	CHECK_STR(close_log(), "<4>a: seen\n");
	CHECK_STR(log_level_name(LOG_LEVEL_ERROR), "error");
	CHECK_STR(log_level_name(LOG_LEVEL_DEBUG), "debug");
	CHECK_STR(log_level_name(LOG_LEVEL_COUNT), "?");
}

static void control_characters_stay_on_one_line(void)
{
	open_log(true, LOG_LEVEL_INFO);
	log_info("a\nb", "m\r", "text=%s", "x\n<0>forged\033[2J");
	CHECK_STR(close_log(), "<6>a\\x0ab: m\\x0d text=x\\x0a<0>forged\\x1b[2J\n");
}

static void long_lines_are_cut(void)
{
	char big[3000];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	open_log(true, LOG_LEVEL_INFO);
	log_info("a", "big", "text=%s", big);
	log_info("a", big);
	const char *text = close_log();
	const char *second = strchr(text, '\n') + 1;
	CHECK(second - text <= LOG_LINE_MAX);
	CHECK_INT(strlen(second), LOG_LINE_MAX);
}

static void the_site_is_limited(void)
{
	struct log_site site = {0};
	unsigned int suppressed = 99;
	const nsec_t t0 = 1000;
	for (unsigned int i = 0; i < LOG_BURST; i++)
		CHECK(log_site_allow(&site, t0 + i, &suppressed));
	CHECK_INT(suppressed, 0);
	for (unsigned int i = 0; i < 5; i++)
		CHECK(!log_site_allow(&site, t0 + LOG_INTERVAL - 1, &suppressed));
	CHECK(log_site_allow(&site, t0 + LOG_INTERVAL, &suppressed));
	CHECK_INT(suppressed, 5);
	CHECK(log_site_allow(&site, t0 + LOG_INTERVAL, &suppressed));
	CHECK_INT(suppressed, 0);
}

static void each_call_site_has_its_own_limit(void)
{
	open_log(true, LOG_LEVEL_INFO);
	for (int i = 0; i < LOG_BURST + 10; i++)
		log_info("loop", "again");
	log_info("other", "still heard");
	const char *text = close_log();
	unsigned int lines = 0;
	for (const char *p = text; (p = strstr(p, "loop: again\n")) != NULL; p++)
		lines++;
	CHECK_INT(lines, LOG_BURST);
	CHECK(strstr(text, "other: still heard\n") != NULL);
}

T_MAIN("log", {"journal_lines", journal_lines}, {"dated_lines", dated_lines},
       {"levels_filter", levels_filter},
       {"control_characters_stay_on_one_line", control_characters_stay_on_one_line},
       {"long_lines_are_cut", long_lines_are_cut}, {"the_site_is_limited", the_site_is_limited},
       {"each_call_site_has_its_own_limit", each_call_site_has_its_own_limit})
