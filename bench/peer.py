#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# peer.py - The same calls and the same generator against Debian's rtpengine, in userspace, over veth.
"""Usage: peer.py [CASE...]  Generator on CPU 0, device on CPU 1; our port is af_xdp. Value: CPU seconds per million delivered packets. Delay, the median
over windows of 100 ms, is told where packets are relayed: what a transcoder sends is no packet that came in."""
import os
import socket
import statistics
import sys

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
SECONDS = os.environ.get('BENCH_SECONDS', '3')
GEN, DUT = '10.79.0.1', '10.79.0.2'
# Not the interface's own: the generator's kernel sees at the first glance that packets are not for it. Else it would look for a
# route for each, on the sender's account.
GEN_MAC = '02:00:00:00:00:07'
WINDOW_MS = '100'
# case: calls, codec of leg A, codec of leg B; against rtpengine, but for law-1000: what A-law to mu-law adds to our own relay
CASES = {
    'law-1000': (1000, 'pcmu', 'pcma'),
    'rtpengine-relay-1000': (1000, 'pcmu', 'pcmu'),
    'rtpengine-pcma-300': (300, 'pcmu', 'pcma'),
    'rtpengine-g722-250': (250, 'pcmu', 'g722'),
    'rtpengine-g729-120': (120, 'pcmu', 'g729'),
    'rtpengine-opus-45': (45, 'pcmu', 'opus'),
}
# codec: payload type, rtpmap, payload bytes and timestamp step of 20 ms
OPUS_FIRST = 0x48 # bench/rtpgen/plan.h
CODECS = {
    'pcmu': (0, 'PCMU/8000', 160, 160),
    'pcma': (8, 'PCMA/8000', 160, 160),
    'g722': (9, 'G722/8000', 160, 160),
    'g729': (18, 'G729/8000', 20, 160),
    'opus': (96, 'opus/48000/2', 60, 960),
}


def bencode(value):
    if isinstance(value, int):
        return f'i{value}e'
    if isinstance(value, str):
        return f'{len(value.encode())}:{value}'
    if isinstance(value, list):
        return 'l' + ''.join(map(bencode, value)) + 'e'
    return 'd' + ''.join(bencode(k) + bencode(value[k]) for k in sorted(value)) + 'e'


def sdp(port, codec):
    pt, rtpmap, _, _ = CODECS[codec]
    return (f'v=0\r\no=- 1 1 IN IP4 {GEN}\r\ns=-\r\nc=IN IP4 {GEN}\r\nt=0 0\r\nm=audio {port} RTP/AVP {pt}\r\n'
            f'a=rtpmap:{pt} {rtpmap}\r\na=ptime:20\r\na=sendrecv\r\n')


def port_of(answer):
    at = answer.index('m=audio ') + 8
    return int(answer[at:answer.index(' ', at)])


