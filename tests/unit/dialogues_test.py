# SPDX-License-Identifier: BSD-3-Clause
"""Twenty dialogues of real speech in English, Spanish and French: who holds the floor when, and when booths turn.

What people say is composed here, and played in computed time by dialogue_player through source, detector and
tracks, as in the mixer. Expected is everything that tracks tells of floor and directions, within 100 ms of the rule
(docs/TRACKS.md): nothing else may happen.
"""

import os
import subprocess
import tempfile
import unittest

import numpy as np

from lib import sound
from lib.sound import RATE_HZ

WITHIN_S = 0.1
HANG = 0.15  # the detector's: voice ends so long after the sound
TAKE, SILENT, ROOT, SPAN, PAUSE, SHORT_PAUSE, LATE = 0.6, 0.7, 1.5, 2.0, 0.4, 0.15, 8.0
LANGUAGE = {"ana": "en", "eva": "es", "carla": "es", "gil": "fr", "ines": "es", "remi": "en"}
PEOPLE = {"ana": "track en", "eva": "track es", "carla": "track es", "gil": "track fr",
          "ines": "booth 0", "remi": "booth 1"}


# ---- what is said -------------------------------------------------------------------------------

def speech(who, begin, end, louder_db=0, skip_s=0.0, language=None, pauses=False):
    """Real speech without a pause, from the first moment on."""
    whole = sound.speech(language or LANGUAGE[who], end - begin + 3.0, pauses=pauses, skip_s=skip_s)
    frames = whole[:len(whole) // 480 * 480].reshape(-1, 480)
    loud = np.sqrt(np.mean(np.square(frames), axis=1)) > sound.amplitude(-35)
    first = next(i for i in range(len(loud)) if loud[i:i + 4].all())
    part = whole[first * 480:][:round((end - begin) * RATE_HZ)]
    return begin, sound.at_level(part, sound.SPEECH_DBFS + louder_db)


def laughter(who, begin, end):
    """Syllables of a voice, five a second."""
    _, part = speech(who, begin, end)
    at = np.arange(len(part)) / RATE_HZ
    part = part * np.clip(1.2 * np.sin(2 * np.pi * 5 * at) + 0.3, 0, 1)
    return begin, sound.at_level(part, sound.SPEECH_DBFS)


def noise(seed, begin, end, claps_per_s):
    """Clapping hands; with very many of them a cough."""
    n = round((end - begin) * RATE_HZ)
    random = np.random.default_rng(seed)
    out = np.zeros(n)
    clap = random.standard_normal(2400) * np.exp(-np.arange(2400) / 500)
    for at in random.integers(0, max(n - 2400, 1), round(claps_per_s * (end - begin))):
        out[at:at + 2400] += clap[:n - at]
    return begin, sound.at_level(out.astype(np.float32), sound.SPEECH_DBFS)


def song(begin, end):
    """A melody with harmonics and vibrato, sung on words: it swells as they do."""
    at = np.arange(round((end - begin) * RATE_HZ)) / RATE_HZ
    steps = np.array([220.0, 246.9, 261.6, 293.7, 329.6, 293.7, 261.6, 246.9])
    hz = steps[(at / 0.5).astype(int) % len(steps)] * (1 + 0.01 * np.sin(2 * np.pi * 5.5 * at))
    phase = 2 * np.pi * np.cumsum(hz) / RATE_HZ
    tune = sum(np.sin(k * phase) / k for k in range(1, 6))
    _, words = speech("eva", begin, end)
    swell = np.convolve(np.abs(words), np.ones(960) / 960, mode="same")
    return begin, sound.at_level(tune * swell + words * 0.5, sound.SPEECH_DBFS)


# ---- the dialogues: name, who says what, acts, what is to happen ------------------------------------

def dialogues():
    begins = [(0, "floor ana en"), (0, "direction 0 en es")]
    say = speech

    yield ("question and answer", {"ana": [say("ana", 0, 4)], "eva": [say("eva", 5, 9)]}, [],
           begins + [(5 + TAKE, "floor eva es"), (5 + ROOT, "direction 0 es en")])

    yield ("a quick answer", {"ana": [say("ana", 0, 4)], "eva": [say("eva", 4.3, 9)]}, [],
           begins + [(4.3 + TAKE, "floor eva es"), (4.3 + ROOT, "pending 0 en"),
                     (4 + HANG + SPAN, "direction 0 es en")])

    yield ("the answer while the question is being interpreted",
           {"ana": [say("ana", 0, 5)], "ines": [say("ines", 2.5, 7.5)], "eva": [say("eva", 6, 12)]},
           [], begins + [(6 + TAKE, "floor eva es"), (6 + ROOT, "pending 0 en"),
                         (7.5 + HANG + PAUSE, "direction 0 es en")])

    yield ("the interpreter goes on and on: after 8 s a short pause will do",
           {"ana": [say("ana", 0, 4)], "ines": [say("ines", 2, 17), say("ines", 17.45, 20)],
            "eva": [say("eva", 5, 20)]}, [],
           begins + [(5 + TAKE, "floor eva es"), (5 + ROOT, "pending 0 en"),
                     (5 + ROOT + 10, "uncovered en 0"),
                     (17 + HANG + SHORT_PAUSE, "direction 0 es en"), (17.45, "covered en 0")])

    yield ("yes, yes", {"ana": [say("ana", 0, 9.7)],
                        "eva": [say("eva", 3, 3.4), say("eva", 5, 5.8), say("eva", 8, 8.3)]}, [],
           begins)

    yield ("yes, yes, in a pause",
           {"ana": [say("ana", 0, 4), say("ana", 6, 10)], "eva": [say("eva", 4.5, 5.2)]}, [],
           begins + [(4.5 + TAKE, "floor eva es"), (6 + TAKE, "floor ana en")])

    yield ("a short question in between, then on",
           {"ana": [say("ana", 0, 5), say("ana", 7.5, 12)], "ines": [say("ines", 2, 7)],
            "eva": [say("eva", 5.6, 6.8)]}, [],
           begins + [(5.6 + TAKE, "floor eva es"), (7.5 + TAKE, "floor ana en")])

    yield ("a loud interjection", {"ana": [say("ana", 0, 9)], "eva": [say("eva", 4, 5.2, 14)]}, [],
           begins)

    yield ("shouted down", {"ana": [say("ana", 0, 9, -16)], "eva": [say("eva", 4, 12, 13)]}, [],
           begins + [(4 + ROOT, "floor eva es"), (4 + ROOT, "pending 0 en"),
                     (4 + ROOT + SPAN, "direction 0 es en")])

    yield ("overlap, equally loud: the first to stop yields",
           {"ana": [say("ana", 0, 6)], "eva": [say("eva", 4, 9)]}, [],
           begins + [(6 + HANG + SILENT, "floor eva es"), (6 + HANG + SILENT, "pending 0 en"),
                     (6 + HANG + SPAN, "direction 0 es en")])

    yield ("two languages over each other for long",
           {"ana": [say("ana", 0, 14)], "eva": [say("eva", 0.5, 14)]}, [],
           begins + [(10, "uncovered es 0")])

    yield ("laughter", {"ana": [say("ana", 0, 4), say("ana", 6, 10)],
                        "eva": [laughter("eva", 4.2, 5.2)]}, [],
           begins + [(4 + HANG + SILENT, "floor eva es"), (6 + TAKE, "floor ana en")])

    yield ("coughs", {"ana": [say("ana", 0, 4), say("ana", 6, 9)],
                      "eva": [noise(1, 4.6, 4.9, 900), noise(2, 5.6, 5.9, 900)],
                      "carla": [noise(3, 5.1, 5.4, 900)]}, [], begins)

    yield ("applause", {"ana": [say("ana", 0, 4), say("ana", 7, 10)],
                        "carla": [noise(4, 4.4, 5.6, 60)]}, [],
           begins + [(4.4 + TAKE, "floor carla es"), (7 + TAKE, "floor ana en")])

    yield ("a long monologue with its pauses, and an interjection",
           {"ana": [say("ana", 0, 30, pauses=True)], "eva": [say("eva", 14, 14.5)],
            "ines": [say("ines", 2.5, 32)]}, [], begins)

    yield ("a bilingual changes in mid-turn, the interpreter says so",
           {"eva": [say("eva", 0, 6), say("eva", 6.2, 14, language="en")]},
           [(9, "out es ines")], [(0, "floor eva es"), (9, "floor eva en"), (9, "direction 0 en es")])

    yield ("a moderator names the language",
           {"eva": [say("eva", 0, 12, language="en")]}, [(4, "name en")],
           [(0, "floor eva es"), (4, "floor eva en"), (4, "direction 0 en es")])

    yield ("a song", {"eva": [song(0, 12)]}, [], [(0, "floor eva es"), (10, "uncovered en 0")])

    yield ("question, answer, question",
           {"ana": [say("ana", 0, 3), say("ana", 7.6, 10.6)], "eva": [say("eva", 3.8, 6.8)]}, [],
           begins + [(3.8 + TAKE, "floor eva es"), (3.8 + ROOT, "direction 0 es en"),
                     (7.6 + TAKE, "floor ana en"), (7.6 + ROOT, "direction 0 en es")])

    yield ("the floor was given", {"ana": [say("ana", 0, 3), say("ana", 9, 11)],
                                   "eva": [say("eva", 4, 7), say("eva", 12, 14)]},
           [(2, "give ana"), (11.5, "give eva")],
           begins + [(12, "floor eva es"), (12 + ROOT, "direction 0 es en")])

    yield ("French by relay, then English",
           {"gil": [say("gil", 0, 4)], "ana": [say("ana", 5, 10)]}, [],
           [(0, "floor gil fr"), (0, "direction 0 en es"), (0, "direction 1 fr en"),
            (5 + TAKE, "floor ana en"), (5 + ROOT, "direction 1 en fr"),
            (5 + ROOT, "pending 0 es"), (4 + HANG + 2 * SPAN, "direction 0 en es")])


class DialoguesTest(unittest.TestCase):
    """Each is played for 4 s more than it lasts."""

    def play(self, said, acts):
        """What happens, as [(moment, what)]."""
        people = {**{name: [] for name in ("ana", "eva", "ines", "remi")}, **said}
        end_s = max(begin + len(part) / RATE_HZ for parts in said.values() for begin, part in parts)
        script = ["langs en es fr", "booth en es", "booth en fr", "default es"]
        with tempfile.TemporaryDirectory(prefix="dialogue-") as directory:
            for name, parts in people.items():
                whole = sound.silence(end_s + 5)
                for begin, part in parts:
                    at = round(begin * RATE_HZ)
                    whole[at:at + len(part)] += part
                path = os.path.join(directory, name)
                whole.astype("<f4").tofile(path)
                script.append(f"voice {name} {PEOPLE[name]} {path}")
            script += ["at 0 air ines", "at 0 air remi"]
            script += [f"at {at} {what}" for at, what in acts] + [f"play {end_s + 4}"]
            done = subprocess.run([os.environ["DIALOGUE_PLAYER"]], input="\n".join(script) + "\n",
                                  capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        told = [line.split(" ", 1) for line in done.stdout.splitlines()]
        return [(float(at), what) for at, what in told if "interpreting" not in what]

    def judge(self, told, expected):
        left = list(told)
        for at, what in expected:
            found = [one for one in left if one[1] == what and abs(one[0] - at) <= WITHIN_S]
            self.assertTrue(found, f"no “{what}” at {at:.2f}; {told}")
            left.remove(found[0])
        # Nobody sits on French, and of its booth only the relay is of interest.
        others = [what for _, what in expected if " 1 " in what]
        left = [one for one in left if others or " 1 " not in one[1]]
        self.assertEqual(left, [], "nothing else happens")

    def test_dialogues(self):
        n = 0
        for name, said, acts, expected in dialogues():
            n += 1
            with self.subTest(name):
                told = self.play(said, acts)
                print(f"{name}: {told}")
                self.judge(told, expected)
        self.assertGreaterEqual(n, 20)


if __name__ == "__main__":
    unittest.main()
