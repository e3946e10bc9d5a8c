#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# advertise.py - A capture file with one neighbour advertisement, for Pktgen to send: it answers no IPv6 neighbour's question.
"""Usage: advertise.py FAR_IP6 FAR_MAC GW_IP6 GW_MAC FILE   Tells the gateway that FAR_IP6 is at FAR_MAC (RFC 4861 s4.4)."""
import ipaddress
import struct
import sys

OVERRIDE, TARGET_ADDRESS = 0x20000000, 2


def checksum(data):
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def frame(far, far_mac, gw, gw_mac):
    body = struct.pack('>I', OVERRIDE) + far + bytes((TARGET_ADDRESS, 1)) + far_mac
    pseudo = far + gw + struct.pack('>II', len(body) + 4, 58)
    icmp = struct.pack('>BBH', 136, 0, checksum(pseudo + b'\x88\0\0\0' + body)) + body
    return gw_mac + far_mac + b'\x86\xdd' + struct.pack('>IHBB', 6 << 28, len(icmp), 58, 255) + far + gw + icmp


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    far, gw = (ipaddress.IPv6Address(a).packed for a in (sys.argv[1], sys.argv[3]))
    far_mac, gw_mac = (bytes.fromhex(a.replace(':', '')) for a in (sys.argv[2], sys.argv[4]))
    data = frame(far, far_mac, gw, gw_mac)
    with open(sys.argv[5], 'wb') as f:
        f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1) + struct.pack('<IIII', 0, 0, len(data), len(data)) + data)


if __name__ == '__main__':
    main()
