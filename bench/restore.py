#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# restore.py - How long 10 000 streams stay away when the dataplane dies under them.
"""Usage: restore.py   The real control, driven by the lab's agent, sets up 5000 calls; the dataplane is killed and
started again. Value: ms from the moment its socket takes connections until the last stream is open again, as its own
greeting counts them. Control and dataplane share CPU 1, as in the bench of set-up."""
import os
import re
import signal
import socket
import struct
import sys
import time

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
CALLS = int(os.environ.get('BENCH_CALLS', '5000'))
HELLO, HEADER = 1, struct.Struct('=IHHIi')


def api_version():
    with open(os.path.join(lib.ROOT, 'gw', 'api.h')) as f:
        return int(re.search(r'#define API_VERSION\s+(\d+)', f.read()).group(1))


class Api:
    """A client of the dataplane that only asks how many streams are open."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.socket.settimeout(10)
        self.hello = HEADER.pack(HEADER.size + 40, api_version(), HELLO, 1, 0) + struct.pack('=Q32s', 1, b'bench-restore')

    def streams(self):
        self.socket.send(self.hello)
        while True:
            reply = self.socket.recv(4096)
            if not reply:
                sys.exit('the dataplane hung up')
            _, _, kind, _, status = HEADER.unpack_from(reply)
            if kind == HELLO | 128:
                if status:
                    sys.exit(f'the dataplane does not take our greeting: {os.strerror(-status)}')
                return struct.unpack_from('=I', reply, HEADER.size + 20)[0]


def connect(path, seconds=20):
    """The first connection that is taken, and when that was."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            api = Api(path)
            return api, time.monotonic()
        except OSError:
            time.sleep(0.001)
    sys.exit('the dataplane did not come back')


def wait_streams(api, wanted, seconds, step, control):
    """When `wanted` streams were open."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        open_now = api.streams()
        if open_now >= wanted:
            return time.monotonic()
        time.sleep(step)
    sys.exit(f'{open_now} of {wanted} streams are open after {seconds} s:\n{control.tail()}')


def configure(folder):
    config, api = lib.dataplane_config(folder, 'net_null0,no-rx=1', ['10.80.0.1/16'], idle='adaptive',
                                       streams=2 * CALLS + 512, conferences=CALLS + 256, voices=64, hugepages=False,
                                       memory='512MB')
    with open(config, 'a') as f:
        f.write(f'''agents:
  - {{name: storm, host: 127.0.0.1, port: 2199, version: 18}}
agent-groups:
  - {{name: main, agents: [storm]}}
profiles:
  - {{name: mtp, kind: mtp, codecs: [pcmu, pcma], sessions: {CALLS + 100}}}
devices:
  - {{name: MTPSTORM, profile: mtp, group: main}}
store: {{kind: memory}}
''')
    return config, api


def dataplane(config):
    return lib.Process('dataplane', [lib.program('slimline-dataplane'), '-c', config], cpu=1)


def measure():
    folder = lib.folder()
    config, path = configure(folder)
    first = dataplane(config)
    first.wait_for(lambda: os.path.exists(path))
    storm = lib.Process('storm', [lib.program('slimline-lab'), 'storm', '--listen', '127.0.0.1:2199', '--calls',
                                  str(CALLS), '--in-flight', '16', '--hold'], cpu=0)
    control = lib.Process('control', [lib.program('slimline-control'), '-c', config], cpu=1)
    api, _ = connect(path)
    wait_streams(api, 2 * CALLS, 60, 0.05, control)
    time.sleep(0.2)  # the last ones start to send
    died = time.monotonic()
    first.child.send_signal(signal.SIGKILL)
    first.child.wait()
    second = dataplane(config)
    api, back = connect(path)
    done = wait_streams(api, 2 * CALLS, 30, 0.002, control)
    for p in (storm, control, second, first):
        p.stop()
    return {'restore_ms': (done - back) * 1e3, 'start_ms': (back - died) * 1e3}


def main():
    results, calm = [], True
    for _ in range(RUNS):
        result, ok = lib.gated(measure)
        results.append(result)
        calm &= ok
    starts = sorted(r['start_ms'] for r in results)
    lib.report('restore', f'{2 * CALLS // 1000}k', [r['restore_ms'] for r in results], 'ms', is_calm=calm,
               dataplane_start_ms=starts[len(starts) // 2])


if __name__ == '__main__':
    main()
