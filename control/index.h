// SPDX-License-Identifier: GPL-3.0-or-later
// index.h - Finds objects by a 32-bit number: a growing hash of nodes embedded in their owners.
#pragma once

#include <stdint.h>

struct index_node {
	struct index_node *next;
	uint32_t key;
};

// Zeroed memory is an empty index.
struct index {
	struct index_node **buckets;
	uint32_t size; // power of two, or 0
	uint32_t count;
	uint32_t salt; // keys come from peers: set it to a random number before the first put
};

// The object that embeds `node` as its field `member`.
#define INDEX_ITEM(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

// Adds a node under a key; several nodes may share one. Returns 0 or -ENOMEM.
int index_put(struct index *x, struct index_node *node, uint32_t key);

// Takes a node out; harmless when it is not in.
void index_drop(struct index *x, struct index_node *node);

// First node of a key, and the next one of the same key; NULL at the end.
struct index_node *index_first(const struct index *x, uint32_t key);
struct index_node *index_next(const struct index_node *node);

// Frees the buckets, not the nodes.
void index_fini(struct index *x);
