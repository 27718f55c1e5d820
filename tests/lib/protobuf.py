# SPDX-License-Identifier: BSD-3-Clause
"""Protocol Buffers by field number: enough to read and write Mumble's messages, nothing generated."""

import struct


def varint(value):
    """An unsigned (or two's complement 64-bit) integer as base-128 varint."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data, at):
    """The (value, next offset) of the varint at data[at:]."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("varint longer than 64 bits")


def encode(fields):
    """The message of {number: value}; int, bool, str, bytes, float, dict (a message), or a list of these."""
    out = bytearray()
    for number, value in fields.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(one, dict):
                one = encode(one)
            elif isinstance(one, str):
                one = one.encode()
            if isinstance(one, (bytes, bytearray)):
                out += varint(number << 3 | 2) + varint(len(one)) + one
            elif isinstance(one, float):
                out += varint(number << 3 | 5) + struct.pack("<f", one)
            else:
                out += varint(number << 3) + varint(int(one))
    return bytes(out)


def decode(data):
    """{number: [values]}: integers for varints, bytes for all that has a length, raw bytes for fixed ones."""
    fields = {}
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = read_varint(data, at)
        elif kind == 2:
            size, at = read_varint(data, at)
            if at + size > len(data):
                raise ValueError("field longer than its message")
            value, at = data[at:at + size], at + size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, at = data[at:at + size], at + size
        else:
            raise ValueError(f"wire type {kind}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def last(fields, number, default=None):
    """The last value of a field, as proto2 has it for a field that comes more than once."""
    return fields[number][-1] if number in fields else default


def text(fields, number, default=""):
    """The last value of a string field."""
    return fields[number][-1].decode("utf-8", "replace") if number in fields else default
