# SPDX-License-Identifier: BSD-3-Clause
"""Voice through the tunnel and in datagrams, between clients of both forms; who hears it and who not."""

import json
import math
import os
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import wave

import numpy as np

from lib import net, protobuf, wait
from lib.observer import CRYPT_SETUP, PING, VOICE_TARGET
from lib.process import clean_environment
from lib.protobuf import last
from lib.server import MEETING
from system.case import SystemTest
from system.client import CHANNEL_REMOVE, VERSION_1_5_0, Client
from system.speech import MODERN, SOUND, SpeechTest
from system.voice import PING as PING_PACKET
from system.voice import (LOOPBACK, SHOUT, WHISPER, Datagrams, Heard, Ocb2, legacy, modern,
                          varint)


class CipherTest(unittest.TestCase):
    """The cipher of these tests, held against known answers."""

    def test_vectors(self):
        key = bytes(range(16))
        self.assertEqual(Ocb2(key).seal(key, b"")[1].hex(), "bf3108130773ad5ec70ec69e7875a7b0")
        sealed, tag = Ocb2(key).seal(key, bytes(range(0x28)))
        self.assertEqual(sealed.hex(), "f75d6bc8b4dc8d66b836a2b08b32a6369f1cd3c5228d79fd6c267f5f6a"
                                       "a7b231c7dfb9d59951ae9c")
        self.assertEqual(tag.hex(), "9db0cdf880f73e3e10d4eb3217766688")
        self.assertEqual(Ocb2(key).open(key, sealed), (bytes(range(0x28)), tag))


