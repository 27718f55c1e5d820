# SPDX-License-Identifier: BSD-3-Clause
"""A stock client whispers to a person and shouts into a channel, with its own shortcut.

Ana sits in the root; Berta in Sala hears her only while Ana holds the key, and meanwhile the root does not.
"""

import unittest

import numpy as np

from lib import judge, sound, wait
from lib.mumble import whisper_target
from lib.observer import CHANNEL_STATE, ObserverClient
from lib.rig import RigTest

PASSWORD = "only-for-this-test"
TONE_HZ, TONE_S, TONE_DBFS = 443.0, 6, -20.0
SHOUT, WHISPER = 1, 2  # contexts of a packet


class WhisperTest(RigTest):
    """Judged by what Berta's loudspeaker plays, and by the packets that the observer gets."""

    superuser = PASSWORD

    def setUp(self):
        super().setUp()
        with ObserverClient(self.server.port, name="SuperUser", password=PASSWORD) as admin:
            if not self.observer.channel("Sala"):
                admin.send(CHANNEL_STATE, {2: 0, 3: "Sala"})
            wait.until(lambda: self.observer.channel("Sala"), 10, "the channel Sala")
        self.room = self.observer.channel("Sala")["channel_id"]
        self.berta = self.client("Berta", "Sala")
        self.wait_online(n_datagrams=0)

    def heard(self, ana):
        """The level of Ana's tone at Berta's loudspeaker, in dBFS, and the contexts in the root."""
        self.observer.voice.clear()
        take = self.carry({ana: sound.tone(TONE_HZ, TONE_S, TONE_DBFS)}, [self.berta])
        middle = take.heard["Berta"][48000:-96000]
        level = float(np.median(judge.tone_dbfs(middle, TONE_HZ)))
        session = self.observer.user("Ana")["session"]  # below 128: one byte of the packet
        return level, {packet[0] & 31 for _, packet in list(self.observer.voice)
                       if packet[1] == session}

    def check(self, ana):
        self.wait_online()
        level, contexts = self.heard(ana)
        self.assertLess(level, -60, "Berta hears the root")
        self.assertEqual(contexts, {0})
        ana.whisper(True)
        level, contexts = self.heard(ana)
        ana.whisper(False)
        self.assertAlmostEqual(level, TONE_DBFS, delta=0.5)
        return contexts

    def test_whisper(self):
        berta = self.observer.user("Berta")["hash"]
        contexts = self.check(self.client("Ana", whisper=whisper_target(users=[berta])))
        self.assertEqual(contexts, set(), "the root hears a whisper to Berta")

    def test_shout(self):
        self.observer.join(self.room)
        ana = self.client("Ana", whisper=whisper_target(channel=self.room))
        self.wait_online()
        ana.whisper(True)
        level, contexts = self.heard(ana)
        ana.whisper(False)
        self.observer.join(0)
        self.assertAlmostEqual(level, TONE_DBFS, delta=0.5)
        self.assertEqual(contexts, {SHOUT})


if __name__ == "__main__":
    unittest.main()
