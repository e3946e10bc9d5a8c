#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# memif.py - Relay over memif: throughput and delay against testpmd's 5tswap on the same link, 214-byte frames.
"""Usage: memif.py [CASE...]  Cases: 10k and 100k streams, each also with -ndr and -pdr; 10k-law; 10k-delay and 50k-delay, of so many calls. Generator on CPU 0, device on CPU 1, alternating runs, each behind the calm gate."""
import os
import statistics
import subprocess
import sys

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
SECONDS = os.environ.get('BENCH_SECONDS', '2')
LEGS_PER_ADDRESS = 16000
WINDOW_MS = '50'
AWAY_US = 100   # the goal of p99.9; BENCH_AWAY_US of bench.h
AWAY_PER_S = 10 # on a calm machine


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
                                           conferences=legs // 2 + 64, voices=16, main_cpu=0)
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
        thread = ['--thread', str(device.process.worker())]
        return generator(device.memif, device.plan, device.reflect + thread + options)
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


def disturbed(window):
    """Who was away in a window for as long as the goal, None = nobody. What the host takes from the device's CPU cannot be told
    from the device's own doing, and stays."""
    generator, device = window[3:]
    return 'generator' if generator >= AWAY_US else 'device' if device >= AWAY_US else None


def judge(windows):
    """Medians over the windows in which nobody was away, the share of those within the goal, and what was left out."""
    left = [w for w in windows if not disturbed(w)]
    away = [disturbed(w) for w in windows]
    figures = {'windows': len(left), 'left_out_generator': away.count('generator'), 'left_out_device': away.count('device')}
    for i, name in enumerate(('p50_us', 'p99_us', 'p999_us')):
        figures[name] = round(statistics.median(w[i] for w in left), 1) if left else 0.0
    figures['within'] = round(sum(w[2] < AWAY_US for w in left) / max(len(left), 1), 3)
    return figures


def delay(legs, case):
    """All legs as calls send them, a packet each 20 ms: what the device adds beside what the link and its reflector take."""
    host = []

    def still():
        host.append(lib.absences())
        return lib.calm() and all(cpu['per_s'] < AWAY_PER_S for cpu in host[-1])
    options = ['--rate', 'calls', '--seconds', SECONDS, '--warmup', '1', '--window', WINDOW_MS]
    sides = (Slimline, Testpmd)
    trials, calm = {side: [] for side in sides}, True
    for _ in range(RUNS):
        for side in sides:
            trial, ok = lib.gated(lambda: measure(side, lib.folder(), legs, options), still)
            trials[side].append(trial)
            calm &= ok
    ours, peers = ([f for f in (judge(t['windows']) for t in trials[side]) if f['windows']] for side in sides)
    if not ours:
        print(f'memif        {case:24} skip: somebody was away in every window')
        return
    together = {side: judge([w for t in trials[side] for w in t['windows']]) for side in sides}
    more = dict(together[Slimline], **{f'peer_{k}': v for k, v in together[Testpmd].items()})
    more['away_per_s'] = [statistics.median(h[cpu]['per_s'] for h in host) for cpu in (0, 1)]
    more['away_longest_us'] = [max(h[cpu]['longest_us'] for h in host) for cpu in (0, 1)]
    lib.report('memif', case, [f['p999_us'] for f in ours], 'us p99.9', Testpmd.name,
               [f['p999_us'] for f in peers], calm, **more)
    for side, f in together.items():
        print(f'{"":12} {side.name:>24} p50 {f["p50_us"]:.1f} us, p99 {f["p99_us"]:.1f} us, p99.9 {f["p999_us"]:.1f} us; '
              f'{f["within"]:.0%} of {f["windows"]} windows within {AWAY_US} us; left out {f["left_out_generator"]} (generator '
              f'away), {f["left_out_device"]} (others on the device\'s CPU)')
    print(f'{"":12} {"CPU 0, CPU 1":>24} away {AWAY_US} us and more {more["away_per_s"]} times a second, longest '
          f'{more["away_longest_us"]} us')


def law(legs, case):
    """A-law to mu-law beside our plain relay."""
    trial = ['--rate', 'max', '--seconds', SECONDS, '--warmup', '0.5']
    ours, peers, calm, _ = alternate(legs, trial, 'mpps', (Law, Slimline))
    lib.report('memif', case, ours, 'Mpps', 'relay', peers, calm)


# case: (measure, seconds it takes); in the order of what is wanted most
CASES = {
    '10k': (lambda: throughput(10000, '10k'), 30),
    '100k': (lambda: throughput(100000, '100k'), 45),
    '10k-delay': (lambda: delay(20000, '10k-delay'), 45),
    '10k-law': (lambda: law(10000, '10k-law'), 30),
    '10k-ndr': (lambda: search(10000, '10k-ndr', '0'), 60),
    '10k-pdr': (lambda: search(10000, '10k-pdr', '5'), 60),
    '50k-delay': (lambda: delay(100000, '50k-delay'), 55),
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
