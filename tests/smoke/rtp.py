#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# rtp.py - An endpoint written from RFC 3550 alone, in the manner of H.323: static payload types, RTCP, no telephone-events.
"""Usage: tests/smoke/rtp.py LOCAL PORT REMOTE:PORT --type N --frame BYTES --period MS [--clock HZ] [--seconds S]
                            [--send FILE] [--receive FILE]

Sends FILE (coded frames without any container, looped) in packets of BYTES each PERIOD, and appends the payloads that
come, in order of their timestamps, to the other FILE. Reports go out once a second. At the end one line says what came:
`packets N lost N rtcp N blocks N`; blocks are those that told of the stream sent from here.
"""
import argparse
import os
import select
import socket
import struct
import time

SSRC = 0x48323233
NTP = 2208988800


def parse():
    p = argparse.ArgumentParser(usage=__doc__)
    p.add_argument('local')
    p.add_argument('port', type=int)
    p.add_argument('remote')
    for name, kind, default in (('type', int, None), ('frame', int, None), ('period', int, None),
                                ('clock', int, 8000), ('seconds', float, 7.0), ('send', str, ''), ('receive', str, '')):
        p.add_argument('--' + name, type=kind, default=default, required=default is None)
    return p.parse_args()


class Receiver:
    """What has come: payloads by extended sequence number, and what a report says of them (RFC 3550 A.3, A.8)."""

    def __init__(self, clock):
        self.clock, self.payloads = clock, {}
        self.ssrc = self.base = self.highest = None
        self.jitter = self.transit = 0
        self.before = (0, 0)

    def take(self, packet, payload_type, now):
        if len(packet) <= 12 or packet[0] != 0x80 or packet[1] & 0x7f != payload_type:
            return
        seq, timestamp, self.ssrc = struct.unpack('!HII', packet[2:12])
        if self.highest is None:
            self.base = self.highest = seq
        step = (seq - self.highest) & 0xffff
        number = self.highest + (step if step < 0x8000 else step - 0x10000)
        self.highest = max(self.highest, number)
        self.payloads[number] = packet[12:]
        transit = int(now * self.clock) - timestamp
        if self.transit:
            self.jitter += (abs((transit - self.transit + 2**31) % 2**32 - 2**31) - self.jitter) / 16
        self.transit = transit

    def expected(self):
        return self.highest - self.base + 1 if self.payloads else 0

    def block(self, last_sr, sr_at, now):
        expected, received = self.expected(), len(self.payloads)
        interval, lost = expected - self.before[0], expected - self.before[0] - (received - self.before[1])
        self.before = (expected, received)
        fraction = max(0, lost) * 256 // interval if interval else 0
        delay = int((now - sr_at) * 65536) if last_sr else 0
        return struct.pack('!IIIIII', self.ssrc, min(fraction, 255) << 24 | max(0, expected - received),
                           self.highest & 0xffffffff, int(self.jitter), last_sr, delay)


def report(sent, octets, timestamp, blocks):
    now = time.time() + NTP
    body = struct.pack('!IIIIII', SSRC, int(now), int(now % 1 * 2**32), timestamp, sent, octets) + b''.join(blocks)
    name = b'h323@test'
    items = bytes([1, len(name)]) + name + b'\0'
    items += b'\0' * (-len(items) % 4)
    return (struct.pack('!BBH', 0x80 | len(blocks), 200, len(body) // 4) + body +
            struct.pack('!BBHI', 0x81, 202, 1 + len(items) // 4, SSRC) + items)


def reports_in(compound):
    """(sender's NTP middle or 0, [SSRC of each block]) of a compound."""
    last_sr, about = 0, []
    while len(compound) >= 8:
        count, kind, words = compound[0] & 31, compound[1], struct.unpack('!H', compound[2:4])[0]
        blocks = {200: 28, 201: 8}.get(kind)
        if kind == 200:
            last_sr = struct.unpack('!I', compound[10:14])[0]
        for i in range(count if blocks else 0):
            about.append(struct.unpack('!I', compound[blocks + 24 * i:blocks + 24 * i + 4])[0])
        compound = compound[4 * words + 4:]
    return last_sr, about


def finish(o, heard, rtcp_count, block_count):
    if o.receive:
        with open(o.receive, 'wb') as f:
            for number in sorted(heard.payloads):
                f.write(heard.payloads[number])
    print(f'packets {len(heard.payloads)} lost {heard.expected() - len(heard.payloads)} rtcp {rtcp_count} '
          f'blocks {block_count}', flush=True)


def main():
    o = parse()
    host, port = o.remote.rsplit(':', 1)
    media = open(o.send, 'rb').read() if o.send else b''
    frames = [media[i:i + o.frame] for i in range(0, len(media) - o.frame + 1, o.frame)]
    rtp, rtcp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    rtp.bind((o.local, o.port))
    rtcp.bind((o.local, o.port + 1))
    heard = Receiver(o.clock)
    sent = rtcp_count = block_count = last_sr = 0
    start = time.monotonic()
    sr_at, next_report = start, start + 1
    speaks_on = False
    while (now := time.monotonic()) < start + o.seconds + 60:
        if frames and now >= start + sent * o.period / 1000:
            head = struct.pack('!BBHII', 0x80, o.type | (0x80 if sent == 0 else 0), (sent + 65000) & 0xffff,
                               sent * o.period * o.clock // 1000 & 0xffffffff, SSRC)
            rtp.sendto(head + frames[sent % len(frames)], (host, int(port)))
            sent += 1
        if now >= next_report:
            blocks = [heard.block(last_sr, sr_at, now)] if heard.payloads else []
            timestamp = int((now - start) * o.clock) & 0xffffffff
            rtcp.sendto(report(sent, sent * o.frame, timestamp, blocks), (host, int(port) + 1))
            next_report += 1
        due = min(next_report, start + sent * o.period / 1000 if frames else next_report)
        for s in select.select([rtp, rtcp], [], [], max(0, due - time.monotonic()))[0]:
            data = s.recv(2048)
            if s is rtp:
                heard.take(data, o.type, time.monotonic())
                continue
            rtcp_count += 1
            sr, about = reports_in(data)
            block_count += about.count(SSRC)
            if sr:
                last_sr, sr_at = sr, time.monotonic()
        if not speaks_on and time.monotonic() >= start + o.seconds:
            finish(o, heard, rtcp_count, block_count)
            if os.fork():
                os._exit(0)
            speaks_on = True  # for those who still listen, a minute at most


if __name__ == '__main__':
    main()
