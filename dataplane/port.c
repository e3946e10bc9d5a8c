// SPDX-License-Identifier: GPL-3.0-or-later
// port.c - One device by its name, with what it offers and what we need.
//
// A device with a queue for each worker gives each its own; any other gives one queue to worker 0, and the rest
// travels by handoff and inject rings. Checksum offload on transmit is used on PCI devices only: virtual ones tend
// to hand unfinished checksums on.
#include "dataplane/port.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ethdev.h>

#include "gw/log.h"

void port_device_name(const char *device, char *ret, size_t cap)
{
	size_t n = strcspn(device, ",");
	if (n >= cap)
		n = cap - 1;
	memcpy(ret, device, n);
	ret[n] = '\0';
}

bool port_device_is_pci(const char *device)
{
	size_t n = 0;
	while (isxdigit((unsigned char)device[n]))
		n++;
	return n > 0 && device[n] == ':';
}

// Through the kernel a packet takes a hundred times what a NIC or shared memory takes.
static uint16_t packet_cost(const char *device)
{
	static const char *const kernel[] = {"net_af_packet", "net_af_xdp", "net_tap", "net_pcap"};
	for (unsigned int i = 0; i < RTE_DIM(kernel); i++)
		if (strncmp(device, kernel[i], strlen(kernel[i])) == 0)
			return 2500;
	return 60;
}

static bool has_ipv6(const struct config_port *c)
{
	for (unsigned int i = 0; i < c->address_count; i++)
		if (c->addresses[i].addr.family == ADDR_IPV6)
			return true;
	return false;
}

// A device without an address of its own gets one made from its name, locally administered.
static void mac_set(struct port *p)
{
	struct rte_ether_addr mac;
	if (rte_eth_macaddr_get(p->id, &mac) == 0 && !rte_is_zero_ether_addr(&mac)) {
		memcpy(p->mac, mac.addr_bytes, 6);
		return;
	}
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (const char *c = p->name; *c; c++)
		h = (h ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	memcpy(p->mac, &h, 6);
	p->mac[0] = (uint8_t)((p->mac[0] & 0xfc) | 0x02);
}

static uint16_t queues(uint16_t offered, unsigned int workers)
{
	return offered >= workers ? (uint16_t)workers : 1;
}

static int configure(struct port *p, const struct config_port *c, const struct rte_eth_dev_info *info,
		     unsigned int workers)
{
	struct rte_eth_conf conf = {0};
	p->rx_queues = queues(info->max_rx_queues, workers);
	p->tx_queues = queues(info->max_tx_queues, workers);
	conf.rxmode.offloads =
		info->rx_offload_capa & (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM);
	if (port_device_is_pci(c->device))
		conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	p->offload_udp = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_UDP_CKSUM;
	uint64_t rss =
		info->flow_type_rss_offloads & (RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP);
	if (p->rx_queues > 1 && rss) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = rss;
	}
	return rte_eth_dev_configure(p->id, p->rx_queues, p->tx_queues, &conf);
}

static int queues_set_up(struct port *p, const struct config_port *c, struct rte_mempool *const *pools)
{
	uint16_t rx = c->rx_descriptors ? c->rx_descriptors : 1024,
		 tx = c->tx_descriptors ? c->tx_descriptors : 1024;
	unsigned int socket = (unsigned int)rte_eth_dev_socket_id(p->id);
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(p->id, &rx, &tx);
	for (uint16_t q = 0; rc == 0 && q < p->rx_queues; q++)
		rc = rte_eth_rx_queue_setup(p->id, q, rx, socket, NULL, pools[q]);
	for (uint16_t q = 0; rc == 0 && q < p->tx_queues; q++)
		rc = rte_eth_tx_queue_setup(p->id, q, tx, socket, NULL);
	return rc;
}

static void filters_set(struct port *p, const struct config_port *c)
{
	if (c->mtu) {
		int rc = rte_eth_dev_set_mtu(p->id, c->mtu);
		if (rc && rc != -ENOTSUP)
			log_warning(p->name, "device refuses this MTU, its own stays", "mtu=%u error=%s",
				    c->mtu, rte_strerror(-rc));
	}
	// Neighbour discovery comes by multicast.
	if (has_ipv6(c) && rte_eth_allmulticast_enable(p->id) != 0 && rte_eth_promiscuous_enable(p->id) != 0)
		log_info(p->name, "device has no multicast filter");
}

int port_start(struct port *p, const struct config_port *c, unsigned int workers,
	       struct rte_mempool *const *pools)
{
	char device[64];
	struct rte_eth_dev_info info;
	memcpy(p->name, c->name, sizeof(p->name));
	port_device_name(c->device, device, sizeof(device));
	if (rte_eth_dev_get_port_by_name(device, &p->id) != 0) {
		log_error(
			p->name,
			port_device_is_pci(device)
				? "DPDK cannot use this device: its lines above say why; is `device` right, "
				  "bound to vfio-pci, and what does dmesg say of vfio?"
				: "DPDK could not make this device: check `device`, and with `ip link` that "
				  "its interface exists",
			"device=%s", c->device);
		return -ENODEV;
	}
	int rc = rte_eth_dev_info_get(p->id, &info);
	if (rc == 0)
		rc = configure(p, c, &info, workers);
	if (rc == 0)
		rc = queues_set_up(p, c, pools);
	if (rc == 0) {
		filters_set(p, c);
		rc = rte_eth_dev_start(p->id);
	}
	if (rc) {
		log_error(p->name, "cannot start port", "device=%s error=%s", c->device, rte_strerror(-rc));
		return rc;
	}
	p->started = true;
	p->packet_ns = packet_cost(device);
	mac_set(p);
	log_notice(p->name, "port started",
		   "device=%s driver=%s rx_queues=%u tx_queues=%u mac=" RTE_ETHER_ADDR_PRT_FMT, device,
		   info.driver_name, p->rx_queues, p->tx_queues, p->mac[0], p->mac[1], p->mac[2], p->mac[3],
		   p->mac[4], p->mac[5]);
	return 0;
}

bool port_link_came(struct port *p)
{
	struct rte_eth_link link = {0};
	rte_eth_link_get_nowait(p->id, &link);
	bool up = link.link_status == RTE_ETH_LINK_UP;
	if (p->link_told && up == p->link_up)
		return false;
	if (!up && !p->link_told)
		log_notice(p->name, "no link yet");
	else if (!up)
		log_warning(p->name, "no link: nothing comes or goes until it is back; calls stay up");
	else if (link.link_speed == RTE_ETH_SPEED_NUM_NONE || link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN)
		log_notice(p->name, "link is up");
	else
		log_notice(p->name, "link is up", "mbps=%u", link.link_speed);
	p->link_told = true;
	p->link_up = up;
	return up;
}

void port_stop(struct port *p)
{
	if (!p->started)
		return;
	rte_eth_dev_stop(p->id);
	rte_eth_dev_close(p->id);
	p->started = false;
}
