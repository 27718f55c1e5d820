#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the proto layer's fuzzers below seeds/.

Run it by hand after a change; its output is committed.
"""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "seeds"
POSITION = struct.pack("<3f", 1.0, -2.0, 0.5)
OPUS = bytes.fromhex("fb03fffefffefffe")


def frame(kind, body):
    return struct.pack(">HI", kind, len(body)) + body


def varint(value):
    out = b""
    value &= 2**64 - 1
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def field(number, value):
    """One protobuf field: an int as varint, a float as fixed32, text, bytes or a list of fields by length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    if isinstance(value, list):
        value = message(value)
    elif isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def message(fields):
    return b"".join(field(number, value) for number, value in fields)


ADDRESS = bytes(10) + b"\xff\xff\x7f\x00\x00\x01"
MESSAGES = {
    0: [(1, 0x10500), (5, 0x1000500000000), (2, "test"), (3, "os"), (4, "1")],
    2: [(1, "ana"), (2, "pw"), (3, "t"), (4, -0x7FFFFFF5), (5, 1), (6, 1)],
    3: [(1, 12345), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (8, 1.0), (9, 0.5)],
    4: [(1, 4), (2, "bad")],
    5: [(1, 1), (2, 558000), (3, "hello"), (4, 0xF07FF)],
    6: [(1, 3)],
    7: [(1, 1), (2, 0), (3, "fóo"), (4, 2), (4, 3), (6, 5), (8, 1), (9, -3),
        (10, bytes(20)), (12, 1), (13, 1)],
    8: [(1, 1), (2, 2), (3, "b"), (4, 1), (5, 1), (6, 0)],
    9: [(1, 1), (3, "a"), (5, 0), (9, 1), (10, 1), (15, "ff"), (16, bytes(20)),
        (20, "t"), (21, 2), (23, [(1, 2), (2, 0.5)])],
    10: [(1, [(1, ADDRESS), (2, 128), (3, "a"), (4, "b"), (7, 0)]), (2, 1)],
    11: [(1, 1), (2, 2), (3, 3), (4, 4), (5, "hi")],
    12: [(1, 8), (2, 1), (3, 1), (5, 1), (6, "a")],
    13: [(1, 0), (2, 1), (3, [(1, "a"), (2, 1), (5, 1), (6, 2), (7, 3)]),
         (4, [(1, 1), (5, "all"), (6, 1)]), (5, 1)],
    14: [(1, 1), (1, 2), (2, "a")],
    15: [(1, bytes(range(16))), (2, bytes(16)), (3, bytes(16))],
    16: [(1, "a"), (2, "b"), (3, 7), (4, 0)],
    17: [(1, 1), (2, 1), (3, "a")],
    18: [(1, [(1, 1), (2, "a"), (3, "2"), (4, 3)]), (1, [(1, 2)])],
    19: [(1, 1), (2, [(1, 1), (1, 2), (2, 2), (3, "a"), (4, 1)]), (2, [(2, 1), (5, 1)])],
    20: [(1, 1), (2, 0xB0E), (3, 1)],
    21: [(1, -0x7FFFFFF5), (2, 0), (3, 1), (4, 1)],
    22: [(1, 1), (2, 1), (3, "a"), (4, [(1, 1), (2, 2)]), (12, [(1, 0x10500)]),
         (14, ADDRESS), (20, [(1, 1), (2, [(1, 1)])])],
    23: [(1, 1), (2, 2), (3, 3)],
    24: [(1, 558000), (2, "a"), (3, 1), (4, 5000), (5, 131072), (6, 100), (7, 1)],
    25: [(1, 0x10500), (4, 0x1000500000000), (2, 1), (3, 1)],
    26: [(1, 1), (2, b"\x02\x03"), (3, "hi"), (4, "a")],
}


def seeds():
    for kind, fields in MESSAGES.items():
        yield "msg", f"type{kind:02d}", frame(kind, message(fields))
    yield "msg", "tunnel", frame(1, b"\x80\x05\x08" + OPUS)
    yield "msg", "two", frame(3, b"\x08\x01") + frame(9, b"")
    yield "msg", "too_long", struct.pack(">HI", 3, 0xFFFFFFFF)

    for text in ("00", "8080", "c04000", "e0200000", "f010000000", "f40000000100000000", "fc",
                 "f804", "f8f0ffffffff", "f8f8f8f8f8f8f8f801", "f8f8f8f8f8f8f8f8f801"):
        yield "varint", text, bytes.fromhex(text)

    for name, terminator, position in (("plain", 0, b""), ("end", 1, b""), ("place", 0, POSITION)):
        size = (len(OPUS) | terminator << 13).to_bytes(2, "big")
        size = bytes([size[0] | 0x80]) + size[1:]
        yield "datagram", f"legacy_up_{name}", b"\x80\x05" + size + OPUS + position
        yield "datagram", f"legacy_down_{name}", b"\x82\x07\x05" + size + OPUS + position
        tail = (b"\x32\x0c" + position if position else b"") + b"\x80\x01\x01" * terminator
        body = b"\x20\x05\x2a\x08" + OPUS
        yield "datagram", f"protobuf_up_{name}", b"\x00\x08\x1e" + body + tail
        volume = b"\x3d\0\0\0\x3f"
        yield "datagram", f"protobuf_down_{name}", b"\x00\x10\x03\x18\x07" + body + volume + tail
    yield "datagram", "legacy_ping", b"\x20\xf4\1\2\3\4\5\6\7\x08"
    yield "datagram", "protobuf_ping", b"\x01\x08\x85\x02"

    nonce = b"\xf0\xff\x01"
    yield "crypt", "in_order", nonce + b"\0\0" * 40
    late = b"".join(bytes([2, i]) for i in range(31))
    yield "crypt", "gap_and_late", nonce + b"\0\0\1\x1d" + late + late
    yield "crypt", "lap", nonce + b"\0\0\1\x7e\2\0\1\x80\2\0\1\xff\2\0\5\0\0\0"
    yield "crypt", "damage", nonce + b"\0\0\1\0\3\0\3\5\2\0\4\1\4\2\0\0"

    yield "list_ping", "legacy", bytes(4) + bytes(range(8))
    yield "list_ping", "protobuf", b"\x01\x08\x85\x02\x10\x01"
    reply = struct.pack(">I8s3I", 0x10507, bytes(range(8)), 3, 100, 558000)
    yield "list_ping", "legacy_reply", reply
    fields = [(1, 261), (3, 0x1000500000000), (4, 3), (5, 100), (6, 558000)]
    yield "list_ping", "protobuf_reply", b"\x01" + message(fields)

    for text in ("fb03fffefffefffe", "00", "19", "1b03", "68", "e0", "e330", "f8"):
        yield "opus_frames", text, bytes.fromhex(text)


for folder, name, data in seeds():
    path = FOLDER / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)
