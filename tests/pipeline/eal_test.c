// SPDX-License-Identifier: GPL-3.0-or-later
// eal_test.c - Which arguments DPDK gets for which devices.
#include "tests/pipeline/rig.h"

#include "dataplane/eal.h"

static struct config config;

static bool has(const char *device, bool hugepages, const char *wanted)
{
	struct eal_args a;
	bool found = false;
	config = (struct config){.dataplane = {.hugepages = hugepages, .worker_count = 1, .port_count = 1}};
	snprintf(config.dataplane.ports[0].device, sizeof(config.dataplane.ports[0].device), "%s", device);
	REQUIRE(eal_args_make(&config, &a) == 0);
	for (int i = 0; i < a.count; i++)
		found = found || strcmp(a.args[i], wanted) == 0;
	eal_args_free(&a);
	return found;
}

static void test_devices(void)
{
	CHECK(has("0000:3b:00.0", true, "--allow=0000:3b:00.0"));
	CHECK(!has("0000:3b:00.0", true, "--no-pci"));
	CHECK(has("net_memif0,role=client", true, "--vdev=net_memif0,role=client"));
	CHECK(has("net_memif0,role=client", true, "--no-pci"));
}

// A NIC behind no IOMMU, as in most virtual machines, wants physical addresses: DPDK asks the NIC's driver.
static void test_addresses_are_as_the_nic_wants_them(void)
{
	CHECK(!has("0000:3b:00.0", true, "--iova-mode=va"));
	CHECK(has("net_virtio_user0,path=/run/vhost", true, "--iova-mode=va"));
}

T_MAIN("eal", {"devices", test_devices},
       {"addresses_are_as_the_nic_wants_them", test_addresses_are_as_the_nic_wants_them})
