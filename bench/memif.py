#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# memif.py - Relay over memif: throughput and delay against testpmd's 5tswap on the same link, 214-byte frames.
"""Usage: memif.py [CASE...]  Cases: 10k, 100k, each also with -ndr, -pdr and -delay, and 10k-law. Generator on CPU 0, device on CPU 1, alternating runs, each behind the calm gate."""
import os
import subprocess
import sys

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
SECONDS = os.environ.get('BENCH_SECONDS', '2')
LEGS_PER_ADDRESS = 16000


def memif(sock, role):
    return f'net_memif0,role={role},socket={sock},socket-abstract=no,rsize=10'


def generator(sock, plan, options):
    return lib.generate('memif', ['--in-memory', f'--vdev={memif(sock, "client")}'], ['--plan', plan] + options)


def addresses(legs):
    return [f'10.80.{i}.1/16' for i in range((legs + LEGS_PER_ADDRESS - 1) // LEGS_PER_ADDRESS)]


class Slimline:
    name, reflect, codecs = 'slimline', [], ('pcmu', 'pcmu')

    def __init__(self, folder, legs):
        self.memif = os.path.join(folder, 'ours.memif')
        config, api = lib.dataplane_config(folder, memif(self.memif, 'server'), addresses(legs), streams=legs + 64,
                                           conferences=legs // 2 + 64, voices=16)
        self.process = lib.dataplane(folder, config, api)
        self.plan = os.path.join(folder, 'ours.plan')
        lib.open_calls(api, legs // 2, *self.codecs, '10.80.128.1', self.plan)


class Law(Slimline):
    name, codecs = 'law', ('pcmu', 'pcma')


class Testpmd:
    name, reflect = 'testpmd-5tswap', ['--reflect', '--dut-mac', '02:00:00:00:00:01']

    def __init__(self, folder, legs):
        self.memif = os.path.join(folder, 'peer.memif')
        self.plan = os.path.join(folder, 'peer.plan')
        with open(self.plan, 'w') as f:
            for i in range(legs):
                f.write(f'10.80.128.{1 + i // LEGS_PER_ADDRESS} {20000 + 2 * (i % LEGS_PER_ADDRESS)} '
                        f'10.80.{i // LEGS_PER_ADDRESS}.1 {1024 + 2 * (i % LEGS_PER_ADDRESS)} 0 160 160\n')
        argv = ['dpdk-testpmd', '--lcores', '0@1,1@1', '--main-lcore', '0', '--no-pci', '--in-memory',
                f'--file-prefix=peer-{os.getpid()}', f'--vdev={memif(self.memif, "server")}', '--', '-i',
                '--nb-cores=1', '--forward-mode=5tswap']
        self.process = lib.Process('testpmd', argv, stdin=subprocess.PIPE)
        self.process.child.stdin.write('start\n')
        self.process.child.stdin.flush()
        self.process.wait_for(lambda: 'packet forwarding' in self.process.tail(200))


def measure(side, folder, legs, options):
    """One trial: the side is started afresh, so that the two never share CPU 1."""
    device = side(folder, legs)
    try:
        return generator(device.memif, device.plan, device.reflect + options)
    finally:
        device.process.stop()


def alternate(legs, options, figure, sides=(Slimline, Testpmd)):
    """RUNS pairs of trials, ours and the peer's in turn. Returns (ours, peers, calm, last trials)."""
    ours, peers, calm, last = [], [], True, {}
    for _ in range(RUNS):
        for side, values in zip(sides, (ours, peers)):
            trial, ok = lib.gated(lambda: measure(side, lib.folder(), legs, options))
            values.append(trial[figure])
            calm &= ok
            last[side.name] = trial
    return ours, peers, calm, last


def throughput(legs, case):
    ours, peers, calm, _ = alternate(legs, ['--rate', 'max', '--seconds', SECONDS, '--warmup', '0.5'], 'mpps')
    lib.report('memif', case, ours, 'Mpps', Testpmd.name, peers, calm)


def search(legs, case, permille):
    ours, peers, calm, last = alternate(legs, ['--search', permille, '--seconds', '0.5', '--warmup', '0.5'], 'mpps')
    lib.report('memif', case, ours, 'Mpps', Testpmd.name, peers, calm, curve=last['slimline'].get('curve', []),
               peer_curve=last[Testpmd.name].get('curve', []))


def delay(legs, case):
    """All legs as calls send them, a packet each 20 ms: what the device adds beside what the link and its reflector take."""
    ours, peers, calm, last = alternate(legs, ['--rate', 'calls', '--seconds', SECONDS, '--warmup', '1'], 'p999_us')
    more = {k: last['slimline'][k] for k in ('p50_us', 'p99_us', 'p999_us', 'max_us', 'sent', 'received', 'late_us')}
    more.update({f'peer_{k}': last[Testpmd.name][k] for k in ('p50_us', 'p99_us', 'p999_us')})
    lib.report('memif', case, ours, 'us p99.9', Testpmd.name, peers, calm, **more)


def law(legs, case):
    """A-law to mu-law beside our plain relay."""
    trial = ['--rate', 'max', '--seconds', SECONDS, '--warmup', '0.5']
    ours, peers, calm, _ = alternate(legs, trial, 'mpps', (Law, Slimline))
    lib.report('memif', case, ours, 'Mpps', 'relay', peers, calm)


# case: (measure, seconds it takes); in the order of what is wanted most
CASES = {
    '10k': (lambda: throughput(10000, '10k'), 30),
    '100k': (lambda: throughput(100000, '100k'), 45),
    '10k-law': (lambda: law(10000, '10k-law'), 30),
    '10k-delay': (lambda: delay(10000, '10k-delay'), 30),
    '10k-ndr': (lambda: search(10000, '10k-ndr', '0'), 60),
    '10k-pdr': (lambda: search(10000, '10k-pdr', '5'), 60),
    '100k-delay': (lambda: delay(100000, '100k-delay'), 45),
    '100k-ndr': (lambda: search(100000, '100k-ndr', '0'), 75),
    '100k-pdr': (lambda: search(100000, '100k-pdr', '5'), 75),
}


def main():
    lib.need_root()
    lib.need('dpdk-testpmd', 'dpdk-dev')
    lib.Hugepages(2048)
    for case in sys.argv[1:] or CASES:
        measure, seconds = CASES[case]
        if lib.time_for('memif', case, seconds):
            measure()


if __name__ == '__main__':
    main()
