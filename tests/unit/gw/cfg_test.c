// SPDX-License-Identifier: GPL-3.0-or-later
// cfg_test.c - Values are typed by their table, and every wrong file gets exactly the words it deserves.
#include "gw/cfg.h"

#include "tests/unit/t.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct wheel {
	char name[8];
	unsigned int spokes;
};

struct cart {
	char owner[8];
	uint8_t small;
	uint16_t medium;
	uint64_t large;
	bool covered;
	int color;
	uint32_t wait_s;
	uint32_t load_mb;
	unsigned int numbers[3];
	unsigned int number_count;
	struct wheel *wheels;
	unsigned int wheel_count;
	unsigned int even;
};

static int parse_even(const struct cfg_at *at, const char *text, void *field)
{
	unsigned int n = (unsigned int)atoi(text);
	if (n % 2 == 1) {
		cfg_problem(at, NULL, "%s is odd", text);
		return -EINVAL;
	}
	*(unsigned int *)field = n;
	return 0;
}

static void check_wheel(const struct cfg_at *at)
{
	const struct cart *c = at->root;
	const struct wheel *w = at->base;
	for (size_t i = 0; i < at->index; i++)
		if (strcmp(c->wheels[i].name, w->name) == 0)
			cfg_problem(at, "name", "is wheel %zu already", i);
}

#define FIELD(st, member) .offset = offsetof(struct st, member), .size = sizeof(((struct st *)0)->member)
#define ROWS(rows)        .options = rows, .count = sizeof(rows) / sizeof(rows[0])

static const char *const colors[] = {"red", "green", "blue", NULL};
static const struct cfg_option wheel_rows[] = {
	{.name = "name", .type = CFG_TEXT, FIELD(wheel, name), .min = 1, .help = "Name"},
	{.name = "spokes",
	 .type = CFG_NUMBER,
	 FIELD(wheel, spokes),
	 .max = 64,
	 .fallback = "12",
	 .help = "Spokes"},
};
static const struct cfg_table wheel_table = {ROWS(wheel_rows), .check = check_wheel};
static const struct cfg_option number_item = {
	.type = CFG_NUMBER, .size = sizeof(unsigned int), .min = 1, .max = 9, .help = "n"};
static const struct cfg_option load_rows[] = {
	{.name = "load",
	 .type = CFG_SIZE,
	 FIELD(cart, load_mb),
	 .min = 1 << 20,
	 .max = UINT64_C(1) << 40,
	 .scale = 1 << 20,
	 .fallback = "1MB",
	 .help = "Load"},
	{.name = "even",
	 .type = CFG_CUSTOM,
	 FIELD(cart, even),
	 .fallback = "2",
	 .parse = parse_even,
	 .what = "even number",
	 .help = "Even",
	 .effect = CFG_NEW_SESSIONS},
};
static const struct cfg_table load_table = {ROWS(load_rows)};
static const struct cfg_option cart_rows[] = {
	{.name = "owner", .type = CFG_TEXT, FIELD(cart, owner), .help = "Owner"},
	{.name = "small",
	 .type = CFG_NUMBER,
	 FIELD(cart, small),
	 .max = 200,
	 .fallback = "7",
	 .help = "Small"},
	{.name = "medium",
	 .type = CFG_NUMBER,
	 FIELD(cart, medium),
	 .min = 10,
	 .max = 65535,
	 .fallback = "10",
	 .help = "M"},
	{.name = "large",
	 .type = CFG_NUMBER,
	 FIELD(cart, large),
	 .max = UINT64_MAX,
	 .fallback = "0",
	 .help = "Large"},
	{.name = "covered", .type = CFG_BOOL, FIELD(cart, covered), .fallback = "no", .help = "Covered"},
	{.name = "color",
	 .type = CFG_WORD,
	 FIELD(cart, color),
	 .words = colors,
	 .fallback = "green",
	 .help = "Color"},
	{.name = "wait",
	 .type = CFG_DURATION,
	 FIELD(cart, wait_s),
	 .min = 1000,
	 .max = 7200000,
	 .scale = 1000,
	 .fallback = "5s",
	 .help = "Wait",
	 .effect = CFG_RESTART},
	{.name = "cargo", .type = CFG_SECTION, .table = &load_table, .help = "Cargo"},
	{.name = "numbers",
	 .type = CFG_LIST,
	 .offset = offsetof(struct cart, numbers),
	 .size = sizeof(unsigned int),
	 .count_offset = offsetof(struct cart, number_count),
	 .min = 1,
	 .max = 3,
	 .item = &number_item,
	 .fallback = "",
	 .help = "Numbers"},
	{.name = "wheels",
	 .type = CFG_LIST,
	 .offset = offsetof(struct cart, wheels),
	 .size = sizeof(struct wheel),
	 .count_offset = offsetof(struct cart, wheel_count),
	 .max = 8,
	 .table = &wheel_table,
	 .allocate = true,
	 .shorthand = true,
	 .fallback = "",
	 .help = "Wheels"},
};
static const struct cfg_table cart_table = {ROWS(cart_rows)};

