# SPDX-License-Identifier: GPL-3.0-or-later
# lib.py - What the benches with several processes share: processes, namespaces, the calm gate, results.
"""Processes are started with a log file each and ended by pid; namespaces are removed on exit."""
import atexit
import ctypes
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('SLIMLINE_BUILD', os.path.join(ROOT, 'build'))
OUT = os.path.join(BUILD, 'bench')
RESULTS = os.environ.get('BENCH_RESULTS', os.path.join(OUT, 'results.jsonl'))
CALM_TRIES = int(os.environ.get('BENCH_CALM_TRIES', '6'))

BUDGET = float(os.environ.get('BENCH_BUDGET', 'inf')) # seconds, from bench/run
BEGUN = time.monotonic()
HURRY_FROM = BEGUN + BUDGET / 2

os.makedirs(OUT, exist_ok=True)


def program(name):
    """Path of a built program; the bench is skipped where it was not built."""
    for folder in ('dataplane', 'control', 'control/cli', 'bench', 'bench/lab'):
        path = os.path.join(BUILD, folder, name)
        if os.access(path, os.X_OK):
            return path
    skip(f'{name} is not built')


def skip(reason):
    print(f'skip: {reason}')
    sys.exit(77)


def need(command, package):
    if not shutil.which(command):
        skip(f'{command} is not installed (Debian package {package})')


def need_root():
    if os.geteuid() != 0:
        skip('needs root for namespaces and hugepages')


def calm():
    """True when a cache line crosses between the two cores fast enough for a two-core bench."""
    return subprocess.run([program('slimline-bench-calm')], stdout=subprocess.DEVNULL).returncode == 0


def absences():
    """Of CPU 0 and 1, when they were away from a program that only spins: a list of {per_s, longest_us, share}."""
    return json.loads(run(program('slimline-bench-calm'), '--absences').stdout)


def time_for(bench, case, seconds):
    """False, and says so, when bench/run would stop this bench before a case of so many seconds is through."""
    enough = time.monotonic() + seconds < BEGUN + BUDGET
    if not enough:
        print(f'{bench:12} {case:24} skip: no time left', flush=True)
    return enough


def gated(measure, gate=calm):
    """Runs measure() until the machine was calm before and after, at most CALM_TRIES times, and once where bench/run's time for
    this bench is half over. Returns (result, calm)."""
    result = None
    for attempt in range(CALM_TRIES):
        if attempt and time.monotonic() > HURRY_FROM:
            break
        before = gate()
        result = measure()
        if before and gate():
            return result, True
    return result, False


def spread(values):
    if len(values) < 2:
        return 0.0
    q = statistics.quantiles(values, n=10, method='inclusive')
    return (q[8] - q[0]) / statistics.median(values) if statistics.median(values) else 0.0


def report(bench, case, values, unit, peer=None, peer_values=None, is_calm=True, **more):
    """Prints the row and appends the JSON line. `more` holds further figures of the same case."""
    row = {'bench': bench, 'case': case, 'value': float(f'{statistics.median(values):.6g}'), 'unit': unit}
    text = f'{bench:12} {case:24} {row["value"]:12.2f} {unit:18}'
    if peer and peer_values:
        row['peer'] = peer
        row['peer_value'] = float(f'{statistics.median(peer_values):.6g}')
        if row['peer_value']:
            row['ratio'] = float(f'{row["value"] / row["peer_value"]:.4g}')
            text += f' {peer:20} {row["peer_value"]:12.2f}  ratio {row["ratio"]:6.3f}'
    row.update({'runs': len(values), 'spread': float(f'{spread(values):.4g}'), 'calm': is_calm})
    row.update(more)
    print(text + f'  runs {len(values)}  spread {row["spread"]:.2f}' + ('' if is_calm else '  (not calm)'), flush=True)
    with open(RESULTS, 'a') as f:
        f.write(json.dumps(row) + '\n')
    return row


def go_first(pid):
    """For want of a CPU of its own: the process, which leads a session, comes before others where it runs. No real-time class."""
    os.setpriority(os.PRIO_PROCESS, pid, -20)
    try:
        with open(f'/proc/{pid}/autogroup', 'w') as f:  # where the kernel shares a CPU out by session, nice does not reach further
            f.write('-20')
    except OSError:
        pass


class Process:
    """A program with its log; stopped by pid, at exit at the latest."""
    all = []

    def __init__(self, name, argv, netns=None, cpu=None, stdin=None, first=False):
        self.name, self.log = name, os.path.join(OUT, name + '.log')
        if cpu is not None:
            argv = ['taskset', '-c', str(cpu)] + argv
        if netns:
            argv = ['ip', 'netns', 'exec', netns] + argv
        with open(self.log, 'w') as log:
            self.child = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT,
                                          stdin=stdin or subprocess.DEVNULL, text=True, start_new_session=first)
        self.pid = self.child.pid  # taskset and ip netns exec replace themselves by exec
        if first:
            go_first(self.pid)
        Process.all.append(self)

    def wait_for(self, ready, seconds=15):
        """Waits until ready() holds; ends the bench with the log when the program dies or time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.child.poll() is not None:
                break
            if ready():
                return
            time.sleep(0.02)
        sys.exit(f'{self.name} did not come up:\n{self.tail()}')

    def tail(self, lines=15):
        with open(self.log) as f:
            return ''.join(f.readlines()[-lines:])

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(5)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        if self in Process.all:
            Process.all.remove(self)

    def worker(self):
        """The thread that polls, by its id, as DPDK names it."""
        for tid in os.listdir(f'/proc/{self.pid}/task'):
            with open(f'/proc/{self.pid}/task/{tid}/comm') as f:
                if f.read().startswith('rte-worker'):
                    return int(tid)
        sys.exit(f'{self.name} has no worker')

    def rss_kb(self):
        with open(f'/proc/{self.pid}/status') as f:
            for line in f:
                if line.startswith('VmRSS'):
                    return int(line.split()[1])
        return 0


def _stop_all():
    for p in list(Process.all):
        p.stop()


def run(*argv, netns=None, check=True, **kw):
    argv = (['ip', 'netns', 'exec', netns] if netns else []) + list(argv)
    return subprocess.run(argv, check=check, text=True, capture_output=True, **kw)


def in_netns(name, make):
    """Calls make() inside a namespace and returns its result (a socket stays in the namespace it was made in)."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open('/proc/self/ns/net', os.O_RDONLY)
    away = os.open(f'/run/netns/{name}', os.O_RDONLY)
    try:
        if libc.setns(away, 0x40000000):
            raise OSError(ctypes.get_errno(), 'setns')
        return make()
    finally:
        libc.setns(home, 0x40000000)
        os.close(home)
        os.close(away)


