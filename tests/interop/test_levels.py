# SPDX-License-Identifier: BSD-3-Clause
"""The rows once more with levelling on: who speaks softly and who is loud arrive equally loud, and all else is relative to that.

A voice is brought there by 3 dB a second at most: what is judged is what comes later.
"""

import sys
import unittest

from lib import sound
from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, Scene, Voice
from lib.server import MEETING

TARGET_LUFS, WITHIN_DB = -18.0, 2.0
FLOOR, FIRST, SECOND, OTHER = BANDS_HZ
SEATS = {"Flora": "Asamblea", "Felix": "Asamblea", "Ines": "Asamblea/Booth en-es", "Ivan": "Asamblea/Booth en-es",
         "Lola": "Asamblea/Español", "Ellen": "Asamblea/English"}
SAID_LUFS = {"Flora": -25.0, "Felix": -16.0, "Ines": -24.0, "Ivan": -22.0}
SPANS = {"Flora": ("en", FLOOR, [(0, 11)]), "Felix": ("en", FIRST, [(11.5, 17)]),
         "Ines": ("es", SECOND, [(4, 17)]), "Ivan": ("es", OTHER, [(5, 11)])}
ROWS = [
    ("4: nobody on air", "Lola", "Flora", 2.7, 4, 0),
    ("3: the interpreter", "Lola", "Ines", 7, 17, 0),
    ("3: over a soft voice", "Lola", "Flora", 5, 11, -15),
    ("3: over a loud one", "Lola", "Felix", 13, 17, -15),
    ("1: a soft voice", "Ellen", "Flora", 4, 11, 0),
    ("1: a loud one", "Ellen", "Felix", 13, 17, 0),
    ("8: the incoming", "Ivan", "Flora", 4, 11, 0),
    ("8: the partner on air", "Ivan", "Ines", 7, 11, -12),
    ("9: talk in the booth", "Ines", "Ivan", 8, 11, -6),
    ("9: reaches no track", "Lola", "Ivan", 8, 11, None),
    ("10: the incoming", "Ines", "Flora", 4, 11, 0),
]
AS_SPOKEN = [("6: on the floor channel a voice is as it is", "Flora", "Felix", 12, 17, 0)]


class LevelsTest(RigTest):
    meeting = MEETING.replace("levelling = off", "levelling = on").replace("air = voice", "air = act") + "tier = full\n"
    n_seats = len(SEATS)
    servers = ("susurro",)

    @measured
    def test_levelled(self):
        voices = []
        for name, (language, hz, spans) in SPANS.items():
            voice = Voice(name, language, hz, spans)
            longest = max(end - begin for begin, end in spans)
            lufs = sound.loudness_lufs(Voice(name, language, hz, [(0, longest)]).samples(longest))
            voice.dbfs += SAID_LUFS[name] - lufs
            voices.append(voice)
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Ines"].say("!air")
        scene = Scene.play(self, voices, people, list(people.values()), 17.5)
        more_db = {name: TARGET_LUFS - lufs for name, lufs in SAID_LUFS.items()}
        report = scene.check(self, ROWS, WITHIN_DB, more_db) + scene.check(self, AS_SPOKEN)
        for voice, begin_s, end_s in (("Flora", 4, 11), ("Felix", 13, 17)):
            lufs = sound.loudness_lufs(scene.part("Ellen", voice, begin_s, end_s))
            report.append(f"{voice}: said at {SAID_LUFS[voice]:+.1f} LUFS, heard at {lufs:+.1f}")
            with self.subTest(voice):
                self.assertLessEqual(abs(lufs - TARGET_LUFS), WITHIN_DB)
        print("\n".join(report), file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
