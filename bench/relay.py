#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# relay.py - Cycles per relayed packet over ring ports against testpmd's 5tswap on the same kind of port, alternating.
"""Usage: relay.py [CASE...]  Both on CPU 1, 512 real UDP frames of 214 bytes in a ring that leads back to itself.

testpmd counts its own cycles (--record-core-cycles) and is asked for many short spells; a spell that the machine
disturbed only reads higher, so that the quickest spell of a run counts. Ours takes the middle one of many rounds."""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

import lib

RUNS = int(os.environ.get('BENCH_RUNS', '3'))
SPELLS, SPELL_SECONDS = 24, 0.03
PEER = 'testpmd-5tswap'


def testpmd():
    """Cycles a packet of testpmd's 5tswap: the quickest spell, after the first."""
    argv = ['dpdk-testpmd', '--lcores', '0@1,1@1', '--main-lcore', '0', '--no-pci', '--in-memory',
            f'--file-prefix=relay-peer-{os.getpid()}', '--vdev=net_ring0', '--', '-i', '--nb-cores=1',
            '--record-core-cycles', '--total-num-mbufs=4096', '--forward-mode=5tswap', '--txpkts=214']
    child = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(SPELLS):
        child.stdin.write('start tx_first 16\n')
        child.stdin.flush()
        time.sleep(SPELL_SECONDS)
        child.stdin.write('stop\n')
        child.stdin.flush()
        time.sleep(0.01)
    try:
        out = child.communicate('quit\n', 30)[0]
    except subprocess.TimeoutExpired:
        child.kill()
        out = child.communicate()[0]
    spells = [float(c) for c, n in re.findall(r'CPU cycles/packet=([\d.]+) .*?packets=(\d+)\)', out) if int(n) > 100000]
    if not spells:
        sys.exit('relay: testpmd gave no figures:\n' + out[-2000:])
    return min(spells)


def ours(case):
    """One run of bench_relay: its row of JSON."""
    with tempfile.NamedTemporaryFile('r', suffix='.jsonl') as rows:
        env = dict(os.environ, BENCH_RESULTS=rows.name, BENCH_RUNS='3')
        done = subprocess.run([lib.program('bench_relay'), case], env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        lines = rows.read().splitlines()
    if done.returncode == 77:
        lib.skip('DPDK does not start')
    if done.returncode or not lines:
        sys.exit(f'relay: {case}: {done.stdout}')
    return json.loads(lines[-1])


def against_testpmd(case):
    values, peers, calm, loop = [], [], True, 0
    for _ in range(RUNS):
        row, ok = lib.gated(lambda: ours(case))
        peer, peer_ok = lib.gated(testpmd)
        values.append(row['value'])
        peers.append(peer)
        loop = row['peer_value']
        calm &= ok and peer_ok
    lib.report('relay', case, values, 'cycles/packet', PEER, peers, calm, loop_value=loop)


def against_loop(case):
    """A case of ours beside the loop in bench_relay that swaps addresses as testpmd does."""
    values, peers, calm = [], [], True
    for _ in range(RUNS):
        row, ok = lib.gated(lambda: ours(case))
        values.append(row['value'])
        peers.append(row['peer_value'])
        calm &= ok
    lib.report('relay', case, values, 'cycles/packet', '5tswap-loop', peers, calm)


def law():
    """A-law to mu-law and back beside our plain relay. `floor`: the ratio, if translating were no more than a word written in each of
    the payload's own lines."""
    values, peers, touches, calm = [], [], [], True
    for _ in range(RUNS):
        for case, figures in (('ring-10k-law', values), ('ring-10k', peers), ('payload-touch', touches)):
            row, ok = lib.gated(lambda: ours(case))
            figures.append(row['value'])
            calm &= ok
    relay, touch = statistics.median(peers), statistics.median(touches)
    lib.report('relay', 'law-10k', values, 'cycles/packet', 'relay', peers, calm, touch=touch, floor=round(1 + touch / relay, 3))


CASES = {
    'ring-1k': lambda: against_testpmd('ring-1k'),
    'ring-10k': lambda: against_testpmd('ring-10k'),
    'ring-100k': lambda: against_testpmd('ring-100k'),
    'ring-1m': lambda: against_testpmd('ring-1m'),
    'ring-10k-cold': lambda: against_loop('ring-10k-cold'),
    'ring-10k-narrow': lambda: against_testpmd('ring-10k-narrow'),
    'ring-100k-narrow': lambda: against_testpmd('ring-100k-narrow'),
    'ring-10k-ipv6': lambda: against_loop('ring-10k-ipv6'),
    'ring-10k-v4-to-v6': lambda: against_loop('ring-10k-v4-to-v6'),
    'ring-10k-vlan': lambda: against_loop('ring-10k-vlan'),
    'ring-10k-ipv6-vlan': lambda: against_loop('ring-10k-ipv6-vlan'),
    'law-10k': law,
}


def main():
    lib.need_root()
    lib.need('dpdk-testpmd', 'dpdk-dev')
    lib.Hugepages(1400)
    for case in sys.argv[1:] or CASES:
        CASES[case]()


if __name__ == '__main__':
    main()
