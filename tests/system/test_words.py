# SPDX-License-Identifier: BSD-3-Clause
"""Words of moderators into booths: whispers and shouts that go in behind the limiter, and nobody else's."""

import numpy

from lib.observer import VOICE_TARGET
from lib.sound import rms_dbfs, speech
from system import voice
from system.case import SystemTest
from system.talk import Ear, Opus, Talk

MEETING = """
[meeting "Asamblea"]
tracks = en, es
booths = en-es
default_language = es
interpreters = Iris, Ivan
moderators = Mona
levelling = off
"""
QUIET_DBFS = -60.0


class WordsTest(SystemTest):
    """Judged by what is decoded of the booth's, or the track's, voice."""

    meeting = MEETING

    def setUp(self):
        self.iris, self.ana, self.mona, self.luis = (
            self.client(name) for name in ("Iris", "Ana", "Mona", "Luis"))
        self.floor, self.english, self.booth = (
            self.ana.channel(name)["channel_id"] for name in ("Asamblea", "English", "Booth en-es"))
        for client, channel in ((self.iris, self.booth), (self.ana, self.english),
                                (self.mona, self.floor), (self.luis, self.floor)):
            client.join(channel)

    def say(self, client, target, entry, seconds=1.5):
        """Aim, and speak in one's own time to that target."""
        client.send(VOICE_TARGET, {1: target, 2: entry})
        client.barrier()
        for one in (self.iris, self.ana):
            one.barrier()
            one.voice.clear()
        talk = Talk()
        for index, packet in enumerate(Opus().packets(speech("es", seconds, pauses=False))):
            talk.add_packet(client, voice.legacy(2 * index, packet, target=target), 0.02 * index)
        talk.add_packet(client, voice.legacy(10000, b"", target=target, is_last=True), seconds)
        talk.run()

    def heard(self, client, name):
        """The level of the second half of what came from that server-made voice; quiet when nothing did."""
        n = -1
        while n < len(client.voice) + len(client.received):  # until nothing comes any more
            n = len(client.voice) + len(client.received)
            client.pump(0.5)
        session, ear = client.user(f"{name} 🎧")["session"], Ear()
        packets = [one for one in client.voice if voice.Heard(one[1]).session == session]
        if not packets:
            return -200.0
        for arrival_s, packet in packets:
            ear.add(arrival_s, packet)
        samples = ear.sound()[1]
        return float(rms_dbfs(numpy.asarray(samples)))

    def direct(self, client, speaker):
        """How many packets came from that person, not by the mixer."""
        return sum(voice.Heard(one).session == speaker.session and
                   len(voice.Heard(one).payload) > 8 for _, one in client.voice)

    def test_a_whisper_to_the_booth(self):
        for entry in ({2: self.booth}, {1: [self.iris.session]}, {2: self.floor, 5: True}):
            with self.subTest(entry):
                self.say(self.mona, 1, entry)
                self.assertGreater(self.heard(self.iris, "Booth en-es"), -35.0)
                self.assertEqual(self.direct(self.iris, self.mona), 0, "never past the limiter")
                self.assertLess(self.heard(self.ana, "English"), QUIET_DBFS)

    def test_only_moderators(self):
        for speaker in (self.luis, self.ana):
            self.say(speaker, 1, {2: self.booth})
            self.assertLess(self.heard(self.iris, "Booth en-es"), QUIET_DBFS)
            self.assertEqual(self.direct(self.iris, speaker), 0)

    def test_from_outside_of_the_meeting(self):
        self.mona.join(0)
        self.say(self.mona, 1, {2: self.booth})
        self.assertLess(self.heard(self.iris, "Booth en-es"), QUIET_DBFS)

    def test_not_while_muted(self):
        self.mona.change(f9=1)
        self.say(self.mona, 1, {2: self.booth})
        self.assertLess(self.heard(self.iris, "Booth en-es"), QUIET_DBFS)
