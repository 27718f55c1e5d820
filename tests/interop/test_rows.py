# SPDX-License-Identifier: BSD-3-Clause
"""Who hears whom, row by row of docs/TRACKS.md, with stock clients in every seat."""

import sys
import unittest

from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, HOLD_S, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, OTHER = BANDS_HZ
MINUS_S = 3.0  # whoever has spoken hears a mix of their own so long after
WORD = (13.0, 14.2)  # Lola, who listens, says a word: shorter than what turns a booth
ASIDE = ("Ivan", 8.0, 11.5)  # he talks to his partner, off air
VOICES = [
    Voice("Flora", "en", FLOOR, [(0, 19)]),
    Voice("Ines", "es", FIRST, [(2.4, 12), (18, 22.5), (24.2, 29)]),
    Voice("Ivan", "es", SECOND, [ASIDE[1:]]),
    Voice("Emma", "es", OTHER, [(20, 29)]),
    Voice("Lola", "es", OTHER, [WORD]),
]
SEATS = {"Flora": "Asamblea", "Ines": "Asamblea/Booth en-es", "Ivan": "Asamblea/Booth en-es",
         "Emma": "Asamblea/Español", "Felix": "Asamblea", "Ellen": "Asamblea/English",
         "Lola": "Asamblea/Español", "Luis": "Asamblea/Español"}
# What, listener, voice, from, to, level. Luis chose -6 dB; the others have the default, -15.
ROWS = [
    ("1: S is understood", "Ellen", "Flora", 1, 19, 0),
    ("1: and no interpreter is heard", "Ellen", "Ines", 5, 12, None),
    ("4: nobody on air", "Lola", "Flora", 0.5, 2.4, 0),
    ("3: under the interpreter", "Lola", "Flora", 2.7, 12, -15),
    ("3: the interpreter", "Lola", "Ines", 2.7, 12, 0),
    ("3: chosen by the listener", "Luis", "Flora", 2.7, 12, -6),
    ("3: the interpreter", "Luis", "Ines", 2.7, 12, 0),
    ("3: for the hold", "Lola", "Flora", 12.2, 12 + HOLD_S, -15),
    ("4: after the hold", "Lola", "Flora", 12.6 + HOLD_S, 18, 0),
    ("6: the floor hears the floor", "Felix", "Flora", 1, 19, 0),
    ("6: and no interpreter", "Felix", "Ines", 5, 12, None),
    ("8: the incoming", "Ivan", "Flora", 1, 7.5, 0),
    ("8: the partner on air", "Ivan", "Ines", 5.3, 8, -12),
    ("9: talk in the booth", "Ines", "Ivan", ASIDE[1], ASIDE[2], -6),
    ("9: reaches no track", "Lola", "Ivan", ASIDE[1], ASIDE[2], None),
    ("9: nor another", "Ellen", "Ivan", ASIDE[1], ASIDE[2], None),
    ("9: nor the floor", "Felix", "Ivan", ASIDE[1], ASIDE[2], None),
    ("10: the incoming", "Ines", "Flora", 5, 12, 0),
    ("10: never oneself", "Ines", "Ines", 5, 12, None),
    ("2: the booth finishes", "Lola", "Ines", 20.5, 22.5, 0),
    ("2: over the next speaker", "Lola", "Emma", 20.5, 22.5, -6),
    ("1: after its pause", "Lola", "Emma", 23.5, 29, 0),
    ("1: turned, not for those", "Lola", "Ines", 24.2, 29, None),
    ("3: but for the others", "Ellen", "Ines", 24.3, 29, 0),
    ("3: over the speaker", "Ellen", "Emma", 24.5, 29, -15),
    ("7: who listens, and speaks, is heard", "Luis", "Lola", *WORD, 0),
    ("7: also by whom nobody interprets for", "Ellen", "Lola", *WORD, 0),
    ("7: never one's own voice", "Lola", "Lola", *WORD, None),
    ("7: the rest of it as before", "Lola", "Flora", WORD[0], WORD[1] - 0.1, -15),
    ("7: in a mix of her own", "Lola", "Flora", 14.6, WORD[1] + MINUS_S, 0),
    ("7: and in that of all again", "Lola", "Flora", WORD[1] + MINUS_S - 0.3, 18, 0),
    ("7: which nobody else notices", "Luis", "Flora", 14.6, 18, 0),
    ("7: never one's own voice", "Emma", "Emma", 21, 29, None),
    ("6: the floor hears all", "Felix", "Emma", 21, 29, 0),
]


class RowsTest(RigTest):
    meeting = MEETING
    n_seats = len(SEATS)
    servers = ("susurro",)

    @measured
    def test_rows(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Luis"].say("!under -6")
        people["Ines"].say("!air")
        scene = Scene.play(self, VOICES, people, list(people.values()), 29.5)
        print("\n".join(scene.check(self, ROWS)), file=sys.stderr)
        with self.subTest("7: from one mix to the other without a gap"):
            self.assertEqual(scene.gaps_s("Lola", "Flora", WORD[0] - 0.5, 18), [])


if __name__ == "__main__":
    unittest.main()
