# SPDX-License-Identifier: BSD-3-Clause
"""Who hears whom, row by row of docs/TRACKS.md, with stock clients in every seat."""

import sys
import unittest

from lib.rig import RigTest
from lib.scene import BANDS_HZ, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, OTHER = BANDS_HZ
HOLD_S = 2.0

ASIDE = ("Ivan", 8.0, 11.5)  # he talks to his partner, off air
VOICES = [
    Voice("Flora", "en", FLOOR, [(0, 18)]),
    Voice("Ines", "es", FIRST, [(2.4, 12), (17, 21.5), (23.2, 28)]),
    Voice("Ivan", "es", SECOND, [ASIDE[1:]]),
    Voice("Emma", "es", OTHER, [(19, 28)]),
]
SEATS = {"Flora": "Asamblea", "Ines": "Asamblea/Booth en-es", "Ivan": "Asamblea/Booth en-es",
         "Emma": "Asamblea/Español", "Felix": "Asamblea", "Ellen": "Asamblea/English",
         "Lola": "Asamblea/Español", "Luis": "Asamblea/Español"}
# What, listener, voice, from, to, level. Luis chose -6 dB; the others have the default, -15.
ROWS = [
    ("1: S is understood", "Ellen", "Flora", 1, 18, 0),
    ("1: and no interpreter is heard", "Ellen", "Ines", 5, 12, None),
    ("4: nobody on air", "Lola", "Flora", 0.5, 2.4, 0),
    ("3: under the interpreter", "Lola", "Flora", 2.7, 12, -15),
    ("3: the interpreter", "Lola", "Ines", 2.7, 12, 0),
    ("3: chosen by the listener", "Luis", "Flora", 2.7, 12, -6),
    ("3: the interpreter", "Luis", "Ines", 2.7, 12, 0),
    ("3: for the hold", "Lola", "Flora", 12.2, 12 + HOLD_S, -15),
    ("4: after the hold", "Lola", "Flora", 12.6 + HOLD_S, 17, 0),
    ("6: the floor hears the floor", "Felix", "Flora", 1, 18, 0),
    ("6: and no interpreter", "Felix", "Ines", 5, 12, None),
    ("8: the incoming", "Ivan", "Flora", 1, 7.5, 0),
    ("8: the partner on air", "Ivan", "Ines", 5.3, 8, -12),
    ("9: talk in the booth", "Ines", "Ivan", ASIDE[1], ASIDE[2], -6),
    ("9: reaches no track", "Lola", "Ivan", ASIDE[1], ASIDE[2], None),
    ("9: nor another", "Ellen", "Ivan", ASIDE[1], ASIDE[2], None),
    ("9: nor the floor", "Felix", "Ivan", ASIDE[1], ASIDE[2], None),
    ("10: the incoming", "Ines", "Flora", 5, 12, 0),
    ("10: never oneself", "Ines", "Ines", 5, 12, None),
    ("2: the booth finishes", "Lola", "Ines", 19.5, 21.5, 0),
    ("2: over the next speaker", "Lola", "Emma", 19.5, 21.5, -6),
    ("1: after its pause", "Lola", "Emma", 22.5, 28, 0),
    ("1: turned, not for those", "Lola", "Ines", 23.2, 28, None),
    ("3: but for the others", "Ellen", "Ines", 23.3, 28, 0),
    ("3: over the speaker", "Ellen", "Emma", 23.5, 28, -15),
    ("7: never one's own voice", "Emma", "Emma", 20, 28, None),
    ("6: the floor hears all", "Felix", "Emma", 20, 28, 0),
]


class RowsTest(RigTest):
    meeting = MEETING
    n_seats = len(SEATS)
    servers = ("susurro",)

    def test_rows(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Luis"].say("!under -6")
        people["Ines"].say("!air")
        scene = Scene.play(self, VOICES, people, list(people.values()), 28.5)
        print("\n".join(scene.check(self, ROWS)), file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
