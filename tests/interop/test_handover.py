# SPDX-License-Identifier: BSD-3-Clause
"""Two interpreters on stock clients hand over in the middle of a speech, by chat; judged by ear."""

import sys
import unittest

from lib.rig import RigTest, measured
from lib.scene import BANDS_HZ, WITHIN_S, Scene, Voice
from lib.server import MEETING

FLOOR, FIRST, SECOND, _ = BANDS_HZ
BOTH_S, FADE_S = 4.0, 0.2

ASKED_S, CONFIRMED_S, TAKEN_S = 2.5, 4.0, 11.5
VOICES = [
    Voice("Flora", "en", FLOOR, [(0, 15)]),
    Voice("Ines", "es", FIRST, [(0.5, 9.5), (10.2, 15)]),  # never a pause in which to stop early
    Voice("Ivan", "es", SECOND, [(1.5, 15)]),
]
SEATS = {"Flora": "Asamblea", "Ines": "Asamblea/Booth en-es", "Ivan": "Asamblea/Booth en-es",
         "Lola": "Asamblea/Español"}


class HandoverTest(RigTest):
    meeting = MEETING.replace("air = voice", "air = act") + "tier = full\n"  # see test_booth
    servers = ("susurro",)

    @measured
    def test_handover_and_take(self):
        people = {name: self.client(name, channel) for name, channel in SEATS.items()}
        self.wait_online()
        ines, ivan, lola = people["Ines"], people["Ivan"], people["Lola"]
        ines.say("!air")
        ines.prepare_to_say("!handover")
        ivan.prepare_to_say("!handover")

        def take_next():
            ines.prepare_to_say("!take")

        scene = Scene.play(self, VOICES, people, [lola, ines, ivan], 15.5, acts=[
            (ASKED_S, ines.say_now), (CONFIRMED_S, ivan.say_now), (8.8, take_next),
            (TAKEN_S, ines.say_now)])
        begins = scene.passes_s("Lola", "Ivan", -6, 1.7, 14.8)
        ends = scene.passes_s("Lola", "Ines", -6, 0.7, 9.4)
        print(f"Ivan on the track {begins}, Ines {ends}", file=sys.stderr)
        self.assertEqual([is_up for _, is_up in begins], [True, False])
        self.assertEqual([is_up for _, is_up in ends], [False])
        (begin_s, _), (taken_s, _) = begins
        end_s = ends[0][0]
        with self.subTest("the successor begins at once"):
            self.assertLess(abs(begin_s - CONFIRMED_S), 1.0)  # a person's key, the client, the chat
        with self.subTest("both for four seconds, then a crossfade"):
            self.assertLessEqual(abs(end_s - begin_s - BOTH_S - FADE_S / 2), WITHIN_S)
        back = [at for at, is_up in scene.passes_s("Lola", "Ines", -6, 10.3, 14.8) if is_up]
        with self.subTest("taken: one fades when the other comes"):
            self.assertEqual(len(back), 1)
            self.assertLessEqual(abs(taken_s - back[0] - FADE_S / 2), WITHIN_S)
        rows = [
            ("before: the one on air", "Lola", "Ines", 0.5, begin_s, 0),
            ("before: the other is not heard", "Lola", "Ivan", 1.5, begin_s, None),
            ("both", "Lola", "Ines", begin_s, end_s, 0),
            ("both", "Lola", "Ivan", begin_s, end_s, 0),
            ("after: the successor", "Lola", "Ivan", end_s, taken_s, 0),
            ("after: the leaver is not heard", "Lola", "Ines", end_s + FADE_S, 9.5, None),
            ("the floor stays under them", "Lola", "Flora", 0.6, 15, -15),
            ("the successor hears the leaver as a partner", "Ivan", "Ines", begin_s, end_s, -12),
            ("afterwards talk in the booth", "Ivan", "Ines", end_s + FADE_S, 9.5, -6),
            ("the leaver hears the partner on air", "Ines", "Ivan", end_s + FADE_S, taken_s, -12),
            ("the incoming throughout", "Ines", "Flora", 0.5, 15, 0),
            ("never oneself", "Ivan", "Ivan", begin_s, 14.8, None),
        ]
        print("\n".join(scene.check(self, rows)), file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
