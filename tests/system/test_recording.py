# SPDX-License-Identifier: BSD-3-Clause
"""Recordings: the real server with people who speak; its files are decoded by ffmpeg and judged."""

import json
import os
import re
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import numpy as np

from lib import wait
from lib.observer import USER_STATE
from lib.process import path_of
from lib.protobuf import last, text
from lib.sound import RATE_HZ, at_level, rms_dbfs
from system.case import (SANITIZER, SUPERUSER_PASSWORD, SystemServer, SystemTest, end,
                         set_superuser_password)
from system.client import CHANNEL_REMOVE, Client
from system.talk import Talk
from system.test_admin import DONE, NOT_FOUND, REFUSED, USAGE, admin

MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-es
default_language = en
duck_db = -15
interpreters = Iris, Ivan
moderators = Mona
air = act
levelling = off

[meeting "Plática"]
tracks = es, en
recording = off
moderators = Mona
"""
FILES = ["en.opus", "es.opus", "floor.opus", "fr.opus", "speakers.vtt"]
SPEECH_DB = -20.0
ABSENT_DB = -42.0  # what two codecs make of another tone is below this
CUE = re.compile(r"(\d+):(\d\d):(\d\d\.\d{3}) --> (\d+):(\d\d):(\d\d\.\d{3})\n<v ([^>]+)>(.*)\n\n")


def voice(hz, seconds):
    """A tone in syllables, which the server takes for a voice however long it lasts."""
    at_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return at_level((0.55 - 0.45 * np.cos(2 * np.pi * 5 * at_s)) * np.sin(2 * np.pi * hz * at_s), SPEECH_DB)


def decode(path):
    """Samples of a file that any player plays, or the complaint of one that does not."""
    done = subprocess.run([path_of("ffmpeg"), "-nostdin", "-loglevel", "warning", "-i", path, "-f", "f32le",
                           "-ar", str(RATE_HZ), "-ac", "1", "-"], capture_output=True, timeout=60,
                          check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr.decode()
    return np.frombuffer(done.stdout, dtype="<f4")


def is_ended(path):
    """Does its last page say that it is the last?"""
    with open(path, "rb") as file:
        data = file.read()
    return data[data.rindex(b"OggS") + 5] & 4 != 0


class Level:
    """Of one tone within a sound, every 10 ms."""

    def __init__(self, samples, hz):
        step = RATE_HZ // 100
        n = len(samples) // step
        wave = np.exp(-2j * np.pi * hz * np.arange(n * step) / RATE_HZ) * samples[:n * step]
        parts = wave.reshape(n, step).mean(axis=1)
        self.power = 2 * np.abs(np.convolve(parts, np.ones(3) / 3, "same")) ** 2 + 1e-15
        self.db = 10 * np.log10(self.power)

    def span(self, above_db=SPEECH_DB - 15):
        """From when until when it sounds."""
        loud = np.flatnonzero(self.db > above_db)
        return (loud[0] / 100, (loud[-1] + 1) / 100) if len(loud) else None

    def within(self, begin_s, end_s):
        """Its level between two moments."""
        return 10 * np.log10(np.mean(self.power[round(begin_s * 100):round(end_s * 100)]))

    def highest(self):
        return float(np.max(self.db))


def cues(path):
    """[(begin, end, name, text)] of a list of speakers."""
    with open(path, encoding="utf-8") as file:
        whole = file.read()
    assert whole.startswith("WEBVTT"), whole
    found = CUE.findall(whole)
    assert whole.endswith("\n\n") and whole.count("-->") == len(found), whole
    return [(int(h) * 3600 + int(m) * 60 + float(s), int(h2) * 3600 + int(m2) * 60 + float(s2), name, said)
            for h, m, s, h2, m2, s2, name, said in found]


class RecordingCase(SystemTest):
    """A server with a folder for recordings, emptied for each test."""

    meeting = MEETING
    has_superuser = True
    more = {}

    @classmethod
    def setUpClass(cls):
        cls.keys = {"recordings": "recordings", **cls.more}
        super().setUpClass()
        cls.folder = os.path.join(cls.server.directory, "recordings")

    def setUp(self):
        for name in os.listdir(self.folder):
            shutil.rmtree(os.path.join(self.folder, name))
        self.mona = self.client("Mona")
        self.floor, self.english, self.spanish, self.french, self.booth = (
            self.mona.channel(name)["channel_id"] for name in
            ("Asamblea", "English", "Español", "Français", "Booth en-es"))
        self.mona.join(self.english)

    def sit(self, name, channel):
        client = self.client(name)
        client.join(channel)
        return client

    def told(self, client, part, n_before=0, timeout_s=15):
        return client.until(lambda: [one["message"] for one in client.texts[n_before:]
                                     if one["actor"] is None and part in one["message"]],
                            timeout_s, lambda: f"{part!r} in {client.texts[n_before:]}")[0]

    def begin(self):
        n = len(self.mona.texts)
        self.mona.until(lambda: "One moment" not in str(self.mona.command("!record on")), 10,
                        "the last one is written")
        self.told(self.mona, "From now on this meeting is being recorded", n)

    def finish(self):
        """End it; its folder, when all is written."""
        n = len(self.mona.texts)
        self.mona.command("!record off")
        self.told(self.mona, "The recording has ended", n)
        saved = self.told(self.mona, "The recording is kept", n)
        return os.path.join(self.folder, re.search("folder “(.*)”", saved).group(1))

    def one_folder(self):
        name, = os.listdir(self.folder)
        return os.path.join(self.folder, name)

    def assert_whole(self, folder):
        """All files are there and end properly; the sounds by name."""
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        sounds = {}
        for name in FILES[:-1]:
            self.assertTrue(is_ended(os.path.join(folder, name)), name)
            sounds[name[:-5]] = decode(os.path.join(folder, name))
        cues(os.path.join(folder, "speakers.vtt"))
        return sounds

    def signs(self, client):
        """The tracks' voices that bear Mumble's sign of recording, as this client was told."""
        states = {}
        for fields in client.kinds(USER_STATE):
            if 19 in fields:
                states[last(fields, 1)] = bool(last(fields, 19))
            else:
                states.setdefault(last(fields, 1), False)
        names = {user["session"]: user["name"] for user in client.users.values()}
        return sorted(names[session] for session, is_on in states.items() if is_on and session in names)


class RecordingTest(RecordingCase):
    """What is on the files, who may, who is told."""

    def test_sound(self):
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        iris, ivan = self.sit("Iris", self.booth), self.sit("Ivan", self.booth)
        iris.command("!air")
        self.begin()
        Talk().add(ana, voice(500, 5), 0.3).add(iris, voice(900, 4), 2.0) \
              .add(ivan, voice(1300, 5), 0.5).add(luis, voice(700, 2), 8.5).run()
        sounds = self.assert_whole(folder := self.finish())
        lengths = [len(one) / RATE_HZ for one in sounds.values()]
        self.assertLess(max(lengths) - min(lengths), 0.020)
        level = {(name, hz): Level(sound, hz) for name, sound in sounds.items()
                 for hz in (500, 700, 900, 1300)}
        began, ended = level["floor", 500].span()
        self.assertAlmostEqual(ended - began, 5, delta=0.15)
        interpreted = level["es", 900].span()
        self.assertAlmostEqual(interpreted[1] - interpreted[0], 4, delta=0.15)
        self.assertAlmostEqual(interpreted[0] - began, 1.7, delta=0.2)
        # The floor and those who understand: as it was said.
        both = interpreted[0] + 0.6, ended - 0.2
        for name in ("floor", "en", "fr"):
            self.assertAlmostEqual(level[name, 500].within(began + 0.2, ended - 0.2), SPEECH_DB, delta=1)
            self.assertLess(level[name, 900].highest(), ABSENT_DB)
        # The interpreter in front, the floor behind.
        self.assertAlmostEqual(level["es", 500].within(began + 0.3, interpreted[0] - 0.2), SPEECH_DB, delta=1)
        self.assertAlmostEqual(level["es", 900].within(*both), SPEECH_DB, delta=1)
        self.assertAlmostEqual(level["es", 500].within(*both), SPEECH_DB - 15, delta=1.5)
        # Who is not on air is nowhere; silence is silence.
        for name, sound in sounds.items():
            self.assertLess(level[name, 1300].highest(), ABSENT_DB, name)
            self.assertLess(rms_dbfs(sound[round((ended + 1.0) * RATE_HZ):round((ended + 1.7) * RATE_HZ)]), -80)
        answered = level["floor", 700].span()
        # And the list of who spoke says so.
        self.assert_cues(cues(os.path.join(folder, "speakers.vtt")), {
            ("Ana", "Ana"): (began, ended), ("Iris", "Iris → es"): interpreted,
            ("Luis", "Luis"): answered})

    def assert_cues(self, found, expected):
        self.assertEqual([one[2:] for one in found], list(expected))
        for begin_s, end_s, *who in found:
            truth = expected[tuple(who)]
            self.assertAlmostEqual(begin_s, truth[0], delta=0.1, msg=who)
            self.assertAlmostEqual(end_s, truth[1], delta=0.1, msg=who)

    def test_a_meeting_without_interpretation(self):
        """Everybody is on the floor, where sound is not mixed otherwise."""
        self.mona.join(self.floor)
        ana = self.sit("Ana", self.floor)
        self.begin()
        Talk().add(ana, voice(500, 2)).run()
        sounds = self.assert_whole(self.finish())
        for name, sound in sounds.items():
            began, ended = Level(sound, 500).span()
            self.assertAlmostEqual(ended - began, 2, delta=0.15, msg=name)
            self.assertAlmostEqual(Level(sound, 500).within(began + 0.1, ended - 0.1), SPEECH_DB, delta=1)

    def test_a_moderator_elsewhere(self):
        """Of the meeting, but not in it: is told, too."""
        ana = self.sit("Ana", self.english)
        self.mona.join(0)
        self.begin()
        self.told(ana, "From now on")
        self.finish()
        self.told(ana, "The recording has ended")

    def test_switched_off(self):
        """By the admin, while it runs."""
        ana = self.sit("Ana", self.english)
        self.begin()
        with open(self.server.config, encoding="utf-8") as file:
            config = file.read()
        self.addCleanup(self.reload, config)
        self.reload(config.replace("tracks = en, es, fr\n", "tracks = en, es, fr\nrecording = off\n"))
        self.told(ana, "The recording has ended")
        self.assertIn("switched off", self.mona.command("!record on")[0])

    def reload(self, config):
        with open(self.server.config, "w", encoding="utf-8") as file:
            file.write(config)
        os.kill(self.server.process.popen.pid, signal.SIGHUP)

    def test_who_speaks_already_and_still(self):
        """Begun and ended in the middle of a sentence."""
        ana = self.sit("Ana", self.english)
        speech = threading.Thread(target=Talk().add(ana, voice(500, 5)).run)
        watcher = self.client("Watcher")
        watcher.join(self.floor)
        speech.start()
        self.begin()
        wait.until_clock(time.monotonic() + 2)  # of speech
        folder = self.finish()
        speech.join()
        sounds = self.assert_whole(folder)
        (begin_s, end_s, name, _), = cues(os.path.join(folder, "speakers.vtt"))
        self.assertEqual(name, "Ana")
        self.assertLess(begin_s, 0.5)
        self.assertAlmostEqual(end_s, len(sounds["floor"]) / RATE_HZ, delta=0.6)

    def test_everybody_is_told_in_their_language(self):
        luis, luc = self.sit("Luis", self.spanish), self.sit("Luc", self.french)
        eve, iris = self.client("Eve"), self.sit("Iris", self.booth)
        self.begin()
        self.assertIn("Mona", self.mona.texts[-1]["message"])
        self.told(luis, "A partir de ahora esta reunión se graba: las voces originales y todas las lenguas")
        self.told(luc, "À partir de maintenant, cette réunion est enregistrée")
        self.told(iris, "From now on this meeting is being recorded")
        # Those who come later.
        rosa = self.sit("Rosa", self.spanish)
        self.told(rosa, "Esta reunión se está grabando")
        n = len(luis.texts)
        luis.join(self.french)
        luis.barrier()
        self.assertEqual(luis.texts[n:], [])  # had been told
        self.finish()
        self.told(luc, "L’enregistrement est terminé")
        eve.barrier()
        self.assertEqual(eve.texts, [])  # is not in the meeting
        self.assertNotIn("La grabación está guardada", str(luis.texts))
        later = self.sit("Later", self.spanish)
        later.barrier()
        self.assertNotIn("grab", str(later.texts))

    def test_sign(self):
        ana = self.sit("Ana", self.floor)
        self.assertEqual(self.signs(ana), [])
        self.begin()
        voices = ["English 🎧", "Español 🎧", "Français 🎧"]
        ana.until(lambda: self.signs(ana) == voices, 5, lambda: f"the sign; {self.signs(ana)}")
        eve = self.client("Eve")  # who comes later, and is told with everybody's state
        self.assertEqual(self.signs(eve), voices)
        ana.command("!tier thin")  # from now on the floor has a voice, too
        floor = ["Asamblea 🎧"]
        ana.until(lambda: self.signs(ana) == sorted(floor + voices), 5, lambda: self.signs(ana))
        self.finish()
        for one in (ana, eve):
            one.until(lambda one=one: not self.signs(one), 5, "no sign any more")

    def test_displays(self):
        ana = self.sit("Ana", self.floor)
        ana.send(26, {3: b"hello", 4: "susurro.console"})

        def is_recording():
            states = [json.loads(text(one, 3)) for one in ana.kinds(26)]
            return states[-1]["recording"] if states and states[-1]["meeting"] else None
        ana.until(lambda: is_recording() is False, 5, "a state")
        self.begin()
        ana.until(is_recording, 5, "recording is shown")
        self.finish()
        ana.until(lambda: is_recording() is False, 5, "it is not any more")

    def test_who_may(self):
        ana = self.sit("Ana", self.english)
        for words in ("!record on", "!record off", "!record", "!grabar sí"):
            self.assertEqual(ana.command(words), ["Only moderators can do this."])
        self.assertNotIn("!record", "".join(ana.command("!help")))
        self.assertIn("!record", "".join(self.mona.command("!help")))
        self.assertEqual(self.mona.command("!record"), ["This meeting is not being recorded."])
        self.assertEqual(self.mona.command("!record off"), ["This meeting is not being recorded."])
        self.assertIn("!record status", self.mona.command("!record loudly")[0])
        self.assertEqual(os.listdir(self.folder), [])
        self.begin()
        self.assertRegex(self.mona.command("!record status")[0], r"recorded for 0:00:0\d; Mona has")
        self.assertIn("This meeting is being recorded", self.mona.command("!record on")[0])
        self.finish()
        self.mona.join(self.mona.channel("Plática")["channel_id"])
        self.assertEqual(self.mona.command("!grabar sí"), ["La grabación está desactivada en esta reunión."])

    def test_files_are_for_the_server_alone(self):
        self.begin()
        folder = self.one_folder()
        self.assertEqual(stat.S_IMODE(os.stat(self.folder).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(folder).st_mode), 0o700)
        self.assertEqual(sorted(os.listdir(folder)), [f"{name}.part" for name in FILES])
        self.assertEqual(self.finish(), folder)
        for name in FILES:
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode), 0o600)
        self.assertRegex(os.path.basename(folder), r"^\d{4}-\d\d-\d\dT\d{4} Asamblea$")

    def test_the_last_one_leaves(self):
        ana = self.sit("Ana", self.spanish)
        self.begin()
        ana.close()
        self.mona.join(0)
        self.server.wait_log('from=running to=ending')
        self.mona.until(lambda: sorted(os.listdir(self.one_folder())) == FILES, 10, "the files")
        self.mona.join(self.english)
        self.assertEqual(self.mona.command("!record"), ["This meeting is not being recorded."])

    def test_admin(self):
        def run(*words, expect=DONE):
            status, out, err = admin(self.server, *words)
            self.assertEqual(status, expect, out + err)
            return out + err
        begun = run("meeting", "Asamblea", "record", "on")
        folder = self.one_folder()
        self.assertIn(os.path.basename(folder), begun)
        self.told(self.mona, "SuperUser")
        root = self.superuser()
        root.send(26, {3: b"meetings", 4: "susurro.admin"})
        root.barrier()
        meetings = json.loads(root.kinds(26)[0][3][0])["meetings"]
        self.assertEqual({one["name"]: one["recording"] for one in meetings},
                         {"Asamblea": True, "Plática": False})
        run("meeting", "Asamblea", "record", "on", expect=REFUSED)
        self.assertIn(os.path.basename(folder), run("meeting", "Asamblea", "record", "off"))
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        run("meeting", "Asamblea", "record", "off", expect=REFUSED)
        run("meeting", "Plática", "record", "on", expect=REFUSED)
        run("meeting", "Nada", "record", "on", expect=NOT_FOUND)
        run("meeting", "Asamblea", "record", "loudly", expect=USAGE)

    def test_who_asks_and_leaves(self):
        """The administrator is gone before the answer; the meeting's recording is not."""
        for order in ("on", "off") * 3:
            root = self.superuser()
            root.send(26, {3: f"meeting Asamblea record {order}".encode(), 4: "susurro.admin"})
            root.close()
            self.mona.until(lambda order=order: ("not being" in self.mona.command("!record")[0])
                            == (order == "off"), 10, order)
            self.mona.until(lambda: not any(name.endswith(".part") for folder in os.listdir(self.folder)
                                            for name in os.listdir(os.path.join(self.folder, folder)))
                            or order == "on", 10, "what is written")

    def test_an_impatient_moderator(self):
        for _ in range(30):
            self.mona.send(11, {3: self.english, 5: "!record on"})
            self.mona.send(11, {3: self.english, 5: "!record off"})
        self.mona.barrier()
        self.mona.command("!record off")
        self.mona.until(lambda: "not being" in self.mona.command("!record")[0], 10, "an end")
        self.mona.until(lambda: all(sorted(os.listdir(os.path.join(self.folder, one))) == FILES
                                    for one in os.listdir(self.folder)), 10, "whole files")

    def test_a_full_disk(self):
        ana, luis = self.sit("Ana", self.english), self.sit("Luis", self.spanish)
        self.begin()
        pid = self.server.process.popen.pid
        limit = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        speech = threading.Thread(target=Talk().add(ana, voice(500, 6)).run)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (15000, limit[1]))
        try:
            speech.start()
            self.told(luis, "La grabación ha terminado por sí sola: el disco está lleno", timeout_s=30)
            self.told(self.mona, "The recording is kept")
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
            speech.join()
        sounds = self.assert_whole(self.one_folder())
        self.assertGreater(len(sounds["floor"]), RATE_HZ)
        ana.until(lambda: not self.signs(ana), 5, "no sign any more")


