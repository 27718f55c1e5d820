# SPDX-License-Identifier: BSD-3-Clause
"""200 people come, go, move and speak at once, by UDP and through the tunnel, in two meetings with booths on air,
changing tiers, a recording and an admin who does not sit still: for ThreadSanitizer, and whoever else looks on."""

import json
import os
import random
import ssl
import threading
import time
import unittest

import numpy

from lib.observer import USER_STATE, VOICE_TARGET
from lib.protobuf import last
from lib.sound import RATE_HZ
from system.case import SUPERUSER_PASSWORD, SystemServer, SystemTest, end, set_superuser_password
from system.client import TEXT_MESSAGE, VERSION_1_5_0, Client
from system.talk import Opus
from system.voice import Datagrams, legacy, modern

SECONDS = float(os.environ.get("CHURN_S", "15"))  # after all have come; CHURN_S=300 for the long form
LIMIT_S = 120  # more, on a slow machine
PEOPLE, WORKERS = int(os.environ.get("CHURN_PEOPLE", "200")), 4
SEED = int(os.environ.get("SEED", "20241130"))
FRAME_S = 0.02
SPEAKING = 0.12  # of those who are here
PLUGIN_DATA = 26
MEETINGS = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es, en-fr
default_language = en
interpreters = anyone
air = voice
moderators = P0, P1, P2, P3