static struct cart cart;
static char *errors;

static int read_bytes(const char *text, size_t len)
{
	size_t size = 0;
	free(errors);
	free(cart.wheels);
	memset(&cart, 0, sizeof(cart));
	FILE *out = open_memstream(&errors, &size);
	int rc = cfg_read(text, len, "f", &cart_table, &cart, out);
	fclose(out);
	return rc;
}

static void accepts(const char *text)
{
	CHECK_INT(read_bytes(text, strlen(text)), 0);
	CHECK_STR(errors, "");
}

static void refuses(const char *text, const char *expected)
{
	CHECK_INT(read_bytes(text, strlen(text)), -EINVAL);
	CHECK_STR(errors, expected);
}

static void defaults_fill_what_is_absent(void)
{
	accepts("owner: me\n");
	CHECK_STR(cart.owner, "me");
	CHECK_INT(cart.small, 7);
	CHECK_INT(cart.medium, 10);
	CHECK(!cart.covered);
	CHECK_INT(cart.color, 1);
	CHECK_INT(cart.wait_s, 5);
	CHECK_INT(cart.load_mb, 1);
	CHECK_INT(cart.even, 2);
	CHECK_INT(cart.number_count + cart.wheel_count, 0);
}

static void values_are_typed_by_the_table(void)
{
	accepts("owner: no\nsmall: 010\nmedium: \"65535\"\nlarge: 18446744073709551615\ncovered: on\ncolor: "
		"blue\n"
		"wait: 2h\ncargo: {load: 3GB, even: 4}\nnumbers: [1, 9]\nwheels:\n  - name: a\n  - b\n  - "
		"{name: c, spokes: 3}\n");
	CHECK_STR(cart.owner, "no");
	CHECK_INT(cart.small, 10);
	CHECK_INT(cart.medium, 65535);
	CHECK(cart.large == UINT64_MAX);
	CHECK(cart.covered);
	CHECK_INT(cart.color, 2);
	CHECK_INT(cart.wait_s, 7200);
	CHECK_INT(cart.load_mb, 3072);
	CHECK_INT(cart.even, 4);
	CHECK_INT(cart.number_count, 2);
	CHECK_INT(cart.numbers[1], 9);
	CHECK_INT(cart.wheel_count, 3);
	CHECK_STR(cart.wheels[1].name, "b");
	CHECK_INT(cart.wheels[1].spokes, 12);
	CHECK_INT(cart.wheels[2].spokes, 3);
}

static void keys_are_checked(void)
{
	refuses("owner: me\ncolour: red\n", "f:2:1: file: unknown key \"colour\" (did you mean color?)\n");
	refuses("owner: me\nhorse: 1\n", "f:2:1: file: unknown key \"horse\"\n");
	refuses("owner: me\nsmall: 1\nsmall: 2\n",
		"f:3:1: file: key \"small\" stands here twice, first in line 2\n");
	refuses("small: 1\n", "f:1:1: owner: this key is required\n");
	refuses("owner: me\ncargo: {evne: 2}\n", "f:2:9: cargo: unknown key \"evne\" (did you mean even?)\n");
	refuses("owner: me\n[1]: 2\n", "f:2:1: file: must be a single value, not a list\n");
	refuses("owner: me\n<<: {small: 1}\n", "f:2:1: file: unknown key \"<<\"\n");
}