def private_net():
    """Leaves for a network namespace of our own, with a loopback: no port can be taken, and nobody is disturbed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x40000000):
        skip(f'no network namespace: {os.strerror(ctypes.get_errno())}')
    run('ip', 'link', 'set', 'lo', 'up')


class Veth:
    """Two namespaces joined by one veth pair, offloads off, IPv6 off."""

    def __init__(self, tag):
        self.gen, self.dut = f'sl-{tag}-gen', f'sl-{tag}-dut'
        self.gen_if, self.dut_if = f'{tag}g0', f'{tag}d0'
        for ns in (self.gen, self.dut):
            run('ip', 'netns', 'del', ns, check=False)
            run('ip', 'netns', 'add', ns)
            atexit.register(run, 'ip', 'netns', 'del', ns, check=False)
            run('ip', 'link', 'set', 'lo', 'up', netns=ns)
        run('ip', 'link', 'add', self.gen_if, 'netns', self.gen, 'type', 'veth', 'peer', 'name', self.dut_if,
            'netns', self.dut)
        for ns, dev in ((self.gen, self.gen_if), (self.dut, self.dut_if)):
            run('sysctl', '-qw', f'net.ipv6.conf.{dev}.disable_ipv6=1', netns=ns, check=False)
            run('ethtool', '-K', dev, 'tx', 'off', 'rx', 'off', 'gro', 'off', 'gso', 'off', 'tso', 'off',
                netns=ns, check=False)
            run('ip', 'link', 'set', dev, 'up', netns=ns)


class Hugepages:
    """Makes sure of 2 MB pages; gives back at exit what was not there before."""

    def __init__(self, count):
        self.path = '/proc/sys/vm/nr_hugepages'
        with open(self.path) as f:
            before = int(f.read())
        if before < count:
            with open(self.path, 'w') as f:
                f.write(str(count))
            atexit.register(self.restore, before)
        with open(self.path) as f:
            if int(f.read()) < count:
                skip(f'{count} hugepages of 2 MB could not be had')

    def restore(self, before):
        with open(self.path, 'w') as f:
            f.write(str(before))


def dataplane_config(folder, device, addresses, worker=1, main_cpu=1, idle='poll', streams=4096, conferences=2048, voices=512,
                     hugepages=True, memory='1024MB', load_limit=100):
    """Writes a configuration with one port and returns (file, API socket)."""
    sock = os.path.join(folder, 'dataplane.sock')
    path = os.path.join(folder, 'bench.yaml')
    listed = '\n'.join(f'        - {{address: {a}}}' for a in addresses)
    with open(path, 'w') as f:
        f.write(f'''schema: 1
node: {{name: bench}}
dataplane:
  socket: {sock}
  hugepages: {'yes' if hugepages else 'no'}
  memory: {memory}
  idle: {idle}
  load-limit: {load_limit}
  workers: [{worker}]
  main-cpu: {main_cpu}
  streams: {streams}
  conferences: {conferences}
  voices: {voices}
  ports:
    - name: bench0
      device: "{device}"
      addresses:
{listed}
media:
  rtp-ports: 1024-65535
  rtcp: {{interval: 0s}}
control:
  socket: {os.path.join(folder, 'control.sock')}
''')
    return path, sock


def dataplane(folder, config, sock, netns=None, first=False):
    p = Process('dataplane', [program('slimline-dataplane'), '-c', config], netns=netns, first=first)
    p.wait_for(lambda: os.path.exists(sock))
    return p


def open_calls(sock, calls, codec_a, codec_b, gen_address, plan):
    done = run(program('slimline-bench-open'), sock, str(calls), codec_a, codec_b, gen_address, plan, check=False)
    if done.returncode:
        sys.exit(done.stderr)


def generate(name, eal, options, netns=None):
    """Runs the generator on CPU 0 and returns its result."""
    argv = [program('slimline-rtpgen'), '--lcores', '0@0', '--no-pci', '--log-level', 'error',
            f'--file-prefix=gen-{os.getpid()}'] + eal + ['--'] + options
    done = run(*argv, netns=netns, check=False)
    with open(os.path.join(OUT, name + '-gen.log'), 'a') as f:
        f.write(' '.join(argv) + '\n' + done.stdout + done.stderr)
    lines = [l for l in done.stdout.splitlines() if l.startswith('{')]
    if done.returncode or not lines:
        sys.exit(f'generator failed ({done.returncode}):\n{done.stdout}{done.stderr}')
    return json.loads(lines[-1])


def folder():
    path = tempfile.mkdtemp(prefix='slimline-bench-')
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


signal.signal(signal.SIGTERM, lambda *_: sys.exit('stopped'))
atexit.register(_stop_all)  # registered last: runs first
