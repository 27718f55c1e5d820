# SPDX-License-Identifier: BSD-3-Clause
"""Two real clients hear each other, both ways at once, on UDP and through the tunnel."""

import sys
import unittest

import numpy as np

from lib import judge, sound
from lib.rig import IS_LONG, RigTest

SPEECH_S = 60 if IS_LONG else 12
TONE_S = 60 if IS_LONG else 10
TONES_HZ = {"Ana": 443.0, "Berta": 647.0}  # 10 ms are no whole number of periods
TONE_DBFS = -20.0


def judge_tone(said, heard, hz):
    """(level heard − said in dB, times of the breaks), without the tone's ends and the start-up."""
    played = np.abs(judge.demodulated(said, hz)) > sound.amplitude(TONE_DBFS - 3)
    first, last = np.flatnonzero(played)[[0, -1]] * 240
    at = judge.lag(said, heard)
    settle, end = 48000, 4800
    a = said[first + settle:last - end]
    b = heard[first + at + settle:last + at - end]
    level = np.median(judge.tone_dbfs(b, hz)) - np.median(judge.tone_dbfs(a, hz))
    assert not judge.tone_breaks(a, hz), "the machine could not play a steady tone"
    return float(level), judge.tone_breaks(b, hz)


class DirectTest(RigTest):
    """Correlation, level, and no frame of 10 ms lost."""

    def pair(self, **options):
        ana, berta = self.client("Ana", **options), self.client("Berta", **options)
        self.wait_online()
        return ana, berta

    def check_both_ways(self, ana, berta, transport):
        """A machine too busy to feed its clients breaks a take, so one more is allowed."""
        for check in (self.check_speech, self.check_tones):
            try:
                check(ana, berta, transport)
            except AssertionError as error:
                if IS_LONG:
                    raise
                print(f"once more, after: {error}", file=sys.stderr)
                check(ana, berta, transport)

    def check_speech(self, ana, berta, transport):
        take = self.carry({ana: sound.speech("en", SPEECH_S), berta: sound.speech("es", SPEECH_S)},
                          [ana, berta])
        for speaker, listener in (("Ana", "Berta"), ("Berta", "Ana")):
            verdict = judge.Heard(take.said[speaker], take.heard[listener])
            print(f"{transport}: {speaker} to {listener}: {verdict}", file=sys.stderr)
            self.assertGreaterEqual(verdict.correlation, 0.95, verdict)
            self.assertLessEqual(abs(verdict.level_db), 0.5, verdict)
            self.assertEqual(verdict.missing, [], verdict)
            self.assertGreaterEqual(verdict.n_steady, 2, verdict)

    def check_tones(self, ana, berta, transport):
        take = self.carry({one: sound.tone(TONES_HZ[one.name], TONE_S, TONE_DBFS)
                           for one in (ana, berta)}, [ana, berta])
        for speaker, listener in (("Ana", "Berta"), ("Berta", "Ana")):
            level, breaks = judge_tone(take.said[speaker], take.heard[listener], TONES_HZ[speaker])
            print(f"{transport}: {speaker} to {listener}: tone {level:+.2f} dB, "
                  f"{len(breaks)} breaks in {TONE_S} s", file=sys.stderr)
            self.assertLessEqual(abs(level), 0.3)
            self.assertEqual(breaks, [])

    def good_udp(self, client):
        """How many datagrams the server could decrypt from that client."""
        session = self.observer.user(client.name)["session"]
        return self.observer.user_stats(session)["from_client"]["good"]

    def test_udp(self):
        ana, berta = self.pair()
        self.check_both_ways(ana, berta, "udp")
        for client in (ana, berta):
            self.assertGreater(self.good_udp(client), 25 * SPEECH_S, "it did not use UDP")

    def test_tunnel(self):
        ana, berta = self.pair(tunnel=True)
        self.check_both_ways(ana, berta, "tunnel")
        for client in (ana, berta):
            self.assertLess(self.good_udp(client), 100, "it used UDP for more than its pings")


if __name__ == "__main__":
    unittest.main()
