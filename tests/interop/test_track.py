# SPDX-License-Identifier: BSD-3-Clause
"""A meeting with an interpreter, all three on stock clients: who is heard on the Español track.

The floor speaker and the interpreter are real voices, each filtered to a band of its own, so that
the level of each can be read from what the one listener hears.
"""

import sys
import unittest

import numpy as np

from lib import judge, sound
from lib.rig import RigTest, measured
from lib.server import MEETING

FLOOR_HZ = (150.0, 1100.0)
INTERPRETER_HZ = (1500.0, 3600.0)
BEFORE_S, TOGETHER_S, AFTER_S = 4.0, 5.0, 5.0
HOLD_S = 2.0  # an interpreter still counts as on air that long after their last voice
HANGOVER_S = 0.15  # the voice detector's own


def faded(samples, seconds=0.01):
    n = round(seconds * sound.RATE_HZ)
    samples[:n] *= np.linspace(0, 1, n)
    samples[-n:] *= np.linspace(1, 0, n)
    return samples


# The interpreter's narrow band has peaks 22 dB above its mean. They stay below the knee of a track's
# limiter (-6 dBFS), which turns louder ones down and must: its level is judged here, not the ceiling.
INTERPRETER_DBFS = -28.0


def voice(language, seconds, hz, skip_s=0.0, dbfs=sound.SPEECH_DBFS):
    """Someone who speaks without pausing, in that band only."""
    whole = sound.speech(language, seconds, pauses=False, skip_s=skip_s)
    return faded(sound.at_level(sound.band(whole, *hz), dbfs))


class MeetingTest(RigTest):
    meeting = MEETING
    servers = ("susurro",)

    def meet(self):
        self.flora = self.client("Flora", "Asamblea")
        self.ines = self.client("Ines", "Asamblea/Booth en-es")
        self.lola = self.client("Lola", "Asamblea/Español")
        self.wait_online()

    def both(self):
        """The floor speaks throughout, the interpreter in the middle; the verdict on it."""
        interpreter = np.concatenate([
            sound.silence(BEFORE_S), voice("es", TOGETHER_S, INTERPRETER_HZ, dbfs=INTERPRETER_DBFS),
            sound.silence(AFTER_S)])
        floor = voice("en", BEFORE_S + TOGETHER_S + AFTER_S, FLOOR_HZ)
        take = self.carry({self.flora: floor, self.ines: interpreter}, [self.lola])
        return judge.Duck(take.said["Flora"], take.said["Ines"], take.heard["Lola"],
                          FLOOR_HZ, INTERPRETER_HZ)


class TrackTest(MeetingTest):
    """air = voice: one second of voice puts the interpreter on air."""

    @measured
    def test_interpretation(self):
        self.meet()
        self.carry({self.flora: voice("en", 4, FLOOR_HZ),
                    self.ines: voice("es", 3, INTERPRETER_HZ, dbfs=INTERPRETER_DBFS)},
                   [self.lola], tail_s=HOLD_S + 1)
        duck = self.both()
        start = judge.sounding(self.take.said["Flora"])[0]
        before = duck.floor(start + 1, duck.begin_s - 0.2)
        under = duck.floor(duck.begin_s + 0.3, duck.end_s - 0.1)
        held = duck.floor(duck.end_s + 0.1, duck.end_s + HOLD_S - 0.2)
        back = duck.end_s + HOLD_S + HANGOVER_S + 0.5
        soon = duck.floor(back, back + 0.6)
        after = duck.floor(back, duck.end_s + AFTER_S - 0.3)
        print(f"track: interpreter {duck.interpreter():+.2f} dB; floor before {before:+.2f}, under "
              f"{under:+.2f}, held {held:+.2f}, soon after {soon:+.2f}, after {after:+.2f} dB; back "
              f"after {duck.back_s():.1f} s; floor lag {duck.floor_lag / 48:.0f} ms, interpreter lag "
              f"{duck.interpreter_lag / 48:.0f} ms; clicks {duck.clicks}", file=sys.stderr)
        with self.subTest("interpreter silent: the floor at full"):
            self.assertLessEqual(abs(before), 1.0)
            self.assertLessEqual(abs(after), 1.0)
        with self.subTest("the interpreter as loud as they would be direct"):
            self.assertLessEqual(abs(duck.interpreter()), 1.0)
        with self.subTest("the floor 15 dB lower under the interpreter, and for the hold time"):
            self.assertLessEqual(abs(under - before + 15.0), 1.5)
            self.assertLessEqual(abs(held - before + 15.0), 1.5)
        with self.subTest("back within half a second after the hold"):
            self.assertLessEqual(abs(soon), 1.5)
        with self.subTest("no click at the ramps"):
            self.assertEqual(duck.clicks_between(duck.begin_s - 0.2, duck.begin_s + 0.4), [])
            self.assertEqual(duck.clicks_between(duck.end_s - 0.2, duck.end_s + HOLD_S + 1.0), [])


if __name__ == "__main__":
    unittest.main()
