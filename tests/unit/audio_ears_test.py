# SPDX-License-Identifier: BSD-3-Clause
"""The ears on real speech, songs, hands and machines, as they come out of a client's codec.

EARS names the program tests/unit/audio_ears. SUSURRO_EARS_MINUTES: how much speech the guard is held
against; all three languages have 67 minutes.
"""

import os
import subprocess
import sys
import unittest

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from lib import sound  # noqa: E402

MINUTES = float(os.environ.get("SUSURRO_EARS_MINUTES", "10"))
ADVICE_NONE, ADVICE_HEADSET, ADVICE_NOISE, ADVICE_CLIPPING, ADVICE_LOUDER = range(5)


def ears(samples, *mode):
    """What came out, and what was found: (seconds, what, value)."""
    done = subprocess.run([os.environ["EARS"], *mode], check=True, capture_output=True,
                          input=np.asarray(samples, dtype="<f4").tobytes())
    found = [line.split() for line in done.stderr.decode().splitlines()]
    return (np.frombuffer(done.stdout, dtype="<f4"),
            [(float(at), what, float(value)) for at, what, value in found])


def coded(samples, bitrate=32000):
    return ears(samples, "opus", str(bitrate))[0]


def values(found, what):
    return [value for _, name, value in found if name == what]


def noise(seconds, dbfs, seed=7):
    rng = np.random.default_rng(seed)
    return sound.at_level(rng.standard_normal(round(seconds * sound.RATE_HZ)), dbfs)


MADE_BY_PEOPLE = {
    "song": sound.song, "applause": sound.applause, "whistle": sound.whistle, "drum": sound.drum,
    "chords": sound.chords,
}


class GuardTest(unittest.TestCase):
    def test_speech_does_not_trip_it(self):
        seconds = MINUTES * 60 / len(sound.VOICES)
        for language in sound.VOICES:
            with self.subTest(language):
                trips = values(ears(sound.everything(language, seconds), "guard")[1], "trips")
                self.assertEqual(trips, [0])

    def test_what_people_make_passes(self):
        for name, make in MADE_BY_PEOPLE.items():
            for bitrate in (24000, 40000):
                with self.subTest(name, bitrate=bitrate):
                    plain = coded(make(12), bitrate)
                    guarded, found = ears(plain, "guard")
                    self.assertEqual(values(found, "trips"), [0])
                    for at in range(0, len(plain) - 4800, 4800):
                        before, after = (sound.rms_dbfs(x[at:at + 4800]) for x in (plain, guarded))
                        self.assertLess(abs(before - after), 2.0)

    def test_howls_and_tones(self):
        speech = sound.speech("es", 6)
        for name, samples, most_dbfs in (
                ("howl", sound.howl(6), -25), ("howl in speech", sound.howl(6) + speech, -16),
                ("dial", sound.dial(6), -19.5), ("tone", sound.tone(1000, 6, -8), -19.5),
                ("ringing", sound.dial(6, 440, 480), -19.5), ("in speech", sound.dial(6) + speech, -15)):
            with self.subTest(name):
                guarded, found = ears(coded(samples), "guard")
                self.assertIn(values(found, "trips"), ([1], [2]))
                self.assertLess(sound.rms_dbfs(guarded[-sound.RATE_HZ:]), most_dbfs)


class MusicTest(unittest.TestCase):
    def test_speech_is_none(self):
        for language in sound.VOICES:
            with self.subTest(language):
                self.assertEqual(values(ears(sound.everything(language, 60), "music")[1], "music"), [])
        both = sound.speech("en", 40) + sound.speech("es", 40)
        self.assertEqual(values(ears(both, "music")[1], "music"), [])
        noisy = sound.speech("es", 40) + noise(40, -33)
        self.assertEqual(values(ears(noisy, "music")[1], "music"), [])

    def test_songs_tunes_and_hands_are(self):
        for name in ("song", "applause", "whistle"):
            with self.subTest(name):
                samples = np.concatenate([sound.speech("en", 10), MADE_BY_PEOPLE[name](12),
                                          sound.speech("es", 15)])
                changes = [(at, value) for at, what, value in ears(coded(samples), "music")[1]
                           if what == "music"]
                self.assertEqual([value for _, value in changes], [1, 0], changes)
                self.assertTrue(13 <= changes[0][0] <= 20, changes)
                self.assertTrue(25 <= changes[1][0] <= 34, changes)


class LevelTest(unittest.TestCase):
    def test_speech_of_every_level_becomes_one(self):
        """Judged by ffmpeg's R 128 meter, which leaves out pauses."""
        for dbfs in (-30, -24, -18, -12):
            with self.subTest(dbfs):
                plain = sound.speech("es", 60, dbfs)
                levelled, _ = ears(plain, "level")
                skip = 15 * sound.RATE_HZ
                wanted = min(-18.0, sound.loudness_lufs(plain[skip:]) + 9.0)  # and no more
                loudness = sound.loudness_lufs(levelled[skip:])
                self.assertLess(abs(loudness - wanted), 2.0, (loudness, wanted))


class QualityTest(unittest.TestCase):
    def test_each_flaw_is_found(self):
        speech = sound.speech("es", 30)
        loud = speech * sound.amplitude(22)
        for name, samples, advice in (
                ("telephone", sound.band(speech, 300, 3400), ADVICE_HEADSET),
                ("noise", speech + noise(30, -33), ADVICE_NOISE),
                ("clipped", np.clip(loud, -0.99, 0.99), ADVICE_CLIPPING),
                ("soft", speech * 0.08, ADVICE_LOUDER)):
            with self.subTest(name):
                found = ears(coded(samples), "quality")[1]
                advices, scores = values(found, "advice"), values(found, "score")
                self.assertGreaterEqual(len(advices), 2)
                self.assertGreater(advices.count(advice), len(advices) / 2, found)
                self.assertLess(np.median(scores), 50, found)

    def test_a_good_voice_hears_nothing(self):
        for language in sound.VOICES:
            with self.subTest(language):
                scores = values(ears(coded(sound.speech(language, 60)), "quality")[1], "score")
                self.assertGreater(len(scores), 5)
                self.assertGreaterEqual(min(scores), 50, scores)


if __name__ == "__main__":
    unittest.main()
