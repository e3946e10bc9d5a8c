#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# workers.py - What one and two workers cost here, and what a model of that says of machines with more.
"""Usage: workers.py   Relay and conferences as bench_relay and bench_conference run them, one process for each worker.

The model. A packet costs `a` cycles as long as the streams of all workers fit the cache they share, which holds C of them;
beyond that each miss costs `m`: a + m * (1 - C / streams). One that comes in at another worker costs h more. A
conference's tick costs t0 + t1 * parties, whatever its neighbours do. Fitted: `a` on one worker of 1k streams, m and C
on one worker of 100k and two of 10k each, h on 10k behind a hand-over, t0 and t1 on 8 and 128 parties. Held out: one
worker of 10k streams, two of 1k each, and a conference of 32; `model-error` is the largest miss of the three. NIC, bus and
memory bandwidth are not in the model: what is predicted is what the cores could do.
"""
import json
import os
import statistics
import subprocess
import sys

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
WORKERS = (4, 8, 16, 32, 64)
STREAMS = 10000  # of each worker, in what is predicted
GROUP = 8        # parties of a conference, in what is predicted
TICK_S = 0.020


def cycles_hz():
    with open('/proc/cpuinfo') as f:
        return statistics.median(float(l.split(':')[1]) for l in f if l.startswith('cpu MHz')) * 1e6


def start(name, case, cpu):
    path = os.path.join(lib.BUILD, 'bench', name)
    if not os.access(path, os.X_OK):
        lib.skip(f'{name} is not built')
    out = os.path.join(lib.OUT, f'workers-{cpu}.jsonl')
    if os.path.exists(out):
        os.remove(out)
    child = subprocess.Popen([path, case], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             env=dict(os.environ, BENCH_RESULTS=out, BENCH_CPU=str(cpu), BENCH_RUNS='3'))
    return child, out


def finish(started):
    child, out = started
    text = child.communicate()[0]
    if child.returncode == 77:
        lib.skip(text.strip())
    if child.returncode or not os.path.exists(out):
        sys.exit(f'bench failed ({child.returncode}):\n{text}')
    with open(out) as f:
        return json.loads(f.readlines()[-1])['value']


def alone(name, case):
    return finish(start(name, case, 1))


def together(case):
    """Mean cost of two workers at once."""
    started = [start('bench_relay', case, cpu) for cpu in (0, 1)]
    return statistics.mean([finish(s) for s in started])


def sample(measure):
    """RUNS values and whether the machine was calm for all."""
    values, calm = [], True
    for _ in range(RUNS):
        value, ok = lib.gated(measure)
        values.append(value)
        calm &= ok
    return values, calm


class Model:
    def __init__(self, relay, both, handoff, ticks):
        self.a = relay['1k']
        near, far = max(both['10k'] - self.a, 0), max(relay['100k'] - self.a, 1e-9)  # at 20k and 100k streams
        ratio = min(near / far, 1)
        self.cache = (1 - ratio) / (1 / 20000 - ratio / 100000)  # streams
        self.m = far / (1 - self.cache / 100000)
        self.h = max(0.0, handoff - relay['10k'])
        self.t1 = (ticks[128] - ticks[8]) / 120
        self.t0 = ticks[8] - 8 * self.t1

    def packet(self, workers, streams, handed_over=0.0):
        """Cycles, where a share of packets comes in at another worker."""
        missed = max(0.0, 1 - self.cache / (workers * streams))
        return self.a + self.m * missed + self.h * handed_over

    def tick(self, parties):
        """Microseconds."""
        return self.t0 + self.t1 * parties

    def mpps(self, workers, hz, handed_over=0.0):
        return workers * hz / self.packet(workers, STREAMS, handed_over) / 1e6

    def parties(self, workers):
        """Parties in conferences of GROUP whose ticks fill all workers; their packets are not in it."""
        return workers * GROUP * TICK_S * 1e6 / self.tick(GROUP)


def main():
    hz = cycles_hz()
    calm, relay, both, ticks = True, {}, {}, {}
    for case in ('1k', '10k', '100k'):
        values, ok = sample(lambda: alone('bench_relay', f'ring-{case}'))
        relay[case], calm = statistics.median(values), calm and ok
        lib.report('workers', f'relay-1w-{case}', values, 'cycles/packet', is_calm=ok)
        if case == '10k':
            lib.report('workers', 'relay-1w', [hz / v / 1e6 for v in values], 'Mpps', is_calm=ok)
    for case in ('10k', '1k'):
        values, ok = sample(lambda: together(f'ring-{case}'))
        both[case], calm = statistics.median(values), calm and ok
        lib.report('workers', f'relay-2w-{case}', values, 'cycles/packet', is_calm=ok)
        if case == '10k':
            lib.report('workers', 'relay-2w', [2 * hz / v / 1e6 for v in values], 'Mpps', is_calm=ok)
    values, ok = sample(lambda: alone('bench_relay', 'ring-10k-handoff'))
    handoff, calm = statistics.median(values), calm and ok
    lib.report('workers', 'handoff', [v - relay['10k'] for v in values], 'cycles/packet', is_calm=ok)
    for parties in (8, 32, 128):
        values, ok = sample(lambda: alone('bench_conference', f'n-{parties}'))
        ticks[parties], calm = statistics.median(values), calm and ok
        lib.report('workers', f'tick-{parties}', values, 'us/tick', is_calm=ok)
    m = Model(relay, both, handoff, ticks)
    print(f'model: a {m.a:.1f}, m {m.m:.1f}, h {m.h:.1f} cycles, C {m.cache:.0f} streams, tick {m.t0:.3f} + {m.t1:.4f} us per party; {hz / 1e9:.2f} GHz')
    errors = {'relay_1w_10k': m.packet(1, 10000) / relay['10k'] - 1, 'relay_2w_1k': m.packet(2, 1000) / both['1k'] - 1,
              'tick_32': m.tick(32) / ticks[32] - 1}
    lib.report('workers', 'model-error', [100 * max(map(abs, errors.values()))], 'percent', is_calm=calm,
               **{case: 100 * e for case, e in errors.items()})
    for w in WORKERS:
        share = (w - 1) / w  # of packets that a NIC without flow rules gives to another than their owner
        lib.report('workers', f'predicted-{w}w', [m.mpps(w, hz)], 'Mpps', is_calm=calm,
                   handed_over_mpps=m.mpps(w, hz, share), conference_parties=m.parties(w))


if __name__ == '__main__':
    main()
