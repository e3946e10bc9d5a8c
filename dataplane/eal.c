// SPDX-License-Identifier: GPL-3.0-or-later
// eal.c - EAL arguments from our configuration.
//
// Lcore 0 is the main thread, lcores 1..n the workers, each mapped to its configured CPU; two may share one. The
// file prefix carries the process id, so that dataplanes on one host never meet; its directory is removed at the end.
#include "dataplane/eal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/port.h"
#include "gw/log.h"

static int add(struct eal_args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int add(struct eal_args *a, const char *format, ...)
{
	if (a->count == EAL_ARGS_MAX)
		return -E2BIG;
	va_list list;
	va_start(list, format);
	int n = vasprintf(&a->args[a->count], format, list);
	va_end(list);
	if (n < 0) {
		a->args[a->count] = NULL;
		return -ENOMEM;
	}
	a->count++;
	return 0;
}

// CPUs this process may run on, as "(0,1,2)".
static void allowed_cpus(char *buf, size_t cap)
{
	cpu_set_t set;
	size_t n = 0;
	char separator = '(';
	CPU_ZERO(&set);
	sched_getaffinity(0, sizeof(set), &set);
	for (unsigned int cpu = 0; cpu < CPU_SETSIZE && n + 8 < cap; cpu++)
		if (CPU_ISSET(cpu, &set)) {
			n += (size_t)snprintf(buf + n, cap - n, "%c%u", separator, cpu);
			separator = ',';
		}
	snprintf(buf + n, cap - n, ")");
}

static int add_lcores(const struct config *c, struct eal_args *a)
{
	char text[4096], cpus[2048];
	size_t n = 0;
	if (c->dataplane.main_cpu >= 0)
		snprintf(cpus, sizeof(cpus), "%d", c->dataplane.main_cpu);
	else
		allowed_cpus(cpus, sizeof(cpus));
	n += (size_t)snprintf(text, sizeof(text), "0@%s", cpus);
	for (unsigned int i = 0; i < c->dataplane.worker_count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, ",%u@%u", eal_worker_lcore(i),
				      c->dataplane.workers[i]);
	int rc = add(a, "--lcores=%s", text);
	return rc ? rc : add(a, "--main-lcore=0");
}

static bool any_pci(const struct config *c)
{
	for (unsigned int i = 0; i < c->dataplane.port_count; i++)
		if (port_device_is_pci(c->dataplane.ports[i].device))
			return true;
	return false;
}

// A NIC says itself whether it wants physical addresses, as it does where no IOMMU translates them. Nothing else does.
static int add_memory(const struct config *c, struct eal_args *a)
{
	int rc = c->dataplane.memory_mb ? add(a, "-m%u", c->dataplane.memory_mb) : 0;
	if (rc)
		return rc;
	if (!c->dataplane.hugepages)
		return add(a, "--no-huge");
	rc = add(a, "--in-memory");
	if (rc == 0)
		rc = add(a, "--single-file-segments"); // virtio_user shares few regions
	return rc || any_pci(c) ? rc : add(a, "--iova-mode=va");
}

static int add_devices(const struct config *c, struct eal_args *a)
{
	int rc = 0;
	for (unsigned int i = 0; rc == 0 && i < c->dataplane.port_count; i++) {
		const char *device = c->dataplane.ports[i].device;
		rc = add(a, port_device_is_pci(device) ? "--allow=%s" : "--vdev=%s", device);
	}
	return rc || any_pci(c) ? rc : add(a, "--no-pci");
}

static int add_extra(const struct config *c, struct eal_args *a)
{
	char text[sizeof(c->dataplane.eal)], *save = NULL;
	memcpy(text, c->dataplane.eal, sizeof(text));
	int rc = 0;
	for (char *word = strtok_r(text, " ", &save); rc == 0 && word; word = strtok_r(NULL, " ", &save))
		rc = add(a, "%s", word);
	return rc;
}

int eal_args_make(const struct config *c, struct eal_args *ret)
{
	struct eal_args a = {0};
	int rc = add(&a, "slimline-dataplane");
	if (rc == 0)
		rc = add_lcores(c, &a);
	if (rc == 0)
		rc = add_memory(c, &a);
	if (rc == 0)
		rc = add(&a, "--file-prefix=slimline-%d", (int)getpid());
	if (rc == 0)
		rc = add(&a, "--log-level=%s", c->log_level >= CONFIG_LOG_DEBUG ? "info" : "error");
	if (rc == 0)
		rc = add_devices(c, &a);
	if (rc == 0)
		rc = add_extra(c, &a);
	if (rc) {
		eal_args_free(&a);
		return rc;
	}
	*ret = a;
	return 0;
}

void eal_args_free(struct eal_args *a)
{
	for (int i = 0; i < a->count; i++)
		free(a->args[i]);
	*a = (struct eal_args){0};
}

// Can a thread of ours run there? DPDK answers a wrong number with a page of its own options, or by giving up.
static bool cpu_usable(unsigned int cpu)
{
	cpu_set_t before, one;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_getaffinity(0, sizeof(before), &before) < 0)
		return true;
	bool usable = sched_setaffinity(0, sizeof(one), &one) == 0;
	sched_setaffinity(0, sizeof(before), &before);
	return usable;
}

