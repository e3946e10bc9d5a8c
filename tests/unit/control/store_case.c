// SPDX-License-Identifier: GPL-3.0-or-later
// store_case.c - What a store promises, whichever it is.
#include "tests/unit/control/store_world.h"

static void case_basics(struct fixture *f)
{
	struct seen s;
	scan(f, &s);
	CHECK_INT(s.records, 0);
	CHECK_INT(s.status, 0);
	CHECK_INT(put(f, STORE_DEVICE, "CFB1", "a=1\n"), 0);
	CHECK_INT(put(f, STORE_PARTY, "CFB1.7.9", "p=1\n"), 0);
	CHECK_INT(put(f, STORE_PARTY, "CFB1.7.10", "gone\n"), 0);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "CFB1.7.10"), 0);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "never.there"), 0);
	scan(f, &s);
	CHECK_INT(s.status, 0);
	CHECK_INT(s.records, 2);
	CHECK(strstr(s.text, "device CFB1=a=1\n;") != NULL);
	CHECK(strstr(s.text, "party CFB1.7.9=p=1\n;") != NULL);
	CHECK_INT(s.epoch, EPOCH);
	CHECK_STR(s.owner, "host/1");
	struct store_status st = status(f);
	CHECK_INT(st.records, 2);
	CHECK_INT(st.puts, 3);
	CHECK_INT(st.drops, 2);
	CHECK_INT(st.state, STORE_READY);
}

static void case_newest_wins(struct fixture *f)
{
	struct seen s;
	char value[32];
	for (int i = 0; i < 3000; i++) {
		snprintf(value, sizeof(value), "v=%d", i);
		CHECK_INT(put(f, STORE_CONFERENCE, "c", value), 0);
	}
	CHECK_INT(put(f, STORE_CONFERENCE, "d", "x"), 0);
	CHECK_INT(store_drop(f->store, STORE_CONFERENCE, "d"), 0);
	CHECK_INT(put(f, STORE_CONFERENCE, "d", "again"), 0);
	scan(f, &s);
	CHECK_INT(s.records, 2);
	CHECK(strstr(s.text, "conference c=v=2999;") != NULL);
	CHECK(strstr(s.text, "conference d=again;") != NULL);
}

static void case_many(struct fixture *f)
{
	struct seen s;
	char name[32];
	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(put(f, STORE_PARTY, name, "x"), 0);
	}
	for (int i = 0; i < 5000; i += 2) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(store_drop(f->store, STORE_PARTY, name), 0);
	}
	scan(f, &s);
	CHECK_INT(s.records, 2500);
	CHECK_INT(status(f).records, 2500);
}

static void case_bad_names(struct fixture *f)
{
	char longest[STORE_NAME_MAX + 8], value[STORE_VALUE_MAX + 1];
	memset(longest, 'x', sizeof(longest));
	memset(value, 'y', sizeof(value));
	longest[STORE_NAME_MAX] = '\0';
	CHECK_INT(put(f, STORE_PARTY, longest, ""), -EINVAL);
	longest[STORE_NAME_MAX - 1] = '\0';
	CHECK_INT(put(f, STORE_PARTY, longest, ""), 0);
	CHECK_INT(put(f, STORE_PARTY, "", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a b", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a}", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a*", ""), -EINVAL);
	CHECK_INT(put(f, STORE_PARTY, "a\xff", ""), -EINVAL);
	CHECK_INT(store_drop(f->store, STORE_PARTY, "a\n"), -EINVAL);
	CHECK_INT(store_put(f->store, STORE_PARTY, "big", value, STORE_VALUE_MAX + 1), -EMSGSIZE);
	CHECK_INT(store_put(f->store, STORE_PARTY, "big", value, STORE_VALUE_MAX), 0);
	struct seen s;
	scan(f, &s);
	CHECK_INT(s.records, 2);
}

// The receiver acts on what it is told, as recovery does.
struct dropper {
	struct seen seen;
	struct store *store;
};

static void drop_record(void *arg, const struct store_record *r)
{
	struct dropper *d = arg;
	on_record(&d->seen, r);
	store_drop(d->store, r->kind, r->name);
	store_put(d->store, STORE_DEVICE, "kept", "k", 1);
}

static void drop_done(void *arg, int rc)
{
	on_done(&((struct dropper *)arg)->seen, rc);
}

static void case_drop_while_scanning(struct fixture *f)
{
	struct dropper d = {.store = f->store};
	char name[32];
	for (int i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "p.%d", i);
		CHECK_INT(put(f, STORE_PARTY, name, "x"), 0);
	}
	struct store_scanner scanner = {drop_record, drop_done, &d};
	CHECK_INT(store_scan(f->store, &scanner), 0);
	CHECK(run_until(f, seen_done, &d.seen));
	CHECK(d.seen.records >= 700);
	struct seen s;
	scan(f, &s);
	CHECK_STR(s.text, "device kept=k;");
}

static void case_close_while_scanning(struct fixture *f)
{
	struct seen s = {0};
	struct store_scanner scanner = {on_record, on_done, &s};
	CHECK_INT(put(f, STORE_DEVICE, "d", "1"), 0);
	CHECK_INT(store_scan(f->store, &scanner), 0);
	store_close(f->store);
	f->store = NULL;
	CHECK_INT(s.done, 1);
	CHECK_INT(s.status, -ENOTCONN);
}

const struct store_case store_cases[STORE_CASES] = {
	{case_basics},    {case_newest_wins},         {case_many, true},
	{case_bad_names}, {case_drop_while_scanning}, {case_close_while_scanning}};
