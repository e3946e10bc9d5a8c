#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# workers.py - What one and two workers cost here, and what a model of that says of machines with more.
"""Usage: workers.py [CASE...]   Relay and conferences as bench_relay and bench_conference run them; two workers are two processes
at once, but for packets that cross from one core to another, which two threads hand over. The case `model` fits what the
newest results of the others say; without a name all are run.

The model, in cycles of the time-stamp counter:
  packet(N)     a packet of a worker that has N streams, whatever the others have. Not fitted but measured, on
                one worker of 1k, 10k, 100k and 1m streams, and a straight line in log N between.
  handed over   h more for a packet that came in at another core than its stream's: both workers' cycles. Fitted on bursts
                of which all packets cross.
  mixed bursts  4 b p (1 - p) more where a share p crosses: the way of the next packet cannot be guessed. Fitted on p = 1/2.
  tick(n)       t0 + t1 n microseconds for a conference of n parties. Fitted on 8 and 128.
  turn          what a turn takes that finds nothing.
Held out, and told with their errors: two workers of 10k and of 100k streams each; bursts of which 3/4 cross; a conference of
32. `model-error` is the largest.

Predicted for W workers of 10k streams each: W / packet(10k), and the same where a NIC without flow rules gives (W - 1) / W of
the packets to another than their owner; beside it W / packet(W * 10k), as if all streams were in one worker's cache, which is
the worst. h goes with the time that a cache line takes from core to core: `lines` says how many such times
it is here. NIC, bus and memory bandwidth are not in the model: what is predicted is what the cores could do.
"""
import json
import math
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
CURVE = {'1k': 1000, '10k': 10000, '100k': 100000, '1m': 1000000}
CROSSING = {'cross': 1.0, 'cross-half': 0.5, 'cross-most': 0.75}
PARTIES = (8, 32, 128)
SECONDS = {'relay-1w-1m': 4} # of one run; the others take less than 2


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
    if child.returncode:
        sys.exit(f'bench failed ({child.returncode}):\n{text}')
    if not os.path.exists(out):
        return None  # skipped itself: no memory for so many streams
    with open(out) as f:
        return json.loads(f.readlines()[-1])['value']


def alone(name, case):
    return finish(start(name, case, 1))


def together(case):
    """Mean cost of two workers at once."""
    started = [start('bench_relay', case, cpu) for cpu in (0, 1)]
    return statistics.mean([finish(s) for s in started])


class Model:
    def __init__(self, curve, crossing, ticks):
        """curve: streams -> cycles; crossing: share -> cycles at 10k streams; ticks: parties -> us."""
        self.curve = sorted(curve.items())
        owned = curve[STREAMS]
        self.h = crossing[1.0] - owned
        self.b = max(0.0, crossing[0.5] - owned - self.h / 2)
        self.t1 = (ticks[128] - ticks[8]) / 120
        self.t0 = ticks[8] - 8 * self.t1

    def packet(self, streams, crossing=0.0):
        points = self.curve
        if streams <= points[0][0]:
            cost = points[0][1]
        elif streams >= points[-1][0]:
            cost = points[-1][1]
        else:
            (n0, c0), (n1, c1) = next((a, b) for a, b in zip(points, points[1:]) if streams <= b[0])
            cost = c0 + (c1 - c0) * math.log(streams / n0) / math.log(n1 / n0)
        return cost + self.h * crossing + 4 * self.b * crossing * (1 - crossing)

    def tick(self, parties):
        """Microseconds."""
        return self.t0 + self.t1 * parties


def cases():
    """case: (unit, how one value is measured)"""
    rows = {f'relay-1w-{k}': ('cycles/packet', lambda k=k: alone('bench_relay', f'ring-{k}')) for k in CURVE}
    rows.update({f'relay-2w-{k}': ('cycles/packet', lambda k=k: together(f'ring-{k}')) for k in ('10k', '100k')})
    rows.update({k: ('cycles/packet', lambda k=k: alone('bench_relay', f'ring-10k-{k}')) for k in CROSSING})
    rows['handoff-same-core'] = ('cycles/packet', lambda: alone('bench_relay', 'ring-10k-handoff'))
    rows['turn-empty'] = ('cycles/turn', lambda: alone('bench_relay', 'turn-empty'))
    rows.update({f'tick-{n}': ('us/tick', lambda n=n: alone('bench_conference', f'n-{n}')) for n in PARTIES})
    return rows


