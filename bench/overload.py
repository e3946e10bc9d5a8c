#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# overload.py - Half as many calls again as one worker carries: what becomes of those that are up, and of those that are not.
"""Usage: overload.py [CASE...]  Cases: limit (dataplane.load-limit: 85, the default), none (100: no admission).
The real programs: two agents of the lab ask control for relayed calls, and then for G.729 transcodes, at an even pace, up
to 150 % of what the worker can carry and on beyond; all calls that stand are spoken on at once, over memif. From the moment when
150 % are offered:
  value   p99 of the relayed calls' delay, us, beside the share of 100 ms windows whose p99 is within the goal
  behind  of the transcoded calls: how far a packet is behind the promptest of its stream, by their timestamps
The worker has CPU 1; control, agents and generator share CPU 0, so that the generator is often away for a moment: what it finds
then is not judged (bench/rtpgen/legs.h). The limited worker is adaptive, as one that shares its CPU should be: it has a real-time
class, and naps. The unlimited one never could, so it polls, and like the generator comes before others by nice alone.
Whose the rest is: `turn_ms` is the worker's longest turn, `away_ms` the longest that found nothing, for which somebody
else had its CPU, `waited_ms` what others on CPU 1 took of the time measured, `left` the windows in which that was next to
nothing, and `host` what a program that only spins saw missing just before."""
import json
import os
import statistics
import subprocess
import sys
import time

import lib

RELAYS = 200                # calls that are up before
PROBES = 40                 # transcodes that tell what one costs
RAMP_S, MEASURE_S, WINDOW_MS = 12, 10, 100
GOAL_US = 2000
STRANGERS_US = 500          # of a window
LIMITS = {'limit': 85, 'limit-70': 70, 'none': 100}


def configure(folder, limit):
    idle = 'adaptive' if limit < 100 else 'poll'
    memif = f'net_memif0,role=server,socket={folder}/port.memif,socket-abstract=no,rsize=10'
    config, api = lib.dataplane_config(folder, memif, ['10.80.0.1/16'], streams=4096, conferences=2048, voices=2048,
                                       memory='1280MB', load_limit=limit, main_cpu=0, idle=idle)
    with open(config) as f:
        text = f.read()
    with open(config, 'w') as f:
        f.write(text + '''agents:
  - {name: relays, host: 127.0.0.1, port: 2198, version: 18}
  - {name: transcodes, host: 127.0.0.1, port: 2199, version: 18}
agent-groups:
  - {name: relays, agents: [relays], backoff: {min: 100ms, max: 200ms}}
  - {name: transcodes, agents: [transcodes], backoff: {min: 100ms, max: 200ms}}
profiles:
  - {name: mtp, kind: mtp, codecs: [pcmu, pcma], sessions: 2000}
  - {name: transcoder, kind: transcoder, codecs: [pcmu, g729], sessions: 4000}
devices:
  - {name: MTPBENCH, profile: mtp, group: relays}
  - {name: XCDBENCH, profile: transcoder, group: transcodes}
store: {kind: memory}
''')
    return config, api


