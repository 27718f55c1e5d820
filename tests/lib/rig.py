# SPDX-License-Identifier: BSD-3-Clause
"""The whole rig as a unittest base class: a server, PulseAudio, an observer and Mumble clients.

On failure it tells what the server and the clients printed, and leaves pictures of the clients'
windows and the last recordings in $INTEROP_OUT (default: the rig's own directory in /tmp, which is then kept).
"""

import functools
import os
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import wave

import numpy as np

from lib import judge, server, wait
from lib.mumble import PROGRAMS, MumbleClient
from lib.observer import ObserverClient
from lib.process import hurry, hurry_threads, require
from lib.pulse import RATE_HZ, PulseAudio

IS_LONG = os.environ.get("LONG") == "1"
LATE_S = 0.1  # where a thread waits so long, sound waits, and then no level or moment says anything
N_TAKES = 3
TAG = re.compile(r"<[^>]*>")
BREAK = re.compile(r"<br ?/?>|</p>|\n", re.IGNORECASE)


class MachineStalled(Exception):
    """What was recorded says more about this machine than about the server."""


class Watch:
    """Wakes up all the time, as what carries sound does, and notes when it was late."""

    def __init__(self):
        self.stalls = []  # (monotonic time, seconds late)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        hurry()
        due = time.monotonic()
        while not self._is_over.is_set():
            due += 0.01
            wait.until_clock(due)
            late = time.monotonic() - due
            if late > LATE_S:
                self.stalls.append((due, late))
                due += late

    def stop(self):
        self._is_over.set()
        self._thread.join()
        return self.stalls


def measured(test):
    """A test that measures: where the machine itself stalled, it is done again from its beginning, at most twice."""
    @functools.wraps(test)
    def again(self):
        for n_left in reversed(range(N_TAKES)):
            self.n_takes_left = n_left
            try:
                return test(self)
            except MachineStalled as stalled:
                print(f"{stalled}: measured again", file=sys.stderr, flush=True)
                self.begin_again(f"server, {n_left} takes left")
        return None
    return again


class Take:
    """Simultaneous recordings: said[name] and heard[name] begin at the same moment."""

    def __init__(self, said, heard):
        start = max(one.start_s for one in [*said.values(), *heard.values()])
        self.said = {name: self._cut(one, start) for name, one in said.items()}
        self.heard = {name: self._cut(one, start) for name, one in heard.items()}

    def save(self, directory, prefix):
        """Write all as WAV files, 16 bits."""
        for kind, sounds in (("said", self.said), ("heard", self.heard)):
            for name, samples in sounds.items():
                with wave.open(os.path.join(directory, f"{prefix}-{kind}-{name}.wav"), "wb") as file:
                    file.setnchannels(1)
                    file.setsampwidth(2)
                    file.setframerate(RATE_HZ)
                    file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())

    @staticmethod
    def _cut(recording, start_s):
        return recording.stop()[round((start_s - recording.start_s) * RATE_HZ):]


def reference_faults(given, said, name):
    """What is wrong with the recording of what a client was given, against the sound that was played to it."""
    first, last = judge.sounding(given)
    begin, end = judge.sounding(said)
    longer_s = (end - begin) - (last - first)
    return [f"{name} was given sound that was {longer_s * 1000:+.0f} ms longer"] if abs(longer_s) > 0.03 else []


