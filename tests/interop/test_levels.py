# SPDX-License-Identifier: BSD-3-Clause
"""Levelling on stock clients: who speaks softly, who shouts and who interprets arrive equally loud."""

import sys
import unittest

import numpy as np

from lib import judge, sound
from lib.rig import RigTest, measured
from lib.server import MEETING

TARGET_LUFS, WITHIN_LU = -18.0, 2.0
TURN_S, PAUSE_S = 8.0, 2.5  # each is brought there by 3 dB a second at most: the end of a turn is judged
JUDGED_S = 4.0
TURNS = [("Flora", "en", -25.0), ("Felix", "en", -13.0), ("Ines", "es", -24.0)]
SEATS = {"Flora": "Asamblea", "Felix": "Asamblea", "Ines": "Asamblea/Booth en-es",
         "Lola": "Asamblea/Español"}


def spoken(language, lufs, skip_s):
    whole = sound.speech(language, TURN_S, pauses=False, skip_s=skip_s)
    return whole * sound.amplitude(lufs - sound.loudness_lufs(whole))


class LevelsTest(RigTest):
    meeting = MEETING.replace("levelling = off", "levelling = on")
    servers = ("susurro",)

    @measured
    def test_equally_loud(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Lola"].say("!under off")
        sounds = {}
        for number, (name, language, lufs) in enumerate(TURNS):
            before = sound.silence(number * (TURN_S + PAUSE_S))
            after = sound.silence((len(TURNS) - 1 - number) * (TURN_S + PAUSE_S) + 0.5)
            part = np.clip(spoken(language, lufs, 3.0 * number), -0.99, 0.99)
            sounds[people[name]] = np.concatenate([before, part, after]).astype(np.float32)
        take = self.carry(sounds, [people["Lola"]])
        heard = take.heard["Lola"]
        for name, _, lufs in TURNS:
            first, last = judge.sounding(take.said[name], lufs - 30)
            at = judge.lag(take.said[name], heard, most_s=1.5) / sound.RATE_HZ
            begin_s, end_s = last + at - JUDGED_S, last + at
            part = heard[round(begin_s * sound.RATE_HZ):round(end_s * sound.RATE_HZ)]
            level = sound.loudness_lufs(part)
            print(f"{name}: said at {lufs:+.1f} LUFS from {first:.1f} s, heard at {level:+.1f}",
                  file=sys.stderr)
            with self.subTest(name):
                self.assertLessEqual(abs(level - TARGET_LUFS), WITHIN_LU)


if __name__ == "__main__":
    unittest.main()