static int cpu_check(const char *option, unsigned int cpu)
{
	if (cpu_usable(cpu))
		return 0;
	log_error("eal", "no such CPU, or none that this process may use: see nproc and lscpu, and correct",
		  "option=%s cpu=%u cpus=%ld", option, cpu, sysconf(_SC_NPROCESSORS_ONLN));
	return -EINVAL;
}

static int cpus_check(const struct config *c)
{
	int rc = c->dataplane.main_cpu < 0
			 ? 0
			 : cpu_check("dataplane.main-cpu", (unsigned int)c->dataplane.main_cpu);
	for (unsigned int i = 0; rc == 0 && i < c->dataplane.worker_count; i++)
		rc = cpu_check("dataplane.workers", c->dataplane.workers[i]);
	return rc;
}

int eal_start(const struct config *c)
{
	struct eal_args a;
	int rc = cpus_check(c);
	if (rc)
		return rc;
	rc = eal_args_make(c, &a);
	if (rc) {
		log_error("eal", "cannot build arguments", "error=%s", strerror(-rc));
		return rc;
	}
	// EAL reorders its argument vector: give it a copy of the pointers.
	char *args[EAL_ARGS_MAX + 1];
	memcpy(args, a.args, sizeof(args));
	rc = rte_eal_init(a.count, args) < 0 ? -(rte_errno ? rte_errno : EIO) : 0;
	if (rc)
		log_error("eal",
			  c->dataplane.hugepages
				  ? "DPDK does not start: are there enough free huge pages "
				    "(/proc/meminfo HugePages_Free), and may we use them?"
				  : "DPDK does not start: check `dataplane.workers`, `ports` and `eal`",
			  "error=%s memory_mb=%u", strerror(-rc), c->dataplane.memory_mb);
	eal_args_free(&a);
	return rc;
}

static void directory_remove(const char *path)
{
	DIR *d = opendir(path);
	if (!d)
		return;
	for (struct dirent *e = readdir(d); e; e = readdir(d))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(path);
}

void eal_stop(void)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s", rte_eal_get_runtime_dir());
	rte_eal_cleanup();
	directory_remove(path);
}

// The frames given back last are taken first: they are still in the cache. In a queue, as DPDK's default is, every frame
// of the pool takes its turn, and nearly each has left the cache before it comes. Without locks: a thread that loses its
// CPU while it takes frames holds up no other.
struct rte_mempool *eal_packets_make(unsigned int n, int socket)
{
	char name[32];
	snprintf(name, sizeof(name), "packets_%d", socket);
	struct rte_mempool *pool = rte_pktmbuf_pool_create_by_ops(name, n, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
								  socket, "lf_stack");
	if (!pool) // no such driver on this machine
		pool = rte_pktmbuf_pool_create(name, n, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, socket);
	return pool;
}

struct rte_mempool *eal_pool_make(const struct config *c, int socket, unsigned int workers)
{
	unsigned int n = 8192;
	for (unsigned int i = 0; i < c->dataplane.port_count; i++) {
		const struct config_port *p = &c->dataplane.ports[i];
		n += workers * ((p->rx_descriptors ? p->rx_descriptors : 1024u) +
				(p->tx_descriptors ? p->tx_descriptors : 1024u));
	}
	n += workers * (512 + 4096); // caches, and what waits in rings
	struct rte_mempool *pool = eal_packets_make(n, socket);
	if (!pool)
		log_error("eal", "no memory for packets: raise `dataplane.memory`", "packets=%u memory_mb=%u",
			  n, c->dataplane.memory_mb);
	return pool;
}
