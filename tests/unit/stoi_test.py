#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The judge of intelligibility is judged: clean speech is 1, noise makes it worse, the more the worse.

At the end a value from the literature: speech at 0 dB of white noise scores about 0.7 to 0.8, at -10 dB under 0.6.
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

try:
    import numpy as np
    from lib.sound import RATE_HZ, band, speech
    from lib.stoi import align, resample, stoi
except ImportError as missing:  # numpy
    print(f"skipped: {missing}")
    sys.exit(77)


def noisy(clean, snr_db, seed=3):
    noise = np.random.default_rng(seed).standard_normal(len(clean))
    noise *= np.linalg.norm(clean) / np.linalg.norm(noise) * 10 ** (-snr_db / 20)
    return clean + noise


class StoiTest(unittest.TestCase):
    """On real speech."""

    @classmethod
    def setUpClass(cls):
        cls.clean = resample(speech("en", 8.0), RATE_HZ, 10000)

    def test_clean_is_one(self):
        self.assertAlmostEqual(stoi(self.clean, self.clean), 1.0, 6)
        self.assertAlmostEqual(stoi(self.clean, 0.1 * self.clean), 1.0, 6)  # level says nothing

    def test_more_noise_is_worse(self):
        scores = [stoi(self.clean, noisy(self.clean, snr_db)) for snr_db in (30, 20, 10, 5, 0, -5, -10)]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertGreater(scores[0], 0.95)
        self.assertTrue(0.6 < scores[4] < 0.85, scores)
        self.assertLess(scores[6], 0.6)

    def test_gaps_are_worse(self):
        scores = []
        for share in (0.0, 0.1, 0.3, 0.6):
            gone = np.random.default_rng(5).random(len(self.clean) // 600 + 1) < share
            scores.append(stoi(self.clean, self.clean * ~np.repeat(gone, 600)[:len(self.clean)]))
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertLess(scores[3], 0.6)

    def test_other_speech_is_nothing(self):
        other = resample(speech("es", 8.0, skip_s=20.0), RATE_HZ, 10000)
        self.assertLess(stoi(self.clean, other), 0.3)

    def test_a_narrow_band_is_between(self):
        narrow = resample(band(speech("en", 8.0), 0, 3400), RATE_HZ, 10000)
        self.assertTrue(0.8 < stoi(self.clean, narrow) <= 1.0)

    def test_the_rate_does_not_matter(self):
        noise = noisy(speech("en", 8.0), 10)
        at_48 = stoi(speech("en", 8.0), noise, RATE_HZ)
        self.assertAlmostEqual(at_48, stoi(self.clean, resample(noise, RATE_HZ, 10000)), 3)

    def test_alignment(self):
        late = np.concatenate([np.zeros(777), self.clean])
        early = self.clean[1234:]
        for moved in (late, early):
            self.assertGreater(stoi(self.clean, align(self.clean, moved, 10000)), 0.97)


if __name__ == "__main__":
    unittest.main()
