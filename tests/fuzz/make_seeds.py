#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes the seeds of the proto layer's fuzzers below seeds/. Run it by hand after a change; its output is committed."""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "seeds"
POSITION = struct.pack("<3f", 1.0, -2.0, 0.5)
OPUS = bytes.fromhex("fb03fffefffefffe")


def frame(kind, body):
    return struct.pack(">HI", kind, len(body)) + body


MESSAGES = {
    0: "08ff0a 28 8080dc968080c000 1204 74657374",
    2: "0a03616e61 12027077 1a0174 20 8b8080808 0f8ffffff01 2801 3001",
    3: "08b9601001180220032804 3005 3806 450000803f",
    4: "0804 1203626164",
    5: "080110b0882220 ffff831f",
    6: "0803",
    7: "0801 1000 1a0466c3b66f 2002 2003 3005 40014803 5801 60016801",
    8: "0801 1002 1a0162 2001 28013000",
    9: "0801 1a01612800 4801 5001 7a026666 820102aabb a20101 74 a801 02 ba0107 0802150000003f",
    10: "0a1e 0a10 00000000000000000000ffff7f000001 1080 01 1a0161 2a0162 3800",
    11: "0801 1002 1803 2004 2a026869",
    12: "0808 1001 1801 2801 320161",
    13: "0800 1001 1a0a 0a0161 1001 1801 2801 2206 08011001 3001 2801",
    14: "0801 0802 120161",
    15: "0a10 000102030405060708090a0b0c0d0e0f 1a10 00000000000000000000000000000000",
    16: "0a0161 120162 1807 2000",
    17: "0801 1001 1a0161",
    18: "0a09 0801 120161 1a0132 2003",
    19: "0801 120a 0801 1002 1a0161 2001",
    20: "0801 108e16 1801",
    21: "088b80808 0f8ffffff01 1000 1801 2001",
    22: "0801 1001 1a0161 2204 08011002 6203 088005 7210 00000000000000000000ffff7f000001 a20104 0801 1200",
    23: "0801 1002 1803",
    24: "08b08822 120161 1801 208827 28808008 3064 3801",
    25: "08808a04 2080808080d08040 1001 1801",
    26: "0801 12020203 1a026869 220161",
}


def seeds():
    for kind, text in MESSAGES.items():
        yield "msg", f"type{kind:02d}", frame(kind, bytes.fromhex(text.replace(" ", "")))
    yield "msg", "tunnel", frame(1, b"\x80\x05\x08" + OPUS)
    yield "msg", "two", frame(3, b"\x08\x01") + frame(9, b"")
    yield "msg", "too_long", struct.pack(">HI", 3, 0xFFFFFFFF)

    for text in ("00", "8080", "c04000", "e0200000", "f010000000", "f40000000100000000", "fc", "f804",
                 "f8f0ffffffff", "f8f8f8f8f8f8f8f801", "f8f8f8f8f8f8f8f8f801"):
        yield "varint", text, bytes.fromhex(text)

    for name, terminator, position in (("plain", 0, b""), ("end", 1, b""), ("place", 0, POSITION)):
        size = (len(OPUS) | terminator << 13).to_bytes(2, "big")
        size = bytes([size[0] | 0x80]) + size[1:]
        yield "datagram", f"legacy_up_{name}", b"\x80\x05" + size + OPUS + position
        yield "datagram", f"legacy_down_{name}", b"\x82\x07\x05" + size + OPUS + position
        tail = (b"\x32\x0c" + position if position else b"") + b"\x80\x01\x01" * terminator
        body = b"\x20\x05\x2a\x08" + OPUS
        yield "datagram", f"protobuf_up_{name}", b"\x00\x08\x1e" + body + tail
        yield "datagram", f"protobuf_down_{name}", b"\x00\x10\x03\x18\x07" + body + b"\x3d\0\0\0\x3f" + tail
    yield "datagram", "legacy_ping", b"\x20\xf4\1\2\3\4\5\6\7\x08"
    yield "datagram", "protobuf_ping", b"\x01\x08\x85\x02"

    nonce = b"\xf0\xff\x01"
    yield "crypt", "in_order", nonce + b"\0\0" * 40
    yield "crypt", "gap_and_late", nonce + b"\0\0\1\x1d" + b"".join(bytes([2, i]) for i in range(31)) * 2
    yield "crypt", "lap", nonce + b"\0\0\1\x7e\2\0\1\x80\2\0\1\xff\2\0\5\0\0\0"
    yield "crypt", "damage", nonce + b"\0\0\1\0\3\0\3\5\2\0\4\1\4\2\0\0"

    yield "list_ping", "legacy", bytes(4) + bytes(range(8))
    yield "list_ping", "protobuf", b"\x01\x08\x85\x02\x10\x01"
    yield "list_ping", "legacy_reply", struct.pack(">I8s3I", 0x10507, bytes(range(8)), 3, 100, 558000)
    yield "list_ping", "protobuf_reply", bytes.fromhex("01 08 8502 18 8080dc968080c000 20 03 28 64 30 b08722")

    for text in ("fb03fffefffefffe", "00", "19", "1b03", "68", "e0", "e330", "f8"):
        yield "opus_frames", text, bytes.fromhex(text)


for folder, name, data in seeds():
    path = FOLDER / folder
    path.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)
