# SPDX-License-Identifier: BSD-3-Clause
"""Interpreters who vanish in mid-sentence: killed, stopped, or cut off by a network that says nothing.

Judged by sound: in the speaker's voice there is a steady tone, whose level on the track is the gain at which the
floor is heard there; the interpreter's voice has nothing at that frequency.
"""

import os
import select
import signal
import socket
import tempfile
import threading
import time
import wave

import numpy

from lib import net
from lib.judge import tone_dbfs
from lib.observer import CRYPT_SETUP
from lib.process import Process, clean_environment
from lib.protobuf import last
from lib.sound import RATE_HZ, band, speech, tone
from system import voice
from system.case import SystemTest
from system.talk import Ear, Opus, Talk

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = Iris, Iris1, Iris2, Iris3, Ivan
moderators = Mona
air = act
levelling = off
duck_db = -18
"""
PILOT_HZ = 3170.0
FULL_DB = 1.5  # of the level before
WITHIN_S = 1.0


class Proxy:
    """A network that can be cut: what goes in afterwards stays there, and nobody is told."""

    def __init__(self, port):
        self.port = net.free_port()
        self.is_cut, self.is_over = False, False
        self._server = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", self.port))
        self._udp_out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp_out.connect(self._server)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self.is_over = True
        self._thread.join(5)
        for one in (self._listener, self._udp, self._udp_out):
            one.close()

    def _run(self):
        client, _ = self._listener.accept()
        server = socket.create_connection(self._server)
        others, address = {client: server, server: client}, None
        while not self.is_over:
            ready, _, _ = select.select([client, server, self._udp, self._udp_out], [], [], 0.02)
            if self.is_cut:
                time.sleep(0.02)
                continue
            for one in ready:
                if one is self._udp:
                    data, address = one.recvfrom(2048)
                    self._udp_out.send(data)
                elif one is self._udp_out:
                    self._udp.sendto(one.recv(2048), address)
                else:
                    data = one.recv(65536)
                    if not data:
                        self.is_over = True
                        break
                    others[one].sendall(data)
        for one in others:
            one.close()


def write_wav(path, samples):
    with wave.open(path, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


class VanishTest(SystemTest):
    """The interpreter is the real client in a process of its own."""

    meeting = MEETING

    def setUp(self):
        self.n_irises = 0
        self.ana = self.client("Ana")
        self.ivan, self.mona = self.client("Ivan"), self.client("Mona")
        self.floor, self.english, self.booth = (
            self.ana.channel(name)["channel_id"] for name in ("Asamblea", "English", "Booth en-es"))
        self.ana.join(self.english)
        self.ivan.join(self.booth)
        self.mona.join(self.floor)

    def told(self, client, part, timeout_s=10):
        return client.until(lambda: [one["message"] for one in client.texts
                                     if one["actor"] is None and part in one["message"]],
                            timeout_s, lambda: f"{part!r} in {client.texts}")

    def speak(self, name, port, channel, samples, *more):
        """The real client in a process of its own, speaking without a pause for as long as it lives."""
        home = tempfile.mkdtemp(prefix=name, dir=self.directory)
        write_wav(os.path.join(home, "voice.wav"), samples)
        process = Process([os.environ["SUSURRO"], "join", f"mumble://{name}@127.0.0.1:{port}/{channel}",
                           "--play", "voice.wav", "--loop", "--insecure", *more],
                          os.path.join(home, "log"), env=clean_environment(home), cwd=home)
        self.addCleanup(process.popen.wait)
        self.addCleanup(process.popen.kill)
        return process

    def interpret(self, port, *more):
        """By another name each time: whoever was cut off is still there for the server."""
        self.n_irises += 1
        return self.speak(f"Iris{self.n_irises}", port, "Asamblea/Booth%20en-es",
                          band(speech("en", 20, pauses=False), 100, 2300), "--command", "!aire", *more)

    def listen(self, seconds, act_at_s=None, act=None):
        """What Ana hears, and when it was done."""
        began, acted_s, ear = time.monotonic(), None, Ear()
        self.ana.voice.clear()
        while time.monotonic() - began < seconds:
            self.ana.pump(0.01)
            if act and acted_s is None and time.monotonic() - began >= act_at_s:
                act()
                acted_s = time.monotonic()
        voice_of_track = self.ana.user("English 🎧")["session"]
        for arrival_s, packet in self.ana.voice:
            if voice.Heard(packet).session == voice_of_track:
                ear.add(arrival_s, packet)
        return ear, acted_s

    def level_db(self, samples):
        return tone_dbfs(samples, PILOT_HZ, 0.05)

    def vanish(self, full_db, port, act, *more):
        """Iris vanishes. What is wrong with what is heard, or how soon the floor is back in full."""
        n_before = len(self.ivan.texts)
        iris = self.interpret(port, *more)
        self.ivan.until(lambda: any(f"Iris{self.n_irises} está al aire" in one["message"]
                                    for one in self.ivan.texts[n_before:]), 20, "Iris on air")
        ear, acted_s = self.listen(6, 3.5, lambda: act(iris))
        began_s, samples = ear.sound()
        level_db = self.level_db(samples) - full_db
        at_s = began_s + 0.01 * numpy.arange(len(level_db))
        before = float(numpy.median(level_db[(at_s > acted_s - 1.5) & (at_s < acted_s)]))
        after = (at_s > acted_s) & (at_s < at_s[-1] - 0.2)
        full = at_s[after & (level_db > -FULL_DB)]
        full_s = float(full[0]) - acted_s if len(full) else float("inf")
        later = float(numpy.median(level_db[(at_s > acted_s + full_s) & after])) if len(full) else 0.0
        is_fine = before < -15.0 and full_s < WITHIN_S and later > -FULL_DB
        text = f"{before:.1f} dB before, full after {full_s:.2f} s, {later:.1f} dB then"
        print(text, flush=True)
        return iris, None if is_fine else text

    def judge(self, reach, act, *more):
        """Everybody knows, the partner goes on, and the floor was back in time.

        A machine that has other things to do may be late itself: then the sound is judged once more.
        """
        luis = self.speak("Luis", self.server.port, "Asamblea", speech("es", 10, pauses=False) +
                          tone(PILOT_HZ, 10, -26.0))
        self.ana.until(lambda: self.ana.voice, 20, "the floor")
        full_db = float(numpy.median(self.level_db(self.listen(3)[0].sound()[1])))
        for _ in range(3):
            iris, fault = self.vanish(full_db, reach(), act, *more)
            self.told(self.ivan, "estarás al aire")
            self.told(self.mona, "«Booth en-es»")
            n = len(self.ivan.texts)
            Talk().add(self.ivan, speech("en", 2, pauses=False)).run()
            self.ivan.until(lambda: any("🔴 Estás al aire" in one["message"]
                                        for one in self.ivan.texts[n:]), 5, "on air by voice")
            if not fault:
                luis.stop()
                return iris
            self.ivan.command("!fuera")
            iris.popen.kill()
            iris.popen.wait()
        return self.fail(fault)

    def direct(self):
        return self.server.port

    def through_proxy(self):
        self.proxy = Proxy(self.server.port)
        self.addCleanup(self.proxy.close)
        return self.proxy.port

    def cut(self, _):
        self.proxy.is_cut = True

    def test_killed(self):
        self.judge(self.direct, lambda iris: iris.popen.send_signal(signal.SIGKILL))

    def test_stopped(self):
        """The process hangs: its kernel still answers for TCP."""
        iris = self.judge(self.direct, lambda iris: iris.popen.send_signal(signal.SIGSTOP), "--udp")
        iris.popen.send_signal(signal.SIGCONT)
        self.server.wait_log("an interpreter does not answer")

    def test_cut_off(self):
        """Neither TCP nor UDP come through any more, and no end of either."""
        self.judge(self.through_proxy, self.cut, "--udp")

    def test_cut_off_in_the_tunnel(self):
        self.judge(self.through_proxy, self.cut, "--tcp")


class SignOfLifeTest(SystemTest):
    """Who answers has not vanished, and the answer's nonce changes nothing."""

    meeting = MEETING

    def probed(self, client):
        return [one for one in client.kinds(CRYPT_SETUP) if not one]

    def test_a_lost_end(self):
        iris, ivan = self.client("Iris"), self.client("Ivan")
        booth = iris.channel("Booth en-es")["channel_id"]
        for client in (iris, ivan):
            client.join(booth)
        iris.command("!air")
        datagrams = voice.Datagrams(iris)
        self.addCleanup(datagrams.close)
        datagrams.ping()
        old = datagrams.to_server
        sent = [datagrams.send(voice.legacy(2 * i, packet)) for i, packet in
                enumerate(Opus().packets(speech("en", 0.6)))]
        iris.until(lambda: self.probed(iris), 5, "an empty CryptSetup")
        self.assertEqual(len(self.probed(iris)), 1, "one question until it is answered")
        iris.send(CRYPT_SETUP, {2: old.to_bytes(16, "little")})
        iris.barrier()
        datagrams.ping()
        good = iris.user_stats(iris.session)["from_client"]["good"]
        for one in sent:  # again: had the nonce gone back, they would open
            datagrams.socket.send(one)
        datagrams.ping()
        self.assertEqual(iris.user_stats(iris.session)["from_client"]["good"], good + 1)
        datagrams.send(voice.legacy(100, next(iter(Opus().packets(speech("en", 0.02)))), is_last=True))
        deadline = time.monotonic() + 1.5
        while time.monotonic() < deadline:  # what must not happen has its time
            ivan.pump(0.05)
        self.assertNotIn("does not answer", self.server.process.log())
        self.assertFalse([one for one in ivan.texts if "estarás al aire" in one["message"]])

    def test_no_answer(self):
        """Asked some times, then taken off the air; one who speaks again is on air again, at the first packet."""
        iris = self.client("Iris")
        iris.join(iris.channel("Booth en-es")["channel_id"])
        iris.command("!air")
        for i, packet in enumerate(Opus().packets(speech("en", 0.6))):
            iris.tunnel(voice.legacy(2 * i, packet))
        iris.until(lambda: [one for one in iris.texts if "conexión se cortó" in one["message"]], 5,
                   "a text")
        self.assertIn(len(self.probed(iris)), range(2, 10))
        iris.next_frame = 1000
        iris.tunnel(voice.legacy(1000, next(iter(Opus().packets(speech("en", 0.02))))))
        iris.until(lambda: len([one for one in iris.texts if "🔴 Estás al aire" in one["message"]])
                   == 2, 5, "on air again")
        self.assertTrue(last(iris.kinds(CRYPT_SETUP)[0], 1))