class Ng:
    """rtpengine's control protocol, as much of it as set-up needs."""

    def __init__(self, netns):
        self.socket = lib.in_netns(netns, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.connect(('127.0.0.1', 2223))
        self.socket.settimeout(5)
        self.cookie = 0

    def ask(self, request):
        self.cookie += 1
        self.socket.send(f'{self.cookie} {bencode(request)}'.encode())
        reply = self.socket.recv(65536).decode(errors='replace')
        if 'result2:ok' not in reply and 'result4:pong' not in reply:
            sys.exit(f'rtpengine refused: {reply}')
        return reply

    def call(self, number, port_a, codec_a, port_b, codec_b):
        """Sets up one call; returns the device's ports towards A and towards B."""
        base = {'call-id': f'c{number}', 'from-tag': 'a', 'ICE': 'remove', 'replace': ['origin', 'session-connection']}
        offer = dict(base, command='offer', sdp=sdp(port_a, codec_a))
        if codec_a != codec_b:
            offer['codec'] = {'mask': ['all'], 'transcode': [CODECS[codec_b][1].split('/')[0]]}
        towards_b = port_of(self.ask(offer))
        answer = dict(base, command='answer', sdp=sdp(port_b, codec_b))
        answer['to-tag'] = 'b'
        return port_of(self.ask(answer)), towards_b


class Rtpengine:
    name = 'rtpengine'

    def __init__(self, veth, folder, calls, a, b):
        lib.run('ip', 'addr', 'replace', f'{DUT}/24', 'dev', veth.dut_if, netns=veth.dut)
        lib.run('ip', 'neigh', 'replace', GEN, 'lladdr', GEN_MAC, 'dev', veth.dut_if, netns=veth.dut)
        argv = ['rtpengine', '--config-file=none', '--table=-1', f'--interface={DUT}', '--listen-ng=127.0.0.1:2223',
                '--port-min=1024', '--port-max=65000', '--num-threads=1', '--media-num-threads=1', '--foreground',
                '--log-stderr', '--log-level=3', '--delete-delay=0', '--timeout=3600', '--silent-timeout=3600']
        self.process = lib.Process('rtpengine', argv, netns=veth.dut, cpu=1)
        ng = Ng(veth.dut)

        def up():
            try:
                return 'pong' in ng.ask({'command': 'ping'})
            except OSError:
                return False
        self.process.wait_for(up)
        self.rss_before = self.process.rss_kb()
        self.plan = os.path.join(folder, 'peer.plan')
        with open(self.plan, 'w') as f:
            for n in range(calls):
                port_a, port_b = 20000 + 4 * n, 20002 + 4 * n
                for far, codec, near in zip((port_a, port_b), (a, b), ng.call(n, port_a, a, port_b, b)):
                    pt, _, size, step = CODECS[codec]
                    first = f' {OPUS_FIRST}' if codec == 'opus' else ''
                    f.write(f'{GEN} {far} {DUT} {near} {pt} {size} {step}{first}\n')


class Slimline:
    name = 'slimline'

    def __init__(self, veth, folder, calls, a, b):
        lib.run('ip', 'addr', 'flush', 'dev', veth.dut_if, netns=veth.dut)
        config, api = lib.dataplane_config(folder, f'net_af_xdp0,iface={veth.dut_if},busy_budget=0', [f'{DUT}/24'], idle='adaptive',
                                           streams=calls * 2 + 64, conferences=calls + 64, voices=calls * 2 + 64,
                                           memory='512MB')
        self.process = lib.dataplane(folder, config, api, netns=veth.dut)
        self.rss_before = self.process.rss_kb()
        self.plan = os.path.join(folder, 'ours.plan')
        lib.open_calls(api, calls, a, b, GEN, self.plan)


class Relay(Slimline):
    """Ours, with one codec on both legs."""
    name = 'our plain relay'

    def __init__(self, veth, folder, calls, a, _):
        super().__init__(veth, folder, calls, a, a)


def measure(side, veth, case):
    device = side(veth, lib.folder(), *CASES[case])
    try:
        iface = f'net_af_packet0,iface={veth.gen_if},blocksz=4096,framesz=2048,framecnt=4096,qpairs=1,qdisc_bypass=1'
        trial = lib.generate('peer', ['--no-huge', '-m', '256', f'--vdev={iface}'],
                             ['--plan', device.plan, '--rate', 'calls', '--seconds', SECONDS, '--warmup', '1', '--mac', GEN_MAC,
                              '--window', WINDOW_MS, '--pid', str(device.process.pid)], netns=veth.gen)
        windows = trial.pop('windows', [[0, 0, 0]])
        for i, name in enumerate(('p50_us', 'p99_us', 'p999_us')):
            trial[name] = statistics.median(w[i] for w in windows)
        trial['cpu_per_mpkt'] = trial['cpu_s'] / max(trial['in_time'], 1) * 1e6
        trial['loss'] = max(0, 1 - trial['received'] / max(trial['sent'], 1))
        trial['kb_per_call'] = (device.process.rss_kb() - device.rss_before) / CASES[case][0]
        return trial
    finally:
        device.process.stop()


def main():
    lib.need_root()
    lib.Hugepages(512)
    veth = lib.Veth('pb')
    for case in sys.argv[1:] or CASES:
        if not lib.time_for('peer', case, RUNS * 15):
            continue
        other = Relay if case == 'law-1000' else Rtpengine
        if other is Rtpengine:
            lib.need('rtpengine', 'rtpengine-daemon')
        trials, calm = {Slimline.name: [], other.name: []}, True
        for _ in range(RUNS):
            for side in (Slimline, other):
                trial, ok = lib.gated(lambda: measure(side, veth, case))
                trials[side.name].append(trial)
                calm &= ok
        relayed = {CASES[case][1], CASES[case][2]} <= {'pcmu', 'pcma'}
        figures = ('loss', 'kb_per_call', 'late_us') + (('p50_us', 'p99_us', 'p999_us') if relayed else ())
        pick = {who: {k: sorted(t[k] for t in ts)[len(ts) // 2] for k in figures} for who, ts in trials.items()}
        more = {f'{"" if who == Slimline.name else "peer_"}{k}': v for who, f in pick.items() for k, v in f.items()}
        lib.report('peer', case, [t['cpu_per_mpkt'] for t in trials['slimline']], 'CPU s/Mpkt', other.name,
                   [t['cpu_per_mpkt'] for t in trials[other.name]], calm, **more)
        for who, f in pick.items():
            delay = f'p50 {f["p50_us"]:.0f} us, p99 {f["p99_us"]:.0f} us, ' if relayed else ''
            print(f'{"":12} {who:>24} {delay}loss {f["loss"]:.4%}, {f["kb_per_call"]:.1f} kB a call')


if __name__ == '__main__':
    main()
