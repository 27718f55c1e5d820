# SPDX-License-Identifier: BSD-3-Clause
"""Three languages by relay, with stock clients in every seat: French is spoken, English interpreted from it, Spanish from that."""

import sys
import unittest

from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, HOLD_S, Scene, Voice

FLOOR, FIRST, SECOND, _ = BANDS_HZ
HOP_S = 0.08  # a relay adds so much at most
MEETING = """
[meeting "Asamblea"]
tracks = en, es, fr
booths = en-fr, en-es
default_language = fr
duck_db = -15
interpreters = anyone
air = act
levelling = off
"""
SEATS = {"Flora": "Asamblea/Français", "Remi": "Asamblea/Booth en-fr",
         "Ines": "Asamblea/Booth en-es", "Ellen": "Asamblea/English", "Lola": "Asamblea/Español",
         "Luis": "Asamblea/Español"}
VOICES = [
    Voice("Flora", "fr", FLOOR, [(0, 16)]),
    Voice("Remi", "en", FIRST, [(1.5, 16)]),
    Voice("Ines", "es", SECOND, [(3.5, 9)]),
]
SAYS_S = 12.0  # Ines: that she knows French
# What, listener, voice, from, to, level. Luis understands French.
ROWS = [
    ("8: the first booth hears the floor", "Remi", "Flora", 1, 16, 0),
    ("8: and not the second", "Remi", "Ines", 4, 9, None),
    ("8: a relay hears the floor until its pivot begins", "Ines", "Flora", 0.2, 1.5, 0),
    ("8: then the pivot", "Ines", "Remi", 1.8, SAYS_S, 0),
    ("8: instead of the floor", "Ines", "Flora", 1.8, SAYS_S, None),
    ("3: English, the first hop", "Ellen", "Remi", 2, 16, 0),
    ("3: over the floor", "Ellen", "Flora", 2, 16, -15),
    ("3: and not the second hop", "Ellen", "Ines", 4, 9, None),
    ("4: Spanish, before the second hop begins", "Lola", "Flora", 0.5, 3.5, 0),
    ("4: the first hop is not for them", "Lola", "Remi", 2, 16, None),
    ("3: the second hop", "Lola", "Ines", 3.7, 9, 0),
    ("3: over the floor", "Lola", "Flora", 3.7, 9 + HOLD_S, -15),
    ("4: after its hold", "Lola", "Flora", 9.6 + HOLD_S, 16, 0),
    ("1: French is understood", "Luis", "Flora", 1, 16, 0),
    ("1: and nobody else is heard", "Luis", "Ines", 4, 9, None),
    ("8: the floor instead of the relay", "Ines", "Flora", SAYS_S + 0.8, 16, 0),
    ("8: and the relay no more", "Ines", "Remi", SAYS_S + 0.8, 16, None),
]


class RelayTest(RigTest):
    meeting = MEETING
    n_seats = len(SEATS)
    servers = ("susurro",)

    @measured
    def test_relay(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        people["Remi"].say("!air")
        people["Ines"].say("!air")
        people["Luis"].say("!understand fr")
        people["Ines"].prepare_to_say("!relay floor")
        scene = Scene.play(self, VOICES, people, list(people.values()), 16.5,
                           acts=[(SAYS_S, people["Ines"].say_now)])
        print("\n".join(scene.check(self, ROWS)), file=sys.stderr)
        hop_s = scene.lag_s("Ines", "Remi") - scene.lag_s("Remi", "Flora")
        print(f"a hop adds {hop_s * 1000:+.0f} ms", file=sys.stderr)
        with self.subTest("what a relay adds"):
            self.assertLess(hop_s, HOP_S)


if __name__ == "__main__":
    unittest.main()
