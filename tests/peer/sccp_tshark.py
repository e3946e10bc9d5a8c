#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# sccp_tshark.py - Lets tshark decode every message at several versions and compares it leaf by leaf with what we meant.
#
# usage: sccp_tshark.py DUMP-PROGRAM. Each line of the program is one message at one version: the bytes we encode and
# the leaves (name, bytes, value) a decoder must find, in order. All go into one pcap and through one tshark run. A leaf
# agrees when tshark shows a field of that width with that value at that offset; every leaf must be shown, and tshark
# may show nothing that we did not mean.

import shutil
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

HEADER = 12  # bytes before the body

# Where tshark 4.0 and we differ on purpose. Each entry: message, versions, leaves it concerns (None: the whole body is
# not compared, only the header), why.
DEVIATIONS = []


def deviation(message, versions, leaves, why):
    DEVIATIONS.append((message, set(versions), leaves, why))


ALL = (3, 11, 17, 18, 20, 22)
deviation("MediaPortList", ALL, None, "tshark does not know this message")
deviation("Register", ALL, {"config_version_stamp"}, "tshark wants a longer body than its own layout has")
deviation("Unregister", ALL, {"un_reg_reason_code"}, "tshark reads it only from a length no sender can reach with it")
deviation("FeatureStatReq", ALL, {"feature_capabilities"}, "as the reason of Unregister")
deviation("RegisterTokenReq", ALL, {"station_ip"}, "tshark takes the address for a little-endian word")
deviation("SPCPRegisterTokenReq", ALL, {"station_ip"}, "as in RegisterTokenReq")
deviation("QoSErrorNotify", ALL, {"failure_node_ip_addr"}, "as in RegisterTokenReq")
deviation("RegisterTokenReq", (17, 18, 20, 22), {"station_ip_v6_addr"},
          "sent before any version is agreed: we size it by the body, tshark by header version 0")
deviation("ConnectionStatisticsRes", (18, 20), None, "the mode is a byte from version 22 on, not from 18")
deviation("ConfigStatV2Res", ALL, None, "the device name is 16 bytes here too, not a variable string")
deviation("OpenMultiMediaReceiveChannel", ALL, None, "tshark skips 48 of the 76 bytes of the capability union")
deviation("StartMultiMediaTransmission", ALL, None, "as in OpenMultiMediaReceiveChannel")


def allowed(message, version, leaf):
    for name, versions, leaves, _ in DEVIATIONS:
        if name == message and version in versions and (leaves is None or leaf in leaves):
            return True
    return False


def write_pcap(path, cases):
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for number, case in enumerate(cases):
            # One TCP connection a message: no reassembly, and a wrong length spoils nothing else.
            ports = (20000 + number, 2000) if case["to"] == "agent" else (2000, 20000 + number)
            tcp = struct.pack(">HHIIBBHHH", *ports, 1, 1, 0x50, 0x18, 65535, 0, 0) + case["pdu"]
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(tcp), number, 0x4000, 64, 6, 0, b"\x0a\0\0\x01", b"\x0a\0\0\x02")
            out.write(struct.pack("<IIII", number, 0, len(ip + tcp), len(ip + tcp)) + ip + tcp)


def read_cases(program):
    cases = []
    for line in subprocess.run([program], check=True, capture_output=True, text=True).stdout.splitlines():
        name, version, to, pdu, *leaves = line.split("\t")
        case = {"name": name, "version": int(version), "to": to, "pdu": bytes.fromhex(pdu), "leaves": []}
        at = HEADER
        for leaf in leaves:
            leaf_name, size, value = leaf.split(":", 2)
            case["leaves"].append((at, int(size), leaf_name, value))
            at += int(size)
        case["end"] = at
        cases.append(case)
    return cases