class RemovedTest(RecordingCase):
    """The meeting goes while it is being recorded."""

    def test_told_and_kept(self):
        ana = self.sit("Ana", self.english)
        self.begin()
        root = self.client("SuperUser", password=SUPERUSER_PASSWORD)
        root.send(CHANNEL_REMOVE, {1: self.floor})
        self.told(ana, "The recording has ended")
        self.mona.until(lambda: sorted(os.listdir(self.one_folder())) == FILES, 10, "the files")
        self.assert_whole(self.one_folder())


class WithoutFolderTest(SystemTest):
    """No folder: nobody can record, and is told so; clients may, by the other key."""

    meeting = MEETING

    def test_told(self):
        mona = self.client("Mona")
        mona.join(mona.channel("English")["channel_id"])
        self.assertIn("This server makes no recordings", mona.command("!record on")[0])


class UnwritableTest(SystemTest):
    """A folder that cannot be made."""

    meeting = MEETING
    keys = {"recordings": "/dev/null/recordings", "allowRecording": "false"}

    def test_told(self):
        mona, ana = self.client("Mona"), self.client("Ana")
        spanish = mona.channel("Español")["channel_id"]
        mona.join(spanish)
        ana.join(spanish)
        mona.command("!grabar sí")
        mona.until(lambda: "La grabación no puede empezar: no se puede escribir en la carpeta" in str(mona.texts),
                   10, lambda: f"{mona.texts}")
        self.assertEqual(ana.texts, [])


