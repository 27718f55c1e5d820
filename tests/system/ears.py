# SPDX-License-Identifier: BSD-3-Clause
"""Clients that speak and hear at the same time through the tunnel: what each has heard, as sound with its times."""

import ctypes
import select
import time

import numpy as np

from lib import judge
from lib.sound import RATE_HZ, band
from system import voice
from system.talk import FRAME, Opus

FRAME_S = FRAME / RATE_HZ
BLOCK = RATE_HZ // 100  # what a frame number counts
INDICATOR_BYTES = 8  # of those who are only shown to speak


class Decoder:
    """One Opus decoder of the system's libopus."""

    def __init__(self):
        self._library = ctypes.CDLL(ctypes.util.find_library("opus"))
        self._library.opus_decoder_create.restype = ctypes.c_void_p
        error = ctypes.c_int()
        self._decoder = ctypes.c_void_p(self._library.opus_decoder_create(
            RATE_HZ, 1, ctypes.byref(error)))
        assert error.value == 0, error.value

    def __del__(self):
        self._library.opus_decoder_destroy(self._decoder)

    def decode(self, payload):
        out = (ctypes.c_float * (6 * BLOCK))()
        n = self._library.opus_decode_float(self._decoder, payload, len(payload), out, 6 * BLOCK, 0)
        assert n > 0, n
        return np.frombuffer(out, dtype=np.float32)[:n]


class Sound:
    """Samples, and when the first of them was said or could be heard (s, of time.monotonic)."""

    def __init__(self, samples, began_s):
        self.samples, self.began_s = samples, began_s


def heard(client):
    """All that this client has heard of the voice of its channel, by frame numbers."""
    packets = []
    for at_s, packet in client.voice:
        one = voice.Heard(packet)
        if len(one.payload) > INDICATOR_BYTES:
            packets.append((at_s, one))
    client.voice = []
    if not packets:
        return Sound(np.zeros(RATE_HZ, dtype=np.float32), 0.0)
    first = min(one.frame for _, one in packets)
    decoder, samples = Decoder(), np.zeros((packets[-1][1].frame - first + 6) * BLOCK, np.float32)
    for _, one in packets:
        part = decoder.decode(one.payload)
        at = (one.frame - first) * BLOCK
        samples[at:at + len(part)] = part
    # Sound plays when it is there; what came late on a busy machine says nothing of the server.
    return Sound(samples, min(at_s - (one.frame - first) * 0.01 for at_s, one in packets))


def converse(said, listeners, acts=()):
    """said: {client: samples}, which all begin at once; acts: (s, what to call).

    ({client: Sound said}, {client: Sound heard}). Said is what was sent when it was sent: on a busy machine the packets
    leave late, and that is not the server's.
    """
    packets = {client: list(Opus().packets(samples)) for client, samples in said.items()}
    for client in {*listeners, *said}:
        client.barrier()  # a ping, too: who sends nothing for half a minute has gone
        client.voice = []
    acts = sorted(acts, key=lambda one: one[0])
    n_frames, late_s = max(len(one) for one in packets.values()), []
    sockets = {client._tls: client for client in {*listeners, *said}}  # pylint: disable=protected-access
    began = time.monotonic() + 0.05
    for index in range(n_frames + 25):
        while True:
            left_s = began + (index + 1) * FRAME_S - time.monotonic()
            if left_s <= 0:
                break
            for one in select.select(list(sockets), [], [], left_s)[0]:
                sockets[one].pump(0.001)
                while one.pending():
                    sockets[one].pump(0.001)
        while acts and acts[0][0] <= index * FRAME_S:
            acts.pop(0)[1]()
        late_s.append(time.monotonic() - began - (index + 1) * FRAME_S)
        for client, all_of_them in packets.items():
            if index < len(all_of_them):
                frame = getattr(client, "next_frame", 0) + 2 * index
                client.tunnel(voice.legacy(frame, all_of_them[index],
                                           is_last=index == len(all_of_them) - 1))
    for client, all_of_them in packets.items():
        client.next_frame = getattr(client, "next_frame", 0) + 2 * len(all_of_them) + 500
    left = began + float(np.median(late_s))
    return ({client: Sound(samples, left) for client, samples in said.items()},
            {client: heard(client) for client in listeners})


class Comparison:
    """One voice, that keeps to a band, in what one listener heard."""

    def __init__(self, said, listened, hz, begin_s, end_s):
        cut = slice(round(begin_s * RATE_HZ), round(end_s * RATE_HZ))
        self.said = band(said.samples, *hz)[cut]
        self.heard = band(listened.samples, *hz)
        away_s = said.began_s + begin_s - listened.began_s
        least = min(max(away_s, 0.0), len(self.heard) / RATE_HZ)
        self.lag = judge.lag(self.said, self.heard, most_s=least + 0.6, least_s=max(least - 0.1, 0))
        rows = judge.windows(self.said, self.heard, self.lag, 0.5, 0.06)
        self.alike = float(np.median([row[2] for row in rows])) if rows else 0.0
        lag = float(np.median([row[1] for row in rows])) if rows else self.lag
        self.delay_ms = (lag / RATE_HZ - away_s) * 1000
        _, levels = judge.gains_of_bands(self.said, self.heard, self.lag)
        self.level_db = float(np.median(levels)) if len(levels) else -100.0