class Gateway:
    def __init__(self, limit):
        self.folder = lib.folder()
        config, self.api = configure(self.folder, limit)
        self.dataplane = lib.dataplane(self.folder, config, self.api, first=True)
        self.socket = os.path.join(self.folder, 'control.sock')
        self.control = lib.Process('control', [lib.program('slimline-control'), '-c', config], cpu=0)
        self.control.wait_for(lambda: os.path.exists(self.socket))
        self.plan = os.path.join(self.folder, 'plan')
        self.agents = []

    def offer(self, port, calls, rate, codec=None):
        """Has an agent ask for calls, at a pace; it holds what it gets."""
        argv = [lib.program('slimline-lab'), 'storm', '--listen', f'127.0.0.1:{port}', '--calls', str(calls), '--hold',
                '--rate', str(rate), '--plan', self.plan] + (['--codec', codec] if codec else [])
        self.agents.append(lib.Process(f'storm-{port}', argv, cpu=0))

    def ask(self, command):
        done = lib.run(lib.program('slimctl'), '-s', self.socket, '--json', *command.split())
        return json.loads(done.stdout)

    def worker(self):
        answer = self.ask('show dataplane')
        return dict(answer['workers'][0], overloaded=answer['overloaded'], conferences_open=answer['conferences'])

    def refused(self):
        rows = self.ask('show sccp statistics')['refusals']
        return {r['name']: r['count'] for r in rows if r['count']}

    def legs(self):
        with open(self.plan) as f:
            return sum(1 for _ in f)

    def speak(self, seconds, warmup):
        """Starts the generator; its result comes from finish()."""
        memif = f'net_memif0,role=client,socket={self.folder}/port.memif,socket-abstract=no,rsize=10'
        argv = [lib.program('slimline-rtpgen'), '--lcores', '0@0', '--no-pci', '--log-level', 'error',
                f'--file-prefix=gen-{os.getpid()}', '--in-memory', f'--vdev={memif}', '--', '--plan', self.plan,
                '--rate', 'calls', '--seconds', str(seconds), '--warmup', str(warmup), '--follow', '8000',
                '--stamped', str(2 * RELAYS), '--window', str(WINDOW_MS), '--thread', str(self.dataplane.worker())]
        child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        lib.go_first(child.pid)
        return child

    def stop(self):
        for p in self.agents + [self.control, self.dataplane]:
            p.stop()


def finish(child):
    text = child.communicate()[0]
    lines = [l for l in text.splitlines() if l.startswith('{')]
    if child.returncode or not lines:
        sys.exit(f'generator failed ({child.returncode}):\n{text}')
    return json.loads(lines[-1])


def wait(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f'overload: {what}')
        time.sleep(0.02)


def capacity():
    """Transcodes that would fill the worker, from what PROBES of them take beside the relayed calls."""
    g = Gateway(100)
    try:
        g.offer(2198, RELAYS, 2000)
        wait(lambda: os.path.exists(g.plan) and g.legs() == 2 * RELAYS, 15, 'the relayed calls were not set up')
        child = g.speak(9, 0)
        time.sleep(4)
        idle = g.worker()['load_percent']
        g.offer(2199, PROBES, 200, 'g729')
        time.sleep(4.5)
        each = (g.worker()['load_percent'] - idle) / PROBES
        finish(child)
        return int((100 - idle) / max(each, 0.01)), idle, each
    finally:
        g.stop()


def judge(trial, seconds):
    """What the generator saw, and what the worker told of each second meanwhile."""
    relayed = [w[1] for w in trial['windows']]
    behind = [w[1] for w in trial.get('behind_windows', [])]
    left = [i for i, w in enumerate(trial['windows']) if w[4] < STRANGERS_US]
    share = lambda values, of: round(sum(values[i] < GOAL_US for i in of) / max(len(of), 1), 3)
    middle = lambda values, of: statistics.median([values[i] for i in of] or [0])
    every, spoken = range(len(relayed)), range(len(behind))
    left_spoken = [i for i in left if i < len(behind)]
    return {
        'p50_us': trial['p50_us'], 'p99_us': trial['p99_us'], 'p999_us': trial['p999_us'], 'max_us': trial['max_us'],
        'behind_p50_us': trial.get('behind_p50_us', 0), 'behind_p99_us': trial.get('behind_p99_us', 0),
        'windows': len(relayed), 'within': share(relayed, every), 'window_p99_us': middle(relayed, every),
        'behind_within': share(behind, spoken), 'behind_window_p99_us': middle(behind, spoken),
        'left': len(left), 'left_within': share(relayed, left), 'left_p99_us': middle(relayed, left),
        'left_behind_within': share(behind, left_spoken), 'left_behind_p99_us': middle(behind, left_spoken),
        'loss': max(0, 1 - trial['received'] / max(trial['sent'], 1)),
        'generator_away': trial['away_share'],
        'unjudged': trial['unjudged'] / max(trial['unjudged'] + trial['samples'] + trial.get('behind_samples', 0), 1),
        'waited_ms': round(sum(w[4] for w in trial['windows']) / 1000, 1),
        'load_percent': statistics.median(s['load_percent'] for s in seconds),
        'load_most': max(s['load_percent'] for s in seconds),
        'late_ms': [s['late_ms'] for s in seconds], 'turn_ms': [s['turn_ms'] for s in seconds],
        'away_ms': [s['away_ms'] for s in seconds],
    }


