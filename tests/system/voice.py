# SPDX-License-Identifier: BSD-3-Clause
"""Voice packets in both forms, and the way of datagrams: OCB2-AES128 with the cipher of libcrypto."""

import ctypes
import ctypes.util
import socket
import struct

from lib import protobuf
from lib.protobuf import last

NORMAL, SHOUT, WHISPER, LISTEN = range(4)  # contexts
LOOPBACK = 31  # a target
OPUS, PING = 0x80, 0x20


def varint(value):
    """A number as Mumble's voice packets have it; up to 32 bits."""
    if value < 0x80:
        return bytes([value])
    if value < 0x4000:
        return struct.pack(">H", 0x8000 | value)
    if value < 0x200000:
        return bytes([0xC0 | value >> 16]) + struct.pack(">H", value & 0xFFFF)
    if value < 0x10000000:
        return struct.pack(">I", 0xE0000000 | value)
    return b"\xf0" + struct.pack(">I", value)


def read_varint(data, at):
    """The (value, next offset)."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    for mask, prefix, extra in ((0xC0, 0x80, 1), (0xE0, 0xC0, 2), (0xF0, 0xE0, 3)):
        if first & mask == prefix:
            value = int.from_bytes(data[at:at + 1 + extra], "big")
            return value & (1 << (7 * (extra + 1))) - 1, at + 1 + extra
    assert first & 0xFC == 0xF0, f"varint {first:#x}"
    return int.from_bytes(data[at + 1:at + 5], "big"), at + 5


def legacy(frame, payload, target=0, is_last=False, position=()):
    """A packet as clients before 1.5 send it."""
    size = len(payload) | (0x2000 if is_last else 0)
    return (bytes([OPUS | target]) + varint(frame) + varint(size) + payload
            + struct.pack(f"<{len(position)}f", *position))


def modern(frame, payload, target=0, is_last=False, position=()):
    """A packet as clients from 1.5 send it."""
    fields = {1: target, 4: frame, 5: payload}
    if position:
        fields[6] = struct.pack(f"<{len(position)}f", *position)
    if is_last:
        fields[16] = True
    return b"\0" + protobuf.encode(fields)


class Heard:
    """A packet from the server, of either form."""

    def __init__(self, packet):
        self.is_modern = packet[0] == 0
        self.position, self.volume = (), None
        if self.is_modern:
            fields = protobuf.decode(packet[1:])
            self.context, self.session = last(fields, 2), last(fields, 3)
            self.frame, self.payload = last(fields, 4, 0), last(fields, 5)
            self.is_last = bool(last(fields, 16, 0))
            self.position = struct.unpack(f"<{len(last(fields, 6, b'')) // 4}f", last(fields, 6, b""))
            self.volume = struct.unpack("<f", last(fields, 7))[0] if 7 in fields else None
            return
        assert packet[0] & 0xE0 == OPUS, f"type {packet[0] >> 5}"
        self.context = packet[0] & 0x1F
        self.session, at = read_varint(packet, 1)
        self.frame, at = read_varint(packet, at)
        size, at = read_varint(packet, at)
        self.is_last = bool(size & 0x2000)
        self.payload = packet[at:at + (size & 0x1FFF)]
        at += size & 0x1FFF
        assert len(packet) - at in (0, 12), "trailing bytes"
        self.position = struct.unpack(f"<{(len(packet) - at) // 4}f", packet[at:])

    def key(self):
        return self.context, self.session, self.frame, self.payload, self.is_last


class Aes:
    """One AES-128 key, block by block."""

    _crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
    _crypto.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
    _crypto.EVP_aes_128_ecb.restype = ctypes.c_void_p

    def __init__(self, key):
        self._context = []
        for encrypts in (0, 1):
            context = ctypes.c_void_p(self._crypto.EVP_CIPHER_CTX_new())
            self._crypto.EVP_CipherInit_ex(context, ctypes.c_void_p(self._crypto.EVP_aes_128_ecb()),
                                           None, key, None, encrypts)
            self._crypto.EVP_CIPHER_CTX_set_padding(context, 0)
            self._context.append(context)

    def __del__(self):
        for context in self._context:
            self._crypto.EVP_CIPHER_CTX_free(context)

    def block(self, data, encrypts=True):
        """16 bytes, encrypted or decrypted."""
        out, size = ctypes.create_string_buffer(32), ctypes.c_int()
        self._crypto.EVP_CipherUpdate(self._context[encrypts], out, ctypes.byref(size), data, 16)
        return out.raw[:16]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def times2(block):
    value = int.from_bytes(block, "big") << 1
    return (value & (1 << 128) - 1 ^ (0x87 if value >> 128 else 0)).to_bytes(16, "big")


class Ocb2:
    """The cipher; a plaintext that would need the flip of a bit against forgery is not for tests."""

    def __init__(self, key):
        self.aes = Aes(key)

    def _run(self, nonce, data, is_sealing):
        delta, checksum, out = self.aes.block(nonce), bytes(16), b""
        while len(data) > 16:
            delta = times2(delta)
            block = xor(delta, self.aes.block(xor(delta, data[:16]), is_sealing))
            checksum = xor(checksum, data[:16] if is_sealing else block)
            out, data = out + block, data[16:]
        delta = times2(delta)
        pad = self.aes.block(xor(delta, (8 * len(data)).to_bytes(16, "big")))
        rest = xor(data, pad)
        checksum = xor(checksum, (data if is_sealing else rest) + pad[len(data):])
        return out + rest, self.aes.block(xor(xor(times2(delta), delta), checksum))

    def seal(self, nonce, plain):
        """(ciphertext, tag)."""
        return self._run(nonce, plain, True)

    def open(self, nonce, sealed):
        """(plaintext, tag)."""
        return self._run(nonce, sealed, False)


class Datagrams:
    """The UDP side of a client that has joined."""

    def __init__(self, client, host="127.0.0.1"):
        setup = client.kinds(15)[0]
        self.ocb = Ocb2(last(setup, 1))
        self.to_server = int.from_bytes(last(setup, 2), "little")
        self.from_server = int.from_bytes(last(setup, 3), "little")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, client.port))
        self.n_received = 0

    def close(self):
        self.socket.close()

    def rebind(self, host=""):
        """As a client behind a router that has given it another port, or on another network."""
        peer = self.socket.getpeername()
        self.socket.close()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.connect(peer)

    def send(self, plain):
        """Seal with the next nonce and send; the datagram, so that it can be sent again."""
        self.to_server += 1
        nonce = (self.to_server % (1 << 128)).to_bytes(16, "little")
        sealed, tag = self.ocb.seal(nonce, plain)
        datagram = nonce[:1] + tag[:3] + sealed
        self.socket.send(datagram)
        return datagram

    def receive(self, timeout_s=3.0):
        """The plaintext of the next datagram, which must be authentic and in order; None: none came."""
        self.socket.settimeout(timeout_s)
        try:
            datagram = self.socket.recv(2048)
        except TimeoutError:
            return None
        self.from_server += 1
        while self.from_server & 0xFF != datagram[0]:
            self.from_server += 1
        nonce = (self.from_server % (1 << 128)).to_bytes(16, "little")
        plain, tag = self.ocb.open(nonce, datagram[4:])
        assert tag[:3] == datagram[1:4], "a datagram does not open"
        self.n_received += 1
        return plain

    def ping(self, timestamp=5):
        """A ping in the legacy form, and its answer; after it the server knows our address."""
        self.send(bytes([PING]) + varint(timestamp))
        return self.receive()
