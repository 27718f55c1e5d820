# SPDX-License-Identifier: BSD-3-Clause
"""A line that collapses to 16 kbit/s with 10 % loss in mid-speech: what reaches its listener, and how late.

Two judges say whether it can be understood: STOI (lib.stoi), and pocketsphinx, which writes down spoken digits.
"""

import ctypes
import threading
import time

import numpy as np

from lib import digits, protobuf, wait
from lib.observer import CRYPT_SETUP, PING
from lib.process import Process, clean_environment
from lib.protobuf import last
from lib.sound import RATE_HZ, band, speech
from lib.stoi import align, resample, stoi
from system.badline import NEAR_HOST, BadLine, namespace
from system.case import SystemServer, SystemTest, end, susurrod
from system.client import VERSION_1_5_0, Client
from system.talk import Opus, Talk
from system.voice import Datagrams, Heard

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
moderators = Mona
levelling = off
"""
RATE_BPS, LOSS = 16000, 0.10
COLLAPSE_S = 6.0
BLOCK_S = 0.01
BLOCK = 480
PIECE = 30000  # three seconds at 10 kHz, judged by themselves
CONCEALED_BLOCKS = 10  # as clients do, then silence


def decoded(packets):
    """What a client makes of them: [(first block, samples)] joined; gaps are concealed by the codec, long ones silent."""
    library = Opus._library  # pylint: disable=protected-access
    library.opus_decoder_create.restype = ctypes.c_void_p
    decoder = ctypes.c_void_p(library.opus_decoder_create(RATE_HZ, 1, ctypes.byref(ctypes.c_int())))
    first = min(packet.frame for packet in packets)
    out = np.zeros((max(packet.frame for packet in packets) - first + 12) * BLOCK, dtype=np.float32)

    def decode(at, payload, n):
        piece = np.zeros(12 * BLOCK, dtype=np.float32)
        got = library.opus_decode_float(decoder, payload, len(payload) if payload else 0,
                                        piece.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), n, 0)
        if got > 0:
            out[at * BLOCK:at * BLOCK + got] = piece[:got]
    at, was_last = 0, False
    for frame, packet in sorted({packet.frame: packet for packet in packets}.items()):
        missing = 0 if was_last else frame - first - at
        was_last = packet.is_last
        for gap in range(0, min(max(missing, 0), CONCEALED_BLOCKS)):
            decode(at + gap, None, BLOCK)
        blocks = Listener.blocks_of(packet)
        decode(frame - first, packet.payload, 12 * BLOCK)
        at = frame - first + blocks
    library.opus_decoder_destroy(decoder)
    return out


class NearServer(SystemServer):
    """In the near namespace."""

    namespace = ""

    def run(self):
        self.n_starts += 1
        log = f"{self.directory}/server-{self.n_starts}.log"
        with namespace(self.namespace):
            self.process = Process([susurrod(), "--config", self.config], log, cwd=self.directory,
                                   env=clean_environment(self.directory))
        wait.until(lambda: "listening" in self.process.log() or self.process.check_running(), 30,
                   lambda: f"the server listens:\n{self.log()}", 0.01)


class Listener(threading.Thread):
    """At the far end: takes its datagrams, answers as a client does, and pings each 5 s."""

    def __init__(self, line, port):
        super().__init__(daemon=True)
        with namespace(line.away):
            self.client = Client(port, "Lina", version=0x010500, version_v2=VERSION_1_5_0)
            self.client.host = NEAR_HOST
            self.client.connect(30)
            self.client.join(self.client.channel("Español")["channel_id"])
            self.udp = Datagrams(self.client, NEAR_HOST)
            assert self.udp.ping()
        self.heard, self.is_stopping = [], False  # (when, packet)
        self.first, self.reported_s = None, 0.0
        self.n_asked = 0  # CryptSetups that were answered

    def receive(self):
        """One datagram of a lossy line: numbers may be left out."""
        self.udp.socket.settimeout(0.02)
        try:
            plain = self.udp.receive(0.02)
        except AssertionError:
            return
        if plain and plain[0] == 0 and Heard(plain).session in self.tracks:
            self.heard.append((time.monotonic(), Heard(plain)))

    def report(self):
        if time.monotonic() - self.reported_s < 5:
            return
        self.reported_s = time.monotonic()
        n_sent = (self.udp.from_server - self.first) & 0xFFFFFFFF
        self.client.send(PING, {1: 1, 2: self.udp.n_received, 3: 0,
                                4: n_sent - self.udp.n_received})
        self.udp.send(b"\x01" + protobuf.encode({1: 99}))

    def run(self):
        self.first = self.udp.from_server - self.udp.n_received
        self.tracks = {session for session, user in self.client.users.items()
                       if user["name"].endswith("🎧")}
        while not self.is_stopping:
            self.receive()
            self.report()
            if not self.client.is_closed:
                self.client.pump(0.001)
                self.answer()

    def answer(self):
        """To each empty CryptSetup, the own nonce: as all clients do by themselves."""
        asked = [fields for kind, fields in self.client.received if kind == CRYPT_SETUP and not fields]
        for _ in asked[self.n_asked:]:
            self.client.send(CRYPT_SETUP, {2: (self.udp.to_server % (1 << 128)).to_bytes(16, "little")})
        self.n_asked = len(asked)

    def since(self, from_s, until_s, base_s):
        """(share of the sound of that time that has come, mean delay): base_s is when the block 0 of the
        mix came while the line was good."""
        blocks, delays = set(), []
        for at_s, packet in self.heard:
            due_s = base_s + packet.frame * BLOCK_S
            if from_s <= due_s < until_s:
                delays.append(at_s - due_s)
                blocks.update(range(packet.frame, packet.frame + self.blocks_of(packet)))
        return len(blocks) * BLOCK_S / (until_s - from_s), sum(delays) / max(1, len(delays))

    @staticmethod
    def blocks_of(packet):
        """From the packet's first byte, RFC 6716: 2, 4 or 6."""
        config = packet.payload[0] >> 3
        ms = ((10, 20, 40, 60)[config % 4] if config < 12 else (10, 20)[config % 2] if config < 16
              else (2.5, 5, 10, 20)[config % 4])
        return round(ms * (1, 2, 2, packet.payload[1] & 0x3F if packet.payload[0] & 3 == 3 else 0)
                     [packet.payload[0] & 3] / 10)