def shown_leaves(proto):
    """Leaves of a packet as {(offset, size): [shown text]}, offsets within the PDU."""
    base = None
    shown = {}
    words = set()
    for field in proto.iter("field"):
        if field.get("name") == "skinny.data_length" and base is None:
            base = int(field.get("pos"))
        place = int(field.get("pos")) - (base or 0), int(field.get("size"))
        parts = list(field)
        if len(parts) > 1 and all((p.get("pos"), p.get("size")) == (field.get("pos"), field.get("size")) for p in parts):
            # Bits of one word: the word itself is what we compare.
            shown[place] = [str(int.from_bytes(bytes.fromhex(field.get("value")), "little"))]
            words.add(place)
        elif not parts and place[1] and place not in words and field.get("name").startswith("skinny."):
            shown.setdefault(place, []).append(field.get("show"))
    return shown


def same(value, texts):
    for text in texts:
        if text == value:
            return True
        try:
            if int(text, 0) == int(value, 0):
                return True
        except ValueError:
            pass
    return False


def leaf_agrees(shown, at, size, name, value):
    """Takes what tshark shows for one of our leaves out of `shown`; an empty string when it agrees."""
    if size == 20 and "." in value:  # type word and address
        kind, address = shown.pop((at, 4), None), shown.pop((at + 4, 4), None)
        return "" if kind == ["0"] and address == [value] else f"{name}: {kind} {address}, expected {value}"
    texts = shown.pop((at, size), None)
    if texts is None and not value.isdigit():  # the last string of a message is shown without its NULs
        texts = shown.pop((at, len(value)), None)
    if texts is None:
        return f"{name}: no field of {size} bytes at {at}, expected {value}"
    return "" if same(value, texts) else f"{name}: {texts}, expected {value}"


def compare(case, proto):
    if proto is None:
        return ["tshark shows no SCCP"]
    shown = shown_leaves(proto)
    problems = []
    header = struct.unpack("<III", case["pdu"][:HEADER])
    for index, expected in enumerate(header):
        texts = shown.pop((4 * index, 4), [])
        if not same(str(expected), texts):
            problems.append(f"header word {index}: {texts}, expected {expected}")
    if allowed(case["name"], case["version"], None):
        return problems
    for at, size, name, value in case["leaves"]:
        # Opaque bytes: tshark shows keys not at all and unions in its own parts. Their extent is proved by what follows.
        problem = "" if value.startswith("#") else leaf_agrees(shown, at, size, name, value)
        if problem and not allowed(case["name"], case["version"], name):
            problems.append(problem)
        if problem or value.startswith("#"):
            for key in [k for k in shown if at <= k[0] and k[0] + k[1] <= at + size]:
                del shown[key]
    problems += [f"tshark shows {texts} at {at}, {size} bytes: not ours" for (at, size), texts in shown.items()]
    return problems


def main():
    cases = read_cases(sys.argv[1])
    tshark = shutil.which("tshark")
    if not tshark:
        print("skip: sccp_tshark: tshark is not installed")
        print(f"sccp_tshark: 0 passed, 0 failed, {len(cases)} skipped")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        write_pcap(folder + "/all.pcap", cases)
        command = [tshark, "-r", folder + "/all.pcap", "-d", "tcp.port==2000,skinny", "-T", "pdml"]
        pdml = subprocess.run(command, check=True, capture_output=True).stdout
    packets = ElementTree.fromstring(pdml).findall("packet")
    failed = skipped = 0
    for case, packet in zip(cases, packets, strict=True):
        protos = [p for p in packet.findall("proto") if p.get("name") == "skinny"]
        problems = compare(case, protos[0] if protos else None)
        failed += bool(problems)
        skipped += not problems and allowed(case["name"], case["version"], None)
        for problem in problems[:6]:
            print(f"{case['name']} version {case['version']}: {problem}")
    for name, versions, leaves, why in DEVIATIONS:
        if leaves is None:
            print(f"skip: {name} version {', '.join(map(str, sorted(versions)))}: {why}")
    print(f"sccp_tshark: {len(cases) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


sys.exit(main())
