// SPDX-License-Identifier: GPL-3.0-or-later
// index.c - Finds objects by a 32-bit number: a growing hash of nodes embedded in their owners.
#include "control/index.h"

#include <errno.h>
#include <stdlib.h>

#define INDEX_FIRST_SIZE 16

static struct index_node **bucket(const struct index *x, uint32_t key)
{
	uint32_t h = (key ^ x->salt) * UINT32_C(0x9e3779b1);
	return &x->buckets[(h ^ (h >> 15)) & (x->size - 1)];
}

static int grow(struct index *x)
{
	struct index old = *x;
	x->size = old.size ? old.size * 2 : INDEX_FIRST_SIZE;
	x->buckets = calloc(x->size, sizeof(*x->buckets));
	if (!x->buckets) {
		*x = old;
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < old.size; i++) {
		while (old.buckets[i]) {
			struct index_node *n = old.buckets[i];
			old.buckets[i] = n->next;
			struct index_node **b = bucket(x, n->key);
			while (*b) // keep the order of equal keys
				b = &(*b)->next;
			n->next = NULL;
			*b = n;
		}
	}
	free(old.buckets);
	return 0;
}

int index_put(struct index *x, struct index_node *node, uint32_t key)
{
	if (x->count >= x->size && grow(x) && !x->size)
		return -ENOMEM;
	node->key = key;
	node->next = NULL;
	struct index_node **b = bucket(x, key);
	while (*b)
		b = &(*b)->next;
	*b = node;
	x->count++;
	return 0;
}

void index_drop(struct index *x, struct index_node *node)
{
	if (!x->size)
		return;
	for (struct index_node **b = bucket(x, node->key); *b; b = &(*b)->next) {
		if (*b == node) {
			*b = node->next;
			node->next = NULL;
			x->count--;
			return;
		}
	}
}

struct index_node *index_first(const struct index *x, uint32_t key)
{
	struct index_node *n = x->size ? *bucket(x, key) : NULL;
	while (n && n->key != key)
		n = n->next;
	return n;
}

struct index_node *index_next(const struct index_node *node)
{
	struct index_node *n = node->next;
	while (n && n->key != node->key)
		n = n->next;
	return n;
}

void index_fini(struct index *x)
{
	free(x->buckets);
	*x = (struct index){0};
}