static void shapes_are_checked(void)
{
	refuses("", "f:1:1: file: is empty\n");
	refuses("# nothing\n", "f:1:1: file: is empty\n");
	refuses("- a\n", "f:1:1: file: must be a mapping of \"key: value\" lines\n");
	refuses("owner: [me]\n", "f:1:8: owner: must be a single value, not a list\n");
	refuses("owner: {a: b}\n", "f:1:8: owner: must be a single value, not a mapping\n");
	refuses("owner:\nsmall: 1\n", "f:1:7: owner: has no value\n");
	refuses("owner: me\ncargo: 5\n", "f:2:8: cargo: must be a mapping of \"key: value\" lines\n");
	refuses("owner: me\nnumbers: 5\n", "f:2:10: numbers: must be a list\n");
	refuses("owner: me\nnumbers: []\n", "f:2:10: numbers: has 0 items, allowed are 1..3\n");
	refuses("owner: me\nnumbers: [1, 2, 3, 4]\n", "f:2:10: numbers: has 4 items, allowed are 1..3\n");
	refuses("owner: me\nwheels: [[a]]\n",
		"f:2:10: wheels[0]: must be a mapping of \"key: value\" lines\n");
	refuses("owner: me\nwheels:\n  - spokes: 3\n", "f:3:5: wheels[0].name: this key is required\n");
}

static void scalars_are_checked(void)
{
	refuses("owner: much too long\n", "f:1:8: owner: 13 characters are too long, at most 7\n");
	refuses("owner: \"a\\nb\"\n", "f:1:8: owner: has a control character\n");
	refuses("owner: \"a\\0b\"\n", "f:1:8: owner: has a NUL character\n");
	refuses("owner: me\nsmall: 201\n", "f:2:8: small: 201 is out of range 0..200\n");
	refuses("owner: me\nmedium: 9\n", "f:2:9: medium: 9 is out of range 10..65535\n");
	refuses("owner: me\nsmall: -1\n", "f:2:8: small: \"-1\" is not a number 0..200\n");
	refuses("owner: me\nsmall: 0x10\n", "f:2:8: small: \"0x10\" is not a number 0..200\n");
	refuses("owner: me\nlarge: 18446744073709551616\n",
		"f:2:8: large: \"18446744073709551616\" is not a number 0..18446744073709551615\n");
	refuses("owner: me\ncovered: maybe\n", "f:2:10: covered: \"maybe\" is neither yes nor no\n");
	refuses("owner: me\ncolor: gren\n",
		"f:2:8: color: \"gren\" is not one of red, green, blue (did you mean green?)\n");
	refuses("owner: me\nwheels: [{name: \"\"}]\n", "f:2:17: wheels[0].name: must not be empty\n");
	refuses("owner: me\nnumbers: [1, x]\n", "f:2:14: numbers[1]: \"x\" is not a number 1..9\n");
	refuses("owner: me\ncargo: {even: 3}\n", "f:2:15: cargo.even: 3 is odd\n");
	refuses("owner: me\nwheels: [a, b, a]\n", "f:2:16: wheels[2].name: is wheel 0 already\n");
}

static void quantities_need_their_unit(void)
{
	refuses("owner: me\nwait: 5\n",
		"f:2:7: wait: \"5\" has no unit; write a duration such as 20ms, 5s, 10m or 2h\n");
	refuses("owner: me\nwait: 5 s\n",
		"f:2:7: wait: \"5 s\" is not a duration such as 20ms, 5s, 10m or 2h\n");
	refuses("owner: me\nwait: 5MB\n",
		"f:2:7: wait: \"5MB\" is not a duration such as 20ms, 5s, 10m or 2h\n");
	refuses("owner: me\nwait: soon\n",
		"f:2:7: wait: \"soon\" is not a duration such as 20ms, 5s, 10m or 2h\n");
	refuses("owner: me\nwait: 1500ms\n", "f:2:7: wait: 1500ms is no multiple of 1s\n");
	refuses("owner: me\nwait: 3h\n", "f:2:7: wait: 3h is out of range 1s..2h\n");
	refuses("owner: me\ncargo: {load: 256}\n",
		"f:2:15: cargo.load: \"256\" has no unit; write a size such as 256MB or 1GB\n");
	refuses("owner: me\ncargo: {load: 10KB}\n", "f:2:15: cargo.load: 10KB is out of range 1MB..1TB\n");
	refuses("owner: me\ncargo: {load: 99999999999999999TB}\n",
		"f:2:15: cargo.load: \"99999999999999999TB\" is not a size such as 256MB or 1GB\n");
}

static void yaml_tricks_are_refused(void)
{
	refuses("owner: me\ncargo:\n\teven: 2\n", "f:3:1: yaml: tab in the indentation; use spaces\n");
	refuses("owner: &o me\ncolor: *o\n", "f:1:8: yaml: anchor &o: write each value where it belongs\n"
					     "f:2:8: yaml: alias *o: write the value itself\n");
	refuses("owner: !!str me\n", "f:1:8: yaml: tag tag:yaml.org,2002:str: types come from the schema\n");
	refuses("owner: me\n---\nowner: you\n", "f:2:1: yaml: a second document starts; only one is read\n");
	refuses("owner: [me\n",
		"f:2:1: yaml: did not find expected ',' or ']' while parsing a flow sequence\n");
	refuses("owner: \xff\xfe\n", "f:1:8: yaml: invalid leading UTF-8 octet\n");
}