def measure(limit, calls):
    """One run at 150 % of `calls`, and on at the same pace while it is measured."""
    offered, rate = calls * 3 // 2, calls * 3 // 2 / (RAMP_S - 2)
    host = lib.absences()
    g = Gateway(limit)
    try:
        g.offer(2198, RELAYS, 2000)
        wait(lambda: os.path.exists(g.plan) and g.legs() == 2 * RELAYS, 15, 'the relayed calls were not set up')
        child = g.speak(MEASURE_S, RAMP_S)
        g.offer(2199, offered + int(rate * MEASURE_S / 4), max(int(rate), 1), 'g729')
        time.sleep(RAMP_S + 1)
        seconds = []
        for _ in range(MEASURE_S - 1):
            seconds.append(g.worker())
            time.sleep(1)
        refused = g.refused()
        trial = finish(child)
        up, turned_away = g.legs() // 2 - RELAYS, sum(refused.values()) // 2  # both sides of a call ask
        return dict(judge(trial, seconds), transcodes=up, refused=turned_away, reasons=refused, host=host,
                    refused_share=round(turned_away / max(up + turned_away, 1), 3))
    finally:
        g.stop()


def show(r):
    worst = lambda key: f'median {statistics.median(r[key]):.2f}, at most {max(r[key]):.2f} ms'
    for line in (
            f'{r["transcodes"]} transcodes up, {r["refused"]} refused ({r["refused_share"]:.0%}), load {r["load_percent"]:.1f} %, '
            f'at most {r["load_most"]:.1f} %, loss {r["loss"]:.3%}',
            f'relayed: p50 {r["p50_us"]:.0f}, p99 {r["p99_us"]:.0f}, p99.9 {r["p999_us"]:.0f} us; {r["within"]:.0%} of {r["windows"]} '
            f'windows within {GOAL_US} us, median {r["window_p99_us"]:.0f} us',
            f'transcoded, behind: p50 {r["behind_p50_us"]:.0f}, p99 {r["behind_p99_us"]:.0f} us; {r["behind_within"]:.0%} of windows '
            f'within {GOAL_US} us, median {r["behind_window_p99_us"]:.0f} us',
            f'the {r["left"]} windows in which others had CPU 1 for less than {STRANGERS_US} us: relayed {r["left_within"]:.0%} within, '
            f'median {r["left_p99_us"]:.0f} us; transcoded {r["left_behind_within"]:.0%}, median {r["left_behind_p99_us"]:.0f} us',
            f'worker, longest of each second: turn {worst("turn_ms")}; without work {worst("away_ms")}; tick late {worst("late_ms")}',
            f'others had CPU 1 for {r["waited_ms"]:.0f} ms; the generator was away {r["generator_away"]:.1%} of the time, '
            f'{r["unjudged"]:.1%} of packets not judged; host, spinning: '
            + ', '.join(f'CPU {i} {h["per_s"]:.0f}/s to {h["longest_us"] / 1000:.1f} ms' for i, h in enumerate(r['host']))):
        print(f'{"":12} {"":24} {line}')


def main():
    lib.need_root()
    lib.private_net()
    lib.Hugepages(1000)
    calls, idle, each = capacity()
    print(f'{"":12} capacity {calls} G.729 transcodes beside {RELAYS} relayed calls ({idle:.1f} %), each {each:.3f} % of a core')
    for case in sys.argv[1:] or LIMITS:
        result, calm = lib.gated(lambda: measure(LIMITS[case], calls))
        if LIMITS[case] < 100 and set(result['reasons']) - {'overload'}:
            sys.exit(f'overload: refused for other reasons: {result["reasons"]}')
        lib.report('overload', case, [result['p99_us']], 'us p99', is_calm=calm, capacity=calls, **result)
        show(result)


if __name__ == '__main__':
    main()
