// SPDX-License-Identifier: GPL-3.0-or-later
// port.h - Brings up NICs and virtual devices: queues, offloads, multicast, link state.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "gw/config.h"

struct rte_mempool;

struct port {
	char name[CONFIG_NAME_MAX];
	uint16_t id;        // of DPDK
	uint16_t rx_queues; // one for each worker, or one in all
	uint16_t tx_queues;
	uint8_t mac[6];
	unsigned int rules; // of flow steering; 0: RSS, where there are several queues
	bool offload_udp;   // computes UDP checksums on transmit
	bool started;
	bool link_told; // link_up is what was last found and logged
	bool link_up;
	uint16_t packet_ns; // that a packet in and out is expected to take, of some core
};

// Name under which DPDK knows a device: the PCI address, or the virtual device's name without its arguments.
void port_device_name(const char *device, char *ret, size_t cap);

// True for "0000:3b:00.0" and "3b:00.0".
bool port_device_is_pci(const char *device);

// Finds and configures the device of a configured port and starts it. Logs what is wrong. Returns 0 or negative errno.
// Queue n takes its buffers from pools[n].
int port_start(struct port *p, const struct config_port *config, unsigned int workers,
	       struct rte_mempool *const *pools);

// Looks whether the port has a link, and logs what has changed. True when it came up since the last time, or is up at the first.
bool port_link_came(struct port *p);

void port_stop(struct port *p);