class RigTest(unittest.TestCase):
    """setUpClass starts all but the clients; a test adds those it wants with client()."""

    meeting = None  # what stands in the server's configuration beside the usual
    superuser = None  # the SuperUser's password
    n_seats = 4  # clients at the same time, at most
    server = observer = None  # the running ones
    n_clients = 0  # ever
    servers = ("susurro", "murmur")  # the values of $SERVER for which the tests make sense

    @classmethod
    def setUpClass(cls):
        which = os.environ.get("SERVER", "susurro")
        if which not in cls.servers:
            raise unittest.SkipTest(f"SERVER={which} cannot do this: it needs {cls.servers}")
        require(*PROGRAMS, *server.kind().programs)
        cls.directory = tempfile.mkdtemp(prefix="susurro-")
        cls.has_failed = False
        cls.addClassCleanup(cls._sweep)
        cls.addClassCleanup(cls._end)
        cls._begin("server")
        cls.pulse = PulseAudio(os.path.join(cls.directory, "pulse"), cls.n_seats)
        cls.addClassCleanup(cls.pulse.stop)

    @classmethod
    def _begin(cls, folder):
        cls.server = cls.make_server(os.path.join(cls.directory, folder))
        cls.observer = ObserverClient(cls.server.port).connect()

    @classmethod
    def _end(cls):
        if cls.observer:
            cls.observer.close()
        if cls.server:
            cls.server.stop()

    def begin_again(self, folder):
        """All anew: a server that remembers nothing of before."""
        self.end_clients()
        self._end()
        self._begin(folder)
        self.setUp()

    @classmethod
    def make_server(cls, directory):
        return server.make(directory, cls.meeting, cls.superuser)

    @classmethod
    def _sweep(cls):
        if cls.has_failed:
            print(f"kept for a look: {cls.directory}", file=sys.stderr)
        else:
            shutil.rmtree(cls.directory, ignore_errors=True)

    def setUp(self):
        self.clients = []
        self.take = None  # the last one
        self.n_takes_left = 0
        self.addCleanup(self._end_clients)

    def _end_clients(self):
        result = self._outcome.result
        failed = any(self in (one, getattr(one, "test_case", None))
                     for one, _ in [*result.failures, *result.errors])
        if failed:
            type(self).has_failed = True
            self._tell()
        self.end_clients()

    def end_clients(self):
        """All go, and the server knows."""
        while self.clients:
            one = self.clients.pop()
            one.stop()
            wait.until(lambda name=one.name: not self.observer.user(name), 20, f"{one.name} is gone")

    def _tell(self):
        out = os.environ.get("INTEROP_OUT", self.directory)
        os.makedirs(out, exist_ok=True)
        print(f"\n--- server\n{self.server.log()}", file=sys.stderr)
        for client in self.clients:
            print(f"--- {client.name}\n{client.log()}", file=sys.stderr)
            path = client.screenshot(os.path.join(out, f"{self.id()}-{client.name}.png"))
            print(f"picture: {path}", file=sys.stderr)
        if self.take:
            self.take.save(out, self.id())

    def client(self, name, channel="", **options):
        """Start a client; channel is a path such as "Asamblea/Español". wait_online() waits."""
        path = urllib.parse.quote(channel)
        self.n_clients += 1
        one = MumbleClient(f"{self.directory}/{self._testMethodName}{self.n_clients}", self.pulse, self.server,
                           name, path, **options)
        self.clients.append(one)
        return one

    def wait_online(self, n_datagrams=100):
        """Wait until every client is in, where it was sent, and has its sound streams running.

        Then, until so many datagrams of each have come in: by then all have found their way to UDP.
        """
        for client in self.clients:
            where = urllib.parse.unquote(client.channel).split("/")[-1] or None

            def is_in(name=client.name, process=client.process, channel=where):
                process.check_running()
                return self.observer.user(name) and channel in (
                    None, self.observer.channel_of(name))
            wait.until(is_in, 30, lambda: f"{client.name} in {where}; now in "
                       f"{self.observer.channel_of(client.name)}")
            wait.until(client.has_sound, 20, f"sound streams of {client.name}")
            hurry_threads(client.process.pid)  # those for sound and network have made themselves ordinary ones
        before = self._observed()
        asked = [self.observer.user(one.name) for one in self.clients if n_datagrams and one.sends_datagrams]
        for user in sorted(asked, key=lambda one: one["channel_id"]):
            self._wait_datagrams(user, n_datagrams)
        self._observe_in(before)

    def _observed(self):
        """The channel in which the observer is."""
        return self.observer.users[self.observer.session]["channel_id"]

    def _observe_in(self, channel_id):
        """Go there, also where so many moves in a second are more than the server takes."""
        def is_there():
            if self._observed() == channel_id:
                return True
            self.observer.move(self.observer.session, channel_id)
            return False
        wait.until(is_there, 10, f"the observer in channel {channel_id}", 0.25)

    def _wait_datagrams(self, user, n_datagrams):
        """The server tells those in the same channel how many it has got of somebody."""
        self._observe_in(user["channel_id"])
        wait.until(lambda: self.observer.user_stats(user["session"])["from_client"]["good"] >= n_datagrams, 20,
                   f"voice of {user['name']} by UDP", 0.1)

    def log_of(self, client):
        """The lines of a client's log, as plain text without the time: it is made to write them into its channel."""
        user = self.observer.user(client.name)
        self.observer.join(user["channel_id"])

        def copies():
            return [one["message"] for one in list(self.observer.texts)
                    if one["actor"] == user["session"] and "Welcome" in one["message"]]
        n = len(copies())
        client.repeat_log()
        html = wait.until(lambda: copies()[n:], 10, f"the log of {client.name}")[0]
        lines = [TAG.sub("", line).replace("&nbsp;", " ").strip() for line in BREAK.split(html)]
        return [re.sub(r"^\[[\d:]+\] ", "", line) for line in lines if line]

    def assert_has_line(self, lines, part, n=1):
        """The log has n lines with that part."""
        self.assertEqual(len([line for line in lines if part in line]), n, (part, lines))

    def carry(self, sounds, listeners, tail_s=1.0, acts=()):
        """Play {client: samples} at once, record what the listeners hear; return the Take.

        acts: (seconds from the beginning, what to call then), in order. MachineStalled when it did, and the
        test is @measured and may be done again.
        """
        watch = Watch()
        try:
            self.take = self._carry(sounds, listeners, tail_s, acts)
        finally:
            stalls = watch.stop()
        faults = [f"this machine stalled for {late * 1000:.0f} ms" for _, late in stalls]
        for client, samples in sounds.items():
            faults += reference_faults(samples, self.take.said[client.name], client.name)
        self.check_machine(faults)
        return self.take

    def check_machine(self, faults):
        """Give up this take for what is wrong with the machine, unless it is the last one."""
        if faults and self.n_takes_left:
            raise MachineStalled("; ".join(faults[:4]))
        if faults:
            print(f"judged all the same: {'; '.join(faults)}", file=sys.stderr)

    def _carry(self, sounds, listeners, tail_s, acts):
        said = {client.name: self.pulse.record_mic(client.name) for client in sounds}
        heard = {client.name: self.pulse.record_speaker(client.name) for client in listeners}
        longest = max(len(samples) for samples in sounds.values()) / RATE_HZ
        playings = [self.pulse.play(client.name, samples) for client, samples in sounds.items()]
        start = time.monotonic()
        for at_s, act in acts:
            wait.until_clock(start + at_s)
            act()
        for playing in playings:
            playing.wait(longest + 20)
        recordings = [*said.values(), *heard.values()]
        lengths = [one.seconds() + tail_s for one in recordings]
        wait.until(lambda: all(one.seconds() >= n for one, n in zip(recordings, lengths)),
                   tail_s + 20, "the recordings' ends")
        return Take(said, heard)
