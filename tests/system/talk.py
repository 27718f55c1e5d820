# SPDX-License-Identifier: BSD-3-Clause
"""Clients that speak: sound becomes Opus with the system's libopus, and goes through the tunnel in its own time."""

import ctypes
import ctypes.util
import time

import numpy

from system import voice

RATE_HZ, FRAME = 48000, 960
APPLICATION_AUDIO = 2049


class Opus:
    """One encoder, 20 ms a packet."""

    _library = ctypes.CDLL(ctypes.util.find_library("opus"))
    _library.opus_encoder_create.restype = ctypes.c_void_p

    def __init__(self):
        error = ctypes.c_int()
        self._encoder = ctypes.c_void_p(self._library.opus_encoder_create(
            RATE_HZ, 1, APPLICATION_AUDIO, ctypes.byref(error)))
        assert error.value == 0, error.value

    def __del__(self):
        self._library.opus_encoder_destroy(self._encoder)

    def packets(self, samples):
        """The packets of these samples, -1 to 1."""
        pcm = (numpy.clip(samples, -1, 1) * 32767).astype(numpy.int16)
        pcm = numpy.pad(pcm, (0, -len(pcm) % FRAME))
        out = ctypes.create_string_buffer(1275)
        for at in range(0, len(pcm), FRAME):
            frame = pcm[at:at + FRAME].tobytes()
            size = self._library.opus_encode(self._encoder, frame, FRAME, out, len(out))
            assert size > 0, size
            yield out.raw[:size]


class Ear:
    """What one client is sent by a server-made voice, as sound on the clock of its arrival."""

    _library = Opus._library
    _library.opus_decoder_create.restype = ctypes.c_void_p

    def __init__(self):
        error = ctypes.c_int()
        self._decoder = ctypes.c_void_p(self._library.opus_decoder_create(
            RATE_HZ, 1, ctypes.byref(error)))
        assert error.value == 0, error.value
        self._pieces = []  # (frame number, arrival, samples)

    def __del__(self):
        self._library.opus_decoder_destroy(self._decoder)

    def add(self, arrival_s, packet):
        """A tunnelled packet; indicators, of real speakers, are left out by whoever calls."""
        heard = voice.Heard(packet)
        out = numpy.zeros(RATE_HZ // 1000 * 120, dtype=numpy.float32)
        n = self._library.opus_decode_float(
            self._decoder, heard.payload, len(heard.payload),
            out.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), len(out), 0)
        assert n > 0, n
        self._pieces.append((heard.frame, arrival_s, out[:n]))

    def sound(self):
        """(when the first sample came, samples): holes are silence."""
        first = self._pieces[0][0]
        began_s = min(at_s - 0.01 * (frame - first) for frame, at_s, _ in self._pieces)
        last, _, piece = self._pieces[-1]
        samples = numpy.zeros(480 * (last - first) + len(piece), dtype=numpy.float32)
        for frame, _, piece in self._pieces:
            samples[480 * (frame - first):480 * (frame - first) + len(piece)] = piece
        return began_s, samples


class Talk:
    """Several clients' sound at a time, each from its own second on; run() lasts as long as the sound."""

    def __init__(self):
        self._packets = []  # (seconds, client, packet), or (seconds, None, what is to be done then)

    def add(self, client, samples, at_s=0.0):
        frame = getattr(client, "next_frame", 0) + round(at_s * 100)
        packets = list(Opus().packets(samples))
        for index, packet in enumerate(packets):
            is_last = index == len(packets) - 1
            self._packets.append((at_s + 0.02 * index, client,
                                  voice.legacy(frame + 2 * index, packet, is_last=is_last)))
        client.next_frame = frame + 2 * len(packets) + 100
        return self

    def call(self, at_s, act):
        """Do something in the middle."""
        self._packets.append((at_s, None, act))
        return self

    def add_packet(self, client, packet, at_s):
        """One that is ready to be sent."""
        self._packets.append((at_s, client, packet))

    def run(self):
        began = time.monotonic()
        for at_s, client, packet in sorted(self._packets, key=lambda one: one[0]):
            left_s = began + at_s - time.monotonic()
            if left_s > 0:
                time.sleep(left_s)  # sound has its own pace
            if client is None:
                packet()
            else:
                client.tunnel(packet)