class BadLineTest(SystemTest):
    """A speaker on a good line, a listener on a bad one."""

    @classmethod
    def setUpClass(cls):
        cls.line = BadLine().open()
        cls.addClassCleanup(cls.line.close)
        cls.meeting = MEETING
        cls.keys = {"host": NEAR_HOST}
        NearServer.namespace = cls.line.near
        super().setUpClass()

    @classmethod
    def start(cls, name="server"):
        server = NearServer(f"{cls.directory}/{name}", cls.keys, cls.meeting)
        cls.addClassCleanup(end, server)
        return server

    def near(self, name):
        with namespace(self.line.near):
            client = Client(self.server.port, name)
            client.host = NEAR_HOST
            self.addCleanup(client.close)
            return client.connect(30)

    def judge(self, listener, said, from_s):
        """(STOI, share of wrong words or None) of what was said from then on."""
        samples, words = said
        begin = next(at_s for at_s, _ in words if at_s >= from_s)
        start = round(begin * 10000)
        clean = resample(samples, RATE_HZ, 10000)
        heard = align(clean, resample(decoded([packet for _, packet in listener.heard]), RATE_HZ, 10000), 10000, 4.0)
        clean, heard, scores = clean[start:], heard[start:], []
        for at in range(0, len(clean) - PIECE + 1, PIECE):  # on a busy machine the speaker's clock slips
            piece = clean[at:at + PIECE]
            scores.append(stoi(piece, align(piece, heard[at:at + PIECE], 10000, 0.3)))
        score = float(np.mean(scores))
        found = digits.recognised(resample(heard, 10000, RATE_HZ))
        wanted = [word for at_s, word in words if at_s >= begin]
        return score, digits.error_rate(wanted, found) if found is not None else None

    def listen(self, wish=None, seconds=24.0, collapse_s=COLLAPSE_S, rate_bps=RATE_BPS, said=None):
        """What a listener hears of somebody who speaks so long, through a line that collapses."""
        self.line.rate_bps, self.line.loss = 0, 0.0
        luis = self.near("Luis")
        luis.join(luis.channel("Asamblea")["channel_id"])
        listener = Listener(self.line, self.server.port)
        self.addCleanup(listener.client.close)
        self.addCleanup(listener.udp.close)
        if wish:
            mona = self.near("Mona")
            mona.join(luis.channel("Asamblea")["channel_id"])
            mona.command(f"!line Lina {wish}")
        listener.start()
        moments = {}

        def collapse():
            moments["bad"] = time.monotonic()
            self.line.queue_bytes, self.line.loss, self.line.rate_bps = 16000, LOSS, rate_bps
        sound = said[0] if said else speech("es", seconds)
        Talk().add(luis, sound).call(collapse_s, collapse).run()
        moments["end"] = time.monotonic()
        listener.is_stopping = True
        listener.join(5)
        self.line.rate_bps, self.line.loss = 0, 0.0
        good = [at_s - packet.frame * BLOCK_S for at_s, packet in listener.heard
                if at_s < moments["bad"]]
        self.assertGreater(len(good), 100)
        return listener, moments, sorted(good)[len(good) // 2]

    def test_the_ladder_makes_it_intelligible(self):
        listener, moments, base_s = self.listen()
        bad_s, end_s = moments["bad"], moments["end"]
        thin = [at_s for at_s, packet in listener.heard
                if at_s > bad_s and listener.blocks_of(packet) == 6]
        self.assertTrue(thin, "no thinner sound came")
        first_s = min(base_s + packet.frame * BLOCK_S for _, packet in listener.heard
                      if listener.blocks_of(packet) == 6) - bad_s
        share, _ = listener.since(bad_s + 4, end_s - 1, base_s)
        _, early_s = listener.since(bad_s + 4, bad_s + 7, base_s)
        _, delay_s = listener.since(end_s - 4, end_s - 1, base_s)
        print(f"ladder: thinner after {first_s:.1f} s; from 4 s on {share:.0%} of the sound came, at last "
              f"{delay_s * 1000:.0f} ms late, {early_s * 1000:.0f} before")
        self.assertLess(first_s, 3.0)  # 2 s to see it, and a busy machine
        self.assertGreater(share, 0.80)  # 10 % are lost by the line itself
        # Until the step each second puts two more of sound into the line's own queue, 8 s long, which then drains slowly.
        self.assertLess(delay_s, 2.5)
        self.assertLess(delay_s, max(early_s, 1.0))

    def test_two_judges(self):
        said = digits.spoken(26.0)
        listener, _, _ = self.listen(said=said)
        score, errors = self.judge(listener, said, COLLAPSE_S + 4)
        narrow = digits.recognised(band(said[0], 200, 3600))
        print(f"ladder: STOI {score:.2f}, wrong words {errors}; of clean speech of that band "
              f"{digits.error_rate([word for _, word in said[1]], narrow or [])}")
        self.assertGreater(score, 0.65)
        if errors is not None:
            self.assertLess(errors, 0.7)

    def test_without_it_it_is_not(self):
        said = digits.spoken(26.0)
        listener, moments, base_s = self.listen("full", said=said)
        share, delay_s = listener.since(moments["bad"] + 4, moments["end"] - 6, base_s)
        print(f"as it was: {share:.0%} of the sound came, {delay_s * 1000:.0f} ms late")
        self.assertLess(share, 0.5)
        self.assertGreater(delay_s, 2.0)
        score, errors = self.judge(listener, said, COLLAPSE_S + 4)
        print(f"as it was: STOI {score:.2f}, wrong words {errors}")
        self.assertLess(score, 0.6)
        if errors is not None:
            self.assertGreater(errors, 0.8)

    def test_loss_is_repaired_where_there_is_room(self):
        listener, moments, base_s = self.listen(seconds=36.0, rate_bps=0)
        bad_s, end_s = moments["bad"], moments["end"]
        before, _ = listener.since(bad_s, bad_s + 4, base_s)
        after, _ = listener.since(end_s - 8, end_s - 1, base_s)
        n_twice = len(listener.heard) - len({packet.frame for _, packet in listener.heard})
        print(f"10 % loss: {before:.0%} of the sound came, then, twice each, {after:.0%}")
        self.assertGreater(n_twice, 50)
        self.assertGreater(after, 0.95)