class AllowRecordingTest(RecordingCase):
    """allowRecording = false is about clients: whoever administers the server may still choose a folder."""

    more = {"allowRecording": "false"}

    def test_both(self):
        eve = self.client("Eve")
        eve.send(USER_STATE, {1: eve.session, 19: True})
        eve.wait_closed()
        self.begin()
        self.assert_whole(self.finish())


class CrashTest(unittest.TestCase):
    """kill -9 in the middle of a sentence, and the next start."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="systemtest-")
        self.addCleanup(shutil.rmtree, self.directory, True)
        self.server = SystemServer(self.directory, {"recordings": "recordings"}, MEETING)
        self.addCleanup(end, self.server)
        set_superuser_password(self.server)

    def join(self, name, channel):
        client = Client(self.server.port, name).connect()
        self.addCleanup(client.close)
        client.join(client.channel(channel)["channel_id"])
        return client

    def speak(self, seconds):
        mona, ana = self.join("Mona", "English"), self.join("Ana", "English")
        mona.command("!record on")
        mona.until(lambda: "From now on" in str(mona.texts), 10, "that it is recorded")
        Talk().add(ana, voice(500, seconds)).run()
        folder = os.path.join(self.directory, "recordings")
        name, = os.listdir(folder)
        return os.path.join(folder, name)

    def check(self, folder, speech_s):
        self.assertEqual(sorted(os.listdir(folder)), FILES)
        for name in FILES[:-1]:
            self.assertTrue(is_ended(os.path.join(folder, name)), name)
        began, ended = Level(decode(os.path.join(folder, "floor.opus")), 500).span()
        self.assertGreater(ended - began, speech_s)
        for name in ("en.opus", "es.opus", "fr.opus"):
            decode(os.path.join(folder, name))
        (begin_s, end_s, name, _), = cues(os.path.join(folder, "speakers.vtt"))
        self.assertEqual(name, "Ana")
        self.assertAlmostEqual(begin_s, began, delta=0.1)
        self.assertGreater(end_s - begin_s, speech_s)

    def test_killed(self):
        folder = self.speak(5)
        self.server.process.popen.kill()
        self.server.process.popen.wait()
        self.assertFalse(SANITIZER.search(self.server.process.log()))
        self.assertEqual(sorted(os.listdir(folder)), [f"{name}.part" for name in FILES])
        self.server.run()
        self.server.wait_log("files_ended=5")
        self.check(folder, 4)
        self.assertIn("not being recorded", self.join("Mona", "English").command("!record")[0])

    def test_stopped(self):
        folder = self.speak(3)
        self.assertEqual(self.server.stop(), 0)
        self.check(folder, 2.8)
        self.server.run()
        self.server.wait_log("files_ended=0")
