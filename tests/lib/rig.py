# SPDX-License-Identifier: BSD-3-Clause
"""The whole rig as a unittest base class: a server, PulseAudio, an observer and Mumble clients.

On failure it tells what the server and the clients printed, and leaves pictures of the clients'
windows and the last recordings in $INTEROP_OUT (default: the rig's own directory in /tmp, which is then kept).
"""

import os
import shutil
import sys
import tempfile
import time
import unittest
import urllib.parse
import wave

import numpy as np

from lib import server, wait
from lib.mumble import PROGRAMS, MumbleClient
from lib.observer import ObserverClient
from lib.process import require
from lib.pulse import RATE_HZ, PulseAudio

IS_LONG = os.environ.get("LONG") == "1"


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


class RigTest(unittest.TestCase):
    """setUpClass starts all but the clients; a test adds those it wants with client()."""

    meeting = None  # what stands in the server's configuration beside the usual
    superuser = None  # the SuperUser's password
    n_seats = 4  # clients at the same time, at most
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
        cls.server = cls.make_server(os.path.join(cls.directory, "server"))
        cls.addClassCleanup(cls.server.stop)
        cls.pulse = PulseAudio(os.path.join(cls.directory, "pulse"), cls.n_seats)
        cls.addClassCleanup(cls.pulse.stop)
        cls.observer = ObserverClient(cls.server.port).connect()
        cls.addClassCleanup(cls.observer.close)

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
        self.addCleanup(self._end_clients)

    def _end_clients(self):
        result = self._outcome.result
        failed = any(self in (one, getattr(one, "test_case", None))
                     for one, _ in [*result.failures, *result.errors])
        if failed:
            type(self).has_failed = True
            self._tell()
        for client in self.clients:
            client.stop()

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
        one = MumbleClient(self.directory + "/" + self._testMethodName, self.pulse, self.server,
                           name, path, **options)
        self.clients.append(one)
        return one

    def wait_online(self, settle_s=2.0):
        """Wait until every client is in, where it was sent, and has its sound streams running.

        Then settle_s more, in which the clients find their way to UDP and their jitter buffers
        a first depth.
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
        wait.until_clock(time.monotonic() + settle_s)

    def carry(self, sounds, listeners, tail_s=1.0, acts=()):
        """Play {client: samples} at once, record what the listeners hear; return the Take.

        acts: (seconds from the beginning, what to call then), in order.
        """
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
        self.take = Take(said, heard)
        return self.take