[meeting "Taller"]
tracks = es, pt
booths = es-pt
default_language = es
interpreters = anyone
air = act
moderators = P4, P5
"""
TIERS = ("full", "standard", "thin", "minimum", "lifeline")
COMMANDS = (*(f"!tier {name}" for name in TIERS), "!low", "!auto", "!floor", "!es", "!en", "!fr", "!pt", "!under",
            "!understand en es", "!speak es", "!mute P7", "!unmute P7", "!hand", "!down", "!queue", "!air", "!off",
            "!handover", "!take", "!out", "!relay", "!partner P9", "!history", "!music", "!vote 1", "!join")
CHAIR = ("!next", "!stacking on", "!stacking off", "!limit 60", "!limit off", "!poll A? / B / C", "!notice Hola",
         "!muteall", "!unmuteall", "!lock", "!unlock", "!gather", "!turn", "!pivot en", "!pivot off",
         "!floorlang es", "!floorlang en", "!line P8 minimum", "!line P8 auto", "!line P10 thin", "!line P10 auto",
         "!breakout 3", "!back", "!record on", "!record off", "!interpreter P11", "!participant P11")
ADMIN = ("meetings", "meeting Asamblea figures", "meeting Taller figures", "meeting Asamblea turn", "lines",
         "lines server max thin", "lines server auto", "line P12 full", "line P12 auto", "config",
         "config set listenersperchannel 5", "config unset listenersperchannel", "config set hidechannels true",
         "config set hidechannels false", "config set bandwidth 60000", "config unset bandwidth",
         "meeting Asamblea tier P13 lifeline", "meeting Asamblea tier P13 auto", "meeting Asamblea listen P14 es")
SPEECH = []  # packets of a voice in syllables


def speech_packets():
    at_s = numpy.arange(2 * RATE_HZ) / RATE_HZ
    return list(Opus().packets(0.1 * (0.55 - 0.45 * numpy.cos(2 * numpy.pi * 5 * at_s))
                               * numpy.sin(2 * numpy.pi * 440 * at_s)))


class Person:
    """Somebody who comes again whenever they have gone; of one thread."""

    def __init__(self, port, name, rng):
        self.port, self.name, self.random = port, name, rng
        self.client = self.udp = None
        self.frame, self.target = 0, 0
        self.is_speaking = self.is_modern = False

    @property
    def is_here(self):
        return self.client is not None and not self.client.is_closed

    def come(self):
        self.leave()
        self.is_modern = self.random.random() < 0.4
        more = {"version": 0x010500, "version_v2": VERSION_1_5_0} if self.is_modern else {}
        self.client = Client(self.port, self.name, **more)
        try:
            self.client.connect(60)
        except OSError:  # kicked while coming, or the name is still taken
            self.client.is_closed = True
            return False
        self.udp = Datagrams(self.client) if self.random.random() < 0.7 else None
        self.client.forget()
        if self.udp:
            self.udp.socket.setblocking(False)
            self.ping()
        return True

    def leave(self):
        self.is_speaking = False
        if self.udp:
            self.udp.close()
        if self.client:
            self.client.close()
        self.client = self.udp = None

    def ping(self):
        if self.udp:
            self.datagram(b"\x20\x05")
        self.write(3, {1: 1})

    def write(self, kind, body):
        try:
            self.client.send(kind, body)
        except OSError:
            self.client.is_closed = True

    def datagram(self, plain):
        try:
            self.udp.send(plain)
        except OSError:
            pass  # nobody listens there any more, or the buffer is full

    def speak(self):
        make = modern if self.is_modern else legacy
        is_last = self.random.random() < 0.01
        packet = make(self.frame, SPEECH[self.frame // 2 % len(SPEECH)], self.target, is_last)
        self.frame += 2
        if self.udp:
            self.datagram(packet)
        else:
            self.write(1, packet)

    def drain(self):
        """Throw away what came."""
        tls = self.client._tls
        try:
            tls.setblocking(False)
            while tls.recv(65536):
                pass
            self.client.is_closed = True
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self.client.is_closed = True
        try:
            while self.udp and self.udp.socket.recv(2048):
                pass
        except OSError:
            pass


class Worker(threading.Thread):
    """Some of the people, and all that they do."""

    def __init__(self, port, numbers, counts):
        super().__init__(daemon=True)
        self.random = random.Random(SEED + numbers[0])
        self.people = [Person(port, f"P{number}", self.random) for number in numbers]
        self.counts = counts
        self.is_stopping, self.failure = False, None
        self.all_here = threading.Event()

    def run(self):
        try:
            self.live()
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
            self.all_here.set()
        for person in self.people:
            person.leave()

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def come(self, person):
        if person.come():
            self.count("logins")
            self.move(person)

    def move(self, person):
        channel = self.random.choice(sorted(person.client.channels))
        person.write(USER_STATE, {1: person.client.session, 5: channel})
        self.count("moves")

    def act(self, person):
        """One of the things that people do."""
        pick = self.random.random()
        me = person.client.session
        if pick < 0.25:
            self.move(person)
        elif pick < 0.45:
            line = self.random.choice(CHAIR if self.random.random() < 0.4 else COMMANDS)
            person.write(TEXT_MESSAGE, {2: [me], 5: line})
            self.count("commands")
        elif pick < 0.55:
            person.write(USER_STATE, {1: me, self.random.choice((9, 10, 19)): self.random.random() < 0.3})
        elif pick < 0.63:
            person.target = self.random.choice((0, 0, 1, 31))
            person.write(VOICE_TARGET, {1: 1, 2: [{1: [me + 1]} if self.random.random() < 0.5 else
                                                   {2: self.random.choice(sorted(person.client.channels)), 5: True}]})
        elif pick < 0.70:
            channels = [self.random.choice(sorted(person.client.channels))]
            person.write(USER_STATE, {1: me, self.random.choice((21, 22)): channels})
        elif pick < 0.78 and person.udp:
            person.udp.rebind()
            person.udp.socket.setblocking(False)
            person.ping()
        elif pick < 0.90:
            self.come(person)  # goes without a word, and comes again
        else:
            person.ping()

    def talk(self):
        """One frame of everybody who speaks; some begin, some end."""
        here = [person for person in self.people if person.is_here]
        for person in here:
            if self.random.random() < (0.02 if person.is_speaking else 0.02 * SPEAKING):
                person.is_speaking = not person.is_speaking
            if person.is_speaking:
                person.speak()
                self.count("packets")

    def live(self):
        for person in self.people:
            self.come(person)
        self.all_here.set()
        turn = 0
        while not self.is_stopping:
            began = time.monotonic()
            self.talk()
            person = self.random.choice(self.people)
            if person.is_here:
                self.act(person)
            else:
                self.come(person)
            # A few at a time: everybody is read from every 0.2 s.
            for one in self.people[turn % 10::10]:
                if one.is_here:
                    one.drain()
            turn += 1
            time.sleep(max(0.0, began + FRAME_S - time.monotonic()))


class Admin(threading.Thread):
    """The SuperUser: administers without pause, and looks whether booths are on air and meetings recorded."""

    def __init__(self, test):
        super().__init__(daemon=True)
        self.test = test
        self.random = random.Random(SEED)
        self.is_stopping, self.failure = False, None
        self.on_air, self.n_done, self.n_recording = set(), 0, 0

    def run(self):
        try:
            root = self.test.superuser()
            root.join(root.channel("Asamblea")["channel_id"])
            root.command("!record on")
            while not self.is_stopping:
                self.act(root)
                self.n_done += 1
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error

    def ask(self, root, line):
        frames = root.ask(PLUGIN_DATA, {3: line.encode(), 4: "susurro.admin"})
        return [last(fields, 3) for kind, fields in frames if kind == PLUGIN_DATA]

    def look(self, root):
        for answer in self.ask(root, "meetings"):
            for meeting in json.loads(answer).get("meetings", []):
                self.n_recording += bool(meeting.get("recording"))
                self.on_air.update(place["on_air"] for place in meeting["places"] if place.get("on_air"))

    def act(self, root):
        pick = self.random.random()
        others = [session for session in root.users if session != root.session] or [0]
        if pick < 0.3:
            self.look(root)
        elif pick < 0.6:
            self.ask(root, self.random.choice(ADMIN))
        elif pick < 0.75:
            home = {3: [root.here()]} if self.random.random() < 0.5 else {2: [root.session]}
            root.ask(TEXT_MESSAGE, {**home, 5: self.random.choice(CHAIR)})
        elif pick < 0.85:
            root.change(self.random.choice(others), **{self.random.choice(("f6", "f7", "f18")):
                                                       self.random.random() < 0.3})
        elif pick < 0.95:
            root.change(self.random.choice((root.session, *others)), f5=self.random.choice(sorted(root.channels)))
        else:
            root.send(8, {1: self.random.choice(others), 3: "churn"})
        if self.n_done % 20 == 0:
            self.test.server.process.popen.send_signal(1)  # the configuration is read again
        root.forget()


class ChurnTest(SystemTest):
    """$CHURN_S seconds of it, and then the server ends as it should."""

    @classmethod
    def start(cls, name="server"):
        recordings = os.path.join(cls.directory, "recordings")
        keys = {"users": 2 * PEOPLE, "autobanAttempts": 0, "connections_per_host": 4 * PEOPLE, "timeout": 300,
                "recordings": recordings, "voice_threads": 2}
        server = SystemServer(os.path.join(cls.directory, name), keys, MEETINGS)
        cls.addClassCleanup(end, server)
        cls.calm(server.process.popen.pid)
        set_superuser_password(server)
        return server

    @staticmethod
    def calm(pid):
        """It is not to go before tests that play sound in real time, as other servers under test do."""
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.sched_setscheduler(int(thread), os.SCHED_OTHER, os.sched_param(0))

    def superuser(self):
        client = Client(self.server.port, "SuperUser", password=SUPERUSER_PASSWORD)
        self.addCleanup(client.close)
        return client.connect(60)

    def recorded(self):
        return [name for _, _, files in os.walk(os.path.join(self.directory, "recordings"))
                for name in files]

    def is_enough(self, counts, busy):
        """Has everything happened that is said above?"""
        return (counts["logins"] > 1.2 * PEOPLE and all(counts.get(what, 0) > SECONDS
                                                        for what in ("moves", "commands", "packets"))
                and busy.on_air and busy.n_recording > 0 and self.recorded())

    def summary(self, counts, busy):
        return (f"{counts}, {busy.n_done} by the admin, {len(busy.on_air)} people seen on air, {busy.n_recording} times "
                f"recording, {len(self.recorded())} files")

    def watch(self, threads, *done):
        """For the time set; on a slow machine longer, until there was enough."""
        began = time.monotonic()
        while time.monotonic() < began + SECONDS or not self.is_enough(*done):
            self.assertLess(time.monotonic(), began + SECONDS + LIMIT_S, f"too little: {self.summary(*done)}")
            self.assertFalse([one.failure for one in threads if one.failure])
            self.server.process.check_running()
            time.sleep(0.2)

    def test_churn(self):
        SPEECH.extend(speech_packets())
        counts = {}
        workers = [Worker(self.server.port, range(i, PEOPLE, WORKERS), counts) for i in range(WORKERS)]
        for one in workers:
            one.start()
        for one in workers:
            self.assertTrue(one.all_here.wait(120))
        busy = Admin(self)
        busy.start()
        self.watch([*workers, busy], counts, busy)
        for one in (*workers, busy):
            one.is_stopping = True
        for one in (*workers, busy):
            one.join(60)
            self.assertFalse(one.is_alive())
            self.assertIsNone(one.failure)
        print(self.summary(counts, busy), end=" ", flush=True)
        self.assertTrue(self.is_enough(counts, busy))
        self.assertTrue(self.client("Late").session)


if __name__ == "__main__":
    unittest.main()