def sample(case, unit, measure):
    """The median of RUNS values is reported; nothing where the bench skipped itself."""
    values, calm = [], True
    for _ in range(RUNS):
        value, ok = lib.gated(measure)
        if value is None:
            return
        values.append(value)
        calm &= ok
    lib.report('workers', case, values, unit, is_calm=calm)


def newest():
    """The newest row of each case that was measured; None, and says so, where one is missing."""
    rows = {}
    if os.path.exists(lib.RESULTS):
        with open(lib.RESULTS) as f:
            rows = {r['case']: r for r in map(json.loads, f) if r.get('bench') == 'workers'}
    missing = [c for c in cases() if c not in rows and c != 'relay-1w-1m']
    if missing:
        print(f'{"workers":12} {"model":24} skip: no result yet of {", ".join(missing)}')
        return None
    return rows


def predict(model, workers, hz, error, calm):
    mpps = workers * hz / model.packet(STREAMS) / 1e6
    crossed = workers * hz / model.packet(STREAMS, (workers - 1) / workers) / 1e6
    shared = workers * hz / model.packet(workers * STREAMS) / 1e6
    parties = workers * GROUP * TICK_S * 1e6 / model.tick(GROUP)
    lib.report('workers', f'predicted-{workers}w', [mpps], 'Mpps', is_calm=calm, error_percent=error,
               shared_cache_mpps=shared, handed_over_mpps=crossed, conference_parties=parties)


def line_cycles():
    """A cache line's way from one core to the other."""
    return float(lib.run(lib.program('slimline-bench-calm'), check=False).stdout.split()[0]) / 2


def model():
    """Fits, tells the errors of what was held out, and predicts."""
    rows = newest()
    if not rows:
        return
    hz = float(lib.run(lib.program('slimline-bench-calm'), '--hz').stdout)
    value = {case: row['value'] for case, row in rows.items()}
    calm = all(rows[case]['calm'] for case in cases() if case in rows)
    m = Model({n: value[f'relay-1w-{k}'] for k, n in CURVE.items() if f'relay-1w-{k}' in value},
              {share: value[k] for k, share in CROSSING.items()}, {n: value[f'tick-{n}'] for n in PARTIES})
    line = line_cycles()
    lines = (value['cross'] - value['handoff-same-core']) / line
    print(f'{"":12} packet {" ".join(f"{c:.1f}@{n}" for n, c in m.curve)}; handed over +{m.h:.1f} (of it {lines:.2f} times the '
          f'{line:.0f} cycles of a line), mixed +{m.b:.1f} at most; turn {value["turn-empty"]:.1f}; tick {m.t0:.3f} + {m.t1:.4f} us '
          f'a party')
    errors = {f'relay_2w_{k}': m.packet(CURVE[k]) / value[f'relay-2w-{k}'] - 1 for k in ('10k', '100k')}
    errors['cross_3_4'] = m.packet(STREAMS, 0.75) / value['cross-most'] - 1
    errors['tick_32'] = m.tick(32) / value['tick-32'] - 1
    worst = 100 * max(map(abs, errors.values()))
    lib.report('workers', 'model-error', [worst], 'percent', is_calm=calm, handed_over=m.h, mixed=m.b, lines=lines,
               line_cycles=line, **{case: round(100 * e, 2) for case, e in errors.items()})
    print(f'{"":12} held out: ' + ', '.join(f'{case} {100 * e:+.1f} %' for case, e in errors.items()))
    for w in WORKERS:
        predict(m, w, hz, worst, calm)


def main():
    if os.cpu_count() < 2:
        lib.skip('wants two CPUs')
    lib.Hugepages(1300)
    table = cases()
    names = sys.argv[1:] or [*table, 'model']
    unknown = [n for n in names if n not in table and n != 'model']
    if unknown:
        sys.exit(f'workers: no case named {", ".join(unknown)}; there are: {", ".join(table)}, model')
    for case in names:
        if case == 'model':
            model()
        elif lib.time_for('workers', case, RUNS * SECONDS.get(case, 2)):
            sample(case, *table[case])


if __name__ == '__main__':
    main()
