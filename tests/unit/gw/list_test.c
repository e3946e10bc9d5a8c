// SPDX-License-Identifier: GPL-3.0-or-later
// list_test.c - Links keep their order, may leave while the list is walked, and leave twice without harm.
#include "gw/list.h"

#include "tests/unit/t.h"

struct item {
	int value;
	struct list link;
};

static int digits(const struct list *head)
{
	int n = 0;
	LIST_FOREACH(i, (struct list *)head, struct item, link)
	n = n * 10 + i->value;
	return n;
}

static void order_is_kept(void)
{
	struct list head;
	struct item a = {.value = 1}, b = {.value = 2}, c = {.value = 3};
	list_init(&head);
	CHECK(list_empty(&head));
	CHECK(list_pop_front(&head) == NULL);
	list_push_back(&head, &b.link);
	list_push_back(&head, &c.link);
	list_push_front(&head, &a.link);
	CHECK_INT(digits(&head), 123);
	CHECK_INT(list_length(&head), 3);
	list_remove(&b.link);
	CHECK_INT(digits(&head), 13);
	list_remove(&b.link);
	CHECK_INT(digits(&head), 13);
	CHECK(LIST_ITEM(list_pop_front(&head), struct item, link) == &a);
	CHECK_INT(digits(&head), 3);
}

static void items_may_leave_on_the_walk(void)
{
	struct list head;
	struct item items[5];
	list_init(&head);
	for (int i = 0; i < 5; i++) {
		items[i].value = i;
		list_push_back(&head, &items[i].link);
	}
	LIST_FOREACH(i, &head, struct item, link)
	{
		if (i->value % 2 == 0) {
			list_remove(&i->link);
			memset(i, 0xee, sizeof(*i));
		}
	}
	CHECK_INT(digits(&head), 13);
	int seen = 0;
	LIST_FOREACH(i, &head, struct item, link)
	{
		seen++;
		break;
	}
	CHECK_INT(seen, 1);
}

T_MAIN("list", {"order_is_kept", order_is_kept}, {"items_may_leave_on_the_walk", items_may_leave_on_the_walk})
