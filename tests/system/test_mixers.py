# SPDX-License-Identifier: BSD-3-Clause
"""Several mixer threads: meetings live apart on them, and everything that goes through a mixer works on each."""

import json
import os
import re
import signal

from lib.sound import SPEECH_DBFS, at_level, band, rms_dbfs, speech
from system.case import SystemTest
from system.ears import converse
from system.test_admin import DONE, admin

MEETINGS = """
[meeting "Uno"]
tracks = en, es
default_language = es
moderators = Mona
levelling = off

[meeting "Dos"]
tracks = en, es
default_language = es
moderators = Mona
levelling = off

[meeting "Tres"]
tracks = en, es
default_language = es
moderators = Mona
levelling = off
"""
BANDS = {"Uno": (200, 600), "Dos": (1000, 1600), "Tres": (2200, 3400)}


class MixersTest(SystemTest):
    """Three meetings on two threads."""

    meeting = MEETINGS
    keys = {"mixer_threads": 2, "recordings": "recordings"}
    has_superuser = True

    def setUp(self):
        self.mona = self.client("Mona")

    def places(self, meeting):
        """The floor of a meeting, and its Spanish track."""
        floor = self.mona.channel(meeting)["channel_id"]
        track, = (one["channel_id"] for one in self.mona.channels.values()
                  if one["name"] == "Español" and one.get("parent") == floor)
        return floor, track

    def sit(self, name, channel):
        client = self.client(name)
        client.join(channel)
        return client

    def figures(self, meeting):
        status, out, err = admin(self.server, "--json", "meeting", meeting, "figures")
        self.assertEqual(status, DONE, err)
        return json.loads(out)["mixer"][0]

    def is_recorded(self):
        """The answer says since when."""
        return re.search(r"\d:\d\d:\d\d", self.mona.command("!record status")[0])

    def test_they_are_threads_of_their_own(self):
        tasks = f"/proc/{self.server.process.pid}/task"
        names = []
        for task in os.listdir(tasks):
            with open(f"{tasks}/{task}/comm", encoding="utf-8") as comm:
                names.append(comm.read().strip())
        self.assertEqual(sorted(one for one in names if one.startswith("mixer-")),
                         ["mixer-0", "mixer-1"])
        self.assertEqual(sorted(self.figures(one)["thread"] for one in ("Uno", "Dos", "Tres")),
                         [0, 0, 1])

    def test_meetings_hear_themselves_and_no_other(self):
        said, ears = {}, {}
        for meeting, hz in BANDS.items():
            floor, track = self.places(meeting)
            speaker = self.sit(f"Voz {meeting}", floor)
            ears[meeting] = self.sit(f"Eva {meeting}", track)
            said[speaker] = at_level(band(speech("es", 5.0), *hz), SPEECH_DBFS)
        listened = converse(said, list(ears.values()))[1]
        for meeting, ear in ears.items():
            levels = {other: rms_dbfs(band(listened[ear].samples, *hz))
                      for other, hz in BANDS.items()}
            with self.subTest(meeting, levels=levels):
                self.assertGreater(levels.pop(meeting), SPEECH_DBFS - 6)
                self.assertLess(max(levels.values()), SPEECH_DBFS - 30)
        self.assertGreater(min(self.figures(one)["tick_worst_us"] for one in BANDS), 0)

    def test_recordings_on_each(self):
        for meeting in ("Uno", "Dos"):
            floor, track = self.places(meeting)
            speaker, ear = self.sit("Ana", floor), self.sit("Eva", track)
            self.mona.join(floor)
            self.mona.command("!record on")
            self.mona.until(self.is_recorded, 10, "it records")
            converse({speaker: speech("es", 2.0)}, [ear])
            self.mona.command("!record off")
            self.mona.until(lambda: not self.is_recorded(), 10, "it has ended")
            speaker.close()
            ear.close()
        folder = os.path.join(self.server.directory, "recordings")
        files = [os.path.join(folder, one, "floor.opus") for one in os.listdir(folder)]
        self.mona.until(lambda: all(os.path.exists(one) for one in files), 10, "they are written")
        sizes = {one: os.path.getsize(one) for one in files}
        self.assertEqual(len(sizes), 2, sizes)
        for size in sizes.values():
            self.assertGreater(size, 4000, sizes)  # a second and more of voice

    def test_groups_go_where_there_is_room(self):
        floor, track = self.places("Uno")
        self.mona.join(floor)
        people = [self.sit(f"P{i}", track) for i in range(4)]
        self.mona.command("!groups 2")
        people[0].until(lambda: people[0].here() != track, 10, "a group")
        for client in people:
            client.barrier()
        speaker, *others = people
        with_them = [one for one in others
                     if self.group(one.here()) == self.group(speaker.here())]
        listened = converse({speaker: speech("es", 4.0)}, people)[1]
        for client in others:
            with self.subTest(client.name):
                loud = abs(listened[client].samples).max() > 0.01
                self.assertEqual(loud, client in with_them)
        self.mona.command("!back")
        people[0].until(lambda: people[0].here() == track, 10, "back")
        self.still_runs_after_a_reload()

    def group(self, channel):
        """The one that this channel is, or is beneath."""
        one = self.mona.channels[channel]
        return channel if one["name"].startswith("Grupo") else one.get("parent")

    def still_runs_after_a_reload(self):
        os.kill(self.server.process.pid, signal.SIGHUP)
        self.server.wait_log("configuration read again")
        self.mona.barrier()
        self.assertIn(self.figures("Uno")["thread"], (0, 1))
