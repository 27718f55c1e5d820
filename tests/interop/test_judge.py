# SPDX-License-Identifier: BSD-3-Clause
"""The judges judged: on made-up sound they find what is wrong with it, and nothing else."""

import unittest

import numpy as np

from interop.test_direct import judge_tone
from interop.test_track import FLOOR_HZ, INTERPRETER_HZ, voice
from lib import judge, sound

RATE_HZ = sound.RATE_HZ


def late(samples, seconds, gain_db=0.0):
    return np.concatenate([sound.silence(seconds), samples * np.float32(sound.amplitude(gain_db)),
                           sound.silence(0.5)])


class SpeechJudgeTest(unittest.TestCase):
    def setUp(self):
        self.said = sound.speech("en", 6)

    def test_same(self):
        verdict = judge.Heard(self.said, late(self.said, 0.123, -2.0))
        self.assertEqual(verdict.lag, round(0.123 * RATE_HZ))
        self.assertGreater(verdict.worst, 0.999)
        self.assertAlmostEqual(verdict.level_db, -2.0, delta=0.05)
        self.assertEqual(verdict.missing, [])

    def test_lost_frame(self):
        broken = self.said.copy()
        power = np.square(broken).reshape(-1, judge.FRAME).mean(axis=1)
        smooth = np.minimum.reduce([power[:-2], power[1:-1], power[2:]])
        at = int(np.argmax(smooth)) + 1
        broken[at * judge.FRAME:(at + 1) * judge.FRAME] = 0
        verdict = judge.Heard(self.said, late(broken, 0.1))
        self.assertEqual(verdict.missing, [round(at * 0.01, 3)])

    def test_other_voice(self):
        verdict = judge.Heard(self.said, late(sound.speech("es", 6), 0.1))
        self.assertLess(verdict.correlation, 0.5)


class ToneJudgeTest(unittest.TestCase):
    def setUp(self):
        self.said = late(sound.tone(443.0, 5), 0.2)

    def test_same(self):
        level, breaks = judge_tone(self.said, late(self.said, 0.05, 0.5), 443.0)
        self.assertAlmostEqual(level, 0.5, delta=0.02)
        self.assertEqual(breaks, [])

    def test_skip_and_hole(self):
        heard = late(self.said, 0.05)
        skipped = np.delete(heard, slice(3 * RATE_HZ, 3 * RATE_HZ + 480))
        self.assertEqual(len(judge_tone(self.said, skipped, 443.0)[1]), 1)
        heard[3 * RATE_HZ:3 * RATE_HZ + 480] = 0
        self.assertEqual(len(judge_tone(self.said, heard, 443.0)[1]), 1)

    def test_one_tone_among_others(self):
        mix = sound.tone(443.0, 2, -20) + sound.tone(1000.0, 2, -12)
        self.assertAlmostEqual(float(np.median(judge.tone_dbfs(mix, 443.0))), -20.0, delta=0.05)


class DuckJudgeTest(unittest.TestCase):
    """An ideal track: 4 s of floor, 5 s with the interpreter, 2.15 s held, 0.4 s back."""

    def heard(self, attack_s, release_s, depth_db=-15.0):
        self.floor = late(voice("en", 14, FLOOR_HZ), 0.0)
        self.interpreter = late(voice("es", 5, INTERPRETER_HZ), 4.0)
        self.interpreter.resize(len(self.floor))
        now = np.arange(len(self.floor)) / RATE_HZ
        gain = np.interp(now, [0, 4.03, 4.03 + attack_s, 11.15, 11.15 + release_s, 99],
                         [0, 0, depth_db, depth_db, 0, 0])
        mix = self.floor * sound.amplitude(gain) + self.interpreter
        return judge.Duck(self.floor, self.interpreter, late(mix, 0.2), FLOOR_HZ, INTERPRETER_HZ)

    def test_smooth(self):
        duck = self.heard(0.03, 0.4)
        self.assertAlmostEqual(duck.floor(1, 3.8), 0.0, delta=0.2)
        self.assertAlmostEqual(duck.floor(4.3, 8.9), -15.0, delta=0.3)
        self.assertAlmostEqual(duck.interpreter(), 0.0, delta=0.2)
        self.assertAlmostEqual(duck.back_s(), 2.55, delta=0.2)
        self.assertEqual(duck.clicks, [])

    def test_step_is_a_click(self):
        duck = self.heard(1e-5, 0.4)
        self.assertEqual(len(duck.clicks_between(3.9, 4.2)), 1, duck.clicks)

    def test_wrong_depth_is_seen(self):
        self.assertAlmostEqual(self.heard(0.03, 0.4, -12.0).floor(4.3, 8.9), -12.0, delta=0.3)


if __name__ == "__main__":
    unittest.main()