static void all_problems_come_in_one_pass(void)
{
	refuses("wheels: [{name: a, spokes: 99}, {nam: b}]\nsmall: x\nbig: 1\n",
		"f:1:1: owner: this key is required\n"
		"f:1:28: wheels[0].spokes: 99 is out of range 0..64\n"
		"f:1:33: wheels[1].name: this key is required\n"
		"f:1:34: wheels[1]: unknown key \"nam\" (did you mean name?)\n"
		"f:2:8: small: \"x\" is not a number 0..200\n"
		"f:3:1: file: unknown key \"big\"\n");
	char many[8000] = "owner: me\n";
	for (int i = 0; i < 300; i++)
		snprintf(many + strlen(many), sizeof(many) - strlen(many), "nonsense%d: 1\n", i);
	CHECK_INT(read_bytes(many, strlen(many)), -EINVAL);
	unsigned int lines = 0;
	for (const char *p = errors; *p; p++)
		lines += *p == '\n';
	CHECK_INT(lines, 100);
}

static void random_bytes_do_no_harm(void)
{
	static const char sound[] =
		"owner: me\nnumbers: [1, 2]\nwheels:\n  - {name: a, spokes: 3}\ncargo: {load: 2MB}\n";
	char text[sizeof(sound)];
	srand(5);
	for (int round = 0; round < 3000; round++) {
		memcpy(text, sound, sizeof(sound));
		for (int k = rand() % 4; k >= 0; k--)
			text[(size_t)rand() % (sizeof(sound) - 1)] = (char)rand();
		int rc = read_bytes(text, (size_t)rand() % sizeof(sound));
		CHECK(rc == 0 || rc == -EINVAL);
		CHECK((rc == 0) == (errors[0] == '\0'));
	}
}

static void files_are_read(void)
{
	char path[] = "/tmp/slimline-cfg-XXXXXX", *text = NULL;
	size_t len;
	int fd = mkstemp(path);
	REQUIRE(fd >= 0);
	CHECK_INT(write(fd, "owner: me\n", 10), 10);
	close(fd);
	CHECK_INT(cfg_read_file(path, &text, &len), 0);
	CHECK_INT(len, 10);
	CHECK_STR(text, "owner: me\n");
	free(text);
	unlink(path);
	CHECK_INT(cfg_read_file(path, &text, &len), -ENOENT);
	CHECK_INT(cfg_read_file("/tmp", &text, &len), -EISDIR);
}

static void the_manual_follows_the_tables(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	cfg_describe(&cart_table, out);
	fclose(out);
	CHECK(strstr(text, "wait\n    Wait.\n    duration 1s..2h; default 5s; takes effect: restart\n\n") !=
	      NULL);
	CHECK(strstr(text,
		     "cargo.even\n    Even.\n    even number; default 2; takes effect: new sessions\n\n") !=
	      NULL);
	CHECK(strstr(text, "wheels[].name\n    Name.\n    text of 1 to 7 characters; required; takes effect: "
			   "live\n\n") != NULL);
	CHECK(strstr(text, "numbers\n    Numbers.\n    list of 1..3 items, each a number 1..9; takes effect: "
			   "live\n\n") != NULL);
	free(text);
	free(errors);
	free(cart.wheels);
	errors = NULL;
	cart.wheels = NULL;
}

T_MAIN("cfg", {"defaults_fill_what_is_absent", defaults_fill_what_is_absent},
       {"values_are_typed_by_the_table", values_are_typed_by_the_table},
       {"keys_are_checked", keys_are_checked}, {"shapes_are_checked", shapes_are_checked},
       {"scalars_are_checked", scalars_are_checked},
       {"quantities_need_their_unit", quantities_need_their_unit},
       {"yaml_tricks_are_refused", yaml_tricks_are_refused},
       {"all_problems_come_in_one_pass", all_problems_come_in_one_pass},
       {"random_bytes_do_no_harm", random_bytes_do_no_harm}, {"files_are_read", files_are_read},
       {"the_manual_follows_the_tables", the_manual_follows_the_tables})