class VoiceTest(SpeechTest):
    """A plain room."""

    keys = {"bandwidth": 1000000, "moderators": "Mona"}

    def datagrams(self, client):
        one = Datagrams(client)
        self.addCleanup(one.close)
        return one

    def test_both_forms_in_one_room(self):
        """Each client gets its own form, whatever the speaker's, and never its own voice."""
        clara, dora = self.client("Clara", **MODERN), self.client("Dora")
        everybody = (self.ana, self.berta, clara, dora)
        for speaker in everybody:
            for is_last in (False, True):
                with self.subTest(f"{speaker.name} {is_last}"):
                    self.say(speaker, is_last=is_last)
                    for client in everybody:
                        if client is speaker:
                            self.assertEqual(self.hear(client, speaker), [])
                        else:
                            one = self.assert_heard(client, speaker, is_last=is_last)
                            self.assertEqual(one.is_modern, bool(client.version_v2))

    def test_form_is_told_by_the_packet(self):
        """Some clients announce 1.5 and write the old form into the tunnel."""
        self.say(self.berta, write=legacy)
        self.assert_heard(self.ana, self.berta)

    def test_large_frame_numbers(self):
        for self.frame in (0, 126, 16382, 2097150, 268435454, 4294967290):
            with self.subTest(self.frame):
                self.say(self.ana)
                self.assert_heard(self.berta, self.ana)

    def test_other_rooms_do_not_hear(self):
        root = self.superuser()
        root.send(7, {2: 0, 3: "Aparte"})
        root.until(lambda: root.channel("Aparte"), 5, "the channel")
        self.berta.join(root.channel("Aparte")["channel_id"])
        self.say(self.ana)
        self.assertEqual(self.hear(self.berta, self.ana), [])
        self.assertEqual(self.hear(root, self.ana)[0].session, self.ana.session)
        self.say(self.berta)
        self.assertEqual(self.hear(self.ana, self.berta), [])

    def test_loopback(self):
        for speaker in (self.ana, self.berta):
            self.say(speaker, target=LOOPBACK)
            self.assert_heard(speaker, speaker)
            self.assertEqual(self.hear(self.ana if speaker is self.berta else self.berta, speaker),
                             [])

    def test_muted_and_deaf(self):
        mona = self.client("Mona")
        for who, flag in ((self.ana, 9), (mona, 6)):
            who.change(self.ana.session, **{f"f{flag}": 1})
            self.ana.barrier()
            for target in (0, LOOPBACK):
                self.say(self.ana, target)
                self.assertEqual(self.hear(self.berta, self.ana), [], flag)
                self.assertEqual(self.hear(self.ana, self.ana), [], flag)
            who.change(self.ana.session, **{f"f{flag}": 0})
            self.say(self.ana)
            self.assert_heard(self.berta, self.ana)
        for who, flag in ((self.berta, 10), (mona, 7)):
            who.change(self.berta.session, **{f"f{flag}": 1})
            self.say(self.ana)
            self.assertEqual(self.hear(self.berta, self.ana), [], flag)
            who.change(self.berta.session, **{f"f{flag - 1}": 0})
            self.say(self.ana)
            self.assert_heard(self.berta, self.ana)

    def test_superuser_is_not_heard(self):
        root = self.superuser()
        self.say(root)
        self.assertEqual(self.hear(self.ana, root), [])

    def test_whispers(self):
        root, clara = self.superuser(), self.client("Clara")
        ids = {}
        for name, parent in (("Sala", None), ("Hija", "Sala")):
            root.send(7, {2: ids.get(parent, 0), 3: name})
            root.until(lambda what=name: root.channel(what), 5, "the channel")
            ids[name] = root.channel(name)["channel_id"]
        self.addCleanup(root.send, 6, {1: ids["Sala"]})
        self.berta.join(ids["Sala"])
        clara.join(ids["Hija"])
        for targets, to_berta, to_clara in (
                ({1: self.berta.session}, WHISPER, None),
                ({1: [self.berta.session, clara.session]}, WHISPER, WHISPER),
                ({2: ids["Sala"]}, SHOUT, None), ({2: ids["Sala"], 5: True}, SHOUT, SHOUT),
                ([{2: ids["Sala"]}, {1: [self.berta.session, clara.session]}], SHOUT, WHISPER),
                ({1: 999}, None, None), ([], None, None)):
            with self.subTest(targets):
                self.ana.send(VOICE_TARGET, {1: 7, 2: targets})
                self.ana.barrier()
                self.say(self.ana, target=7)
                for client, context in ((self.berta, to_berta), (clara, to_clara)):
                    if context is None:
                        self.assertEqual(self.hear(client, self.ana), [])
                    else:
                        self.assert_heard(client, self.ana, context)
                self.assertEqual(self.hear(root, self.ana), [])
        self.say(self.ana, target=9)  # never registered
        self.assertEqual(self.hear(self.berta, self.ana), [])
        # The target follows the person.
        self.ana.send(VOICE_TARGET, {1: 30, 2: {2: ids["Hija"]}})
        self.ana.barrier()
        self.berta.join(ids["Hija"])
        self.say(self.ana, target=30)
        self.assert_heard(self.berta, self.ana, SHOUT)

    def test_bad_packets(self):
        for packet in (b"", b"\x80", b"\x80\x01", b"\x80\x01\x40", b"\x80\x01\x45abc", b"\x20\x05",
                       b"\x00", b"\x00\x08", b"\x01\x08\x05", b"\xe0\x01\x01\x01", b"\x80" * 1100,
                       b"\x00\x2a\x00"):
            self.ana.tunnel(packet)
            self.assertEqual(self.hear(self.berta, self.ana), [], packet[:8])
        self.say(self.ana)
        self.assert_heard(self.berta, self.ana)

    # Datagrams

    def test_udp_ping(self):
        for client in (self.ana, self.berta):
            udp = self.datagrams(client)
            self.assertEqual(udp.ping(1234567), b"\x20" + varint(1234567))
            udp.send(b"\x01" + protobuf.encode({1: 99}))
            answer = udp.receive()
            self.assertEqual((answer[0], protobuf.decode(answer[1:])), (1, {1: [99]}))

    def test_udp_both_ways_and_tunnel_and_back(self):
        ana, berta = self.datagrams(self.ana), self.datagrams(self.berta)
        for udp in (ana, berta):
            self.assertTrue(udp.ping())
        ana.send(legacy(10, SOUND))
        self.assertEqual(Heard(berta.receive()).key(), (0, self.ana.session, 10, SOUND, False))
        # A tunnelled packet says: datagrams do not reach me.
        self.berta.tunnel(modern(20, SOUND))
        self.assertEqual(Heard(ana.receive()).frame, 20)
        ana.send(legacy(12, SOUND))
        one, = wait.until(lambda: self.hear(self.berta, self.ana), 5, "the tunnel")
        self.assertEqual(one.frame, 12)
        # A voice datagram says: now they do.
        berta.send(modern(22, SOUND))
        self.assertEqual(Heard(ana.receive()).frame, 22)
        ana.send(legacy(14, SOUND))
        self.assertEqual(Heard(berta.receive()).frame, 14)
        self.assertEqual(self.hear(self.berta, self.ana), [])

    def test_another_port(self):
        udp = self.datagrams(self.berta)
        self.assertTrue(udp.ping())
        udp.rebind()
        wait.until(lambda: udp.send(b"\x20\x05") and udp.receive(0.3), 8, "an answer")
        self.say(self.ana)
        self.assertEqual(Heard(udp.receive()).frame, self.frame)

    def test_another_host(self):
        """As from one network to another while TCP lives: believed at the second datagram."""
        udp = self.datagrams(self.ana)
        udp.ping()
        self.berta.barrier()

        def is_echoed():
            udp.send(bytes([PING_PACKET]) + varint(7))
            return udp.ping()

        def is_heard():
            packet = udp.receive()
            return packet[0] != PING_PACKET and Heard(packet).frame == self.frame

        for host in ("127.0.0.9", "127.0.0.10"):
            udp.rebind(host)
            wait.until(is_echoed, 20, "an echo at the new host")  # at most once in two seconds
            self.say(self.berta)
            wait.until(is_heard, 5, "voice at the new host")

    def test_one_way_line(self):
        """Datagrams leave us and do not arrive, by the client's own count: the tunnel, and back."""
        udp = self.datagrams(self.ana)
        udp.ping()
        for _ in range(20):
            self.say(self.berta)
        self.ana.send(PING, {1: 1, 2: 3})

        def is_by_tunnel(heard):
            self.ana.send(PING, {1: 1, 2: heard})
            self.ana.barrier()
            udp.send(bytes([PING_PACKET]) + varint(7))
            self.say(self.berta)
            return any(one.frame == self.frame for one in self.hear(self.ana, self.berta))

        wait.until(lambda: is_by_tunnel(3), 10, "the tunnel")
        wait.until(lambda: not is_by_tunnel(4), 5, "datagrams again")

    def test_positions(self):
        """Only those in the same world are told where one stands; the sound reaches all."""
        clara, dora = self.client("Clara", **MODERN), self.client("Dora")
        place = (1.0, -2.5, 300.0)
        for speaker in (self.ana, self.berta):
            others = [one for one in (self.ana, self.berta, clara, dora) if one is not speaker]
            for worlds in ((b"", b"", b""), (b"game", b"game", b"other"), (b"game\0x", b"game", b"")):
                for client, world in zip([speaker, *others], [b"game", *worlds]):
                    client.change(f12=world)
                self.say(speaker, position=place)
                for client, world in zip(others, worlds):
                    one, = wait.until(lambda: self.hear(client, speaker), 5, "a voice packet")
                    self.assertEqual(one.position, place if world == b"game" else (), worlds)
                self.say(speaker, target=LOOPBACK, position=place)
                self.assertEqual(self.assert_heard(speaker, speaker).position, place)
            for client in (speaker, *others):
                client.change(f12=b"")
            self.say(speaker, position=place)
            for client in others:
                self.assertEqual(self.assert_heard(client, speaker).position, place)

    def test_mute(self):
        """One need not hear somebody; the others do."""
        clara = self.client("Clara")
        self.ana.send(VOICE_TARGET, {1: 1, 2: {1: self.berta.session}})
        for hush, hear in (("!mute", "!unmute"), ("!silenciar", "!oír")):
            answer, = self.berta.command(f"{hush} ana")
            self.assertIn("Ana", answer)
            self.say(self.ana)
            self.assert_heard(clara, self.ana)
            self.assertEqual(self.hear(self.berta, self.ana), [])
            self.say(self.ana, 1)
            self.assertEqual(self.hear(self.berta, self.ana), [], "nor whispers")
            self.say(clara)
            self.assert_heard(self.berta, clara)
            self.assert_heard(self.ana, clara)
            self.say(self.berta)
            self.assert_heard(self.ana, self.berta)
            self.assert_heard(clara, self.berta)
            self.assertEqual(len(self.berta.command(f"{hear} Ana")), 1)
            self.say(self.ana)
            self.assert_heard(self.berta, self.ana)
            self.assert_heard(clara, self.ana)
        for command in ("!mute", "!mute Berta", "!mute Nadie", "!unmute Nadie"):
            self.assertEqual(len(self.berta.command(command)), 1, command)
        self.berta.command("!mute Ana")
        self.ana.close()
        self.berta.until(lambda: not self.berta.user("Ana"), 5, "Ana gone")
        ana = self.client("Ana")
        self.say(ana)
        self.assert_heard(self.berta, ana)

    def test_replay_is_dropped(self):
        ana, berta = self.datagrams(self.ana), self.datagrams(self.berta)
        self.assertTrue(ana.ping() and berta.ping())
        datagram = ana.send(legacy(10, SOUND))
        self.assertEqual(Heard(berta.receive()).frame, 10)
        ana.socket.send(datagram)
        ana.socket.send(datagram[:-1] + bytes([datagram[-1] ^ 1]))
        ana.send(legacy(12, SOUND))
        self.assertEqual(Heard(berta.receive()).frame, 12)

    def test_counters_in_ping(self):
        udp = self.datagrams(self.ana)
        for i in range(5):
            self.assertTrue(udp.ping(i))
        udp.to_server += 3  # three get lost
        self.assertTrue(udp.ping(7))
        self.ana.send(PING, {1: 0xFFFFFFFFFFFFFFFF})
        self.ana.until(lambda: any(last(one, 1) == 0xFFFFFFFFFFFFFFFF
                                   for one in self.ana.kinds(PING)), 5, "the answer")
        answer = self.ana.kinds(PING)[-1]
        self.assertEqual([last(answer, n) for n in (2, 3, 4, 5)], [6, 0, 3, 0])
        self.assertEqual(set(answer), {1, 2, 3, 4, 5})

    def test_resync_asked_by_client(self):
        udp = self.datagrams(self.berta)
        self.assertTrue(udp.ping())
        for i in range(300):
            self.ana.tunnel(legacy(i, SOUND))
        frames = self.berta.ask(CRYPT_SETUP, {})
        frames += wait.until(lambda: [one for one in self.berta.barrier() if one[0] == CRYPT_SETUP]
                             or any(kind == CRYPT_SETUP for kind, _ in frames), 5, "CryptSetup") \
            if not any(kind == CRYPT_SETUP for kind, _ in frames) else []
        setup = [fields for kind, fields in frames if kind == CRYPT_SETUP][-1]
        self.assertEqual(set(setup), {3})
        nonce = int.from_bytes(last(setup, 3), "little")
        self.assertGreaterEqual(nonce, udp.from_server)

    def test_resync_told_by_client(self):
        udp = self.datagrams(self.ana)
        self.assertTrue(udp.ping())
        udp.to_server += 100_000
        self.ana.send(CRYPT_SETUP, {2: (udp.to_server % (1 << 128)).to_bytes(16, "little")})
        self.ana.barrier()
        self.assertTrue(udp.ping())
        self.ana.barrier()
        self.assertEqual(last(self.ana.kinds(PING)[-1], 5), 1)
        self.ana.send(CRYPT_SETUP, {2: b"short"})  # ignored
        self.ana.barrier()
        self.assertTrue(udp.ping())

    def test_resync_asked_by_server(self):
        """After 5 s without a good datagram, a bad one makes the server ask."""
        udp = self.datagrams(self.ana)
        self.assertTrue(udp.ping())
        start = time.monotonic()
        udp.to_server += 100_000

        def asked():
            udp.send(b"\x20\x05")
            self.ana.barrier()
            self.ana.pump(0.2)
            return {} in self.ana.kinds(CRYPT_SETUP)
        wait.until(asked, 9, "an empty CryptSetup")
        self.assertGreater(time.monotonic() - start, 4)
        self.ana.send(CRYPT_SETUP, {2: (udp.to_server % (1 << 128)).to_bytes(16, "little")})
        self.ana.barrier()
        self.assertTrue(udp.ping())

    def test_list_ping(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(3)
            udp.connect(("127.0.0.1", self.server.port))
            udp.send(struct.pack(">I8s", 0, b"whatever"))
            version, opaque, users, most, bandwidth = struct.unpack(">I8sIII", udp.recv(100))
            self.assertEqual((version >> 8, opaque, users, most, bandwidth),
                             (0x0105, b"whatever", 2, 100, 1000000))
            udp.send(b"\x01" + protobuf.encode({1: 77, 2: True}))
            answer = udp.recv(100)
            fields = protobuf.decode(answer[1:])
            self.assertEqual((answer[0], [last(fields, n) for n in (1, 4, 5, 6)]),
                             (1, [77, 2, 100, 1000000]))
            self.assertGreaterEqual(last(fields, 3), VERSION_1_5_0)

    def test_no_word_of_those_who_left(self):
        """A speaker's session is gone before their last packets could be heard under another's."""
        udp = self.datagrams(self.ana)
        self.assertTrue(udp.ping())
        self.ana.close()
        self.berta.until(lambda: self.ana.session not in self.berta.users, 5, "Ana has left")
        udp.send(legacy(10, SOUND))
        self.assertEqual(self.hear(self.berta, self.berta), [])


class ThreadsTest(VoiceTest):
    """The same, each client owned by another voice thread than its neighbour."""

    keys = {**VoiceTest.keys, "voice_threads": 4}
    test_one_way_line = None
    test_resync_asked_by_server = None  # takes its time, and is one thread's matter


class SlowReader(Client):
    """One whose side takes little before it has to be read."""

    def open(self, timeout_s=10):
        tcp = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before the window is told of
        tcp.settimeout(timeout_s)
        tcp.connect((self.host, self.port))
        self._tls = net.any_certificate_context().wrap_socket(tcp)
        return self


class SlowTunnelTest(SystemTest):
    """A line that stands still: neither we nor the kernel keep seconds of sound for it."""

    keys = {"bandwidth": 1000000}

    def test_old_sound_is_not_sent(self):
        n_packets, every_s = 200, 0.02
        ana = self.client("Ana")
        slow = SlowReader(self.server.port, "Slow").connect()
        self.addCleanup(slow.close)
        begun = time.monotonic()
        for i in range(n_packets):
            ana.tunnel(legacy(2 * i, bytes(200)))
            time.sleep(max(0, begun + (i + 1) * every_s - time.monotonic()))
        ana.barrier()
        slow.barrier()
        frames = [Heard(packet).frame for _, packet in slow.voice]
        self.assertEqual(frames, sorted(frames))
        # 44 KB were said: the reader's side holds some 5, ours 2 and 300 ms
        self.assertLess(len(frames), n_packets / 2)
        wait.until(lambda: self.hears_at_once(ana, slow, frames), 10, "the line as before")

    @staticmethod
    def hears_at_once(ana, slow, frames):
        number = max(frames) + 1000 + len(slow.voice)
        ana.tunnel(legacy(number, bytes(20)))
        ana.barrier()
        slow.barrier()
        return number in [Heard(packet).frame for _, packet in slow.voice]


class MarkedTest(SystemTest):
    """Datagrams are marked, and the voice threads go before others, or the log says why not."""

    keys = {"voice_dscp": 46, "voice_priority": 10}

    def test_mark(self):
        datagrams = Datagrams(self.client("Ana"))
        self.addCleanup(datagrams.close)
        datagrams.socket.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        datagrams.socket.settimeout(5)
        datagrams.send(bytes([PING_PACKET]) + varint(1))
        _, more, _, _ = datagrams.socket.recvmsg(100, 100)
        self.assertEqual([data[0] >> 2 for _, kind, data in more if kind == socket.IP_TOS], [46])

    def test_priority(self):
        def threads():
            base = f"/proc/{self.server.process.pid}/task"
            for task in os.listdir(base):
                with open(f"{base}/{task}/comm", encoding="utf-8") as file:
                    if file.read().startswith("voice-"):
                        yield int(task)
        task = wait.until(lambda: next(threads(), None), 5, "a voice thread")
        if wait.until(lambda: "real-time priority" in self.server.log(), 5, "a line in the log") and \
                "no real-time priority" in self.server.log():
            self.assertIn("voice_priority = 0", self.server.log())
            return
        self.assertEqual(os.sched_getscheduler(task), os.SCHED_RR)
        self.assertEqual(os.sched_getparam(task).sched_priority, 10)


class BandwidthTest(SystemTest):
    """Who sends more than allowed is cut down to it."""

    keys = {"bandwidth": 72000}

    def test_limit(self):
        ana, berta = self.client("Ana"), self.client("Berta")
        for i in range(2000):
            ana.tunnel(legacy(2 * i, bytes(200)))
        ana.barrier()
        berta.barrier()
        berta.pump(0.1)
        self.assertGreater(len(berta.voice), 10)
        self.assertLess(len(berta.voice), 1000)


class ListPingOffTest(SystemTest):
    """allowping = false."""

    keys = {"allowping": "false"}

    def test_silence(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(0.5)
            udp.connect(("127.0.0.1", self.server.port))
            udp.send(struct.pack(">I8s", 0, b"whatever"))
            with self.assertRaises(TimeoutError):
                udp.recv(100)


TONE_DBFS = -15.05  # RMS


def write_wav(path, samples, rate=48000):
    """One channel of 16 bits."""
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)


def part_levels(path, hz):
    """The level in dBFS (RMS) of what is at this frequency, of each second of a recording.

    Within 2.5 %: jitter buffers change their delay by stretching, which spreads a tone that much.
    """
    with wave.open(path, "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::channels] / 32768
    levels = []
    for second in samples[:len(samples) // rate * rate].reshape(-1, rate):
        spectrum = np.abs(np.fft.rfft(second * np.hanning(rate))) * 4 / rate
        width = hz // 40
        power = (spectrum[hz - width:hz + width + 1] ** 2).sum() / 1.5  # of the Hann window
        levels.append(10 * math.log10(power + 1e-18) - 3.01)
    return levels


def tone_seconds(path):
    """(level of each second of a tone, in dBFS (RMS), how long it was there, in seconds).

    Seconds of the tone, from its onset. The seconds of a recording would be cut anywhere: the last one with some of
    the tone has up to 0.4 s of the silence with which a mix ends, and with 0.44 s of it is 2.5 dB weaker. A second's level
    is that of its median block of 10 ms, so that a stall of the machine is a gap, and no change of the level.
    """
    with wave.open(path, "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")[::channels] / 32768
    blocks = samples[:len(samples) // (rate // 100) * (rate // 100)].reshape(-1, rate // 100)
    levels = 10 * np.log10(np.maximum((blocks ** 2).mean(axis=1), 1e-12))
    there = np.flatnonzero(levels > TONE_DBFS - 10)
    if not len(there):
        return [], 0.0
    tone_levels = levels[there[0]:there[-1] + 1]
    seconds = [tone_levels[at:at + 100] for at in range(0, len(tone_levels) - 50, 100)]
    return [float(np.median(second)) for second in seconds], len(there) / 100


def tone(path, seconds, hz=440, rate=48000):
    """A sine with a peak of -12 dBFS, in a file."""
    samples = (round(8192 * math.sin(2 * math.pi * hz * i / rate)) for i in range(seconds * rate))
    write_wav(path, struct.pack(f"<{seconds * rate}h", *samples), rate)


class Programs(SystemTest):
    """The command-line client: real Opus."""

    @classmethod
    def setUpClass(cls):
        """Writes what those play who only listen: without a file they would open a microphone. Once: a client that
        reads it while it is written again finds its end, and leaves."""
        super().setUpClass()
        cls.silence = os.path.join(cls.directory, "silence.wav")
        write_wav(cls.silence, bytes(96000))

    def join(self, name, *arguments, channel="", seconds=6):
        """Start it; its events are lines of JSON."""
        home = tempfile.mkdtemp(dir=self.directory)
        address = f"mumble://{name}@127.0.0.1:{self.server.port}/{channel}"
        return subprocess.Popen(
            [os.environ["SUSURRO"], "join", address, "--json", "--insecure", "--for", str(seconds),
             *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=clean_environment(home), cwd=home)

    def levels(self, output, name):
        """The levels at which this voice was heard in each whole second."""
        events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        return [one["dbfs"] for one in events if one["event"] == "level"
                and one.get("name") == name and one.get("seconds", 0) > 0.8]


class DirectTest(Programs):
    """Both forms of packets, both ways."""

    def test_all_ways(self):
        sound = os.path.join(self.directory, "tone.wav")
        tone(sound, 3)
        listeners = {}
        watcher = self.client("Watcher")
        for name, more in (("udp15", ["--udp"]), ("tcp15", ["--tcp"]),
                           ("udp13", ["--udp", "--legacy"]), ("tcp13", ["--tcp", "--legacy"])):
            record = os.path.join(self.directory, f"{name}.wav")
            listeners[name] = self.join(name, "--record", record, "--play", self.silence, *more, seconds=90)
        for name, process in listeners.items():
            try:
                watcher.wait_user(name, timeout_s=30)
            except wait.Timeout as fault:
                for one in listeners.values():
                    one.kill()
                raise AssertionError(f"{fault}; {name} said: {process.communicate()[0][-2000:]}") from fault
        speaker = self.join("speaker", "--play", sound, "--udp")
        speaker.communicate(timeout=60)
        for process in listeners.values():
            process.send_signal(signal.SIGINT)
        outputs = {name: process.communicate(timeout=40)[0] for name, process in listeners.items()}
        for name, output in outputs.items():
            with self.subTest(name):
                levels = self.levels(output, "speaker")
                self.assertTrue(levels, output[-2000:])
                for level in levels:
                    self.assertAlmostEqual(level, TONE_DBFS, delta=1.0)


class DuckTest(Programs):
    """The interpreter's voice over the floor's, and a duck that changes while they talk."""

    meeting = MEETING.replace("duck_db = -15", "duck_db = 0")

    def test_duck_changes_live(self):
        sounds = {}
        for name, hz in (("floor", 440), ("booth", 700)):
            sounds[name] = os.path.join(self.directory, f"{name}.wav")
            tone(sounds[name], 8, hz)
        record = os.path.join(self.directory, "duck.wav")
        listener = self.join("listener", "--record", record, "--play", self.silence, "--listen",
                             "es", channel="Asamblea", seconds=12)
        watcher = self.client("Watcher")
        watcher.wait_user("listener", "Español", timeout_s=10)
        speakers = [self.join("speaker", "--play", sounds["floor"], channel="Asamblea", seconds=9),
                    self.join("iris", "--play", sounds["booth"], channel="Asamblea/Booth%20en-es",
                              seconds=9)]
        watcher.wait_user("iris", "Booth en-es", timeout_s=10)
        wait.until_clock(time.monotonic() + 4.5)
        self.server.write(self.keys, self.meeting.replace("duck_db = 0", "duck_db = off"))
        os.kill(self.server.process.pid, signal.SIGHUP)
        for one in (listener, *speakers):
            one.communicate(timeout=40)
        floor, booth = part_levels(record, 440), part_levels(record, 700)
        heard = [second for second, level in enumerate(booth) if level > TONE_DBFS - 5]
        self.assertGreater(len(heard), 3, booth)
        self.assertEqual(heard, list(range(heard[0], heard[-1] + 1)), booth)  # without a gap
        both = [second for second in heard if floor[second] > TONE_DBFS - 5]
        alone = [second for second in heard if floor[second] < -50]
        self.assertTrue(both and alone and max(both) < min(alone), (floor, booth))


class MixedTest(Programs):
    """Listeners of a track, on every way, while nobody interprets: the floor at its full level."""

    meeting = MEETING

    def before_speech(self):
        """What happens when all listen."""

    def test_track(self):
        sound = os.path.join(self.directory, "tone.wav")
        tone(sound, 4)
        listeners, records = {}, {}
        for name, more in (("udp15", ["--udp"]), ("tcp13", ["--tcp", "--legacy"])):
            record = records[name] = os.path.join(self.directory, f"{name}.wav")
            listeners[name] = self.join(name, "--record", record, "--play", self.silence,
                                        "--listen", "es", *more, channel="Asamblea", seconds=8)
        watcher = self.client("Watcher")
        for name in listeners:
            watcher.wait_user(name, "Español", timeout_s=10)
        self.before_speech()
        speaker = self.join("speaker", "--play", sound, "--udp", channel="Asamblea")
        outputs = {name: process.communicate(timeout=40)[0] for name, process in listeners.items()}
        speaker.communicate(timeout=40)
        for name, output in outputs.items():
            with self.subTest(name):
                self.assertTrue(self.levels(output, "Español 🎧"), output[-2000:])
                levels, seconds = tone_seconds(records[name])
                self.assertGreater(seconds, 3.0)
                for level in levels:
                    self.assertAlmostEqual(level, TONE_DBFS, delta=1.0)
                self.assertEqual(self.levels(output, "speaker"), [])


class EndedElsewhereTest(MixedTest):
    """As above, when another meeting has just ended."""

    meeting = MEETING + """
[meeting "Taller"]
tracks = es, en
"""
    has_superuser = True

    def before_speech(self):
        root = self.superuser()
        root.ask(CHANNEL_REMOVE, {1: root.channel("Taller")["channel_id"]})
        self.assertIsNone(root.channel("Taller"))


if __name__ == "__main__":
    unittest.main()
