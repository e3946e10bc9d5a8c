// SPDX-License-Identifier: GPL-3.0-or-later
// steer.c - Cuts port ranges into blocks, and asks the NIC to steer them.
#include "dataplane/steer.h"

#include <rte_errno.h>
#include <rte_flow.h>

#include "dataplane/portmap.h"

unsigned int steer_blocks(uint16_t first, uint16_t last, struct steer_block ret[STEER_BLOCKS_MAX])
{
	unsigned int n = 0;
	uint32_t at = first, end = last + 1u;
	while (at < end) {
		uint32_t size = at ? at & -at : 0x10000; // as far as its alignment goes
		while (size > end - at)
			size >>= 1;
		ret[n++] = (struct steer_block){.first = (uint16_t)at, .mask = (uint16_t) ~(size - 1)};
		at += size;
	}
	return n;
}

static struct rte_flow *rule_make(uint16_t port, const struct steer_block *b, bool v6, uint16_t queue,
				  struct rte_flow_error *error)
{
	const struct rte_flow_attr attr = {.ingress = 1};
	const struct rte_flow_item_udp spec = {.hdr.dst_port = rte_cpu_to_be_16(b->first)};
	const struct rte_flow_item_udp mask = {.hdr.dst_port = rte_cpu_to_be_16(b->mask)};
	const struct rte_flow_action_queue to = {.index = queue};
	const struct rte_flow_item pattern[] = {
		{.type = RTE_FLOW_ITEM_TYPE_ETH},
		{.type = v6 ? RTE_FLOW_ITEM_TYPE_IPV6 : RTE_FLOW_ITEM_TYPE_IPV4},
		{.type = RTE_FLOW_ITEM_TYPE_UDP, .spec = &spec, .mask = &mask},
		{.type = RTE_FLOW_ITEM_TYPE_END},
	};
	const struct rte_flow_action actions[] = {
		{.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &to},
		{.type = RTE_FLOW_ACTION_TYPE_END},
	};
	if (rte_flow_validate(port, &attr, pattern, actions, error))
		return NULL;
	return rte_flow_create(port, &attr, pattern, actions, error);
}

unsigned int steer_port(uint16_t port, uint16_t port_min, uint16_t port_max, unsigned int workers,
			const char **ret_refusal)
{
	unsigned int rules = 0;
	for (unsigned int w = 0; w < workers; w++) {
		struct steer_block blocks[STEER_BLOCKS_MAX];
		uint32_t first, count;
		portmap_part(port_min, port_max, w, workers, &first, &count);
		unsigned int n = count ? steer_blocks((uint16_t)(2 * first),
						      (uint16_t)(2 * (first + count) - 1), blocks)
				       : 0;
		for (unsigned int i = 0; i < 2 * n; i++) {
			struct rte_flow_error error = {0};
			if (!rule_make(port, &blocks[i / 2], i % 2, (uint16_t)w, &error)) {
				*ret_refusal = error.message ? error.message : rte_strerror(rte_errno);
				steer_clear(port);
				return 0;
			}
			rules++;
		}
	}
	return rules;
}

void steer_clear(uint16_t port)
{
	struct rte_flow_error error;
	rte_flow_flush(port, &error);
}
