#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# setup.py - Call set-up rate of the real control and dataplane against rtpengine's offer, answer and delete.
"""Usage: setup.py [memory|redis]...  Load on CPU 0; control and dataplane, or rtpengine, share CPU 1.
Value: two-party calls a second (open and start both parties, acknowledge each, close and stop both), 16 in flight."""
import json
import os
import select
import socket
import sys
import time

import lib
import peer

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
CALLS = int(os.environ.get('BENCH_CALLS', '20000'))
IN_FLIGHT = 32


def rtpengine(folder, store):
    """Calls a second of rtpengine, IN_FLIGHT calls at a time over one socket each."""
    veth = lib.Veth('sb')
    lib.run('ip', 'addr', 'replace', f'{peer.DUT}/24', 'dev', veth.dut_if, netns=veth.dut)
    argv = ['rtpengine', '--config-file=none', '--table=-1', f'--interface={peer.DUT}', '--listen-ng=127.0.0.1:2223',
            '--port-min=1024', '--port-max=65000', '--num-threads=1', '--media-num-threads=1', '--foreground',
            '--log-stderr', '--log-level=1', '--delete-delay=0']
    if store == 'redis':
        argv += ['--redis=127.0.0.1:6399/1']
        redis = lib.Process('redis', ['redis-server', '--port', '6399', '--bind', '127.0.0.1', '--save', '',
                                      '--appendonly', 'no'], netns=veth.dut)
        redis.wait_for(lambda: 'Ready to accept' in redis.tail(50))
    process = lib.Process('rtpengine', argv, netns=veth.dut, cpu=1)
    ng = peer.Ng(veth.dut)

    def up():
        try:
            return 'pong' in ng.ask({'command': 'ping'})
        except OSError:
            return False
    process.wait_for(up)
    os.sched_setaffinity(0, {0})
    sdp_a, sdp_b = peer.sdp(20000, 'pcmu'), peer.sdp(20002, 'pcmu')

    def request(call, step):
        base = {'call-id': f'c{call}', 'from-tag': 'a', 'ICE': 'remove'}
        extra = ({'command': 'offer', 'sdp': sdp_a}, {'command': 'answer', 'sdp': sdp_b, 'to-tag': 'b'},
                 {'command': 'delete'})[step]
        return f'{call}_{step} {peer.bencode(dict(base, **extra))}'.encode()

    sock = lib.in_netns(veth.dut, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.connect(('127.0.0.1', 2223))
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    calls = max(CALLS // 4, 1000)
    cpu, start = cpu_of(process.pid), time.monotonic()
    begun = done = 0
    while begun < IN_FLIGHT:
        sock.send(request(begun, 0))
        begun += 1
    while done < calls:
        if not poll.poll(2000):
            sys.exit('rtpengine stopped answering')
        cookie = sock.recv(65536).split(b' ', 1)[0].decode()
        call, step = map(int, cookie.split('_'))
        if step < 2:
            sock.send(request(call, step + 1))
            continue
        done += 1
        if begun < calls:
            sock.send(request(begun, 0))
            begun += 1
    seconds = time.monotonic() - start
    result = {'calls_per_s': done / seconds, 'cpu_us': (cpu_of(process.pid) - cpu) / done * 1e6}
    process.stop()
    if store == 'redis':
        redis.stop()
    os.sched_setaffinity(0, {0, 1})
    return result


def cpu_of(pid):
    with open(f'/proc/{pid}/stat') as f:
        fields = f.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def slimline(folder, store):
    """Calls a second of our control and dataplane, driven by the lab's storm of an agent."""
    config, api = lib.dataplane_config(folder, 'net_null0,no-rx=1', ['10.80.0.1/16'], idle='adaptive', streams=4096,
                                       conferences=2048, voices=64, hugepages=False, memory='256MB')
    redis = None
    choice = 'kind: memory'
    if store == 'redis':
        path = os.path.join(folder, 'redis.sock')
        redis = lib.Process('redis', ['redis-server', '--port', '0', '--unixsocket', path, '--save', '',
                                      '--appendonly', 'no'])
        redis.wait_for(lambda: os.path.exists(path))
        choice = f'kind: redis, redis: {{socket: {path}}}'
    with open(config, 'a') as f:
        f.write(f'''agents:
  - {{name: storm, host: 127.0.0.1, port: 2199, version: 18}}
agent-groups:
  - {{name: main, agents: [storm]}}
profiles:
  - {{name: mtp, kind: mtp, codecs: [pcmu, pcma], sessions: 1000}}
devices:
  - {{name: MTPSTORM, profile: mtp, group: main}}
store: {{{choice}}}
''')
    dataplane = lib.Process('dataplane', [lib.program('slimline-dataplane'), '-c', config], cpu=1)
    dataplane.wait_for(lambda: os.path.exists(api))
    started = cpu_of(dataplane.pid)
    storm = lib.Process('storm', [lib.program('slimline-lab'), 'storm', '--listen', '127.0.0.1:2199', '--calls',
                                  str(CALLS), '--in-flight', str(IN_FLIGHT), '--json'], cpu=0)
    control = lib.Process('control', [lib.program('slimline-control'), '-c', config], cpu=1)
    storm.child.wait(120)
    lines = [l for l in storm.tail(50).splitlines() if l.startswith('{')]
    if not lines:
        sys.exit(f'storm failed:\n{storm.tail()}\n{control.tail()}')
    result = json.loads(lines[-1])
    if result['failed']:
        sys.exit(f'{result["failed"]} calls were refused:\n{control.tail()}')
    result['control_cpu_us'] = cpu_of(control.pid) / result['calls'] * 1e6
    result['cpu_us'] = result['control_cpu_us'] + (cpu_of(dataplane.pid) - started) / result['calls'] * 1e6
    for p in (control, dataplane, storm, redis):
        if p:
            p.stop()
    return result


def main():
    lib.need_root()
    lib.need('rtpengine', 'rtpengine-daemon')
    for store in sys.argv[1:] or ['memory', 'redis']:
        if store == 'redis':
            lib.need('redis-server', 'redis-server')
        ours, peers, calm = [], [], True
        for _ in range(RUNS):
            for side, results in ((slimline, ours), (rtpengine, peers)):
                result, ok = lib.gated(lambda: side(lib.folder(), store))
                results.append(result)
                calm &= ok
        last = ours[-1]
        lib.report('setup', store, [r['calls_per_s'] for r in ours], 'calls/s', 'rtpengine',
                   [r['calls_per_s'] for r in peers], calm, cpu_us=last['cpu_us'],
                   control_cpu_us=last['control_cpu_us'], peer_cpu_us=peers[-1]['cpu_us'], p50_us=last['p50_us'],
                   p99_us=last['p99_us'])


if __name__ == '__main__':
    main()
