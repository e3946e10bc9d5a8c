// SPDX-License-Identifier: GPL-3.0-or-later
// list.h - Intrusive doubly linked list.
//
// The head and the links are the same struct; an item embeds a link for each list it can be on. An item that
// is on no list has a link that points to itself (after list_init or list_remove), so removing twice is
// harmless.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

// The item that embeds `link` as its field `member`.
#define LIST_ITEM(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

// Walks from first to last. The body may remove and free `item`, but no other one.
#define LIST_FOREACH(item, head, type, member)                                                               \
	for (type *item = LIST_ITEM((head)->next, type, member),                                             \
		  *item##_after = LIST_ITEM(item->member.next, type, member);                                \
	     &item->member != (head);                                                                        \
	     item = item##_after, item##_after = LIST_ITEM(item->member.next, type, member))

// Makes an empty list, or a link that is on none.
static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}

// Puts link, which is on no list, after `where`.
static inline void list_insert(struct list *where, struct list *link)
{
	link->prev = where;
	link->next = where->next;
	where->next->prev = link;
	where->next = link;
}

static inline void list_push_front(struct list *head, struct list *link)
{
	list_insert(head, link);
}

static inline void list_push_back(struct list *head, struct list *link)
{
	list_insert(head->prev, link);
}

// Takes link off its list; does nothing when it is on none.
static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	list_init(link);
}

// Takes the first link off; NULL when the list is empty.
static inline struct list *list_pop_front(struct list *head)
{
	if (list_empty(head))
		return NULL;
	struct list *first = head->next;
	list_remove(first);
	return first;
}

// Counts by walking.
static inline size_t list_length(const struct list *head)
{
	size_t n = 0;
	for (const struct list *l = head->next; l != head; l = l->next)
		n++;
	return n;
}
