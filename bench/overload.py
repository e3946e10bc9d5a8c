#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# overload.py - Half as many calls again as one worker carries: what becomes of those that are up, and of those that are not.
"""Usage: overload.py [CASE...]  Cases: limit (dataplane.load-limit: 85, the default), none (100: no admission).
The real programs: two agents of the lab ask control for relayed calls, and then for G.729 transcodes, at an even pace, up
to 150 % of what the worker can carry and on beyond; all calls that stand are spoken on at once, over memif.
Value: p99 of the relayed calls' delay, in us, from the moment when 150 % are offered. The worker has CPU 1 to itself; control,
agents and generator share CPU 0, so that the generator is sometimes late itself (`late_us`): that only reads higher."""
import json
import os
import subprocess
import sys
import time

import lib

RELAYS = 200                # calls that are up before
PROBES = 40                 # transcodes that tell what one costs
RAMP_S, MEASURE_S = 12, 6
LIMITS = {'limit': 85, 'none': 100}


def configure(folder, limit):
    memif = f'net_memif0,role=server,socket={folder}/port.memif,socket-abstract=no,rsize=10'
    config, api = lib.dataplane_config(folder, memif, ['10.80.0.1/16'], streams=4096, conferences=2048, voices=2048,
                                       memory='1280MB', load_limit=limit)
    with open(config) as f:
        text = f.read().replace('main-cpu: 1', 'main-cpu: 0')
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
        self.dataplane = lib.dataplane(self.folder, config, self.api)
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
                '--stamped', str(2 * RELAYS)]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

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


def measure(limit, calls):
    """One run at 150 % of `calls`, and on at the same pace while it is measured."""
    offered, rate = calls * 3 // 2, calls * 3 // 2 / (RAMP_S - 2)
    g = Gateway(limit)
    try:
        g.offer(2198, RELAYS, 2000)
        wait(lambda: os.path.exists(g.plan) and g.legs() == 2 * RELAYS, 15, 'the relayed calls were not set up')
        child = g.speak(MEASURE_S, RAMP_S)
        g.offer(2199, offered + int(rate * MEASURE_S / 4), max(int(rate), 1), 'g729')
        time.sleep(RAMP_S + MEASURE_S - 1)
        worker, refused = g.worker(), g.refused()
        trial = finish(child)
        up = g.legs() // 2 - RELAYS
        return dict(trial, load_percent=worker['load_percent'], tick_late_ms=worker['late_ms'], transcodes=up,
                    refused=sum(refused.values()), reasons=refused, loss=max(0, 1 - trial['received'] / max(trial['sent'], 1)))
    finally:
        g.stop()


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
        lib.report('overload', case, [result['p99_us']], 'us p99', is_calm=calm, p50_us=result['p50_us'],
                   p99_us=result['p99_us'], p999_us=result['p999_us'], max_us=result['max_us'], late_us=result['late_us'],
                   loss=result['loss'], capacity=calls, transcodes=result['transcodes'], refused=result['refused'],
                   load_percent=result['load_percent'], tick_late_ms=result['tick_late_ms'])
        print(f'{"":12} {"":24} {result["transcodes"]} transcodes up, {result["refused"]} refused, load '
              f'{result["load_percent"]:.1f} %, ticks at most {result["tick_late_ms"]:.2f} ms late, p99.9 '
              f'{result["p999_us"]:.0f} us, loss {result["loss"]:.4%}')


if __name__ == '__main__':
    main()
